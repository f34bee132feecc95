//! Gaussian hidden Markov models: posteriors, Viterbi paths, EM and fits.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
