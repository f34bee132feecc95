//! What is held: what of it can be sold, from when the rest, what it cost, and what selling it
//! now would really bring.

use super::{PaneId, Title, table, watch};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, rows};
use crate::engine::snapshot::PositionView;
use crate::market::Money;

/// Right edges of the numbers.
const COLUMNS: [(u16, &str); 7] =
    [(13, "HELD"), (20, "SELL"), (40, "WACC"), (48, "B/EVEN"), (56, "LAST"), (65, "RESULT"), (73, "EXIT")];
/// Where the first day of sale begins.
const FIRST_SALE: u16 = 22;
/// From this width on charges and realised profit of the day have columns.
const FULL: u16 = 100;
const WIDE: [(u16, &str); 2] = [(84, "CHARGES"), (96, "REALISED")];

pub(super) fn title(view: &View<'_>) -> Title {
    let held = rows::held(view.frame).filter(|p| p.position.qty.is_positive()).count();
    let exit: Option<Money> =
        rows::held(view.frame).filter(|p| p.position.qty.is_positive()).map(|p| p.exit_cost).sum_known();
    let exit = exit.map_or_else(|| format::MISSING.to_owned(), format::money_short);
    Title {
        rest: format!(" {held} held  {}", table::notes(PaneId::Positions, view)).trim_end().to_owned(),
        right: format!("all out now costs {exit} with tax"),
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
    let header = table::heads(PaneId::Positions, paint.height());
    if header > 0 {
        paint.put(1, 0, "SYMBOL", Role::Dim);
        paint.put(FIRST_SALE, 0, "REST FROM", Role::Dim);
        let full = paint.width() >= FULL;
        let wide = WIDE.iter().filter(|_| full);
        for (right, head) in COLUMNS.iter().chain(wide) {
            paint.put_right(*right, 0, head, Role::Dim);
        }
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
        if let Some(position) = rows::held(view.frame).find(|p| u64::from(p.instrument.0) == *id) {
            row(paint, y, view, position);
        }
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, p: &PositionView) {
    let prices = view.prices(p.instrument);
    let held = p.position.qty.is_positive();
    let role = if held { Role::Text } else { Role::Dim };
    paint.put(1, y, p.symbol.as_str(), role);
    let first_sale = match p.first_sale {
        Some(date) => format::date_short(date),
        None if p.position.bought.is_positive() => "not known".to_owned(),
        None => format::MISSING.to_owned(),
    };
    paint.put(FIRST_SALE, y, &first_sale, Role::Dim);
    let money = |m: Option<Money>| m.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    let plain = |m: Option<Money>| money(m).trim_start_matches('+').to_owned();
    let figures = [
        format::qty_fit(p.position.qty, 6),
        format::qty_fit(p.sellable, 6),
        prices.option(p.wacc),
        prices.option(p.break_even),
        prices.option(p.position.mark),
        money(p.unrealised),
        plain(p.exit_cost),
    ];
    for ((right, head), text) in COLUMNS.iter().zip(figures) {
        let sign = p.unrealised.map(|m| m.paisa() as f64);
        let role = if *head == "RESULT" { watch::change_role(sign) } else { role };
        paint.put_right(*right, y, &text, role);
    }
    if paint.width() >= FULL {
        let charges = p.position.buys.total().zip(p.position.sells.total());
        let charges = charges.and_then(|(a, b)| a.checked_add(b));
        paint.put_right(WIDE[0].0, y, &plain(charges), Role::Dim);
        paint.put_right(WIDE[1].0, y, &money(p.position.realised), Role::Dim);
    }
}
