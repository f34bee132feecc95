//! The distribution of a standardised error: normal, or Student t rescaled to variance 1.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use crate::model::ModelError;

/// `E|z|` of a standard normal, `sqrt(2 / pi)`.
pub const MEAN_ABS_NORMAL: f64 = 0.797_884_560_802_865_4;

/// The distribution of `z` in `x = m + sigma z`; always of variance 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// Standard normal.
    Normal,
    /// Student t with more than 2 degrees of freedom.
    StudentT {
        /// Degrees of freedom.
        nu: f64,
    },
}

impl Errors {
    /// Refuses degrees of freedom at which the variance does not exist, and those beyond any that differ
    /// from the normal.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`].
    pub fn check(self) -> Result<(), ModelError> {
        match self {
            Self::StudentT { nu } if !(nu > 2.0 && nu <= 1e6) => {
                Err(ModelError::OutOfDomain { name: "nu", value: nu, domain: "above 2, at most 1e6" })
            }
            _ => Ok(()),
        }
    }

    /// `E|z|`: `K_nu = 2 sqrt(nu-2) Gamma((nu+1)/2) / ((nu-1) Gamma(nu/2) sqrt(pi))`.
    #[must_use]
    pub(crate) fn mean_abs(self) -> f64 {
        match self {
            Self::Normal => MEAN_ABS_NORMAL,
            Self::StudentT { nu } => {
                let ratio = (ln_gamma(0.5 * (nu + 1.0)) - ln_gamma(0.5 * nu)).exp();
                2.0 * (nu - 2.0).sqrt() * ratio / ((nu - 1.0) * std::f64::consts::PI.sqrt())
            }
        }
    }

    /// The part of the log-density that does not depend on the value; computed once per series.
    pub(super) fn log_constant(self) -> f64 {
        match self {
            Self::Normal => -0.5 * std::f64::consts::TAU.ln(),
            Self::StudentT { nu } => {
                ln_gamma(0.5 * (nu + 1.0))
                    - ln_gamma(0.5 * nu)
                    - 0.5 * (std::f64::consts::PI * (nu - 2.0)).ln()
            }
        }
    }

    /// `ln p(e)` less [`Self::log_constant`], for an error with `e^2 / sigma^2 = ratio` and the
    /// given `ln sigma^2`.
    pub(super) fn log_kernel(self, ratio: f64, log_variance: f64) -> f64 {
        match self {
            Self::Normal => -0.5 * (log_variance + ratio),
            Self::StudentT { nu } => -0.5 * (log_variance + (nu + 1.0) * (ratio / (nu - 2.0)).ln_1p()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_size_of_an_error_is_the_published_one() {
        for (errors, want) in [
            (Errors::StudentT { nu: 5.0 }, 0.73511),
            (Errors::StudentT { nu: 8.0 }, 0.76547),
            (Errors::StudentT { nu: 1e7 }, MEAN_ABS_NORMAL),
            (Errors::Normal, 0.79788),
        ] {
            assert!((errors.mean_abs() - want).abs() < 1e-5, "{errors:?} {}", errors.mean_abs());
        }
    }

    #[test]
    fn densities_integrate_to_one_with_variance_one() {
        for errors in [Errors::Normal, Errors::StudentT { nu: 7.0 }] {
            let step = 0.01;
            let (mut total, mut square) = (0.0, 0.0);
            for k in -20_000..20_000 {
                let z = f64::from(k) * step;
                let density = (errors.log_constant() + errors.log_kernel(z * z, 0.0)).exp() * step;
                total += density;
                square += z * z * density;
            }
            assert!((total - 1.0).abs() < 1e-6 && (square - 1.0).abs() < 1e-4, "{errors:?} {total} {square}");
        }
    }
}
