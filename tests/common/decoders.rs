//! Every decoder that reads bytes from outside, with valid samples of what it reads.
//!
//! Two users: `tests/decoders.rs` feeds them what a seed makes of the samples, in every run of the tests; `fuzz/`
//! feeds them what libFuzzer finds. A decoder of a new kind is one row of [`ALL`].

use std::fs;
use std::path::{Path, PathBuf};

use himal::console::backend::Keyboard;
use himal::console::input::Moment;
use himal::console::keymap::Keymap;
use himal::console::theme::{self, ColorDepth, Glyphs, Theme};
use himal::engine::{CancelScope, Command, Event, Input, OperatorId, SeenOrder, State};
use himal::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, NewOrder, RejectReason, ReportKind, VenueOrderId,
};
use himal::execution::{Line, LineNews, LineState};
use himal::feed::day::{DayMeta, DayReader, DayWriter, OriginFile};
use himal::feed::evt::EvtFile;
use himal::feed::import::{History, HistoryRow, ImportKind, ImportOptions, import};
use himal::feed::live::depth::{self, Scale, Update};
use himal::feed::live::nepse_site::SiteDay;
use himal::feed::live::{Exchange, FeedOut, FeedSession, Listed, Listing, VenueFeed};
use himal::feed::recording::{Heard, HeardWhat, RecordingReader, RecordingWriter};
use himal::fit::{FitOptions, ModelFile, ModelFileError, SymbolModel, assemble};
use himal::gateway::broker_book::BrokerBook;
use himal::gateway::fix::{FixAccess, FixGateway, FixMessage};
use himal::gateway::session::{GatewayOut, GatewaySession};
use himal::gateway::venue::{VenueAccess, VenueGateway};
use himal::journal::{
    Body, Hash, JournalReader, JournalWriter, Segment, StreamPosition, export, show, verify,
};
use himal::market::calendar::Calendar;
use himal::market::{
    AccountId, Board, EventFlags, Instrument, InstrumentId, LevelUpdate, MarketData, MarketEvent, OrderBook,
    Price, Qty, SessionDate, Side, SourceId, Symbol, Tick, Timestamp, TradePrint, Universe,
};
use himal::runtime::config::{self, Settings};
use himal::venue::flow::Scenario;
use himal::wire::{ClientFrame, ServerFrame};

/// A decoder.
#[derive(Clone, Copy)]
pub struct Decoder {
    pub name: &'static str,
    /// What it takes.
    pub samples: fn() -> Vec<Vec<u8>>,
    /// Feeds it, and says whether it took what it was fed. Anything may come of it but a panic, or a difference
    /// between what is read twice.
    pub feed: fn(&[u8]) -> bool,
}

pub const ALL: [Decoder; 30] = [
    Decoder { name: "client_frame", samples: client_frames, feed: client_frame },
    Decoder { name: "server_frame", samples: server_frames, feed: server_frame },
    Decoder { name: "venue_feed", samples: server_frames, feed: venue_feed },
    Decoder { name: "venue_gateway", samples: server_frames, feed: venue_gateway },
    Decoder { name: "broker_book", samples: broker_books, feed: broker_book },
    Decoder { name: "fix_message", samples: fix_messages, feed: fix_message },
    Decoder { name: "exchange_stream", samples: exchange_frames, feed: exchange_stream },
    Decoder { name: "exchange_listing", samples: exchange_listings, feed: exchange_listing },
    Decoder { name: "site_documents", samples: site_documents, feed: site_document },
    Decoder { name: "depth_message", samples: depth_messages, feed: depth_message },
    Decoder { name: "recording", samples: recordings, feed: recording },
    Decoder { name: "journal", samples: journals, feed: journal },
    Decoder { name: "journal_bodies", samples: bodies, feed: journal_bodies },
    Decoder { name: "day", samples: days, feed: day },
    Decoder { name: "evt", samples: event_files, feed: evt },
    Decoder {
        name: "floorsheet",
        samples: floorsheets,
        feed: |b| imported(ImportKind::Floorsheet, &["a.csv"], b),
    },
    Decoder { name: "ohlcv", samples: daily, feed: |b| imported(ImportKind::Ohlcv, &["a.csv"], b) },
    Decoder {
        name: "lobster",
        samples: lobster,
        feed: |b| imported(ImportKind::Lobster, &["X_2012-06-21_message.csv", "X_2012-06-21_book.csv"], b),
    },
    Decoder { name: "binance", samples: binance, feed: |b| imported(ImportKind::Binance, &["a.jsonl"], b) },
    Decoder { name: "bybit", samples: bybit, feed: |b| imported(ImportKind::Bybit, &["a.jsonl"], b) },
    Decoder {
        name: "keymap",
        samples: || vec![include_bytes!("../../config/keys.toml").to_vec(), KEYS.into()],
        feed: keymap,
    },
    Decoder { name: "theme", samples: themes, feed: theme },
    Decoder {
        name: "settings",
        samples: || vec![include_bytes!("../../config/himal.toml").to_vec()],
        feed: settings,
    },
    Decoder {
        name: "account",
        samples: || vec![include_bytes!("../../config/account.toml").to_vec(), ACCOUNT.into()],
        feed: account,
    },
    Decoder {
        name: "calendar",
        samples: || vec![include_bytes!("../../config/calendar.toml").to_vec()],
        feed: calendar,
    },
    Decoder { name: "scenario", samples: scenarios, feed: scenario },
    Decoder { name: "model_file", samples: model_files, feed: model_file },
    Decoder { name: "model_content", samples: model_contents, feed: model_content },
    Decoder { name: "keyboard", samples: || KEYBOARD.iter().map(|b| b.to_vec()).collect(), feed: keyboard },
    Decoder {
        name: "keyboard_cut",
        samples: || KEYBOARD.iter().map(|b| b.to_vec()).collect(),
        feed: keyboard_cut,
    },
];

