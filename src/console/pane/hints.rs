//! The two rows at the bottom: keys of the focused pane, keys of every pane. Made from the key table.

use super::{PaneId, pane};
use crate::console::Mode;
use crate::console::intent::Intent;
use crate::console::keymap::{Context, Place, Scope};
use crate::console::overlay::{Overlay, draw as overlay};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};

/// Draws both rows from row `y` on.
pub fn draw(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    if let Some(Overlay::Prompt(prompt)) = view.ui.overlay()
        && prompt.inline
    {
        overlay::inline(paint, y, prompt);
    } else {
        local(paint, y, view);
        keyboard(paint, y, view);
    }
    global(paint, y + 1, view);
}

/// Which keyboard is on, where it is not the Latin one.
fn keyboard(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    if view.ui.nepali_on() {
        let name = view.ui.keymap().nepali().name();
        paint.put_right(paint.width(), y, &format!("  Nepali keyboard, read as {name} "), Role::Warn);
    }
}

fn local(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    if let Some(first) = view.ui.first_stroke {
        let context = view.ui.context(view.frame);
        let mut x = paint.put(1, y, &format!("{first} then "), Role::Title);
        for (key, binding) in view.ui.keymap().choices(context, first) {
            x = paint.put(x + 1, y, &key.to_string(), Role::Key);
            x = paint.put(x + 1, y, binding.hint, Role::Text);
        }
        return;
    }
    if let Some(text) = overlay::hint(view) {
        paint.put(1, y, &text, Role::Text);
        return;
    }
    let focus = view.ui.pane_with_keys();
    let name = if focus == view.ui.focus { pane(focus).name } else { view.ui.workspace.name() };
    let mut x = paint.put(1, y, &format!("{name}:"), Role::Title);
    for (keys, word) in hints(view, focus) {
        if x + width(&keys) + width(word) + 3 > paint.width() {
            break;
        }
        x = paint.put(x + 1, y, &keys, Role::Key);
        x = paint.put(x + 1, y, word, Role::Text) + 1;
    }
}

/// The keys that say something in a pane: its own first, then those of every pane. Keys with one
/// word between them stand together.
fn hints(view: &View<'_>, focus: PaneId) -> Vec<(String, &'static str)> {
    let context = Context { scope: Scope::Pane(focus), replay: view.status().transport.is_some() };
    let mut out: Vec<(String, &'static str)> = Vec::new();
    for general in [false, true] {
        for row in view.ui.keymap().rows() {
            let b = row.binding;
            let below = matches!(b.place, Place::Everywhere | Place::Letters | Place::Lists);
            let strokes = row.keys.first().filter(|k| k.0.len() == 1);
            let (Some(strokes), false, false) = (strokes, b.hint.is_empty(), below) else { continue };
            if (b.place == Place::Panes) != general || !b.place.holds(context) || !fits(b.intent, focus) {
                continue;
            }
            match out.last_mut() {
                Some((keys, word)) if *word == b.hint => keys.push_str(&format!(" {strokes}")),
                _ => out.push((strokes.to_string(), b.hint)),
            }
        }
    }
    out
}

/// Whether a key that counts in every pane says something in this one.
const fn fits(intent: Intent, focus: PaneId) -> bool {
    match intent {
        Intent::Centre => matches!(focus, PaneId::Depth),
        Intent::View => matches!(focus, PaneId::Depth | PaneId::Transport | PaneId::Board | PaneId::Sectors),
        Intent::Full => !focus.is_page(),
        Intent::Symbol => false,
        Intent::Report => matches!(focus, PaneId::Slips),
        _ => true,
    }
}

fn global(paint: &mut Paint<'_>, y: u16, view: &View<'_>) {
    let keys = view.ui.keymap();
    let stop = format!(" {} STOP ", keys.key_of(Intent::Stop));
    let mut x = paint.put(0, y, &stop, Role::Alarm);
    x = paint.put(x, y, &format!(" {} ", view.theme.glyphs().bar), Role::Rule);
    let wide = paint.width() >= 100;
    let gap = if wide { 2 } else { 1 };
    for (key, word) in [
        (keys.key_of(Intent::NextPane), "pane"),
        ("1-5".to_owned(), "space"),
        (keys.key_of(Intent::Symbol), "symbol"),
        (keys.key_of(Intent::Filter), "filter"),
        (keys.key_of(Intent::Help), "keys"),
        (keys.key_of(Intent::Palette), "command"),
        ("q".to_owned(), "back"),
    ] {
        x = paint.put(x, y, &key, Role::Key);
        x = paint.put(x + 1, y, word, Role::Text) + gap;
    }
    let mode = view.status().mode;
    for who in [who(view), format!(" {} ", mode.word())] {
        let from = paint.width().saturating_sub(width(&who));
        if from >= x {
            paint.put(from, y, &who, mode_role(mode));
            return;
        }
    }
}

/// Who sits here, and outside LIVE the mode again.
fn who(view: &View<'_>) -> String {
    let operator = &view.status().operator;
    match view.status().mode {
        Mode::Live => format!(" {operator} "),
        mode => format!(" {operator} {} ", mode.word()),
    }
}

/// The role of a mode's word.
#[must_use]
pub const fn mode_role(mode: Mode) -> Role {
    match mode {
        Mode::Live => Role::Live,
        Mode::Sim => Role::Sim,
        Mode::Paper => Role::Paper,
        Mode::Replay => Role::Replay,
        Mode::Drill => Role::Drill,
    }
}
