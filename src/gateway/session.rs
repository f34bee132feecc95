//! What every gateway over a line is: told what happened, saying what follows.

use crate::execution::{ExecutionReport, GatewayRequest, LineState, Statement};
use crate::market::Timestamp;

/// One venue's order protocol as a plain state machine without sockets. Times are this machine's.
pub trait GatewaySession: Send {
    /// A connection stands; nothing has been said on it.
    fn opened(&mut self, now: Timestamp, out: &mut GatewayOut);

    /// A text frame came. Whatever it is, it never panics.
    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut GatewayOut);

    /// The connection is gone, or could not be made.
    fn lost(&mut self, now: Timestamp, out: &mut GatewayOut);

    /// Time has passed; called at least four times a second.
    fn tick(&mut self, now: Timestamp, out: &mut GatewayOut);

    /// The engine asks for something. While the line is not live it is not sent, now or later: its order will be
    /// unknown, and is asked about when the line is back.
    fn request(&mut self, now: Timestamp, request: &GatewayRequest, out: &mut GatewayOut);

    /// Where it stands.
    fn state(&self) -> LineState;

    /// What has been counted.
    fn stats(&self) -> &GatewayStats;
}

/// What follows from something a session was told.
#[derive(Debug, Default)]
pub struct GatewayOut {
    /// Text frames to send, in this order.
    pub send: Vec<String>,
    /// For the engine, in this order.
    pub said: Vec<GatewaySaid>,
    /// The connection is to be closed: why, and whether another is to be tried.
    pub close: Option<(String, bool)>,
}

/// What a gateway says to the engine.
#[derive(Clone, PartialEq, Debug)]
pub enum GatewaySaid {
    /// What became of an order.
    Report(ExecutionReport),
    /// What there is.
    Statement(Statement),
}

/// What a session has counted since it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GatewayStats {
    /// Frames heard.
    pub frames: u64,
    /// Reports handed on.
    pub reports: u64,
    /// Reports that came again.
    pub duplicates: u64,
    /// Times a report was missing.
    pub gaps: u64,
    /// Connections after the first.
    pub reconnects: u64,
    /// Frames that could not be read.
    pub refused: u64,
    /// Requests that were not sent because the line was not live.
    pub unsent: u64,
    /// When anything was last heard.
    pub heard_at: Option<Timestamp>,
    /// Half of the shortest round trip of late, in nanoseconds.
    pub latency_ns: Option<i64>,
    /// The venue's clock less this machine's, in nanoseconds.
    pub clock_offset_ns: Option<i64>,
}
