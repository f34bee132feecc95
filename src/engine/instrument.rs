//! One instrument over the day: its book, bars, tape and what may be believed of it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{DayTotals, InstrumentRules};
use crate::market::{
    Bar, BarPrices, BrokerId, ContractNo, MarketData, Money, OrderBook, Price, Qty, Side, Tick, Timestamp,
    TradePrint,
};
use crate::model::anomaly::{Action, AnomalyLimits, PrintFacts, TickFilter, Verdict};

/// Prints kept for the tape.
const TAPE: usize = 96;

/// The day's figures from the prints, as the exchange reports them: prices from prints of at
/// least a board lot, volume and value from all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DayStats {
    /// Open, high, low and last price.
    pub prices: Option<BarPrices>,
    /// When the last price was made.
    pub last_at: Timestamp,
    /// Shares traded.
    pub volume: Qty,
    /// Value traded.
    pub turnover: Money,
    /// Prints.
    pub trades: u32,
    /// The last price as a picture stated it, until the next print makes one: of prints that were not heard.
    pub stated: Option<Price>,
}

impl DayStats {
    /// The last price.
    #[must_use]
    pub fn last(&self) -> Option<Price> {
        self.stated.or_else(|| self.prices.map(|p| p.close))
    }

    /// Volume-weighted average price, rounded down to the price unit.
    #[must_use]
    pub fn vwap(&self) -> Option<Price> {
        (self.volume.is_positive()).then(|| Price::from_units(self.turnover.paisa() / self.volume.units()))
    }

    fn take(&mut self, print: &TradePrint, at: Timestamp, moves_price: bool) {
        self.volume = self.volume.saturating_add(print.qty);
        self.turnover = self.turnover.saturating_add(print.price.notional(print.qty).unwrap_or_default());
        self.trades = self.trades.saturating_add(1);
        if moves_price {
            match &mut self.prices {
                Some(prices) => prices.take(print.price),
                None => self.prices = Some(BarPrices::first(print.price)),
            }
            self.stated = None;
            self.last_at = at;
        }
    }
}

/// One line of the tape.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TapeRow {
    /// When.
    pub at: Timestamp,
    /// At what price.
    pub price: Price,
    /// How many.
    pub qty: Qty,
    /// Who took, where the source says so.
    pub aggressor: Option<Side>,
    /// Buying broker.
    pub buyer: Option<BrokerId>,
    /// Selling broker.
    pub seller: Option<BrokerId>,
    /// The exchange's contract number.
    pub contract: Option<ContractNo>,
    /// Above (1), at (0) or below (-1) the price before.
    pub direction: i8,
    /// What the filter said of it.
    pub action: Action,
}

/// Everything kept about one instrument.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InstrumentState {
    /// The book, once a level has been said. A day without depth has none.
    pub book: Option<OrderBook>,
    /// When the book last changed.
    pub book_at: Timestamp,
    /// The day's figures.
    pub day: DayStats,
    /// Shares traded over the whole day, by broker and by price.
    pub totals: DayTotals,
    /// Finished bars of the session, oldest first; those wholly inside a halt are absent.
    pub bars: Vec<Bar>,
    /// The bar being made.
    pub bar: Bar,
    /// Bars with a trade so far.
    pub traded_bars: u32,
    /// The last prints, newest last.
    pub tape: VecDeque<TapeRow>,
    /// The anomaly filter.
    pub filter: TickFilter,
    /// The last verdict that was not "use it", and when.
    pub last_finding: Option<(Timestamp, Verdict)>,
    /// Prints quarantined.
    pub quarantined: u32,
    /// Whether a sequence gap stopped it until it is resynchronised.
    pub halted_by_gap: bool,
    /// When anything was last heard of it.
    pub heard_at: Timestamp,
    /// The number of the market event that was its last print, and of the last that changed its book:
    /// in a replay the row of the recorded day, from 1. 0 for none.
    pub rows: (u64, u64),
    /// Counts changes, so that a screen can tell what to draw again.
    pub version: u64,
}

impl InstrumentState {
    pub(super) fn new(limits: AnomalyLimits) -> Self {
        Self {
            book: None,
            book_at: Timestamp::default(),
            day: DayStats::default(),
            totals: DayTotals::default(),
            bars: Vec::new(),
            bar: Bar::empty(0),
            traded_bars: 0,
            tape: VecDeque::new(),
            filter: TickFilter::new(limits),
            last_finding: None,
            quarantined: 0,
            halted_by_gap: false,
            heard_at: Timestamp::default(),
            rows: (0, 0),
            version: 0,
        }
    }

    /// Best bid and ask with the moment of the quote, of a book that is neither empty, crossed nor locked.
    #[must_use]
    pub fn quote(&self) -> Option<(Price, Price, Timestamp)> {
        let book = self.book.as_ref()?;
        match (book.best_price(Side::Buy), book.best_price(Side::Sell)) {
            (Some(bid), Some(ask)) if bid < ask => Some((bid, ask, self.book_at)),
            _ => None,
        }
    }

