//! A whole live session over real sockets, without its terminal: lines, intake, engine on its thread, journal and
//! recording in a folder that goes with it.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use himal::console::{Frame, Mode, ShellRequest};
use himal::engine::{Command, GatewayKind, OperatorCommand, OperatorId};
use himal::feed::live::VenueFeed;
use himal::gateway::venue::{VenueAccess, VenueGateway};
use himal::journal::SessionKind;
use himal::market::{AccountId, SourceId};
use himal::runtime::live::LiveCore;
use himal::runtime::live::board::LocalClock;
use himal::runtime::live::intake::{Intake, Item};
use himal::runtime::live::line_set::LineSet;
use himal::runtime::live::probe::probe;
use himal::runtime::live::recovery::{self, LiveKind};
use himal::runtime::live::session::{LiveSession, SessionSetup};
use himal::runtime::live::socket::Address;
use himal::runtime::replay::player::ToPlayer;
use tokio::runtime::Runtime;
use tokio::sync::watch;

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
        let (mut lines, stop) = LineSet::new(clock);
        let intake = Arc::clone(&lines.shared.intake);
        for (n, feed) in (1..).zip(feeds) {
            let session = VenueFeed::new(SourceId(n), token, day.instruments.clone(), day.date);
            lines.feed(runtime.handle(), Box::new(session), address(*feed).into());
        }
        let access = VenueAccess {
            token: token.to_owned(),
            tag: TAG.to_owned(),
            account: account.clone(),
            date: day.date,
            universe: day.instruments,
            reports: 0,
        };
        let outlet = lines.venue(runtime.handle(), Box::new(VenueGateway::new(access)), address(gateway));
        let (publish, frames) = watch::channel(None);
        let setup = SessionSetup {
            core,
            lines,
            outlet,
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
