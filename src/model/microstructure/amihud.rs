//! Amihud's illiquidity: price movement per value traded (C10).

use crate::model::ModelError;
use crate::model::descriptive::{mean, median};
use crate::model::error::{check_finite, finite};
use crate::model::units::require_positive;

/// Mean of `|return| / turnover` over days with trade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Illiquidity {
    /// Per unit of turnover, times the scale.
    pub value: f64,
    /// Days with trade.
    pub days: usize,
}

/// The bare estimator: `scale` times the mean of `|r| / turnover` over days with turnover above 0.
///
/// # Errors
/// Unequal lengths, values that are not finite, negative turnover or a scale that is not positive
/// (`OutOfDomain`), or no day with trade (`Degenerate`).
pub fn amihud(returns: &[f64], turnover: &[f64], scale: f64) -> Result<Illiquidity, ModelError> {
    if returns.len() != turnover.len() {
        return Err(ModelError::DimensionMismatch { left: returns.len(), right: turnover.len() });
    }
    check_finite(returns)?;
    check_finite(turnover)?;
    require_positive("scale", scale)?;
    if let Some(value) = turnover.iter().find(|value| **value < 0.0) {
        return Err(ModelError::OutOfDomain { name: "turnover", value: *value, domain: "0 or more" });
    }
    let traded = returns.iter().zip(turnover).filter(|(_, value)| **value > 0.0);
    let ratios: Vec<f64> = traded.map(|(r, value)| r.abs() / value).collect();
    if ratios.is_empty() {
        return Err(ModelError::Degenerate { why: "no day with trade" });
    }
    Ok(Illiquidity { value: finite("illiquidity", scale * mean(&ratios))?, days: ratios.len() })
}

/// The product's ILLIQ: the last 20 sessions, at least 10 with trade, per million NPR.
///
/// # Errors
/// Fewer than 10 sessions with trade (`TooShort`), or as [`amihud`].
pub fn illiquidity(returns: &[f64], turnover_npr: &[f64]) -> Result<Illiquidity, ModelError> {
    const SESSIONS: usize = 20;
    const TRADED: usize = 10;
    const MILLION: f64 = 1e6;
    let last = |x: &[f64]| x[x.len().saturating_sub(SESSIONS)..].to_vec();
    let found = amihud(&last(returns), &last(turnover_npr), MILLION)?;
    if found.days < TRADED {
        return Err(ModelError::TooShort { need: TRADED, got: found.days });
    }
    Ok(found)
}

/// Illiquidity scaled for sizing: 0.01 for the median name of the day, kept in [0, 0.5].
///
/// # Errors
/// An empty universe, values that are not finite, or a median that is not positive.
pub fn scaled(illiquidity: f64, universe: &[f64]) -> Result<f64, ModelError> {
    check_finite(&[illiquidity])?;
    check_finite(universe)?;
    let middle = median(universe);
    if middle <= 0.0 {
        return Err(ModelError::Degenerate { why: "the median illiquidity is not positive" });
    }
    Ok((0.01 * illiquidity / middle).clamp(0.0, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turnover_is_value_in_million_rupees() {
        // 1 % on two million rupees a day.
        let found = illiquidity(&[0.01; 20], &[2e6; 20]).unwrap();
        assert!((found.value - 0.005).abs() < 1e-15);
        assert!((scaled(found.value, &[0.005, 0.001, 0.009]).unwrap() - 0.01).abs() < 1e-15);
        assert_eq!(scaled(9.0, &[0.005]), Ok(0.5));
    }

    #[test]
    fn sessions_without_trade_do_not_count() {
        let mut turnover = vec![0.0; 20];
        turnover[..9].fill(1e6);
        assert_eq!(illiquidity(&[0.01; 20], &turnover), Err(ModelError::TooShort { need: 10, got: 9 }));
        assert!(amihud(&[0.01], &[0.0], 1.0).is_err());
        assert!(amihud(&[0.01], &[-1.0], 1.0).is_err());
        assert!(amihud(&[0.01], &[], 1.0).is_err());
    }
}