/// The decoder of a name.
pub fn named(name: &str) -> Option<Decoder> {
    ALL.into_iter().find(|d| d.name == name)
}

thread_local! {
    /// A folder for decoders that read files.
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a temporary folder can be made");
}

/// A file with these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.with(|folder| folder.path().join(name));
    fs::write(&path, bytes).expect("a temporary file can be written");
    path
}

fn texts(samples: &[&str]) -> Vec<Vec<u8>> {
    samples.iter().map(|text| text.as_bytes().to_vec()).collect()
}

// The venue protocol.

fn client_frames() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"type":"hello","version":1,"token":"a-token"}"#,
        r#"{"type":"subscribe"}"#,
        r#"{"type":"new","client_id":"71","symbol":"SUNKN","side":"buy","qty":100,"limit":54500,"market":"odd"}"#,
        r#"{"type":"amend","client_id":"71","qty":90,"limit":54500}"#,
        r#"{"type":"cancel","client_id":"71"}"#,
        r#"{"type":"cancel_many","symbol":"SUNKN","side":"sell"}"#,
        r#"{"type":"query","client_id":"71"}"#,
        r#"{"type":"resend","after":12}"#,
        r#"{"type":"ping","n":7}"#,
    ])
}

fn client_frame(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(frame) = ClientFrame::parse(text) else { return false };
    assert_eq!(ClientFrame::parse(&frame.text()), Ok(frame));
    true
}

fn server_frames() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"type":"welcome","version":1,"venue":"SIMULATED","simulated":true,"account":"07","date":"2026-08-20","at":1787205600000000000,"speed_milli":1000,"heartbeat_ms":1000,"reports":12}"#,
        r#"{"type":"refused","reason":"the token is not known"}"#,
        r#"{"type":"snapshot","seq":4711,"at":5,"phase":"continuous","halt":{"until":null},"index_e2":261240,"index_previous_close_e2":261000,"securities":[{"symbol":"DNPB","name":"N","sector":null,"kind":"equity","tick":10,"lot":10,"previous_close":50000,"adv":120000,"last":50110,"bids":[[50100,340,2]],"asks":[[50150,95,1]]}]}"#,
        r#"{"type":"events","events":[{"seq":1,"at":5,"kind":"trade","symbol":"A","price":5,"qty":1,"buyer":58,"seller":17,"contract":2026082101000001,"auction":true},{"seq":2,"at":5,"last":true,"kind":"level","symbol":"A","side":"buy","price":5,"qty":0,"orders":0},{"seq":3,"at":5,"kind":"phase","phase":"pre_open_match"},{"seq":4,"at":5,"kind":"halt_start","level":1,"until":9},{"seq":5,"at":5,"kind":"index","points_e2":261240,"previous_close_e2":null}]}"#,
        r#"{"type":"heartbeat","at":5,"seq":4711}"#,
        r#"{"type":"report","no":13,"at":5,"client_id":"71","event":"filled","order":2026082001000004,"execution":9,"qty":40,"price":50100,"filled":40,"left":60}"#,
        r#"{"type":"report","no":3,"at":5,"client_id":"71","event":"rejected","reasons":[{"code":"below_board_lot","qty":5,"lot":10},{"code":"halted","until":null}]}"#,
        r#"{"type":"orders","reports":12,"orders":[{"client_id":"71","order":4,"symbol":"A","side":"sell","qty":10,"limit":5,"market":"board","standing":"partially_filled","filled":4,"ahead":100}]}"#,
        r#"{"type":"account","account":"07","reports":12,"cash":1,"due":2,"charges":3,"free":4,"holdings":[{"symbol":"A","qty":1,"settled":1,"free":0}]}"#,
        r#"{"type":"cancelled_many","count":2}"#,
        r#"{"type":"error","reason":"x"}"#,
    ])
}

