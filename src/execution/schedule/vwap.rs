//! Slices in proportion to the volume the market is expected to trade (X12).
//!
//! The profile is the share of a session's volume in each bar, learned from recent sessions; the
//! default is a U by the hour. A profile always sums to one, and no bar is empty.

use serde::{Deserialize, Serialize};

use super::allocation;
use crate::market::Qty;
use crate::model::error::check_finite;
use crate::model::units::{Minutes, SESSION_MINUTES, require_non_negative, require_positive, require_unit};
use crate::model::{ModelError, Provenance, Sourced};

/// Bars of a regular session.
pub const SESSION_BARS: usize = 48;
/// No bar is expected to carry less than this share of the day.
pub const SMALLEST_SHARE: f64 = 0.002;
/// A session halted for more than this share of it is not learned from.
pub const LONGEST_HALT: f64 = 0.2;
/// Share of the observed volume an order may take.
pub const PARTICIPATION_CAP: f64 = 0.10;
/// Fewer usable sessions than this keep the default profile.
pub const MIN_SESSIONS: usize = 5;

/// Shares of the day by the hour, 11 to 15.
const HOURS: [f64; 4] = [0.30, 0.15, 0.15, 0.40];

/// Expected share of a session's volume in each of its bars.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VolumeProfile(Vec<f64>);

/// One past session, for learning.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionVolume {
    /// Volume of each bar, shares.
    pub bars: Vec<f64>,
    /// Share of the session that was halted, in [0, 1].
    pub halted: f64,
}

impl VolumeProfile {
    /// The default: 30, 15, 15 and 40 % by the hour, sloped between the hours' middles and exact over each hour.
    #[must_use]
    pub fn by_the_hour() -> Self {
        let per_hour = SESSION_BARS / HOURS.len();
        let middle = |hour: usize| hour as f64 + 0.5;
        let raw = |bar: usize| {
            let at = (bar as f64 + 0.5) / per_hour as f64;
            let after = (0..HOURS.len()).find(|h| middle(*h) >= at).unwrap_or(HOURS.len() - 1).max(1);
            let slope = HOURS[after] - HOURS[after - 1];
            HOURS[after - 1] + slope * (at - middle(after - 1)).clamp(0.0, 1.0)
        };
        let mut shares: Vec<f64> = (0..SESSION_BARS).map(raw).collect();
        for (hour, total) in shares.chunks_mut(per_hour).zip(HOURS) {
            let sum: f64 = hour.iter().sum();
            hour.iter_mut().for_each(|share| *share *= total / sum);
        }
        Self(shares)
    }

    /// Learns from past sessions, oldest first, newer ones weighing up to `e^2` times more.
    ///
    /// Sessions without volume or halted for more than a fifth are skipped. Smoothed over three bars,
    /// floored at 0.2 % a bar. With fewer than five usable sessions: [`VolumeProfile::by_the_hour`], flagged.
    ///
    /// # Errors
    /// [`ModelError::DimensionMismatch`] for sessions of different lengths, [`ModelError::NonFinite`] or
    /// [`ModelError::OutOfDomain`] for a volume or halted share that cannot be.
    pub fn learn(sessions: &[SessionVolume]) -> Result<Sourced<Self>, ModelError> {
        let bars = sessions.first().map_or(0, |s| s.bars.len());
        for session in sessions {
            if session.bars.len() != bars {
                return Err(ModelError::DimensionMismatch { left: session.bars.len(), right: bars });
            }
            check_finite(&session.bars)?;
            for volume in &session.bars {
                require_non_negative("bar volume", *volume)?;
            }
            require_unit("halted share", session.halted)?;
        }
        let usable: Vec<&SessionVolume> = sessions
            .iter()
            .filter(|s| s.halted <= LONGEST_HALT && s.bars.iter().sum::<f64>() > 0.0)
            .collect();
        if usable.len() < MIN_SESSIONS {
            let reason = format!("{} usable sessions, needs {MIN_SESSIONS}", usable.len());
            return Ok(Sourced {
                value: Self::by_the_hour(),
                provenance: Provenance::fallback("volume by the hour", reason),
            });
        }
        let mut shares = vec![0.0; bars];
        for (k, session) in usable.iter().enumerate() {
            let weight = (-2.0 + 2.0 * k as f64 / (usable.len() - 1) as f64).exp();
            let volume: f64 = session.bars.iter().sum();
            for (share, bar) in shares.iter_mut().zip(&session.bars) {
                *share += weight * bar / volume;
            }
        }
        Ok(Sourced { value: Self(floored(&smoothed(&shares))), provenance: Provenance::Fitted })
    }

