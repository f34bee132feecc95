//! Equality of variances.

use super::Tested;
use crate::model::ModelError;
use crate::model::descriptive::{mean, median};
use crate::model::error::check_series;
use crate::model::probability::f_sf;

/// What deviations are measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// The group mean: Levene's original.
    Mean,
    /// The group median: Brown and Forsythe, safe with heavy tails.
    Median,
}

/// Levene's test that groups share one variance; F with `k - 1` and `N - k` degrees of freedom.
///
/// # Errors
/// Fewer than two groups, an empty group, values that are not finite, or deviations that do not
/// vary within groups (`Degenerate`).
pub fn levene(groups: &[Vec<f64>], centre: Centre) -> Result<Tested, ModelError> {
    if groups.len() < 2 {
        return Err(ModelError::TooShort { need: 2, got: groups.len() });
    }
    groups.iter().try_for_each(|group| check_series(group, 1))?;
    let deviations: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| {
            let middle = if centre == Centre::Mean { mean(group) } else { median(group) };
            group.iter().map(|value| (value - middle).abs()).collect()
        })
        .collect();
    let total: usize = groups.iter().map(Vec::len).sum();
    let (k, n) = (groups.len() as f64, total as f64);
    let grand = deviations.iter().flatten().sum::<f64>() / n;
    let between: f64 = deviations.iter().map(|d| d.len() as f64 * (mean(d) - grand).powi(2)).sum();
    let within: f64 = deviations.iter().map(|d| super::super::descriptive::sum_of_squares(d)).sum();
    let statistic = (n - k) * between / ((k - 1.0) * within);
    if !statistic.is_finite() {
        return Err(ModelError::Degenerate { why: "deviations do not vary within the groups" });
    }
    Ok(Tested { statistic, p_value: f_sf(statistic, k - 1.0, n - k) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_without_spread_are_refused() {
        assert!(levene(&[vec![1.0, 1.0], vec![2.0, 2.0]], Centre::Median).is_err());
        assert!(levene(&[vec![1.0, 2.0]], Centre::Median).is_err());
        assert!(levene(&[vec![1.0, 2.0], vec![]], Centre::Mean).is_err());
        let same = levene(&[vec![1.0, 2.0, 4.0], vec![11.0, 12.0, 14.0]], Centre::Mean).unwrap();
        assert!(same.statistic.abs() < 1e-12 && same.p_value > 0.999);
    }
}
