//! A day of the simulated exchange, event by event.

use super::FlowError;
use super::agenda::{Agenda, Item};
use super::draw::Dice;
use super::index::Index;
use super::latent::Latent;
use super::scenario::Scenario;
use super::scrip::Scrip;
use super::tape::Tape;
use super::universe::{self, Listed};
use crate::market::rules::halt;
use crate::market::time::NS_PER_S;
use crate::market::{
    Calendar, Halt, IndexValue, InstrumentId, MarketData, MarketEvent, OrderBook, SessionPhase,
    SessionSchedule, Timestamp, Universe,
};

/// Seconds between two index values, least and most.
const INDEX_EVERY_S: (f64, f64) = (5.0, 10.0);
/// Stream of the exchange's own draws; securities have one each from 1 on, values from 1,000 on.
const OWN_STREAM: u64 = 0;
const VALUE_STREAMS: u64 = 1_000;

/// A market-wide stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stopped {
    /// `None` is the rest of the day.
    until: Option<Timestamp>,
}

/// The simulated exchange over one day: an iterator of everything it says.
///
/// When an event flagged [`crate::market::EventFlags::LAST`] has come out, [`Flow::book`] is the book that
/// the events so far describe.
#[derive(Clone, Debug)]
pub struct Flow {
    scenario: Scenario,
    schedule: SessionSchedule,
    instruments: Universe,
    agenda: Agenda,
    dice: Dice,
    latent: Latent,
    scrips: Vec<Scrip>,
    index: Index,
    tape: Tape,
    phase: SessionPhase,
    stopped: Option<Stopped>,
    /// The highest halt level tripped today.
    tripped: u8,
}

/// The events of a day, drawn with a seed. The same scenario and seed give the same events, to the
/// byte, on every machine.
///
/// # Errors
/// [`FlowError`] if the scenario's date is not a session with an opening auction, or it speaks of a
/// security that is not listed.
pub fn generate(scenario: &Scenario, seed: u64) -> Result<Flow, FlowError> {
    let listed = universe::listed()?;
    scenario.check_listed(&listed)?;
    let schedule = Calendar::embedded().session(scenario.date)?;
    let Some(auction) = schedule.pre_open else {
        return Err(FlowError::NoAuction { scenario: scenario.name.clone() });
    };
    let mut agenda = Agenda::default();
    for (at, phase) in schedule.phase_changes() {
        agenda.add(at, Item::Phase(phase));
    }
    agenda.add(auction.match_at, Item::Auction);
    agenda.add(auction.entry.open, Item::Second);
    agenda.add(auction.entry.open, Item::Index);
    Ok(Flow {
        instruments: universe::instruments(&listed, scenario.date)?,
        scrips: scrips(scenario, &listed, seed)?,
        latent: Latent::new(scenario, &listed, seed, VALUE_STREAMS),
        index: Index::new(scenario.index_previous_close_e2, &listed),
        tape: Tape::new(scenario.date),
        scenario: scenario.clone(),
        schedule,
        agenda,
        dice: Dice::new(seed, OWN_STREAM),
        phase: SessionPhase::Closed,
        stopped: None,
        tripped: 0,
    })
}

fn scrips(scenario: &Scenario, listed: &[Listed], seed: u64) -> Result<Vec<Scrip>, FlowError> {
    let scrip = |(id, l): (u32, &Listed)| {
        let dice = Dice::new(seed, OWN_STREAM + 1 + u64::from(id));
        Scrip::new(InstrumentId(id), l, scenario.date, scenario.turnover, dice)
    };
    (0..).zip(listed).map(scrip).collect()
}

impl Iterator for Flow {
    type Item = MarketEvent;

    fn next(&mut self) -> Option<MarketEvent> {
        loop {
            if let Some(event) = self.tape.next() {
                return Some(event);
            }
            let (at, item) = self.agenda.next()?;
            self.happen(at, item);
        }
    }
}

impl Flow {
    /// The instruments of the day, in the order of their ids.
    #[must_use]
    pub const fn instruments(&self) -> &Universe {
        &self.instruments
    }

    /// The whole book of an instrument, of which five levels a side are shown.
    #[must_use]
    pub fn book(&self, id: InstrumentId) -> Option<&OrderBook> {
        self.scrips.get(id.0 as usize).map(|scrip| scrip.book.levels())
    }

