//! From single symbols to a whole model file.

use super::covariance::CovarianceModel;
use super::market_model::{MarketModel, MarketSource, equal_weight};
use super::model_file::{ModelFile, data_hash, sessions_per_year};
use super::series::{Series, Subject};
use super::symbol::{FitOptions, SymbolModel};
use super::trading::TradingModel;
use super::verdict::Verdict;
use crate::feed::day::OriginFile;
use crate::feed::import::History;

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
    let (source, series) = match index {
        Some(history) => (
            MarketSource::Index { input: history.origin.clone() },
            Series::clean(history, &[], Subject::Index, options.market),
        ),
        None => {
            let all: Vec<&Series> = symbols.iter().map(|(_, series)| series).collect();
            (MarketSource::EqualWeight, equal_weight(&all))
        }
    };
    let market: Verdict<MarketModel> = if series.returns.is_empty() {
        Verdict::refused("no day on which five symbols have a return, and no index given")
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
