//! The command line: commands of its own, and every row of the key table by name.

use crate::console::keymap::{Context, Keymap, Row};

/// A command with a word after it.
#[derive(Clone, Copy, Debug)]
pub struct WordCommand {
    /// Its name.
    pub name: &'static str,
    /// What comes after; empty for nothing.
    pub takes: &'static str,
    /// What it does.
    pub words: &'static str,
}

/// The commands that have no key.
pub const COMMANDS: &[WordCommand] = &[
    WordCommand { name: "quit", takes: "", words: "leave this terminal" },
    WordCommand { name: "release", takes: "", words: "release a stop, after the ten seconds" },
    WordCommand {
        name: "accept",
        takes: "",
        words: "go on with what the gateway has otherwise than we do (g b)",
    },
    WordCommand { name: "goto", takes: "SYMBOL", words: "look at a symbol" },
    WordCommand { name: "time", takes: "HH:MM[:SS]", words: "replay: go to a time" },
    WordCommand { name: "speed", takes: "FACTOR|max", words: "replay: how fast" },
    WordCommand { name: "stops", takes: "KIND", words: "replay: where ( and ) stop" },
    WordCommand {
        name: "resume",
        takes: "",
        words: "replay: go on from the past looked at, in a branch of its own",
    },
    WordCommand { name: "return", takes: "", words: "replay: back from the past to the session itself" },
    WordCommand { name: "branch", takes: "NAME", words: "replay: name the branch you are in" },
    WordCommand { name: "branches", takes: "", words: "replay: every branch of this session" },
    WordCommand {
        name: "compare",
        takes: "[A] [B]",
        words: "replay: two branches by result, orders and fills",
    },
    WordCommand { name: "theme", takes: "NAME", words: "dark, light, high-contrast, colour-blind, mono" },
    WordCommand {
        name: "why",
        takes: "[account|regime|RECORD]",
        words: "what a figure of the header rests on; a record by its number",
    },
    WordCommand {
        name: "set",
        takes: "[NAME [VALUE]]",
        words: "grouping, rise, flash, mouse, copy: see or change",
    },
    WordCommand { name: "undo", takes: "", words: "put the last symbol back on the watch list" },
];

/// A name that may be completed to, with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The name.
    pub name: &'static str,
    /// What comes after it.
    pub takes: &'static str,
    /// What it does.
    pub words: &'static str,
    /// Its key, if it has one.
    pub key: String,
}

/// Everything that begins with what was typed, commands first.
#[must_use]
pub fn candidates(keymap: &Keymap, context: Context, typed: &str) -> Vec<Candidate> {
    let first = typed.split(' ').next().unwrap_or_default();
    let commands = COMMANDS.iter().map(|c| Candidate {
        name: c.name,
        takes: c.takes,
        words: c.words,
        key: String::new(),
    });
    let own = |row: &&Row| COMMANDS.iter().all(|c| c.name != row.binding.name);
    let rows = keymap.rows().iter().filter(|row| row.binding.place.holds(context)).filter(own).map(|row| {
        Candidate { name: row.binding.name, takes: "", words: row.binding.words, key: row.keys_text() }
    });
    commands.chain(rows).filter(|c| c.name.starts_with(first)).collect()
}

/// The longest text that all candidates begin with.
#[must_use]
pub fn completion(candidates: &[Candidate]) -> String {
    let Some(first) = candidates.first() else { return String::new() };
    let mut common = first.name.len();
    for candidate in candidates {
        let same = first.name.bytes().zip(candidate.name.bytes()).take_while(|(a, b)| a == b).count();
        common = common.min(same);
    }
    let text = first.name.get(..common).unwrap_or_default().to_owned();
    if candidates.len() == 1 && !first.takes.is_empty() { text + " " } else { text }
}
