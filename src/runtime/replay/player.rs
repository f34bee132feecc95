//! Letting recorded time pass for a screen.
//!
//! One thread owns the driver. It is told what to do through a bounded channel, publishes
//! frames by replacing the last one, and never waits for a terminal. Looking at the past is a view:
//! a second run of the same day, in memory, that repeats what the session recorded. The session itself
//! stays where it was, until somebody resumes from the view, which begins a branch with a journal of
//! its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Driver, ReplayError, Step, Stops};
use crate::console::{
    Branch, Frame, GatewayStatus, JumpTarget, Mode, ShellHealth, ShellRequest, ShellStatus, Speed, Transport,
};
use crate::engine::Snapshot;
use crate::engine::snapshot::SnapshotBuilder;
use crate::engine::{Command, OperatorCommand, OperatorId};
use crate::journal::Parent;
use crate::market::{AccountId, Timestamp};
use crate::runtime::resident::memory_in_use;
use crate::runtime::sequencer::SequencerError;

/// Least time between two published frames; terminals draw fewer if they are slower.
const FRAME: Duration = Duration::from_millis(50);
/// Inputs closer together than this are taken together: nobody sees the difference, and a thread that is
/// woken for each of many thousands a second is in everybody's way.
const TOGETHER: Duration = Duration::from_millis(1);
/// Longest stretch of work before messages are looked at again.
const SLICE: Duration = Duration::from_millis(5);
/// How often the memory in use is looked up.
const MEMORY_EVERY: Duration = Duration::from_secs(5);
/// The name of the session as it began.
const FIRST_BRANCH: &str = "main";
/// Notes kept for the screen.
const NOTES: usize = 8;
/// Steps of the speed keys.
const SPEEDS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0];

/// What a terminal sends to the player.
#[derive(Debug)]
pub enum ToPlayer {
    /// For the engine.
    Command(OperatorCommand),
    /// For the shell.
    Shell(ShellRequest),
}

/// The facts a player starts with.
pub struct PlayerSetup {
    /// The session, caught up with its journal.
    pub driver: Driver,
    /// First and last moment of the record.
    pub span: (Timestamp, Timestamp),
    /// How fast to begin.
    pub speed: Speed,
    /// Whether time passes at once.
    pub playing: bool,
    /// Where to begin.
    pub from: Option<Timestamp>,
    /// The account of the local terminal.
    pub account: Option<AccountId>,
    /// Who sits there.
    pub operator: OperatorId,
    /// The folder that branches are written to.
    pub branches: Option<PathBuf>,
    /// What the start has to say to the screen.
    pub notes: Vec<String>,
}

/// See the module.
pub struct Player {
    /// The session.
    head: Driver,
    /// A view of its past, if somebody looks.
    view: Option<Driver>,
    stops: Stops,
    bookmarks: Vec<Timestamp>,
    playing: bool,
    speed: Speed,
    /// Recorded time and wall time that belong together, while playing at a factor.
    anchor: Option<(Timestamp, Instant)>,
    seeking: Option<Timestamp>,
    notes: Vec<String>,
    span: (Timestamp, Timestamp),
    account: Option<AccountId>,
    operator: OperatorId,
    branches: Option<PathBuf>,
    branch_count: u32,
    /// The branches left behind, as they were when they were left.
    left: Vec<Branch>,
    /// The present one, without what only a snapshot says.
    present: Branch,
    /// How far anybody has seen.
    seen: Timestamp,
    builder: SnapshotBuilder,
    frames: watch::Sender<Option<Frame>>,
    published: Instant,
    frame_count: u64,
    /// When memory was looked up, and how much it was.
    memory: (Option<Instant>, Option<u64>),
    dirty: bool,
}

impl Player {
    /// A player that publishes to `frames`.
    #[must_use]
    pub fn new(setup: PlayerSetup, frames: watch::Sender<Option<Frame>>) -> Self {
        let mut player = Self {
            head: setup.driver,
            view: None,
            stops: Stops::default(),
            bookmarks: Vec::new(),
            playing: setup.playing,
            speed: setup.speed,
            anchor: None,
            seeking: None,
            notes: setup.notes,
            span: setup.span,
            account: setup.account,
            operator: setup.operator,
            branches: setup.branches,
            branch_count: 0,
            left: Vec::new(),
            present: Branch {
                name: FIRST_BRANCH.to_owned(),
                left: None,
                seen: None,
                at: setup.span.0,
                orders: Vec::new(),
                account: None,
            },
            seen: setup.span.0,
            builder: SnapshotBuilder::default(),
            frames,
            published: Instant::now(),
            frame_count: 0,
            memory: (None, None),
            dirty: true,
        };
        if let Some(torn) = player.head.sequencer().ledger().torn() {
            player.notes.push(format!(
                "journal taken up again: {} bytes after record {} never became whole and were cut",
                torn.bytes, torn.cut_at_seq
            ));
        }
        if let Some(from) = setup.from {
            player.seek(from);
        }
        player
    }

