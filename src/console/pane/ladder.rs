//! The order book as a ladder: rows are levels, own prices and bands, not ticks.
//!
//! A spread here is ten to sixty ticks wide, so a row per tick would show empty rows. While the
//! cursor is in it the prices stay on their rows: quantities change, a level that vanishes says
//! `gone`, new ones are counted in the title.

use crate::console::theme::Role;
use crate::console::ui::{DepthView, HeldAxis};
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{Frame, format};
use crate::engine::snapshot::{BookView, InstrumentView};
use crate::execution::Order;
use crate::market::{InstrumentId, Level, Price, Qty, Side};

/// Right edges of the columns: own, orders, quantity of bids; price; quantity, orders, own of asks.
const EDGES: [u16; 7] = [5, 9, 16, 25, 32, 36, 41];
const HEADS: [&str; 7] = ["own", "ord", "qty", "price", "qty", "ord", "own"];

/// The prices of the ladder, highest first, and how many of them are offers.
#[must_use]
pub fn axis(frame: &Frame, instrument: &InstrumentView) -> (Vec<Price>, usize) {
    let Some(book) = &instrument.book else { return (Vec::new(), 0) };
    let own = |side: Side| own_orders(frame, instrument.id, side).map(|o| o.order.limit);
    let collect = |levels: &[Level], side: Side| {
        let mut prices: Vec<Price> = levels.iter().map(|l| l.price).chain(own(side)).collect();
        prices.sort_unstable();
        prices.dedup();
        prices.reverse();
        prices
    };
    let mut asks = collect(&book.asks, Side::Sell);
    let centre = asks.len();
    asks.extend(collect(&book.bids, Side::Buy));
    (asks, centre)
}

/// The axis as it stands, to be held while the cursor is in it.
#[must_use]
pub fn hold(frame: &Frame, instrument: &InstrumentView) -> HeldAxis {
    let (prices, centre) = axis(frame, instrument);
    let levels = instrument.book.iter().flat_map(|b| b.asks.iter().chain(&b.bids));
    HeldAxis { prices, centre, was: levels.map(|l| (l.price, l.qty.units())).collect() }
}

fn own_orders(frame: &Frame, id: InstrumentId, side: Side) -> impl Iterator<Item = &Order> {
    let open = move |o: &&Order| o.state.is_open() && o.order.instrument == id && o.order.side == side;
    frame.snapshot.orders.iter().map(AsRef::as_ref).filter(open)
}

/// Levels there are now that a held axis does not show.
pub(super) fn new_levels(view: &View<'_>, instrument: &InstrumentView) -> usize {
    let Some(held) = &view.ui.ladder.held else { return 0 };
    axis(view.frame, instrument).0.iter().filter(|p| !held.prices.contains(p)).count()
}

