//! A simulated exchange, in process.
//!
//! What is here is its first stone: [`flow`], a seeded generator of a whole day of orders over a real
//! matching engine, which makes the bundled days. There are no sockets, no clock and no members: what
//! takes part are drawn orders, and the day is a function of a scenario and a seed.
//!
//! Everything that comes out is marked SIMULATED, and every company in it is invented.

pub mod flow;
