//! `himal fit`: daily histories become a model file.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::{CliError, print_json, print_line};
use crate::fit::market_model::MarketSource;
use crate::fit::{FitOptions, ModelFile, SymbolModel};
use crate::market::Board;
use crate::model::regime::daily::PARAMETERS_AGE_MAX;
use crate::runtime::fit::{FitError, FitRun, UnreadActions, fit, write};
use crate::runtime::signals::Leave;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  himal fit history/*.csv.gz --out model.json\n  himal fit NABIL.csv NICA.csv --index nepse.csv --out model.json\n  himal fit history/*.csv --actions dividends.csv --out model.json --json\n  himal fit AAPL.csv --market foreign --out model.json"
)]
pub(super) struct FitArgs {
    /// Daily histories (CSV with a header, plain or .gz), one symbol each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The model file to write; it is there complete or not at all
    #[arg(long, value_name = "MODEL")]
    out: PathBuf,
    /// Corporate actions: symbol, book_closure_date, bonus_share, right_share, issue_price, split
    #[arg(long, value_name = "FILE")]
    actions: Option<PathBuf>,
    /// Daily history of the index [default: the market is the mean of the symbols]
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// Whose calendar and daily band apply
    #[arg(long, value_enum, default_value = "nepse")]
    market: super::import::MarketArg,
    /// Returns used per symbol, at most; the newest
    #[arg(long, value_name = "N", default_value_t = FitOptions::default().window, value_parser = window)]
    window: usize,
    /// Seed of random starts and simulated paths
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads [default: one per processor]; the result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Print a summary as one JSON object
    #[arg(long)]
    json: bool,
}

fn window(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (5..=100_000).contains(&n) => Ok(n),
        _ => Err("a number of returns, 5 to 100000".to_owned()),
    }
}

pub(super) fn run(args: &FitArgs) -> Result<(), CliError> {
    let folder = args.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if args.out.is_dir() || args.out.file_name().is_none() || !folder.is_dir() {
        return Err(CliError::usage(format!("{} is not a place for a file", args.out.display())));
    }
    let jobs = args
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from);
    let run = FitRun {
        files: args.files.clone(),
        actions: args.actions.clone(),
        index: args.index.clone(),
        options: FitOptions { market: Board::from(args.market), window: args.window, seed: args.seed },
        jobs,
    };
    let leave = Leave::listen().map_err(|e| CliError::failed(format!("signals: {e}")))?;
    let mut bar = Bar::new();
    let fitted = fit(&run, |done, total, what| bar.show(done, total, what), || leave.asked());
    bar.clear();
    let (model, unread) = fitted.map_err(|e| match e {
        FitError::TwiceTheSame { .. } => CliError::usage(e.to_string()),
        other => CliError::failed(other.to_string()),
    })?;
    let any = model.symbols.iter().any(|s| s.models.model().is_some_and(|m| m.has_any_fit()));
    if !any {
        let why = model.symbols.iter().map(|s| format!("{}: {}", s.symbol, s.reasons().join("; ")));
        let why: Vec<String> = why.collect();
        return Err(CliError::failed(format!(
            "no symbol has a model, nothing was written\n{}",
            why.join("\n")
        )));
    }
    write(&model, &args.out).map_err(|e| CliError::failed(e.to_string()))?;
    if args.json {
        print_json(&summary(&model, &unread, &args.out))
    } else {
        print_line(&words(&model, &unread, &args.out))
    }
}

/// A bar on standard error, where that is a terminal.
struct Bar {
    there: bool,
}

impl Bar {
    const WIDTH: usize = 30;

    fn new() -> Self {
        Self { there: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: usize, total: usize, what: &str) {
        if !self.there {
            return;
        }
        let full = (Self::WIDTH * done).checked_div(total).unwrap_or(0);
        // A terminal that has gone away is no reason to stop.
        let _ = write!(
            std::io::stderr().lock(),
            "\r\x1b[K[{}{}] {done}/{total} {what}",
            "#".repeat(full),
            ".".repeat(Self::WIDTH - full)
        );
    }

    fn clear(&mut self) {
        if self.there {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Repairs of all symbols by kind.
fn repairs(model: &ModelFile) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for repair in model.symbols.iter().flat_map(|s| &s.repairs) {
        *counts.entry(repair.kind.name()).or_default() += 1;
    }
    counts
}

fn adjustments(model: &ModelFile) -> usize {
    model.symbols.iter().map(|s| s.adjustments.len()).sum()
}

fn summary(model: &ModelFile, unread: &UnreadActions, out: &Path) -> Value {
    let market = model.market.model().map(|m| {
        let belief = &m.models.regime.belief;
        json!({
            "source": m.source,
            "validated": m.models.is_validated(),
            "reasons": m.models.reasons(),
            "p_stress": belief.p_stress,
            "provenance": belief.provenance,
        })
    });
    let covariance = model.covariance.model().map(|c| {
        json!({
            "symbols": c.symbols.len(), "rows": c.rows, "shrinkage": c.shrinkage,
            "mean_correlation": c.mean_correlation, "left_out": c.left_out.len(),
        })
    });
    let not: Vec<&SymbolModel> = model.symbols.iter().filter(|s| !s.reasons().is_empty()).collect();
    json!({
        "out": out.display().to_string(),
        "as_of": model.as_of,
        "data_sha256": model.data_sha256,
        "symbols": model.symbols.len(),
        "validated": model.validated(),
        "not_validated": not.iter().map(|s| json!({"symbol": s.symbol, "reasons": s.reasons()})).collect::<Vec<_>>(),
        "adjustments": adjustments(model),
        "repairs": repairs(model),
        "unread_actions": unread.iter().map(|(line, what)| json!({"line": line, "what": what})).collect::<Vec<_>>(),
        "market": market,
        "market_reason": model.market.reason(),
        "covariance": covariance,
        "covariance_reason": model.covariance.reason(),
    })
}

/// A line per symbol, then the whole.
fn words(model: &ModelFile, unread: &UnreadActions, out: &Path) -> String {
    let percent = |v: f64| format!("{:.2} %", 100.0 * v);
    let mut lines = vec![format!(
        "{:<10} {:>7} {:>9} {:>9} {:>9} {:>9}  {:>6} {:>7}",
        "symbol", "returns", "normal/d", "stress/d", "p stress", "next vol", "adjust", "repairs"
    )];
    let part = |name: &str, models: &crate::fit::symbol::SeriesModel| {
        let sigma = models.regime.fit.model().map(crate::model::regime::daily::DailyFit::sigma_d);
        let level = |k: usize| sigma.map_or_else(|| "-".to_owned(), |s| percent(s[k]));
        let belief = &models.regime.belief;
        let mark = |substitute: bool| if substitute { "'" } else { "" };
        let forecast = models.volatility.forecast.model();
        let p = format!("{:.2}{}", belief.p_stress.get(), mark(belief.provenance.is_substitute()));
        let vol = forecast.map_or_else(
            || "-".to_owned(),
            |f| format!("{}{}", percent(f.sigma_d()), mark(f.provenance.is_substitute())),
        );
        format!("{name:<10} {:>7} {:>9} {:>9} {p:>9} {vol:>9}", models.sample.returns, level(0), level(1))
    };
    for symbol in &model.symbols {
        let line = match symbol.models.model() {
            Some(models) => part(symbol.symbol.as_str(), models),
            None => {
                format!("{:<10} {:>7} {:>9} {:>9} {:>9} {:>9}", symbol.symbol.as_str(), 0, "-", "-", "-", "-")
            }
        };
        lines.push(format!("{line}  {:>6} {:>7}", symbol.adjustments.len(), symbol.repairs.len()));
    }
    match model.market.model() {
        Some(market) => lines.push(part("market", &market.models)),
        None => lines.push(format!("market: {}", model.market.reason().unwrap_or_default())),
    }
    for symbol in model.symbols.iter().filter(|s| !s.reasons().is_empty()) {
        lines.push(format!("{}: {}", symbol.symbol, symbol.reasons().join("; ")));
    }
    if let Some(market) = model.market.model() {
        lines.extend(market.models.reasons().iter().map(|reason| format!("market: {reason}")));
    }
    for symbol in model.symbols.iter().filter(|s| s.sessions_behind > PARAMETERS_AGE_MAX) {
        lines.push(format!(
            "{}: its history ends {} sessions before the others; its models are of that day",
            symbol.symbol, symbol.sessions_behind
        ));
    }
    if let Some(MarketSource::EqualWeight { instead_of_index: Some(why) }) =
        model.market.model().map(|m| &m.source)
    {
        lines.push(format!("market: the mean of the symbols, because {why}"));
    }
    lines.push(match model.covariance.model() {
        Some(c) => format!(
            "covariance: {} symbols, {} sessions, shrinkage {:.2}, mean correlation {}, in stress {}",
            c.symbols.len(),
            c.rows,
            c.shrinkage,
            c.mean_correlation.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}")),
            c.stress_correlation.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}")),
        ),
        None => format!("covariance: {}", model.covariance.reason().unwrap_or_default()),
    });
    lines.extend(unread.iter().map(|(line, what)| format!("action not read: line {line}: {what}")));
    let kinds: Vec<String> = repairs(model).iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    lines.push(format!("adjusted: {}; repaired: {}", adjustments(model), kinds.join(", ")));
    lines.push(format!(
        "{}: {} of {} symbols validated, data to {}; ' marks a fallback, named in the file",
        out.display(),
        model.validated(),
        model.symbols.len(),
        model.as_of
    ));
    lines.join("\n")
}
