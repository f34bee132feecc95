//! How a result is compared with a reference value.
//!
//! A number passes when `|got - ref| <= atol + rtol |ref|`. NaN matches only NaN and an infinity
//! only itself. Whole numbers, flags and texts are compared exactly unless the case gives a
//! tolerance for the key. `min` and `max` are one-sided and are the caller's to re-check.

use serde_json::Value as Json;

use super::{CalcError, Value, input};

/// The rule for one key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Within tolerance. `whole_exact` keeps whole reference numbers exact.
    Within {
        /// Relative part.
        rtol: f64,
        /// Absolute part.
        atol: f64,
        /// Whether a reference number written without a decimal point must be met exactly.
        whole_exact: bool,
    },
    /// Equality.
    Exact,
    /// At least the reference less the slack.
    AtLeast {
        /// How much worse is still accepted.
        slack: f64,
    },
    /// At most the reference plus the slack.
    AtMost {
        /// How much worse is still accepted.
        slack: f64,
    },
    /// Not compared.
    Info,
}

impl Rule {
    /// The rule for `key` of a case: its own entry in `tol`, else the entry `"*"`, else the case's
    /// tolerance.
    ///
    /// # Errors
    /// A mode that does not exist, or a tolerance that is not a number.
    pub fn for_key(tol: Option<&Json>, key: &str, rtol: f64, atol: f64) -> Result<Self, CalcError> {
        let Some(entry) = tol.and_then(|tol| tol.get(key).or_else(|| tol.get("*"))) else {
            return Ok(Self::Within { rtol, atol, whole_exact: true });
        };
        let number = |name: &str, default: f64| match entry.get(name) {
            None => Ok(default),
            Some(json) => json.as_f64().ok_or_else(|| {
                CalcError::BadJson(format!("tolerance {name} of {key} should be a number, found {json}"))
            }),
        };
        match entry.get("mode").map(|mode| mode.as_str().unwrap_or_default()) {
            None => Ok(Self::Within {
                rtol: number("rtol", rtol)?,
                atol: number("atol", atol)?,
                whole_exact: false,
            }),
            Some("exact") => Ok(Self::Exact),
            Some("min") => Ok(Self::AtLeast { slack: number("slack", 0.0)? }),
            Some("max") => Ok(Self::AtMost { slack: number("slack", 0.0)? }),
            Some("info") => Ok(Self::Info),
            Some(other) => Err(CalcError::BadJson(format!("tolerance mode of {key} is {other:?}"))),
        }
    }

    /// Whether a better number than the reference passes, so that the claim needs a re-check.
    #[must_use]
    pub const fn is_one_sided(self) -> bool {
        matches!(self, Self::AtLeast { .. } | Self::AtMost { .. })
    }

    fn number_passes(self, got: f64, want: f64, want_is_whole: bool) -> bool {
        if got.is_nan() || want.is_nan() {
            return got.is_nan() && want.is_nan();
        }
        match self {
            Self::AtLeast { slack } => got >= want - slack,
            Self::AtMost { slack } => got <= want + slack,
            Self::Info => true,
            Self::Exact => got == want,
            Self::Within { .. } if got.is_infinite() || want.is_infinite() => got == want,
            Self::Within { whole_exact: true, .. } if want_is_whole => got == want,
            Self::Within { rtol, atol, .. } => (got - want).abs() <= atol + rtol * want.abs(),
        }
    }
}

/// The first place where two values differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The path of the element, starting with the key: `vpin[3]`, `splits[0].train`.
    pub path: String,
    /// What the function gave there; a text in words when the shapes differ.
    pub got: Json,
    /// The reference there.
    pub expected: Json,
}

