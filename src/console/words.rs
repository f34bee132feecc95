//! Facts in the desk's words. The engine says what happened; here it is said to a person.

use super::{format, slip};
use crate::engine::snapshot::Snapshot;
use crate::engine::{Alert, AlertKind, Answer, AnswerKind};
use crate::execution::{ClientOrderId, NewOrder, Order, OrderState, Pending};
use crate::market::{InstrumentId, Price, SessionPhase};
use crate::risk::halt::TAKE_BACK_NS;
use crate::risk::{CheckResult, Denial, Verdict};

/// `1 cancel`, `2 cancels`: so many of a thing that takes an `s`.
#[must_use]
pub fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// How many keys were not obeyed.
#[must_use]
pub fn keys_ignored(n: u32) -> String {
    format!("{} ignored", count(n as usize, "key"))
}

/// The ticker of an instrument, or `?`.
#[must_use]
pub fn symbol(snapshot: &Snapshot, id: InstrumentId) -> &str {
    snapshot.day.universe.get(id).map_or("?", |i| i.symbol.as_str())
}

/// A price as its instrument writes it.
#[must_use]
pub fn price(snapshot: &Snapshot, id: InstrumentId, price: Price) -> String {
    price_format(snapshot, id).text(price)
}

/// How an instrument writes its prices.
#[must_use]
pub fn price_format(snapshot: &Snapshot, id: InstrumentId) -> format::PriceFormat {
    let tick = snapshot.day.rules.get(id.0 as usize).and_then(|r| r.tick);
    match snapshot.day.universe.get(id) {
        Some(instrument) => format::PriceFormat::of(instrument, tick),
        None => format::PriceFormat::new(100, tick),
    }
}

/// `BUY NABIL 300 @ 545.0`.
#[must_use]
pub fn order_line(snapshot: &Snapshot, order: &NewOrder) -> String {
    let id = order.instrument;
    let (side, symbol) = (order.side, symbol(snapshot, id));
    format!("{side} {symbol} {} @ {}", format::qty(order.qty), price(snapshot, id, order.limit))
}

/// The phase of the session.
#[must_use]
pub const fn phase(phase: SessionPhase) -> &'static str {
    match phase {
        SessionPhase::Closed => "CLOSED",
        SessionPhase::PreOpen => "PRE-OPEN",
        SessionPhase::PreOpenMatch => "MATCHING",
        SessionPhase::Continuous => "OPEN",
        SessionPhase::Ended => "ENDED",
    }
}

/// Where an order stands, with a change under way before all else.
#[must_use]
pub const fn order_state(order: &Order) -> &'static str {
    match (order.pending, order.state) {
        (_, OrderState::Unknown) => "UNKNOWN",
        (Some(Pending::Cancel), _) => "CANCELLING",
        (Some(Pending::Amend { .. }), _) => "AMENDING",
        (None, OrderState::PendingNew) if order.received_at.is_some() => "ACCEPTED",
        (None, state) => bare_state(state),
    }
}

/// Where an order stands.
#[must_use]
pub const fn bare_state(state: OrderState) -> &'static str {
    match state {
        OrderState::PendingNew => "SENT",
        OrderState::Accepted => "RESTING",
        OrderState::PartiallyFilled => "PART",
        OrderState::Filled => "FILLED",
        OrderState::Cancelled => "CANCELLED",
        OrderState::Rejected => "REJECTED",
        OrderState::Expired => "EXPIRED",
        OrderState::Unknown => "UNKNOWN",
        OrderState::Held => "HELD",
        OrderState::Withdrawn => "TAKEN BACK",
        OrderState::Denied => "DENIED",
    }
}

/// What a person should know of an order beside its columns.
#[must_use]
pub fn order_note(order: &Order, format: format::PriceFormat) -> String {
    let refused = || order.reason.as_ref().map(|r| format!("last change refused: {r}"));
    match (order.pending, order.state) {
        (_, OrderState::Unknown) => "not answered, never sent again; w why".to_owned(),
        (Some(Pending::Cancel), _) => "cancel sent, waiting for the answer; its keys are off".to_owned(),
        (Some(Pending::Amend { qty, limit }), _) => {
            format!("change to {} @ {} sent; its keys are off", format::qty(qty), format.text(limit))
        }
        (None, OrderState::PendingNew) if order.received_at.is_some() => {
            "the gateway has it, the venue has not answered; x cancels, e is off".to_owned()
        }
        (None, OrderState::PendingNew) => "waits for the gateway; x cancels, e is off".to_owned(),
        (None, OrderState::Held) => "has not left; u or x takes it back unseen".to_owned(),
        (None, OrderState::Withdrawn) => "never left: taken back, or stopped, while it was held".to_owned(),
        (None, OrderState::Denied) => "never left: the checks denied it when its hold ended".to_owned(),
        (None, OrderState::Accepted | OrderState::PartiallyFilled) => {
            refused().or_else(|| queue(order)).unwrap_or_default()
        }
        (None, OrderState::Rejected) => {
            order.reason.as_ref().map_or_else(|| "no reason given".to_owned(), ToString::to_string)
        }
        (None, OrderState::Filled) => average(order, format).unwrap_or_default(),
        (None, OrderState::Cancelled | OrderState::Expired) => {
            average(order, format).map(|a| format!("part of it {a}")).unwrap_or_default()
        }
    }
}

