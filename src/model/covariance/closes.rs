//! Correlations of a few assets over the bars of one day.

use nalgebra::DMatrix;

use super::{correlation, shrinkage};
use crate::model::ModelError;
use crate::model::descriptive::variance;

/// Returns that vary by less than this are one number with rounding in it.
const LEAST_VARIANCE: f64 = 1e-16;

/// How assets moved together over some bars.
#[derive(Clone, PartialEq, Debug)]
pub struct CloseCorrelation {
    /// Correlation by row and column, in the order given, in [-1, 1]; `None` where an asset hardly
    /// traded, and it would say nothing.
    pub matrix: Vec<Vec<Option<f64>>>,
    /// Returns behind it.
    pub returns: usize,
    /// Weight of the common correlation that they were pulled towards, in [0, 1].
    pub intensity: f64,
}

/// Correlations of log returns from close to close (C18: pulled towards one common correlation,
/// because the returns are few). `closes` has a row per asset and a close per bar, `None` for a bar
/// without a trade: its price is that of the bar before, its return zero; before the first trade
/// there is no return either. An asset takes part if at least half of `least` returns are not zero.
///
/// # Errors
/// [`ModelError::TooShort`] below `least` returns (two at least), [`ModelError::EmptyInput`] without assets,
/// [`ModelError::DimensionMismatch`] for rows of unequal length, [`ModelError::OutOfDomain`] for a close
/// that is not above 0, [`ModelError::Degenerate`] if fewer than two assets traded enough.
pub fn of_closes(closes: &[Vec<Option<f64>>], least: usize) -> Result<CloseCorrelation, ModelError> {
    let bars = closes.first().ok_or(ModelError::EmptyInput)?.len();
    let least = least.max(2);
    if let Some(other) = closes.iter().find(|row| row.len() != bars) {
        return Err(ModelError::DimensionMismatch { left: bars, right: other.len() });
    }
    let returns = bars.saturating_sub(1);
    if returns < least {
        return Err(ModelError::TooShort { need: least, got: returns });
    }
    let series = closes.iter().map(|row| log_returns(row)).collect::<Result<Vec<_>, _>>()?;
    let moved = |row: &Vec<f64>| {
        row.iter().filter(|r| **r != 0.0).count() >= least.div_ceil(2) && variance(row, 1) > LEAST_VARIANCE
    };
    let kept: Vec<usize> = (0..series.len()).filter(|i| moved(&series[*i])).collect();
    if kept.len() < 2 {
        return Err(ModelError::Degenerate { why: "fewer than two assets traded enough" });
    }
    let sample = DMatrix::from_fn(returns, kept.len(), |t, i| series[kept[i]][t]);
    let shrunk = shrinkage::towards_constant_correlation(&sample, None)?;
    let among = correlation(&shrunk.covariance)?;
    let mut matrix = vec![vec![None; closes.len()]; closes.len()];
    for (a, i) in kept.iter().enumerate() {
        for (b, j) in kept.iter().enumerate() {
            matrix[*i][*j] = Some(among[(a, b)]);
        }
    }
    Ok(CloseCorrelation { matrix, returns, intensity: shrunk.intensity })
}

fn log_returns(closes: &[Option<f64>]) -> Result<Vec<f64>, ModelError> {
    let mut before: Option<f64> = None;
    let mut out = Vec::with_capacity(closes.len());
    for close in closes {
        if let Some(price) = close.filter(|p| !(*p > 0.0 && p.is_finite())) {
            return Err(ModelError::OutOfDomain { name: "close", value: price, domain: "above 0" });
        }
        out.push(close.zip(before).map_or(0.0, |(now, before)| (now / before).ln()));
        before = close.or(before);
    }
    Ok(out.into_iter().skip(1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(returns: &[f64]) -> Vec<Option<f64>> {
        let mut price = 100.0;
        let rest = returns.iter().map(|r| {
            price *= r.exp();
            Some(price)
        });
        std::iter::once(Some(100.0)).chain(rest).collect()
    }

    const A: [f64; 6] = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02];

    #[test]
    fn what_moves_together_has_one_and_against_minus_one() {
        let against: Vec<f64> = A.iter().map(|r| -2.0 * r).collect();
        let got = of_closes(&[path(&A), path(&against)], 6).unwrap();
        assert!((got.matrix[0][1].unwrap() + 1.0).abs() < 1e-9, "{got:?}");
        assert!((got.matrix[0][0].unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(got.returns, 6);
        // By hand: r = sum(ab) / sqrt(sum(aa) sum(bb)) about the means; two assets have one
        // correlation, which shrinking towards their mean leaves as it is.
        let b = [0.02, 0.01, -0.01, 0.0, 0.005, 0.005];
        let got = of_closes(&[path(&A), path(&b)], 4).unwrap();
        let plain = crate::model::descriptive::correlation(&A, &b).unwrap();
        assert!((got.matrix[1][0].unwrap() - plain).abs() < 1e-9);
    }

    #[test]
    fn what_hardly_trades_says_nothing() {
        let mut silent = vec![None; 7];
        silent[3] = Some(50.0);
        let got = of_closes(&[path(&A), silent, path(&[0.01; 6])], 6);
        // Equal returns do not vary: nothing to correlate with.
        assert!(got.is_err());
        let mut late = path(&[0.01, -0.01, 0.02, -0.02, 0.01, 0.03]);
        late[0] = None;
        let mut silent = vec![None; 7];
        silent[3] = Some(50.0);
        let got = of_closes(&[path(&A), silent, late], 6).unwrap();
        assert_eq!(got.matrix[0][1], None);
        assert_eq!(got.matrix[1][1], None);
        assert!(got.matrix[0][2].is_some_and(|r| r.abs() <= 1.0));
    }

    #[test]
    fn bad_closes_are_refused() {
        assert_eq!(of_closes(&[], 12), Err(ModelError::EmptyInput));
        assert_eq!(of_closes(&[path(&A), path(&A)], 12), Err(ModelError::TooShort { need: 12, got: 6 }));
        assert!(of_closes(&[path(&A), path(&A[..5])], 2).is_err());
        let mut bad = path(&A);
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            bad[2] = Some(value);
            assert!(matches!(of_closes(&[path(&A), bad.clone()], 2), Err(ModelError::OutOfDomain { .. })));
        }
    }
}
