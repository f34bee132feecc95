//! Covariances that know about regimes (C18).
//!
//! Each regime's moments are estimated with the probabilities known at the time as weights; the one to
//! trade on is their mixture, which also counts that the regimes have different means. Covariances
//! are blended and correlations derived from the result: blending correlations alone would not be
//! the covariance of anything.

use nalgebra::{DMatrix, DVector};

use super::sample::moments;
use super::shrinkage::towards_constant_correlation;
use super::{check_square, correlation, mean_off_diagonal};
use crate::model::ModelError;
use crate::model::regime::FilteredProbability;

/// Effective observations below which a regime borrows the pooled covariance.
pub const MIN_EFFECTIVE: f64 = 60.0;

/// Moments of one regime.
#[derive(Clone, PartialEq, Debug)]
pub struct RegimeMoments {
    /// Mean of each asset.
    pub mean: DVector<f64>,
    /// Covariance, shrunk.
    pub covariance: DMatrix<f64>,
    /// Effective observations behind it.
    pub effective: f64,
    /// Whether there were too few and the pooled covariance stands in.
    pub pooled: bool,
}

/// The normal regime and the stress regime.
#[derive(Clone, PartialEq, Debug)]
pub struct RegimeCovariances {
    /// Normal.
    pub normal: RegimeMoments,
    /// Stress.
    pub stress: RegimeMoments,
}

/// A mixture of the two.
#[derive(Clone, PartialEq, Debug)]
pub struct Blend {
    /// Mean of each asset.
    pub mean: DVector<f64>,
    /// Covariance; positive semi-definite because its parts are.
    pub covariance: DMatrix<f64>,
    /// Mean correlation in the normal regime; `None` for a single asset.
    pub normal_correlation: Option<f64>,
    /// Mean correlation in stress.
    pub stress_correlation: Option<f64>,
}

impl Blend {
    /// How much correlations rise in stress.
    #[must_use]
    pub fn correlation_increase(&self) -> Option<f64> {
        Some(self.stress_correlation? - self.normal_correlation?)
    }
}

impl RegimeCovariances {
    /// Estimates both from `returns` (rows days, columns assets) and each day's probability of stress, as it
    /// was known on that day.
    ///
    /// # Errors
    /// [`ModelError::DimensionMismatch`] unless there is one probability per day; others as
    /// [`towards_constant_correlation`].
    pub fn estimate(returns: &DMatrix<f64>, p_stress: &[FilteredProbability]) -> Result<Self, ModelError> {
        if p_stress.len() != returns.nrows() {
            return Err(ModelError::DimensionMismatch { left: p_stress.len(), right: returns.nrows() });
        }
        let pooled = towards_constant_correlation(returns, None)?.covariance;
        let stress: Vec<f64> = p_stress.iter().map(|p| p.get()).collect();
        let normal: Vec<f64> = stress.iter().map(|p| 1.0 - p).collect();
        Ok(Self { normal: regime(returns, &normal, &pooled)?, stress: regime(returns, &stress, &pooled)? })
    }

    /// `sum p_k (S_k + (m_k - m)(m_k - m)')` with `m = sum p_k m_k`.
    ///
    /// # Errors
    /// [`ModelError::DimensionMismatch`] if the regimes have different numbers of assets; others as for any square matrix.
    pub fn blend(&self, p_stress: FilteredProbability) -> Result<Blend, ModelError> {
        let n = check_square(&self.normal.covariance)?;
        for other in [check_square(&self.stress.covariance)?, self.normal.mean.len(), self.stress.mean.len()]
        {
            if other != n {
                return Err(ModelError::DimensionMismatch { left: n, right: other });
            }
        }
        let p = p_stress.get();
        let mean = &self.normal.mean * (1.0 - p) + &self.stress.mean * p;
        let part = |regime: &RegimeMoments| {
            let away = &regime.mean - &mean;
            &regime.covariance + &away * away.transpose()
        };
        let covariance = part(&self.normal) * (1.0 - p) + part(&self.stress) * p;
        let common = |c: &DMatrix<f64>| correlation(c).ok().and_then(|c| mean_off_diagonal(&c));
        Ok(Blend {
            normal_correlation: common(&self.normal.covariance),
            stress_correlation: common(&self.stress.covariance),
            mean,
            covariance,
        })
    }
}

