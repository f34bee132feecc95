//! The stream of a replay: recorded events and, where the market is silent, the clock.

use std::iter::Peekable;
use std::sync::Arc;

use crate::engine::{OperatorCommand, Output, State};
use crate::feed::FeedError;
use crate::feed::day::{DayReader, Events};
use crate::market::time::NS_PER_S;
use crate::market::{MarketEvent, Timestamp};
use crate::runtime::day::Day;
use crate::runtime::ledger::Ledger;
use crate::runtime::sequencer::{Sequencer, SequencerError};

/// Why a replay cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recorded day.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The engine's shell.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
}

/// What one step did.
#[derive(Debug)]
pub struct Step {
    /// The time it happened at.
    pub at: Timestamp,
    /// What followed from it.
    pub outputs: Vec<Output>,
}

/// What comes next.
enum Next {
    Event,
    Clock(Timestamp),
    End,
}

/// Plays a day into a sequencer, one input at a time.
///
/// Clock ticks come from market time only: at each whole second that passed without an event, and
/// when the engine or the gateway has something due by itself.
pub struct Driver {
    reader: DayReader,
    events: Peekable<Events>,
    sequencer: Sequencer,
    /// The end of the first whole second after the last input.
    quiet_second_ends: Timestamp,
}

impl Driver {
    /// A day that has not begun.
    ///
    /// # Errors
    /// [`ReplayError::Sequencer`] when the day's facts cannot be set up.
    pub fn new(day: &Day, ledger: Ledger) -> Result<Self, ReplayError> {
        let sequencer = Sequencer::new(Arc::clone(&day.setup), ledger)?;
        Ok(Self::over(day.reader.clone(), sequencer))
    }

    /// The same day from its beginning, repeating in memory what this one recorded.
    ///
    /// # Errors
    /// [`ReplayError::Sequencer`].
    pub fn again(&self) -> Result<Self, ReplayError> {
        let ledger = self.sequencer.ledger().repeating("a view of the past").map_err(SequencerError::from)?;
        let sequencer = Sequencer::new(Arc::clone(self.sequencer.state().setup()), ledger)?;
        Ok(Self::over(self.reader.clone(), sequencer))
    }

    fn over(reader: DayReader, sequencer: Sequencer) -> Self {
        let events = reader.events().peekable();
        Self { reader, events, sequencer, quiet_second_ends: Timestamp::from_ns(i64::MAX) }
    }

    /// When the next input is stamped; `None` at the end of the day.
    pub fn next_at(&mut self) -> Option<Timestamp> {
        match self.next() {
            Next::Event => match self.events.peek() {
                Some(Ok(event)) => Some(event.at),
                _ => Some(self.state().now()),
            },
            Next::Clock(at) => Some(at),
            Next::End => None,
        }
    }

    /// Applies the next input; `None` at the end of the day.
    ///
    /// # Errors
    /// [`ReplayError`]: the day cannot be read on, or the journal refuses.
    #[inline]
    pub fn step(&mut self) -> Result<Option<Step>, ReplayError> {
        let mut outputs = self.sequencer.recorded_commands()?;
        let at = match self.next() {
            Next::Event => {
                let Some(event) = self.events.next() else { return Ok(None) };
                let event: MarketEvent = event?;
                append(&mut outputs, self.sequencer.market(event)?);
                event.at
            }
            Next::Clock(at) => {
                append(&mut outputs, self.sequencer.clock(at)?);
                at
            }
            Next::End => {
                return Ok(None);
            }
        };
        self.quiet_second_ends = Timestamp::from_ns((at.ns().div_euclid(NS_PER_S) + 2) * NS_PER_S);
        Ok(Some(Step { at, outputs }))
    }

    /// Applies inputs up to and including those stamped `until`, and hands each step to `see`.
    ///
    /// # Errors
    /// As [`Driver::step`].
    pub fn run_until(&mut self, until: Timestamp, mut see: impl FnMut(&Step)) -> Result<(), ReplayError> {
        while self.next_at().is_some_and(|at| at <= until) {
            if let Some(step) = self.step()? {
                see(&step);
            }
        }
        Ok(())
    }

    /// Goes on to where the journal being caught up with ends.
    ///
    /// # Errors
    /// As [`Driver::step`].
    pub fn catch_up(&mut self, mut see: impl FnMut(&Step)) -> Result<(), ReplayError> {
        while let Some(to) = self.sequencer.ledger().catching_up_to()
            && self.sequencer.position() < to
        {
            match self.step()? {
                Some(step) => see(&step),
                None => break,
            }
        }
        self.sequencer.recorded_commands()?;
        Ok(())
    }

    /// Gives the engine a command now.
    ///
    /// # Errors
    /// [`ReplayError::Sequencer`].
    pub fn command(&mut self, command: OperatorCommand) -> Result<Vec<Output>, ReplayError> {
        Ok(self.sequencer.command(command)?)
    }

    #[inline]
    fn next(&mut self) -> Next {
        let event_at = match self.events.peek() {
            Some(Ok(event)) => Some(event.at),
            // A row that cannot be read is reported by the step that reaches it.
            Some(Err(_)) => return Next::Event,
            None => None,
        };
        let due = self.sequencer.due();
        match event_at {
            Some(at) => {
                let tick = due.min(self.quiet_second_ends);
                // Whatever is due at the very moment of an event is done by the event itself.
                if tick < at { Next::Clock(tick) } else { Next::Event }
            }
            None if due < Timestamp::from_ns(i64::MAX) => Next::Clock(due),
            None => Next::End,
        }
    }

    /// Whether the day is over.
    pub fn finished(&mut self) -> bool {
        matches!(self.next(), Next::End)
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

    /// The sequencer, to close or branch its journal.
    pub const fn sequencer_mut(&mut self) -> &mut Sequencer {
        &mut self.sequencer
    }
}

/// Joins outputs without moving the common case of none.
#[inline]
fn append(outputs: &mut Vec<Output>, more: Vec<Output>) {
    if outputs.is_empty() {
        *outputs = more;
    } else {
        outputs.extend(more);
    }
}
