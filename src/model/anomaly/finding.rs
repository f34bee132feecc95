//! What the filter found, and what follows from it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is done with a message. Ordered: the worst of all findings wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Believe it.
    #[default]
    Use,
    /// Use it, and raise the uncertainty of the instrument.
    FlagAndUse,
    /// Carry the last good value, aged; the instrument is not tradable.
    Impute,
    /// Keep it out of every estimate, baseline and fill.
    Quarantine,
    /// Believe nothing of this instrument until it is resynchronised.
    HaltSymbol,
}

/// The checks of C9, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Check {
    /// Too large a move for the time it took.
    PriceJump,
    /// A trade away from a fresh quote.
    OutsideQuote,
    /// Earlier than what the source already said.
    TimestampReversal,
    /// Outside the legal prices of the day.
    OutsideDailyBand,
    /// Not a price or a quantity, or off the grid.
    ImpossibleValue,
    /// Best bid at or above best ask.
    CrossedQuote,
    /// Far more shares than usual.
    VolumeSpike,
    /// Far wider than usual.
    SpreadWidening,
    /// Said before.
    Duplicate,
    /// Nothing heard for too long.
    Stale,
    /// A sequence number is missing.
    SequenceGap,
}

impl Check {
    /// Every check, in the order of C9.
    pub const ALL: [Self; 11] = [
        Self::PriceJump,
        Self::OutsideQuote,
        Self::TimestampReversal,
        Self::OutsideDailyBand,
        Self::ImpossibleValue,
        Self::CrossedQuote,
        Self::VolumeSpike,
        Self::SpreadWidening,
        Self::Duplicate,
        Self::Stale,
        Self::SequenceGap,
    ];

    /// What a finding of this check leads to.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::PriceJump
            | Self::OutsideQuote
            | Self::TimestampReversal
            | Self::OutsideDailyBand
            | Self::ImpossibleValue
            | Self::Duplicate => Action::Quarantine,
            Self::CrossedQuote | Self::VolumeSpike | Self::SpreadWidening => Action::FlagAndUse,
            Self::Stale => Action::Impute,
            Self::SequenceGap => Action::HaltSymbol,
        }
    }

    /// The desk's words for it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::PriceJump => "price jump",
            Self::OutsideQuote => "outside the quote",
            Self::TimestampReversal => "time runs backwards",
            Self::OutsideDailyBand => "outside the daily band",
            Self::ImpossibleValue => "impossible value",
            Self::CrossedQuote => "crossed quote",
            Self::VolumeSpike => "volume spike",
            Self::SpreadWidening => "wide spread",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::SequenceGap => "sequence gap",
        }
    }
}

/// A set of checks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Findings(u16);

impl Findings {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Adds a check.
    pub const fn add(&mut self, check: Check) {
        self.0 |= 1 << check as u8;
    }

    /// Whether a check is in it.
    #[must_use]
    pub const fn has(self, check: Check) -> bool {
        self.0 & (1 << check as u8) != 0
    }

    /// Takes a check out.
    pub const fn remove(&mut self, check: Check) {
        self.0 &= !(1 << check as u8);
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The checks in it, in the order of C9.
    pub fn iter(self) -> impl Iterator<Item = Check> {
        Check::ALL.into_iter().filter(move |check| self.has(*check))
    }

    /// The worst action of all of them.
    #[must_use]
    pub fn action(self) -> Action {
        self.iter().map(Check::action).max().unwrap_or_default()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, check) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(check.words())?;
        }
        Ok(())
    }
}

/// The answer to one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Everything that was found.
    pub findings: Findings,
    /// Checks that could not run because an input is not known.
    pub unknown: Findings,
    /// Quarantined prices that kept coming were let through as a new level.
    pub level_shift: bool,
}

impl Verdict {
    /// What is done with the message.
    #[must_use]
    pub fn action(&self) -> Action {
        if self.findings.is_empty() { Action::Use } else { self.findings.action() }
    }

    /// Whether the message may make returns, baselines and fills.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.action() <= Action::FlagAndUse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_action_wins_whatever_else_was_found() {
        let all = |checks: &[Check]| {
            let mut findings = Findings::NONE;
            checks.iter().for_each(|c| findings.add(*c));
            findings
        };
        for (checks, want) in [
            (&[][..], Action::Use),
            (&[Check::VolumeSpike], Action::FlagAndUse),
            (&[Check::VolumeSpike, Check::Stale], Action::Impute),
            (&[Check::VolumeSpike, Check::TimestampReversal], Action::Quarantine),
            (&[Check::SequenceGap, Check::PriceJump, Check::CrossedQuote], Action::HaltSymbol),
        ] {
            assert_eq!(all(checks).action(), want, "{checks:?}");
            assert_eq!(all(checks).iter().count(), checks.len());
        }
    }
}
