//! Is a series stationary: the augmented Dickey-Fuller test (null: a unit root) and the KPSS test
//! (null: stationarity). C2.
//!
//! [`adf`] and [`kpss`] are the bare estimators with every convention a parameter; they work at
//! any length at which the formula is defined. [`stationary`] is the product's question, with its
//! minimum sample, lag rule and level.

mod adf;
mod kpss;
pub mod mackinnon;

pub use adf::{Adf, LagChoice, Stationarity, adf, stationary};
pub use kpss::{Bandwidth, Kpss, kpss};

/// The deterministic part of a test regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deterministic {
    /// Nothing.
    None,
    /// A constant.
    Constant,
    /// A constant and a linear trend.
    Trend,
    /// A constant, a linear and a quadratic trend.
    QuadraticTrend,
}

impl Deterministic {
    /// How many columns it adds.
    #[must_use]
    pub const fn terms(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::Trend => 2,
            Self::QuadraticTrend => 3,
        }
    }

    /// Its columns over `n` rows, on a time scale of about one so that powers stay comparable.
    fn columns(self, n: usize) -> Vec<Vec<f64>> {
        let time = |row: usize| (row as f64 + 1.0) / n as f64;
        (0..self.terms()).map(|power| (0..n).map(|row| time(row).powi(power as i32)).collect()).collect()
    }
}
