//! The screen: panes, layout, keys, themes, forms, and the terminals it runs on.
//!
//! Keys become intents by one table; an intent changes what this terminal looks at, or becomes a
//! [`crate::engine::Command`] or a [`ShellRequest`]. Drawing is a function of a [`Frame`], the
//! terminal's own state and a theme; it reads and never writes.

pub mod status;

pub use status::{
    Frame, JournalLine, JournalStatus, JumpTarget, Mode, ShellRequest, ShellStatus, Speed, Transport,
};
