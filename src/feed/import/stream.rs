//! What importers of order-book streams share: a book kept in step, and the day made of it.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;

use super::ImportOptions;
use super::levels::Scales;
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::feed::day::{DayMeta, DayWriter, SourceInfo};
use crate::market::{
    Board, EventFlags, Instrument, InstrumentId, LevelUpdate, MarketData, MarketEvent, Price, Qty,
    SessionDate, Side, SourceId, Symbol, Timestamp, TradePrint, Universe,
};

/// Changes of the book.
pub(super) const BOOK: SourceId = SourceId(0);
/// Trades.
pub(super) const TRADES: SourceId = SourceId(1);

/// One level as a stream says it: price and new total as text.
pub(super) type TextLevel = (String, String);

/// A level on the day's scales.
pub(super) type Change = (Side, i64, i64);

/// Best price and quantity of both sides.
pub(super) type Best = (Option<(i64, i64)>, Option<(i64, i64)>);

/// Totals by price on both sides.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Totals {
    fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    fn set(&mut self, (side, price, qty): Change) {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if qty == 0 {
            levels.remove(&price);
        } else {
            levels.insert(price, qty);
        }
    }

    pub(super) fn best(&self) -> Best {
        let pair = |(price, qty): (&i64, &i64)| (*price, *qty);
        (self.bids.last_key_value().map(pair), self.asks.first_key_value().map(pair))
    }
}

/// A day being collected from a stream of one instrument.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) symbol: Option<Symbol>,
    pub(super) scales: Scales,
    pub(super) book: Totals,
    events: Vec<MarketEvent>,
}

impl Collected {
    pub(super) fn new(scales: Scales, options: &ImportOptions) -> Self {
        Self { symbol: options.symbol.clone(), scales, book: Totals::default(), events: Vec::new() }
    }

    /// Whether a message about `symbol` belongs to this day; the first one decides.
    pub(super) fn takes(&mut self, symbol: &str) -> bool {
        let symbol = Symbol::new(symbol);
        *self.symbol.get_or_insert_with(|| symbol.clone()) == symbol
    }

    /// Both sides of a message on the day's scales.
    pub(super) fn changes(&self, bids: &[TextLevel], asks: &[TextLevel]) -> Result<Vec<Change>, String> {
        let mut changes = Vec::with_capacity(bids.len() + asks.len());
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for (price, qty) in levels {
                changes.push((side, self.scales.price(price)?, self.scales.qty(qty)?));
            }
        }
        Ok(changes)
    }

    /// A full picture replaces the book.
    pub(super) fn picture(&mut self, at: Timestamp, seq: u64, levels: &[Change]) {
        self.clear(at, seq, if levels.is_empty() { EventFlags::LAST } else { EventFlags::NONE });
        self.batch(at, seq, levels, MarketData::Snapshot);
    }

    /// Levels change together.
    pub(super) fn change(&mut self, at: Timestamp, seq: u64, levels: &[Change]) {
        self.batch(at, seq, levels, MarketData::Level);
    }

    /// The book is not known any more.
    pub(super) fn lose(&mut self, at: Timestamp, seq: u64) {
        self.clear(at, seq, EventFlags::LAST);
    }

    pub(super) fn trade(&mut self, at: Timestamp, seq: u64, print: TradePrint) {
        self.push(at, seq, TRADES, EventFlags::LAST, MarketData::Trade(print));
    }

    fn clear(&mut self, at: Timestamp, seq: u64, flags: EventFlags) {
        self.book.clear();
        self.push(at, seq, BOOK, flags, MarketData::Clear(None));
    }

    fn batch(&mut self, at: Timestamp, seq: u64, levels: &[Change], data: fn(LevelUpdate) -> MarketData) {
        for (i, (side, price, qty)) in levels.iter().enumerate() {
            self.book.set((*side, *price, *qty));
            let last = i + 1 == levels.len();
            let flags = if last { EventFlags::LAST } else { EventFlags::NONE };
            let (price, qty) = (Price::from_units(*price), Qty::from_units(*qty));
            self.push(at, seq, BOOK, flags, data(LevelUpdate { side: *side, price, qty, orders: 0 }));
        }
    }

    fn push(&mut self, at: Timestamp, seq: u64, source: SourceId, flags: EventFlags, data: MarketData) {
        self.events.push(MarketEvent { at, seq, source, instrument: InstrumentId(0), flags, data });
    }

    /// Writes the day. Messages of different streams overtake each other on the way; events are
    /// put in order of the exchange's clock, which each stream already follows.
    pub(super) fn write(
        mut self,
        out: &Path,
        venue: &str,
        depth: bool,
        options: &ImportOptions,
        report: &mut ImportReport,
    ) -> Result<(), FeedError> {
        self.events.sort_by_key(|event| event.at);
        let refused = report.refused_count;
        let no_rows = || FeedError::NoRows { file: venue.to_owned(), refused };
        let first = self.events.first().ok_or_else(no_rows)?;
        let symbol = self.symbol.clone().ok_or_else(no_rows)?;
        let date = options.date.unwrap_or_else(|| utc_date(first.at));
        let instrument = Instrument::foreign(symbol.clone(), self.scales.price, self.scales.qty);
        let market = options.market.unwrap_or(Board::Foreign);
        let title = format!("{venue} {symbol} {date}");
        let mut meta = DayMeta::new(date, market, &title, Universe::new([instrument]));
        meta.depth = depth;
        meta.sources = [(BOOK, "book"), (TRADES, "trades")]
            .map(|(id, name)| SourceInfo { id, name: format!("{} {name}", venue.to_lowercase()) })
            .to_vec();
        let mut writer = DayWriter::create(out, meta)?;
        for event in &self.events {
            writer.push(event)?;
        }
        report.written = writer.rows();
        writer.meta_mut().origin = Some(report.origin());
        writer.finish()?;
        Ok(())
    }
}

fn utc_date(at: Timestamp) -> SessionDate {
    DateTime::from_timestamp_nanos(at.ns()).date_naive().into()
}

/// Milliseconds since the epoch, as exchanges write them.
pub(super) fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_ns(ms.saturating_mul(1_000_000))
}
