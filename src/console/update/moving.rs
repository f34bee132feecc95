//! Looking around: workspaces, panes, cursors, symbols, filters.

use ratatui::layout::Rect;

use crate::console::Frame;
use crate::console::intent::{Destination, Intent, Move};
use crate::console::layout::layout;
use crate::console::overlay::{Choice, Chosen, Field, Overlay};
use crate::console::pane::{PaneId, ladder};
use crate::console::ui::{Ui, Workspace};
use crate::console::{breadth, rows};
use crate::market::{InstrumentId, Price, Side};

/// Rows of half a page, whatever the size: enough to move, few enough to keep the place.
const HALF_PAGE: usize = 8;
/// Orders of a list beyond which they are chosen from a menu.
const MENU_FROM: usize = 5;

impl Ui {
    /// Does what only changes what is looked at.
    pub(super) fn look(&mut self, intent: Intent, frame: &Frame) {
        match intent {
            Intent::Workspace(space) => self.show(space, frame),
            Intent::NextPane => self.turn(true, frame),
            Intent::PreviousPane => self.turn(false, frame),
            Intent::Move(to) => self.go(to, frame),
            Intent::Go(to) => self.go_to(to, frame),
            Intent::Symbol => self.stack.push(symbol_field(false)),
            Intent::WatchAdd => self.stack.push(symbol_field(true)),
            Intent::WatchRemove => self.unwatch(frame),
            Intent::Palette => self.stack.push(Overlay::Palette(Field::default())),
            Intent::Filter => {
                let pane = self.focus;
                let field = Field::new(&self.list(pane).filter);
                self.stack.push(Overlay::Filter { pane, field });
            }
            Intent::NextMatch => self.go(Move::Down, frame),
            Intent::PreviousMatch => self.go(Move::Up, frame),
            Intent::Sort => self.sort(),
            Intent::TurnSort => {
                let pane = self.focus;
                let list = self.list_mut(pane);
                list.turned = !list.turned;
                list.held = None;
            }
            Intent::Full if self.focus.is_page() => self.say("it has the whole middle; q goes back"),
            Intent::Full => self.full = !self.full,
            Intent::Centre => self.centre(frame),
            Intent::View => self.other_view(frame),
            Intent::Back => self.back(),
            _ => {}
        }
    }

    fn show(&mut self, space: Workspace, frame: &Frame) {
        self.stack.clear();
        self.full = false;
        self.workspace = space;
        let panes = self.visible(frame);
        if !panes.contains(&self.focus)
            && let Some(first) = panes.first().copied()
        {
            self.focus_on(first);
        }
    }

    /// The panes Tab goes through: those on the screen; all of the workspace while one is full.
    fn visible(&self, frame: &Frame) -> Vec<PaneId> {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let replay = frame.status.transport.is_some();
        let places = layout(area, self, replay);
        let seen = places.panes.iter().filter(|s| self.full || s.area.height > 1 || self.focus.is_page());
        seen.map(|s| s.pane).collect()
    }

    fn turn(&mut self, forward: bool, frame: &Frame) {
        match self.stack.last_mut() {
            Some(Overlay::Ticket(ticket)) => return ticket.turn(),
            Some(Overlay::Amend(amendment)) => return amendment.turn(),
            Some(Overlay::Report(report)) => return report.turn(),
            Some(Overlay::Palette(_)) => return self.complete(frame),
            Some(_) => return,
            None => {}
        }
        let panes = self.visible(frame);
        if panes.is_empty() {
            return;
        }
        let at = panes.iter().position(|p| *p == self.focus).unwrap_or(0);
        let next = if forward { at + 1 } else { at + panes.len() - 1 };
        if let Some(pane) = panes.get(next % panes.len()) {
            self.focus_on(*pane);
        }
    }

    /// Gives the keys to a pane; the one that had them lets its rows and its axis move again.
    pub(in crate::console) fn focus_on(&mut self, pane: PaneId) {
        if pane != self.focus {
            self.release_axis();
            let left = self.focus;
            self.list_mut(left).held = None;
        }
        self.focus = pane;
    }

    fn release_axis(&mut self) {
        self.ladder.cursor = None;
        self.ladder.held = None;
    }

    fn go_to(&mut self, to: Destination, frame: &Frame) {
        let pane = match to {
            Destination::Market => return self.open_board(),
            Destination::Connections => return self.open_page(PaneId::Connections),
            Destination::Reconcile => return self.open_page(PaneId::Reconcile),
            Destination::Slips => return self.open_slips(frame),
            Destination::Positions => PaneId::Positions,
            Destination::Orders => PaneId::Orders,
            Destination::Alerts => PaneId::Alerts,
            Destination::Risk => {
                self.workspace = Workspace::Risk;
                self.full = false;
                PaneId::Breakers
            }
            Destination::System => PaneId::Health,
            Destination::History => return self.tell_history(frame),
            Destination::Bookmarks => return self.choose_bookmark(frame),
        };
        if self.workspace.to_come().is_some() {
            self.workspace = Workspace::Trade;
        }
        self.stack.clear();
        self.focus_on(pane);
        if !self.visible(frame).contains(&pane) {
            self.full = true;
        }
    }

