//! The hall by itself, and the server over real sockets.

mod bad_input;
mod tls;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::*;
use crate::feed::day::StartingAccount;
use crate::market::{
    AccountId, BrokerId, LevelUpdate, Money, OrderBook, Price, Qty, Side, Symbol, Tick, Timestamp,
};
use crate::venue::flow::Scenario;
use crate::wire::{
    ClientFrame, ClientId, Market, MarketSaid, OrderEvent, Reject, Said, ServerFrame, SnapshotPicture,
    Standing, VERSION,
};

const TOKEN: &str = "a-token-of-the-desk";

fn seat(token: &str, account: &str) -> Seat {
    let start = StartingAccount { cash: Money::from_rupees(10_000_000).unwrap(), holdings: Vec::new() };
    Seat { token: token.to_owned(), account: AccountId::new(account), broker: BrokerId(58), start }
}

fn hall(scenario: &str) -> Hall {
    let scenario = Scenario::named(scenario).unwrap();
    let seats = [seat(TOKEN, "07"), seat("another-token", "08")];
    Hall::open(&scenario, scenario.seed, &seats).unwrap()
}

fn time(hall: &Hall, text: &str) -> Timestamp {
    Timestamp::nepal(hall.now().nepal_date(), text.parse().unwrap()).unwrap()
}

fn new_order(id: &str, symbol: &str, qty: i64, limit: i64) -> ClientFrame {
    ClientFrame::New {
        client_id: ClientId::new(id),
        symbol: Symbol::new(symbol),
        side: Side::Buy,
        qty: Qty::from_units(qty),
        limit: Price::from_units(limit),
        market: Market::Board,
    }
}

/// A client's book of the market, from a picture and what was said since.
struct Mirror {
    seq: u64,
    books: std::collections::BTreeMap<Symbol, OrderBook>,
}

impl Mirror {
    fn new(picture: &SnapshotPicture) -> Self {
        let books = picture.securities.iter().map(|s| {
            let mut book = OrderBook::new(Tick::new(s.tick.units()).unwrap());
            for (side, levels) in [(Side::Buy, &s.bids), (Side::Sell, &s.asks)] {
                for (price, qty, orders) in levels {
                    book.set(&LevelUpdate { side, price: *price, qty: *qty, orders: *orders });
                }
            }
            (s.symbol.clone(), book)
        });
        Self { seq: picture.seq, books: books.collect() }
    }

    /// Takes what was said; `false` if a number is missing.
    fn take(&mut self, said: &Said) -> bool {
        if said.seq <= self.seq {
            return true;
        }
        let next = said.seq == self.seq + 1;
        self.seq = said.seq;
        match &said.what {
            MarketSaid::Level { symbol, side, price, qty, orders } => {
                let level = LevelUpdate { side: *side, price: *price, qty: *qty, orders: *orders };
                self.books.get_mut(symbol).unwrap().set(&level);
            }
            MarketSaid::Clear { symbol } => self.books.get_mut(symbol).unwrap().clear(None),
            _ => {}
        }
        next
    }

    fn agrees_with(&self, picture: &SnapshotPicture) {
        let fresh = Self::new(picture);
        for (symbol, book) in &self.books {
            for side in Side::BOTH {
                let mine: Vec<_> = book.levels(side).collect();
                assert_eq!(mine, fresh.books[symbol].levels(side).collect::<Vec<_>>(), "{symbol} {side:?}");
            }
        }
    }
}

#[test]
fn a_picture_and_what_is_said_since_give_the_book_at_any_moment() {
    let mut hall = hall("quiet");
    hall.run_until(time(&hall, "10:35:00"));
    hall.take_said();
    let mut mirror = Mirror::new(&hall.snapshot());
    for at in ["10:40:00", "10:46:00", "11:00:00", "11:00:30", "11:07:00", "12:31:00", "15:00:00"] {
        hall.run_until(time(&hall, at));
        for said in hall.take_said() {
            assert!(mirror.take(&said), "a number is missing before {}", said.seq);
        }
        mirror.agrees_with(&hall.snapshot());
    }
}

