//! Draws what lies over the panes. A box is a rule above and below, no lines at its sides.

use super::{Choice, Overlay, Plain, Prompt, Reading, help, palette, report_form, symbol, ticket_form};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};

/// Draws one overlay inside a rectangle.
pub fn draw(paint: &mut Paint<'_>, view: &View<'_>, overlay: &Overlay) {
    // A form under a question has not got the keys: no brackets.
    let on_top = view.ui.overlay().is_some_and(|top| std::ptr::eq(top, overlay));
    match overlay {
        Overlay::Help { scroll } => {
            text(paint, "Keys", &help::lines(view.ui.keymap(), paint.width()), *scroll)
        }
        Overlay::Reading(reading) => told(paint, reading),
        Overlay::Plain(plain) => plain_text(paint, plain),
        Overlay::Choice(choice) => choices(paint, choice),
        Overlay::Palette(field) => commands(paint, view, field.text()),
        Overlay::Symbol { field, at, add } => symbols(paint, view, field.text(), *at, *add),
        Overlay::Ticket(ticket) => ticket_form::ticket(paint, view, ticket, on_top),
        Overlay::Amend(amendment) => ticket_form::amendment(paint, view, amendment, on_top),
        Overlay::Report(report) => report_form::report(paint, view, report, on_top),
        Overlay::Prompt(prompt) => question(paint, prompt),
        Overlay::Filter { .. } | Overlay::Seek(_) | Overlay::Shelf { .. } => {}
    }
}

/// On a screen too small for panes: the prompt or the choice alone.
pub fn small(paint: &mut Paint<'_>, view: &View<'_>) {
    match view.ui.overlay() {
        Some(Overlay::Prompt(prompt)) => {
            let last = prompt.lines.len().min(usize::from(paint.height()));
            for (y, line) in (0u16..).zip(prompt.lines.iter().take(last)) {
                paint.blank(y, Role::Prompt);
                paint.put(0, y, line, Role::Prompt);
            }
            let y = u16::try_from(last).unwrap_or(0).min(paint.height().saturating_sub(1));
            paint.blank(y, Role::Prompt);
            paint.put(0, y, &format!("y yes  Esc no  {}", prompt.mode.word()), Role::Prompt);
        }
        Some(Overlay::Choice(choice)) => choices(paint, choice),
        _ => {}
    }
}

/// A prompt in the hints row.
pub fn inline(paint: &mut Paint<'_>, y: u16, prompt: &Prompt) {
    paint.blank(y, Role::Prompt);
    let mode = format!(" {} ", prompt.mode.word());
    // The order comes first, so that a narrow screen cuts what matters least; the mode is never cut.
    let room = paint.width().saturating_sub(width(&mode));
    let text = format!("y sends {}", prompt.lines.join(", "));
    paint.inside(1, y, room.saturating_sub(1), 1).put(0, 0, &text, Role::Prompt);
    paint.put(room, y, &mode, Role::Prompt);
}

/// The keys of a form.
const FORM_KEYS: &str = "Tab field  Up Down step  S- ten  [ ] - + size  w why  Enter review";

/// What the hints row says while something is open; `None` leaves it to the pane.
#[must_use]
pub fn hint(view: &View<'_>) -> Option<String> {
    Some(match view.ui.overlay()? {
        Overlay::Reading(reading) if reading.behind.iter().any(Option::is_some) => {
            "j k choose   Enter on a + line: what is behind it   c copy   q one level back".to_owned()
        }
        Overlay::Help { .. } | Overlay::Reading(_) => "j k PgDn PgUp read   q back".to_owned(),
        Overlay::Plain(plain) => {
            let next = plain.fields.get(plain.at).map_or("", |(name, _)| name.as_str());
            format!("c copies {next}   j k another   or select it with the terminal   q back")
        }
        Overlay::Choice(_) => "j k choose   Enter take   q back".to_owned(),
        Overlay::Palette(field) => format!(":{}_   Tab completes  Enter does it  Esc leaves", field.text()),
        Overlay::Symbol { .. } => "letters narrow  Up Down choose  Enter takes  Esc leaves".to_owned(),
        Overlay::Filter { field, .. } => {
            format!("/{}_   sym: sector: side: state: age>  Enter keeps  Esc clears", field.text())
        }
        Overlay::Seek(field) => {
            format!("go to {}_   HH:MM or HH:MM:SS  Enter goes  Esc leaves", field.text())
        }
        Overlay::Shelf { field, .. } => {
            format!("shelve until {}_   HH:MM or HH:MM:SS  Enter shelves  Esc leaves", field.text())
        }
        Overlay::Ticket(_) => {
            // The same words as at the foot of the form.
            let esc = if view.ui.size.0 > 84 { "Esc keeps draft" } else { "Esc draft" };
            format!("{FORM_KEYS}  {esc}")
        }
        Overlay::Amend(_) => format!("{FORM_KEYS}  Esc leaves"),
        Overlay::Report(report) => {
            let keys: Vec<String> = report.choices.iter().map(|said| said.key().to_string()).collect();
            format!("{} or Up Down say what  Tab field  Enter review  Esc leaves", keys.join(" "))
        }
        Overlay::Prompt(prompt) if prompt.inline => return None,
        Overlay::Prompt(_) => "read it, then y or Esc".to_owned(),
    })
}

fn text(paint: &mut Paint<'_>, title: &str, lines: &[String], scroll: usize) {
    paint.clear();
    let room = usize::from(paint.height().saturating_sub(1));
    let from = scroll.min(lines.len().saturating_sub(room.max(1)));
    let right =
        format!("{}-{} of {}", (from + 1).min(lines.len()), (from + room).min(lines.len()), lines.len());
    paint.rule(0, title, true, "", &right);
    for (y, line) in (1u16..paint.height()).zip(lines.iter().skip(from)) {
        paint.put(1, y, line, Role::Text);
    }
}

