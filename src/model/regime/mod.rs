//! Two regimes, normal and stress: how likely stress is, and when the market is called stressed.
//!
//! [`intraday`] is the detector that decides during a session (C5), [`daily`] the belief a session
//! starts from (C4), [`markov`] the statistics behind it. A probability that a decision may use is
//! a [`FilteredProbability`]; one that has seen the future is a [`SmoothedProbability`], and there
//! is no way from the second to the first.

pub mod daily;
pub mod intraday;
pub mod markov;
pub mod probability;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use intraday::{BarKind, BarReturn, IntradayRegime, IntradayRegimeParams, RegimeChange, Start};
pub use probability::{FilteredProbability, SmoothedProbability};

/// The two regimes that drive decisions. States are ordered by volatility: `Normal` is state 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// The calmer state.
    Normal,
    /// The state with the higher volatility.
    Stress,
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "NORMAL",
            Self::Stress => "STRESS",
        })
    }
}
