//! Orders by FIX 4.4 (`docs/fix.md`): requests become messages and messages become reports, without sockets,
//! sequence numbers or clocks. What owns those is the line that runs it.

mod ids;
mod message;
mod number;
mod outgoing;
mod report;
mod session;
mod sweep;
#[cfg(test)]
mod tests;

pub use message::{FixMessage, SOH};
pub use session::FixGateway;

use crate::market::{AccountId, SessionDate, Universe};

/// What a gateway over FIX must know.
#[derive(Clone, Debug)]
pub struct FixAccess {
    /// What our ids begin with, from the journal.
    pub tag: String,
    /// The account whose orders these are.
    pub account: AccountId,
    /// What the counterparty calls it, tag 1.
    pub client: String,
    /// The day.
    pub date: SessionDate,
    /// The day's securities.
    pub universe: Universe,
    /// Whether the counterparty answers what is held (AN, AP).
    pub positions: bool,
    /// Whether it answers how much cash there is (BB, BA).
    pub cash: bool,
}

/// Why a message that came is not used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FixRefusal {
    /// Not `tag=value` fields with the type first.
    #[error("not a message: {text}")]
    Malformed {
        /// Its beginning.
        text: String,
    },
    /// A field without which it says nothing.
    #[error("{kind} without tag {tag}")]
    Missing {
        /// The message's type.
        kind: String,
        /// Which field.
        tag: u32,
    },
    /// A number that is none, or finer than whole units.
    #[error("tag {tag}: `{text}` is not a number of whole 1/{scale}")]
    Number {
        /// Which field.
        tag: u32,
        /// What it says.
        text: String,
        /// Units per whole.
        scale: i64,
    },
    /// A code that means nothing here.
    #[error("tag {tag}: {code} has no meaning here")]
    Code {
        /// Which field.
        tag: u32,
        /// What it says.
        code: String,
    },
    /// The counterparty could not use a message of ours that is no order.
    #[error("our {kind} was refused: {why}")]
    Ours {
        /// The type of ours.
        kind: String,
        /// What it says.
        why: String,
    },
    /// A security of another day.
    #[error("{symbol} is not of this day")]
    Symbol {
        /// Which.
        symbol: String,
    },
}
