//! From a decision to orders, and how they are worked: what a trade costs, where a limit belongs,
//! how a large order is cut over the day, the life cycle of an order, what is asked of a gateway and
//! what it reports, and what it all cost in the end.
//!
//! The arithmetic is made of pure functions of values: no order life cycle in it, no clock.
//! Costs are at or above zero when they hurt, on both sides; a passive distance is at or above
//! zero on both sides. Floats end where limits and quantities begin: a limit leaves as a
//! [`Price`](crate::market::Price) on the tick grid, a slice as a whole number of shares.
//!
//! Nothing here knows who approved an order, and nothing here sends one. Enter at [`cost`] for
//! what a trade costs, [`limit_price`] for where to rest, [`schedule`] for cutting, [`order`] for the
//! life of an order, [`shortfall`] for what came of it.

pub mod circuit;
pub mod cost;
pub mod cost_calibration;
pub mod fill_calibration;
pub mod fill_probability;
pub mod hazard;
pub mod limit_adjustment;
pub mod limit_price;
mod line;
pub mod order;
pub mod report;
pub mod request;
pub mod schedule;
pub mod settlement;
pub mod shortfall;
pub mod slippage_calibration;
pub mod statement;
mod trail;

pub use line::{Line, LineNews, LineState};
pub use order::{Change, ClientOrderId, Fill, Incident, Order, OrderChange, OrderState, Pending, QueueAhead};
pub use report::{ExecutionId, ExecutionReport, RejectReason, ReportKind, Standing, VenueOrderId};
pub use request::{GatewayRequest, NewOrder};
pub use statement::{Difference, StatedHolding, StatedOrder, Statement};
pub use trail::{OrderStep, StepKind};
