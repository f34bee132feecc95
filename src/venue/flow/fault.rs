//! What goes wrong between the exchange and those connected to it, as a scenario has it.
//!
//! The exchange itself always does what it should; a fault is in what is told of it. None of this is in a
//! recorded day: faults happen to whoever is connected while the day runs.

use chrono::NaiveTime;
use serde::Deserialize;

use crate::market::Symbol;

/// One fault: from when, how long, what.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// From when, Nepal time.
    pub at: NaiveTime,
    /// For how many seconds.
    pub for_s: u32,
    /// What.
    pub what: FaultKind,
}

/// What goes wrong.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// Connections stay up and nothing is said to everybody; then everything at once.
    Freeze,
    /// Every connection is cut and none is taken. Orders go on.
    Disconnect,
    /// Reports of orders come so many milliseconds late.
    LateReports(u32),
    /// Reports come twice.
    DuplicateReports,
    /// New orders are refused, whatever they are.
    RejectNew,
    /// The clock that is told is so many milliseconds off.
    ClockOff(i32),
    /// A bid above the best offer of a security is told, and taken back at the end.
    Crossed(Symbol),
}
