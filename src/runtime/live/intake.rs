//! What waits for the engine: one queue, in the order in which it came.
//!
//! Under load market data gives way, never anything else: levels that a later one of the same price replaces are left
//! out, those before a clearing of their book too, and counted. Trades, session events, lines, reports and commands
//! are kept. A feed that fills the queue all the same has to wait, which its source notices.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::book_file::BookNews;
use crate::execution::LineState;
use crate::feed::live::SourceClock;
use crate::gateway::session::GatewaySaid;
use crate::market::{EventFlags, InstrumentId, MarketData, MarketEvent, Price, Side, SourceId};
use crate::runtime::replay::player::ToPlayer;

/// Market events beyond which levels are left out.
const CONFLATE_AT: usize = 32_768;
/// Market events beyond which a feed waits.
const WAIT_AT: usize = 131_072;

/// One thing for the engine.
#[derive(Debug)]
pub enum Item {
    /// From a feed.
    Market(MarketEvent),
    /// A feed's line changed.
    Feed(SourceId, LineState),
    /// What a feed's source says its clock shows.
    Clock(SourceId, SourceClock),
    /// The gateway's line changed.
    Gateway(LineState),
    /// From the gateway.
    Said(GatewaySaid),
    /// A person brought what the broker's portal lists.
    Book(BookNews),
    /// From a terminal.
    Desk(ToPlayer),
}

#[derive(Default)]
struct Inner {
    queue: VecDeque<Item>,
    /// Market events in it.
    market: usize,
    /// The queue's market events when it was last conflated: not done again before it has grown.
    conflated_to: usize,
    conflated: u64,
    closed: bool,
    /// Things added other than by a feed; of them those taken, and those that were taken the time before.
    pushed: u64,
    taken: u64,
    done: u64,
}

/// See the module.
#[derive(Default)]
pub struct Intake {
    inner: Mutex<Inner>,
    ready: Condvar,
}

impl Intake {
    /// Adds market events; says whether the feed has to wait before it brings more.
    pub fn market(&self, events: impl IntoIterator<Item = MarketEvent>) -> bool {
        let mut inner = self.lock();
        let before = inner.queue.len();
        inner.queue.extend(events.into_iter().map(Item::Market));
        inner.market += inner.queue.len() - before;
        if inner.market > CONFLATE_AT + inner.conflated_to {
            let left_out = conflate(&mut inner.queue);
            inner.market -= left_out;
            inner.conflated += left_out as u64;
            inner.conflated_to = inner.market;
        }
        let full = inner.market > WAIT_AT;
        drop(inner);
        self.ready.notify_one();
        full
    }

    /// Adds anything else. Says whether anybody takes it.
    pub fn push(&self, item: Item) -> bool {
        let mut inner = self.lock();
        if inner.closed {
            return false;
        }
        inner.market += usize::from(matches!(item, Item::Market(_)));
        inner.queue.push_back(item);
        inner.pushed += 1;
        drop(inner);
        self.ready.notify_one();
        true
    }

    /// Takes all there is, waiting no longer than `patience` for the first.
    pub fn take(&self, patience: Duration) -> VecDeque<Item> {
        let mut inner = self.lock();
        // Whoever comes for more is through with what it took before.
        inner.done = inner.taken;
        if inner.queue.is_empty() {
            let waited = self.ready.wait_timeout_while(inner, patience, |inner| inner.queue.is_empty());
            inner = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(inner, _)| inner);
        }
        (inner.market, inner.conflated_to) = (0, 0);
        inner.taken = inner.pushed;
        std::mem::take(&mut inner.queue)
    }

    /// How many things have been added by [`Intake::push`]; more than there will ever be once nothing is taken.
    pub fn pushed(&self) -> u64 {
        let inner = self.lock();
        if inner.closed { u64::MAX } else { inner.pushed }
    }

    /// How many of them the session is through with: what they led to is durable.
    pub fn done(&self) -> u64 {
        self.lock().done
    }

    /// Market events left out so far.
    pub fn conflated(&self) -> u64 {
        self.lock().conflated
    }

    /// Whether there is room for more of a feed that was told to wait.
    pub fn has_room(&self) -> bool {
        self.lock().market <= CONFLATE_AT
    }

    /// Nothing is taken any more; what was taken is done.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.done = inner.taken;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // Nothing in here panics half way through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves out levels that what comes later replaces. Returns how many.
