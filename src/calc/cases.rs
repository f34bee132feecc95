//! Running a file of reference cases.

use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;

use super::compare::{Difference, Rule, first_difference};
use super::{CalcError, Case, Function, Value, catalogue};

/// What came of a file of cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FamilyReport {
    /// The family's name, from the file.
    pub family: String,
    /// How many cases the file has.
    pub cases: usize,
    /// How many agree.
    pub passed: usize,
    /// The first differing element of every case that does not.
    pub failed: Vec<FailedCase>,
    /// Cases whose function the catalogue does not have.
    pub unsupported: Vec<String>,
    /// Optional keys that the functions leave out.
    pub not_offered: Vec<NotOffered>,
}

/// A case that does not agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedCase {
    /// The case.
    pub name: String,
    /// The path of the first differing element.
    pub key: String,
    /// What the function gave.
    pub got: Json,
    /// The reference.
    pub expected: Json,
}

/// An optional key that a function leaves out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotOffered {
    /// The case.
    pub name: String,
    /// The key.
    pub key: String,
}

/// Runs every case of a file.
///
/// # Errors
/// The file cannot be read, is not JSON, or does not have the form of a file of cases. A case
/// that fails is not an error but an entry of the report.
pub fn run_cases(path: &Path) -> Result<FamilyReport, CalcError> {
    let unreadable = |error: std::io::Error| CalcError::Unreadable {
        path: path.display().to_string(),
        why: error.to_string(),
    };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let file: Json = serde_json::from_str(&text).map_err(|error| CalcError::BadJson(error.to_string()))?;
    run(&file)
}

/// [`run_cases`] on what was read.
///
/// # Errors
/// The value does not have the form of a file of cases.
pub fn run(file: &Json) -> Result<FamilyReport, CalcError> {
    let family = text_of(file, "family")?;
    let Some(Json::Array(cases)) = file.get("cases") else {
        return Err(CalcError::BadJson("the file has no list of cases".to_owned()));
    };
    let data = file.get("data").unwrap_or(&Json::Null);
    let mut report = FamilyReport {
        family,
        cases: cases.len(),
        passed: 0,
        failed: Vec::new(),
        unsupported: Vec::new(),
        not_offered: Vec::new(),
    };
    for case in cases {
        run_case(case, data, &mut report)?;
    }
    Ok(report)
}

fn text_of(json: &Json, key: &str) -> Result<String, CalcError> {
    let text = json.get(key).and_then(Json::as_str);
    text.map(ToOwned::to_owned).ok_or_else(|| CalcError::BadJson(format!("{key} should be a text")))
}

fn run_case(case: &Json, data: &Json, report: &mut FamilyReport) -> Result<(), CalcError> {
    let name = text_of(case, "name")?;
    let Some(function) = catalogue::find(&text_of(case, "function")?) else {
        report.unsupported.push(name);
        return Ok(());
    };
    let expected = case.get("expected").unwrap_or(&Json::Null);
    let given = read_inputs(case, data);
    let got = given.and_then(|given| (function.evaluate)(&given).map(|value| (given, value)));
    let difference = match got {
        Err(error) => judge_error(&error, expected),
        Ok((given, value)) => {
            let (difference, missing) = judge(function, &given, &value, case, expected)?;
            report.not_offered.extend(missing.into_iter().map(|key| NotOffered { name: name.clone(), key }));
            difference
        }
    };
    match difference {
        None => report.passed += 1,
        Some(Difference { path, got, expected }) => {
            report.failed.push(FailedCase { name, key: path, got, expected });
        }
    }
    Ok(())
}

/// The inputs with every `{"$data": key}` replaced, and the parameters as they are.
fn read_inputs(case: &Json, data: &Json) -> Result<Case, CalcError> {
    let inputs = with_data(case.get("inputs").unwrap_or(&Json::Null), data)?;
    let params = case.get("params").cloned().unwrap_or(Json::Null);
    Case::from_json(&serde_json::json!({ "inputs": inputs, "params": params }))
}

