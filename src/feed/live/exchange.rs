//! The exchanges with public streams: what each is called, where it is, what it says of its instruments, and the
//! session that speaks with it.

use serde::Deserialize;

use super::binance::{BinanceMarket, BinanceSession, BinanceSettings};
use super::bybit::{BybitSession, BybitSettings};
use super::depth::Scale;
use super::listing::{Listed, Listing};
use super::session::{FeedSession, SourceClock};
use crate::feed::from_ms;
use crate::market::{Instrument, SourceId, Symbol, Tick, Timestamp, Universe};

/// The finest scale of quantities.
const QTY_DECIMALS_MAX: u32 = 8;
/// By how many decimals quantities may be finer than the lot. Orders of before a lot was made coarser keep theirs: books
/// of BTCUSDT recorded in 2024 have a sixth decimal with a lot of five.
const QTY_DECIMALS_MORE: u32 = 2;

/// One of the markets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exchange {
    /// Binance spot.
    BinanceSpot,
    /// Binance USD-margined futures.
    BinanceUsdm,
    /// Bybit spot.
    BybitSpot,
    /// Bybit linear (USDT and USDC) contracts.
    BybitLinear,
}

impl Exchange {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BinanceSpot, Self::BinanceUsdm, Self::BybitSpot, Self::BybitLinear];

    /// Its word on the command line and in file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BinanceSpot => "binance",
            Self::BinanceUsdm => "binance-usdm",
            Self::BybitSpot => "bybit",
            Self::BybitLinear => "bybit-linear",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BinanceSpot => "Binance",
            Self::BinanceUsdm => "Binance USD-M",
            Self::BybitSpot => "Bybit",
            Self::BybitLinear => "Bybit linear",
        }
    }

    /// Where its streams are: scheme, host and port.
    #[must_use]
    pub const fn stream_base(self) -> &'static str {
        match self {
            Self::BinanceSpot => "wss://stream.binance.com:9443",
            Self::BinanceUsdm => "wss://fstream.binance.com",
            Self::BybitSpot | Self::BybitLinear => "wss://stream.bybit.com",
        }
    }

    /// What follows the host in the address of its streams.
    #[must_use]
    pub const fn stream_path(self) -> &'static str {
        match self {
            Self::BinanceSpot => BinanceMarket::Spot.stream_path(),
            Self::BinanceUsdm => BinanceMarket::UsdFutures.stream_path(),
            Self::BybitSpot => "/v5/public/spot",
            Self::BybitLinear => "/v5/public/linear",
        }
    }

    /// Where its documents are: scheme and host.
    #[must_use]
    pub const fn documents_base(self) -> &'static str {
        match self {
            Self::BinanceSpot => "https://api.binance.com",
            Self::BinanceUsdm => "https://fapi.binance.com",
            Self::BybitSpot | Self::BybitLinear => "https://api.bybit.com",
        }
    }

    /// The documents that say how these instruments are counted, each with everything it says of them.
    #[must_use]
    pub fn listing_urls(self, base: &str, symbols: &[Symbol]) -> Vec<String> {
        match self {
            Self::BinanceSpot => {
                let names: Vec<String> = symbols.iter().map(|symbol| format!("%22{symbol}%22")).collect();
                vec![format!("{base}/api/v3/exchangeInfo?symbols=%5B{}%5D", names.join(","))]
            }
            // It has no way to ask for some.
            Self::BinanceUsdm => vec![format!("{base}/fapi/v1/exchangeInfo")],
            Self::BybitSpot | Self::BybitLinear => {
                let category = if self == Self::BybitSpot { "spot" } else { "linear" };
                let url =
                    |symbol| format!("{base}/v5/market/instruments-info?category={category}&symbol={symbol}");
                symbols.iter().map(url).collect()
            }
        }
    }

    /// Reads such a document: the instruments in it that are asked for, and what the exchange's clock showed.
    ///
    /// # Errors
    /// [`ListingError`].
    pub fn read_listing(
        self,
        text: &str,
        wanted: &[Symbol],
    ) -> Result<(Vec<Instrument>, Option<Timestamp>), ListingError> {
        match self {
            Self::BinanceSpot | Self::BinanceUsdm => read_binance(text, wanted),
            Self::BybitSpot | Self::BybitLinear => read_bybit(text, wanted),
        }
    }

    /// A session about these instruments, whose documents are at `base`. `clock` is what the exchange's shows as far as that
    /// is known; `seed` is where its waits begin to differ from those of others.
    #[must_use]
    pub fn session(
        self,
        source: SourceId,
        instruments: &Universe,
        base: &str,
        (clock, seed): (Option<SourceClock>, u64),
    ) -> Box<dyn FeedSession> {
        let listed = instruments.iter().filter_map(|(id, instrument)| {
            let (price, qty) = (Scale::of(instrument.price_scale)?, Scale::of(instrument.qty_scale)?);
            Some(Listed { symbol: instrument.symbol.clone(), instrument: id, price, qty })
        });
        let listing = Listing::new(listed);
        match self {
            Self::BinanceSpot | Self::BinanceUsdm => {
                let spot = self == Self::BinanceSpot;
                let market = if spot { BinanceMarket::Spot } else { BinanceMarket::UsdFutures };
                let picture_url = format!("{base}{}", market.picture_path());
                let settings =
                    BinanceSettings { picture_url, clock, seed, ..BinanceSettings::new(market, source) };
                Box::new(BinanceSession::new(settings, listing))
            }
            Self::BybitSpot | Self::BybitLinear => {
                let settings = BybitSettings { clock, seed, ..BybitSettings::new(source) };
                Box::new(BybitSession::new(settings, listing))
            }
        }
    }
}

