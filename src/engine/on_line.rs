//! What happens because a line to the outside came up, went down, or owes an answer.
//!
//! A request without an answer makes its order unknown, never refused and never sent again: it is asked
//! what became of it, three times, and after that only a report, a comparison of the books or a person
//! ends it. A line that is lost makes everything unanswered unknown at once, and everything open unknown
//! when it stays down (B12).

use super::answer::AnswerKind;
use super::gateway::{ANSWER_NS, LOST_NS, QUESTIONS, Wait};
use super::{Agreement, AlertKind, Output, State};
use crate::execution::{
    ClientOrderId, GatewayRequest, Line, LineNews, LineState, OrderState, Pending, StepKind,
};
use crate::market::{SourceId, Timestamp};

/// A line changed where it stands.
pub(super) fn on_line(state: &mut State, news: LineNews, out: &mut Vec<Output>) -> Option<u32> {
    match news.line {
        Line::Feed(source) => on_feed(state, source, news.state, out),
        Line::Gateway => on_gateway_line(state, news.state, out),
    }
    None
}

fn on_feed(state: &mut State, source: SourceId, line: LineState, out: &mut Vec<Output>) {
    let now = state.now;
    let feed = state.feeds.heard(source);
    let before = feed.line.replace((line, now)).map(|(before, _)| before);
    if before == Some(line) {
        return;
    }
    let was_live = before.is_some_and(LineState::is_live);
    state.regime.detector.set_stale(!state.feeds.has_live_line());
    if was_live {
        state.alert(AlertKind::FeedDown { source, state: line }, out);
    } else if line.is_live() && before.is_some() {
        state.alert(AlertKind::FeedBack { source }, out);
    }
}

fn on_gateway_line(state: &mut State, line: LineState, out: &mut Vec<Output>) {
    let now = state.now;
    let before = std::mem::replace(&mut state.gateway.line, line);
    if before == line {
        return;
    }
    state.gateway.since = now;
    if line.is_live() {
        state.gateway.plan_no_loss();
        state.alert(AlertKind::GatewayBack, out);
        if state.gateway.is_remote() {
            // Whatever is unknown is asked about again, by whoever is there now. A change whose answer was lost with
            // the line has none coming, though the order itself may have been heard of since.
            let unknown = state.orders.values().filter(|o| o.is_unanswered()).map(|o| o.id);
            let unknown: Vec<ClientOrderId> = unknown.collect();
            for id in unknown {
                lose(state, id, out);
                state.gateway.waits.insert(id, Wait { asked: 0, due: now.plus_ns(ANSWER_NS) });
            }
            // What was asked to be taken back meanwhile, and is not known to be over, goes out first.
            for id in std::mem::take(&mut state.gateway.cancels) {
                if state.orders.get(&id).is_some_and(|order| order.state.is_open()) {
                    out.push(Output::Request(GatewayRequest::Cancel { id }));
                }
            }
            ask_for_state(state, out);
        }
    } else if before.is_live() {
        lose_line(state, out);
    }
    state.plan_due();
}

fn lose_line(state: &mut State, out: &mut Vec<Output>) {
    let now = state.now;
    state.alert(AlertKind::GatewayDown { state: state.gateway.line }, out);
    if !state.gateway.is_remote() {
        return;
    }
    state.gateway.agreement = Agreement::NotYet;
    state.gateway.waits.clear();
    state.gateway.plan_no_check();
    state.gateway.lost_due = now.plus_ns(LOST_NS);
    let unanswered: Vec<ClientOrderId> =
        state.orders.values().filter(|o| o.is_unanswered()).map(|o| o.id).collect();
    for id in unanswered {
        lose(state, id, out);
        // A cancel may have been lost with the line. It takes nothing back that is gone, so it goes out again.
        if state.orders.get(&id).is_some_and(|order| order.pending == Some(Pending::Cancel)) {
            state.gateway.cancels.insert(id);
        }
    }
}

/// Makes an order unknown, and says so. Says whether that is news.
fn lose(state: &mut State, id: ClientOrderId, out: &mut Vec<Output>) -> bool {
    let now = state.now;
    let Some(order) = state.orders.get_mut(&id) else { return false };
    if !order.lose(now) {
        return false;
    }
    order.note(0, now, StepKind::Reported(OrderState::Unknown));
    let instrument = order.order.instrument;
    if let Some(instrument) = state.instruments.get_mut(instrument.0 as usize) {
        instrument.version += 1;
    }
    out.push(Output::OrderMoved { id, state: OrderState::Unknown });
    state.answers.add(now, AnswerKind::Order { id, state: OrderState::Unknown, reason: None });
    state.alert(AlertKind::OrderUnknown { id }, out);
    true
}

