//! Writing a journal: append, commit, checkpoint, close.
//!
//! Records gather in memory until [`JournalWriter::commit`], which makes all of them durable with
//! one write and one flush. The file grows with each commit rather than being laid out ahead: its
//! length then says by itself where the writing stopped, which is what makes a torn tail plain.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::header::{HEADER_BYTES, Header};
use super::line::{Line, MAX_BODY_BYTES};
use super::{Body, Close, Hash, JournalError, Open};

/// The one writer of a journal. It holds a lock on the file for as long as it lives.
///
/// Dropping it without a commit drops what was not committed, as a crash would.
#[derive(Debug)]
pub struct JournalWriter {
    path: PathBuf,
    /// `None` for a journal in memory.
    disk: Option<Disk>,
    /// The last record appended, and the last that is durable.
    seq: u64,
    head: Hash,
    durable_seq: u64,
    durable_head: Hash,
    pending: Vec<u8>,
    finished: bool,
    failed: bool,
}

/// The file and how much of it is durable.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) file: File,
    pub(super) length: u64,
    /// The checkpoint that the header on disk names.
    pub(super) checkpoint: u64,
}

impl JournalWriter {
    /// Creates a journal with its opening record, durable when this returns. The file appears
    /// under its name only when it is complete, so a crash in between leaves no half journal.
    ///
    /// # Errors
    /// [`JournalError::Exists`], [`JournalError::Locked`], [`JournalError::Write`].
    pub fn create(path: &Path, open: &Open) -> Result<Self, JournalError> {
        let mut writer = Self::in_memory(open)?;
        path.clone_into(&mut writer.path);
        let write_error = |source| JournalError::Write { file: path.display().to_string(), source };
        let draft = beside(path, ".new");
        let file = lock_draft(&draft)?;
        if path.try_exists().map_err(write_error)? {
            drop(fs::remove_file(&draft));
            return Err(JournalError::Exists { file: path.display().to_string() });
        }
        let mut line = Vec::new();
        let body = Body::Open(open.clone()).encode()?;
        Line { seq: 1, hash: writer.head, body: &body }.write(&mut line);
        let mut bytes = Header { closed: false, seq: 1, head: writer.head }.encode().to_vec();
        bytes.append(&mut line);
        let place = || {
            file.set_len(0)?;
            file.write_all_at(&bytes, 0)?;
            file.sync_all()?;
            fs::rename(&draft, path)?;
            sync_folder(path)
        };
        place().map_err(write_error)?;
        writer.disk = Some(Disk { length: bytes.len() as u64, checkpoint: 1, file });
        Ok(writer)
    }

    /// A journal that is kept nowhere: sequence numbers and chain as ever, nothing survives. For a
    /// session that has no place to write, which must then say that it is not journaled.
    ///
    /// # Errors
    /// [`JournalError::TooLong`] or [`JournalError::Encode`] for an opening that cannot be written.
    pub fn in_memory(open: &Open) -> Result<Self, JournalError> {
        let mut writer = Self {
            path: PathBuf::from("(in memory)"),
            disk: None,
            seq: 0,
            head: Hash::genesis(),
            durable_seq: 0,
            durable_head: Hash::genesis(),
            pending: Vec::new(),
            finished: false,
            failed: false,
        };
        writer.push(&Body::Open(open.clone()))?;
        writer.commit()?;
        Ok(writer)
    }

    /// A writer that goes on after the last record of a file; see [`JournalWriter::recover`].
    pub(super) fn resume(path: &Path, disk: Disk, seq: u64, head: Hash, finished: bool) -> Self {
        Self {
            path: path.to_owned(),
            disk: Some(disk),
            seq,
            head,
            durable_seq: seq,
            durable_head: head,
            pending: Vec::new(),
            finished,
            failed: false,
        }
    }

    /// Takes a record and gives it its number. It is **not** durable before [`JournalWriter::commit`].
    ///
    /// # Errors
    /// [`JournalError::Failed`] and [`JournalError::Finished`]; [`JournalError::Misplaced`],
    /// [`JournalError::SegmentName`], [`JournalError::TooLong`] and [`JournalError::Encode`] for a
    /// record that does not belong here, and then nothing has changed.
    pub fn append(&mut self, body: &Body) -> Result<u64, JournalError> {
        match body {
            Body::Open(_) | Body::Close(_) => Err(JournalError::Misplaced),
            Body::Segment(segment) if !segment.is_beside() => {
                Err(JournalError::SegmentName(segment.name.clone()))
            }
            _ => self.push(body),
        }
    }

