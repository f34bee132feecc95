//! Dates of the Bikram Sambat calendar, Nepal's own.
//!
//! Its month lengths follow the sun and are fixed a year at a time by Nepal's almanac committee
//! (Nepal Panchanga Nirnayak Samiti) in the published Nepali Patro. So this is a table, never a
//! formula: a year that is not in it is shown as unknown.
//!
//! The table holds 2067 to 2083. Each year was checked against the known Gregorian date of its
//! first day, against an independent copy of the Patro's table, and against the sun's entry into
//! each sign by the Surya Siddhanta, which the committee uses. 2084 is left out: copies in
//! circulation disagree about it and its almanac was not to be had.

use std::fmt;

use super::SessionDate;

/// A date of the Bikram Sambat calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BikramSambat {
    /// Year, 2083 for most of 2026.
    pub year: u16,
    /// Month, 1 (Baisakh) to 12 (Chaitra).
    pub month: u8,
    /// Day of the month, from 1 (gate).
    pub day: u8,
}

/// The months in order, as they are usually written in Latin letters.
pub const MONTHS: [&str; 12] = [
    "Baisakh", "Jestha", "Asar", "Shrawan", "Bhadra", "Asoj", "Kartik", "Mangsir", "Poush", "Magh", "Falgun",
    "Chaitra",
];

/// The first year of the table.
const FIRST_YEAR: u16 = 2067;

/// 1 Baisakh 2067.
const FIRST_DAY: (i32, u32, u32) = (2010, 4, 14);

/// Days of each month, by year from [`FIRST_YEAR`].
const MONTH_DAYS: [[u8; 12]; 17] = [
    [31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30], // 2067
    [31, 31, 32, 32, 31, 30, 30, 29, 30, 29, 30, 30], // 2068
    [31, 32, 31, 32, 31, 30, 30, 30, 29, 29, 30, 31], // 2069
    [31, 31, 31, 32, 31, 31, 29, 30, 30, 29, 30, 30], // 2070
    [31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30], // 2071
    [31, 32, 31, 32, 31, 30, 30, 29, 30, 29, 30, 30], // 2072
    [31, 32, 31, 32, 31, 30, 30, 30, 29, 29, 30, 31], // 2073
    [31, 31, 31, 32, 31, 31, 30, 29, 30, 29, 30, 30], // 2074
    [31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30], // 2075
    [31, 32, 31, 32, 31, 30, 30, 30, 29, 29, 30, 30], // 2076
    [31, 32, 31, 32, 31, 30, 30, 30, 29, 30, 29, 31], // 2077
    [31, 31, 31, 32, 31, 31, 30, 29, 30, 29, 30, 30], // 2078
    [31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30], // 2079
    [31, 32, 31, 32, 31, 30, 30, 30, 29, 29, 30, 30], // 2080
    [31, 32, 31, 32, 31, 30, 30, 30, 29, 30, 29, 31], // 2081
    [31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30], // 2082
    [31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30], // 2083
];

fn first_day() -> SessionDate {
    let (year, month, day) = FIRST_DAY;
    SessionDate::new(year, month, day).expect("the calendar has this day")
}

impl BikramSambat {
    /// The date of a Gregorian one; `None` outside the table.
    #[must_use]
    pub fn from_gregorian(date: SessionDate) -> Option<Self> {
        let mut left = date.days_since(first_day());
        if left < 0 {
            return None;
        }
        for (year, months) in (FIRST_YEAR..).zip(&MONTH_DAYS) {
            for (month, days) in (1u8..).zip(months) {
                if left < i64::from(*days) {
                    return Some(Self { year, month, day: u8::try_from(left + 1).ok()? });
                }
                left -= i64::from(*days);
            }
        }
        None
    }

