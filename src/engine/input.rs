//! What comes into the engine: the one ordered stream.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Command, LineNews};
use crate::execution::{ExecutionReport, Statement};
use crate::market::{MarketEvent, Timestamp};

/// One input. Time comes with it; the engine asks no clock.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Input {
    /// When it takes effect: market time in a replay, receive time in a live session.
    pub at: Timestamp,
    /// The journal's sequence number of a command or a gateway event; 0 for a market event or a
    /// clock tick of a replay, which the journal refers to rather than copies.
    pub seq: u64,
    /// What it is.
    pub event: Event,
}

/// The kinds of input.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The market did something.
    Market(MarketEvent),
    /// A gateway reported about an order of ours.
    Gateway(ExecutionReport),
    /// A person wants something.
    Command(OperatorCommand),
    /// Time passed and nothing else happened.
    Clock,
    /// A line to the outside changed where it stands.
    Line(LineNews),
    /// A gateway says what there is.
    Statement(Statement),
}

/// A command and who gave it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OperatorCommand {
    /// Who.
    pub by: OperatorId,
    /// What.
    pub command: Command,
}

/// A person at a terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperatorId(Arc<str>);

impl OperatorId {
    /// The name the desk knows them by.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.trim().into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
