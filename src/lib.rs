//! Himal, a full-screen terminal trading console for the Nepal Stock Exchange over an
//! embedded, deterministic engine.
//!
//! `ARCHITECTURE.md` has the picture. The rooms below may use the ones above them in this
//! list and nothing underneath.

pub mod market;
pub mod model;

pub mod strategy;

pub mod execution;

pub mod calc;
