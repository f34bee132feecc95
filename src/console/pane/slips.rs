//! Slips: orders that a person keys into the broker's portal, one row each, and the one under the cursor in full.

use super::{PaneId, Title, table};
use crate::console::slip::{self, Asked, Slip, Stands};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, rows, words};
use crate::engine::GatewayKind;
use crate::execution::ClientOrderId;
use crate::market::Side;

/// Rows of the slip under the cursor, its rule among them.
const DETAIL: u16 = 5;
/// Where text begins and where numbers end.
const SIDE: u16 = 11;
const SYMBOL: u16 = 16;
const QTY: u16 = 32;
const LIMIT: u16 = 41;
const AGE: u16 = 48;
const ASKED: u16 = 50;
const BAND: u16 = 61;
/// What is said of the band, where there is room.
const STANDS: u16 = 80;

pub(super) fn title(view: &View<'_>) -> Title {
    let slips: Vec<Slip<'_>> = slip::all(view.snapshot()).collect();
    let past = slips.iter().filter(|s| s.stands(view.snapshot()) == Stands::Past).count();
    let mut rest = format!(" waiting {}", slips.len());
    if past > 0 {
        rest.push_str(&format!("  PAST THE BAND {past}"));
    }
    let notes = table::notes(PaneId::Slips, view);
    if !notes.is_empty() {
        rest.push_str(&format!("  {notes}"));
    }
    Title { rest, right: "key it in the portal, then r".to_owned() }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let detail = if paint.height() >= DETAIL + 4 { DETAIL } else { 0 };
    let head = u16::from(paint.height() >= 3);
    if head > 0 {
        heads(paint);
    }
    let height = paint.height().saturating_sub(head + detail);
    let window = table::window(PaneId::Slips, view, height);
    if window.ids.is_empty() {
        let otherwise = if view.snapshot().day.gateway == GatewayKind::Manual {
            "no slip waits: an order that leaves comes here to be keyed in"
        } else {
            "orders are not keyed in by hand here: himal live --gateway manual does that"
        };
        return table::empty(paint, head, view, PaneId::Slips, otherwise);
    }
    for (y, id) in (head..).zip(&window.ids) {
        if window.selected == Some(*id) {
            table::cursor(paint, y, view, PaneId::Slips);
        }
        let Some(order) = view.snapshot().order(ClientOrderId(*id)) else { continue };
        match Slip::of(view.snapshot(), order) {
            Some(slip) => row(paint, y, view, &slip),
            None => {
                let line = words::order_line(view.snapshot(), &order.order);
                let state = words::order_state(order);
                paint.put(3, y, &format!("{}  {line} is {state}", order.id), Role::Gone);
            }
        }
    }
    let selected = rows::selected_slip(view.frame, view.ui);
    if let Some(slip) = selected.filter(|_| detail > 0) {
        let (y, columns) = (paint.height() - detail, paint.width());
        in_full(&mut paint.inside(0, y, columns, detail), view, &slip);
    }
}

fn heads(paint: &mut Paint<'_>) {
    for (x, head) in [(3, "ID"), (SIDE, "SIDE"), (SYMBOL, "SYMBOL"), (ASKED, "ASKED"), (BAND, "BAND NOW")] {
        paint.put(x, 0, head, Role::Dim);
    }
    for (right, head) in [(QTY, "QTY"), (LIMIT, "LIMIT"), (AGE, "AGE")] {
        paint.put_right(right, 0, head, Role::Dim);
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, slip: &Slip<'_>) {
    let order = slip.order;
    let prices = view.prices(order.order.instrument);
    let stands = slip.stands(view.snapshot());
    let past = stands == Stands::Past;
    if past {
        paint.put(1, y, "!", Role::Alarm);
    }
    paint.put(3, y, &order.id.to_string(), Role::Text);
    let side = if order.order.side == Side::Buy { Role::Bid } else { Role::Ask };
    paint.put(SIDE, y, &order.order.side.to_string(), side);
    paint.put(SYMBOL, y, words::symbol(view.snapshot(), order.order.instrument), Role::Text);
    paint.put_right(QTY, y, &format::qty_fit(slip.qty, 9), Role::Text);
    paint.put_right(LIMIT, y, &prices.text(slip.limit), if past { Role::Warn } else { Role::Text });
    paint.put_right(AGE, y, &format::age_exact(view.now().since_ns(slip.since)), Role::Dim);
    let asked = if slip.asked == Asked::Enter { Role::Text } else { Role::Warn };
    paint.put(ASKED, y, slip.asked.word(), asked);
    let (text, role) = band(view, slip);
    paint.put(BAND, y, &text, role);
    if paint.width() >= STANDS + 20 {
        let (text, role) = words_of(stands);
        paint.put(STANDS, y, text, role);
    }
}

/// `241.6-256.4`, where a price is keyed in.
fn band(view: &View<'_>, slip: &Slip<'_>) -> (String, Role) {
    let (id, stands) = (slip.order.order.instrument, slip.stands(view.snapshot()));
    let prices = view.prices(id);
    let band = view.snapshot().instrument(id).and_then(|i| i.order_band);
    match (stands, band) {
        (Stands::NoMatter, _) => (String::new(), Role::Dim),
        (_, None) => (format::MISSING.to_owned(), Role::Dim),
        (stands, Some((low, high))) => {
            let role = if stands == Stands::Past { Role::Warn } else { Role::Dim };
            (format!("{}-{}", prices.text(low), prices.text(high)), role)
        }
    }
}

const fn words_of(stands: Stands) -> (&'static str, Role) {
    match stands {
        Stands::Inside => ("still inside", Role::Good),
        Stands::Past => ("MOVED PAST ITS PRICE", Role::Alarm),
        Stands::NotKnown => ("band not known", Role::Dim),
        Stands::NoMatter => ("", Role::Dim),
    }
}

/// The slip under the cursor, as it is read while it is keyed in.
fn in_full(paint: &mut Paint<'_>, view: &View<'_>, slip: &Slip<'_>) {
    let order = slip.order;
    let prices = view.prices(order.order.instrument);
    let symbol = words::symbol(view.snapshot(), order.order.instrument);
    let age = format::age_exact(view.now().since_ns(slip.since));
    paint.rule(0, &format!("Slip {}", order.id), false, "", &format!("for {age}"));
    let (side, qty) = (order.order.side, format::qty(slip.qty));
    let line = format!("{} {side} {symbol} {qty} @ {}", slip.asked.word(), prices.text(slip.limit));
    let number = order.venue_id.as_ref().map_or_else(String::new, |n| format!("   its number {n}"));
    paint.put(1, 1, &format!("{line}   client {}{number}", order.order.account), Role::Text);
    let last = view.snapshot().instrument(order.order.instrument).and_then(|i| i.last());
    let (range, _) = band(view, slip);
    let (stands, role) = words_of(slip.stands(view.snapshot()));
    let now = if slip.asked == Asked::Change {
        let (qty, limit) = (format::qty(order.order.qty), prices.text(order.order.limit));
        format!("now {qty} @ {limit}, ")
    } else {
        String::new()
    };
    let band = if range.is_empty() { String::new() } else { format!(", band now {range}: ") };
    let x = paint.put(1, 2, &format!("{now}LTP {}{band}", prices.option(last)), Role::Text);
    paint.put(x, 2, stands, role);
    let names: Vec<String> = slip.fields(view.snapshot()).into_iter().map(|(name, _)| name).collect();
    paint.put(1, 3, &format!("c copies {} in turn", names.join(", ")), Role::Key);
    paint.put(1, 4, "r reports: accepted, filled, not entered, refused", Role::Key);
}
