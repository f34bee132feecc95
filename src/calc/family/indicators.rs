//! Technical indicators in the reference cases' own conventions.

use crate::calc::Kind::{Integer, Number, Series, Text};
use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::ModelError;
use crate::model::error::check_finite;
use crate::model::indicator::{
    Atr, Band, Bollinger, Ema, Macd, MacdPoint, Obv, Roc, Rsi, SessionVwap, Sma, Stochastic, StochasticPoint,
    TrueRange, WilderSeed,
};

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
    Function { name, family: "indicators", about, inputs, outputs, evaluate, recheck: None }
}

const HIGH: Field = field("high", Series, "highest price per bar");
const LOW: Field = field("low", Series, "lowest price per bar");
const CLOSE: Field = field("close", Series, "closing price per bar");
const VOLUME: Field = field("volume", Series, "shares per bar");
const N: Field = field("n", Integer, "window in bars");

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    function(
        "sma",
        "simple moving average",
        &[CLOSE, N],
        &[field("sma", Series, "null before n values")],
        |case| {
            let mut sma = Sma::new(case.count("n")?)?;
            Ok(Value::record([("sma", each(&closes(case)?, |close| sma.push(close)))]))
        },
    ),
    function(
        "ema",
        "exponential moving average from the first value",
        &[CLOSE, field("span", Integer, "weight is 2/(span+1)")],
        &[field("ema", Series, "no warm-up gap")],
        |case| {
            let mut ema = Ema::new(case.count("span")?)?;
            Ok(Value::record([("ema", each(&closes(case)?, |close| Some(ema.push(close))))]))
        },
    ),
    function(
        "rsi",
        "Wilder's relative strength index",
        &[CLOSE, N],
        &[field("rsi", Series, "first value at index n")],
        |case| {
            let mut rsi = Rsi::new(case.count("n")?)?;
            Ok(Value::record([("rsi", each(&closes(case)?, |close| rsi.push(close)))]))
        },
    ),
    function(
        "macd",
        "moving average convergence and divergence",
        &[
            CLOSE,
            field("fast", Integer, "fast span"),
            field("slow", Integer, "slow span"),
            field("signal", Integer, "signal span"),
        ],
        &[
            field("macd", Series, "fast less slow average"),
            field("signal", Series, "its average"),
            field("hist", Series, "their difference"),
        ],
        macd,
    ),
    function(
        "bollinger",
        "Bollinger bands with the population deviation",
        &[CLOSE, N, field("k", Number, "deviations")],
        &[
            field("middle", Series, "simple mean"),
            field("upper", Series, "upper band"),
            field("lower", Series, "lower band"),
            field("percent_b", Series, "place between the bands; null when flat"),
        ],
        bollinger,
    ),
    function(
        "atr",
        "true range and Wilder's average of it",
        &[HIGH, LOW, CLOSE, N],
        &[
            field("true_range", Series, "true range"),
            field("atr", Series, "seeded with the first n true ranges"),
            field("atr_talib", Series, "seeded without the first true range"),
        ],
        atr,
    ),
    function(
        "obv",
        "on-balance volume from 0",
        &[CLOSE, VOLUME],
        &[field("obv", Series, "running total")],
        obv,
    ),
    function(
        "vwap",
        "volume-weighted average price per session",
        &[
            HIGH,
            LOW,
            CLOSE,
            VOLUME,
            field("session", Series, "session number per bar"),
            field("price", Text, "close, (high+low)/2 or (high+low+close)/3"),
        ],
        &[field("vwap", Series, "null while the session has no volume")],
        vwap,
    ),
    function(
        "stochastic",
        "fast stochastic oscillator",
        &[HIGH, LOW, CLOSE, field("k", Integer, "bars of %K"), field("d", Integer, "values of %D")],
        &[field("k", Series, "%K"), field("d", Series, "%D")],
        stochastic,
    ),
    function(
        "roc",
        "rate of change in percent",
        &[CLOSE, N],
        &[field("roc", Series, "null before n changes")],
        |case| {
            let mut roc = Roc::new(case.count("n")?)?;
            Ok(Value::record([("roc", each(&closes(case)?, |close| roc.push(close)))]))
        },
    ),
];

fn column(case: &Case, name: &str) -> Result<Vec<f64>, CalcError> {
    let values = case.series(name)?;
    check_finite(&values)?;
    Ok(values)
}

fn closes(case: &Case) -> Result<Vec<f64>, CalcError> {
    column(case, "close")
}

fn same_length(left: usize, right: usize) -> Result<(), CalcError> {
    if left == right { Ok(()) } else { Err(ModelError::DimensionMismatch { left, right }.into()) }
}