fn server_frame(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(frame) = ServerFrame::parse(text) else { return false };
    assert_eq!(ServerFrame::parse(&frame.text()), Ok(frame));
    true
}

// What a live session hears.

fn listed() -> Universe {
    Universe::new(["A", "DNPB"].map(|symbol| Instrument::nepse(Symbol::new(symbol))))
}

/// A whole session hears it after a greeting and a picture. It takes what does not make it doubt.
fn venue_feed(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let date = SessionDate::new(2026, 8, 20).expect("a date");
    let mut session = VenueFeed::new(SourceId(1), "a-token", listed(), date);
    let (mut out, now) = (FeedOut::default(), at(1));
    session.opened(now, &mut out);
    for frame in server_frames().into_iter().take(3).map(|f| String::from_utf8(f).expect("a sample is text"))
    {
        if !frame.contains("refused") {
            session.heard(now, &frame, &mut out);
        }
    }
    for _ in 0..2 {
        session.heard(now, text, &mut out);
        session.tick(now.plus_ns(40_000_000_000), &mut out);
    }
    session.lost(now, &mut out);
    ServerFrame::parse(text).is_ok()
}

fn venue_gateway(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let access = VenueAccess {
        token: "a-token".to_owned(),
        tag: "H".to_owned(),
        account: AccountId::new("07"),
        date: SessionDate::new(2026, 8, 20).expect("a date"),
        universe: listed(),
        reports: 12,
    };
    let mut session = VenueGateway::new(access);
    let (mut out, now) = (GatewayOut::default(), at(1));
    session.opened(now, &mut out);
    let welcome = server_frames().swap_remove(0);
    session.heard(now, &String::from_utf8(welcome).expect("a sample is text"), &mut out);
    for _ in 0..2 {
        session.heard(now, text, &mut out);
        session.tick(now.plus_ns(40_000_000_000), &mut out);
    }
    session.lost(now, &mut out);
    ServerFrame::parse(text).is_ok()
}

fn broker_books() -> Vec<Vec<u8>> {
    texts(&[
        "kind,symbol,side,number,quantity,price,filled,state,settled,amount\norder,A,buy,2026082010000449,500,249.50,0,open,,\n\
         holding,DNPB,,,1200,,,,1000,\ncash,,,,,,,,,\"9,35,000.00\"\n",
        "amount,kind\n0,due\n-1,cash\n,order\n",
    ])
}

fn broker_book(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let book = BrokerBook::read(text, &listed());
    if let Ok(book) = &book {
        let state = State::new(std::sync::Arc::default()).expect("an empty day");
        assert!(book.statement(&state).is_none_or(|s| s.orders.len() <= book.orders()));
    }
    book.is_ok()
}

fn fix_messages() -> Vec<Vec<u8>> {
    texts(&[
        "35=8\u{1}37=X1\u{1}11=H-7\u{1}17=E1\u{1}150=0\u{1}39=0\u{1}55=A\u{1}54=1\u{1}38=10\u{1}44=5.00\u{1}151=10\u{1}14=0\u{1}6=0\u{1}",
        "35=8\u{1}37=X1\u{1}11=H-7\u{1}17=E2\u{1}150=F\u{1}39=1\u{1}55=A\u{1}54=1\u{1}38=10\u{1}32=4\u{1}31=5.00\u{1}151=6\u{1}14=4\u{1}6=5\u{1}",
        "35=9\u{1}37=X1\u{1}11=H-7-C9\u{1}41=H-7\u{1}39=0\u{1}434=1\u{1}102=0\u{1}58=too late\u{1}",
        "35=AP\u{1}710=Q\u{1}721=1\u{1}727=1\u{1}55=A\u{1}702=1\u{1}703=TOT\u{1}704=10\u{1}",
        "35=BA\u{1}908=1\u{1}909=Q\u{1}901=100.00\u{1}",
    ])
}

fn fix_message(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let access = FixAccess {
        tag: "H".to_owned(),
        account: AccountId::new("07"),
        client: "C-07".to_owned(),
        date: SessionDate::new(2026, 8, 20).expect("a date"),
        universe: listed(),
        positions: true,
        cash: true,
    };
    let mut session = FixGateway::new(access, &State::new(std::sync::Arc::default()).expect("an empty day"));
    let (mut out, now) = (GatewayOut::default(), at(1));
    session.opened(now, &mut out);
    for _ in 0..2 {
        session.heard(now, text, &mut out);
        session.tick(now.plus_ns(40_000_000_000), &mut out);
    }
    session.lost(now, &mut out);
    FixMessage::parse(text).is_ok()
}

