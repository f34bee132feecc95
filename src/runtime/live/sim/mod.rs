//! A whole desk against a whole venue, in memory and in seeded time: connections cut and processes killed at every
//! point of an order's life, after which the venue and the journal must agree, order by order.
//!
//! The venue is the hall itself, the client the sessions and the engine themselves with real journal and recording
//! files; only the wires between them are made here. `cargo test` runs a hundred desks; `HIMAL_LONG=1` a thousand.

mod broker;
mod conformance;
mod faults;
mod pains;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::LiveCore;
use super::recovery::{self, Begun, LiveKind};
use crate::engine::{Agreement, Command, GatewayKind, OperatorCommand, OperatorId, SeenOrder, State};
use crate::execution::{ClientOrderId, Line, LineState, NewOrder, OrderState, RejectReason};
use crate::feed::day::{DayMeta, StartingAccount, StartingHolding};
use crate::feed::live::{Close, FeedOut, FeedSession, VenueFeed};
use crate::gateway::fix::{FixAccess, FixGateway};
use crate::gateway::session::{GatewayOut, GatewaySession};
use crate::gateway::venue::{VenueAccess, VenueGateway};
use crate::journal::SessionKind;
use crate::market::{
    AccountId, Board, BrokerId, Instrument, InstrumentId, Qty, Side, SourceId, Timestamp, Universe,
};
use crate::venue::exchange::MemberNo;
use crate::venue::flow::Scenario;
use crate::venue::server::{Hall, Seat, VenueClock};
use crate::wire::{ClientFrame, ServerFrame, SnapshotPicture, Standing};

const SOURCE: SourceId = SourceId(1);
const KIND: LiveKind = LiveKind { session: SessionKind::Live, gateway: GatewayKind::Remote };
const STEP_NS: i64 = 10_000_000;
const BEAT_MS: u64 = 1_000;
/// Desks that trade one after the other at one venue.
const DESKS: usize = 20;

/// Frames under way on one connection, each with the moment at which it arrives.
#[derive(Default)]
struct Wire {
    up: VecDeque<(Timestamp, String)>,
    down: VecDeque<(Timestamp, String)>,
    greeted: bool,
    subscribed: bool,
    /// A picture is due to it.
    picture: bool,
    /// It speaks FIX with the broker, and not the venue's protocol.
    fix: bool,
}

/// The venue behind its wires.
struct Venue {
    hall: Hall,
    clock: VenueClock,
    beat: Timestamp,
    /// How often each order was entered, as the venue saw it.
    entered: BTreeMap<String, u32>,
    broker: broker::FixBroker,
}

impl Venue {
    /// Takes frames that have arrived, lets the day go on, and hands out what is said.
    fn step(&mut self, now: Timestamp, member: MemberNo, wires: &mut [&mut Option<Wire>], latency: i64) {
        self.hall.run_until(self.clock.after(now.ns() as u64));
        for wire in wires.iter_mut().filter_map(|w| w.as_mut()) {
            while wire.up.front().is_some_and(|(at, _)| *at <= now) {
                let (_, text) = wire.up.pop_front().unwrap();
                self.frame(now, member, wire, &text, latency);
            }
        }
        let due = now.plus_ns(latency);
        let mut push = |frame: &ServerFrame, only_subscribed: bool| {
            let text = frame.text();
            for wire in wires.iter_mut().filter_map(|w| w.as_mut()) {
                if wire.greeted && !wire.fix && (!only_subscribed || wire.subscribed && !wire.picture) {
                    wire.down.push_back((due, text.clone()));
                }
            }
        };
        let mut in_fix = Vec::new();
        while let Some((to, report)) = self.hall.take_report() {
            if to == member {
                push(&report, false);
                if self.broker.used {
                    in_fix.push(self.broker.report(&mut self.hall, member, &report));
                }
            }
        }
        let events = self.hall.take_said();
        if !events.is_empty() {
            push(&ServerFrame::Events { events }, true);
        }
        if now.since_ns(self.beat) >= BEAT_MS as i64 * 1_000_000 {
            self.beat = now;
            let (at, seq) = (self.hall.told_now(), self.hall.told_seq());
            push(&ServerFrame::Heartbeat { at, seq }, false);
        }
        for wire in wires.iter_mut().filter_map(|w| w.as_mut()).filter(|w| w.fix) {
            wire.down.extend(in_fix.iter().map(|text| (due, text.clone())));
        }
        for wire in wires.iter_mut().filter_map(|w| w.as_mut()).filter(|w| w.picture) {
            wire.picture = false;
            wire.down.push_back((due, ServerFrame::Snapshot(self.hall.snapshot()).text()));
        }
    }

