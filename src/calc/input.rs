//! Typed access to what a function is given.

use serde_json::{Map, Value as Json};

use super::CalcError;

/// The inputs and parameters of one evaluation.
///
/// One space of names: an input is looked up first, then a parameter. `null` where a number
/// belongs is NaN, and `"inf"` and `"-inf"` are infinities; the models refuse them where they
/// are not allowed, so the accessors let them through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    inputs: Map<String, Json>,
    params: Map<String, Json>,
}

impl Case {
    /// Reads `{"inputs": {..}, "params": {..}}`; either part may be left out.
    ///
    /// # Errors
    /// [`CalcError::BadJson`] when it or one of the parts is not an object.
    pub fn from_json(json: &Json) -> Result<Self, CalcError> {
        let Json::Object(parts) = json else {
            return Err(CalcError::BadJson(format!(
                "expected an object with inputs and params, found {}",
                describe(json)
            )));
        };
        let part = |key: &str| match parts.get(key) {
            None | Some(Json::Null) => Ok(Map::new()),
            Some(Json::Object(map)) => Ok(map.clone()),
            Some(other) => {
                Err(CalcError::BadJson(format!("{key} should be an object, found {}", describe(other))))
            }
        };
        Ok(Self { inputs: part("inputs")?, params: part("params")? })
    }

