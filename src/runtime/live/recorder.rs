//! The segments of one session, one after the other.

use std::path::{Path, PathBuf};

use crate::feed::day::DayMeta;
use crate::feed::recording::{Finished, Heard, RecordingError, RecordingWriter};

/// A segment is ended when it has grown to this.
const SEGMENT_BYTES: u64 = 64 << 20;

/// Writes what is heard into segments beside a journal: `live-2026-08-20.seg-0001` and so on.
#[derive(Debug)]
pub struct Recorder {
    journal: PathBuf,
    day: DayMeta,
    number: u32,
    writer: RecordingWriter,
}

impl Recorder {
    /// Begins the segment of a number.
    ///
    /// # Errors
    /// [`RecordingError::Io`], also if the file is there already.
    pub fn begin(journal: &Path, day: DayMeta, number: u32) -> Result<Self, RecordingError> {
        let writer = RecordingWriter::create(&segment_path(journal, number), &day)?;
        Ok(Self { journal: journal.to_owned(), day, number, writer })
    }

    /// Adds what was heard.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    #[inline]
    pub fn add(&mut self, heard: &Heard) -> Result<(), RecordingError> {
        self.writer.add(heard)
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        self.writer.flush()
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn sync(&mut self) -> Result<(), RecordingError> {
        self.writer.sync()
    }

    /// Whether the segment has become long enough.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        self.writer.bytes() >= SEGMENT_BYTES
    }

    /// Ends the segment and begins the next.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn next_segment(&mut self) -> Result<Finished, RecordingError> {
        let number = self.number + 1;
        let next = RecordingWriter::create(&segment_path(&self.journal, number), &self.day)?;
        self.number = number;
        std::mem::replace(&mut self.writer, next).finish()
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// [`RecordingError::Io`].
    pub fn finish(self) -> Result<Finished, RecordingError> {
        self.writer.finish()
    }
}

/// The file of a segment: the journal's name with another ending.
#[must_use]
pub fn segment_path(journal: &Path, number: u32) -> PathBuf {
    journal.with_extension(format!("seg-{number:04}"))
}

/// The segments beside a journal, in their order.
#[must_use]
pub fn segments_of(journal: &Path) -> Vec<PathBuf> {
    (1..).map(|number| segment_path(journal, number)).take_while(|path| path.exists()).collect()
}
