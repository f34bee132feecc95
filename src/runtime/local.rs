//! The local terminal: keys in, pictures out, and the player behind it on a thread of its own.
//!
//! The loop waits for whichever comes first: a key, a new frame, a signal. It never works for the
//! engine, the engine never waits for it, and it never waits for the terminal: one picture is on its way
//! at a time, and the next is made when the terminal has shown that one. New frames are shown at a pace
//! that leaves half of the link to keys; between two of them a key is answered over the frame that is on
//! the screen, so that its answer is what the key changed and nothing else, on a slow line too. Leaving is
//! one path for every reason: the player is told to quit, brings the journal to a clean stop, and the
//! terminal is given back.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

use super::config::Settings;
use super::memory::MemoryFile;
use super::pace::Pace;
use super::replay::ReplayError;
use super::replay::player::{Player, PlayerSetup, ToPlayer};
use super::sequencer::SequencerError;
use super::signals;
use super::wire::{Chunk, News, Wire};
use crate::console::backend::clipboard::{self, Between};
use crate::console::backend::{Incoming, Keyboard, Link, LocalTerminal, Screen, link, local};
use crate::console::error::{ConfigError, TerminalError};
use crate::console::size::Sizes;
use crate::console::theme::{ColorDepth, Glyphs};
use crate::console::{Action, Frame, Key, Keymap, Moment, Picture, ShellRequest, Theme, Ui};
use crate::engine::{OperatorCommand, OperatorId};

/// Messages that may wait for the player; then the key that sends one waits.
const INBOX: usize = 256;

/// Why the console could not be shown, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// A configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no such theme.
    #[error(
        "theme `{0}`: not one of dark, light, high-contrast, colour-blind, mono, and no themes/{0}.toml in the configuration folder"
    )]
    NoSuchTheme(String),
    /// The session.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A live session.
    #[error(transparent)]
    Live(#[from] SequencerError),
    /// The player's thread died; its message is above.
    #[error("the session ended unexpectedly; its journal is intact up to the last commit")]
    PlayerDied,
    /// Threads or signals could not be had.
    #[error("the console cannot start: {0}")]
    System(#[from] std::io::Error),
}

impl LocalError {
    /// Whether it is the command line, the configuration or the terminal that is not fit, rather
    /// than something that failed on the way.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        let unfit = TerminalError::is_unfit;
        matches!(self, Self::Terminal(e) if unfit(e))
            || matches!(self, Self::Config(_) | Self::NoSuchTheme(_))
    }
}

/// Hands a message to the session; waits while too many wait already. Says whether anybody is there.
pub type Tell = Box<dyn Fn(ToPlayer) -> bool>;

/// A session that runs on a thread of its own.
pub struct Running {
    /// How it is spoken to.
    pub tell: Tell,
    /// Ends when it has been told to quit.
    pub thread: JoinHandle<Result<(), LocalError>>,
}

/// Begins a session: it is given what there is to say at the start, and where frames go.
pub type Begin = Box<dyn FnOnce(Vec<String>, watch::Sender<Option<Frame>>) -> std::io::Result<Running>>;

/// A session that waits to be shown.
pub struct SessionStart {
    /// Who sits at the terminal.
    pub operator: OperatorId,
    /// Begins it.
    pub begin: Begin,
}

impl SessionStart {
    /// A replay.
    #[must_use]
    pub fn replay(mut player: PlayerSetup) -> Self {
        let operator = player.operator.clone();
        let begin = move |notes: Vec<String>, publish| {
            player.notes.extend(notes);
            let (to_player, inbox) = sync_channel(INBOX);
            let thread = std::thread::Builder::new()
                .name("player".to_owned())
                .spawn(move || Ok(Player::new(player, publish).run(&inbox).map(|_| ())?))?;
            Ok(Running { tell: Box::new(move |message| to_player.send(message).is_ok()), thread })
        };
        Self { operator, begin: Box::new(begin) }
    }
}

/// How the local terminal is to look and behave.
pub struct LocalSetup {
    /// Who sits there, which theme, how many frames.
    pub settings: Settings,
    /// Where `keys.toml` and themes are looked for.
    pub config_dir: Option<PathBuf>,
    /// Where what is remembered of an operator is kept; `None` remembers nothing.
    pub state_dir: Option<PathBuf>,
}

