//! A hand-built frame around the day that the design drew: numbers invented, shapes real.

use std::sync::Arc;

use chrono::NaiveTime;

use crate::console::{
    Frame, GatewayStatus, JournalLine, JournalStatus, Mode, ShellHealth, ShellStatus, Speed, Transport,
};
use crate::engine::snapshot::{
    AccountView, BookView, DueView, InstrumentView, PositionView, ReadingView, RegimeView, Snapshot,
};
use crate::engine::{
    Alert, AlertKind, Answer, AnswerKind, CheckedOrder, Counters, DaySetup, DayStats, DayTotals, FeedState,
    IndexState, Nearest, OperatorId, Pace, Position, RegimeInput, SessionState, TapeRow,
};
use crate::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, NewOrder, Order, QueueAhead, ReportKind, StepKind,
    VenueOrderId,
};
use crate::market::fees::{DayCharged, Schedule};
use crate::market::rules::halt::next_halt;
use crate::market::{
    AccountId, Bar, BarPrices, BookState, BrokerId, Calendar, IndexValue, Instrument, InstrumentId,
    InstrumentKind, Level, Money, Price, Qty, SessionDate, SessionPhase, Side, SourceId, Symbol, Timestamp,
    TradePrint, Universe,
};
use crate::model::Provenance;
use crate::model::anomaly::Action;
use crate::model::regime::intraday::BarProbability;
use crate::model::regime::{FilteredProbability, Regime, RegimeChange};
use crate::risk::reading::{Facts, IndexFacts, OrderFacts, readings};
use crate::risk::{CheckInput, TradingState, judge};

/// Ticker, last, previous close, seconds since it was heard of; prices in paisa.
const LIST: [(&str, &str, i64, i64, i64); 14] = [
    ("NABIL", "Nabil Bank Limited", 54_600, 54_850, 0),
    ("NICA", "NIC Asia Bank Limited", 31_420, 31_360, 1),
    ("GBIME", "Global IME Bank Limited", 24_600, 24_750, 2),
    ("NTC", "Nepal Doorsanchar Company Limited", 88_600, 89_850, 6),
    ("HDL", "Himalayan Distillery Limited", 117_300, 117_700, 7),
    ("UPPER", "Upper Tamakoshi Hydropower Limited", 19_050, 19_100, 3),
    ("SHIVM", "Shivam Cements Limited", 63_600, 63_100, 1),
    ("CIT", "Citizen Investment Trust", 169_300, 169_500, 40),
    ("STC", "Salt Trading Corporation", 517_000, 520_000, 80),
    ("API", "Api Power Company Limited", 33_400, 33_540, 1),
    ("HIDCL", "Hydroelectricity Investment and Development Company", 24_900, 25_380, 2),
    ("NRIC", "Nepal Reinsurance Company Limited", 90_000, 90_600, 9),
    ("CHCL", "Chilime Hydropower Company Limited", 49_000, 48_380, 1),
    ("UNL", "Unilever Nepal Limited", 0, 4_610_000, 0),
];

pub fn date() -> SessionDate {
    SessionDate::new(2026, 8, 21).unwrap()
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::nepal(date(), NaiveTime::parse_from_str(text, "%H:%M:%S").unwrap()).unwrap()
}

fn now() -> Timestamp {
    at("13:42:07")
}

fn price(paisa: i64) -> Price {
    Price::from_units(paisa)
}

fn qty(n: i64) -> Qty {
    Qty::from_units(n)
}

fn level(paisa: i64, shares: i64, orders: u32) -> Level {
    Level { price: price(paisa), qty: qty(shares), orders }
}

fn sector(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "NABIL" | "NICA" | "GBIME" => "Commercial Banks",
        "UPPER" | "API" | "CHCL" => "Hydro Power",
        "HIDCL" | "CIT" => "Investment",
        "NRIC" => "Non Life Insurance",
        "SHIVM" | "HDL" | "UNL" => "Manufacturing And Processing",
        "STC" => "Tradings",
        _ => return None,
    })
}

