//! How much can be lost: value at risk, expected shortfall, and whether they held (K8).
//!
//! Losses are minus returns, so every result is a positive loss; a negative value at risk is a gain
//! and is shown so. [`historical`] counts, [`parametric`] assumes a distribution, [`gpd`] fits the
//! far tail alone, and [`backtest`] asks afterwards. Returns are simple returns of the portfolio as
//! it stands, decimal.
//!
//! [`estimate`] is the product's: it applies the minimum samples and says what it left out. The
//! functions below it have no gates and work wherever their formula is defined.

pub mod backtest;
pub mod gpd;
pub mod historical;
pub mod parametric;

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::error::check_series;

/// Below this many returns there is no estimate.
const RETURNS_MIN: usize = 30;
/// Below this many the parametric estimates stand alone.
const HISTORICAL_MIN: usize = 100;
/// Below this many an estimate is flagged.
const RETURNS_WANTED: usize = 250;
/// Exceedances for a tail fit, and for one that is flagged.
const EXCEEDANCES_WANTED: usize = 50;
const EXCEEDANCES_MIN: usize = 30;

/// A value at risk with its expected shortfall; decimal losses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailRisk {
    /// The loss that is exceeded with probability `1 - confidence`.
    pub value_at_risk: f64,
    /// The mean loss in that tail; at least the value at risk up to interpolation.
    pub expected_shortfall: f64,
}

/// What the returns say about losses, by every method that their number allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailEstimate {
    /// Normal losses.
    pub gaussian: TailRisk,
    /// Skew and kurtosis corrected; none where they are too large for the expansion.
    pub cornish_fisher: Option<f64>,
    /// Counted; none below 100 returns.
    pub historical: Option<TailRisk>,
    /// The tail beyond the 95 % loss, fitted; none below 30 exceedances, for an infinite mean, or
    /// for a confidence inside the body.
    pub extreme: Option<TailRisk>,
    /// Fewer returns or exceedances than wanted.
    pub low_data: bool,
}

/// Tail risk of the portfolio's simple returns at a confidence inside 0.5 to 1.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`] below 30
/// returns, [`ModelError::OutOfDomain`] for the confidence, [`ModelError::Degenerate`] when the
/// returns do not vary.
pub fn estimate(returns: &[f64], confidence: f64) -> Result<TailEstimate, ModelError> {
    check_series(returns, RETURNS_MIN)?;
    check_confidence(confidence)?;
    let moments = parametric::Moments::of(returns)?;
    if moments.sigma == 0.0 {
        return Err(ModelError::Degenerate { why: "the returns do not vary" });
    }
    let historical = if returns.len() >= HISTORICAL_MIN {
        let losses = historical::Losses::of_returns(returns)?;
        Some(TailRisk {
            value_at_risk: losses.value_at_risk(confidence),
            expected_shortfall: losses.expected_shortfall(confidence),
        })
    } else {
        None
    };
    let tail = gpd::PeaksOverThreshold::fit(returns, 0.95).ok();
    let tail = tail.filter(|tail| tail.exceedances >= EXCEEDANCES_MIN);
    let few_exceedances = tail.as_ref().is_none_or(|tail| tail.exceedances < EXCEEDANCES_WANTED);
    Ok(TailEstimate {
        gaussian: moments.gaussian(confidence),
        cornish_fisher: moments.cornish_fisher_is_valid().then(|| moments.cornish_fisher(confidence)),
        historical,
        extreme: tail.and_then(|tail| tail.risk(confidence).ok()),
        low_data: returns.len() < RETURNS_WANTED || few_exceedances,
    })
}

/// Refuses a confidence that is no tail's.
///
/// # Errors
/// [`ModelError::OutOfDomain`] outside 0.5 to 1, both excluded.
pub fn check_confidence(confidence: f64) -> Result<(), ModelError> {
    if confidence > 0.5 && confidence < 1.0 {
        Ok(())
    } else {
        Err(ModelError::OutOfDomain { name: "confidence", value: confidence, domain: "inside 0.5 to 1" })
    }
}

/// Past returns rescaled from the volatility of their day to that of today: the input of a filtered
/// historical estimate. `sigma[t]` is the volatility known before `returns[t]`.
///
/// # Errors
/// [`ModelError::DimensionMismatch`]; [`ModelError::OutOfDomain`] for a volatility that is not
/// positive; [`ModelError::NonFinite`].
pub fn filtered_returns(returns: &[f64], sigma: &[f64], sigma_today: f64) -> Result<Vec<f64>, ModelError> {
    if returns.len() != sigma.len() {
        return Err(ModelError::DimensionMismatch { left: returns.len(), right: sigma.len() });
    }
    check_series(returns, 1)?;
    let positive = |value: f64| value > 0.0 && value.is_finite();
    if let Some(&value) = sigma.iter().chain([&sigma_today]).find(|value| !positive(**value)) {
        return Err(ModelError::OutOfDomain { name: "sigma", value, domain: "above 0" });
    }
    let scaled: Vec<f64> = returns.iter().zip(sigma).map(|(r, s)| r / s * sigma_today).collect();
    crate::model::error::check_finite(&scaled)?;
    Ok(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    fn returns(n: usize) -> Vec<f64> {
        let mut draws = Draws::new(6, 0);
        (0..n).map(|_| 0.01 * draws.student_t(5.0)).collect()
    }

    #[test]
    fn the_number_of_returns_decides_the_methods() {
        for (n, historical, extreme, low_data) in [
            (30, false, false, true),
            (99, false, false, true),
            (100, true, false, true),
            (700, true, true, true),
            (1200, true, true, false),
        ] {
            let got = estimate(&returns(n), 0.99).unwrap();
            let found = (got.historical.is_some(), got.extreme.is_some(), got.low_data);
            assert_eq!(found, (historical, extreme, low_data), "{n}");
            for risk in [Some(got.gaussian), got.historical, got.extreme].into_iter().flatten() {
                assert!(
                    risk.expected_shortfall >= risk.value_at_risk && risk.value_at_risk > 0.0,
                    "{n} {risk:?}"
                );
            }
        }
        assert_eq!(estimate(&returns(29), 0.99), Err(ModelError::TooShort { need: 30, got: 29 }));
        assert!(matches!(estimate(&returns(50), 0.4), Err(ModelError::OutOfDomain { .. })));
        assert!(matches!(estimate(&[0.01; 50], 0.9), Err(ModelError::Degenerate { .. })));
    }

    #[test]
    fn filtered_returns_speak_of_today() {
        let filtered = filtered_returns(&[0.01, -0.02], &[0.01, 0.02], 0.03).unwrap();
        assert!((filtered[0] - 0.03).abs() < 1e-15 && (filtered[1] + 0.03).abs() < 1e-15);
        assert!(filtered_returns(&[0.01], &[0.0], 0.03).is_err());
        assert!(filtered_returns(&[0.01], &[], 0.03).is_err());
    }
}