/// One regime: its own shrunk covariance, or the pooled one if it was too rare.
fn regime(
    returns: &DMatrix<f64>,
    weights: &[f64],
    pooled: &DMatrix<f64>,
) -> Result<RegimeMoments, ModelError> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        // It never happened: nothing is known of it beyond the pool.
        let mean = moments(returns, None)?.mean;
        return Ok(RegimeMoments { mean, covariance: pooled.clone(), effective: 0.0, pooled: true });
    }
    let own = moments(returns, Some(weights))?;
    if own.effective < MIN_EFFECTIVE {
        return Ok(RegimeMoments {
            mean: own.mean,
            covariance: pooled.clone(),
            effective: own.effective,
            pooled: true,
        });
    }
    let covariance = towards_constant_correlation(returns, Some(weights))?.covariance;
    Ok(RegimeMoments { mean: own.mean, covariance, effective: own.effective, pooled: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::covariance::psd::smallest_eigenvalue;

    fn p(value: f64) -> FilteredProbability {
        FilteredProbability::new(value).unwrap()
    }

    /// Three assets that move together only when the day is stressed.
    fn days(count: usize, stressed: usize) -> (DMatrix<f64>, Vec<FilteredProbability>) {
        let returns = DMatrix::from_fn(count, 3, |t, i| {
            let own = ((t * 31 + i * 17 * (t + 1)) as f64 * 0.7).sin();
            let common = (t as f64 * 2.1).sin();
            if t < stressed { 0.03 * common + 0.003 * own - 0.01 } else { 0.01 * own }
        });
        let probabilities = (0..count).map(|t| p(if t < stressed { 0.95 } else { 0.05 })).collect();
        (returns, probabilities)
    }

    #[test]
    fn stress_is_more_correlated_and_the_blend_lies_between() {
        let (returns, probabilities) = days(400, 120);
        let regimes = RegimeCovariances::estimate(&returns, &probabilities).unwrap();
        assert!(!regimes.stress.pooled && !regimes.normal.pooled);
        let blend = regimes.blend(p(0.3)).unwrap();
        assert!(blend.correlation_increase().unwrap() > 0.3);
        for (edge, regime) in [(0.0, &regimes.normal), (1.0, &regimes.stress)] {
            let at = regimes.blend(p(edge)).unwrap();
            assert!((at.covariance - &regime.covariance).norm() < 1e-15);
        }
        assert!(smallest_eigenvalue(&blend.covariance).unwrap() > 0.0);
        // Different means add variance beyond the mixture of the covariances.
        let mixed = &regimes.normal.covariance * 0.7 + &regimes.stress.covariance * 0.3;
        let away = &regimes.stress.mean - &regimes.normal.mean;
        let expected = mixed + &away * away.transpose() * (0.3 * 0.7);
        assert!((blend.covariance - expected).norm() < 1e-15);
    }

    #[test]
    fn a_rare_regime_borrows_the_pool() {
        let (returns, _) = days(400, 120);
        let rare: Vec<_> = (0..400).map(|t| p(if t < 20 { 1.0 } else { 0.0 })).collect();
        let got = RegimeCovariances::estimate(&returns, &rare).unwrap();
        assert!(got.stress.pooled && got.stress.effective < 21.0);
        let never = vec![p(0.0); 400];
        let got = RegimeCovariances::estimate(&returns, &never).unwrap();
        assert!(got.stress.pooled && got.stress.effective == 0.0);
        assert!(RegimeCovariances::estimate(&returns, &never[1..]).is_err());
    }
}
