//! All that the engine knows. Only [`super::apply`] changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::regime::MarketRegime;
use super::{
    Account, AlertKind, AlertLog, Answers, CheckLog, DaySetup, GatewayState, InstrumentState, LineState,
    OperatorId, Output, SessionState, SetupError, Watch,
};
use crate::execution::{ClientOrderId, Order};
use crate::market::{AccountId, InstrumentId, SourceId, Timestamp};
use crate::model::anomaly::QuarantineRate;
use crate::risk::TradingState;

/// After everything that will ever be due.
const NEVER: Timestamp = Timestamp::from_ns(i64::MAX);

/// What is known of one feed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FeedState {
    /// When the last message was stamped.
    pub last_at: Timestamp,
    /// Its sequence number; 0 if the feed has none.
    pub last_seq: u64,
    /// Messages received.
    pub received: u64,
    /// Messages that said what had been said.
    pub duplicates: u64,
    /// Times its sequence numbers had a hole.
    pub gaps: u64,
    /// How much had to be quarantined of late.
    pub rate: QuarantineRate,
    /// Whether it has been silent too long.
    pub stale: bool,
    /// Whether its quarantine rate is above the limit, so that it is said once.
    pub rate_high: bool,
    /// Where its line stands and since when; `None` for a recorded day, which has no line.
    pub line: Option<(LineState, Timestamp)>,
}

/// The feeds in order of their number. There are few, and one of them speaks nearly every time:
/// a short run to look through beats a map on the way of every message.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Feeds(Vec<(SourceId, FeedState)>);

impl Feeds {
    /// The feed with this number, added if it was never heard of.
    #[inline]
    pub(super) fn heard(&mut self, id: SourceId) -> &mut FeedState {
        let at = self.0.iter().position(|(known, _)| *known >= id).unwrap_or(self.0.len());
        if self.0.get(at).is_none_or(|(known, _)| *known != id) {
            self.0.insert(at, (id, FeedState::default()));
        }
        &mut self.0[at].1
    }

    pub(super) fn get_mut(&mut self, id: SourceId) -> Option<&mut FeedState> {
        self.0.iter_mut().find(|(known, _)| *known == id).map(|(_, feed)| feed)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut (SourceId, FeedState)> {
        self.0.iter_mut()
    }

    /// Whether a line of one of them is live.
    #[must_use]
    pub fn has_live_line(&self) -> bool {
        self.0.iter().any(|(_, feed)| feed.line.is_some_and(|(state, _)| state.is_live()))
    }

    /// Every feed heard of, in order of its number.
    pub fn iter(&self) -> impl Iterator<Item = &(SourceId, FeedState)> {
        self.0.iter()
    }
}

/// Counts of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Inputs of every kind.
    pub inputs: u64,
    /// Market events.
    pub market_events: u64,
    /// Trades among them.
    pub trades: u64,
    /// Events about an instrument that the day does not list.
    pub unknown_instrument: u64,
    /// Orders sent.
    pub orders: u64,
    /// Fills of ours.
    pub fills: u64,
    /// Commands denied.
    pub denied: u64,
    /// Stops taken back as pressed by mistake.
    pub stops_taken_back: u64,
    /// Reports that cannot be true, and orders at the venue that nobody sent.
    pub incidents: u64,
    /// Times the books were compared with the gateway's.
    pub reconciled: u64,
}

/// The state of the session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// The day's facts, fixed before the first input. Not part of the wire form: a restored state
    /// is given the same facts again, and the digest in it says whether they are the same.
    #[serde(skip)]
    pub(super) setup: Arc<DaySetup>,
    pub(super) setup_digest: u64,
    pub(super) now: Timestamp,
    pub(super) counters: Counters,
    /// Folded on with every input; see [`super::hash`].
    pub(super) digest: u64,
    pub(super) session: SessionState,
    /// The next moment at which something is due without an input: a phase, a bar's end.
    pub(super) due: Timestamp,
    pub(super) next_phase: usize,
    pub(super) bar_index: u32,
    pub(super) instruments: Vec<InstrumentState>,
    pub(super) feeds: Feeds,
    pub(super) regime: MarketRegime,
    pub(super) trading: TradingState,
    pub(super) gateway: GatewayState,
    pub(super) orders: BTreeMap<ClientOrderId, Order>,
    /// Orders held inside: when each leaves, and whose it is.
    pub(super) held: BTreeMap<(Timestamp, ClientOrderId), OperatorId>,
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) alerts: AlertLog,
    pub(super) answers: Answers,
    pub(super) checks: CheckLog,
    pub(super) watch: Watch,
}

