//! `himal bench replay`: the whole engine path over a shared event file.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use crate::engine::{
    AccountSetup, Command, DaySetup, Event, Input, InstrumentRules, OperatorCommand, OperatorId, Output,
    SetupError, State, apply,
};
use crate::execution::{ClientOrderId, ExecutionReport, NewOrder, ReportKind, VenueOrderId};
use crate::feed::evt::{EvtError, EvtFile};
use crate::market::time::NS_PER_S;
use crate::market::{
    AccountId, Board, Instrument, InstrumentId, Money, OrderBook, Price, Qty, Side, Symbol, Tick, Timestamp,
    Universe,
};

/// One-second bars over a session of 24 hours: the bench profile.
const BARS: u32 = 86_400;

/// One line of figures.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// What was run.
    pub case: &'static str,
    /// Records replayed.
    pub events: u64,
    /// Wall time of the replay alone.
    pub run_s: f64,
    /// Processor time of the replay alone.
    pub cpu_s: f64,
    /// The same per event.
    pub ns_per_event: f64,
    /// Largest resident size of the process, the mapped file included.
    pub peak_rss_mb: f64,
    /// Anonymous memory at the end.
    pub anon_mb: f64,
    /// Best bid at the end, in ticks.
    pub best_bid: Option<i64>,
    /// Best ask at the end, in ticks.
    pub best_ask: Option<i64>,
    /// Hash of the book at the end, 16 hex digits.
    pub book_hash: String,
    /// Whether the book is the one that the file's header promises; `None` where it promises none
    /// or not all was replayed.
    pub bbo_ok: Option<bool>,
    /// Fingerprint of the run; absent for the book alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_digest: Option<String>,
    /// Outputs of the engine.
    pub outputs: u64,
    /// Orders accepted by the engine's checks and sent.
    pub orders: u64,
}

