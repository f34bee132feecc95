//! What the checks said of the last orders and amendments, let through or not.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::OperatorId;
use crate::execution::{ClientOrderId, NewOrder};
use crate::market::Timestamp;
use crate::risk::CheckResult;

/// How many are kept; the journal can give back every one.
const KEPT: usize = 32;

/// An order that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckedOrder {
    /// Number of the command; of a new order that was let through it is the order's id.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub by: OperatorId,
    /// The order it would change; `None` for a new one.
    pub amends: Option<ClientOrderId>,
    /// What was looked at: the order, or what is left of it as it would become.
    pub order: NewOrder,
    /// What each check said.
    pub results: Vec<CheckResult>,
}

/// The last of them, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckLog(VecDeque<Arc<CheckedOrder>>);

impl CheckLog {
    /// Adds one; the oldest leaves when full.
    pub(super) fn add(&mut self, checked: CheckedOrder) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(checked));
    }

    /// Those kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<CheckedOrder>> {
        self.0.iter()
    }
}
