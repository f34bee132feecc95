//! The owner of the engine: one order of inputs, durable before what follows from them leaves.

use std::sync::Arc;

use super::ledger::{Ledger, LedgerError};
use super::live::Recorder;
use crate::engine::{
    DaySetup, Decisions, Event, GatewayKind, Input, OperatorCommand, Output, SetupError, State, StateHash,
    apply,
};
use crate::execution::{ExecutionReport, GatewayRequest, Statement};
use crate::feed::recording::{Finished, Heard, HeardWhat, RecordingError};
use crate::gateway::Gateway;
use crate::gateway::paper::{PaperGateway, PaperParams};
use crate::journal::{Body, Close, Hash, Hex64, Segment, StreamPosition};
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
    /// The recording of what is heard.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

/// Where requests go.
enum Way {
    /// To the paper gateway, which answers in the engine's own time.
    Paper(PaperGateway),
    /// Out, by whoever takes them; their answers come in by themselves. Each with the number of the input behind it.
    Out(Vec<(u64, GatewayRequest)>),
}

/// The engine with its gateway, its journal and the digest of its decisions.
pub struct Sequencer {
    state: State,
    way: Way,
    ledger: Ledger,
    /// What is heard and is in no file yet is kept here; `None` for a recorded day.
    recorder: Option<Recorder>,
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
        let way = match setup.gateway {
            GatewayKind::Inside => Way::Paper(PaperGateway::new(PaperParams::default())),
            GatewayKind::Remote | GatewayKind::Manual => Way::Out(Vec::new()),
        };
        Ok(Self {
            state: State::new(setup)?,
            way,
            ledger,
            recorder: None,
            decisions: Decisions::default(),
            position: StreamPosition::default(),
            marked_bar: 0,
        })
    }

    /// From now on what is heard is kept in this recording.
    pub fn record_to(&mut self, recorder: Recorder) {
        self.recorder = Some(recorder);
    }

    /// A market event of a recorded day; returns what followed.
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

    /// A tick of the clock of a recorded day.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn clock(&mut self, at: Timestamp) -> Result<Vec<Output>, SequencerError> {
        let outputs = self.run(Input { at, seq: 0, event: Event::Clock })?;
        self.position.clocks += 1;
        self.mark()?;
        Ok(outputs)
    }

    /// Something was heard that is in no file yet: it is kept in the recording first.
    ///
    /// # Errors
    /// [`SequencerError::Recording`], [`SequencerError::Ledger`].
    #[inline]
    pub fn hear(&mut self, heard: Heard) -> Result<Vec<Output>, SequencerError> {
        if let Some(recorder) = &mut self.recorder {
            recorder.add(&heard)?;
        }
        let event = match heard.what {
            HeardWhat::Market(event) => Event::Market(event),
            HeardWhat::Line(news) => Event::Line(news),
            HeardWhat::Clock => Event::Clock,
        };
        let clock = event == Event::Clock;
        let outputs = self.run(Input { at: heard.at, seq: 0, event })?;
        match clock {
            true => self.position.clocks += 1,
            false => self.position.rows += 1,
        }
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

    /// A person's command at a moment of the engine's time.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`], [`SequencerError::Recording`].
    pub fn command_at(
        &mut self,
        at: Timestamp,
        command: OperatorCommand,
    ) -> Result<Vec<Output>, SequencerError> {
        let body = Body::command(at, self.position, &command);
        let seq = self.record(body)?;
        self.commit()?;
        self.run(Input { at, seq, event: Event::Command(command) })
    }

    /// A report of a gateway outside. Durable with the next commit: what is lost of it is asked for again.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn report(&mut self, at: Timestamp, report: ExecutionReport) -> Result<Vec<Output>, SequencerError> {
        let seq = self.record(Body::Gateway { at, position: self.position, report: report.clone() })?;
        self.run(Input { at, seq, event: Event::Gateway(report) })
    }

    /// What a gateway outside says that there is.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn statement(&mut self, at: Timestamp, statement: Statement) -> Result<Vec<Output>, SequencerError> {
        let body = Body::Statement { at, position: self.position, statement: statement.clone() };
        let seq = self.record(body)?;
        self.run(Input { at, seq, event: Event::Statement(statement) })
    }

    /// Commands that the journal being caught up with holds for this place of the stream, and what gateways
    /// outside reported there.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    #[inline]
    pub fn recorded_commands(&mut self) -> Result<Vec<Output>, SequencerError> {
        let mut outputs = Vec::new();
        let outside = matches!(self.way, Way::Out(_));
        while let Some(body) = self.ledger.recorded_input(self.position, outside) {
            outputs.extend(match body {
                Body::Command { at, by, command, .. } => {
                    self.command_at(at, OperatorCommand { by, command })?
                }
                Body::Gateway { at, report, .. } => self.report(at, report)?,
                Body::Statement { at, statement, .. } => self.statement(at, statement)?,
                body => {
                    self.record(body)?;
                    Vec::new()
                }
            });
        }
        Ok(outputs)
    }

    /// Requests for the gateway outside, oldest first. They are durable, and are handed out once.
    #[must_use]
    pub fn take_requests(&mut self) -> Vec<GatewayRequest> {
        self.take_numbered_requests().into_iter().map(|(_, request)| request).collect()
    }

    /// The same, each with the number of the input that led to it. Records and inputs heard are counted together, so
    /// that no two inputs of a session have the same number, whatever ended in between.
    #[must_use]
    pub fn take_numbered_requests(&mut self) -> Vec<(u64, GatewayRequest)> {
        match &mut self.way {
            Way::Out(requests) => std::mem::take(requests),
            Way::Paper(_) => Vec::new(),
        }
    }

    /// Ends a segment of the recording that has become long, and names it in the journal.
    ///
    /// # Errors
    /// [`SequencerError::Recording`], [`SequencerError::Ledger`].
    pub fn rotate(&mut self) -> Result<(), SequencerError> {
        if let Some(recorder) = self.recorder.as_mut().filter(|r| r.is_long()) {
            let finished = recorder.next_segment()?;
            self.name_segment(&finished)?;
        }
        Ok(())
    }

    /// Names a segment in the journal.
    ///
    /// # Errors
    /// [`SequencerError::Ledger`].
    pub fn name_segment(&mut self, finished: &Finished) -> Result<(), SequencerError> {
        let sha256 = Hash::from_bytes(finished.sha256);
        let segment = Segment { name: finished.name.clone(), sha256, events: finished.entries };
        self.record(Body::Segment(segment))?;
        Ok(())
    }

    /// Hands what was heard to the system, so that it survives the end of the process.
    ///
    /// # Errors
    /// [`SequencerError::Recording`].
    pub fn flush(&mut self) -> Result<(), SequencerError> {
        if let Some(recorder) = &mut self.recorder {
            recorder.flush()?;
        }
        Ok(())
    }

    /// Applies an input and everything the gateway says because of it.
    #[inline]
    fn run(&mut self, input: Input) -> Result<Vec<Output>, SequencerError> {
        // What is heard is counted after it has been applied; what has a record has been counted already.
        let heard = u64::from(matches!(input.event, Event::Market(_) | Event::Line(_) | Event::Clock));
        let mut outputs = apply(&mut self.state, &input);
        if !outputs.is_empty() {
            self.release(&outputs, heard)?;
        }
        let Way::Paper(gateway) = &mut self.way else { return Ok(outputs) };
        for report in gateway.after(&self.state, &input) {
            let at = self.state.now();
            outputs.extend(self.report(at, report)?);
        }
        Ok(outputs)
    }

    /// Hands out what follows, after everything that led to it is durable.
    fn release(&mut self, outputs: &[Output], heard: u64) -> Result<(), SequencerError> {
        self.decisions.take(outputs);
        let number = self.ledger.last() + self.position.rows + self.position.clocks + heard;
        if outputs.iter().any(Output::leaves) {
            self.commit()?;
        }
        for output in outputs {
            if let Output::Request(request) = output {
                match &mut self.way {
                    Way::Paper(gateway) => gateway.request(request, self.state.now()),
                    Way::Out(requests) => requests.push((number, request.clone())),
                }
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
            self.commit()?;
        }
        Ok(())
    }

    fn record(&mut self, body: Body) -> Result<u64, LedgerError> {
        let setup = Arc::clone(self.state.setup());
        self.ledger.record(body, self.state.now(), &setup.universe)
    }

    /// Makes everything so far durable: what was heard before what the journal says came of it.
    ///
    /// # Errors
    /// [`SequencerError::Recording`], [`SequencerError::Ledger`].
    pub fn commit(&mut self) -> Result<(), SequencerError> {
        if let Some(recorder) = &mut self.recorder {
            recorder.sync()?;
        }
        Ok(self.ledger.commit()?)
    }

    /// A clean stop in the middle: durable, the segment named, the journal's header says how far.
    ///
    /// # Errors
    /// [`SequencerError::Recording`], [`SequencerError::Ledger`].
    pub fn pause(&mut self) -> Result<(), SequencerError> {
        self.end_recording()?;
        self.commit()?;
        Ok(self.ledger.checkpoint()?)
    }

    fn end_recording(&mut self) -> Result<(), SequencerError> {
        if let Some(recorder) = self.recorder.take() {
            let finished = recorder.finish()?;
            self.name_segment(&finished)?;
        }
        Ok(())
    }

    /// Ends the session in the journal.
    ///
    /// # Errors
    /// [`SequencerError::Recording`], [`SequencerError::Ledger`].
    pub fn close(&mut self) -> Result<Hash, SequencerError> {
        self.end_recording()?;
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
        let gateway = match &self.way {
            Way::Paper(gateway) => gateway.due(),
            Way::Out(_) => None,
        };
        gateway.map_or(self.state.due(), |due| due.min(self.state.due()))
    }
}
