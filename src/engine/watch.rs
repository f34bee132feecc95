//! Looks at the readings of risk once a second of market time, and keeps how near each came.
//!
//! Nothing acts on them here. A look happens with the first input of a new second and needs no
//! input of its own, so it costs a comparison an event and leaves the stream as it was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Account, GatewayKind, State};
use crate::execution::OrderState;
use crate::market::rules::halt::{NextHalt, next_halt};
use crate::market::time::NS_PER_S;
use crate::market::{AccountId, IndexValue, InstrumentId, Qty, Side, Timestamp};
use crate::model::anomaly::RateReading;
use crate::risk::reading::{Facts, IndexFacts, OrderFacts, Reading, readings};

/// Rejects older than this are no burst any more (K4).
const BURST_NS: i64 = 60 * NS_PER_S;

/// The nearest a rule came to its limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nearest {
    /// Part of the way to the limit, parts per million.
    pub ppm: u32,
    /// When it was first there.
    pub at: Timestamp,
}

/// Inputs over the last whole minute of market time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Pace {
    /// How many.
    pub inputs: u64,
    /// Over how long; 0 before the first minute is over.
    pub over_ns: i64,
}

/// What the looks have found. See the module.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Watch {
    /// When the next look is.
    pub(super) next: Timestamp,
    /// By rule, in the order of [`crate::risk::Rule::ALL`].
    nearest: Vec<Option<Nearest>>,
    minute: (Timestamp, u64),
    pace: Pace,
}

impl Watch {
    /// The nearest a rule came today.
    #[must_use]
    pub fn nearest(&self, rule: crate::risk::Rule) -> Option<Nearest> {
        self.nearest.get(rule.index()).copied().flatten()
    }

    /// Inputs over the last whole minute.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    fn note(&mut self, at: Timestamp, readings: &[Reading]) {
        self.nearest.resize(readings.len(), None);
        for (kept, reading) in self.nearest.iter_mut().zip(readings) {
            let Some(near) = reading.nearness() else { continue };
            let ppm = (near * 1e6).round().clamp(0.0, f64::from(u32::MAX)) as u32;
            if ppm > 0 && kept.is_none_or(|k| ppm > k.ppm) {
                *kept = Some(Nearest { ppm, at });
            }
        }
    }

    fn count(&mut self, at: Timestamp, inputs: u64) {
        let (since, before) = self.minute;
        let over_ns = at.since_ns(since);
        if before == 0 {
            self.minute = (at, inputs);
        } else if over_ns >= 60 * NS_PER_S {
            self.pace = Pace { inputs: inputs - before, over_ns };
            self.minute = (at, inputs);
        }
    }
}

/// One look.
#[cold]
pub(super) fn look(state: &mut State) {
    let now = state.now;
    state.watch.next = Timestamp::from_ns(now.ns().div_euclid(NS_PER_S).saturating_add(1) * NS_PER_S);
    let readings = readings(&facts(state));
    state.watch.note(now, &readings);
    state.watch.count(now, state.counters.inputs);
}

/// Gathers what readings are taken from.
pub(super) fn facts(state: &State) -> Facts {
    let detector = &state.regime.detector;
    let feeds = || state.feeds.iter();
    let rates = feeds().map(|(source, feed)| (*source, feed.rate.reading(state.now)));
    let (mut quarantine, mut messages) = (None, None);
    for (source, reading) in rates {
        let received = match reading {
            RateReading::Unknown { received } => received,
            RateReading::Known { rate, received } => {
                if quarantine.is_none_or(|(_, worst)| rate > worst) {
                    quarantine = Some((source, rate));
                }
                received
            }
        };
        messages = messages.max(Some(received));
    }
    let since = silent_since(state);
    Facts {
        trading: state.session.is_trading(),
        p_stress: detector.p_stress().get(),
        p_stress_is_start: detector.history().is_empty(),
        realised_vol: detector.sigma_d_hat(),
        // The facts of a day carry no forecast made before it.
        vol_forecast: None,
        accounts: state.accounts.len(),
        drawdown: worst(state, |a| Some(f64::from(a.drawdown_ppm()?) / 1e6)),
        loss: worst(state, loss),
        quarantine,
        messages,
        silent: feeds()
            .map(|(source, feed)| (*source, state.now.since_ns(feed.last_at.max(since))))
            .max_by_key(|(_, ns)| *ns),
        orders: order_facts(state),
        index_halt: index_facts(state),
        incidents: state.counters.incidents,
    }
}

