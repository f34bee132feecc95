//! Two-state Markov switching: filters, smoothers and fits.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
