//! One order of ours waiting in the market.

use crate::execution::{NewOrder, OrderState, QueueAhead, Standing, VenueOrderId};
use crate::market::{Price, Qty, Side};

/// A resting order, what of it traded, and what is thought to be ahead of it.
#[derive(Clone, Debug)]
pub(super) struct Resting {
    pub(super) venue_id: VenueOrderId,
    pub(super) order: NewOrder,
    pub(super) filled: Qty,
    /// `None` where the queue cannot be known; the order then fills only when traded through.
    pub(super) queue_ahead: Option<QueueAhead>,
}

impl Resting {
    pub(super) const fn new(
        venue_id: VenueOrderId,
        order: NewOrder,
        queue_ahead: Option<QueueAhead>,
    ) -> Self {
        Self { venue_id, order, filled: Qty::ZERO, queue_ahead }
    }

    /// How it stands, for who asks.
    pub(super) fn standing(&self) -> Standing {
        let state = if self.filled.is_zero() { OrderState::Accepted } else { OrderState::PartiallyFilled };
        let NewOrder { qty, limit, .. } = self.order;
        Standing { venue_id: self.venue_id.clone(), qty, limit, filled: self.filled, state }
    }

    pub(super) fn left(&self) -> Qty {
        self.order.qty.less(self.filled)
    }

    /// Shares of ours that a print reaches, before any limit on participation. A print at the
    /// limit first eats the queue ahead; one through the limit reaches all of the order.
    pub(super) fn reached_by(&mut self, price: Price, qty: Qty, has_depth: bool) -> Qty {
        let through = match self.order.side {
            Side::Buy => price < self.order.limit,
            Side::Sell => price > self.order.limit,
        };
        if through {
            return self.left().min(qty);
        }
        let Some(queue) = self.queue_ahead.as_mut().filter(|_| has_depth && price == self.order.limit) else {
            return Qty::ZERO;
        };
        let over = qty.less(queue.expected);
        queue.expected = queue.expected.less(qty);
        queue.high = queue.high.less(qty);
        queue.low = queue.low.less(qty);
        self.left().min(over)
    }

    /// Lowers the estimate to what the level shows; returns it if it changed.
    pub(super) fn cap_queue(&mut self, shown: Qty) -> Option<QueueAhead> {
        let queue = self.queue_ahead.as_mut()?;
        let before = *queue;
        queue.high = queue.high.min(shown);
        queue.expected = queue.expected.min(shown);
        queue.low = queue.low.min(shown);
        (*queue != before).then_some(*queue)
    }
}
