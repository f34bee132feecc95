//! From run lengths to events.

use serde::{Deserialize, Serialize};

use super::{Pruning, RunLengths, RunModel};
use crate::model::ModelError;

/// When a change is called.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorParams {
    /// Prior and hazard.
    pub model: RunModel,
    /// Pruning.
    pub pruning: Pruning,
    /// A run up to this length is short.
    pub short_run: usize,
    /// A change needs a short run with more than this probability.
    pub probability_above: f64,
    /// And the likeliest run length fallen by at least so much since the previous value.
    pub fall_min: usize,
    /// And more than so many values seen.
    pub warm_up: u64,
}

impl Default for DetectorParams {
    fn default() -> Self {
        Self {
            model: RunModel::default(),
            pruning: Pruning::default(),
            short_run: 10,
            probability_above: 0.5,
            fall_min: 10,
            warm_up: 20,
        }
    }
}

/// A change point was detected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// Values seen, this one included.
    pub seen: u64,
    /// The likeliest run length now: the change lies so many values back.
    pub run_length: usize,
    /// The likeliest run length before this value.
    pub run_length_before: usize,
    /// Probability of a short run.
    pub p_short: f64,
}

/// Run lengths, and the rule that turns them into events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    params: DetectorParams,
    runs: RunLengths,
}

impl Detector {
    /// Before any value.
    ///
    /// # Errors
    /// As [`RunLengths::new`].
    pub fn new(params: DetectorParams) -> Result<Self, ModelError> {
        Ok(Self { params, runs: RunLengths::new(params.model, Some(params.pruning))? })
    }

    /// Takes the next scaled return; answers with a change point if this value made one.
    pub fn on_value(&mut self, x: f64) -> Option<ChangePoint> {
        let run_length_before = self.runs.map_run_length();
        if !self.runs.on_value(x) || self.runs.seen() <= self.params.warm_up {
            return None;
        }
        let run_length = self.runs.map_run_length();
        let p_short = self.p_short();
        let fell = run_length_before.saturating_sub(run_length) >= self.params.fall_min;
        (fell && p_short > self.params.probability_above).then_some(ChangePoint {
            seen: self.runs.seen(),
            run_length,
            run_length_before,
            p_short,
        })
    }

    /// Probability that the current run is short.
    #[must_use]
    pub fn p_short(&self) -> f64 {
        self.runs.probability_within(self.params.short_run)
    }

    /// The distribution of the run length.
    #[must_use]
    pub const fn runs(&self) -> &RunLengths {
        &self.runs
    }
}
