//! The engine of a live session and what it is given, without sockets or threads.
//!
//! Everything that comes in is given the engine's time here: the exchange's clock as far as the feed in use tells
//! it, never running back. Events of the feed in use are numbered anew without a hole: what was missing was dealt
//! with by the feed, and what was left out under load was left out on purpose.

use crate::engine::{OperatorCommand, Output, State};
use crate::execution::{GatewayRequest, Line, LineNews, LineState};
use crate::feed::live::SourceClock;
use crate::feed::recording::{Heard, HeardWhat};
use crate::gateway::session::GatewaySaid;
use crate::market::time::NS_PER_S;
use crate::market::{MarketEvent, SourceId, Timestamp};
use crate::runtime::sequencer::{Sequencer, SequencerError};

/// See the module.
pub struct LiveCore {
    sequencer: Sequencer,
    clock: Option<SourceClock>,
    /// Number of the last event handed to the engine, of each source.
    numbers: Vec<(SourceId, u64)>,
    /// The end of the first whole second after the last input.
    quiet_second_ends: Timestamp,
    /// Something was journaled and is not durable yet.
    uncommitted: bool,
}

impl LiveCore {
    /// A session that has been caught up with what it recorded.
    #[must_use]
    pub fn new(sequencer: Sequencer) -> Self {
        let feeds = sequencer.state().feeds().iter();
        let numbers = feeds.map(|(source, feed)| (*source, feed.last_seq)).collect();
        Self { sequencer, clock: None, numbers, quiet_second_ends: Timestamp::from_ns(0), uncommitted: false }
    }

    /// What the feed in use says its clock shows.
    pub const fn set_clock(&mut self, clock: SourceClock) {
        self.clock = Some(clock);
    }

    /// The engine's time when this machine's clock shows `now`.
    #[must_use]
    pub fn time(&self, now: Timestamp) -> Timestamp {
        // Without a clock of the exchange the day stands still rather than jump to another date.
        let last = self.state().now();
        self.clock.map_or(last, |clock| clock.at(now).max(last))
    }

    /// The market did something.
    ///
    /// # Errors
    /// [`SequencerError`]: the recording or the journal refuses.
    #[inline]
    pub fn market(&mut self, now: Timestamp, mut event: MarketEvent) -> Result<Vec<Output>, SequencerError> {
        event.seq = self.number(event.source);
        self.hear(now, HeardWhat::Market(event))
    }

    /// A line changed where it stands.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn line(
        &mut self,
        now: Timestamp,
        line: Line,
        state: LineState,
    ) -> Result<Vec<Output>, SequencerError> {
        self.hear(now, HeardWhat::Line(LineNews { line, state }))
    }

    /// The gateway said something.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn said(&mut self, now: Timestamp, said: GatewaySaid) -> Result<Vec<Output>, SequencerError> {
        let at = self.time(now);
        self.uncommitted = true;
        match said {
            GatewaySaid::Report(report) => self.sequencer.report(at, report),
            GatewaySaid::Statement(statement) => self.sequencer.statement(at, statement),
        }
    }

    /// A person's command. It is durable before it is obeyed.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn command(
        &mut self,
        now: Timestamp,
        command: OperatorCommand,
    ) -> Result<Vec<Output>, SequencerError> {
        let at = self.time(now);
        self.sequencer.command_at(at, command)
    }

    /// Time has passed: gives the engine what is due, and a tick for each second in which nothing came.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn tick(&mut self, now: Timestamp) -> Result<Vec<Output>, SequencerError> {
        let mut outputs = Vec::new();
        if self.clock.is_none() {
            return Ok(outputs);
        }
        let time = self.time(now);
        // What is due at once after being done waits for the next call.
        for _ in 0..16 {
            let due = self.sequencer.due().min(self.quiet_second_ends).max(self.state().now());
            if due > time {
                break;
            }
            outputs.extend(self.hear_at(due, HeardWhat::Clock)?);
            // Seconds in which this machine slept are one gap and not a queue of ticks.
            if time.since_ns(due) > 2 * NS_PER_S {
                outputs.extend(self.hear_at(time, HeardWhat::Clock)?);
            }
        }
        Ok(outputs)
    }

    /// Makes what was journaled durable, and hands what was heard to the system.
    ///
    /// # Errors
    /// As [`LiveCore::market`].
    pub fn settle(&mut self) -> Result<(), SequencerError> {
        self.sequencer.rotate()?;
        if std::mem::take(&mut self.uncommitted) {
            return self.sequencer.commit();
        }
        self.sequencer.flush()
    }

    /// Requests for the gateway, durable, handed out once.
    #[must_use]
    pub fn take_requests(&mut self) -> Vec<GatewayRequest> {
        self.sequencer.take_requests()
    }

    /// The same, each with a number that no other input of the session has.
    #[must_use]
    pub fn take_numbered_requests(&mut self) -> Vec<(u64, GatewayRequest)> {
        self.sequencer.take_numbered_requests()
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.sequencer.state()
    }

    /// The sequencer.
    #[must_use]
    pub const fn sequencer(&self) -> &Sequencer {
        &self.sequencer
    }

    /// The sequencer, to end the session.
    pub const fn sequencer_mut(&mut self) -> &mut Sequencer {
        &mut self.sequencer
    }

    fn hear(&mut self, now: Timestamp, what: HeardWhat) -> Result<Vec<Output>, SequencerError> {
        let at = self.time(now);
        self.hear_at(at, what)
    }

    fn hear_at(&mut self, at: Timestamp, what: HeardWhat) -> Result<Vec<Output>, SequencerError> {
        self.quiet_second_ends = Timestamp::from_ns((at.ns().div_euclid(NS_PER_S) + 2) * NS_PER_S);
        self.sequencer.hear(Heard { at, what })
    }

    fn number(&mut self, source: SourceId) -> u64 {
        match self.numbers.iter_mut().find(|(known, _)| *known == source) {
            Some((_, number)) => {
                *number += 1;
                *number
            }
            None => {
                self.numbers.push((source, 1));
                1
            }
        }
    }
}