    /// Makes everything appended durable: one write, one flush, however many records. Does nothing
    /// when there is nothing.
    ///
    /// # Errors
    /// [`JournalError::Write`], after which the writer refuses everything with
    /// [`JournalError::Failed`]. Records of the failed commit were never acknowledged; a recovery
    /// may find some of them whole, as after a crash between the flush and its answer.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        self.refuse_if_failed()?;
        if self.pending.is_empty() {
            return Ok(());
        }
        if let Some(disk) = &mut self.disk {
            let written =
                disk.file.write_all_at(&self.pending, disk.length).and_then(|()| disk.file.sync_data());
            if let Err(source) = written {
                return Err(self.fail(source));
            }
            disk.length += self.pending.len() as u64;
        }
        self.pending.clear();
        (self.durable_seq, self.durable_head) = (self.seq, self.head);
        Ok(())
    }

    /// Commits, and notes in the header how far the journal goes, so that a later loss of its tail
    /// is found. Call it now and then and on a clean exit of a session that is not finished.
    ///
    /// # Errors
    /// As [`JournalWriter::commit`].
    pub fn checkpoint(&mut self) -> Result<(), JournalError> {
        self.commit()?;
        if self.disk.as_ref().is_none_or(|disk| disk.checkpoint == self.durable_seq) {
            return Ok(());
        }
        self.write_header()
    }

    /// Finishes the session: the closing record, durable, and the header closed. Returns the head
    /// of the whole chain.
    ///
    /// # Errors
    /// As [`JournalWriter::append`] and [`JournalWriter::commit`].
    pub fn close(&mut self, close: Close) -> Result<Hash, JournalError> {
        self.push(&Body::Close(close))?;
        self.finished = true;
        // The closing record must be durable before the header says so.
        self.commit()?;
        self.write_header()?;
        Ok(self.head)
    }

    /// The number of the last record appended.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The hash of the last record appended.
    #[must_use]
    pub const fn head(&self) -> Hash {
        self.head
    }

    /// The last durable record: what came from it may leave the process.
    #[must_use]
    pub const fn durable_seq(&self) -> u64 {
        self.durable_seq
    }

    /// The hash of the last durable record.
    #[must_use]
    pub const fn durable_head(&self) -> Hash {
        self.durable_head
    }

    /// Whether the session is finished.
    #[must_use]
    pub const fn finished(&self) -> bool {
        self.finished
    }

    /// Whether there is a file. Without one the screen says NOT JOURNALED.
    #[must_use]
    pub const fn is_on_disk(&self) -> bool {
        self.disk.is_some()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn push(&mut self, body: &Body) -> Result<u64, JournalError> {
        self.refuse_if_failed()?;
        if self.finished {
            return Err(JournalError::Finished { file: self.name() });
        }
        let body = body.encode()?;
        if body.len() > MAX_BODY_BYTES {
            return Err(JournalError::TooLong { bytes: body.len(), most: MAX_BODY_BYTES });
        }
        let seq = self.seq + 1;
        let hash = self.head.next(seq, &body);
        Line { seq, hash, body: &body }.write(&mut self.pending);
        (self.seq, self.head) = (seq, hash);
        Ok(seq)
    }

    /// Rewrites the header in place, for the last durable record.
    pub(super) fn write_header(&mut self) -> Result<(), JournalError> {
        let header = Header { closed: self.finished, seq: self.durable_seq, head: self.durable_head };
        let Some(disk) = &mut self.disk else { return Ok(()) };
        let written = disk.file.write_all_at(&header.encode(), 0).and_then(|()| disk.file.sync_data());
        if let Err(source) = written {
            return Err(self.fail(source));
        }
        disk.checkpoint = header.seq;
        Ok(())
    }

    /// Makes what was found in the file durable, whoever wrote it.
    pub(super) fn flush_found(&mut self) -> Result<(), JournalError> {
        let flushed = self.disk.as_ref().map_or(Ok(()), |disk| disk.file.sync_all());
        flushed.map_err(|source| self.fail(source))
    }

    fn refuse_if_failed(&self) -> Result<(), JournalError> {
        if self.failed { Err(JournalError::Failed { file: self.name() }) } else { Ok(()) }
    }

    /// After a failed write or flush nobody knows what the disk holds: no second try.
    fn fail(&mut self, source: io::Error) -> JournalError {
        self.failed = true;
        JournalError::Write { file: self.name(), source }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Puts another file under the writer, to see what it does when writing fails.
    #[cfg(test)]
    pub(super) fn replace_file(&mut self, file: File) {
        if let Some(disk) = &mut self.disk {
            disk.file = file;
        }
    }
}

/// The lock that keeps a second writer out; it goes with the open file.
pub(super) fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    let name = || path.display().to_string();
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Locked { file: name() },
        TryLockError::Error(source) => JournalError::Write { file: name(), source },
    })
}

/// The file that is being made, locked. One left by a crash is taken over; one that another
/// session is making is not.
fn lock_draft(draft: &Path) -> Result<File, JournalError> {
    let error = |source| JournalError::Write { file: draft.display().to_string(), source };
    let options = File::options().read(true).write(true).create(true).truncate(false).open(draft);
    let file = options.map_err(error)?;
    lock(&file, draft)?;
    // Between opening and locking it may have become somebody's journal.
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    match (file.metadata(), fs::metadata(draft)) {
        (Ok(opened), Ok(named)) if same(&opened, &named) => Ok(file),
        _ => Err(JournalError::Locked { file: draft.display().to_string() }),
    }
}

/// The path with `suffix` added to the file name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a new name in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

const _: () = assert!(HEADER_BYTES == 512, "one disk sector, so that a rewrite is whole or not at all");
