//! What the order book says, under one sign convention (X7).
//!
//! Imbalance is positive when there are more bids, everywhere. A side that is missing, or a book that
//! is crossed or locked, gives `None` and never a zero: zero would mean balance.

use crate::market::{Price, Qty, Side};
use crate::model::ModelError;
use crate::model::error::check_finite;
use crate::model::units::{Bps, require};

/// Levels a weighted imbalance looks at [source].
pub const LEVELS: usize = 5;
/// Snapshots that the hidden-liquidity guess and the next-move guess look at.
pub const LIQUIDITY_SNAPSHOTS: usize = 10;
const MOVE_SNAPSHOTS: usize = 5;
const MOVE_THRESHOLD: f64 = 0.2;

/// One price and what rests there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookLevel {
    /// The price.
    pub price: Price,
    /// Shares.
    pub qty: Qty,
}

/// Both sides, best first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookView<'a> {
    /// Bids, highest first.
    pub bids: &'a [BookLevel],
    /// Asks, lowest first.
    pub asks: &'a [BookLevel],
}

impl BookView<'_> {
    /// The best of both sides, if both are there and the bid is below the ask.
    #[must_use]
    pub fn best(&self) -> Option<(BookLevel, BookLevel)> {
        let (bid, ask) = (*self.bids.first()?, *self.asks.first()?);
        (bid.price.is_positive() && bid.price < ask.price).then_some((bid, ask))
    }

    /// Half way between the best prices, in price units.
    #[must_use]
    pub fn mid_units(&self) -> Option<f64> {
        let (bid, ask) = self.best()?;
        Some(f64::midpoint(bid.price.units() as f64, ask.price.units() as f64))
    }

    /// Spread relative to the mid.
    #[must_use]
    pub fn spread(&self) -> Option<Bps> {
        let (bid, ask) = self.best()?;
        let width = (ask.price.units() - bid.price.units()) as f64;
        Bps::from_fraction(width / self.mid_units()?).ok()
    }

    /// `(Qb - Qa) / (Qb + Qa)` at the best prices, in [-1, 1].
    #[must_use]
    pub fn imbalance(&self) -> Option<f64> {
        let (bid, ask) = self.best()?;
        imbalance(bid.qty.units() as f64, ask.qty.units() as f64)
    }

    /// The same over five levels, each weighing half of the one before it.
    #[must_use]
    pub fn weighted_imbalance(&self) -> Option<f64> {
        self.best()?;
        let sum = |levels: &[BookLevel]| -> f64 {
            let weights = (0..LEVELS).map(|k| 0.5_f64.powi(i32::try_from(k).unwrap_or(i32::MAX)));
            levels.iter().zip(weights).map(|(level, w)| w * level.qty.units() as f64).sum()
        };
        imbalance(sum(self.bids), sum(self.asks))
    }

    /// `(A Qb + B Qa) / (Qb + Qa)` in price units: the mid pulled towards the thinner side.
    #[must_use]
    pub fn microprice_units(&self) -> Option<f64> {
        let (bid, ask) = self.best()?;
        let (b, a) = (bid.qty.units() as f64, ask.qty.units() as f64);
        let total = b + a;
        (total > 0.0).then(|| (ask.price.units() as f64 * b + bid.price.units() as f64 * a) / total)
    }

    /// What trading `qty` at once would pay on the levels shown.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless the quantity is above 0; [`ModelError::NotAvailable`] without a proper quote.
    pub fn walk(&self, side: Side, qty: Qty) -> Result<Walk, ModelError> {
        require(qty.is_positive(), "quantity", qty.units() as f64, "above 0")?;
        let mid = self.mid_units().ok_or(ModelError::NotAvailable("quote"))?;
        let levels = match side {
            Side::Buy => self.asks,
            Side::Sell => self.bids,
        };
        let (mut left, mut paid) = (qty, 0.0);
        for level in levels {
            let taken = level.qty.max(Qty::ZERO).min(left);
            paid += taken.units() as f64 * level.price.units() as f64;
            left = left.less(taken);
        }
        let filled = qty.less(left);
        let average = filled.is_positive().then(|| paid / filled.units() as f64);
        let cost = |average: f64| Bps::from_fraction(side.sign() as f64 * (average - mid) / mid);
        Ok(Walk { filled, unfilled: left, average_units: average, cost: average.map(cost).transpose()? })
    }
}

