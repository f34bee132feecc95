//! Bars of fixed length on the session grid.
//!
//! A bar starts at a whole multiple of its length after the open, whenever the first trade
//! came. A bar in which nothing traded exists and is empty of trades; a bar wholly inside a
//! market halt does not exist at all (C5).

use serde::{Deserialize, Serialize};

use super::{Money, Price, Qty, Timestamp};

/// The prices and volume of one interval. Prices are `None` when nothing traded in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bar {
    /// Its place on the session grid, 0 first.
    pub index: u32,
    /// Open, high, low, close of the trades in it.
    pub prices: Option<BarPrices>,
    /// Shares traded.
    pub volume: Qty,
    /// Value traded; saturates.
    pub turnover: Money,
    /// Number of trades.
    pub trades: u32,
    /// The first bar with trading after a market halt: its return spans the halt.
    pub after_halt: bool,
}

/// Open, high, low and close.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BarPrices {
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
}

impl BarPrices {
    /// A bar that has seen one price.
    #[must_use]
    pub const fn first(price: Price) -> Self {
        Self { open: price, high: price, low: price, close: price }
    }

    /// Takes one more price in.
    pub fn take(&mut self, price: Price) {
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
    }
}

impl Bar {
    /// A bar at `index` with nothing in it.
    #[must_use]
    pub const fn empty(index: u32) -> Self {
        Self { index, prices: None, volume: Qty::ZERO, turnover: Money::ZERO, trades: 0, after_halt: false }
    }

    /// Takes a trade in.
    #[inline]
    pub fn take(&mut self, price: Price, qty: Qty) {
        match &mut self.prices {
            Some(prices) => prices.take(price),
            None => self.prices = Some(BarPrices::first(price)),
        }
        self.volume = self.volume.saturating_add(qty);
        self.turnover = self.turnover.saturating_add(price.notional(qty).unwrap_or_default());
        self.trades = self.trades.saturating_add(1);
    }
}

/// Where bars begin and end: a start and a length.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BarGrid {
    open: Timestamp,
    length_ns: i64,
    count: u32,
}

impl BarGrid {
    /// A grid of `count` bars of `length_ns` from `open`. A length below one nanosecond is taken as one.
    #[must_use]
    pub fn new(open: Timestamp, length_ns: i64, count: u32) -> Self {
        Self { open, length_ns: length_ns.max(1), count }
    }

    /// The bar that holds a moment; `None` before the open and after the last bar. A trade
    /// stamped exactly at the close belongs to the last bar.
    #[must_use]
    pub fn index(&self, at: Timestamp) -> Option<u32> {
        let since = at.since_ns(self.open);
        if since < 0 {
            return None;
        }
        let index = u32::try_from(since / self.length_ns).ok()?;
        if index < self.count {
            Some(index)
        } else {
            (at == self.end(self.count.checked_sub(1)?)).then_some(self.count - 1)
        }
    }

    /// When bar `index` begins.
    #[must_use]
    pub const fn start(&self, index: u32) -> Timestamp {
        self.open.plus_ns(self.length_ns.saturating_mul(index as i64))
    }

    /// When bar `index` ends.
    #[must_use]
    pub const fn end(&self, index: u32) -> Timestamp {
        self.start(index.saturating_add(1))
    }

    /// How many bars the session has.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The length of a bar.
    #[must_use]
    pub const fn length_ns(&self) -> i64 {
        self.length_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_bar() {
        let s = crate::market::time::NS_PER_S;
        let grid = BarGrid::new(Timestamp::from_ns(1_000 * s), 300 * s, 48);
        for (at, index) in [
            (999, None),
            (1_000, Some(0)),
            (1_299, Some(0)),
            (1_300, Some(1)),
            (15_399, Some(47)),
            (15_400, Some(47)),
            (15_401, None),
        ] {
            assert_eq!(grid.index(Timestamp::from_ns(at * s)), index, "{at}");
        }
        assert_eq!(grid.end(47).ns(), 15_400 * s);
    }
}
