//! What the market does, on the wire.

use serde::{Deserialize, Serialize};

use crate::market::{BrokerId, ContractNo, Price, Qty, SessionPhase, Side, Symbol, Timestamp};

/// One thing the exchange said to everybody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// Its number; the next is one more.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Whether the book may be looked at after it: the last of a batch that belongs together.
    #[serde(default, skip_serializing_if = "is_false")]
    pub last: bool,
    /// What.
    #[serde(flatten)]
    pub what: MarketSaid,
}

/// What.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MarketSaid {
    /// Shares changed hands.
    Trade {
        /// Of which security.
        symbol: Symbol,
        /// At.
        price: Price,
        /// Shares.
        qty: Qty,
        /// The buyer's broker.
        buyer: BrokerId,
        /// The seller's broker.
        seller: BrokerId,
        /// The contract.
        contract: ContractNo,
        /// Printed by the opening auction.
        #[serde(default, skip_serializing_if = "is_false")]
        auction: bool,
    },
    /// A level of the shown five now holds this; nothing takes it away.
    Level {
        /// Of which security.
        symbol: Symbol,
        /// Which side.
        side: Side,
        /// At.
        price: Price,
        /// Shares there.
        qty: Qty,
        /// Orders there.
        orders: u32,
    },
    /// Every level of a security is gone.
    Clear {
        /// Of which security.
        symbol: Symbol,
    },
    /// The session entered a phase.
    Phase {
        /// Which.
        phase: SessionPhase,
    },
    /// Trading stopped.
    HaltStart {
        /// The index step that did it.
        level: Option<u8>,
        /// Until when; the rest of the day without.
        until: Option<Timestamp>,
    },
    /// Trading goes on.
    HaltEnd {},
    /// The index.
    Index {
        /// Hundredths of a point.
        points_e2: i64,
        /// The close before, in hundredths of a point.
        previous_close_e2: Option<i64>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serialiser hands a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
