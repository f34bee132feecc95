//! The exchange's site as documents: market depth, floorsheet, live market, market status, from files or polled.
//!
//! NEPSE has no public stream. What its site shows is fetched again and again, compared with what was seen before,
//! and what is new is told, marked [`EventFlags::POLLED`]: between two documents the market is not known.
//!
//! - Depth is a picture of the best levels. It is told when it differs from the last one, never made up.
//! - The floorsheet has every trade with its contract number: each is told once. Older pages are asked for until one
//!   has a contract that is known. The exchange's own count of trades, as the newest page has it, is the check: while
//!   it says more than were found, the state is *gap* and all pages are read again, with waits between.
//! - The live market has the last price. Where a floorsheet is read it tells nothing, because the trades are there;
//!   otherwise the last trade of each security is told when more shares were traded. Trades between two documents
//!   are then not known, and the volume is not complete.
//! - It holds no index value; none is told.
//!
//! - What is of another day than the session's is not told, and depth, which has no date, not before something else
//!   is of that day.
//! - What was told before a loss is told again after it, each contract too: whoever hands it on knows what was handed
//!   on before.
//!
//! Whoever holds the session opens it like a connection; nothing is sent, everything is fetched. An address that
//! begins with `file:` names a file, which whoever fetches opens.

mod day;
mod document;
mod polled;
mod reading;
mod settings;
mod sheet;
mod status;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::backoff::Backoff;
use super::listing::Listing;
use super::session::{FeedOut, FeedSession, FeedStats, Fetch};
use crate::engine::LineState;
use crate::feed::stamp::Stamp;
use crate::market::{EventFlags, InstrumentId, LevelUpdate, SessionDate, Timestamp};

pub use day::{FLOORSHEET, FLOORSHEET_PAGE, LIVE_MARKET, STATUS, SiteDay, SiteSecurity, depth_name};
pub use document::DocumentError;
pub use settings::NepseSiteSettings;

use document::Last;
use polled::{Document, Kind};
use reading::Read;
use sheet::Sheet;
use status::Status;

const NS_PER_MS: i64 = 1_000_000;
/// Documents that may be on their way at once.
const FETCHES_AT_ONCE: usize = 4;
/// While the market trades, a document whose newest time is older than this is an old one.
const AGE_NS: i64 = 5 * 60 * 1_000 * NS_PER_MS;
/// The most bytes of a floorsheet: in one document that of a heavy day has nearly sixty millions.
pub const SHEET_LONGEST: u64 = 128 << 20;
/// How often a document that is not there is looked for, in nanoseconds.
const LOOK_NS: i64 = 60 * 1_000 * NS_PER_MS;

/// A session with the exchange's site.
#[derive(Debug)]
pub struct NepseSiteSession {
    settings: NepseSiteSettings,
    listing: Listing,
    documents: Vec<Document>,
    sheet: Sheet,
    /// The last picture, and the last trade of the live market, by place in the listing.
    pictures: Vec<Option<Vec<LevelUpdate>>>,
    lasts: Vec<Option<Last>>,
    /// The time of the last row of another day, by place in the listing.
    others: Vec<Option<Timestamp>>,
    status: Status,
    /// A document of the session's day was read: what has no date of its own is believed to be of it too.
    dated: bool,
    /// What was of another day: how much, and the last such day.
    other_day: (u64, Option<SessionDate>),
    other_status: Option<Timestamp>,
    /// Securities that were not asked for, and how many of their rows came.
    unknown: BTreeMap<String, u64>,
    /// The market trades and a document is old.
    aged: bool,
    stats: FeedStats,
    fetches: u64,
    /// When a document came last, or the session was opened.
    answered_at: Timestamp,
    connected: bool,
    opened: bool,
    silent: bool,
}