/// A text whose lines may lead further: those are marked, and the cursor stands on one.
fn told(paint: &mut Paint<'_>, reading: &Reading) {
    if !reading.behind.iter().any(Option::is_some) {
        return text(paint, &reading.title, &reading.lines, reading.scroll);
    }
    paint.clear();
    paint.rule(0, &reading.title, true, "", &format!("{} lines", reading.lines.len()));
    let room = usize::from(paint.height().saturating_sub(1)).max(1);
    let from = (reading.scroll + 1).saturating_sub(room);
    for (y, (i, line)) in (1u16..paint.height()).zip(reading.lines.iter().enumerate().skip(from)) {
        let leads = reading.behind.get(i).is_some_and(Option::is_some);
        if i == reading.scroll {
            paint.select(y);
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        if leads {
            paint.put(1, y, "+", Role::Key);
        }
        paint.put(3, y, line, Role::Text);
    }
}

/// Nothing but text: no rule, no mark, so that what a terminal selects is what is meant. The field whose
/// turn it is is underlined.
fn plain_text(paint: &mut Paint<'_>, plain: &Plain) {
    paint.clear();
    let names = plain.fields.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let from = (plain.at + 1).saturating_sub(usize::from(paint.height()).max(1));
    for (y, (i, (name, text))) in (0u16..).zip(plain.fields.iter().enumerate().skip(from)) {
        paint.put(0, y, name, Role::Dim);
        let x = if names == 0 { 0 } else { names + 2 };
        let end = paint.put(x, y, text, Role::Text);
        if i == plain.at {
            paint.underline(end, y, text);
        }
    }
}

fn choices(paint: &mut Paint<'_>, choice: &Choice) {
    let height = u16::try_from(choice.rows.len() + 2).unwrap_or(u16::MAX).min(paint.height());
    let columns = paint.width();
    let mut paint = paint.inside(0, paint.height().saturating_sub(height), columns, height);
    paint.clear();
    paint.rule(0, &choice.title, true, "", "");
    let room = usize::from(height.saturating_sub(1)).max(1);
    let from = (choice.at + 1).saturating_sub(room);
    for (y, (i, (row, _))) in (1u16..height).zip(choice.rows.iter().enumerate().skip(from)) {
        if i == choice.at {
            paint.select(y);
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        paint.put(2, y, row, Role::Text);
    }
}

fn commands(paint: &mut Paint<'_>, view: &View<'_>, typed: &str) {
    let below = palette_context(view);
    let list = palette::candidates(view.ui.keymap(), below, typed);
    let height = u16::try_from(list.len() + 2).unwrap_or(u16::MAX).min(paint.height()).min(14);
    let columns = paint.width();
    let mut paint = paint.inside(0, paint.height().saturating_sub(height), columns, height);
    paint.clear();
    paint.rule(0, "Command", true, "", &matches(list.len()));
    if list.is_empty() {
        paint.put(1, 1, "no command begins with this", Role::Dim);
    }
    for (y, c) in (1u16..height).zip(&list) {
        let x = paint.put(1, y, c.name, Role::Key);
        paint.put(x + 1, y, c.takes, Role::Dim);
        paint.put(30, y, &c.key, Role::Dim);
        paint.put(44, y, c.words, Role::Text);
    }
}

/// The context of the pane below the command line.
fn palette_context(view: &View<'_>) -> crate::console::keymap::Context {
    crate::console::keymap::Context {
        scope: crate::console::keymap::Scope::Pane(view.ui.pane_with_keys()),
        replay: view.status().transport.is_some(),
    }
}

fn symbols(paint: &mut Paint<'_>, view: &View<'_>, typed: &str, at: usize, add: bool) {
    let list = symbol::matches(view.frame, view.ui, typed, add);
    let height = paint.height().min(16);
    let columns = paint.width();
    let mut paint = paint.inside(0, 0, columns, height);
    paint.clear();
    let name = if add { "Add to the list" } else { "Symbol" };
    paint.rule(0, name, true, &format!("{typed}_"), &matches(list.len()));
    if list.is_empty() {
        let why = if add {
            "every symbol is on the list"
        } else {
            "no ticker, no name and no broker of the last prints has this"
        };
        paint.put(1, 1, why, Role::Dim);
    }
    let room = usize::from(height.saturating_sub(1)).max(1);
    let from = (at + 1).saturating_sub(room);
    for (y, (i, id)) in (1u16..height).zip(list.iter().enumerate().skip(from)) {
        if i == at {
            paint.select(y);
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        if let Some(instrument) = view.snapshot().day.universe.get(*id) {
            paint.put(2, y, instrument.symbol.as_str(), Role::Text);
            paint.put(16, y, &instrument.name, Role::Dim);
        }
    }
}

fn question(paint: &mut Paint<'_>, prompt: &Prompt) {
    let height = u16::try_from(prompt.lines.len() + 3).unwrap_or(u16::MAX).min(paint.height());
    let columns = paint.width();
    let mut paint = paint.inside(0, paint.height().saturating_sub(height), columns, height);
    paint.clear();
    paint.rule(0, "Sure?", true, "", "");
    for (y, line) in (1u16..).zip(&prompt.lines) {
        paint.blank(y, Role::Prompt);
        paint.put(1, y, line, Role::Prompt);
    }
    let last = height.saturating_sub(2).max(1);
    let keys = format!("y yes, and only y        Esc no        {}", prompt.mode.word());
    paint.put(1, last, &keys, Role::Key);
}

/// How many lines match what was typed.
fn matches(count: usize) -> String {
    format!("{count} {}", if count == 1 { "match" } else { "matches" })
}
