//! One row group in memory: whole columns decoded once, then handed out row by row.

use std::sync::Arc;

use parquet::column::page::PageReader;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::bars::DailyBar;
use super::bytes::{DayBytes, Window};
use super::meta::GroupEntry;
use super::schema::{Column, Kind, State, side_from_word};
use super::words;
use crate::market::{
    BrokerId, ContractNo, EventFlags, Halt, IndexValue, InstrumentId, LevelUpdate, MarketData, MarketEvent,
    Price, Qty, Side, SourceId, Symbol, Timestamp, TradePrint, Universe,
};

/// A column whose values may be absent, one slot per row.
#[derive(Debug, Default)]
struct Optional<T> {
    slots: Vec<T>,
    present: Vec<i16>,
}

impl<T: Copy> Optional<T> {
    fn get(&self, row: usize) -> Option<T> {
        if self.present[row] == 0 { None } else { Some(self.slots[row]) }
    }
}

/// The decoded columns of one row group.
#[derive(Debug)]
pub(super) struct Group {
    ts: Vec<i64>,
    seq: Vec<i64>,
    source: Vec<i32>,
    instrument: Vec<InstrumentId>,
    kind: Vec<Kind>,
    side: Vec<Option<Side>>,
    price: Optional<i64>,
    qty: Optional<i64>,
    orders: Optional<i64>,
    flags: Vec<i32>,
    buyer: Optional<i32>,
    seller: Optional<i32>,
    contract: Optional<i64>,
    state: Vec<Option<State>>,
    step: Optional<i32>,
    until: Optional<i64>,
    previous: Optional<i64>,
    /// Open, high and low; only in a file of daily bars.
    range: Option<[Optional<i64>; 3]>,
}

/// What is needed to decode one group.
pub(super) struct GroupSource<'a> {
    pub(super) bytes: &'a DayBytes,
    pub(super) metadata: &'a RowGroupMetaData,
    pub(super) places: &'a [usize; 20],
    pub(super) entry: &'a GroupEntry,
    pub(super) universe: &'a Universe,
    pub(super) daily: bool,
}

/// Reads the columns of one checked group.
struct Chunks<'a> {
    window: Arc<Window>,
    metadata: &'a RowGroupMetaData,
    places: &'a [usize; 20],
    rows: usize,
}

