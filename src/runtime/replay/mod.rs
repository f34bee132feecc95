//! Replaying a recorded day: the stream in its order, and time as fast as somebody wants it.
//!
//! [`Driver`] merges the day's events with clock ticks made from market time alone, so that the
//! inputs are the same at every speed. [`headless`] runs it to the end; [`player`] lets time pass
//! for a screen, with pause, steps, seeks, jumps and branches.

mod driver;
pub mod headless;
pub mod player;
mod stops;

pub use driver::{Driver, ReplayError, Step};
pub use stops::Stops;
