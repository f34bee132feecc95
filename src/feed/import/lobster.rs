//! LOBSTER files: order messages and the order book beside them, NASDAQ.
//!
//! Two files are needed, told apart by their columns: messages have six, the book has four per
//! level. With a book row for every message the rows are the truth and the day has the levels
//! they show. With fewer rows the first one seeds the book and the messages move it, order by
//! order: levels then carry the number of their orders once every order in them is known, and an
//! order that stood in the seed reduces its level when it is cancelled or executed.
//!
//! What no rebuild from messages can know: changes to a level while it lay outside the recorded
//! window. `docs/day-file.md` has the count of it for the public sample.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Datelike, NaiveDate, Weekday};

use super::ImportOptions;
use super::input::{Input, Table};
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::feed::day::{DayMeta, DayWriter, SourceInfo};
use crate::market::{
    Board, EventFlags, Halt, Instrument, InstrumentId, LevelUpdate, MarketData, MarketEvent, Price, Qty,
    SessionDate, Side, SourceId, Symbol, Timestamp, TradePrint, Universe, time::NS_PER_S,
};

/// Price units per dollar in these files.
const PRICE_SCALE: i64 = 10_000;
/// The price of a level that is not there, without its sign.
const NO_LEVEL: u64 = 9_999_999_999;
/// More shares than this in one order or level are an error of the file.
const QTY_MAX: i64 = 1_000_000_000;

