//! Himal, a full-screen terminal trading console for the Nepal Stock Exchange over an
//! embedded, deterministic engine.
//!
//! The rooms, each allowed to use those before it in this list and nothing after:
//! [`market`], [`model`], [`strategy`], [`execution`], [`risk`], [`engine`], [`journal`], [`wire`],
//! [`feed`], [`fit`], [`gateway`], [`venue`], [`console`], [`runtime`], [`calc`], [`cli`].
//! `ARCHITECTURE.md` has the picture.

pub mod calc;
pub mod cli;
pub mod console;
pub mod engine;
pub mod execution;
pub mod feed;
pub mod fit;
pub mod gateway;
pub mod journal;
pub mod market;
pub mod model;
pub mod risk;
pub mod runtime;
pub mod strategy;
pub mod venue;
pub mod wire;
