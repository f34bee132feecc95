//! What the gateway has otherwise than we do, line by line, ours beside theirs. `:accept` goes on with theirs.

use super::Title;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, slip, words};
use crate::engine::{Agreement, GatewayKind, Snapshot};
use crate::execution::Difference;

pub(super) fn title(view: &View<'_>) -> Title {
    let gateway = &view.snapshot().gateway;
    let right = match (&gateway.agreement, gateway.kind) {
        (_, GatewayKind::Inside) => "the gateway is inside".to_owned(),
        (Agreement::NotYet, GatewayKind::Manual) => "by hand".to_owned(),
        (Agreement::NotYet, _) => "NOT COMPARED".to_owned(),
        (Agreement::Agreed { at }, _) => format!("the same at {}", format::clock(*at)),
        (Agreement::Differs { differences, .. }, _) => format!("{} DIFFER", differences.len()),
    };
    Title { rest: String::new(), right }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let snapshot = view.snapshot();
    let gateway = &snapshot.gateway;
    let mut y = 0;
    let mut say = |paint: &mut Paint<'_>, text: &str, role: Role| {
        let cut = paint.whole_words(text, 1);
        paint.put(1, y, &cut, role);
        y += 1;
    };
    match &gateway.agreement {
        _ if gateway.kind == GatewayKind::Inside => {
            say(paint, "orders are filled inside: there are no other books to compare with", Role::Dim);
            return;
        }
        Agreement::NotYet if gateway.kind == GatewayKind::Manual => {
            say(paint, "a person keys the orders in, and the broker's books are in the portal:", Role::Dim);
            say(paint, "bring what it lists (--statement FILE) and it is compared here", Role::Dim);
        }
        Agreement::NotYet => {
            let why = if gateway.line.is_live() {
                "the gateway has been asked what there is; nothing new is sent before it has answered"
            } else {
                "the gateway is not live; it is asked what there is as soon as it is back"
            };
            say(paint, why, Role::Warn);
        }
        Agreement::Agreed { .. } => {
            let again = match gateway.kind {
                GatewayKind::Manual => "looked at when the file is written anew",
                _ => "looked at once a minute",
            };
            let text = format!("what is stated there is the same here; {again}");
            say(paint, &text, Role::Good);
        }
        Agreement::Differs { .. } => {
            say(paint, "NOTHING NEW IS SENT. Ours beside what the gateway states:", Role::Alarm);
        }
    }
    if !gateway.accepted.is_empty() {
        let text = format!("{} accepted before and cannot be made the same", gateway.accepted.len());
        say(paint, &text, Role::Dim);
    }
    let differences = gateway.agreement.differences();
    if differences.is_empty() {
        return;
    }
    paint.put(1, y, "WHAT", Role::Dim);
    paint.put_right(OURS, y, "OURS", Role::Dim);
    paint.put_right(THEIRS, y, "THEIRS", Role::Dim);
    y += 1;
    for difference in differences.iter().take(usize::from(paint.height().saturating_sub(y + 1))) {
        let (what, ours, theirs) = line(snapshot, difference);
        paint.put(1, y, &what, Role::Text);
        paint.put_right(OURS, y, &ours, Role::Text);
        paint.put_right(THEIRS, y, &theirs, Role::Warn);
        y += 1;
    }
    let text = paint.whole_words(":accept goes on with what the gateway states, after a question", 1);
    paint.put(1, y, &text, Role::Key);
}

/// Right edges of the two columns.
const OURS: u16 = 48;
const THEIRS: u16 = 74;

/// A difference as three texts: what, ours, theirs.
pub(in crate::console) fn line(snapshot: &Snapshot, difference: &Difference) -> (String, String, String) {
    let symbol = |id| words::symbol(snapshot, id).to_owned();
    match difference {
        Difference::Account { theirs } => ("account".to_owned(), "-".to_owned(), theirs.to_string()),
        Difference::Cash { ours, theirs } => {
            ("cash".to_owned(), format::money(*ours), format::money(*theirs))
        }
        Difference::Due { ours, theirs } => {
            ("due from sales".to_owned(), format::money(*ours), format::money(*theirs))
        }
        Difference::Shares { instrument, ours, theirs } => {
            (format!("{} held", symbol(*instrument)), format::qty(*ours), format::qty(*theirs))
        }
        Difference::Settled { instrument, ours, theirs } => {
            (format!("{} settled", symbol(*instrument)), format::qty(*ours), format::qty(*theirs))
        }
        Difference::OrderMissing { id, ours } => {
            let slip = snapshot.order(*id).is_some_and(|order| slip::is_to_key_in(snapshot, order));
            let ours = if slip { "SLIP" } else { words::bare_state(*ours) };
            (id.to_string(), ours.to_owned(), "not there".to_owned())
        }
        Difference::OrderUnasked { client_id, instrument, side, left, filled, .. } => {
            let what = instrument.map_or_else(|| "?".to_owned(), symbol);
            let id: String = client_id.chars().filter(|c| !c.is_control()).take(14).collect();
            let theirs = format!("{} left, {} done", format::qty(*left), format::qty(*filled));
            (format!("order {id} {side} {what}"), "never sent".to_owned(), theirs)
        }
        Difference::OrderFilled { id, ours, theirs } => {
            (format!("{id} done"), format::qty(*ours), format::qty(*theirs))
        }
        Difference::OrderState { id, ours, theirs } => {
            (id.to_string(), words::bare_state(*ours).to_owned(), words::bare_state(*theirs).to_owned())
        }
        Difference::OrderTerms { id, ours, theirs } => {
            let terms = |(qty, limit): (crate::market::Qty, crate::market::Price)| {
                format!("{} @ {limit}", format::qty(qty))
            };
            (id.to_string(), terms(*ours), terms(*theirs))
        }
    }
}
