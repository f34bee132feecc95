//! From single symbols to a whole model file.

use std::collections::BTreeSet;

use super::covariance::CovarianceModel;
use super::market_model::{MarketModel, MarketSource, equal_weight};
use super::model_file::{ModelFile, data_hash, sessions_per_year};
use super::series::{Series, Subject};
use super::symbol::{FitOptions, SymbolModel};
use super::trading::TradingModel;
use super::verdict::Verdict;
use crate::feed::day::OriginFile;
use crate::feed::import::History;
use crate::market::SessionDate;
use crate::model::regime::daily::PARAMETERS_AGE_MAX;

/// Puts the symbols' models together and estimates what needs all of them: the market, from `index`
/// if there is one and from the mean of the symbols if not, and the covariance.
///
/// The result does not depend on the order of `symbols`. `None` without a single dated row: there
/// is nothing to put into a file.
#[must_use]
pub fn assemble(
    mut symbols: Vec<(SymbolModel, Series)>,
    index: Option<&History>,
    actions: Option<OriginFile>,
    options: &FitOptions,
) -> Option<ModelFile> {
    symbols.sort_by(|(a, _), (b, _)| a.symbol.cmp(&b.symbol));
    let as_of = symbols.iter().filter_map(|(_, series)| Some(series.span?.1)).max()?;
    let dates: BTreeSet<SessionDate> =
        symbols.iter().flat_map(|(_, series)| series.returns.iter().map(|r| r.date)).collect();
    let sessions_after = |date| u32::try_from(dates.range(date..).skip_while(|d| **d == date).count());
    for (model, series) in &mut symbols {
        model.sessions_behind = series.span.map_or(0, |(_, last)| sessions_after(last).unwrap_or(u32::MAX));
    }
    let index_series = index.map(|history| Series::clean(history, &[], Subject::Index, options.market));
    let behind =
        index_series.as_ref().map(|s| (s.span, s.span.map_or(Ok(0), |(_, last)| sessions_after(last))));
    let why_not = match behind {
        None => None,
        Some((None, _)) => Some("the index has no usable row".to_owned()),
        Some((Some((_, last)), behind)) => match behind {
            Ok(behind) if behind <= PARAMETERS_AGE_MAX => None,
            behind => Some(format!(
                "the index ends on {last}, {} sessions behind; parameters may be {PARAMETERS_AGE_MAX} sessions old",
                behind.unwrap_or(u32::MAX)
            )),
        },
    };
    let (source, series) = match (index, index_series) {
        (Some(history), Some(series)) if why_not.is_none() => {
            (MarketSource::Index { input: history.origin.clone() }, series)
        }
        _ => {
            let all: Vec<&Series> = symbols.iter().map(|(_, series)| series).collect();
            (MarketSource::EqualWeight { instead_of_index: why_not }, equal_weight(&all))
        }
    };
    let market: Verdict<MarketModel> = if series.returns.is_empty() {
        Verdict::refused("no index that can be used, and no day on which five symbols have a return")
    } else {
        MarketModel::estimate(source, &series, options).into()
    };
    let stress = market.model().map(|market| market.stress(&series, options.window)).unwrap_or_default();
    let columns: Vec<_> = symbols.iter().map(|(model, series)| (model.symbol.clone(), series)).collect();
    let covariance = CovarianceModel::estimate(&columns, &stress).into();
    let inputs = symbols.iter().map(|(model, _)| &model.input);
    let data_sha256 = data_hash(inputs.chain(index.map(|h| &h.origin)).chain(&actions));
    Some(ModelFile {
        as_of,
        data_sha256,
        actions,
        options: *options,
        sessions_per_year: sessions_per_year(as_of, options),
        market,
        symbols: symbols.into_iter().map(|(model, _)| model).collect(),
        covariance,
        trading: TradingModel::defaults(),
    })
}
