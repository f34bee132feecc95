//! A live session on loopback: how long an order takes to the venue and back, journal durable before it is sent, beside the
//! disk's own commit; and how many market messages a second are parsed, recorded and applied.
//!
//! `cargo bench --bench live`

#![allow(clippy::unwrap_used, reason = "a benchmark may stop at what it did not expect")]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use himal::console::{Frame, Mode, ShellRequest};
use himal::engine::{Command, GatewayKind, OperatorCommand, OperatorId};
use himal::execution::NewOrder;
use himal::feed::live::{FeedOut, FeedSession, VenueFeed};
use himal::gateway::venue::{VenueAccess, VenueGateway};
use himal::journal::SessionKind;
use himal::market::{BrokerId, InstrumentId, Price, Qty, Side, SourceId, Timestamp};
use himal::runtime::live::LiveCore;
use himal::runtime::live::board::LocalClock;
use himal::runtime::live::intake::{Intake, Item};
use himal::runtime::live::line_set::LineSet;
use himal::runtime::live::probe::probe;
use himal::runtime::live::recovery::{self, LiveKind};
use himal::runtime::live::session::{LiveSession, SessionSetup};
use himal::runtime::live::socket::Address;
use himal::runtime::replay::player::ToPlayer;
use himal::venue::flow::Scenario;
use himal::venue::server::{Hall, Seat, ServeOptions, VenueClock, serve};
use himal::wire::{MarketSaid, Said, ServerFrame};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

const TOKEN: &str = "a-token-of-the-bench";
const ORDERS: usize = 400;
const RATE: u64 = 200_000;
const SECONDS: u64 = 10;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let address = runtime.block_on(open_venue());
    round_trip(&runtime, &address);
    feed(&runtime, &address);
}

/// A venue at speed 1, on a port of its own.
async fn open_venue() -> Address {
    let scenario = Scenario::named("quiet").unwrap();
    let seat = Seat {
        token: TOKEN.to_owned(),
        account: himal::market::AccountId::new("07"),
        broker: BrokerId(58),
        start: scenario.account.clone(),
    };
    let hall = Hall::open(&scenario, scenario.seed, &[seat]).unwrap();
    let from = Timestamp::nepal(scenario.date, "11:30:00".parse().unwrap()).unwrap();
    let options = ServeOptions {
        clock: VenueClock::new(from, 1.0).unwrap(),
        heartbeat: Duration::from_secs(1),
        tls: None,
        most_connections: 8,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, hall, options, std::future::pending()));
    Address::parse(&url, None).unwrap()
}

const KIND: LiveKind = LiveKind { session: SessionKind::Live, gateway: GatewayKind::Remote };