fn exchange_frames() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723075200123,"s":"BTCUSDT","U":157,"u":160,"b":[["55000.01","10.5"]],"a":[["55000.02","0"]]}}"#,
        r#"{"lastUpdateId":158,"bids":[["55000.01","4.0"]],"asks":[["55000.02","12.0"]]}"#,
        r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1723075200123,"data":{"s":"BTCUSDT","b":[["55000.01","1.0"]],"a":[["55000.02","2.0"]],"u":1,"seq":2},"cts":1723075200120}"#,
        r#"{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}"#,
    ])
}

/// A session with each exchange hears it, as a frame and as the document that it asked for.
fn exchange_stream(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut coin = Instrument::foreign(Symbol::new("BTCUSDT"), 10_000, 100_000_000);
    coin.tick = Tick::new(100);
    for exchange in Exchange::ALL {
        let universe = Universe::new([coin.clone()]);
        let mut session = exchange.session(SourceId(1), &universe, "https://documents", (None, 7));
        let (mut out, now) = (FeedOut::default(), at(1));
        session.opened(now, &mut out);
        session.heard(now, text, &mut out);
        for fetch in std::mem::take(&mut out.fetch) {
            session.fetched(now, fetch.no, Ok(text), &mut out);
        }
        session.heard(now, text, &mut out);
        session.tick(now.plus_ns(40_000_000_000), &mut out);
        session.lost(now, &mut out);
    }
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

fn exchange_listings() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"serverTime":1723075200123,"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000","stepSize":"0.00001"}]}]}"#,
        r#"{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","priceFilter":{"tickSize":"0.10"},"lotSizeFilter":{"qtyStep":"0.001","basePrecision":"0.000001"}}]},"time":1723075200123}"#,
    ])
}

fn exchange_listing(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let wanted = [Symbol::new("BTCUSDT")];
    let read = Exchange::ALL.map(|exchange| exchange.read_listing(text, &wanted).is_ok());
    read.contains(&true)
}

fn site_documents() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"isOpen":"OPEN","asOf":"2026-08-20T12:00:00","id":77}"#,
        r#"[{"securityId":"131","symbol":"NABIL","securityName":"Nabil Bank Limited","openPrice":500.0,"highPrice":510.0,"lowPrice":495.0,"totalTradeQuantity":1200,"previousClose":498.0,"lastTradedPrice":505.0,"percentageChange":1.4,"lastUpdatedDateTime":"2026-08-20T12:00:00"}]"#,
        r#"{"totalAmount":1,"totalQty":1,"totalTrades":1,"floorsheets":{"content":[{"contractId":2026082001000001,"stockSymbol":"NABIL","securityName":"Nabil","buyerMemberId":"58","sellerMemberId":"44","contractQuantity":10,"contractRate":505.0,"contractAmount":5050.0,"tradeTime":"2026-08-20T12:00:00"}],"totalPages":1,"number":0}}"#,
    ])
}

/// What the documents of NEPSE's site say of its day.
fn site_document(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut day = SiteDay::default();
    let read = [day.status(text).is_ok(), day.live_market(text).is_ok(), day.floorsheet(text).is_ok()];
    read.contains(&true)
}

fn depth_messages() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"e":"depthUpdate","E":1723075200123,"s":"BTCUSDT","U":157,"u":160,"b":[["55000.01","10.5"]],"a":[["55000.02","0"]]}"#,
        r#"{"e":"depthUpdate","E":123456789,"T":123456788,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["0.0024","10"]],"a":[["0.0026","100"]]}"#,
    ])
}

/// The quick way and the strict one never differ.
fn depth_message(bytes: &[u8]) -> bool {
    let scale = |units| Scale::of(units).expect("a power of ten");
    let listing = Listing::new([Listed {
        symbol: Symbol::new("BTCUSDT"),
        instrument: InstrumentId(0),
        price: scale(10_000),
        qty: scale(100_000_000),
    }]);
    let (mut quick, mut strict) = (Update::default(), Update::default());
    let took = depth::read(bytes, &listing, &mut quick).is_ok();
    let took_strictly = depth::read_strictly(bytes, &listing, &mut strict).is_ok();
    assert_eq!(took, took_strictly);
    if took {
        assert_eq!(format!("{quick:?}"), format!("{strict:?}"));
    }
    took
}

fn recordings() -> Vec<Vec<u8>> {
    let path = FOLDER.with(|folder| folder.path().join("sample.seg-0001"));
    // Left by a sample made before.
    let _ = fs::remove_file(&path);
    let date = SessionDate::new(2026, 8, 20).expect("a date");
    let day = DayMeta::new(date, Board::Nepse, "a day", listed());
    let mut writer = RecordingWriter::create(&path, &day).expect("a temporary file can be written");
    let news = LineNews { line: Line::Gateway, state: LineState::Live };
    for n in 0..20 {
        let what = if n % 3 == 0 { HeardWhat::Line(news) } else { HeardWhat::Clock };
        writer.add(&Heard { at: at(n), what }).expect("a temporary file can be written");
    }
    writer.sync().expect("a temporary file can be written");
    vec![fs::read(&path).expect("it was written")]
}

