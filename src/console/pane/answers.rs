//! The row above the hints: what the screen says of the last key, else the engine's last answers.

use super::journal::number;
use crate::console::intent::Intent;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{JournalStatus, format, words};
use crate::engine::AnswerKind;

/// The journal's number, or that there is none.
#[must_use]
pub fn journal(view: &View<'_>, word: &str) -> String {
    match &view.status().journal {
        JournalStatus::Durable { seq, .. } => format!("{word} {}", number(*seq)),
        JournalStatus::NotJournaled { .. } => "NOT JOURNALED".to_owned(),
    }
}

/// Draws the row.
pub fn draw(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    let mut x = 1;
    let room = paint.width();
    if let Some(notice) = &view.ui.notice {
        x = paint.put(x, y, notice, Role::Warn);
    } else if let Some(note) = view.status().notes.last() {
        x = paint.put(x, y, note, Role::Warn);
    }
    let bar = view.theme.glyphs().bar;
    let mut first = x == 1;
    for answer in view.snapshot().answers.iter().rev() {
        let mut text = format!("{} {}", format::clock(answer.at), words::answer(view.snapshot(), answer));
        if first && x + width(&text) > room {
            let short = words::answer_short(view.snapshot(), answer);
            text = short.map_or(text, |short| format!("{} {short}", format::clock(answer.at)));
            text = paint.whole_clauses(&text, x);
        }
        let lead = if first { String::new() } else { format!(" {bar} ") };
        if !first && x + width(&lead) + width(&text) >= room {
            break;
        }
        let role = match answer.kind {
            AnswerKind::Denied { .. } | AnswerKind::Stopped { .. } => Role::Warn,
            _ => Role::Text,
        };
        x = paint.put(x, y, &lead, Role::Dim);
        x = paint.put(x, y, &text, role);
        first = false;
        if x >= room {
            break;
        }
    }
    if first {
        let mut text = "no command given yet".to_owned();
        if view.status().transport.is_some() {
            // A day begins before its market does: the way there is said where a newcomer looks.
            let key = |intent| view.ui.keymap().key_of(intent);
            let (stop, seek) = (key(Intent::NextStop), key(Intent::Seek));
            text = format!("{text}; {stop} goes to the day's next stop, {seek} to a time");
        }
        paint.put(x, y, &paint.whole_clauses(&text, x), Role::Dim);
    }
}
