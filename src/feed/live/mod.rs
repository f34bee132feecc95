//! Market data as it happens, without the sockets.
//!
//! A [`FeedSession`] is one source's protocol as a plain state machine: it is told that a connection stands, what
//! was heard, that time has passed, and says what to send, what to fetch, and which market events follow. It holds
//! no socket, file, thread or clock, so that every order of cuts, gaps and silences can be tried in memory. What
//! opens connections for it is in [`crate::runtime`].

mod backoff;
mod beat;
mod binance;
mod bybit;
pub mod depth;
mod exchange;
mod link;
mod listing;
pub mod nepse_site;
mod pulse;
mod rungs;
mod session;
mod venue;

pub use backoff::Backoff;
pub use beat::{Beat, Sign};
pub use binance::{BinanceMarket, BinanceSession, BinanceSettings};
pub use bybit::{BybitSession, BybitSettings};
pub use exchange::{Exchange, ListingError, gridded};
pub use listing::{Listed, Listing};
pub use nepse_site::{NepseSiteSession, NepseSiteSettings};
pub use session::{Close, FeedOut, FeedSession, FeedStats, Fetch, SourceClock};
pub use venue::VenueFeed;