impl State {
    /// The state before the first input of a day.
    ///
    /// # Errors
    /// [`SetupError`] when a constant of the setup is out of range.
    pub fn new(setup: Arc<DaySetup>) -> Result<Self, SetupError> {
        let regime = MarketRegime::without_daily_model(setup.regime)?;
        let instruments = setup.universe.iter().map(|_| InstrumentState::new(setup.anomaly)).collect();
        let accounts = setup.accounts.iter().map(|a| (a.id.clone(), Account::new(a))).collect();
        let mut state = Self {
            setup_digest: setup.digest(),
            now: Timestamp::from_ns(0),
            counters: Counters::default(),
            digest: 0,
            session: SessionState::new(),
            due: Timestamp::from_ns(0),
            next_phase: 0,
            bar_index: 0,
            instruments,
            feeds: Feeds::default(),
            regime,
            trading: TradingState::default(),
            gateway: GatewayState::new(setup.gateway),
            orders: BTreeMap::new(),
            held: BTreeMap::new(),
            accounts,
            alerts: AlertLog::default(),
            answers: Answers::default(),
            checks: CheckLog::default(),
            watch: Watch::default(),
            setup,
        };
        state.plan_due();
        Ok(state)
    }

    /// Gives a state read back from its wire form the facts of its day again.
    ///
    /// # Errors
    /// [`SetupError::OtherDay`] when the facts are not those it was made with.
    pub fn with_setup(mut self, setup: Arc<DaySetup>) -> Result<Self, SetupError> {
        if setup.digest() != self.setup_digest {
            return Err(SetupError::OtherDay);
        }
        self.setup = setup;
        Ok(self)
    }

    /// The day's facts.
    #[must_use]
    pub const fn setup(&self) -> &Arc<DaySetup> {
        &self.setup
    }

    /// The engine's time: that of the latest input.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The next moment at which something is due even if nothing comes in. A shell that has
    /// nothing else sends a clock tick then.
    #[must_use]
    pub const fn due(&self) -> Timestamp {
        self.due
    }

    /// The bar of the session that is being made.
    #[must_use]
    pub const fn bar_index(&self) -> u32 {
        self.bar_index
    }

    /// Counts of the run.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Phase, halts, index.
    #[must_use]
    pub const fn session(&self) -> &SessionState {
        &self.session
    }

    /// One instrument.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<&InstrumentState> {
        self.instruments.get(id.0 as usize)
    }

    /// Every instrument in id order.
    #[must_use]
    pub fn instruments(&self) -> &[InstrumentState] {
        &self.instruments
    }

    /// Every feed heard of.
    #[must_use]
    pub const fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    /// The market regime.
    #[must_use]
    pub const fn regime(&self) -> &MarketRegime {
        &self.regime
    }

    /// Whether new risk may be taken.
    #[must_use]
    pub const fn trading(&self) -> &TradingState {
        &self.trading
    }

    /// The line that orders go by, and whether its books agree with ours.
    #[must_use]
    pub const fn gateway(&self) -> &GatewayState {
        &self.gateway
    }

    /// Every order of the session by id.
    #[must_use]
    pub const fn orders(&self) -> &BTreeMap<ClientOrderId, Order> {
        &self.orders
    }

    /// Every account.
    #[must_use]
    pub const fn accounts(&self) -> &BTreeMap<AccountId, Account> {
        &self.accounts
    }

    /// The alerts.
    #[must_use]
    pub const fn alerts(&self) -> &AlertLog {
        &self.alerts
    }

    /// The last answers.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// What the checks said of the last orders.
    #[must_use]
    pub const fn checks(&self) -> &CheckLog {
        &self.checks
    }

    /// How near the rules of risk came, and how fast inputs come.
    #[must_use]
    pub const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Raises an alert.
    pub(super) fn alert(&mut self, kind: AlertKind, out: &mut Vec<Output>) {
        self.counters.incidents += u64::from(matches!(kind, AlertKind::Incident(_)));
        out.push(Output::Alert(self.alerts.raise(self.now, kind)));
    }

    /// Works out when the next phase, bar end or end of a hold is due.
    pub(super) fn plan_due(&mut self) {
        let phase = self.setup.phases.get(self.next_phase).map_or(NEVER, |(at, _)| *at);
        let hold = self.held.keys().next().map_or(NEVER, |(until, _)| *until);
        self.due = phase.min(self.bar_ends()).min(hold).min(self.gateway.due());
    }

    /// When the bar that is being made ends.
    pub(super) fn bar_ends(&self) -> Timestamp {
        let grid = &self.setup.grid;
        if self.bar_index >= grid.count() {
            return NEVER;
        }
        // A trade stamped exactly at the close belongs to the last bar.
        let last = self.bar_index + 1 == grid.count();
        grid.end(self.bar_index).plus_ns(i64::from(last))
    }
}
