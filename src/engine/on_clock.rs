//! What happens because time passed: phases, ends of bars, ends of holds, silence.

use super::{AlertKind, Output, SessionState, State, hold, on_line};
use crate::market::{SourceId, Timestamp};
use crate::model::anomaly::RateReading;
use crate::model::regime::intraday::SymbolBar;

/// Above this part of what was received, quarantined messages are an alert (C9).
const QUARANTINE_RATE_MAX: f64 = 0.05;

/// A tick that came because nothing else did.
pub(super) fn on_clock(state: &mut State, out: &mut Vec<Output>) -> Option<u32> {
    look_for_silence(state, out);
    None
}

/// Does everything that has become due, in the order in which it fell due.
#[cold]
pub(super) fn what_is_due(state: &mut State, out: &mut Vec<Output>) {
    while state.now >= state.due {
        let due = state.due;
        if state.setup.phases.get(state.next_phase).is_some_and(|(at, _)| *at <= due) {
            let (_, phase) = state.setup.phases[state.next_phase];
            state.next_phase += 1;
            enter_phase(state, phase, due, out);
        } else if state.bar_ends() <= due {
            close_bars(state, out);
        } else if state.gateway.due() <= due {
            on_line::what_is_due(state, due, out);
        } else {
            hold::release(state, due, out);
        }
        state.plan_due();
    }
}

/// Enters a phase, if the day is not already there or beyond.
pub(super) fn enter_phase(
    state: &mut State,
    phase: crate::market::SessionPhase,
    at: Timestamp,
    out: &mut Vec<Output>,
) {
    if state.session.enter(phase, at) {
        out.push(Output::Phase(phase));
        state.alert(AlertKind::Phase(phase), out);
    }
}

/// Finishes the bar of every instrument and tells the regime detector.
fn close_bars(state: &mut State, out: &mut Vec<Output>) {
    let index = state.bar_index;
    let (from, to) = (state.setup.grid.start(index), state.setup.grid.end(index));
    let absent = state.session.halted_throughout(from, to);
    let after_halt = state.session.resumed_within(from, to);
    let mut symbols = Vec::with_capacity(state.instruments.len());
    for instrument in &mut state.instruments {
        let return_ = instrument.close_bar(index + 1, absent, after_halt);
        instrument.version += 1;
        symbols.push(SymbolBar { bars_so_far: instrument.traded_bars, return_ });
    }
    state.bar_index += 1;
    let from_index = index_return(&mut state.session);
    if absent {
        return;
    }
    if let Some(change) = state.regime.on_bar(index, from_index, &symbols, after_halt) {
        let p_stress_ppm = change.p_stress.ppm();
        out.push(Output::Regime { old: change.old, new: change.new, p_stress_ppm, bar: change.bar });
        state.alert(AlertKind::Regime { label: change.new, p_stress_ppm }, out);
    }
}

/// The log return of the index over the bar that ends now.
fn index_return(session: &mut SessionState) -> Option<f64> {
    let index = session.index.as_mut()?;
    let before = std::mem::replace(&mut index.bar_close_e2, index.last_e2);
    Some((index.last_e2 as f64 / before as f64).ln())
}

/// A feed that says nothing while the market trades is stale; the regime's label is then frozen.
fn look_for_silence(state: &mut State, out: &mut Vec<Output>) {
    if !state.session.is_trading() {
        return;
    }
    let limit = state.setup.anomaly.feed_silent_ns;
    let since_open = state.session.phase_since;
    let since_halt = state.session.past_halts.last().and_then(|h| h.to).unwrap_or_default();
    let mut news = Vec::new();
    for (source, feed) in state.feeds.iter_mut() {
        let quiet_since = feed.last_at.max(since_open).max(since_halt);
        let silent_ns = state.now.since_ns(quiet_since);
        if silent_ns > limit && !feed.stale {
            feed.stale = true;
            news.push(AlertKind::FeedStale { source: *source, silent_ns });
        }
    }
    if !news.is_empty() {
        state.regime.detector.set_stale(true);
    }
    for kind in news {
        state.alert(kind, out);
    }
}

/// A message came: the feed is not stale (any more).
pub(super) fn feed_spoke(state: &mut State, source: SourceId, out: &mut Vec<Output>) {
    let Some(feed) = state.feeds.get_mut(source) else { return };
    feed.stale = false;
    if state.feeds.iter().all(|(_, f)| !f.stale) {
        state.regime.detector.set_stale(false);
    }
    state.alert(AlertKind::FeedBack { source }, out);
}

/// Says once that too much of a feed had to be quarantined, and forgets it when the rate is back.
pub(super) fn watch_rate(state: &mut State, source: SourceId, out: &mut Vec<Output>) {
    let now = state.now;
    let Some(feed) = state.feeds.get_mut(source) else { return };
    match feed.rate.reading(now) {
        RateReading::Known { rate, .. } if rate > QUARANTINE_RATE_MAX => {
            if !std::mem::replace(&mut feed.rate_high, true) {
                let rate_ppm = (rate * 1e6).round() as u32;
                state.alert(AlertKind::QuarantineRate { rate_ppm }, out);
            }
        }
        RateReading::Known { .. } => feed.rate_high = false,
        RateReading::Unknown { .. } => {}
    }
}
