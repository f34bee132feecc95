//! Daily files: one row per session of one symbol, as published, unadjusted.

use super::input::{Input, Table};
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::market::{Price, Qty, SessionDate};

/// One row of a daily file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DailyRow {
    /// Its line in the file.
    pub line: u64,
    /// The session.
    pub date: SessionDate,
    /// First price; before 2018 often the close before.
    pub open: Price,
    /// Highest price as published.
    pub high: Price,
    /// Lowest price as published.
    pub low: Price,
    /// Closing price.
    pub close: Price,
    /// Change in hundredths of a percent against the close before as the exchange adjusted it, if said.
    pub change_e4: Option<i64>,
    /// Shares traded.
    pub volume: Qty,
}

/// A daily file: rows in order of date, one per date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DailyFile {
    rows: Vec<DailyRow>,
    /// Second rows of a date; their prices are the same, their change may differ.
    doubles: Vec<DailyRow>,
}

/// Where the columns of the two known layouts stand.
struct Columns {
    date: usize,
    prices: [usize; 4],
    change: Option<usize>,
    volume: usize,
}

impl Columns {
    fn find(table: &Table) -> Option<Self> {
        let column = |names: [&str; 2]| names.iter().find_map(|name| table.column(name));
        Some(Self {
            date: column(["published_date", "Date"])?,
            prices: [
                column(["open", "Open"])?,
                column(["high", "High"])?,
                column(["low", "Low"])?,
                column(["close", "Ltp"])?,
            ],
            change: column(["per_change", "% Change"]),
            volume: column(["traded_quantity", "Qty"])?,
        })
    }

    fn read(&self, line: u64, record: &csv::StringRecord) -> Result<DailyRow, (&'static str, String)> {
        let field = |i: usize| record.get(i).map(str::trim).ok_or(("fields", "too few fields".to_owned()));
        let price = |i: usize| {
            let price = Price::parse(trim_zeros(field(self.prices[i])?), 100)
                .map_err(|e| ("number", e.to_string()))?;
            if price.is_positive() { Ok(price) } else { Err(("price", format!("price {price}"))) }
        };
        let date = field(self.date)?;
        let volume = Price::parse(field(self.volume)?, 1).map_err(|e| ("number", e.to_string()))?.units();
        if volume < 0 {
            return Err(("number", format!("volume {volume}")));
        }
        Ok(DailyRow {
            line,
            date: date.parse().map_err(|_| ("date", format!("`{date}` is not a date")))?,
            open: price(0)?,
            high: price(1)?,
            low: price(2)?,
            close: price(3)?,
            change_e4: self.change.and_then(|i| Price::parse(record.get(i)?, 100).ok()).map(Price::units),
            volume: Qty::from_units(volume),
        })
    }
}

/// Zeros at the end of a fraction beyond the second decimal are allowed by the parser already;
/// a trailing percent sign or space is not part of a number.
fn trim_zeros(text: &str) -> &str {
    text.trim_end_matches(['%', ' '])
}

impl DailyFile {
    /// Reads a file; rows that cannot be right go to `report`.
    pub(super) fn read(input: &Input, report: &mut ImportReport) -> Result<Self, FeedError> {
        let mut table = input.table()?;
        let columns = Columns::find(&table).ok_or_else(|| table.unknown_layout("a daily file"))?;
        let name = input.name();
        let mut rows: Vec<DailyRow> = Vec::new();
        while let Some((line, record)) = table.next_row()? {
            report.read += 1;
            let row = record.map_err(|e| ("text", e)).and_then(|record| columns.read(line, &record));
            match row {
                Ok(row) => {
                    if rows.last().is_some_and(|last| last.date > row.date) {
                        report.count("rows_out_of_order", 1);
                    }
                    rows.push(row);
                }
                Err((reason, what)) => report.refuse(&name, line, reason, what),
            }
        }
        rows.sort_by_key(|row| (row.date, row.line));
        let (mut kept, mut doubles): (Vec<DailyRow>, Vec<DailyRow>) = (Vec::new(), Vec::new());
        for row in rows {
            match kept.last().filter(|last| last.date == row.date) {
                None => kept.push(row),
                Some(first) => {
                    let same = (first.open, first.high, first.low, first.close)
                        == (row.open, row.high, row.low, row.close);
                    let what =
                        if same { "prices are the same" } else { "prices differ, the first row stays" };
                    report.repair(
                        &name,
                        row.line,
                        "second_row_of_date",
                        format!("{} again; {what}", row.date),
                    );
                    doubles.push(row);
                }
            }
        }
        Ok(Self { rows: kept, doubles })
    }

    /// The rows in order of date, one per date.
    #[must_use]
    pub fn rows(&self) -> &[DailyRow] {
        &self.rows
    }

    /// The row of a date.
    #[must_use]
    pub fn row(&self, date: SessionDate) -> Option<&DailyRow> {
        self.rows.binary_search_by_key(&date, |row| row.date).ok().map(|i| &self.rows[i])
    }

