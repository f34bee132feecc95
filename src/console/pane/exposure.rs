//! What is held by symbol with its share of the net asset value, what is free, and what today's trades
//! bring, take and release by day.

use super::Title;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, words};
use crate::engine::snapshot::{AccountView, DueView, PositionView};
use crate::market::Money;

pub(super) fn title(view: &View<'_>) -> Title {
    let shown: Vec<&AccountView> = accounts(view).collect();
    match shown.as_slice() {
        [only] => Title {
            rest: format!("acct {}", only.id),
            right: format!(
                "NAV {}",
                only.nav.map_or_else(|| format::MISSING.to_owned(), format::money_short)
            ),
        },
        many => Title { rest: format!("{} accounts", many.len()), right: String::new() },
    }
}

/// The account of this terminal; without one, every account.
fn accounts<'a>(view: &View<'a>) -> impl Iterator<Item = &'a AccountView> {
    let own = view.status().account.as_ref();
    view.snapshot().accounts.iter().filter(move |a| own.is_none_or(|id| *id == a.id))
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let shown: Vec<&AccountView> = accounts(view).collect();
    if shown.is_empty() {
        paint.put(1, 0, "this day has no account: nothing is exposed", Role::Dim);
        return;
    }
    let each = paint.height() / u16::try_from(shown.len()).unwrap_or(1).max(1);
    let columns = paint.width();
    for (i, account) in (0u16..).zip(&shown) {
        let mut part = paint.inside(0, i * each, columns, each.max(1));
        one(&mut part, view, account, shown.len() > 1);
    }
}

/// One account: the largest positions that fit, then cash, then the days ahead.
fn one(paint: &mut Paint<'_>, view: &View<'_>, account: &AccountView, named: bool) {
    let mut held: Vec<&PositionView> =
        account.positions.iter().filter(|p| p.position.qty.is_positive()).collect();
    held.sort_by_key(|p| std::cmp::Reverse(p.position.value()));
    let days = u16::try_from(account.by_date.len()).unwrap_or(u16::MAX).max(1);
    let header = u16::from(paint.height() >= days.saturating_add(4));
    let room = usize::from(paint.height().saturating_sub(days.saturating_add(1 + header)).max(1));
    if header > 0 {
        paint.put(1, 0, "SYMBOL", Role::Dim);
        for (right, head) in [(16, "HELD"), (28, "VALUE"), (36, "OF NAV"), (44, "SELL")] {
            paint.put_right(right, 0, head, Role::Dim);
        }
    }
    let fits = if held.len() > room { room.saturating_sub(1).max(1) } else { room };
    let mut y = header;
    for position in held.iter().take(fits) {
        symbol(paint, y, position, account.nav);
        y += 1;
    }
    if held.is_empty() {
        paint.put(1, y, "nothing is held", Role::Dim);
        y += 1;
    } else if held.len() > fits && room > 1 {
        paint.put(1, y, &format!("{} more, smaller; g p lists them", held.len() - fits), Role::Dim);
        y += 1;
    }
    cash(paint, y, account, named);
    y += 1;
    if account.by_date.is_empty() {
        paint.put(1, y, "nothing of today falls due: no fill yet", Role::Dim);
    }
    for due in &account.by_date {
        day(paint, y, view, due);
        y += 1;
    }
}

fn symbol(paint: &mut Paint<'_>, y: u16, p: &PositionView, nav: Option<Money>) {
    let value = p.position.value();
    paint.put(1, y, p.symbol.as_str(), Role::Text);
    paint.put_right(16, y, &format::qty_fit(p.position.qty, 7), Role::Text);
    let text = value.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    paint.put_right(28, y, text.trim_start_matches('+'), Role::Text);
    let (share, role) = share(value, nav);
    paint.put_right(36, y, &share, role);
    paint.put_right(44, y, &format::qty_fit(p.sellable, 7), Role::Dim);
}

/// The part of the net asset value; above the tenth that P16 allows it is marked.
fn share(value: Option<Money>, nav: Option<Money>) -> (String, Role) {
    match (value, nav.filter(|n| n.paisa() > 0)) {
        (Some(value), Some(nav)) => {
            let tenths = i128::from(value.paisa()) * 1_000 / i128::from(nav.paisa());
            let above = tenths > 100;
            let mark = if above { "!" } else { "" };
            (format!("{}.{}%{mark}", tenths / 10, tenths % 10), if above { Role::Warn } else { Role::Text })
        }
        _ => (format::MISSING.to_owned(), Role::Dim),
    }
}

fn cash(paint: &mut Paint<'_>, y: u16, account: &AccountView, named: bool) {
    let free = account.free_cash.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    let whose = if named { format!("acct {}  ", account.id) } else { String::new() };
    let held = account.free_cash.and_then(|free| account.cash.checked_sub(free));
    let mut parts = vec![format!("{whose}cash free {}", free.trim_start_matches('+'))];
    if let Some(held) = held.filter(|h| *h != Money::ZERO).map(format::rupees_signed) {
        parts.push(format!("buys hold {}", held.trim_start_matches('+')));
    }
    paint.put(1, y, &paint.whole_parts(&parts, ", ", 1, ""), Role::Text);
}

/// `Wed 26 Aug  pays 1,20,110  receives 9,84,250  sellable NABIL 600, SHIVM 400`.
fn day(paint: &mut Paint<'_>, y: u16, view: &View<'_>, due: &DueView) {
    let mut text = due.date.map_or_else(|| "date not known".to_owned(), format::date_short);
    let amount = |m: Money| format::rupees_signed(m).trim_start_matches('+').to_owned();
    if due.pays != Money::ZERO {
        text.push_str(&format!("  pays {}", amount(due.pays)));
    }
    if due.receives != Money::ZERO {
        text.push_str(&format!("  receives {}", amount(due.receives)));
    }
    if due.sellable.is_empty() {
        paint.put(1, y, &paint.whole_words(&text, 1), Role::Text);
        return;
    }
    let x = paint.put(1, y, &format!("{text}  sellable "), Role::Text);
    let list: Vec<String> = due
        .sellable
        .iter()
        .map(|(id, qty)| format!("{} {}", words::symbol(view.snapshot(), *id), format::qty(*qty)))
        .collect();
    paint.put(x, y, &paint.whole_parts(&list, ", ", x, "more"), Role::Text);
}
