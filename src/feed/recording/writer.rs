//! Writing a segment.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Heard, MAGIC, RecordingError, VERSION};
use crate::feed::day::DayMeta;

/// A block is written when it has grown to this.
const BLOCK_BYTES: usize = 64 << 10;

/// Writes one segment. What is not flushed is lost with the process; what is not synced may be lost with the machine.
#[derive(Debug)]
pub struct RecordingWriter {
    path: PathBuf,
    file: File,
    block: Vec<u8>,
    entries: u64,
    bytes: u64,
    hasher: Sha256,
    synced: bool,
}

/// A segment that is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    /// Its name without a folder.
    pub name: String,
    /// SHA-256 over its bytes.
    pub sha256: [u8; 32],
    /// Entries in it.
    pub entries: u64,
}

impl RecordingWriter {
    /// Begins a segment in a file that must not be there yet.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn create(path: &Path, day: &DayMeta) -> Result<Self, RecordingError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|source| io(path, source))?;
        let mut writer = Self {
            path: path.to_owned(),
            file,
            block: Vec::with_capacity(BLOCK_BYTES + 256),
            entries: 0,
            bytes: 0,
            hasher: Sha256::new(),
            synced: false,
        };
        let mut head = MAGIC.to_vec();
        head.extend(VERSION.to_le_bytes());
        writer.write(&head)?;
        let day = serde_json::to_vec(day).map_err(|e| io(path, std::io::Error::other(e)))?;
        writer.write_block(&day)?;
        writer.sync()?;
        Ok(writer)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`RecordingError::Io`] when a block has become full and cannot be written.
    #[inline]
    pub fn add(&mut self, heard: &Heard) -> Result<(), RecordingError> {
        let block = std::mem::take(&mut self.block);
        self.block =
            postcard::to_extend(heard, block).map_err(|e| io(&self.path, std::io::Error::other(e)))?;
        self.entries += 1;
        self.synced = false;
        if self.block.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands everything to the system: it survives the end of the process.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        if self.block.is_empty() {
            return Ok(());
        }
        let mut block = std::mem::take(&mut self.block);
        let written = self.write_block(&block);
        block.clear();
        self.block = block;
        written
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn sync(&mut self) -> Result<(), RecordingError> {
        self.flush()?;
        if !std::mem::replace(&mut self.synced, true) {
            self.file.sync_data().map_err(|source| io(&self.path, source))?;
        }
        Ok(())
    }

    /// Ends the segment: durable, and what it is called and hashes to.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn finish(mut self) -> Result<Finished, RecordingError> {
        self.sync()?;
        let name = self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Finished { name, sha256: self.hasher.finalize().into(), entries: self.entries })
    }

    /// Bytes handed to the system so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Entries so far.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    fn write_block(&mut self, payload: &[u8]) -> Result<(), RecordingError> {
        let length = u32::try_from(payload.len()).map_err(|e| io(&self.path, std::io::Error::other(e)))?;
        let mut head = length.to_le_bytes().to_vec();
        head.extend(super::crc32(payload).to_le_bytes());
        self.write(&head)?;
        self.write(payload)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RecordingError> {
        self.file.write_all(bytes).map_err(|source| io(&self.path, source))?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.synced = false;
        Ok(())
    }
}

pub(super) fn io(path: &Path, source: std::io::Error) -> RecordingError {
    RecordingError::Io { file: path.display().to_string(), source }
}
