//! Orders out: what takes the engine's requests and reports what became of them.
//!
//! A gateway never decides whether an order may leave; by the time it is asked, the order has
//! passed the checks and the command that caused it is durable. Its reports are inputs of the engine
//! like any other.

pub mod broker_book;
pub mod fix;
pub mod manual;
pub mod paper;
pub mod session;
pub mod venue;

use crate::engine::{Input, State};
use crate::execution::{ExecutionReport, GatewayRequest};
use crate::market::Timestamp;

/// A gateway that works in the engine's own time: everything it reports follows from the inputs so far.
pub trait Gateway {
    /// Takes a request over. The answer comes later, as a report.
    fn request(&mut self, request: &GatewayRequest, now: Timestamp);

    /// What there is to report after an input has been applied.
    fn after(&mut self, state: &State, input: &Input) -> Vec<ExecutionReport>;

    /// The next moment at which it has something to do even if nothing comes in.
    fn due(&self) -> Option<Timestamp>;
}
