//! Documents in the shapes of the site, and a session that polls them.

use proptest::prelude::*;

use super::super::depth::Scale;
use super::super::listing::Listed;
use super::super::session::SourceClock;
use super::*;
use crate::market::{
    BrokerId, Halt, MarketData, MarketEvent, Price, Qty, SessionPhase, Side, SourceId, Symbol,
};

const NABIL: InstrumentId = InstrumentId(5);
const SCB: InstrumentId = InstrumentId(6);

fn listing() -> Listing {
    let listed = |symbol, instrument| Listed {
        symbol: Symbol::new(symbol),
        instrument,
        price: Scale::of(100).unwrap(),
        qty: Scale::of(1).unwrap(),
    };
    Listing::new([listed("NABIL", NABIL), listed("SCB", SCB)])
}

fn at(ms: i64) -> Timestamp {
    let midnight = Timestamp::nepal(SessionDate::new(2024, 7, 2).unwrap(), chrono::NaiveTime::MIN).unwrap();
    midnight.plus_ns((11 * 3_600_000 + ms) * NS_PER_MS)
}

fn session(settings: NepseSiteSettings) -> (NepseSiteSession, FeedOut) {
    let mut session = NepseSiteSession::new(settings, listing());
    let mut out = FeedOut::default();
    assert_eq!(session.state(), LineState::Connecting);
    session.opened(at(0), &mut out);
    (session, out)
}

fn settings() -> NepseSiteSettings {
    NepseSiteSettings::new(SourceId(2), day(2))
}

fn day(day: u32) -> SessionDate {
    SessionDate::new(2024, 7, day).unwrap()
}

/// With a status of the day beside what is read, so that depth is believed to be of it.
fn dated() -> NepseSiteSettings {
    NepseSiteSettings { status: url("status"), ..settings() }
}

const OPEN: &str = r#"{"isOpen":"OPEN","asOf":"2024-07-02T11:00:00","id":9}"#;

/// A session that has read such a status.
fn open(settings: NepseSiteSettings) -> (NepseSiteSession, FeedOut) {
    let (mut session, mut out) = session(settings);
    session.fetched(at(0), 1, Ok(OPEN), &mut out);
    out.fetch.retain(|fetch| fetch.no != 1);
    out.events.clear();
    (session, out)
}

fn url(name: &str) -> Option<String> {
    Some(format!("file:site/{name}.json"))
}

/// Answers everything that was asked for with one document; the events that follow.
fn answer(session: &mut NepseSiteSession, ms: i64, document: &str, out: &mut FeedOut) -> Vec<MarketEvent> {
    session.tick(at(ms), out);
    for fetch in std::mem::take(&mut out.fetch) {
        let of_status = fetch.url.contains("status") && !document.contains("isOpen");
        session.fetched(at(ms), fetch.no, Ok(if of_status { OPEN } else { document }), out);
    }
    std::mem::take(&mut out.events)
}

const DEPTH: &str = r#"{"symbol":"NABIL","totalBuyQty":25310,"marketDepth":{"buyMarketDepthList":[
    {"stockId":131,"orderBookOrderPrice":512.5,"quantity":100,"orderCount":3,"isBuy":1,"buy":true,"sell":false},
    {"stockId":131,"orderBookOrderPrice":512.0,"quantity":40,"orderCount":1,"isBuy":1}],
    "sellMarketDepthList":[{"stockId":131,"orderBookOrderPrice":513,"quantity":7,"orderCount":2,"isBuy":2}]},
    "totalSellQty":900,"timeStamp":null}"#;

