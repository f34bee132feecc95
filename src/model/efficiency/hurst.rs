//! Hurst exponents: rescaled range, aggregated variance, lagged differences, and detrended
//! fluctuation analysis.
//!
//! Every one is the slope of a log-log line; they differ in what is measured at each scale.

use statrs::function::gamma::ln_gamma;

use crate::model::ModelError;
use crate::model::descriptive::{mean, variance};
use crate::model::error::{check_finite, check_series};
use crate::model::regression::{self, Line};

/// Rescaled range by window size.
#[derive(Clone, Debug, PartialEq)]
pub struct RescaledRange {
    /// Mean range over standard deviation, per window size.
    pub mean: Vec<f64>,
    /// Its expectation for independent values (Anis and Lloyd), per window size.
    pub expected: Vec<f64>,
    /// The slope of `ln mean` on `ln size`.
    pub hurst: f64,
    /// `0.5 +` the slope of `ln mean - ln expected`, free of the small-window bias.
    pub hurst_corrected: f64,
}

/// R/S over consecutive windows of each size, from the start; windows without variance are
/// skipped.
///
/// # Errors
/// Fewer than two sizes, a size below 2 or above the length, or a size all of whose windows are
/// constant.
pub fn rescaled_range(increments: &[f64], sizes: &[usize]) -> Result<RescaledRange, ModelError> {
    check_finite(increments)?;
    check_scales(sizes, 2, increments.len())?;
    let means: Vec<f64> =
        sizes.iter().map(|size| mean_rescaled_range(increments, *size)).collect::<Result<_, _>>()?;
    let expected: Vec<f64> = sizes.iter().map(|size| expected_rescaled_range(*size)).collect();
    let excess: Vec<f64> = means.iter().zip(&expected).map(|(m, e)| m / e).collect();
    let hurst = log_slope(sizes, &means)?.slope;
    let hurst_corrected = 0.5 + log_slope(sizes, &excess)?.slope;
    Ok(RescaledRange { mean: means, expected, hurst, hurst_corrected })
}

fn mean_rescaled_range(increments: &[f64], size: usize) -> Result<f64, ModelError> {
    let of_window = |window: &[f64]| {
        let (centre, deviation) = (mean(window), variance(window, 0).sqrt());
        let (mut sum, mut low, mut high) = (0.0_f64, f64::INFINITY, f64::NEG_INFINITY);
        for value in window {
            sum += value - centre;
            low = low.min(sum);
            high = high.max(sum);
        }
        (deviation > 0.0).then(|| (high - low) / deviation)
    };
    let ranges: Vec<f64> = increments.chunks_exact(size).filter_map(of_window).collect();
    if ranges.is_empty() {
        return Err(ModelError::Degenerate { why: "every window of one size is constant" });
    }
    Ok(mean(&ranges))
}

/// Expected rescaled range of `n` independent values (Anis and Lloyd, 1976); 0 below two.
#[must_use]
pub fn expected_rescaled_range(n: usize) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let size = n as f64;
    let factor = (ln_gamma((size - 1.0) / 2.0) - ln_gamma(size / 2.0)).exp() / std::f64::consts::PI.sqrt();
    let sum: f64 = (1..n).map(|i| ((size - i as f64) / i as f64).sqrt()).sum();
    factor * sum
}

/// Variance of block means by block size, and `1 + slope/2` of its log-log line.
///
/// # Errors
/// Fewer than two sizes, a size of 0 or without two whole blocks, or block means without variance.
pub fn aggregated_variance(x: &[f64], sizes: &[usize]) -> Result<(Vec<f64>, f64), ModelError> {
    check_finite(x)?;
    check_scales(sizes, 1, x.len() / 2)?;
    let of_size = |size: &usize| {
        let blocks: Vec<f64> = x.chunks_exact(*size).map(mean).collect();
        variance(&blocks, 0)
    };
    let variances: Vec<f64> = sizes.iter().map(of_size).collect();
    let hurst = 1.0 + log_slope(sizes, &variances)?.slope / 2.0;
    Ok((variances, hurst))
}

/// Standard deviation of `y[t] - y[t-l]` by lag, and the slope of its log-log line. `y` is a level.
///
/// # Errors
/// Fewer than two lags, a lag of 0 or one that leaves fewer than two differences, or differences
/// without variance.
pub fn lagged_differences(y: &[f64], lags: &[usize]) -> Result<(Vec<f64>, f64), ModelError> {
    check_finite(y)?;
    check_scales(lags, 1, y.len().saturating_sub(2))?;
    let of_lag = |lag: &usize| {
        let differences: Vec<f64> = y.iter().skip(*lag).zip(y).map(|(a, b)| a - b).collect();
        variance(&differences, 0).sqrt()
    };
    let deviations: Vec<f64> = lags.iter().map(of_lag).collect();
    let hurst = log_slope(lags, &deviations)?.slope;
    Ok((deviations, hurst))
}

fn check_scales(scales: &[usize], smallest: usize, largest: usize) -> Result<(), ModelError> {
    if scales.len() < 2 {
        return Err(ModelError::TooShort { need: 2, got: scales.len() });
    }
    match scales.iter().find(|scale| **scale < smallest || **scale > largest) {
        Some(scale) => Err(ModelError::OutOfDomain {
            name: "scale",
            value: *scale as f64,
            domain: "large enough to vary, and within the series",
        }),
        None => Ok(()),
    }
}

