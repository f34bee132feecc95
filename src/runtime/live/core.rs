//! The engine of a live session and what it is given, without sockets or threads.
//!
//! Everything that comes in is given the engine's time here: the exchange's clock as far as the feed in use tells
//! it, never running back, and never beyond the day: what is of a later date is not handed on. Events of the feed in
//! use are numbered anew without a hole: what was missing was dealt with by the feed, and what was left out under load
//! was left out on purpose.

use super::handed::Handed;
use super::recovery::utc_day;
use crate::engine::{OperatorCommand, Output, State};
use crate::execution::{GatewayRequest, Line, LineNews, LineState};
use crate::feed::live::SourceClock;
use crate::feed::recording::{Heard, HeardWhat};
use crate::gateway::session::GatewaySaid;
use crate::market::time::NS_PER_S;
use crate::market::{Board, MarketEvent, SessionDate, SourceId, Timestamp};
use crate::runtime::sequencer::{Sequencer, SequencerError};

/// See the module.
pub struct LiveCore {
    sequencer: Sequencer,
    clock: Option<SourceClock>,
    /// Number of the last event handed to the engine, of each source.
    numbers: Vec<(SourceId, u64)>,
    /// The end of the first whole second after the last input.
    quiet_second_ends: Timestamp,
    /// Something was journaled and is not durable yet.
    uncommitted: bool,
    /// What sources that tell everything again have told.
    handed: Handed,
    /// The first moment of the day's date, and the first after it.
    day: (Timestamp, Timestamp),
    /// A feed's clock showed a later date.
    is_over: bool,
}

/// How far beyond the day its clock goes: far enough that its end is seen.
const BEYOND_NS: i64 = NS_PER_S;

impl LiveCore {
    /// A session that has been caught up with what it recorded.
    #[must_use]
    pub fn new(sequencer: Sequencer) -> Self {
        let feeds = sequencer.state().feeds().iter();
        let numbers = feeds.map(|(source, feed)| (*source, feed.last_seq)).collect();
        let setup = sequencer.state().setup();
        let foreign = setup.universe.iter().any(|(_, instrument)| instrument.board == Board::Foreign);
        let day = date_of(foreign, setup.date);
        Self {
            sequencer,
            clock: None,
            numbers,
            quiet_second_ends: Timestamp::from_ns(0),
            uncommitted: false,
            handed: Handed::default(),
            day,
            is_over: false,
        }
    }

    /// What the feed in use says its clock shows. One outside the day is refused: it would take the day with it.
    pub fn set_clock(&mut self, clock: SourceClock) {
        if clock.there >= self.day.1 {
            self.is_over = true;
        } else if clock.there >= self.day.0 {
            self.clock = Some(clock);
        }
    }

