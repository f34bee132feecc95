//! What an order cost in the end, against the price at which it was decided (X13; Perold 1988).
//!
//! The parts add up exactly: waiting (delay), trading (spread, impact and timing), not trading
//! (opportunity) and fees. Every part is above zero when it hurt, on both sides.

use crate::market::Side;
use crate::model::ModelError;
use crate::model::units::{Bps, require, require_non_negative, require_positive};

/// One execution.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fill {
    /// Shares, above 0.
    pub qty: f64,
    /// Currency per share, above 0.
    pub price: f64,
}

/// A parent order and what became of it. Prices in currency per share.
#[derive(Clone, PartialEq, Debug)]
pub struct ParentOutcome {
    /// Which way it went.
    pub side: Side,
    /// Shares ordered, above 0.
    pub quantity: f64,
    /// Price when the decision was taken.
    pub decision_price: f64,
    /// Price when the order reached the market.
    pub arrival_price: f64,
    /// Price when the order ended, at which the unfilled part is marked.
    pub final_price: f64,
    /// Its executions.
    pub fills: Vec<Fill>,
    /// All charges, in currency, at or above 0.
    pub fees: f64,
}

/// The shortfall and its parts, in currency.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shortfall {
    /// Shares filled.
    pub filled: f64,
    /// Mean price of the fills; `None` without one.
    pub vwap: Option<f64>,
    /// The market's move between decision and arrival, on what was filled.
    pub delay: f64,
    /// Fills against the arrival price: spread, impact and timing together.
    pub trading: f64,
    /// The market's move since the decision on what was not filled.
    pub opportunity: f64,
    /// Charges.
    pub fees: f64,
    /// The sum of the parts.
    pub total: f64,
    /// The sum relative to the order's value at the decision price.
    pub total_bps: Bps,
    /// Delay charged to the whole order: with `opportunity_from_arrival` the same total.
    pub delay_full_order: f64,
    /// The unfilled part's move since arrival only.
    pub opportunity_from_arrival: f64,
}

/// Measures a parent order.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a quantity or price that is not above 0, fees below 0, or more
/// filled than ordered.
pub fn measure(order: &ParentOutcome) -> Result<Shortfall, ModelError> {
    require_positive("quantity", order.quantity)?;
    require_positive("decision price", order.decision_price)?;
    require_positive("arrival price", order.arrival_price)?;
    require_positive("final price", order.final_price)?;
    require_non_negative("fees", order.fees)?;
    for fill in &order.fills {
        require_positive("fill quantity", fill.qty)?;
        require_positive("fill price", fill.price)?;
    }
    let filled: f64 = order.fills.iter().map(|f| f.qty).sum();
    // Parts of a share (other markets) may sum to a rounding above the whole.
    require(
        filled <= order.quantity * (1.0 + 1e-12),
        "filled quantity",
        filled,
        "at most the quantity ordered",
    )?;
    let side = order.side.sign() as f64;
    let unfilled = (order.quantity - filled).max(0.0);
    let drift = order.arrival_price - order.decision_price;
    let delay = side * filled * drift;
    let trading = order.fills.iter().map(|f| side * f.qty * (f.price - order.arrival_price)).sum();
    let opportunity = side * unfilled * (order.final_price - order.decision_price);
    let total = delay + trading + opportunity + order.fees;
    Ok(Shortfall {
        filled,
        vwap: (filled > 0.0).then(|| order.fills.iter().map(|f| f.qty * f.price).sum::<f64>() / filled),
        delay,
        trading,
        opportunity,
        fees: order.fees,
        total,
        total_bps: Bps::from_fraction(total / (order.quantity * order.decision_price))?,
        delay_full_order: side * order.quantity * drift,
        opportunity_from_arrival: side * unfilled * (order.final_price - order.arrival_price),
    })
}

/// The trading part taken apart, in currency; the three sum to it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TradingSplit {
    /// Half spread paid by the part that crossed.
    pub spread: f64,
    /// The market's own move while trading, beta-adjusted.
    pub timing: f64,
    /// What is left: the order's footprint.
    pub impact: f64,
}

/// Splits [`Shortfall::trading`].
///
/// `half_spread` is a fraction of the arrival price, `aggressive` the shares that crossed,
/// `market_move` the beta-adjusted simple return of the market over the interval.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a half spread below 0, more aggressive than filled shares, or a
/// market move that is not finite.
pub fn split_trading(
    order: &ParentOutcome,
    shortfall: &Shortfall,
    half_spread: f64,
    aggressive: f64,
    market_move: f64,
) -> Result<TradingSplit, ModelError> {
    require_non_negative("half spread", half_spread)?;
    require((0.0..=shortfall.filled).contains(&aggressive), "aggressive shares", aggressive, "[0, filled]")?;
    require(true, "market move", market_move, "finite")?;
    let spread = half_spread * order.arrival_price * aggressive;
    let timing = order.side.sign() as f64 * market_move * order.arrival_price * shortfall.filled;
    Ok(TradingSplit { spread, timing, impact: shortfall.trading - spread - timing })
}

