//! What importers of order-book streams share: a book kept in step, and the day made of it.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;

use super::ImportOptions;
use super::levels::Scales;
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::feed::binance::TextLevel;
use crate::feed::day::{DayMeta, DayWriter, SourceInfo};
use crate::feed::stamp::Stamp;
use crate::market::{
    Board, EventFlags, Instrument, InstrumentId, LevelUpdate, MarketEvent, Price, Qty, SessionDate, Side,
    SourceId, Symbol, Timestamp, TradePrint, Universe,
};

/// Changes of the book.
pub(super) const BOOK: SourceId = SourceId(0);
/// Trades.
pub(super) const TRADES: SourceId = SourceId(1);

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
        self.book.clear();
        let levels = self.set(levels);
        stamp(BOOK, at, seq).picture(&levels, &mut self.events);
    }

    /// Levels change together.
    pub(super) fn change(&mut self, at: Timestamp, seq: u64, levels: &[Change]) {
        let levels = self.set(levels);
        stamp(BOOK, at, seq).change(&levels, &mut self.events);
    }

    /// The book is not known any more.
    pub(super) fn lose(&mut self, at: Timestamp, seq: u64) {
        self.book.clear();
        stamp(BOOK, at, seq).lose(&mut self.events);
    }

    pub(super) fn trade(&mut self, at: Timestamp, seq: u64, print: TradePrint) {
        stamp(TRADES, at, seq).trade(print, &mut self.events);
    }

    fn set(&mut self, levels: &[Change]) -> Vec<LevelUpdate> {
        let set = |change: &Change| {
            self.book.set(*change);
            let (side, price, qty) = *change;
            LevelUpdate { side, price: Price::from_units(price), qty: Qty::from_units(qty), orders: 0 }
        };
        levels.iter().map(set).collect()
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

const fn stamp(source: SourceId, at: Timestamp, seq: u64) -> Stamp {
    Stamp { at, seq, source, instrument: InstrumentId(0), flags: EventFlags::NONE }
}

fn utc_date(at: Timestamp) -> SessionDate {
    DateTime::from_timestamp_nanos(at.ns()).date_naive().into()
}
