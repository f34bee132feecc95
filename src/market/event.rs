//! Market events: what a feed or a recorded day says happened.

use serde::{Deserialize, Serialize};

use super::{BrokerId, ContractNo, InstrumentId, Price, Qty, Side, SourceId, Timestamp};

/// One thing that happened in the market, as its source reported it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MarketEvent {
    /// When it happened, on the source's clock.
    pub at: Timestamp,
    /// The source's sequence number; 0 where the source has none.
    pub seq: u64,
    /// Which feed said so.
    pub source: SourceId,
    /// About which instrument; market-wide events (session, market halt, index) use [`MarketEvent::MARKET`].
    pub instrument: InstrumentId,
    /// Marks that travel with the event.
    pub flags: EventFlags,
    /// What happened.
    pub data: MarketData,
}

impl MarketEvent {
    /// The instrument id of events about the market as a whole.
    pub const MARKET: InstrumentId = InstrumentId(u32::MAX);
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketData {
    /// Shares changed hands.
    Trade(TradePrint),
    /// A price level now holds this total; quantity 0 removes it.
    Level(LevelUpdate),
    /// One level of a full picture of the book. A picture starts with [`MarketData::Clear`] and
    /// ends with [`EventFlags::LAST`].
    Snapshot(LevelUpdate),
    /// Everything on a side (or on both) is gone.
    Clear(Option<Side>),
    /// The session entered a phase.
    Session(SessionPhase),
    /// Trading in everything (or in one instrument) stopped or may go on.
    Halt(Halt),
    /// The index, in hundredths of a point.
    Index(IndexValue),
    /// The last price, as a picture of the market states it. Nothing traded by its being said: what one joins late,
    /// or missed, was printed before.
    Last(Price),
}

/// A trade as printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TradePrint {
    /// Price of the trade.
    pub price: Price,
    /// Shares traded.
    pub qty: Qty,
    /// Which side took liquidity, where the source says so. NEPSE does not.
    pub aggressor: Option<Side>,
    /// The buying broker, where known.
    pub buyer: Option<BrokerId>,
    /// The selling broker, where known.
    pub seller: Option<BrokerId>,
    /// The exchange's contract number, where known.
    pub contract: Option<ContractNo>,
}

/// The new total at a price level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LevelUpdate {
    /// Bid (buy) or ask (sell).
    pub side: Side,
    /// The level.
    pub price: Price,
    /// Shares there now; zero removes the level.
    pub qty: Qty,
    /// How many orders make it up, where the source says so; 0 is "not said".
    pub orders: u32,
}

/// An index value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IndexValue {
    /// Hundredths of an index point.
    pub points_e2: i64,
    /// The close of the session before, in hundredths of a point, where known.
    pub previous_close_e2: Option<i64>,
}

/// Where the trading day stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionPhase {
    /// Before anything happens.
    Closed,
    /// Orders for the opening auction are taken.
    PreOpen,
    /// The auction has matched or is matching; nothing can be entered until the open.
    PreOpenMatch,
    /// Continuous trading.
    Continuous,
    /// The session is over.
    Ended,
}

/// A stop of trading by the exchange. (Ours is the stop and the breakers in `risk`.)
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// Trading stops.
    Start {
        /// The index step that caused it (1 to 3), where known.
        level: Option<u8>,
        /// When it is meant to end; `None` for the rest of the day or not known.
        until: Option<Timestamp>,
    },
    /// Trading may go on.
    End,
}

/// Marks on a market event, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventFlags(pub u8);

impl EventFlags {
    /// No marks.
    pub const NONE: Self = Self(0);
    /// Last event of an atomic batch: the book may be looked at again.
    pub const LAST: Self = Self(1);
    /// Not reported by the source but found in the record (market halts of a day without session messages).
    pub const INFERRED: Self = Self(1 << 1);
    /// Printed by the opening auction.
    pub const AUCTION: Self = Self(1 << 2);
    /// Comes from a polled picture rather than a stream.
    pub const POLLED: Self = Self(1 << 3);

    /// Whether every mark of `other` is set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These marks and those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
