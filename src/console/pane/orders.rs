//! Our orders: where each stands, its chance of a fill, and what a person should know of it. One row an
//! order; the engine has no order that is the parent of others.

use super::{PaneId, Title, table};
use crate::console::preview::Facts;
use crate::console::slip::{self, Slip};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{fill, format, rows, words};
use crate::execution::{ClientOrderId, Order, OrderState};
use crate::market::time::NS_PER_S;
use crate::market::{Qty, Side};

/// Columns: where text begins and where numbers end.
struct Columns {
    side: u16,
    symbol: u16,
    qty: u16,
    done: u16,
    left: Option<u16>,
    limit: u16,
    state: u16,
    age: u16,
    fill: u16,
    note: u16,
}

const WIDE: Columns = Columns {
    side: 11,
    symbol: 16,
    qty: 29,
    done: 35,
    left: Some(41),
    limit: 50,
    state: 52,
    age: 67,
    fill: 76,
    note: 78,
};
const NARROW: Columns = Columns {
    side: 10,
    symbol: 15,
    qty: 27,
    done: 33,
    left: None,
    limit: 42,
    state: 44,
    age: 58,
    fill: 63,
    note: 65,
};

pub(super) fn title(view: &View<'_>) -> Title {
    let orders = &view.snapshot().orders;
    let snapshot = view.snapshot();
    let count = |state: OrderState| orders.iter().filter(|o| o.state == state).count();
    let working = count(OrderState::Accepted) + count(OrderState::PartiallyFilled);
    let mut rest = format!(" working {working}");
    for (name, n) in [
        ("held", count(OrderState::Held)),
        ("sent", count(OrderState::PendingNew)),
        ("slip", slip::waiting(snapshot)),
        ("UNKNOWN", slip::unknown(snapshot).count()),
    ] {
        if n > 0 {
            rest.push_str(&format!("  {name} {n}"));
        }
    }
    let note = table::notes(PaneId::Orders, view);
    if !note.is_empty() {
        rest.push_str(&format!("  {note}"));
    }
    let shown = rows::ids(PaneId::Orders, view.frame, view.ui).len();
    let hidden = orders.len().saturating_sub(shown);
    let names = rows::sorts(PaneId::Orders);
    let sort = names.get(view.ui.list(PaneId::Orders).sort).copied().unwrap_or_default();
    let right = if hidden > 0 { format!("{sort}, {hidden} done hidden") } else { sort.to_owned() };
    Title { rest, right }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let columns = if paint.width() >= 100 { &WIDE } else { &NARROW };
    let header = table::heads(PaneId::Orders, paint.height());
    if header > 0 {
        heads(paint, columns);
    }
    let window = table::window(PaneId::Orders, view, paint.height() - header);
    if window.ids.is_empty() {
        let otherwise = if view.snapshot().orders.is_empty() {
            "no order today: b or s in Watch or Depth writes one"
        } else {
            "nothing is open; o shows those that are done"
        };
        table::empty(paint, header, view, PaneId::Orders, otherwise);
    }
    for (y, id) in (header..).zip(&window.ids) {
        if window.selected == Some(*id) {
            table::cursor(paint, y, view, PaneId::Orders);
        }
        if let Some(order) = view.snapshot().order(ClientOrderId(*id)) {
            row(paint, y, view, order, columns, window.gone.contains(id));
        }
    }
}

