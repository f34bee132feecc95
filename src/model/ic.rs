//! The information coefficient: does a forecast rank outcomes (C14).
//!
//! An observation enters only when its return has matured. Too little data is a status of its own,
//! with weight 0, never a hopeful default.

use std::collections::VecDeque;

use super::ModelError;
use super::descriptive::{autocovariances, mean, variance};
use super::error::check_series;
use super::hypothesis::spearman;
use super::regression::line;
use crate::market::Timestamp;

/// Spearman correlation of forecasts and matured returns across the names of one date.
///
/// # Errors
/// Fewer than 10 names, or as [`spearman`].
pub fn cross_sectional_ic(forecasts: &[f64], returns: &[f64]) -> Result<f64, ModelError> {
    const NAMES: usize = 10;
    check_series(forecasts, NAMES)?;
    Ok(spearman(forecasts, returns)?.rho)
}

/// A forecast and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The forecast.
    pub forecast: f64,
    /// The return over its horizon.
    pub realised: f64,
    /// When that return was known.
    pub matured_at: Timestamp,
}

/// Rolling time-series IC of a signal on one name: the last 60 matured pairs, at least 20.
#[derive(Clone, Debug, Default)]
pub struct RollingIc {
    pairs: VecDeque<(f64, f64)>,
}

impl RollingIc {
    const WINDOW: usize = 60;
    const MINIMUM: usize = 20;

    /// Takes an outcome that has matured by `now`.
    ///
    /// # Errors
    /// One that has not (`LookAhead`), or numbers that are not finite; nothing is kept.
    pub fn push(&mut self, outcome: Outcome, now: Timestamp) -> Result<(), ModelError> {
        if outcome.matured_at > now {
            return Err(ModelError::LookAhead { feature: "information coefficient".to_owned() });
        }
        super::error::check_finite(&[outcome.forecast, outcome.realised])?;
        self.pairs.push_back((outcome.forecast, outcome.realised));
        if self.pairs.len() > Self::WINDOW {
            self.pairs.pop_front();
        }
        Ok(())
    }

    /// The coefficient over the window.
    ///
    /// # Errors
    /// Fewer than 20 pairs (`TooShort`), or a side that does not vary.
    pub fn value(&self) -> Result<f64, ModelError> {
        if self.pairs.len() < Self::MINIMUM {
            return Err(ModelError::TooShort { need: Self::MINIMUM, got: self.pairs.len() });
        }
        let (forecasts, returns): (Vec<f64>, Vec<f64>) = self.pairs.iter().copied().unzip();
        Ok(spearman(&forecasts, &returns)?.rho)
    }
}

/// A series of coefficients in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IcSummary {
    /// Mean.
    pub mean: f64,
    /// Standard deviation per date.
    pub deviation: f64,
    /// Newey-West standard error of the mean.
    pub std_error: f64,
    /// Mean over its standard error.
    pub t: f64,
    /// Mean over deviation, per date.
    pub information_ratio: f64,
    /// Upper end of the one-sided 95 % bound of the mean.
    pub upper_95: f64,
    /// Coefficients.
    pub n: usize,
}

/// Summarises coefficients in order of date; `horizon` is how many dates a return reaches ahead.
/// The Newey-West lag is `max(horizon, floor(4 (n/100)^(2/9)))`.
///
/// # Errors
/// Fewer than 2 coefficients, values that are not finite, or no variance.
pub fn summary(coefficients: &[f64], horizon: usize) -> Result<IcSummary, ModelError> {
    const ONE_SIDED_95: f64 = 1.644_853_626_951_472_2;
    check_series(coefficients, 2)?;
    let n = coefficients.len();
    let rule = (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize;
    let lags = horizon.max(rule).min(n - 1);
    let covariances = autocovariances(coefficients, lags);
    let weight = |lag: usize| 1.0 - lag as f64 / (lags as f64 + 1.0);
    let lagged: f64 = covariances.iter().enumerate().skip(1).map(|(lag, c)| weight(lag) * c).sum();
    let long_run = covariances[0] + 2.0 * lagged;
    let (centre, deviation) = (mean(coefficients), variance(coefficients, 1).sqrt());
    let std_error = (long_run / n as f64).sqrt();
    if !(deviation > 0.0 && std_error > 0.0) {
        return Err(ModelError::Degenerate { why: "the coefficients do not vary" });
    }
    Ok(IcSummary {
        mean: centre,
        deviation,
        std_error,
        t: centre / std_error,
        information_ratio: centre / deviation,
        upper_95: centre + ONE_SIDED_95 * std_error,
        n,
    })
}

/// What the coefficients say about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcStatus {
    /// Not enough data; weight 0.
    Unknown,
    /// Not shown to be degraded.
    Healthy,
    /// Too low to be worth trading on.
    Degraded,
}

/// Degraded when the upper bound of the mean is below 0.02, or the mean of each of the last three
/// months is.
#[must_use]
pub fn status(summary: &Result<IcSummary, ModelError>, monthly_means: &[f64]) -> IcStatus {
    const LEVEL: f64 = 0.02;
    const MONTHS: usize = 3;
    let Ok(summary) = summary else { return IcStatus::Unknown };
    let last = &monthly_means[monthly_means.len().saturating_sub(MONTHS)..];
    // A month that is not a number counts as low: the comparison fails closed.
    let low_months = last.len() == MONTHS && last.iter().all(|month| month.is_nan() || *month < LEVEL);
    if summary.upper_95 < LEVEL || low_months { IcStatus::Degraded } else { IcStatus::Healthy }
}