fn log_slope(scales: &[usize], values: &[f64]) -> Result<Line, ModelError> {
    if values.iter().any(|value| !(*value > 0.0 && value.is_finite())) {
        return Err(ModelError::Degenerate { why: "no variance at one of the scales" });
    }
    let x: Vec<f64> = scales.iter().map(|scale| (*scale as f64).ln()).collect();
    let y: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    regression::line(&x, &y)
}

/// Detrended fluctuation analysis.
#[derive(Clone, Debug, PartialEq)]
pub struct Dfa {
    /// Window sizes.
    pub windows: Vec<usize>,
    /// Root mean square of the locally detrended profile, per window size.
    pub fluctuation: Vec<f64>,
    /// The slope of `ln F` on `ln w`.
    pub hurst: f64,
    /// Its standard error.
    pub std_error: f64,
}

/// Order-1 detrended fluctuation of the demeaned, cumulated returns, over consecutive windows
/// from the start.
///
/// # Errors
/// Fewer than three window sizes, one below 4 or above the length, or a profile without fluctuation.
pub fn dfa(returns: &[f64], windows: &[usize]) -> Result<Dfa, ModelError> {
    check_finite(returns)?;
    check_scales(windows, 4, returns.len())?;
    let centre = mean(returns);
    let mut sum = 0.0;
    let profile: Vec<f64> = returns
        .iter()
        .map(|r| {
            sum += r - centre;
            sum
        })
        .collect();
    let fluctuation: Vec<f64> =
        windows.iter().map(|window| fluctuation_at(&profile, *window)).collect::<Result<_, _>>()?;
    let line = log_slope(windows, &fluctuation)?;
    let std_error = line.slope_std_error.ok_or(ModelError::TooShort { need: 3, got: windows.len() })?;
    Ok(Dfa { windows: windows.to_vec(), fluctuation, hurst: line.slope, std_error })
}

fn fluctuation_at(profile: &[f64], window: usize) -> Result<f64, ModelError> {
    let time: Vec<f64> = (0..window).map(|t| t as f64).collect();
    let mut squares = 0.0;
    let mut count = 0_usize;
    for chunk in profile.chunks_exact(window) {
        let line = regression::line(&time, chunk)?;
        squares +=
            time.iter().zip(chunk).map(|(t, y)| (y - line.intercept - line.slope * t).powi(2)).sum::<f64>();
        count += window;
    }
    Ok((squares / count as f64).sqrt())
}

/// What a Hurst exponent says about a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// Within two standard errors of one half.
    RandomWalk,
    /// Below.
    MeanReverting,
    /// Above.
    Trending,
}

/// The product's reading (C3): DFA over twelve log-spaced windows from 10 to a quarter of the
/// series, read against two standard errors, with corrected R/S beside it.
///
/// # Errors
/// Fewer than 200 returns (`TooShort`), or as [`dfa`].
pub fn scaling(returns: &[f64]) -> Result<(Scaling, Dfa, RescaledRange), ModelError> {
    const MINIMUM: usize = 200;
    check_series(returns, MINIMUM)?;
    let windows = log_spaced(10, returns.len() / 4, 12);
    let dfa = dfa(returns, &windows)?;
    let distance = dfa.hurst - 0.5;
    let reading = if distance.abs() < 2.0 * dfa.std_error {
        Scaling::RandomWalk
    } else if distance < 0.0 {
        Scaling::MeanReverting
    } else {
        Scaling::Trending
    };
    let rescaled = rescaled_range(returns, &windows)?;
    Ok((reading, dfa, rescaled))
}

/// About `count` whole numbers from `first` to `last`, evenly spaced in logs, without repeats.
fn log_spaced(first: usize, last: usize, count: usize) -> Vec<usize> {
    let ratio = (last as f64 / first as f64).ln();
    let at = |i: usize| (first as f64 * (ratio * i as f64 / (count - 1) as f64).exp()).round() as usize;
    let mut sizes: Vec<usize> = (0..count).map(at).collect();
    sizes.dedup();
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> Vec<f64> {
        let mut state = 11_u64;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f64 / f64::from(1 << 24) - 0.5
            })
            .collect()
    }

    #[test]
    fn noise_reads_as_a_random_walk_and_its_sums_as_trending() {
        let x = noise(2000);
        let (reading, dfa, _) = scaling(&x).unwrap();
        assert_eq!(reading, Scaling::RandomWalk, "{dfa:?}");
        let smooth: Vec<f64> = x.windows(40).map(|w| w.iter().sum()).collect();
        assert_eq!(scaling(&smooth).unwrap().0, Scaling::Trending);
        let reverting: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
        assert_eq!(scaling(&reverting).unwrap().0, Scaling::MeanReverting);
    }

    #[test]
    fn the_windows_of_the_smallest_series_are_enough() {
        assert!(log_spaced(10, 50, 12).len() >= 8);
        assert_eq!(log_spaced(10, 50, 12).first().zip(log_spaced(10, 50, 12).last()), Some((&10, &50)));
    }

    #[test]
    fn impossible_scales_are_errors() {
        let x = noise(100);
        assert!(rescaled_range(&x, &[8]).is_err());
        assert!(rescaled_range(&x, &[8, 101]).is_err());
        assert!(rescaled_range(&[1.0; 64], &[8, 16]).is_err());
        assert!(aggregated_variance(&x, &[0, 4]).is_err());
        assert!(lagged_differences(&x, &[2, 99]).is_err());
        assert!(scaling(&x).is_err());
    }
}
