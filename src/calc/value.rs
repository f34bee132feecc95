//! What a function returns, and its JSON form.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A result: numbers, lists of them, or a record of named results.
///
/// Unlike JSON it can say NaN and infinity; [`Value::to_json`] writes them as `null`, `"inf"` and
/// `"-inf"`, as the reference cases do.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A real number; NaN means undefined.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Flag(bool),
    /// Words.
    Text(String),
    /// An ordered list; a matrix is a list of rows.
    List(Vec<Value>),
    /// Named results.
    Record(BTreeMap<String, Value>),
}

impl Value {
    /// A record from its parts.
    #[must_use]
    pub fn record<const N: usize>(parts: [(&str, Value); N]) -> Self {
        Self::Record(parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The same record with one more part; anything else is returned unchanged.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Self::Record(parts) = &mut self {
            parts.insert(key.to_owned(), value.into());
        }
        self
    }

    /// A part of a record.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Record(parts) => parts.get(key),
            _ => None,
        }
    }

    /// The number, also when it is a whole one.
    #[must_use]
    pub const fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Integer(integer) => Some(*integer as f64),
            _ => None,
        }
    }

    /// The list as numbers, if all of it is.
    #[must_use]
    pub fn as_series(&self) -> Option<Vec<f64>> {
        match self {
            Self::List(items) => items.iter().map(Self::as_number).collect(),
            _ => None,
        }
    }

    /// The JSON form: NaN becomes `null`, infinities become `"inf"` and `"-inf"`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Number(number) if number.is_nan() => Json::Null,
            Self::Number(number) if number.is_infinite() => {
                Json::from(if *number > 0.0 { "inf" } else { "-inf" })
            }
            Self::Number(number) => Json::from(*number),
            Self::Integer(integer) => Json::from(*integer),
            Self::Flag(flag) => Json::from(*flag),
            Self::Text(text) => Json::from(text.as_str()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Record(parts) => {
                Json::Object(parts.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i8> for Value {
    fn from(integer: i8) -> Self {
        Self::Integer(i64::from(integer))
    }
}

/// `None` is undefined: `null` in JSON.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Number(f64::NAN), Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Clone + Into<Value>> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        Self::List(items.iter().cloned().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_a_form_for_every_number() {
        for (value, text) in [
            (Value::from(1.5), "1.5"),
            (Value::from(f64::NAN), "null"),
            (Value::from(f64::INFINITY), "\"inf\""),
            (Value::from(f64::NEG_INFINITY), "\"-inf\""),
            (Value::from(3_usize), "3"),
            (Value::from(None::<f64>), "null"),
            (Value::from(vec![vec![1.0, 2.0], vec![3.0]]), "[[1.0,2.0],[3.0]]"),
            (Value::record([("b", true.into()), ("a", "x".into())]), "{\"a\":\"x\",\"b\":true}"),
        ] {
            assert_eq!(value.to_json().to_string(), text);
        }
    }
}
