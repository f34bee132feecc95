//! The search for the smallest loss, on columns that are checked once.

use nalgebra::{DMatrix, DVector};

use super::{HuberFit, MAD_TO_SIGMA, Regression, mad};
use crate::model::{ModelError, error, nnls};

const MAX_STEPS: usize = 2_000;
/// Steps without a gain after which the search is over.
const MAX_STALLED: usize = 3;
/// A joint scale this far below the residuals of least squares is none: the fit is exact.
const SMALLEST_SCALE: f64 = 1e-12;
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

    /// The minimum of the loss with a known threshold plus half of `ridge` times the squared slopes,
    /// and the steps it took.
    pub(super) fn minimise(
        &self,
        mut beta: DVector<f64>,
        threshold: f64,
        ridge: f64,
    ) -> Result<(DVector<f64>, usize), ModelError> {
        let objective =
            |beta: &DVector<f64>| self.loss(beta, threshold) + 0.5 * ridge * self.slope_square(beta);
        let mut best = objective(&beta);
        let mut stalled = 0;
        for step in 1..=MAX_STEPS {
            if self.is_stationary(&beta, threshold, ridge) {
                return Ok((beta, step));
            }
            let weights = self.residuals(&beta).map(|r| huber_weight(r, threshold));
            let reweighted = self.least_squares(&weights, ridge)?;
            beta = self.newton(&reweighted, threshold, ridge);
            let now = objective(&beta);
            // Where the loss is flat to the last bit, coefficients may wander but nothing is gained.
            stalled = if now < best * (1.0 - 1e-15) { 0 } else { stalled + 1 };
            best = best.min(now);
            if stalled >= MAX_STALLED {
                return Ok((beta, step));
            }
        }
        Err(ModelError::NotConverged { iterations: MAX_STEPS })
    }

    fn slope_square(&self, beta: &DVector<f64>) -> f64 {
        beta.rows(0, self.slopes).norm_squared()
    }

    /// Minus the gradient of the objective.
    fn pull(&self, beta: &DVector<f64>, threshold: f64, ridge: f64) -> DVector<f64> {
        let influence = self.residuals(beta).map(|r| r.clamp(-threshold, threshold));
        let mut pull = self.x.transpose() * influence;
        for j in 0..self.slopes {
            pull[j] -= ridge * beta[j];
        }
        pull
    }

    /// Whether no free column pulls and no bounded one wants off its bound, up to rounding.
    fn is_stationary(&self, beta: &DVector<f64>, threshold: f64, ridge: f64) -> bool {
        let pull = self.pull(beta, threshold, ridge);
        (0..self.x.ncols()).all(|j| {
            let noise = 1e-13 * threshold * self.x.column(j).iter().map(|v| v.abs()).sum::<f64>();
            if self.bounded[j] && beta[j] == 0.0 { pull[j] <= noise } else { pull[j].abs() <= noise }
        })
    }

    /// One Newton step on the free columns with an exact line search, kept only if it lowers the loss.
    ///
    /// With few rows inside the threshold the curvature is singular; a little of the reweighted
    /// least-squares curvature is then mixed in until there is a direction that helps.
    fn newton(&self, beta: &DVector<f64>, threshold: f64, ridge: f64) -> DVector<f64> {
        let free = self.free(beta);
        let residuals = self.residuals(beta);
        let pull = self.pull(beta, threshold, ridge).select_rows(&free);
        let x = self.x.select_columns(&free);
        let here = self.loss(beta, threshold) + 0.5 * ridge * self.slope_square(beta);
        for mixed in [0.0, 1e-8, 1e-5, 1e-2] {
            let row = |r: f64| if r.abs() <= threshold { 1.0 } else { mixed * threshold / r.abs() };
            let mut weighted = x.clone();
            for (mut values, r) in weighted.row_iter_mut().zip(residuals.iter()) {
                values *= row(*r);
            }
            let mut curvature = x.transpose() * weighted;
            for (k, &j) in free.iter().enumerate() {
                curvature[(k, k)] += if j < self.slopes { ridge } else { 0.0 };
            }
            let Some(step) = curvature.cholesky().map(|c| c.solve(&pull)) else { continue };
            let mut direction = DVector::zeros(beta.len());
            for (k, &j) in free.iter().enumerate() {
                direction[j] = step[k];
            }
            let next = self.along(beta, &direction, threshold, ridge);
            if self.loss(&next, threshold) + 0.5 * ridge * self.slope_square(&next) < here {
                return next;
            }
        }
        beta.clone()
    }

    /// The best point from `beta` along `direction` that keeps the bounds.
    fn along(
        &self,
        beta: &DVector<f64>,
        direction: &DVector<f64>,
        threshold: f64,
        ridge: f64,
    ) -> DVector<f64> {
        let falling = (0..beta.len()).filter(|&j| self.bounded[j] && direction[j] < 0.0);
        let blocking = falling.map(|j| (-beta[j] / direction[j], j)).min_by(|a, b| a.0.total_cmp(&b.0));
        let furthest = blocking.map_or(f64::MAX, |(t, _)| t);
        let slope = |t: f64| -self.pull(&(beta + direction * t), threshold, ridge).dot(direction);
        let length = downhill_root(slope, furthest);
        let mut next = beta + direction * length;
        if let Some((t, j)) = blocking
            && length >= t
        {
            next[j] = 0.0;
        }
        next
    }

    pub(super) fn fit_fixed(&self, threshold: f64) -> Result<HuberFit, ModelError> {
        let start = self.least_squares(&DVector::from_element(self.rows(), 1.0), 0.0)?;
        let (beta, steps) = self.minimise(start, threshold, 0.0)?;
        Ok(self.report(&beta, threshold, threshold, self.loss(&beta, threshold), steps))
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
        let (beta, steps) = self.minimise(beta, cut, 0.0)?;
        Ok(self.report(&beta, scale, cut, self.loss(&beta, cut), steps))
    }

    /// The joint minimum. For a given scale the coefficients are those of a fixed threshold; what is
    /// left is a convex function of the scale alone, whose slope `n - sum min((r/s)^2, epsilon^2)` is bisected.
    pub(super) fn fit_joint(&self, epsilon: f64, ridge: f64) -> Result<HuberFit, ModelError> {
        let mut beta = self.least_squares(&DVector::from_element(self.rows(), 1.0), ridge)?;
        let start = self.residuals(&beta).norm() / (self.rows() as f64).sqrt();
        if !start.is_normal() {
            return Err(EXACT_FIT);
        }
        let mut steps = 0;
        let mut slope_at = |scale: f64, beta: &mut DVector<f64>| -> Result<f64, ModelError> {
            let (found, taken) = self.minimise(beta.clone(), epsilon * scale, ridge * scale)?;
            (*beta, steps) = (found, steps + taken);
            let capped = |r: &f64| (r / scale).powi(2).min(epsilon * epsilon);
            Ok(self.rows() as f64 - self.residuals(beta).iter().map(capped).sum::<f64>())
        };
        // The root mean square is the scale of an infinite threshold and never below the joint one,
        // up to what the ridge adds.
        let (mut low, mut high) = (start, start);
        while slope_at(high, &mut beta)? < 0.0 {
            high *= 2.0;
        }
        while slope_at(low, &mut beta)? > 0.0 {
            low *= 0.5;
            if low < start * SMALLEST_SCALE {
                return Err(EXACT_FIT);
            }
        }
        while high / low - 1.0 > 1e-14 {
            let middle = (low * high).sqrt();
            if middle <= low || middle >= high {
                break;
            }
            if slope_at(middle, &mut beta)? < 0.0 { low = middle } else { high = middle }
        }
        let scale = f64::midpoint(low, high);
        slope_at(scale, &mut beta)?;
        let objective = self.joint_loss(&beta, scale, epsilon, ridge);
        Ok(self.report(&beta, scale, epsilon * scale, objective, steps))
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

/// Where a rising slope that starts below zero crosses it, not beyond `furthest`.
fn downhill_root(slope: impl Fn(f64) -> f64, furthest: f64) -> f64 {
    let start = slope(0.0);
    if start.is_nan() || start >= 0.0 {
        return 0.0;
    }
    let close = |value: f64| value.abs() <= 1e-14 * start.abs();
    let (mut low, mut high) = ((0.0, start), 1.0_f64.min(furthest));
    let mut end = slope(high);
    while end < 0.0 && !close(end) {
        if high >= furthest {
            return furthest;
        }
        low = (high, end);
        high = (2.0 * high).min(furthest);
        end = slope(high);
        if !end.is_finite() {
            return low.0;
        }
    }
    // Between two crossings of the threshold the slope is straight, so the secant is exact in the
    // last piece; halving guards against creeping towards it from one side.
    let mut high = (high, end);
    for round in 0..200 {
        if close(high.1) {
            break;
        }
        let secant = high.0 - high.1 * (high.0 - low.0) / (high.1 - low.1);
        let middle = if round % 3 == 2 { f64::midpoint(low.0, high.0) } else { secant };
        if middle <= low.0 || middle >= high.0 {
            break;
        }
        let value = slope(middle);
        if value < 0.0 && !close(value) { low = (middle, value) } else { high = (middle, value) }
    }
    high.0
}

const EXACT_FIT: ModelError = ModelError::Degenerate { why: "the fit is exact: there is no scale" };
