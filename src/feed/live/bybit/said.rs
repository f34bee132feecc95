//! What a Bybit stream says: the usual shape of a book message straight from the bytes, everything else strictly.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::depth::scan::Cursor;
use super::super::depth::{DepthError, Rung, strict};
use super::super::listing::Listing;
use crate::feed::binance::TextLevel;
use crate::market::{Side, TradePrint};

/// A picture or a change of a book.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Book {
    /// Where the instrument stands in the listing.
    pub(super) slot: usize,
    /// Whether it is everything, not a change.
    pub(super) picture: bool,
    /// When the matching engine made it, where said, else when it was sent.
    pub(super) at_ms: i64,
    /// When it was sent.
    pub(super) sent_ms: i64,
    /// Its update number.
    pub(super) update: u64,
    pub(super) bids: Vec<Rung>,
    pub(super) asks: Vec<Rung>,
}

/// A trade.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Trade {
    pub(super) slot: usize,
    pub(super) at_ms: i64,
    pub(super) id: String,
    pub(super) print: TradePrint,
}

/// A frame, read strictly.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// About a book, now in the `book` that was handed in.
    Book,
    /// Trades that can be read, and how many cannot.
    Trades(Vec<Trade>, u64),
    /// The answer to a ping.
    Pong,
    /// A request was taken.
    Taken,
    /// A request was refused.
    Refused(String),
}

/// Why a frame was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum SaidError {
    /// A message about a book.
    #[error(transparent)]
    Depth(#[from] DepthError),
    /// Of a kind that was not asked for.
    #[error("`{0}` was not asked for")]
    NotAskedFor(String),
}

#[derive(Deserialize, Debug)]
struct Frame<'a> {
    #[serde(borrow)]
    topic: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    ts: Option<i64>,
    cts: Option<i64>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    op: Option<Cow<'a, str>>,
    success: Option<bool>,
    ret_msg: Option<String>,
}

#[derive(Deserialize, Debug)]
struct BookText {
    s: String,
    b: Vec<TextLevel>,
    a: Vec<TextLevel>,
    u: u64,
}

#[derive(Deserialize, Debug)]
struct TradeText {
    #[serde(rename = "T")]
    trade_ms: i64,
    s: String,
    #[serde(rename = "S")]
    side: String,
    v: String,
    p: String,
    i: String,
}

/// A book message in the shape that the exchange sends, or `None`.
pub(super) fn scan(frame: &[u8], listing: &Listing, depth: &str, book: &mut Book) -> Option<()> {
    let mut at = Cursor { rest: frame };
    at.skip(b"{\"topic\":\"orderbook.")?;
    at.skip(depth.as_bytes())?;
    at.skip(b".")?;
    book.slot = listing.find(at.name()?)?;
    let listed = listing.rows().get(book.slot)?;
    let picture = at.skip(b",\"type\":\"snapshot\",\"ts\":").is_some();
    if !picture {
        at.skip(b",\"type\":\"delta\",\"ts\":")?;
    }
    book.sent_ms = at.time()?;
    at.skip(b",\"data\":{\"s\":\"")?;
    if at.name()? != listed.symbol.as_str() {
        return None;
    }
    at.skip(b",\"b\":[")?;
    at.levels(listed.price, listed.qty, &mut book.bids)?;
    at.skip(b",\"a\":[")?;
    at.levels(listed.price, listed.qty, &mut book.asks)?;
    at.skip(b",\"u\":")?;
    book.update = at.whole()?;
    if at.skip(b",\"seq\":").is_some() {
        at.whole()?;
    }
    at.skip(b"}")?;
    book.at_ms = if at.skip(b",\"cts\":").is_some() { at.time()? } else { book.sent_ms };
    at.skip(b"}")?;
    book.picture = picture || book.update == RESTART;
    at.rest.is_empty().then_some(())
}

/// The update number of the picture that follows a restart of the exchange's service, whatever its type says.
const RESTART: u64 = 1;

