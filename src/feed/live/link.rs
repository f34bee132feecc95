//! What the sessions with exchanges have in common: a connection that stands, falls silent, is refused or lost, the
//! exchange's clock, and events in the order of its time.

use super::pulse::Pulse;
use super::session::{Close, FeedOut, FeedStats, SourceClock};
use crate::engine::LineState;
use crate::market::Timestamp;

/// By how much messages of the streams of one connection may overtake each other, in nanoseconds. In recorded streams of
/// futures one trade in fifty comes up to 31 ms after a later change of the book.
const OVERTAKEN_NS: i64 = 1_000_000_000;

/// The connection of a session with an exchange.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) stats: FeedStats,
    pub(super) pulse: Pulse,
    connected: bool,
    opened: bool,
    silent: bool,
    closed: bool,
    clock: Option<SourceClock>,
    last_at: Timestamp,
}

impl Link {
    pub(super) fn new(silence_ms: u32, ask_every_ms: u32, clock: Option<SourceClock>) -> Self {
        let mut pulse = Pulse::new(silence_ms, ask_every_ms);
        if let Some(clock) = clock {
            pulse.expect(clock.there.since_ns(clock.here));
        }
        Self {
            stats: FeedStats::default(),
            pulse,
            connected: false,
            opened: false,
            silent: false,
            closed: false,
            clock,
            last_at: Timestamp::default(),
        }
    }

    /// A connection stands.
    pub(super) fn opened(&mut self, now: Timestamp) {
        self.stats.reconnects += u64::from(self.opened);
        (self.opened, self.connected, self.silent, self.closed) = (true, true, false, false);
        self.pulse.opened(now);
    }

    /// A frame came. Says whether it counts: after a refusal nothing does.
    pub(super) fn hear(&mut self, now: Timestamp) -> bool {
        let counts = self.connected && !self.closed;
        if counts {
            self.stats.frames += 1;
            self.stats.heard_at = Some(now);
            self.silent = false;
            self.pulse.heard(now);
        }
        counts
    }

    /// What a frame said has been taken in.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.stats.latency_ns = self.pulse.latency_ns();
        self.stats.clock_jumps = self.pulse.jumps();
        let offset = self.pulse.clock_offset_ns();
        if offset != self.stats.clock_offset_ns {
            self.stats.clock_offset_ns = offset;
            let clock = |ns| SourceClock { here: now, there: now.plus_ns(ns), speed_milli: 1_000 };
            self.clock = offset.map(clock);
        }
    }

    /// The other side refused what was asked of it: trying again would not help.
    pub(super) fn refuse(&mut self, why: &str, out: &mut FeedOut) {
        self.stats.refused += 1;
        self.closed = true;
        out.close = Some(Close { why: format!("the exchange refused: {why}"), again: false });
    }

    /// The connection is gone.
    pub(super) const fn lost(&mut self) {
        (self.connected, self.silent) = (false, false);
    }

    /// Time has passed: whether the other side is to be asked if it is there, or `None` if there is nothing to be done
    /// on this connection any more.
    pub(super) fn tick(&mut self, now: Timestamp, out: &mut FeedOut) -> Option<bool> {
        if !self.connected || self.closed {
            return None;
        }
        self.silent = self.pulse.is_silent(now);
        if self.pulse.is_gone(now) {
            out.close = Some(Close { why: "nothing was heard any more".to_owned(), again: true });
            return None;
        }
        Some(self.pulse.asks(now))
    }

    /// Where it stands; `None` if that is for its books to say.
    pub(super) const fn state(&self) -> Option<LineState> {
        match self {
            Self { closed: true, .. } => Some(LineState::Closed),
            Self { connected: false, .. } => Some(LineState::Connecting),
            Self { silent: true, .. } => Some(LineState::Silent),
            _ => None,
        }
    }

    /// The exchange's clock: as it was known before, and better once a round trip was measured.
    pub(super) const fn clock(&self) -> Option<SourceClock> {
        self.clock
    }

    /// What the exchange's clock shows, as far as that is known.
    pub(super) fn there(&self, now: Timestamp) -> Timestamp {
        self.clock.map_or(now, |clock| clock.at(now))
    }

    /// The time of an event, not before that of the one before unless it is much earlier.
    pub(super) fn in_order(&mut self, at: Timestamp) -> Timestamp {
        let behind = self.last_at.since_ns(at);
        if (1..=OVERTAKEN_NS).contains(&behind) {
            return self.last_at;
        }
        self.last_at = self.last_at.max(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_overtaken_stands_with_what_overtook_it_and_what_runs_backwards_does_not() {
        let mut link = Link::new(1_000, 1_000, None);
        let at = |ms: i64| Timestamp::from_ns(1_700_000_000_000_000_000 + ms * 1_000_000);
        for (said, stands) in [(0, 0), (50, 50), (19, 50), (51, 51), (-950, -950), (20, 51), (60, 60)] {
            assert_eq!(link.in_order(at(said)), at(stands), "{said}");
        }
    }

    #[test]
    fn the_clock_is_told_when_a_round_trip_was_measured() {
        let at = |ms: i64| Timestamp::from_ns(1_700_000_000_000_000_000 + ms * 1_000_000);
        let mut link = Link::new(10_000, 1_000, None);
        link.opened(at(0));
        assert!(link.hear(at(10)));
        // Sent 5 s ahead of this clock, 20 ms ago.
        link.pulse.said_time(at(10), (at(10).ns() / 1_000_000) + 5_000 - 20);
        link.heard(at(10));
        assert_eq!((link.clock(), link.there(at(10))), (None, at(10)));
        assert_eq!(link.tick(at(1_000), &mut FeedOut::default()), Some(true));
        link.pulse.answered(at(1_040));
        link.heard(at(1_040));
        assert_eq!(link.there(at(2_000)), at(7_000));
    }
}
