//! What can go wrong with a journal.

use std::io;

use serde::Serialize;

/// What is wrong with a record, or with the header where the sequence number is 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// The header line is not what was written.
    #[error("the header line is damaged")]
    Header,
    /// The line is not a record in its one spelling.
    #[error("the line is not a record")]
    Line,
    /// Another sequence number stands here: a record was removed, repeated or moved.
    #[error("record {found} stands in its place")]
    Sequence {
        /// The number found.
        found: u64,
    },
    /// The hash does not follow from the hash before, the number and the body.
    #[error("the hash does not follow from the record before and the body")]
    Hash,
    /// The chain holds and the body cannot be read.
    #[error("the body cannot be read: {0}")]
    Body(String),
    /// The chain holds and the body is not in its one spelling.
    #[error("the body is not in canonical form")]
    NotCanonical,
    /// The first record does not open a session, or a later one does.
    #[error("an opening record belongs first and only there")]
    Opening,
    /// The header says the session is closed and the record it names does not close it.
    #[error("the header says closed, and this is not a closing record")]
    NotClosing,
    /// Something follows the record that closed the session.
    #[error("something follows the closing record")]
    AfterClose,
    /// The header names another hash for this record.
    #[error("the header names another hash for this record")]
    Checkpoint,
    /// The file ends before or inside this record, and the header promises at least `promised`.
    #[error("the file ends here; {promised} records were durable")]
    Truncated {
        /// How many records the header promises.
        promised: u64,
    },
    /// The recorded market data that this record names is not what was recorded.
    #[error("segment {name} is not what was recorded")]
    Segment {
        /// The file beside the journal.
        name: String,
    },
}

/// Why a journal could not be written, continued or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened or read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written or flushed. The writer refuses everything from here on.
    #[error("{file} cannot be written: {source}")]
    Write {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier write failed; what was acknowledged stands, nothing more is taken.
    #[error("{file} failed to be written before; nothing more is taken")]
    Failed {
        /// The file.
        file: String,
    },
    /// A journal is to be created where a file is.
    #[error("{file} exists already")]
    Exists {
        /// The file.
        file: String,
    },
    /// Another writer has it.
    #[error("{file} is being written by another session")]
    Locked {
        /// The file.
        file: String,
    },
    /// Some other file.
    #[error("{file} is not a journal")]
    NotAJournal {
        /// The file.
        file: String,
    },
    /// A journal of another format.
    #[error("{file} has journal format {found}; this version reads {known}")]
    Version {
        /// The file.
        file: String,
        /// Its format version.
        found: u32,
        /// The one known here.
        known: u32,
    },
    /// The file is not what was written.
    #[error("{file} is damaged at record {seq}: {what}")]
    Corrupt {
        /// The file.
        file: String,
        /// The first bad record; 0 for the header.
        seq: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// The session is finished; a journal does not go on after its closing record.
    #[error("{file} is finished")]
    Finished {
        /// The file.
        file: String,
    },
    /// An opening or closing record was given to `append`.
    #[error("a journal is opened by creating it and closed by closing it")]
    Misplaced,
    /// A segment name with a folder in it, or none at all.
    #[error("`{0}` is not the name of a file beside the journal")]
    SegmentName(String),
    /// A record that is far too long.
    #[error("a record of {bytes} bytes is above the {most} allowed")]
    TooLong {
        /// Bytes of the body.
        bytes: usize,
        /// The most allowed.
        most: usize,
    },
    /// A record has no wire form.
    #[error("the record cannot be written as JSON: {0}")]
    Encode(String),
}

impl JournalError {
    /// Whether the disk is full: make room and start again, nothing acknowledged is lost.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Write { source, .. } if matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        ))
    }
}
