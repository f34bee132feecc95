//! Value at risk, expected shortfall, the generalised Pareto tail.

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::tail::backtest::kupiec;
use crate::model::tail::check_confidence;
use crate::model::tail::gpd::{Gpd, PeaksOverThreshold, excesses, tail_quantile};
use crate::model::tail::historical::Losses;
use crate::model::tail::parametric::Moments;

const RETURNS: Field = Field::new("returns", Kind::Series, "simple returns, decimal");
const XI: Field = Field::new("xi", Kind::Number, "shape of the tail");
const BETA: Field = Field::new("beta", Kind::Number, "scale of the tail");

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "historical_var_cvar",
        family: "tail_risk",
        about: "Value at risk and expected shortfall, counted and from moments, with Kupiec's test",
        inputs: &[RETURNS, Field::new("confidence", Kind::Number, "inside 0.5 to 1")],
        outputs: &[
            Field::new("var", Kind::Number, "quantile of the losses, linear between order statistics"),
            Field::new("cvar_tail_mean", Kind::Number, "mean of the losses at or above it"),
            Field::new("es_acerbi", Kind::Number, "mean of the worst (1 - c) n losses"),
            Field::new("var_gaussian", Kind::Number, "value at risk of normal returns"),
            Field::new("es_gaussian", Kind::Number, "expected shortfall of normal returns"),
            Field::new("var_cornish_fisher", Kind::Number, "value at risk corrected for skew and kurtosis"),
            Field::new("exceedances", Kind::Integer, "losses above the value at risk"),
            Field::new("kupiec_lr", Kind::Number, "likelihood ratio of their number"),
            Field::new("kupiec_pvalue", Kind::Number, "its p-value"),
        ],
        evaluate: historical_var_cvar,
        recheck: None,
    },
    Function {
        name: "gpd_fit",
        family: "tail_risk",
        about: "Generalised Pareto tail beyond a quantile of the losses, by maximum likelihood",
        inputs: &[RETURNS, Field::new("threshold_quantile", Kind::Number, "quantile of the losses")],
        outputs: &[
            Field::new("threshold", Kind::Number, "the threshold, a loss"),
            Field::new("n_exceed", Kind::Integer, "losses above it"),
            XI,
            BETA,
            Field::new("llf", Kind::Number, "log-likelihood of the excesses"),
            Field::new("evt_var_0.99", Kind::Number, "value at risk at 99 %"),
            Field::new("evt_es_0.99", Kind::Number, "expected shortfall at 99 %"),
            Field::new("evt_var_0.995", Kind::Number, "value at risk at 99.5 %"),
            Field::new("evt_es_0.995", Kind::Number, "expected shortfall at 99.5 %"),
        ],
        evaluate: gpd_fit,
        recheck: Some(recheck_gpd),
    },
    Function {
        name: "evt_var_es",
        family: "tail_risk",
        about: "Value at risk and expected shortfall of a given tail",
        inputs: &[
            Field::new("u", Kind::Number, "threshold, a loss"),
            XI,
            BETA,
            Field::new("n", Kind::Integer, "observations"),
            Field::new("n_exceed", Kind::Integer, "observations above the threshold"),
            Field::new("q", Kind::Number, "confidence"),
        ],
        outputs: &[
            Field::new("var", Kind::Number, "value at risk"),
            Field::new("es", Kind::Number, "expected shortfall; infinite from xi = 1 on"),
        ],
        evaluate: evt_var_es,
        recheck: None,
    },
];

fn historical_var_cvar(case: &Case) -> Result<Value, CalcError> {
    let returns = case.series("returns")?;
    let confidence = case.number("confidence")?;
    check_confidence(confidence)?;
    let losses = Losses::of_returns(&returns)?;
    let moments = Moments::of(&returns)?;
    let var = losses.value_at_risk(confidence);
    let gaussian = moments.gaussian(confidence);
    let exceedances = losses.count_above(var);
    let test = kupiec(returns.len(), exceedances, 1.0 - confidence)?;
    Ok(Value::record([
        ("var", var.into()),
        ("cvar_tail_mean", losses.mean_from(var).into()),
        ("es_acerbi", losses.expected_shortfall(confidence).into()),
        ("var_gaussian", gaussian.value_at_risk.into()),
        ("es_gaussian", gaussian.expected_shortfall.into()),
        ("var_cornish_fisher", moments.cornish_fisher(confidence).into()),
        ("exceedances", exceedances.into()),
        ("kupiec_lr", test.statistic.into()),
        ("kupiec_pvalue", test.p_value.into()),
    ]))
}

fn gpd_fit(case: &Case) -> Result<Value, CalcError> {
    let tail = PeaksOverThreshold::fit(&case.series("returns")?, case.number("threshold_quantile")?)?;
    let at = |q: f64| tail_quantile(tail.threshold, tail.gpd, tail.n, tail.exceedances, q);
    let ((var_99, es_99), (var_995, es_995)) = (at(0.99)?, at(0.995)?);
    let shortfall = |es: Option<f64>| Value::from(es.unwrap_or(f64::INFINITY));
    Ok(Value::record([
        ("threshold", tail.threshold.into()),
        ("n_exceed", tail.exceedances.into()),
        ("xi", tail.gpd.xi.into()),
        ("beta", tail.gpd.beta.into()),
        ("llf", tail.log_likelihood.into()),
        ("evt_var_0.99", var_99.into()),
        ("evt_es_0.99", shortfall(es_99)),
        ("evt_var_0.995", var_995.into()),
        ("evt_es_0.995", shortfall(es_995)),
    ]))
}

fn recheck_gpd(case: &Case, value: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let part = |key: &str| {
        value.get(key).and_then(Value::as_number).ok_or_else(|| CalcError::Missing(key.to_owned()))
    };
    let gpd = Gpd { xi: part("xi")?, beta: part("beta")? };
    if !(gpd.beta > 0.0 && gpd.xi > -1.0) {
        return Err(CalcError::InfeasibleResult(format!("xi is {}, beta is {}", gpd.xi, gpd.beta)));
    }
    let losses = Losses::of_returns(&case.series("returns")?)?;
    let threshold = losses.value_at_risk(case.number("threshold_quantile")?);
    Ok(vec![("llf", gpd.log_likelihood(&excesses(&losses, threshold)))])
}

fn evt_var_es(case: &Case) -> Result<Value, CalcError> {
    let gpd = Gpd { xi: case.number("xi")?, beta: case.number("beta")? };
    let (u, q) = (case.number("u")?, case.number("q")?);
    let (var, es) = tail_quantile(u, gpd, case.count("n")?, case.count("n_exceed")?, q)?;
    Ok(Value::record([("var", var.into()), ("es", es.unwrap_or(f64::INFINITY).into())]))
}
