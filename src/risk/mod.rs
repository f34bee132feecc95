//! What may not be done, and why: checks before an order leaves, the stop, and how near each breaker is.
//!
//! A refusal is an answer with numbers in it, journaled and shown. All refusals of an order are
//! listed together, as the exchange's own order entry does. Readings ([`reading`]) say how near the
//! rules of K2 are to acting; nothing acts on them yet.

pub mod check;
pub mod denial;
pub mod halt;
pub mod reading;
pub mod verdict;

pub use check::{CheckInput, Checked, Judged, check_new, judge};
pub use denial::Denial;
pub use halt::{StopError, TradingState};
pub use reading::{Reading, Rule};
pub use verdict::{Check, CheckResult, Verdict, Warning};
