//! Continuing a journal after a crash or a clean exit.

use std::path::Path;

use super::header::Header;
use super::reader::{open_file, read_header};
use super::writer::{Disk, lock};
use super::{Body, Damage, JournalError, JournalReader, JournalWriter, Open, Torn, Verdict};

/// A journal taken up again.
#[derive(Debug)]
pub struct Recovered {
    /// Goes on after the last whole record.
    pub writer: JournalWriter,
    /// The session it belongs to.
    pub open: Open,
    /// Every whole record from the first, to be applied again.
    pub records: JournalReader,
    /// What was cut off because it never became whole.
    pub torn: Option<Torn>,
    /// Whether the session was finished; the writer then takes nothing more.
    pub finished: bool,
}

impl JournalWriter {
    /// Takes up a journal where it stopped: locks it, checks all of it, cuts off a torn tail, and
    /// notes in the header how far it goes. A finished journal is only completed if the crash came
    /// between its closing record and its header.
    ///
    /// Check with [`JournalReader::opening`] first that it is the session you mean.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] when anything acknowledged is damaged: nothing is changed then.
    /// [`JournalError::Locked`], [`JournalError::Read`], [`JournalError::Write`],
    /// [`JournalError::NotAJournal`], [`JournalError::Version`].
    pub fn recover(path: &Path) -> Result<Recovered, JournalError> {
        let (name, file) = open_file(path, true)?;
        lock(&file, path)?;
        let header = read_header(&name, &file)?;
        let read_error = |source| JournalError::Read { file: name.clone(), source };
        let mut pass =
            JournalReader::start(name.clone(), file.try_clone().map_err(read_error)?, header, u64::MAX)?;
        let mut open = None;
        for record in pass.by_ref() {
            if let Body::Open(first) = record?.body {
                open = Some(first);
            }
        }
        let bad = || JournalError::Corrupt { file: name.clone(), seq: 1, what: Damage::Opening };
        let open = open.ok_or_else(bad)?;
        let (length, finished, torn) = (pass.good_bytes(), pass.finished(), pass.torn());

        if matches!(pass.verdict(), Some(Verdict::TornTail { .. })) {
            let cut = file.set_len(length).and_then(|()| file.sync_all());
            cut.map_err(|source| JournalError::Write { file: name.clone(), source })?;
        }
        let disk = Disk { length, checkpoint: header.seq, file };
        let mut writer = Self::resume(path, disk, pass.seq(), pass.head(), finished);
        let reached = Header { closed: finished, seq: pass.seq(), head: pass.head() };
        if reached != header {
            // Records read here may still be in memory only, if it was the program that died and
            // not the power. They are acted upon next, so they are made durable first.
            writer.flush_found()?;
            writer.write_header()?;
        }
        let (_, again) = open_file(path, false)?;
        let records = JournalReader::start(name, again, reached, length)?;
        Ok(Recovered { writer, open, records, torn, finished })
    }
}
