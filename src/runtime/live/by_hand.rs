//! A desk whose orders are keyed in by hand, with real journal and recording files: what is unknown and for how long,
//! what a restart leaves, and the whole way through the screen.

use super::LiveCore;
use super::board::LocalClock;
use super::book_file::BookNews;
use super::broker::Broker;
use super::intake::Item;
use super::line_set::LineSet;
use super::recovery::{self, LiveKind};
use super::session::{LiveSession, Outlet, SessionSetup};
use crate::engine::{AlertKind, Command, GatewayKind, OperatorCommand, OperatorId, SeenOrder, Told};
use crate::execution::{
    ClientOrderId, Difference, ExecutionReport, Line, LineState, NewOrder, OrderState, Pending, ReportKind,
    StepKind, VenueOrderId,
};
use crate::feed::day::{DayMeta, StartingAccount};
use crate::feed::live::SourceClock;
use crate::gateway::broker_book::BrokerBook;
use crate::gateway::session::GatewaySaid;
use crate::journal::{Body, JournalReader, SessionKind};
use crate::market::{
    Board as Market, Calendar, EventFlags, Instrument, InstrumentId, InstrumentKind, MarketData, MarketEvent,
    Money, Price, Qty, SessionDate, Side, SourceId, Symbol, Timestamp, Universe,
};
use crate::runtime::replay::player::ToPlayer;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::console::input::{Key, Moment};
use crate::console::keymap::{Keymap, Strokes};
use crate::console::{Action, Frame, Mode, ShellHealth, ShellRequest, ShellStatus, Theme, Ui, draw_into};
use crate::engine::snapshot::SnapshotBuilder;
use crate::risk::Denial;

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
            assert_eq!((desk.state(id), desk.times_unknown(id)), (state, times), "{id}, restart {restart}");
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

#[test]
fn whoever_quits_what_came_with_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let Desk { core, .. } = Desk::begun(&folder.path().join("manual.journal"), noon(0));
    let account = core.state().accounts().keys().next().unwrap().clone();
    let (lines, _stop) = LineSet::new(LocalClock::start());
    let intake = Arc::clone(&lines.shared.intake);
    let setup = SessionSetup {
        core,
        lines,
        outlet: Outlet::None,
        gateway: "broker".to_owned(),
        mode: Mode::Live,
        account: Some(account.clone()),
        operator: OperatorId::new("tr01"),
        notes: Vec::new(),
    };
    let foreign = ReportKind::Foreign { client_id: "X".into() };
    let report = ExecutionReport { no: 0, id: ClientOrderId(0), kind: foreign };
    // Both are there when the session looks.
    intake.push(Item::Desk(ToPlayer::Shell(ShellRequest::Quit)));
    intake.push(Item::Said(GatewaySaid::Report(report)));
    LiveSession::new(setup, tokio::sync::watch::channel(None).0).run().unwrap();
    // What has been taken counts as done, and is never told again.
    let records = JournalReader::open(&folder.path().join("manual.journal")).unwrap();
    let mut bodies = records.map(|record| record.unwrap().body);
    assert!(
        bodies.any(|body| matches!(body, Body::Gateway { report, .. } if matches!(report.kind, ReportKind::Foreign { .. })))
    );
}

/// What the portal lists, brought as a file.
fn brought(desk: &mut Desk, text: &str) -> String {
    let book = BrokerBook::read(text, &day().instruments).map_err(|e| e.to_string());
    let news = BookNews { name: "book.csv".to_owned(), book };
    desk.broker.brought(&mut desk.core, desk.now, news).unwrap()
}

const COLUMNS: &str = "kind,symbol,side,number,quantity,price,filled,state,settled,amount\n";

