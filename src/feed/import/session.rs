//! What a floorsheet leaves out: the phases of the session, and market halts that show as silence.

use crate::market::{
    Calendar, EventFlags, Halt, MarketData, MarketEvent, SessionDate, SessionSchedule, SourceId, Timestamp,
    calendar::Span, time::NS_PER_S,
};

/// Silence of the whole market inside the continuous session that is read as a halt. Ordinary
/// days fall silent for 14 s at most, the shortest halt lasts 20 minutes.
const HALT_SILENCE_NS: i64 = 300 * NS_PER_S;

/// The session's edges on a date.
#[derive(Clone, Debug)]
pub(super) struct SessionTimes {
    schedule: SessionSchedule,
    pub(super) open: Timestamp,
    close: Timestamp,
}

impl SessionTimes {
    /// The session of a date by the calendar; `None` where it has none.
    pub(super) fn of(date: SessionDate) -> Option<Self> {
        let schedule = Calendar::embedded().session(date).ok()?;
        let Span { open, close } = schedule.continuous;
        Some(Self { schedule, open, close })
    }

    /// The phase changes of the day, marked as not reported by the source.
    pub(super) fn events(&self) -> Vec<MarketEvent> {
        let phases = self.schedule.phase_changes().into_iter();
        phases.map(|(at, phase)| market_event(at, MarketData::Session(phase))).collect()
    }

    /// Silences of at least 300 s inside the continuous session: from the last trade before to
    /// the first after, or to nothing when trading did not resume. `trades` are in time order.
    pub(super) fn halts(
        &self,
        trades: impl Iterator<Item = Timestamp>,
    ) -> Vec<(Timestamp, Option<Timestamp>)> {
        let mut halts = Vec::new();
        let mut before: Option<Timestamp> = None;
        for at in trades.filter(|at| *at >= self.open && *at < self.close) {
            if let Some(last) = before.filter(|last| at.since_ns(*last) >= HALT_SILENCE_NS) {
                halts.push((last, Some(at)));
            }
            before = Some(at);
        }
        if let Some(last) = before.filter(|last| self.close.since_ns(*last) >= HALT_SILENCE_NS) {
            halts.push((last, None));
        }
        halts
    }
}

/// Start and end of a halt as events. The end is not told at the start: nobody knew it then.
pub(super) fn halt_events(halts: &[(Timestamp, Option<Timestamp>)]) -> Vec<MarketEvent> {
    let mut events = Vec::new();
    for (start, end) in halts {
        events.push(market_event(*start, MarketData::Halt(Halt::Start { level: None, until: None })));
        events.extend(end.map(|end| market_event(end, MarketData::Halt(Halt::End))));
    }
    events
}

fn market_event(at: Timestamp, data: MarketData) -> MarketEvent {
    MarketEvent {
        at,
        seq: 0,
        source: SourceId(0),
        instrument: MarketEvent::MARKET,
        flags: EventFlags::LAST.with(EventFlags::INFERRED),
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let date = SessionDate::new(2024, 7, 2).unwrap();
        Timestamp::nepal(date, text.parse().unwrap()).unwrap()
    }

    #[test]
    fn only_long_silence_inside_the_session_is_a_halt() {
        let times = SessionTimes::of(SessionDate::new(2024, 7, 2).unwrap()).unwrap();
        for (trades, halts) in [
            (&["10:46:00", "11:00:01", "11:04:59", "14:59:00"][..], &[("11:04:59", Some("14:59:00"))][..]),
            (&["10:46:00", "11:10:00", "11:14:59.9", "11:19:59.8"][..], &[("11:19:59.8", None)][..]),
            (&["14:50:00", "14:55:00"][..], &[("14:50:00", Some("14:55:00")), ("14:55:00", None)][..]),
            (&["14:56:00", "15:10:00"][..], &[][..]),
            (&[][..], &[][..]),
        ] {
            let expected: Vec<_> = halts.iter().map(|(s, e)| (at(s), e.map(at))).collect();
            assert_eq!(times.halts(trades.iter().map(|t| at(t))), expected, "{trades:?}");
        }
    }

    #[test]
    fn phases_follow_the_rules_of_the_date() {
        let shown = |y, m, d| -> Vec<String> {
            let times = SessionTimes::of(SessionDate::new(y, m, d).unwrap()).unwrap();
            times.events().iter().map(|e| e.at.nepal_time().format("%H:%M").to_string()).collect()
        };
        assert_eq!(shown(2024, 7, 2), ["10:30", "10:45", "11:00", "15:00"]);
        assert_eq!(shown(2017, 7, 2), ["11:00", "15:00"]);
        assert_eq!(shown(2022, 7, 1), ["10:30", "10:45", "11:00", "13:30"]);
    }
}
