//! Comparing what the gateway says that there is with what we hold (B18, P36).
//!
//! A statement is compared only if it includes exactly the reports that we have: one that is older or newer
//! says nothing yet. What is still on its way, an order or a change without an answer, is no difference. An
//! unknown order that the statement lists is known again; one that it does not list is asked about by itself.

use super::gateway::{ANSWER_NS, Wait};
use super::on_command::{Done, touch};
use super::{Account, Agreement, AlertKind, OperatorId, Output, Position, State};
use crate::engine::answer::AnswerKind;
use crate::execution::{
    ClientOrderId, Difference, ExecutionReport, GatewayRequest, Order, OrderState, ReportKind, Standing,
    StatedHolding, StatedOrder, Statement,
};
use crate::market::{InstrumentId, Qty};
use crate::risk::Denial;

/// A gateway stated what there is.
pub(super) fn on_statement(
    state: &mut State,
    seq: u64,
    statement: &Statement,
    out: &mut Vec<Output>,
) -> Option<u32> {
    if statement.reports != state.gateway.reports {
        // It was overtaken by a report: asked again soon, so that busy trading does not put the comparison off for long.
        state.gateway.plan_check_soon(state.now);
        state.plan_due();
        return None;
    }
    find_again(state, seq, statement, out);
    let waiting = ask_about_absent(state, statement, out);
    let differences = compare(state, statement);
    state.counters.reconciled += 1;
    if !differences.is_empty() {
        differs(state, differences, statement, out);
    } else if !waiting {
        agrees(state, out);
    }
    state.gateway.plan_check(state.now);
    state.plan_due();
    None
}

fn agrees(state: &mut State, out: &mut Vec<Output>) {
    let before = std::mem::replace(&mut state.gateway.agreement, Agreement::Agreed { at: state.now });
    if !matches!(before, Agreement::Agreed { .. }) {
        state.alert(AlertKind::BooksAgree, out);
    }
}

fn differs(state: &mut State, differences: Vec<Difference>, statement: &Statement, out: &mut Vec<Output>) {
    let same = state.gateway.agreement.differences() == differences.as_slice();
    if same {
        return;
    }
    for difference in &differences {
        let unasked = matches!(difference, Difference::OrderUnasked { .. });
        if unasked && !state.gateway.agreement.differences().contains(difference) {
            state.counters.incidents += 1;
        }
    }
    state.alert(AlertKind::BooksDiffer { differences: differences.len() }, out);
    state.gateway.agreement =
        Agreement::Differs { at: state.now, differences, statement: Box::new(statement.clone()) };
}

/// Unknown orders that the statement lists are known again.
fn find_again(state: &mut State, seq: u64, statement: &Statement, out: &mut Vec<Output>) {
    for stated in &statement.orders {
        let unknown = stated.id.and_then(|id| state.orders.get(&id));
        if let Some(order) = unknown.filter(|o| o.state == OrderState::Unknown) {
            let report =
                ExecutionReport { no: 0, id: order.id, kind: ReportKind::Standing(standing(stated)) };
            super::on_gateway::on_gateway(state, seq, &report, out);
        }
    }
}

fn standing(stated: &StatedOrder) -> Standing {
    Standing {
        venue_id: stated.venue_id.clone(),
        qty: stated.qty,
        limit: stated.limit,
        filled: stated.filled,
        state: stated.state,
    }
}

/// Asks about unknown orders that the statement does not list. Says whether there are any whose answer is
/// still waited for.
fn ask_about_absent(state: &mut State, statement: &Statement, out: &mut Vec<Output>) -> bool {
    let now = state.now;
    let listed = |id: ClientOrderId| statement.orders.iter().any(|o| o.id == Some(id));
    let absent = state.orders.values().filter(|o| o.state == OrderState::Unknown && !listed(o.id));
    let absent: Vec<ClientOrderId> = absent.map(|o| o.id).collect();
    let mut waiting = false;
    for id in absent {
        let Some(wait) = state.gateway.waits.get_mut(&id) else { continue };
        waiting = true;
        if wait.asked == 0 {
            *wait = Wait { asked: 1, due: now.plus_ns(ANSWER_NS) };
            out.push(Output::Request(GatewayRequest::Query { id }));
        }
    }
    waiting
}

/// Everything that the statement has otherwise, what a person has accepted left out.
fn compare(state: &State, statement: &Statement) -> Vec<Difference> {
    let mut found = Vec::new();
    match state.accounts.get(&statement.account) {
        Some(account) => compare_account(account, statement, &mut found),
        None => found.push(Difference::Account { theirs: statement.account.clone() }),
    }
    for stated in &statement.orders {
        match stated.id.and_then(|id| state.orders.get(&id)).filter(|o| o.state.has_left()) {
            Some(order) => compare_order(order, stated, &mut found),
            None => found.push(Difference::OrderUnasked {
                client_id: stated.client_id.clone(),
                venue_id: stated.venue_id.clone(),
                instrument: stated.instrument,
                side: stated.side,
                left: if stated.state.is_open() { stated.qty.less(stated.filled) } else { Qty::ZERO },
                filled: stated.filled,
            }),
        }
    }
    for order in state.orders.values().filter(|o| o.state.has_left()) {
        let listed = statement.orders.iter().any(|stated| stated.id == Some(order.id));
        let never_was = order.state == OrderState::Rejected;
        let waited_for = order.state == OrderState::PendingNew || state.gateway.waits.contains_key(&order.id);
        if !listed && !never_was && !waited_for {
            found.push(Difference::OrderMissing { id: order.id, ours: order.state });
        }
    }
    found.retain(|difference| !state.gateway.accepted.contains(difference));
    found
}

