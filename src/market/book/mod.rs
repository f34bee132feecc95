//! The order book of one instrument: price levels with their totals and order counts.
//!
//! A book only ever holds what a source said. A day without depth has no book at all, rather
//! than an empty one. Levels live in flat ladders because a busy book changes near
//! the touch millions of times a day; prices far from it, or off the grid, live in an ordered
//! map behind the same face.
//!
//! What always holds: a level's quantity is positive; levels are unique by price.

mod ladder;

use serde::{Deserialize, Serialize};

use self::ladder::Ladder;
use super::{LevelUpdate, Price, Qty, Side, Tick};

/// One price level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// Total shares resting there.
    pub qty: Qty,
    /// How many orders make it up; 0 where the source does not say.
    pub orders: u32,
}

/// How the two sides stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookState {
    /// No level on either side.
    Empty,
    /// Levels on one side only.
    OneSided,
    /// Best bid below best ask.
    Normal,
    /// Best bid equals best ask.
    Locked,
    /// Best bid above best ask.
    Crossed,
}

impl BookState {
    /// Whether both sides are there and a mid price means something.
    #[must_use]
    pub const fn is_quoted(self) -> bool {
        matches!(self, Self::Normal)
    }
}

/// The levels of one instrument.
#[derive(Clone, Debug)]
pub struct OrderBook {
    tick: Tick,
    bids: Ladder,
    asks: Ladder,
}

impl OrderBook {
    /// An empty book on a price grid. Prices off the grid are held too, a little more slowly.
    #[must_use]
    pub fn new(tick: Tick) -> Self {
        Self { tick, bids: Ladder::new(Side::Buy, tick), asks: Ladder::new(Side::Sell, tick) }
    }

    /// The price grid.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// Sets the total at a level; zero removes it. A negative quantity is taken as zero:
    /// whether such a message is believed at all is for the anomaly filter (C9) to say.
    #[inline]
    pub fn set(&mut self, update: &LevelUpdate) {
        let qty = update.qty.units().max(0);
        let orders = if qty == 0 { 0 } else { update.orders };
        self.side_mut(update.side).set(update.price.units(), qty, orders);
    }

    /// Adds shares of one more order to a level.
    pub fn add(&mut self, side: Side, price: Price, qty: Qty) {
        let level = self.level(side, price);
        let (had, orders) = level.map_or((Qty::ZERO, 0), |l| (l.qty, l.orders));
        self.set(&LevelUpdate {
            side,
            price,
            qty: had.saturating_add(qty),
            orders: orders.saturating_add(1),
        });
    }

    /// Takes shares from a level without removing an order from the count: a partial fill or a
    /// quantity amended down. Takes at most what is there.
    pub fn reduce(&mut self, side: Side, price: Price, qty: Qty) {
        if let Some(level) = self.level(side, price) {
            self.set(&LevelUpdate { side, price, qty: level.qty.less(qty), orders: level.orders });
        }
    }

    /// Takes one order with these shares off a level: a full fill or a cancel.
    pub fn remove(&mut self, side: Side, price: Price, qty: Qty) {
        if let Some(level) = self.level(side, price) {
            let orders = level.orders.saturating_sub(1);
            self.set(&LevelUpdate { side, price, qty: level.qty.less(qty), orders });
        }
    }

    /// Empties one side, or both.
    pub fn clear(&mut self, side: Option<Side>) {
        for each in Side::BOTH {
            if side.is_none_or(|s| s == each) {
                self.side_mut(each).clear();
            }
        }
    }

    /// The best price of a side in price units, without its quantity: what the hot path looks at.
    #[inline]
    #[must_use]
    pub fn best_price(&self, side: Side) -> Option<Price> {
        self.side(side).best().map(Price::from_units)
    }

