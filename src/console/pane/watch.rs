//! The watch list: last price, change, what is ours in it, and how old it is.

use super::{PaneId, Title, table};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, preview};
use crate::engine::snapshot::InstrumentView;
use crate::execution::OrderState;
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
    if header > 0 {
        heads(paint);
    }
    let window = table::window(PaneId::Watch, view, paint.height() - header);
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

fn heads(paint: &mut Paint<'_>) {
    paint.put(1, 0, "SYMBOL", Role::Dim);
    for (right, head) in [(17, "LTP"), (24, "CHG%")] {
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

/// Right edges of the columns of a full pane.
const WIDE: [(u16, &str); 6] =
    [(44, "OPEN"), (54, "HIGH"), (64, "LOW"), (74, "PREV"), (84, "VOLUME"), (96, "TURNOVER")];
/// Where the name begins.
const NAME: u16 = 98;

fn age_edge(width: u16) -> u16 {
    width.min(34)
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, instrument: &InstrumentView) {
    let prices = view.prices(instrument.id);
    let age_ns = view.now().since_ns(instrument.heard_at);
    let heard = instrument.heard_at.ns() > 0;
    let x = paint.put(1, y, instrument.symbol.as_str(), Role::Text);
    paint.put(x, y, &marks(view, instrument, heard && age_ns >= 60_000_000_000), Role::Own);
    let Some(last) = instrument.last() else {
        paint.put_right(17, y, format::MISSING, Role::Dim);
        paint.put(19, y, "no trade", Role::Dim);
        return;
    };
    let change = instrument.change_bps();
    let role = change_role(change);
    let text = prices.text(last);
    paint.put_right(17, y, &text, Role::Text);
    if view.ui.flashes(instrument.id) {
        paint.underline(17, y, &text);
    }
    if paint.width() >= 24 {
        paint.put_right(24, y, &format::percent(change), role);
    }
    if paint.width() >= 30 {
        paint.put(25, y, arrow(paint, change), role);
    }
    if let Some(age) = format::age(age_ns).filter(|_| heard && paint.width() >= 28) {
        let stale = if age.ends_with(['m', 'h']) { format!("~{age}") } else { age };
        paint.put_right(age_edge(paint.width()), y, &stale, Role::Dim);
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
        format::qty_fit(instrument.day.volume, 9),
        format::money_short(instrument.day.turnover),
    ];
    for ((right, _), text) in WIDE.iter().zip(figures) {
        paint.put_right(*right, y, &text, Role::Text);
    }
    let name = view.snapshot().day.universe.get(instrument.id).map_or("", |i| i.name.as_str());
    paint.put(NAME, y, name, Role::Dim);
}

/// `*` held, `o` own order, `?` unknown, `!` quarantined or halted, `~` stale.
fn marks(view: &View<'_>, instrument: &InstrumentView, stale: bool) -> String {
    let mut out = String::new();
    let held = preview::position_of(view.frame, instrument.id).is_some_and(|p| p.position.qty.is_positive());
    let own = || Side::BOTH.into_iter().flat_map(|side| view.own_orders(instrument.id, side));
    for (set, mark) in [
        (held, '*'),
        (own().any(|o| o.state != OrderState::Unknown), 'o'),
        (own().any(|o| o.state == OrderState::Unknown), '?'),
        (instrument.halted_by_gap, '!'),
        (stale, '~'),
    ] {
        if set {
            out.push(mark);
        }
    }
    out
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
