//! The EGARCH(1,1) recursion with leverage, at given parameters (C6, Nelson 1991).
//!
//! `x_t = m + sigma_t z_t`, `ln sigma_t^2 = omega + alpha (|z_{t-1}| - K) + gamma z_{t-1} + beta ln
//! sigma_{t-1}^2`. There is no condition on `alpha + beta`: only `|beta| < 1` governs. `gamma < 0`
//! is the leverage effect.

use serde::{Deserialize, Serialize};

use super::errors::{Errors, MEAN_ABS_NORMAL};
use super::{VariancePath, backcast, finite_path};
use crate::model::ModelError;
use crate::model::error::finite;

/// What `|z|` is centred on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    /// `E|z|` of the error's own distribution, so that the term has mean zero. The product's.
    MeanAbs,
    /// `sqrt(2 / pi)` for every distribution, as some libraries have it; `omega` absorbs the
    /// difference.
    Normal,
}

/// An EGARCH(1,1) with one leverage term.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Egarch {
    /// Mean, in the unit of the data.
    pub mu: f64,
    /// Constant of the log variance.
    pub omega: f64,
    /// Response to the size of an error.
    pub alpha: f64,
    /// Response to its sign.
    pub gamma: f64,
    /// Persistence of the log variance.
    pub beta: f64,
    /// Distribution of the standardised error.
    pub errors: Errors,
    /// Centre of the size term.
    pub centre: Centre,
}

impl Egarch {
    /// Refuses parameters without meaning. `|beta| >= 1` is computable and therefore left to the
    /// caller's judgement.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`].
    pub fn check(&self) -> Result<(), ModelError> {
        let parts = [
            ("mu", self.mu),
            ("omega", self.omega),
            ("alpha", self.alpha),
            ("gamma", self.gamma),
            ("beta", self.beta),
        ];
        for (name, value) in parts {
            if !value.is_finite() {
                return Err(ModelError::OutOfDomain { name, value, domain: "finite" });
            }
        }
        self.errors.check()
    }

    pub(super) fn centre_value(&self) -> f64 {
        match self.centre {
            Centre::MeanAbs => self.errors.mean_abs(),
            Centre::Normal => MEAN_ABS_NORMAL,
        }
    }

    pub(super) fn step(&self, centre: f64, log_variance: f64, z: f64) -> f64 {
        self.omega + self.alpha * (z.abs() - centre) + self.gamma * z + self.beta * log_variance
    }

    /// Unconditional daily volatility implied by the parameters, `exp(omega / (2 (1 - beta)))`, in
    /// the unit of the data; `None` when `|beta| >= 1`, or beyond every number.
    #[must_use]
    pub fn unconditional_volatility(&self) -> Option<f64> {
        let value = (0.5 * self.omega / (1.0 - self.beta)).exp();
        (self.beta.abs() < 1.0 && value.is_finite()).then_some(value)
    }

    /// The log-likelihood, and a visit of every `(ln sigma_t^2, z_t)`; gives `ln sigma^2` of the
    /// next value.
    pub(super) fn run(&self, y: &[f64], backcast: f64, mut visit: impl FnMut(f64, f64)) -> (f64, f64) {
        let centre = self.centre_value();
        // The first step has no error before it: the terms in z are absent.
        let mut log_variance = self.omega + self.beta * backcast.ln();
        let mut sum = y.len() as f64 * self.errors.log_constant();
        for value in y {
            let e = value - self.mu;
            let z = e * (-0.5 * log_variance).exp();
            sum += self.errors.log_kernel(z * z, log_variance);
            visit(log_variance, z);
            log_variance = self.step(centre, log_variance, z);
        }
        (sum, log_variance)
    }

    /// The log-likelihood of the values that are counted; the recursion runs over all of them.
    pub(super) fn run_where(&self, y: &[f64], counted: &[bool], backcast: f64) -> f64 {
        if counted.iter().all(|counted| *counted) {
            return self.run(y, backcast, |_, _| {}).0;
        }
        let constant = self.errors.log_constant();
        let (mut sum, mut counted) = (0.0, counted.iter());
        self.run(y, backcast, |log_variance, z| {
            if counted.next() == Some(&true) {
                sum += constant + self.errors.log_kernel(z * z, log_variance);
            }
        });
        sum
    }

    /// The log-likelihood of the values that are `counted`, of a recursion over all of `y` (C6).
    ///
    /// # Errors
    /// As [`Self::variances`]; [`ModelError::DimensionMismatch`] for a mask of another length.
    pub fn log_likelihood_where(&self, y: &[f64], counted: &[bool]) -> Result<f64, ModelError> {
        if counted.len() != y.len() {
            return Err(ModelError::DimensionMismatch { left: counted.len(), right: y.len() });
        }
        let start = self.variances(y)?.backcast;
        finite("log-likelihood", self.run_where(y, counted, start))
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
        let (log_likelihood, next) = self.run(y, start, |log_variance, _| variance.push(log_variance.exp()));
        finite_path(VariancePath { log_likelihood, backcast: start, variance, next: next.exp() })
    }

    /// The standardised errors of a series, each by the variance known before it.
    ///
    /// # Errors
    /// As [`Self::variances`].
    pub fn standardised(&self, y: &[f64]) -> Result<Vec<f64>, ModelError> {
        let path = self.variances(y)?;
        Ok(y.iter().zip(&path.variance).map(|(value, v)| (value - self.mu) / v.sqrt()).collect())
    }
}