#[test]
fn depth_is_a_picture_told_when_it_changed() {
    let depth = vec![(NABIL, "file:site/131.json".to_owned())];
    let (mut session, mut out) = open(NepseSiteSettings { depth, ..dated() });
    assert_eq!(out.fetch, [Fetch { no: 2, url: "file:site/131.json".to_owned(), longest: Fetch::USUAL }]);
    assert_eq!(session.state(), LineState::Syncing);
    let events = answer(&mut session, 10, DEPTH, &mut out);
    let level = |side, price, qty, orders| {
        let (price, qty) = (Price::from_units(price), Qty::from_units(qty));
        MarketData::Snapshot(LevelUpdate { side, price, qty, orders })
    };
    let told: Vec<_> = events.iter().map(|event| event.data).collect();
    assert_eq!(
        told,
        [
            MarketData::Clear(None),
            level(Side::Buy, 51_250, 100, 3),
            level(Side::Buy, 51_200, 40, 1),
            level(Side::Sell, 51_300, 7, 2),
        ]
    );
    assert!(
        events.iter().all(|e| e.flags.has(EventFlags::POLLED) && (e.at, e.instrument) == (at(10), NABIL))
    );
    assert!(events.iter().rposition(|event| event.flags.has(EventFlags::LAST)) == Some(3));
    assert_eq!(session.state(), LineState::Live);
    // Not due yet; then the same again, then another.
    assert_eq!(answer(&mut session, 4_000, DEPTH, &mut out), []);
    assert_eq!(session.stats().frames, 2);
    assert_eq!(answer(&mut session, 5_100, DEPTH, &mut out), []);
    assert_eq!(session.stats().frames, 4);
    let changed = DEPTH.replace("\"quantity\":7", "\"quantity\":8");
    assert_eq!(answer(&mut session, 10_200, &changed, &mut out).len(), 4);
    let emptied = r#"{"symbol":"NABIL","marketDepth":{"buyMarketDepthList":[],"sellMarketDepthList":[]}}"#;
    let events = answer(&mut session, 15_300, emptied, &mut out);
    assert!(matches!(events[..], [e] if e.data == MarketData::Clear(None) && e.flags.has(EventFlags::LAST)));
    session.lost(at(16_000), &mut out);
    assert_eq!((session.state(), out.events.len()), (LineState::Connecting, 1));
}

