//! Impact and slippage regressions and the fill-rate model.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
