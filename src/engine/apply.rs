//! The one place where state changes.

use super::{
    Event, Input, Output, State, hash, on_clock, on_command, on_gateway, on_line, on_market, reconcile, watch,
};

/// Applies one input and says what should happen because of it.
///
/// Time never runs backwards here: an input stamped before the one before it takes effect at the
/// later time (what its source says of the time is for the anomaly filter).
#[inline]
pub fn apply(state: &mut State, input: &Input) -> Vec<Output> {
    let mut out = Vec::new();
    state.now = state.now.max(input.at);
    state.counters.inputs += 1;
    if state.now >= state.due {
        on_clock::what_is_due(state, &mut out);
    }
    let touched = match &input.event {
        Event::Market(event) => on_market::on_market(state, event, &mut out),
        Event::Gateway(report) => on_gateway::on_gateway(state, input.seq, report, &mut out),
        Event::Command(command) => on_command::on_command(state, input.seq, command, &mut out),
        Event::Clock => on_clock::on_clock(state, &mut out),
        Event::Line(news) => on_line::on_line(state, *news, &mut out),
        Event::Statement(statement) => reconcile::on_statement(state, input.seq, statement, &mut out),
    };
    if !out.is_empty() && state.gateway.is_remote() {
        on_line::note_requests(state, &out);
    }
    if state.now >= state.watch.next {
        watch::look(state);
    }
    hash::fold(state, input, touched, out.len());
    out
}