/// One row.
#[derive(Clone, Copy)]
enum Row {
    Price(Price, Side),
    Spread,
    Band(&'static str, Price),
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>, instrument: &InstrumentView) {
    let Some(book) = &instrument.book else { return };
    for (right, head) in EDGES.into_iter().zip(HEADS) {
        paint.put_right(right, 0, head, Role::Dim);
    }
    let (rows, hidden) = rows(view, instrument, usize::from(paint.height().saturating_sub(1)));
    if rows.len() <= 1 && book.bids.is_empty() && book.asks.is_empty() {
        paint.put(1, 2, "nobody bids and nobody offers", Role::Dim);
        return;
    }
    let ladder = Ladder { view, instrument, book };
    for (y, row) in (1u16..).zip(rows) {
        match row {
            Row::Price(price, side) => ladder.level(paint, y, price, side),
            Row::Spread => ladder.spread(paint, y),
            Row::Band(name, price) => ladder.band(paint, y, name, price),
        }
    }
    if hidden > 0 && paint.height() > 6 {
        let text = format!("{hidden} more");
        paint.put_right(20, 0, "", Role::Dim);
        paint.put(10, 0, "", Role::Dim);
        paint.put_right(paint.width(), paint.height() - 1, &text, Role::Dim);
    }
}

/// The rows that fit, the spread in the middle unless the cursor pulls them, and how many prices do not.
fn rows(view: &View<'_>, instrument: &InstrumentView, height: usize) -> (Vec<Row>, usize) {
    let (prices, centre) = match &view.ui.ladder.held {
        Some(held) => (held.prices.clone(), held.centre),
        None => axis(view.frame, instrument),
    };
    let (asks, bids) = prices.split_at(centre.min(prices.len()));
    let mut all: Vec<Row> = asks.iter().map(|p| Row::Price(*p, Side::Sell)).collect();
    all.push(Row::Spread);
    all.extend(bids.iter().map(|p| Row::Price(*p, Side::Buy)));
    let mut spread_at = centre.min(prices.len());
    if let Some((low, high)) = instrument.order_band.filter(|_| height >= 12) {
        all.insert(0, Row::Band("top", high));
        spread_at += 1;
        all.push(Row::Band("low", low));
    }
    let mut from = spread_at.saturating_sub(height / 2).min(all.len().saturating_sub(height));
    let under = |row: &Row| matches!(row, Row::Price(p, _) if Some(*p) == view.ui.ladder.cursor);
    if let Some(at) = all.iter().position(under) {
        from = from.min(at).max((at + 1).saturating_sub(height));
    }
    let hidden = all.len().saturating_sub(height);
    (all.into_iter().skip(from).take(height).collect(), hidden)
}

/// The price on a row of a pane of so many rows, heads counted; `None` where there is none.
#[must_use]
pub fn price_at(view: &View<'_>, instrument: &InstrumentView, height: u16, row: u16) -> Option<Price> {
    let rows = rows(view, instrument, usize::from(height.saturating_sub(1))).0;
    match rows.get(usize::from(row.checked_sub(1)?)) {
        Some(Row::Price(price, _)) => Some(*price),
        _ => None,
    }
}

struct Ladder<'a> {
    view: &'a View<'a>,
    instrument: &'a InstrumentView,
    book: &'a BookView,
}

