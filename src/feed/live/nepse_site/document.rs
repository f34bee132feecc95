//! The documents of the exchange's site as values. Numbers are read from their text.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveDateTime;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::depth::{NumberError, Scale, strict::shown};
use super::super::listing::Listing;
use crate::market::{
    BrokerId, ContractNo, LevelUpdate, Money, Price, Qty, SessionDate, SessionPhase, Side, Timestamp,
    TradePrint,
};

/// Why a document, or a row of one, was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or not of these fields and types.
    #[error("not such a document: {0}")]
    Shape(String),
    /// About a security that was not asked for.
    #[error("about {0}, which was not asked for")]
    UnknownSymbol(String),
    /// A number that cannot be read exactly.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// Not a time or a date.
    #[error("`{0}` is no time")]
    Time(String),
    /// A time that this machine's clock will only reach after more than an hour: it would hide everything that really
    /// comes later.
    #[error("`{0}` is ahead of this machine's clock")]
    Ahead(String),
    /// Quantity times rate is another amount.
    #[error("{qty} shares at {price} are not {amount}")]
    Amount {
        /// Shares.
        qty: Qty,
        /// The rate.
        price: Price,
        /// What the row says.
        amount: Money,
    },
    /// A level on the wrong side, of nothing, or twice.
    #[error("the level at {0} cannot be")]
    Level(Price),
}

fn shape(error: serde_json::Error) -> DocumentError {
    DocumentError::Shape(shown(&error.to_string()))
}

/// The text of a number, with or without quotation marks around it. The site writes large amounts with a power of
/// ten; these are written out.
fn number(raw: &RawValue) -> Result<Cow<'_, str>, DocumentError> {
    let text = raw.get();
    if text.starts_with('"') {
        return serde_json::from_str::<String>(text).map(Cow::Owned).map_err(shape);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return Err(DocumentError::Shape(format!("`{}` is not a number", shown(text))));
    }
    let Some((mantissa, power)) = text.split_once(['e', 'E']) else { return Ok(Cow::Borrowed(text)) };
    let power = power.parse::<usize>().ok().filter(|power| *power <= 18);
    let power = power.ok_or_else(|| NumberError::Exponent(shown(text)))?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let padded = format!("{fraction:0<power$}");
    let (moved, rest) = padded.split_at(power);
    Ok(Cow::Owned(if rest.is_empty() { format!("{whole}{moved}") } else { format!("{whole}{moved}.{rest}") }))
}

const WHOLE: Scale = match Scale::of(1) {
    Some(scale) => scale,
    None => unreachable!(),
};
pub(super) const PAISA: Scale = match Scale::of(100) {
    Some(scale) => scale,
    None => unreachable!(),
};

fn whole(raw: &RawValue) -> Result<i64, DocumentError> {
    Ok(WHOLE.read(&number(raw)?)?)
}

pub(super) fn price(raw: &RawValue, scale: Scale) -> Result<Price, DocumentError> {
    Ok(Price::from_units(scale.read_price(&number(raw)?)?))
}

fn qty(raw: &RawValue, scale: Scale) -> Result<Qty, DocumentError> {
    match scale.read(&number(raw)?)? {
        0 => Err(NumberError::ZeroQty.into()),
        units => Ok(Qty::from_units(units)),
    }
}

fn slot_of(symbol: &str, listing: &Listing) -> Result<usize, DocumentError> {
    listing.find(symbol).ok_or_else(|| DocumentError::UnknownSymbol(shown(symbol)))
}

/// A time of the site that is not after `latest`.
pub(super) fn nepal(text: &str, latest: Timestamp) -> Result<Timestamp, DocumentError> {
    let at = any_nepal(text)?;
    if at > latest { Err(DocumentError::Ahead(shown(text))) } else { Ok(at) }
}

/// A time of the site: Nepal time, without saying so.
fn any_nepal(text: &str) -> Result<Timestamp, DocumentError> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"));
    let at = time.ok().and_then(|time| Timestamp::nepal(time.date().into(), time.time()));
    at.ok_or_else(|| DocumentError::Time(shown(text)))
}

/// The most levels of one side. The site shows the best five.
const LEVELS_MAX: usize = 200;

#[derive(Deserialize)]
struct DepthText<'a> {
    symbol: String,
    #[serde(rename = "marketDepth", borrow)]
    depth: DepthLists<'a>,
}

#[derive(Deserialize)]
struct DepthLists<'a> {
    #[serde(rename = "buyMarketDepthList", borrow)]
    buy: Vec<DepthRow<'a>>,
    #[serde(rename = "sellMarketDepthList", borrow)]
    sell: Vec<DepthRow<'a>>,
}

#[derive(Deserialize)]
struct DepthRow<'a> {
    #[serde(rename = "orderBookOrderPrice", borrow)]
    price: &'a RawValue,
    #[serde(borrow)]
    quantity: &'a RawValue,
    #[serde(rename = "orderCount")]
    orders: u32,
    #[serde(rename = "isBuy")]
    side: u8,
}

