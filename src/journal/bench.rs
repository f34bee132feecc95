//! How fast this disk makes a record durable, and how much of that is ours.
//!
//! A commit cannot be faster than the disk's own write and flush of the same bytes, and a disk's
//! flush varies by several times between minutes. So the two are taken turn about, in passes that
//! change the order, and the figure to look at is their ratio.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use super::line::Line;
use super::{Body, DayRef, Hash, JournalError, JournalWriter, Open, SessionKind, StreamPosition};
use crate::engine::{Command, OperatorId};
use crate::execution::NewOrder;
use crate::market::{AccountId, InstrumentId, Price, Qty, SessionDate, Side, Timestamp};

const PASSES: usize = 7;
const GROUP: usize = 100;

/// Times of one kind of operation, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Latency {
    /// Half are at most this; the median over passes.
    pub p50_us: f64,
    /// 99 in 100 are at most this; the median over passes.
    pub p99_us: f64,
}

/// What a measurement found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct JournalBench {
    /// Passes, each with the journal and the disk in turn.
    pub passes: usize,
    /// Durable commits of each kind in a pass.
    pub commits_per_pass: usize,
    /// Bytes of one record's line.
    pub record_bytes: usize,
    /// Append and commit of one record.
    pub commit: Latency,
    /// The disk's own: one write of as many bytes to the end of a growing file, one flush.
    pub disk: Latency,
    /// The same over a file whose blocks were written before: what laying the file out ahead would give.
    pub disk_laid_out: Latency,
    /// Commit over disk at the median: the median over passes, the lowest and the highest.
    pub ratio_p50: [f64; 3],
    /// Append of 100 records and one commit, all together.
    pub group_of_100: Latency,
    /// Appending one record without a commit: our own work.
    pub append_p50_us: f64,
}

/// Measures in `dir`, which must be on the disk in question; `n` commits of each kind altogether.
/// What it writes there it removes.
///
/// # Errors
/// [`JournalError::Write`] and whatever creating a journal in `dir` can say.
pub fn measure(dir: &Path, n: usize) -> Result<JournalBench, JournalError> {
    let per_pass = (n / PASSES).max(10);
    let mut files = Files::create(dir, per_pass * (PASSES + 1))?;
    let mut passes = Vec::new();
    // The first pass warms up and does not count.
    for pass in 0..=PASSES {
        let times = files.pass(per_pass, pass % 2 == 0)?;
        if pass > 0 {
            passes.push(times);
        }
    }
    let latency = |of: fn(&Pass) -> &Times| Latency {
        p50_us: median(passes.iter().map(|p| of(p).p50)),
        p99_us: median(passes.iter().map(|p| of(p).p99)),
    };
    let mut ratios: Vec<f64> = passes.iter().map(|p| p.commit.p50 / p.disk.p50).collect();
    ratios.sort_by(f64::total_cmp);
    Ok(JournalBench {
        passes: PASSES,
        commits_per_pass: per_pass,
        record_bytes: files.line.len(),
        commit: latency(|p| &p.commit),
        disk: latency(|p| &p.disk),
        disk_laid_out: latency(|p| &p.laid_out),
        ratio_p50: [ratios[PASSES / 2], ratios[0], ratios[PASSES - 1]].map(|r| (r * 100.0).round() / 100.0),
        group_of_100: latency(|p| &p.group),
        append_p50_us: median(passes.iter().map(|p| p.append.p50)),
    })
}

/// Microseconds at two quantiles.
struct Times {
    p50: f64,
    p99: f64,
}

struct Pass {
    commit: Times,
    disk: Times,
    laid_out: Times,
    group: Times,
    append: Times,
}

/// The files of a measurement; removed when it ends, however it ends.
struct Files {
    folder: PathBuf,
    writer: JournalWriter,
    growing: File,
    laid_out: File,
    written: u64,
    body: Body,
    line: Vec<u8>,
}

impl Drop for Files {
    fn drop(&mut self) {
        // Nothing to do about a failure here, and nothing depends on it.
        drop(fs::remove_dir_all(&self.folder));
    }
}

impl Files {
    fn create(dir: &Path, commits: usize) -> Result<Self, JournalError> {
        let folder = dir.join(format!("himal-bench-{}", std::process::id()));
        let write_error = |source| JournalError::Write { file: folder.display().to_string(), source };
        fs::create_dir_all(&folder).map_err(write_error)?;
        let body = typical_body();
        let mut line = Vec::new();
        Line { seq: 1000, hash: Hash::genesis(), body: &body.encode()? }.write(&mut line);
        let open = |name: &str| File::options().write(true).create_new(true).open(folder.join(name));
        let lay_out = || {
            let file = open("laid-out")?;
            file.write_all_at(&vec![0; line.len() * commits], 0)?;
            file.sync_all()?;
            Ok((open("growing")?, file))
        };
        let (growing, laid_out) = lay_out().map_err(write_error)?;
        let writer = JournalWriter::create(&folder.join("journal"), &typical_open())?;
        Ok(Self { folder, writer, growing, laid_out, written: 0, body, line })
    }