    /// Every listed symbol, the cursor on the one looked at.
    fn open_board(&mut self) {
        let symbol = self.symbol.map(|id| u64::from(id.0));
        self.open_page(PaneId::Board);
        self.list_mut(PaneId::Board).selected = symbol;
    }

    /// What is to be keyed in, the cursor where it was if that still waits, else on the first.
    fn open_slips(&mut self, frame: &Frame) {
        self.open_page(PaneId::Slips);
        let waiting = rows::fresh(PaneId::Slips, frame, self);
        let list = self.list_mut(PaneId::Slips);
        list.held = None;
        list.selected = list.selected.filter(|id| waiting.contains(id)).or_else(|| waiting.first().copied());
    }

    /// A page over the whole middle, which is left for the pane one came from.
    fn open_page(&mut self, page: PaneId) {
        if self.workspace.to_come().is_some() {
            self.workspace = Workspace::Trade;
        }
        self.stack.clear();
        if !self.focus.is_page() {
            self.before_page = Some(self.focus);
        }
        self.focus_on(page);
    }

    /// From the board to the ladder of the symbol under its cursor.
    pub(super) fn open_board_row(&mut self, frame: &Frame) {
        if let Some(id) = rows::selected_on_board(frame, self) {
            self.look_at(id);
            self.full = false;
            self.focus_on(PaneId::Depth);
        }
    }

    /// From a sector to its symbols on the board.
    pub(super) fn open_sector(&mut self, frame: &Frame) {
        let at = rows::selected(PaneId::Sectors, frame, self).and_then(|id| usize::try_from(id).ok());
        let sectors = breadth::sectors(&frame.snapshot);
        let Some(sector) = at.and_then(|at| sectors.get(at)) else { return };
        let list = self.list_mut(PaneId::Board);
        list.filter = format!("sector:{}", sector.name.replace(' ', "_"));
        list.held = None;
        list.selected = None;
        self.focus_on(PaneId::Board);
    }

    /// Looks at another symbol.
    pub(in crate::console) fn look_at(&mut self, id: InstrumentId) {
        self.symbol_chosen = true;
        if self.symbol != Some(id) {
            self.symbol_before = self.symbol;
            self.symbol = Some(id);
            self.release_axis();
        }
    }

    pub(in crate::console) fn go(&mut self, to: Move, frame: &Frame) {
        match self.stack.last_mut() {
            Some(Overlay::Help { scroll }) => *scroll = moved(*scroll, to, 500),
            Some(Overlay::Reading(reading)) => {
                reading.scroll = moved(reading.scroll, to, reading.lines.len());
            }
            Some(Overlay::Plain(plain)) => plain.at = moved(plain.at, to, plain.fields.len()),
            Some(Overlay::Choice(choice)) => choice.at = moved(choice.at, to, choice.rows.len()),
            Some(_) => {}
            None if self.focus == PaneId::Depth => self.go_ladder(to, frame),
            None if self.focus.is_list() => self.go_list(to, frame),
            None => {}
        }
    }

    fn go_list(&mut self, to: Move, frame: &Frame) {
        let pane = self.focus;
        let ids = rows::ids(pane, frame, self);
        let selected = rows::selected(pane, frame, self);
        let at = selected.and_then(|id| ids.iter().position(|i| *i == id));
        let next = at.map_or(0, |at| moved(at, to, ids.len()));
        let Some(id) = ids.get(next).copied() else { return };
        if pane == PaneId::Watch
            && let Ok(number) = u32::try_from(id)
        {
            self.look_at(InstrumentId(number));
        }
        let list = self.list_mut(pane);
        list.selected = Some(id);
        list.held.get_or_insert(ids);
    }

    /// With the first step the axis is held and the cursor stands at the best bid.
    fn go_ladder(&mut self, to: Move, frame: &Frame) {
        let Some(instrument) = self.symbol.and_then(|id| frame.snapshot.instrument(id)) else { return };
        if instrument.book.is_none() || matches!(to, Move::Left | Move::Right) {
            return;
        }
        let shown = self.ladder.view;
        if !shown.is_ladder() {
            return;
        }
        let held = self.ladder.held.get_or_insert_with(|| ladder::hold(frame, instrument, shown));
        let at = self.ladder.cursor.and_then(|c| held.prices.iter().position(|p| *p == c));
        let next = match at {
            Some(at) => moved(at, to, held.prices.len()),
            None if to == Move::Up => held.centre.saturating_sub(1),
            None => held.centre.min(held.prices.len().saturating_sub(1)),
        };
        self.ladder.cursor = held.prices.get(next).copied();
    }

    /// The price that a ticket begins with: the cursor's, else the own side's touch.
    pub(super) fn price_at_cursor(&self, id: InstrumentId, side: Side, frame: &Frame) -> Option<Price> {
        let cursor = self.ladder.cursor.filter(|_| self.focus == PaneId::Depth && self.symbol == Some(id));
        let facts = crate::console::preview::Facts::of(frame, id, None)?;
        cursor.or_else(|| facts.patient(side))
    }