#[test]
fn depth_that_cannot_be_is_refused_and_the_line_is_stale() {
    let level = |n: u32| format!(r#"{{"orderBookOrderPrice":{n},"quantity":1,"orderCount":1,"isBuy":2}},"#);
    let levels: String = (600..801).map(level).collect();
    let many = format!("sellMarketDepthList\":[{levels}");
    for (from, to) in [
        ("512.5", "512.505"),
        ("512.5", "-512.5"),
        ("512.5", "\"512,5\""),
        ("512.5", "null"),
        ("512.5", "1e30"),
        ("512.5", "512.0"),
        ("\"quantity\":100", "\"quantity\":0"),
        ("\"quantity\":100", "\"quantity\":99999999999999999999"),
        ("\"quantity\":100", "\"quantity\":1.5"),
        ("\"orderCount\":3", "\"orderCount\":-3"),
        ("\"isBuy\":2", "\"isBuy\":1"),
        ("\"NABIL\"", "\"SCB\""),
        ("\"NABIL\"", "\"HIDCL\""),
        ("marketDepth", "depth"),
        ("sellMarketDepthList\":[", &many),
        ("}]}", "}"),
    ] {
        let depth = vec![(NABIL, "http://site/131".to_owned())];
        let (mut session, mut out) = open(NepseSiteSettings { depth, ..dated() });
        assert_eq!(answer(&mut session, 0, &DEPTH.replacen(from, to, 1), &mut out), [], "{from} {to}");
        assert_eq!((session.stats().refused, session.state()), (1, LineState::Stale), "{from} {to}");
        assert_eq!(answer(&mut session, 1_000, DEPTH, &mut out).len(), 4);
        assert_eq!(session.state(), LineState::Live);
    }
}

fn row(contract: u64, symbol: &str, time: &str, qty: u64, rate: &str, amount: &str) -> String {
    format!(
        r#"{{"contractId":{contract},"contractType":null,"stockSymbol":"{symbol}","buyerMemberId":"33","sellerMemberId":null,"contractQuantity":{qty},"contractRate":{rate},"contractAmount":{amount},"businessDate":"2024-07-02","tradeBookId":106186934,"stockId":184,"buyerBrokerName":"","sellerBrokerName":"","tradeTime":"2024-07-02T{time}","securityName":""}}"#
    )
}

fn sheet(rows: &[String], page: u64, pages: u64, trades: u64) -> String {
    format!(
        r#"{{"totalAmount":1.2E9,"totalQty":10,"totalTrades":{trades},"floorsheets":{{"content":[{}],"number":{page},"totalPages":{pages},"last":{},"size":500}}}}"#,
        rows.join(","),
        page + 1 == pages
    )
}

const FIRST: u64 = 2_024_070_201_000_000;

fn good(n: u64) -> String {
    row(FIRST + n, "NABIL", &format!("11:00:{:02}.5", n % 60), 10, "500.1", "5001.0")
}

fn numbers(events: &[MarketEvent]) -> Vec<u64> {
    let number = |event: &MarketEvent| match event.data {
        MarketData::Trade(print) => print.contract.unwrap().0 - FIRST,
        other => panic!("{other:?}"),
    };
    events.iter().map(number).collect()
}

#[test]
fn each_contract_is_told_once_and_in_order() {
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
    let auction = row(FIRST + 1, "SCB", "10:59:30", 20_000, "510", "1.02E7");
    let events = answer(&mut session, 0, &sheet(&[good(3), good(2), auction], 0, 1, 3), &mut out);
    assert_eq!(numbers(&events), [1, 2, 3]);
    assert_eq!(session.state(), LineState::Live);
    let MarketData::Trade(print) = events[1].data else { panic!() };
    assert_eq!((print.price, print.qty), (Price::from_units(50_010), Qty::from_units(10)));
    assert_eq!((print.buyer, print.seller, print.aggressor), (Some(BrokerId(33)), None, None));
    assert_eq!(events[1].at, at(2_500));
    let marks = EventFlags::POLLED.with(EventFlags::LAST);
    assert_eq!((events[0].flags, events[1].flags), (marks.with(EventFlags::AUCTION), marks));
    let grown = sheet(&[good(5), good(4), good(3), good(2)], 0, 1, 5);
    assert_eq!(numbers(&answer(&mut session, 6_000, &grown, &mut out)), [4, 5]);
    assert_eq!(answer(&mut session, 12_000, &grown, &mut out), []);
    // The bare list of rows is taken too.
    let bare = format!("[{},{}]", good(6), good(5));
    assert_eq!(numbers(&answer(&mut session, 18_000, &bare, &mut out)), [6]);
    assert_eq!((session.stats().refused, session.stats().gaps), (0, 0));
}

#[test]
fn pages_are_walked_to_a_known_contract_and_a_dropped_page_is_a_gap() {
    let floorsheet = Some("http://site/floorsheet?page={page}&size=500".to_owned());
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet, ..settings() });
    // Newest first, two a page; the exchange can leave out a page.
    let site = |trades: u64, page: u64, dropped: bool| {
        let pages = trades.div_ceil(2);
        let rows: Vec<_> = (1..=trades).rev().skip(page as usize * 2).take(2).map(good).collect();
        sheet(if dropped && page == 1 { &[] } else { &rows }, page, pages, trades)
    };
    let poll = |session: &mut NepseSiteSession, ms: i64, trades: u64, dropped: bool| {
        let mut out = FeedOut::default();
        let mut asked = Vec::new();
        session.tick(at(ms), &mut out);
        while let Some(fetch) = out.fetch.pop() {
            let page = fetch.url.split(['=', '&']).nth(1).unwrap().parse().unwrap();
            asked.push(page);
            session.fetched(at(ms), fetch.no, Ok(&site(trades, page, dropped)), &mut out);
        }
        (asked, numbers(&out.events), session.state())
    };
    let first = out.fetch.pop().unwrap();
    session.fetched(at(0), first.no, Ok(&site(5, 0, false)), &mut out);
    assert_eq!((session.state(), out.events.len()), (LineState::Syncing, 0));
    let next = out.fetch.pop().unwrap();
    assert_eq!(next.url, "http://site/floorsheet?page=1&size=500");
    session.fetched(at(1), next.no, Ok(&site(5, 1, false)), &mut out);
    let next = out.fetch.pop().unwrap();
    session.fetched(at(2), next.no, Ok(&site(5, 2, false)), &mut out);
    assert_eq!((numbers(&out.events), session.state()), (vec![1, 2, 3, 4, 5], LineState::Live));
    assert_eq!(poll(&mut session, 6_000, 6, false), (vec![0], vec![6], LineState::Live));
    let (asked, told, state) = poll(&mut session, 12_000, 11, true);
    assert_eq!((asked, told, state), (vec![0, 1, 2], vec![7, 10, 11], LineState::Gap));
    assert_eq!(session.stats().gaps, 1);
    // Still missing: all pages are read again, and it is one gap.
    assert_eq!(poll(&mut session, 18_000, 11, true).0, [0, 1, 2, 3, 4, 5]);
    assert_eq!((session.state(), session.stats().gaps), (LineState::Gap, 1));
    let (_, told, state) = poll(&mut session, 24_000, 11, false);
    assert_eq!((told, state), (vec![8, 9], LineState::Live));
}

