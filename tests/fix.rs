//! A live session over FIX 4.4 against an acceptor in another language (`fix_acceptor.py`, Python with nothing but its
//! standard library): what the acceptor wrote down beside what the engine shows. Market data come from a venue in this
//! process.
//!
//!     cargo test --features fix --test fix
//!
//! `HIMAL_PYTHON` names another interpreter than `python3`.

#![cfg(feature = "fix")]
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "common/fix_parts.rs"]
mod parts;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use himal::console::{ConnectionUse, Frame, Mode, ShellRequest};
use himal::engine::{Agreement, AlertKind, Command, GatewayKind, OperatorCommand, OperatorId, SeenOrder};
use himal::execution::{ClientOrderId, LineState, NewOrder, Order, OrderState};
use himal::feed::live::VenueFeed;
use himal::gateway::fix::{FixAccess, FixGateway};
use himal::journal::SessionKind;
use himal::market::{AccountId, BrokerId, InstrumentId, Price, Qty, Side, SourceId, Timestamp};
use himal::runtime::live::LiveCore;
use himal::runtime::live::board::LocalClock;
use himal::runtime::live::fix::{self, FixSettings, Numbers};
use himal::runtime::live::intake::{Intake, Item};
use himal::runtime::live::line_set::LineSet;
use himal::runtime::live::probe::probe;
use himal::runtime::live::recovery::{self, LiveKind};
use himal::runtime::live::session::{LiveSession, Outlet, SessionSetup};
use himal::runtime::live::socket::Address;
use himal::runtime::replay::player::ToPlayer;
use himal::venue::flow::Scenario;
use himal::venue::server::{Hall, Seat, ServeOptions, VenueClock, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

const TOKEN: &str = "a-token-of-the-desk";
const KIND: LiveKind = LiveKind { session: SessionKind::Live, gateway: GatewayKind::Remote };

/// The acceptor, as it runs.
struct Acceptor {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl Acceptor {
    fn start(options: &Value) -> Self {
        let python = std::env::var("HIMAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fix_acceptor.py");
        let mut process = Process::new(python);
        process.arg(script).arg(options.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = process.spawn().expect("python3 is there");
        let asks = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].as_u64().unwrap();
        Self { child, asks, answers, port: u16::try_from(port).unwrap() }
    }

    /// Asks for something and returns all that has been written down.
    fn ask(&mut self, what: &Value) -> Value {
        writeln!(self.asks, "{what}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("it still runs")
    }

    fn look(&mut self) -> Value {
        self.ask(&json!({"do": "look"}))
    }

    fn wait(&mut self, done: impl Fn(&Value) -> bool) -> Value {
        wait_for(|| Some(self.look()).filter(&done))
    }

    /// Ends the connection properly by what is asked, and waits for the next logon.
    fn until_logon_after(&mut self, what: &Value) {
        let logons = self.look()["logons"].as_u64().unwrap();
        self.ask(what);
        self.wait(|seen| seen["logons"].as_u64().unwrap() > logons);
    }

    fn fill(&mut self, client: &str, qty: i64, price: &str) {
        self.ask(&json!({"do": "fill", "client": client, "qty": qty, "price": price}));
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for<T>(mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(done) = done() {
            return done;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "waited a minute for nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A market that everybody hears, at noon.
async fn market() -> Address {
    let scenario = Scenario::named("quiet").unwrap();
    let account = AccountId::new("07");
    let start = scenario.account.clone();
    let seat = Seat { token: TOKEN.to_owned(), account, broker: BrokerId(58), start };
    let hall = Hall::open(&scenario, scenario.seed, &[seat]).unwrap();
    let from = Timestamp::nepal(scenario.date, "11:30:00".parse().unwrap()).unwrap();
    let clock = VenueClock::new(from, 1.0).unwrap();
    let options = ServeOptions { clock, heartbeat: Duration::from_secs(1), tls: None, most_connections: 8 };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, hall, options, std::future::pending()));
    Address::parse(&url, None).unwrap()
}

/// A folder, a market and an acceptor: what outlives a session.
struct Floor {
    folder: tempfile::TempDir,
    runtime: Runtime,
    market: Address,
    acceptor: Acceptor,
    settings: PathBuf,
}

impl Floor {
    fn open(options: &Value, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let market = runtime.block_on(market());
        let acceptor = Acceptor::start(options);
        let settings = folder.path().join("broker.toml");
        let text = format!(
            "host = '127.0.0.1'\nport = {}\nsender = 'HIMAL'\ntarget = 'BROKER'\naccount = 'C-07'\n{more}",
            acceptor.port
        );
        std::fs::write(&settings, text).unwrap();
        std::fs::write(folder.path().join("login"), "him\nsecret\n").unwrap();
        Self { folder, runtime, market, acceptor, settings }
    }

    fn plain() -> Self {
        Self::open(&json!({}), "heartbeat = 1\n")
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("live.journal")
    }

    /// Begins the session, or takes it up.
    fn desk(&self) -> Desk {
        let journal = self.journal();
        let begun = if journal.exists() {
            recovery::take_up(&journal, KIND).unwrap()
        } else {
            let probed = self.runtime.block_on(probe(&self.market, TOKEN)).unwrap();
            recovery::begin(&journal, probed.day(None), KIND, "Hfix").unwrap()
        };
        Desk::over(begun, self)
    }

    /// A session that trades.
    fn trading(&self) -> Desk {
        let desk = self.desk();
        desk.until(|f| f.snapshot.gateway.refuses().is_none() && f.snapshot.data_refusal().is_none());
        desk
    }
}

/// A whole session: the engine on its thread, its feed and its line over FIX.
struct Desk {
    intake: Arc<Intake>,
    frames: watch::Receiver<Option<Frame>>,
    thread: JoinHandle<()>,
    stop: watch::Sender<bool>,
    line: tokio::task::JoinHandle<()>,
    account: AccountId,
    low: std::cell::Cell<Price>,
}

impl Desk {
    fn over(begun: recovery::Begun, floor: &Floor) -> Self {
        let recovery::Begun { sequencer, day, tag, journal, .. } = begun;
        let settings = FixSettings::read(&floor.settings).unwrap();
        let core = LiveCore::new(sequencer);
        let account = core.state().accounts().keys().next().unwrap().clone();
        let (mut lines, stop) = LineSet::new(LocalClock::start());
        let intake = Arc::clone(&lines.shared.intake);
        let feed = VenueFeed::new(SourceId(1), TOKEN, day.instruments.clone(), day.date);
        lines.feed(floor.runtime.handle(), Box::new(feed), floor.market.clone().into());
        let place = lines.shared.board.add("fix", ConnectionUse::Gateway);
        let access = FixAccess {
            tag,
            account: account.clone(),
            client: settings.account.clone(),
            date: day.date,
            universe: day.instruments.clone(),
            positions: settings.positions,
            cash: settings.cash,
        };
        let path = settings.numbers(&journal);
        let numbers = Numbers::open(&path, &settings.sender, &settings.target).unwrap();
        let gateway = FixGateway::new(access, core.state());
        let (to_gateway, requests) = mpsc::channel(4_096);
        let line = floor.runtime.spawn(fix::gateway(
            gateway,
            place,
            (settings, numbers),
            lines.shared.clone(),
            requests,
        ));
        let (publish, frames) = watch::channel(None);
        let setup = SessionSetup {
            core,
            lines,
            outlet: Outlet::Numbered(to_gateway),
            gateway: "fix".to_owned(),
            mode: Mode::Sim,
            account: Some(account.clone()),
            operator: OperatorId::new("tr01"),
            notes: Vec::new(),
        };
        let thread = std::thread::spawn(move || LiveSession::new(setup, publish).run().unwrap());
        let low = std::cell::Cell::new(Price::from_units(0));
        Self { intake, frames, thread, stop, line, account, low }
    }

    fn frame(&self) -> Option<Frame> {
        self.frames.borrow().clone()
    }

    fn until(&self, done: impl Fn(&Frame) -> bool) -> Frame {
        let frame = wait_for(|| self.frame().filter(&done));
        if let Some((low, _)) = frame.snapshot.instrument(InstrumentId(0)).and_then(|i| i.order_band) {
            self.low.set(low);
        }
        frame
    }

    fn command(&self, command: Command) {
        let by = OperatorId::new("tr01");
        self.intake.push(Item::Desk(ToPlayer::Command(OperatorCommand { by, command })));
    }

    /// Sends an order for the first security, and returns its number.
    fn buys(&self, qty: i64) -> ClientOrderId {
        let known = self.frame().unwrap().snapshot.orders.len();
        self.command(Command::SubmitOrder(NewOrder {
            account: self.account.clone(),
            instrument: InstrumentId(0),
            side: Side::Buy,
            qty: Qty::from_units(qty),
            limit: self.low.get(),
        }));
        let frame = self.until(|f| f.snapshot.orders.len() > known);
        frame.snapshot.orders.iter().map(|o| o.id).max().unwrap()
    }

    fn order_until(&self, id: ClientOrderId, done: impl Fn(&Order) -> bool) -> Arc<Order> {
        let find = |f: &Frame| f.snapshot.orders.iter().find(|o| o.id == id).filter(|o| done(o)).cloned();
        wait_for(|| self.frame().as_ref().and_then(find))
    }

    fn reaches(&self, id: ClientOrderId, state: OrderState, filled: i64) -> Arc<Order> {
        self.order_until(id, |o| o.state == state && o.filled.units() == filled && o.pending.is_none())
    }

    fn amends(&self, id: ClientOrderId, qty: i64) {
        let order = self.order_until(id, |_| true);
        let seen = SeenOrder { left: order.left(), limit: order.order.limit };
        self.command(Command::AmendOrder { id, qty: Qty::from_units(qty), limit: seen.limit, seen });
    }

    fn agreed(&self) -> Frame {
        self.until(|f| matches!(f.snapshot.gateway.agreement, Agreement::Agreed { .. }))
    }

    fn incidents(&self) -> u64 {
        self.frame().unwrap().snapshot.counters.incidents
    }

    /// Ends as when somebody quits.
    fn quits(self, runtime: &Runtime) {
        self.intake.push(Item::Desk(ToPlayer::Shell(ShellRequest::Quit)));
        self.thread.join().unwrap();
        self.stop.send(true).unwrap();
        runtime.block_on(self.line).unwrap();
    }
}

fn client(id: ClientOrderId) -> String {
    format!("Hfix-{}", id.0)
}

/// Every order was received once, in order, under the ids that the engine gave, and the session broke no rule.
fn one_to_one(seen: &Value, ids: &[ClientOrderId]) {
    let received: Vec<&str> =
        seen["orders"].as_array().unwrap().iter().map(|o| o["client"].as_str().unwrap()).collect();
    let sent: Vec<String> = ids.iter().map(|id| client(*id)).collect();
    assert_eq!(received, sent, "{seen}");
    assert_eq!((&seen["errors"], &seen["possdup_orders"]), (&json!([]), &json!(0)), "{seen}");
    // No change was sent twice, nor under the id of another.
    let changes = seen["amends"].as_array().unwrap().iter().chain(seen["cancels"].as_array().unwrap());
    let mut ids: Vec<&str> = changes.map(|change| change[0].as_str().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{seen}");
    let numbers: Vec<u64> = seen["numbers"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert!(numbers.iter().zip(1..).all(|(number, want)| *number == want), "{numbers:?}");
}

#[test]
fn orders_are_accepted_filled_amended_and_taken_out_and_a_report_counts_once() {
    let mut floor = Floor::plain();
    let desk = floor.trading();
    let ids = [desk.buys(100), desk.buys(200), desk.buys(300)];
    for id in ids {
        let order = desk.reaches(id, OrderState::Accepted, 0);
        assert!(order.venue_id.is_some());
    }
    let price = desk.low.get().to_string();
    let first = floor.acceptor.look()["orders"][0].clone();
    assert_eq!((&first["qty"], &first["type"], &first["day"]), (&json!("100"), &json!("2"), &json!("0")));
    assert_eq!((&first["side"], &first["account"]), (&json!("1"), &json!("C-07")));
    assert_eq!(first["price"].as_str().unwrap().replace(',', ""), price.replace(',', ""));
    let price = first["price"].as_str().unwrap().to_owned();
    // A part, the same report again, and the rest.
    floor.acceptor.fill(&client(ids[0]), 40, &price);
    desk.reaches(ids[0], OrderState::PartiallyFilled, 40);
    for _ in 0..3 {
        floor.acceptor.ask(&json!({"do": "again"}));
    }
    floor.acceptor.fill(&client(ids[0]), 60, &price);
    let order = desk.reaches(ids[0], OrderState::Filled, 100);
    assert_eq!(order.fills.len(), 2);
    // Changes, one after the other, each under an id of its own.
    desk.amends(ids[1], 150);
    desk.order_until(ids[1], |o| o.order.qty.units() == 150 && o.pending.is_none());
    desk.amends(ids[1], 250);
    desk.order_until(ids[1], |o| o.order.qty.units() == 250 && o.pending.is_none());
    floor.acceptor.ask(&json!({"do": "next_change", "what": "refuse"}));
    desk.command(Command::CancelOrder { id: ids[1] });
    let order = desk.order_until(ids[1], |o| o.reason.is_some() && o.pending.is_none());
    assert_eq!(
        (order.state, order.reason.as_ref().unwrap().to_string()),
        (OrderState::Accepted, "too late".to_owned())
    );
    floor.acceptor.ask(&json!({"do": "next_change", "what": "refuse"}));
    desk.amends(ids[2], 310);
    desk.order_until(ids[2], |o| o.reason.is_some() && o.pending.is_none());
    desk.command(Command::CancelOrder { id: ids[1] });
    desk.reaches(ids[1], OrderState::Cancelled, 0);
    floor.acceptor.ask(&json!({"do": "test"}));
    let seen =
        floor.acceptor.wait(|seen| seen["answers_to_test"] == 1 && seen["heartbeats"].as_u64() > Some(1));
    one_to_one(&seen, &ids);
    let (amends, cancels) = (&seen["amends"], &seen["cancels"]);
    assert_eq!(
        (amends[0][1].as_str(), &amends[1][1]),
        (Some(client(ids[1]).as_str()), &amends[0][0]),
        "they chain"
    );
    assert_eq!((&cancels[0][1], &cancels[1][1]), (&amends[1][0], &amends[1][0]), "{seen}");
    assert_eq!(desk.incidents(), 0);
    // An order of somebody else.
    floor.acceptor.ask(&json!({"do": "foreign", "symbol": "HIDCL"}));
    desk.until(|f| f.snapshot.counters.incidents > 0);
    desk.quits(&floor.runtime);
    let seen = floor.acceptor.look();
    assert_eq!(seen["logouts"], 1);
    println!("asked {} times for all there is", seen["mass"]);
}

#[test]
fn what_is_missing_is_asked_for_and_what_was_sent_is_not_sent_again() {
    let mut floor = Floor::plain();
    let desk = floor.trading();
    let ids = [desk.buys(100), desk.buys(200), desk.buys(300)];
    for id in ids {
        desk.reaches(id, OrderState::Accepted, 0);
    }
    let price = floor.acceptor.look()["orders"][0]["price"].as_str().unwrap().to_owned();
    // Two reports are lost on the way; the third shows it.
    floor.acceptor.ask(&json!({"do": "lose", "count": 2}));
    floor.acceptor.fill(&client(ids[0]), 10, &price);
    floor.acceptor.fill(&client(ids[0]), 20, &price);
    floor.acceptor.fill(&client(ids[1]), 30, &price);
    desk.reaches(ids[0], OrderState::PartiallyFilled, 30);
    desk.reaches(ids[1], OrderState::PartiallyFilled, 30);
    let seen = floor.acceptor.wait(|seen| seen["resend_requests"] == 1);
    assert_eq!(seen["errors"], json!([]));
    // Numbers that were nothing but heartbeats are passed over.
    floor.acceptor.ask(&json!({"do": "skip", "count": 3}));
    floor.acceptor.fill(&client(ids[1]), 40, &price);
    desk.reaches(ids[1], OrderState::PartiallyFilled, 70);
    floor.acceptor.wait(|seen| seen["resend_requests"] == 2);
    // The other way: all that we sent is asked for, and then a part of it.
    let last = floor.acceptor.ask(&json!({"do": "resend", "from": 2, "to": 0}))["incoming"].as_u64().unwrap();
    floor.acceptor.ask(&json!({"do": "resend", "from": 3, "to": 5}));
    let seen = floor.acceptor.wait(|seen| seen["gap_fills"].as_array().unwrap().len() == 2);
    let fills = seen["gap_fills"].as_array().unwrap();
    assert_eq!((&fills[0][0], &fills[0][2]), (&json!(2), &json!(true)), "{seen}");
    assert!(fills[0][1].as_u64().unwrap() >= last, "it goes on behind the last: {seen}");
    assert_eq!(fills[1], json!([3, 6, true]), "{seen}");
    // The numbers jump ahead.
    let outgoing = floor.acceptor.look()["outgoing"].as_u64().unwrap();
    floor.acceptor.ask(&json!({"do": "reset", "to": outgoing + 50}));
    floor.acceptor.fill(&client(ids[2]), 5, &price);
    desk.reaches(ids[2], OrderState::PartiallyFilled, 5);
    desk.agreed();
    let more = desk.buys(100);
    desk.reaches(more, OrderState::Accepted, 0);
    let seen = floor.acceptor.look();
    one_to_one(&seen, &[ids[0], ids[1], ids[2], more]);
    assert_eq!((&seen["logons"], desk.incidents()), (&json!(1), 0), "{seen}");
    desk.quits(&floor.runtime);
}

#[test]
fn a_line_lost_in_the_middle_of_an_order_sends_nothing_again() {
    let mut floor = Floor::plain();
    let desk = floor.trading();
    let rests = desk.buys(100);
    desk.reaches(rests, OrderState::Accepted, 0);
    // It takes the order and is gone before it can say so.
    floor.acceptor.ask(&json!({"do": "next_new", "what": "cut"}));
    let cut = desk.buys(200);
    desk.order_until(cut, |o| {
        o.trail.iter().any(|s| s.what == himal::execution::StepKind::Reported(OrderState::Unknown))
    });
    desk.reaches(cut, OrderState::Accepted, 0);
    // A fill while nobody is connected.
    let price = floor.acceptor.look()["orders"][0]["price"].as_str().unwrap().to_owned();
    floor.acceptor.ask(&json!({"do": "cut"}));
    floor.acceptor.fill(&client(rests), 60, &price);
    desk.reaches(rests, OrderState::PartiallyFilled, 60);
    desk.agreed();
    // It logs us out, and we come back.
    floor.acceptor.until_logon_after(&json!({"do": "logout", "text": "end of the morning"}));
    desk.until(|f| f.snapshot.gateway.line == LineState::Live);
    desk.agreed();
    // One that is never taken: asked about, and refused after it was denied twice.
    floor.acceptor.ask(&json!({"do": "next_new", "what": "ignore"}));
    let ignored = desk.buys(300);
    desk.order_until(ignored, |o| o.state == OrderState::Unknown);
    let order = desk.reaches(ignored, OrderState::Rejected, 0);
    assert_eq!(order.reason.as_ref().unwrap().to_string(), "never taken by the venue");
    let seen = floor.acceptor.look();
    one_to_one(&seen, &[rests, cut, ignored]);
    assert!(seen["queries"].as_u64().unwrap() >= 2, "{seen}");
    assert_eq!(seen["logons"], 4, "{seen}");
    assert_eq!(desk.incidents(), 0);
    // The ids of changes go on where they were.
    desk.command(Command::CancelOrder { id: cut });
    desk.reaches(cut, OrderState::Cancelled, 0);
    desk.quits(&floor.runtime);
}

#[test]
fn a_session_taken_up_again_goes_on_with_its_numbers_and_hears_what_it_had_not_kept() {
    let mut floor = Floor::plain();
    let desk = floor.trading();
    let ids = [desk.buys(100), desk.buys(200)];
    for id in ids {
        desk.reaches(id, OrderState::Accepted, 0);
    }
    let price = floor.acceptor.look()["orders"][0]["price"].as_str().unwrap().to_owned();
    floor.acceptor.fill(&client(ids[0]), 10, &price);
    desk.amends(ids[1], 150);
    desk.order_until(ids[1], |o| o.order.qty.units() == 150 && o.pending.is_none());
    desk.reaches(ids[0], OrderState::PartiallyFilled, 10);
    desk.quits(&floor.runtime);
    let outgoing = floor.acceptor.look()["incoming"].as_u64().unwrap();
    // As if the process had died before the journal had the last reports: they are told again.
    let path = floor.journal().with_extension("fix");
    assert!(numbers(&path).1 > 6, "what is in the journal has been heard");
    set_heard(&path, 3);
    floor.acceptor.fill(&client(ids[0]), 20, &price);
    let desk = floor.trading();
    desk.reaches(ids[0], OrderState::PartiallyFilled, 30);
    desk.amends(ids[1], 160);
    desk.order_until(ids[1], |o| o.order.qty.units() == 160 && o.pending.is_none());
    desk.command(Command::CancelOrder { id: ids[1] });
    desk.reaches(ids[1], OrderState::Cancelled, 0);
    let order = desk.reaches(ids[0], OrderState::PartiallyFilled, 30);
    assert_eq!(order.fills.len(), 2, "the first was told again and counts once");
    let seen = floor.acceptor.look();
    one_to_one(&seen, &ids);
    assert_eq!(seen["resend_requests"], 1, "{seen}");
    assert!(numbers(&path).0 >= outgoing, "our numbers go on");
    assert_eq!(seen["amends"][1][1], seen["amends"][0][0], "the chain goes on: {seen}");
    assert_eq!(desk.incidents(), 0);
    desk.quits(&floor.runtime);
}

#[test]
fn what_came_counts_as_heard_only_when_the_session_is_through_with_it() {
    let mut floor = Floor::plain();
    let probed = floor.runtime.block_on(probe(&floor.market, TOKEN)).unwrap();
    let begun = recovery::begin(&floor.journal(), probed.day(None), KIND, "Hfix").unwrap();
    let settings = FixSettings::read(&floor.settings).unwrap();
    // A line whose session takes nothing unless it is told to.
    let (lines, stop) = LineSet::new(LocalClock::start());
    let intake = Arc::clone(&lines.shared.intake);
    let place = lines.shared.board.add("fix", ConnectionUse::Gateway);
    let access = FixAccess {
        tag: begun.tag.clone(),
        account: AccountId::new("07"),
        client: settings.account.clone(),
        date: begun.day.date,
        universe: begun.day.instruments.clone(),
        positions: false,
        cash: false,
    };
    let path = settings.numbers(&floor.journal());
    let store = Numbers::open(&path, &settings.sender, &settings.target).unwrap();
    let gateway = FixGateway::new(access, begun.sequencer.state());
    let (_requests, from_engine) = mpsc::channel(16);
    let line = floor.runtime.spawn(fix::gateway(
        gateway,
        place,
        (settings, store),
        lines.shared.clone(),
        from_engine,
    ));
    // Syncing, then live: the answer about all orders has come.
    wait_for(|| (intake.pushed() >= 2).then_some(()));
    let before = numbers(&path).1;
    floor.acceptor.ask(&json!({"do": "foreign", "symbol": "HIDCL"}));
    wait_for(|| (intake.pushed() >= 3).then_some(()));
    let news = intake.take(Duration::ZERO);
    assert!(news.iter().any(|item| matches!(item, Item::Said(_))), "{news:?}");
    // Several ticks of the line: it was taken, and nobody has said that it is in the journal.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(numbers(&path).1, before);
    intake.take(Duration::ZERO);
    wait_for(|| (numbers(&path).1 > before).then_some(()));
    stop.send(true).unwrap();
    floor.runtime.block_on(line).unwrap();
}

fn numbers(path: &Path) -> (u64, u64) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut words = text.split_whitespace().skip(4).map(|n| n.parse::<u64>().unwrap());
    (words.next().unwrap(), words.next().unwrap())
}

fn set_heard(path: &Path, heard: u64) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    words[5] = format!("{heard:020}");
    std::fs::write(path, words.join(" ") + "\n").unwrap();
}

#[test]
fn what_is_refused_is_refused_and_says_why() {
    let mut floor = Floor::plain();
    let desk = floor.trading();
    let mut ids = Vec::new();
    for (what, why) in
        [("reject", "no collateral"), ("business", "closed for lunch"), ("session", "price is incorrect")]
    {
        floor.acceptor.ask(&json!({"do": "next_new", "what": what}));
        let id = desk.buys(100);
        let order = desk.reaches(id, OrderState::Rejected, 0);
        assert_eq!(order.reason.as_ref().unwrap().to_string(), why);
        ids.push(id);
    }
    one_to_one(&floor.acceptor.look(), &ids);
    assert_eq!(desk.incidents(), 0);
    desk.quits(&floor.runtime);
}

#[test]
fn a_field_that_fix_does_not_know_closes_the_line_and_one_of_their_own_does_not() {
    let mut floor = Floor::plain();
    let desk = floor.trading();
    let id = desk.buys(100);
    desk.reaches(id, OrderState::Accepted, 0);
    let price = floor.acceptor.look()["orders"][0]["price"].as_str().unwrap().to_owned();
    floor.acceptor.ask(&json!({"do": "odd", "client": client(id), "tag": 7_001}));
    floor.acceptor.fill(&client(id), 10, &price);
    desk.reaches(id, OrderState::PartiallyFilled, 10);
    // It is rejected as often as it comes, and what comes behind it waits for it.
    floor.acceptor.ask(&json!({"do": "odd", "client": client(id), "tag": 4_999}));
    floor.acceptor.fill(&client(id), 20, &price);
    let frame = desk.until(|f| f.snapshot.gateway.line == LineState::Closed);
    assert!(frame.snapshot.gateway.refuses().is_some());
    let seen = floor.acceptor.look();
    assert!(seen["rejects"][0].as_str().unwrap().contains("4999"), "{seen}");
    one_to_one(&seen, &[id]);
    desk.quits(&floor.runtime);
}

#[test]
fn cash_and_shares_are_compared_where_the_counterparty_states_them() {
    let folder = Floor::plain();
    let probed = folder.runtime.block_on(probe(&folder.market, TOKEN)).unwrap();
    let start = probed.day(None).account.unwrap();
    let held =
        start.holdings.iter().map(|h| (h.symbol.as_str().to_owned(), json!([h.qty.units(), h.qty.units()])));
    let mut held: serde_json::Map<String, Value> = held.collect();
    // A security that is not of this day is left out of the comparison.
    held.insert("NOWHERE".to_owned(), json!([5, 5]));
    let cash = |paisa: i64| format!("{}.{:02}", paisa / 100, paisa % 100);
    drop(folder);
    let options = json!({"cash": cash(start.cash.paisa()), "holdings": held, "login": ["him", "secret"]});
    let mut floor = Floor::open(&options, "positions = true\ncash = true\nlogin = 'login'\n");
    let desk = floor.trading();
    let id = desk.buys(100);
    desk.reaches(id, OrderState::Accepted, 0);
    let seen = floor.acceptor.look();
    assert!(seen["positions"].as_u64() > Some(0) && seen["collateral"].as_u64() > Some(0), "{seen}");
    assert_eq!(seen["errors"], json!([]));
    // A rupee less: nothing new goes out before a person has accepted it.
    floor.acceptor.ask(&json!({"do": "cash", "amount": cash(start.cash.paisa() - 100)}));
    floor.acceptor.until_logon_after(&json!({"do": "cut"}));
    let frame = desk.until(|f| matches!(f.snapshot.gateway.agreement, Agreement::Differs { .. }));
    assert_eq!(frame.snapshot.gateway.agreement.differences().len(), 1);
    assert!(frame.snapshot.gateway.refuses().is_some());
    assert!(
        frame.snapshot.alerts.iter().any(|a| matches!(a.kind, AlertKind::BooksDiffer { differences: 1 }))
    );
    one_to_one(&floor.acceptor.look(), &[id]);
    desk.quits(&floor.runtime);
}

#[test]
fn who_is_not_known_there_sends_nothing() {
    let mut floor = Floor::open(&json!({"login": ["him", "another"]}), "login = 'login'\n");
    let desk = floor.desk();
    let why = |f: &Frame| f.status.connections[1].why.clone();
    desk.until(|f| why(f).is_some_and(|why| why == "logged out: who are you?"));
    let seen = floor.acceptor.wait(|seen| seen["logons"].as_u64() > Some(1));
    assert_eq!(
        (&seen["orders"], &seen["mass"], &seen["errors"]),
        (&json!([]), &json!(0), &json!([])),
        "{seen}"
    );
    assert!(desk.frame().unwrap().snapshot.gateway.refuses().is_some());
    desk.quits(&floor.runtime);
}

/// An authority, a certificate of it for this machine, and an authority that knows nothing of it. `None` with a line that
/// says so where there is no `openssl`.
fn certificates() -> Option<tempfile::TempDir> {
    if Process::new("openssl").arg("version").output().is_err() {
        println!("skipped: TLS: no openssl program");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        let output =
            Process::new("openssl").args(line.split(' ')).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["ours", "theirs"] {
        run(&format!("req -x509 {key} -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2"));
    }
    std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    run(&format!("req {key} -keyout broker.key -out broker.csr -subj /CN=broker"));
    run(
        "x509 -req -in broker.csr -CA ours.pem -CAkey ours.key -CAcreateserial -extfile names -days 2 -out broker.pem",
    );
    Some(folder)
}

#[test]
fn orders_go_over_tls_to_whoever_has_the_right_certificate() {
    let Some(certificates) = certificates() else { return };
    let path = |name: &str| certificates.path().join(name).display().to_string();
    let options = json!({"certificate": path("broker.pem"), "key": path("broker.key")});
    for (authority, right) in [("ours.pem", true), ("theirs.pem", false)] {
        let mut floor = Floor::open(&options, &format!("tls = true\nca = '{}'\n", path(authority)));
        if right {
            let desk = floor.trading();
            let id = desk.buys(100);
            desk.reaches(id, OrderState::Accepted, 0);
            let seen = floor.acceptor.look();
            assert_eq!(seen["tls"], "TLSv1.3", "{seen}");
            one_to_one(&seen, &[id]);
            desk.quits(&floor.runtime);
        } else {
            let desk = floor.desk();
            let why = |f: &Frame| f.status.connections[1].why.clone().unwrap_or_default();
            desk.until(|f| why(f).contains("invalid peer certificate"));
            let seen = floor.acceptor.wait(|seen| seen["tls_failed"].as_u64() > Some(0));
            assert_eq!(seen["logons"], 0, "{seen}");
            desk.quits(&floor.runtime);
        }
    }
}
