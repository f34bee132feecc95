//! The matching engine of one security: price first, then time.
//!
//! An incoming order trades against one resting order at a time, at the resting price, and each such
//! trade is a print of its own; what is left rests. The opening auction matches both queues at one
//! price. Totals by price are kept in an [`OrderBook`] beside the queues, which is what the outside
//! sees.
//!
//! What always holds: the totals are the sums of the queues; shares leave the book only by a fill or
//! a cancel. Whether an order may be entered at all (band, lot, halt) is for the caller to say.

use std::collections::{BTreeMap, VecDeque};

use crate::market::{BrokerId, OrderBook, Price, Qty, Side, Tick};

/// An order with a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limit {
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) broker: BrokerId,
}

/// An order at rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Resting {
    /// Its number in this book, in order of arrival.
    pub(super) number: u64,
    pub(super) qty: Qty,
    broker: BrokerId,
}

/// One trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fill {
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) buyer: BrokerId,
    pub(super) seller: BrokerId,
}

type Queues = BTreeMap<Price, VecDeque<Resting>>;

/// The orders of one security.
#[derive(Clone, Debug)]
pub(super) struct Matching {
    levels: OrderBook,
    bids: Queues,
    asks: Queues,
    next: u64,
}

impl Matching {
    pub(super) fn new(tick: Tick) -> Self {
        Self { levels: OrderBook::new(tick), bids: Queues::new(), asks: Queues::new(), next: 1 }
    }

    /// The totals by price.
    pub(super) const fn levels(&self) -> &OrderBook {
        &self.levels
    }

    /// How many orders rest on a side.
    pub(super) fn count(&self, side: Side) -> usize {
        self.levels.levels(side).map(|level| level.orders as usize).sum()
    }

