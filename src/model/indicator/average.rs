//! Moving averages.

use super::{Window, check_window};
use crate::model::ModelError;
use crate::model::error::usable;

/// Simple moving average.
#[derive(Clone, Debug)]
pub struct Sma(Window);

impl Sma {
    /// Over `n` values.
    ///
    /// # Errors
    /// `n` of 0.
    pub fn new(n: usize) -> Result<Self, ModelError> {
        check_window("n", n).map(|n| Self(Window::new(n)))
    }

    /// Takes a value; `None` until `n` are known.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        (self.0.push(value) && self.0.is_full()).then(|| self.0.mean())
    }

    /// Forgets what was seen.
    pub fn reset(&mut self) {
        self.0.values.clear();
    }
}

/// Exponential moving average with weight `2/(span + 1)`, starting at the first value.
#[derive(Clone, Debug)]
pub struct Ema {
    weight: f64,
    value: Option<f64>,
}

impl Ema {
    /// With a span in values.
    ///
    /// # Errors
    /// A span of 0.
    pub fn new(span: usize) -> Result<Self, ModelError> {
        let span = check_window("span", span)?;
        Ok(Self { weight: 2.0 / (span as f64 + 1.0), value: None })
    }

    /// Takes a value and gives the average with it; 0 before the first usable one.
    pub fn push(&mut self, value: f64) -> f64 {
        if !usable(value) {
            return self.last();
        }
        let next = match self.value {
            None => value,
            Some(last) => self.weight * value + (1.0 - self.weight) * last,
        };
        self.value = Some(next);
        next
    }

    /// The average of what was taken so far; 0 of nothing.
    pub(super) fn last(&self) -> f64 {
        self.value.unwrap_or(0.0)
    }
}

/// Wilder's average: seeded with the simple mean of the first `n` values, then
/// `(last (n - 1) + value)/n`.
#[derive(Clone, Debug)]
pub struct Wilder {
    n: f64,
    seen: f64,
    sum: f64,
}

impl Wilder {
    /// Over `n` values.
    ///
    /// # Errors
    /// `n` of 0.
    pub fn new(n: usize) -> Result<Self, ModelError> {
        check_window("n", n).map(|n| Self { n: n as f64, seen: 0.0, sum: 0.0 })
    }

    /// Takes a value; `None` until the seed is complete.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        if !usable(value) {
            return None;
        }
        if self.seen < self.n {
            self.seen += 1.0;
            self.sum += value;
        } else {
            // `sum` holds n times the average.
            self.sum += value - self.sum / self.n;
        }
        (self.seen >= self.n).then(|| self.sum / self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_start_where_they_say() {
        let run = |mut push: Box<dyn FnMut(f64) -> Option<f64>>| -> Vec<Option<f64>> {
            [1.0, 2.0, 6.0, 3.0].iter().map(|v| push(*v)).collect()
        };
        let (mut sma, mut ema, mut wilder) =
            (Sma::new(2).unwrap(), Ema::new(3).unwrap(), Wilder::new(2).unwrap());
        assert_eq!(run(Box::new(move |v| sma.push(v))), [None, Some(1.5), Some(4.0), Some(4.5)]);
        assert_eq!(run(Box::new(move |v| Some(ema.push(v)))), [1.0, 1.5, 3.75, 3.375].map(Some));
        assert_eq!(run(Box::new(move |v| wilder.push(v))), [None, Some(1.5), Some(3.75), Some(3.375)]);
    }
}