/// Reads any frame.
pub(super) fn read(frame: &str, listing: &Listing, depth: &str, book: &mut Book) -> Result<Said, SaidError> {
    let said: Frame<'_> = serde_json::from_str(frame).map_err(strict::shape)?;
    let Some(topic) = said.topic.as_deref() else { return answer(&said, frame) };
    let data = said.data.map_or("null", RawValue::get);
    let not_asked_for = || SaidError::NotAskedFor(strict::shown(topic));
    if let Some(symbol) = topic.strip_prefix("publicTrade.") {
        slot_of(symbol, listing)?;
        return trades(data, symbol, listing);
    }
    let rest = topic.strip_prefix("orderbook.").ok_or_else(not_asked_for)?;
    let symbol =
        rest.strip_prefix(depth).and_then(|rest| rest.strip_prefix('.')).ok_or_else(not_asked_for)?;
    book.slot = slot_of(symbol, listing)?;
    let text: BookText = serde_json::from_str(data).map_err(strict::shape)?;
    if text.s != symbol {
        return Err(
            DepthError::Shape(format!("{} under {}", strict::shown(&text.s), strict::shown(topic))).into()
        );
    }
    book.picture = match said.kind.as_deref() {
        Some("snapshot") => true,
        Some("delta") => text.u == RESTART,
        other => {
            let other = other.map_or_else(String::new, strict::shown);
            return Err(DepthError::Shape(format!("type `{other}`")).into());
        }
    };
    let sent = said.ts.ok_or_else(|| DepthError::Shape("no `ts`".to_owned()))?;
    book.sent_ms = strict::time(sent)?;
    book.at_ms = strict::time(said.cts.unwrap_or(sent))?;
    book.update = text.u;
    strict::levels(&text.b, book.slot, listing, &mut book.bids)?;
    strict::levels(&text.a, book.slot, listing, &mut book.asks)?;
    Ok(Said::Book)
}

fn slot_of(symbol: &str, listing: &Listing) -> Result<usize, DepthError> {
    listing.find(symbol).ok_or_else(|| DepthError::UnknownSymbol(strict::shown(symbol)))
}

fn answer(said: &Frame<'_>, frame: &str) -> Result<Said, SaidError> {
    match (said.op.as_deref(), said.success) {
        (Some("ping" | "pong"), _) => Ok(Said::Pong),
        (Some("subscribe" | "unsubscribe"), Some(true)) => Ok(Said::Taken),
        (Some("subscribe" | "unsubscribe"), Some(false)) => {
            Ok(Said::Refused(strict::shown(said.ret_msg.as_deref().unwrap_or("no reason given"))))
        }
        _ => Err(SaidError::NotAskedFor(strict::shown(frame))),
    }
}

fn trades(data: &str, symbol: &str, listing: &Listing) -> Result<Said, SaidError> {
    let texts: Vec<TradeText> = serde_json::from_str(data).map_err(strict::shape)?;
    let (mut trades, mut refused) = (Vec::with_capacity(texts.len()), 0);
    for text in texts {
        match trade(text, symbol, listing) {
            Ok(trade) => trades.push(trade),
            Err(_) => refused += 1,
        }
    }
    Ok(Said::Trades(trades, refused))
}

fn trade(text: TradeText, symbol: &str, listing: &Listing) -> Result<Trade, DepthError> {
    let slot = slot_of(&text.s, listing)?;
    let aggressor = match text.side.as_str() {
        "Buy" => Side::Buy,
        "Sell" => Side::Sell,
        other => return Err(DepthError::Shape(format!("side `{}`", strict::shown(other)))),
    };
    if text.s != symbol {
        return Err(DepthError::UnknownSymbol(strict::shown(&text.s)));
    }
    let (price, qty) = strict::traded(&text.p, &text.v, slot, listing)?;
    let print =
        TradePrint { price, qty, aggressor: Some(aggressor), buyer: None, seller: None, contract: None };
    Ok(Trade { slot, at_ms: strict::time(text.trade_ms)?, id: text.i, print })
}
