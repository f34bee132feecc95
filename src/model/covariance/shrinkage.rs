//! Shrinkage of a sample covariance (Ledoit and Wolf).
//!
//! A sample covariance of many names over few days is mostly noise in its extremes. It is pulled
//! towards a target with few parameters, by the intensity that minimises the expected squared
//! error. The product's target is constant correlation (C18); [`towards_identity`] is the other
//! well-known one, under a name of its own.

use nalgebra::DMatrix;

use super::sample::{Moments, moments};
use super::{correlation, mean_off_diagonal};
use crate::model::ModelError;

/// A shrunk covariance.
#[derive(Clone, PartialEq, Debug)]
pub struct Shrunk {
    /// The estimate.
    pub covariance: DMatrix<f64>,
    /// Weight of the target, in [0, 1].
    pub intensity: f64,
    /// Observations behind it (effective ones if weighted).
    pub effective: f64,
}

/// Shrinks towards the matrix with the sample's variances and one common correlation (Ledoit and Wolf
/// 2004, "Honey, I shrunk the sample covariance matrix"); the sample covariance divides by `n`.
///
/// With weights the averages are weighted and `n` is the effective number of observations.
///
/// # Errors
/// As [`moments`]; [`ModelError::TooShort`] with fewer than two rows; [`ModelError::Degenerate`] if an asset does not vary.
pub fn towards_constant_correlation(
    returns: &DMatrix<f64>,
    weights: Option<&[f64]>,
) -> Result<Shrunk, ModelError> {
    let sample = at_least_two(returns, weights)?;
    let (s, n) = (&sample.covariance, sample.covariance.nrows());
    let correlation = correlation(s)?;
    let Some(common) = mean_off_diagonal(&correlation) else {
        return Ok(Shrunk { covariance: s.clone(), intensity: 0.0, effective: sample.effective });
    };
    let vol: Vec<f64> = s.diagonal().iter().map(|v| v.sqrt()).collect();
    let target = DMatrix::from_fn(n, n, |i, j| if i == j { s[(i, i)] } else { common * vol[i] * vol[j] });
    let noise = Noise::new(returns, weights, &sample);
    let mut shared = 0.0;
    for i in 0..n {
        shared += noise.variance(i, i);
        for j in (0..n).filter(|j| *j != i) {
            shared += common / 2.0
                * (vol[j] / vol[i] * noise.covariance(i, j) + vol[i] / vol[j] * noise.covariance(j, i));
        }
    }
    let misfit = (&target - s).norm_squared();
    Ok(shrink(&sample, &target, noise.total() - shared, misfit))
}

/// Shrinks towards the mean variance times the identity (Ledoit and Wolf 2004, "A well-conditioned
/// estimator"); the sample covariance divides by `n`.
///
/// # Errors
/// As [`towards_constant_correlation`], but assets need not vary.
pub fn towards_identity(returns: &DMatrix<f64>) -> Result<Shrunk, ModelError> {
    let sample = at_least_two(returns, None)?;
    let n = sample.covariance.nrows();
    let target = DMatrix::from_diagonal_element(n, n, sample.covariance.trace() / n as f64);
    let misfit = (&target - &sample.covariance).norm_squared();
    let noise = Noise::new(returns, None, &sample).total();
    Ok(shrink(&sample, &target, noise, misfit))
}

fn at_least_two(returns: &DMatrix<f64>, weights: Option<&[f64]>) -> Result<Moments, ModelError> {
    if returns.nrows() < 2 {
        return Err(ModelError::TooShort { need: 2, got: returns.nrows() });
    }
    moments(returns, weights)
}

fn shrink(sample: &Moments, target: &DMatrix<f64>, noise: f64, misfit: f64) -> Shrunk {
    // A sample that already is the target needs no pull.
    let scale = sample.covariance.norm_squared();
    let intensity =
        if misfit > 1e-28 * scale { (noise / misfit / sample.effective).clamp(0.0, 1.0) } else { 0.0 };
    Shrunk {
        covariance: target * intensity + &sample.covariance * (1.0 - intensity),
        intensity,
        effective: sample.effective,
    }
}

/// Sampling noise of the entries of a covariance.
struct Noise {
    centred: DMatrix<f64>,
    shares: Vec<f64>,
    s: DMatrix<f64>,
}

impl Noise {
    fn new(returns: &DMatrix<f64>, weights: Option<&[f64]>, sample: &Moments) -> Self {
        let (rows, columns) = returns.shape();
        let total = weights.map_or(rows as f64, |w| w.iter().sum());
        Self {
            centred: DMatrix::from_fn(rows, columns, |t, i| returns[(t, i)] - sample.mean[i]),
            shares: (0..rows).map(|t| weights.map_or(1.0, |w| w[t]) / total).collect(),
            s: sample.covariance.clone(),
        }
    }

