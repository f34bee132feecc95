//! Shared event files (`EVT1`): a 64-byte header and fixed 32-byte little-endian records.
//!
//! Benchmarks of other programs read the same files, so that a figure can be compared. The header
//! carries the final best prices and a book hash: a reader that ends on another book has not done the
//! same work. The file is mapped, not loaded; a replay of any length keeps no record in memory.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::market::{
    EventFlags, InstrumentId, LevelUpdate, MarketData, MarketEvent, Price, Qty, Side, SourceId, Timestamp,
    TradePrint,
};

const HEADER: usize = 64;
const RECORD: usize = 32;

/// Why an event file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EvtError {
    /// The file itself.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not such a file, or one that ends early.
    #[error("{}: not an EVT1 event file: {what}", .path.display())]
    NotEvt {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// What the header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EvtHeader {
    /// Records in the file.
    pub count: u64,
    /// Price units per whole.
    pub price_scale: u32,
    /// Quantity units per whole.
    pub qty_scale: u32,
    /// 1 level updates, 2 trades, 3 quotes, 4 level updates and trades.
    pub kind: u32,
    /// Best bid at the end, in ticks.
    pub best_bid: i32,
    /// Best ask at the end, in ticks.
    pub best_ask: i32,
    /// Hash of the book at the end.
    pub book_hash: u64,
}

/// A mapped event file.
pub struct EvtFile {
    map: Mmap,
    header: EvtHeader,
}

impl EvtFile {
    /// Maps a file and checks that it is whole.
    ///
    /// # Errors
    /// [`EvtError`] naming the file.
    pub fn open(path: &Path) -> Result<Self, EvtError> {
        let io = |source| EvtError::Io { path: path.to_owned(), source };
        let not = |what: String| EvtError::NotEvt { path: path.to_owned(), what };
        let file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.len() < HEADER as u64 {
            return Err(not("shorter than its header".to_owned()));
        }
        // SAFETY: a benchmark input that nobody writes to while it is read; a truncation under
        // the map would end this process, not corrupt a session.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        let header = parse_header(&map).ok_or_else(|| not("wrong magic or record size".to_owned()))?;
        let records = (map.len() - HEADER) / RECORD;
        if (records as u64) < header.count {
            return Err(not(format!("{records} of {} records", header.count)));
        }
        Ok(Self { map, header })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &EvtHeader {
        &self.header
    }

    /// The events, at most `limit`, decoded one by one. A quote becomes two level updates of a
    /// book that holds only the touch, so it yields its bid here and its ask from [`Record::quote_ask`].
    pub fn records(&self, limit: Option<u64>) -> impl Iterator<Item = Record<'_>> {
        let count = limit.unwrap_or(u64::MAX).min(self.header.count) as usize;
        let (records, _) = self.map[HEADER..].as_chunks::<RECORD>();
        records.iter().take(count).map(|bytes| Record { bytes })
    }
}

/// One record, decoded field by field when asked.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    bytes: &'a [u8; RECORD],
}

impl Record<'_> {
    #[inline]
    fn u32_at(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]])
    }

    /// When it happened.
    #[inline]
    #[must_use]
    pub fn at(&self) -> Timestamp {
        let (low, high) = (self.u32_at(0), self.u32_at(4));
        Timestamp::from_ns((u64::from(low) | u64::from(high) << 32) as i64)
    }

    /// 1 level update, 2 trade, 3 quote.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.bytes[28]
    }

    /// The event as the engine takes it. A quote yields its bid.
    #[inline]
    #[must_use]
    pub fn event(&self) -> MarketEvent {
        let price = Price::from_units(i64::from(self.u32_at(12) as i32));
        let qty = Qty::from_units(i64::from(self.u32_at(16)));
        let side = if self.bytes[29] == 0 { Side::Buy } else { Side::Sell };
        let data = if self.kind() == 2 {
            let aggressor = Some(side);
            MarketData::Trade(TradePrint { price, qty, aggressor, buyer: None, seller: None, contract: None })
        } else {
            MarketData::Level(LevelUpdate { side, price, qty, orders: 0 })
        };
        let last = self.kind() != 3 && self.bytes[30] & 1 != 0;
        self.wrap(if last { EventFlags::LAST } else { EventFlags::NONE }, data)
    }

    /// The ask of a quote.
    #[must_use]
    pub fn quote_ask(&self) -> Option<MarketEvent> {
        (self.kind() == 3).then(|| {
            let price = Price::from_units(i64::from(self.u32_at(20) as i32));
            let qty = Qty::from_units(i64::from(self.u32_at(24)));
            let ask = LevelUpdate { side: Side::Sell, price, qty, orders: 0 };
            self.wrap(EventFlags::LAST, MarketData::Level(ask))
        })
    }

    #[inline]
    fn wrap(&self, flags: EventFlags, data: MarketData) -> MarketEvent {
        MarketEvent { at: self.at(), seq: 0, source: SourceId(0), instrument: InstrumentId(0), flags, data }
    }
}

fn parse_header(map: &[u8]) -> Option<EvtHeader> {
    let u32_at = |at: usize| map.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let u64_at = |at: usize| map.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let is_evt = map.get(..4)? == b"EVT1" && u32_at(24)? as usize == RECORD;
    is_evt.then_some(EvtHeader {
        count: u64_at(8)?,
        price_scale: u32_at(28)?,
        qty_scale: u32_at(32)?,
        kind: u32_at(36)?,
        best_bid: u32_at(48)? as i32,
        best_ask: u32_at(52)? as i32,
        book_hash: u64_at(56)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_event_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.evt");
        for (bytes, want) in [
            (vec![], "shorter than its header"),
            (vec![0; 100], "wrong magic"),
            (
                [b"EVT1\0\0\0\0".as_slice(), &9u64.to_le_bytes(), &[0; 8], &32u32.to_le_bytes(), &[0; 36]]
                    .concat(),
                "0 of 9 records",
            ),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let error = EvtFile::open(&path).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(want) && error.contains("x.evt"), "{error}");
        }
    }
}
