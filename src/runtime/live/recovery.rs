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
use crate::feed::recording::{HeardWhat, RecordingError, RecordingReader};
use crate::journal::{DayRef, Hash, JournalError, JournalReader, Open, SessionKind};
use crate::market::time::NS_PER_S;
use crate::market::{Board, EventFlags, MarketData, MarketEvent, SessionDate, SessionPhase, Timestamp};
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
    /// Trades and phases told before by a source that will tell them again: one that is polled.
    pub told: Vec<MarketEvent>,
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
    let journal = journal.to_owned();
    Ok(Begun { sequencer, day, tag: tag.to_owned(), journal, notes: Vec::new(), told: Vec::new() })
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
    let mut told = Vec::new();
    for path in &segments {
        let mut reader = RecordingReader::open(path)?;
        if let Some(torn) = reader.torn() {
            RecordingReader::cut_tail(path, torn)?;
            notes.push(format!("recording: {} bytes that never became whole were cut", torn.bytes));
        }
        while let Some(heard) = reader.next_entry()? {
            sequencer.recorded_commands()?;
            if let HeardWhat::Market(event) = &heard.what
                && event.flags.has(EventFlags::POLLED)
                && matches!(event.data, MarketData::Trade(_) | MarketData::Session(_))
            {
                told.push(*event);
            }
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
    Ok(Begun { sequencer, day, tag, journal: journal.to_owned(), notes, told })
}

/// Whether a file beside a journal would be in the way of a new one.
#[must_use]
pub fn is_free(journal: &Path) -> bool {
    !journal.exists() && !segment_path(journal, 1).exists()
}

fn setup_of(day: &DayMeta, kind: LiveKind) -> Result<DaySetup, RecoveryError> {
    let (first, last) = utc_day(day.date);
    let mut setup = set_up(day, "this session", None, (first, last))?;
    if day.market == Board::Foreign {
        // A recorded day ends a bar after its last event; here the end is known.
        setup.phases = vec![(first, SessionPhase::Continuous), (last.plus_ns(2), SessionPhase::Ended)];
    }
    setup.gateway = kind.gateway;
    setup.live_feed = true;
    Ok(setup)
}

/// The first and last moment of a date in UTC, between which a market that never closes has its day.
pub(super) fn utc_day(date: SessionDate) -> (Timestamp, Timestamp) {
    // Nepal is 5:45 ahead all year.
    let midnight = Timestamp::nepal(date, chrono::NaiveTime::MIN).unwrap_or_default();
    let first = midnight.plus_ns((5 * 60 + 45) * 60 * NS_PER_S);
    (first, first.plus_ns(24 * 3_600 * NS_PER_S - 1))
}

/// The day of a session, as its recording has it.
///
/// # Errors
/// [`RecoveryError`]: there is no recording beside the journal, or it cannot be read.
pub fn day_of(journal: &Path) -> Result<DayMeta, RecoveryError> {
    Ok(RecordingReader::open(&segment_path(journal, 1))?.day().clone())
}

fn day_ref(day: &DayMeta) -> DayRef {
    DayRef { title: day.title.clone(), date: day.date, content_sha256: Hash::of(b""), rows: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Instrument, Symbol, Universe};

    #[test]
    fn a_day_of_an_exchange_is_the_whole_date_in_utc() {
        let date = SessionDate::new(2024, 8, 8).unwrap();
        let universe = Universe::new([Instrument::foreign(Symbol::new("BTCUSDT"), 100, 100_000)]);
        let day = DayMeta::new(date, Board::Foreign, "a day", universe);
        let kind = LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside };
        let setup = setup_of(&day, kind).unwrap();
        let first = Timestamp::from_ns(1_723_075_200 * NS_PER_S);
        assert_eq!((setup.date, setup.grid.start(0), setup.grid.count()), (date, first, 288));
        let day_ns = 24 * 3_600 * NS_PER_S;
        assert_eq!(setup.grid.end(287), first.plus_ns(day_ns));
        assert_eq!(
            setup.phases,
            [(first, SessionPhase::Continuous), (first.plus_ns(day_ns + 1), SessionPhase::Ended)]
        );
        assert!(setup.accounts.is_empty() && setup.live_feed, "it is only looked at");
    }
}
