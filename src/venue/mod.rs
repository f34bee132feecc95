//! A simulated exchange.
//!
//! [`exchange`] takes orders and matches them under NEPSE's rules; [`flow`] draws a crowd around it,
//! whole days of it, and makes the bundled days; [`server`] puts both behind WebSocket. Only the server has a
//! clock: below it a day is a function of a scenario, a seed and what members sent when.
//!
//! Everything that comes out is marked SIMULATED, and every company in it is invented.

pub mod book;
pub mod exchange;
pub mod flow;
pub mod server;
mod shown;
mod tape;
