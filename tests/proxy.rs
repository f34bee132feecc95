//! The bad line of `common/proxy.rs` between the venue and a client that checks every number: no fault makes a wrong
//! book look good, no order is sent twice, no fill is counted twice or lost.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::proxy::{Fault, Proxy, Rates};
use futures_util::{SinkExt, StreamExt};
use himal::feed::day::StartingAccount;
use himal::market::{AccountId, BrokerId, Money, Price, Qty, Side, Symbol, Timestamp};
use himal::venue::flow::Scenario;
use himal::venue::server::{Hall, Seat, ServeOptions, ServeStats, VenueClock, serve};
use himal::wire::{
    ClientFrame, ClientId, Market, MarketSaid, OrderEvent, Said, ServerFrame, SnapshotPicture, VERSION,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

const TOKEN: &str = "a-token-of-the-desk";

/// Nothing here takes this long; it ends a test that hangs.
const HANGS: Duration = Duration::from_secs(120);

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<ServeStats>>,
}

/// An opening surge at ten times its speed, which is loud.
async fn served() -> Served {
    let scenario = Scenario::named("opening-surge").unwrap();
    let seat = |token: &str, account: &str| Seat {
        token: token.to_owned(),
        account: AccountId::new(account),
        broker: BrokerId(58),
        start: StartingAccount { cash: Money::from_rupees(100_000_000).unwrap(), holdings: Vec::new() },
    };
    let seats = [seat(TOKEN, "07"), seat("a-token-of-the-witness", "08")];
    let mut hall = Hall::open(&scenario, scenario.seed, &seats).unwrap();
    let start = Timestamp::nepal(scenario.date, "11:05:00".parse().unwrap()).unwrap();
    hall.run_until(start);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let options = ServeOptions {
        clock: VenueClock::new(start, 10.0).unwrap(),
        heartbeat: Duration::from_millis(100),
        tls: None,
        most_connections: 8,
    };
    let done = tokio::spawn(serve(listener, hall, options, async {
        let _ = stopped.await;
    }));
    Served { address, stop, done }
}

type Levels = BTreeMap<(Symbol, bool, Price), (Qty, u32)>;

/// The market as a client holds it, or nothing if it knows that it does not know.
#[derive(Default)]
struct Book {
    seq: u64,
    good: bool,
    levels: Levels,
}

impl Book {
    fn picture(&mut self, picture: &SnapshotPicture) {
        *self = Self { seq: picture.seq, good: true, levels: Levels::new() };
        for s in &picture.securities {
            for (buy, levels) in [(true, &s.bids), (false, &s.asks)] {
                self.levels.extend(levels.iter().map(|(p, q, n)| ((s.symbol.clone(), buy, *p), (*q, *n))));
            }
        }
    }

    /// Takes what was said; a gap makes the book unknown.
    fn take(&mut self, said: &Said) {
        if !self.good || said.seq <= self.seq {
            return;
        }
        self.good = said.seq == self.seq + 1;
        self.seq = said.seq;
        match &said.what {
            MarketSaid::Level { symbol, side, price, qty, orders } => {
                let at = (symbol.clone(), *side == Side::Buy, *price);
                if qty.is_positive() {
                    self.levels.insert(at, (*qty, *orders));
                } else {
                    self.levels.remove(&at);
                }
            }
            MarketSaid::Clear { symbol } => self.levels.retain(|(s, ..), _| s != symbol),
            _ => {}
        }
    }
}

/// The levels of the market after each number at which a batch ended, as one word.
type Truth = Arc<Mutex<BTreeMap<u64, u64>>>;

fn word(levels: &Levels) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    levels.hash(&mut hasher);
    hasher.finish()
}

type Socket = WebSocketStream<TcpStream>;

async fn connect(address: SocketAddr) -> Option<Socket> {
    let stream = TcpStream::connect(address).await.ok()?;
    client_async(format!("ws://{address}/"), stream).await.ok().map(|(socket, _)| socket)
}

async fn say(socket: &mut Socket, frame: &ClientFrame) -> bool {
    socket.send(Message::text(frame.text())).await.is_ok()
}

