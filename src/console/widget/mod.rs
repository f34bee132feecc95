//! Small pieces that panes are drawn with.

pub mod braille;
mod paint;
pub mod sparkline;

pub use paint::{Paint, width};
