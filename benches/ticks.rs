//! What one tick of a day costs the models that run on every tick: anomaly checks, order-flow features, the
//! intraday regime.
//!
//! `cargo bench --bench ticks` plays the bundled halt day through them and prints nanoseconds of
//! processor time per event: median, least and most of nine passes. Everything that the day brings
//! is computed and nothing kept back for later: of every event the quote's checks, its order flow and
//! its top-of-book features; of every trade the checks, the side, the toxicity; at the end of every
//! five-minute bar the market's return and the regime.

use std::error::Error;
use std::hint::black_box;

use himal::engine::DaySetup;
use himal::market::{MarketData, MarketEvent, OrderBook, Price, Side, Tick, Timestamp, TradePrint};
use himal::model::ModelError;
use himal::model::anomaly::{AnomalyLimits, PrintFacts, TickFilter};
use himal::model::microstructure::book::{Level, SnapshotWindow, Top};
use himal::model::microstructure::order_flow::{OrderFlow, Quote};
use himal::model::microstructure::trade_sign::{TradeSigner, buy_share};
use himal::model::microstructure::vpin::Vpin;
use himal::model::regime::intraday::{SymbolBar, equal_weight_return};
use himal::model::regime::{BarReturn, IntradayRegime, Start};
use himal::runtime::day::Day;

const PASSES: usize = 9;
/// Shares a day, from which the buckets of the toxicity are made.
const DAILY_VOLUME: f64 = 100_000.0;
/// Bars before a symbol counts: low, so that the whole day has a market return.
const MIN_BARS: u32 = 1;

/// What the models keep of one instrument.
struct Instrument {
    tick: Option<Tick>,
    band: Option<(Price, Price)>,
    book: OrderBook,
    book_at: Timestamp,
    filter: TickFilter,
    flow: OrderFlow,
    window: SnapshotWindow,
    signer: TradeSigner,
    vpin: Vpin,
    bars: u32,
    last: Option<Price>,
    bar_close: Option<Price>,
}

struct Models<'a> {
    setup: &'a DaySetup,
    instruments: Vec<Instrument>,
    regime: IntradayRegime,
    bar: u32,
    symbols: Vec<SymbolBar>,
}

impl<'a> Models<'a> {
    fn new(setup: &'a DaySetup) -> Result<Self, ModelError> {
        let instrument = |rules: &himal::engine::InstrumentRules| {
            Ok(Instrument {
                tick: rules.tick,
                band: rules.daily_band(),
                book: OrderBook::new(rules.tick.unwrap_or(FINEST)),
                book_at: Timestamp::default(),
                filter: TickFilter::new(AnomalyLimits::default()),
                flow: OrderFlow::default(),
                window: SnapshotWindow::default(),
                signer: TradeSigner::default(),
                vpin: Vpin::daily(DAILY_VOLUME)?,
                bars: 0,
                last: None,
                bar_close: None,
            })
        };
        Ok(Self {
            setup,
            instruments: setup.rules.iter().map(instrument).collect::<Result<_, ModelError>>()?,
            regime: IntradayRegime::new(setup.regime, Start::without_daily_model())?,
            bar: 0,
            symbols: Vec::with_capacity(setup.rules.len()),
        })
    }

    fn on_event(&mut self, event: &MarketEvent) {
        while self.bar < self.setup.grid.count() && event.at >= self.setup.grid.end(self.bar) {
            self.close_bar();
        }
        let Some(instrument) = self.instruments.get_mut(event.instrument.0 as usize) else { return };
        match &event.data {
            MarketData::Level(level) | MarketData::Snapshot(level) => {
                instrument.book.set(level);
                instrument.on_quote(event.at);
            }
            MarketData::Clear(side) => instrument.book.clear(*side),
            MarketData::Trade(print) => instrument.on_trade(event.at, print),
            _ => {}
        }
    }

    fn close_bar(&mut self) {
        self.symbols.clear();
        for instrument in &mut self.instruments {
            let return_ = instrument.last.map(|last| {
                let from = instrument.bar_close.unwrap_or(last);
                (last.units() as f64 / from.units() as f64).ln()
            });
            instrument.bars += u32::from(return_.is_some());
            instrument.bar_close = instrument.last.or(instrument.bar_close);
            instrument.last = None;
            self.symbols.push(SymbolBar { bars_so_far: instrument.bars, return_ });
        }
        if let Some(market) = equal_weight_return(&self.symbols, MIN_BARS) {
            let bar = BarReturn { index: self.bar, return_: market.return_, diurnal: 1.0, kind: market.kind };
            black_box(self.regime.on_bar(bar));
        }
        self.bar += 1;
    }
}

