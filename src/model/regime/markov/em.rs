//! Expectation-maximisation for the two-regime AR(1).
//!
//! The expectation step is the filter and the smoother. The maximisation step of the intercept form
//! is two weighted regressions; the mean form is not linear in means and coefficients together, so
//! it maximises over one group given the others (ECM): the likelihood still rises at every step.

#![allow(clippy::needless_range_loop, reason = "i and j are the regimes before and now, as in the formulas")]

use super::{Form, Pair, SwitchingAr, filter, smooth};
use crate::model::ModelError;
use crate::model::error::check_finite;

/// What keeps an estimate away from the edges of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regularisation {
    /// Added to each expected count of transitions.
    pub pseudo_count: f64,
    /// Transition probabilities are at least this, and at most one less this.
    pub probability_min: f64,
    /// Variances are at least this part of the sample variance.
    pub variance_floor: f64,
    /// `phi` is at most this in size.
    pub phi_max: f64,
}

impl Regularisation {
    /// The product's (C4).
    #[must_use]
    pub const fn product() -> Self {
        Self { pseudo_count: 1.0, probability_min: 0.005, variance_floor: 1e-4, phi_max: 0.98 }
    }

    /// Plain maximum likelihood; what remains only keeps the numbers defined.
    #[must_use]
    pub const fn none() -> Self {
        Self { pseudo_count: 0.0, probability_min: 0.0, variance_floor: 1e-9, phi_max: 1.0 }
    }
}

/// Where EM ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EmPath {
    /// The last parameters.
    pub params: SwitchingAr,
    /// Log-likelihood before each step.
    pub trace: Vec<f64>,
}

/// Runs at most `steps` steps of EM from given parameters, or until the log-likelihood gains less
/// than 1e-8 of itself.
///
/// # Errors
/// As [`filter`], or [`ModelError::Degenerate`] when a regime dies out on the way.
pub fn expectation_maximisation(
    start: SwitchingAr,
    y: &[f64],
    regularisation: &Regularisation,
    steps: usize,
) -> Result<SwitchingAr, ModelError> {
    run(start, y, regularisation, steps).map(|path| path.params)
}

pub(super) fn run(
    start: SwitchingAr,
    y: &[f64],
    regularisation: &Regularisation,
    steps: usize,
) -> Result<EmPath, ModelError> {
    start.check()?;
    check_finite(y)?;
    let floor = regularisation.variance_floor * sample_variance(y);
    let mut params = start;
    let mut trace: Vec<f64> = Vec::new();
    for _ in 0..steps {
        let filtered = filter(&params, y)?;
        let before = trace.last().copied();
        trace.push(filtered.log_likelihood);
        if before.is_some_and(|l| (filtered.log_likelihood - l).abs() < 1e-8 * l.abs().max(1.0)) {
            break;
        }
        let weights = smooth(&filtered).joint;
        maximise(&mut params, y, &weights, regularisation, floor)?;
    }
    Ok(EmPath { params, trace })
}

pub(super) fn sample_variance(y: &[f64]) -> f64 {
    let n = y.len().max(1) as f64;
    let mean = y.iter().sum::<f64>() / n;
    y.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n
}

fn maximise(
    params: &mut SwitchingAr,
    y: &[f64],
    weights: &[Pair],
    regularisation: &Regularisation,
    floor: f64,
) -> Result<(), ModelError> {
    params.transition = transition(weights, regularisation)?;
    match params.form {
        Form::Intercept => regress(params, y, weights, regularisation)?,
        Form::Mean => centre(params, y, weights, regularisation)?,
    }
    for j in 0..2 {
        let (mut squares, mut total) = (0.0, 0.0);
        for (pair, w) in y.windows(2).zip(weights) {
            for i in 0..2 {
                let u = params.residual(i, j, pair[0], pair[1]);
                squares += w[i][j] * u * u;
                total += w[i][j];
            }
        }
        params.variance[j] = (squares / total).max(floor);
    }
    params.check()
}

