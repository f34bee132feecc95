//! The prints of one symbol, with both brokers: what this market's traders read first.

use super::Title;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{format, words};
use crate::engine::snapshot::InstrumentView;
use crate::engine::{BrokerDay, TapeRow};
use crate::market::{BrokerId, Price, Qty};
use crate::model::anomaly::Action;

/// Columns of the prints with both brokers in words, and with their numbers only.
const LONG: u16 = 55;
const PRINTS: u16 = 43;
/// Columns of the totals by broker.
const BROKERS: u16 = 30;

pub(super) fn title(view: &View<'_>) -> Title {
    let Some(instrument) = view.instrument() else { return Title::default() };
    let prints = usize::try_from(instrument.day.trades).unwrap_or(usize::MAX);
    Title { rest: instrument.symbol.to_string(), right: words::count(prints, "print") }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let Some(instrument) = view.instrument() else {
        paint.put(1, 0, "no symbol: t chooses one", Role::Dim);
        return;
    };
    let (columns, rows) = (paint.width(), paint.height());
    if columns < PRINTS + 1 + BROKERS || instrument.totals.brokers().is_empty() {
        return prints(paint, view, instrument, true);
    }
    let left = columns - BROKERS - 1;
    paint.bar(left, 0, rows);
    prints(&mut paint.inside(0, 0, left, rows), view, instrument, false);
    brokers(&mut paint.inside(left + 1, 0, BROKERS, rows), instrument);
}

/// The last prints, the newest on top, and with `net` below them who has bought and sold most
/// today.
pub(super) fn prints(paint: &mut Paint<'_>, view: &View<'_>, instrument: &InstrumentView, net: bool) {
    if instrument.tape.is_empty() {
        paint.put(1, 0, "nothing has traded in it today", Role::Dim);
    }
    let prices = view.prices(instrument.id);
    let below = u16::from(net && paint.height() >= 4 && !instrument.totals.brokers().is_empty());
    let rows = paint.height() - below;
    if below > 0 {
        net_today(paint, rows, instrument);
    }
    for (y, row) in (0..rows).zip(instrument.tape.iter().rev()) {
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
        paint.put_right(28, y, &prices.qty_fit(row.qty, 7), role);
        paint.put(30, y, &brokers_of(row, used, paint.width() >= LONG), Role::Dim);
    }
}

fn brokers_of(row: &TapeRow, used: bool, long: bool) -> String {
    let number = |b: Option<BrokerId>| b.map_or_else(|| format::MISSING.to_owned(), |b| b.to_string());
    let (buyer, seller) = (number(row.buyer), number(row.seller));
    // One broker on both sides crossed two of its own clients.
    let same = if row.buyer.is_some() && row.buyer == row.seller { " same" } else { "" };
    let aside = if used { "" } else { " aside" };
    if row.buyer.is_none() && row.seller.is_none() {
        aside.trim_start().to_owned()
    } else if long {
        format!("buyer {buyer:>2}  seller {seller:>2}{same}{aside}")
    } else {
        let sign = if same.is_empty() { '<' } else { '=' };
        format!("{buyer:>2} {sign} {seller:>2}{aside}")
    }
}

/// Brokers by what they bought less what they sold over the day, the greatest first.
fn by_net(instrument: &InstrumentView) -> Vec<BrokerDay> {
    let mut list = instrument.totals.brokers().to_vec();
    list.sort_by_key(|b| (std::cmp::Reverse(b.net().units().unsigned_abs()), b.broker));
    list
}

fn signed(qty: Qty, width: usize) -> String {
    let sign = if qty.is_positive() { "+" } else { "" };
    format!("{sign}{}", format::qty_fit(qty, width))
}

/// `net today  58 +9,310   34 +2,140   17 -6,905`, as many as fit.
fn net_today(paint: &mut Paint<'_>, y: u16, instrument: &InstrumentView) {
    let mut x = paint.put(1, y, "net today", Role::Dim);
    for day in by_net(instrument).iter().filter(|b| !b.net().is_zero()) {
        let (broker, net) = (format!("{} ", day.broker), signed(day.net(), 9));
        if x + 2 + width(&broker) + width(&net) > paint.width() {
            break;
        }
        x = paint.put(x + 2, y, &broker, Role::Text);
        x = paint.put(x, y, &net, net_role(day.net()));
    }
}

const fn net_role(net: Qty) -> Role {
    if net.units() < 0 { Role::Down } else { Role::Up }
}

