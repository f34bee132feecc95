use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use super::*;
use crate::market::SessionPhase;

fn d(text: &str) -> SessionDate {
    text.parse().unwrap()
}

fn at(date: &str, time: &str) -> Timestamp {
    Timestamp::nepal(d(date), time.parse().unwrap()).unwrap()
}

fn count(from: &str, to: &str) -> usize {
    Calendar::embedded().sessions_between(d(from), d(to)).unwrap().len()
}

#[test]
fn every_stress_window_has_its_sessions() {
    for (event, from, to, sessions) in [
        ("earthquake", "2015-05-24", "2015-06-30", 28),
        ("earthquake closure", "2015-04-24", "2015-05-23", 0),
        ("pandemic sell-off", "2020-03-01", "2020-03-22", 14),
        ("pandemic, the habitual window", "2020-03-01", "2020-04-15", 14),
        ("pandemic closure", "2020-03-23", "2020-06-28", 2),
        ("pandemic reopening", "2020-06-29", "2020-07-31", 24),
        ("2021 top and bear market", "2021-08-19", "2022-06-30", 204),
        ("2024 rally", "2024-07-01", "2024-08-18", 34),
        ("unrest", "2025-07-30", "2025-09-30", 34),
        ("unrest closure", "2025-09-09", "2025-09-17", 0),
        ("2026", "2026-03-01", "2026-04-30", 39),
    ] {
        assert_eq!(count(from, to), sessions, "{event}");
    }
}

#[test]
fn every_year_has_its_sessions() {
    for (year, sessions) in [
        (2015, 217),
        (2016, 233),
        (2017, 230),
        (2018, 240),
        (2019, 245),
        (2020, 184),
        (2021, 239),
        (2022, 242),
        (2023, 227),
        (2024, 232),
        (2025, 225),
    ] {
        assert_eq!(count(&format!("{year}-01-01"), &format!("{year}-12-31")), sessions, "{year}");
    }
    assert_eq!(count("2026-01-01", "2026-08-21"), 152);
}

#[test]
fn the_week_changes_with_the_date() {
    let calendar = Calendar::embedded();
    for (date, trades) in [
        ("2022-05-12", true),  // Thursday
        ("2022-05-13", false), // Friday
        ("2022-05-15", false), // the first Sunday off
        ("2022-05-20", true),  // first Friday session
        ("2022-06-12", false), // Sunday
        ("2022-06-19", true),  // Sundays are back, Fridays stay
        ("2022-06-17", true),
        ("2022-09-16", true),
        ("2022-09-18", true),
        ("2022-09-23", false),
        ("2026-04-05", true), // Sunday
        ("2026-04-10", true), // Friday
        ("2026-04-12", false),
        ("2016-09-03", true), // the Saturday session
    ] {
        assert_eq!(calendar.is_session(d(date)), Ok(trades), "{date}");
    }
}

/// Dates on which the observed record and the table are known to differ: none since 2012.
const KNOWN_EXCEPTIONS: [&str; 0] = [];

