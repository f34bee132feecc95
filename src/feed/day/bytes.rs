//! Where the bytes of a day come from: a file, or memory.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use sha2::{Digest, Sha256};

/// The bytes of one day. Reads carry their own position, so readers of one day never disturb
/// each other.
#[derive(Clone, Debug)]
pub(super) enum DayBytes {
    /// An open file and its length when it was opened.
    File(Arc<File>, u64),
    /// Bytes in memory: a bundled day.
    Memory(Bytes),
}

impl DayBytes {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let info = file.metadata()?;
        if !info.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self::File(Arc::new(file), info.len()))
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::File(_, len) => *len,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// The bytes from `start`, exactly `length` of them.
    pub(super) fn read(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let past_end = || io::Error::new(io::ErrorKind::UnexpectedEof, "past the end of the file");
        let end = start.checked_add(length as u64).filter(|end| *end <= self.len()).ok_or_else(past_end)?;
        match self {
            Self::File(file, _) => {
                let mut buffer = vec![0; length];
                file.read_exact_at(&mut buffer, start)?;
                Ok(Bytes::from(buffer))
            }
            Self::Memory(bytes) => {
                let to_index = |n: u64| usize::try_from(n).map_err(|_| past_end());
                Ok(bytes.slice(to_index(start)?..to_index(end)?))
            }
        }
    }

    /// SHA-256 of everything, hex.
    pub(super) fn sha256(&self) -> io::Result<String> {
        const STEP: u64 = 1 << 20;
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < self.len() {
            let step = STEP.min(self.len() - at);
            hash.update(&self.read(at, usize::try_from(step).unwrap_or(0))?);
            at += step;
        }
        Ok(hex(&hash.finalize()))
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|b| [b >> 4, b & 15])
        .map(|n| char::from_digit(u32::from(n), 16).unwrap_or('?'))
        .collect()
}

/// Reads on from a position.
#[derive(Debug)]
pub(super) struct Cursor {
    bytes: DayBytes,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.len().saturating_sub(self.at);
        let step = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.bytes.read(self.at, step)?.copy_to_slice(&mut into[..step]);
        self.at += step as u64;
        Ok(step)
    }
}

impl Length for DayBytes {
    fn len(&self) -> u64 {
        Self::len(self)
    }
}

impl ChunkReader for DayBytes {
    type T = Cursor;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Cursor> {
        Ok(Cursor { bytes: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.read(start, length).map_err(|e| ParquetError::External(Box::new(e)))
    }
}

/// A checked row group in memory, answering at the addresses it has in the file.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) start: u64,
    pub(super) bytes: Bytes,
}

impl Window {
    fn tail(&self, start: u64) -> parquet::errors::Result<Bytes> {
        let from = start.checked_sub(self.start).and_then(|n| usize::try_from(n).ok());
        match from.filter(|n| *n <= self.bytes.len()) {
            Some(n) => Ok(self.bytes.slice(n..)),
            None => Err(ParquetError::EOF(format!("address {start} lies outside the row group"))),
        }
    }
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Window {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.tail(start).map(Buf::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let tail = self.tail(start)?;
        if length > tail.len() {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} lie outside the row group")));
        }
        Ok(tail.slice(..length))
    }
}
