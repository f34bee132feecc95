//! The market regime: the probability of stress over the day, its label, the volatility behind it.
//!
//! A number that comes from a substitute carries `'`, and the pane says which.

use super::Title;
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, sparkline};
use crate::engine::RegimeInput;
use crate::market::Timestamp;
use crate::market::time::NS_PER_S;
use crate::model::Provenance;
use crate::model::regime::Regime;
use crate::risk::Rule;
use crate::risk::reading::Measure;

pub(super) fn title(view: &View<'_>) -> Title {
    let regime = &view.snapshot().regime;
    let grid = &view.snapshot().day.grid;
    let minutes = grid.length_ns() / (60 * NS_PER_S);
    let source = match regime.input {
        RegimeInput::Index => "index".to_owned(),
        RegimeInput::EqualWeight { symbols } => format!("market of {symbols}"),
        RegimeInput::None => "market".to_owned(),
    };
    let since = regime.changes.last().map_or_else(|| grid.start(0), |c| grid.end(c.bar));
    let lasted = view.now().since_ns(since);
    let lasted = if lasted > 0 { format!(" {}", hours(lasted)) } else { String::new() };
    let stale = if regime.stale { " STALE" } else { "" };
    Title {
        rest: format!("{source} {minutes}m"),
        right: format!("{}{}{lasted}{stale}", regime.label, mark(view)),
    }
}

/// Hours and minutes, never seconds: a quiet screen stays quiet.
fn hours(ns: i64) -> String {
    let minutes = ns / (60 * NS_PER_S);
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// `'` where the numbers come from a substitute.
fn mark(view: &View<'_>) -> &'static str {
    if view.snapshot().regime.provenance.is_substitute() { "'" } else { "" }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let tall = paint.height() >= 5;
    let rows = if tall { 2 } else { 1 };
    let values = values(view, paint.width());
    let level = view.snapshot().day.regime.hysteresis.stress_above;
    if paint.height() >= 2 {
        sparkline::draw(paint, 0, rows, &values, level);
    }
    let mut y = if paint.height() >= 2 { rows } else { 0 };
    if tall {
        hours_axis(paint, y, view, values.len());
        y += 1;
    }
    for line in lines(view) {
        let line = paint.whole_words(&line, 0);
        paint.put(0, y, &line, Role::Text);
        y += 1;
    }
}

/// One value a bar of the session, fitted to the width.
fn values(view: &View<'_>, width: u16) -> Vec<Option<f64>> {
    let count = view.snapshot().day.grid.count();
    let mut values = vec![None; count as usize];
    for bar in &view.snapshot().regime.history {
        if let Some(slot) = values.get_mut(bar.bar as usize) {
            *slot = Some(bar.p_stress.get());
        }
    }
    sparkline::fit(&values, width)
}

/// The full hours under the columns, and a mark under now.
pub(super) fn hours_axis(paint: &mut Paint<'_>, y: u16, view: &View<'_>, columns: usize) {
    let grid = &view.snapshot().day.grid;
    let count = grid.count();
    if count == 0 || columns == 0 {
        return;
    }
    let span = grid.end(count - 1).since_ns(grid.start(0)).max(1);
    let column = |at: Timestamp| {
        let since = i128::from(at.since_ns(grid.start(0)));
        u16::try_from(since * columns as i128 / i128::from(span)).ok().filter(|c| usize::from(*c) <= columns)
    };
    if let Some(x) = column(view.now()) {
        paint.put(x, y, "^", Role::Key);
    }
    let open = grid.start(0).nepal_time();
    let mut at = grid.start(0).plus_ns(
        i64::from(3_600 - chrono::Timelike::num_seconds_from_midnight(&open) % 3_600) % 3_600 * NS_PER_S,
    );
    // On a day of 24 hours not every one has room for its name.
    let has_room =
        |hours: i64| i128::from(hours * 3_600 * NS_PER_S) * columns as i128 >= 3 * i128::from(span);
    let step = [1, 2, 3, 4, 6, 12].into_iter().find(|hours| has_room(*hours)).unwrap_or(24);
    while at <= grid.end(count - 1) {
        if let Some(x) = column(at) {
            let text = at.nepal_time().format("%H").to_string();
            paint.put(x.min(paint.width().saturating_sub(2)), y, &text, Role::Dim);
        }
        at = at.plus_ns(step * 3_600 * NS_PER_S);
    }
}

fn lines(view: &View<'_>) -> Vec<String> {
    let regime = &view.snapshot().regime;
    let params = &view.snapshot().day.regime;
    let bars = regime.history.len();
    let p =
        format!("p {}{} filtered, limit .85 only shows", format::probability(regime.p_stress), mark(view));
    let mut out = vec![p, volatility(view)];
    if regime.input == RegimeInput::None {
        let why = match view.snapshot().session.index {
            Some(_) => "no return yet: no bar of the index has ended",
            None => "no return yet: no index, no symbol of 24 bars",
        };
        out.push(why.to_owned());
    } else if regime.warming {
        out.push(format!("warming: {bars} of {} bars, label is the start's", params.window));
    }
    if let Provenance::Fallback { name, reason } = &regime.provenance {
        out.push(format!("' {name}: {reason}"));
    }
    let grid = &view.snapshot().day.grid;
    let changes: Vec<String> = regime
        .changes
        .iter()
        .rev()
        .take(3)
        .map(|c| {
            let at = format::clock_minutes(grid.end(c.bar));
            format!("{at} {} p {}", c.new, format::probability(c.p_stress.get()))
        })
        .collect();
    if changes.is_empty() {
        out.push(format!(
            "no change of label today{}",
            if regime.label == Regime::Stress { ": STRESS" } else { "" }
        ));
    } else {
        let bar = view.theme.glyphs().bar;
        out.push(changes.into_iter().rev().collect::<Vec<_>>().join(&format!(" {bar} ")));
    }
    out
}

/// `vol/day real 1.71% fcst 1.42% = x1.20, halt 2.50`; what is not known says so.
fn volatility(view: &View<'_>) -> String {
    let real = view.snapshot().regime.sigma_d_hat;
    let real = real.map_or_else(|| format::MISSING.to_owned(), |s| format!("{:.2}%", s * 100.0));
    let measured = view.snapshot().readings.iter().find(|r| r.reading.rule == Rule::VolOverForecast);
    match measured.map(|r| &r.reading.measure) {
        Some(Measure::Known(m)) => {
            let sigma = view.snapshot().regime.sigma_d_hat.unwrap_or_default();
            let forecast = sigma / m.value.number() * 100.0;
            format!(
                "vol/day real {real} fcst {forecast:.2}% = x{:.2}, halt {:.2}",
                m.value.number(),
                m.limit.number()
            )
        }
        _ => format!("vol/day real {real} fcst - (no daily model)"),
    }
}