    fn frame(&mut self, now: Timestamp, member: MemberNo, wire: &mut Wire, text: &str, latency: i64) {
        let due = now.plus_ns(latency);
        let frame = if wire.fix {
            let (frame, answers) = self.broker.asked(&mut self.hall, member, text);
            wire.down.extend(answers.into_iter().map(|answer| (due, answer)));
            let Some(frame) = frame else { return };
            frame
        } else {
            ClientFrame::parse(text).unwrap()
        };
        let answers = match frame {
            ClientFrame::Hello { .. } => {
                wire.greeted = true;
                vec![ServerFrame::Welcome(self.hall.banner(member, &self.clock, BEAT_MS))]
            }
            ClientFrame::Subscribe {} => {
                wire.subscribed = true;
                wire.picture = true;
                Vec::new()
            }
            frame => {
                if let ClientFrame::New { client_id, .. } = &frame {
                    *self.entered.entry(client_id.0.to_string()).or_default() += 1;
                }
                self.hall.ask(member, frame)
            }
        };
        if wire.fix {
            assert!(answers.is_empty(), "what is asked for over FIX is answered by reports: {answers:?}");
        }
        wire.down.extend(answers.iter().map(|answer| (due, answer.text())));
    }
}

/// What a desk sends its orders with.
enum Gate {
    Venue(VenueGateway),
    Fix(FixGateway),
}

impl Gate {
    fn session(&mut self) -> &mut dyn GatewaySession {
        match self {
            Self::Venue(gateway) => gateway,
            Self::Fix(gateway) => gateway,
        }
    }
}

/// A desk: the engine, its two sessions and their wires.
struct Desk {
    core: LiveCore,
    feed: VenueFeed,
    gateway: Gate,
    feed_wire: Option<Wire>,
    gateway_wire: Option<Wire>,
    feed_line: LineState,
    gateway_line: LineState,
    reconnect: [Timestamp; 2],
    journal: PathBuf,
    token: String,
    kind: LiveKind,
}

impl Desk {
    fn over(begun: Begun, token: &str) -> Self {
        Self::over_line(begun, token, false)
    }

    fn over_line(begun: Begun, token: &str, fix: bool) -> Self {
        let Begun { sequencer, day, tag, journal, .. } = begun;
        let core = LiveCore::new(sequencer);
        let fix = fix.then(|| {
            let access = FixAccess {
                tag: tag.clone(),
                account: day.account_id.clone().unwrap(),
                client: "C-07".to_owned(),
                date: day.date,
                universe: day.instruments.clone(),
                positions: false,
                cash: false,
            };
            FixGateway::new(access, core.state())
        });
        let access = VenueAccess {
            token: token.to_owned(),
            tag,
            account: day.account_id.clone().unwrap(),
            date: day.date,
            universe: day.instruments.clone(),
            reports: core.state().gateway().reports,
        };
        Self {
            core,
            feed: VenueFeed::new(SOURCE, token, day.instruments.clone(), day.date),
            gateway: fix.map_or_else(|| Gate::Venue(VenueGateway::new(access)), Gate::Fix),
            feed_wire: None,
            gateway_wire: None,
            feed_line: LineState::Closed,
            gateway_line: LineState::Closed,
            reconnect: [Timestamp::default(); 2],
            journal,
            token: token.to_owned(),
            kind: KIND,
        }
    }

