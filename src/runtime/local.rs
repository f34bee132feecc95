//! The local terminal: keys in, pictures out, and the player behind it on a thread of its own.
//!
//! The loop waits for whichever comes first: a key, a new frame, a signal. It never works for the
//! engine and the engine never waits for it. Leaving is one path for every reason: the player is told to
//! quit, brings the journal to a clean stop, and the terminal is given back.

use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{Instant as Tick, sleep_until};

use super::config::Settings;
use super::memory::MemoryFile;
use super::replay::ReplayError;
use super::replay::player::{Player, PlayerSetup, ToPlayer};
use super::signals;
use crate::console::backend::{LocalTerminal, clipboard};
use crate::console::error::{ConfigError, TerminalError};
use crate::console::size::Sizes;
use crate::console::theme::{ColorDepth, Glyphs};
use crate::console::{Action, Frame, Key, Keymap, Moment, Pointer, ShellRequest, Theme, Ui, draw};
use crate::engine::{OperatorCommand, OperatorId};

/// Messages that may wait for the player; then the key that sends one waits.
const INBOX: usize = 256;

/// Events taken in one turn; a paste without brackets is not to keep the screen from being drawn.
const TOGETHER: usize = 64;

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
        matches!(self, Self::Terminal(TerminalError::NoTerminal) | Self::Config(_) | Self::NoSuchTheme(_))
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

/// Whether there is a terminal at all.
///
/// # Errors
/// [`TerminalError::NoTerminal`].
pub fn check_terminal() -> Result<(), TerminalError> {
    use std::io::IsTerminal;
    let there = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if there { Ok(()) } else { Err(TerminalError::NoTerminal) }
}

/// The terminal in words.
///
/// # Errors
/// [`TerminalError`] when its size cannot be had.
pub fn terminal_words() -> Result<String, TerminalError> {
    let (columns, rows) = crossterm::terminal::size()?;
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
pub fn run(mut player: PlayerSetup, setup: &LocalSetup) -> Result<(), LocalError> {
    let folder = setup.config_dir.as_deref();
    let operator = player.operator.clone();
    let (memory, notes) = MemoryFile::open(setup.state_dir.as_deref(), &operator);
    player.notes.extend(notes);
    let mut ui = Ui::new(keymap(folder)?);
    ui.sizes = Sizes::new(setup.settings.sizes.clone());
    ui.hold_ns = setup.settings.hold_ns;
    ui.configure(setup.settings.screen);
    ui.recall(memory.kept().clone());
    ui.no_clipboard = clipboard::is_missing(env("TERM").as_deref(), env("TERM_PROGRAM").as_deref());
    let place = ui.theme.is_none().then_some(setup.settings.theme_place.as_deref()).flatten();
    let wanted = ui.theme.as_ref().unwrap_or(&setup.settings.theme);
    let (theme, note) = theme_or_nearest(wanted, folder, place);
    player.notes.extend(note);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let terminal = LocalTerminal::new()?;
    let (to_player, inbox) = sync_channel(INBOX);
    let (publish, frames) = watch::channel(None);
    let session = std::thread::Builder::new()
        .name("player".to_owned())
        .spawn(move || Player::new(player, publish).run(&inbox).map(|_| ()))?;
    let mut desk = Desk {
        terminal,
        ui,
        theme,
        to_player,
        operator,
        started: Instant::now(),
        config_dir: setup.config_dir.clone(),
        memory,
        repaint: false,
    };
    if desk.ui.options.mouse {
        desk.terminal.mouse(true).map_err(TerminalError::from)?;
    }
    let least = Duration::from_secs(1) / setup.settings.frames_per_second.max(1);
    let last = frames.clone();
    let shown = runtime.block_on(desk.run(frames, least));
    desk.remember(last.borrow().as_ref());
    // Nobody is left to be told that it could not be written.
    let _ = desk.memory.flush();
    // A player that has died has closed its end already; then there is nobody to tell.
    let _ = desk.to_player.send(ToPlayer::Shell(ShellRequest::Quit));
    let ended = session.join();
    drop(desk);
    shown?;
    match ended {
        Ok(ended) => Ok(ended?),
        Err(_) => Err(LocalError::PlayerDied),
    }
}

/// One terminal and what it needs to answer keys.
struct Desk {
    terminal: LocalTerminal,
    ui: Ui,
    theme: Theme,
    to_player: SyncSender<ToPlayer>,
    operator: OperatorId,
    started: Instant,
    config_dir: Option<PathBuf>,
    memory: MemoryFile,
    repaint: bool,
}

/// An event and those that are there already, without waiting for more.
async fn arrived_with(
    first: TerminalEvent,
    events: &mut EventStream,
) -> Result<Vec<TerminalEvent>, std::io::Error> {
    let mut together = vec![first];
    while together.len() < TOGETHER
        && let Poll::Ready(Some(next)) = poll_fn(|cx| Poll::Ready(events.poll_next_unpin(cx))).await
    {
        together.push(next?);
    }
    Ok(together)
}

/// Whether the terminal goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Leave,
}