    /// These were handed on before the process ended, by a source that will tell them again.
    pub fn take_up<'a>(&mut self, told: impl IntoIterator<Item = &'a MarketEvent>) {
        for event in told {
            self.handed.take(event);
        }
    }

    /// Whether the day has ended by its source's clock when this machine's shows `now`.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.is_over || self.clock.is_some_and(|clock| clock.at(now) >= self.day.1)
    }

    /// The engine's time when this machine's clock shows `now`.
    #[must_use]
    pub fn time(&self, now: Timestamp) -> Timestamp {
        // Without a clock of the exchange the day stands still rather than jump to another date.
        let last = self.state().now();
        let latest = self.day.1.plus_ns(BEYOND_NS);
        self.clock.map_or(last, |clock| clock.at(now).min(latest).max(last))
    }

    /// The market did something. What is of a later date is another day's, and a trade told again is not told.
    ///
    /// # Errors
    /// [`SequencerError`]: the recording or the journal refuses.
    #[inline]
    pub fn market(&mut self, now: Timestamp, mut event: MarketEvent) -> Result<Vec<Output>, SequencerError> {
        if event.at >= self.day.1 || !self.handed.take(&event) {
            return Ok(Vec::new());
        }
        event.seq = self.number(event.source);
        self.hear(now, HeardWhat::Market(event))
    }

    /// A line changed where it stands.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn line(
        &mut self,
        now: Timestamp,
        line: Line,
        state: LineState,
    ) -> Result<Vec<Output>, SequencerError> {
        self.hear(now, HeardWhat::Line(LineNews { line, state }))
    }

    /// The gateway said something.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn said(&mut self, now: Timestamp, said: GatewaySaid) -> Result<Vec<Output>, SequencerError> {
        let at = self.time(now);
        self.uncommitted = true;
        match said {
            GatewaySaid::Report(report) => self.sequencer.report(at, report),
            GatewaySaid::Statement(statement) => self.sequencer.statement(at, statement),
        }
    }

    /// A person's command. It is durable before it is obeyed.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn command(
        &mut self,
        now: Timestamp,
        command: OperatorCommand,
    ) -> Result<Vec<Output>, SequencerError> {
        let at = self.time(now);
        self.sequencer.command_at(at, command)
    }

    /// Time has passed: gives the engine what is due, and a tick for each second in which nothing came.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn tick(&mut self, now: Timestamp) -> Result<Vec<Output>, SequencerError> {
        let mut outputs = Vec::new();
        if self.clock.is_none() {
            return Ok(outputs);
        }
        let time = self.time(now);
        // What is due at once after being done waits for the next call.
        for _ in 0..16 {
            let due = self.sequencer.due().min(self.quiet_second_ends).max(self.state().now());
            if due > time {
                break;
            }
            outputs.extend(self.hear_at(due, HeardWhat::Clock)?);
            // Seconds in which this machine slept are one gap and not a queue of ticks.
            if time.since_ns(due) > 2 * NS_PER_S {
                outputs.extend(self.hear_at(time, HeardWhat::Clock)?);
            }
        }
        Ok(outputs)
    }

    /// Makes what was journaled durable, and hands what was heard to the system.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn settle(&mut self) -> Result<(), SequencerError> {
        self.sequencer.rotate()?;
        if std::mem::take(&mut self.uncommitted) {
            return self.sequencer.commit();
        }
        self.sequencer.flush()
    }

    /// Requests for the gateway, durable, handed out once.
    #[must_use]
    pub fn take_requests(&mut self) -> Vec<GatewayRequest> {
        self.sequencer.take_requests()
    }

    /// The same, each with a number that no other input of the session has.
    #[must_use]
    pub fn take_numbered_requests(&mut self) -> Vec<(u64, GatewayRequest)> {
        self.sequencer.take_numbered_requests()
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.sequencer.state()
    }

    /// The sequencer.
    #[must_use]
    pub const fn sequencer(&self) -> &Sequencer {
        &self.sequencer
    }

    /// The sequencer, to end the session.
    pub const fn sequencer_mut(&mut self) -> &mut Sequencer {
        &mut self.sequencer
    }

    fn hear(&mut self, now: Timestamp, what: HeardWhat) -> Result<Vec<Output>, SequencerError> {
        let at = self.time(now);
        self.hear_at(at, what)
    }

    fn hear_at(&mut self, at: Timestamp, what: HeardWhat) -> Result<Vec<Output>, SequencerError> {
        let second = at.ns().div_euclid(NS_PER_S).saturating_add(2);
        self.quiet_second_ends = Timestamp::from_ns(second.saturating_mul(NS_PER_S));
        self.sequencer.hear(Heard { at, what })
    }

    fn number(&mut self, source: SourceId) -> u64 {
        match self.numbers.iter_mut().find(|(known, _)| *known == source) {
            Some((_, number)) => {
                *number += 1;
                *number
            }
            None => {
                self.numbers.push((source, 1));
                1
            }
        }
    }
}

