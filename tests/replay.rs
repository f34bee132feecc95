//! A whole day through the engine: the same inputs give the same state, after any crash, at any cut.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::path::Path;

use common::{Home, shared};
use himal::engine::{CancelScope, Command, OperatorCommand, OperatorId};
use himal::execution::{NewOrder, OrderState};
use himal::feed::import::{ImportKind, ImportOptions, import};
use himal::journal::{Body, JournalReader, Open, SessionKind, verify};
use himal::market::{InstrumentId, Price, Qty, Side, Timestamp};
use himal::runtime::day::Day;
use himal::runtime::ledger::Ledger;
use himal::runtime::replay::Driver;

fn open(day: &Day) -> Open {
    Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest())
}

fn clock(day: &Day, hour: u32, minute: u32) -> Timestamp {
    let time = chrono::NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    Timestamp::nepal(day.setup.date, time).unwrap()
}

/// What a person did on the day: at these times, at the touch of these instruments.
fn trade(driver: &mut Driver, day: &Day, at: Timestamp, id: u32, side: Side, qty: i64) {
    driver.run_until(at, |_| ()).unwrap();
    let id = InstrumentId(id);
    let instrument = driver.state().instrument(id).unwrap();
    let last = instrument.day.last().or(day.setup.universe.get(id).unwrap().previous_close).unwrap();
    let rules = &day.setup.rules[id.0 as usize];
    let limit = match side {
        Side::Buy => rules.order_band(false, Some(last)).unwrap().1,
        Side::Sell => last,
    };
    let account = day.account.clone().unwrap();
    let order = NewOrder { account, instrument: id, side, qty: Qty::from_units(qty), limit };
    give(driver, Command::SubmitOrder(order));
}

fn give(driver: &mut Driver, command: Command) {
    driver.command(OperatorCommand { by: OperatorId::new("tr01"), command }).unwrap();
}

/// A day with orders, a stop and cancels in it, up to its end or to a crash after `until`.
fn session(day: &Day, ledger: Ledger, until: Timestamp) -> Driver {
    let mut driver = Driver::new(day, ledger).unwrap();
    for (minute, id, side, qty) in
        [(10, 0, Side::Buy, 100), (20, 1, Side::Buy, 50), (30, 2, Side::Sell, 20), (40, 0, Side::Sell, 10)]
    {
        trade(&mut driver, day, clock(day, 12, minute), id, side, qty);
    }
    driver.run_until(clock(day, 13, 0), |_| ()).unwrap();
    give(&mut driver, Command::Stop);
    trade(&mut driver, day, clock(day, 13, 1), 3, Side::Buy, 100);
    give(&mut driver, Command::ReleaseStop);
    trade(&mut driver, day, clock(day, 13, 5), 4, Side::Buy, 500);
    driver.run_until(clock(day, 13, 30), |_| ()).unwrap();
    give(&mut driver, Command::CancelMany(CancelScope::All));
    driver.run_until(until, |_| ()).unwrap();
    driver
}

const END: Timestamp = Timestamp::from_ns(i64::MAX - 1);

#[test]
fn a_session_with_orders_can_be_cut_anywhere_and_goes_on_to_the_same_end() {
    let home = Home::new();
    let day = Day::open("quiet", None).unwrap();
    let path = home.path("whole.journal");
    let mut whole = session(&day, Ledger::create(&path, &open(&day)).unwrap(), END);
    assert!(whole.state().counters().fills > 0, "the orders of this test must trade");
    assert!(whole.state().counters().denied > 0, "the stop must deny one");
    whole.sequencer_mut().close().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let records = verify(&path).unwrap().records;

    // The header of a journal that was never closed names the first record only.
    let fresh = home.path("fresh.journal");
    drop(Ledger::create(&fresh, &open(&day)).unwrap());
    let header = std::fs::read(&fresh).unwrap()[..512].to_vec();
    let ends: Vec<usize> =
        bytes.iter().enumerate().skip(512).filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect();
    assert_eq!(ends.len() as u64, records);
    for cut in [ends[0], ends[1], ends[ends.len() / 2] - 7, ends[ends.len() - 6] + 3, ends[ends.len() - 2]] {
        let cut_path = home.path(&format!("cut-{cut}.journal"));
        std::fs::write(&cut_path, [&header, &bytes[512..cut]].concat()).unwrap();
        let ledger = Ledger::open(&cut_path, &open(&day)).unwrap();
        let mut driver = Driver::new(&day, ledger).unwrap();
        driver.catch_up(|_| ()).unwrap();
        // What was journaled is not done again; what was lost is up to the person. Here: whole
        // journals only, so that the end can be compared.
        if cut == ends[ends.len() - 2] {
            driver.run_until(END, |_| ()).unwrap();
            assert_eq!(driver.sequencer().state_hash(), whole.sequencer().state_hash());
            assert_eq!(driver.sequencer().decisions().hash(), whole.sequencer().decisions().hash());
            driver.sequencer_mut().close().unwrap();
            assert_eq!(std::fs::read(&cut_path).unwrap(), bytes, "the journal is the same to the byte");
        } else {
            assert!(driver.state().counters().inputs <= whole.state().counters().inputs);
        }
    }
}

