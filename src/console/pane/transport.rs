//! Recorded time: where it stands, how fast it goes, and what lies along it.

use super::Title;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{JumpTarget, Speed, Transport, format};
use crate::engine::AlertKind;
use crate::market::Timestamp;

/// A speed as it is shown.
#[must_use]
pub fn speed(speed: Speed) -> String {
    match speed {
        Speed::Factor(f) if f.fract() == 0.0 => format!("x{f:.0}"),
        Speed::Factor(f) => format!("x{f}"),
        Speed::Max => "max".to_owned(),
    }
}

/// What time is doing, in a word.
#[must_use]
pub fn state(transport: &Transport) -> &'static str {
    if transport.seeking.is_some() {
        "SEEKING"
    } else if transport.finished {
        "AT THE END"
    } else if transport.playing {
        "PLAYING"
    } else {
        "PAUSED"
    }
}

pub(super) fn title(view: &View<'_>) -> Title {
    let day = &view.snapshot().day;
    Title { rest: day.title.clone(), right: format!("stops at: {}", view.ui.stop_kind.word()) }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let Some(transport) = &view.status().transport else {
        paint.put(1, 0, "not a replay: time here is the clock's", Role::Dim);
        return;
    };
    let (at, end) = (format::clock(transport.position), format::clock(transport.end));
    let mut text = format!(
        "{} {}  {at} of {} - {end}",
        state(transport),
        speed(transport.speed),
        format::clock(transport.start)
    );
    if let Some(to) = transport.seeking {
        text.push_str(&format!("  going to {}", format::clock(to)));
    }
    let x = paint.put(1, 0, &text, Role::Text);
    if transport.view_only {
        paint.put(x + 2, 0, "the past, to look at: orders are off", Role::Warn);
    }
    line(paint, view, transport);
    marks(paint, view, transport);
    if paint.height() > 3 {
        kinds(paint, view);
    }
}

/// Column of a time on the line, if it lies on it.
fn column(at: Timestamp, transport: &Transport, width: u16) -> Option<u16> {
    let span = i128::from(transport.end.since_ns(transport.start)).max(1);
    let since = i128::from(at.since_ns(transport.start));
    let x = since * i128::from(width.saturating_sub(1)) / span;
    u16::try_from(x).ok().filter(|x| *x < width && since >= 0)
}

fn line(paint: &mut Paint<'_>, view: &View<'_>, transport: &Transport) {
    let width = paint.width().saturating_sub(2);
    let here = column(transport.position, transport, width).unwrap_or(0);
    let glyphs = view.theme.glyphs();
    for x in 0..width {
        let (glyph, role) = if x < here { (glyphs.rule, Role::Chart) } else { (glyphs.dot, Role::Dim) };
        paint.put(x + 1, 1, glyph, role);
    }
    paint.put(here + 1, 1, glyphs.here, Role::Key);
}

/// Under the line: halts, regime changes, alerts of weight, own fills, bookmarks, the last one winning.
fn marks(paint: &mut Paint<'_>, view: &View<'_>, transport: &Transport) {
    let width = paint.width().saturating_sub(2);
    let snapshot = view.snapshot();
    let mut points: Vec<(Timestamp, &str, Role)> = Vec::new();
    for alert in &snapshot.alerts {
        let mark = match alert.kind {
            AlertKind::Regime { .. } => ("R", Role::Stress),
            AlertKind::MarketHalted { .. } => ("H", Role::Alarm),
            AlertKind::MarketResumed { .. } => ("h", Role::Good),
            AlertKind::Phase(_) => continue,
            _ => ("a", Role::Warn),
        };
        points.push((alert.at, mark.0, mark.1));
    }
    let fills = snapshot.orders.iter().filter(|o| o.filled.is_positive());
    points.extend(fills.map(|o| (o.changed_at, "f", Role::Own)));
    points.extend(transport.bookmarks.iter().map(|at| (*at, "*", Role::Key)));
    for (at, mark, role) in points {
        if let Some(x) = column(at, transport, width) {
            paint.put(x + 1, 2, mark, role);
        }
    }
}

fn kinds(paint: &mut Paint<'_>, view: &View<'_>) {
    let mut x = paint.put(1, 3, "H halt  h resumed  R regime  a alert  f fill  * mark", Role::Dim);
    x = paint.put(x, 3, "     ( ) stop at:", Role::Dim);
    for kind in JumpTarget::ALL {
        let chosen = view.ui.stop_kind == kind;
        let text = if chosen { format!("[{}]", kind.word()) } else { kind.word().to_owned() };
        x = paint.put(x + 1, 3, &text, if chosen { Role::Focus } else { Role::Dim });
    }
}