#[test]
fn orders_reports_queries_and_the_account_agree() {
    let mut hall = hall("quiet");
    let member = hall.member_of(TOKEN).unwrap();
    assert_eq!(hall.member_of("a-token-of-the-desK"), None);
    hall.run_until(time(&hall, "11:30:00"));
    let picture = hall.snapshot();
    let security = picture.securities.iter().find(|s| s.asks.len() > 2).unwrap();
    let (ask, bid) = (security.asks[0], security.bids[0]);
    let symbol = security.symbol.as_str();
    let want = ask.1.units() + 10;
    hall.ask(member, new_order("1", symbol, want, ask.0.units()));
    hall.ask(member, new_order("2", symbol, 10, bid.0.units()));
    hall.ask(member, new_order("2", symbol, 10, bid.0.units()));
    hall.ask(member, new_order("3", "NOSUCH", 10, 50_000));
    hall.ask(member, ClientFrame::Cancel { client_id: ClientId::new("2") });
    let mut seen = Vec::new();
    while let Some((to, ServerFrame::Report { no, event, .. })) = hall.take_report() {
        assert_eq!((to, no), (member, seen.len() as u64 + 1));
        seen.push(event);
    }
    let filled: i64 =
        seen.iter().map(|e| if let OrderEvent::Filled { qty, .. } = e { qty.units() } else { 0 }).sum();
    assert_eq!(filled, ask.1.units());
    assert!(matches!(seen.last(), Some(OrderEvent::Cancelled { .. })));
    let rejected = |e: &&OrderEvent| matches!(e, OrderEvent::Rejected { .. });
    let reasons: Vec<_> = seen.iter().filter(rejected).collect();
    assert_eq!(reasons.len(), 2);
    assert_eq!(*reasons[1], OrderEvent::Rejected { reasons: vec![Reject::NoSuchSecurity {}] });
    let answer = hall.ask(member, ClientFrame::Query { client_id: ClientId::new("1") });
    let [ServerFrame::Order { order: Some(order), .. }] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!((order.standing, order.filled.units()), (Standing::PartiallyFilled, filled));
    assert_eq!(order.ahead, Some(Qty::ZERO), "it is the new best bid");
    let answer = hall.ask(member, ClientFrame::Query { client_id: ClientId::new("9") });
    assert!(matches!(&answer[..], [ServerFrame::Order { order: None, .. }]));
    let answer = hall.ask(member, ClientFrame::Account {});
    let [ServerFrame::Account(account)] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!(account.holdings[0].qty.units(), filled);
    assert_eq!(account.holdings[0].free, Qty::ZERO, "bought today");
    assert_eq!(account.reports, seen.len() as u64);
    let answer = hall.ask(member, ClientFrame::Orders {});
    let [ServerFrame::Orders { orders, .. }] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!(orders.len(), 2, "a rejected order leaves no record");
    let again = hall.ask(member, ClientFrame::Resend { after: 2 });
    let again: Vec<_> = again
        .into_iter()
        .map(|f| if let ServerFrame::Report { event, .. } = f { event } else { panic!("{f:?}") })
        .collect();
    assert_eq!(again, seen[2..]);
    let other = hall.member_of("another-token").unwrap();
    let answer = hall.ask(other, ClientFrame::Query { client_id: ClientId::new("1") });
    assert!(matches!(&answer[..], [ServerFrame::Order { order: None, .. }]), "not another's business");
}