    /// The Gregorian date; `None` if the year is not in the table or has no such day.
    #[must_use]
    pub fn to_gregorian(self) -> Option<SessionDate> {
        let index = usize::from(self.year.checked_sub(FIRST_YEAR)?);
        let months = MONTH_DAYS.get(index)?;
        let before_month = usize::from(self.month.checked_sub(1)?);
        let length = *months.get(before_month)?;
        if self.day == 0 || self.day > length {
            return None;
        }
        let years = MONTH_DAYS.iter().take(index).flatten();
        let days: i64 = years.chain(months.iter().take(before_month)).map(|d| i64::from(*d)).sum();
        first_day().plus_days(days + i64::from(self.day) - 1)
    }

    /// The name of the month; `None` unless it is 1 to 12.
    #[must_use]
    pub fn month_name(self) -> Option<&'static str> {
        MONTHS.get(usize::from(self.month.checked_sub(1)?)).copied()
    }
}

impl fmt::Display for BikramSambat {
    /// `2083-05-05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bs(text: &str) -> BikramSambat {
        let parts: Vec<u16> = text.split('-').map(|p| p.parse().unwrap()).collect();
        let small = |i: usize| u8::try_from(parts[i]).unwrap();
        BikramSambat { year: parts[0], month: small(1), day: small(2) }
    }

    #[test]
    fn known_days_agree_both_ways() {
        for (gregorian, expected, month) in [
            ("2010-04-14", "2067-01-01", "Baisakh"),
            ("2011-07-17", "2068-04-01", "Shrawan"), // a fiscal year begins
            ("2015-04-25", "2072-01-12", "Baisakh"), // the earthquake
            ("2021-01-24", "2077-10-11", "Magh"),    // settlement changes
            ("2021-07-16", "2078-04-01", "Shrawan"),
            ("2022-04-14", "2079-01-01", "Baisakh"),
            ("2023-04-14", "2080-01-01", "Baisakh"),
            ("2024-04-13", "2081-01-01", "Baisakh"),
            ("2024-07-02", "2081-03-18", "Asar"),
            ("2025-04-14", "2082-01-01", "Baisakh"),
            ("2026-04-14", "2083-01-01", "Baisakh"),
            ("2026-07-17", "2083-04-01", "Shrawan"),
            ("2026-08-21", "2083-05-05", "Bhadra"),
            ("2026-10-11", "2083-06-25", "Asoj"), // Ghatasthapana in the committee's almanac
            ("2026-10-21", "2083-07-04", "Kartik"), // Vijaya Dashami, the eleventh day
            ("2027-04-13", "2083-12-30", "Chaitra"),
        ] {
            let date: SessionDate = gregorian.parse().unwrap();
            let got = BikramSambat::from_gregorian(date).unwrap();
            assert_eq!(got, bs(expected), "{gregorian}");
            assert_eq!(got.to_gregorian(), Some(date), "{expected}");
            assert_eq!(got.to_string(), expected);
            assert_eq!(got.month_name(), Some(month));
        }
    }

    #[test]
    fn every_day_of_the_table_goes_there_and_back() {
        let mut date = first_day();
        let mut days = 0;
        while let Some(got) = BikramSambat::from_gregorian(date) {
            assert_eq!(got.to_gregorian(), Some(date));
            date = date.plus_days(1).unwrap();
            days += 1;
        }
        assert_eq!(date.to_string(), "2027-04-14");
        assert_eq!(days, 17 * 365 + 4); // 2069, 2073, 2077 and 2081 have 366 days
    }

    #[test]
    fn unknown_years_and_days_are_nothing() {
        for gregorian in ["2010-04-13", "2027-04-14"] {
            assert_eq!(BikramSambat::from_gregorian(gregorian.parse().unwrap()), None, "{gregorian}");
        }
        for text in ["2066-01-01", "2084-01-01", "2083-13-01", "2083-00-01", "2083-01-32", "2083-01-00"] {
            assert_eq!(bs(text).to_gregorian(), None, "{text}");
        }
    }
}
