//! What the exchange tells a member of its orders.

use super::MemberNo;
use crate::market::Timestamp;
use crate::wire::{ClientId, OrderEvent};

/// One report to one member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// To whom.
    pub member: MemberNo,
    /// When, on the exchange's clock.
    pub at: Timestamp,
    /// About which order.
    pub client_id: ClientId,
    /// What.
    pub event: OrderEvent,
}
