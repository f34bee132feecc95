//! Recorded NEPSE days against what the exchange published about them. Needs the shared data.

use std::path::{Path, PathBuf};

use himal::feed::day::DayReader;
use himal::feed::import::{ImportKind, ImportOptions, ImportReport, import};
use himal::feed::{FeedError, ohlcv};
use himal::market::{EventFlags, Halt, MarketData, MarketEvent, Symbol};

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

fn import_sheet(sheet: &Path, options: &ImportOptions) -> Result<(ImportReport, DayReader), FeedError> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("day.parquet");
    let report = import(ImportKind::Floorsheet, &[sheet.to_owned()], &out, options)?;
    let bytes = std::fs::read(&out).unwrap();
    Ok((report, DayReader::from_bytes("day", bytes)?))
}

fn paisa(text: &str) -> f64 {
    text.parse::<f64>().unwrap() * 100.0
}

/// Rows `(open, high, low, close, volume)` of a date in every daily file.
fn published(date: &str) -> Vec<(Symbol, [f64; 5])> {
    let Some(dir) = shared("nepse-daily") else { return Vec::new() };
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(symbol) = name.strip_suffix(".csv.gz") else { continue };
        let mut text = String::new();
        let file = std::fs::File::open(&path).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(file), &mut text).unwrap();
        for line in text.lines().filter(|line| line.starts_with(date)) {
            let fields: Vec<&str> = line.split(',').collect();
            let [o, h, l, c] = [1, 2, 3, 4].map(|i| paisa(fields[i]));
            rows.push((Symbol::new(symbol), [o, h, l, c, fields[6].parse().unwrap()]));
        }
    }
    rows
}

#[test]
fn published_prices_and_volumes_are_rebuilt_exactly() {
    let Some(dir) = shared("nepse-floorsheet") else { return };
    let mut compared = 0;
    for date in
        ["2024-04-24", "2024-05-29", "2024-07-01", "2024-07-02", "2024-07-03", "2024-07-16", "2024-09-04"]
    {
        let sheet = dir.join(format!("{date}.csv.gz"));
        let (report, day) = import_sheet(&sheet, &ImportOptions::default()).unwrap();
        assert_eq!((report.refused_count, report.repaired_count), (0, 0), "{date}");
        assert!(!day.meta().depth && day.check_replayable().is_ok());
        let events: Vec<MarketEvent> = day.events().collect::<Result<_, _>>().unwrap();
        let rebuilt = ohlcv(&events);
        let mut of_day = 0;
        for (symbol, [open, high, low, close, volume]) in published(date) {
            let Some(id) = day.meta().instruments.find(&symbol) else {
                panic!("{symbol} has a daily row on {date} and no trade");
            };
            let day = rebuilt[&id];
            let prices = day.prices.unwrap();
            let got = [prices.open, prices.high, prices.low, prices.close].map(|p| p.units() as f64);
            for (got, said) in got.into_iter().zip([open, high, low, close]) {
                assert!((got - said).abs() <= 5.0, "{symbol} {date}: {got} against {said}");
            }
            assert_eq!(day.volume.units() as f64, volume, "{symbol} {date}");
            of_day += 1;
        }
        assert!(of_day > 35, "{of_day} symbols on {date}");
        compared += of_day;
    }
    println!("{compared} symbol-days rebuilt");
}

#[test]
fn the_two_halts_of_2_july_2024_and_none_on_other_days() {
    let Some(dir) = shared("nepse-floorsheet") else { return };
    for (date, expected) in [
        ("2024-07-01", &[][..]),
        ("2024-07-02", &["11:01:20.838", "11:21:20.904", "11:21:39.500", "12:01:39.567"][..]),
        ("2024-07-16", &[][..]),
    ] {
        let (report, day) =
            import_sheet(&dir.join(format!("{date}.csv.gz")), &ImportOptions::default()).unwrap();
        let mut halts = Vec::new();
        let mut stopped = false;
        for event in day.events().map(Result::unwrap) {
            match event.data {
                MarketData::Halt(halt) => {
                    stopped = matches!(halt, Halt::Start { level: None, until: None });
                    assert!(event.flags.has(EventFlags::INFERRED) && event.instrument == MarketEvent::MARKET);
                    halts.push(event.at.nepal_time().format("%H:%M:%S%.3f").to_string());
                }
                MarketData::Trade(_) => assert!(!stopped, "a trade inside a halt at {}", event.at),
                _ => {}
            }
        }
        assert_eq!(halts, expected, "{date}");
        assert_eq!(report.counts["inferred_halts"] as usize * 2, expected.len());
    }
}

