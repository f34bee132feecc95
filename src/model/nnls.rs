//! Least squares with some coefficients held at or above zero.
//!
//! The active-set method of Lawson and Hanson (1974), extended by columns without a bound,
//! which are always in the solution. Each subproblem is solved by QR on columns scaled to unit
//! length, so `u` and `u^2` may differ by orders of magnitude.

use nalgebra::{DMatrix, DVector};

use super::ModelError;
use super::error::{SMALLEST, check_finite};

/// A column that adds less than this to the span of the others is taken as dependent.
const RANK_TOLERANCE: f64 = 1e-11;

/// The `beta` that minimises `|a beta - b|^2` with `beta[j] >= 0` wherever `non_negative[j]`.
///
/// Returns exact zeros for the coefficients that rest on their bound.
///
/// # Errors
/// [`ModelError::DimensionMismatch`] for shapes that do not fit, [`ModelError::NonFinite`], [`ModelError::EmptyInput`] without rows, [`ModelError::Singular`] if the columns in
/// the solution are linearly dependent, [`ModelError::NotConverged`] if the set of free columns cycles.
pub fn least_squares(
    a: &DMatrix<f64>,
    b: &DVector<f64>,
    non_negative: &[bool],
) -> Result<DVector<f64>, ModelError> {
    let columns = a.ncols();
    if a.nrows() != b.len() {
        return Err(ModelError::DimensionMismatch { left: a.nrows(), right: b.len() });
    }
    if columns != non_negative.len() {
        return Err(ModelError::DimensionMismatch { left: columns, right: non_negative.len() });
    }
    if columns > 0 {
        check_finite(a.as_slice())?;
        check_finite(b.as_slice())?;
    }
    let lengths: Vec<f64> = a.column_iter().map(|c| c.norm()).collect();
    if lengths.iter().any(|l| *l < SMALLEST) {
        return Err(ModelError::Singular);
    }
    let mut unit = a.clone();
    for (mut column, length) in unit.column_iter_mut().zip(&lengths) {
        column /= *length;
    }
    let mut x = active_set(&unit, b, non_negative)?;
    for (value, length) in x.iter_mut().zip(&lengths) {
        *value /= length;
    }
    Ok(x)
}

/// Lawson and Hanson's loop on columns of unit length.
fn active_set(a: &DMatrix<f64>, b: &DVector<f64>, non_negative: &[bool]) -> Result<DVector<f64>, ModelError> {
    let columns = a.ncols();
    let tolerance = 1e-13 * b.norm();
    let mut free: Vec<bool> = non_negative.iter().map(|bounded| !bounded).collect();
    let mut x = solve_free(a, b, &free)?;
    let limit = 10 * columns + 10;
    for _ in 0..limit {
        let pull = a.transpose() * (b - a * &x);
        let entering = (0..columns)
            .filter(|&j| !free[j] && pull[j] > tolerance)
            .max_by(|&i, &j| pull[i].total_cmp(&pull[j]));
        let Some(entering) = entering else { return Ok(x) };
        free[entering] = true;
        loop {
            let candidate = solve_free(a, b, &free)?;
            let blocking = (0..columns)
                .filter(|&j| free[j] && non_negative[j] && candidate[j] <= 0.0)
                .map(|j| if x[j] > candidate[j] { x[j] / (x[j] - candidate[j]) } else { 0.0 })
                .min_by(f64::total_cmp);
            let Some(step) = blocking else {
                x = candidate;
                break;
            };
            x += (candidate.clone() - &x) * step;
            for j in 0..columns {
                if free[j] && non_negative[j] && (x[j] <= 1e-14 || (step == 0.0 && candidate[j] <= 0.0)) {
                    x[j] = 0.0;
                    free[j] = false;
                }
            }
            // With the entering column gone again, rounding is all that kept it attractive.
            if !free[entering] {
                return Ok(x);
            }
        }
    }
    Err(ModelError::NotConverged { iterations: limit })
}

/// Plain least squares on the free columns; zero elsewhere.
fn solve_free(a: &DMatrix<f64>, b: &DVector<f64>, free: &[bool]) -> Result<DVector<f64>, ModelError> {
    let chosen: Vec<usize> = (0..a.ncols()).filter(|&j| free[j]).collect();
    let mut x = DVector::zeros(a.ncols());
    if chosen.is_empty() {
        return Ok(x);
    }
    if a.nrows() < chosen.len() {
        return Err(ModelError::Singular);
    }
    let qr = a.select_columns(&chosen).qr();
    let r = qr.r();
    if r.diagonal().iter().any(|d| d.is_nan() || d.abs() < RANK_TOLERANCE) {
        return Err(ModelError::Singular);
    }
    let rhs = qr.q().transpose() * b;
    let solution = r.solve_upper_triangular(&rhs).ok_or(ModelError::Singular)?;
    for (value, &j) in solution.iter().zip(&chosen) {
        x[j] = *value;
    }
    Ok(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_negative_coefficient_rests_on_its_bound() {
        let a = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let b = DVector::from_row_slice(&[2.0, -3.0, 1.0]);
        let bounded = least_squares(&a, &b, &[true, true]).unwrap();
        assert_eq!(bounded.as_slice(), &[2.0, 0.0]);
        let free = least_squares(&a, &b, &[true, false]).unwrap();
        assert!((free[1] + 3.0).abs() < 1e-14);
    }

    #[test]
    fn dependent_columns_are_refused() {
        let a = DMatrix::from_row_slice(3, 2, &[1.0, 2.0, 2.0, 4.0, 3.0, 6.0]);
        let b = DVector::from_row_slice(&[1.0, 2.0, 3.5]);
        assert_eq!(least_squares(&a, &b, &[false, false]), Err(ModelError::Singular));
    }

    proptest! {
        /// The Karush-Kuhn-Tucker conditions pin the solution of a convex problem.
        #[test]
        fn the_solution_is_optimal(
            entries in prop::collection::vec(-3.0..3.0f64, 24),
            target in prop::collection::vec(-3.0..3.0f64, 8),
            bounded in prop::collection::vec(any::<bool>(), 3),
        ) {
            let a = DMatrix::from_row_slice(8, 3, &entries);
            let b = DVector::from_row_slice(&target);
            if let Ok(x) = least_squares(&a, &b, &bounded) {
                let pull = a.transpose() * (&b - &a * &x);
                for j in 0..3 {
                    prop_assert!(!bounded[j] || x[j] >= 0.0);
                    if bounded[j] && x[j] == 0.0 {
                        prop_assert!(pull[j] < 1e-9, "column {j} still wants in: {}", pull[j]);
                    } else {
                        prop_assert!(pull[j].abs() < 1e-8, "column {j} not stationary: {}", pull[j]);
                    }
                }
            }
        }
    }
}
