//! The exchange as a server: many connections, one hall.
//!
//! [`Hall`] is the whole venue without sockets: the day that runs, who is who, what was said under which number,
//! every report kept so that a lost one can be asked for again. It is a plain state: requests and moments in,
//! frames out. [`serve`] puts it behind WebSocket, with one task that owns it; a connection is two small tasks with
//! bounded queues. Market data that a slow reader does not take is dropped and replaced by a full picture;
//! reports never are: a reader too slow for them is cut off and may ask for them when it comes back.
//!
//! `docs/protocol.md` says what goes over the wire.

mod clock;
mod connection;
mod fault;
mod hall;
mod hub;

#[cfg(test)]
mod tests;

pub use clock::VenueClock;
pub use hall::{Hall, HallError, Seat};
pub use hub::{ServeOptions, ServeStats, serve};
