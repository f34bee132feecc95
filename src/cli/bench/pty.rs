//! A program in a pseudo-terminal of its own, which answers as a terminal does.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::console::backend::link;

/// A running program and its terminal. The program is ended when this is dropped.
pub(super) struct Pty {
    master: OwnedFd,
    child: Child,
    /// The last bytes read, to find a question that came in two pieces.
    tail: Vec<u8>,
}

impl Pty {
    /// Starts a program in a terminal of this size.
    pub(super) fn start(mut command: Command, columns: u16, rows: u16) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let slave: File = OpenOptions::new().read(true).write(true).open(path)?;
        tcsetwinsize(&master, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        let child = command
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR")
            .stdin(slave.try_clone()?)
            .stdout(slave)
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { master, child, tail: Vec::new() })
    }

    /// Types.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            let n = rustix::io::write(&self.master, left)?;
            left = left.get(n..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads what comes within a time, and answers questions about the terminal's status; returns when
    /// it came and how much, or `None` if nothing came.
    pub(super) fn read(&mut self, within: Duration) -> io::Result<Option<(Instant, usize)>> {
        let patience =
            Timespec { tv_sec: within.as_secs() as _, tv_nsec: i64::from(within.subsec_nanos()) as _ };
        let mut ready = [PollFd::new(&self.master, PollFlags::IN)];
        if poll(&mut ready, Some(&patience))? == 0 {
            return Ok(None);
        }
        let mut buffer = [0; 65_536];
        let n = match rustix::io::read(&self.master, &mut buffer) {
            Ok(n) => n,
            // The program has closed its end.
            Err(rustix::io::Errno::IO) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let at = Instant::now();
        let fresh = buffer.get(..n).unwrap_or_default();
        let known = self.tail.len();
        self.tail.extend_from_slice(fresh);
        let length = link::QUESTION.len();
        let questions = self.tail.windows(length).enumerate();
        let asked = questions.filter(|(i, w)| *w == link::QUESTION && i + length > known).count();
        let keep = self.tail.len().saturating_sub(length - 1);
        self.tail.drain(..keep);
        for _ in 0..asked {
            self.write(b"\x1b[0n")?;
        }
        Ok(Some((at, n)))
    }

    /// Reads until nothing has come for a while; whether anything has, within the longest time.
    pub(super) fn until_quiet(&mut self, quiet: Duration, longest: Duration) -> io::Result<bool> {
        let begun = Instant::now();
        let mut any = false;
        while begun.elapsed() < longest {
            match self.read(if any { quiet } else { longest.saturating_sub(begun.elapsed()) })? {
                Some(_) => any = true,
                None => return Ok(any),
            }
        }
        Ok(any)
    }

    /// Waits for the program to end by itself.
    pub(super) fn wait(&mut self, longest: Duration) -> io::Result<bool> {
        let begun = Instant::now();
        while begun.elapsed() < longest {
            if self.child.try_wait()?.is_some() {
                return Ok(true);
            }
            // What it writes while leaving is read, or it would wait for us.
            if self.read(Duration::from_millis(20))?.is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(false)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It has ended by itself, or there is nothing else left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
