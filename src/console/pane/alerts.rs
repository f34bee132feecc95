//! What somebody should look at, the newest on top.

use super::{PaneId, Title, table};
use crate::console::intent::Intent;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{format, rows, words};
use crate::engine::{Alert, Severity};
use crate::market::time::NS_PER_S;

/// Rows from which on the last one names the keys.
const KEYS_FROM: u16 = 6;

pub(super) fn title(view: &View<'_>) -> Title {
    let alerts = || rows::told(view.snapshot());
    let new = alerts().filter(|a| rows::is_new(a, view.frame)).count();
    let hour = alerts().filter(|a| view.now().since_ns(a.at) < 3_600 * NS_PER_S).count();
    let rest = format!(" new {new}  {}", table::notes(PaneId::Alerts, view));
    Title { rest: rest.trim_end().to_owned(), right: format!("{hour} in the last hour") }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let keys = u16::from(paint.height() >= KEYS_FROM);
    let window = table::window(PaneId::Alerts, view, paint.height() - keys);
    if window.ids.is_empty() {
        table::empty(paint, 0, view, PaneId::Alerts, "no alert so far today");
    }
    let at = rows::selected(PaneId::Alerts, view.frame, view.ui);
    for (y, id) in (0u16..).zip(&window.ids) {
        if at == Some(*id) {
            table::cursor(paint, y, view, PaneId::Alerts);
        }
        if let Some(alert) = view.snapshot().alerts.iter().find(|a| a.id == *id) {
            row(paint, y, view, alert);
        }
    }
    if keys > 0 && !window.ids.is_empty() {
        footer(paint, view);
    }
}

/// The keys of the list, in its last row.
fn footer(paint: &mut Paint<'_>, view: &View<'_>) {
    let keys = view.ui.keymap();
    let y = paint.height() - 1;
    let mut x = 1;
    for (intent, word) in [
        (Intent::Acknowledge, "ack"),
        (Intent::Shelve, "shelve"),
        (Intent::Filter, "filter"),
        (Intent::Open, "detail"),
    ] {
        let key = keys.key_of(intent);
        if x + width(&key) + width(word) + 1 > paint.width() {
            return;
        }
        x = paint.put(x, y, &key, Role::Key);
        x = paint.put(x + 1, y, word, Role::Dim) + 2;
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, alert: &Alert) {
    let new = rows::is_new(alert, view.frame);
    let severity = alert.kind.severity();
    let role = match severity {
        _ if !new => Role::Dim,
        Severity::Critical | Severity::High => Role::Alarm,
        Severity::Medium => Role::Warn,
        Severity::Low => Role::Text,
    };
    paint.put(1, y, severity.letter().encode_utf8(&mut [0; 4]), role);
    let narrow = paint.width() < 44;
    let clock = if narrow { format::clock_minutes(alert.at) } else { format::clock(alert.at) };
    let x = paint.put(3, y, &clock, Role::Dim);
    let what = if new { Role::Text } else { Role::Dim };
    let fate = match (alert.shelved_until, &alert.acknowledged) {
        (Some(until), _) if until > view.now() => format!("shelved {}", format::clock_minutes(until)),
        (_, Some(by)) => format!("ack {by}"),
        _ => String::new(),
    };
    let end = paint.width().saturating_sub(width(&fate));
    // A cell between the words and what became of it; none where that is nothing.
    let gap = u16::from(!fate.is_empty());
    let mut text = paint.inside(x + 1, y, end.saturating_sub(x + 1 + gap), 1);
    let said = text.whole_sense(&words::alert(view.snapshot(), alert), 0);
    text.put(0, 0, &said, what);
    paint.put(end, y, &fate, Role::Dim);
}
