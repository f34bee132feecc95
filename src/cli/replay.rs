//! `himal replay`: a recorded day, on screen or without one.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use chrono::NaiveTime;
use clap::Args;
use serde::Serialize;

use super::{CliError, Global, paths, print_json, print_line};
use crate::console::Speed;
use crate::engine::{DayStats, OperatorId};
use crate::feed::day::StartingAccount;
use crate::journal::{Open, SessionKind};
use crate::market::{Price, Timestamp};
use crate::runtime::config::{self, Settings};
use crate::runtime::day::{DEFAULT_DAY, Day};
use crate::runtime::ledger::{Ledger, LedgerError};
use crate::runtime::local::{self, LocalSetup, SessionStart};
use crate::runtime::replay::headless::{self, Summary};
use crate::runtime::replay::player::PlayerSetup;
use crate::runtime::replay::{Driver, ReplayError};
use crate::runtime::signals::Leave;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  himal replay\n  himal replay halt-day --speed 10 --from 11:00\n  himal replay 2024-07-02.parquet --headless --speed max --json --ohlcv\n  himal replay quiet --journal session.journal"
)]
pub(super) struct ReplayArgs {
    /// A recorded day, or a bundled one: quiet, halt-day
    #[arg(default_value = DEFAULT_DAY)]
    day: String,
    /// Recorded seconds per second, any number above 0, or max
    #[arg(long, value_name = "FACTOR|max", allow_negative_numbers = true)]
    speed: Option<SpeedArg>,
    /// Begin at this recorded time (Nepal time)
    #[arg(long, value_name = "HH:MM")]
    from: Option<TimeArg>,
    /// No screen: play to the end and say what came of it
    #[arg(long)]
    headless: bool,
    /// The journal: begun, or continued if it is an unfinished one of this day
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Begin the journal anew, even if the file holds a finished session or another day
    #[arg(long, requires = "journal")]
    new: bool,
    /// Print one JSON object
    #[arg(long, requires = "headless")]
    json: bool,
    /// Add open, high, low, close (NPR) and volume (shares) by symbol
    #[arg(long, requires = "headless")]
    ohlcv: bool,
}

impl ReplayArgs {
    /// The bundled day on screen.
    pub(super) fn bundled() -> Self {
        Self {
            day: DEFAULT_DAY.to_owned(),
            speed: None,
            from: None,
            headless: false,
            journal: None,
            new: false,
            json: false,
            ohlcv: false,
        }
    }
}

/// `--speed`.
#[derive(Clone, Copy, Debug)]
struct SpeedArg(Speed);

impl FromStr for SpeedArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self(Speed::Max));
        }
        match text.parse::<f64>() {
            Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(Self(Speed::Factor(factor))),
            _ => Err("a number above 0, or max".to_owned()),
        }
    }
}

/// `--from`.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeArg(pub(super) NaiveTime);

impl FromStr for TimeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ["%H:%M", "%H:%M:%S"]
            .iter()
            .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
            .map(Self)
            .ok_or_else(|| "HH:MM or HH:MM:SS".to_owned())
    }
}

/// The account of `account.toml`.
pub(super) fn account(global: &Global) -> Result<Option<StartingAccount>, CliError> {
    let folder = paths::config_dir(global);
    config::account(folder.as_deref()).map(Some).map_err(|e| CliError::usage(e.to_string()))
}

pub(super) fn run(global: &Global, args: ReplayArgs) -> Result<(), CliError> {
    let config_dir = paths::config_dir(global);
    let settings = Settings::read(config_dir.as_deref()).map_err(|e| CliError::usage(e.to_string()))?;
    let day = Day::open(&args.day, account(global)?.as_ref()).map_err(|e| CliError::failed(e.to_string()))?;
    let from = args.from.map(|time| within(&day, time.0)).transpose()?;
    if !args.headless {
        local::check_terminal().map_err(|e| CliError::usage(e.to_string()))?;
    }
    let ledger = ledger(global, &args, &day)?;
    let driver = Driver::new(&day, ledger).map_err(failed)?;
    if args.headless {
        return headless(&args, &day, driver, from);
    }
    let player = PlayerSetup {
        driver,
        span: day.span,
        speed: args.speed.map_or(Speed::Factor(1.0), |s| s.0),
        playing: true,
        from,
        account: day.account.clone(),
        operator: OperatorId::new(&settings.operator),
        branches: paths::journals_dir(global).ok(),
        notes: Vec::new(),
    };
    let local = LocalSetup { settings, config_dir, state_dir: paths::state_dir(global) };
    local::run(SessionStart::replay(player), &local).map_err(|e| {
        let message = e.to_string();
        if e.is_usage() { CliError::usage(message) } else { CliError::failed(message) }
    })
}

fn failed(error: ReplayError) -> CliError {
    CliError::failed(error.to_string())
}

