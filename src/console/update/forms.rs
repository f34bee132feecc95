//! Fields and forms: typing, stepping, completing, taking.

use super::Action;
use crate::console::intent::{Intent, Step};
use crate::console::keymap::{Context, Scope};
use crate::console::overlay::report::Slot;
use crate::console::overlay::{Choice, Chosen, Field, Overlay, TicketField, palette, symbol};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::console::{Frame, JumpTarget, ShellRequest, Speed, rows, theme};
use crate::engine::Command;
use crate::market::Symbol;

impl Ui {
    /// Adds text to the open field.
    pub(super) fn type_text(&mut self, text: &str, frame: &Frame) {
        // In a size these are steps by a lot; in a limit they are part of `bid+2t`.
        let step = match text {
            "+" => Some(Step::Up),
            "-" => Some(Step::Down),
            _ => None,
        };
        match (step, self.stack.last_mut()) {
            (Some(step), Some(Overlay::Ticket(t))) if t.active == TicketField::Qty => t.step(step, frame),
            (Some(step), Some(Overlay::Amend(f))) if f.active == TicketField::Qty => f.step(step, frame),
            (_, Some(Overlay::Report(form))) if form.slot == Slot::What => form.choose(text),
            (_, Some(overlay)) => overlay.field_mut().into_iter().for_each(|field| field.insert(text)),
            (_, None) => {}
        }
        self.edited(frame);
    }

    /// Erases, empties, steps.
    pub(super) fn edit(&mut self, intent: Intent, frame: &Frame) {
        match (intent, self.stack.last_mut()) {
            (Intent::Step(step), Some(Overlay::Ticket(ticket))) => ticket.step(step, frame),
            (Intent::Step(step), Some(Overlay::Amend(form))) => form.step(step, frame),
            (Intent::Step(step), Some(Overlay::Report(form))) => form.step(step, frame),
            (Intent::Step(step), Some(Overlay::Symbol { .. })) => self.step_symbol(step, frame),
            (Intent::Clear, Some(overlay)) => {
                if let Some(field) = overlay.field_mut() {
                    field.clear();
                }
                self.edited(frame);
            }
            (Intent::Erase, Some(overlay)) => {
                let erased = overlay.field_mut().is_some_and(Field::erase);
                let add = matches!(overlay, Overlay::Symbol { add: true, .. });
                let symbol = matches!(overlay, Overlay::Symbol { .. });
                if symbol && !erased && !add {
                    self.stack.pop();
                    if let Some(before) = self.symbol_before {
                        self.look_at(before);
                    }
                }
                self.edited(frame);
            }
            _ => {}
        }
    }

    /// After every edit: a filter narrows as it is typed, a choice begins at its first row.
    fn edited(&mut self, frame: &Frame) {
        match self.stack.last_mut() {
            Some(Overlay::Filter { pane, field }) => {
                let (pane, text) = (*pane, field.text().to_owned());
                let list = self.list_mut(pane);
                list.filter = text;
                list.held = None;
                let first = rows::ids(pane, frame, self).first().copied();
                if pane != PaneId::Watch {
                    self.list_mut(pane).selected = first;
                }
            }
            Some(Overlay::Symbol { at, .. }) => *at = 0,
            Some(Overlay::Ticket(ticket)) => ticket.fault = None,
            Some(Overlay::Amend(form)) => form.fault = None,
            Some(Overlay::Report(form)) => form.fault = None,
            _ => {}
        }
    }

    fn step_symbol(&mut self, step: Step, frame: &Frame) {
        let Some(Overlay::Symbol { field, at, add }) = self.stack.last() else { return };
        let count = symbol::matches(frame, self, field.text(), *add).len();
        let next =
            if step == Step::Up { at.saturating_sub(1) } else { (at + 1).min(count.saturating_sub(1)) };
        if let Some(Overlay::Symbol { at, .. }) = self.stack.last_mut() {
            *at = next;
        }
    }

    /// Completes the command line as far as it goes.
    pub(super) fn complete(&mut self, frame: &Frame) {
        let context = self.below(frame);
        let Some(Overlay::Palette(field)) = self.stack.last() else { return };
        let list = palette::candidates(&self.keymap, context, field.text());
        let completed = palette::completion(&list);
        if completed.len() > field.text().len() {
            self.stack.pop();
            self.stack.push(Overlay::Palette(Field::new(&completed)));
        }
    }

