//! Market data in: recorded days, and importers that make them from what people have.
//!
//! A recorded day is one Parquet file ([`day`]); importers ([`import`]) turn broker downloads,
//! academic order-book files and recorded exchange streams into it, and say line by line what
//! they repaired and what they refused. Daily histories for the models ([`import::History`]) are
//! read here too, as they are. Of a recorded day, everything after this room sees only
//! [`crate::market::MarketEvent`]s in time order.
//!
//! Nothing here invents: a floorsheet has no depth, so the day made of it has none.

mod binance;
pub mod day;
pub mod error;
pub mod evt;
pub mod import;
pub mod live;
pub mod ohlcv;
pub mod recording;
mod stamp;

pub use error::FeedError;
pub use ohlcv::{DayOhlcv, ohlcv};

use crate::market::Timestamp;

/// Milliseconds since the epoch, as exchanges write them.
fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_ns(ms.saturating_mul(1_000_000))
}
