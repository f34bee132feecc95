//! What the shell tells a screen beside the snapshot: mode, transport, journal, link.

use std::sync::Arc;

use crate::engine::Snapshot;
use crate::engine::snapshot::AccountView;
use crate::execution::{LineState, Order};
use crate::market::{AccountId, Timestamp};

/// Everything a screen draws from: the engine's snapshot and the shell's status at that moment.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The engine's picture.
    pub snapshot: Arc<Snapshot>,
    /// The shell's.
    pub status: Arc<ShellStatus>,
}

/// What kind of session it is. Each has its own word and colour in the same place; LIVE only for real money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Real money.
    Live,
    /// Orders to a simulated exchange: nothing here is money.
    Sim,
    /// Live data, paper fills.
    Paper,
    /// A recorded day.
    Replay,
    /// A recorded day with a score.
    Drill,
}

impl Mode {
    /// The word on screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "LIVE",
            Self::Sim => "SIM",
            Self::Paper => "PAPER",
            Self::Replay => "REPLAY",
            Self::Drill => "DRILL",
        }
    }
}

/// The shell's status.
#[derive(Clone, Debug)]
pub struct ShellStatus {
    /// What kind of session it is.
    pub mode: Mode,
    /// The account orders of this terminal go to, if the day has one.
    pub account: Option<AccountId>,
    /// Who sits at this terminal.
    pub operator: String,
    /// Replay transport, in a replay or drill.
    pub transport: Option<Transport>,
    /// The journal.
    pub journal: JournalStatus,
    /// Commands handed to the sequencer and not yet answered.
    pub commands_waiting: usize,
    /// What the shell has to say, newest last: refusals of transport requests, warnings at start.
    pub notes: Vec<String>,
    /// How the process itself is.
    pub health: ShellHealth,
    /// The lines to the outside: feeds in their order of preference, then gateways. None in a replay.
    pub connections: Vec<ConnectionStatus>,
}

/// What a line is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionUse {
    /// Market data that is shown.
    Feed,
    /// Market data that takes over when the one in use fails.
    Standby,
    /// Orders.
    Gateway,
}

/// A line to the outside as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionStatus {
    /// The desk's word for it.
    pub name: String,
    /// What it is for.
    pub used_for: ConnectionUse,
    /// Where it stands.
    pub state: LineState,
    /// Since how long, in milliseconds of this machine's clock.
    pub since_ms: u64,
    /// Why it stands there, if there is more to say.
    pub why: Option<String>,
    /// What else there is to say of it, whether it is live or not.
    pub notes: Vec<String>,
    /// Since how long nothing was heard; `None` before anything was.
    pub silent_ms: Option<u64>,
    /// Messages in the last second.
    pub per_second: u64,
    /// Messages so far: market events, or reports.
    pub messages: u64,
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
    /// Market events left out because the engine was behind.
    pub conflated: u64,
    /// Half of the round trip, in microseconds.
    pub latency_us: Option<i64>,
    /// Its clock less this machine's, in milliseconds; `None` where its clock goes at another speed.
    pub clock_offset_ms: Option<i64>,
    /// When the next try is, in milliseconds.
    pub retry_ms: Option<u64>,
}

/// How the process around the engine is. `None` is not measured here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShellHealth {
    /// Memory in use, in bytes.
    pub memory_bytes: Option<u64>,
    /// Frames published so far.
    pub frames: u64,
    /// The slowest of the last commits of the journal, in microseconds.
    pub commit_us: Option<u64>,
    /// Where orders go, each with its state.
    pub gateways: Vec<GatewayStatus>,
}

/// A gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GatewayStatus {
    /// The desk's word for it.
    pub name: String,
    /// Whether orders can leave by it.
    pub up: bool,
}

/// Where a replay stands and how fast it goes.
#[derive(Clone, PartialEq, Debug)]
pub struct Transport {
    /// Whether time passes.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Recorded time.
    pub position: Timestamp,
    /// First moment of the record.
    pub start: Timestamp,
    /// Last moment of the record.
    pub end: Timestamp,
    /// The record is at its end.
    pub finished: bool,
    /// A seek is under way, to this time.
    pub seeking: Option<Timestamp>,
    /// Marked times, oldest first.
    pub bookmarks: Vec<Timestamp>,
    /// Every branch of the session, the first being the session as it began, the last the present one.
    pub branches: Vec<Branch>,
    /// Whether the view is of the past of this session (commands are off until the replay is resumed from here).
    pub view_only: bool,
}

/// One branch of a replay: a session that went its own way from some moment on.
#[derive(Clone, PartialEq, Debug)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// The branch it left and when; `None` for the session as it began.
    pub left: Option<(String, Timestamp)>,
    /// How far the person had seen when it began: what was done before that is not scored.
    pub seen: Option<Timestamp>,
    /// How far it has come.
    pub at: Timestamp,
    /// Its orders, oldest first.
    pub orders: Vec<Arc<Order>>,
    /// The account of this terminal in it.
    pub account: Option<AccountView>,
}

/// How fast recorded time passes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Speed {
    /// Recorded seconds per second; above zero.
    Factor(f64),
    /// As fast as the engine goes.
    Max,
}

/// The state of the journal.
#[derive(Clone, PartialEq, Debug)]
pub enum JournalStatus {
    /// Records are durable.
    Durable {
        /// Number of the last record.
        seq: u64,
        /// First hex digits of the chain's head.
        head: String,
        /// The last records in words, newest last.
        tail: Vec<JournalLine>,
    },
    /// Nothing is written; the header says NOT JOURNALED and why.
    NotJournaled {
        /// Why.
        why: String,
    },
}

/// One journal record in words.
#[derive(Clone, PartialEq, Debug)]
pub struct JournalLine {
    /// Its number.
    pub seq: u64,
    /// When, on the engine's clock.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Its hash in the chain, in hex digits.
    pub hash: String,
}

/// What a terminal asks of its shell. These are not inputs of the engine: a replay looked at
/// from another angle is the same replay.
#[derive(Clone, PartialEq, Debug)]
pub enum ShellRequest {
    /// Let time pass.
    Play,
    /// Stop time.
    Pause,
    /// How fast.
    SetSpeed(Speed),
    /// One step slower.
    Slower,
    /// One step faster; the last is as fast as the engine goes.
    Faster,
    /// Exactly one event.
    StepEvent,
    /// To the end of the bar.
    StepBar,
    /// To a recorded time, forwards or back.
    Seek(Timestamp),
    /// To the next or previous stop of a kind.
    Jump {
        /// Which kind.
        to: JumpTarget,
        /// Forwards, or back.
        forward: bool,
    },
    /// Mark this time.
    Bookmark,
    /// Go on from the past that is being looked at, in a branch with a journal of its own.
    ResumeHere,
    /// Back from the past to the session itself.
    ReturnToSession,
    /// Give the present branch this name.
    NameBranch(String),
    /// Leave.
    Quit,
}

/// Where a jump stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JumpTarget {
    /// A market halt begins or ends.
    Halt,
    /// An alert.
    Alert,
    /// The regime changes its label.
    RegimeChange,
    /// A fill of ours.
    OwnFill,
    /// A bookmark.
    Bookmark,
}

impl JumpTarget {
    /// Every kind, in the order in which a key goes through them.
    pub const ALL: [Self; 5] = [Self::Halt, Self::Alert, Self::RegimeChange, Self::OwnFill, Self::Bookmark];

    /// The desk's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Halt => "halt",
            Self::Alert => "alert",
            Self::RegimeChange => "regime change",
            Self::OwnFill => "own fill",
            Self::Bookmark => "bookmark",
        }
    }
}
