//! Everything that one history gives.

use serde::{Deserialize, Serialize};

use super::finding::{Adjustment, Repair};
use super::regime::RegimeModel;
use super::sample::Sample;
use super::series::{Series, Subject};
use super::verdict::Verdict;
use super::volatility::VolatilityModel;
use crate::feed::day::OriginFile;
use crate::feed::import::{History, ListedAction};
use crate::market::{Board, Symbol};
use crate::model::ModelError;

/// How estimation was asked for.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitOptions {
    /// Whose calendar and daily band apply.
    pub market: Board,
    /// Returns used, at most; the newest.
    pub window: usize,
    /// Seed of random starts and simulated paths.
    pub seed: u64,
}

impl Default for FitOptions {
    /// NEPSE, 2,500 returns (about eleven years), seed 0.
    fn default() -> Self {
        Self { market: Board::Nepse, window: 2_500, seed: 0 }
    }
}

/// The two models of one series and the sample behind them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesModel {
    /// The returns used.
    pub sample: Sample,
    /// The daily regime.
    pub regime: RegimeModel,
    /// The volatility.
    pub volatility: VolatilityModel,
}

impl SeriesModel {
    /// Estimates on a cleaned series.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`] for a history without a row, [`ModelError::NonFinite`]. Too few
    /// returns, or none that vary, are refusals inside.
    pub fn estimate(series: &Series, options: &FitOptions) -> Result<Self, ModelError> {
        let returns = series.sample(options.window);
        Ok(Self {
            sample: Sample::describe(series, &returns, options.window).ok_or(ModelError::EmptyInput)?,
            regime: RegimeModel::estimate(&returns, options.seed)?,
            volatility: VolatilityModel::estimate(&returns, options.seed),
        })
    }

    /// Whether regime and volatility are both fitted and valid.
    #[must_use]
    pub const fn is_validated(&self) -> bool {
        self.regime.fit.model().is_some() && self.volatility.fit.model().is_some()
    }

    /// Whether at least one of the two is.
    #[must_use]
    pub const fn has_any_fit(&self) -> bool {
        self.regime.fit.model().is_some() || self.volatility.fit.model().is_some()
    }

    /// Why not, each model with its name.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let named = |name: &str, reason: Option<&str>| reason.map(|r| format!("{name}: {r}"));
        let parts =
            [named("regime", self.regime.fit.reason()), named("volatility", self.volatility.fit.reason())];
        parts.into_iter().flatten().collect()
    }
}

/// One symbol of a model file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolModel {
    /// The ticker.
    pub symbol: Symbol,
    /// Its history's file, hash of the bytes as stored.
    pub input: OriginFile,
    /// Sessions on which other symbols have a row after this one's last: how old its models are.
    pub sessions_behind: u32,
    /// Corporate actions taken out, in order of date.
    pub adjustments: Vec<Adjustment>,
    /// Every other repair, in order of line.
    pub repairs: Vec<Repair>,
    /// The models.
    pub models: Verdict<SeriesModel>,
}

impl SymbolModel {
    /// Cleans a history and estimates on it; gives the cleaned series too, for what needs several.
    /// How far behind others it is, only [`super::assemble()`] can say.
    #[must_use]
    pub fn estimate(history: &History, actions: &[ListedAction], options: &FitOptions) -> (Self, Series) {
        let series = Series::clean(history, actions, Subject::Security, options.market);
        let models = if history.rows.is_empty() {
            Verdict::refused(format!("no usable row, {} refused", history.refused.len()))
        } else {
            SeriesModel::estimate(&series, options).into()
        };
        let model = Self {
            symbol: history.symbol.clone(),
            input: history.origin.clone(),
            sessions_behind: 0,
            adjustments: series.adjustments.clone(),
            repairs: series.repairs.clone(),
            models,
        };
        (model, series)
    }

    /// Why there is not every model; empty if all are validated.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        match &self.models {
            Verdict::Validated { model } => model.reasons(),
            Verdict::Refused { reason } => vec![reason.clone()],
        }
    }
}