/// The result of walking the book.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Walk {
    /// Shares the shown levels hold for the order.
    pub filled: Qty,
    /// Shares they do not.
    pub unfilled: Qty,
    /// Mean price of what was filled, in price units.
    pub average_units: Option<f64>,
    /// What it costs on the mid, at or above 0.
    pub cost: Option<Bps>,
}

/// `(b - a) / (b + a)`; `None` if both are zero.
#[must_use]
pub fn imbalance(bid: f64, ask: f64) -> Option<f64> {
    let total = bid + ask;
    (total > 0.0 && total.is_finite()).then(|| ((bid - ask) / total).clamp(-1.0, 1.0))
}

/// A guess at what a book does not show. For display and pacing; never to size above what is seen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HiddenLiquidity {
    /// Factor on the visible depth.
    pub multiplier: f64,
    /// Whether the guess deserves little trust.
    pub low_confidence: bool,
}

/// From the standard deviation of the last ten spreads in bps: unsteady spreads hide little [source].
/// `None` with fewer than ten.
///
/// # Errors
/// [`ModelError::NonFinite`] for a spread that is not finite; [`ModelError::OutOfDomain`] for a threshold below 0.
pub fn hidden_liquidity(spreads_bps: &[f64], threshold: Bps) -> Result<Option<HiddenLiquidity>, ModelError> {
    require(threshold.value() >= 0.0, "spread threshold", threshold.value(), "0 or more")?;
    if spreads_bps.len() < LIQUIDITY_SNAPSHOTS {
        return Ok(None);
    }
    let last = &spreads_bps[spreads_bps.len() - LIQUIDITY_SNAPSHOTS..];
    check_finite(last)?;
    let mean = last.iter().sum::<f64>() / last.len() as f64;
    let variance = last.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (last.len() - 1) as f64;
    let unsteady = variance.sqrt() > threshold.value();
    Ok(Some(HiddenLiquidity { multiplier: if unsteady { 1.2 } else { 2.0 }, low_confidence: unsteady }))
}

/// Where the price may go next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextMove {
    /// Bids outweigh.
    Up,
    /// Neither.
    Neutral,
    /// Asks outweigh.
    Down,
}

/// How the spread moved over the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpreadTrend {
    /// Wider at the end.
    Widening,
    /// As wide as at the start.
    Unchanged,
    /// Narrower at the end.
    Tightening,
}

/// A guess at the next move, with how sure it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MoveGuess {
    /// The direction.
    pub direction: NextMove,
    /// In [0, 1]; a neutral guess is never above 0.2.
    pub confidence: f64,
    /// The spread over the window.
    pub trend: SpreadTrend,
}