#[test]
fn the_faults_of_a_scenario_happen_when_they_should() {
    // Freeze: nothing is said, then everything.
    let mut hall = hall("feed-freeze");
    hall.run_until(time(&hall, "11:04:59"));
    assert!(!hall.take_said().is_empty());
    hall.run_until(time(&hall, "11:05:05"));
    assert!(hall.frozen() && hall.take_said().is_empty());
    hall.run_until(time(&hall, "11:05:10"));
    assert!(!hall.take_said().is_empty());
    // Crossed: a bid above the offer, and gone later.
    let mut hall = self::hall("crossed-feed");
    hall.run_until(time(&hall, "11:09:00"));
    hall.take_said();
    let mut mirror = Mirror::new(&hall.snapshot());
    for (at, crossed) in [("11:10:01", true), ("11:10:21", false)] {
        hall.run_until(time(&hall, at));
        assert!(hall.take_said().iter().all(|said| mirror.take(said)));
        let spread = mirror.books[&Symbol::new("DNPB")].spread_units().unwrap();
        assert_eq!(spread <= 0, crossed, "{at}: {spread}");
    }
    mirror.agrees_with(&hall.snapshot());
    // Late, and twice.
    for (name, late, times) in [("late-fills", true, 1), ("duplicate-reports", false, 2), ("quiet", false, 1)]
    {
        let mut hall = self::hall(name);
        let member = hall.member_of(TOKEN).unwrap();
        hall.run_until(time(&hall, "11:06:00"));
        hall.ask(member, new_order("1", "NOSUCH", 10, 50_000));
        if late {
            assert_eq!(hall.take_report(), None, "{name}");
            assert!(hall.ask(member, ClientFrame::Resend { after: 0 }).is_empty(), "not before its time");
            hall.run_until(time(&hall, "11:06:04"));
        }
        let reports = std::iter::from_fn(|| hall.take_report()).count();
        assert_eq!(reports, times, "{name}");
    }
    // Refused, cut, and a clock that is off.
    let mut hall = self::hall("reject-burst");
    let member = hall.member_of(TOKEN).unwrap();
    hall.run_until(time(&hall, "11:10:30"));
    hall.ask(member, new_order("1", "DNPB", 10, 50_000));
    let Some((_, ServerFrame::Report { event: OrderEvent::Rejected { reasons }, .. })) = hall.take_report()
    else {
        panic!("no reject")
    };
    assert_eq!(reasons, [Reject::VenueBusy {}]);
    let mut hall = self::hall("disconnect");
    for (at, cut) in [("11:07:59", false), ("11:08:00", true), ("11:08:20", false)] {
        hall.run_until(time(&hall, at));
        assert_eq!(hall.disconnected(), cut, "{at}");
    }
    let mut hall = self::hall("clock-jump");
    for (at, off_ms) in [("11:09:00", 0), ("11:11:00", 3_000), ("11:21:00", -2_000)] {
        hall.run_until(time(&hall, at));
        assert_eq!(hall.told_now().since_ns(hall.now()), off_ms * 1_000_000, "{at}");
    }
}

#[test]
fn a_seat_that_cannot_be_is_refused() {
    let scenario = Scenario::named("quiet").unwrap();
    for seats in [
        vec![seat("short", "07")],
        vec![seat(TOKEN, "07"), seat(TOKEN, "08")],
        vec![seat(TOKEN, "07"), seat("another-token", "07")],
    ] {
        assert!(matches!(Hall::open(&scenario, 1, &seats), Err(HallError::Seat { .. })), "{seats:?}");
    }
}

type Socket = WebSocketStream<TcpStream>;

/// A served venue that opens at 11:30, and the way to it.
struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<ServeStats>>,
}

async fn served(scenario: &str) -> Served {
    served_with(scenario, None).await
}

async fn served_with(scenario: &str, tls: Option<TlsAcceptor>) -> Served {
    let mut hall = hall(scenario);
    let start = time(&hall, "11:30:00");
    hall.run_until(start);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let options = ServeOptions {
        clock: VenueClock::new(start, 20.0).unwrap(),
        heartbeat: Duration::from_millis(200),
        tls,
        most_connections: 8,
    };
    let done = tokio::spawn(serve(listener, hall, options, async {
        let _ = stopped.await;
    }));
    Served { address, stop, done }
}

