//! A person as the gateway of a live session: slips out, their reports into the engine at once.

use super::LiveCore;
use super::board::Board;
use super::book_file::BookNews;
use crate::engine::State;
use crate::execution::{GatewayRequest, Line, LineState};
use crate::gateway::broker_book::BrokerBook;
use crate::gateway::manual::ManualGateway;
use crate::gateway::session::{GatewayOut, GatewaySaid, GatewaySession};
use crate::market::Timestamp;
use crate::runtime::sequencer::SequencerError;

/// See the module.
pub struct Broker {
    gateway: ManualGateway,
    place: usize,
    /// What the portal listed when somebody last brought it.
    book: Option<BrokerBook>,
}

impl Broker {
    /// That of a session as its engine stands, at its place on the board.
    #[must_use]
    pub fn of(state: &State, place: usize) -> Self {
        Self { gateway: ManualGateway::of(state), place, book: None }
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

    /// Somebody brought what the portal lists: it is compared with what we hold. Says what there is to say of it.
    ///
    /// # Errors
    /// As [`LiveCore::said`].
    pub fn brought(
        &mut self,
        core: &mut LiveCore,
        now: Timestamp,
        news: BookNews,
    ) -> Result<String, SequencerError> {
        let name = news.name;
        match news.book {
            Err(why) => Ok(format!("{name} is not taken: {why}")),
            Ok(book) => {
                self.book = Some(book);
                self.compare(core, now)?;
                Ok(match core.state().gateway().agreement.differences().len() {
                    0 => format!("{name}: the broker's books are as ours"),
                    1 => format!("{name}: 1 difference (g b)"),
                    n => format!("{name}: {n} differences (g b)"),
                })
            }
        }
    }

    /// A person said what became of an order: a difference that was shown may be none any more. Where there is none
    /// the last book is not looked at again, for it is older than what has happened since.
    ///
    /// # Errors
    /// As [`LiveCore::said`].
    pub fn told(&self, core: &mut LiveCore, now: Timestamp) -> Result<(), SequencerError> {
        if core.state().gateway().agreement.differences().is_empty() {
            return Ok(());
        }
        self.compare(core, now)
    }

    fn compare(&self, core: &mut LiveCore, now: Timestamp) -> Result<(), SequencerError> {
        let statement = self.book.as_ref().and_then(|book| book.statement(core.state()));
        match statement {
            Some(statement) => core.said(now, GatewaySaid::Statement(statement)).map(drop),
            None => Ok(()),
        }
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
