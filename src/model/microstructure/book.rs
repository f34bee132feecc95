//! Features of a book snapshot (X7).
//!
//! A crossed or locked top has no features: the answer is `None`, never zero.

use std::collections::VecDeque;

use crate::market::Side;
use crate::model::descriptive::{mean, variance};
use crate::model::error::{SMALLEST, usable};

/// A price level: price in NPR per share, size in shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// NPR per share.
    pub price: f64,
    /// Shares.
    pub size: f64,
}

/// The best bid and ask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Top {
    /// Best bid.
    pub bid: Level,
    /// Best ask.
    pub ask: Level,
}

impl Top {
    /// A valid top: finite positive prices, bid below ask, sizes not negative.
    #[must_use]
    pub fn new(bid: Level, ask: Level) -> Option<Self> {
        let sound = |level: Level| {
            level.price >= SMALLEST && usable(level.price) && level.size >= 0.0 && usable(level.size)
        };
        (sound(bid) && sound(ask) && bid.price < ask.price).then_some(Self { bid, ask })
    }

    /// Halfway between the best prices.
    #[must_use]
    pub const fn mid(&self) -> f64 {
        0.5 * (self.bid.price + self.ask.price)
    }

    /// Ask less bid.
    #[must_use]
    pub const fn spread(&self) -> f64 {
        self.ask.price - self.bid.price
    }

    /// The spread in basis points of the mid.
    #[must_use]
    pub const fn spread_bps(&self) -> f64 {
        1e4 * self.spread() / self.mid()
    }

    /// `(Qb - Qa)/(Qb + Qa)`; `None` when both sizes are zero.
    #[must_use]
    pub fn imbalance(&self) -> Option<f64> {
        imbalance(self.bid.size, self.ask.size)
    }

    /// Prices weighted by the opposite sizes; `None` when both are zero.
    #[must_use]
    pub fn microprice(&self) -> Option<f64> {
        let total = self.bid.size + self.ask.size;
        (total > 0.0).then(|| (self.ask.price * self.bid.size + self.bid.price * self.ask.size) / total)
    }
}

/// `(bids - asks)/(bids + asks)` in [-1, 1]; `None` when nothing is there.
#[must_use]
pub fn imbalance(bids: f64, asks: f64) -> Option<f64> {
    let total = bids + asks;
    let sound = bids >= 0.0 && asks >= 0.0 && total > 0.0 && total.is_finite();
    sound.then(|| (bids - asks) / total)
}

/// Imbalance over the first five levels, each counting half of the one before it.
#[must_use]
pub fn weighted_imbalance(bids: &[Level], asks: &[Level]) -> Option<f64> {
    const LEVELS: usize = 5;
    let weighted = |levels: &[Level]| {
        let mut weight = 1.0;
        let mut sum = 0.0;
        for level in levels.iter().take(LEVELS) {
            sum += weight * level.size;
            weight *= 0.5;
        }
        sum
    };
    imbalance(weighted(bids), weighted(asks))
}

/// What walking the book for a quantity would give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walk {
    /// Shares filled.
    pub filled: f64,
    /// Shares left over when the visible depth is short.
    pub unfilled: f64,
    /// Average price of what was filled; `None` when nothing was.
    pub average: Option<f64>,
}

impl Walk {
    /// `s (average - mid)/mid`, a cost as a fraction of notional for the side that takes; `None` when
    /// nothing was filled or the mid is no price.
    #[must_use]
    pub fn cost(&self, side: Side, mid: f64) -> Option<f64> {
        let signed = |average: f64| if side == Side::Buy { average - mid } else { mid - average };
        let mid_is_sound = mid >= SMALLEST && usable(mid);
        self.average.filter(|_| mid_is_sound).map(|average| signed(average) / mid)
    }
}

/// Takes `quantity` from the levels of the opposite side, best first. A level whose price or size is
/// not usable is passed over; so is the whole book for such a quantity.
#[must_use]
pub fn walk(levels: &[Level], quantity: f64) -> Walk {
    let mut left = if usable(quantity) { quantity.max(0.0) } else { 0.0 };
    let (mut filled, mut paid) = (0.0, 0.0);
    for level in levels.iter().filter(|level| usable(level.price) && usable(level.size)) {
        if left <= 0.0 {
            break;
        }
        let taken = left.min(level.size.max(0.0));
        filled += taken;
        paid += taken * level.price;
        left -= taken;
    }
    Walk { filled, unfilled: left, average: (filled > 0.0).then(|| paid / filled) }
}

/// How much to believe a display hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Little.
    Low,
    /// Some.
    Medium,
}

/// A guess at how much more stands behind the visible size. For display and pacing only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiddenLiquidity {
    /// Visible size times this.
    pub multiplier: f64,
    /// How much to believe it.
    pub confidence: Confidence,
}

/// Where the mid seems to be heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Nowhere.
    Neutral,
}

/// How the spread moved over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpreadTrend {
    /// Wider than at the window's start.
    Widening,
    /// The same.
    Unchanged,
    /// Narrower.
    Tightening,
}

/// The next-move hint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NextMove {
    /// The direction.
    pub direction: Direction,
    /// In [0, 1]; at most 0.2 for neutral, so that it never ranks above a direction.
    pub confidence: f64,
    /// The spread over the window.
    pub trend: SpreadTrend,
}

/// Recent snapshots of one book, for the hints that need several.
#[derive(Clone, Debug, Default)]
pub struct SnapshotWindow {
    spreads_bps: VecDeque<f64>,
    imbalances: VecDeque<f64>,
}