impl Served {
    async fn connect(&self) -> Socket {
        let stream = TcpStream::connect(self.address).await.unwrap();
        client_async(format!("ws://{}/", self.address), stream).await.unwrap().0
    }

    async fn greeted(&self) -> Socket {
        let mut socket = self.connect().await;
        say(&mut socket, &ClientFrame::Hello { version: VERSION, token: TOKEN.to_owned() }).await;
        let ServerFrame::Welcome(banner) = hear(&mut socket).await.unwrap() else { panic!("no welcome") };
        assert!(banner.simulated && banner.account == AccountId::new("07"));
        socket
    }

    async fn finish(self) -> ServeStats {
        self.stop.send(()).unwrap();
        self.done.await.unwrap().unwrap()
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>, frame: &ClientFrame) {
    socket.send(Message::text(frame.text())).await.unwrap();
}

/// The next frame; `None` when the connection is over.
async fn hear<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) -> Option<ServerFrame> {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("silence");
        match next {
            Some(Ok(Message::Text(text))) => return Some(ServerFrame::parse(text.as_str()).unwrap()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return None,
        }
    }
}

/// Hears until a frame is wanted.
async fn hear_until<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    mut wanted: impl FnMut(&ServerFrame) -> bool,
) -> ServerFrame {
    loop {
        let frame = hear(socket).await.expect("the connection stays");
        if wanted(&frame) {
            return frame;
        }
    }
}

fn on_sockets(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Nothing here takes this long; it ends a test that hangs.
    let whole = async { tokio::time::timeout(Duration::from_secs(120), test).await.expect("it hangs") };
    runtime.block_on(whole);
}

#[test]
fn two_clients_of_one_account_trade_and_read_the_market() {
    on_sockets(async {
        let venue = served("quiet").await;
        let (mut one, mut two) = (venue.greeted().await, venue.greeted().await);
        say(&mut one, &ClientFrame::Subscribe {}).await;
        let picture = hear_until(&mut one, |f| matches!(f, ServerFrame::Snapshot(_))).await;
        let ServerFrame::Snapshot(picture) = picture else { unreachable!() };
        let mut mirror = Mirror::new(&picture);
        let security = picture.securities.iter().find(|s| s.asks.len() > 2).unwrap();
        let order = new_order("w1", security.symbol.as_str(), 10, security.bids[0].0.units());
        say(&mut two, &order).await;
        let accepted = |f: &ServerFrame| {
            matches!(f, ServerFrame::Report { no: 1, event: OrderEvent::Accepted { .. }, .. })
        };
        hear_until(&mut two, accepted).await;
        let mut heard = 0;
        let mut reported = false;
        while heard < 200 || !reported {
            let frame = hear(&mut one).await.unwrap();
            reported |= accepted(&frame);
            if let ServerFrame::Events { events } = frame {
                heard += events.len();
                assert!(events.iter().all(|said| mirror.take(said)), "a number is missing");
            }
        }
        say(&mut two, &ClientFrame::Ping { n: 5 }).await;
        hear_until(&mut two, |f| matches!(f, ServerFrame::Pong { n: 5, .. })).await;
        hear_until(&mut two, |f| matches!(f, ServerFrame::Heartbeat { .. })).await;
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.refused, stats.cut_off), (2, 0, 0));
        while hear(&mut two).await.is_some() {}
    });
}

