//! The first line of a journal: what the file is, and how far it is known to go.
//!
//! The line is 512 bytes, one disk sector, so that a rewrite in place arrives whole or not at
//! all. It promises: every record up to its sequence number was durable when it was written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::Hash;

/// The format version that this program writes and reads.
pub const VERSION: u32 = 1;

/// The part of the header that never changes. Its hash begins the chain.
pub(super) const IDENTITY: &[u8] = b"himal-journal 0001";

const MAGIC: &[u8] = b"himal-journal ";

/// The length of the header line, its newline included.
pub(super) const HEADER_BYTES: usize = 512;

/// Where the header's own checksum begins.
const SUM_AT: usize = HEADER_BYTES - 1 - Hash::DIGITS;

/// What the first line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// Whether the session is finished and nothing may follow record `seq`.
    pub(super) closed: bool,
    /// Every record up to this one is there.
    pub(super) seq: u64,
    /// The hash of that record.
    pub(super) head: Hash,
}

/// Why a first line is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HeaderFault {
    /// This is some other file.
    NotAJournal,
    /// A journal of another format version, undamaged as far as the header goes.
    Version(u32),
    /// A journal whose header is not what was written.
    Damaged,
}

impl Header {
    /// The line, always [`HEADER_BYTES`] long.
    pub(super) fn encode(self) -> [u8; HEADER_BYTES] {
        let state = if self.closed { "closed" } else { "open" };
        let mut bytes = [b' '; HEADER_BYTES];
        let fields = format!(" {state:<6} {:020} {}", self.seq, self.head);
        bytes[..IDENTITY.len()].copy_from_slice(IDENTITY);
        bytes[IDENTITY.len()..][..fields.len()].copy_from_slice(fields.as_bytes());
        let sum = Hash::of(&bytes[..SUM_AT]);
        bytes[SUM_AT..HEADER_BYTES - 1].copy_from_slice(&sum.digits());
        bytes[HEADER_BYTES - 1] = b'\n';
        bytes
    }

    /// Reads the line, in exactly the spelling of [`Header::encode`].
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let whole: &[u8; HEADER_BYTES] = match bytes.try_into() {
            Ok(whole) => whole,
            // Cut inside the header; an empty file is nobody's.
            Err(_) if bytes.is_empty() => return Err(HeaderFault::NotAJournal),
            Err(_) if MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]) => {
                return Err(HeaderFault::Damaged);
            }
            Err(_) => return Err(HeaderFault::NotAJournal),
        };
        let sum = Hash::from_digits(&whole[SUM_AT..HEADER_BYTES - 1]);
        if sum != Some(Hash::of(&whole[..SUM_AT])) {
            // One changed byte leaves either the magic or the place of the checksum recognisable.
            let ours = whole.starts_with(MAGIC) || sum.is_some();
            return Err(if ours { HeaderFault::Damaged } else { HeaderFault::NotAJournal });
        }
        let rest = whole.strip_prefix(MAGIC).ok_or(HeaderFault::NotAJournal)?;
        let version = number(&rest[..4]).and_then(|v| u32::try_from(v).ok()).ok_or(HeaderFault::Damaged)?;
        if version != VERSION {
            return Err(HeaderFault::Version(version));
        }
        let fields = &whole[IDENTITY.len()..];
        let header = Self {
            closed: &fields[1..7] == b"closed",
            seq: number(&fields[8..28]).ok_or(HeaderFault::Damaged)?,
            head: Hash::from_digits(&fields[29..29 + Hash::DIGITS]).ok_or(HeaderFault::Damaged)?,
        };
        let exact = header.seq > 0 && header.encode() == *whole;
        if exact { Ok(header) } else { Err(HeaderFault::Damaged) }
    }

    /// Reads the line at the beginning of a file.
    pub(super) fn read(file: &File) -> io::Result<Result<Self, HeaderFault>> {
        let first = Self::parse(&first_bytes(file)?);
        if first == Err(HeaderFault::Damaged) {
            // A reader may have looked while the writer was rewriting it: look once more.
            return Ok(Self::parse(&first_bytes(file)?));
        }
        Ok(first)
    }
}

fn first_bytes(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; HEADER_BYTES];
    let mut have = 0;
    while have < HEADER_BYTES {
        match file.read_at(&mut bytes[have..], have as u64) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(have);
    Ok(bytes)
}

/// A number of exactly these digits.
fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_every_flipped_bit_is_seen() {
        for closed in [false, true] {
            let header = Header { closed, seq: 42, head: Hash::of(b"head") };
            let bytes = header.encode();
            assert_eq!(Header::parse(&bytes), Ok(header));
            for i in 0..bytes.len() * 8 {
                let mut bent = bytes;
                bent[i / 8] ^= 1 << (i % 8);
                assert_eq!(Header::parse(&bent), Err(HeaderFault::Damaged), "bit {i}");
            }
            for cut in 1..bytes.len() {
                assert_eq!(Header::parse(&bytes[..cut]), Err(HeaderFault::Damaged), "cut at {cut}");
            }
        }
    }

    #[test]
    fn other_files_and_other_versions_are_told_apart() {
        let mut other = Header { closed: false, seq: 1, head: Hash::genesis() }.encode();
        other[17] = b'2';
        let sum = Hash::of(&other[..SUM_AT]).digits();
        other[SUM_AT..HEADER_BYTES - 1].copy_from_slice(&sum);
        let rows: [(&[u8], HeaderFault); 4] = [
            (&other, HeaderFault::Version(2)),
            (b"", HeaderFault::NotAJournal),
            (b"PAR1", HeaderFault::NotAJournal),
            (&[b'x'; HEADER_BYTES], HeaderFault::NotAJournal),
        ];
        for (bytes, fault) in rows {
            assert_eq!(Header::parse(bytes), Err(fault));
        }
    }
}