/// Cost of `vwap` against a benchmark price, positive when worse than it.
///
/// # Errors
/// [`ModelError::OutOfDomain`] unless both prices are above 0.
pub fn against(side: Side, vwap: f64, benchmark: f64) -> Result<Bps, ModelError> {
    require_positive("mean price", vwap)?;
    require_positive("benchmark price", benchmark)?;
    Bps::from_fraction(side.sign() as f64 * (vwap - benchmark) / benchmark)
}

/// Improvement on the opposite touch at arrival: `s (touch - vwap)`, positive is better.
///
/// # Errors
/// As [`against`].
pub fn price_improvement(side: Side, vwap: f64, touch: f64) -> Result<Bps, ModelError> {
    Bps::new(-against(side, vwap, touch)?.value())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn partial_buy() -> ParentOutcome {
        let fill = |qty, price| Fill { qty, price };
        ParentOutcome {
            side: Side::Buy,
            quantity: 10_000.0,
            decision_price: 50.0,
            arrival_price: 50.2,
            final_price: 51.0,
            fills: vec![fill(4_000.0, 50.25), fill(3_000.0, 50.4), fill(1_000.0, 50.7)],
            fees: 85.0,
        }
    }

    #[test]
    fn no_fills_leave_only_the_opportunity() {
        let order = ParentOutcome { fills: vec![], fees: 0.0, ..partial_buy() };
        let got = measure(&order).unwrap();
        assert_eq!((got.delay, got.trading, got.vwap), (0.0, 0.0, None));
        assert_eq!((got.opportunity, got.total), (10_000.0, 10_000.0));
    }

    #[test]
    fn the_trading_part_splits_exactly() {
        let order = partial_buy();
        let got = measure(&order).unwrap();
        let split = split_trading(&order, &got, 0.001, 5_000.0, 0.0005).unwrap();
        assert!((split.spread - 251.0).abs() < 1e-9);
        assert!((split.timing - 200.8).abs() < 1e-9);
        assert!((split.spread + split.timing + split.impact - got.trading).abs() < 1e-9);
        assert!(split_trading(&order, &got, 0.001, 9_000.0, 0.0).is_err());
    }

    #[test]
    fn benchmarks_carry_the_side() {
        for (side, vwap, expected) in [(Side::Buy, 101.0, 100.0), (Side::Sell, 101.0, -100.0)] {
            assert!((against(side, vwap, 100.0).unwrap().value() - expected).abs() < 1e-9);
            assert!((price_improvement(side, vwap, 100.0).unwrap().value() + expected).abs() < 1e-9);
        }
    }

    #[test]
    fn impossible_orders_are_refused() {
        let good = partial_buy();
        for (name, bad) in [
            ("quantity", ParentOutcome { quantity: 0.0, ..good.clone() }),
            ("overfill", ParentOutcome { quantity: 7_999.0, ..good.clone() }),
            ("price", ParentOutcome { arrival_price: f64::NAN, ..good.clone() }),
            ("fees", ParentOutcome { fees: -1.0, ..good.clone() }),
            ("fill", ParentOutcome { fills: vec![Fill { qty: 0.0, price: 50.0 }], ..good.clone() }),
        ] {
            assert!(measure(&bad).is_err(), "{name}");
        }
    }

    proptest! {
        /// A buy and its mirror image in price cost the same.
        #[test]
        fn both_sides_hurt_alike(
            moves in prop::array::uniform3(-5.0..5.0f64),
            fills in prop::collection::vec((1.0..100.0f64, -5.0..5.0f64), 0..6),
        ) {
            let make = |side: Side| {
                let s = side.sign() as f64;
                ParentOutcome {
                    side,
                    quantity: 1_000.0,
                    decision_price: 100.0,
                    arrival_price: 100.0 + s * moves[0],
                    final_price: 100.0 + s * moves[1],
                    fills: fills.iter().map(|(qty, d)| Fill { qty: *qty, price: 100.0 + s * d }).collect(),
                    fees: 10.0 + moves[2].abs(),
                }
            };
            let (buy, sell) = (measure(&make(Side::Buy)).unwrap(), measure(&make(Side::Sell)).unwrap());
            prop_assert!((buy.total - sell.total).abs() < 1e-6);
            prop_assert!((buy.delay + buy.trading + buy.opportunity + buy.fees - buy.total).abs() < 1e-9);
            let other = buy.delay_full_order + buy.trading + buy.opportunity_from_arrival + buy.fees;
            prop_assert!((other - buy.total).abs() < 1e-6);
        }
    }
}
