//! EGARCH, GARCH and exponentially weighted volatility.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
