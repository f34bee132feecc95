//! `himal man`: manual pages from the same definition as the command line itself.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::{Cli, CliError};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  himal man --out ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// Folder to write the pages to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &ManArgs) -> Result<(), CliError> {
    let failed = |e: std::io::Error| CliError::failed(format!("{}: {e}", args.out.display()));
    std::fs::create_dir_all(&args.out).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.out).map_err(failed)
}
