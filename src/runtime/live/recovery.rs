//! Beginning a live session, and taking one up again after its process ended in any way.
//!
//! The recording and the journal together are the session: what was heard, with commands and reports at the places
//! where they stood. It is run through the engine again, compared record by record, and goes on from there. Requests
//! that follow meanwhile are not handed out: they left before, or never will, and the gateway is asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Recorder, segment_path, segments_of};
use crate::engine::{DaySetup, GatewayKind};
use crate::feed::day::DayMeta;
use crate::feed::recording::{RecordingError, RecordingReader};
use crate::journal::{DayRef, Hash, JournalError, JournalReader, Open, SessionKind};
use crate::runtime::day::{DayError, set_up};
use crate::runtime::ledger::{Ledger, LedgerError};
use crate::runtime::sequencer::{Sequencer, SequencerError};

/// Why a session cannot be begun or taken up again.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The journal's file.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The engine's shell.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// The day.
    #[error(transparent)]
    Day(#[from] DayError),
    /// Segments are missing, or belong to another session.
    #[error("{journal}: {what}")]
    Apart {
        /// Which journal.
        journal: String,
        /// What does not belong together.
        what: String,
    },
}

/// A session ready to go on.
pub struct Begun {
    /// The engine, where it was.
    pub sequencer: Sequencer,
    /// The day.
    pub day: DayMeta,
    /// What our ids begin with at a venue.
    pub tag: String,
    /// The journal's file.
    pub journal: PathBuf,
    /// What there is to say of it: what was cut, how much was run again.
    pub notes: Vec<String>,
}

/// What kind of session a journal of this kind is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveKind {
    /// Live or paper.
    pub session: SessionKind,
    /// Where orders go.
    pub gateway: GatewayKind,
}

/// Begins a session of a day: a journal and the first segment beside it.
///
/// # Errors
/// [`RecoveryError`].
pub fn begin(journal: &Path, day: DayMeta, kind: LiveKind, tag: &str) -> Result<Begun, RecoveryError> {
    let setup = setup_of(&day, kind)?;
    let mut open = Open::new(kind.session, day_ref(&day), setup.digest());
    open.tag = Some(tag.to_owned());
    // The segment comes first: a journal without one could not be taken up again.
    let recorder = Recorder::begin(journal, day.clone(), 1)?;
    let ledger = Ledger::create(journal, &open)?;
    let mut sequencer = Sequencer::new(Arc::new(setup), ledger)?;
    sequencer.record_to(recorder);
    Ok(Begun { sequencer, day, tag: tag.to_owned(), journal: journal.to_owned(), notes: Vec::new() })
}

/// Takes a session up again from its journal and segments.
///
/// # Errors
/// [`RecoveryError`]; drift is named by its record.
pub fn take_up(journal: &Path, kind: LiveKind) -> Result<Begun, RecoveryError> {
    let apart =
        |what: &str| RecoveryError::Apart { journal: journal.display().to_string(), what: what.to_owned() };
    let mut notes = Vec::new();
    let segments = segments_of(journal);
    let Some(first) = segments.first() else { return Err(apart("there is no recording beside it")) };
    let day = RecordingReader::open(first)?.day().clone();
    let setup = setup_of(&day, kind)?;
    let found = JournalReader::opening(journal)?;
    let mut open = Open::new(kind.session, day_ref(&day), setup.digest());
    open.tag.clone_from(&found.tag);
    let tag = found.tag.ok_or_else(|| apart("it has no tag for orders at a venue"))?;
    let ledger = Ledger::open(journal, &open)?;
    if let Some(torn) = ledger.torn() {
        notes.push(format!("journal: {} bytes after record {} were cut", torn.bytes, torn.cut_at_seq));
    }
    let mut sequencer = Sequencer::new(Arc::new(setup), ledger)?;
    let mut entries = 0_u64;
    for path in &segments {
        let mut reader = RecordingReader::open(path)?;
        if let Some(torn) = reader.torn() {
            RecordingReader::cut_tail(path, torn)?;
            notes.push(format!("recording: {} bytes that never became whole were cut", torn.bytes));
        }
        while let Some(heard) = reader.next_entry()? {
            sequencer.recorded_commands()?;
            sequencer.hear(heard)?;
            entries += 1;
        }
    }
    sequencer.recorded_commands()?;
    if !sequencer.ledger().caught_up() {
        return Err(apart("it goes on after the end of its recording"));
    }
    // They left before the process ended, or never will.
    drop(sequencer.take_requests());
    for path in &segments {
        let finished = RecordingReader::finished(path)?;
        let named = sequencer.ledger().segments().any(|name| name == finished.name);
        if !named {
            sequencer.name_segment(&finished)?;
        }
    }
    let number = u32::try_from(segments.len() + 1).unwrap_or(u32::MAX);
    sequencer.record_to(Recorder::begin(journal, day.clone(), number)?);
    sequencer.commit()?;
    notes.push(format!(
        "session taken up again: {entries} inputs and {} records run through the engine, all as they were",
        sequencer.ledger().last()
    ));
    Ok(Begun { sequencer, day, tag, journal: journal.to_owned(), notes })
}

/// Whether a file beside a journal would be in the way of a new one.
#[must_use]
pub fn is_free(journal: &Path) -> bool {
    !journal.exists() && !segment_path(journal, 1).exists()
}

fn setup_of(day: &DayMeta, kind: LiveKind) -> Result<DaySetup, RecoveryError> {
    let mut setup = set_up(day, "the venue's day", None, Default::default())?;
    setup.gateway = kind.gateway;
    setup.live_feed = true;
    Ok(setup)
}

fn day_ref(day: &DayMeta) -> DayRef {
    DayRef { title: day.title.clone(), date: day.date, content_sha256: Hash::of(b""), rows: 0 }
}
