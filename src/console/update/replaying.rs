//! Recorded time: play, speed, steps, stops, bookmarks.

use chrono::NaiveTime;

use super::Action;
use crate::console::intent::Intent;
use crate::console::overlay::{Choice, Chosen, Field, Overlay, Reading};
use crate::console::ui::Ui;
use crate::console::{Branch, Frame, JumpTarget, ShellRequest, Transport, compare, format};
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

    /// `:branch NAME`.
    pub(super) fn name_branch(&mut self, name: &str, frame: &Frame) -> Vec<Action> {
        let Some(branches) = self.branches(frame) else { return Vec::new() };
        let word = !name.is_empty() && name.len() <= 16 && !name.contains(' ');
        if !word {
            return self.none(|ui| ui.say("a branch is named by one word of at most 16 letters"));
        }
        if branches.iter().any(|b| b.name == name) {
            return self.none(|ui| ui.say(format!("there is a branch `{name}` already")));
        }
        self.say(format!("this branch is called {name}"));
        vec![Action::Shell(ShellRequest::NameBranch(name.to_owned()))]
    }

    /// `:branches`.
    pub(super) fn list_branches(&mut self, frame: &Frame) {
        if let Some(branches) = self.branches(frame) {
            let reading = Reading::new("Branches", compare::list(branches));
            self.stack.push(Overlay::Reading(reading));
        }
    }

    /// `:compare A B`; without names the first and the present one.
    pub(super) fn compare_branches(&mut self, names: &str, frame: &Frame) {
        let Some(branches) = self.branches(frame) else { return };
        let mut words = names.split_whitespace();
        let named = |word: Option<&str>, otherwise: Option<&Branch>| match word {
            Some(word) => branches.iter().find(|b| b.name == word).cloned().ok_or_else(|| word.to_owned()),
            None => otherwise.cloned().ok_or_else(String::new),
        };
        let (a, b) = (named(words.next(), branches.first()), named(words.next(), branches.last()));
        match (a, b) {
            (Ok(a), Ok(b)) if a.name != b.name => {
                let lines = compare::compare(&a, &b, frame);
                self.stack.push(Overlay::Reading(Reading::new("Branches compared", lines)));
            }
            (Ok(_), Ok(_)) => self.say("one branch only: seek back, then :resume begins another"),
            (Err(name), _) | (_, Err(name)) => self.say(format!("no branch `{name}`: :branches lists them")),
        }
    }

    fn branches<'a>(&mut self, frame: &'a Frame) -> Option<&'a [Branch]> {
        let transport = frame.status.transport.as_ref();
        if transport.is_none() {
            self.say("not a replay: time here is the clock's");
        }
        transport.map(|t| t.branches.as_slice())
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
