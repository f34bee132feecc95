//! An account over the day: cash, positions, what they cost and what they are worth.
//!
//! Cash falls when a buy fills (it will be due at settlement); what a sale brings is shown as due
//! and buys nothing before it settles. Shares bought today cannot be sold today. The cost of a
//! position is its weighted average with purchase charges in it, as the capital gains tax counts it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::AccountSetup;
use crate::market::fees::{DayCharged, FeeError, Schedule};
use crate::market::{AccountId, InstrumentId, Money, Price, Qty, Side};

/// Shares of one instrument.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Position {
    /// Shares held, those bought today included.
    pub qty: Qty,
    /// Settled shares not sold today.
    pub settled: Qty,
    /// Shares bought today.
    pub bought: Qty,
    /// Shares sold today.
    pub sold: Qty,
    /// What the shares held cost with purchase charges; `None` if the account does not say.
    pub cost: Option<Money>,
    /// Profit of today's sales after charges and before tax; `None` if the cost is not known.
    pub realised: Option<Money>,
    /// The last price they can be valued at.
    pub mark: Option<Price>,
    /// Bought and charged today.
    pub buys: DayCharged,
    /// Sold and charged today.
    pub sells: DayCharged,
}

impl Position {
    /// What the shares are worth at the mark; `None` without a mark.
    #[must_use]
    pub fn value(&self) -> Option<Money> {
        if self.qty.is_zero() { Some(Money::ZERO) } else { self.mark?.notional(self.qty) }
    }

    /// Weighted average cost per share, rounded down; `None` without shares or cost.
    #[must_use]
    pub fn wacc(&self) -> Option<Price> {
        let cost = self.cost?;
        self.qty.is_positive().then(|| Price::from_units(cost.paisa() / self.qty.units()))
    }

    /// Value less cost; `None` if either is not known.
    #[must_use]
    pub fn unrealised(&self) -> Option<Money> {
        self.value()?.checked_sub(self.cost?)
    }

    fn buy(&mut self, qty: Qty, notional: Money, charges: Money) {
        let paid = notional.saturating_add(charges);
        let before = if self.qty.is_zero() { Some(Money::ZERO) } else { self.cost };
        self.cost = before.and_then(|c| c.checked_add(paid));
        self.qty = self.qty.saturating_add(qty);
        self.bought = self.bought.saturating_add(qty);
    }

    fn sell(&mut self, qty: Qty, notional: Money, charges: Money) {
        let left = notional.saturating_add(Money::from_paisa(-charges.paisa()));
        let cost_of_sold = self.cost.and_then(|c| c.scaled_half_up(qty.units(), self.qty.units()));
        let profit = cost_of_sold.and_then(|c| left.checked_sub(c));
        let before = if self.sold.is_zero() { Some(Money::ZERO) } else { self.realised };
        self.realised = before.zip(profit).and_then(|(b, p)| b.checked_add(p));
        self.cost = self.cost.zip(cost_of_sold).and_then(|(c, gone)| c.checked_sub(gone));
        self.qty = self.qty.less(qty);
        self.settled = self.settled.less(qty);
        self.sold = self.sold.saturating_add(qty);
    }
}

/// One account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Cash, less what today's purchases will take.
    pub cash: Money,
    /// What today's sales will bring at settlement.
    pub due: Money,
    /// Charges of today's fills.
    pub charges: Money,
    /// Positions by instrument, those sold out today included.
    pub positions: BTreeMap<InstrumentId, Position>,
    /// Net asset value when the day began; `None` if a holding had no price.
    pub nav_open: Option<Money>,
    /// Highest net asset value of the day.
    pub nav_peak: Option<Money>,
    /// Deepest fall from the highest value so far, in parts per million of it.
    pub drawdown_max_ppm: u32,
}

