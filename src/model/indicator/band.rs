//! Bollinger bands.

use super::{Window, check_window};
use crate::model::ModelError;
use crate::model::error::usable;

/// The bands at one observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Simple mean of the window.
    pub middle: f64,
    /// Mean plus `k` deviations.
    pub upper: f64,
    /// Mean less `k` deviations.
    pub lower: f64,
    /// `(value - lower)/(upper - lower)`; `None` when the window is flat.
    pub position: Option<f64>,
}

/// Bands of `k` population deviations around a simple mean.
#[derive(Clone, Debug)]
pub struct Bollinger {
    window: Window,
    k: f64,
}

impl Bollinger {
    /// Over `n` values.
    ///
    /// # Errors
    /// `n` of 0, or `k` that is not positive and finite.
    pub fn new(n: usize, k: f64) -> Result<Self, ModelError> {
        if !(k > 0.0 && usable(k)) {
            return Err(ModelError::OutOfDomain { name: "k", value: k, domain: "above 0" });
        }
        check_window("n", n).map(|n| Self { window: Window::new(n), k })
    }

    /// Takes a value; `None` until `n` are known.
    pub fn push(&mut self, value: f64) -> Option<Band> {
        if !self.window.push(value) || !self.window.is_full() {
            return None;
        }
        let first = self.window.values.front().copied().unwrap_or(value);
        if self.window.values.iter().all(|v| *v == first) {
            // The rounding of the mean must not become a deviation.
            return Some(Band { middle: first, upper: first, lower: first, position: None });
        }
        let middle = self.window.mean();
        let n = self.window.n as f64;
        let squares: f64 = self.window.values.iter().map(|v| (v - middle) * (v - middle)).sum();
        let reach = self.k * (squares / n).sqrt();
        let (upper, lower) = (middle + reach, middle - reach);
        let position = (upper > lower).then(|| (value - lower) / (upper - lower));
        Some(Band { middle, upper, lower, position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_window_has_no_position_and_a_step_has() {
        let mut bands = Bollinger::new(3, 2.0).unwrap();
        let all: Vec<Option<Band>> = [0.1, 0.1, 0.1, 0.4].iter().map(|v| bands.push(*v)).collect();
        assert_eq!(all[1], None);
        assert_eq!(all[2], Some(Band { middle: 0.1, upper: 0.1, lower: 0.1, position: None }));
        let last = all[3].unwrap();
        assert!(
            (last.middle - 0.2).abs() < 1e-15 && (last.upper - 0.2 - 2.0 * 0.02_f64.sqrt()).abs() < 1e-15
        );
    }
}