/// Walks both values in parallel and returns the first difference.
#[must_use]
pub fn first_difference(path: &str, got: &Value, want: &Json, rule: Rule) -> Option<Difference> {
    if rule == Rule::Info {
        return None;
    }
    let differ = |got: Json| Some(Difference { path: path.to_owned(), got, expected: want.clone() });
    match (got, want) {
        (Value::List(items), Json::Array(wants)) => {
            if items.len() != wants.len() {
                return differ(Json::from(format!("a list of {}", items.len())));
            }
            let mut pairs = items.iter().zip(wants).enumerate();
            pairs.find_map(|(i, (item, want))| first_difference(&format!("{path}[{i}]"), item, want, rule))
        }
        (Value::Record(parts), Json::Object(wants)) => wants.iter().find_map(|(key, want)| {
            let place = format!("{path}.{key}");
            match parts.get(key) {
                Some(part) => first_difference(&place, part, want, rule),
                None => Some(Difference { path: place, got: Json::from("missing"), expected: want.clone() }),
            }
        }),
        (Value::Flag(flag), Json::Bool(want)) if flag == want => None,
        (Value::Text(text), Json::String(want)) if text == want => None,
        (Value::Number(_) | Value::Integer(_), _) => {
            let got_number = got.as_number().unwrap_or(f64::NAN);
            match input::as_number(want) {
                Some(want_number) if rule.number_passes(got_number, want_number, want.is_i64()) => None,
                _ => differ(got.to_json()),
            }
        }
        _ => differ(got.to_json()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NEAR: Rule = Rule::Within { rtol: 1e-6, atol: 1e-9, whole_exact: true };

    #[test]
    fn the_first_difference_is_found_by_every_rule() {
        let loose = Rule::Within { rtol: 0.0, atol: 1.0, whole_exact: false };
        let record = Value::record([("a", vec![1.0, 2.0].into()), ("b", true.into())]);
        for (got, want, rule, path) in [
            (Value::from(1.000_000_1), json!(1.0), NEAR, None),
            (Value::from(1.001), json!(1.0), NEAR, Some("k")),
            (Value::from(1.000_000_1), json!(1), NEAR, Some("k")),
            (Value::from(2_usize), json!(1), loose, None),
            (Value::from(1.0), json!(1), Rule::Exact, None),
            (Value::from(f64::NAN), json!(null), NEAR, None),
            (Value::from(0.0), json!(null), NEAR, Some("k")),
            (Value::from(f64::NAN), json!(0.0), NEAR, Some("k")),
            (Value::from(f64::INFINITY), json!("inf"), NEAR, None),
            (Value::from(f64::INFINITY), json!("-inf"), NEAR, Some("k")),
            (Value::from(1e300), json!("inf"), NEAR, Some("k")),
            (Value::from(9.0), json!(10.0), Rule::AtLeast { slack: 1.0 }, None),
            (Value::from(8.9), json!(10.0), Rule::AtLeast { slack: 1.0 }, Some("k")),
            (Value::from(f64::NAN), json!(10.0), Rule::AtLeast { slack: 1.0 }, Some("k")),
            (Value::from(11.1), json!(10.0), Rule::AtMost { slack: 1.0 }, Some("k")),
            (Value::from(99.0), json!(1.0), Rule::Info, None),
            (Value::from(vec![1.0, 2.0]), json!([1.0, 3.0]), NEAR, Some("k[1]")),
            (Value::from(vec![1.0]), json!([1.0, 3.0]), NEAR, Some("k")),
            (Value::from(vec![vec![1.0], vec![2.0]]), json!([[1.0], [null]]), NEAR, Some("k[1][0]")),
            (record.clone(), json!({"a": [1.0, 2.0], "b": true}), NEAR, None),
            (record.clone(), json!({"a": [1.0, 2.5]}), NEAR, Some("k.a[1]")),
            (record.clone(), json!({"c": 1.0}), NEAR, Some("k.c")),
            (record, json!([1.0]), NEAR, Some("k")),
            (Value::from(true), json!(1), NEAR, Some("k")),
            (Value::from("up"), json!("down"), NEAR, Some("k")),
            (Value::from(1.0), json!(true), NEAR, Some("k")),
        ] {
            let found = first_difference("k", &got, &want, rule).map(|difference| difference.path);
            assert_eq!(found.as_deref(), path, "{got:?} against {want} by {rule:?}");
        }
    }

    #[test]
    fn a_key_takes_its_own_rule_then_the_star_then_the_case() {
        let tol = json!({"a": {"mode": "min", "slack": 0.5}, "b": {"atol": 2.0}, "*": {"mode": "exact"}});
        let rule = |key| Rule::for_key(Some(&tol), key, 0.1, 0.2).unwrap();
        assert_eq!(rule("a"), Rule::AtLeast { slack: 0.5 });
        assert_eq!(rule("b"), Rule::Within { rtol: 0.1, atol: 2.0, whole_exact: false });
        assert_eq!(rule("c"), Rule::Exact);
        assert_eq!(
            Rule::for_key(None, "a", 0.1, 0.2),
            Ok(Rule::Within { rtol: 0.1, atol: 0.2, whole_exact: true })
        );
        assert!(Rule::for_key(Some(&json!({"a": {"mode": "maybe"}})), "a", 0.0, 0.0).is_err());
    }
}
