//! Which features a model keeps (C11): significant rank correlation with the target on the
//! training window, corrected for how many were tried, without near copies.

use std::ops::Range;

use crate::model::ModelError;
use crate::model::descriptive::{autocovariances, correlation, mid_ranks};
use crate::model::hypothesis::spearman;
use crate::model::multiple_testing::{Correction, correct};

/// A candidate with its values, one per row; `None` is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The feature's name.
    pub name: String,
    /// Its values.
    pub values: Vec<Option<f64>>,
}

/// The rules of a selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Level of the Bonferroni test, divided by the number of candidates.
    pub alpha: f64,
    /// Two features correlated above this are near copies.
    pub copy_correlation: f64,
    /// At most this many are kept.
    pub most: usize,
    /// How many rows ahead the target reaches; neighbours then overlap.
    pub horizon: usize,
}

impl Rules {
    /// The specification's rules for a horizon.
    #[must_use]
    pub const fn standard(horizon: usize) -> Self {
        Self { alpha: 0.01, copy_correlation: 0.9, most: 20, horizon }
    }
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Kept.
    Kept,
    /// Not significant after correction.
    NotSignificant,
    /// Fewer than 30 complete pairs.
    TooFewPairs,
    /// The feature or the target does not vary.
    Constant,
    /// A near copy of a stronger one.
    CopyOf(String),
    /// Significant, and weaker than as many as are kept.
    BeyondLimit,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The feature.
    pub name: String,
    /// Complete pairs in the training window.
    pub pairs: usize,
    /// Effective number of independent pairs.
    pub effective: f64,
    /// Spearman correlation; `None` where it is not defined.
    pub rho: Option<f64>,
    /// P-value; 1 where there is none.
    pub p_value: f64,
    /// Bonferroni-adjusted.
    pub bonferroni: f64,
    /// Benjamini-Hochberg-adjusted, for the report only.
    pub benjamini_hochberg: f64,
    /// What became of it.
    pub verdict: Verdict,
}

const MINIMUM_PAIRS: usize = 30;

/// Judges every candidate against the target on the training rows only.
///
/// # Errors
/// No candidates, series of different lengths, training rows outside them, a value that is not
/// finite, or rules outside their domain.
pub fn select(
    candidates: &[Candidate],
    target: &[Option<f64>],
    train: Range<usize>,
    rules: Rules,
) -> Result<Vec<Judged>, ModelError> {
    check(candidates, target, &train, rules)?;
    let target = &target[train.clone()];
    let columns: Vec<&[Option<f64>]> = candidates.iter().map(|c| &c.values[train.clone()]).collect();
    let mut judged: Vec<Judged> =
        candidates.iter().zip(&columns).map(|(c, values)| judge(&c.name, values, target, rules)).collect();
    let p_values: Vec<f64> = judged.iter().map(|line| line.p_value).collect();
    let bonferroni = correct(&p_values, rules.alpha, Correction::Bonferroni)?;
    let discovery = correct(&p_values, rules.alpha, Correction::BenjaminiHochberg)?;
    for (i, line) in judged.iter_mut().enumerate() {
        line.bonferroni = bonferroni.adjusted[i];
        line.benjamini_hochberg = discovery.adjusted[i];
        // Strictly below, so that alpha itself does not pass.
        if line.verdict == Verdict::Kept && line.bonferroni >= rules.alpha {
            line.verdict = Verdict::NotSignificant;
        }
    }
    drop_copies_and_surplus(&mut judged, &columns, rules);
    Ok(judged)
}

fn check(
    candidates: &[Candidate],
    target: &[Option<f64>],
    train: &Range<usize>,
    rules: Rules,
) -> Result<(), ModelError> {
    if candidates.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    if train.start > train.end || train.end > target.len() {
        return Err(ModelError::DimensionMismatch { left: train.end, right: target.len() });
    }
    let (copy, domain) = (rules.copy_correlation, "(0, 1]");
    if !(copy > 0.0 && copy <= 1.0) {
        return Err(ModelError::OutOfDomain { name: "copy correlation", value: copy, domain });
    }
    for values in candidates.iter().map(|c| c.values.as_slice()).chain([target]) {
        if values.len() != target.len() {
            return Err(ModelError::DimensionMismatch { left: values.len(), right: target.len() });
        }
        if let Some(index) = values.iter().position(|value| value.is_some_and(|v| !v.is_finite())) {
            return Err(ModelError::NonFinite { index });
        }
    }
    Ok(())
}

fn complete(x: &[Option<f64>], y: &[Option<f64>]) -> (Vec<f64>, Vec<f64>) {
    x.iter().zip(y).filter_map(|(a, b)| a.zip(*b)).unzip()
}

fn judge(name: &str, values: &[Option<f64>], target: &[Option<f64>], rules: Rules) -> Judged {
    let (x, y) = complete(values, target);
    let mut line = Judged {
        name: name.to_owned(),
        pairs: x.len(),
        effective: 0.0,
        rho: None,
        p_value: 1.0,
        bonferroni: 1.0,
        benjamini_hochberg: 1.0,
        verdict: Verdict::Kept,
    };
    if x.len() < MINIMUM_PAIRS {
        line.verdict = Verdict::TooFewPairs;
        return line;
    }
    match spearman(&x, &y) {
        Ok(test) => {
            line.effective = effective_pairs(&x, &y, rules.horizon);
            line.rho = Some(test.rho);
            line.p_value = test.p_value(line.effective);
        }
        Err(_) => line.verdict = Verdict::Constant,
    }
    line
}