/// Why what an exchange says of its instruments was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ListingError {
    /// Not JSON, or not of these fields and types.
    #[error("not a listing: {0}")]
    Shape(String),
    /// The exchange refuses.
    #[error("the exchange refused: {0}")]
    Refused(String),
    /// A price grid or lot that cannot be counted in.
    #[error("{symbol}: a tick of {tick} and a lot of {lot} cannot be counted in")]
    Grid {
        /// Of which instrument.
        symbol: Symbol,
        /// The price grid as it was written.
        tick: String,
        /// The lot as it was written.
        lot: String,
    },
}

/// An instrument with this price grid and lot, written as decimals.
///
/// # Errors
/// [`ListingError::Grid`].
pub fn gridded(symbol: &Symbol, tick: &str, lot: &str) -> Result<Instrument, ListingError> {
    let refuse = || ListingError::Grid { symbol: symbol.clone(), tick: tick.to_owned(), lot: lot.to_owned() };
    let (price, qty) = (decimals(tick).ok_or_else(refuse)?, decimals(lot).ok_or_else(refuse)?);
    let qty = (qty + QTY_DECIMALS_MORE).min(QTY_DECIMALS_MAX.max(qty));
    let scales = (Scale::of(10_i64.pow(price)), Scale::of(10_i64.pow(qty)));
    let (Some(price), Some(qty)) = scales else { return Err(refuse()) };
    let units = price.read(tick.trim()).ok().and_then(Tick::new).ok_or_else(refuse)?;
    let mut instrument = Instrument::foreign(symbol.clone(), price.units(), qty.units());
    instrument.tick = Some(units);
    Ok(instrument)
}

/// How many decimals a number above zero has, zeros at the end not counted.
fn decimals(text: &str) -> Option<u32> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let some = !whole.is_empty() && digits(whole) && digits(fraction);
    let above_zero = whole.bytes().chain(fraction.bytes()).any(|b| b != b'0');
    let decimals = u32::try_from(fraction.trim_end_matches('0').len()).ok()?;
    (some && above_zero && decimals <= 12).then_some(decimals)
}

fn named(mut instrument: Instrument, base: &str, quote: &str) -> Instrument {
    if !base.is_empty() && !quote.is_empty() {
        instrument.name = format!("{base} in {quote}");
    }
    instrument
}

