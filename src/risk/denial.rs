//! Why a command was denied. Denied is ours; rejected is the venue's.

use serde::{Deserialize, Serialize};

use crate::execution::{ClientOrderId, LineState, OrderState};
use crate::market::{Money, Price, Qty, SessionPhase};

/// One reason. A closed list with the numbers inside; the text is made where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// New risk while trading is halted by us.
    #[error("trading is halted: no new risk")]
    Halted,
    /// The exchange is not trading.
    #[error("the session is {phase:?}: no orders are taken")]
    SessionClosed {
        /// The phase it is in.
        phase: SessionPhase,
    },
    /// The instrument cannot be traded here at all.
    #[error("view only: not a NEPSE instrument")]
    ViewOnly,
    /// The ticker is not in this day.
    #[error("unknown instrument")]
    UnknownInstrument,
    /// The account is not known.
    #[error("unknown account {0}")]
    UnknownAccount(String),
    /// Nothing to trade.
    #[error("{qty} is not a quantity")]
    QtyNotPositive {
        /// As asked.
        qty: Qty,
    },
    /// Below the board lot.
    #[error("{qty} is below the least order of {min}")]
    QtyBelowMin {
        /// As asked.
        qty: Qty,
        /// The board lot.
        min: Qty,
    },
    /// Above the most the exchange takes in one order.
    #[error("{qty} is above the {max} allowed in one order")]
    QtyAboveMax {
        /// As asked.
        qty: Qty,
        /// The most allowed.
        max: Qty,
    },
    /// Price or value beyond what can be counted.
    #[error("{limit} is not a price")]
    PriceNotPositive {
        /// As asked.
        limit: Price,
    },
    /// Off the price grid.
    #[error("{limit} is not on the tick of {tick}")]
    OffTick {
        /// As asked.
        limit: Price,
        /// The grid.
        tick: Price,
    },
    /// Outside the day's legal prices.
    #[error("{limit} is outside the daily band {low} to {high}")]
    OutsideDailyBand {
        /// As asked.
        limit: Price,
        /// Lowest of the day.
        low: Price,
        /// Highest of the day.
        high: Price,
    },
    /// Outside what order entry takes around the last price.
    #[error("{limit} is outside the order band {low} to {high}")]
    OutsideOrderBand {
        /// As asked.
        limit: Price,
        /// Lowest now.
        low: Price,
        /// Highest now.
        high: Price,
    },
    /// A rule needs the previous close, the tick or the kind, and it is not known.
    #[error("cannot check the {rule}: {missing} is not known")]
    CannotCheck {
        /// The rule.
        rule: String,
        /// What is missing.
        missing: String,
    },
    /// Not enough money.
    #[error("needs {needed}, free cash is {free}")]
    CashShort {
        /// Cost with charges.
        needed: Money,
        /// Free cash.
        free: Money,
    },
    /// Not enough settled shares.
    #[error("sells {qty}, only {sellable} can be sold today")]
    SharesShort {
        /// As asked.
        qty: Qty,
        /// Settled and not already on sale.
        sellable: Qty,
    },
    /// The value cannot be counted.
    #[error("price times quantity is beyond counting")]
    ValueOverflow,
    /// There is no such order.
    #[error("{0} is not an order of this session")]
    NoSuchOrder(ClientOrderId),
    /// The order is not in a state that takes this.
    #[error("{id} is {state:?}: it takes no change")]
    NotWorking {
        /// Which one.
        id: ClientOrderId,
        /// Where it stands.
        state: OrderState,
    },
    /// A change is already under way.
    #[error("{0} has a change under way")]
    ChangePending(ClientOrderId),
    /// What the person saw is no longer so.
    #[error("that has changed: {id} is now {left} at {limit}")]
    HasChanged {
        /// Which one.
        id: ClientOrderId,
        /// Shares left now.
        left: Qty,
        /// Limit now.
        limit: Price,
    },
    /// An amendment that changes nothing.
    #[error("nothing would change")]
    NothingToChange,
    /// The stop cannot be taken back.
    #[error("{0}")]
    Stop(super::StopError),
    /// There is no such alert.
    #[error("no alert {0}")]
    NoSuchAlert(u64),
    /// No feed's line is live: what the market is at is not known.
    #[error("market data is not live")]
    FeedNotLive,
    /// The line to the gateway is not live.
    #[error("the gateway is {state:?}: nothing can be sent")]
    GatewayDown {
        /// Where the line stands.
        state: LineState,
    },
    /// The gateway's books have not been compared with ours since its line came up.
    #[error("not yet reconciled with the gateway")]
    NotReconciled,
    /// The gateway has something otherwise than we do.
    #[error("{differences} differences to the gateway are not settled")]
    BooksDiffer {
        /// How many.
        differences: usize,
    },
    /// What the person saw of the difference is no longer what there is.
    #[error("the difference to the gateway has changed meanwhile")]
    DifferenceChanged,
    /// A report by a person about an order whose fate is known.
    #[error("{id} is {state:?}: a person's word is taken for an unknown order only")]
    NotUnknown {
        /// Which one.
        id: ClientOrderId,
        /// Where it stands.
        state: OrderState,
    },
    /// A person's report that cannot be true of the order.
    #[error("{id}: {qty} more than the {left} left cannot have traded")]
    ToldTooMuch {
        /// Which one.
        id: ClientOrderId,
        /// As told.
        qty: Qty,
        /// Not traded yet.
        left: Qty,
    },
}
