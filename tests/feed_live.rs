//! Live sessions on recorded streams: a missing frame is noticed at once and mended, and no wrong book is shown as
//! good. Needs the shared data.

#![allow(clippy::unwrap_used)] // test code, helpers included

#[path = "common/recorded.rs"]
mod recorded;

use himal::engine::LineState;
use himal::feed::live::depth::Scale;
use himal::feed::live::{
    BinanceMarket, BinanceSession, BinanceSettings, BybitSession, BybitSettings, FeedOut, FeedSession, Fetch,
    Listed, Listing,
};
use himal::market::{EventFlags, InstrumentId, MarketData, MarketEvent, Side, SourceId, Symbol, Timestamp};
use proptest::prelude::*;
use recorded::{Exchange, Sides, lines, shared};
use serde_json::Value;

fn listing(symbol: &str, price: i64, qty: i64) -> Listing {
    Listing::new([Listed {
        symbol: Symbol::new(symbol),
        instrument: InstrumentId(3),
        price: Scale::of(price).unwrap(),
        qty: Scale::of(qty).unwrap(),
    }])
}

/// Whoever listens to the session: keeps the book that it is told.
#[derive(Default)]
struct Desk {
    book: Sides,
    trades: u64,
    clears: u64,
    pictures: u64,
    settled: bool,
}

impl Desk {
    fn take(&mut self, events: &mut Vec<MarketEvent>) {
        for event in events.drain(..) {
            assert_eq!((event.instrument, event.source, event.seq), (InstrumentId(3), SourceId(7), 0));
            match event.data {
                MarketData::Clear(None) => {
                    self.clears += 1;
                    self.book = Sides::default();
                }
                MarketData::Level(level) | MarketData::Snapshot(level) => {
                    self.pictures += u64::from(
                        matches!(event.data, MarketData::Snapshot(_)) && event.flags.has(EventFlags::LAST),
                    );
                    self.book.set(level.side, level.price.units(), level.qty.units());
                }
                MarketData::Trade(_) => self.trades += 1,
                other => panic!("{other:?}"),
            }
            self.settled = event.flags.has(EventFlags::LAST);
        }
        assert!(self.settled || self.book.is_empty(), "a message that does not end");
    }
}

/// A recording played to a session.
struct Play {
    session: BinanceSession,
    exchange: Exchange,
    desk: Desk,
    out: FeedOut,
    pending: Option<Fetch>,
    spot: bool,
    now: Timestamp,
}

impl Play {
    fn new(market: BinanceMarket, scales: (i64, i64)) -> Self {
        let settings = BinanceSettings::new(market, SourceId(7));
        let mut play = Self {
            session: BinanceSession::new(settings, listing("BTCUSDT", scales.0, scales.1)),
            exchange: Exchange::new(scales),
            desk: Desk::default(),
            out: FeedOut::default(),
            pending: None,
            spot: market == BinanceMarket::Spot,
            now: Timestamp::from_ns(1_723_161_253_000_000_000),
        };
        assert_eq!(play.session.state(), LineState::Connecting);
        play.session.opened(play.now, &mut play.out);
        let request: Value = serde_json::from_str(&play.out.send.remove(0)).unwrap();
        assert_eq!(request["method"], "SUBSCRIBE");
        assert_eq!(request["params"].as_array().unwrap().len(), 2);
        assert_eq!(play.session.state(), LineState::Syncing);
        play
    }

    /// What the exchange itself does with a message; whether it is one for the session.
    fn exchange(&mut self, message: &Value) -> bool {
        let data = &message["data"];
        match data["e"].as_str() {
            Some("depthUpdate") => {
                self.exchange.change(data);
                true
            }
            Some("trade") => true,
            _ => false,
        }
    }

    fn hear(&mut self, frame: &str) {
        self.session.heard(self.now, frame, &mut self.out);
        self.collect();
    }

    fn collect(&mut self) {
        if let Some(fetch) = self.out.fetch.pop() {
            assert!(fetch.url.ends_with("symbol=BTCUSDT") && self.out.fetch.is_empty());
            self.pending = Some(fetch);
        }
        assert_eq!(self.out.close, None);
        self.desk.take(&mut self.out.events);
    }

    fn answer(&mut self, document: &str) {
        let fetch = self.pending.take().unwrap();
        self.session.fetched(self.now, fetch.no, Ok(document), &mut self.out);
        self.collect();
    }

