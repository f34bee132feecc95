//! How the machine is: inputs, journal, frames, memory, feeds, gateways, keys.
//!
//! Nothing here counts by one: figures move in steps, so that a feed which changes nothing visible
//! changes nothing here either.

use super::Title;
use super::journal::number;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{JournalStatus, format, words};
use crate::engine::{FeedState, Pace};
use crate::market::{Qty, SourceId};
use crate::model::anomaly::RateReading;

/// Memory is shown in steps of this many megabytes.
const MEMORY_STEP: u64 = 8;
/// The window of the rate of a feed, in seconds.
const WINDOW_S: u64 = 15 * 60;

pub(super) fn title(view: &View<'_>) -> Title {
    let troubles = troubles(view);
    Title {
        rest: String::new(),
        right: if troubles.is_empty() { "nothing is wrong".to_owned() } else { troubles.join(", ") },
    }
}

/// What is wrong, in words.
fn troubles(view: &View<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if matches!(view.status().journal, JournalStatus::NotJournaled { .. }) {
        out.push("NOT JOURNALED".to_owned());
    }
    if view.snapshot().feeds.is_empty() {
        out.push("no feed heard".to_owned());
    }
    let stale = view.snapshot().feeds.iter().filter(|(_, f)| f.stale).count();
    if stale > 0 {
        out.push(format!("{stale} feed SILENT"));
    }
    let down = view.status().health.gateways.iter().filter(|g| !g.up).count();
    if down > 0 {
        out.push(format!("{down} gateway OFF"));
    }
    if view.ui.keys_ignored > 0 {
        out.push(words::keys_ignored(view.ui.keys_ignored));
    }
    out
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let mut y = 0;
    let mut line = |paint: &mut Paint<'_>, name: &str, text: &str, role: Role| {
        paint.put(1, y, name, Role::Dim);
        let cut = paint.whole_words(text, 10);
        paint.put(10, y, &cut, role);
        y += 1;
    };
    let health = &view.status().health;
    let (journal, role) = journal(view);
    line(paint, "journal", &journal, role);
    for (source, feed) in &view.snapshot().feeds {
        let role = if feed.stale { Role::Alarm } else { Role::Text };
        line(paint, &format!("feed {source}"), &feed_line(view, *source, feed), role);
    }
    if view.snapshot().feeds.is_empty() {
        line(paint, "feeds", "none heard yet", Role::Warn);
    }
    for gateway in &health.gateways {
        let (text, role) =
            if gateway.up { ("up", Role::Text) } else { ("OFF: orders do not leave", Role::Warn) };
        line(paint, "gateway", &format!("{} {text}", gateway.name), role);
    }
    if health.gateways.is_empty() {
        line(paint, "gateway", "none is reported", Role::Dim);
    }
    line(paint, "inputs", &inputs(view), Role::Text);
    let memory = health.memory_bytes.map_or_else(|| "memory -".to_owned(), memory);
    line(paint, "process", &format!("{memory}, {} frames made", about(health.frames)), Role::Text);
    let keys = match view.ui.keys_ignored {
        0 => "every key was taken".to_owned(),
        n => format!("{n} ignored: the screen was behind"),
    };
    line(paint, "keys", &keys, if view.ui.keys_ignored > 0 { Role::Warn } else { Role::Text });
    if let Some(ms) = view.ui.link_ms {
        line(paint, "link", &format!("{ms} ms there and back"), Role::Text);
    }
    let notes = &view.status().notes;
    match notes.last() {
        Some(last) => line(paint, "notes", &format!("{}, the last: {last}", notes.len()), Role::Text),
        None => line(paint, "notes", "none", Role::Dim),
    }
}

fn journal(view: &View<'_>) -> (String, Role) {
    match &view.status().journal {
        JournalStatus::Durable { seq, head, .. } => {
            let slowest = view.status().health.commit_us;
            let slowest = slowest.map_or_else(String::new, |us| format!(", slowest commit {}", commit(us)));
            (format!("{} head {head}{slowest}", number(*seq)), Role::Text)
        }
        JournalStatus::NotJournaled { why } => (format!("NOT JOURNALED: {why}"), Role::Alarm),
    }
}

/// One digit of milliseconds.
fn commit(us: u64) -> String {
    match us {
        0..1_000 => "<1 ms".to_owned(),
        us => format!("~{} ms", us / 1_000),
    }
}

fn feed_line(view: &View<'_>, _: SourceId, feed: &FeedState) -> String {
    let ns = view.now().since_ns(feed.last_at);
    let age = format::age(ns).unwrap_or_else(|| "<5s".to_owned());
    let state = if feed.stale { "SILENT" } else { "up" };
    let (rate, bad) = match feed.rate.reading(view.now()) {
        RateReading::Unknown { .. } => ("few messages".to_owned(), "-".to_owned()),
        RateReading::Known { rate, received } => {
            (format!("{}/s", pace(received, WINDOW_S)), format!("{:.1}%", rate * 100.0))
        }
    };
    format!(
        "{state} {age}, {rate}, gaps {}, said twice {}, quarantined {bad}",
        feed.gaps,
        about(feed.duplicates)
    )
}

fn inputs(view: &View<'_>) -> String {
    let snapshot = view.snapshot();
    let Pace { inputs, over_ns } = snapshot.pace;
    let rate = match u64::try_from(over_ns / 1_000_000_000) {
        Ok(seconds @ 1..) => format!("{}/s of market time in the last minute", pace(inputs, seconds)),
        _ => "no whole minute of market time yet".to_owned(),
    };
    format!("{} applied, {rate}", about(snapshot.inputs))
}

/// A rate with two digits.
fn pace(count: u64, seconds: u64) -> String {
    let tenths = count.saturating_mul(10) / seconds.max(1);
    if tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { about(tenths / 10) }
}

/// Exact below a hundred, then two digits and noughts: a count that moves in steps.
fn about(count: u64) -> String {
    if count < 100 {
        return count.to_string();
    }
    let step = 10_u64.pow(count.ilog10() - 1);
    format!("~{}", format::qty(Qty::from_units(i64::try_from(count / step * step).unwrap_or(i64::MAX))))
}

fn memory(bytes: u64) -> String {
    let step = MEMORY_STEP * 1_024 * 1_024;
    format!("memory {} MB", bytes.div_ceil(step) * MEMORY_STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_move_in_steps() {
        for (count, want) in
            [(7, "7"), (42, "42"), (99, "99"), (100, "~100"), (48_211, "~48,000"), (48_999, "~48,000")]
        {
            assert_eq!(about(count), want);
        }
        assert_eq!(
            (pace(720, 60), pace(95, 60), pace(60_000, 60)),
            ("12".into(), "1.5".into(), "~1,000".into())
        );
        assert_eq!(
            (memory(1), memory(50_000_000), commit(900), commit(2_400)),
            ("memory 8 MB".into(), "memory 48 MB".into(), "<1 ms".into(), "~2 ms".into())
        );
    }
}
