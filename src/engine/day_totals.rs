//! What has traded over the whole day: shares by broker and by price.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::market::{BrokerId, Price, Qty, TradePrint};

/// What one broker bought and sold of an instrument today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BrokerDay {
    /// Which broker.
    pub broker: BrokerId,
    /// Shares bought.
    pub bought: Qty,
    /// Shares sold.
    pub sold: Qty,
}

impl BrokerDay {
    /// Shares bought less shares sold.
    #[must_use]
    pub fn net(&self) -> Qty {
        self.bought.saturating_add(Qty::from_units(self.sold.units().saturating_neg()))
    }
}

/// Shares traded today by broker and by price, over every print that counts in the day's volume.
/// The shares by price add up to the volume; brokers are there only where the source names them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DayTotals {
    /// In order of the broker's number. A market has under a hundred of them: a run to search
    /// beats a tree on the way of every print.
    brokers: Vec<BrokerDay>,
    prices: BTreeMap<Price, Qty>,
}

impl DayTotals {
    /// Every broker that traded, in order of its number.
    #[must_use]
    pub fn brokers(&self) -> &[BrokerDay] {
        &self.brokers
    }

    /// Shares at every price that traded, lowest price first.
    #[must_use]
    pub const fn prices(&self) -> &BTreeMap<Price, Qty> {
        &self.prices
    }

    /// Takes a print in.
    pub(super) fn take(&mut self, print: &TradePrint) {
        let at = self.prices.entry(print.price).or_default();
        *at = at.saturating_add(print.qty);
        if let Some(buyer) = print.buyer {
            let day = self.broker(buyer);
            day.bought = day.bought.saturating_add(print.qty);
        }
        if let Some(seller) = print.seller {
            let day = self.broker(seller);
            day.sold = day.sold.saturating_add(print.qty);
        }
    }

    fn broker(&mut self, broker: BrokerId) -> &mut BrokerDay {
        let at = self.brokers.binary_search_by_key(&broker, |b| b.broker).unwrap_or_else(|at| {
            self.brokers.insert(at, BrokerDay { broker, bought: Qty::ZERO, sold: Qty::ZERO });
            at
        });
        &mut self.brokers[at]
    }

    /// From prints, for pictures of a day that no engine has seen.
    #[must_use]
    pub fn of(prints: impl IntoIterator<Item = TradePrint>) -> Self {
        let mut totals = Self::default();
        prints.into_iter().for_each(|print| totals.take(&print));
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(paisa: i64, shares: i64, brokers: Option<(u16, u16)>) -> TradePrint {
        TradePrint {
            price: Price::from_units(paisa),
            qty: Qty::from_units(shares),
            aggressor: None,
            buyer: brokers.map(|b| BrokerId(b.0)),
            seller: brokers.map(|b| BrokerId(b.1)),
            contract: None,
        }
    }

    #[test]
    fn shares_are_counted_on_both_sides_and_at_their_price() {
        let totals = DayTotals::of([
            print(54_600, 500, Some((58, 17))),
            print(54_500, 100, Some((17, 34))),
            print(54_600, 40, Some((58, 58))),
            print(54_700, 7, None),
        ]);
        let rows: Vec<_> = totals
            .brokers()
            .iter()
            .map(|b| (b.broker.0, b.bought.units(), b.sold.units(), b.net().units()))
            .collect();
        assert_eq!(rows, [(17, 100, 500, -400), (34, 0, 100, -100), (58, 540, 40, 500)]);
        let prices: Vec<_> = totals.prices().iter().map(|(p, q)| (p.units(), q.units())).collect();
        assert_eq!(prices, [(54_500, 100), (54_600, 540), (54_700, 7)]);
    }

    #[test]
    fn what_is_bought_is_sold() {
        let totals =
            DayTotals::of((0..200).map(|i| print(54_600, i + 1, Some((i as u16 % 7, i as u16 % 11)))));
        assert_eq!(totals.brokers().iter().map(|b| b.net().units()).sum::<i64>(), 0);
        assert_eq!(totals.brokers().len(), 11);
    }
}
