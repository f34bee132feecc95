//! Recorded order-book streams: the imported day must rebuild the book its source had. Needs the shared data.

#![allow(clippy::unwrap_used)] // test code, helpers included

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use himal::feed::FeedError;
use himal::feed::day::DayReader;
use himal::feed::import::{ImportKind, ImportOptions, ImportReport, import};
use himal::market::{EventFlags, MarketData, MarketEvent, Side};

fn shared(what: &str) -> Option<PathBuf> {
    let root = std::env::var("HIMAL_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let path = Path::new(&root).join("data").join(what);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {what} is not there (HIMAL_SHARED)");
    None
}

fn import_files(
    kind: ImportKind,
    files: &[PathBuf],
    options: &ImportOptions,
) -> Result<(ImportReport, DayReader), FeedError> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("day.parquet");
    let report = import(kind, files, &out, options)?;
    let bytes = std::fs::read(&out).unwrap();
    Ok((report, DayReader::from_bytes("day", bytes)?))
}

fn lines(path: &Path) -> impl Iterator<Item = String> {
    let file = std::fs::File::open(path).unwrap();
    BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines().map(Result::unwrap)
}

/// The plainest book that can be: totals by price.
#[derive(Default)]
struct Book {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Book {
    fn apply(&mut self, event: &MarketEvent) {
        match event.data {
            MarketData::Clear(None) => {
                self.bids.clear();
                self.asks.clear();
            }
            MarketData::Level(level) | MarketData::Snapshot(level) => {
                let side = if level.side == Side::Buy { &mut self.bids } else { &mut self.asks };
                if level.qty.is_zero() {
                    side.remove(&level.price.units());
                } else {
                    side.insert(level.price.units(), level.qty.units());
                }
            }
            _ => {}
        }
    }

    /// `ask, ask size, bid, bid size`, as the order-book files write it.
    fn best(&self) -> [i64; 4] {
        let ask = self.asks.first_key_value().map_or((9_999_999_999, 0), |(p, q)| (*p, *q));
        let bid = self.bids.last_key_value().map_or((-9_999_999_999, 0), |(p, q)| (*p, *q));
        [ask.0, ask.1, bid.0, bid.1]
    }

