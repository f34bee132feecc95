//! The words of order entry.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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
