//! What the server says.

use serde::{Deserialize, Serialize};

use super::{ClientId, ExchangeOrderId, LONGEST_FRAME, Market, OrderEvent, Said, Standing, WireError};
use crate::market::{
    AccountId, InstrumentKind, Money, Price, Qty, SessionDate, SessionPhase, Side, Symbol, Timestamp,
};

/// One frame of the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The greeting was taken.
    Welcome(Banner),
    /// It was not; the connection closes.
    Refused {
        /// Why.
        reason: String,
    },
    /// The whole market at a moment; what is said next has the next number.
    Snapshot(SnapshotPicture),
    /// What the exchange said since, in order.
    Events {
        /// In order, numbers without a gap.
        events: Vec<Said>,
    },
    /// Nothing happened, and the connection lives.
    Heartbeat {
        /// The exchange's clock.
        at: Timestamp,
        /// The number of the last thing said to everybody.
        seq: u64,
    },
    /// Something happened to an order of this account.
    Report {
        /// Its number in the account; the next is one more.
        no: u64,
        /// When.
        at: Timestamp,
        /// Which order.
        client_id: ClientId,
        /// What.
        #[serde(flatten)]
        event: OrderEvent,
    },
    /// What became of an order.
    Order {
        /// Which was asked about.
        client_id: ClientId,
        /// What is known; nothing if no such order was ever taken.
        order: Option<OrderPicture>,
    },
    /// Every order of the day.
    Orders {
        /// The last report that they include.
        reports: u64,
        /// Oldest first.
        orders: Vec<OrderPicture>,
    },
    /// Cash and holdings.
    Account(AccountPicture),
    /// Many orders were taken back; each is reported by itself.
    CancelledMany {
        /// How many.
        count: u64,
    },
    /// A sign of life.
    Pong {
        /// As asked.
        n: u64,
        /// The exchange's clock.
        at: Timestamp,
    },
    /// The last frame meant nothing, and was ignored.
    Error {
        /// Why.
        reason: String,
    },
}

/// Who the client is taken for, and what it is connected to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Banner {
    /// The version spoken.
    pub version: u32,
    /// What the venue calls itself.
    pub venue: String,
    /// Whether it is a simulation.
    pub simulated: bool,
    /// The account that the token stands for.
    pub account: AccountId,
    /// The session date.
    pub date: SessionDate,
    /// The exchange's clock.
    pub at: Timestamp,
    /// Exchange seconds per second, in thousandths.
    pub speed_milli: u64,
    /// Something is heard at least this often, in milliseconds.
    pub heartbeat_ms: u64,
    /// The number of the account's last report.
    pub reports: u64,
}

/// The whole market at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotPicture {
    /// The number of the last thing said that it includes.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The phase of the session.
    pub phase: SessionPhase,
    /// The halt, if trading is stopped.
    pub halt: Option<HaltPicture>,
    /// The index, in hundredths of a point.
    pub index_e2: i64,
    /// Its close before.
    pub index_previous_close_e2: Option<i64>,
    /// Every security.
    pub securities: Vec<SecurityPicture>,
}

/// A halt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HaltPicture {
    /// Until when; the rest of the day without.
    pub until: Option<Timestamp>,
}

/// One security at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SecurityPicture {
    /// The ticker.
    pub symbol: Symbol,
    /// The company or fund.
    pub name: String,
    /// The sector.
    pub sector: Option<String>,
    /// What kind.
    pub kind: InstrumentKind,
    /// The price grid.
    pub tick: Price,
    /// The board lot.
    pub lot: Qty,
    /// The close before.
    pub previous_close: Price,
    /// Average daily volume in shares.
    pub adv: Option<i64>,
    /// The last price; nothing before the first trade.
    pub last: Option<Price>,
    /// The shown bids, best first: price, shares, orders.
    pub bids: Vec<(Price, Qty, u32)>,
    /// The shown offers, best first.
    pub asks: Vec<(Price, Qty, u32)>,
}

/// One order at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderPicture {
    /// The client's id.
    pub client_id: ClientId,
    /// The exchange's number.
    pub order: ExchangeOrderId,
    /// What.
    pub symbol: Symbol,
    /// Which way.
    pub side: Side,
    /// Shares, with amendments.
    pub qty: Qty,
    /// Limit, with amendments.
    pub limit: Price,
    /// Which book.
    pub market: Market,
    /// Where it stands.
    pub standing: Standing,
    /// Shares traded.
    pub filled: Qty,
    /// Shares ahead of it in its queue, while it rests.
    pub ahead: Option<Qty>,
}

/// Cash and holdings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountPicture {
    /// Whose.
    pub account: AccountId,
    /// The last report that it includes.
    pub reports: u64,
    /// Cash, less today's purchases with charges.
    pub cash: Money,
    /// What today's sales bring at settlement, after charges.
    pub due: Money,
    /// Charges of today's trades.
    pub charges: Money,
    /// What its limit leaves for new buys.
    pub free: Money,
    /// Shares by security.
    pub holdings: Vec<HoldingPicture>,
}

/// Shares of one security.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldingPicture {
    /// Of which.
    pub symbol: Symbol,
    /// Held, those bought today included.
    pub qty: Qty,
    /// Settled.
    pub settled: Qty,
    /// Free to sell.
    pub free: Qty,
}

impl ServerFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`WireError`] for anything that is too long or not exactly one frame.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        if text.len() > LONGEST_FRAME {
            return Err(WireError(format!("{} bytes, the most is {LONGEST_FRAME}", text.len())));
        }
        serde_json::from_str(text).map_err(|e| WireError(e.to_string()))
    }

    /// The frame as text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a frame has no map with keys that are not text")
    }
}