/// The best levels of one book: where the security stands in the listing, and they. In the pre-open session bids
/// may stand above asks, so that is no fault.
pub(super) fn depth(text: &str, listing: &Listing) -> Result<(usize, Vec<LevelUpdate>), DocumentError> {
    let said: DepthText<'_> = serde_json::from_str(text).map_err(shape)?;
    let slot = slot_of(&said.symbol, listing)?;
    let listed = &listing.rows()[slot];
    let longest = said.depth.buy.len().max(said.depth.sell.len());
    if longest > LEVELS_MAX {
        return Err(DocumentError::Shape(format!("{longest} levels on one side")));
    }
    let mut levels: Vec<LevelUpdate> = Vec::with_capacity(said.depth.buy.len() + said.depth.sell.len());
    for (side, code, rows) in [(Side::Buy, 1, &said.depth.buy), (Side::Sell, 2, &said.depth.sell)] {
        for row in rows {
            let price = price(row.price, listed.price)?;
            let twice = levels.iter().any(|level| level.side == side && level.price == price);
            if row.side != code || twice {
                return Err(DocumentError::Level(price));
            }
            levels.push(LevelUpdate { side, price, qty: qty(row.quantity, listed.qty)?, orders: row.orders });
        }
    }
    Ok((slot, levels))
}

/// A page of the floorsheet.
#[derive(Debug)]
pub(super) struct SheetPage {
    /// Each row with what it is known by.
    pub(super) rows: Vec<(RowName, Result<SheetRow, DocumentError>)>,
    /// How many trades the exchange says there are today.
    pub(super) trades: Option<u64>,
    /// Whether another page follows.
    pub(super) more: bool,
}

/// What a row of the floorsheet is known by when it comes again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RowName {
    /// Its contract.
    Contract(ContractNo),
    /// The digest of its text, where the contract cannot be read.
    Digest(u64),
}

/// A trade of the floorsheet.
#[derive(Clone, Debug)]
pub(super) struct SheetRow {
    pub(super) slot: usize,
    pub(super) date: SessionDate,
    pub(super) at: Timestamp,
    pub(super) print: TradePrint,
}

#[derive(Deserialize)]
struct SheetText<'a> {
    #[serde(borrow)]
    floorsheets: SheetContent<'a>,
    #[serde(rename = "totalTrades")]
    trades: Option<u64>,
}

#[derive(Deserialize)]
struct SheetContent<'a> {
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
    last: Option<bool>,
    number: Option<u64>,
    #[serde(rename = "totalPages")]
    pages: Option<u64>,
}

#[derive(Deserialize)]
struct RowText<'a> {
    #[serde(rename = "stockSymbol")]
    symbol: String,
    #[serde(rename = "buyerMemberId", borrow)]
    buyer: Option<&'a RawValue>,
    #[serde(rename = "sellerMemberId", borrow)]
    seller: Option<&'a RawValue>,
    #[serde(rename = "contractQuantity", borrow)]
    qty: &'a RawValue,
    #[serde(rename = "contractRate", borrow)]
    rate: &'a RawValue,
    #[serde(rename = "contractAmount", borrow)]
    amount: Option<&'a RawValue>,
    #[serde(rename = "businessDate")]
    date: String,
    #[serde(rename = "tradeTime")]
    time: String,
}

#[derive(Deserialize)]
struct ContractText<'a> {
    #[serde(rename = "contractId", borrow)]
    contract: &'a RawValue,
}

/// A bare list.
pub(super) fn rows(text: &str) -> Result<Vec<&RawValue>, DocumentError> {
    serde_json::from_str(text).map_err(shape)
}

/// The rows of a page, in the wrapping of the site or as the bare list, and whether another page follows.
pub(super) fn sheet_rows(text: &str) -> Result<(Vec<&RawValue>, bool), DocumentError> {
    sheet_text(text).map(|(rows, _, more)| (rows, more))
}

/// The rows of a page, how many trades the exchange says there are, and whether another page follows.
fn sheet_text(text: &str) -> Result<(Vec<&RawValue>, Option<u64>, bool), DocumentError> {
    if text.trim_start().starts_with('[') {
        return Ok((rows(text)?, None, false));
    }
    let said: SheetText<'_> = serde_json::from_str(text).map_err(shape)?;
    let SheetContent { content, last, number, pages } = said.floorsheets;
    let by_count = || number.zip(pages).is_some_and(|(page, pages)| page.saturating_add(1) < pages);
    Ok((content, said.trades, last.map_or_else(by_count, |last| !last)))
}