impl NepseSiteSession {
    /// About these instruments.
    #[must_use]
    pub fn new(settings: NepseSiteSettings, listing: Listing) -> Self {
        let of =
            |kind, url: &Option<String>| url.iter().map(move |url| (kind, url.clone())).collect::<Vec<_>>();
        let mut wanted = of(Kind::Status, &settings.status);
        wanted.extend(of(Kind::Floorsheet, &settings.floorsheet));
        wanted.extend(of(Kind::LiveMarket, &settings.live_market));
        wanted.extend(settings.depth.iter().map(|(id, url)| (Kind::Depth(*id), url.clone())));
        let document = |(n, (kind, url))| Document {
            other: settings.floorsheet_or.clone().filter(|_| kind == Kind::Floorsheet),
            kind,
            url,
            asked: None,
            next_at: Timestamp::default(),
            backoff: Backoff::new(settings.seed.wrapping_add(n as u64)),
            known: false,
            ever: false,
            absent: false,
            late: false,
            newest: None,
        };
        Self {
            documents: wanted.into_iter().enumerate().map(document).collect(),
            sheet: Sheet::new(settings.date, settings.seed),
            pictures: vec![None; listing.rows().len()],
            lasts: vec![None; listing.rows().len()],
            others: vec![None; listing.rows().len()],
            status: Status::new(settings.date),
            dated: false,
            other_day: (0, None),
            other_status: None,
            unknown: BTreeMap::new(),
            aged: false,
            settings,
            listing,
            stats: FeedStats::default(),
            fetches: 0,
            answered_at: Timestamp::default(),
            connected: false,
            opened: false,
            silent: false,
        }
    }

    fn stamp(&self, instrument: InstrumentId, at: Timestamp) -> Stamp {
        Stamp { at, seq: 0, source: self.settings.source, instrument, flags: EventFlags::POLLED }
    }

    fn there(&self, now: Timestamp) -> Timestamp {
        self.settings.clock.map_or(now, |clock| clock.at(now))
    }

    fn instrument(&self, slot: usize) -> InstrumentId {
        self.listing.rows()[slot].instrument
    }

    /// Whether the market trades and what is read of it has no recent time.
    fn is_aged(&self, now: Timestamp) -> bool {
        let there = self.there(now);
        let Some(span) = self.status.continuous().filter(|span| span.contains(there)) else { return false };
        let trades = |kind| matches!(kind, Kind::Floorsheet | Kind::LiveMarket);
        let has_trades = self.documents.iter().any(|document| trades(document.kind));
        let old = |document: &Document| {
            let counts = if has_trades { trades(document.kind) } else { document.kind == Kind::Status };
            let newest = document.newest.map_or(span.open, |at| at.max(span.open));
            counts && document.known && there.since_ns(newest) > AGE_NS
        };
        !self.status.is_stopped() && self.documents.iter().any(old)
    }

    /// Asks for the documents that are due.
    fn ask(&mut self, now: Timestamp, out: &mut FeedOut) {
        let under_way = self.documents.iter().filter(|document| document.asked.is_some()).count();
        let mut free = FETCHES_AT_ONCE.saturating_sub(under_way);
        // The longest overdue first, so that many documents share what may be on its way at once.
        let mut due: Vec<usize> = (0..self.documents.len()).collect();
        due.retain(|i| self.documents[*i].asked.is_none() && self.documents[*i].next_at <= now);
        due.sort_by_key(|i| self.documents[*i].next_at);
        for document in due {
            if free == 0 {
                return;
            }
            free -= 1;
            self.fetches += 1;
            let document = &mut self.documents[document];
            document.asked = Some((self.fetches, now));
            let url = document.url.replace("{page}", &self.sheet.page.to_string());
            let longest = if document.kind == Kind::Floorsheet { SHEET_LONGEST } else { Fetch::USUAL };
            out.fetch.push(Fetch { no: self.fetches, url, longest });
        }
    }

    /// A document was not there, or could not be read.
    fn failed(&mut self, place: usize, now: Timestamp) {
        if self.documents[place].kind == Kind::Floorsheet {
            self.sheet.restart();
        }
        self.documents[place].failed(now);
    }
}

impl FeedSession for NepseSiteSession {
    fn opened(&mut self, now: Timestamp, out: &mut FeedOut) {
        self.stats.reconnects += u64::from(self.opened);
        (self.opened, self.connected, self.silent) = (true, true, false);
        self.answered_at = now;
        self.documents.iter_mut().for_each(|document| document.next_at = now);
        self.ask(now, out);
    }

    fn heard(&mut self, _: Timestamp, _: &str, _: &mut FeedOut) {
        // Nothing is sent to a source of documents, so nothing is to be heard from it.
        self.stats.frames += 1;
        self.stats.refused += 1;
    }

