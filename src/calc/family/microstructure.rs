//! Volume-synchronised order flow, price impact, spreads, order-flow imbalance and trade signs.

use crate::calc::Kind::{Integer, Number, Series, Text};
use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::market::{Price, Side};
use crate::model::ModelError;
use crate::model::microstructure::book::imbalance;
use crate::model::microstructure::order_flow::{Quote, flow_regression};
use crate::model::microstructure::spread::{QuotedTrade, roll, spreads};
use crate::model::microstructure::trade_sign::{TickRule, quote_rule};
use crate::model::microstructure::vpin::{BulkCurve, bulk_shares, vpin_series};
use crate::model::microstructure::{amihud, kyle};

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field::new(name, kind, about)
}

const fn function(
    name: &'static str,
    about: &'static str,
    inputs: &'static [Field],
    outputs: &'static [Field],
    evaluate: fn(&Case) -> Result<Value, CalcError>,
) -> Function {
    Function { name, family: "microstructure", about, inputs, outputs, evaluate, recheck: None }
}

const VOLUME: Field = field("volume", Series, "shares per trade or bar");
const BUCKET: Field = field("bucket_volume", Number, "shares per bucket");
const WINDOW: Field = field("window", Integer, "buckets averaged");
const BULK_INPUTS: &[Field] = &[
    VOLUME,
    field("price", Series, "closing price per bar"),
    BUCKET,
    WINDOW,
    field("cdf", Text, "normal, or t followed by degrees of freedom"),
];
const BULK_OUTPUTS: &[Field] = &[
    field("sigma_dp", Number, "whole-sample deviation of price changes"),
    field("bucket_buy", Series, "bought volume per complete bucket"),
    field("vpin", Series, "in [0, 1], from the window-th bucket on"),
];

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    function(
        "vpin_signed",
        "VPIN from signed trades",
        &[VOLUME, field("sign", Series, "+1 bought, -1 sold, 0 unknown (half)"), BUCKET, WINDOW],
        &[
            field("n_buckets", Integer, "complete buckets"),
            field("bucket_buy", Series, "bought volume per complete bucket"),
            field("vpin", Series, "in [0, 1], from the window-th bucket on"),
        ],
        vpin_signed,
    ),
    function(
        "vpin_bulk_normal",
        "VPIN with bulk classification by the normal curve",
        BULK_INPUTS,
        BULK_OUTPUTS,
        |case| vpin_bulk(case, "normal"),
    ),
    function(
        "vpin_bulk_t",
        "VPIN with bulk classification by Student's t",
        BULK_INPUTS,
        BULK_OUTPUTS,
        |case| vpin_bulk(case, "t0.25"),
    ),
    function(
        "kyle_lambda",
        "Kyle's lambda: price change on signed volume",
        &[
            field("price_change", Series, "change of the mid per bar, in the currency"),
            field("signed_volume", Series, "bought less sold shares per bar"),
        ],
        &[
            field("lambda", Number, "price change per signed share"),
            field("intercept", Number, "the constant"),
            field("std_err", Number, "classical standard error of lambda"),
            field("t", Number, "lambda over it"),
            field("r2", Number, "explained share of variance"),
            field("t_hac5", Number, "t with a Newey-West error of 5 lags"),
        ],
        kyle_lambda,
    ),
    function(
        "amihud",
        "Amihud's illiquidity",
        &[
            field("returns", Series, "daily returns, decimal"),
            field("dollar_volume", Series, "value traded per day, in the currency"),
            field("scale", Number, "value in which the result is stated: 1e6 gives it per million"),
        ],
        &[
            field("illiq", Number, "mean absolute return per unit of value"),
            field("days_used", Integer, "days with trade"),
        ],
        illiquidity,
    ),
    function(
        "spreads",
        "quoted, effective and realised spreads, impact, and Roll's spread",
        &[
            field("bid", Series, "best bid at each trade"),
            field("ask", Series, "best ask at each trade"),
            field("price", Series, "trade price"),
            field("side", Series, "+1 buy, -1 sell"),
            field("qty", Series, "shares"),
            field("horizon_trades", Integer, "trades until the later mid"),
        ],
        &[
            field("quoted_mean", Number, "mean of ask less bid, in the currency"),
            field("effective_mean", Number, "mean of 2 side (price - mid), in the currency"),
            field("effective_bps_mean", Number, "mean effective spread in bps of the mid"),
            field("effective_volume_weighted", Number, "effective spread weighted by shares"),
            field("realized_mean", Number, "mean of 2 side (price - later mid), in the currency"),
            field("impact_mean", Number, "mean of 2 side (later mid - mid), in the currency"),
            field("roll_cov", Number, "covariance of successive price changes"),
            field("roll_spread", Number, "Roll's spread; null without bounce"),
        ],
        spread_measures,
    ),
    function(
        "order_flow_imbalance",
        "order-flow imbalance of best quotes and its regression",
        &[
            field("bid_price", Series, "best bid per event"),
            field("bid_size", Series, "size there"),
            field("ask_price", Series, "best ask per event"),
            field("ask_size", Series, "size there"),
            field("events_per_bin", Integer, "events per bin"),
        ],
        &[
            field("e", Series, "flow per event, shares"),
            field("ofi", Series, "flow per complete bin, shares"),
            field("beta", Number, "mid change per share of flow, in the currency"),
            field("intercept", Number, "the constant"),
            field("r2", Number, "explained share of variance"),
            field("queue_imbalance", Series, "of the first 50 events"),
            field("microprice", Series, "of the first 50 events"),
        ],
        order_flow,
    ),
    function(
        "trade_sign",
        "trade signs by the tick rule and by Lee and Ready",
        &[
            field("price", Series, "trade prices"),
            field("bid", Series, "best bid of the same row"),
            field("ask", Series, "best ask of the same row"),
        ],
        &[
            field("tick_rule", Series, "+1, -1, or 0 before the first change"),
            field("lee_ready", Series, "quote rule, tick rule at the midpoint"),
        ],
        trade_sign,
    ),
];