fn setup(depth: bool) -> DaySetup {
    let universe = Universe::new(LIST.iter().map(|(symbol, name, _, close, _)| Instrument {
        name: (*name).to_owned(),
        kind: Some(InstrumentKind::Equity),
        previous_close: Some(price(*close)),
        adv: Some(120_000),
        sector: sector(symbol).map(str::to_owned),
        ..Instrument::nepse(Symbol::new(symbol))
    }));
    let schedule = Calendar::embedded().session(date()).unwrap();
    DaySetup { depth, ..DaySetup::nepse("a drawn day", &schedule, universe, Vec::new()) }
}

fn book() -> BookView {
    BookView {
        bids: vec![
            level(54_550, 110, 1),
            level(54_500, 415, 3),
            level(54_450, 200, 1),
            level(54_300, 380, 2),
        ],
        asks: vec![
            level(54_880, 95, 1),
            level(54_950, 120, 2),
            level(54_990, 450, 3),
            level(55_100, 210, 1),
            level(55_200, 340, 2),
        ],
        depth: (14, 12),
        total: (qty(18_420), qty(25_110)),
        state: BookState::Normal,
        at: now(),
        imbalance_5: Some(0.09),
        imbalance: Some(-0.15),
        wide: false,
    }
}

fn bars() -> Vec<Bar> {
    let closes = [
        54_820, 55_000, 54_900, 55_100, 55_200, 55_050, 55_080, 54_960, 54_990, 54_900, 54_850, 54_800,
        54_700, 54_620, 54_520, 54_480, 54_440, 54_420, 54_450, 54_500, 54_460, 54_520, 54_610, 54_640,
        54_600, 54_650, 54_600, 54_590, 54_610, 54_580, 54_600, 54_600,
    ];
    let bar = |(i, close): (u32, i64)| Bar {
        prices: Some(BarPrices::first(price(close))),
        volume: qty(500),
        turnover: Money::from_paisa(close * 500),
        trades: 12,
        ..Bar::empty(i)
    };
    (0u32..).zip(closes).map(bar).collect()
}

/// Bars of another symbol that goes with the first one, or against it, and has a life of its own.
fn bars_beside(i: usize, last: i64) -> Vec<Bar> {
    let share = [0, 9, 6, 3, -4, 8, 1, 0, 0, 5, 7, -2, 2, 0][i];
    if share == 0 || last == 0 {
        return Vec::new();
    }
    let mut out = bars();
    for (k, bar) in out.iter_mut().enumerate() {
        let first = bar.prices.map_or(0, |p| p.close.units()) - 54_600;
        let own = ((k * (i + 3) * 7 + i) % 13) as i64 - 6;
        bar.prices = Some(BarPrices::first(price(last + last * (first * share / 10 + own * 8) / 54_600)));
    }
    out
}

fn tape() -> Vec<TapeRow> {
    let row = |time: &str, paisa: i64, shares: i64, buyer: u16, seller: u16, direction: i8| TapeRow {
        at: at(time),
        price: price(paisa),
        qty: qty(shares),
        aggressor: None,
        buyer: Some(BrokerId(buyer)),
        seller: Some(BrokerId(seller)),
        contract: None,
        direction,
        action: Action::Use,
    };
    vec![
        row("13:38:44", 54_600, 500, 34, 17, 0),
        row("13:40:02", 54_550, 65, 58, 58, -1),
        row("13:41:31", 54_600, 120, 34, 17, 1),
        row("13:41:58", 54_600, 40, 58, 17, 0),
    ]
}