type Refusal = (&'static str, String);

/// One line of the message file.
#[derive(Clone, Copy, Debug)]
struct Message {
    at: Timestamp,
    number: u64,
    kind: u8,
    order: u64,
    qty: i64,
    price: i64,
    side: Side,
}

/// A level of a book row.
type RowLevel = (Side, i64, i64);

pub(super) fn import(
    inputs: &[Input],
    out: &Path,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let (messages, book) = tell_apart(inputs)?;
    let (symbol, date) = identity(messages, options)?;
    let rows_are_truth = count_rows(messages)? == count_rows(book)?;
    report.note(if rows_are_truth {
        "a book row for every message: the book is what the rows show"
    } else {
        "the first book row seeds the book and messages move it; levels that leave the recorded window may come back wrong"
    });
    let universe = Universe::new([Instrument::foreign(symbol.clone(), PRICE_SCALE, 1)]);
    let market = options.market.unwrap_or(Board::Foreign);
    let mut meta = DayMeta::new(date, market, &format!("LOBSTER {symbol} {date}"), universe);
    meta.depth = true;
    meta.sources = vec![SourceInfo { id: SourceId(0), name: "lobster".to_owned() }];
    let mut writer = DayWriter::create(out, meta)?;
    let mut rows = BookRows::open(book, rows_are_truth)?;
    write_messages(messages, &mut rows, eastern_midnight(date), &mut writer, report)?;
    report.written = writer.rows();
    if report.written == 0 {
        return Err(FeedError::NoRows { file: messages.label(), refused: report.refused_count });
    }
    writer.meta_mut().origin = Some(report.origin());
    writer.finish()?;
    Ok(())
}

fn write_messages(
    messages: &Input,
    rows: &mut BookRows,
    midnight: Timestamp,
    writer: &mut DayWriter,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let name = messages.name();
    let mut book = Book::default();
    let mut row = None;
    let mut table = messages.headless_table()?;
    while let Some((line, record)) = table.next_row()? {
        report.read += 1;
        // The row of a message that is refused stays for the next: rows are whole pictures.
        row = rows.next()?.or(row);
        let message = record.map_err(|e| ("text", e)).and_then(|record| {
            Message::parse(&record, report.read, midnight).map(|message| (record, message))
        });
        match message {
            Ok((record, message)) => {
                if let Some(text) = record.get(0).filter(|text| has_noise(text)) {
                    report.repair(&name, line, "time_beyond_nanoseconds", format!("`{text}`"));
                }
                for event in book.apply(&message, row.take(), report) {
                    writer.push(&event)?;
                }
            }
            Err((reason, what)) => report.refuse(&name, line, reason, what),
        }
    }
    Ok(())
}

/// Which of two files has the messages and which the book.
fn tell_apart(inputs: &[Input]) -> Result<(&Input, &Input), FeedError> {
    let [a, b] = inputs else {
        return Err(FeedError::WrongFiles("lobster takes two files: messages and order book".to_owned()));
    };
    let columns = |input: &Input| Ok::<_, FeedError>(input.table()?.width());
    match (columns(a)?, columns(b)?) {
        (6, n) if n >= 4 && n % 4 == 0 => Ok((a, b)),
        (n, 6) if n >= 4 && n % 4 == 0 => Ok((b, a)),
        (m, n) => Err(FeedError::WrongFiles(format!(
            "lobster takes messages (6 columns) and an order book (4 per level), not {m} and {n} columns"
        ))),
    }
}

/// Symbol and date from the options or from a name such as `AAPL_2012-06-21_...`.
fn identity(messages: &Input, options: &ImportOptions) -> Result<(Symbol, SessionDate), FeedError> {
    let name = messages.name();
    let mut parts = name.split('_');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let date_in_name = second.parse().ok();
    let needs = |what, option| FeedError::NeedsOption { file: messages.label(), what, option };
    let date = options.date.or(date_in_name).ok_or_else(|| needs("date", "date"))?;
    let symbol_in_name = date_in_name.map(|_| Symbol::new(first));
    let symbol = options.symbol.clone().or(symbol_in_name).ok_or_else(|| needs("symbol", "symbol"))?;
    Ok((symbol, date))
}

fn count_rows(input: &Input) -> Result<u64, FeedError> {
    let mut rows = 0;
    input.for_each_line(
        |line, _| {
            rows = line;
            Ok(())
        },
        |_| {},
    )?;
    Ok(rows)
}

/// The rows of the book file: all of them when they are the truth, else only the seed.
struct BookRows {
    table: Table,
    label: String,
    seed_only: bool,
    given: bool,
}

impl BookRows {
    fn open(book: &Input, rows_are_truth: bool) -> Result<Self, FeedError> {
        let (table, label) = (book.headless_table()?, book.label());
        Ok(Self { table, label, seed_only: !rows_are_truth, given: false })
    }

    fn next(&mut self) -> Result<Option<Vec<RowLevel>>, FeedError> {
        if self.seed_only && self.given {
            return Ok(None);
        }
        self.given = true;
        let Some((line, row)) = self.table.next_row()? else { return Ok(None) };
        let levels = row.and_then(|row| parse_levels(&row));
        levels.map(Some).map_err(|why| FeedError::WrongFiles(format!("{}, line {line}: {why}", self.label)))
    }
}

fn parse_levels(row: &csv::StringRecord) -> Result<Vec<RowLevel>, String> {
    let fields: Vec<i64> = row
        .iter()
        .map(|f| f.trim().parse().map_err(|_| format!("`{f}` is not a number")))
        .collect::<Result<_, _>>()?;
    let mut levels = Vec::new();
    for four in fields.chunks_exact(4) {
        for (side, price, qty) in [(Side::Sell, four[0], four[1]), (Side::Buy, four[2], four[3])] {
            if qty > QTY_MAX {
                return Err(format!("{qty} shares in a level"));
            }
            if price.unsigned_abs() != NO_LEVEL && qty > 0 {
                levels.push((side, price, qty));
            }
        }
    }
    Ok(levels)
}

impl Message {
    fn parse(row: &csv::StringRecord, number: u64, midnight: Timestamp) -> Result<Self, Refusal> {
        let field = |i: usize| row.get(i).map(str::trim).ok_or(("fields", "too few fields".to_owned()));
        let whole = |i: usize| -> Result<i64, Refusal> {
            let text = field(i)?;
            text.parse().map_err(|_| ("number", format!("`{text}` is not a whole number")))
        };
        let seconds =
            seconds_ns(field(0)?).ok_or_else(|| ("time", format!("`{}`", row.get(0).unwrap_or_default())))?;
        let (kind, order, direction) = (whole(1)?, whole(2)?, whole(5)?);
        Ok(Self {
            at: midnight.plus_ns(seconds),
            number,
            kind: u8::try_from(kind)
                .ok()
                .filter(|k| (1..=7).contains(k))
                .ok_or(("kind", format!("type {kind}")))?,
            order: order.cast_unsigned(),
            qty: Some(whole(3)?)
                .filter(|q| (0..=QTY_MAX).contains(q))
                .ok_or(("number", "number of shares".to_owned()))?,
            price: whole(4)?,
            side: match direction {
                1 => Side::Buy,
                -1 => Side::Sell,
                other => return Err(("side", format!("direction {other}"))),
            },
        })
    }

    fn event(&self, data: MarketData, flags: EventFlags) -> MarketEvent {
        let (at, seq) = (self.at, self.number);
        MarketEvent { at, seq, source: SourceId(0), instrument: InstrumentId(0), flags, data }
    }
}

/// Whether a time has digits past the ninth decimal: some writers passed theirs through a float.
fn has_noise(text: &str) -> bool {
    text.trim().find('.').is_some_and(|dot| text.trim().len() > dot + 10)
}

/// Seconds after midnight as nanoseconds; what is past the ninth decimal is rounded away.
fn seconds_ns(text: &str) -> Option<i64> {
    let past_ninth = text.find('.').map(|dot| dot + 10).filter(|end| *end < text.len());
    let Some(end) = past_ninth else { return Price::parse(text, NS_PER_S).ok().map(Price::units) };
    let (kept, noise) = (text.get(..end)?, text.get(end..)?);
    let up = noise.bytes().all(|b| b.is_ascii_digit()).then(|| noise.as_bytes()[0] >= b'5')?;
    Price::parse(kept, NS_PER_S).ok()?.units().checked_add(i64::from(up))
}

/// What stands at one price.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    qty: i64,
    /// Orders whose messages were seen.
    orders: u32,
    /// Shares of orders that stood in the seed and have no known number.
    unknown: i64,
}

