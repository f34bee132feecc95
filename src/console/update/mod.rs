//! Keys in, actions out: the only place where a terminal's own state changes.
//!
//! Pure: no terminal, no clock. The time of a key comes with the key, the time of a drawing with
//! [`Ui::drawn`].

mod alerting;
mod copying;
mod costs;
mod forms;
mod moving;
mod ordering;
mod replaying;
mod reporting;
mod review;
mod telling;

use super::Frame;
use super::ShellRequest;
use super::input::{Code, Key};
use super::intent::Intent;
use super::keymap::nepali::is_devanagari;
use super::keymap::{Binding, Meaning, Scope};
use super::overlay::Overlay;
use super::ui::Ui;
use crate::engine::Command;

/// A screen older than this does not take keys that send.
const OLD_SCREEN_MS: u64 = 2_000;

/// What a key leads to outside this terminal's own state.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// To the engine.
    Command(Command),
    /// To the shell.
    Shell(ShellRequest),
    /// To the clipboard of whoever sits at the terminal.
    Copy(String),
    /// The bell.
    Bell,
    /// Everything is to be drawn again.
    Repaint,
    /// The theme of this name is wanted.
    Theme(String),
    /// The mouse is to be the program's, or the terminal's again.
    Mouse(bool),
}

impl Ui {
    /// Takes keys that arrived together: what one press of a Nepali keyboard sent is one key.
    pub fn on_keys(&mut self, keys: Vec<Key>, frame: &Frame) -> Vec<Action> {
        let nepali = |key: &Key| matches!(key.chord.code, Code::Char(c) if is_devanagari(c));
        let any = keys.iter().any(nepali);
        let mut actions = Vec::new();
        for key in self.keymap.joined(keys) {
            actions.extend(self.on_key(key, frame));
        }
        self.nepali_seen |= any;
        actions
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: Key, frame: &Frame) -> Vec<Action> {
        let _reading = super::format::read_by(self.options.grouping);
        let before = self.last_key.replace(key);
        let chord = self.keymap.by_position(key.chord);
        // A letter says which keyboard is on; a digit or a mark may come from either.
        match key.chord.code {
            Code::Char(c) if is_devanagari(c) => self.nepali_seen = true,
            Code::Char(c) if c.is_ascii_alphabetic() => self.nepali_seen = false,
            _ => {}
        }
        self.notice = None;
        let context = self.context(frame);
        let first = self.first_stroke.take();
        let interrupted = std::mem::take(&mut self.interrupted);
        let mut meaning = self.keymap.meaning(context, first, chord);
        // Two strokes half done are no place where a stop, or a way out, can be lost.
        if let (Some(_), Meaning::Unbound) = (first, meaning)
            && let Meaning::Bound(row) = self.keymap.meaning(context, None, chord)
            && matches!(row.binding.intent, Intent::Stop | Intent::Interrupt)
        {
            meaning = Meaning::Bound(row);
        }
        let binding = match meaning {
            Meaning::Prefix => {
                self.first_stroke = Some(chord);
                return Vec::new();
            }
            Meaning::Unbound => {
                if let (Scope::Field | Scope::Form, Some(c)) = (context.scope, chord.typed()) {
                    self.type_text(c.encode_utf8(&mut [0; 4]), frame);
                }
                return Vec::new();
            }
            Meaning::Bound(row) => row.binding,
        };
        if self.is_refused(binding, key, frame) {
            return Vec::new();
        }
        if binding.intent != Intent::Copy {
            self.copied = None;
        }
        match binding.intent {
            Intent::Yes => self.yes(Key { chord, ..key }, before, frame),
            Intent::Interrupt => self.interrupt(interrupted),
            intent => self.act(intent, frame),
        }
    }

    /// Takes pasted text. Outside a field it does nothing.
    pub fn on_paste(&mut self, text: &str, frame: &Frame) {
        if matches!(self.context(frame).scope, Scope::Field | Scope::Form) {
            let line = text.lines().next().unwrap_or_default();
            self.type_text(line, frame);
        }
    }

