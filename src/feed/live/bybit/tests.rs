//! Books, trades and answers, without an exchange.

use proptest::prelude::*;

use super::super::depth::Scale;
use super::super::listing::Listed;
use super::*;
use crate::market::{InstrumentId, MarketData, Symbol};

fn listing() -> Listing {
    let listed = |symbol, id| Listed {
        symbol: Symbol::new(symbol),
        instrument: InstrumentId(id),
        price: Scale::of(10_000).unwrap(),
        qty: Scale::of(10).unwrap(),
    };
    Listing::new([listed("XRPUSDT", 1), listed("BTCUSDT", 2)])
}

fn at(ms: i64) -> Timestamp {
    from_ms(1_733_011_200_000 + ms)
}

fn session() -> (BybitSession, FeedOut) {
    let mut session = BybitSession::new(BybitSettings::new(SourceId(1)), listing());
    let mut out = FeedOut::default();
    session.opened(at(0), &mut out);
    (session, out)
}

fn book(symbol: &str, kind: &str, update: u64) -> String {
    format!(
        r#"{{"topic":"orderbook.200.{symbol}","type":"{kind}","ts":1733011200691,"data":{{"s":"{symbol}","b":[["1.9531","6203"]],"a":[["1.9540","10"]],"u":{update},"seq":7}},"cts":1733011200680}}"#
    )
}

#[test]
fn pictures_changes_and_a_restart() {
    let (mut session, mut out) = session();
    assert_eq!(out.send.len(), 1);
    let hear = |session: &mut BybitSession, frame: String| {
        let mut out = FeedOut::default();
        session.heard(at(10), &frame, &mut out);
        (out.events.len(), session.state())
    };
    assert_eq!(hear(&mut session, book("XRPUSDT", "delta", 9)), (0, LineState::Syncing));
    assert_eq!(hear(&mut session, book("XRPUSDT", "snapshot", 10)), (3, LineState::Syncing));
    assert_eq!(hear(&mut session, book("BTCUSDT", "snapshot", 70)), (3, LineState::Live));
    assert_eq!(hear(&mut session, book("XRPUSDT", "delta", 11)), (2, LineState::Live));
    assert_eq!(hear(&mut session, book("XRPUSDT", "delta", 11)), (0, LineState::Live));
    assert_eq!(session.stats().duplicates, 1);
    // After a restart of the service: a picture, whatever it is called.
    assert_eq!(hear(&mut session, book("XRPUSDT", "delta", 1)), (3, LineState::Live));
    assert_eq!(hear(&mut session, book("XRPUSDT", "delta", 2)), (2, LineState::Live));
    assert_eq!(hear(&mut session, book("XRPUSDT", "delta", 4)), (1, LineState::Gap));
    assert_eq!(hear(&mut session, book("BTCUSDT", "delta", 71)), (2, LineState::Gap));
    assert_eq!(hear(&mut session, book("XRPUSDT", "snapshot", 4)), (3, LineState::Live));
    out.events.clear();
    session.lost(at(20), &mut out);
    assert_eq!((out.events.len(), session.state()), (2, LineState::Connecting));
    assert!(out.events.iter().all(|event| event.data == MarketData::Clear(None)));
    session.opened(at(30), &mut out);
    assert_eq!((session.state(), session.stats().reconnects), (LineState::Syncing, 1));
}

