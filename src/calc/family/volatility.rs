//! EGARCH, GARCH and exponentially weighted volatility.
//!
//! In the convention of the cases: the size term of EGARCH is centred on `sqrt(2 / pi)` for every
//! distribution, and forecasts are not truncated. The product's choices are in
//! `model::volatility::model`.

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::ModelError;
use crate::model::volatility::VariancePath;
use crate::model::volatility::egarch::{Centre, Egarch};
use crate::model::volatility::errors::Errors;
use crate::model::volatility::ewma::{EwmaSpec, EwmaStart, weighted_variance, zero_mean};
use crate::model::volatility::fit::{EgarchSearch, ErrorKind, fit_egarch, fit_garch};
use crate::model::volatility::forecast::{Simulation, mean_log_variance, normal_mean_variance, simulate};
use crate::model::volatility::garch::Garch;

const FAMILY: &str = "volatility";
/// Steps ahead when a case does not say.
const GARCH_HORIZON: usize = 20;

const Y: Field = Field::new("y", Kind::Series, "the observations, oldest first");
const X: Field = Field::new("x", Kind::Series, "the observations, oldest first");
const MU: Field = Field::new("mu", Kind::Number, "constant mean");
const OMEGA: Field =
    Field::new("omega", Kind::Number, "constant of the variance (GARCH) or its logarithm (EGARCH)");
const ALPHA: Field = Field::new("alpha", Kind::Number, "response to the size of an error");
const GAMMA: Field = Field::new("gamma", Kind::Number, "response to the sign of an error");
const BETA: Field =
    Field::new("beta", Kind::Number, "persistence of the variance (GARCH) or its logarithm (EGARCH)");
const NU: Field = Field::new("nu", Kind::Number, "degrees of freedom of the errors");
const HORIZON: Field = Field::new("horizon", Kind::Integer, "steps ahead");
const SPAN: Field = Field::new("span", Kind::Number, "span; the newest weight is 2 / (span + 1)");
const LLF: Field = Field::new("llf", Kind::Number, "log-likelihood");
const BACKCAST: Field = Field::new("backcast", Kind::Number, "variance the recursion starts from");
const COND: Field = Field::new("cond_variance", Kind::Series, "conditional variance of every observation");
const NEXT: Field = Field::new("forecast_variance_h1", Kind::Number, "variance of the next observation");
const AHEAD: Field = Field::new("forecast_variance", Kind::Series, "mean variance 1, 2, ... steps ahead");
const VARIANCE: Field = Field::new("variance", Kind::Series, "variance at every observation");