/// A client without a bad line, which knows what is true.
async fn witness(address: SocketAddr, truth: Truth) {
    let mut socket = connect(address).await.unwrap();
    let token = "a-token-of-the-witness".to_owned();
    say(&mut socket, &ClientFrame::Hello { version: VERSION, token }).await;
    say(&mut socket, &ClientFrame::Subscribe {}).await;
    let mut book = Book::default();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        match ServerFrame::parse(text.as_str()).unwrap() {
            ServerFrame::Snapshot(picture) => {
                book.picture(&picture);
                truth.lock().unwrap().insert(book.seq, word(&book.levels));
            }
            ServerFrame::Events { events } => {
                for said in &events {
                    book.take(said);
                    assert!(book.good, "the witness missed {}", said.seq);
                    if said.last {
                        truth.lock().unwrap().insert(book.seq, word(&book.levels));
                    }
                }
            }
            _ => {}
        }
    }
}

/// What a desk behind the bad line knows.
#[derive(Default)]
struct Desk {
    book: Book,
    /// What it took for the market, by number.
    shown: BTreeMap<u64, u64>,
    /// The last report, without a gap.
    report: u64,
    sent: BTreeSet<ClientId>,
    /// Orders of which something was heard.
    heard: BTreeSet<ClientId>,
    filled: BTreeMap<ClientId, i64>,
    /// How it noticed that something was wrong, and how often.
    noticed: BTreeMap<&'static str, u64>,
    /// The answer to the last time it asked for its orders: the last report that it includes, and each with its fills.
    orders: Option<(u64, Vec<(ClientId, i64)>)>,
}

enum Next {
    /// All is well.
    On,
    /// A number is missing: ask again.
    Resync,
    /// The line is not to be trusted.
    Reconnect,
}

impl Desk {
    fn notice(&mut self, what: &'static str) {
        *self.noticed.entry(what).or_default() += 1;
    }

    fn on_text(&mut self, text: &str) -> Next {
        let Ok(frame) = ServerFrame::parse(text) else {
            self.notice("not a frame");
            return Next::Reconnect;
        };
        match frame {
            ServerFrame::Snapshot(picture) => {
                // One from before a newer one was asked for shows an older market, never a wrong one.
                self.book.picture(&picture);
                self.show();
            }
            ServerFrame::Events { events } => {
                let knew = self.book.good;
                for said in &events {
                    self.book.take(said);
                    if said.last && self.book.good {
                        self.show();
                    }
                }
                if knew && !self.book.good {
                    self.notice("a gap in the market");
                    return Next::Resync;
                }
            }
            ServerFrame::Heartbeat { seq, .. } if self.book.good && seq > self.book.seq => {
                self.book.good = false;
                self.notice("a heartbeat ahead of the market");
                return Next::Resync;
            }
            ServerFrame::Heartbeat { .. } if !self.book.good => return Next::Resync,
            ServerFrame::Report { no, client_id, event, .. } => {
                if no <= self.report {
                    self.notice("a report twice");
                } else if no > self.report + 1 {
                    self.notice("a gap in the reports");
                    return Next::Resync;
                } else {
                    self.report = no;
                    self.heard.insert(client_id.clone());
                    if let OrderEvent::Filled { qty, filled, .. } = event {
                        let so_far = self.filled.entry(client_id).or_default();
                        *so_far += qty.units();
                        assert_eq!(*so_far, filled.units(), "a fill was lost or counted twice");
                    }
                }
            }
            ServerFrame::Orders { reports, orders } => {
                let fills = orders.into_iter().map(|o| (o.client_id, o.filled.units())).collect();
                self.orders = Some((reports, fills));
            }
            ServerFrame::Error { .. } => self.notice("the venue could not read a frame"),
            _ => {}
        }
        Next::On
    }

    fn show(&mut self) {
        self.shown.insert(self.book.seq, word(&self.book.levels));
    }

    /// Greets and asks for what is missing; `false` if the line fails meanwhile.
    async fn greet(&mut self, socket: &mut Socket) -> bool {
        self.book.good = false;
        say(socket, &ClientFrame::Hello { version: VERSION, token: TOKEN.to_owned() }).await
            && self.ask_again(socket).await
    }

