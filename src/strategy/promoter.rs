//! How much a promoter's trades are to be believed (C13).
//!
//! Returns after a promoter's trade are `b x + u`; what is believed of `b` starts at nothing in
//! particular and is updated by Bayes' rule with matured, non-overlapping outcomes only. Old
//! evidence fades a little each month.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::units::{require, require_positive};

/// Prior variance of the response.
pub const PRIOR_VARIANCE: f64 = 0.1;
/// Variance of outcomes until there are enough to estimate it: a standard deviation of 10 %.
pub const NOISE_VARIANCE: f64 = 0.01;
/// Outcomes after which the noise is estimated.
pub const MIN_OUTCOMES: u32 = 20;
/// What is kept of the evidence from one month to the next.
pub const MONTHLY_RETENTION: f64 = 0.995;

/// What is believed of a promoter's trades.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PromoterBelief {
    /// Expected response of the return to the signal.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// Matured outcomes counted.
    pub outcomes: u32,
    /// Sum of squared residuals, each against the belief before it.
    pub residual_squares: f64,
}

impl Default for PromoterBelief {
    fn default() -> Self {
        Self { mean: 0.0, variance: PRIOR_VARIANCE, outcomes: 0, residual_squares: 0.0 }
    }
}

/// An expected return and how uncertain it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PromoterForecast {
    /// Expected return.
    pub mean: f64,
    /// Variance of the return, noise included.
    pub variance: f64,
}

impl PromoterBelief {
    /// Variance of an outcome around its expectation.
    #[must_use]
    pub fn noise_variance(&self) -> f64 {
        if self.outcomes < MIN_OUTCOMES {
            return NOISE_VARIANCE;
        }
        (self.residual_squares / f64::from(self.outcomes)).max(1e-6)
    }

    /// The belief after one matured outcome: a signal of strength `x` was followed by `outcome`. A
    /// signal of zero says nothing and changes nothing.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for values that are not finite.
    pub fn updated(self, x: f64, outcome: f64) -> Result<Self, ModelError> {
        require(true, "promoter signal", x, "finite")?;
        require(true, "outcome", outcome, "finite")?;
        require_positive("variance of belief", self.variance)?;
        if x == 0.0 {
            return Ok(self);
        }
        let noise = self.noise_variance();
        let variance = 1.0 / (1.0 / self.variance + x * x / noise);
        let mean = variance * (self.mean / self.variance + x * outcome / noise);
        let surprise = outcome - self.mean * x;
        Ok(Self {
            mean,
            variance,
            outcomes: self.outcomes.saturating_add(1),
            residual_squares: self.residual_squares + surprise * surprise,
        })
    }

    /// The belief a month later: a little less certain, never less than at the start.
    #[must_use]
    pub fn month_later(self) -> Self {
        Self { variance: (self.variance / MONTHLY_RETENTION).min(PRIOR_VARIANCE), ..self }
    }

    /// The return expected after a signal of strength `x`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite.
    pub fn forecast(&self, x: f64) -> Result<PromoterForecast, ModelError> {
        require(true, "promoter signal", x, "finite")?;
        Ok(PromoterForecast { mean: self.mean * x, variance: self.variance * x * x + self.noise_variance() })
    }

    /// How much has been learned: 0 before any data, towards 1.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        (1.0 - self.variance / PRIOR_VARIANCE).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_outcome_moves_the_belief_by_bayes_rule() {
        let got = PromoterBelief::default().updated(0.5, 0.04).unwrap();
        let variance = 1.0 / (10.0 + 25.0);
        assert!((got.variance - variance).abs() < 1e-15);
        assert!((got.mean - variance * 0.5 * 0.04 / 0.01).abs() < 1e-15);
        assert!((got.confidence() - (1.0 - 10.0 / 35.0)).abs() < 1e-12);
        let forecast = got.forecast(0.5).unwrap();
        assert!((forecast.variance - (variance * 0.25 + 0.01)).abs() < 1e-15);
    }

    #[test]
    fn nothing_is_learned_from_nothing() {
        let start = PromoterBelief::default();
        assert_eq!(start.confidence(), 0.0);
        assert_eq!(start.updated(0.0, 0.3).unwrap(), start);
        assert!(start.updated(f64::NAN, 0.0).is_err());
        assert_eq!(start.month_later().variance, PRIOR_VARIANCE);
    }

    #[test]
    fn many_outcomes_find_the_response_and_fade() {
        let mut belief = PromoterBelief::default();
        for k in 0..200 {
            let noise = 0.02 * (f64::from(k) * 1.7).sin();
            belief = belief.updated(1.0, 0.03 + noise).unwrap();
        }
        assert!((belief.mean - 0.03).abs() < 0.003, "{belief:?}");
        assert!(belief.noise_variance() < NOISE_VARIANCE && belief.confidence() > 0.99);
        assert!(belief.month_later().variance > belief.variance);
    }
}
