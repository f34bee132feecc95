//! Value at risk and expected shortfall by counting past losses (K8).

use crate::model::ModelError;
use crate::model::error::check_finite;

/// Losses in ascending order; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    ascending: Vec<f64>,
}

impl Losses {
    /// Minus the returns.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`], [`ModelError::NonFinite`].
    pub fn of_returns(returns: &[f64]) -> Result<Self, ModelError> {
        check_finite(returns)?;
        let mut ascending: Vec<f64> = returns.iter().map(|r| -r).collect();
        ascending.sort_by(f64::total_cmp);
        Ok(Self { ascending })
    }

    /// The losses, smallest first.
    #[must_use]
    pub fn ascending(&self) -> &[f64] {
        &self.ascending
    }

    /// The quantile of the losses, linear between order statistics (type 7). `q` is taken into 0 to
    /// 1.
    #[must_use]
    pub(crate) fn value_at_risk(&self, q: f64) -> f64 {
        let last = self.ascending.len() - 1;
        let place = q.clamp(0.0, 1.0) * last as f64;
        let low = (place.floor() as usize).min(last);
        let high = (low + 1).min(last);
        let (a, b) = (self.ascending[low], self.ascending[high]);
        a + (place - low as f64) * (b - a)
    }

    /// Expected shortfall: the mean of the worst `(1 - confidence) n` losses, the last of them
    /// counted by the part that belongs (Acerbi and Tasche; Rockafellar and Uryasev). Where that is
    /// less than one loss, the largest.
    #[must_use]
    pub(crate) fn expected_shortfall(&self, confidence: f64) -> f64 {
        let n = self.ascending.len();
        let count = (1.0 - confidence.clamp(0.0, 1.0)) * n as f64;
        if count <= 1.0 {
            return self.ascending[n - 1];
        }
        let whole = (count.floor() as usize).min(n);
        let sum: f64 = self.ascending[n - whole..].iter().sum();
        let rest = if whole < n { (count - whole as f64) * self.ascending[n - whole - 1] } else { 0.0 };
        (sum + rest) / count
    }

    /// The mean of the losses at or above a level; the level itself where there is none.
    #[must_use]
    pub(crate) fn mean_from(&self, level: f64) -> f64 {
        let tail = &self.ascending[self.ascending.partition_point(|loss| *loss < level)..];
        if tail.is_empty() { level } else { tail.iter().sum::<f64>() / tail.len() as f64 }
    }

    /// How many losses are strictly above a level.
    #[must_use]
    pub fn count_above(&self, level: f64) -> usize {
        self.ascending.len() - self.ascending.partition_point(|loss| *loss <= level)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_losses_by_hand() {
        let returns: Vec<f64> = (1..=10).map(|k| -f64::from(k)).collect();
        let losses = Losses::of_returns(&returns).unwrap();
        for (confidence, var, shortfall) in
            [(0.8, 8.2, 9.5), (0.85, 8.65, (10.0 + 0.5 * 9.0) / 1.5), (0.9, 9.1, 10.0), (0.99, 9.91, 10.0)]
        {
            assert!((losses.value_at_risk(confidence) - var).abs() < 1e-12, "{confidence}");
            assert!((losses.expected_shortfall(confidence) - shortfall).abs() < 1e-12, "{confidence}");
        }
        assert_eq!((losses.count_above(9.0), losses.count_above(8.5)), (1, 2));
        assert_eq!(losses.mean_from(9.0), 9.5);
        assert_eq!(losses.mean_from(11.0), 11.0);
    }

    proptest! {
        /// The shortfall is the minimum of `a + E(L - a)+ / (1 - c)`, and never below the value at
        /// risk by more than interpolation.
        #[test]
        fn the_shortfall_is_the_rockafellar_uryasev_minimum(
            returns in prop::collection::vec(-1.0..1.0f64, 1..80), confidence in 0.5..0.99f64,
        ) {
            let losses = Losses::of_returns(&returns).unwrap();
            prop_assume!((1.0 - confidence) * returns.len() as f64 >= 1.0);
            let objective = |a: f64| {
                let excess: f64 = losses.ascending().iter().map(|l| (l - a).max(0.0)).sum();
                a + excess / returns.len() as f64 / (1.0 - confidence)
            };
            let minimum = losses.ascending().iter().map(|a| objective(*a)).fold(f64::INFINITY, f64::min);
            let shortfall = losses.expected_shortfall(confidence);
            prop_assert!((shortfall - minimum).abs() < 1e-9, "{shortfall} {minimum}");
        }
    }
}