/// Two orders held on a quiet minute: one is taken back in time, one leaves.
fn held_session(day: &Day, ledger: Ledger, until: Timestamp) -> Driver {
    let mut driver = Driver::new(day, ledger).unwrap();
    let order = |driver: &Driver, id: u32, qty: i64| {
        let instrument = InstrumentId(id);
        let limit = driver.state().instrument(instrument).unwrap().day.last().unwrap();
        let account = day.account.clone().unwrap();
        NewOrder { account, instrument, side: Side::Buy, qty: Qty::from_units(qty), limit }
    };
    driver.run_until(clock(day, 12, 0), |_| ()).unwrap();
    for (id, qty) in [(0, 10), (1, 20)] {
        let order = order(&driver, id, qty);
        give(&mut driver, Command::HoldOrder { order, hold_ns: 3_000_000_000 });
    }
    let first = *driver.state().orders().keys().next().unwrap();
    driver.run_until(clock(day, 12, 0).plus_ns(1_500_000_000), |_| ()).unwrap();
    give(&mut driver, Command::CancelOrder { id: first });
    driver.run_until(until, |_| ()).unwrap();
    driver
}

#[test]
fn orders_held_inside_survive_a_crash_exactly() {
    let home = Home::new();
    let day = Day::open("quiet", None).unwrap();
    let end = clock(&day, 12, 10);
    let whole = held_session(&day, Ledger::in_memory(&open(&day), "test").unwrap(), end);
    let states = |driver: &Driver| driver.state().orders().values().map(|o| o.state).collect::<Vec<_>>();
    assert_eq!(states(&whole)[0], OrderState::Withdrawn);
    assert!(states(&whole)[1].has_left());
    for (name, seconds, held) in [("held", 2, true), ("left", 4, false)] {
        // The process is gone while the second order is still inside, or just after it left.
        let path = home.path(&format!("{name}.journal"));
        let cut = clock(&day, 12, 0).plus_ns(seconds * 1_000_000_000);
        let mut before = held_session(&day, Ledger::create(&path, &open(&day)).unwrap(), cut);
        assert_eq!(states(&before)[1] == OrderState::Held, held);
        before.sequencer_mut().commit().unwrap();
        let (position, hash) = (before.sequencer().position(), before.sequencer().state_hash());
        drop(before);
        let mut after = Driver::new(&day, Ledger::open(&path, &open(&day)).unwrap()).unwrap();
        after.catch_up(|_| ()).unwrap();
        while after.sequencer().position() < position {
            after.step().unwrap();
        }
        assert_eq!(after.sequencer().state_hash(), hash, "{name}");
        after.run_until(end, |_| ()).unwrap();
        assert_eq!(after.sequencer().state_hash(), whole.sequencer().state_hash(), "{name}");
        assert_eq!(after.sequencer().decisions().hash(), whole.sequencer().decisions().hash(), "{name}");
    }
}

#[test]
fn a_view_of_the_past_repeats_the_session_and_a_branch_leaves_it() {
    let home = Home::new();
    let day = Day::open("quiet", None).unwrap();
    let head =
        session(&day, Ledger::create(&home.path("a.journal"), &open(&day)).unwrap(), clock(&day, 14, 0));
    let mut again = head.again().unwrap();
    again.run_until(clock(&day, 14, 0), |_| ()).unwrap();
    assert_eq!(again.sequencer().state_hash(), head.sequencer().state_hash());

    let mut branch = head.again().unwrap();
    branch.run_until(clock(&day, 12, 35), |_| ()).unwrap();
    let orders = branch.state().orders().len();
    let before = |o: &&himal::execution::Order| o.sent_at <= clock(&day, 12, 35);
    assert_eq!(orders, head.state().orders().values().filter(before).count());
    assert!(orders > 0 && orders < head.state().orders().len());
    let parent = himal::journal::Parent {
        head: head.sequencer().ledger().head(),
        seq: branch.sequencer().ledger().last(),
    };
    let path = home.path("branch.journal");
    branch.sequencer_mut().ledger_mut().branch_into(&path, parent).unwrap();
    branch.run_until(END, |_| ()).unwrap();
    assert_eq!(branch.state().orders().len(), orders, "what came later in the session is not in the branch");
    branch.sequencer_mut().close().unwrap();
    let opening = JournalReader::opening(&path).unwrap();
    assert_eq!(opening.parent, Some(parent));
    let mut repeated = Driver::new(&day, Ledger::read(&path).unwrap()).unwrap();
    repeated.catch_up(|_| ()).unwrap();
    assert_eq!(repeated.sequencer().state_hash(), branch.sequencer().state_hash());
}

#[test]
fn a_journal_that_the_engine_does_not_repeat_is_drift_by_number() {
    let home = Home::new();
    let day = Day::open("quiet", None).unwrap();
    let path = home.path("a.journal");
    let mut ledger = Ledger::create(&path, &open(&day)).unwrap();
    let body = Body::Mark {
        position: himal::journal::StreamPosition { rows: 1, clocks: 0 },
        digest: himal::journal::Hex64(42),
    };
    ledger.record(body, Timestamp::from_ns(0), &day.setup.universe).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    let mut driver = Driver::new(&day, Ledger::open(&path, &open(&day)).unwrap()).unwrap();
    let error = driver.run_until(END, |_| ()).unwrap_err().to_string();
    assert!(error.contains("record 2"), "{error}");
}

