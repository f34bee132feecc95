//! The price at which a sale brings back what the shares cost, charges and all.

use super::FeeError;
use super::charges::DayCharged;
use super::schedule::{Schedule, negative};
use crate::market::{Money, Price, Qty, Side, Tick};

/// The break-even price of a sale. No tax falls due there, as there is no gain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakEven {
    /// The lowest price, to the paisa.
    pub exact: Price,
    /// The lowest price on the grid.
    pub on_tick: Price,
}

/// The lowest sale price at which `qty` shares that cost `cost` (weighted average cost times
/// quantity, purchase charges included) are sold without a loss, given what the account has
/// already sold of the symbol today.
///
/// What a sale leaves rises with its price, slab edges included (crossing one lowers the
/// commission), so the first price that covers the cost is the only boundary. (A single share is
/// the exception: where two lines round up at once, one paisa more leaves one paisa less. The price
/// given covers the cost and one paisa less does not.)
///
/// # Errors
/// [`FeeError::OutOfDomain`] unless the quantity is positive, the cost not negative and a price
/// exists; [`FeeError::NotAvailable`] where the rate of that time is not known.
pub fn break_even(
    schedule: &Schedule,
    sold_today: &DayCharged,
    qty: Qty,
    cost: Money,
    tick: Tick,
) -> Result<BreakEven, FeeError> {
    if !qty.is_positive() {
        return Err(FeeError::OutOfDomain { name: "quantity", value: qty.units() });
    }
    if cost < Money::ZERO {
        return Err(negative("cost", cost));
    }
    let covers = |price: Price| -> Result<bool, FeeError> {
        let notional = price.notional(qty).ok_or_else(|| negative("cost", cost))?;
        let (charges, _) = schedule.charge(Side::Sell, sold_today, notional)?;
        let left = notional.checked_sub(charges.total).ok_or_else(|| negative("cost", cost))?;
        Ok(left >= cost)
    };
    let refuse = || negative("cost", cost);
    let exact = lowest(cost.paisa() / qty.units(), &covers)?.ok_or_else(refuse)?;
    let mut on_tick = exact.on_grid(tick, Side::Sell).ok_or_else(refuse)?;
    while !covers(on_tick)? {
        on_tick = on_tick.moved(1, tick).ok_or_else(refuse)?;
    }
    Ok(BreakEven { exact, on_tick })
}

/// The lowest price that covers the cost, in paisa: doubling from a first guess, then halving.
/// `None` if there is no such price.
fn lowest(guess: i64, covers: &impl Fn(Price) -> Result<bool, FeeError>) -> Result<Option<Price>, FeeError> {
    let (mut below, mut above) = (0, guess.max(1));
    while !covers(Price::from_units(above))? {
        below = above;
        match above.checked_mul(2) {
            Some(doubled) => above = doubled,
            None => return Ok(None),
        }
    }
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if covers(Price::from_units(middle))? {
            above = middle;
        } else {
            below = middle;
        }
    }
    Ok(Some(Price::from_units(above)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::market::InstrumentKind;
    use crate::market::rules::day;

    fn today() -> Schedule {
        Schedule::on(InstrumentKind::Equity, day("2026-08-03")).unwrap()
    }

    fn even(qty: i64, cost: i64, tick: i64) -> Option<(i64, i64)> {
        let got = break_even(
            &today(),
            &DayCharged::default(),
            Qty::from_units(qty),
            Money::from_paisa(cost),
            Tick::new(tick).unwrap(),
        );
        got.ok().map(|b| (b.exact.units(), b.on_tick.units()))
    }

    #[test]
    fn the_worked_example() {
        for (qty, cost, tick, expected) in [
            (1_000, 50_175_000, 10, Some((50_342, 50_350))), // 503.42, first tick 503.5
            (1_000, 50_175_000, 1, Some((50_342, 50_342))),
            (10, 0, 10, Some((351, 360))), // the fixed fees alone: 25 and the minimum of 10
            (0, 50_175_000, 10, None),
            (-5, 50_175_000, 10, None),
            (10, -1, 10, None),
            (1, i64::MAX, 10, None),
        ] {
            assert_eq!(even(qty, cost, tick), expected, "{qty} at {cost}");
        }
    }

    proptest! {
        #[test]
        fn a_paisa_less_would_lose_money(qty in 1i64..20_000, average in 100i64..500_000, tick in 1i64..100) {
            let cost = qty * average;
            let left = |price: i64| {
                let notional = Price::from_units(price).notional(Qty::from_units(qty)).unwrap();
                let (charges, _) = today().charge(Side::Sell, &DayCharged::default(), notional).unwrap();
                notional.paisa() - charges.total.paisa()
            };
            let (exact, on_tick) = even(qty, cost, tick).unwrap();
            prop_assert!(left(exact) >= cost);
            prop_assert!(exact == 1 || left(exact - 1) < cost);
            prop_assert!(on_tick >= exact && on_tick % tick == 0 && on_tick - exact < tick);
        }
    }
}