fn shape(error: serde_json::Error) -> ListingError {
    ListingError::Shape(error.to_string())
}

#[derive(Deserialize)]
struct BinanceListing {
    #[serde(rename = "serverTime")]
    at_ms: Option<i64>,
    symbols: Vec<BinanceRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BinanceRow {
    symbol: String,
    #[serde(default)]
    base_asset: String,
    #[serde(default)]
    quote_asset: String,
    #[serde(default)]
    filters: Vec<BinanceFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BinanceFilter {
    filter_type: String,
    tick_size: Option<String>,
    step_size: Option<String>,
}

fn read_binance(text: &str, wanted: &[Symbol]) -> Result<(Vec<Instrument>, Option<Timestamp>), ListingError> {
    let said: BinanceListing = serde_json::from_str(text).map_err(shape)?;
    let mut found = Vec::new();
    for row in &said.symbols {
        let symbol = Symbol::new(&row.symbol);
        if !wanted.contains(&symbol) {
            continue;
        }
        let of = |kind: &str| row.filters.iter().find(|filter| filter.filter_type == kind);
        let tick = of("PRICE_FILTER").and_then(|filter| filter.tick_size.as_deref()).unwrap_or_default();
        let lot = of("LOT_SIZE").and_then(|filter| filter.step_size.as_deref()).unwrap_or_default();
        found.push(named(gridded(&symbol, tick, lot)?, &row.base_asset, &row.quote_asset));
    }
    Ok((found, said.at_ms.map(from_ms)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BybitListing {
    ret_code: i64,
    #[serde(default)]
    ret_msg: String,
    #[serde(default)]
    result: BybitRows,
    time: Option<i64>,
}

#[derive(Deserialize, Default)]
struct BybitRows {
    #[serde(default)]
    list: Vec<BybitRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BybitRow {
    symbol: String,
    #[serde(default)]
    base_coin: String,
    #[serde(default)]
    quote_coin: String,
    lot_size_filter: BybitLot,
    price_filter: BybitTick,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BybitLot {
    /// Of spot.
    base_precision: Option<String>,
    /// Of contracts.
    qty_step: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BybitTick {
    tick_size: String,
}

fn read_bybit(text: &str, wanted: &[Symbol]) -> Result<(Vec<Instrument>, Option<Timestamp>), ListingError> {
    let said: BybitListing = serde_json::from_str(text).map_err(shape)?;
    if said.ret_code != 0 {
        return Err(ListingError::Refused(format!("{} {}", said.ret_code, said.ret_msg)));
    }
    let mut found = Vec::new();
    for row in &said.result.list {
        let symbol = Symbol::new(&row.symbol);
        if wanted.contains(&symbol) {
            let lot = row.lot_size_filter.qty_step.as_ref().or(row.lot_size_filter.base_precision.as_ref());
            let lot = lot.map_or("", String::as_str);
            let instrument = gridded(&symbol, &row.price_filter.tick_size, lot)?;
            found.push(named(instrument, &row.base_coin, &row.quote_coin));
        }
    }
    Ok((found, said.time.map(from_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_a_scale_and_a_tick() {
        for (tick, lot, price_scale, units, qty_scale) in [
            ("0.01000000", "0.00001000", 100, 1, 10_000_000),
            ("0.10", "0.001", 10, 1, 100_000),
            ("0.5", "1", 10, 5, 100),
            ("10", "0.00000001", 1, 10, 100_000_000),
            ("0.00000001", "1.00", 100_000_000, 1, 100),
        ] {
            let instrument = gridded(&Symbol::new("X"), tick, lot).unwrap();
            let is = (instrument.price_scale, instrument.tick.unwrap().units(), instrument.qty_scale);
            assert_eq!(is, (price_scale, units, qty_scale), "{tick} {lot}");
        }
        for (tick, lot) in [
            ("0", "1"),
            ("1", "0.000"),
            ("", "1"),
            ("-1", "1"),
            ("1e-2", "1"),
            ("0.0000000000001", "1"),
            (".5", "1"),
            ("99999999999999999999", "1"),
        ] {
            assert!(gridded(&Symbol::new("X"), tick, lot).is_err(), "{tick} {lot}");
        }
    }

    #[test]
    fn listings_are_read_as_the_exchanges_write_them() {
        let binance = r#"{"timezone":"UTC","serverTime":1723161255000,"rateLimits":[],"symbols":[
            {"symbol":"ETHUSDT","status":"TRADING","filters":[]},
            {"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[
              {"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000.00","tickSize":"0.01000000"},
              {"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000.0","stepSize":"0.00001000"},
              {"filterType":"ICEBERG_PARTS","limit":10}]}]}"#;
        let wanted = [Symbol::new("BTCUSDT")];
        let (found, at) = Exchange::BinanceSpot.read_listing(binance, &wanted).unwrap();
        assert_eq!((found.len(), found[0].name.as_str(), found[0].price_scale), (1, "BTC in USDT", 100));
        assert_eq!(at, Some(from_ms(1_723_161_255_000)));
        let without = Exchange::BinanceUsdm.read_listing(binance, &[Symbol::new("ETHUSDT")]);
        assert!(matches!(without, Err(ListingError::Grid { .. })));

        let row = r#"{"symbol":"XRPUSDT","baseCoin":"XRP","quoteCoin":"USDT","lotSizeFilter":{LOT},"priceFilter":{"tickSize":"0.0001"}}"#;
        let said =
            r#"{"retCode":0,"retMsg":"OK","result":{"category":"c","list":[ROW]},"time":1733011200000}"#;
        for lot in [r#""basePrecision":"0.1","minOrderQty":"1""#, r#""qtyStep":"0.1""#] {
            let text = said.replace("ROW", &row.replace("LOT", lot));
            let (found, at) = Exchange::BybitSpot.read_listing(&text, &[Symbol::new("XRPUSDT")]).unwrap();
            assert_eq!(
                (found[0].price_scale, found[0].qty_scale, found[0].name.as_str()),
                (10_000, 1_000, "XRP in USDT")
            );
            assert_eq!(at, Some(from_ms(1_733_011_200_000)));
        }
        let refused = r#"{"retCode":10001,"retMsg":"params error: symbol invalid","result":{},"time":1}"#;
        let refused = Exchange::BybitLinear.read_listing(refused, &wanted);
        assert_eq!(refused, Err(ListingError::Refused("10001 params error: symbol invalid".to_owned())));
        for exchange in Exchange::ALL {
            for text in ["", "[]", "{}", "<html>", "{\"symbols\":[{\"symbol\":7}]}"] {
                assert!(
                    matches!(exchange.read_listing(text, &wanted), Err(ListingError::Shape(_))),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn addresses_are_those_that_the_exchanges_document() {
        let both = [Symbol::new("BTCUSDT"), Symbol::new("ETHUSDT")];
        let urls = |exchange: Exchange| exchange.listing_urls(exchange.documents_base(), &both);
        assert_eq!(
            urls(Exchange::BinanceSpot),
            ["https://api.binance.com/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D"]
        );
        assert_eq!(urls(Exchange::BinanceUsdm), ["https://fapi.binance.com/fapi/v1/exchangeInfo"]);
        assert_eq!(
            urls(Exchange::BybitLinear)[1],
            "https://api.bybit.com/v5/market/instruments-info?category=linear&symbol=ETHUSDT"
        );
        let streams =
            Exchange::ALL.map(|exchange| format!("{}{}", exchange.stream_base(), exchange.stream_path()));
        assert_eq!(
            streams,
            [
                "wss://stream.binance.com:9443/stream",
                "wss://fstream.binance.com/public/stream",
                "wss://stream.bybit.com/v5/public/spot",
                "wss://stream.bybit.com/v5/public/linear",
            ]
        );
    }
}
