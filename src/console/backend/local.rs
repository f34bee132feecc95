//! The terminal the program was started in: raw mode, the other screen, and both given back
//! whatever happens.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use ratatui::{Frame, Terminal};

use super::BytesBackend;
use crate::console::draw::is_contained;
use crate::console::error::TerminalError;

/// The other screen, no cursor, pasted text in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2J";
/// All of it undone; a picture that was cut off is ended first.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

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
        write(format!("\x1b]52;c;{}\x07", base64(text.as_bytes())).as_bytes())
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

/// Base64 with padding, as OSC 52 wants it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| chunk.get(i).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * i) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_rows() {
        for (text, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(text.as_bytes()), want);
        }
    }

    #[test]
    fn no_terminal_is_said_and_nothing_is_left_behind() {
        if !io::stdout().is_terminal() {
            assert!(matches!(LocalTerminal::new(), Err(TerminalError::NoTerminal)));
        }
        restore();
    }
}
