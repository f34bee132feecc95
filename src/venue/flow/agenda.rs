//! What happens next: an agenda in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::market::{SessionPhase, Timestamp};

/// Something that is going to happen. Of two at one moment the one listed first comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Item {
    /// The day enters a phase.
    Phase(SessionPhase),
    /// The auction matches.
    Auction,
    /// A halt ends.
    HaltEnds,
    /// A second of the values passes.
    Second,
    /// The index is published.
    Index,
    /// Somebody acts on the security in this place of the list.
    Act(usize),
}

/// The agenda.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda(BinaryHeap<Reverse<(Timestamp, Item)>>);

impl Agenda {
    pub(super) fn add(&mut self, at: Timestamp, item: Item) {
        self.0.push(Reverse((at, item)));
    }

    pub(super) fn next(&mut self) -> Option<(Timestamp, Item)> {
        self.0.pop().map(|Reverse(entry)| entry)
    }

    /// When the next thing happens.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }
}