#[test]
fn a_picture_that_does_not_come_is_asked_for_again() {
    let (mut session, mut out) = session();
    out.send.clear();
    session.heard(at(10), &book("XRPUSDT", "snapshot", 4), &mut out);
    for ms in (250..=5_250).step_by(250) {
        session.heard(at(ms), r#"{"success":true,"ret_msg":"pong","op":"ping"}"#, &mut out);
        session.tick(at(ms), &mut out);
    }
    assert_eq!(session.state(), LineState::Stale);
    session.heard(at(9_000), r#"{"op":"pong"}"#, &mut out);
    session.tick(at(9_000), &mut out);
    let asked: Vec<_> = out.send.iter().filter(|frame| frame.contains("subscribe")).collect();
    assert!(
        asked.len() == 2 && asked.iter().all(|frame| frame.contains("orderbook.200.BTCUSDT")),
        "{asked:?}"
    );
    assert!(out.send.iter().any(|frame| frame.contains("\"ping\"")));
    session.heard(at(9_100), &book("BTCUSDT", "snapshot", 4), &mut out);
    assert_eq!(session.state(), LineState::Live);
    assert!(session.stats().latency_ns.is_some() && session.stats().clock_offset_ns.is_some());
}

#[test]
fn silence_is_said_and_then_the_line_is_given_up() {
    let (mut session, mut out) = session();
    session.heard(at(0), &book("XRPUSDT", "snapshot", 4), &mut out);
    session.heard(at(0), &book("BTCUSDT", "snapshot", 4), &mut out);
    session.tick(at(9_999), &mut out);
    assert_eq!(session.state(), LineState::Live);
    session.tick(at(10_000), &mut out);
    assert_eq!((session.state(), out.close.as_ref()), (LineState::Silent, None));
    session.heard(at(12_000), r#"{"op":"pong"}"#, &mut out);
    assert_eq!(session.state(), LineState::Live);
    session.tick(at(32_000), &mut out);
    assert!(out.close.is_some_and(|close| close.again));
}

#[test]
fn trades_come_once_and_bad_frames_are_counted() {
    let trade = |id: &str, symbol: &str, qty: &str, side: &str| {
        format!(
            r#"{{"T":1733011200690,"s":"{symbol}","S":"{side}","v":"{qty}","p":"1.9532","L":"PlusTick","i":"{id}","BT":false}}"#
        )
    };
    let frame = |trades: &[String]| {
        format!(
            r#"{{"topic":"publicTrade.XRPUSDT","type":"snapshot","ts":1733011200692,"data":[{}]}}"#,
            trades.join(",")
        )
    };
    let good = |id| trade(id, "XRPUSDT", "12.5", "Sell");
    for (said, events, refused, duplicates) in [
        (frame(&[good("a"), good("b")]), 2, 0, 0),
        (frame(&[good("a"), good("a")]), 1, 0, 1),
        (frame(&[good("a"), trade("b", "XRPUSDT", "0", "Buy")]), 1, 1, 0),
        (frame(&[trade("b", "XRPUSDT", "12.55", "Buy"), good("c")]), 1, 1, 0),
        (frame(&[trade("b", "BTCUSDT", "1", "Buy")]), 0, 1, 0),
        (frame(&[trade("b", "XRPUSDT", "1", "buy")]), 0, 1, 0),
        (frame(&[]).replace("XRPUSDT", "DOGEUSDT"), 0, 1, 0),
        (frame(&[]).replace("publicTrade", "tickers"), 0, 1, 0),
        (frame(&["7".to_owned()]), 0, 1, 0),
        (book("DOGEUSDT", "snapshot", 4), 0, 1, 0),
        (book("XRPUSDT", "picture", 4), 0, 1, 0),
        (book("XRPUSDT", "snapshot", 4).replace("200", "50"), 0, 1, 0),
        (book("XRPUSDT", "snapshot", 4).replace("1.9531", "1.95311"), 0, 1, 0),
        (book("XRPUSDT", "snapshot", 4).replace("\"s\":\"XRPUSDT\"", "\"s\":\"BTCUSDT\""), 0, 1, 0),
        (book("XRPUSDT", "snapshot", 4).replace("1733011200691", "1e99"), 0, 1, 0),
        ("{".repeat(10_000), 0, 1, 0),
        ("[".repeat(10_000), 0, 1, 0),
        (String::new(), 0, 1, 0),
        ("{}".to_owned(), 0, 1, 0),
        ("null".to_owned(), 0, 1, 0),
    ] {
        let (mut session, mut out) = session();
        session.heard(at(1), &said, &mut out);
        let stats = session.stats();
        assert_eq!(
            (out.events.len(), stats.refused, stats.duplicates),
            (events, refused, duplicates),
            "{said}"
        );
    }
}

#[test]
fn a_change_that_cannot_be_read_takes_its_book_away() {
    let (mut session, mut out) = session();
    session.heard(at(1), &book("XRPUSDT", "snapshot", 4), &mut out);
    session.heard(at(1), &book("BTCUSDT", "snapshot", 4), &mut out);
    out.events.clear();
    session.heard(at(2), &book("XRPUSDT", "delta", 5).replace("6203", "-1"), &mut out);
    assert_eq!(session.state(), LineState::Gap);
    assert!(matches!(out.events[..], [event] if event.data == MarketData::Clear(None)));
}

#[test]
fn a_refused_subscription_closes_for_good() {
    let (mut session, mut out) = session();
    session.heard(
        at(1),
        r#"{"success":false,"ret_msg":"error:handler not found","op":"subscribe"}"#,
        &mut out,
    );
    assert_eq!(session.state(), LineState::Closed);
    assert!(out.close.is_some_and(|close| !close.again && close.why.contains("handler not found")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the quick reader takes, the strict one takes with the same result.
    #[test]
    fn readers_agree(
        picture in any::<bool>(),
        update in prop_oneof![Just(1_u64), any::<u64>()],
        cut in any::<bool>(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = book("XRPUSDT", if picture { "snapshot" } else { "delta" }, update).into_bytes();
        for (place, byte) in &hits {
            let at = place.index(bytes.len());
            bytes[at] = b"0123456789.\"[]{}:,e "[usize::from(*byte) % 20];
        }
        if cut && !hits.is_empty() {
            bytes.truncate(hits[0].0.index(bytes.len()));
        }
        let frame = String::from_utf8(bytes).unwrap();
        let (mut quick, mut strict) = (said::Book::default(), said::Book::default());
        let taken = said::scan(frame.as_bytes(), &listing(), "200", &mut quick);
        if hits.is_empty() && update < 1_000_000_000_000_000_000 {
            prop_assert!(taken.is_some(), "{}", frame);
        }
        if taken.is_some() {
            prop_assert_eq!(said::read(&frame, &listing(), "200", &mut strict), Ok(Said::Book));
            prop_assert_eq!(quick, strict);
        }
    }
}
