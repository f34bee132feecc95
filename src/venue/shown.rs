//! What the exchange shows of a book: five levels a side, told as changes.

use crate::market::{Level, LevelUpdate, OrderBook, Qty, Side};

/// Levels shown on each side.
pub(super) const DEPTH: usize = 5;

/// One side as it was last told.
type Told = [Option<Level>; DEPTH];

/// The levels last told. Whoever applies every change holds exactly these.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    bids: Told,
    asks: Told,
}

impl Shown {
    /// Brings what is shown up to the book and says the changes: first the levels that are gone
    /// (emptied, or pushed below the fifth), then those that are new or different.
    pub(super) fn follow(&mut self, book: &OrderBook, mut say: impl FnMut(LevelUpdate)) {
        for side in Side::BOTH {
            let mut now: Told = [None; DEPTH];
            for (place, level) in now.iter_mut().zip(book.levels(side)) {
                *place = Some(level);
            }
            let told = match side {
                Side::Buy => &mut self.bids,
                Side::Sell => &mut self.asks,
            };
            if now == *told {
                continue;
            }
            let stays = |old: &Level| now.iter().flatten().any(|new| new.price == old.price);
            for gone in told.iter().flatten().filter(|old| !stays(old)) {
                say(LevelUpdate { side, price: gone.price, qty: Qty::ZERO, orders: 0 });
            }
            for new in now.iter().filter(|new| !told.contains(new)).flatten() {
                say(LevelUpdate { side, price: new.price, qty: new.qty, orders: new.orders });
            }
            *told = now;
        }
    }

    /// Forgets everything, when the book was cleared and that was said.
    pub(super) const fn clear(&mut self) {
        (self.bids, self.asks) = ([None; DEPTH], [None; DEPTH]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Price, Tick};

    #[test]
    fn a_level_pushed_out_goes_and_comes_back() {
        let mut book = OrderBook::new(Tick::new(1).unwrap());
        let mut shown = Shown::default();
        let mut step = |price: i64, qty: i64| {
            book.set(&LevelUpdate {
                side: Side::Buy,
                price: Price::from_units(price),
                qty: Qty::from_units(qty),
                orders: 1,
            });
            let mut said = Vec::new();
            shown.follow(&book, |l| said.push((l.price.units(), l.qty.units())));
            said
        };
        for price in [100, 99, 98, 97, 96] {
            assert_eq!(step(price, 10), [(price, 10)]);
        }
        assert_eq!(step(95, 10), [], "the sixth is not shown");
        assert_eq!(step(101, 10), [(96, 0), (101, 10)]);
        assert_eq!(step(98, 25), [(98, 25)]);
        assert_eq!(step(101, 0), [(101, 0), (96, 10)]);
        assert_eq!(step(101, 0), []);
    }
}
