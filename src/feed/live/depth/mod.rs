//! A change of a Binance order book, from bytes to whole numbers.
//!
//! [`read`] takes the one shape the exchange sends (fields in its order, no blanks) straight from the bytes.
//! Anything else goes to [`read_strictly`], which takes every JSON text that says the same: other order,
//! blanks, escapes, further fields. What the first takes, the second takes with the same result; what the first
//! does not take is not wrong for that. No number passes through a float, and what does not fit the scale of the
//! instrument exactly is refused, never rounded.

mod decimal;
pub(super) mod scan;
pub(super) mod strict;

#[cfg(test)]
mod tests;

use super::listing::Listing;
use crate::market::{Price, Qty};

pub use decimal::{NumberError, Scale};

/// A price and the new total there; a total of zero removes the level.
pub type Rung = (Price, Qty);

/// A change of one book. Totals by price, not differences.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Update {
    /// Which instrument: its place in the listing.
    pub slot: usize,
    /// When the exchange sent it, in milliseconds since 1970 UTC.
    pub event_ms: i64,
    /// The first update in it.
    pub first: u64,
    /// The last update in it.
    pub last: u64,
    /// The last update of the change before it, where the market says so (futures).
    pub previous: Option<u64>,
    /// Bids that changed.
    pub bids: Vec<Rung>,
    /// Asks that changed.
    pub asks: Vec<Rung>,
}

/// Why a message about a book was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DepthError {
    /// Not JSON, or not of the fields and types of such a message.
    #[error("not a message about a book: {0}")]
    Shape(String),
    /// About an instrument that was not asked for.
    #[error("about {0}, which was not asked for")]
    UnknownSymbol(String),
    /// A price or quantity that cannot be read exactly.
    #[error("{symbol}: {why}")]
    Number {
        /// The place of the instrument in the listing.
        slot: usize,
        /// Its name.
        symbol: String,
        /// What is wrong with the number.
        why: NumberError,
    },
    /// Its first update is after its last.
    #[error("updates {first} to {last} run backwards")]
    Backwards {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A time that is none.
    #[error("{0} ms is no time")]
    Time(i64),
}

/// Reads a change of a book into `update`, whose lists are used again. After an error `update` means nothing.
///
/// # Errors
/// See [`DepthError`].
pub fn read(frame: &[u8], listing: &Listing, update: &mut Update) -> Result<(), DepthError> {
    if scan::change(frame, listing, update).is_some() {
        return Ok(());
    }
    read_strictly(frame, listing, update)
}

/// Reads a change of a book from any JSON that says one, with or without the name of its stream around it.
///
/// # Errors
/// See [`DepthError`].
pub fn read_strictly(frame: &[u8], listing: &Listing, update: &mut Update) -> Result<(), DepthError> {
    let text = std::str::from_utf8(frame).map_err(|e| DepthError::Shape(e.to_string()))?;
    let envelope: strict::Envelope<'_> = serde_json::from_str(text).map_err(strict::shape)?;
    strict::change(envelope.data.map_or(text, |data| data.get()), listing, update)
}

/// The latest millisecond that is still a time in nanoseconds.
pub(super) const LATEST_MS: i64 = i64::MAX / 1_000_000;
