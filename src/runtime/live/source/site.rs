//! The day of the site of NEPSE: which of its documents there are, and what they say of the day.

use std::collections::BTreeSet;
use std::path::Path;

use crate::feed::day::{DayMeta, SourceInfo};
use crate::feed::import::Securities;
use crate::feed::live::depth::Scale;
use crate::feed::live::nepse_site::{
    FLOORSHEET, FLOORSHEET_PAGE, LIVE_MARKET, SHEET_LONGEST, STATUS, SiteDay, SiteSecurity, depth_name,
};
use crate::feed::live::{Listed, Listing, NepseSiteSession, NepseSiteSettings, SourceClock};
use crate::market::{Board, Calendar, Instrument, SessionDate, SourceId, Symbol, Timestamp, Universe};
use crate::runtime::live::fetch::{FetchError, Fetcher};

/// The most pages of a floorsheet that are read for the names in them.
const PAGES_MAX: u32 = 2_000;

/// The documents of a site, at an address or in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteFeed {
    /// What comes before the name of a document: `http://..`, `https://..` or `file:FOLDER`.
    pub base: String,
    /// The securities whose depth is read; in a folder, none is all that there are.
    pub depth: Vec<Symbol>,
}

/// What was found at a site.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteFound {
    /// What its documents say.
    pub day: SiteDay,
    /// The names of the documents to read again and again, depth left out.
    pub documents: Vec<&'static str>,
    /// The securities whose depth there is.
    pub depth: Vec<Symbol>,
    /// What could not be had, in words.
    pub notes: Vec<String>,
}

impl SiteFeed {
    fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    fn folder(&self) -> Option<&Path> {
        self.base.strip_prefix("file:").map(Path::new)
    }

    /// Looks which documents there are and what they say, and waits for it. One that could not be had this time is read
    /// all the same; one that is not there is not.
    ///
    /// # Errors
    /// A folder that is none.
    pub fn ask(&self, fetcher: &Fetcher) -> Result<SiteFound, String> {
        if let Some(folder) = self.folder().filter(|folder| !folder.is_dir()) {
            return Err(format!("{}: no such folder", folder.display()));
        }
        let mut found = SiteFound::default();
        for name in [STATUS, LIVE_MARKET, FLOORSHEET_PAGE, FLOORSHEET] {
            if name == FLOORSHEET && found.documents.contains(&FLOORSHEET_PAGE) {
                continue;
            }
            for page in 0..PAGES_MAX {
                let url = self.url(&name.replace("{page}", &page.to_string()));
                let text = match fetcher.get_up_to(&url, SHEET_LONGEST) {
                    Err(FetchError::NotThere) if page == 0 => break,
                    other => other,
                };
                if page == 0 {
                    found.documents.push(name);
                }
                let day = &mut found.day;
                let read = text.map_err(|e| e.to_string()).and_then(|text| {
                    let read = match name {
                        STATUS => day.status(&text).map(|()| false),
                        LIVE_MARKET => day.live_market(&text).map(|()| false),
                        _ => day.floorsheet(&text),
                    };
                    read.map_err(|e| e.to_string())
                });
                match read {
                    // All pages are read: a security that traded in the morning alone is on none of the newest.
                    Ok(true) if name == FLOORSHEET_PAGE => {}
                    Ok(_) => break,
                    Err(why) => {
                        found.notes.push(format!("{url}: {why}"));
                        break;
                    }
                }
            }
        }
        found.depth = if self.depth.is_empty() { self.depth_there() } else { self.depth.clone() };
        Ok(found)
    }

