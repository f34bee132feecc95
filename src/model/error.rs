//! Why a model function gives no number (C0).

/// The one error type of the model rooms. No function returns NaN or infinity instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// There is no data at all.
    #[error("no data")]
    EmptyInput,
    /// Fewer observations than the method needs.
    #[error("needs {need} observations, got {got}")]
    TooShort {
        /// The minimum.
        need: usize,
        /// What was given.
        got: usize,
    },
    /// A value is NaN or infinite.
    #[error("value {index} is not finite")]
    NonFinite {
        /// Its place in the input.
        index: usize,
    },
    /// A value outside what the method is defined for.
    #[error("{name} is {value}, allowed is {domain}")]
    OutOfDomain {
        /// Which input.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        domain: &'static str,
    },
    /// Inputs that should have equal lengths or fitting shapes do not.
    #[error("dimensions do not match: {left} against {right}")]
    DimensionMismatch {
        /// One length.
        left: usize,
        /// The other.
        right: usize,
    },
    /// A matrix that must be inverted cannot be.
    #[error("singular matrix")]
    Singular,
    /// An iterative method stopped early; the caller keeps the previous value.
    #[error("not converged after {iterations} iterations")]
    NotConverged {
        /// How many were tried.
        iterations: usize,
    },
    /// The data cannot carry the estimate: zero variance, one regime, no mean reversion.
    #[error("degenerate: {why}")]
    Degenerate {
        /// What is missing.
        why: &'static str,
    },
    /// No value satisfies the constraints.
    #[error("infeasible: {why}")]
    Infeasible {
        /// Which constraints collide.
        why: &'static str,
    },
    /// The input is too old to be used.
    #[error("stale by {age_ns} ns")]
    Stale {
        /// How old.
        age_ns: i64,
    },
    /// A feature would have used what was not yet known.
    #[error("{feature} looks ahead")]
    LookAhead {
        /// Which one.
        feature: String,
    },
    /// A capability this market does not have.
    #[error("{0} is not available here")]
    NotAvailable(&'static str),
}

/// The largest size of an input. No market number comes near it, and the fourth powers and the
/// ratios that estimators take stay finite below it.
pub const LARGEST: f64 = 1e60;

/// The smallest size of an input that something is divided by.
pub const SMALLEST: f64 = 1e-60;

/// Whether a value can be computed with: finite, and not beyond [`LARGEST`].
pub(crate) const fn usable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Refuses empty input and any value that is not finite, or so large that its powers are not.
///
/// # Errors
/// [`ModelError::EmptyInput`]; [`ModelError::NonFinite`] with the first bad index;
/// [`ModelError::OutOfDomain`] for a value beyond [`LARGEST`].
pub fn check_finite(values: &[f64]) -> Result<(), ModelError> {
    if values.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    if let Some(index) = values.iter().position(|v| !v.is_finite()) {
        return Err(ModelError::NonFinite { index });
    }
    match values.iter().find(|v| !usable(**v)) {
        Some(value) => {
            Err(ModelError::OutOfDomain { name: "value", value: *value, domain: "at most 1e60 in size" })
        }
        None => Ok(()),
    }
}

/// Hands on an answer that is finite. For formulas whose parts are in their domains while the
/// answer can still be too large to be written.
///
/// # Errors
/// [`ModelError::OutOfDomain`] under the answer's name.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, ModelError> {
    if value.is_finite() { Ok(value) } else { Err(ModelError::OutOfDomain { name, value, domain: "finite" }) }
}

/// [`check_finite`], and at least `need` values.
///
/// # Errors
/// As [`check_finite`], or [`ModelError::TooShort`].
pub fn check_series(values: &[f64], need: usize) -> Result<(), ModelError> {
    check_finite(values)?;
    if values.len() < need {
        return Err(ModelError::TooShort { need, got: values.len() });
    }
    Ok(())
}