/// The prints of the whole day, of which the tape keeps the last.
fn totals() -> DayTotals {
    let prints = [
        (54_420, 3_100, 58, 17),
        (54_460, 2_900, 58, 17),
        (54_500, 6_400, 34, 17),
        (54_550, 4_065, 58, 58),
        (54_600, 9_260, 58, 34),
        (54_640, 5_000, 34, 17),
        (54_800, 2_240, 49, 17),
        (54_900, 7_000, 45, 49),
        (55_000, 8_000, 16, 45),
        (55_200, 3_408, 45, 16),
    ];
    DayTotals::of(prints.map(|(paisa, shares, buyer, seller)| TradePrint {
        price: price(paisa),
        qty: qty(shares),
        aggressor: None,
        buyer: Some(BrokerId(buyer)),
        seller: Some(BrokerId(seller)),
        contract: None,
    }))
}

fn instrument(i: usize, day: &DaySetup, depth: bool) -> InstrumentView {
    let (symbol, _, last, close, age) = LIST[i];
    let first = i == 0;
    let prices = (last > 0).then(|| BarPrices {
        open: price(if first { 55_000 } else { last }),
        high: price(if first { 55_200 } else { last }),
        low: price(if first { 54_420 } else { last }),
        close: price(last),
    });
    let heard =
        if last > 0 { Timestamp::from_ns(now().ns() - age * 1_000_000_000) } else { Timestamp::from_ns(0) };
    let rules = &day.rules[i];
    InstrumentView {
        id: InstrumentId(i as u32),
        symbol: Symbol::new(symbol),
        previous_close: Some(price(close)),
        day: DayStats {
            prices,
            last_at: heard,
            volume: qty(if last > 0 { 51_373 } else { 0 }),
            turnover: Money::from_paisa(if last > 0 { 51_373 * (last + 130) } else { 0 }),
            trades: if last > 0 { 398 } else { 0 },
            stated: None,
        },
        totals: Arc::new(if first { totals() } else { DayTotals::default() }),
        book: (depth && first).then(book),
        daily_band: rules.daily_band(),
        order_band: rules.order_band(false, prices.map(|p| p.close)),
        bars: if first { bars() } else { bars_beside(i, last) },
        bar: Bar::empty(32),
        tape: if first { tape() } else { Vec::new() },
        last_finding: None,
        quarantined: 0,
        halted_by_gap: false,
        heard_at: heard,
        rows: (40_117, 40_120),
        view_only: false,
    }
}

pub fn order(
    id: u64,
    instrument: u32,
    side: Side,
    shares: i64,
    limit: i64,
    sent: &str,
    reports: &[ReportKind],
) -> Arc<Order> {
    let order = NewOrder {
        account: AccountId::new("07"),
        instrument: InstrumentId(instrument),
        side,
        qty: qty(shares),
        limit: price(limit),
    };
    let mut order = Order::sent(ClientOrderId(id), order, at(sent));
    order.note(id, at(sent), StepKind::Submitted);
    for kind in reports {
        let report = ExecutionReport { no: 0, id: ClientOrderId(id), kind: kind.clone() };
        order.on_report(&report, at(sent)).unwrap();
        order.note(id + 1, at(sent), StepKind::Reported(order.state));
    }
    Arc::new(order)
}

/// An order that is held until a time.
pub fn held(id: u64, instrument: u32, shares: i64, limit: i64, asked: &str, until: &str) -> Arc<Order> {
    let sent = order(id, instrument, Side::Buy, shares, limit, asked, &[]);
    Arc::new(Order::held(ClientOrderId(id), sent.order.clone(), at(asked), at(until)))
}

pub fn accepted(ahead: Option<(i64, i64, i64)>) -> ReportKind {
    let queue_ahead = ahead.map(|(low, expected, high)| QueueAhead {
        low: qty(low),
        expected: qty(expected),
        high: qty(high),
    });
    ReportKind::Accepted { venue_id: VenueOrderId("V1".into()), queue_ahead }
}

fn fill(shares: i64, paisa: i64) -> ReportKind {
    ReportKind::Filled { execution: ExecutionId("x".into()), qty: qty(shares), price: price(paisa) }
}

