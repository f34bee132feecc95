//! What a Binance stream can say beside a change of a book in its usual shape.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::depth::{DepthError, Rung, Update, strict};
use super::super::listing::Listing;
use crate::feed::binance::{Picture, Trade};
use crate::market::{Side, TradePrint};

/// A frame, read strictly.
#[derive(Debug)]
pub(super) enum Said {
    /// A change of a book, now in the `update` that was handed in.
    Change,
    /// A trade: where the instrument stands in the listing, its number, when it was sent, and it.
    Trade { slot: usize, number: u64, event_ms: i64, print: TradePrint },
    /// A request was taken, or an inquiry answered.
    Answer(u64),
    /// A request was refused.
    Refused(String),
}

/// Why a frame was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum SaidError {
    /// A message about a book.
    #[error(transparent)]
    Depth(#[from] DepthError),
    /// A trade that cannot be read.
    #[error("a trade: {0}")]
    Trade(DepthError),
    /// A trade that the market did not make (insurance fund, delisting).
    #[error("a trade of {0}, not of the market")]
    NotMarket(String),
    /// Of a kind that was not asked for.
    #[error("`{0}` was not asked for")]
    NotAskedFor(String),
}

#[derive(Deserialize, Debug)]
struct Frame<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    id: Option<u64>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Reads any frame.
pub(super) fn read(frame: &str, listing: &Listing, update: &mut Update) -> Result<Said, SaidError> {
    let said: Frame<'_> = serde_json::from_str(frame).map_err(strict::shape)?;
    let (message, kind) = match said.data {
        Some(data) => {
            let inner: Frame<'_> = serde_json::from_str(data.get()).map_err(strict::shape)?;
            (data.get(), inner.e)
        }
        None => (frame, said.e),
    };
    match (kind.as_deref(), said.id, said.error) {
        (Some("depthUpdate"), ..) => {
            strict::change(message, listing, update)?;
            Ok(Said::Change)
        }
        (Some("trade"), ..) => trade(message, listing),
        (Some(other), ..) => Err(SaidError::NotAskedFor(strict::shown(other))),
        (None, _, Some(error)) => Ok(Said::Refused(strict::shown(error.get()))),
        (None, Some(id), None) => Ok(Said::Answer(id)),
        (None, None, None) => Err(SaidError::NotAskedFor(strict::shown(frame))),
    }
}

fn trade(json: &str, listing: &Listing) -> Result<Said, SaidError> {
    let trade: Trade = serde_json::from_str(json).map_err(strict::shape)?;
    let slot = listing.find(&trade.s).ok_or_else(|| DepthError::UnknownSymbol(strict::shown(&trade.s)))?;
    if let Some(origin) = trade.origin.as_deref().filter(|origin| *origin != "MARKET") {
        return Err(SaidError::NotMarket(strict::shown(origin)));
    }
    let (price, qty) = strict::traded(&trade.p, &trade.q, slot, listing).map_err(SaidError::Trade)?;
    let aggressor = Some(if trade.m { Side::Sell } else { Side::Buy });
    let print = TradePrint { price, qty, aggressor, buyer: None, seller: None, contract: None };
    let event_ms = strict::time(trade.event_ms)?;
    Ok(Said::Trade { slot, number: trade.t, event_ms, print })
}

/// A picture: up to which update, when it was made where it says so, bids, asks.
pub(super) struct Pictured {
    pub(super) last: u64,
    pub(super) event_ms: Option<i64>,
    pub(super) bids: Vec<Rung>,
    pub(super) asks: Vec<Rung>,
}

/// Reads a picture of the instrument at `slot`.
pub(super) fn picture(document: &str, slot: usize, listing: &Listing) -> Result<Pictured, DepthError> {
    let picture: Picture = serde_json::from_str(document).map_err(strict::shape)?;
    let event_ms = picture.event_ms.map(strict::time).transpose()?;
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    strict::levels(&picture.bids, slot, listing, &mut bids)?;
    strict::levels(&picture.asks, slot, listing, &mut asks)?;
    Ok(Pictured { last: picture.last, event_ms, bids, asks })
}
