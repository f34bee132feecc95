//! Draws the ticket and the amendment. Every figure has its row, known or not, so that nothing
//! moves while a number is typed.

use super::{Amendment, Field, Ticket, TicketField};
use crate::console::fill::FillChance;
use crate::console::format::{self, PriceFormat};
use crate::console::preview::{self, Facts, Preview};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{entry, risk_words, words};
use crate::market::{Money, Price, SessionDate, Side};
use crate::risk::{CheckResult, Denial, Verdict};

/// Where what was typed begins.
const VALUE: u16 = 10;
/// Where what is said beside a field begins at the earliest.
const BESIDE: u16 = 19;
/// From this width on the long words fit.
const WIDE: u16 = 46;

fn field(paint: &mut Paint<'_>, y: u16, name: &str, field: &Field, active: bool) -> u16 {
    let role = if active { Role::Focus } else { Role::Dim };
    paint.put(1, y, name, role);
    let shown = if active { format!(">{}_", field.text()) } else { format!(" {}", field.text()) };
    let x = paint.put(VALUE, y, &shown, if active { Role::Key } else { Role::Text });
    x.max(BESIDE - 1) + 1
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| format::MISSING.to_owned(), format::money)
}

fn day(date: Option<SessionDate>) -> String {
    date.map_or_else(|| "not known".to_owned(), format::date_short)
}

/// Draws the ticket.
pub(super) fn ticket(paint: &mut Paint<'_>, view: &View<'_>, ticket: &Ticket, on_top: bool) {
    paint.clear();
    let symbol = words::symbol(view.snapshot(), ticket.instrument);
    let draft = if paint.width() >= WIDE { "draft, not sent" } else { "not sent" };
    paint.rule(0, &format!("Ticket {} {symbol}", ticket.side), on_top, "", draft);
    let Ok(facts) = ticket.facts(view.frame) else {
        paint.put(1, 1, "not in this day", Role::Warn);
        return;
    };
    let order = ticket.order(view.frame).ok();
    let preview = order.as_ref().map(|order| preview::preview(&facts, order));
    let prices = view.prices(ticket.instrument);
    quantity(paint, view, ticket, &facts, preview.as_ref());
    limit(paint, view, ticket, &facts, preview.as_ref());
    figures(paint, ticket, preview.as_ref(), prices);
    let y = verdict(paint, 9, preview.as_ref());
    if let Some(fault) = ticket.fault.as_ref().filter(|_| preview.is_none()) {
        paint.put_wrapped(1, y, fault, Role::Alarm);
    }
    let last = paint.height().saturating_sub(1);
    let keys = if paint.width() >= WIDE {
        "Enter review, then y sends   Esc keeps draft"
    } else {
        "Enter review, y sends  Esc draft"
    };
    paint.blank(last, Role::Text);
    paint.put(1, last, keys, Role::Key);
}

/// The quantity with its value; below it the presets, or why the quantity cannot be.
fn quantity(
    paint: &mut Paint<'_>,
    view: &View<'_>,
    ticket: &Ticket,
    facts: &Facts<'_>,
    preview: Option<&Preview>,
) {
    let x = field(paint, 1, "quantity", &ticket.qty, ticket.active == TicketField::Qty);
    let limit = ticket.limit_now(view.frame);
    let qty = entry::qty(ticket.qty.text(), limit, facts);
    if let Ok(qty) = &qty {
        let typed = ticket.qty.text() == qty.units().to_string();
        let shares = if typed { String::new() } else { format!("{} sh ", format::qty(*qty)) };
        let value = money(limit.and_then(|l| l.notional(*qty)));
        paint.put(x, 1, &format!("{shares}= {value}"), Role::Text);
    }
    let blocked = preview.and_then(|p| p.denials().find(about_quantity));
    let reason = match (&qty, blocked) {
        (Err(why), _) => Some(why.clone()),
        (Ok(_), Some(denial)) => Some(quantity_reason(&denial, facts)),
        (Ok(_), None) => None,
    };
    if let Some(reason) = reason {
        paint.put(1, 2, &reason, Role::Alarm);
        return;
    }
    let sizes = &view.ui.sizes;
    let presets: Vec<String> = sizes
        .presets(sizes.class(facts))
        .map(|(p, chosen)| if chosen { format!("{}{}", paint.glyphs().chosen, p.text()) } else { p.text() })
        .collect();
    paint.put(VALUE, 2, &format!("[{}]", presets.join(" ")), Role::Dim);
}

/// Whether a denial is about how much rather than at what price.
const fn about_quantity(denial: &Denial) -> bool {
    matches!(
        denial,
        Denial::QtyNotPositive { .. }
            | Denial::QtyBelowMin { .. }
            | Denial::QtyAboveMax { .. }
            | Denial::SharesShort { .. }
            | Denial::CashShort { .. }
    )
}