/// A page, in the wrapping of the site or as the bare list of rows.
pub(super) fn floorsheet(
    text: &str,
    listing: &Listing,
    latest: Timestamp,
) -> Result<SheetPage, DocumentError> {
    let (content, trades, more) = sheet_text(text)?;
    let rows = content.into_iter().map(|raw| match contract(raw) {
        Ok(contract) => (RowName::Contract(contract), sheet_row(raw, contract, listing, latest)),
        Err(error) => {
            let mut hasher = DefaultHasher::new();
            raw.get().hash(&mut hasher);
            (RowName::Digest(hasher.finish()), Err(error))
        }
    });
    Ok(SheetPage { rows: rows.collect(), trades, more })
}

fn contract(raw: &RawValue) -> Result<ContractNo, DocumentError> {
    let said: ContractText<'_> = serde_json::from_str(raw.get()).map_err(shape)?;
    let text = number(said.contract)?;
    text.parse().map(ContractNo).map_err(|_| DocumentError::Shape(format!("contract `{}`", shown(&text))))
}

fn sheet_row(
    raw: &RawValue,
    contract: ContractNo,
    listing: &Listing,
    latest: Timestamp,
) -> Result<SheetRow, DocumentError> {
    let row: RowText<'_> = serde_json::from_str(raw.get()).map_err(shape)?;
    let slot = slot_of(&row.symbol, listing)?;
    let listed = &listing.rows()[slot];
    let (price, qty) = (price(row.rate, listed.price)?, qty(row.qty, listed.qty)?);
    if let Some(amount) = row.amount.filter(|_| (listed.price, listed.qty) == (PAISA, WHOLE)) {
        let amount = Money::from_paisa(PAISA.read(&number(amount)?)?);
        if price.notional(qty) != Some(amount) {
            return Err(DocumentError::Amount { qty, price, amount });
        }
    }
    let date: SessionDate = row.date.parse().map_err(|_| DocumentError::Time(shown(&row.date)))?;
    if any_nepal(&row.time)?.nepal_date() != date {
        return Err(DocumentError::Time(format!("{} on {date}", shown(&row.time))));
    }
    let at = nepal(&row.time, latest)?;
    let (buyer, seller) = (row.buyer.and_then(broker), row.seller.and_then(broker));
    let print = TradePrint { price, qty, aggressor: None, buyer, seller, contract: Some(contract) };
    Ok(SheetRow { slot, date, at, print })
}

/// A member number. The exchange leaves it out while the market is open, and stock dealers have letters in
/// theirs: both stay unknown.
fn broker(raw: &RawValue) -> Option<BrokerId> {
    number(raw).ok()?.parse().ok().map(BrokerId)
}

/// The last trade of a security, from the live market.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Last {
    pub(super) slot: usize,
    pub(super) price: Price,
    /// Shares of that trade.
    pub(super) qty: Qty,
    /// Shares traded today.
    pub(super) total: i64,
    pub(super) at: Timestamp,
}

#[derive(Deserialize)]
struct LastText<'a> {
    symbol: String,
    #[serde(rename = "lastTradedPrice", borrow)]
    price: &'a RawValue,
    #[serde(rename = "lastTradedVolume", borrow)]
    qty: Option<&'a RawValue>,
    #[serde(rename = "totalTradeQuantity", borrow)]
    total: &'a RawValue,
    #[serde(rename = "lastUpdatedDateTime")]
    at: String,
}

/// The rows of the live market; `None` for a security without a trade.
pub(super) fn live_market(
    text: &str,
    listing: &Listing,
    latest: Timestamp,
) -> Result<Vec<Result<Option<Last>, DocumentError>>, DocumentError> {
    Ok(rows(text)?.into_iter().map(|raw| last(raw, listing, latest)).collect())
}

fn last(raw: &RawValue, listing: &Listing, latest: Timestamp) -> Result<Option<Last>, DocumentError> {
    let row: LastText<'_> = serde_json::from_str(raw.get()).map_err(shape)?;
    let slot = slot_of(&row.symbol, listing)?;
    let listed = &listing.rows()[slot];
    let total = whole(row.total)?;
    let Some(volume) = row.qty.filter(|_| total > 0) else { return Ok(None) };
    let (price, qty) = (price(row.price, listed.price)?, qty(volume, listed.qty)?);
    Ok(Some(Last { slot, price, qty, total, at: nepal(&row.at, latest)? }))
}

#[derive(Deserialize)]
struct StatusText {
    #[serde(rename = "isOpen")]
    state: String,
    #[serde(rename = "asOf")]
    at: String,
}

/// What phase the market is in, and since when the site says so.
pub(super) fn status(text: &str, latest: Timestamp) -> Result<(SessionPhase, Timestamp), DocumentError> {
    let said: StatusText = serde_json::from_str(text).map_err(shape)?;
    let phase = match said.state.as_str() {
        "OPEN" => SessionPhase::Continuous,
        "Pre Open" => SessionPhase::PreOpen,
        "Pre Open CLOSE" => SessionPhase::PreOpenMatch,
        "CLOSE" => SessionPhase::Closed,
        other => return Err(DocumentError::Shape(format!("market `{}`", shown(other)))),
    };
    Ok((phase, nepal(&said.at, latest)?))
}
