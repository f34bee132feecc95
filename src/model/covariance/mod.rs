//! Covariances that a portfolio can stand on: estimated, shrunk, repaired, blended over
//! regimes, and taken apart into who carries the risk (C17, C18, K8).
//!
//! Matrices are square and symmetric, assets in a fixed order that the caller keeps; returns are
//! rows of observations over columns of assets, simple and per day. Nothing here annualises.

pub mod breakdown;
pub mod closes;
pub mod contribution;
pub mod psd;
pub mod regime_blend;
pub mod sample;
pub mod shrinkage;

use nalgebra::DMatrix;

use super::ModelError;
use super::error::check_finite;

/// Refuses a matrix that is empty, not square or not finite.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::DimensionMismatch`], [`ModelError::NonFinite`] with the index by columns.
pub(crate) fn check_square(matrix: &DMatrix<f64>) -> Result<usize, ModelError> {
    let (rows, columns) = matrix.shape();
    if rows == 0 {
        return Err(ModelError::EmptyInput);
    }
    if rows != columns {
        return Err(ModelError::DimensionMismatch { left: rows, right: columns });
    }
    check_finite(matrix.as_slice())?;
    Ok(rows)
}

/// The correlation matrix of a covariance.
///
/// # Errors
/// As for any square matrix; [`ModelError::Degenerate`] if a variance is not above 0.
pub fn correlation(covariance: &DMatrix<f64>) -> Result<DMatrix<f64>, ModelError> {
    let n = check_square(covariance)?;
    let vol: Vec<f64> = covariance.diagonal().iter().map(|v| v.sqrt()).collect();
    if vol.iter().any(|v| !(*v > 0.0 && v.is_normal())) {
        return Err(ModelError::Degenerate { why: "an asset does not vary" });
    }
    Ok(DMatrix::from_fn(n, n, |i, j| {
        if i == j { 1.0 } else { (covariance[(i, j)] / (vol[i] * vol[j])).clamp(-1.0, 1.0) }
    }))
}

/// Mean of the entries off the diagonal; `None` for fewer than two assets.
#[must_use]
pub(crate) fn mean_off_diagonal(matrix: &DMatrix<f64>) -> Option<f64> {
    let n = matrix.nrows().min(matrix.ncols());
    if n < 2 {
        return None;
    }
    let all: f64 =
        (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j).map(|ij| matrix[ij]).sum();
    Some(all / (n * (n - 1)) as f64)
}