    async fn ask_again(&mut self, socket: &mut Socket) -> bool {
        say(socket, &ClientFrame::Resend { after: self.report }).await
            && (self.book.good || say(socket, &ClientFrame::Subscribe {}).await)
    }

    /// Sends an order, once and for all, and a cancel of the one before.
    async fn trade(&mut self, socket: &mut Socket) {
        let best = self.book.levels.iter().filter(|((_, buy, _), _)| !buy);
        let pick = best.cycle().nth(self.sent.len() % 50);
        let Some(((symbol, _, price), _)) = pick.filter(|_| self.book.good) else { return };
        let client_id = ClientId::new(&format!("d{}", self.sent.len()));
        let frame = ClientFrame::New {
            client_id: client_id.clone(),
            symbol: symbol.clone(),
            side: Side::Buy,
            qty: Qty::from_units(10),
            limit: *price,
            market: Market::Board,
        };
        if let Some(before) = self.sent.last().cloned() {
            say(socket, &ClientFrame::Cancel { client_id: before }).await;
        }
        self.sent.insert(client_id);
        say(socket, &frame).await;
    }

    /// Trades until `enough`, through whatever happens to the line.
    async fn work(&mut self, address: SocketAddr, mut enough: impl FnMut(&Self) -> bool) {
        'line: while !enough(self) {
            let Some(mut socket) = connect(address).await else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            if !self.greet(&mut socket).await {
                continue;
            }
            let mut pace = tokio::time::interval(Duration::from_millis(2));
            loop {
                if enough(self) {
                    return;
                }
                tokio::select! {
                    _ = pace.tick() => self.trade(&mut socket).await,
                    // Silence of many heartbeats: a greeting that was lost is answered by nothing.
                    heard = tokio::time::timeout(Duration::from_secs(2), socket.next()) => match heard {
                        Ok(Some(Ok(Message::Text(text)))) => match self.on_text(text.as_str()) {
                            Next::On => {}
                            Next::Resync => {
                                if !self.ask_again(&mut socket).await {
                                    continue 'line;
                                }
                            }
                            Next::Reconnect => continue 'line,
                        },
                        Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                        Ok(_) => {
                            self.notice("the connection ended");
                            continue 'line;
                        }
                        Err(_) => {
                            self.notice("silence");
                            continue 'line;
                        }
                    },
                }
            }
        }
    }

    /// On a good line again: takes back what rests, asks for everything and compares.
    async fn agrees(&mut self, address: SocketAddr) {
        let mut socket = connect(address).await.unwrap();
        assert!(self.greet(&mut socket).await);
        self.orders = None;
        say(&mut socket, &ClientFrame::CancelMany { symbol: None, side: None }).await;
        say(&mut socket, &ClientFrame::Orders {}).await;
        // Until the answer, the market and every report up to the answer are there, and none is newer than it.
        loop {
            let Some(Ok(message)) = socket.next().await else { panic!("a good line ended") };
            let Message::Text(text) = message else { continue };
            match self.on_text(text.as_str()) {
                Next::On => {}
                // A report may overtake the answer to what was asked for again.
                Next::Resync => assert!(self.ask_again(&mut socket).await),
                Next::Reconnect => panic!("{text}"),
            }
            match &self.orders {
                Some((reports, _)) if *reports == self.report && self.book.good => break,
                Some((reports, _)) if *reports < self.report => {
                    self.orders = None;
                    say(&mut socket, &ClientFrame::Orders {}).await;
                }
                _ => {}
            }
        }
        let theirs: BTreeMap<ClientId, i64> = self.orders.take().unwrap().1.into_iter().collect();
        for (id, filled) in &theirs {
            assert!(self.sent.contains(id), "{id} was never sent");
            assert!(self.heard.contains(id), "{id} is at the venue and nothing was heard of it");
            assert_eq!(self.filled.get(id).copied().unwrap_or(0), *filled, "{id}");
        }
        assert!(self.filled.keys().all(|id| theirs.contains_key(id)));
    }
}

