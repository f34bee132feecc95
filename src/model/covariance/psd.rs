//! Making a matrix a correlation matrix again (K8).
//!
//! Correlations that were estimated pair by pair, stressed or edited can contradict each other; a
//! portfolio of them would have negative variance. The nearest correlation matrix is found by
//! alternating projections with Dykstra's correction (Higham 2002).

use nalgebra::{DMatrix, SymmetricEigen};

use super::check_square;
use crate::model::ModelError;

/// Smallest eigenvalue that counts as positive semi-definite when checking (C17).
pub const PSD_TOLERANCE: f64 = -1e-10;

const REPAIR_BELOW: f64 = 1e-10;
const MAX_PROJECTIONS: usize = 200;
const PROJECTION_TOLERANCE: f64 = 1e-10;
const CLIP_AT: f64 = 1e-8;
/// A repair that moves the matrix by more than this for each asset is no repair.
const LARGEST_DISTANCE_PER_ASSET: f64 = 0.5;

/// How a matrix became a correlation matrix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repair {
    /// It was one, up to symmetry and a clipped entry.
    None,
    /// By alternating projections.
    Projected,
    /// The projections stopped early: eigenvalues clipped, diagonal rescaled.
    Clipped,
}

/// A correlation matrix and how far it is from what was given.
#[derive(Clone, PartialEq, Debug)]
pub struct Repaired {
    /// Symmetric, unit diagonal, no negative eigenvalue beyond rounding.
    pub matrix: DMatrix<f64>,
    /// What was done.
    pub repair: Repair,
    /// Frobenius distance from the matrix given.
    pub distance: f64,
}

/// The smallest eigenvalue of the symmetric part.
///
/// # Errors
/// As for any square matrix.
pub fn smallest_eigenvalue(matrix: &DMatrix<f64>) -> Result<f64, ModelError> {
    check_square(matrix)?;
    let values = symmetric(matrix).symmetric_eigenvalues();
    Ok(values.iter().copied().fold(f64::INFINITY, f64::min))
}

/// The nearest correlation matrix.
///
/// # Errors
/// As for any square matrix; [`ModelError::Degenerate`] if it would have to move by more than 0.5 per asset.
pub fn repair_correlation(given: &DMatrix<f64>) -> Result<Repaired, ModelError> {
    let n = check_square(given)?;
    let start = unit_diagonal(&symmetric(given).map(|v| v.clamp(-1.0, 1.0)));
    let (matrix, repair) = if smallest_eigenvalue(&start)? >= REPAIR_BELOW {
        (start, Repair::None)
    } else {
        match projected(&start) {
            Some(matrix) if smallest_eigenvalue(&matrix)? >= PSD_TOLERANCE => (matrix, Repair::Projected),
            _ => (clipped(&start), Repair::Clipped),
        }
    };
    let distance = (&matrix - given).norm();
    if distance > LARGEST_DISTANCE_PER_ASSET * n as f64 {
        return Err(ModelError::Degenerate { why: "the correlations contradict each other beyond repair" });
    }
    Ok(Repaired { matrix, repair, distance })
}

fn symmetric(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    (matrix + matrix.transpose()) * 0.5
}

fn unit_diagonal(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let mut unit = matrix.clone();
    unit.fill_diagonal(1.0);
    unit
}

/// The matrix with its eigenvalues raised to at least `floor`.
fn raised(matrix: &DMatrix<f64>, floor: f64) -> DMatrix<f64> {
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(matrix.clone());
    let lifted = DMatrix::from_diagonal(&eigenvalues.map(|v| v.max(floor)));
    symmetric(&(&eigenvectors * lifted * eigenvectors.transpose()))
}

/// Alternating projections on the semi-definite matrices and those of unit diagonal; `None` if
/// they have not met after 200 rounds.
fn projected(start: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let mut unit = start.clone();
    let mut correction = DMatrix::zeros(start.nrows(), start.ncols());
    for _ in 0..MAX_PROJECTIONS {
        let shifted = &unit - &correction;
        let definite = raised(&shifted, 0.0);
        correction = &definite - shifted;
        let next = unit_diagonal(&definite);
        let moved = (&next - &unit).norm();
        let apart = (&next - &definite).norm();
        let size = next.norm();
        unit = next;
        if moved.max(apart) <= PROJECTION_TOLERANCE * size {
            return Some(unit);
        }
    }
    None
}

/// Eigenvalues clipped from below and the diagonal brought back to one, which keeps it definite.
fn clipped(start: &DMatrix<f64>) -> DMatrix<f64> {
    let lifted = raised(start, CLIP_AT);
    let scale: Vec<f64> = lifted.diagonal().iter().map(|d| d.sqrt()).collect();
    unit_diagonal(&lifted.map_with_location(|i, j, v| v / (scale[i] * scale[j])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn higham_s_own_example() {
        let given = DMatrix::from_row_slice(3, 3, &[1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        let got = repair_correlation(&given).unwrap();
        // Higham (2002), section 4.
        assert!((got.matrix[(0, 1)] - 0.760_689_9).abs() < 1e-6, "{}", got.matrix);
        assert!((got.matrix[(0, 2)] - 0.157_296).abs() < 1e-5, "{}", got.matrix);
        assert!((got.distance - 0.5278).abs() < 5e-5, "{}", got.distance);
    }

    #[test]
    fn a_good_matrix_is_left_alone() {
        let given = DMatrix::from_row_slice(2, 2, &[1.0, 0.3, 0.3, 1.0]);
        let got = repair_correlation(&given).unwrap();
        assert_eq!((got.matrix, got.repair, got.distance), (given, Repair::None, 0.0));
        let skewed = DMatrix::from_row_slice(2, 2, &[1.0, 0.2, 0.4, 0.9]);
        let got = repair_correlation(&skewed).unwrap();
        assert!((got.matrix[(0, 1)] - 0.3).abs() < 1e-15 && got.matrix[(1, 1)] == 1.0);
    }

    #[test]
    fn what_is_no_matrix_is_refused() {
        assert!(repair_correlation(&DMatrix::zeros(0, 0)).is_err());
        assert!(repair_correlation(&DMatrix::zeros(2, 3)).is_err());
        assert!(repair_correlation(&DMatrix::from_element(2, 2, f64::NAN)).is_err());
        let wild = DMatrix::from_element(3, 3, 40.0);
        assert!(matches!(repair_correlation(&wild), Err(ModelError::Degenerate { .. })));
    }

    proptest! {
        #[test]
        fn the_result_is_a_correlation_matrix(entries in prop::collection::vec(-1.0..1.0f64, 25)) {
            let given = DMatrix::from_row_slice(5, 5, &entries);
            if let Ok(got) = repair_correlation(&given) {
                prop_assert!(smallest_eigenvalue(&got.matrix).unwrap() >= PSD_TOLERANCE);
                prop_assert!(got.matrix.diagonal().iter().all(|d| *d == 1.0));
                prop_assert!((&got.matrix - got.matrix.transpose()).norm() < 1e-12);
                prop_assert!(got.matrix.iter().all(|v| v.abs() <= 1.0 + 1e-8));
            }
        }
    }
}