impl SnapshotWindow {
    const SPREADS: usize = 10;
    const MOVES: usize = 5;
    const LEVEL: f64 = 0.2;

    /// Takes a valid snapshot with resting size; one without is not counted.
    pub fn push(&mut self, top: &Top) {
        let Some(imbalance) = top.imbalance() else { return };
        keep(&mut self.spreads_bps, top.spread_bps(), Self::SPREADS);
        keep(&mut self.imbalances, imbalance, Self::MOVES);
    }

    /// From the variation of the spread over ten snapshots against the level of the liquidity
    /// tier in bps (20 for tight books); `None` before ten.
    #[must_use]
    pub fn hidden_liquidity(&self, level_bps: f64) -> Option<HiddenLiquidity> {
        if self.spreads_bps.len() < Self::SPREADS {
            return None;
        }
        let spreads: Vec<f64> = self.spreads_bps.iter().copied().collect();
        Some(if variance(&spreads, 1).sqrt() > level_bps {
            HiddenLiquidity { multiplier: 1.2, confidence: Confidence::Low }
        } else {
            HiddenLiquidity { multiplier: 2.0, confidence: Confidence::Medium }
        })
    }

    /// From the mean imbalance over five snapshots; `None` before five.
    #[must_use]
    pub fn next_move(&self) -> Option<NextMove> {
        if self.imbalances.len() < Self::MOVES {
            return None;
        }
        let imbalances: Vec<f64> = self.imbalances.iter().copied().collect();
        let level = mean(&imbalances);
        let (direction, confidence) = if level > Self::LEVEL {
            (Direction::Up, level.min(1.0))
        } else if level < -Self::LEVEL {
            (Direction::Down, level.abs().min(1.0))
        } else {
            (Direction::Neutral, Self::LEVEL * (1.0 - level.abs() / Self::LEVEL))
        };
        let spreads: Vec<f64> = self.spreads_bps.iter().rev().take(Self::MOVES).copied().collect();
        let (last, first) = (spreads[0], spreads[spreads.len() - 1]);
        let trend = if last > first {
            SpreadTrend::Widening
        } else if last < first {
            SpreadTrend::Tightening
        } else {
            SpreadTrend::Unchanged
        };
        let damped = if trend == SpreadTrend::Widening { 0.8 * confidence } else { confidence };
        Some(NextMove { direction, confidence: damped, trend })
    }
}

fn keep(window: &mut VecDeque<f64>, value: f64, most: usize) {
    window.push_back(value);
    if window.len() > most {
        window.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: f64, size: f64) -> Level {
        Level { price, size }
    }

    #[test]
    fn a_crossed_locked_or_empty_top_has_no_features() {
        assert!(Top::new(level(100.0, 5.0), level(100.0, 5.0)).is_none());
        assert!(Top::new(level(101.0, 5.0), level(100.0, 5.0)).is_none());
        assert!(Top::new(level(f64::NAN, 5.0), level(100.0, 5.0)).is_none());
        let empty = Top::new(level(99.0, 0.0), level(101.0, 0.0)).unwrap();
        assert_eq!((empty.imbalance(), empty.microprice()), (None, None));
        assert_eq!(weighted_imbalance(&[], &[]), None);
    }

    #[test]
    fn more_bids_are_positive_and_pull_the_microprice_to_the_ask() {
        let top = Top::new(level(99.0, 30.0), level(101.0, 10.0)).unwrap();
        assert_eq!(top.imbalance(), Some(0.5));
        assert_eq!(top.microprice(), Some(100.5));
        assert_eq!((top.mid(), top.spread(), top.spread_bps()), (100.0, 2.0, 200.0));
        let (bids, asks) = ([level(99.0, 10.0), level(98.0, 10.0)], [level(101.0, 5.0)]);
        assert_eq!(weighted_imbalance(&bids, &asks), Some(0.5));
    }

    #[test]
    fn a_short_book_says_what_is_left() {
        let asks = [level(101.0, 10.0), level(102.0, 10.0)];
        let taken = walk(&asks, 15.0);
        assert_eq!((taken.filled, taken.unfilled), (15.0, 0.0));
        assert!((taken.cost(Side::Buy, 100.0).unwrap() - (1.0 + 5.0 / 15.0) / 100.0).abs() < 1e-12);
        let short = walk(&asks, 50.0);
        assert_eq!((short.filled, short.unfilled), (20.0, 30.0));
        assert_eq!(walk(&[], 5.0).average, None);
        assert!(walk(&[level(99.0, 5.0)], 5.0).cost(Side::Sell, 100.0).unwrap() > 0.0);
    }

    #[test]
    fn a_direction_always_ranks_above_neutral() {
        let run = |bid_size: f64| {
            let mut window = SnapshotWindow::default();
            for _ in 0..10 {
                window.push(&Top::new(level(99.0, bid_size), level(101.0, 10.0)).unwrap());
            }
            (window.next_move().unwrap(), window.hidden_liquidity(20.0).unwrap())
        };
        let (neutral, hidden) = run(10.0);
        assert_eq!((neutral.direction, neutral.confidence), (Direction::Neutral, 0.2));
        assert_eq!(hidden.multiplier, 2.0);
        let (up, _) = run(16.0);
        assert!(up.direction == Direction::Up && up.confidence > neutral.confidence);
        assert_eq!(run(2.0).0.direction, Direction::Down);
        assert_eq!(SnapshotWindow::default().next_move(), None);
        assert_eq!(SnapshotWindow::default().hidden_liquidity(20.0), None);
    }
}