fn orders() -> Vec<Arc<Order>> {
    vec![
        order(61, 0, Side::Buy, 200, 54_700, "11:20:00", &[accepted(None), fill(200, 54_700)]),
        order(71, 0, Side::Buy, 300, 54_500, "13:38:00", &[accepted(Some((0, 90, 115)))]),
        order(72, 5, Side::Buy, 2_000, 19_030, "13:41:36", &[ReportKind::Unknown]),
        order(73, 6, Side::Sell, 400, 63_600, "13:42:05", &[]),
        order(74, 10, Side::Buy, 500, 24_950, "13:04:00", &[accepted(None), fill(120, 24_940)]),
    ]
}

fn position(id: u32, day: &DaySetup, shares: i64, settled: i64, wacc: i64, mark: i64) -> PositionView {
    let cost = Money::from_paisa(shares * wacc);
    let fees: Schedule = *day.fees(InstrumentId(id)).unwrap();
    let tick = day.rules[id as usize].tick.unwrap();
    let even =
        crate::market::fees::break_even(&fees, &DayCharged::default(), qty(shares), cost, tick).unwrap();
    PositionView {
        instrument: InstrumentId(id),
        symbol: Symbol::new(LIST[id as usize].0),
        position: Position {
            qty: qty(shares),
            settled: qty(settled),
            bought: qty(shares - settled),
            cost: Some(cost),
            mark: Some(price(mark)),
            ..Position::default()
        },
        sellable: qty(settled),
        first_sale: (shares > settled).then(|| SessionDate::new(2026, 8, 26).unwrap()),
        wacc: Some(price(wacc)),
        break_even: Some(even.on_tick),
        unrealised: Some(Money::from_paisa(shares * (mark - wacc))),
        exit_cost: Some(Money::from_paisa(318_040)),
    }
}

fn account(day: &DaySetup) -> AccountView {
    AccountView {
        id: AccountId::new("07"),
        free_cash: Money::from_rupees(3_820_110),
        cash: Money::from_rupees(4_100_000).unwrap(),
        due: (Money::from_rupees(984_250).unwrap(), SessionDate::new(2026, 8, 24)),
        nav: Money::from_rupees(41_203_400),
        nav_open_peak: (Money::from_rupees(41_079_089), Money::from_rupees(41_958_600)),
        day_result: Some(Money::from_paisa(12_431_050)),
        after_exit: Some(Money::from_paisa(6_190_215)),
        charges: Money::from_paisa(221_303),
        drawdown_ppm: Some(18_000),
        drawdown_max_ppm: 21_000,
        positions: vec![
            position(0, day, 1_200, 600, 54_175, 54_600),
            position(6, day, 900, 500, 63_010, 63_600),
            position(9, day, 4_000, 2_500, 34_120, 33_400),
        ],
        by_date: due(),
    }
}

fn due() -> Vec<DueView> {
    let none = Money::ZERO;
    let on = |day| SessionDate::new(2026, 8, day);
    vec![
        DueView { date: on(23), pays: Money::from_paisa(11_223_344), receives: none, sellable: Vec::new() },
        DueView {
            date: on(24),
            pays: none,
            receives: Money::from_rupees(984_250).unwrap(),
            sellable: Vec::new(),
        },
        DueView {
            date: on(26),
            pays: none,
            receives: none,
            sellable: vec![
                (InstrumentId(0), qty(600)),
                (InstrumentId(6), qty(400)),
                (InstrumentId(9), qty(1_500)),
            ],
        },
    ]
}

/// What the readings of the drawn moment are taken from.
pub fn facts() -> Facts {
    Facts {
        trading: true,
        p_stress: 0.31,
        p_stress_is_start: false,
        realised_vol: Some(0.0171),
        vol_forecast: None,
        accounts: 1,
        drawdown: Some(0.018),
        loss: Some(-0.003),
        quarantine: Some((SourceId(1), 0.004)),
        messages: Some(9_000),
        silent: Some((SourceId(1), 1_000_000_000)),
        orders: OrderFacts { finished: 4, traded: 3, unknown: 1, rejected: 0, oversold: 0 },
        index_halt: Some(IndexFacts { moved_bps_e2: 3_400, level_bps_e2: 60_000, halted: false }),
        incidents: 0,
    }
}