fn quantity_reason(denial: &Denial, facts: &Facts<'_>) -> String {
    match denial {
        Denial::QtyBelowMin { min, .. } => format!("the least order is {}", format::qty(*min)),
        Denial::QtyAboveMax { max, .. } => format!("one order takes at most {}", format::qty(*max)),
        Denial::SharesShort { sellable, .. } => {
            let held = facts.position.map(|p| p.position.qty).unwrap_or_default();
            format!("{} free to sell of {} held", format::qty(*sellable), format::qty(held))
        }
        Denial::CashShort { free, .. } => format!("free cash is {}", format::money(*free)),
        other => words::denial(other),
    }
}

/// The limit with its distance from the touch and the band, or why it cannot be.
fn limit(
    paint: &mut Paint<'_>,
    view: &View<'_>,
    ticket: &Ticket,
    facts: &Facts<'_>,
    preview: Option<&Preview>,
) {
    let x = field(paint, 3, "limit", &ticket.limit, ticket.active == TicketField::Limit);
    let prices = view.prices(ticket.instrument);
    let read = entry::price(ticket.limit.text(), ticket.side, facts, ticket.scale(view.frame));
    let limit = match read {
        Ok(limit) => limit,
        Err(why) => {
            paint.put(x, 3, &why, Role::Alarm);
            return;
        }
    };
    match preview.and_then(|p| p.denials().find_map(|d| limit_reason(&d, prices))) {
        Some(reason) => paint.put(x, 3, &reason, Role::Alarm),
        None => {
            let room = paint.width().saturating_sub(x);
            paint.put(x, 3, &limit_words(ticket, limit, facts, prices, room), Role::Dim)
        }
    };
}

/// Why a limit cannot be, in few words; `None` for a denial about something else.
fn limit_reason(denial: &Denial, prices: PriceFormat) -> Option<String> {
    Some(match denial {
        Denial::PriceNotPositive { .. } => "no limit price".to_owned(),
        Denial::OffTick { tick, .. } => format!("off the tick of {}", prices.text(*tick)),
        Denial::OutsideDailyBand { low, high, .. } => {
            format!("day's {}-{}", prices.text(*low), prices.text(*high))
        }
        Denial::OutsideOrderBand { low, high, .. } => {
            format!("outside {}-{}", prices.text(*low), prices.text(*high))
        }
        Denial::CannotCheck { missing, .. } => format!("{missing} is not known"),
        _ => return None,
    })
}

