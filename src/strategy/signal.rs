//! Several forecasts of one return made into one (C13).
//!
//! Every signal forecasts the same horizon in the same unit; a raw score is first mapped to a return
//! by a trailing regression. Weights are at or above zero and sum to one. A signal without proof has
//! weight zero, not a small one, and when none has proof the combined forecast is zero: no trade.

use nalgebra::{DMatrix, DVector};

use crate::model::covariance::shrinkage::towards_constant_correlation;
use crate::model::error::{check_finite, check_series, finite};
use crate::model::units::{require, require_non_negative, require_unit};
use crate::model::{ModelError, nnls};

/// Effective observations below which an information coefficient counts as zero.
pub const MIN_EFFECTIVE: f64 = 20.0;
/// Observations of "no skill" that an information coefficient is shrunk with.
pub const SHRINKAGE: f64 = 100.0;
/// Prior weight of the statistical model before proof.
pub const PRIOR_MODEL: f64 = 0.7;
/// Prior weight of the promoter signal at full confidence.
pub const PRIOR_PROMOTER: f64 = 0.3;

/// What is known of a signal's skill.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Skill {
    /// Mean information coefficient, in [-1, 1].
    pub coefficient: f64,
    /// Effective number of matured observations behind it.
    pub effective: f64,
}

impl Skill {
    /// The coefficient shrunk towards none; zero while unproven.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`].
    pub fn shrunk(self) -> Result<f64, ModelError> {
        require(
            (-1.0..=1.0).contains(&self.coefficient),
            "information coefficient",
            self.coefficient,
            "[-1, 1]",
        )?;
        require_non_negative("effective observations", self.effective)?;
        if self.effective < MIN_EFFECTIVE {
            return Ok(0.0);
        }
        Ok(self.coefficient * self.effective / (self.effective + SHRINKAGE))
    }
}

/// Weights of the signals, in their order.
#[derive(Clone, PartialEq, Debug)]
pub enum Weights {
    /// At or above zero, summing to one.
    Of(Vec<f64>),
    /// No signal has shown skill: the combined forecast is zero.
    NoSkill,
}

/// The same weight for each of `count` signals.
///
/// # Errors
/// [`ModelError::EmptyInput`] for none.
pub fn equal_weights(count: usize) -> Result<Weights, ModelError> {
    if count == 0 {
        return Err(ModelError::EmptyInput);
    }
    Ok(Weights::Of(vec![1.0 / count as f64; count]))
}

/// Weights in proportion to shrunk skill, nothing for skill below zero.
///
/// # Errors
/// [`ModelError::EmptyInput`]; [`ModelError::OutOfDomain`] as [`Skill::shrunk`].
pub fn ic_weights(skills: &[Skill]) -> Result<Weights, ModelError> {
    if skills.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    let raw: Vec<f64> = skills.iter().map(|s| s.shrunk().map(|v| v.max(0.0))).collect::<Result<_, _>>()?;
    Ok(normalised(&raw).map_or(Weights::NoSkill, Weights::Of))
}

/// Weights that minimise the variance of the combined forecast error, `min w' E w` on the simplex.
///
/// # Errors
/// As for any square matrix; [`ModelError::Singular`] unless `E` is positive definite.
pub fn min_variance_weights(error_covariance: &DMatrix<f64>) -> Result<Weights, ModelError> {
    let n = crate::model::covariance::check_square(error_covariance)?;
    // With y = w / (w' E w) the problem is min y' E y / 2 - sum y over y >= 0: least squares on the
    // Cholesky factor, |L' y - L^-1 1|^2.
    let symmetric = (error_covariance + error_covariance.transpose()) * 0.5;
    let scale = symmetric.trace() / n as f64;
    require(scale > 0.0, "mean error variance", scale, "above 0")?;
    let lower = (symmetric / scale).cholesky().ok_or(ModelError::Singular)?.l();
    let target = lower.solve_lower_triangular(&DVector::from_element(n, 1.0)).ok_or(ModelError::Singular)?;
    let y = nnls::least_squares(&lower.transpose(), &target, &vec![true; n])?;
    normalised(y.as_slice()).map(Weights::Of).ok_or(ModelError::Singular)
}

/// [`min_variance_weights`] on past forecast errors (rows dates, columns signals), shrunk.
///
/// # Errors
/// As [`towards_constant_correlation`] and [`min_variance_weights`].
pub fn min_variance_from_errors(errors: &DMatrix<f64>) -> Result<Weights, ModelError> {
    min_variance_weights(&towards_constant_correlation(errors, None)?.covariance)
}