/// Whether there is a terminal that a screen can be drawn on.
///
/// # Errors
/// [`TerminalError::NoTerminal`] and [`TerminalError::Dumb`].
pub fn check_terminal() -> Result<(), TerminalError> {
    local::check()
}

/// The terminal in words.
///
/// # Errors
/// [`TerminalError::Dumb`].
pub fn terminal_words() -> Result<String, TerminalError> {
    if let Err(dumb @ TerminalError::Dumb) = local::check() {
        return Err(dumb);
    }
    let (columns, rows) = local::size();
    let name = std::env::var("TERM").unwrap_or_else(|_| "TERM not set".to_owned());
    let fits = if columns < 60 || rows < 20 { ", too small for more than the emergency layout" } else { "" };
    Ok(format!("{name}, {columns}x{rows}{fits}"))
}

/// Reads `keys.toml` and every theme in a configuration folder, as a session would.
///
/// # Errors
/// [`LocalError::Config`] with file, line and what is wrong.
pub fn check_configuration(folder: Option<&Path>) -> Result<(), LocalError> {
    keymap(folder)?;
    let Some(themes) = folder.map(|f| f.join("themes")).filter(|f| f.is_dir()) else { return Ok(()) };
    for entry in std::fs::read_dir(themes)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            theme_file(&path)?;
        }
    }
    Ok(())
}

fn keymap(folder: Option<&Path>) -> Result<Keymap, LocalError> {
    let Some(path) = folder.map(|f| f.join("keys.toml")).filter(|p| p.exists()) else {
        return Ok(Keymap::default());
    };
    Ok(Keymap::from_toml(&path.display().to_string(), &std::fs::read_to_string(&path)?)?)
}

fn theme(name: &str, folder: Option<&Path>) -> Result<Theme, LocalError> {
    let file = folder.map(|f| f.join("themes").join(format!("{name}.toml"))).filter(|p| p.exists());
    match file {
        Some(path) => theme_file(&path),
        None => {
            Theme::embedded(name, depth(), glyphs()).ok_or_else(|| LocalError::NoSuchTheme(name.to_owned()))
        }
    }
}

/// The theme of a name; where it cannot be had, the program's own of that name, else the dark one, and
/// why. A screen that cannot be as somebody likes it is better than none.
fn theme_or_nearest(name: &str, folder: Option<&Path>, place: Option<&str>) -> (Theme, Option<String>) {
    let error = match theme(name, folder) {
        Ok(theme) => return (theme, None),
        Err(error) => error,
    };
    let own = Theme::embedded(name, depth(), glyphs());
    let nearest = own.or_else(|| Theme::embedded("dark", depth(), glyphs())).unwrap_or_default();
    let place = place.map(|p| format!("{p}: ")).unwrap_or_default();
    let note = format!("{place}{error}; the program's own `{}` is used", nearest.name());
    (nearest, Some(note))
}

fn theme_file(path: &Path) -> Result<Theme, LocalError> {
    let text = std::fs::read_to_string(path)?;
    Ok(Theme::from_toml(&path.display().to_string(), &text, depth(), glyphs())?)
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn depth() -> ColorDepth {
    ColorDepth::from_env(env("NO_COLOR").as_deref(), env("COLORTERM").as_deref(), env("TERM").as_deref())
}

fn glyphs() -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env(name));
    Glyphs::from_locale(locale.as_deref())
}