/// The newest rows of `trades`, two a page, where the exchange leaves some out.
fn page_of(trades: u64, page: u64, left_out: &[u64]) -> String {
    let numbers = (1..=trades).rev().skip(page as usize * 2).take(2);
    let rows: Vec<_> = numbers.filter(|n| !left_out.contains(n)).map(good).collect();
    sheet(&rows, page, trades.div_ceil(2), trades)
}

/// Answers page after page until none is asked for, `grow` more trades with each; the pages, and what was told.
fn walk(
    session: &mut NepseSiteSession,
    ms: i64,
    trades: &mut u64,
    (grow, left_out): (u64, &[u64]),
) -> (Vec<u64>, Vec<u64>) {
    let (mut out, mut pages) = (FeedOut::default(), Vec::new());
    session.tick(at(ms), &mut out);
    while let Some(fetch) = out.fetch.pop() {
        assert!(pages.len() < 100, "a walk without end");
        let page = fetch.url.rsplit('=').next().unwrap().parse().unwrap();
        pages.push(page);
        session.fetched(at(ms), fetch.no, Ok(&page_of(*trades, page, left_out)), &mut out);
        *trades += grow;
    }
    (pages, numbers(&out.events))
}

fn paged() -> NepseSiteSession {
    let floorsheet = Some("http://site/floorsheet?page={page}".to_owned());
    let mut session = NepseSiteSession::new(NepseSiteSettings { floorsheet, ..settings() }, listing());
    let mut out = FeedOut::default();
    session.opened(at(0), &mut out);
    session.fetched(at(0), 1, Ok(&page_of(4, 0, &[])), &mut out);
    session.fetched(at(0), 2, Ok(&page_of(4, 1, &[])), &mut out);
    assert_eq!((numbers(&out.events), session.state()), (vec![1, 2, 3, 4], LineState::Live));
    session
}

#[test]
fn a_walk_ends_although_the_market_trades_on() {
    let mut session = paged();
    let mut trades = 12;
    // One more trade for each page that is fetched: the last page counts trades that the first did not have.
    let (pages, told) = walk(&mut session, 6_000, &mut trades, (1, &[]));
    assert!(pages.len() < 10, "{pages:?}");
    assert_eq!((told, session.state()), ((5..=12).collect(), LineState::Live));
    assert_eq!(session.stats().gaps, 0);
    let (_, told) = walk(&mut session, 12_000, &mut trades, (1, &[]));
    assert_eq!(told.first(), Some(&13));
}

#[test]
fn a_trade_that_no_page_has_is_looked_for_with_waits_and_the_newest_are_told_meanwhile() {
    let mut session = paged();
    let mut trades = 20;
    let (mut whole, mut told) = (0, Vec::new());
    for poll in 1..=60 {
        let (pages, new) = walk(&mut session, poll * 6_000, &mut trades, (0, &[9]));
        whole += u64::from(pages.len() as u64 == trades.div_ceil(2));
        told.extend(new);
        assert_eq!(session.state(), LineState::Gap);
        trades += 1;
    }
    // Waits of up to half a minute in six minutes of polls every six seconds.
    assert!((10..=30).contains(&whole), "{whole} walks through all pages");
    let wanted: Vec<u64> = (5..=79).filter(|n| *n != 9).collect();
    assert_eq!((told, session.stats().gaps), (wanted, 1));
    for poll in 61..=70 {
        walk(&mut session, poll * 6_000, &mut trades, (0, &[]));
    }
    assert_ne!(session.state(), LineState::Gap, "it was found");
}

#[test]
fn a_row_without_a_contract_is_one_trade_that_is_never_known() {
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
    let unreadable = good(2).replace(&(FIRST + 2).to_string(), "\"?\"");
    let document = sheet(&[good(3), unreadable, good(1)], 0, 1, 3);
    for ms in [0, 6_000, 12_000] {
        answer(&mut session, ms, &document, &mut out);
        assert_eq!((session.stats().refused, session.state()), (1, LineState::Live));
    }
}

#[test]
fn a_row_ahead_of_a_clock_that_is_behind_is_told_when_its_time_has_come() {
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
    let ahead = row(FIRST + 2, "NABIL", "12:30:00", 10, "500.1", "5001.0");
    let document = sheet(&[ahead, good(1)], 0, 1, 2);
    assert_eq!(numbers(&answer(&mut session, 0, &document, &mut out)), [1]);
    answer(&mut session, 6_000, &document, &mut out);
    assert_eq!((session.stats().refused, session.state()), (1, LineState::Gap));
    assert_eq!(numbers(&answer(&mut session, 31 * 60_000, &document, &mut out)), [2]);
    assert_eq!(session.state(), LineState::Live);
}

