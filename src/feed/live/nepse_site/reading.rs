//! What each kind of document tells when it is read.

use super::NepseSiteSession;
use super::document::{self, DocumentError, Last};
use super::polled::{Document, Kind};
use crate::feed::live::session::FeedOut;
use crate::feed::stamp::Stamp;
use crate::market::{EventFlags, InstrumentId, MarketData, MarketEvent, SessionDate, Timestamp, TradePrint};

/// How far ahead of this machine's clock a time of the site may be, in nanoseconds: clocks differ, days do not.
const AHEAD_NS: i64 = 3_600_000_000_000;
/// Names of securities not asked for that are kept to be shown.
const UNKNOWN_MAX: usize = 1_000;

/// What reading a document brought.
#[derive(Default)]
pub(super) struct Read {
    /// Another page of it is needed at once.
    pub(super) more: bool,
    /// The newest time of the session's day in it.
    pub(super) newest: Option<Timestamp>,
}

impl NepseSiteSession {
    /// Reads a document.
    pub(super) fn read(
        &mut self,
        kind: Kind,
        now: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<Read, DocumentError> {
        match kind {
            Kind::Depth(instrument) => self.read_depth(instrument, now, text, out).map(|()| Read::default()),
            Kind::Floorsheet => self.read_sheet(now, text, out),
            Kind::LiveMarket => {
                self.read_live_market(now, text, out).map(|newest| Read { more: false, newest })
            }
            Kind::Status => self.read_status(now, text, out).map(|newest| Read { more: false, newest }),
        }
    }

    /// Something was of another day, and is told for the first time.
    fn turn_away(&mut self, rows: u64, date: SessionDate) {
        self.other_day = (self.other_day.0 + rows, Some(date));
    }

    fn not_asked_for(&mut self, symbol: String) {
        if self.unknown.len() < UNKNOWN_MAX || self.unknown.contains_key(&symbol) {
            *self.unknown.entry(symbol).or_default() += 1;
        }
    }

    /// The document has no time of its own: a picture stands at the time it was read, and before anything is of the
    /// session's day nothing says that it is.
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
        if self.dated && self.pictures[slot].as_ref() != Some(&levels) {
            self.stamp(instrument, self.there(now)).picture(&levels, &mut out.events);
            self.pictures[slot] = Some(levels);
        }
        Ok(())
    }

    fn read_sheet(&mut self, now: Timestamp, text: &str, out: &mut FeedOut) -> Result<Read, DocumentError> {
        let page = document::floorsheet(text, &self.listing, now.plus_ns(AHEAD_NS))?;
        let of_sheet =
            |document: &Document| document.kind == Kind::Floorsheet && document.url.contains("{page}");
        let paged = self.documents.iter().any(of_sheet);
        let walked = self.sheet.take(now, page, paged);
        self.stats.refused += walked.refused;
        self.stats.gaps += u64::from(walked.noticed);
        if let Some(date) = walked.other_date {
            self.turn_away(walked.other_day, date);
        }
        walked.unknown.into_iter().for_each(|symbol| self.not_asked_for(symbol));
        let more = walked.trades.is_none();
        for row in walked.trades.unwrap_or_default() {
            // Before the continuous session it is the opening auction that prints.
            let is_auction = self.status.continuous().is_some_and(|span| row.at < span.open);
            let flags = if is_auction { EventFlags::AUCTION } else { EventFlags::NONE };
            let stamp = self.stamp(self.instrument(row.slot), row.at);
            let stamp = Stamp { flags: stamp.flags.with(flags), ..stamp };
            stamp.trade(row.print, &mut out.events);
        }
        Ok(Read { more, newest: walked.newest })
    }

    /// The newest time of the day is what follows.
    fn read_live_market(
        &mut self,
        now: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<Option<Timestamp>, DocumentError> {
        let rows = document::live_market(text, &self.listing, now.plus_ns(AHEAD_NS))?;
        let mut newest = None;
        for row in rows {
            let last = match row {
                Ok(Some(last)) => last,
                Ok(None) => continue,
                Err(error) => {
                    self.stats.refused += 1;
                    if let DocumentError::UnknownSymbol(symbol) = error {
                        self.not_asked_for(symbol);
                    }
                    continue;
                }
            };
            let date = last.at.nepal_date();
            if date != self.settings.date {
                if self.others[last.slot].replace(last.at) != Some(last.at) {
                    self.stats.refused += 1;
                    self.turn_away(1, date);
                }
                continue;
            }
            newest = newest.max(Some(last.at));
            let before = self.lasts[last.slot];
            let is_new = before.is_none_or(|before| (last.at, last.total) > (before.at, before.total));
            let same_volume = before.is_some_and(|before| before.total == last.total);
            if !is_new || same_volume {
                self.stats.refused += u64::from(before.is_some_and(|before| last.at < before.at));
                continue;
            }
            self.lasts[last.slot] = Some(last);
            if self.settings.floorsheet.is_none() {
                let Last { price, qty, .. } = last;
                let print =
                    TradePrint { price, qty, aggressor: None, buyer: None, seller: None, contract: None };
                self.stamp(self.instrument(last.slot), last.at).trade(print, &mut out.events);
            }
        }
        Ok(newest)
    }

    /// The time of the status is what follows, if it is of the day.
    fn read_status(
        &mut self,
        now: Timestamp,
        text: &str,
        out: &mut FeedOut,
    ) -> Result<Option<Timestamp>, DocumentError> {
        let (said, at) = document::status(text, now.plus_ns(AHEAD_NS))?;
        let is_of_day = self.status.take(said, at);
        if !is_of_day && self.other_status.replace(at) != Some(at) {
            self.stats.refused += 1;
            self.turn_away(1, at.nepal_date());
        }
        for (at, data) in self.status.news(self.there(now)) {
            let mut stamp = self.stamp(MarketEvent::MARKET, at);
            if matches!(data, MarketData::Halt(_)) {
                // The site has no word for a stop.
                stamp.flags = stamp.flags.with(EventFlags::INFERRED);
            }
            out.events.push(stamp.event(true, data));
        }
        Ok(is_of_day.then_some(at))
    }
}
