//! The journal: one durable, ordered, hash-chained log of every input, and what is read from it.
//!
//! An input counts once it is here. [`JournalWriter`] takes records, makes a whole batch durable
//! with one write and one flush, and only then may an output that the batch caused leave the
//! process. [`JournalWriter::recover`] continues a session after a crash, [`verify`] says whether
//! a file is what was written, [`JournalReader`], [`show`] and [`export`] read it, [`snapshot`]
//! saves the way back for a fast restart.
//!
//! One text file, one record a line; `docs/journal.md` has the format and `docs/decisions.md`
//! why it is not a database.
//!
//! What always holds:
//! - a record is acknowledged only after it is durable, and an acknowledged record is never dropped
//!   without a word: a tail is cut only where no later record follows and the header promises none;
//! - every byte of a finished journal is checked; a change of any of them is found, and the first
//!   bad sequence number named;
//! - nothing hashed depends on the machine, the process, the wall clock or the batches;
//! - after a failed write the writer refuses everything.
//!
//! Not here: market data of a replay (the journal names the day file), what records mean to the
//! engine, and secrecy: the chain proves against damage and against edits by those who cannot
//! also change where the head hash was noted.

pub mod bench;
mod chain;
mod error;
mod export;
mod header;
mod line;
mod reader;
mod record;
mod recover;
mod scan;
pub mod snapshot;
mod verify;
mod words;
mod writer;

pub use chain::Hash;
pub use error::{Damage, JournalError};
pub use export::{export, show};
pub use header::VERSION;
pub use line::MAX_BODY_BYTES;
pub use reader::{JournalReader, Record, Torn};
pub use record::{Body, Close, DayRef, Hex64, Open, Parent, SCHEMA, Segment, SessionKind, StreamPosition};
pub use recover::Recovered;
pub use verify::{Report, SegmentCheck, SegmentState, Verdict, verify};
pub use writer::JournalWriter;

#[cfg(test)]
mod tests;