/// Silence before the market opened, or during a halt, is no fault of a feed.
fn silent_since(state: &State) -> Timestamp {
    let resumed = state.session.past_halts.last().and_then(|h| h.to).unwrap_or_default();
    state.session.phase_since.max(resumed)
}

/// The highest of the accounts; `None` if one of them does not say, or there is none.
fn worst(state: &State, of: impl Fn(&Account) -> Option<f64>) -> Option<f64> {
    let mut values = state.accounts.values().map(of);
    let first = values.next()??;
    values.try_fold(first, |worst, value| Some(worst.max(value?)))
}

fn loss(account: &Account) -> Option<f64> {
    let open = account.nav_open?.paisa();
    (open > 0).then_some(())?;
    Some(-(account.day_result()?.paisa() as f64) / open as f64)
}

fn order_facts(state: &State) -> OrderFacts {
    let mut facts = OrderFacts::default();
    let mut on_sale: BTreeMap<(&AccountId, InstrumentId), Qty> = BTreeMap::new();
    for order in state.orders.values() {
        let traded = order.filled.is_positive();
        facts.traded += u64::from(traded);
        facts.finished += u64::from(traded || !order.state.is_open());
        // Where a person keys orders in, one that nobody has entered yet is a slip on its way, and no fault.
        let slip = state.gateway.kind == GatewayKind::Manual && order.venue_id.is_none() && !traded;
        facts.unknown += u64::from(order.state == OrderState::Unknown && !slip);
        let rejected = order.state == OrderState::Rejected;
        facts.rejected += u64::from(rejected && state.now.since_ns(order.changed_at) < BURST_NS);
        if order.order.side == Side::Sell && order.state.is_open() {
            let sum = on_sale.entry((&order.order.account, order.order.instrument)).or_default();
            *sum = sum.saturating_add(order.open_qty());
        }
    }
    let settled = |account: &AccountId, id: InstrumentId| {
        let position = state.accounts.get(account).and_then(|a| a.positions.get(&id));
        position.map_or(Qty::ZERO, |p| p.settled)
    };
    let over = on_sale.iter().filter(|((account, id), qty)| **qty > settled(account, *id));
    facts.oversold = over.count() as u64;
    facts
}

fn index_facts(state: &State) -> Option<IndexFacts> {
    let halted = state.session.halt.is_some();
    let next = next_index_halt(state)?;
    let level_bps_e2 = next.level.bps * 100;
    Some(IndexFacts { moved_bps_e2: level_bps_e2 - next.distance_bps_e2, level_bps_e2, halted })
}

