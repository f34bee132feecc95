//! How a day compares with the market it imitates: the figures of market rules, section 7.

use std::fmt;

use super::crowd::SPREADS;
use crate::market::time::NS_PER_S;
use crate::market::{
    EventFlags, Halt, Instrument, InstrumentKind, MarketData, MarketEvent, OrderBook, Qty, SessionPhase,
    Side, Tick, Timestamp, TradePrint, Universe,
};

/// The book is looked at this often.
const SAMPLE_NS: i64 = 60 * NS_PER_S;
/// The opening minutes, in which books fill, are left out of the samples.
const SETTLE_NS: i64 = 300 * NS_PER_S;
/// Ends of the parts of the session whose trades are counted, minutes after the open.
const PARTS: [i64; 5] = [64, 129, 190, 231, 240];
/// Paisa in a thousand rupees.
const THOUSAND: f64 = 100_000.0;

/// The figures of one day.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Calibration {
    /// Events of every kind.
    pub rows: u64,
    /// Prints.
    pub trades: u64,
    /// Money turned over, in paisa.
    pub turnover: i64,
    /// Median quoted spread in basis points by tier of daily turnover; `None` without a sample.
    pub spread_bps: [Option<f64>; SPREADS.len()],
    /// Median of the best level, and of five levels, one side, in paisa.
    pub touch: (f64, f64),
    /// Orders per level.
    pub orders_per_level: f64,
    /// Median shares of a print of shares.
    pub median_qty: f64,
    /// Notional of a print in paisa: median, mean, 95th and 99th percentile.
    pub notional: [f64; 4],
    /// Share of prints of exactly 10 units.
    pub ten_units: f64,
    /// Share of prints that are not a multiple of 10.
    pub not_multiple: f64,
    /// Share of continuous prints at the price of the one before.
    pub same_price: f64,
    /// Absolute change from print to print, basis points: 75th and 90th percentile.
    pub change_bps: [f64; 2],
    /// Share of prints with one broker on both sides.
    pub same_broker: f64,
    /// Shares of the continuous prints in the parts of the session.
    pub parts: [f64; PARTS.len()],
    /// The index against its previous close in basis points: lowest, highest, last.
    pub index_bps: [f64; 3],
    /// Median daily range (high minus low) of a security against its previous close, basis points.
    pub range_bps: f64,
    /// Median absolute daily return of a security, basis points.
    pub return_bps: f64,
    /// Securities that closed at their upper price limit of the day.
    pub limit_up: usize,
}

/// What is gathered on the way.
struct Gatherer<'a> {
    universe: &'a Universe,
    books: Vec<OrderBook>,
    open: Option<Timestamp>,
    halted: bool,
    next_sample: Option<Timestamp>,
    spreads: [Vec<f64>; SPREADS.len()],
    touch: Vec<f64>,
    five: Vec<f64>,
    levels: (u64, u64),
    qty: Vec<f64>,
    notional: Vec<f64>,
    counts: [u64; 3],
    parts: [u64; PARTS.len()],
    /// Low, high and last print of at least ten units, by instrument.
    ranges: Vec<Option<(i64, i64, i64)>>,
    index: Vec<(i64, i64)>,
    /// The continuous print before, by instrument, and the changes.
    before: Vec<Option<i64>>,
    changes: Vec<f64>,
}

/// Measures a day.
#[must_use]
pub fn measure(universe: &Universe, events: impl IntoIterator<Item = MarketEvent>) -> Calibration {
    let cent = Tick::new(1).expect("one is a tick");
    let mut gatherer = Gatherer {
        universe,
        books: universe.iter().map(|(_, i)| OrderBook::new(i.tick.unwrap_or(cent))).collect(),
        open: None,
        halted: false,
        next_sample: None,
        spreads: Default::default(),
        touch: Vec::new(),
        five: Vec::new(),
        levels: (0, 0),
        qty: Vec::new(),
        notional: Vec::new(),
        counts: [0; 3],
        parts: [0; PARTS.len()],
        ranges: vec![None; universe.len()],
        index: Vec::new(),
        before: vec![None; universe.len()],
        changes: Vec::new(),
    };
    let mut rows = 0;
    for event in events {
        rows += 1;
        gatherer.sample_before(event.at);
        gatherer.take(&event);
    }
    Calibration { rows, ..gatherer.figures() }
}

