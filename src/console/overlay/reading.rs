//! Texts to read and lists to choose from.

use crate::console::JumpTarget;
use crate::engine::CancelScope;
use crate::market::Timestamp;

/// A text over the panes.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it is about.
    pub title: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// First line shown.
    pub scroll: usize,
}

impl Reading {
    /// A text from its first line.
    #[must_use]
    pub fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self { title: title.into(), lines, scroll: 0 }
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
    /// Jumps stop at these.
    StopKind(JumpTarget),
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
