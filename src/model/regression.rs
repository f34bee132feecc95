//! Ordinary least squares by Householder reflections.
//!
//! Columns are scaled to unit length before the factorisation, so that a trend, a price level and
//! a lagged difference can stand side by side. Because the reflections keep `|y|`, the rotated
//! target gives the residual sum of squares of *every* leading subset of the columns at once;
//! the lag search of the unit-root test lives on that.

use nalgebra::{DMatrix, DVector};

use super::ModelError;
use super::error::SMALLEST;

/// A factorised regression of `y` on an ordered list of columns.
#[derive(Clone, Debug)]
pub struct LeastSquares {
    columns: Vec<Vec<f64>>,
    y: Vec<f64>,
    scale: Vec<f64>,
    r: DMatrix<f64>,
    rotated: DVector<f64>,
}

/// The coefficients of a regression and how sure they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// One per column.
    pub coefficients: Vec<f64>,
    /// Classical standard errors, divisor `n - k`.
    pub std_errors: Vec<f64>,
    /// `y` less the fit.
    pub residuals: Vec<f64>,
    /// Sum of squared residuals.
    pub rss: f64,
    /// `(X'X)^-1`, row by row.
    pub xtx_inverse: Vec<Vec<f64>>,
}

impl LeastSquares {
    /// Factorises `y` on `columns`, each as long as `y`.
    ///
    /// # Errors
    /// Unequal lengths, values that are not finite, fewer rows than columns (`TooShort`), or
    /// columns that depend on each other (`Singular`).
    pub fn new(columns: Vec<Vec<f64>>, y: Vec<f64>) -> Result<Self, ModelError> {
        super::error::check_finite(&y)?;
        for column in &columns {
            if column.len() != y.len() {
                return Err(ModelError::DimensionMismatch { left: column.len(), right: y.len() });
            }
            super::error::check_finite(column)?;
        }
        let (n, k) = (y.len(), columns.len());
        if k == 0 || n < k {
            return Err(ModelError::TooShort { need: k.max(1), got: n });
        }
        let scale: Vec<f64> = columns.iter().map(|c| c.iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
        if scale.iter().any(|s| *s < SMALLEST) {
            return Err(ModelError::Singular);
        }
        let factors = DMatrix::from_fn(n, k, |row, col| columns[col][row] / scale[col]).qr();
        let r = factors.r();
        // Unit columns: a pivot is the sine of a column's angle to those before it.
        if r.diagonal().iter().any(|pivot| pivot.abs() < 1e-11) {
            return Err(ModelError::Singular);
        }
        let mut rotated = DVector::from_column_slice(&y);
        factors.q_tr_mul(&mut rotated);
        Ok(Self { columns, y, scale, r, rotated })
    }

    /// How many rows there are.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.y.len()
    }

    /// Residual sum of squares of the regression on the first `k` columns only.
    #[must_use]
    pub(crate) fn rss(&self, k: usize) -> f64 {
        self.rotated.iter().skip(k).map(|v| v * v).sum()
    }

    /// The t-value of column `k` (from 1) in the regression on the first `k` columns.
    #[must_use]
    pub(crate) fn last_t(&self, k: usize) -> f64 {
        let residual_variance = self.rss(k) / (self.rows() as f64 - k as f64);
        self.rotated[k - 1] * self.r[(k - 1, k - 1)].signum() / residual_variance.sqrt()
    }

    /// The full regression.
    ///
    /// # Errors
    /// `Singular` when the triangle cannot be inverted.
    pub fn fit(&self) -> Result<Fit, ModelError> {
        let k = self.columns.len();
        let head = self.rotated.rows(0, k).into_owned();
        let scaled = self.r.solve_upper_triangular(&head).ok_or(ModelError::Singular)?;
        let r_inverse =
            self.r.solve_upper_triangular(&DMatrix::identity(k, k)).ok_or(ModelError::Singular)?;
        let gram = &r_inverse * r_inverse.transpose();
        let xtx_inverse: Vec<Vec<f64>> = (0..k)
            .map(|i| (0..k).map(|j| gram[(i, j)] / (self.scale[i] * self.scale[j])).collect())
            .collect();
        let coefficients: Vec<f64> = (0..k).map(|i| scaled[i] / self.scale[i]).collect();
        let rss = self.rss(k);
        // As many rows as columns leave nothing to judge by: the errors are then zero, like the residuals.
        let s2 = if self.rows() > k { rss / (self.rows() - k) as f64 } else { 0.0 };
        let std_errors = (0..k).map(|i| (s2 * xtx_inverse[i][i]).sqrt()).collect();
        let fitted = |row: usize| -> f64 {
            coefficients.iter().zip(&self.columns).map(|(b, column)| b * column[row]).sum()
        };
        let residuals = self.y.iter().enumerate().map(|(row, y)| y - fitted(row)).collect();
        Ok(Fit { coefficients, std_errors, residuals, rss, xtx_inverse })
    }
}

