//! Reading a recorded day: open, look, then stream from any row or moment.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::bars::DailyBar;
use super::bytes::DayBytes;
use super::group::{Group, GroupSource};
use super::meta::{DayIndex, DayMeta};
use super::schema::{KEY_CHECK, KEY_DAY, KEY_INDEX, KEY_SCHEMA, SCHEMA, locate};
use super::writer::footer_check;
use crate::feed::FeedError;
use crate::market::{MarketEvent, Timestamp};

/// An open recorded day. Cheap to clone; streams made from it live on their own.
#[derive(Clone, Debug)]
pub struct DayReader {
    day: Arc<Day>,
}

#[derive(Debug)]
struct Day {
    file: String,
    bytes: DayBytes,
    parquet: ParquetMetaData,
    places: [usize; 20],
    meta: DayMeta,
    index: DayIndex,
}

impl DayReader {
    /// Opens a file and reads its footer; no event is read yet.
    ///
    /// # Errors
    /// [`FeedError::Unreadable`], [`FeedError::NotParquet`], [`FeedError::Truncated`],
    /// [`FeedError::WrongColumns`], [`FeedError::BadDescription`] or [`FeedError::NewerSchema`].
    pub fn open(path: &Path) -> Result<Self, FeedError> {
        let file = path.display().to_string();
        let bytes =
            DayBytes::open(path).map_err(|source| FeedError::Unreadable { file: file.clone(), source })?;
        Self::from_source(file, bytes)
    }

    /// Opens a day that is already in memory, such as a bundled one; `name` stands for the file.
    ///
    /// # Errors
    /// As [`DayReader::open`].
    pub fn from_bytes(name: &str, bytes: impl Into<Bytes>) -> Result<Self, FeedError> {
        Self::from_source(name.to_owned(), DayBytes::Memory(bytes.into()))
    }

    fn from_source(file: String, bytes: DayBytes) -> Result<Self, FeedError> {
        check_magic(&file, &bytes)?;
        let parquet = ParquetMetaDataReader::new()
            .parse_and_finish(&bytes)
            .map_err(|_| FeedError::Truncated { file: file.clone() })?;
        check_schema(&file, &parquet)?;
        let places = locate(parquet.file_metadata().schema_descr())
            .map_err(|missing| FeedError::WrongColumns { file: file.clone(), missing })?;
        let (meta, index) = read_description(&file, &parquet)?;
        if index.groups.len() != parquet.num_row_groups() {
            return Err(FeedError::BadDescription { file, why: "the index has other row groups".to_owned() });
        }
        Ok(Self { day: Arc::new(Day { file, bytes, parquet, places, meta, index }) })
    }

    /// What the day says about itself.
    #[must_use]
    pub fn meta(&self) -> &DayMeta {
        &self.day.meta
    }

    /// The file it came from, as it was named.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.day.file
    }

    /// Rows in the file.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.day.index.rows
    }

    /// Time of the first and of the last event; `None` for an empty day.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = (self.day.index.groups.first()?, self.day.index.groups.last()?);
        Some((Timestamp::from_ns(first.first_ns), Timestamp::from_ns(last.last_ns)))
    }

    /// SHA-256 of the whole file, hex: the name by which a journal refers to it. Reads every byte.
    ///
    /// # Errors
    /// [`FeedError::Unreadable`].
    pub fn content_hash(&self) -> Result<String, FeedError> {
        self.day
            .bytes
            .sha256()
            .map_err(|source| FeedError::Unreadable { file: self.day.file.clone(), source })
    }

    /// Whether the day can be played: it holds events, and they have times.
    ///
    /// # Errors
    /// [`FeedError::DailyBars`] or [`FeedError::Untimed`], naming the file and its title.
    pub fn check_replayable(&self) -> Result<(), FeedError> {
        let (file, title) = (self.day.file.clone(), self.day.meta.title.clone());
        if self.day.meta.daily {
            return Err(FeedError::DailyBars { file, title });
        }
        if self.day.meta.timed { Ok(()) } else { Err(FeedError::Untimed { file, title }) }
    }

    /// Every event from the first.
    #[must_use]
    pub fn events(&self) -> Events {
        self.stream(Some((0, 0)), Place::Row(0))
    }

    /// The events at and after a moment.
    #[must_use]
    pub fn seek(&self, at: Timestamp) -> Events {
        self.stream(self.day.index.group_of_time(at.ns()), Place::Time(at.ns()))
    }

    /// The events from row `row` on, counted from 0; none if the day is shorter.
    #[must_use]
    pub fn seek_row(&self, row: u64) -> Events {
        let group = self.day.index.group_of_row(row);
        let within = group.map_or(0, |(_, before)| row - before);
        self.stream(group, Place::Row(usize::try_from(within).unwrap_or(usize::MAX)))
    }

    /// Every daily bar of a file of daily bars.
    ///
    /// # Errors
    /// [`FeedError::Damaged`].
    pub fn bars(&self) -> Result<Vec<DailyBar>, FeedError> {
        let mut bars = Vec::new();
        for i in 0..self.day.index.groups.len() {
            let group = self.day.group(i)?;
            for row in 0..group.rows() {
                bars.push(group.bar(row).map_err(|why| self.day.damaged(i, why))?);
            }
        }
        Ok(bars)
    }

    fn stream(&self, from: Option<(usize, u64)>, place: Place) -> Events {
        let (next_group, next_row) = from.unwrap_or((self.day.index.groups.len(), self.rows()));
        Events { day: Arc::clone(&self.day), group: None, row: 0, next_group, next_row, place, failed: false }
    }
}

