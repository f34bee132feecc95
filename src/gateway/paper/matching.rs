//! Walking the shown book, taking each shown share once.

use std::collections::BTreeMap;

use crate::engine::State;
use crate::execution::NewOrder;
use crate::market::{BookState, InstrumentId, Price, Qty, Side};

/// Shares of the recorded book that fills of ours have used up. The record knows nothing of us and
/// shows them still; a level counts afresh once the record speaks of it again.
#[derive(Clone, Default, Debug)]
pub(super) struct Taken(BTreeMap<(InstrumentId, Side, Price), Qty>);

impl Taken {
    /// The fills, best price first, of up to `left` shares against the other side.
    pub(super) fn walk(&mut self, state: &State, order: &NewOrder, left: Qty) -> Vec<(Qty, Price)> {
        let mut fills = Vec::new();
        let Some(book) = state.instrument(order.instrument).and_then(|i| i.book.as_ref()) else {
            return fills;
        };
        if matches!(book.state(), BookState::Crossed | BookState::Locked) {
            // Not a picture that anybody could have traded on.
            return fills;
        }
        let side = order.side.opposite();
        let mut left = left;
        for level in book.levels(side).take_while(|l| crosses(order, l.price)) {
            if left.is_zero() {
                break;
            }
            let used = self.0.entry((order.instrument, side, level.price)).or_default();
            let qty = level.qty.less(*used).min(left);
            if qty.is_positive() {
                *used = used.saturating_add(qty);
                left = left.less(qty);
                fills.push((qty, level.price));
            }
        }
        fills
    }

    pub(super) fn shown_anew(&mut self, instrument: InstrumentId, side: Side, price: Price) {
        if !self.0.is_empty() {
            self.0.remove(&(instrument, side, price));
        }
    }

    pub(super) fn forget(&mut self, instrument: InstrumentId) {
        self.0.retain(|(id, _, _), _| *id != instrument);
    }
}

/// Whether an order would trade at a price.
fn crosses(order: &NewOrder, price: Price) -> bool {
    match order.side {
        Side::Buy => price <= order.limit,
        Side::Sell => price >= order.limit,
    }
}
