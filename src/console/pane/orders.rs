//! Our orders: where each stands, and what a person should know of it.

use super::{PaneId, Title, table};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, rows, words};
use crate::execution::{ClientOrderId, Order, OrderState};
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
    note: 69,
};
const NARROW: Columns =
    Columns { side: 10, symbol: 15, qty: 27, done: 33, left: None, limit: 42, state: 44, age: 58, note: 60 };

pub(super) fn title(view: &View<'_>) -> Title {
    let orders = &view.snapshot().orders;
    let count = |state: OrderState| orders.iter().filter(|o| o.state == state).count();
    let working = count(OrderState::Accepted) + count(OrderState::PartiallyFilled);
    let mut rest = format!(" working {working}");
    for (state, name) in [(OrderState::PendingNew, "sent"), (OrderState::Unknown, "UNKNOWN")] {
        let n = count(state);
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
            row(paint, y, view, order, columns);
        }
    }
}

fn heads(paint: &mut Paint<'_>, c: &Columns) {
    for (x, head) in [(3, "ID"), (c.side, "SIDE"), (c.symbol, "SYMBOL"), (c.state, "STATE"), (c.note, "NOTE")]
    {
        paint.put(x, 0, head, Role::Dim);
    }
    for (right, head) in [(c.qty, "QTY"), (c.done, "DONE"), (c.limit, "LIMIT"), (c.age, "AGE")] {
        paint.put_right(right, 0, head, Role::Dim);
    }
    if let Some(left) = c.left {
        paint.put_right(left, 0, "LEFT", Role::Dim);
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, order: &Order, c: &Columns) {
    let prices = view.prices(order.order.instrument);
    let open = order.state.is_open();
    let text = if open { Role::Text } else { Role::Dim };
    let side = if order.order.side == Side::Buy { Role::Bid } else { Role::Ask };
    let waiting = order.pending.is_some() || order.state == OrderState::PendingNew;
    let (mark, state) = match order.state {
        OrderState::Unknown => ("?", Role::Alarm),
        _ if waiting => (">", Role::Warn),
        OrderState::Rejected => (" ", Role::Alarm),
        _ => (" ", text),
    };
    paint.put(1, y, mark, state);
    paint.put(3, y, &order.id.to_string(), text);
    paint.put(c.side, y, &order.order.side.to_string(), side);
    paint.put(c.symbol, y, words::symbol(view.snapshot(), order.order.instrument), text);
    let unknown = order.state == OrderState::Unknown;
    let known = |q: Qty| if unknown { format::MISSING.to_owned() } else { format::qty_fit(q, 6) };
    paint.put_right(c.qty, y, &format::qty_fit(order.order.qty, 6), text);
    paint.put_right(c.done, y, &known(order.filled), text);
    if let Some(left) = c.left {
        paint.put_right(left, y, &known(order.left()), text);
    }
    paint.put_right(c.limit, y, &prices.text(order.order.limit), text);
    paint.put(c.state, y, words::order_state(order), state);
    paint.put_right(c.age, y, &age(view, order, waiting), Role::Dim);
    let room = paint.width().saturating_sub(c.note);
    let mut note = paint.inside(c.note, y, room, 1);
    note.put(0, 0, &words::order_note(order, prices), Role::Dim);
}

/// Orders that wait for an answer count the seconds; others move in steps; closed ones say when.
fn age(view: &View<'_>, order: &Order, waiting: bool) -> String {
    if !order.state.is_open() {
        return format::clock_minutes(order.changed_at);
    }
    let since = if order.pending.is_some() { order.changed_at } else { order.sent_at };
    let ns = view.now().since_ns(since);
    if waiting || order.state == OrderState::Unknown {
        format::age_exact(ns)
    } else {
        format::age(ns).unwrap_or_default()
    }
}
