//! Pictures, gaps, silences and refusals, without an exchange.

use super::super::depth::Scale;
use super::super::listing::Listed;
use super::*;
use crate::market::{InstrumentId, MarketData, SourceId, Symbol};

fn at(ms: i64) -> Timestamp {
    from_ms(1_723_161_255_000 + ms)
}

fn session(market: BinanceMarket, symbols: &[&str]) -> (BinanceSession, FeedOut) {
    let listed = |(n, symbol): (usize, &&str)| Listed {
        symbol: Symbol::new(symbol),
        instrument: InstrumentId(n as u32),
        price: Scale::of(100).unwrap(),
        qty: Scale::of(1_000).unwrap(),
    };
    let listing = Listing::new(symbols.iter().enumerate().map(listed));
    let mut session = BinanceSession::new(BinanceSettings::new(market, SourceId(1)), listing);
    let mut out = FeedOut::default();
    session.opened(at(0), &mut out);
    (session, out)
}

fn change(symbol: &str, first: u64, last: u64) -> String {
    format!(
        r#"{{"e":"depthUpdate","E":1723161255208,"s":"{symbol}","U":{first},"u":{last},"b":[["61737.63","1.5"]],"a":[]}}"#
    )
}

fn picture(last: u64) -> String {
    format!(r#"{{"lastUpdateId":{last},"bids":[["61737.00","2"]],"asks":[["61738.00","3"]]}}"#)
}

fn trade(number: u64) -> String {
    format!(
        r#"{{"stream":"btcusdt@trade","data":{{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":{number},"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}}}"#
    )
}

/// Events and state after a frame.
fn hear(session: &mut BinanceSession, ms: i64, frame: &str, out: &mut FeedOut) -> (usize, LineState) {
    out.events.clear();
    session.heard(at(ms), frame, out);
    (out.events.len(), session.state())
}

/// Makes the book known up to update 20.
fn sync(session: &mut BinanceSession, out: &mut FeedOut) {
    hear(session, 10, &change("BTCUSDT", 10, 20), out);
    let fetch = out.fetch.pop().unwrap();
    session.fetched(at(20), fetch.no, Ok(&picture(15)), out);
    out.events.clear();
    assert_eq!(session.state(), LineState::Live);
}

#[test]
fn a_picture_joins_what_was_kept() {
    let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
    for (first, last) in [(5, 9), (10, 14), (15, 20)] {
        assert_eq!(hear(&mut session, 10, &change("BTCUSDT", first, last), &mut out).0, 0);
    }
    assert_eq!(out.fetch.len(), 1);
    // Too old: the first change kept starts after it.
    session.fetched(at(20), 1, Ok(&picture(3)), &mut out);
    assert_eq!((session.state(), out.events.len()), (LineState::Syncing, 0));
    session.tick(at(800), &mut out);
    assert_eq!(out.fetch.len(), 2, "asked for again after a while");
    session.fetched(at(830), 1, Ok(&picture(9)), &mut out);
    assert_eq!(out.events.len(), 0, "an answer that nobody waits for");
    session.fetched(at(840), 2, Ok(&picture(9)), &mut out);
    // Clear and two levels, then the two changes that are not in it.
    assert_eq!((session.state(), out.events.len()), (LineState::Live, 5));
    assert_eq!(hear(&mut session, 900, &change("BTCUSDT", 21, 21), &mut out), (1, LineState::Live));
    assert_eq!(hear(&mut session, 900, &change("BTCUSDT", 21, 21), &mut out), (0, LineState::Live));
    assert_eq!(session.stats().duplicates, 1);
    assert_eq!(hear(&mut session, 900, &change("BTCUSDT", 23, 24), &mut out), (1, LineState::Gap));
    assert_eq!(out.events[0].data, MarketData::Clear(None));
    // Asked for only just now: not again within a second.
    assert_eq!(out.fetch.len(), 2);
    session.tick(at(1_800), &mut out);
    assert_eq!(out.fetch.last().unwrap().no, 3);
}

#[test]
fn futures_follow_by_the_update_before() {
    let (mut session, mut out) = session(BinanceMarket::UsdFutures, &["BTCUSDT"]);
    let change = |first, last, before| {
        change("BTCUSDT", first, last).replace(",\"b\":", &format!(",\"pu\":{before},\"b\":"))
    };
    hear(&mut session, 1, &change(10, 20, 7), &mut out);
    session.fetched(at(2), 1, Ok(&picture(15)), &mut out);
    assert_eq!(hear(&mut session, 3, &change(33, 40, 20), &mut out), (1, LineState::Live));
    assert_eq!(hear(&mut session, 4, &change(41, 45, 39), &mut out), (1, LineState::Gap));
    // A spot message on a futures line says less than is needed.
    hear(&mut session, 5, &self::change("BTCUSDT", 46, 47), &mut out);
    assert_eq!(session.stats().refused, 1);
}

#[test]
fn a_change_of_futures_that_names_the_picture_follows_it() {
    let change = |first, last, before| {
        change("BTCUSDT", first, last).replace(",\"b\":", &format!(",\"pu\":{before},\"b\":"))
    };
    for held in [false, true] {
        let (mut session, mut out) = session(BinanceMarket::UsdFutures, &["BTCUSDT"]);
        hear(&mut session, 1, r#"{"result":null,"id":1}"#, &mut out);
        if held {
            hear(&mut session, 2, &change(33, 40, 20), &mut out);
        }
        session.fetched(at(3), 1, Ok(&picture(20)), &mut out);
        if !held {
            hear(&mut session, 4, &change(33, 40, 20), &mut out);
        }
        assert_eq!((session.state(), session.stats().gaps), (LineState::Live, 0), "{held}");
        hear(&mut session, 5, &change(41, 45, 40), &mut out);
        assert_eq!(session.state(), LineState::Live);
    }
}

#[test]
fn a_picture_not_there_in_time_makes_the_line_stale() {
    let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
    hear(&mut session, 0, &change("BTCUSDT", 1, 2), &mut out);
    for ms in (0..9_000).step_by(250) {
        hear(&mut session, ms, &trade(ms as u64 / 250 + 1), &mut out);
        session.tick(at(ms), &mut out);
        let expected = if ms < 5_000 { LineState::Syncing } else { LineState::Stale };
        assert_eq!(session.state(), expected, "{ms}");
    }
    let last = out.fetch.pop().unwrap();
    assert_eq!(last.no, 2);
    session.fetched(at(9_000), 2, Err("refused"), &mut out);
    assert_eq!(session.state(), LineState::Stale);
    session.tick(at(10_500), &mut out);
    session.fetched(at(10_600), 3, Ok(&picture(2)), &mut out);
    assert_eq!(session.state(), LineState::Live);
}

#[test]
fn silence_is_said_and_then_the_line_is_given_up() {
    let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
    sync(&mut session, &mut out);
    out.send.clear();
    session.tick(at(9_000), &mut out);
    assert_eq!((out.send.len(), session.state()), (1, LineState::Live));
    session.tick(at(10_010), &mut out);
    assert_eq!((session.state(), out.close.as_ref()), (LineState::Silent, None));
    // The answer to the inquiry is enough to be heard of.
    hear(&mut session, 10_100, r#"{"result":["btcusdt@trade"],"id":2}"#, &mut out);
    assert_eq!((session.state(), session.stats().latency_ns), (LineState::Live, Some(550_000_000)));
    session.tick(at(30_100), &mut out);
    assert!(out.close.take().is_some_and(|close| close.again));
    session.lost(at(30_200), &mut out);
    assert_eq!((session.state(), out.events.len()), (LineState::Connecting, 1));
    session.opened(at(31_000), &mut out);
    assert_eq!((session.state(), session.stats().reconnects), (LineState::Syncing, 1));
    assert!(out.send.last().unwrap().contains("SUBSCRIBE"), "subscribed again");
    // After the new subscription nothing is taken for granted.
    assert_eq!(hear(&mut session, 31_100, &change("BTCUSDT", 21, 22), &mut out), (0, LineState::Syncing));
}

#[test]
fn only_so_many_pictures_at_once_and_a_quiet_book_gets_its_own() {
    let symbols = ["A", "B", "C", "D", "E", "F"];
    let (mut session, mut out) = session(BinanceMarket::Spot, &symbols);
    hear(&mut session, 1, r#"{"result":null,"id":1}"#, &mut out);
    assert_eq!(out.fetch.len(), FETCHES_AT_ONCE);
    for no in 1..=6 {
        session.fetched(at(2), no, Ok(&picture(5)), &mut out);
    }
    assert_eq!((out.fetch.len(), session.state()), (6, LineState::Live));
    // One book lost is one book cleared.
    assert_eq!(hear(&mut session, 3, &change("C", 9, 9), &mut out), (1, LineState::Gap));
    assert_eq!(out.events[0].instrument, InstrumentId(2));
    assert_eq!(hear(&mut session, 4, &change("D", 6, 6), &mut out), (1, LineState::Gap));
}

#[test]
fn trades_come_once_and_holes_are_counted() {
    let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
    for (number, events, gaps, duplicates) in
        [(7, 1, 0, 0), (8, 1, 0, 0), (8, 0, 0, 1), (7, 0, 0, 2), (11, 1, 1, 2)]
    {
        assert_eq!(hear(&mut session, 1, &trade(number), &mut out).0, events, "{number}");
        assert_eq!((session.stats().gaps, session.stats().duplicates), (gaps, duplicates), "{number}");
    }
}

#[test]
fn bad_frames_are_refused_and_counted() {
    for frame in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[".repeat(10_000),
        format!("{{\"data\":{}", "{\"data\":".repeat(10_000)),
        "{\"id\":\"1\",\"result\":null}".to_owned(),
        change("DOGEUSDT", 21, 22),
        change("BTCUSDT", 22, 21),
        change("BTCUSDT", 21, 22).replace("208,", "208.5,"),
        change("BTCUSDT", 21, 22).replace("\"E\":1723161255208", "\"E\":1723161255208000000"),
        change("BTCUSDT", 21, 22).replace("depthUpdate", "bookTicker"),
        change("BTCUSDT", 21, 22).replace("]],", "]"),
        trade(1).replace("61837.63000000", "61837.63000001"),
        trade(1).replace("0.02000000", "0.00000000"),
        trade(1).replace("\"m\":true", "\"m\":1"),
        trade(1).replace("\"M\":true", "\"X\":\"INSURANCE_FUND\""),
        trade(1).replace("\"t\":1", "\"t\":99999999999999999999999"),
    ] {
        let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
        sync(&mut session, &mut out);
        let (events, state) = hear(&mut session, 30, &frame, &mut out);
        assert_eq!((events, state, session.stats().refused), (0, LineState::Live, 1), "{frame}");
    }
}

#[test]
fn a_change_that_cannot_be_read_takes_its_book_away() {
    for bad in ["61737.633", "-1", "1e5", "99999999999999999999"] {
        let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
        sync(&mut session, &mut out);
        let frame = change("BTCUSDT", 21, 22).replace("61737.63", bad);
        assert_eq!(hear(&mut session, 30, &frame, &mut out), (1, LineState::Gap), "{bad}");
        assert_eq!(session.stats().refused, 1);
    }
}

#[test]
fn a_refused_subscription_closes_for_good() {
    let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
    let refusal = r#"{"error":{"code":2,"msg":"Invalid request: unknown stream"},"id":1}"#;
    assert_eq!(hear(&mut session, 1, refusal, &mut out), (0, LineState::Closed));
    assert!(out.close.take().is_some_and(|close| !close.again && close.why.contains("unknown stream")));
    session.opened(at(5), &mut out);
    assert_eq!(session.state(), LineState::Syncing);
}

#[test]
fn memory_does_not_grow_while_a_picture_does_not_come() {
    let (mut session, mut out) = session(BinanceMarket::Spot, &["BTCUSDT"]);
    for n in 1..20_000 {
        hear(&mut session, 1, &change("BTCUSDT", n, n), &mut out);
    }
    let fetch = out.fetch.pop().unwrap();
    session.fetched(at(2), fetch.no, Ok(&picture(19_900)), &mut out);
    assert_eq!(session.state(), LineState::Live);
    assert!(out.events.len() < 200, "only what follows the picture");
}
