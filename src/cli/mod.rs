//! The command line: one file per subcommand.
//!
//! Every command has `--help` with examples, exits 0 (done), 1 (failed) or 2 (bad usage), prints
//! one object on standard output with `--json` and messages on standard error. Nothing here
//! computes; a command parses, calls the library and prints.

pub mod bench;
mod calc;
mod completions;
mod doctor;
mod error;
mod fit;
mod import;
mod journal;
mod live;
mod man;
mod paths;
mod replay;
mod venue;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use error::CliError;

/// A full-screen terminal trading console for the Nepal Stock Exchange over a deterministic engine.
///
/// Without a command it opens the console on a bundled day: no network, no file, no set-up.
#[derive(Debug, Parser)]
#[command(name = "himal", version, about, long_about, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Examples:\n  himal\n  himal replay halt-day\n  himal replay halt-day --headless --speed max --json\n  himal import floorsheet 2024-07-02.csv.gz --out day.parquet\n  himal journal verify session.journal"
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Folder of journals and what else outlives a run [default: the platform's data folder]
    #[arg(long, global = true, env = "HIMAL_STATE_DIR", value_name = "DIR", hide_env_values = true)]
    state_dir: Option<PathBuf>,
    /// Folder of himal.toml, keys.toml, account.toml [default: the platform's configuration folder]
    #[arg(long, global = true, env = "HIMAL_CONFIG", value_name = "DIR", hide_env_values = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a recorded day, on screen or without one
    Replay(replay::ReplayArgs),
    /// Trade on a venue over a real connection
    Live(live::LiveArgs),
    /// Live market data, orders filled by the paper gateway
    Paper(live::PaperArgs),
    /// Turn recordings of other kinds into a recorded day
    Import(import::ImportArgs),
    /// Verify, show, export or replay a journal
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Estimate regime, volatility and covariance from daily histories
    Fit(fit::FitArgs),
    /// Run the simulated exchange as a server
    Venue(venue::VenueArgs),
    /// Evaluate any model function on JSON, or run reference cases
    Calc(calc::CalcArgs),
    /// The product's own figures on this machine, one JSON line each
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Look at terminal, clock, disk, configuration and data, one line each
    Doctor(doctor::DoctorArgs),
    /// Print a completion script
    Completions(completions::CompletionsArgs),
    /// Write the manual pages
    Man(man::ManArgs),
}

/// Runs a parsed command line.
///
/// # Errors
/// [`CliError`] with the exit status and what to print.
pub fn run(cli: Cli) -> Result<(), CliError> {
    let Cli { global, command } = cli;
    match command.unwrap_or_else(|| Command::Replay(replay::ReplayArgs::bundled())) {
        Command::Replay(args) => replay::run(&global, args),
        Command::Live(args) => live::live(&global, &args),
        Command::Paper(args) => live::paper(&global, &args),
        Command::Import(args) => import::run(&args),
        Command::Journal(command) => journal::run(&global, command),
        Command::Fit(args) => fit::run(&args),
        Command::Venue(args) => venue::run(&global, &args),
        Command::Calc(args) => calc::run(&args),
        Command::Bench(command) => bench::run(&global, command),
        Command::Doctor(args) => doctor::run(&global, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Prints one object on standard output. A reader that has gone away is no error.
fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|e| CliError::failed(e.to_string()))?;
    print_line(&text)
}

/// Prints a line on standard output. A reader that has gone away is no error.
fn print_line(text: &str) -> Result<(), CliError> {
    use std::io::Write;
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::failed(e.to_string())),
        _ => Ok(()),
    }
}
