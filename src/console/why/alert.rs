//! An alert: what was raised, who has noted it, and what it is about.

use super::{Subject, Telling};
use crate::console::{Frame, JournalStatus, format, rows, words};
use crate::engine::AlertKind;
use crate::market::Timestamp;

pub(super) fn tell(frame: &Frame, id: u64) -> Option<Telling> {
    let alert = frame.snapshot.alerts.iter().find(|a| a.id == id)?;
    let mut out = Telling::about(format!("Alert {id}"));
    out.say(words::alert(&frame.snapshot, alert));
    out.say(format!("weight    {}", alert.kind.severity()));
    out.say(format!("raised    {} NPT, {}", format::clock(alert.at), alert.at));
    let noted = alert.acknowledged.as_ref().map(|by| format!("noted     by {by}"));
    out.say(noted.unwrap_or_else(|| "noted     by nobody yet; a notes it".to_owned()));
    out.say(match alert.shelved_until {
        Some(until) if rows::is_shelved(alert, frame) => {
            format!("shelved   until {}; d takes it back", format::clock(until))
        }
        Some(until) => format!("shelved   no longer, since {}", format::clock(until)),
        None => "shelved   no; d puts it away".to_owned(),
    });
    match &alert.kind {
        AlertKind::OrderUnknown { id } | AlertKind::OrderRejected { id, .. } => {
            out.rest_on(format!("about {id}"), Subject::Order(*id));
        }
        AlertKind::Regime { .. } => out.rest_on("the market regime", Subject::Regime),
        kind => {
            if let Some(id) = kind.instrument() {
                let symbol = words::symbol(&frame.snapshot, id);
                out.rest_on(format!("about {symbol}"), Subject::Instrument(id));
            }
        }
    }
    journal_then(&mut out, frame, alert.at);
    Some(out)
}

/// The last journal record at or before a moment, as far back as the tail goes.
fn journal_then(out: &mut Telling, frame: &Frame, at: Timestamp) {
    let JournalStatus::Durable { tail, .. } = &frame.status.journal else {
        return out.say("journal   not journaled");
    };
    if let Some(before) = tail.iter().rev().find(|line| line.at <= at) {
        let text = format!("journal   record {} was the last one then: {}", before.seq, before.text);
        out.rest_on(text, Subject::Record(before.seq));
    }
}