    /// The securities whose depth is in the folder.
    fn depth_there(&self) -> Vec<Symbol> {
        let Some(entries) = self.folder().and_then(|folder| std::fs::read_dir(folder.join("depth")).ok())
        else {
            return Vec::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut found: Vec<Symbol> =
            names.filter_map(|name| name.strip_suffix(".json").map(Symbol::new)).collect();
        found.sort();
        found
    }

    /// The date of a session that begins when this machine's clock shows `now`: that of the documents, unless the site is
    /// asked over the net on a day of the exchange, which may not have begun.
    #[must_use]
    pub fn date(&self, day: &SiteDay, now: Timestamp) -> SessionDate {
        let today = now.nepal_date();
        let has_session = || Calendar::embedded().is_session(today).unwrap_or(false);
        match day.newest.map(Timestamp::nepal_date) {
            Some(date) if self.folder().is_some() || !has_session() => date,
            _ => today,
        }
    }

    /// The engine's time at the start of a session of `date`: now, if that is today; else the newest time there is.
    #[must_use]
    pub fn starts_at(day: &SiteDay, date: SessionDate, now: Timestamp) -> Option<Timestamp> {
        if now.nepal_date() == date { Some(now) } else { day.newest.filter(|at| at.nepal_date() == date) }
    }

    /// The day of what was found; `list` says what kind each security is.
    ///
    /// # Errors
    /// No security is named, or one whose depth is wanted is not among them.
    pub fn day(&self, found: &SiteFound, list: &Securities, date: SessionDate) -> Result<DayMeta, String> {
        let unsaid = SiteSecurity::default();
        let said = &found.day.securities;
        // A list alone does not say that there is a site.
        let listed = list.symbols().filter(|_| !found.documents.is_empty());
        let symbols: BTreeSet<&Symbol> = said.keys().chain(listed).collect();
        let instruments = symbols.into_iter().map(|symbol| {
            let said = said.get(symbol).unwrap_or(&unsaid);
            let known = list.instrument(symbol, said.name.as_deref(), date);
            // What was the close before on another day is not today's, whose bands are made from it.
            let close = said.previous_close.filter(|(of, _)| *of == date).map(|(_, close)| close);
            Instrument { previous_close: close.or(known.previous_close), ..known }
        });
        let universe = Universe::new(instruments);
        if universe.is_empty() {
            let notes = found.notes.join("; ");
            let why = if notes.is_empty() { String::new() } else { format!(" ({notes})") };
            return Err(format!(
                "{}: neither {LIVE_MARKET} nor a floorsheet there names a security{why}",
                self.base
            ));
        }
        if let Some(symbol) = self.depth.iter().find(|symbol| universe.find(symbol).is_none()) {
            return Err(format!("{}: {symbol} is not among its securities", self.base));
        }
        let title = format!("NEPSE {date} from {}", self.base.strip_prefix("file:").unwrap_or(&self.base));
        let mut day = DayMeta::new(date, Board::Nepse, &title, universe);
        day.depth = !found.depth.is_empty();
        day.sources = (1..=2).map(|n| SourceInfo { id: SourceId(n), name: format!("site {n}") }).collect();
        Ok(day)
    }

    /// A session that reads the documents again and again. `clock` is what the clock of its day shows; `seed` is where its
    /// waits begin to differ from those of others.
    #[must_use]
    pub fn session(
        &self,
        (source, date): (SourceId, SessionDate),
        found: &SiteFound,
        universe: &Universe,
        (clock, seed): (Option<SourceClock>, u64),
    ) -> NepseSiteSession {
        let of = |name: &str| found.documents.contains(&name).then(|| self.url(name));
        let depth = found.depth.iter().filter_map(|s| Some((universe.find(s)?, self.url(&depth_name(s)))));
        let settings = NepseSiteSettings {
            floorsheet_or: of(FLOORSHEET_PAGE).map(|_| self.url(FLOORSHEET)),
            floorsheet: of(FLOORSHEET_PAGE).or_else(|| of(FLOORSHEET)),
            live_market: of(LIVE_MARKET),
            status: of(STATUS),
            depth: depth.collect(),
            clock,
            seed,
            ..NepseSiteSettings::new(source, date)
        };
        let listed = universe.iter().filter_map(|(id, instrument)| {
            let (price, qty) = (Scale::of(instrument.price_scale)?, Scale::of(instrument.qty_scale)?);
            Some(Listed { symbol: instrument.symbol.clone(), instrument: id, price, qty })
        });
        NepseSiteSession::new(settings, Listing::new(listed))
    }

    /// What is read of a site that does not answer: everything that it may have.
    #[must_use]
    pub fn unknown(&self) -> SiteFound {
        let documents = vec![STATUS, LIVE_MARKET, FLOORSHEET_PAGE];
        SiteFound { documents, depth: self.depth.clone(), ..SiteFound::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::market::Price;

    fn fetcher() -> Fetcher {
        Fetcher::new(None, Duration::from_secs(5)).unwrap()
    }

    #[test]
    fn a_folder_is_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let site = SiteFeed { base: format!("file:{}", folder.path().display()), depth: Vec::new() };
        let empty = site.ask(&fetcher()).unwrap();
        let date = SessionDate::new(2024, 7, 2).unwrap();
        let refused = site.day(&empty, &Securities::default(), date).unwrap_err();
        assert!(refused.contains("names a security"), "{refused}");

        write(
            LIVE_MARKET,
            r#"[{"symbol":"NABIL","previousClose":512.5,"lastUpdatedDateTime":"2024-07-02T12:00:00"}]"#,
        );
        let sheet = |symbol: &str, last: bool| {
            let row = format!(r#"{{"stockSymbol":"{symbol}","tradeTime":"2024-07-02T12:30:00"}}"#);
            format!(r#"{{"totalTrades":2,"floorsheets":{{"content":[{row}],"last":{last}}}}}"#)
        };
        write("floorsheet-0.json", &sheet("SCB", false));
        write("floorsheet-1.json", &sheet("HDL", true));
        write(STATUS, "garbage");
        std::fs::create_dir(folder.path().join("depth")).unwrap();
        write("depth/NABIL.json", "{}");
        let found = site.ask(&fetcher()).unwrap();
        assert_eq!(found.documents, [STATUS, LIVE_MARKET, FLOORSHEET_PAGE]);
        assert_eq!((found.depth.as_slice(), found.notes.len()), (&[Symbol::new("NABIL")][..], 1));
        // Long after: the documents say which day it is, and what time.
        let now = Timestamp::from_ns(1_790_000_000_000_000_000);
        assert_eq!(site.date(&found.day, now), date);
        assert_eq!(SiteFeed::starts_at(&found.day, date, now), found.day.newest);
        let day = site.day(&found, &Securities::default(), date).unwrap();
        assert_eq!((day.instruments.len(), day.market, day.depth), (3, Board::Nepse, true));
        let close = |day: &DayMeta| {
            let nabil = day.instruments.find(&Symbol::new("NABIL")).unwrap();
            day.instruments.iter().find(|(id, _)| *id == nabil).and_then(|(_, nabil)| nabil.previous_close)
        };
        assert_eq!(close(&day), Some(Price::from_units(51_250)));
        // On another day the close before is another.
        let next = site.day(&found, &Securities::default(), SessionDate::new(2024, 7, 3).unwrap()).unwrap();
        assert_eq!(close(&next), None);
        // A security that has not traded yet is known from the list.
        let list = folder.path().join("securities.csv");
        std::fs::write(&list, "symbol,security_name,sector,instrument_type\nHIDCL,H,Banks,Equity\n").unwrap();
        let list = Securities::read(Some(&list), None).unwrap();
        assert!(site.day(&found, &list, date).unwrap().instruments.find(&Symbol::new("HIDCL")).is_some());
        let wanted = SiteFeed { depth: vec![Symbol::new("HIDCL")], ..site };
        assert!(wanted.day(&found, &Securities::default(), date).unwrap_err().contains("HIDCL is not among"));
        let gone = SiteFeed { base: "file:/nowhere/at/all".to_owned(), depth: Vec::new() };
        assert_eq!(gone.ask(&fetcher()), Err("/nowhere/at/all: no such folder".to_owned()));
    }

    #[test]
    fn over_the_net_a_day_of_the_exchange_is_today_even_before_it_begins() {
        let site = SiteFeed { base: "https://site.example".to_owned(), depth: Vec::new() };
        let (monday, friday) =
            (SessionDate::new(2026, 8, 17).unwrap(), SessionDate::new(2026, 8, 14).unwrap());
        let at = |date, hour| {
            Timestamp::nepal(date, chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap()).unwrap()
        };
        let day = SiteDay { newest: Some(at(friday, 15)), ..SiteDay::default() };
        assert_eq!(site.date(&day, at(monday, 9)), monday);
        let saturday = SessionDate::new(2026, 8, 15).unwrap();
        assert_eq!(site.date(&day, at(saturday, 9)), friday);
        assert_eq!(site.date(&SiteDay::default(), at(saturday, 9)), saturday);
    }
}