    /// The process dies as `kill -9` leaves it, and another takes the session up.
    fn die(self, now: Timestamp) -> Self {
        let Self { core, journal, token, kind, gateway, .. } = self;
        drop(core);
        let fix = matches!(gateway, Gate::Fix(_));
        let mut desk = Self::over_line(recovery::take_up(&journal, kind).unwrap(), &token, fix);
        (desk.reconnect, desk.kind) = ([now; 2], kind);
        desk
    }

    fn connect(&mut self, now: Timestamp) {
        if self.feed_wire.is_none() && self.reconnect[0] <= now {
            self.feed_wire = Some(Wire::default());
            let mut out = FeedOut::default();
            self.feed.opened(now, &mut out);
            self.take_feed(now, out);
        }
        if self.gateway_wire.is_none() && self.reconnect[1] <= now {
            let fix = matches!(self.gateway, Gate::Fix(_));
            self.gateway_wire = Some(Wire { fix, greeted: fix, ..Wire::default() });
            let mut out = GatewayOut::default();
            self.gateway.session().opened(now, &mut out);
            self.take_gateway(now, out);
        }
    }

    fn step(&mut self, now: Timestamp, latency: i64) {
        self.connect(now);
        while let Some(text) = arrived(&mut self.feed_wire, now) {
            let mut out = FeedOut::default();
            self.feed.heard(now, &text, &mut out);
            self.take_feed(now, out);
        }
        while let Some(text) = arrived(&mut self.gateway_wire, now) {
            let mut out = GatewayOut::default();
            self.gateway.session().heard(now, &text, &mut out);
            self.take_gateway(now, out);
        }
        let mut out = FeedOut::default();
        self.feed.tick(now, &mut out);
        self.take_feed(now, out);
        let mut out = GatewayOut::default();
        self.gateway.session().tick(now, &mut out);
        self.take_gateway(now, out);
        self.core.tick(now).unwrap();
        self.hand_out(now, latency);
        self.core.settle().unwrap();
    }

    /// Requests leave.
    fn hand_out(&mut self, now: Timestamp, latency: i64) {
        for (number, request) in self.core.take_numbered_requests() {
            let mut out = GatewayOut::default();
            if let Gate::Fix(gateway) = &mut self.gateway {
                gateway.caused_by(number);
            }
            self.gateway.session().request(now, &request, &mut out);
            self.take_gateway_later(now, out, latency);
        }
    }

    fn take_feed(&mut self, now: Timestamp, out: FeedOut) {
        if let Some(clock) = self.feed.clock() {
            self.core.set_clock(clock);
        }
        if let Some(wire) = &mut self.feed_wire {
            wire.up.extend(out.send.into_iter().map(|text| (now, text)));
        }
        for event in out.events {
            self.core.market(now, event).unwrap();
        }
        let state = self.feed.state();
        if std::mem::replace(&mut self.feed_line, state) != state {
            self.core.line(now, Line::Feed(SOURCE), state).unwrap();
        }
        if let Some(Close { again: true, .. }) = out.close {
            self.cut_feed(now);
        }
    }

    fn take_gateway(&mut self, now: Timestamp, out: GatewayOut) {
        self.take_gateway_later(now, out, 0);
    }

    fn take_gateway_later(&mut self, now: Timestamp, out: GatewayOut, latency: i64) {
        if let Some(wire) = &mut self.gateway_wire {
            wire.up.extend(out.send.into_iter().map(|text| (now.plus_ns(latency), text)));
        }
        for said in out.said {
            self.core.said(now, said).unwrap();
        }
        let state = self.gateway.session().state();
        if std::mem::replace(&mut self.gateway_line, state) != state {
            self.core.line(now, Line::Gateway, state).unwrap();
        }
        if let Some((why, again)) = out.close {
            assert!(again, "{why}");
            self.cut_gateway(now, Cut::Both);
        }
    }

