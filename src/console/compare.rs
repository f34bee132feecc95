//! Two branches of a replay side by side: result of the day, orders, fills.
//!
//! What was done in a branch before the moment that had been seen when it began was done knowing the
//! future. It is marked and not scored: it says what would have happened, not how well somebody traded.

use std::collections::BTreeMap;

use super::{Branch, Frame, format, words};
use crate::engine::snapshot::AccountView;
use crate::execution::{ClientOrderId, Order};
use crate::market::Money;

/// A figure of an account.
type Figure = fn(&AccountView) -> Option<Money>;

/// The mark of what was done after having seen later time.
const SEEN: &str = "'";

/// The branches, one line each.
#[must_use]
pub fn list(branches: &[Branch]) -> Vec<String> {
    branches.iter().map(line).collect()
}

fn line(branch: &Branch) -> String {
    let name = &branch.name;
    let from = match &branch.left {
        Some((parent, at)) => format!("left {parent} at {}", format::clock(*at)),
        None => "the session as it began".to_owned(),
    };
    let (at, orders) = (format::clock(branch.at), words::count(branch.orders.len(), "order"));
    format!("{name:<16} {from}, now at {at}, {orders}")
}

/// Two branches compared, in lines.
#[must_use]
pub fn compare(a: &Branch, b: &Branch, frame: &Frame) -> Vec<String> {
    let mut out = vec![format!("A  {}", line(a)), format!("B  {}", line(b))];
    if a.at != b.at {
        out.push("they stand at different times: each figure is of its own".to_owned());
    }
    out.push(String::new());
    out.push(row("", &a.name, &b.name, "B less A"));
    let figures: [(&str, Figure); 4] = [
        ("result of the day", |v| v.day_result),
        ("after exit and tax", |v| v.after_exit),
        ("charges", |v| Some(v.charges)),
        ("free cash", |v| v.free_cash),
    ];
    for (name, figure) in figures {
        let of = |branch: &Branch| branch.account.as_ref().and_then(figure);
        let less = of(b).zip(of(a)).and_then(|(b, a)| b.checked_sub(a));
        out.push(row(name, &money(of(a)), &money(of(b)), &money(less)));
    }
    out.push(counts("orders", a.orders.len(), b.orders.len()));
    let fills = |branch: &Branch| branch.orders.iter().filter(|o| o.filled.is_positive()).count();
    out.push(counts("orders with fills", fills(a), fills(b)));
    out.push(String::new());
    orders(a, b, frame, &mut out);
    for branch in [a, b] {
        if let Some(seen) = branch.seen {
            let (name, seen) = (&branch.name, format::clock(seen));
            out.push(format!("{SEEN} {name}: sent before {seen}, which had been seen: not scored"));
        }
    }
    out
}

fn row(name: &str, a: &str, b: &str, less: &str) -> String {
    format!("{name:<20}{a:>18}{b:>18}{less:>18}").trim_end().to_owned()
}

fn counts(name: &str, a: usize, b: usize) -> String {
    let less = i64::try_from(b).unwrap_or(i64::MAX) - i64::try_from(a).unwrap_or(i64::MAX);
    row(name, &a.to_string(), &b.to_string(), &format!("{less:+}"))
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| format::MISSING.to_owned(), format::money)
}

/// Orders that are not the same in both, by the record that made them. The same record number with
/// other terms is another order.
fn orders(a: &Branch, b: &Branch, frame: &Frame, out: &mut Vec<String>) {
    let by_id = |branch: &Branch| -> BTreeMap<ClientOrderId, Order> {
        branch.orders.iter().map(|o| (o.id, (**o).clone())).collect()
    };
    let (in_a, in_b) = (by_id(a), by_id(b));
    let asked = |o: &Order| (o.sent_at, o.trail.first().cloned(), o.order.instrument, o.order.side);
    let mut same = 0;
    for (id, order) in &in_a {
        match in_b.get(id).filter(|other| asked(other) == asked(order)) {
            Some(other) if ends(other) == ends(order) => same += 1,
            Some(other) => {
                out.push(told("A", a, order, frame));
                out.push(told("B", b, other, frame));
            }
            None => out.push(told("A only", a, order, frame)),
        }
    }
    for (id, order) in &in_b {
        if in_a.get(id).is_none_or(|other| asked(other) != asked(order)) {
            out.push(told("B only", b, order, frame));
        }
    }
    out.push(format!("the same in both: {}", words::count(same, "order")));
}

fn ends(order: &Order) -> impl PartialEq {
    (order.state, order.order.qty, order.order.limit, order.filled, order.filled_value)
}

fn told(which: &str, branch: &Branch, order: &Order, frame: &Frame) -> String {
    let mark =
        if branch.seen.is_some_and(|seen| after(branch, order) && order.sent_at < seen) { SEEN } else { " " };
    let line = words::order_line(&frame.snapshot, &order.order);
    let (state, done) = (words::order_state(order), format::qty(order.filled));
    let at = format::clock(order.sent_at);
    format!(
        "{which:<7}{mark} {at} {} {line}  {state}, {done} done for {}",
        order.id,
        format::money(order.filled_value)
    )
}

/// Whether an order was sent in the branch itself rather than before it left.
fn after(branch: &Branch, order: &Order) -> bool {
    branch.left.as_ref().is_some_and(|(_, at)| order.sent_at >= *at)
}
