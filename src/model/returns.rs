//! Returns and their preparation (C1).
//!
//! Log returns add up over time and are what estimators see; simple returns add up across assets
//! and are what profit and loss sees. The two are never mixed. A missing bar breaks the series: the
//! return across it is kept and flagged, and per-bar estimators do not get it.

use std::collections::VecDeque;

use super::ModelError;
use super::descriptive::median;
use super::error::{check_finite, finite};
use crate::market::Timestamp;

/// The first price that is not positive and finite.
#[must_use]
pub fn first_bad_price(prices: &[f64]) -> Option<usize> {
    prices.iter().position(|price| !(*price > 0.0 && price.is_finite()))
}

fn check_prices(prices: &[f64]) -> Result<(), ModelError> {
    check_finite(prices)?;
    match first_bad_price(prices) {
        Some(index) => {
            Err(ModelError::OutOfDomain { name: "price", value: prices[index], domain: "above 0" })
        }
        None => Ok(()),
    }
}

/// `ln P_t - ln P_(t-1)` for every pair of neighbours, decimal.
///
/// # Errors
/// No prices, or one that is not positive and finite; never dropped silently.
pub fn log_returns(prices: &[f64]) -> Result<Vec<f64>, ModelError> {
    check_prices(prices)?;
    Ok(prices.windows(2).map(|pair| pair[1].ln() - pair[0].ln()).collect())
}

/// `exp(r) - 1`: the simple return of a log return.
///
/// # Errors
/// A return that is not finite, or too large to have a simple one.
pub fn simple(log_return: f64) -> Result<f64, ModelError> {
    check_finite(&[log_return])?;
    finite("simple return", log_return.exp_m1())
}

/// `sum w_i R_i` of simple returns.
///
/// # Errors
/// Unequal lengths, none, or values that are not finite.
pub fn portfolio_return(weights: &[f64], simple_returns: &[f64]) -> Result<f64, ModelError> {
    if weights.len() != simple_returns.len() {
        return Err(ModelError::DimensionMismatch { left: weights.len(), right: simple_returns.len() });
    }
    check_finite(weights)?;
    check_finite(simple_returns)?;
    Ok(weights.iter().zip(simple_returns).map(|(w, r)| w * r).sum())
}

/// A closed bar on the session grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridBar {
    /// Its place on the grid of bars or sessions that should exist.
    pub index: i64,
    /// Adjusted close; of a bar without trade the previous one.
    pub close: f64,
    /// Shares traded.
    pub volume: f64,
}

/// A log return with what happened on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarReturn {
    /// Place of the later bar.
    pub index: i64,
    /// The log return, decimal.
    pub value: f64,
    /// Bars missing between the two; above 0 it is no per-bar return.
    pub gap_bars: i64,
    /// The later bar had no trade, so the return is 0.
    pub no_trade: bool,
}

/// Returns between neighbouring bars, with gaps and silent bars flagged.
///
/// # Errors
/// A close that is not positive and finite, negative volume, or places that do not increase.
pub fn bar_returns(bars: &[GridBar]) -> Result<Vec<BarReturn>, ModelError> {
    check_prices(&bars.iter().map(|bar| bar.close).collect::<Vec<f64>>())?;
    for (index, bar) in bars.iter().enumerate() {
        if bar.volume.is_nan() {
            return Err(ModelError::NonFinite { index });
        }
        if bar.volume < 0.0 {
            return Err(ModelError::OutOfDomain { name: "volume", value: bar.volume, domain: "0 or more" });
        }
    }
    bars.windows(2).map(|pair| bar_return(&pair[0], &pair[1])).collect()
}

fn bar_return(before: &GridBar, bar: &GridBar) -> Result<BarReturn, ModelError> {
    let step = bar.index.checked_sub(before.index).filter(|step| *step > 0);
    let Some(step) = step else {
        let (name, domain) = ("bar index", "above the one before it");
        return Err(ModelError::OutOfDomain { name, value: bar.index as f64, domain });
    };
    let no_trade = bar.volume == 0.0;
    let value = if no_trade { 0.0 } else { bar.close.ln() - before.close.ln() };
    Ok(BarReturn { index: bar.index, value, gap_bars: step - 1, no_trade })
}

/// What a per-bar estimator may use: no return across a gap, and no silent bars where they are
/// more than half of the window.
#[must_use]
pub fn per_bar(returns: &[BarReturn]) -> Vec<f64> {
    let contiguous: Vec<&BarReturn> = returns.iter().filter(|r| r.gap_bars == 0).collect();
    let silent = contiguous.iter().filter(|r| r.no_trade).count();
    let drop_silent = 2 * silent > contiguous.len();
    contiguous.iter().filter(|r| !(drop_silent && r.no_trade)).map(|r| r.value).collect()
}

