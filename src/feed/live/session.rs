//! What every feed session is: told what happened, saying what follows.

use crate::engine::LineState;
use crate::market::{MarketEvent, Timestamp};

/// One source's protocol. Times are those of this machine when something was received; events carry the
/// source's own.
pub trait FeedSession: Send {
    /// A connection stands; nothing has been said on it.
    fn opened(&mut self, now: Timestamp, out: &mut FeedOut);

    /// A text frame came. Whatever it is, it never panics: what cannot be read is counted as refused.
    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut FeedOut);

    /// A fetch was answered, or could not be.
    fn fetched(&mut self, now: Timestamp, fetch: u64, answer: Result<&str, &str>, out: &mut FeedOut);

    /// A fetch was answered: there is no such document, or not for us. `why` is that in words.
    fn not_there(&mut self, now: Timestamp, fetch: u64, why: &str, out: &mut FeedOut) {
        self.fetched(now, fetch, Err(why), out);
    }

    /// The connection is gone, or could not be made. What was known of the book is not known any more.
    fn lost(&mut self, now: Timestamp, out: &mut FeedOut);

    /// Time has passed; called at least four times a second.
    fn tick(&mut self, now: Timestamp, out: &mut FeedOut);

    /// Where it stands.
    fn state(&self) -> LineState;

    /// What has been counted.
    fn stats(&self) -> &FeedStats;

    /// What there is to say of it beside its figures, in words for the screen.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// What its source's clock shows, if it goes otherwise than this machine's.
    fn clock(&self) -> Option<SourceClock> {
        None
    }
}

/// A source's clock beside this machine's: what both showed at one moment, and how fast the source's goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceClock {
    /// Here.
    pub here: Timestamp,
    /// There, at the same moment.
    pub there: Timestamp,
    /// Its seconds per second of ours, in thousandths.
    pub speed_milli: u64,
}

impl SourceClock {
    /// What it shows when ours shows `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Timestamp {
        let passed = i128::from(now.since_ns(self.here)) * i128::from(self.speed_milli) / 1_000;
        self.there.plus_ns(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

/// What follows from something a session was told. Appended to, taken out by whoever holds the connection.
#[derive(Debug, Default)]
pub struct FeedOut {
    /// Text frames to send, in this order.
    pub send: Vec<String>,
    /// Documents to fetch beside the connection.
    pub fetch: Vec<Fetch>,
    /// What the market did. `seq` is 0: the numbers of the source have been checked and are used up here.
    pub events: Vec<MarketEvent>,
    /// The connection is to be closed.
    pub close: Option<Close>,
}

/// A document to fetch by HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetch {
    /// Its number, which comes back with the answer.
    pub no: u64,
    /// From where.
    pub url: String,
    /// How many bytes it may have.
    pub longest: u64,
}

impl Fetch {
    /// The most bytes of a document of which nothing else is known: a listing of all instruments of an exchange has a few
    /// millions.
    pub const USUAL: u64 = 32 << 20;
}

/// Why a session closes its own connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Close {
    /// Why, in words for the screen.
    pub why: String,
    /// Whether another connection is to be tried after a while.
    pub again: bool,
}

/// What a session has counted since it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FeedStats {
    /// Frames heard.
    pub frames: u64,
    /// Market events that followed.
    pub events: u64,
    /// Times something was missing.
    pub gaps: u64,
    /// Connections after the first.
    pub reconnects: u64,
    /// What came twice.
    pub duplicates: u64,
    /// Frames that could not be read, and values that cannot be.
    pub refused: u64,
    /// Documents that could not be had in time, or at all.
    pub failed: u64,
    /// Times the source's clock was seen to have jumped.
    pub clock_jumps: u64,
    /// When anything was last heard, on this machine's clock.
    pub heard_at: Option<Timestamp>,
    /// Half of the shortest round trip of late, in nanoseconds.
    pub latency_ns: Option<i64>,
    /// The source's clock less this machine's, in nanoseconds.
    pub clock_offset_ns: Option<i64>,
}
