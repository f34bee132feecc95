//! The sequence numbers of a session, in one small file, and nothing of what was said.
//!
//! What was sent is not kept, because nothing is ever sent again: whoever asks for it is told to go on behind it. A
//! message that came counts as heard when what it led to is in the journal; what had not come so far when the process
//! ended is asked for again at the next logon, and known again by its execution id.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use hotfix::message::{OutboundMessage, generate_message};
use hotfix::store::{MessageStore, Result, StoreError};

use super::app::Outbound;
use crate::gateway::fix::FixMessage;

/// What the file begins with.
const HEAD: &str = "himal fix numbers 1";

/// See the module. Shared by the session, which counts, and the line, which knows what is in the journal.
#[derive(Clone, Debug)]
pub struct Numbers(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    file: File,
    /// The last that was sent.
    sent: u64,
    /// The last that came.
    heard: u64,
    /// Those that came and are not in the journal yet.
    unsettled: BTreeSet<u64>,
    begun: DateTime<Utc>,
    /// Between whom.
    between: (String, String),
}

impl Inner {
    /// The last that counts as heard.
    fn settled(&self) -> u64 {
        self.unsettled.first().map_or(self.heard, |first| self.heard.min(first - 1))
    }

    fn write(&self) -> std::io::Result<()> {
        let begun = self.begun.timestamp_millis();
        let line = format!("{HEAD} {:020} {:020} {begun:020}\n", self.sent, self.settled());
        self.file.write_all_at(line.as_bytes(), 0)
    }
}

impl Numbers {
    /// Opens the file, or begins it at one, for a session between two names.
    ///
    /// # Errors
    /// With the file's name: it cannot be read or written, or is not one of these.
    pub fn open(path: &Path, sender: &str, target: &str) -> std::io::Result<Self> {
        let refuse =
            |what: &dyn std::fmt::Display| std::io::Error::other(format!("{}: {what}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| refuse(&e))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(|e| refuse(&e))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| refuse(&e))?;
        let (sent, heard, begun) = if text.is_empty() {
            (0, 0, Utc::now())
        } else {
            parse(&text).ok_or_else(|| refuse(&"not a file of sequence numbers"))?
        };
        let between = (sender.to_owned(), target.to_owned());
        let inner = Inner { file, sent, heard, unsettled: BTreeSet::new(), begun, between };
        inner.write().and_then(|()| inner.file.sync_all()).map_err(|e| refuse(&e))?;
        Ok(Self(Arc::new(Mutex::new(inner))))
    }

    /// A message of this number came and is on its way into the journal.
    pub fn hearing(&self, sequence: u64) {
        self.lock().unsettled.insert(sequence);
    }

    /// What it led to is in the journal.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn settle(&self, sequence: u64) -> std::io::Result<()> {
        let mut inner = self.lock();
        inner.unsettled.remove(&sequence);
        inner.write()
    }

    fn change(&self, what: impl FnOnce(&mut Inner), durable: bool) -> Result<()> {
        let mut inner = self.lock();
        what(&mut inner);
        let written = inner.write().and_then(|()| if durable { inner.file.sync_data() } else { Ok(()) });
        written.map_err(|e| StoreError::UpdateSequenceNumber(e.into()))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(text: &str) -> Option<(u64, u64, DateTime<Utc>)> {
    let mut numbers = text.lines().next()?.strip_prefix(HEAD)?.split_whitespace().map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let (sent, heard, begun) = (next()?, next()?, next()?);
    Some((sent, heard, DateTime::from_timestamp_millis(i64::try_from(begun).ok()?)?))
}

#[async_trait::async_trait]
impl MessageStore for Numbers {
    /// What was sent is not kept.
    async fn add(&mut self, _: u64, _: &[u8]) -> Result<()> {
        Ok(())
    }

    /// What stands for messages of ours that somebody asks for again: two heartbeats, at the first number asked for
    /// and behind the last. The session passes over heartbeats and says so in one message, from the first number to
    /// that of the last heartbeat, so that the other side goes on behind what it asked for, and no order goes twice.
    async fn get_slice(&self, begin: usize, end: usize) -> Result<Vec<Vec<u8>>> {
        let inner = self.lock();
        let last = end.min(usize::try_from(inner.sent).unwrap_or(usize::MAX));
        if begin == 0 || begin > last {
            return Ok(Vec::new());
        }
        let beat = |sequence: usize| {
            let message = Outbound { message: FixMessage::new("0"), logon: 0 };
            let (sender, target) = &inner.between;
            generate_message("FIX.4.4", sender, target, sequence as u64, message)
                .map_err(|e| StoreError::RetrieveMessages { begin, end, source: e.into() })
        };
        [begin, last + 1].into_iter().map(beat).collect()
    }

    fn next_sender_seq_number(&self) -> u64 {
        self.lock().sent + 1
    }

    fn next_target_seq_number(&self) -> u64 {
        self.lock().heard + 1
    }

    /// Durable before the message leaves: no number is used twice.
    async fn increment_sender_seq_number(&mut self) -> Result<()> {
        self.change(|inner| inner.sent += 1, true)
    }

    async fn increment_target_seq_number(&mut self) -> Result<()> {
        self.change(|inner| inner.heard += 1, false)
    }

    async fn set_target_seq_number(&mut self, sequence: u64) -> Result<()> {
        self.change(|inner| inner.heard = sequence, false)
    }

    async fn reset(&mut self) -> Result<()> {
        let begin = |inner: &mut Inner| {
            (inner.sent, inner.heard, inner.begun) = (0, 0, Utc::now());
            inner.unsettled.clear();
        };
        self.change(begin, true)
    }

    fn creation_time(&self) -> DateTime<Utc> {
        self.lock().begun
    }
}

/// The type of a message, as the session wants it.
impl OutboundMessage for Outbound {
    fn write(&self, message: &mut hotfix::Message) {
        self.fill(message);
    }

    fn message_type(&self) -> &str {
        self.message.kind()
    }
}
