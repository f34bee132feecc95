//! The stop: one person, one key, at once.
//!
//! A stop lets no new risk in and leaves resting orders where they are. Whoever pressed it may
//! take it back within ten seconds, if nothing else holds the halt; after that it is a release,
//! in replay and paper by the same person, in live by two.

use serde::{Deserialize, Serialize};

use crate::market::Timestamp;
use crate::market::time::NS_PER_S;

/// How long the one who pressed stop may take it back.
pub const TAKE_BACK_NS: i64 = 10 * NS_PER_S;

/// Whether new risk may be taken.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradingState {
    /// Orders may be sent.
    #[default]
    Active,
    /// No new risk; resting orders stay.
    Halted {
        /// Who stopped it.
        by: String,
        /// When.
        at: Timestamp,
        /// Why, in words.
        why: String,
    },
}

/// Why a stop stays in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum StopError {
    /// Nothing is stopped.
    #[error("trading is not halted")]
    NotHalted,
    /// Somebody else pressed it.
    #[error("{by} stopped trading; only they may take it back")]
    NotYours {
        /// Who did.
        by: String,
    },
    /// The ten seconds are over.
    #[error("stopped {age_s} s ago: taking back is over, use release")]
    TooLate {
        /// Seconds since.
        age_s: i64,
    },
}

impl TradingState {
    /// Whether new risk is refused.
    #[must_use]
    pub const fn is_halted(&self) -> bool {
        matches!(self, Self::Halted { .. })
    }

    /// Stops. Already stopped stays as it was, by whom and when.
    pub fn stop(&mut self, by: &str, at: Timestamp, why: &str) {
        if !self.is_halted() {
            *self = Self::Halted { by: by.to_owned(), at, why: why.to_owned() };
        }
    }

    /// Takes back a stop pressed by mistake.
    ///
    /// # Errors
    /// [`StopError`]: not halted, not theirs, or too late.
    pub fn take_back(&mut self, by: &str, now: Timestamp) -> Result<(), StopError> {
        match self {
            Self::Active => Err(StopError::NotHalted),
            Self::Halted { by: who, .. } if who != by => Err(StopError::NotYours { by: who.clone() }),
            Self::Halted { at, .. } if now.since_ns(*at) > TAKE_BACK_NS => {
                Err(StopError::TooLate { age_s: now.since_ns(*at) / NS_PER_S })
            }
            Self::Halted { .. } => {
                *self = Self::Active;
                Ok(())
            }
        }
    }

    /// Releases a stop in replay or paper, where the one who stopped may.
    ///
    /// # Errors
    /// [`StopError`]: not halted, or not theirs.
    pub fn release(&mut self, by: &str) -> Result<(), StopError> {
        match self {
            Self::Active => Err(StopError::NotHalted),
            Self::Halted { by: who, .. } if who != by => Err(StopError::NotYours { by: who.clone() }),
            Self::Halted { .. } => {
                *self = Self::Active;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_undo_a_stop() {
        let at = |s: i64| Timestamp::from_ns(s * NS_PER_S);
        let mut state = TradingState::default();
        assert_eq!(state.take_back("tr01", at(0)), Err(StopError::NotHalted));
        state.stop("tr01", at(0), "key");
        state.stop("tr02", at(1), "key");
        assert_eq!(state.take_back("tr02", at(2)), Err(StopError::NotYours { by: "tr01".into() }));
        assert_eq!(state.take_back("tr01", at(11)), Err(StopError::TooLate { age_s: 11 }));
        assert!(state.is_halted());
        assert_eq!(state.release("tr01"), Ok(()));
        state.stop("tr01", at(20), "key");
        assert_eq!(state.take_back("tr01", at(30)), Ok(()));
        assert!(!state.is_halted());
    }
}
