//! The screen: panes, layout, keys, themes, forms, and the terminals it runs on.
//!
//! Keys become intents by one table ([`keymap`]); an intent changes what this terminal looks at
//! ([`Ui`]), or becomes a [`crate::engine::Command`] or a [`ShellRequest`]. Drawing ([`draw`]) is a
//! function of a [`Frame`], the terminal's own state and a theme; it reads and never writes.
//!
//! What always holds: an order leaves only by a fresh `y` to a prompt that was on the screen for
//! 300 ms; stop works in every state; nothing that arrives takes the focus or changes what a key
//! does. Nothing here asks a clock: moments come with keys.
//!
//! To add a pane: a file in [`pane`] and a line in its list.

pub mod backend;
pub mod breadth;
pub mod comoving;
pub mod compare;
mod draw;
pub mod entry;
pub mod error;
pub mod fill;
pub mod filter;
mod flash;
pub mod format;
pub mod input;
pub mod intent;
pub mod keymap;
pub mod layout;
pub mod memory;
mod mouse;
pub mod options;
pub mod overlay;
pub mod pane;
pub mod preview;
pub mod reads;
pub mod risk_words;
pub mod rows;
pub mod sheet;
pub mod size;
pub mod slip;
pub mod status;
pub mod theme;
pub mod ui;
mod update;
pub mod view;
pub mod why;
pub mod widget;
pub mod words;

#[cfg(test)]
mod tests;

pub use draw::{draw, draw_into, draw_onto, is_contained};
pub use input::{Key, Moment, Pointer};
pub use keymap::Keymap;
pub use memory::Memory;
pub use options::Options;
pub use status::{
    Branch, ConnectionStatus, ConnectionUse, Frame, GatewayStatus, JournalLine, JournalStatus, JumpTarget,
    Mode, ShellHealth, ShellRequest, ShellStatus, Speed, Transport,
};
pub use theme::Theme;
pub use ui::{Picture, Ui};
pub use update::Action;
