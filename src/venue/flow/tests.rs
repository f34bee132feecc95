//! What must hold of a generated day, whole.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::engine::{DaySetup, Event, Input, Output, State, apply};
use crate::feed::day::DayReader;
use crate::market::rules::band::{Band, daily_band};
use crate::market::{
    Board, BookState, Calendar, EventFlags, Halt, InstrumentId, Level, MarketData, MarketEvent, OrderBook,
    Price, Qty, SessionPhase, Side, Timestamp, TradePrint,
};
use crate::model::regime::Regime;
use crate::venue::shown::DEPTH;

fn scenario(name: &str) -> Scenario {
    Scenario::named(name).unwrap()
}

fn start(name: &str) -> Flow {
    let scenario = scenario(name);
    generate(&scenario, scenario.seed).unwrap()
}

/// A reader of the tape that believes nothing.
struct Reader {
    books: Vec<OrderBook>,
    bands: Vec<Band>,
    phase: SessionPhase,
    halted: bool,
    seq: u64,
    at: Timestamp,
    /// The engine and the last number of each contract number, by engine; the engine of each security.
    contracts: BTreeMap<u64, u64>,
    engines: BTreeMap<InstrumentId, u64>,
    auction: BTreeMap<InstrumentId, Price>,
    /// The level the last print came from, and what must be left of it.
    owed: Option<(InstrumentId, Side, Price, Qty)>,
    trades: u64,
}

impl Reader {
    fn new(name: &str, flow: &Flow) -> Self {
        let date = scenario(name).date;
        let band = |i: &crate::market::Instrument| {
            daily_band(i.previous_close.unwrap(), i.tick.unwrap(), date).unwrap()
        };
        Self {
            books: flow.instruments().iter().map(|(_, i)| OrderBook::new(i.tick.unwrap())).collect(),
            bands: flow.instruments().iter().map(|(_, i)| band(i)).collect(),
            phase: SessionPhase::Closed,
            halted: false,
            seq: 0,
            at: Timestamp::from_ns(0),
            contracts: BTreeMap::new(),
            engines: BTreeMap::new(),
            auction: BTreeMap::new(),
            owed: None,
            trades: 0,
        }
    }

    fn take(&mut self, event: &MarketEvent) {
        assert_eq!(event.seq, self.seq + 1, "a number is missing");
        assert!(event.at >= self.at, "time runs back at {}", event.seq);
        (self.seq, self.at) = (event.seq, event.at);
        let i = event.instrument.0 as usize;
        let owed = self.owed.take();
        match event.data {
            MarketData::Trade(print) => {
                assert_eq!(owed, None, "{}", event.seq);
                self.print(event, &print);
            }
            MarketData::Level(level) => {
                assert!(matches!(self.phase, SessionPhase::PreOpen | SessionPhase::Continuous));
                assert!(!self.halted, "the book moves in a halt at {}", event.at);
                assert_eq!(level.qty.is_zero(), level.orders == 0, "{}", event.seq);
                if let Some(owed) = owed {
                    let left = (event.instrument, level.side, level.price, level.qty);
                    assert_eq!(left, owed, "shares were made or lost at {}", event.seq);
                }
                self.books[i].set(&level);
            }
            MarketData::Clear(None) => self.books[i].clear(None),
            MarketData::Session(phase) => self.phase = phase,
            MarketData::Halt(halt) => self.halted = matches!(halt, Halt::Start { .. }),
            MarketData::Index(value) => assert!(value.points_e2 > 0 && value.previous_close_e2.is_some()),
            other => panic!("nobody says {other:?}"),
        }
    }

    fn print(&mut self, event: &MarketEvent, print: &TradePrint) {
        let (i, at) = (event.instrument.0 as usize, event.at);
        self.trades += 1;
        assert!(!self.halted, "a trade in a halt at {at}");
        assert!(self.bands[i].contains(print.price), "outside the day's band: {event:?}");
        assert!(print.price.is_on_grid(self.books[i].tick()), "off the grid: {event:?}");
        assert!(print.qty.is_positive() && print.aggressor.is_none());
        assert!(print.buyer.is_some() && print.seller.is_some());
        self.contract(event.instrument, print.contract.unwrap().0);
        if event.flags.has(EventFlags::AUCTION) {
            assert_eq!(self.phase, SessionPhase::PreOpenMatch);
            let price = *self.auction.entry(event.instrument).or_insert(print.price);
            assert_eq!(print.price, price, "two prices in one auction");
        } else {
            assert_eq!(self.phase, SessionPhase::Continuous);
            // Every print lies at the quote of its moment, and its shares leave that level.
            let best = |side| self.books[i].best(side).filter(|l: &Level| l.price == print.price);
            let found = Side::BOTH.into_iter().find_map(|side| best(side).map(|level| (side, level)));
            let (side, level) = found.unwrap_or_else(|| panic!("a print away from the quote: {event:?}"));
            assert!(level.qty >= print.qty);
            self.owed = Some((event.instrument, side, level.price, level.qty.less(print.qty)));
        }
    }

