//! Reading a segment back, as far as it is whole.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::writer::{Finished, io};
use super::{Heard, LONGEST_BLOCK, MAGIC, RecordingError, VERSION};
use crate::feed::day::DayMeta;

/// A tail that never became a whole block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Torn {
    /// Where the last whole block ends.
    pub at: u64,
    /// Bytes after it.
    pub bytes: u64,
}

/// One segment in memory: its description and the blocks that are whole.
#[derive(Debug)]
pub struct RecordingReader {
    file: String,
    day: DayMeta,
    bytes: Vec<u8>,
    /// Where the next block begins, and where the last whole one ends.
    at: usize,
    end: usize,
    block: (u64, usize, usize),
}

impl RecordingReader {
    /// Opens a segment. A torn tail is no error: it is what a crash leaves.
    ///
    /// # Errors
    /// [`RecordingError::Io`], [`RecordingError::NotOne`], [`RecordingError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
        Self::from_bytes(&path.display().to_string(), bytes)
    }

    /// The same from bytes; `file` is what errors call it.
    ///
    /// # Errors
    /// As [`RecordingReader::open`].
    pub fn from_bytes(file: &str, bytes: Vec<u8>) -> Result<Self, RecordingError> {
        let not_one = |what: &str| RecordingError::NotOne { file: file.to_owned(), what: what.to_owned() };
        let head = MAGIC.len() + 4;
        if bytes.len() < head || !bytes.starts_with(MAGIC) {
            return Err(not_one("it does not begin like one"));
        }
        if bytes[MAGIC.len()..head] != VERSION.to_le_bytes() {
            return Err(not_one("its version is not known here"));
        }
        let (from, to) = match whole_block(&bytes, head) {
            Ok(block) => block,
            Err(_) => return Err(not_one("its description never became whole")),
        };
        let day = serde_json::from_slice(&bytes[from..to]).map_err(|e| not_one(&e.to_string()))?;
        let end = last_whole(file, &bytes, to)?;
        Ok(Self { file: file.to_owned(), day, bytes, at: to, end, block: (0, 0, 0) })
    }

    /// What the day is.
    #[must_use]
    pub const fn day(&self) -> &DayMeta {
        &self.day
    }

    /// What is left of a block that never became whole.
    #[must_use]
    pub fn torn(&self) -> Option<Torn> {
        let bytes = self.bytes.len() - self.end;
        (bytes > 0).then_some(Torn { at: self.end as u64, bytes: bytes as u64 })
    }

    /// Name and hash of the segment as it is without a torn tail, with the number of its entries.
    ///
    /// # Errors
    /// [`RecordingError::Damaged`].
    pub fn finished(path: &Path) -> Result<Finished, RecordingError> {
        let mut reader = Self::open(path)?;
        let sha256 = Sha256::digest(&reader.bytes[..reader.end]).into();
        let mut entries = 0;
        while reader.next_entry()?.is_some() {
            entries += 1;
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Finished { name, sha256, entries })
    }

    /// Cuts a torn tail off the file.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn cut_tail(path: &Path, torn: Torn) -> Result<(), RecordingError> {
        let cut = || {
            let file = std::fs::OpenOptions::new().write(true).open(path)?;
            file.set_len(torn.at)?;
            file.sync_all()
        };
        cut().map_err(|source| io(path, source))
    }

    /// The next entry; `None` at the end of what is whole.
    ///
    /// # Errors
    /// [`RecordingError::Damaged`] for a block that is whole and holds no entries.
    pub fn next_entry(&mut self) -> Result<Option<Heard>, RecordingError> {
        let (number, from, to) = self.block;
        if from == to {
            if self.at >= self.end {
                return Ok(None);
            }
            let damaged = |what: String| RecordingError::Damaged {
                file: self.file.clone(),
                block: number + 1,
                offset: self.at as u64,
                what,
            };
            let (from, to) = whole_block(&self.bytes, self.at).map_err(|what| damaged(what.to_owned()))?;
            self.block = (number + 1, from, to);
            self.at = to;
            return self.next_entry();
        }
        match postcard::take_from_bytes::<Heard>(&self.bytes[from..to]) {
            Ok((heard, rest)) => {
                self.block.1 = to - rest.len();
                Ok(Some(heard))
            }
            Err(error) => Err(RecordingError::Damaged {
                file: self.file.clone(),
                block: number,
                offset: from as u64,
                what: error.to_string(),
            }),
        }
    }
}

/// Where the payload of the block at `at` begins and ends.
fn whole_block(bytes: &[u8], at: usize) -> Result<(usize, usize), &'static str> {
    let word =
        |at: usize| bytes.get(at..at + 4).and_then(|b| b.first_chunk().copied()).map(u32::from_le_bytes);
    let (Some(length), Some(crc)) = (word(at), word(at + 4)) else { return Err("it is cut short") };
    let length = length as usize;
    if length == 0 || length > LONGEST_BLOCK {
        return Err("its length cannot be");
    }
    let Some(payload) = bytes.get(at + 8..at + 8 + length) else { return Err("it is cut short") };
    if super::crc32(payload) != crc {
        return Err("its checksum differs");
    }
    Ok((at + 8, at + 8 + length))
}

/// Where the last whole block ends. A broken block with whole ones after it is damage, not a torn tail.
fn last_whole(file: &str, bytes: &[u8], mut at: usize) -> Result<usize, RecordingError> {
    let mut block = 1;
    while at < bytes.len() {
        match whole_block(bytes, at) {
            Ok((_, end)) => at = end,
            Err(what) => {
                let length = bytes.get(at..at + 4).and_then(|b| b.first_chunk().copied());
                let next = length.map(|l| at.saturating_add(8 + u32::from_le_bytes(l) as usize));
                let goes_on = next.is_some_and(|next| next < bytes.len() && whole_block(bytes, next).is_ok());
                if goes_on {
                    let (file, what) = (file.to_owned(), what.to_owned());
                    return Err(RecordingError::Damaged { file, block, offset: at as u64, what });
                }
                break;
            }
        }
        block += 1;
    }
    Ok(at)
}
