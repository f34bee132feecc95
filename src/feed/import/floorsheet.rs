//! The floorsheet: every trade of a NEPSE day, without the book it came from.
//!
//! Three layouts are known by their headers: the exchange's own field names (with times), a
//! portal's table without times, and a scraped table that writes thousands separators. Rows come
//! grouped by page, so they are sorted here by time and contract number. Broker numbers, where the
//! sheet has them, are kept; the exchange publishes them only after the close.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ImportOptions;
use super::completeness;
use super::input::Input;
use super::reference::Reference;
use super::report::ImportReport;
use super::session::{SessionTimes, halt_events};
use super::sheet::{Sheet, read_rows};
use crate::feed::FeedError;
use crate::feed::day::{DayMeta, DayWriter, SourceInfo};
use crate::market::{
    Board, EventFlags, Halt, InstrumentId, MarketData, MarketEvent, SessionDate, SourceId, Symbol, Timestamp,
    Universe,
};

/// Rows per page of the exchange's interface.
const PAGE_ROWS: u64 = 500;

pub(super) fn import(
    inputs: &[Input],
    out: &Path,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let mut sheet = Sheet { timed: true, ..Sheet::default() };
    for (i, input) in inputs.iter().enumerate() {
        read_rows(i, input, &mut sheet, report)?;
    }
    let label = inputs[0].label();
    if sheet.rows.is_empty() {
        return Err(FeedError::NoRows { file: label, refused: report.refused_count });
    }
    let date = agreed_date(&label, &sheet, options)?;
    refuse_other_dates(&mut sheet, date, inputs, report);
    drop_repeats(&mut sheet, inputs, report);
    let complete = check_completeness(&label, &sheet, options, report)?;
    let events = day_events(&mut sheet, date, complete, report);
    write(out, &sheet, date, events, options, report)
}

/// The date of the sheet. The date column, the contract numbers and the option must say the same.
fn agreed_date(label: &str, sheet: &Sheet, options: &ImportOptions) -> Result<SessionDate, FeedError> {
    let of_contracts = most_common(sheet.rows.iter().map(|row| row.parts.date))
        .ok_or_else(|| FeedError::NoRows { file: label.to_owned(), refused: 0 })?;
    let said = most_common(sheet.rows.iter().filter_map(|row| row.business_date));
    let others = [("business date", said), ("option --date", options.date)];
    for (left_name, left) in others {
        if let Some(left) = left.filter(|date| *date != of_contracts) {
            let (right_name, right) = ("contract number", of_contracts);
            return Err(FeedError::DatesDisagree {
                file: label.to_owned(),
                left_name,
                left,
                right_name,
                right,
            });
        }
    }
    Ok(of_contracts)
}

fn most_common(dates: impl Iterator<Item = SessionDate>) -> Option<SessionDate> {
    let mut counts: BTreeMap<SessionDate, u64> = BTreeMap::new();
    for date in dates {
        *counts.entry(date).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(date, _)| date)
}

fn refuse_other_dates(sheet: &mut Sheet, date: SessionDate, inputs: &[Input], report: &mut ImportReport) {
    sheet.rows.retain(|row| {
        let dates = [Some(row.parts.date), row.business_date, row.time.map(|time| time.date().into())];
        let other = dates.into_iter().flatten().find(|d| *d != date);
        if let Some(other) = other {
            report.refuse(
                &inputs[row.file].name(),
                row.line,
                "date",
                format!("of {other}, the sheet is of {date}"),
            );
        }
        other.is_none()
    });
}

fn drop_repeats(sheet: &mut Sheet, inputs: &[Input], report: &mut ImportReport) {
    let mut seen = BTreeSet::new();
    sheet.rows.retain(|row| {
        let new = seen.insert(row.contract);
        if !new {
            let what = format!("contract {} again", row.contract);
            report.repair(&inputs[row.file].name(), row.line, "repeated_contract", what);
        }
        new
    });
}

