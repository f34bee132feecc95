//! The shell around the core: opens days, keeps the journal, lets time pass, shows the screen.
//!
//! This is the one place that asks what time it is and that starts threads. Nothing here decides
//! anything: the sequencer hands inputs to the engine in one order, makes them durable before what
//! follows leaves, and publishes pictures of the result.

pub mod config;
pub mod day;
pub mod fit;
pub mod ledger;
pub mod live;
pub mod local;
pub mod memory;
mod pace;
pub mod replay;
pub mod resident;
pub mod sequencer;
pub mod signals;
mod wire;