/// Readings of some facts, each as near as it is now since 12:10.
pub fn readings_of(facts: &Facts) -> Vec<ReadingView> {
    let view = |reading: crate::risk::Reading| ReadingView {
        nearest: reading
            .nearness()
            .filter(|n| *n > 0.0)
            .map(|n| Nearest { ppm: (n * 1e6) as u32, at: at("12:10:00") }),
        reading,
    };
    readings(facts).map(view).to_vec()
}

/// A buy of so many shares at a price as the checks looked at it.
fn check(seq: u64, instrument: u32, side: Side, shares: i64, limit: i64, time: &str) -> Arc<CheckedOrder> {
    let day = setup(true);
    let rules = &day.rules[instrument as usize];
    let order = NewOrder {
        account: AccountId::new("07"),
        instrument: InstrumentId(instrument),
        side,
        qty: qty(shares),
        limit: price(limit),
    };
    let input = CheckInput {
        halted: false,
        phase: SessionPhase::Continuous,
        market_halted: false,
        tradable_here: true,
        tick: rules.tick,
        qty_range: rules.qty_range,
        daily_band: rules.daily_band(),
        order_band: rules.order_band(false, Some(price(LIST[instrument as usize].2))),
        free_cash: Money::from_rupees(3_820_110).unwrap(),
        sellable: qty(500),
        cost: price(limit).notional(qty(shares)),
        data: None,
        gateway: None,
    };
    let results = judge(order.clone(), &input).results;
    let by = OperatorId::new("tr01");
    Arc::new(CheckedOrder { seq, at: at(time), by, amends: None, order, results })
}

fn checks() -> Vec<Arc<CheckedOrder>> {
    vec![
        check(71, 0, Side::Buy, 300, 54_500, "13:38:00"),
        check(72, 5, Side::Buy, 2_000, 19_030, "13:41:36"),
        check(70, 0, Side::Buy, 5, 70_000, "13:41:50"),
        check(73, 6, Side::Sell, 400, 63_600, "13:42:05"),
    ]
}

fn regime() -> RegimeView {
    let p = [
        0.20, 0.19, 0.18, 0.2, 0.22, 0.25, 0.3, 0.36, 0.48, 0.6, 0.72, 0.84, 0.9, 0.88, 0.86, 0.8, 0.74,
        0.66, 0.52, 0.4, 0.3, 0.26, 0.22, 0.2, 0.2, 0.22, 0.24, 0.27, 0.29, 0.3, 0.32, 0.31,
    ];
    let history = (0u32..)
        .zip(p)
        .map(|(bar, p)| BarProbability { bar, p_stress: FilteredProbability::new(p).unwrap() })
        .collect();
    let change = |old, new, p, bar| RegimeChange {
        old,
        new,
        p_stress: FilteredProbability::new(p).unwrap(),
        sigma_d_hat: 0.0171,
        bar,
    };
    RegimeView {
        label: Regime::Normal,
        p_stress: 0.31,
        sigma_d_hat: Some(0.0171),
        warming: false,
        stale: false,
        provenance: Provenance::fallback("start at 0.2", "no daily regime model"),
        input: RegimeInput::Index,
        history,
        changes: vec![
            change(Regime::Normal, Regime::Stress, 0.88, 13),
            change(Regime::Stress, Regime::Normal, 0.20, 22),
        ],
    }
}

fn alerts() -> Vec<Alert> {
    let tr01 = || Some(OperatorId::new("tr01"));
    let alert = |id, time: &str, kind, acknowledged| Alert {
        id,
        at: at(time),
        kind,
        acknowledged,
        shelved_until: None,
    };
    vec![
        alert(1, "11:00:00", AlertKind::Phase(SessionPhase::Continuous), tr01()),
        alert(2, "12:10:00", AlertKind::Regime { label: Regime::Stress, p_stress_ppm: 880_000 }, tr01()),
        alert(3, "12:50:00", AlertKind::Regime { label: Regime::Normal, p_stress_ppm: 200_000 }, tr01()),
        alert(4, "13:22:10", AlertKind::FeedStale { source: SourceId(2), silent_ns: 14_000_000_000 }, None),
        alert(5, "13:41:51", AlertKind::OrderUnknown { id: ClientOrderId(72) }, None),
    ]
}

