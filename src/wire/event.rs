//! What can happen to an order, as a member is told.

use serde::{Deserialize, Serialize};

use super::{ExchangeOrderId, Reject};
use crate::market::{ContractNo, Price, Qty};

/// What happened to an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OrderEvent {
    /// The exchange has it.
    Accepted {
        /// The exchange's number.
        order: ExchangeOrderId,
    },
    /// Refused, for all these reasons.
    Rejected {
        /// Why.
        reasons: Vec<Reject>,
    },
    /// Shares traded.
    Filled {
        /// The exchange's number.
        order: ExchangeOrderId,
        /// The trade; counts once.
        execution: ContractNo,
        /// Shares.
        qty: Qty,
        /// At this price.
        price: Price,
        /// Shares of the order traded so far, this trade included.
        filled: Qty,
        /// Shares still working.
        left: Qty,
    },
    /// The amendment took effect.
    Amended {
        /// The exchange's number.
        order: ExchangeOrderId,
        /// New total quantity, fills included.
        qty: Qty,
        /// New limit.
        limit: Price,
        /// Whether it kept its place in the queue.
        kept_place: bool,
    },
    /// The amendment was refused; the order stands as it was.
    AmendRejected {
        /// Why.
        reasons: Vec<Reject>,
    },
    /// What was left is gone.
    Cancelled {
        /// The exchange's number.
        order: ExchangeOrderId,
        /// Shares that did not trade.
        left: Qty,
        /// Who took it out.
        by: CancelledBy,
    },
    /// The cancel was refused; the order stands as it was.
    CancelRejected {
        /// Why.
        reasons: Vec<Reject>,
    },
    /// The day ended with the rest unfilled.
    Expired {
        /// The exchange's number.
        order: ExchangeOrderId,
        /// Shares that did not trade.
        left: Qty,
    },
}

/// Who took an order out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The member.
    Member,
    /// The exchange, which purges what the auction leaves.
    Exchange,
}