impl Desk {
    async fn run(
        &mut self,
        mut frames: watch::Receiver<Option<Frame>>,
        least: Duration,
    ) -> Result<(), LocalError> {
        let mut events = EventStream::new();
        let mut leave = std::pin::pin!(signals::any_signal());
        let (columns, rows) = self.terminal.size();
        self.ui.resized(columns, rows);
        let mut next_draw = Tick::now();
        let mut waiting = false;
        loop {
            let wakes =
                self.ui.wakes_at().map(|at| Tick::from_std(self.started + Duration::from_millis(at.0)));
            tokio::select! {
                biased;
                asked = &mut leave => {
                    asked?;
                    return Ok(());
                }
                event = events.next() => {
                    let Some(event) = event else { return Ok(()) };
                    let together = arrived_with(event?, &mut events).await?;
                    let frame = frames.borrow().clone();
                    if self.on_events(together, frame.as_ref()) == Flow::Leave {
                        return Ok(());
                    }
                    // The answer to a key is drawn at once, whatever the frame rate.
                    self.draw(frame.as_ref())?;
                }
                news = frames.changed() => {
                    if news.is_err() {
                        return Ok(());
                    }
                    waiting = true;
                }
                () = sleep_until(wakes.unwrap_or(next_draw)), if wakes.is_some() && !waiting => {
                    let frame = frames.borrow().clone();
                    self.draw(frame.as_ref())?;
                }
                () = sleep_until(next_draw), if waiting => {
                    waiting = false;
                    next_draw = Tick::now() + least;
                    let frame = frames.borrow_and_update().clone();
                    self.draw(frame.as_ref())?;
                }
            }
        }
    }

    fn now(&self) -> Moment {
        Moment(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Keys that arrived together are taken together: one press of a Nepali keyboard may be three.
    fn on_events(&mut self, events: Vec<TerminalEvent>, frame: Option<&Frame>) -> Flow {
        let mut keys = Vec::new();
        for event in events {
            if let TerminalEvent::Key(key) = &event {
                keys.extend(Key::from_crossterm(key, self.now()));
                continue;
            }
            let taken = self.on_keys(std::mem::take(&mut keys), frame);
            if taken == Flow::Leave || self.on_event(event, frame) == Flow::Leave {
                return Flow::Leave;
            }
        }
        self.on_keys(keys, frame)
    }

    fn on_keys(&mut self, keys: Vec<Key>, frame: Option<&Frame>) -> Flow {
        let Some(frame) = frame else { return Flow::Go };
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

    fn on_event(&mut self, event: TerminalEvent, frame: Option<&Frame>) -> Flow {
        match event {
            TerminalEvent::Resize(columns, rows) => {
                self.terminal.resize(columns, rows);
                self.ui.resized(columns, rows);
                self.repaint = true;
                Flow::Go
            }
            TerminalEvent::Mouse(mouse) => {
                if let (Some(pointer), Some(frame)) = (Pointer::from_crossterm(&mouse), frame) {
                    self.ui.on_pointer(pointer, frame);
                }
                Flow::Go
            }
            TerminalEvent::Paste(text) => {
                if let Some(frame) = frame {
                    self.ui.on_paste(&text, frame);
                }
                Flow::Go
            }
            _ => Flow::Go,
        }
    }

    fn act(&mut self, actions: Vec<Action>) -> Flow {
        for action in actions {
            let heard = match action {
                Action::Command(command) => {
                    let by = self.operator.clone();
                    self.to_player.send(ToPlayer::Command(OperatorCommand { by, command })).is_ok()
                }
                Action::Shell(ShellRequest::Quit) => return Flow::Leave,
                Action::Shell(request) => self.to_player.send(ToPlayer::Shell(request)).is_ok(),
                Action::Copy(text) => self.terminal.copy(&text).is_ok(),
                Action::Bell => self.terminal.bell().is_ok(),
                Action::Repaint => {
                    self.repaint = true;
                    true
                }
                Action::Mouse(on) => self.terminal.mouse(on).is_ok(),
                Action::Theme(name) => {
                    match theme(&name, self.config_dir.as_deref()) {
                        Ok(theme) => {
                            self.theme = theme;
                            self.repaint = true;
                            self.ui.theme = Some(name);
                        }
                        Err(error) => self.ui.say(format!("{error}; the screen stays as it is")),
                    }
                    true
                }
            };
            // Nobody behind the channel or the terminal: there is no session to show any more.
            if !heard {
                return Flow::Leave;
            }
        }
        Flow::Go
    }

    fn draw(&mut self, frame: Option<&Frame>) -> Result<(), LocalError> {
        let Some(frame) = frame else { return Ok(()) };
        if std::mem::take(&mut self.repaint) {
            self.terminal.repaint();
        }
        self.ui.settle(self.now());
        let rung = self.ui.observe(frame);
        self.act(rung);
        let (ui, theme) = (&self.ui, &self.theme);
        self.terminal
            .draw(|target| {
                draw(target, frame, ui, theme);
            })
            .map_err(TerminalError::from)?;
        let now = self.now();
        self.ui.drawn(now, frame);
        Ok(())
    }
}
