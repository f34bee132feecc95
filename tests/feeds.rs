//! Public feeds over real sockets: the line, its session and its documents against an exchange on loopback that plays
//! recorded streams, and the program itself in a terminal. Most of it needs the shared data.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;
#[path = "common/fake.rs"]
mod fake;
#[path = "common/floor.rs"]
mod floor;
#[path = "common/recorded.rs"]
mod recorded;
#[path = "common/tty.rs"]
mod tty;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::Home;
use fake::{Answer, FakeExchange};
use floor::{Binance, Bybit};
use himal::console::{ConnectionStatus, ConnectionUse};
use himal::engine::LineState;
use himal::feed::live::depth::Scale;
use himal::feed::live::{
    BinanceMarket, BinanceSession, BinanceSettings, BybitSession, BybitSettings, FeedSession, Listed,
    Listing, NepseSiteSession, NepseSiteSettings, SourceClock,
};
use himal::market::{InstrumentId, MarketData, SessionDate, SourceId, Symbol, Timestamp};
use himal::runtime::live::board::{Board, LocalClock};
use himal::runtime::live::fetch::Fetcher;
use himal::runtime::live::intake::{Intake, Item};
use himal::runtime::live::lines::{self, LineOrder, Shared, Way};
use himal::runtime::live::socket::Address;
use recorded::Sides;
use rustix::process::Signal;
use tokio::sync::{mpsc, watch};
use tty::Tty;

/// The longest wait for anything; far beyond what a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

fn listing(symbol: &str, price: i64, qty: i64) -> Listing {
    Listing::new([Listed {
        symbol: Symbol::new(symbol),
        instrument: InstrumentId(0),
        price: Scale::of(price).unwrap(),
        qty: Scale::of(qty).unwrap(),
    }])
}

/// Where a line brings what follows: the book that it tells, and every state it went through.
struct Desk {
    intake: Arc<Intake>,
    board: Board,
    clock: LocalClock,
    book: Sides,
    trades: usize,
    /// The newest time of an event, and trades with an earlier one.
    newest: Timestamp,
    reversed: usize,
    states: Vec<LineState>,
    stop: watch::Sender<bool>,
    orders: mpsc::Sender<LineOrder>,
    _runtime: tokio::runtime::Runtime,
}

