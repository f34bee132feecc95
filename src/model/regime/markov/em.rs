//! Expectation-maximisation for the two-regime AR(1).
//!
//! The expectation step is the filter and the smoother. The maximisation step of the intercept form
//! is two weighted regressions; the mean form is not linear in means and coefficients together, so
//! it maximises over one group given the others (ECM): the likelihood still rises at every step.

#![allow(clippy::needless_range_loop, reason = "i and j are the regimes before and now, as in the formulas")]

use super::expectation::{Expectation, Sample, offsets};
use super::{Form, Pair, SwitchingAr};
use crate::model::ModelError;

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
/// As [`super::filter`], or [`ModelError::Degenerate`] when a regime dies out on the way.
pub fn expectation_maximisation(
    start: SwitchingAr,
    y: &[f64],
    regularisation: &Regularisation,
    steps: usize,
) -> Result<SwitchingAr, ModelError> {
    start.check()?;
    super::filter::check_values(y)?;
    run(start, &mut Sample::new(y), regularisation, steps).map(|path| path.params)
}

/// The parameters come checked, and the values finite.
pub(super) fn run(
    start: SwitchingAr,
    sample: &mut Sample<'_>,
    regularisation: &Regularisation,
    steps: usize,
) -> Result<EmPath, ModelError> {
    let floor = regularisation.variance_floor * sample_variance(sample.values());
    let mut params = start;
    let mut trace: Vec<f64> = Vec::new();
    for _ in 0..steps {
        let expectation = sample.expect(&params)?;
        let before = trace.last().copied();
        trace.push(expectation.log_likelihood);
        let near = |l: f64| (expectation.log_likelihood - l).abs() < 1e-8 * l.abs().max(1.0);
        if before.is_some_and(near) {
            break;
        }
        maximise(&mut params, &expectation, sample.mean(), regularisation, floor)?;
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
    expectation: &Expectation,
    mean: f64,
    regularisation: &Regularisation,
    floor: f64,
) -> Result<(), ModelError> {
    params.transition = transition(expectation, regularisation)?;
    match params.form {
        Form::Intercept => regress(params, expectation, mean, regularisation)?,
        Form::Mean => centre(params, expectation, mean, regularisation)?,
    }
    let squares = squared_errors(params, expectation, mean);
    for j in 0..2 {
        params.variance[j] = (squares[j] / weight_now(expectation, j)).max(floor);
    }
    params.check()
}

/// Expected number of bars in regime `j`.
pub(super) fn weight_now(expectation: &Expectation, j: usize) -> f64 {
    expectation.moments[0][j].n + expectation.moments[1][j].n
}

/// The weighted sum of squared errors in each regime.
pub(super) fn squared_errors(params: &SwitchingAr, expectation: &Expectation, mean: f64) -> [f64; 2] {
    let offset = offsets(params, mean);
    [0, 1].map(|j| {
        let of_pair = |i: usize| {
            let (m, phi, a) = (&expectation.moments[i][j], params.phi[j], offset[i][j]);
            m.yy + phi * phi * m.xx + a * a * m.n - 2.0 * (phi * m.xy + a * m.y - a * phi * m.x)
        };
        (of_pair(0) + of_pair(1)).max(0.0)
    })
}

fn transition(expectation: &Expectation, regularisation: &Regularisation) -> Result<Pair, ModelError> {
    let (low, high) = (regularisation.probability_min, 1.0 - regularisation.probability_min);
    let mut transition = [[0.0; 2]; 2];
    for (row, moments) in transition.iter_mut().zip(&expectation.moments) {
        let count = moments.map(|m| m.n + regularisation.pseudo_count);
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
    expectation: &Expectation,
    mean: f64,
    regularisation: &Regularisation,
) -> Result<(), ModelError> {
    for j in 0..2 {
        let total = weight_now(expectation, j);
        if total <= 1e-9 {
            return Err(ModelError::Degenerate { why: "one regime only" });
        }
        let m = &expectation.moments[0][j];
        let (mean_x, mean_y) = (m.x / total, m.y / total);
        let (xx, xy) = (m.xx - total * mean_x * mean_x, m.xy - total * mean_x * mean_y);
        let slope = if xx > 0.0 { xy / xx } else { 0.0 };
        params.phi[j] = slope.clamp(-regularisation.phi_max, regularisation.phi_max);
        params.location[j] = mean_y + mean - params.phi[j] * (mean_x + mean);
    }
    Ok(())
}

/// The means given the coefficients (a weighted regression in two unknowns), then the coefficients
/// given the means.
fn centre(
    params: &mut SwitchingAr,
    expectation: &Expectation,
    mean: f64,
    regularisation: &Regularisation,
) -> Result<(), ModelError> {
    let mut a = [[0.0; 2]; 2];
    let mut b = [0.0; 2];
    for i in 0..2 {
        for j in 0..2 {
            let m = &expectation.moments[i][j];
            // The error is `z - x . location`: location[j] enters with 1, location[i] with -phi[j],
            // both if i = j.
            let mut x = [0.0; 2];
            x[j] += 1.0;
            x[i] -= params.phi[j];
            let z = m.y - params.phi[j] * m.x;
            for r in 0..2 {
                b[r] += x[r] * z / params.variance[j];
                for c in 0..2 {
                    a[r][c] += m.n * x[r] * x[c] / params.variance[j];
                }
            }
        }
    }
    let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    let solvable = determinant.abs() > 1e-12 * a[0][0] * a[1][1];
    if !solvable {
        return Err(ModelError::Degenerate { why: "one regime only" });
    }
    let location =
        [(b[0] * a[1][1] - b[1] * a[0][1]) / determinant, (a[0][0] * b[1] - a[1][0] * b[0]) / determinant];
    for j in 0..2 {
        let (mut xx, mut xy) = (0.0, 0.0);
        for i in 0..2 {
            let m = &expectation.moments[i][j];
            let (l, k) = (location[i], location[j]);
            xx += m.xx - 2.0 * l * m.x + l * l * m.n;
            xy += m.xy - l * m.y - k * m.x + l * k * m.n;
        }
        let slope = if xx > 0.0 { xy / xx } else { 0.0 };
        params.phi[j] = slope.clamp(-regularisation.phi_max, regularisation.phi_max);
    }
    params.location = location.map(|l| l + mean);
    Ok(())
}
