//! One instrument as a screen sees it.

use std::sync::Arc;

use crate::engine::{DayStats, DayTotals, InstrumentState, State, TapeRow};
use crate::market::{Bar, BookState, InstrumentId, Level, Price, Qty, Side, Symbol, Timestamp};
use crate::model::anomaly::Verdict;

/// Levels a side that a snapshot carries.
const LEVELS: usize = 20;

/// One instrument at one moment. Names, kind and rules are in the day's facts, by id.
#[derive(Clone, Debug, PartialEq)]
pub struct InstrumentView {
    /// Its id.
    pub id: InstrumentId,
    /// Its ticker.
    pub symbol: Symbol,
    /// The close of the session before, if known.
    pub previous_close: Option<Price>,
    /// The day's figures.
    pub day: DayStats,
    /// Shares traded over the whole day, by broker and by price; shared until the next print.
    pub totals: Arc<DayTotals>,
    /// Its book; `None` where no depth has been said.
    pub book: Option<BookView>,
    /// Lowest and highest legal price of the day, if known.
    pub daily_band: Option<(Price, Price)>,
    /// Lowest and highest limit that order entry takes now, if known.
    pub order_band: Option<(Price, Price)>,
    /// Finished bars, oldest first.
    pub bars: Vec<Bar>,
    /// The bar being made.
    pub bar: Bar,
    /// The last prints, newest last.
    pub tape: Vec<TapeRow>,
    /// The last finding of the anomaly filter, and when.
    pub last_finding: Option<(Timestamp, Verdict)>,
    /// Messages quarantined.
    pub quarantined: u32,
    /// Whether a sequence gap has stopped it.
    pub halted_by_gap: bool,
    /// When anything was last heard of it; the epoch if never.
    pub heard_at: Timestamp,
    /// The numbers of the market events behind the last print and the last change of the book; 0 for none.
    pub rows: (u64, u64),
    /// Whether it is in a market this program only looks at.
    pub view_only: bool,
}

/// A book at one moment, best levels first.
#[derive(Clone, Debug, PartialEq)]
pub struct BookView {
    /// The best bids.
    pub bids: Vec<Level>,
    /// The best asks.
    pub asks: Vec<Level>,
    /// Levels there are on each side, bid then ask.
    pub depth: (usize, usize),
    /// Shares on each side, bid then ask.
    pub total: (Qty, Qty),
    /// How the sides stand to each other.
    pub state: BookState,
    /// When it last changed.
    pub at: Timestamp,
    /// Imbalance of the best five levels, in [-1, 1].
    pub imbalance_5: Option<f64>,
    /// Imbalance of everything shown.
    pub imbalance: Option<f64>,
    /// Whether the spread is far wider than usual.
    pub wide: bool,
}

impl InstrumentView {
    /// The last price.
    #[must_use]
    pub fn last(&self) -> Option<Price> {
        self.day.last()
    }

    /// Change of the last price against the previous close, in basis points.
    #[must_use]
    pub fn change_bps(&self) -> Option<f64> {
        let before = self.previous_close.filter(|p| p.is_positive())?.units() as f64;
        Some((self.last()?.units() as f64 / before - 1.0) * 1e4)
    }

    /// `before` is the picture before this one: what only prints change is shared with it.
    pub(super) fn of(
        state: &State,
        id: InstrumentId,
        instrument: &InstrumentState,
        before: Option<&Self>,
    ) -> Option<Self> {
        let same = before.filter(|view| view.day == instrument.day);
        let totals =
            same.map_or_else(|| Arc::new(instrument.totals.clone()), |view| Arc::clone(&view.totals));
        let setup = state.setup();
        let facts = setup.universe.get(id)?;
        let rules = setup.rules.get(id.0 as usize)?;
        let pre_open = state.session().phase == crate::market::SessionPhase::PreOpen;
        Some(Self {
            id,
            symbol: facts.symbol.clone(),
            previous_close: facts.previous_close,
            day: instrument.day,
            totals,
            book: BookView::of(instrument),
            daily_band: rules.daily_band(),
            order_band: rules.order_band(pre_open, instrument.day.last()),
            bars: instrument.bars.clone(),
            bar: instrument.bar,
            tape: instrument.tape.iter().copied().collect(),
            last_finding: instrument.last_finding,
            quarantined: instrument.quarantined,
            halted_by_gap: instrument.halted_by_gap,
            heard_at: instrument.heard_at,
            rows: instrument.rows,
            view_only: facts.board == crate::market::Board::Foreign,
        })
    }
}

impl BookView {
    fn of(instrument: &InstrumentState) -> Option<Self> {
        let book = instrument.book.as_ref()?;
        let levels = |side| book.levels(side).take(LEVELS).collect();
        Some(Self {
            bids: levels(Side::Buy),
            asks: levels(Side::Sell),
            depth: (book.depth(Side::Buy), book.depth(Side::Sell)),
            total: (book.total(Side::Buy), book.total(Side::Sell)),
            state: book.state(),
            at: instrument.book_at,
            imbalance_5: book.imbalance(5),
            imbalance: book.imbalance(usize::MAX),
            wide: instrument.filter.quote_wide(),
        })
    }
}