impl Gatherer<'_> {
    fn take(&mut self, event: &MarketEvent) {
        let i = event.instrument.0 as usize;
        match event.data {
            MarketData::Trade(print) => self.print(event, &print),
            MarketData::Level(level) | MarketData::Snapshot(level) => {
                if let Some(book) = self.books.get_mut(i) {
                    book.set(&level);
                }
            }
            MarketData::Clear(side) => {
                if let Some(book) = self.books.get_mut(i) {
                    book.clear(side);
                }
            }
            MarketData::Session(SessionPhase::Continuous) => {
                self.open = Some(event.at);
                self.next_sample = Some(event.at.plus_ns(SETTLE_NS));
            }
            MarketData::Session(SessionPhase::Ended) => self.next_sample = None,
            MarketData::Session(_) => {}
            MarketData::Halt(halt) => self.halted = matches!(halt, Halt::Start { .. }),
            MarketData::Last(_) => {}
            MarketData::Index(value) => {
                self.index.extend(value.previous_close_e2.map(|close| (value.points_e2, close)));
            }
        }
    }

    fn print(&mut self, event: &MarketEvent, print: &TradePrint) {
        let Some(instrument) = self.universe.get(event.instrument) else { return };
        let (price, qty) = (print.price.units(), print.qty.units());
        self.notional.push((price * qty) as f64);
        if instrument.kind == Some(InstrumentKind::Equity) {
            self.qty.push(qty as f64);
        }
        let marks = [qty == 10, qty % 10 != 0, print.buyer.is_some() && print.buyer == print.seller];
        for (count, mark) in self.counts.iter_mut().zip(marks) {
            *count += u64::from(mark);
        }
        if print.qty >= Qty::from_units(10) {
            let range = &mut self.ranges[event.instrument.0 as usize];
            let (low, high, _) = range.unwrap_or((price, price, price));
            *range = Some((low.min(price), high.max(price), price));
        }
        if let Some(open) = self.open.filter(|_| !event.flags.has(EventFlags::AUCTION)) {
            let minute = event.at.since_ns(open) / (60 * NS_PER_S);
            let part = PARTS.partition_point(|end| *end <= minute).min(PARTS.len() - 1);
            self.parts[part] += 1;
            let before = self.before[event.instrument.0 as usize].replace(price);
            self.changes.extend(before.map(|before| 1e4 * (price as f64 / before as f64 - 1.0).abs()));
        }
    }

    /// Looks at the books as they stand before an event, once a minute.
    fn sample_before(&mut self, at: Timestamp) {
        while let Some(due) = self.next_sample.filter(|due| *due <= at) {
            self.next_sample = Some(due.plus_ns(SAMPLE_NS));
            if !self.halted {
                self.sample();
            }
        }
    }

    fn sample(&mut self) {
        for ((_, instrument), book) in self.universe.iter().zip(&self.books) {
            let (Some(spread), Some(double_mid)) = (book.spread_units(), book.double_mid_units()) else {
                continue;
            };
            self.spreads[tier(instrument)].push(2e4 * spread as f64 / double_mid as f64);
            for side in Side::BOTH {
                let value =
                    |n| book.levels(side).take(n).map(|l| l.price.units() * l.qty.units()).sum::<i64>();
                self.touch.push(value(1) as f64);
                self.five.push(value(5) as f64);
                let orders = book.levels(side).map(|l| u64::from(l.orders)).sum::<u64>();
                self.levels = (self.levels.0 + orders, self.levels.1 + book.depth(side) as u64);
            }
        }
    }

    fn figures(mut self) -> Calibration {
        let share = |n: u64, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
        let trades = self.notional.len();
        let continuous: u64 = self.parts.iter().sum();
        let turnover = self.notional.iter().sum::<f64>();
        let bps = |(points, close): &(i64, i64)| 1e4 * (*points as f64 / *close as f64 - 1.0);
        let index: Vec<f64> = self.index.iter().map(bps).collect();
        let (ranges, returns, limit_up) = self.by_security();
        Calibration {
            rows: 0,
            trades: trades as u64,
            turnover: turnover as i64,
            spread_bps: self.spreads.each_mut().map(|s| (!s.is_empty()).then(|| quantile(s, 0.5))),
            touch: (quantile(&mut self.touch, 0.5), quantile(&mut self.five, 0.5)),
            orders_per_level: share(self.levels.0, self.levels.1 as usize),
            median_qty: quantile(&mut self.qty, 0.5),
            notional: [
                quantile(&mut self.notional, 0.5),
                turnover / trades.max(1) as f64,
                quantile(&mut self.notional, 0.95),
                quantile(&mut self.notional, 0.99),
            ],
            ten_units: share(self.counts[0], trades),
            not_multiple: share(self.counts[1], trades),
            same_price: share(self.changes.iter().filter(|c| **c == 0.0).count() as u64, self.changes.len()),
            change_bps: [quantile(&mut self.changes, 0.75), quantile(&mut self.changes, 0.9)],
            same_broker: share(self.counts[2], trades),
            parts: self.parts.map(|n| share(n, continuous as usize)),
            index_bps: [
                index.iter().copied().fold(f64::INFINITY, f64::min),
                index.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                index.last().copied().unwrap_or_default(),
            ],
            range_bps: ranges,
            return_bps: returns,
            limit_up,
        }
    }

    /// Median range, median absolute return, and how many closed at their highest price of a day
    /// that reached at least 9.9 % up with nothing offered.
    fn by_security(&self) -> (f64, f64, usize) {
        let (mut ranges, mut returns, mut locked) = (Vec::new(), Vec::new(), 0);
        for (((_, instrument), range), book) in self.universe.iter().zip(&self.ranges).zip(&self.books) {
            let (Some(close), Some((low, high, last))) = (instrument.previous_close, *range) else {
                continue;
            };
            let close = close.units() as f64;
            ranges.push(1e4 * (high - low) as f64 / close);
            let moved = 1e4 * (last as f64 / close - 1.0);
            returns.push(moved.abs());
            locked += usize::from(last == high && moved > 990.0 && book.best(Side::Sell).is_none());
        }
        (quantile(&mut ranges, 0.5), quantile(&mut returns, 0.5), locked)
    }
}

