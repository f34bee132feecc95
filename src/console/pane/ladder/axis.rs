//! Which prices stand on the ladder: levels and own prices, or every step of a grid.

use crate::console::Frame;
use crate::console::ui::{DepthView, HeldAxis};
use crate::engine::snapshot::InstrumentView;
use crate::execution::Order;
use crate::market::{InstrumentId, Level, Price, Side};

/// Rows of a held grid on each side of the touch, at most.
const GRID_REACH: i64 = 600;

/// A grid of prices so many units apart. Bids stand on the step at or below their price, offers on
/// the one at or above: nothing is shown better than it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    step: i64,
}

impl Grid {
    /// The grid of a view; `None` for views of levels, and where the tick is not known.
    #[must_use]
    pub fn of(view: DepthView, frame: &Frame, id: InstrumentId) -> Option<Self> {
        let DepthView::Grid(ticks) = view else { return None };
        let tick = frame.snapshot.day.rules.get(id.0 as usize)?.tick?;
        Some(Self { step: tick.units().max(1).saturating_mul(i64::from(ticks.max(1))) })
    }

    /// The row of a price of one side.
    #[must_use]
    pub fn row(self, price: Price, side: Side) -> Price {
        let down = price.units().div_euclid(self.step).saturating_mul(self.step);
        let up = side == Side::Sell && down != price.units();
        Price::from_units(if up { down.saturating_add(self.step) } else { down })
    }

    /// The row so many steps above (below, if negative).
    #[must_use]
    pub const fn beyond(self, row: Price, steps: i64) -> Price {
        Price::from_units(row.units().saturating_add(steps.saturating_mul(self.step)))
    }

    /// Rows strictly between two rows, the higher first.
    #[must_use]
    pub const fn between(self, high: Price, low: Price) -> i64 {
        let gap = high.units().saturating_sub(low.units()) / self.step - 1;
        if gap > 0 { gap } else { 0 }
    }

    /// The rows of the touch, offer then bid. Where a side is missing the other stands for it; with
    /// nobody there, the last price or the close before.
    #[must_use]
    pub fn touch(self, instrument: &InstrumentView) -> Option<(Price, Price)> {
        let book = instrument.book.as_ref()?;
        let ask = book.asks.first().map(|l| self.row(l.price, Side::Sell));
        let bid = book.bids.first().map(|l| self.row(l.price, Side::Buy));
        let last = instrument.last().or(instrument.previous_close).map(|p| self.row(p, Side::Buy));
        let ask = ask.or_else(|| bid.or(last).map(|p| self.beyond(p, 1)))?;
        let bid = bid.unwrap_or_else(|| self.beyond(ask, -1));
        Some((ask, bid))
    }

    /// Every row from the offers to the bids, as far as levels, own prices and the order band reach,
    /// and how many stand above the best bid.
    fn axis(self, frame: &Frame, instrument: &InstrumentView) -> (Vec<Price>, usize) {
        let Some((ask, bid)) = self.touch(instrument) else { return (Vec::new(), 0) };
        let (mut high, mut low) = (self.beyond(ask, 10), self.beyond(bid, -10));
        let levels = instrument.book.iter().flat_map(|b| b.asks.iter().chain(&b.bids)).map(|l| l.price);
        let own = Side::BOTH.into_iter().flat_map(|side| own_orders(frame, instrument.id, side));
        let band = instrument.order_band.into_iter().flat_map(|(low, high)| [low, high]);
        for price in levels.chain(own.map(|o| o.order.limit)).chain(band) {
            high = high.max(self.row(price, Side::Sell));
            low = low.min(self.row(price, Side::Buy));
        }
        high = high.min(self.beyond(ask, GRID_REACH));
        low = low.max(self.beyond(bid, -GRID_REACH)).max(Price::from_units(self.step));
        let count = self.between(high, low) + 2;
        let rows: Vec<Price> = (0..count).map(|i| self.beyond(high, -i)).collect();
        let centre = rows.iter().position(|row| *row <= bid).unwrap_or(rows.len());
        (rows, centre)
    }
}

/// The prices of the ladder, highest first, and how many of them stand above the bids.
#[must_use]
pub fn axis(frame: &Frame, instrument: &InstrumentView, view: DepthView) -> (Vec<Price>, usize) {
    let Some(book) = &instrument.book else { return (Vec::new(), 0) };
    if let Some(grid) = Grid::of(view, frame, instrument.id) {
        return grid.axis(frame, instrument);
    }
    let own = |side: Side| own_orders(frame, instrument.id, side).map(|o| o.order.limit);
    let collect = |levels: &[Level], side: Side| {
        let mut prices: Vec<Price> = levels.iter().map(|l| l.price).chain(own(side)).collect();
        prices.sort_unstable();
        prices.dedup();
        prices.reverse();
        prices
    };
    let mut asks = collect(&book.asks, Side::Sell);
    let centre = asks.len();
    asks.extend(collect(&book.bids, Side::Buy));
    (asks, centre)
}

/// The axis as it stands, to be held while the cursor is in it.
#[must_use]
pub fn hold(frame: &Frame, instrument: &InstrumentView, view: DepthView) -> HeldAxis {
    let (prices, centre) = axis(frame, instrument, view);
    let levels = instrument.book.iter().flat_map(|b| b.asks.iter().chain(&b.bids));
    HeldAxis { prices, centre, was: levels.map(|l| (l.price, l.qty.units())).collect() }
}

/// The price of an axis nearest to another.
#[must_use]
pub fn nearest(prices: &[Price], to: Price) -> Option<Price> {
    prices.iter().copied().min_by_key(|p| p.units().abs_diff(to.units()))
}

/// Whether an order stands on a row of the ladder.
#[must_use]
pub fn is_on_row(frame: &Frame, view: DepthView, order: &Order, row: Price) -> bool {
    let order = &order.order;
    match Grid::of(view, frame, order.instrument) {
        Some(grid) => grid.row(order.limit, order.side) == row,
        None => order.limit == row,
    }
}

fn own_orders(frame: &Frame, id: InstrumentId, side: Side) -> impl Iterator<Item = &Order> {
    let open = move |o: &&Order| o.state.is_open() && o.order.instrument == id && o.order.side == side;
    frame.snapshot.orders.iter().map(AsRef::as_ref).filter(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_better_on_the_grid_than_it_is() {
        let grid = Grid { step: 50 };
        let row = |units, side| grid.row(Price::from_units(units), side).units();
        for (units, bid, ask) in
            [(54_550, 54_550, 54_550), (54_560, 54_550, 54_600), (54_599, 54_550, 54_600)]
        {
            assert_eq!((row(units, Side::Buy), row(units, Side::Sell)), (bid, ask), "{units}");
        }
        let price = Price::from_units;
        assert_eq!(grid.between(price(54_900), price(54_550)), 6);
        assert_eq!(grid.between(price(54_550), price(54_550)), 0);
        assert_eq!(grid.between(price(54_500), price(54_900)), 0);
        assert_eq!(grid.beyond(price(i64::MAX), 3), price(i64::MAX));
    }

    #[test]
    fn the_nearest_price_of_an_axis() {
        let prices = [54_900, 54_550, 54_500].map(Price::from_units);
        assert_eq!(nearest(&prices, Price::from_units(54_530)), Some(prices[1]));
        assert_eq!(nearest(&[], prices[0]), None);
    }
}