    /// Mean over the observations of `f(product of columns i, j less its mean, the same of k, l)`.
    fn mean_product(&self, (i, j): (usize, usize), (k, l): (usize, usize)) -> f64 {
        let x = &self.centred;
        let row = |(t, share): (usize, &f64)| {
            share * (x[(t, i)] * x[(t, j)] - self.s[(i, j)]) * (x[(t, k)] * x[(t, l)] - self.s[(k, l)])
        };
        self.shares.iter().enumerate().map(row).sum()
    }

    /// Asymptotic variance of entry `(i, j)`.
    fn variance(&self, i: usize, j: usize) -> f64 {
        self.mean_product((i, j), (i, j))
    }

    /// Asymptotic covariance of the entries `(i, i)` and `(i, j)`.
    fn covariance(&self, i: usize, j: usize) -> f64 {
        self.mean_product((i, i), (i, j))
    }

    fn total(&self) -> f64 {
        let n = self.s.nrows();
        (0..n).map(|i| (0..n).map(|j| self.variance(i, j)).sum::<f64>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::covariance::psd::smallest_eigenvalue;

    fn sample(rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |t, i| {
            let common = (t as f64 * 1.3).sin();
            0.01 * (1.0 + i as f64) * (0.6 * common + ((t * (2 * i + 3) * 7919) as f64).sin())
        })
    }

    #[test]
    fn variances_stay_and_correlations_move_together() {
        let returns = sample(60, 4);
        let plain = moments(&returns, None).unwrap().covariance;
        let got = towards_constant_correlation(&returns, None).unwrap();
        assert!(got.intensity > 0.0 && got.intensity <= 1.0, "{}", got.intensity);
        assert!((got.covariance.diagonal() - plain.diagonal()).norm() < 1e-15);
        let before = correlation(&plain).unwrap();
        let after = correlation(&got.covariance).unwrap();
        let mean = mean_off_diagonal(&before).unwrap();
        assert!((mean_off_diagonal(&after).unwrap() - mean).abs() < 1e-12);
        for i in 0..4 {
            for j in 0..i {
                let expected = mean + (1.0 - got.intensity) * (before[(i, j)] - mean);
                assert!((after[(i, j)] - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn few_rows_are_still_invertible() {
        let returns = sample(6, 12);
        assert!(smallest_eigenvalue(&moments(&returns, None).unwrap().covariance).unwrap() < 1e-12);
        let got = towards_constant_correlation(&returns, None).unwrap();
        assert!(smallest_eigenvalue(&got.covariance).unwrap() > 0.0);
    }

    #[test]
    fn two_assets_are_their_own_target_and_equal_weights_change_nothing() {
        let returns = sample(40, 2);
        let got = towards_constant_correlation(&returns, None).unwrap();
        assert!((got.covariance - moments(&returns, None).unwrap().covariance).norm() < 1e-15);
        let wide = sample(40, 5);
        let plain = towards_constant_correlation(&wide, None).unwrap();
        let equal = towards_constant_correlation(&wide, Some(&[0.3; 40])).unwrap();
        assert!((plain.covariance - equal.covariance).norm() < 1e-14);
        assert!((plain.intensity - equal.intensity).abs() < 1e-10);
    }

    #[test]
    fn a_dead_asset_is_refused() {
        let mut returns = sample(30, 3);
        returns.column_mut(1).fill(0.0);
        let why = ModelError::Degenerate { why: "an asset does not vary" };
        assert_eq!(towards_constant_correlation(&returns, None), Err(why));
        assert!(towards_constant_correlation(&sample(1, 3), None).is_err());
        assert!(towards_identity(&returns).is_ok());
    }

    /// The identity target against the reference cases, which pins the noise term both share.
    #[test]
    fn the_identity_target_agrees_with_the_reference() {
        let shared = std::env::var("HIMAL_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
        let Ok(text) = std::fs::read_to_string(format!("{shared}/reference/portfolio.json")) else {
            println!("skipped: no reference cases (HIMAL_SHARED)");
            return;
        };
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let rows = |json: &serde_json::Value| -> DMatrix<f64> {
            let json = json.get("$data").map_or(json, |key| &file["data"][key.as_str().unwrap()]);
            let rows: Vec<Vec<f64>> = serde_json::from_value(json.clone()).unwrap();
            DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
        };
        let mut seen = 0;
        for case in file["cases"].as_array().unwrap() {
            if case["function"] != "ledoit_wolf" {
                continue;
            }
            seen += 1;
            let inputs = case["inputs"].as_object().unwrap();
            let got = towards_identity(&rows(inputs.values().next().unwrap())).unwrap();
            let shrinkage = case["expected"]["shrinkage"].as_f64().unwrap();
            assert!((got.intensity - shrinkage).abs() < 1e-9, "{}: {}", case["name"], got.intensity);
        }
        assert!(seen > 0);
    }
}
