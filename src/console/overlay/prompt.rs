//! A question that takes a fresh `y` and nothing else.

use crate::console::Mode;
use crate::console::input::{Key, Moment};
use crate::engine::{CancelScope, Command};

/// How long a prompt must have been on the screen before it can be answered.
pub const FRESH_MS: u64 = 300;

/// A `y` this soon after another `y` may be a key held down: terminals do not always say.
pub const HELD_MS: u64 = 700;

/// What a yes does.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirm {
    /// Gives the engine a command.
    Command(Command),
    /// Leaves this terminal.
    Quit,
}

impl Confirm {
    /// The orders it would cancel, if it cancels several.
    #[must_use]
    pub const fn cancels(&self) -> Option<CancelScope> {
        match self {
            Self::Command(Command::CancelMany(scope)) => Some(*scope),
            _ => None,
        }
    }
}

/// A question. It names side, size, symbol, price, account and mode.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What it asks, one line each.
    pub lines: Vec<String>,
    /// What a yes does.
    pub confirm: Confirm,
    /// When it was first on the screen; `None` until it was.
    pub drawn_at: Option<Moment>,
    /// What kind of session it is; every confirmation ends with the word.
    pub mode: Mode,
    /// The number of the picture that it was first in; `None` until there was one.
    pub sent_in: Option<u64>,
    /// Shown in the hints row instead of a box.
    pub inline: bool,
}

impl Prompt {
    /// A question in a box.
    #[must_use]
    pub const fn new(lines: Vec<String>, confirm: Confirm, mode: Mode) -> Self {
        Self { lines, confirm, drawn_at: None, sent_in: None, mode, inline: false }
    }

    /// Whether a `y` is a fresh answer to it: drawn for 300 ms, not a repeat, not a key held down.
    #[must_use]
    pub fn is_fresh(&self, key: Key, before: Option<Key>) -> bool {
        let long_enough = self.drawn_at.is_some_and(|at| key.at.since_ms(at) >= FRESH_MS && key.at >= at);
        let held = before.is_some_and(|b| b.chord == key.chord && key.at.since_ms(b.at) < HELD_MS);
        long_enough && !key.repeat && !held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::input::Chord;

    #[test]
    fn only_a_fresh_y_counts() {
        let mut prompt = Prompt::new(vec!["?".into()], Confirm::Quit, Mode::Live);
        let y = |ms| Key::press(Chord::char('y'), Moment(ms));
        assert!(!prompt.is_fresh(y(10_000), None), "never drawn");
        prompt.drawn_at = Some(Moment(1_000));
        for (key, before, want) in [
            (y(1_000), None, false),
            (y(1_299), None, false),
            (y(1_300), None, true),
            (y(900), None, false),
            (Key { repeat: true, ..y(2_000) }, None, false),
            (y(1_300), Some(y(1_250)), false),
            (y(1_950), Some(y(1_250)), true),
            (y(1_300), Some(Key::press(Chord::char('b'), Moment(1_290))), true),
        ] {
            assert_eq!(prompt.is_fresh(key, before), want, "{key:?} after {before:?}");
        }
    }
}
