//! Bayesian online change-point detection, unpruned.

use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::ModelError;
use crate::model::change_point::{RunLengths, RunModel};
use crate::model::error::check_finite;

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[Function {
    name: "bocpd",
    family: "regime_bocpd",
    about: "Distribution of the run length after every value (Adams and MacKay 2007)",
    inputs: &[
        Field::new("x", Kind::Series, "the observations, oldest first"),
        Field::new("hazard_lambda", Kind::Number, "expected run length; the hazard is its inverse"),
        Field::new("mu0", Kind::Number, "prior mean"),
        Field::new("kappa0", Kind::Number, "prior weight of the mean, in observations"),
        Field::new("alpha0", Kind::Number, "prior shape of the variance"),
        Field::new("beta0", Kind::Number, "prior scale of the variance"),
    ],
    outputs: &[
        Field::new("log_evidence", Kind::Number, "log density of all observations"),
        Field::new("map_run_length", Kind::Series, "likeliest run length after each observation"),
        Field::new("expected_run_length", Kind::Series, "expected run length after each observation"),
        Field::new("posterior_rows", Kind::Matrix, "row t: P(r = 0), ..., P(r = t), for t = 1 to n"),
        Field::new("posterior_last_row", Kind::Series, "the last of these rows"),
    ],
    evaluate: bocpd,
    recheck: None,
}];

fn bocpd(case: &Case) -> Result<Value, CalcError> {
    let x = case.series("x")?;
    check_finite(&x)?;
    let model = RunModel {
        hazard: case.number("hazard_lambda")?.recip(),
        mu0: case.number("mu0")?,
        kappa0: case.number("kappa0")?,
        alpha0: case.number("alpha0")?,
        beta0: case.number("beta0")?,
    };
    let mut runs = RunLengths::new(model, None)?;
    let (mut likeliest, mut expected) = (Vec::new(), Vec::new());
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for &value in &x {
        if !runs.on_value(value) {
            let domain = "at most 1e100 in size";
            return Err(ModelError::OutOfDomain { name: "x", value, domain }.into());
        }
        likeliest.push(runs.map_run_length());
        expected.push(runs.expected_run_length());
        rows.push(runs.probabilities().collect());
    }
    let last = rows.last().cloned().unwrap_or_default();
    Ok(Value::record([
        ("log_evidence", runs.log_evidence().into()),
        ("map_run_length", likeliest.into()),
        ("expected_run_length", expected.into()),
        ("posterior_rows", rows.into()),
        ("posterior_last_row", last.into()),
    ]))
}
