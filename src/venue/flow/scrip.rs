//! One security on the simulated exchange: its book, its crowd, its bands and what is shown of it.

use super::FlowError;
use super::crowd::{Action, Crowd, Scene};
use super::draw::Dice;
use super::matching::{Fill, Limit, Matching};
use super::shown::Shown;
use super::tape::Tape;
use super::universe::Listed;
use crate::market::rules::lot::{BAR_MIN_QTY, minimum_lot};
use crate::market::rules::order_band::OrderBands;
use crate::market::rules::tick;
use crate::market::{EventFlags, InstrumentId, MarketData, Price, SessionDate, Timestamp};

/// One security.
#[derive(Clone, Debug)]
pub(super) struct Scrip {
    pub(super) id: InstrumentId,
    pub(super) book: Matching,
    pub(super) crowd: Crowd,
    pub(super) dice: Dice,
    bands: OrderBands,
    previous_close: Price,
    /// The last print that makes a price.
    last: Option<Price>,
    shown: Shown,
}

impl Scrip {
    pub(super) fn new(
        id: InstrumentId,
        listed: &Listed,
        date: SessionDate,
        turnover: f64,
        dice: Dice,
    ) -> Result<Self, FlowError> {
        let tick = tick::tick(listed.kind, date)?;
        let close = listed.previous_close;
        let daily = listed.adv as f64 * close.units() as f64;
        Ok(Self {
            id,
            book: Matching::new(tick),
            crowd: Crowd::new(tick, minimum_lot(listed.kind)?, daily, turnover),
            dice,
            bands: OrderBands::new(close, tick, date)?,
            previous_close: close,
            last: None,
            shown: Shown::default(),
        })
    }

    /// The last print that makes a price.
    pub(super) const fn last(&self) -> Option<Price> {
        self.last
    }

    /// Somebody acts in continuous trading.
    pub(super) fn act(&mut self, value: f64, at: Timestamp, tape: &mut Tape) {
        // A last price inside the daily band always leaves an entry band.
        let Ok(band) = self.bands.continuous(self.last) else { return };
        let scene = Scene { book: &self.book, value, last: self.last, band, daily: self.bands.daily() };
        match self.crowd.act(&scene, &mut self.dice) {
            Action::Enter(order) => self.enter(order, at, tape),
            Action::Withdraw { side, price, number } => {
                self.book.cancel(side, price, number);
                self.show(at, tape);
            }
            Action::Nothing => {}
        }
        tape.end_batch();
    }

    /// Somebody sends an order for the auction; it rests, whatever it meets.
    pub(super) fn collect(&mut self, value: f64, at: Timestamp, tape: &mut Tape) {
        let Ok(band) = self.bands.pre_open() else { return };
        let scene = Scene { book: &self.book, value, last: self.last, band, daily: self.bands.daily() };
        if let Action::Enter(order) = self.crowd.for_auction(&scene, &mut self.dice) {
            self.book.rest(order);
            self.show(at, tape);
        }
        tape.end_batch();
    }

    /// The auction: everything that can trade does so at one price; what is left is purged.
    pub(super) fn match_auction(&mut self, at: Timestamp, tape: &mut Tape) {
        if let Some(price) = self.book.auction_price(self.previous_close) {
            while let Some(fill) = self.book.match_auction(price) {
                self.print(&fill, at, EventFlags::AUCTION, tape);
            }
        }
        if self.book.levels().depth(crate::market::Side::Buy)
            + self.book.levels().depth(crate::market::Side::Sell)
            > 0
        {
            tape.say(at, self.id, MarketData::Clear(None));
        }
        self.book.clear();
        self.shown.clear();
        tape.end_batch();
    }

    /// An order trades with what it meets, one print per resting order, and what is left rests. After each
    /// print the level it came from is told, so that every print lies at the quote of its moment.
    fn enter(&mut self, mut order: Limit, at: Timestamp, tape: &mut Tape) {
        while let Some(fill) = self.book.match_next(&mut order) {
            self.print(&fill, at, EventFlags::NONE, tape);
            self.show(at, tape);
        }
        self.book.rest(order);
        self.show(at, tape);
    }

    fn print(&mut self, fill: &Fill, at: Timestamp, flags: EventFlags, tape: &mut Tape) {
        tape.print(at, self.id, fill, flags);
        if fill.qty >= BAR_MIN_QTY {
            self.last = Some(fill.price);
        }
    }

    fn show(&mut self, at: Timestamp, tape: &mut Tape) {
        let id = self.id;
        self.shown.follow(self.book.levels(), |level| tape.say(at, id, MarketData::Level(level)));
    }
}
