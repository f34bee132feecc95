//! The two threads between the console and its terminal: one waits for keys, one for the terminal to
//! take a picture. So a terminal that takes nothing keeps nobody from pressing stop.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use tokio::sync::mpsc;

use crate::console::backend::local;

/// Chunks of keys that may wait; then the terminal does.
const CHUNKS: usize = 64;

/// What a terminal sent in one go, and when it came.
pub(super) struct Chunk {
    pub at: Instant,
    pub bytes: Vec<u8>,
}

/// The ends of the threads. They live as long as the program: a thread that waits for a terminal
/// cannot be called back.
pub(super) struct Wire {
    chunks: mpsc::Receiver<io::Result<Chunk>>,
    pictures: SyncSender<Vec<u8>>,
    taken: mpsc::Receiver<io::Result<()>>,
    busy: bool,
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
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn start() -> io::Result<Self> {
        let (to_us, chunks) = mpsc::channel(CHUNKS);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || read_keys(&to_us))?;
        let (pictures, inbox) = sync_channel(1);
        let (done, taken) = mpsc::channel(2);
        std::thread::Builder::new()
            .name("pictures".to_owned())
            .spawn(move || write_pictures(&inbox, &done))?;
        Ok(Self { chunks, pictures, taken, busy: false })
    }

    /// Whether what was written last has not been taken yet.
    pub(super) const fn is_busy(&self) -> bool {
        self.busy
    }

    /// Writes in one go. Only when not busy.
    pub(super) fn write(&mut self, bytes: Vec<u8>) {
        debug_assert!(!self.busy, "one at a time");
        // A thread that has ended has said why before.
        self.busy = self.pictures.try_send(bytes).is_ok();
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
            chunk = self.chunks.recv() => match chunk {
                Some(Ok(chunk)) => News::Keys(chunk),
                Some(Err(error)) => News::Gone(Some(error)),
                None => News::Gone(None),
            },
        }
    }
}

fn read_keys(to: &mpsc::Sender<io::Result<Chunk>>) {
    let mut bytes = [0; 4_096];
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
