//! A daily history for the models: one symbol, one row per session, whoever exported it.
//!
//! Unlike a recorded day, whose prices are whole numbers, a history feeds estimators: its numbers
//! are floats, and only close, change and volume matter. Any comma-separated file with a header in
//! one of the common spellings is read; rows that cannot be right are refused with their line.
//! Order, doubles, gaps and corporate actions are not judged here: the rows come as the file has
//! them.

use std::path::Path;

use super::input::{Input, Table};
use crate::feed::FeedError;
use crate::feed::day::OriginFile;
use crate::market::{SessionDate, Symbol};

/// One row of a history.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The session.
    pub date: SessionDate,
    /// Closing price or index value as printed, above 0; the adjusted close where the file has one.
    pub close: f64,
    /// Change against the close before as the publisher had it, decimal; `None` if not said.
    pub change: Option<f64>,
    /// Shares traded; `None` if not said.
    pub volume: Option<f64>,
    /// Value traded, in the file's currency; `None` if not said.
    pub turnover: Option<f64>,
    /// The high is below the close or the low above it.
    pub outside_range: bool,
}

/// A row that could not be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedRow {
    /// Its line in the file.
    pub line: u64,
    /// What was wrong, with the text.
    pub what: String,
}

/// A history as its file has it.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// Whose it is: the file's symbol column, else its name.
    pub symbol: Symbol,
    /// The file and its hash.
    pub origin: OriginFile,
    /// The usable rows in the order of the file.
    pub rows: Vec<HistoryRow>,
    /// The others.
    pub refused: Vec<RefusedRow>,
    /// Whether the closes are from an adjusted-close column: nothing is left to adjust.
    pub adjusted_close: bool,
}

const DATE: &[&str] = &["publisheddate", "date", "businessdate", "tradingdate", "timestamp", "day"];
const CLOSE: &[&str] = &["close", "closeprice", "closingprice", "ltp", "lasttradedprice", "last"];
const ADJUSTED: &[&str] = &["adjclose", "adjustedclose", "closeadj"];
const HIGH: &[&str] = &["high", "highprice"];
const LOW: &[&str] = &["low", "lowprice"];
const CHANGE: &[&str] =
    &["perchange", "%change", "change%", "percentchange", "changepercent", "pctchange", "percentage"];
const VOLUME: &[&str] =
    &["tradedquantity", "qty", "quantity", "volume", "vol", "totaltradedquantity", "tradedshares"];
const TURNOVER: &[&str] = &["tradedamount", "turnover", "trunover", "amount", "totaltradedvalue"];
const SYMBOL: &[&str] = &["symbol", "ticker", "scrip"];

/// A header name without case, spaces and underscores.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '%').flat_map(char::to_lowercase).collect()
}

/// The place of the first of `names` that the header has.
pub(super) fn find(header: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| header.iter().position(|h| h == name))
}

/// The header of a table in plain form.
pub(super) fn plain_header(table: &Table) -> Vec<String> {
    table.header().iter().map(|name| plain(name)).collect()
}

/// A date as files have it: `2024-07-02` or `2024/07/02` with or without a time after it, or
/// `7/2/2024`, month first.
pub(super) fn read_date(text: &str) -> Option<SessionDate> {
    let text = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let [a, b, c] = parts[..] else { return None };
    let number = |text: &str| text.parse::<u32>().ok();
    let (year, month, day) = if a.len() == 4 { (a, b, c) } else { (c, a, b) };
    let year = number(year).filter(|y| (1900..2200).contains(y))?;
    SessionDate::new(i32::try_from(year).ok()?, number(month)?, number(day)?)
}

/// A number with thousands separators or a percent sign; `None` for a blank or a word for "none".
pub(super) fn read_number(text: &str) -> Result<Option<f64>, String> {
    let plain: String =
        text.chars().filter(|c| !matches!(c, ',' | '%') && !c.is_whitespace() && *c != '\u{a0}').collect();
    if plain.is_empty()
        || plain == "-"
        || ["nan", "null", "na", "n/a"].iter().any(|w| plain.eq_ignore_ascii_case(w))
    {
        return Ok(None);
    }
    match plain.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(format!("`{text}` is not a number")),
    }
}

/// Where the columns stand.
struct Columns {
    date: usize,
    close: usize,
    high: Option<usize>,
    low: Option<usize>,
    change: Option<usize>,
    volume: Option<usize>,
    turnover: Option<usize>,
    symbol: Option<usize>,
    adjusted: bool,
}

impl Columns {
    fn find(header: &[String]) -> Option<Self> {
        let adjusted = find(header, ADJUSTED);
        Some(Self {
            date: find(header, DATE)?,
            close: adjusted.or_else(|| find(header, CLOSE))?,
            high: find(header, HIGH),
            low: find(header, LOW),
            change: find(header, CHANGE),
            volume: find(header, VOLUME),
            turnover: find(header, TURNOVER),
            symbol: find(header, SYMBOL),
            adjusted: adjusted.is_some(),
        })
    }

