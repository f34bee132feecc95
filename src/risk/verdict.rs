//! What each check said of an order: passed, warned, blocked, or did not apply (K1).
//!
//! The whole list is kept, so that a screen can show what was looked at and not only what failed.

use serde::{Deserialize, Serialize};

use super::Denial;
use crate::market::{Money, Price};

/// One check of K1, by what it looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether we have halted trading (P04).
    Trading,
    /// Whether the instrument may be traded here at all (P02).
    Listed,
    /// Whether the session takes orders (P03).
    Phase,
    /// Known symbol and account, quantity, lot, price, tick (P01).
    Form,
    /// Daily band and order-entry band (P06).
    Band,
    /// Value of the order (P13).
    Value,
    /// Cash after charges (P20).
    Cash,
    /// Shares that can be sold (P21).
    Sellable,
    /// Whether the exchange has halted the market (P23).
    MarketHalt,
    /// Whether market data is live (P30).
    Data,
    /// Whether the gateway is there and has the same as we do (P36).
    Reconciled,
}

impl Check {
    /// Every check there is, in the order in which refusals are listed.
    pub const ALL: [Self; 11] = [
        Self::Trading,
        Self::Listed,
        Self::Phase,
        Self::Form,
        Self::Band,
        Self::Value,
        Self::Cash,
        Self::Sellable,
        Self::MarketHalt,
        Self::Data,
        Self::Reconciled,
    ];

    /// Its number in K1.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Trading => "P04",
            Self::Listed => "P02",
            Self::Phase => "P03",
            Self::Form => "P01",
            Self::Band => "P06",
            Self::Value => "P13",
            Self::Cash => "P20",
            Self::Sellable => "P21",
            Self::MarketHalt => "P23",
            Self::Data => "P30",
            Self::Reconciled => "P36",
        }
    }
}

/// Why a check warns although it lets the order through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The limit is within two ticks of the end of a band.
    NearBand {
        /// The limit asked for.
        limit: Price,
        /// Lowest allowed.
        low: Price,
        /// Highest allowed.
        high: Price,
    },
    /// The value is so small that fixed charges weigh on it.
    SmallValue {
        /// Price times quantity.
        value: Money,
        /// Below this it warns.
        least: Money,
    },
    /// The exchange has halted the market: the order may rest, and does not trade before it resumes.
    MarketHalted,
}

/// What a check said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to say.
    Pass,
    /// Let through, with something to know.
    Warn(Warning),
    /// Not let through, for these reasons.
    Block(Vec<Denial>),
    /// The check has nothing to look at in this order.
    NotApplicable,
}

/// One check and what it said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which check.
    pub check: Check,
    /// What it said.
    pub verdict: Verdict,
}

/// The results of an order that could not be looked at: its symbol or account is not known.
#[must_use]
pub fn unknown(denials: &[Denial]) -> Vec<CheckResult> {
    let verdict = |check| match check {
        Check::Form => Verdict::Block(denials.to_vec()),
        _ => Verdict::NotApplicable,
    };
    Check::ALL.map(|check| CheckResult { check, verdict: verdict(check) }).to_vec()
}

/// Every refusal in a list of results, in its order.
#[must_use]
pub fn denials(results: &[CheckResult]) -> Vec<Denial> {
    let blocks = results.iter().filter_map(|r| match &r.verdict {
        Verdict::Block(denials) => Some(denials),
        _ => None,
    });
    blocks.flatten().cloned().collect()
}