/// The book while it is rebuilt.
#[derive(Default)]
struct Book {
    seeded: bool,
    levels: BTreeMap<(Side, i64), Level>,
    orders: BTreeMap<u64, i64>,
    /// The levels of the last book row, when rows are the truth.
    shown: Vec<RowLevel>,
}

impl Book {
    /// The events of a message. `row` is the book after it, where the file has one.
    fn apply(
        &mut self,
        message: &Message,
        row: Option<Vec<RowLevel>>,
        report: &mut ImportReport,
    ) -> Vec<MarketEvent> {
        let mut events = Vec::new();
        prints(message, &mut events, report);
        match row {
            row if !self.seeded => self.take_seed(message, row.unwrap_or_default(), &mut events),
            Some(row) => self.take_row(message, row, &mut events),
            None => self.take_message(message, &mut events, report),
        }
        if let Some(last) = events.last_mut() {
            last.flags = last.flags.with(EventFlags::LAST);
        }
        events
    }

    /// The first row is the book after the first message: that message's order is in it already.
    fn take_seed(&mut self, message: &Message, seed: Vec<RowLevel>, events: &mut Vec<MarketEvent>) {
        self.seeded = true;
        events.push(message.event(MarketData::Clear(None), EventFlags::NONE));
        for (side, price, qty) in &seed {
            self.levels.insert((*side, *price), Level { qty: *qty, orders: 0, unknown: *qty });
        }
        if message.kind == 1 {
            self.orders.insert(message.order, message.qty);
            if let Some(level) = self.levels.get_mut(&(message.side, message.price)) {
                level.orders = 1;
                level.unknown = (level.unknown - message.qty).max(0);
            }
        }
        for (side, price, _) in &seed {
            let update = self.update(*side, *price);
            events.push(message.event(MarketData::Snapshot(update), EventFlags::NONE));
        }
        self.shown = seed;
    }