/// Which row of [`SPREADS`] an instrument belongs to.
fn tier(instrument: &Instrument) -> usize {
    let close = instrument.previous_close.map_or(0, |p| p.units());
    let millions = instrument.adv.unwrap_or(0) as f64 * close as f64 / 1e8;
    SPREADS.partition_point(|(below, _)| *below <= millions).min(SPREADS.len() - 1)
}

/// The value below which a share `q` of the numbers lies; 0 without numbers.
fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * q) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

impl fmt::Display for Calibration {
    /// A table in Markdown: figure, target, this day.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| figure | target | this day |\n|---|---|---|")?;
        let mut row = |name: &str, target: &str, got: String| writeln!(f, "| {name} | {target} | {got} |");
        row("rows / prints", "-", format!("{} / {}", self.rows, self.trades))?;
        row("turnover, NPR m", "-", format!("{:.0}", self.turnover as f64 / 1e8))?;
        let names = ["below 2", "2-5", "5-10", "10-25", "25-50", "50-100", "above 100"];
        for ((name, (_, target)), got) in names.iter().zip(SPREADS).zip(self.spread_bps) {
            let target =
                if *name == "above 100" { "75 (carried on)".to_owned() } else { format!("{target}") };
            let got = got.map_or("-".to_owned(), |bps| format!("{bps:.0}"));
            row(&format!("median spread, bp, daily turnover NPR m {name}"), &target, got)?;
        }
        let thousand = |paisa: f64| format!("{:.0}", paisa / THOUSAND);
        row("best level, one side, median NPR thousand", "40-75", thousand(self.touch.0))?;
        row("five levels, one side, median NPR thousand", "140-940", thousand(self.touch.1))?;
        row("orders per level", "about 1", format!("{:.2}", self.orders_per_level))?;
        row("print, median shares", "65", format!("{:.0}", self.median_qty))?;
        let notional = self.notional.map(thousand);
        row("print, NPR thousand: median / mean / p95 / p99", "30 / 98 / 367 / 915", notional.join(" / "))?;
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        row("prints of exactly 10 units", "20 %", percent(self.ten_units))?;
        row("prints not a multiple of 10", "28-35 %", percent(self.not_multiple))?;
        row("prints at the price of the one before", "49 %", percent(self.same_price))?;
        let changes = self.change_bps.map(|bps| format!("{bps:.0}")).join(" / ");
        row("change from print to print, bp, p75 / p90", "18 / 51", changes)?;
        row("one broker on both sides", "2.6 %", percent(self.same_broker))?;
        let parts = self.parts.map(|p| format!("{:.0}", 100.0 * p)).join(" / ");
        row("prints to 12:04 / 13:09 / 14:10 / 14:51 / close, %", "22 / 23 / 20 / 21 / 14", parts)?;
        let index = self.index_bps.map(|b| format!("{:+.2}", b / 100.0)).join(" / ");
        row("index low / high / close, %", "-", index)?;
        row("daily range of a security, median", "-", format!("{:.1} %", self.range_bps / 100.0))?;
        row("absolute daily return, median", "0.8-1.2 %", format!("{:.1} %", self.return_bps / 100.0))?;
        row("locked at the upper limit at the close", "-", format!("{}", self.limit_up))
    }
}
