//! Value at risk, expected shortfall and extreme values.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
