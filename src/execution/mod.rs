//! From a decision to orders: what a trade costs, where a limit belongs, how a large order is
//! cut over the day, and what it cost in the end.
//!
//! The arithmetic here is made of pure functions of values: no order life cycle, no clock.
//! Costs are at or above zero when they hurt, on both sides; a passive distance is at or above
//! zero on both sides. Floats end where limits and quantities begin: a limit leaves as a
//! [`Price`](crate::market::Price) on the tick grid, a slice as a whole number of shares.
//!
//! Enter at [`cost`] for what a trade costs, [`limit_price`] for where to rest, [`schedule`] for
//! cutting, [`shortfall`] for what came of it.

pub mod circuit;
pub mod cost;
pub mod cost_calibration;
pub mod fill_calibration;
pub mod fill_probability;
pub mod limit_adjustment;
pub mod limit_price;
pub mod schedule;
pub mod settlement;
pub mod shortfall;
pub mod slippage_calibration;
