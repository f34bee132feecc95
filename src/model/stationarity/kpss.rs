//! The KPSS test: the null is stationarity, around a level or around a trend.

use super::Deterministic;
use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::regression::LeastSquares;

/// How many autocovariances enter the long-run variance (Bartlett weights).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bandwidth {
    /// The data-dependent rule of Hobijn, Franses and Ooms (1998).
    Automatic,
    /// `ceil(12 (n/100)^0.25)`.
    Legacy,
    /// A given number.
    Lags(usize),
}

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kpss {
    /// The statistic.
    pub statistic: f64,
    /// Interpolated in the published table and therefore clipped to [0.01, 0.10].
    pub p_value: f64,
    /// Lags used.
    pub lags: usize,
}

const LEVELS: [f64; 4] = [0.10, 0.05, 0.025, 0.01];
const AROUND_LEVEL: [f64; 4] = [0.347, 0.463, 0.574, 0.739];
const AROUND_TREND: [f64; 4] = [0.119, 0.146, 0.176, 0.216];

/// Runs the test around a constant or around a constant and a trend.
///
/// # Errors
/// Values that are not finite, fewer than two (three with a trend), a lag count not below the
/// length, another deterministic part than those two (`OutOfDomain`), or residuals without
/// variance (`Degenerate`).
pub fn kpss(y: &[f64], around: Deterministic, bandwidth: Bandwidth) -> Result<Kpss, ModelError> {
    let table = match around {
        Deterministic::Constant => &AROUND_LEVEL,
        Deterministic::Trend => &AROUND_TREND,
        other => {
            return Err(ModelError::OutOfDomain {
                name: "deterministic terms",
                value: other.terms() as f64,
                domain: "1 (level) or 2 (trend)",
            });
        }
    };
    check_series(y, around.terms() + 1)?;
    let n = y.len();
    let residuals = LeastSquares::new(around.columns(n), y.to_vec())?.fit()?.residuals;
    let lags = match bandwidth {
        Bandwidth::Automatic => automatic_lags(&residuals).min(n - 1),
        Bandwidth::Legacy => legacy_lags(n).min(n - 1),
        Bandwidth::Lags(lags) if lags >= n => {
            return Err(ModelError::OutOfDomain { name: "lags", value: lags as f64, domain: "below n" });
        }
        Bandwidth::Lags(lags) => lags,
    };
    let long_run = long_run_variance(&residuals, lags);
    const ROUNDING: f64 = 1e-14;
    let scale = y.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    if long_run.is_nan() || long_run <= (ROUNDING * scale).powi(2) {
        return Err(ModelError::Degenerate { why: "the residuals have no long-run variance" });
    }
    let mut sum = 0.0;
    let mut squares = 0.0;
    for residual in &residuals {
        sum += residual;
        squares += sum * sum;
    }
    let statistic = squares / (n as f64 * n as f64) / long_run;
    Ok(Kpss { statistic, p_value: interpolate(statistic, table), lags })
}

fn product(residuals: &[f64], lag: usize) -> f64 {
    residuals.iter().skip(lag).zip(residuals).map(|(a, b)| a * b).sum()
}

fn long_run_variance(residuals: &[f64], lags: usize) -> f64 {
    let weighted = |lag: usize| 2.0 * (1.0 - lag as f64 / (lags as f64 + 1.0)) * product(residuals, lag);
    (product(residuals, 0) + (1..=lags).map(weighted).sum::<f64>()) / residuals.len() as f64
}

fn legacy_lags(n: usize) -> usize {
    (12.0 * (n as f64 / 100.0).powf(0.25)).ceil() as usize
}

fn automatic_lags(residuals: &[f64]) -> usize {
    let n = residuals.len() as f64;
    let pilot = n.powf(2.0 / 9.0) as usize;
    let mut s0 = product(residuals, 0) / n;
    let mut s1 = 0.0;
    for lag in 1..=pilot {
        let term = product(residuals, lag) / (n / 2.0);
        s0 += term;
        s1 += lag as f64 * term;
    }
    let ratio = s1 / s0;
    let gamma = 1.1447 * (ratio * ratio).cbrt();
    // A ratio that is not a number (no variance at all) becomes zero lags and is refused later.
    (gamma * n.cbrt()) as usize
}

fn interpolate(statistic: f64, table: &[f64; 4]) -> f64 {
    if statistic <= table[0] {
        return LEVELS[0];
    }
    let segment = table.windows(2).zip(LEVELS.windows(2)).find(|(t, _)| statistic <= t[1]);
    segment.map_or(LEVELS[3], |(t, p)| p[0] + (p[1] - p[0]) * (statistic - t[0]) / (t[1] - t[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_interpolated_and_clipped() {
        for (statistic, p) in
            [(0.0, 0.10), (0.347, 0.10), (0.405, 0.075), (0.463, 0.05), (0.739, 0.01), (9.0, 0.01)]
        {
            assert!((interpolate(statistic, &AROUND_LEVEL) - p).abs() < 1e-12, "{statistic}");
        }
    }

    #[test]
    fn degenerate_input_is_an_error() {
        assert!(kpss(&[5.0; 40], Deterministic::Constant, Bandwidth::Automatic).is_err());
        assert!(kpss(&[1.0, 2.0, 4.0], Deterministic::Constant, Bandwidth::Lags(3)).is_err());
        assert!(kpss(&[1.0, 2.0, 4.0], Deterministic::None, Bandwidth::Lags(1)).is_err());
        assert!(kpss(&[], Deterministic::Constant, Bandwidth::Legacy).is_err());
    }
}