/// Whether the sheet has (nearly) the whole day.
fn check_completeness(
    label: &str,
    sheet: &Sheet,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<bool, FeedError> {
    report.completeness = completeness::by_shard(sheet.rows.iter().map(|row| row.parts));
    let (missing, expected) = completeness::total(&report.completeness);
    report.count("contracts_missing", missing);
    let allowed_per_mille = completeness::ALLOWED_PER_MILLE;
    let complete = missing * 1_000 <= expected * allowed_per_mille;
    if complete {
        return Ok(true);
    }
    let file = label.to_owned();
    if !options.allow_incomplete {
        let rows = sheet.rows.len() as u64;
        if report.read.is_multiple_of(PAGE_ROWS) {
            return Err(FeedError::PartialPage { file, rows });
        }
        let per_mille = missing * 1_000 / expected.max(1);
        return Err(FeedError::Incomplete { file, missing, expected, per_mille, allowed_per_mille });
    }
    report.note(format!(
        "incomplete by permission: {missing} of {expected} contracts are missing; halts are not inferred"
    ));
    Ok(false)
}

/// The trades in order, with the phases of the session and the halts that silence shows.
fn day_events(
    sheet: &mut Sheet,
    date: SessionDate,
    complete: bool,
    report: &mut ImportReport,
) -> Vec<(usize, MarketEvent)> {
    sheet.rows.sort_by_key(|row| (row.time, row.contract));
    let midnight = Timestamp::nepal(date, chrono::NaiveTime::MIN).unwrap_or_default();
    let times = SessionTimes::of(date).filter(|_| sheet.timed);
    let mut events: Vec<(usize, MarketEvent)> = Vec::with_capacity(sheet.rows.len() + 8);
    for row in &sheet.rows {
        let at = row.time.and_then(|time| Timestamp::nepal(date, time.time())).unwrap_or(midnight);
        let auction = times.as_ref().is_some_and(|times| at < times.open);
        let flags = if auction { EventFlags::LAST.with(EventFlags::AUCTION) } else { EventFlags::LAST };
        report.count(if auction { "auction_trades" } else { "trades" }, 1);
        let data = MarketData::Trade(row.print);
        let instrument = InstrumentId::default();
        events.push((row.symbol, MarketEvent { at, seq: 0, source: SourceId(0), instrument, flags, data }));
    }
    let Some(times) = times else {
        report.note("no times of day: the day cannot be replayed");
        return events;
    };
    let mut added = times.events();
    if complete {
        let halts = times.halts(events.iter().map(|(_, event)| event.at));
        for (start, end) in &halts {
            let end = end.map_or("the close".to_owned(), |end| end.to_string());
            report.note(format!("market halt inferred from silence: {start} to {end}"));
        }
        report.count("inferred_halts", halts.len() as u64);
        added.extend(halt_events(&halts));
    }
    events.extend(added.into_iter().map(|event| (usize::MAX, event)));
    events.sort_by_key(|(_, event)| (event.at, rank(&event.data)));
    events
}

/// Within one moment: the phase changes, the halt ends, trades happen, the halt starts.
const fn rank(data: &MarketData) -> u8 {
    match data {
        MarketData::Session(_) => 0,
        MarketData::Halt(Halt::End) => 1,
        MarketData::Halt(Halt::Start { .. }) => 3,
        _ => 2,
    }
}

fn write(
    out: &Path,
    sheet: &Sheet,
    date: SessionDate,
    events: Vec<(usize, MarketEvent)>,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let reference = Reference::read(options, report)?;
    let mut listed: Vec<&(Symbol, String)> = sheet.symbols.iter().collect();
    listed.sort();
    let kept = |symbol: &Symbol| options.symbol.as_ref().is_none_or(|only| only == symbol);
    let instruments = listed.into_iter().filter(|(symbol, _)| kept(symbol));
    let universe =
        Universe::new(instruments.map(|(symbol, name)| reference.instrument(symbol, Some(name), date)));
    let ids: Vec<Option<InstrumentId>> =
        sheet.symbols.iter().map(|(symbol, _)| universe.find(symbol)).collect();
    for (what, known) in [
        ("without_previous_close", universe.iter().filter(|(_, i)| i.previous_close.is_none()).count()),
        ("without_kind", universe.iter().filter(|(_, i)| i.kind.is_none()).count()),
    ] {
        report.count(what, known as u64);
    }
    report.count("symbols", universe.len() as u64);

    let market = options.market.unwrap_or(Board::Nepse);
    let mut meta = DayMeta::new(date, market, &format!("NEPSE floorsheet {date}"), universe);
    meta.timed = sheet.timed;
    meta.sources = vec![SourceInfo { id: SourceId(0), name: "floorsheet".to_owned() }];
    let mut writer = DayWriter::create(out, meta)?;
    for (symbol, event) in events {
        let instrument = match ids.get(symbol) {
            Some(Some(id)) => *id,
            Some(None) => continue,
            None => MarketEvent::MARKET,
        };
        writer.push(&MarketEvent { instrument, ..event })?;
    }
    report.note("a floorsheet has no order book: the day has no depth");
    report.written = writer.rows();
    writer.meta_mut().origin = Some(report.origin());
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::day::DayReader;
    use crate::feed::import::{ImportKind, import as import_kind};

    const TIMED: &str = "contractId,stockSymbol,buyerMemberId,sellerMemberId,contractQuantity,contractRate,\
                         contractAmount,businessDate,tradeTime,securityName\n";

    /// Imports one sheet; the report and the trades as `time symbol qty price flags`.
    fn sheet(text: &str, options: &ImportOptions) -> Result<(ImportReport, Vec<String>), FeedError> {
        let dir = tempfile::tempdir().unwrap();
        let (csv, day) = (dir.path().join("sheet.csv"), dir.path().join("day.parquet"));
        std::fs::write(&csv, text).unwrap();
        let report = import_kind(ImportKind::Floorsheet, &[csv], &day, options)?;
        let reader = DayReader::open(&day)?;
        let mut trades = Vec::new();
        for event in reader.events() {
            let event = event?;
            if let MarketData::Trade(print) = event.data {
                let symbol = &reader.meta().instruments.get(event.instrument).unwrap().symbol;
                let time = event.at.nepal_time().format("%H:%M:%S%.f");
                trades.push(format!("{time} {symbol} {} {} {}", print.qty, print.price, event.flags.0));
            }
        }
        Ok((report, trades))
    }

    fn row(contract: u64, rest: &str) -> String {
        format!("{contract},{rest},2024-07-02,2024-07-02T11:00:0{}.5,Nabil\n", contract % 10)
    }

    #[test]
    fn rows_are_sorted_by_time_then_contract() {
        let text = format!(
            "{TIMED}2024070201000003,NABIL,1,2,10,500.1,5001.0,2024-07-02,2024-07-02T11:00:00.25,N\n\
             2024070201000002,SCB,1,2,10,500,5000,2024-07-02,2024-07-02T11:00:00.25,S\n\
             2024070201000001,NABIL,1,2,9,500,4500,2024-07-02,2024-07-02T10:46:00.00539,N\n"
        );
        let (report, trades) = sheet(&text, &ImportOptions::default()).unwrap();
        assert_eq!(
            trades,
            [
                "10:46:00.005390 NABIL 9 500.00 5",
                "11:00:00.250 SCB 10 500.00 1",
                "11:00:00.250 NABIL 10 500.10 1",
            ]
        );
        assert_eq!((report.read, report.refused_count, report.repaired_count), (3, 0, 0));
        let only = ImportOptions { symbol: Some(Symbol::new("scb")), ..ImportOptions::default() };
        assert_eq!(sheet(&text, &only).unwrap().1.len(), 1);
    }

    #[test]
    fn a_row_that_cannot_be_right_is_refused_with_its_line() {
        let good = row(2_024_070_201_000_001, "NABIL,1,2,10,500.0,5000.0");
        for (bad, reason) in [
            (row(2_024_070_201_000_002, "NABIL,1,2,10,500.0,5000.1"), "amount"),
            (row(2_024_070_201_000_002, "NABIL,1,2,-10,500.0,-5000.0"), "number"),
            (row(2_024_070_201_000_002, "NABIL,1,2,0,500.0,0"), "number"),
            (row(2_024_070_201_000_002, "NABIL,1,2,ten,500.0,5000.0"), "number"),
            (row(2_024_070_201_000_002, "NABIL,1,2,10,500.005,5000.05"), "number"),
            (row(2_024_070_201_000_002, ",1,2,10,500.0,5000.0"), "symbol"),
            (row(112_298_860, "NABIL,1,2,10,500.0,5000.0"), "contract"),
            (row(2_024_070_301_000_002, "NABIL,1,2,10,500.0,5000.0"), "date"),
            ("2024070201000002,NABIL,1,2\n".to_owned(), "fields"),
            ("2024070201000002,NABIL,1,2,10,500,5000,2024-07-02,noon,N\n".to_owned(), "time"),
            ("2024070201000002,NABIL,1,2,10,500,5000,today,2024-07-02T11:00:00,N\n".to_owned(), "date"),
            ("2024070201000002,NABIL,1,2,10,500,5000,2024-07-02,2024-07-03T11:00:00,N\n".to_owned(), "date"),
        ] {
            let two_good = row(2_024_070_201_000_003, "NABIL,1,2,10,500.0,5000.0");
            let text = format!("{TIMED}{good}{bad}{two_good}");
            let options = ImportOptions { allow_incomplete: true, ..ImportOptions::default() };
            let (report, trades) = sheet(&text, &options).unwrap();
            let refused: Vec<_> = report.refused.iter().map(|f| (f.line, f.reason)).collect();
            assert_eq!(refused, [(3, reason)], "{bad}");
            assert_eq!((report.read, trades.len()), (3, 2), "{bad}");
        }
    }

    #[test]
    fn separators_and_repeats_are_put_right_and_said() {
        let text = "Transact. No.,Symbol,Buyer,Seller,Quantity,Rate,Amount\n\
                    2020122804000001,ALICLP,39,44,\"5,988\",380.0,2275440.0\n\
                    2020122804000001,ALICLP,39,44,\"5,988\",380.0,2275440.0\n\
                    2020122804000002,ALICLP,D01,,10,380.0,3800.0\n";
        let (report, trades) = sheet(text, &ImportOptions::default()).unwrap();
        assert_eq!(trades, ["00:00:00 ALICLP 5988 380.00 1", "00:00:00 ALICLP 10 380.00 1"]);
        assert_eq!(report.counts["repaired_member_without_number"], 1);
        assert_eq!(report.counts["repaired_thousands_separator"], 2);
        assert_eq!(report.counts["repaired_repeated_contract"], 1);
        let repeat = report.repaired.iter().find(|f| f.reason == "repeated_contract").unwrap();
        assert_eq!(repeat.line, 3);
    }

    #[test]
    fn a_sheet_is_refused_as_a_whole_when_it_must_be() {
        let lenient = ImportOptions { allow_incomplete: true, ..ImportOptions::default() };
        let wrong_day = ImportOptions { date: SessionDate::new(2024, 7, 3), ..ImportOptions::default() };
        let gap = format!("{TIMED}{}", row(2_024_070_201_000_009, "NABIL,1,2,10,500.0,5000.0"));
        assert!(matches!(
            sheet(&gap, &ImportOptions::default()),
            Err(FeedError::Incomplete { missing: 8, .. })
        ));
        assert!(sheet(&gap, &lenient).is_ok());
        let one = format!("{TIMED}{}", row(2_024_070_201_000_001, "NABIL,1,2,10,500.0,5000.0"));
        assert!(matches!(sheet(&one, &wrong_day), Err(FeedError::DatesDisagree { .. })));
        let other = one.replace("2024-07-02,", "2024-07-03,");
        assert!(matches!(sheet(&other, &lenient), Err(FeedError::DatesDisagree { .. })));
        assert!(matches!(sheet(TIMED, &lenient), Err(FeedError::NoRows { refused: 0, .. })));
        for text in ["", "a,b\n1,2\n"] {
            assert!(matches!(sheet(text, &lenient), Err(FeedError::UnknownLayout { .. })), "{text}");
        }
    }
}
