//! Where a model's number comes from, so that a fallback is visible wherever it is shown.

use serde::{Deserialize, Serialize};

/// How a number came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Estimated from data by the method its name says.
    Fitted,
    /// The method could not be used; a documented substitute was.
    Fallback {
        /// The substitute.
        name: String,
        /// Why it was needed.
        reason: String,
    },
    /// A configured value; nothing was estimated.
    Default,
}

impl Provenance {
    /// A fallback with its name and reason.
    #[must_use]
    pub fn fallback(name: &str, reason: impl Into<String>) -> Self {
        Self::Fallback { name: name.to_owned(), reason: reason.into() }
    }

    /// Whether the number is anything but fitted; the screen then marks it with `'`.
    #[must_use]
    pub const fn is_substitute(&self) -> bool {
        !matches!(self, Self::Fitted)
    }
}

/// A value with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// How it came about.
    pub provenance: Provenance,
}
