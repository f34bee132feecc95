//! The market board: every listed symbol, ordered by any column.

use super::{PaneId, Title, table, watch};
use crate::console::breadth::{self, Breadth};
use crate::console::format;
use crate::console::rows::{self, BoardColumn};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::engine::snapshot::InstrumentView;
use crate::market::{InstrumentId, Money, Side};

/// A column: what it says, its cells, and the least columns of the pane that show it.
struct Column {
    is: BoardColumn,
    width: u16,
    least: u16,
}

const fn column(is: BoardColumn, width: u16, least: u16) -> Column {
    Column { is, width, least }
}

/// Cells before the first of [`COLUMNS`]: cursor, symbol, marks.
const FIRST: u16 = 13;
/// In the order they stand. What a smaller pane leaves out has the larger `least`.
const COLUMNS: [Column; 11] = [
    column(BoardColumn::Sector, 10, 70),
    column(BoardColumn::Last, 9, 0),
    column(BoardColumn::Change, 8, 0),
    column(BoardColumn::Turnover, 16, 60),
    column(BoardColumn::Volume, 11, 0),
    column(BoardColumn::Band, 8, 0),
    column(BoardColumn::High, 10, 100),
    column(BoardColumn::Low, 10, 100),
    column(BoardColumn::Close, 10, 115),
    column(BoardColumn::Vwap, 10, 125),
    column(BoardColumn::Age, 5, 80),
];

pub(super) fn title(view: &View<'_>) -> Title {
    let shown = rows::ids(PaneId::Board, view.frame, view.ui).len();
    let right = format!("{shown}/{}", view.snapshot().instruments.len());
    Title { rest: table::notes(PaneId::Board, view), right }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let all = Breadth::of(view.snapshot().instruments.iter().map(AsRef::as_ref));
    summary(paint, 0, &all);
    heads(paint, 1, view);
    let window = table::window(PaneId::Board, view, paint.height().saturating_sub(2));
    if window.ids.is_empty() {
        table::empty(paint, 2, view, PaneId::Board, "no instrument in this day");
    }
    for (y, id) in (2u16..).zip(&window.ids) {
        if window.selected == Some(*id) {
            table::cursor(paint, y, view, PaneId::Board);
        }
        let found = u32::try_from(*id).ok().and_then(|n| view.snapshot().instrument(InstrumentId(n)));
        match found {
            Some(instrument) => row(paint, y, view, instrument),
            None => {
                paint.put(1, y, "gone", Role::Gone);
            }
        }
    }
}

/// `adv 96  dec 201  unch 12  no trade 37 | TO 2.81 Ar | at limit 3 up 1 down`.
pub(super) fn summary(paint: &mut Paint<'_>, y: u16, all: &Breadth) {
    let glyphs = paint.glyphs();
    let turnover = if all.foreign { format::MISSING.to_owned() } else { format::money_short(all.turnover) };
    let mut x = 1;
    for (text, role) in [
        (format!("adv {} {}", all.up, glyphs.up), Role::Up),
        (format!("dec {} {}", all.down, glyphs.down), Role::Down),
        (format!("unch {}", all.same), Role::Text),
        (format!("no trade {}", all.silent), Role::Dim),
        (format!("{} TO {}", glyphs.bar, turnover), Role::Text),
        (format!("{} at limit {} up {} down", glyphs.bar, all.at_top, all.at_low), Role::Text),
    ] {
        x = paint.put(x, y, &text, role) + 2;
    }
}

/// Columns that this width shows, with the cell after each.
fn shown(width: u16) -> impl Iterator<Item = (BoardColumn, u16)> {
    let mut x = FIRST;
    COLUMNS.iter().filter(move |c| width >= c.least).map(move |c| {
        x += c.width;
        (c.is, x)
    })
}

