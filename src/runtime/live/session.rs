//! The thread of a live session: it owns the engine, takes what has come, hands out what follows, shows it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::LiveCore;
use super::broker::Broker;
use super::intake::Item;
use super::line_set::{FeedPlace, LineSet};
use super::lines::LineOrder;
use crate::console::{Frame, GatewayStatus, Mode, ShellHealth, ShellRequest, ShellStatus};
use crate::engine::snapshot::SnapshotBuilder;
use crate::engine::{Command, GatewayKind, OperatorId};
use crate::execution::{GatewayRequest, Line, LineState};
use crate::feed::live::SourceClock;
use crate::market::{AccountId, SessionPhase, SourceId};
use crate::runtime::replay::player::ToPlayer;
use crate::runtime::resident::memory_in_use;
use crate::runtime::sequencer::SequencerError;

/// Least time between two published frames; terminals draw fewer if they are slower.
const FRAME: Duration = Duration::from_millis(50);
/// Longest wait for something to come: the clock of the day goes on meanwhile.
const IDLE: Duration = Duration::from_millis(50);
/// How often the memory in use is looked up.
const MEMORY_EVERY: Duration = Duration::from_secs(5);
/// How long a feed that was just chosen may take to become live before another is.
const BECOMES_LIVE: Duration = Duration::from_secs(3);
/// Notes kept for the screen.
const NOTES: usize = 8;

/// Where requests go.
pub enum Outlet {
    /// Nowhere: the engine fills them itself, or nobody is there.
    None,
    /// To a venue, over a line of its own.
    Line(mpsc::Sender<GatewayRequest>),
    /// The same where a change needs an id of its own: each with the number of the input behind it.
    Numbered(mpsc::Sender<(u64, GatewayRequest)>),
    /// To a person, who keys them into a broker's portal.
    Broker(Box<Broker>),
}

/// What a session thread is given.
pub struct SessionSetup {
    /// The engine, caught up.
    pub core: LiveCore,
    /// What comes to it, and where its lines stand.
    pub lines: LineSet,
    /// Where requests go.
    pub outlet: Outlet,
    /// What the header calls the gateway.
    pub gateway: String,
    /// What kind of session it is.
    pub mode: Mode,
    /// The account of the local terminal.
    pub account: Option<AccountId>,
    /// Who sits there.
    pub operator: OperatorId,
    /// What the start has to say.
    pub notes: Vec<String>,
}

/// See the module.
pub struct LiveSession {
    setup: SessionSetup,
    frames: watch::Sender<Option<Frame>>,
    builder: SnapshotBuilder,
    published: Instant,
    frame_count: u64,
    memory: (Option<Instant>, Option<u64>),
    /// Which feed is shown, by its place in the list.
    active: usize,
    /// Where each feed's line stands, and its clock.
    lines: Vec<(LineState, Option<SourceClock>)>,
    /// The feed in use was told to begin anew and has not yet: what it says until then is of before.
    awaits_restart: bool,
    /// Until when the feed in use may take to become live before another is used instead.
    patience: Instant,
    /// The day has ended: how many of the feeds' lines were told to end.
    ended: Option<usize>,
}

/// Why nothing more is heard after the day.
const DAY_ENDED: &str = "the day has ended; start again";

impl LiveSession {
    /// A session that publishes to `frames`.
    #[must_use]
    pub fn new(setup: SessionSetup, frames: watch::Sender<Option<Frame>>) -> Self {
        let lines = vec![(LineState::Connecting, None); setup.lines.feeds.len()];
        if let Some(first) = setup.lines.feeds.first() {
            setup.lines.shared.board.use_feed(first.place);
        }
        Self {
            setup,
            frames,
            builder: SnapshotBuilder::default(),
            published: Instant::now(),
            frame_count: 0,
            memory: (None, None),
            active: 0,
            lines,
            awaits_restart: false,
            patience: Instant::now() + BECOMES_LIVE,
            ended: None,
        }
    }

