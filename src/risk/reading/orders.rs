//! Readings of our own orders: what trades, what nobody answers for, what cannot be true
//! (B09, B12, B13, B21, K4).

use super::{Amount, Caveat, Facts, Measure, Measured, Missing};

/// Below this many orders a fill rate says nothing (B09).
const ORDERS_MIN: u64 = 20;

/// B09: fewer than 30 % of the orders that are over, or have traded in part, traded at all. An
/// order that still rests untouched has not failed to trade and does not count.
pub(super) fn fill_rate(facts: &Facts) -> Measure {
    let orders = facts.orders;
    if orders.finished < ORDERS_MIN {
        return Measure::Missing(Missing::FewOrders { finished: orders.finished });
    }
    let rate = orders.traded as f64 / orders.finished as f64;
    Measure::Known(Measured::below(Amount::Share(rate), Amount::Share(0.30)))
}

/// B12, as far as it can be seen: orders without an answer.
pub(super) fn unanswered(facts: &Facts) -> Measure {
    none_of(facts.orders.unknown, Caveat::UnansweredOnly)
}

/// B13, as far as it can be seen: more on sale than can be sold.
pub(super) fn oversold(facts: &Facts) -> Measure {
    none_of(facts.orders.oversold, Caveat::SellableOnly)
}

/// B21, as far as it can be seen: over-fills and reports about orders never sent.
pub(super) fn incidents(facts: &Facts) -> Measure {
    none_of(facts.incidents, Caveat::ReportsOnly)
}

/// K4: more than five rejects within a minute.
pub(super) fn rejects(facts: &Facts) -> Measure {
    Measure::Known(Measured::above(Amount::Count(facts.orders.rejected), Amount::Count(5)))
}

/// A rule that acts on the first.
const fn none_of(count: u64, caveat: Caveat) -> Measure {
    Measure::Known(Measured::above(Amount::Count(count), Amount::Count(0)).but(caveat))
}
