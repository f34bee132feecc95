//! What a person says became of an order that nobody else can tell of: read in the broker's portal, or heard
//! by telephone.
//!
//! A person's word is taken only for an order that is unknown; everything else is known better. It is a report like
//! any other from there on, with the command's record behind it.

use super::answer::AnswerKind;
use super::on_command::Done;
use super::on_gateway::on_gateway;
use super::{Agreement, GatewayKind, OperatorId, Output, State, Told};
use crate::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, Order, OrderState, Pending, RejectReason, ReportKind,
};
use crate::risk::Denial;

/// Takes a person's word for an order.
pub(super) fn tell(
    state: &mut State,
    (seq, by): (u64, &OperatorId),
    id: ClientOrderId,
    told: &Told,
    out: &mut Vec<Output>,
) -> Done {
    let order = state.orders.get(&id).ok_or_else(|| vec![Denial::NoSuchOrder(id)])?;
    let manual = state.gateway.kind == GatewayKind::Manual && order.state.is_open() && order.state.has_left();
    if order.state != OrderState::Unknown && !manual {
        return Err(vec![Denial::NotUnknown { id, state: order.state }]);
    }
    if let Told::Filled { qty, price } = told {
        // The venue will say so itself when the line is back, under an id of its own: it would count twice.
        if state.gateway.is_remote() && state.gateway.agreement == Agreement::NotYet {
            return Err(vec![Denial::NotReconciled]);
        }
        if !qty.is_positive() {
            return Err(vec![Denial::QtyNotPositive { qty: *qty }]);
        }
        if !price.is_positive() {
            return Err(vec![Denial::PriceNotPositive { limit: *price }]);
        }
        if *qty > order.left() {
            return Err(vec![Denial::ToldTooMuch { id, qty: *qty, left: order.left() }]);
        }
    }
    let kind = report(order, seq, by, told);
    on_gateway(state, seq, &ExecutionReport { no: 0, id, kind }, out);
    let Some(order) = state.orders.get(&id) else { return Ok(()) };
    let answer = AnswerKind::Told { id, by: by.clone(), state: order.state };
    state.answers.add(state.now, answer);
    Ok(())
}

/// The report that a person's word stands for. Where a change is under way it is about the change.
fn report(order: &Order, seq: u64, by: &OperatorId, told: &Told) -> ReportKind {
    match (told, order.pending) {
        // One record of the journal, one fill: telling it twice is two records, and checked against what is left.
        (Told::Filled { qty, price }, _) => {
            let execution = ExecutionId(format!("told-{seq}").into());
            ReportKind::Filled { execution, qty: *qty, price: *price }
        }
        (Told::Accepted { .. }, Some(Pending::Amend { qty, limit })) => {
            ReportKind::Amended { qty, limit, queue_ahead: None }
        }
        (Told::Accepted { .. }, Some(Pending::Cancel)) | (Told::Cancelled, _) => ReportKind::Cancelled,
        (Told::Accepted { number }, None) => {
            ReportKind::Accepted { venue_id: number.clone(), queue_ahead: None }
        }
        (Told::NotEntered, Some(change)) => change_refused(change, not_entered(by)),
        (Told::Refused { why }, Some(change)) => change_refused(change, RejectReason::Venue(why.clone())),
        (Told::NotEntered, None) => ReportKind::Rejected(not_entered(by)),
        (Told::Refused { why }, None) => ReportKind::Rejected(RejectReason::Venue(why.clone())),
    }
}

const fn change_refused(change: Pending, reason: RejectReason) -> ReportKind {
    match change {
        Pending::Amend { .. } => ReportKind::AmendRejected(reason),
        Pending::Cancel => ReportKind::CancelRejected(reason),
    }
}

fn not_entered(by: &OperatorId) -> RejectReason {
    RejectReason::NotEntered { by: by.to_string() }
}
