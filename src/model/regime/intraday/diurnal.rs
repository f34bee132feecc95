//! How a day's variance is spread over its bars.
//!
//! The first and last bars of a session move more than the rest; without this factor every opening
//! would look like stress. The profile is the mean square of each bar over the last sessions,
//! relative to the average bar. It is fed at the close and used from the next session on, so no bar
//! sees itself.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Sessions in the average (C5).
const SESSIONS: usize = 20;

/// Mean squares by bar over the last 20 sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiurnalProfile {
    bars_per_session: u32,
    sessions: VecDeque<Vec<Option<f64>>>,
    factors: Vec<f64>,
}

impl DiurnalProfile {
    /// A flat profile: every factor is 1 until 20 sessions are in. At most 10,000 bars are kept.
    #[must_use]
    pub fn flat(bars_per_session: u32) -> Self {
        let bars_per_session = bars_per_session.min(super::params::BARS_MAX);
        Self { bars_per_session, sessions: VecDeque::new(), factors: Vec::new() }
    }

    /// Adds a finished session: `(index, log return)` of the bars that carried evidence, in any
    /// order. Bars beyond the grid and values that have no finite square are left out.
    pub fn on_session(&mut self, bars: &[(u32, f64)]) {
        let mut squares = vec![None; self.bars_per_session as usize];
        for (index, return_) in bars {
            let square = return_ * return_;
            if let (Some(cell), true) = (squares.get_mut(*index as usize), square.is_finite()) {
                *cell = Some(square);
            }
        }
        self.sessions.push_back(squares);
        if self.sessions.len() > SESSIONS {
            self.sessions.pop_front();
        }
        if self.sessions.len() == SESSIONS {
            self.factors = self.average();
        }
    }

    /// Mean squares relative to their mean over the bars; empty (all 1) when a bar was never seen
    /// or never moved.
    fn average(&self) -> Vec<f64> {
        let of_bar = |bar: usize| {
            let seen: Vec<f64> = self.sessions.iter().filter_map(|squares| squares[bar]).collect();
            let mean = seen.iter().sum::<f64>() / seen.len() as f64;
            (mean > 0.0).then_some(mean)
        };
        let squares: Option<Vec<f64>> = (0..self.bars_per_session as usize).map(of_bar).collect();
        let squares = squares.unwrap_or_default();
        let mean = squares.iter().sum::<f64>() / squares.len() as f64;
        squares.iter().map(|square| square / mean).collect()
    }

    /// The variance factor of a bar, mean 1 over the session; 1 where nothing is known.
    #[must_use]
    pub fn factor(&self, index: u32) -> f64 {
        self.factors.get(index as usize).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_sessions_make_a_profile_of_mean_one() {
        let mut profile = DiurnalProfile::flat(4);
        let day = [(0, 0.03), (1, 0.01), (2, -0.01), (3, 0.01)];
        for session in 0..20 {
            assert_eq!(profile.factor(0), 1.0, "after {session}");
            profile.on_session(&day);
        }
        let factors: Vec<f64> = (0..4).map(|bar| profile.factor(bar)).collect();
        for (got, want) in factors.iter().zip([3.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]) {
            assert!((got - want).abs() < 1e-12, "{factors:?}");
        }
        assert_eq!(profile.factor(99), 1.0);
    }

    #[test]
    fn holes_are_averaged_over_and_a_bar_never_seen_makes_no_profile() {
        let mut holes = DiurnalProfile::flat(2);
        let mut never = DiurnalProfile::flat(2);
        for session in 0..25 {
            let first: &[(u32, f64)] = if session % 2 == 0 { &[(0, 0.02), (1, 0.01)] } else { &[(1, 0.01)] };
            holes.on_session(first);
            never.on_session(&[(0, 0.01), (1, f64::NAN), (7, 1.0)]);
        }
        assert!((holes.factor(0) - 1.6).abs() < 1e-12, "{}", holes.factor(0));
        assert_eq!((never.factor(0), never.factor(1)), (1.0, 1.0));
    }
}
