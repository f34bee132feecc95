//! `himal import`: recordings of other kinds become a recorded day.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, print_json, print_line};
use crate::feed::import::{Finding, ImportKind, ImportOptions, ImportReport, import};
use crate::market::{Board, SessionDate, Symbol};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  himal import floorsheet 2024-07-02.csv.gz --out 2024-07-02.parquet\n  himal import floorsheet sheet.csv --daily history/ --securities securities.csv --out day.parquet --json\n  himal import lobster messages.csv orderbook.csv --symbol AAPL --date 2012-06-21 --out aapl.parquet\n  himal import binance btcusdt.jsonl.gz --out btc.parquet\n  himal import recording live-2026-08-20-0001.seg-* --out day.parquet"
)]
pub(super) struct ImportArgs {
    /// What the files are: floorsheet, ohlcv, lobster, binance, bybit, recording
    kind: ImportKind,
    /// The files, plain or .gz
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The recorded day to write
    #[arg(long, value_name = "DAY")]
    out: PathBuf,
    /// The ticker, where the files do not say
    #[arg(long)]
    symbol: Option<String>,
    /// The date, where the files do not say
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<SessionDate>,
    /// Whose rules apply, if not the usual market of the format
    #[arg(long, value_enum)]
    market: Option<MarketArg>,
    /// Folder of daily histories: previous close and average volume
    #[arg(long, value_name = "DIR")]
    daily: Option<PathBuf>,
    /// List of securities: name, sector, kind
    #[arg(long, value_name = "FILE")]
    securities: Option<PathBuf>,
    /// Import even if more than 2 % of the sequence is missing
    #[arg(long)]
    allow_incomplete: bool,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

/// `--market`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum MarketArg {
    Nepse,
    Foreign,
}

impl From<MarketArg> for Board {
    fn from(market: MarketArg) -> Self {
        match market {
            MarketArg::Nepse => Self::Nepse,
            MarketArg::Foreign => Self::Foreign,
        }
    }
}

pub(super) fn run(args: &ImportArgs) -> Result<(), CliError> {
    let options = ImportOptions {
        symbol: args.symbol.as_deref().map(Symbol::new),
        date: args.date,
        market: args.market.map(Board::from),
        daily_dir: args.daily.clone(),
        securities: args.securities.clone(),
        allow_incomplete: args.allow_incomplete,
    };
    let report =
        import(args.kind, &args.files, &args.out, &options).map_err(|e| CliError::failed(e.to_string()))?;
    if args.json { print_json(&report) } else { print_line(&words(&report, args)) }
}

/// The report for a person: totals first, then each reason with its count and first places.
fn words(report: &ImportReport, args: &ImportArgs) -> String {
    let mut lines =
        vec![format!("{}: {} rows read, {} events written", args.out.display(), report.read, report.written)];
    lines.extend(findings("repaired", &report.repaired));
    lines.extend(findings("refused", &report.refused));
    lines.extend(report.notes.iter().map(|note| format!("note: {note}")));
    lines.join("\n")
}

/// The first few findings of a list, then how many more there are.
fn findings(word: &str, list: &[Finding]) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut lines: Vec<String> =
        list.iter().take(SHOWN).map(|f| format!("{word}: {} line {}: {}", f.file, f.line, f.what)).collect();
    if list.len() > SHOWN {
        lines.push(format!("{word}: {} more, all of them with --json", list.len() - SHOWN));
    }
    lines
}
