//! One file per family of reference cases; each lists its functions.

use super::Function;

pub mod costs;
pub mod execution;
pub mod indicators;
pub mod microstructure;
pub mod regime_bocpd;
pub mod regime_hmm;
pub mod regime_markov;
pub mod stats_tests;
pub mod tail_risk;
pub mod volatility;

/// The functions of every family, in the order in which they are listed.
pub const ALL: &[&[Function]] = &[
    stats_tests::FUNCTIONS,
    indicators::FUNCTIONS,
    microstructure::FUNCTIONS,
    regime_markov::FUNCTIONS,
    regime_hmm::FUNCTIONS,
    regime_bocpd::FUNCTIONS,
    volatility::FUNCTIONS,
    costs::FUNCTIONS,
    tail_risk::FUNCTIONS,
    execution::FUNCTIONS,
];