/// Shows a session until somebody leaves.
///
/// # Errors
/// [`LocalError`]; the terminal has been given back by then.
pub fn run(session: SessionStart, setup: &LocalSetup) -> Result<(), LocalError> {
    let folder = setup.config_dir.as_deref();
    let SessionStart { operator, begin } = session;
    let (memory, mut notes) = MemoryFile::open(setup.state_dir.as_deref(), &operator);
    let mut ui = Ui::new(keymap(folder)?);
    ui.sizes = Sizes::new(setup.settings.sizes.clone());
    ui.hold_ns = setup.settings.hold_ns;
    ui.configure(setup.settings.screen);
    ui.recall(memory.kept().clone());
    ui.no_clipboard = clipboard::is_missing(env("TERM").as_deref(), env("TERM_PROGRAM").as_deref());
    let place = ui.theme.is_none().then_some(setup.settings.theme_place.as_deref()).flatten();
    let wanted = ui.theme.as_ref().unwrap_or(&setup.settings.theme);
    let (theme, note) = theme_or_nearest(wanted, folder, place);
    notes.extend(note);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let terminal = LocalTerminal::new()?;
    let (publish, frames) = watch::channel(None);
    let Running { tell: to_session, thread: session } = begin(notes, publish)?;
    let (columns, rows) = local::size();
    let within = runtime.enter();
    let mut desk = Desk {
        terminal,
        wire: Wire::start()?,
        screen: Screen::new(columns, rows),
        keyboard: Keyboard::default(),
        link: Link::default(),
        beside: Vec::new(),
        ui,
        theme,
        to_session,
        operator,
        started: Instant::now(),
        config_dir: setup.config_dir.clone(),
        memory,
        drawn: Moment(0),
        looked_at: None,
        pace: Pace::new(1_000 / u64::from(setup.settings.frames_per_second.max(1))),
        urgent: true,
        resized: false,
    };
    drop(within);
    desk.ui.resized(columns, rows);
    if desk.ui.options.mouse {
        desk.beside(local::MOUSE_ON);
    }
    let last = frames.clone();
    let shown = runtime.block_on(desk.run(frames));
    desk.remember(last.borrow().as_ref());
    // Nobody is left to be told that it could not be written.
    let _ = desk.memory.flush();
    // A player that has died has closed its end already; then there is nobody to tell.
    let _ = (desk.to_session)(ToPlayer::Shell(ShellRequest::Quit));
    let ended = session.join();
    drop(desk);
    shown?;
    match ended {
        Ok(ended) => ended,
        Err(_) => Err(LocalError::PlayerDied),
    }
}

/// Bytes beside pictures, for bell and clipboard, that may wait for a terminal that takes nothing.
const BESIDE: usize = 65_536;
/// Least time between pictures while a terminal is being resized.
const RESIZE_MS: u64 = 50;

/// One terminal and what it needs to answer keys.
struct Desk {
    terminal: LocalTerminal,
    wire: Wire,
    screen: Screen,
    keyboard: Keyboard,
    link: Link<Picture>,
    /// Bell and clipboard, to go with the next write.
    beside: Vec<u8>,
    ui: Ui,
    theme: Theme,
    to_session: Tell,
    operator: OperatorId,
    started: Instant,
    config_dir: Option<PathBuf>,
    memory: MemoryFile,
    /// When it was last drawn.
    drawn: Moment,
    /// The frame that was drawn last, and how long it is on the screen.
    looked_at: Option<Frame>,
    pace: Pace,
    /// A key waits for its answer on the screen.
    urgent: bool,
    /// The terminal has another size than what was last drawn.
    resized: bool,
}

/// Whether the terminal goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Leave,
}

impl Desk {
    async fn run(&mut self, mut frames: watch::Receiver<Option<Frame>>) -> Result<(), LocalError> {
        let mut leave = std::pin::pin!(signals::any_signal());
        let mut resize = signal(SignalKind::window_change())?;
        let mut suspend = signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?;
        let mut resume = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
        // An error says that the player is gone.
        while let Ok(pending) = frames.has_changed() {
            let wait = self.wait(pending);
            let mut flow = Flow::Go;
            tokio::select! {
                biased;
                asked = &mut leave => {
                    asked?;
                    return Ok(());
                }
                news = self.wire.next() => flow = self.on_news(news, &frames)?,
                _ = resize.recv() => self.resize(),
                _ = resume.recv() => self.take_again()?,
                _ = suspend.recv() => {
                    self.ui.notice = Some("not here: leave with :quit, or use another window".to_owned());
                    self.urgent = true;
                }
                news = frames.changed(), if !pending => {
                    if news.is_ok() {
                        frames.mark_changed();
                    }
                }
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
            if flow == Flow::Leave || self.on_time(&frames) == Flow::Leave {
                return Ok(());
            }
            self.draw_if_due(&mut frames);
        }
        Ok(())
    }

    fn now(&self) -> Moment {
        self.moment(Instant::now())
    }

    fn moment(&self, at: Instant) -> Moment {
        Moment(u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX))
    }

