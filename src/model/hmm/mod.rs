//! Gaussian hidden Markov models: filter, posteriors, best path, estimation (C8).
//!
//! A diagnostic: it colours a chart and names a state, and no size is ever multiplied by it; the
//! two regimes that drive decisions are in [`crate::model::regime`]. Live numbers come from the
//! forward filter ([`Forward`]). Posteriors and the Viterbi path know the whole sample and change
//! when it grows; they are for reports, and their type says so.
//!
//! All recursions run in logs, so that an outlier far from every state or a transition of
//! probability zero is an ordinary value. Only a search takes a shorter way where it gives the same
//! numbers, and goes back to logs where it would not.

mod diagnostic;
mod em;
mod expectation;
mod fit;
mod gaussian;
mod recursions;
#[cfg(test)]
mod tests;

pub use diagnostic::{DiagnosticState, MeanLabel, ThreeStates, fit_three_states};
pub use em::{EmOptions, EmRun, expectation_maximisation};
pub use fit::{HmmFit, HmmSearch, fit_diagonal};
pub use gaussian::{GaussianHmm, State};
pub use recursions::{BestPath, Forward, Posteriors, posteriors, viterbi};

pub(super) fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let peak = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if peak == f64::NEG_INFINITY {
        return peak;
    }
    peak + values.map(|v| (v - peak).exp()).sum::<f64>().ln()
}
