//! How volatile the next days will be: EGARCH with leverage and Student-t errors, GARCH, EWMA (C6).
//!
//! [`egarch`] and [`garch`] are recursions at given parameters, [`fit`] estimates them,
//! [`forecast`] looks several days ahead, [`ewma`] is the estimator that needs no fit, and
//! [`model`] puts them together as the product uses them: validated, with a visible fallback.
//!
//! The recursions run on whatever unit the data have and give variances in its square; the
//! reference cases use percent. [`model`] takes and gives decimals. A variance at `t` never
//! contains the value at `t`, except where an [`ewma::EwmaSpec`] asks for it.

pub mod egarch;
pub mod errors;
pub mod ewma;
pub mod fit;
pub mod forecast;
pub mod garch;
pub mod model;
mod score;

use crate::model::ModelError;
use crate::model::error::check_finite;

/// A conditional variance path. In-sample: the start is taken around the mean of the whole series,
/// so a longer series moves it. What a decision uses is [`Self::next`] of the series up to the
/// decision.
#[derive(Clone, Debug, PartialEq)]
pub struct VariancePath {
    /// Log-likelihood of the whole series.
    pub log_likelihood: f64,
    /// The variance the recursion starts from.
    pub backcast: f64,
    /// The variance of each value, given the values before it.
    pub variance: Vec<f64>,
    /// The variance of the value after the last.
    pub next: f64,
}

/// The starting variance: squared deviations from the sample mean of the first 75 values, weighted
/// by powers of 0.94, so that the recursion begins where the series does.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`]; [`ModelError::Degenerate`] when these
/// values do not vary.
pub fn backcast(y: &[f64]) -> Result<f64, ModelError> {
    check_finite(y)?;
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
    for value in y.iter().take(75) {
        sum += weight * (value - mean).powi(2);
        weights += weight;
        weight *= 0.94;
    }
    let variance = sum / weights;
    if variance > 1e-300 && variance < 1e300 {
        Ok(variance)
    } else {
        Err(ModelError::Degenerate { why: "the first values do not vary" })
    }
}

/// The path if every number in it is finite and every variance positive.
fn finite_path(path: VariancePath) -> Result<VariancePath, ModelError> {
    let bounded = |v: &f64| v.is_finite() && *v > 0.0;
    if path.log_likelihood.is_finite() && path.variance.iter().all(bounded) && bounded(&path.next) {
        Ok(path)
    } else {
        Err(ModelError::Degenerate { why: "the variance recursion leaves the range of numbers" })
    }
}