    /// How long nothing has to be done unless something happens.
    fn wait(&self, pending: bool) -> Option<Duration> {
        let now = self.now();
        let draw = (!self.wire.is_busy()).then(|| self.draw_due(now, pending)).flatten();
        let wakes = self.ui.wakes_at().filter(|_| self.link.is_free(now) && !self.wire.is_busy());
        let due = [self.keyboard.due(), self.link.due(), draw, wakes].into_iter().flatten().min()?;
        Some(Duration::from_millis(due.since_ms(now)))
    }

    /// When the next picture may be drawn; `None` while there is nothing to draw, or one is on its way.
    fn draw_due(&self, now: Moment, pending: bool) -> Option<Moment> {
        let after = |ms: u64| Moment(self.drawn.0 + ms);
        if !self.link.is_free(now) {
            return None;
        }
        match (self.urgent, self.resized, pending) {
            (true, _, _) => Some(now),
            (_, true, _) => Some(after(RESIZE_MS)),
            (_, _, true) => Some(self.pace.due(self.link.pause_ms()).max(self.link.next_frame())),
            _ => None,
        }
    }

    fn on_news(&mut self, news: News, frames: &watch::Receiver<Option<Frame>>) -> Result<Flow, LocalError> {
        match news {
            News::Keys(Chunk { at, bytes }) => {
                let at = self.moment(at);
                let incoming = self.keyboard.feed(&bytes, at);
                Ok(self.on_incoming(incoming, frames))
            }
            News::Taken => {
                self.on_taken();
                Ok(Flow::Go)
            }
            News::Gone(None) => Ok(Flow::Leave),
            News::Gone(Some(error)) => Err(TerminalError::from(error).into()),
        }
    }

    /// The terminal has taken the last picture.
    fn on_taken(&mut self) {
        if let Some(picture) = self.link.taken() {
            let now = self.now();
            self.ui.shown(picture, now);
        }
    }

    /// What is due by the clock: half a key, a question without an answer.
    fn on_time(&mut self, frames: &watch::Receiver<Option<Frame>>) -> Flow {
        let now = self.now();
        let settled = self.keyboard.settle(now);
        // A flash that ends is taken off the screen though nothing came in.
        self.urgent |= self.ui.wakes_at().is_some_and(|at| at <= now);
        if self.link.tick(now) {
            self.beside(link::QUESTION);
        }
        self.on_incoming(settled, frames)
    }

    fn on_incoming(&mut self, incoming: Vec<Incoming>, frames: &watch::Receiver<Option<Frame>>) -> Flow {
        let frame = frames.borrow().clone();
        // Keys that arrived together are taken together: one press of a Nepali keyboard may be three.
        let mut keys = Vec::new();
        for one in incoming {
            if let Incoming::Key(key) = one {
                keys.push(key);
                continue;
            }
            if self.on_keys(std::mem::take(&mut keys), frame.as_ref()) == Flow::Leave {
                return Flow::Leave;
            }
            match (one, frame.as_ref()) {
                (Incoming::Status, _) => {
                    let now = self.now();
                    if let Some(picture) = self.link.answered(now) {
                        self.ui.shown(picture, now);
                    }
                }
                (Incoming::Paste(text), Some(frame)) => {
                    self.urgent = true;
                    self.ui.on_paste(&text, frame);
                }
                (Incoming::Pointer(pointer), Some(frame)) => {
                    self.urgent = true;
                    self.ui.on_pointer(pointer, frame);
                }
                (Incoming::Key(_), _) | (_, None) => {}
            }
        }
        self.on_keys(keys, frame.as_ref())
    }

    fn on_keys(&mut self, keys: Vec<Key>, frame: Option<&Frame>) -> Flow {
        let Some(frame) = frame.filter(|_| !keys.is_empty()) else { return Flow::Go };
        self.urgent = true;
        let actions = self.ui.on_keys(keys, frame);
        // A draft that is being sent is forgotten first: it must not come back as unsent.
        self.remember(Some(frame));
        if actions.iter().any(|a| matches!(a, Action::Command(_))) {
            self.tell(|desk| desk.memory.flush());
        }
        self.act(actions)
    }

