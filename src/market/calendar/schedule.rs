//! One trading day on the clock: when the auction takes orders, when it matches, when the
//! market trades.

use std::sync::Arc;

use crate::market::time::NS_PER_S;
use crate::market::{SessionDate, SessionPhase, Timestamp};

/// How sure the calendar is of a date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// The day was seen to trade, or not to.
    Observed,
    /// After the observed dates: the week rule alone, no holiday known. A holiday may still be
    /// declared.
    Provisional,
}

/// A date and how sure the calendar is of it (and of every day that was counted to reach it).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionDay {
    /// The trading day.
    pub date: SessionDate,
    /// How sure.
    pub confidence: Confidence,
}

/// From one moment up to another; the end is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First moment.
    pub open: Timestamp,
    /// First moment after.
    pub close: Timestamp,
}

impl Span {
    /// Whether the moment lies in it.
    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        self.open <= at && at < self.close
    }

    /// Length in nanoseconds.
    #[must_use]
    pub const fn ns(self) -> i64 {
        self.close.since_ns(self.open)
    }

    /// Length in whole minutes.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.ns() / (60 * NS_PER_S)
    }
}

/// The opening auction: entry, then one price per symbol at `match_at`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreOpen {
    /// When orders are taken.
    pub entry: Span,
    /// When it matches. Nothing can be entered from the end of entry until continuous trading
    /// opens.
    pub match_at: Timestamp,
}

/// A trading day as the exchange ran it (or, if provisional, is expected to).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionSchedule {
    /// The day.
    pub date: SessionDate,
    /// How sure the calendar is that the market trades.
    pub confidence: Confidence,
    /// The opening auction, on days that have one.
    pub pre_open: Option<PreOpen>,
    /// Continuous trading.
    pub continuous: Span,
    /// What was out of the ordinary, if anything.
    pub special: Option<Arc<str>>,
}

impl SessionSchedule {
    /// Where the day stands at a moment. Halts are not part of the schedule.
    #[must_use]
    pub fn phase_at(&self, at: Timestamp) -> SessionPhase {
        if at >= self.continuous.close {
            SessionPhase::Ended
        } else if at >= self.continuous.open {
            SessionPhase::Continuous
        } else {
            match self.pre_open {
                Some(auction) if at >= auction.entry.close => SessionPhase::PreOpenMatch,
                Some(auction) if at >= auction.entry.open => SessionPhase::PreOpen,
                _ => SessionPhase::Closed,
            }
        }
    }

    /// Every change of phase of the day in order, each with the moment it happens.
    #[must_use]
    pub fn phase_changes(&self) -> Vec<(Timestamp, SessionPhase)> {
        let mut changes = Vec::with_capacity(4);
        if let Some(auction) = self.pre_open {
            changes.push((auction.entry.open, SessionPhase::PreOpen));
            changes.push((auction.entry.close, SessionPhase::PreOpenMatch));
        }
        changes.push((self.continuous.open, SessionPhase::Continuous));
        changes.push((self.continuous.close, SessionPhase::Ended));
        changes
    }

    /// How many bars of `minutes` the continuous session holds; a last, shorter one counts.
    /// Five-minute bars: 48 on a regular day (C0). `None` for bars of no length.
    #[must_use]
    pub fn bars(&self, minutes: u32) -> Option<u32> {
        let length = i64::from(minutes) * 60 * NS_PER_S;
        if length == 0 {
            return None;
        }
        let ns = self.continuous.ns();
        u32::try_from(ns / length + i64::from(ns % length > 0)).ok()
    }
}
