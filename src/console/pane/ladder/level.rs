//! One row of the ladder: a level, a step of a grid, the spread, an end of the band.

use super::{EDGES, Grid, is_auction, is_on_row};
use crate::console::format;
use crate::console::pane::{PaneId, watch};
use crate::console::theme::Role;
use crate::console::ui::DepthView;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::engine::snapshot::{BookView, InstrumentView};
use crate::execution::Order;
use crate::market::{Level, Price, Qty, Side};

/// What every row is drawn from.
pub(super) struct Ladder<'a> {
    pub view: &'a View<'a>,
    pub instrument: &'a InstrumentView,
    pub book: &'a BookView,
    pub grid: Option<Grid>,
}

/// Right edges of own, orders and quantity of a side.
const fn edges(side: Side) -> [u16; 3] {
    match side {
        Side::Buy => [EDGES[0], EDGES[1], EDGES[2]],
        Side::Sell => [EDGES[6], EDGES[5], EDGES[4]],
    }
}

const fn role(side: Side) -> Role {
    match side {
        Side::Buy => Role::Bid,
        Side::Sell => Role::Ask,
    }
}

fn rule(paint: &mut Paint<'_>, y: u16) {
    let rule = paint.glyphs().rule;
    for x in 1..paint.width().min(EDGES[6]) {
        paint.put(x, y, rule, Role::Rule);
    }
}

