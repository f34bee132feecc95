//! The journal as the sequencer uses it: fresh, or being caught up with after a crash.
//!
//! A journal taken up again is not trusted to be what the engine would do now; it is compared.
//! While records remain to be caught up with, everything the session would write must equal the next
//! record, and a command is taken from the record when the stream has come to its place. What differs
//! is drift, and named by its sequence number. After the last record the same calls append.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Instant;

use crate::console::{JournalLine, JournalStatus};
use crate::journal::{
    Body, Close, Hash, JournalError, JournalReader, JournalWriter, Open, Parent, StreamPosition, Torn,
};
use crate::market::{Timestamp, Universe};

/// Lines kept for the screen.
const TAIL: usize = 32;
/// Appended records after which the header is brought up to date.
const CHECKPOINT_EVERY: u64 = 64;

/// Why the ledger cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal is of another day, other facts or another kind of session.
    #[error("{file}: belongs to another session ({what})")]
    OtherSession {
        /// Which file.
        file: String,
        /// What it belongs to.
        what: String,
    },
    /// The session in the journal is over.
    #[error("{file}: this session is finished; start another with --new, or give another file")]
    Finished {
        /// Which file.
        file: String,
    },
    /// What the engine does now is not what it did then.
    #[error("record {seq}: the journal says {was}, this run says {is}")]
    Drift {
        /// The first record that differs.
        seq: u64,
        /// What the journal holds.
        was: String,
        /// What this run would write.
        is: String,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Ledger {
    writer: JournalWriter,
    /// Records still to be caught up with.
    expected: VecDeque<(u64, Hash, Body)>,
    /// Every record of the session but the first, so that the past can be looked at again.
    history: Vec<(u64, Hash, Body)>,
    /// Why nothing is written, if nothing is.
    not_journaled: Option<String>,
    torn: Option<Torn>,
    tail: VecDeque<JournalLine>,
    since_checkpoint: u64,
    /// Microseconds that the last commits took, each over at least one new record.
    commits: VecDeque<u64>,
    uncommitted: bool,
    open: Open,
    /// How a finished journal that is being repeated says it ended.
    closes: Option<Close>,
}

impl Ledger {
    /// A new journal in a file.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn create(path: &Path, open: &Open) -> Result<Self, LedgerError> {
        Ok(Self::over(JournalWriter::create(path, open)?, open.clone()))
    }

    /// A session that leaves nothing behind, and says why.
    ///
    /// # Errors
    /// [`LedgerError::Journal`] for an opening that cannot be written at all.
    pub fn in_memory(open: &Open, why: &str) -> Result<Self, LedgerError> {
        let mut ledger = Self::over(JournalWriter::in_memory(open)?, open.clone());
        ledger.not_journaled = Some(why.to_owned());
        Ok(ledger)
    }

    /// Takes up an unfinished journal of the same session, or begins one where there is none.
    ///
    /// # Errors
    /// [`LedgerError::Finished`], [`LedgerError::OtherSession`], [`LedgerError::Journal`].
    pub fn open(path: &Path, open: &Open) -> Result<Self, LedgerError> {
        if !path.exists() {
            return Self::create(path, open);
        }
        let file = path.display().to_string();
        let found = JournalReader::opening(path)?;
        if !found.continues(open) {
            let what = format!("{:?} of {}", found.session, found.day.title);
            return Err(LedgerError::OtherSession { file, what });
        }
        let recovered = JournalWriter::recover(path)?;
        if recovered.finished {
            return Err(LedgerError::Finished { file });
        }
        let mut ledger = Self::over(recovered.writer, recovered.open);
        ledger.torn = recovered.torn;
        for record in recovered.records {
            let record = record?;
            if !matches!(record.body, Body::Open(_)) {
                ledger.expected.push_back((record.seq, record.hash, record.body));
            }
        }
        Ok(ledger)
    }

    /// What a journal holds, to be repeated in memory; the file is only read.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        let open = JournalReader::opening(path)?;
        let mut ledger = Self::in_memory(&open, "a journal that is only looked at")?;
        for record in JournalReader::open(path)? {
            let record = record?;
            match record.body {
                Body::Open(_) => {}
                Body::Close(close) => ledger.closes = Some(close),
                body => ledger.expected.push_back((record.seq, record.hash, body)),
            }
        }
        Ok(ledger)
    }

    /// A session in memory that must repeat what another one recorded, and then goes on.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn repeating(&self, why: &str) -> Result<Self, LedgerError> {
        let mut ledger = Self::in_memory(&self.open, why)?;
        ledger.expected = self.history.iter().chain(&self.expected).cloned().collect();
        Ok(ledger)
    }

    /// Begins a journal of its own for a session that has only repeated another one so far: a
    /// branch. It is complete in itself, names the journal it came from, and no longer repeats it.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn branch_into(&mut self, path: &Path, parent: Parent) -> Result<(), LedgerError> {
        let open = Open { parent: Some(parent), ..self.open.clone() };
        let mut writer = JournalWriter::create(path, &open)?;
        for (seq, hash, body) in &mut self.history {
            writer.append(body)?;
            // The chain of a branch begins with its own opening: every hash in it is another.
            *hash = writer.head();
            if let Some(line) = self.tail.iter_mut().find(|line| line.seq == *seq) {
                line.hash = hash.to_string();
            }
        }
        writer.checkpoint()?;
        self.writer = writer;
        self.open = open;
        self.expected.clear();
        self.not_journaled = None;
        Ok(())
    }

    /// Stops repeating another session, without a file of its own.
    ///
    /// # Errors
    /// None; it has the shape of [`Ledger::branch_into`], its other half.
    pub fn forget_future(&mut self) -> Result<(), LedgerError> {
        self.expected.clear();
        self.not_journaled = Some("a branch of a session that is not journaled".to_owned());
        Ok(())
    }

    fn over(writer: JournalWriter, open: Open) -> Self {
        Self {
            writer,
            expected: VecDeque::new(),
            history: Vec::new(),
            not_journaled: None,
            torn: None,
            tail: VecDeque::new(),
            since_checkpoint: 0,
            commits: VecDeque::new(),
            uncommitted: false,
            open,
            closes: None,
        }
    }

    /// Writes a record, or checks it against the one that is there. Returns its number.
    ///
    /// # Errors
    /// [`LedgerError::Drift`], [`LedgerError::Journal`].
    pub fn record(&mut self, body: Body, at: Timestamp, universe: &Universe) -> Result<u64, LedgerError> {
        let (seq, hash) = match self.expected.pop_front() {
            Some((seq, hash, was)) if was == body => (seq, hash),
            Some((seq, _, was)) => {
                return Err(LedgerError::Drift {
                    seq,
                    was: was.words_for(universe),
                    is: body.words_for(universe),
                });
            }
            None => {
                self.since_checkpoint += 1;
                self.uncommitted = true;
                let seq = self.writer.append(&body)?;
                (seq, self.writer.head())
            }
        };
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(JournalLine { seq, at, text: body.words_for(universe), hash: hash.to_string() });
        self.history.push((seq, hash, body));
        Ok(seq)
    }

    /// The input that the journal holds for this place of the stream, if its turn has come: a command, from a
    /// gateway `outside` also what it said, and the name of a segment, which stands anywhere.
    #[must_use]
    pub fn recorded_input(&self, position: StreamPosition, outside: bool) -> Option<Body> {
        let (_, _, body) = self.expected.front()?;
        let here = match body {
            Body::Command { position: place, .. } => *place == position,
            Body::Gateway { position: place, .. } | Body::Statement { position: place, .. } => {
                outside && *place == position
            }
            Body::Segment(_) => true,
            _ => false,
        };
        here.then(|| body.clone())
    }

    /// Whether everything the journal holds has been caught up with.
    #[must_use]
    pub fn caught_up(&self) -> bool {
        self.expected.is_empty()
    }

    /// Names of the segments that the journal holds.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.history.iter().chain(&self.expected).filter_map(|(_, _, body)| match body {
            Body::Segment(segment) => Some(segment.name.as_str()),
            _ => None,
        })
    }

    /// What the session is.
    #[must_use]
    pub const fn opening(&self) -> &Open {
        &self.open
    }

    /// Where the last record still to be caught up with stands; `None` when caught up.
    #[must_use]
    pub fn catching_up_to(&self) -> Option<StreamPosition> {
        let closes = self.closes.map(|close| close.position);
        closes.or_else(|| self.expected.iter().rev().find_map(|(_, _, body)| body.position()))
    }

    /// How a finished journal that is being repeated says it ended.
    #[must_use]
    pub const fn closes(&self) -> Option<&Close> {
        self.closes.as_ref()
    }

    /// Makes everything recorded durable.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn commit(&mut self) -> Result<(), LedgerError> {
        let begun = Instant::now();
        self.write_through()?;
        if std::mem::take(&mut self.uncommitted) {
            if self.commits.len() == TAIL {
                self.commits.pop_front();
            }
            self.commits.push_back(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// The slowest of the last commits, in microseconds; `None` before the first, or if nothing is written.
    #[must_use]
    pub fn slowest_commit_us(&self) -> Option<u64> {
        self.commits.iter().max().copied().filter(|_| self.not_journaled.is_none())
    }

    fn write_through(&mut self) -> Result<(), LedgerError> {
        if self.since_checkpoint >= CHECKPOINT_EVERY {
            self.since_checkpoint = 0;
            self.writer.checkpoint()?;
        } else {
            self.writer.commit()?;
        }
        Ok(())
    }

    /// A clean stop in the middle: durable, and the header says how far.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn checkpoint(&mut self) -> Result<(), LedgerError> {
        Ok(self.writer.checkpoint()?)
    }

    /// The end of the session.
    ///
    /// # Errors
    /// [`LedgerError::Journal`].
    pub fn close(&mut self, close: Close) -> Result<Hash, LedgerError> {
        Ok(self.writer.close(close)?)
    }

    /// The hash of the last record.
    #[must_use]
    pub const fn head(&self) -> Hash {
        self.writer.head()
    }

    /// The number of the last record of this session: written, or caught up with.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.history.last().map_or(1, |(seq, ..)| *seq)
    }

    /// The file, if there is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.writer.is_on_disk().then(|| self.writer.path())
    }

    /// What was cut off when the journal was taken up again.
    #[must_use]
    pub const fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// What the screen says of the journal.
    #[must_use]
    pub fn status(&self) -> JournalStatus {
        match &self.not_journaled {
            Some(why) => JournalStatus::NotJournaled { why: why.clone() },
            None => JournalStatus::Durable {
                seq: self.last(),
                head: self.head().to_string().chars().take(8).collect(),
                tail: self.tail.iter().cloned().collect(),
            },
        }
    }
}
