//! Open, high, low, close and volume of a day from its trades, as the exchange publishes them.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::market::{InstrumentId, MarketData, MarketEvent, Price, Qty};

/// Trades below this many units are odd lots: they do not move the price (market rules, section 2).
pub const BOARD_LOT: Qty = Qty::from_units(10);

/// One instrument's day. The prices are absent while nothing but odd lots has traded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DayOhlcv {
    /// First, highest, lowest and last price of trades of at least [`BOARD_LOT`].
    pub prices: Option<Ohlc>,
    /// Shares traded, odd lots included.
    pub volume: Qty,
}

/// Four prices of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ohlc {
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
}

impl DayOhlcv {
    /// Takes one trade, the next in time.
    pub fn add(&mut self, price: Price, qty: Qty) {
        self.volume = self.volume.saturating_add(qty);
        if qty < BOARD_LOT {
            return;
        }
        let prices = self.prices.get_or_insert(Ohlc { open: price, high: price, low: price, close: price });
        prices.high = prices.high.max(price);
        prices.low = prices.low.min(price);
        prices.close = price;
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
