//! Two-state Markov switching: filters, smoothers and fits.
//!
//! Evaluated as plain maximum likelihood, without pseudo-counts, floors or a verdict on degeneracy;
//! those belong to the product's daily model.

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::ModelError;
use crate::model::regime::markov::{FitOptions, Form, Pair, SwitchingAr, filter, fit, smooth};

/// Seed of the random starting points; the optimum does not depend on it.
const SEED: u64 = 20_240_611;

const Y: Field = Field::new("y", Kind::Series, "the observations, oldest first");
const TRANSITION: Field = Field::new("P", Kind::Matrix, "P[i][j] = P(S_t = j | S_{t-1} = i); rows sum to 1");
const PHI: Field = Field::new("phi", Kind::Series, "autoregressive coefficient of each regime");
const SIGMA2: Field = Field::new("sigma2", Kind::Series, "error variance of each regime");
const MU: Field = Field::new("mu", Kind::Series, "mean of each regime");
const LLF: Field = Field::new("llf", Kind::Number, "log-likelihood, the first observation conditioned on");
const FILTERED: Field =
    Field::new("filtered_p1", Kind::Series, "P(S_t = 1 | data up to t), from the second observation");
const SMOOTHED: Field =
    Field::new("smoothed_p1", Kind::Series, "P(S_t = 1 | all data), from the second observation");

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "markov_ar_given",
        family: "regime_markov_switching",
        about: "Hamilton's two-regime AR(1) at given parameters: filter, smoother, likelihood",
        inputs: &[Y, TRANSITION, MU, PHI, SIGMA2],
        outputs: &[
            LLF,
            Field::new("initial_state_prob", Kind::Series, "stationary distribution of the chain"),
            FILTERED,
            SMOOTHED,
            Field::new("regime_forecast_next_p1", Kind::Number, "P(S_{n+1} = 1 | all data)"),
            Field::new("expected_duration", Kind::Series, "expected observations in each regime"),
        ],
        evaluate: markov_ar_given,
        recheck: None,
    },
    Function {
        name: "markov_regression_given",
        family: "regime_markov_switching",
        about: "The intercept form of the two-regime AR(1) at given parameters",
        inputs: &[
            Y,
            TRANSITION,
            Field::new("intercept", Kind::Series, "intercept of each regime"),
            PHI,
            SIGMA2,
        ],
        outputs: &[LLF, FILTERED, SMOOTHED],
        evaluate: markov_regression_given,
        recheck: None,
    },
    Function {
        name: "markov_ar_fit",
        family: "regime_markov_switching",
        about: "Hamilton's two-regime AR(1) by maximum likelihood, regimes ordered by variance",
        inputs: &[
            Y,
            Field::new("k_regimes", Kind::Integer, "number of regimes: 2"),
            Field::new("order", Kind::Integer, "order of the autoregression: 1"),
        ],
        outputs: &[
            LLF,
            Field::new("P_stay", Kind::Series, "probability of staying in each regime"),
            MU,
            PHI,
            SIGMA2,
            SMOOTHED,
            Field::new("local_optima_llf", Kind::Series, "log-likelihoods the refined searches ended at"),
        ],
        evaluate: markov_ar_fit,
        recheck: Some(recheck_fit),
    },
];

fn two(values: &[f64], name: &str) -> Result<[f64; 2], CalcError> {
    values.try_into().map_err(|_| CalcError::WrongKind {
        name: name.to_owned(),
        wanted: "two numbers, one for each regime",
        found: format!("a list of {}", values.len()),
    })
}

fn given(case: &Case, form: Form, location: &str) -> Result<SwitchingAr, CalcError> {
    let rows = case.matrix("P")?;
    let row = |i: usize| two(rows.get(i).map_or(&[], Vec::as_slice), "P");
    if rows.len() != 2 {
        two(&vec![0.0; rows.len()], "P")?;
    }
    Ok(SwitchingAr {
        form,
        transition: [row(0)?, row(1)?],
        location: two(&case.series(location)?, location)?,
        phi: two(&case.series("phi")?, "phi")?,
        variance: two(&case.series("sigma2")?, "sigma2")?,
    })
}

fn probabilities(case: &Case, params: &SwitchingAr) -> Result<(Value, f64), CalcError> {
    let filtered = filter(params, &case.series("y")?)?;
    let last = filtered.steps.last().map_or(0.0, |step| step.filtered[1]);
    let smoothed: Vec<f64> = smooth(&filtered).p_stress().into_iter().map(f64::from).collect();
    let p_stress: Vec<f64> = filtered.p_stress().into_iter().map(f64::from).collect();
    let parts = Value::record([
        ("llf", filtered.log_likelihood.into()),
        ("filtered_p1", p_stress.into()),
        ("smoothed_p1", smoothed.into()),
    ]);
    Ok((parts, last))
}

fn markov_ar_given(case: &Case) -> Result<Value, CalcError> {
    let params = given(case, Form::Mean, "mu")?;
    let (parts, last) = probabilities(case, &params)?;
    let duration: Vec<f64> =
        params.expected_duration().iter().map(|bars| bars.unwrap_or(f64::INFINITY)).collect();
    Ok(parts
        .with("initial_state_prob", params.stationary().to_vec())
        .with("regime_forecast_next_p1", params.predict(last, 1))
        .with("expected_duration", duration))
}

fn markov_regression_given(case: &Case) -> Result<Value, CalcError> {
    let params = given(case, Form::Intercept, "intercept")?;
    Ok(probabilities(case, &params)?.0)
}

fn markov_ar_fit(case: &Case) -> Result<Value, CalcError> {
    for (name, only) in [("k_regimes", 2), ("order", 1)] {
        let asked = case.optional_count(name)?.unwrap_or(only);
        if asked != only {
            return Err(
                ModelError::NotAvailable("a Markov-switching fit beyond two regimes and order 1").into()
            );
        }
    }
    let y = case.series("y")?;
    let found = fit(Form::Mean, &y, &FitOptions::plain(SEED))?;
    let params = found.params;
    let smoothed = smooth(&filter(&params, &y)?).p_stress();
    Ok(Value::record([
        ("llf", found.log_likelihood.into()),
        ("P_stay", vec![params.transition[0][0], params.transition[1][1]].into()),
        ("mu", params.location.to_vec().into()),
        ("phi", params.phi.to_vec().into()),
        ("sigma2", params.variance.to_vec().into()),
        ("smoothed_p1", smoothed.into_iter().map(f64::from).collect::<Vec<_>>().into()),
        ("local_optima_llf", found.optima.into()),
    ]))
}

fn recheck_fit(case: &Case, result: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let pair = |key: &str| two(&result.get(key).and_then(Value::as_series).unwrap_or_default(), key);
    let stay = pair("P_stay")?;
    let transition: Pair = [[stay[0], 1.0 - stay[0]], [1.0 - stay[1], stay[1]]];
    let params = SwitchingAr {
        form: Form::Mean,
        transition,
        location: pair("mu")?,
        phi: pair("phi")?,
        variance: pair("sigma2")?,
    };
    if params.variance[0] > params.variance[1] {
        return Err(CalcError::InfeasibleResult("regimes are not ordered by variance".to_owned()));
    }
    Ok(vec![("llf", filter(&params, &case.series("y")?)?.log_likelihood)])
}
