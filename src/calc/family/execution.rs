//! Almgren-Chriss schedules, allocation and implementation shortfall.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
