//! The last records of the journal, the newest on top.

use super::{PaneId, Title, table};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{JournalStatus, format};
use crate::market::Qty;

/// A record's number.
pub(super) fn number(seq: u64) -> String {
    format::qty(Qty::from_units(i64::try_from(seq).unwrap_or(i64::MAX)))
}

pub(super) fn title(view: &View<'_>) -> Title {
    let right = match &view.status().journal {
        JournalStatus::Durable { seq, head, .. } => format!("{} head {head}", number(*seq)),
        JournalStatus::NotJournaled { .. } => "NOT JOURNALED".to_owned(),
    };
    Title { rest: table::notes(PaneId::Journal, view), right }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let JournalStatus::Durable { tail, .. } = &view.status().journal else {
        if let JournalStatus::NotJournaled { why } = &view.status().journal {
            paint.put(1, 0, &format!("nothing is written: {why}"), Role::Warn);
        }
        return;
    };
    let window = table::window(PaneId::Journal, view, paint.height());
    if window.ids.is_empty() {
        table::empty(paint, 0, view, PaneId::Journal, "no record yet");
    }
    for (y, id) in (0u16..).zip(&window.ids) {
        if window.selected == Some(*id) && view.ui.focus == PaneId::Journal {
            table::cursor(paint, y, view, PaneId::Journal);
        }
        if let Some(line) = tail.iter().find(|l| l.seq == *id) {
            paint.put_right(10, y, &number(line.seq), Role::Dim);
            paint.put(11, y, &format::clock(line.at), Role::Dim);
            paint.put(20, y, &paint.whole_clauses(&line.text, 20), Role::Text);
        }
    }
}