    fn read(&self, line: u64, record: &csv::StringRecord) -> Result<HistoryRow, String> {
        let number =
            |column: Option<usize>| column.map_or(Ok(None), |i| read_number(record.get(i).unwrap_or("")));
        let date = record.get(self.date).unwrap_or("").trim();
        let date = read_date(date).ok_or_else(|| format!("`{date}` is not a date"))?;
        let close = number(Some(self.close))?.ok_or("no closing price")?;
        if close <= 0.0 {
            return Err(format!("the close is {close}, a price is above 0"));
        }
        let (volume, turnover) = (number(self.volume)?, number(self.turnover)?);
        if let Some(below) = [volume, turnover].into_iter().flatten().find(|v| *v < 0.0) {
            return Err(format!("a volume of {below}"));
        }
        let beyond = |column, past: fn(f64, f64) -> bool| {
            !self.adjusted && number(column).ok().flatten().is_some_and(|value| past(value, close))
        };
        Ok(HistoryRow {
            line,
            date,
            close,
            // The first row often has a word here; what is no number says nothing.
            change: number(self.change).ok().flatten().map(|percent| percent / 100.0),
            volume,
            turnover,
            outside_range: beyond(self.high, |high, close| high < close)
                || beyond(self.low, |low, close| low > close),
        })
    }
}

impl History {
    /// Reads a file, plain or gzip.
    ///
    /// # Errors
    /// [`FeedError::Unreadable`]; [`FeedError::UnknownLayout`] without a date and a close column;
    /// [`FeedError::WrongFiles`] when the file holds several symbols. A file without usable rows is
    /// none of these: its rows are empty and the refused ones say why.
    pub fn read(path: &Path) -> Result<Self, FeedError> {
        let input = Input::new(path);
        let origin = input.origin()?;
        let mut table = input.table()?;
        let columns = Columns::find(&plain_header(&table))
            .ok_or_else(|| table.unknown_layout("a daily history (a date and a close column)"))?;
        let name = input.name();
        let mut symbol: Option<Symbol> = None;
        let (mut rows, mut refused) = (Vec::new(), Vec::new());
        while let Some((line, record)) = table.next_row()? {
            let row = record.and_then(|record| {
                let named = columns.symbol.and_then(|i| record.get(i)).map(Symbol::new);
                columns.read(line, &record).map(|row| (row, named.filter(|s| !s.as_str().is_empty())))
            });
            match row {
                Ok((row, named)) => {
                    if let (Some(first), Some(named)) = (&symbol, &named)
                        && first != named
                    {
                        let what =
                            format!("{name} holds several symbols ({first}, {named}); one file, one symbol");
                        return Err(FeedError::WrongFiles(what));
                    }
                    symbol = symbol.or(named);
                    rows.push(row);
                }
                Err(what) => refused.push(RefusedRow { line, what }),
            }
        }
        let symbol = symbol.unwrap_or_else(|| Symbol::new(name.split('.').next().unwrap_or(&name)));
        Ok(Self { symbol, origin, rows, refused, adjusted_close: columns.adjusted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(name: &str, text: &str) -> Result<History, FeedError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        History::read(&path)
    }

    #[test]
    fn common_spellings_are_read() {
        for text in [
            "published_date,open,high,low,close,per_change,traded_quantity\n2024-07-02,1,1,1,505.0,1.0,100.0\n",
            "\"S.N.\",\"Date\",\"Open\",\"High\",\"Low\",\"Ltp\",\"% Change\",\"Qty\"\n1,7/2/2024,1,1,1,505,1.0 %,100\n",
            "Date,Close,Volume,Change %\n2024/07/02,\"505.00\",\"100\",1\n",
            "Symbol,Date,Percent Change,Close,Volume\nX,2024-07-02 15:00,1,505,100\n",
        ] {
            let got = history("X.csv", text).unwrap();
            assert_eq!(got.symbol, Symbol::new("x"), "{text}");
            let row = &got.rows[0];
            assert_eq!((row.date.to_string(), row.close), ("2024-07-02".to_owned(), 505.0), "{text}");
            assert_eq!((row.change, row.volume, got.refused.len()), (Some(0.01), Some(100.0), 0), "{text}");
        }
    }

    #[test]
    fn an_adjusted_close_wins() {
        let got = history("A.csv", "Date,High,Low,Close,Adj Close\n2020-01-02,11,9,10,5\n").unwrap();
        assert!(got.adjusted_close && got.rows[0].close == 5.0 && !got.rows[0].outside_range);
    }

    #[test]
    fn rows_that_cannot_be_right_are_named() {
        let got = history(
            "A.csv",
            "date,close,volume\n2024-01-01,0,1\n2024-01-02,-5,1\n2024-13-01,5,1\n2024-01-03,inf,1\n\
             2024-01-04,5,-1\n2024-01-05\n2024-01-06,x,1\n2024-01-07,5,1\n",
        )
        .unwrap();
        assert_eq!(got.rows.len(), 1);
        assert_eq!(got.refused.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7, 8]);
        assert!(got.refused[0].what.contains("above 0"), "{:?}", got.refused[0]);
    }

    #[test]
    fn other_files_are_refused() {
        for (text, what) in [("a,b\n1,2\n", "date and a close"), ("", "date and a close")] {
            assert!(history("a.csv", text).unwrap_err().to_string().contains(what), "{text}");
        }
        let two = "symbol,date,close\nA,2024-01-01,5\nB,2024-01-02,5\n";
        assert!(history("a.csv", two).unwrap_err().to_string().contains("several symbols"));
        assert!(History::read(Path::new("no/such/file.csv")).is_err());
    }

    #[test]
    fn dates_have_two_orders_and_no_third() {
        for (text, date) in [
            ("2026-08-21", Some("2026-08-21")),
            ("8/21/2026", Some("2026-08-21")),
            ("21/8/2026", None),
            ("2026-02-30", None),
            ("0001-01-01", None),
            ("soon", None),
        ] {
            assert_eq!(read_date(text).map(|d| d.to_string()).as_deref(), date, "{text}");
        }
    }
}
