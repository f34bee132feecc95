//! Whether a source is still there: what was heard when, what was asked to find out, and what its clock says.

use std::collections::VecDeque;

use crate::market::Timestamp;

const NS_PER_MS: i64 = 1_000_000;
/// Round trips that are remembered.
const TRIPS: usize = 16;
/// Over how long the least delayed message is looked for, in nanoseconds.
const WINDOW_NS: i64 = 60_000_000_000;

/// The pulse of one connection.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    /// Nothing heard for so long is silence; for twice as long, the connection is given up.
    silence_ns: i64,
    /// How often the other side is asked whether it is there.
    ask_every_ns: i64,
    heard_at: Timestamp,
    asked_at: Timestamp,
    waiting: bool,
    trips_ns: VecDeque<i64>,
    /// The most that the source's clock was ahead, in the window before and in this one.
    ahead_ns: [Option<i64>; 2],
    window_at: Timestamp,
    /// What the source's clock was known to be ahead before anything was heard.
    known_ahead_ns: Option<i64>,
    /// How far ahead the last messages in a row were that nobody believed, and how many.
    unbelieved: (i64, u32),
    /// Times the source's clock was believed to have jumped ahead.
    jumps: u64,
}

/// A message so much further ahead than the source's clock was known to be is not believed by itself, in nanoseconds.
const JUMP_NS: i64 = 60_000_000_000;
/// So many in a row that agree are.
const AGREE: u32 = 3;

impl Pulse {
    pub(super) fn new(silence_ms: u32, ask_every_ms: u32) -> Self {
        Self {
            silence_ns: i64::from(silence_ms) * NS_PER_MS,
            ask_every_ns: i64::from(ask_every_ms) * NS_PER_MS,
            heard_at: Timestamp::default(),
            asked_at: Timestamp::default(),
            waiting: false,
            trips_ns: VecDeque::with_capacity(TRIPS),
            ahead_ns: [None; 2],
            window_at: Timestamp::default(),
            known_ahead_ns: None,
            unbelieved: (0, 0),
            jumps: 0,
        }
    }

    /// What the source's clock is known to be ahead before anything is heard.
    pub(super) const fn expect(&mut self, ahead_ns: i64) {
        self.known_ahead_ns = Some(ahead_ns);
    }

    /// Times the source's clock was believed to have jumped ahead.
    pub(super) const fn jumps(&self) -> u64 {
        self.jumps
    }

    /// A connection stands: it counts as heard of.
    pub(super) fn opened(&mut self, now: Timestamp) {
        (self.heard_at, self.asked_at, self.waiting) = (now, now, false);
    }

    /// A frame came.
    pub(super) const fn heard(&mut self, now: Timestamp) {
        self.heard_at = now;
    }

    /// A frame that says when it was sent, in milliseconds.
    pub(super) fn said_time(&mut self, now: Timestamp, sent_ms: i64) {
        if now.since_ns(self.window_at) >= WINDOW_NS {
            self.ahead_ns = [self.ahead_ns[1], None];
            self.window_at = now;
        }
        let ahead = sent_ms.saturating_mul(NS_PER_MS).saturating_sub(now.ns());
        let known = self.ahead_ns.iter().flatten().max().copied().or(self.known_ahead_ns);
        if known.is_some_and(|known| ahead.saturating_sub(known) > JUMP_NS) {
            let (before, times) = self.unbelieved;
            let agrees = times > 0 && ahead.saturating_sub(before).saturating_abs() <= JUMP_NS;
            self.unbelieved = (ahead, if agrees { times + 1 } else { 1 });
            if self.unbelieved.1 < AGREE {
                return;
            }
            self.jumps += 1;
            self.ahead_ns = [None; 2];
        }
        self.unbelieved.1 = 0;
        self.ahead_ns[1] = Some(self.ahead_ns[1].map_or(ahead, |most| most.max(ahead)));
    }

    /// Whether it is time to ask; if so, it counts as asked.
    pub(super) fn asks(&mut self, now: Timestamp) -> bool {
        let due = now.since_ns(self.asked_at) >= self.ask_every_ns;
        if due {
            (self.asked_at, self.waiting) = (now, true);
        }
        due
    }