    /// The orders of a side with their prices, by price ascending, then by time.
    pub(super) fn orders(&self, side: Side) -> impl Iterator<Item = (Price, Resting)> + '_ {
        self.queues(side).iter().flat_map(|(price, queue)| queue.iter().map(|order| (*price, *order)))
    }

    /// Trades an incoming order against the first order it meets, if its limit reaches it.
    pub(super) fn match_next(&mut self, incoming: &mut Limit) -> Option<Fill> {
        let side = incoming.side.opposite();
        let best = self.levels.best_price(side)?;
        let reaches = match incoming.side {
            Side::Buy => best <= incoming.price,
            Side::Sell => best >= incoming.price,
        };
        if !reaches || !incoming.qty.is_positive() {
            return None;
        }
        let (qty, other) = self.take(side, best, incoming.qty)?;
        incoming.qty = incoming.qty.less(qty);
        let (buyer, seller) = match incoming.side {
            Side::Buy => (incoming.broker, other),
            Side::Sell => (other, incoming.broker),
        };
        Some(Fill { price: best, qty, buyer, seller })
    }

    /// Puts an order at the end of the queue at its price. Outside the auction the caller has
    /// matched it first.
    pub(super) fn rest(&mut self, order: Limit) {
        if !order.qty.is_positive() {
            return;
        }
        let resting = Resting { number: self.next, qty: order.qty, broker: order.broker };
        self.next += 1;
        self.queues_mut(order.side).entry(order.price).or_default().push_back(resting);
        self.levels.add(order.side, order.price, order.qty);
    }

    /// Takes an order out, and says what it still had.
    pub(super) fn cancel(&mut self, side: Side, price: Price, number: u64) -> Option<Qty> {
        let queue = self.queues_mut(side).get_mut(&price)?;
        let at = queue.iter().position(|order| order.number == number)?;
        let qty = queue.remove(at)?.qty;
        self.drop_empty(side, price);
        self.levels.remove(side, price, qty);
        Some(qty)
    }

    /// The price of the auction: where most shares trade; among those, where least is left over;
    /// then the nearest to the reference, then the lowest. `None` when nothing crosses.
    pub(super) fn auction_price(&self, reference: Price) -> Option<Price> {
        let candidates = self.bids.keys().chain(self.asks.keys());
        let graded = candidates.filter_map(|price| {
            let bid: i64 = sum(self.bids.range(*price..));
            let asked: i64 = sum(self.asks.range(..=*price));
            let away = (price.units() - reference.units()).abs();
            (bid.min(asked) > 0).then_some((-bid.min(asked), (bid - asked).abs(), away, *price))
        });
        graded.min().map(|(.., price)| price)
    }

    /// Trades the first bid against the first ask at the auction's price, if both reach it.
    pub(super) fn match_auction(&mut self, price: Price) -> Option<Fill> {
        let bid = self.levels.best_price(Side::Buy).filter(|bid| *bid >= price)?;
        let ask = self.levels.best_price(Side::Sell).filter(|ask| *ask <= price)?;
        let first = |queues: &Queues, at: Price| queues.get(&at).and_then(|q| q.front()).map(|o| o.qty);
        let qty = first(&self.bids, bid)?.min(first(&self.asks, ask)?);
        let (_, buyer) = self.take(Side::Buy, bid, qty)?;
        let (_, seller) = self.take(Side::Sell, ask, qty)?;
        Some(Fill { price, qty, buyer, seller })
    }

    /// Purges every order.
    pub(super) fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.levels.clear(None);
    }

    /// Takes up to `most` shares from the first order at a price.
    fn take(&mut self, side: Side, price: Price, most: Qty) -> Option<(Qty, BrokerId)> {
        let queue = self.queues_mut(side).get_mut(&price)?;
        let order = queue.front_mut()?;
        let (qty, broker) = (order.qty.min(most), order.broker);
        order.qty = order.qty.less(qty);
        if order.qty.is_positive() {
            self.levels.reduce(side, price, qty);
        } else {
            queue.pop_front();
            self.drop_empty(side, price);
            self.levels.remove(side, price, qty);
        }
        Some((qty, broker))
    }

    fn drop_empty(&mut self, side: Side, price: Price) {
        let queues = self.queues_mut(side);
        if queues.get(&price).is_some_and(VecDeque::is_empty) {
            queues.remove(&price);
        }
    }

    const fn queues(&self, side: Side) -> &Queues {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    const fn queues_mut(&mut self, side: Side) -> &mut Queues {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

fn sum<'a>(queues: impl Iterator<Item = (&'a Price, &'a VecDeque<Resting>)>) -> i64 {
    queues.flat_map(|(_, queue)| queue).map(|order| order.qty.units()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(side: Side, price: i64, qty: i64, broker: u16) -> Limit {
        Limit { side, price: Price::from_units(price), qty: Qty::from_units(qty), broker: BrokerId(broker) }
    }

    fn enter(book: &mut Matching, mut order: Limit) -> Vec<(i64, i64, u16, u16)> {
        let fills: Vec<Fill> = std::iter::from_fn(|| book.match_next(&mut order)).collect();
        book.rest(order);
        fills.iter().map(|f| (f.price.units(), f.qty.units(), f.buyer.0, f.seller.0)).collect()
    }

    fn held(book: &Matching) -> i64 {
        Side::BOTH.iter().flat_map(|side| book.orders(*side)).map(|(_, o)| o.qty.units()).sum()
    }

    /// The totals beside the queues say what the queues say.
    fn check_totals(book: &Matching) {
        for side in Side::BOTH {
            let mut totals: BTreeMap<Price, (i64, u32)> = BTreeMap::new();
            for (price, order) in book.orders(side) {
                let at = totals.entry(price).or_default();
                *at = (at.0 + order.qty.units(), at.1 + 1);
            }
            let shown: BTreeMap<_, _> =
                book.levels().levels(side).map(|l| (l.price, (l.qty.units(), l.orders))).collect();
            assert_eq!(shown, totals);
        }
    }

    #[test]
    fn price_comes_first_and_then_time_and_every_resting_order_prints() {
        let mut book = Matching::new(Tick::new(10).unwrap());
        for order in [
            limit(Side::Sell, 50_020, 30, 1),
            limit(Side::Sell, 50_010, 20, 2),
            limit(Side::Sell, 50_010, 40, 3),
        ] {
            assert_eq!(enter(&mut book, order), []);
        }
        assert_eq!(
            enter(&mut book, limit(Side::Buy, 50_020, 75, 9)),
            [(50_010, 20, 9, 2), (50_010, 40, 9, 3), (50_020, 15, 9, 1)]
        );
        assert_eq!(held(&book), 15);
        assert_eq!(enter(&mut book, limit(Side::Buy, 50_010, 10, 9)), [], "below the ask it rests");
        assert_eq!(enter(&mut book, limit(Side::Sell, 50_000, 25, 4)), [(50_010, 10, 9, 4)]);
        assert_eq!(book.levels().best_price(Side::Sell), Some(Price::from_units(50_000)));
        check_totals(&book);
    }

    #[test]
    fn the_auction_trades_most_at_one_price() {
        // Bids, asks, reference, expected price and shares.
        for (bids, asks, reference, expected) in [
            (vec![(102, 50), (100, 50)], vec![(99, 40), (101, 40)], 100, Some((101, 50))),
            (vec![(102, 50)], vec![(100, 50)], 101, Some((100, 50))), // as near as 102: the lower
            (vec![(102, 50)], vec![(100, 50)], 102, Some((102, 50))),
            (vec![(102, 50), (101, 10)], vec![(100, 60)], 102, Some((101, 60))),
            (vec![(99, 50)], vec![(100, 50)], 100, None),
            (vec![(99, 50)], vec![], 100, None),
        ] {
            let mut book = Matching::new(Tick::new(1).unwrap());
            bids.iter().for_each(|(p, q)| book.rest(limit(Side::Buy, *p, *q, 1)));
            asks.iter().for_each(|(p, q)| book.rest(limit(Side::Sell, *p, *q, 2)));
            let before = held(&book);
            let price = book.auction_price(Price::from_units(reference));
            let fills: Vec<Fill> = price
                .into_iter()
                .flat_map(|p| std::iter::from_fn(|| book.match_auction(p)).collect::<Vec<_>>())
                .collect();
            let traded: i64 = fills.iter().map(|f| f.qty.units()).sum();
            let got = price.map(|p| (p.units(), traded));
            // A price of least remainder may sit between; the shares are what counts.
            assert_eq!(got, expected, "{bids:?} {asks:?}");
            assert_eq!(held(&book), before - 2 * traded);
            check_totals(&book);
        }
    }

    proptest! {
        #[test]
        fn no_share_is_made_or_lost(
            orders in prop::collection::vec((any::<bool>(), 1_i64..40, 1_i64..500, any::<bool>()), 1..120)
        ) {
            let mut book = Matching::new(Tick::new(1).unwrap());
            let (mut entered, mut traded, mut cancelled) = (0, 0, 0);
            for (buy, price, qty, cancel) in orders {
                let side = if buy { Side::Buy } else { Side::Sell };
                let first = book.orders(side).next();
                if let (true, Some((at, order))) = (cancel, first) {
                    cancelled += book.cancel(side, at, order.number).unwrap().units();
                    prop_assert_eq!(book.cancel(side, at, order.number), None);
                    continue;
                }
                entered += qty;
                let fills = enter(&mut book, limit(side, price, qty, 1));
                traded += fills.iter().map(|f| f.1).sum::<i64>();
                let within = |at: i64| if buy { at <= price } else { at >= price };
                prop_assert!(fills.iter().all(|f| f.1 > 0 && within(f.0)));
                prop_assert_eq!(held(&book), entered - cancelled - 2 * traded);
                prop_assert!(book.levels().spread_units().is_none_or(|s| s > 0));
                check_totals(&book);
            }
        }
    }
}
