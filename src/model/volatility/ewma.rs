//! Exponentially weighted variance, in the forms that are in use (C6).
//!
//! [`zero_mean`] is the product's, recursive and without a mean: one-step-ahead, so that a
//! standardised residual is never divided by a variance that contains it. [`weighted_variance`]
//! removes a weighted mean and has the four conventions of weights and bias that statistics
//! libraries offer.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::error::{check_finite, usable};

/// Where the recursion starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EwmaStart {
    /// At the first square.
    FirstSquare,
    /// At the mean square of the first so many values; of all, where there are fewer.
    MeanSquare(usize),
}

/// A zero-mean exponentially weighted variance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EwmaSpec {
    /// Weight of the previous variance, above 0 and below 1.
    pub lambda: f64,
    /// Where it starts.
    pub start: EwmaStart,
    /// Whether the variance at `t` contains the value at `t`, or only those before.
    pub include_current: bool,
}

impl EwmaSpec {
    /// `1 - 2 / (span + 1)`.
    #[must_use]
    pub(crate) fn lambda_of_span(span: f64) -> f64 {
        1.0 - 2.0 / (span + 1.0)
    }

    /// The product's: span 60, started at the mean square of the first 20, one step ahead.
    #[must_use]
    pub fn product() -> Self {
        Self { lambda: Self::lambda_of_span(60.0), start: EwmaStart::MeanSquare(20), include_current: false }
    }
}

/// The zero-mean recursion `v_{t+1} = lambda v_t + (1 - lambda) x_t^2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ewma {
    /// The variance of each value, with or without that value as the specification says.
    pub variance: Vec<f64>,
    /// The variance of the value after the last.
    pub next: f64,
}

/// Runs the recursion over a series.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], or [`ModelError::OutOfDomain`] for
/// `lambda` or an overflow.
pub fn zero_mean(x: &[f64], spec: &EwmaSpec) -> Result<Ewma, ModelError> {
    check_finite(x)?;
    let lambda = spec.lambda;
    if !(lambda > 0.0 && lambda < 1.0) {
        return Err(ModelError::OutOfDomain { name: "lambda", value: lambda, domain: "inside 0 to 1" });
    }
    let first = match spec.start {
        EwmaStart::FirstSquare => 1,
        EwmaStart::MeanSquare(n) => n.clamp(1, x.len()),
    };
    let start = x[..first].iter().map(|v| v * v).sum::<f64>() / first as f64;
    let mut next = start;
    let mut variance = Vec::with_capacity(x.len());
    for (t, value) in x.iter().enumerate() {
        let known_before = next;
        // Started at the first square, the first value is in the start and not counted twice.
        let counted = t > 0 || spec.start != EwmaStart::FirstSquare;
        if counted {
            next = lambda * next + (1.0 - lambda) * value * value;
        }
        variance.push(if spec.include_current { next } else { known_before });
    }
    if next.is_finite() && variance.iter().all(|v| v.is_finite()) {
        Ok(Ewma { variance, next })
    } else {
        let value = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        Err(ModelError::OutOfDomain { name: "value", value, domain: "with a finite square" })
    }
}

/// The product's recursion as a small machine: the variance known before each value, for scaling
/// it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EwmaFilter {
    lambda: f64,
    /// Squares still gathered for the start; empty once it is made.
    warming: Vec<f64>,
    next: Option<f64>,
    skipped: u64,
}

impl EwmaFilter {
    /// Values that make the start.
    const START: usize = 20;

    /// With the product's span of 60.
    #[must_use]
    pub fn product() -> Self {
        Self { lambda: EwmaSpec::lambda_of_span(60.0), warming: Vec::new(), next: None, skipped: 0 }
    }

    /// Takes the next value and gives the variance known before it; `None` over the first 20, which
    /// make the start. A value that has no finite square is skipped and counted.
    pub fn on_value(&mut self, x: f64) -> Option<f64> {
        let square = x * x;
        if !usable(x) {
            self.skipped += 1;
            return self.next;
        }
        let before = self.next;
        match before {
            Some(variance) => self.next = Some(self.lambda * variance + (1.0 - self.lambda) * square),
            None => self.warm_up(square),
        }
        before
    }

    /// The start is the mean square of the first 20, and these then run through the recursion as
    /// well.
    fn warm_up(&mut self, square: f64) {
        self.warming.push(square);
        if self.warming.len() == Self::START {
            let squares = std::mem::take(&mut self.warming);
            let start = squares.iter().sum::<f64>() / squares.len() as f64;
            let step = |variance: f64, square: &f64| self.lambda * variance + (1.0 - self.lambda) * square;
            self.next = Some(squares.iter().fold(start, step));
        }
    }

