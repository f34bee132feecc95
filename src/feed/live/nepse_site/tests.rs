//! Documents in the shapes of the site, and a session that polls them.

use proptest::prelude::*;

use super::super::depth::Scale;
use super::super::listing::Listed;
use super::*;
use crate::market::{BrokerId, Price, Qty, Side, Symbol};

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
    NepseSiteSettings::new(SourceId(2))
}

fn url(name: &str) -> Option<String> {
    Some(format!("file:site/{name}.json"))
}

/// Answers everything that was asked for with one document; the events that follow.
fn answer(session: &mut NepseSiteSession, ms: i64, document: &str, out: &mut FeedOut) -> Vec<MarketEvent> {
    session.tick(at(ms), out);
    for fetch in std::mem::take(&mut out.fetch) {
        session.fetched(at(ms), fetch.no, Ok(document), out);
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
    let (mut session, mut out) = session(NepseSiteSettings { depth, ..settings() });
    assert_eq!(out.fetch, [Fetch { no: 1, url: "file:site/131.json".to_owned() }]);
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
    assert_eq!(session.stats().frames, 1);
    assert_eq!(answer(&mut session, 5_100, DEPTH, &mut out), []);
    assert_eq!(session.stats().frames, 2);
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
        ("}]}", "}"),
    ] {
        let depth = vec![(NABIL, "http://site/131".to_owned())];
        let (mut session, mut out) = session(NepseSiteSettings { depth, ..settings() });
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
    assert_eq!(session.state(), LineState::Live);
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
fn a_new_day_begins_with_an_empty_sheet() {
    let (mut session, mut out) = session(NepseSiteSettings { floorsheet: url("sheet"), ..settings() });
    answer(&mut session, 0, &sheet(&[good(2), good(1)], 0, 1, 2), &mut out);
    let next = sheet(&[good(9)], 0, 1, 1).replace("2024-07-02", "2024-07-03");
    // Before that day it is nothing to believe, or it would hide the rest of today.
    assert_eq!(answer(&mut session, 6_000, &next, &mut out), []);
    assert_eq!(session.stats().refused, 1);
    let next = sheet(&[good(10)], 0, 1, 1).replace("2024-07-02", "2024-07-03");
    assert_eq!(numbers(&answer(&mut session, 86_400_000, &next, &mut out)), [10]);
    assert_eq!(session.state(), LineState::Live);
    // What the site still has of the day before is not of today.
    let old = sheet(&[good(4)], 0, 1, 1);
    assert_eq!(answer(&mut session, 86_412_000, &old, &mut out), []);
    assert_eq!(session.stats().refused, 2);
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
fn the_status_becomes_phases() {
    let (mut session, mut out) = session(NepseSiteSettings { status: url("status"), ..settings() });
    let mut ms = 0;
    for (said, phase) in [
        ("CLOSE", Some(SessionPhase::Closed)),
        ("Pre Open", Some(SessionPhase::PreOpen)),
        ("Pre Open CLOSE", Some(SessionPhase::PreOpenMatch)),
        ("OPEN", Some(SessionPhase::Continuous)),
        ("OPEN", None),
        ("HOLIDAY", None),
        ("CLOSE", Some(SessionPhase::Ended)),
        ("CLOSE", None),
    ] {
        let document = format!(r#"{{"isOpen":"{said}","asOf":"2024-07-02T11:00:00","id":9}}"#);
        let told: Vec<_> = answer(&mut session, ms, &document, &mut out).iter().map(|e| e.data).collect();
        assert_eq!(told, phase.map(MarketData::Session).into_iter().collect::<Vec<_>>(), "{said}");
        ms += 6_000;
    }
    assert_eq!(session.stats().refused, 1);
}

#[test]
fn a_site_that_does_not_answer_is_stale_and_then_silent() {
    let depth = vec![(NABIL, "http://site/131".to_owned()), (SCB, "http://site/132".to_owned())];
    let (mut session, mut out) = session(NepseSiteSettings { depth, ..settings() });
    session.fetched(at(10), 1, Ok(DEPTH), &mut out);
    session.fetched(at(10), 2, Err("no such host"), &mut out);
    assert_eq!(session.state(), LineState::Stale);
    for ms in (250..60_000).step_by(250) {
        session.tick(at(ms), &mut out);
        assert_eq!(session.state() == LineState::Silent, ms >= 20_010, "{ms}");
    }
    assert!((6..40).contains(&out.fetch.len()), "{} requests in a minute", out.fetch.len());
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
fn a_session_taken_up_tells_no_trade_again() {
    let floorsheet = url("floorsheet");
    let settings = NepseSiteSettings { floorsheet, status: url("status"), ..settings() };
    let told: Vec<MarketEvent> = {
        let (mut session, mut out) = session(NepseSiteSettings { status: None, ..settings.clone() });
        answer(&mut session, 0, &sheet(&[good(2), good(1)], 0, 1, 2), &mut out)
    };
    assert_eq!(numbers(&told), [1, 2]);
    let mut again = NepseSiteSession::new(NepseSiteSettings { status: None, ..settings }, listing());
    again.take_up(&told);
    let mut out = FeedOut::default();
    again.opened(at(0), &mut out);
    let events = answer(&mut again, 10, &sheet(&[good(3), good(2), good(1)], 0, 1, 3), &mut out);
    assert_eq!((numbers(&events), again.state()), (vec![3], LineState::Live));
    // Without a floorsheet the last trade of each security is known by its time.
    let live = |second: u32, total: u32| {
        format!(
            r#"[{{"symbol":"NABIL","lastTradedPrice":500,"lastTradedVolume":10,"totalTradeQuantity":{total},"lastUpdatedDateTime":"2024-07-02T11:00:{second:02}"}}]"#
        )
    };
    let mut again =
        NepseSiteSession::new(NepseSiteSettings { live_market: url("live"), ..self::settings() }, listing());
    again.take_up(&told);
    let mut out = FeedOut::default();
    again.opened(at(0), &mut out);
    assert_eq!(answer(&mut again, 10, &live(2, 20), &mut out), []);
    assert_eq!(answer(&mut again, 6_000, &live(9, 30), &mut out).len(), 1);
}

#[test]
fn depth_of_another_day_stands_at_that_days_time() {
    let depth = vec![(NABIL, "file:site/131.json".to_owned())];
    let there = at(0).plus_ns(-400 * 86_400_000_000_000);
    let clock = Some(SourceClock { here: at(0), there, speed_milli: 1_000 });
    let (mut session, mut out) = session(NepseSiteSettings { depth, clock, ..settings() });
    let events = answer(&mut session, 10, DEPTH, &mut out);
    assert!(events.len() == 4 && events.iter().all(|event| event.at == there.plus_ns(10_000_000)));
}
