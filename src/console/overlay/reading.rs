//! Texts to read and lists to choose from.

use crate::console::JumpTarget;
use crate::console::pane::PaneId;
use crate::console::why::{Subject, Telling};
use crate::engine::CancelScope;
use crate::market::Timestamp;

/// A text over the panes.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it is about.
    pub title: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// What lies behind each line; empty where none leads anywhere.
    pub behind: Vec<Option<Subject>>,
    /// First line shown; where lines lead somewhere, the line under the cursor.
    pub scroll: usize,
}

impl Reading {
    /// A text from its first line.
    #[must_use]
    pub fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self { title: title.into(), lines, behind: Vec::new(), scroll: 0 }
    }

    /// What something rests on, the cursor on the first line that leads further.
    #[must_use]
    pub fn of(telling: Telling) -> Self {
        let (lines, behind): (Vec<_>, Vec<_>) = telling.lines.into_iter().map(|l| (l.text, l.to)).unzip();
        let scroll = behind.iter().position(Option::is_some).unwrap_or(0);
        Self { title: telling.title, lines, behind, scroll }
    }

    /// What lies behind the line under the cursor.
    #[must_use]
    pub fn next(&self) -> Option<Subject> {
        self.behind.get(self.scroll).copied().flatten()
    }

    /// All of it.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// What choosing a row does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// Asks whether to cancel these.
    Cancel(CancelScope),
    /// Goes to this time.
    Seek(Timestamp),
    /// Orders a list by one of its columns.
    SortBy(PaneId, usize),
    /// Jumps stop at these.
    StopKind(JumpTarget),
    /// Puts an alert away until then; now takes it back.
    Shelve {
        /// Which alert.
        alert: u64,
        /// Until when.
        until: Timestamp,
    },
    /// Asks until when to put this alert away.
    ShelveUntil(u64),
}

/// One of several.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is chosen.
    pub title: String,
    /// The rows.
    pub rows: Vec<(String, Chosen)>,
    /// The row under the cursor.
    pub at: usize,
}
