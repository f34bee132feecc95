//! Probabilities of the stress regime, told apart by what they have seen.
//!
//! A smoothed probability uses the whole sample, so at every past bar it knows the future; it looks
//! better than anything that could have been traded. The two are different types for that reason
//! alone: a decision takes a [`FilteredProbability`], and nothing turns a [`SmoothedProbability`]
//! into one (C4).

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

const DOMAIN: &str = "0 to 1";

fn checked(value: f64) -> Result<f64, ModelError> {
    if (0.0..=1.0).contains(&value) {
        // Adding zero turns -0.0 into 0.0, so that equal probabilities have equal bytes.
        Ok(value + 0.0)
    } else {
        Err(ModelError::OutOfDomain { name: "probability", value, domain: DOMAIN })
    }
}

/// `P(stress at t | data up to t)`, or a prediction made from it. Always in 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct FilteredProbability(f64);

impl FilteredProbability {
    /// Checks the domain.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] outside 0 to 1, NaN included.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        checked(value).map(Self)
    }

    /// From a recursion that can leave 0 to 1 only by rounding.
    pub(crate) const fn from_recursion(value: f64) -> Self {
        Self(value.clamp(0.0, 1.0))
    }

    /// The probability.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// In parts per million, rounded to nearest: the form that is journaled, so that two machines
    /// whose `exp` differs in the last bit still write the same decision.
    #[must_use]
    pub fn ppm(self) -> u32 {
        (self.0 * 1e6).round() as u32
    }
}

/// `P(stress at t | the whole sample)`: for reports and for estimation only. Always in 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct SmoothedProbability(f64);

impl SmoothedProbability {
    /// Checks the domain.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] outside 0 to 1, NaN included.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        checked(value).map(Self)
    }

    /// From a recursion that can leave 0 to 1 only by rounding.
    pub(crate) const fn from_recursion(value: f64) -> Self {
        Self(value.clamp(0.0, 1.0))
    }

    /// The probability.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for FilteredProbability {
    type Error = ModelError;
    fn try_from(value: f64) -> Result<Self, ModelError> {
        Self::new(value)
    }
}

impl From<FilteredProbability> for f64 {
    fn from(p: FilteredProbability) -> Self {
        p.0
    }
}

impl TryFrom<f64> for SmoothedProbability {
    type Error = ModelError;
    fn try_from(value: f64) -> Result<Self, ModelError> {
        Self::new(value)
    }
}

impl From<SmoothedProbability> for f64 {
    fn from(p: SmoothedProbability) -> Self {
        p.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probabilities_are_probabilities() {
        for bad in [-1e-12, 1.0 + 1e-12, f64::NAN, f64::INFINITY] {
            assert!(FilteredProbability::new(bad).is_err(), "{bad}");
            assert!(SmoothedProbability::new(bad).is_err(), "{bad}");
        }
        assert_eq!(FilteredProbability::new(-0.0).unwrap().get().to_bits(), 0.0f64.to_bits());
    }

    #[test]
    fn text_outside_the_domain_is_refused() {
        assert!(serde_json::from_str::<FilteredProbability>("1.5").is_err());
        let p: FilteredProbability = serde_json::from_str("0.25").unwrap();
        assert_eq!((p.get(), p.ppm()), (0.25, 250_000));
    }
}
