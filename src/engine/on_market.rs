//! What a market event does.

use super::on_clock::{enter_phase, feed_spoke, watch_rate};
use super::session::HaltNews;
use super::{AlertKind, Output, State};
use crate::market::{EventFlags, Halt, InstrumentId, MarketData, MarketEvent, Price, SourceId, TradePrint};
use crate::model::anomaly::{Action, Check, PrintFacts, Verdict};

/// What the source's own clock and sequence say of a message.
#[derive(Clone, Copy, Default)]
struct SourceFacts {
    reversed: bool,
    repeated: bool,
    gap: bool,
}

/// Takes a market event in; says which instrument it touched.
#[inline]
pub(super) fn on_market(state: &mut State, event: &MarketEvent, out: &mut Vec<Output>) -> Option<u32> {
    state.counters.market_events += 1;
    let source = hear(state, event, out);
    match &event.data {
        MarketData::Trade(print) => on_trade(state, event, print, source, out),
        MarketData::Level(_) | MarketData::Snapshot(_) | MarketData::Clear(_) => {
            on_depth(state, event, source, out)
        }
        MarketData::Last(price) => on_last(state, event, *price),
        MarketData::Session(phase) => {
            enter_phase(state, *phase, event.at, out);
            None
        }
        MarketData::Halt(halt) if event.instrument == MarketEvent::MARKET => {
            on_halt(state, *halt, event, out);
            None
        }
        MarketData::Halt(_) => None,
        MarketData::Index(value) => {
            state.session.on_index(*value, event.at);
            None
        }
    }
}

/// Notes that the feed spoke, and compares its clock and sequence with what it said before.
#[inline]
fn hear(state: &mut State, event: &MarketEvent, out: &mut Vec<Output>) -> SourceFacts {
    let feed = state.feeds.heard(event.source);
    feed.received += 1;
    let facts = SourceFacts {
        // Documents are read in any order: that an older trade comes after a newer picture is no fault of the clock.
        reversed: event.at < feed.last_at && !event.flags.has(EventFlags::POLLED),
        repeated: event.seq != 0 && event.seq <= feed.last_seq,
        gap: event.seq != 0 && feed.last_seq != 0 && event.seq > feed.last_seq + 1,
    };
    feed.gaps += u64::from(facts.gap);
    feed.last_at = feed.last_at.max(event.at);
    feed.last_seq = feed.last_seq.max(event.seq);
    if feed.stale {
        feed_spoke(state, event.source, out);
    }
    facts
}

fn on_trade(
    state: &mut State,
    event: &MarketEvent,
    print: &TradePrint,
    source: SourceFacts,
    out: &mut Vec<Output>,
) -> Option<u32> {
    state.counters.trades += 1;
    let id = event.instrument;
    let (Some(rules), Some(instrument)) =
        (state.setup.rules.get(id.0 as usize), state.instruments.get_mut(id.0 as usize))
    else {
        state.counters.unknown_instrument += 1;
        return None;
    };
    let polled = event.flags.has(EventFlags::POLLED);
    // What was read late belongs to the bar of its own time.
    let late = state.setup.grid.index(event.at).filter(|index| polled && *index < state.bar_index);
    let facts = PrintFacts {
        at: event.at,
        price: print.price,
        qty: print.qty,
        contract: print.contract,
        tick: rules.tick,
        band: rules.daily_band(),
        // A picture read later says nothing of an earlier trade.
        quote: instrument.quote().filter(|(_, _, at)| !polled || *at <= event.at),
        reversed: source.reversed,
        repeated: source.repeated,
        gap: source.gap,
        auction: event.flags.has(EventFlags::AUCTION),
    };
    let verdict = instrument.on_print(print, &facts, rules, late);
    instrument.version += 1;
    instrument.heard_at = event.at;
    instrument.rows.0 = state.counters.market_events;
    if verdict.is_usable() && print.qty >= rules.price_making_qty {
        state.accounts.values_mut().for_each(|account| account.mark(id, print.price));
    }
    after_verdict(state, id, event.source, verdict, out);
    Some(id.0)
}