/// From the last five snapshots of imbalance and spread; `None` with fewer [source].
///
/// # Errors
/// [`ModelError::DimensionMismatch`], [`ModelError::NonFinite`], or [`ModelError::OutOfDomain`] for an imbalance outside [-1, 1].
pub fn next_move(imbalances: &[f64], spreads_bps: &[f64]) -> Result<Option<MoveGuess>, ModelError> {
    if imbalances.len() != spreads_bps.len() {
        return Err(ModelError::DimensionMismatch { left: imbalances.len(), right: spreads_bps.len() });
    }
    if imbalances.len() < MOVE_SNAPSHOTS {
        return Ok(None);
    }
    let imbalances = &imbalances[imbalances.len() - MOVE_SNAPSHOTS..];
    let spreads = &spreads_bps[spreads_bps.len() - MOVE_SNAPSHOTS..];
    check_finite(spreads)?;
    for value in imbalances {
        require(value.abs() <= 1.0, "imbalance", *value, "[-1, 1]")?;
    }
    let mean = imbalances.iter().sum::<f64>() / MOVE_SNAPSHOTS as f64;
    let trend = match spreads[MOVE_SNAPSHOTS - 1].total_cmp(&spreads[0]) {
        std::cmp::Ordering::Greater => SpreadTrend::Widening,
        std::cmp::Ordering::Equal => SpreadTrend::Unchanged,
        std::cmp::Ordering::Less => SpreadTrend::Tightening,
    };
    let (direction, confidence) = if mean > MOVE_THRESHOLD {
        (NextMove::Up, mean.min(1.0))
    } else if mean < -MOVE_THRESHOLD {
        (NextMove::Down, (-mean).min(1.0))
    } else {
        (NextMove::Neutral, MOVE_THRESHOLD * (1.0 - mean.abs() / MOVE_THRESHOLD))
    };
    let doubt = if trend == SpreadTrend::Widening { 0.8 } else { 1.0 };
    Ok(Some(MoveGuess { direction, confidence: confidence * doubt, trend }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: i64, qty: i64) -> BookLevel {
        BookLevel { price: Price::from_units(price), qty: Qty::from_units(qty) }
    }

    #[test]
    fn more_bids_are_positive_and_nothing_is_none() {
        let (bids, asks) =
            ([level(49_900, 300), level(49_800, 100)], [level(50_100, 100), level(50_200, 100)]);
        let book = BookView { bids: &bids, asks: &asks };
        assert_eq!(book.imbalance(), Some(0.5));
        assert!((book.weighted_imbalance().unwrap() - 0.4).abs() < 1e-15);
        assert_eq!(book.mid_units(), Some(50_000.0));
        assert_eq!(book.microprice_units(), Some(50_050.0));
        assert!((book.spread().unwrap().value() - 40.0).abs() < 1e-12);
        for (bids, asks) in [
            (&[][..], &asks[..]),
            (&bids[..], &[][..]),
            (&[level(50_100, 5)][..], &asks[..]),
            (&[level(50_200, 5)][..], &asks[..]),
        ] {
            let book = BookView { bids, asks };
            assert_eq!((book.imbalance(), book.microprice_units(), book.mid_units()), (None, None, None));
            assert!(book.walk(Side::Buy, Qty::from_units(1)).is_err());
        }
        let empty = BookView { bids: &[level(100, 0)], asks: &[level(110, 0)] };
        assert_eq!((empty.imbalance(), empty.microprice_units()), (None, None));
    }

    #[test]
    fn walking_costs_on_both_sides_and_says_what_is_left() {
        let (bids, asks) =
            ([level(49_900, 300), level(49_800, 100)], [level(50_100, 100), level(50_200, 100)]);
        let book = BookView { bids: &bids, asks: &asks };
        let buy = book.walk(Side::Buy, Qty::from_units(150)).unwrap();
        assert!((buy.average_units.unwrap() - (100.0 * 50_100.0 + 50.0 * 50_200.0) / 150.0).abs() < 1e-9);
        assert!(buy.cost.unwrap().value() > 0.0 && buy.unfilled.is_zero());
        let sell = book.walk(Side::Sell, Qty::from_units(500)).unwrap();
        assert_eq!((sell.filled.units(), sell.unfilled.units()), (400, 100));
        assert!(sell.cost.unwrap().value() > 0.0);
        assert!(book.walk(Side::Buy, Qty::ZERO).is_err());
    }

    #[test]
    fn guesses_need_their_window() {
        let level = Bps::new(20.0).unwrap();
        assert_eq!(hidden_liquidity(&[5.0; 9], level).unwrap(), None);
        let steady = hidden_liquidity(&[5.0; 10], level).unwrap().unwrap();
        assert_eq!((steady.multiplier, steady.low_confidence), (2.0, false));
        let jumpy: Vec<f64> = (0..10).map(|i| if i % 2 == 0 { 0.0 } else { 100.0 }).collect();
        assert_eq!(hidden_liquidity(&jumpy, level).unwrap().unwrap().multiplier, 1.2);

        assert_eq!(next_move(&[0.5; 4], &[9.0; 4]).unwrap(), None);
        let widening = [10.0, 10.0, 10.0, 10.0, 12.0];
        for (imbalance, spreads, direction, confidence) in [
            (0.5, [10.0; 5], NextMove::Up, 0.5),
            (-0.5, widening, NextMove::Down, 0.4),
            (0.1, [10.0; 5], NextMove::Neutral, 0.1),
            (0.0, [10.0; 5], NextMove::Neutral, 0.2),
        ] {
            let got = next_move(&[imbalance; 5], &spreads).unwrap().unwrap();
            assert_eq!(got.direction, direction);
            assert!((got.confidence - confidence).abs() < 1e-12);
        }
        assert!(next_move(&[2.0; 5], &[1.0; 5]).is_err());
        assert!(next_move(&[0.0; 5], &[1.0; 4]).is_err());
    }
}
