//! Moving a resting limit when the order is behind or ahead of its schedule (X8).
//!
//! Behind, a buy rises and a sell falls; ahead, the other way round. Each move is bounded: never
//! past the price at which the trade stops paying, never past the touch plus a collar, never out of
//! the band, at most once a minute and ten times an order.

use super::limit_price::PriceBand;
use crate::market::{Price, Side, Tick};
use crate::model::ModelError;
use crate::model::units::{Minutes, require, require_non_negative, require_unit};

/// Minutes over which an order without a schedule should complete.
pub const DEFAULT_COMPLETION_MINUTES: f64 = 30.0;
/// Amendments one order may have.
pub const MOST_AMENDMENTS: u32 = 10;
/// Minutes between two amendments.
pub const BETWEEN_AMENDMENTS: f64 = 1.0;

const TOLERATED_GAP: f64 = 0.2;
const TOWARDS: f64 = 0.001;
const AWAY: f64 = 0.0005;
const COLLAR_TICKS: i64 = 3;
const COLLAR_FRACTION: f64 = 0.005;

/// A resting order and how far it has come.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RestingState {
    /// Which way.
    pub side: Side,
    /// Its limit now.
    pub limit: Price,
    /// Share filled, in [0, 1].
    pub filled: f64,
    /// Share that should be filled by now, in [0, 1].
    pub planned: f64,
    /// From 0 to 1.
    pub urgency: f64,
    /// Amendments made so far.
    pub amendments: u32,
    /// Minutes since the last one; `None` if there was none.
    pub since_amendment: Option<Minutes>,
}

/// The market around it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AdjustmentBounds {
    /// Mid, currency per share.
    pub mid: f64,
    /// The price it could trade at now.
    pub opposite_touch: Price,
    /// Today's allowed prices.
    pub band: PriceBand,
    /// The grid of limits.
    pub tick: Tick,
    /// Price units per unit of currency.
    pub price_scale: i64,
    /// Expected return over what is left of the horizon, unsigned by side.
    pub expected_return: f64,
    /// Cost of trading, a fraction.
    pub cost: f64,
}

/// Why a limit stays where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unmoved {
    /// Within a fifth of its schedule.
    OnSchedule,
    /// The last amendment is less than a minute old.
    TooSoon,
    /// Ten amendments are made.
    TooMany,
    /// A bound allows no tick in that direction.
    AtBound,
}

/// What to do with the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adjustment {
    /// Amend to this price.
    Move(Price),
    /// Leave it.
    Keep(Unmoved),
}

/// Share that should be filled `elapsed` minutes in, where there is no schedule.
#[must_use]
pub fn linear_target(elapsed: Minutes) -> f64 {
    (elapsed.value() / DEFAULT_COMPLETION_MINUTES).min(1.0)
}

/// The price at which the trade stops paying: `M (1 + s (s mu - c))`, currency per share.
#[must_use]
pub(crate) fn reservation_price(side: Side, mid: f64, expected_return: f64, cost: f64) -> f64 {
    let sign = side.sign() as f64;
    mid * (1.0 + sign * (sign * expected_return - cost))
}

/// Decides whether and where the limit moves.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a share or urgency outside [0, 1] or a market that cannot be.
pub fn adjust(state: &RestingState, bounds: &AdjustmentBounds) -> Result<Adjustment, ModelError> {
    require_unit("filled share", state.filled)?;
    require_unit("planned share", state.planned)?;
    require_unit("urgency", state.urgency)?;
    require(bounds.mid > 0.0, "mid", bounds.mid, "above 0")?;
    require(bounds.price_scale >= 1, "price scale", bounds.price_scale as f64, "1 or more")?;
    require(true, "expected return", bounds.expected_return, "finite")?;
    require_non_negative("cost", bounds.cost)?;
    let behind = state.planned - state.filled;
    if behind.abs() <= TOLERATED_GAP {
        return Ok(Adjustment::Keep(Unmoved::OnSchedule));
    }
    if state.amendments >= MOST_AMENDMENTS {
        return Ok(Adjustment::Keep(Unmoved::TooMany));
    }
    if state.since_amendment.is_some_and(|m| m.value() < BETWEEN_AMENDMENTS) {
        return Ok(Adjustment::Keep(Unmoved::TooSoon));
    }
    let (fraction, direction) = if behind > 0.0 { (TOWARDS * (1.0 + state.urgency), 1) } else { (AWAY, -1) };
    let target = stepped(state, bounds, fraction, direction * state.side.sign())
        .and_then(|price| bounded(price, state.side, bounds));
    let moves_on =
        |price: &Price| direction * state.side.sign() * (price.units().cmp(&state.limit.units()) as i64) > 0;
    Ok(target.filter(moves_on).map_or(Adjustment::Keep(Unmoved::AtBound), Adjustment::Move))
}