/// High, low and close of equal lengths.
fn bars(case: &Case) -> Result<Vec<(f64, f64, f64)>, CalcError> {
    let (high, low, close) = (column(case, "high")?, column(case, "low")?, closes(case)?);
    same_length(close.len(), high.len())?;
    same_length(close.len(), low.len())?;
    Ok(high.into_iter().zip(low).zip(close).map(|((high, low), close)| (high, low, close)).collect())
}

fn each(values: &[f64], mut push: impl FnMut(f64) -> Option<f64>) -> Value {
    values.iter().map(|value| push(*value)).collect::<Vec<_>>().into()
}

fn read<P>(points: &[P], part: impl Fn(&P) -> Option<f64>) -> Value {
    points.iter().map(part).collect::<Vec<_>>().into()
}

fn macd(case: &Case) -> Result<Value, CalcError> {
    let mut macd = Macd::new(case.count("fast")?, case.count("slow")?, case.count("signal")?)?;
    let points: Vec<MacdPoint> = closes(case)?.into_iter().map(|close| macd.push(close)).collect();
    Ok(Value::record([
        ("macd", read(&points, |p| Some(p.macd))),
        ("signal", read(&points, |p| Some(p.signal))),
        ("hist", read(&points, |p| Some(p.histogram()))),
    ]))
}

fn bollinger(case: &Case) -> Result<Value, CalcError> {
    let mut bands = Bollinger::new(case.count("n")?, case.number("k")?)?;
    let points: Vec<Option<Band>> = closes(case)?.into_iter().map(|close| bands.push(close)).collect();
    Ok(Value::record([
        ("middle", read(&points, |p| p.map(|band| band.middle))),
        ("upper", read(&points, |p| p.map(|band| band.upper))),
        ("lower", read(&points, |p| p.map(|band| band.lower))),
        ("percent_b", read(&points, |p| p.and_then(|band| band.position))),
    ]))
}

fn atr(case: &Case) -> Result<Value, CalcError> {
    let n = case.count("n")?;
    let mut range = TrueRange::default();
    let mut with = Atr::new(n, WilderSeed::WithFirst)?;
    let mut without = Atr::new(n, WilderSeed::WithoutFirst)?;
    let row = |(h, l, c): (f64, f64, f64)| (range.push(h, l, c), with.push(h, l, c), without.push(h, l, c));
    let rows: Vec<(f64, Option<f64>, Option<f64>)> = bars(case)?.into_iter().map(row).collect();
    Ok(Value::record([
        ("true_range", read(&rows, |row| Some(row.0))),
        ("atr", read(&rows, |row| row.1)),
        ("atr_talib", read(&rows, |row| row.2)),
    ]))
}

fn obv(case: &Case) -> Result<Value, CalcError> {
    let (close, volume) = (closes(case)?, column(case, "volume")?);
    same_length(close.len(), volume.len())?;
    let mut obv = Obv::default();
    let points: Vec<f64> =
        close.iter().zip(&volume).map(|(close, volume)| obv.push(*close, *volume)).collect();
    Ok(Value::record([("obv", points.into())]))
}

fn vwap(case: &Case) -> Result<Value, CalcError> {
    let (bars, volume, session) = (bars(case)?, column(case, "volume")?, case.integers("session")?);
    same_length(bars.len(), volume.len())?;
    same_length(bars.len(), session.len())?;
    let named = case.optional_text("price")?.unwrap_or("(high+low+close)/3");
    let price: fn((f64, f64, f64)) -> f64 = match named.replace(' ', "").as_str() {
        "close" => |(_, _, close)| close,
        "(high+low)/2" => |(high, low, _)| (high + low) / 2.0,
        "(high+low+close)/3" => |(high, low, close)| (high + low + close) / 3.0,
        _ => return Err(case.unknown_choice("price", "close, (high+low)/2, (high+low+close)/3")),
    };
    let mut vwap = SessionVwap::default();
    let rows = bars.into_iter().zip(volume).zip(session);
    let points: Vec<Option<f64>> =
        rows.map(|((bar, volume), session)| vwap.push(session, price(bar), volume)).collect();
    Ok(Value::record([("vwap", points.into())]))
}

fn stochastic(case: &Case) -> Result<Value, CalcError> {
    let mut oscillator = Stochastic::new(case.count("k")?, case.count("d")?)?;
    let points: Vec<StochasticPoint> =
        bars(case)?.into_iter().map(|(high, low, close)| oscillator.push(high, low, close)).collect();
    Ok(Value::record([("k", read(&points, |p| p.k)), ("d", read(&points, |p| p.d))]))
}