/// Why a benchmark did not run.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The event file.
    #[error(transparent)]
    Evt(#[from] EvtError),
    /// The profile.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Replays through the whole engine path. With `order_every` above zero a limit order is
/// submitted and the one before it cancelled every so many events.
///
/// # Errors
/// [`BenchError`] when the file cannot be read.
pub fn engine(path: &Path, limit: Option<u64>, order_every: u64) -> Result<Figures, BenchError> {
    let file = EvtFile::open(path)?;
    let mut state = State::new(Arc::new(profile(&file)))?;
    let mut desk = Desk::new(order_every);
    let (cpu, wall) = (cpu_s(), Instant::now());
    let (mut events, mut outputs) = (0_u64, 0_u64);
    for record in file.records(limit) {
        let event = record.event();
        let at = event.at;
        outputs += apply(&mut state, &Input { at, seq: 0, event: Event::Market(event) }).len() as u64;
        if let Some(event) = record.quote_ask() {
            outputs += apply(&mut state, &Input { at, seq: 0, event: Event::Market(event) }).len() as u64;
        }
        events += 1;
        if order_every > 0 && events.is_multiple_of(order_every) {
            outputs += desk.trade(&mut state, events, event.at).len() as u64;
        }
    }
    let (run_s, cpu_s) = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
    let empty = OrderBook::new(FINEST);
    let book = state.instrument(InstrumentId(0)).and_then(|i| i.book.as_ref()).unwrap_or(&empty);
    let mut figures = figures("engine", &file, limit, book, events, (run_s, cpu_s));
    figures.state_digest = Some(format!("{:016x}", state.digest()));
    figures.outputs = outputs;
    figures.orders = state.counters().orders;
    Ok(figures)
}

/// Replays through the order book alone.
///
/// # Errors
/// [`BenchError`] when the file cannot be read.
pub fn book(path: &Path, limit: Option<u64>) -> Result<Figures, BenchError> {
    let file = EvtFile::open(path)?;
    let mut book = OrderBook::new(FINEST);
    let (cpu, wall) = (cpu_s(), Instant::now());
    let (mut events, mut touched) = (0_u64, 0_i64);
    for record in file.records(limit) {
        if record.kind() != 2
            && let crate::market::MarketData::Level(update) = record.event().data
        {
            book.set(&update);
        }
        let best = |side| book.best_price(side).map_or(0, Price::units);
        touched = touched.wrapping_add(best(Side::Buy) ^ best(Side::Sell));
        events += 1;
    }
    std::hint::black_box(touched);
    let times = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
    Ok(figures("book", &file, limit, &book, events, times))
}

const FINEST: Tick = match Tick::new(1) {
    Some(tick) => tick,
    None => unreachable!(),
};

/// One instrument, one session of 24 hours from the first record, no band, one-second bars.
fn profile(file: &EvtFile) -> DaySetup {
    let header = file.header();
    let (price, qty) = (i64::from(header.price_scale), i64::from(header.qty_scale));
    let mut instrument = Instrument::foreign(Symbol::new("EVT"), price, qty);
    instrument.board = Board::Nepse;
    instrument.tick = Some(FINEST);
    let open = file.records(Some(1)).next().map(|r| r.at()).unwrap_or_default();
    let mut setup = DaySetup::foreign("bench", Universe::new([instrument]), open, NS_PER_S, BARS);
    setup.rules = vec![InstrumentRules::without_bands(FINEST, setup.date)];
    let cash = Money::from_paisa(i64::MAX / 4);
    setup.accounts = vec![AccountSetup { id: AccountId::new(ACCOUNT), cash, holdings: Vec::new() }];
    setup
}

/// The account that the benchmark's orders are for.
const ACCOUNT: &str = "bench";

/// Somebody who keeps one order in the market, and a venue that accepts and cancels at once.
struct Desk {
    by: OperatorId,
    account: AccountId,
    last: Option<ClientOrderId>,
    every: u64,
}

impl Desk {
    fn new(every: u64) -> Self {
        Self { by: OperatorId::new("bench"), account: AccountId::new(ACCOUNT), last: None, every }
    }

    fn trade(&mut self, state: &mut State, events: u64, at: Timestamp) -> Vec<Output> {
        let seq = events / self.every;
        let command = |command| Event::Command(OperatorCommand { by: self.by.clone(), command });
        let mut out = Vec::new();
        if let Some(id) = self.last {
            out.extend(apply(state, &Input { at, seq, event: command(Command::CancelOrder { id }) }));
            out.extend(report(state, at, id, ReportKind::Cancelled));
        }
        let limit =
            state.instrument(InstrumentId(0)).and_then(|i| i.quote()).map_or(Price::from_units(1), |q| q.0);
        let order = NewOrder {
            account: self.account.clone(),
            instrument: InstrumentId(0),
            side: Side::Buy,
            qty: Qty::from_units(1),
            limit,
        };
        out.extend(apply(state, &Input { at, seq, event: command(Command::SubmitOrder(order)) }));
        let id = ClientOrderId(seq);
        let venue_id = VenueOrderId("B".into());
        out.extend(report(state, at, id, ReportKind::Accepted { venue_id, queue_ahead: None }));
        self.last = Some(id);
        out
    }
}

fn report(state: &mut State, at: Timestamp, id: ClientOrderId, kind: ReportKind) -> Vec<Output> {
    apply(state, &Input { at, seq: 0, event: Event::Gateway(ExecutionReport { no: 0, id, kind }) })
}

fn figures(
    case: &'static str,
    file: &EvtFile,
    limit: Option<u64>,
    book: &OrderBook,
    events: u64,
    (run_s, cpu_s): (f64, f64),
) -> Figures {
    let header = file.header();
    let best = |side| book.best_price(side).map(Price::units);
    let hash = book.fnv_hash(1);
    let whole = limit.is_none_or(|l| l >= header.count);
    let promised = (Some(i64::from(header.best_bid)), Some(i64::from(header.best_ask)));
    let checks = whole && matches!(header.kind, 1 | 4);
    Figures {
        case,
        events,
        run_s,
        cpu_s,
        ns_per_event: cpu_s / events.max(1) as f64 * 1e9,
        peak_rss_mb: memory_mb("VmHWM:"),
        anon_mb: memory_mb("RssAnon:"),
        best_bid: best(Side::Buy),
        best_ask: best(Side::Sell),
        book_hash: format!("{hash:016x}"),
        bbo_ok: checks.then(|| (best(Side::Buy), best(Side::Sell)) == promised && hash == header.book_hash),
        state_digest: None,
        outputs: 0,
        orders: 0,
    }
}

/// Processor time of this process so far, user and system.
fn cpu_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A line of `/proc/self/status` in MB; 0 where the system has no such file.
fn memory_mb(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = status.lines().find_map(|l| l.strip_prefix(key)?.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}
