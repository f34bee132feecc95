//! Why a day could not be generated or written.

use crate::feed::FeedError;
use crate::market::rules::RuleError;
use crate::market::{CalendarError, Symbol};

/// What is wrong with a scenario, its date or the file.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The text of a scenario or of the universe is not what it should be.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// Which text.
        what: String,
        /// What the parser said.
        why: String,
    },
    /// A number of a scenario is out of its domain.
    #[error("{scenario}: {name} is {value}, which is out of range")]
    OutOfDomain {
        /// The scenario.
        scenario: String,
        /// The number.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The points of a path, or the paces, are missing or not in order of time.
    #[error("{scenario}: {name} is empty or not in order of time")]
    NotInOrder {
        /// The scenario.
        scenario: String,
        /// What is not in order.
        name: &'static str,
    },
    /// A scenario speaks of a security that is not listed.
    #[error("{scenario} speaks of {symbol}, which is not listed")]
    NotListed {
        /// The scenario.
        scenario: String,
        /// The ticker.
        symbol: Symbol,
    },
    /// The date had no opening auction.
    #[error("{scenario}: its date has no opening auction")]
    NoAuction {
        /// The scenario.
        scenario: String,
    },
    /// The date is not a session.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A rule of the market has no answer.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The file could not be written.
    #[error(transparent)]
    Feed(#[from] FeedError),
}
