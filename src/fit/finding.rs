//! What was done to a history before anything was estimated on it: every item with its line.

use serde::{Deserialize, Serialize};

use crate::market::SessionDate;

/// Where an adjustment comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentSource {
    /// The publisher's change of the day, which is against the adjusted close before.
    ChangeColumn,
    /// A list of corporate actions.
    Actions,
}

/// A corporate action taken out of the returns.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// Line of the first row without the right.
    pub line: u64,
    /// Its date.
    pub date: SessionDate,
    /// What multiplies the closes before; above 0, below 1 for bonus and rights.
    pub factor: f64,
    /// Who says so.
    pub source: AdjustmentSource,
    /// Whether a second source says the same: the list and the change column agree within 1 %.
    pub confirmed: bool,
}

/// What kind of defect a row had, or what is between two rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// A row that cannot be right was left out.
    DroppedRow,
    /// A row older than one before it was put in its place.
    OutOfOrder,
    /// A second row of a date was left out.
    DuplicateDate,
    /// Sessions are missing before the row; the return across them is not used.
    Gap,
    /// The close before, as the change column has it, differs from the one printed, across a gap
    /// whose missing sessions can explain it; nothing is adjusted.
    StepAcrossGap,
    /// The change column and the closes contradict each other in a way that no bonus or right
    /// explains; the closes stay.
    ChangeDisagrees,
    /// The closes contradict the change column on the way in and again on the way out: the
    /// two returns at this close are not used.
    CloseInDoubt,
    /// A move beyond the daily band that nothing explains; the return is not used.
    BeyondBand,
    /// A listed action that the prices do not show, or that the change column contradicts; not
    /// applied.
    ActionNotApplied,
}

impl RepairKind {
    /// Its name in messages and in the model file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DroppedRow => "dropped_row",
            Self::OutOfOrder => "out_of_order",
            Self::DuplicateDate => "duplicate_date",
            Self::Gap => "gap",
            Self::StepAcrossGap => "step_across_gap",
            Self::ChangeDisagrees => "change_disagrees",
            Self::CloseInDoubt => "close_in_doubt",
            Self::BeyondBand => "beyond_band",
            Self::ActionNotApplied => "action_not_applied",
        }
    }
}

/// One repair.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// The line in the history's file; in the list of actions for an action.
    pub line: u64,
    /// Which kind.
    pub kind: RepairKind,
    /// What was found, in words and numbers.
    pub what: String,
}

impl Repair {
    /// A repair of a line.
    #[must_use]
    pub fn new(line: u64, kind: RepairKind, what: impl Into<String>) -> Self {
        Self { line, kind, what: what.into() }
    }
}
