//! What has happened to users of other systems, each a test with its name.

use super::*;
use crate::engine::{AnswerKind, Told};
use crate::execution::Difference;
use crate::risk::Denial;

const LATENCY: i64 = 2 * STEP_NS;

/// A desk that trades, and everything around it.
struct Floor {
    venue: Venue,
    desk: Desk,
    member: MemberNo,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Floor {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_ns(1_000_000_000);
        let mut venue = venue(7, now);
        let (desk, member) = begin(&mut venue, folder.path(), 0, now);
        let mut floor = Self { venue, desk, member, now, _folder: folder };
        floor.settle();
        floor
    }

    fn pass(&mut self, steps: usize) {
        for _ in 0..steps {
            pass(&mut self.venue, &mut self.desk, &mut self.now, self.member, LATENCY);
        }
    }

    fn settle(&mut self) {
        run_until_settled(&mut self.venue, &mut self.desk, &mut self.now, self.member, LATENCY);
    }

    /// An order that rests at the best bid, or takes the best offer.
    fn buy(&mut self, qty: i64, takes: bool) -> Command {
        let state = self.desk.state();
        let account = state.accounts().keys().next().unwrap().clone();
        let (instrument, limit) = (0..state.instruments().len() as u32)
            .map(InstrumentId)
            .find_map(|id| {
                let book = state.instrument(id)?.book.as_ref()?;
                let near = book.best_price(Side::Buy)?;
                let far = book.best_price(Side::Sell)?;
                Some((id, if takes { far } else { near }))
            })
            .unwrap();
        Command::SubmitOrder(NewOrder {
            account,
            instrument,
            side: Side::Buy,
            qty: Qty::from_units(qty),
            limit,
        })
    }

    fn give(&mut self, command: Command) {
        self.desk.command(self.now, command);
        self.desk.hand_out(self.now, LATENCY);
    }

    fn last(&self) -> &crate::execution::Order {
        self.desk.state().orders().values().last().unwrap()
    }

    fn denials(&self) -> Vec<Denial> {
        match &self.desk.state().answers().iter().last().unwrap().kind {
            AnswerKind::Denied { denials, .. } => denials.clone(),
            other => panic!("not denied: {other:?}"),
        }
    }

    fn sent(&self) -> u32 {
        self.venue.entered.values().sum()
    }
}

#[test]
fn no_order_is_duplicated_or_invented_by_a_restart() {
    let mut floor = Floor::open();
    let command = floor.buy(100, false);
    floor.give(command);
    floor.pass(30);
    let known: Vec<ClientOrderId> = floor.desk.state().orders().keys().copied().collect();
    for _ in 0..3 {
        floor.desk = floor.desk.die(floor.now);
        floor.settle();
    }
    assert_eq!(floor.desk.state().orders().keys().copied().collect::<Vec<_>>(), known);
    assert_eq!((floor.sent(), floor.last().state), (1, OrderState::Accepted));
    assert_eq!(floor.desk.state().counters().incidents, 0);
}

#[test]
fn a_trade_told_by_telephone_while_the_line_is_down_is_not_booked_before_the_venue_can_say_so_itself() {
    let mut floor = Floor::open();
    let command = floor.buy(100, false);
    floor.give(command);
    floor.pass(30);
    let id = floor.last().id;
    // The line is down until nothing is known.
    floor.desk.core.line(floor.now, Line::Gateway, LineState::Connecting).unwrap();
    let later = floor.now.plus_ns(31_000_000_000);
    floor.desk.core.tick(later).unwrap();
    floor.now = later;
    assert_eq!(floor.last().state, OrderState::Unknown);
    let told = Told::Filled { qty: Qty::from_units(100), price: floor.last().order.limit };
    floor.give(Command::TellOrder { id, told });
    assert_eq!(floor.denials(), [Denial::NotReconciled]);
    assert!(floor.last().filled.is_zero());
}

#[test]
fn a_timeout_is_answered_by_a_question_and_never_by_a_second_order() {
    let mut floor = Floor::open();
    let command = floor.buy(100, false);
    floor.desk.command(floor.now, command);
    // The order leaves the process and is lost on a line that stays up.
    let lost = floor.desk.core.take_requests();
    assert_eq!(lost.len(), 1);
    floor.pass(400);
    assert_eq!(floor.last().state, OrderState::PendingNew, "four seconds are not five");
    floor.pass(150);
    assert_eq!(floor.last().state, OrderState::Unknown);
    let denied = floor.buy(100, false);
    floor.settle();
    assert_eq!((floor.last().state, floor.sent()), (OrderState::Rejected, 0));
    assert_eq!(floor.last().reason, Some(RejectReason::NotTaken));
    floor.give(denied);
    floor.pass(30);
    assert_eq!(floor.sent(), 1, "what a person sends anew is a new order");
}