/// Counts the verdict, and says it where it is not "use it".
fn after_verdict(
    state: &mut State,
    id: InstrumentId,
    source: SourceId,
    verdict: Verdict,
    out: &mut Vec<Output>,
) {
    let now = state.now;
    let action = verdict.action();
    let duplicate = verdict.findings.has(Check::Duplicate);
    let quarantined = action >= Action::Quarantine && !duplicate;
    if let Some(feed) = state.feeds.get_mut(source) {
        feed.duplicates += u64::from(duplicate);
        feed.rate.count(now, quarantined);
    }
    if action == Action::Use && !verdict.level_shift {
        return;
    }
    out.push(Output::Verdict { instrument: id, verdict });
    let Some(instrument) = state.instruments.get_mut(id.0 as usize) else { return };
    instrument.last_finding = Some((now, verdict));
    let first = quarantined && instrument.quarantined == 1;
    let stopped = action == Action::HaltSymbol && !instrument.halted_by_gap;
    instrument.halted_by_gap |= action == Action::HaltSymbol;
    if stopped {
        state.alert(AlertKind::SymbolHalted { instrument: id }, out);
    } else if first {
        state.alert(AlertKind::Quarantined { instrument: id, verdict }, out);
    }
    if quarantined {
        watch_rate(state, source, out);
    }
}

/// The last price as a picture states it: only a price that the day's band allows is believed.
fn on_last(state: &mut State, event: &MarketEvent, price: Price) -> Option<u32> {
    let id = event.instrument;
    let (Some(rules), Some(instrument)) =
        (state.setup.rules.get(id.0 as usize), state.instruments.get_mut(id.0 as usize))
    else {
        state.counters.unknown_instrument += 1;
        return None;
    };
    let believed = price.is_positive()
        && rules.tick.is_none_or(|tick| price.is_on_grid(tick))
        && rules.daily_band().is_none_or(|(low, high)| (low..=high).contains(&price));
    if believed {
        instrument.on_last(price, event.at);
        instrument.version += 1;
        state.accounts.values_mut().for_each(|account| account.mark(id, price));
    }
    Some(id.0)
}

/// A level, a picture or a clearing of a book.
#[inline]
fn on_depth(
    state: &mut State,
    event: &MarketEvent,
    source: SourceFacts,
    out: &mut Vec<Output>,
) -> Option<u32> {
    let id = event.instrument;
    let (Some(rules), Some(instrument)) =
        (state.setup.rules.get(id.0 as usize), state.instruments.get_mut(id.0 as usize))
    else {
        state.counters.unknown_instrument += 1;
        return None;
    };
    let mut verdict = Verdict::default();
    if let MarketData::Level(level) | MarketData::Snapshot(level) = &event.data
        && (!level.price.is_positive()
            || level.qty.units() < 0
            || rules.tick.is_some_and(|t| !level.price.is_on_grid(t)))
    {
        verdict.findings.add(Check::ImpossibleValue);
    }
    if source.repeated {
        verdict.findings.add(Check::Duplicate);
    }
    if source.reversed {
        verdict.findings.add(Check::TimestampReversal);
    }
    if source.gap {
        verdict.findings.add(Check::SequenceGap);
    }
    // A clearing begins a fresh picture, which is what a gap waits for.
    if matches!(event.data, MarketData::Clear(None)) && !verdict.findings.has(Check::Duplicate) {
        instrument.halted_by_gap = false;
        verdict.findings.remove(Check::SequenceGap);
    }
    instrument.heard_at = event.at;
    instrument.version += 1;
    if verdict.is_usable() || verdict.action() == Action::HaltSymbol {
        instrument.on_book(&event.data, event.at, rules.tick);
        instrument.rows.1 = state.counters.market_events;
    }
    let tick = rules.tick;
    if event.flags.has(EventFlags::LAST) && instrument.on_quote(event.at, tick) {
        let filter = &instrument.filter;
        let (crossed, wide) = (filter.quote_crossed(), filter.quote_wide());
        out.push(Output::QuoteState { instrument: id, crossed, wide });
    }
    if verdict.findings.is_empty() {
        if let Some(feed) = state.feeds.get_mut(event.source) {
            feed.rate.count(state.now, false);
        }
    } else {
        if verdict.action() == Action::Quarantine
            && let Some(i) = state.instruments.get_mut(id.0 as usize)
        {
            i.quarantined = i.quarantined.saturating_add(1);
        }
        after_verdict(state, id, event.source, verdict, out);
    }
    Some(id.0)
}