/// Orders one after the other through a whole session; the time from the command to the venue's answer, by the session's own
/// stamps, the durable journal in it.
fn round_trip(runtime: &tokio::runtime::Runtime, address: &Address) {
    let folder = tempfile::tempdir().unwrap();
    let probed = runtime.block_on(probe(address, TOKEN)).unwrap();
    let begun =
        recovery::begin(&folder.path().join("bench.journal"), probed.day(None), KIND, "BENCH").unwrap();
    let (day, tag) = (begun.day.clone(), begun.tag.clone());
    let core = LiveCore::new(begun.sequencer);
    let account = core.state().accounts().keys().next().unwrap().clone();
    let (mut lines, stop) = LineSet::new(LocalClock::start());
    let intake = Arc::clone(&lines.shared.intake);
    let session = VenueFeed::new(SourceId(1), TOKEN, day.instruments.clone(), day.date);
    lines.feed(runtime.handle(), Box::new(session), address.clone().into());
    let access = VenueAccess {
        token: TOKEN.to_owned(),
        tag,
        account: account.clone(),
        date: day.date,
        universe: day.instruments,
        reports: 0,
    };
    let outlet = lines.venue(runtime.handle(), Box::new(VenueGateway::new(access)), address.clone());
    let (publish, frames) = watch::channel(None);
    let setup = SessionSetup {
        core,
        lines,
        outlet,
        gateway: "venue".to_owned(),
        mode: Mode::Sim,
        account: Some(account.clone()),
        operator: OperatorId::new("bench"),
        notes: Vec::new(),
    };
    let thread = std::thread::spawn(move || LiveSession::new(setup, publish).run().unwrap());
    let frame = || frames.borrow().clone();
    wait_for(|| frame().is_some_and(|f: Frame| f.snapshot.gateway.refuses().is_none()));
    wait_for(|| frame().is_some_and(|f: Frame| f.snapshot.data_refusal().is_none()));
    let first = frame().unwrap();
    let view = first.snapshot.instrument(InstrumentId(0)).unwrap();
    let (low, _) = view.order_band.unwrap();
    for _ in 0..ORDERS {
        let order = NewOrder {
            account: account.clone(),
            instrument: InstrumentId(0),
            side: Side::Buy,
            qty: Qty::from_units(10),
            limit: low,
        };
        let by = OperatorId::new("bench");
        let command = OperatorCommand { by, command: Command::SubmitOrder(order) };
        intake.push(Item::Desk(ToPlayer::Command(command)));
        std::thread::sleep(Duration::from_millis(10));
    }
    let answered = |f: &Frame| f.snapshot.orders.iter().filter(|o| o.answered_at.is_some()).count();
    wait_for(|| frame().is_some_and(|f: Frame| answered(&f) == ORDERS));
    let last = frame().unwrap();
    assert_eq!(last.snapshot.orders.len(), ORDERS);
    let mut took: Vec<i64> =
        last.snapshot.orders.iter().map(|o| o.answered_at.unwrap().since_ns(o.asked_at)).collect();
    intake.push(Item::Desk(ToPlayer::Shell(ShellRequest::Quit)));
    thread.join().unwrap();
    stop.send(true).unwrap();
    let mut commits = commits(folder.path());
    println!(
        "{{\"bench\":\"order_round_trip\",\"orders\":{ORDERS},\"p50_us\":{},\"p99_us\":{},\"commit_p50_us\":{},\"commit_p99_us\":{}}}",
        part(&mut took, 50) / 1_000,
        part(&mut took, 99) / 1_000,
        part(&mut commits, 50) / 1_000,
        part(&mut commits, 99) / 1_000
    );
}

/// What the disk takes for a record of the size of a command: a write and a flush.
fn commits(folder: &Path) -> Vec<i64> {
    let mut file = std::fs::File::create(folder.join("commits")).unwrap();
    (0..ORDERS)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            let begun = Instant::now();
            file.write_all(&[b'x'; 300]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed().as_nanos() as i64
        })
        .collect()
}