/// The latest row known at a time: greatest `available_at <= at`, not older than `max_age_ns`.
///
/// Rows are sorted by `available_at`; a decision at `at` cannot see past it.
#[must_use]
pub fn as_of<T>(rows: &[(Timestamp, T)], at: Timestamp, max_age_ns: i64) -> Option<&T> {
    let known = rows.partition_point(|(available_at, _)| *available_at <= at);
    let (available_at, row) = rows.get(known.checked_sub(1)?)?;
    (at.since_ns(*available_at) <= max_age_ns).then_some(row)
}

/// A value before and after bounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Winsorised {
    /// As observed.
    pub raw: f64,
    /// Within the bounds.
    pub value: f64,
}

/// Bounds each value by what came before it: trailing median plus and minus ten robust
/// deviations over 250 bars.
#[derive(Clone, Debug, Default)]
pub struct Winsoriser {
    history: VecDeque<f64>,
}

impl Winsoriser {
    const WINDOW: usize = 250;
    const MINIMUM: usize = 30;
    const REACH: f64 = 10.0 * 1.4826;

    /// Takes a value. It stays as it is until 30 are known, and while they do not vary. The raw
    /// value enters the history.
    ///
    /// # Errors
    /// A value that is not finite; it is not kept.
    pub fn push(&mut self, raw: f64) -> Result<Winsorised, ModelError> {
        check_finite(&[raw])?;
        let value = match self.bounds() {
            Some((low, high)) => raw.clamp(low, high),
            None => raw,
        };
        self.history.push_back(raw);
        if self.history.len() > Self::WINDOW {
            self.history.pop_front();
        }
        Ok(Winsorised { raw, value })
    }

    fn bounds(&self) -> Option<(f64, f64)> {
        if self.history.len() < Self::MINIMUM {
            return None;
        }
        let known: Vec<f64> = self.history.iter().copied().collect();
        let centre = median(&known);
        let distances: Vec<f64> = known.iter().map(|value| (value - centre).abs()).collect();
        let reach = Self::REACH * median(&distances);
        (reach > 0.0).then_some((centre - reach, centre + reach))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(index: i64, close: f64, volume: f64) -> GridBar {
        GridBar { index, close, volume }
    }

    #[test]
    fn log_returns_add_up_over_time_and_simple_ones_across_assets() {
        let prices = [100.0, 110.0, 99.0];
        let sum: f64 = log_returns(&prices).unwrap().iter().sum();
        assert!((simple(sum).unwrap() + 0.01).abs() < 1e-15);
        assert_eq!(portfolio_return(&[0.5, 0.5], &[0.10, -0.02]), Ok(0.04));
        assert_eq!(
            log_returns(&[100.0, 0.0]).unwrap_err(),
            ModelError::OutOfDomain { name: "price", value: 0.0, domain: "above 0" }
        );
        assert_eq!(first_bad_price(&[1.0, f64::NAN]), Some(1));
        assert!(log_returns(&[]).is_err());
    }

    #[test]
    fn gaps_are_flagged_and_kept_from_estimators() {
        let bars = [bar(1, 100.0, 5.0), bar(2, 101.0, 5.0), bar(5, 110.0, 5.0), bar(6, 110.0, 0.0)];
        let returns = bar_returns(&bars).unwrap();
        assert_eq!(returns.iter().map(|r| r.gap_bars).collect::<Vec<_>>(), [0, 2, 0]);
        assert_eq!(returns.iter().map(|r| r.no_trade).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(per_bar(&returns).len(), 2);
        let silent = [bar(1, 9.0, 1.0), bar(2, 9.0, 0.0), bar(3, 9.0, 0.0), bar(4, 9.5, 1.0)];
        assert_eq!(per_bar(&bar_returns(&silent).unwrap()).len(), 1);
        assert!(bar_returns(&[bar(2, 1.0, 1.0), bar(2, 1.0, 1.0)]).is_err());
        assert!(bar_returns(&[bar(i64::MIN, 1.0, 1.0), bar(i64::MAX, 1.0, 1.0)]).is_err());
        assert!(bar_returns(&[bar(1, 1.0, -1.0)]).is_err());
    }

    #[test]
    fn nothing_is_known_before_it_is_available_or_after_it_is_stale() {
        let at = Timestamp::from_ns;
        let rows = [(at(10), 'a'), (at(20), 'b')];
        for (t, want) in [(9, None), (10, Some('a')), (19, Some('a')), (20, Some('b')), (70, None)] {
            assert_eq!(as_of(&rows, at(t), 40).copied(), want, "at {t}");
        }
    }

    #[test]
    fn bounds_come_from_before_the_row() {
        let mut winsoriser = Winsoriser::default();
        let calm: Vec<f64> = (0..40).map(|i| 0.001 * f64::from(i % 5)).collect();
        for value in &calm {
            assert_eq!(winsoriser.push(*value).unwrap().value, *value);
        }
        let jump = winsoriser.push(5.0).unwrap();
        assert!(jump.raw == 5.0 && jump.value < 0.05);
        assert!(winsoriser.push(f64::NAN).is_err());
        let mut flat = Winsoriser::default();
        (0..40).for_each(|_| assert_eq!(flat.push(0.0).unwrap().value, 0.0));
        assert_eq!(flat.push(0.01).unwrap().value, 0.01);
    }
}