/// Shares of the day by broker.
pub(super) fn brokers(paint: &mut Paint<'_>, instrument: &InstrumentView) {
    let list = by_net(instrument);
    if list.is_empty() {
        let text = if instrument.day.trades == 0 {
            "nothing has traded in it today"
        } else {
            "this source does not say which brokers traded"
        };
        paint.put_wrapped(1, 0, text, Role::Dim);
        return;
    }
    let wide = paint.width() >= 40;
    let edges: [u16; 4] = if wide { [8, 19, 30, 40] } else { [4, 12, 20, 29] };
    let room = if wide { 10 } else { 7 };
    for (right, head) in edges.into_iter().zip([if wide { "BROKER" } else { "BRK" }, "BOUGHT", "SOLD", "NET"])
    {
        paint.put_right(right, 0, head, Role::Dim);
    }
    for (y, day) in (1..paint.height()).zip(list) {
        paint.put_right(edges[0], y, &day.broker.to_string(), Role::Text);
        paint.put_right(edges[1], y, &format::qty_fit(day.bought, room), Role::Text);
        paint.put_right(edges[2], y, &format::qty_fit(day.sold, room), Role::Text);
        paint.put_right(edges[3], y, &signed(day.net(), room), net_role(day.net()));
    }
}

/// Shares of the day at price, the highest price on top. Where there are more prices than rows, so
/// many ticks share a row that all of the day is in sight.
pub(super) fn volume(paint: &mut Paint<'_>, view: &View<'_>, instrument: &InstrumentView) {
    let totals = instrument.totals.prices();
    let (Some((low, _)), Some((high, _))) = (totals.first_key_value(), totals.last_key_value()) else {
        paint.put(1, 0, "nothing has traded in it today", Role::Dim);
        return;
    };
    let tick = view.snapshot().day.rules.get(instrument.id.0 as usize).and_then(|r| r.tick);
    let step = step(*low, *high, tick.map_or(1, |t| t.units().max(1)), paint.height());
    let bucket = |price: Price| price.units().div_euclid(step);
    // A row for every step, traded or not: the shape would lie otherwise.
    let (top, bottom) = (bucket(*high), bucket(*low));
    let mut rows: Vec<(i64, Qty)> = (bottom..=top).rev().map(|row| (row, Qty::ZERO)).collect();
    for (price, qty) in totals {
        if let Some((_, sum)) = usize::try_from(top - bucket(*price)).ok().and_then(|at| rows.get_mut(at)) {
            *sum = sum.saturating_add(*qty);
        }
    }
    let most = rows.iter().map(|(_, qty)| qty.units()).max().unwrap_or(0).max(1);
    let prices = view.prices(instrument.id);
    let room = paint.width().saturating_sub(23);
    for (y, (row, qty)) in (0..paint.height()).zip(rows) {
        paint.put_right(9, y, &prices.text(Price::from_units(row * step)), Role::Text);
        let here = |price: Option<Price>| price.is_some_and(|p| bucket(p) == row);
        let mark = match (here(instrument.last()), here(instrument.day.vwap())) {
            (true, _) => paint.glyphs().left,
            (_, true) => "v",
            _ => " ",
        };
        paint.put(10, y, mark, Role::Own);
        paint.put_right(21, y, &prices.qty_fit(qty, 9), Role::Dim);
        let length = i128::from(qty.units()) * i128::from(room) / i128::from(most);
        let bar = paint.glyphs().full.repeat(usize::try_from(length).unwrap_or(0));
        paint.put(22, y, &bar, Role::Chart);
    }
}

/// Price units that share a row so that `low` to `high` fit in so many rows: 1, 2 or 5 times a power
/// of ten of the tick.
fn step(low: Price, high: Price, tick: i64, rows: u16) -> i64 {
    let rows = i64::from(rows.max(1));
    let fits = |step: &i64| high.units().div_euclid(*step) - low.units().div_euclid(*step) < rows;
    let scales = (0..18).map(|power| tick.saturating_mul(10i64.saturating_pow(power)));
    scales.flat_map(|s| [s, s.saturating_mul(2), s.saturating_mul(5)]).find(fits).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_day_fits() {
        for (low, high, tick, rows, want) in [
            (54_420, 55_200, 10, 100, 10),
            (54_420, 55_200, 10, 79, 10),
            (54_420, 55_200, 10, 78, 20),
            (54_420, 55_200, 10, 8, 200),
            (54_420, 55_200, 10, 1, 2_000),
            (1, i64::MAX, 1, 1, i64::MAX),
            (7, 7, 1, 0, 1),
        ] {
            let got = step(Price::from_units(low), Price::from_units(high), tick, rows);
            assert_eq!(got, want, "{low} {high} {tick} {rows}");
        }
    }
}
