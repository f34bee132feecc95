//! What a gateway's report does.

use super::answer::AnswerKind;
use super::{AlertKind, GatewayKind, Output, State};
use crate::execution::{
    ExecutionReport, Incident, Order, OrderChange, OrderState, RejectReason, ReportKind, StepKind,
};
use crate::market::{Price, Qty};

/// Takes a report in; says which instrument it touched.
pub(super) fn on_gateway(
    state: &mut State,
    seq: u64,
    report: &ExecutionReport,
    out: &mut Vec<Output>,
) -> Option<u32> {
    let now = state.now;
    if report.no != 0 {
        if report.no <= state.gateway.reports {
            state.gateway.duplicates += 1;
            return None;
        }
        state.gateway.reports = report.no;
    }
    if let ReportKind::Foreign { client_id } = &report.kind {
        state.alert(AlertKind::Incident(Incident::Foreign(client_id.clone())), out);
        return None;
    }
    let Some(order) = state.orders.get_mut(&report.id) else {
        state.alert(AlertKind::Incident(Incident::NoSuchOrder(report.id)), out);
        return None;
    };
    let before = order.state;
    let instrument = order.order.instrument.0;
    let change = order.on_report(report, now);
    if change == Ok(OrderChange::Moved) && !matches!(report.kind, ReportKind::Queue(_)) {
        order.note(seq, now, StepKind::Reported(order.state));
    }
    let order = order.clone();
    match change {
        Err(incident) => state.alert(AlertKind::Incident(incident), out),
        Ok(OrderChange::None) => {}
        Ok(OrderChange::Moved) => moved(state, &order, before, report, out),
        Ok(OrderChange::Filled { qty, price }) => filled(state, seq, &order, (qty, price), out),
    }
    if let Some(instrument) = state.instruments.get_mut(instrument as usize) {
        instrument.version += 1;
    }
    if !order.is_unanswered() && state.gateway.waits.remove(&report.id).is_some() {
        state.plan_due();
    }
    None
}

fn moved(
    state: &mut State,
    order: &Order,
    before: OrderState,
    report: &ExecutionReport,
    out: &mut Vec<Output>,
) {
    let id = order.id;
    if order.state != before {
        out.push(Output::OrderMoved { id, state: order.state });
        let reason = order.reason.clone().filter(|_| order.state == OrderState::Rejected);
        state.answers.add(state.now, AnswerKind::Order { id, state: order.state, reason });
    }
    match &report.kind {
        ReportKind::Rejected(reason)
        | ReportKind::AmendRejected(reason)
        | ReportKind::CancelRejected(reason) => {
            state.alert(AlertKind::OrderRejected { id, reason: reason.clone() }, out);
        }
        ReportKind::NotTaken => {
            state.alert(AlertKind::OrderRejected { id, reason: RejectReason::NotTaken }, out);
        }
        // Where a person keys orders in, each is unknown for a while: that is a slip, and no alarm.
        ReportKind::Unknown if state.gateway.kind == GatewayKind::Manual => {}
        ReportKind::Unknown => state.alert(AlertKind::OrderUnknown { id }, out),
        _ => {}
    }
}

/// Books the fill. A fill that cannot be booked is an incident: the position is then not what the venue thinks.
fn filled(state: &mut State, seq: u64, order: &Order, (qty, price): (Qty, Price), out: &mut Vec<Output>) {
    let id = order.id;
    let fees = state.setup.fees(order.order.instrument);
    let account = state.accounts.get_mut(&order.order.account);
    let booked = account.zip(fees).and_then(|(account, fees)| {
        account.book_fill(order.order.instrument, order.order.side, (qty, price), fees).ok()
    });
    let Some(charges) = booked else {
        state.alert(AlertKind::Incident(Incident::ImpossibleFill { id, qty, price }), out);
        return;
    };
    let now = state.now;
    if let Some(order) = state.orders.get_mut(&id) {
        order.note(seq, now, StepKind::Filled { qty, price, charges });
    }
    state.counters.fills += 1;
    out.push(Output::Filled { id, qty, price, charges });
    out.push(Output::OrderMoved { id, state: order.state });
    state.answers.add(state.now, AnswerKind::Filled { id, qty, price });
}
