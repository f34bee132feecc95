//! The terminals a screen runs on.
//!
//! [`screen`] turns pictures into bytes for whatever wire there is, [`keyboard`] turns the bytes that
//! come back into keys, [`link`] knows which picture the other end has shown and how long that took.
//! [`clipboard`] is what lies behind the terminal. None
//! of them asks a clock or touches a file. [`local`] is the terminal the program was started in.

pub mod clipboard;
pub mod keyboard;
pub mod link;
pub mod local;
mod paint;
pub mod pen;
pub mod screen;

#[cfg(test)]
mod tests;

pub use keyboard::{Incoming, Keyboard};
pub use link::Link;
pub use local::LocalTerminal;
pub use screen::Screen;
