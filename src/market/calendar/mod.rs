//! Which days trade, and at what hours.
//!
//! NEPSE changed its week four times since 2022, declares holidays late and closed for weeks
//! after an earthquake, in a pandemic and in unrest. So the calendar is a table of facts
//! (`config/calendar.toml`, built in, replaceable), never a formula. Settlement, holding periods,
//! annualisation and stress windows all count on it.
//!
//! What always holds: outside the table the answer is [`CalendarError::NotAvailable`]; an answer
//! that leans on dates nobody has observed yet says [`Confidence::Provisional`]. The sessions are
//! worked out once, when the file is read; every question is a binary search after that.

mod error;
mod schedule;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use chrono::{NaiveTime, Weekday};

pub use error::{CalendarError, TableFault};
pub use schedule::{Confidence, PreOpen, SessionDay, SessionSchedule, Span};

use super::{SessionDate, Timestamp};

/// The calendar that is built in.
pub const EMBEDDED: &str = include_str!("../../../config/calendar.toml");

/// The trading calendar: sessions, closures and hours by date (market rules, section 1).
#[derive(Clone, Debug)]
pub struct Calendar {
    first: SessionDate,
    observed_to: SessionDate,
    last: SessionDate,
    /// Every session of the table, ascending.
    sessions: Vec<SessionDate>,
    hours: Vec<(SessionDate, (NaiveTime, NaiveTime))>,
    short_days: Vec<ShortDay>,
    pre_open: Vec<(SessionDate, AuctionHours)>,
    specials: Vec<Special>,
}

#[derive(Clone, Debug)]
struct ShortDay {
    weekday: Weekday,
    from: SessionDate,
    to: SessionDate,
    hours: (NaiveTime, NaiveTime),
}

#[derive(Clone, Copy, Debug)]
struct AuctionHours {
    open: NaiveTime,
    close: NaiveTime,
    match_at: NaiveTime,
}

#[derive(Clone, Debug)]
struct Special {
    date: SessionDate,
    hours: Option<(NaiveTime, NaiveTime)>,
    pre_open: bool,
    reason: Arc<str>,
}