#[test]
fn what_the_portal_lists_is_compared_and_a_slip_is_found_again_by_its_terms() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::begun(&folder.path().join("manual.journal"), noon(0));
    let (slip, done, typed) = (desk.buys(500), desk.buys(300), desk.buys(200));
    desk.tell(typed, Told::Accepted { number: VenueOrderId("0451".into()) });
    let rows = "order,HIDCL,buy,2026082010000449,500,249.50,0,open,,\n\
                order,HIDCL,buy,2026082010000450,300,249.50,300,completed,,\n\
                order,HIDCL,buy,2026082010000451,200,249.50,0,open,,\n";
    // What rests is known; what traded is booked by a person, with its price.
    let said = brought(&mut desk, &format!("{COLUMNS}{rows}"));
    assert_eq!(said, "book.csv: 1 difference (g b)");
    assert_eq!(desk.state(slip), OrderState::Accepted);
    assert_eq!(desk.core.state().orders()[&slip].venue_id, Some(VenueOrderId("2026082010000449".into())));
    assert_eq!(desk.state(done), OrderState::Unknown);
    let (ours, theirs) = (Qty::ZERO, Qty::from_units(300));
    assert_eq!(
        desk.core.state().gateway().agreement.differences(),
        [Difference::OrderFilled { id: done, ours, theirs }]
    );
    let refused = desk.core.state().gateway().refuses();
    assert_eq!(refused, Some(Denial::BooksDiffer { differences: 1 }), "nothing new before it is settled");
    desk.tell(done, Told::Filled { qty: theirs, price: Price::from_units(24_950) });
    desk.broker.told(&mut desk.core, desk.now).unwrap();
    assert_eq!(desk.core.state().gateway().refuses(), None);
    // The file is not asked again once it agrees: it is older than what has happened since.
    desk.tell(typed, Told::Cancelled);
    desk.broker.told(&mut desk.core, desk.now).unwrap();
    assert!(desk.core.state().gateway().agreement.differences().is_empty());
    // And all of it is in the journal.
    let (hash, desk) = (desk.core.state().orders().clone(), desk.die());
    assert_eq!(desk.core.state().orders()[&done], hash[&done]);
}

#[test]
fn an_order_that_nobody_asked_for_is_an_incident_and_a_broken_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::begun(&folder.path().join("manual.journal"), noon(0));
    let slip = desk.buys(500);
    // Keyed in twice: one is the slip's, the other nobody's.
    let rows = "order,HIDCL,buy,1,500,249.50,0,open,,\norder,HIDCL,buy,2,500,249.50,0,open,,\n";
    brought(&mut desk, &format!("{COLUMNS}{rows}"));
    assert_eq!(desk.state(slip), OrderState::Accepted);
    assert!(matches!(
        desk.core.state().gateway().agreement.differences(),
        [Difference::OrderUnasked { left, .. }] if *left == Qty::from_units(500)
    ));
    assert_eq!(desk.core.state().counters().incidents, 1);
    let before = desk.core.state().orders().clone();
    let said = brought(&mut desk, &format!("{COLUMNS}order,HIDCL,buy,1,500,249.50,600,open,,\n"));
    assert_eq!(said, "book.csv is not taken: line 2: filled 600 of 500 ordered");
    assert_eq!(*desk.core.state().orders(), before);
    // Cash and shares are compared where they are stated.
    let rows =
        "order,HIDCL,buy,1,500,249.50,0,open,,\nholding,HIDCL,,,40,,,,40,\ncash,,,,,,,,,\"9,00,000\"\n";
    assert_eq!(brought(&mut desk, &format!("{COLUMNS}{rows}")), "book.csv: 3 differences (g b)");
}

/// The person at the screen: keys in, what they lead to given to the engine, what was copied kept.
struct Person {
    desk: Desk,
    ui: Ui,
    builder: SnapshotBuilder,
    at: u64,
    copied: Vec<String>,
}

impl Person {
    fn sits_down(desk: Desk) -> Self {
        let mut ui = Ui::new(Keymap::default());
        ui.resized(120, 40);
        let mut person = Self { desk, ui, builder: SnapshotBuilder::default(), at: 0, copied: Vec::new() };
        person.looks();
        person
    }

