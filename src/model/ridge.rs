//! Ridge regression on standardised features, its strength chosen by folds that run forward in
//! time (C12, linear stage).
//!
//! Means and deviations come from the training rows of each fit and travel with it, so a scored row
//! can neither leak into them nor be scored by another fit's.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};

use super::ModelError;
use super::descriptive::{mean, variance};
use super::error::check_finite;

/// A fitted ridge regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    /// Strength of the penalty per row, on standardised features.
    pub lambda: f64,
    /// Mean of the training target.
    pub intercept: f64,
    /// One per feature, on standardised features; 0 for one that was constant in training.
    pub coefficients: Vec<f64>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

fn check_rows(rows: &[Vec<f64>], y: &[f64]) -> Result<usize, ModelError> {
    check_finite(y)?;
    if rows.len() != y.len() {
        return Err(ModelError::DimensionMismatch { left: rows.len(), right: y.len() });
    }
    let width = rows.first().map_or(0, Vec::len);
    if width == 0 {
        return Err(ModelError::EmptyInput);
    }
    for row in rows {
        if row.len() != width {
            return Err(ModelError::DimensionMismatch { left: row.len(), right: width });
        }
        check_finite(row)?;
    }
    Ok(width)
}

impl Ridge {
    /// Minimises `sum (y - a - z'b)^2 / n + lambda |b|^2` over standardised features `z`.
    ///
    /// # Errors
    /// No rows or features, rows of different lengths, values that are not finite, fewer than 3
    /// rows, a `lambda` that is negative or not finite, or (`lambda` 0) dependent features.
    pub fn fit(rows: &[Vec<f64>], y: &[f64], lambda: f64) -> Result<Self, ModelError> {
        const MINIMUM: usize = 3;
        let width = check_rows(rows, y)?;
        if rows.len() < MINIMUM {
            return Err(ModelError::TooShort { need: MINIMUM, got: rows.len() });
        }
        if !(lambda >= 0.0 && lambda.is_finite()) {
            return Err(ModelError::OutOfDomain { name: "lambda", value: lambda, domain: "0 or more" });
        }
        let column = |j: usize| -> Vec<f64> { rows.iter().map(|row| row[j]).collect() };
        let means: Vec<f64> = (0..width).map(|j| mean(&column(j))).collect();
        let deviations: Vec<f64> = (0..width).map(|j| spread(&column(j), means[j])).collect();
        let used: Vec<usize> = (0..width).filter(|j| deviations[*j] > 0.0).collect();
        let intercept = mean(y);
        let mut coefficients = vec![0.0; width];
        if !used.is_empty() {
            let z = DMatrix::from_fn(rows.len(), used.len(), |i, k| {
                (rows[i][used[k]] - means[used[k]]) / deviations[used[k]]
            });
            let target = DVector::from_iterator(y.len(), y.iter().map(|value| value - intercept));
            let mut gram = z.transpose() * &z / rows.len() as f64;
            gram.iter_mut().step_by(used.len() + 1).for_each(|diagonal| *diagonal += lambda);
            let moments = z.transpose() * target / rows.len() as f64;
            let solved = gram.cholesky().ok_or(ModelError::Singular)?.solve(&moments);
            for (k, j) in used.iter().enumerate() {
                coefficients[*j] = solved[k];
            }
        }
        if coefficients.iter().any(|coefficient| !coefficient.is_finite()) {
            return Err(ModelError::Singular);
        }
        Ok(Self { lambda, intercept, coefficients, means, deviations })
    }

    /// The forecast of a row.
    ///
    /// # Errors
    /// A row of another length, or a missing (not finite) feature: the model refuses.
    pub fn predict(&self, row: &[f64]) -> Result<f64, ModelError> {
        if row.len() != self.coefficients.len() {
            return Err(ModelError::DimensionMismatch { left: row.len(), right: self.coefficients.len() });
        }
        check_finite(row)?;
        let term = |(j, value): (usize, &f64)| {
            let scale = self.deviations[j];
            if scale > 0.0 { self.coefficients[j] * (value - self.means[j]) / scale } else { 0.0 }
        };
        Ok(self.intercept + row.iter().enumerate().map(term).sum::<f64>())
    }
}