    /// The context of the pane below what is open.
    fn below(&self, frame: &Frame) -> Context {
        Context { scope: Scope::Pane(self.pane_with_keys()), replay: frame.status.transport.is_some() }
    }

    /// Takes what the open field says.
    pub(super) fn accept(&mut self, frame: &Frame) -> Vec<Action> {
        match self.stack.last() {
            Some(Overlay::Ticket(_)) => self.review_ticket(frame),
            Some(Overlay::Amend(_)) => self.review_amendment(frame),
            Some(Overlay::Report(_)) => self.review_report(frame),
            Some(Overlay::Filter { .. }) => {
                self.stack.pop();
            }
            Some(Overlay::Symbol { .. }) => self.take_symbol(frame),
            Some(Overlay::Shelf { alert, field }) => {
                let (alert, text) = (*alert, field.text().to_owned());
                return self.shelve_until(alert, &text, frame);
            }
            Some(Overlay::Seek(field)) => {
                let text = field.text().to_owned();
                self.stack.pop();
                return self.seek_to(&text, frame);
            }
            Some(Overlay::Palette(field)) => {
                let text = field.text().to_owned();
                self.stack.pop();
                return self.run(&text, frame);
            }
            _ => {}
        }
        Vec::new()
    }

    fn take_symbol(&mut self, frame: &Frame) {
        let Some(Overlay::Symbol { field, at, add }) = self.stack.last() else { return };
        let (add, typed) = (*add, field.text().to_owned());
        let found = symbol::matches(frame, self, &typed, add).get(*at).copied();
        self.stack.pop();
        match found {
            Some(id) => {
                if add {
                    self.unwatched.remove(&id);
                    self.list_mut(PaneId::Watch).held = None;
                }
                self.look_at(id);
            }
            None => self.say(format!("no symbol matches `{typed}`")),
        }
    }

    /// Runs a line of the command line.
    fn run(&mut self, line: &str, frame: &Frame) -> Vec<Action> {
        let line = line.trim();
        let (name, rest) = line.split_once(' ').map_or((line, ""), |(n, r)| (n, r.trim()));
        match name {
            "" => {}
            "quit" => return self.quit(frame),
            "release" => self.ask_release(frame),
            "accept" => self.ask_accept(frame),
            "goto" => self.goto(rest, frame),
            "time" => return self.seek_to(rest, frame),
            "speed" => return self.set_speed(rest, frame),
            "stops" => self.set_stop_kind(rest),
            "theme" => return self.want_theme(rest),
            "set" => return self.set(rest),
            "why" => self.why_named(rest, frame),
            "branch" => return self.name_branch(rest, frame),
            "branches" => self.list_branches(frame),
            "compare" => self.compare_branches(rest, frame),
            "undo" => self.undo(),
            "resume" => return vec![Action::Shell(ShellRequest::ResumeHere)],
            "return" => return vec![Action::Shell(ShellRequest::ReturnToSession)],
            _ => return self.run_binding(name, frame),
        }
        Vec::new()
    }

    fn run_binding(&mut self, name: &str, frame: &Frame) -> Vec<Action> {
        let context = self.below(frame);
        let rows = self.keymap.rows().iter();
        let found = rows.filter(|r| r.binding.place.holds(context)).find(|r| r.binding.name == name);
        match found.map(|row| row.binding.intent) {
            Some(intent) => self.act(intent, frame),
            None => {
                let list = palette::candidates(&self.keymap, context, name);
                match list.as_slice() {
                    [only] => self.run(only.name, frame),
                    [] => self.none(|ui| ui.say(format!("`{name}` is no command"))),
                    many => {
                        let names: Vec<&str> = many.iter().map(|c| c.name).take(6).collect();
                        self.none(|ui| ui.say(format!("`{name}` begins several: {}", names.join(" "))))
                    }
                }
            }
        }
    }

    fn goto(&mut self, text: &str, frame: &Frame) {
        match frame.snapshot.day.universe.find(&Symbol::new(text)) {
            Some(id) => self.look_at(id),
            None => self.say(format!("`{text}` is not in this day")),
        }
    }