    /// Date, engine, and a number that rises by one within the engine; a security stays with its engine.
    fn contract(&mut self, id: InstrumentId, contract: u64) {
        let date = self.at.nepal_date().to_string().replace('-', "");
        assert_eq!((contract / 100_000_000).to_string(), date);
        let engine = contract / 1_000_000 % 100;
        assert_eq!(*self.engines.entry(id).or_insert(engine), engine);
        let last = self.contracts.entry(engine).or_insert(0);
        *last += 1;
        assert_eq!(contract % 1_000_000, *last);
    }

    /// After a batch: the reader's book is the exchange's best five, and is a book.
    fn check_batch(&self, id: InstrumentId, flow: &Flow) {
        assert_eq!(self.owed, None);
        let (Some(mine), Some(theirs)) = (self.books.get(id.0 as usize), flow.book(id)) else { return };
        for side in Side::BOTH {
            let shown: Vec<Level> = mine.levels(side).collect();
            let best: Vec<Level> = theirs.levels(side).take(DEPTH).collect();
            assert_eq!(shown, best, "instrument {id} after event {}", self.seq);
        }
        if self.phase == SessionPhase::Continuous {
            assert!(!matches!(mine.state(), BookState::Crossed | BookState::Locked), "event {}", self.seq);
        }
    }
}

#[test]
fn whoever_reads_the_tape_holds_the_exchanges_book() {
    for name in Scenario::days() {
        let mut flow = start(name);
        let mut reader = Reader::new(name, &flow);
        while let Some(event) = flow.next() {
            reader.take(&event);
            if event.flags.has(EventFlags::LAST) {
                reader.check_batch(event.instrument, &flow);
            }
        }
        assert_eq!(reader.phase, SessionPhase::Ended, "{name}");
        assert!(reader.trades > 8_000, "{name} has {} trades", reader.trades);
        assert!(reader.auction.len() > 30, "{name}: {} securities opened by auction", reader.auction.len());
        assert_eq!(reader.contracts.len(), 4, "{name}");
    }
}