/// Population deviation; 0 for a column whose variation is rounding only.
fn spread(column: &[f64], centre: f64) -> f64 {
    let deviation = variance(column, 0).sqrt();
    if deviation > 1e-12 * centre.abs() { deviation } else { 0.0 }
}

/// One forward fold: train on the first range, score the second, with purged rows between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardFold {
    /// Training rows.
    pub train: Range<usize>,
    /// Scored rows.
    pub score: Range<usize>,
}

/// `folds` expanding folds over `n` rows in `folds + 1` blocks; the `purge` rows before each
/// scored block, whose labels reach into it, are not trained on.
///
/// # Errors
/// No folds, or blocks too small to leave 3 training rows before the first scored one.
pub fn forward_folds(n: usize, folds: usize, purge: usize) -> Result<Vec<ForwardFold>, ModelError> {
    const MINIMUM: usize = 3;
    if folds == 0 {
        return Err(ModelError::OutOfDomain { name: "folds", value: 0.0, domain: "1 or more" });
    }
    let blocks = folds.saturating_add(1);
    let block = n / blocks;
    let need = purge.saturating_add(MINIMUM);
    if block == 0 || block < need {
        return Err(ModelError::TooShort { need: need.saturating_mul(blocks), got: n });
    }
    // The first block takes the remainder, so that every scored block is of one size.
    let first = n - folds * block;
    let fold = |k: usize| {
        let from = first + k * block;
        ForwardFold { train: 0..from - purge, score: from..from + block }
    };
    Ok((0..folds).map(fold).collect())
}

/// Forecasts of rows by fits that did not see them; `None` for rows no fold scores.
///
/// # Errors
/// As [`forward_folds`] and [`Ridge::fit`].
pub fn out_of_fold(
    rows: &[Vec<f64>],
    y: &[f64],
    lambda: f64,
    folds: usize,
    purge: usize,
) -> Result<Vec<Option<f64>>, ModelError> {
    check_rows(rows, y)?;
    let mut forecasts = vec![None; rows.len()];
    for fold in forward_folds(rows.len(), folds, purge)? {
        let fit = Ridge::fit(&rows[fold.train.clone()], &y[fold.train], lambda)?;
        for i in fold.score {
            forecasts[i] = Some(fit.predict(&rows[i])?);
        }
    }
    Ok(forecasts)
}

