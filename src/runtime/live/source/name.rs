//! The names of feeds on the command line.

use super::{ExchangeFeed, SiteFeed};
use crate::feed::live::Exchange;
use crate::market::Symbol;

/// The most instruments of one feed.
const SYMBOLS: usize = 50;

/// A feed as a person names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedName {
    /// The venue protocol at `ws://` or `wss://`.
    Venue(String),
    /// The public streams of an exchange.
    Exchange(ExchangeFeed),
    /// The documents of the site of NEPSE.
    Site(SiteFeed),
}

/// A name that is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{name}: {what}")]
pub struct NameError {
    /// What was given.
    pub name: String,
    /// What is wrong with it.
    pub what: String,
}

impl FeedName {
    /// Reads `ws://..`, `wss://..`, `binance:SYMBOL,..`, `binance-usdm:`, `bybit:`, `bybit-linear:` or `nepse:PLACE`. A symbol
    /// of an exchange may have its price grid and lot, `SYMBOL/TICK/LOT`; `@` and addresses name another place of its
    /// streams (`ws`) and documents (`http`). Symbols and `@` before a place of NEPSE are those whose depth is read.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let refuse = |what: String| NameError { name: name.to_owned(), what };
        if name.starts_with("ws://") || name.starts_with("wss://") {
            return Ok(Self::Venue(name.to_owned()));
        }
        let words = || Exchange::ALL.map(|exchange| format!("{}:SYMBOL", exchange.word())).join(", ");
        let all =
            || format!("ws://HOST:PORT, wss://HOST:PORT, {} or nepse:URL-or-folder is allowed", words());
        let (word, rest) = name.split_once(':').ok_or_else(|| refuse(all()))?;
        if word == "nepse" {
            return site(rest).map(Self::Site).map_err(refuse);
        }
        let exchange = Exchange::ALL.into_iter().find(|exchange| exchange.word() == word);
        let exchange = exchange.ok_or_else(|| refuse(all()))?;
        self::exchange(exchange, rest).map(Self::Exchange).map_err(refuse)
    }

    /// Whether both are of one market and about the same instruments, so that one can stand by for the other.
    #[must_use]
    pub fn stands_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Venue(_), Self::Venue(_)) => true,
            (Self::Exchange(a), Self::Exchange(b)) => a.exchange == b.exchange && a.symbols() == b.symbols(),
            (Self::Site(a), Self::Site(b)) => a.depth == b.depth,
            _ => false,
        }
    }
}

fn symbol(text: &str) -> Result<Symbol, String> {
    let good = (1..=30).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if good { Ok(Symbol::new(text)) } else { Err(format!("`{text}` is no symbol")) }
}

fn exchange(exchange: Exchange, rest: &str) -> Result<ExchangeFeed, String> {
    let (names, places) = rest.split_once('@').map_or((rest, None), |(names, places)| (names, Some(places)));
    let mut instruments = Vec::new();
    for name in names.split(',') {
        let mut parts = name.split('/');
        let symbol = symbol(parts.next().unwrap_or_default())?;
        let grid = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(tick), Some(lot), None) => Some((tick.to_owned(), lot.to_owned())),
            _ => return Err(format!("`{name}`: SYMBOL or SYMBOL/TICK/LOT is allowed")),
        };
        if !instruments.iter().any(|(known, _)| *known == symbol) {
            instruments.push((symbol, grid));
        }
    }
    if instruments.len() > SYMBOLS {
        return Err(format!("{} symbols; at most {SYMBOLS} are allowed", instruments.len()));
    }
    instruments.sort();
    let mut feed = ExchangeFeed::new(exchange, instruments);
    for place in places.into_iter().flat_map(|places| places.split(',')) {
        let base = place.trim_end_matches('/').to_owned();
        if place.starts_with("ws://") || place.starts_with("wss://") {
            feed.stream = base;
        } else if is_http(place) {
            feed.documents = base;
        } else {
            return Err(format!("`{place}`: after the @ ws://, wss://, http:// or https:// is allowed"));
        }
    }
    Ok(feed)
}

fn is_http(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}