impl Group {
    /// Reads, checks and decodes a group.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(from: &GroupSource<'_>) -> Result<Self, String> {
        let chunks = Chunks::open(from)?;
        let symbols = |word: &str| match from.universe.find(&Symbol::new(word)) {
            Some(id) => Ok(id),
            None => Err(format!("symbol {word} is not in the day's list")),
        };
        let group = Self {
            ts: chunks.int64(Column::Ts)?,
            seq: chunks.int64(Column::Seq)?,
            source: chunks.int32(Column::Source)?,
            instrument: chunks.words(Column::Symbol, MarketEvent::MARKET, symbols)?,
            kind: chunks.words(Column::Kind, Kind::Clear, |word| {
                Kind::from_word(word).ok_or_else(|| format!("`{word}` is not a kind of event"))
            })?,
            side: chunks.words(Column::Side, None, |word| {
                side_from_word(word).map(Some).ok_or_else(|| format!("`{word}` is not a side"))
            })?,
            price: chunks.optional_int64(Column::Price)?,
            qty: chunks.optional_int64(Column::Qty)?,
            orders: chunks.optional_int64(Column::Orders)?,
            flags: chunks.int32(Column::Flags)?,
            buyer: chunks.optional_int32(Column::Buyer)?,
            seller: chunks.optional_int32(Column::Seller)?,
            contract: chunks.optional_int64(Column::Contract)?,
            state: chunks.words(Column::State, None, |word| {
                State::from_word(word).map(Some).ok_or_else(|| format!("`{word}` is not a state"))
            })?,
            step: chunks.optional_int32(Column::Step)?,
            until: chunks.optional_int64(Column::Until)?,
            previous: chunks.optional_int64(Column::Previous)?,
            range: if from.daily {
                Some([
                    chunks.optional_int64(Column::Open)?,
                    chunks.optional_int64(Column::High)?,
                    chunks.optional_int64(Column::Low)?,
                ])
            } else {
                None
            },
        };
        Ok(group)
    }

    pub(super) fn rows(&self) -> usize {
        self.ts.len()
    }

    /// The first row at or after a moment; all rows if there is none.
    pub(super) fn row_at(&self, ns: i64) -> usize {
        self.ts.partition_point(|ts| *ts < ns)
    }

    /// The event in a row that exists.
    ///
    /// # Errors
    /// Which field of the row is absent.
    pub(super) fn event(&self, row: usize) -> Result<MarketEvent, String> {
        Ok(MarketEvent {
            at: Timestamp::from_ns(self.ts[row]),
            seq: self.seq[row].cast_unsigned(),
            source: SourceId(self.source[row] as u16),
            instrument: self.instrument[row],
            flags: EventFlags(self.flags[row] as u8),
            data: self.data(row)?,
        })
    }

    fn data(&self, row: usize) -> Result<MarketData, String> {
        let absent = |what: &str| format!("row {row} has no {what}");
        Ok(match self.kind[row] {
            Kind::Trade => MarketData::Trade(TradePrint {
                price: self.price(row)?,
                qty: self.qty(row)?,
                aggressor: self.side[row],
                buyer: self.buyer.get(row).map(|id| BrokerId(id as u16)),
                seller: self.seller.get(row).map(|id| BrokerId(id as u16)),
                contract: self.contract.get(row).map(|no| ContractNo(no.cast_unsigned())),
            }),
            Kind::Level => MarketData::Level(self.level(row)?),
            Kind::Snapshot => MarketData::Snapshot(self.level(row)?),
            Kind::Clear => MarketData::Clear(self.side[row]),
            Kind::Session => match self.state[row] {
                Some(State::Phase(phase)) => MarketData::Session(phase),
                _ => return Err(absent("session phase")),
            },
            Kind::Halt => match self.state[row] {
                Some(State::HaltStart) => MarketData::Halt(Halt::Start {
                    level: self.step.get(row).map(|step| step as u8),
                    until: self.until.get(row).map(Timestamp::from_ns),
                }),
                Some(State::HaltEnd) => MarketData::Halt(Halt::End),
                _ => return Err(absent("start or end of the halt")),
            },
            Kind::Index => MarketData::Index(IndexValue {
                points_e2: self.price(row)?.units(),
                previous_close_e2: self.previous.get(row),
            }),
            Kind::Bar => return Err(format!("row {row} is a daily bar")),
        })
    }

    fn level(&self, row: usize) -> Result<LevelUpdate, String> {
        Ok(LevelUpdate {
            side: self.side[row].ok_or_else(|| format!("row {row} has no side"))?,
            price: self.price(row)?,
            qty: self.qty(row)?,
            orders: self.orders.get(row).map_or(0, |orders| orders as u32),
        })
    }

    fn price(&self, row: usize) -> Result<Price, String> {
        self.price.get(row).map(Price::from_units).ok_or_else(|| format!("row {row} has no price"))
    }

    fn qty(&self, row: usize) -> Result<Qty, String> {
        self.qty.get(row).map(Qty::from_units).ok_or_else(|| format!("row {row} has no quantity"))
    }

    /// The daily bar in a row that exists.
    ///
    /// # Errors
    /// Which field of the row is absent.
    pub(super) fn bar(&self, row: usize) -> Result<DailyBar, String> {
        let range = self.range.as_ref().ok_or("the file does not hold daily bars")?;
        let price = |column: &Optional<i64>| {
            column.get(row).map(Price::from_units).ok_or_else(|| format!("row {row} has no range"))
        };
        Ok(DailyBar {
            date: Timestamp::from_ns(self.ts[row]).nepal_date(),
            instrument: self.instrument[row],
            open: price(&range[0])?,
            high: price(&range[1])?,
            low: price(&range[2])?,
            close: self.price(row)?,
            volume: self.qty(row)?,
            previous_close: self.previous.get(row).map(Price::from_units),
        })
    }
}

