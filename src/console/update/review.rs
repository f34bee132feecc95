//! What a prompt says of an order or a change before it is sent.

use crate::console::overlay::{Amendment, Ticket, check_line};
use crate::console::preview::{self, Preview};
use crate::console::{Frame, format, words};
use crate::engine::Command;
use crate::execution::NewOrder;
use crate::market::time::NS_PER_S;
use crate::market::{Money, Side};
use crate::risk::Verdict;

/// The order of a ticket and what it would do.
///
/// # Errors
/// Why it is no order, or what would deny it, in words.
fn checked(ticket: &Ticket, frame: &Frame) -> Result<(NewOrder, Preview), String> {
    let order = ticket.order(frame)?;
    let facts = ticket.facts(frame)?;
    let preview = preview::preview(&facts, &order);
    let more = preview.denials().count().saturating_sub(1);
    if let Some(denial) = preview.denials().next() {
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        return Err(format!("would be denied: {}{more}", words::denial(&denial)));
    }
    Ok((order, preview))
}

pub(super) type Reviewed = Result<(NewOrder, Vec<String>), String>;

/// What a prompt says of a new order: side, size, symbol, price, account, cost, checks, hold.
pub(super) fn review(ticket: &Ticket, hold_ns: i64, frame: &Frame) -> Reviewed {
    let (order, preview) = checked(ticket, frame)?;
    let line = words::order_line(&frame.snapshot, &order);
    let (pass, warn, block) = preview.counts();
    let mut lines = vec![
        format!("{line}  account {}", order.account),
        cost_line(order.side, &preview),
        format!("checks {}: {pass} pass, {warn} warn, {block} block", pass + warn + block),
    ];
    let warned = preview.checks.iter().filter(|r| matches!(r.verdict, Verdict::Warn(_)));
    lines.extend(warned.map(check_line));
    if hold_ns > 0 {
        lines.push(format!("held inside for {} before it leaves; u takes it back unseen", seconds(hold_ns)));
    }
    Ok((order, lines))
}

/// The same in one line.
pub(super) fn review_line(ticket: &Ticket, hold_ns: i64, frame: &Frame) -> Reviewed {
    let (order, preview) = checked(ticket, frame)?;
    let line = words::order_line(&frame.snapshot, &order);
    let verb = if order.side == Side::Buy { "pay" } else { "get" };
    let total = preview.total.map_or_else(|| format::MISSING.to_owned(), format::money);
    let (pass, warn, _) = preview.counts();
    let checks =
        if warn > 0 { format!("checks {pass} pass {warn} warn") } else { format!("{pass} checks pass") };
    let mut lines = vec![format!("{line} acct {}", order.account), format!("{verb} {total}"), checks];
    if hold_ns > 0 {
        lines.push(format!("held {}", seconds(hold_ns)));
    }
    Ok((order, lines))
}

/// `2 s`, `1.5 s`.
fn seconds(ns: i64) -> String {
    let tenths = ns / (NS_PER_S / 10);
    let rest = if tenths % 10 > 0 { format!(".{}", tenths % 10) } else { String::new() };
    format!("{}{rest} s", tenths / 10)
}

fn cost_line(side: Side, p: &Preview) -> String {
    let money = |m: Option<Money>| m.map_or_else(|| format::MISSING.to_owned(), format::money);
    let verb = if side == Side::Buy { "pay" } else { "get" };
    format!("{verb} {}, of it costs {}", money(p.total), money(p.charges.map(|c| c.total)))
}

/// What a prompt says of a change.
pub(super) fn review_change(form: &Amendment, frame: &Frame) -> Result<(Command, Vec<String>), String> {
    let order = frame.snapshot.order(form.id).ok_or("the order is not there any more")?;
    let (qty, limit) = form.terms(frame)?;
    if (qty, limit) == (order.order.qty, order.order.limit) {
        return Err("nothing would change".to_owned());
    }
    if qty <= order.filled {
        return Err(format!("{} are done already: cancel the rest instead", format::qty(order.filled)));
    }
    let id = order.order.instrument;
    let before = words::order_line(&frame.snapshot, &order.order);
    let price = words::price(&frame.snapshot, id, limit);
    let place = if form.keeps_place(order, qty, limit) { "keeps" } else { "LOSES" };
    let lines = vec![
        format!("Amend {} {before}  account {}", form.id, order.order.account),
        format!("to {} @ {price}", format::qty(qty)),
        format!("{} done, it {place} its place in the queue", format::qty(order.filled)),
    ];
    Ok((Command::AmendOrder { id: form.id, qty, limit, seen: form.seen }, lines))
}
