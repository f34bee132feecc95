//! The matching engine of one security: price first, then time.
//!
//! An incoming order trades against one resting order at a time, at the resting price, and each such
//! trade is a print of its own; what is left rests. The opening auction matches both queues at one
//! price. Totals by price are kept in an [`OrderBook`] beside the queues, which is what the outside
//! sees.
//!
//! Resting orders live in one slab and stand in their queue as a linked list, so that taking one out of
//! the middle costs no search. A [`Handle`] says which order is meant; after the order has gone it
//! means nothing, even if its place has been given to another.
//!
//! What always holds: the totals are the sums of the queues; shares leave the book only by a fill or
//! a cancel. Whether an order may be entered at all (band, lot, halt) is for the caller to say.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::market::{OrderBook, Price, Qty, Side, Tick};

/// No node.
const NIL: u32 = u32::MAX;

/// Which resting order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Handle {
    slot: u32,
    generation: u32,
}

/// An order with a limit. `owner` is whatever the caller needs to know of who sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit<T> {
    /// Which way.
    pub side: Side,
    /// The worst price acceptable.
    pub price: Price,
    /// Shares still wanted.
    pub qty: Qty,
    /// Who sent it.
    pub owner: T,
}

/// An order at rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resting<T> {
    /// Which one.
    pub handle: Handle,
    /// Shares left.
    pub qty: Qty,
    /// Who sent it.
    pub owner: T,
}

/// One trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill<T> {
    /// At the resting order's price, or the auction's.
    pub price: Price,
    /// Shares.
    pub qty: Qty,
    /// Whose buy.
    pub buyer: T,
    /// Whose sell.
    pub seller: T,
}

#[derive(Clone, Copy, Debug)]
struct Queue {
    head: u32,
    tail: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node<T> {
    generation: u32,
    side: Side,
    price: Price,
    qty: Qty,
    owner: T,
    before: u32,
    after: u32,
}

type Queues = BTreeMap<Price, Queue>;

/// The orders of one security.
#[derive(Clone, Debug)]
pub struct Book<T> {
    levels: OrderBook,
    bids: Queues,
    asks: Queues,
    nodes: Vec<Node<T>>,
    free: Vec<u32>,
}

impl<T: Copy> Book<T> {
    /// A book without orders on a price grid.
    #[must_use]
    pub fn new(tick: Tick) -> Self {
        Self {
            levels: OrderBook::new(tick),
            bids: Queues::new(),
            asks: Queues::new(),
            nodes: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The totals by price.
    #[must_use]
    pub const fn levels(&self) -> &OrderBook {
        &self.levels
    }

    /// How many orders rest on a side.
    #[must_use]
    pub fn count(&self, side: Side) -> usize {
        self.levels.levels(side).map(|level| level.orders as usize).sum()
    }

    /// The orders of a side with their prices, by price ascending, then by time.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = (Price, Resting<T>)> + '_ {
        self.queues(side).iter().flat_map(|(price, queue)| self.queue(queue.head).map(|o| (*price, o)))
    }

    /// An order that still rests.
    #[must_use]
    pub fn resting(&self, handle: Handle) -> Option<Limit<T>> {
        let node = self.node(handle)?;
        Some(Limit { side: node.side, price: node.price, qty: node.qty, owner: node.owner })
    }

    /// Shares that stand before an order in its queue; `None` if it does not rest.
    #[must_use]
    pub fn ahead(&self, handle: Handle) -> Option<Qty> {
        let node = self.node(handle)?;
        let queue = self.queues(node.side).get(&node.price)?;
        Some(self.queue(queue.head).take_while(|o| o.handle != handle).map(|o| o.qty).sum())
    }

    /// Trades an incoming order against the first order it meets, if its limit reaches it.
    pub fn match_next(&mut self, incoming: &mut Limit<T>) -> Option<Fill<T>> {
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
            Side::Buy => (incoming.owner, other),
            Side::Sell => (other, incoming.owner),
        };
        Some(Fill { price: best, qty, buyer, seller })
    }