/// Works behind a bad line until each way had `least` faults or, with another limit, until it is reached.
fn behind(rates: Rates, seed: u64, least: u64) -> (Desk, Proxy, ServeStats) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let venue = served().await;
        let truth = Truth::default();
        let witness = tokio::spawn(witness(venue.address, Arc::clone(&truth)));
        let proxy = Proxy::start("127.0.0.1:0", venue.address, seed, rates).unwrap();
        let mut desk = Desk::default();
        let work = async {
            desk.work(proxy.address(), |_| proxy.counts().total() >= least).await;
            proxy.set_rates(Rates::default());
            // What was held back or is being delayed ends with its connection.
            proxy.cut();
            proxy.restore();
            desk.agrees(proxy.address()).await;
        };
        tokio::time::timeout(HANGS, work).await.expect("the client comes through");
        venue.stop.send(()).unwrap();
        let stats = venue.done.await.unwrap().unwrap();
        witness.await.unwrap();
        let truth = truth.lock().unwrap();
        let mut compared = 0;
        for (seq, shown) in &desk.shown {
            let Some(was) = truth.get(seq) else { continue };
            assert_eq!(shown, was, "a wrong book was shown as good after number {seq}");
            compared += 1;
        }
        assert!(compared > 50, "{compared} pictures of {} compared", desk.shown.len());
        (desk, proxy, stats)
    })
}

#[test]
fn each_fault_is_noticed_or_harmless() {
    // How a fault may be noticed; which of these ways it is depends on what it hits.
    for (fault, how) in [
        (
            Fault::Drop,
            &["a gap in the market", "a heartbeat ahead of the market", "a gap in the reports"][..],
        ),
        (Fault::Delay, &[]),
        (Fault::Duplicate, &["a report twice"]),
        (Fault::Reorder, &["a gap in the market", "a gap in the reports"]),
        (Fault::Truncate, &["not a frame", "the venue could not read a frame"]),
        (Fault::Corrupt, &["the connection ended"]),
    ] {
        let (desk, proxy, stats) = behind(Rates { spared: 1, ..Rates::only(fault, 300) }, 7, 40);
        let counts = proxy.counts();
        assert_eq!(counts.total(), counts.of(fault), "{fault:?}: {counts:?}");
        if how.is_empty() {
            assert!(desk.noticed.is_empty(), "{fault:?}: {:?}", desk.noticed);
        } else {
            let noticed = how.iter().any(|word| desk.noticed.contains_key(word));
            assert!(noticed, "{fault:?}: {:?}", desk.noticed);
        }
        // What a bad line does to requests, the venue counts.
        let counted = match fault {
            Fault::Truncate => stats.bad_frames,
            Fault::Corrupt => stats.rules_broken,
            _ => continue,
        };
        assert!(counted > 0, "{fault:?}: {stats:?}");
    }
}

#[test]
fn all_faults_at_once_and_a_line_that_is_cut() {
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
    for seed in 1..=3 {
        let (desk, proxy, _) = behind(rates, seed, 80);
        let counts = proxy.counts();
        assert!(Fault::ALL.iter().all(|f| counts.of(*f) > 0), "{counts:?}");
        assert!(counts.connections > 1 && !desk.filled.is_empty(), "{counts:?}");
    }
}

#[test]
fn a_cut_line_takes_nobody_until_it_is_restored() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let venue = served().await;
        let proxy = Proxy::start("127.0.0.1:0", venue.address, 1, Rates::default()).unwrap();
        let mut desk = Desk::default();
        let mut socket = connect(proxy.address()).await.unwrap();
        assert!(desk.greet(&mut socket).await);
        while !desk.book.good {
            let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("it ended") };
            desk.on_text(text.as_str());
        }
        proxy.cut();
        let ended = async { while let Some(Ok(_)) = socket.next().await {} };
        tokio::time::timeout(HANGS, ended).await.expect("the connection ends");
        assert!(connect(proxy.address()).await.is_none());
        proxy.restore();
        desk.agrees(proxy.address()).await;
        assert_eq!(proxy.counts().connections, 2);
        assert_eq!(proxy.counts().total(), 0);
        venue.stop.send(()).unwrap();
        venue.done.await.unwrap().unwrap();
    });
}
