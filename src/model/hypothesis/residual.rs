//! Tests of residuals: normality and leftover autocorrelation.

use super::super::descriptive::{autocovariances, mean};
use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::probability::chi_square_sf;

/// The Jarque-Bera test of normality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JarqueBera {
    /// `n/6 (S^2 + (K - 3)^2 / 4)`.
    pub statistic: f64,
    /// From chi-square with two degrees of freedom.
    pub p_value: f64,
    /// Population skewness.
    pub skew: f64,
    /// Population kurtosis; 3 for the normal.
    pub kurtosis: f64,
}

/// Jarque and Bera's test with population moments.
///
/// # Errors
/// Fewer than two values, values that are not finite, or no variance.
pub fn jarque_bera(x: &[f64]) -> Result<JarqueBera, ModelError> {
    check_series(x, 2)?;
    let (n, centre) = (x.len() as f64, mean(x));
    let moment = |power: i32| x.iter().map(|value| (value - centre).powi(power)).sum::<f64>() / n;
    let variance = moment(2);
    let skew = moment(3) / variance.powf(1.5);
    let kurtosis = moment(4) / (variance * variance);
    if !(skew.is_finite() && kurtosis.is_finite()) {
        return Err(ModelError::Degenerate { why: "the sample has no variance" });
    }
    let statistic = n / 6.0 * (skew * skew + (kurtosis - 3.0).powi(2) / 4.0);
    Ok(JarqueBera { statistic, p_value: (-statistic / 2.0).exp(), skew, kurtosis })
}

/// The Ljung-Box and Box-Pierce tests up to one lag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LjungBox {
    /// Lags summed.
    pub lag: usize,
    /// `n(n+2) sum rho_k^2/(n-k)`.
    pub statistic: f64,
    /// From chi-square with `lag - model_df` degrees of freedom; `None` when none are left.
    pub p_value: Option<f64>,
    /// `n sum rho_k^2`.
    pub box_pierce: f64,
    /// Its p-value.
    pub box_pierce_p_value: Option<f64>,
}

/// Tests that autocorrelations up to each of `lags` vanish; `model_df` parameters were fitted.
///
/// # Errors
/// No lags, a lag of 0 or not below the length, values that are not finite, or no variance.
pub fn ljung_box(x: &[f64], lags: &[usize], model_df: usize) -> Result<Vec<LjungBox>, ModelError> {
    let longest = lags.iter().copied().max().ok_or(ModelError::EmptyInput)?;
    check_series(x, longest.saturating_add(1))?;
    if lags.contains(&0) {
        return Err(ModelError::OutOfDomain { name: "lag", value: 0.0, domain: "1 or more" });
    }
    let n = x.len() as f64;
    let covariances = autocovariances(x, longest);
    let squares: Vec<f64> = covariances.iter().map(|c| (c / covariances[0]).powi(2)).collect();
    if squares.iter().any(|square| !square.is_finite()) {
        return Err(ModelError::Degenerate { why: "the sample has no variance" });
    }
    let at = |lag: &usize| {
        let terms = squares.iter().enumerate().take(lag + 1).skip(1);
        let statistic = n * (n + 2.0) * terms.clone().map(|(k, square)| square / (n - k as f64)).sum::<f64>();
        let box_pierce = n * terms.map(|(_, square)| square).sum::<f64>();
        let df = lag.checked_sub(model_df).filter(|df| *df > 0).map(|df| df as f64);
        LjungBox {
            lag: *lag,
            statistic,
            p_value: df.map(|df| chi_square_sf(statistic, df)),
            box_pierce,
            box_pierce_p_value: df.map(|df| chi_square_sf(box_pierce, df)),
        }
    };
    Ok(lags.iter().map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_that_cannot_be_tested_are_refused() {
        assert!(jarque_bera(&[2.0; 10]).is_err());
        assert!(ljung_box(&[2.0; 10], &[1], 0).is_err());
        assert!(ljung_box(&[1.0, 2.0, 3.0], &[3], 0).is_err());
        assert!(ljung_box(&[1.0, 2.0, 3.0], &[0], 0).is_err());
        assert!(ljung_box(&[1.0, 2.0, 3.0], &[], 0).is_err());
        assert_eq!(ljung_box(&[1.0, 2.0, 4.0, 3.0], &[1], 1).unwrap()[0].p_value, None);
    }
}
