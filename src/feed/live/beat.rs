//! The signs of life of a venue connection, for its feed and its gateway alike: heartbeats, pings, how long a greeting or
//! an answer may take.

use crate::market::Timestamp;
use crate::market::time::NS_PER_S;

/// Heartbeats that may be missing before the line counts as silent.
const MISSING_BEATS: i64 = 3;
/// Heartbeats that may be missing before the connection is given up.
const GIVE_UP_BEATS: i64 = 10;
/// How long a greeting or an answer may take.
const ANSWER_NS: i64 = 5 * NS_PER_S;
/// How often the round trip is measured.
const PING_NS: i64 = 2 * NS_PER_S;
/// Between two heartbeats before the venue has said how long.
const FIRST_BEAT_NS: i64 = NS_PER_S;

/// What the clock says of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Nothing has been heard for so long that the connection is given up: why.
    GiveUp(String),
    /// What was asked for has not come; it is to be asked for again.
    Late,
    /// Heartbeats are missing.
    Silent,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Beat {
    beat_ns: Option<i64>,
    heard_at: Timestamp,
    /// When what is waited for was asked for.
    asked_at: Option<Timestamp>,
    /// Number and moment of the last ping, and whether it was answered.
    ping: (u64, Timestamp),
    answered: bool,
}

impl Beat {
    /// A connection stands, and the greeting has been sent.
    pub fn opened(&mut self, now: Timestamp) {
        (self.beat_ns, self.heard_at, self.answered) = (None, now, true);
        self.asked_at = Some(now);
    }

    /// The venue has said how often it is heard of.
    pub fn welcome(&mut self, heartbeat_ms: u64) {
        let ms = i64::try_from(heartbeat_ms.min(60_000)).unwrap_or(60_000);
        self.beat_ns = Some(ms * 1_000_000);
        self.asked_at = None;
    }

    /// A frame came.
    pub const fn heard(&mut self, now: Timestamp) {
        self.heard_at = now;
    }

    /// Something was asked for that must come.
    pub const fn asked(&mut self, now: Timestamp) {
        self.asked_at = Some(now);
    }

    /// It has come, or the connection is gone.
    pub const fn came(&mut self) {
        self.asked_at = None;
    }

    /// What the clock says, the worst first.
    #[must_use]
    pub fn look(&self, now: Timestamp) -> Option<Sign> {
        let quiet = now.since_ns(self.heard_at);
        let beat = self.beat_ns.unwrap_or(FIRST_BEAT_NS);
        if quiet > beat * GIVE_UP_BEATS {
            return Some(Sign::GiveUp(format!("nothing heard for {} s", quiet / NS_PER_S)));
        }
        let waited = self.asked_at.map(|asked| now.since_ns(asked)).filter(|waited| *waited > ANSWER_NS);
        match waited {
            Some(waited) if self.beat_ns.is_none() => {
                Some(Sign::GiveUp(format!("no answer to the greeting for {} s", waited / NS_PER_S)))
            }
            Some(_) => Some(Sign::Late),
            None => (quiet > beat * MISSING_BEATS).then_some(Sign::Silent),
        }
    }

    /// The number of a ping that is due.
    pub fn ping(&mut self, now: Timestamp) -> Option<u64> {
        let due = self.beat_ns.is_some() && now.since_ns(self.ping.1) > PING_NS;
        due.then(|| {
            (self.ping, self.answered) = ((self.ping.0 + 1, now), false);
            self.ping.0
        })
    }

    /// A ping was answered: half of the round trip in nanoseconds, and the moment here when the answer was given. `None` if
    /// it is not the last one's.
    pub fn pong(&mut self, now: Timestamp, n: u64) -> Option<(i64, Timestamp)> {
        let (sent, sent_at) = self.ping;
        if n != sent || std::mem::replace(&mut self.answered, true) {
            return None;
        }
        let half_ns = now.since_ns(sent_at) / 2;
        Some((half_ns, sent_at.plus_ns(half_ns)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(tenths: i64) -> Timestamp {
        Timestamp::from_ns(NS_PER_S / 10 * tenths)
    }

    #[test]
    fn silence_lateness_and_the_end_come_in_their_order() {
        let mut beat = Beat::default();
        beat.opened(s(0));
        assert_eq!(beat.look(s(49)), Some(Sign::Silent));
        assert!(matches!(beat.look(s(51)), Some(Sign::GiveUp(why)) if why.contains("greeting")));
        beat.welcome(500);
        beat.heard(s(40));
        assert_eq!(beat.look(s(55)), None);
        assert_eq!(beat.look(s(56)), Some(Sign::Silent));
        assert!(matches!(beat.look(s(91)), Some(Sign::GiveUp(why)) if why.contains("nothing heard for 5 s")));
        beat.asked(s(40));
        beat.heard(s(91));
        assert_eq!(beat.look(s(92)), Some(Sign::Late));
        beat.came();
        assert_eq!(beat.look(s(92)), None);
    }

    #[test]
    fn a_round_trip_is_that_of_the_last_ping() {
        let mut beat = Beat::default();
        beat.opened(s(0));
        assert_eq!(beat.ping(s(100)), None, "nothing before the greeting is answered");
        beat.welcome(1_000);
        assert_eq!(beat.ping(s(100)), Some(1));
        assert_eq!(beat.ping(s(119)), None);
        assert_eq!(beat.pong(s(102), 7), None);
        assert_eq!(beat.pong(s(102), 1), Some((NS_PER_S / 10, s(101))));
        assert_eq!(beat.pong(s(103), 1), None, "an answer that comes twice is not another");
        assert_eq!(beat.ping(s(121)), Some(2));
    }
}