    /// What was asked last has been answered.
    pub(super) fn answered(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.waiting) {
            if self.trips_ns.len() == TRIPS {
                self.trips_ns.pop_front();
            }
            self.trips_ns.push_back(now.since_ns(self.asked_at).max(0));
        }
    }

    /// Nothing was heard for longer than the limit.
    pub(super) const fn is_silent(&self, now: Timestamp) -> bool {
        now.since_ns(self.heard_at) >= self.silence_ns
    }

    /// Nothing was heard for so long that another connection is better.
    pub(super) const fn is_gone(&self, now: Timestamp) -> bool {
        now.since_ns(self.heard_at) >= self.silence_ns.saturating_mul(2)
    }

    /// Half of the shortest round trip of late.
    pub(super) fn latency_ns(&self) -> Option<i64> {
        self.trips_ns.iter().min().map(|trip| trip / 2)
    }

    /// The source's clock less this machine's: the least delayed message of late, and the way it took. Not known
    /// before a round trip was measured.
    pub(super) fn clock_offset_ns(&self) -> Option<i64> {
        let ahead = self.ahead_ns.iter().flatten().max()?;
        Some(ahead.saturating_add(self.latency_ns()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: i64) -> Timestamp {
        Timestamp::from_ns(1_700_000_000_000_000_000 + ms * NS_PER_MS)
    }

    #[test]
    fn silence_and_then_given_up() {
        let mut pulse = Pulse::new(1_000, 400);
        pulse.opened(ms(0));
        assert!(!pulse.is_silent(ms(999)) && pulse.is_silent(ms(1_000)) && !pulse.is_gone(ms(1_999)));
        assert!(pulse.is_gone(ms(2_000)));
        pulse.heard(ms(2_000));
        assert!(!pulse.is_silent(ms(2_500)));
        assert!(!pulse.asks(ms(399)) && pulse.asks(ms(400)) && !pulse.asks(ms(700)) && pulse.asks(ms(800)));
    }

    #[test]
    fn one_message_from_the_future_is_not_believed_and_three_are() {
        let mut pulse = Pulse::new(1_000, 400);
        pulse.opened(ms(0));
        pulse.expect(0);
        assert!(pulse.asks(ms(400)));
        pulse.answered(ms(400));
        let day = 86_400_000;
        let sent = |at: i64| ms(at).ns() / NS_PER_MS;
        for (at, sent) in [(500, sent(500 + day)), (501, i64::MAX), (502, sent(500 + day)), (503, sent(503))]
        {
            pulse.said_time(ms(at), sent);
        }
        assert_eq!((pulse.clock_offset_ns(), pulse.jumps()), (Some(0), 0));
        for at in [600, 601] {
            pulse.said_time(ms(at), sent(at + day));
        }
        assert_eq!(pulse.clock_offset_ns(), Some(0));
        pulse.said_time(ms(602), sent(602 + day));
        assert_eq!((pulse.clock_offset_ns(), pulse.jumps()), (Some(day * NS_PER_MS), 1));
    }

    #[test]
    fn the_clock_is_the_least_delayed_message_and_its_way() {
        let mut pulse = Pulse::new(1_000, 400);
        pulse.opened(ms(0));
        let sent = |at: i64| ms(at).ns() / NS_PER_MS;
        // A clock 1,270 ms ahead, and a way of 30 ms or more.
        for (at, delay) in [(100, 80), (200, 30), (300, 500)] {
            pulse.said_time(ms(at), sent(at - delay + 1_270));
        }
        assert_eq!(pulse.clock_offset_ns(), None);
        assert!(pulse.asks(ms(400)));
        pulse.answered(ms(460));
        pulse.answered(ms(461));
        assert_eq!(pulse.latency_ns(), Some(30 * NS_PER_MS));
        assert_eq!(pulse.clock_offset_ns(), Some(1_270 * NS_PER_MS));
    }
}
