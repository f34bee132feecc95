//! What a client says.

use serde::{Deserialize, Serialize};

use super::{ClientId, LONGEST_REQUEST, Market, WireError};
use crate::market::{Price, Qty, Side, Symbol};

/// One frame of a client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// First of all: who it is. Answered by a banner, or refused and closed.
    Hello {
        /// The version it speaks.
        version: u32,
        /// What the operator of the venue gave it. Decides the account.
        token: String,
    },
    /// Market data, from a full picture on.
    Subscribe {},
    /// A new order.
    New {
        /// The client's own id, taken once and for all.
        client_id: ClientId,
        /// What.
        symbol: Symbol,
        /// Which way.
        side: Side,
        /// How many shares.
        qty: Qty,
        /// The worst price acceptable.
        limit: Price,
        /// Which book.
        #[serde(default)]
        market: Market,
    },
    /// Other shares or limit for an order.
    Amend {
        /// Which one.
        client_id: ClientId,
        /// New total quantity, fills included.
        qty: Qty,
        /// New limit.
        limit: Price,
    },
    /// Takes an order back.
    Cancel {
        /// Which one.
        client_id: ClientId,
    },
    /// Takes every open order back, or those of a security, or those of a side of it.
    CancelMany {
        /// Of which security; of all without.
        #[serde(default)]
        symbol: Option<Symbol>,
        /// Of which side; of both without. Means nothing without a security.
        #[serde(default)]
        side: Option<Side>,
    },
    /// Asks what became of an order.
    Query {
        /// Which one.
        client_id: ClientId,
    },
    /// Asks for every order of the day.
    Orders {},
    /// Asks for cash and holdings.
    Account {},
    /// Asks for the reports after a number once more.
    Resend {
        /// The last one it has.
        after: u64,
    },
    /// Asks for a sign of life.
    Ping {
        /// Comes back.
        n: u64,
    },
}

impl ClientFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`WireError`] for anything that is too long or not exactly one frame.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        if text.len() > LONGEST_REQUEST {
            return Err(WireError(format!("{} bytes, the most is {LONGEST_REQUEST}", text.len())));
        }
        serde_json::from_str(text).map_err(|e| WireError(e.to_string()))
    }

    /// The frame as text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a frame has no map with keys that are not text")
    }
}
