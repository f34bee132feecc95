//! The model file: what was estimated, from which data, and how to tell that it is unchanged.
//!
//! JSON with four members: `format`, `schema`, `content_sha256` and `model`. The hash is over the
//! compact text of `model` with keys in order, so that white space and the order of keys do not
//! matter and everything else does. The same inputs give the same bytes: no clock, no machine, no
//! number of threads is in it. `docs/model-file.md` describes every member.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::covariance::CovarianceModel;
use super::error::ModelFileError;
use super::market_model::MarketModel;
use super::symbol::{FitOptions, SeriesModel, SymbolModel};
use super::trading::TradingModel;
use super::verdict::Verdict;
use crate::feed::day::{OriginFile, hex};
use crate::market::{Calendar, SessionDate, Symbol};
use crate::model::covariance::psd::{PSD_TOLERANCE, smallest_eigenvalue};
use crate::model::regime::daily::KeptFit;
use crate::model::units::SessionsPerYear;
use crate::model::{ModelError, Provenance, Sourced};

/// The word in `format`.
pub const FORMAT: &str = "himal-model";
/// The schema written, and the only one read.
pub const SCHEMA: u64 = 1;

/// The content of a model file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// The newest date in the data: the models know nothing later.
    pub as_of: SessionDate,
    /// SHA-256 over the names and hashes of all inputs, hex.
    pub data_sha256: String,
    /// The list of corporate actions, if one was given.
    pub actions: Option<OriginFile>,
    /// How estimation was asked for.
    pub options: FitOptions,
    /// `D`: sessions in a year, to annualise with (C0).
    pub sessions_per_year: Sourced<SessionsPerYear>,
    /// The market as a whole.
    pub market: Verdict<MarketModel>,
    /// The symbols, by name.
    pub symbols: Vec<SymbolModel>,
    /// How they move together.
    pub covariance: Verdict<CovarianceModel>,
    /// What daily bars cannot tell.
    pub trading: TradingModel,
}

#[derive(Serialize)]
struct Envelope<'a> {
    format: &'a str,
    schema: u64,
    content_sha256: String,
    model: &'a Value,
}

impl ModelFile {
    /// The text of the file.
    ///
    /// # Errors
    /// [`ModelFileError::WrongContent`] if the text would not read back as the same models (a number
    /// that is none); [`ModelFileError::BadParameter`].
    pub fn to_json(&self) -> Result<String, ModelFileError> {
        let wrong = |e: serde_json::Error| ModelFileError::WrongContent(e.to_string());
        let model = serde_json::to_value(self).map_err(wrong)?;
        let envelope =
            Envelope { format: FORMAT, schema: SCHEMA, content_sha256: content_hash(&model), model: &model };
        let mut text = serde_json::to_string_pretty(&envelope).map_err(wrong)?;
        text.push('\n');
        // JSON has no NaN and writes null: a file is what reads back, or it is none.
        if Self::from_json(&text)? == *self {
            Ok(text)
        } else {
            Err(ModelFileError::WrongContent("a number is not finite".to_owned()))
        }
    }