fn with_data(json: &Json, data: &Json) -> Result<Json, CalcError> {
    match json {
        Json::Object(map) => {
            if let (1, Some(Json::String(key))) = (map.len(), map.get("$data")) {
                let found = data.get(key).cloned();
                return found.ok_or_else(|| CalcError::BadJson(format!("the file has no data {key:?}")));
            }
            let parts = map.iter().map(|(key, part)| Ok((key.clone(), with_data(part, data)?)));
            parts.collect::<Result<_, CalcError>>().map(Json::Object)
        }
        Json::Array(items) => {
            items.iter().map(|item| with_data(item, data)).collect::<Result<_, _>>().map(Json::Array)
        }
        other => Ok(other.clone()),
    }
}

fn wants_error(expected: &Json) -> bool {
    expected.get("error") == Some(&Json::Bool(true))
}

/// An error is right exactly where one is expected.
fn judge_error(error: &CalcError, expected: &Json) -> Option<Difference> {
    if wants_error(expected) {
        return None;
    }
    let got = error.to_json().get("error").cloned().unwrap_or(Json::Null);
    Some(Difference { path: "error".to_owned(), got, expected: expected.clone() })
}

/// The first difference of a case, and the optional keys that were left out.
fn judge(
    function: &Function,
    given: &Case,
    value: &Value,
    case: &Json,
    expected: &Json,
) -> Result<(Option<Difference>, Vec<String>), CalcError> {
    if wants_error(expected) {
        let difference =
            Difference { path: "error".to_owned(), got: value.to_json(), expected: Json::Bool(true) };
        return Ok((Some(difference), Vec::new()));
    }
    let Json::Object(wants) = expected else {
        return Err(CalcError::BadJson("expected should be an object".to_owned()));
    };
    let tolerance = |key: &str| case.get(key).and_then(Json::as_f64).unwrap_or(0.0);
    let optional = |key: &str| {
        let list = case.get("optional").and_then(Json::as_array);
        list.is_some_and(|keys| keys.iter().any(|item| item.as_str() == Some(key)))
    };
    let mut first = None;
    let mut missing = Vec::new();
    for (key, want) in wants {
        let rule = Rule::for_key(case.get("tol"), key, tolerance("rtol"), tolerance("atol"))?;
        let difference = match value.get(key) {
            None if optional(key) => {
                missing.push(key.clone());
                None
            }
            None if rule == Rule::Info => None,
            None => {
                Some(Difference { path: key.clone(), got: Json::from("missing"), expected: want.clone() })
            }
            Some(part) => {
                let part = &thinned(part, wants.get(&format!("{key}_stride")));
                first_difference(key, part, want, rule).or_else(|| {
                    if rule.is_one_sided() { unproven(function, given, value, key, want) } else { None }
                })
            }
        };
        first = first.or(difference);
    }
    Ok((first, missing))
}

/// Every `stride`-th element from the first, where a case keeps a long list short: next to `key` it
/// then states `key_stride`.
fn thinned(value: &Value, stride: Option<&Json>) -> Value {
    let stride = stride.and_then(Json::as_u64).and_then(|stride| usize::try_from(stride).ok());
    match (value, stride) {
        (Value::List(items), Some(stride)) if stride > 1 => {
            Value::List(items.iter().step_by(stride).cloned().collect())
        }
        _ => value.clone(),
    }
}

