//! Volume-synchronised order flow, price impact, spreads, order-flow imbalance and trade signs.

use crate::calc::Function;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[];