#[test]
fn a_row_that_cannot_be_right_is_refused_once() {
    for bad in [
        row(FIRST + 2, "NABIL", "11:00:01", 10, "500.1", "5001.1"),
        row(FIRST + 2, "NABIL", "11:00:01", 10, "500.105", "5001.05"),
        row(FIRST + 2, "NABIL", "11:00:01", 0, "500.1", "0"),
        row(FIRST + 2, "HIDCL", "11:00:01", 10, "500.1", "5001.0"),
        row(FIRST + 2, "NABIL", "noon", 10, "500.1", "5001.0"),
        row(FIRST + 2, "NABIL", "11:00:01", 10, "true", "5001.0"),
        row(FIRST + 2, "NABIL", "11:00:01", 10, "500.1", "5001.0").replace("-02T", "-03T"),
        row(FIRST + 2, "NABIL", "11:00:01", 10, "500.1", "5001.0").replace("\"2024-07-02\"", "7"),
        format!("{{\"contractId\":{}}}", FIRST + 2),
    ] {
        let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
        let document = sheet(&[good(3), bad.clone(), good(1)], 0, 1, 3);
        assert_eq!(numbers(&answer(&mut session, 0, &document, &mut out)), [1, 3], "{bad}");
        answer(&mut session, 6_000, &document, &mut out);
        assert_eq!((session.stats().refused, session.state()), (1, LineState::Live), "{bad}");
    }
}

#[test]
fn what_is_of_another_day_is_counted_and_not_told() {
    let depth = vec![(NABIL, "http://site/depth".to_owned())];
    let all = NepseSiteSettings { floorsheet: url("sheet"), live_market: url("live"), depth, ..dated() };
    let (mut session, mut out) = session(all);
    // On Monday morning the site still has Friday.
    let friday = |document: String| document.replace("2024-07-02", "2024-06-28");
    let mut poll = |ms: i64, of: &dyn Fn(String) -> String, status: &str| {
        session.tick(at(ms), &mut out);
        while let Some(fetch) = out.fetch.pop() {
            let document = match fetch.url.as_str() {
                url if url.contains("status") => of(status.to_owned()),
                url if url.contains("sheet") => of(sheet(&[good(2), good(1)], 0, 1, 2)),
                url if url.contains("live") => {
                    of(format!("[{}]", live("NABIL", "512.5", 10, 100, "11:00:05")))
                }
                _ => DEPTH.to_owned(),
            };
            session.fetched(at(ms), fetch.no, Ok(&document), &mut out);
        }
        (std::mem::take(&mut out.events), session.state(), session.stats().refused)
    };
    let closed = OPEN.replace("OPEN", "CLOSE");
    for ms in [0, 6_000, 12_000] {
        assert_eq!(poll(ms, &friday, &closed), (Vec::new(), LineState::Syncing, 4));
    }
    // The day has begun: all of it is told.
    let (events, ..) = poll(18_000, &|document| document, OPEN);
    let trades = events.iter().filter(|event| matches!(event.data, MarketData::Trade(_)));
    assert_eq!((trades.count(), events.len()), (2, 4), "{events:?}");
    let (events, state, refused) = poll(24_000, &|document| document, OPEN);
    assert_eq!(
        (state, refused, events.len()),
        (LineState::Live, 4, 4),
        "the picture is of today: {events:?}"
    );
    let notes = session.notes();
    assert!(notes[0].contains("4 rows of another day") && notes[0].contains("2024-06-28"), "{notes:?}");
    assert!(session.pictures[0].is_some());
}

#[test]
fn while_the_market_trades_what_has_no_recent_time_is_stale() {
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
    let document = sheet(&[good(2), good(1)], 0, 1, 2);
    for minute in 0..8 {
        answer(&mut session, minute * 60_000, &document, &mut out);
        let state = if minute > 5 { LineState::Stale } else { LineState::Live };
        assert_eq!(session.state(), state, "{minute}");
    }
    let newer = row(FIRST + 3, "NABIL", "11:08:00", 10, "500.1", "5001.0");
    answer(&mut session, 8 * 60_000, &sheet(&[newer, good(2), good(1)], 0, 1, 3), &mut out);
    assert_eq!(session.state(), LineState::Live);
    // After the close nothing newer is to come.
    answer(&mut session, 5 * 3_600_000, &sheet(&[good(2), good(1)], 0, 1, 3), &mut out);
    assert_eq!(session.state(), LineState::Live);
}

