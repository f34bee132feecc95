//! The lines of a session as they are begun: what all of them share, the feeds in their order, a venue for orders.

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::board::{Board, LocalClock};
use super::lines::{self, LineOrder, Shared, Way};
use super::session::Outlet;
use super::socket::Address;
use crate::console::ConnectionUse;
use crate::feed::live::FeedSession;
use crate::gateway::session::GatewaySession;
use crate::market::SourceId;

/// Requests that may wait for a gateway's line.
pub const REQUESTS: usize = 4_096;

/// One feed as the session sees it.
pub struct FeedPlace {
    /// Its number.
    pub source: SourceId,
    /// Its place on the board.
    pub place: usize,
    /// What it is told to do.
    pub orders: mpsc::Sender<LineOrder>,
}

/// See the module.
pub struct LineSet {
    /// What every line shares.
    pub shared: Shared,
    /// The feeds, the one to prefer first.
    pub feeds: Vec<FeedPlace>,
}

impl LineSet {
    /// No line yet. All that will be begun end when `true` is sent.
    #[must_use]
    pub fn new(clock: LocalClock) -> (Self, watch::Sender<bool>) {
        let (stop, stopped) = watch::channel(false);
        let shared =
            Shared { intake: std::sync::Arc::default(), board: Board::default(), clock, stop: stopped };
        (Self { shared, feeds: Vec::new() }, stop)
    }

    /// Begins the line of a feed. Its session's source is the number of feeds before it and one.
    pub fn feed(&mut self, runtime: &Handle, session: Box<dyn FeedSession>, way: Way) {
        let n = self.feeds.len() + 1;
        let source = SourceId(u16::try_from(n).unwrap_or(u16::MAX));
        let place = self.shared.board.add(&format!("feed {n}"), ConnectionUse::Standby);
        let (orders, told) = mpsc::channel(1);
        runtime.spawn(lines::feed(session, (source, place), way, self.shared.clone(), told));
        self.feeds.push(FeedPlace { source, place, orders });
    }

    /// Begins the line to a venue. Requests go there.
    #[must_use]
    pub fn venue(&self, runtime: &Handle, session: Box<dyn GatewaySession>, address: Address) -> Outlet {
        let place = self.shared.board.add("venue", ConnectionUse::Gateway);
        let (to_gateway, requests) = mpsc::channel(REQUESTS);
        runtime.spawn(lines::gateway(session, place, address, self.shared.clone(), requests));
        Outlet::Line(to_gateway)
    }
}