/// How a limit stands to the touch, and the band it must be in: the most that has room.
fn limit_words(ticket: &Ticket, limit: Price, facts: &Facts<'_>, prices: PriceFormat, room: u16) -> String {
    let in_words = ticket.limit.text().starts_with(|c: char| c.is_ascii_alphabetic());
    let price = in_words.then(|| format!("= {}", prices.text(limit)));
    let name = if ticket.side == Side::Buy { "bid" } else { "ask" };
    let ticks = facts.best(ticket.side).zip(facts.tick).map(|(best, tick)| {
        match (limit.units() - best.units()) / tick.units() {
            0 => (name.to_owned(), name.to_owned()),
            n => (format!("{name} {n:+} ticks"), format!("{name} {n:+}t")),
        }
    });
    let (long, short) = ticks.map_or((None, None), |(long, short)| (Some(long), Some(short)));
    let bare = facts.view.order_band.map(|(low, high)| format!("{}-{}", prices.text(low), prices.text(high)));
    let band = bare.as_ref().map(|b| format!("band {b}"));
    let join = |parts: [&Option<String>; 3]| {
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let forms = [
        join([&price, &long, &band]),
        join([&price, &long, &bare]),
        join([&price, &short, &bare]),
        join([&price, &long, &None]),
        join([&price, &short, &None]),
        join([&price, &None, &None]),
    ];
    forms.into_iter().find(|form| width(form) <= room).unwrap_or_default()
}

/// Account, cost, break-even, dates and the chance of a fill: rows 4 to 8.
fn figures(paint: &mut Paint<'_>, ticket: &Ticket, p: Option<&Preview>, prices: PriceFormat) {
    let (buys, wide) = (ticket.side == Side::Buy, paint.width() >= WIDE);
    let verb = if buys { "pay" } else { "get" };
    let free = money(p.and_then(|p| p.free_after));
    let costs = money(p.and_then(|p| p.charges).map(|c| c.total));
    let total = money(p.and_then(|p| p.total));
    let account = ticket.account.to_string();
    let pay_in = day(p.and_then(|p| p.pay_in));
    let due = if buys { "pay in by" } else { "deliver by" };
    let lines = if wide {
        [
            format!("account    {account:<6} free after {free}"),
            format!("{verb:<10} {total}, costs {costs} (w)"),
            if buys {
                let even = prices.option(p.and_then(|p| p.break_even));
                format!("breaks even at {even}, sellable from {}", day(p.and_then(|p| p.first_sale)))
            } else {
                format!("tax on the gain {}", money(p.and_then(|p| p.tax)))
            },
            format!("{due} {pay_in}"),
            filled(p, paint.width().saturating_sub(1)),
        ]
    } else {
        [
            format!("account   {account}, free after {free}"),
            format!("{verb:<9} {total}, costs {costs} (w)"),
            if buys {
                let even = prices.option(p.and_then(|p| p.break_even));
                format!("even at {even}, sellable {}", day(p.and_then(|p| p.first_sale)))
            } else {
                format!("tax on the gain {}", money(p.and_then(|p| p.tax)))
            },
            format!("{due} {pay_in}"),
            format!("filled {}", chance(p.map(|p| &p.fill), false)),
        ]
    };
    for (y, line) in (4u16..).zip(&lines) {
        paint.put(1, y, &paint.whole_words(line, 1), Role::Text);
    }
}

/// The chance of a fill in as many words as there is room for.
fn filled(p: Option<&Preview>, room: u16) -> String {
    let fill = p.map(|p| &p.fill);
    let long = format!("filled by close {}", chance(fill, true));
    if width(&long) <= room { long } else { format!("filled by close {}", chance(fill, false)) }
}

/// `.46' (.31-.58), queue ahead ~415`, or why it cannot be said.
fn chance(fill: Option<&Result<FillChance, &'static str>>, wide: bool) -> String {
    match fill {
        None => format::MISSING.to_owned(),
        Some(Err(why)) => format!("{}: {why}", format::MISSING),
        Some(Ok(c)) => {
            let range = format!("({}-{})", format::probability(c.low), format::probability(c.high));
            let likely = format::probability(c.likely);
            let ahead = format::qty(c.ahead);
            match (c.at_once.is_positive(), wide) {
                (true, _) => format!("{likely}' {range}, {} at once", format::qty(c.at_once)),
                (false, true) => format!("{likely}' {range}, queue ahead ~{ahead}"),
                (false, false) => format!("{likely}' {range} ahead ~{ahead}"),
            }
        }
    }
}

/// How many checks pass, and those that do not. Returns the row after.
fn verdict(paint: &mut Paint<'_>, y: u16, preview: Option<&Preview>) -> u16 {
    let Some(preview) = preview else { return y };
    let (pass, warn, block) = preview.counts();
    let role = match (warn, block) {
        (0, 0) => Role::Good,
        (_, 0) => Role::Warn,
        _ => Role::Alarm,
    };
    let all = pass + warn + block;
    paint.put(1, y, &format!("checks {all}: {pass} pass, {warn} warn, {block} block"), role);
    let mut y = y + 1;
    let speaks = |r: &&CheckResult| matches!(r.verdict, Verdict::Warn(_) | Verdict::Block(_));
    for result in preview.checks.iter().filter(speaks) {
        if y + 1 < paint.height() {
            let role = if matches!(result.verdict, Verdict::Warn(_)) { Role::Warn } else { Role::Alarm };
            y = paint.put_wrapped(3, y, &check_line(result), role);
        }
    }
    y
}

/// `P01 block: 5 is below the least order of 10`.
#[must_use]
pub fn check_line(result: &CheckResult) -> String {
    format!("{} {}", result.check.code(), risk_words::verdict(&result.verdict))
}

/// Draws the amendment.
pub(super) fn amendment(paint: &mut Paint<'_>, view: &View<'_>, amendment: &Amendment, on_top: bool) {
    paint.clear();
    let Some(order) = view.snapshot().order(amendment.id) else {
        paint.rule(0, "Amend", on_top, "", "");
        paint.put(1, 1, "the order is not there any more", Role::Warn);
        return;
    };
    let line = words::order_line(view.snapshot(), &order.order);
    paint.rule(0, &format!("Amend {}", amendment.id), on_top, "", "not sent");
    paint.put(1, 1, &format!("now {line}, {} done", format::qty(order.filled)), Role::Dim);
    field(paint, 2, "quantity", &amendment.qty, amendment.active == TicketField::Qty);
    field(paint, 3, "limit", &amendment.limit, amendment.active == TicketField::Limit);
    match amendment.terms(view.frame) {
        Ok((qty, limit)) if (qty, limit) == (order.order.qty, order.order.limit) => {
            paint.put(1, 4, "nothing would change", Role::Dim);
        }
        Ok((qty, limit)) => {
            let (text, role) = if amendment.keeps_place(order, qty, limit) {
                ("keeps its place in the queue: fewer", Role::Good)
            } else if limit == order.order.limit {
                ("LOSES its place in the queue: size", Role::Warn)
            } else {
                ("LOSES its place in the queue: price", Role::Warn)
            };
            paint.put(1, 4, text, role);
        }
        Err(why) => {
            paint.put(1, 4, &why, Role::Warn);
        }
    }
    if let Some(ahead) = words::queue(order) {
        paint.put(1, 5, &format!("now {ahead}"), Role::Dim);
    }
    if let Some(fault) = &amendment.fault {
        paint.put_wrapped(1, 6, fault, Role::Alarm);
    }
    let last = paint.height().saturating_sub(1).min(9);
    paint.put(1, last, "Enter review, y sends  Esc leaves", Role::Key);
}
