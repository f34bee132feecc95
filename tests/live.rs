//! The session of `himal live` over real sockets: behind a line that does what bad lines do, and with a feed that fails
//! while another stands by.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::live::{Session, TAG};
use common::proxy::{Fault, Proxy, Rates};
use futures_util::{SinkExt, StreamExt};
use himal::console::{ConnectionUse, Frame};
use himal::engine::Command;
use himal::execution::{ClientOrderId, NewOrder, OrderState};
use himal::feed::day::StartingAccount;
use himal::market::{AccountId, BrokerId, Money, Price, Qty, Side, Symbol, Timestamp};
use himal::venue::flow::Scenario;
use himal::venue::server::{Hall, Seat, ServeOptions, VenueClock, serve};
use himal::wire::{ClientFrame, MarketSaid, OrderPicture, ServerFrame, VERSION};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

const TOKEN: &str = "a-token-of-the-desk";
const WITNESS: &str = "a-token-of-the-witness";

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A venue in the middle of an opening surge, for as long as the runtime lives.
fn venue(runtime: &Runtime, speed: f64) -> SocketAddr {
    let scenario = Scenario::named("opening-surge").unwrap();
    let seat = |token: &str, account: &str| Seat {
        token: token.to_owned(),
        account: AccountId::new(account),
        broker: BrokerId(58),
        start: StartingAccount { cash: Money::from_rupees(100_000_000).unwrap(), holdings: Vec::new() },
    };
    let seats = [seat(TOKEN, "07"), seat(WITNESS, "08")];
    let mut hall = Hall::open(&scenario, scenario.seed, &seats).unwrap();
    let start = Timestamp::nepal(scenario.date, "11:05:00".parse().unwrap()).unwrap();
    hall.run_until(start);
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions {
            clock: VenueClock::new(start, speed).unwrap(),
            heartbeat: Duration::from_millis(100),
            tls: None,
            most_connections: 16,
        };
        tokio::spawn(serve(listener, hall, options, std::future::pending()));
        address
    })
}

type Levels = [Vec<(Price, Qty, u32)>; 2];

/// Every book that a security has had, as a client on a good line saw it.
type Truth = Arc<Mutex<BTreeMap<Symbol, BTreeSet<Levels>>>>;

async fn greet(address: SocketAddr, token: &str, ask: ClientFrame) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut socket = client_async(format!("ws://{address}/"), stream).await.unwrap().0;
    for frame in [ClientFrame::Hello { version: VERSION, token: token.to_owned() }, ask] {
        socket.send(Message::text(frame.text())).await.unwrap();
    }
    socket
}

