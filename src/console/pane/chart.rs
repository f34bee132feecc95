//! The price of one symbol over the day, as a line of the bars' closes.

use super::{Title, regime};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::widget::braille::Dots;
use crate::engine::snapshot::InstrumentView;
use crate::market::time::NS_PER_S;
use crate::market::{Bar, Price};

/// Columns of the price labels.
const LABELS: u16 = 9;

pub(super) fn title(view: &View<'_>) -> Title {
    let Some(instrument) = view.instrument() else { return Title::default() };
    let minutes = view.snapshot().day.grid.length_ns() / (60 * NS_PER_S);
    let vwap = view.prices(instrument.id).option(instrument.day.vwap());
    Title { rest: format!("{} {minutes}m", instrument.symbol), right: format!("vwap {vwap}") }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let Some(instrument) = view.instrument() else {
        paint.put(1, 0, "no symbol: t chooses one", Role::Dim);
        return;
    };
    let closes = closes(instrument);
    let (Some(low), Some(high)) = (closes.iter().map(|c| c.1).min(), closes.iter().map(|c| c.1).max()) else {
        paint.put(1, 0, "no bar has traded yet", Role::Dim);
        return;
    };
    let below = if paint.height() >= 5 { 2 } else { 0 };
    let rows = paint.height() - below;
    let columns = paint.width().saturating_sub(LABELS);
    line(paint, view, &closes, (low, high), (columns, rows));
    labels(paint, view, instrument, (low, high), rows);
    if below > 0 {
        let width = paint.width();
        let mut axis = paint.inside(LABELS, rows, width - LABELS, 1);
        regime::hours_axis(&mut axis, 0, view, usize::from(columns));
        day_line(paint, rows + 1, view, instrument);
    }
}

/// The last price of each bar that traded, the one being made too.
fn closes(instrument: &InstrumentView) -> Vec<(u32, Price)> {
    let close = |bar: &Bar| bar.prices.map(|p| (bar.index, p.close));
    instrument.bars.iter().chain([&instrument.bar]).filter_map(close).collect()
}

fn line(
    paint: &mut Paint<'_>,
    view: &View<'_>,
    closes: &[(u32, Price)],
    (low, high): (Price, Price),
    (columns, rows): (u16, u16),
) {
    let mut dots = Dots::new(columns, rows);
    let span = i128::from(high.units() - low.units()).max(1);
    let bars = view.snapshot().day.grid.count().max(2) as usize - 1;
    let (right, bottom) = (dots.wide().saturating_sub(1), dots.high().saturating_sub(1));
    let dot = |(index, price): &(u32, Price)| {
        let up = i128::from(price.units() - low.units()) * bottom as i128 / span;
        (*index as usize * right / bars, bottom - usize::try_from(up).unwrap_or(0).min(bottom))
    };
    let points: Vec<_> = closes.iter().map(dot).collect();
    if let [only] = points.as_slice() {
        dots.set(only.0, only.1);
    }
    for pair in points.windows(2) {
        if let [a, b] = pair {
            dots.line(*a, *b);
        }
    }
    dots.draw(paint, LABELS, 0);
}

fn labels(
    paint: &mut Paint<'_>,
    view: &View<'_>,
    instrument: &InstrumentView,
    (low, high): (Price, Price),
    rows: u16,
) {
    let prices = view.prices(instrument.id);
    paint.put_right(LABELS - 2, 0, &prices.text(high), Role::Dim);
    if rows >= 2 {
        paint.put_right(LABELS - 2, rows - 1, &prices.text(low), Role::Dim);
    }
    if rows >= 5 && high > low {
        let tick = view.snapshot().day.rules.get(instrument.id.0 as usize).and_then(|r| r.tick);
        let mid = Price::from_units(low.units().midpoint(high.units()));
        let mid = tick.and_then(|t| mid.on_grid(t, crate::market::Side::Buy)).unwrap_or(mid);
        paint.put_right(LABELS - 2, rows / 2, &prices.text(mid), Role::Dim);
    }
}

/// `O 550.0 H 552.0 L 544.2 P 548.5  day 466.3-630.7`.
fn day_line(paint: &mut Paint<'_>, y: u16, view: &View<'_>, instrument: &InstrumentView) {
    let prices = view.prices(instrument.id);
    let day = instrument.day.prices;
    let [open, high, low] = [day.map(|p| p.open), day.map(|p| p.high), day.map(|p| p.low)];
    let mut text = format!(
        "O {} H {} L {} P {}",
        prices.option(open),
        prices.option(high),
        prices.option(low),
        prices.option(instrument.previous_close)
    );
    match instrument.daily_band {
        Some((low, high)) => text.push_str(&format!("  day {}-{}", prices.text(low), prices.text(high))),
        None if instrument.view_only => {}
        None => text.push_str(&format!("  day {} no close before", format::MISSING)),
    }
    paint.put(0, y, &text, Role::Dim);
}
