//! Three states of the daily return, for display (C8).

use serde::{Deserialize, Serialize};

use super::{GaussianHmm, HmmFit, HmmSearch, fit_diagonal, posteriors};
use crate::model::ModelError;
use crate::model::error::check_series;

/// Returns needed for a fit.
const RETURNS_MIN: usize = 250;
/// A state with less of the sample is none.
const WEIGHT_MIN: f64 = 0.05;

/// A state by its volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticState {
    /// The calmest.
    LowVol,
    /// The middle.
    Normal,
    /// The wildest.
    HighVol,
}

/// A state by the sign of its mean, when that is at least two standard errors from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeanLabel {
    /// Above.
    Bull,
    /// Below.
    Bear,
    /// Neither.
    Sideways,
}

/// A fitted diagnostic, states in the order of [`DiagnosticState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreeStates {
    /// The model, for the forward filter.
    pub model: GaussianHmm,
    /// Its log-likelihood.
    pub log_likelihood: f64,
    /// The direction of each state.
    pub labels: [MeanLabel; 3],
    /// Share of the sample in each state.
    pub weights: [f64; 3],
}

/// Fits three states to decimal daily returns: 10 seeded starts, variance floor 1e-4 of the
/// sample's, pseudo-count 1.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`] below 250
/// returns; [`ModelError::Degenerate`] when a state holds less than 5 % of the sample.
pub fn fit_three_states(returns: &[f64], seed: u64) -> Result<ThreeStates, ModelError> {
    check_series(returns, RETURNS_MIN)?;
    let x: Vec<Vec<f64>> = returns.iter().map(|r| vec![*r]).collect();
    let search = HmmSearch {
        states: 3,
        starts: 10,
        long_runs: 10,
        steps: 300,
        variance_prior: 0.0,
        variance_floor: 1e-4,
        pseudo_count: 1.0,
        seed,
    };
    let HmmFit { model, log_likelihood, .. } = fit_diagonal(&x, &search)?;
    let smoothed = posteriors(&model, &x)?.smoothed;
    let total = |k: usize| smoothed.iter().map(|p| p[k]).sum::<f64>();
    let weights = [0, 1, 2].map(|k| total(k) / returns.len() as f64);
    if weights.iter().any(|w| *w < WEIGHT_MIN) {
        return Err(ModelError::Degenerate { why: "a state holds less than 5 % of the sample" });
    }
    let labels = [0, 1, 2].map(|k| {
        let standard_error = (model.states[k].variances()[0] / total(k)).sqrt();
        match model.states[k].mean[0] / standard_error {
            t if t >= 2.0 => MeanLabel::Bull,
            t if t <= -2.0 => MeanLabel::Bear,
            _ => MeanLabel::Sideways,
        }
    });
    Ok(ThreeStates { model, log_likelihood, labels, weights })
}

impl ThreeStates {
    /// Expected bars in each state; `None` for one that is never left.
    #[must_use]
    pub fn expected_duration(&self) -> Vec<Option<f64>> {
        self.model.expected_duration()
    }
}
