//! Why a calculation gives no result.

use crate::model::ModelError;

/// An error of `himal calc`; [`CalcError::kind`] and the display text make its JSON form.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalcError {
    /// The catalogue has no such function.
    #[error("no function is called {0}")]
    UnknownFunction(String),
    /// The text is not JSON, or not of the expected outer shape.
    #[error("{0}")]
    BadJson(String),
    /// An input or parameter that the function needs is absent.
    #[error("{0} is missing")]
    Missing(String),
    /// An input or parameter is there and is not what the function takes.
    #[error("{name} should be {wanted}, found {found}")]
    WrongKind {
        /// Which one, with the place inside it.
        name: String,
        /// What the function takes.
        wanted: &'static str,
        /// What was given.
        found: String,
    },
    /// A parameter names a choice that does not exist.
    #[error("{name} is {value:?}, allowed is {allowed}")]
    UnknownChoice {
        /// Which parameter.
        name: String,
        /// Its value.
        value: String,
        /// The choices.
        allowed: &'static str,
    },
    /// The model refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Another room refused: its own kind, in `snake_case`, and its own words.
    #[error("{detail}")]
    Refused {
        /// The short name.
        kind: &'static str,
        /// The words.
        detail: String,
    },
    /// A returned parameter set breaks a constraint, so its objective proves nothing.
    #[error("infeasible result: {0}")]
    InfeasibleResult(String),
    /// The file of cases could not be read.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
}

impl CalcError {
    /// The short name under which scripts tell errors apart.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UnknownFunction(_) => "unknown_function",
            Self::BadJson(_) => "bad_json",
            Self::Missing(_) => "missing_input",
            Self::WrongKind { .. } => "wrong_kind",
            Self::UnknownChoice { .. } => "unknown_choice",
            Self::Model(error) => model_kind(error),
            Self::Refused { kind, .. } => kind,
            Self::InfeasibleResult(_) => "infeasible_result",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// `{"error": {"kind", "detail"}}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "kind": self.kind(), "detail": self.to_string() } })
    }
}

const fn model_kind(error: &ModelError) -> &'static str {
    match error {
        ModelError::EmptyInput => "empty_input",
        ModelError::TooShort { .. } => "too_short",
        ModelError::NonFinite { .. } => "non_finite",
        ModelError::OutOfDomain { .. } => "out_of_domain",
        ModelError::DimensionMismatch { .. } => "dimension_mismatch",
        ModelError::Singular => "singular",
        ModelError::NotConverged { .. } => "not_converged",
        ModelError::Degenerate { .. } => "degenerate",
        ModelError::Infeasible { .. } => "infeasible",
        ModelError::Stale { .. } => "stale",
        ModelError::LookAhead { .. } => "look_ahead",
        ModelError::NotAvailable(_) => "not_available",
    }
}
