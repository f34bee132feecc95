//! The index: last prices weighed by listed shares.

use super::Listing;
use crate::market::{IndexValue, Price};

/// The index of the day. Fund units and debentures weigh nothing, as on the exchange.
#[derive(Clone, Debug)]
pub(super) struct Index {
    close_e2: i64,
    shares: Vec<i64>,
    last: Vec<Price>,
    capital_before: i128,
    capital: i128,
    /// What follows from these.
    value: IndexValue,
}

impl Index {
    pub(super) fn new(close_e2: i64, listings: &[Listing]) -> Self {
        let capital =
            listings.iter().map(|l| i128::from(l.shares) * i128::from(l.previous_close.units())).sum();
        let mut index = Self {
            close_e2,
            shares: listings.iter().map(|l| l.shares).collect(),
            last: listings.iter().map(|l| l.previous_close).collect(),
            capital_before: capital,
            capital,
            value: IndexValue { points_e2: close_e2, previous_close_e2: Some(close_e2) },
        };
        index.value = index.weighed();
        index
    }

    /// A security traded at a price that counts; says whether that moved the index, as far as it is shown.
    pub(super) fn traded(&mut self, i: usize, price: Price) -> bool {
        let moved = i128::from(price.units()) - i128::from(self.last[i].units());
        // Most trades are at the last price.
        if moved == 0 || self.shares[i] == 0 {
            self.last[i] = price;
            return false;
        }
        let before = self.value;
        self.capital += moved * i128::from(self.shares[i]);
        self.last[i] = price;
        self.value = self.weighed();
        self.value != before
    }

    /// The value now, rounded half up.
    pub(super) const fn value(&self) -> IndexValue {
        self.value
    }

    fn weighed(&self) -> IndexValue {
        let scaled = 2 * i128::from(self.close_e2) * self.capital + self.capital_before;
        let points = scaled.div_euclid((2 * self.capital_before).max(1));
        IndexValue {
            points_e2: i64::try_from(points).unwrap_or(i64::MAX),
            previous_close_e2: Some(self.close_e2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_moves_with_the_capital() {
        let listed = crate::venue::flow::listings().unwrap();
        let mut index = Index::new(261_240, &listed);
        assert_eq!(index.value().points_e2, 261_240);
        let up = |p: Price, percent: i64| Price::from_units(p.units() * (100 + percent) / 100);
        for (i, l) in listed.iter().enumerate() {
            index.traded(i, up(l.previous_close, 10));
        }
        let got = index.value().points_e2;
        assert!((got - 287_364).abs() <= 10, "ten per cent up on everything is {got}");
        for (i, l) in listed.iter().enumerate() {
            index.traded(i, l.previous_close);
        }
        assert_eq!(index.value().points_e2, 261_240, "and all the way back");
        let fund = listed.iter().position(|l| l.shares == 0).unwrap();
        index.traded(fund, up(listed[fund].previous_close, 5));
        assert_eq!(index.value().points_e2, 261_240, "a fund weighs nothing");
    }
}
