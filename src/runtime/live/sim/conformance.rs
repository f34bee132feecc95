//! What every gateway keeps, whichever it is: the same suite over the paper gateway, the venue's, the person's,
//! and a broker's over FIX.

use super::*;
use crate::engine::Told;
use crate::execution::{ExecutionId, ExecutionReport, Order, QueueAhead, ReportKind, VenueOrderId};
use crate::gateway::session::GatewaySaid;
use crate::journal::{Body, JournalReader};
use crate::runtime::live::broker::Broker;

const LATENCY: i64 = 2 * STEP_NS;
/// After everything in these tests.
const NEVER: Timestamp = Timestamp::from_ns(i64::MAX);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Paper,
    Venue,
    Person,
    Fix,
}

const ALL: [Kind; 4] = [Kind::Paper, Kind::Venue, Kind::Person, Kind::Fix];

impl Kind {
    const fn live(self) -> LiveKind {
        match self {
            Self::Paper => LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside },
            Self::Venue | Self::Fix => KIND,
            Self::Person => LiveKind { session: SessionKind::Live, gateway: GatewayKind::Manual },
        }
    }
}

struct Floor {
    kind: Kind,
    venue: Venue,
    desk: Desk,
    broker: Option<Broker>,
    member: MemberNo,
    now: Timestamp,
    /// Requests that have left since the session was begun or taken up.
    left: usize,
    _folder: tempfile::TempDir,
}

impl Floor {
    fn open(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_ns(1_000_000_000);
        let mut venue = venue(7, now);
        let member = venue.hall.member_of(&token(0)).unwrap();
        let (picture, clock) = (venue.hall.snapshot(), venue.clock);
        let day = day_of(&picture, &mut venue.hall, member, &clock);
        let journal = folder.path().join("live-0.journal");
        let begun = recovery::begin(&journal, day, kind.live(), "D0").unwrap();
        let mut desk = Desk::over_line(begun, &token(0), kind == Kind::Fix);
        desk.kind = kind.live();
        let mut floor = Self { kind, venue, desk, broker: None, member, now, left: 0, _folder: folder };
        floor.connect();
        floor
    }

    /// Everything the session needs is there.
    fn connect(&mut self) {
        let remote = matches!(self.kind, Kind::Venue | Kind::Fix);
        self.desk.reconnect = [self.now, if remote { self.now } else { NEVER }];
        self.left = 0;
        if self.kind == Kind::Person {
            // The clock of the day comes with the feed.
            self.pass(40);
            let mut broker = Broker::of(self.desk.state(), 0);
            broker.begin(&mut self.desk.core, self.now).unwrap();
            self.broker = Some(broker);
        }
        self.pass(300);
    }

    fn die(mut self) -> Self {
        self.desk = self.desk.die(self.now);
        self.connect();
        self
    }

    fn pass(&mut self, steps: usize) {
        for _ in 0..steps {
            pass(&mut self.venue, &mut self.desk, &mut self.now, self.member, LATENCY);
        }
    }

    fn give(&mut self, command: Command) {
        self.desk.command(self.now, command);
        match &mut self.broker {
            Some(broker) => {
                let requests = self.desk.core.take_requests();
                self.left += requests.len();
                broker.hand_out(&mut self.desk.core, self.now, &requests).unwrap();
            }
            None => self.desk.hand_out(self.now, LATENCY),
        }
    }

    /// What was asked for comes about: at the venue by itself, at the portal by a person who says so.
    fn comes_about(&mut self, id: ClientOrderId) {
        self.pass(60);
        if self.kind == Kind::Person {
            let told = Told::Accepted { number: VenueOrderId("B-17".into()) };
            self.give(Command::TellOrder { id, told });
        }
    }

    /// An order that rests at the best bid.
    fn rest(&mut self) -> ClientOrderId {
        let state = self.desk.state();
        let account = state.accounts().keys().next().unwrap().clone();
        let (instrument, limit) = (0..state.instruments().len() as u32)
            .map(InstrumentId)
            .find_map(|id| Some((id, state.instrument(id)?.book.as_ref()?.best_price(Side::Buy)?)))
            .unwrap();
        let qty = Qty::from_units(100);
        self.give(Command::SubmitOrder(NewOrder { account, instrument, side: Side::Buy, qty, limit }));
        let id = *self.desk.state().orders().keys().last().expect("it passed the checks");
        self.comes_about(id);
        id
    }

    fn order(&self, id: ClientOrderId) -> Order {
        self.desk.state().orders()[&id].clone()
    }

    /// The gateway says this of an order.
    fn says(&mut self, id: ClientOrderId, kind: ReportKind) {
        let report = ExecutionReport { no: 0, id, kind };
        self.desk.core.said(self.now, GatewaySaid::Report(report)).unwrap();
    }

    fn incidents(&self) -> u64 {
        self.desk.state().counters().incidents
    }
}

