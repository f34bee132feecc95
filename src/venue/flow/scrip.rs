//! One security's crowd, and the market it looks at.

use super::FlowError;
use super::crowd::{Action, Crowd, Scene};
use super::draw::Dice;
use super::universe::Listed;
use crate::market::rules::lot::minimum_lot;
use crate::market::rules::tick;
use crate::market::{InstrumentId, SessionDate, SessionPhase, Timestamp};
use crate::venue::exchange::Exchange;

/// One security.
#[derive(Clone, Debug)]
pub(super) struct Scrip {
    pub(super) id: InstrumentId,
    pub(super) crowd: Crowd,
    pub(super) dice: Dice,
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
        let daily = listed.adv as f64 * listed.previous_close.units() as f64;
        Ok(Self { id, crowd: Crowd::new(tick, minimum_lot(listed.kind)?, daily, turnover), dice })
    }

    /// Somebody acts, in the auction's entry or in continuous trading.
    pub(super) fn act(&mut self, exchange: &mut Exchange, value: f64, at: Timestamp) {
        let pre_open = exchange.phase() == SessionPhase::PreOpen;
        let Some(security) = exchange.security(self.id) else { return };
        // A last price inside the daily band always leaves an entry band.
        let Some(band) = security.order_band(pre_open) else { return };
        let scene =
            Scene { book: security.book(), value, last: security.last(), band, daily: security.daily_band() };
        let action = if pre_open {
            self.crowd.for_auction(&scene, &mut self.dice)
        } else {
            self.crowd.act(&scene, &mut self.dice)
        };
        match action {
            Action::Enter(order) => exchange.crowd_enters(self.id, order, at),
            Action::Withdraw(handle) => exchange.crowd_withdraws(self.id, handle, at),
            Action::Nothing => {}
        }
    }
}
