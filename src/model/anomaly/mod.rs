//! The anomaly filter: what may be believed of a message (C9).
//!
//! Every check runs on every message; all findings are listed and the worst action wins. The
//! filter marks and never deletes: what is quarantined stays in the record, but makes no return,
//! no baseline and no fill.
//!
//! Baselines are robust, trailing and exclude what was quarantined. With fewer than
//! [`AnomalyLimits::baseline_min`] points only the checks that need no baseline apply. A check whose input
//! is not known (no previous close, no tick) reports that it is unknown; it neither passes nor fails.

mod finding;
mod limits;
mod rate;
mod rolling;
mod tick_filter;

pub use finding::{Action, Check, Findings, Verdict};
pub use limits::AnomalyLimits;
pub use rate::{QuarantineRate, RateReading};
pub use rolling::{RollingMean, RollingMedian};
pub use tick_filter::{PrintFacts, TickFilter};
