//! Slippage as a curve of participation (X17).
//!
//! `b0 + b1 p + b2 p^2` in basis points, side-signed, for a parent order of `p` times the average
//! daily volume. It serves capacity and the comparison with what was realised; what a single
//! order costs is [`super::cost::TradeCost`].

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::units::{Bps, require, require_non_negative, require_positive};

/// Beyond this multiple of the largest participation it was calibrated on, the curve is a guess.
pub const EXTRAPOLATION: f64 = 2.0;

/// Expected slippage over participation, in basis points.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SlippageCurve {
    /// Intercept, free in sign.
    pub b0_bps: f64,
    /// Per unit of participation, at or above 0.
    pub b1_bps: f64,
    /// Per unit of participation squared, at or above 0.
    pub b2_bps: f64,
    /// Largest participation it was calibrated on; `None` if it was not.
    pub largest_participation: Option<f64>,
}

impl Default for SlippageCurve {
    /// Uncalibrated: `1000 p + 5000 p^2`, about 10 bps at 1 %.
    fn default() -> Self {
        Self { b0_bps: 0.0, b1_bps: 1_000.0, b2_bps: 5_000.0, largest_participation: None }
    }
}

/// A prediction and whether it leaves what the curve knows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PredictedSlippage {
    /// At or above 0.
    pub slippage: Bps,
    /// Beyond twice the largest participation seen.
    pub extrapolated: bool,
}

impl SlippageCurve {
    /// Expected slippage of `shares` where `adv` trade a day.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless both are above 0, or for a curve outside its domain.
    pub fn predict(&self, shares: f64, adv: f64) -> Result<PredictedSlippage, ModelError> {
        require_positive("shares", shares)?;
        require_positive("adv", adv)?;
        self.check()?;
        let participation = shares / adv;
        require_positive("participation", participation)?;
        Ok(PredictedSlippage {
            slippage: Bps::new(self.at(participation))?,
            extrapolated: self.largest_participation.is_some_and(|p| participation > EXTRAPOLATION * p),
        })
    }

    /// Basis points at a participation, floored at 0.
    #[must_use]
    pub(crate) fn at(&self, participation: f64) -> f64 {
        (self.b0_bps + participation * (self.b1_bps + participation * self.b2_bps)).max(0.0)
    }

    /// Checks the coefficients.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`].
    pub fn check(&self) -> Result<(), ModelError> {
        require(true, "b0", self.b0_bps, "finite")?;
        require_non_negative("b1", self.b1_bps)?;
        require_non_negative("b2", self.b2_bps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_costs_about_ten_bps_at_one_percent() {
        let got = SlippageCurve::default().predict(1_000.0, 100_000.0).unwrap();
        assert!((got.slippage.value() - 10.5).abs() < 1e-12);
        assert!(!got.extrapolated);
    }

    #[test]
    fn floors_flags_and_refuses() {
        let curve =
            SlippageCurve { b0_bps: -5.0, b1_bps: 100.0, b2_bps: 0.0, largest_participation: Some(0.02) };
        assert_eq!(curve.predict(1.0, 100.0).unwrap().slippage.value(), 0.0);
        assert!(!curve.predict(4.0, 100.0).unwrap().extrapolated);
        assert!(curve.predict(4.1, 100.0).unwrap().extrapolated);
        for (shares, adv) in [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (1.0, f64::NAN)] {
            assert!(curve.predict(shares, adv).is_err(), "{shares} {adv}");
        }
        assert!(SlippageCurve { b1_bps: -1.0, ..curve }.predict(1.0, 100.0).is_err());
    }
}
