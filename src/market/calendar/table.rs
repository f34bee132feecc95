//! The calendar file: its shape, and the checks that turn it into facts.
//!
//! The shape is strict (unknown keys are refused) because a closure that is silently ignored is
//! a settlement date that is silently wrong. Every refusal names the line, the key and what
//! would be allowed.

use chrono::{NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;
use toml::value::Datetime;

use super::error::TableFault;
use crate::market::SessionDate;

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub table: Range,
    pub week: Vec<Week>,
    pub hours: Vec<Hours>,
    #[serde(default)]
    pub short_day: Vec<ShortDay>,
    #[serde(default)]
    pub pre_open: Vec<PreOpen>,
    #[serde(default)]
    pub special: Vec<Special>,
    #[serde(default)]
    pub closed: Vec<Closed>,
    #[serde(default)]
    pub closures: Closures,
}

/// Which dates the file speaks about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    pub first: Spanned<Day>,
    pub observed_to: Spanned<Day>,
    pub last: Spanned<Day>,
}

/// A trading week and the first date on which it holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Week {
    pub from: Spanned<Day>,
    pub days: Vec<DayOfWeek>,
}

/// Hours of continuous trading and the first date on which they hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    pub from: Spanned<Day>,
    pub open: Clock,
    pub close: Spanned<Clock>,
}

/// A weekday with hours of its own between two dates, both included.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShortDay {
    pub weekday: DayOfWeek,
    pub from: Day,
    pub to: Spanned<Day>,
    pub open: Clock,
    pub close: Spanned<Clock>,
}

/// An opening auction and the first date on which it is held.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PreOpen {
    pub from: Spanned<Day>,
    pub open: Clock,
    pub close: Spanned<Clock>,
    pub match_at: Spanned<Clock>,
}

/// A session out of the ordinary.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Special {
    pub date: Spanned<Day>,
    pub open: Option<Clock>,
    pub close: Option<Spanned<Clock>>,
    #[serde(default)]
    pub pre_open: bool,
    pub reason: String,
}

/// A stretch of closed days, both ends included. The reason is for the reader of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closed {
    pub from: Day,
    pub to: Spanned<Day>,
    #[serde(rename = "reason")]
    pub _reason: String,
}

/// Single closed days.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closures {
    pub days: Vec<Spanned<Day>>,
}

/// A bare TOML date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub SessionDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Datetime::deserialize(deserializer)?;
        let (Some(date), None, None) = (value.date, value.time, value.offset) else {
            return Err(de::Error::custom(format!("`{value}` is not a date; write it as 2026-08-21")));
        };
        NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
            .map(|date| Self(date.into()))
            .ok_or_else(|| de::Error::custom(format!("the calendar has no {value}")))
    }
}

/// A bare TOML time of day, whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock(pub NaiveTime);

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Datetime::deserialize(deserializer)?;
        let (None, Some(time), None) = (value.date, value.time, value.offset) else {
            return Err(de::Error::custom(format!("`{value}` is not a time of day; write it as 11:00:00")));
        };
        NaiveTime::from_hms_opt(time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into())
            .map(Self)
            .ok_or_else(|| de::Error::custom(format!("no clock shows {value}")))
    }
}

/// A day of the week by its three-letter name.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DayOfWeek {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl DayOfWeek {
    pub(super) const fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Mon,
            Self::Tue => Weekday::Tue,
            Self::Wed => Weekday::Wed,
            Self::Thu => Weekday::Thu,
            Self::Fri => Weekday::Fri,
            Self::Sat => Weekday::Sat,
            Self::Sun => Weekday::Sun,
        }
    }
}

/// Reads a calendar file and checks everything that a date or an hour can get wrong on its own.
pub(super) fn parse(text: &str) -> Result<Table, TableFault> {
    let table: Table = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        TableFault::at(text, at, error.message())
    })?;
    check_range(text, &table.table)?;
    check_order(text, "week", &table, table.week.iter().map(|w| &w.from), true)?;
    check_order(text, "hours", &table, table.hours.iter().map(|h| &h.from), true)?;
    check_order(text, "pre_open", &table, table.pre_open.iter().map(|p| &p.from), false)?;
    check_order(text, "special", &table, table.special.iter().map(|s| &s.date), false)?;
    check_hours(text, &table)?;
    check_stretches(text, &table)?;
    Ok(table)
}

fn fault<T>(text: &str, at: &Spanned<T>, problem: String) -> TableFault {
    TableFault::at(text, at.span().start, problem)
}

