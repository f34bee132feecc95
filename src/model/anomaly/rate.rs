//! How much of what was received had to be quarantined.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::market::Timestamp;
use crate::market::time::NS_PER_S;

const MINUTE_NS: i64 = 60 * NS_PER_S;
const MINUTES: i64 = 15;
/// Below this many messages the rate is unknown.
const MESSAGES_MIN: u64 = 50;

/// Counts by minute over the last fifteen.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct QuarantineRate {
    minutes: VecDeque<Minute>,
    /// The end of the newest minute, so that counting within it needs no division.
    minute_ends: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Minute {
    minute: i64,
    received: u64,
    quarantined: u64,
}

/// What the rate is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateReading {
    /// Too few messages; does not pass a release check.
    Unknown {
        /// Messages in the window.
        received: u64,
    },
    /// Quarantined over received, in [0, 1].
    Known {
        /// The rate.
        rate: f64,
        /// Messages in the window.
        received: u64,
    },
}

impl QuarantineRate {
    /// Counts one message.
    #[inline]
    pub fn count(&mut self, at: Timestamp, quarantined: bool) {
        if at >= self.minute_ends || self.minutes.is_empty() {
            self.next_minute(at);
        }
        if let Some(last) = self.minutes.back_mut() {
            last.received += 1;
            last.quarantined += u64::from(quarantined);
        }
    }

    #[cold]
    fn next_minute(&mut self, at: Timestamp) {
        let minute = at.ns().div_euclid(MINUTE_NS);
        self.minutes.push_back(Minute { minute, received: 0, quarantined: 0 });
        self.minute_ends = Timestamp::from_ns((minute + 1).saturating_mul(MINUTE_NS));
        while self.minutes.front().is_some_and(|first| first.minute <= minute - MINUTES) {
            self.minutes.pop_front();
        }
    }

    /// The rate over the fifteen minutes up to `now`.
    #[must_use]
    pub fn reading(&self, now: Timestamp) -> RateReading {
        let from = now.ns().div_euclid(MINUTE_NS) - MINUTES;
        let recent = self.minutes.iter().filter(|m| m.minute > from);
        let (received, quarantined) = recent.fold((0, 0), |(r, q), m| (r + m.received, q + m.quarantined));
        if received < MESSAGES_MIN {
            RateReading::Unknown { received }
        } else {
            RateReading::Known { rate: quarantined as f64 / received as f64, received }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_fifty_messages_and_forgets_after_fifteen_minutes() {
        let at = |minute: i64| Timestamp::from_ns(minute * MINUTE_NS + 1);
        let mut rate = QuarantineRate::default();
        for i in 0..49 {
            rate.count(at(0), i < 10);
        }
        assert_eq!(rate.reading(at(0)), RateReading::Unknown { received: 49 });
        rate.count(at(1), false);
        assert_eq!(rate.reading(at(1)), RateReading::Known { rate: 0.2, received: 50 });
        assert_eq!(rate.reading(at(14)), RateReading::Known { rate: 0.2, received: 50 });
        assert_eq!(rate.reading(at(15)), RateReading::Unknown { received: 1 });
        rate.count(at(40), true);
        assert_eq!(rate.reading(at(40)), RateReading::Unknown { received: 1 });
    }
}