/// The strength with the smallest squared error over forward folds, and a fit of all rows with it.
/// Of equal errors the stronger penalty wins.
///
/// # Errors
/// No candidates, or as [`out_of_fold`].
pub fn fit_by_forward_folds(
    rows: &[Vec<f64>],
    y: &[f64],
    lambdas: &[f64],
    folds: usize,
    purge: usize,
) -> Result<Ridge, ModelError> {
    check_finite(lambdas)?;
    let mut best: Option<(f64, f64)> = None;
    for lambda in lambdas {
        let forecasts = out_of_fold(rows, y, *lambda, folds, purge)?;
        let errors = forecasts.iter().zip(y).filter_map(|(f, y)| f.map(|f| (y - f).powi(2)));
        let error: f64 = errors.sum();
        let better = best.is_none_or(|(least, at)| error < least || (error == least && *lambda > at));
        if better {
            best = Some((error, *lambda));
        }
    }
    let (_, lambda) = best.ok_or(ModelError::EmptyInput)?;
    Ridge::fit(rows, y, lambda)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(n: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut state = 5_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24) - 0.5
        };
        let rows: Vec<Vec<f64>> = (0..n).map(|_| vec![next(), 1e4 * next(), 3.0]).collect();
        let y = rows.iter().map(|row| 1.0 + 2.0 * row[0] - 1e-4 * row[1] + 0.1 * next()).collect();
        (rows, y)
    }

    #[test]
    fn without_penalty_it_is_least_squares_and_with_more_it_shrinks() {
        let (rows, y) = sample(200);
        let free = Ridge::fit(&rows, &y, 0.0).unwrap();
        let at = |x: [f64; 3]| free.predict(&x).unwrap();
        assert!((at([1.0, 0.0, 3.0]) - at([0.0, 0.0, 3.0]) - 2.0).abs() < 0.1);
        let norms: Vec<f64> = [0.0, 0.1, 1.0, 10.0]
            .iter()
            .map(|lambda| Ridge::fit(&rows, &y, *lambda).unwrap().coefficients.iter().map(|b| b * b).sum())
            .collect();
        assert!(norms.windows(2).all(|pair| pair[0] > pair[1]), "{norms:?}");
        assert_eq!(free.coefficients[2], 0.0);
    }

    #[test]
    fn a_missing_feature_is_refused() {
        let (rows, y) = sample(50);
        let fit = Ridge::fit(&rows, &y, 0.1).unwrap();
        assert_eq!(fit.predict(&[1.0, f64::NAN, 3.0]), Err(ModelError::NonFinite { index: 1 }));
        assert!(fit.predict(&[1.0]).is_err());
        assert!(Ridge::fit(&rows, &y[1..], 0.1).is_err());
        assert!(Ridge::fit(&rows, &y, -1.0).is_err());
        assert!(Ridge::fit(&[vec![], vec![], vec![]], &[1.0, 2.0, 3.0], 1.0).is_err());
    }

    #[test]
    fn folds_run_forward_and_never_train_on_purged_or_later_rows() {
        for (n, folds, purge) in [(100, 5, 4), (103, 5, 0), (60, 1, 10)] {
            let all = forward_folds(n, folds, purge).unwrap();
            assert_eq!(all.len(), folds);
            assert_eq!(all[folds - 1].score.end, n);
            for fold in &all {
                assert!(fold.train.end + purge == fold.score.start && fold.train.start == 0);
            }
            assert!(all.windows(2).all(|pair| pair[0].score.end == pair[1].score.start));
        }
        assert!(forward_folds(10, 0, 0).is_err() && forward_folds(10, 5, 0).is_err());
        assert!(forward_folds(usize::MAX, 1, usize::MAX).is_err());
    }

    #[test]
    fn out_of_fold_forecasts_do_not_move_when_later_targets_do() {
        let (rows, y) = sample(120);
        let before = out_of_fold(&rows, &y, 0.5, 5, 3).unwrap();
        let mut changed = y.clone();
        changed[80..].fill(99.0);
        let after = out_of_fold(&rows, &changed, 0.5, 5, 3).unwrap();
        assert_eq!(before[..80], after[..80]);
        assert!(before[..20].iter().all(Option::is_none) && before[20..].iter().all(Option::is_some));
    }

    #[test]
    fn noise_is_given_a_strong_penalty_and_signal_a_weak_one() {
        let (rows, y) = sample(180);
        let lambdas = [0.001, 0.1, 10.0, 1000.0];
        assert_eq!(fit_by_forward_folds(&rows, &y, &lambdas, 5, 2).unwrap().lambda, 0.001);
        let strong = [13, 31, 47, 59, 71].map(|shift| {
            let shuffled: Vec<f64> = (0..180).map(|i| y[(i * 77 + shift) % 180]).collect();
            fit_by_forward_folds(&rows, &shuffled, &lambdas, 5, 2).unwrap().lambda >= 10.0
        });
        assert!(strong.iter().filter(|yes| **yes).count() >= 3, "{strong:?}");
        assert!(fit_by_forward_folds(&rows, &y, &[], 5, 2).is_err());
    }
}