    /// Runs until somebody quits.
    ///
    /// # Errors
    /// [`SequencerError`]: the journal or the recording refuses. Nothing is sent after that.
    pub fn run(mut self) -> Result<(), SequencerError> {
        self.begin()?;
        self.publish();
        loop {
            let items =
                self.setup.lines.shared.intake.take(IDLE.min(FRAME.saturating_sub(self.published.elapsed())));
            let go_on = self.take(items)?;
            self.choose()?;
            let now = self.setup.lines.shared.clock.now();
            self.setup.core.tick(now)?;
            self.end_day(now);
            self.hand_out()?;
            self.setup.core.settle()?;
            if !go_on {
                break;
            }
            if self.published.elapsed() >= FRAME {
                self.publish();
            }
        }
        self.setup.lines.shared.intake.close();
        let over = self.setup.core.state().session().phase == SessionPhase::Ended;
        let sequencer = self.setup.core.sequencer_mut();
        if over {
            sequencer.close()?;
            return Ok(());
        }
        sequencer.pause()
    }

    /// No line stands before one is heard of, whatever the journal says of before.
    fn begin(&mut self) -> Result<(), SequencerError> {
        let now = self.setup.lines.shared.clock.now();
        let heard: Vec<SourceId> = self.setup.core.state().feeds().iter().map(|(id, _)| *id).collect();
        for source in heard {
            self.setup.core.line(now, Line::Feed(source), LineState::Connecting)?;
        }
        if self.setup.core.state().gateway().kind == GatewayKind::Remote {
            self.setup.core.line(now, Line::Gateway, LineState::Connecting)?;
        }
        if let Outlet::Broker(broker) = &mut self.setup.outlet {
            let slips = broker.begin(&mut self.setup.core, now)?;
            broker.show(&self.setup.lines.shared.board);
            if slips > 0 {
                self.note(format!("slips of before: {slips}; look in the portal before keying one in again"));
            }
        }
        Ok(())
    }

    /// Gives the engine everything that has come. `false` when somebody quits.
    fn take(&mut self, items: VecDeque<Item>) -> Result<bool, SequencerError> {
        let now = self.setup.lines.shared.clock.now();
        let mut go_on = true;
        // All of it, whoever quits: what has been taken counts as done.
        for item in items {
            match item {
                Item::Market(event) => {
                    let in_use =
                        self.setup.lines.feeds.get(self.active).is_some_and(|f| f.source == event.source);
                    if in_use && !self.awaits_restart {
                        self.setup.core.market(now, event)?;
                    }
                }
                Item::Clock(source, clock) => self.on_clock(source, clock),
                Item::Feed(source, state) => self.on_feed(source, state)?,
                Item::Gateway(state) => {
                    self.setup.core.line(now, Line::Gateway, state)?;
                }
                Item::Said(said) => {
                    self.setup.core.said(now, said)?;
                }
                Item::Book(news) => {
                    if let Outlet::Broker(broker) = &mut self.setup.outlet {
                        let said = broker.brought(&mut self.setup.core, now, news)?;
                        self.note(said);
                    }
                }
                Item::Desk(ToPlayer::Command(command)) => {
                    let told = matches!(command.command, Command::TellOrder { .. });
                    self.setup.core.command(now, command)?;
                    // A person waits for what follows: it does not wait for the rest of the queue.
                    self.hand_out()?;
                    if let Outlet::Broker(broker) = &self.setup.outlet
                        && told
                    {
                        broker.told(&mut self.setup.core, now)?;
                    }
                }
                Item::Desk(ToPlayer::Shell(ShellRequest::Quit)) => go_on = false,
                Item::Desk(ToPlayer::Shell(_)) => {
                    self.note("that is for a replay: this session goes at the market's own time".to_owned());
                }
            }
        }
        Ok(go_on)
    }

    fn on_clock(&mut self, source: SourceId, clock: SourceClock) {
        let Some(n) = self.setup.lines.feeds.iter().position(|f| f.source == source) else { return };
        self.lines[n].1 = Some(clock);
        if n == self.active {
            self.setup.core.set_clock(clock);
        }
    }

    /// After the day nothing more is heard: what comes is another day's.
    fn end_day(&mut self, now: crate::market::Timestamp) {
        if self.ended.is_none() && self.setup.core.is_over(now) {
            self.ended = Some(0);
            self.note(DAY_ENDED.to_owned());
        }
        if let Some(told) = &mut self.ended
            && let Some(feed) = self.setup.lines.feeds.get(*told)
        {
            let full = |e| matches!(e, mpsc::error::TrySendError::Full(_));
            // A line that has yet to take an order in is told the next time around.
            *told += usize::from(!feed.orders.try_send(LineOrder::End(DAY_ENDED)).is_err_and(full));
        }
    }

