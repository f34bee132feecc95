//! The order book as a ladder: rows are levels, own prices and bands; or every step of a grid.
//!
//! A spread here is ten to sixty ticks wide, so a row per tick would show empty rows: a grid folds
//! the inside of a wide spread into one row while no cursor is in it. While the cursor is in the
//! ladder the prices stay on their rows: quantities change, a level that vanishes says `gone`, new
//! ones are counted in the title.

mod axis;
mod level;

pub use axis::{Grid, axis, hold, is_on_row, nearest};

use self::level::Ladder;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::engine::snapshot::InstrumentView;
use crate::market::{Price, SessionPhase, Side};

/// Right edges of the columns: own, orders, quantity of bids; price; quantity, orders, own of asks.
const EDGES: [u16; 7] = [5, 9, 16, 25, 32, 36, 41];
const HEADS: [&str; 7] = ["own", "ord", "qty", "price", "qty", "ord", "own"];
/// From so many rows on the bands have rows of their own.
const BANDS: usize = 12;
/// Rows of a spread that a grid shows one by one.
const OPEN_SPREAD: i64 = 4;

/// Prices of each side that do not fit, offers then bids.
pub(super) type Hidden = (usize, usize);

/// Whether orders gather for an auction: bids over offers are then how it should be.
pub(super) fn is_auction(view: &View<'_>) -> bool {
    matches!(view.snapshot().session.phase, SessionPhase::PreOpen | SessionPhase::PreOpenMatch)
}

/// Levels there are now that a held axis does not show.
pub(super) fn new_levels(view: &View<'_>, instrument: &InstrumentView) -> usize {
    let Some(held) = &view.ui.ladder.held else { return 0 };
    let shown = view.ui.ladder.view;
    if Grid::of(shown, view.frame, instrument.id).is_some() {
        return 0;
    }
    axis(view.frame, instrument, shown).0.iter().filter(|p| !held.prices.contains(p)).count()
}

/// One row.
#[derive(Clone, Copy, Debug)]
enum Row {
    /// A price of one side.
    Level(Price, Side),
    /// A step of a grid.
    Step(Price),
    /// The spread between the sides; on a grid, its steps folded into one row.
    Spread,
    /// So many more steps of the spread, folded.
    Fold(i64),
    /// An end of the order band.
    Band(Side, Price),
}

impl Row {
    /// The price that it is of, if it is of one of the market's.
    const fn price(self) -> Option<Price> {
        match self {
            Self::Level(price, _) | Self::Step(price) => Some(price),
            Self::Spread | Self::Fold(_) | Self::Band(..) => None,
        }
    }
}

/// Draws the ladder. What does not fit is said on the rows of the bands; where there are none it is
/// returned.
pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>, instrument: &InstrumentView) -> Hidden {
    let Some(book) = &instrument.book else { return (0, 0) };
    for (right, head) in EDGES.into_iter().zip(HEADS) {
        paint.put_right(right, 0, head, Role::Dim);
    }
    let height = usize::from(paint.height().saturating_sub(1));
    let grid = Grid::of(view.ui.ladder.view, view.frame, instrument.id);
    let all = Rows::of(view, instrument, grid, height);
    if all.rows.len() <= 1 && book.bids.is_empty() && book.asks.is_empty() {
        paint.put(1, 2, "nobody bids and nobody offers", Role::Dim);
        return (0, 0);
    }
    let band = instrument.order_band.filter(|_| height >= BANDS);
    let (rows, hidden) = all.fit(height, band, view.ui.ladder.cursor);
    // The snapshot carries the best levels; deeper ones are counted too.
    let deeper = if grid.is_some() {
        (0, 0)
    } else {
        (book.depth.1.saturating_sub(book.asks.len()), book.depth.0.saturating_sub(book.bids.len()))
    };
    let hidden = if grid.is_some() { (0, 0) } else { (hidden.0 + deeper.0, hidden.1 + deeper.1) };
    let ladder = Ladder { view, instrument, book, grid };
    for (y, row) in (1u16..).zip(rows) {
        match row {
            Row::Level(price, side) => ladder.level(paint, y, price, side),
            Row::Step(price) => ladder.step(paint, y, price),
            Row::Spread => ladder.spread(paint, y, band.is_none()),
            Row::Fold(steps) => ladder.fold(paint, y, steps),
            Row::Band(side, price) => {
                let more = if side == Side::Sell { hidden.0 } else { hidden.1 };
                ladder.band(paint, y, side, price, more);
            }
        }
    }
    if band.is_some() { (0, 0) } else { hidden }
}

/// The price on a row of a pane of so many rows, heads counted; `None` where there is none.
#[must_use]
pub fn price_at(view: &View<'_>, instrument: &InstrumentView, height: u16, row: u16) -> Option<Price> {
    let height = usize::from(height.saturating_sub(1));
    let grid = Grid::of(view.ui.ladder.view, view.frame, instrument.id);
    let band = instrument.order_band.filter(|_| height >= BANDS);
    let (rows, _) = Rows::of(view, instrument, grid, height).fit(height, band, view.ui.ladder.cursor);
    rows.get(usize::from(row.checked_sub(1)?)).and_then(|row| row.price())
}

/// Rows, highest price first, and which of them stands in the middle.
struct Rows {
    rows: Vec<Row>,
    middle: usize,
}