    /// Takes a level, a picture or a clearing of the book in.
    #[inline]
    pub(super) fn on_book(&mut self, data: &MarketData, at: Timestamp, tick: Option<Tick>) {
        let book = self.book.get_or_insert_with(|| OrderBook::new(tick.unwrap_or(FINEST_TICK)));
        match data {
            MarketData::Level(update) | MarketData::Snapshot(update) => book.set(update),
            MarketData::Clear(side) => book.clear(*side),
            _ => {}
        }
        self.book_at = at;
    }

    /// Looks at the quote after a whole update; says whether what is found about it is news.
    #[inline]
    pub(super) fn on_quote(&mut self, at: Timestamp, tick: Option<Tick>) -> bool {
        let spread = self.book.as_ref().and_then(OrderBook::spread_units);
        self.filter.on_quote(at, spread, tick)
    }

    /// Judges a print, and takes it into the day, the bar and the tape as far as it may be used. `late` is the finished bar
    /// it belongs to, if it was read late.
    pub(super) fn on_print(
        &mut self,
        print: &TradePrint,
        facts: &PrintFacts,
        rules: &InstrumentRules,
        late: Option<u32>,
    ) -> Verdict {
        let verdict = self.filter.on_print(facts);
        let action = verdict.action();
        if verdict.findings.has(crate::model::anomaly::Check::Duplicate) {
            return verdict;
        }
        if action > Action::FlagAndUse {
            self.quarantined = self.quarantined.saturating_add(1);
        }
        let counts = print.price.is_positive() && print.qty.is_positive();
        let before = self.day.last();
        if counts {
            self.day.take(print, facts.at, print.qty >= rules.price_making_qty);
            self.totals.take(print);
        }
        if verdict.is_usable() && !facts.auction && print.qty >= rules.price_making_qty {
            match late {
                None => self.bar.take(print.price, print.qty),
                Some(index) => self.take_late(index, print),
            }
        }
        let direction = before.map_or(0, |b| print.price.cmp(&b) as i8);
        self.add_to_tape(print, facts.at, direction, action);
        verdict
    }

    /// Into a bar that is finished; one that was wholly in a halt is not there and stays so.
    fn take_late(&mut self, index: u32, print: &TradePrint) {
        let Some(bar) = self.bars.iter_mut().rev().find(|bar| bar.index == index) else { return };
        self.traded_bars += u32::from(bar.prices.is_none());
        bar.take(print.price, print.qty);
    }

    fn add_to_tape(&mut self, print: &TradePrint, at: Timestamp, direction: i8, action: Action) {
        if self.tape.len() == TAPE {
            self.tape.pop_front();
        }
        let TradePrint { price, qty, aggressor, buyer, seller, contract } = *print;
        self.tape.push_back(TapeRow {
            at,
            price,
            qty,
            aggressor,
            buyer,
            seller,
            contract,
            direction,
            action,
        });
    }

    /// Finishes the bar and begins the next. `absent` bars leave no trace.
    /// Returns the log return of the finished bar, if it traded and there was a price to compare with.
    pub(super) fn close_bar(&mut self, next: u32, absent: bool, after_halt: bool) -> Option<f64> {
        let bar = Bar { after_halt, ..std::mem::replace(&mut self.bar, Bar::empty(next)) };
        if absent && bar.prices.is_none() {
            return None;
        }
        let before = self.bars.iter().rev().find_map(|b| b.prices).map(|p| p.close);
        let log_return = bar.prices.and_then(|p| {
            let from = before.unwrap_or(p.open);
            let ratio = p.close.units() as f64 / from.units() as f64;
            (from.is_positive() && ratio > 0.0).then(|| ratio.ln())
        });
        self.traded_bars += u32::from(bar.prices.is_some());
        self.bars.push(bar);
        log_return
    }

    /// A picture states the last price. It stands for prints that were not heard if it is another than ours.
    pub(super) fn on_last(&mut self, price: Price, at: Timestamp) {
        let heard = self.day.prices.map(|p| p.close);
        self.day.stated = (heard != Some(price)).then_some(price);
        if self.day.stated.is_some() {
            self.day.last_at = at;
        }
    }

    /// The level at a price of the book, if there is one.
    #[must_use]
    pub fn shown_at(&self, side: Side, price: Price) -> Option<Qty> {
        self.book.as_ref().and_then(|b| b.level(side, price)).map(|l| l.qty)
    }
}

/// The grid of a book whose tick is not known: every price unit.
const FINEST_TICK: Tick = match Tick::new(1) {
    Some(tick) => tick,
    None => unreachable!(),
};
