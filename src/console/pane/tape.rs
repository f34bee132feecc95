//! The prints of one symbol, with both brokers: what this market's traders read first.

use std::collections::BTreeMap;

use super::Title;
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::engine::TapeRow;
use crate::engine::snapshot::InstrumentView;
use crate::market::{BrokerId, Price, Qty};
use crate::model::anomaly::Action;

pub(super) fn title(view: &View<'_>) -> Title {
    let Some(instrument) = view.instrument() else { return Title::default() };
    Title { rest: instrument.symbol.to_string(), right: format!("{} prints", instrument.day.trades) }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    match view.instrument() {
        Some(instrument) => prints(paint, view, instrument),
        None => {
            paint.put(1, 0, "no symbol: t chooses one", Role::Dim);
        }
    }
}

/// The last prints, the newest on top.
pub(super) fn prints(paint: &mut Paint<'_>, view: &View<'_>, instrument: &InstrumentView) {
    if instrument.tape.is_empty() {
        paint.put(1, 0, "nothing has traded in it today", Role::Dim);
    }
    let prices = view.prices(instrument.id);
    for (y, row) in (0..paint.height()).zip(instrument.tape.iter().rev()) {
        let used = row.action <= Action::FlagAndUse;
        let (arrow, role) = match row.direction {
            1 => (paint.glyphs().up, Role::Up),
            -1 => (paint.glyphs().down, Role::Down),
            _ => ("=", Role::Text),
        };
        let role = if used { role } else { Role::Gone };
        paint.put(1, y, &format::clock(row.at), Role::Dim);
        paint.put_right(19, y, &prices.text(row.price), role);
        paint.put(20, y, arrow, role);
        paint.put_right(28, y, &format::qty_fit(row.qty, 7), role);
        paint.put(30, y, &brokers_of(row, used, paint.width() >= 49), Role::Dim);
    }
}

fn brokers_of(row: &TapeRow, used: bool, long: bool) -> String {
    let number = |b: Option<BrokerId>| b.map_or_else(|| format::MISSING.to_owned(), |b| b.to_string());
    let (buyer, seller) = (number(row.buyer), number(row.seller));
    let same = if row.buyer.is_some() && row.buyer == row.seller { " same" } else { "" };
    let aside = if used { "" } else { " aside" };
    if row.buyer.is_none() && row.seller.is_none() {
        aside.trim_start().to_owned()
    } else if long {
        format!("buyer {buyer:>2}  seller {seller:>2}{same}{aside}")
    } else {
        format!("{buyer:>2} < {seller:>2}{same}{aside}")
    }
}

/// Net shares by broker over the prints kept.
pub(super) fn brokers(paint: &mut Paint<'_>, _view: &View<'_>, instrument: &InstrumentView) {
    let mut net: BTreeMap<BrokerId, (i64, i64)> = BTreeMap::new();
    for row in &instrument.tape {
        if let Some(buyer) = row.buyer {
            net.entry(buyer).or_default().0 += row.qty.units();
        }
        if let Some(seller) = row.seller {
            net.entry(seller).or_default().1 += row.qty.units();
        }
    }
    if net.is_empty() {
        paint.put(1, 0, "this source does not say which brokers traded", Role::Dim);
        return;
    }
    let mut list: Vec<_> = net.into_iter().collect();
    list.sort_by_key(|(broker, (bought, sold))| (std::cmp::Reverse((bought - sold).abs()), *broker));
    for (right, head) in [(9, "BROKER"), (19, "BOUGHT"), (29, "SOLD"), (39, "NET")] {
        paint.put_right(right, 0, head, Role::Dim);
    }
    for (y, (broker, (bought, sold))) in (1..paint.height()).zip(list) {
        let qty = |n| format::qty_fit(Qty::from_units(n), 9);
        let net = bought - sold;
        let (sign, role) = if net >= 0 { ("+", Role::Up) } else { ("", Role::Down) };
        paint.put_right(9, y, &broker.to_string(), Role::Text);
        paint.put_right(19, y, &qty(bought), Role::Text);
        paint.put_right(29, y, &qty(sold), Role::Text);
        paint.put_right(39, y, &format!("{sign}{}", qty(net)), role);
    }
}

/// Shares by price over the prints kept.
pub(super) fn volume(paint: &mut Paint<'_>, view: &View<'_>, instrument: &InstrumentView) {
    let mut by_price: BTreeMap<Price, i64> = BTreeMap::new();
    for row in &instrument.tape {
        *by_price.entry(row.price).or_default() += row.qty.units();
    }
    let Some(most) = by_price.values().max().copied().filter(|m| *m > 0) else {
        paint.put(1, 0, "nothing has traded in it today", Role::Dim);
        return;
    };
    let prices = view.prices(instrument.id);
    let room = paint.width().saturating_sub(21);
    for (y, (price, qty)) in (0..paint.height()).zip(by_price.iter().rev()) {
        paint.put_right(9, y, &prices.text(*price), Role::Text);
        paint.put_right(19, y, &format::qty_fit(Qty::from_units(*qty), 9), Role::Dim);
        let length = i128::from(*qty) * i128::from(room) / i128::from(most);
        let bar = paint.glyphs().full.repeat(usize::try_from(length).unwrap_or(0));
        paint.put(20, y, &bar, Role::Chart);
    }
}
