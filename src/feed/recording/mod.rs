//! What a live session hears, as it hears it: files that survive a crash at any byte.
//!
//! A recording is a run of segments. Each begins with what the day is ([`crate::feed::day::DayMeta`]) and goes on with blocks of
//! [`Heard`]; a block has its length and checksum, so a torn tail is seen for what it is and cut. Entries are in the
//! order in which the engine took them: together with the journal's commands and reports they are the whole
//! session again.
//!
//! `docs/recording.md` has the bytes.

mod reader;
mod writer;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use reader::{RecordingReader, Torn};
pub use writer::{Finished, RecordingWriter};

use crate::execution::LineNews;
use crate::market::{MarketEvent, Timestamp};

/// The first bytes of every segment.
const MAGIC: &[u8; 16] = b"himal recording\n";
/// The version of what follows them.
const VERSION: u32 = 1;
/// The longest block a reader takes.
const LONGEST_BLOCK: usize = 16 << 20;

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// One thing the engine was given that is not in the journal.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Heard {
    /// The engine's time of it.
    pub at: Timestamp,
    /// What.
    pub what: HeardWhat,
}

/// What was heard.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum HeardWhat {
    /// The market did something.
    Market(MarketEvent),
    /// A line changed where it stands.
    Line(LineNews),
    /// Time passed.
    Clock,
}

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file.
    #[error("{file}: {source}")]
    Io {
        /// Which file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not a recording, or one of a version this program does not know.
    #[error("{file}: not a recording: {what}")]
    NotOne {
        /// Which file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A whole block that is not what was written.
    #[error("{file}: block {block} at byte {offset} is damaged: {what}")]
    Damaged {
        /// Which file.
        file: String,
        /// Its number from 0, the description being block 0.
        block: u64,
        /// Where it begins.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}
