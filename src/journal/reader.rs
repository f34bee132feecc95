//! Reading a journal from the beginning, without a lock and without changing anything.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

use super::header::{HEADER_BYTES, Header, HeaderFault};
use super::scan::Scan;
use super::{Body, Damage, Hash, JournalError, Open, VERSION, Verdict};

/// One record.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Its sequence number, from 1.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// What it says.
    pub body: Body,
}

/// The unfinished end of a journal that lost its power, or that is being written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Torn {
    /// The last whole record.
    pub cut_at_seq: u64,
    /// Bytes after it.
    pub bytes: u64,
}

/// Records in order, one at a time; memory does not grow with the file.
///
/// The first damage ends the iteration with [`JournalError::Corrupt`]; a torn tail just ends it,
/// and [`JournalReader::torn`] says so then.
#[derive(Debug)]
pub struct JournalReader {
    name: String,
    scan: Scan<BufReader<Take<File>>>,
    stopped: bool,
}

impl JournalReader {
    /// Opens a journal read-only.
    ///
    /// # Errors
    /// [`JournalError::Read`], [`JournalError::NotAJournal`], [`JournalError::Version`], or
    /// [`JournalError::Corrupt`] at 0 for a damaged header.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let (name, file) = open_file(path, false)?;
        let header = read_header(&name, &file)?;
        Self::start(name, file, header, u64::MAX)
    }

    /// The opening record alone: which session and day a journal belongs to, before anything is
    /// done with it.
    ///
    /// # Errors
    /// As [`JournalReader::open`], and [`JournalError::Corrupt`] at 1.
    pub fn opening(path: &Path) -> Result<Open, JournalError> {
        let mut reader = Self::open(path)?;
        let name = reader.name.clone();
        match reader.next().transpose()? {
            Some(Record { body: Body::Open(open), .. }) => Ok(open),
            _ => Err(JournalError::Corrupt { file: name, seq: 1, what: Damage::Opening }),
        }
    }

    /// Begins after the header and reads up to byte `end` of the file.
    pub(super) fn start(name: String, file: File, header: Header, end: u64) -> Result<Self, JournalError> {
        let begin = HEADER_BYTES as u64;
        let mut file = file;
        let seek = file.seek(SeekFrom::Start(begin));
        seek.map_err(|source| JournalError::Read { file: name.clone(), source })?;
        let input = BufReader::with_capacity(1 << 16, file.take(end.saturating_sub(begin)));
        Ok(Self { name, scan: Scan::new(header, input), stopped: false })
    }

    /// The number of the last record handed out; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.scan.seq()
    }

    /// The hash of the last record handed out; where the chain begins before the first.
    #[must_use]
    pub const fn head(&self) -> Hash {
        self.scan.head()
    }

    /// Whether the closing record was handed out.
    #[must_use]
    pub const fn finished(&self) -> bool {
        self.scan.finished()
    }

    /// After the last record: what is left of a record that was never whole.
    #[must_use]
    pub const fn torn(&self) -> Option<Torn> {
        match self.scan.verdict() {
            Some(Verdict::TornTail { cut_at_seq, bytes }) => {
                Some(Torn { cut_at_seq: *cut_at_seq, bytes: *bytes })
            }
            _ => None,
        }
    }

    /// After the last record: how the file ended.
    pub(super) const fn verdict(&self) -> Option<&Verdict> {
        self.scan.verdict()
    }

    /// Bytes of the file up to the end of the last record handed out.
    pub(super) const fn good_bytes(&self) -> u64 {
        self.scan.good_bytes()
    }
}

impl Iterator for JournalReader {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        match self.scan.next() {
            Ok(Some(record)) => Some(Ok(record)),
            Ok(None) => {
                self.stopped = true;
                match self.scan.verdict() {
                    Some(Verdict::Corrupt { seq, what }) => Some(Err(JournalError::Corrupt {
                        file: self.name.clone(),
                        seq: *seq,
                        what: what.clone(),
                    })),
                    _ => None,
                }
            }
            Err(source) => {
                self.stopped = true;
                Some(Err(JournalError::Read { file: self.name.clone(), source }))
            }
        }
    }
}

/// Opens a regular file; anything else could block or never end.
pub(super) fn open_file(path: &Path, write: bool) -> Result<(String, File), JournalError> {
    let name = path.display().to_string();
    let open = || {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        File::options().read(true).write(write).open(path)
    };
    match open() {
        Ok(file) => Ok((name, file)),
        Err(source) => Err(JournalError::Read { file: name, source }),
    }
}

/// Reads the header, naming the file in what goes wrong.
pub(super) fn read_header(name: &str, file: &File) -> Result<Header, JournalError> {
    let file_name = name.to_owned();
    let header =
        Header::read(file).map_err(|source| JournalError::Read { file: file_name.clone(), source })?;
    header.map_err(|fault| match fault {
        HeaderFault::NotAJournal => JournalError::NotAJournal { file: file_name },
        HeaderFault::Version(found) => JournalError::Version { file: file_name, found, known: VERSION },
        HeaderFault::Damaged => JournalError::Corrupt { file: file_name, seq: 0, what: Damage::Header },
    })
}
