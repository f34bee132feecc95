//! A day of the simulated exchange, event by event.

use super::FlowError;
use super::agenda::{Agenda, Item};
use super::draw::Dice;
use super::latent::Latent;
use super::scenario::Scenario;
use super::scrip::Scrip;
use super::universe::{self, Listed};
use crate::market::time::NS_PER_S;
use crate::market::{
    Calendar, InstrumentId, MarketEvent, OrderBook, SessionPhase, SessionSchedule, Timestamp, Universe,
};
use crate::venue::exchange::{Exchange, Listing};

/// Seconds between two index values, least and most.
const INDEX_EVERY_S: (f64, f64) = (5.0, 10.0);
/// Stream of the exchange's own draws; securities have one each from 1 on, values from 1,000 on.
const OWN_STREAM: u64 = 0;
const VALUE_STREAMS: u64 = 1_000;

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
    exchange: Exchange,
    /// Until when the last halt was that is on the agenda.
    halted_until: Option<Timestamp>,
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
    let listings: Vec<Listing> = listed.iter().map(Listed::listing).collect();
    let close = scenario.index_previous_close_e2;
    Ok(Flow {
        exchange: Exchange::new(scenario.date, schedule.continuous.open, close, &listings)?,
        instruments: universe::instruments(&listed, scenario.date)?,
        scrips: scrips(scenario, &listed, seed)?,
        latent: Latent::new(scenario, &listed, seed, VALUE_STREAMS),
        scenario: scenario.clone(),
        schedule,
        agenda,
        dice: Dice::new(seed, OWN_STREAM),
        halted_until: None,
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
            if let Some(event) = self.exchange.heard() {
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
        self.exchange.security(id).map(|security| security.book().levels())
    }

    /// The exchange.
    #[must_use]
    pub const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The exchange, for members to trade on. After anything that may trade, call [`Flow::traded`].
    pub const fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// When the crowd or the day does something next; `None` after the last.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        self.agenda.next_at()
    }

    /// Lets everything happen that is due up to and including a moment. What the exchange said waits in it.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.agenda.next_at().is_some_and(|at| at <= until) {
            let Some((at, item)) = self.agenda.next() else { return };
            self.happen(at, item);
        }
    }

    /// Puts the end of a halt that has begun on the agenda.
    pub fn traded(&mut self) {
        let until = self.exchange.stopped().flatten();
        if until != self.halted_until {
            self.halted_until = until;
            if let Some(until) = until {
                self.agenda.add(until, Item::HaltEnds);
            }
        }
    }

    fn happen(&mut self, at: Timestamp, item: Item) {
        match item {
            Item::Phase(phase) => self.enter_phase(phase, at),
            Item::Auction => self.exchange.match_auction(at),
            Item::HaltEnds => {
                self.exchange.resume(at);
            }
            Item::Second => self.second(at),
            Item::Index => self.publish_index(at),
            Item::Act(i) => self.act(i, at),
        }
    }

    fn enter_phase(&mut self, phase: SessionPhase, at: Timestamp) {
        self.exchange.enter_phase(phase, at);
        if matches!(phase, SessionPhase::PreOpen | SessionPhase::Continuous) {
            (0..self.scrips.len()).for_each(|i| self.call(i, at));
        }
    }

    /// The next one who acts on a security, not before `from`.
    fn call(&mut self, i: usize, from: Timestamp) {
        let activity = self.scenario.pace_at(from.nepal_time()).activity;
        let value = self.latent.value(i);
        let scrip = &mut self.scrips[i];
        let Some(security) = self.exchange.security(scrip.id) else { return };
        let wait = match (self.exchange.phase(), self.schedule.pre_open) {
            (SessionPhase::PreOpen, Some(auction)) => {
                scrip.crowd.auction_wait_ns(auction.entry.ns(), activity, &mut scrip.dice)
            }
            _ => scrip.crowd.wait_ns(security.book(), value, activity, &mut scrip.dice),
        };
        // The exchange stamps microseconds.
        let at = Timestamp::from_ns(from.plus_ns(wait).ns() / 1_000 * 1_000);
        self.agenda.add(at, Item::Act(i));
    }

    fn act(&mut self, i: usize, at: Timestamp) {
        match (self.exchange.phase(), self.exchange.stopped()) {
            (SessionPhase::PreOpen, _) | (SessionPhase::Continuous, None) => {
                let value = self.latent.value(i);
                self.scrips[i].act(&mut self.exchange, value, at);
                self.traded();
                self.call(i, at);
            }
            // During a halt the book stands still; people come back when it ends.
            (SessionPhase::Continuous, Some(Some(until))) => self.call(i, until),
            _ => {}
        }
    }

    fn second(&mut self, at: Timestamp) {
        self.latent.second(&self.scenario, at.nepal_time());
        self.again(at, NS_PER_S, Item::Second);
    }

    fn publish_index(&mut self, at: Timestamp) {
        self.exchange.publish_index(at);
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
}