fn transition(weights: &[Pair], regularisation: &Regularisation) -> Result<Pair, ModelError> {
    let mut counts = [[regularisation.pseudo_count; 2]; 2];
    for w in weights {
        for i in 0..2 {
            for j in 0..2 {
                counts[i][j] += w[i][j];
            }
        }
    }
    let (low, high) = (regularisation.probability_min, 1.0 - regularisation.probability_min);
    let mut transition = [[0.0; 2]; 2];
    for (row, count) in transition.iter_mut().zip(counts) {
        let total = count[0] + count[1];
        if total <= 1e-9 {
            return Err(ModelError::Degenerate { why: "one regime only" });
        }
        let first = (count[0] / total).clamp(low, high);
        *row = [first, 1.0 - first];
    }
    Ok(transition)
}

/// Weighted least squares of `y_t` on `(1, y_{t-1})` in each regime.
fn regress(
    params: &mut SwitchingAr,
    y: &[f64],
    weights: &[Pair],
    regularisation: &Regularisation,
) -> Result<(), ModelError> {
    for j in 0..2 {
        let weight = |w: &Pair| w[0][j] + w[1][j];
        let (mut total, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
        for (pair, w) in y.windows(2).zip(weights) {
            total += weight(w);
            mean_x += weight(w) * pair[0];
            mean_y += weight(w) * pair[1];
        }
        if total <= 1e-9 {
            return Err(ModelError::Degenerate { why: "one regime only" });
        }
        mean_x /= total;
        mean_y /= total;
        let (mut xx, mut xy) = (0.0, 0.0);
        for (pair, w) in y.windows(2).zip(weights) {
            xx += weight(w) * (pair[0] - mean_x).powi(2);
            xy += weight(w) * (pair[0] - mean_x) * (pair[1] - mean_y);
        }
        let slope = if xx > 0.0 { xy / xx } else { 0.0 };
        params.phi[j] = slope.clamp(-regularisation.phi_max, regularisation.phi_max);
        params.location[j] = mean_y - params.phi[j] * mean_x;
    }
    Ok(())
}

/// The means given the coefficients (a weighted regression in two unknowns), then the coefficients
/// given the means.
fn centre(
    params: &mut SwitchingAr,
    y: &[f64],
    weights: &[Pair],
    regularisation: &Regularisation,
) -> Result<(), ModelError> {
    let mut a = [[0.0; 2]; 2];
    let mut b = [0.0; 2];
    for (pair, w) in y.windows(2).zip(weights) {
        for i in 0..2 {
            for j in 0..2 {
                // The error is `z - x . m`: m[j] enters with 1, m[i] with -phi[j], both if i = j.
                let z = pair[1] - params.phi[j] * pair[0];
                let mut x = [0.0; 2];
                x[j] += 1.0;
                x[i] -= params.phi[j];
                let weight = w[i][j] / params.variance[j];
                for r in 0..2 {
                    b[r] += weight * x[r] * z;
                    for c in 0..2 {
                        a[r][c] += weight * x[r] * x[c];
                    }
                }
            }
        }
    }
    let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    let solvable = determinant.abs() > 1e-12 * a[0][0] * a[1][1];
    if !solvable {
        return Err(ModelError::Degenerate { why: "one regime only" });
    }
    params.location =
        [(b[0] * a[1][1] - b[1] * a[0][1]) / determinant, (a[0][0] * b[1] - a[1][0] * b[0]) / determinant];
    for j in 0..2 {
        let (mut xx, mut xy) = (0.0, 0.0);
        for (pair, w) in y.windows(2).zip(weights) {
            for i in 0..2 {
                let x = pair[0] - params.location[i];
                xx += w[i][j] * x * x;
                xy += w[i][j] * x * (pair[1] - params.location[j]);
            }
        }
        let slope = if xx > 0.0 { xy / xx } else { 0.0 };
        params.phi[j] = slope.clamp(-regularisation.phi_max, regularisation.phi_max);
    }
    Ok(())
}
