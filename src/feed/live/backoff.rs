//! How long to wait before the next try.

use std::time::Duration;

/// First wait, before jitter.
const FIRST_MS: u64 = 500;
/// Longest wait, before jitter.
const LONGEST_MS: u64 = 30_000;

/// Waits that double from half a second to half a minute, each drawn from between half of it and all of it,
/// so that many clients cut off at one moment do not come back at one moment.
#[derive(Clone, Debug)]
pub struct Backoff {
    failures: u32,
    seed: u64,
}

impl Backoff {
    /// With a seed of its own: the same seed gives the same waits.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { failures: 0, seed }
    }

    /// The wait before the next try.
    #[must_use]
    pub fn wait(&mut self) -> Duration {
        let whole = (FIRST_MS << self.failures.min(16)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        Duration::from_millis(half + self.draw() % (whole - half + 1))
    }

    /// A connection has proved itself: the next failure is the first again.
    pub const fn worked(&mut self) {
        self.failures = 0;
    }

    /// Tries since the last that worked.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// SplitMix64.
    const fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_limit_and_begin_again_when_it_worked() {
        let mut backoff = Backoff::new(7);
        let waits: Vec<u64> = (0..12).map(|_| backoff.wait().as_millis() as u64).collect();
        for (n, wait) in waits.iter().enumerate() {
            let whole = (FIRST_MS << n).min(LONGEST_MS);
            assert!((whole / 2..=whole).contains(wait), "{n}: {wait}");
        }
        backoff.worked();
        assert!(backoff.wait().as_millis() as u64 <= FIRST_MS);
        let mut again = Backoff::new(7);
        assert_eq!(waits, (0..12).map(|_| again.wait().as_millis() as u64).collect::<Vec<_>>());
        let mut other = Backoff::new(8);
        assert_ne!(waits, (0..12).map(|_| other.wait().as_millis() as u64).collect::<Vec<_>>());
    }
}