fn recording(bytes: &[u8]) -> bool {
    let Ok(mut reader) = RecordingReader::from_bytes("fuzzed", bytes.to_vec()) else { return false };
    loop {
        match reader.next_entry() {
            Ok(Some(_)) => {}
            Ok(None) => return reader.torn().is_none(),
            Err(_) => return false,
        }
    }
}

// The journal.

const BODIES: &str = concat!(
    r#"{"kind":"open","schema":1,"session":"replay","engine":"0.1.0","day":{"title":"quiet","date":"2026-04-21","content_sha256":"9e2a2a2c2b3a1f0a2f6c5b4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f","rows":9},"setup_digest":"feedf00ddeadbeef","parent":null}"#,
    "\n",
    r#"{"kind":"mark","position":{"rows":1,"clocks":1},"digest":"feedf00ddeadbeef"}"#,
    "\n",
    r#"{"kind":"close","position":{"rows":9,"clocks":4},"state_hash":"9e2a2a2c2b3a1f0a2f6c5b4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f","decisions":"9e2a2a2c2b3a1f0a2f6c5b4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f","outputs":12}"#,
);

fn bodies() -> Vec<Vec<u8>> {
    let open = BODIES.lines().next().unwrap_or_default();
    let (price, qty) = (Price::from_units(50_100), Qty::from_units(40));
    let (position, id) = (StreamPosition { rows: 4, clocks: 2 }, ClientOrderId(2));
    let order = NewOrder {
        account: AccountId::new("MAIN"),
        instrument: InstrumentId(3),
        side: Side::Buy,
        qty,
        limit: price,
    };
    let seen = SeenOrder { left: qty, limit: price };
    let commands = [
        Command::SubmitOrder(order),
        Command::AmendOrder { id, qty, limit: price, seen },
        Command::CancelMany(CancelScope::Side(InstrumentId(3), Side::Sell)),
        Command::Stop,
    ];
    let reports = [
        ReportKind::Accepted { venue_id: VenueOrderId("V-1".into()), queue_ahead: None },
        ReportKind::Filled { execution: ExecutionId("E-1".into()), qty, price },
        ReportKind::AmendRejected(RejectReason::Venue("no:\n\"nul\" \0 नेप्से".into())),
    ];
    let by = OperatorId::new("trader1");
    let commands = commands.map(|command| Body::Command { at: at(1), position, by: by.clone(), command });
    let reports = reports.map(|kind| Body::Gateway {
        at: at(2),
        position,
        report: ExecutionReport { no: 0, id, kind },
    });
    let event = Event::Market(trade(3, price, qty));
    let input = Body::Input { input: Input { at: at(3), seq: 0, event } };
    let segment = Segment { name: "seg-1".into(), sha256: Hash::of(b"segment"), events: 3 };
    let all: Vec<Body> = commands.into_iter().chain(reports).chain([input, Body::Segment(segment)]).collect();
    let text = |body: &Body| serde_json::to_string(body).expect("a body can be written");
    let mut out = vec![BODIES.as_bytes().to_vec()];
    out.extend(all.iter().map(|body| format!("{open}\n{}", text(body)).into_bytes()));
    let whole: Vec<String> = all.iter().map(text).collect();
    out.push(format!("{open}\n{}", whole.join("\n")).into_bytes());
    out
}

/// A journal of these bodies in which every hash is right, so that what is read is the bodies.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let (mut hash, mut lines, mut first) = (Hash::genesis(), Vec::new(), None);
    for (seq, body) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        hash = hash.next(seq, body);
        first.get_or_insert(hash);
        lines.extend(format!("{seq} {hash} ").into_bytes());
        lines.extend(body);
        lines.push(b'\n');
    }
    let mut head = format!("himal-journal 0001 open   {:020} {}", 1, first.unwrap_or(hash)).into_bytes();
    head.resize(512 - 1 - 64, b' ');
    let sum = Hash::of(&head).to_string();
    head.extend(sum.into_bytes());
    head.push(b'\n');
    head.extend(lines);
    head
}

fn journals() -> Vec<Vec<u8>> {
    bodies().iter().map(|bytes| sealed(bytes)).collect()
}

fn journal_bodies(bytes: &[u8]) -> bool {
    journal(&sealed(bytes))
}

