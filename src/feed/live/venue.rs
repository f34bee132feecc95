//! Market data by the venue protocol (`docs/protocol.md`).
//!
//! A full picture, then numbered events. A missing number, or a heartbeat that names a number not heard, means that
//! the book may be wrong: the feed is no longer live from that frame on, and asks for another picture. Nothing is
//! handed on while a picture is waited for.

use std::collections::BTreeSet;

use super::{Beat, Close, FeedOut, FeedSession, FeedStats, Sign, SourceClock};
use crate::execution::LineState;
use crate::market::time::NS_PER_S;
use crate::market::{
    EventFlags, Halt, IndexValue, InstrumentId, LevelUpdate, MarketData, MarketEvent, SessionDate, Side,
    SourceId, Symbol, Timestamp, TradePrint, Universe,
};
use crate::wire::{Banner, ClientFrame, MarketSaid, Said, ServerFrame, SnapshotPicture, VERSION};

/// The source's clock is followed this far from one look at it to the next.
const DRIFT_NS: i64 = NS_PER_S;
/// See the module.
#[derive(Debug)]
pub struct VenueFeed {
    source: SourceId,
    token: String,
    universe: Universe,
    date: SessionDate,
    state: LineState,
    banner: Option<Banner>,
    /// The number of the last thing heard of; nothing before the first picture.
    seq: Option<u64>,
    beat: Beat,
    connections: u64,
    clock: Option<SourceClock>,
    /// Symbols of the venue that are not of this session's day.
    unlisted: BTreeSet<Symbol>,
    stats: FeedStats,
}

impl VenueFeed {
    /// A feed of a source, which knows the day's securities and its date.
    #[must_use]
    pub fn new(source: SourceId, token: &str, universe: Universe, date: SessionDate) -> Self {
        Self {
            source,
            token: token.to_owned(),
            universe,
            date,
            state: LineState::Connecting,
            banner: None,
            seq: None,
            beat: Beat::default(),
            connections: 0,
            clock: None,
            unlisted: BTreeSet::new(),
            stats: FeedStats::default(),
        }
    }

    fn give_up(&mut self, why: String, again: bool, out: &mut FeedOut) {
        self.state = if again { LineState::Connecting } else { LineState::Closed };
        out.close = Some(Close { why, again });
    }

    fn welcome(&mut self, now: Timestamp, banner: Banner, out: &mut FeedOut) {
        if banner.date != self.date {
            let why = format!("the venue is at {}, this session is {}", banner.date, self.date);
            return self.give_up(why, false, out);
        }
        let clock = SourceClock { here: now, there: banner.at, speed_milli: banner.speed_milli };
        self.clock = Some(clock);
        self.stats.clock_offset_ns = Some(banner.at.since_ns(now));
        self.beat.welcome(banner.heartbeat_ms);
        self.banner = Some(banner);
        self.ask_for_picture(now, out);
    }

    fn ask_for_picture(&mut self, now: Timestamp, out: &mut FeedOut) {
        self.beat.asked(now);
        out.send.push(ClientFrame::Subscribe {}.text());
    }

    fn picture(&mut self, picture: &SnapshotPicture, out: &mut FeedOut) {
        self.seq = Some(picture.seq);
        self.beat.came();
        self.state = LineState::Live;
        let at = picture.at;
        self.push(at, MarketEvent::MARKET, EventFlags::NONE, MarketData::Session(picture.phase), out);
        let halt = picture.halt.map_or(Halt::End, |halt| Halt::Start { level: None, until: halt.until });
        self.push(at, MarketEvent::MARKET, EventFlags::NONE, MarketData::Halt(halt), out);
        let index =
            IndexValue { points_e2: picture.index_e2, previous_close_e2: picture.index_previous_close_e2 };
        self.push(at, MarketEvent::MARKET, EventFlags::NONE, MarketData::Index(index), out);
        for security in &picture.securities {
            let Some(id) = self.find(&security.symbol) else {
                self.unlisted.insert(security.symbol.clone());
                continue;
            };
            if let Some(last) = security.last {
                self.push(at, id, EventFlags::NONE, MarketData::Last(last), out);
            }
            let sides = [(Side::Buy, &security.bids), (Side::Sell, &security.asks)];
            let levels = sides.into_iter().flat_map(|(side, levels)| {
                levels.iter().map(move |(price, qty, orders)| LevelUpdate {
                    side,
                    price: *price,
                    qty: *qty,
                    orders: *orders,
                })
            });
            let mut batch: Vec<MarketData> = vec![MarketData::Clear(None)];
            batch.extend(levels.map(MarketData::Snapshot));
            let last = batch.len() - 1;
            for (n, data) in batch.into_iter().enumerate() {
                let flags = if n == last { EventFlags::LAST } else { EventFlags::NONE };
                self.push(at, id, flags, data, out);
            }
        }
    }

