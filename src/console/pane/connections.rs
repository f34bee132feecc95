//! The lines to the outside: each feed and gateway with where it stands, its age, rate, gaps, reconnects, delay and
//! clock, and in words why it is not live.

use super::Title;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{ConnectionStatus, ConnectionUse, format};
use crate::execution::LineState;
use crate::market::Qty;

/// Right edges of the figures after the state; a column that does not fit is left out.
const COLUMNS: [(u16, &str); 9] = [
    (38, "SINCE"),
    (45, "HEARD"),
    (53, "PER S"),
    (63, "MESSAGES"),
    (68, "GAPS"),
    (74, "AGAIN"),
    (80, "DELAY"),
    (90, "CLOCK"),
    (100, "LEFT OUT"),
];

pub(super) fn title(view: &View<'_>) -> Title {
    let lines = &view.status().connections;
    let live = lines.iter().filter(|line| line.state.is_live()).count();
    Title { rest: String::new(), right: format!("{live} of {} live", lines.len()) }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let lines = &view.status().connections;
    if lines.is_empty() {
        paint.put(1, 0, "no line to the outside: this is a recorded day", Role::Dim);
        return;
    }
    paint.put(1, 0, "LINE", Role::Dim);
    paint.put(21, 0, "STATE", Role::Dim);
    let width = paint.width();
    for (right, head) in COLUMNS.iter().filter(|(right, _)| *right <= width) {
        paint.put_right(*right, 0, head, Role::Dim);
    }
    let mut y = 1;
    for line in lines {
        if y >= paint.height() {
            return;
        }
        row(paint, y, line);
        y += 1;
        for text in beside(line) {
            let cut = paint.whole_words(&text, 3);
            paint.put(3, y, &cut, Role::Dim);
            y += 1;
        }
    }
}

fn row(paint: &mut Paint<'_>, y: u16, line: &ConnectionStatus) {
    let used = match line.used_for {
        ConnectionUse::Feed => "in use",
        ConnectionUse::Standby => "stands by",
        ConnectionUse::Gateway => "orders",
    };
    let x = paint.put(1, y, &line.name, Role::Text);
    paint.put(x + 1, y, used, Role::Dim);
    paint.put(21, y, state_word(line.state), state_role(line.state));
    let ago = |ms: u64| step(ms);
    let figures = [
        ago(line.since_ms),
        line.silent_ms.map_or_else(|| "never".to_owned(), ago),
        line.per_second.to_string(),
        count(line.messages),
        line.gaps.to_string(),
        line.reconnects.to_string(),
        line.latency_us.map_or_else(|| "-".to_owned(), delay),
        line.clock_offset_ms.map_or_else(|| "-".to_owned(), offset),
        count(line.conflated),
    ];
    for ((right, head), text) in COLUMNS.iter().zip(figures) {
        if *right <= paint.width() {
            let bad = (*head == "GAPS" && line.gaps > 0) || (*head == "LEFT OUT" && line.conflated > 0);
            paint.put_right(*right, y, &text, if bad { Role::Warn } else { Role::Text });
        }
    }
}

/// What there is to say of a line beside its figures.
fn beside(line: &ConnectionStatus) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(why) = line.why.as_ref().filter(|_| !line.state.is_live()) {
        let again = line.retry_ms.map(|ms| format!("; tried again in {} s", ms.div_ceil(1_000)));
        out.push(format!("{why}{}", again.unwrap_or_default()));
    }
    if line.failed > 0 {
        let documents = if line.failed == 1 { "document" } else { "documents" };
        out.push(format!("{} {documents} could not be had", line.failed));
    }
    if line.refused > 0 {
        out.push(format!("{} frames or values could not be believed", line.refused));
    }
    out.extend(line.notes.iter().cloned());
    out
}

/// Capitals where it is not live: never colour alone.
fn state_word(state: LineState) -> &'static str {
    match state {
        LineState::Live => "live",
        LineState::Connecting => "CONNECTING",
        LineState::Syncing => "SYNCING",
        LineState::Silent => "SILENT",
        LineState::Gap => "GAP",
        LineState::Stale => "STALE",
        LineState::Closed => "CLOSED",
    }
}

const fn state_role(state: LineState) -> Role {
    match state {
        LineState::Live => Role::Good,
        LineState::Connecting | LineState::Syncing => Role::Warn,
        LineState::Silent | LineState::Gap | LineState::Stale | LineState::Closed => Role::Alarm,
    }
}

fn count(n: u64) -> String {
    format::qty(Qty::from_units(i64::try_from(n).unwrap_or(i64::MAX)))
}

/// An age in steps: a line that only grows older changes little on the screen.
fn step(ms: u64) -> String {
    let ns = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    format::age(ns).unwrap_or_else(|| "<5s".to_owned())
}

fn delay(us: i64) -> String {
    if us < 1_000 { "<1ms".to_owned() } else { format!("{}ms", us / 1_000) }
}

/// A clock that is hours away is of another day and not wrong by so much.
fn offset(ms: i64) -> String {
    match ms.abs() {
        0..10_000 => format!("{ms:+}ms"),
        10_000..3_600_000 => format!("{:+}s", ms / 1_000),
        _ => "other day".to_owned(),
    }
}