    /// Runs until told to quit or nobody is there any more; returns the session.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be brought to a clean stop.
    pub fn run(mut self, inbox: &Receiver<ToPlayer>) -> Result<Driver, ReplayError> {
        self.publish();
        while self.messages(inbox) == Flow::Go {
            if self.playing {
                self.advance();
            }
            if self.dirty && self.published.elapsed() >= FRAME {
                self.publish();
            }
        }
        self.stop_cleanly()?;
        Ok(self.head)
    }

    fn stop_cleanly(&mut self) -> Result<(), ReplayError> {
        if self.head.finished() {
            self.head.sequencer_mut().close()?;
        } else {
            self.head.sequencer_mut().ledger_mut().checkpoint().map_err(SequencerError::from)?;
        }
        Ok(())
    }

    /// Waits for a message no longer than there is nothing to do, and obeys all that have come.
    fn messages(&mut self, inbox: &Receiver<ToPlayer>) -> Flow {
        let mut next = match inbox.recv_timeout(self.patience()) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Flow::Quit,
        };
        while let Some(message) = next {
            if matches!(message, ToPlayer::Shell(ShellRequest::Quit)) {
                return Flow::Quit;
            }
            self.obey(message);
            self.dirty = true;
            next = match inbox.try_recv() {
                Ok(message) => Some(message),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return Flow::Quit,
            };
        }
        Flow::Go
    }

    /// How long there is nothing to do.
    fn patience(&mut self) -> Duration {
        const IDLE: Duration = Duration::from_millis(250);
        let frame = if self.dirty { FRAME.saturating_sub(self.published.elapsed()) } else { IDLE };
        if !self.playing {
            return frame;
        }
        match self.speed {
            Speed::Max => Duration::ZERO,
            Speed::Factor(_) => match (self.shown().next_at(), self.target()) {
                (Some(at), Some(target)) if at <= target => Duration::ZERO,
                (Some(at), Some(target)) => frame.min(self.wall_until(at, target).max(TOGETHER)),
                _ => frame,
            },
        }
    }

    fn wall_until(&self, at: Timestamp, target: Timestamp) -> Duration {
        let Speed::Factor(factor) = self.speed else { return Duration::ZERO };
        Duration::from_secs_f64((at.since_ns(target).max(0) as f64 / 1e9 / factor).min(1.0))
    }

    /// The recorded time that ought to have been reached by now.
    fn target(&mut self) -> Option<Timestamp> {
        let Speed::Factor(factor) = self.speed else { return None };
        let now = self.position();
        let (market, wall) = *self.anchor.get_or_insert_with(|| (now, Instant::now()));
        Some(market.plus_ns((wall.elapsed().as_nanos() as f64 * factor) as i64))
    }

    /// The driver that the screen looks at.
    const fn shown(&mut self) -> &mut Driver {
        match &mut self.view {
            Some(view) => view,
            None => &mut self.head,
        }
    }

    /// The recorded time that the screen shows.
    fn position(&mut self) -> Timestamp {
        let start = self.span.0;
        self.shown().state().now().max(start)
    }

    /// Lets time pass, for no longer than one slice of work.
    fn advance(&mut self) {
        let until = match self.target() {
            Some(target) => target,
            None => Timestamp::from_ns(i64::MAX),
        };
        let begun = Instant::now();
        let mut steps = 0_u32;
        while self.shown().next_at().is_some_and(|at| at <= until) {
            if self.step().is_none() {
                break;
            }
            steps += 1;
            if steps.is_multiple_of(64) && begun.elapsed() >= SLICE {
                break;
            }
        }
        if self.shown().finished() {
            self.playing = false;
            self.anchor = None;
            self.dirty = true;
        }
    }

    /// One input; `None` at the end or when the session cannot go on. Returns the stops it made.
    fn step(&mut self) -> Option<Vec<JumpTarget>> {
        let done = self.shown().step();
        self.dirty = true;
        match done {
            Ok(Some(Step { at, outputs })) => {
                self.catch_up_with_head();
                Some(self.stops.note(at, &outputs))
            }
            Ok(None) => None,
            Err(error) => {
                self.fail(&error);
                None
            }
        }
    }

    /// A view that has played as far as the session itself is the session again.
    fn catch_up_with_head(&mut self) {
        let reached = self
            .view
            .as_ref()
            .is_some_and(|view| view.sequencer().position() >= self.head.sequencer().position());
        if reached {
            self.view = None;
        }
    }

    fn fail(&mut self, error: &ReplayError) {
        self.playing = false;
        self.anchor = None;
        self.note(format!("stopped: {error}"));
    }

    fn note(&mut self, text: String) {
        if self.notes.len() == NOTES {
            self.notes.remove(0);
        }
        self.notes.push(text);
        self.dirty = true;
    }

    fn obey(&mut self, message: ToPlayer) {
        match message {
            ToPlayer::Command(command) => self.command(command),
            ToPlayer::Shell(request) => self.request(request),
        }
    }

    fn command(&mut self, command: OperatorCommand) {
        let past = self.view.is_some();
        if past && command.command == Command::Stop {
            // A stop counts wherever it is pressed: it stops the session, at the session's own time.
            self.note("the session is stopped, at its own time; you are looking at its past".to_owned());
        } else if past {
            self.note("you are looking at the past: `:resume` goes on from here in a branch".to_owned());
            return;
        }
        let at = self.head.state().now().max(self.span.0);
        match self.head.command(command) {
            Ok(outputs) => {
                self.stops.note(at, &outputs);
            }
            Err(error) => self.fail(&error),
        }
    }

    fn request(&mut self, request: ShellRequest) {
        match request {
            ShellRequest::Play => {
                self.playing = !self.shown().finished();
                self.anchor = None;
            }
            ShellRequest::Pause => self.playing = false,
            ShellRequest::SetSpeed(speed) => {
                if speed != Speed::Factor(0.0) {
                    self.speed = speed;
                }
                self.anchor = None;
            }
            ShellRequest::Slower => self.set_speed(-1),
            ShellRequest::Faster => self.set_speed(1),
            ShellRequest::StepEvent => {
                self.playing = false;
                self.step();
            }
            ShellRequest::StepBar => self.step_bar(),
            ShellRequest::Seek(to) => self.seek(to),
            ShellRequest::Jump { to, forward: true } => self.jump_forward(to),
            ShellRequest::Jump { to, forward: false } => self.jump_back(to),
            ShellRequest::Bookmark => self.bookmark(),
            ShellRequest::ResumeHere => self.resume_here(),
            ShellRequest::ReturnToSession => self.show(None),
            ShellRequest::NameBranch(name) => self.present.name = name,
            ShellRequest::Quit => {}
        }
    }

    /// The branch that the session is, as it stands.
    fn present(&self, snapshot: &Snapshot) -> Branch {
        let account = snapshot.accounts.iter().find(|a| self.account.as_ref().is_none_or(|id| *id == a.id));
        Branch {
            at: snapshot.now.max(self.span.0),
            orders: snapshot.orders.clone(),
            account: account.cloned(),
            ..self.present.clone()
        }
    }

    /// Leaves the present branch behind; the next one begins now and knows what has been seen.
    fn leave_branch(&mut self, left: Branch, from: Timestamp) {
        self.present = Branch {
            name: format!("branch-{}", self.branch_count),
            left: Some((left.name.clone(), from)),
            seen: Some(self.seen),
            ..left.clone()
        };
        self.left.push(left);
    }

    /// The next slower or faster step; the fastest is as fast as the engine goes.
    fn set_speed(&mut self, by: i32) {
        let at = match self.speed {
            Speed::Max => SPEEDS.len(),
            Speed::Factor(factor) => SPEEDS.iter().position(|s| *s >= factor).unwrap_or(SPEEDS.len() - 1),
        };
        let at = at.saturating_add_signed(by as isize);
        self.speed = SPEEDS.get(at).map_or(Speed::Max, |factor| Speed::Factor(*factor));
        self.anchor = None;
    }

    fn step_bar(&mut self) {
        self.playing = false;
        let now = self.position();
        let grid = self.shown().state().setup().grid;
        let next = grid.index(now).map_or(grid.start(0), |index| grid.end(index));
        let to = if next > now { next } else { self.span.1 };
        self.run_shown_until(to);
    }

    fn bookmark(&mut self) {
        let now = self.position();
        if let Err(place) = self.bookmarks.binary_search(&now) {
            self.bookmarks.insert(place, now);
        }
        self.stops.add(now, JumpTarget::Bookmark);
    }

    /// To a time: forwards by playing, back by a view from the beginning.
    fn seek(&mut self, to: Timestamp) {
        let to = to.max(self.span.0).min(self.span.1);
        self.anchor = None;
        self.seeking = Some(to);
        if to < self.position() {
            match self.head.again() {
                Ok(view) => self.show(Some(view)),
                Err(error) => return self.fail(&error),
            }
        }
        self.run_shown_until(to);
        self.seeking = None;
    }

    /// Shows another run of the day. What was drawn of the one before says nothing about it.
    fn show(&mut self, view: Option<Driver>) {
        self.view = view;
        self.builder = SnapshotBuilder::default();
        self.anchor = None;
    }

    fn run_shown_until(&mut self, to: Timestamp) {
        while self.shown().next_at().is_some_and(|at| at <= to) {
            if self.step().is_none() {
                break;
            }
        }
        self.anchor = None;
        self.dirty = true;
    }

    fn jump_forward(&mut self, to: JumpTarget) {
        self.playing = false;
        let now = self.position();
        if to == JumpTarget::Bookmark {
            match self.stops.after(now, to) {
                Some(at) => self.seek(at),
                None => self.note("no bookmark after this".to_owned()),
            }
            return;
        }
        loop {
            match self.step() {
                Some(kinds) if kinds.contains(&to) => return,
                Some(_) => {}
                None => return self.note(format!("no further {} today", to.word())),
            }
        }
    }

    fn jump_back(&mut self, to: JumpTarget) {
        self.playing = false;
        let now = self.position();
        match self.stops.before(now, to) {
            Some(at) => self.seek(at),
            None => self.note(format!("no {} before this", to.word())),
        }
    }

    /// Makes the view the session: a branch with a journal of its own, from here.
    fn resume_here(&mut self) {
        let Some(mut view) = self.view.take() else {
            self.note("this is the session itself: nothing to resume".to_owned());
            return;
        };
        let parent =
            Parent { head: self.head.sequencer().ledger().head(), seq: view.sequencer().ledger().last() };
        self.branch_count += 1;
        let path = self.branch_path();
        let branched = match &path {
            Some(path) => view.sequencer_mut().ledger_mut().branch_into(path, parent),
            None => view.sequencer_mut().ledger_mut().forget_future(),
        };
        if let Err(error) = branched {
            self.view = Some(view);
            self.note(format!("cannot branch here: {error}"));
            return;
        }
        if let Err(error) = self.stop_cleanly() {
            self.note(format!("the session left behind: {error}"));
        }
        let left = self.present(&SnapshotBuilder::default().build(self.head.state()));
        self.leave_branch(left, view.state().now().max(self.span.0));
        let name = path.as_deref().and_then(|p| p.file_name()).map_or_else(
            || "branch, not journaled".to_owned(),
            |name| format!("branch {}", name.to_string_lossy()),
        );
        self.head = view;
        self.anchor = None;
        self.note(format!("{name}: what was seen of later is not undone by it"));
    }

    /// A file name that is free, beside the session's own journal.
    fn branch_path(&self) -> Option<PathBuf> {
        let own = self.head.sequencer().ledger().path().map(PathBuf::from);
        let stem =
            own.as_deref().and_then(|p| p.file_stem()).map_or("session".into(), |s| s.to_string_lossy());
        let folder =
            own.as_deref().and_then(|p| p.parent().map(PathBuf::from)).or_else(|| self.branches.clone())?;
        (self.branch_count..).map(|n| folder.join(format!("{stem}.branch-{n}.journal"))).find(|p| !p.exists())
    }

    /// How the process is: memory looked up now and then, everything else counted here.
    fn health(&mut self) -> ShellHealth {
        self.frame_count += 1;
        if self.memory.0.is_none_or(|at: Instant| at.elapsed() >= MEMORY_EVERY) {
            self.memory = (Some(Instant::now()), memory_in_use());
        }
        ShellHealth {
            memory_bytes: self.memory.1,
            frames: self.frame_count,
            commit_us: self.head.sequencer().ledger().slowest_commit_us(),
            gateways: vec![GatewayStatus { name: "paper".to_owned(), up: self.view.is_none() }],
        }
    }

    fn publish(&mut self) {
        let position = self.position();
        self.seen = self.seen.max(position);
        let state = match &self.view {
            Some(view) => view.state(),
            None => self.head.state(),
        };
        let snapshot = Arc::new(self.builder.build(state));
        if self.view.is_none() {
            self.present = self.present(&snapshot);
        }
        let branches = self.left.iter().chain([&self.present]).cloned().collect();
        let status = ShellStatus {
            mode: Mode::Replay,
            account: self.account.clone(),
            operator: self.operator.to_string(),
            transport: Some(Transport {
                playing: self.playing,
                speed: self.speed,
                position,
                start: self.span.0,
                end: self.span.1,
                finished: self.shown().finished(),
                seeking: self.seeking,
                bookmarks: self.bookmarks.clone(),
                branches,
                view_only: self.view.is_some(),
            }),
            journal: self.head.sequencer().ledger().status(),
            commands_waiting: 0,
            notes: self.notes.clone(),
            health: self.health(),
            connections: Vec::new(),
        };
        self.frames.send_replace(Some(Frame { snapshot, status: Arc::new(status) }));
        self.published = Instant::now();
        self.dirty = false;
    }
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Quit,
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;

    use super::*;
    use crate::journal::{Open, SessionKind};
    use crate::runtime::day::Day;
    use crate::runtime::ledger::Ledger;

    #[test]
    fn a_branch_knows_where_it_left_and_how_far_had_been_seen() {
        let day = Day::open("quiet", None).unwrap();
        let open = Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest());
        let driver = Driver::new(&day, Ledger::in_memory(&open, "test").unwrap()).unwrap();
        let at = |h, m| Timestamp::nepal(day.setup.date, NaiveTime::from_hms_opt(h, m, 0).unwrap()).unwrap();
        let (publish, frames) = watch::channel(None);
        let setup = PlayerSetup {
            driver,
            span: day.span,
            speed: Speed::Max,
            playing: false,
            from: Some(at(11, 30)),
            account: day.account.clone(),
            operator: OperatorId::new("tr01"),
            branches: None,
            notes: vec!["said at the start".to_owned()],
        };
        let mut player = Player::new(setup, publish);
        let mut shown = |requests: Vec<ShellRequest>| {
            for request in requests {
                player.publish();
                player.obey(ToPlayer::Shell(request));
            }
            player.publish();
            let frame: Frame = frames.borrow().clone().unwrap();
            (frame.status.notes.clone(), frame.status.transport.clone().unwrap())
        };
        let (notes, transport) = shown(Vec::new());
        assert_eq!(notes, ["said at the start"]);
        assert_eq!(transport.branches.len(), 1);
        let (_, looking) = shown(vec![ShellRequest::Seek(at(11, 10))]);
        assert_eq!((looking.view_only, looking.branches.len()), (true, 1), "to look is no branch");
        let named = ShellRequest::NameBranch("second".to_owned());
        let (_, after) = shown(vec![ShellRequest::ResumeHere, named, ShellRequest::Seek(at(11, 15))]);
        let [main, second] = after.branches.as_slice() else { panic!("{:?}", after.branches) };
        assert_eq!((main.name.as_str(), second.name.as_str()), ("main", "second"));
        let (parent, left) = second.left.clone().unwrap();
        let minutes = |t: Timestamp| t.nepal_time().format("%H:%M").to_string();
        assert_eq!((parent.as_str(), minutes(left)), ("main", minutes(at(11, 10))));
        assert_eq!(
            (minutes(main.at), minutes(second.seen.unwrap())),
            ("11:30".to_owned(), "11:30".to_owned())
        );
        assert_eq!(minutes(second.at), "11:15");
    }

    #[test]
    fn a_stop_counts_while_somebody_looks_at_the_past() {
        let day = Day::open("quiet", None).unwrap();
        let open = Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest());
        let driver = Driver::new(&day, Ledger::in_memory(&open, "test").unwrap()).unwrap();
        let at = |h, m| Timestamp::nepal(day.setup.date, NaiveTime::from_hms_opt(h, m, 0).unwrap()).unwrap();
        let (publish, frames) = watch::channel(None);
        let by = OperatorId::new("tr01");
        let setup = PlayerSetup {
            driver,
            span: day.span,
            speed: Speed::Max,
            playing: false,
            from: Some(at(11, 30)),
            account: day.account.clone(),
            operator: by.clone(),
            branches: None,
            notes: Vec::new(),
        };
        let mut player = Player::new(setup, publish);
        player.obey(ToPlayer::Shell(ShellRequest::Seek(at(11, 10))));
        for command in [Command::ReleaseStop, Command::Stop] {
            player.obey(ToPlayer::Command(OperatorCommand { by: by.clone(), command }));
        }
        player.publish();
        let frame: Frame = frames.borrow().clone().unwrap();
        assert!(!frame.snapshot.trading.is_halted(), "the past is as it was");
        assert!(
            frame.status.notes.last().unwrap().contains("the session is stopped"),
            "{:?}",
            frame.status.notes
        );
        player.obey(ToPlayer::Shell(ShellRequest::ReturnToSession));
        player.publish();
        assert!(frames.borrow().clone().unwrap().snapshot.trading.is_halted());
    }
}