    /// The JSON under a name, `None` when absent.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&Json> {
        self.inputs.get(name).or_else(|| self.params.get(name))
    }

    /// Whether a name is there and is not `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|json| !json.is_null())
    }

    fn required(&self, name: &str) -> Result<&Json, CalcError> {
        self.raw(name).ok_or_else(|| CalcError::Missing(name.to_owned()))
    }

    fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<T, CalcError>,
    ) -> Result<Option<T>, CalcError> {
        if self.has(name) { read(self, name).map(Some) } else { Ok(None) }
    }

    /// A number; `null` is NaN.
    ///
    /// # Errors
    /// Missing, or not a number.
    pub fn number(&self, name: &str) -> Result<f64, CalcError> {
        number_at(self.required(name)?, name)
    }

    /// A number that may be absent or `null`.
    ///
    /// # Errors
    /// There and not a number.
    pub fn optional_number(&self, name: &str) -> Result<Option<f64>, CalcError> {
        self.optional(name, Self::number)
    }

    /// A whole number.
    ///
    /// # Errors
    /// Missing, or not whole.
    pub fn integer(&self, name: &str) -> Result<i64, CalcError> {
        integer_at(self.required(name)?, name)
    }

    /// A whole number that may be absent or `null`.
    ///
    /// # Errors
    /// There and not whole.
    pub fn optional_integer(&self, name: &str) -> Result<Option<i64>, CalcError> {
        self.optional(name, Self::integer)
    }

    /// A whole number that is not negative: a length, a lag, a window.
    ///
    /// # Errors
    /// Missing, or not a count.
    pub fn count(&self, name: &str) -> Result<usize, CalcError> {
        count_at(self.required(name)?, name)
    }

    /// A count that may be absent or `null`.
    ///
    /// # Errors
    /// There and not a count.
    pub fn optional_count(&self, name: &str) -> Result<Option<usize>, CalcError> {
        self.optional(name, Self::count)
    }

    /// True or false.
    ///
    /// # Errors
    /// Missing, or neither.
    pub fn flag(&self, name: &str) -> Result<bool, CalcError> {
        flag_at(self.required(name)?, name)
    }

    /// A flag that may be absent or `null`.
    ///
    /// # Errors
    /// There and neither true nor false.
    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, CalcError> {
        self.optional(name, Self::flag)
    }

    /// Words: the name of a choice.
    ///
    /// # Errors
    /// Missing, or not a text.
    pub fn text(&self, name: &str) -> Result<&str, CalcError> {
        let json = self.required(name)?;
        json.as_str().ok_or_else(|| wrong(name, "a text", json))
    }

    /// Words that may be absent or `null`.
    ///
    /// # Errors
    /// There and not a text.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, CalcError> {
        if self.has(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// The error for a text that names no choice.
    #[must_use]
    pub fn unknown_choice(&self, name: &str, allowed: &'static str) -> CalcError {
        let value =
            self.raw(name).map_or_else(|| "null".to_owned(), |json| json.to_string().replace('"', ""));
        CalcError::UnknownChoice { name: name.to_owned(), value, allowed }
    }

    /// A list of numbers; `null` inside is NaN.
    ///
    /// # Errors
    /// Missing, or not a list of numbers.
    pub fn series(&self, name: &str) -> Result<Vec<f64>, CalcError> {
        list_at(self.required(name)?, name, "a list of numbers", number_at)
    }

    /// A list of numbers that may be absent or `null`.
    ///
    /// # Errors
    /// There and not a list of numbers.
    pub fn optional_series(&self, name: &str) -> Result<Option<Vec<f64>>, CalcError> {
        self.optional(name, Self::series)
    }

    /// A list of whole numbers.
    ///
    /// # Errors
    /// Missing, or not a list of whole numbers.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>, CalcError> {
        list_at(self.required(name)?, name, "a list of whole numbers", integer_at)
    }

    /// A list of counts.
    ///
    /// # Errors
    /// Missing, or not a list of counts.
    pub fn counts(&self, name: &str) -> Result<Vec<usize>, CalcError> {
        list_at(self.required(name)?, name, "a list of counts", count_at)
    }

    /// A list of flags; 0 and 1 are accepted for false and true.
    ///
    /// # Errors
    /// Missing, or not a list of flags.
    pub fn flags(&self, name: &str) -> Result<Vec<bool>, CalcError> {
        list_at(self.required(name)?, name, "a list of flags", flag_at)
    }

    /// A list of lists of numbers, of any lengths: the groups of a test.
    ///
    /// # Errors
    /// Missing, or not such a list.
    pub fn groups(&self, name: &str) -> Result<Vec<Vec<f64>>, CalcError> {
        rows_at(self.required(name)?, name)
    }

    /// A matrix as a list of rows of one length.
    ///
    /// # Errors
    /// Missing, not a list of rows, or rows of different lengths.
    pub fn matrix(&self, name: &str) -> Result<Vec<Vec<f64>>, CalcError> {
        let json = self.required(name)?;
        let rows = rows_at(json, name)?;
        match rows.first() {
            Some(first) if rows.iter().any(|row| row.len() != first.len()) => {
                Err(wrong(name, "a matrix with rows of one length", json))
            }
            _ => Ok(rows),
        }
    }

    /// A list of matrices, each a list of rows.
    ///
    /// # Errors
    /// Missing, or not such a list.
    pub fn matrices(&self, name: &str) -> Result<Vec<Vec<Vec<f64>>>, CalcError> {
        list_at(self.required(name)?, name, "a list of matrices", rows_at)
    }

    /// A list of objects, each readable like a case: fills, orders, levels.
    ///
    /// # Errors
    /// Missing, or not a list of objects.
    pub fn records(&self, name: &str) -> Result<Vec<Case>, CalcError> {
        list_at(self.required(name)?, name, "a list of objects", |json, place| match json {
            Json::Object(map) => Ok(Case { inputs: map.clone(), params: Map::new() }),
            other => Err(wrong(place, "an object", other)),
        })
    }
}

fn wrong(name: &str, wanted: &'static str, found: &Json) -> CalcError {
    CalcError::WrongKind { name: name.to_owned(), wanted, found: describe(found) }
}

fn describe(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => format!("the text {text:?}"),
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Object(_) => "an object".to_owned(),
    }
}

fn list_at<T>(
    json: &Json,
    name: &str,
    wanted: &'static str,
    read: impl Fn(&Json, &str) -> Result<T, CalcError>,
) -> Result<Vec<T>, CalcError> {
    let Json::Array(items) = json else { return Err(wrong(name, wanted, json)) };
    items.iter().enumerate().map(|(i, item)| read(item, name).map_err(|error| at_index(error, i))).collect()
}

/// Puts the place inside a list into the name of an error, without paying for it on good values.
fn at_index(error: CalcError, index: usize) -> CalcError {
    match error {
        CalcError::WrongKind { name, wanted, found } => {
            let name = match name.find('[') {
                Some(cut) => format!("{}[{index}]{}", &name[..cut], &name[cut..]),
                None => format!("{name}[{index}]"),
            };
            CalcError::WrongKind { name, wanted, found }
        }
        other => other,
    }
}

