use proptest::prelude::*;

use super::*;
use crate::feed::day::OriginFile;
use crate::feed::import::{HistoryRow, RefusedRow};
use crate::market::Symbol;
use crate::market::corporate_action::{CorporateAction, Ratio};

fn day(text: &str) -> SessionDate {
    text.parse().unwrap()
}

/// Rows `(date, close, change in percent)`, one a line from line 2, 100 shares each.
fn history(rows: &[(&str, f64, Option<f64>)]) -> History {
    let row = |(line, (date, close, change)): (u64, &(&str, f64, Option<f64>))| HistoryRow {
        line,
        date: day(date),
        close: *close,
        change: change.map(|c| c / 100.0),
        volume: Some(100.0),
        turnover: None,
        outside_range: false,
    };
    History {
        symbol: Symbol::new("NABIL"),
        origin: OriginFile { name: "NABIL.csv".to_owned(), sha256: String::new() },
        rows: (2..).zip(rows).map(row).collect(),
        refused: Vec::new(),
        adjusted_close: false,
    }
}

fn clean(history: &History, actions: &[ListedAction]) -> Series {
    Series::clean(history, actions, Subject::Security, Board::Nepse)
}

fn bonus(line: u64, closure: &str, percent: i64) -> ListedAction {
    let action = CorporateAction::Bonus(Ratio::from_percent_e2(100 * percent).unwrap());
    ListedAction { line, symbol: Symbol::new("NABIL"), book_closure: day(closure), action }
}

fn kinds(series: &Series) -> Vec<(u64, RepairKind)> {
    series.repairs.iter().map(|r| (r.line, r.kind)).collect()
}

fn values(series: &Series) -> Vec<f64> {
    series.returns.iter().map(|r| (r.value.exp_m1() * 1e4).round() / 1e4).collect()
}

// Monday 2024-07-01 to Thursday 2024-07-04 are sessions, so is Sunday 2024-07-07.

#[test]
fn order_and_doubles_are_repaired_and_named() {
    let got = clean(
        &history(&[
            ("2024-07-02", 505.0, Some(1.0)),
            ("2024-07-01", 500.0, None),
            ("2024-07-02", 505.0, Some(0.9)),
            ("2024-07-03", 510.05, Some(1.0)),
            ("2024-07-03", 500.0, None),
        ]),
        &[],
    );
    assert_eq!(
        kinds(&got),
        [(3, RepairKind::OutOfOrder), (4, RepairKind::DuplicateDate), (6, RepairKind::DuplicateDate),]
    );
    assert!(got.repairs[2].what.contains("500 instead of 510.05"), "{:?}", got.repairs[2]);
    assert_eq!(values(&got), [0.01, 0.01]);
    assert!(got.adjustments.is_empty());
}

#[test]
fn newest_first_is_an_order() {
    let got = clean(
        &history(&[("2024-07-03", 102.01, None), ("2024-07-02", 101.0, None), ("2024-07-01", 100.0, None)]),
        &[],
    );
    assert_eq!((kinds(&got), values(&got)), (vec![], vec![0.01, 0.01]));
}

#[test]
fn returns_across_missing_sessions_are_left_out() {
    let got = clean(
        &history(&[("2024-07-01", 100.0, None), ("2024-07-03", 110.0, None), ("2024-07-04", 111.1, None)]),
        &[],
    );
    assert_eq!(kinds(&got), [(3, RepairKind::Gap)]);
    assert!(got.repairs[0].what.starts_with("1 sessions missing"), "{}", got.repairs[0].what);
    assert_eq!(values(&got), [0.01]);
}

#[test]
fn a_weekend_is_no_gap_and_a_session_without_trade_no_move() {
    let mut history =
        history(&[("2024-07-04", 100.0, None), ("2024-07-07", 101.0, None), ("2024-07-08", 105.0, None)]);
    history.rows[2].volume = Some(0.0);
    let got = clean(&history, &[]);
    assert_eq!((kinds(&got), values(&got)), (vec![], vec![0.01, 0.0]));
    assert!(got.returns[1].no_trade);
}

