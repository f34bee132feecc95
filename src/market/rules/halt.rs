//! Market-wide halts by the move of the index.
//!
//! Three levels, either direction, against the index close of the session before. Each level
//! counts once a day and the lower two only early in the day, so "how far to the next halt"
//! depends on the hour and on what has tripped already.

use chrono::Timelike;

use super::{Dated, RuleError};
use crate::market::time::NS_PER_S;
use crate::market::{IndexValue, SessionDate, Timestamp};

const RULE: &str = "index halt";

/// One level of the halt rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HaltLevel {
    /// 1 to 3.
    pub level: u8,
    /// The move of the index that trips it, in basis points, either direction.
    pub bps: i64,
    /// How long trading stops.
    pub length: HaltLength,
    /// Until when it can trip.
    pub until: HaltWindow,
}

/// How long a halt lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HaltLength {
    /// So many minutes.
    Minutes(u32),
    /// The rest of the day.
    RestOfDay,
}

/// Until when a level can trip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HaltWindow {
    /// In the first so many minutes of continuous trading.
    FirstMinutes(u32),
    /// Before this full hour on the clock.
    BeforeHour(u32),
    /// At any time of the session.
    AllDay,
}

impl HaltLevel {
    const fn new(level: u8, bps: i64, length: HaltLength, until: HaltWindow) -> Self {
        Self { level, bps, length, until }
    }

    /// Whether the level can trip at this moment of a session that opened at `open`.
    #[must_use]
    pub fn applies_at(&self, open: Timestamp, at: Timestamp) -> bool {
        if at < open {
            return false;
        }
        match self.until {
            HaltWindow::FirstMinutes(minutes) => at.since_ns(open) < i64::from(minutes) * 60 * NS_PER_S,
            HaltWindow::BeforeHour(hour) => at.nepal_time().hour() < hour,
            HaltWindow::AllDay => true,
        }
    }

    /// When trading may go on if the level trips at `at`; `None` for the rest of the day.
    #[must_use]
    pub fn ends(&self, at: Timestamp) -> Option<Timestamp> {
        match self.length {
            HaltLength::Minutes(minutes) => Some(at.plus_ns(i64::from(minutes) * 60 * NS_PER_S)),
            HaltLength::RestOfDay => None,
        }
    }

    /// Whether the index has moved at least this far. Exact; false without a previous close.
    #[must_use]
    fn reached(&self, index: IndexValue) -> bool {
        let Some(previous) = positive_close(index) else { return false };
        let moved = (i128::from(index.points_e2) - i128::from(previous)).abs();
        moved * 10_000 >= i128::from(self.bps) * i128::from(previous)
    }
}

/// 3 % 15 minutes, 4 % 30 minutes, 5 % the rest of the day.
const THREE_FOUR_FIVE: [HaltLevel; 3] = [
    HaltLevel::new(1, 300, HaltLength::Minutes(15), HaltWindow::FirstMinutes(60)),
    HaltLevel::new(2, 400, HaltLength::Minutes(30), HaltWindow::FirstMinutes(120)),
    HaltLevel::new(3, 500, HaltLength::RestOfDay, HaltWindow::AllDay),
];

/// 4 % 20 minutes, 5 % 40 minutes, 6 % the rest of the day.
const FOUR_FIVE_SIX: [HaltLevel; 3] = [
    HaltLevel::new(1, 400, HaltLength::Minutes(20), HaltWindow::BeforeHour(12)),
    HaltLevel::new(2, 500, HaltLength::Minutes(40), HaltWindow::BeforeHour(13)),
    HaltLevel::new(3, 600, HaltLength::RestOfDay, HaltWindow::AllDay),
];

/// The two short sessions of May 2020.
const TWO_PER_CENT: [HaltLevel; 1] = [HaltLevel::new(3, 200, HaltLength::RestOfDay, HaltWindow::AllDay)];

static LEVELS: Dated<&[HaltLevel]> = Dated(&[
    (20_080_825, &THREE_FOUR_FIVE),
    (20_190_401, &FOUR_FIVE_SIX),
    (20_200_512, &TWO_PER_CENT),
    (20_200_514, &FOUR_FIVE_SIX),
]);

