//! Recorded time: play, speed, steps, stops, bookmarks.

use chrono::NaiveTime;

use super::Action;
use crate::console::intent::Intent;
use crate::console::overlay::{Choice, Chosen, Field, Overlay};
use crate::console::ui::Ui;
use crate::console::{Frame, JumpTarget, ShellRequest, Transport, format};
use crate::market::Timestamp;

impl Ui {
    pub(super) fn replaying(&mut self, intent: Intent, frame: &Frame) -> Vec<Action> {
        let Some(transport) = &frame.status.transport else {
            self.say("not a replay: time here is the clock's");
            return Vec::new();
        };
        let request = match intent {
            Intent::PlayPause if transport.playing => ShellRequest::Pause,
            Intent::PlayPause => ShellRequest::Play,
            Intent::Slower => ShellRequest::Slower,
            Intent::Faster => ShellRequest::Faster,
            Intent::StepEvent => ShellRequest::StepEvent,
            Intent::StepBar => ShellRequest::StepBar,
            Intent::NextStop => ShellRequest::Jump { to: self.stop_kind, forward: true },
            Intent::PreviousStop => ShellRequest::Jump { to: self.stop_kind, forward: false },
            Intent::Bookmark => {
                self.say(format!("marked {}", format::clock(transport.position)));
                ShellRequest::Bookmark
            }
            Intent::Seek => {
                self.stack.push(Overlay::Seek(Field::default()));
                return Vec::new();
            }
            _ => {
                self.next_stop_kind();
                return Vec::new();
            }
        };
        vec![Action::Shell(request)]
    }

    pub(super) fn next_stop_kind(&mut self) {
        let kinds = JumpTarget::ALL;
        let at = kinds.iter().position(|k| *k == self.stop_kind).unwrap_or(0);
        if let Some(kind) = kinds.get((at + 1) % kinds.len()) {
            self.stop_kind = *kind;
            self.say(format!("( and ) stop at: {}", kind.word()));
        }
    }

    /// Goes to a time of the recorded day.
    pub(super) fn seek_to(&mut self, text: &str, frame: &Frame) -> Vec<Action> {
        let Some(transport) = &frame.status.transport else {
            self.say("not a replay: time here is the clock's");
            return Vec::new();
        };
        match time_of(text, frame, transport) {
            Ok(at) => vec![Action::Shell(ShellRequest::Seek(at))],
            Err(why) => self.none(|ui| ui.say(why)),
        }
    }

    pub(super) fn choose_bookmark(&mut self, frame: &Frame) {
        let marks = frame.status.transport.iter().flat_map(|t| &t.bookmarks);
        let rows: Vec<_> = marks.map(|at| (format::clock(*at), Chosen::Seek(*at))).collect();
        if rows.is_empty() {
            return self.say("no time is marked; * marks one in a replay");
        }
        self.stack.push(Overlay::Choice(Choice { title: "Marked times".to_owned(), rows, at: 0 }));
    }
}

fn time_of(text: &str, frame: &Frame, transport: &Transport) -> Result<Timestamp, String> {
    let text = text.trim();
    let parsed =
        NaiveTime::parse_from_str(text, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M"));
    let time = parsed.map_err(|_| format!("`{text}` is no time: 12:30 or 12:30:15"))?;
    let at = Timestamp::nepal(frame.snapshot.day.date, time).ok_or("no such time on this day")?;
    let (start, end) = (transport.start, transport.end);
    if at < start || at > end {
        let (from, to) = (format::clock(start), format::clock(end));
        return Err(format!("{} is outside the record: {from} to {to}", format::clock(at)));
    }
    Ok(at)
}
