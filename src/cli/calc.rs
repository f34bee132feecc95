//! `himal calc`: any model function on JSON.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, print_json, print_line};
use crate::calc::{self, FamilyReport};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  himal calc --list\n  echo '{\"inputs\":{\"x\":[1,2,3,4]},\"params\":{}}' | himal calc sma --input -\n  himal calc --cases volatility.json"
)]
pub(super) struct CalcArgs {
    /// The function; see --list
    #[arg(required_unless_present_any = ["list", "cases"], conflicts_with_all = ["list", "cases"])]
    name: Option<String>,
    /// Print every function with its inputs and outputs
    #[arg(long, conflicts_with = "cases")]
    list: bool,
    /// The inputs as one JSON object, or - for standard input
    #[arg(long, value_name = "FILE", requires = "name", required_unless_present_any = ["list", "cases"])]
    input: Option<PathBuf>,
    /// Run a file of reference cases
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CalcArgs) -> Result<(), CliError> {
    match (&args.cases, &args.name, &args.input) {
        (Some(file), _, _) => cases(file, args.json),
        (None, Some(name), Some(input)) => evaluate(name, input),
        _ => list(args.json),
    }
}

fn list(json: bool) -> Result<(), CliError> {
    if json {
        return print_json(&calc::list().collect::<Vec<_>>());
    }
    calc::list().try_for_each(|function| print_line(&describe(function)))
}

/// A function with its inputs and outputs, a line each.
fn describe(function: &calc::Function) -> String {
    let mut lines = vec![format!("{} ({}): {}", function.name, function.family, function.about)];
    for (arrow, fields) in [("in ", function.inputs), ("out", function.outputs)] {
        let kind = |field: &calc::Field| format!("{:?}", field.kind).to_lowercase();
        lines.extend(fields.iter().map(|f| format!("  {arrow} {} ({}): {}", f.name, kind(f), f.about)));
    }
    lines.join("\n")
}

fn evaluate(name: &str, input: &Path) -> Result<(), CliError> {
    let mut text = String::new();
    if input == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| CliError::failed(format!("standard input: {e}")))?;
    } else {
        text = std::fs::read_to_string(input)
            .map_err(|e| CliError::failed(format!("{}: {e}", input.display())))?;
    }
    let value = serde_json::from_str(&text)
        .map_err(|e| CliError::usage(format!("{}: not JSON: {e}", input.display())))?;
    match calc::evaluate(name, &value) {
        Ok(result) => print_json(&result.to_json()),
        Err(error) => {
            print_json(&error.to_json())?;
            Err(CliError::said())
        }
    }
}

/// What did not pass, a line each, then the count.
fn lines(report: &FamilyReport) -> Vec<String> {
    let failed = report
        .failed
        .iter()
        .map(|f| format!("FAILED {} at {}: got {}, expected {}", f.name, f.key, f.got, f.expected));
    let unsupported = report.unsupported.iter().map(|name| format!("UNSUPPORTED {name}"));
    let absent = report.not_offered.iter().map(|n| format!("not offered {}: {}", n.name, n.key));
    let total = format!("{}: {} of {} passed", report.family, report.passed, report.cases);
    failed.chain(unsupported).chain(absent).chain([total]).collect()
}

fn cases(file: &Path, json: bool) -> Result<(), CliError> {
    let report = calc::run_cases(file).map_err(|e| CliError::failed(e.to_string()))?;
    if json {
        print_json(&report)?;
    } else {
        lines(&report).iter().try_for_each(|line| print_line(line))?;
    }
    if report.failed.is_empty() && report.unsupported.is_empty() { Ok(()) } else { Err(CliError::said()) }
}
