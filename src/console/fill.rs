//! The chance that an order is filled before the close, by the fill model (X3).
//!
//! The model's constants are its defaults: nothing has been calibrated yet, so every figure made
//! here is shown with `'`. The range is the model's own: the book as one-sided as it can be against the
//! order with the most shares ahead, and for it with the least.

use super::Frame;
use super::preview::Facts;
use crate::execution::fill_probability::{FillModel, Queue, Quote, RestingOrder};
use crate::execution::{NewOrder, Order};
use crate::market::{Level, Price, Qty, SessionPhase, Side, Timestamp};
use crate::model::units::Minutes;

/// Time left moves in steps of five minutes, so that the figure of a quiet book stands still.
const STEP_MIN: i64 = 5;
const NS_PER_MIN: i64 = 60_000_000_000;

/// The chance of a fill by the close.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FillChance {
    /// The estimate, in [0, 1].
    pub likely: f64,
    /// With everything against it.
    pub low: f64,
    /// With everything for it.
    pub high: f64,
    /// Shares ahead of it at its price or better, as shown or as estimated.
    pub ahead: Qty,
    /// Shares that trade at once.
    pub at_once: Qty,
    /// Tradable minutes left, in the steps used.
    pub minutes: i64,
}

/// Shares ahead: least, estimate, most.
type Ahead = (Qty, Qty, Qty);

/// The chance of an order that is being written.
///
/// # Errors
/// Why it cannot be said, in words.
pub fn of_new(frame: &Frame, facts: &Facts<'_>, order: &NewOrder) -> Result<FillChance, &'static str> {
    let book = facts.view.book.as_ref().ok_or(NO_DEPTH)?;
    let better = |l: &&Level| match order.side {
        Side::Buy => l.price >= order.limit,
        Side::Sell => l.price <= order.limit,
    };
    let own = if order.side == Side::Buy { &book.bids } else { &book.asks };
    let shown: Qty = own.iter().filter(better).map(|l| l.qty).sum();
    chance(frame, facts, order, order.qty, (shown, shown, shown))
}

/// The chance of the rest of an order that works.
///
/// # Errors
/// Why it cannot be said, in words.
pub fn of_order(frame: &Frame, order: &Order) -> Result<FillChance, &'static str> {
    if !order.takes_changes() {
        return Err("it does not rest, or a change is under way");
    }
    let facts = Facts::of(frame, order.order.instrument, None).ok_or("not in this day")?;
    match order.queue_ahead {
        Some(q) => chance(frame, &facts, &order.order, order.left(), (q.low, q.expected, q.high)),
        None if facts.view.book.is_none() => Err(NO_DEPTH),
        None => Err("no queue told"),
    }
}

const NO_DEPTH: &str = "no depth, so no queue";

fn chance(
    frame: &Frame,
    facts: &Facts<'_>,
    order: &NewOrder,
    left: Qty,
    (low, expected, high): Ahead,
) -> Result<FillChance, &'static str> {
    let book = facts.view.book.as_ref().ok_or(NO_DEPTH)?;
    let (bid, ask) =
        facts.best(Side::Buy).zip(facts.best(Side::Sell)).ok_or("a side of the book is empty")?;
    let number = |p: Price| p.units() as f64;
    let quote = Quote::new(number(bid), number(ask)).map_err(|_| "the book is locked or crossed")?;
    let adv = facts.adv().ok_or("the average volume is not known")?;
    let grid = &frame.snapshot.day.grid;
    let session_min = grid.length_ns() * i64::from(grid.count()) / NS_PER_MIN;
    if session_min <= 0 {
        return Err("the session has no length");
    }
    let minutes = minutes_left(frame).ok_or("no session to be filled in")?;
    let horizon = Minutes::new(minutes as f64).map_err(|_| "no time left")?;
    let volume_5min = adv as f64 * 5.0 / session_min as f64;
    let at_once = takes(order.side, order.limit, book).units().min(left.units()).max(0);
    let model = FillModel::default();
    let one = |ahead: Qty, imbalance: Option<f64>| {
        let queue = Queue { ahead: ahead.units().max(0) as f64, own: left.units() as f64, volume_5min };
        let distance = quote.passive_distance(order.side, number(order.limit));
        let resting = RestingOrder { side: order.side, distance, imbalance, queue: Some(queue) };
        let estimate = if at_once > 0 {
            model.estimate_marketable(&resting, left.units() as f64, at_once as f64, horizon)
        } else {
            model.estimate(&resting, horizon)
        };
        estimate.map(|e| e.probability).map_err(|_| "the model does not take this order")
    };
    // More bids hurt a buy, more offers a sale.
    let against = order.side.sign() as f64;
    Ok(FillChance {
        likely: one(expected, book.imbalance_5)?,
        low: one(high, Some(against))?,
        high: one(low, Some(-against))?,
        ahead: expected,
        at_once: Qty::from_units(at_once),
        minutes,
    })
}

/// Shares shown on the other side at the limit or better.
fn takes(side: Side, limit: Price, book: &crate::engine::snapshot::BookView) -> Qty {
    match side {
        Side::Buy => book.asks.iter().filter(|l| l.price <= limit).map(|l| l.qty).sum(),
        Side::Sell => book.bids.iter().filter(|l| l.price >= limit).map(|l| l.qty).sum(),
    }
}

/// Tradable minutes to the close; `None` outside the session. Below one step by the minute.
fn minutes_left(frame: &Frame) -> Option<i64> {
    let snapshot = &frame.snapshot;
    let grid = &snapshot.day.grid;
    if !matches!(snapshot.session.phase, SessionPhase::PreOpen | SessionPhase::Continuous) {
        return None;
    }
    let close = grid.end(grid.count().checked_sub(1)?);
    let from: Timestamp = snapshot.now.max(grid.start(0));
    let left = close.since_ns(from).max(0) / NS_PER_MIN;
    Some(if left >= STEP_MIN { left / STEP_MIN * STEP_MIN } else { left })
}
