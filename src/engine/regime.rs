//! The market regime of the session: bars of the market fed to the intraday detector (C5).
//!
//! One market-level detector decides, on an index feed where there is one, else on the
//! equal-weight return of the symbols that trade enough. Without an index, no bar is evidence until
//! a symbol has 24 bars of the day, and the screen says so.

use serde::{Deserialize, Serialize};

use crate::model::regime::intraday::{MARKET_MIN_BARS, SymbolBar, equal_weight_return};
use crate::model::regime::{
    BarKind, BarReturn, FilteredProbability, IntradayRegime, IntradayRegimeParams, Regime, RegimeChange,
    Start,
};
use crate::model::{ModelError, Provenance};

/// What the detector is fed with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegimeInput {
    /// Nothing yet.
    None,
    /// An index feed.
    Index,
    /// The equal-weight return of this many symbols.
    EqualWeight {
        /// How many had enough bars at the last bar.
        symbols: usize,
    },
}

/// The detector, what feeds it, and the changes of the day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MarketRegime {
    /// The detector.
    pub detector: IntradayRegime,
    /// What it is fed with.
    pub input: RegimeInput,
    /// Every change of the label, oldest first.
    pub changes: Vec<RegimeChange>,
}

impl MarketRegime {
    /// A day before any daily model exists: probability 0.2, label NORMAL, marked as a fallback.
    pub(super) fn without_daily_model(params: IntradayRegimeParams) -> Result<Self, ModelError> {
        let start = Start {
            p_stress: FilteredProbability::new(0.2)?,
            label: Regime::Normal,
            provenance: Provenance::fallback("start at 0.2", "no daily regime model"),
        };
        Ok(Self {
            detector: IntradayRegime::new(params, start)?,
            input: RegimeInput::None,
            changes: Vec::new(),
        })
    }

    /// Takes the finished bar `index` of the market in. `from_index` is the index's own log return, if a
    /// feed carries it; `symbols` those of the instruments.
    pub(super) fn on_bar(
        &mut self,
        index: u32,
        from_index: Option<f64>,
        symbols: &[SymbolBar],
        after_halt: bool,
    ) -> Option<RegimeChange> {
        let (return_, kind) = match from_index {
            Some(r) => {
                self.input = RegimeInput::Index;
                (r, BarKind::Traded)
            }
            None => match equal_weight_return(symbols, MARKET_MIN_BARS) {
                Some(market) => {
                    self.input = RegimeInput::EqualWeight { symbols: market.symbols };
                    (market.return_, market.kind)
                }
                None => return None,
            },
        };
        let kind = if after_halt { BarKind::AfterHalt } else { kind };
        let change = self.detector.on_bar(BarReturn { index, return_, diurnal: 1.0, kind });
        self.changes.extend(change);
        change
    }
}
