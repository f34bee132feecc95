//! Rows on their way into a file: one row group as columns.

use std::collections::BTreeMap;

use parquet::data_type::ByteArray;

use super::bars::DailyBar;
use super::schema::{Column, Kind, State, side_word};
use crate::market::{
    BrokerId, Halt, IndexValue, LevelUpdate, MarketData, MarketEvent, Side, Timestamp, TradePrint, Universe,
};

/// A column whose values may be absent, in the form the encoder takes.
#[derive(Debug)]
pub(super) struct Optional<T> {
    values: Vec<T>,
    levels: Vec<i16>,
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self { values: Vec::new(), levels: Vec::new() }
    }
}

impl<T> Optional<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.levels.clear();
    }
}

/// The values of one column with their presence, if the column has any.
pub(super) enum Values<'a> {
    Int64(&'a [i64], Option<&'a [i16]>),
    Int32(&'a [i32], Option<&'a [i16]>),
    Words(&'a [ByteArray], Option<&'a [i16]>),
}

impl Values<'_> {
    /// Whether no row has a value.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Int64(values, _) => values.is_empty(),
            Self::Int32(values, _) => values.is_empty(),
            Self::Words(values, _) => values.is_empty(),
        }
    }
}

/// One row group being filled.
#[derive(Default, Debug)]
pub(super) struct Batch {
    symbols: Vec<ByteArray>,
    /// Every other word once, so that a row shares it instead of making its own.
    words: BTreeMap<&'static str, ByteArray>,
    ts: Vec<i64>,
    seq: Vec<i64>,
    source: Vec<i32>,
    symbol: Optional<ByteArray>,
    kind: Vec<ByteArray>,
    side: Optional<ByteArray>,
    price: Optional<i64>,
    qty: Optional<i64>,
    orders: Optional<i64>,
    flags: Vec<i32>,
    buyer: Optional<i32>,
    seller: Optional<i32>,
    contract: Optional<i64>,
    state: Optional<ByteArray>,
    step: Optional<i32>,
    until: Optional<i64>,
    previous: Optional<i64>,
    open: Optional<i64>,
    high: Optional<i64>,
    low: Optional<i64>,
}

/// The columns that depend on the kind of event; absent unless set.
#[derive(Default)]
struct Fields {
    side: Option<Side>,
    price: Option<i64>,
    qty: Option<i64>,
    orders: Option<i64>,
    buyer: Option<i32>,
    seller: Option<i32>,
    contract: Option<i64>,
    state: Option<State>,
    step: Option<i32>,
    until: Option<i64>,
    previous: Option<i64>,
    range: Option<[i64; 3]>,
}

impl Batch {
    pub(super) fn new(universe: &Universe) -> Self {
        let symbols = universe.iter().map(|(_, i)| ByteArray::from(i.symbol.as_str())).collect();
        Self { symbols, ..Self::default() }
    }

    pub(super) fn rows(&self) -> usize {
        self.ts.len()
    }

    pub(super) fn span(&self) -> Option<(i64, i64)> {
        Some((*self.ts.first()?, *self.ts.last()?))
    }

    pub(super) fn push_event(&mut self, event: &MarketEvent) {
        let (kind, fields) = fields_of(&event.data);
        self.ts.push(event.at.ns());
        self.seq.push(event.seq.cast_signed());
        self.source.push(i32::from(event.source.0));
        self.symbol.push(self.symbols.get(event.instrument.0 as usize).cloned());
        self.flags.push(i32::from(event.flags.0));
        self.push_fields(kind, &fields);
    }

    pub(super) fn push_bar(&mut self, at: Timestamp, bar: &DailyBar) {
        self.ts.push(at.ns());
        self.seq.push(0);
        self.source.push(0);
        self.symbol.push(self.symbols.get(bar.instrument.0 as usize).cloned());
        self.flags.push(0);
        let fields = Fields {
            price: Some(bar.close.units()),
            qty: Some(bar.volume.units()),
            previous: bar.previous_close.map(crate::market::Price::units),
            range: Some([bar.open.units(), bar.high.units(), bar.low.units()]),
            ..Fields::default()
        };
        self.push_fields(Kind::Bar, &fields);
    }

    fn push_fields(&mut self, kind: Kind, fields: &Fields) {
        let kind = self.word(kind.word());
        self.kind.push(kind);
        let side = fields.side.map(|side| self.word(side_word(side)));
        self.side.push(side);
        self.price.push(fields.price);
        self.qty.push(fields.qty);
        self.orders.push(fields.orders);
        self.buyer.push(fields.buyer);
        self.seller.push(fields.seller);
        self.contract.push(fields.contract);
        let state = fields.state.map(|state| self.word(state.word()));
        self.state.push(state);
        self.step.push(fields.step);
        self.until.push(fields.until);
        self.previous.push(fields.previous);
        self.open.push(fields.range.map(|r| r[0]));
        self.high.push(fields.range.map(|r| r[1]));
        self.low.push(fields.range.map(|r| r[2]));
    }

