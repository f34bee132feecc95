//! The venue protocol: what the simulated exchange and its clients say to each other.
//!
//! JSON text frames over WebSocket, one object a frame, `type` first. `docs/protocol.md` is the page from
//! which a client can be written; this room is its types and nothing else: no socket, no state. The exchange
//! itself speaks in the words of order entry ([`Reject`], [`OrderEvent`], [`Standing`]).
//!
//! Prices and money are whole paisa, quantities whole shares, moments nanoseconds since 1970 UTC on the
//! exchange's clock. A field that a reader does not know is an error on the way in and may be ignored on the
//! way out; a change that a client must know of is a new [`VERSION`].

mod client;
mod event;
mod market;
mod order;
mod reject;
mod server;

#[cfg(test)]
mod tests;

pub use client::ClientFrame;
pub use event::{CancelledBy, OrderEvent};
pub use market::{MarketSaid, Said};
pub use order::{ClientId, ExchangeOrderId, Market, Standing};
pub use reject::Reject;
pub use server::{
    AccountPicture, Banner, HaltPicture, HoldingPicture, OrderPicture, SecurityPicture, ServerFrame,
    SnapshotPicture,
};

/// The version of the protocol. A client that says another is refused.
pub const VERSION: u32 = 1;

/// The longest frame a server takes, in bytes.
pub const LONGEST_REQUEST: usize = 4_096;

/// The longest frame a client must be ready for, in bytes.
pub const LONGEST_FRAME: usize = 4 << 20;

/// A frame that is not one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a frame of this protocol: {0}")]
pub struct WireError(pub String);
