//! Kyle's lambda: price change per signed share (X14).

use std::collections::VecDeque;

use crate::model::ModelError;
use crate::model::error::{check_finite, finite, usable};
use crate::model::regression::{LeastSquares, newey_west_errors};
use crate::model::units::{require_non_negative, require_positive};

/// The regression of price changes on signed volume with a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kyle {
    /// Price change per signed share (NPR per share, per share).
    pub lambda: f64,
    /// The constant.
    pub intercept: f64,
    /// Classical standard error of lambda.
    pub std_error: f64,
    /// Newey-West standard error of lambda.
    pub hac_error: f64,
    /// Explained share of the variance of price changes.
    pub r2: f64,
}

impl Kyle {
    /// Lambda over its classical standard error.
    #[must_use]
    pub const fn t(&self) -> f64 {
        self.lambda / self.std_error
    }

    /// Lambda over its Newey-West standard error.
    #[must_use]
    pub const fn t_hac(&self) -> f64 {
        self.lambda / self.hac_error
    }

    /// Basis points of the price for an average bar's volume in shares, at a mid in NPR.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a volume below 0 or a mid that is not above 0.
    pub fn lambda_bps(&self, average_bar_volume: f64, mid: f64) -> Result<f64, ModelError> {
        require_non_negative("average bar volume", average_bar_volume)?;
        require_positive("mid", mid)?;
        finite("lambda in bps", 1e4 * self.lambda * average_bar_volume / mid)
    }
}

/// The bare estimator with `lags` autocovariances in the Newey-West error.
///
/// # Errors
/// Unequal lengths, fewer than 3 bars, values that are not finite, constant signed volume or
/// price changes (`Degenerate`), or a perfect fit.
pub fn kyle(price_changes: &[f64], signed_volume: &[f64], lags: usize) -> Result<Kyle, ModelError> {
    if price_changes.len() != signed_volume.len() {
        return Err(ModelError::DimensionMismatch { left: price_changes.len(), right: signed_volume.len() });
    }
    check_finite(price_changes)?;
    check_finite(signed_volume)?;
    if price_changes.len() < 3 {
        return Err(ModelError::TooShort { need: 3, got: price_changes.len() });
    }
    let columns = vec![vec![1.0; signed_volume.len()], signed_volume.to_vec()];
    let fit = match LeastSquares::new(columns.clone(), price_changes.to_vec()) {
        Ok(regression) => regression.fit()?,
        Err(ModelError::Singular) => {
            return Err(ModelError::Degenerate { why: "signed volume does not vary" });
        }
        Err(error) => return Err(error),
    };
    let hac = newey_west_errors(&columns, &fit, lags)?;
    let total = crate::model::descriptive::sum_of_squares(price_changes);
    if !(total > 0.0 && fit.std_errors[1] > 0.0 && hac[1] > 0.0) {
        return Err(ModelError::Degenerate { why: "price changes leave no residual" });
    }
    Ok(Kyle {
        lambda: fit.coefficients[1],
        intercept: fit.coefficients[0],
        std_error: fit.std_errors[1],
        hac_error: hac[1],
        r2: 1.0 - fit.rss / total,
    })
}

/// A rolling estimate with the specification's window: 100 five-minute bars, at least 30 of them
/// with trade, two lags. Only bars that were pushed are used.
#[derive(Clone, Debug, Default)]
pub struct RollingKyle {
    bars: VecDeque<(f64, f64, bool)>,
}

/// An estimate and whether it may be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impact {
    /// The regression.
    pub kyle: Kyle,
    /// Positive with `t >= 1`; otherwise it is reported and not used.
    pub usable: bool,
}

impl RollingKyle {
    const BARS: usize = 100;
    const TRADED: usize = 30;
    const LAGS: usize = 2;

    /// Takes a completed bar: the change of the mid, the signed volume, and whether it traded.
    /// A bar with a number that is not finite is not counted and gives `false`.
    pub fn push(&mut self, mid_change: f64, signed_volume: f64, traded: bool) -> bool {
        if !(usable(mid_change) && usable(signed_volume)) {
            return false;
        }
        self.bars.push_back((mid_change, signed_volume, traded));
        if self.bars.len() > Self::BARS {
            self.bars.pop_front();
        }
        true
    }

    /// The estimate over the window.
    ///
    /// # Errors
    /// Fewer than 30 bars with trade (`TooShort`), or as [`kyle`].
    pub fn estimate(&self) -> Result<Impact, ModelError> {
        let traded = self.bars.iter().filter(|bar| bar.2).count();
        if traded < Self::TRADED {
            return Err(ModelError::TooShort { need: Self::TRADED, got: traded });
        }
        let changes: Vec<f64> = self.bars.iter().map(|bar| bar.0).collect();
        let volume: Vec<f64> = self.bars.iter().map(|bar| bar.1).collect();
        let kyle = kyle(&changes, &volume, Self::LAGS)?;
        Ok(Impact { kyle, usable: kyle.lambda > 0.0 && kyle.t_hac() >= 1.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(i: u32) -> (f64, f64) {
        let volume = f64::from((i * 7919) % 201) - 100.0;
        (0.002 * volume + 0.01 * (f64::from((i * 104_729) % 17) - 8.0), volume)
    }

    #[test]
    fn the_rolling_estimate_is_the_batch_over_its_window_after_every_bar() {
        let mut rolling = RollingKyle::default();
        let (mut changes, mut volumes) = (Vec::new(), Vec::new());
        for i in 0..150 {
            let (change, volume) = bar(i);
            assert!(rolling.push(change, volume, true));
            changes.push(change);
            volumes.push(volume);
            let from = changes.len().saturating_sub(100);
            match rolling.estimate() {
                Ok(impact) => {
                    assert_eq!(impact.kyle, kyle(&changes[from..], &volumes[from..], 2).unwrap());
                    assert!(impact.usable);
                }
                Err(error) => assert_eq!(error, ModelError::TooShort { need: 30, got: i as usize + 1 }),
            }
        }
    }

    #[test]
    fn no_variation_is_degenerate_and_bad_bars_are_not_counted() {
        assert!(matches!(kyle(&[1.0, 2.0, 3.0], &[5.0; 3], 1), Err(ModelError::Degenerate { .. })));
        assert!(matches!(kyle(&[1.0; 4], &[1.0, 2.0, 3.0, 9.0], 1), Err(ModelError::Degenerate { .. })));
        assert!(!RollingKyle::default().push(f64::NAN, 1.0, true));
        assert!(kyle(&[1.0], &[1.0, 2.0], 1).is_err());
    }
}
