//! From beliefs to wishes: combined forecasts, the edge after costs, how much to hold, and what
//! the portfolio as a whole allows.
//!
//! Everything here is a pure function of values and knows nothing of orders on the wire. Weights are
//! fractions of net asset value and long-only; costs are subtracted on both sides; every factor
//! and every limit that bit is returned, so that a decision can be recomputed from its record.
//! A probability of stress is taken only as
//! [`FilteredProbability`](crate::model::regime::FilteredProbability): what has seen the future does not compile.
//!
//! The path: [`signal`] combines, [`edge`] decides, [`sizing`] sizes, [`target`] limits, [`order_size`] makes shares of it,
//! [`capacity`] says how much money the whole can carry.

pub mod capacity;
pub mod cost;
pub mod edge;
pub mod order_size;
pub mod signal;
pub mod sizing;
pub mod slippage;
pub mod target;