fn journal(bytes: &[u8]) -> bool {
    let path = file("a.himal-journal", bytes);
    let read = |path: &Path| JournalReader::open(path).map(|r| r.map_while(Result::ok).count()).ok();
    let before = read(&path);
    let _ = JournalReader::opening(&path);
    let _ = verify(&path);
    let _ = (export(&path, std::io::sink()), show(&path, std::io::sink()));
    let recovered = JournalWriter::recover(&path).is_ok();
    if recovered {
        assert_eq!(before, read(&path), "recovery loses no record that could be read");
        assert!(verify(&path).is_ok());
    }
    // What recovery may have put beside it is not for the next one.
    FOLDER.with(|folder| {
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let _ = fs::remove_file(entry.path());
        }
    });
    before.is_some_and(|records| records > 1)
}

// Recorded days.

fn at(second: i64) -> Timestamp {
    Timestamp::from_ns(1_719_897_300_000_000_000 + second * 1_000_000_000)
}

fn trade(second: i64, price: Price, qty: Qty) -> MarketEvent {
    let print = TradePrint { price, qty, aggressor: None, buyer: None, seller: None, contract: None };
    MarketEvent {
        at: at(second),
        seq: second.unsigned_abs() + 1,
        source: SourceId(0),
        instrument: InstrumentId(1),
        flags: EventFlags::LAST,
        data: MarketData::Trade(print),
    }
}

fn days() -> Vec<Vec<u8>> {
    let path = FOLDER.with(|folder| folder.path().join("sample.parquet"));
    let universe = Universe::new(["NABIL", "SCB"].map(|s| Instrument::nepse(Symbol::new(s))));
    let date = SessionDate::new(2024, 7, 2).expect("a day");
    let meta = DayMeta::new(date, Board::Nepse, "a day", universe);
    let mut writer = DayWriter::create(&path, meta).expect("a day can be written");
    for i in 0..40 {
        let (price, qty) = (Price::from_units(50_000 + i * 10), Qty::from_units(10 + i));
        let mut event = trade(i, price, qty);
        if i % 3 != 0 {
            event.data = MarketData::Level(LevelUpdate { side: Side::Buy, price, qty, orders: 1 });
        }
        event.instrument = InstrumentId(u32::from(i % 2 == 1));
        writer.push(&event).expect("an event can be written");
    }
    writer.finish().expect("a day can be written");
    vec![fs::read(path).expect("it was written")]
}

fn day(bytes: &[u8]) -> bool {
    let Ok(reader) = DayReader::from_bytes("day", bytes.to_vec()) else { return false };
    let _ = (reader.rows(), reader.span(), reader.check_replayable(), reader.content_hash());
    let _ = reader.bars();
    for events in [reader.seek(at(20)), reader.seek_row(7), reader.seek_row(u64::MAX)] {
        let _ = events.take(100_000).take_while(Result::is_ok).count();
    }
    reader.events().take(100_000).all(|event| event.is_ok())
}

fn event_files() -> Vec<Vec<u8>> {
    let mut bytes = b"EVT1\0\0\0\0".to_vec();
    bytes.extend(3_u64.to_le_bytes());
    bytes.extend([0; 8]);
    for word in [32_u32, 100, 1, 4, 0, 0, 50_000, 50_010, 7, 0] {
        bytes.extend(word.to_le_bytes());
    }
    for (kind, price) in [(1_u8, 50_000_i32), (2, 50_010), (3, 50_020)] {
        let mut record = [0; 32];
        record[12..16].copy_from_slice(&price.to_le_bytes());
        record[16] = 10;
        (record[28], record[30]) = (kind, 1);
        bytes.extend(record);
    }
    vec![bytes]
}

fn evt(bytes: &[u8]) -> bool {
    let Ok(events) = EvtFile::open(&file("a.evt", bytes)) else { return false };
    let mut book = OrderBook::new(Tick::new(1).expect("one is a tick"));
    for record in events.records(Some(10_000)) {
        for event in [Some(record.event()), record.quote_ask()].into_iter().flatten() {
            if let MarketData::Level(level) = event.data {
                book.set(&level);
            }
        }
    }
    let _ = (book.spread_units(), book.levels(Side::Buy).count(), book.levels(Side::Sell).count());
    events.header().count > 0
}

// Importers.

/// Imports files that a line of two hash signs parts; what was written must be readable.
fn imported(kind: ImportKind, names: &[&str], bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    // Bytes that are no text stay what they are where there is one file.
    let files: Vec<PathBuf> = match names {
        [name] => vec![file(name, bytes)],
        _ => {
            let mut parts = text.splitn(names.len(), "##\n");
            names.iter().map(|name| file(name, parts.next().unwrap_or_default().as_bytes())).collect()
        }
    };
    let out = FOLDER.with(|folder| folder.path().join("out.parquet"));
    let mut taken = false;
    for allow_incomplete in [false, true] {
        let options = ImportOptions { allow_incomplete, ..ImportOptions::default() };
        if let Ok(report) = import(kind, &files, &out, &options) {
            assert!(report.read >= report.refused_count);
            let day = DayReader::open(&out).expect("what was imported can be read");
            assert_eq!(day.rows(), report.written);
            taken = report.refused_count == 0;
        }
    }
    taken
}

