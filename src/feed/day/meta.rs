//! What a recorded day says about itself: market, instruments, account, where it came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::market::{AccountId, Board, Money, Price, Qty, SessionDate, SourceId, Symbol, Universe};

/// The description of a recorded day, written as JSON into the footer of its file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DayMeta {
    /// The session's date (for daily bars: the last date).
    pub date: SessionDate,
    /// Whose rules apply to the day.
    pub market: Board,
    /// What to call it on the screen. A simulated day has the word SIMULATED in it.
    pub title: String,
    /// Whether the events were generated rather than recorded.
    pub simulated: bool,
    /// Whether the day has a book. Without one nothing may pretend to know it.
    pub depth: bool,
    /// Whether the times of day are known. A day without them cannot be replayed.
    pub timed: bool,
    /// Whether the file holds daily bars instead of a day's events.
    #[serde(default)]
    pub daily: bool,
    /// Every instrument, in the order of its id.
    pub instruments: Universe,
    /// The feeds that the events came from.
    pub sources: Vec<SourceInfo>,
    /// What the account holds when the day opens, if the day carries one.
    #[serde(default)]
    pub account: Option<StartingAccount>,
    /// The name of that account, where the day was recorded for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// How the file was made, if it was imported.
    #[serde(default)]
    pub origin: Option<Origin>,
}

/// One feed of a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Its number in the `source` column.
    pub id: SourceId,
    /// Its name.
    pub name: String,
}

/// The account a day starts with: settled cash and shares.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StartingAccount {
    /// Cash in paisa.
    pub cash: Money,
    /// Settled shares.
    pub holdings: Vec<StartingHolding>,
}

/// Settled shares of one symbol.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StartingHolding {
    /// The ticker.
    pub symbol: Symbol,
    /// How many shares.
    pub qty: Qty,
    /// Their weighted average cost per share, if known.
    pub wacc: Option<Price>,
}

/// How an imported file was made, so that the same input can be found and checked again.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The kind of import.
    pub kind: String,
    /// What was read.
    pub files: Vec<OriginFile>,
    /// The counts of the import report: read, written, repaired and refused by reason.
    pub counts: BTreeMap<String, u64>,
    /// What a reader of the day should know.
    pub notes: Vec<String>,
}

/// One file that an import read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OriginFile {
    /// Its name without the folder.
    pub name: String,
    /// SHA-256 of its bytes as stored, hex.
    pub sha256: String,
}

impl DayMeta {
    /// A timed day without depth, account or origin.
    #[must_use]
    pub fn new(date: SessionDate, market: Board, title: &str, instruments: Universe) -> Self {
        Self {
            date,
            market,
            title: title.to_owned(),
            simulated: false,
            depth: false,
            timed: true,
            daily: false,
            instruments,
            sources: vec![SourceInfo { id: SourceId(0), name: "feed".to_owned() }],
            account: None,
            account_id: None,
            origin: None,
        }
    }

    /// The same with the word SIMULATED in the title of a simulated day, wherever it came from.
    #[must_use]
    pub(super) fn labelled(mut self) -> Self {
        if self.simulated && !self.title.contains("SIMULATED") {
            self.title = format!("SIMULATED {}", self.title);
        }
        self
    }
}

/// Where each row group is in time and what its bytes sum to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct DayIndex {
    /// Rows in the file.
    pub(super) rows: u64,
    /// One entry per row group.
    pub(super) groups: Vec<GroupEntry>,
}

/// One row group in the index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct GroupEntry {
    /// Rows in it.
    pub(super) rows: u64,
    /// Time of its first event.
    pub(super) first_ns: i64,
    /// Time of its last event.
    pub(super) last_ns: i64,
    /// CRC-32 of its bytes, column after column.
    pub(super) crc32: u32,
    /// One bit per column, the first is the lowest: set when no row of the group has a value.
    pub(super) absent: u32,
}

impl DayIndex {
    /// The group that holds row `row`, and the rows before that group.
    pub(super) fn group_of_row(&self, row: u64) -> Option<(usize, u64)> {
        let mut before = 0;
        for (i, group) in self.groups.iter().enumerate() {
            if row < group.rows.saturating_add(before) {
                return Some((i, before));
            }
            before = group.rows.saturating_add(before);
        }
        None
    }

    /// The first group with an event at or after `ns`, and the rows before that group.
    pub(super) fn group_of_time(&self, ns: i64) -> Option<(usize, u64)> {
        let i = self.groups.partition_point(|group| group.last_ns < ns);
        let before = self.groups.iter().take(i).fold(0u64, |rows, group| rows.saturating_add(group.rows));
        (i < self.groups.len()).then_some((i, before))
    }
}