/// The nearest index halt that still applies at this hour.
pub(super) fn next_index_halt(state: &State) -> Option<NextHalt> {
    let session = state.session();
    let index = session.index?;
    let open = state.setup().grid.start(0);
    let tripped = session.past_halts.iter().chain(&session.halt).filter_map(|h| h.level).max().unwrap_or(0);
    let value = IndexValue { points_e2: index.last_e2, previous_close_e2: index.previous_close_e2 };
    next_halt(state.setup().date, open, state.now(), tripped, value).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{
        AccountSetup, Command, DaySetup, Event, HoldingSetup, Input, OperatorCommand, OperatorId, apply,
    };
    use crate::execution::{ClientOrderId, NewOrder, Order, VenueOrderId};
    use crate::market::{
        Calendar, EventFlags, Instrument, InstrumentKind, MarketData, MarketEvent, Money, Price, SessionDate,
        SourceId, Symbol, TradePrint, Universe,
    };
    use crate::risk::{Check, Denial, Rule, Verdict};

    const CLOSE: i64 = 50_000;

    /// A day of one instrument, of which the account holds 100.
    fn day() -> State {
        let date = SessionDate::new(2026, 8, 21).unwrap();
        let instrument = Instrument {
            kind: Some(InstrumentKind::Equity),
            previous_close: Some(Price::from_units(CLOSE)),
            ..Instrument::nepse(Symbol::new("NABIL"))
        };
        let holding = HoldingSetup {
            instrument: InstrumentId(0),
            qty: Qty::from_units(100),
            cost: None,
            previous_close: Some(Price::from_units(CLOSE)),
        };
        let account = AccountSetup { id: AccountId::new("07"), cash: Money::ZERO, holdings: vec![holding] };
        let schedule = Calendar::embedded().session(date).unwrap();
        let universe = Universe::new([instrument]);
        State::new(Arc::new(DaySetup::nepse("a day", &schedule, universe, vec![account]))).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        let open = SessionDate::new(2026, 8, 21).unwrap();
        let noon = chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap();
        Timestamp::nepal(open, noon).unwrap().plus_ns(second * NS_PER_S)
    }

    fn trade(state: &mut State, second: i64, paisa: i64) {
        let print = TradePrint {
            price: Price::from_units(paisa),
            qty: Qty::from_units(20),
            aggressor: None,
            buyer: None,
            seller: None,
            contract: None,
        };
        let event = MarketEvent {
            at: at(second),
            seq: 0,
            source: SourceId(1),
            instrument: InstrumentId(0),
            flags: EventFlags::NONE,
            data: MarketData::Trade(print),
        };
        apply(state, &Input { at: event.at, seq: 0, event: Event::Market(event) });
    }

    fn submit(state: &mut State, seq: u64, account: &str, qty: i64) {
        let order = NewOrder {
            account: AccountId::new(account),
            instrument: InstrumentId(0),
            side: Side::Sell,
            qty: Qty::from_units(qty),
            limit: Price::from_units(CLOSE),
        };
        let command = OperatorCommand { by: OperatorId::new("tr01"), command: Command::SubmitOrder(order) };
        apply(state, &Input { at: state.now(), seq, event: Event::Command(command) });
    }

    #[test]
    fn the_nearest_of_the_day_stays_when_the_price_comes_back() {
        let mut state = day();
        trade(&mut state, 0, CLOSE);
        trade(&mut state, 10, CLOSE - 500);
        trade(&mut state, 20, CLOSE);
        // 1 % down: half of the way to the loss limit, a fifth of the way to the first drawdown step.
        let nearest = |rule| state.watch().nearest(rule);
        assert_eq!(nearest(Rule::LossToday), Some(Nearest { ppm: 500_000, at: at(10) }));
        assert_eq!(nearest(Rule::DrawdownReduce), Some(Nearest { ppm: 200_000, at: at(10) }));
        assert_eq!(nearest(Rule::Integrity), None);
        let now = readings(&facts(&state));
        assert_eq!(now[Rule::LossToday.index()].nearness(), Some(0.0));
    }

    #[test]
    fn a_slip_is_no_order_without_an_answer() {
        let mut state = day();
        trade(&mut state, 0, CLOSE);
        submit(&mut state, 7, "07", 50);
        let mut order = Order::clone(&state.orders[&ClientOrderId(7)]);
        assert!(order.lose(at(1)));
        state.orders.insert(order.id, order.clone());
        let unknown = |state: &State| facts(state).orders.unknown;
        assert_eq!(unknown(&state), 1);
        state.gateway.kind = GatewayKind::Manual;
        assert_eq!(unknown(&state), 0);
        // The broker has it under a number, and nothing more is known of it.
        order.venue_id = Some(VenueOrderId("45".into()));
        state.orders.insert(order.id, order);
        assert_eq!(unknown(&state), 1);
    }

    #[test]
    fn a_second_is_looked_at_once_and_a_minute_is_counted() {
        let mut state = day();
        for second in 0..130 {
            trade(&mut state, second, CLOSE);
            trade(&mut state, second, CLOSE);
        }
        assert_eq!(state.watch().pace(), Pace { inputs: 120, over_ns: 60 * NS_PER_S });
        assert!(state.watch().next > state.now());
        let bytes = postcard::to_stdvec(&state).unwrap();
        let back: State = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(back.watch(), state.watch());
    }

    #[test]
    fn what_the_checks_said_is_kept_whatever_came_of_it() {
        let mut state = day();
        trade(&mut state, 0, CLOSE);
        submit(&mut state, 7, "07", 50);
        submit(&mut state, 8, "07", 80);
        submit(&mut state, 9, "nobody", 10);
        let kept: Vec<_> = state.checks().iter().cloned().collect();
        let verdict = |i: usize, check| &kept[i].results.iter().find(|r| r.check == check).unwrap().verdict;
        assert_eq!(kept.iter().map(|c| c.seq).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(
            (verdict(0, Check::Sellable), verdict(0, Check::Cash)),
            (&Verdict::Pass, &Verdict::NotApplicable)
        );
        // The first order has 50 of the 100 on sale.
        let short = Denial::SharesShort { qty: Qty::from_units(80), sellable: Qty::from_units(50) };
        assert_eq!(verdict(1, Check::Sellable), &Verdict::Block(vec![short]));
        let unknown = Denial::UnknownAccount("nobody".to_owned());
        assert_eq!(verdict(2, Check::Form), &Verdict::Block(vec![unknown]));
        assert_eq!(verdict(2, Check::Band), &Verdict::NotApplicable);
        assert_eq!(facts(&state).orders.oversold, 0);
    }
}