    fn cut_feed(&mut self, now: Timestamp) {
        self.feed_wire = None;
        self.reconnect[0] = now.plus_ns(STEP_NS * 30);
        let mut out = FeedOut::default();
        self.feed.lost(now, &mut out);
        self.take_feed(now, out);
    }

    /// The line of orders is cut; what is under way to the venue still arrives, or does not.
    fn cut_gateway(&mut self, now: Timestamp, cut: Cut) -> Vec<String> {
        let wire = self.gateway_wire.take();
        self.reconnect[1] = now.plus_ns(STEP_NS * 40);
        let mut out = GatewayOut::default();
        self.gateway.session().lost(now, &mut out);
        self.take_gateway(now, out);
        let under_way = wire.map(|w| w.up.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
        under_way.filter(|_| cut == Cut::Answers).unwrap_or_default()
    }

    fn command(&mut self, now: Timestamp, command: Command) {
        let by = OperatorId::new("tr01");
        self.core.command(now, OperatorCommand { by, command }).unwrap();
    }

    fn state(&self) -> &State {
        self.core.state()
    }

    fn settled(&self) -> bool {
        let agreed = matches!(self.state().gateway().agreement, Agreement::Agreed { .. });
        let answered = self.state().orders().values().all(|o| !o.is_unanswered());
        agreed && answered && self.feed_line.is_live()
    }
}

/// What of the frames under way is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Both ways.
    Both,
    /// What comes from the venue only: it has taken what we sent.
    Answers,
}

fn arrived(wire: &mut Option<Wire>, now: Timestamp) -> Option<String> {
    let down = &mut wire.as_mut()?.down;
    down.front().is_some_and(|(at, _)| *at <= now).then(|| down.pop_front()).flatten().map(|(_, text)| text)
}

/// The day as a client learns it from the venue.
fn day_of(picture: &SnapshotPicture, hall: &mut Hall, member: MemberNo, clock: &VenueClock) -> DayMeta {
    let instruments = picture.securities.iter().map(|s| Instrument {
        name: s.name.clone(),
        sector: s.sector.clone(),
        kind: Some(s.kind),
        tick: crate::market::Tick::new(s.tick.units()),
        previous_close: Some(s.previous_close),
        ..Instrument::nepse(s.symbol.clone())
    });
    let banner = hall.banner(member, clock, BEAT_MS);
    let mut day = DayMeta::new(banner.date, Board::Nepse, &banner.venue, Universe::new(instruments));
    let ServerFrame::Account(account) = hall.ask(member, ClientFrame::Account {}).pop().unwrap() else {
        panic!("an account is answered by an account")
    };
    day.simulated = true;
    day.depth = true;
    day.account_id = Some(account.account);
    let holdings = account.holdings.into_iter().filter(|h| h.qty.is_positive()).map(|h| StartingHolding {
        symbol: h.symbol,
        qty: h.qty,
        wacc: None,
    });
    day.account = Some(StartingAccount { cash: account.cash, holdings: holdings.collect() });
    day
}

/// What is done to a desk at a moment of its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Submit,
    Amend,
    Cancel,
    CancelAll,
    CutBoth,
    CutAnswers,
    CutFeed,
    Kill,
    /// The process dies between the journal and the wire.
    SubmitAndDie,
    AmendAndDie,
    CancelAndDie,
}

const DEEDS: [Deed; 11] = [
    Deed::Submit,
    Deed::Amend,
    Deed::Cancel,
    Deed::CancelAll,
    Deed::CutBoth,
    Deed::CutAnswers,
    Deed::CutFeed,
    Deed::Kill,
    Deed::SubmitAndDie,
    Deed::AmendAndDie,
    Deed::CancelAndDie,
];