    /// The variance of the next value; `None` before the start.
    #[must_use]
    pub const fn next_variance(&self) -> Option<f64> {
        self.next
    }

    /// Values that could not be used.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Exponentially weighted variance about the weighted mean, at every value.
///
/// `adjust`: weights `(1-a)^i` normalised over what there is; otherwise weight `a (1-a)^i` and
/// `(1-a)^t` on the first value. Without `bias` the result is divided by `1 - sum w^2`, and
/// undefined at the first value.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], or [`ModelError::OutOfDomain`] for `span`
/// below 1.
pub fn weighted_variance(
    x: &[f64],
    span: f64,
    adjust: bool,
    bias: bool,
) -> Result<Vec<Option<f64>>, ModelError> {
    check_finite(x)?;
    if !(span >= 1.0 && span.is_finite()) {
        return Err(ModelError::OutOfDomain { name: "span", value: span, domain: "at least 1" });
    }
    let alpha = 2.0 / (span + 1.0);
    let fresh = if adjust { 1.0 } else { alpha };
    // The weights before the newest value: their sum and the sum of their squares, in units in
    // which the newest has `fresh`.
    let (mut total, mut squares) = (1.0, 1.0);
    let (mut mean, mut variance) = (x[0], 0.0);
    let mut out = Vec::with_capacity(x.len());
    for (t, value) in x.iter().enumerate() {
        if t > 0 {
            total *= 1.0 - alpha;
            squares *= (1.0 - alpha).powi(2);
            let sum = total + fresh;
            let shift = fresh / sum * (value - mean);
            let moved = mean + shift;
            variance = (total * (variance + shift * shift) + fresh * (value - moved).powi(2)) / sum;
            mean = moved;
            (total, squares) = (sum, squares + fresh * fresh);
            if !adjust {
                (total, squares) = (1.0, squares / (sum * sum));
            }
        }
        let free = 1.0 - squares / (total * total);
        out.push(match (bias, free > 0.0) {
            (true, _) => Some(variance),
            (false, true) => Some(variance / free),
            (false, false) => None,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_variance_is_known_before_its_value() {
        let x: Vec<f64> = (0..40).map(|i| if i == 30 { 1.0 } else { 0.01 }).collect();
        let path = zero_mean(&x, &EwmaSpec::product()).unwrap();
        assert!((EwmaSpec::product().lambda - 0.967_21).abs() < 1e-5);
        assert!((path.variance[30] - 1e-4).abs() < 1e-15, "the jump is not in its own variance");
        assert!(path.variance[31] > 0.03);
    }

    #[test]
    fn one_value_at_a_time_is_the_batch_form() {
        let x: Vec<f64> = (0..90).map(|i| 0.01 * f64::from(i * i % 17) - 0.06).collect();
        let mut filter = EwmaFilter::product();
        for t in 0..x.len() {
            let known = filter.on_value(x[t]);
            let batch = zero_mean(&x[..=t], &EwmaSpec::product()).unwrap();
            assert_eq!(known.is_some(), t >= 20, "{t}");
            assert_eq!(known, (t >= 20).then(|| batch.variance[t]), "{t}");
            assert_eq!(filter.next_variance(), (t >= 19).then_some(batch.next), "{t}");
        }
        filter.on_value(f64::NAN);
        assert_eq!(filter.skipped(), 1);
    }

    /// The recursion against the weights written out.
    #[test]
    fn the_four_conventions_are_their_weights() {
        let x = [0.3, -1.2, 0.8, 0.05, 2.0, -0.7];
        let alpha = 2.0 / 6.0;
        for (adjust, bias) in [(true, true), (true, false), (false, true), (false, false)] {
            let got = weighted_variance(&x, 5.0, adjust, bias).unwrap();
            for (t, got) in got.iter().enumerate() {
                let weight = |i: usize| {
                    let age = (t - i) as i32;
                    let base = (1.0f64 - alpha).powi(age);
                    if adjust || i == 0 { base } else { alpha * base }
                };
                let total: f64 = (0..=t).map(weight).sum();
                let w: Vec<f64> = (0..=t).map(|i| weight(i) / total).collect();
                let mean: f64 = (0..=t).map(|i| w[i] * x[i]).sum();
                let var: f64 = (0..=t).map(|i| w[i] * (x[i] - mean).powi(2)).sum();
                let free = 1.0 - w.iter().map(|v| v * v).sum::<f64>();
                let want = if bias { Some(var) } else { (t > 0).then(|| var / free) };
                assert_eq!(got.is_some(), want.is_some(), "{adjust} {bias} {t}");
                assert!((got.unwrap_or(0.0) - want.unwrap_or(0.0)).abs() < 1e-12, "{adjust} {bias} {t}");
            }
        }
    }
}
