//! The same messages from any JSON that says them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::listing::Listing;
use super::{DepthError, LATEST_MS, NumberError, Rung, Scale, Update};
use crate::feed::binance::{Depth, TextLevel};
use crate::market::{Price, Qty};

/// What stands around a message of a stream that has a name.
#[derive(Deserialize, Debug)]
pub(in super::super) struct Envelope<'a> {
    /// The message itself.
    #[serde(borrow)]
    pub(in super::super) data: Option<&'a RawValue>,
}

/// What a message says of itself.
#[derive(Deserialize, Debug)]
struct Kind {
    e: String,
}

/// A change of a book, without anything around it.
pub(in super::super) fn change(json: &str, listing: &Listing, update: &mut Update) -> Result<(), DepthError> {
    let kind: Kind = serde_json::from_str(json).map_err(shape)?;
    if kind.e != "depthUpdate" {
        return Err(DepthError::Shape(format!("`{}` is not depthUpdate", shown(&kind.e))));
    }
    let change: Depth = serde_json::from_str(json).map_err(shape)?;
    let slot = listing.find(&change.s).ok_or_else(|| DepthError::UnknownSymbol(shown(&change.s)))?;
    if change.first > change.u {
        return Err(DepthError::Backwards { first: change.first, last: change.u });
    }
    (update.slot, update.event_ms) = (slot, time(change.event_ms)?);
    (update.first, update.last, update.previous) = (change.first, change.u, change.pu);
    levels(&change.b, slot, listing, &mut update.bids)?;
    levels(&change.a, slot, listing, &mut update.asks)
}

/// Levels on the scales of the instrument at `slot`.
pub(in super::super) fn levels(
    texts: &[TextLevel],
    slot: usize,
    listing: &Listing,
    rungs: &mut Vec<Rung>,
) -> Result<(), DepthError> {
    let listed = &listing.rows()[slot];
    let number = |why| DepthError::Number { slot, symbol: listed.symbol.to_string(), why };
    rungs.clear();
    for (price, qty) in texts {
        rungs.push(rung(price, qty, listed.price, listed.qty).map_err(number)?);
    }
    Ok(())
}

fn rung(price: &str, qty: &str, price_scale: Scale, qty_scale: Scale) -> Result<Rung, NumberError> {
    Ok((Price::from_units(price_scale.read_price(price)?), Qty::from_units(qty_scale.read(qty)?)))
}

/// A time in milliseconds that is one.
pub(in super::super) const fn time(ms: i64) -> Result<i64, DepthError> {
    if 0 <= ms && ms <= LATEST_MS { Ok(ms) } else { Err(DepthError::Time(ms)) }
}

/// What the JSON reader said.
pub(in super::super) fn shape(error: serde_json::Error) -> DepthError {
    DepthError::Shape(shown(&error.to_string()))
}

/// The beginning of a text that came from outside.
pub(in super::super) fn shown(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Price and quantity of a trade: both above zero.
pub(in super::super) fn traded(
    price: &str,
    qty: &str,
    slot: usize,
    listing: &Listing,
) -> Result<Rung, DepthError> {
    let listed = &listing.rows()[slot];
    let number = |why| DepthError::Number { slot, symbol: listed.symbol.to_string(), why };
    let (price, qty) = rung(price, qty, listed.price, listed.qty).map_err(number)?;
    if qty.is_positive() { Ok((price, qty)) } else { Err(number(NumberError::ZeroQty)) }
}
