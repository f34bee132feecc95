//! The facts of a day, fixed before the first input: instruments, rules, clock, accounts.

use serde::{Deserialize, Serialize};

use crate::market::fees::Schedule;
use crate::market::rules::order_band::OrderBands;
use crate::market::rules::{lot, tick};
use crate::market::{
    AccountId, BarGrid, Board, CalendarError, Instrument, InstrumentId, InstrumentKind, Money, Price, Qty,
    SessionDate, SessionPhase, SessionSchedule, Tick, Timestamp, Universe,
};
use crate::model::ModelError;
use crate::model::anomaly::AnomalyLimits;
use crate::model::regime::IntradayRegimeParams;

/// Every price there is.
const ANY_PRICE: (Price, Price) = (Price::from_units(1), Price::from_units(i64::MAX));
/// Length of the bars that the regime and the chart use.
const BAR_MINUTES: u32 = 5;

/// A day that cannot be set up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SetupError {
    /// The calendar does not know the day.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A constant of a model is out of range.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A state made with other facts.
    #[error("the state belongs to another day or configuration")]
    OtherDay,
}

/// The rules of one instrument on this day, looked up once. `None` is "not known", and refuses.
#[derive(Clone, Debug)]
pub struct InstrumentRules {
    /// The price grid.
    pub tick: Option<Tick>,
    /// Least and most shares of one order.
    pub qty_range: Option<(Qty, Qty)>,
    /// Prints below this make volume but no price.
    pub price_making_qty: Qty,
    bands: Bands,
    fees: Option<Schedule>,
}

/// What is known of the prices an order may have.
#[derive(Clone, Copy, Debug)]
enum Bands {
    /// Nothing: an order is refused.
    Unknown,
    /// There are none.
    Unbounded,
    /// Those of the day.
    Of(OrderBands),
}

impl InstrumentRules {
    /// The rules of an instrument on a date, as far as what is known of it allows.
    #[must_use]
    pub fn of(instrument: &Instrument, date: SessionDate) -> Self {
        if instrument.board == Board::Foreign {
            return Self {
                tick: instrument.tick,
                qty_range: None,
                price_making_qty: Qty::from_units(1),
                bands: Bands::Unknown,
                fees: None,
            };
        }
        let kind = instrument.kind;
        let by_kind = |kind: InstrumentKind| tick::tick(kind, date).ok();
        let tick = instrument.tick.or_else(|| kind.and_then(by_kind));
        let least = kind.and_then(|kind| lot::minimum_lot(kind).ok());
        let bands = instrument
            .previous_close
            .zip(tick)
            .and_then(|(close, tick)| OrderBands::new(close, tick, date).ok())
            .map_or(Bands::Unknown, Bands::Of);
        Self {
            tick,
            qty_range: least.map(|least| (least, lot::MAX_ORDER_QTY)),
            price_making_qty: lot::BAR_MIN_QTY,
            bands,
            fees: kind.and_then(|kind| Schedule::on(kind, date).ok()),
        }
    }

    /// Rules of a market without bands that takes any quantity, charged like ordinary shares: what a
    /// measurement trades in.
    #[must_use]
    pub fn without_bands(tick: Tick, date: SessionDate) -> Self {
        Self {
            tick: Some(tick),
            qty_range: Some((Qty::from_units(1), Qty::from_units(i64::MAX))),
            price_making_qty: Qty::from_units(1),
            bands: Bands::Unbounded,
            fees: Schedule::on(InstrumentKind::Equity, date).ok(),
        }
    }

    /// Lowest and highest legal price of the day; `None` without a previous close and a tick.
    #[must_use]
    pub fn daily_band(&self) -> Option<(Price, Price)> {
        match &self.bands {
            Bands::Unknown => None,
            Bands::Unbounded => Some(ANY_PRICE),
            Bands::Of(bands) => Some((bands.daily().lower, bands.daily().upper)),
        }
    }

    /// Lowest and highest limit that order entry takes now.
    #[must_use]
    pub fn order_band(&self, pre_open: bool, last: Option<Price>) -> Option<(Price, Price)> {
        let bands = match &self.bands {
            Bands::Unknown => return None,
            Bands::Unbounded => return Some(ANY_PRICE),
            Bands::Of(bands) => bands,
        };
        let band = if pre_open { bands.pre_open() } else { bands.continuous(last) };
        band.ok().map(|band| (band.lower, band.upper))
    }

    /// The charges of the day.
    #[must_use]
    pub const fn fees(&self) -> Option<&Schedule> {
        self.fees.as_ref()
    }
}

/// An account as it stands before the day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountSetup {
    /// Its name.
    pub id: AccountId,
    /// Settled cash.
    pub cash: Money,
    /// Settled shares.
    pub holdings: Vec<HoldingSetup>,
}

/// Settled shares of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldingSetup {
    /// Which one.
    pub instrument: InstrumentId,
    /// How many.
    pub qty: Qty,
    /// What they cost together, charges included, if known.
    pub cost: Option<Money>,
    /// The close of the session before, if known.
    pub previous_close: Option<Price>,
}

