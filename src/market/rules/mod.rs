//! The exchange's rules by trade date: ticks, lots, bands, halts, the official close, settlement.
//!
//! A recorded day is read under the rules of its own date, so every rule here takes the date and
//! most take the kind of instrument. Each is a short table of facts, one file per rule, looked up
//! by binary search. The facts and how sure they are come from the market rules, section 2 (and
//! 4 for settlement); a fact that is assumed rather than known says so in its documentation.
//!
//! What these functions do not do: decide whether the market is open (that is the calendar) or
//! whether an order is wise (that is `risk`). They never guess: a rule that was not in force, or
//! an instrument the exchange does not list, is a [`RuleError`].

pub mod band;
pub mod close;
pub mod halt;
pub mod ipo;
pub mod lot;
pub mod order_band;
pub mod settlement;
pub mod tick;

use chrono::Datelike;

use super::{InstrumentKind, SessionDate};

/// Why a rule has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The rule's table does not reach back to this date.
    #[error("no {rule} is known for {date}")]
    NotAvailable {
        /// Which rule.
        rule: &'static str,
        /// The date that was asked about.
        date: SessionDate,
    },
    /// An instrument of another market: no rule of this exchange applies.
    #[error("{rule}: the instrument is not listed in Nepal")]
    NotListed {
        /// Which rule.
        rule: &'static str,
    },
    /// A price, quantity or rate that cannot exist, or whose result does not fit.
    #[error("{rule}: {name} cannot be {value}")]
    OutOfDomain {
        /// Which rule.
        rule: &'static str,
        /// Which value.
        name: &'static str,
        /// The value.
        value: i64,
    },
}

/// A date as one number, `20240702`: what the tables of rules are keyed by.
pub(crate) type Ymd = i32;

/// Before every date.
pub(crate) const ALWAYS: Ymd = i32::MIN;

/// Values that each hold from a date until the next one begins.
///
/// Rows must go from old to new; a test walks every table.
#[derive(Debug)]
pub(crate) struct Dated<T: 'static>(pub &'static [(Ymd, T)]);

impl<T> Dated<T> {
    /// The value in force on a date; `None` before the first.
    pub fn on(&self, date: SessionDate) -> Option<&'static T> {
        let day = date.naive();
        let key = day.year() * 10_000 + i32::try_from(day.month() * 100 + day.day()).ok()?;
        let after = self.0.partition_point(|(from, _)| *from <= key);
        after.checked_sub(1).and_then(|i| self.0.get(i)).map(|(_, value)| value)
    }

    /// The value in force on a date, or the refusal that names the rule.
    pub fn require(&self, rule: &'static str, date: SessionDate) -> Result<&'static T, RuleError> {
        self.on(date).ok_or(RuleError::NotAvailable { rule, date })
    }

    /// Whether the rows go from old to new.
    #[cfg(test)]
    pub fn is_ordered(&self) -> bool {
        self.0.is_sorted_by(|a, b| a.0 < b.0)
    }
}

/// The refusal for an instrument of another market.
pub(crate) fn listed(rule: &'static str, kind: InstrumentKind) -> Result<(), RuleError> {
    if kind == InstrumentKind::Foreign { Err(RuleError::NotListed { rule }) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) fn day(text: &str) -> SessionDate {
    text.parse().expect("a test date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_from_its_date_until_the_next() {
        static TABLE: Dated<char> = Dated(&[(20_210_718, 'a'), (20_260_420, 'b')]);
        for (date, value) in [
            ("2021-07-17", None),
            ("2021-07-18", Some('a')),
            ("2026-04-19", Some('a')),
            ("2026-04-20", Some('b')),
            ("2100-01-01", Some('b')),
        ] {
            assert_eq!(TABLE.on(day(date)).copied(), value, "{date}");
        }
        assert!(TABLE.require("test", day("2000-01-01")).is_err());
    }
}
