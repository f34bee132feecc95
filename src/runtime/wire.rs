//! Between the console and its terminal: neither reading nor writing ever waits.
//!
//! The terminal is opened once more for ourselves, without waiting, which leaves alone what the shell has
//! open. A picture that it does not take at once is left to a thread, so that a terminal that takes nothing
//! keeps nobody from pressing stop. Where it cannot be opened again, threads do both.

use std::ffi::CString;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::stdio::{stdin, stdout};
use rustix::termios::ttyname;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

use crate::console::backend::local;

/// Chunks of keys that may wait; then the terminal does.
const CHUNKS: usize = 64;
/// Bytes of keys read in one go.
const CHUNK: usize = 4_096;

/// What a terminal sent in one go, and when it came.
pub(super) struct Chunk {
    pub at: Instant,
    pub bytes: Vec<u8>,
}

/// One terminal. Its threads live as long as the program: one that waits for a terminal cannot be
/// called back.
pub(super) struct Wire {
    keys: Keys,
    pictures: SyncSender<Vec<u8>>,
    taken: mpsc::Receiver<io::Result<()>>,
    busy: bool,
}

/// Where keys come from.
enum Keys {
    /// The terminal itself, opened for ourselves; it is waited for as a pipe is.
    Own(pipe::Receiver),
    /// A thread that waits for them.
    Thread(mpsc::Receiver<io::Result<Chunk>>),
}

/// What came over the wire.
pub(super) enum News {
    /// Keys.
    Keys(Chunk),
    /// What was written has been taken.
    Taken,
    /// The terminal is gone, or failed.
    Gone(Option<io::Error>),
}

impl Wire {
    /// Opens the terminal and starts what threads are needed. Within the runtime.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn start() -> io::Result<Self> {
        let keys = match open_again().and_then(pipe::Receiver::from_owned_fd_unchecked) {
            Ok(own) => Keys::Own(own),
            Err(_) => {
                let (to_us, chunks) = mpsc::channel(CHUNKS);
                std::thread::Builder::new().name("keys".to_owned()).spawn(move || read_keys(&to_us))?;
                Keys::Thread(chunks)
            }
        };
        let (pictures, inbox) = sync_channel(1);
        let (done, taken) = mpsc::channel(2);
        std::thread::Builder::new()
            .name("pictures".to_owned())
            .spawn(move || write_pictures(&inbox, &done))?;
        Ok(Self { keys, pictures, taken, busy: false })
    }

    /// Whether what was written last has not been taken yet.
    pub(super) const fn is_busy(&self) -> bool {
        self.busy
    }

    /// Writes in one go; only when not busy. Whether the terminal took it at once: otherwise
    /// [`News::Taken`] says when.
    pub(super) fn write(&mut self, mut bytes: Vec<u8>) -> bool {
        debug_assert!(!self.busy, "one at a time");
        if let Keys::Own(terminal) = &self.keys
            && let Ok(taken) = rustix::io::write(terminal, &bytes)
        {
            bytes.drain(..taken.min(bytes.len()));
            if bytes.is_empty() {
                return true;
            }
        }
        // What went wrong, if something did, the thread finds out too. One that has ended has said why.
        self.busy = self.pictures.try_send(bytes).is_ok();
        false
    }

    /// Waits for what comes next.
    pub(super) async fn next(&mut self) -> News {
        tokio::select! {
            biased;
            taken = self.taken.recv() => match taken {
                Some(Ok(())) => {
                    self.busy = false;
                    News::Taken
                }
                Some(Err(error)) => News::Gone(Some(error)),
                None => News::Gone(None),
            },
            chunk = self.keys.next() => match chunk {
                Some(Ok(chunk)) => News::Keys(chunk),
                Some(Err(error)) => News::Gone(Some(error)),
                None => News::Gone(None),
            },
        }
    }
}

impl Keys {
    /// The next keys; `None` when the terminal is gone. Nothing is lost if it is not waited for to the end.
    async fn next(&mut self) -> Option<io::Result<Chunk>> {
        let terminal = match self {
            Self::Own(terminal) => terminal,
            Self::Thread(chunks) => return chunks.recv().await,
        };
        let mut bytes = [0; CHUNK];
        loop {
            if let Err(error) = terminal.readable().await {
                return Some(Err(error));
            }
            match terminal.try_read(&mut bytes) {
                Ok(0) => return None,
                Ok(n) => {
                    let bytes = bytes.get(..n).unwrap_or_default().to_vec();
                    return Some(Ok(Chunk { at: Instant::now(), bytes }));
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The terminal once more, so that not waiting for it is our own business and not the shell's.
fn open_again() -> io::Result<OwnedFd> {
    let name: CString = ttyname(stdout(), Vec::new())?;
    if ttyname(stdin(), Vec::new())? != name {
        return Err(ErrorKind::Unsupported.into());
    }
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(name, flags, Mode::empty())?)
}

fn read_keys(to: &mpsc::Sender<io::Result<Chunk>>) {
    let mut bytes = [0; CHUNK];
    loop {
        let read = local::read(&mut bytes);
        let at = Instant::now();
        let chunk = match read {
            Ok(0) => return,
            Ok(n) => Ok(Chunk { at, bytes: bytes.get(..n).unwrap_or_default().to_vec() }),
            Err(error) => Err(error),
        };
        let failed = chunk.is_err();
        if to.blocking_send(chunk).is_err() || failed {
            return;
        }
    }
}

fn write_pictures(inbox: &Receiver<Vec<u8>>, done: &mpsc::Sender<io::Result<()>>) {
    for bytes in inbox {
        let written = local::write_all(&bytes);
        let failed = written.is_err();
        if done.blocking_send(written).is_err() || failed {
            return;
        }
    }
}
