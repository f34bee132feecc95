//! Where every line stands, for the screen: written by the lines, read by the session.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::console::{ConnectionStatus, ConnectionUse};
use crate::execution::LineState;
use crate::feed::live::FeedStats;
use crate::gateway::session::GatewayStats;
use crate::market::Timestamp;

/// This machine's clock: the date once, then a clock that never jumps.
#[derive(Clone, Copy, Debug)]
pub struct LocalClock {
    base: Timestamp,
    started: Instant,
}

impl LocalClock {
    /// A clock that shows the machine's time now.
    #[must_use]
    pub fn start() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ns = since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX));
        Self { base: Timestamp::from_ns(ns), started: Instant::now() }
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.base.plus_ns(i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }
}

/// The lines of a session, in their order.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Vec<Kept>>>);

#[derive(Clone, Debug)]
struct Kept {
    status: ConnectionStatus,
    changed: Instant,
    retry: Option<Instant>,
    heard_at: Option<Timestamp>,
    second: (Instant, u64),
}

impl Board {
    /// Adds a line and returns its place.
    #[must_use]
    pub fn add(&self, name: &str, used_for: ConnectionUse) -> usize {
        let status = ConnectionStatus {
            name: name.to_owned(),
            used_for,
            state: LineState::Connecting,
            since_ms: 0,
            why: None,
            notes: Vec::new(),
            silent_ms: None,
            per_second: 0,
            messages: 0,
            gaps: 0,
            reconnects: 0,
            duplicates: 0,
            refused: 0,
            failed: 0,
            conflated: 0,
            latency_us: None,
            clock_offset_ms: None,
            retry_ms: None,
        };
        let now = Instant::now();
        let mut lines = self.lock();
        lines.push(Kept { status, changed: now, retry: None, heard_at: None, second: (now, 0) });
        lines.len() - 1
    }

    /// What a feed has counted.
    pub fn feed(&self, place: usize, state: LineState, stats: &FeedStats, steady_clock: bool) {
        self.note(place, state, stats.heard_at, stats.events, |status| {
            (status.gaps, status.reconnects) = (stats.gaps, stats.reconnects);
            (status.duplicates, status.refused) = (stats.duplicates, stats.refused);
            status.failed = stats.failed;
            status.latency_us = stats.latency_ns.map(|ns| ns / 1_000);
            status.clock_offset_ms = stats.clock_offset_ns.filter(|_| steady_clock).map(|ns| ns / 1_000_000);
        });
    }

    /// What a gateway has counted.
    pub fn gateway(&self, place: usize, state: LineState, stats: &GatewayStats) {
        self.note(place, state, stats.heard_at, stats.reports, |status| {
            (status.gaps, status.reconnects) = (stats.gaps, stats.reconnects);
            (status.duplicates, status.refused) = (stats.duplicates, stats.refused);
            status.latency_us = stats.latency_ns.map(|ns| ns / 1_000);
        });
    }

    /// Why a line is not up, and when it is tried again.
    pub fn down(&self, place: usize, why: String, retry: Option<Instant>) {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(place) else { return };
        line.status.why = Some(why);
        line.retry = retry;
    }

    /// Something did not work on a line that stands.
    pub fn trouble(&self, place: usize, what: String) {
        if let Some(line) = self.lock().get_mut(place) {
            line.status.why = Some(what);
        }
    }

    /// What else there is to say of a line.
    pub fn notes(&self, place: usize, notes: Vec<String>) {
        if let Some(line) = self.lock().get_mut(place) {
            line.status.notes = notes;
        }
    }

    /// Which feed is in use.
    pub fn use_feed(&self, place: usize) {
        for (n, line) in self.lock().iter_mut().enumerate() {
            if line.status.used_for != ConnectionUse::Gateway {
                line.status.used_for = if n == place { ConnectionUse::Feed } else { ConnectionUse::Standby };
            }
        }
    }

    /// Every line as it stands now.
    #[must_use]
    pub fn read(&self, now: Timestamp, conflated: u64) -> Vec<ConnectionStatus> {
        let ms = |d: std::time::Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        let read = |line: &Kept| ConnectionStatus {
            since_ms: ms(line.changed.elapsed()),
            silent_ms: line.heard_at.and_then(|at| u64::try_from(now.since_ns(at) / 1_000_000).ok()),
            retry_ms: line.retry.map(|at| ms(at.saturating_duration_since(Instant::now()))),
            conflated: if line.status.used_for == ConnectionUse::Feed { conflated } else { 0 },
            ..line.status.clone()
        };
        self.lock().iter().map(read).collect()
    }

    fn note(
        &self,
        place: usize,
        state: LineState,
        heard_at: Option<Timestamp>,
        messages: u64,
        more: impl FnOnce(&mut ConnectionStatus),
    ) {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(place) else { return };
        if line.status.state != state {
            line.changed = Instant::now();
            line.status.state = state;
        }
        if state.is_live() {
            (line.status.why, line.retry) = (None, None);
        }
        line.heard_at = heard_at;
        line.status.messages = messages;
        let (since, before) = line.second;
        if since.elapsed().as_secs() >= 1 {
            line.status.per_second = messages.saturating_sub(before);
            line.second = (Instant::now(), messages);
        }
        more(&mut line.status);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        // Nothing in here panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
