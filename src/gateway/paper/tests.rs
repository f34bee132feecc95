use super::*;
use crate::engine::{AccountSetup, Command, DaySetup, OperatorCommand, OperatorId, Output, apply};
use crate::execution::OrderState;
use crate::market::{
    AccountId, Calendar, Instrument, InstrumentKind, LevelUpdate, Money, SessionDate, Side, SourceId, Symbol,
    Universe,
};
use std::sync::Arc;

/// A day of one share around 500.0, an account with money and shares, and the paper gateway.
struct Desk {
    state: State,
    gateway: PaperGateway,
    seq: u64,
    now: Timestamp,
    contract: u64,
}

impl Desk {
    fn new() -> Self {
        let date = SessionDate::new(2024, 7, 2).unwrap();
        let schedule = Calendar::embedded().session(date).unwrap();
        let mut share = Instrument::nepse(Symbol::new("HIMX"));
        share.kind = Some(InstrumentKind::Equity);
        share.previous_close = Some(Price::from_units(50_000));
        let account = AccountSetup {
            id: AccountId::new("07"),
            cash: Money::from_rupees(10_000_000).unwrap(),
            holdings: vec![crate::engine::HoldingSetup {
                instrument: InstrumentId(0),
                qty: Qty::from_units(1_000),
                cost: Money::from_rupees(480_000),
                previous_close: share.previous_close,
            }],
        };
        let setup = DaySetup::nepse("test", &schedule, Universe::new([share]), vec![account]);
        let now = schedule.continuous.open;
        let state = State::new(Arc::new(setup)).unwrap();
        let mut desk =
            Self { state, gateway: PaperGateway::new(PaperParams::default()), seq: 0, now, contract: 0 };
        desk.run(Event::Clock);
        desk
    }

    fn run(&mut self, event: Event) {
        self.seq += 1;
        let mut inputs = VecDeque::from([Input { at: self.now, seq: self.seq, event }]);
        while let Some(input) = inputs.pop_front() {
            for output in apply(&mut self.state, &input) {
                if let Output::Request(request) = output {
                    self.gateway.request(&request, self.now);
                }
            }
            for report in self.gateway.after(&self.state, &input) {
                inputs.push_back(Input { at: self.now, seq: 0, event: Event::Gateway(report) });
            }
        }
    }

    fn wait(&mut self, ms: i64) {
        self.now = self.now.plus_ns(ms * 1_000_000);
        self.run(Event::Clock);
    }

    fn market(&mut self, data: MarketData) {
        self.now = self.now.plus_ns(1_000_000_000);
        let flags = EventFlags::LAST;
        let event = MarketEvent {
            at: self.now,
            seq: 0,
            source: SourceId(0),
            instrument: InstrumentId(0),
            flags,
            data,
        };
        self.run(Event::Market(event));
    }

    fn level(&mut self, side: Side, price: i64, qty: i64) {
        let (price, qty) = (Price::from_units(price), Qty::from_units(qty));
        self.market(MarketData::Level(LevelUpdate { side, price, qty, orders: 1 }));
    }

    fn print(&mut self, price: i64, qty: i64) {
        self.contract += 1;
        let contract = Some(crate::market::ContractNo(self.contract));
        let (price, qty) = (Price::from_units(price), Qty::from_units(qty));
        self.market(MarketData::Trade(TradePrint {
            price,
            qty,
            aggressor: None,
            buyer: None,
            seller: None,
            contract,
        }));
    }

    fn command(&mut self, command: Command) {
        self.run(Event::Command(OperatorCommand { by: OperatorId::new("tr01"), command }));
    }

    fn submit(&mut self, side: Side, qty: i64, limit: i64) -> ClientOrderId {
        let order = NewOrder {
            account: AccountId::new("07"),
            instrument: InstrumentId(0),
            side,
            qty: Qty::from_units(qty),
            limit: Price::from_units(limit),
        };
        self.command(Command::SubmitOrder(order));
        let id = ClientOrderId(self.seq);
        self.wait(60);
        id
    }

    /// State and shares filled.
    fn order(&self, id: ClientOrderId) -> (OrderState, i64) {
        let order = &self.state.orders()[&id];
        (order.state, order.filled.units())
    }
}

#[test]
fn an_order_is_pending_until_it_has_arrived() {
    let mut desk = Desk::new();
    desk.print(50_000, 100);
    let order = NewOrder {
        account: AccountId::new("07"),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: Qty::from_units(10),
        limit: Price::from_units(50_000),
    };
    desk.command(Command::SubmitOrder(order));
    let id = ClientOrderId(desk.seq);
    assert_eq!(desk.order(id), (OrderState::PendingNew, 0));
    assert_eq!(desk.gateway.due(), Some(desk.now.plus_ns(50_000_000)));
    desk.wait(50);
    assert_eq!(desk.order(id), (OrderState::Accepted, 0));
}

#[test]
fn without_depth_only_a_trade_through_fills() {
    let mut desk = Desk::new();
    desk.print(50_000, 1_000);
    let id = desk.submit(Side::Buy, 30, 50_000);
    desk.print(50_000, 1_000);
    assert_eq!(desk.order(id), (OrderState::Accepted, 0), "at the limit the queue is not known");
    desk.print(49_990, 10);
    assert_eq!(desk.order(id), (OrderState::PartiallyFilled, 10), "no more than was printed");
    desk.print(49_990, 500);
    assert_eq!(desk.order(id), (OrderState::Filled, 30));
}

