//! `himal calc`: any model function on JSON.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, print_json, print_line};
use crate::calc;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  himal calc --list\n  echo '{\"inputs\":{\"x\":[1,2,3,4]},\"params\":{}}' | himal calc sma --input -\n  himal calc --cases volatility.json")]
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
    let functions = calc::list();
    if json {
        return print_json(&functions);
    }
    functions.iter().try_for_each(|function| print_line(&function.to_string()))
}

fn evaluate(name: &str, input: &Path) -> Result<(), CliError> {
    let mut text = String::new();
    if input == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map_err(|e| CliError::failed(format!("standard input: {e}")))?;
    } else {
        text = std::fs::read_to_string(input).map_err(|e| CliError::failed(format!("{}: {e}", input.display())))?;
    }
    let value = serde_json::from_str(&text)
        .map_err(|e| CliError::usage(format!("{}: not JSON: {e}", input.display())))?;
    match calc::evaluate(name, &value) {
        Ok(result) => print_json(&result),
        Err(error) => {
            print_json(&error.to_json())?;
            Err(CliError::said())
        }
    }
}

fn cases(file: &Path, json: bool) -> Result<(), CliError> {
    let report = calc::run_cases(file).map_err(|e| CliError::failed(e.to_string()))?;
    if json {
        print_json(&report)?;
    } else {
        report.lines().iter().try_for_each(|line| print_line(line))?;
    }
    if report.all_passed() { Ok(()) } else { Err(CliError::said()) }
}