#[test]
fn an_order_is_entered_amended_and_taken_out_once() {
    for kind in ALL {
        let mut floor = Floor::open(kind);
        let id = floor.rest();
        let order = floor.order(id);
        assert_eq!(order.state, OrderState::Accepted, "{kind:?}");
        assert!(order.venue_id.is_some(), "{kind:?}");
        let seen = SeenOrder { left: order.left(), limit: order.order.limit };
        let qty = Qty::from_units(60);
        floor.give(Command::AmendOrder { id, qty, limit: seen.limit, seen });
        assert!(floor.order(id).pending.is_some(), "{kind:?}: its keys are off");
        floor.comes_about(id);
        let order = floor.order(id);
        assert_eq!((order.order.qty, order.pending), (qty, None), "{kind:?}");
        floor.give(Command::CancelOrder { id });
        floor.comes_about(id);
        assert_eq!(floor.order(id).state, OrderState::Cancelled, "{kind:?}");
        assert_eq!((floor.desk.state().orders().len(), floor.incidents()), (1, 0), "{kind:?}");
    }
}

#[test]
fn what_is_reported_again_or_too_late_changes_nothing() {
    for kind in ALL {
        let mut floor = Floor::open(kind);
        let id = floor.rest();
        let fill = ReportKind::Filled {
            execution: ExecutionId("E1".into()),
            qty: Qty::from_units(40),
            price: floor.order(id).order.limit,
        };
        floor.says(id, fill.clone());
        let once = floor.order(id);
        floor.says(id, fill);
        let queue: Option<QueueAhead> = None;
        floor.says(id, ReportKind::Accepted { venue_id: VenueOrderId("late".into()), queue_ahead: queue });
        assert_eq!(floor.order(id), once, "{kind:?}");
        floor.says(id, ReportKind::Cancelled);
        let over = floor.order(id);
        for late in [ReportKind::Unknown, ReportKind::NotTaken, ReportKind::Expired] {
            floor.says(id, late);
        }
        assert_eq!(floor.order(id), over, "{kind:?}");
        assert_eq!((over.state, over.filled), (OrderState::Cancelled, Qty::from_units(40)), "{kind:?}");
        assert_eq!(floor.incidents(), 0, "{kind:?}");
    }
}

#[test]
fn an_over_fill_and_an_order_nobody_sent_are_incidents() {
    for kind in ALL {
        let mut floor = Floor::open(kind);
        let id = floor.rest();
        let (qty, price) = (Qty::from_units(101), floor.order(id).order.limit);
        floor.says(id, ReportKind::Filled { execution: ExecutionId("E1".into()), qty, price });
        assert_eq!((floor.order(id).filled, floor.incidents()), (Qty::ZERO, 1), "{kind:?}");
        floor.says(ClientOrderId(9_999), ReportKind::Cancelled);
        floor.says(id, ReportKind::Foreign { client_id: "somebody-1".into() });
        assert_eq!(floor.incidents(), 3, "{kind:?}");
    }
}

#[test]
fn a_restart_sends_nothing_again_and_loses_nothing() {
    for kind in ALL {
        let mut floor = Floor::open(kind);
        let id = floor.rest();
        let before = floor.order(id);
        let mut floor = floor.die();
        let after = floor.order(id);
        assert_eq!((floor.desk.state().orders().len(), floor.left), (1, 0), "{kind:?}");
        assert_eq!((after.filled, after.order.qty), (before.filled, before.order.qty), "{kind:?}");
        // A person's order is unknown after a restart: whether somebody acted meanwhile is not known.
        let wanted = if kind == Kind::Person { OrderState::Unknown } else { OrderState::Accepted };
        assert_eq!(after.state, wanted, "{kind:?}");
        assert!(floor.venue.entered.values().all(|times| *times == 1), "{kind:?}");
        floor.desk.core.settle().unwrap();
        let intents = JournalReader::open(&floor.desk.journal)
            .unwrap()
            .filter_map(Result::ok)
            .filter(|record| matches!(&record.body, Body::Command { command: Command::SubmitOrder(_), .. }));
        assert_eq!(intents.count(), 1, "{kind:?}");
    }
}

#[test]
fn a_change_that_goes_out_again_has_an_id_of_its_own() {
    let mut floor = Floor::open(Kind::Fix);
    for cancels in 1..=2 {
        let id = floor.rest();
        // It reaches the broker, and the answer is lost with the line: it goes out again, as another message.
        floor.give(Command::CancelOrder { id });
        let sent = floor.desk.cut_gateway(floor.now, Cut::Answers);
        let mut wire = Wire { fix: true, greeted: true, ..Wire::default() };
        for text in sent {
            floor.venue.frame(floor.now, floor.member, &mut wire, &text, 0);
        }
        floor.pass(400);
        assert_eq!(floor.order(id).state, OrderState::Cancelled);
        assert_eq!(floor.venue.broker.given.len(), 2 * cancels);
        floor = floor.die();
    }
    assert_eq!(floor.incidents(), 0);
}
