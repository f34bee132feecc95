//! An order: what it says and every step of it, each with the record behind it.

use super::{Subject, Telling, record_of};
use crate::console::{Frame, fill, format, rows, words};
use crate::execution::{ClientOrderId, Order, Pending, StepKind};
use crate::market::Timestamp;

pub(super) fn tell(frame: &Frame, id: ClientOrderId) -> Option<Telling> {
    let order = frame.snapshot.order(id)?;
    let asked = &order.order;
    let prices = words::price_format(&frame.snapshot, asked.instrument);
    let mut out = Telling::about(format!("Order {id}"));
    let line = words::order_line(&frame.snapshot, asked);
    out.rest_on(format!("{line}  account {}", asked.account), Subject::Instrument(asked.instrument));
    out.say(format!("state     {}", words::order_state(order)));
    out.say(format!("done      {}  left {}", format::qty(order.filled), format::qty(order.left())));
    out.say(format!("value     {}", format::money(order.filled_value)));
    for line in answers(frame, order) {
        out.say(line);
    }
    out.say(format!("changed   {}", order.changed_at));
    let venue = order.venue_id.as_ref().map_or_else(|| format::MISSING.to_owned(), ToString::to_string);
    out.say(format!("venue id  {venue}"));
    if let Some(reason) = &order.reason {
        out.say(format!("reason    {reason}"));
    }
    let note = words::order_note(order, prices);
    if !note.is_empty() {
        out.say(note);
    }
    steps(&mut out, frame, order);
    if order.filled.is_positive() {
        match rows::position_row(frame, &asked.account, asked.instrument) {
            Some(row) => out.rest_on("in the position", Subject::Position(row)),
            None => out.say("in a position of another account than the one shown"),
        }
    }
    Some(out)
}

fn steps(out: &mut Telling, frame: &Frame, order: &Order) {
    let prices = words::price_format(&frame.snapshot, order.order.instrument);
    for step in &order.trail {
        let what = match &step.what {
            StepKind::Submitted => "submitted, passed the checks".to_owned(),
            StepKind::CancelAsked => "cancel asked for".to_owned(),
            StepKind::AmendAsked { qty, limit } => {
                format!("change to {} @ {} asked for", format::qty(*qty), prices.text(*limit))
            }
            StepKind::Reported(state) => format!("gateway: {}", words::bare_state(*state)),
            StepKind::Filled { qty, price, charges } => {
                let (qty, price) = (format::qty(*qty), prices.text(*price));
                format!("gateway: filled {qty} @ {price}, charges {}", format::money(*charges))
            }
        };
        let text = format!("{}  {what}  ({})", format::clock(step.at), record_of(step.seq));
        if step.seq == 0 {
            out.say(text);
        } else {
            out.rest_on(text, Subject::Record(step.seq));
        }
    }
}

/// The three answers to the order and to its last change, each with its time.
fn answers(frame: &Frame, order: &Order) -> Vec<String> {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "not yet".to_owned(), |at| at.to_string());
    let mut out = vec![format!("asked     {}", order.asked_at)];
    match order.held_until {
        Some(until) => out.push(format!("held      until {until}: it has not left")),
        None if !order.state.has_left() => out.push("held      it never left".to_owned()),
        None => out.extend([
            format!("sent      {}", order.sent_at),
            format!("accepted  {} by the gateway", time(order.received_at)),
            format!("confirmed {} by the venue", time(order.answered_at)),
        ]),
    }
    if let Some(change) = order.change {
        let prices = words::price_format(&frame.snapshot, order.order.instrument);
        let what = match change.what {
            Pending::Cancel => "cancel".to_owned(),
            Pending::Amend { qty, limit } => {
                format!("change to {} @ {}", format::qty(qty), prices.text(limit))
            }
        };
        out.extend([
            what,
            format!("  sent      {}", change.sent_at),
            format!("  accepted  {} by the gateway", time(change.received_at)),
            format!("  confirmed {} by the venue", time(change.answered_at)),
        ]);
    }
    match fill::of_order(frame, order) {
        Ok(c) => out.push(format!(
            "filled    {}' by the close ({}-{}), {} minutes left; ' the model's defaults",
            format::probability(c.likely),
            format::probability(c.low),
            format::probability(c.high),
            c.minutes
        )),
        Err(why) => out.push(format!("filled    - by the close: {why}")),
    }
    out
}