#[test]
fn strangers_and_nonsense_are_refused_and_the_venue_goes_on() {
    on_sockets(async {
        let venue = served("quiet").await;
        for (text, why) in [
            (r#"{"type":"hello","version":9,"token":"a-token-of-the-desk"}"#, "version 9"),
            (r#"{"type":"hello","version":1,"token":"a-token-of-the-des"}"#, "token is not known"),
            (r#"{"type":"orders"}"#, "first frame is hello"),
        ] {
            let mut socket = venue.connect().await;
            socket.send(Message::text(text)).await.unwrap();
            let Some(ServerFrame::Refused { reason }) = hear(&mut socket).await else { panic!("{text}") };
            assert!(reason.contains(why), "{reason}");
            assert_eq!(hear(&mut socket).await, None, "it is closed");
        }
        // Nonsense before and after the greeting is answered; what is too long ends the connection.
        let mut socket = venue.greeted().await;
        for text in ["{", "[1,2]", r#"{"type":"new"}"#, "\u{1F600}"] {
            socket.send(Message::text(text)).await.unwrap();
            hear_until(&mut socket, |f| matches!(f, ServerFrame::Error { .. })).await;
        }
        socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
        hear_until(&mut socket, |f| matches!(f, ServerFrame::Error { .. })).await;
        let mut long = venue.greeted().await;
        let _ = long.send(Message::text("x".repeat(100_000))).await;
        while hear(&mut long).await.is_some() {}
        // A flood of pings.
        let mut flood = venue.greeted().await;
        for _ in 0..6_000 {
            if flood.send(Message::Ping(vec![0].into())).await.is_err() {
                break;
            }
        }
        while hear(&mut flood).await.is_some() {}
        // The venue has not noticed.
        say(&mut socket, &ClientFrame::Ping { n: 1 }).await;
        hear_until(&mut socket, |f| matches!(f, ServerFrame::Pong { .. })).await;
        let stats = venue.finish().await;
        assert_eq!((stats.refused, stats.bad_frames, stats.rules_broken), (3, 5, 2));
    });
}

#[test]
fn a_reader_that_stops_reading_loses_market_data_and_gets_a_picture() {
    on_sockets(async {
        let venue = served("opening-surge").await;
        let mut slow = venue.greeted().await;
        say(&mut slow, &ClientFrame::Subscribe {}).await;
        let mut quick = venue.greeted().await;
        say(&mut quick, &ClientFrame::Subscribe {}).await;
        // The slow one does not read while the quick one sees the market go on; its kernel buffers hold much, so
        // orders that come and go make the market loud.
        let picture = hear_until(&mut quick, |f| matches!(f, ServerFrame::Snapshot(_))).await;
        let ServerFrame::Snapshot(picture) = picture else { unreachable!() };
        let security = picture.securities.iter().find(|s| s.bids.len() > 2).unwrap();
        let mut mirror = Mirror::new(&picture);
        for round in 0..40 {
            for i in 0..50 {
                let id = format!("{round}-{i}");
                say(&mut quick, &new_order(&id, security.symbol.as_str(), 10, security.bids[0].0.units()))
                    .await;
                say(&mut quick, &ClientFrame::Cancel { client_id: ClientId::new(&id) }).await;
            }
            let last = ClientId::new(&format!("{round}-49"));
            loop {
                match hear(&mut quick).await.unwrap() {
                    ServerFrame::Events { events } => assert!(events.iter().all(|said| mirror.take(said))),
                    ServerFrame::Report { client_id, event, .. }
                        if client_id == last && !matches!(event, OrderEvent::Accepted { .. }) =>
                    {
                        break;
                    }
                    _ => {}
                }
            }
        }
        // Both are of one account, so the slow one has 4,000 reports to read; they all came, or it was cut off.
        let mut reports = 0;
        let mut picture_seen = false;
        let mut seq = 0;
        while reports < 4_000 {
            match hear(&mut slow).await {
                Some(ServerFrame::Report { no, .. }) => {
                    reports += 1;
                    assert_eq!(no, reports, "a report was lost");
                }
                Some(ServerFrame::Snapshot(picture)) => (picture_seen, seq) = (true, picture.seq),
                Some(ServerFrame::Events { events }) => {
                    assert!(picture_seen);
                    let before = seq;
                    for said in events.iter().filter(|said| said.seq > before) {
                        assert_eq!(said.seq, seq + 1, "a number is missing after a picture");
                        seq = said.seq;
                    }
                }
                Some(_) => {}
                None => break,
            }
        }
        let stats = venue.finish().await;
        assert!(reports == 4_000 || stats.cut_off == 1, "{reports} reports, {stats:?}");
    });
}
