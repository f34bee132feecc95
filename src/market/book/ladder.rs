//! One side of a book as a flat array of ticks around the touch, with a bitmap of what is occupied.
//!
//! Measured beside a sorted vector and a B-tree, the flat array is two to five times faster on
//! updates near the touch, because the next best price is one `leading_zeros` away. The window grows
//! with the prices that arrive, up to [`WINDOW_MAX`]; beyond that, and for prices off the grid,
//! levels live in an ordered map. The face is the same for both.

use std::collections::BTreeMap;

use crate::market::{Side, Tick};

/// Slots of the first window.
const WINDOW_MIN: usize = 256;
/// Slots the window may grow to: 65,536 ticks, at most 1 MB a side.
const WINDOW_MAX: usize = 1 << 16;

#[derive(Clone, Copy, Default, Debug)]
struct Slot {
    qty: i64,
    orders: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Ladder {
    side: Side,
    tick: i64,
    /// Tick index of slot 0.
    base: i64,
    slots: Vec<Slot>,
    occupied: Vec<u64>,
    count: usize,
    /// Slot of the best level in the window; meaningless while `count` is 0.
    best: usize,
    /// Price of the best level of all, kept so that looking costs one load.
    best_price: Option<i64>,
    /// Levels outside the window or off the grid, by price units.
    outside: BTreeMap<i64, Slot>,
}

impl Ladder {
    pub(super) const fn new(side: Side, tick: Tick) -> Self {
        Self {
            side,
            tick: tick.units(),
            base: 0,
            slots: Vec::new(),
            occupied: Vec::new(),
            count: 0,
            best: 0,
            best_price: None,
            outside: BTreeMap::new(),
        }
    }

    /// Sets a level. Quantity 0 removes it.
    #[inline]
    pub(super) fn set(&mut self, price: i64, qty: i64, orders: u32) {
        let Some(slot) = self.slot_for(price, qty) else { return self.set_outside(price, qty, orders) };
        let before = std::mem::replace(&mut self.slots[slot], Slot { qty, orders });
        match (before.qty > 0, qty > 0) {
            (false, true) => self.occupy(slot),
            (true, false) => self.vacate(slot),
            _ => {}
        }
    }

    pub(super) fn get(&self, price: i64) -> (i64, u32) {
        let slot = self.slot_of(price).map(|i| self.slots[i]).filter(|s| s.qty > 0);
        let slot = slot.or_else(|| self.outside.get(&price).copied()).unwrap_or_default();
        (slot.qty, slot.orders)
    }

    /// The best price in units.
    #[inline]
    pub(super) const fn best(&self) -> Option<i64> {
        self.best_price
    }

    /// Works the best price out again after a change that may have moved it.
    #[inline]
    fn find_best(&mut self) {
        self.best_price = self.best_of_both();
    }

    #[inline]
    fn best_of_both(&self) -> Option<i64> {
        let inside = (self.count > 0).then(|| (self.base + self.best as i64) * self.tick);
        if self.outside.is_empty() {
            return inside;
        }
        let outside = match self.side {
            Side::Buy => self.outside.last_key_value(),
            Side::Sell => self.outside.first_key_value(),
        }
        .map(|(price, _)| *price);
        match (inside, outside) {
            (Some(a), Some(b)) if self.side == Side::Buy => Some(a.max(b)),
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count + self.outside.len()
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(Slot::default());
        self.occupied.fill(0);
        self.count = 0;
        self.outside.clear();
        self.best_price = None;
    }

    /// `(price, qty, orders)` from best to worst.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = (i64, i64, u32)> + '_> {
        let inside = self.inside();
        if self.outside.is_empty() {
            return inside;
        }
        let far = self.outside.iter().map(|(price, slot)| (*price, slot.qty, slot.orders));
        match self.side {
            Side::Buy => Box::new(Merge::new(inside, far.rev(), |a, b| a > b)),
            Side::Sell => Box::new(Merge::new(inside, far, |a, b| a < b)),
        }
    }

    fn inside(&self) -> Box<dyn Iterator<Item = (i64, i64, u32)> + '_> {
        let mut next = (self.count > 0).then_some(self.best);
        Box::new(std::iter::from_fn(move || {
            let slot = next?;
            next = self.next_worse(slot);
            let Slot { qty, orders } = self.slots[slot];
            Some(((self.base + slot as i64) * self.tick, qty, orders))
        }))
    }

    /// The slot of a price, if the window has one.
    #[inline]
    fn slot_of(&self, price: i64) -> Option<usize> {
        let index = if self.tick == 1 {
            price
        } else if price % self.tick == 0 {
            price / self.tick
        } else {
            return None;
        };
        let slot = index.wrapping_sub(self.base);
        ((slot as u64) < self.slots.len() as u64).then_some(slot as usize)
    }

    /// The slot to write a level to, growing the window for a new level near it.
    #[inline]
    fn slot_for(&mut self, price: i64, qty: i64) -> Option<usize> {
        match self.slot_of(price) {
            Some(slot) => Some(slot),
            None if qty == 0 || price % self.tick != 0 => None,
            None => self.grow_to(price / self.tick),
        }
    }

