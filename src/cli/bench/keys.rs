//! `himal bench keys`: from a key to the bytes that answer it, while a feed of 50,000 messages a second
//! runs; the minimal program beside it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::pty::Pty;
use super::screen::OPEN;
use crate::feed::FeedError;
use crate::feed::day::DayWriter;
use crate::journal::{Body, JournalError, JournalReader};
use crate::market::{MarketData, MarketEvent, Timestamp};
use crate::runtime::day::{DEFAULT_DAY, Day, DayError};

/// Messages a second.
const RATE: u64 = 50_000;
/// Runs of each program, in turn.
const ROUNDS: u32 = 3;
/// Longest wait for the answer to a key.
const PATIENCE: Duration = Duration::from_millis(500);
/// Output with no pause as long as this is one picture.
const QUIET: Duration = Duration::from_millis(4);
/// A picture that nobody has asked for comes every 100 ms; keys are pressed up to this long after one,
/// so that the next bytes are their answer.
const AFTER_MS: u64 = 50;

/// Why a benchmark of the keys did not run.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Files, terminals, programs.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The day that is played.
    #[error(transparent)]
    Day(#[from] DayError),
    /// Writing it.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// What was played.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It showed nothing.
    #[error("{0} draws nothing in its terminal")]
    Silent(&'static str),
}

/// The figures.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// What was run.
    pub case: &'static str,
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
    /// Messages that the engine applied in a second while keys were pressed.
    pub messages_per_s: f64,
    /// Himal.
    pub himal: Times,
    /// The minimal program, without a feed.
    pub minimal: Times,
    /// The medians to the first byte, one over the other. The minimal program writes a picture in pieces
    /// while it is still making it, Himal in one when it is done.
    pub p50_ratio: f64,
    /// The medians to the last byte, when the answer can be seen.
    pub done_p50_ratio: f64,
}

/// From a key to the first byte of its answer, and to the last.
#[derive(Debug, Serialize)]
pub struct Times {
    /// Keys pressed.
    pub keys: usize,
    /// Keys without an answer within half a second.
    pub missed: usize,
    /// Milliseconds: half of them took less.
    pub p50_ms: f64,
    /// 95 in 100 took less.
    pub p95_ms: f64,
    /// 99 in 100 took less.
    pub p99_ms: f64,
    /// Milliseconds to the last byte: half of them took less.
    pub done_p50_ms: f64,
    /// 95 in 100 took less.
    pub done_p95_ms: f64,
}

/// Measures at one size of terminal.
///
/// # Errors
/// [`KeysError`].
pub fn measure(columns: u16, rows: u16, keys: u32) -> Result<Figures, KeysError> {
    let folder = Folder::new()?;
    let each = keys.div_ceil(ROUNDS);
    let seconds = u64::from(each) / 5 + 8;
    let day = folder.0.join("feed.parquet");
    write_feed(&day, seconds)?;
    let program = std::env::current_exe()?;
    let (mut himal, mut minimal) = (Vec::new(), Vec::new());
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let journal = folder.0.join(format!("{round}.journal"));
        let mut command = Command::new(&program);
        command
            .args(["replay", "--from", "11:00:00", "--speed", "1", "--journal"])
            .args([&journal, &day])
            .env("HIMAL_STATE_DIR", folder.0.join("state"))
            .env("HIMAL_CONFIG", folder.0.join("config"));
        let mut pty = Pty::start(command, columns, rows)?;
        ready(&mut pty, "himal")?;
        pty.write(b"\x1b[19~")?;
        let begun = Instant::now();
        press(&mut pty, each, &[b"k", b"j"], &mut himal)?;
        pty.write(b"\x1b[19~")?;
        let took = begun.elapsed();
        pty.until_quiet(QUIET, PATIENCE)?;
        for keys in [&b":"[..], b"quit", b"\r"] {
            pty.write(keys)?;
            pty.until_quiet(QUIET, PATIENCE)?;
        }
        pty.wait(Duration::from_secs(5))?;
        rates.push(applied(&journal)? as f64 / took.as_secs_f64());
        let mut command = Command::new(&program);
        command.args(["bench", "minimal"]);
        let mut pty = Pty::start(command, columns, rows)?;
        ready(&mut pty, "the minimal program")?;
        press(&mut pty, each, &[b"k", b"j"], &mut minimal)?;
        pty.write(b"q")?;
        pty.wait(Duration::from_secs(5))?;
    }
    let (himal, minimal) = (times(&himal), times(&minimal));
    let p50_ratio = himal.p50_ms / minimal.p50_ms;
    let done_p50_ratio = himal.done_p50_ms / minimal.done_p50_ms;
    let messages_per_s = rates.iter().sum::<f64>() / rates.len().max(1) as f64;
    Ok(Figures { case: "keys", columns, rows, messages_per_s, himal, minimal, p50_ratio, done_p50_ratio })
}