/// Where orders go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayKind {
    /// To a gateway inside, which is always there and answers in the engine's own time.
    #[default]
    Inside,
    /// To a venue over a line that can be lost. Nothing is sent before the books have been compared.
    Remote,
    /// To a person, who keys it into a broker's portal and says what became of it.
    Manual,
}

/// The facts of a day.
#[derive(Clone, Debug)]
pub struct DaySetup {
    /// The session date.
    pub date: SessionDate,
    /// What to call the day on screen.
    pub title: String,
    /// Whether the day was generated.
    pub simulated: bool,
    /// Whether the day has depth.
    pub depth: bool,
    /// The instruments.
    pub universe: Universe,
    /// Their rules, by id.
    pub rules: Vec<InstrumentRules>,
    /// When each phase begins by the calendar. Session messages of a feed may come first.
    pub phases: Vec<(Timestamp, SessionPhase)>,
    /// Where bars begin and end.
    pub grid: BarGrid,
    /// The accounts.
    pub accounts: Vec<AccountSetup>,
    /// Thresholds of the anomaly filter.
    pub anomaly: AnomalyLimits,
    /// Constants of the regime detector.
    pub regime: IntradayRegimeParams,
    /// Where orders go.
    pub gateway: GatewayKind,
    /// Whether market data comes over a line that can be lost. Nothing new is sent while it is not live.
    pub live_feed: bool,
}

impl DaySetup {
    /// A NEPSE day under the rules of its date.
    #[must_use]
    pub fn nepse(
        title: &str,
        schedule: &SessionSchedule,
        universe: Universe,
        accounts: Vec<AccountSetup>,
    ) -> Self {
        let date = schedule.date;
        let length_ns = i64::from(BAR_MINUTES) * 60 * crate::market::time::NS_PER_S;
        let count = schedule.bars(BAR_MINUTES).unwrap_or(0);
        let rules = universe.iter().map(|(_, i)| InstrumentRules::of(i, date)).collect();
        Self {
            date,
            title: title.to_owned(),
            simulated: false,
            depth: false,
            universe,
            rules,
            phases: schedule.phase_changes(),
            grid: BarGrid::new(schedule.continuous.open, length_ns, count),
            accounts,
            anomaly: AnomalyLimits::default(),
            regime: regime_over(count),
            gateway: GatewayKind::Inside,
            live_feed: false,
        }
    }

    /// A day of another market: one session of `bars` bars of `bar_ns` from `open`, no bands, no
    /// NEPSE rule, view only.
    #[must_use]
    pub fn foreign(title: &str, universe: Universe, open: Timestamp, bar_ns: i64, bars: u32) -> Self {
        let date = open.nepal_date();
        let rules = universe.iter().map(|(_, i)| InstrumentRules::of(i, date)).collect();
        let grid = BarGrid::new(open, bar_ns, bars);
        Self {
            date,
            title: title.to_owned(),
            simulated: false,
            depth: true,
            universe,
            rules,
            phases: vec![(open, SessionPhase::Continuous), (grid.end(bars).plus_ns(1), SessionPhase::Ended)],
            grid,
            accounts: Vec::new(),
            anomaly: AnomalyLimits::default(),
            regime: regime_over(bars),
            gateway: GatewayKind::Inside,
            live_feed: false,
        }
    }

    /// The charges of an instrument on this day; `None` if its kind is not known or it is foreign.
    #[must_use]
    pub fn fees(&self, instrument: InstrumentId) -> Option<&Schedule> {
        self.rules.get(instrument.0 as usize)?.fees()
    }

    /// A number that stands for all the facts that decide: a state restored under other facts is refused.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let facts =
            (self.date, &self.universe, &self.phases, self.grid, &self.accounts, self.anomaly, self.regime);
        let mut bytes = postcard::to_stdvec(&facts).expect("the facts of a day have a wire form");
        // A recorded day has the number it always had.
        if (self.gateway, self.live_feed) != (GatewayKind::Inside, false) {
            bytes.extend([b'L', self.gateway as u8, u8::from(self.live_feed)]);
        }
        bytes
            .iter()
            .fold(0xCBF2_9CE4_8422_2325, |h: u64, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
    }
}

/// The detector's constants for a session of so many bars: the hour it looks back is the whole
/// session where that is shorter.
fn regime_over(bars: u32) -> IntradayRegimeParams {
    let defaults = IntradayRegimeParams::default();
    let bars_per_session = bars.max(1);
    IntradayRegimeParams { bars_per_session, window: defaults.window.min(bars_per_session), ..defaults }
}

impl Default for DaySetup {
    /// A day with nothing in it, on the day the epoch began: what a state has before it is given its facts.
    fn default() -> Self {
        Self::foreign("", Universe::default(), Timestamp::from_ns(0), 1, 0)
    }
}
