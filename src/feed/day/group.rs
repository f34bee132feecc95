//! One row group in memory: whole columns decoded once, then handed out row by row.

use super::bars::DailyBar;
use super::chunks::{Chunks, GroupSource, Optional};
use super::schema::{Column, Kind, State, side_from_word};
use super::words;
use crate::market::{
    BrokerId, ContractNo, EventFlags, Halt, IndexValue, InstrumentId, LevelUpdate, MarketData, MarketEvent,
    Price, Qty, Side, SourceId, Symbol, Timestamp, TradePrint, Universe,
};

/// The decoded columns of one row group. Its buffers are used again for the next group.
#[derive(Debug, Default)]
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
    /// Open, high and low: present only in a file of daily bars.
    range: [Optional<i64>; 3],
    scratch: words::Scratch,
}

impl Group {
    /// Reads, checks and decodes a group into the buffers of `used`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(from: &GroupSource<'_>, used: Self) -> Result<Self, String> {
        let chunks = Chunks::open(from)?;
        let mut group = used;
        group.read_words(&chunks, from.universe)?;
        chunks.int64(Column::Ts, &mut group.ts)?;
        chunks.int64(Column::Seq, &mut group.seq)?;
        chunks.int32(Column::Source, &mut group.source)?;
        chunks.int32(Column::Flags, &mut group.flags)?;
        for (column, into) in [
            (Column::Price, &mut group.price),
            (Column::Qty, &mut group.qty),
            (Column::Orders, &mut group.orders),
            (Column::Contract, &mut group.contract),
            (Column::Until, &mut group.until),
            (Column::Previous, &mut group.previous),
        ] {
            chunks.optional_int64(column, into)?;
        }
        for (column, into) in [Column::Open, Column::High, Column::Low].into_iter().zip(&mut group.range) {
            chunks.optional_int64(column, into)?;
        }
        for (column, into) in [
            (Column::Buyer, &mut group.buyer),
            (Column::Seller, &mut group.seller),
            (Column::Step, &mut group.step),
        ] {
            chunks.optional_int32(column, into)?;
        }
        Ok(group)
    }

    fn read_words(&mut self, chunks: &Chunks<'_>, universe: &Universe) -> Result<(), String> {
        let scratch = &mut self.scratch;
        chunks.words(Column::Symbol, MarketEvent::MARKET, scratch, &mut self.instrument, |word| {
            universe.find(&Symbol::new(word)).ok_or_else(|| format!("symbol {word} is not in the day's list"))
        })?;
        chunks.words(Column::Kind, Kind::Clear, scratch, &mut self.kind, |word| {
            Kind::from_word(word).ok_or_else(|| format!("`{word}` is not a kind of event"))
        })?;
        chunks.words(Column::Side, None, scratch, &mut self.side, |word| {
            side_from_word(word).map(Some).ok_or_else(|| format!("`{word}` is not a side"))
        })?;
        chunks.words(Column::State, None, scratch, &mut self.state, |word| {
            State::from_word(word).map(Some).ok_or_else(|| format!("`{word}` is not a state"))
        })
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
            Kind::Last => MarketData::Last(self.price(row)?),
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
        let range = &self.range;
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
