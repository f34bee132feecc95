//! One security on the exchange: its two books, its bands, and what is shown of it.

use super::Owner;
use crate::market::fees::Schedule;
use crate::market::rules::RuleError;
use crate::market::rules::band::Band;
use crate::market::rules::lot::{BAR_MIN_QTY, MAX_ORDER_QTY, minimum_lot};
use crate::market::rules::order_band::OrderBands;
use crate::market::rules::tick;
use crate::market::{
    ContractNo, EventFlags, InstrumentId, InstrumentKind, MarketData, Price, Qty, SessionDate, Side, Tick,
    Timestamp,
};
use crate::venue::book::{Book, Fill, Handle, Limit};
use crate::venue::shown::Shown;
use crate::venue::tape::Tape;
use crate::wire::{Market, Reject};

/// A trade with its contract number.
pub(super) type Trade = (ContractNo, Fill<Owner>);

/// One security.
#[derive(Clone, Debug)]
pub struct Security {
    id: InstrumentId,
    tick: Tick,
    lot: Qty,
    pub(super) fees: Option<Schedule>,
    book: Book<Owner>,
    odd: Book<Owner>,
    bands: OrderBands,
    previous_close: Price,
    /// The last print that makes a price.
    last: Option<Price>,
    shown: Shown,
}

impl Security {
    /// A security under the rules of a date.
    ///
    /// # Errors
    /// [`RuleError`] if the rules of the date have no tick, lot or band for it.
    pub fn new(
        id: InstrumentId,
        kind: InstrumentKind,
        previous_close: Price,
        date: SessionDate,
    ) -> Result<Self, RuleError> {
        let tick = tick::tick(kind, date)?;
        Ok(Self {
            id,
            tick,
            lot: minimum_lot(kind)?,
            fees: Schedule::on(kind, date).ok(),
            book: Book::new(tick),
            odd: Book::new(tick),
            bands: OrderBands::new(previous_close, tick, date)?,
            previous_close,
            last: None,
            shown: Shown::default(),
        })
    }

    /// The last print that makes a price.
    #[must_use]
    pub const fn last(&self) -> Option<Price> {
        self.last
    }

    /// The book of board lots.
    #[must_use]
    pub const fn book(&self) -> &Book<Owner> {
        &self.book
    }

    /// A book.
    pub(super) const fn book_of(&self, market: Market) -> &Book<Owner> {
        match market {
            Market::Board => &self.book,
            Market::Odd => &self.odd,
        }
    }

    const fn book_mut(&mut self, market: Market) -> &mut Book<Owner> {
        match market {
            Market::Board => &mut self.book,
            Market::Odd => &mut self.odd,
        }
    }

    /// The price grid.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// The board lot.
    #[must_use]
    pub const fn lot(&self) -> Qty {
        self.lot
    }

    /// The prices the day allows.
    #[must_use]
    pub const fn daily_band(&self) -> Band {
        self.bands.daily()
    }

    /// Where a limit may be entered now; `None` if nothing is left of the band.
    #[must_use]
    pub fn order_band(&self, pre_open: bool) -> Option<Band> {
        let band = if pre_open { self.bands.pre_open() } else { self.bands.continuous(self.last) };
        band.ok()
    }

    /// Everything that is wrong with a quantity and a limit.
    pub(super) fn faults(
        &self,
        market: Market,
        qty: Qty,
        limit: Price,
        pre_open: bool,
        out: &mut Vec<Reject>,
    ) {
        if !qty.is_positive() {
            out.push(Reject::QtyNotPositive { qty });
        } else if market == Market::Board && qty < self.lot {
            out.push(Reject::BelowBoardLot { qty, lot: self.lot });
        } else if market == Market::Odd && qty >= self.lot {
            out.push(Reject::NotAnOddLot { qty, lot: self.lot });
        } else if qty > MAX_ORDER_QTY {
            out.push(Reject::QtyAboveMax { qty, most: MAX_ORDER_QTY });
        }
        if !limit.is_on_grid(self.tick) {
            out.push(Reject::OffTick { limit, tick: Price::from_units(self.tick.units()) });
        }
        let day = self.bands.daily();
        if !day.contains(limit) {
            out.push(Reject::OutsideDailyBand { limit, low: day.lower, high: day.upper });
        }
        match self.order_band(pre_open) {
            Some(band) if !band.contains(limit) => {
                out.push(Reject::OutsideOrderBand { limit, low: band.lower, high: band.upper });
            }
            _ => {}
        }
    }

    /// An order trades with what it meets, one print per resting order, and what is left rests. After each
    /// print the level it came from is told, so that every print lies at the quote of its moment.
    pub(super) fn enter(
        &mut self,
        market: Market,
        mut order: Limit<Owner>,
        at: Timestamp,
        tape: &mut Tape,
        trades: &mut Vec<Trade>,
    ) -> Option<Handle> {
        while let Some(fill) = self.book_mut(market).match_next(&mut order) {
            self.print(market, &fill, at, EventFlags::NONE, tape, trades);
            self.show(at, tape);
        }
        let handle = self.book_mut(market).rest(order);
        self.show(at, tape);
        handle
    }

    /// Puts an order at rest for the auction, whatever it meets.
    pub(super) fn collect(&mut self, order: Limit<Owner>, at: Timestamp, tape: &mut Tape) -> Option<Handle> {
        let handle = self.book.rest(order);
        self.show(at, tape);
        handle
    }

    /// Takes an order out.
    pub(super) fn withdraw(
        &mut self,
        market: Market,
        handle: Handle,
        at: Timestamp,
        tape: &mut Tape,
    ) -> Option<Qty> {
        let left = self.book_mut(market).cancel(handle);
        self.show(at, tape);
        left
    }

    /// Leaves an order with fewer shares at its place.
    pub(super) fn reduce(
        &mut self,
        market: Market,
        handle: Handle,
        left: Qty,
        at: Timestamp,
        tape: &mut Tape,
    ) -> Option<()> {
        self.book_mut(market).reduce(handle, left)?;
        self.show(at, tape);
        Some(())
    }

    /// The auction: everything that can trade does so at one price; what is left is purged.
    pub(super) fn match_auction(&mut self, at: Timestamp, tape: &mut Tape, trades: &mut Vec<Trade>) {
        if let Some(price) = self.book.auction_price(self.previous_close) {
            while let Some(fill) = self.book.match_auction(price) {
                self.print(Market::Board, &fill, at, EventFlags::AUCTION, tape, trades);
            }
        }
        if Side::BOTH.iter().any(|side| self.book.levels().depth(*side) > 0) {
            tape.say(at, self.id, MarketData::Clear(None));
        }
        self.book.clear();
        self.shown.clear();
    }

    fn print(
        &mut self,
        market: Market,
        fill: &Fill<Owner>,
        at: Timestamp,
        flags: EventFlags,
        tape: &mut Tape,
        trades: &mut Vec<Trade>,
    ) {
        let contract = tape.print(at, self.id, fill, flags);
        trades.push((contract, *fill));
        if market == Market::Board && fill.qty >= BAR_MIN_QTY {
            self.last = Some(fill.price);
        }
    }

    fn show(&mut self, at: Timestamp, tape: &mut Tape) {
        let id = self.id;
        self.shown.follow(self.book.levels(), |level| tape.say(at, id, MarketData::Level(level)));
    }
}