    fn events(&mut self, now: Timestamp, events: Vec<Said>, out: &mut FeedOut) {
        for said in events {
            // Before a picture nothing is known that could be changed.
            let Some(seq) = self.seq else { continue };
            if said.seq <= seq {
                self.stats.duplicates += 1;
                continue;
            }
            if said.seq > seq + 1 || self.is_strange(&said) {
                self.missing(now, out);
                return;
            }
            self.seq = Some(said.seq);
            self.said(&said, out);
        }
    }

    /// Something is missing: nothing is handed on before a new picture.
    fn missing(&mut self, now: Timestamp, out: &mut FeedOut) {
        self.stats.gaps += 1;
        self.state = LineState::Gap;
        self.seq = None;
        self.ask_for_picture(now, out);
    }

    fn said(&mut self, said: &Said, out: &mut FeedOut) {
        let mut flags = if said.last { EventFlags::LAST } else { EventFlags::NONE };
        let market = Some(MarketEvent::MARKET);
        let (instrument, data) = match &said.what {
            MarketSaid::Trade { symbol, price, qty, buyer, seller, contract, auction } => {
                if *auction {
                    flags = flags.with(EventFlags::AUCTION);
                }
                let print = TradePrint {
                    price: *price,
                    qty: *qty,
                    aggressor: None,
                    buyer: Some(*buyer),
                    seller: Some(*seller),
                    contract: Some(*contract),
                };
                (self.find(symbol), MarketData::Trade(print))
            }
            MarketSaid::Level { symbol, side, price, qty, orders } => {
                let level = LevelUpdate { side: *side, price: *price, qty: *qty, orders: *orders };
                (self.find(symbol), MarketData::Level(level))
            }
            MarketSaid::Clear { symbol } => (self.find(symbol), MarketData::Clear(None)),
            MarketSaid::Phase { phase } => (market, MarketData::Session(*phase)),
            MarketSaid::HaltStart { level, until } => {
                (market, MarketData::Halt(Halt::Start { level: *level, until: *until }))
            }
            MarketSaid::HaltEnd {} => (market, MarketData::Halt(Halt::End)),
            MarketSaid::Index { points_e2, previous_close_e2 } => {
                let value = IndexValue { points_e2: *points_e2, previous_close_e2: *previous_close_e2 };
                (market, MarketData::Index(value))
            }
        };
        match instrument {
            Some(instrument) => self.push(said.at, instrument, flags, data, out),
            None => self.stats.refused += 1,
        }
    }

    /// Whether it is about a symbol that no picture has listed: then it is not what was said, or a symbol is new.
    fn is_strange(&self, said: &Said) -> bool {
        match &said.what {
            MarketSaid::Trade { symbol, .. }
            | MarketSaid::Level { symbol, .. }
            | MarketSaid::Clear { symbol } => self.find(symbol).is_none() && !self.unlisted.contains(symbol),
            _ => false,
        }
    }

    fn find(&self, symbol: &Symbol) -> Option<InstrumentId> {
        self.universe.find(symbol)
    }

    fn push(
        &mut self,
        at: Timestamp,
        instrument: InstrumentId,
        flags: EventFlags,
        data: MarketData,
        out: &mut FeedOut,
    ) {
        self.stats.events += 1;
        out.events.push(MarketEvent { at, seq: 0, source: self.source, instrument, flags, data });
    }