    /// Makes the window hold the tick `index` in its middle half, if it may grow that far.
    #[cold]
    fn grow_to(&mut self, index: i64) -> Option<usize> {
        let (low, high) = match self.ends() {
            Some((low, high)) => ((self.base + low as i64).min(index), (self.base + high as i64).max(index)),
            None => (index, index),
        };
        let span = usize::try_from(high.checked_sub(low)?).ok()?.checked_add(1)?;
        let wanted = span.checked_mul(2)?.next_power_of_two().max(WINDOW_MIN);
        if wanted > WINDOW_MAX {
            return None;
        }
        let base = low.checked_sub(((wanted - span) / 2) as i64)?;
        let mut slots = vec![Slot::default(); wanted];
        for (i, slot) in self.slots.iter().enumerate().filter(|(_, s)| s.qty > 0) {
            slots[(self.base + i as i64 - base) as usize] = *slot;
        }
        self.base = base;
        self.slots = slots;
        self.take_in();
        self.index_again();
        Some((index - self.base) as usize)
    }

    /// Moves levels of the map that the new window covers into it.
    fn take_in(&mut self) {
        let (from, to) = (self.base * self.tick, (self.base + self.slots.len() as i64) * self.tick);
        let covered: Vec<i64> =
            self.outside.range(from..to).map(|(p, _)| *p).filter(|p| p % self.tick == 0).collect();
        for price in covered {
            if let Some(slot) = self.outside.remove(&price) {
                self.slots[(price / self.tick - self.base) as usize] = slot;
            }
        }
    }

    fn index_again(&mut self) {
        self.occupied = vec![0; self.slots.len() / 64];
        self.count = 0;
        for slot in 0..self.slots.len() {
            if self.slots[slot].qty > 0 {
                self.occupy(slot);
            }
        }
    }

    /// First and last occupied slot.
    fn ends(&self) -> Option<(usize, usize)> {
        let first = self.occupied.iter().position(|w| *w != 0)?;
        let last = self.occupied.iter().rposition(|w| *w != 0)?;
        Some((
            first * 64 + self.occupied[first].trailing_zeros() as usize,
            last * 64 + 63 - self.occupied[last].leading_zeros() as usize,
        ))
    }

    #[inline]
    fn occupy(&mut self, slot: usize) {
        self.occupied[slot / 64] |= 1 << (slot % 64);
        let better = match self.side {
            Side::Buy => slot > self.best,
            Side::Sell => slot < self.best,
        };
        let first = self.count == 0;
        self.count += 1;
        if first || better {
            self.best = slot;
            self.find_best();
        }
    }

    #[inline]
    fn vacate(&mut self, slot: usize) {
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        self.count -= 1;
        if slot == self.best {
            self.best = self.next_worse(slot).unwrap_or(slot);
            self.find_best();
        }
    }

    /// The next occupied slot behind this one.
    #[inline]
    fn next_worse(&self, slot: usize) -> Option<usize> {
        match self.side {
            Side::Buy => {
                let mut word = slot / 64;
                let mut bits = self.occupied[word] & ((1 << (slot % 64)) - 1);
                while bits == 0 {
                    word = word.checked_sub(1)?;
                    bits = self.occupied[word];
                }
                Some(word * 64 + 63 - bits.leading_zeros() as usize)
            }
            Side::Sell => {
                let mut word = slot / 64;
                let mut bits = self.occupied[word] & (!0_u64).checked_shl(slot as u32 % 64 + 1).unwrap_or(0);
                while bits == 0 {
                    word += 1;
                    bits = *self.occupied.get(word)?;
                }
                Some(word * 64 + bits.trailing_zeros() as usize)
            }
        }
    }

    #[cold]
    fn set_outside(&mut self, price: i64, qty: i64, orders: u32) {
        if qty > 0 {
            self.outside.insert(price, Slot { qty, orders });
        } else {
            self.outside.remove(&price);
        }
        self.find_best();
    }
}

type Entry = (i64, i64, u32);

/// Merges two runs that are each in order.
struct Merge<A: Iterator<Item = Entry>, B: Iterator<Item = Entry>> {
    a: std::iter::Peekable<A>,
    b: std::iter::Peekable<B>,
    before: fn(i64, i64) -> bool,
}

impl<A: Iterator<Item = Entry>, B: Iterator<Item = Entry>> Merge<A, B> {
    fn new(a: A, b: B, before: fn(i64, i64) -> bool) -> Self {
        Self { a: a.peekable(), b: b.peekable(), before }
    }
}

impl<A: Iterator<Item = Entry>, B: Iterator<Item = Entry>> Iterator for Merge<A, B> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match (self.a.peek(), self.b.peek()) {
            (Some(a), Some(b)) if (self.before)(b.0, a.0) => self.b.next(),
            (Some(_), _) => self.a.next(),
            (None, _) => self.b.next(),
        }
    }
}
