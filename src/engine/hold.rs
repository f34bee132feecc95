//! Manual orders kept inside for a moment, so that they can be taken back before anybody saw them.
//!
//! A held order has passed the checks and holds back its cash or shares. It leaves by the engine's
//! time when its hold ends, through the checks once more: what has become wrong meanwhile never
//! leaves. A cancel or a stop withdraws it without a word to the gateway.

use super::answer::AnswerKind;
use super::on_command::{Done, check_input, checked, touch};
use super::{OperatorId, Output, State};
use crate::execution::{ClientOrderId, GatewayRequest, NewOrder, Order, OrderState, StepKind};
use crate::market::Timestamp;
use crate::risk::check_new;

/// Takes an order in and keeps it for `hold_ns`.
pub(super) fn begin(
    state: &mut State,
    (seq, by): (u64, &OperatorId),
    order: &NewOrder,
    hold_ns: i64,
    out: &mut Vec<Output>,
) -> Done {
    let input = check_input(state, order, None);
    let order = checked(state, (seq, by), None, order.clone(), input)?.into_inner();
    let (id, until) = (ClientOrderId(seq), state.now.plus_ns(hold_ns));
    let mut held = Order::held(id, order.clone(), state.now, until);
    held.note(seq, state.now, StepKind::Submitted);
    state.orders.insert(id, held);
    state.held.insert((until, id), by.clone());
    state.plan_due();
    touch(state, &order);
    state.answers.add(state.now, AnswerKind::Held { id, order, until });
    out.push(Output::OrderMoved { id, state: OrderState::Held });
    Ok(())
}

/// Sends every order whose hold has ended by `due`, the first held first.
pub(super) fn release(state: &mut State, due: Timestamp, out: &mut Vec<Output>) {
    while let Some(((until, id), by)) = state.held.pop_first() {
        if until > due {
            state.held.insert((until, id), by);
            return;
        }
        leave(state, id, &by, out);
    }
}

fn leave(state: &mut State, id: ClientOrderId, by: &OperatorId, out: &mut Vec<Output>) {
    let Some(order) = state.orders.get(&id).map(|held| held.order.clone()) else { return };
    // What it holds back itself is free for it.
    let again = check_input(state, &order, Some(id)).and_then(|input| check_new(order.clone(), &input));
    let now = state.now;
    let Some(held) = state.orders.get_mut(&id) else { return };
    match again {
        Ok(_) => {
            held.leave(now);
            state.counters.orders += 1;
            state.answers.add(now, AnswerKind::Sent { id, order: order.clone() });
            out.push(Output::OrderMoved { id, state: OrderState::PendingNew });
            out.push(Output::Request(GatewayRequest::New { id, order: order.clone() }));
        }
        Err(denials) => {
            held.stay(true, now);
            state.counters.denied += 1;
            let answer = AnswerKind::Denied { by: by.clone(), denials: denials.clone() };
            state.answers.add(now, answer);
            out.push(Output::OrderMoved { id, state: OrderState::Denied });
            out.push(Output::Denied { seq: id.0, by: by.clone(), denials });
        }
    }
    touch(state, &order);
}

/// Takes a held order back: nothing is sent.
pub(super) fn withdraw(state: &mut State, id: ClientOrderId, out: &mut Vec<Output>) {
    let now = state.now;
    let Some(order) = state.orders.get_mut(&id).filter(|o| o.state == OrderState::Held) else { return };
    if let Some(until) = order.held_until {
        state.held.remove(&(until, id));
    }
    order.stay(false, now);
    let order = order.order.clone();
    state.plan_due();
    touch(state, &order);
    state.answers.add(now, AnswerKind::Order { id, state: OrderState::Withdrawn, reason: None });
    out.push(Output::OrderMoved { id, state: OrderState::Withdrawn });
}

