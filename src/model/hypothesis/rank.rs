//! Tests on ranks: Spearman's correlation and the Mann-Whitney U.

use super::{Alternative, check_two};
use crate::model::ModelError;
use crate::model::descriptive::{correlation, mid_ranks, tie_term};
use crate::model::error::{LARGEST, SMALLEST};
use crate::model::probability::{normal_sf, student_t_sf};

/// Spearman's rank correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spearman {
    /// In [-1, 1].
    pub rho: f64,
    /// Pairs.
    pub n: usize,
}

impl Spearman {
    /// Two-sided p-value from t with `n_effective - 2` degrees of freedom; 0 for a perfect
    /// correlation, and 1 when the effective number leaves no degree of freedom. With dependent rows
    /// that number is below the number of pairs (C11).
    #[must_use]
    pub fn p_value(&self, n_effective: f64) -> f64 {
        let df = n_effective - 2.0;
        if !(SMALLEST..=LARGEST).contains(&df) {
            return 1.0;
        }
        let t = self.rho * (df / ((1.0 + self.rho) * (1.0 - self.rho))).sqrt();
        if self.rho.abs() >= 1.0 { 0.0 } else { 2.0 * student_t_sf(t.abs(), df) }
    }
}

/// Pearson correlation of mid-ranks.
///
/// # Errors
/// Unequal lengths, fewer than 3 pairs, values that are not finite, or a constant side.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Spearman, ModelError> {
    if x.len() != y.len() {
        return Err(ModelError::DimensionMismatch { left: x.len(), right: y.len() });
    }
    check_two(x, y)?;
    if x.len() < 3 {
        return Err(ModelError::TooShort { need: 3, got: x.len() });
    }
    let rho = correlation(&mid_ranks(x), &mid_ranks(y))
        .ok_or(ModelError::Degenerate { why: "one side is constant" })?;
    // Sums of ranks are exact; only the last division leaves a perfect correlation one digit short.
    let rho = if (1.0 - rho.abs()) < 4.0 * f64::EPSILON { rho.signum() } else { rho };
    Ok(Spearman { rho, n: x.len() })
}

/// How the p-value of U is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankMethod {
    /// By counting arrangements; ties are ignored, as is usual.
    Exact,
    /// Normal, with the tie-corrected variance.
    Asymptotic {
        /// Subtract one half before dividing.
        continuity: bool,
    },
}

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// Pairs with `x > y`, and half the ties.
    pub u: f64,
    /// Of the alternative asked for.
    pub p_value: f64,
}

/// The Mann-Whitney test that `x` tends to be different from, greater or less than `y`.
///
/// # Errors
/// An empty sample, values that are not finite, all values equal (asymptotic), or a product of
/// lengths above 90,000 (exact).
pub fn mann_whitney(
    x: &[f64],
    y: &[f64],
    alternative: Alternative,
    method: RankMethod,
) -> Result<MannWhitney, ModelError> {
    check_two(x, y)?;
    let (m, n) = (x.len() as f64, y.len() as f64);
    let pooled: Vec<f64> = x.iter().chain(y).copied().collect();
    let ranks = mid_ranks(&pooled);
    let u = ranks[..x.len()].iter().sum::<f64>() - m * (m + 1.0) / 2.0;
    let (extreme, sides) = match alternative {
        Alternative::TwoSided => (u.max(m * n - u), 2.0),
        Alternative::Greater => (u, 1.0),
        Alternative::Less => (m * n - u, 1.0),
    };
    let tail = match method {
        RankMethod::Exact => exact_sf(x.len(), y.len(), extreme)?,
        RankMethod::Asymptotic { continuity } => {
            let total = m + n;
            let variance = m * n / 12.0 * (total + 1.0 - tie_term(&pooled) / (total * (total - 1.0)));
            let distance = extreme - m * n / 2.0 - if continuity { 0.5 } else { 0.0 };
            if variance.is_nan() || variance <= 0.0 {
                return Err(ModelError::Degenerate { why: "all values are equal" });
            }
            normal_sf(distance / variance.sqrt())
        }
    };
    Ok(MannWhitney { u, p_value: (sides * tail).clamp(0.0, 1.0) })
}

/// `P(U >= u)` over all arrangements, as sums of positive probabilities.
fn exact_sf(m: usize, n: usize, u: f64) -> Result<f64, ModelError> {
    const MOST: usize = 90_000;
    if m.checked_mul(n).is_none_or(|product| product > MOST) {
        return Err(ModelError::OutOfDomain {
            name: "product of lengths",
            value: m as f64 * n as f64,
            domain: "at most 90000 for the exact distribution",
        });
    }
    let (short, long) = (m.min(n), m.max(n));
    // table[j][k] = P(U = k) for samples of sizes i and j; the larger of the two leads with
    // probability i/(i+j) and then beats all j.
    let mut table: Vec<Vec<f64>> = vec![vec![1.0]; short + 1];
    for i in 1..=long {
        for j in 1..=short {
            let (lead, rest) = (i as f64 / (i + j) as f64, j as f64 / (i + j) as f64);
            let mut next = vec![0.0; i * j + 1];
            for (k, p) in table[j].iter().enumerate() {
                next[k + j] += lead * p;
            }
            for (k, p) in table[j - 1].iter().enumerate() {
                next[k] += rest * p;
            }
            table[j] = next;
        }
    }
    let from = u.floor().max(0.0) as usize;
    Ok(table[short].iter().skip(from).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_distribution_counts_arrangements() {
        // Of the ten arrangements of 3 and 2, U = 6 and U = 5 once each.
        for (u, want) in [(6.0, 0.1), (5.0, 0.2), (0.0, 1.0), (7.0, 0.0)] {
            assert!((exact_sf(3, 2, u).unwrap() - want).abs() < 1e-15, "{u}");
            assert!((exact_sf(2, 3, u).unwrap() - want).abs() < 1e-15, "{u}");
        }
        assert!(exact_sf(301, 300, 1.0).is_err());
    }

    #[test]
    fn perfect_and_degenerate_ranks() {
        let up = spearman(&[1.0, 2.0, 3.0, 9.0], &[2.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!((up.rho, up.p_value(4.0)), (1.0, 0.0));
        assert!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]).is_err());
        assert!(spearman(&[1.0, 2.0], &[1.0, 2.0]).is_err());
        let method = RankMethod::Asymptotic { continuity: true };
        assert!(mann_whitney(&[1.0, 1.0], &[1.0], Alternative::TwoSided, method).is_err());
    }
}
