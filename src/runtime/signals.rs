//! Being asked to leave by the system: Ctrl-C, SIGTERM, SIGHUP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// Set once when one of the signals has come; work that runs without a screen looks at it now and then.
#[derive(Clone, Debug)]
pub struct Leave(Arc<AtomicBool>);

impl Leave {
    /// Listens from now on, on a thread of its own.
    ///
    /// # Errors
    /// The system gives no signal handlers.
    pub fn listen() -> std::io::Result<Self> {
        let leave = Self(Arc::new(AtomicBool::new(false)));
        let flag = leave.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                if any_signal().await.is_ok() {
                    flag.0.store(true, Ordering::Relaxed);
                }
            });
        });
        Ok(leave)
    }

    /// Whether to leave.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Waits for the first of the signals.
///
/// # Errors
/// The system gives no signal handlers.
pub async fn any_signal() -> std::io::Result<()> {
    let (mut int, mut term, mut hup) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
        _ = hup.recv() => {}
    }
    Ok(())
}
