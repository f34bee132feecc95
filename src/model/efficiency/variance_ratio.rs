//! The variance ratio of Lo and MacKinlay.

use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::probability::normal_sf;

/// Conventions of the ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Remove the mean change (a drift) first.
    pub drift: bool,
    /// Use every q-period change, not only every q-th.
    pub overlap: bool,
    /// Allow for changing variance in the standard error; acts only with overlap.
    pub robust: bool,
    /// Correct both variances for bias; acts only with overlap.
    pub unbiased: bool,
}

impl Options {
    /// Drift removed, overlapping, robust, unbiased: the specification's choice.
    pub const STANDARD: Self = Self { drift: true, overlap: true, robust: true, unbiased: true };
}

/// A variance ratio and its test against a random walk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceRatio {
    /// Periods compared with one.
    pub q: usize,
    /// The ratio; 1 for a random walk.
    pub ratio: f64,
    /// `(ratio - 1)` over its standard error.
    pub statistic: f64,
    /// Two-sided, normal.
    pub p_value: f64,
}

/// The ratio of `q`-period to one-period variance of the levels `y` (log prices).
///
/// Without overlap the tail is cut so that the number of changes is a multiple of `q`, and the
/// homoskedastic variance `2(q-1)` is used.
///
/// # Errors
/// Values that are not finite, `q < 2`, fewer than `q + 1` changes, or changes without variance.
pub fn variance_ratio(y: &[f64], q: usize, options: Options) -> Result<VarianceRatio, ModelError> {
    if q < 2 {
        return Err(ModelError::OutOfDomain { name: "q", value: q as f64, domain: "2 or more" });
    }
    check_series(y, q.saturating_add(2))?;
    let extra = if options.overlap { 0 } else { (y.len() - 1) % q };
    let y = &y[..y.len() - extra];
    let changes = y.len() - 1;
    let (n, periods) = (changes as f64, q as f64);
    let drift = if options.drift { (y[changes] - y[0]) / n } else { 0.0 };
    let deviations: Vec<f64> = y.windows(2).map(|pair| (pair[1] - pair[0] - drift).powi(2)).collect();
    let total: f64 = deviations.iter().sum();
    let mut one = total / n;
    let step = if options.overlap { 1 } else { q };
    let squares: f64 = (q..=changes).step_by(step).map(|t| (y[t] - y[t - q] - periods * drift).powi(2)).sum();
    let mut many = squares / if options.overlap { n * periods } else { n };
    if options.overlap && options.unbiased {
        one *= n / (n - 1.0);
        many *= n * periods / (periods * (n - periods + 1.0) * (1.0 - periods / n));
    }
    let variance = if !options.overlap {
        2.0 * (periods - 1.0)
    } else if options.robust {
        robust_variance(&deviations, total, q)
    } else {
        2.0 * (2.0 * periods - 1.0) * (periods - 1.0) / (3.0 * periods)
    };
    let ratio = many / one;
    let statistic = n.sqrt() * (ratio - 1.0) / variance.sqrt();
    if !statistic.is_finite() {
        return Err(ModelError::Degenerate { why: "the changes have no variance" });
    }
    Ok(VarianceRatio { q, ratio, statistic, p_value: 2.0 * normal_sf(statistic.abs()) })
}

/// `n theta` of C3: the asymptotic variance under heteroskedasticity.
fn robust_variance(deviations: &[f64], total: f64, q: usize) -> f64 {
    let n = deviations.len() as f64;
    let term = |k: usize| {
        let products: f64 = deviations.iter().skip(k).zip(deviations).map(|(a, b)| a * b).sum();
        let weight = 2.0 * (1.0 - k as f64 / q as f64);
        weight * weight * n * products / (total * total)
    };
    (1..q).map(term).sum()
}

/// The random-walk question over several horizons at once.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomWalk {
    /// The ratios, for 2, 5, 10 and 20 periods.
    pub ratios: Vec<VarianceRatio>,
    /// Joint p-value of the largest statistic against the studentised maximum modulus.
    pub joint_p_value: f64,
}

/// Variance ratios at 2, 5, 10 and 20 periods with their joint test (C3; Chow and Denning).
///
/// # Errors
/// Fewer than `10 q` changes for the longest horizon, or as [`variance_ratio`].
pub fn random_walk(log_prices: &[f64]) -> Result<RandomWalk, ModelError> {
    const HORIZONS: [usize; 4] = [2, 5, 10, 20];
    check_series(log_prices, 10 * HORIZONS[3] + 1)?;
    let ratios: Vec<VarianceRatio> = HORIZONS
        .iter()
        .map(|q| variance_ratio(log_prices, *q, Options::STANDARD))
        .collect::<Result<_, _>>()?;
    let smallest = ratios.iter().map(|ratio| ratio.p_value).fold(1.0, f64::min);
    // `1 - (1 - p)^m`, without losing a small p.
    let joint_p_value = -(ratios.len() as f64 * (-smallest).ln_1p()).exp_m1();
    Ok(RandomWalk { ratios, joint_p_value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternating_changes_revert_and_the_bad_cases_are_errors() {
        let saw: Vec<f64> = (0..300).map(|t| f64::from(t % 2) + 0.001 * f64::from(t % 7)).collect();
        let walk = random_walk(&saw).unwrap();
        assert!(walk.ratios.iter().all(|r| r.ratio < 0.25) && walk.joint_p_value < 0.01, "{walk:?}");
        assert!(walk.joint_p_value >= walk.ratios.iter().map(|r| r.p_value).fold(1.0, f64::min));
        assert!(random_walk(&saw[..200]).is_err());
        assert!(variance_ratio(&[1.0; 50], 2, Options::STANDARD).is_err());
        assert!(variance_ratio(&saw, 1, Options::STANDARD).is_err());
        assert!(variance_ratio(&saw, usize::MAX, Options::STANDARD).is_err());
    }
}
