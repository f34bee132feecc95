//! Baum and Welch's algorithm for states with independent coordinates.

use super::expectation::{Expectation, Sample, StateSums};
use super::{GaussianHmm, State};
use crate::model::ModelError;
use crate::model::units::{require, require_non_negative};

/// What is added to plain maximum likelihood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmOptions {
    /// Steps at most.
    pub steps: usize,
    /// Stop when the log-likelihood gains less than this part of itself; 0 runs every step.
    pub tolerance: f64,
    /// Added to every weighted sum of squares.
    pub variance_prior: f64,
    /// Variances are at least this, in squared units of the data.
    pub variance_floor: f64,
    /// Added to every expected count of transitions.
    pub pseudo_count: f64,
}

/// Where EM ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EmRun {
    /// The model after the last step.
    pub model: GaussianHmm,
    /// Log-likelihood before each step.
    pub trace: Vec<f64>,
    /// Whether the tolerance was met.
    pub converged: bool,
}

/// Runs EM from a given model, whose covariances are read by their diagonals.
///
/// # Errors
/// As [`super::posteriors`]; [`ModelError::OutOfDomain`] for an option; [`ModelError::Degenerate`] when a
/// state dies out or its variance vanishes.
pub fn expectation_maximisation(
    start: &GaussianHmm,
    x: &[Vec<f64>],
    options: &EmOptions,
) -> Result<EmRun, ModelError> {
    start.check()?;
    start.check_observations(x)?;
    if start.dimension() == 0 {
        return Err(ModelError::EmptyInput);
    }
    run(start, &mut Sample::new(x, start.states.len()), options)
}

/// The start comes checked against the sample.
pub(super) fn run(
    start: &GaussianHmm,
    sample: &mut Sample<'_>,
    options: &EmOptions,
) -> Result<EmRun, ModelError> {
    require(true, "tolerance", options.tolerance, "finite")?;
    require_non_negative("variance prior", options.variance_prior)?;
    require_non_negative("variance floor", options.variance_floor)?;
    require_non_negative("pseudo-count", options.pseudo_count)?;
    let mut model = start.clone();
    let mut trace: Vec<f64> = Vec::new();
    for _ in 0..options.steps {
        let expected = sample.expect(&model)?;
        let gain = trace.last().map_or(f64::INFINITY, |last| expected.log_likelihood - last);
        trace.push(expected.log_likelihood);
        if gain.abs() < options.tolerance * expected.log_likelihood.abs().max(1.0) {
            return Ok(EmRun { model, trace, converged: true });
        }
        model = maximise(&model, &expected, options)?;
    }
    Ok(EmRun { model, trace, converged: false })
}

fn maximise(
    model: &GaussianHmm,
    expected: &Expectation,
    options: &EmOptions,
) -> Result<GaussianHmm, ModelError> {
    let k = expected.transitions.len();
    let normalised = |row: &[f64]| -> Vec<f64> {
        let total: f64 = row.iter().sum::<f64>() + k as f64 * options.pseudo_count;
        if total > 0.0 {
            row.iter().map(|count| (count + options.pseudo_count) / total).collect()
        } else {
            // Reached at the last observation only: nothing is known of what follows.
            vec![1.0 / k as f64; k]
        }
    };
    let states =
        model.states.iter().zip(&expected.states).map(|(before, StateSums { total, deviations })| {
            if total.is_nan() || *total <= 1e-12 {
                return Err(ModelError::Degenerate { why: "a state has no observations" });
            }
            let mean =
                before.mean.iter().zip(deviations).map(|(mean, (sum, _))| mean + sum / total).collect();
            let variances: Vec<f64> = deviations
                .iter()
                .map(|(sum, squares)| {
                    // About the new mean; rounding must not make it negative.
                    let squares = (squares - sum * sum / total).max(0.0);
                    ((options.variance_prior + squares) / total).max(options.variance_floor)
                })
                .collect();
            State::diagonal(mean, &variances)
                .map_err(|_| ModelError::Degenerate { why: "the variance of a state vanishes" })
        });
    Ok(GaussianHmm {
        states: states.collect::<Result<_, _>>()?,
        start: expected.first.clone(),
        transition: expected.transitions.iter().map(|row| normalised(row)).collect(),
    })
}
