//! How good forecasts were on rows that no fit had seen, and what may follow from it (C12).

use super::ModelError;
use super::error::{check_finite, finite};

/// From here on a forecast is about as good as one hopes for.
const TARGET: f64 = 0.05;
/// Above this it is better than one hopes for.
const SURPRISING: f64 = 0.10;
/// Above this a look into the future is likelier than skill.
const SUSPICIOUS: f64 = 0.15;

/// What an out-of-sample R² says about the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Below 0: worse than forecasting nothing. Not to be deployed.
    Unusable,
    /// 0 to 0.05: what daily returns usually allow.
    Typical,
    /// 0.05 to 0.10: what is aimed for.
    Target,
    /// Above 0.10, to 0.15.
    AboveTarget,
    /// Above 0.15: promotion is blocked until somebody has looked for a leak.
    Suspicious,
}

impl Reading {
    /// The reading of an R².
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for what is no R²: above 1 or not a number.
    pub fn of(r2: f64) -> Result<Self, ModelError> {
        if r2.is_nan() || r2 > 1.0 {
            return Err(ModelError::OutOfDomain { name: "R2", value: r2, domain: "at most 1" });
        }
        Ok(match r2 {
            r2 if r2 < 0.0 => Self::Unusable,
            r2 if r2 < TARGET => Self::Typical,
            r2 if r2 <= SURPRISING => Self::Target,
            r2 if r2 <= SUSPICIOUS => Self::AboveTarget,
            _ => Self::Suspicious,
        })
    }

    /// Whether a model may go live on it: useful, and not too good to be true.
    #[must_use]
    pub const fn may_be_promoted(self) -> bool {
        !matches!(self, Self::Unusable | Self::Suspicious)
    }
}

/// The R² of forecasts and its reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfSample {
    /// `1 - sum (y - forecast)^2 / sum y^2`: the benchmark is a forecast of zero.
    pub r2: f64,
    /// Rows that had a forecast.
    pub rows: usize,
    /// What it says.
    pub reading: Reading,
}

/// Compares out-of-fold forecasts with what happened. Rows without a forecast, which no fold scores,
/// do not count.
///
/// # Errors
/// [`ModelError::DimensionMismatch`]; [`ModelError::EmptyInput`] without a forecast;
/// [`ModelError::NonFinite`]; [`ModelError::Degenerate`] when every target is zero.
pub fn out_of_sample(forecasts: &[Option<f64>], y: &[f64]) -> Result<OutOfSample, ModelError> {
    if forecasts.len() != y.len() {
        return Err(ModelError::DimensionMismatch { left: forecasts.len(), right: y.len() });
    }
    let pairs: Vec<(f64, f64)> = forecasts.iter().zip(y).filter_map(|(f, y)| f.map(|f| (f, *y))).collect();
    let (scored, target): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    check_finite(&scored)?;
    check_finite(&target)?;
    let total: f64 = target.iter().map(|y| y * y).sum();
    if !total.is_normal() {
        return Err(ModelError::Degenerate { why: "the target is zero throughout" });
    }
    let left: f64 = pairs.iter().map(|(f, y)| (y - f) * (y - f)).sum();
    let r2 = finite("R2", 1.0 - left / total)?;
    Ok(OutOfSample { r2, rows: pairs.len(), reading: Reading::of(r2)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_those_of_the_specification() {
        for (r2, reading, promoted) in [
            (-1e-9, Reading::Unusable, false),
            (0.0, Reading::Typical, true),
            (0.049, Reading::Typical, true),
            (0.05, Reading::Target, true),
            (0.10, Reading::Target, true),
            (0.12, Reading::AboveTarget, true),
            (0.15, Reading::AboveTarget, true),
            (0.151, Reading::Suspicious, false),
        ] {
            assert_eq!(Reading::of(r2), Ok(reading), "{r2}");
            assert_eq!(reading.may_be_promoted(), promoted, "{r2}");
        }
        assert!(Reading::of(1.1).is_err() && Reading::of(f64::NAN).is_err());
    }

    #[test]
    fn the_benchmark_is_a_forecast_of_zero_and_unscored_rows_do_not_count() {
        // Targets 1 and -2 with forecasts 0.5 and -1: a quarter of the squares is left.
        let found = out_of_sample(&[None, Some(0.5), Some(-1.0)], &[9.0, 1.0, -2.0]).unwrap();
        assert_eq!((found.r2, found.rows, found.reading), (0.75, 2, Reading::Suspicious));
        // A mean is no benchmark: forecasting zero for a target with a mean is an R2 of 0.
        assert_eq!(out_of_sample(&[Some(0.0); 3], &[2.0, 2.1, 1.9]).unwrap().r2, 0.0);
        assert_eq!(out_of_sample(&[None], &[1.0]), Err(ModelError::EmptyInput));
        assert!(matches!(out_of_sample(&[Some(1.0)], &[0.0]), Err(ModelError::Degenerate { .. })));
        assert!(out_of_sample(&[Some(1.0)], &[]).is_err());
    }
}
