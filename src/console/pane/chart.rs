//! The price of one symbol over the day: a line of the bars' closes, dots of the volume-weighted
//! average, and our own fills, `▲` bought and `▼` sold.

use super::{Title, regime};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::widget::braille::Dots;
use crate::engine::snapshot::InstrumentView;
use crate::execution::Fill;
use crate::market::time::NS_PER_S;
use crate::market::{Bar, Price, Side};

/// Columns of the price labels.
const LABELS: u16 = 9;

pub(super) fn title(view: &View<'_>) -> Title {
    let Some(instrument) = view.instrument() else { return Title::default() };
    let minutes = view.snapshot().day.grid.length_ns() / (60 * NS_PER_S);
    let vwap = view.prices(instrument.id).option(instrument.day.vwap());
    let dot = view.theme.glyphs().dot;
    Title { rest: format!("{} {minutes}m", instrument.symbol), right: format!("{dot}{dot} vwap {vwap}") }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let Some(instrument) = view.instrument() else {
        paint.put(1, 0, "no symbol: t chooses one", Role::Dim);
        return;
    };
    let closes = closes(instrument);
    let averages = averages(instrument);
    let prices =
        || closes.iter().chain(&averages).map(|p| p.1).chain(fills(view, instrument).map(|f| f.1.price));
    let (Some(low), Some(high)) = (prices().min(), prices().max()) else {
        paint.put(1, 0, "no bar has traded yet", Role::Dim);
        return;
    };
    let below = if paint.height() >= 5 { 2 } else { 0 };
    let rows = paint.height() - below;
    let columns = paint.width().saturating_sub(LABELS);
    let plot = Plot { columns, rows, low, high, bars: view.snapshot().day.grid.count() };
    plot.dotted(paint, &averages);
    plot.line(paint, &closes);
    for (side, fill) in fills(view, instrument) {
        let mark = if side == Side::Buy { paint.glyphs().up } else { paint.glyphs().down };
        if let Some(bar) = view.snapshot().day.grid.index(fill.at) {
            let (x, y) = plot.cell(bar, fill.price);
            paint.put(LABELS + x, y, mark, Role::Own);
        }
    }
    labels(paint, view, instrument, (low, high), rows);
    if below > 0 {
        let width = paint.width();
        let mut axis = paint.inside(LABELS, rows, width - LABELS, 1);
        regime::hours_axis(&mut axis, 0, view, usize::from(columns));
        day_line(paint, rows + 1, view, instrument);
    }
}

/// Bars of the session that traded, the one being made too.
fn bars(instrument: &InstrumentView) -> impl Iterator<Item = &Bar> {
    instrument.bars.iter().chain([&instrument.bar])
}

/// The last price of each bar that traded.
fn closes(instrument: &InstrumentView) -> Vec<(u32, Price)> {
    bars(instrument).filter_map(|bar| bar.prices.map(|p| (bar.index, p.close))).collect()
}

/// The volume-weighted average price from the open to the end of each bar.
fn averages(instrument: &InstrumentView) -> Vec<(u32, Price)> {
    let (mut value, mut volume) = (0i128, 0i128);
    let mut out = Vec::new();
    for bar in bars(instrument) {
        value += i128::from(bar.turnover.paisa());
        volume += i128::from(bar.volume.units());
        let average = value.checked_div(volume).and_then(|p| i64::try_from(p).ok());
        out.extend(average.map(|p| (bar.index, Price::from_units(p))));
    }
    out
}

/// What traded of our orders.
fn fills<'a>(view: &View<'a>, instrument: &InstrumentView) -> impl Iterator<Item = (Side, &'a Fill)> {
    let id = instrument.id;
    let ours = view.snapshot().orders.iter().filter(move |o| o.order.instrument == id);
    ours.flat_map(|o| o.fills.iter().map(|f| (o.order.side, f)))
}

/// Where bars and prices stand.
struct Plot {
    columns: u16,
    rows: u16,
    low: Price,
    high: Price,
    bars: u32,
}