impl Instrument {
    fn quote(&self) -> Option<(Price, Price)> {
        let (bid, ask) = (self.book.best_price(Side::Buy)?, self.book.best_price(Side::Sell)?);
        (bid < ask).then_some((bid, ask))
    }

    fn on_quote(&mut self, at: Timestamp) {
        self.book_at = at;
        black_box(self.filter.on_quote(at, self.book.spread_units(), self.tick));
        let (Some(bid), Some(ask)) = (self.book.best(Side::Buy), self.book.best(Side::Sell)) else { return };
        let npr = |price: Price| price.units() as f64 / 100.0;
        let (bid_size, ask_size) = (bid.qty.units() as f64, ask.qty.units() as f64);
        let quote = Quote { bid_price: npr(bid.price), bid_size, ask_price: npr(ask.price), ask_size };
        black_box(self.flow.push(quote));
        let bid = Level { price: quote.bid_price, size: bid_size };
        if let Some(top) = Top::new(bid, Level { price: quote.ask_price, size: ask_size }) {
            self.window.push(&top);
            black_box((top.spread_bps(), top.imbalance(), top.microprice()));
        }
    }

    fn on_trade(&mut self, at: Timestamp, print: &TradePrint) {
        let quote = self.quote();
        let verdict = self.filter.on_print(&PrintFacts {
            at,
            price: print.price,
            qty: print.qty,
            contract: print.contract,
            tick: self.tick,
            band: self.band,
            quote: quote.map(|(bid, ask)| (bid, ask, self.book_at)),
            reversed: false,
            repeated: false,
            gap: false,
            auction: false,
        });
        if !black_box(verdict).is_usable() {
            return;
        }
        self.last = Some(print.price);
        let side = self.signer.push(print.price, quote, print.aggressor);
        if self.vpin.push(print.qty.units() as f64, buy_share(side)).is_ok() {
            black_box(self.vpin.value());
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let day = Day::open("halt-day", None)?;
    let events: Vec<MarketEvent> = day.reader.events().collect::<Result<_, _>>()?;
    let trades = events.iter().filter(|event| matches!(event.data, MarketData::Trade(_))).count();
    println!("{} events, {trades} of them trades, {} instruments", events.len(), day.setup.rules.len());
    report("book alone", &events, || {
        let mut books: Vec<OrderBook> =
            day.setup.rules.iter().map(|r| OrderBook::new(r.tick.unwrap_or(FINEST))).collect();
        for event in &events {
            if let (MarketData::Level(level) | MarketData::Snapshot(level), Some(book)) =
                (&event.data, books.get_mut(event.instrument.0 as usize))
            {
                book.set(level);
                black_box((book.best(Side::Buy), book.best(Side::Sell)));
            }
        }
    });
    report("book and models", &events, || {
        let Ok(mut models) = Models::new(&day.setup) else { return };
        events.iter().for_each(|event| models.on_event(event));
        black_box(models.regime.p_stress());
    });
    let mut models = Models::new(&day.setup)?;
    events.iter().for_each(|event| models.on_event(event));
    let known = models.instruments.iter().filter(|instrument| instrument.vpin.value().is_some()).count();
    println!(
        "{} market bars seen by the regime, {known} instruments with a VPIN",
        models.regime.history().len()
    );
    Ok(())
}

const FINEST: Tick = match Tick::new(1) {
    Some(tick) => tick,
    None => unreachable!(),
};

fn report(what: &str, events: &[MarketEvent], mut pass: impl FnMut()) {
    let mut ns: Vec<f64> = (0..PASSES)
        .map(|_| {
            let before = cpu_ns();
            pass();
            (cpu_ns() - before) / events.len() as f64
        })
        .collect();
    ns.sort_by(f64::total_cmp);
    println!("{what:<20} {:7.1} ns/event ({:.1} to {:.1})", ns[PASSES / 2], ns[0], ns[PASSES - 1]);
}

/// Processor time of this process.
fn cpu_ns() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