    /// What the session shows is the book, or nothing.
    fn check(&self) {
        if self.session.state() == LineState::Live {
            assert!(self.desk.book == self.exchange.book, "another book at update {}", self.exchange.last);
        } else {
            assert!(self.desk.book.is_empty(), "{:?} with a book", self.session.state());
        }
    }
}

fn is_depth(message: &Value) -> bool {
    message["data"]["e"] == "depthUpdate"
}

/// SplitMix64, so that a seed says everything.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

/// Plays a recording without the depth frames whose numbers are in `without`; each hole is answered by a picture
/// `late` depth frames after it was noticed.
fn play(
    files: &[&str],
    market: BinanceMarket,
    scales: (i64, i64),
    without: &[u64],
    late: u64,
) -> Option<Play> {
    let paths: Vec<_> = files.iter().map(|file| shared(file)).collect::<Option<_>>()?;
    let mut play = Play::new(market, scales);
    let (mut depth, mut hole, mut wait) = (0_u64, false, 0);
    for line in paths.iter().flat_map(|path| lines(path)) {
        let (received, json) = line.split_once(' ').unwrap();
        play.now = Timestamp::from_ns(received.parse().unwrap());
        play.session.tick(play.now, &mut play.out);
        let message: Value = serde_json::from_str(json).unwrap();
        if message.get("stream").is_none() {
            play.exchange.begin(&message);
            play.answer(json);
            play.check();
            continue;
        }
        if !play.exchange(&message) {
            continue;
        }
        if is_depth(&message) {
            depth += 1;
            if without.contains(&depth) {
                hole = true;
                continue;
            }
            play.hear(json);
            if std::mem::take(&mut hole) {
                assert_eq!(play.session.state(), LineState::Gap, "frame {depth}");
                assert!(play.desk.book.is_empty() && play.pending.is_some());
                wait = late + 1;
            }
            if wait > 0 {
                wait -= 1;
                if wait == 0 {
                    let picture = play.exchange.picture(play.spot);
                    play.answer(&picture);
                    assert_eq!(play.session.state(), LineState::Live, "frame {depth}");
                }
            }
            play.check();
        } else {
            play.hear(json);
        }
    }
    Some(play)
}

const SPOT: [&str; 2] = ["binance_spot_btcusdt_20240808.jsonl.gz", "binance_spot_btcusdt_20240809.jsonl.gz"];
const SPOT_SCALES: (i64, i64) = (100, 1_000_000);
const FUTURES: [&str; 1] = ["binance_usdm_btcusdt_20240808.jsonl.gz"];
const FUTURES_SCALES: (i64, i64) = (10, 1_000);

#[test]
fn binance_stays_in_step_through_the_whole_recording() {
    for (files, market, scales, trades, depth) in [
        (&SPOT[..], BinanceMarket::Spot, SPOT_SCALES, 9_757 + 10_147, 3_451 + 3_044),
        (&FUTURES[..], BinanceMarket::UsdFutures, FUTURES_SCALES, 21_313, 6_551),
    ] {
        let Some(play) = play(files, market, scales, &[], 0) else { return };
        let stats = *play.session.stats();
        assert_eq!((stats.frames, stats.gaps, stats.refused, stats.duplicates), (depth + trades, 0, 0, 0));
        assert_eq!((play.desk.trades, play.desk.pictures, play.desk.clears), (trades, 1, 1));
        assert_eq!(play.session.state(), LineState::Live);
        assert!(play.desk.book.bids.len() > 900 && play.desk.book.asks.len() > 900);
    }
}

#[test]
fn a_removed_frame_is_noticed_at_once_and_mended() {
    for (files, market, scales, frames) in [
        (&SPOT[..], BinanceMarket::Spot, SPOT_SCALES, 6_495),
        (&FUTURES[..], BinanceMarket::UsdFutures, FUTURES_SCALES, 6_551),
    ] {
        for seed in 0..3 {
            // One hole somewhere in every stretch, never so near to the next that both are one.
            let mut draw = Draw(seed);
            let holes: Vec<u64> = (0..40).map(|n| 60 + n * (frames - 80) / 40 + draw.below(80)).collect();
            let Some(play) = play(files, market, scales, &holes, seed * 2) else { return };
            let stats = *play.session.stats();
            assert_eq!((stats.gaps, stats.refused), (40, 0), "seed {seed}");
            assert_eq!((play.desk.pictures, play.desk.clears), (41, 81), "seed {seed}");
            assert_eq!(play.session.state(), LineState::Live);
        }
    }
}

