//! What a screen sees: an immutable picture of the state at one moment.
//!
//! The engine's owner publishes snapshots; every terminal draws from them with its own focus and
//! layout. A snapshot holds facts and never words or colours. What did not change since the last
//! snapshot is shared with it rather than copied, so a quiet market costs next to nothing.

mod account;
mod builder;
mod due;
mod instrument;
mod reading;

use std::sync::Arc;

pub use account::{AccountView, PositionView};
pub use builder::SnapshotBuilder;
pub use due::DueView;
pub use instrument::{BookView, InstrumentView};
pub use reading::ReadingView;

use super::regime::{MarketRegime, RegimeInput};
use super::state::{Counters, FeedState};
use super::{Alert, Answer, CheckedOrder, DaySetup, GatewayState, Pace, SessionState};
use crate::execution::{ClientOrderId, Order};
use crate::market::rules::halt::NextHalt;
use crate::market::{InstrumentId, SourceId, Symbol, Timestamp};
use crate::model::Provenance;
use crate::model::regime::intraday::BarProbability;
use crate::model::regime::{Regime, RegimeChange};
use crate::risk::{Denial, TradingState};

/// The state at one moment, as far as a screen may want it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// How many inputs had been applied.
    pub inputs: u64,
    /// The engine's time.
    pub now: Timestamp,
    /// The day's facts: date, title, instruments, rules, phases, bar grid.
    pub day: Arc<DaySetup>,
    /// Whether new risk may be taken.
    pub trading: TradingState,
    /// Phase, halts, index.
    pub session: SessionState,
    /// When the phase the session is in will end by the calendar, if it has another.
    pub phase_ends: Option<Timestamp>,
    /// The nearest index halt that still applies at this hour; `None` without an index and its close.
    pub next_halt: Option<NextHalt>,
    /// Every feed heard of.
    pub feeds: Vec<(SourceId, FeedState)>,
    /// The line that orders go by, and whether its books agree with ours.
    pub gateway: Arc<GatewayState>,
    /// Every instrument, in id order.
    pub instruments: Vec<Arc<InstrumentView>>,
    /// The market regime.
    pub regime: RegimeView,
    /// Every order of the session, oldest first.
    pub orders: Vec<Arc<Order>>,
    /// Every account.
    pub accounts: Vec<AccountView>,
    /// Alerts kept, oldest first.
    pub alerts: Vec<Alert>,
    /// The engine's last answers, oldest first.
    pub answers: Vec<Answer>,
    /// What the checks said of the last orders, oldest first.
    pub checks: Vec<Arc<CheckedOrder>>,
    /// How near every rule of risk is, in the order of their numbers.
    pub readings: Vec<ReadingView>,
    /// How fast inputs come.
    pub pace: Pace,
    /// Counts of the run.
    pub counters: Counters,
}

impl Snapshot {
    /// Why market data is not to be relied on, if it is not.
    #[must_use]
    pub fn data_refusal(&self) -> Option<Denial> {
        let live = self.feeds.iter().any(|(_, feed)| feed.line.is_some_and(|(state, _)| state.is_live()));
        (self.day.live_feed && !live).then_some(Denial::FeedNotLive)
    }

    /// One instrument.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<&InstrumentView> {
        self.instruments.get(id.0 as usize).map(Arc::as_ref)
    }

    /// The instrument of a ticker.
    #[must_use]
    pub fn find(&self, symbol: &Symbol) -> Option<&InstrumentView> {
        self.day.universe.find(symbol).and_then(|id| self.instrument(id))
    }

    /// One order.
    #[must_use]
    pub fn order(&self, id: ClientOrderId) -> Option<&Order> {
        self.orders.iter().find(|o| o.id == id).map(Arc::as_ref)
    }
}

/// The market regime as a screen shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RegimeView {
    /// The label.
    pub label: Regime,
    /// Filtered probability of stress, in [0, 1].
    pub p_stress: f64,
    /// Rolling volatility, decimal per day; `None` before the first return.
    pub sigma_d_hat: Option<f64>,
    /// Fewer returns than the window: the label is the start's.
    pub warming: bool,
    /// The feed is silent and the label frozen.
    pub stale: bool,
    /// Where the start of the day came from.
    pub provenance: Provenance,
    /// What feeds the detector.
    pub input: RegimeInput,
    /// The probability after each bar so far.
    pub history: Vec<BarProbability>,
    /// Every change of the label, oldest first.
    pub changes: Vec<RegimeChange>,
}

impl RegimeView {
    fn of(regime: &MarketRegime) -> Self {
        let detector = &regime.detector;
        Self {
            label: detector.label(),
            p_stress: detector.p_stress().get(),
            sigma_d_hat: detector.sigma_d_hat(),
            warming: detector.warming(),
            stale: detector.stale(),
            provenance: detector.provenance().clone(),
            input: regime.input,
            history: detector.history().to_vec(),
            changes: regime.changes.clone(),
        }
    }
}
