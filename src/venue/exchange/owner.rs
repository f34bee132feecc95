//! Whose order it is.

use crate::market::BrokerId;

/// The number of a member's order in the exchange's records, counted from 0 over the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderNo(pub u32);

/// Whose order it is: through which broker, and which record if a member sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The broker whose number the tape shows.
    pub broker: BrokerId,
    /// The record; `None` for the drawn crowd, which nobody reports to.
    pub order: Option<OrderNo>,
}

impl Owner {
    /// Somebody of the crowd.
    #[must_use]
    pub const fn crowd(broker: BrokerId) -> Self {
        Self { broker, order: None }
    }
}
