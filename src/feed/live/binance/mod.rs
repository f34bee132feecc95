//! Binance public market data: changes of the book and trades, spot or USD-margined futures.
//!
//! The book is put together as the exchange says: changes are kept while a picture is fetched; those that the
//! picture has are dropped; the first after it must overlap it, and every further one must follow the one before.
//! A change that does not follow takes the book away at once (a `Clear`, state *gap*) until a new picture is there.
//! The exchange offers no checksum for these streams: numbers altered on the way into other numbers are for the
//! transport to find.
//!
//! Trades carry numbers without holes. A hole is counted as a gap and cannot be mended, because trades are told
//! once; the book does not suffer from it.

mod book;
mod said;
mod settings;

#[cfg(test)]
mod tests;

use crate::engine::LineState;
use crate::market::{EventFlags, Timestamp, TradePrint};

use super::depth::{DepthError, Update, scan};
use super::link::Link;
use super::listing::Listing;
use super::rungs::levels;
use super::session::{FeedOut, FeedSession, FeedStats, Fetch, SourceClock};
use crate::feed::binance::Chain;
use crate::feed::from_ms;
use crate::feed::stamp::Stamp;

pub use settings::{BinanceMarket, BinanceSettings};

use book::{Book, Verdict};
use said::{Said, SaidError};

const NS_PER_MS: i64 = 1_000_000;
/// Pictures that may be on their way at once: the exchange counts requests.
const FETCHES_AT_ONCE: usize = 4;
/// The request that subscribes.
const SUBSCRIBE: u64 = 1;

/// A session with Binance.
#[derive(Debug)]
pub struct BinanceSession {
    settings: BinanceSettings,
    listing: Listing,
    books: Vec<Book>,
    link: Link,
    /// Read into again and again.
    update: Update,
    /// The number of the last request to the stream, and of the last picture asked for.
    asked: u64,
    fetches: u64,
}

impl BinanceSession {
    /// About these instruments.
    #[must_use]
    pub fn new(settings: BinanceSettings, listing: Listing) -> Self {
        let book = |(n, _)| Book::new(settings.seed.wrapping_add(n as u64));
        Self {
            books: listing.rows().iter().enumerate().map(book).collect(),
            link: Link::new(settings.silence_ms, settings.ask_every_ms, settings.clock),
            settings,
            listing,
            update: Update::default(),
            asked: SUBSCRIBE,
            fetches: 0,
        }
    }

    /// Where one book stands on a connection that stands.
    fn state_of(book: &Book) -> LineState {
        match book {
            book if book.is_known() => LineState::Live,
            Book { late: true, .. } => LineState::Stale,
            Book { gap: true, .. } => LineState::Gap,
            _ => LineState::Syncing,
        }
    }

    fn stamp(&mut self, slot: usize, at: Timestamp) -> Stamp {
        let at = self.link.in_order(at);
        let instrument = self.listing.rows()[slot].instrument;
        Stamp { at, seq: 0, source: self.settings.source, instrument, flags: EventFlags::NONE }
    }

    fn on_change(&mut self, now: Timestamp, update: &Update, out: &mut FeedOut) {
        let chain = self.settings.market.chain();
        if chain == Chain::Futures && update.previous.is_none() {
            self.link.stats.refused += 1;
            return;
        }
        self.link.pulse.said_time(now, update.event_ms);
        let book = &mut self.books[update.slot];
        let (was_known, at) = (book.is_known(), from_ms(update.event_ms));
        let verdict = book.hear(update, chain, now);
        book.at = Some(at);
        match verdict {
            Verdict::Apply => {
                self.stamp(update.slot, at).change(&levels(&update.bids, &update.asks), &mut out.events);
            }
            Verdict::Old if was_known => self.link.stats.duplicates += 1,
            Verdict::Old | Verdict::Held => {}
            Verdict::Gap => {
                self.link.stats.gaps += 1;
                if was_known {
                    self.stamp(update.slot, at).lose(&mut out.events);
                }
            }
        }
    }

    fn on_trade(&mut self, slot: usize, number: u64, at: Timestamp, print: TradePrint, out: &mut FeedOut) {
        match self.books[slot].trade {
            Some(last) if number <= last => {
                self.link.stats.duplicates += 1;
                return;
            }
            Some(last) if number > last.saturating_add(1) => self.link.stats.gaps += 1,
            _ => {}
        }
        self.books[slot].trade = Some(number);
        self.stamp(slot, at).trade(print, &mut out.events);
    }

    /// A frame that is not a change in the usual shape.
    fn on_other(&mut self, now: Timestamp, frame: &str, update: &mut Update, out: &mut FeedOut) {
        match said::read(frame, &self.listing, update) {
            Ok(Said::Change) => self.on_change(now, update, out),
            Ok(Said::Trade { slot, number, event_ms, print }) => {
                self.link.pulse.said_time(now, event_ms);
                self.on_trade(slot, number, from_ms(event_ms), print, out);
            }
            Ok(Said::Answer(SUBSCRIBE)) => self.books.iter_mut().for_each(|book| book.want(now)),
            Ok(Said::Answer(id)) if id == self.asked => self.link.pulse.answered(now),
            Ok(Said::Answer(_)) => {}
            Ok(Said::Refused(why)) => {
                self.link.refuse(&why, out);
            }
            Err(error) => {
                self.link.stats.refused += 1;
                // A change that is known to be about a book and cannot be read is a change that is missing.
                if let SaidError::Depth(DepthError::Number { slot, .. }) = error {
                    self.lose(slot, now, out);
                }
            }
        }
    }

