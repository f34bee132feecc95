//! A history made fit for estimation: in order, adjusted, and every return that is none taken out.
//!
//! A corporate action leaves a step in printed prices that is no return. It is recognised by the
//! publisher's change of the day, which is against the adjusted close before, or by a list of
//! actions; nothing is adjusted on the look of the prices alone. A move that neither explains and
//! that the daily band forbids is no return either, and is left out instead of guessed at (C1, R2).
//! Returns across missing sessions are left out, too.

use super::finding::{Adjustment, AdjustmentSource, Repair, RepairKind};
use super::session_rows::{SessionRow, session_rows};
use super::step::{Step, band, steps};
use crate::feed::import::{History, ListedAction};
use crate::market::{Board, Price, SessionDate};
use crate::model::returns::{BarReturn, per_bar};

/// A step smaller than this is no corporate action seen so far; the smallest was 1.5 %.
const SMALLEST_ACTION: f64 = 0.01;
/// Two steps cancel, or two factors agree, within this.
const SAME: f64 = 0.01;

/// What a series is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A security: has corporate actions, and trades or does not.
    Security,
    /// An index: neither.
    Index,
}

/// A return that may be estimated on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DatedReturn {
    /// The later session.
    pub date: SessionDate,
    /// Log return, decimal, adjusted; 0 without trade.
    pub value: f64,
    /// The later session had no trade.
    pub no_trade: bool,
}

/// A history made fit for estimation.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Series {
    /// First and last date of the history.
    pub span: Option<(SessionDate, SessionDate)>,
    /// Sessions with a row.
    pub sessions: usize,
    /// The usable returns, oldest first.
    pub returns: Vec<DatedReturn>,
    /// Volume of each session, shares, oldest first; `None` if the history has none.
    pub volumes: Option<Vec<f64>>,
    /// Value traded, likewise.
    pub turnovers: Option<Vec<f64>>,
    /// Rows whose high is below or low above the close; counted, the close stays.
    pub outside_range: usize,
    /// Corporate actions taken out, in order of date.
    pub adjustments: Vec<Adjustment>,
    /// Everything else that was done, in order of line.
    pub repairs: Vec<Repair>,
}

impl Series {
    /// Cleans a history. `actions` may hold other symbols' too.
    #[must_use]
    pub fn clean(history: &History, actions: &[ListedAction], subject: Subject, board: Board) -> Self {
        let mut repairs = Vec::new();
        let rows = session_rows(history, board, &mut repairs);
        let mut work = Work {
            board,
            factors: vec![None; rows.len()],
            in_doubt: vec![false; rows.len()],
            steps: steps(&rows),
            rows: &rows,
            repairs,
        };
        if subject == Subject::Security && !history.adjusted_close {
            work.read_change_column();
            let mut own: Vec<&ListedAction> = actions.iter().filter(|a| a.symbol == history.symbol).collect();
            own.sort_by_key(|action| (action.book_closure, action.line));
            work.apply(&own);
        }
        work.finish(subject)
    }

    /// The last `window` returns that a per-bar estimator may use (C1).
    #[must_use]
    pub fn sample(&self, window: usize) -> Vec<f64> {
        let from = self.returns.len().saturating_sub(window);
        let bars: Vec<BarReturn> = self.returns[from..]
            .iter()
            .zip(0..)
            .map(|(r, index)| BarReturn { index, value: r.value, gap_bars: 0, no_trade: r.no_trade })
            .collect();
        per_bar(&bars)
    }
}

struct Work<'a> {
    board: Board,
    rows: &'a [SessionRow],
    steps: Vec<Step>,
    /// What the close before each row is multiplied by.
    factors: Vec<Option<Adjustment>>,
    in_doubt: Vec<bool>,
    repairs: Vec<Repair>,
}

