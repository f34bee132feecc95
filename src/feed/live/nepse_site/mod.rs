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
//! Whoever holds the session opens it like a connection; nothing is sent, everything is fetched. An address that
//! begins with `file:` names a file, which whoever fetches opens.

mod day;
mod document;
mod sheet;

#[cfg(test)]
mod tests;

use super::backoff::Backoff;
use super::listing::Listing;
use super::session::{FeedOut, FeedSession, FeedStats, Fetch, SourceClock};
use crate::engine::LineState;
use crate::feed::stamp::Stamp;
use crate::market::{
    Calendar, EventFlags, InstrumentId, LevelUpdate, MarketData, MarketEvent, SessionDate, SessionPhase,
    SourceId, Timestamp, TradePrint,
};

pub use day::{FLOORSHEET, FLOORSHEET_PAGE, LIVE_MARKET, STATUS, SiteDay, SiteSecurity, depth_name};
pub use document::DocumentError;

use document::{Last, SheetRow};
use sheet::Sheet;

const NS_PER_MS: i64 = 1_000_000;
/// Documents that may be on their way at once.
const FETCHES_AT_ONCE: usize = 4;
/// How far ahead of this machine's clock a time of the site may be, in nanoseconds: clocks differ, days do not.
const AHEAD_NS: i64 = 3_600_000_000_000;

/// How a session with the site is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NepseSiteSettings {
    /// Under which source its events are known.
    pub source: SourceId,
    /// How often each document is asked for, in milliseconds.
    pub poll_ms: u32,
    /// A document not there after so many milliseconds is asked for again, and the state is *stale*.
    pub fetch_ms: u32,
    /// No document at all for so many milliseconds is silence.
    pub silence_ms: u32,
    /// Where the floorsheet is. `{page}` in it stands for the number of a page, from 0.
    pub floorsheet: Option<String>,
    /// Where the live market is.
    pub live_market: Option<String>,
    /// Where the market status is.
    pub status: Option<String>,
    /// Where the depth of an instrument is.
    pub depth: Vec<(InstrumentId, String)>,
    /// What the clock of the session's day shows, where that is not this machine's time: documents of another day are
    /// read as if it were then.
    pub clock: Option<SourceClock>,
    /// Where the waits between requests begin to differ from those of others.
    pub seed: u64,
}

impl NepseSiteSettings {
    /// Nothing yet to read, with limits that suit the site.
    #[must_use]
    pub const fn new(source: SourceId) -> Self {
        Self {
            source,
            poll_ms: 5_000,
            fetch_ms: 10_000,
            silence_ms: 20_000,
            floorsheet: None,
            live_market: None,
            status: None,
            depth: Vec::new(),
            clock: None,
            seed: 0,
        }
    }
}

/// What a document is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Depth(InstrumentId),
    Floorsheet,
    LiveMarket,
    Status,
}

