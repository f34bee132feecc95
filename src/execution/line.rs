//! Where the lines to the outside stand: feeds in, the gateway out.

use serde::{Deserialize, Serialize};

use crate::market::SourceId;

/// Where a line stands. Only [`LineState::Live`] is good enough for new risk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// No connection yet, or none any more; one is being made.
    #[default]
    Connecting,
    /// Connected; what was missed is being fetched.
    Syncing,
    /// Connected, complete and heard of lately.
    Live,
    /// Connected, and nothing is heard, not even a heartbeat.
    Silent,
    /// Something is missing in what was heard; it has been asked for again.
    Gap,
    /// Heard of, but what it says is behind what the other side says that it has said.
    Stale,
    /// Given up until somebody asks for it again.
    Closed,
}

impl LineState {
    /// Whether what comes over the line is complete and fresh.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }

    /// The desk's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Syncing => "syncing",
            Self::Live => "live",
            Self::Silent => "silent",
            Self::Gap => "gap",
            Self::Stale => "stale",
            Self::Closed => "closed",
        }
    }
}

/// A line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Market data of this source.
    Feed(SourceId),
    /// Orders out and reports back.
    Gateway,
}

/// A line changed where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineNews {
    /// Which one.
    pub line: Line,
    /// Where it stands now.
    pub state: LineState,
}