fn heads(paint: &mut Paint<'_>, c: &Columns) {
    for (x, head) in [(3, "ID"), (c.side, "SIDE"), (c.symbol, "SYMBOL"), (c.state, "STATE"), (c.note, "NOTE")]
    {
        paint.put(x, 0, head, Role::Dim);
    }
    for (right, head) in
        [(c.qty, "QTY"), (c.done, "DONE"), (c.limit, "LIMIT"), (c.age, "AGE"), (c.fill, "P(fill)")]
    {
        paint.put_right(right, 0, head, Role::Dim);
    }
    if let Some(left) = c.left {
        paint.put_right(left, 0, "LEFT", Role::Dim);
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, order: &Order, c: &Columns, gone: bool) {
    let prices = view.prices(order.order.instrument);
    let open = order.state.is_open();
    let text = match (gone, open) {
        (true, _) => Role::Gone,
        (false, true) => Role::Text,
        (false, false) => Role::Dim,
    };
    let side = if order.order.side == Side::Buy { Role::Bid } else { Role::Ask };
    let side = if gone { text } else { side };
    let waiting = order.pending.is_some() || matches!(order.state, OrderState::PendingNew | OrderState::Held);
    let slip = slip::is_to_key_in(view.snapshot(), order);
    let (mark, state) = match order.state {
        _ if gone => ("x", Role::Gone),
        _ if slip => ("s", Role::Warn),
        OrderState::Unknown => ("?", Role::Alarm),
        _ if waiting => (">", Role::Warn),
        OrderState::Rejected => (" ", Role::Alarm),
        _ => (" ", text),
    };
    paint.put(1, y, mark, state);
    paint.put(3, y, &order.id.to_string(), text);
    paint.put(c.side, y, &order.order.side.to_string(), side);
    paint.put(c.symbol, y, words::symbol(view.snapshot(), order.order.instrument), text);
    let entering = slip && order.state == OrderState::Unknown;
    let unknown = order.state == OrderState::Unknown && !slip;
    let known = |q: Qty| if unknown { format::MISSING.to_owned() } else { format::qty_fit(q, 6) };
    paint.put_right(c.qty, y, &format::qty_fit(order.order.qty, 6), text);
    paint.put_right(c.done, y, &known(order.filled), text);
    if let Some(left) = c.left {
        paint.put_right(left, y, &known(order.left()), text);
    }
    paint.put_right(c.limit, y, &prices.text(order.order.limit), text);
    let word = if entering { "SLIP" } else { words::order_state(order) };
    paint.put(c.state, y, word, state);
    paint.put_right(c.age, y, &age(view, order, waiting), Role::Dim);
    let chance = fill::of_order(view.frame, order);
    let p =
        chance.map_or_else(|_| format::MISSING.to_owned(), |c| format!("{}'", format::probability(c.likely)));
    paint.put_right(c.fill, y, &p, text);
    let room = paint.width().saturating_sub(c.note);
    let forms = notes(view, order, prices, c.left.is_some());
    let fits = forms.iter().find(|form| width(form) <= room).or(forms.last());
    let text = paint.whole_clauses(fits.map_or("", String::as_str), c.note);
    paint.put(c.note, y, &text, Role::Dim);
}

/// What to know of it, the longest first: the queue and the distance to the touch of one that rests, else
/// in words.
fn notes(view: &View<'_>, order: &Order, prices: format::PriceFormat, wide: bool) -> Vec<String> {
    if Slip::of(view.snapshot(), order).is_some() {
        return vec![if wide { "slip: key it in (g l), r reports" } else { "slip: g l" }.to_owned()];
    }
    let working = matches!(order.state, OrderState::Accepted | OrderState::PartiallyFilled);
    let Some(ahead) =
        order.queue_ahead.filter(|_| working && order.pending.is_none() && order.reason.is_none())
    else {
        let words =
            if wide { words::order_note(order, prices) } else { words::order_note_short(order).to_owned() };
        // One that rests and says nothing else says why its chance is blank.
        return match fill::of_order(view.frame, order) {
            Err(why) if words.is_empty() && working => vec![format!("P(fill) -: {why}"), why.to_owned()],
            _ => vec![words],
        };
    };
    let [low, expected, high] = [ahead.low, ahead.expected, ahead.high].map(format::qty);
    if !wide {
        return vec![format!("ahead ~{expected}")];
    }
    let touch = match off_touch(view, order) {
        Some(0) => ", at the touch".to_owned(),
        Some(ticks @ 1..) => format!(", {ticks} ticks off touch"),
        Some(ticks) => format!(", {} ticks inside", -ticks),
        None => String::new(),
    };
    let queue = format!("ahead ~{expected} ({low}-{high}){touch}");
    vec![format!("queue {queue}"), queue]
}

/// Ticks between its limit and the best price of its side; below 0 if it is better.
fn off_touch(view: &View<'_>, order: &Order) -> Option<i64> {
    let facts = Facts::of(view.frame, order.order.instrument, None)?;
    let (best, tick) = (facts.best(order.order.side)?, facts.tick?);
    Some(order.order.side.sign() * (best.units() - order.order.limit.units()) / tick.units())
}

/// Held ones count down, those that wait for an answer count the seconds; others move in steps;
/// closed ones say when.
fn age(view: &View<'_>, order: &Order, waiting: bool) -> String {
    if !order.state.is_open() {
        return format::clock_minutes(order.changed_at);
    }
    if let Some(until) = order.held_until {
        return format!("in {}s", (until.since_ns(view.now()).max(0) + NS_PER_S - 1) / NS_PER_S);
    }
    let since = if order.pending.is_some() { order.changed_at } else { order.sent_at };
    let ns = view.now().since_ns(since);
    if waiting || order.state == OrderState::Unknown {
        format::age_exact(ns)
    } else {
        format::age(ns).unwrap_or_default()
    }
}
