//! The rows of a history in order of date, one per date, with what is missing between them.

use super::finding::{Repair, RepairKind};
use crate::feed::import::{History, HistoryRow};
use crate::market::{Board, Calendar, SessionDate};

/// Calendar days without a row after which a market whose calendar is not known has a gap.
const UNKNOWN_GAP_DAYS: i64 = 7;

/// A row with what leads to it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct SessionRow {
    pub(super) row: HistoryRow,
    /// Every change that the rows of this date state, decimal.
    pub(super) changes: Vec<f64>,
    /// Sessions missing since the row before; 0 for the first.
    pub(super) missing: u32,
}

/// Puts a history in order; what had to be done is added to `repairs`.
pub(super) fn session_rows(history: &History, board: Board, repairs: &mut Vec<Repair>) -> Vec<SessionRow> {
    for refused in &history.refused {
        repairs.push(Repair::new(refused.line, RepairKind::DroppedRow, refused.what.clone()));
    }
    let mut rows: Vec<&HistoryRow> = history.rows.iter().collect();
    let falling = rows.windows(2).filter(|pair| pair[1].date < pair[0].date).count();
    if 2 * falling > rows.len() {
        // Newest first is an order, too.
        rows.reverse();
    }
    let mut latest: Option<SessionDate> = None;
    for row in &rows {
        if latest.is_some_and(|latest| row.date < latest) {
            let what = format!("{} stands after a later date", row.date);
            repairs.push(Repair::new(row.line, RepairKind::OutOfOrder, what));
        }
        latest = latest.max(Some(row.date));
    }
    rows.sort_by_key(|row| row.date);
    let mut sessions: Vec<SessionRow> = Vec::with_capacity(rows.len());
    for row in rows {
        match sessions.last_mut().filter(|last| last.row.date == row.date) {
            Some(first) => {
                first.changes.extend(row.change);
                let what = if first.row.close == row.close {
                    format!("{} again, the same close; the first row stays", row.date)
                } else {
                    format!(
                        "{} again with close {} instead of {}; the first row stays",
                        row.date, row.close, first.row.close
                    )
                };
                repairs.push(Repair::new(row.line, RepairKind::DuplicateDate, what));
            }
            None => {
                let missing =
                    sessions.last().map_or(0, |last| missing_between(last.row.date, row.date, board));
                if missing > 0 {
                    let before = sessions.last().map_or(row.date, |last| last.row.date);
                    let what = match board {
                        Board::Nepse => format!("{missing} sessions missing after {before}"),
                        Board::Foreign => format!("{} days after {before}", row.date.days_since(before)),
                    };
                    repairs.push(Repair::new(row.line, RepairKind::Gap, what));
                }
                sessions.push(SessionRow {
                    row: row.clone(),
                    changes: row.change.into_iter().collect(),
                    missing,
                });
            }
        }
    }
    sessions
}

/// Sessions strictly between two dates; beyond the calendar's range a long pause counts as one.
fn missing_between(before: SessionDate, date: SessionDate, board: Board) -> u32 {
    if board == Board::Nepse
        && let Ok(sessions) = Calendar::embedded().sessions_between(before, date)
    {
        let between = sessions.iter().filter(|s| **s > before && **s < date).count();
        return u32::try_from(between).unwrap_or(u32::MAX);
    }
    u32::from(date.days_since(before) > UNKNOWN_GAP_DAYS)
}
