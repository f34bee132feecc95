//! A record of the journal, in words, with its hash.

use super::{Subject, Telling};
use crate::console::{Frame, JournalStatus, format};
use crate::execution::ClientOrderId;

pub(super) fn tell(frame: &Frame, seq: u64) -> Telling {
    let mut out = Telling::about(format!("Record {}", format::grouped(seq)));
    match &frame.status.journal {
        JournalStatus::NotJournaled { why } => out.say(format!("this session is not journaled: {why}")),
        JournalStatus::Durable { tail, .. } => match tail.iter().find(|line| line.seq == seq) {
            Some(line) => {
                out.say(format!("at    {}", line.at));
                out.say(format!("says  {}", line.text));
                out.say(format!("hash  {}", line.hash));
                out.say("the hash covers this record and all before it");
            }
            None => {
                out.say("older than the records kept at hand");
                out.say(format!("himal journal show FILE prints record {seq} with its hash"));
            }
        },
    }
    if frame.snapshot.order(ClientOrderId(seq)).is_some() {
        let id = ClientOrderId(seq);
        out.rest_on(format!("it is the command that made order {id}"), Subject::Order(id));
    }
    out
}