    fn heartbeat(&mut self, now: Timestamp, seq: u64, out: &mut FeedOut) {
        // It comes after what it names, on one connection: a number not heard was lost on the way.
        if self.state == LineState::Live && self.seq.is_some_and(|heard| heard < seq) {
            self.missing(now, out);
        }
    }

    fn pong(&mut self, now: Timestamp, n: u64, at: Timestamp) {
        let Some((half_ns, here)) = self.beat.pong(now, n) else { return };
        if self.stats.latency_ns.is_none_or(|best| half_ns <= best) {
            self.stats.latency_ns = Some(half_ns);
        }
        self.stats.clock_offset_ns = Some(at.since_ns(here));
        if let Some(clock) = &mut self.clock {
            // A drift is followed; a jump is the other side's affair and does not move our day.
            if at.since_ns(clock.at(here)).abs() <= DRIFT_NS {
                *clock = SourceClock { here, there: at, ..*clock };
            } else {
                self.stats.clock_jumps += 1;
            }
        }
    }
}

impl FeedSession for VenueFeed {
    fn opened(&mut self, now: Timestamp, out: &mut FeedOut) {
        self.connections += 1;
        self.stats.reconnects = self.connections - 1;
        self.state = LineState::Syncing;
        (self.banner, self.seq) = (None, None);
        self.beat.opened(now);
        out.send.push(ClientFrame::Hello { version: VERSION, token: self.token.clone() }.text());
    }

    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut FeedOut) {
        self.beat.heard(now);
        self.stats.heard_at = Some(now);
        self.stats.frames += 1;
        let frame = match ServerFrame::parse(frame) {
            Ok(frame) => frame,
            Err(_) => {
                // What it was is not known: it may have been an event.
                self.stats.refused += 1;
                if self.state == LineState::Live {
                    self.missing(now, out);
                }
                return;
            }
        };
        if self.state == LineState::Silent {
            // Only a picture proves that nothing was missed meanwhile.
            self.state = LineState::Syncing;
            self.seq = None;
            self.ask_for_picture(now, out);
        }
        match frame {
            ServerFrame::Welcome(banner) if self.banner.is_none() => self.welcome(now, banner, out),
            ServerFrame::Refused { reason } => self.give_up(format!("refused: {reason}"), false, out),
            ServerFrame::Snapshot(picture) => self.picture(&picture, out),
            ServerFrame::Events { events } => self.events(now, events, out),
            ServerFrame::Heartbeat { seq, .. } => self.heartbeat(now, seq, out),
            ServerFrame::Pong { n, at } => self.pong(now, n, at),
            ServerFrame::Error { .. } => self.stats.refused += 1,
            // Reports belong to whoever sent the orders.
            _ => {}
        }
    }

    fn fetched(&mut self, _: Timestamp, _: u64, _: Result<&str, &str>, _: &mut FeedOut) {}

    fn lost(&mut self, _: Timestamp, _: &mut FeedOut) {
        if self.state != LineState::Closed {
            self.state = LineState::Connecting;
        }
        (self.banner, self.seq) = (None, None);
        self.beat.came();
    }

    fn tick(&mut self, now: Timestamp, out: &mut FeedOut) {
        if matches!(self.state, LineState::Connecting | LineState::Closed) {
            return;
        }
        match self.beat.look(now) {
            Some(Sign::GiveUp(why)) => return self.give_up(why, true, out),
            Some(Sign::Late) => {
                self.state = LineState::Stale;
                self.ask_for_picture(now, out);
            }
            Some(Sign::Silent) if self.state == LineState::Live => self.state = LineState::Silent,
            Some(Sign::Silent) | None => {}
        }
        if let Some(n) = self.beat.ping(now) {
            out.send.push(ClientFrame::Ping { n }.text());
        }
    }

    fn state(&self) -> LineState {
        self.state
    }

    fn stats(&self) -> &FeedStats {
        &self.stats
    }

    fn clock(&self) -> Option<SourceClock> {
        self.clock
    }
}