impl Ladder<'_> {
    pub(super) fn level(&self, paint: &mut Paint<'_>, y: u16, price: Price, side: Side) {
        let levels = self.levels(side);
        let level = levels.iter().find(|l| l.price == price);
        self.cursor(paint, y, price);
        let own = self.own_qty(paint, y, price, side);
        match level {
            Some(level) => {
                let qty = self.shown_qty(levels, level);
                self.market(paint, y, side, qty, level.orders);
                self.price(paint, y, price, role(side));
            }
            None => self.vanished(paint, y, price, side, own),
        }
        self.queue(paint, y, price, side);
    }

    /// A step of the grid: both sides of the market that stand on it.
    pub(super) fn step(&self, paint: &mut Paint<'_>, y: u16, price: Price) {
        self.cursor(paint, y, price);
        let mut shade = Role::Dim;
        for side in Side::BOTH {
            let own = self.own_qty(paint, y, price, side);
            if own.is_positive() {
                shade = Role::Own;
            }
            let here = self.levels(side).iter().filter(|l| self.row_of(l.price, side) == price);
            let (qty, orders) = here.fold((Qty::ZERO, 0u32), |(qty, n), l| {
                (qty.saturating_add(l.qty), n.saturating_add(l.orders))
            });
            if qty.is_positive() {
                self.market(paint, y, side, qty, orders);
                shade = role(side);
            } else if self.is_beyond_what_is_known(price, side) {
                paint.put_right(edges(side)[2], y, format::MISSING, Role::Dim);
            }
            self.queue(paint, y, price, side);
        }
        self.price(paint, y, price, shade);
    }

    /// A book says its best levels; what stands deeper is not known here.
    fn is_beyond_what_is_known(&self, price: Price, side: Side) -> bool {
        let (levels, there) = match side {
            Side::Buy => (&self.book.bids, self.book.depth.0),
            Side::Sell => (&self.book.asks, self.book.depth.1),
        };
        let deepest = levels.last().filter(|_| there > levels.len());
        deepest.is_some_and(|deepest| match side {
            Side::Buy => price < self.row_of(deepest.price, side),
            Side::Sell => price > self.row_of(deepest.price, side),
        })
    }

    fn row_of(&self, price: Price, side: Side) -> Price {
        self.grid.map_or(price, |grid| grid.row(price, side))
    }

    const fn levels(&self, side: Side) -> &Vec<Level> {
        match side {
            Side::Buy => &self.book.bids,
            Side::Sell => &self.book.asks,
        }
    }

    fn cursor(&self, paint: &mut Paint<'_>, y: u16, price: Price) {
        if self.view.ui.ladder.cursor == Some(price) {
            if self.view.ui.focus == PaneId::Depth {
                paint.select(y);
            }
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
    }

    /// The price, and beside it the mark of the last trade if it was made here.
    fn price(&self, paint: &mut Paint<'_>, y: u16, price: Price, role: Role) {
        let text = self.view.prices(self.instrument.id).text(price);
        paint.put_right(EDGES[3], y, &text, role);
        if self.view.ui.level_flashes(price) {
            paint.underline(EDGES[3], y, &text);
        }
        let last = self.instrument.last();
        if last.is_some_and(|last| self.row_of(last, Side::Buy) == price) {
            let change = self.instrument.change_bps();
            let x = paint.put(EDGES[3], y, watch::arrow(paint, change), watch::change_role(change));
            if role == Role::Dim {
                paint.put(x + 1, y, "last", Role::Dim);
            }
        }
    }

    fn market(&self, paint: &mut Paint<'_>, y: u16, side: Side, qty: Qty, orders: u32) {
        let [_, orders_edge, qty_edge] = edges(side);
        paint.put_right(qty_edge, y, &self.view.prices(self.instrument.id).qty_fit(qty, 6), role(side));
        if orders > 0 {
            paint.put_right(orders_edge, y, &orders.to_string(), Role::Dim);
        }
    }

    fn own(&self, price: Price, side: Side) -> impl Iterator<Item = &Order> {
        let shown = self.view.ui.ladder.view;
        let here = move |o: &&Order| is_on_row(self.view.frame, shown, o, price);
        self.view.own_orders(self.instrument.id, side).filter(here)
    }

    fn own_qty(&self, paint: &mut Paint<'_>, y: u16, price: Price, side: Side) -> Qty {
        let own: Qty = self.own(price, side).map(Order::open_qty).sum();
        if own.is_positive() {
            paint.put_right(edges(side)[0], y, &format::qty_fit(own, 4), Role::Own);
        }
        own
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
    fn vanished(&self, paint: &mut Paint<'_>, y: u16, price: Price, side: Side, own: Qty) {
        if own.is_positive() {
            self.price(paint, y, price, Role::Own);
            return;
        }
        paint.put_right(edges(side)[2], y, "gone", Role::Gone);
        self.price(paint, y, price, Role::Gone);
        let was = self.view.ui.ladder.held.as_ref().and_then(|h| h.was.get(&price));
        let Some(was) = was else { return };
        let text =
            format!("(was {})", self.view.prices(self.instrument.id).qty_fit(Qty::from_units(*was), 6));
        match side {
            Side::Buy => paint.put_right(EDGES[3] + 3 + width(&text), y, &text, Role::Dim),
            Side::Sell => paint.put_right(EDGES[2], y, &text, Role::Dim),
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
            paint.put_right(EDGES[2] + 1, y, &format!("{text} {}", glyphs.right), Role::Own);
        }
    }

    /// Steps of a grid between bid and offer where nobody stands.
    pub(super) fn fold(&self, paint: &mut Paint<'_>, y: u16, steps: i64) {
        rule(paint, y);
        let word = if steps == 1 { "row" } else { "rows" };
        paint.put(3, y, &format!(" {steps} empty {word} "), Role::Dim);
    }

    /// The row of the spread. Where the bands have no rows of their own they are said here.
    pub(super) fn spread(&self, paint: &mut Paint<'_>, y: u16, with_band: bool) {
        rule(paint, y);
        let (bid, ask) = (self.book.bids.first().map(|l| l.price), self.book.asks.first().map(|l| l.price));
        let words = match (bid, ask) {
            (Some(bid), Some(ask)) => self.spread_words(bid, ask),
            (None, Some(_)) => vec!["no bid".to_owned()],
            (Some(_), None) => vec!["no offer".to_owned()],
            (None, None) => vec!["nobody there".to_owned()],
        };
        let mut texts = words;
        if let Some((low, high)) = self.instrument.order_band.filter(|_| with_band) {
            let prices = self.view.prices(self.instrument.id);
            let band = format!("band {}-{}", prices.text(low), prices.text(high));
            let with: Vec<String> = texts.iter().skip(1).map(|text| format!("{text}, {band}")).collect();
            texts.splice(0..0, with);
        }
        let room = paint.width().min(EDGES[6]).saturating_sub(5);
        let text = texts.iter().find(|t| width(t) <= room).or(texts.last());
        paint.put(3, y, &format!(" {} ", text.map_or("", String::as_str)), Role::Text);
    }

    /// In ticks and basis points, the longest first.
    fn spread_words(&self, bid: Price, ask: Price) -> Vec<String> {
        let gap = ask.units() - bid.units();
        let prices = self.view.prices(self.instrument.id);
        let rules = self.view.snapshot().day.rules.get(self.instrument.id.0 as usize);
        let ticks = rules.and_then(|r| r.tick).map(|t| format!(" = {} ticks", gap.abs() / t.units()));
        if gap < 0 && is_auction(self.view) {
            let size = prices.text(Price::from_units(-gap));
            return vec![
                format!("bids over offers by {size}: auction"),
                format!("over by {size}, auction"),
                "auction".to_owned(),
            ];
        }
        let bp = gap.abs() as f64 * 2e4 / (ask.units() + bid.units()).max(1) as f64;
        let name = if gap < 0 { "CROSSED by" } else { "spread" };
        let size = prices.text(Price::from_units(gap.abs()));
        vec![
            format!("{name} {size}{}, {bp:.0} bp", ticks.unwrap_or_default()),
            format!("{name} {size} {bp:.0}bp"),
            format!("{size} {bp:.0}bp"),
        ]
    }

    /// An end of the order band, and how many levels are hidden before it.
    pub(super) fn band(&self, paint: &mut Paint<'_>, y: u16, side: Side, price: Price, hidden: usize) {
        let name = if side == Side::Sell { "top" } else { "low" };
        let text = self.view.prices(self.instrument.id).text(price);
        // A price of four figures takes cells of the name: the name gives way, never the price.
        let room = EDGES[3].saturating_sub(width(&text) + 2);
        let names = [format!("- - order band {name}"), format!("- - band {name}"), format!("band {name}")];
        let fits = names.iter().find(|n| width(n) <= room);
        paint.put(1, y, fits.map_or("", String::as_str), Role::Dim);
        paint.put_right(EDGES[3], y, &text, Role::Dim);
        let base = self.instrument.last().or(self.instrument.previous_close).filter(|p| p.is_positive());
        let percent = base.map(|base| (price.units() as f64 / base.units() as f64 - 1.0) * 100.0);
        let percent = percent.map_or_else(String::new, |p| format!("{p:+.1}% "));
        let rest = if hidden > 0 { format!("{hidden} more") } else { "- - - -".to_owned() };
        paint.put(EDGES[3] + 2, y, &format!("{percent}{rest}"), Role::Dim);
    }
}
