//! The augmented Dickey-Fuller test.

use super::Deterministic;
use super::mackinnon::{CriticalValues, Surface};
use crate::model::ModelError;
use crate::model::error::{check_finite, check_series};
use crate::model::regression::LeastSquares;

/// How the number of lagged differences is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LagChoice {
    /// Exactly the maximum.
    Fixed,
    /// The smallest Akaike criterion over a common sample.
    Aic,
    /// The smallest Bayesian criterion over a common sample.
    Bic,
    /// From the maximum down, the first whose last lag is significant at 10 % two-sided.
    TStatistic,
}

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adf {
    /// `tau`, the t-value of the lagged level.
    pub statistic: f64,
    /// P-value under a unit root.
    pub p_value: f64,
    /// Lagged differences used.
    pub lag: usize,
    /// Rows of the final regression.
    pub rows: usize,
    /// Critical values for that many rows.
    pub critical: CriticalValues,
    /// The criterion of the chosen lag on the common sample; for the t-statistic rule the t-value
    /// that decided. `None` when nothing was searched.
    pub criterion: Option<f64>,
}

/// Runs the test on the levels `y`.
///
/// `max_lag` is an upper bound for the search or, for [`LagChoice::Fixed`], the lag itself. `None`
/// takes `min(ceil(12 (n/100)^0.25), n/2 - 1 - k)` with `k` deterministic terms. After the search
/// on the common sample the chosen lag is refitted on every row it allows.
///
/// # Errors
/// Values that are not finite, a constant series (`Degenerate`), a maximum lag above
/// `n/2 - 1 - k` (`OutOfDomain`), too few rows, or dependent regressors (`Singular`).
pub fn adf(
    y: &[f64],
    deterministic: Deterministic,
    max_lag: Option<usize>,
    choice: LagChoice,
) -> Result<Adf, ModelError> {
    check_finite(y)?;
    if y.iter().all(|v| *v == y[0]) {
        return Err(ModelError::Degenerate { why: "the series is constant" });
    }
    let need = 2 * (deterministic.terms() + 1);
    let allowed = (y.len() / 2)
        .checked_sub(deterministic.terms() + 1)
        .ok_or(ModelError::TooShort { need, got: y.len() })?;
    let max_lag = match max_lag {
        Some(lag) if lag > allowed => {
            return Err(ModelError::OutOfDomain {
                name: "maximum lag",
                value: lag as f64,
                domain: "at most n/2 - 1 less the deterministic terms",
            });
        }
        Some(lag) => lag,
        None => default_max_lag(y.len()).min(allowed),
    };
    let (lag, criterion) = match choice {
        LagChoice::Fixed => (max_lag, None),
        _ => search(y, deterministic, max_lag, choice)?,
    };
    let regression = regression(y, deterministic, lag, lag, true)?;
    let columns = deterministic.terms() + lag + 1;
    check_residual(&regression, columns)?;
    let statistic = regression.last_t(columns);
    let surface = Surface::UnitRoot(deterministic);
    Ok(Adf {
        statistic,
        p_value: surface.p_value(statistic),
        lag,
        rows: regression.rows(),
        critical: surface.critical_values(regression.rows()),
        criterion,
    })
}

fn default_max_lag(n: usize) -> usize {
    (12.0 * (n as f64 / 100.0).powf(0.25)).ceil() as usize
}

/// Refuses a regression that explains everything but rounding: its t-values are noise over noise.
fn check_residual(regression: &LeastSquares, columns: usize) -> Result<(), ModelError> {
    const ROUNDING: f64 = 1e-24;
    if regression.rss(columns) > ROUNDING * regression.rss(0) {
        Ok(())
    } else {
        Err(ModelError::Degenerate { why: "the regression leaves no residual" })
    }
}

/// The test regression with `lags` lagged differences on the rows that `dropped` lags leave.
///
/// The level comes first after the deterministic columns for the lag search (whose subsets are
/// leading ones) and last for the final fit (whose t-value is then the last one).
fn regression(
    y: &[f64],
    deterministic: Deterministic,
    lags: usize,
    dropped: usize,
    level_last: bool,
) -> Result<LeastSquares, ModelError> {
    let differences: Vec<f64> = y.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rows = differences.len().saturating_sub(dropped);
    let columns_needed = deterministic.terms() + 1 + lags;
    if rows <= columns_needed {
        return Err(ModelError::TooShort { need: columns_needed + dropped + 2, got: y.len() });
    }
    let mut columns = deterministic.columns(rows);
    let level = y[dropped..dropped + rows].to_vec();
    let lagged = (1..=lags).map(|lag| differences[dropped - lag..dropped - lag + rows].to_vec());
    if level_last {
        columns.extend(lagged);
        columns.push(level);
    } else {
        columns.push(level);
        columns.extend(lagged);
    }
    LeastSquares::new(columns, differences[dropped..].to_vec())
}

