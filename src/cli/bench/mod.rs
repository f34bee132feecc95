//! The product's own figures on this machine, one JSON line each.

mod journal;
pub mod keys;
pub mod minimal;
mod pty;
pub mod replay;
pub mod screen;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, Global, print_json};
use crate::runtime::local;

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// The whole engine path over a shared event file
    #[command(
        after_help = "Examples:\n  himal bench replay --file l2.evt\n  himal bench replay --file l2.evt --limit 300000 --order-every 1000\n  himal bench replay --file l2.evt --book"
    )]
    Replay(ReplayArgs),
    /// Durable commits against the disk's own flush, in the same minute
    #[command(after_help = "Examples:\n  himal bench journal\n  himal bench journal --dir /mnt/data")]
    Journal(JournalArgs),
    /// What pictures cost in bytes and in time, at 80x24 and 200x60
    #[command(
        after_help = "Examples:\n  himal bench screen\n  himal bench screen --day halt-day --busy-minutes 240"
    )]
    Screen(ScreenArgs),
    /// From a key to its answer on the screen, with 50,000 messages a second behind it
    #[command(after_help = "Examples:\n  himal bench keys\n  himal bench keys --size 80x24 --keys 600")]
    Keys(KeysArgs),
    /// The program that the screen is compared with, on this terminal; q leaves
    #[command(hide = true, after_help = "Examples:\n  himal bench minimal")]
    Minimal,
}

#[derive(Debug, Args)]
pub(super) struct ScreenArgs {
    /// The recorded day
    #[arg(long, value_name = "DAY", default_value = "halt-day")]
    day: String,
    /// So many of its busiest minutes at ten pictures a second
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    busy_minutes: u32,
    /// Figures are one JSON object anyway
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    /// Columns and rows of the terminal
    #[arg(long, value_name = "CxR", default_value = "200x60", value_parser = size)]
    size: (u16, u16),
    /// Keys pressed in each program
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(3..=10_000))]
    keys: u32,
    /// Figures are one JSON object anyway
    #[arg(long)]
    json: bool,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let sizes = text.split_once('x').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)));
    sizes
        .filter(|(c, r)| (60..=1_000).contains(c) && (20..=1_000).contains(r))
        .ok_or_else(|| "columns x rows, such as 80x24; at least 60x20".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The event file
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// At most this many events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Cancel and submit an order every so many events; 0 for none
    #[arg(long, value_name = "K", default_value_t = 0)]
    order_every: u64,
    /// The order book alone
    #[arg(long, conflicts_with = "order_every")]
    book: bool,
}

#[derive(Debug, Args)]
pub(super) struct JournalArgs {
    /// Folder on the disk to measure [default: the state folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Commits in each pass
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    commits: u32,
}

pub(super) fn run(global: &Global, command: BenchCommand) -> Result<(), CliError> {
    match command {
        BenchCommand::Replay(args) => {
            let run = if args.book {
                replay::book(&args.file, args.limit)
            } else {
                replay::engine(&args.file, args.limit, args.order_every)
            };
            print_json(&run.map_err(|e| CliError::failed(e.to_string()))?)
        }
        BenchCommand::Journal(args) => journal::run(global, &args),
        BenchCommand::Screen(ScreenArgs { day, busy_minutes, json: _ }) => {
            print_json(&screen::measure(&day, busy_minutes).map_err(|e| CliError::failed(e.to_string()))?)
        }
        BenchCommand::Keys(KeysArgs { size: (columns, rows), keys, json: _ }) => {
            print_json(&keys::measure(columns, rows, keys).map_err(|e| CliError::failed(e.to_string()))?)
        }
        BenchCommand::Minimal => {
            local::check_terminal().map_err(|e| CliError::usage(e.to_string()))?;
            minimal::run(None).map(|_| ()).map_err(|e| CliError::failed(e.to_string()))
        }
    }
}