    /// A feed's line changed: the engine hears of the one in use, and another may take over.
    fn on_feed(&mut self, source: SourceId, state: LineState) -> Result<(), SequencerError> {
        let Some(n) = self.setup.lines.feeds.iter().position(|f| f.source == source) else { return Ok(()) };
        let now = self.setup.lines.shared.clock.now();
        self.lines[n].0 = state;
        if n == self.active {
            if self.awaits_restart {
                // Its old connection is still what is heard of until it has gone.
                if state.is_live() {
                    return Ok(());
                }
                self.awaits_restart = false;
            }
            self.setup.core.line(now, Line::Feed(source), state)?;
        }
        self.choose()
    }

    /// The first feed that is live is used, unless the one in use is live itself.
    fn choose(&mut self) -> Result<(), SequencerError> {
        let has_live = self.lines.get(self.active).is_none_or(|(state, _)| state.is_live());
        if has_live && !self.awaits_restart {
            self.patience = Instant::now();
        }
        // Two that come up together must not take over from each other in turns.
        let waits = self.awaits_restart || Instant::now() < self.patience;
        if has_live || waits || self.ended.is_some() {
            return Ok(());
        }
        let Some(next) = self.lines.iter().position(|(state, _)| state.is_live()) else { return Ok(()) };
        let now = self.setup.lines.shared.clock.now();
        self.active = next;
        self.patience = Instant::now() + BECOMES_LIVE;
        let FeedPlace { source, place, orders } = &self.setup.lines.feeds[next];
        self.setup.lines.shared.board.use_feed(*place);
        // It begins anew, so that the whole book comes from it. A full channel means that it is already told to.
        self.awaits_restart = orders.try_send(LineOrder::Anew).is_ok();
        if let Some(clock) = self.lines[next].1 {
            self.setup.core.set_clock(clock);
        }
        let (source, text) = (*source, format!("feed {source} takes over"));
        self.setup.core.line(now, Line::Feed(source), LineState::Syncing)?;
        self.note(text);
        Ok(())
    }

    /// Requests leave. They are durable by now.
    fn hand_out(&mut self) -> Result<(), SequencerError> {
        let requests = self.setup.core.take_numbered_requests();
        let plain = |(_, request)| request;
        let refused: Vec<String> = match &mut self.setup.outlet {
            Outlet::None => Vec::new(),
            Outlet::Line(line) => {
                let refused =
                    requests.into_iter().map(plain).filter_map(|request| line.try_send(request).err());
                refused.map(|error| error.to_string()).collect()
            }
            Outlet::Numbered(line) => {
                let refused = requests.into_iter().filter_map(|request| line.try_send(request).err());
                refused.map(|error| error.to_string()).collect()
            }
            Outlet::Broker(broker) => {
                let requests: Vec<GatewayRequest> = requests.into_iter().map(plain).collect();
                broker.hand_out(&mut self.setup.core, self.setup.lines.shared.clock.now(), &requests)?;
                broker.show(&self.setup.lines.shared.board);
                Vec::new()
            }
        };
        // Their orders will be unknown when no answer comes, and are then asked about.
        for error in refused {
            self.note(format!("the gateway takes nothing more: {error}"));
        }
        Ok(())
    }

    fn note(&mut self, text: String) {
        if self.setup.notes.len() == NOTES {
            self.setup.notes.remove(0);
        }
        self.setup.notes.push(text);
    }

    fn health(&mut self) -> ShellHealth {
        self.frame_count += 1;
        if self.memory.0.is_none_or(|at| at.elapsed() >= MEMORY_EVERY) {
            self.memory = (Some(Instant::now()), memory_in_use());
        }
        let gateway = self.setup.core.state().gateway();
        ShellHealth {
            memory_bytes: self.memory.1,
            frames: self.frame_count,
            commit_us: self.setup.core.sequencer().ledger().slowest_commit_us(),
            gateways: vec![GatewayStatus { name: self.setup.gateway.clone(), up: gateway.line.is_live() }],
        }
    }

