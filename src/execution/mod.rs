//! Orders and how they are worked: the life cycle of an order, what is asked of a gateway and
//! what a gateway reports.
//!
//! Nothing here knows who approved an order, and nothing here sends one.

pub mod order;
pub mod report;
pub mod request;

pub use order::{ClientOrderId, Incident, Order, OrderChange, OrderState, Pending, QueueAhead};
pub use report::{ExecutionId, ExecutionReport, RejectReason, ReportKind, VenueOrderId};
pub use request::{GatewayRequest, NewOrder};
