//! Alerts: what a person should look at, by how much it matters.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LineState, OperatorId};
use crate::execution::{ClientOrderId, Incident, RejectReason};
use crate::market::{InstrumentId, SessionPhase, SourceId, Timestamp};
use crate::model::anomaly::Verdict;
use crate::model::regime::Regime;

/// How much it matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Look when you can.
    Medium,
    /// Look now.
    High,
    /// Act now.
    Critical,
}

impl Severity {
    /// One letter, as the screen counts them.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Low => 'L',
            Self::Medium => 'M',
            Self::High => 'H',
            Self::Critical => 'C',
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// What happened. The screen makes the words; the numbers are here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The exchange stopped trading.
    MarketHalted {
        /// The index step, where known.
        level: Option<u8>,
        /// Whether it was found in the record rather than reported.
        inferred: bool,
    },
    /// Trading goes on after a halt.
    MarketResumed {
        /// How long it lasted.
        after_ns: i64,
    },
    /// The session entered a phase.
    Phase(SessionPhase),
    /// The market regime changed its label.
    Regime {
        /// Label now.
        label: Regime,
        /// Filtered probability of stress, parts per million.
        p_stress_ppm: u32,
    },
    /// A feed has been silent for too long.
    FeedStale {
        /// Which one.
        source: SourceId,
        /// For how long.
        silent_ns: i64,
    },
    /// A feed speaks again.
    FeedBack {
        /// Which one.
        source: SourceId,
    },
    /// The first message of an instrument that had to be quarantined.
    Quarantined {
        /// Which instrument.
        instrument: InstrumentId,
        /// What was found.
        verdict: Verdict,
    },
    /// More than one message in twenty had to be quarantined.
    QuarantineRate {
        /// Parts per million of what was received.
        rate_ppm: u32,
    },
    /// A sequence number is missing: nothing of this instrument is believed.
    SymbolHalted {
        /// Which instrument.
        instrument: InstrumentId,
    },
    /// The venue refused an order or a change.
    OrderRejected {
        /// Which order.
        id: ClientOrderId,
        /// Why.
        reason: RejectReason,
    },
    /// Nobody knows what became of an order.
    OrderUnknown {
        /// Which order.
        id: ClientOrderId,
    },
    /// A report that cannot be true.
    Incident(Incident),
    /// Orders cannot leave: the line to the gateway is not live.
    GatewayDown {
        /// Where it stands.
        state: LineState,
    },
    /// The line to the gateway has been down so long that no open order is known any more (B12).
    GatewayLost {
        /// For how long.
        down_ns: i64,
        /// Open orders that are now unknown.
        unknown: usize,
    },
    /// The line to the gateway is live again.
    GatewayBack,
    /// The line of a feed is not live: what is shown of the market may be wrong.
    FeedDown {
        /// Which one.
        source: SourceId,
        /// Where it stands.
        state: LineState,
    },
    /// The gateway has something otherwise than we do; nothing new is sent before that is settled (B18).
    BooksDiffer {
        /// How many things.
        differences: usize,
    },
    /// The gateway has everything as we do, after it had not or was not heard of.
    BooksAgree,
    /// A person accepted what the gateway has otherwise.
    DifferenceAccepted {
        /// Who.
        by: OperatorId,
        /// How many things.
        differences: usize,
    },
    /// New orders were stopped.
    Stopped {
        /// By whom.
        by: OperatorId,
    },
    /// The stop was undone.
    Released {
        /// By whom.
        by: OperatorId,
    },
}

impl AlertKind {
    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Incident(_) | Self::GatewayLost { .. } | Self::BooksDiffer { .. } => Severity::Critical,
            Self::MarketHalted { .. }
            | Self::Regime { label: Regime::Stress, .. }
            | Self::FeedStale { .. }
            | Self::QuarantineRate { .. }
            | Self::OrderUnknown { .. }
            | Self::GatewayDown { .. }
            | Self::FeedDown { .. }
            | Self::DifferenceAccepted { .. }
            | Self::Stopped { .. } => Severity::High,
            Self::MarketResumed { .. }
            | Self::Regime { .. }
            | Self::SymbolHalted { .. }
            | Self::OrderRejected { .. }
            | Self::Released { .. } => Severity::Medium,
            Self::Phase(_)
            | Self::FeedBack { .. }
            | Self::GatewayBack
            | Self::BooksAgree
            | Self::Quarantined { .. } => Severity::Low,
        }
    }

    /// The instrument it is about, if it is about one.
    #[must_use]
    pub const fn instrument(&self) -> Option<InstrumentId> {
        match self {
            Self::Quarantined { instrument, .. } | Self::SymbolHalted { instrument } => Some(*instrument),
            _ => None,
        }
    }
}

/// One alert and what became of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// Its number, from 1.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: AlertKind,
    /// Who noted it.
    pub acknowledged: Option<OperatorId>,
    /// Put away until.
    pub shelved_until: Option<Timestamp>,
}

/// How many alerts are kept in memory; the journal has all of them.
const KEPT: usize = 512;

/// The alerts of the session, oldest first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct AlertLog {
    raised: u64,
    list: VecDeque<Alert>,
}

impl AlertLog {
    /// Raises an alert and returns it.
    pub fn raise(&mut self, at: Timestamp, kind: AlertKind) -> Alert {
        self.raised += 1;
        let alert = Alert { id: self.raised, at, kind, acknowledged: None, shelved_until: None };
        if self.list.len() == KEPT {
            self.list.pop_front();
        }
        self.list.push_back(alert.clone());
        alert
    }

    /// How many were ever raised.
    #[must_use]
    pub const fn raised(&self) -> u64 {
        self.raised
    }

    /// Those kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.list.iter()
    }

    /// One of those kept.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Alert> {
        self.list.iter_mut().find(|alert| alert.id == id)
    }
}
