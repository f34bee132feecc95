//! The mode's word, where it must be said.

use super::Mode;

/// A text with the mode at its end, except in LIVE: what is learned elsewhere must look different.
#[must_use]
pub fn ends_with_mode(text: &str, mode: Mode) -> String {
    match mode {
        Mode::Live => text.to_owned(),
        Mode::Paper | Mode::Replay | Mode::Drill => format!("{text}   {}", mode.word()),
    }
}