    /// The close before `date` as the exchange adjusted it for bonus and right shares.
    ///
    /// The change in percent has two decimals, so a close recovered from it is good to half a
    /// hundredth of a percent; where the raw close before lies within that, it is the answer.
    /// `None` without a row for the date, without a change, or when two rows of the date disagree.
    #[must_use]
    pub fn previous_close(&self, date: SessionDate) -> Option<Price> {
        let at = self.rows.binary_search_by_key(&date, |row| row.date).ok()?;
        let raw = at.checked_sub(1).map(|before| self.rows[before].close.units());
        let rows = self.doubles.iter().filter(|row| row.date == date).chain(&self.rows[at..=at]);
        let mut recovered =
            rows.filter_map(|row| recover_previous(row.close.units(), row.change_e4?)).collect::<Vec<_>>();
        let close_to = |a: i64, b: i64| (a - b).abs() <= b / 10_000 + 1;
        if let Some(raw) = raw.filter(|raw| recovered.iter().any(|r| close_to(*r, *raw))) {
            return Some(Price::from_units(raw));
        }
        recovered.dedup_by(|a, b| close_to(*a, *b));
        match recovered[..] {
            [only] if only > 0 => Some(Price::from_units(only)),
            _ => None,
        }
    }

    /// Mean volume of the `sessions` rows before `date`; `None` if there are fewer.
    #[must_use]
    pub fn average_volume(&self, date: SessionDate, sessions: usize) -> Option<i64> {
        let end = self.rows.partition_point(|row| row.date < date);
        let window = &self.rows[end.checked_sub(sessions)?..end];
        let sum: i128 = window.iter().map(|row| i128::from(row.volume.units())).sum();
        i64::try_from(sum / i128::try_from(sessions.max(1)).ok()?).ok()
    }
}

/// `close / (1 + change)` to the nearest paisa; `change_e4` counts hundredths of a percent.
fn recover_previous(close: i64, change_e4: i64) -> Option<i64> {
    let denominator = i128::from(10_000 + i128::from(change_e4));
    if denominator <= 0 {
        return None;
    }
    i64::try_from((2 * i128::from(close) * 10_000 + denominator).div_euclid(2 * denominator)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (DailyFile, ImportReport) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("NABIL.csv");
        std::fs::write(&path, text).unwrap();
        let mut report = ImportReport::new("ohlcv");
        (DailyFile::read(&Input::new(&path), &mut report).unwrap(), report)
    }

    const HEADER: &str =
        "published_date,open,high,low,close,per_change,traded_quantity,traded_amount,status\n";

    #[test]
    fn rows_are_sorted_doubles_dropped_and_bad_ones_named() {
        let (daily, report) = file(&format!(
            "{HEADER}2024-07-02,500.0,510.0,495.5,505.0,1.0,100.0,0,1\n2024-07-01,490.0,500.0,490.0,500.0,nan,90.0,0,1\n\
             2024-07-02,500.0,510.0,495.5,505.0,0.9,100.0,0,1\n2024-07-xx,1,1,1,1,1,1,1,1\n2024-07-03,0,1,1,1,1,1,1,1\n\
             2024-07-03,1,1\n2024-07-04,1.005,1,1,1,1,1,1,1\n"
        ));
        let dates: Vec<_> = daily.rows().iter().map(|r| r.date.to_string()).collect();
        assert_eq!(dates, ["2024-07-01", "2024-07-02"]);
        assert_eq!(report.read, 7);
        let lines: Vec<_> = report.refused.iter().map(|f| (f.line, f.reason)).collect();
        assert_eq!(lines, [(5, "date"), (6, "price"), (7, "fields"), (8, "number")]);
        assert_eq!((report.repaired[0].line, report.repaired_count), (4, 1));
    }

    #[test]
    fn the_close_before_is_the_adjusted_one() {
        for (before, close, change, expected) in [
            ("500.0", "505.0", "1.0", Some(50_000)),
            // A bonus issue of 33.5 %: the raw close before is no longer the yardstick.
            ("1335.0", "1060.7", "6.07", Some(100_000)),
            ("500.0", "505.0", "nan", None),
            ("500.0", "505.0", "-100.0", None),
        ] {
            let (daily, _) = file(&format!(
                "{HEADER}2024-07-01,1,1,1,{before},nan,90.0,0,1\n2024-07-02,1,1,1,{close},{change},100.0,0,1\n"
            ));
            let got = daily.previous_close(SessionDate::new(2024, 7, 2).unwrap()).map(Price::units);
            assert_eq!(got, expected, "{before} {close} {change}");
        }
    }

    #[test]
    fn average_volume_needs_all_its_sessions() {
        let (daily, _) =
            file(&format!("{HEADER}2024-07-01,1,1,1,1,nan,90,0,1\n2024-07-02,1,1,1,1,0,100,0,1\n"));
        let date = SessionDate::new(2024, 7, 3).unwrap();
        assert_eq!(daily.average_volume(date, 2), Some(95));
        assert_eq!(daily.average_volume(date, 3), None);
    }
}