    fn is_crossed(&self) -> bool {
        let [ask, _, bid, _] = self.best();
        bid >= ask
    }
}

/// The best prices after each message, from an imported day whose `seq` is the message number.
fn best_after_each(day: &DayReader, messages: usize) -> Vec<[i64; 4]> {
    let mut book = Book::default();
    let mut best = Vec::with_capacity(messages);
    for event in day.events().map(Result::unwrap) {
        while best.len() + 1 < event.seq as usize {
            best.push(book.best());
        }
        book.apply(&event);
    }
    best.resize(messages, book.best());
    best
}

fn expected_rows(path: &Path) -> Vec<[i64; 4]> {
    let four = |line: String| -> [i64; 4] {
        let fields: Vec<i64> = line.split(',').take(4).map(|f| f.parse().unwrap()).collect();
        fields.try_into().unwrap()
    };
    lines(path).map(four).collect()
}

#[test]
fn apple_is_rebuilt_from_its_messages() {
    let Some(dir) = shared("lob-lobster") else { return };
    let files =
        ["AAPL_2012-06-21_0930-1030_message_50.csv.gz", "AAPL_2012-06-21_orderbook_50_first672.csv.gz"];
    let (report, day) =
        import_files(ImportKind::Lobster, &files.map(|f| dir.join(f)), &ImportOptions::default()).unwrap();
    assert_eq!((report.read, report.refused_count), (91_997, 0), "{:?}", report.refused);
    let expected = expected_rows(&dir.join("AAPL_2012-06-21_0930-1030_bbo_expected.csv.gz"));
    let got = best_after_each(&day, expected.len());
    let wrong: Vec<usize> = (0..expected.len()).filter(|i| got[*i] != expected[*i]).map(|i| i + 1).collect();
    println!("{} of {} rows equal", expected.len() - wrong.len(), expected.len());
    assert!(expected.len() - wrong.len() >= 91_906, "{} rows differ, first {:?}", wrong.len(), wrong.first());
    assert!(wrong.iter().all(|row| *row >= 54_607));
    let full = expected_rows(&dir.join("AAPL_2012-06-21_orderbook_50_first672.csv.gz"));
    assert_eq!(got[..full.len()], full[..]);
}

#[test]
fn amazon_is_what_its_rows_show() {
    let Some(dir) = shared("lob-lobster") else { return };
    let files =
        ["AMZN_2012-06-21_orderbook_1.csv.gz", "AMZN_2012-06-21_message_1.csv.gz"].map(|f| dir.join(f));
    let (report, day) = import_files(ImportKind::Lobster, &files, &ImportOptions::default()).unwrap();
    assert_eq!(report.read, 57_515);
    let expected = expected_rows(&files[0]);
    assert_eq!(best_after_each(&day, expected.len()), expected);
    let trades = day.events().filter(|e| matches!(e.as_ref().unwrap().data, MarketData::Trade(_))).count();
    assert_eq!(trades, 8_974 + 2_445);
    assert_eq!(day.span().unwrap().0.ns() / 1_000_000_000, 1_340_285_400, "09:30 in New York");
}

#[test]
fn binance_books_stay_in_step() {
    let Some(dir) = shared("lob-crypto") else { return };
    let spot = ["binance_spot_btcusdt_20240808.jsonl.gz", "binance_spot_btcusdt_20240809.jsonl.gz"];
    for (files, messages, trades) in [
        (&spot[..1], 41_249, 9_757),
        (&spot[..], 41_249 + 58_325, 9_757 + 10_147),
        (&["binance_usdm_btcusdt_20240808.jsonl.gz"][..], 93_954, 21_313),
    ] {
        let paths: Vec<_> = files.iter().map(|f| dir.join(f)).collect();
        let (report, day) = import_files(ImportKind::Binance, &paths, &ImportOptions::default()).unwrap();
        assert_eq!((report.read, report.refused_count, report.counts["gaps"]), (messages, 0, 0), "{files:?}");
        assert_eq!(report.counts["trades"], trades);
        // Twice on 9 August the exchange's own change leaves out a best bid that its best-price
        // message has, and the next change removes that level.
        let differed = report.counts.get("best_differed").copied().unwrap_or(0);
        assert!(differed <= if files.len() == 2 { 2 } else { 0 }, "{:?}", report.counts);
        assert!(report.counts["best_agreed"] > 2_000);
        let mut book = Book::default();
        let mut settled = 0u64;
        for event in day.events().map(Result::unwrap) {
            book.apply(&event);
            let level = matches!(event.data, MarketData::Level(_) | MarketData::Snapshot(_));
            if level && event.flags.has(EventFlags::LAST) {
                settled += 1;
                assert!(!book.is_crossed(), "crossed at {} update {}", event.at, event.seq);
            }
        }
        assert_eq!(settled, report.counts["pictures"] + report.counts["depth_changes"]);
        assert!(day.meta().depth && book.bids.len() > 900 && book.asks.len() > 900);
    }
}

#[test]
fn a_continuation_needs_what_it_continues() {
    let Some(dir) = shared("lob-crypto") else { return };
    let file = [dir.join("binance_spot_btcusdt_20240809.jsonl.gz")];
    let alone = import_files(ImportKind::Binance, &file, &ImportOptions::default());
    assert!(matches!(alone, Err(FeedError::NoPicture { .. })));
    let lenient = ImportOptions { allow_incomplete: true, ..ImportOptions::default() };
    let (report, day) = import_files(ImportKind::Binance, &file, &lenient).unwrap();
    assert_eq!((report.counts["gaps"], report.counts["depth_changes"], day.meta().depth), (0, 3_044, false));
}

#[test]
fn bybit_goes_on_from_its_picture() {
    let Some(file) = shared("lob-crypto/bybit_xrpusdt_ob500_20241201.jsonl.gz") else { return };
    let (report, day) =
        import_files(ImportKind::Bybit, std::slice::from_ref(&file), &ImportOptions::default()).unwrap();
    let counts = ["pictures", "depth_changes", "gaps"].map(|name| report.counts[name]);
    assert_eq!((counts, report.refused_count), ([1, 49, 0], 0));
    let mut book = Book::default();
    for event in day.events().map(Result::unwrap) {
        book.apply(&event);
        assert!(!event.flags.has(EventFlags::LAST) || !book.is_crossed());
    }
    let instrument = day.meta().instruments.iter().next().unwrap().1;
    assert_eq!(
        (instrument.symbol.as_str(), instrument.price_scale, instrument.qty_scale),
        ("XRPUSDT", 10_000, 1)
    );
    assert!(book.bids.len() >= 490 && book.asks.len() >= 490);

    // Without its fifth line there is a gap: the book is cleared and stays away.
    let dir = tempfile::tempdir().unwrap();
    let broken = dir.path().join("broken.jsonl");
    let kept: Vec<_> = lines(&file).enumerate().filter(|(i, _)| *i != 4).map(|(_, line)| line).collect();
    std::fs::write(&broken, kept.join("\n")).unwrap();
    let (report, _) = import_files(ImportKind::Bybit, &[broken], &ImportOptions::default()).unwrap();
    assert_eq!((report.counts["gaps"], report.counts["depth_changes"]), (1, 3));
    assert_eq!((report.refused[0].line, report.refused[0].reason), (5, "gap"));
    assert_eq!(report.refused_count, 45);
}