/// Frames lost, doubled, swapped, cut off and made unreadable: after every frame that arrives whole and in turn,
/// the desk has the exchange's book or none.
#[test]
fn no_fault_of_the_way_shows_a_wrong_book() {
    let Some(path) = shared(SPOT[0]) else { return };
    let recorded = lines(&path);
    let mut faults = [0_u64; 5];
    for seed in 0..4 {
        let mut draw = Draw(100 + seed);
        let mut play = Play::new(BinanceMarket::Spot, SPOT_SCALES);
        let mut swapped: Option<String> = None;
        let (mut wait, mut live) = (0, 0);
        for line in &recorded {
            let (received, json) = line.split_once(' ').unwrap();
            play.now = Timestamp::from_ns(received.parse().unwrap());
            play.session.tick(play.now, &mut play.out);
            play.collect();
            let message: Value = serde_json::from_str(json).unwrap();
            if message.get("stream").is_none() {
                play.exchange.begin(&message);
                play.answer(json);
                continue;
            }
            if !play.exchange(&message) || !is_depth(&message) {
                continue;
            }
            let fault = draw.below(100);
            if let Some(count) = faults.get_mut(fault as usize) {
                *count += 1;
            }
            match fault {
                0 => continue,
                1 => (0..2).for_each(|_| play.hear(json)),
                2 => {
                    swapped = Some(json.to_owned());
                    continue;
                }
                3 => play.hear(&json[..draw.below(json.len() as u64) as usize]),
                4 => play.hear(&json.replacen('"', "\u{1}", 1 + draw.below(5) as usize)),
                _ => play.hear(json),
            }
            let in_turn = !matches!(fault, 3 | 4);
            if let Some(before) = swapped.take() {
                play.hear(&before);
            }
            if in_turn {
                play.check();
                live += u64::from(play.session.state() == LineState::Live);
            }
            if play.pending.is_some() && play.exchange.last > 0 && wait > 2 {
                wait = 0;
                let picture = play.exchange.picture(true);
                play.answer(&picture);
            } else if play.pending.is_some() {
                wait += 1;
            }
        }
        let stats = *play.session.stats();
        assert!(stats.gaps > 50 && stats.duplicates > 10 && stats.refused > 30, "{stats:?}");
        assert!(live > 1_000, "seed {seed}: live after {live} frames only");
    }
    println!("lost, doubled, swapped, cut off, unreadable: {faults:?}");
    assert!(faults.iter().all(|count| *count > 50), "{faults:?}");
}

#[test]
fn bybit_goes_on_from_its_picture_and_asks_again_after_a_hole() {
    let Some(path) = shared("bybit_xrpusdt_ob500_20241201.jsonl.gz") else { return };
    let recorded = lines(&path);
    for hole in [None, Some(1), Some(4), Some(30), Some(48)] {
        let settings = BybitSettings { depth: 500, ..BybitSettings::new(SourceId(7)) };
        let mut session = BybitSession::new(settings, listing("XRPUSDT", 10_000, 1));
        let mut exchange = Exchange::new((10_000, 1));
        let (mut desk, mut out) = (Desk::default(), FeedOut::default());
        let mut now = Timestamp::from_ns(1_733_011_200_000_000_000);
        session.opened(now, &mut out);
        assert!(out.send.remove(0).contains("orderbook.500.XRPUSDT"));
        for (i, line) in recorded.iter().enumerate() {
            now = now.plus_ns(100_000_000);
            let message: Value = serde_json::from_str(line).unwrap();
            exchange.take([(&message["data"]["b"], Side::Buy), (&message["data"]["a"], Side::Sell)]);
            exchange.last = message["data"]["u"].as_u64().unwrap();
            if hole == Some(i) {
                continue;
            }
            session.heard(now, line, &mut out);
            desk.take(&mut out.events);
            if hole.is_some_and(|hole| i == hole + 1) {
                assert_eq!(session.state(), LineState::Gap);
                assert!(desk.book.is_empty());
                let asked: Vec<String> = std::mem::take(&mut out.send);
                assert!(asked[0].contains("unsubscribe") && asked[1].contains("\"subscribe"), "{asked:?}");
                // The exchange begins anew with a picture.
                let mut picture: Value = serde_json::from_str(&exchange.picture(true)).unwrap();
                picture = serde_json::json!({
                    "topic": "orderbook.500.XRPUSDT", "type": "snapshot", "ts": message["ts"],
                    "data": { "s": "XRPUSDT", "b": picture["bids"].take(), "a": picture["asks"].take(), "u": exchange.last },
                });
                session.heard(now, &picture.to_string(), &mut out);
                desk.take(&mut out.events);
            }
            assert_eq!(session.state(), LineState::Live, "line {i}");
            assert_eq!(desk.book, exchange.book, "line {i}");
        }
        assert_eq!(session.stats().gaps, u64::from(hole.is_some()));
        assert!(desk.book.bids.len() >= 490 && desk.book.asks.len() >= 490);
    }
}

