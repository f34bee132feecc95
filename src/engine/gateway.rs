//! What is known of the gateway: its line, its reports' numbers, and whether its books agree with ours.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::GatewayKind;
use crate::execution::{ClientOrderId, Difference, LineState, Statement};
use crate::market::Timestamp;
use crate::market::time::NS_PER_S;
use crate::risk::Denial;

/// After everything that will ever be due.
const NEVER: Timestamp = Timestamp::from_ns(i64::MAX);
/// How long a request may go unanswered before its order is unknown, and a question before it is asked again.
pub(super) const ANSWER_NS: i64 = 5 * NS_PER_S;
/// How often the same question is asked.
pub(super) const QUESTIONS: u8 = 3;
/// A line down for longer leaves no open order known (B12).
pub(super) const LOST_NS: i64 = 30 * NS_PER_S;
/// From one comparison of the books to the next while they agree.
const CHECK_NS: i64 = 60 * NS_PER_S;
/// The same while they do not, or have not been compared.
const CHECK_SOON_NS: i64 = 2 * NS_PER_S;

/// Whether the gateway has the same as we do.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Not compared since the line came up.
    #[default]
    NotYet,
    /// The same.
    Agreed {
        /// When that was last seen.
        at: Timestamp,
    },
    /// Not the same, and nobody has accepted it.
    Differs {
        /// When that was first seen.
        at: Timestamp,
        /// What.
        differences: Vec<Difference>,
        /// What the gateway stated last.
        statement: Box<Statement>,
    },
}

impl Agreement {
    /// A number that stands for the differences that are shown; accepting names it. 0 where there are none.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let Self::Differs { differences, .. } = self else { return 0 };
        let bytes = postcard::to_stdvec(differences).expect("differences have a wire form");
        bytes.iter().fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
    }

    /// The differences, if there are any.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::Differs { differences, .. } => differences,
            Self::NotYet | Self::Agreed { .. } => &[],
        }
    }
}

/// An answer that is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Wait {
    /// How often it has been asked what became of it.
    pub(super) asked: u8,
    /// When it is too late.
    pub(super) due: Timestamp,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GatewayState {
    /// What kind it is.
    pub kind: GatewayKind,
    /// Where its line stands; always live for one inside.
    pub line: LineState,
    /// Since when.
    pub since: Timestamp,
    /// The number of the last report taken in.
    pub reports: u64,
    /// Reports that came again and changed nothing.
    pub duplicates: u64,
    /// Whether its books agree with ours.
    pub agreement: Agreement,
    /// What a person has accepted and cannot be made the same.
    pub accepted: Vec<Difference>,
    /// Cancels asked for while nothing could be sent: they go out first when the line is back.
    pub(super) cancels: BTreeSet<ClientOrderId>,
    /// Answers that are waited for.
    pub(super) waits: BTreeMap<ClientOrderId, Wait>,
    /// When no open order will be known any more.
    pub(super) lost_due: Timestamp,
    /// When the books are compared next.
    pub(super) check_due: Timestamp,
}

impl Default for GatewayState {
    /// The one of a recorded day.
    fn default() -> Self {
        Self::new(GatewayKind::Inside)
    }
}

impl GatewayState {
    pub(super) const fn new(kind: GatewayKind) -> Self {
        let inside = matches!(kind, GatewayKind::Inside);
        Self {
            kind,
            line: if inside { LineState::Live } else { LineState::Connecting },
            since: Timestamp::from_ns(0),
            reports: 0,
            duplicates: 0,
            agreement: Agreement::NotYet,
            accepted: Vec::new(),
            cancels: BTreeSet::new(),
            waits: BTreeMap::new(),
            lost_due: NEVER,
            check_due: NEVER,
        }
    }

    /// Whether it is a venue over a line.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(self.kind, GatewayKind::Remote)
    }

    /// Whether a cancel of an order waits for the line to be back.
    #[must_use]
    pub fn cancel_waits(&self, id: ClientOrderId) -> bool {
        self.cancels.contains(&id)
    }

    /// How often it has been asked what became of an order whose answer is waited for.
    #[must_use]
    pub fn asked(&self, id: ClientOrderId) -> Option<u8> {
        self.waits.get(&id).map(|wait| wait.asked)
    }

    /// Why nothing new may be sent, if nothing may.
    #[must_use]
    pub fn refuses(&self) -> Option<Denial> {
        if matches!(self.kind, GatewayKind::Inside) {
            return None;
        }
        if !self.line.is_live() {
            return Some(Denial::GatewayDown { state: self.line });
        }
        match (&self.agreement, self.kind) {
            (Agreement::Agreed { .. }, _) | (Agreement::NotYet, GatewayKind::Manual) => None,
            (Agreement::NotYet, _) => Some(Denial::NotReconciled),
            (Agreement::Differs { differences, .. }, _) => {
                Some(Denial::BooksDiffer { differences: differences.len() })
            }
        }
    }

    /// When something is due here without an input.
    pub(super) fn due(&self) -> Timestamp {
        let answer = self.waits.values().map(|wait| wait.due).min().unwrap_or(NEVER);
        answer.min(self.lost_due).min(self.check_due)
    }

    /// Plans the next comparison.
    pub(super) fn plan_check(&mut self, now: Timestamp) {
        let settled = matches!(self.agreement, Agreement::Agreed { .. });
        self.check_due = now.plus_ns(if settled { CHECK_NS } else { CHECK_SOON_NS });
    }

    /// The next comparison is soon, whatever the last one said.
    pub(super) const fn plan_check_soon(&mut self, now: Timestamp) {
        self.check_due = now.plus_ns(CHECK_SOON_NS);
    }

    /// Nothing is compared before the line is live again.
    pub(super) const fn plan_no_check(&mut self) {
        self.check_due = NEVER;
    }

    pub(super) const fn plan_no_loss(&mut self) {
        self.lost_due = NEVER;
    }
}