/// The drawn moment: live words, a ladder, orders in every state.
pub fn frame() -> Frame {
    build(true)
}

/// The same moment of a day that has no depth.
pub fn frame_without_depth() -> Frame {
    build(false)
}

fn build(depth: bool) -> Frame {
    let day = setup(depth);
    let instruments = (0..LIST.len()).map(|i| Arc::new(instrument(i, &day, depth))).collect();
    let index = IndexState {
        open_e2: 262_900,
        last_e2: 262_041,
        previous_close_e2: Some(262_935),
        at: now(),
        bar_close_e2: 262_041,
    };
    let value = IndexValue { points_e2: index.last_e2, previous_close_e2: index.previous_close_e2 };
    let order = orders()[3].order.clone();
    let snapshot = Snapshot {
        inputs: 48_211,
        now: now(),
        trading: TradingState::Active,
        session: SessionState {
            phase: SessionPhase::Continuous,
            phase_since: at("11:00:00"),
            index: Some(index),
            ..SessionState::new()
        },
        phase_ends: Some(at("15:00:00")),
        next_halt: next_halt(date(), at("11:00:00"), now(), 0, value).unwrap(),
        feeds: vec![(SourceId(1), FeedState { last_at: now(), ..FeedState::default() })],
        gateway: Arc::default(),
        instruments,
        regime: regime(),
        orders: orders(),
        accounts: vec![account(&day)],
        alerts: alerts(),
        answers: vec![
            Answer { at: at("13:41:26"), kind: AnswerKind::CancelSent { id: ClientOrderId(71) } },
            Answer { at: at("13:42:05"), kind: AnswerKind::Sent { id: ClientOrderId(73), order } },
        ],
        counters: Counters::default(),
        checks: checks(),
        readings: readings_of(&facts()),
        pace: Pace { inputs: 720, over_ns: 60_000_000_000 },
        day: Arc::new(day),
    };
    let tail = vec![
        JournalLine {
            seq: 48_209,
            at: at("13:41:26"),
            text: "tr01 cancel P-0071".to_owned(),
            hash: "0f".repeat(32),
        },
        JournalLine {
            seq: 48_211,
            at: at("13:42:05"),
            text: "tr01 submit SELL SHIVM 400 @ 636.00".to_owned(),
            hash: "51b0".repeat(16),
        },
    ];
    let status = ShellStatus {
        mode: Mode::Live,
        account: Some(AccountId::new("07")),
        operator: "tr01".to_owned(),
        transport: None,
        journal: JournalStatus::Durable { seq: 48_211, head: "51b0".to_owned(), tail },
        commands_waiting: 0,
        notes: Vec::new(),
        connections: Vec::new(),
        health: ShellHealth {
            memory_bytes: Some(48_000_000),
            frames: 4_120,
            commit_us: Some(1_900),
            gateways: vec![GatewayStatus { name: "paper".to_owned(), up: true }],
        },
    };
    Frame { snapshot: Arc::new(snapshot), status: Arc::new(status) }
}

