//! What a record says: the wire types, version [`SCHEMA`].
//!
//! A body is one JSON object, fields in the order of the types below, no spaces. Numbers are whole;
//! hashes and digests are hex text. Nothing here depends on the machine or the hour it runs at.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Hash, JournalError};
use crate::engine::{Command, Input, OperatorCommand, OperatorId};
use crate::execution::{ExecutionReport, Statement};
use crate::market::{SessionDate, Timestamp};

/// The version of these types. Written in the first record; raised when a reader must know.
pub const SCHEMA: u32 = 1;

/// One record's content.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A session begins. Always record 1, and only there.
    Open(Open),
    /// A person wanted something.
    Command {
        /// When it took effect.
        at: Timestamp,
        /// Where in the stream it stands.
        position: StreamPosition,
        /// Who.
        by: OperatorId,
        /// What.
        command: Command,
    },
    /// A gateway reported.
    Gateway {
        /// When it took effect.
        at: Timestamp,
        /// Where in the stream it stands.
        position: StreamPosition,
        /// What it said.
        report: ExecutionReport,
    },
    /// A gateway said what there is: orders, cash, holdings.
    Statement {
        /// When it took effect.
        at: Timestamp,
        /// Where in the stream it stands.
        position: StreamPosition,
        /// What it said.
        statement: Statement,
    },
    /// A waypoint: what the engine's running digest was here. A later run that has another digest
    /// at this point has drifted, and says where.
    Mark {
        /// Where in the stream.
        position: StreamPosition,
        /// [`crate::engine::State::digest`] there.
        digest: Hex64,
    },
    /// Market data recorded in a file beside the journal.
    Segment(Segment),
    /// Any input of a live or paper session without segments, market events included.
    Input {
        /// The input.
        input: Input,
    },
    /// The session is finished. Always the last record.
    Close(Close),
}

/// What session this is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Open {
    /// Version of the record types; [`SCHEMA`] when written by this program.
    pub schema: u32,
    /// Replay, paper or live.
    pub session: SessionKind,
    /// Version of the program that decides.
    pub engine: String,
    /// The day.
    pub day: DayRef,
    /// [`crate::engine::DaySetup::digest`]: all facts that decide.
    pub setup_digest: Hex64,
    /// The journal that this one branched from, if it was resumed from an earlier moment.
    pub parent: Option<Parent>,
    /// What the ids of this journal's orders begin with at a venue, so that those of no two journals are the same.
    /// Drawn once, when the journal is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

impl Open {
    /// The opening of a session by this version of the program.
    #[must_use]
    pub fn new(session: SessionKind, day: DayRef, setup_digest: u64) -> Self {
        let engine = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            schema: SCHEMA,
            session,
            engine,
            day,
            setup_digest: Hex64(setup_digest),
            parent: None,
            tag: None,
        }
    }

    /// Whether `other` is the same session of the same day under the same facts, so that a
    /// journal opened with one may be continued by the other.
    #[must_use]
    pub fn continues(&self, other: &Self) -> bool {
        self.session == other.session && self.day == other.day && self.setup_digest == other.setup_digest
    }
}

/// Where inputs come from and orders go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A recorded day.
    Replay,
    /// Live data, paper orders.
    Paper,
    /// Live data, real orders.
    Live,
}

/// The day a session is about. The market events of a replay are in this file and not in the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DayRef {
    /// Its title.
    pub title: String,
    /// Its date.
    pub date: SessionDate,
    /// SHA-256 of the recorded day; of nothing where there is none.
    pub content_sha256: Hash,
    /// Events in it.
    pub rows: u64,
}

/// The point of another journal that this one starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parent {
    /// The hash of that record.
    pub head: Hash,
    /// Its sequence number.
    pub seq: u64,
}

/// A place in the stream: how much that the journal does not hold was applied before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct StreamPosition {
    /// Market rows applied before; in a live session with what became of its lines among them.
    pub rows: u64,
    /// Clock ticks applied before.
    pub clocks: u64,
}

/// A file of recorded market data beside the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Its name, without a folder.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Events in it.
    pub events: u64,
}

impl Segment {
    /// Whether the name is that of a file beside the journal and nothing else.
    #[must_use]
    pub fn is_beside(&self) -> bool {
        !matches!(self.name.as_str(), "" | "." | "..") && !self.name.contains(['/', '\\', '\0'])
    }
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Close {
    /// Where in the stream.
    pub position: StreamPosition,
    /// [`crate::engine::State::state_hash`] at the end.
    pub state_hash: Hash,
    /// Digest over every output.
    pub decisions: Hash,
    /// How many outputs there were.
    pub outputs: u64,
}

impl Body {
    /// A command as the engine takes it.
    #[must_use]
    pub fn command(at: Timestamp, position: StreamPosition, given: &OperatorCommand) -> Self {
        Self::Command { at, position, by: given.by.clone(), command: given.command.clone() }
    }

    /// The word for its kind, as in the `kind` field.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Command { .. } => "command",
            Self::Gateway { .. } => "gateway",
            Self::Statement { .. } => "statement",
            Self::Mark { .. } => "mark",
            Self::Segment(_) => "segment",
            Self::Input { .. } => "input",
            Self::Close(_) => "close",
        }
    }

    /// Where in the stream it stands, for those that say so.
    #[must_use]
    pub const fn position(&self) -> Option<StreamPosition> {
        match self {
            Self::Command { position, .. }
            | Self::Gateway { position, .. }
            | Self::Statement { position, .. }
            | Self::Mark { position, .. } => Some(*position),
            Self::Close(close) => Some(close.position),
            Self::Open(_) | Self::Segment(_) | Self::Input { .. } => None,
        }
    }

    /// When it took effect, for those that have a time.
    #[must_use]
    pub const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Command { at, .. } | Self::Gateway { at, .. } | Self::Statement { at, .. } => Some(*at),
            Self::Input { input } => Some(input.at),
            Self::Open(_) | Self::Mark { .. } | Self::Segment(_) | Self::Close(_) => None,
        }
    }

    /// The canonical bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>, JournalError> {
        serde_json::to_vec(self).map_err(|error| JournalError::Encode(error.to_string()))
    }
}

/// A 64-bit digest, written as 16 lower-case hex digits: JSON readers that hold numbers as floats
/// would round it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Hex64(pub u64);

impl fmt::Display for Hex64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Hex64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = u64::from_str_radix(&text, 16).ok().map(Self);
        value
            .filter(|value| value.to_string() == text)
            .ok_or_else(|| de::Error::custom("not 16 lower-case hex digits"))
    }
}