/// The halt levels in force on a date, lowest first.
///
/// To 2019-03-31: 3 % stops trading for 15 minutes in the first hour, 4 % for 30 minutes up to the
/// end of the second hour, 5 % for the rest of the day (levels high confidence, their start on
/// 2008-08-25 medium; the index-point rule before it is not kept). From 2019-04-01: 4 % for 20
/// minutes before 12:00, 5 % for 40 minutes before 13:00, 6 % for the rest of the day (high
/// confidence; kept after the band change of 2026-04-20, as no new rule was published). On
/// 2020-05-12 and 05-13 a move of 2 % closed the market for the day. Source: market rules, section
/// 2 and section 1 for May 2020.
///
/// # Errors
/// [`RuleError::NotAvailable`] before 2008-08-25.
pub fn halt_levels(date: SessionDate) -> Result<&'static [HaltLevel], RuleError> {
    LEVELS.require(RULE, date).copied()
}

/// The level that an index value trips now, if any: the highest one that applies at this hour, is
/// above what has tripped today (`tripped`, 0 for none), and is reached.
///
/// # Errors
/// As [`halt_levels`].
pub fn tripped_by(
    date: SessionDate,
    open: Timestamp,
    at: Timestamp,
    tripped: u8,
    index: IndexValue,
) -> Result<Option<HaltLevel>, RuleError> {
    let live = halt_levels(date)?.iter().filter(|l| l.level > tripped && l.applies_at(open, at));
    Ok(live.filter(|l| l.reached(index)).max_by_key(|l| l.level).copied())
}

/// The next halt and how far away it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextHalt {
    /// The level.
    pub level: HaltLevel,
    /// The index value that trips it from above, hundredths of a point (rounded up).
    pub upper_e2: i64,
    /// The index value that trips it from below, hundredths of a point (rounded down).
    pub lower_e2: i64,
    /// What the index still has to move in the direction it has already gone, in hundredths of a
    /// basis point of the previous close (rounded down); 0 if the level is reached.
    pub distance_bps_e2: i64,
}

/// The lowest level that can still trip at this hour, with its distance. `None` when no level is
/// left or the previous index close is not known.
///
/// # Errors
/// As [`halt_levels`].
pub fn next_halt(
    date: SessionDate,
    open: Timestamp,
    at: Timestamp,
    tripped: u8,
    index: IndexValue,
) -> Result<Option<NextHalt>, RuleError> {
    let mut live = halt_levels(date)?.iter().filter(|l| l.level > tripped && l.applies_at(open, at));
    Ok(live.next().and_then(|level| NextHalt::new(*level, index)))
}

impl NextHalt {
    fn new(level: HaltLevel, index: IndexValue) -> Option<Self> {
        let close = i128::from(positive_close(index)?);
        let step = i128::from(level.bps) * close;
        let upper = close + (step + 9_999).div_euclid(10_000);
        let lower = close - (step + 9_999).div_euclid(10_000);
        let moved = (i128::from(index.points_e2) - close).abs();
        let distance = (i128::from(level.bps) * 100 * close - moved * 1_000_000).max(0) / close;
        Some(Self {
            level,
            upper_e2: i64::try_from(upper).ok()?,
            lower_e2: i64::try_from(lower).ok()?,
            distance_bps_e2: i64::try_from(distance).ok()?,
        })
    }
}

