//! How often and how evenly an instrument trades (C10). Amihud's measure is in the microstructure
//! room beside the other estimators of impact.

use std::collections::VecDeque;

use crate::market::{Qty, Timestamp};
use crate::model::ModelError;
use crate::model::descriptive::mean;

/// One session of an instrument, as far as trading is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionReturn {
    /// Log return of the session.
    pub log_return: f64,
    /// Whether anything traded.
    pub traded: bool,
}

/// Share of the last 20 sessions without trade or without movement. A session that is missing is
/// `None`; it counts neither as silent nor as trading.
///
/// # Errors
/// Fewer than 10 known sessions among the last 20, or a return that is not finite.
pub fn zero_return_ratio(sessions: &[Option<SessionReturn>]) -> Result<f64, ModelError> {
    const WINDOW: usize = 20;
    const MINIMUM: usize = 10;
    const STILL: f64 = 1e-6;
    let last = &sessions[sessions.len().saturating_sub(WINDOW)..];
    let known: Vec<&SessionReturn> = last.iter().flatten().collect();
    if known.len() < MINIMUM {
        return Err(ModelError::TooShort { need: MINIMUM, got: known.len() });
    }
    if let Some(index) = known.iter().position(|session| !session.log_return.is_finite()) {
        return Err(ModelError::NonFinite { index });
    }
    let silent = known.iter().filter(|session| !session.traded || session.log_return.abs() < STILL).count();
    Ok(silent as f64 / known.len() as f64)
}

/// Mean minutes between neighbouring trades of one session; intervals that a halt touches are
/// left out. `None` with fewer than two trades, or when halts touch every interval.
///
/// # Errors
/// Times that go backwards.
pub fn mean_trade_interval_min(
    times: &[Timestamp],
    halts: &[(Timestamp, Timestamp)],
) -> Result<Option<f64>, ModelError> {
    const NS_PER_MINUTE: f64 = 60e9;
    let mut minutes = Vec::new();
    for pair in times.windows(2) {
        if pair[1] < pair[0] {
            return Err(ModelError::LookAhead { feature: "trade interval: times go backwards".to_owned() });
        }
        let halted = halts.iter().any(|(from, until)| *from < pair[1] && *until > pair[0]);
        if !halted {
            minutes.push(pair[1].since_ns(pair[0]) as f64 / NS_PER_MINUTE);
        }
    }
    Ok((!minutes.is_empty()).then(|| mean(&minutes)))
}

/// Share of a session's volume in its largest tenth of trades (at least one); `None` without
/// volume.
#[must_use]
pub fn largest_tenth(trades: &[Qty]) -> Option<f64> {
    let mut sizes: Vec<i64> = trades.iter().map(|qty| qty.units().max(0)).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let total: i128 = sizes.iter().map(|size| i128::from(*size)).sum();
    let tenth = (sizes.len() / 10).max(1);
    let largest: i128 = sizes.iter().take(tenth).map(|size| i128::from(*size)).sum();
    (total > 0).then(|| largest as f64 / total as f64)
}

/// The trailing mean of [`largest_tenth`] over twenty sessions.
#[derive(Clone, Debug, Default)]
pub struct VolumeConcentration {
    sessions: VecDeque<f64>,
}

impl VolumeConcentration {
    const SESSIONS: usize = 20;

    /// Takes the trades of a finished session; `None` until 20 sessions with volume are known.
    pub fn push(&mut self, trades: &[Qty]) -> Option<f64> {
        self.sessions.extend(largest_tenth(trades));
        if self.sessions.len() > Self::SESSIONS {
            self.sessions.pop_front();
        }
        let known: Vec<f64> = self.sessions.iter().copied().collect();
        (known.len() == Self::SESSIONS).then(|| mean(&known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(log_return: f64, traded: bool) -> Option<SessionReturn> {
        Some(SessionReturn { log_return, traded })
    }

    #[test]
    fn missing_sessions_are_neither_silent_nor_trading() {
        let mut sessions = vec![session(0.01, true); 10];
        sessions.extend(vec![session(0.0, true); 3]);
        sessions.extend(vec![session(0.0, false); 2]);
        sessions.extend(vec![None; 5]);
        assert_eq!(zero_return_ratio(&sessions), Ok(5.0 / 15.0));
        assert_eq!(zero_return_ratio(&sessions[15..]), Err(ModelError::TooShort { need: 10, got: 0 }));
        assert!(zero_return_ratio(&[session(f64::NAN, true); 12]).is_err());
    }

    #[test]
    fn halts_are_not_waiting() {
        let at = |minute: i64| Timestamp::from_ns(minute * 60_000_000_000);
        let times = [at(0), at(2), at(30), at(34)];
        assert_eq!(mean_trade_interval_min(&times, &[(at(5), at(25))]), Ok(Some(3.0)));
        assert_eq!(mean_trade_interval_min(&times, &[]), Ok(Some(34.0 / 3.0)));
        assert_eq!(mean_trade_interval_min(&times[..1], &[]), Ok(None));
        assert!(mean_trade_interval_min(&[at(2), at(1)], &[]).is_err());
    }

    #[test]
    fn the_largest_tenth_is_at_least_one_trade() {
        let trades: Vec<Qty> = [10, 70, 20].iter().map(|n| Qty::from_units(*n)).collect();
        assert_eq!(largest_tenth(&trades), Some(0.7));
        assert_eq!(largest_tenth(&[]), None);
        let mut running = VolumeConcentration::default();
        let values: Vec<Option<f64>> = (0..21).map(|_| running.push(&trades)).collect();
        assert_eq!((values[18], values[19].map(|v| (v * 10.0).round())), (None, Some(7.0)));
    }
}