#[test]
fn passive_fills_take_at_most_a_tenth_of_the_bar() {
    let mut desk = Desk::new();
    desk.print(50_000, 100);
    let id = desk.submit(Side::Buy, 500, 50_000);
    desk.print(49_990, 400);
    assert_eq!(desk.order(id).1, 50);
    desk.print(49_990, 100);
    assert_eq!(desk.order(id).1, 60);
}

#[test]
fn with_depth_an_order_walks_the_book_and_takes_each_share_once() {
    let mut desk = Desk::new();
    for (side, price, qty) in [
        (Side::Sell, 50_100, 95),
        (Side::Sell, 50_200, 120),
        (Side::Sell, 50_300, 50),
        (Side::Buy, 50_000, 10),
    ] {
        desk.level(side, price, qty);
    }
    desk.print(50_100, 10);
    let first = desk.submit(Side::Buy, 150, 50_200);
    assert_eq!(desk.order(first), (OrderState::Filled, 150));
    assert_eq!(desk.state.orders()[&first].filled_value.paisa(), 95 * 50_100 + 55 * 50_200);
    let second = desk.submit(Side::Buy, 100, 50_200);
    assert_eq!(desk.order(second), (OrderState::PartiallyFilled, 65), "the rest of the second level");
    desk.level(Side::Sell, 50_100, 20);
    assert_eq!(desk.order(second).1, 85, "a level that is shown anew counts afresh");
}

#[test]
fn a_resting_order_waits_behind_what_was_shown() {
    let mut desk = Desk::new();
    desk.level(Side::Buy, 50_000, 200);
    desk.level(Side::Sell, 50_100, 200);
    desk.print(50_000, 5_000);
    let id = desk.submit(Side::Buy, 100, 50_000);
    assert_eq!(desk.state.orders()[&id].queue_ahead.map(|q| q.expected.units()), Some(200));
    desk.print(50_000, 150);
    assert_eq!(desk.order(id).1, 0);
    desk.print(50_000, 80);
    assert_eq!(desk.order(id).1, 30);
    let other = desk.submit(Side::Buy, 100, 50_000);
    desk.level(Side::Buy, 50_000, 40);
    assert_eq!(desk.state.orders()[&other].queue_ahead.map(|q| q.expected.units()), Some(40));
}

#[test]
fn an_amendment_down_keeps_the_place_and_anything_else_loses_it() {
    let mut desk = Desk::new();
    desk.level(Side::Buy, 50_000, 200);
    desk.level(Side::Sell, 50_100, 200);
    desk.print(50_000, 5_000);
    let id = desk.submit(Side::Buy, 100, 50_000);
    desk.print(50_000, 150);
    let amend = |desk: &mut Desk, qty, limit| {
        let order = &desk.state.orders()[&id];
        let seen = crate::engine::SeenOrder { left: order.left(), limit: order.order.limit };
        let (qty, limit) = (Qty::from_units(qty), Price::from_units(limit));
        desk.command(Command::AmendOrder { id, qty, limit, seen });
        desk.wait(60);
        desk.state.orders()[&id].queue_ahead.map(|q| q.expected.units())
    };
    assert_eq!(amend(&mut desk, 80, 50_000), Some(50));
    assert_eq!(amend(&mut desk, 90, 50_000), Some(200));
    assert_eq!(amend(&mut desk, 90, 50_010), Some(0));
}

#[test]
fn a_halt_fills_nothing_and_lets_a_cancel_through() {
    let mut desk = Desk::new();
    desk.print(50_000, 1_000);
    let id = desk.submit(Side::Buy, 30, 50_000);
    let halt = crate::market::Halt::Start { level: Some(1), until: None };
    desk.now = desk.now.plus_ns(1);
    let event = MarketEvent {
        at: desk.now,
        seq: 0,
        source: SourceId(0),
        instrument: MarketEvent::MARKET,
        flags: EventFlags::NONE,
        data: MarketData::Halt(halt),
    };
    desk.run(Event::Market(event));
    desk.print(49_990, 1_000);
    assert_eq!(desk.order(id).1, 0);
    desk.command(Command::CancelOrder { id });
    desk.wait(60);
    assert_eq!(desk.order(id).0, OrderState::Cancelled);
}

#[test]
fn a_quarantined_print_fills_nothing() {
    let mut desk = Desk::new();
    desk.print(50_000, 1_000);
    let id = desk.submit(Side::Buy, 30, 50_000);
    desk.print(40_000, 1_000);
    assert_eq!(desk.order(id).1, 0, "outside the daily band");
}

#[test]
fn the_days_end_expires_what_rests() {
    let mut desk = Desk::new();
    desk.print(50_000, 1_000);
    let id = desk.submit(Side::Sell, 30, 50_500);
    desk.now = desk.state.setup().phases.last().unwrap().0;
    desk.run(Event::Clock);
    assert_eq!(desk.order(id).0, OrderState::Expired);
}

#[test]
fn cash_and_shares_are_conserved_over_a_round_trip() {
    let mut desk = Desk::new();
    desk.print(50_000, 100_000);
    let buy = desk.submit(Side::Buy, 100, 50_000);
    desk.print(49_990, 100_000);
    let sell = desk.submit(Side::Sell, 100, 49_990);
    desk.print(50_010, 100_000);
    assert_eq!((desk.order(buy).0, desk.order(sell).0), (OrderState::Filled, OrderState::Filled));
    let account = &desk.state.accounts()[&AccountId::new("07")];
    let position = &account.positions[&InstrumentId(0)];
    assert_eq!((position.qty.units(), position.settled.units()), (1_000, 900));
    let moved = account.cash.paisa() + account.due.paisa() + account.charges.paisa();
    assert_eq!(moved, 1_000_000_000 - 100 * 49_990 + 100 * 50_010);
}
