//! How the symbols move together: shrunk, checked, in normal times and in stress (C18, K8).

use std::collections::{BTreeMap, BTreeSet};

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::series::Series;
use crate::market::{SessionDate, Symbol};
use crate::model::ModelError;
use crate::model::covariance::psd::{PSD_TOLERANCE, Repair, repair_correlation, smallest_eigenvalue};
use crate::model::covariance::regime_blend::RegimeCovariances;
use crate::model::covariance::shrinkage::towards_constant_correlation;
use crate::model::covariance::{correlation, mean_off_diagonal};
use crate::model::regime::FilteredProbability;
use crate::model::returns::simple;

/// Newest sessions looked at.
const WINDOW: usize = 500;
/// A symbol needs returns on this share of them.
const COVERAGE: f64 = 0.95;
/// Sessions on which every symbol has a return, at least.
const ROWS_MIN: usize = 60;

/// A symbol that is not in the covariance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The symbol.
    pub symbol: Symbol,
    /// Why.
    pub reason: String,
}

/// Covariance of simple returns per session, decimal squared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CovarianceModel {
    /// The order of rows and columns.
    pub symbols: Vec<Symbol>,
    /// Symbols without enough returns.
    pub left_out: Vec<LeftOut>,
    /// First session used.
    pub from: SessionDate,
    /// Last session used.
    pub to: SessionDate,
    /// Sessions on which all symbols have a return.
    pub rows: usize,
    /// Weight of the constant-correlation target, 0 to 1 (Ledoit and Wolf).
    pub shrinkage: f64,
    /// Smallest eigenvalue of the correlation matrix; -1e-10 or more.
    pub smallest_eigenvalue: f64,
    /// Whether it had to be made positive semi-definite.
    pub repaired: bool,
    /// Mean correlation of two symbols; `None` for one.
    pub mean_correlation: Option<f64>,
    /// The same weighted by the probability of normal times; `None` without a regime of the market.
    pub normal_correlation: Option<f64>,
    /// The same weighted by the probability of stress.
    pub stress_correlation: Option<f64>,
    /// The matrix, row by row.
    pub matrix: Vec<Vec<f64>>,
}

impl CovarianceModel {
    /// Estimates on the newest 500 sessions. `stress` is the market's filtered probability by
    /// session; empty if it has no regime.
    ///
    /// # Errors
    /// [`ModelError::TooShort`] with fewer than 60 common sessions, [`ModelError::EmptyInput`]
    /// without a symbol that covers the window; those of the estimators.
    pub fn estimate(
        symbols: &[(Symbol, &Series)],
        stress: &BTreeMap<SessionDate, FilteredProbability>,
    ) -> Result<Self, ModelError> {
        let dates: BTreeSet<SessionDate> =
            symbols.iter().flat_map(|(_, s)| s.returns.iter().map(|r| r.date)).collect();
        let dates: BTreeSet<SessionDate> = dates.into_iter().rev().take(WINDOW).collect();
        let needed = (COVERAGE * dates.len() as f64).ceil() as usize;
        let mut left_out = Vec::new();
        let mut columns: Vec<(Symbol, BTreeMap<SessionDate, f64>)> = Vec::new();
        for (symbol, series) in symbols {
            let returns: BTreeMap<SessionDate, f64> = series
                .returns
                .iter()
                .filter(|r| dates.contains(&r.date))
                .map(|r| Ok((r.date, simple(r.value)?)))
                .collect::<Result<_, ModelError>>()?;
            let why = if returns.len() < needed || dates.is_empty() {
                Some(format!("{} of {} returns, needs {needed}", returns.len(), dates.len()))
            } else if returns.values().all(|r| *r == 0.0) {
                Some("the returns do not vary".to_owned())
            } else {
                None
            };
            match why {
                Some(reason) => left_out.push(LeftOut { symbol: symbol.clone(), reason }),
                None => columns.push((symbol.clone(), returns)),
            }
        }
        if columns.is_empty() {
            return Err(ModelError::EmptyInput);
        }
        let common: Vec<SessionDate> =
            dates.iter().copied().filter(|d| columns.iter().all(|(_, r)| r.contains_key(d))).collect();
        let (Some(from), Some(to), true) = (common.first(), common.last(), common.len() >= ROWS_MIN) else {
            return Err(ModelError::TooShort { need: ROWS_MIN, got: common.len() });
        };
        let returns = DMatrix::from_fn(common.len(), columns.len(), |t, i| columns[i].1[&common[t]]);
        let shrunk = towards_constant_correlation(&returns, None)?;
        let (matrix, smallest, repaired) = semi_definite(shrunk.covariance)?;
        let p: Option<Vec<FilteredProbability>> = common.iter().map(|d| stress.get(d).copied()).collect();
        let by_regime = p.and_then(|p| RegimeCovariances::estimate(&returns, &p).ok());
        let mean = |c: &DMatrix<f64>| correlation(c).ok().and_then(|c| mean_off_diagonal(&c));
        Ok(Self {
            symbols: columns.into_iter().map(|(symbol, _)| symbol).collect(),
            left_out,
            from: *from,
            to: *to,
            rows: common.len(),
            shrinkage: shrunk.intensity,
            smallest_eigenvalue: smallest,
            repaired,
            mean_correlation: mean(&matrix),
            normal_correlation: by_regime.as_ref().and_then(|r| mean(&r.normal.covariance)),
            stress_correlation: by_regime.as_ref().and_then(|r| mean(&r.stress.covariance)),
            matrix: matrix.row_iter().map(|row| row.iter().copied().collect()).collect(),
        })
    }

    /// The matrix as the portfolio functions take it.
    #[must_use]
    pub fn to_matrix(&self) -> DMatrix<f64> {
        let n = self.matrix.len();
        DMatrix::from_fn(n, n, |i, j| self.matrix[i].get(j).copied().unwrap_or(0.0))
    }
}

/// A covariance whose correlations are positive semi-definite, their smallest eigenvalue, and
/// whether they had to be repaired.
fn semi_definite(covariance: DMatrix<f64>) -> Result<(DMatrix<f64>, f64, bool), ModelError> {
    let correlations = correlation(&covariance)?;
    let smallest = smallest_eigenvalue(&correlations)?;
    if smallest >= PSD_TOLERANCE {
        return Ok((covariance, smallest, false));
    }
    let repaired = repair_correlation(&correlations)?;
    let vol: Vec<f64> = covariance.diagonal().iter().map(|v| v.sqrt()).collect();
    let back = repaired.matrix.map_with_location(|i, j, c| c * vol[i] * vol[j]);
    Ok((back, smallest_eigenvalue(&repaired.matrix)?, repaired.repair != Repair::None))
}