    /// Keeps what there is to remember.
    fn remember(&mut self, frame: Option<&Frame>) {
        if let Some(frame) = frame {
            let memory = self.ui.memory(frame);
            self.tell(|desk| desk.memory.remember(memory));
        }
    }

    /// Says what went wrong, if something did.
    fn tell(&mut self, work: impl FnOnce(&mut Self) -> Option<String>) {
        if let Some(fault) = work(self) {
            self.ui.say(fault);
        }
    }

    fn resize(&mut self) {
        let (columns, rows) = local::size();
        self.screen.resize(columns, rows);
        let (columns, rows) = self.screen.size();
        self.ui.resized(columns, rows);
        self.resized = true;
    }

    /// The program was stopped and goes on: somebody else has had the terminal meanwhile.
    fn take_again(&mut self) -> Result<(), LocalError> {
        self.terminal.enter().map_err(TerminalError::from)?;
        self.link = Link::default();
        self.repaint();
        self.resize();
        Ok(())
    }

    /// The next picture is drawn whole, whatever is on its way.
    fn repaint(&mut self) -> bool {
        self.screen.forget();
        self.link.give_up();
        self.urgent = true;
        true
    }

    /// Bytes to go with the next write. What does not fit any more is dropped.
    fn beside(&mut self, bytes: &[u8]) -> bool {
        if self.beside.len() + bytes.len() <= BESIDE {
            self.beside.extend_from_slice(bytes);
        }
        true
    }

    fn act(&mut self, actions: Vec<Action>) -> Flow {
        for action in actions {
            let heard = match action {
                Action::Command(command) => {
                    let by = self.operator.clone();
                    (self.to_session)(ToPlayer::Command(OperatorCommand { by, command }))
                }
                Action::Shell(ShellRequest::Quit) => return Flow::Leave,
                Action::Shell(request) => (self.to_session)(ToPlayer::Shell(request)),
                Action::Copy(text) => {
                    let between = Between::from_env(env("TMUX").as_deref(), env("STY").as_deref());
                    self.beside(&clipboard::sequence(&text, between))
                }
                Action::Mouse(on) => self.beside(if on { local::MOUSE_ON } else { local::MOUSE_OFF }),
                Action::Bell => self.beside(b"\x07"),
                Action::Repaint => self.repaint(),
                Action::Theme(name) => {
                    match theme(&name, self.config_dir.as_deref()) {
                        Ok(theme) => {
                            self.theme = theme;
                            self.ui.theme = Some(name);
                            self.urgent = true;
                        }
                        Err(error) => self.ui.say(format!("{error}; the screen stays as it is")),
                    }
                    true
                }
            };
            // Nobody behind the channel: there is no session to show any more.
            if !heard {
                return Flow::Leave;
            }
        }
        Flow::Go
    }

    fn draw_if_due(&mut self, frames: &mut watch::Receiver<Option<Frame>>) {
        if self.wire.is_busy() {
            return;
        }
        let now = self.now();
        let pending = frames.has_changed().unwrap_or(false);
        let mut bytes = Vec::new();
        if self.draw_due(now, pending).is_some_and(|due| due <= now) {
            (self.urgent, self.resized, self.drawn) = (false, false, now);
            let any = frames.borrow().is_some();
            if any && self.pace.takes_newest(now, pending, self.link.pause_ms()) {
                self.looked_at = frames.borrow_and_update().clone();
            }
            if let Some(frame) = self.looked_at.clone() {
                bytes = self.picture(&frame, now);
            }
        }
        bytes.append(&mut self.beside);
        if !bytes.is_empty() && self.wire.write(bytes) {
            self.on_taken();
        }
    }

    /// The bytes of the picture of a frame.
    fn picture(&mut self, frame: &Frame, now: Moment) -> Vec<u8> {
        self.ui.settle(now);
        let rung = self.ui.observe(frame);
        self.act(rung);
        self.ui.link_ms = self.link.round_trip_ms();
        let mut bytes = self.screen.draw_frame(frame, &self.ui, &self.theme);
        let picture = self.ui.sent(now, frame).as_of(self.pace.newest());
        if bytes.is_empty() {
            self.ui.shown(picture, now);
        } else if self.link.send(picture, now) {
            bytes.extend_from_slice(link::QUESTION);
        }
        bytes
    }
}