#[test]
fn ids_are_not_used_again_after_a_restart() {
    let mut floor = Floor::open();
    for _ in 0..4 {
        let command = floor.buy(50, false);
        floor.give(command);
        floor.pass(30);
        floor.desk = floor.desk.die(floor.now);
        floor.settle();
    }
    assert_eq!(floor.venue.entered.len(), 4);
    assert!(floor.venue.entered.values().all(|times| *times == 1));
}

#[test]
fn positions_are_not_dropped_at_start_up() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::from_ns(1_000_000_000);
    let mut venue = venue(7, now);
    let member = venue.hall.member_of(&token(0)).unwrap();
    let (picture, clock) = (venue.hall.snapshot(), venue.clock);
    let mut day = day_of(&picture, &mut venue.hall, member, &clock);
    // Our own file knows less than the venue: one holding fewer.
    let dropped = day.account.as_mut().unwrap().holdings.pop().unwrap();
    let journal = folder.path().join("live-0.journal");
    let begun = recovery::begin(&journal, day, KIND, "D0").unwrap();
    let mut desk = Desk::over(begun, &token(0));
    desk.reconnect = [now; 2];
    let mut floor = Floor { venue, desk, member, now, _folder: folder };
    floor.pass(300);
    let instrument = floor.desk.state().setup().universe.find(&dropped.symbol).unwrap();
    let shares = Difference::Shares { instrument, ours: Qty::ZERO, theirs: dropped.qty };
    let agreement = floor.desk.state().gateway().agreement.clone();
    assert!(agreement.differences().contains(&shares), "{agreement:?}");
    // Nothing new before a person has seen it, and what they accept is what they saw.
    let order = floor.buy(50, false);
    floor.give(order.clone());
    assert!(floor.denials().iter().any(|d| matches!(d, Denial::BooksDiffer { .. })), "{:?}", floor.denials());
    floor.give(Command::AcceptDifference { seen: agreement.fingerprint() ^ 1 });
    assert_eq!(floor.denials(), [Denial::DifferenceChanged]);
    floor.give(Command::AcceptDifference { seen: agreement.fingerprint() });
    let account = floor.desk.state().accounts().values().next().unwrap();
    assert_eq!(account.positions[&instrument].qty, dropped.qty);
    floor.settle();
    floor.give(order);
    floor.pass(30);
    assert_eq!((floor.sent(), floor.last().state), (1, OrderState::Accepted));
}

#[test]
fn fills_are_not_lost_in_a_reconnect_while_heartbeats_are_healthy() {
    let mut floor = Floor::open();
    let command = floor.buy(100, true);
    floor.desk.command(floor.now, command);
    floor.desk.hand_out(floor.now, 0);
    // The venue has it and fills it; every report of that is lost with the connection, the feed lives on.
    let sent = floor.desk.cut_gateway(floor.now, Cut::Answers);
    deliver(&mut floor.venue, floor.now, floor.member, sent.into_iter());
    assert!(floor.desk.feed_line.is_live());
    floor.settle();
    let order = floor.last();
    assert!(order.filled.is_positive(), "{order:?}");
    let account = floor.desk.state().accounts().values().next().unwrap();
    let position = &account.positions[&order.order.instrument];
    assert_eq!(position.bought, order.filled, "counted once");
}

#[test]
fn reconnected_means_subscribed_again() {
    let mut floor = Floor::open();
    for _ in 0..3 {
        floor.desk.cut_feed(floor.now);
        floor.pass(60);
        floor.settle();
        let before = floor.desk.state().counters().market_events;
        floor.pass(1_500);
        assert!(floor.desk.state().counters().market_events > before, "nothing came for fifteen seconds");
        assert!(floor.desk.feed_line.is_live());
    }
    assert_eq!(floor.desk.feed.stats().reconnects, 3);
}

#[test]
fn a_stale_price_is_not_traded_as_if_fresh() {
    let mut floor = Floor::open();
    let command = floor.buy(100, true);
    floor.desk.cut_feed(floor.now);
    floor.give(command.clone());
    assert!(floor.denials().contains(&Denial::FeedNotLive), "{:?}", floor.denials());
    assert_eq!(floor.sent(), 0);
    floor.pass(60);
    floor.settle();
    floor.give(command);
    floor.pass(30);
    assert_eq!(floor.sent(), 1);
}