    /// What changed between the last book row and this one.
    fn take_row(&mut self, message: &Message, row: Vec<RowLevel>, events: &mut Vec<MarketEvent>) {
        let before: BTreeSet<RowLevel> = self.shown.iter().copied().collect();
        let after: BTreeMap<(Side, i64), i64> =
            row.iter().map(|(side, price, qty)| ((*side, *price), *qty)).collect();
        let gone = before.iter().filter(|(side, price, _)| !after.contains_key(&(*side, *price)));
        let changes = gone
            .map(|(side, price, _)| (*side, *price, 0))
            .chain(row.iter().copied().filter(|level| !before.contains(level)));
        for (side, price, qty) in changes {
            let update =
                LevelUpdate { side, price: Price::from_units(price), qty: Qty::from_units(qty), orders: 0 };
            events.push(message.event(MarketData::Level(update), EventFlags::NONE));
        }
        self.shown = row;
    }

    fn take_message(&mut self, message: &Message, events: &mut Vec<MarketEvent>, report: &mut ImportReport) {
        let key = (message.side, message.price);
        match message.kind {
            1 => {
                self.orders.insert(message.order, message.qty);
                let level = self.levels.entry(key).or_default();
                level.qty += message.qty;
                level.orders += 1;
            }
            2..=4 => self.reduce(message, report),
            _ => return,
        }
        let update = self.update(message.side, message.price);
        if update.qty.is_zero() {
            self.levels.remove(&key);
        }
        events.push(message.event(MarketData::Level(update), EventFlags::NONE));
    }

    /// Takes the message's shares out of its order and its level.
    fn reduce(&mut self, message: &Message, report: &mut ImportReport) {
        let known = self.orders.get(&message.order).copied();
        let left = known.map(|qty| qty - message.qty).filter(|left| *left > 0 && message.kind != 3);
        match (known, left) {
            (Some(_), Some(left)) => {
                self.orders.insert(message.order, left);
            }
            (Some(_), None) => {
                self.orders.remove(&message.order);
            }
            (None, _) => report.count("reductions_of_seed_orders", 1),
        }
        let Some(level) = self.levels.get_mut(&(message.side, message.price)) else {
            report.count("reductions_of_absent_levels", 1);
            return;
        };
        if message.qty > level.qty {
            report.count("reductions_beyond_the_level", 1);
        }
        level.qty = (level.qty - message.qty).max(0);
        match known {
            Some(_) if left.is_none() => level.orders = level.orders.saturating_sub(1),
            Some(_) => {}
            None => level.unknown = (level.unknown - message.qty).max(0),
        }
    }

    /// The level as an event says it; the number of orders only when all of them are known.
    fn update(&self, side: Side, price: i64) -> LevelUpdate {
        let level = self.levels.get(&(side, price)).copied().unwrap_or_default();
        let orders = if level.unknown == 0 { level.orders } else { 0 };
        LevelUpdate { side, price: Price::from_units(price), qty: Qty::from_units(level.qty), orders }
    }
}

/// Trades and halts, which need no book.
fn prints(message: &Message, events: &mut Vec<MarketEvent>, report: &mut ImportReport) {
    report.count(&format!("messages_of_type_{}", message.kind), 1);
    match message.kind {
        4 | 5 if message.price > 0 && message.qty > 0 => {
            // The message names the side of the order that rested.
            let print = TradePrint {
                price: Price::from_units(message.price),
                qty: Qty::from_units(message.qty),
                aggressor: Some(message.side.opposite()),
                buyer: None,
                seller: None,
                contract: None,
            };
            events.push(message.event(MarketData::Trade(print), EventFlags::NONE));
        }
        7 => {
            let halt = if message.price == -1 { Halt::Start { level: None, until: None } } else { Halt::End };
            events.push(message.event(MarketData::Halt(halt), EventFlags::NONE));
        }
        _ => {}
    }
}

