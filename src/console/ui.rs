//! What one terminal looks at: its own state, which no engine and no other terminal knows.
//!
//! Everything is chosen by id and never by row: rows move while a finger is on Enter. Nothing here
//! asks a clock; moments come with keys and with [`Ui::drawn`].

use std::collections::{BTreeMap, BTreeSet};

use super::comoving::Comoving;
use super::flash::{Flashes, Mark};
use super::format::MISSING;
use super::input::{Chord, Key, Moment};
use super::keymap::{Context, Keymap, Scope};
use super::overlay::{Overlay, Plain, Ticket};
use super::pane::PaneId;
use super::preview::Facts;
use super::size::Sizes;
use super::update::Action;
use super::{Frame, JumpTarget, Memory, Options, rows};
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
            Self::Trade | Self::Risk | Self::Replay => None,
            Self::Approvals => Some(
                "proposals that need two persons will wait here: release, override, raised limit, hard halt, flatten",
            ),
            Self::Models => Some("the models behind the numbers, with their inputs, will be shown here"),
        }
    }
}

/// The state of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// A fixed grid with a row for every so many ticks.
    Grid(u8),
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
    /// Every view with the name it is remembered by.
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Levels, "levels"),
        (Self::Grid(1), "grid 1"),
        (Self::Grid(5), "grid 5"),
        (Self::Grid(10), "grid 10"),
        (Self::Cumulative, "cumulative"),
        (Self::Tape, "tape"),
        (Self::Brokers, "brokers"),
        (Self::Volume, "volume"),
    ];

    /// The name it is remembered by.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(view, _)| *view == self).map_or("levels", |(_, name)| *name)
    }

    /// The view of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, n)| *n == name).map(|(view, _)| *view)
    }

    /// The one after, among those that a day offers: a grid needs a tick, a ladder depth.
    #[must_use]
    pub const fn next(self, depth: bool, tick: bool) -> Self {
        match self {
            Self::Levels if depth && tick => Self::Grid(1),
            Self::Grid(1) if depth && tick => Self::Grid(5),
            Self::Grid(5) if depth && tick => Self::Grid(10),
            Self::Levels | Self::Grid(_) if depth => Self::Cumulative,
            Self::Cumulative if depth => Self::Tape,
            Self::Levels | Self::Grid(_) | Self::Cumulative | Self::Tape => Self::Brokers,
            Self::Brokers => Self::Volume,
            Self::Volume => Self::Levels,
        }
    }

    /// Whether it is a ladder, which needs depth.
    #[must_use]
    pub const fn is_ladder(self) -> bool {
        matches!(self, Self::Levels | Self::Grid(_) | Self::Cumulative)
    }
}

/// The prices of the ladder as they stood when the cursor came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAxis {
    /// Prices, highest first.
    pub prices: Vec<Price>,
    /// How many of them stood above the bids.
    pub centre: usize,
    /// Quantities then, to say what has gone.
    pub was: BTreeMap<Price, i64>,
}

/// The ladder's own state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

