//! Bybit v5 public market data: order books and trades.
//!
//! A subscription begins with a picture; changes follow with update numbers that count up by one. A hole takes the
//! book away at once (a `Clear`, state *gap*), and the subscription is ended and made again, which brings a new
//! picture. A picture replaces the book at any time; so does update 1, which the exchange sends after a restart
//! of its service. The exchange's cross sequence orders messages of different depths of one symbol, of which only
//! one is asked for; it is not needed here. There is no checksum on these streams.
//!
//! Trades have names, not numbers: what comes twice is known by its name, what is missing is not known.

mod said;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use serde_json::json;

use super::backoff::Backoff;
use super::link::Link;
use super::listing::Listing;
use super::rungs::levels;
use super::session::{FeedOut, FeedSession, FeedStats, SourceClock};
use crate::engine::LineState;
use crate::feed::from_ms;
use crate::feed::stamp::Stamp;
use crate::market::{EventFlags, SourceId, Timestamp};

use super::depth::DepthError;
use said::{Said, SaidError, Trade};

const NS_PER_MS: i64 = 1_000_000;
/// Names of trades that are remembered of each instrument.
const NAMES: usize = 256;
/// Topics in one request: what the exchange takes on spot.
const TOPICS_AT_ONCE: usize = 10;
/// The least time between two subscriptions of one book, in nanoseconds.
const BETWEEN_NS: i64 = 1_000_000_000;

/// How a Bybit session is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BybitSettings {
    /// Under which source its events are known.
    pub source: SourceId,
    /// How many levels of a side are asked for; the exchange offers 1, 50, 200 and, by market, more.
    pub depth: u16,
    /// Nothing heard for so many milliseconds is silence; for twice as many, a new connection is tried.
    pub silence_ms: u32,
    /// A picture not there after so many milliseconds is asked for again.
    pub picture_ms: u32,
    /// How often a ping is sent, in milliseconds. The exchange wants one every 20 seconds at the latest; more
    /// often notices a dead line sooner.
    pub ask_every_ms: u32,
    /// What the exchange's clock is known to show before anything was heard: a picture that has no time of its own stands at
    /// its time.
    pub clock: Option<SourceClock>,
    /// Where the waits between requests begin to differ from those of others.
    pub seed: u64,
}

impl BybitSettings {
    /// Limits that suit the exchange.
    #[must_use]
    pub const fn new(source: SourceId) -> Self {
        Self {
            source,
            depth: 200,
            silence_ms: 10_000,
            picture_ms: 5_000,
            ask_every_ms: 4_000,
            clock: None,
            seed: 0,
        }
    }
}

/// One book.
#[derive(Clone, Debug)]
struct Book {
    /// The last update while the book is known.
    in_step: Option<u64>,
    /// When a picture was asked for and has not come.
    asked_at: Option<Timestamp>,
    /// Not to be asked for again before this. Stays when a picture came, so that holes in quick succession do not
    /// become as many requests.
    ask_from: Option<Timestamp>,
    backoff: Backoff,
    gap: bool,
    late: bool,
    at: Option<Timestamp>,
    names: VecDeque<String>,
}

/// A session with Bybit.
#[derive(Debug)]
pub struct BybitSession {
    settings: BybitSettings,
    depth: String,
    listing: Listing,
    books: Vec<Book>,
    link: Link,
    /// Read into again and again.
    said: said::Book,
}

impl BybitSession {
    /// About these instruments.
    #[must_use]
    pub fn new(settings: BybitSettings, listing: Listing) -> Self {
        let book = |(n, _)| Book {
            in_step: None,
            asked_at: None,
            ask_from: None,
            backoff: Backoff::new(settings.seed.wrapping_add(n as u64)),
            gap: false,
            late: false,
            at: None,
            names: VecDeque::new(),
        };
        Self {
            books: listing.rows().iter().enumerate().map(book).collect(),
            link: Link::new(settings.silence_ms, settings.ask_every_ms, settings.clock),
            depth: settings.depth.to_string(),
            settings,
            listing,
            said: said::Book::default(),
        }
    }

    fn stamp(&mut self, slot: usize, at: Timestamp) -> Stamp {
        let at = self.link.in_order(at);
        let instrument = self.listing.rows()[slot].instrument;
        Stamp { at, seq: 0, source: self.settings.source, instrument, flags: EventFlags::NONE }
    }

    fn topic(&self, slot: usize) -> String {
        format!("orderbook.{}.{}", self.depth, self.listing.rows()[slot].symbol)
    }

    fn on_book(&mut self, now: Timestamp, said: &said::Book, out: &mut FeedOut) {
        self.link.pulse.said_time(now, said.sent_ms);
        let at = from_ms(said.at_ms);
        let stamp = self.stamp(said.slot, at);
        let book = &mut self.books[said.slot];
        if said.picture {
            book.at = Some(at);
            (book.in_step, book.asked_at) = (Some(said.update), None);
            (book.gap, book.late) = (false, false);
            stamp.picture(&levels(&said.bids, &said.asks), &mut out.events);
            return;
        }
        match book.in_step {
            // Changes before the picture that was asked for say nothing.
            None => {}
            Some(last) if said.update <= last => self.link.stats.duplicates += 1,
            Some(last) if said.update > last.saturating_add(1) => self.lose(said.slot, at, now, out),
            Some(_) => {
                (book.in_step, book.at) = (Some(said.update), Some(at));
                book.backoff.worked();
                stamp.change(&levels(&said.bids, &said.asks), &mut out.events);
            }
        }
    }

