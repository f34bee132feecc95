//! The watch list: last price, change, what is ours in it, and how old it is.

use super::{PaneId, Title, table};
use crate::console::breadth::Breadth;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{format, preview, slip};
use crate::engine::snapshot::InstrumentView;
use crate::execution::{Order, OrderState};
use crate::market::time::NS_PER_S;
use crate::market::{InstrumentId, Side};

/// From this width on there are open, high, low, volume and name.
const FULL: u16 = 100;

pub(super) fn title(view: &View<'_>) -> Title {
    let shown = crate::console::rows::ids(PaneId::Watch, view.frame, view.ui).len();
    let right = format!("{shown}/{}", view.snapshot().instruments.len());
    Title { rest: table::notes(PaneId::Watch, view), right }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let header = table::heads(PaneId::Watch, paint.height());
    let below = u16::from(paint.height() >= 8 && !view.snapshot().instruments.is_empty());
    if header > 0 {
        heads(paint);
    }
    let rows = paint.height() - header - below;
    if below > 0 {
        market(paint, header + rows, view);
    }
    let window = table::window(PaneId::Watch, view, rows);
    if window.ids.is_empty() {
        let otherwise = if view.snapshot().instruments.is_empty() {
            "no instrument in this day"
        } else {
            "the list is empty: i adds a symbol"
        };
        table::empty(paint, header, view, PaneId::Watch, otherwise);
    }
    for (y, id) in (header..).zip(&window.ids) {
        let Ok(number) = u32::try_from(*id) else { continue };
        if window.selected == Some(*id) {
            table::cursor(paint, y, view, PaneId::Watch);
        }
        match view.snapshot().instrument(InstrumentId(number)) {
            Some(instrument) => row(paint, y, view, instrument),
            None => {
                paint.put(1, y, "gone", Role::Gone);
            }
        }
    }
}

/// The whole market in one line: `adv 96 dec 201  TO 2.81 Ar`.
fn market(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    let all = Breadth::of(view.snapshot().instruments.iter().map(AsRef::as_ref));
    let unchanged = if paint.width() >= 40 { format!(" unch {}", all.same) } else { String::new() };
    let turnover = match all.foreign {
        true => String::new(),
        false => format!("  TO {}", format::money_short(all.turnover)),
    };
    paint.put(1, y, &format!("adv {} dec {}{unchanged}{turnover}", all.up, all.down), Role::Dim);
}

fn heads(paint: &mut Paint<'_>) {
    paint.put(1, 0, "SYMBOL", Role::Dim);
    for (right, head) in [(LAST, "LTP"), (CHANGE, "CHG%")] {
        paint.put_right(right, 0, head, Role::Dim);
    }
    paint.put_right(age_edge(paint.width()), 0, "AGE", Role::Dim);
    if paint.width() >= FULL {
        for (right, head) in WIDE {
            paint.put_right(right, 0, head, Role::Dim);
        }
        paint.put(NAME, 0, "NAME", Role::Dim);
    }
}

/// From this age on a price is stale.
pub(super) const STALE_NS: i64 = 60 * NS_PER_S;
/// Where the two marks stand.
const MARKS: u16 = 7;
/// Right edges of the last price and the change.
const LAST: u16 = 17;
const CHANGE: u16 = 24;
/// Right edges of the columns of a full pane.
const WIDE: [(u16, &str); 6] =
    [(44, "OPEN"), (54, "HIGH"), (64, "LOW"), (74, "PREV"), (84, "VOLUME"), (96, "TURNOVER")];
/// Where the name begins.
const NAME: u16 = 98;

fn age_edge(width: u16) -> u16 {
    width.min(34)
}

