//! Open, high, low, close and volume of a day from its trades, as the exchange publishes them.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::market::rules::lot::BAR_MIN_QTY;
use crate::market::{BarPrices, InstrumentId, MarketData, MarketEvent, Price, Qty};

/// One instrument's day. The prices are absent while nothing but odd lots has traded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DayOhlcv {
    /// First, highest, lowest and last price of trades of at least [`BAR_MIN_QTY`].
    pub prices: Option<BarPrices>,
    /// Shares traded, odd lots included.
    pub volume: Qty,
}

impl DayOhlcv {
    /// Takes one trade, the next in time.
    pub fn add(&mut self, price: Price, qty: Qty) {
        self.volume = self.volume.saturating_add(qty);
        if qty < BAR_MIN_QTY {
            return;
        }
        match &mut self.prices {
            Some(prices) => prices.take(price),
            None => self.prices = Some(BarPrices::first(price)),
        }
    }
}

/// The day of every instrument that traded, from events in time order.
#[must_use]
pub fn ohlcv<E: Borrow<MarketEvent>>(
    events: impl IntoIterator<Item = E>,
) -> BTreeMap<InstrumentId, DayOhlcv> {
    let mut days: BTreeMap<InstrumentId, DayOhlcv> = BTreeMap::new();
    for event in events {
        let event = event.borrow();
        if let MarketData::Trade(print) = event.data {
            days.entry(event.instrument).or_default().add(print.price, print.qty);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lots_count_as_volume_and_not_as_price() {
        let mut day = DayOhlcv::default();
        day.add(Price::from_units(100), Qty::from_units(9));
        assert_eq!((day.prices, day.volume.units()), (None, 9));
        for (price, qty) in [(500, 10), (520, 10), (480, 30), (900, 9), (510, 10)] {
            day.add(Price::from_units(price), Qty::from_units(qty));
        }
        let prices = day.prices.unwrap();
        let four = [prices.open, prices.high, prices.low, prices.close].map(Price::units);
        assert_eq!((four, day.volume.units()), ([500, 520, 480, 510], 78));
    }
}