impl Calendar {
    /// The built-in calendar, read once.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static CALENDAR: OnceLock<Calendar> = OnceLock::new();
        CALENDAR.get_or_init(|| Self::from_toml(EMBEDDED).expect("the built-in calendar is tested"))
    }

    /// Reads a calendar from the text of a `calendar.toml`.
    ///
    /// # Errors
    /// [`CalendarError::Table`] with the line, the key and what would be allowed.
    pub fn from_toml(text: &str) -> Result<Self, CalendarError> {
        let table = table::parse(text)?;
        let sessions = sessions(&table);
        Ok(Self {
            first: table.table.first.as_ref().0,
            observed_to: table.table.observed_to.as_ref().0,
            last: table.table.last.as_ref().0,
            sessions,
            hours: table.hours.iter().map(|h| (h.from.as_ref().0, (h.open.0, h.close.as_ref().0))).collect(),
            short_days: table.short_day.iter().map(ShortDay::new).collect(),
            pre_open: table.pre_open.iter().map(|p| (p.from.as_ref().0, AuctionHours::new(p))).collect(),
            specials: table.special.into_iter().map(Special::new).collect(),
        })
    }

    /// First and last date of the table.
    #[must_use]
    pub const fn range(&self) -> (SessionDate, SessionDate) {
        (self.first, self.last)
    }

    /// The last date that was seen to trade or not to; later ones are provisional.
    #[must_use]
    pub const fn observed_to(&self) -> SessionDate {
        self.observed_to
    }

    /// How sure the calendar is of a date.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] outside the table.
    pub fn confidence(&self, date: SessionDate) -> Result<Confidence, CalendarError> {
        self.within(date)?;
        Ok(self.confidence_within(date))
    }

    /// Whether the market trades on a date. See [`Self::confidence`] for how sure that is.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] outside the table.
    pub fn is_session(&self, date: SessionDate) -> Result<bool, CalendarError> {
        self.within(date)?;
        Ok(self.sessions.binary_search(&date).is_ok())
    }

    /// The sessions from `from` to `to`, both included, ascending; empty if `to` is before `from`.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] if either end is outside the table.
    pub fn sessions_between(
        &self,
        from: SessionDate,
        to: SessionDate,
    ) -> Result<&[SessionDate], CalendarError> {
        self.within(from)?;
        self.within(to)?;
        let start = self.sessions.partition_point(|s| *s < from);
        let end = self.sessions.partition_point(|s| *s <= to);
        Ok(self.sessions.get(start..end).unwrap_or(&[]))
    }

    /// The first session after a date.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] if the table ends first, or the date is outside it.
    pub fn next_session(&self, date: SessionDate) -> Result<SessionDay, CalendarError> {
        self.add_sessions(date, 1)
    }

    /// The last session before a date.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] if the table begins later, or the date is outside it.
    pub fn previous_session(&self, date: SessionDate) -> Result<SessionDay, CalendarError> {
        self.within(date)?;
        let before = self.sessions.partition_point(|s| *s < date);
        let session = before.checked_sub(1).and_then(|i| self.sessions.get(i));
        // Being sure of what came before `date` means being sure of the day just before it.
        let eve = date.plus_days(-1).unwrap_or(date);
        match session {
            Some(session) => Ok(SessionDay { date: *session, confidence: self.confidence_within(eve) }),
            None => Err(self.not_available(self.first.plus_days(-1).unwrap_or(self.first))),
        }
    }

    /// The `n`-th session after a date, which itself need not be one: settlement counts this way.
    /// With `n = 0`, the date itself or the first session after it.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] if the table ends first, or the date is outside it.
    pub fn add_sessions(&self, date: SessionDate, n: u32) -> Result<SessionDay, CalendarError> {
        self.within(date)?;
        let index = match n.checked_sub(1) {
            None => Some(self.sessions.partition_point(|s| *s < date)),
            Some(steps) => self.sessions.partition_point(|s| *s <= date).checked_add(steps as usize),
        };
        match index.and_then(|i| self.sessions.get(i)) {
            Some(session) => Ok(SessionDay { date: *session, confidence: self.confidence_within(*session) }),
            None => Err(self.not_available(self.last.plus_days(1).unwrap_or(self.last))),
        }
    }

    /// The hours of a session.
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] outside the table, [`CalendarError::NotASession`] on a
    /// closed day.
    pub fn session(&self, date: SessionDate) -> Result<SessionSchedule, CalendarError> {
        if !self.is_session(date)? {
            return Err(CalendarError::NotASession { date });
        }
        let special =
            self.specials.binary_search_by(|s| s.date.cmp(&date)).ok().and_then(|i| self.specials.get(i));
        let hours = special.and_then(|s| s.hours).or_else(|| self.hours_of(date));
        let auction = match special {
            Some(special) if !special.pre_open => None,
            _ => in_force(&self.pre_open, date).copied(),
        };
        let schedule = hours.and_then(|hours| {
            Some(SessionSchedule {
                date,
                confidence: self.confidence_within(date),
                pre_open: match auction {
                    Some(auction) => Some(auction.on(date)?),
                    None => None,
                },
                continuous: span(date, hours)?,
                special: special.map(|s| Arc::clone(&s.reason)),
            })
        });
        schedule.ok_or_else(|| self.not_available(date))
    }

    /// Sessions in the 365 calendar days that end with `date`, that day included: `D` of the
    /// conventions (C0).
    ///
    /// # Errors
    /// [`CalendarError::NotAvailable`] if the year reaches outside the table; the caller then uses
    /// the documented fallback of 232.
    pub fn sessions_in_last_365(&self, date: SessionDate) -> Result<u32, CalendarError> {
        let from = date.plus_days(-364).ok_or_else(|| self.not_available(date))?;
        let count = self.sessions_between(from, date)?.len();
        Ok(u32::try_from(count).expect("a year has no more than 365 sessions"))
    }

    fn hours_of(&self, date: SessionDate) -> Option<(NaiveTime, NaiveTime)> {
        let short = self
            .short_days
            .iter()
            .find(|s| s.weekday == date.weekday() && s.from <= date && date <= s.to)
            .map(|s| s.hours);
        short.or_else(|| in_force(&self.hours, date).copied())
    }

    fn within(&self, date: SessionDate) -> Result<(), CalendarError> {
        if self.first <= date && date <= self.last { Ok(()) } else { Err(self.not_available(date)) }
    }

    fn not_available(&self, date: SessionDate) -> CalendarError {
        CalendarError::NotAvailable { date, first: self.first, last: self.last }
    }

    fn confidence_within(&self, date: SessionDate) -> Confidence {
        if date <= self.observed_to { Confidence::Observed } else { Confidence::Provisional }
    }
}

