//! Bayesian online change-point detection (C7; Adams and MacKay 2007).
//!
//! After each value, the probability of every length of the current run: how many values have come
//! since the last change of mean or variance. Values inside a run are normal with unknown mean and
//! variance under a normal-inverse-gamma prior; a run ends at each step with a constant
//! probability, the hazard.
//!
//! In this recursion the newest value belongs to the run that was alive before it, so `P(run length
//! = 0)` equals the hazard at every step and detects nothing. [`Detector`] looks at the probability
//! of a short run and at a fall of the likeliest length instead. The product feeds returns divided
//! by the volatility known before them ([`Detector`] does no scaling), which is what makes a prior
//! scale of 1 sensible.
//!
//! What always holds: the probabilities sum to one; without pruning `P(r = 0)` is the hazard; the
//! online [`RunLengths`] is the batch form; nothing that comes later changes an earlier answer.

mod detector;
mod run_length;
#[cfg(test)]
mod tests;

pub use detector::{ChangePoint, Detector, DetectorParams};
pub use run_length::{Pruning, RunLengths, RunModel, run_length_rows};