    /// The best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.best_price(side).and_then(|price| self.level(side, price))
    }

    /// The level at a price, if there is one.
    #[must_use]
    pub fn level(&self, side: Side, price: Price) -> Option<Level> {
        let (qty, orders) = self.side(side).get(price.units());
        (qty > 0).then_some(Level { price, qty: Qty::from_units(qty), orders })
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        self.side(side).iter().map(|(price, qty, orders)| Level {
            price: Price::from_units(price),
            qty: Qty::from_units(qty),
            orders,
        })
    }

    /// How many levels a side has.
    #[must_use]
    pub fn depth(&self, side: Side) -> usize {
        self.side(side).len()
    }

    /// Total shares on a side.
    #[must_use]
    pub fn total(&self, side: Side) -> Qty {
        self.levels(side).map(|l| l.qty).sum()
    }

    /// Total shares of the best `n` levels of a side.
    #[must_use]
    pub fn top(&self, side: Side, n: usize) -> Qty {
        self.levels(side).take(n).map(|l| l.qty).sum()
    }

    /// The levels of a side, best first, each with the shares from the best down to it.
    pub fn cumulative(&self, side: Side) -> impl Iterator<Item = (Level, Qty)> + '_ {
        self.levels(side).scan(Qty::ZERO, |sum, level| {
            *sum = sum.saturating_add(level.qty);
            Some((level, *sum))
        })
    }

    /// How the two sides stand to each other.
    #[inline]
    #[must_use]
    pub fn state(&self) -> BookState {
        match (self.bids.best(), self.asks.best()) {
            (None, None) => BookState::Empty,
            (Some(bid), Some(ask)) if bid < ask => BookState::Normal,
            (Some(bid), Some(ask)) if bid == ask => BookState::Locked,
            (Some(_), Some(_)) => BookState::Crossed,
            _ => BookState::OneSided,
        }
    }

    /// Best ask minus best bid in price units, when both are there. Negative when crossed.
    #[inline]
    #[must_use]
    pub fn spread_units(&self) -> Option<i64> {
        Some(self.asks.best()? - self.bids.best()?)
    }

    /// Twice the mid price in price units, so that it stays whole; only of a normal book.
    #[must_use]
    pub fn double_mid_units(&self) -> Option<i64> {
        match (self.bids.best(), self.asks.best()) {
            (Some(bid), Some(ask)) if bid < ask => Some(bid + ask),
            _ => None,
        }
    }

    /// `(bid - ask) / (bid + ask)` of the best `n` levels, in [-1, 1]; positive when more is bid.
    /// `None` without both sides.
    #[must_use]
    pub fn imbalance(&self, n: usize) -> Option<f64> {
        let (bid, ask) = (self.top(Side::Buy, n).units(), self.top(Side::Sell, n).units());
        (bid > 0 && ask > 0).then(|| (bid - ask) as f64 / (bid as f64 + ask as f64))
    }

    /// FNV-1a 64 over (price as i32, quantity as u32), little-endian, of every level: bids from
    /// high to low, then asks from low to high. The form that the shared event files carry;
    /// `divisor` turns price units into the file's ticks.
    #[must_use]
    pub fn fnv_hash(&self, divisor: i64) -> u64 {
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        for level in self.levels(Side::Buy).chain(self.levels(Side::Sell)) {
            let ticks = (level.price.units() / divisor.max(1)) as i32;
            let qty = level.qty.units() as u32;
            for byte in ticks.to_le_bytes().into_iter().chain(qty.to_le_bytes()) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            }
        }
        hash
    }

    const fn side(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    #[inline]
    const fn side_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

impl PartialEq for OrderBook {
    fn eq(&self, other: &Self) -> bool {
        self.tick == other.tick && Side::BOTH.into_iter().all(|side| self.levels(side).eq(other.levels(side)))
    }
}

/// The wire form: the grid and the levels, best first. Canonical whatever the history.
#[derive(Serialize, Deserialize)]
struct Levels {
    tick: Tick,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Serialize for OrderBook {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Levels {
            tick: self.tick,
            bids: self.levels(Side::Buy).collect(),
            asks: self.levels(Side::Sell).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OrderBook {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let levels = Levels::deserialize(deserializer)?;
        let mut book = Self::new(levels.tick);
        let bids = levels.bids.into_iter().map(|l| (Side::Buy, l));
        for (side, level) in bids.chain(levels.asks.into_iter().map(|l| (Side::Sell, l))) {
            book.set(&LevelUpdate { side, price: level.price, qty: level.qty, orders: level.orders });
        }
        Ok(book)
    }
}

#[cfg(test)]
mod tests;
