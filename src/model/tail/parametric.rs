//! Value at risk from moments and a distribution (K8).

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

use super::TailRisk;
use crate::model::ModelError;
use crate::model::error::{SMALLEST, check_series};
use crate::model::probability::student_t_quantile;

/// Moments of the returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, divisor `n - 1`.
    pub sigma: f64,
    /// Skewness, divisor `n`; 0 where nothing varies.
    pub skew: f64,
    /// Kurtosis less 3, divisor `n`; 0 where nothing varies.
    pub excess_kurtosis: f64,
}

impl Moments {
    /// Of at least two returns.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`];
    /// [`ModelError::OutOfDomain`] for a return of 1e70 or more.
    pub fn of(returns: &[f64]) -> Result<Self, ModelError> {
        check_series(returns, 2)?;
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let central = |power: i32| returns.iter().map(|r| (r - mean).powi(power)).sum::<f64>() / n;
        let largest = returns.iter().fold(0.0_f64, |m, r| m.max(r.abs()));
        // Rounding alone gives equal returns a deviation of about 1e-16 of their size, and the fourth
        // power of a smaller one is nothing.
        let variance =
            Some(central(2)).filter(|v| v.sqrt() > 1e-14 * largest && v.sqrt() > SMALLEST).unwrap_or(0.0);
        let (skew, excess_kurtosis) = if variance > 0.0 {
            (central(3) / variance.powf(1.5), central(4) / (variance * variance) - 3.0)
        } else {
            (0.0, 0.0)
        };
        Ok(Self { mean, sigma: (variance * n / (n - 1.0)).sqrt(), skew, excess_kurtosis })
    }

    /// Normal returns: `z sigma - mu` and `sigma phi(z) / (1 - c) - mu`.
    #[must_use]
    pub(crate) fn gaussian(&self, confidence: f64) -> TailRisk {
        let normal = Normal::standard();
        let z = normal.inverse_cdf(confidence);
        TailRisk {
            value_at_risk: z * self.sigma - self.mean,
            expected_shortfall: self.sigma * normal.pdf(z) / (1.0 - confidence) - self.mean,
        }
    }

    /// Student-t returns of the same mean and standard deviation: `sigma sqrt((nu - 2) / nu) t -
    /// mu`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for `nu` of 2 or less.
    pub fn student_t(&self, confidence: f64, nu: f64) -> Result<TailRisk, ModelError> {
        super::check_confidence(confidence)?;
        let t = StudentsT::new(0.0, 1.0, nu).ok().filter(|_| nu > 2.0 && nu <= 1e9);
        let t = t.ok_or(ModelError::OutOfDomain { name: "nu", value: nu, domain: "above 2, at most 1e9" })?;
        let unit = self.sigma * ((nu - 2.0) / nu).sqrt();
        let q = student_t_quantile(confidence, nu);
        let tail_mean = t.pdf(q) / (1.0 - confidence) * (nu + q * q) / (nu - 1.0);
        Ok(TailRisk { value_at_risk: unit * q - self.mean, expected_shortfall: unit * tail_mean - self.mean })
    }

    /// Whether the expansion can be trusted: `|skew| < 1` and kurtosis below 8.
    #[must_use]
    pub fn cornish_fisher_is_valid(&self) -> bool {
        self.skew.abs() < 1.0 && self.excess_kurtosis + 3.0 < 8.0
    }

    /// Value at risk with the normal quantile corrected for skewness and kurtosis (Cornish and
    /// Fisher).
    #[must_use]
    pub(crate) fn cornish_fisher(&self, confidence: f64) -> f64 {
        let z = Normal::standard().inverse_cdf(1.0 - confidence);
        let (s, k) = (self.skew, self.excess_kurtosis);
        let corrected = z + (z * z - 1.0) * s / 6.0 + (z.powi(3) - 3.0 * z) * k / 24.0
            - (2.0 * z.powi(3) - 5.0 * z) * s * s / 36.0;
        -(self.mean + corrected * self.sigma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Moments = Moments { mean: 0.0, sigma: 1.0, skew: 0.0, excess_kurtosis: 0.0 };

    #[test]
    fn published_quantiles() {
        for (confidence, z, es) in
            [(0.95, 1.644_853_627, 2.062_712_807), (0.99, 2.326_347_874, 2.665_214_220)]
        {
            let risk = UNIT.gaussian(confidence);
            assert!((risk.value_at_risk - z).abs() < 1e-8, "{risk:?}");
            assert!((risk.expected_shortfall - es).abs() < 1e-8, "{risk:?}");
            assert!((UNIT.cornish_fisher(confidence) - z).abs() < 1e-8);
        }
        // t with 5 degrees of freedom at 95 %: 2.015048, rescaled by sqrt(3/5).
        let t = UNIT.student_t(0.95, 5.0).unwrap();
        assert!((t.value_at_risk - 2.015_048_373 * 0.6f64.sqrt()).abs() < 1e-6, "{t:?}");
        assert!(UNIT.student_t(0.95, 2.0).is_err());
        let near_normal = UNIT.student_t(0.99, 1e6).unwrap();
        assert!((near_normal.expected_shortfall - 2.665_214).abs() < 1e-3);
    }

    #[test]
    fn negative_skew_raises_the_loss() {
        assert!(Moments { skew: -0.5, ..UNIT }.cornish_fisher(0.99) > UNIT.cornish_fisher(0.99));
        assert!(!Moments { skew: -1.2, ..UNIT }.cornish_fisher_is_valid());
        assert!(!Moments { excess_kurtosis: 5.5, ..UNIT }.cornish_fisher_is_valid());
    }
}
