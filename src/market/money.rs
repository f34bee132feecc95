//! Money in whole paisa.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::price::{ParseNumberError, parse_scaled, write_scaled};

/// An amount of Nepalese rupees in paisa. Signed: a cost is positive where the name says cost,
/// a cash movement is negative when cash leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `paisa` hundredths of a rupee.
    #[must_use]
    pub const fn from_paisa(paisa: i64) -> Self {
        Self(paisa)
    }

    /// Whole rupees; `None` on overflow.
    #[must_use]
    pub const fn from_rupees(rupees: i64) -> Option<Self> {
        match rupees.checked_mul(100) {
            Some(paisa) => Some(Self(paisa)),
            None => None,
        }
    }

    /// The amount in paisa.
    #[must_use]
    pub const fn paisa(self) -> i64 {
        self.0
    }

    /// Sum; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference; `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// This amount times `numerator / denominator`, rounded to the nearest paisa, half up
    /// (towards positive infinity), as every charge line is. `None` on overflow or a
    /// denominator that is not positive.
    #[must_use]
    pub fn scaled_half_up(self, numerator: i64, denominator: i64) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let rounded = (2 * product + denominator).div_euclid(2 * denominator);
        i64::try_from(rounded).ok().map(Self)
    }

    /// Reads `"12,34,567.80"` or `"1234567.8"`.
    ///
    /// # Errors
    /// The text itself when it is not an amount with at most two decimals.
    pub fn parse(text: &str) -> Result<Self, ParseNumberError> {
        parse_scaled(text, 100).map(Self)
    }

    /// Sum that stops at the largest amount; for totals that are shown, never for orders.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Money {
    /// Plain digits with two decimals. The screen groups them by lakh; this is for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, self.0, 100)
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Self::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_rounds_half_up_to_the_paisa() {
        for (paisa, num, den, expected) in [
            (50_000_000, 33, 10_000, 165_000),
            (1, 1, 2, 1),
            (-1, 1, 2, 0),
            (3, 1, 2, 2),
            (2_151_875, 10, 100, 215_188),
        ] {
            assert_eq!(
                Money::from_paisa(paisa).scaled_half_up(num, den),
                Some(Money::from_paisa(expected)),
                "{paisa} * {num}/{den}"
            );
        }
        assert_eq!(Money::from_paisa(i64::MAX).scaled_half_up(3, 1), None);
        assert_eq!(Money::from_paisa(1).scaled_half_up(1, 0), None);
    }
}
