//! Forward, backward and best path.

use serde::{Deserialize, Serialize};

use super::{GaussianHmm, log_sum_exp};
use crate::model::ModelError;

/// The forward filter: what is known from the observations so far. This is the live one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forward {
    model: GaussianHmm,
    log_filtered: Option<Vec<f64>>,
    log_likelihood: f64,
}

impl Forward {
    /// Before any observation.
    ///
    /// # Errors
    /// As [`GaussianHmm::check`].
    pub fn new(model: GaussianHmm) -> Result<Self, ModelError> {
        model.check()?;
        Ok(Self { model, log_filtered: None, log_likelihood: 0.0 })
    }

    /// Takes the next observation and gives `P(state | observations so far)`.
    ///
    /// # Errors
    /// [`ModelError::DimensionMismatch`] or [`ModelError::NonFinite`], and nothing has changed;
    /// [`ModelError::Degenerate`] when the model holds the observation for impossible.
    pub fn on_observation(&mut self, x: &[f64]) -> Result<Vec<f64>, ModelError> {
        super::gaussian::check_rows(&[x.to_vec()], self.model.dimension())?;
        let joint = step(&self.model, self.log_filtered.as_deref(), x);
        let log_density = log_sum_exp(joint.iter().copied());
        if log_density == f64::NEG_INFINITY {
            return Err(ModelError::Degenerate { why: "no state can give this observation" });
        }
        let log_filtered: Vec<f64> = joint.iter().map(|l| l - log_density).collect();
        let filtered = log_filtered.iter().map(|l| l.exp()).collect();
        self.log_likelihood += log_density;
        self.log_filtered = Some(log_filtered);
        Ok(filtered)
    }

    /// `ln p(observations so far)`.
    #[must_use]
    pub const fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The frozen model.
    #[must_use]
    pub const fn model(&self) -> &GaussianHmm {
        &self.model
    }
}

/// `ln P(state, x | before)` for each state.
fn step(model: &GaussianHmm, before: Option<&[f64]>, x: &[f64]) -> Vec<f64> {
    let predicted = |j: usize| match before {
        None => model.start[j].ln(),
        Some(before) => log_sum_exp(before.iter().zip(&model.transition).map(|(l, row)| l + row[j].ln())),
    };
    model.states.iter().enumerate().map(|(j, state)| predicted(j) + state.log_density(x)).collect()
}

/// What the whole sample says. Repaints: never an input of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Posteriors {
    /// `ln p(all observations)`.
    pub log_likelihood: f64,
    /// `P(state at t | observations up to t)`.
    pub filtered: Vec<Vec<f64>>,
    /// `P(state at t | all observations)`.
    pub smoothed: Vec<Vec<f64>>,
    /// Expected number of transitions from `i` to `j`.
    pub transitions: Vec<Vec<f64>>,
}

/// The forward-backward pass.
///
/// # Errors
/// As [`GaussianHmm::check`] and [`GaussianHmm::check_observations`]; [`ModelError::Degenerate`]
/// when no path can give the observations.
pub fn posteriors(model: &GaussianHmm, x: &[Vec<f64>]) -> Result<Posteriors, ModelError> {
    model.check_observations(x)?;
    let mut forward = Forward::new(model.clone())?;
    let mut filtered = Vec::with_capacity(x.len());
    let mut log_filtered = Vec::with_capacity(x.len());
    for row in x {
        filtered.push(forward.on_observation(row)?);
        log_filtered.extend(forward.log_filtered.clone());
    }
    let k = model.states.len();
    let log_transition: Vec<Vec<f64>> =
        model.transition.iter().map(|row| row.iter().map(|p| p.ln()).collect()).collect();
    let mut smoothed = vec![vec![0.0; k]; x.len()];
    let mut transitions = vec![vec![0.0; k]; k];
    // `ln P(observations after t | state at t)`, up to a constant that each step takes out.
    let mut log_backward = vec![0.0; k];
    for t in (0..x.len()).rev() {
        let joint: Vec<f64> = (0..k).map(|i| log_filtered[t][i] + log_backward[i]).collect();
        let total = log_sum_exp(joint.iter().copied());
        smoothed[t] = joint.iter().map(|l| (l - total).exp()).collect();
        if t == 0 {
            break;
        }
        let ahead: Vec<f64> = (0..k).map(|j| model.states[j].log_density(&x[t]) + log_backward[j]).collect();
        let pair = |i: usize, j: usize| log_filtered[t - 1][i] + log_transition[i][j] + ahead[j];
        let all = log_sum_exp((0..k * k).map(|ij| pair(ij / k, ij % k)));
        for (i, row) in transitions.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                *cell += (pair(i, j) - all).exp();
            }
        }
        let next: Vec<f64> =
            (0..k).map(|i| log_sum_exp((0..k).map(|j| log_transition[i][j] + ahead[j]))).collect();
        let scale = next.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        log_backward = next.iter().map(|l| l - scale).collect();
    }
    Ok(Posteriors { log_likelihood: forward.log_likelihood, filtered, smoothed, transitions })
}

/// The likeliest path. Repaints: never an input of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct BestPath {
    /// A state for each observation; the lowest of equals.
    pub states: Vec<usize>,
    /// `ln P(this path, all observations)`.
    pub log_probability: f64,
}

/// Viterbi's algorithm.
///
/// # Errors
/// As [`posteriors`].
pub fn viterbi(model: &GaussianHmm, x: &[Vec<f64>]) -> Result<BestPath, ModelError> {
    model.check()?;
    model.check_observations(x)?;
    let k = model.states.len();
    let mut score: Vec<f64> =
        (0..k).map(|j| model.start[j].ln() + model.states[j].log_density(&x[0])).collect();
    let mut from: Vec<Vec<usize>> = Vec::with_capacity(x.len());
    for row in &x[1..] {
        let best: Vec<(usize, f64)> =
            (0..k).map(|j| first_largest((0..k).map(|i| score[i] + model.transition[i][j].ln()))).collect();
        score = (0..k).map(|j| best[j].1 + model.states[j].log_density(row)).collect();
        from.push(best.iter().map(|(i, _)| *i).collect());
    }
    let (mut state, log_probability) = first_largest(score.iter().copied());
    if log_probability == f64::NEG_INFINITY {
        return Err(ModelError::Degenerate { why: "no path can give the observations" });
    }
    let mut states = vec![state; x.len()];
    for (t, back) in from.iter().enumerate().rev() {
        state = back[state];
        states[t] = state;
    }
    Ok(BestPath { states, log_probability })
}

fn first_largest(values: impl Iterator<Item = f64>) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (index, value) in values.enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best
}