/// A time of the day within the record.
fn within(day: &Day, time: NaiveTime) -> Result<Timestamp, CliError> {
    let (start, end) = day.span;
    Timestamp::nepal(day.setup.date, time).filter(|at| (start..=end).contains(at)).ok_or_else(|| {
        let clock = |at: Timestamp| at.nepal_time().format("%H:%M:%S").to_string();
        CliError::usage(format!(
            "--from {time} is outside the record, which goes from {} to {}",
            clock(start),
            clock(end)
        ))
    })
}

/// The journal: the file asked for, else one in the state folder, else none and the reason on screen.
fn ledger(global: &Global, args: &ReplayArgs, day: &Day) -> Result<Ledger, CliError> {
    let open = Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest());
    if let Some(path) = &args.journal {
        return asked_for(path, args.new, &open);
    }
    let unkept = |why: &str| Ledger::in_memory(&open, why).map_err(|e| CliError::failed(e.to_string()));
    let folder = match paths::journals_dir(global) {
        Ok(folder) => folder,
        Err(why) => return unkept(&why),
    };
    let path = paths::free_journal(&folder, &format!("replay-{}", day.setup.date));
    Ledger::create(&path, &open).or_else(|e| unkept(&e.to_string()))
}

fn asked_for(path: &Path, new: bool, open: &Open) -> Result<Ledger, CliError> {
    if new && path.exists() {
        std::fs::remove_file(path).map_err(|e| CliError::failed(format!("{}: {e}", path.display())))?;
    }
    Ledger::open(path, open).map_err(|error| match error {
        LedgerError::Finished { .. } | LedgerError::OtherSession { .. } => CliError::usage(error.to_string()),
        _ => CliError::failed(error.to_string()),
    })
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    ohlcv: Option<std::collections::BTreeMap<String, OhlcvLine>>,
}

/// Prices in NPR, volume in shares.
#[derive(Serialize)]
struct OhlcvLine {
    open: Option<f64>,
    high: Option<f64>,
    low: Option<f64>,
    close: Option<f64>,
    volume: i64,
}

fn headless(
    args: &ReplayArgs,
    day: &Day,
    mut driver: Driver,
    from: Option<Timestamp>,
) -> Result<(), CliError> {
    let leave = Leave::listen().map_err(|e| CliError::failed(format!("cannot listen for signals: {e}")))?;
    let begun = Instant::now();
    let speed = args.speed.map_or(Speed::Factor(1.0), |s| s.0);
    let finished = headless::play(&mut driver, speed, from, &|| leave.asked()).map_err(failed)?;
    let summary = headless::summary(&driver, &day.reader, begun.elapsed());
    let ohlcv = args.ohlcv.then(|| ohlcv_of(&driver));
    let hash = summary.state_hash.clone();
    if args.json {
        print_json(&Report { summary, ohlcv })?;
    } else {
        print_line(&words(&summary))?;
        for (symbol, line) in ohlcv.iter().flatten() {
            let price = |p: Option<f64>| p.map_or("-".to_owned(), |p| format!("{p:.2}"));
            let OhlcvLine { open, high, low, close, volume } = line;
            print_line(&format!(
                "{symbol:<10} {:>10} {:>10} {:>10} {:>10} {volume:>12}",
                price(*open),
                price(*high),
                price(*low),
                price(*close)
            ))?;
        }
    }
    if finished {
        Ok(())
    } else {
        Err(CliError::failed(format!("left early, at state {hash}; the journal can be continued")))
    }
}

fn words(s: &Summary) -> String {
    format!(
        "{} ({})\n{} events, {} trades in {:.2} s\n{} outputs, {} orders, {} fills, {} alerts\nstate_hash {}\ndecisions {}\njournal_head {}",
        s.day,
        s.date,
        s.events,
        s.trades,
        s.elapsed_s,
        s.outputs,
        s.orders,
        s.fills,
        s.alerts,
        s.state_hash,
        s.decisions,
        s.journal_head
    )
}

/// The day's figures as the engine has them.
fn ohlcv_of(driver: &Driver) -> std::collections::BTreeMap<String, OhlcvLine> {
    let state = driver.state();
    let line = |day: &DayStats, scale: i64| {
        let npr = |pick: fn(&crate::market::BarPrices) -> Price| {
            day.prices.as_ref().map(|p| pick(p).units() as f64 / scale as f64)
        };
        OhlcvLine {
            open: npr(|p| p.open),
            high: npr(|p| p.high),
            low: npr(|p| p.low),
            close: npr(|p| p.close),
            volume: day.volume.units(),
        }
    };
    let instruments = state.setup().universe.iter().zip(state.instruments());
    instruments
        .filter(|(_, state)| state.day.trades > 0)
        .map(|((_, facts), state)| (facts.symbol.to_string(), line(&state.day, facts.price_scale)))
        .collect()
}