fn rows_at(json: &Json, name: &str) -> Result<Vec<Vec<f64>>, CalcError> {
    list_at(json, name, "a list of rows", |row, place| list_at(row, place, "a list of numbers", number_at))
}

/// A number as the cases write it; `null` is NaN.
pub(super) fn as_number(json: &Json) -> Option<f64> {
    match json {
        Json::Null => Some(f64::NAN),
        Json::Number(number) => number.as_f64(),
        Json::String(text) if text == "inf" => Some(f64::INFINITY),
        Json::String(text) if text == "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn number_at(json: &Json, name: &str) -> Result<f64, CalcError> {
    as_number(json).ok_or_else(|| wrong(name, "a number", json))
}

#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53, so the conversion is exact")]
fn integer_at(json: &Json, name: &str) -> Result<i64, CalcError> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = json.as_i64().or_else(|| {
        json.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < EXACT).map(|n| n as i64)
    });
    whole.ok_or_else(|| wrong(name, "a whole number", json))
}

fn count_at(json: &Json, name: &str) -> Result<usize, CalcError> {
    let integer = integer_at(json, name).ok().and_then(|integer| usize::try_from(integer).ok());
    integer.ok_or_else(|| wrong(name, "a whole number, 0 or more", json))
}

fn flag_at(json: &Json, name: &str) -> Result<bool, CalcError> {
    match (json.as_bool(), json.as_f64()) {
        (Some(flag), _) => Ok(flag),
        (None, Some(0.0)) => Ok(false),
        (None, Some(1.0)) => Ok(true),
        _ => Err(wrong(name, "true or false", json)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case() -> Case {
        Case::from_json(&json!({
            "inputs": { "x": [1, null, "inf", -2.5], "m": [[1, 2], [3, 4]], "ragged": [[1], [2, 3]],
                        "bad": [[1], ["a"]], "fills": [{"price": 10.5, "qty": 3}] },
            "params": { "n": 5.0, "half": 0.5, "neg": -1, "none": null, "on": true, "kind": "c" },
        }))
        .unwrap()
    }

    #[test]
    fn numbers_lists_and_matrices_are_read_with_their_special_values() {
        let case = case();
        let x = case.series("x").unwrap();
        assert!(x[0] == 1.0 && x[1].is_nan() && x[2] == f64::INFINITY && x[3] == -2.5);
        assert_eq!(case.matrix("m").unwrap(), vec![vec![1.0, 2.0], vec![3.0, 4.0]]);
        assert_eq!(case.groups("ragged").unwrap().len(), 2);
        assert_eq!(case.count("n"), Ok(5));
        assert_eq!(case.integer("neg"), Ok(-1));
        assert_eq!(case.optional_number("none"), Ok(None));
        assert!(case.number("none").unwrap().is_nan());
        assert_eq!(case.optional_count("absent"), Ok(None));
        assert_eq!(case.flag("on"), Ok(true));
        assert_eq!(case.text("kind"), Ok("c"));
        assert_eq!(case.records("fills").unwrap()[0].number("price"), Ok(10.5));
    }

    #[test]
    fn a_wrong_kind_is_named_with_its_place() {
        let case = case();
        for (error, words) in [
            (case.number("absent").unwrap_err(), "absent is missing"),
            (case.series("n").unwrap_err(), "n should be a list of numbers, found 5.0"),
            (case.groups("bad").unwrap_err(), "bad[1][0] should be a number, found the text \"a\""),
            (
                case.matrix("ragged").unwrap_err(),
                "ragged should be a matrix with rows of one length, found a list of 2",
            ),
            (case.count("neg").unwrap_err(), "neg should be a whole number, 0 or more, found -1"),
            (case.integer("half").unwrap_err(), "half should be a whole number, found 0.5"),
            (case.flag("kind").unwrap_err(), "kind should be true or false, found the text \"c\""),
            (case.unknown_choice("kind", "ct"), "kind is \"c\", allowed is ct"),
            (
                Case::from_json(&json!([1])).unwrap_err(),
                "expected an object with inputs and params, found a list of 1",
            ),
        ] {
            assert_eq!(error.to_string(), words);
        }
    }
}