/// An age in steps, from a minute on with the mark of what is stale; empty while fresh.
pub(super) fn age(heard: bool, ns: i64) -> String {
    let age = format::age(ns).filter(|_| heard).unwrap_or_default();
    if age.is_empty() || ns < STALE_NS { age } else { format!("~{age}") }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, instrument: &InstrumentView) {
    let prices = view.prices(instrument.id);
    let age_ns = view.now().since_ns(instrument.heard_at);
    let heard = instrument.heard_at.ns() > 0;
    let stale = heard && age_ns >= STALE_NS;
    let last = prices.option(instrument.last());
    let room = (LAST - 2).saturating_sub(width(&last)).min(MARKS + 1);
    symbol(paint, y, view, instrument, stale, (MARKS, room));
    let Some(_) = instrument.last() else {
        paint.put_right(LAST, y, format::MISSING, Role::Dim);
        paint.put(LAST + 2, y, "no trade", Role::Dim);
        return;
    };
    let change = instrument.change_bps();
    let role = change_role(change);
    paint.put_right(LAST, y, &last, if stale { Role::Dim } else { Role::Text });
    if view.ui.flashes(instrument.id) {
        paint.underline(LAST, y, &last);
    }
    if paint.width() >= CHANGE {
        paint.put_right(CHANGE, y, &format::percent(change), role);
    }
    if paint.width() >= 30 {
        paint.put(CHANGE + 1, y, arrow(paint, change), role);
    }
    if paint.width() >= 28 {
        paint.put_right(age_edge(paint.width()), y, &age(heard, age_ns), Role::Dim);
    }
    if paint.width() >= FULL {
        wide(paint, y, view, instrument);
    }
}

fn wide(paint: &mut Paint<'_>, y: u16, view: &View<'_>, instrument: &InstrumentView) {
    let prices = view.prices(instrument.id);
    let day = instrument.day.prices;
    let figures = [
        prices.option(day.map(|p| p.open)),
        prices.option(day.map(|p| p.high)),
        prices.option(day.map(|p| p.low)),
        prices.option(instrument.previous_close),
        prices.qty_fit(instrument.day.volume, 9),
        prices.turnover(instrument.day.turnover),
    ];
    for ((right, _), text) in WIDE.iter().zip(figures) {
        paint.put_right(*right, y, &text, Role::Text);
    }
    let name = view.snapshot().day.universe.get(instrument.id).map_or("", |i| i.name.as_str());
    paint.put(NAME, y, name, Role::Dim);
}

/// The ticker and its marks, which have two columns of their own. A ticker too long for the cells before
/// them is cut and says so by a dot; where nothing is marked it may have `bare` cells.
pub(super) fn symbol(
    paint: &mut Paint<'_>,
    y: u16,
    view: &View<'_>,
    instrument: &InstrumentView,
    stale: bool,
    (marks_at, bare): (u16, u16),
) {
    let (held, other) = marks(view, instrument, stale);
    let room = usize::from(if held || other.is_some() { marks_at - 1 } else { bare });
    let ticker = instrument.symbol.as_str();
    if ticker.chars().count() > room {
        let cut: String = ticker.chars().take(room.saturating_sub(1)).collect();
        paint.put(1, y, &format!("{cut}."), Role::Text);
    } else {
        paint.put(1, y, ticker, Role::Text);
    }
    if held {
        paint.put(marks_at, y, "*", Role::Own);
    }
    if let Some(mark) = other {
        paint.put(marks_at + 1, y, mark.encode_utf8(&mut [0; 4]), Role::Own);
    }
}

/// Whether it is held, and the heaviest of: `!` halted by a gap, `?` unknown order, `s` slip, `o` own
/// order, `~` stale.
fn marks(view: &View<'_>, instrument: &InstrumentView, stale: bool) -> (bool, Option<char>) {
    let held = preview::position_of(view.frame, instrument.id).is_some_and(|p| p.position.qty.is_positive());
    let own = || Side::BOTH.into_iter().flat_map(|side| view.own_orders(instrument.id, side));
    let keyed = |o: &Order| slip::is_to_key_in(view.snapshot(), o);
    let other = [
        (instrument.halted_by_gap, '!'),
        (own().any(|o| o.state == OrderState::Unknown && !keyed(o)), '?'),
        (own().any(keyed), 's'),
        (own().next().is_some(), 'o'),
        (stale, '~'),
    ];
    (held, other.into_iter().find(|(set, _)| *set).map(|(_, mark)| mark))
}

/// The role of a change.
pub(super) fn change_role(bps: Option<f64>) -> Role {
    match bps {
        Some(b) if b >= 0.5 => Role::Up,
        Some(b) if b <= -0.5 => Role::Down,
        _ => Role::Text,
    }
}

/// The arrow of a change.
pub(super) fn arrow(paint: &Paint<'_>, bps: Option<f64>) -> &'static str {
    match bps {
        Some(b) if b >= 0.5 => paint.glyphs().up,
        Some(b) if b <= -0.5 => paint.glyphs().down,
        Some(_) => "=",
        None => " ",
    }
}
