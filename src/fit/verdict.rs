//! A model, or the named reason why there is none; and the rules that decided.

use serde::{Deserialize, Serialize};

/// What an estimation came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict<T> {
    /// Estimated, and every rule of validity holds.
    Validated {
        /// The result.
        model: T,
    },
    /// There is no result.
    Refused {
        /// Why, in words.
        reason: String,
    },
}

impl<T> Verdict<T> {
    /// The model, if there is one.
    #[must_use]
    pub const fn model(&self) -> Option<&T> {
        match self {
            Self::Validated { model } => Some(model),
            Self::Refused { .. } => None,
        }
    }

    /// Why there is none.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Validated { .. } => None,
            Self::Refused { reason } => Some(reason),
        }
    }

    pub(super) fn refused(reason: impl ToString) -> Self {
        Self::Refused { reason: reason.to_string() }
    }
}

impl<T, E: ToString> From<Result<T, E>> for Verdict<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(model) => Self::Validated { model },
            Err(error) => Self::refused(error),
        }
    }
}

/// One rule of validity with the number it looked at.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// The number; `None` where it is infinite or no number.
    pub value: Option<f64>,
    /// What is allowed.
    pub allowed: String,
    /// Whether it holds.
    pub holds: bool,
}

impl Check {
    pub(super) fn new(name: &str, value: f64, allowed: &str, holds: bool) -> Self {
        let value = Some(value).filter(|v| v.is_finite());
        Self { name: name.to_owned(), value, allowed: allowed.to_owned(), holds }
    }
}
