//! Two-regime Markov-switching AR(1): parameters, filter, smoother, estimation (C4).
//!
//! Two forms of the model exist and are easily confused; both are here, behind one [`Form`]. In the
//! intercept form the density of a return depends on today's regime only; the product uses it. In
//! the mean form (Hamilton 1989) yesterday's deviation is taken from *yesterday's* regime mean, so
//! the density depends on the pair of regimes. Everything below works on that pair, of which the
//! intercept form is the case where the first half does not matter: one filter, one smoother, one
//! expectation step, and no approximation in either.
//!
//! The first observation is conditioned on and starts from the chain's stationary distribution.
//! `P[i][j]` is the probability of regime `j` now given `i` before: rows sum to 1. Regimes are
//! ordered by volatility wherever a fit is returned: 0 is normal, 1 is stress.
//!
//! What always holds: the online [`Filter`] after `t` values equals the batch [`filter`] at `t`; a
//! filtered probability does not change when later data do; a smoothed one does, and has another
//! type.

mod em;
mod expectation;
mod filter;
mod fit;
mod map;
mod params;
mod smoother;
mod starts;
#[cfg(test)]
mod tests;

pub use em::{Regularisation, expectation_maximisation};
pub use filter::{Filter, Filtered, Step, filter};
pub use fit::{FitOptions, SwitchingFit, fit};
pub use params::{Form, SwitchingAr};
pub use smoother::{Smoothed, smooth};

/// One number for every pair of regimes: `[before][now]`.
pub type Pair = [[f64; 2]; 2];
