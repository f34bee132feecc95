//! Is one forecast better than another: the Diebold-Mariano test.

use super::ModelError;
use super::descriptive::{autocovariances, mean};
use super::error::check_series;
use super::probability::{normal_sf, student_t_sf};

/// What an error costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Its square.
    Squared,
    /// Its size.
    Absolute,
}

/// Weights of the autocovariances in the long-run variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// All one; the variance may come out negative.
    Rectangular,
    /// Falling linearly; never negative.
    Bartlett,
}

/// How two series of errors are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Forecast horizon in steps, at least 1.
    pub horizon: usize,
    /// The loss.
    pub loss: Loss,
    /// The kernel.
    pub kernel: Kernel,
    /// Autocovariances used.
    pub lags: usize,
    /// The small-sample correction of Harvey, Leybourne and Newbold, with t instead of normal.
    pub small_sample: bool,
}

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DieboldMariano {
    /// Positive when the first forecast loses more; `None` when the long-run variance is not positive.
    pub statistic: Option<f64>,
    /// Two-sided.
    pub p_value: Option<f64>,
    /// Mean difference of losses, first less second.
    pub mean_difference: f64,
    /// Long-run variance of the difference.
    pub long_run_variance: f64,
}

/// Compares two series of forecast errors of the same targets.
///
/// # Errors
/// Unequal lengths, fewer than two, values or losses that are not finite, lags not below the length, or a
/// horizon of 0 or above the length.
pub fn diebold_mariano(e1: &[f64], e2: &[f64], how: Comparison) -> Result<DieboldMariano, ModelError> {
    if e1.len() != e2.len() {
        return Err(ModelError::DimensionMismatch { left: e1.len(), right: e2.len() });
    }
    check_series(e1, how.lags.saturating_add(1).max(2))?;
    check_series(e2, 2)?;
    if how.horizon == 0 || how.horizon > e1.len() {
        return Err(ModelError::OutOfDomain {
            name: "horizon",
            value: how.horizon as f64,
            domain: "1 up to the number of errors",
        });
    }
    let loss = |error: f64| match how.loss {
        Loss::Squared => error * error,
        Loss::Absolute => error.abs(),
    };
    let differences: Vec<f64> = e1.iter().zip(e2).map(|(a, b)| loss(*a) - loss(*b)).collect();
    super::error::check_finite(&differences)?;
    let mean_difference = mean(&differences);
    let covariances = autocovariances(&differences, how.lags);
    let weight = |lag: usize| match how.kernel {
        Kernel::Rectangular => 1.0,
        Kernel::Bartlett => 1.0 - lag as f64 / (how.lags as f64 + 1.0),
    };
    let lagged: f64 = covariances.iter().enumerate().skip(1).map(|(lag, c)| weight(lag) * c).sum();
    let long_run_variance = covariances[0] + 2.0 * lagged;
    super::error::check_finite(&[mean_difference, long_run_variance])?;
    let n = e1.len() as f64;
    let statistic = (long_run_variance > 0.0).then(|| {
        let h = how.horizon as f64;
        let correction =
            if how.small_sample { ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt() } else { 1.0 };
        correction * mean_difference / (long_run_variance / n).sqrt()
    });
    let p_value = statistic
        .map(|t| 2.0 * if how.small_sample { student_t_sf(t.abs(), n - 1.0) } else { normal_sf(t.abs()) });
    Ok(DieboldMariano { statistic, p_value, mean_difference, long_run_variance })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: Comparison = Comparison {
        horizon: 1,
        loss: Loss::Squared,
        kernel: Kernel::Rectangular,
        lags: 0,
        small_sample: false,
    };

    #[test]
    fn swapping_the_forecasts_changes_the_sign_only() {
        let (a, b) = ([1.0, -2.0, 0.5, 3.0, -1.0], [0.5, 1.0, -0.5, 1.5, 2.0]);
        let (there, back) = (diebold_mariano(&a, &b, HOW).unwrap(), diebold_mariano(&b, &a, HOW).unwrap());
        assert_eq!(there.statistic, back.statistic.map(|s| -s));
        assert_eq!(there.p_value, back.p_value);
    }

    #[test]
    fn no_variance_has_no_statistic_and_bad_lengths_are_errors() {
        let same = diebold_mariano(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], HOW).unwrap();
        assert_eq!((same.statistic, same.p_value), (None, None));
        assert!(diebold_mariano(&[1.0], &[1.0, 2.0], HOW).is_err());
        assert!(diebold_mariano(&[1.0, 2.0], &[1.0, 2.0], Comparison { lags: 2, ..HOW }).is_err());
        assert!(diebold_mariano(&[1.0, 2.0], &[1.0, 2.0], Comparison { horizon: 0, ..HOW }).is_err());
    }
}