#[test]
fn the_change_column_tells_a_bonus_from_a_fall() {
    // 33.5 % bonus: 1.0607 / 1.335 - 1 is -20.55 %.
    let got = clean(
        &history(&[
            ("2024-07-01", 1_335.0, None),
            ("2024-07-02", 1_060.7, Some(6.07)),
            ("2024-07-03", 1_060.7, Some(0.0)),
        ]),
        &[],
    );
    let [one] = &got.adjustments[..] else { panic!("{got:?}") };
    assert!((one.factor - 1.0 / 1.335).abs() < 1e-4, "{one:?}");
    assert_eq!((one.line, one.source, one.confirmed), (3, AdjustmentSource::ChangeColumn, false));
    assert_eq!((kinds(&got), values(&got)), (vec![], vec![0.0607, 0.0]));
}

#[test]
fn blanks_written_as_zero_are_no_steps_and_a_lonely_zero_is() {
    let rows = [
        ("2024-07-01", 100.0, Some(0.0)),
        ("2024-07-02", 97.0, Some(0.0)),
        ("2024-07-03", 95.0, Some(0.0)),
        ("2024-07-04", 92.0, Some(0.0)),
        ("2024-07-07", 90.0, Some(0.0)),
    ];
    let got = clean(&history(&rows), &[]);
    assert_eq!((got.adjustments.len(), kinds(&got), got.returns.len()), (0, vec![], 4));
    // A bonus of 5 % on a day on which the adjusted price did not move.
    let got = clean(
        &history(&[
            ("2024-07-01", 100.0, None),
            ("2024-07-02", 101.0, Some(1.0)),
            ("2024-07-03", 96.19, Some(0.0)),
            ("2024-07-04", 97.15, Some(1.0)),
        ]),
        &[],
    );
    assert_eq!((got.adjustments.len(), values(&got)), (1, vec![0.01, 0.0, 0.01]));
}

#[test]
fn a_close_that_two_changes_contradict_is_in_doubt() {
    let got = clean(
        &history(&[
            ("2024-07-01", 1_000.0, None),
            ("2024-07-02", 1_000.3, Some(-2.61)),
            ("2024-07-03", 981.3, Some(0.75)),
            ("2024-07-04", 991.11, Some(1.0)),
        ]),
        &[],
    );
    assert_eq!(kinds(&got), [(3, RepairKind::CloseInDoubt)]);
    assert_eq!((got.adjustments.len(), values(&got)), (0, vec![0.01]));
}

#[test]
fn what_no_bonus_explains_is_named_and_left() {
    let got = clean(
        &history(&[
            ("2024-07-01", 100.0, None),
            ("2024-07-02", 101.0, Some(-5.0)), // implies a higher close before: no dilution
            ("2024-07-03", 102.0, Some(0.6)),  // half a percent: too small for one
            ("2024-07-04", 60.0, None),        // -41 %: no change stated, no action
        ]),
        &[],
    );
    let disagrees = RepairKind::ChangeDisagrees;
    assert_eq!(kinds(&got), [(3, disagrees), (4, disagrees), (5, RepairKind::BeyondBand)]);
    assert_eq!((got.adjustments.len(), got.returns.len()), (0, 2));
    // The same fall in another market has no band to break.
    let foreign = Series::clean(
        &history(&[("2024-07-01", 100.0, None), ("2024-07-02", 60.0, None)]),
        &[],
        Subject::Security,
        Board::Foreign,
    );
    assert_eq!((kinds(&foreign), foreign.returns.len()), (vec![], 1));
}

#[test]
fn a_step_that_missing_sessions_explain_is_not_adjusted() {
    let step = |close, change| {
        clean(&history(&[("2024-07-01", 100.0, None), ("2024-07-03", close, Some(change))]), &[])
    };
    let got = step(99.0, 2.0);
    assert_eq!(kinds(&got), [(3, RepairKind::Gap), (3, RepairKind::StepAcrossGap)]);
    assert!(got.adjustments.is_empty());
    // One missing session cannot halve a price.
    assert_eq!(step(50.0, 2.0).adjustments.len(), 1);
}

