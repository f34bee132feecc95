//! The returns a model was estimated on, described.

use serde::{Deserialize, Serialize};

use super::finding::RepairKind;
use super::series::Series;
use crate::market::SessionDate;
use crate::model::descriptive::{mean, variance};
use crate::model::hypothesis::{jarque_bera, ljung_box};

/// Sessions over which volume and silence are averaged (C0, C10).
const LIQUIDITY_WINDOW: usize = 20;

/// The sample of one series. Returns are log returns, decimal, per session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// First date of the history.
    pub history_from: SessionDate,
    /// Last date of the history.
    pub history_to: SessionDate,
    /// Sessions with a row.
    pub sessions: usize,
    /// Date of the first return used; `None` without returns.
    pub used_from: Option<SessionDate>,
    /// Date of the last return used.
    pub used_to: Option<SessionDate>,
    /// Returns used.
    pub returns: usize,
    /// Gaps in the whole history, each in the list of repairs.
    pub gaps: usize,
    /// Returns left out of the whole history for another reason than a gap.
    pub left_out: usize,
    /// Rows of the whole history whose high is below or low above the close; the close stays.
    pub outside_range: usize,
    /// Used returns of sessions without trade.
    pub without_trade: usize,
    /// Mean; `None` without returns.
    pub mean: Option<f64>,
    /// Standard deviation; `None` below two returns.
    pub deviation: Option<f64>,
    /// Skewness; `None` where the returns do not vary.
    pub skew: Option<f64>,
    /// Kurtosis, 3 for a normal; `None` where the returns do not vary.
    pub kurtosis: Option<f64>,
    /// p-value of the Jarque-Bera test of normality.
    pub normality_p: Option<f64>,
    /// p-value of the Ljung-Box test over 10 lags that returns are uncorrelated.
    pub uncorrelated_p: Option<f64>,
    /// Mean volume of the last 20 sessions, shares; `None` if not known.
    pub adv_shares: Option<f64>,
    /// Mean value traded of the last 20 sessions, in the currency of the file; `None` if not known.
    pub adv_value: Option<f64>,
}

impl Sample {
    /// Describes the last `window` returns of a series; `None` for a history without a row.
    #[must_use]
    pub fn describe(series: &Series, returns: &[f64], window: usize) -> Option<Self> {
        let (history_from, history_to) = series.span?;
        let used = &series.returns[series.returns.len().saturating_sub(window)..];
        let moments = jarque_bera(returns).ok();
        let count = |kind: RepairKind| series.repairs.iter().filter(|r| r.kind == kind).count();
        let recent = |values: &Option<Vec<f64>>| {
            let values = values.as_ref()?;
            (values.len() >= LIQUIDITY_WINDOW).then(|| mean(&values[values.len() - LIQUIDITY_WINDOW..]))
        };
        let gaps = count(RepairKind::Gap);
        Some(Self {
            history_from,
            history_to,
            sessions: series.sessions,
            used_from: used.first().map(|r| r.date),
            used_to: used.last().map(|r| r.date),
            returns: returns.len(),
            gaps,
            left_out: (series.sessions - 1).saturating_sub(series.returns.len() + gaps),
            outside_range: series.outside_range,
            without_trade: used.iter().filter(|r| r.no_trade).count(),
            mean: (!returns.is_empty()).then(|| mean(returns)),
            deviation: (returns.len() > 1).then(|| variance(returns, 1).sqrt()),
            skew: moments.map(|m| m.skew),
            kurtosis: moments.map(|m| m.kurtosis),
            normality_p: moments.map(|m| m.p_value),
            uncorrelated_p: ljung_box(returns, &[10], 0).ok().and_then(|tests| tests.first()?.p_value),
            adv_shares: recent(&series.volumes),
            adv_value: recent(&series.turnovers),
        })
    }
}