fn on_halt(state: &mut State, halt: Halt, event: &MarketEvent, out: &mut Vec<Output>) {
    let inferred = event.flags.has(EventFlags::INFERRED);
    match state.session.on_halt(halt, event.at, inferred) {
        HaltNews::Began => {
            out.push(Output::MarketHalt(halt));
            let level = state.session.halt.and_then(|h| h.level);
            state.alert(AlertKind::MarketHalted { level, inferred }, out);
        }
        HaltNews::Ended(past) => {
            out.push(Output::MarketHalt(halt));
            state.alert(AlertKind::MarketResumed { after_ns: event.at.since_ns(past.from) }, out);
        }
        HaltNews::Nothing => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::{DaySetup, Event, Input, State, apply};
    use crate::market::{
        Calendar, ContractNo, EventFlags, Instrument, InstrumentId, InstrumentKind, LevelUpdate, MarketData,
        MarketEvent, Price, Qty, SessionDate, Side, SourceId, Symbol, Timestamp, TradePrint, Universe,
    };

    fn day() -> (State, Timestamp) {
        let schedule = Calendar::embedded().session(SessionDate::new(2026, 8, 20).unwrap()).unwrap();
        let instrument = Instrument {
            kind: Some(InstrumentKind::Equity),
            previous_close: Some(Price::from_units(50_000)),
            ..Instrument::nepse(Symbol::new("NABIL"))
        };
        let setup = DaySetup::nepse("a day", &schedule, Universe::new([instrument]), Vec::new());
        (State::new(Arc::new(setup)).unwrap(), schedule.continuous.open)
    }

    fn hear(state: &mut State, now: Timestamp, at: Timestamp, flags: EventFlags, data: MarketData) {
        let event = MarketEvent { at, seq: 0, source: SourceId(1), instrument: InstrumentId(0), flags, data };
        apply(state, &Input { at: now, seq: 0, event: Event::Market(event) });
    }

    fn trade(price: i64, contract: u64) -> MarketData {
        MarketData::Trade(TradePrint {
            price: Price::from_units(price),
            qty: Qty::from_units(10),
            aggressor: None,
            buyer: None,
            seller: None,
            contract: Some(ContractNo(contract)),
        })
    }

    /// A site is looked at for the first time at noon: a picture of now, then the trades of the morning.
    #[test]
    fn trades_read_late_are_good_and_stand_in_the_bars_of_their_time() {
        let (mut state, open) = day();
        let s = |seconds: i64| open.plus_ns(seconds * crate::market::time::NS_PER_S);
        let noon = s(3_600);
        for (side, price) in [(Side::Buy, 50_500), (Side::Sell, 50_510)] {
            let (price, qty) = (Price::from_units(price), Qty::from_units(100));
            let level = LevelUpdate { side, price, qty, orders: 1 };
            let flags = EventFlags::POLLED.with(EventFlags::LAST);
            hear(&mut state, noon, noon, flags, MarketData::Snapshot(level));
        }
        for (n, (seconds, price)) in
            [(10, 50_000), (20, 50_030), (310, 50_100), (3_599, 50_500)].into_iter().enumerate()
        {
            hear(&mut state, noon, s(seconds), EventFlags::POLLED, trade(price, n as u64));
        }
        let instrument = &state.instruments()[0];
        assert_eq!(instrument.quarantined, 0);
        let close = |index: usize| instrument.bars[index].prices.map(|p| (p.open.units(), p.close.units()));
        assert_eq!((close(0), close(1)), (Some((50_000, 50_030)), Some((50_100, 50_100))));
        assert_eq!((close(2), close(11)), (None, Some((50_500, 50_500))));
        assert_eq!((instrument.bars.len(), instrument.bar.prices, instrument.traded_bars), (12, None, 3));
        // Of a source that speaks by itself it is a fault.
        hear(&mut state, noon, s(3_590), EventFlags::NONE, trade(50_500, 9));
        assert_eq!(state.instruments()[0].quarantined, 1);
    }
}
