//! Statistical tests: stationarity, efficiency, distribution, location, multiple testing, forecast comparison.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
