//! `himal journal`: look at, check and replay what was journaled.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{CliError, Global, print_json, print_line};
use crate::journal::{self, JournalError, JournalReader, Verdict};
use crate::runtime::day::Day;
use crate::runtime::ledger::Ledger;
use crate::runtime::replay::{Driver, headless};

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Check every byte against the chain; names the first bad record
    #[command(
        after_help = "Examples:\n  himal journal verify session.journal\n  himal journal verify session.journal --json"
    )]
    Verify(FileArgs),
    /// Print the records in words
    #[command(after_help = "Examples:\n  himal journal show session.journal | less")]
    Show(FileArgs),
    /// Print the records as JSON Lines, the same bytes on every call
    #[command(after_help = "Examples:\n  himal journal export session.journal > session.jsonl")]
    Export(FileArgs),
    /// Rebuild the state from the journal and its recorded day, and print the state_hash
    #[command(
        after_help = "Examples:\n  himal journal replay session.journal\n  himal journal replay session.journal --day 2024-07-02.parquet --json"
    )]
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// The journal
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object (verify)
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The journal
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The recorded day it refers to, if it is not a bundled one
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, command: JournalCommand) -> Result<(), CliError> {
    match command {
        JournalCommand::Verify(args) => verify(&args),
        JournalCommand::Show(args) => dump(&args.file, journal::show),
        JournalCommand::Export(args) => dump(&args.file, journal::export),
        JournalCommand::Replay(args) => replay(global, &args),
    }
}

fn failed(error: &JournalError) -> CliError {
    CliError::failed(error.to_string())
}

#[derive(Serialize)]
struct VerifyLine<'a> {
    file: String,
    intact: bool,
    records: u64,
    head: String,
    first_bad_seq: Option<u64>,
    what: &'a str,
}

fn verify(args: &FileArgs) -> Result<(), CliError> {
    let report = journal::verify(&args.file).map_err(|e| failed(&e))?;
    let file = args.file.display().to_string();
    let (intact, first_bad_seq, what) = match &report.verdict {
        Verdict::Intact => (true, None, "intact".to_owned()),
        Verdict::TornTail { cut_at_seq, bytes } => (
            true,
            None,
            format!("intact up to record {cut_at_seq}; {bytes} bytes after it never became whole"),
        ),
        Verdict::Corrupt { seq, what } => (false, Some(*seq), what.to_string()),
    };
    if args.json {
        let (records, head) = (report.records, report.head.to_string());
        print_json(&VerifyLine { file, intact, records, head, first_bad_seq, what: &what })?;
    } else if let Some(seq) = first_bad_seq {
        print_line(&format!("{file}: CORRUPT at record {seq}: {what}"))?;
    } else {
        print_line(&format!("{file}: {} records, {what}, head {}", report.records, report.head))?;
    }
    if intact { Ok(()) } else { Err(CliError::said()) }
}

type Dump<W> = fn(&Path, W) -> Result<Option<journal::Torn>, JournalError>;

fn dump(file: &Path, write: Dump<BufWriter<std::io::Stdout>>) -> Result<(), CliError> {
    let torn = match write(file, BufWriter::new(std::io::stdout())) {
        Ok(torn) => torn,
        Err(JournalError::Write { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            return Ok(());
        }
        Err(error) => return Err(failed(&error)),
    };
    if let Some(torn) = torn {
        eprintln!("himal: {} bytes after record {} never became whole", torn.bytes, torn.cut_at_seq);
    }
    Ok(())
}

/// The day is found by `--day`, else among the bundled ones, by the content hash in the journal.
fn replay(global: &Global, args: &ReplayArgs) -> Result<(), CliError> {
    let opening = JournalReader::opening(&args.file).map_err(|e| failed(&e))?;
    let account = super::replay::account(global)?;
    let candidates: Vec<String> = match &args.day {
        Some(day) => vec![day.clone()],
        None => crate::runtime::day::bundled_names().into_iter().map(str::to_owned).collect(),
    };
    let day = candidates
        .iter()
        .filter_map(|name| Day::open(name, account.as_ref()).ok())
        .find(|day| day.reference.content_sha256 == opening.day.content_sha256)
        .ok_or_else(|| {
            CliError::usage(format!(
                "{}: needs the recorded day {} with content {}; give it with --day",
                args.file.display(),
                opening.day.title,
                opening.day.content_sha256
            ))
        })?;
    let begun = Instant::now();
    let ledger = Ledger::read(&args.file).map_err(|e| CliError::failed(e.to_string()))?;
    let mut driver = Driver::new(&day, ledger).map_err(|e| CliError::failed(e.to_string()))?;
    driver.catch_up(|_| ()).map_err(|e| CliError::failed(e.to_string()))?;
    let summary = headless::summary(&driver, &day.reader, begun.elapsed());
    if args.json { print_json(&summary) } else { print_line(&format!("state_hash {}", summary.state_hash)) }
}
