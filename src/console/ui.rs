//! What one terminal looks at: its own state, which no engine and no other terminal knows.
//!
//! Everything is chosen by id and never by row: rows move while a finger is on Enter. Nothing here
//! asks a clock; moments come with keys and with [`Ui::drawn`].

use std::collections::{BTreeMap, BTreeSet};

use super::input::{Chord, Key, Moment};
use super::keymap::{Context, Keymap, Scope};
use super::overlay::{Overlay, Ticket};
use super::pane::PaneId;
use super::size::Sizes;
use super::update::Action;
use super::{Frame, JumpTarget, rows};
use crate::engine::{Alert, Severity};
use crate::execution::ClientOrderId;
use crate::market::{InstrumentId, Price};

/// A page of the console.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Workspace {
    /// Trading.
    Trade,
    /// Limits and breakers.
    Risk,
    /// Proposals of two persons.
    Approvals,
    /// Where the numbers come from.
    Models,
    /// A recorded day.
    Replay,
}

impl Workspace {
    /// Every workspace in the order of its keys.
    pub const ALL: [Self; 5] = [Self::Trade, Self::Risk, Self::Approvals, Self::Models, Self::Replay];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trade => "Trade",
            Self::Risk => "Risk",
            Self::Approvals => "Approvals",
            Self::Models => "Models",
            Self::Replay => "Replay",
        }
    }

    /// The key that leads there.
    #[must_use]
    pub const fn digit(self) -> char {
        match self {
            Self::Trade => '1',
            Self::Risk => '2',
            Self::Approvals => '3',
            Self::Models => '4',
            Self::Replay => '5',
        }
    }

    /// What comes there, for those that are not there yet.
    #[must_use]
    pub const fn to_come(self) -> Option<&'static str> {
        match self {
            Self::Trade | Self::Replay => None,
            Self::Risk => Some("limits, breakers and the checks of the last orders will be shown here"),
            Self::Approvals => Some("proposals that need two persons will wait here"),
            Self::Models => Some("the models behind the numbers, with their inputs, will be shown here"),
        }
    }
}

/// The state of one list.
#[derive(Clone, Debug, Default)]
pub struct ListState {
    /// What it is narrowed to.
    pub filter: String,
    /// Which of its columns it is ordered by.
    pub sort: usize,
    /// Whether the order is turned round.
    pub turned: bool,
    /// The row under the cursor, by id.
    pub selected: Option<u64>,
    /// The rows as they stood when the cursor came in; `None` while nobody is in it.
    pub held: Option<Vec<u64>>,
}

/// Which picture the depth pane shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DepthView {
    /// Levels with their quantities; the tape on a day without depth.
    #[default]
    Levels,
    /// Levels with quantities added up from the touch.
    Cumulative,
    /// The tape.
    Tape,
    /// The tape totalled by broker.
    Brokers,
    /// Volume at price.
    Volume,
}

impl DepthView {
    /// The one after, among those that a day offers.
    #[must_use]
    pub const fn next(self, depth: bool) -> Self {
        match self {
            Self::Levels if depth => Self::Cumulative,
            Self::Levels | Self::Cumulative if depth => Self::Tape,
            Self::Levels | Self::Cumulative | Self::Tape => Self::Brokers,
            Self::Brokers => Self::Volume,
            Self::Volume => Self::Levels,
        }
    }
}

/// The prices of the ladder as they stood when the cursor came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAxis {
    /// Prices, highest first.
    pub prices: Vec<Price>,
    /// How many of them were offers.
    pub centre: usize,
    /// Quantities then, to say what has gone.
    pub was: BTreeMap<Price, i64>,
}

/// The ladder's own state.
#[derive(Clone, Debug, Default)]
pub struct LadderState {
    /// The price under the cursor.
    pub cursor: Option<Price>,
    /// The axis while the cursor is in it.
    pub held: Option<HeldAxis>,
    /// Which picture.
    pub view: DepthView,
}

/// What the screen is known to show: the engine's inputs at that moment, and the last moment at which
/// that was new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    pub at: Moment,
    pub inputs: u64,
}

/// A picture that has left for the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picture {
    number: u64,
    sent: Moment,
    inputs: u64,
}

/// This terminal's state.
#[derive(Clone, Debug)]
pub struct Ui {
    pub(super) keymap: Keymap,
    /// The page.
    pub workspace: Workspace,
    /// The pane that keys go to.
    pub focus: PaneId,
    /// Whether that pane has the whole middle.
    pub full: bool,
    /// The symbol that ladder, chart and ticket are about.
    pub symbol: Option<InstrumentId>,
    /// The one before.
    pub symbol_before: Option<InstrumentId>,
    /// Symbols taken off the watch list.
    pub unwatched: BTreeSet<InstrumentId>,
    /// The last one taken off.
    pub last_unwatched: Option<InstrumentId>,
    /// The ladder.
    pub ladder: LadderState,
    /// Order sizes.
    pub sizes: Sizes,
    /// Where a jump in a replay stops.
    pub stop_kind: JumpTarget,
    /// What lies over the panes, the last on top.
    pub stack: Vec<Overlay>,
    /// A ticket that was left and not sent.
    pub draft: Option<Ticket>,
    /// The first of two strokes.
    pub first_stroke: Option<Chord>,
    /// What the screen has to say about the last key. Cleared by the next.
    pub notice: Option<String>,
    /// Keys dropped because the screen they were pressed against was old.
    pub keys_ignored: u32,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    lists: BTreeMap<PaneId, ListState>,
    pub(super) last_key: Option<Key>,
    pub(super) shown: Option<Shown>,
    pub(super) ignored_in_a_row: u32,
    /// The round trip to the terminal in milliseconds; `None` while it is not known.
    pub link_ms: Option<u32>,
    pictures: u64,
    pub(super) cancels_out: BTreeMap<ClientOrderId, u64>,
    pub(super) interrupted: bool,
    pub(super) nepali_seen: bool,
    rung: Option<u64>,
}

