//! `himal bench journal`: durable commits against the disk's own flush.

use super::JournalArgs;
use crate::cli::{CliError, Global, paths, print_json};
use crate::journal::bench::measure;

pub(super) fn run(global: &Global, args: &JournalArgs) -> Result<(), CliError> {
    let folder = match &args.dir {
        Some(dir) => dir.clone(),
        None => paths::journals_dir(global).map_err(CliError::failed)?,
    };
    let figures = measure(&folder, args.commits as usize).map_err(|e| CliError::failed(e.to_string()))?;
    print_json(&figures)
}