impl Account {
    pub(super) fn new(setup: &AccountSetup) -> Self {
        let positions = setup.holdings.iter().map(|h| {
            let position = Position {
                qty: h.qty,
                settled: h.qty,
                cost: h.cost,
                mark: h.previous_close,
                ..Position::default()
            };
            (h.instrument, position)
        });
        let mut account = Self {
            id: setup.id.clone(),
            cash: setup.cash,
            due: Money::ZERO,
            charges: Money::ZERO,
            positions: positions.collect(),
            nav_open: None,
            nav_peak: None,
            drawdown_max_ppm: 0,
        };
        account.nav_open = account.nav();
        account.nav_peak = account.nav_open;
        account
    }

    /// Cash, what is due and the value of the positions; `None` if a position has no price.
    #[must_use]
    pub fn nav(&self) -> Option<Money> {
        let liquid = self.cash.checked_add(self.due)?;
        self.positions.values().try_fold(liquid, |sum, p| sum.checked_add(p.value()?))
    }

    /// Result of the day; `None` if the value then or now is not known.
    #[must_use]
    pub fn day_result(&self) -> Option<Money> {
        self.nav()?.checked_sub(self.nav_open?)
    }

    /// Fall from the day's highest value, in parts per million of it.
    #[must_use]
    pub fn drawdown_ppm(&self) -> Option<u32> {
        let (nav, peak) = (self.nav()?.paisa(), self.nav_peak?.paisa());
        if peak <= 0 {
            return None;
        }
        let ppm = i128::from(peak - nav) * 1_000_000 / i128::from(peak);
        u32::try_from(ppm.max(0)).ok()
    }

    /// Values a position anew. Cheap when the instrument is not held.
    pub(super) fn mark(&mut self, instrument: InstrumentId, price: Price) {
        let Some(position) = self.positions.get_mut(&instrument).filter(|p| p.mark != Some(price)) else {
            return;
        };
        position.mark = Some(price);
        self.track_peak();
    }

    fn track_peak(&mut self) {
        let Some(nav) = self.nav() else { return };
        self.nav_peak = Some(self.nav_peak.map_or(nav, |peak| peak.max(nav)));
        self.drawdown_max_ppm = self.drawdown_max_ppm.max(self.drawdown_ppm().unwrap_or(0));
    }

    /// Books a fill and returns its charges.
    ///
    /// # Errors
    /// [`FeeError`] when the charges cannot be worked out; nothing is booked then.
    pub(super) fn book_fill(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        (qty, price): (Qty, Price),
        fees: &Schedule,
    ) -> Result<Money, FeeError> {
        let too_large = FeeError::OutOfDomain { name: "notional", value: price.units() };
        let notional = price.notional(qty).ok_or(too_large)?;
        let position = self.positions.entry(instrument).or_default();
        let so_far = match side {
            Side::Buy => &mut position.buys,
            Side::Sell => &mut position.sells,
        };
        let (charges, after) = fees.charge(side, so_far, notional)?;
        *so_far = after;
        let total = charges.total;
        position.mark = position.mark.or(Some(price));
        match side {
            Side::Buy => {
                position.buy(qty, notional, total);
                self.cash = Money::from_paisa(self.cash.paisa() - notional.paisa() - total.paisa());
            }
            Side::Sell => {
                position.sell(qty, notional, total);
                self.due = Money::from_paisa(self.due.paisa() + notional.paisa() - total.paisa());
            }
        }
        self.charges = self.charges.saturating_add(total);
        self.track_peak();
        Ok(total)
    }

    /// What a buy would take with its charges, counting what the day has been charged.
    pub(super) fn cost_of_buy(
        &self,
        instrument: InstrumentId,
        qty: Qty,
        limit: Price,
        fees: &Schedule,
    ) -> Option<Money> {
        let notional = limit.notional(qty)?;
        let so_far = self.positions.get(&instrument).map(|p| p.buys).unwrap_or_default();
        let (charges, _) = fees.charge(Side::Buy, &so_far, notional).ok()?;
        notional.checked_add(charges.total)
    }
}
