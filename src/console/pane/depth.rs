//! One symbol: its ladder where the day has depth, else its tape; other views by key.

use super::{Title, ladder, tape};
use crate::console::theme::Role;
use crate::console::ui::DepthView;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{format, preview};
use crate::engine::snapshot::InstrumentView;
use crate::market::BookState;
use crate::market::time::NS_PER_S;

/// The view that is really shown: without depth, levels are a tape.
pub(super) fn shown(view: &View<'_>, instrument: &InstrumentView) -> DepthView {
    match view.ui.ladder.view {
        ladder if ladder.is_ladder() && instrument.book.is_none() => DepthView::Tape,
        other => other,
    }
}

pub(super) fn title(view: &View<'_>) -> Title {
    let Some(instrument) = view.instrument() else { return Title::default() };
    let mut parts = vec![instrument.symbol.to_string()];
    let prices = view.prices(instrument.id);
    if let Some(last) = instrument.last() {
        parts.push(format!("{} {}%", prices.text(last), format::percent(instrument.change_bps())));
    }
    let right = match shown(view, instrument) {
        DepthView::Levels | DepthView::Grid(_) | DepthView::Cumulative => book_note(view, instrument),
        DepthView::Tape => "tape".to_owned(),
        DepthView::Brokers => "by broker".to_owned(),
        DepthView::Volume => "volume at price".to_owned(),
    };
    Title { rest: parts.join(" "), right }
}

fn book_note(view: &View<'_>, instrument: &InstrumentView) -> String {
    let Some(book) = &instrument.book else { return String::new() };
    let mut parts = Vec::new();
    if view.ui.ladder.held.is_some() {
        let new = ladder::new_levels(view, instrument);
        parts.push(match new {
            0 => "HELD".to_owned(),
            1 => "HELD, 1 new level".to_owned(),
            _ => format!("HELD, {new} new levels"),
        });
    }
    match view.ui.ladder.view {
        DepthView::Cumulative => parts.push("added up".to_owned()),
        DepthView::Grid(1) => parts.push("1 tick".to_owned()),
        DepthView::Grid(ticks) => parts.push(format!("{ticks} ticks")),
        _ => {}
    }
    match book.state {
        BookState::Crossed if ladder::is_auction(view) => parts.push("auction".to_owned()),
        BookState::Crossed => parts.push("CROSSED".to_owned()),
        BookState::Locked => parts.push("LOCKED".to_owned()),
        BookState::OneSided => parts.push("one side".to_owned()),
        BookState::Empty => parts.push("empty".to_owned()),
        BookState::Normal => {}
    }
    if book.wide {
        parts.push("WIDE".to_owned());
    }
    let age = view.now().since_ns(book.at);
    let age = format::age(age)
        .map_or_else(|| "<5s".to_owned(), |a| if age >= 60 * NS_PER_S { format!("~{a}") } else { a });
    parts.push(age);
    parts.join(" ")
}

/// Rows of the picture itself in a pane of so many rows; the figures below take the rest.
pub(in crate::console) const fn body(height: u16) -> u16 {
    height.saturating_sub(1 + (height >= 9) as u16)
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let Some(instrument) = view.instrument() else {
        paint.put(1, 0, "no symbol: t chooses one", Role::Dim);
        return;
    };
    let below = paint.height() - body(paint.height());
    let body = body(paint.height());
    let columns = paint.width();
    let mut hidden = (0, 0);
    {
        let mut inner = paint.inside(0, 0, columns, body);
        match shown(view, instrument) {
            DepthView::Levels | DepthView::Grid(_) | DepthView::Cumulative => {
                hidden = ladder::draw(&mut inner, view, instrument);
            }
            DepthView::Tape => {
                let mut y = 0;
                if instrument.book.is_none() {
                    inner.put(1, 0, no_depth(view), Role::Dim);
                    y = 1;
                }
                let rows = inner.height().saturating_sub(y);
                tape::prints(&mut inner.inside(0, y, columns, rows), view, instrument, true);
            }
            DepthView::Brokers => tape::brokers(&mut inner, instrument),
            DepthView::Volume => tape::volume(&mut inner, view, instrument),
        }
    }
    if below > 1 {
        totals(paint, body, view, instrument, hidden);
    }
    position(paint, body + below - 1, view, instrument);
}

fn no_depth(view: &View<'_>) -> &'static str {
    if view.snapshot().day.depth {
        "no level said of it yet: its tape"
    } else {
        "no depth recorded on this day; v: volume"
    }
}

fn totals(
    paint: &mut Paint<'_>,
    y: u16,
    view: &View<'_>,
    instrument: &InstrumentView,
    (asks, bids): (usize, usize),
) {
    let text = match &instrument.book {
        Some(book) => {
            let signed =
                |i: Option<f64>| i.map_or_else(|| format::MISSING.to_owned(), |i| format!("{i:+.2}"));
            let prices = view.prices(instrument.id);
            let (bid, ask) = (prices.qty_fit(book.total.0, 8), prices.qty_fit(book.total.1, 8));
            let bar = view.theme.glyphs().bar;
            let (all, top) = (signed(book.imbalance), signed(book.imbalance_5));
            let total = format!("total {bid} {bar} {ask}");
            let more = format!("{asks}+{bids} more");
            let texts = if asks + bids == 0 {
                [format!("{total} {all}  top5 {top}"), format!("{total} {all}"), total]
            } else {
                [format!("{more} levels  {total}"), format!("{more}  {total}"), total]
            };
            texts.iter().find(|t| width(t) < paint.width()).unwrap_or(&texts[2]).clone()
        }
        None => {
            let day = &instrument.day;
            let prices = view.prices(instrument.id);
            let (volume, vwap) = (prices.qty_fit(day.volume, 9), prices.option(day.vwap()));
            format!("vol {volume} in {} prints  vwap {vwap}", day.trades)
        }
    };
    paint.put(1, y, &text, Role::Dim);
}

fn position(paint: &mut Paint<'_>, y: u16, view: &View<'_>, instrument: &InstrumentView) {
    let prices = view.prices(instrument.id);
    if instrument.view_only {
        paint.put(1, y, "view only: another market", Role::Dim);
        return;
    }
    match preview::position_of(view.frame, instrument.id).filter(|p| p.position.qty.is_positive()) {
        Some(p) => {
            let (held, sell) = (format::qty_fit(p.position.qty, 7), format::qty_fit(p.sellable, 7));
            let (wacc, even) = (prices.option(p.wacc), prices.option(p.break_even));
            let cost = match p.wacc {
                Some(_) => format!("wacc {wacc} be {even}"),
                None => "cost not known, w".to_owned(),
            };
            let long = format!("pos {held} sell {sell}  {cost}");
            let fits = width(&long) < paint.width();
            let text = if fits { long } else { format!("pos {held}/{sell} {cost}") };
            paint.put(1, y, &text, Role::Own);
        }
        None => {
            paint.put(
                1,
                y,
                &format!("pos {}  size {}", format::MISSING, view.ui.size_text(view.frame)),
                Role::Dim,
            );
        }
    }
}
