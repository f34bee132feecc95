//! What the list panes share: which rows fit, the cursor, the note of an empty list.

use super::PaneId;
use crate::console::Frame;
use crate::console::rows::{self, Owed};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;

/// Rows that the heads of a list's columns take in a pane of so many rows.
#[must_use]
pub const fn heads(pane: PaneId, height: u16) -> u16 {
    let least = match pane {
        PaneId::Watch => 8,
        PaneId::Orders => 5,
        PaneId::Positions => 3,
        _ => return 0,
    };
    (height >= least) as u16
}

/// The rows of a list that fit, with the selected one among them.
#[derive(Clone, Debug)]
pub struct Window {
    /// Ids, top first.
    pub ids: Vec<u64>,
    /// The one under the cursor, if the cursor is in this list.
    pub selected: Option<u64>,
    /// How many rows the list has.
    pub total: usize,
    /// Rows that would not be there if the cursor did not hold the list: shown crossed out.
    pub gone: Vec<u64>,
}

/// The window of a list over `height` rows.
#[must_use]
pub fn window(pane: PaneId, view: &View<'_>, height: u16) -> Window {
    let all = rows::ids(pane, view.frame, view.ui);
    let selected = rows::selected(pane, view.frame, view.ui);
    let height = usize::from(height);
    let at = selected.and_then(|id| all.iter().position(|i| *i == id)).unwrap_or(0);
    let from = (at + 1).saturating_sub(height.max(1));
    let mut ids: Vec<u64> = all.iter().skip(from).take(height).copied().collect();
    if pane == PaneId::Orders {
        keep_in_sight(view.frame, &all, selected, &mut ids);
    }
    let gone = match view.ui.list(pane).held {
        Some(_) => {
            let fresh = rows::fresh(pane, view.frame, view.ui);
            ids.iter().filter(|id| !fresh.contains(id)).copied().collect()
        }
        None => Vec::new(),
    };
    let active = view.ui.focus == pane || pane == PaneId::Watch;
    Window { ids, selected: selected.filter(|_| active), total: all.len(), gone }
}

/// Puts the orders that owe an answer and would have no row in the places of the last that owe none. The
/// list keeps its order, so a key finds the row it would find anyway; the one under the cursor stays.
fn keep_in_sight(frame: &Frame, all: &[u64], selected: Option<u64>, ids: &mut [u64]) {
    if ids.len() == all.len() {
        return;
    }
    let mut hidden: Vec<(Owed, u64)> = all
        .iter()
        .filter(|id| !ids.contains(id))
        .filter_map(|id| rows::owed(frame, *id).map(|owed| (owed, *id)))
        .collect();
    hidden.sort_by_key(|(owed, _)| *owed);
    for (owed, id) in hidden {
        // Of those that press less the last gives way, one that owes nothing before one that waits. Nothing
        // above the cursor does: its row would move.
        let weight = |id: u64| rows::owed(frame, id).map_or(2, |owed| owed as u8);
        let cursor = selected.and_then(|id| ids.iter().position(|one| *one == id));
        let gives = |(at, shown): (usize, &u64)| {
            let below = cursor.is_none_or(|cursor| at > cursor);
            (below && weight(*shown) > owed as u8).then(|| (weight(*shown), at))
        };
        let Some((_, at)) = ids.iter().enumerate().filter_map(gives).max() else { break };
        ids[at] = id;
    }
    ids.sort_by_key(|id| all.iter().position(|one| one == id));
}

/// Draws the cursor's mark on a row and lights the row up if the pane has the focus.
pub fn cursor(paint: &mut Paint<'_>, y: u16, view: &View<'_>, pane: PaneId) {
    let mark = paint.glyphs().chosen;
    if view.ui.focus == pane {
        paint.select(y);
    }
    paint.put(0, y, mark, Role::Key);
}

/// Says why a list is empty.
pub fn empty(paint: &mut Paint<'_>, y: u16, view: &View<'_>, pane: PaneId, otherwise: &str) {
    let filter = &view.ui.list(pane).filter;
    let text = if filter.is_empty() {
        otherwise.to_owned()
    } else {
        format!("nothing matches `{filter}`; Esc clears the filter")
    };
    paint.put(1, y, &text, Role::Dim);
}

/// The title's note on filter, order and rows that came while the cursor was in the list.
#[must_use]
pub fn notes(pane: PaneId, view: &View<'_>) -> String {
    let state = view.ui.list(pane);
    let mut parts = Vec::new();
    if !state.filter.is_empty() {
        parts.push(format!("/{}", state.filter));
    }
    let names = rows::sorts(pane);
    if state.sort > 0 || state.turned {
        let name = names.get(state.sort).copied().unwrap_or_default();
        parts.push(format!("by {name}{}", if state.turned { ", turned" } else { "" }));
    }
    let arrived = rows::arrived(pane, view.frame, view.ui);
    if arrived > 0 {
        parts.push(format!("+{arrived}"));
    }
    parts.join(" ")
}