fn live(symbol: &str, price: &str, qty: u64, total: u64, time: &str) -> String {
    format!(
        r#"{{"securityId":"131","securityName":"N","symbol":"{symbol}","indexId":58,"openPrice":510.0,"highPrice":515.0,"lowPrice":509.1,"totalTradeQuantity":{total},"totalTradeValue":1.0E7,"lastTradedPrice":{price},"percentageChange":0.3,"lastUpdatedDateTime":"2024-07-02T{time}","lastTradedVolume":{qty},"previousClose":511.0}}"#
    )
}

#[test]
fn the_live_market_tells_the_last_trade_when_there_is_no_floorsheet() {
    let (mut session, mut out) = session(NepseSiteSettings { live_market: url("live"), ..settings() });
    let untraded = live("SCB", "0", 0, 0, "11:00:00");
    let document = format!("[{},{untraded}]", live("NABIL", "512.5", 10, 100, "11:00:05"));
    let events = answer(&mut session, 0, &document, &mut out);
    let MarketData::Trade(print) = events[0].data else { panic!() };
    assert_eq!((events.len(), print.price, print.qty), (1, Price::from_units(51_250), Qty::from_units(10)));
    assert_eq!((events[0].instrument, events[0].at), (NABIL, at(5_000)));
    assert_eq!(answer(&mut session, 6_000, &document, &mut out), []);
    let later = format!("[{}]", live("NABIL", "512.5", 10, 150, "11:00:09"));
    assert_eq!(answer(&mut session, 12_000, &later, &mut out).len(), 1);
    // Older than what is known: refused, as is a security that was not asked for.
    let old =
        format!("[{},{}]", live("NABIL", "512.5", 10, 120, "11:00:07"), live("HIDCL", "1", 1, 1, "11:00:07"));
    assert_eq!(answer(&mut session, 18_000, &old, &mut out), []);
    assert_eq!((session.stats().refused, session.state()), (2, LineState::Live));

    let both = NepseSiteSettings { live_market: url("live"), floorsheet: url("sheet"), ..settings() };
    let mut session = NepseSiteSession::new(both, listing());
    session.opened(at(0), &mut out);
    assert_eq!(out.fetch.len(), 2);
    let live_market = out.fetch.iter().find(|fetch| fetch.url.contains("live")).unwrap().no;
    session.fetched(at(1), live_market, Ok(&document), &mut out);
    assert_eq!(out.events, [], "the trades are in the floorsheet");
}