/// Milliseconds to the first and the last byte of an answer; `None` where none came.
type Answer = Option<(f64, f64)>;

/// A folder of our own, which goes with this.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("himal-bench-{}", std::process::id()));
        std::fs::create_dir_all(path.join("config"))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The bundled day with its messages after the open at 50,000 a second, over and over.
fn write_feed(path: &Path, seconds: u64) -> Result<(), KeysError> {
    let day = Day::open(DEFAULT_DAY, None)?;
    let open = Timestamp::nepal(day.setup.date, OPEN).unwrap_or_default();
    let mut before = Vec::new();
    let mut after = Vec::new();
    for event in day.reader.events() {
        let event: MarketEvent = event?;
        if event.at <= open {
            before.push(event);
        } else if matches!(event.data, MarketData::Level(_) | MarketData::Trade(_)) {
            after.push(event);
        }
    }
    let mut writer = DayWriter::create(path, day.reader.meta().clone())?;
    for event in &before {
        writer.push(event)?;
    }
    let step = 1_000_000_000 / RATE as i64;
    let first_seq = before.iter().map(|event| event.seq).max().unwrap_or(0);
    for (n, event) in (1..=seconds * RATE).zip(after.iter().cycle()) {
        let at = open.plus_ns(n as i64 * step);
        writer.push(&MarketEvent { at, seq: first_seq + n, ..*event })?;
    }
    writer.finish()?;
    Ok(())
}

/// Messages applied between the first command in a journal and the last.
fn applied(journal: &Path) -> Result<u64, KeysError> {
    let mut rows = Vec::new();
    for record in JournalReader::open(journal)? {
        if let Body::Command { position, .. } = record?.body {
            rows.push(position.rows);
        }
    }
    Ok(rows.last().copied().unwrap_or(0) - rows.first().copied().unwrap_or(0))
}

/// Waits for the first pictures.
fn ready(pty: &mut Pty, name: &'static str) -> Result<(), KeysError> {
    let begun = Instant::now();
    if !pty.until_quiet(QUIET, Duration::from_secs(10))? {
        return Err(KeysError::Silent(name));
    }
    while begun.elapsed() < Duration::from_secs(2) {
        pty.read(Duration::from_millis(100))?;
    }
    Ok(())
}

/// Presses keys one after the other, each at some moment after a picture that nobody asked for, and
/// notes how long its answer took; `None` where none came.
fn press(pty: &mut Pty, count: u32, keys: &[&[u8]], out: &mut Vec<Answer>) -> io::Result<()> {
    for (n, key) in (0..count).zip(keys.iter().cycle()) {
        // Other moments each time, and the same in every run.
        let after = Duration::from_millis(5 + u64::from(n) * 17 % AFTER_MS);
        while !pty.until_quiet(QUIET, Duration::from_secs(2))? || pty.read(after)?.is_some() {}
        let pressed = Instant::now();
        pty.write(key)?;
        let ms = |at: Instant| at.duration_since(pressed).as_secs_f64() * 1e3;
        let Some((first, _)) = pty.read(PATIENCE)? else {
            out.push(None);
            continue;
        };
        let mut last = first;
        while let Some((at, _)) = pty.read(QUIET)? {
            last = at;
        }
        out.push(Some((ms(first), ms(last))));
    }
    Ok(())
}

fn times(all: &[Answer]) -> Times {
    let sorted = |pick: fn((f64, f64)) -> f64| {
        let mut ms: Vec<f64> = all.iter().flatten().map(|both| pick(*both)).collect();
        ms.sort_by(f64::total_cmp);
        ms
    };
    let part = |ms: &[f64], n: usize| ms.get((ms.len() * n / 100).min(ms.len().max(1) - 1)).copied();
    let (first, last) = (sorted(|both| both.0), sorted(|both| both.1));
    Times {
        keys: all.len(),
        missed: all.len() - first.len(),
        p50_ms: part(&first, 50).unwrap_or(0.0),
        p95_ms: part(&first, 95).unwrap_or(0.0),
        p99_ms: part(&first, 99).unwrap_or(0.0),
        done_p50_ms: part(&last, 50).unwrap_or(0.0),
        done_p95_ms: part(&last, 95).unwrap_or(0.0),
    }
}
