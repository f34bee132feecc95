//! Statistics and beliefs: pure functions and small online filters over slices.
//!
//! Nothing here reads a file, knows an order or decides a trade. A number that leaves this room
//! carries its units in its name or type, and a [`provenance::Provenance`] where a fallback was
//! possible. Every public function follows the conventions of C0: typed errors, no NaN out, no panic in.
//! Bare formulas that rely on their callers' checks are not public.

pub mod anomaly;
pub mod change_point;
pub mod covariance;
pub(crate) mod descriptive;
pub mod draws;
pub mod efficiency;
pub mod error;
pub mod feature;
pub mod forecast_comparison;
pub mod hmm;
pub mod huber;
pub mod hypothesis;
pub mod ic;
pub mod indicator;
pub mod microstructure;
pub mod multiple_testing;
pub mod nnls;
pub(crate) mod optimise;
pub mod out_of_sample;
pub(crate) mod probability;
pub mod promoter;
pub mod provenance;
pub mod regime;
pub mod regression;
pub mod returns;
pub mod ridge;
pub mod stationarity;
pub mod tail;
pub mod units;
pub mod volatility;

pub use error::ModelError;
pub use provenance::{Provenance, Sourced};