/// Below this the screen shows only what matters most.
pub const LEAST_SIZE: (u16, u16) = (60, 20);

impl Ui {
    /// A terminal that has seen nothing yet.
    #[must_use]
    pub fn new(keymap: Keymap) -> Self {
        Self {
            keymap,
            workspace: Workspace::Trade,
            focus: PaneId::Depth,
            full: false,
            symbol: None,
            symbol_before: None,
            unwatched: BTreeSet::new(),
            last_unwatched: None,
            ladder: LadderState::default(),
            sizes: Sizes::default(),
            stop_kind: JumpTarget::Alert,
            stack: Vec::new(),
            draft: None,
            first_stroke: None,
            notice: None,
            keys_ignored: 0,
            size: (80, 24),
            lists: BTreeMap::new(),
            last_key: None,
            shown: None,
            ignored_in_a_row: 0,
            link_ms: None,
            pictures: 0,
            cancels_out: BTreeMap::new(),
            interrupted: false,
            nepali_seen: false,
            rung: None,
        }
    }

    /// The keys of this terminal.
    #[must_use]
    pub const fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// The terminal has this many columns and rows.
    pub const fn resized(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
    }

    /// Looks at a new frame before it is drawn: chooses a first symbol, holds the list the cursor is
    /// in, and rings for a new alert of weight. Nothing else changes.
    pub fn observe(&mut self, frame: &Frame) -> Vec<Action> {
        if self.symbol.is_none() {
            self.symbol = frame.snapshot.instruments.first().map(|i| i.id);
        }
        self.cancels_out.retain(|_, inputs| frame.snapshot.inputs <= *inputs);
        let focus = self.focus;
        if focus.is_list() && self.list(focus).held.is_none() && self.list(focus).selected.is_some() {
            let rows = rows::fresh(focus, frame, self);
            self.list_mut(focus).held = Some(rows);
        }
        self.ring(frame)
    }

    /// The bell for alerts of weight not rung for yet; what was there before the first look is old.
    fn ring(&mut self, frame: &Frame) -> Vec<Action> {
        let newest = frame.snapshot.alerts.last().map_or(0, |a| a.id);
        let Some(rung) = self.rung.replace(newest) else { return Vec::new() };
        let heavy = |a: &&Alert| a.id > rung && a.kind.severity() >= Severity::High;
        let any = frame.snapshot.alerts.iter().rev().find(heavy).is_some();
        if any { vec![Action::Bell] } else { Vec::new() }
    }

    /// A picture of this frame and of this terminal's state leaves at `at`. Hand what is returned to
    /// [`Ui::shown`] once the terminal is known to show it.
    pub fn sent(&mut self, at: Moment, frame: &Frame) -> Picture {
        self.pictures += 1;
        if let Some(Overlay::Prompt(prompt)) = self.stack.last_mut() {
            prompt.sent_in.get_or_insert(self.pictures);
        }
        Picture { number: self.pictures, sent: at, inputs: frame.snapshot.inputs }
    }

    /// The screen is known to show a picture since `at`. A prompt that was in it may be answered from
    /// then on.
    pub fn shown(&mut self, picture: Picture, at: Moment) {
        self.shown = Some(Shown { at: picture.sent, inputs: picture.inputs });
        self.ignored_in_a_row = 0;
        if let Some(Overlay::Prompt(prompt)) = self.stack.last_mut()
            && prompt.sent_in.is_some_and(|first| first <= picture.number)
        {
            prompt.drawn_at.get_or_insert(at);
        }
    }

    /// The screen shows this frame since `at`, without a link between.
    pub fn drawn(&mut self, at: Moment, frame: &Frame) {
        let picture = self.sent(at, frame);
        self.shown(picture, at);
    }

    /// The state of a list.
    #[must_use]
    pub fn list(&self, pane: PaneId) -> &ListState {
        static FRESH: ListState =
            ListState { filter: String::new(), sort: 0, turned: false, selected: None, held: None };
        self.lists.get(&pane).unwrap_or(&FRESH)
    }

    /// The state of a list, to change it.
    pub fn list_mut(&mut self, pane: PaneId) -> &mut ListState {
        self.lists.entry(pane).or_default()
    }

    /// What lies on top.
    #[must_use]
    pub fn overlay(&self) -> Option<&Overlay> {
        self.stack.last()
    }

    /// Whether only the most important fits.
    #[must_use]
    pub const fn too_small(&self) -> bool {
        self.size.0 < LEAST_SIZE.0 || self.size.1 < LEAST_SIZE.1
    }

    /// What keys go to now.
    #[must_use]
    pub fn context(&self, frame: &Frame) -> Context {
        let scope = match self.overlay() {
            Some(overlay) => overlay.scope(),
            None if self.too_small() => Scope::TooSmall,
            None => Scope::Pane(self.focus),
        };
        Context { scope, replay: frame.status.transport.is_some() }
    }
}
