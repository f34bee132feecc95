//! A document that is asked for again and again: when next, and what is known of it.

use crate::feed::live::backoff::Backoff;
use crate::market::{InstrumentId, Timestamp};

/// What a document is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Depth(InstrumentId),
    Floorsheet,
    LiveMarket,
    Status,
}

/// A document that is asked for again and again.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) kind: Kind,
    pub(super) url: String,
    pub(super) asked: Option<(u64, Timestamp)>,
    pub(super) next_at: Timestamp,
    pub(super) backoff: Backoff,
    /// Another address where it may be.
    pub(super) other: Option<String>,
    /// It was read since the connection stands, and ever.
    pub(super) known: bool,
    pub(super) ever: bool,
    /// It was never read and is not there: nothing waits for it.
    pub(super) absent: bool,
    /// It was not there in time, or could not be read.
    pub(super) late: bool,
    /// The newest time of the session's day in it.
    pub(super) newest: Option<Timestamp>,
}

impl Document {
    /// It was not there, or could not be read: asked for again after a while.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.asked = None;
        self.late = true;
        let wait = i64::try_from(self.backoff.wait().as_nanos()).unwrap_or(i64::MAX);
        self.next_at = now.plus_ns(wait);
    }
}