/// A document that is asked for again and again.
#[derive(Debug)]
struct Document {
    kind: Kind,
    url: String,
    asked: Option<(u64, Timestamp)>,
    next_at: Timestamp,
    backoff: Backoff,
    /// It was read at least once.
    known: bool,
    /// It was not there in time, or could not be read.
    late: bool,
}

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
    /// The time of the last trade that was told before this session was taken up, by place in the listing.
    told: Vec<Timestamp>,
    phase: Option<SessionPhase>,
    /// The day whose opening is known, and the opening.
    opening: Option<(SessionDate, Option<Timestamp>)>,
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
            kind,
            url,
            asked: None,
            next_at: Timestamp::default(),
            backoff: Backoff::new(settings.seed.wrapping_add(n as u64)),
            known: false,
            late: false,
        };
        Self {
            documents: wanted.into_iter().enumerate().map(document).collect(),
            sheet: Sheet::new(settings.seed),
            pictures: vec![None; listing.rows().len()],
            lasts: vec![None; listing.rows().len()],
            told: vec![Timestamp::default(); listing.rows().len()],
            phase: None,
            opening: None,
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

    /// The session goes on after these events, told before the process ended: no trade is told again.
    pub fn take_up<'a>(&mut self, events: impl IntoIterator<Item = &'a MarketEvent>) {
        for event in events {
            match event.data {
                MarketData::Trade(print) => {
                    let slot = self.listing.rows().iter().position(|row| row.instrument == event.instrument);
                    if let Some(told) = slot.and_then(|slot| self.told.get_mut(slot)) {
                        *told = event.at.max(*told);
                    }
                    if let Some(contract) = print.contract {
                        self.sheet.know(event.at.nepal_date(), contract);
                    }
                }
                MarketData::Session(phase) => self.phase = Some(phase),
                _ => {}
            }
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

    /// Reads a document; whether another page of it is needed at once.
    fn read(
        &mut self,
        kind: Kind,
        now: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<bool, DocumentError> {
        let latest = now.plus_ns(AHEAD_NS);
        match kind {
            Kind::Depth(instrument) => self.read_depth(instrument, now, text, out).map(|()| false),
            Kind::Floorsheet => self.read_sheet(now, latest, text, out),
            Kind::LiveMarket => self.read_live_market(latest, text, out).map(|()| false),
            Kind::Status => self.read_status(latest, text, out).map(|()| false),
        }
    }

    /// The document has no time of its own: a picture stands at the time it was read.
    fn read_depth(
        &mut self,
        instrument: InstrumentId,
        now: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<(), DocumentError> {
        let (slot, levels) = document::depth(text, &self.listing)?;
        if self.instrument(slot) != instrument {
            return Err(DocumentError::UnknownSymbol(self.listing.rows()[slot].symbol.to_string()));
        }
        if self.pictures[slot].as_ref() != Some(&levels) {
            self.stamp(instrument, self.there(now)).picture(&levels, &mut out.events);
            self.pictures[slot] = Some(levels);
        }
        Ok(())
    }

    fn read_sheet(
        &mut self,
        now: Timestamp,
        latest: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<bool, DocumentError> {
        let page = document::floorsheet(text, &self.listing, latest)?;
        let paged = self.settings.floorsheet.as_ref().is_some_and(|url| url.contains("{page}"));
        let walked = self.sheet.take(now, page, paged);
        self.stats.refused += walked.refused;
        self.stats.gaps += u64::from(walked.noticed);
        let done = walked.trades.is_some();
        for row in walked.trades.unwrap_or_default() {
            let flags = if self.is_auction(&row) { EventFlags::AUCTION } else { EventFlags::NONE };
            let stamp = self.stamp(self.instrument(row.slot), row.at);
            let stamp = Stamp { flags: stamp.flags.with(flags), ..stamp };
            stamp.trade(row.print, &mut out.events);
        }
        Ok(!done)
    }

    /// Whether the opening auction printed it: before the continuous session of its day.
    fn is_auction(&mut self, row: &SheetRow) -> bool {
        if self.opening.is_none_or(|(day, _)| day != row.date) {
            let session = Calendar::embedded().session(row.date).ok();
            self.opening = Some((row.date, session.map(|session| session.continuous.open)));
        }
        self.opening.and_then(|(_, open)| open).is_some_and(|open| row.at < open)
    }

    fn read_live_market(
        &mut self,
        latest: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<(), DocumentError> {
        let rows = document::live_market(text, &self.listing, latest)?;
        for row in rows {
            let last = match row {
                Ok(Some(last)) => last,
                Ok(None) => continue,
                Err(_) => {
                    self.stats.refused += 1;
                    continue;
                }
            };
            let before = self.lasts[last.slot];
            let is_new = before.is_none_or(|before| (last.at, last.total) > (before.at, before.total));
            let same_volume = before.is_some_and(|before| {
                before.total == last.total && before.at.nepal_date() == last.at.nepal_date()
            });
            if !is_new || same_volume {
                self.stats.refused += u64::from(before.is_some_and(|before| last.at < before.at));
                continue;
            }
            self.lasts[last.slot] = Some(last);
            if self.settings.floorsheet.is_none() && last.at > self.told[last.slot] {
                let Last { price, qty, .. } = last;
                let print =
                    TradePrint { price, qty, aggressor: None, buyer: None, seller: None, contract: None };
                self.stamp(self.instrument(last.slot), last.at).trade(print, &mut out.events);
            }
        }
        Ok(())
    }

    /// A market that closes after it was open has ended; before that it is closed.
    fn read_status(&mut self, latest: Timestamp, text: &str, out: &mut FeedOut) -> Result<(), DocumentError> {
        let (said, at) = document::status(text, latest)?;
        let phase = match (said, self.phase) {
            (SessionPhase::Closed, None | Some(SessionPhase::Closed)) => SessionPhase::Closed,
            (SessionPhase::Closed, Some(_)) => SessionPhase::Ended,
            (other, _) => other,
        };
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            let stamp = self.stamp(MarketEvent::MARKET, at);
            out.events.push(stamp.event(true, MarketData::Session(phase)));
        }
        Ok(())
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
            out.fetch.push(Fetch { no: self.fetches, url });
        }
    }
}

impl Document {
    /// It was not there, or could not be read: asked for again after a while.
    fn failed(&mut self, now: Timestamp) {
        self.asked = None;
        self.late = true;
        let wait = i64::try_from(self.backoff.wait().as_nanos()).unwrap_or(i64::MAX);
        self.next_at = now.plus_ns(wait);
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
                Ok(more) => {
                    let wait = if more { 0 } else { i64::from(self.settings.poll_ms) * NS_PER_MS };
                    (document.asked, document.next_at) = (None, now.plus_ns(wait));
                    (document.known, document.late) = (document.known || !more, false);
                    document.backoff.worked();
                }
                Err(_) => document.failed(now),
            }
        } else {
            self.stats.failed += 1;
            self.documents[place].failed(now);
        }
        self.stats.events += (out.events.len() - before) as u64;
        self.ask(now, out);
    }

    fn lost(&mut self, now: Timestamp, out: &mut FeedOut) {
        let before = out.events.len();
        for slot in 0..self.pictures.len() {
            if self.pictures[slot].take().is_some() {
                self.stamp(self.instrument(slot), self.there(now)).lose(&mut out.events);
            }
        }
        for document in &mut self.documents {
            (document.asked, document.known, document.late) = (None, false, false);
        }
        (self.connected, self.silent) = (false, false);
        self.stats.events += (out.events.len() - before) as u64;
    }

    fn tick(&mut self, now: Timestamp, out: &mut FeedOut) {
        if !self.connected {
            return;
        }
        let silence = i64::from(self.settings.silence_ms) * NS_PER_MS;
        self.silent = now.since_ns(self.answered_at) >= silence;
        let patience = i64::from(self.settings.fetch_ms) * NS_PER_MS;
        for document in &mut self.documents {
            if document.asked.is_some_and(|(_, at)| now.since_ns(at) >= patience) {
                self.stats.failed += 1;
                document.failed(now);
            }
        }
        self.ask(now, out);
    }

    fn state(&self) -> LineState {
        match self {
            Self { connected: false, .. } => LineState::Connecting,
            Self { silent: true, .. } => LineState::Silent,
            Self { sheet: Sheet { gap: true, .. }, .. } => LineState::Gap,
            _ if self.documents.iter().any(|document| document.late) => LineState::Stale,
            _ if self.documents.iter().any(|document| !document.known) => LineState::Syncing,
            _ => LineState::Live,
        }
    }

    fn stats(&self) -> &FeedStats {
        &self.stats
    }
}