    fn happen(&mut self, at: Timestamp, item: Item) {
        match item {
            Item::Phase(phase) => self.enter_phase(phase, at),
            Item::Auction => self.match_auction(at),
            Item::HaltEnds => self.resume(at),
            Item::Second => self.second(at),
            Item::Index => self.publish_index(at),
            Item::Act(i) => self.act(i, at),
        }
    }

    fn enter_phase(&mut self, phase: SessionPhase, at: Timestamp) {
        self.phase = phase;
        self.announce(at, MarketData::Session(phase));
        if matches!(phase, SessionPhase::PreOpen | SessionPhase::Continuous) {
            (0..self.scrips.len()).for_each(|i| self.call(i, at));
        }
        if phase == SessionPhase::Ended {
            self.announce(at, MarketData::Index(self.index.value()));
        }
    }

    fn match_auction(&mut self, at: Timestamp) {
        for i in 0..self.scrips.len() {
            self.scrips[i].match_auction(at, &mut self.tape);
            self.weigh(i);
        }
        self.announce(at, MarketData::Index(self.index.value()));
    }

    /// The next one who acts on a security, not before `from`.
    fn call(&mut self, i: usize, from: Timestamp) {
        let activity = self.scenario.pace_at(from.nepal_time()).activity;
        let value = self.latent.value(i);
        let scrip = &mut self.scrips[i];
        let wait = match (self.phase, self.schedule.pre_open) {
            (SessionPhase::PreOpen, Some(auction)) => {
                scrip.crowd.auction_wait_ns(auction.entry.ns(), activity, &mut scrip.dice)
            }
            _ => scrip.crowd.wait_ns(&scrip.book, value, activity, &mut scrip.dice),
        };
        // The exchange stamps microseconds.
        let at = Timestamp::from_ns(from.plus_ns(wait).ns() / 1_000 * 1_000);
        self.agenda.add(at, Item::Act(i));
    }

    fn act(&mut self, i: usize, at: Timestamp) {
        let value = self.latent.value(i);
        match (self.phase, self.stopped) {
            (SessionPhase::PreOpen, _) => {
                self.scrips[i].collect(value, at, &mut self.tape);
                self.call(i, at);
            }
            (SessionPhase::Continuous, None) => {
                self.scrips[i].act(value, at, &mut self.tape);
                if self.weigh(i) {
                    self.check_halt(at);
                }
                self.call(i, at);
            }
            // During a halt the book stands still; people come back when it ends.
            (SessionPhase::Continuous, Some(Stopped { until: Some(until) })) => self.call(i, until),
            _ => {}
        }
    }

    /// Brings the index up to a security's last price; says whether that moved it.
    fn weigh(&mut self, i: usize) -> bool {
        let before = self.index.value();
        if let Some(last) = self.scrips[i].last() {
            self.index.traded(i, last);
        }
        self.index.value() != before
    }

    fn check_halt(&mut self, at: Timestamp) {
        let value = self.index.value();
        let open = self.schedule.continuous.open;
        let tripped = halt::tripped_by(self.scenario.date, open, at, self.tripped, value);
        // A date without a halt rule has no halts.
        let Some(level) = tripped.ok().flatten() else { return };
        let until = level.ends(at);
        self.tripped = level.level;
        self.stopped = Some(Stopped { until });
        self.announce(at, MarketData::Index(value));
        self.announce(at, MarketData::Halt(Halt::Start { level: Some(level.level), until }));
        if let Some(until) = until {
            self.agenda.add(until, Item::HaltEnds);
        }
    }

    fn resume(&mut self, at: Timestamp) {
        self.stopped = None;
        self.announce(at, MarketData::Halt(Halt::End));
    }

    fn second(&mut self, at: Timestamp) {
        self.latent.second(&self.scenario, at.nepal_time());
        self.again(at, NS_PER_S, Item::Second);
    }

    fn publish_index(&mut self, at: Timestamp) {
        let value: IndexValue = self.index.value();
        self.announce(at, MarketData::Index(value));
        let wait_ms = self.dice.between(INDEX_EVERY_S.0, INDEX_EVERY_S.1) * 1e3;
        self.again(at, wait_ms as i64 * 1_000_000, Item::Index);
    }

    /// Repeats something until the close.
    fn again(&mut self, at: Timestamp, after_ns: i64, item: Item) {
        let next = at.plus_ns(after_ns);
        if next < self.schedule.continuous.close {
            self.agenda.add(next, item);
        }
    }

    /// Says something about the market as a whole, as a batch of its own.
    fn announce(&mut self, at: Timestamp, data: MarketData) {
        self.tape.say(at, MarketEvent::MARKET, data);
        self.tape.end_batch();
    }
}
