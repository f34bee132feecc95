//! Decimal texts of order-book streams on one common scale.

use crate::market::Price;

/// The finest decimal seen so far, for prices and for quantities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Decimals {
    price: usize,
    qty: usize,
}

impl Decimals {
    /// Takes note of a price and a quantity.
    pub(super) fn see(&mut self, price: &str, qty: &str) {
        self.price = self.price.max(significant(price));
        self.qty = self.qty.max(significant(qty));
    }

    /// The scales that hold every number seen exactly; `None` if one does not fit.
    pub(super) fn scales(self) -> Option<Scales> {
        let scale =
            |decimals| 10i64.checked_pow(u32::try_from(decimals).ok()?).filter(|s| *s <= 1_000_000_000_000);
        Some(Scales { price: scale(self.price)?, qty: scale(self.qty)? })
    }
}

/// Decimals without zeros at the end.
fn significant(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
}

/// Price and quantity units per whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scales {
    pub(super) price: i64,
    pub(super) qty: i64,
}

impl Scales {
    pub(super) fn price(self, text: &str) -> Result<i64, String> {
        let price = Price::parse(text, self.price).map_err(|e| e.to_string())?.units();
        if price > 0 { Ok(price) } else { Err(format!("price `{text}`")) }
    }

    pub(super) fn qty(self, text: &str) -> Result<i64, String> {
        let qty = Price::parse(text, self.qty).map_err(|e| e.to_string())?.units();
        if qty >= 0 { Ok(qty) } else { Err(format!("quantity `{text}`")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_every_number_and_nothing_more() {
        let mut decimals = Decimals::default();
        for (price, qty, scales) in [
            ("61737.00000000", "1", (1, 1)),
            ("61737.63000000", "0.00000000", (100, 1)),
            ("61737.6", "0.04627000", (100, 100_000)),
        ] {
            decimals.see(price, qty);
            let got = decimals.scales().unwrap();
            assert_eq!((got.price, got.qty), scales, "{price} {qty}");
        }
        decimals.see("0.0000000000001", "1");
        assert_eq!(decimals.scales(), None);
    }
}
