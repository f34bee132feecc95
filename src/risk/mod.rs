//! What may not be done, and why: checks before an order leaves, and the stop.
//!
//! A refusal is an answer with numbers in it, journaled and shown. All refusals of an order are
//! listed together, as the exchange's own order entry does.

pub mod check;
pub mod denial;
pub mod halt;

pub use check::{
    Caution, CheckInput, CheckLine, CheckName, Checked, Outcome, check_amend, check_new, examine,
};
pub use denial::Denial;
pub use halt::{StopError, TradingState};