    /// Reads the text of a file, and refuses one that is not as it was written.
    ///
    /// # Errors
    /// [`ModelFileError`]: which of the promises it breaks, with what was expected and found.
    pub fn from_json(text: &str) -> Result<Self, ModelFileError> {
        let file: Value = serde_json::from_str(text).map_err(|e| ModelFileError::NotJson(e.to_string()))?;
        let found = |name: &str| file.get(name).map_or_else(|| "missing".to_owned(), Value::to_string);
        if file.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(ModelFileError::WrongFormat { expected: FORMAT, found: found("format") });
        }
        if file.get("schema").and_then(Value::as_u64) != Some(SCHEMA) {
            return Err(ModelFileError::WrongSchema { expected: SCHEMA, found: found("schema") });
        }
        let model = file.get("model").ok_or_else(|| ModelFileError::WrongContent("no model".to_owned()))?;
        let expected = file.get("content_sha256").and_then(Value::as_str).unwrap_or("missing").to_owned();
        let hash = content_hash(model);
        if expected != hash {
            return Err(ModelFileError::WrongHash { expected, found: hash });
        }
        let model: Self =
            Self::deserialize(model).map_err(|e| ModelFileError::WrongContent(e.to_string()))?;
        model.check()?;
        Ok(model)
    }

    /// The models of a symbol, if there are any.
    #[must_use]
    pub fn symbol(&self, symbol: &Symbol) -> Option<&SeriesModel> {
        self.entry(symbol)?.models.model()
    }

    /// The regime parameters of a symbol with their age, as the daily belief takes them (C4): too old
    /// ones lead down its chain by themselves.
    #[must_use]
    pub fn kept_fit(&self, symbol: &Symbol) -> Option<KeptFit> {
        let fit = self.symbol(symbol)?.regime.fit.model()?.clone();
        let age_sessions = self.entry(symbol)?.sessions_behind;
        Some(KeptFit { fit, age_sessions, refit_failure: None })
    }

    fn entry(&self, symbol: &Symbol) -> Option<&SymbolModel> {
        let at = self.symbols.binary_search_by(|model| model.symbol.cmp(symbol)).ok()?;
        self.symbols.get(at)
    }

    /// Symbols whose regime and volatility are both fitted and valid.
    #[must_use]
    pub fn validated(&self) -> usize {
        self.symbols.iter().filter(|s| s.reasons().is_empty()).count()
    }

    /// Refuses parameters that a hash cannot judge.
    fn check(&self) -> Result<(), ModelFileError> {
        let at = |place: &str| {
            let place = place.to_owned();
            move |source: ModelError| ModelFileError::BadParameter { place, source }
        };
        let year = self.sessions_per_year.value.value();
        SessionsPerYear::new(year).map_err(at("sessions per year"))?;
        self.trading.check().map_err(at("trading"))?;
        if !self.symbols.is_sorted_by(|a, b| a.symbol < b.symbol) {
            return Err(ModelFileError::WrongContent("the symbols are not in order, one each".to_owned()));
        }
        let market = self.market.model().map(|market| ("the market", &market.models));
        let symbols = self.symbols.iter().filter_map(|s| Some((s.symbol.as_str(), s.models.model()?)));
        for (place, models) in market.into_iter().chain(symbols) {
            check_models(models).map_err(at(place))?;
        }
        if let Some(covariance) = self.covariance.model() {
            check_covariance(covariance).map_err(at("covariance"))?;
        }
        Ok(())
    }
}

fn check_models(models: &SeriesModel) -> Result<(), ModelError> {
    if let Some(fit) = models.regime.fit.model() {
        fit.params.check()?;
    }
    if let Some(fit) = models.volatility.fit.model() {
        fit.model.check()?;
    }
    let variances = models.volatility.forecast.model().map_or(&[][..], |forecast| &forecast.per_step);
    match variances.iter().find(|v| !(v.is_finite() && **v > 0.0)) {
        Some(value) => Err(ModelError::OutOfDomain { name: "variance", value: *value, domain: "above 0" }),
        None => Ok(()),
    }
}

fn check_covariance(model: &CovarianceModel) -> Result<(), ModelError> {
    let n = model.symbols.len();
    if let Some(row) = model.matrix.iter().find(|row| row.len() != n) {
        return Err(ModelError::DimensionMismatch { left: n, right: row.len() });
    }
    if model.matrix.len() != n {
        return Err(ModelError::DimensionMismatch { left: n, right: model.matrix.len() });
    }
    let correlation = crate::model::covariance::correlation(&model.to_matrix())?;
    let value = smallest_eigenvalue(&correlation)?;
    if value >= PSD_TOLERANCE {
        Ok(())
    } else {
        Err(ModelError::OutOfDomain { name: "smallest eigenvalue", value, domain: "0 or more" })
    }
}

/// SHA-256 of the compact text of a JSON value, keys in order.
fn content_hash(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string().as_bytes()))
}

/// SHA-256 over the names and hashes of inputs, in order of the hashes.
pub(super) fn data_hash<'a>(inputs: impl IntoIterator<Item = &'a OriginFile>) -> String {
    let mut lines: Vec<String> = inputs.into_iter().map(|f| format!("{}  {}\n", f.sha256, f.name)).collect();
    lines.sort();
    hex(&Sha256::digest(lines.concat().as_bytes()))
}

/// Sessions in the year that ends with a date, by NEPSE's calendar; the documented fallback where it
/// does not reach or does not apply.
pub(super) fn sessions_per_year(as_of: SessionDate, options: &FitOptions) -> Sourced<SessionsPerYear> {
    let fallback = |reason: String| Sourced {
        value: SessionsPerYear::default(),
        provenance: Provenance::fallback("232 sessions a year", reason),
    };
    if options.market != crate::market::Board::Nepse {
        return fallback("the calendar of this market is not known".to_owned());
    }
    match Calendar::embedded().sessions_in_last_365(as_of) {
        Ok(sessions) => match SessionsPerYear::new(f64::from(sessions)) {
            Ok(value) => Sourced { value, provenance: Provenance::Fitted },
            Err(error) => fallback(error.to_string()),
        },
        Err(error) => fallback(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
