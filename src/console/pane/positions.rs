//! What is held: what of it can be sold, from when the rest, what it cost, and what selling it
//! now would really bring.

use super::{PaneId, Title, table, watch};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, rows};
use crate::engine::snapshot::PositionView;
use crate::market::Money;

/// Where things stand: beginnings of text, right edges of numbers.
struct Columns {
    symbol: u16,
    held: u16,
    sell: u16,
    first_sale: u16,
    wacc: u16,
    even: u16,
    last: u16,
    result: u16,
    exit: u16,
}

/// One account: no column for it.
const ONE: Columns = Columns {
    symbol: 1,
    held: 13,
    sell: 20,
    first_sale: 22,
    wacc: 40,
    even: 48,
    last: 56,
    result: 65,
    exit: 73,
};
/// Several: the account first, the first day of sale without its weekday.
const SEVERAL: Columns = Columns {
    symbol: 8,
    held: 20,
    sell: 27,
    first_sale: 29,
    wacc: 43,
    even: 51,
    last: 58,
    result: 66,
    exit: 73,
};
/// From this width on charges and realised profit of the day have columns.
const FULL: u16 = 100;
const WIDE: [(u16, &str); 2] = [(84, "CHARGES"), (96, "REALISED")];

pub(super) fn title(view: &View<'_>) -> Title {
    let held = rows::held(view.frame).filter(|p| p.position.qty.is_positive()).count();
    let exit: Option<Money> =
        rows::held(view.frame).filter(|p| p.position.qty.is_positive()).map(|p| p.exit_cost).sum_known();
    let right = exit.map_or_else(
        || "cost of all out not known, w why".to_owned(),
        |exit| format!("all out now costs {} with tax", format::money_short(exit)),
    );
    Title {
        rest: format!(" {held} held  {}", table::notes(PaneId::Positions, view)).trim_end().to_owned(),
        right,
    }
}

/// A sum that is known only if every part is.
trait SumKnown {
    fn sum_known(self) -> Option<Money>;
}

impl<I: Iterator<Item = Option<Money>>> SumKnown for I {
    fn sum_known(mut self) -> Option<Money> {
        self.try_fold(Money::ZERO, |sum, part| sum.checked_add(part?))
    }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let several = rows::several_accounts(view.frame);
    let columns = if several { &SEVERAL } else { &ONE };
    let header = table::heads(PaneId::Positions, paint.height());
    if header > 0 {
        heads(paint, columns, several);
    }
    let window = table::window(PaneId::Positions, view, paint.height() - header);
    if window.ids.is_empty() {
        let otherwise =
            if view.snapshot().accounts.is_empty() { "this day has no account" } else { "nothing is held" };
        table::empty(paint, header, view, PaneId::Positions, otherwise);
    }
    for (y, id) in (header..).zip(&window.ids) {
        if window.selected == Some(*id) {
            table::cursor(paint, y, view, PaneId::Positions);
        }
        if let Some((_, account, position)) = rows::numbered(view.frame).find(|(number, _, _)| number == id) {
            if several {
                paint.inside(1, y, 6, 1).put(0, 0, account.id.as_str(), Role::Dim);
            }
            row(paint, y, view, position, columns, several);
        }
    }
}

fn heads(paint: &mut Paint<'_>, c: &Columns, several: bool) {
    if several {
        paint.put(1, 0, "ACCT", Role::Dim);
    }
    paint.put(c.symbol, 0, "SYMBOL", Role::Dim);
    paint.put(c.first_sale, 0, if several { "FROM" } else { "REST FROM" }, Role::Dim);
    let figures = [
        (c.held, "HELD"),
        (c.sell, "SELL"),
        (c.wacc, "WACC"),
        (c.even, "B/EVEN"),
        (c.last, "LAST"),
        (c.result, "RESULT"),
        (c.exit, "EXIT"),
    ];
    let full = paint.width() >= FULL;
    for (right, head) in figures.iter().chain(WIDE.iter().filter(|_| full)) {
        paint.put_right(*right, 0, head, Role::Dim);
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, p: &PositionView, c: &Columns, several: bool) {
    let prices = view.prices(p.instrument);
    let role = if p.position.qty.is_positive() { Role::Text } else { Role::Dim };
    paint.put(c.symbol, y, p.symbol.as_str(), role);
    let first_sale = match p.first_sale {
        Some(date) if several => format::date_short(date).get(4..).unwrap_or_default().to_owned(),
        Some(date) => format::date_short(date),
        None if p.position.bought.is_positive() => "not known".to_owned(),
        None => format::MISSING.to_owned(),
    };
    paint.put(c.first_sale, y, &first_sale, Role::Dim);
    let money = |m: Option<Money>| m.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    let plain = |m: Option<Money>| money(m).trim_start_matches('+').to_owned();
    let sign = watch::change_role(p.unrealised.map(|m| m.paisa() as f64));
    for (right, text, role) in [
        (c.held, format::qty_fit(p.position.qty, 6), role),
        (c.sell, format::qty_fit(p.sellable, 6), role),
        (c.wacc, prices.option(p.wacc), role),
        (c.even, prices.option(p.break_even), role),
        (c.last, prices.option(p.position.mark), role),
        (c.result, money(p.unrealised), sign),
        (c.exit, plain(p.exit_cost), role),
    ] {
        paint.put_right(right, y, &text, role);
    }
    if paint.width() >= FULL {
        let charges = p.position.buys.total().zip(p.position.sells.total());
        let charges = charges.and_then(|(a, b)| a.checked_add(b));
        paint.put_right(WIDE[0].0, y, &plain(charges), Role::Dim);
        paint.put_right(WIDE[1].0, y, &money(p.position.realised), Role::Dim);
    }
}
