//! Why the calendar has no answer, or why a calendar file is refused.

use crate::market::SessionDate;

/// Why a question to the calendar has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The question reaches outside the table. Nothing is guessed there.
    #[error("the trading calendar has no answer for {date}: its table runs from {first} to {last}")]
    NotAvailable {
        /// The date that was asked about, or the last one that could be reached.
        date: SessionDate,
        /// First date of the table.
        first: SessionDate,
        /// Last date of the table.
        last: SessionDate,
    },
    /// The date is known and the market was closed on it.
    #[error("{date} is not a trading day")]
    NotASession {
        /// The date.
        date: SessionDate,
    },
    /// A calendar file cannot be used.
    #[error(transparent)]
    Table(#[from] TableFault),
}

/// What is wrong with a calendar file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("calendar line {line}, `{key}`: {problem}")]
pub struct TableFault {
    /// Line in the file, from 1.
    pub line: usize,
    /// The key (or the table header) at fault; empty if the line has none.
    pub key: String,
    /// What is wrong and what is allowed instead.
    pub problem: String,
}

impl TableFault {
    /// A fault at byte `at` of `text`. The key is the nearest one at or above that line.
    pub(super) fn at(text: &str, at: usize, problem: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let key = text.lines().take(line).collect::<Vec<_>>().into_iter().rev().find_map(key_of);
        Self { line, key: key.unwrap_or_default(), problem: problem.into() }
    }
}

/// The key or table header that a line of TOML begins with.
fn key_of(line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return Some(header.0.trim_matches('[').to_owned());
    }
    let (key, _) = line.split_once('=')?;
    Some(key.trim().to_owned())
}
