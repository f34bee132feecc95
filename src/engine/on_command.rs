//! What a person's command does.

use super::answer::AnswerKind;
use super::hold;
use super::{
    AlertKind, CancelScope, CheckedOrder, Command, MAX_HOLD_NS, OperatorCommand, OperatorId, Output,
    SeenOrder, State, reconcile, tell,
};
use crate::execution::{ClientOrderId, GatewayRequest, NewOrder, Order, OrderState, Pending, StepKind};
use crate::market::{Board, Money, Price, Qty, SessionPhase, Side, Timestamp};
use crate::risk::{CheckInput, Checked, Denial, judge, verdict};

/// Obeys a command or denies it; an answer is kept either way.
pub(super) fn on_command(
    state: &mut State,
    seq: u64,
    command: &OperatorCommand,
    out: &mut Vec<Output>,
) -> Option<u32> {
    let by = &command.by;
    let done = match &command.command {
        Command::SubmitOrder(order) => submit(state, (seq, by), order, out),
        Command::HoldOrder { order, hold_ns } if *hold_ns <= 0 => submit(state, (seq, by), order, out),
        Command::HoldOrder { order, hold_ns } => {
            hold::begin(state, (seq, by), order, (*hold_ns).min(MAX_HOLD_NS), out)
        }
        Command::CancelOrder { id } => cancel(state, seq, *id, out),
        Command::CancelMany(scope) => {
            cancel_many(state, seq, *scope, out);
            Ok(())
        }
        Command::AmendOrder { id, qty, limit, seen } => {
            amend(state, (seq, by), *id, (*qty, *limit), *seen, out)
        }
        Command::Stop => {
            stop(state, by, out);
            Ok(())
        }
        Command::TakeBackStop => undo_stop(state, by, true, out),
        Command::ReleaseStop => undo_stop(state, by, false, out),
        Command::AcceptDifference { seen } => reconcile::accept(state, (seq, by), *seen, out),
        Command::TellOrder { id, told } => tell::tell(state, (seq, by), *id, told, out),
        Command::AcknowledgeAlert { alert } => note_alert(state, by, *alert, None, out),
        Command::ShelveAlert { alert, until } => note_alert(state, by, *alert, Some(*until), out),
    };
    if let Err(denials) = done {
        state.counters.denied += 1;
        let answer = AnswerKind::Denied { by: by.clone(), denials: denials.clone() };
        state.answers.add(state.now, answer);
        out.push(Output::Denied { seq, by: by.clone(), denials });
    }
    None
}

pub(super) type Done = Result<(), Vec<Denial>>;

/// Number of a command and who gave it.
pub(super) type Asked<'a> = (u64, &'a OperatorId);

fn submit(state: &mut State, asked: Asked<'_>, order: &NewOrder, out: &mut Vec<Output>) -> Done {
    let input = check_input(state, order, None);
    let order = checked(state, asked, None, order.clone(), input)?.into_inner();
    let id = ClientOrderId(asked.0);
    let mut sent = Order::sent(id, order.clone(), state.now);
    sent.note(asked.0, state.now, StepKind::Submitted);
    state.orders.insert(id, sent);
    state.counters.orders += 1;
    touch(state, &order);
    state.answers.add(state.now, AnswerKind::Sent { id, order: order.clone() });
    out.push(Output::Request(GatewayRequest::New { id, order }));
    Ok(())
}

/// Runs the checks and keeps what each said, whatever comes of it.
pub(super) fn checked(
    state: &mut State,
    (seq, by): Asked<'_>,
    amends: Option<ClientOrderId>,
    order: NewOrder,
    input: Result<CheckInput, Vec<Denial>>,
) -> Result<Checked<NewOrder>, Vec<Denial>> {
    let (results, judged) = match input {
        Ok(input) => {
            let judged = judge(order.clone(), &input);
            (judged.results, judged.order)
        }
        Err(denials) => (verdict::unknown(&denials), Err(denials)),
    };
    state.checks.add(CheckedOrder { seq, at: state.now, by: by.clone(), amends, order, results });
    judged
}

