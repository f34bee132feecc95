//! Which documents of the site are read, of which day, and the limits of a session with it.

use crate::feed::live::session::SourceClock;
use crate::market::{InstrumentId, SessionDate, SourceId};

/// How a session with the site is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NepseSiteSettings {
    /// Under which source its events are known.
    pub source: SourceId,
    /// The session's day. What documents say of another is not told.
    pub date: SessionDate,
    /// How often each document is asked for, in milliseconds.
    pub poll_ms: u32,
    /// A document not there after so many milliseconds is asked for again, and the state is *stale*.
    pub fetch_ms: u32,
    /// No document at all for so many milliseconds is silence.
    pub silence_ms: u32,
    /// Where the floorsheet is. `{page}` in it stands for the number of a page, from 0.
    pub floorsheet: Option<String>,
    /// Where else the floorsheet may be, if it is not there.
    pub floorsheet_or: Option<String>,
    /// Where the live market is.
    pub live_market: Option<String>,
    /// Where the market status is.
    pub status: Option<String>,
    /// Where the depth of an instrument is.
    pub depth: Vec<(InstrumentId, String)>,
    /// What the clock of the session's day shows, where that is not this machine's time: documents of another day are
    /// read as if it were then.
    pub clock: Option<SourceClock>,
    /// Where the waits between requests begin to differ from those of others.
    pub seed: u64,
}

impl NepseSiteSettings {
    /// Nothing yet to read, with limits that suit the site.
    #[must_use]
    pub const fn new(source: SourceId, date: SessionDate) -> Self {
        Self {
            source,
            date,
            poll_ms: 5_000,
            fetch_ms: 10_000,
            silence_ms: 20_000,
            floorsheet: None,
            floorsheet_or: None,
            live_market: None,
            status: None,
            depth: Vec::new(),
            clock: None,
            seed: 0,
        }
    }
}