fn check_range(text: &str, range: &Range) -> Result<(), TableFault> {
    let (first, observed, last) =
        (range.first.as_ref().0, range.observed_to.as_ref().0, range.last.as_ref().0);
    if observed < first {
        return Err(fault(text, &range.observed_to, format!("{observed} is before `first`, {first}")));
    }
    if last < observed {
        return Err(fault(text, &range.last, format!("{last} is before `observed_to`, {observed}")));
    }
    if last.days_since(first) > 200 * 366 {
        return Err(fault(text, &range.last, "the table may span at most 200 years".to_owned()));
    }
    Ok(())
}

/// Entries that hold until the next one begins must be in order, and the first of a `whole` list
/// must hold from the first date of the table.
fn check_order<'a>(
    text: &str,
    name: &str,
    table: &Table,
    entries: impl Iterator<Item = &'a Spanned<Day>>,
    whole: bool,
) -> Result<(), TableFault> {
    let first = table.table.first.as_ref().0;
    let mut previous: Option<SessionDate> = None;
    for entry in entries {
        let date = entry.as_ref().0;
        match previous {
            None if whole && date > first => {
                let problem =
                    format!("the first `{name}` must hold from {first} or earlier, not from {date}");
                return Err(fault(text, entry, problem));
            }
            Some(before) if date <= before => {
                let problem = format!("`{name}` entries go from old to new: {date} does not follow {before}");
                return Err(fault(text, entry, problem));
            }
            _ => previous = Some(date),
        }
    }
    if whole && previous.is_none() {
        return Err(TableFault::at(text, 0, format!("at least one `[[{name}]]` is needed")));
    }
    Ok(())
}

fn check_hours(text: &str, table: &Table) -> Result<(), TableFault> {
    let after = |open: Clock, close: &Spanned<Clock>| {
        if close.as_ref() > &open {
            return Ok(());
        }
        Err(fault(text, close, format!("{} is not after the opening at {}", close.as_ref().0, open.0)))
    };
    table.hours.iter().try_for_each(|h| after(h.open, &h.close))?;
    table.short_day.iter().try_for_each(|s| after(s.open, &s.close))?;
    for auction in &table.pre_open {
        after(auction.open, &auction.close)?;
        if auction.match_at.as_ref() < auction.close.as_ref() {
            let problem = format!("{} is before entry ends", auction.match_at.as_ref().0);
            return Err(fault(text, &auction.match_at, problem));
        }
    }
    table.pre_open.iter().try_for_each(|auction| check_auction(text, auction, table))?;
    for special in &table.special {
        match (special.open, &special.close) {
            (Some(open), Some(close)) => after(open, close)?,
            (None, None) => {}
            _ => {
                return Err(fault(
                    text,
                    &special.date,
                    "give both `open` and `close`, or neither".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

/// An auction must be over before continuous trading opens, on every day on which both hold.
fn check_auction(text: &str, auction: &PreOpen, table: &Table) -> Result<(), TableFault> {
    let from = auction.from.as_ref().0;
    let ended = |i: usize| table.hours.get(i + 1).is_some_and(|next| next.from.as_ref().0 <= from);
    let regular = table.hours.iter().enumerate().filter(|(i, _)| !ended(*i)).map(|(_, h)| h.open);
    let short = table.short_day.iter().filter(|s| s.to.as_ref().0 >= from).map(|s| s.open);
    let special =
        table.special.iter().filter(|s| s.pre_open && s.date.as_ref().0 >= from).filter_map(|s| s.open);
    match regular.chain(short).chain(special).find(|open| open < auction.match_at.as_ref()) {
        None => Ok(()),
        Some(open) => {
            let problem = format!("{} is after trading opens at {}", auction.match_at.as_ref().0, open.0);
            Err(fault(text, &auction.match_at, problem))
        }
    }
}

fn check_stretches(text: &str, table: &Table) -> Result<(), TableFault> {
    let ends =
        table.closed.iter().map(|c| (c.from, &c.to)).chain(table.short_day.iter().map(|s| (s.from, &s.to)));
    for (from, to) in ends {
        if to.as_ref() < &from {
            return Err(fault(text, to, format!("{} is before `from`, {}", to.as_ref().0, from.0)));
        }
    }
    let (first, last) = (table.table.first.as_ref().0, table.table.last.as_ref().0);
    let single = table.closures.days.iter().chain(table.special.iter().map(|s| &s.date));
    for day in single {
        let date = day.as_ref().0;
        if date < first || date > last {
            return Err(fault(text, day, format!("{date} is outside the table, {first} to {last}")));
        }
    }
    for day in table.special.iter().map(|s| &s.date) {
        let date = day.as_ref().0;
        let closed = table.closures.days.iter().any(|c| c.as_ref().0 == date)
            || table.closed.iter().any(|c| c.from.0 <= date && date <= c.to.as_ref().0);
        if closed {
            return Err(fault(
                text,
                day,
                format!("{date} is also listed as closed; a day is one or the other"),
            ));
        }
    }
    Ok(())
}