fn search(
    y: &[f64],
    deterministic: Deterministic,
    max_lag: usize,
    choice: LagChoice,
) -> Result<(usize, Option<f64>), ModelError> {
    const SIGNIFICANT: f64 = 1.644_853_626_951_472_2;
    let common = regression(y, deterministic, max_lag, max_lag, false)?;
    let width = |lag: usize| deterministic.terms() + 1 + lag;
    check_residual(&common, width(max_lag))?;
    if choice == LagChoice::TStatistic {
        let found = (0..=max_lag).rev().map(|lag| (lag, common.last_t(width(lag)).abs()));
        let mut last = (0, f64::NAN);
        for (lag, t) in found {
            last = (lag, t);
            if t >= SIGNIFICANT {
                break;
            }
        }
        return Ok((last.0, Some(last.1)));
    }
    let n = common.rows() as f64;
    let penalty = if choice == LagChoice::Bic { n.ln() } else { 2.0 };
    let criterion = |lag: usize| {
        let log_likelihood = -0.5 * n * ((std::f64::consts::TAU * common.rss(width(lag)) / n).ln() + 1.0);
        -2.0 * log_likelihood + penalty * width(lag) as f64
    };
    let best = (0..=max_lag).map(|lag| (lag, criterion(lag))).min_by(|a, b| a.1.total_cmp(&b.1));
    let (lag, value) = best.ok_or(ModelError::EmptyInput)?;
    Ok((lag, Some(value)))
}

/// The product's answer to "is this series stationary".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stationarity {
    /// The test.
    pub test: Adf,
    /// `p < 0.05`.
    pub stationary: bool,
}

/// The test with the specification's minimum sample and lag rule (C2):
/// `p_max = min(20, floor(12 (n/100)^0.25), floor(n/2) - 1 - k)`, chosen by AIC.
///
/// Near-singular regressors lower the maximum lag before they become an error.
///
/// # Errors
/// Fewer than 30 values is `TooShort`, which callers treat as *not shown stationary*; otherwise
/// as [`adf`].
pub fn stationary(y: &[f64], deterministic: Deterministic) -> Result<Stationarity, ModelError> {
    const MINIMUM: usize = 30;
    check_series(y, MINIMUM)?;
    let by_size = (12.0 * (y.len() as f64 / 100.0).powf(0.25)).floor() as usize;
    let mut max_lag = 20.min(by_size).min((y.len() / 2).saturating_sub(1 + deterministic.terms()));
    loop {
        match adf(y, deterministic, Some(max_lag), LagChoice::Aic) {
            Ok(test) => return Ok(Stationarity { test, stationary: test.p_value < 0.05 }),
            Err(ModelError::Singular) if max_lag > 0 => max_lag -= 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(n: u32, pull: f64) -> Vec<f64> {
        let mut state = 7_u64;
        let mut level = 0.0;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                level = pull * level + ((state >> 40) as f64 / f64::from(1 << 24) - 0.5);
                level
            })
            .collect()
    }

    #[test]
    fn a_walk_is_not_stationary_and_a_strong_pull_is() {
        assert!(!stationary(&walk(400, 1.0), Deterministic::Constant).unwrap().stationary);
        assert!(stationary(&walk(400, 0.5), Deterministic::Constant).unwrap().stationary);
    }

    #[test]
    fn what_cannot_be_tested_is_an_error() {
        let constant = ModelError::Degenerate { why: "the series is constant" };
        for (y, want) in [
            (vec![], ModelError::EmptyInput),
            (walk(29, 1.0), ModelError::TooShort { need: 30, got: 29 }),
            (vec![4.0; 40], constant),
            (vec![1.0, f64::NAN, 2.0], ModelError::NonFinite { index: 1 }),
        ] {
            assert_eq!(stationary(&y, Deterministic::Constant).unwrap_err(), want);
        }
        let line: Vec<f64> = (0..60).map(f64::from).collect();
        assert!(stationary(&line, Deterministic::Constant).is_err());
        assert!(adf(&walk(20, 1.0), Deterministic::Constant, Some(9), LagChoice::Aic).is_err());
        assert!(adf(&walk(3, 1.0), Deterministic::Trend, None, LagChoice::Aic).is_err());
    }

    #[test]
    fn the_statistic_does_not_depend_on_the_unit_of_the_series() {
        let y = walk(120, 0.9);
        let in_paisa: Vec<f64> = y.iter().map(|v| 1e5 + 100.0 * v).collect();
        let (a, b) = (stationary(&y, Deterministic::Trend), stationary(&in_paisa, Deterministic::Trend));
        assert!((a.unwrap().test.statistic - b.unwrap().test.statistic).abs() < 1e-6);
    }
}
