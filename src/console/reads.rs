//! What panes read of a terminal's own state, and which of it has changed since the last picture.
//!
//! Beside its parts a pane may read what concerns all of it (workspace, settings, size, whether a pane has
//! the whole middle), the keys, which stay what they are, whether it has the focus, and its own list.

use std::collections::{BTreeMap, BTreeSet};

use super::comoving::Comoving;
use super::flash::Mark;
use super::layout::Layout;
use super::pane::PaneId;
use super::size::Sizes;
use super::status::JumpTarget;
use super::ui::{LadderState, ListState, Ui};
use crate::market::InstrumentId;

/// A part of a terminal's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Which symbol is looked at.
    Symbol,
    /// Cursor, axis and view of the ladder.
    Ladder,
    /// What has just changed and is marked for a second.
    Marks,
    /// Which symbols are off the watch list.
    Watched,
    /// How symbols move together.
    Comoving,
    /// Which sizes are chosen.
    Sizes,
    /// Where a jump stops.
    Stops,
    /// The round trip to the terminal, and keys that were ignored.
    Line,
}

/// Every part as the last picture showed it.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    focus: PaneId,
    /// Whether nothing lies over the panes, so that the focus is shown.
    alone: bool,
    lists: BTreeMap<PaneId, ListState>,
    symbol: Option<InstrumentId>,
    ladder: LadderState,
    marks: Vec<Mark>,
    unwatched: BTreeSet<InstrumentId>,
    comoving: Option<Comoving>,
    sizes: Sizes,
    stops: JumpTarget,
    line: (Option<u32>, u32),
}

impl Parts {
    /// The parts as they are now; of the lists, those that have a place in a layout.
    pub(super) fn of(ui: &Ui, layout: &Layout) -> Self {
        let lists = layout.panes.iter().map(|slot| slot.pane).filter(|pane| pane.is_list());
        Self {
            focus: ui.focus,
            alone: ui.stack.is_empty(),
            lists: lists.map(|pane| (pane, ui.list(pane).clone())).collect(),
            symbol: ui.symbol,
            ladder: ui.ladder.clone(),
            marks: ui.flashes.marked().collect(),
            unwatched: ui.unwatched.clone(),
            comoving: ui.comoving.clone(),
            sizes: ui.sizes.clone(),
            stops: ui.stop_kind,
            line: (ui.link_ms, ui.keys_ignored),
        }
    }

    /// Takes them as they are now. Returns the parts that have changed, and the panes that have another
    /// list or another share of the focus.
    pub(super) fn renew(&mut self, ui: &Ui, layout: &Layout) -> (Vec<Part>, Vec<PaneId>) {
        let (focus, alone) = (ui.focus, ui.stack.is_empty());
        let mut panes = Vec::new();
        if (self.focus, self.alone) != (focus, alone) {
            panes.extend([self.focus, focus]);
            (self.focus, self.alone) = (focus, alone);
        }
        for pane in layout.panes.iter().map(|slot| slot.pane).filter(|pane| pane.is_list()) {
            let now = ui.list(pane);
            if self.lists.get(&pane) != Some(now) {
                self.lists.insert(pane, now.clone());
                panes.push(pane);
            }
        }
        let marks = !self.marks.iter().copied().eq(ui.flashes.marked());
        if marks {
            self.marks.clear();
            self.marks.extend(ui.flashes.marked());
        }
        let parts = [
            (Part::Symbol, renewed(&mut self.symbol, &ui.symbol)),
            (Part::Ladder, renewed(&mut self.ladder, &ui.ladder)),
            (Part::Marks, marks),
            (Part::Watched, renewed(&mut self.unwatched, &ui.unwatched)),
            (Part::Comoving, renewed(&mut self.comoving, &ui.comoving)),
            (Part::Sizes, renewed(&mut self.sizes, &ui.sizes)),
            (Part::Stops, renewed(&mut self.stops, &ui.stop_kind)),
            (Part::Line, renewed(&mut self.line, &(ui.link_ms, ui.keys_ignored))),
        ];
        (parts.into_iter().filter(|(_, changed)| *changed).map(|(part, _)| part).collect(), panes)
    }
}

/// Takes a value as it is now; whether it was another.
fn renewed<T: Clone + PartialEq>(kept: &mut T, now: &T) -> bool {
    let other = kept != now;
    if other {
        kept.clone_from(now);
    }
    other
}