fn vpin_signed(case: &Case) -> Result<Value, CalcError> {
    let share = |sign: f64| 0.5 + 0.5 * sign;
    let shares: Vec<f64> = case.series("sign")?.into_iter().map(share).collect();
    let series =
        vpin_series(&case.series("volume")?, &shares, case.number("bucket_volume")?, case.count("window")?)?;
    Ok(Value::record([
        ("n_buckets", series.bought.len().into()),
        ("bucket_buy", series.bought.into()),
        ("vpin", series.vpin.into()),
    ]))
}

fn vpin_bulk(case: &Case, usual: &str) -> Result<Value, CalcError> {
    let named = case.optional_text("cdf")?.unwrap_or(usual);
    let curve = match (named, named.strip_prefix('t').and_then(|df| df.parse().ok())) {
        ("normal", _) => BulkCurve::Normal,
        (_, Some(df)) => BulkCurve::StudentT(df),
        _ => return Err(case.unknown_choice("cdf", "normal, or t and its degrees of freedom")),
    };
    let (shares, sigma) = bulk_shares(&case.series("price")?, curve)?;
    let series =
        vpin_series(&case.series("volume")?, &shares, case.number("bucket_volume")?, case.count("window")?)?;
    Ok(Value::record([
        ("sigma_dp", sigma.into()),
        ("bucket_buy", series.bought.into()),
        ("vpin", series.vpin.into()),
    ]))
}

fn kyle_lambda(case: &Case) -> Result<Value, CalcError> {
    const LAGS: usize = 5;
    let kyle = kyle::kyle(&case.series("price_change")?, &case.series("signed_volume")?, LAGS)?;
    Ok(Value::record([
        ("lambda", kyle.lambda.into()),
        ("intercept", kyle.intercept.into()),
        ("std_err", kyle.std_error.into()),
        ("t", kyle.t().into()),
        ("r2", kyle.r2.into()),
        ("t_hac5", kyle.t_hac().into()),
    ]))
}

fn illiquidity(case: &Case) -> Result<Value, CalcError> {
    let scale = case.optional_number("scale")?.unwrap_or(1.0);
    let found = amihud::amihud(&case.series("returns")?, &case.series("dollar_volume")?, scale)?;
    Ok(Value::record([("illiq", found.value.into()), ("days_used", found.days.into())]))
}