    fn publish(&mut self) {
        let snapshot = Arc::new(self.builder.build(self.setup.core.state()));
        let conflated = self.setup.lines.shared.intake.conflated();
        let status = ShellStatus {
            mode: self.setup.mode,
            account: self.setup.account.clone(),
            operator: self.setup.operator.to_string(),
            transport: None,
            journal: self.setup.core.sequencer().ledger().status(),
            commands_waiting: 0,
            notes: self.setup.notes.clone(),
            health: self.health(),
            connections: self.setup.lines.shared.board.read(self.setup.lines.shared.clock.now(), conflated),
        };
        self.frames.send_replace(Some(Frame { snapshot, status: Arc::new(status) }));
        self.published = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::day::DayMeta;
    use crate::journal::SessionKind;
    use crate::market::time::NS_PER_S;
    use crate::market::{Board as Market, Instrument, SessionDate, Symbol, Timestamp, Universe};
    use crate::runtime::live::board::LocalClock;
    use crate::runtime::live::recovery::{LiveKind, begin};

    /// A minute before midnight in UTC.
    const LATE: Timestamp = Timestamp::from_ns(1_723_161_540 * NS_PER_S);

    /// A session with two feeds that no line stands behind, and what each is told.
    fn session() -> (LiveSession, Vec<mpsc::Receiver<LineOrder>>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let universe = Universe::new([Instrument::foreign(Symbol::new("BTCUSDT"), 100, 1)]);
        let date = SessionDate::new(2024, 8, 8).unwrap();
        let day = DayMeta::new(date, Market::Foreign, "a day", universe);
        let kind = LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside };
        let begun = begin(&folder.path().join("a.journal"), day, kind, "T").unwrap();
        let mut core = LiveCore::new(begun.sequencer);
        core.set_clock(SourceClock { here: LATE, there: LATE, speed_milli: 1_000 });
        let (mut lines, _) = LineSet::new(LocalClock::start());
        let mut heard = Vec::new();
        for n in 1..=2 {
            let (orders, told) = mpsc::channel(1);
            heard.push(told);
            let place = lines.shared.board.add("feed", crate::console::ConnectionUse::Standby);
            lines.feeds.push(FeedPlace { source: SourceId(n), place, orders });
        }
        let setup = SessionSetup {
            core,
            lines,
            outlet: Outlet::None,
            gateway: "inside".to_owned(),
            mode: Mode::Paper,
            account: None,
            operator: OperatorId::new("desk"),
            notes: Vec::new(),
        };
        (LiveSession::new(setup, watch::channel(None).0), heard, folder)
    }

    #[test]
    fn when_the_day_is_over_every_line_is_told_to_end_and_it_is_said_once() {
        let (mut session, mut heard, _folder) = session();
        session.end_day(LATE.plus_ns(59 * NS_PER_S));
        assert!(heard.iter_mut().all(|told| told.try_recv().is_err()) && session.setup.notes.is_empty());
        for second in 60..64 {
            session.end_day(LATE.plus_ns(second * NS_PER_S));
        }
        assert!(heard.iter_mut().all(|told| told.try_recv() == Ok(LineOrder::End(DAY_ENDED))));
        assert!(heard.iter_mut().all(|told| told.try_recv().is_err()));
        assert_eq!(session.setup.notes, [DAY_ENDED]);
    }

    #[test]
    fn two_feeds_that_come_up_together_do_not_take_over_from_each_other_in_turns() {
        use LineState::{Connecting, Live};
        let (mut session, mut heard, _folder) = session();
        let (first, second) = (SourceId(1), SourceId(2));
        // The second is there a moment earlier: the first is preferred, and has a while.
        session.on_feed(second, Live).unwrap();
        session.on_feed(first, Live).unwrap();
        assert_eq!((session.active, heard[1].try_recv().is_err()), (0, true));
        // The first fails: the second takes over at once, and begins anew.
        session.on_feed(first, Connecting).unwrap();
        assert_eq!((session.active, heard[1].try_recv()), (1, Ok(LineOrder::Anew)));
        // While it does, the first is back, and is not begun anew in its turn.
        session.on_feed(second, Connecting).unwrap();
        session.on_feed(first, Live).unwrap();
        assert_eq!((session.active, heard[0].try_recv().is_err()), (1, true));
        // It has had its while and is not there.
        session.patience = Instant::now();
        session.choose().unwrap();
        assert_eq!((session.active, heard[0].try_recv()), (0, Ok(LineOrder::Anew)));
    }
}