fn heads(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    let state = view.ui.list(PaneId::Board);
    let by = BoardColumn::ALL.get(state.sort.wrapping_sub(1)).copied();
    let (mark_down, mark_up) = (paint.glyphs().down, paint.glyphs().up);
    let mark = if state.turned { mark_up } else { mark_down };
    let head = |is: BoardColumn| {
        if by == Some(is) { format!("{}{mark}", is.head()) } else { is.head().to_owned() }
    };
    let role = |is: BoardColumn| if by == Some(is) { Role::Key } else { Role::Dim };
    paint.put(1, y, &head(BoardColumn::Symbol), role(BoardColumn::Symbol));
    for (is, right) in shown(paint.width()) {
        match is {
            BoardColumn::Sector => {
                paint.put(FIRST, y, &head(is), role(is));
            }
            _ => paint.put_right(right, y, &head(is), role(is)),
        }
    }
    if let Some(x) = name_from(paint.width()) {
        paint.put(x, y, "NAME", Role::Dim);
    }
}

/// Where the name begins, if there is room for one.
fn name_from(width: u16) -> Option<u16> {
    let x = shown(width).last()?.1 + 2;
    (x + 12 <= width).then_some(x)
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, i: &InstrumentView) {
    let prices = view.prices(i.id);
    let age_ns = view.now().since_ns(i.heard_at);
    let heard = i.heard_at.ns() > 0;
    let stale = heard && age_ns >= watch::STALE_NS;
    watch::symbol(paint, y, view, i, stale, (FIRST - 4, FIRST - 2));
    let change = i.change_bps();
    let day = i.day.prices;
    for (is, right) in shown(paint.width()) {
        let (text, role) = match is {
            BoardColumn::Symbol => continue,
            BoardColumn::Sector => {
                let name = breadth::sector(view.snapshot(), i.id)
                    .map_or_else(|| format::MISSING.to_owned(), breadth::short_name);
                paint.put(FIRST, y, &name, Role::Dim);
                continue;
            }
            BoardColumn::Last => (prices.option(i.last()), if stale { Role::Dim } else { Role::Text }),
            BoardColumn::Change => {
                let arrow = watch::arrow(paint, change);
                paint.put(right - 1, y, arrow, watch::change_role(change));
                paint.put_right(right - 1, y, &format::percent(change), watch::change_role(change));
                continue;
            }
            BoardColumn::Turnover if i.view_only => (prices.turnover(i.day.turnover), Role::Text),
            BoardColumn::Turnover => (rupees(i.day.turnover), Role::Text),
            BoardColumn::Volume => (prices.qty_fit(i.day.volume, 10), Role::Text),
            BoardColumn::Band => band(i),
            BoardColumn::High => (prices.option(day.map(|p| p.high)), Role::Dim),
            BoardColumn::Low => (prices.option(day.map(|p| p.low)), Role::Dim),
            BoardColumn::Close => (prices.option(i.previous_close), Role::Dim),
            BoardColumn::Vwap => (prices.option(i.day.vwap()), Role::Dim),
            BoardColumn::Age => (watch::age(heard, age_ns), Role::Dim),
        };
        paint.put_right(right, y, &text, role);
    }
    if let Some(x) = name_from(paint.width()) {
        let name = view.snapshot().day.universe.get(i.id).map_or("", |facts| facts.name.as_str());
        paint.put(x, y, name, Role::Dim);
    }
}

/// Whole rupees: a column is read downwards, so every row has the same unit.
pub(super) fn rupees(amount: Money) -> String {
    format::rupees_signed(amount).trim_start_matches('+').to_owned()
}

/// `+4.2` to the top, `-1.3` to the low, `LIMIT+` at the top.
fn band(i: &InstrumentView) -> (String, Role) {
    match breadth::band_gap(i) {
        None => (format::MISSING.to_owned(), Role::Dim),
        Some(gap) => {
            let (sign, role) = if gap.side == Side::Sell { ('+', Role::Up) } else { ('-', Role::Down) };
            if gap.bps <= 0.0 {
                (format!("LIMIT{sign}"), role)
            } else {
                let near = if gap.bps < 100.0 { Role::Warn } else { Role::Text };
                (format!("{sign}{:.2}", gap.bps / 100.0), near)
            }
        }
    }
}