    fn lose(&mut self, slot: usize, now: Timestamp, out: &mut FeedOut) {
        let book = &mut self.books[slot];
        let (was_known, at) = (book.is_known(), book.at.unwrap_or_else(|| self.link.there(now)));
        book.lose(now);
        self.link.stats.gaps += 1;
        if was_known {
            self.stamp(slot, at).lose(&mut out.events);
        }
    }

    fn on_picture(&mut self, slot: usize, now: Timestamp, document: &str, out: &mut FeedOut) {
        let Ok(picture) = said::picture(document, slot, &self.listing) else {
            self.link.stats.refused += 1;
            self.books[slot].fail(now);
            return;
        };
        let chain = self.settings.market.chain();
        let book = &mut self.books[slot];
        let Some(held) = book.picture(picture.last, chain) else {
            book.retry(now);
            return;
        };
        // On spot a picture has no time: it stands with what was heard last.
        let at = picture.event_ms.map(from_ms).or(book.at).unwrap_or_else(|| self.link.there(now));
        self.stamp(slot, at).picture(&levels(&picture.bids, &picture.asks), &mut out.events);
        for update in held {
            self.on_change(now, &update, out);
        }
    }

    /// Asks for the pictures that are needed and may be asked for.
    fn ask(&mut self, now: Timestamp, out: &mut FeedOut) {
        let under_way = self.books.iter().filter(|book| book.asked.is_some()).count();
        let mut free = FETCHES_AT_ONCE.saturating_sub(under_way);
        for (book, listed) in self.books.iter_mut().zip(self.listing.rows()) {
            if free == 0 {
                return;
            }
            if book.asks(now) {
                free -= 1;
                self.fetches += 1;
                book.ask(self.fetches, now);
                let url = format!("{}{}", self.settings.picture_url, listed.symbol);
                out.fetch.push(Fetch { no: self.fetches, url, longest: Fetch::USUAL });
            }
        }
    }

    fn streams(&self) -> Vec<String> {
        let both = |name: String| [format!("{name}@depth@100ms"), format!("{name}@trade")];
        let names = self.listing.rows().iter().map(|row| row.symbol.as_str().to_lowercase());
        names.flat_map(both).collect()
    }
}

impl FeedSession for BinanceSession {
    fn opened(&mut self, now: Timestamp, out: &mut FeedOut) {
        self.link.opened(now);
        self.asked = SUBSCRIBE;
        let request = serde_json::json!({ "method": "SUBSCRIBE", "params": self.streams(), "id": SUBSCRIBE });
        out.send.push(request.to_string());
    }

    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut FeedOut) {
        if !self.link.hear(now) {
            return;
        }
        let before = out.events.len();
        let mut update = std::mem::take(&mut self.update);
        if scan::change(frame.as_bytes(), &self.listing, &mut update).is_some() {
            self.on_change(now, &update, out);
        } else {
            self.on_other(now, frame, &mut update, out);
        }
        self.update = update;
        self.ask(now, out);
        self.link.heard(now);
        self.link.stats.events += (out.events.len() - before) as u64;
    }

    fn fetched(&mut self, now: Timestamp, fetch: u64, answer: Result<&str, &str>, out: &mut FeedOut) {
        let before = out.events.len();
        let asked = |book: &Book| book.asked.is_some_and(|(number, _)| number == fetch);
        // An answer that nobody waits for any more is of another connection, or too late.
        let Some(slot) = self.books.iter().position(asked) else { return };
        match answer {
            Ok(document) => self.on_picture(slot, now, document, out),
            Err(_) => {
                self.link.stats.failed += 1;
                self.books[slot].fail(now);
            }
        }
        self.ask(now, out);
        self.link.stats.events += (out.events.len() - before) as u64;
    }

    fn lost(&mut self, now: Timestamp, out: &mut FeedOut) {
        let before = out.events.len();
        for slot in 0..self.books.len() {
            let book = &mut self.books[slot];
            let (was_known, at) = (book.is_known(), book.at.unwrap_or_else(|| self.link.there(now)));
            book.lost();
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
            self.asked += 1;
            out.send.push(format!("{{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":{}}}", self.asked));
        }
        let patience = i64::from(self.settings.fetch_ms) * NS_PER_MS;
        for book in &mut self.books {
            if book.asked.is_some_and(|(_, at)| now.since_ns(at) >= patience) {
                self.link.stats.failed += 1;
                book.fail(now);
            }
        }
        self.ask(now, out);
    }

    fn state(&self) -> LineState {
        self.link.state().unwrap_or_else(|| {
            let states: Vec<LineState> = self.books.iter().map(Self::state_of).collect();
            let worst = [LineState::Stale, LineState::Gap, LineState::Syncing];
            worst.into_iter().find(|state| states.contains(state)).unwrap_or(LineState::Live)
        })
    }

    fn stats(&self) -> &FeedStats {
        &self.link.stats
    }

    fn clock(&self) -> Option<SourceClock> {
        self.link.clock()
    }
}