#[test]
fn the_phases_and_halts_of_a_day() {
    for (name, expected) in [
        ("quiet", vec!["10:30:00 PreOpen", "10:45:00 PreOpenMatch", "11:00:00 Continuous", "15:00:00 Ended"]),
        (
            "halt-day",
            vec![
                "10:30:00 PreOpen",
                "10:45:00 PreOpenMatch",
                "11:00:00 Continuous",
                "11:01 halt 1 for 20 min",
                "11:21 halt ends",
                "11:21 halt 2 for 40 min",
                "12:01 halt ends",
                "15:00:00 Ended",
            ],
        ),
    ] {
        let told = start(name).filter_map(|event| {
            let minute = event.at.nepal_time().format("%H:%M");
            match event.data {
                MarketData::Session(phase) => {
                    Some(format!("{} {phase:?}", event.at.nepal_time().format("%T")))
                }
                MarketData::Halt(Halt::Start { level, until }) => {
                    let minutes = until.unwrap().since_ns(event.at) / 60_000_000_000;
                    Some(format!("{minute} halt {} for {minutes} min", level.unwrap()))
                }
                MarketData::Halt(Halt::End) => Some(format!("{minute} halt ends")),
                _ => None,
            }
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{name}");
    }
}

/// Plays a day through the engine.
fn play(name: &str) -> (State, Vec<Output>) {
    let schedule = Calendar::embedded().session(scenario(name).date).unwrap();
    let flow = start(name);
    let mut setup = DaySetup::nepse(name, &schedule, flow.instruments().clone(), Vec::new());
    setup.depth = true;
    let mut state = State::new(Arc::new(setup)).unwrap();
    let mut outputs = Vec::new();
    for event in flow {
        let input = Input { at: event.at, seq: event.seq, event: Event::Market(event) };
        outputs.extend(apply(&mut state, &input));
    }
    (state, outputs)
}

#[test]
fn the_halt_day_is_a_day_of_stress_and_the_quiet_day_is_not() {
    for (name, labels) in [
        ("quiet", vec![]),
        ("halt-day", vec![(Regime::Normal, Regime::Stress), (Regime::Stress, Regime::Normal)]),
    ] {
        let (state, _) = play(name);
        let changes: Vec<_> = state.regime().changes.iter().map(|c| (c.old, c.new)).collect();
        println!("{name}: {:?}", state.regime().changes);
        assert_eq!(changes, labels, "{name}");
    }
}

#[test]
fn the_filter_believes_the_simulated_exchange() {
    for name in Scenario::days() {
        let (state, _) = play(name);
        let quarantined: u32 = state.instruments().iter().map(|i| i.quarantined).sum();
        println!("{name}: {quarantined} of {}", state.counters().market_events);
        // Above one message in twenty a breaker trips.
        assert!(u64::from(quarantined) * 20 < state.counters().market_events, "{name}: {quarantined}");
    }
}

#[test]
fn the_index_and_the_locked_securities_of_the_halt_day() {
    let flow = start("halt-day");
    let universe = flow.instruments().clone();
    let got = calibration::measure(&universe, flow);
    let [_, high, close] = got.index_bps;
    assert!((500.0..=560.0).contains(&high), "index high {high} bps");
    assert!((200.0..=260.0).contains(&close), "index close {close} bps");
    assert!(got.limit_up >= 3, "{} securities locked", got.limit_up);
}

#[test]
fn the_quiet_day_looks_like_the_market() {
    let flow = start("quiet");
    let universe = flow.instruments().clone();
    let got = calibration::measure(&universe, flow);
    for ((_, target), spread) in crowd::SPREADS.iter().zip(got.spread_bps) {
        let spread = spread.unwrap();
        assert!((spread / target - 1.0).abs() < 0.25, "spread {spread} against {target}");
    }
    // What, least, most.
    for (name, value, least, most) in [
        ("median shares", got.median_qty, 50.0, 80.0),
        ("median notional, paisa", got.notional[0], 2.2e6, 4.0e6),
        ("mean notional, paisa", got.notional[1], 7e6, 13e6),
        ("ten units", got.ten_units, 0.17, 0.23),
        ("not a multiple of ten", got.not_multiple, 0.25, 0.35),
        ("same broker", got.same_broker, 0.02, 0.04),
        ("last nine minutes", got.parts[4], 0.11, 0.17),
        ("index close, bps", got.index_bps[2].abs(), 0.0, 100.0),
        ("touch, paisa", got.touch.0, 4e6, 9e6),
    ] {
        assert!((least..=most).contains(&value), "{name} is {value}");
    }
    assert!((120_000..=220_000).contains(&got.rows), "{} rows", got.rows);
}

/// FNV-1a over the wire form of events.
fn hash(events: impl Iterator<Item = MarketEvent>) -> u64 {
    let bytes = events.flat_map(|event| postcard::to_stdvec(&event).unwrap());
    bytes.fold(0xCBF2_9CE4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3))
}

#[test]
fn a_seed_makes_one_day_and_another_seed_another() {
    let some = |seed| hash(generate(&scenario("quiet"), seed).unwrap().take(12_000));
    assert_eq!(some(1), some(1));
    assert_ne!(some(1), some(2));
}

fn bundled(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/replays")).join(format!("{name}.parquet"))
}

#[test]
fn the_bundled_days_are_what_their_seed_makes() {
    for name in Scenario::days() {
        let scenario = scenario(name);
        let day = DayReader::open(&bundled(name)).unwrap();
        assert!(std::fs::metadata(bundled(name)).unwrap().len() < 6_000_000, "{name}");
        let flow = generate(&scenario, scenario.seed).unwrap();
        assert_eq!(*day.meta(), meta(&scenario, scenario.seed, &flow), "{name}");
        let mut rows = 0;
        for (read, made) in day.events().zip(flow) {
            assert_eq!(read.unwrap(), made, "{name}: the generator changed; make the days anew");
            rows += 1;
        }
        assert_eq!(rows, day.rows(), "{name}");
    }
}

#[test]
fn a_written_day_says_that_it_is_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.parquet");
    let scenario = scenario("quiet");
    let rows = write_day(&scenario, 5, &path).unwrap();
    let day = DayReader::open(&path).unwrap();
    let meta = day.meta();
    assert_eq!(day.rows(), rows);
    assert!(meta.simulated && meta.depth && meta.timed);
    assert!(meta.title.contains("SIMULATED"));
    assert_eq!((meta.market, meta.date), (Board::Nepse, scenario.date));
    assert_eq!(meta.sources.len(), 1);
    assert_eq!(meta.sources[0].name, "simulated exchange");
    assert!(meta.origin.as_ref().unwrap().notes.iter().any(|note| note.contains("seed 5")));
    let account = meta.account.as_ref().unwrap();
    assert!(account.holdings.iter().all(|h| h.wacc.is_some() && meta.instruments.find(&h.symbol).is_some()));
}