    fn set_speed(&mut self, text: &str, frame: &Frame) -> Vec<Action> {
        if frame.status.transport.is_none() {
            self.say("not a replay: time here is the clock's");
            return Vec::new();
        }
        let factor = text.trim_start_matches('x').parse::<f64>().ok().filter(|f| f.is_finite() && *f > 0.0);
        let speed = if text == "max" { Some(Speed::Max) } else { factor.map(Speed::Factor) };
        match speed {
            Some(speed) => vec![Action::Shell(ShellRequest::SetSpeed(speed))],
            None => self.none(|ui| ui.say("speed takes a factor above 0, or max")),
        }
    }

    fn set_stop_kind(&mut self, text: &str) {
        let kinds = JumpTarget::ALL;
        let found = kinds.into_iter().find(|k| !text.is_empty() && k.word().starts_with(text));
        match found {
            Some(kind) => {
                self.stop_kind = kind;
                self.say(format!("( and ) stop at: {}", kind.word()));
            }
            None => self.stack.push(Overlay::Choice(Choice {
                title: "Stop at".to_owned(),
                rows: kinds.map(|k| (k.word().to_owned(), Chosen::StopKind(k))).to_vec(),
                at: 0,
            })),
        }
    }

    fn want_theme(&mut self, text: &str) -> Vec<Action> {
        if text.is_empty() {
            let names = theme::EMBEDDED.map(|(name, _)| name).join(", ");
            self.say(format!("themes: {names}"));
            return Vec::new();
        }
        vec![Action::Theme(text.to_owned())]
    }

    /// `:set`, `:set NAME`, `:set NAME VALUE`.
    fn set(&mut self, rest: &str) -> Vec<Action> {
        let (name, value) = rest.split_once(' ').map_or((rest, ""), |(n, v)| (n, v.trim()));
        let before = self.options;
        if name.is_empty() {
            self.say(self.options.line());
        } else if let (Some(now), true) = (self.options.get(name), value.is_empty()) {
            self.say(format!("{name} is {now}"));
        } else if let Err(why) = self.options.set(name, value) {
            self.say(why);
        } else {
            self.say(format!("{name} {value}, remembered for you"));
        }
        let mouse = self.options.mouse;
        if mouse == before.mouse { Vec::new() } else { vec![Action::Mouse(mouse)] }
    }

    fn undo(&mut self) {
        match self.last_unwatched.take() {
            Some(id) => {
                self.unwatched.remove(&id);
                self.list_mut(PaneId::Watch).held = None;
                self.look_at(id);
            }
            None => self.say("nothing to undo on the watch list"),
        }
    }

    /// Enter on a pane, a text or a choice: opens, or begins.
    pub(super) fn open(&mut self, frame: &Frame) -> Vec<Action> {
        let chosen = match self.stack.last() {
            Some(Overlay::Choice(choice)) => choice.rows.get(choice.at).map(|(_, chosen)| *chosen),
            Some(Overlay::Reading(reading)) if reading.next().is_some() => {
                self.tell_why(frame);
                return Vec::new();
            }
            Some(_) => {
                self.stack.pop();
                return Vec::new();
            }
            None => None,
        };
        if let Some(chosen) = chosen {
            self.stack.pop();
            match chosen {
                Chosen::Cancel(scope) => self.ask_cancel_scope(scope, frame),
                Chosen::Seek(at) => return vec![Action::Shell(ShellRequest::Seek(at))],
                Chosen::StopKind(kind) => self.stop_kind = kind,
                Chosen::Shelve { alert, until } => {
                    return vec![Action::Command(Command::ShelveAlert { alert, until })];
                }
                Chosen::ShelveUntil(alert) => self.ask_shelf_time(alert),
                Chosen::SortBy(pane, column) => {
                    let list = self.list_mut(pane);
                    list.sort = column;
                    list.held = None;
                }
            }
            return Vec::new();
        }
        match self.focus {
            PaneId::Watch => self.focus_on(PaneId::Depth),
            PaneId::Board => self.open_board_row(frame),
            PaneId::Sectors => self.open_sector(frame),
            PaneId::Positions => {
                if let Some(id) = rows::selected_position(frame, self).map(|(_, p)| p.instrument) {
                    self.look_at(id);
                }
                self.tell_why(frame);
            }
            _ => self.tell_why(frame),
        }
        Vec::new()
    }
}