fn compare_account(account: &Account, statement: &Statement, found: &mut Vec<Difference>) {
    if let Some(theirs) = statement.cash.filter(|theirs| *theirs != account.cash) {
        found.push(Difference::Cash { ours: account.cash, theirs });
    }
    if let Some(theirs) = statement.due.filter(|theirs| *theirs != account.due) {
        found.push(Difference::Due { ours: account.due, theirs });
    }
    let Some(holdings) = &statement.holdings else { return };
    let ours = |id: InstrumentId| account.positions.get(&id).map_or((Qty::ZERO, Qty::ZERO), held);
    let stated = holdings.iter().map(|h| (h.instrument, (h.qty, h.settled)));
    let unlisted = account
        .positions
        .keys()
        .filter(|id| !holdings.iter().any(|h| h.instrument == **id))
        .map(|id| (*id, (Qty::ZERO, Qty::ZERO)));
    for (instrument, (qty, settled)) in stated.chain(unlisted) {
        let (our_qty, our_settled) = ours(instrument);
        if our_qty != qty {
            found.push(Difference::Shares { instrument, ours: our_qty, theirs: qty });
        }
        if our_settled != settled {
            found.push(Difference::Settled { instrument, ours: our_settled, theirs: settled });
        }
    }
}

const fn held(position: &Position) -> (Qty, Qty) {
    (position.qty, position.settled)
}

fn compare_order(order: &Order, stated: &StatedOrder, found: &mut Vec<Difference>) {
    let id = order.id;
    if order.filled != stated.filled {
        found.push(Difference::OrderFilled { id, ours: order.filled, theirs: stated.filled });
    }
    // What has no answer yet may have come about there already, or not.
    if order.is_unanswered() {
        return;
    }
    if order.state != stated.state {
        found.push(Difference::OrderState { id, ours: order.state, theirs: stated.state });
    } else if order.state.is_open() && (order.order.qty, order.order.limit) != (stated.qty, stated.limit) {
        let (ours, theirs) = ((order.order.qty, order.order.limit), (stated.qty, stated.limit));
        found.push(Difference::OrderTerms { id, ours, theirs });
    }
}

/// A person goes on with what the gateway has. Cash, shares and orders become as it states them; what cannot be
/// made the same, because the trades behind it are not known here, is remembered as accepted.
pub(super) fn accept(
    state: &mut State,
    (seq, by): (u64, &OperatorId),
    seen: u64,
    out: &mut Vec<Output>,
) -> Done {
    if state.gateway.agreement.fingerprint() != seen || seen == 0 {
        return Err(vec![Denial::DifferenceChanged]);
    }
    let agreement = std::mem::replace(&mut state.gateway.agreement, Agreement::Agreed { at: state.now });
    let Agreement::Differs { differences, statement, .. } = agreement else {
        return Err(vec![Denial::DifferenceChanged]);
    };
    if let Some(account) = state.accounts.get_mut(&statement.account) {
        account.adopt(
            statement.cash,
            statement.due,
            statement.holdings.as_deref().unwrap_or_default(),
            &differences,
        );
    }
    for difference in &differences {
        match difference {
            Difference::OrderMissing { id, .. } => close_missing(state, *id, out),
            Difference::OrderState { id, .. } | Difference::OrderTerms { id, .. } => {
                if let Some(stated) = statement.orders.iter().find(|o| o.id == Some(*id)) {
                    take_over(state, seq, stated, out);
                }
            }
            _ => {}
        }
    }
    let left = compare(state, &statement);
    state.gateway.accepted.extend(left);
    let count = differences.len();
    state.answers.add(state.now, AnswerKind::DifferenceAccepted { by: by.clone(), differences: count });
    state.alert(AlertKind::DifferenceAccepted { by: by.clone(), differences: count }, out);
    state.gateway.plan_check(state.now);
    state.plan_due();
    Ok(())
}

/// An order that the venue does not have is over.
fn close_missing(state: &mut State, id: ClientOrderId, out: &mut Vec<Output>) {
    let now = state.now;
    let Some(order) = state.orders.get_mut(&id).filter(|o| o.state.is_open()) else { return };
    order.close_as_missing(now);
    let (moved, order) = (order.state, order.order.clone());
    out.push(Output::OrderMoved { id, state: moved });
    touch(state, &order);
}

/// An order becomes as the venue has it.
fn take_over(state: &mut State, seq: u64, stated: &StatedOrder, out: &mut Vec<Output>) {
    let Some(id) = stated.id else { return };
    let now = state.now;
    if let Some(order) = state.orders.get_mut(&id) {
        order.lose(now);
    }
    let report = ExecutionReport { no: 0, id, kind: ReportKind::Standing(standing(stated)) };
    super::on_gateway::on_gateway(state, seq, &report, out);
}

impl Account {
    /// Takes over what a gateway states, for what differs. What the shares cost is then not known.
    fn adopt(
        &mut self,
        cash: Option<crate::market::Money>,
        due: Option<crate::market::Money>,
        holdings: &[StatedHolding],
        differences: &[Difference],
    ) {
        self.cash = cash.unwrap_or(self.cash);
        self.due = due.unwrap_or(self.due);
        for difference in differences {
            let (Difference::Shares { instrument, .. } | Difference::Settled { instrument, .. }) = difference
            else {
                continue;
            };
            let stated = holdings.iter().find(|h| h.instrument == *instrument);
            let position = self.positions.entry(*instrument).or_default();
            let qty = stated.map_or(Qty::ZERO, |h| h.qty);
            if position.qty != qty {
                position.cost = None;
            }
            position.qty = qty;
            position.settled = stated.map_or(Qty::ZERO, |h| h.settled);
        }
    }
}