impl ShortDay {
    fn new(row: &table::ShortDay) -> Self {
        Self {
            weekday: row.weekday.weekday(),
            from: row.from.0,
            to: row.to.as_ref().0,
            hours: (row.open.0, row.close.as_ref().0),
        }
    }
}

impl AuctionHours {
    fn new(row: &table::PreOpen) -> Self {
        Self { open: row.open.0, close: row.close.as_ref().0, match_at: row.match_at.as_ref().0 }
    }

    fn on(self, date: SessionDate) -> Option<PreOpen> {
        Some(PreOpen {
            entry: span(date, (self.open, self.close))?,
            match_at: Timestamp::nepal(date, self.match_at)?,
        })
    }
}

impl Special {
    fn new(row: table::Special) -> Self {
        let hours = row.open.zip(row.close).map(|(open, close)| (open.0, close.as_ref().0));
        Self { date: row.date.as_ref().0, hours, pre_open: row.pre_open, reason: row.reason.into() }
    }
}

/// Every session of the table: the days of the week in force that are not closed, and the special
/// ones.
fn sessions(table: &table::Table) -> Vec<SessionDate> {
    let mut closed: Vec<SessionDate> = table.closures.days.iter().map(|d| d.as_ref().0).collect();
    closed.sort_unstable();
    let weeks: Vec<_> = table.week.iter().map(|w| (w.from.as_ref().0, &w.days)).collect();
    let special: Vec<SessionDate> = table.special.iter().map(|s| s.date.as_ref().0).collect();
    let trades = |date: SessionDate| {
        if special.binary_search(&date).is_ok() {
            return true;
        }
        let in_week = in_force(&weeks, date).is_some_and(|d| d.iter().any(|w| w.weekday() == date.weekday()));
        let in_stretch = || table.closed.iter().any(|c| c.from.0 <= date && date <= c.to.as_ref().0);
        in_week && closed.binary_search(&date).is_err() && !in_stretch()
    };
    let (first, last) = (table.table.first.as_ref().0, table.table.last.as_ref().0);
    first
        .naive()
        .iter_days()
        .map(SessionDate::from)
        .take_while(|d| *d <= last)
        .filter(|d| trades(*d))
        .collect()
}

/// The entry in force on a date: the last one that begins on or before it.
fn in_force<T>(entries: &[(SessionDate, T)], date: SessionDate) -> Option<&T> {
    let after = entries.partition_point(|(from, _)| *from <= date);
    after.checked_sub(1).and_then(|i| entries.get(i)).map(|(_, value)| value)
}

fn span(date: SessionDate, (open, close): (NaiveTime, NaiveTime)) -> Option<Span> {
    Some(Span { open: Timestamp::nepal(date, open)?, close: Timestamp::nepal(date, close)? })
}
