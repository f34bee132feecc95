//! `himal completions`: from the same definition as the command line itself.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, CliError};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  himal completions bash > ~/.local/share/bash-completion/completions/himal\n  himal completions fish | source"
)]
pub(super) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "himal", &mut script);
    super::print_line(String::from_utf8_lossy(&script).trim_end())
}