/// Midnight in New York, whose clock is four hours behind UTC in summer and five in winter.
fn eastern_midnight(date: SessionDate) -> Timestamp {
    let hours = if is_eastern_summer(date.naive()) { 4 } else { 5 };
    let utc = date.naive().and_time(chrono::NaiveTime::MIN).and_utc();
    Timestamp::from_ns(utc.timestamp_nanos_opt().unwrap_or_default()).plus_ns(hours * 3_600 * NS_PER_S)
}

/// Second Sunday of March to first Sunday of November; before 2007, April to the last of October.
/// Sessions never fall on the hour of the change, so whole days are exact.
fn is_eastern_summer(date: NaiveDate) -> bool {
    let sunday = |month, n| NaiveDate::from_weekday_of_month_opt(date.year(), month, Weekday::Sun, n);
    let (start, end) = if date.year() >= 2007 {
        (sunday(3, 2), sunday(11, 1))
    } else {
        (sunday(4, 1), sunday(10, 5).or(sunday(10, 4)))
    };
    start.is_some_and(|start| date >= start) && end.is_some_and(|end| date < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_york_keeps_its_clock() {
        for (y, m, d, hours) in [
            (2012, 6, 21, 4),
            (2012, 1, 5, 5),
            (2012, 3, 12, 4),
            (2012, 11, 5, 5),
            (2005, 10, 28, 4),
            (2006, 3, 20, 5),
        ] {
            let date = SessionDate::new(y, m, d).unwrap();
            let midnight = eastern_midnight(date).ns();
            assert_eq!(midnight % (24 * 3_600 * NS_PER_S), hours * 3_600 * NS_PER_S, "{date}");
        }
    }

    #[test]
    fn times_are_exact_to_the_nanosecond() {
        for (text, ns) in [
            ("34200.004241176", Some(34_200_004_241_176)),
            ("34200.00426064", Some(34_200_004_260_640)),
            ("35821.088778456004", Some(35_821_088_778_456)),
            ("35821.0887784559996", Some(35_821_088_778_456)),
            ("34200", Some(34_200_000_000_000)),
            ("34200.0887784559x", None),
            ("noon", None),
        ] {
            assert_eq!(seconds_ns(text), ns, "{text}");
        }
    }

    #[test]
    fn messages_move_a_seeded_book() {
        let seed = vec![(Side::Sell, 110, 50), (Side::Buy, 100, 30), (Side::Buy, 90, 7)];
        let mut book = Book::default();
        let mut seed = Some(seed);
        let mut report = ImportReport::default();
        // (kind, order, qty, price, side) and the level after it: (qty, orders).
        for (i, (message, after)) in [
            ((1, 1, 20, 100, Side::Buy), (30, 0)),
            ((1, 2, 5, 100, Side::Buy), (35, 0)),
            ((3, 99, 10, 100, Side::Buy), (25, 2)),
            ((2, 1, 15, 100, Side::Buy), (10, 2)),
            ((4, 1, 5, 100, Side::Buy), (5, 1)),
            ((3, 2, 5, 100, Side::Buy), (0, 0)),
            ((4, 98, 20, 110, Side::Sell), (30, 0)),
            ((1, 3, 4, 90, Side::Buy), (11, 0)),
        ]
        .into_iter()
        .enumerate()
        {
            let (kind, order, qty, price, side) = message;
            let number = i as u64 + 1;
            let message = Message { at: Timestamp::from_ns(1), number, kind, order, qty, price, side };
            let events = book.apply(&message, seed.take(), &mut report);
            assert!(events.last().unwrap().flags.has(EventFlags::LAST));
            let update = book.update(side, price);
            assert_eq!((update.qty.units(), update.orders), after, "message {number}");
        }
        assert_eq!(report.counts["reductions_of_seed_orders"], 2);
    }
}