fn part(values: &mut [i64], percent: usize) -> i64 {
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

fn wait_for(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited a minute for nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Market messages over a socket at a steady rate, parsed, recorded and applied; what waits and what is left out.
fn feed(runtime: &tokio::runtime::Runtime, address: &Address) {
    let folder = tempfile::tempdir().unwrap();
    let probed = runtime.block_on(probe(address, TOKEN)).unwrap();
    let journal = folder.path().join("feed.journal");
    let begun = recovery::begin(&journal, probed.day(None), KIND, "BENCH").unwrap();
    let day = begun.day.clone();
    let mut core = LiveCore::new(begun.sequencer);
    let (intake, clock) = (Arc::new(Intake::default()), LocalClock::start());
    let banner = ServerFrame::Welcome(probed.banner.clone()).text();
    let picture = ServerFrame::Snapshot(probed.picture.clone());
    let (seq, securities) = (probed.picture.seq, probed.picture.securities.clone());
    let port = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            flood(stream, banner, picture.text(), seq, securities, clock).await;
        });
        port
    });
    // The reader of the socket has a thread of its own, as in a session.
    let (to, universe, date) = (Arc::clone(&intake), day.instruments.clone(), day.date);
    runtime.spawn(async move {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (mut socket, _) = tokio_tungstenite::client_async("ws://bench/", stream).await.unwrap();
        let mut session = VenueFeed::new(SourceId(1), TOKEN, universe, date);
        let mut out = FeedOut::default();
        session.opened(clock.now(), &mut out);
        loop {
            for frame in out.send.drain(..) {
                socket.send(Message::text(frame)).await.unwrap();
            }
            if to.market(out.events.drain(..)) {
                while !to.has_room() {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            match socket.next().await {
                Some(Ok(Message::Text(text))) => session.heard(clock.now(), text.as_str(), &mut out),
                Some(Ok(_)) => {}
                _ => break,
            }
        }
    });
    core.set_clock(himal::feed::live::SourceClock {
        here: clock.now(),
        there: probed.banner.at,
        speed_milli: 1_000,
    });
    let (mut applied, mut latencies, mut longest) = (0_u64, Vec::new(), 0);
    let mut memory = Vec::new();
    let begun = Instant::now();
    while applied < RATE * SECONDS * 99 / 100 && begun.elapsed() < Duration::from_secs(SECONDS * 3) {
        let items = intake.take(Duration::from_millis(50));
        longest = longest.max(items.len());
        for item in items {
            let Item::Market(event) = item else { continue };
            let now = clock.now();
            if applied.is_multiple_of(64) {
                latencies.push(now.since_ns(event.at));
            }
            core.market(now, event).unwrap();
            applied += 1;
        }
        core.settle().unwrap();
        if memory.len() < begun.elapsed().as_secs() as usize {
            memory.push(himal::runtime::resident::memory_in_use().unwrap_or_default());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    // The picture at the start is stamped by the venue's day.
    latencies.retain(|ns| (0..60_000_000_000).contains(ns));
    let half = latencies.len() / 2;
    let (early, late) = latencies.split_at_mut(half);
    println!(
        "{{\"bench\":\"live_feed\",\"wanted_per_s\":{RATE},\"applied\":{applied},\"per_s\":{:.0},\"left_out\":{},\"longest_queue\":{longest},\"p50_us\":{},\"p99_us\":{},\"p99_us_first_half\":{},\"memory_mb\":{:?}}}",
        applied as f64 / seconds,
        intake.conflated(),
        part(late, 50) / 1_000,
        part(late, 99) / 1_000,
        part(early, 99) / 1_000,
        memory.iter().map(|bytes| bytes >> 20).collect::<Vec<_>>()
    );
}

/// Says what a venue says, at the rate, in frames of five milliseconds.
async fn flood(
    stream: TcpStream,
    banner: String,
    picture: String,
    mut seq: u64,
    securities: Vec<himal::wire::SecurityPicture>,
    clock: LocalClock,
) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    socket.next().await.unwrap().unwrap();
    socket.send(Message::text(banner)).await.unwrap();
    socket.next().await.unwrap().unwrap();
    socket.send(Message::text(picture)).await.unwrap();
    let begun = Instant::now();
    let mut sent = 0_u64;
    while sent < RATE * SECONDS {
        let due = (begun.elapsed().as_millis() as u64 * RATE / 1_000).min(RATE * SECONDS);
        while sent < due {
            let count = (due - sent).min(1_000);
            let events = (0..count).map(|n| level(&mut seq, sent + n, &securities, clock.now())).collect();
            socket.feed(Message::text(ServerFrame::Events { events }.text())).await.unwrap();
            sent += count;
        }
        socket.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::future::pending::<()>().await;
}

fn level(seq: &mut u64, n: u64, securities: &[himal::wire::SecurityPicture], at: Timestamp) -> Said {
    *seq += 1;
    let security = &securities[(n % securities.len() as u64) as usize];
    let step = (n / 7 % 5 + 1) as i64 * security.tick.units();
    let (side, price) = if n.is_multiple_of(2) {
        (Side::Buy, security.previous_close.units() - step)
    } else {
        (Side::Sell, security.previous_close.units() + step)
    };
    let what = MarketSaid::Level {
        symbol: security.symbol.clone(),
        side,
        price: Price::from_units(price),
        qty: Qty::from_units((n % 900 + 10) as i64),
        orders: 1,
    };
    Said { seq: *seq, at, last: true, what }
}