fn positive_close(index: IndexValue) -> Option<i64> {
    index.previous_close_e2.filter(|close| *close > 0)
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    fn at(date: &str, time: &str) -> Timestamp {
        Timestamp::nepal(day(date), time.parse().unwrap()).unwrap()
    }

    fn index(points_e2: i64, close_e2: i64) -> IndexValue {
        IndexValue { points_e2, previous_close_e2: Some(close_e2) }
    }

    #[test]
    fn the_levels_by_date() {
        assert!(LEVELS.is_ordered());
        for (date, bps) in [
            ("2008-08-24", None),
            ("2008-08-25", Some(vec![300, 400, 500])),
            ("2019-03-31", Some(vec![300, 400, 500])),
            ("2019-04-01", Some(vec![400, 500, 600])),
            ("2020-05-11", Some(vec![400, 500, 600])),
            ("2020-05-12", Some(vec![200])),
            ("2020-05-13", Some(vec![200])),
            ("2020-06-29", Some(vec![400, 500, 600])),
            ("2026-08-21", Some(vec![400, 500, 600])),
        ] {
            let got = halt_levels(day(date)).ok().map(|l| l.iter().map(|l| l.bps).collect::<Vec<_>>());
            assert_eq!(got, bps, "{date}");
        }
    }

    #[test]
    fn what_trips_depends_on_the_hour_and_on_what_has_tripped() {
        // date, opening, time, highest level so far, move in bps, expected level, minutes
        for (date, open, time, tripped, bps, level, minutes) in [
            ("2025-09-18", "11:00:00", "11:02:00", 0, -400, Some(1), Some(20)),
            ("2025-09-18", "11:00:00", "11:02:00", 0, -399, None, None),
            ("2025-09-18", "11:00:00", "11:23:00", 1, -420, None, None),
            ("2025-09-18", "11:00:00", "11:23:00", 1, -500, Some(2), Some(40)),
            ("2025-09-18", "11:00:00", "12:04:00", 2, -600, Some(3), None),
            ("2024-07-02", "11:00:00", "11:59:59", 0, 450, Some(1), Some(20)),
            ("2024-07-02", "11:00:00", "12:00:00", 0, 450, None, None),
            ("2024-07-02", "11:00:00", "12:59:59", 0, 550, Some(2), Some(40)),
            ("2024-07-02", "11:00:00", "13:00:00", 0, 550, None, None),
            ("2024-07-02", "11:00:00", "14:59:00", 0, 600, Some(3), None),
            ("2026-03-09", "11:00:00", "11:02:00", 0, 600, Some(3), None),
            ("2024-07-02", "11:00:00", "10:59:59", 0, 600, None, None),
            ("2015-06-30", "12:00:00", "12:59:59", 0, 300, Some(1), Some(15)),
            ("2015-06-30", "12:00:00", "13:00:00", 0, 300, None, None),
            ("2015-06-30", "12:00:00", "13:59:59", 0, -450, Some(2), Some(30)),
            ("2015-06-30", "12:00:00", "14:00:00", 0, -450, None, None),
            ("2015-06-30", "12:00:00", "14:30:00", 0, -500, Some(3), None),
            ("2020-05-13", "11:00:00", "11:01:00", 0, -200, Some(3), None),
        ] {
            let value = index(100_000_000 + bps * 10_000, 100_000_000);
            let now = at(date, time);
            let got = tripped_by(day(date), at(date, open), now, tripped, value).unwrap();
            assert_eq!(got.map(|l| l.level), level, "{date} {time} {bps}");
            let length = got.and_then(|l| l.ends(now)).map(|end| end.since_ns(now) / (60 * NS_PER_S));
            assert_eq!(length, minutes, "{date} {time} {bps}");
        }
    }

    #[test]
    fn the_final_halt_of_a_recorded_day() {
        // 2,672.25 before, 2,511.91 at the end: -6.00 % to the decimal.
        let date = "2025-09-18";
        let got =
            tripped_by(day(date), at(date, "11:00:00"), at(date, "12:04:00"), 2, index(251_191, 267_225))
                .unwrap();
        assert_eq!(got.map(|l| l.level), Some(3));
    }

    #[test]
    fn the_distance_to_the_next_halt_that_applies_now() {
        let date = "2024-07-02";
        let next = |time: &str, tripped, points| {
            let value = index(points, 200_000);
            next_halt(day(date), at(date, "11:00:00"), at(date, time), tripped, value).unwrap()
        };
        for (time, tripped, points, level, distance) in [
            ("11:30:00", 0, 200_000, 1, 40_000), // 400 bps
            ("11:30:00", 0, 206_000, 1, 10_000), // up 3 %, 1 % to go
            ("11:30:00", 0, 194_000, 1, 10_000), // down likewise
            ("11:30:00", 1, 208_000, 2, 10_000),
            ("12:30:00", 0, 208_000, 2, 10_000),
            ("13:30:00", 0, 208_000, 3, 20_000),
            ("13:30:00", 0, 213_000, 3, 0),
        ] {
            let got = next(time, tripped, points).unwrap();
            assert_eq!((got.level.level, got.distance_bps_e2), (level, distance), "{time} {points}");
        }
        let first = next("11:30:00", 0, 200_000).unwrap();
        assert_eq!((first.lower_e2, first.upper_e2), (192_000, 208_000));
        assert_eq!(next("13:30:00", 3, 213_000), None);
        let unknown = IndexValue { points_e2: 200_000, previous_close_e2: None };
        let open = at(date, "11:00:00");
        assert_eq!(next_halt(day(date), open, open, 0, unknown), Ok(None));
        assert_eq!(tripped_by(day(date), open, open, 0, index(1, 0)), Ok(None));
    }
}
