//! The one strict pass over a journal that reading, verifying and recovering share.
//!
//! It hands out records as long as every byte is right and then says how the file ended.

use std::io::{self, BufRead, Read};

use super::header::{HEADER_BYTES, Header};
use super::line::{Line, MAX_LINE_BYTES};
use super::{Body, Damage, Hash, Record, Verdict};

/// A pass in progress.
#[derive(Debug)]
pub(super) struct Scan<R> {
    input: R,
    header: Header,
    /// The last good record, its hash, and where it ends in the file.
    seq: u64,
    head: Hash,
    good_bytes: u64,
    finished: bool,
    line: Vec<u8>,
    end: Option<Verdict>,
}

impl<R: BufRead> Scan<R> {
    /// Begins after the header.
    pub(super) fn new(header: Header, input: R) -> Self {
        Self {
            input,
            header,
            seq: 0,
            head: Hash::genesis(),
            good_bytes: HEADER_BYTES as u64,
            finished: false,
            line: Vec::new(),
            end: None,
        }
    }

    /// The last good record.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// Its hash.
    pub(super) const fn head(&self) -> Hash {
        self.head
    }

    /// Bytes of the file up to its end.
    pub(super) const fn good_bytes(&self) -> u64 {
        self.good_bytes
    }

    /// Whether the closing record was read.
    pub(super) const fn finished(&self) -> bool {
        self.finished
    }

    /// How the file ended; `None` while there may be more.
    pub(super) const fn verdict(&self) -> Option<&Verdict> {
        self.end.as_ref()
    }

    /// The next record; `None` at the end, and then [`Scan::verdict`] says what end.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        if self.end.is_some() {
            return Ok(None);
        }
        self.line.clear();
        let most = MAX_LINE_BYTES as u64;
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            self.end = Some(self.at_end());
            return Ok(None);
        }
        let Some(line) = self.line.strip_suffix(b"\n") else {
            self.end = Some(self.at_tail()?);
            return Ok(None);
        };
        match self.check(line) {
            Ok(record) => {
                self.seq = record.seq;
                self.head = record.hash;
                self.good_bytes += read as u64;
                self.finished = matches!(record.body, Body::Close(_));
                Ok(Some(record))
            }
            Err(what) => {
                self.end = Some(self.corrupt(what));
                Ok(None)
            }
        }
    }

    /// A line that must be the next record.
    fn check(&self, line: &[u8]) -> Result<Record, Damage> {
        if self.finished {
            return Err(Damage::AfterClose);
        }
        let Line { seq, hash, body } = Line::parse(line).ok_or(Damage::Line)?;
        if seq != self.seq + 1 {
            return Err(Damage::Sequence { found: seq });
        }
        if hash != self.head.next(seq, body) {
            return Err(Damage::Hash);
        }
        if seq == self.header.seq && hash != self.header.head {
            return Err(Damage::Checkpoint);
        }
        let read: Body = serde_json::from_slice(body).map_err(|error| Damage::Body(error.to_string()))?;
        if read.encode().ok().as_deref() != Some(body) {
            return Err(Damage::NotCanonical);
        }
        if matches!(read, Body::Open(_)) != (seq == 1) {
            return Err(Damage::Opening);
        }
        if self.header.closed && seq == self.header.seq && !matches!(read, Body::Close(_)) {
            return Err(Damage::NotClosing);
        }
        Ok(Record { seq, hash, body: read })
    }

    /// The file ends after a whole record.
    fn at_end(&self) -> Verdict {
        if self.seq < self.header.seq {
            return self.corrupt(Damage::Truncated { promised: self.header.seq });
        }
        Verdict::Intact
    }

    /// The file goes on without a newline: the last write was cut, or something else is wrong.
    fn at_tail(&mut self) -> io::Result<Verdict> {
        let (more, newline) = self.drain()?;
        if self.finished {
            return Ok(self.corrupt(Damage::AfterClose));
        }
        if newline {
            return Ok(self.corrupt(Damage::Line));
        }
        if self.seq < self.header.seq {
            return Ok(self.corrupt(Damage::Truncated { promised: self.header.seq }));
        }
        // A whole record and one byte where its newline should be was not cut, it was changed.
        // (A cut leaves nothing there, or a zero where the file had grown before its bytes came.)
        if let Some((last, record)) = self.line.split_last()
            && *last != 0
            && self.check(record).is_ok()
        {
            return Ok(self.corrupt(Damage::Line));
        }
        Ok(Verdict::TornTail { cut_at_seq: self.seq, bytes: self.line.len() as u64 + more })
    }

    /// Reads to the end of the file: how many bytes, and whether a newline was among them.
    fn drain(&mut self) -> io::Result<(u64, bool)> {
        let (mut bytes, mut newline) = (0, false);
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok((bytes, newline));
            }
            newline |= chunk.contains(&b'\n');
            let length = chunk.len();
            bytes += length as u64;
            self.input.consume(length);
        }
    }

    const fn corrupt(&self, what: Damage) -> Verdict {
        Verdict::Corrupt { seq: self.seq + 1, what }
    }
}
