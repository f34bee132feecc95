//! The exchange's clock: a moment of its day for every moment of ours.

use crate::market::Timestamp;

/// Starts at a moment of the day and goes at its own speed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VenueClock {
    start: Timestamp,
    speed: f64,
}

impl VenueClock {
    /// A clock that shows `start` when it is started. `None` unless the speed is above 0 and at most 10,000.
    #[must_use]
    pub fn new(start: Timestamp, speed: f64) -> Option<Self> {
        (speed > 0.0 && speed <= 10_000.0).then_some(Self { start, speed })
    }

    /// What it shows so many nanoseconds after it was started.
    #[must_use]
    pub fn after(&self, elapsed_ns: u64) -> Timestamp {
        // A float of nanoseconds is exact for a hundred days at this speed.
        self.start.plus_ns((elapsed_ns as f64 * self.speed) as i64)
    }

    /// Exchange seconds per second, in thousandths.
    #[must_use]
    pub fn speed_milli(&self) -> u64 {
        (self.speed * 1_000.0).round() as u64
    }
}