    fn word(&mut self, word: &'static str) -> ByteArray {
        self.words.entry(word).or_insert_with(|| ByteArray::from(word)).clone()
    }

    pub(super) fn values(&self, column: Column) -> Values<'_> {
        match column {
            Column::Ts => Values::Int64(&self.ts, None),
            Column::Seq => Values::Int64(&self.seq, None),
            Column::Source => Values::Int32(&self.source, None),
            Column::Symbol => words(&self.symbol),
            Column::Kind => Values::Words(&self.kind, None),
            Column::Side => words(&self.side),
            Column::Price => longs(&self.price),
            Column::Qty => longs(&self.qty),
            Column::Orders => longs(&self.orders),
            Column::Flags => Values::Int32(&self.flags, None),
            Column::Buyer => ints(&self.buyer),
            Column::Seller => ints(&self.seller),
            Column::Contract => longs(&self.contract),
            Column::State => words(&self.state),
            Column::Step => ints(&self.step),
            Column::Until => longs(&self.until),
            Column::Previous => longs(&self.previous),
            Column::Open => longs(&self.open),
            Column::High => longs(&self.high),
            Column::Low => longs(&self.low),
        }
    }

    pub(super) fn clear(&mut self) {
        for column in [&mut self.ts, &mut self.seq] {
            column.clear();
        }
        for column in [&mut self.source, &mut self.flags] {
            column.clear();
        }
        self.kind.clear();
        for column in [&mut self.symbol, &mut self.side, &mut self.state] {
            column.clear();
        }
        for column in [&mut self.buyer, &mut self.seller, &mut self.step] {
            column.clear();
        }
        for column in [
            &mut self.price,
            &mut self.qty,
            &mut self.orders,
            &mut self.contract,
            &mut self.until,
            &mut self.previous,
            &mut self.open,
            &mut self.high,
            &mut self.low,
        ] {
            column.clear();
        }
    }
}

fn words(column: &Optional<ByteArray>) -> Values<'_> {
    Values::Words(&column.values, Some(&column.levels))
}

fn longs(column: &Optional<i64>) -> Values<'_> {
    Values::Int64(&column.values, Some(&column.levels))
}

fn ints(column: &Optional<i32>) -> Values<'_> {
    Values::Int32(&column.values, Some(&column.levels))
}

fn fields_of(data: &MarketData) -> (Kind, Fields) {
    match data {
        MarketData::Trade(print) => (Kind::Trade, trade_fields(print)),
        MarketData::Level(level) => (Kind::Level, level_fields(level)),
        MarketData::Snapshot(level) => (Kind::Snapshot, level_fields(level)),
        MarketData::Clear(side) => (Kind::Clear, Fields { side: *side, ..Fields::default() }),
        MarketData::Session(phase) => {
            (Kind::Session, Fields { state: Some(State::Phase(*phase)), ..Fields::default() })
        }
        MarketData::Halt(halt) => (Kind::Halt, halt_fields(halt)),
        MarketData::Last(price) => (Kind::Last, Fields { price: Some(price.units()), ..Fields::default() }),
        MarketData::Index(IndexValue { points_e2, previous_close_e2 }) => (
            Kind::Index,
            Fields { price: Some(*points_e2), previous: *previous_close_e2, ..Fields::default() },
        ),
    }
}

fn trade_fields(print: &TradePrint) -> Fields {
    let broker = |id: BrokerId| i32::from(id.0);
    Fields {
        side: print.aggressor,
        price: Some(print.price.units()),
        qty: Some(print.qty.units()),
        buyer: print.buyer.map(broker),
        seller: print.seller.map(broker),
        contract: print.contract.map(|c| c.0.cast_signed()),
        ..Fields::default()
    }
}

fn level_fields(level: &LevelUpdate) -> Fields {
    Fields {
        side: Some(level.side),
        price: Some(level.price.units()),
        qty: Some(level.qty.units()),
        orders: (level.orders > 0).then_some(i64::from(level.orders)),
        ..Fields::default()
    }
}

fn halt_fields(halt: &Halt) -> Fields {
    match halt {
        Halt::Start { level, until } => Fields {
            state: Some(State::HaltStart),
            step: level.map(i32::from),
            until: until.map(Timestamp::ns),
            ..Fields::default()
        },
        Halt::End => Fields { state: Some(State::HaltEnd), ..Fields::default() },
    }
}
