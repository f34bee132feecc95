//! The program in a terminal of its own: keys in, the screen as text out. Nothing here is timed: a
//! test waits for what it expects to read, and a minute without it fails.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use expectrl::session::OsSession;

use super::Home;

/// The longest wait for a text; far beyond what a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// A prompt takes no answer before it has been on the screen for 300 ms.
const FRESH: Duration = Duration::from_millis(400);

/// A person at the program.
pub struct Terminal {
    session: OsSession,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Terminal {
    /// The program with these arguments on a screen of so many columns and rows.
    pub fn open(home: &Home, args: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = home.command();
        command.args(args).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        // The size is there before the program is, so that its first picture has it.
        let program = command.get_program().to_owned();
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(format!("stty cols {columns} rows {rows}; exec \"$0\" \"$@\"")).arg(program);
        shell.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let session = OsSession::spawn(shell).expect("a terminal can be had");
        let mut out = session.get_process().get_raw_handle().expect("its output can be read");
        let (send, bytes) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(n @ 1..) = out.read(&mut chunk) {
                if send.send(chunk[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let least = |n: u16| NonZeroU16::new(n).expect("a screen has columns and rows");
        Self { session, bytes, screen: vt100::Parser::new(least(rows), least(columns), 0) }
    }

    /// The screen as lines of text.
    pub fn picture(&self) -> String {
        self.screen.screen().contents()
    }

    /// Types these bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        let mut input = self.session.get_process().get_raw_handle().expect("the terminal is there");
        input.write_all(bytes).expect("the terminal takes bytes");
    }

    /// Types keys, then waits until the screen has the text.
    pub fn press(&mut self, keys: &str, then: &str) {
        self.send(keys.as_bytes());
        self.wait(then);
    }

    /// Lets recorded time pass event by event until the screen has the text.
    pub fn step_until(&mut self, text: &str) {
        for _ in 0..60 {
            self.send(b".");
            self.look(Duration::from_millis(150));
            if self.picture().contains(text) {
                return;
            }
        }
        panic!("`{text}` did not come event by event:\n{}", self.picture());
    }

    /// Waits until the screen has the text.
    pub fn wait(&mut self, text: &str) {
        self.wait_for(text, |picture| picture.contains(text));
    }

    /// Waits until the screen has the text no more.
    pub fn gone(&mut self, text: &str) {
        self.wait_for(&format!("no {text}"), |picture| !picture.contains(text));
    }

    fn wait_for(&mut self, what: &str, there: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !there(&self.picture()) {
            match self.bytes.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(why) => panic!("`{what}` did not come ({why}):\n{}", self.picture()),
            }
        }
    }

    /// Looks at the screen for this long, whatever comes.
    pub fn look(&mut self, time: Duration) {
        let begun = Instant::now();
        while let Ok(bytes) = self.bytes.recv_timeout(time.saturating_sub(begun.elapsed())) {
            self.screen.process(&bytes);
        }
    }

    /// Waits for a prompt that says this, lets it be fresh, and answers `y`; waits for `then`.
    pub fn yes(&mut self, prompt: &str, then: &str) {
        self.wait(prompt);
        self.look(FRESH);
        self.press("y", then);
    }

    /// Leaves by `:quit`, with a yes if orders stay open, and waits until the program has ended.
    pub fn quit(mut self, orders_open: bool) {
        self.send(b"\x03\x03\x03");
        self.look(FRESH);
        self.press(":quit", ":quit_");
        self.send(b"\r");
        if orders_open {
            self.wait("Leave this terminal?");
            self.look(FRESH);
            self.send(b"y");
        }
        let begun = Instant::now();
        loop {
            match self.bytes.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => panic!("it does not leave:\n{}", self.picture()),
            }
        }
    }
}