    fn fetched(&mut self, now: Timestamp, fetch: u64, answer: Result<&str, &str>, out: &mut FeedOut) {
        let asked = |document: &Document| document.asked.is_some_and(|(number, _)| number == fetch);
        let Some(place) = self.documents.iter().position(asked) else { return };
        let before = out.events.len();
        if let Ok(text) = answer {
            self.stats.frames += 1;
            self.stats.heard_at = Some(now);
            self.answered_at = now;
            self.silent = false;
            let read = self.read(self.documents[place].kind, now, text, out);
            self.stats.refused += u64::from(read.is_err());
            let document = &mut self.documents[place];
            match read {
                Ok(Read { more, newest }) => {
                    let wait = if more { 0 } else { i64::from(self.settings.poll_ms) * NS_PER_MS };
                    (document.asked, document.next_at) = (None, now.plus_ns(wait));
                    (document.known, document.late) = (document.known || !more, false);
                    (document.ever, document.absent) = (true, false);
                    document.newest = document.newest.max(newest);
                    document.backoff.worked();
                    self.dated |= newest.is_some();
                }
                Err(_) => self.failed(place, now),
            }
        } else {
            self.stats.failed += 1;
            self.failed(place, now);
        }
        self.aged = self.is_aged(now);
        self.stats.events += (out.events.len() - before) as u64;
        self.ask(now, out);
    }

    fn not_there(&mut self, now: Timestamp, fetch: u64, why: &str, out: &mut FeedOut) {
        let asked = |document: &&mut Document| document.asked.is_some_and(|(number, _)| number == fetch);
        match self.documents.iter_mut().find(asked) {
            Some(document) if !document.ever => {
                self.stats.failed += 1;
                // The server answers, and nothing that was known is missing: it is looked for now and then.
                self.answered_at = now;
                (document.asked, document.late, document.absent) = (None, false, true);
                document.next_at = now.plus_ns(LOOK_NS);
                if let Some(other) = &mut document.other {
                    std::mem::swap(other, &mut document.url);
                }
                self.ask(now, out);
            }
            _ => self.fetched(now, fetch, Err(why), out),
        }
    }

    fn lost(&mut self, now: Timestamp, out: &mut FeedOut) {
        let before = out.events.len();
        for slot in 0..self.pictures.len() {
            if self.pictures[slot].take().is_some() {
                self.stamp(self.instrument(slot), self.there(now)).lose(&mut out.events);
            }
        }
        for document in &mut self.documents {
            (document.asked, document.known, document.late, document.newest) = (None, false, false, None);
        }
        // Whether what was told got any further is not known here: everything is told again.
        self.sheet = Sheet::new(self.settings.date, self.settings.seed);
        self.lasts.fill(None);
        self.status.lost();
        (self.connected, self.silent, self.dated, self.aged) = (false, false, false, false);
        self.stats.events += (out.events.len() - before) as u64;
    }

    fn tick(&mut self, now: Timestamp, out: &mut FeedOut) {
        if !self.connected {
            return;
        }
        let silence = i64::from(self.settings.silence_ms) * NS_PER_MS;
        self.silent = now.since_ns(self.answered_at) >= silence;
        let patience = i64::from(self.settings.fetch_ms) * NS_PER_MS;
        for place in 0..self.documents.len() {
            if self.documents[place].asked.is_some_and(|(_, at)| now.since_ns(at) >= patience) {
                self.stats.failed += 1;
                self.failed(place, now);
            }
        }
        self.aged = self.is_aged(now);
        self.ask(now, out);
    }

    fn state(&self) -> LineState {
        match self {
            Self { connected: false, .. } => LineState::Connecting,
            Self { silent: true, .. } => LineState::Silent,
            Self { sheet: Sheet { gap: true, .. }, .. } => LineState::Gap,
            _ if self.aged || self.documents.iter().any(|document| document.late) => LineState::Stale,
            _ if self.documents.iter().all(|document| document.absent) => LineState::Syncing,
            Self { dated: false, .. } => LineState::Syncing,
            _ if self.documents.iter().any(|document| !document.known && !document.absent) => {
                LineState::Syncing
            }
            _ => LineState::Live,
        }
    }

    fn stats(&self) -> &FeedStats {
        &self.stats
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let (rows, Some(date)) = self.other_day {
            let yet = if self.dated {
                String::new()
            } else {
                format!("; nothing is of {} yet", self.settings.date)
            };
            notes.push(format!("{rows} rows of another day are not told, the last of {date}{yet}"));
        }
        if self.aged {
            notes.push("the market trades, and what is read has no time of the last five minutes".to_owned());
        }
        for document in self.documents.iter().filter(|document| document.absent) {
            notes.push(format!("{} is not there; it is looked for each minute", document.url));
        }
        if !self.unknown.is_empty() {
            let mut names: Vec<String> = self.unknown.keys().take(8).cloned().collect();
            let more = self.unknown.len() - names.len();
            names.extend((more > 0).then(|| format!("{more} more")));
            notes.push(format!("not among the securities of this session: {}", names.join(", ")));
        }
        notes
    }
}