impl Picture {
    /// The same, of a frame that was the newest at this moment and need not be any more.
    #[must_use]
    pub const fn as_of(self, newest: Moment) -> Self {
        Self { sent: newest, ..self }
    }
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
    /// How the symbols of the desk move together.
    pub comoving: Option<Comoving>,
    /// The pane that a page (market board, sectors) is left for.
    pub before_page: Option<PaneId>,
    /// Order sizes.
    pub sizes: Sizes,
    /// How long an order of this operator is kept inside before it leaves, in nanoseconds; 0 for not.
    pub hold_ns: i64,
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
    /// What somebody has chosen about the screen.
    pub options: Options,
    /// The theme somebody has chosen by name; `None` for that of the configuration.
    pub theme: Option<String>,
    /// Whether the link is too slow for what only pleases: prices do not flash then.
    pub slow_link: bool,
    /// Whether the terminal is known not to take OSC 52.
    pub no_clipboard: bool,
    pub(super) configured: Options,
    pub(super) remembered: Memory,
    pub(super) recalled: bool,
    pub(super) symbol_chosen: bool,
    pub(super) flashes: Flashes,
    /// What the key before this one copied.
    pub(super) copied: Option<String>,
    /// The slip that is being copied, and the field whose turn it is.
    pub(super) slip_copied: Option<(ClientOrderId, Plain)>,
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
            comoving: None,
            before_page: None,
            sizes: Sizes::default(),
            hold_ns: 0,
            stop_kind: JumpTarget::Alert,
            stack: Vec::new(),
            draft: None,
            first_stroke: None,
            notice: None,
            keys_ignored: 0,
            size: (80, 24),
            options: Options::default(),
            theme: None,
            slow_link: false,
            no_clipboard: false,
            configured: Options::default(),
            remembered: Memory::default(),
            recalled: false,
            symbol_chosen: false,
            flashes: Flashes::default(),
            copied: None,
            slip_copied: None,
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
        let _reading = super::format::read_by(self.options.grouping);
        self.recall_day(frame);
        if self.symbol.is_none() {
            self.symbol = frame.snapshot.instruments.first().map(|i| i.id);
        }
        self.comoving = Some(Comoving::refreshed(self.comoving.take(), frame, &self.unwatched));
        self.cancels_out.retain(|_, inputs| frame.snapshot.inputs <= *inputs);
        let focus = self.focus;
        // Keys that can change an order are about the row the cursor was drawn on, and not about
        // whatever stands first when they arrive.
        if matches!(focus, PaneId::Orders | PaneId::Positions | PaneId::Slips)
            && self.list(focus).held.is_none()
        {
            let rows = rows::ids(focus, frame, self);
            // One that another order of rows does not show is not the cursor's any more.
            let seen = self.list(focus).selected.filter(|id| rows.contains(id));
            self.list_mut(focus).selected = seen.or_else(|| rows.first().copied());
        }
        if focus.is_list() && self.list(focus).held.is_none() && self.list(focus).selected.is_some() {
            let rows = rows::fresh(focus, frame, self);
            // A list without rows has none to hold still: what comes is shown.
            self.list_mut(focus).held = Some(rows).filter(|rows| !rows.is_empty());
        }
        let flash = self.options.flash && !self.slow_link;
        self.flashes.observe(frame, self.symbol, flash);
        self.ring(frame)
    }

    /// The time is `at`: what was to be seen for a while, and has been, ends. Call it before drawing.
    pub fn settle(&mut self, at: Moment) {
        self.flashes.settle(at);
    }

    /// When there will be something to draw though nothing came in.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Moment> {
        self.flashes.ends_at()
    }

    /// Whether the last price of an instrument has just changed.
    #[must_use]
    pub fn flashes(&self, id: InstrumentId) -> bool {
        self.flashes.marks(Mark::Last(id))
    }

    /// Whether the book of the symbol looked at has just got this level.
    #[must_use]
    pub fn level_flashes(&self, price: Price) -> bool {
        self.flashes.marks(Mark::Level(price))
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
        self.flashes.drawn(at);
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

    /// The chosen size of the symbol looked at, as it is shown.
    #[must_use]
    pub fn size_text(&self, frame: &Frame) -> String {
        let facts = self.symbol.and_then(|id| Facts::of(frame, id, None));
        facts.map_or_else(|| MISSING.to_owned(), |f| self.sizes.chosen(self.sizes.class(&f)).text())
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

    /// Whether the last letter came from a Nepali keyboard.
    #[must_use]
    pub const fn nepali_on(&self) -> bool {
        self.nepali_seen
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

    /// The pane whose keys count. A workspace that is to come shows none, and the keys of one that is not
    /// on the screen must not act: there only those of proposals count, which change nothing.
    #[must_use]
    pub fn pane_with_keys(&self) -> PaneId {
        if self.workspace.to_come().is_some() { PaneId::Proposals } else { self.focus }
    }

    /// What keys go to now.
    #[must_use]
    pub fn context(&self, frame: &Frame) -> Context {
        let scope = match self.overlay() {
            Some(overlay) => overlay.scope(),
            None if self.too_small() => Scope::TooSmall,
            None => Scope::Pane(self.pane_with_keys()),
        };
        Context { scope, replay: frame.status.transport.is_some() }
    }
}
