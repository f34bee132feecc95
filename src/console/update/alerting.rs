//! Alerts: noting them, putting them away for a time of the person's choice, taking them back.

use chrono::NaiveTime;

use super::Action;
use crate::console::overlay::{Choice, Chosen, Field, Overlay};
use crate::console::ui::Ui;
use crate::console::{Frame, format, rows, words};
use crate::engine::Command;
use crate::market::time::NS_PER_S;
use crate::market::{SessionPhase, Timestamp};

/// For how long an alert may be put away, in minutes.
const MINUTES: [(i64, &str); 3] = [(15, "15 minutes"), (30, "30 minutes"), (60, "1 hour")];

impl Ui {
    /// Notes the selected alert.
    pub(super) fn acknowledge(&mut self, frame: &Frame) -> Vec<Action> {
        let Some(alert) = rows::selected_alert(frame, self).map(|a| a.id) else {
            return self.none(|ui| ui.say("no alert is selected"));
        };
        vec![Action::Command(Command::AcknowledgeAlert { alert })]
    }

    /// Asks until when the selected alert is to be put away.
    pub(super) fn choose_shelf(&mut self, frame: &Frame) {
        let Some(alert) = rows::selected_alert(frame, self) else {
            return self.say("no alert is selected");
        };
        let (id, now) = (alert.id, frame.snapshot.now);
        let mut list = Vec::new();
        if rows::is_shelved(alert, frame) {
            list.push(("take it back now".to_owned(), Chosen::Shelve { alert: id, until: now }));
        }
        for (minutes, words) in MINUTES {
            let until = now.plus_ns(minutes * 60 * NS_PER_S);
            let text = format!("for {words}, until {}", format::clock(until));
            list.push((text, Chosen::Shelve { alert: id, until }));
        }
        if let Some(close) = close(frame).filter(|close| *close > now) {
            let text = format!("to the close, {}", format::clock_minutes(close));
            list.push((text, Chosen::Shelve { alert: id, until: close }));
        }
        list.push(("until a time".to_owned(), Chosen::ShelveUntil(id)));
        let title = format!("Shelve: {}", words::alert(&frame.snapshot, alert));
        self.stack.push(Overlay::Choice(Choice { title, rows: list, at: 0 }));
    }

    /// Opens the field for a time.
    pub(super) fn ask_shelf_time(&mut self, alert: u64) {
        self.stack.push(Overlay::Shelf { alert, field: Field::default() });
    }

    /// Takes the time typed; one that is past or no time is said and asked again.
    pub(super) fn shelve_until(&mut self, alert: u64, text: &str, frame: &Frame) -> Vec<Action> {
        match later_today(text, frame) {
            Ok(until) => {
                self.stack.pop();
                vec![Action::Command(Command::ShelveAlert { alert, until })]
            }
            Err(why) => self.none(|ui| ui.say(why)),
        }
    }
}

/// When the session ends by the calendar.
fn close(frame: &Frame) -> Option<Timestamp> {
    let phases = &frame.snapshot.day.phases;
    phases.iter().find(|(_, phase)| *phase == SessionPhase::Ended).map(|(at, _)| *at)
}

fn later_today(text: &str, frame: &Frame) -> Result<Timestamp, String> {
    let text = text.trim();
    let time =
        NaiveTime::parse_from_str(text, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M"));
    let time = time.map_err(|_| format!("`{text}` is no time: 14:30 or 14:30:15"))?;
    let at = Timestamp::nepal(frame.snapshot.day.date, time).ok_or("no such time on this day")?;
    let now = frame.snapshot.now;
    if at > now {
        Ok(at)
    } else {
        Err(format!("{} is past: it is {}", format::clock(at), format::clock(now)))
    }
}