impl Work<'_> {
    fn repair(&mut self, at: usize, kind: RepairKind, what: String) {
        self.repairs.push(Repair::new(self.rows[at].row.line, kind, what));
    }

    fn band(&self, at: usize) -> Option<f64> {
        band(self.board, self.rows[at].row.date, self.rows[at].row.close)
    }

    /// The simple return into a row if the close before is multiplied by `factor`.
    fn simple(&self, at: usize, factor: f64) -> f64 {
        self.rows[at].row.close / (self.rows[at - 1].row.close * factor) - 1.0
    }

    fn is_beyond_band(&self, at: usize, factor: f64) -> bool {
        self.band(at).is_some_and(|band| self.simple(at, factor).abs() > band)
    }

    /// Takes what the change column explains.
    fn read_change_column(&mut self) {
        let mut at = 1;
        while at < self.rows.len() {
            match self.steps[at] {
                Step::Silent | Step::Agrees => {}
                Step::Contradictory => {
                    let what = "the changes stated for the date contradict each other".to_owned();
                    self.repair(at, RepairKind::ChangeDisagrees, what);
                }
                Step::Ratio { ratio, .. } => {
                    if let Some(Step::Ratio { ratio: next, .. }) = self.steps.get(at + 1)
                        && (ratio - 1.0).abs() >= SMALLEST_ACTION
                        && (ratio * next - 1.0).abs() < SAME
                    {
                        let what = format!(
                            "close {}: the change of the day implies a close before it {:+.2} % off the one printed, \
                             the change of the next day one {:+.2} % off",
                            self.rows[at].row.close,
                            100.0 * (ratio - 1.0),
                            100.0 * (next - 1.0),
                        );
                        self.repair(at, RepairKind::CloseInDoubt, what);
                        (self.in_doubt[at], self.in_doubt[at + 1]) = (true, true);
                        at += 2;
                        continue;
                    }
                    self.judge_step(at, ratio);
                }
            }
            at += 1;
        }
    }

    fn judge_step(&mut self, at: usize, ratio: f64) {
        let before = self.rows[at - 1].row.close;
        let words = format!(
            "the change column implies {:.2} as the close before, printed is {before}",
            before * ratio
        );
        let missing = i32::try_from(self.rows[at].missing).unwrap_or(i32::MAX);
        if missing > 0 {
            let reach = self.band(at).unwrap_or(1.0);
            if ratio >= (1.0 - reach).powi(missing) && ratio <= (1.0 + reach).powi(missing) {
                return self.repair(at, RepairKind::StepAcrossGap, words);
            }
        }
        if ratio <= 1.0 - SMALLEST_ACTION && !self.is_beyond_band(at, ratio) {
            self.factors[at] = Some(Adjustment {
                line: self.rows[at].row.line,
                date: self.rows[at].row.date,
                factor: ratio,
                source: AdjustmentSource::ChangeColumn,
                confirmed: false,
            });
        } else {
            self.repair(at, RepairKind::ChangeDisagrees, words);
        }
    }

    /// Takes what a list of actions explains. Actions with one book closure act together.
    fn apply(&mut self, actions: &[&ListedAction]) {
        // Until its first adjustment the column may state raw changes: then agreeing means nothing.
        let adjusts_from = self.factors.iter().position(Option::is_some);
        for together in actions.chunk_by(|a, b| a.book_closure == b.book_closure) {
            let target = self.rows.partition_point(|row| row.row.date < together[0].book_closure);
            if target == 0 || target >= self.rows.len() {
                continue;
            }
            self.apply_at(together, target, adjusts_from);
        }
    }

    fn apply_at(&mut self, together: &[&ListedAction], target: usize, adjusts_from: Option<usize>) {
        // The step was seen within one session of book closure.
        let near = (target - 1).max(1)..(target + 2).min(self.rows.len());
        let seen = near.clone().find(|at| self.factors[*at].is_some());
        let at = seen
            .or_else(|| near.clone().find(|at| self.rows[*at].missing == 0 && self.is_beyond_band(*at, 1.0)))
            .unwrap_or(target);
        let refuse = |why: String| Repair::new(together[0].line, RepairKind::ActionNotApplied, why);
        let closure = together[0].book_closure;
        let factor = match factor_of(together, self.rows[at - 1].row.close) {
            Ok(factor) => factor,
            Err(why) => return self.repairs.push(refuse(format!("book closure {closure}: {why}"))),
        };
        if let Some(adjustment) = &mut self.factors[at] {
            if (factor / adjustment.factor - 1.0).abs() < SAME {
                (adjustment.factor, adjustment.source) = (factor, AdjustmentSource::Actions);
                adjustment.confirmed = true;
            } else {
                let column = adjustment.factor;
                self.repairs.push(refuse(format!(
                    "book closure {closure}: factor {factor:.4} announced, {column:.4} seen in the change column, which stays"
                )));
            }
            return;
        }
        let raw_is_legal = !self.is_beyond_band(at, 1.0);
        let column_speaks = adjusts_from.is_some_and(|from| at >= from) && self.steps[at] == Step::Agrees;
        if raw_is_legal && column_speaks {
            let why = format!(
                "book closure {closure}: factor {factor:.4} announced, the change column shows no step"
            );
            self.repairs.push(refuse(why));
        } else if raw_is_legal && self.is_beyond_band(at, factor) {
            let why =
                format!("book closure {closure}: factor {factor:.4} announced, the prices show no step");
            self.repairs.push(refuse(why));
        } else {
            self.factors[at] = Some(Adjustment {
                line: self.rows[at].row.line,
                date: self.rows[at].row.date,
                factor,
                source: AdjustmentSource::Actions,
                confirmed: false,
            });
        }
    }

    fn finish(mut self, subject: Subject) -> Series {
        let rows = self.rows;
        let traded = |row: &SessionRow| row.row.volume.is_some_and(|v| v > 0.0);
        // A column of zeros is not a security that never traded but a publisher who does not say.
        let has_volume = subject == Subject::Security && rows.iter().any(traded);
        let mut returns = Vec::with_capacity(rows.len());
        for at in 1..rows.len() {
            let factor = self.factors[at].as_ref().map_or(1.0, |a| a.factor);
            let row = &rows[at];
            if row.missing > 0 || self.in_doubt[at] {
                continue;
            }
            let no_trade = has_volume && row.row.volume == Some(0.0);
            if !no_trade && self.is_beyond_band(at, factor) {
                let what = format!(
                    "{}: {:+.2} % against the close before, beyond the band of the day; no action explains it",
                    row.row.date,
                    100.0 * self.simple(at, factor)
                );
                self.repair(at, RepairKind::BeyondBand, what);
                continue;
            }
            let log = row.row.close.ln() - rows[at - 1].row.close.ln() - factor.ln();
            returns.push(DatedReturn {
                date: row.row.date,
                value: if no_trade { 0.0 } else { log },
                no_trade,
            });
        }
        self.repairs.sort_by_key(|r| (r.line, r.kind));
        let all = |value: fn(&SessionRow) -> Option<f64>| {
            has_volume.then(|| rows.iter().map(|row| value(row).unwrap_or(0.0)).collect::<Vec<f64>>())
        };
        Series {
            span: rows.first().zip(rows.last()).map(|(a, b)| (a.row.date, b.row.date)),
            sessions: rows.len(),
            returns,
            volumes: all(|row| row.row.volume),
            turnovers: all(|row| row.row.turnover).filter(|t| t.iter().any(|v| *v > 0.0)),
            outside_range: rows.iter().filter(|row| row.row.outside_range).count(),
            adjustments: self.factors.into_iter().flatten().collect(),
            repairs: self.repairs,
        }
    }
}

/// The price factor of actions that share a book closure, on the last close with the right.
fn factor_of(together: &[&ListedAction], close: f64) -> Result<f64, String> {
    let mut factor = 1.0;
    for action in together {
        let units = (close * factor * 100.0).round();
        if !(1.0..1e15).contains(&units) {
            return Err(format!("no factor at a close of {close}"));
        }
        let factors = action.action.factors(Price::from_units(units as i64)).map_err(|e| e.to_string())?;
        factor *= factors.price.num() as f64 / factors.price.den() as f64;
    }
    if factor > 0.0 { Ok(factor) } else { Err(format!("a factor of {factor}")) }
}

#[cfg(test)]
mod tests;
