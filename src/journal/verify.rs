//! Whether a journal is what was written, byte for byte.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Body, Damage, Hash, JournalError, JournalReader, Segment};

/// How a journal stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Verdict {
    /// Everything is as it was written.
    Intact,
    /// Everything acknowledged is as it was written; after it stands the beginning of a record that
    /// never became whole. Normal after a power cut and while a session writes; recovery cuts it off.
    TornTail {
        /// The last whole record, after which to cut.
        cut_at_seq: u64,
        /// Bytes to cut.
        bytes: u64,
    },
    /// Something is not as it was written.
    Corrupt {
        /// The first bad record; 0 for the header.
        seq: u64,
        /// What is wrong with it.
        what: Damage,
    },
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// Good records from the first on.
    pub records: u64,
    /// The hash of the last of them. Compare it with a head that was noted elsewhere: that alone
    /// shows that nobody wrote the whole file anew.
    pub head: Hash,
    /// Whether the session is finished: its closing record is there.
    pub finished: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// Market data recorded beside the journal.
    pub segments: Vec<SegmentCheck>,
}

/// One recorded segment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SegmentCheck {
    /// The record that names it.
    pub seq: u64,
    /// The file.
    pub name: String,
    /// How it stands.
    pub state: SegmentState,
}

/// How a segment stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// It is beside the journal and as recorded.
    Matches,
    /// It is not beside the journal.
    Missing,
    /// It is not what was recorded.
    Differs,
}

/// Reads all of a journal and the segments beside it. Changes nothing.
///
/// # Errors
/// [`JournalError::Read`], [`JournalError::NotAJournal`] and [`JournalError::Version`]: there was
/// nothing to judge. Damage is not an error here but the verdict.
pub fn verify(path: &Path) -> Result<Report, JournalError> {
    let mut report = Report {
        records: 0,
        head: Hash::genesis(),
        finished: false,
        verdict: Verdict::Intact,
        segments: Vec::new(),
    };
    let mut reader = match JournalReader::open(path) {
        Ok(reader) => reader,
        Err(JournalError::Corrupt { seq, what, .. }) => {
            report.verdict = Verdict::Corrupt { seq, what };
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    for record in reader.by_ref() {
        match record {
            Ok(record) => {
                if let Body::Segment(segment) = &record.body {
                    report.segments.push(check_segment(path, record.seq, segment)?);
                }
            }
            // The reader's verdict says the same.
            Err(JournalError::Corrupt { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    report.records = reader.seq();
    report.head = reader.head();
    report.finished = reader.finished();
    report.verdict = reader.verdict().cloned().unwrap_or(Verdict::Intact);
    // Segments are named by good records, which all come before the first bad one.
    if let Some(bad) = report.segments.iter().find(|s| s.state == SegmentState::Differs) {
        report.verdict = Verdict::Corrupt { seq: bad.seq, what: Damage::Segment { name: bad.name.clone() } };
    }
    Ok(report)
}

fn check_segment(journal: &Path, seq: u64, segment: &Segment) -> Result<SegmentCheck, JournalError> {
    let path = journal.with_file_name(&segment.name);
    let state = if !segment.is_beside() {
        SegmentState::Differs
    } else {
        match sha256_of(&path) {
            Ok(sum) if sum == segment.sha256 => SegmentState::Matches,
            Ok(_) => SegmentState::Differs,
            Err(error) if error.kind() == io::ErrorKind::NotFound => SegmentState::Missing,
            Err(source) => return Err(JournalError::Read { file: path.display().to_string(), source }),
        }
    };
    Ok(SegmentCheck { seq, name: segment.name.clone(), state })
}

fn sha256_of(path: &Path) -> io::Result<Hash> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut file = File::open(path)?;
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(Hash::from_bytes(hasher.finalize().into())),
            Ok(read) => hasher.update(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
