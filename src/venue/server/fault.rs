//! Which faults of a scenario hold at a moment.

use crate::market::{Symbol, Timestamp};
use crate::venue::flow::{Fault, FaultKind};

/// The faults of a day.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) const fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    fn now(&self, at: Timestamp) -> impl Iterator<Item = &FaultKind> {
        let time = at.nepal_time();
        let holds = move |f: &&Fault| {
            let since = (time - f.at).num_milliseconds();
            (0..i64::from(f.for_s) * 1_000).contains(&since)
        };
        self.0.iter().filter(holds).map(|f| &f.what)
    }

    pub(super) fn frozen(&self, at: Timestamp) -> bool {
        self.now(at).any(|f| *f == FaultKind::Freeze)
    }

    pub(super) fn disconnected(&self, at: Timestamp) -> bool {
        self.now(at).any(|f| *f == FaultKind::Disconnect)
    }

    pub(super) fn duplicates(&self, at: Timestamp) -> bool {
        self.now(at).any(|f| *f == FaultKind::DuplicateReports)
    }

    pub(super) fn rejects_new(&self, at: Timestamp) -> bool {
        self.now(at).any(|f| *f == FaultKind::RejectNew)
    }

    /// How late reports come now.
    pub(super) fn late_ns(&self, at: Timestamp) -> i64 {
        let late = |f: &FaultKind| if let FaultKind::LateReports(ms) = f { i64::from(*ms) } else { 0 };
        self.now(at).map(late).max().unwrap_or(0) * 1_000_000
    }

    /// The moment that is told.
    pub(super) fn told(&self, at: Timestamp) -> Timestamp {
        let off = |f: &FaultKind| if let FaultKind::ClockOff(ms) = f { i64::from(*ms) } else { 0 };
        at.plus_ns(self.now(at).map(off).sum::<i64>() * 1_000_000)
    }

    /// The securities that are told crossed.
    pub(super) fn crossed(&self, at: Timestamp) -> impl Iterator<Item = &Symbol> {
        self.now(at).filter_map(|f| if let FaultKind::Crossed(symbol) = f { Some(symbol) } else { None })
    }
}
