//! The columns of one row group: read at once, checked, and decoded one by one.

use std::sync::Arc;

use parquet::column::page::PageReader;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::bytes::{DayBytes, Window};
use super::meta::GroupEntry;
use super::schema::Column;
use super::words;
use crate::market::Universe;

/// A column whose values may be absent, one slot per row unless all are absent.
#[derive(Debug, Default)]
pub(super) struct Optional<T> {
    slots: Vec<T>,
    present: Vec<i16>,
    packed: Vec<T>,
    fill: Fill,
}

/// How much of an optional column is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Fill {
    #[default]
    Absent,
    Partial,
    Full,
}

impl<T: Copy> Optional<T> {
    pub(super) fn get(&self, row: usize) -> Option<T> {
        match self.fill {
            Fill::Absent => None,
            Fill::Full => Some(self.slots[row]),
            Fill::Partial if self.present[row] == 0 => None,
            Fill::Partial => Some(self.slots[row]),
        }
    }
}

/// What is needed to decode one group.
pub(super) struct GroupSource<'a> {
    pub(super) bytes: &'a DayBytes,
    pub(super) metadata: &'a RowGroupMetaData,
    pub(super) places: &'a [usize; 20],
    pub(super) entry: &'a GroupEntry,
    pub(super) universe: &'a Universe,
}

/// Reads the columns of one checked group.
pub(super) struct Chunks<'a> {
    window: Arc<Window>,
    metadata: &'a RowGroupMetaData,
    places: &'a [usize; 20],
    rows: usize,
    /// One bit per column that has no value in this group.
    absent: u32,
}

impl<'a> Chunks<'a> {
    /// Reads the bytes of a group and compares them with the checksum in the index.
    pub(super) fn open(from: &GroupSource<'a>) -> Result<Self, String> {
        let rows = usize::try_from(from.metadata.num_rows()).map_err(|_| "a negative number of rows")?;
        if rows as u64 != from.entry.rows || rows > super::schema::GROUP_ROWS {
            return Err(format!("{rows} rows where the index says {}", from.entry.rows));
        }
        let mut span: Option<(u64, u64)> = None;
        for column in from.metadata.columns() {
            let (start, end) = chunk_range(column)?;
            span = Some(span.map_or((start, end), |(s, e)| (s.min(start), e.max(end))));
        }
        let (start, end) = span.ok_or("no columns")?;
        let length = usize::try_from(end - start).map_err(|e| e.to_string())?;
        let bytes = from.bytes.read(start, length).map_err(|e| e.to_string())?;
        let mut sum = flate2::Crc::new();
        sum.update(&bytes);
        if sum.sum() != from.entry.crc32 {
            return Err("the bytes are not those that were written".to_owned());
        }
        Ok(Self {
            window: Arc::new(Window { start, bytes }),
            metadata: from.metadata,
            places: from.places,
            rows,
            absent: from.entry.absent,
        })
    }

    fn pages(&self, column: Column) -> Result<SerializedPageReader<Window>, String> {
        let chunk = self.metadata.column(self.places[column as usize]);
        chunk_range(chunk)?;
        SerializedPageReader::new(Arc::clone(&self.window), chunk, self.rows, None).map_err(|e| e.to_string())
    }

    /// Whether the index says that no row of the group has this column.
    fn is_absent(&self, column: Column) -> bool {
        self.absent >> column as u32 & 1 == 1
    }

    pub(super) fn words<T: Copy>(
        &self,
        column: Column,
        absent: T,
        scratch: &mut words::Scratch,
        into: &mut Vec<T>,
        resolve: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<(), String> {
        into.clear();
        if self.is_absent(column) {
            into.resize(self.rows, absent);
            return Ok(());
        }
        let mut pages = self.pages(column)?;
        let optional = self.descriptor(column).max_def_level() > 0;
        words::decode(&mut pages, self.rows, optional, absent, scratch, into, resolve)
    }

    fn descriptor(&self, column: Column) -> parquet::schema::types::ColumnDescPtr {
        self.metadata.schema_descr().column(self.places[column as usize])
    }

    fn reader(&self, column: Column) -> Result<ColumnReader, String> {
        let pages: Box<dyn PageReader> = Box::new(self.pages(column)?);
        Ok(get_column_reader(self.descriptor(column), pages))
    }

    pub(super) fn int64(&self, column: Column, into: &mut Vec<i64>) -> Result<(), String> {
        match self.reader(column)? {
            ColumnReader::Int64ColumnReader(reader) => required(reader, self.rows, into),
            _ => Err("a column of another type".to_owned()),
        }
    }

    pub(super) fn int32(&self, column: Column, into: &mut Vec<i32>) -> Result<(), String> {
        match self.reader(column)? {
            ColumnReader::Int32ColumnReader(reader) => required(reader, self.rows, into),
            _ => Err("a column of another type".to_owned()),
        }
    }

    pub(super) fn optional_int64(&self, column: Column, into: &mut Optional<i64>) -> Result<(), String> {
        into.fill = Fill::Absent;
        if self.is_absent(column) {
            return Ok(());
        }
        match self.reader(column)? {
            ColumnReader::Int64ColumnReader(reader) => optional(reader, self.rows, into),
            _ => Err("a column of another type".to_owned()),
        }
    }

    pub(super) fn optional_int32(&self, column: Column, into: &mut Optional<i32>) -> Result<(), String> {
        into.fill = Fill::Absent;
        if self.is_absent(column) {
            return Ok(());
        }
        match self.reader(column)? {
            ColumnReader::Int32ColumnReader(reader) => optional(reader, self.rows, into),
            _ => Err("a column of another type".to_owned()),
        }
    }
}

/// First byte of a column chunk and the byte after its last.
fn chunk_range(chunk: &ColumnChunkMetaData) -> Result<(u64, u64), String> {
    let first = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let range = u64::try_from(first).ok().zip(u64::try_from(chunk.compressed_size()).ok());
    range
        .and_then(|(first, length)| Some((first, first.checked_add(length)?)))
        .ok_or_else(|| "a column with a senseless place in the file".to_owned())
}

fn required<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    into: &mut Vec<T::T>,
) -> Result<(), String> {
    into.clear();
    let (records, ..) = reader.read_records(rows, None, None, into).map_err(|e| e.to_string())?;
    if records == rows && into.len() == rows {
        Ok(())
    } else {
        Err(format!("{} values for {rows} rows", into.len()))
    }
}

/// Present values come packed; each moves to the slot of its row.
fn optional<T>(mut reader: ColumnReaderImpl<T>, rows: usize, into: &mut Optional<T::T>) -> Result<(), String>
where
    T: DataType,
    T::T: Copy + Default,
{
    let Optional { slots, present, packed, fill } = into;
    present.clear();
    packed.clear();
    let (records, ..) = reader.read_records(rows, Some(present), None, packed).map_err(|e| e.to_string())?;
    if records != rows || present.len() != rows {
        return Err(format!("{} values for {rows} rows", present.len()));
    }
    let count = present.iter().filter(|p| **p != 0).count();
    if count != packed.len() {
        return Err(format!("{} values where {count} are present", packed.len()));
    }
    if count == rows {
        std::mem::swap(slots, packed);
        *fill = Fill::Full;
        return Ok(());
    }
    *fill = if count == 0 { Fill::Absent } else { Fill::Partial };
    let mut values = packed.iter();
    slots.clear();
    slots.extend(present.iter().map(|p| match p {
        0 => T::T::default(),
        _ => values.next().copied().unwrap_or_default(),
    }));
    Ok(())
}
