//! Means and covariances of a sample, plain or weighted.

use nalgebra::{DMatrix, DVector};

use crate::model::ModelError;
use crate::model::error::check_finite;
use crate::model::units::require_non_negative;

/// First and second moments of weighted observations.
#[derive(Clone, PartialEq, Debug)]
pub struct Moments {
    /// Mean of each asset.
    pub mean: DVector<f64>,
    /// Covariance, dividing by the sum of the weights.
    pub covariance: DMatrix<f64>,
    /// Observations the weights are worth: `(sum w)^2 / sum w^2`.
    pub effective: f64,
}

/// Covariance of `returns` (rows observations, columns assets), dividing by `n - 1`.
///
/// # Errors
/// [`ModelError::TooShort`] with fewer than two rows; [`ModelError::EmptyInput`] without columns; [`ModelError::NonFinite`].
pub fn covariance(returns: &DMatrix<f64>) -> Result<DMatrix<f64>, ModelError> {
    let rows = returns.nrows();
    if rows < 2 {
        return Err(ModelError::TooShort { need: 2, got: rows });
    }
    let moments = moments(returns, None)?;
    Ok(moments.covariance * (rows as f64 / (rows - 1) as f64))
}

/// Moments of `returns`, each row weighing as given (equally without weights); two passes.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::DimensionMismatch`] unless there is one weight per row,
/// [`ModelError::OutOfDomain`] for a negative weight, [`ModelError::Degenerate`] if all are zero.
pub fn moments(returns: &DMatrix<f64>, weights: Option<&[f64]>) -> Result<Moments, ModelError> {
    let (rows, columns) = returns.shape();
    if rows == 0 || columns == 0 {
        return Err(ModelError::EmptyInput);
    }
    check_finite(returns.as_slice())?;
    let equal = vec![1.0; rows];
    let weights = weights.unwrap_or(&equal);
    if weights.len() != rows {
        return Err(ModelError::DimensionMismatch { left: weights.len(), right: rows });
    }
    for weight in weights {
        require_non_negative("weight", *weight)?;
    }
    let total: f64 = weights.iter().sum();
    if total <= 0.0 || !total.is_finite() {
        return Err(ModelError::Degenerate { why: "no observation has weight" });
    }
    let share = DVector::from_iterator(rows, weights.iter().map(|w| w / total));
    let mean = returns.transpose() * &share;
    let centred = DMatrix::from_fn(rows, columns, |t, i| returns[(t, i)] - mean[i]);
    let mut scaled = centred.clone();
    for (mut row, w) in scaled.row_iter_mut().zip(share.iter()) {
        row *= *w;
    }
    let raw = centred.transpose() * scaled;
    Ok(Moments { mean, covariance: (&raw + raw.transpose()) * 0.5, effective: 1.0 / share.norm_squared() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_hand() {
        let returns = DMatrix::from_row_slice(3, 2, &[1.0, 2.0, 2.0, 4.0, 3.0, 3.0]);
        let got = covariance(&returns).unwrap();
        assert!((got - DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 1.0])).norm() < 1e-15);
        let weighted = moments(&returns, Some(&[1.0, 1.0, 0.0])).unwrap();
        assert_eq!((weighted.mean[0], weighted.effective), (1.5, 2.0));
        assert!((weighted.covariance[(0, 1)] - 0.5).abs() < 1e-15);
    }

    #[test]
    fn bad_samples_are_refused() {
        let returns = DMatrix::from_row_slice(2, 1, &[1.0, 2.0]);
        assert!(covariance(&DMatrix::zeros(1, 2)).is_err());
        assert!(moments(&DMatrix::zeros(0, 2), None).is_err());
        assert!(moments(&returns, Some(&[1.0])).is_err());
        assert!(moments(&returns, Some(&[1.0, -1.0])).is_err());
        assert!(moments(&returns, Some(&[0.0, 0.0])).is_err());
        assert!(moments(&DMatrix::from_element(2, 1, f64::NAN), None).is_err());
    }
}
