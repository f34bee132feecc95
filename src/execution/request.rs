//! What is asked of a gateway.

use serde::{Deserialize, Serialize};

use super::ClientOrderId;
use crate::market::{AccountId, InstrumentId, Price, Qty, Side};

/// A day limit order as the desk wants it. NEPSE takes limit orders for the day only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewOrder {
    /// For whom.
    pub account: AccountId,
    /// What.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How many shares.
    pub qty: Qty,
    /// The worst price acceptable.
    pub limit: Price,
}

/// One request to a gateway. It leaves only after the input that caused it is durable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayRequest {
    /// Enter an order.
    New {
        /// Our id, decided once, from the journal sequence.
        id: ClientOrderId,
        /// The order.
        order: NewOrder,
    },
    /// Change quantity or limit of an order.
    Amend {
        /// Which one.
        id: ClientOrderId,
        /// New total quantity, fills included.
        qty: Qty,
        /// New limit.
        limit: Price,
    },
    /// Take an order back.
    Cancel {
        /// Which one.
        id: ClientOrderId,
    },
    /// Say what became of an order. Asked where an answer is missing; the order itself is never sent again.
    Query {
        /// Which one.
        id: ClientOrderId,
    },
    /// Say what there is: every order of the day, cash, holdings.
    State,
}

impl GatewayRequest {
    /// The order it is about; `None` if it is about all there is.
    #[must_use]
    pub const fn id(&self) -> Option<ClientOrderId> {
        match self {
            Self::New { id, .. } | Self::Amend { id, .. } | Self::Cancel { id } | Self::Query { id } => {
                Some(*id)
            }
            Self::State => None,
        }
    }
}
