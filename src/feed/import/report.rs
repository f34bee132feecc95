//! What an import did, line by line where it mattered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::feed::day::{Origin, OriginFile};

/// How many findings of each list are kept with their line; all are counted.
pub const FINDINGS_MAX: usize = 200;

/// The outcome of an import that was written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ImportReport {
    /// The kind of import.
    pub kind: String,
    /// What was read, with hashes.
    pub files: Vec<OriginFile>,
    /// Rows or messages read, headers not counted.
    pub read: u64,
    /// Events (or daily bars) written.
    pub written: u64,
    /// How many values were put right or rows dropped as repeats.
    pub repaired_count: u64,
    /// How many rows were not used because they cannot be right.
    pub refused_count: u64,
    /// Repairs, at most [`FINDINGS_MAX`] of them.
    pub repaired: Vec<Finding>,
    /// Refusals, at most [`FINDINGS_MAX`] of them.
    pub refused: Vec<Finding>,
    /// Everything that was counted, by name.
    pub counts: BTreeMap<String, u64>,
    /// How complete the exchange's sequences are, for sheets that carry them.
    pub completeness: Vec<ShardCompleteness>,
    /// What a reader of the day should know.
    pub notes: Vec<String>,
}

/// One line that was repaired or refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The file, without its folder.
    pub file: String,
    /// The line in it, from 1.
    pub line: u64,
    /// The reason, as it is counted.
    pub reason: &'static str,
    /// What was found.
    pub what: String,
}

/// How many contracts of one matching-engine shard are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ShardCompleteness {
    /// The shard, 1 and up.
    pub shard: u8,
    /// The highest sequence number: as many contracts there were at least.
    pub highest: u64,
    /// How many of them the file has.
    pub present: u64,
    /// The difference.
    pub missing: u64,
}

impl ImportReport {
    pub(super) fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..Self::default() }
    }

    pub(super) fn count(&mut self, what: &str, by: u64) {
        *self.counts.entry(what.to_owned()).or_default() += by;
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    pub(super) fn repair(&mut self, file: &str, line: u64, reason: &'static str, what: impl Into<String>) {
        self.repaired_count += 1;
        self.count(&format!("repaired_{reason}"), 1);
        push_capped(&mut self.repaired, file, line, reason, what.into());
    }

    pub(super) fn refuse(&mut self, file: &str, line: u64, reason: &'static str, what: impl Into<String>) {
        self.refused_count += 1;
        self.count(&format!("refused_{reason}"), 1);
        push_capped(&mut self.refused, file, line, reason, what.into());
    }

    /// The part of the report that travels inside the day.
    pub(super) fn origin(&self) -> Origin {
        let mut counts = self.counts.clone();
        for (name, count) in
            [("read", self.read), ("repaired", self.repaired_count), ("refused", self.refused_count)]
        {
            counts.insert(name.to_owned(), count);
        }
        Origin { kind: self.kind.clone(), files: self.files.clone(), counts, notes: self.notes.clone() }
    }
}

fn push_capped(list: &mut Vec<Finding>, file: &str, line: u64, reason: &'static str, what: String) {
    if list.len() < FINDINGS_MAX {
        let what = what.chars().take(160).collect();
        list.push(Finding { file: file.to_owned(), line, reason, what });
    }
}
