//! Why the exchange refuses. A reject carries every reason at once.

use serde::{Deserialize, Serialize};

use super::ExchangeOrderId;
use crate::market::{Money, Price, Qty, SessionPhase, Timestamp};

/// One reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reject {
    /// Orders are taken in the opening auction's entry and in continuous trading.
    #[error("no orders are taken in the phase {phase:?}")]
    MarketClosed {
        /// The phase.
        phase: SessionPhase,
    },
    /// Trading is stopped.
    #[error("trading is stopped")]
    Halted {
        /// Until when; `None` for the rest of the day.
        until: Option<Timestamp>,
    },
    /// The venue takes no new orders now, for no reason that lies in the order.
    #[error("the venue takes no new orders now")]
    VenueBusy {},
    /// Not listed.
    #[error("no such security")]
    NoSuchSecurity {},
    /// Not a positive number of shares.
    #[error("{qty} is no quantity")]
    QtyNotPositive {
        /// What was asked for.
        qty: Qty,
    },
    /// Less than a board lot belongs to the odd-lot book.
    #[error("{qty} is less than the board lot of {lot}")]
    BelowBoardLot {
        /// What was asked for.
        qty: Qty,
        /// The least.
        lot: Qty,
    },
    /// A board lot or more does not belong to the odd-lot book.
    #[error("{qty} is a board lot of {lot} or more")]
    NotAnOddLot {
        /// What was asked for.
        qty: Qty,
        /// The board lot.
        lot: Qty,
    },
    /// More than one order may carry.
    #[error("{qty} is more than the most of {most}")]
    QtyAboveMax {
        /// What was asked for.
        qty: Qty,
        /// The most.
        most: Qty,
    },
    /// Not on the price grid.
    #[error("{limit} is not on the tick of {tick}")]
    OffTick {
        /// What was asked for.
        limit: Price,
        /// The grid.
        tick: Price,
    },
    /// Outside the day's band.
    #[error("{limit} is outside the daily band {low} to {high}")]
    OutsideDailyBand {
        /// What was asked for.
        limit: Price,
        /// Lowest of the day.
        low: Price,
        /// Highest of the day.
        high: Price,
    },
    /// Outside the order-entry band of this moment.
    #[error("{limit} is outside the order band {low} to {high}")]
    OutsideOrderBand {
        /// What was asked for.
        limit: Price,
        /// Lowest now.
        low: Price,
        /// Highest now.
        high: Price,
    },
    /// More shares than are free to sell.
    #[error("{qty} to sell, {free} free")]
    SharesNotFree {
        /// What was asked for.
        qty: Qty,
        /// Settled and not already on sale.
        free: Qty,
    },
    /// More money than the collateral allows.
    #[error("{needed} needed, {free} of the limit free")]
    CollateralShort {
        /// Quantity times limit.
        needed: Money,
        /// What the limit leaves.
        free: Money,
    },
    /// This id was taken before; the order it belongs to stands as it is.
    #[error("the client id belongs to order {}", order.0)]
    DuplicateClientId {
        /// The order it belongs to.
        order: ExchangeOrderId,
    },
    /// An id that is empty or too long.
    #[error("a client id has 1 to {longest} bytes, this has {length}")]
    BadClientId {
        /// Its length in bytes.
        length: usize,
        /// The longest that is taken.
        longest: usize,
    },
    /// No order of this member by this id.
    #[error("no such order")]
    NoSuchOrder {},
    /// The order is done.
    #[error("the order is not open any more")]
    NotOpen {},
    /// Fewer shares than have traded already.
    #[error("{qty} is less than the {filled} already traded")]
    BelowFilled {
        /// What was asked for.
        qty: Qty,
        /// Traded already.
        filled: Qty,
    },
}
