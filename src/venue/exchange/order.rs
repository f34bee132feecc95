//! A member's order, as the exchange keeps it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::MemberNo;
use crate::market::{InstrumentId, Price, Qty, Side, Timestamp};
use crate::venue::book::Handle;

/// The member's own id of an order. The exchange takes each once and for all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub Arc<str>);

impl ClientId {
    /// The longest id that is taken, in bytes.
    pub const LONGEST: usize = 36;

    /// An id from its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The exchange's number of an order: date, shard, sequence (market rules, section 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExchangeOrderId(pub u64);

/// Which of a security's two books an order is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Market {
    /// Board lots: makes the price.
    #[default]
    Board,
    /// Less than a board lot: a book of its own that moves neither last price nor band nor index.
    Odd,
}

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

/// Where an order stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Rests, nothing traded.
    Open,
    /// Rests, some of it traded.
    PartiallyFilled,
    /// All of it traded.
    Filled,
    /// Taken back, by the member or when the auction's orders were purged.
    Cancelled,
    /// The day ended first.
    Expired,
}

impl Standing {
    /// Whether shares may still trade.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::PartiallyFilled)
    }
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
