//! Student's and Welch's t-tests.

use super::{Alternative, check_two};
use crate::model::ModelError;
use crate::model::descriptive::{mean, variance};
use crate::model::error::{check_finite, check_series, finite};
use crate::model::probability::{student_t_quantile, student_t_sf};
use crate::model::units::require;

/// A confidence interval; an end that is open is `None`.
pub type Interval = (Option<f64>, Option<f64>);

/// The result of a t-test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// The t-value.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// What was estimated: the mean, or the difference of means.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
}

impl TTest {
    fn new(estimate: f64, null: f64, std_error: f64, df: f64) -> Result<Self, ModelError> {
        let statistic = (estimate - null) / std_error;
        if statistic.is_finite() && df.is_finite() {
            Ok(Self { statistic, df, estimate, std_error })
        } else {
            Err(ModelError::Degenerate { why: "the sample has no variance" })
        }
    }

    /// The p-value of an alternative.
    #[must_use]
    pub fn p_value(&self, alternative: Alternative) -> f64 {
        match alternative {
            Alternative::TwoSided => 2.0 * student_t_sf(self.statistic.abs(), self.df),
            Alternative::Greater => student_t_sf(self.statistic, self.df),
            Alternative::Less => student_t_sf(-self.statistic, self.df),
        }
    }

    /// The confidence interval that belongs to an alternative, `confidence` in (0, 1); the open end of
    /// a one-sided one is `None`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for the confidence; one so near 1 that the interval has no end is one.
    pub fn interval(&self, alternative: Alternative, confidence: f64) -> Result<Interval, ModelError> {
        require(confidence > 0.0 && confidence < 1.0, "confidence", confidence, "inside 0 to 1")?;
        let reach = |p: f64| finite("reach of the interval", self.std_error * student_t_quantile(p, self.df));
        Ok(match alternative {
            Alternative::TwoSided => {
                let half = reach(0.5 + confidence / 2.0)?;
                (Some(self.estimate - half), Some(self.estimate + half))
            }
            Alternative::Greater => (Some(self.estimate - reach(confidence)?), None),
            Alternative::Less => (None, Some(self.estimate + reach(confidence)?)),
        })
    }
}

/// Student's test of a mean against `null`.
///
/// # Errors
/// Fewer than two values, values that are not finite, or no variance (`Degenerate`).
pub fn t_test(x: &[f64], null: f64) -> Result<TTest, ModelError> {
    check_series(x, 2)?;
    check_finite(&[null])?;
    let n = x.len() as f64;
    TTest::new(mean(x), null, (variance(x, 1) / n).sqrt(), n - 1.0)
}

/// Welch's test of `mean(x) - mean(y)` against zero, with the Welch-Satterthwaite degrees of freedom.
///
/// # Errors
/// Fewer than two values in either sample, values that are not finite, or no variance in both.
pub fn welch(x: &[f64], y: &[f64]) -> Result<TTest, ModelError> {
    check_two(x, y)?;
    check_series(x, 2)?;
    check_series(y, 2)?;
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (vx, vy) = (variance(x, 1) / n, variance(y, 1) / m);
    let df = (vx + vy).powi(2) / (vx * vx / (n - 1.0) + vy * vy / (m - 1.0));
    TTest::new(mean(x) - mean(y), 0.0, (vx + vy).sqrt(), df)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sided_p_values_add_up_and_intervals_contain_the_estimate() {
        let test = t_test(&[1.0, 2.0, 4.0, 3.0, 2.5], 2.0).unwrap();
        let sum = test.p_value(Alternative::Greater) + test.p_value(Alternative::Less);
        assert!((sum - 1.0).abs() < 1e-12);
        for side in [Alternative::TwoSided, Alternative::Greater, Alternative::Less] {
            let (low, high) = test.interval(side, 0.95).unwrap();
            assert!(
                low.is_none_or(|low| low < test.estimate) && high.is_none_or(|high| test.estimate < high)
            );
            assert!(low.is_some() || high.is_some());
        }
        assert!(t_test(&[1.0, 1.0], 0.0).is_err());
        assert!(t_test(&[1.0], 0.0).is_err());
        assert!(t_test(&[1.0, 2.0], f64::NAN).is_err());
        assert!(welch(&[1.0, 1.0], &[2.0, 2.0]).is_err());
    }
}
