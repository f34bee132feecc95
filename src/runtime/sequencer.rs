//! The owner of the engine: one order of inputs, durable before what follows from them leaves.

use std::sync::Arc;

use super::ledger::{Ledger, LedgerError};
use crate::engine::{
    DaySetup, Decisions, Event, Input, OperatorCommand, Output, SetupError, State, StateHash, apply,
};
use crate::gateway::Gateway;
use crate::gateway::paper::{PaperGateway, PaperParams};
use crate::journal::{Body, Close, Hash, Hex64, StreamPosition};
use crate::market::{MarketEvent, Timestamp};

/// Why a session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    /// The day's facts.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The engine with its gateway, its journal and the digest of its decisions.
pub struct Sequencer {
    state: State,
    gateway: PaperGateway,
    ledger: Ledger,
    decisions: Decisions,
    position: StreamPosition,
    marked_bar: u32,
}

impl Sequencer {
    /// A session of a day that has not begun.
    ///
    /// # Errors
    /// [`SequencerError::Setup`].
    pub fn new(setup: Arc<DaySetup>, ledger: Ledger) -> Result<Self, SequencerError> {
        Ok(Self {
            state: State::new(setup)?,
            gateway: PaperGateway::new(PaperParams::default()),
            ledger,
            decisions: Decisions::default(),
            position: StreamPosition::default(),
            marked_bar: 0,
        })
    }

    /// A market event; returns what followed.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    #[inline]
    pub fn market(&mut self, event: MarketEvent) -> Result<Vec<Output>, SequencerError> {
        let outputs = self.run(Input { at: event.at, seq: 0, event: Event::Market(event) })?;
        self.position.rows += 1;
        self.mark()?;
        Ok(outputs)
    }

    /// A tick of the clock.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn clock(&mut self, at: Timestamp) -> Result<Vec<Output>, SequencerError> {
        let outputs = self.run(Input { at, seq: 0, event: Event::Clock })?;
        self.position.clocks += 1;
        self.mark()?;
        Ok(outputs)
    }

    /// A person's command, at the engine's time. It is durable before it is obeyed.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn command(&mut self, command: OperatorCommand) -> Result<Vec<Output>, SequencerError> {
        let at = self.state.now();
        self.command_at(at, command)
    }

    fn command_at(&mut self, at: Timestamp, command: OperatorCommand) -> Result<Vec<Output>, SequencerError> {
        let body = Body::command(at, self.position, &command);
        let seq = self.record(body)?;
        self.ledger.commit()?;
        self.run(Input { at, seq, event: Event::Command(command) })
    }

    /// Commands that the journal being caught up with holds for this place of the stream.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    #[inline]
    pub fn recorded_commands(&mut self) -> Result<Vec<Output>, SequencerError> {
        let mut outputs = Vec::new();
        while let Some((at, command)) = self.ledger.recorded_command(self.position) {
            outputs.extend(self.command_at(at, command)?);
        }
        Ok(outputs)
    }

    /// Applies an input and everything the gateway says because of it.
    #[inline]
    fn run(&mut self, input: Input) -> Result<Vec<Output>, SequencerError> {
        let mut outputs = apply(&mut self.state, &input);
        if !outputs.is_empty() {
            self.release(&outputs)?;
        }
        for report in self.gateway.after(&self.state, &input) {
            let at = self.state.now();
            let body = Body::Gateway { at, position: self.position, report: report.clone() };
            let seq = self.record(body)?;
            outputs.extend(self.run(Input { at, seq, event: Event::Gateway(report) })?);
        }
        Ok(outputs)
    }

    /// Hands out what follows, after everything that led to it is durable.
    fn release(&mut self, outputs: &[Output]) -> Result<(), SequencerError> {
        self.decisions.take(outputs);
        if outputs.iter().any(Output::leaves) {
            self.ledger.commit()?;
        }
        for output in outputs {
            if let Output::Request(request) = output {
                self.gateway.request(request, self.state.now());
            }
        }
        Ok(())
    }

    /// A waypoint at the end of every bar: a later run that has drifted is found within five minutes
    /// of market time.
    #[inline]
    fn mark(&mut self) -> Result<(), SequencerError> {
        if self.state.bar_index() != self.marked_bar {
            self.marked_bar = self.state.bar_index();
            let body = Body::Mark { position: self.position, digest: Hex64(self.state.digest()) };
            self.record(body)?;
            self.ledger.commit()?;
        }
        Ok(())
    }

    fn record(&mut self, body: Body) -> Result<u64, LedgerError> {
        let setup = Arc::clone(self.state.setup());
        self.ledger.record(body, self.state.now(), &setup.universe)
    }

    /// Makes everything so far durable.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn commit(&mut self) -> Result<(), SequencerError> {
        Ok(self.ledger.commit()?)
    }

    /// Ends the session in the journal.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn close(&mut self) -> Result<Hash, SequencerError> {
        let close = Close {
            position: self.position,
            state_hash: Hash::from_bytes(self.state_hash().bytes()),
            decisions: Hash::from_bytes(self.decisions.hash().bytes()),
            outputs: self.decisions.count(),
        };
        Ok(self.ledger.close(close)?)
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The hash over all of the state.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        self.state.state_hash()
    }

    /// The digest over every output so far.
    #[must_use]
    pub const fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// The journal.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The journal, to branch or checkpoint it.
    pub const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// How much of the stream has been applied.
    #[must_use]
    pub const fn position(&self) -> StreamPosition {
        self.position
    }

    /// The next moment at which the gateway or the engine has something to do by itself.
    #[inline]
    #[must_use]
    pub fn due(&self) -> Timestamp {
        self.gateway.due().map_or(self.state.due(), |due| due.min(self.state.due()))
    }
}