/// The same where there is hardly room: what `w` says in full.
#[must_use]
pub const fn order_note_short(order: &Order) -> &'static str {
    match (order.pending, order.state) {
        (_, OrderState::Unknown) => "not answered",
        (Some(_), _) | (None, OrderState::PendingNew) => "keys off",
        (None, OrderState::Held) => "u takes back",
        (None, OrderState::Withdrawn | OrderState::Denied) => "never left",
        (None, OrderState::Rejected) => "w why",
        (None, OrderState::Accepted | OrderState::PartiallyFilled) if order.reason.is_some() => "refused, w",
        (None, _) => "",
    }
}

/// `ahead ~90 (0-115) in the queue`.
#[must_use]
pub fn queue(order: &Order) -> Option<String> {
    let q = order.queue_ahead?;
    let text = [q.expected, q.low, q.high].map(format::qty);
    Some(format!("ahead ~{} ({}-{}) in the queue", text[0], text[1], text[2]))
}

fn average(order: &Order, format: format::PriceFormat) -> Option<String> {
    let filled = order.filled.units();
    (filled > 0).then(|| {
        format!(
            "traded at {} on average",
            format.text(Price::from_units(order.filled_value.paisa() / filled))
        )
    })
}

/// An alert in words.
#[must_use]
pub fn alert(snapshot: &Snapshot, alert: &Alert) -> String {
    let about = |id: &ClientOrderId| match snapshot.order(*id) {
        Some(order) => format!("{id} {}", symbol(snapshot, order.order.instrument)),
        None => id.to_string(),
    };
    match &alert.kind {
        AlertKind::MarketHalted { level, inferred } => {
            let step = level.map(|l| format!(" step {l}")).unwrap_or_default();
            let how = if *inferred { ", found in the record" } else { "" };
            format!("market halted{step}{how}")
        }
        AlertKind::MarketResumed { after_ns } => {
            format!("market resumed after {}", format::age(*after_ns).unwrap_or_else(|| "<5s".to_owned()))
        }
        AlertKind::Phase(p) => format!("session {}", phase(*p)),
        AlertKind::Regime { label, p_stress_ppm } => {
            format!("regime {label} p {}", format::probability(f64::from(*p_stress_ppm) / 1e6))
        }
        AlertKind::FeedStale { source, silent_ns } => {
            format!("feed {source} silent for {}", format::age_exact(*silent_ns))
        }
        AlertKind::FeedBack { source } => {
            let was_gone = |kind: &AlertKind| {
                matches!(kind, AlertKind::FeedDown { source: s, .. } | AlertKind::FeedStale { source: s, .. }
                    if s == source)
            };
            let again = before(snapshot, alert).any(was_gone);
            format!("feed {source} {}", if again { "speaks again" } else { "live" })
        }
        AlertKind::Quarantined { instrument, verdict } => {
            format!("{} quarantined: {}", symbol(snapshot, *instrument), verdict.findings)
        }
        AlertKind::QuarantineRate { rate_ppm } => {
            format!("{:.1}% of messages quarantined", f64::from(*rate_ppm) / 1e4)
        }
        AlertKind::SymbolHalted { instrument } => {
            format!("{} sequence gap: nothing of it is believed", symbol(snapshot, *instrument))
        }
        AlertKind::OrderRejected { id, reason } => format!("{} rejected: {reason}", about(id)),
        AlertKind::OrderUnknown { id } => format!("{} no answer yet", about(id)),
        AlertKind::Incident(incident) => incident.to_string(),
        AlertKind::GatewayDown { state } => format!("gateway {}: nothing leaves", state.word()),
        AlertKind::GatewayLost { down_ns, unknown } => {
            let orders = match unknown {
                0 => "no order was open".to_owned(),
                1 => "1 open order UNKNOWN until it is asked".to_owned(),
                n => format!("{n} open orders UNKNOWN until it is asked"),
            };
            format!("gateway down for {}: {orders}", format::age_exact(*down_ns))
        }
        AlertKind::GatewayBack => {
            let again = before(snapshot, alert).any(|kind| matches!(kind, AlertKind::GatewayDown { .. }));
            format!("gateway live{}", if again { " again" } else { "" })
        }
        AlertKind::FeedDown { source, state } => {
            format!("feed {source} {}: prices may be wrong", state.word())
        }
        AlertKind::BooksDiffer { differences } => {
            let things = count(*differences, "thing");
            format!("the gateway has {things} otherwise: nothing new is sent, see Reconcile")
        }
        AlertKind::BooksAgree => "reconciled: the gateway has the same as we do".to_owned(),
        AlertKind::DifferenceAccepted { by, differences } => {
            format!("{by} accepted {} to the gateway", count(*differences, "difference"))
        }
        AlertKind::Stopped { by } => format!("new orders stopped by {by}"),
        AlertKind::Released { by } => format!("stop undone by {by}"),
    }
}

