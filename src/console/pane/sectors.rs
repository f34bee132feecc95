//! The market by sector: who rose and fell in each, what it turned over.

use super::{PaneId, Title, board, table, watch};
use crate::console::breadth::{self, Breadth, Sector};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, rows};

/// Right edges of the columns after the name; the last two need a wider pane.
const COLUMNS: [(u16, &str); 8] = [
    (36, "LISTED"),
    (42, "ADV"),
    (47, "DEC"),
    (53, "UNCH"),
    (61, "MEAN%"),
    (78, "TURNOVER"),
    (86, "SHARE%"),
    (98, "AT LIMIT"),
];

pub(super) fn title(view: &View<'_>) -> Title {
    let shown = rows::ids(PaneId::Sectors, view.frame, view.ui).len();
    Title {
        rest: table::notes(PaneId::Sectors, view),
        right: format!("{shown} of {}", breadth::sectors(view.snapshot()).len()),
    }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let all = Breadth::of(view.snapshot().instruments.iter().map(AsRef::as_ref));
    let sectors = breadth::sectors(view.snapshot());
    board::summary(paint, 0, &all);
    paint.put(1, 1, "SECTOR", Role::Dim);
    let columns = paint.width();
    for (right, head) in COLUMNS.iter().filter(|(right, _)| *right <= columns) {
        paint.put_right(*right, 1, head, Role::Dim);
    }
    let window = table::window(PaneId::Sectors, view, paint.height().saturating_sub(2));
    if window.ids.is_empty() {
        table::empty(paint, 2, view, PaneId::Sectors, "no instrument in this day");
    }
    for (y, id) in (2u16..).zip(&window.ids) {
        if window.selected == Some(*id) {
            table::cursor(paint, y, view, PaneId::Sectors);
        }
        if let Some(sector) = usize::try_from(*id).ok().and_then(|at| sectors.get(at)) {
            row(paint, y, sector, &all);
        }
    }
}

fn row(paint: &mut Paint<'_>, y: u16, sector: &Sector, all: &Breadth) {
    let of = &sector.breadth;
    let mean = of.mean_change_bps();
    let share = of.turnover.paisa() as f64 * 100.0 / all.turnover.paisa().max(1) as f64;
    paint.put(1, y, &sector.name, Role::Text);
    let figures = [
        (of.listed.to_string(), Role::Dim),
        (of.up.to_string(), Role::Up),
        (of.down.to_string(), Role::Down),
        (of.same.to_string(), Role::Text),
        (format::percent(mean), watch::change_role(mean)),
        (board::rupees(of.turnover), Role::Text),
        (format!("{share:.1}"), Role::Dim),
        (format!("+{} -{}", of.at_top, of.at_low), Role::Text),
    ];
    for ((right, _), (text, role)) in COLUMNS.iter().zip(figures) {
        if *right <= paint.width() {
            paint.put_right(*right, y, &text, role);
        }
    }
    paint.put(COLUMNS[4].0, y, watch::arrow(paint, mean), watch::change_role(mean));
}