#[test]
fn the_modelled_halt_day_halts_twice_and_its_orders_live_through() {
    let day = Day::open("halt-day", None).unwrap();
    let ledger = Ledger::in_memory(&open(&day), "test").unwrap();
    let mut driver = Driver::new(&day, ledger).unwrap();
    trade(&mut driver, &day, clock(&day, 11, 30), 0, Side::Sell, 10);
    driver.run_until(END, |_| ()).unwrap();
    let state = driver.state();
    let halts = &state.session().past_halts;
    let seconds: Vec<i64> = halts.iter().map(|h| h.to.unwrap().since_ns(h.from) / 1_000_000_000).collect();
    assert_eq!(halts.iter().map(|h| h.level).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(seconds, [1_200, 2_400]);
    assert!(!state.regime().changes.is_empty(), "a day like this is stressed for a while");
    let state_of = |o: &himal::execution::Order| o.state;
    assert!(
        state
            .orders()
            .values()
            .map(state_of)
            .all(|s| !matches!(s, OrderState::Unknown | OrderState::PendingNew))
    );
}

/// Imports a floorsheet day of the shared data.
fn imported(shared: &Path, home: &Home, date: &str) -> Day {
    let out = home.path(&format!("{date}.parquet"));
    let options = ImportOptions {
        daily_dir: Some(shared.join("data/nepse-daily")),
        securities: Some(shared.join("data/nepse-reference/securities.csv.gz")),
        ..ImportOptions::default()
    };
    let sheet = shared.join(format!("data/nepse-floorsheet/{date}.csv.gz"));
    import(ImportKind::Floorsheet, &[sheet], &out, &options).unwrap();
    Day::open(out.to_str().unwrap(), None).unwrap()
}

#[test]
fn the_second_of_july_2024_halts_twice_by_its_own_record() {
    let Some(shared) = shared("the halts of 2024-07-02") else { return };
    let home = Home::new();
    let day = imported(&shared, &home, "2024-07-02");
    let mut driver = Driver::new(&day, Ledger::in_memory(&open(&day), "test").unwrap()).unwrap();
    driver.run_until(END, |_| ()).unwrap();
    let halts = &driver.state().session().past_halts;
    let clock = |t: Timestamp| t.nepal_time().format("%H:%M:%S").to_string();
    let spans: Vec<_> = halts.iter().map(|h| (clock(h.from), clock(h.to.unwrap()), h.inferred)).collect();
    assert_eq!(
        spans,
        [
            ("11:01:20".to_owned(), "11:21:20".to_owned(), true),
            ("11:21:39".to_owned(), "12:01:39".to_owned(), true)
        ]
    );
    for i in driver.state().instruments() {
        assert_eq!(i.totals.prices().values().copied().sum::<Qty>(), i.day.volume);
        assert_eq!(i.totals.brokers().iter().map(|b| b.net().units()).sum::<i64>(), 0);
    }
    assert!(driver.state().instruments()[0].totals.brokers().len() > 20, "the floorsheet names both sides");
    let bars: Vec<u32> = driver.state().instruments()[0].bars.iter().map(|b| b.index).collect();
    assert!(bars.contains(&0) && !bars.contains(&1) && !bars.contains(&3) && bars.contains(&4));
    assert!(!bars.contains(&6) && !bars.contains(&11) && bars.contains(&12), "{bars:?}");
}

#[test]
fn the_engine_shows_no_depth_and_fills_no_order_from_it_on_a_floorsheet_day() {
    let Some(shared) = shared("a day without depth") else { return };
    let home = Home::new();
    let day = imported(&shared, &home, "2024-04-24");
    let mut driver = Driver::new(&day, Ledger::in_memory(&open(&day), "test").unwrap()).unwrap();
    driver.run_until(END, |_| ()).unwrap();
    assert!(driver.state().instruments().iter().all(|i| i.book.is_none()));
    let received: u32 = driver.state().instruments().iter().map(|i| i.quarantined).sum();
    let trades = driver.state().counters().trades;
    assert!(u64::from(received) * 100 < trades, "{received} of {trades} quarantined on the quietest day");
}

#[test]
fn a_limit_outside_the_bands_or_off_the_grid_is_denied_with_every_reason() {
    let day = Day::open("quiet", None).unwrap();
    let mut driver = Driver::new(&day, Ledger::in_memory(&open(&day), "test").unwrap()).unwrap();
    driver.run_until(clock(&day, 11, 30), |_| ()).unwrap();
    let order = NewOrder {
        account: day.account.clone().unwrap(),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: Qty::from_units(3),
        limit: Price::from_units(99_999_999),
    };
    give(&mut driver, Command::SubmitOrder(order));
    assert_eq!(driver.state().orders().len(), 0);
    assert_eq!(driver.state().counters().denied, 1);
}
