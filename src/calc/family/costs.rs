//! Impact and slippage regressions and the fill-rate model.

use nalgebra::{DMatrix, DVector};

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::execution::hazard::{CensoredOrder, Hazard, HazardBounds, fit_hazard, log_likelihood};
use crate::model::ModelError;
use crate::model::huber::{Regression, Scale, fit, loss};

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[IMPACT_FREE, IMPACT_NON_NEGATIVE, REGRESSOR, FILL_RATE];

const IMPACT_INPUTS: &[Field] = &[
    Field::new("u", Kind::Series, "participation"),
    Field::new("y", Kind::Series, "cost, a fraction of price"),
    Field::new("f_scale", Kind::Number, "threshold of the loss, in the unit of y"),
];
const IMPACT_OUTPUTS: &[Field] = &[
    Field::new("k1", Kind::Number, "per unit of u"),
    Field::new("k2", Kind::Number, "per unit of u squared"),
    Field::new("cost", Kind::Number, "minimised Huber loss"),
];

const IMPACT_FREE: Function = Function {
    name: "huber_impact_free",
    family: "costs",
    about: "Impact curve k1 u + k2 u^2 by Huber's loss with a given threshold",
    inputs: IMPACT_INPUTS,
    outputs: IMPACT_OUTPUTS,
    evaluate: |case| impact(case, false),
    recheck: Some(|case, value| recheck_impact(case, value, false)),
};

const IMPACT_NON_NEGATIVE: Function = Function {
    name: "huber_impact_nonneg",
    family: "costs",
    about: "The same curve with both coefficients at or above zero",
    inputs: IMPACT_INPUTS,
    outputs: IMPACT_OUTPUTS,
    evaluate: |case| impact(case, true),
    recheck: Some(|case, value| recheck_impact(case, value, true)),
};

/// The regression and its threshold; `nonnegative` of the case, if given, wins over the name.
fn impact_problem(case: &Case, bounded: bool) -> Result<(Regression, f64), CalcError> {
    let u = case.series("u")?;
    let bounded = case.optional_flag("nonnegative")?.unwrap_or(bounded);
    let x = DMatrix::from_fn(u.len(), 2, |i, j| if j == 0 { u[i] } else { u[i] * u[i] });
    let y = DVector::from_vec(case.series("y")?);
    let regression = Regression { x, y, non_negative: vec![bounded; 2], intercept: false };
    Ok((regression, case.number("f_scale")?))
}

fn impact(case: &Case, bounded: bool) -> Result<Value, CalcError> {
    let (regression, threshold) = impact_problem(case, bounded)?;
    let got = fit(&regression, Scale::Fixed(threshold))?;
    Ok(Value::record([
        ("k1", got.coefficients[0].into()),
        ("k2", got.coefficients[1].into()),
        ("cost", got.objective.into()),
    ]))
}

fn recheck_impact(case: &Case, value: &Value, bounded: bool) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let (regression, threshold) = impact_problem(case, bounded)?;
    let k = [part(value, "k1")?, part(value, "k2")?];
    if regression.non_negative[0] && k.iter().any(|k| *k < 0.0) {
        return Err(CalcError::InfeasibleResult("a coefficient is below zero".to_owned()));
    }
    Ok(vec![("cost", loss(&regression, &k, 0.0, Scale::Fixed(threshold), threshold)?)])
}

const REGRESSOR: Function = Function {
    name: "huber_regressor",
    family: "costs",
    about: "Linear regression by Huber's loss with a jointly estimated scale",
    inputs: &[
        Field::new("X", Kind::Matrix, "rows of features"),
        Field::new("y", Kind::Series, "response"),
        Field::new("epsilon", Kind::Number, "threshold in units of the scale, above 1"),
        Field::new("alpha", Kind::Number, "weight of the squared coefficients"),
    ],
    outputs: &[
        Field::new("coef", Kind::Series, "one per feature"),
        Field::new("intercept", Kind::Number, "not penalised"),
        Field::new("scale", Kind::Number, "unit of the response"),
        Field::new("objective", Kind::Number, "minimised loss"),
    ],
    evaluate: regressor,
    recheck: Some(recheck_regressor),
};

fn regressor_problem(case: &Case) -> Result<(Regression, Scale), CalcError> {
    let rows = case.matrix("X")?;
    let columns = rows.first().map_or(0, Vec::len);
    let regression = Regression {
        x: DMatrix::from_fn(rows.len(), columns, |i, j| rows[i][j]),
        y: DVector::from_vec(case.series("y")?),
        non_negative: vec![false; columns],
        intercept: true,
    };
    Ok((regression, Scale::Joint { epsilon: case.number("epsilon")?, ridge: case.number("alpha")? }))
}

