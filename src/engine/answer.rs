//! The engine's last answers to people: the row above the hints.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::OperatorId;
use crate::execution::{ClientOrderId, NewOrder, OrderState, RejectReason};
use crate::market::{Price, Qty, Timestamp};
use crate::risk::Denial;

/// How many are kept.
const KEPT: usize = 64;

/// One answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: AnswerKind,
}

/// What was answered. The screen makes the words.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// An order passed the checks and was handed to the gateway.
    Sent {
        /// Our id.
        id: ClientOrderId,
        /// The order.
        order: NewOrder,
    },
    /// An order passed the checks and is held inside for a moment.
    Held {
        /// Our id.
        id: ClientOrderId,
        /// The order.
        order: NewOrder,
        /// When it leaves unless it is taken back.
        until: Timestamp,
    },
    /// A command was denied.
    Denied {
        /// Who gave it.
        by: OperatorId,
        /// Why.
        denials: Vec<Denial>,
    },
    /// A cancel was handed to the gateway.
    CancelSent {
        /// Which order.
        id: ClientOrderId,
    },
    /// A cancel goes out as soon as the line to the gateway is back.
    CancelWaits {
        /// Which order.
        id: ClientOrderId,
    },
    /// Several cancels were handed to the gateway; 0 when nothing was working.
    CancelManySent {
        /// How many.
        count: usize,
    },
    /// An amendment was handed to the gateway.
    AmendSent {
        /// Which order.
        id: ClientOrderId,
        /// New total quantity.
        qty: Qty,
        /// New limit.
        limit: Price,
    },
    /// An order reached a state.
    Order {
        /// Which one.
        id: ClientOrderId,
        /// Where it stands.
        state: OrderState,
        /// Why, if the venue refused.
        reason: Option<RejectReason>,
    },
    /// Shares traded.
    Filled {
        /// Which order.
        id: ClientOrderId,
        /// Shares.
        qty: Qty,
        /// Price.
        price: Price,
    },
    /// What the gateway has otherwise is accepted.
    DifferenceAccepted {
        /// By whom.
        by: OperatorId,
        /// How many things.
        differences: usize,
    },
    /// A person said what became of an order.
    Told {
        /// Which order.
        id: ClientOrderId,
        /// By whom.
        by: OperatorId,
        /// Where it stands now.
        state: OrderState,
    },
    /// New orders are stopped.
    Stopped {
        /// By whom.
        by: OperatorId,
        /// Orders that still rest.
        resting: usize,
        /// Held orders that now never leave.
        withdrawn: usize,
    },
    /// The stop is undone.
    Released {
        /// By whom.
        by: OperatorId,
        /// Taken back within ten seconds rather than released.
        taken_back: bool,
    },
}

/// The last answers, oldest first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Answers(VecDeque<Answer>);

impl Answers {
    /// Adds one; the oldest leaves when full.
    pub fn add(&mut self, at: Timestamp, kind: AnswerKind) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Answer { at, kind });
    }

    /// Those kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Answer> {
        self.0.iter()
    }
}