    /// The next of a few columns; of many, a menu.
    fn sort(&mut self) {
        let pane = self.focus;
        let names = rows::sorts(pane);
        if names.len() > MENU_FROM {
            let at = self.list(pane).sort;
            let rows = names.iter().enumerate().map(|(i, n)| ((*n).to_owned(), Chosen::SortBy(pane, i)));
            let title = "Order by (O turns it round)".to_owned();
            self.stack.push(Overlay::Choice(Choice { title, rows: rows.collect(), at }));
            return;
        }
        let count = rows::sorts(pane).len();
        let list = self.list_mut(pane);
        list.sort = (list.sort + 1) % count.max(1);
        list.held = None;
        let name = rows::sorts(pane).get(list.sort).copied().unwrap_or_default();
        self.say(format!("ordered by: {name}"));
    }

    /// In the ladder and in a list alike: what moved meanwhile is taken in.
    fn centre(&mut self, frame: &Frame) {
        if self.focus == PaneId::Depth {
            let instrument = self.symbol.and_then(|id| frame.snapshot.instrument(id));
            let shown = self.ladder.view;
            self.ladder.held = self.ladder.cursor.and(instrument).map(|i| ladder::hold(frame, i, shown));
        } else {
            let pane = self.focus;
            self.list_mut(pane).held = None;
        }
    }

    fn other_view(&mut self, frame: &Frame) {
        match self.focus {
            PaneId::Depth => {
                let instrument = self.symbol.and_then(|id| frame.snapshot.instrument(id));
                let depth = instrument.is_some_and(|i| i.book.is_some());
                let rules = self.symbol.and_then(|id| frame.snapshot.day.rules.get(id.0 as usize));
                let shown = self.ladder.view.next(depth, rules.is_some_and(|r| r.tick.is_some()));
                self.ladder.view = shown;
                // The cursor keeps its price, or the nearest that the other view has.
                let held = self.ladder.cursor.and(instrument).filter(|_| shown.is_ladder());
                self.ladder.held = held.map(|i| ladder::hold(frame, i, shown));
                let prices = self.ladder.held.as_ref().map(|h| h.prices.as_slice()).unwrap_or_default();
                self.ladder.cursor = self.ladder.cursor.and_then(|c| ladder::nearest(prices, c));
            }
            PaneId::Transport => self.next_stop_kind(),
            PaneId::Board => self.focus_on(PaneId::Sectors),
            PaneId::Sectors => self.focus_on(PaneId::Board),
            _ => self.say("this pane has one view"),
        }
    }

    fn unwatch(&mut self, frame: &Frame) {
        let Some(id) = self.symbol else { return };
        let ids = rows::ids(PaneId::Watch, frame, self);
        let at = ids.iter().position(|i| *i == u64::from(id.0)).unwrap_or(0);
        self.unwatched.insert(id);
        self.last_unwatched = Some(id);
        self.list_mut(PaneId::Watch).held = None;
        let next = ids.get(at + 1).or_else(|| at.checked_sub(1).and_then(|i| ids.get(i)));
        if let Some(number) = next.and_then(|i| u32::try_from(*i).ok()) {
            self.look_at(InstrumentId(number));
        }
        self.say("off the list; :undo puts it back");
    }

    /// One step back, never out.
    fn back(&mut self) {
        if self.leave_overlay() {
            return;
        }
        let pane = self.focus;
        if !self.list(pane).filter.is_empty() {
            let list = self.list_mut(pane);
            list.filter.clear();
            list.held = None;
        } else if self.focus.is_page() {
            let before = self.before_page.take().unwrap_or(PaneId::Depth);
            self.focus_on(before);
        } else if self.full {
            self.full = false;
        } else if self.ladder.cursor.is_some() {
            self.release_axis();
        } else if self.list(pane).held.is_some() {
            let list = self.list_mut(pane);
            list.held = None;
            list.selected = None;
        } else {
            self.say("nothing to leave here; :quit leaves the terminal");
        }
    }

    /// Closes what lies on top; says whether something did.
    pub(super) fn leave_overlay(&mut self) -> bool {
        match self.stack.pop() {
            Some(Overlay::Ticket(ticket)) => {
                self.draft = Some(ticket);
                self.say("draft kept, not sent");
                true
            }
            Some(Overlay::Filter { pane, .. }) => {
                let list = self.list_mut(pane);
                list.filter.clear();
                list.held = None;
                true
            }
            Some(_) => true,
            None => false,
        }
    }
}

fn symbol_field(add: bool) -> Overlay {
    Overlay::Symbol { field: Field::default(), at: 0, add }
}

/// A place among `count` after a move.
fn moved(at: usize, to: Move, count: usize) -> usize {
    let last = count.saturating_sub(1);
    match to {
        Move::Down => at.saturating_add(1).min(last),
        Move::Up => at.saturating_sub(1).min(last),
        Move::HalfDown => at.saturating_add(HALF_PAGE).min(last),
        Move::HalfUp => at.saturating_sub(HALF_PAGE).min(last),
        Move::First => 0,
        Move::Last => last,
        Move::Left | Move::Right => at.min(last),
    }
}