impl Rows {
    /// Every row there would be with room for all.
    fn of(view: &View<'_>, instrument: &InstrumentView, grid: Option<Grid>, height: usize) -> Self {
        match (grid, &view.ui.ladder.held) {
            (Some(_), Some(held)) => Rows::of_steps(&held.prices, held.centre),
            (Some(grid), None) => Rows::of_grid(grid, instrument, height),
            (None, Some(held)) => Rows::of_levels(&held.prices, held.centre),
            (None, None) => {
                let (prices, centre) = axis(view.frame, instrument, view.ui.ladder.view);
                Rows::of_levels(&prices, centre)
            }
        }
    }

    fn of_levels(prices: &[Price], centre: usize) -> Self {
        let (asks, bids) = prices.split_at(centre.min(prices.len()));
        let mut rows: Vec<Row> = asks.iter().map(|p| Row::Level(*p, Side::Sell)).collect();
        rows.push(Row::Spread);
        rows.extend(bids.iter().map(|p| Row::Level(*p, Side::Buy)));
        Self { rows, middle: asks.len() }
    }

    fn of_steps(prices: &[Price], centre: usize) -> Self {
        Self { rows: prices.iter().map(|p| Row::Step(*p)).collect(), middle: centre }
    }

    /// Steps outwards from the touch; a wide spread is folded but for the last price's step.
    fn of_grid(grid: Grid, instrument: &InstrumentView, height: usize) -> Self {
        let Some((ask, bid)) = grid.touch(instrument) else { return Self { rows: Vec::new(), middle: 0 } };
        let reach = i64::try_from(height).unwrap_or(i64::MAX);
        let mut rows: Vec<Row> = (0..reach).rev().map(|i| Row::Step(grid.beyond(ask, i))).collect();
        let gap = grid.between(ask, bid);
        if gap <= OPEN_SPREAD {
            rows.extend((1..=gap).map(|i| Row::Step(grid.beyond(ask, -i))));
        } else {
            let last = instrument.last().map(|p| grid.row(p, Side::Buy)).filter(|p| *p < ask && *p > bid);
            match last {
                Some(last) => {
                    let below = grid.between(last, bid);
                    rows.extend([Row::Spread, Row::Step(last)]);
                    rows.extend((below > 0).then_some(Row::Fold(below)));
                }
                None => rows.push(Row::Spread),
            }
        }
        let inside = rows.len() - height;
        let down = (0..reach).map(|i| Row::Step(grid.beyond(bid, -i)));
        rows.extend(down.take_while(|row| matches!(row, Row::Step(p) if p.is_positive())));
        Self { rows, middle: height + inside / 2 }
    }

    /// The rows that fit, the middle in the middle unless the cursor pulls them, an end of the band where its price
    /// belongs among them; and how many levels of each side do not.
    fn fit(self, height: usize, band: Option<(Price, Price)>, cursor: Option<Price>) -> (Vec<Row>, Hidden) {
        let room = if band.is_some() { height.saturating_sub(2) } else { height };
        let Self { rows, middle } = self;
        let mut from = middle.saturating_sub(room / 2).min(rows.len().saturating_sub(room));
        let under = |row: &Row| row.price().is_some() && row.price() == cursor;
        if let Some(at) = rows.iter().position(under) {
            from = from.min(at).max((at + 1).saturating_sub(room));
        }
        let levels = |side: Side, rows: &[Row]| {
            rows.iter().filter(|r| matches!(r, Row::Level(_, s) if *s == side)).count()
        };
        let kept: Vec<Row> = rows.iter().skip(from).take(room).copied().collect();
        let hidden = [Side::Sell, Side::Buy].map(|side| levels(side, &rows) - levels(side, &kept));
        let mut out = kept;
        if let Some((low, high)) = band {
            // The band moves with every trade, so that orders of before may rest outside it.
            let below = out.iter().position(|row| row.price().is_some_and(|p| p < low)).unwrap_or(out.len());
            out.insert(below, Row::Band(Side::Buy, low));
            let above = out.iter().rposition(|row| row.price().is_some_and(|p| p > high));
            out.insert(above.map_or(0, |above| above + 1), Row::Band(Side::Sell, high));
        }
        (out, (hidden[0], hidden[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_the_band_stands_where_its_price_belongs() {
        let price = Price::from_units;
        let of = |low, high| {
            let prices = [5, 4, 3, 2, 1].map(price);
            let (rows, _) = Rows::of_levels(&prices, 2).fit(8, Some((price(low), price(high))), None);
            let name = |row: &Row| match row {
                Row::Level(price, _) => price.units().to_string(),
                Row::Spread => "-".to_owned(),
                Row::Band(Side::Sell, _) => "top".to_owned(),
                Row::Band(Side::Buy, _) => "low".to_owned(),
                Row::Step(_) | Row::Fold(_) => "?".to_owned(),
            };
            rows.iter().map(name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(0, 9), "top 5 4 - 3 2 1 low");
        assert_eq!(of(1, 5), "top 5 4 - 3 2 1 low");
        assert_eq!(of(2, 4), "5 top 4 - 3 2 low 1");
        // Everything has run away to one side.
        assert_eq!(of(6, 9), "top low 5 4 - 3 2 1");
        assert_eq!(of(-9, 0), "5 4 - 3 2 1 top low");
    }
}
