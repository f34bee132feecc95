//! What daily bars cannot tell: costs, fills, the shape of the day, signal weights. Defaults, and
//! marked so.

use serde::{Deserialize, Serialize};

use crate::execution::cost::ImpactCurve;
use crate::execution::fill_probability::{FillModel, RestingOrder};
use crate::execution::schedule::vwap::VolumeProfile;
use crate::market::Side;
use crate::model::units::{require, require_non_negative, require_unit};
use crate::model::{ModelError, Provenance, Sourced};
use crate::strategy::signal::{PRIOR_MODEL, PRIOR_PROMOTER};
use crate::strategy::slippage::SlippageCurve;

/// Weights of the signals before any of them has shown skill (C13).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalPrior {
    /// Of the statistical model.
    pub model: f64,
    /// Of the promoter signal at full confidence; times its confidence otherwise, and both are then
    /// brought back to a sum of 1 ([`prior_weights`](crate::strategy::signal::prior_weights)).
    pub promoter: f64,
}

/// The trading parameters, each with where it comes from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradingModel {
    /// Impact on price by participation (X1).
    pub impact: Sourced<ImpactCurve>,
    /// Slippage by participation (X17).
    pub slippage: Sourced<SlippageCurve>,
    /// Fill intensity of a resting order (X3).
    pub fill: Sourced<FillModel>,
    /// Share of the day's volume in each five-minute bar (X12).
    pub volume_profile: Sourced<VolumeProfile>,
    /// Signal weights (C13).
    pub signals: Sourced<SignalPrior>,
}

fn default<T>(value: T) -> Sourced<T> {
    Sourced { value, provenance: Provenance::Default }
}

impl TradingModel {
    /// What holds until own fills and matured signals have been calibrated on.
    #[must_use]
    pub fn defaults() -> Self {
        Self {
            impact: default(ImpactCurve::PESSIMISTIC),
            slippage: default(SlippageCurve::default()),
            fill: default(FillModel::default()),
            volume_profile: default(VolumeProfile::by_the_hour()),
            signals: default(SignalPrior { model: PRIOR_MODEL, promoter: PRIOR_PROMOTER }),
        }
    }

    /// Refuses parameters outside their domain.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] with the first one.
    pub fn check(&self) -> Result<(), ModelError> {
        require_non_negative("impact k1", self.impact.value.k1)?;
        require_non_negative("impact k2", self.impact.value.k2)?;
        self.slippage.value.check()?;
        let at_rest = RestingOrder { side: Side::Buy, distance: 0.0, imbalance: None, queue: None };
        self.fill.value.intensity(&at_rest)?;
        let shares = self.volume_profile.value.shares();
        for share in shares {
            require_unit("share of the day's volume", *share)?;
        }
        let sum: f64 = shares.iter().sum();
        require((sum - 1.0).abs() < 1e-9, "sum of the volume profile", sum, "1")?;
        let SignalPrior { model, promoter } = self.signals.value;
        require_unit("signal weight of the model", model)?;
        require_unit("signal weight of the promoter", promoter)?;
        require(model + promoter > 0.0, "sum of the signal weights", model + promoter, "above 0")
    }
}

impl SignalPrior {
    /// The weights at a confidence in the promoter signal, `[model, promoter]`, summing to 1.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless the confidence is in [0, 1].
    pub fn at(&self, promoter_confidence: f64) -> Result<[f64; 2], ModelError> {
        require_unit("promoter confidence", promoter_confidence)?;
        let promoter = self.promoter * promoter_confidence;
        let total = self.model + promoter;
        require(total > 0.0, "sum of the signal weights", total, "above 0")?;
        Ok([self.model / total, promoter / total])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::signal::prior_weights;

    #[test]
    fn defaults_are_marked_and_inside_their_domain() {
        let trading = TradingModel::defaults();
        trading.check().unwrap();
        assert_eq!(trading.signals.provenance, Provenance::Default);
        for confidence in [0.0, 0.4, 1.0] {
            let got = trading.signals.value.at(confidence).unwrap();
            assert_eq!(got, prior_weights(confidence).unwrap(), "{confidence}");
        }
    }

    #[test]
    fn parameters_outside_their_domain_are_refused() {
        let with = |change: fn(&mut TradingModel)| {
            let mut trading = TradingModel::defaults();
            change(&mut trading);
            trading.check()
        };
        assert!(with(|t| t.impact.value.k1 = -0.1).is_err());
        assert!(with(|t| t.fill.value.beta = 1.0).is_err());
        assert!(with(|t| t.slippage.value.b2_bps = f64::NAN).is_err());
        assert!(with(|t| t.signals.value.model = 1.5).is_err());
        let short: VolumeProfile = serde_json::from_str("[0.5,0.4]").unwrap();
        let mut trading = TradingModel::defaults();
        trading.volume_profile.value = short;
        assert!(trading.check().is_err());
    }
}
