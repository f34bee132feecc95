//! Almgren-Chriss schedules, allocation and implementation shortfall.

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::execution::schedule::allocation;
use crate::execution::schedule::almgren_chriss::{LinearImpact, PriceVol, Problem, optimal};
use crate::execution::shortfall::{Fill, ParentOutcome, measure};
use crate::market::{Qty, Side};
use crate::model::units::TradingDays;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[ALMGREN_CHRISS, ALLOCATE, SHORTFALL];

const ALMGREN_CHRISS: Function = Function {
    name: "almgren_chriss",
    family: "execution",
    about: "Optimal liquidation in the discrete linear model of Almgren and Chriss",
    inputs: &[
        Field::new("X", Kind::Number, "shares to trade; negative mirrors the trajectory"),
        Field::new("T", Kind::Number, "horizon, in the time unit of sigma and eta"),
        Field::new("N", Kind::Integer, "number of intervals"),
        Field::new("sigma", Kind::Number, "currency per share per root time"),
        Field::new("eta", Kind::Number, "temporary impact, currency per share per rate"),
        Field::new("gamma", Kind::Number, "permanent impact, currency per share per share"),
        Field::new("eps", Kind::Number, "fixed cost, currency per share"),
        Field::new("lam", Kind::Number, "risk aversion per currency"),
    ],
    outputs: &[
        Field::new("kappa", Kind::Number, "urgency per time unit"),
        Field::new("holdings", Kind::Series, "shares held, N + 1 of them"),
        Field::new("trades", Kind::Series, "shares traded in each interval"),
        Field::new("expected_cost", Kind::Number, "currency"),
        Field::new("variance", Kind::Number, "currency squared"),
        Field::new("std", Kind::Number, "currency"),
        Field::new("half_life", Kind::Number, "1 / kappa, infinite without urgency"),
        Field::new("utility", Kind::Number, "expected cost plus lam times variance"),
    ],
    evaluate: almgren_chriss,
    recheck: None,
};

fn almgren_chriss(case: &Case) -> Result<Value, CalcError> {
    let shares = case.number("X")?;
    let problem = Problem {
        shares: shares.abs(),
        horizon: TradingDays::new(case.number("T")?)?,
        intervals: case.count("N")?,
        volatility: PriceVol(case.number("sigma")?),
        impact: LinearImpact {
            eta: case.number("eta")?,
            gamma: case.number("gamma")?,
            epsilon: case.optional_number("eps")?.unwrap_or(0.0),
        },
        lambda: case.number("lam")?,
    };
    let path = optimal(&problem)?;
    let signed = |values: &[f64]| -> Vec<f64> { values.iter().map(|v| v.copysign(shares)).collect() };
    Ok(Value::record([
        ("kappa", path.kappa.into()),
        ("holdings", signed(&path.holdings).into()),
        ("trades", signed(&path.trades).into()),
        ("expected_cost", path.expected_cost.into()),
        ("variance", path.variance.into()),
        ("std", path.deviation().into()),
        ("half_life", path.half_life_days().unwrap_or(f64::INFINITY).into()),
        ("utility", path.objective.into()),
    ]))
}

const ALLOCATE: Function = Function {
    name: "allocate_largest_remainder",
    family: "execution",
    about: "Whole shares in proportion to weights, by largest remainder",
    inputs: &[
        Field::new("weights", Kind::Series, "at or above 0, with a positive sum"),
        Field::new("quantity", Kind::Integer, "shares to distribute"),
    ],
    outputs: &[Field::new("allocation", Kind::Series, "whole shares, summing to the quantity")],
    evaluate: allocate,
    recheck: None,
};

fn allocate(case: &Case) -> Result<Value, CalcError> {
    let quantity = Qty::from_units(case.integer("quantity")?);
    let whole = case.integers("weights").ok().and_then(|weights| {
        weights.into_iter().map(|weight| u64::try_from(weight).ok()).collect::<Option<Vec<u64>>>()
    });
    let slots = match whole {
        Some(weights) => allocation::largest_remainder(quantity, &weights)?,
        None => allocation::by_fractions(quantity, &case.series("weights")?)?,
    };
    let units = slots.into_iter().map(|slot| Value::from(slot.units())).collect();
    Ok(Value::record([("allocation", Value::List(units))]))
}

const SHORTFALL: Function = Function {
    name: "implementation_shortfall",
    family: "execution",
    about: "Cost of an order against its decision price, in parts",
    inputs: &[
        Field::new("fills", Kind::Record, "objects with qty and price"),
        Field::new("side", Kind::Integer, "1 for a buy, -1 for a sell"),
        Field::new("quantity", Kind::Number, "shares ordered"),
        Field::new("decision_price", Kind::Number, "currency per share"),
        Field::new("arrival_price", Kind::Number, "currency per share"),
        Field::new("final_price", Kind::Number, "currency per share"),
        Field::new("fees", Kind::Number, "currency"),
    ],
    outputs: &[
        Field::new("delay", Kind::Number, "currency, on what was filled"),
        Field::new("trading", Kind::Number, "fills against arrival, currency"),
        Field::new("opportunity", Kind::Number, "on what was not filled, currency"),
        Field::new("fees", Kind::Number, "currency"),
        Field::new("total", Kind::Number, "currency"),
        Field::new("total_bps_of_paper_notional", Kind::Number, "bps of quantity times decision price"),
        Field::new("delay_full_order", Kind::Number, "delay on the whole order, currency"),
        Field::new("opportunity_from_arrival", Kind::Number, "goes with delay_full_order"),
    ],
    evaluate: shortfall,
    recheck: None,
};

fn shortfall(case: &Case) -> Result<Value, CalcError> {
    let side = match case.integer("side")? {
        1 => Side::Buy,
        -1 => Side::Sell,
        _ => return Err(case.unknown_choice("side", "1 or -1")),
    };
    let fills = case.records("fills")?;
    let fills = fills.iter().map(|fill| Ok(Fill { qty: fill.number("qty")?, price: fill.number("price")? }));
    let got = measure(&ParentOutcome {
        side,
        quantity: case.number("quantity")?,
        decision_price: case.number("decision_price")?,
        arrival_price: case.number("arrival_price")?,
        final_price: case.number("final_price")?,
        fills: fills.collect::<Result<_, CalcError>>()?,
        fees: case.optional_number("fees")?.unwrap_or(0.0),
    })?;
    Ok(Value::record([
        ("delay", got.delay.into()),
        ("trading", got.trading.into()),
        ("opportunity", got.opportunity.into()),
        ("fees", got.fees.into()),
        ("total", got.total.into()),
        ("total_bps_of_paper_notional", got.total_bps.value().into()),
        ("delay_full_order", got.delay_full_order.into()),
        ("opportunity_from_arrival", got.opportunity_from_arrival.into()),
    ]))
}
