//! What trading cost: quoted, effective and realised spreads, price impact, and Roll's spread.

use crate::model::ModelError;
use crate::model::descriptive::mean;
use crate::model::error::{SMALLEST, check_finite, check_series, usable};

/// A trade with the quote it met. Side +1 for a buy, -1 for a sell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuotedTrade {
    /// Best bid.
    pub bid: f64,
    /// Best ask.
    pub ask: f64,
    /// Trade price.
    pub price: f64,
    /// +1 or -1.
    pub side: f64,
    /// Shares.
    pub quantity: f64,
}

impl QuotedTrade {
    /// Halfway between the quotes.
    #[must_use]
    pub(crate) const fn mid(&self) -> f64 {
        0.5 * (self.bid + self.ask)
    }

    /// `2 s (P - M)` in price units.
    #[must_use]
    pub(crate) const fn effective(&self) -> f64 {
        2.0 * self.side * (self.price - self.mid())
    }

    /// The effective spread in basis points of the mid.
    #[must_use]
    pub(crate) const fn effective_bps(&self) -> f64 {
        1e4 * self.effective() / self.mid()
    }
}

/// Mean spreads over a run of trades. Effective = realised + impact, trade by trade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spreads {
    /// Mean of ask less bid.
    pub quoted: f64,
    /// Mean effective spread.
    pub effective: f64,
    /// Mean effective spread in basis points.
    pub effective_bps: f64,
    /// Effective spread weighted by quantity; `None` without quantity.
    pub effective_weighted: Option<f64>,
    /// Mean of `2 s (P - M later)`; `None` when the run is not longer than the horizon.
    pub realised: Option<f64>,
    /// Mean of `2 s (M later - M)`.
    pub impact: Option<f64>,
}

/// Mean spreads with the later mid `horizon` trades on; the last `horizon` trades have none.
///
/// # Errors
/// No trades, values that are not finite, or a mid that is not positive.
pub fn spreads(trades: &[QuotedTrade], horizon: usize) -> Result<Spreads, ModelError> {
    if trades.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    for (index, trade) in trades.iter().enumerate() {
        let values = [trade.bid, trade.ask, trade.price, trade.side, trade.quantity];
        if values.iter().any(|value| !usable(*value)) {
            return Err(ModelError::NonFinite { index });
        }
        if trade.mid() < SMALLEST {
            return Err(ModelError::OutOfDomain { name: "mid", value: trade.mid(), domain: "above 0" });
        }
    }
    let average = |of: fn(&QuotedTrade) -> f64| mean(&trades.iter().map(of).collect::<Vec<f64>>());
    let later = || trades.iter().zip(trades.iter().skip(horizon));
    let realised: Vec<f64> = later().map(|(t, l)| 2.0 * t.side * (t.price - l.mid())).collect();
    let impact: Vec<f64> = later().map(|(t, l)| 2.0 * t.side * (l.mid() - t.mid())).collect();
    let quantity: f64 = trades.iter().map(|trade| trade.quantity).sum();
    let weighted: f64 = trades.iter().map(|trade| trade.effective() * trade.quantity).sum();
    Ok(Spreads {
        quoted: average(|trade| trade.ask - trade.bid),
        effective: average(QuotedTrade::effective),
        effective_bps: average(QuotedTrade::effective_bps),
        effective_weighted: (quantity > 0.0).then(|| weighted / quantity),
        realised: (!realised.is_empty()).then(|| mean(&realised)),
        impact: (!impact.is_empty()).then(|| mean(&impact)),
    })
}

/// Roll's estimate from the bounce of trade prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roll {
    /// Covariance of successive price changes, divisor `n - 1`.
    pub covariance: f64,
    /// `2 sqrt(-covariance)`; `None` when the covariance is not negative.
    pub spread: Option<f64>,
}

/// Roll's spread of a run of prices.
///
/// # Errors
/// Fewer than 4 prices, or values that are not finite.
pub fn roll(prices: &[f64]) -> Result<Roll, ModelError> {
    check_series(prices, 4)?;
    let changes: Vec<f64> = prices.windows(2).map(|pair| pair[1] - pair[0]).collect();
    check_finite(&changes)?;
    let (later, earlier) = (&changes[1..], &changes[..changes.len() - 1]);
    let (ml, me) = (mean(later), mean(earlier));
    let sum: f64 = later.iter().zip(earlier).map(|(a, b)| (a - ml) * (b - me)).sum();
    let covariance = sum / (later.len() as f64 - 1.0);
    Ok(Roll { covariance, spread: (covariance < 0.0).then(|| 2.0 * (-covariance).sqrt()) })
}

/// A running, quantity-weighted effective spread as a fraction of the mid, with the quote from
/// strictly before each trade (X7).
#[derive(Clone, Copy, Debug, Default)]
pub struct EffectiveSpread {
    weighted: f64,
    quantity: f64,
}

impl EffectiveSpread {
    /// Takes a trade whose `bid` and `ask` are those that stood before it. A crossed quote, a
    /// number that is not finite or a quantity that is not positive is not counted.
    pub fn push(&mut self, trade: &QuotedTrade) {
        let relative = trade.effective() / trade.mid();
        let sound = trade.bid > 0.0 && trade.bid < trade.ask && trade.quantity > 0.0;
        if sound && usable(relative) && usable(trade.quantity) {
            self.weighted += relative * trade.quantity;
            self.quantity += trade.quantity;
        }
    }

    /// The spread so far; `None` before the first usable trade.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.quantity > 0.0).then(|| self.weighted / self.quantity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(i: u32) -> QuotedTrade {
        let bid = 99.0 + 0.1 * f64::from((i * 13) % 11);
        let side = if (i * 7).is_multiple_of(3) { 1.0 } else { -1.0 };
        let price = bid + 0.5 + side * 0.4;
        QuotedTrade { bid, ask: bid + 1.0, price, side, quantity: f64::from(10 + i % 5) }
    }

    #[test]
    fn effective_is_realised_plus_impact() {
        let trades: Vec<QuotedTrade> = (0..40).map(trade).collect();
        let found = spreads(&trades, 5).unwrap();
        let kept = spreads(&trades[..35], 0).unwrap();
        assert!((kept.effective - found.realised.unwrap() - found.impact.unwrap()).abs() < 1e-12);
        assert_eq!(spreads(&trades[..5], 5).unwrap().realised, None);
        assert!(spreads(&[], 5).is_err());
    }

    #[test]
    fn a_bounce_has_a_roll_spread_and_a_trend_has_none() {
        let bounce: Vec<f64> = (0..100_u32).map(|i| 100.0 + f64::from((i * 7919 / 13) % 2)).collect();
        assert!(roll(&bounce).unwrap().spread.is_some());
        let trend: Vec<f64> = (0..50).map(|i| f64::from(i * i)).collect();
        assert_eq!(roll(&trend).unwrap().spread, None);
        assert!(roll(&[1.0, 2.0, 3.0]).is_err());
    }

    #[test]
    fn the_running_spread_is_the_weighted_mean_after_every_trade() {
        let mut running = EffectiveSpread::default();
        assert_eq!(running.value(), None);
        let (mut weighted, mut quantity) = (0.0, 0.0);
        for i in 0..20 {
            let trade = trade(i);
            running.push(&trade);
            weighted += trade.effective() / trade.mid() * trade.quantity;
            quantity += trade.quantity;
            assert_eq!(running.value(), Some(weighted / quantity));
        }
        let crossed = QuotedTrade { bid: 102.0, ..trade(1) };
        running.push(&crossed);
        assert_eq!(running.value(), Some(weighted / quantity));
    }
}