#[test]
fn a_cancel_is_not_blocked_by_any_rule() {
    let mut floor = Floor::open();
    let command = floor.buy(100, false);
    floor.give(command);
    floor.pass(30);
    let id = floor.last().id;
    // Stopped, the feed gone and the line to the venue down: the cancel is kept and goes out first.
    floor.give(Command::Stop);
    floor.desk.cut_feed(floor.now);
    floor.desk.cut_gateway(floor.now, Cut::Both);
    floor.give(Command::CancelOrder { id });
    let kind = &floor.desk.state().answers().iter().last().unwrap().kind;
    assert_eq!(kind, &AnswerKind::CancelWaits { id });
    floor.settle();
    assert_eq!(floor.last().state, OrderState::Cancelled);
}

/// The order was heard of again after the cut, a change of it was lost with the line: it must not wait for ever.
#[test]
fn a_change_lost_with_the_line_is_not_waited_for_for_ever() {
    for cancels in [false, true] {
        let mut floor = Floor::open();
        let command = floor.buy(100, false);
        floor.give(command);
        floor.pass(30);
        let order = floor.last();
        let (id, seen) = (order.id, SeenOrder { left: order.left(), limit: order.order.limit });
        let amend = Command::AmendOrder { id, qty: Qty::from_units(60), limit: seen.limit, seen };
        floor.give(if cancels { Command::CancelOrder { id } } else { amend });
        floor.desk.cut_gateway(floor.now, Cut::Both);
        assert_eq!(floor.last().state, OrderState::Unknown);
        floor.settle();
        floor.pass(30);
        // What takes risk away goes out again; what changes it is for a person to ask for again.
        let wanted = if cancels { OrderState::Cancelled } else { OrderState::Accepted };
        assert_eq!((floor.last().state, floor.last().pending), (wanted, None), "cancels: {cancels}");
        assert_eq!(floor.last().order.qty, Qty::from_units(100));
    }
}

#[test]
fn a_partial_fill_counts_once_however_often_it_is_reported() {
    let mut floor = Floor::open();
    let command = floor.buy(5_000, true);
    floor.give(command);
    floor.pass(30);
    let order = floor.last();
    assert_eq!(order.state, OrderState::PartiallyFilled);
    let (id, filled) = (order.id, order.filled);
    // Everything that was ever reported comes again, twice.
    for _ in 0..2 {
        for answer in floor.venue.hall.ask(floor.member, ClientFrame::Resend { after: 0 }) {
            floor.desk.gateway_wire.as_mut().unwrap().down.push_back((floor.now, answer.text()));
        }
        floor.pass(5);
    }
    let order = &floor.desk.state().orders()[&id];
    let bought = order.fills.iter().map(|f| f.qty.units()).sum::<i64>();
    assert!(order.filled >= filled && bought == order.filled.units(), "{order:?}");
    assert!(floor.desk.gateway.session().stats().duplicates > 0);
    floor.settle();
}

#[test]
fn a_person_s_word_ends_an_unknown_order_and_nothing_else() {
    let mut floor = Floor::open();
    let command = floor.buy(100, false);
    floor.desk.command(floor.now, command);
    drop(floor.desk.core.take_requests());
    let id = floor.last().id;
    let told = Command::TellOrder { id, told: Told::NotEntered };
    floor.give(told.clone());
    assert!(matches!(floor.denials()[..], [Denial::NotUnknown { .. }]), "{:?}", floor.denials());
    floor.pass(560);
    assert_eq!(floor.last().state, OrderState::Unknown);
    floor.give(told);
    assert_eq!(floor.last().state, OrderState::Rejected);
    floor.settle();
}

#[test]
fn nothing_grows_with_the_time_a_line_is_up() {
    let mut floor = Floor::open();
    let size = |floor: &Floor| postcard::to_stdvec(floor.desk.state().gateway()).unwrap().len();
    let before = size(&floor);
    for _ in 0..40 {
        floor.desk.cut_gateway(floor.now, Cut::Both);
        floor.pass(50);
        floor.settle();
    }
    floor.pass(1_000);
    // Counters grow by digits; lists must not grow at all.
    assert!(size(&floor) <= before + 16, "{} from {before}", size(&floor));
}
