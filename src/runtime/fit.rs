//! Fitting many histories at once: reads the files, spreads the symbols over threads, writes the
//! model file whole or not at all.
//!
//! What is estimated does not depend on the number of threads: each symbol is one piece of work, and
//! the pieces are put together in order of symbol.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::feed::FeedError;
use crate::feed::import::{ActionList, History, ListedAction};
use crate::fit::{FitOptions, ModelFile, ModelFileError, Series, SymbolModel, assemble};
use crate::market::Symbol;

/// How often a wait looks whether to leave.
const GLANCE: Duration = Duration::from_millis(50);

/// What to fit.
#[derive(Clone, Debug)]
pub struct FitRun {
    /// Daily histories, one symbol each.
    pub files: Vec<PathBuf>,
    /// A list of corporate actions.
    pub actions: Option<PathBuf>,
    /// A daily history of the index.
    pub index: Option<PathBuf>,
    /// How to estimate.
    pub options: FitOptions,
    /// Threads, at least one.
    pub jobs: usize,
}

/// Why there is no model file.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A file cannot be read as what it was given as.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// Two histories of one symbol.
    #[error("{first} and {second} are both histories of {symbol}")]
    TwiceTheSame {
        /// The symbol.
        symbol: Symbol,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// No history has a usable row.
    #[error("no history has a usable row; the first: {0}")]
    NoRows(String),
    /// The models do not make a file, or a file does not hold models.
    #[error("{file}: {source}")]
    Model {
        /// The file.
        file: String,
        /// Why.
        source: ModelFileError,
    },
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// Asked to leave before the end.
    #[error("interrupted; nothing was written")]
    Left,
    /// A thread ended without an answer.
    #[error("estimation stopped unexpectedly; nothing was written")]
    Stopped,
}

/// Lines of the list of actions that could not be read, as part of a finished run.
pub type UnreadActions = Vec<(u64, String)>;

/// Fits. `progress` is told how many symbols are done, of how many, and which was the last; `leave` is
/// asked often.
///
/// # Errors
/// [`FitError`].
pub fn fit(
    run: &FitRun,
    mut progress: impl FnMut(usize, usize, &str),
    leave: impl Fn() -> bool,
) -> Result<(ModelFile, UnreadActions), FitError> {
    let list = run.actions.as_deref().map(ActionList::read).transpose()?;
    let index = run.index.as_deref().map(History::read).transpose()?;
    let mut histories = Vec::with_capacity(run.files.len());
    for path in &run.files {
        if leave() {
            return Err(FitError::Left);
        }
        histories.push(History::read(path)?);
    }
    check_distinct(&histories)?;
    let (actions, origin, unread) = match list {
        Some(list) => (list.actions, Some(list.origin), list.refused),
        None => (Vec::new(), None, Vec::new()),
    };
    let total = histories.len();
    let why_none = histories.first().map(|h| {
        h.refused.first().map_or("it is empty".to_owned(), |r| format!("line {}: {}", r.line, r.what))
    });
    progress(0, total, "");
    let fitted = spread(histories, actions, run.options, run.jobs);
    let mut symbols = Vec::with_capacity(total);
    while symbols.len() < total {
        let (model, series) = wait(&fitted, &leave)?;
        progress(symbols.len() + 1, total, model.symbol.as_str());
        symbols.push((model, series));
    }
    progress(total, total, "market and covariance");
    let options = run.options;
    let (done, assembled) = mpsc::channel();
    std::thread::spawn(move || {
        // Whoever left does not wait for the answer.
        let _ = done.send(assemble(symbols, index.as_ref(), origin, &options));
    });
    let file = wait(&assembled, &leave)?;
    let file =
        file.ok_or_else(|| FitError::NoRows(why_none.unwrap_or_else(|| "no file given".to_owned())))?;
    Ok((file, unread))
}

fn check_distinct(histories: &[History]) -> Result<(), FitError> {
    let mut sorted: Vec<&History> = histories.iter().collect();
    sorted.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    match sorted.windows(2).find(|pair| pair[0].symbol == pair[1].symbol) {
        Some(pair) => Err(FitError::TwiceTheSame {
            symbol: pair[0].symbol.clone(),
            first: pair[0].origin.name.clone(),
            second: pair[1].origin.name.clone(),
        }),
        None => Ok(()),
    }
}

/// Estimates on every history, `jobs` at a time. The threads are on their own: whoever leaves does
/// not wait for them.
fn spread(
    histories: Vec<History>,
    actions: Vec<ListedAction>,
    options: FitOptions,
    jobs: usize,
) -> Receiver<(SymbolModel, Series)> {
    let (done, fitted) = mpsc::channel();
    let work = Arc::new((histories, actions));
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..jobs.clamp(1, work.0.len().max(1)) {
        let (work, next, done) = (Arc::clone(&work), Arc::clone(&next), done.clone());
        std::thread::spawn(move || {
            while let Some(history) = work.0.get(next.fetch_add(1, Ordering::Relaxed)) {
                if done.send(SymbolModel::estimate(history, &work.1, &options)).is_err() {
                    return;
                }
            }
        });
    }
    fitted
}

fn wait<T>(from: &Receiver<T>, leave: &impl Fn() -> bool) -> Result<T, FitError> {
    loop {
        if leave() {
            return Err(FitError::Left);
        }
        match from.recv_timeout(GLANCE) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(FitError::Stopped),
        }
    }
}

/// Writes a model file under its name only when it is complete: to a neighbour first, then renamed.
///
/// # Errors
/// [`FitError::Model`], [`FitError::Io`]; the file under that name is then as it was.
pub fn write(model: &ModelFile, out: &Path) -> Result<(), FitError> {
    let file = out.display().to_string();
    let text = model.to_json().map_err(|source| FitError::Model { file: file.clone(), source })?;
    let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let neighbour = out.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = (|| {
        let mut part = std::fs::File::create(&neighbour)?;
        part.write_all(text.as_bytes())?;
        part.sync_all()?;
        std::fs::rename(&neighbour, out)
    })();
    written.map_err(|source| {
        // What is left of the neighbour is of no use; that it may not be there is no second error.
        let _ = std::fs::remove_file(&neighbour);
        FitError::Io { file, source }
    })
}

/// Reads a model file.
///
/// # Errors
/// [`FitError::Io`], or [`FitError::Model`] for one that is not as it was written.
pub fn load(path: &Path) -> Result<ModelFile, FitError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| FitError::Io { file: file.clone(), source })?;
    ModelFile::from_json(&text).map_err(|source| FitError::Model { file, source })
}