/// Weights before any proof: the model, and the promoter signal as far as it is trusted.
///
/// # Errors
/// [`ModelError::OutOfDomain`] unless the confidence is in [0, 1].
pub fn prior_weights(promoter_confidence: f64) -> Result<[f64; 2], ModelError> {
    require_unit("promoter confidence", promoter_confidence)?;
    let promoter = PRIOR_PROMOTER * promoter_confidence;
    let total = PRIOR_MODEL + promoter;
    Ok([PRIOR_MODEL / total, promoter / total])
}

/// One forecast made of several.
#[derive(Clone, PartialEq, Debug)]
pub struct Combined {
    /// Expected return over the horizon, decimal.
    pub forecast: f64,
    /// Weight of each signal after leaving out the missing ones; they sum to one or are all zero.
    pub weights: Vec<f64>,
    /// Weight share of the signals that were there; the forecast is multiplied by it.
    pub present: f64,
}

/// Combines forecasts; a missing one is left out, the others renormalised and the result scaled
/// down by the share that was there.
///
/// # Errors
/// [`ModelError::EmptyInput`]; [`ModelError::DimensionMismatch`]; [`ModelError::NonFinite`] for a forecast;
/// [`ModelError::OutOfDomain`] for weights below zero or not summing to one.
pub fn combine(forecasts: &[Option<f64>], weights: &Weights) -> Result<Combined, ModelError> {
    if forecasts.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    if let Some(index) = forecasts.iter().position(|f| f.is_some_and(|f| !f.is_finite())) {
        return Err(ModelError::NonFinite { index });
    }
    let nothing = Combined { forecast: 0.0, weights: vec![0.0; forecasts.len()], present: 0.0 };
    let Weights::Of(weights) = weights else { return Ok(nothing) };
    if weights.len() != forecasts.len() {
        return Err(ModelError::DimensionMismatch { left: forecasts.len(), right: weights.len() });
    }
    for weight in weights {
        require_non_negative("signal weight", *weight)?;
    }
    let total: f64 = weights.iter().sum();
    require((total - 1.0).abs() < 1e-9, "sum of signal weights", total, "1")?;
    let there: Vec<f64> =
        weights.iter().zip(forecasts).map(|(w, f)| if f.is_some() { *w } else { 0.0 }).collect();
    let present: f64 = there.iter().sum();
    let Some(renormalised) = normalised(&there) else { return Ok(nothing) };
    let mean: f64 = renormalised.iter().zip(forecasts).map(|(w, f)| w * f.unwrap_or(0.0)).sum();
    Ok(Combined { forecast: mean * present, weights: renormalised, present: present.min(1.0) })
}

/// Values divided by their sum; `None` if the sum is zero.
fn normalised(values: &[f64]) -> Option<Vec<f64>> {
    let total: f64 = values.iter().sum();
    (total > 0.0 && total.is_finite()).then(|| values.iter().map(|v| v / total).collect())
}

/// A line from a raw score to an expected return, from matured pairs only.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ScoreMap {
    /// Return at a score of zero.
    pub intercept: f64,
    /// Return per unit of score.
    pub slope: f64,
}

impl ScoreMap {
    /// Regresses realised returns on scores.
    ///
    /// # Errors
    /// [`ModelError::TooShort`] with fewer than 20 pairs; [`ModelError::DimensionMismatch`]; [`ModelError::NonFinite`];
    /// [`ModelError::Degenerate`] if the scores do not vary.
    pub fn fit(scores: &[f64], returns: &[f64]) -> Result<Self, ModelError> {
        const MIN_PAIRS: usize = 20;
        check_series(scores, MIN_PAIRS)?;
        check_finite(returns)?;
        if scores.len() != returns.len() {
            return Err(ModelError::DimensionMismatch { left: scores.len(), right: returns.len() });
        }
        let n = scores.len() as f64;
        let (mean_score, mean_return) = (scores.iter().sum::<f64>() / n, returns.iter().sum::<f64>() / n);
        let spread: f64 = scores.iter().map(|s| (s - mean_score).powi(2)).sum();
        let size: f64 = scores.iter().map(|s| s * s).sum();
        if spread <= 1e-24 * size || !spread.is_normal() {
            return Err(ModelError::Degenerate { why: "the scores do not vary" });
        }
        let joint: f64 = scores.iter().zip(returns).map(|(s, r)| (s - mean_score) * (r - mean_return)).sum();
        let slope = finite("slope", joint / spread)?;
        Ok(Self { intercept: finite("intercept", mean_return - slope * mean_score)?, slope })
    }

