//! A person as the gateway of a live session: slips out, their reports into the engine at once.

use super::LiveCore;
use super::board::Board;
use crate::engine::State;
use crate::execution::{GatewayRequest, Line, LineState};
use crate::gateway::manual::ManualGateway;
use crate::gateway::session::{GatewayOut, GatewaySession};
use crate::market::Timestamp;
use crate::runtime::sequencer::SequencerError;

/// See the module.
pub struct Broker {
    gateway: ManualGateway,
    place: usize,
}

impl Broker {
    /// That of a session as its engine stands, at its place on the board.
    #[must_use]
    pub fn of(state: &State, place: usize) -> Self {
        Self { gateway: ManualGateway::of(state), place }
    }

    /// The session begins: somebody is there to be asked, and what was open before is unknown. Returns how many slips
    /// there are of before, on which somebody may have acted.
    ///
    /// # Errors
    /// As [`LiveCore::said`].
    pub fn begin(&mut self, core: &mut LiveCore, now: Timestamp) -> Result<usize, SequencerError> {
        core.line(now, Line::Gateway, LineState::Live)?;
        let mut out = GatewayOut::default();
        self.gateway.opened(now, &mut out);
        say(core, now, out)?;
        Ok(core.state().orders().values().filter(|order| order.is_unanswered()).count())
    }

    /// Writes a slip for each request. They are durable by now.
    ///
    /// # Errors
    /// As [`LiveCore::said`].
    pub fn hand_out(
        &mut self,
        core: &mut LiveCore,
        now: Timestamp,
        requests: &[GatewayRequest],
    ) -> Result<(), SequencerError> {
        self.gateway.file(core.state());
        let mut out = GatewayOut::default();
        for request in requests {
            self.gateway.request(now, request, &mut out);
        }
        say(core, now, out)
    }

    /// Says on the board where it stands.
    pub fn show(&self, board: &Board) {
        board.gateway(self.place, self.gateway.state(), self.gateway.stats());
    }
}