/// Asks for all there is, and plans to ask again.
fn ask_for_state(state: &mut State, out: &mut Vec<Output>) {
    state.gateway.plan_check(state.now);
    out.push(Output::Request(GatewayRequest::State));
}

/// Does what is due at the gateway by `due`.
pub(super) fn what_is_due(state: &mut State, due: Timestamp, out: &mut Vec<Output>) {
    if state.gateway.lost_due <= due {
        lose_everything(state, out);
    }
    if state.gateway.check_due <= due {
        if state.gateway.line.is_live() {
            ask_for_state(state, out);
        } else {
            state.gateway.plan_no_check();
        }
    }
    let late: Vec<ClientOrderId> =
        state.gateway.waits.iter().filter(|(_, wait)| wait.due <= due).map(|(id, _)| *id).collect();
    for id in late {
        is_late(state, id, out);
    }
}

/// An answer has not come in time.
fn is_late(state: &mut State, id: ClientOrderId, out: &mut Vec<Output>) {
    let now = state.now;
    let Some(wait) = state.gateway.waits.remove(&id) else { return };
    if !state.orders.get(&id).is_some_and(|order| order.is_unanswered()) {
        return;
    }
    lose(state, id, out);
    if wait.asked < QUESTIONS && state.gateway.line.is_live() {
        state.gateway.waits.insert(id, Wait { asked: wait.asked + 1, due: now.plus_ns(ANSWER_NS) });
        out.push(Output::Request(GatewayRequest::Query { id }));
    }
}

/// The line has been down for too long: no open order is known.
fn lose_everything(state: &mut State, out: &mut Vec<Output>) {
    // The line has been through several states since; what counts is how long it has not been live.
    let down_ns = state.now.since_ns(state.gateway.lost_due) + LOST_NS;
    state.gateway.plan_no_loss();
    let open: Vec<ClientOrderId> =
        state.orders.values().filter(|o| o.state.is_open() && o.state.has_left()).map(|o| o.id).collect();
    let unknown = open.len();
    for id in open {
        lose(state, id, out);
    }
    state.alert(AlertKind::GatewayLost { down_ns, unknown }, out);
}

/// Notes for which requests that leave an answer is now waited for.
pub(super) fn note_requests(state: &mut State, out: &[Output]) {
    let due = state.now.plus_ns(ANSWER_NS);
    for output in out {
        if let Output::Request(
            GatewayRequest::New { id, .. } | GatewayRequest::Amend { id, .. } | GatewayRequest::Cancel { id },
        ) = output
        {
            state.gateway.waits.insert(*id, Wait { asked: 0, due });
        }
    }
    state.plan_due();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{DaySetup, Event, GatewayKind, Input, apply};
    use crate::execution::{Line, LineNews};
    use std::sync::Arc;

    #[test]
    fn a_line_is_down_for_as_long_as_it_was_not_live_whatever_it_went_through() {
        let setup = DaySetup { gateway: GatewayKind::Remote, ..DaySetup::default() };
        let mut state = State::new(Arc::new(setup)).unwrap();
        let second = |n: i64| Timestamp::from_ns(n * 1_000_000_000);
        let news = |state| Event::Line(LineNews { line: Line::Gateway, state });
        for (at, event) in [
            (1, news(LineState::Live)),
            (10, news(LineState::Silent)),
            (18, news(LineState::Connecting)),
            (25, news(LineState::Syncing)),
            (39, Event::Clock),
        ] {
            apply(&mut state, &Input { at: second(at), seq: 0, event });
        }
        let lost = |state: &State| {
            let kinds = state.alerts().iter().map(|alert| alert.kind.clone());
            kinds.filter(|kind| matches!(kind, AlertKind::GatewayLost { .. })).collect::<Vec<_>>()
        };
        assert_eq!(lost(&state), []);
        apply(&mut state, &Input { at: second(40), seq: 0, event: Event::Clock });
        assert_eq!(lost(&state), [AlertKind::GatewayLost { down_ns: LOST_NS, unknown: 0 }]);
    }
}
