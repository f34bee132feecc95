//! A member's account at the exchange: collateral, shares, and what its open orders hold back.

use std::collections::BTreeMap;

use crate::market::fees::{DayCharged, Schedule};
use crate::market::{AccountId, BrokerId, InstrumentId, Money, Price, Qty, Side};

/// The place of a member in the exchange's list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberNo(pub u16);

/// Shares of one security.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holding {
    /// Settled shares not sold today.
    pub settled: Qty,
    /// Shares bought today; not to be sold before they settle.
    pub bought: Qty,
    /// Shares sold today.
    pub sold: Qty,
    /// Settled shares that open orders offer.
    pub on_sale: Qty,
    /// Bought and charged today.
    pub buys: DayCharged,
    /// Sold and charged today.
    pub sells: DayCharged,
}

impl Holding {
    /// Shares held, those bought today included.
    #[must_use]
    pub fn qty(&self) -> Qty {
        self.settled.saturating_add(self.bought)
    }

    /// Shares free to sell.
    #[must_use]
    pub fn free(&self) -> Qty {
        self.settled.less(self.on_sale)
    }
}

/// A member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The account's name.
    pub account: AccountId,
    /// The broker it trades through.
    pub broker: BrokerId,
    /// Cash, less what today's purchases and charges take.
    pub cash: Money,
    /// What today's sales bring at settlement, after charges.
    pub due: Money,
    /// Charges of today's fills.
    pub charges: Money,
    /// How many times the cash it may buy for (market rules, section 3).
    pub multiplier: i64,
    /// Held back by open buys: shares left times limit.
    pub reserved: Money,
    /// Shares by security.
    pub holdings: BTreeMap<InstrumentId, Holding>,
}

impl Member {
    /// A member with cash and no shares, who may buy for its cash once.
    #[must_use]
    pub fn new(account: AccountId, broker: BrokerId, cash: Money) -> Self {
        Self {
            account,
            broker,
            cash,
            due: Money::ZERO,
            charges: Money::ZERO,
            multiplier: 1,
            reserved: Money::ZERO,
            holdings: BTreeMap::new(),
        }
    }

    /// The same with settled shares.
    #[must_use]
    pub fn holding(mut self, instrument: InstrumentId, settled: Qty) -> Self {
        self.holdings.entry(instrument).or_default().settled = settled;
        self
    }

    /// What its limit leaves for new buys.
    #[must_use]
    pub fn free(&self) -> Money {
        let limit = self.cash.scaled_half_up(self.multiplier, 1).unwrap_or(self.cash);
        limit.checked_sub(self.reserved).unwrap_or(Money::ZERO)
    }

    /// Shares of a security free to sell.
    #[must_use]
    pub fn free_shares(&self, instrument: InstrumentId) -> Qty {
        self.holdings.get(&instrument).map_or(Qty::ZERO, Holding::free)
    }

    /// Holds back what an open order of `qty` at `limit` needs.
    pub(super) fn reserve(&mut self, instrument: InstrumentId, side: Side, qty: Qty, limit: Price) {
        match side {
            Side::Buy => self.reserved = self.reserved.saturating_add(worth(qty, limit)),
            Side::Sell => {
                let holding = self.holdings.entry(instrument).or_default();
                holding.on_sale = holding.on_sale.saturating_add(qty);
            }
        }
    }

    /// Gives back what `qty` at `limit` of an open order held.
    pub(super) fn release(&mut self, instrument: InstrumentId, side: Side, qty: Qty, limit: Price) {
        match side {
            Side::Buy => self.reserved = self.reserved.checked_sub(worth(qty, limit)).unwrap_or(Money::ZERO),
            Side::Sell => {
                let holding = self.holdings.entry(instrument).or_default();
                holding.on_sale = holding.on_sale.less(qty);
            }
        }
    }

    /// Books a trade. A charge that cannot be counted is none: the exchange's own schedule covers every
    /// date it runs on, by a test.
    pub(super) fn book(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        (qty, price): (Qty, Price),
        fees: Option<&Schedule>,
    ) {
        let value = worth(qty, price);
        let holding = self.holdings.entry(instrument).or_default();
        let so_far = match side {
            Side::Buy => &mut holding.buys,
            Side::Sell => &mut holding.sells,
        };
        let charged = fees.and_then(|f| f.charge(side, so_far, value).ok());
        let charges = charged.map_or(Money::ZERO, |(charges, after)| {
            *so_far = after;
            charges.total
        });
        self.charges = self.charges.saturating_add(charges);
        match side {
            Side::Buy => {
                holding.bought = holding.bought.saturating_add(qty);
                let paid = value.saturating_add(charges);
                self.cash = self.cash.saturating_add(Money::from_paisa(-paid.paisa()));
            }
            Side::Sell => {
                holding.settled = holding.settled.less(qty);
                holding.sold = holding.sold.saturating_add(qty);
                let left = value.saturating_add(Money::from_paisa(-charges.paisa()));
                self.due = self.due.saturating_add(left);
            }
        }
    }
}

/// Shares times price; beyond counting it is more than any limit allows.
pub(super) fn worth(qty: Qty, price: Price) -> Money {
    price.notional(qty).unwrap_or(Money::from_paisa(i64::MAX))
}
