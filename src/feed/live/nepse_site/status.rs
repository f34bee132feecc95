//! What the market status means: the phases of the day, and stops that may end.
//!
//! The site has one word for a market that has not opened, has stopped, and is over. Which it is, the calendar says.

use crate::market::calendar::Span;
use crate::market::{Calendar, Halt, MarketData, SessionDate, SessionPhase, SessionSchedule, Timestamp};

/// What the market does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Phase(SessionPhase),
    /// Closed while the calendar has it open: it may go on, or not.
    Stopped,
}

/// The status of a day's market.
#[derive(Debug)]
pub(super) struct Status {
    date: SessionDate,
    schedule: Option<SessionSchedule>,
    /// What the site said last, and as of when.
    said: Option<(SessionPhase, Timestamp)>,
    told: Option<Standing>,
}

impl Status {
    pub(super) fn new(date: SessionDate) -> Self {
        Self { date, schedule: Calendar::embedded().session(date).ok(), said: None, told: None }
    }

    /// Continuous trading, as the calendar has it.
    pub(super) fn continuous(&self) -> Option<Span> {
        self.schedule.as_ref().map(|schedule| schedule.continuous)
    }

    /// Whether the market has stopped while the calendar has it open.
    pub(super) fn is_stopped(&self) -> bool {
        self.told == Some(Standing::Stopped)
    }

    /// Takes what a document says; what is not later than the last is of no use. Says whether it is of the day.
    pub(super) fn take(&mut self, said: SessionPhase, at: Timestamp) -> bool {
        if at.nepal_date() != self.date {
            return false;
        }
        if self.said.is_none_or(|(_, last)| at > last) {
            self.said = Some((said, at));
        }
        true
    }

    /// What follows from it when the site's clock shows `there`, and as of when; nothing that was told is told again.
    pub(super) fn news(&mut self, there: Timestamp) -> Vec<(Timestamp, MarketData)> {
        let Some((said, at)) = self.said else { return Vec::new() };
        let standing = match (said, &self.schedule) {
            (SessionPhase::Closed, Some(schedule)) => {
                let first = schedule.pre_open.map_or(schedule.continuous.open, |auction| auction.entry.open);
                if at.max(there) >= schedule.continuous.close {
                    Standing::Phase(SessionPhase::Ended)
                } else if at >= first {
                    Standing::Stopped
                } else {
                    Standing::Phase(SessionPhase::Closed)
                }
            }
            (said, _) => Standing::Phase(said),
        };
        let before = self.told.replace(standing);
        match standing {
            same if before == Some(same) => Vec::new(),
            Standing::Stopped => vec![(at, MarketData::Halt(Halt::Start { level: None, until: None }))],
            Standing::Phase(phase) => {
                let mut news = vec![(at, MarketData::Session(phase))];
                // Whoever told of a stop may have been another, so the first word ends one too.
                let trades = |standing| match standing {
                    Standing::Phase(phase) => !matches!(phase, SessionPhase::Closed | SessionPhase::Ended),
                    Standing::Stopped => false,
                };
                if trades(standing) && !before.is_some_and(trades) {
                    news.push((at, MarketData::Halt(Halt::End)));
                }
                news
            }
        }
    }

    /// Everything is to be told again.
    pub(super) const fn lost(&mut self) {
        (self.said, self.told) = (None, None);
    }
}
