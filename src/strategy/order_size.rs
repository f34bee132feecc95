//! From a weight to whole shares (C16).
//!
//! The order of the limits is part of the rule: the portfolio's, then cash, then the day's volume, then
//! rounding **down** to what may be ordered. Here floats end.

use crate::market::{Money, Price, Qty};
use crate::model::ModelError;
use crate::model::units::{require_non_negative, require_positive, require_unit};

/// A limit that changed a quantity.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum OrderClamp {
    /// Lowered by the limits of the portfolio.
    Portfolio {
        /// The weight they allow.
        limit: f64,
    },
    /// Not enough cash.
    Cash {
        /// Shares the cash pays for.
        limit: Qty,
    },
    /// The day's share of the volume is used up.
    Volume {
        /// Shares still allowed today.
        limit: Qty,
    },
    /// Rounded down to what may be ordered.
    Rounded {
        /// The step.
        step: Qty,
    },
    /// Below the smallest order.
    BelowMinimum {
        /// The smallest order.
        limit: Qty,
    },
}

/// What an order for a target weight must respect.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OrderLimits {
    /// Net asset value.
    pub nav: Money,
    /// Price expected, in paisa per share.
    pub price: Price,
    /// Shares held.
    pub held: Qty,
    /// Cash that may be spent on this name, after fees.
    pub cash: Money,
    /// Shares of the day's volume cap that are left.
    pub volume_left: Qty,
    /// Smallest quantity of an order.
    pub minimum: Qty,
    /// Step above it.
    pub step: Qty,
    /// Weight the portfolio limits allow; `None` if they did not bite.
    pub portfolio_weight: Option<f64>,
}

/// Shares to buy or sell, with the limits that bit.
#[derive(Clone, PartialEq, Debug)]
pub struct SizedOrder {
    /// Shares to buy; zero if none.
    pub buy: Qty,
    /// Shares to sell; zero if none. Never more than held.
    pub sell: Qty,
    /// The limits that bit, in the order applied.
    pub clamps: Vec<OrderClamp>,
}

/// Turns a weight into whole shares: portfolio, cash, volume, then rounding **down** to what may be
/// ordered. Cash and the minimum do not stand in the way of selling everything that is held.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a weight outside [0, 1], a price or value not above 0, or a step not above 0.
pub fn to_order(weight: f64, limits: &OrderLimits) -> Result<SizedOrder, ModelError> {
    require_unit("target weight", weight)?;
    require_positive("net asset value", limits.nav.paisa() as f64)?;
    require_positive("price", limits.price.units() as f64)?;
    require_positive("order step", limits.step.units() as f64)?;
    require_non_negative("held shares", limits.held.units() as f64)?;
    let mut clamps = Vec::new();
    let mut weight = weight;
    if let Some(allowed) = limits.portfolio_weight {
        require_unit("portfolio weight", allowed)?;
        if allowed < weight {
            weight = allowed;
            clamps.push(OrderClamp::Portfolio { limit: allowed });
        }
    }
    let wanted = weight * limits.nav.paisa() as f64 / limits.price.units() as f64;
    #[expect(clippy::cast_possible_truncation, reason = "floored; floats saturate in the conversion")]
    let target = Qty::from_units(wanted.floor() as i64);
    if target >= limits.held {
        let buy = buyable(target.less(limits.held), limits, &mut clamps);
        return Ok(SizedOrder { buy, sell: Qty::ZERO, clamps });
    }
    let closing = target.is_zero();
    let sell = sellable(limits.held.less(target), closing, limits, &mut clamps);
    Ok(SizedOrder { buy: Qty::ZERO, sell, clamps })
}

fn buyable(wanted: Qty, limits: &OrderLimits, clamps: &mut Vec<OrderClamp>) -> Qty {
    let affordable = Qty::from_units((limits.cash.paisa() / limits.price.units()).max(0));
    let mut qty = wanted;
    if qty > affordable {
        qty = affordable;
        clamps.push(OrderClamp::Cash { limit: affordable });
    }
    qty = within_volume(qty, limits, clamps);
    orderable(qty, limits, clamps)
}

fn sellable(wanted: Qty, closing: bool, limits: &OrderLimits, clamps: &mut Vec<OrderClamp>) -> Qty {
    let qty = within_volume(wanted, limits, clamps);
    if closing && qty == limits.held { qty } else { orderable(qty, limits, clamps) }
}