/// The first moment of a date and the first after it: in UTC for a market that never closes, in Nepal for its exchange.
fn date_of(foreign: bool, date: SessionDate) -> (Timestamp, Timestamp) {
    let first = match foreign {
        true => utc_day(date).0,
        false => Timestamp::nepal(date, chrono::NaiveTime::MIN).unwrap_or_default(),
    };
    (first, first.plus_ns(24 * 3_600 * NS_PER_S))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::GatewayKind;
    use crate::feed::day::DayMeta;
    use crate::feed::live::depth::Scale;
    use crate::feed::live::{FeedOut, FeedSession, Listed, Listing, NepseSiteSession, NepseSiteSettings};
    use crate::journal::SessionKind;
    use crate::market::{
        EventFlags, Instrument, InstrumentId, MarketData, Price, Qty, SessionPhase, Symbol, TradePrint,
        Universe,
    };
    use crate::runtime::live::recovery::{LiveKind, begin};

    const KIND: LiveKind = LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside };

    fn date() -> SessionDate {
        SessionDate::new(2024, 7, 2).unwrap()
    }

    fn core(market: Board) -> (LiveCore, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let instrument = match market {
            Board::Nepse => Instrument::nepse(Symbol::new("NABIL")),
            Board::Foreign => Instrument::foreign(Symbol::new("BTCUSDT"), 100, 1),
        };
        let day = DayMeta::new(date(), market, "a day", Universe::new([instrument]));
        let begun = begin(&folder.path().join("a.journal"), day, KIND, "T").unwrap();
        (LiveCore::new(begun.sequencer), folder)
    }

    fn clock(at: Timestamp) -> SourceClock {
        SourceClock { here: at, there: at, speed_milli: 1_000 }
    }

    fn trade(at: Timestamp) -> MarketEvent {
        let (price, qty) = (Price::from_units(50_000), Qty::from_units(1));
        let print = TradePrint { price, qty, aggressor: None, buyer: None, seller: None, contract: None };
        let (source, instrument, flags) = (SourceId(1), InstrumentId(0), EventFlags::LAST);
        MarketEvent { at, seq: 0, source, instrument, flags, data: MarketData::Trade(print) }
    }

    #[test]
    fn trades_after_midnight_are_another_days_and_the_day_is_over() {
        for market in [Board::Foreign, Board::Nepse] {
            let (mut core, _folder) = core(market);
            let midnight = date_of(market == Board::Foreign, date()).1;
            let s = |seconds: i64| midnight.plus_ns(seconds * NS_PER_S);
            core.set_clock(clock(s(-30)));
            core.tick(s(-30)).unwrap();
            core.market(s(-1), trade(s(-1))).unwrap();
            assert!(!core.is_over(s(-1)));
            for second in 0..600 {
                core.market(s(second), trade(s(second))).unwrap();
                core.tick(s(second)).unwrap();
            }
            assert_eq!((core.state().counters().trades, core.is_over(s(0))), (1, true), "{market:?}");
            assert_eq!(core.state().session().phase, SessionPhase::Ended, "{market:?}");
            assert!(core.state().now() <= s(1), "the clock stands");
        }
    }

    #[test]
    fn a_clock_of_another_day_does_not_take_the_day_with_it() {
        let (mut core, _folder) = core(Board::Foreign);
        let (first, end) = date_of(true, date());
        core.set_clock(clock(first.plus_ns(-1)));
        assert!(core.clock.is_none() && !core.is_over(first));
        let now = core.state().now();
        core.set_clock(clock(end.plus_ns(7 * 3_600 * NS_PER_S)));
        core.tick(end.plus_ns(8 * 3_600 * NS_PER_S)).unwrap();
        assert!(core.clock.is_none() && core.is_over(first));
        assert_eq!(core.state().now(), now);
    }

    fn site(source: u16) -> NepseSiteSession {
        let listed = Listed {
            symbol: Symbol::new("NABIL"),
            instrument: InstrumentId(0),
            price: Scale::of(100).unwrap(),
            qty: Scale::of(1).unwrap(),
        };
        let settings = NepseSiteSettings {
            floorsheet: Some("f".to_owned()),
            ..NepseSiteSettings::new(SourceId(source), date())
        };
        NepseSiteSession::new(settings, Listing::new([listed]))
    }

    fn sheet(contracts: std::ops::RangeInclusive<u64>) -> String {
        let trades = contracts.clone().count();
        let row = |n: u64| {
            format!(
                r#"{{"contractId":{n},"stockSymbol":"NABIL","contractQuantity":10,"contractRate":500,"contractAmount":5000,"businessDate":"2024-07-02","tradeTime":"2024-07-02T11:00:{n:02}"}}"#
            )
        };
        let rows: Vec<String> = contracts.rev().map(row).collect();
        format!(r#"{{"totalTrades":{trades},"floorsheets":{{"content":[{}],"last":true}}}}"#, rows.join(","))
    }

    /// What a site tells when it is opened anew and its floorsheet is this one.
    fn tells(site: &mut NepseSiteSession, now: Timestamp, document: &str) -> Vec<MarketEvent> {
        let mut out = FeedOut::default();
        site.lost(now, &mut out);
        site.opened(now, &mut out);
        for fetch in std::mem::take(&mut out.fetch) {
            site.fetched(now, fetch.no, Ok(document), &mut out);
        }
        out.events
    }

    #[test]
    fn a_site_that_takes_over_tells_what_was_never_handed_on_and_nothing_twice() {
        let (mut core, _folder) = core(Board::Nepse);
        let now = date_of(false, date()).0.plus_ns(12 * 3_600 * NS_PER_S);
        core.set_clock(clock(now));
        let (mut first, mut second) = (site(1), site(2));
        let hand = |core: &mut LiveCore, events: &[MarketEvent]| {
            for event in events {
                core.market(now, *event).unwrap();
            }
            core.state().counters().trades
        };
        let told = tells(&mut first, now, &sheet(1..=3));
        assert_eq!(hand(&mut core, &told), 3);
        // It stands by: what it tells is not handed on. Then the first is lost, and it begins anew.
        assert_eq!(tells(&mut second, now, &sheet(1..=5)).len(), 5);
        let told = tells(&mut second, now, &sheet(1..=6));
        assert_eq!((told.len(), hand(&mut core, &told)), (6, 6));
        // Back to the first, which never saw the last three.
        let told = tells(&mut first, now, &sheet(1..=7));
        assert_eq!(hand(&mut core, &told), 7);
        // A session taken up again knows what was handed on before.
        let (mut again, _folder) = self::core(Board::Nepse);
        again.take_up(&told);
        assert_eq!(hand(&mut again, &told), 0);
    }

    #[test]
    fn a_last_trade_is_handed_on_once_and_another_of_the_same_moment_too() {
        let mut handed = Handed::default();
        let at = date_of(false, date()).0.plus_ns(12 * 3_600 * NS_PER_S);
        let mut last = trade(at);
        last.flags = EventFlags::POLLED;
        assert!(handed.take(&last) && !handed.take(&last));
        let mut other = last;
        if let MarketData::Trade(print) = &mut other.data {
            print.qty = Qty::from_units(2);
        }
        assert!(handed.take(&other));
        other.at = at.plus_ns(-1);
        assert!(!handed.take(&other), "older than what was handed on");
    }
}