const fn function(
    name: &'static str,
    about: &'static str,
    inputs: &'static [Field],
    outputs: &'static [Field],
    evaluate: fn(&Case) -> Result<Value, CalcError>,
    recheck: Option<crate::calc::catalogue::Recheck>,
) -> Function {
    Function { name, family: FAMILY, about, inputs, outputs, evaluate, recheck }
}

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    function(
        "egarch_t_given",
        "EGARCH(1,1,1) with Student-t errors at given parameters",
        &[Y, MU, OMEGA, ALPHA, GAMMA, BETA, NU],
        &[LLF, BACKCAST, COND, NEXT],
        egarch_t_given,
        None,
    ),
    function(
        "egarch_t_multi_horizon",
        "EGARCH(1,1,1) with Student-t errors several steps ahead: mean log variance, simulated quantiles",
        &[
            Y,
            MU,
            OMEGA,
            ALPHA,
            GAMMA,
            BETA,
            NU,
            HORIZON,
            Field::new("simulations", Kind::Integer, "paths"),
            Field::new("seed", Kind::Series, "seed, one or more whole numbers"),
        ],
        &[
            Field::new("mean_log_variance", Kind::Series, "exact mean of the log variance"),
            Field::new("variance_q05", Kind::Series, "5 % quantile of the variance"),
            Field::new("variance_q50", Kind::Series, "median of the variance"),
            Field::new("variance_q95", Kind::Series, "95 % quantile of the variance"),
            Field::new("sim_mean_variance", Kind::Series, "mean over the paths; the true mean is infinite"),
            Field::new("sim_mean_std_err", Kind::Series, "standard error of that mean"),
        ],
        egarch_t_multi_horizon,
        None,
    ),
    function(
        "egarch_normal_multi_horizon",
        "EGARCH(1,1,1) with normal errors several steps ahead, in closed form",
        &[Y, MU, OMEGA, ALPHA, GAMMA, BETA, HORIZON],
        &[LLF, AHEAD],
        egarch_normal_multi_horizon,
        None,
    ),
    function(
        "egarch_t_fit",
        "EGARCH(1,1,1) with Student-t errors by maximum likelihood",
        &[Y],
        &[MU, OMEGA, ALPHA, GAMMA, BETA, NU, LLF, NEXT],
        egarch_t_fit,
        Some(recheck_egarch),
    ),
    function(
        "garch_normal_given",
        "GARCH(1,1) with normal errors at given parameters",
        &[Y, MU, OMEGA, ALPHA, BETA, HORIZON],
        &[LLF, BACKCAST, COND, AHEAD],
        |case| garch_given(case, ErrorKind::Normal),
        None,
    ),
    function(
        "garch_t_given",
        "GARCH(1,1) with Student-t errors at given parameters",
        &[Y, MU, OMEGA, ALPHA, BETA, NU, HORIZON],
        &[LLF, BACKCAST, COND, AHEAD],
        |case| garch_given(case, ErrorKind::StudentT),
        None,
    ),
    function(
        "garch_normal_fit",
        "GARCH(1,1) with normal errors by maximum likelihood",
        &[Y],
        &[MU, OMEGA, ALPHA, BETA, LLF],
        |case| garch_fit(case, ErrorKind::Normal),
        Some(|case, value| recheck_garch(case, value, ErrorKind::Normal)),
    ),
    function(
        "garch_t_fit",
        "GARCH(1,1) with Student-t errors by maximum likelihood",
        &[Y],
        &[MU, OMEGA, ALPHA, BETA, NU, LLF],
        |case| garch_fit(case, ErrorKind::StudentT),
        Some(|case, value| recheck_garch(case, value, ErrorKind::StudentT)),
    ),
    function(
        "ewm_var",
        "Exponentially weighted variance about the weighted mean",
        &[
            X,
            SPAN,
            Field::new("adjust", Kind::Flag, "normalise by the sum of the weights there are"),
            Field::new("bias", Kind::Flag, "leave out the small-sample correction"),
        ],
        &[VARIANCE],
        ewm_var,
        None,
    ),
    function(
        "ewm_riskmetrics",
        "Exponentially weighted mean square, from the first square on",
        &[X, SPAN],
        &[VARIANCE],
        ewm_riskmetrics,
        None,
    ),
];

fn egarch(number: impl Fn(&str) -> Result<f64, CalcError>, errors: Errors) -> Result<Egarch, CalcError> {
    Ok(Egarch {
        mu: number("mu")?,
        omega: number("omega")?,
        alpha: number("alpha")?,
        gamma: number("gamma")?,
        beta: number("beta")?,
        errors,
        centre: Centre::Normal,
    })
}

fn garch(number: impl Fn(&str) -> Result<f64, CalcError>, kind: ErrorKind) -> Result<Garch, CalcError> {
    Ok(Garch {
        mu: number("mu")?,
        omega: number("omega")?,
        alpha: number("alpha")?,
        beta: number("beta")?,
        errors: match kind {
            ErrorKind::Normal => Errors::Normal,
            ErrorKind::StudentT => Errors::StudentT { nu: number("nu")? },
        },
    })
}

fn student(case: &Case) -> Result<Errors, CalcError> {
    Ok(Errors::StudentT { nu: case.number("nu")? })
}

fn path_parts(path: &VariancePath) -> Value {
    Value::record([
        ("llf", path.log_likelihood.into()),
        ("backcast", path.backcast.into()),
        ("cond_variance", path.variance.as_slice().into()),
    ])
}

fn egarch_t_given(case: &Case) -> Result<Value, CalcError> {
    let path = egarch(|key| case.number(key), student(case)?)?.variances(&case.series("y")?)?;
    Ok(path_parts(&path).with("forecast_variance_h1", path.next))
}

/// One number from however many the case gives.
fn seed(case: &Case) -> Result<u64, CalcError> {
    if !case.has("seed") {
        return Ok(0);
    }
    let parts = case.integers("seed").or_else(|_| case.integer("seed").map(|one| vec![one]))?;
    Ok(parts.iter().fold(0_u64, |seed, part| {
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(part.cast_unsigned())
    }))
}

fn egarch_t_multi_horizon(case: &Case) -> Result<Value, CalcError> {
    let model = egarch(|key| case.number(key), student(case)?)?;
    let horizon = case.count("horizon")?;
    let next = model.variances(&case.series("y")?)?.next.ln();
    let paths = case.optional_count("simulations")?.unwrap_or(100_000);
    let simulated =
        simulate(&model, next, horizon, &Simulation { paths, seed: seed(case)?, truncate: None })?;
    let column = |pick: fn(&crate::model::volatility::forecast::Spread) -> f64| -> Value {
        simulated.per_step.iter().map(pick).collect::<Vec<_>>().into()
    };
    Ok(Value::record([
        ("mean_log_variance", mean_log_variance(&model, next, horizon).into()),
        ("variance_q05", column(|s| s.q05)),
        ("variance_q50", column(|s| s.q50)),
        ("variance_q95", column(|s| s.q95)),
        ("sim_mean_variance", column(|s| s.mean)),
        ("sim_mean_std_err", column(|s| s.std_err)),
    ]))
}

