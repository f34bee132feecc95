//! How near each rule of risk is to acting, the nearest first, and what holds trading now on top.
//!
//! Readings only show: nothing trips by itself yet, and the title says so. What is not measured is
//! named in one line, and never drawn as if it were quiet.

use super::{PaneId, Title, table};
use crate::console::intent::Intent;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{format, risk_words, rows, slip};
use crate::engine::snapshot::ReadingView;
use crate::risk::TradingState;
use crate::risk::halt::TAKE_BACK_NS;
use crate::risk::reading::{Caveat, Measure, Measured};

/// Cells of a bar.
const BAR: u16 = 10;
/// From this width on there is what would release it.
const WIDE: u16 = 110;
/// From this part of the way on a reading is marked (K10).
const WARN_AT: f64 = 0.9;

pub(super) fn title(view: &View<'_>) -> Title {
    let known = view.snapshot().readings.iter().filter(|r| r.reading.nearness().is_some()).count();
    let all = view.snapshot().readings.len();
    Title {
        rest: "readings only, nothing trips yet".to_owned(),
        right: format!("nearest first, {known} of {all}"),
    }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let mut y = holds(paint, view);
    let room = paint.height().saturating_sub(y);
    let missing: Vec<&ReadingView> =
        view.snapshot().readings.iter().filter(|r| r.reading.nearness().is_none()).collect();
    let full = rows::shows_unmeasured(view.ui);
    let last = u16::from(!missing.is_empty() && !full && room >= 2);
    if room >= 5 {
        heads(paint, y);
        y += 1;
    }
    let window = table::window(PaneId::Breakers, view, paint.height().saturating_sub(y + last));
    for id in &window.ids {
        if window.selected == Some(*id) && view.ui.focus == PaneId::Breakers {
            table::cursor(paint, y, view, PaneId::Breakers);
        }
        if let Some(reading) = rows::reading(view.frame, *id) {
            row(paint, y, reading);
        }
        y += 1;
    }
    if last > 0 {
        unmeasured(paint, paint.height() - 1, view, &missing);
    }
}

/// What holds trading now: who, since when, what releases it. Returns the row after.
fn holds(paint: &mut Paint<'_>, view: &View<'_>) -> u16 {
    let snapshot = view.snapshot();
    let open = snapshot.orders.iter().filter(|o| o.state.is_open()).count();
    let unknown = slip::unknown(snapshot).count();
    let mut rest = vec![format!("{open} order{} open", if open == 1 { "" } else { "s" })];
    if unknown > 0 {
        rest.insert(0, format!("UNKNOWN {unknown}"));
    }
    let mark = view.theme.glyphs().full;
    let mut y = 0;
    let (mut parts, role) = match &snapshot.trading {
        TradingState::Halted { by, at, .. } => {
            let fresh = view.now().since_ns(*at) <= TAKE_BACK_NS;
            let how = if fresh { "u takes it back" } else { ":release ends it" };
            let held = format!("{mark} operator  soft halt by {by} since {}", format::clock(*at));
            (vec![held, format!("{how}, by {by}")], Role::Alarm)
        }
        TradingState::Active => {
            let stop = view.ui.keymap().key_of(Intent::Stop);
            (vec!["nothing holds trading: ACTIVE".to_owned(), format!("{stop} stops")], Role::Text)
        }
    };
    parts.append(&mut rest);
    paint.put(1, y, &paint.whole_parts(&parts, "; ", 1, ""), role);
    y += 1;
    if let Some(halt) = &snapshot.session.halt {
        let until = halt.until.map_or_else(
            || "end not said".to_owned(),
            |until| format!("to {}", format::clock_minutes(until)),
        );
        let step = halt.level.map(|l| format!(" step {l}")).unwrap_or_default();
        let text = format!(
            "{mark} exchange  market halt{step} since {}, {until}; the exchange releases it",
            format::clock(halt.from)
        );
        paint.put(1, y, &paint.whole_words(&text, 1), Role::Alarm);
        y += 1;
    }
    y
}

