//! What follows from an input.

use serde::{Deserialize, Serialize};

use super::{Alert, OperatorId};
use crate::execution::{ClientOrderId, GatewayRequest, OrderState};
use crate::market::{Halt, InstrumentId, Money, Price, Qty, SessionPhase, Timestamp};
use crate::model::anomaly::Verdict;
use crate::model::regime::Regime;
use crate::risk::Denial;

/// One consequence. Those that leave the process do so only after the input is durable; all of
/// them, in order, make the `decisions` digest of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// To the gateway.
    Request(GatewayRequest),
    /// A command was denied, for all these reasons.
    Denied {
        /// The command's sequence number.
        seq: u64,
        /// Who gave it.
        by: OperatorId,
        /// Why.
        denials: Vec<Denial>,
    },
    /// An order moved.
    OrderMoved {
        /// Which one.
        id: ClientOrderId,
        /// Where it stands.
        state: OrderState,
    },
    /// Shares of ours traded.
    Filled {
        /// Which order.
        id: ClientOrderId,
        /// Shares.
        qty: Qty,
        /// Price.
        price: Price,
        /// What it cost in charges.
        charges: Money,
    },
    /// The filter found something about a message.
    Verdict {
        /// Which instrument.
        instrument: InstrumentId,
        /// All findings.
        verdict: Verdict,
    },
    /// The quote of an instrument became, or stopped being, crossed or unusually wide.
    QuoteState {
        /// Which instrument.
        instrument: InstrumentId,
        /// Bid at or above ask.
        crossed: bool,
        /// Far wider than usual.
        wide: bool,
    },
    /// The session entered a phase.
    Phase(SessionPhase),
    /// The exchange stopped or resumed trading.
    MarketHalt(Halt),
    /// The market regime changed its label: exactly one per change.
    Regime {
        /// Label before.
        old: Regime,
        /// Label now.
        new: Regime,
        /// Filtered probability of stress, parts per million.
        p_stress_ppm: u32,
        /// Bar of the session it happened at.
        bar: u32,
    },
    /// Trading was stopped or released by a person.
    Trading {
        /// Whether it is halted now.
        halted: bool,
        /// By whom.
        by: OperatorId,
    },
    /// Somebody should look.
    Alert(Alert),
    /// An alert was noted or put away.
    AlertNoted {
        /// Which one.
        alert: u64,
        /// By whom.
        by: OperatorId,
        /// Until when, if it was put away.
        until: Option<Timestamp>,
    },
}

impl Output {
    /// Whether it leaves the process and must wait for the journal.
    #[must_use]
    pub const fn leaves(&self) -> bool {
        matches!(self, Self::Request(_))
    }
}