fn conflate(queue: &mut VecDeque<Item>) -> usize {
    let mut seen: BTreeSet<(SourceId, InstrumentId, Side, Price)> = BTreeSet::new();
    let mut cleared: BTreeSet<(SourceId, InstrumentId)> = BTreeSet::new();
    let mut ended: BTreeSet<(SourceId, InstrumentId)> = BTreeSet::new();
    let before = queue.len();
    let mut kept = VecDeque::with_capacity(before);
    while let Some(mut item) = queue.pop_back() {
        if let Item::Market(event) = &mut item {
            let of = (event.source, event.instrument);
            let keep = match &event.data {
                MarketData::Level(level) | MarketData::Snapshot(level) => {
                    !cleared.contains(&of) && seen.insert((of.0, of.1, level.side, level.price))
                }
                MarketData::Clear(None) => cleared.insert(of),
                // Half a clearing replaces half of what came before; it stays, and ends nothing.
                _ => true,
            };
            if !keep {
                continue;
            }
            let depth =
                matches!(event.data, MarketData::Level(_) | MarketData::Snapshot(_) | MarketData::Clear(_));
            // The last that is left of a book is the end of a batch, whatever stood behind it.
            if depth && ended.insert(of) {
                event.flags = event.flags.with(EventFlags::LAST);
            }
        }
        kept.push_front(item);
    }
    *queue = kept;
    before - queue.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::market::{LevelUpdate, Qty, Timestamp};

    fn event(instrument: u32, data: MarketData) -> Item {
        let (at, source) = (Timestamp::from_ns(1), SourceId(1));
        let (instrument, flags) = (InstrumentId(instrument), EventFlags::NONE);
        Item::Market(MarketEvent { at, seq: 0, source, instrument, flags, data })
    }

    type Books = BTreeMap<(u32, bool, i64), i64>;

    fn books(queue: &VecDeque<Item>) -> Books {
        let mut books = Books::new();
        for item in queue {
            let Item::Market(event) = item else { continue };
            match event.data {
                MarketData::Level(l) | MarketData::Snapshot(l) => {
                    let key = (event.instrument.0, l.side == Side::Buy, l.price.units());
                    books.insert(key, l.qty.units());
                    if l.qty.is_zero() {
                        books.remove(&key);
                    }
                }
                MarketData::Clear(side) => books.retain(|(of, buy, _), _| {
                    *of != event.instrument.0 || side.is_some_and(|s| (s == Side::Buy) != *buy)
                }),
                _ => {}
            }
        }
        books
    }

    fn data() -> impl Strategy<Value = MarketData> {
        let level = (any::<bool>(), 1i64..6, 0i64..4).prop_map(|(buy, price, qty)| LevelUpdate {
            side: if buy { Side::Buy } else { Side::Sell },
            price: Price::from_units(price),
            qty: Qty::from_units(qty),
            orders: 0,
        });
        prop_oneof![
            8 => level.prop_map(MarketData::Level),
            1 => Just(MarketData::Clear(None)),
            1 => Just(MarketData::Clear(Some(Side::Buy))),
            1 => Just(MarketData::Last(Price::from_units(3))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_left_gives_the_same_books_and_nothing_else_is_lost(
            events in proptest::collection::vec((0u32..3, data()), 0..120)
        ) {
            let mut queue: VecDeque<Item> = events.into_iter().map(|(i, d)| event(i, d)).collect();
            queue.push_back(Item::Gateway(LineState::Live));
            queue.push_front(Item::Gateway(LineState::Gap));
            let wanted = books(&queue);
            let others = |queue: &VecDeque<Item>| queue.iter().filter(|item| {
                !matches!(item, Item::Market(MarketEvent { data: MarketData::Level(_) | MarketData::Clear(None), .. }))
            }).count();
            let (before, kept) = (queue.len(), others(&queue));
            let left_out = conflate(&mut queue);
            prop_assert_eq!(queue.len() + left_out, before);
            prop_assert_eq!(others(&queue), kept);
            prop_assert_eq!(books(&queue), wanted);
        }
    }

    #[test]
    fn what_was_taken_is_done_when_more_is_asked_for() {
        let intake = Intake::default();
        intake.push(Item::Gateway(LineState::Live));
        assert_eq!((intake.pushed(), intake.done()), (1, 0));
        assert_eq!(intake.take(Duration::ZERO).len(), 1);
        assert_eq!(intake.done(), 0, "it is in hand");
        intake.push(Item::Gateway(LineState::Gap));
        assert_eq!(intake.take(Duration::ZERO).len(), 1);
        assert_eq!((intake.pushed(), intake.done()), (2, 1));
        intake.push(Item::Gateway(LineState::Live));
        intake.close();
        assert_eq!((intake.pushed(), intake.done()), (u64::MAX, 2), "the last was never taken");
    }

    #[test]
    fn a_flood_of_levels_stays_small_and_orders_wait_for_nobody() {
        let intake = Intake::default();
        let level = |n: i64| {
            let (side, price) = (Side::Buy, Price::from_units(1 + n % 50));
            let level = LevelUpdate { side, price, qty: Qty::from_units(n), orders: 0 };
            match event(0, MarketData::Level(level)) {
                Item::Market(event) => event,
                _ => unreachable!("it is made as one above"),
            }
        };
        for n in 0..1_000 {
            assert!(!intake.market((0..1_000).map(|k| level(n * 1_000 + k))), "it never has to wait");
            intake.push(Item::Gateway(LineState::Live));
        }
        let taken = intake.take(Duration::ZERO);
        let lines = taken.iter().filter(|item| matches!(item, Item::Gateway(_))).count();
        assert_eq!(lines, 1_000);
        assert!(taken.len() < 2 * CONFLATE_AT, "{}", taken.len());
        assert!(intake.conflated() > 900_000);
        // Trades cannot be left out: who brings too many waits.
        let print = crate::market::TradePrint {
            price: Price::from_units(1),
            qty: Qty::from_units(1),
            aggressor: None,
            buyer: None,
            seller: None,
            contract: None,
        };
        let trade = |_| match event(0, MarketData::Trade(print)) {
            Item::Market(event) => event,
            _ => unreachable!("it is made as one above"),
        };
        assert!(intake.market((0..WAIT_AT + 1).map(trade)));
        assert!(!intake.has_room());
        assert_eq!(intake.take(Duration::ZERO).len(), WAIT_AT + 1);
        assert!(intake.has_room());
        intake.close();
        assert!(!intake.push(Item::Gateway(LineState::Live)));
    }
}