fn site(rest: &str) -> Result<SiteFeed, String> {
    // Only symbols before it: a place may have an @ of its own.
    let symbols =
        |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b',') && !text.is_empty();
    let (names, place) = rest.split_once('@').filter(|(names, _)| symbols(names)).unwrap_or(("", rest));
    if place.is_empty() {
        return Err("http://, https:// or a folder is allowed".to_owned());
    }
    let mut depth =
        names.split(',').filter(|name| !name.is_empty()).map(symbol).collect::<Result<Vec<_>, _>>()?;
    depth.sort();
    depth.dedup();
    if depth.len() > SYMBOLS {
        return Err(format!("{} symbols; at most {SYMBOLS} are allowed", depth.len()));
    }
    let base = if is_http(place) { place.trim_end_matches('/').to_owned() } else { format!("file:{place}") };
    Ok(SiteFeed { base, depth })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_or_refused_in_words() {
        let exchange = |name: &str| match FeedName::parse(name) {
            Ok(FeedName::Exchange(feed)) => feed,
            other => panic!("{name}: {other:?}"),
        };
        let feed = exchange("binance:ethusdt,BTCUSDT,BTCUSDT");
        let symbols: Vec<String> = feed.symbols().iter().map(ToString::to_string).collect();
        assert_eq!(
            (feed.exchange, symbols),
            (Exchange::BinanceSpot, vec!["BTCUSDT".to_owned(), "ETHUSDT".to_owned()])
        );
        assert_eq!(
            (feed.stream.as_str(), feed.documents.as_str()),
            ("wss://stream.binance.com:9443", "https://api.binance.com")
        );
        let feed = exchange("bybit-linear:XRPUSDT/0.0001/0.1@http://127.0.0.1:2,ws://127.0.0.1:1/");
        assert_eq!(
            (feed.stream.as_str(), feed.documents.as_str()),
            ("ws://127.0.0.1:1", "http://127.0.0.1:2")
        );
        assert_eq!(feed.instruments[0].1, Some(("0.0001".to_owned(), "0.1".to_owned())));
        for (name, base, depth) in [
            ("nepse:https://site.example/json/", "https://site.example/json", 0),
            ("nepse:NABIL,hidcl@https://site.example", "https://site.example", 2),
            ("nepse:https://me@site.example", "https://me@site.example", 0),
            ("nepse:/days/2024-07-02", "file:/days/2024-07-02", 0),
            ("nepse:NABIL@days@home", "file:days@home", 1),
        ] {
            let Ok(FeedName::Site(feed)) = FeedName::parse(name) else { panic!("{name}") };
            assert_eq!((feed.base.as_str(), feed.depth.len()), (base, depth), "{name}");
        }
        for (name, what) in [
            ("9001", "is allowed"),
            ("http://a:1", "nepse:URL-or-folder is allowed"),
            ("kraken:BTCUSD", "binance-usdm:SYMBOL"),
            ("binance:", "`` is no symbol"),
            ("binance:BTC USDT", "no symbol"),
            ("binance:BTCUSDT/1", "SYMBOL/TICK/LOT"),
            ("binance:BTCUSDT@127.0.0.1:1", "after the @"),
            ("nepse:", "a folder is allowed"),
            ("nepse:NABIL@", "a folder is allowed"),
        ] {
            let error = FeedName::parse(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: ")) && error.contains(what), "{error}");
        }
        let many = (0..=SYMBOLS).map(|n| format!("S{n}")).collect::<Vec<_>>().join(",");
        assert!(FeedName::parse(&format!("binance:{many}")).is_err());
    }

    #[test]
    fn one_stands_by_for_another_of_the_same_market_and_instruments() {
        let of = |name| FeedName::parse(name).unwrap();
        for (a, b, stands_by) in [
            ("ws://a", "wss://b", true),
            ("binance:A,B", "binance:B,A@ws://mirror", true),
            ("binance:A", "binance:B", false),
            ("binance:A", "bybit:A", false),
            ("binance:A", "ws://a", false),
            ("nepse:/a", "nepse:https://b", true),
            ("nepse:/a", "ws://b", false),
        ] {
            assert_eq!(of(a).stands_by(&of(b)), stands_by, "{a} {b}");
        }
    }
}
