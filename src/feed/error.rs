//! Why a recorded day could not be written, read or imported.

use std::io;

use crate::market::{InstrumentId, SessionDate, Timestamp};

/// What went wrong with a file. Every variant names the file or the row; [`FeedError::is_refusal`]
/// separates "this data may not be used so" from "this could not be read".
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The file cannot be opened or read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The recording of a live session.
    #[error(transparent)]
    Recording(#[from] crate::feed::recording::RecordingError),
    /// The file cannot be written.
    #[error("{file} cannot be written: {source}")]
    Unwritable {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a Parquet file at all.
    #[error("{file} is not a recorded day: it is not a Parquet file")]
    NotParquet {
        /// The file.
        file: String,
    },
    /// The file begins as Parquet and has no end.
    #[error("{file} is cut short: the end of the file is missing")]
    Truncated {
        /// The file.
        file: String,
    },
    /// A Parquet file with other columns than a recorded day.
    #[error("{file} is not a recorded day: missing {}", missing.join(", "))]
    WrongColumns {
        /// The file.
        file: String,
        /// The columns that are absent, or that have another type.
        missing: Vec<String>,
    },
    /// The columns are there, what describes the day is not.
    #[error("{file} has the columns of a recorded day but its description is missing or broken: {why}")]
    BadDescription {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Written by a later version than this one.
    #[error("{file} has schema {found}; this version reads up to {known}")]
    NewerSchema {
        /// The file.
        file: String,
        /// The schema of the file.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// Bytes in the file are not what was written.
    #[error("{file} is damaged in row group {group}: {why}")]
    Damaged {
        /// The file.
        file: String,
        /// Which row group, from 0.
        group: usize,
        /// What gave it away.
        why: String,
    },
    /// The day has no times of day, so it cannot be played.
    #[error("{file} ({title}) has no times of day and cannot be replayed")]
    Untimed {
        /// The file.
        file: String,
        /// The title of the day.
        title: String,
    },
    /// The file holds daily bars, not a day.
    #[error("{file} ({title}) holds daily bars and cannot be replayed")]
    DailyBars {
        /// The file.
        file: String,
        /// Its title.
        title: String,
    },
    /// An event older than the one before it was offered for writing.
    #[error(
        "event {row} at {at} comes after one at {previous}; events must be in order of time and sequence"
    )]
    OutOfOrder {
        /// Which event, from 0.
        row: u64,
        /// Its time.
        at: Timestamp,
        /// The time of the one before.
        previous: Timestamp,
    },
    /// An event about an instrument the day does not list.
    #[error("event {row} is about instrument {instrument}, which the day does not list")]
    UnknownInstrument {
        /// Which event, from 0.
        row: u64,
        /// The instrument.
        instrument: InstrumentId,
    },
    /// The encoder refused.
    #[error("{file} cannot be encoded: {why}")]
    Encode {
        /// The file.
        file: String,
        /// What it said.
        why: String,
    },
    /// No importer of that name.
    #[error("`{0}` is not a kind of import; known are floorsheet, ohlcv, lobster, binance, bybit")]
    UnknownKind(String),
    /// The first line is not one of the layouts the importer knows.
    #[error("{file}, line 1: not the layout of {expected}: {found}")]
    UnknownLayout {
        /// The file.
        file: String,
        /// What was expected.
        expected: &'static str,
        /// The beginning of the line.
        found: String,
    },
    /// The files of one import do not belong together, or too few or too many were given.
    #[error("{0}")]
    WrongFiles(String),
    /// Something the file does not say must be said on the command line.
    #[error("{file} does not say its {what}; give --{option}")]
    NeedsOption {
        /// The file.
        file: String,
        /// What is missing.
        what: &'static str,
        /// The option that supplies it.
        option: &'static str,
    },
    /// The dates inside a file disagree.
    #[error(
        "{file}: the {left_name} says {left} and the {right_name} says {right}; refused because dates disagree"
    )]
    DatesDisagree {
        /// The file.
        file: String,
        /// Where the first date stands.
        left_name: &'static str,
        /// The first date.
        left: SessionDate,
        /// Where the second date stands.
        right_name: &'static str,
        /// The second date.
        right: SessionDate,
    },
    /// Too much of the exchange's sequence is missing.
    #[error(
        "{file} is incomplete: {missing} of {expected} contracts are missing ({}.{} %, at most {}.{} % is accepted)",
        per_mille / 10, per_mille % 10, allowed_per_mille / 10, allowed_per_mille % 10
    )]
    Incomplete {
        /// The file.
        file: String,
        /// Contracts missing from the shard sequences.
        missing: u64,
        /// Contracts the sequences say there were.
        expected: u64,
        /// The missing part in thousandths.
        per_mille: u64,
        /// What would have been accepted, in thousandths.
        allowed_per_mille: u64,
    },
    /// One page of a paged download, not the whole.
    #[error("{file} is one page of a larger sheet: {rows} rows, all of one page size; refused as partial")]
    PartialPage {
        /// The file.
        file: String,
        /// How many rows it has.
        rows: u64,
    },
    /// No usable row in the file.
    #[error("{file} has no usable row ({refused} refused)")]
    NoRows {
        /// The file.
        file: String,
        /// How many were refused.
        refused: u64,
    },
    /// A stream of book changes without a picture to apply them to.
    #[error("{file} continues an earlier recording: it has book changes and no full picture before them")]
    NoPicture {
        /// The file.
        file: String,
    },
}

impl FeedError {
    /// Whether the data was understood and may not be used so, as opposed to unreadable.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Untimed { .. }
                | Self::DailyBars { .. }
                | Self::DatesDisagree { .. }
                | Self::Incomplete { .. }
                | Self::PartialPage { .. }
                | Self::NoPicture { .. }
        )
    }
}