#[test]
fn a_listed_action_confirms_replaces_or_is_refused() {
    let quiet = [("2024-07-01", 500.0, None), ("2024-07-02", 505.0, None), ("2024-07-03", 412.0, None)];
    // No change column: the list alone, on the first session from book closure on.
    let got = clean(&history(&quiet), &[bonus(7, "2024-07-03", 25)]);
    let [one] = &got.adjustments[..] else { panic!("{got:?}") };
    assert_eq!((one.line, one.factor, one.source), (4, 0.8, AdjustmentSource::Actions));
    assert_eq!(values(&got)[1], (412.0f64 / 404.0 - 1.0).mul_add(1e4, 0.0).round() / 1e4);
    // One session early: the step is where the prices show it.
    assert_eq!(clean(&history(&quiet), &[bonus(7, "2024-07-02", 25)]).adjustments[0].line, 4);
    // The prices show no step.
    let flat = [("2024-07-01", 500.0, None), ("2024-07-02", 505.0, None), ("2024-07-03", 510.0, None)];
    let got = clean(&history(&flat), &[bonus(7, "2024-07-03", 25)]);
    assert_eq!((got.adjustments.len(), kinds(&got)), (0, vec![(7, RepairKind::ActionNotApplied)]));
    // Both sources: the exact factor, confirmed; and where they differ, the column.
    let both =
        [("2024-07-01", 500.0, None), ("2024-07-02", 505.0, Some(1.0)), ("2024-07-03", 412.0, Some(1.98))];
    let got = clean(&history(&both), &[bonus(7, "2024-07-03", 25)]);
    assert_eq!((got.adjustments[0].factor, got.adjustments[0].confirmed), (0.8, true));
    let got = clean(&history(&both), &[bonus(7, "2024-07-03", 40)]);
    assert_eq!((got.adjustments[0].source, kinds(&got).len()), (AdjustmentSource::ChangeColumn, 1));
    // Another symbol's action, one before the history and one after it are nobody's business here.
    let other = ListedAction { symbol: Symbol::new("NICA"), ..bonus(7, "2024-07-03", 25) };
    let got = clean(&history(&flat), &[other, bonus(8, "2020-01-01", 25), bonus(9, "2025-01-01", 25)]);
    assert_eq!((got.adjustments.len(), got.repairs.len()), (0, 0));
}

#[test]
fn an_index_and_adjusted_closes_have_no_actions() {
    let rows = [
        ("2024-07-01", 2_000.0, None),
        ("2024-07-02", 1_960.0, Some(3.0)),
        ("2024-07-03", 1_979.6, Some(1.0)),
    ];
    let index = Series::clean(&history(&rows), &[], Subject::Index, Board::Nepse);
    assert_eq!((index.adjustments.len(), values(&index)), (0, vec![-0.02, 0.01]));
    let adjusted = History { adjusted_close: true, ..history(&rows) };
    assert_eq!(values(&clean(&adjusted, &[bonus(3, "2024-07-02", 25)])), [-0.02, 0.01]);
}

#[test]
fn refused_rows_and_empty_histories_are_no_surprise() {
    let refused = vec![RefusedRow { line: 2, what: "no closing price".to_owned() }];
    let got = clean(&History { refused, ..history(&[]) }, &[bonus(3, "2024-07-02", 25)]);
    assert_eq!((got.span, got.returns.len(), kinds(&got)), (None, 0, vec![(2, RepairKind::DroppedRow)]));
    assert!(got.sample(10).is_empty());
}

proptest! {
    /// Whatever a file holds, the returns are finite, in order, and none of them twice.
    #[test]
    fn any_history_gives_finite_returns(
        rows in prop::collection::vec((0i64..4000, 1e-3..1e7f64, prop::option::of(-150.0..500.0f64), 0.0..2.0f64), 0..60),
        actions in prop::collection::vec((0i64..4000, 1i64..900), 0..4),
    ) {
        let first = day("2014-01-01");
        let mut history = history(&[]);
        history.rows = (2..).zip(&rows).map(|(line, (days, close, change, volume))| HistoryRow {
            line, date: first.plus_days(*days).unwrap(), close: *close, change: change.map(|c| c / 100.0),
            volume: Some(volume.floor()), turnover: None, outside_range: false,
        }).collect();
        let actions: Vec<ListedAction> = actions.iter()
            .map(|(days, percent)| bonus(9, &first.plus_days(*days).unwrap().to_string(), *percent)).collect();
        for board in [Board::Nepse, Board::Foreign] {
            let got = Series::clean(&history, &actions, Subject::Security, board);
            prop_assert!(got.returns.iter().all(|r| r.value.is_finite()));
            prop_assert!(got.returns.windows(2).all(|pair| pair[0].date < pair[1].date));
            prop_assert!(got.adjustments.iter().all(|a| a.factor > 0.0 && a.factor < 1.0));
        }
    }
}
