//! Which side started a trade (X7, X15).
//!
//! Prices are whole numbers: a trade exactly at the midpoint is common, and floats cannot be
//! trusted to say so.

use crate::market::{Price, Side};

/// The tick rule: the sign of the last price change that was not zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct TickRule {
    last_price: Option<Price>,
    sign: Option<Side>,
}

impl TickRule {
    /// Takes a trade price; `None` before the first change.
    pub fn push(&mut self, price: Price) -> Option<Side> {
        if let Some(last) = self.last_price.replace(price) {
            match price.cmp(&last) {
                std::cmp::Ordering::Greater => self.sign = Some(Side::Buy),
                std::cmp::Ordering::Less => self.sign = Some(Side::Sell),
                std::cmp::Ordering::Equal => {}
            }
        }
        self.sign
    }
}

/// The quote rule: above the midpoint a buy, below it a sell, at it unknown.
#[must_use]
pub fn quote_rule(price: Price, bid: Price, ask: Price) -> Option<Side> {
    let twice = 2 * i128::from(price.units());
    match twice.cmp(&(i128::from(bid.units()) + i128::from(ask.units()))) {
        std::cmp::Ordering::Greater => Some(Side::Buy),
        std::cmp::Ordering::Less => Some(Side::Sell),
        std::cmp::Ordering::Equal => None,
    }
}

/// Signs trades in order: the venue's aggressor flag if there is one, else the quote rule, else the
/// tick rule.
///
/// Which quote is given is the caller's convention: Lee and Ready's own uses the quote of the same
/// row, the product the one strictly before the trade. `None` means unknown, and volume is then
/// split half and half.
#[derive(Clone, Copy, Debug, Default)]
pub struct TradeSigner {
    ticks: TickRule,
}

impl TradeSigner {
    /// Takes a trade. A crossed or locked quote is as good as none.
    pub fn push(
        &mut self,
        price: Price,
        quote: Option<(Price, Price)>,
        aggressor: Option<Side>,
    ) -> Option<Side> {
        let by_tick = self.ticks.push(price);
        let usable = quote.filter(|(bid, ask)| bid < ask);
        aggressor.or_else(|| usable.and_then(|(bid, ask)| quote_rule(price, bid, ask))).or(by_tick)
    }
}

/// The share of a trade's volume that counts as bought: all, none, or half when unknown.
#[must_use]
pub fn buy_share(side: Option<Side>) -> f64 {
    match side {
        Some(Side::Buy) => 1.0,
        Some(Side::Sell) => 0.0,
        None => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_steps_in_where_the_one_before_is_silent() {
        let mut signer = TradeSigner::default();
        for (price, quote, aggressor, want) in [
            (100, None, None, None),
            (100, Some((98, 102)), None, None),
            (101, Some((98, 102)), None, Some(Side::Buy)),
            (100, Some((98, 102)), None, Some(Side::Sell)),
            (100, Some((98, 102)), None, Some(Side::Sell)),
            (99, Some((90, 95)), None, Some(Side::Buy)),
            (99, Some((95, 95)), None, Some(Side::Sell)),
            (99, Some((96, 90)), None, Some(Side::Sell)),
            (120, Some((98, 102)), Some(Side::Sell), Some(Side::Sell)),
        ] {
            let at = Price::from_units;
            let quote = quote.map(|(bid, ask)| (at(bid), at(ask)));
            assert_eq!(signer.push(at(price), quote, aggressor), want, "at {price}");
        }
        let most = Price::from_units(i64::MAX);
        assert_eq!(quote_rule(most, most, most), None);
    }
}