/// The limit moved by a fraction of itself, at least one tick, on the grid.
fn stepped(state: &RestingState, bounds: &AdjustmentBounds, fraction: f64, sign: i64) -> Option<Price> {
    let units = state.limit.units() as f64 * fraction;
    #[expect(clippy::cast_possible_truncation, reason = "a small fraction of a price")]
    let ticks = ((units / bounds.tick.units() as f64).floor() as i64).max(1);
    state.limit.on_grid(bounds.tick, state.side)?.moved(sign * ticks, bounds.tick)
}

/// The price pulled back to the reservation price, the collar and the band, without ever paying
/// more or asking less than any of them.
fn bounded(price: Price, side: Side, bounds: &AdjustmentBounds) -> Option<Price> {
    let reservation =
        reservation_price(side, bounds.mid, bounds.expected_return, bounds.cost) * bounds.price_scale as f64;
    let touch = bounds.opposite_touch.units();
    #[expect(clippy::cast_possible_truncation, reason = "a small fraction of a price")]
    let collar =
        COLLAR_TICKS.saturating_mul(bounds.tick.units()).max((touch as f64 * COLLAR_FRACTION) as i64);
    #[expect(clippy::cast_possible_truncation, reason = "floats saturate in the conversion")]
    let units = match side {
        Side::Buy => price.units().min(reservation.floor() as i64).min(touch.saturating_add(collar)),
        Side::Sell => price.units().max(reservation.ceil() as i64).max(touch.saturating_sub(collar)),
    };
    let inside = units.clamp(bounds.band.low.units(), bounds.band.high.units().max(bounds.band.low.units()));
    Price::from_units(inside).on_grid(bounds.tick, side).filter(|p| bounds.band.contains(*p))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(units: i64) -> Price {
        Price::from_units(units)
    }

    fn state() -> RestingState {
        RestingState {
            side: Side::Buy,
            limit: price(50_000),
            filled: 0.1,
            planned: 0.5,
            urgency: 0.0,
            amendments: 0,
            since_amendment: None,
        }
    }

    fn bounds() -> AdjustmentBounds {
        AdjustmentBounds {
            mid: 501.0,
            opposite_touch: price(50_200),
            band: PriceBand { low: price(45_000), high: price(55_000) },
            tick: Tick::new(10).unwrap(),
            price_scale: 100,
            expected_return: 0.02,
            cost: 0.005,
        }
    }

    #[test]
    fn behind_a_buy_rises_and_ahead_it_falls() {
        let minute = |m| Some(Minutes::new(m).unwrap());
        for (name, got, expected) in [
            ("behind", adjust(&state(), &bounds()), Adjustment::Move(price(50_050))),
            (
                "urgent",
                adjust(&RestingState { urgency: 1.0, ..state() }, &bounds()),
                Adjustment::Move(price(50_100)),
            ),
            (
                "ahead",
                adjust(&RestingState { filled: 0.9, ..state() }, &bounds()),
                Adjustment::Move(price(49_980)),
            ),
            (
                "level",
                adjust(&RestingState { filled: 0.4, ..state() }, &bounds()),
                Adjustment::Keep(Unmoved::OnSchedule),
            ),
            (
                "many",
                adjust(&RestingState { amendments: 10, ..state() }, &bounds()),
                Adjustment::Keep(Unmoved::TooMany),
            ),
            (
                "soon",
                adjust(&RestingState { since_amendment: minute(0.5), ..state() }, &bounds()),
                Adjustment::Keep(Unmoved::TooSoon),
            ),
            (
                "one tick at least",
                adjust(
                    &RestingState { limit: price(5_000), ..state() },
                    &AdjustmentBounds {
                        band: PriceBand { low: price(4_000), high: price(60_000) },
                        ..bounds()
                    },
                ),
                Adjustment::Move(price(5_010)),
            ),
            (
                "no edge left",
                adjust(&state(), &AdjustmentBounds { expected_return: 0.003, ..bounds() }),
                Adjustment::Keep(Unmoved::AtBound),
            ),
            (
                "the band",
                adjust(
                    &state(),
                    &AdjustmentBounds {
                        band: PriceBand { low: price(45_000), high: price(50_000) },
                        ..bounds()
                    },
                ),
                Adjustment::Keep(Unmoved::AtBound),
            ),
            (
                "a sell",
                adjust(
                    &RestingState { side: Side::Sell, ..state() },
                    &AdjustmentBounds {
                        opposite_touch: price(49_800),
                        expected_return: -0.02,
                        mid: 499.0,
                        ..bounds()
                    },
                ),
                Adjustment::Move(price(49_950)),
            ),
        ] {
            assert_eq!(got.unwrap(), expected, "{name}");
        }
        assert!(adjust(&RestingState { urgency: 1.5, ..state() }, &bounds()).is_err());
        assert!((linear_target(Minutes::new(15.0).unwrap()) - 0.5).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn mirrored_orders_move_in_mirror(
            filled in 0.0..1.0f64, planned in 0.0..1.0f64, urgency in 0.0..1.0f64,
            offset in -300i64..300, edge in -0.05..0.05f64,
        ) {
            // Mirrored at the limit itself, so that a fraction of the limit is the same on both sides.
            let centre = 50_000;
            let buy = RestingState { filled, planned, urgency, limit: price(centre), ..state() };
            let around = AdjustmentBounds {
                mid: (centre + 10 * offset) as f64 / 100.0,
                opposite_touch: price(centre + 10 * offset),
                band: PriceBand { low: price(centre - 5_000), high: price(centre + 5_000) },
                expected_return: 0.0,
                cost: 0.0,
                ..bounds()
            };
            let sell = RestingState { side: Side::Sell, ..buy };
            let mirrored = AdjustmentBounds {
                mid: (centre - 10 * offset) as f64 / 100.0,
                opposite_touch: price(centre - 10 * offset),
                ..around
            };
            let one = adjust(&buy, &AdjustmentBounds { expected_return: edge, ..around }).unwrap();
            let other = adjust(&sell, &AdjustmentBounds { expected_return: -edge, ..mirrored }).unwrap();
            match (one, other) {
                (Adjustment::Move(a), Adjustment::Move(b)) => {
                    // A bound that is a fraction of a price mirrors only up to that fraction of the offset.
                    let slack = 10.0 * offset.abs() as f64 * (2.0 * edge.abs() + 0.01) + 20.0;
                    let gap = (a.units() - centre) + (b.units() - centre);
                    prop_assert!((gap as f64).abs() <= slack, "{gap} above {slack}");
                    prop_assert!((a.units() - centre).signum() == -(b.units() - centre).signum());
                }
                (Adjustment::Keep(a), Adjustment::Keep(b)) => prop_assert_eq!(a, b),
                _ => prop_assert!(edge.abs() * (offset.abs() as f64) > 0.0),
            }
        }

        #[test]
        fn no_move_pays_more_than_it_is_worth(
            limit in 4_600i64..5_400, edge in -0.02..0.05f64, cost in 0.0..0.02f64,
        ) {
            let state = RestingState { limit: price(limit * 10), ..state() };
            let bounds = AdjustmentBounds { expected_return: edge, cost, ..bounds() };
            if let Adjustment::Move(to) = adjust(&state, &bounds).unwrap() {
                let worth = reservation_price(Side::Buy, bounds.mid, edge, cost);
                prop_assert!(to.units() as f64 / 100.0 <= worth + 1e-9);
                prop_assert!(bounds.band.contains(to) && to.is_on_grid(bounds.tick));
            }
        }
    }
}