impl Plot {
    /// A place among so many columns and rows, the highest price in row 0.
    fn place(&self, bar: u32, price: Price, columns: usize, rows: usize) -> (usize, usize) {
        let (right, bottom) = (columns.saturating_sub(1), rows.saturating_sub(1));
        let span = i128::from(self.high.units() - self.low.units()).max(1);
        let up = i128::from(price.units() - self.low.units()) * bottom as i128 / span;
        let last = self.bars.max(2) as usize - 1;
        (bar as usize * right / last, bottom - usize::try_from(up).unwrap_or(0).min(bottom))
    }

    fn cell(&self, bar: u32, price: Price) -> (u16, u16) {
        let (x, y) = self.place(bar, price, self.columns.into(), self.rows.into());
        (u16::try_from(x).unwrap_or(u16::MAX), u16::try_from(y).unwrap_or(u16::MAX))
    }

    fn points(&self, values: &[(u32, Price)], dots: &Dots) -> Vec<(usize, usize)> {
        values.iter().map(|(bar, price)| self.place(*bar, *price, dots.wide(), dots.high())).collect()
    }

    /// A dot for every value.
    fn dotted(&self, paint: &mut Paint<'_>, values: &[(u32, Price)]) {
        let mut dots = Dots::new(self.columns, self.rows);
        for (x, y) in self.points(values, &dots) {
            dots.set(x, y);
        }
        dots.draw(paint, LABELS, 0, Role::Dim, '.');
    }

    /// A line through every value.
    fn line(&self, paint: &mut Paint<'_>, values: &[(u32, Price)]) {
        let mut dots = Dots::new(self.columns, self.rows);
        let points = self.points(values, &dots);
        if let [only] = points.as_slice() {
            dots.set(only.0, only.1);
        }
        for pair in points.windows(2) {
            if let [a, b] = pair {
                dots.line(*a, *b);
            }
        }
        dots.draw(paint, LABELS, 0, Role::Chart, '*');
    }
}

fn labels(
    paint: &mut Paint<'_>,
    view: &View<'_>,
    instrument: &InstrumentView,
    (low, high): (Price, Price),
    rows: u16,
) {
    let prices = view.prices(instrument.id);
    let tick = view.snapshot().day.rules.get(instrument.id.0 as usize).and_then(|r| r.tick);
    // An average has parts of a tick: on the axis it would stand out of line, and say more than is known.
    let text = |p: Price| prices.text(tick.and_then(|t| p.on_grid(t, Side::Buy)).unwrap_or(p));
    paint.put_right(LABELS - 2, 0, &text(high), Role::Dim);
    if high == low {
        return;
    }
    if rows >= 2 {
        paint.put_right(LABELS - 2, rows - 1, &text(low), Role::Dim);
    }
    if rows >= 5 {
        let mid = Price::from_units(low.units().midpoint(high.units()));
        paint.put_right(LABELS - 2, rows / 2, &text(mid), Role::Dim);
    }
}

/// `O 550.0 H 552.0 L 544.2 P 548.5  day 466.3-630.7`; what does not fit is left out whole.
fn day_line(paint: &mut Paint<'_>, y: u16, view: &View<'_>, instrument: &InstrumentView) {
    let prices = view.prices(instrument.id);
    let day = instrument.day.prices;
    let [open, high, low] = [day.map(|p| p.open), day.map(|p| p.high), day.map(|p| p.low)];
    let named = [("O", open), ("H", high), ("L", low), ("P", instrument.previous_close)];
    let bars = named.map(|(name, price)| format!("{name} {}", prices.option(price))).join(" ");
    let band = match instrument.daily_band {
        Some((low, high)) => Some(format!("day {}-{}", prices.text(low), prices.text(high))),
        None if instrument.view_only => None,
        None => Some(format!("day {} no close before", format::MISSING)),
    };
    let parts: Vec<String> = std::iter::once(bars).chain(band).collect();
    paint.put(0, y, &paint.whole_parts(&parts, "  ", 0, ""), Role::Dim);
}