    /// Puts an order at the end of the queue at its price. Outside the auction the caller has
    /// matched it first. `None` if nothing is left of it.
    pub fn rest(&mut self, order: Limit<T>) -> Option<Handle> {
        if !order.qty.is_positive() {
            return None;
        }
        let Limit { side, price, qty, owner } = order;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.nodes.push(Node { generation: 0, side, price, qty, owner, before: NIL, after: NIL });
            // A book of four thousand million orders does not fit in memory.
            u32::try_from(self.nodes.len() - 1).expect("fewer orders than there are numbers")
        });
        let queues = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let before = match queues.entry(price) {
            Entry::Vacant(place) => {
                place.insert(Queue { head: slot, tail: slot });
                NIL
            }
            Entry::Occupied(mut queue) => std::mem::replace(&mut queue.get_mut().tail, slot),
        };
        if let Some(last) = self.nodes.get_mut(before as usize) {
            last.after = slot;
        }
        let node = &mut self.nodes[slot as usize];
        *node = Node { generation: node.generation, side, price, qty, owner, before, after: NIL };
        let handle = Handle { slot, generation: node.generation };
        self.levels.add(side, price, qty);
        Some(handle)
    }

    /// Takes an order out, and says what it still had; `None` if it does not rest any more.
    pub fn cancel(&mut self, handle: Handle) -> Option<Qty> {
        let Node { side, price, qty, .. } = *self.node(handle)?;
        self.unlink(handle.slot);
        self.levels.remove(side, price, qty);
        Some(qty)
    }

    /// Leaves an order with fewer shares at its place in the queue. `None`, and nothing happens, if it does
    /// not rest or `left` is not between nothing and what it has.
    pub fn reduce(&mut self, handle: Handle, left: Qty) -> Option<()> {
        let node = *self.node(handle)?;
        if !left.is_positive() || left > node.qty {
            return None;
        }
        self.nodes[handle.slot as usize].qty = left;
        self.levels.reduce(node.side, node.price, node.qty.less(left));
        Some(())
    }

    /// The price of the auction: where most shares trade; among those, where least is left over;
    /// then the nearest to the reference, then the lowest. `None` when nothing crosses.
    #[must_use]
    pub fn auction_price(&self, reference: Price) -> Option<Price> {
        let shares = |side: Side, range: &mut dyn Iterator<Item = Price>| -> i64 {
            range.filter_map(|price| self.levels.level(side, price)).map(|level| level.qty.units()).sum()
        };
        let candidates = self.bids.keys().chain(self.asks.keys());
        let graded = candidates.filter_map(|price| {
            let bid = shares(Side::Buy, &mut self.bids.range(*price..).map(|(p, _)| *p));
            let asked = shares(Side::Sell, &mut self.asks.range(..=*price).map(|(p, _)| *p));
            let away = (price.units() - reference.units()).abs();
            (bid.min(asked) > 0).then_some((-bid.min(asked), (bid - asked).abs(), away, *price))
        });
        graded.min().map(|(.., price)| price)
    }

    /// Trades the first bid against the first ask at the auction's price, if both reach it.
    pub fn match_auction(&mut self, price: Price) -> Option<Fill<T>> {
        let bid = self.levels.best_price(Side::Buy).filter(|bid| *bid >= price)?;
        let ask = self.levels.best_price(Side::Sell).filter(|ask| *ask <= price)?;
        let first = |queues: &Queues, at: Price| queues.get(&at).map(|q| self.nodes[q.head as usize].qty);
        let qty = first(&self.bids, bid)?.min(first(&self.asks, ask)?);
        let (_, buyer) = self.take(Side::Buy, bid, qty)?;
        let (_, seller) = self.take(Side::Sell, ask, qty)?;
        Some(Fill { price, qty, buyer, seller })
    }

    /// Purges every order and says whose they were, in no order that means anything.
    pub fn clear(&mut self) -> Vec<T> {
        let owners =
            Side::BOTH.into_iter().flat_map(|side| self.orders(side).map(|(_, o)| o.owner)).collect();
        for queues in [std::mem::take(&mut self.bids), std::mem::take(&mut self.asks)] {
            for queue in queues.values() {
                let mut slot = queue.head;
                while let Some(node) = self.nodes.get_mut(slot as usize) {
                    node.generation = node.generation.wrapping_add(1);
                    self.free.push(slot);
                    slot = node.after;
                }
            }
        }
        self.levels.clear(None);
        owners
    }

    /// Takes up to `most` shares from the first order at a price.
    fn take(&mut self, side: Side, price: Price, most: Qty) -> Option<(Qty, T)> {
        let slot = self.queues(side).get(&price)?.head;
        let node = self.nodes.get_mut(slot as usize)?;
        let (qty, owner) = (node.qty.min(most), node.owner);
        node.qty = node.qty.less(qty);
        if node.qty.is_positive() {
            self.levels.reduce(side, price, qty);
        } else {
            self.unlink(slot);
            self.levels.remove(side, price, qty);
        }
        Some((qty, owner))
    }

    /// Takes a node out of its queue and gives its place back.
    fn unlink(&mut self, slot: u32) {
        let Node { side, price, before, after, .. } = self.nodes[slot as usize];
        if let Some(node) = self.nodes.get_mut(before as usize) {
            node.after = after;
        }
        if let Some(node) = self.nodes.get_mut(after as usize) {
            node.before = before;
        }
        let queues = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if before == NIL && after == NIL {
            queues.remove(&price);
        } else if let Some(queue) = queues.get_mut(&price) {
            if before == NIL {
                queue.head = after;
            }
            if after == NIL {
                queue.tail = before;
            }
        }
        let node = &mut self.nodes[slot as usize];
        node.generation = node.generation.wrapping_add(1);
        self.free.push(slot);
    }

    fn node(&self, handle: Handle) -> Option<&Node<T>> {
        self.nodes.get(handle.slot as usize).filter(|node| node.generation == handle.generation)
    }

    fn queue(&self, head: u32) -> impl Iterator<Item = Resting<T>> + '_ {
        let mut slot = head;
        std::iter::from_fn(move || {
            let node = self.nodes.get(slot as usize)?;
            let handle = Handle { slot, generation: node.generation };
            slot = node.after;
            Some(Resting { handle, qty: node.qty, owner: node.owner })
        })
    }

    const fn queues(&self, side: Side) -> &Queues {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(side: Side, price: i64, qty: i64, owner: u16) -> Limit<u16> {
        Limit { side, price: Price::from_units(price), qty: Qty::from_units(qty), owner }
    }

    fn enter(book: &mut Book<u16>, mut order: Limit<u16>) -> Vec<(i64, i64, u16, u16)> {
        let fills: Vec<Fill<u16>> = std::iter::from_fn(|| book.match_next(&mut order)).collect();
        book.rest(order);
        fills.iter().map(|f| (f.price.units(), f.qty.units(), f.buyer, f.seller)).collect()
    }

    fn held(book: &Book<u16>) -> i64 {
        Side::BOTH.iter().flat_map(|side| book.orders(*side)).map(|(_, o)| o.qty.units()).sum()
    }

    /// The totals beside the queues say what the queues say, and the queues end where they begin.
    fn check_totals(book: &Book<u16>) {
        for side in Side::BOTH {
            let mut totals: BTreeMap<Price, (i64, u32)> = BTreeMap::new();
            for (price, order) in book.orders(side) {
                let at = totals.entry(price).or_default();
                *at = (at.0 + order.qty.units(), at.1 + 1);
            }
            let shown: BTreeMap<_, _> =
                book.levels().levels(side).map(|l| (l.price, (l.qty.units(), l.orders))).collect();
            assert_eq!(shown, totals);
            for (price, queue) in book.queues(side) {
                let last = book.queue(queue.head).last().map(|o| o.handle.slot);
                assert_eq!(last, Some(queue.tail), "{price:?}");
            }
        }
        let resting: usize = Side::BOTH.iter().map(|side| book.count(*side)).sum();
        assert_eq!(resting + book.free.len(), book.nodes.len(), "a place was lost");
    }

    #[test]
    fn price_comes_first_and_then_time_and_every_resting_order_prints() {
        let mut book = Book::new(Tick::new(10).unwrap());
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
    fn fewer_shares_keep_their_place_and_a_handle_outlives_nobody() {
        let mut book = Book::new(Tick::new(10).unwrap());
        let [first, second, third] =
            [1, 2, 3].map(|owner| book.rest(limit(Side::Buy, 50_000, 50, owner)).unwrap());
        assert_eq!(book.ahead(third), Some(Qty::from_units(100)));
        assert_eq!(book.reduce(first, Qty::from_units(20)), Some(()));
        for left in [0, 21, -1] {
            assert_eq!(book.reduce(first, Qty::from_units(left)), None, "{left}");
        }
        assert_eq!(book.cancel(second), Some(Qty::from_units(50)));
        assert_eq!(book.ahead(third), Some(Qty::from_units(20)));
        assert_eq!(
            enter(&mut book, limit(Side::Sell, 50_000, 30, 9)),
            [(50_000, 20, 1, 9), (50_000, 10, 3, 9)]
        );
        check_totals(&book);
        let new = book.rest(limit(Side::Buy, 49_990, 10, 4)).unwrap();
        assert!(book.resting(new).is_some());
        for gone in [first, second] {
            assert_eq!((book.cancel(gone), book.resting(gone), book.ahead(gone)), (None, None, None));
        }
        assert_eq!(book.clear().len(), 2);
        assert_eq!(book.cancel(new), None);
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
            let mut book = Book::new(Tick::new(1).unwrap());
            for (price, qty) in &bids {
                book.rest(limit(Side::Buy, *price, *qty, 1));
            }
            for (price, qty) in &asks {
                book.rest(limit(Side::Sell, *price, *qty, 2));
            }
            let before = held(&book);
            let price = book.auction_price(Price::from_units(reference));
            let fills: Vec<Fill<u16>> = price
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
        fn no_share_is_made_or_lost_and_time_is_kept(
            orders in prop::collection::vec((any::<bool>(), 1_i64..40, 1_i64..500, 0_u8..4), 1..120)
        ) {
            let mut book = Book::new(Tick::new(1).unwrap());
            let (mut entered, mut traded, mut gone) = (0, 0, 0);
            // The same queues, the slow way: price, arrival, shares.
            let mut slow: [Vec<(i64, usize, i64)>; 2] = [Vec::new(), Vec::new()];
            for (arrival, (buy, price, qty, what)) in orders.into_iter().enumerate() {
                let side = if buy { Side::Buy } else { Side::Sell };
                let pick = book.orders(side).nth(what as usize);
                if let (1.., Some((at, order))) = (what, pick) {
                    let own = &mut slow[usize::from(buy)];
                    let place = own.iter().position(|o| (o.0, o.1) == (at.units(), usize::from(order.owner))).unwrap();
                    let left = order.qty.units() / 2;
                    if what == 1 && left > 0 {
                        book.reduce(order.handle, Qty::from_units(left)).unwrap();
                        gone += order.qty.units() - left;
                        own[place].2 = left;
                    } else {
                        gone += book.cancel(order.handle).unwrap().units();
                        prop_assert_eq!(book.cancel(order.handle), None);
                        own.remove(place);
                    }
                    check_totals(&book);
                    continue;
                }
                entered += qty;
                let fills = enter(&mut book, limit(side, price, qty, u16::try_from(arrival).unwrap()));
                let mut left = qty;
                let mut expected = Vec::new();
                let other = &mut slow[usize::from(!buy)];
                other.sort_by_key(|o| (if buy { o.0 } else { -o.0 }, o.1));
                for o in other.iter_mut().take_while(|o| if buy { o.0 <= price } else { o.0 >= price }) {
                    let shares = o.2.min(left);
                    if shares > 0 {
                        expected.push((o.0, shares, o.1));
                        (o.2, left) = (o.2 - shares, left - shares);
                    }
                }
                other.retain(|o| o.2 > 0);
                if left > 0 {
                    slow[usize::from(buy)].push((price, arrival, left));
                }
                let got: Vec<_> =
                    fills.iter().map(|f| (f.0, f.1, usize::from(if buy { f.3 } else { f.2 }))).collect();
                prop_assert_eq!(got, expected);
                traded += fills.iter().map(|f| f.1).sum::<i64>();
                prop_assert_eq!(held(&book), entered - gone - 2 * traded);
                prop_assert!(book.levels().spread_units().is_none_or(|s| s > 0));
                check_totals(&book);
            }
        }
    }
}