fn an_order(desk: &Desk, random: &mut ChaCha8Rng) -> Option<NewOrder> {
    let state = desk.state();
    let count = state.instruments().len() as u32;
    let instrument = InstrumentId(random.random_range(0..count));
    let account = state.accounts().values().next().unwrap();
    let book = state.instrument(instrument)?.book.as_ref()?;
    let held = account.positions.get(&instrument).map_or(0, |p| p.settled.units());
    let side = if held >= 10 && random.random_bool(0.5) { Side::Sell } else { Side::Buy };
    let touch = |side| book.best_price(side);
    // Some rest, some cross, some cross for more than is shown.
    let (near, far) = (touch(side)?, touch(if side == Side::Buy { Side::Sell } else { Side::Buy })?);
    let limit = if random.random_bool(0.5) { far } else { near };
    let qty = if side == Side::Sell { held.min(200) } else { random.random_range(10..400) };
    Some(NewOrder { account: account.id.clone(), instrument, side, qty: Qty::from_units(qty), limit })
}

fn an_open_order(desk: &Desk, random: &mut ChaCha8Rng) -> Option<(ClientOrderId, Qty, SeenOrder)> {
    let open: Vec<_> = desk.state().orders().values().filter(|o| o.state.is_open()).collect();
    let order = open.get(random.random_range(0..open.len().max(1)))?;
    Some((order.id, order.order.qty, SeenOrder { left: order.left(), limit: order.order.limit }))
}

/// A desk of a seat, as it is before its first connection.
fn begin(venue: &mut Venue, folder: &std::path::Path, seat: usize, now: Timestamp) -> (Desk, MemberNo) {
    let token = token(seat);
    let member = venue.hall.member_of(&token).unwrap();
    let (picture, clock) = (venue.hall.snapshot(), venue.clock);
    let day = day_of(&picture, &mut venue.hall, member, &clock);
    let journal = folder.join(format!("live-{seat}.journal"));
    let mut desk = Desk::over(recovery::begin(&journal, day, KIND, &format!("D{seat}")).unwrap(), &token);
    desk.reconnect = [now; 2];
    (desk, member)
}

/// One desk's session at the venue, with everything that happens to it.
fn session(
    venue: &mut Venue,
    now: &mut Timestamp,
    folder: &std::path::Path,
    seat: usize,
    random: &mut ChaCha8Rng,
) -> Vec<Deed> {
    let (mut desk, member) = begin(venue, folder, seat, *now);
    let tag = format!("D{seat}");
    let latency = random.random_range(1..8) * STEP_NS;
    run_until_settled(venue, &mut desk, now, member, latency);
    let mut deeds = Vec::new();
    for _ in 0..random.random_range(4..14) {
        let deed = DEEDS[random.random_range(0..DEEDS.len())];
        deeds.push(deed);
        desk = do_it(deed, venue, desk, *now, member, latency, random);
        for _ in 0..random.random_range(0..40) {
            pass(venue, &mut desk, now, member, latency);
        }
    }
    run_until_settled(venue, &mut desk, now, member, latency);
    // Nothing of ours is to be left open, so that the books stand still while they are compared.
    desk.command(*now, Command::CancelMany(crate::engine::CancelScope::All));
    desk.hand_out(*now, latency);
    for _ in 0..30 {
        pass(venue, &mut desk, now, member, latency);
    }
    run_until_settled(venue, &mut desk, now, member, latency);
    agree(venue, &desk, member, &tag, &deeds);
    again(desk, &deeds);
    deeds
}