    /// The shares, one per bar; they sum to 1.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.0
    }

    /// Share of the day expected by `elapsed` minutes after the open, pro rata inside a bar.
    #[must_use]
    pub fn cumulative(&self, elapsed: Minutes, bar: Minutes) -> f64 {
        if elapsed.value() <= 0.0 {
            return 0.0;
        }
        let at = elapsed.value() / bar.value();
        let share = |(k, share): (usize, &f64)| share * (at - k as f64).clamp(0.0, 1.0);
        self.0.iter().enumerate().map(share).sum::<f64>().clamp(0.0, 1.0)
    }

    /// What is left of the day from `elapsed` on, renormalised: the current bar pro rata, then the rest.
    ///
    /// # Errors
    /// [`ModelError::Degenerate`] when the session is over; [`ModelError::OutOfDomain`] for a bar of no length.
    pub fn remaining(&self, elapsed: Minutes, bar: Minutes) -> Result<Vec<f64>, ModelError> {
        require_positive("bar", bar.value())?;
        let at = elapsed.value() / bar.value();
        let left: Vec<f64> = self
            .0
            .iter()
            .enumerate()
            .map(|(k, share)| share * (1.0 - (at - k as f64).clamp(0.0, 1.0)))
            .skip_while(|share| *share <= 0.0)
            .collect();
        let sum: f64 = left.iter().sum();
        if sum.is_nan() || sum <= 0.0 {
            return Err(ModelError::Degenerate { why: "nothing is left of the session" });
        }
        Ok(left.into_iter().map(|share| share / sum).collect())
    }

    /// Length of a bar of a regular session.
    #[must_use]
    pub fn regular_bar(&self) -> Minutes {
        Minutes::new(SESSION_MINUTES / self.0.len().max(1) as f64).unwrap_or_default()
    }
}

/// Mean over a bar and its neighbours.
fn smoothed(shares: &[f64]) -> Vec<f64> {
    (0..shares.len())
        .map(|k| {
            let near = &shares[k.saturating_sub(1)..(k + 2).min(shares.len())];
            near.iter().sum::<f64>() / near.len() as f64
        })
        .collect()
}

/// Shares that sum to one with none below the smallest: what the small ones are raised by, the others give.
fn floored(shares: &[f64]) -> Vec<f64> {
    let floor = SMALLEST_SHARE.min(1.0 / shares.len() as f64);
    let total: f64 = shares.iter().sum();
    let mut raised: Vec<bool> = vec![false; shares.len()];
    loop {
        let kept: f64 = shares.iter().zip(&raised).filter(|(_, r)| !**r).map(|(s, _)| s / total).sum();
        let room = 1.0 - floor * raised.iter().filter(|r| **r).count() as f64;
        let scale = if kept > 0.0 { room / kept } else { 0.0 };
        let value = |k: usize| if raised[k] { floor } else { shares[k] / total * scale };
        match (0..shares.len()).find(|&k| !raised[k] && value(k) < floor) {
            Some(k) => raised[k] = true,
            None => return (0..shares.len()).map(value).collect(),
        }
    }
}

/// How much faster or slower than planned the next slice goes: behind by more than a tenth 1.3,
/// ahead by more than a tenth 0.7, else 1.
///
/// # Errors
/// [`ModelError::OutOfDomain`] unless both shares are in [0, 1].
pub fn pace(filled: f64, planned: f64) -> Result<f64, ModelError> {
    require_unit("filled share", filled)?;
    require_unit("planned share", planned)?;
    let ahead = filled - planned;
    Ok(if ahead < -0.10 {
        1.3
    } else if ahead > 0.10 {
        0.7
    } else {
        1.0
    })
}