    /// The expected return at a score.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a score that is not finite, or one so far out that the return is not.
    pub fn at(self, score: f64) -> Result<f64, ModelError> {
        require(true, "score", score, "finite")?;
        finite("expected return", self.intercept + self.slope * score)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skill(coefficient: f64, effective: f64) -> Skill {
        Skill { coefficient, effective }
    }

    #[test]
    fn skill_is_shrunk_and_the_unproven_have_none() {
        assert_eq!(skill(0.5, 19.9).shrunk().unwrap(), 0.0);
        assert!((skill(0.06, 100.0).shrunk().unwrap() - 0.03).abs() < 1e-15);
        let Weights::Of(w) =
            ic_weights(&[skill(0.06, 100.0), skill(0.02, 300.0), skill(-0.1, 300.0)]).unwrap()
        else {
            panic!("there is skill")
        };
        assert!((w[0] - 2.0 / 3.0).abs() < 1e-12 && (w[1] - 1.0 / 3.0).abs() < 1e-12 && w[2] == 0.0);
        assert_eq!(ic_weights(&[skill(-0.1, 500.0), skill(0.3, 5.0)]).unwrap(), Weights::NoSkill);
        assert!(ic_weights(&[skill(f64::NAN, 50.0)]).is_err());
        assert!(ic_weights(&[]).is_err());
    }

    #[test]
    fn no_skill_is_no_forecast() {
        let got = combine(&[Some(0.05), Some(0.02)], &Weights::NoSkill).unwrap();
        assert_eq!((got.forecast, got.weights, got.present), (0.0, vec![0.0, 0.0], 0.0));
    }

    #[test]
    fn a_missing_signal_lowers_the_forecast() {
        let weights = Weights::Of(vec![0.5, 0.3, 0.2]);
        let all = combine(&[Some(0.02), Some(0.02), Some(0.02)], &weights).unwrap();
        assert!((all.forecast - 0.02).abs() < 1e-15);
        let some = combine(&[Some(0.02), None, Some(0.02)], &weights).unwrap();
        assert!((some.forecast - 0.02 * 0.7).abs() < 1e-15);
        assert!((some.weights.iter().sum::<f64>() - 1.0).abs() < 1e-15 && some.weights[1] == 0.0);
        assert_eq!(combine(&[None, None, None], &weights).unwrap().forecast, 0.0);
        assert!(combine(&[Some(0.1)], &weights).is_err());
        assert!(combine(&[Some(f64::NAN), None, None], &weights).is_err());
        assert!(combine(&[Some(0.1)], &Weights::Of(vec![0.9])).is_err());
    }

    #[test]
    fn variance_weights_favour_the_accurate_and_drop_the_redundant() {
        let w = |m: &[f64]| match min_variance_weights(&DMatrix::from_row_slice(2, 2, m)).unwrap() {
            Weights::Of(w) => w,
            Weights::NoSkill => panic!("weights expected"),
        };
        let plain = w(&[1.0, 0.0, 0.0, 3.0]);
        assert!((plain[0] - 0.75).abs() < 1e-12);
        // The second error contains the first one: unconstrained weights would be negative.
        assert_eq!(w(&[1.0, 1.5, 1.5, 4.0]), vec![1.0, 0.0]);
        assert!(min_variance_weights(&DMatrix::from_element(2, 2, 1.0)).is_err());
        assert!(min_variance_weights(&DMatrix::zeros(2, 2)).is_err());
    }

    #[test]
    fn priors_and_score_maps() {
        assert_eq!(prior_weights(0.0).unwrap(), [1.0, 0.0]);
        let full = prior_weights(1.0).unwrap();
        assert!((full[0] - 0.7).abs() < 1e-15 && (full[1] - 0.3).abs() < 1e-15);
        assert!(prior_weights(1.1).is_err());
        let scores: Vec<f64> = (0..30).map(f64::from).collect();
        let returns: Vec<f64> = scores.iter().map(|s| 0.01 + 0.002 * s).collect();
        let map = ScoreMap::fit(&scores, &returns).unwrap();
        assert!((map.at(50.0).unwrap() - 0.11).abs() < 1e-12);
        assert!(ScoreMap::fit(&[3.0; 30], &returns).is_err());
        assert!(ScoreMap::fit(&scores[..19], &returns[..19]).is_err());
    }

    proptest! {
        #[test]
        fn variance_weights_are_on_the_simplex_and_optimal(entries in prop::collection::vec(-1.0..1.0f64, 16)) {
            let a = DMatrix::from_row_slice(4, 4, &entries);
            let e = &a * a.transpose() + DMatrix::identity(4, 4) * 0.05;
            let Weights::Of(w) = min_variance_weights(&e).unwrap() else { panic!("weights expected") };
            let w = DVector::from_vec(w);
            prop_assert!((w.sum() - 1.0).abs() < 1e-12 && w.iter().all(|v| *v >= 0.0));
            // No shift of weight from a used signal to any other lowers the variance.
            let slope = &e * &w;
            let lowest = slope.min();
            for i in 0..4 {
                prop_assert!(w[i] == 0.0 || slope[i] - lowest < 1e-9 * slope.norm().max(1.0));
            }
        }
    }
}
