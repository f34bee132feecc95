//! Gaussian hidden Markov models: posteriors, best path, EM, fits.

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::ModelError;
use crate::model::hmm::{
    EmOptions, GaussianHmm, HmmSearch, State, expectation_maximisation, fit_diagonal, posteriors, viterbi,
};

/// Seed of the starting points of a fit.
const SEED: u64 = 20_240_611;
/// Long runs of a fit when a case does not say.
const RESTARTS: usize = 12;

const X: Field = Field::new("X", Kind::Matrix, "one row of coordinates for each time");
const COVARIANCE_TYPE: Field = Field::new("covariance_type", Kind::Text, "diag: independent coordinates");
const COVARS_PRIOR: Field =
    Field::new("covars_prior", Kind::Number, "added to every weighted sum of squares");
const MEANS: Field = Field::new("means", Kind::Matrix, "mean of each state");
const VARS: Field = Field::new("vars", Kind::Matrix, "variances of each state");
const TRANSMAT: Field = Field::new("transmat", Kind::Matrix, "P(s_t = j | s_{t-1} = i); rows sum to 1");
const STARTPROB: Field = Field::new("startprob", Kind::Series, "distribution of the first state");
const LLF: Field = Field::new("llf", Kind::Number, "log-likelihood");

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "hmm_given",
        family: "regime_hmm",
        about: "Gaussian hidden Markov model at given parameters: posteriors, filter, best path",
        inputs: &[
            X,
            STARTPROB,
            TRANSMAT,
            MEANS,
            Field::new("covars", Kind::Record, "covariance matrix of each state"),
        ],
        outputs: &[
            LLF,
            Field::new("posterior", Kind::Matrix, "P(state at t | all rows)"),
            Field::new("filtered", Kind::Matrix, "P(state at t | rows up to t)"),
            Field::new("viterbi_logprob", Kind::Number, "log probability of the best path"),
            Field::new("viterbi_path", Kind::Series, "the best path"),
        ],
        evaluate: hmm_given,
        recheck: None,
    },
    Function {
        name: "hmm_em_steps",
        family: "regime_hmm",
        about: "A fixed number of Baum-Welch steps from given parameters, independent coordinates",
        inputs: &[
            X,
            Field::new("startprob0", Kind::Series, "first distribution of the first state"),
            Field::new("transmat0", Kind::Matrix, "first transition probabilities"),
            Field::new("means0", Kind::Matrix, "first means"),
            Field::new("vars0", Kind::Matrix, "first variances"),
            Field::new("n_iter", Kind::Integer, "steps"),
            COVARIANCE_TYPE,
            COVARS_PRIOR,
        ],
        outputs: &[
            Field::new("llf_trace", Kind::Series, "log-likelihood before each step"),
            MEANS,
            VARS,
            TRANSMAT,
            STARTPROB,
        ],
        evaluate: hmm_em_steps,
        recheck: None,
    },
    Function {
        name: "hmm_fit",
        family: "regime_hmm",
        about: "Gaussian hidden Markov model by maximum likelihood, states ordered by their first variance",
        inputs: &[
            X,
            Field::new("n_components", Kind::Integer, "number of states"),
            COVARIANCE_TYPE,
            COVARS_PRIOR,
            Field::new("restarts", Kind::Integer, "searches run to convergence"),
        ],
        outputs: &[LLF, MEANS, VARS, TRANSMAT, STARTPROB],
        evaluate: hmm_fit,
        recheck: Some(recheck_fit),
    },
];

fn states<T>(
    means: Vec<Vec<f64>>,
    spreads: &[T],
    state: impl Fn(Vec<f64>, &T) -> Result<State, ModelError>,
) -> Result<Vec<State>, CalcError> {
    if means.len() != spreads.len() {
        return Err(ModelError::DimensionMismatch { left: means.len(), right: spreads.len() }.into());
    }
    Ok(means.into_iter().zip(spreads).map(|(mean, spread)| state(mean, spread)).collect::<Result<_, _>>()?)
}

fn check_diagonal(case: &Case) -> Result<(), CalcError> {
    match case.optional_text("covariance_type")? {
        None | Some("diag") => Ok(()),
        Some(_) => Err(case.unknown_choice("covariance_type", "diag")),
    }
}

fn parameters(model: &GaussianHmm) -> Value {
    let means: Vec<Vec<f64>> = model.states.iter().map(|state| state.mean.clone()).collect();
    let vars: Vec<Vec<f64>> = model.states.iter().map(State::variances).collect();
    Value::record([
        ("means", means.into()),
        ("vars", vars.into()),
        ("transmat", model.transition.clone().into()),
        ("startprob", model.start.clone().into()),
    ])
}

fn hmm_given(case: &Case) -> Result<Value, CalcError> {
    let model = GaussianHmm {
        start: case.series("startprob")?,
        transition: case.matrix("transmat")?,
        states: states(case.matrix("means")?, &case.matrices("covars")?, |mean, covariance| {
            State::new(mean, covariance)
        })?,
    };
    let x = case.matrix("X")?;
    let all = posteriors(&model, &x)?;
    let path = viterbi(&model, &x)?;
    Ok(Value::record([
        ("llf", all.log_likelihood.into()),
        ("posterior", all.smoothed.into()),
        ("filtered", all.filtered.into()),
        ("viterbi_logprob", path.log_probability.into()),
        ("viterbi_path", path.states.into()),
    ]))
}

fn hmm_em_steps(case: &Case) -> Result<Value, CalcError> {
    check_diagonal(case)?;
    let start = GaussianHmm {
        start: case.series("startprob0")?,
        transition: case.matrix("transmat0")?,
        states: states(case.matrix("means0")?, &case.matrix("vars0")?, |mean, vars| {
            State::diagonal(mean, vars)
        })?,
    };
    let options = EmOptions {
        steps: case.count("n_iter")?,
        tolerance: 0.0,
        variance_prior: case.optional_number("covars_prior")?.unwrap_or(0.0),
        variance_floor: 0.0,
        pseudo_count: 0.0,
    };
    let run = expectation_maximisation(&start, &case.matrix("X")?, &options)?;
    Ok(parameters(&run.model).with("llf_trace", run.trace))
}

fn hmm_fit(case: &Case) -> Result<Value, CalcError> {
    check_diagonal(case)?;
    let restarts = case.optional_count("restarts")?.unwrap_or(RESTARTS).clamp(1, 1000);
    let search = HmmSearch {
        states: case.count("n_components")?,
        starts: 5 * restarts,
        long_runs: restarts,
        steps: 1000,
        variance_prior: case.optional_number("covars_prior")?.unwrap_or(0.0),
        variance_floor: 0.0,
        pseudo_count: 0.0,
        seed: SEED,
    };
    let found = fit_diagonal(&case.matrix("X")?, &search)?;
    Ok(parameters(&found.model).with("llf", found.log_likelihood))
}

fn recheck_fit(case: &Case, value: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
    let missing = |key: &str| CalcError::Missing(key.to_owned());
    let series = |key: &str| value.get(key).and_then(Value::as_series).ok_or_else(|| missing(key));
    let matrix = |key: &str| match value.get(key) {
        Some(Value::List(rows)) => {
            rows.iter().map(|row| row.as_series().ok_or_else(|| missing(key))).collect()
        }
        _ => Err(missing(key)),
    };
    let model = GaussianHmm {
        start: series("startprob")?,
        transition: matrix("transmat")?,
        states: states(matrix("means")?, &matrix("vars")?, |mean, vars| State::diagonal(mean, vars))?,
    };
    Ok(vec![("llf", posteriors(&model, &case.matrix("X")?)?.log_likelihood)])
}