/// The remaining quantity over the remaining bars, the next one at the given pace and under its
/// cap; the sum stays exact.
///
/// # Errors
/// As [`allocation::by_fractions`]; [`ModelError::OutOfDomain`] for a pace below 0.
pub fn adaptive(remaining: Qty, weights: &[f64], pace: f64, cap: Qty) -> Result<Vec<Qty>, ModelError> {
    require_non_negative("pace", pace)?;
    let mut plan = allocation::by_fractions(remaining, weights)?;
    let [first, rest @ ..] = plan.as_mut_slice() else { return Ok(plan) };
    if rest.is_empty() || weights[1..].iter().all(|w| *w == 0.0) {
        return Ok(plan);
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the remaining quantity")]
    let wanted = (first.units() as f64 * pace).floor().min(remaining.units() as f64) as i64;
    *first = Qty::from_units(wanted).min(cap.max(Qty::ZERO)).min(remaining);
    let later = allocation::by_fractions(remaining.less(*first), &weights[1..])?;
    rest.copy_from_slice(&later);
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(value: f64) -> Minutes {
        Minutes::new(value).unwrap()
    }

    #[test]
    fn the_default_is_a_u_by_the_hour() {
        let profile = VolumeProfile::by_the_hour();
        assert_eq!(profile.shares().len(), 48);
        for (hour, total) in profile.shares().chunks(12).zip(HOURS) {
            assert!((hour.iter().sum::<f64>() - total).abs() < 1e-12);
        }
        let five = minutes(5.0);
        assert_eq!(profile.regular_bar(), five);
        assert!((profile.cumulative(minutes(60.0), five) - 0.30).abs() < 1e-12);
        assert!((profile.cumulative(minutes(240.0), five) - 1.0).abs() < 1e-12);
        let inside = profile.cumulative(minutes(2.5), five);
        assert!((inside - profile.shares()[0] / 2.0).abs() < 1e-15);
    }

    #[test]
    fn a_late_start_takes_the_current_bar_pro_rata() {
        let profile = VolumeProfile::by_the_hour();
        let left = profile.remaining(minutes(12.5), minutes(5.0)).unwrap();
        assert_eq!(left.len(), 46);
        assert!((left.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let ratio = left[0] / left[1];
        assert!((ratio - 0.5 * profile.shares()[2] / profile.shares()[3]).abs() < 1e-12);
        assert!(profile.remaining(minutes(240.0), minutes(5.0)).is_err());
    }

    #[test]
    fn learning_skips_dead_sessions_and_favours_new_ones() {
        let flat = SessionVolume { bars: vec![100.0; 48], halted: 0.0 };
        let mut late = vec![10.0; 48];
        late[47] = 5_000.0;
        let halted = SessionVolume { bars: late.clone(), halted: 0.3 };
        let empty = SessionVolume { bars: vec![0.0; 48], halted: 0.0 };
        let mut sessions = vec![flat.clone(); 10];
        sessions.extend([halted, empty]);
        let got = VolumeProfile::learn(&sessions).unwrap();
        assert_eq!(got.provenance, Provenance::Fitted);
        assert!(got.value.shares().iter().all(|s| (s - 1.0 / 48.0).abs() < 1e-12));

        let close = SessionVolume { bars: late, halted: 0.0 };
        let newer = [vec![flat.clone(); 5], vec![close.clone(); 5]].concat();
        let older = [vec![close; 5], vec![flat.clone(); 5]].concat();
        let last = |s: &[SessionVolume]| VolumeProfile::learn(s).unwrap().value.shares()[47];
        assert!(last(&newer) > last(&older));

        let few = VolumeProfile::learn(&vec![flat; 4]).unwrap();
        assert!(few.provenance.is_substitute());
        let odd = [
            SessionVolume { bars: vec![1.0; 3], halted: 0.0 },
            SessionVolume { bars: vec![1.0; 4], halted: 0.0 },
        ];
        assert!(VolumeProfile::learn(&odd).is_err());
    }

    #[test]
    fn pace_follows_the_gap() {
        for (filled, planned, expected) in [(0.2, 0.35, 1.3), (0.5, 0.35, 0.7), (0.3, 0.35, 1.0)] {
            assert_eq!(pace(filled, planned).unwrap(), expected);
        }
        assert!(pace(f64::NAN, 0.5).is_err());
    }

    #[test]
    fn the_next_slice_respects_its_cap() {
        let got = adaptive(Qty::from_units(1_000), &[0.5, 0.3, 0.2], 1.3, Qty::from_units(400)).unwrap();
        let units: Vec<i64> = got.iter().map(|q| q.units()).collect();
        assert_eq!(units, [400, 360, 240]);
    }

    proptest! {
        #[test]
        fn a_learned_profile_sums_to_one_above_its_floor(
            bars in prop::collection::vec(prop::collection::vec(0.0..1e6f64, 48), 5..20),
        ) {
            let sessions: Vec<_> = bars.into_iter().map(|bars| SessionVolume { bars, halted: 0.0 }).collect();
            let profile = VolumeProfile::learn(&sessions).unwrap().value;
            prop_assert!((profile.shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(profile.shares().iter().all(|s| *s >= SMALLEST_SHARE - 1e-15));
        }

        #[test]
        fn adapting_loses_no_share(
            total in 0i64..1_000_000, weights in prop::collection::vec(0.001..1.0f64, 1..48),
            pace in prop::sample::select(vec![0.7, 1.0, 1.3]), cap in 0i64..100_000,
        ) {
            let got = adaptive(Qty::from_units(total), &weights, pace, Qty::from_units(cap)).unwrap();
            prop_assert_eq!(got.iter().map(|q| q.units()).sum::<i64>(), total);
            prop_assert!(got.iter().all(|q| q.units() >= 0));
        }
    }
}