fn heads(paint: &mut Paint<'_>, y: u16) {
    paint.put(1, y, "ID", Role::Dim);
    paint.put(6, y, "WATCHES", Role::Dim);
    paint.put_right(30, y, "NOW", Role::Dim);
    paint.put_right(38, y, "LIMIT", Role::Dim);
    paint.put(40, y, "OF THE WAY", Role::Dim);
    paint.put(52, y, "NEAREST", Role::Dim);
    paint.put(66, y, "WOULD", Role::Dim);
    if paint.width() >= WIDE {
        paint.put(80, y, "RELEASED BY", Role::Dim);
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &ReadingView) {
    let rule = view.reading.rule;
    let measured = match &view.reading.measure {
        Measure::Known(measured) => measured,
        Measure::Missing(why) => {
            paint.put(1, y, rule.code(), Role::Dim);
            paint.put(6, y, risk_words::rule(rule), Role::Dim);
            paint.put(23, y, &format!("not measured: {}", risk_words::missing(*why)), Role::Dim);
            return;
        }
    };
    let near = measured.nearness();
    let (mark, role) = if measured.is_beyond() {
        ("!", Role::Alarm)
    } else if near >= WARN_AT {
        ("^", Role::Warn)
    } else {
        (" ", Role::Text)
    };
    paint.put(1, y, rule.code(), role);
    paint.put(4, y, mark, role);
    paint.put(6, y, risk_words::rule(rule), role);
    paint.put_right(30, y, &value(measured), role);
    paint.put_right(38, y, &risk_words::limit(measured), Role::Text);
    bar(paint, y, near, role);
    if let Some(nearest) = view.nearest {
        let part = f64::from(nearest.ppm) / 1e4;
        paint.put_right(56, y, &format!("{:.0}%", part.min(999.0)), Role::Dim);
        paint.put(57, y, &format::clock(nearest.at), Role::Dim);
    }
    paint.put(66, y, &risk_words::action(rule.action()), Role::Dim);
    if paint.width() >= WIDE {
        paint.put(80, y, risk_words::release(rule), Role::Dim);
        if let Some(source) = measured.source {
            paint.put(106, y, &format!("feed {source}"), Role::Dim);
        }
    }
}

/// The value, with `'` where it is a start that nothing has moved yet.
fn value(measured: &Measured) -> String {
    let mark = if measured.caveat == Some(Caveat::StartOnly) { "'" } else { "" };
    format!("{}{mark}", risk_words::amount(measured.value))
}

fn bar(paint: &mut Paint<'_>, y: u16, near: f64, role: Role) {
    let (full, empty) = (paint.glyphs().full, paint.glyphs().empty);
    let filled = (near.min(1.0) * f64::from(BAR)).round() as u16;
    for cell in 0..BAR {
        let (glyph, role) = if cell < filled { (full, role) } else { (empty, Role::Dim) };
        paint.put(40 + cell, y, glyph, role);
    }
}

/// One line that names what has no value.
fn unmeasured(paint: &mut Paint<'_>, y: u16, view: &View<'_>, missing: &[&ReadingView]) {
    let full = view.ui.keymap().key_of(Intent::Full);
    let tail = format!("; {full} lists them");
    let mut names: Vec<String> =
        missing.iter().map(|r| risk_words::rule(r.reading.rule).to_owned()).collect();
    names.dedup();
    let lead = format!("{} not measured yet: ", missing.len());
    let x = paint.put(1, y, &lead, Role::Warn);
    let room = paint.width().saturating_sub(width(&tail));
    let text = paint.inside(0, y, room, 1).whole_parts(&names, ", ", x, "more");
    let x = paint.put(x, y, &text, Role::Warn);
    paint.put(x, y, &tail, Role::Dim);
}
