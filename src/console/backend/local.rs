//! The terminal the program was started in: raw mode, the other screen, and both given back
//! whatever happens.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use ratatui::{Frame, Terminal};

use super::BytesBackend;
use super::clipboard::{self, Between};
use crate::console::draw::is_contained;
use crate::console::error::TerminalError;

/// The other screen, no cursor, pasted text in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2J";
/// Button presses and the wheel, with places beyond column 223.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// All of it undone; a picture that was cut off is ended first.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back. May be called from anywhere and more than once: at the end, from a
/// panic hook, when a signal ends the program.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        // There is nobody left to tell if this fails.
        let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        let _ = disable_raw_mode();
    }
}

/// The local terminal. It is given back when this is dropped.
#[derive(Debug)]
pub struct LocalTerminal {
    terminal: Terminal<BytesBackend>,
}

impl LocalTerminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`TerminalError::NoTerminal`] if standard input or output is none; [`TerminalError::Io`] if it fails.
    pub fn new() -> Result<Self, TerminalError> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(TerminalError::NoTerminal);
        }
        restore_on_panic();
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let (columns, rows) = size().unwrap_or((80, 24));
        let terminal = Terminal::new(BytesBackend::new(columns, rows)).unwrap_or_else(|never| match never {});
        let local = Self { terminal };
        write(ENTER)?;
        Ok(local)
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        let area = self.terminal.size().unwrap_or_else(|never| match never {});
        (area.width, area.height)
    }

    /// The terminal has another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
    }

    /// Draws a picture and writes what has changed, in one piece. Returns the bytes written: none
    /// when nothing changed.
    ///
    /// # Errors
    /// When the terminal takes no more.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<usize> {
        self.terminal.draw(picture).unwrap_or_else(|never| match never {});
        let bytes = self.terminal.backend_mut().take_frame();
        if !bytes.is_empty() {
            write(&bytes)?;
        }
        Ok(bytes.len())
    }

    /// Forgets what is on the screen: the next picture is drawn whole.
    pub fn repaint(&mut self) {
        self.terminal.clear().unwrap_or_else(|never| match never {});
    }

    /// Puts a text on the clipboard of whoever sits at the terminal (OSC 52).
    ///
    /// # Errors
    /// When the terminal takes no more.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let env = |name: &str| std::env::var(name).ok();
        let between = Between::from_env(env("TMUX").as_deref(), env("STY").as_deref());
        write(&clipboard::sequence(text, between))
    }

    /// Makes the mouse the program's (clicks and wheel, no movement), or the terminal's again.
    ///
    /// # Errors
    /// When the terminal takes no more.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        write(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Rings the bell.
    ///
    /// # Errors
    /// When the terminal takes no more.
    pub fn bell(&mut self) -> io::Result<()> {
        write(b"\x07")
    }
}

impl Drop for LocalTerminal {
    fn drop(&mut self) {
        restore();
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Gives the terminal back before a panic is reported, unless the panic stays inside a pane.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !is_contained() {
                restore();
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_terminal_is_said_and_nothing_is_left_behind() {
        if !io::stdout().is_terminal() {
            assert!(matches!(LocalTerminal::new(), Err(TerminalError::NoTerminal)));
        }
        restore();
    }
}
