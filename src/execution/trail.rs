//! What happened to one order, step by step, with the journal record behind each step.

use serde::{Deserialize, Serialize};

use super::OrderState;
use crate::market::{Money, Price, Qty, Timestamp};

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderStep {
    /// The journal's number of the command or report behind it; 0 where the session keeps none.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: StepKind,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A person or a plan asked for it and it passed the checks.
    Submitted,
    /// Somebody asked for it back.
    CancelAsked,
    /// Somebody asked for a change.
    AmendAsked {
        /// New total quantity.
        qty: Qty,
        /// New limit.
        limit: Price,
    },
    /// The gateway reported, and it stood like this after it.
    Reported(OrderState),
    /// Shares traded.
    Filled {
        /// Shares.
        qty: Qty,
        /// Price.
        price: Price,
        /// What was charged for it.
        charges: Money,
    },
}