#[test]
fn bad_sheets_are_refused_by_name() {
    let Some(dir) = shared("nepse-floorsheet") else { return };
    let broken = dir.join("2024-04-09.csv.gz");
    match import_sheet(&broken, &ImportOptions::default()) {
        Err(e @ FeedError::Incomplete { missing: 63_975, .. }) => {
            assert!(e.is_refusal() && e.to_string().contains("2024-04-09.csv.gz"), "{e}");
        }
        other => panic!("{other:?}"),
    }
    let lenient = ImportOptions { allow_incomplete: true, ..ImportOptions::default() };
    let (report, _) = import_sheet(&broken, &lenient).unwrap();
    assert_eq!(report.counts["contracts_missing"], 63_975);
    match import_sheet(&dir.join("dirty/floorsheet_2026-03-18_partial.csv.gz"), &lenient) {
        Err(e @ FeedError::DatesDisagree { .. }) => {
            assert!(e.to_string().contains("2026-03-18") && e.to_string().contains("2026-03-17"), "{e}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn sheets_without_times_are_imported_whole_and_not_replayed() {
    let Some(dir) = shared("nepse-floorsheet/notime") else { return };
    for (date, trades) in [("2020-12-28", 36_245), ("2021-09-30", 49_835)] {
        let (report, day) =
            import_sheet(&dir.join(format!("{date}.csv.gz")), &ImportOptions::default()).unwrap();
        assert_eq!((report.read, report.written, day.rows()), (trades, trades, trades));
        assert_eq!((report.refused_count, report.counts["contracts_missing"]), (0, 0));
        assert_eq!(day.meta().date.to_string(), date);
        assert!(matches!(day.check_replayable(), Err(FeedError::Untimed { .. })));
    }
}

#[test]
fn what_is_known_of_a_security_comes_from_the_files_given() {
    let Some(dir) = shared("nepse-floorsheet") else { return };
    let (Some(daily), Some(list)) = (shared("nepse-daily"), shared("nepse-reference/securities.csv.gz"))
    else {
        return;
    };
    let options = ImportOptions {
        daily_dir: Some(daily),
        securities: Some(list),
        allow_incomplete: true,
        ..ImportOptions::default()
    };
    let sheet = dir.join("derived/2024-07-02_12symbols_timesorted.csv.gz");
    let (report, day) = import_sheet(&sheet, &options).unwrap();
    assert_eq!(
        (report.read, report.counts["symbols"], report.counts["without_previous_close"]),
        (5_056, 12, 0)
    );
    let nabil = day.meta().instruments.find(&Symbol::new("NABIL")).unwrap();
    let nabil = day.meta().instruments.get(nabil).unwrap();
    assert_eq!(nabil.name, "Nabil Bank Limited");
    assert_eq!(nabil.tick.unwrap().units(), 10);
    assert_eq!(nabil.previous_close.unwrap().to_string(), "458.80");
    assert!(nabil.adv.unwrap() > 10_000);
}

#[test]
fn a_daily_file_becomes_bars() {
    let Some(file) = shared("nepse-daily/NABIL.csv.gz") else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("nabil.parquet");
    let report = import(ImportKind::Ohlcv, &[file], &out, &ImportOptions::default()).unwrap();
    let day = DayReader::open(&out).unwrap();
    assert!(matches!(day.check_replayable(), Err(FeedError::DailyBars { .. })));
    let bars = day.bars().unwrap();
    assert_eq!(bars.len() as u64, report.written);
    assert_eq!(report.read, report.written + report.repaired_count + report.refused_count);
    assert!(bars.windows(2).all(|pair| pair[0].date < pair[1].date));
    // 33.5 % bonus shares on 2020-12-30: the close before is the adjusted one, far below the raw.
    let at = bars.iter().position(|bar| bar.date.to_string() == "2020-12-30").unwrap();
    let adjusted = bars[at].previous_close.unwrap().units() as f64;
    let raw = bars[at - 1].close.units() as f64;
    assert!((raw / adjusted - 1.335).abs() < 0.001, "{raw} against {adjusted}");
}
