//! The forward filter: what is known at each bar from the data up to it.

#![allow(clippy::needless_range_loop, reason = "i and j are the regimes before and now, as in the formulas")]

use serde::{Deserialize, Serialize};

use super::params::VALUE_MAX;
use super::{Pair, SwitchingAr};
use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::regime::FilteredProbability;

/// What one observation adds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// `P(S_{t-1} = i, S_t = j | data up to t)`.
    pub joint: Pair,
    /// `P(S_t = j | data up to t)`.
    pub filtered: [f64; 2],
    /// `ln p(y_t | data before t)`.
    pub log_density: f64,
}

/// The filter as a small machine: one value in, one step out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    params: SwitchingAr,
    filtered: [f64; 2],
    last: Option<f64>,
    log_likelihood: f64,
    skipped: u64,
}

impl Filter {
    /// Before any data: the stationary distribution.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for parameters that describe no model.
    pub fn new(params: SwitchingAr) -> Result<Self, ModelError> {
        params.check()?;
        Ok(Self { params, filtered: params.stationary(), last: None, log_likelihood: 0.0, skipped: 0 })
    }

    /// Takes the next value. The first one is only conditioned on and gives `None`, and so does one
    /// that is not finite or beyond 1e50, which is skipped and counted.
    pub fn on_value(&mut self, now: f64) -> Option<Step> {
        let usable = now.abs() <= VALUE_MAX;
        if !usable {
            self.skipped += 1;
            return None;
        }
        let before = self.last.replace(now)?;
        let step = step(&self.params, self.filtered, before, now);
        self.filtered = step.filtered;
        self.log_likelihood += step.log_density;
        Some(step)
    }

    /// The probability of stress after the last value; the stationary one before.
    #[must_use]
    pub const fn p_stress(&self) -> FilteredProbability {
        FilteredProbability::from_recursion(self.filtered[1])
    }

    /// The probability of stress `horizon` bars after the last value.
    #[must_use]
    pub fn predict(&self, horizon: u32) -> FilteredProbability {
        FilteredProbability::from_recursion(self.params.predict(self.filtered[1], horizon))
    }

    /// Log-likelihood of all values but the first.
    #[must_use]
    pub const fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The frozen parameters.
    #[must_use]
    pub const fn params(&self) -> &SwitchingAr {
        &self.params
    }

    /// Values that could not be used.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// One step of the recursion. Densities enter as logs less their maximum, so that an outlier far
/// outside both regimes still divides by something.
pub(super) fn step(params: &SwitchingAr, filtered: [f64; 2], before: f64, now: f64) -> Step {
    const LN_TAU: f64 = 1.837_877_066_409_345_5;
    let mut log_density = [[0.0; 2]; 2];
    let mut peak = f64::NEG_INFINITY;
    for (i, row) in log_density.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            let u = params.residual(i, j, before, now);
            *cell = -0.5 * (LN_TAU + params.variance[j].ln() + u * u / params.variance[j]);
            if filtered[i] * params.transition[i][j] > 0.0 {
                peak = peak.max(*cell);
            }
        }
    }
    let mut joint = [[0.0; 2]; 2];
    let mut sum = 0.0;
    for i in 0..2 {
        for j in 0..2 {
            let prior = filtered[i] * params.transition[i][j];
            joint[i][j] = if prior > 0.0 { prior * (log_density[i][j] - peak).exp() } else { 0.0 };
            sum += joint[i][j];
        }
    }
    let joint = joint.map(|row| row.map(|cell| cell / sum));
    Step {
        joint,
        filtered: [joint[0][0] + joint[1][0], joint[0][1] + joint[1][1]],
        log_density: peak + sum.ln(),
    }
}

/// A whole series, filtered.
#[derive(Clone, Debug, PartialEq)]
pub struct Filtered {
    /// Log-likelihood of all values but the first, which is conditioned on.
    pub log_likelihood: f64,
    /// One step for each value but the first.
    pub steps: Vec<Step>,
}

impl Filtered {
    /// The probability of regime 1 after each value but the first.
    #[must_use]
    pub fn p_stress(&self) -> Vec<FilteredProbability> {
        self.steps.iter().map(|step| FilteredProbability::from_recursion(step.filtered[1])).collect()
    }
}

/// Refuses series that the recursions cannot run over: fewer than two values, or one that is not
/// finite or beyond 1e50.
pub(super) fn check_values(y: &[f64]) -> Result<(), ModelError> {
    check_series(y, 2)?;
    match y.iter().find(|value| value.abs() > VALUE_MAX) {
        Some(&value) => Err(ModelError::OutOfDomain { name: "value", value, domain: "at most 1e50 in size" }),
        None => Ok(()),
    }
}

/// Filters a series with given parameters.
///
/// # Errors
/// As [`Filter::new`]; fewer than two values, or one that is not finite or beyond 1e50.
pub fn filter(params: &SwitchingAr, y: &[f64]) -> Result<Filtered, ModelError> {
    check_values(y)?;
    let mut filter = Filter::new(*params)?;
    let steps = y.iter().filter_map(|&value| filter.on_value(value)).collect();
    Ok(Filtered { log_likelihood: filter.log_likelihood, steps })
}

/// Log-likelihood only, without keeping the steps: what a search evaluates. The parameters come
/// checked.
pub(super) fn log_likelihood(params: &SwitchingAr, y: &[f64]) -> f64 {
    let mut filtered = params.stationary();
    let mut sum = 0.0;
    for pair in y.windows(2) {
        let step = step(params, filtered, pair[0], pair[1]);
        filtered = step.filtered;
        sum += step.log_density;
    }
    sum
}