fn within_volume(qty: Qty, limits: &OrderLimits, clamps: &mut Vec<OrderClamp>) -> Qty {
    let left = limits.volume_left.max(Qty::ZERO);
    if qty <= left {
        return qty;
    }
    clamps.push(OrderClamp::Volume { limit: left });
    left
}

/// Down to the minimum and its steps, or nothing.
fn orderable(qty: Qty, limits: &OrderLimits, clamps: &mut Vec<OrderClamp>) -> Qty {
    if qty.is_zero() {
        return qty;
    }
    if qty < limits.minimum {
        clamps.push(OrderClamp::BelowMinimum { limit: limits.minimum });
        return Qty::ZERO;
    }
    let above = qty.less(limits.minimum).units() % limits.step.units();
    if above > 0 {
        clamps.push(OrderClamp::Rounded { step: limits.step });
    }
    qty.less(Qty::from_units(above))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> OrderLimits {
        OrderLimits {
            nav: Money::from_rupees(10_000_000).unwrap(),
            price: Price::from_units(50_000),
            held: Qty::ZERO,
            cash: Money::from_rupees(10_000_000).unwrap(),
            volume_left: Qty::from_units(100_000),
            minimum: Qty::from_units(10),
            step: Qty::from_units(1),
            portfolio_weight: None,
        }
    }

    #[test]
    fn weights_become_shares_rounded_down() {
        let q = Qty::from_units;
        for (name, weight, limits, buy, sell, clamps) in [
            ("plain", 0.05, limits(), 1_000, 0, vec![]),
            ("fraction", 0.050_03, limits(), 1_000, 0, vec![]),
            ("more", 0.05, OrderLimits { held: q(400), ..limits() }, 600, 0, vec![]),
            (
                "cash",
                0.05,
                OrderLimits { cash: Money::from_rupees(100_000).unwrap(), ..limits() },
                200,
                0,
                vec![OrderClamp::Cash { limit: q(200) }],
            ),
            (
                "volume",
                0.05,
                OrderLimits { volume_left: q(300), ..limits() },
                300,
                0,
                vec![OrderClamp::Volume { limit: q(300) }],
            ),
            (
                "step",
                0.05,
                OrderLimits { held: q(3), step: q(10), ..limits() },
                990,
                0,
                vec![OrderClamp::Rounded { step: q(10) }],
            ),
            (
                "small",
                0.05,
                OrderLimits { held: q(995), ..limits() },
                0,
                0,
                vec![OrderClamp::BelowMinimum { limit: q(10) }],
            ),
            (
                "portfolio",
                0.05,
                OrderLimits { portfolio_weight: Some(0.02), ..limits() },
                400,
                0,
                vec![OrderClamp::Portfolio { limit: 0.02 }],
            ),
            ("less", 0.05, OrderLimits { held: q(1_500), ..limits() }, 0, 500, vec![]),
            ("close an odd lot", 0.0, OrderLimits { held: q(7), ..limits() }, 0, 7, vec![]),
            (
                "not an odd lot off it",
                0.05,
                OrderLimits { held: q(1_007), ..limits() },
                0,
                0,
                vec![OrderClamp::BelowMinimum { limit: q(10) }],
            ),
        ] {
            let got = to_order(weight, &limits).unwrap();
            assert_eq!((got.buy.units(), got.sell.units()), (buy, sell), "{name}");
            assert_eq!(got.clamps, clamps, "{name}");
        }
        assert!(to_order(1.5, &limits()).is_err());
        assert!(to_order(0.5, &OrderLimits { price: Price::from_units(0), ..limits() }).is_err());
        assert!(to_order(0.5, &OrderLimits { step: Qty::ZERO, ..limits() }).is_err());
    }

    proptest! {
        #[test]
        fn an_order_never_spends_more_than_there_is(
            weight in 0.0..1.0f64, cash in 0i64..20_000_000, held in 0i64..30_000, price in 100i64..500_000,
        ) {
            let limits = OrderLimits {
                cash: Money::from_rupees(cash).unwrap(),
                held: Qty::from_units(held),
                price: Price::from_units(price),
                ..limits()
            };
            let got = to_order(weight, &limits).unwrap();
            prop_assert!(got.sell <= limits.held && (got.buy.is_zero() || got.sell.is_zero()));
            prop_assert!(got.buy.units() * price <= limits.cash.paisa());
            prop_assert!(got.buy.is_zero() || got.buy >= limits.minimum);
        }
    }
}