fn say(core: &mut LiveCore, now: Timestamp, out: GatewayOut) -> Result<(), SequencerError> {
    for said in out.said {
        core.said(now, said)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{AlertKind, Command, GatewayKind, OperatorCommand, OperatorId, SeenOrder, Told};
    use crate::execution::{ClientOrderId, NewOrder, OrderState, Pending, StepKind, VenueOrderId};
    use crate::feed::day::{DayMeta, StartingAccount};
    use crate::feed::live::SourceClock;
    use crate::journal::SessionKind;
    use crate::market::{
        Board as Market, Calendar, EventFlags, Instrument, InstrumentId, InstrumentKind, MarketData,
        MarketEvent, Money, Price, Qty, SessionDate, Side, SourceId, Symbol, Universe,
    };
    use crate::runtime::live::recovery::{self, LiveKind};
    use std::path::{Path, PathBuf};

    const KIND: LiveKind = LiveKind { session: SessionKind::Live, gateway: GatewayKind::Manual };
    const HIDCL: InstrumentId = InstrumentId(0);

    fn noon(second: i64) -> Timestamp {
        let date = SessionDate::new(2026, 8, 20).unwrap();
        let open = Calendar::embedded().session(date).unwrap().continuous.open;
        open.plus_ns((3_600 + second) * crate::market::time::NS_PER_S)
    }

    fn day() -> DayMeta {
        let instrument = Instrument {
            kind: Some(InstrumentKind::Equity),
            previous_close: Some(Price::from_units(25_000)),
            ..Instrument::nepse(Symbol::new("HIDCL"))
        };
        let date = SessionDate::new(2026, 8, 20).unwrap();
        let mut day = DayMeta::new(date, Market::Nepse, "a day by hand", Universe::new([instrument]));
        day.account =
            Some(StartingAccount { cash: Money::from_rupees(1_000_000).unwrap(), holdings: Vec::new() });
        day
    }

    /// A session, and the person who keys its slips in.
    struct Desk {
        core: LiveCore,
        broker: Broker,
        now: Timestamp,
        journal: PathBuf,
        /// Slips that waited when it began.
        before: usize,
    }

    impl Desk {
        fn begun(journal: &Path, now: Timestamp) -> Self {
            let begun = if journal.exists() {
                recovery::take_up(journal, KIND).unwrap()
            } else {
                recovery::begin(journal, day(), KIND, "T").unwrap()
            };
            let mut core = LiveCore::new(begun.sequencer);
            core.set_clock(SourceClock { here: now, there: now, speed_milli: 1_000 });
            let mut broker = Broker::of(core.state(), 0);
            let before = broker.begin(&mut core, now).unwrap();
            core.line(now, Line::Feed(SourceId(1)), LineState::Live).unwrap();
            core.tick(now).unwrap();
            let last = MarketEvent {
                at: now,
                seq: 0,
                source: SourceId(1),
                instrument: HIDCL,
                flags: EventFlags::LAST,
                data: MarketData::Last(Price::from_units(25_000)),
            };
            core.market(now, last).unwrap();
            core.settle().unwrap();
            Self { core, broker, now, journal: journal.to_owned(), before }
        }

        /// The process dies as `kill -9` leaves it, and another takes the session up.
        fn die(self) -> Self {
            let Self { core, journal, now, .. } = self;
            drop(core);
            Self::begun(&journal, now.plus_ns(1_000_000_000))
        }

        fn command(&mut self, command: Command) {
            let by = OperatorId::new("tr01");
            self.core.command(self.now, OperatorCommand { by, command }).unwrap();
            let requests = self.core.take_requests();
            self.broker.hand_out(&mut self.core, self.now, &requests).unwrap();
            self.core.settle().unwrap();
        }

        fn buys(&mut self, shares: i64) -> ClientOrderId {
            let known: Vec<ClientOrderId> = self.core.state().orders().keys().copied().collect();
            let order = NewOrder {
                account: self.core.state().accounts().keys().next().unwrap().clone(),
                instrument: HIDCL,
                side: Side::Buy,
                qty: Qty::from_units(shares),
                limit: Price::from_units(24_950),
            };
            self.command(Command::SubmitOrder(order));
            let mut ids = self.core.state().orders().keys().copied();
            ids.find(|id| !known.contains(id)).expect("the checks let it pass")
        }

        fn tell(&mut self, id: ClientOrderId, told: Told) {
            self.command(Command::TellOrder { id, told });
        }

        fn accepted(&mut self, id: ClientOrderId) {
            self.tell(id, Told::Accepted { number: VenueOrderId("B-1".into()) });
        }

        fn state(&self, id: ClientOrderId) -> OrderState {
            self.core.state().orders()[&id].state
        }

        /// How often it was made known that nobody knows of an order.
        fn times_unknown(&self, id: ClientOrderId) -> usize {
            let trail = &self.core.state().orders()[&id].trail;
            let unknown = StepKind::Reported(OrderState::Unknown);
            // What the person said, and what the broker received, are steps of the same kind.
            let mut before = None;
            trail
                .iter()
                .filter(|step| {
                    let news = step.what == unknown && before != Some(unknown.clone());
                    before = Some(step.what.clone());
                    news
                })
                .count()
        }

        fn held(&self) -> Qty {
            let account = self.core.state().accounts().values().next().unwrap();
            account.positions.get(&HIDCL).map_or(Qty::ZERO, |position| position.qty)
        }
    }

    #[test]
    fn an_order_is_unknown_until_a_person_says_what_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::begun(&folder.path().join("manual.journal"), noon(0));
        for (told, state, held) in [
            (Told::Accepted { number: VenueOrderId("B-1".into()) }, OrderState::Accepted, 0),
            (
                Told::Filled { qty: Qty::from_units(500), price: Price::from_units(24_940) },
                OrderState::Filled,
                500,
            ),
            (Told::NotEntered, OrderState::Rejected, 500),
            (Told::Refused { why: "no collateral".to_owned() }, OrderState::Rejected, 500),
        ] {
            let id = desk.buys(500);
            assert_eq!(desk.state(id), OrderState::Unknown);
            assert!(desk.core.state().orders()[&id].received_at.is_some(), "somebody has its slip");
            desk.tell(id, told);
            assert_eq!((desk.state(id), desk.held()), (state, Qty::from_units(held)));
        }
        let alarmed = |kind: &AlertKind| matches!(kind, AlertKind::OrderUnknown { .. });
        assert!(!desk.core.state().alerts().iter().any(|a| alarmed(&a.kind)), "a slip is no alarm");
    }

    #[test]
    fn a_change_is_under_way_until_a_person_says_that_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::begun(&folder.path().join("manual.journal"), noon(0));
        let id = desk.buys(500);
        desk.accepted(id);
        let (qty, limit) = (Qty::from_units(400), Price::from_units(24_900));
        let seen = SeenOrder { left: Qty::from_units(500), limit: Price::from_units(24_950) };
        desk.command(Command::AmendOrder { id, qty, limit, seen });
        assert_eq!(desk.core.state().orders()[&id].pending, Some(Pending::Amend { qty, limit }));
        assert_eq!(desk.state(id), OrderState::Accepted, "what rests is known");
        desk.accepted(id);
        let order = &desk.core.state().orders()[&id];
        assert_eq!((order.pending, order.order.qty, order.order.limit), (None, qty, limit));
        desk.command(Command::CancelOrder { id });
        desk.accepted(id);
        assert_eq!(desk.state(id), OrderState::Cancelled);
    }

    #[test]
    fn after_a_restart_every_open_order_is_unknown_once_and_no_slip_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::begun(&folder.path().join("manual.journal"), noon(0));
        assert_eq!(desk.before, 0);
        let (resting, slip, done) = (desk.buys(500), desk.buys(300), desk.buys(100));
        desk.accepted(resting);
        desk.tell(done, Told::NotEntered);
        // One more is durable and has not become a slip when the process dies.
        let order = desk.core.state().orders()[&slip].order.clone();
        let by = OperatorId::new("tr01");
        desk.core.command(desk.now, OperatorCommand { by, command: Command::SubmitOrder(order) }).unwrap();
        let cut = *desk.core.state().orders().keys().last().unwrap();
        assert_eq!(desk.state(cut), OrderState::PendingNew);
        for restart in 1..=3 {
            desk = desk.die();
            assert_eq!(desk.before, 3, "restart {restart}");
            assert!(desk.core.take_requests().is_empty(), "nothing is asked for twice");
            for (id, state, times) in [
                (resting, OrderState::Unknown, 2),
                (slip, OrderState::Unknown, 1),
                (cut, OrderState::Unknown, 1),
                (done, OrderState::Rejected, 1),
            ] {
                assert_eq!(
                    (desk.state(id), desk.times_unknown(id)),
                    (state, times),
                    "{id}, restart {restart}"
                );
            }
        }
        desk.accepted(cut);
        assert_eq!(desk.state(cut), OrderState::Accepted);
        desk.tell(slip, Told::Filled { qty: Qty::from_units(300), price: Price::from_units(24_950) });
        assert_eq!(desk.held(), Qty::from_units(300));
        // And what a person said is kept.
        let desk = desk.die();
        assert_eq!((desk.state(slip), desk.held()), (OrderState::Filled, Qty::from_units(300)));
        assert_eq!(desk.before, 2);
    }
}