    /// Something is missing: not known until the next picture.
    fn lose(&mut self, slot: usize, at: Timestamp, now: Timestamp, out: &mut FeedOut) {
        self.link.stats.gaps += 1;
        let book = &mut self.books[slot];
        book.gap = true;
        book.ask_from.get_or_insert(now);
        if book.in_step.take().is_some() {
            self.stamp(slot, at).lose(&mut out.events);
        }
    }

    fn on_trade(&mut self, now: Timestamp, trade: Trade, out: &mut FeedOut) {
        self.link.pulse.said_time(now, trade.at_ms);
        let names = &mut self.books[trade.slot].names;
        if names.contains(&trade.id) {
            self.link.stats.duplicates += 1;
            return;
        }
        if names.len() == NAMES {
            names.pop_front();
        }
        names.push_back(trade.id);
        self.stamp(trade.slot, from_ms(trade.at_ms)).trade(trade.print, &mut out.events);
    }

    /// A frame that is not about a book in the usual shape.
    fn on_other(&mut self, now: Timestamp, frame: &str, book: &mut said::Book, out: &mut FeedOut) {
        match said::read(frame, &self.listing, &self.depth, book) {
            Ok(Said::Book) => self.on_book(now, book, out),
            Ok(Said::Trades(trades, refused)) => {
                self.link.stats.refused += refused;
                for trade in trades {
                    self.on_trade(now, trade, out);
                }
            }
            Ok(Said::Pong) => self.link.pulse.answered(now),
            Ok(Said::Taken) => {}
            Ok(Said::Refused(why)) => {
                self.link.refuse(&why, out);
            }
            Err(error) => {
                self.link.stats.refused += 1;
                // A change that is known to be about a book and cannot be read is a change that is missing.
                if let SaidError::Depth(DepthError::Number { slot, .. }) = error {
                    let at = self.books[slot].at.unwrap_or_else(|| self.link.there(now));
                    self.lose(slot, at, now, out);
                }
            }
        }
    }

    /// Ends and makes again the subscriptions whose picture is needed and may be asked for.
    fn ask(&mut self, now: Timestamp, out: &mut FeedOut) {
        for slot in 0..self.books.len() {
            let book = &mut self.books[slot];
            let due = book.asked_at.is_none() && book.ask_from.is_some_and(|from| from <= now);
            if book.in_step.is_some() || !due {
                continue;
            }
            (book.asked_at, book.ask_from) = (Some(now), Some(now.plus_ns(BETWEEN_NS)));
            for op in ["unsubscribe", "subscribe"] {
                out.send.push(json!({ "op": op, "args": [self.topic(slot)] }).to_string());
            }
        }
    }
}

impl FeedSession for BybitSession {
    fn opened(&mut self, now: Timestamp, out: &mut FeedOut) {
        self.link.opened(now);
        let topics: Vec<String> = (0..self.books.len())
            .flat_map(|slot| [self.topic(slot), format!("publicTrade.{}", self.listing.rows()[slot].symbol)])
            .collect();
        for topics in topics.chunks(TOPICS_AT_ONCE) {
            out.send.push(json!({ "op": "subscribe", "args": topics }).to_string());
        }
        self.books.iter_mut().for_each(|book| book.asked_at = Some(now));
    }

    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut FeedOut) {
        if !self.link.hear(now) {
            return;
        }
        let before = out.events.len();
        let mut said = std::mem::take(&mut self.said);
        if said::scan(frame.as_bytes(), &self.listing, &self.depth, &mut said).is_some() {
            self.on_book(now, &said, out);
        } else {
            self.on_other(now, frame, &mut said, out);
        }
        self.said = said;
        self.ask(now, out);
        self.link.heard(now);
        self.link.stats.events += (out.events.len() - before) as u64;
    }

    fn fetched(&mut self, _: Timestamp, _: u64, _: Result<&str, &str>, _: &mut FeedOut) {
        // Nothing is fetched beside the stream: pictures come on it.
    }

    fn lost(&mut self, now: Timestamp, out: &mut FeedOut) {
        let before = out.events.len();
        for slot in 0..self.books.len() {
            let book = &mut self.books[slot];
            let (was_known, at) =
                (book.in_step.take().is_some(), book.at.unwrap_or_else(|| self.link.there(now)));
            (book.asked_at, book.ask_from, book.gap, book.late) = (None, None, false, false);
            if was_known {
                self.stamp(slot, at).lose(&mut out.events);
            }
        }
        self.link.lost();
        self.link.stats.events += (out.events.len() - before) as u64;
    }

    fn tick(&mut self, now: Timestamp, out: &mut FeedOut) {
        let Some(asks) = self.link.tick(now, out) else { return };
        if asks {
            out.send.push("{\"op\":\"ping\"}".to_owned());
        }
        let patience = i64::from(self.settings.picture_ms) * NS_PER_MS;
        for book in &mut self.books {
            if book.asked_at.is_some_and(|at| now.since_ns(at) >= patience) {
                let wait = i64::try_from(book.backoff.wait().as_nanos()).unwrap_or(BETWEEN_NS);
                (book.late, book.asked_at, book.ask_from) = (true, None, Some(now.plus_ns(wait)));
            }
        }
        self.ask(now, out);
    }

    fn state(&self) -> LineState {
        let any = |is: fn(&Book) -> bool| self.books.iter().any(|book| book.in_step.is_none() && is(book));
        self.link.state().unwrap_or_else(|| match () {
            () if any(|book| book.late) => LineState::Stale,
            () if any(|book| book.gap) => LineState::Gap,
            () if any(|_| true) => LineState::Syncing,
            () => LineState::Live,
        })
    }

    fn stats(&self) -> &FeedStats {
        &self.link.stats
    }

    fn clock(&self) -> Option<SourceClock> {
        self.link.clock()
    }
}