    fn frame(&mut self) -> Frame {
        let state = self.desk.core.state();
        let status = ShellStatus {
            mode: Mode::Live,
            account: state.accounts().keys().next().cloned(),
            operator: "tr01".to_owned(),
            transport: None,
            journal: self.desk.core.sequencer().ledger().status(),
            commands_waiting: 0,
            notes: Vec::new(),
            health: ShellHealth::default(),
            connections: Vec::new(),
        };
        Frame { snapshot: Arc::new(self.builder.build(state)), status: Arc::new(status) }
    }

    fn looks(&mut self) {
        let frame = self.frame();
        self.ui.observe(&frame);
        self.ui.drawn(Moment(self.at), &frame);
    }

    /// Presses keys a second after each other. Returns how many commands they led to.
    fn presses(&mut self, keys: &str) -> usize {
        let mut commands = 0;
        for chord in keys.split(' ').flat_map(|key| Strokes::parse(key).unwrap().0) {
            self.at += 1_000;
            let frame = self.frame();
            for action in self.ui.on_key(Key::press(chord, Moment(self.at)), &frame) {
                match action {
                    Action::Command(command) => {
                        commands += 1;
                        self.desk.command(command);
                    }
                    Action::Copy(text) => self.copied.push(text),
                    _ => {}
                }
            }
            self.looks();
        }
        commands
    }

    fn sees(&mut self, text: &str) {
        let frame = self.frame();
        let area = ratatui::layout::Rect::new(0, 0, 120, 40);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        draw_into(&mut buffer, &frame, &self.ui, &Theme::default());
        let line = |y: u16| (0..120).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        let picture = (0..40).map(line).collect::<Vec<_>>().join("\n");
        assert!(picture.contains(text), "`{text}` is not on the screen:\n{picture}");
    }
}

#[test]
fn an_order_goes_to_the_portal_and_back_without_the_mouse() {
    let folder = tempfile::tempdir().unwrap();
    let mut person = Person::sits_down(Desk::begun(&folder.path().join("manual.journal"), noon(0)));
    assert_eq!(person.presses("b Ctrl-u 5 0 0 Tab Ctrl-u 2 4 9 . 5 Enter y"), 1);
    // To the portal.
    assert_eq!(person.presses("g l c c c"), 0);
    assert_eq!(person.copied, ["HIDCL", "500", "249.5"]);
    person.sees("waiting 1");
    person.sees("copied price 249.5");
    // And back: a part of it first, then the rest at a better price.
    assert_eq!(person.presses("r a Enter"), 0);
    person.sees("the number that the broker gave it is missing");
    assert_eq!(person.presses("4 5 1 Enter y"), 1);
    let id = *person.desk.core.state().orders().keys().next().unwrap();
    assert_eq!(person.desk.state(id), OrderState::Accepted);
    assert_eq!(person.presses("q g o r Enter"), 0);
    person.sees("filled 500 @ 249.5, 0 left");
    assert_eq!(person.presses("Esc f 2 0 0 Enter y"), 1);
    assert_eq!(person.desk.held(), Qty::from_units(200));
    assert_eq!(person.presses("r Tab Tab Ctrl-u 2 4 9 . 4 Enter y"), 1);
    assert_eq!((person.desk.state(id), person.desk.held()), (OrderState::Filled, Qty::from_units(500)));
    let order = &person.desk.core.state().orders()[&id];
    assert_eq!(order.filled_value, Money::from_paisa(200 * 24_950 + 300 * 24_940));
    assert_eq!(person.presses("r"), 0);
    person.sees("a report is taken of an UNKNOWN order only");
    // What is filled at once takes five keys.
    assert_eq!(person.presses("b Ctrl-u 1 0 0 Tab Ctrl-u 2 4 9 . 5 Enter"), 0);
    person.sees("BUY HIDCL 100 @ 249.5");
    assert_eq!(person.presses("y"), 1);
    assert_eq!(person.presses("g l r f Enter y"), 1);
    assert_eq!(person.desk.held(), Qty::from_units(600));
}