fn amend(
    state: &mut State,
    asked: Asked<'_>,
    id: ClientOrderId,
    (qty, limit): (Qty, Price),
    seen: SeenOrder,
    out: &mut Vec<Output>,
) -> Done {
    let order = working(state, id)?;
    if (order.left(), order.order.limit) != (seen.left, seen.limit) {
        return Err(vec![Denial::HasChanged { id, left: order.left(), limit: order.order.limit }]);
    }
    if (order.order.qty, order.order.limit) == (qty, limit) {
        return Err(vec![Denial::NothingToChange]);
    }
    if qty <= order.filled {
        return Err(vec![Denial::QtyBelowMin { qty, min: order.filled }]);
    }
    // Only what is still to trade is new risk; what it already holds back is free for it.
    let wanted = NewOrder { qty: qty.less(order.filled), limit, ..order.order.clone() };
    let shrinks = order_shrinks(order, qty, limit);
    let input = check_input(state, &wanted, Some(id));
    // Less at the same limit takes risk away: neither our stop nor a line that is not live is in its way.
    let input = input.map(|input| CheckInput {
        halted: input.halted && !shrinks,
        data: input.data.filter(|_| !shrinks),
        gateway: input.gateway.filter(|_| !shrinks),
        ..input
    });
    checked(state, asked, Some(id), wanted, input)?;
    let Some(order) = state.orders.get_mut(&id) else { return Err(vec![Denial::NoSuchOrder(id)]) };
    order.ask(Pending::Amend { qty, limit }, state.now);
    order.note(asked.0, state.now, StepKind::AmendAsked { qty, limit });
    let touched = order.order.clone();
    touch(state, &touched);
    state.answers.add(state.now, AnswerKind::AmendSent { id, qty, limit });
    out.push(Output::Request(GatewayRequest::Amend { id, qty, limit }));
    Ok(())
}

/// Whether a change takes risk away: fewer shares at the same limit.
fn order_shrinks(order: &Order, qty: Qty, limit: Price) -> bool {
    qty < order.order.qty && limit == order.order.limit
}

/// An order that takes a change now.
fn working(state: &State, id: ClientOrderId) -> Result<&Order, Vec<Denial>> {
    let order = state.orders.get(&id).ok_or_else(|| vec![Denial::NoSuchOrder(id)])?;
    if order.pending.is_some() {
        return Err(vec![Denial::ChangePending(id)]);
    }
    if !order.takes_changes() {
        return Err(vec![Denial::NotWorking { id, state: order.state }]);
    }
    Ok(order)
}

/// A cancel is never blocked: it goes out for anything that may still trade. What is held never leaves.
fn cancel(state: &mut State, seq: u64, id: ClientOrderId, out: &mut Vec<Output>) -> Done {
    let now = state.now;
    let order = state.orders.get_mut(&id).ok_or_else(|| vec![Denial::NoSuchOrder(id)])?;
    if order.pending == Some(Pending::Cancel) {
        return Err(vec![Denial::ChangePending(id)]);
    }
    if !order.state.is_open() {
        return Err(vec![Denial::NotWorking { id, state: order.state }]);
    }
    if order.state == OrderState::Held {
        hold::withdraw(state, id, out);
        return Ok(());
    }
    order.ask(Pending::Cancel, now);
    order.note(seq, now, StepKind::CancelAsked);
    let touched = order.order.clone();
    touch(state, &touched);
    if state.gateway.is_remote() && !state.gateway.line.is_live() {
        state.gateway.cancels.insert(id);
        state.answers.add(now, AnswerKind::CancelWaits { id });
    } else {
        state.answers.add(now, AnswerKind::CancelSent { id });
        out.push(Output::Request(GatewayRequest::Cancel { id }));
    }
    Ok(())
}

fn cancel_many(state: &mut State, seq: u64, scope: CancelScope, out: &mut Vec<Output>) {
    let matching = |order: &NewOrder| match scope {
        CancelScope::All => true,
        CancelScope::Instrument(id) => order.instrument == id,
        CancelScope::Side(id, side) => order.instrument == id && order.side == side,
    };
    let open = |o: &&Order| o.state.is_open() && o.pending != Some(Pending::Cancel) && matching(&o.order);
    let (held, working): (Vec<&Order>, Vec<&Order>) =
        state.orders.values().filter(open).partition(|o| o.state == OrderState::Held);
    let ids = |orders: &[&Order]| orders.iter().map(|o| o.id).collect::<Vec<ClientOrderId>>();
    let (held, working) = (ids(&held), ids(&working));
    for id in &held {
        hold::withdraw(state, *id, out);
    }
    let count = working.iter().filter(|id| cancel(state, seq, **id, out).is_ok()).count();
    if count > 0 || held.is_empty() {
        state.answers.add(state.now, AnswerKind::CancelManySent { count });
    }
}

fn stop(state: &mut State, by: &OperatorId, out: &mut Vec<Output>) {
    let news = !state.trading.is_halted();
    state.trading.stop(by.as_str(), state.now, "stop key");
    let withdrawn = hold::withdraw_all(state, out);
    let resting = state.orders.values().filter(|o| o.state.is_open()).count();
    state.answers.add(state.now, AnswerKind::Stopped { by: by.clone(), resting, withdrawn });
    if news {
        out.push(Output::Trading { halted: true, by: by.clone() });
        state.alert(AlertKind::Stopped { by: by.clone() }, out);
    }
}

