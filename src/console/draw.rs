//! The whole screen from a frame, this terminal's state and a theme. Reads, never writes.
//!
//! A pane that panics says so in its own place; the others are drawn.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Frame;
use super::layout::{Layout, Slot, layout};
use super::options::Rise;
use super::overlay::{Overlay, draw as overlay};
use super::pane::{answers, emergency, header, hints, pane};
use super::theme::{Role, Theme};
use super::ui::{Ui, Workspace};
use super::view::View;
use super::widget::{Paint, width};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this moment will be caught and shown in a pane: a panic hook that restores
/// the terminal must leave it alone then.
#[must_use]
pub fn is_contained() -> bool {
    CONTAINED.get()
}

/// Draws the screen into a terminal's next picture and returns where things are.
pub fn draw(target: &mut ratatui::Frame<'_>, frame: &Frame, ui: &Ui, theme: &Theme) -> Layout {
    let area = target.area();
    draw_into(target.buffer_mut(), area, frame, ui, theme)
}

/// The same, into a buffer.
pub fn draw_into(buffer: &mut Buffer, area: Rect, frame: &Frame, ui: &Ui, theme: &Theme) -> Layout {
    let _reading = super::format::read_by(ui.options.grouping);
    let turned = (ui.options.rise == Rise::Red).then(|| theme.with_red_rising());
    let theme = turned.as_ref().unwrap_or(theme);
    let view = View { frame, ui, theme };
    let area = area.intersection(*buffer.area());
    buffer.set_style(area, theme.style(Role::Text));
    if area.is_empty() {
        return Layout::default();
    }
    if ui.too_small() {
        contained(buffer, area, theme, |paint| emergency::draw(paint, &view));
        contained(buffer, area, theme, |paint| overlay::small(paint, &view));
        return Layout::default();
    }
    let layout = layout(area, ui, frame.status.transport.is_some());
    contained(buffer, layout.header, theme, |paint| header::draw(paint, &view));
    if let Some(words) = ui.workspace.to_come() {
        to_come(buffer, layout.middle, &view, ui.workspace, words);
    }
    for slot in &layout.panes {
        draw_pane(buffer, *slot, &view);
    }
    draw_bars(buffer, area, &layout, theme);
    contained(buffer, area, theme, |paint| foot(paint, &layout, &view));
    draw_overlays(buffer, &layout, &view);
    layout
}

fn to_come(buffer: &mut Buffer, area: Rect, view: &View<'_>, space: Workspace, words: &str) {
    contained(buffer, area, view.theme, |paint| {
        paint.rule(0, space.name(), true, "", "");
        let y = paint.put_wrapped(1, 2, words, Role::Text);
        paint.put(1, y + 1, "1 Trade, 2 Risk and 5 Replay are here now", Role::Dim);
    });
}

fn draw_pane(buffer: &mut Buffer, slot: Slot, view: &View<'_>) {
    if slot.area.is_empty() {
        return;
    }
    let pane = pane(slot.pane);
    let content = Rect { y: slot.area.y + 1, height: slot.area.height - 1, ..slot.area };
    contained(buffer, slot.area, view.theme, |paint| {
        let title = (pane.title)(view);
        paint.rule(
            0,
            pane.name,
            view.ui.focus == slot.pane && view.ui.stack.is_empty(),
            &title.rest,
            &title.right,
        );
    });
    let (columns, rows) = pane.least;
    if content.width < columns || content.height < rows {
        contained(buffer, content, view.theme, |paint| {
            paint.put(0, 0, &format!("{} needs {columns}x{rows}; f", pane.name), Role::Dim);
        });
        return;
    }
    contained(buffer, content, view.theme, |paint| (pane.draw)(paint, view));
}

fn draw_bars(buffer: &mut Buffer, area: Rect, layout: &Layout, theme: &Theme) {
    let mut paint = Paint::new(buffer, area, theme);
    for (x, from, to) in &layout.bars {
        paint.bar(x - area.x, from - area.y, to - area.y);
    }
}

fn foot(paint: &mut Paint<'_>, layout: &Layout, view: &View<'_>) {
    if let Some(y) = layout.answers_rule {
        paint.rule(y, "last answers", false, "", &answers::journal(view, "journal"));
    }
    let beside = match layout.answers_rule {
        Some(_) => String::new(),
        None => format!(" {}", answers::journal(view, "j")),
    };
    paint.put_right(paint.width(), layout.answers, &beside, Role::Dim);
    let room = paint.width().saturating_sub(width(&beside));
    answers::draw(&mut paint.inside(0, layout.answers, room, 1), 0, view);
    hints::draw(paint, layout.hints, view);
}

/// What lies over the panes, the lowest first, each in its place.
fn draw_overlays(buffer: &mut Buffer, layout: &Layout, view: &View<'_>) {
    for one in &view.ui.stack {
        let area = match one {
            Overlay::Ticket(_) | Overlay::Amend(_) if layout.form.height >= 9 && layout.form.width >= 38 => {
                layout.form
            }
            Overlay::Prompt(prompt) if prompt.inline => continue,
            Overlay::Filter { .. } | Overlay::Seek(_) | Overlay::Shelf { .. } => continue,
            _ => layout.middle,
        };
        contained(buffer, area, view.theme, |paint| overlay::draw(paint, view, one));
    }
}

/// Draws into a rectangle; a panic inside leaves a line about it there and goes no further.
fn contained(buffer: &mut Buffer, area: Rect, theme: &Theme, draw: impl FnOnce(&mut Paint<'_>)) {
    let before = CONTAINED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(|| draw(&mut Paint::new(buffer, area, theme))));
    CONTAINED.set(before);
    if let Err(cause) = result {
        let text = cause.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
        let mut paint = Paint::new(buffer, area, theme);
        paint.clear();
        paint.put(0, 0, &format!("this pane failed: {text}"), Role::Alarm);
    }
}