/// What was raised before an alert.
fn before<'a>(snapshot: &'a Snapshot, alert: &Alert) -> impl Iterator<Item = &'a AlertKind> {
    let id = alert.id;
    snapshot.alerts.iter().take_while(move |one| one.id < id).map(|one| &one.kind)
}

/// An alert with its weight, who has noted it and whether it is put away: what a filter looks through.
#[must_use]
pub fn alert_line(snapshot: &Snapshot, one: &Alert) -> String {
    let noted = one.acknowledged.as_ref().map_or_else(|| "new".to_owned(), |by| format!("ack {by}"));
    let away = if one.shelved_until.is_some_and(|until| until > snapshot.now) { " shelved" } else { "" };
    format!("{} {} {noted}{away}", one.kind.severity(), alert(snapshot, one))
}

/// How many checks there were and what they said: `9 checks: 7 pass, 1 warn`.
#[must_use]
pub fn check_counts(results: &[CheckResult]) -> String {
    let count = |of: fn(&Verdict) -> bool| results.iter().filter(|r| of(&r.verdict)).count();
    let pass = count(|v| matches!(v, Verdict::Pass));
    let warn = count(|v| matches!(v, Verdict::Warn(_)));
    let block = count(|v| matches!(v, Verdict::Block(_)));
    let mut text = format!("{} checks, {pass} pass", pass + warn + block);
    for (n, word) in [(warn, "warn"), (block, "block")] {
        if n > 0 {
            text.push_str(&format!(" {n} {word}"));
        }
    }
    text
}

/// An answer of the engine in words.
#[must_use]
pub fn answer(snapshot: &Snapshot, answer: &Answer) -> String {
    let named = |id: &ClientOrderId| match snapshot.order(*id) {
        Some(order) => {
            format!("{id} {} {}", order.order.side, symbol(snapshot, order.order.instrument))
        }
        None => id.to_string(),
    };
    let priced = |id: &ClientOrderId, p: Price| match snapshot.order(*id) {
        Some(order) => price(snapshot, order.order.instrument, p),
        None => p.to_string(),
    };
    match &answer.kind {
        AnswerKind::Sent { id, order } => {
            let checked = snapshot.checks.iter().find(|c| c.seq == id.0);
            let checks = checked.map(|c| format!(", {}", check_counts(&c.results))).unwrap_or_default();
            format!("{id} {} sent{checks}", order_line(snapshot, order))
        }
        AnswerKind::Held { id, order, until } => {
            let (line, at) = (order_line(snapshot, order), format::clock(*until));
            format!("{id} {line} held to {at}; u takes it back")
        }
        AnswerKind::Denied { denials, .. } => {
            let list: Vec<String> = denials.iter().map(denial).collect();
            format!("DENIED: {}", list.join("; "))
        }
        AnswerKind::CancelSent { id } => format!("{} cancel sent", named(id)),
        AnswerKind::CancelWaits { id } => {
            format!("{} cancel waits: it goes out when the gateway is back", named(id))
        }
        AnswerKind::CancelManySent { count: 0 } => "nothing was working: no cancel sent".to_owned(),
        AnswerKind::CancelManySent { count: n } => format!("{} sent", count(*n, "cancel")),
        AnswerKind::AmendSent { id, qty, limit } => {
            format!("{} change to {} @ {} sent", named(id), format::qty(*qty), priced(id, *limit))
        }
        AnswerKind::Order { id, state: OrderState::Unknown, .. }
            if snapshot.order(*id).is_some_and(|o| slip::is_to_key_in(snapshot, o)) =>
        {
            format!("{} is a slip: key it in (g l)", named(id))
        }
        AnswerKind::Order { id, state, reason } => {
            let why = reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
            format!("{} {}{why}", named(id), answered(*state))
        }
        AnswerKind::Filled { id, qty, price } => {
            format!("{} traded {} @ {}", named(id), format::qty(*qty), priced(id, *price))
        }
        AnswerKind::DifferenceAccepted { by, differences } => {
            let those = count(*differences, "difference");
            format!("{by} accepted {those}; our books are now as the gateway states")
        }
        AnswerKind::Told { id, by, state } => {
            format!("{} {} as {by} reports", named(id), answered(*state))
        }
        AnswerKind::Stopped { by, resting, withdrawn } => {
            let held = if *withdrawn > 0 { format!(", {withdrawn} held never leave") } else { String::new() };
            // Said as long as it is true.
            let undo = match snapshot.now.since_ns(answer.at) > TAKE_BACK_NS {
                false => "u takes back in 10 s",
                true => ":release undoes it",
            };
            format!("STOPPED by {by}: no new orders{held}, {resting} still rest; X cancels, {undo}")
        }
        AnswerKind::Released { by, taken_back: true } => format!("{by} took the stop back"),
        AnswerKind::Released { by, taken_back: false } => format!("{by} released the stop"),
    }
}