fn undo_stop(state: &mut State, by: &OperatorId, taken_back: bool, out: &mut Vec<Output>) -> Done {
    let undone = if taken_back {
        state.trading.take_back(by.as_str(), state.now)
    } else {
        state.trading.release(by.as_str())
    };
    undone.map_err(|e| vec![Denial::Stop(e)])?;
    state.counters.stops_taken_back += u64::from(taken_back);
    state.answers.add(state.now, AnswerKind::Released { by: by.clone(), taken_back });
    out.push(Output::Trading { halted: false, by: by.clone() });
    state.alert(AlertKind::Released { by: by.clone() }, out);
    Ok(())
}

fn note_alert(
    state: &mut State,
    by: &OperatorId,
    id: u64,
    until: Option<Timestamp>,
    out: &mut Vec<Output>,
) -> Done {
    let alert = state.alerts.get_mut(id).ok_or_else(|| vec![Denial::NoSuchAlert(id)])?;
    match until {
        Some(until) => alert.shelved_until = Some(until),
        None => alert.acknowledged = Some(by.clone()),
    }
    out.push(Output::AlertNoted { alert: id, by: by.clone(), until });
    Ok(())
}

/// Gathers what the checks look at. `without` is an order whose own claims do not count.
pub(super) fn check_input(
    state: &State,
    order: &NewOrder,
    without: Option<ClientOrderId>,
) -> Result<CheckInput, Vec<Denial>> {
    let id = order.instrument;
    let (Some(facts), Some(rules), Some(instrument)) =
        (state.setup.universe.get(id), state.setup.rules.get(id.0 as usize), state.instrument(id))
    else {
        return Err(vec![Denial::UnknownInstrument]);
    };
    let Some(account) = state.accounts.get(&order.account) else {
        return Err(vec![Denial::UnknownAccount(order.account.to_string())]);
    };
    let held = account.positions.get(&id);
    let claims = state
        .orders
        .values()
        .filter(|o| Some(o.id) != without && o.order.account == order.account && o.state.is_open());
    let mut free_cash = account.cash;
    let mut sellable = held.map_or(Qty::ZERO, |p| p.settled);
    for claim in claims {
        match claim.order.side {
            Side::Buy => free_cash = Money::from_paisa(free_cash.paisa() - claim_of(state, claim).paisa()),
            Side::Sell if claim.order.instrument == id => sellable = sellable.less(claim.open_qty()),
            Side::Sell => {}
        }
    }
    let pre_open = state.session.phase == SessionPhase::PreOpen;
    let fees = state.setup.fees(id);
    Ok(CheckInput {
        halted: state.trading.is_halted(),
        phase: state.session.phase,
        market_halted: state.session.halt.is_some(),
        tradable_here: facts.board == Board::Nepse,
        tick: rules.tick,
        qty_range: rules.qty_range,
        daily_band: rules.daily_band(),
        order_band: rules.order_band(pre_open, instrument.day.last()),
        free_cash,
        sellable,
        cost: fees.and_then(|f| account.cost_of_buy(id, order.qty, order.limit, f)),
        data: (state.setup.live_feed && !state.feeds.has_live_line()).then_some(Denial::FeedNotLive),
        gateway: state.gateway.refuses(),
    })
}

/// The cash a working buy holds back: the larger of what it is and what it is being changed to.
fn claim_of(state: &State, order: &Order) -> Money {
    let cost = |qty: Qty, limit: Price| {
        let account = state.accounts.get(&order.order.account)?;
        let fees = state.setup.fees(order.order.instrument)?;
        account.cost_of_buy(order.order.instrument, qty, limit, fees)
    };
    let as_is = cost(order.open_qty(), order.order.limit);
    let to_be = match order.pending {
        Some(Pending::Amend { qty, limit }) => cost(qty.less(order.filled), limit),
        _ => None,
    };
    as_is.max(to_be).unwrap_or_default()
}

/// Free cash of an account, as the checks count it.
pub(super) fn free_cash(state: &State, account: &crate::market::AccountId) -> Option<Money> {
    let cash = state.accounts.get(account)?.cash;
    let claimed: Money = state
        .orders
        .values()
        .filter(|o| o.order.account == *account && o.order.side == Side::Buy && o.state.is_open())
        .map(|o| claim_of(state, o))
        .sum();
    cash.checked_sub(claimed)
}

pub(super) fn touch(state: &mut State, order: &NewOrder) {
    if let Some(instrument) = state.instruments.get_mut(order.instrument.0 as usize) {
        instrument.version += 1;
    }
}
