//! The backward smoother (Kim 1994): what the whole sample says about each bar. For reports and for
//! estimation.

#![allow(clippy::needless_range_loop, reason = "i and j are the regimes before and now, as in the formulas")]

use super::{Filtered, Pair};
use crate::model::regime::SmoothedProbability;

/// A whole series, smoothed.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    /// `P(S_{t-1} = i, S_t = j | all data)` for each value but the first.
    pub joint: Vec<Pair>,
}

impl Smoothed {
    /// The probability of regime 1 at each value but the first.
    #[must_use]
    pub fn p_stress(&self) -> Vec<SmoothedProbability> {
        self.joint.iter().map(|j| SmoothedProbability::from_recursion(j[0][1] + j[1][1])).collect()
    }
}

/// Runs back over a filtered series.
///
/// Exact, because the pair of regimes is Markov: with `s_t` the smoothed and `f_t` the filtered
/// distribution at `t`, `P(S_{t-1} = i, S_t = j | all) = P(S_{t-1} = i, S_t = j | up to t) s_t[j] /
/// f_t[j]`.
#[must_use]
pub fn smooth(filtered: &Filtered) -> Smoothed {
    let mut joint = vec![[[0.0; 2]; 2]; filtered.steps.len()];
    let Some(last) = filtered.steps.last() else { return Smoothed { joint } };
    let mut smoothed = last.filtered;
    for (step, out) in filtered.steps.iter().zip(&mut joint).rev() {
        for i in 0..2 {
            for j in 0..2 {
                let reached = step.filtered[j] > 0.0;
                out[i][j] = if reached { step.joint[i][j] * smoothed[j] / step.filtered[j] } else { 0.0 };
            }
        }
        smoothed = [out[0][0] + out[0][1], out[1][0] + out[1][1]];
    }
    Smoothed { joint }
}