/// A one-sided claim counts only if the returned parameters are feasible and give it back.
fn unproven(function: &Function, given: &Case, value: &Value, key: &str, want: &Json) -> Option<Difference> {
    const AGREE: f64 = 1e-7;
    let claimed = value.get(key).and_then(Value::as_number).unwrap_or(f64::NAN);
    let why = match function.recheck.map(|recheck| recheck(given, value)) {
        None => format!("{claimed} claimed, and the function offers no re-check"),
        Some(Err(error)) => format!("{claimed} claimed, but {error}"),
        Some(Ok(recomputed)) => match recomputed.iter().find(|(name, _)| *name == key) {
            None => format!("{claimed} claimed, and the re-check does not cover it"),
            Some((_, again)) if (again - claimed).abs() <= AGREE * (1.0 + claimed.abs()) => return None,
            Some((_, again)) => format!("{claimed} claimed, but the returned parameters give {again}"),
        },
    };
    Some(Difference { path: key.to_owned(), got: Json::from(why), expected: want.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(case: &Case) -> Result<Value, CalcError> {
        Ok(Value::record([("llf", case.number("claim")?.into()), ("at", case.number("at")?.into())]))
    }

    fn recheck(_: &Case, value: &Value) -> Result<Vec<(&'static str, f64)>, CalcError> {
        let at = value.get("at").and_then(Value::as_number).unwrap_or(f64::NAN);
        if at < 0.0 {
            return Err(CalcError::InfeasibleResult("at is negative".to_owned()));
        }
        Ok(vec![("llf", -at * at)])
    }

    fn function(recheck: Option<catalogue::Recheck>) -> Function {
        Function {
            name: "toy",
            family: "toy",
            about: "a",
            inputs: &[],
            outputs: &[],
            evaluate: identity,
            recheck,
        }
    }

    #[test]
    fn a_one_sided_claim_must_be_feasible_and_true() {
        let case = json!({"tol": {"llf": {"mode": "min", "slack": 0.01}}});
        let expected = json!({"llf": -1.0});
        for (claim, at, check, passes) in [
            (-1.0, 1.0, Some(recheck as catalogue::Recheck), true),
            (-0.25, 0.5, Some(recheck), true),
            (-1.5, 1.5, Some(recheck), false),
            (5.0, 1.0, Some(recheck), false),
            (-1.0, -1.0, Some(recheck), false),
            (-1.0, 1.0, None, false),
        ] {
            let given = Case::from_json(&json!({"params": {"claim": claim, "at": at}})).unwrap();
            let value = identity(&given).unwrap();
            let (difference, _) = judge(&function(check), &given, &value, &case, &expected).unwrap();
            assert_eq!(difference.is_none(), passes, "claim {claim} at {at}: {difference:?}");
        }
    }

    #[test]
    fn optional_keys_may_be_absent_but_not_wrong() {
        let given = Case::from_json(&json!({"params": {"claim": 1.0, "at": 2.0}})).unwrap();
        let value = identity(&given).unwrap();
        let case = json!({"optional": ["extra", "at"], "rtol": 1e-9});
        let run = |expected: Json| judge(&function(None), &given, &value, &case, &expected).unwrap();
        assert_eq!(run(json!({"llf": 1.0, "extra": 3.0})), (None, vec!["extra".to_owned()]));
        assert_eq!(run(json!({"at": 3.0})).0.unwrap().path, "at");
        assert_eq!(run(json!({"absent": 3.0})).0.unwrap().path, "absent");
        assert_eq!(run(json!({"error": true})).0.unwrap().path, "error");
    }

    #[test]
    fn a_stated_stride_thins_the_list_before_it_is_compared() {
        let series = Value::from(vec![0.5, 1.5, 2.5, 3.5, 4.5]);
        for (stride, want) in [
            (json!(2), vec![0.5, 2.5, 4.5]),
            (json!(5), vec![0.5]),
            (json!(1), vec![0.5, 1.5, 2.5, 3.5, 4.5]),
            (json!(0), vec![0.5, 1.5, 2.5, 3.5, 4.5]),
        ] {
            assert_eq!(thinned(&series, Some(&stride)), Value::from(want), "{stride}");
        }
        assert_eq!(thinned(&series, None), series);
        assert_eq!(thinned(&Value::from(1.0), Some(&json!(2))), Value::from(1.0));
    }

    #[test]
    fn data_is_put_in_at_any_depth_and_its_absence_is_an_error() {
        let data = json!({"a": [1, null], "b": 2});
        let inputs = json!({"x": {"$data": "a"}, "y": [{"$data": "b"}, {"z": {"$data": "a"}}], "w": 1});
        let wanted = json!({"x": [1, null], "y": [2, {"z": [1, null]}], "w": 1});
        assert_eq!(with_data(&inputs, &data), Ok(wanted));
        assert!(with_data(&json!({"x": {"$data": "c"}}), &data).is_err());
    }

    #[test]
    fn the_report_has_exactly_the_agreed_keys() {
        let file = json!({"family": "f", "cases": [{"name": "n", "function": "no_such_function",
            "inputs": {}, "params": {}, "expected": {}, "rtol": 0, "atol": 0}]});
        let report = serde_json::to_value(run(&file).unwrap()).unwrap();
        let wanted = json!({"family": "f", "cases": 1, "passed": 0, "failed": [], "unsupported": ["n"], "not_offered": []});
        assert_eq!(report, wanted);
        assert_eq!(run(&json!({"family": "f"})).unwrap_err().kind(), "bad_json");
    }
}
