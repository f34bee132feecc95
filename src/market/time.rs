//! Engine time and session dates: two types, because a trading day is not an instant.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

/// Nepal is five hours and three quarters ahead of UTC, all year.
pub const NEPAL_OFFSET_S: i32 = 5 * 3_600 + 45 * 60;

/// Nanoseconds in a second.
pub const NS_PER_S: i64 = 1_000_000_000;

/// A moment on the engine's clock: nanoseconds since the Unix epoch, UTC.
///
/// It always comes with an input; nothing in the core asks a clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// `ns` nanoseconds after the Unix epoch.
    #[must_use]
    pub const fn from_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// Nanoseconds after the Unix epoch.
    #[must_use]
    pub const fn ns(self) -> i64 {
        self.0
    }

    /// A Nepal wall-clock time on a date; `None` outside the years 1678 to 2261.
    #[must_use]
    pub fn nepal(date: SessionDate, time: NaiveTime) -> Option<Self> {
        let utc = NaiveDateTime::new(date.0, time) - TimeDelta::seconds(i64::from(NEPAL_OFFSET_S));
        utc.and_utc().timestamp_nanos_opt().map(Self)
    }

    /// The moment on a Nepal clock.
    #[must_use]
    pub fn to_nepal(self) -> DateTime<FixedOffset> {
        let offset = FixedOffset::east_opt(NEPAL_OFFSET_S).expect("05:45 is a legal offset");
        DateTime::from_timestamp_nanos(self.0).with_timezone(&offset)
    }

    /// The date on a Nepal calendar.
    #[must_use]
    pub fn nepal_date(self) -> SessionDate {
        SessionDate(self.to_nepal().date_naive())
    }

    /// The time of day on a Nepal clock.
    #[must_use]
    pub fn nepal_time(self) -> NaiveTime {
        self.to_nepal().time()
    }

    /// Nanoseconds from `earlier` to this; negative if it is later. Saturates.
    #[must_use]
    pub const fn since_ns(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment plus `ns`. Saturates.
    #[must_use]
    pub const fn plus_ns(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }
}

impl fmt::Display for Timestamp {
    /// `2024-07-02 11:01:20.838` in Nepal time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_nepal().format("%Y-%m-%d %H:%M:%S%.3f"))
    }
}

/// The date of a trading session, Gregorian, as the exchange dates it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionDate(NaiveDate);

impl SessionDate {
    /// A date; `None` if the calendar has no such day.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// The date as `chrono` has it.
    #[must_use]
    pub const fn naive(self) -> NaiveDate {
        self.0
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    /// The date `days` later (earlier if negative); `None` outside the calendar.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Option<Self> {
        self.0.checked_add_signed(TimeDelta::try_days(days)?).map(Self)
    }

    /// Calendar days from `earlier` to this.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }
}

impl From<NaiveDate> for SessionDate {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl std::str::FromStr for SessionDate {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }
}

impl fmt::Display for SessionDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nepal_time_goes_there_and_back() {
        let date = SessionDate::new(2024, 7, 2).unwrap();
        let open = NaiveTime::from_hms_opt(11, 0, 0).unwrap();
        let at = Timestamp::nepal(date, open).unwrap();
        assert_eq!(at.nepal_date(), date);
        assert_eq!(at.nepal_time(), open);
        assert_eq!(at.to_string(), "2024-07-02 11:00:00.000");
        assert_eq!(at.ns() % NS_PER_S, 0);
    }
}
