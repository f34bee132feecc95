//! What each check said of an order.

use super::{Subject, Telling};
use crate::console::{Frame, format, risk_words, words};
use crate::engine::CheckedOrder;
use crate::execution::ClientOrderId;
use crate::risk::Check;

pub(super) fn tell(frame: &Frame, seq: u64) -> Option<Telling> {
    let checked = frame.snapshot.checks.iter().find(|c| c.seq == seq)?;
    let mut out = Telling::about(format!("Checks of command {seq}"));
    for line in check_lines(frame, checked) {
        out.say(line);
    }
    let id = checked.amends.unwrap_or(ClientOrderId(seq));
    if frame.snapshot.order(id).is_some() {
        out.rest_on(format!("order {id}"), Subject::Order(id));
    }
    out.rest_on(format!("record {seq}"), Subject::Record(seq));
    Some(out)
}

fn check_lines(frame: &Frame, checked: &CheckedOrder) -> Vec<String> {
    let what =
        checked.amends.map_or_else(|| "new order".to_owned(), |id| format!("change of {id}, what is left"));
    let mut lines = vec![
        format!(
            "{what}: {}  account {}",
            words::order_line(&frame.snapshot, &checked.order),
            checked.order.account
        ),
        format!("asked by {} at {} NPT", checked.by, format::clock(checked.at)),
        words::check_counts(&checked.results),
    ];
    lines.extend(checked.results.iter().map(|r| {
        format!(
            "{} {} {:<44} {}",
            r.check.code(),
            risk_words::check_head(r.check),
            risk_words::check(r.check),
            risk_words::verdict(&r.verdict)
        )
    }));
    lines.push(format!("{} of the 36 checks of K1 are made so far", Check::ALL.len()));
    lines
}
