//! A person as the gateway of a live session: slips out, their reports into the engine at once.

use super::LiveCore;
use super::board::Board;
use crate::engine::State;
use crate::execution::{GatewayRequest, Line, LineState};
use crate::gateway::manual::ManualGateway;
use crate::gateway::session::{GatewayOut, GatewaySession};
use crate::market::Timestamp;
use crate::runtime::sequencer::SequencerError;

/// See the module.
pub struct Broker {
    gateway: ManualGateway,
    place: usize,
}

impl Broker {
    /// That of a session as its engine stands, at its place on the board.
    #[must_use]
    pub fn of(state: &State, place: usize) -> Self {
        Self { gateway: ManualGateway::of(state), place }
    }

    /// The session begins: somebody is there to be asked, and what was open before is unknown. Returns how many slips
    /// there are of before, on which somebody may have acted.
    ///
    /// # Errors
    /// As [`LiveCore::said`].
    pub fn begin(&mut self, core: &mut LiveCore, now: Timestamp) -> Result<usize, SequencerError> {
        core.line(now, Line::Gateway, LineState::Live)?;
        let mut out = GatewayOut::default();
        self.gateway.opened(now, &mut out);
        say(core, now, out)?;
        Ok(core.state().orders().values().filter(|order| order.is_unanswered()).count())
    }

    /// Writes a slip for each request. They are durable by now.
    ///
    /// # Errors
    /// As [`LiveCore::said`].
    pub fn hand_out(
        &mut self,
        core: &mut LiveCore,
        now: Timestamp,
        requests: &[GatewayRequest],
    ) -> Result<(), SequencerError> {
        self.gateway.file(core.state());
        let mut out = GatewayOut::default();
        for request in requests {
            self.gateway.request(now, request, &mut out);
        }
        say(core, now, out)
    }

    /// Says on the board where it stands.
    pub fn show(&self, board: &Board) {
        board.gateway(self.place, self.gateway.state(), self.gateway.stats());
    }
}

fn say(core: &mut LiveCore, now: Timestamp, out: GatewayOut) -> Result<(), SequencerError> {
    for said in out.said {
        core.said(now, said)?;
    }
    Ok(())
}