/// Newey-West (Bartlett) standard errors of a fit, without a small-sample correction.
///
/// # Errors
/// `DimensionMismatch` when the columns are not those of the fit.
pub fn newey_west_errors(columns: &[Vec<f64>], fit: &Fit, lags: usize) -> Result<Vec<f64>, ModelError> {
    let k = columns.len();
    if fit.xtx_inverse.len() != k || columns.iter().any(|c| c.len() != fit.residuals.len()) {
        return Err(ModelError::DimensionMismatch { left: k, right: fit.xtx_inverse.len() });
    }
    let n = fit.residuals.len();
    let score = |row: usize, col: usize| columns[col][row] * fit.residuals[row];
    let mut meat = DMatrix::<f64>::zeros(k, k);
    for lag in 0..=lags.min(n.saturating_sub(1)) {
        let weight = 1.0 - lag as f64 / (lags as f64 + 1.0);
        for i in 0..k {
            for j in 0..k {
                let sum: f64 = (lag..n).map(|row| score(row, i) * score(row - lag, j)).sum();
                meat[(i, j)] += weight * sum;
                if lag > 0 {
                    meat[(j, i)] += weight * sum;
                }
            }
        }
    }
    let bread = DMatrix::from_fn(k, k, |i, j| fit.xtx_inverse[i][j]);
    let sandwich = &bread * meat * &bread;
    Ok((0..k).map(|i| sandwich[(i, i)].max(0.0).sqrt()).collect())
}

/// Slope, intercept and their standard errors of `y` on a constant and `x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Coefficient of the constant.
    pub intercept: f64,
    /// Coefficient of `x`.
    pub slope: f64,
    /// Classical standard error of the slope; `None` with two points.
    pub slope_std_error: Option<f64>,
    /// Share of the variance of `y` that is explained; `None` for a constant `y`.
    pub r2: Option<f64>,
}

/// Fits a straight line.
///
/// # Errors
/// Unequal lengths, fewer than two points, values that are not finite, or constant `x`
/// (`Degenerate`).
pub fn line(x: &[f64], y: &[f64]) -> Result<Line, ModelError> {
    use super::descriptive::{mean, sum_of_squares};
    if x.len() != y.len() {
        return Err(ModelError::DimensionMismatch { left: x.len(), right: y.len() });
    }
    super::error::check_series(x, 2)?;
    super::error::check_finite(y)?;
    let (mx, my) = (mean(x), mean(y));
    let (sxx, syy) = (sum_of_squares(x), sum_of_squares(y));
    if sxx <= 0.0 {
        return Err(ModelError::Degenerate { why: "the regressor is constant" });
    }
    let slope = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum::<f64>() / sxx;
    let intercept = my - slope * mx;
    let rss: f64 = x.iter().zip(y).map(|(a, b)| (b - intercept - slope * a).powi(2)).sum();
    if !(slope.is_finite() && intercept.is_finite() && rss.is_finite()) {
        return Err(ModelError::Degenerate { why: "the values are too large to be squared" });
    }
    let slope_std_error = (x.len() > 2).then(|| (rss / (x.len() as f64 - 2.0) / sxx).sqrt());
    if slope_std_error.is_some_and(|error| !error.is_finite()) {
        return Err(ModelError::Degenerate { why: "the regressor is constant to the last digits" });
    }
    let r2 = (syy > 0.0 && syy.is_finite()).then(|| 1.0 - rss / syy);
    Ok(Line { intercept, slope, slope_std_error, r2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> (Vec<Vec<f64>>, Vec<f64>) {
        let x1: Vec<f64> = (0..8).map(f64::from).collect();
        let x2 = vec![1e6, -2e6, 3e6, 5e6, -1e6, 4e6, 2e6, -3e6];
        let noise = [0.1, -0.2, 0.05, 0.0, 0.3, -0.1, -0.25, 0.1];
        let y = (0..8).map(|i| 2.0 - 0.5 * x1[i] + 1e-6 * x2[i] + noise[i]).collect();
        (vec![vec![1.0; 8], x1, x2], y)
    }

    #[test]
    fn leading_subsets_come_out_of_one_factorisation() {
        let (x, y) = columns();
        let whole = LeastSquares::new(x.clone(), y.clone()).unwrap();
        for k in 1..=3 {
            let part = LeastSquares::new(x[..k].to_vec(), y.clone()).unwrap().fit().unwrap();
            assert!((whole.rss(k) - part.rss).abs() < 1e-9, "k {k}");
            let t = part.coefficients[k - 1] / part.std_errors[k - 1];
            assert!((whole.last_t(k) - t).abs() < 1e-8, "k {k}");
        }
        let fit = whole.fit().unwrap();
        let direct: f64 = fit.residuals.iter().map(|e| e * e).sum();
        assert!((direct - fit.rss).abs() < 1e-9);
    }

    #[test]
    fn a_line_is_the_regression_on_a_constant_and_x() {
        let (x, y) = columns();
        let fit = LeastSquares::new(x[..2].to_vec(), y.clone()).unwrap().fit().unwrap();
        let line = line(&x[1], &y).unwrap();
        assert!((line.slope - fit.coefficients[1]).abs() < 1e-12);
        assert!((line.slope_std_error.unwrap() - fit.std_errors[1]).abs() < 1e-12);
    }

    #[test]
    fn dependent_columns_and_bad_shapes_are_refused() {
        let x = vec![1.0, 2.0, 3.0, 5.0];
        let twice = x.iter().map(|v| 2.0 * v).collect();
        assert_eq!(LeastSquares::new(vec![x.clone(), twice], x.clone()).unwrap_err(), ModelError::Singular);
        assert_eq!(LeastSquares::new(vec![vec![0.0; 4]], x.clone()).unwrap_err(), ModelError::Singular);
        assert!(LeastSquares::new(vec![], x.clone()).is_err());
        assert!(LeastSquares::new(vec![vec![1.0]], x.clone()).is_err());
        assert!(line(&[1.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(line(&[1.0, 2.0, 3.0], &[1e300, -1e300, 1e300]).is_err());
        let flat = line(&[1.0, 2.0], &[3.0, 3.0]).unwrap();
        assert_eq!((flat.slope, flat.r2, flat.slope_std_error), (0.0, None, None));
    }
}