impl Ladder<'_> {
    fn level(&self, paint: &mut Paint<'_>, y: u16, price: Price, side: Side) {
        let bid = side == Side::Buy;
        let levels = if bid { &self.book.bids } else { &self.book.asks };
        let level = levels.iter().find(|l| l.price == price);
        let own: Qty = self.own(price, side).map(Order::open_qty).sum();
        let role = if bid { Role::Bid } else { Role::Ask };
        if self.view.ui.ladder.cursor == Some(price) {
            if self.view.ui.focus == super::PaneId::Depth {
                paint.select(y);
            }
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        let [own_edge, orders_edge, qty_edge] =
            if bid { [EDGES[0], EDGES[1], EDGES[2]] } else { [EDGES[6], EDGES[5], EDGES[4]] };
        if own.is_positive() {
            paint.put_right(own_edge, y, &format::qty_fit(own, 4), Role::Own);
        }
        let text = self.view.prices(self.instrument.id).text(price);
        match level {
            Some(level) => {
                let qty = self.shown_qty(levels, level);
                paint.put_right(qty_edge, y, &format::qty_fit(qty, 6), role);
                if level.orders > 0 {
                    paint.put_right(orders_edge, y, &level.orders.to_string(), Role::Dim);
                }
                paint.put_right(EDGES[3], y, &text, role);
                if self.view.ui.level_flashes(price) {
                    paint.underline(EDGES[3], y, &text);
                }
            }
            None => self.vanished(paint, y, price, &text, qty_edge, own),
        }
        self.queue(paint, y, price, side);
    }

    fn own(&self, price: Price, side: Side) -> impl Iterator<Item = &Order> {
        self.view.own_orders(self.instrument.id, side).filter(move |o| o.order.limit == price)
    }

    /// In the cumulative view, everything from the touch to here.
    fn shown_qty(&self, levels: &[Level], level: &Level) -> Qty {
        if self.view.ui.ladder.view != DepthView::Cumulative {
            return level.qty;
        }
        let upto = levels.iter().position(|l| l.price == level.price).unwrap_or(0);
        levels.iter().take(upto + 1).map(|l| l.qty).sum()
    }

    /// A price with nothing of the market at it: an own order not yet shown there, or gone.
    fn vanished(&self, paint: &mut Paint<'_>, y: u16, price: Price, text: &str, qty_edge: u16, own: Qty) {
        if own.is_positive() {
            paint.put_right(EDGES[3], y, text, Role::Own);
            return;
        }
        paint.put_right(qty_edge, y, "gone", Role::Gone);
        paint.put_right(EDGES[3], y, text, Role::Gone);
        let was = self.view.ui.ladder.held.as_ref().and_then(|h| h.was.get(&price));
        if let Some(was) = was.filter(|_| qty_edge < EDGES[3]) {
            paint.put(
                EDGES[3] + 3,
                y,
                &format!("(was {})", format::qty_fit(Qty::from_units(*was), 6)),
                Role::Dim,
            );
        }
    }

    /// The shares in front of our oldest order at this price, beside it on the empty half.
    fn queue(&self, paint: &mut Paint<'_>, y: u16, price: Price, side: Side) {
        let Some(q) = self.own(price, side).find_map(|o| o.queue_ahead) else { return };
        let [low, expected, high] = [q.low, q.expected, q.high].map(|q| format::qty_fit(q, 5));
        let text = format!("~{expected} ({low}-{high})");
        let glyphs = paint.glyphs();
        if side == Side::Buy {
            paint.put(EDGES[3] + 1, y, &format!("{} {text}", glyphs.left), Role::Own);
        } else {
            paint.put_right(EDGES[2] + 3, y, &format!("{text} {}", glyphs.right), Role::Own);
        }
    }

    fn spread(&self, paint: &mut Paint<'_>, y: u16) {
        let rule = paint.glyphs().rule;
        for x in 1..paint.width().min(EDGES[6]) {
            paint.put(x, y, rule, Role::Rule);
        }
        let (bid, ask) = (self.book.bids.first().map(|l| l.price), self.book.asks.first().map(|l| l.price));
        let text = match (bid, ask) {
            (Some(bid), Some(ask)) => self.spread_words(bid, ask),
            (None, Some(_)) => "no bid".to_owned(),
            (Some(_), None) => "no offer".to_owned(),
            (None, None) => "nobody there".to_owned(),
        };
        paint.put(3, y, &format!(" {text} "), Role::Text);
    }

    fn spread_words(&self, bid: Price, ask: Price) -> String {
        let gap = ask.units() - bid.units();
        let prices = self.view.prices(self.instrument.id);
        let rules = self.view.snapshot().day.rules.get(self.instrument.id.0 as usize);
        let ticks = rules.and_then(|r| r.tick).map(|t| format!(" = {} ticks", gap / t.units()));
        let bp = gap as f64 * 2e4 / (ask.units() + bid.units()).max(1) as f64;
        let name = if gap < 0 { "CROSSED by" } else { "spread" };
        let size = prices.text(Price::from_units(gap.abs()));
        format!("{name} {size}{}, {bp:.0} bp", ticks.unwrap_or_default())
    }

    fn band(&self, paint: &mut Paint<'_>, y: u16, name: &str, price: Price) {
        paint.put(1, y, &format!("- - order band {name}"), Role::Dim);
        paint.put_right(EDGES[3], y, &self.view.prices(self.instrument.id).text(price), Role::Dim);
        let base = self.instrument.last().or(self.instrument.previous_close).filter(|p| p.is_positive());
        if let Some(base) = base {
            let percent = (price.units() as f64 / base.units() as f64 - 1.0) * 100.0;
            paint.put(EDGES[3] + 2, y, &format!("{percent:+.1}% - - - -"), Role::Dim);
        }
    }
}