/// How the coefficient fades with the age of the forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Decay {
    /// Coefficient per lag; `None` where too few pairs remain.
    pub by_lag: Vec<(usize, Option<f64>)>,
    /// Lag at which half is left, from the slope of `ln IC`; `None` when it does not fade or fewer
    /// than three coefficients are positive.
    pub half_life: Option<f64>,
}

/// Coefficients of `forecasts[t]` with `returns[t + lag]`, one-period returns, at lags 1, 2, 5, 10
/// and 20.
///
/// # Errors
/// Unequal lengths or values that are not finite.
pub fn decay(forecasts: &[f64], returns: &[f64]) -> Result<Decay, ModelError> {
    const LAGS: [usize; 5] = [1, 2, 5, 10, 20];
    const PAIRS: usize = 20;
    if forecasts.len() != returns.len() {
        return Err(ModelError::DimensionMismatch { left: forecasts.len(), right: returns.len() });
    }
    super::error::check_finite(forecasts)?;
    super::error::check_finite(returns)?;
    let at = |lag: usize| {
        let n = forecasts.len().checked_sub(lag).filter(|n| *n >= PAIRS)?;
        spearman(&forecasts[..n], &returns[lag..]).ok().map(|test| test.rho)
    };
    let by_lag: Vec<(usize, Option<f64>)> = LAGS.iter().map(|lag| (*lag, at(*lag))).collect();
    let positive =
        by_lag.iter().filter_map(|(lag, ic)| ic.filter(|ic| *ic > 0.0).map(|ic| (*lag as f64, ic.ln())));
    let (lags, logs): (Vec<f64>, Vec<f64>) = positive.unzip();
    let slope = if lags.len() < 3 { None } else { line(&lags, &logs).ok().map(|line| line.slope) };
    let half_life = slope.filter(|slope| *slope < 0.0).map(|slope| -std::f64::consts::LN_2 / slope);
    Ok(Decay { by_lag, half_life })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(i: i64) -> Outcome {
        let forecast = ((i * 37) % 23) as f64;
        Outcome { forecast, realised: forecast + ((i * 11) % 5) as f64, matured_at: Timestamp::from_ns(i) }
    }

    #[test]
    fn a_return_that_has_not_matured_cannot_enter() {
        let mut ic = RollingIc::default();
        let now = Timestamp::from_ns(5);
        assert!(ic.push(outcome(5), now).is_ok());
        assert!(matches!(ic.push(outcome(6), now), Err(ModelError::LookAhead { .. })));
        assert_eq!(ic.value(), Err(ModelError::TooShort { need: 20, got: 1 }));
    }

    #[test]
    fn the_rolling_value_is_the_coefficient_of_its_window_after_every_pair() {
        let mut ic = RollingIc::default();
        let (mut forecasts, mut returns) = (Vec::new(), Vec::new());
        for i in 0..100_i64 {
            let outcome = outcome(i);
            ic.push(outcome, Timestamp::from_ns(i)).unwrap();
            forecasts.push(outcome.forecast);
            returns.push(outcome.realised);
            let from = forecasts.len().saturating_sub(60);
            if let Ok(value) = ic.value() {
                assert_eq!(value, spearman(&forecasts[from..], &returns[from..]).unwrap().rho);
            }
        }
        assert!(ic.value().unwrap() > 0.8);
    }

    #[test]
    fn too_little_data_is_unknown_and_low_coefficients_degrade() {
        assert_eq!(status(&summary(&[0.1], 1), &[0.5; 3]), IcStatus::Unknown);
        let wave = |centre: f64| -> Vec<f64> { (0..60).map(|i| centre + 0.01 * f64::from(i % 7)).collect() };
        assert_eq!(status(&summary(&wave(0.05), 1), &[0.05; 3]), IcStatus::Healthy);
        assert_eq!(status(&summary(&wave(-0.10), 1), &[]), IcStatus::Degraded);
        assert_eq!(status(&summary(&wave(0.05), 1), &[0.09, 0.01, 0.01, 0.01]), IcStatus::Degraded);
        assert_eq!(status(&summary(&wave(0.05), 1), &[0.01, 0.01]), IcStatus::Healthy);
        assert!(cross_sectional_ic(&[1.0; 9], &[1.0; 9]).is_err());
        assert!(summary(&[0.1; 9], 1).is_err());
    }

    #[test]
    fn an_overlapping_horizon_widens_the_error_of_the_mean() {
        let trend: Vec<f64> = (0..80).map(|i| (f64::from(i) / 15.0).sin()).collect();
        assert!(summary(&trend, 10).unwrap().std_error > summary(&trend, 0).unwrap().std_error);
    }

    #[test]
    fn a_fading_signal_has_a_half_life() {
        let mut state = 3_u64;
        let noise: Vec<f64> = (0..2000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f64 / f64::from(1 << 24) - 0.5
            })
            .collect();
        let mut level = 0.0;
        let forecasts: Vec<f64> = noise
            .iter()
            .map(|e| {
                level = 0.8 * level + e;
                level
            })
            .collect();
        let found = decay(&forecasts, &forecasts).unwrap();
        let half_life = found.half_life.unwrap();
        assert!((1.5..6.0).contains(&half_life), "{half_life}");
        assert_eq!(decay(&forecasts[..15], &forecasts[..15]).unwrap().half_life, None);
    }
}