fn do_it(
    deed: Deed,
    venue: &mut Venue,
    mut desk: Desk,
    now: Timestamp,
    member: MemberNo,
    latency: i64,
    random: &mut ChaCha8Rng,
) -> Desk {
    let amend = |desk: &Desk, random: &mut ChaCha8Rng| {
        let (id, qty, seen) = an_open_order(desk, random)?;
        let qty = Qty::from_units((qty.units() + random.random_range(-100..100)).max(10));
        Some(Command::AmendOrder { id, qty, limit: seen.limit, seen })
    };
    let command = match deed {
        Deed::Submit | Deed::SubmitAndDie => an_order(&desk, random).map(Command::SubmitOrder),
        Deed::Amend | Deed::AmendAndDie => amend(&desk, random),
        Deed::Cancel | Deed::CancelAndDie => {
            an_open_order(&desk, random).map(|(id, ..)| Command::CancelOrder { id })
        }
        Deed::CancelAll => Some(Command::CancelMany(crate::engine::CancelScope::All)),
        _ => None,
    };
    if let Some(command) = command {
        desk.command(now, command);
    }
    match deed {
        Deed::SubmitAndDie | Deed::AmendAndDie | Deed::CancelAndDie => desk.die(now),
        Deed::Kill => {
            // What was sent arrives, some of it.
            desk.hand_out(now, latency);
            let keep = random.random_bool(0.5);
            let sent = desk.gateway_wire.take().map(|w| w.up).unwrap_or_default();
            deliver(venue, now, member, sent.into_iter().map(|(_, t)| t).filter(|_| keep));
            desk.die(now)
        }
        Deed::CutBoth => {
            desk.hand_out(now, latency);
            desk.cut_gateway(now, Cut::Both);
            desk
        }
        Deed::CutAnswers => {
            desk.hand_out(now, latency);
            let sent = desk.cut_gateway(now, Cut::Answers);
            deliver(venue, now, member, sent.into_iter());
            desk
        }
        Deed::CutFeed => {
            desk.cut_feed(now);
            desk
        }
        _ => {
            desk.hand_out(now, latency);
            desk
        }
    }
}

/// Frames that reach the venue although their connection is gone.
fn deliver(venue: &mut Venue, now: Timestamp, member: MemberNo, frames: impl Iterator<Item = String>) {
    let mut wire = Wire { greeted: true, ..Wire::default() };
    for text in frames {
        venue.frame(now, member, &mut wire, &text, 0);
    }
}

fn pass(venue: &mut Venue, desk: &mut Desk, now: &mut Timestamp, member: MemberNo, latency: i64) {
    *now = now.plus_ns(STEP_NS);
    venue.step(*now, member, &mut [&mut desk.feed_wire, &mut desk.gateway_wire], latency);
    desk.step(*now, latency);
}

fn run_until_settled(
    venue: &mut Venue,
    desk: &mut Desk,
    now: &mut Timestamp,
    member: MemberNo,
    latency: i64,
) {
    for _ in 0..12_000 {
        pass(venue, desk, now, member, latency);
        if desk.settled() {
            return;
        }
        if let Agreement::Differs { differences, .. } = &desk.state().gateway().agreement {
            panic!("the books differ: {differences:?}");
        }
    }
    let orders: Vec<_> = desk.state().orders().values().filter(|o| o.is_unanswered()).collect();
    panic!("not settled in two minutes: {:?}, {:?} {orders:?}", desk.gateway_line, desk.state().gateway());
}