fn floorsheets() -> Vec<Vec<u8>> {
    texts(&[
        "contractId,stockSymbol,buyerMemberId,sellerMemberId,contractQuantity,contractRate,contractAmount,businessDate,tradeTime,securityName\n\
         2024070201000003,NABIL,1,2,10,500.1,5001.0,2024-07-02,2024-07-02T11:00:00.25,N\n\
         2024070203000001,SCB,1,2,10,500,5000,2024-07-02,2024-07-02T11:00:00.25,N\n",
        "contract_no,stock_symbol,buyer,seller,quantity,rate,amount\n\
         2024070201000001,NABIL,58,34,\"1,000\",500.00,\"5,00,000.00\"\n",
    ])
}

fn daily() -> Vec<Vec<u8>> {
    texts(&["published_date,open,high,low,close,per_change,traded_quantity,traded_amount,status\n\
             2024-07-01,500.0,510.0,495.0,505.0,1.0,1200.0,606000.0,1\n\
             2024-07-02,505.0,515.0,500.0,510.0,0.99,900.0,459000.0,1\n"])
}

fn lobster() -> Vec<Vec<u8>> {
    texts(&["34200.004241176,1,16113575,18,5853300,1\n34200.00426064,1,16113584,18,5853200,1\n\
             34200.004447484,3,16113575,18,5853300,1\n34201.1,4,16113584,10,5853200,1\n##\n\
             5859400,200,5853300,18\n5859400,200,5853300,18\n5859400,200,5853200,18\n5859400,200,5853200,8\n"])
}

fn binance() -> Vec<Vec<u8>> {
    texts(&[
        "1 {\"lastUpdateId\":10,\"bids\":[[\"61737.63\",\"1.5\"]],\"asks\":[[\"61837.64\",\"1.54698\"]]}\n\
         2 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1723161255208,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[[\"61737.63\",\"0.5\"]],\"a\":[]}}\n\
         3 {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":12,\"s\":\"BTCUSDT\",\"b\":\"61737.63\",\"B\":\"0.5\",\"a\":\"61837.64\",\"A\":\"1.54698\"}}\n\
         4 {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1723161255309,\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"61737.63\",\"q\":\"0.1\",\"T\":1723161255309,\"m\":true}}\n",
        "2 {\"stream\":\"btcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1723161256299,\"T\":1723161256298,\"s\":\"BTCUSDT\",\"U\":10,\"u\":12,\"pu\":9,\"b\":[[\"58710.20\",\"0.014\"]],\"a\":[]}}\n",
    ])
}

fn bybit() -> Vec<Vec<u8>> {
    texts(&[
        "{\"topic\":\"orderbook.500.XRPUSDT\",\"type\":\"snapshot\",\"ts\":1733011200691,\"data\":{\"s\":\"XRPUSDT\",\"b\":[[\"1.9531\",\"6203\"]],\"a\":[[\"1.9532\",\"2409\"]],\"u\":1,\"seq\":7},\"cts\":1733011200690}\n\
         {\"topic\":\"orderbook.500.XRPUSDT\",\"type\":\"delta\",\"ts\":1733011200693,\"data\":{\"s\":\"XRPUSDT\",\"b\":[[\"1.9531\",\"0\"]],\"a\":[],\"u\":2,\"seq\":8}}\n\
         {\"topic\":\"publicTrade.XRPUSDT\",\"type\":\"snapshot\",\"ts\":1733011200694,\"data\":[{\"T\":1733011200694,\"s\":\"XRPUSDT\",\"S\":\"Buy\",\"v\":\"10\",\"p\":\"1.9532\",\"i\":\"x\",\"BT\":false}]}\n",
    ])
}

// Configuration.

const KEYS: &str = "[keys]\nfull = \"F5\"\nfaster = [\">\", \"F6\"]\n";
const ACCOUNT: &str =
    "cash = \"1,00,000.00\"\n[[holding]]\nsymbol = \"NABIL\"\nqty = 1200\nwacc = \"541.75\"\n";

fn keymap(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    Keymap::from_toml("keys.toml", text).map_err(|e| e.to_string()).is_ok()
}

fn themes() -> Vec<Vec<u8>> {
    theme::EMBEDDED.iter().map(|(_, text)| text.as_bytes().to_vec()).collect()
}

fn theme(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut taken = true;
    for depth in [ColorDepth::None, ColorDepth::Sixteen, ColorDepth::Palette, ColorDepth::True] {
        match Theme::from_toml("a.toml", text, depth, Glyphs::UNICODE).map_err(|e| e.to_string()) {
            Ok(theme) => drop(theme.with_red_rising()),
            Err(_) => taken = false,
        }
    }
    taken
}

