//! Importers: what people have becomes a recorded day, and a report says what it took.
//!
//! One file per kind. Each reads its text exactly (numbers never pass through a float), refuses
//! rows that cannot be right with their line number, repairs only what has one possible meaning,
//! and refuses whole files whose dates disagree or that miss too much. What a source does not say
//! stays unknown in the day.

mod actions;
mod binance;
mod bybit;
mod completeness;
mod daily;
mod floorsheet;
mod history;
mod input;
mod levels;
mod lobster;
mod ohlcv;
mod recording;
mod reference;
mod report;
mod session;
mod sheet;
mod stream;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::feed::FeedError;
use crate::market::{Board, Instrument, SessionDate, Symbol};

pub use actions::{ActionList, ListedAction};
pub use daily::{DailyFile, DailyRow};
pub use history::{History, HistoryRow, RefusedRow};
pub use report::{FINDINGS_MAX, Finding, ImportReport, ShardCompleteness};

/// What can be imported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ImportKind {
    /// A NEPSE floorsheet: every trade of a day.
    Floorsheet,
    /// Daily open, high, low, close and volume of one symbol.
    Ohlcv,
    /// LOBSTER order-book messages, with the book rows that start them.
    Lobster,
    /// Recorded Binance streams: depth changes, best prices, trades, pictures.
    Binance,
    /// Recorded Bybit order-book streams.
    Bybit,
    /// Segments that a live session left beside its journal.
    Recording,
}

impl ImportKind {
    /// Every kind, in the order help shows them.
    pub const ALL: [Self; 6] =
        [Self::Floorsheet, Self::Ohlcv, Self::Lobster, Self::Binance, Self::Bybit, Self::Recording];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floorsheet => "floorsheet",
            Self::Ohlcv => "ohlcv",
            Self::Lobster => "lobster",
            Self::Binance => "binance",
            Self::Bybit => "bybit",
            Self::Recording => "recording",
        }
    }

    /// One sentence for help.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Floorsheet => {
                "every trade of a NEPSE day (CSV, with or without times; several files are parts of one day)"
            }
            Self::Ohlcv => {
                "daily bars of one symbol (CSV; the symbol is the file's name or --symbol); not replayable"
            }
            Self::Lobster => {
                "LOBSTER messages and order book (two CSV files; --symbol and --date unless the names say them)"
            }
            Self::Binance => {
                "recorded Binance streams (JSON lines with a receive time; several files continue each other)"
            }
            Self::Bybit => "recorded Bybit order-book streams (JSON lines)",
            Self::Recording => {
                "segments beside the journal of a live session (.seg-0001 and on, in their order)"
            }
        }
    }
}

impl FromStr for ImportKind {
    type Err = FeedError;

    fn from_str(text: &str) -> Result<Self, FeedError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| FeedError::UnknownKind(text.to_owned()))
    }
}

impl fmt::Display for ImportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is known of securities beside their trades: a list of them, and a folder of their daily files.
#[derive(Debug, Default)]
pub struct Securities(reference::Reference);

impl Securities {
    /// Reads the list, where there is one; daily files are read when they are needed.
    ///
    /// # Errors
    /// [`FeedError`]: the list.
    pub fn read(list: Option<&Path>, daily_dir: Option<&Path>) -> Result<Self, FeedError> {
        let owned = |path: Option<&Path>| path.map(Path::to_owned);
        let options = ImportOptions {
            securities: owned(list),
            daily_dir: owned(daily_dir),
            ..ImportOptions::default()
        };
        reference::Reference::read(&options, &mut ImportReport::default()).map(Self)
    }

    /// The tickers of the list.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.0.symbols()
    }

    /// A security of NEPSE as it stood before `date` opened. What was not given stays unknown.
    #[must_use]
    pub fn instrument(&self, symbol: &Symbol, name: Option<&str>, date: SessionDate) -> Instrument {
        self.0.instrument(symbol, name, date)
    }
}

/// What the command line adds to the files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportOptions {
    /// The symbol, for formats that carry none; for a floorsheet, the only one to keep.
    pub symbol: Option<Symbol>,
    /// The date, for formats that carry none; elsewhere it must agree.
    pub date: Option<SessionDate>,
    /// Whose rules apply, when it is not the usual market of the format.
    pub market: Option<Board>,
    /// Folder of daily files named by symbol, for previous closes and volumes.
    pub daily_dir: Option<PathBuf>,
    /// List of securities, for names, sectors and types.
    pub securities: Option<PathBuf>,
    /// Take a day of which more than 2 % is missing, or a stream without its first picture.
    pub allow_incomplete: bool,
}

/// Imports `files` into a recorded day at `out`.
///
/// # Errors
/// [`FeedError`]: the file or the data is refused, and nothing is written.
pub fn import(
    kind: ImportKind,
    files: &[PathBuf],
    out: &Path,
    options: &ImportOptions,
) -> Result<ImportReport, FeedError> {
    if files.is_empty() {
        return Err(FeedError::WrongFiles(format!("{kind}: no file given")));
    }
    let inputs: Vec<_> = files.iter().map(|path| input::Input::new(path)).collect();
    let mut report = ImportReport::new(kind.name());
    for input in &inputs {
        report.files.push(input.origin()?);
    }
    match kind {
        ImportKind::Floorsheet => floorsheet::import(&inputs, out, options, &mut report)?,
        ImportKind::Ohlcv => ohlcv::import(&inputs, out, options, &mut report)?,
        ImportKind::Lobster => lobster::import(&inputs, out, options, &mut report)?,
        ImportKind::Binance => binance::import(&inputs, out, options, &mut report)?,
        ImportKind::Bybit => bybit::import(&inputs, out, options, &mut report)?,
        ImportKind::Recording => recording::import(&inputs, out, options, &mut report)?,
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
