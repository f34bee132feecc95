//! The search for the smallest loss, on columns that are checked once.

use nalgebra::{DMatrix, DVector};

use super::{HuberFit, MAD_TO_SIGMA, Regression, mad};
use crate::model::{ModelError, error, nnls};

const MAX_STEPS: usize = 2_000;
/// After this many steps a MAD scale is frozen, so that it cannot cycle with the coefficients.
const MAD_STEPS: usize = 40;

/// The columns with the constant appended, checked.
pub(super) struct Design {
    pub(super) x: DMatrix<f64>,
    y: DVector<f64>,
    bounded: Vec<bool>,
    /// Columns a ridge applies to; the constant comes after them.
    pub(super) slopes: usize,
}

impl Design {
    pub(super) fn new(regression: &Regression) -> Result<Self, ModelError> {
        let (rows, slopes) = regression.x.shape();
        error::check_finite(regression.y.as_slice())?;
        if rows != regression.y.len() {
            return Err(ModelError::DimensionMismatch { left: rows, right: regression.y.len() });
        }
        if slopes != regression.non_negative.len() {
            return Err(ModelError::DimensionMismatch { left: slopes, right: regression.non_negative.len() });
        }
        if let Some(index) = regression.x.iter().position(|v| !v.is_finite()) {
            return Err(ModelError::NonFinite { index: rows + index });
        }
        let columns = slopes + usize::from(regression.intercept);
        if columns == 0 {
            return Err(ModelError::EmptyInput);
        }
        if rows < columns {
            return Err(ModelError::TooShort { need: columns, got: rows });
        }
        let mut bounded = regression.non_negative.clone();
        let mut x = regression.x.clone();
        if regression.intercept {
            x = x.insert_column(slopes, 1.0);
            bounded.push(false);
        }
        Ok(Self { x, y: regression.y.clone(), bounded, slopes })
    }

    pub(super) fn rows(&self) -> usize {
        self.y.len()
    }

    fn residuals(&self, beta: &DVector<f64>) -> DVector<f64> {
        &self.y - &self.x * beta
    }

    /// Columns that may move: unbounded, or off their bound.
    pub(super) fn free(&self, beta: &DVector<f64>) -> Vec<usize> {
        (0..self.x.ncols()).filter(|&j| !self.bounded[j] || beta[j] > 0.0).collect()
    }

    pub(super) fn loss(&self, beta: &DVector<f64>, threshold: f64) -> f64 {
        self.residuals(beta).iter().map(|r| huber_loss(*r, threshold)).sum()
    }

    /// Least squares with row weights, and `ridge` times the squared slopes added.
    pub(super) fn least_squares(
        &self,
        weights: &DVector<f64>,
        ridge: f64,
    ) -> Result<DVector<f64>, ModelError> {
        let (rows, columns) = self.x.shape();
        let extra = if ridge > 0.0 { self.slopes } else { 0 };
        let mut a = DMatrix::zeros(rows + extra, columns);
        let mut b = DVector::zeros(rows + extra);
        for i in 0..rows {
            let root = weights[i].sqrt();
            for j in 0..columns {
                a[(i, j)] = self.x[(i, j)] * root;
            }
            b[i] = self.y[i] * root;
        }
        for j in 0..extra {
            a[(rows + j, j)] = ridge.sqrt();
        }
        nnls::least_squares(&a, &b, &self.bounded)
    }

    /// The minimum of the loss with a known threshold, and the steps it took.
    pub(super) fn minimise(
        &self,
        mut beta: DVector<f64>,
        threshold: f64,
    ) -> Result<(DVector<f64>, usize), ModelError> {
        for step in 1..=MAX_STEPS {
            if self.is_stationary(&beta, threshold) {
                return Ok((beta, step));
            }
            let weights = self.residuals(&beta).map(|r| huber_weight(r, threshold));
            let next = self.newton(&self.least_squares(&weights, 0.0)?, threshold);
            let moved = (&next - &beta).norm();
            let size = next.norm();
            beta = next;
            if moved <= 1e-15 * size {
                return Ok((beta, step));
            }
        }
        Err(ModelError::NotConverged { iterations: MAX_STEPS })
    }

    /// Whether no free column pulls and no bounded one wants off its bound, up to rounding.
    fn is_stationary(&self, beta: &DVector<f64>, threshold: f64) -> bool {
        let influence = self.residuals(beta).map(|r| r.clamp(-threshold, threshold));
        (0..self.x.ncols()).all(|j| {
            let column = self.x.column(j);
            let pull = column.dot(&influence);
            let noise = 1e-13 * threshold * column.iter().map(|v| v.abs()).sum::<f64>();
            if self.bounded[j] && beta[j] == 0.0 { pull <= noise } else { pull.abs() <= noise }
        })
    }