#[test]
fn the_status_becomes_phases_and_stops() {
    let (mut session, mut out) = session(NepseSiteSettings { status: url("status"), ..settings() });
    let phase = MarketData::Session;
    let start = MarketData::Halt(Halt::Start { level: None, until: None });
    let end = MarketData::Halt(Halt::End);
    for (said, time, told) in [
        ("CLOSE", "2024-07-01T15:00:00", vec![]),
        ("CLOSE", "2024-07-02T09:00:00", vec![phase(SessionPhase::Closed)]),
        ("Pre Open", "2024-07-02T10:30:00", vec![phase(SessionPhase::PreOpen), end]),
        ("Pre Open CLOSE", "2024-07-02T10:45:00", vec![phase(SessionPhase::PreOpenMatch)]),
        ("OPEN", "2024-07-02T11:00:00", vec![phase(SessionPhase::Continuous)]),
        ("OPEN", "2024-07-02T11:00:01", vec![]),
        // What is older than the last, or of another day, ends nothing.
        ("CLOSE", "2024-07-02T09:00:00", vec![]),
        ("CLOSE", "2024-07-01T15:00:00", vec![]),
        ("HOLIDAY", "2024-07-02T11:00:02", vec![]),
        // Closed while the calendar has it open: a stop that may end.
        ("CLOSE", "2024-07-02T12:00:00", vec![start]),
        ("CLOSE", "2024-07-02T12:00:01", vec![]),
        ("OPEN", "2024-07-02T12:40:00", vec![phase(SessionPhase::Continuous), end]),
        ("CLOSE", "2024-07-02T15:00:00", vec![phase(SessionPhase::Ended)]),
        ("CLOSE", "2024-07-02T15:00:01", vec![]),
    ] {
        let document = format!(r#"{{"isOpen":"{said}","asOf":"{time}","id":9}}"#);
        let hours: f64 = time[11..13].parse::<f64>().unwrap() + time[14..16].parse::<f64>().unwrap() / 60.0;
        let ms = ((hours - 11.0) * 3_600_000.0) as i64 + 20_000;
        let ms = if time.contains("-01T") { -3 * 3_600_000 } else { ms };
        let mut out = FeedOut::default();
        session.read(Kind::Status, at(ms), &document, &mut out).ok();
        let data: Vec<_> = out.events.iter().map(|e| e.data).collect();
        assert_eq!(data, told, "{said} {time}");
    }
    // A stop that is never ended is the end when the calendar says so.
    session.lost(at(0), &mut out);
    let stopped = OPEN.replace("OPEN", "CLOSE").replace("11:00", "14:20");
    for (minutes, told) in [(21, start), (61, phase(SessionPhase::Ended))] {
        let mut out = FeedOut::default();
        session.read(Kind::Status, at((3 * 60 + minutes) * 60_000), &stopped, &mut out).unwrap();
        assert_eq!(out.events.iter().map(|e| e.data).collect::<Vec<_>>(), [told]);
    }
}

#[test]
fn a_site_that_does_not_answer_is_stale_and_then_silent() {
    let depth = vec![(NABIL, "http://site/131".to_owned()), (SCB, "http://site/132".to_owned())];
    let (mut session, mut out) = open(NepseSiteSettings { depth, ..dated() });
    session.fetched(at(10), 2, Ok(DEPTH), &mut out);
    session.fetched(at(10), 3, Err("no such host"), &mut out);
    assert_eq!(session.state(), LineState::Stale);
    for ms in (250..60_000).step_by(250) {
        session.tick(at(ms), &mut out);
        assert_eq!(session.state() == LineState::Silent, ms >= 20_010, "{ms}");
    }
    assert!((6..60).contains(&out.fetch.len()), "{} requests in a minute", out.fetch.len());
    let last = out.fetch.iter().rev().find(|fetch| fetch.url.ends_with("131")).unwrap().no;
    session.fetched(at(60_000), last, Ok(DEPTH), &mut out);
    assert_eq!(session.state(), LineState::Stale);
    session.heard(at(60_001), "{}", &mut out);
    assert_eq!(session.stats().refused, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_documents_never_stop_a_session(
        which in 0..4_usize,
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..5_u8), 0..5),
    ) {
        let documents = [
            DEPTH.to_owned(),
            sheet(&[good(2), good(1)], 0, 3, 9),
            format!("[{}]", live("NABIL", "512.5", 10, 100, "11:00:05")),
            r#"{"isOpen":"OPEN","asOf":"2024-07-02T11:00:00","id":9}"#.to_owned(),
        ];
        let mut bytes = documents[which].clone().into_bytes();
        for (place, byte, kind) in hits {
            let at = place.index(bytes.len().max(1));
            match kind {
                0 => bytes.truncate(at),
                1 => drop(bytes.splice(at..at, std::iter::repeat_n(b'9', usize::from(byte)))),
                2 => drop(bytes.splice(at..at, std::iter::repeat_n(b'[', usize::from(byte)))),
                _ => if let Some(old) = bytes.get_mut(at) { *old = b"0123456789-.\"[]{}:,eE"[usize::from(byte) % 21] },
            }
        }
        let document = String::from_utf8_lossy(&bytes);
        let all = NepseSiteSettings {
            floorsheet: Some("f{page}".to_owned()),
            live_market: url("l"),
            status: url("s"),
            depth: vec![(NABIL, String::new())],
            ..settings()
        };
        let (mut session, mut out) = session(all);
        for ms in [0, 3_000, 6_000, 40_000] {
            session.tick(at(ms), &mut out);
            for fetch in std::mem::take(&mut out.fetch) {
                session.fetched(at(ms), fetch.no, Ok(&document), &mut out);
            }
        }
        session.lost(at(50_000), &mut out);
        prop_assert_eq!(session.stats().events, out.events.len() as u64);
        for event in &out.events {
            prop_assert!(event.flags.has(EventFlags::POLLED));
        }
    }
}

