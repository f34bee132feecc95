//! Does a price wander like a random walk: variance ratios, Hurst exponents and the half-life of
//! mean reversion (C3).
//!
//! The estimators are bare, each convention a parameter. [`random_walk`], [`scaling`] and
//! [`half_life`] are the product's questions with the specification's minimum samples.

mod half_life;
mod hurst;
mod variance_ratio;

pub use half_life::{HalfLife, half_life};
pub use hurst::{
    Dfa, RescaledRange, Scaling, aggregated_variance, dfa, expected_rescaled_range, lagged_differences,
    rescaled_range, scaling,
};
pub use variance_ratio::{Options, RandomWalk, VarianceRatio, random_walk, variance_ratio};
