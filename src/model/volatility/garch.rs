//! The GARCH(1,1) recursion at given parameters (Bollerslev 1986).
//!
//! `x_t = m + e_t`, `sigma_t^2 = omega + alpha e_{t-1}^2 + beta sigma_{t-1}^2`; before the first
//! value both terms are the backcast.

use serde::{Deserialize, Serialize};

use super::errors::Errors;
use super::{VariancePath, backcast, finite_path};
use crate::model::ModelError;

/// A GARCH(1,1) with a constant mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Garch {
    /// Mean, in the unit of the data.
    pub mu: f64,
    /// Constant of the variance; positive.
    pub omega: f64,
    /// Weight of the last squared error; not negative.
    pub alpha: f64,
    /// Weight of the last variance; not negative.
    pub beta: f64,
    /// Distribution of the standardised error.
    pub errors: Errors,
}

impl Garch {
    /// Refuses parameters with which a variance could be zero or negative.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`].
    pub fn check(&self) -> Result<(), ModelError> {
        let bad = |name, value, domain| Err(ModelError::OutOfDomain { name, value, domain });
        if !self.mu.is_finite() {
            return bad("mu", self.mu, "finite");
        }
        if !(self.omega > 0.0 && self.omega.is_finite()) {
            return bad("omega", self.omega, "above 0");
        }
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(value >= 0.0 && value.is_finite()) {
                return bad(name, value, "at least 0");
            }
        }
        self.errors.check()
    }

    pub(super) fn run(&self, y: &[f64], backcast: f64, mut visit: impl FnMut(f64)) -> (f64, f64) {
        let mut variance = self.omega + (self.alpha + self.beta) * backcast;
        let mut sum = y.len() as f64 * self.errors.log_constant();
        for value in y {
            let square = (value - self.mu).powi(2);
            sum += self.errors.log_kernel(square / variance, variance.ln());
            visit(variance);
            variance = self.omega + self.alpha * square + self.beta * variance;
        }
        (sum, variance)
    }

    /// The conditional variances of a series.
    ///
    /// # Errors
    /// As [`backcast`]; [`ModelError::OutOfDomain`]; [`ModelError::Degenerate`] when the recursion
    /// overflows.
    pub fn variances(&self, y: &[f64]) -> Result<VariancePath, ModelError> {
        self.check()?;
        let start = backcast(y)?;
        let mut variance = Vec::with_capacity(y.len());
        let (log_likelihood, next) = self.run(y, start, |v| variance.push(v));
        finite_path(VariancePath { log_likelihood, backcast: start, variance, next })
    }

    /// `E[sigma^2]` 1 to `horizon` steps ahead, from the variance of the next value: exact.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] when it overflows, which it can where `alpha + beta > 1`.
    pub fn forecast(&self, next: f64, horizon: usize) -> Result<Vec<f64>, ModelError> {
        let step = |v: &f64| Some(self.omega + (self.alpha + self.beta) * v);
        let ahead: Vec<f64> = std::iter::successors(Some(next), step).take(horizon).collect();
        match ahead.iter().find(|v| !v.is_finite()) {
            Some(&value) => Err(ModelError::OutOfDomain { name: "variance", value, domain: "finite" }),
            None => Ok(ahead),
        }
    }
}
