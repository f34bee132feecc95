//! Where the trading day stands: phase, market halts, index.

use serde::{Deserialize, Serialize};

use crate::market::{Halt, IndexValue, SessionPhase, Timestamp};

/// The session as the engine knows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SessionState {
    /// The phase.
    pub phase: SessionPhase,
    /// Since when.
    pub phase_since: Timestamp,
    /// A market halt in force.
    pub halt: Option<MarketHalt>,
    /// Market halts that are over, oldest first.
    pub past_halts: Vec<MarketHalt>,
    /// The index, where a feed carries it.
    pub index: Option<IndexState>,
}

/// A stop of all trading by the exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MarketHalt {
    /// The index step that caused it, where known.
    pub level: Option<u8>,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` while in force.
    pub to: Option<Timestamp>,
    /// When it is meant to end, where said.
    pub until: Option<Timestamp>,
    /// Whether it was found in the record rather than reported.
    pub inferred: bool,
}

impl MarketHalt {
    /// Whether the halt covers all of an interval.
    #[must_use]
    pub fn covers(&self, from: Timestamp, to: Timestamp) -> bool {
        self.from <= from && self.to.is_none_or(|end| end >= to)
    }
}

/// The index over the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IndexState {
    /// The first value of the continuous session, in hundredths of a point.
    pub open_e2: i64,
    /// The last value.
    pub last_e2: i64,
    /// The close of the session before, where known.
    pub previous_close_e2: Option<i64>,
    /// When it was last said.
    pub at: Timestamp,
    /// The value at the end of the last finished bar.
    pub bar_close_e2: i64,
}

impl IndexState {
    /// Change against the close before, in basis points; `None` without that close.
    #[must_use]
    pub fn change_bps(&self) -> Option<f64> {
        let before = self.previous_close_e2.filter(|p| *p > 0)? as f64;
        Some((self.last_e2 as f64 / before - 1.0) * 1e4)
    }
}

impl SessionState {
    /// A day that has not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            phase: SessionPhase::Closed,
            phase_since: Timestamp::from_ns(0),
            halt: None,
            past_halts: Vec::new(),
            index: None,
        }
    }

    /// Whether trades can happen now.
    #[must_use]
    pub const fn is_trading(&self) -> bool {
        matches!(self.phase, SessionPhase::Continuous) && self.halt.is_none()
    }

    /// Enters a phase; says whether that is news. A day never goes back.
    pub(super) fn enter(&mut self, phase: SessionPhase, at: Timestamp) -> bool {
        let news = phase > self.phase;
        if news {
            self.phase = phase;
            self.phase_since = at;
        }
        news
    }

    /// Takes a halt message in; returns the finished halt, or `None` if it began or was no news.
    pub(super) fn on_halt(&mut self, halt: Halt, at: Timestamp, inferred: bool) -> HaltNews {
        match (halt, self.halt) {
            (Halt::Start { level, until }, None) => {
                self.halt = Some(MarketHalt { level, from: at, to: None, until, inferred });
                HaltNews::Began
            }
            (Halt::End, Some(halt)) => {
                let halt = MarketHalt { to: Some(at), ..halt };
                self.halt = None;
                self.past_halts.push(halt);
                HaltNews::Ended(halt)
            }
            _ => HaltNews::Nothing,
        }
    }

    pub(super) fn on_index(&mut self, value: IndexValue, at: Timestamp) {
        if value.points_e2 <= 0 {
            return;
        }
        let fresh = IndexState {
            open_e2: value.points_e2,
            last_e2: value.points_e2,
            previous_close_e2: value.previous_close_e2,
            at,
            bar_close_e2: value.points_e2,
        };
        let index = self.index.get_or_insert(fresh);
        index.last_e2 = value.points_e2;
        index.at = at;
        index.previous_close_e2 = value.previous_close_e2.or(index.previous_close_e2);
    }

    /// Whether market halts cover all of an interval. Halts that touch count as one.
    #[must_use]
    pub fn halted_throughout(&self, from: Timestamp, to: Timestamp) -> bool {
        let mut reached = from;
        for halt in self.past_halts.iter().chain(&self.halt) {
            if halt.from <= reached {
                reached = reached.max(halt.to.unwrap_or(to));
            }
        }
        reached >= to
    }

    /// Whether a market halt ended inside an interval.
    #[must_use]
    pub fn resumed_within(&self, from: Timestamp, to: Timestamp) -> bool {
        self.past_halts.iter().any(|halt| halt.to.is_some_and(|end| end >= from && end < to))
    }
}

impl Default for SessionState {
    fn default() -> Self {
        Self::new()
    }
}

/// What a halt message meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HaltNews {
    /// Trading stopped.
    Began,
    /// Trading goes on; the halt as it was.
    Ended(MarketHalt),
    /// Known already.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_absent_only_if_halts_cover_all_of_it() {
        let at = |s: i64| Timestamp::from_ns(s);
        let mut session = SessionState::new();
        let start = Halt::Start { level: None, until: None };
        session.on_halt(start, at(100), true);
        session.on_halt(Halt::End, at(200), true);
        session.on_halt(start, at(220), true);
        for (from, to, want) in [
            (100, 200, true),
            (90, 200, false),
            (120, 150, true),
            (150, 210, false),
            (230, 900, true),
            (210, 230, false),
        ] {
            assert_eq!(session.halted_throughout(at(from), at(to)), want, "{from}..{to}");
        }
        assert!(session.resumed_within(at(150), at(210)));
        assert!(!session.resumed_within(at(100), at(200)));
    }

    #[test]
    fn a_day_never_goes_back() {
        let mut session = SessionState::new();
        assert!(session.enter(SessionPhase::Continuous, Timestamp::from_ns(1)));
        assert!(!session.enter(SessionPhase::PreOpen, Timestamp::from_ns(2)));
        assert!(!session.enter(SessionPhase::Continuous, Timestamp::from_ns(3)));
        assert_eq!(session.phase_since, Timestamp::from_ns(1));
    }
}