/// An answer where its whole sentence has no room: what was done, and what can be done now.
#[must_use]
pub fn answer_short(snapshot: &Snapshot, answer: &Answer) -> Option<String> {
    match &answer.kind {
        AnswerKind::Stopped { by, resting, withdrawn } => {
            let held = if *withdrawn > 0 { format!(", {withdrawn} held gone") } else { String::new() };
            let undo = match snapshot.now.since_ns(answer.at) > TAKE_BACK_NS {
                false => "u undoes",
                true => ":release",
            };
            Some(format!("STOPPED by {by}{held}, {resting} rest: X cancels, {undo}"))
        }
        _ => None,
    }
}

/// What the venue did, as a verb.
const fn answered(state: OrderState) -> &'static str {
    match state {
        OrderState::PendingNew => "sent",
        OrderState::Accepted => "accepted",
        OrderState::PartiallyFilled => "traded in part",
        OrderState::Filled => "filled",
        OrderState::Cancelled => "cancelled",
        OrderState::Rejected => "REJECTED",
        OrderState::Expired => "expired",
        OrderState::Unknown => "UNKNOWN: no answer",
        OrderState::Held => "held",
        OrderState::Withdrawn => "taken back, it never left",
        OrderState::Denied => "DENIED, it never left",
    }
}

/// Why a command was denied.
#[must_use]
pub fn denial(denial: &Denial) -> String {
    use format::{money, qty};
    match denial {
        Denial::Halted => "stopped: no new risk".to_owned(),
        Denial::SessionClosed { phase: p } => format!("no orders are taken: session {}", phase(*p)),
        Denial::ViewOnly => "view only: another market".to_owned(),
        Denial::QtyNotPositive { .. } => "no quantity".to_owned(),
        Denial::QtyBelowMin { qty: q, min } => {
            format!("{} is below the least order of {}", qty(*q), qty(*min))
        }
        Denial::QtyAboveMax { qty: q, max } => format!("{} is above the {} of one order", qty(*q), qty(*max)),
        Denial::PriceNotPositive { .. } => "no limit price".to_owned(),
        Denial::CashShort { needed, free } => {
            format!("needs {}, free cash is {}", money(*needed), money(*free))
        }
        Denial::SharesShort { qty: q, sellable } => {
            format!("sells {}, only {} can be sold today", qty(*q), qty(*sellable))
        }
        Denial::NotWorking { id, state } => format!("{id} is {}: it takes no change", bare_state(*state)),
        Denial::HasChanged { id, left, limit } => {
            format!("that has changed: {id} now has {} left at {limit}", qty(*left))
        }
        Denial::GatewayDown { state } => format!("gateway {}: nothing can be sent", state.word()),
        Denial::NotUnknown { id, state } => {
            format!("{id} is {}: only an unknown order is reported by hand", bare_state(*state))
        }
        Denial::ToldTooMuch { id, qty: q, left } => {
            format!("{id} has {} left, {} cannot have traded", qty(*left), qty(*q))
        }
        Denial::UnknownInstrument
        | Denial::FeedNotLive
        | Denial::NotReconciled
        | Denial::BooksDiffer { .. }
        | Denial::DifferenceChanged
        | Denial::UnknownAccount(_)
        | Denial::OffTick { .. }
        | Denial::OutsideDailyBand { .. }
        | Denial::OutsideOrderBand { .. }
        | Denial::CannotCheck { .. }
        | Denial::ValueOverflow
        | Denial::NoSuchOrder(_)
        | Denial::ChangePending(_)
        | Denial::NothingToChange
        | Denial::Stop(_)
        | Denial::NoSuchAlert(_) => denial.to_string(),
    }
}