    /// One Newton step on the free columns, kept only if it lowers the loss inside the bounds.
    fn newton(&self, beta: &DVector<f64>, threshold: f64) -> DVector<f64> {
        let free = self.free(beta);
        let residuals = self.residuals(beta);
        let inside: Vec<usize> = (0..self.rows()).filter(|&i| residuals[i].abs() <= threshold).collect();
        if free.is_empty() || inside.len() < free.len() {
            return beta.clone();
        }
        let x = self.x.select_columns(&free);
        let curvature = {
            let rows = x.select_rows(&inside);
            rows.transpose() * rows
        };
        let pull = x.transpose() * residuals.map(|r| r.clamp(-threshold, threshold));
        let Some(step) = curvature.cholesky().map(|c| c.solve(&pull)) else { return beta.clone() };
        let mut next = beta.clone();
        for (k, &j) in free.iter().enumerate() {
            next[j] += step[k];
        }
        let feasible = next.iter().zip(&self.bounded).all(|(b, bounded)| !bounded || *b >= 0.0);
        if feasible && self.loss(&next, threshold) <= self.loss(beta, threshold) {
            next
        } else {
            beta.clone()
        }
    }

    pub(super) fn fit_mad(&self, threshold: f64, floor: f64) -> Result<HuberFit, ModelError> {
        let mut beta = self.least_squares(&DVector::from_element(self.rows(), 1.0), 0.0)?;
        let mut scale = floor;
        for _ in 0..MAD_STEPS {
            let next = (MAD_TO_SIGMA * mad(self.residuals(&beta).as_slice())).max(floor);
            let settled = (next - scale).abs() <= 1e-12 * scale;
            scale = next;
            let weights = self.residuals(&beta).map(|r| huber_weight(r, threshold * scale));
            beta = self.least_squares(&weights, 0.0)?;
            if settled {
                break;
            }
        }
        let cut = threshold * scale;
        let (beta, steps) = self.minimise(beta, cut)?;
        Ok(self.report(&beta, scale, cut, self.loss(&beta, cut), steps))
    }

    pub(super) fn fit_joint(&self, epsilon: f64, ridge: f64) -> Result<HuberFit, ModelError> {
        let mut beta = self.least_squares(&DVector::from_element(self.rows(), 1.0), ridge)?;
        let mut scale = joint_scale(self.residuals(&beta).as_slice(), epsilon)?;
        let mut best = self.joint_loss(&beta, scale, epsilon, ridge);
        for step in 1..=MAX_STEPS {
            let cut = epsilon * scale;
            let weights = self.residuals(&beta).map(|r| huber_weight(r, cut));
            let next = self.least_squares(&weights, ridge * scale)?;
            let next_scale = joint_scale(self.residuals(&next).as_slice(), epsilon)?;
            let moved = (&next - &beta).norm() / next.norm().max(f64::MIN_POSITIVE);
            let rescaled = (next_scale - scale).abs() / next_scale;
            let loss = self.joint_loss(&next, next_scale, epsilon, ridge);
            (beta, scale) = (next, next_scale);
            let gained = best - loss;
            best = loss;
            if moved.max(rescaled) < 1e-11 || (moved.max(rescaled) < 1e-8 && gained <= 0.0) {
                return Ok(self.report(&beta, scale, epsilon * scale, loss, step));
            }
        }
        Err(ModelError::NotConverged { iterations: MAX_STEPS })
    }

    pub(super) fn joint_loss(&self, beta: &DVector<f64>, scale: f64, epsilon: f64, ridge: f64) -> f64 {
        let data: f64 =
            self.residuals(beta).iter().map(|r| scale + 2.0 * huber_loss(r / scale, epsilon) * scale).sum();
        data + ridge * beta.rows(0, self.slopes).norm_squared()
    }

    pub(super) fn report(
        &self,
        beta: &DVector<f64>,
        scale: f64,
        threshold: f64,
        objective: f64,
        iterations: usize,
    ) -> HuberFit {
        let residuals = self.residuals(beta);
        HuberFit {
            coefficients: beta.iter().take(self.slopes).copied().collect(),
            intercept: beta.get(self.slopes).copied().unwrap_or(0.0),
            scale,
            threshold,
            objective,
            weights: residuals.iter().map(|r| huber_weight(*r, threshold)).collect(),
            residuals: residuals.as_slice().to_vec(),
            iterations,
        }
    }
}

fn huber_loss(residual: f64, threshold: f64) -> f64 {
    let size = residual.abs();
    if size <= threshold { 0.5 * size * size } else { threshold * size - 0.5 * threshold * threshold }
}

fn huber_weight(residual: f64, threshold: f64) -> f64 {
    let size = residual.abs();
    if size <= threshold { 1.0 } else { threshold / size }
}

/// The scale at which `sum min((r/s)^2, epsilon^2) = n`: exact, because the sum changes form
/// only where a residual crosses the threshold.
fn joint_scale(residuals: &[f64], epsilon: f64) -> Result<f64, ModelError> {
    let count = residuals.len() as f64;
    let mut squares: Vec<f64> = residuals.iter().map(|r| r * r).collect();
    squares.sort_by(f64::total_cmp);
    let cut = epsilon * epsilon;
    let mut below: f64 = squares.iter().sum();
    // From the largest down: the rows above `keep` count as `epsilon^2` each.
    for keep in (1..=squares.len()).rev() {
        let left = count - cut * (squares.len() - keep) as f64;
        if left <= 0.0 {
            break;
        }
        let square = below / left;
        let largest = squares[keep - 1];
        if largest <= cut * square {
            let scale = square.sqrt();
            return if scale > 0.0 && scale.is_normal() { Ok(scale) } else { Err(EXACT_FIT) };
        }
        below -= largest;
    }
    Err(EXACT_FIT)
}

const EXACT_FIT: ModelError = ModelError::Degenerate { why: "the fit is exact: there is no scale" };