fn egarch_normal_multi_horizon(case: &Case) -> Result<Value, CalcError> {
    let model = egarch(|key| case.number(key), Errors::Normal)?;
    let path = model.variances(&case.series("y")?)?;
    let ahead = normal_mean_variance(&model, path.next.ln(), case.count("horizon")?)?;
    Ok(Value::record([("llf", path.log_likelihood.into()), ("forecast_variance", ahead.into())]))
}

fn nu_of(errors: Errors) -> Option<f64> {
    match errors {
        Errors::Normal => None,
        Errors::StudentT { nu } => Some(nu),
    }
}

fn egarch_t_fit(case: &Case) -> Result<Value, CalcError> {
    let found = fit_egarch(&case.series("y")?, Centre::Normal, EgarchSearch::stationary())?;
    let model = found.model;
    Ok(Value::record([
        ("mu", model.mu.into()),
        ("omega", model.omega.into()),
        ("alpha", model.alpha.into()),
        ("gamma", model.gamma.into()),
        ("beta", model.beta.into()),
        ("nu", nu_of(model.errors).into()),
        ("llf", found.path.log_likelihood.into()),
        ("forecast_variance_h1", found.path.next.into()),
    ]))
}

fn garch_given(case: &Case, kind: ErrorKind) -> Result<Value, CalcError> {
    let model = garch(|key| case.number(key), kind)?;
    let path = model.variances(&case.series("y")?)?;
    let horizon = case.optional_count("horizon")?.unwrap_or(GARCH_HORIZON);
    if horizon > 100_000 {
        let value = horizon as f64;
        return Err(ModelError::OutOfDomain { name: "horizon", value, domain: "at most 100,000" }.into());
    }
    Ok(path_parts(&path).with("forecast_variance", model.forecast(path.next, horizon)?))
}

fn garch_fit(case: &Case, kind: ErrorKind) -> Result<Value, CalcError> {
    let found = fit_garch(&case.series("y")?, kind)?;
    let model = found.model;
    let value = Value::record([
        ("mu", model.mu.into()),
        ("omega", model.omega.into()),
        ("alpha", model.alpha.into()),
        ("beta", model.beta.into()),
        ("llf", found.path.log_likelihood.into()),
    ]);
    Ok(match nu_of(model.errors) {
        None => value,
        Some(nu) => value.with("nu", nu),
    })
}

fn part(value: &Value, key: &str) -> Result<f64, CalcError> {
    value.get(key).and_then(Value::as_number).ok_or_else(|| CalcError::Missing(key.to_owned()))
}

fn recheck_egarch(case: &Case, value: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let model = egarch(|key| part(value, key), Errors::StudentT { nu: part(value, "nu")? })?;
    if model.beta.is_nan() || model.beta.abs() >= 1.0 {
        return Err(CalcError::InfeasibleResult(format!("beta is {}", model.beta)));
    }
    Ok(vec![("llf", model.variances(&case.series("y")?)?.log_likelihood)])
}

fn recheck_garch(case: &Case, value: &Value, kind: ErrorKind) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let model = garch(|key| part(value, key), kind)?;
    let stationary = model.alpha + model.beta <= 1.0 + 1e-9;
    if !stationary {
        return Err(CalcError::InfeasibleResult(format!("alpha + beta is {}", model.alpha + model.beta)));
    }
    Ok(vec![("llf", model.variances(&case.series("y")?)?.log_likelihood)])
}

fn ewm_var(case: &Case) -> Result<Value, CalcError> {
    let (adjust, bias) =
        (case.optional_flag("adjust")?.unwrap_or(true), case.optional_flag("bias")?.unwrap_or(false));
    let variance = weighted_variance(&case.series("x")?, case.number("span")?, adjust, bias)?;
    Ok(Value::record([("variance", variance.into())]))
}

fn ewm_riskmetrics(case: &Case) -> Result<Value, CalcError> {
    let spec = EwmaSpec {
        lambda: EwmaSpec::lambda_of_span(case.number("span")?),
        start: EwmaStart::FirstSquare,
        include_current: true,
    };
    Ok(Value::record([("variance", zero_mean(&case.series("x")?, &spec)?.variance.into())]))
}
