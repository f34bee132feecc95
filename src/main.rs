//! The `himal` program: parses the command line, calls the library, prints the error, sets the exit status.

use std::process::ExitCode;

use clap::Parser;
use himal::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.message().is_empty() {
                eprintln!("himal: {}", error.message());
            }
            ExitCode::from(error.status())
        }
    }
}