#[test]
fn agrees_with_the_observed_trading_days() {
    let root = std::env::var_os("HIMAL_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let path = root.join("data/nepse-reference/trading_days_observed.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("skipped: no observed trading days at {}", path.display());
        return;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let observed: BTreeSet<SessionDate> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .filter(|(_, symbols)| symbols.parse::<u32>().unwrap() >= 15)
        .map(|(date, _)| d(date))
        .filter(|date| *date >= d("2012-01-01"))
        .collect();
    let table: BTreeSet<SessionDate> = Calendar::embedded()
        .sessions_between(d("2012-01-01"), d("2026-08-21"))
        .unwrap()
        .iter()
        .copied()
        .collect();
    let differ: Vec<String> = observed.symmetric_difference(&table).map(ToString::to_string).collect();
    assert_eq!(differ, KNOWN_EXCEPTIONS);
    assert!(observed.len() > 3_000, "the record holds {} sessions", observed.len());
}

#[test]
fn hours_and_bars_follow_the_date() {
    let calendar = Calendar::embedded();
    for (date, pre_open, open, close, bars) in [
        ("2015-06-30", None, "12:00:00", "15:00:00", 36),
        ("2017-12-13", None, "11:00:00", "15:00:00", 48),
        ("2017-12-14", None, "12:55:00", "17:00:00", 49),
        ("2020-05-12", None, "11:00:00", "13:00:00", 24),
        ("2022-05-20", Some("10:30:00"), "11:00:00", "15:00:00", 48), // a full Friday
        ("2022-06-17", Some("10:30:00"), "11:00:00", "13:30:00", 30), // a short one
        ("2022-06-19", Some("10:30:00"), "11:00:00", "15:00:00", 48),
        ("2024-07-02", Some("10:30:00"), "11:00:00", "15:00:00", 48),
        ("2026-08-21", Some("10:30:00"), "11:00:00", "15:00:00", 48), // a full Friday of 2026
    ] {
        let session = calendar.session(d(date)).unwrap();
        assert_eq!(session.pre_open.map(|p| p.entry.open), pre_open.map(|t| at(date, t)), "{date}");
        assert_eq!(session.continuous, Span { open: at(date, open), close: at(date, close) }, "{date}");
        assert_eq!(session.bars(5), Some(bars), "{date}");
        assert_eq!(session.bars(0), None);
    }
    let fire = calendar.session(d("2017-12-14")).unwrap();
    assert_eq!(fire.special.as_deref(), Some("late opening after a fire"));
    let saturday = calendar.session(d("2016-09-03")).unwrap();
    assert_eq!(saturday.continuous.minutes(), 240);
}

#[test]
fn the_phases_of_a_day() {
    let day = "2024-07-02";
    let session = Calendar::embedded().session(d(day)).unwrap();
    for (time, phase) in [
        ("10:29:59", SessionPhase::Closed),
        ("10:30:00", SessionPhase::PreOpen),
        ("10:44:59", SessionPhase::PreOpen),
        ("10:45:00", SessionPhase::PreOpenMatch),
        ("10:59:59", SessionPhase::PreOpenMatch),
        ("11:00:00", SessionPhase::Continuous),
        ("14:59:59", SessionPhase::Continuous),
        ("15:00:00", SessionPhase::Ended),
    ] {
        assert_eq!(session.phase_at(at(day, time)), phase, "{time}");
    }
    for (moment, phase) in session.phase_changes() {
        assert_eq!(session.phase_at(moment), phase);
        assert_ne!(session.phase_at(moment.plus_ns(-1)), phase);
    }
    assert_eq!(session.pre_open.map(|p| p.match_at), Some(at(day, "10:46:00")));
    assert_eq!(Calendar::embedded().session(d("2015-06-30")).unwrap().phase_changes().len(), 2);
}

#[test]
fn counts_sessions_over_closures() {
    let calendar = Calendar::embedded();
    for (date, n, expected) in [
        ("2025-09-08", 2, "2025-09-21"), // over the unrest: 09-18 is the first, 09-21 the second
        ("2020-03-22", 1, "2020-05-12"),
        ("2020-05-13", 1, "2020-06-29"),
        ("2024-07-02", 0, "2024-07-02"),
        ("2024-07-05", 0, "2024-07-07"), // a Friday
        ("2024-07-05", 1, "2024-07-07"),
        ("2015-04-23", 1, "2015-05-24"),
        ("2026-04-09", 2, "2026-04-13"), // Thursday, Friday, then no Sunday any more
    ] {
        assert_eq!(calendar.add_sessions(d(date), n).map(|s| s.date), Ok(d(expected)), "{date} + {n}");
    }
    assert_eq!(calendar.previous_session(d("2025-09-18")).map(|s| s.date), Ok(d("2025-09-08")));
    assert_eq!(calendar.next_session(d("2025-09-08")).map(|s| s.date), Ok(d("2025-09-18")));
}

#[test]
fn sessions_of_a_year_that_ends_on_a_date() {
    let calendar = Calendar::embedded();
    // 2025 is 365 days long, so the window that ends on its last day is the year itself.
    assert_eq!(calendar.sessions_in_last_365(d("2025-12-31")), Ok(225));
    assert_eq!(calendar.sessions_in_last_365(d("2011-12-31")), Ok(228));
    assert!(calendar.sessions_in_last_365(d("2011-12-30")).is_err());
}

#[test]
fn outside_the_table_nothing_is_guessed() {
    let calendar = Calendar::embedded();
    for date in ["2010-12-31", "2027-01-01"] {
        let refused = calendar.is_session(d(date));
        assert!(matches!(refused, Err(CalendarError::NotAvailable { .. })), "{date}: {refused:?}");
        assert!(calendar.session(d(date)).is_err());
        assert!(calendar.add_sessions(d(date), 1).is_err());
    }
    assert!(calendar.add_sessions(d("2026-12-30"), 5).is_err());
    assert!(calendar.add_sessions(d("2026-12-30"), u32::MAX).is_err());
    assert!(calendar.previous_session(d("2011-01-02")).is_err());
    assert_eq!(calendar.session(d("2024-07-05")), Err(CalendarError::NotASession { date: d("2024-07-05") }));
}

#[test]
fn what_nobody_observed_is_provisional() {
    let calendar = Calendar::embedded();
    assert_eq!(calendar.confidence(d("2026-08-21")), Ok(Confidence::Observed));
    assert_eq!(calendar.confidence(d("2026-08-24")), Ok(Confidence::Provisional));
    let settled = calendar.add_sessions(d("2026-08-20"), 2).unwrap();
    assert_eq!(settled, SessionDay { date: d("2026-08-24"), confidence: Confidence::Provisional });
    let settled = calendar.add_sessions(d("2026-08-19"), 2).unwrap();
    assert_eq!(settled, SessionDay { date: d("2026-08-21"), confidence: Confidence::Observed });
    assert_eq!(calendar.session(d("2026-10-09")).unwrap().confidence, Confidence::Provisional);
    let back = calendar.previous_session(d("2026-08-24")).unwrap();
    assert_eq!(back, SessionDay { date: d("2026-08-21"), confidence: Confidence::Provisional });
}

const SMALL: &str = r#"
[table]
first = 2024-01-01
observed_to = 2024-06-30
last = 2024-12-31

[[week]]
from = 2024-01-01
days = ["sun", "mon"]

[[hours]]
from = 2024-01-01
open = 11:00:00
close = 15:00:00
"#;

#[test]
fn a_bad_table_is_refused_by_line_and_key() {
    assert!(Calendar::from_toml(SMALL).is_ok());
    for (from, to, line, key, says) in [
        ("last = 2024-12-31", "last = 2024-02-31", 5, "last", ""),
        ("last = 2024-12-31", "last = 2024-05-31", 5, "last", "before `observed_to`"),
        ("last = 2024-12-31", "last = 11:00:00", 5, "last", "write it as 2026-08-21"),
        ("last = 2024-12-31", "last = \"soon\"", 5, "last", ""),
        (
            "last = 2024-12-31",
            "lats = 2024-12-31",
            5,
            "lats",
            "expected one of `first`, `observed_to`, `last`",
        ),
        ("\"mon\"]", "\"monday\"]", 9, "days", "expected one of `mon`"),
        ("close = 15:00:00", "close = 10:00:00", 14, "close", "not after the opening at 11:00:00"),
        ("close = 15:00:00", "close = 2024-01-01", 14, "close", "write it as 11:00:00"),
        ("[[hours]]\nfrom = 2024-01-01", "[[hours]]\nfrom = 2024-02-01", 12, "from", "2024-01-01 or earlier"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "{from}");
        let Err(CalendarError::Table(fault)) = Calendar::from_toml(&text) else {
            panic!("accepted: {to}");
        };
        assert_eq!((fault.line, fault.key.as_str()), (line, key), "{to}: {fault}");
        assert!(fault.problem.contains(says), "{to}: {fault}");
    }
    for (more, key, says) in [
        (
            "[closures]\ndays = [\n  2024-01-07,\n  2025-01-07,\n]\n",
            "days",
            "2025-01-07 is outside the table",
        ),
        (
            "[[special]]\ndate = 2024-01-07\nopen = 11:00:00\nreason = \"x\"\n",
            "date",
            "both `open` and `close`",
        ),
        ("[[closed]]\nfrom = 2024-03-02\nto = 2024-03-01\nreason = \"x\"\n", "to", "before `from`"),
        (
            "[[special]]\ndate = 2024-01-07\nreason = \"x\"\n[closures]\ndays = [2024-01-07]\n",
            "date",
            "also listed as closed",
        ),
        (
            "[[pre_open]]\nfrom = 2024-01-01\nopen = 10:30:00\nclose = 10:45:00\nmatch_at = 11:30:00\n",
            "match_at",
            "after trading opens at 11:00:00",
        ),
        ("[[week]]\nfrom = 2023-01-01\ndays = [\"sun\"]\n", "from", "2023-01-01 does not follow 2024-01-01"),
    ] {
        let Err(CalendarError::Table(fault)) = Calendar::from_toml(&format!("{SMALL}{more}")) else {
            panic!("accepted: {more}");
        };
        assert_eq!(fault.key, key, "{fault}");
        assert!(fault.problem.contains(says), "{fault}");
    }
}
