//! A member's order, as the exchange keeps it.

use super::MemberNo;
use crate::market::{InstrumentId, Price, Qty, Side, Timestamp};
use crate::venue::book::Handle;
use crate::wire::{ClientId, ExchangeOrderId, Market, Standing};

/// An order as a member wants it: a limit for the day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The member's own id.
    pub client_id: ClientId,
    /// What.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How many shares.
    pub qty: Qty,
    /// The worst price acceptable.
    pub limit: Price,
    /// Which book.
    pub market: Market,
}

/// The record of one order. Orders that were rejected leave none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The exchange's number.
    pub id: ExchangeOrderId,
    /// Whose.
    pub member: MemberNo,
    /// As entered, with amendments that took effect.
    pub entry: Entry,
    /// Where it stands.
    pub standing: Standing,
    /// Shares traded.
    pub filled: Qty,
    /// When it was taken.
    pub at: Timestamp,
    /// Its place in the book while it rests.
    pub(super) handle: Option<Handle>,
}

impl Record {
    /// Shares that may still trade; none once it is closed.
    #[must_use]
    pub fn left(&self) -> Qty {
        if self.standing.is_open() { self.entry.qty.less(self.filled) } else { Qty::ZERO }
    }
}
