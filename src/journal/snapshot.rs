//! Saved states for a fast restart: a sidecar `FILE.snap` beside the journal `FILE`.
//!
//! A restart takes the saved state and applies the journal from there. The sidecar is a
//! convenience: the journal alone is always enough, so a sidecar that is missing, damaged, of
//! another version, or that names a record which is not in this journal is simply not used, and
//! the reason is said.
//!
//! The file: one line of JSON (what the state belongs to), the state's wire form (postcard), and 64 hex digits with
//! a newline: SHA-256 over everything before them. It replaces the one before whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::writer::{beside, sync_folder};
use super::{Hash, Hex64, JournalError, JournalReader, JournalWriter, StreamPosition};
use crate::engine::{DaySetup, State};

const FORMAT: &str = "himal-snapshot 0001";

/// What a saved state belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Label {
    format: String,
    /// Version of the program that saved it; another version's state may have another shape.
    engine: String,
    /// The last journal record that the state has in it.
    seq: u64,
    /// The hash of that record.
    head: Hash,
    /// The facts of the day.
    setup_digest: Hex64,
    /// Where in the stream.
    position: StreamPosition,
    /// Bytes of the state.
    state_bytes: u64,
}

/// A state read back, ready to go on from.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The state.
    pub state: State,
    /// Go on with the record after this one.
    pub seq: u64,
    /// And from this place of the stream.
    pub position: StreamPosition,
}

/// Why there is no saved state to start from. None of these is an error: replay from the beginning.
#[derive(Debug, thiserror::Error)]
pub enum NoSnapshot {
    /// None was saved.
    #[error("no saved state")]
    Missing,
    /// It cannot be read.
    #[error("the saved state cannot be read: {0}")]
    Unreadable(io::Error),
    /// Its bytes are not what was written.
    #[error("the saved state is damaged")]
    Damaged,
    /// Another version of the program saved it.
    #[error("the saved state is of version {0}")]
    OtherVersion(String),
    /// It was made with other facts of the day.
    #[error("the saved state belongs to another day or configuration")]
    OtherDay,
    /// The journal does not have the record it was saved after.
    #[error("the saved state is of record {seq}, which is not in this journal")]
    NotInJournal {
        /// The record.
        seq: u64,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Where the saved state of a journal is.
#[must_use]
pub fn path_of(journal: &Path) -> PathBuf {
    beside(journal, ".snap")
}

/// Checkpoints the journal and saves the state after its last record. `position` is the place in
/// the stream that the state has reached, and the state must have every record in it.
///
/// Does nothing for a journal in memory.
///
/// # Errors
/// [`JournalError::Write`]. A failure to save the sidecar leaves the journal and an older sidecar
/// as they were.
pub fn save(writer: &mut JournalWriter, position: StreamPosition, state: &State) -> Result<(), JournalError> {
    if !writer.is_on_disk() {
        return Ok(());
    }
    writer.checkpoint()?;
    let bytes = postcard::to_stdvec(state).map_err(|error| JournalError::Encode(error.to_string()))?;
    let label = Label {
        format: FORMAT.to_owned(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        seq: writer.durable_seq(),
        head: writer.durable_head(),
        setup_digest: Hex64(state.setup().digest()),
        position,
        state_bytes: bytes.len() as u64,
    };
    let mut whole = serde_json::to_vec(&label).map_err(|error| JournalError::Encode(error.to_string()))?;
    whole.push(b'\n');
    whole.extend_from_slice(&bytes);
    let sum = Hash::of(&whole);
    whole.extend_from_slice(&sum.digits());
    whole.push(b'\n');
    let path = path_of(writer.path());
    replace(&path, &whole).map_err(|source| JournalError::Write { file: path.display().to_string(), source })
}

/// The saved state of a journal, if it can be used with these facts and this journal.
///
/// # Errors
/// [`NoSnapshot`], the reason to replay from the beginning instead.
pub fn load_latest(journal: &Path, setup: &Arc<DaySetup>) -> Result<Restored, NoSnapshot> {
    let whole = fs::read(path_of(journal)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NoSnapshot::Missing,
        _ => NoSnapshot::Unreadable(error),
    })?;
    let (label, bytes) = split(&whole).ok_or(NoSnapshot::Damaged)?;
    if label.format != FORMAT || label.engine != env!("CARGO_PKG_VERSION") {
        return Err(NoSnapshot::OtherVersion(format!("{} ({})", label.engine, label.format)));
    }
    if label.setup_digest != Hex64(setup.digest()) {
        return Err(NoSnapshot::OtherDay);
    }
    check_in_journal(journal, &label)?;
    let state: State = postcard::from_bytes(bytes).map_err(|_| NoSnapshot::Damaged)?;
    let state = state.with_setup(Arc::clone(setup)).map_err(|_| NoSnapshot::OtherDay)?;
    Ok(Restored { state, seq: label.seq, position: label.position })
}

/// The parts of an undamaged file.
fn split(whole: &[u8]) -> Option<(Label, &[u8])> {
    let (content, sum) = whole.strip_suffix(b"\n")?.split_last_chunk::<{ Hash::DIGITS }>()?;
    if Hash::from_digits(sum)? != Hash::of(content) {
        return None;
    }
    let newline = content.iter().position(|b| *b == b'\n')?;
    let label: Label = serde_json::from_slice(&content[..newline]).ok()?;
    let bytes = &content[newline + 1..];
    (label.state_bytes == bytes.len() as u64).then_some((label, bytes))
}

/// Whether the journal has the record that the state was saved after, with the same hash.
fn check_in_journal(journal: &Path, label: &Label) -> Result<(), NoSnapshot> {
    for record in JournalReader::open(journal)? {
        let record = record?;
        if record.seq == label.seq && record.hash == label.head {
            return Ok(());
        }
        if record.seq >= label.seq {
            break;
        }
    }
    Err(NoSnapshot::NotInJournal { seq: label.seq })
}

/// Puts bytes in the place of a file, whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = beside(path, ".new");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(path)
}
