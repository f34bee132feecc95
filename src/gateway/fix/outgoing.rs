//! The messages that leave, tag by tag.

use super::{FixAccess, FixMessage, number};
use crate::execution::NewOrder;
use crate::market::{Price, Qty, Side, Symbol, Timestamp};

/// What every message about one order says of it.
pub(super) struct Subject<'a> {
    /// The account at the counterparty.
    pub(super) client: &'a str,
    /// The security.
    pub(super) symbol: &'a Symbol,
    /// Which way.
    pub(super) side: Side,
    /// The counterparty's id of the order, once it has one.
    pub(super) venue_id: Option<&'a str>,
}

impl Subject<'_> {
    fn on(&self, mut message: FixMessage) -> FixMessage {
        if let Some(id) = self.venue_id {
            message.push(37, id);
        }
        message
            .with(1, self.client)
            .with(55, self.symbol)
            .with(54, if self.side == Side::Buy { 1 } else { 2 })
    }
}

/// D: a day limit order.
pub(super) fn new_order(id: &str, subject: &Subject<'_>, order: &NewOrder, now: Timestamp) -> FixMessage {
    let message = subject.on(FixMessage::new("D").with(11, id).with(21, 1));
    terms(message, order.qty, order.limit, now)
}

/// G: another quantity or limit for what stands under `before`.
pub(super) fn replace(
    (id, before): (&str, &str),
    subject: &Subject<'_>,
    (qty, limit): (Qty, Price),
    now: Timestamp,
) -> FixMessage {
    let message = subject.on(FixMessage::new("G").with(11, id).with(41, before).with(21, 1));
    terms(message, qty, limit, now)
}

fn terms(message: FixMessage, qty: Qty, limit: Price, now: Timestamp) -> FixMessage {
    let message = message.with(38, qty.units()).with(40, 2).with(44, number::print(limit));
    message.with(59, 0).with(60, time(now))
}

/// F: what is left of what stands under `before` is to be taken back.
pub(super) fn cancel(
    (id, before): (&str, &str),
    subject: &Subject<'_>,
    qty: Qty,
    now: Timestamp,
) -> FixMessage {
    subject.on(FixMessage::new("F").with(11, id).with(41, before)).with(38, qty.units()).with(60, time(now))
}

/// H: what became of an order.
pub(super) fn order_status(question: &str, current: &str, subject: &Subject<'_>) -> FixMessage {
    subject.on(FixMessage::new("H").with(11, current).with(790, question))
}

/// AF: what became of every order of the account.
pub(super) fn mass_status(question: &str, access: &FixAccess) -> FixMessage {
    FixMessage::new("AF").with(584, question).with(585, 7).with(1, &access.client)
}

/// AN: what the account holds.
pub(super) fn positions(question: &str, access: &FixAccess, now: Timestamp) -> FixMessage {
    let party = FixMessage::new("AN").with(710, question).with(724, 0).with(453, 1);
    let party = party.with(448, &access.client).with(447, 'D').with(452, 24);
    let date = access.date.naive().format("%Y%m%d");
    party.with(1, &access.client).with(581, 1).with(715, date).with(60, time(now))
}

/// BB: how much cash the account has.
pub(super) fn cash(question: &str, access: &FixAccess) -> FixMessage {
    FixMessage::new("BB").with(909, question).with(263, 0).with(1, &access.client)
}

/// UTC to the millisecond.
fn time(now: Timestamp) -> String {
    chrono::DateTime::from_timestamp_nanos(now.ns()).format("%Y%m%d-%H:%M:%S%.3f").to_string()
}