    /// Keys that send are dropped when they are held down, or pressed against an old screen. Stop
    /// always counts.
    fn is_refused(&mut self, binding: &Binding, key: Key, frame: &Frame) -> bool {
        if binding.level == 0 || binding.intent == Intent::Stop {
            return false;
        }
        let old = self.shown.is_some_and(|shown| {
            shown.inputs != frame.snapshot.inputs && key.at.since_ms(shown.at) > OLD_SCREEN_MS
        });
        if old && binding.level >= 2 {
            self.keys_ignored = self.keys_ignored.saturating_add(1);
            let s = self.shown.map_or(0, |shown| key.at.since_ms(shown.at) / 1_000);
            self.ignored_in_a_row += 1;
            let n = self.ignored_in_a_row;
            let keys = if n == 1 { "key" } else { "keys" };
            self.notice = Some(format!("{n} {keys} ignored, your screen was {s} s behind"));
            return true;
        }
        key.repeat && binding.intent != Intent::Yes
    }

    /// Does what is asked for.
    pub(super) fn act(&mut self, intent: Intent, frame: &Frame) -> Vec<Action> {
        match intent {
            Intent::Stop => vec![Action::Command(Command::Stop)],
            Intent::TakeBack => self.take_back(frame),
            Intent::Release => {
                self.ask_release(frame);
                Vec::new()
            }
            Intent::Cancel => self.cancel(frame),
            Intent::Acknowledge => self.acknowledge(frame),
            Intent::Shelve => self.none(|ui| ui.choose_shelf(frame)),
            Intent::Ticket(side) => self.none(|ui| ui.open_ticket(side, frame)),
            Intent::Quick(side) => self.none(|ui| ui.quick(side, frame)),
            Intent::CancelMany => self.none(|ui| ui.ask_cancel_many(frame)),
            Intent::Amend => self.none(|ui| ui.open_amendment(frame)),
            Intent::Report => self.none(|ui| ui.open_report(frame)),
            Intent::SizeUp | Intent::SizeDown | Intent::LotUp | Intent::LotDown => {
                self.none(|ui| ui.resize(intent, frame))
            }
            Intent::PlayPause
            | Intent::Slower
            | Intent::Faster
            | Intent::StepEvent
            | Intent::StepBar
            | Intent::NextStop
            | Intent::PreviousStop
            | Intent::StopKind
            | Intent::Seek
            | Intent::Bookmark => self.replaying(intent, frame),
            Intent::Accept => self.accept(frame),
            Intent::Erase | Intent::Clear | Intent::Step(_) => self.none(|ui| ui.edit(intent, frame)),
            Intent::Copy => self.copy(frame),
            Intent::Why => self.none(|ui| ui.tell_why(frame)),
            Intent::Open => self.open(frame),
            Intent::Quit => self.quit(frame),
            Intent::Repaint => vec![Action::Repaint],
            Intent::Suspend => self.none(|ui| ui.say("not here: leave with :quit, or use another window")),
            Intent::Help => self.none(|ui| ui.stack.push(Overlay::Help { scroll: 0 })),
            Intent::Yes | Intent::Interrupt => Vec::new(),
            looks => self.none(|ui| ui.look(looks, frame)),
        }
    }

    /// Does something that has no effect outside.
    fn none(&mut self, change: impl FnOnce(&mut Self)) -> Vec<Action> {
        change(self);
        Vec::new()
    }

    /// Says something about the last key.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
    }

    /// Leaves what is open; twice says how to quit.
    fn interrupt(&mut self, again: bool) -> Vec<Action> {
        if self.stack.is_empty() && self.first_stroke.is_none() {
            let text =
                if again { ":quit and Enter leaves this terminal" } else { "Ctrl-c again says how to quit" };
            self.say(text);
        }
        self.leave_overlay();
        self.interrupted = true;
        Vec::new()
    }
}
