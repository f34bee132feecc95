//! Prices that have just changed, for one second each.
//!
//! A picture stays a function of what it is given: a change is noted when a frame is looked at, its
//! second begins with the moment it was on the screen, and ends when the terminal says that it is
//! over. When the last has ended nothing is left to draw, and a quiet screen sends nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Frame;
use super::input::Moment;
use crate::engine::snapshot::InstrumentView;
use crate::market::time::NS_PER_S;
use crate::market::{InstrumentId, Price, Timestamp};

/// How long a change is marked.
const LASTS_MS: u64 = 1_000;
/// Frames further apart in market time than this say nothing about a change: after a jump every
/// price is another.
const NEWS_NS: i64 = 10 * NS_PER_S;

/// What changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Mark {
    /// The last price of an instrument.
    Last(InstrumentId),
    /// A level of the book looked at that was not there before.
    Level(Price),
}

/// Changes of late, and what was on the screen before them.
#[derive(Clone, Debug, Default)]
pub(super) struct Flashes {
    /// Since when each has been on the screen; `None` until it was.
    marks: BTreeMap<Mark, Option<Moment>>,
    last: Vec<Option<Price>>,
    levels: (Option<InstrumentId>, BTreeSet<Price>),
    seen_at: Option<Timestamp>,
}

impl Flashes {
    /// Compares a frame with the one before.
    pub(super) fn observe(&mut self, frame: &Frame, symbol: Option<InstrumentId>, on: bool) {
        let snapshot = &frame.snapshot;
        let news = self
            .seen_at
            .replace(snapshot.now)
            .is_some_and(|before| on && before <= snapshot.now && snapshot.now.since_ns(before) < NEWS_NS);
        if !news {
            self.marks.clear();
        }
        self.last.resize(snapshot.instruments.len(), None);
        for (instrument, before) in snapshot.instruments.iter().zip(&mut self.last) {
            let now = instrument.last();
            if std::mem::replace(before, now) != now && news {
                self.marks.insert(Mark::Last(instrument.id), None);
            }
        }
        self.observe_levels(symbol.and_then(|id| snapshot.instrument(id)), news);
    }

    fn observe_levels(&mut self, instrument: Option<&InstrumentView>, news: bool) {
        let book = instrument.and_then(|i| i.book.as_ref());
        let now: BTreeSet<Price> =
            book.iter().flat_map(|b| b.bids.iter().chain(&b.asks)).map(|l| l.price).collect();
        let id = instrument.map(|i| i.id);
        if self.levels.0 == id {
            if news && !self.levels.1.is_empty() {
                self.marks.extend(now.difference(&self.levels.1).map(|price| (Mark::Level(*price), None)));
            }
        } else {
            self.marks.retain(|mark, _| matches!(mark, Mark::Last(_)));
        }
        self.levels = (id, now);
    }

    /// What is marked has been on the screen since now, unless it was before.
    pub(super) fn drawn(&mut self, at: Moment) {
        for since in self.marks.values_mut() {
            since.get_or_insert(at);
        }
    }

    /// Ends those whose second is over.
    pub(super) fn settle(&mut self, at: Moment) {
        self.marks.retain(|_, since| since.is_none_or(|since| at.since_ms(since) < LASTS_MS));
    }

    /// When the next one ends.
    pub(super) fn ends_at(&self) -> Option<Moment> {
        self.marks.values().flatten().min().map(|since| Moment(since.0 + LASTS_MS))
    }

    /// Everything that has just changed, in a fixed order.
    pub(super) fn marked(&self) -> impl Iterator<Item = Mark> {
        self.marks.keys().copied()
    }

    /// Whether this has just changed.
    pub(super) fn marks(&self, mark: Mark) -> bool {
        self.marks.contains_key(&mark)
    }
}
