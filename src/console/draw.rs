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
use super::reads::Part;
use super::sheet::{Sheet, Stale};
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
    draw_into(target.buffer_mut(), frame, ui, theme)
}

/// The same, into a buffer, all of it.
pub fn draw_into(buffer: &mut Buffer, frame: &Frame, ui: &Ui, theme: &Theme) -> Layout {
    let mut sheet = Sheet::over(std::mem::take(buffer));
    let layout = draw_onto(&mut sheet, frame, ui, theme);
    *buffer = sheet.into_buffer();
    layout
}

/// The same, over the last picture on a sheet: what would come out as it stands there is not drawn again.
pub fn draw_onto(sheet: &mut Sheet, frame: &Frame, ui: &Ui, theme: &Theme) -> Layout {
    let _reading = super::format::read_by(ui.options.grouping);
    let turned = (ui.options.rise == Rise::Red).then(|| theme.with_red_rising());
    let view = View { frame, ui, theme: turned.as_ref().unwrap_or(theme) };
    let area = *sheet.buffer().area();
    if area.is_empty() {
        return Layout::default();
    }
    if ui.too_small() {
        let buffer = sheet.blank();
        wipe(buffer, area, view.theme);
        contained(buffer, area, view.theme, |paint| emergency::draw(paint, &view));
        contained(buffer, area, view.theme, |paint| overlay::small(paint, &view));
        return Layout::default();
    }
    let layout = layout(area, ui, frame.status.transport.is_some());
    let stale = sheet.renew(&view, &layout);
    for bare in stale.bare() {
        wipe(sheet.touch(*bare), *bare, view.theme);
    }
    draw_panes(sheet, &stale, &layout, &view);
    let foot = Rect { y: layout.foot(), height: area.bottom().saturating_sub(layout.foot()), ..area };
    contained(open(sheet, &stale, foot, view.theme), foot, view.theme, |paint| {
        draw_foot(paint, &layout, &view)
    });
    for (one, area) in overlays(&layout, ui) {
        contained(sheet.cover(area), area, view.theme, |paint| overlay::draw(paint, &view, one));
    }
    layout
}

/// What the header reads of the terminal's state.
const HEADER_READS: &[Part] = &[Part::Line];

/// Header, panes and the bars between them, as far as they have changed.
fn draw_panes(sheet: &mut Sheet, stale: &Stale, layout: &Layout, view: &View<'_>) {
    let theme = view.theme;
    if stale.place(layout.header, HEADER_READS) {
        let buffer = open(sheet, stale, layout.header, theme);
        contained(buffer, layout.header, theme, |paint| header::draw(paint, view));
    }
    if let Some(words) = view.ui.workspace.to_come()
        && stale.place(layout.middle, &[])
    {
        to_come(open(sheet, stale, layout.middle, theme), layout.middle, view, view.ui.workspace, words);
    }
    for slot in layout.panes.iter().filter(|slot| stale.pane(**slot)) {
        draw_pane(open(sheet, stale, slot.area, theme), *slot, view);
    }
    for (x, from, to) in &layout.bars {
        let bar = Rect::new(*x, *from, 1, to.saturating_sub(*from));
        if stale.place(bar, &[]) {
            Paint::new(open(sheet, stale, bar, theme), bar, theme).bar(0, 0, bar.height);
        }
    }
}

/// A place to draw in, empty.
fn open<'a>(sheet: &'a mut Sheet, stale: &Stale, area: Rect, theme: &Theme) -> &'a mut Buffer {
    let buffer = sheet.touch(area);
    if !stale.is_wiped(area) {
        wipe(buffer, area, theme);
    }
    buffer
}

fn wipe(buffer: &mut Buffer, area: Rect, theme: &Theme) {
    Paint::new(buffer, area, theme).clear();
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

/// Answers and hints, in a rectangle that begins with the first row of them.
fn draw_foot(paint: &mut Paint<'_>, layout: &Layout, view: &View<'_>) {
    let row = |y: u16| y.saturating_sub(layout.foot());
    if let Some(y) = layout.answers_rule {
        paint.rule(row(y), "last answers", false, "", &answers::journal(view, "journal"));
    }
    let beside = match layout.answers_rule {
        Some(_) => String::new(),
        None => format!(" {}", answers::journal(view, "j")),
    };
    paint.put_right(paint.width(), row(layout.answers), &beside, Role::Dim);
    let room = paint.width().saturating_sub(width(&beside));
    answers::draw(&mut paint.inside(0, row(layout.answers), room, 1), 0, view);
    hints::draw(paint, row(layout.hints), view);
}

/// What lies over the panes, the lowest first, each in its place.
fn overlays<'a>(layout: &Layout, ui: &'a Ui) -> impl Iterator<Item = (&'a Overlay, Rect)> {
    let (form, middle) = (layout.form, layout.middle);
    ui.stack.iter().filter_map(move |one| match one {
        Overlay::Ticket(_) | Overlay::Amend(_) | Overlay::Report(_)
            if form.height >= 9 && form.width >= 38 =>
        {
            Some((one, form))
        }
        Overlay::Prompt(prompt) if prompt.inline => None,
        Overlay::Filter { .. } | Overlay::Seek(_) | Overlay::Shelf { .. } => None,
        _ => Some((one, middle)),
    })
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
