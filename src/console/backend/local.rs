//! The terminal the program was started in: raw mode, the other screen, and both given back
//! whatever happens.

use std::io;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

use crate::console::draw::is_contained;
use crate::console::error::TerminalError;

/// The other screen, no cursor, pasted text in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[m\x1b[2J";
/// Button presses and the wheel, with places beyond column 223; and the mouse the terminal's again.
pub const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// See [`MOUSE_ON`].
pub const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// All of it undone; a picture or a text for the clipboard that was cut off is ended first.
const LEAVE: &[u8] = b"\x18\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[m\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// How long a terminal that takes nothing is waited for before what it has not read is thrown away.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

/// How the terminal was before it was taken over; `None` while it is not.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Gives the terminal back. May be called from anywhere and more than once: at the end, from a
/// panic hook, when a signal ends the program. A terminal that takes nothing holds it up for less
/// than a second.
pub fn restore() {
    let taken = BEFORE.lock().map_or_else(|e| e.into_inner().take(), |mut before| before.take());
    let Some(before) = taken else { return };
    let mut ready = [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)];
    if !matches!(poll(&mut ready, Some(&PATIENCE)), Ok(n) if n > 0) {
        // What is left of a picture is in nobody's interest now.
        let _ = tcflush(stdout(), QueueSelector::OFlush);
    }
    // On a thread of its own: it may never be taken, and there is nobody left to tell if it fails.
    let (done, wait) = sync_channel(1);
    let written = std::thread::Builder::new().spawn(move || {
        let _ = write_all(LEAVE);
        let _ = done.send(());
    });
    if written.is_ok() {
        let _ = wait.recv_timeout(Duration::from_millis(500));
    }
    let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
}

/// The local terminal, taken over. It is given back when this is dropped.
#[derive(Debug)]
pub struct LocalTerminal(());

impl LocalTerminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`TerminalError::NoTerminal`] if standard input or output is none, [`TerminalError::Dumb`] if it
    /// cannot place a cursor, [`TerminalError::Io`] if it fails.
    pub fn new() -> Result<Self, TerminalError> {
        check()?;
        restore_on_panic();
        let before = tcgetattr(stdin()).map_err(io::Error::from)?;
        if let Ok(mut place) = BEFORE.lock() {
            place.get_or_insert(before);
        }
        let taken = Self(());
        taken.enter()?;
        Ok(taken)
    }

    /// Sets the terminal up, at the beginning and after somebody else has had it.
    ///
    /// # Errors
    /// When the terminal takes no more.
    pub fn enter(&self) -> io::Result<()> {
        let mut raw = tcgetattr(stdin())?;
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw)?;
        write_all(ENTER)
    }
}

impl Drop for LocalTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether there is a terminal that a screen can be drawn on.
///
/// # Errors
/// [`TerminalError::NoTerminal`] and [`TerminalError::Dumb`].
pub fn check() -> Result<(), TerminalError> {
    if !isatty(stdin()) || !isatty(stdout()) {
        return Err(TerminalError::NoTerminal);
    }
    if std::env::var_os("TERM").is_some_and(|name| name == "dumb") {
        return Err(TerminalError::Dumb);
    }
    Ok(())
}

/// Columns and rows of the terminal; 80x24 where it does not say.
#[must_use]
pub fn size() -> (u16, u16) {
    match tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    }
}

/// Writes to the terminal, in one piece as far as it takes one, and waits until all is taken.
///
/// # Errors
/// When the terminal takes no more.
pub fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => bytes = bytes.get(taken..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                poll(&mut [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits for what the terminal sends and returns how much came; 0 when it is gone.
///
/// # Errors
/// When the terminal cannot be read.
pub fn read(into: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(stdin(), &mut *into) {
            Ok(read) => return Ok(read),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                poll(&mut [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
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
        if !isatty(stdout()) {
            assert!(matches!(LocalTerminal::new(), Err(TerminalError::NoTerminal)));
        }
        restore();
    }
}
