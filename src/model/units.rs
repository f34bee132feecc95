//! Units that are easily swapped, each as a type of its own.
//!
//! Inside the models a bare `f64` is a decimal fraction, as C0 has it. What is counted in
//! anything else (basis points, volatility per day or per year, minutes, sessions) carries its
//! unit here, and the conversions are the only way from one to another. Every value is
//! checked once, when it is made.

use serde::{Deserialize, Serialize};

use super::ModelError;
use super::error::{SMALLEST, usable};

/// Minutes of a regular continuous session, 11:00 to 15:00 (C0).
pub const SESSION_MINUTES: f64 = 240.0;

/// Sessions in a year where the calendar cannot say (C0, measured).
pub const SESSIONS_PER_YEAR_FALLBACK: f64 = 232.0;

/// Refuses `value` with its name and what is allowed, unless `allowed` holds. NaN, the
/// infinities and what is beyond [`LARGEST`](super::error::LARGEST) are refused whatever `allowed` says.
///
/// # Errors
/// [`ModelError::OutOfDomain`].
pub(crate) fn require(
    allowed: bool,
    name: &'static str,
    value: f64,
    domain: &'static str,
) -> Result<(), ModelError> {
    if allowed && usable(value) { Ok(()) } else { Err(ModelError::OutOfDomain { name, value, domain }) }
}

/// Refuses anything but a finite number at or above zero.
///
/// # Errors
/// [`ModelError::OutOfDomain`].
pub(crate) fn require_non_negative(name: &'static str, value: f64) -> Result<(), ModelError> {
    require(value >= 0.0, name, value, "finite, at or above 0")
}

/// Refuses anything but a finite number above zero, far enough to divide by.
///
/// # Errors
/// [`ModelError::OutOfDomain`].
pub(crate) fn require_positive(name: &'static str, value: f64) -> Result<(), ModelError> {
    require(value >= SMALLEST, name, value, "finite, above 0")
}

/// Refuses anything outside [0, 1].
///
/// # Errors
/// [`ModelError::OutOfDomain`].
pub(crate) fn require_unit(name: &'static str, value: f64) -> Result<(), ModelError> {
    require((0.0..=1.0).contains(&value), name, value, "[0, 1]")
}

/// Basis points: one is 1e-4 of the notional.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bps(f64);

impl Bps {
    /// `value` basis points, signed.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        require(true, "basis points", value, "finite")?;
        Ok(Self(value))
    }

    /// A fraction of notional in basis points.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite.
    pub fn from_fraction(fraction: f64) -> Result<Self, ModelError> {
        Self::new(fraction * 1e4)
    }

    /// The number of basis points.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// As a fraction of notional.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0 * 1e-4
    }
}

/// Sessions in a year, the `D` of C0; every annualised number names the one it used.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionsPerYear(f64);

impl SessionsPerYear {
    /// `sessions` in a year.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] outside [1, 366].
    pub fn new(sessions: f64) -> Result<Self, ModelError> {
        require((1.0..=366.0).contains(&sessions), "sessions per year", sessions, "[1, 366]")?;
        Ok(Self(sessions))
    }

    /// The number of sessions.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl Default for SessionsPerYear {
    fn default() -> Self {
        Self(SESSIONS_PER_YEAR_FALLBACK)
    }
}

/// Volatility of a return over one trading day, decimal.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DailyVol(f64);

impl DailyVol {
    /// `value` per day, decimal (0.025 is 2.5 %).
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite and at or above 0.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        require_non_negative("daily volatility", value)?;
        Ok(Self(value))
    }

    /// The decimal per day.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// The same risk stated per year.
    #[must_use]
    pub fn annual(self, year: SessionsPerYear) -> AnnualVol {
        AnnualVol(self.0 * year.value().sqrt())
    }

    /// Standard deviation over a stretch of trading time.
    #[must_use]
    pub fn over(self, time: TradingDays) -> f64 {
        self.0 * time.value().sqrt()
    }
}

/// Volatility of a return over one year, decimal.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnnualVol(f64);

impl AnnualVol {
    /// `value` per year, decimal (0.15 is 15 %).
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite and at or above 0.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        require_non_negative("annual volatility", value)?;
        Ok(Self(value))
    }

    /// The decimal per year.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// The same risk stated per trading day.
    #[must_use]
    pub fn daily(self, year: SessionsPerYear) -> DailyVol {
        DailyVol(self.0 / year.value().sqrt())
    }
}

/// Tradable minutes: halts and closed time are already taken out.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minutes(f64);

impl Minutes {
    /// `value` minutes.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite and at or above 0.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        require_non_negative("minutes", value)?;
        Ok(Self(value))
    }

    /// The number of minutes.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// As a share of trading days, 240 minutes each (X4).
    #[must_use]
    pub fn trading_days(self) -> TradingDays {
        TradingDays(self.0 / SESSION_MINUTES)
    }
}

/// Trading days, fractions included.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TradingDays(f64);

impl TradingDays {
    /// `value` days.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless finite and at or above 0.
    pub fn new(value: f64) -> Result<Self, ModelError> {
        require_non_negative("trading days", value)?;
        Ok(Self(value))
    }

    /// The number of days.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_a_year_convert_by_the_root_of_the_sessions() {
        let year = SessionsPerYear::new(256.0).unwrap();
        let daily = DailyVol::new(0.02).unwrap();
        assert!((daily.annual(year).value() - 0.32).abs() < 1e-15);
        assert!((daily.annual(year).daily(year).value() - 0.02).abs() < 1e-15);
        let hour = Minutes::new(60.0).unwrap().trading_days();
        assert!((DailyVol::new(0.015).unwrap().over(hour) - 0.0075).abs() < 1e-15, "C5: 1.5 % a day");
        assert!((Bps::from_fraction(0.0044).unwrap().value() - 44.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(DailyVol::new(bad).is_err(), "{bad}");
            assert!(AnnualVol::new(bad).is_err(), "{bad}");
            assert!(Minutes::new(bad).is_err(), "{bad}");
            assert!(TradingDays::new(bad).is_err(), "{bad}");
            assert!(SessionsPerYear::new(bad).is_err(), "{bad}");
        }
        assert!(Bps::new(f64::NAN).is_err());
        assert!(Bps::new(-3.0).is_ok());
    }
}
