//! Technical indicators in the reference cases' own conventions.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
