//! The market as a whole: the index, or the mean of the symbols (C5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::series::{DatedReturn, Series};
use super::symbol::{FitOptions, SeriesModel};
use super::verdict::Verdict;
use crate::feed::day::OriginFile;
use crate::market::SessionDate;
use crate::model::ModelError;
use crate::model::hmm::{ThreeStates, fit_three_states};
use crate::model::regime::FilteredProbability;
use crate::model::regime::markov::Filter;
use crate::model::returns::simple;

/// Symbols with a return on a day, for that day to have a mean.
const SYMBOLS_MIN: usize = 5;
/// A stretch of stress begins and ends here.
const EPISODE_P: f64 = 0.5;

/// What stands for the market.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MarketSource {
    /// An index file.
    Index {
        /// The file.
        input: OriginFile,
    },
    /// The equal-weight mean return of the symbols, on days with five or more of them.
    EqualWeight {
        /// Why not the index that was given.
        instead_of_index: Option<String>,
    },
}

/// A stretch of sessions in which stress was more likely than not, as it was known on each day.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Episode {
    /// First session.
    pub from: SessionDate,
    /// Last session.
    pub to: SessionDate,
    /// Sessions.
    pub sessions: usize,
    /// Highest filtered probability of stress.
    pub highest: f64,
    /// Sum of the log returns.
    pub log_return: f64,
}

/// Models of the market.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketModel {
    /// What stands for it.
    pub source: MarketSource,
    /// Regime and volatility.
    pub models: SeriesModel,
    /// Three states of volatility, for display only (C8).
    pub states: Verdict<ThreeStates>,
    /// Past stretches of stress by the filter with these parameters, oldest first. The parameters
    /// have seen the whole sample: for reports, not for decisions.
    pub episodes: Vec<Episode>,
}

impl MarketModel {
    /// Estimates on an index or on the mean of symbols.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`] without a return, [`ModelError::NonFinite`].
    pub fn estimate(source: MarketSource, series: &Series, options: &FitOptions) -> Result<Self, ModelError> {
        let models = SeriesModel::estimate(series, options)?;
        let states = fit_three_states(&series.sample(options.window), options.seed).into();
        let episodes = episodes(&filtered(series, &models, options.window));
        Ok(Self { source, models, states, episodes })
    }

    /// The filtered probability of stress of each session used, as it was known at its close; empty
    /// without a valid fit.
    #[must_use]
    pub fn stress(&self, series: &Series, window: usize) -> BTreeMap<SessionDate, FilteredProbability> {
        filtered(series, &self.models, window).into_iter().map(|(r, p)| (r.date, p)).collect()
    }
}

/// The mean of several symbols' simple returns, as a series of its own; the log of one plus it.
#[must_use]
pub fn equal_weight(symbols: &[&Series]) -> Series {
    let mut days: BTreeMap<SessionDate, (f64, usize)> = BTreeMap::new();
    for r in symbols.iter().flat_map(|series| &series.returns) {
        // Every price is whole paisa, so a ratio of two is far below what has no simple return.
        let Ok(value) = simple(r.value) else { continue };
        let (sum, count) = days.entry(r.date).or_default();
        *sum += value;
        *count += 1;
    }
    let returns: Vec<DatedReturn> = days
        .into_iter()
        .filter(|(_, (_, count))| *count >= SYMBOLS_MIN)
        .map(|(date, (sum, count))| DatedReturn {
            date,
            value: (sum / count as f64).ln_1p(),
            no_trade: false,
        })
        .collect();
    let span = returns.first().zip(returns.last()).map(|(a, b)| (a.date, b.date));
    Series { span, sessions: returns.len(), returns, ..Series::default() }
}

fn filtered(series: &Series, models: &SeriesModel, window: usize) -> Vec<(DatedReturn, FilteredProbability)> {
    let Some(Ok(mut filter)) = models.regime.fit.model().map(|fit| Filter::new(fit.params)) else {
        return Vec::new();
    };
    let used = &series.returns[series.returns.len().saturating_sub(window)..];
    let known = |r: &DatedReturn| {
        filter.on_value(r.value);
        (*r, filter.p_stress())
    };
    used.iter().map(known).collect()
}

fn episodes(path: &[(DatedReturn, FilteredProbability)]) -> Vec<Episode> {
    path.chunk_by(|a, b| (a.1.get() > EPISODE_P) == (b.1.get() > EPISODE_P))
        .filter(|stretch| stretch[0].1.get() > EPISODE_P)
        .map(|stretch| Episode {
            from: stretch[0].0.date,
            to: stretch[stretch.len() - 1].0.date,
            sessions: stretch.len(),
            highest: stretch.iter().map(|(_, p)| p.get()).fold(0.0, f64::max),
            log_return: stretch.iter().map(|(r, _)| r.value).sum(),
        })
        .collect()
}