/// Takes back everything that is held; says how many there were.
pub(super) fn withdraw_all(state: &mut State, out: &mut Vec<Output>) -> usize {
    let ids: Vec<ClientOrderId> = state.held.keys().map(|(_, id)| *id).collect();
    for id in &ids {
        withdraw(state, *id, out);
    }
    ids.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{AccountSetup, CancelScope, Command, DaySetup, Event, Input, OperatorCommand, apply};
    use crate::market::time::NS_PER_S;
    use crate::market::{
        AccountId, Calendar, Instrument, InstrumentId, InstrumentKind, Money, Price, Qty, SessionDate, Side,
        Symbol, Universe,
    };
    use crate::risk::Denial;

    /// A day of one share that closed at 500.0 and an account with a lakh of rupees.
    struct Desk {
        state: State,
        now: Timestamp,
        seq: u64,
        requests: Vec<GatewayRequest>,
        denials: Vec<Denial>,
    }

    impl Desk {
        fn new() -> Self {
            let schedule = Calendar::embedded().session(SessionDate::new(2024, 7, 2).unwrap()).unwrap();
            let mut share = Instrument::nepse(Symbol::new("HIMX"));
            share.kind = Some(InstrumentKind::Equity);
            share.previous_close = Some(Price::from_units(50_000));
            let account = AccountSetup {
                id: AccountId::new("07"),
                cash: Money::from_rupees(100_000).unwrap(),
                holdings: Vec::new(),
            };
            let setup = DaySetup::nepse("test", &schedule, Universe::new([share]), vec![account]);
            let state = State::new(Arc::new(setup)).unwrap();
            let now = schedule.continuous.open;
            let mut desk = Self { state, now, seq: 0, requests: Vec::new(), denials: Vec::new() };
            desk.run(Event::Clock);
            desk
        }

        fn run(&mut self, event: Event) {
            self.seq += 1;
            for output in apply(&mut self.state, &Input { at: self.now, seq: self.seq, event }) {
                match output {
                    Output::Request(request) => self.requests.push(request),
                    Output::Denied { denials, .. } => self.denials.extend(denials),
                    _ => {}
                }
            }
        }

        fn command(&mut self, command: Command) {
            self.run(Event::Command(OperatorCommand { by: OperatorId::new("tr01"), command }));
        }

        fn hold(&mut self, qty: i64, seconds: i64) -> ClientOrderId {
            let order = NewOrder {
                account: AccountId::new("07"),
                instrument: InstrumentId(0),
                side: Side::Buy,
                qty: Qty::from_units(qty),
                limit: Price::from_units(50_000),
            };
            self.command(Command::HoldOrder { order, hold_ns: seconds * NS_PER_S });
            ClientOrderId(self.seq)
        }

        fn wait(&mut self, ms: i64) {
            self.now = self.now.plus_ns(ms * 1_000_000);
            self.run(Event::Clock);
        }

        fn state_of(&self, id: ClientOrderId) -> OrderState {
            self.state.orders()[&id].state
        }
    }

    #[test]
    fn it_leaves_when_its_hold_ends_and_not_before() {
        let mut desk = Desk::new();
        let id = desk.hold(100, 2);
        assert_eq!(desk.state.due(), desk.now.plus_ns(2 * NS_PER_S), "the shell is told when to tick");
        desk.wait(1_999);
        assert_eq!((desk.state_of(id), desk.requests.len()), (OrderState::Held, 0));
        desk.wait(1);
        assert_eq!(desk.state_of(id), OrderState::PendingNew);
        assert!(matches!(desk.requests[..], [GatewayRequest::New { id: sent, .. }] if sent == id));
        desk.wait(5_000);
        assert_eq!(desk.requests.len(), 1, "and once");
    }

    #[test]
    fn no_hold_is_at_once_and_a_long_one_is_three_seconds() {
        let mut desk = Desk::new();
        let now = desk.hold(10, 0);
        assert_eq!((desk.state_of(now), desk.requests.len()), (OrderState::PendingNew, 1));
        let long = desk.hold(10, 60);
        assert_eq!(desk.state.orders()[&long].held_until, Some(desk.now.plus_ns(3 * NS_PER_S)));
    }

    #[test]
    fn taken_back_nobody_outside_hears_of_it() {
        for by in [None, Some(CancelScope::All)] {
            let mut desk = Desk::new();
            let id = desk.hold(100, 3);
            desk.wait(1_000);
            desk.command(by.map_or(Command::CancelOrder { id }, Command::CancelMany));
            desk.wait(10_000);
            assert_eq!((desk.state_of(id), desk.requests.len()), (OrderState::Withdrawn, 0));
            desk.command(Command::CancelOrder { id });
            assert!(matches!(desk.denials[..], [Denial::NotWorking { .. }]), "there is nothing left of it");
        }
    }

    #[test]
    fn a_stop_withdraws_what_is_held_and_its_release_brings_nothing_back() {
        let mut desk = Desk::new();
        let ids = [desk.hold(10, 1), desk.hold(10, 3)];
        desk.command(Command::Stop);
        desk.command(Command::TakeBackStop);
        desk.wait(10_000);
        assert_eq!(ids.map(|id| desk.state_of(id)), [OrderState::Withdrawn; 2]);
        assert!(desk.requests.is_empty());
    }

    #[test]
    fn the_checks_run_when_it_is_held_and_when_it_leaves() {
        let mut desk = Desk::new();
        let none = desk.hold(1_000, 2);
        assert!(matches!(desk.denials[..], [Denial::CashShort { .. }]));
        assert!(!desk.state.orders().contains_key(&none));
        // What it holds back is not lent twice, and is its own when it leaves.
        let first = desk.hold(150, 2);
        desk.hold(150, 2);
        assert_eq!(desk.denials.len(), 2, "the cash is held back");
        desk.wait(2_000);
        assert_eq!(desk.state_of(first), OrderState::PendingNew);
        // The session ends while it is held.
        let close = desk.state.setup().phases.last().unwrap().0;
        desk.now = close.plus_ns(-1_500_000_000);
        desk.run(Event::Clock);
        let late = desk.hold(10, 2);
        desk.wait(2_000);
        assert_eq!(desk.state_of(late), OrderState::Denied);
        assert!(matches!(desk.denials.last(), Some(Denial::SessionClosed { .. })));
        assert_eq!(desk.requests.len(), 1);
    }

    #[test]
    fn a_state_written_while_orders_are_held_goes_on_alike() {
        let mut desk = Desk::new();
        desk.hold(10, 1);
        desk.hold(20, 3);
        let bytes = postcard::to_stdvec(&desk.state).unwrap();
        let setup = Arc::clone(desk.state.setup());
        let state: State = postcard::from_bytes(&bytes).unwrap();
        let (now, seq) = (desk.now, desk.seq);
        let mut again = Desk {
            state: state.with_setup(setup).unwrap(),
            now,
            seq,
            requests: Vec::new(),
            denials: Vec::new(),
        };
        for ms in [500, 500, 1_000, 1_500] {
            desk.wait(ms);
            again.wait(ms);
            assert_eq!(desk.state.state_hash(), again.state.state_hash());
        }
        assert_eq!(desk.requests, again.requests);
        assert_eq!(desk.requests.len(), 2);
    }
}
