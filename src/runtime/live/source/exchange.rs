//! The day of an exchange's public streams: whole in UTC, its instruments counted as the exchange lists them, and all of
//! it only to be looked at.

use chrono::DateTime;

use crate::feed::day::{DayMeta, SourceInfo};
use crate::feed::live::{Exchange, gridded};
use crate::market::{Board, Instrument, SessionDate, SourceId, Symbol, Timestamp, Universe};
use crate::runtime::live::fetch::Fetcher;

/// The public streams of an exchange, about some instruments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExchangeFeed {
    /// Which exchange and market.
    pub exchange: Exchange,
    /// The instruments in the order of their symbols, some with their price grid and lot.
    pub instruments: Vec<(Symbol, Option<(String, String)>)>,
    /// Where its streams are: scheme, host and port.
    pub stream: String,
    /// Where its documents are.
    pub documents: String,
}

/// How an exchange counts its instruments, and its clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// All that were asked for, in the order of their symbols.
    pub instruments: Vec<Instrument>,
    /// What its clock showed when it answered, where it was asked and said so.
    pub at: Option<Timestamp>,
}

impl ExchangeFeed {
    /// At the exchange's own addresses.
    #[must_use]
    pub fn new(exchange: Exchange, instruments: Vec<(Symbol, Option<(String, String)>)>) -> Self {
        let (stream, documents) = (exchange.stream_base().to_owned(), exchange.documents_base().to_owned());
        Self { exchange, instruments, stream, documents }
    }

    /// The symbols, in their order.
    #[must_use]
    pub fn symbols(&self) -> Vec<Symbol> {
        self.instruments.iter().map(|(symbol, _)| symbol.clone()).collect()
    }

    /// The address of its streams.
    #[must_use]
    pub fn stream_url(&self) -> String {
        format!("{}{}", self.stream, self.exchange.stream_path())
    }

    /// Asks how the instruments are counted, and waits for it. Where all of them came with their grid nobody is asked.
    ///
    /// # Errors
    /// Why that is not known, in words.
    pub fn ask(&self, fetcher: &Fetcher) -> Result<Listed, String> {
        let mut instruments = Vec::new();
        let mut unknown = Vec::new();
        for (symbol, grid) in &self.instruments {
            match grid {
                Some((tick, lot)) => instruments.push(gridded(symbol, tick, lot).map_err(|e| e.to_string())?),
                None => unknown.push(symbol.clone()),
            }
        }
        let mut at = None;
        if !unknown.is_empty() {
            for url in self.exchange.listing_urls(&self.documents, &unknown) {
                let text = fetcher.get(&url).map_err(|e| format!("{url}: {e}"))?;
                let (found, said) =
                    self.exchange.read_listing(&text, &unknown).map_err(|e| format!("{url}: {e}"))?;
                instruments.extend(found);
                at = said.or(at);
            }
        }
        instruments.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        instruments.dedup_by(|a, b| a.symbol == b.symbol);
        let missing = unknown.iter().find(|symbol| !instruments.iter().any(|i| i.symbol == **symbol));
        match missing {
            Some(symbol) => Err(format!("{} does not list {symbol}", self.exchange.name())),
            None => Ok(Listed { instruments, at }),
        }
    }

    /// The day of these instruments in which the exchange's clock shows `at`.
    #[must_use]
    pub fn day(&self, instruments: Vec<Instrument>, at: Timestamp) -> DayMeta {
        let date = utc_date(at);
        let names: Vec<String> = instruments.iter().map(|i| i.symbol.to_string()).collect();
        let names = match names.as_slice() {
            [first, _, _, _, ..] => format!("{first} and {} more", names.len() - 1),
            few => few.join(" "),
        };
        let title = format!("{} {names} {date}", self.exchange.name());
        let mut day = DayMeta::new(date, Board::Foreign, &title, Universe::new(instruments));
        day.depth = true;
        let name = |n| format!("{} {n}", self.exchange.word());
        day.sources = (1..=2).map(|n| SourceInfo { id: SourceId(n), name: name(n) }).collect();
        day
    }
}

/// The date in UTC, which is the day of an exchange that never closes.
#[must_use]
pub fn utc_date(at: Timestamp) -> SessionDate {
    DateTime::from_timestamp_nanos(at.ns()).date_naive().into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runtime::live::source::FeedName;

    #[test]
    fn a_day_is_that_of_the_exchanges_clock_in_utc() {
        let name = "binance:BTCUSDT/0.01/0.00001,ETHUSDT/0.01/0.0001";
        let Ok(FeedName::Exchange(feed)) = FeedName::parse(name) else { panic!("{name}") };
        let listed = feed.ask(&Fetcher::new(None, Duration::from_secs(1)).unwrap()).unwrap();
        assert_eq!((listed.instruments.len(), listed.at), (2, None));
        // Two minutes before midnight in UTC, when it is morning in Nepal.
        let at = Timestamp::from_ns(1_723_161_480_000_000_000);
        let day = feed.day(listed.instruments, at);
        assert_eq!((day.title.as_str(), day.market), ("Binance BTCUSDT ETHUSDT 2024-08-08", Board::Foreign));
        assert!(day.depth && !day.simulated && day.account.is_none());
    }
}
