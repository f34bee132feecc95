//! The fill model from one's own resting orders (X3).
//!
//! The product's gates around [`super::hazard`]: enough orders and fills, bounds on the parameters, and
//! more to say than a constant intensity; otherwise the default, visibly.

use super::fill_probability::FillModel;
use super::hazard::{CensoredOrder, HazardBounds, HazardFit, fit_hazard};
use crate::model::{Provenance, Sourced};

/// Fewest orders a calibration may stand on.
pub const MIN_ORDERS: usize = 50;
/// Fewest fills among them.
pub const MIN_FILLS: usize = 20;

/// A calibrated fill model, or the default with the reason.
#[derive(Clone, PartialEq, Debug)]
pub struct FillCalibration {
    /// What to use from now on.
    pub model: Sourced<FillModel>,
    /// The fit, where there was one.
    pub fit: Option<HazardFit>,
    /// Akaike's criterion of the fit less that of a constant intensity; below 0 is better.
    pub aic_gain: Option<f64>,
    /// Orders given.
    pub orders: usize,
    /// Fills among them.
    pub fills: usize,
}

/// Calibrates the fill model: distances as fractions of price, time in minutes.
///
/// Falls back to [`FillModel::default`], with the reason, on fewer than 50 orders or 20 fills,
/// a failed fit, or one that a constant intensity explains as well.
#[must_use]
pub fn calibrate(orders: &[CensoredOrder]) -> FillCalibration {
    let fills = orders.iter().filter(|o| o.filled).count();
    let refuse = |reason: String, fit: Option<HazardFit>, aic_gain| FillCalibration {
        model: Sourced {
            value: FillModel::default(),
            provenance: Provenance::fallback("default fill intensity", reason),
        },
        fit,
        aic_gain,
        orders: orders.len(),
        fills,
    };
    if orders.len() < MIN_ORDERS || fills < MIN_FILLS {
        return refuse(
            format!("{} orders with {fills} fills, needs {MIN_ORDERS} with {MIN_FILLS}", orders.len()),
            None,
            None,
        );
    }
    let fit = match fit_hazard(orders, &HazardBounds::product()) {
        Ok(fit) => fit,
        Err(error) => return refuse(error.to_string(), None, None),
    };
    // Twice the two extra parameters, less twice the likelihood gained.
    let gain = 2.0 * 2.0 - 2.0 * (fit.log_likelihood - constant_log_likelihood(orders));
    if gain >= 0.0 {
        return refuse("a constant intensity explains the fills as well".to_owned(), Some(fit), Some(gain));
    }
    let value =
        FillModel { lambda0_per_min: fit.hazard.lambda0, alpha: fit.hazard.alpha, beta: fit.hazard.beta };
    FillCalibration {
        model: Sourced { value, provenance: Provenance::Fitted },
        fit: Some(fit),
        aic_gain: Some(gain),
        orders: orders.len(),
        fills,
    }
}

/// The likelihood maximised over an intensity that depends on nothing but the known factor.
fn constant_log_likelihood(orders: &[CensoredOrder]) -> f64 {
    let fills = orders.iter().filter(|o| o.filled).count() as f64;
    let exposure: f64 = orders.iter().map(|o| o.factor * o.exposure).sum();
    let known: f64 = orders.iter().filter(|o| o.filled).map(|o| o.factor.ln()).sum();
    fills * (fills / exposure).ln() - fills + known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::hazard::{Hazard, simulate};

    #[test]
    fn the_parameters_that_made_the_orders_are_found() {
        let truth = Hazard { lambda0: 0.08, alpha: 180.0, beta: 0.5 };
        let got = calibrate(&simulate(&truth, 4_000, 7));
        assert_eq!(got.model.provenance, Provenance::Fitted, "{got:?}");
        let model = got.model.value;
        for (name, value, expected) in [
            ("lambda0", model.lambda0_per_min, truth.lambda0),
            ("alpha", model.alpha, truth.alpha),
            ("beta", model.beta, truth.beta),
        ] {
            assert!((value / expected - 1.0).abs() < 0.15, "{name}: {value} for {expected}");
        }
    }

    #[test]
    fn too_little_or_nothing_to_explain_keeps_the_default() {
        let truth = Hazard { lambda0: 0.08, alpha: 180.0, beta: 0.5 };
        let flat = Hazard { lambda0: 0.05, alpha: 0.0, beta: 0.0 };
        let few = simulate(&truth, 49, 3);
        let unfilled: Vec<_> =
            simulate(&truth, 200, 3).into_iter().map(|o| CensoredOrder { filled: false, ..o }).collect();
        for (name, orders) in
            [("few", few), ("unfilled", unfilled), ("flat", simulate(&flat, 300, 6)), ("none", vec![])]
        {
            let got = calibrate(&orders);
            assert_eq!(got.model.value, FillModel::default(), "{name}");
            assert!(matches!(got.model.provenance, Provenance::Fallback { .. }), "{name}");
        }
    }
}