/// The same with ten times the prices in the first symbol: every figure of it is two cells longer.
pub fn dear() -> Frame {
    with_snapshot(&frame(), |snapshot| {
        let ten = |p: Price| price(p.units() * 10);
        let all = |p: BarPrices| BarPrices {
            open: ten(p.open),
            high: ten(p.high),
            low: ten(p.low),
            close: ten(p.close),
        };
        let mut i = (*snapshot.instruments[0]).clone();
        i.previous_close = i.previous_close.map(ten);
        i.daily_band = i.daily_band.map(|(low, high)| (ten(low), ten(high)));
        i.order_band = i.order_band.map(|(low, high)| (ten(low), ten(high)));
        i.day.prices = i.day.prices.map(all);
        i.day.turnover = Money::from_paisa(i.day.turnover.paisa() * 10);
        for bar in &mut i.bars {
            bar.prices = bar.prices.map(all);
            bar.turnover = Money::from_paisa(bar.turnover.paisa() * 10);
        }
        for row in &mut i.tape {
            row.price = ten(row.price);
        }
        let book = i.book.as_mut().unwrap();
        for level in book.bids.iter_mut().chain(&mut book.asks) {
            level.price = ten(level.price);
        }
        snapshot.instruments[0] = Arc::new(i);
        for order in snapshot.orders.iter_mut().filter(|o| o.order.instrument == InstrumentId(0)) {
            let order = Arc::make_mut(order);
            order.order.limit = ten(order.order.limit);
            order.queue_ahead =
                order.queue_ahead.map(|q| QueueAhead { expected: qty(240), high: qty(315), ..q });
            for fill in &mut order.fills {
                fill.price = ten(fill.price);
            }
        }
    })
}

/// The same in a replay.
pub fn replay() -> Frame {
    let frame = frame();
    let transport = Transport {
        playing: true,
        speed: Speed::Factor(10.0),
        position: now(),
        start: at("11:00:00"),
        end: at("15:00:00"),
        finished: false,
        seeking: None,
        bookmarks: vec![at("12:10:00")],
        branches: Vec::new(),
        view_only: false,
    };
    with_status(&frame, |s| {
        s.mode = Mode::Replay;
        s.transport = Some(transport);
    })
}

/// A day before anything has happened.
pub fn empty() -> Frame {
    let day = DaySetup { title: "an empty day".to_owned(), ..DaySetup::default() };
    let frame = frame();
    let snapshot = Snapshot {
        inputs: 0,
        now: Timestamp::from_ns(0),
        session: SessionState::new(),
        phase_ends: None,
        next_halt: None,
        feeds: Vec::new(),
        gateway: Arc::default(),
        instruments: Vec::new(),
        regime: RegimeView {
            p_stress: 0.2,
            sigma_d_hat: None,
            warming: true,
            input: RegimeInput::None,
            history: Vec::new(),
            changes: Vec::new(),
            ..regime()
        },
        orders: Vec::new(),
        accounts: Vec::new(),
        alerts: Vec::new(),
        answers: Vec::new(),
        checks: Vec::new(),
        readings: readings_of(&Facts { p_stress: 0.2, p_stress_is_start: true, ..Facts::default() }),
        pace: Pace::default(),
        day: Arc::new(day),
        ..(*frame.snapshot).clone()
    };
    let frame = Frame { snapshot: Arc::new(snapshot), ..frame };
    with_status(&frame, |s| {
        s.account = None;
        s.health = ShellHealth::default();
        s.journal = JournalStatus::NotJournaled { why: "the state folder cannot be written".to_owned() };
    })
}

/// The frame with another snapshot.
pub fn with_snapshot(frame: &Frame, change: impl FnOnce(&mut Snapshot)) -> Frame {
    let mut snapshot = (*frame.snapshot).clone();
    change(&mut snapshot);
    Frame { snapshot: Arc::new(snapshot), status: Arc::clone(&frame.status) }
}

/// The frame with another status.
pub fn with_status(frame: &Frame, change: impl FnOnce(&mut ShellStatus)) -> Frame {
    let mut status = (*frame.status).clone();
    change(&mut status);
    Frame { snapshot: Arc::clone(&frame.snapshot), status: Arc::new(status) }
}

/// With another book in the first instrument.
pub fn with_book(frame: &Frame, change: impl FnOnce(&mut BookView)) -> Frame {
    with_snapshot(frame, |snapshot| {
        let mut instrument = (*snapshot.instruments[0]).clone();
        change(instrument.book.as_mut().unwrap());
        snapshot.instruments[0] = Arc::new(instrument);
    })
}
