//! Classical tests of one or more samples: location, dispersion, distribution, rank, residuals.
//!
//! These are the textbook statistics with their usual conventions; none has a minimum sample of
//! its own beyond the formula's. Every p-value is of the alternative that the function names.

mod dispersion;
mod kolmogorov;
mod location;
mod rank;
mod residual;

pub use dispersion::{Centre, levene};
pub use kolmogorov::{KolmogorovSmirnov, PValue, kolmogorov_smirnov};
pub use location::{Interval, TTest, t_test, welch};
pub use rank::{MannWhitney, RankMethod, Spearman, mann_whitney, spearman};
pub use residual::{JarqueBera, LjungBox, jarque_bera, ljung_box};

use super::ModelError;

/// Which side an alternative hypothesis is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Different.
    TwoSided,
    /// Larger.
    Greater,
    /// Smaller.
    Less,
}

/// A statistic with its p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// The statistic.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// Both samples finite and not empty.
fn check_two(x: &[f64], y: &[f64]) -> Result<(), ModelError> {
    super::error::check_finite(x)?;
    super::error::check_finite(y)
}