/// `n / (1 + 2 sum (1 - k/(h+1)) rho_x(k) rho_y(k))`, within [3, n]: rows whose targets overlap
/// are not independent.
#[must_use]
pub fn effective_pairs(x: &[f64], y: &[f64], horizon: usize) -> f64 {
    let n = x.len() as f64;
    let lags = horizon.min(x.len().saturating_sub(1));
    let (cx, cy) = (autocovariances(&mid_ranks(x), lags), autocovariances(&mid_ranks(y), lags));
    let term = |k: usize| (1.0 - k as f64 / (horizon as f64 + 1.0)) * cx[k] / cx[0] * cy[k] / cy[0];
    let inflation = 1.0 + 2.0 * (1..=lags).map(term).sum::<f64>();
    // An inflation that is not positive says nothing about dependence: all rows count.
    let effective = if inflation > 0.0 { n / inflation } else { n };
    if effective.is_finite() { effective.min(n).max(3.0) } else { n }
}

/// From the strongest down: a near copy of one already kept goes, and so does what is over the limit.
fn drop_copies_and_surplus(judged: &mut [Judged], columns: &[&[Option<f64>]], rules: Rules) {
    let strength = |line: &Judged| line.rho.map_or(0.0, f64::abs);
    let mut order: Vec<usize> = (0..judged.len()).filter(|i| judged[*i].verdict == Verdict::Kept).collect();
    order.sort_by(|&a, &b| strength(&judged[b]).total_cmp(&strength(&judged[a])));
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        let copied = kept.iter().find(|j| {
            let (x, y) = complete(columns[i], columns[**j]);
            let together = correlation(&mid_ranks(&x), &mid_ranks(&y));
            together.is_some_and(|rho| rho.abs() > rules.copy_correlation)
        });
        if let Some(original) = copied {
            judged[i].verdict = Verdict::CopyOf(judged[*original].name.clone());
        } else if kept.len() >= rules.most {
            judged[i].verdict = Verdict::BeyondLimit;
        } else {
            kept.push(i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f64 / f64::from(1 << 24) - 0.5
            })
            .collect()
    }

    fn candidate(name: &str, values: impl IntoIterator<Item = f64>) -> Candidate {
        Candidate { name: name.to_owned(), values: values.into_iter().map(Some).collect() }
    }

    #[test]
    fn each_verdict_is_reached() {
        let y = noise(1, 200);
        let near = |seed, weight: f64| -> Vec<f64> {
            y.iter().zip(noise(seed, 200)).map(|(y, e)| y + weight * e).collect()
        };
        let strong = near(2, 0.5);
        let copy: Vec<f64> = strong.iter().zip(noise(3, 200)).map(|(s, e)| s + 0.1 * e).collect();
        let mut sparse = candidate("sparse", near(4, 0.1));
        sparse.values[29..].fill(None);
        let candidates = [
            candidate("strong", strong),
            candidate("copy", copy),
            candidate("second", near(5, 1.0)),
            candidate("third", near(6, 1.5)),
            candidate("noise", noise(7, 200)),
            candidate("flat", vec![1.0; 200]),
            sparse,
        ];
        let target: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
        let rules = Rules { most: 2, ..Rules::standard(1) };
        let judged = select(&candidates, &target, 0..200, rules).unwrap();
        let verdicts: Vec<&Verdict> = judged.iter().map(|line| &line.verdict).collect();
        assert_eq!(
            verdicts,
            [
                &Verdict::Kept,
                &Verdict::CopyOf("strong".to_owned()),
                &Verdict::Kept,
                &Verdict::BeyondLimit,
                &Verdict::NotSignificant,
                &Verdict::Constant,
                &Verdict::TooFewPairs,
            ]
        );
        assert!(judged.iter().all(|line| line.p_value <= line.benjamini_hochberg));
        assert_eq!(judged[5].p_value, 1.0);
    }

    #[test]
    fn what_lies_outside_the_training_rows_changes_nothing() {
        let (x, y) = (noise(8, 120), noise(9, 120));
        let run = |x: &[f64], y: &[f64]| {
            let target: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
            select(&[candidate("x", x.to_vec())], &target, 10..90, Rules::standard(5)).unwrap()
        };
        let (mut other_x, mut other_y) = (x.clone(), y.clone());
        other_x[90..].fill(7.0);
        other_y[..10].fill(-7.0);
        assert_eq!(run(&x, &y), run(&other_x, &other_y));
    }

    #[test]
    fn overlapping_targets_count_for_less() {
        let smooth = |seed| -> Vec<f64> { noise(seed, 320).windows(20).map(|w| w.iter().sum()).collect() };
        let (x, y) = (smooth(10), smooth(11));
        let effective = effective_pairs(&x, &y, 20);
        assert!((3.0..0.25 * x.len() as f64).contains(&effective), "{effective}");
        assert!(effective_pairs(&noise(12, 300), &noise(13, 300), 5) > 250.0);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let target = vec![Some(1.0); 40];
        assert!(select(&[], &target, 0..40, Rules::standard(1)).is_err());
        assert!(select(&[candidate("x", vec![1.0; 39])], &target, 0..40, Rules::standard(1)).is_err());
        assert!(select(&[candidate("x", vec![1.0; 40])], &target, 0..41, Rules::standard(1)).is_err());
        assert!(select(&[candidate("x", vec![f64::NAN; 40])], &target, 0..40, Rules::standard(1)).is_err());
    }
}