fn regressor(case: &Case) -> Result<Value, CalcError> {
    let (regression, scale) = regressor_problem(case)?;
    let got = fit(&regression, scale)?;
    Ok(Value::record([
        ("coef", got.coefficients.into()),
        ("intercept", got.intercept.into()),
        ("scale", got.scale.into()),
        ("objective", got.objective.into()),
    ]))
}

fn recheck_regressor(case: &Case, value: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let (regression, scale) = regressor_problem(case)?;
    let coefficients = value
        .get("coef")
        .and_then(Value::as_series)
        .ok_or_else(|| CalcError::InfeasibleResult("coef is not a list of numbers".to_owned()))?;
    let claimed = loss(&regression, &coefficients, part(value, "intercept")?, scale, part(value, "scale")?)?;
    Ok(vec![("objective", claimed)])
}

const FILL_RATE: Function = Function {
    name: "fill_rate_mle",
    family: "costs",
    about: "Fill intensity lambda0 exp(-alpha d)(1 + beta I) from right-censored waiting times",
    inputs: &[
        Field::new("distance", Kind::Series, "passive distance, at or above 0"),
        Field::new("imbalance", Kind::Series, "pressure that helps the fill, in [-1, 1]"),
        Field::new("time", Kind::Series, "until the fill or the end of exposure"),
        Field::new("filled", Kind::Series, "1 if filled, 0 if censored"),
        Field::new("given_lambda0", Kind::Number, "where llf_given is evaluated"),
        Field::new("given_alpha", Kind::Number, "where llf_given is evaluated"),
        Field::new("given_beta", Kind::Number, "where llf_given is evaluated"),
    ],
    outputs: &[
        Field::new("llf_given", Kind::Number, "log-likelihood at the given parameters"),
        Field::new("lambda0", Kind::Number, "intensity per unit of time"),
        Field::new("alpha", Kind::Number, "decay per unit of distance"),
        Field::new("beta", Kind::Number, "response to pressure"),
        Field::new("llf", Kind::Number, "log-likelihood at the estimate"),
        Field::new("std_err", Kind::Series, "of lambda0, alpha, beta"),
        Field::new("fill_prob_5s_d1_imb0", Kind::Number, "within 5 units of time at distance 1"),
    ],
    evaluate: fill_rate,
    recheck: Some(recheck_fill_rate),
};

fn orders(case: &Case) -> Result<Vec<CensoredOrder>, CalcError> {
    let (distance, pressure) = (case.series("distance")?, case.series("imbalance")?);
    let (time, filled) = (case.series("time")?, case.flags("filled")?);
    for length in [pressure.len(), time.len(), filled.len()] {
        if length != distance.len() {
            return Err(ModelError::DimensionMismatch { left: distance.len(), right: length }.into());
        }
    }
    let order = |i: usize| CensoredOrder {
        distance: distance[i],
        pressure: pressure[i],
        exposure: time[i],
        filled: filled[i],
        factor: 1.0,
    };
    Ok((0..distance.len()).map(order).collect())
}

fn fill_rate(case: &Case) -> Result<Value, CalcError> {
    let orders = orders(case)?;
    let got = fit_hazard(&orders, &HazardBounds::open())?;
    let hazard = got.hazard;
    let mut result = Value::record([
        ("lambda0", hazard.lambda0.into()),
        ("alpha", hazard.alpha.into()),
        ("beta", hazard.beta.into()),
        ("llf", got.log_likelihood.into()),
        ("fill_prob_5s_d1_imb0", hazard.fill_probability(1.0, 0.0, 5.0).into()),
    ]);
    if let Some(errors) = got.standard_errors {
        result = result.with("std_err", errors.to_vec());
    }
    if case.has("given_lambda0") {
        let given = Hazard {
            lambda0: case.number("given_lambda0")?,
            alpha: case.number("given_alpha")?,
            beta: case.number("given_beta")?,
        };
        result = result.with("llf_given", log_likelihood(&orders, &given)?);
    }
    Ok(result)
}

fn recheck_fill_rate(case: &Case, value: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let hazard =
        Hazard { lambda0: part(value, "lambda0")?, alpha: part(value, "alpha")?, beta: part(value, "beta")? };
    Ok(vec![("llf", log_likelihood(&orders(case)?, &hazard)?)])
}

/// A number of a result.
fn part(value: &Value, key: &str) -> Result<f64, CalcError> {
    value
        .get(key)
        .and_then(Value::as_number)
        .ok_or_else(|| CalcError::InfeasibleResult(format!("{key} is not a number")))
}