impl Desk {
    fn new(session: Box<dyn FeedSession>, way: Way) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (intake, board, clock) = (Arc::new(Intake::default()), Board::default(), LocalClock::start());
        let (stop, stopped) = watch::channel(false);
        let (orders, told) = mpsc::channel(1);
        let shared = Shared { intake: Arc::clone(&intake), board: board.clone(), clock, stop: stopped };
        let place = board.add("feed 1", ConnectionUse::Feed);
        runtime.spawn(lines::feed(session, (SourceId(1), place), way, shared, told));
        let (book, states) = (Sides::default(), Vec::new());
        Self {
            intake,
            board,
            clock,
            book,
            trades: 0,
            newest: Timestamp::default(),
            reversed: 0,
            states,
            stop,
            orders,
            _runtime: runtime,
        }
    }

    fn drain(&mut self) {
        for item in self.intake.take(Duration::from_millis(10)) {
            match item {
                Item::Feed(_, state) => self.states.push(state),
                Item::Market(event) => {
                    let late = event.at < self.newest && matches!(event.data, MarketData::Trade(_));
                    self.reversed += usize::from(late);
                    self.newest = self.newest.max(event.at);
                    match event.data {
                        MarketData::Clear(None) => self.book = Sides::default(),
                        MarketData::Level(l) | MarketData::Snapshot(l) => {
                            self.book.set(l.side, l.price.units(), l.qty.units());
                        }
                        MarketData::Trade(_) => self.trades += 1,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn status(&self) -> ConnectionStatus {
        self.board.read(self.clock.now(), 0).remove(0)
    }

    fn state(&self) -> Option<LineState> {
        self.states.last().copied()
    }

    fn wait(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < PATIENCE, "{what} did not come: {:?} {:?}", self.states, self.status());
            self.drain();
        }
    }

    /// Waits until the line is live and its book is this one.
    fn in_step(&mut self, what: &str, book: &Sides) {
        self.wait(what, |desk| desk.state() == Some(LineState::Live) && desk.book == *book);
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

const SPOT: &str = "binance_spot_btcusdt_20240808.jsonl.gz";
const FUTURES: &str = "binance_usdm_btcusdt_20240808.jsonl.gz";

/// A session with the floor, whose documents may take so many milliseconds.
fn binance(floor: &Binance, market: BinanceMarket, scales: (i64, i64), fetch_ms: u32) -> Desk {
    let picture_url = format!("{}{}", floor.fake.documents, market.picture_path());
    // What the first recorded message says.
    let there = Timestamp::from_ns(1_723_161_255_000_000_000);
    let clock = Some(SourceClock { here: LocalClock::start().now(), there, speed_milli: 1_000 });
    let settings =
        BinanceSettings { picture_url, fetch_ms, clock, ..BinanceSettings::new(market, SourceId(1)) };
    let session = BinanceSession::new(settings, listing("BTCUSDT", scales.0, scales.1));
    let stream = Address::parse(&format!("{}{}", floor.fake.stream, market.stream_path()), None).unwrap();
    let documents = Some(Fetcher::new(None, Duration::from_secs(30)).unwrap());
    Desk::new(Box::new(session), Way { stream: Some(stream), documents })
}

#[test]
fn a_book_of_binance_is_in_step_and_a_hole_in_it_is_mended_from_a_picture() {
    for (file, market, scales) in
        [(SPOT, BinanceMarket::Spot, (100, 1_000_000)), (FUTURES, BinanceMarket::UsdFutures, (10, 1_000))]
    {
        let Some(mut floor) = Binance::new(file, market == BinanceMarket::Spot, scales) else { return };
        floor.play(40, |_| false);
        let mut desk = binance(&floor, market, scales, 5_000);
        desk.in_step("the first picture", &floor.book());
        floor.play(300, |_| true);
        desk.in_step("what followed", &floor.book());
        assert_eq!((desk.status().gaps, floor.pictures_asked()), (0, 1));
        assert!(desk.book.bids.len() > 900 && desk.trades > 0);
        // One change that nobody hears.
        let before = desk.states.len();
        floor.play(30, |n| n != 10);
        desk.in_step("another picture", &floor.book());
        assert!(desk.states[before..].contains(&LineState::Gap), "{:?}", desk.states);
        floor.play(300, |_| true);
        desk.in_step("what followed", &floor.book());
        assert_eq!(desk.reversed, 0, "{market:?}: no trade runs backwards");
        let status = desk.status();
        assert_eq!((status.gaps, status.refused, status.failed, floor.pictures_asked()), (1, 0, 0, 2));
    }
}

#[test]
fn an_exchange_that_goes_and_comes_back_is_subscribed_to_again() {
    let Some(mut floor) = Binance::new(SPOT, true, (100, 1_000_000)) else { return };
    floor.play(40, |_| false);
    let mut desk = binance(&floor, BinanceMarket::Spot, (100, 1_000_000), 5_000);
    desk.in_step("the first picture", &floor.book());
    floor.fake.close();
    desk.wait("the loss", |desk| desk.state() == Some(LineState::Connecting) && desk.book.is_empty());
    floor.play(100, |_| true);
    floor.fake.open();
    desk.in_step("a picture of now", &floor.book());
    floor.play(100, |_| true);
    desk.in_step("what followed", &floor.book());
    assert_eq!((desk.status().reconnects, floor.fake.heard("SUBSCRIBE\"")), (1, 2));
}

#[test]
fn pictures_that_do_not_come_make_the_line_stale_and_are_asked_for_again() {
    let Some(mut floor) = Binance::new(SPOT, true, (100, 1_000_000)) else { return };
    floor.play(40, |_| false);
    let pause = "Retry-After: 1\r\n";
    let cases = [
        (Answer::Status(500, ""), "HTTP 500"),
        (Answer::Status(429, pause), "HTTP 429"),
        (Answer::Status(302, "Location: http://127.0.0.2:9/depth\r\n"), "another place"),
        (Answer::Garbage, "protocol"),
        (Answer::Silence, ""),
        (Answer::Text("{\"code\":-1003,\"msg\":\"Too many requests\"}".to_owned()), ""),
        (Answer::Text("<html>".to_owned()), ""),
    ];
    floor.instead(Some(cases[0].0.clone()));
    let mut desk = binance(&floor, BinanceMarket::Spot, (100, 1_000_000), 500);
    for (n, (answer, why)) in cases.into_iter().enumerate() {
        if n > 0 {
            floor.instead(Some(answer.clone()));
            floor.play(20, |n| n != 10);
        }
        let asked = floor.pictures_asked();
        desk.wait(&format!("{answer:?}"), |desk| {
            let bad = desk.status().failed + desk.status().refused;
            let said = desk.status().why.is_some_and(|said| said.contains(why)) || why.is_empty();
            desk.state() == Some(LineState::Stale) && bad > n as u64 && said && desk.book.is_empty()
        });
        floor.instead(None);
        desk.in_step(&format!("a picture after {answer:?}"), &floor.book());
        assert!(floor.pictures_asked() > asked, "{answer:?}");
    }
}

#[test]
fn a_book_of_bybit_is_in_step_and_a_hole_in_it_is_mended_by_subscribing_again() {
    let Some(mut floor) = Bybit::new() else { return };
    let session = BybitSession::new(BybitSettings::new(SourceId(1)), listing("XRPUSDT", 10_000, 1));
    let url = format!("{}/v5/public/linear", floor.fake.stream);
    let mut desk = Desk::new(Box::new(session), Address::parse(&url, None).unwrap().into());
    desk.in_step("the first picture", &floor.book());
    floor.play(10, |_| true);
    desk.in_step("what followed", &floor.book());
    floor.play(10, |n| n != 4);
    desk.in_step("another picture", &floor.book());
    assert!(desk.states.contains(&LineState::Gap) && desk.status().gaps == 1, "{:?}", desk.states);
    floor.fake.close();
    desk.wait("the loss", |desk| desk.state() == Some(LineState::Connecting) && desk.book.is_empty());
    floor.fake.open();
    floor.play(10, |_| true);
    desk.in_step("a picture after the loss", &floor.book());
    assert_eq!((desk.status().reconnects, floor.fake.heard("\"subscribe\"")), (1, 3));
}

fn depth(qty: u32) -> String {
    format!(
        r#"{{"symbol":"NABIL","marketDepth":{{"buyMarketDepthList":[{{"orderBookOrderPrice":512.5,"quantity":{qty},"orderCount":3,"isBuy":1}}],"sellMarketDepthList":[{{"orderBookOrderPrice":513,"quantity":7,"orderCount":2,"isBuy":2}}]}}}}"#
    )
}

fn sheet_row(contract: u64) -> String {
    format!(
        r#"{{"contractId":{contract},"stockSymbol":"NABIL","contractQuantity":10,"contractRate":513,"contractAmount":5130,"businessDate":"2024-07-02","tradeTime":"2024-07-02T11:{:02}:00","securityName":"Nabil Bank"}}"#,
        contract % 60
    )
}

fn sheet(contracts: std::ops::Range<u64>) -> String {
    let rows: Vec<String> = contracts.clone().rev().map(sheet_row).collect();
    let trades = contracts.end - contracts.start;
    format!(
        r#"{{"totalTrades":{trades},"floorsheets":{{"content":[{}],"number":0,"totalPages":1,"last":true}}}}"#,
        rows.join(",")
    )
}

#[test]
fn a_site_is_read_again_and_again_and_goes_stale_and_silent() {
    let fake = FakeExchange::new();
    let served = |qty: u32, trades: u64| {
        move |path: &str| match path {
            "/depth/NABIL.json" => Answer::Text(depth(qty)),
            "/floorsheet-0.json" => Answer::Text(sheet(1..trades + 1)),
            _ => Answer::Status(404, ""),
        }
    };
    fake.answer(served(100, 2));
    let settings = NepseSiteSettings {
        poll_ms: 50,
        fetch_ms: 500,
        silence_ms: 3_000,
        floorsheet: Some(format!("{}/floorsheet-{{page}}.json", fake.documents)),
        depth: vec![(InstrumentId(0), format!("{}/depth/NABIL.json", fake.documents))],
        ..NepseSiteSettings::new(SourceId(1), SessionDate::new(2024, 7, 2).unwrap())
    };
    let session = NepseSiteSession::new(settings, listing("NABIL", 100, 1));
    let documents = Some(Fetcher::new(None, Duration::from_millis(400)).unwrap());
    let mut desk = Desk::new(Box::new(session), Way { stream: None, documents });
    let best = |desk: &Desk| desk.book.bids.last_key_value().map(|(price, qty)| (*price, *qty));
    desk.wait("the book", |d| {
        d.state() == Some(LineState::Live) && best(d) == Some((51_250, 100)) && d.trades == 2
    });
    assert_eq!(desk.states[0], LineState::Syncing, "there is no connection to be made");
    fake.answer(served(90, 5));
    desk.wait("what changed", |d| best(d) == Some((51_250, 90)) && d.trades == 5);
    for (what, answer) in
        [("500", Answer::Status(500, "")), ("nothing", Answer::Silence), ("garbage", Answer::Garbage)]
    {
        let failed = desk.status().failed;
        fake.answer(move |_| answer.clone());
        desk.wait(what, |d| d.state() == Some(LineState::Stale) && d.status().failed > failed + 1);
        assert!(desk.status().why.is_some(), "it is said why");
        fake.answer(served(90, 5));
        desk.wait("the site again", |d| d.state() == Some(LineState::Live));
    }
    fake.answer(|_| Answer::Status(500, ""));
    desk.wait("silence", |d| d.state() == Some(LineState::Silent));
    fake.answer(served(80, 6));
    desk.wait("the site again", |d| d.state() == Some(LineState::Live) && d.trades == 6);
    assert_eq!((desk.status().reconnects, desk.status().refused), (0, 0));
    desk.orders.try_send(LineOrder::End("the day has ended; start again")).unwrap();
    let why = Some("the day has ended; start again");
    desk.wait("the end", |d| d.state() == Some(LineState::Closed) && d.status().why.as_deref() == why);
}

/// The program on a terminal.
fn open(home: &Home, args: &[&str]) -> Tty {
    let mut command = home.command();
    command.args(args).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
    Tty::start(command, 160, 48)
}

fn leave(mut tty: Tty) {
    tty.signal(Signal::TERM);
    assert!(tty.end().success(), "{}", tty.complaint());
}

/// The best bid as the screen writes it, of prices with two decimals.
fn best_bid(book: &Sides) -> String {
    let price = *book.bids.last_key_value().unwrap().0;
    format!("{},{:03}.{:02}", price / 100_000, price / 100 % 1_000, price % 100)
}

#[test]
fn the_program_shows_an_exchange_and_takes_its_day_up_again() {
    let Some(mut floor) = Binance::new(SPOT, true, (100, 1_000_000)) else { return };
    floor.play(40, |_| false);
    let home = Home::new();
    let journal = home.path("b.journal");
    let journal = journal.to_str().unwrap();
    let feed = format!("binance:BTCUSDT@{},{}", floor.fake.stream, floor.fake.documents);
    let args = ["paper", "--feed", feed.as_str(), "--journal", journal];
    let mut tty = open(&home, &args);
    tty.wait_for("Binance BTCUSDT 2024-08-08");
    tty.wait_for(&best_bid(&floor.book()));
    floor.play(400, |_| true);
    tty.wait_for(&best_bid(&floor.book()));
    tty.wait_for("view only: another market");
    tty.press(b"gc");
    tty.wait_for("1 of 1 live");
    floor.fake.close();
    tty.wait_for("CONNECTING");
    floor.fake.open();
    tty.wait_for("1 of 1 live");
    tty.child.kill().unwrap();
    drop(tty);

    let mut tty = open(&home, &args);
    tty.wait_for(&best_bid(&floor.book()));
    floor.play(100, |_| true);
    tty.wait_for(&best_bid(&floor.book()));
    leave(tty);
    let verified = home.json(&["journal", "verify", journal, "--json"]);
    assert_eq!(verified["intact"], true, "{verified}");
    let (first, second, day) = (home.path("b.seg-0001"), home.path("b.seg-0002"), home.path("day.parquet"));
    let [first, second, day] = [&first, &second, &day].map(|path| path.to_str().unwrap());
    home.json(&["import", "recording", first, second, "--out", day, "--json"]);
    let replayed = home.json(&["replay", day, "--headless", "--speed", "max", "--json"]);
    assert_eq!(replayed["date"], "2024-08-08");
    assert!(replayed["trades"].as_u64().unwrap() > 100, "{replayed}");

    // Another exchange's symbol is another session, and is not put into this journal.
    let other = home.run(&["paper", "--feed", "binance:ETHUSDT/0.01/0.0001", "--journal", journal]);
    assert!(!other.status.success());
}

#[test]
fn the_program_shows_a_folder_of_the_site_and_tells_no_trade_twice() {
    let home = Home::new();
    let folder = home.path("site");
    std::fs::create_dir_all(folder.join("depth")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("market-status.json", r#"{"isOpen":"OPEN","asOf":"2024-07-02T11:00:00","id":1}"#);
    write(
        "live-market.json",
        r#"[{"symbol":"NABIL","securityName":"Nabil Bank","previousClose":510,"lastTradedPrice":513,"lastTradedVolume":10,"totalTradeQuantity":20,"lastUpdatedDateTime":"2024-07-02T11:02:00"}]"#,
    );
    write("floorsheet-0.json", &sheet(1..3));
    write("depth/NABIL.json", &depth(100));
    let list = home.path("securities.csv");
    std::fs::write(
        &list,
        "symbol,security_name,sector,instrument_type\nNABIL,Nabil Bank,Commercial Banks,Equity\n",
    )
    .unwrap();
    let journal = home.path("n.journal");
    let feed = format!("nepse:{}", folder.display());
    let args = [
        "paper",
        "--feed",
        &feed,
        "--securities",
        list.to_str().unwrap(),
        "--journal",
        journal.to_str().unwrap(),
    ];
    let mut tty = open(&home, &args);
    tty.wait_for("NEPSE 2024-07-02");
    tty.wait_for("512.5");
    tty.wait_for("2 prints");
    tty.press(b"gc");
    tty.wait_for("1 of 1 live");
    tty.child.kill().unwrap();
    drop(tty);
    write("floorsheet-0.json", &sheet(1..4));
    let mut tty = open(&home, &args);
    tty.wait_for("3 prints");
    assert!(!tty.contents().contains("aside"), "{}", tty.contents());
    std::fs::remove_file(folder.join("depth/NABIL.json")).unwrap();
    tty.press(b"gc");
    tty.wait_for("STALE");
    tty.wait_for("there is no such document");
    leave(tty);
    let verified = home.json(&["journal", "verify", journal.to_str().unwrap(), "--json"]);
    assert_eq!(verified["intact"], true, "{verified}");
}

#[test]
fn what_cannot_be_is_refused_in_words_before_anything_begins() {
    let home = Home::new();
    for (args, said) in [
        (
            &["live", "--feed", "binance:BTCUSDT", "--gateway", "ws://127.0.0.1:9"][..],
            "is only looked at: himal paper",
        ),
        (&["live", "--feed", "nepse:/nowhere", "--gateway", "ws://127.0.0.1:9"], "--gateway manual"),
        (&["paper", "--feed", "kraken:XBT"], "nepse:URL-or-folder is allowed"),
        (&["paper", "--feed", "ws://127.0.0.1:9"], "--token-file FILE is needed"),
        (&["paper", "--feed", "binance:A", "--feed", "bybit:A"], "stands by for the first"),
    ] {
        let output = home.run(args);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?} {complaint}");
        assert!(complaint.contains(said), "{args:?} {complaint}");
    }
    // An exchange that does not know the symbol, and one that does not answer.
    let fake = FakeExchange::new();
    fake.answer(|_| Answer::Text(r#"{"serverTime":1723161255000,"symbols":[]}"#.to_owned()));
    let feed = format!("binance-usdm:NOSUCH@{},{}", fake.stream, fake.documents);
    let mut tty = open(&home, &["paper", "--feed", &feed]);
    assert_eq!(tty.end().code(), Some(1));
    assert!(tty.complaint().contains("Binance USD-M does not list NOSUCH"));
    fake.answer(|_| Answer::Status(451, ""));
    let mut tty = open(&home, &["paper", "--feed", &feed]);
    assert_eq!(tty.end().code(), Some(1));
    let complaint = tty.complaint();
    assert!(complaint.contains("exchangeInfo: HTTP 451"), "{complaint}");
}