/// Frames of the recordings, one of each kind and size.
fn real_frames() -> Vec<String> {
    let mut frames = Vec::new();
    for file in SPOT.iter().chain(&FUTURES) {
        let Some(path) = shared(file) else { continue };
        let json = |line: &String| line.split_once(' ').unwrap().1.to_owned();
        frames.extend(lines(&path).iter().take(400).map(json));
    }
    if let Some(path) = shared("bybit_xrpusdt_ob500_20241201.jsonl.gz") {
        frames.extend(lines(&path));
    }
    frames
}

/// Whatever is done to real frames, every session takes or refuses them and goes on.
#[test]
fn damaged_frames_never_stop_a_session() {
    let frames = real_frames();
    if frames.is_empty() {
        return;
    }
    let hit = (any::<prop::sample::Index>(), any::<u8>(), 0..6_u8);
    let frame = (any::<prop::sample::Index>(), prop::collection::vec(hit, 0..4));
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&prop::collection::vec(frame, 1..30), |chosen| {
            let settings = BinanceSettings::new(BinanceMarket::Spot, SourceId(7));
            let mut spot = BinanceSession::new(settings, listing("BTCUSDT", 100, 1_000_000));
            let settings = BinanceSettings::new(BinanceMarket::UsdFutures, SourceId(7));
            let mut futures = BinanceSession::new(settings, listing("BTCUSDT", 10, 1_000));
            let settings = BybitSettings { depth: 500, ..BybitSettings::new(SourceId(7)) };
            let mut bybit = BybitSession::new(settings, listing("XRPUSDT", 10_000, 1));
            let sessions: [&mut dyn FeedSession; 3] = [&mut spot, &mut futures, &mut bybit];
            for session in sessions {
                let (mut out, mut now) = (FeedOut::default(), Timestamp::from_ns(1_723_161_255_000_000_000));
                session.opened(now, &mut out);
                for (which, hits) in &chosen {
                    now = now.plus_ns(300_000_000);
                    let frame = damaged(which.get::<String>(&frames), hits);
                    session.heard(now, &frame, &mut out);
                    for fetch in std::mem::take(&mut out.fetch) {
                        session.fetched(now, fetch.no, Ok(&frame), &mut out);
                    }
                    session.tick(now, &mut out);
                    out.close = None;
                }
                session.lost(now, &mut out);
                prop_assert_eq!(session.stats().events, out.events.len() as u64);
                let mut desk = Sides::default();
                for event in &out.events {
                    if let MarketData::Clear(None) = event.data {
                        desk = Sides::default();
                    } else if let MarketData::Level(l) | MarketData::Snapshot(l) = event.data {
                        prop_assert!(l.price.is_positive() && l.qty.units() >= 0);
                        desk.set(l.side, l.price.units(), l.qty.units());
                    }
                }
                prop_assert!(desk.is_empty(), "a book after the connection was lost");
            }
            Ok(())
        })
        .unwrap();
}

fn damaged(frame: &str, hits: &[(prop::sample::Index, u8, u8)]) -> String {
    let mut bytes = frame.as_bytes().to_vec();
    for (place, byte, kind) in hits {
        let at = place.index(bytes.len().max(1));
        match kind {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, *byte),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => drop(bytes.splice(at..at, std::iter::repeat_n(b'9', usize::from(*byte)))),
            4 => drop(bytes.splice(at..at, std::iter::repeat_n(b'[', usize::from(*byte)))),
            _ => {
                if let Some(old) = bytes.get_mut(at) {
                    *old = b"0123456789-.\"[]{}:,e"[usize::from(*byte) % 20];
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
