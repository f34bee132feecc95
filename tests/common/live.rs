//! A whole live session over real sockets, without its terminal: lines, intake, engine on its thread, journal and
//! recording in a folder that goes with it.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use himal::console::{ConnectionUse, Frame, Mode, ShellRequest};
use himal::engine::{Command, GatewayKind, OperatorCommand, OperatorId};
use himal::feed::live::VenueFeed;
use himal::gateway::venue::{VenueAccess, VenueGateway};
use himal::journal::SessionKind;
use himal::market::{AccountId, SourceId};
use himal::runtime::live::LiveCore;
use himal::runtime::live::board::{Board, LocalClock};
use himal::runtime::live::intake::{Intake, Item};
use himal::runtime::live::lines::{self, Shared};
use himal::runtime::live::probe::probe;
use himal::runtime::live::recovery::{self, LiveKind};
use himal::runtime::live::session::{FeedPlace, LiveSession, Outlet, SessionSetup};
use himal::runtime::live::socket::Address;
use himal::runtime::replay::player::ToPlayer;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

const KIND: LiveKind = LiveKind { session: SessionKind::Live, gateway: GatewayKind::Remote };

/// Nothing here takes this long; it ends a test that hangs.
const HANGS: Duration = Duration::from_secs(120);

/// What the ids of its orders begin with.
pub const TAG: &str = "DESK";

/// See the module.
pub struct Session {
    pub account: AccountId,
    frames: watch::Receiver<Option<Frame>>,
    intake: Arc<Intake>,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Session {
    /// Begins on what `venue` says of its day, with a line to each of `feeds` and one for orders to `gateway`.
    pub fn begin(
        runtime: &Runtime,
        venue: SocketAddr,
        feeds: &[SocketAddr],
        gateway: SocketAddr,
        token: &str,
    ) -> Self {
        let address = |at: SocketAddr| Address::parse(&format!("ws://{at}"), None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let clock = LocalClock::start();
        let probed = runtime.block_on(probe(&address(venue), token)).unwrap();
        let journal = folder.path().join("live.journal");
        let begun = recovery::begin(&journal, probed.day(None), KIND, TAG).unwrap();
        let day = begun.day.clone();
        let core = LiveCore::new(begun.sequencer);
        let account = core.state().accounts().keys().next().unwrap().clone();
        let (intake, board) = (Arc::new(Intake::default()), Board::default());
        let (stop, stopped) = watch::channel(false);
        let shared = Shared { intake: Arc::clone(&intake), board: board.clone(), clock, stop: stopped };
        let mut places = Vec::new();
        for (n, feed) in (1..).zip(feeds) {
            let source = SourceId(n);
            let place = board.add(&format!("feed {n}"), ConnectionUse::Standby);
            let (restart, restarted) = mpsc::channel(1);
            let session = VenueFeed::new(source, token, day.instruments.clone(), day.date);
            let line = (source, place);
            runtime.spawn(lines::feed(
                Box::new(session),
                line,
                address(*feed).into(),
                shared.clone(),
                restarted,
            ));
            places.push(FeedPlace { source, place, orders: restart });
        }
        let place = board.add("venue", ConnectionUse::Gateway);
        let access = VenueAccess {
            token: token.to_owned(),
            tag: TAG.to_owned(),
            account: account.clone(),
            date: day.date,
            universe: day.instruments,
            reports: 0,
        };
        let (to_gateway, requests) = mpsc::channel(4_096);
        let orders = Box::new(VenueGateway::new(access));
        runtime.spawn(lines::gateway(orders, place, address(gateway), shared, requests));
        let (publish, frames) = watch::channel(None);
        let setup = SessionSetup {
            core,
            intake: Arc::clone(&intake),
            board,
            clock,
            feeds: places,
            outlet: Outlet::Line(to_gateway),
            gateway: "venue".to_owned(),
            mode: Mode::Sim,
            account: Some(account.clone()),
            operator: OperatorId::new("tr01"),
            notes: Vec::new(),
        };
        let thread = std::thread::spawn(move || LiveSession::new(setup, publish).run().unwrap());
        Self { account, frames, intake, stop, thread, _folder: folder }
    }

    /// The newest picture that has been published, once there is one.
    pub fn frame(&self) -> Frame {
        let begun = Instant::now();
        loop {
            if let Some(frame) = self.frames.borrow().clone() {
                return frame;
            }
            assert!(begun.elapsed() < HANGS, "nothing is shown");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether new orders would be taken: market data live, books compared.
    pub fn ready(frame: &Frame) -> bool {
        frame.snapshot.data_refusal().is_none() && frame.snapshot.gateway.refuses().is_none()
    }

    pub fn command(&self, command: Command) {
        let by = OperatorId::new("tr01");
        self.intake.push(Item::Desk(ToPlayer::Command(OperatorCommand { by, command })));
    }

    /// Looks until `done`.
    pub fn until(&self, what: &str, mut done: impl FnMut(&Frame) -> bool) -> Frame {
        let begun = Instant::now();
        loop {
            let frame = self.frame();
            if done(&frame) {
                return frame;
            }
            let lines = &frame.status.connections;
            assert!(begun.elapsed() < HANGS, "waited for {what}: {lines:?} {:?}", frame.snapshot.gateway);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it; every line with it.
    pub fn quit(self) {
        self.intake.push(Item::Desk(ToPlayer::Shell(ShellRequest::Quit)));
        self.thread.join().unwrap();
        let _ = self.stop.send(true);
    }
}
