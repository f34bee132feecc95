//! Himal, a full-screen terminal trading console for the Nepal Stock Exchange over an
//! embedded, deterministic engine.
//!
//! The rooms, each allowed to use those before it and nothing after: [`market`], [`model`],
//! [`calc`], [`execution`], [`risk`], [`engine`], [`feed`], [`console`]. `ARCHITECTURE.md` has the picture.

pub mod calc;
pub mod console;
pub mod engine;
pub mod execution;
pub mod feed;
pub mod market;
pub mod model;
pub mod risk;
pub mod venue;