/// Columns of one length.
fn columns<const N: usize>(case: &Case, names: [&str; N]) -> Result<[Vec<f64>; N], CalcError> {
    let mut read = names.map(|_| Vec::new());
    for (column, name) in read.iter_mut().zip(names) {
        *column = case.series(name)?;
    }
    let left = read[0].len();
    match read.iter().find(|column| column.len() != left) {
        Some(column) => Err(ModelError::DimensionMismatch { left, right: column.len() }.into()),
        None => Ok(read),
    }
}

fn spread_measures(case: &Case) -> Result<Value, CalcError> {
    let [bid, ask, price, side, quantity] = columns(case, ["bid", "ask", "price", "side", "qty"])?;
    let trade = |i: usize| QuotedTrade {
        bid: bid[i],
        ask: ask[i],
        price: price[i],
        side: side[i],
        quantity: quantity[i],
    };
    let trades: Vec<QuotedTrade> = (0..bid.len()).map(trade).collect();
    let found = spreads(&trades, case.count("horizon_trades")?)?;
    // Roll's measure needs more prices than the others; too few leave it undefined.
    let bounce = roll(&price).ok();
    Ok(Value::record([
        ("quoted_mean", found.quoted.into()),
        ("effective_mean", found.effective.into()),
        ("effective_bps_mean", found.effective_bps.into()),
        ("effective_volume_weighted", found.effective_weighted.into()),
        ("realized_mean", found.realised.into()),
        ("impact_mean", found.impact.into()),
        ("roll_cov", bounce.map(|roll| roll.covariance).into()),
        ("roll_spread", bounce.and_then(|roll| roll.spread).into()),
    ]))
}

fn order_flow(case: &Case) -> Result<Value, CalcError> {
    const SHOWN: usize = 50;
    let [bid_price, bid_size, ask_price, ask_size] =
        columns(case, ["bid_price", "bid_size", "ask_price", "ask_size"])?;
    let quote = |i: usize| Quote {
        bid_price: bid_price[i],
        bid_size: bid_size[i],
        ask_price: ask_price[i],
        ask_size: ask_size[i],
    };
    let quotes: Vec<Quote> = (0..bid_price.len()).map(quote).collect();
    let found = flow_regression(&quotes, case.count("events_per_bin")?)?;
    let first = &quotes[..quotes.len().min(SHOWN)];
    let microprice = |q: &Quote| {
        let total = q.bid_size + q.ask_size;
        (total > 0.0).then(|| (q.bid_price * q.ask_size + q.ask_price * q.bid_size) / total)
    };
    Ok(Value::record([
        ("e", found.flow.into()),
        ("ofi", found.binned.into()),
        ("beta", found.line.slope.into()),
        ("intercept", found.line.intercept.into()),
        ("r2", found.line.r2.into()),
        (
            "queue_imbalance",
            first.iter().map(|q| imbalance(q.bid_size, q.ask_size)).collect::<Vec<_>>().into(),
        ),
        ("microprice", first.iter().map(microprice).collect::<Vec<_>>().into()),
    ]))
}

/// A price on a grid of a millionth, so that "at the midpoint" means what it says.
#[expect(clippy::cast_possible_truncation, reason = "checked to be within range, and rounded")]
fn whole(price: f64) -> Result<Price, CalcError> {
    const UNITS: f64 = 1e6;
    const MOST: f64 = 1e12;
    if price.abs() <= MOST {
        return Ok(Price::from_units((price * UNITS).round() as i64));
    }
    Err(ModelError::OutOfDomain { name: "price", value: price, domain: "finite, at most 1e12" }.into())
}

fn trade_sign(case: &Case) -> Result<Value, CalcError> {
    let [price, bid, ask] = columns(case, ["price", "bid", "ask"])?;
    let number = |side: Option<Side>| side.map_or(0, Side::sign);
    let mut rule = TickRule::default();
    let (mut ticks, mut lee_ready) = (Vec::new(), Vec::new());
    for i in 0..price.len() {
        let at = whole(price[i])?;
        let by_tick = rule.push(at);
        ticks.push(number(by_tick));
        lee_ready.push(number(quote_rule(at, whole(bid[i])?, whole(ask[i])?).or(by_tick)));
    }
    Ok(Value::record([("tick_rule", ticks.into()), ("lee_ready", lee_ready.into())]))
}
