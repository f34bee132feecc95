//! What can go wrong around the screen: a configuration file, the terminal.

use std::fmt;

/// A fault in a configuration file, with the place where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: ConfigFault,
}

/// What is wrong with a line of `keys.toml` or of a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// It is not TOML.
    #[error("{0}")]
    NotToml(String),
    /// A name that nothing has.
    #[error("`{0}` is not known")]
    UnknownName(String),
    /// A value of another kind.
    #[error("`{name}` must be {wanted}")]
    WrongKind {
        /// Of what.
        name: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Not the name of a key.
    #[error("`{0}` is not a key")]
    NotAKey(String),
    /// A key that is never bound.
    #[error("`{key}` is never bound: {why}")]
    NeverBound {
        /// Which key.
        key: String,
        /// Why.
        why: &'static str,
    },
    /// One key for two things in one place.
    #[error("`{key}` is both `{name}` and `{other}`")]
    Conflict {
        /// Which key.
        key: String,
        /// What this line wants it for.
        name: String,
        /// What has it.
        other: String,
    },
    /// Stop must stay on F8.
    #[error("stop stays on F8, whatever else it is on")]
    StopOffF8,
    /// An order on a key that is hit in passing.
    #[error("`{name}` can change an order (level {level}): not on the bare key `{key}`")]
    BareKey {
        /// What it is for.
        name: String,
        /// Its level.
        level: u8,
        /// Which key.
        key: String,
    },
    /// Not a colour.
    #[error("`{0}` is not a colour: write \"#rrggbb\" or \"none\"")]
    UnknownColour(String),
    /// A theme without a role that the screen needs.
    #[error("the role `{0}` is missing")]
    MissingRole(&'static str),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)
    }
}

impl std::error::Error for ConfigError {}

/// A terminal that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Standard output is no terminal.
    #[error("standard output is not a terminal: the console needs one")]
    NoTerminal,
    /// It cannot place a cursor.
    #[error("TERM=dumb cannot show a screen: set TERM, or use `himal replay --headless`")]
    Dumb,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Io(#[from] std::io::Error),
}

impl TerminalError {
    /// Whether it is no terminal for a screen at all, rather than one that failed on the way.
    #[must_use]
    pub const fn is_unfit(&self) -> bool {
        matches!(self, Self::NoTerminal | Self::Dumb)
    }
}

/// The line, from 1, that a byte offset of a text lies on.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}
