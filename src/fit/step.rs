//! What the change column says about the close before: nothing, the same, or another price.

use super::session_rows::SessionRow;
use crate::market::rules::band::daily_band_bps;
use crate::market::{Board, SessionDate};

/// The change has two decimals of a percent; closes recovered from it are good to this, relative.
const CHANGE_PRECISION: f64 = 1.5e-4;
/// Rows on either side that show whether zeros in the change column are changes or blanks.
const BLANK_WINDOW: usize = 20;
/// Zeros with a moved close among them, from which on zeros count as blanks.
const BLANKS: usize = 2;

/// The close before, as the change column has it, over the one printed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Step {
    /// No row before, no change stated, or a zero where zeros are blanks.
    Silent,
    /// The stated changes contradict each other and the closes.
    Contradictory,
    /// The same within the precision of the column.
    Agrees,
    /// Another: this is the ratio, and the change that goes with it.
    Ratio { ratio: f64, change: f64 },
}

/// The steps of all rows; the first row has none.
pub(super) fn steps(rows: &[SessionRow]) -> Vec<Step> {
    let mut found: Vec<Step> = std::iter::once(Step::Silent)
        .chain(rows.windows(2).map(|pair| step(pair[0].row.close, &pair[1])))
        .take(rows.len())
        .collect();
    let zero_moved: Vec<bool> =
        found.iter().map(|s| matches!(s, Step::Ratio { change, .. } if *change == 0.0)).collect();
    for at in (0..found.len()).filter(|at| zero_moved[*at]) {
        let window = at.saturating_sub(BLANK_WINDOW)..(at + BLANK_WINDOW + 1).min(found.len());
        if zero_moved[window].iter().filter(|moved| **moved).count() > BLANKS {
            found[at] = Step::Silent;
        }
    }
    found
}

fn step(before: f64, row: &SessionRow) -> Step {
    let close = row.row.close;
    let ratios: Vec<(f64, f64)> = row
        .changes
        .iter()
        .filter(|change| **change > -1.0)
        .map(|change| (close / (1.0 + change) / before, *change))
        .collect();
    let Some(&(ratio, change)) = ratios.first() else { return Step::Silent };
    // At low prices the paisa is coarser than the column.
    let precision = CHANGE_PRECISION + 0.005 / before;
    if ratios.iter().any(|(ratio, _)| (ratio - 1.0).abs() <= precision) {
        Step::Agrees
    } else if ratios.iter().all(|(other, _)| (other / ratio - 1.0).abs() <= 2.0 * precision) {
        Step::Ratio { ratio, change }
    } else {
        Step::Contradictory
    }
}

/// How far a close may be from the close before on a day, as a fraction, with room for the grid;
/// `None` where no band is known.
pub(super) fn band(board: Board, date: SessionDate, close: f64) -> Option<f64> {
    match board {
        Board::Nepse => Some(daily_band_bps(date) as f64 * 1e-4 + 5e-4 + 0.1 / close),
        Board::Foreign => None,
    }
}