fn settings(bytes: &[u8]) -> bool {
    let path = file("himal.toml", bytes);
    Settings::read(path.parent()).map_err(|e| e.to_string()).is_ok()
}

fn account(bytes: &[u8]) -> bool {
    let path = file("account.toml", bytes);
    config::account(path.parent()).map_err(|e| e.to_string()).is_ok()
}

fn calendar(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    Calendar::from_toml(text).map_err(|e| e.to_string()).is_ok()
}

fn scenarios() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The same for the package itself and for the one beside it that fuzzes.
    let folder = if folder.join("replays").is_dir() { folder.to_owned() } else { folder.join("..") };
    let mut out = Vec::new();
    for entry in fs::read_dir(folder.join("src/venue/flow/scenario")).into_iter().flatten().flatten() {
        out.extend(fs::read(entry.path()));
    }
    out.sort();
    out
}

fn scenario(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    Scenario::from_toml("a", text).map_err(|e| e.to_string()).is_ok()
}

// The model file.

/// A symbol that goes up and down, too short for most models.
fn history(name: &str) -> History {
    let first = SessionDate::new(2024, 1, 1).expect("a day");
    let rows = (0..40_u32).filter_map(|i| {
        let date = first.plus_days(i64::from(i))?;
        Some(HistoryRow {
            line: u64::from(i) + 2,
            date,
            close: 500.0 + f64::from(i * 7919 % 13),
            change: None,
            volume: Some(1_000.0),
            turnover: None,
            outside_range: false,
        })
    });
    History {
        symbol: Symbol::new(name),
        rows: rows.collect(),
        origin: OriginFile { name: format!("{name}.csv"), sha256: "00".to_owned() },
        refused: Vec::new(),
        adjusted_close: false,
    }
}

fn model_files() -> Vec<Vec<u8>> {
    let options = FitOptions::default();
    let symbols = ["A", "B"].map(|name| SymbolModel::estimate(&history(name), &[], &options));
    let model = assemble(symbols.into(), None, None, &options).expect("a model of two symbols");
    vec![model.to_json().expect("it can be written").into_bytes()]
}

fn model_contents() -> Vec<Vec<u8>> {
    let content = |bytes: Vec<u8>| {
        let file: serde_json::Value = serde_json::from_slice(&bytes).expect("a model file is JSON");
        file["model"].to_string().into_bytes()
    };
    model_files().into_iter().map(content).collect()
}

/// A file of this content whose hash is right, so that what is read is the content.
fn model_content(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let file = |hash: &str| {
        format!(r#"{{"format":"himal-model","schema":1,"content_sha256":"{hash}","model":{text}}}"#)
    };
    match ModelFile::from_json(&file("")) {
        Err(ModelFileError::WrongHash { found, .. }) => model_file(file(&found).as_bytes()),
        _ => false,
    }
}

fn model_file(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(model) = ModelFile::from_json(text) else { return false };
    let again = model.to_json().expect("what was read can be written");
    assert!(ModelFile::from_json(&again).is_ok_and(|m| m == model), "and read again");
    true
}

// The keyboard.

const KEYBOARD: [&[u8]; 9] = [
    b"abc!\x1b",
    b"\x1b[A\x1b[1;5C\x1bOP\x1b[19~\x1b[15;2~",
    b"\x1b[200~pasted text\x1b[201~q",
    b"\x1b[200~half \x1b[19~ of",
    b"\x1b[<0;10;20M\x1b[<64;1;1m",
    b"\x1b[0n\x1b[5n",
    "\u{915}\u{93e}é\x7f\t\r".as_bytes(),
    b"\x1b[97;5u\x1b\x1b[\xff\xfe",
    b"\x1b[<071--44444444444444444444444444444444444444444444444444444444444444--`my",
];

fn keyboard(bytes: &[u8]) -> bool {
    let (mut keyboard, mut heard) = (Keyboard::default(), 0);
    for (i, part) in bytes.split(|b| *b == 0).enumerate() {
        heard += keyboard.feed(part, Moment(i as u64 * 150)).len();
        let _ = keyboard.due();
    }
    heard += keyboard.settle(Moment(u64::MAX)).len();
    assert_eq!(keyboard.due(), None, "nothing waits for ever");
    heard > 0
}

/// However bytes are cut on their way, they mean the same.
fn keyboard_cut(bytes: &[u8]) -> bool {
    let (mut whole, mut cut) = (Keyboard::default(), Keyboard::default());
    let mut once = whole.feed(bytes, Moment(1));
    once.extend(whole.settle(Moment(100_000)));
    let mut pieces = Vec::new();
    for byte in bytes {
        pieces.extend(cut.feed(&[*byte], Moment(1)));
    }
    pieces.extend(cut.settle(Moment(100_000)));
    assert_eq!(once, pieces);
    !once.is_empty()
}