impl<'a> Chunks<'a> {
    /// Reads the bytes of a group and compares them with the checksum in the index.
    fn open(from: &GroupSource<'a>) -> Result<Self, String> {
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
        })
    }

    fn pages(&self, column: Column) -> Result<SerializedPageReader<Window>, String> {
        let chunk = self.metadata.column(self.places[column as usize]);
        chunk_range(chunk)?;
        SerializedPageReader::new(Arc::clone(&self.window), chunk, self.rows, None).map_err(|e| e.to_string())
    }

    fn words<T: Copy>(
        &self,
        column: Column,
        absent: T,
        resolve: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut pages = self.pages(column)?;
        let optional = self.descriptor(column).max_def_level() > 0;
        words::decode(&mut pages, self.rows, optional, absent, resolve)
    }

    fn descriptor(&self, column: Column) -> parquet::schema::types::ColumnDescPtr {
        self.metadata.schema_descr().column(self.places[column as usize])
    }

    fn reader(&self, column: Column) -> Result<ColumnReader, String> {
        let pages: Box<dyn PageReader> = Box::new(self.pages(column)?);
        Ok(get_column_reader(self.descriptor(column), pages))
    }

    fn int64(&self, column: Column) -> Result<Vec<i64>, String> {
        match self.reader(column)? {
            ColumnReader::Int64ColumnReader(reader) => required(reader, self.rows),
            _ => Err("a column of another type".to_owned()),
        }
    }

    fn int32(&self, column: Column) -> Result<Vec<i32>, String> {
        match self.reader(column)? {
            ColumnReader::Int32ColumnReader(reader) => required(reader, self.rows),
            _ => Err("a column of another type".to_owned()),
        }
    }

    fn optional_int64(&self, column: Column) -> Result<Optional<i64>, String> {
        match self.reader(column)? {
            ColumnReader::Int64ColumnReader(reader) => optional(reader, self.rows),
            _ => Err("a column of another type".to_owned()),
        }
    }

    fn optional_int32(&self, column: Column) -> Result<Optional<i32>, String> {
        match self.reader(column)? {
            ColumnReader::Int32ColumnReader(reader) => optional(reader, self.rows),
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

fn required<T: DataType>(mut reader: ColumnReaderImpl<T>, rows: usize) -> Result<Vec<T::T>, String> {
    let mut values = Vec::with_capacity(rows);
    let (records, ..) = reader.read_records(rows, None, None, &mut values).map_err(|e| e.to_string())?;
    if records == rows && values.len() == rows {
        Ok(values)
    } else {
        Err(format!("{} values for {rows} rows", values.len()))
    }
}

fn optional<T>(mut reader: ColumnReaderImpl<T>, rows: usize) -> Result<Optional<T::T>, String>
where
    T: DataType,
    T::T: Copy + Default,
{
    let mut present = Vec::with_capacity(rows);
    let mut values = Vec::with_capacity(rows);
    let (records, ..) =
        reader.read_records(rows, Some(&mut present), None, &mut values).map_err(|e| e.to_string())?;
    if records != rows || present.len() != rows {
        return Err(format!("{} values for {rows} rows", present.len()));
    }
    let count = present.iter().filter(|p| **p != 0).count();
    if count != values.len() {
        return Err(format!("{} values where {count} are present", values.len()));
    }
    let slots = if count == rows {
        values
    } else if count == 0 {
        vec![T::T::default(); rows]
    } else {
        let mut values = values.into_iter();
        present
            .iter()
            .map(|p| if *p == 0 { T::T::default() } else { values.next().unwrap_or_default() })
            .collect()
    };
    Ok(Optional { slots, present })
}