    fn pass(&mut self, n: usize, ours_first: bool) -> Result<Pass, JournalError> {
        let mut commit = Vec::with_capacity(n);
        let mut disk = Vec::with_capacity(n);
        let mut laid_out = Vec::with_capacity(n);
        // In short turns, so that a neighbour's burst meets both.
        for turn in turns(n) {
            for ours in [ours_first, !ours_first] {
                if ours {
                    self.commits(turn, 1, &mut commit)?;
                } else {
                    self.flushes(turn, &mut disk, &mut laid_out)?;
                }
            }
        }
        let mut group = Vec::new();
        self.commits((n / 10).max(5), GROUP, &mut group)?;
        let mut append = Vec::new();
        for _ in 0..n {
            let begin = Instant::now();
            self.writer.append(&self.body)?;
            append.push(micros(begin));
        }
        self.writer.commit()?;
        Ok(Pass {
            commit: times(commit),
            disk: times(disk),
            laid_out: times(laid_out),
            group: times(group),
            append: times(append),
        })
    }

    fn commits(&mut self, n: usize, records: usize, into: &mut Vec<f64>) -> Result<(), JournalError> {
        for _ in 0..n {
            let begin = Instant::now();
            for _ in 0..records {
                self.writer.append(&self.body)?;
            }
            self.writer.commit()?;
            into.push(micros(begin));
        }
        Ok(())
    }

    fn flushes(
        &mut self,
        n: usize,
        growing: &mut Vec<f64>,
        laid_out: &mut Vec<f64>,
    ) -> Result<(), JournalError> {
        let begin = self.written;
        let step = self.line.len() as u64;
        for (file, into) in [(&self.growing, growing), (&self.laid_out, laid_out)] {
            for i in 0..n as u64 {
                let begin_time = Instant::now();
                let written: io::Result<()> =
                    file.write_all_at(&self.line, begin + i * step).and_then(|()| file.sync_data());
                let file = || self.folder.display().to_string();
                written.map_err(|source| JournalError::Write { file: file(), source })?;
                into.push(micros(begin_time));
            }
        }
        self.written += n as u64 * step;
        Ok(())
    }
}

/// `n` in turns of at most 25.
fn turns(n: usize) -> impl Iterator<Item = usize> {
    const TURN: usize = 25;
    (0..n).step_by(TURN).map(move |done| TURN.min(n - done))
}

fn micros(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e6
}

fn times(mut sorted: Vec<f64>) -> Times {
    sorted.sort_by(f64::total_cmp);
    let at = |q: usize| sorted.get((sorted.len().saturating_sub(1)) * q / 100).copied().unwrap_or(0.0);
    Times { p50: at(50), p99: at(99) }
}

/// The middle value, to a tenth.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    (middle * 10.0).round() / 10.0
}

/// What a trader's order looks like in the journal.
fn typical_body() -> Body {
    Body::Command {
        at: Timestamp::from_ns(1_719_897_780_838_000_000),
        position: StreamPosition { rows: 123_456, clocks: 7_890 },
        by: OperatorId::new("trader1"),
        command: Command::SubmitOrder(NewOrder {
            account: AccountId::new("MAIN"),
            instrument: InstrumentId(12),
            side: Side::Buy,
            qty: Qty::from_units(100),
            limit: Price::from_units(50_100),
        }),
    }
}

fn typical_open() -> Open {
    let date = SessionDate::new(2026, 4, 20).expect("the calendar has this day");
    let day = DayRef { title: "bench".to_owned(), date, content_sha256: Hash::of(b""), rows: 0 };
    Open::new(SessionKind::Paper, day, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_counts_what_it_did_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let bench = measure(dir.path(), 70).unwrap();
        assert_eq!((bench.passes, bench.commits_per_pass), (PASSES, 10));
        assert!(bench.commit.p50_us > 0.0 && bench.disk.p50_us > 0.0 && bench.ratio_p50[0] > 0.0);
        assert!((180..400).contains(&bench.record_bytes), "{}", bench.record_bytes);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!(turns(60).collect::<Vec<_>>(), [25, 25, 10]);
    }
}
