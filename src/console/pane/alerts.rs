//! What somebody should look at, the newest on top.

use super::{PaneId, Title, table};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, words};
use crate::engine::{Alert, Severity};
use crate::market::time::NS_PER_S;

pub(super) fn title(view: &View<'_>) -> Title {
    let alerts = &view.snapshot().alerts;
    let new = alerts.iter().filter(|a| is_new(a, view)).count();
    let hour = alerts.iter().filter(|a| view.now().since_ns(a.at) < 3_600 * NS_PER_S).count();
    let rest = format!(" new {new}  {}", table::notes(PaneId::Alerts, view));
    Title { rest: rest.trim_end().to_owned(), right: format!("{hour} in the last hour") }
}

/// Whether nobody has noted it or put it away.
pub(super) fn is_new(alert: &Alert, view: &View<'_>) -> bool {
    let away = alert.shelved_until.is_some_and(|until| until > view.now());
    alert.acknowledged.is_none() && !away
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let window = table::window(PaneId::Alerts, view, paint.height());
    if window.ids.is_empty() {
        table::empty(paint, 0, view, PaneId::Alerts, "no alert so far today");
    }
    for (y, id) in (0u16..).zip(&window.ids) {
        if window.selected == Some(*id) && view.ui.focus == PaneId::Alerts {
            table::cursor(paint, y, view, PaneId::Alerts);
        }
        if let Some(alert) = view.snapshot().alerts.iter().find(|a| a.id == *id) {
            row(paint, y, view, alert);
        }
    }
}

fn row(paint: &mut Paint<'_>, y: u16, view: &View<'_>, alert: &Alert) {
    let new = is_new(alert, view);
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
    let end = paint.width().saturating_sub(crate::console::widget::width(&fate));
    let mut text = paint.inside(x + 1, y, end.saturating_sub(x + 2), 1);
    text.put(0, 0, &words::alert(view.snapshot(), alert), what);
    paint.put(end, y, &fate, Role::Dim);
}
