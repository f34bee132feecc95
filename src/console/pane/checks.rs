//! What the checks said of the last orders and amendments, the newest on top: one letter a check,
//! and the numbers of the one under the cursor.

use super::{PaneId, Title, table};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, risk_words, rows, words};
use crate::engine::CheckedOrder;
use crate::market::Side;
use crate::risk::{Check, Verdict};

/// Where the columns of the checks begin.
const FROM: u16 = 27;

pub(super) fn title(view: &View<'_>) -> Title {
    let checks = &view.snapshot().checks;
    let denied = checks.iter().filter(|c| is_denied(c)).count();
    Title {
        rest: format!("{} of 36  {}", Check::ALL.len(), table::notes(PaneId::Checks, view))
            .trim_end()
            .to_owned(),
        right: format!("last {}, {denied} denied", checks.len()),
    }
}

fn is_denied(checked: &CheckedOrder) -> bool {
    checked.results.iter().any(|r| matches!(r.verdict, Verdict::Block(_)))
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let header = u16::from(paint.height() >= 3);
    let detail = u16::from(paint.height() >= 4);
    if header > 0 {
        paint.put(1, 0, "TIME", Role::Dim);
        paint.put(10, 0, "ORDER", Role::Dim);
        let step = step(paint.width());
        for (x, check) in columns(step) {
            let head: String = risk_words::check_head(check).chars().take(usize::from(step) - 1).collect();
            paint.put(x, 0, &head, Role::Dim);
        }
    }
    let window = table::window(PaneId::Checks, view, paint.height().saturating_sub(header + detail));
    if window.ids.is_empty() {
        table::empty(paint, header, view, PaneId::Checks, "no order was checked today");
    }
    for (y, id) in (header..).zip(&window.ids) {
        if window.selected == Some(*id) && view.ui.focus == PaneId::Checks {
            table::cursor(paint, y, view, PaneId::Checks);
        }
        if let Some(checked) = rows::checked(view.frame, *id) {
            row(paint, y, view, checked);
        }
    }
    if detail > 0
        && let Some(checked) = rows::selected_check(view.frame, view.ui)
    {
        numbers(paint, paint.height() - 1, checked);
    }
}

/// How wide a column is: four letters, or three where the pane has no room for four.
const fn step(width: u16) -> u16 {
    if FROM + Check::ALL.len() as u16 * 5 <= width + 1 { 5 } else { 4 }
}

fn columns(step: u16) -> impl Iterator<Item = (u16, Check)> {
    (0u16..).map(move |i| FROM + i * step).zip(Check::ALL)
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, checked: &CheckedOrder) {
    paint.put(1, y, &format::clock(checked.at), Role::Dim);
    let order = &checked.order;
    let side = if order.side == Side::Buy { Role::Bid } else { Role::Ask };
    // A change is marked by the order it would change; a new order by its side alone.
    let what = if checked.amends.is_some() { "chg" } else { "new" };
    let x = paint.put(10, y, what, Role::Dim);
    let x = paint.put(x + 1, y, &order.side.to_string(), side);
    paint.put(x.max(18) + 1, y, words::symbol(view.snapshot(), order.instrument), Role::Text);
    let step = step(paint.width());
    for ((x, _), result) in columns(step).zip(&checked.results) {
        let (letter, role) = match result.verdict {
            Verdict::Pass => (paint.glyphs().dot, Role::Dim),
            Verdict::NotApplicable => ("-", Role::Dim),
            Verdict::Warn(_) => ("w", Role::Warn),
            Verdict::Block(_) => ("X", Role::Alarm),
        };
        paint.put(x + 1, y, letter, role);
    }
    let after = FROM + step * Check::ALL.len() as u16 + 1;
    if paint.width() > after + 20 {
        let text = paint.inside(after, y, paint.width() - after, 1).whole_words(&summary(checked), 0);
        paint.put(after, y, &text, Role::Text);
    }
}

/// The order and the first thing that was said against it, in words.
fn numbers(paint: &mut Paint<'_>, y: u16, checked: &CheckedOrder) {
    let role = if is_denied(checked) { Role::Alarm } else { Role::Text };
    let text = paint.whole_words(&format!("{}  Enter all", summary(checked)), 1);
    paint.put(1, y, &text, role);
}

/// `9 checks: 8 pass, 1 warn`, and what was said against it.
pub(super) fn summary(checked: &CheckedOrder) -> String {
    let find = |of: fn(&Verdict) -> bool| checked.results.iter().find(|r| of(&r.verdict));
    let worst = find(|v| matches!(v, Verdict::Block(_))).or_else(|| find(|v| matches!(v, Verdict::Warn(_))));
    let against = worst.map(|r| format!(": {}", risk_words::verdict(&r.verdict))).unwrap_or_default();
    format!("{}{against}", words::check_counts(&checked.results))
}