impl Day {
    fn group(&self, i: usize) -> Result<Group, FeedError> {
        Group::read(&GroupSource {
            bytes: &self.bytes,
            metadata: self.parquet.row_group(i),
            places: &self.places,
            entry: &self.index.groups[i],
            universe: &self.meta.instruments,
            daily: self.meta.daily,
        })
        .map_err(|why| self.damaged(i, why))
    }

    fn damaged(&self, group: usize, why: String) -> FeedError {
        FeedError::Damaged { file: self.file.clone(), group, why }
    }
}

/// Where to start inside the first group that is read.
#[derive(Clone, Copy, Debug)]
enum Place {
    Row(usize),
    Time(i64),
}

/// The events of a day in order. One row group is in memory at a time. After an error it ends.
#[derive(Debug)]
pub struct Events {
    day: Arc<Day>,
    group: Option<Group>,
    row: usize,
    next_group: usize,
    next_row: u64,
    place: Place,
    failed: bool,
}

impl Events {
    /// The number of the row that [`Iterator::next`] gives, counted from 0. Exact once the
    /// first event has been taken or the stream was opened by row.
    #[must_use]
    pub fn next_row(&self) -> u64 {
        match (&self.group, self.place) {
            (None, Place::Row(within)) => self.next_row + within as u64,
            _ => self.next_row,
        }
    }

    /// Reads groups until one has a row left. `Ok(false)` at the end of the day.
    fn advance(&mut self) -> Result<bool, FeedError> {
        while self.group.as_ref().is_none_or(|group| self.row >= group.rows()) {
            if self.next_group >= self.day.index.groups.len() {
                return Ok(false);
            }
            self.group = None;
            let group = self.day.group(self.next_group)?;
            self.row = match self.place {
                Place::Row(row) => row.min(group.rows()),
                Place::Time(ns) => group.row_at(ns),
            };
            self.next_row += self.row as u64;
            self.place = Place::Row(0);
            self.next_group += 1;
            self.group = Some(group);
        }
        Ok(true)
    }
}

impl Iterator for Events {
    type Item = Result<MarketEvent, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.advance() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(e) => {
                self.failed = true;
                return Some(Err(e));
            }
        }
        let event = self.group.as_ref()?.event(self.row);
        self.row += 1;
        self.next_row += 1;
        Some(event.map_err(|why| {
            self.failed = true;
            self.day.damaged(self.next_group - 1, why)
        }))
    }
}

fn check_magic(file: &str, bytes: &DayBytes) -> Result<(), FeedError> {
    const MAGIC: &[u8] = b"PAR1";
    let unreadable = |source| FeedError::Unreadable { file: file.to_owned(), source };
    let head = bytes.read(0, bytes.len().min(4) as usize).map_err(unreadable)?;
    if head != MAGIC {
        return Err(FeedError::NotParquet { file: file.to_owned() });
    }
    let tail = bytes.read(bytes.len() - 4, 4).map_err(unreadable)?;
    if bytes.len() < 12 || tail != MAGIC {
        return Err(FeedError::Truncated { file: file.to_owned() });
    }
    Ok(())
}

fn value<'a>(parquet: &'a ParquetMetaData, key: &str) -> Option<&'a str> {
    let entries = parquet.file_metadata().key_value_metadata()?;
    entries.iter().find(|entry| entry.key == key)?.value.as_deref()
}

/// A newer schema is refused before its columns are looked at: they may well be others.
fn check_schema(file: &str, parquet: &ParquetMetaData) -> Result<(), FeedError> {
    match value(parquet, KEY_SCHEMA).map(str::parse::<u32>) {
        Some(Ok(found)) if found > SCHEMA => {
            Err(FeedError::NewerSchema { file: file.to_owned(), found, known: SCHEMA })
        }
        _ => Ok(()),
    }
}

fn read_description(file: &str, parquet: &ParquetMetaData) -> Result<(DayMeta, DayIndex), FeedError> {
    let bad = |why: String| FeedError::BadDescription { file: file.to_owned(), why };
    let get = |key: &str| value(parquet, key).ok_or_else(|| bad(format!("no `{key}`")));
    get(KEY_SCHEMA)?.parse::<u32>().map_err(|e| bad(format!("`{KEY_SCHEMA}`: {e}")))?;
    let (day, index) = (get(KEY_DAY)?, get(KEY_INDEX)?);
    if get(KEY_CHECK)? != footer_check(day, index).to_string() {
        return Err(bad("its checksum does not fit".to_owned()));
    }
    let meta: DayMeta = serde_json::from_str(day).map_err(|e| bad(format!("`{KEY_DAY}`: {e}")))?;
    let index: DayIndex = serde_json::from_str(index).map_err(|e| bad(format!("`{KEY_INDEX}`: {e}")))?;
    Ok((meta.labelled(), index))
}
