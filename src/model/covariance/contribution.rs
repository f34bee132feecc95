//! Who carries the risk of a portfolio (C17).

use nalgebra::{DMatrix, DVector};

use super::check_square;
use super::psd::{PSD_TOLERANCE, smallest_eigenvalue};
use crate::model::ModelError;
use crate::model::error::check_finite;
use crate::model::units::require_non_negative;

/// Risk of a portfolio and its parts, in the period of the covariance.
#[derive(Clone, PartialEq, Debug)]
pub struct RiskContributions {
    /// Standard deviation of the portfolio's return.
    pub volatility: f64,
    /// By how much it rises per unit of weight.
    pub marginal: Vec<f64>,
    /// Each weight times its marginal risk; they sum to the volatility.
    pub contributions: Vec<f64>,
    /// The contributions relative to the volatility; they sum to 1.
    pub shares: Vec<f64>,
}

/// `diag(v) C diag(v)`.
///
/// # Errors
/// As for any square matrix; [`ModelError::DimensionMismatch`]; [`ModelError::OutOfDomain`] for a volatility below 0.
pub fn covariance_of(correlation: &DMatrix<f64>, vols: &[f64]) -> Result<DMatrix<f64>, ModelError> {
    let n = check_square(correlation)?;
    if vols.len() != n {
        return Err(ModelError::DimensionMismatch { left: vols.len(), right: n });
    }
    for vol in vols {
        require_non_negative("volatility", *vol)?;
    }
    Ok(DMatrix::from_fn(n, n, |i, j| correlation[(i, j)] * vols[i] * vols[j]))
}

/// Takes the risk of `weights` apart. Weights of zero carry none; all zero, all outputs are zero.
///
/// # Errors
/// As for any square matrix; [`ModelError::DimensionMismatch`]; [`ModelError::NonFinite`]; [`ModelError::OutOfDomain`] if the covariance
/// has an eigenvalue clearly below 0 (repair its correlation first, K8); [`ModelError::Degenerate`] if weights
/// above zero carry no risk at all.
pub fn contributions(weights: &[f64], covariance: &DMatrix<f64>) -> Result<RiskContributions, ModelError> {
    let n = check_square(covariance)?;
    check_finite(weights)?;
    if weights.len() != n {
        return Err(ModelError::DimensionMismatch { left: weights.len(), right: n });
    }
    let smallest = smallest_eigenvalue(covariance)?;
    let largest_variance = covariance.diagonal().max().abs();
    if smallest < PSD_TOLERANCE * largest_variance.max(f64::MIN_POSITIVE) {
        let domain = "at or above 0: repair the correlations first";
        return Err(ModelError::OutOfDomain { name: "smallest eigenvalue", value: smallest, domain });
    }
    if weights.iter().all(|w| *w == 0.0) {
        let none = vec![0.0; n];
        return Ok(RiskContributions {
            volatility: 0.0,
            marginal: none.clone(),
            contributions: none.clone(),
            shares: none,
        });
    }
    let w = DVector::from_column_slice(weights);
    let pull = covariance * &w;
    let volatility = w.dot(&pull).max(0.0).sqrt();
    if !(volatility > 0.0 && volatility.is_normal()) {
        return Err(ModelError::Degenerate { why: "the portfolio carries no risk" });
    }
    let marginal: Vec<f64> = pull.iter().map(|p| p / volatility).collect();
    let contributions: Vec<f64> = weights.iter().zip(&marginal).map(|(w, m)| w * m).collect();
    let shares = contributions.iter().map(|c| c / volatility).collect();
    Ok(RiskContributions { volatility, marginal, contributions, shares })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchor_of_c17() {
        let correlation = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 1.0]);
        let covariance = covariance_of(&correlation, &[0.2, 0.3]).unwrap();
        let got = contributions(&[0.6, 0.4], &covariance).unwrap();
        assert!((got.volatility.powi(2) - 0.0432).abs() < 1e-15);
        assert!((got.volatility - 0.207_846).abs() < 5e-7);
        assert!((got.contributions.iter().sum::<f64>() - got.volatility).abs() < 1e-15);
        assert!((got.shares.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!((got.marginal[0] - (0.6 * 0.04 + 0.4 * 0.03) / got.volatility).abs() < 1e-15);
    }

    #[test]
    fn nothing_held_carries_nothing_and_nonsense_is_refused() {
        let identity = DMatrix::identity(2, 2);
        assert_eq!(contributions(&[0.0, 0.0], &identity).unwrap().volatility, 0.0);
        let contradiction = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        assert!(matches!(contributions(&[0.5, 0.5], &contradiction), Err(ModelError::OutOfDomain { .. })));
        assert!(contributions(&[0.5], &identity).is_err());
        assert!(contributions(&[0.5, f64::NAN], &identity).is_err());
        assert!(matches!(
            contributions(&[1.0, 0.0], &DMatrix::zeros(2, 2)),
            Err(ModelError::Degenerate { .. })
        ));
        assert!(covariance_of(&identity, &[0.1]).is_err());
        assert!(covariance_of(&identity, &[0.1, -0.1]).is_err());
    }
}