/// The venue and the journal have the same.
fn agree(venue: &mut Venue, desk: &Desk, member: MemberNo, tag: &str, deeds: &[Deed]) {
    let ServerFrame::Orders { orders, .. } = venue.hall.ask(member, ClientFrame::Orders {}).pop().unwrap()
    else {
        panic!("orders are answered by orders")
    };
    let state = desk.state();
    let ours = state.orders();
    for order in &orders {
        let number = order.client_id.0.strip_prefix(&format!("{tag}-")).expect("only our tag is used");
        let local = ours.get(&ClientOrderId(number.parse().unwrap()));
        let local = local.unwrap_or_else(|| panic!("{number} was never asked for: {deeds:?}"));
        assert_eq!(local.filled, order.filled, "{number} {deeds:?}");
        let state = match order.standing {
            Standing::Open => OrderState::Accepted,
            Standing::PartiallyFilled => OrderState::PartiallyFilled,
            Standing::Filled => OrderState::Filled,
            Standing::Cancelled => OrderState::Cancelled,
            Standing::Expired => OrderState::Expired,
        };
        assert_eq!(local.state, state, "{number} {deeds:?}");
    }
    for (client_id, times) in venue.entered.iter().filter(|(id, _)| id.starts_with(&format!("{tag}-"))) {
        assert_eq!(*times, 1, "{client_id} was sent {times} times: {deeds:?}");
    }
    for order in ours.values().filter(|o| o.state.has_left()) {
        let there = orders.iter().any(|o| *o.client_id.0 == *format!("{tag}-{}", order.id.0));
        let refused = order.state == OrderState::Rejected;
        assert_eq!(there, !refused, "{} is {:?}: {deeds:?}", order.id, order.state);
        if order.reason == Some(RejectReason::NotTaken) {
            assert!(!there, "{deeds:?}");
        }
    }
    let ServerFrame::Account(theirs) = venue.hall.ask(member, ClientFrame::Account {}).pop().unwrap() else {
        panic!("an account is answered by an account")
    };
    let account = state.accounts().values().next().unwrap();
    assert_eq!((account.cash, account.due), (theirs.cash, theirs.due), "{deeds:?}");
    for (id, position) in &account.positions {
        let symbol = &state.setup().universe.get(*id).unwrap().symbol;
        let there = theirs.holdings.iter().find(|h| h.symbol == *symbol).map_or(Qty::ZERO, |h| h.qty);
        assert_eq!(position.qty, there, "{symbol} {deeds:?}");
    }
    assert_eq!(state.counters().incidents, 0, "{deeds:?}");
}

/// The files alone are the session again, to the last bit.
fn again(mut desk: Desk, deeds: &[Deed]) {
    desk.core.sequencer_mut().pause().unwrap();
    let hash = desk.core.sequencer().state_hash();
    let journal = desk.journal.clone();
    drop(desk);
    let begun = recovery::take_up(&journal, KIND).unwrap();
    assert_eq!(begun.sequencer.state_hash(), hash, "{deeds:?}");
    drop(begun);
    let report = crate::journal::verify(&journal).unwrap();
    let whole = report.segments.iter().all(|s| s.state == crate::journal::SegmentState::Matches);
    assert!(whole && !report.segments.is_empty(), "{report:?}");
}

fn token(seat: usize) -> String {
    format!("token-of-desk-{seat}")
}

fn seats(scenario: &Scenario) -> Vec<Seat> {
    let seat = |n| Seat {
        token: token(n),
        account: AccountId::new(&format!("{n:02}")),
        broker: BrokerId(58),
        start: scenario.account.clone(),
    };
    (0..DESKS).map(seat).collect()
}

fn venue(seed: u64, now: Timestamp) -> Venue {
    let scenario = Scenario::named("quiet").unwrap();
    let hall = Hall::open(&scenario, seed, &seats(&scenario)).unwrap();
    let noon = chrono::NaiveTime::from_hms_opt(11, 30, 0).unwrap();
    let from = Timestamp::nepal(scenario.date, noon).unwrap();
    let clock = VenueClock::new(from.plus_ns(-now.ns()), 1.0).unwrap();
    Venue { hall, clock, beat: now, entered: BTreeMap::new(), broker: Default::default() }
}

/// The pain is in its name: after any cut, at any point, and any kill, orders at the venue are the intents in the
/// journal, one to one; none is sent twice, none is forgotten, no fill is lost or counted twice.
#[test]
fn after_cuts_and_kills_at_any_point_venue_and_journal_agree() {
    let halls = if std::env::var_os("HIMAL_LONG").is_some() { 50 } else { 5 };
    let mut done: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..halls {
        let folder = tempfile::tempdir().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut now = Timestamp::from_ns(1_000_000_000);
        let mut venue = venue(seed, now);
        for seat in 0..DESKS {
            for deed in session(&mut venue, &mut now, folder.path(), seat, &mut random) {
                *done.entry(format!("{deed:?}")).or_default() += 1;
            }
        }
    }
    println!("{done:?}");
    assert_eq!(done.len(), DEEDS.len(), "{done:?}");
}
