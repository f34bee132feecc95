//! The one list of functions that can be evaluated by name.

use serde::Serialize;
use serde_json::Value as Json;

use super::{CalcError, Case, Value, family};

/// What kind of thing a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A real number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Flag,
    /// The name of a choice.
    Text,
    /// A list of numbers, flags or whole numbers.
    Series,
    /// A list of rows.
    Matrix,
    /// A list of objects, or an object.
    Record,
}

/// One named input, parameter or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Meaning and unit in a few words.
    pub about: &'static str,
}

impl Field {
    /// A field.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, about }
    }
}

/// Recomputes, from the parameters that a result carries, the objectives it claims, and refuses
/// when the parameters break a constraint.
///
/// A one-sided comparison ("at least the reference's likelihood") would otherwise be passed by
/// any large claim. The recomputation goes through the function's own given-parameter code, which
/// a tight case pins. The result names each one-sided key with its recomputed value.
pub type Recheck = fn(&Case, &Value) -> Result<Vec<(&'static str, f64)>, CalcError>;

/// A function of the catalogue.
#[derive(Clone, Copy, Serialize)]
pub struct Function {
    /// Its name, as in the reference cases.
    pub name: &'static str,
    /// The family it belongs to, spelled as the file of its reference cases: listing one function
    /// of a family claims every case of that file.
    pub family: &'static str,
    /// What it computes, in one line.
    pub about: &'static str,
    /// What it takes, inputs and parameters together.
    pub inputs: &'static [Field],
    /// What it gives.
    pub outputs: &'static [Field],
    /// The translation from JSON to the model and back.
    #[serde(skip)]
    pub evaluate: fn(&Case) -> Result<Value, CalcError>,
    /// For optimisers only: how a claimed optimum is verified. Without it every one-sided
    /// comparison fails.
    #[serde(skip)]
    pub recheck: Option<Recheck>,
}

/// Every function, family by family.
pub fn list() -> impl Iterator<Item = &'static Function> {
    family::ALL.iter().flat_map(|functions| functions.iter())
}

/// The function of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    list().find(|function| function.name == name)
}

/// Evaluates a function on `{"inputs": {..}, "params": {..}}`.
///
/// # Errors
/// No such function, an input that is missing or of the wrong kind, or the model's refusal.
pub fn evaluate(name: &str, json: &Json) -> Result<Value, CalcError> {
    let function = find(name).ok_or_else(|| CalcError::UnknownFunction(name.to_owned()))?;
    (function.evaluate)(&Case::from_json(json)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_field_is_described() {
        let mut seen = BTreeSet::new();
        for function in list() {
            assert!(seen.insert(function.name), "{} is listed twice", function.name);
            assert!(!function.about.is_empty() && !function.outputs.is_empty(), "{}", function.name);
            for field in function.inputs.iter().chain(function.outputs) {
                assert!(!field.about.is_empty(), "{}.{}", function.name, field.name);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_with_a_kind() {
        let error = evaluate("no_such_function", &serde_json::json!({})).unwrap_err();
        assert_eq!(error.kind(), "unknown_function");
    }
}
