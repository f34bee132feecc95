//! The product's own figures on this machine, one JSON line each.

mod journal;
pub mod replay;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, Global, print_json};

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
    }
}
