//! The program in a pseudo-terminal: keys in, a screen out, and a terminal that can be slow, dumb or dead.
#![allow(dead_code, reason = "each suite uses a part of it")]

use std::fs::OpenOptions;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// The question about the terminal's status, and its answer.
const QUESTION: &[u8] = b"\x1b[5n";
const ANSWER: &[u8] = b"\x1b[0n";

pub struct Tty {
    master: Option<OwnedFd>,
    pub child: Child,
    pub parser: vt100::Parser,
    /// Everything the program has written so far, as far as it was read.
    pub raw: Vec<u8>,
    /// Whether questions are answered.
    pub answers: bool,
    answered: usize,
    /// How the terminal was before the program started.
    pub before: Termios,
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has columns and rows")
}

fn winsize(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Tty {
    pub fn start(mut command: Command, columns: u16, rows: u16) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes())).to_owned();
        let slave = OpenOptions::new().read(true).write(true).open(path).expect("it opens");
        tcsetwinsize(&master, winsize(columns, rows)).expect("it takes a size");
        let before = tcgetattr(&slave).expect("it has a state");
        let child = command
            .stdin(slave.try_clone().expect("one more of it"))
            .stdout(slave)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let parser = vt100::Parser::new(some(rows), some(columns), 0);
        Self { master: Some(master), child, parser, raw: Vec::new(), answers: true, answered: 0, before }
    }

    fn master(&self) -> &OwnedFd {
        self.master.as_ref().expect("the terminal is not dead")
    }

    /// Reads what has come, waiting at most so long for the first of it; `false` when nothing came.
    pub fn read(&mut self, within: Duration) -> bool {
        let patience = Timespec { tv_sec: within.as_secs() as _, tv_nsec: i64::from(within.subsec_nanos()) };
        if poll(&mut [PollFd::new(self.master(), PollFlags::IN)], Some(&patience)).expect("poll") == 0 {
            return false;
        }
        let mut buffer = [0; 65_536];
        // An error says that the program has closed its end.
        let Ok(n) = rustix::io::read(self.master(), &mut buffer) else { return false };
        self.raw.extend_from_slice(&buffer[..n]);
        self.parser.process(&buffer[..n]);
        let asked = count(&self.raw, QUESTION);
        if self.answers && asked > self.answered {
            self.press(&ANSWER.repeat(asked - self.answered));
        }
        self.answered = asked;
        n > 0
    }

    /// Reads until nothing comes for a while.
    pub fn settle(&mut self) {
        while self.read(Duration::from_millis(400)) {}
    }

    pub fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    pub fn wait_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < PATIENCE, "{what} did not come:\n{}", self.contents());
            self.read(Duration::from_millis(50));
        }
    }

    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |tty| tty.contents().contains(text));
    }

    pub fn press(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        while !left.is_empty() {
            let n = rustix::io::write(self.master(), left).expect("the program's terminal takes keys");
            left = &left[n..];
        }
    }

    /// Sets another size, as a window that is being dragged does.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        tcsetwinsize(self.master(), winsize(columns, rows)).expect("it takes a size");
        self.parser.screen_mut().set_size(some(rows), some(columns));
        self.signal(Signal::WINCH);
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")).expect("not zero");
        kill_process(id, signal).expect("it is running");
    }

    /// The terminal dies.
    pub fn die(&mut self) {
        self.master = None;
    }

    /// Whether the terminal is as it was before.
    pub fn is_given_back(&self) -> bool {
        let now = tcgetattr(self.master()).expect("it has a state");
        let screen = self.parser.screen();
        now.local_modes == self.before.local_modes
            && now.output_modes == self.before.output_modes
            && now.input_modes == self.before.input_modes
            && !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
    }

    /// Reads until the program has ended.
    pub fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                while self.master.is_some() && self.read(Duration::ZERO) {}
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the program does not end:\n{}", self.contents());
            if self.master.is_none() || !self.read(Duration::from_millis(20)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// What it said on standard error.
    pub fn complaint(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            use std::io::Read as _;
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How often a piece occurs.
pub fn count(bytes: &[u8], piece: &[u8]) -> usize {
    bytes.windows(piece.len()).filter(|w| *w == piece).count()
}