/// Watches the market on a good line.
async fn witness(address: SocketAddr, truth: Truth) {
    let mut socket = greet(address, WITNESS, ClientFrame::Subscribe {}).await;
    let mut books: BTreeMap<Symbol, Levels> = BTreeMap::new();
    let note = |symbol: &Symbol, levels: &Levels| {
        truth.lock().unwrap().entry(symbol.clone()).or_default().insert(levels.clone());
    };
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        match ServerFrame::parse(text.as_str()).unwrap() {
            ServerFrame::Snapshot(picture) => {
                for s in picture.securities {
                    books.insert(s.symbol.clone(), [s.bids, s.asks]);
                    note(&s.symbol, &books[&s.symbol]);
                }
            }
            ServerFrame::Events { events } => {
                for said in events {
                    match said.what {
                        MarketSaid::Level { symbol, side, price, qty, orders } => {
                            let book = books.get_mut(&symbol).unwrap();
                            set(book, side, (price, qty, orders));
                            note(&symbol, book);
                        }
                        MarketSaid::Clear { symbol } => {
                            books.insert(symbol.clone(), Levels::default());
                            note(&symbol, &Levels::default());
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// A level becomes so, or goes; best first.
fn set(book: &mut Levels, side: Side, level: (Price, Qty, u32)) {
    let levels = &mut book[usize::from(side == Side::Sell)];
    levels.retain(|(price, ..)| *price != level.0);
    if level.1.is_positive() {
        levels.push(level);
    }
    levels.sort_by_key(|(price, ..)| if side == Side::Buy { -price.units() } else { price.units() });
}

/// How many books of a picture are as the exchange had them; stops at one that never was.
fn books_are_true(frame: &Frame, truth: &Truth) -> u64 {
    if frame.snapshot.data_refusal().is_some() {
        return 0;
    }
    let mut compared = 0;
    for view in &frame.snapshot.instruments {
        let Some(book) = &view.book else { continue };
        let side =
            |levels: &[himal::market::Level]| levels.iter().map(|l| (l.price, l.qty, l.orders)).collect();
        let shown: Levels = [side(&book.bids), side(&book.asks)];
        // What the desk is shown may be on its way to the witness still.
        let seen = (0..200).any(|turn| {
            if turn > 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
            truth.lock().unwrap().get(&view.symbol).is_some_and(|books| books.contains(&shown))
        });
        assert!(seen, "{} never was {shown:?}", view.symbol);
        compared += 1;
    }
    compared
}

/// Sends an order that rests or trades, and takes back the one before.
fn trade(session: &Session, frame: &Frame, turn: usize) {
    let snapshot = &frame.snapshot;
    if !Session::ready(frame) {
        return;
    }
    let working = |o: &&Arc<himal::execution::Order>| o.state.is_open() && o.pending.is_none();
    if let Some(order) = snapshot.orders.iter().rev().find(working).filter(|_| turn.is_multiple_of(3)) {
        session.command(Command::CancelOrder { id: order.id });
    }
    let view = &snapshot.instruments[turn % snapshot.instruments.len()];
    let Some(book) = &view.book else { return };
    let price = if turn.is_multiple_of(2) { book.asks.first() } else { book.bids.first() };
    let Some(limit) = price.map(|level| level.price) else { return };
    session.command(Command::SubmitOrder(NewOrder {
        account: session.account.clone(),
        instrument: view.id,
        side: Side::Buy,
        qty: Qty::from_units(10),
        limit,
    }));
}

/// The desk's orders as the venue has them.
fn at_venue(runtime: &Runtime, address: SocketAddr) -> Vec<OrderPicture> {
    runtime.block_on(async {
        let mut socket = greet(address, TOKEN, ClientFrame::Orders {}).await;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            if let ServerFrame::Orders { orders, .. } = ServerFrame::parse(text.as_str()).unwrap() {
                return orders;
            }
        }
        panic!("a good line ended")
    })
}

#[test]
fn behind_a_bad_line_no_book_is_wrong_and_every_order_is_at_the_venue_once() {
    let rates = Rates {
        drop: 60,
        delay: 100,
        duplicate: 60,
        reorder: 60,
        truncate: 40,
        corrupt: 40,
        delay_ms: 5,
        spared: 0,
        to_venue: true,
        to_client: true,
    };
    let runtime = runtime();
    let address = venue(&runtime, 5.0);
    let truth = Truth::default();
    runtime.spawn(witness(address, Arc::clone(&truth)));
    let feed = Proxy::start("127.0.0.1:0", address, 11, rates).unwrap();
    let orders = Proxy::start("127.0.0.1:0", address, 12, rates).unwrap();
    let session = Session::begin(&runtime, address, &[feed.address()], orders.address(), TOKEN);
    let (mut turn, mut compared) = (0, 0);
    session.until("faults of every kind, and enough orders", |frame| {
        turn += 1;
        compared += books_are_true(frame, &truth);
        trade(&session, frame, turn);
        // The cable is pulled as well, now one and now the other.
        if turn.is_multiple_of(800) {
            let cable = if turn.is_multiple_of(1_600) { &feed } else { &orders };
            cable.cut();
            cable.restore();
        }
        let there = frame.snapshot.orders.iter().filter(|o| o.venue_id.is_some()).count();
        let faults = (feed.counts(), orders.counts());
        there >= 15 && faults.1.total() >= 8 && Fault::ALL.iter().all(|f| faults.0.of(*f) >= 2)
    });
    for line in [&feed, &orders] {
        line.set_rates(Rates::default());
        // What was held back ends with its connection.
        line.cut();
        line.restore();
    }
    // On a good line again: nothing is left open, nothing unknown, and the books have been compared.
    let mut agreed_before = None;
    let last = session.until("agreement", |frame| {
        compared += books_are_true(frame, &truth);
        let open = |o: &&Arc<himal::execution::Order>| o.state.is_open();
        for order in frame.snapshot.orders.iter().filter(open) {
            if order.pending.is_none() && order.state != OrderState::Unknown && Session::ready(frame) {
                session.command(Command::CancelOrder { id: order.id });
            }
        }
        let done = Session::ready(frame) && !frame.snapshot.orders.iter().any(|o| o.state.is_open());
        // Once more a while later: nothing may come back.
        let since = if done { Some(agreed_before.unwrap_or(frame.snapshot.now)) } else { None };
        agreed_before = since;
        since.is_some_and(|since| frame.snapshot.now.since_ns(since) > 2_000_000_000)
    });
    let counts = (feed.counts(), orders.counts());
    assert!(compared > 200, "{compared} books compared");
    assert!(counts.0.connections > 1 && counts.1.connections > 1, "{counts:?}");
    let theirs = at_venue(&runtime, address);
    let theirs: BTreeMap<String, &OrderPicture> =
        theirs.iter().map(|o| (o.client_id.0.to_string(), o)).collect();
    let id = |id: ClientOrderId| format!("{TAG}-{}", id.0);
    let mut there = 0;
    for order in last.snapshot.orders.iter().filter(|o| o.state.has_left()) {
        match theirs.get(&id(order.id)) {
            Some(stated) => {
                assert_eq!(stated.filled, order.filled, "{order:?}");
                there += 1;
            }
            // It never arrived, and that is what the desk was told.
            None => assert_eq!(order.state, OrderState::Rejected, "{order:?}"),
        }
    }
    assert_eq!(there, theirs.len(), "an order at the venue that the journal does not have");
    assert!(there >= 15, "{there} orders of {}", last.snapshot.orders.len());
    assert_eq!(last.snapshot.counters.incidents, 0);
    session.quit();
}

#[test]
fn when_a_feed_fails_the_other_takes_over_and_orders_go_on() {
    let runtime = runtime();
    let address = venue(&runtime, 1.0);
    let truth = Truth::default();
    runtime.spawn(witness(address, Arc::clone(&truth)));
    let line = |seed| Proxy::start("127.0.0.1:0", address, seed, Rates::default()).unwrap();
    let (first, second) = (line(1), line(2));
    let feeds = [first.address(), second.address()];
    let session = Session::begin(&runtime, address, &feeds, address, TOKEN);
    let used = |frame: &Frame| {
        let feeds = frame.status.connections.iter().filter(|c| c.used_for != ConnectionUse::Gateway);
        feeds.map(|c| (c.used_for == ConnectionUse::Feed, c.state.is_live())).collect::<Vec<_>>()
    };
    session.until("both feeds", |f| Session::ready(f) && used(f) == [(true, true), (false, true)]);
    first.cut();
    let frame = session
        .until("the second to take over", |f| Session::ready(f) && used(f) == [(false, false), (true, true)]);
    assert!(frame.status.notes.iter().any(|note| note.contains("takes over")), "{:?}", frame.status.notes);
    books_are_true(&frame, &truth);
    let open = |f: &Frame| f.snapshot.orders.iter().filter(|o| o.state.has_left()).count();
    trade(&session, &frame, 1);
    session.until("an order", |f| open(f) == 1);
    // The first is back, and stands by; then the second goes.
    first.restore();
    session.until("the first to stand by", |f| used(f) == [(false, true), (true, true)]);
    second.cut();
    let frame =
        session.until("the first again", |f| Session::ready(f) && used(f) == [(true, true), (false, false)]);
    books_are_true(&frame, &truth);
    // Neither: nothing new is taken, and the screen says so.
    first.cut();
    session.until("no market data", |f| f.snapshot.data_refusal().is_some());
    first.restore();
    session.until("market data again", Session::ready);
    session.quit();
}