#[test]
fn a_document_that_is_not_there_is_waited_for_by_nobody_and_looked_for_under_both_names() {
    let floorsheet = Some("http://site/floorsheet-{page}.json".to_owned());
    let floorsheet_or = Some("http://site/floorsheet.json".to_owned());
    let live_market = Some("http://site/live.json".to_owned());
    let all = NepseSiteSettings { floorsheet, floorsheet_or, live_market, ..dated() };
    let (mut session, mut out) = session(all);
    let mut asked = Vec::new();
    for ms in (0..=125_000).step_by(250) {
        session.tick(at(ms), &mut out);
        while let Some(fetch) = out.fetch.pop() {
            let name = fetch.url.rsplit('/').next().unwrap();
            match name {
                "live.json" => session.not_there(at(ms), fetch.no, "HTTP 403", &mut out),
                "floorsheet-0.json" => session.not_there(at(ms), fetch.no, "no such document", &mut out),
                "floorsheet.json" => {
                    session.fetched(at(ms), fetch.no, Ok(&sheet(&[good(1)], 0, 1, 1)), &mut out);
                }
                _ => session.fetched(at(ms), fetch.no, Ok(OPEN), &mut out),
            }
            if name.starts_with("floorsheet") {
                asked.push((ms, name.to_owned()));
            }
        }
        assert_eq!(session.state(), LineState::Live, "{ms}");
    }
    assert_eq!(asked[..2], [(0, "floorsheet-0.json".to_owned()), (60_000, "floorsheet.json".to_owned())]);
    assert!(asked.len() > 10, "now that it is there it is polled");
    assert!(session.notes().iter().any(|note| note.contains("live.json is not there")));
    // What was read before and is gone is missing.
    session.tick(at(130_000), &mut out);
    let status = out.fetch.iter().find(|fetch| fetch.url.contains("status")).unwrap().no;
    session.not_there(at(130_000), status, "HTTP 403", &mut out);
    assert_eq!(session.state(), LineState::Stale);
}

#[test]
fn a_walk_that_fails_on_an_older_page_begins_with_the_newest_again() {
    let mut session = paged();
    let mut out = FeedOut::default();
    session.tick(at(6_000), &mut out);
    let first = out.fetch.pop().unwrap();
    session.fetched(at(6_000), first.no, Ok(&page_of(12, 0, &[])), &mut out);
    let second = out.fetch.pop().unwrap();
    assert!(second.url.ends_with("=1"), "{}", second.url);
    session.fetched(at(6_000), second.no, Err("HTTP 500"), &mut out);
    let mut trades = 13;
    let (pages, told) = walk(&mut session, 12_000, &mut trades, (0, &[]));
    assert_eq!((pages, told), (vec![0, 1, 2, 3, 4], (5..=13).collect()));
}

#[test]
fn a_security_that_was_not_asked_for_is_named() {
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
    let other = row(FIRST + 2, "HIDCL", "11:00:01", 10, "500.1", "5001.0");
    answer(&mut session, 0, &sheet(&[other, good(1)], 0, 1, 2), &mut out);
    assert!(session.notes()[0].contains("HIDCL"), "{:?}", session.notes());
}

#[test]
fn after_a_loss_everything_is_told_again() {
    let all = NepseSiteSettings { floorsheet: url("sheet"), ..dated() };
    let (mut session, mut out) = session(all);
    let document = sheet(&[good(2), good(1)], 0, 1, 2);
    let told = answer(&mut session, 0, &document, &mut out);
    assert_eq!(answer(&mut session, 6_000, &document, &mut out), []);
    session.lost(at(7_000), &mut out);
    out.fetch.clear();
    session.opened(at(8_000), &mut out);
    assert_eq!(answer(&mut session, 8_000, &document, &mut out), told);
    assert_eq!(told.len(), 4, "two trades, the phase, and that no stop is in force");
}

#[test]
fn depth_of_another_day_stands_at_that_days_time() {
    let depth = vec![(NABIL, "file:site/131.json".to_owned())];
    let now = at(400 * 86_400_000);
    let clock = Some(SourceClock { here: now, there: at(0), speed_milli: 1_000 });
    let mut session = NepseSiteSession::new(NepseSiteSettings { depth, clock, ..dated() }, listing());
    let mut out = FeedOut::default();
    session.opened(now, &mut out);
    session.fetched(now, 1, Ok(OPEN), &mut out);
    out.events.clear();
    session.fetched(now.plus_ns(10_000_000), 2, Ok(DEPTH), &mut out);
    let events = out.events;
    assert!(events.len() == 4 && events.iter().all(|event| event.at == at(10)));
}
