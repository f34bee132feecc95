//! Whole screens and each pane as text: normal, empty, too small.

use super::fixture;
use super::{Desk, picture};
use crate::console::pane::{PANES, PaneId};
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::console::ui::Workspace;

#[test]
fn trade() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let desk = Desk::sized(fixture::frame(), columns, rows);
        insta::assert_snapshot!(format!("trade_{columns}x{rows}"), desk.picture());
    }
}

#[test]
fn replay() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut desk = Desk::sized(fixture::replay(), columns, rows);
        desk.press("5");
        insta::assert_snapshot!(format!("replay_{columns}x{rows}"), desk.picture());
    }
}

#[test]
fn nothing_there() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let desk = Desk::sized(fixture::empty(), columns, rows);
        insta::assert_snapshot!(format!("empty_{columns}x{rows}"), desk.picture());
    }
}

#[test]
fn emergency() {
    let mut desk = Desk::sized(fixture::frame(), 50, 12);
    insta::assert_snapshot!("emergency", desk.picture());
    desk.press("X");
    insta::assert_snapshot!("emergency_cancel_all", desk.picture());
}

#[test]
fn overlays() {
    for (name, keys) in [
        ("ticket", "b"),
        ("ticket_review", "b Enter"),
        ("sell_ticket", "s"),
        ("ticket_blocked", "s 7 0 0 Tab 7 0 0"),
        ("ticket_costs", "b w"),
        ("help", "?"),
        ("palette", ": s"),
        ("symbol", "t h i d"),
        ("cancel_menu", "X"),
        ("amend", "g o e Up"),
        ("why_order", "g o w"),
        ("held_ladder", "j j"),
        ("quick", "B"),
        ("filter", "g o / s i d e : b u y"),
        ("go", "g"),
    ] {
        let mut desk = Desk::new(fixture::frame());
        desk.press(keys);
        insta::assert_snapshot!(format!("overlay_{name}"), desk.picture());
    }
}

#[test]
fn overlays_on_a_small_screen() {
    for (name, keys) in [
        ("ticket", "b"),
        ("ticket_blocked", "s 7 0 0 Tab 7 0 0"),
        ("ticket_costs", "b w"),
        ("amend", "g o e Up"),
        ("cancel_all", "X j j j Enter"),
        ("denied", "b Ctrl-u 5 Enter"),
        ("quick", "B"),
        ("help", "?"),
    ] {
        let mut desk = Desk::sized(fixture::replay(), 80, 24);
        desk.press(keys);
        insta::assert_snapshot!(format!("small_{name}"), desk.picture());
    }
}

#[test]
fn without_depth() {
    let mut desk = Desk::new(fixture::frame_without_depth());
    insta::assert_snapshot!("no_depth", desk.picture());
    desk.press("v");
    desk.says("by broker");
    desk.press("v");
    desk.says("volume at price");
}

/// Every pane alone, over the whole middle: normal, of an empty day, too small.
#[test]
fn panes() {
    for pane in PANES {
        for (case, frame, size) in
            [("normal", fixture::replay(), (80, 24)), ("empty", fixture::empty(), (80, 24))]
        {
            let mut desk = Desk::sized(frame, size.0, size.1);
            desk.ui.workspace = Workspace::Replay;
            desk.ui.focus = pane.id;
            desk.ui.full = true;
            insta::assert_snapshot!(format!("pane_{:?}_{case}", pane.id), desk.picture());
        }
        let (columns, rows) = pane.least;
        if columns <= 1 || rows == 0 {
            continue;
        }
        let (frame, ui) = (fixture::frame(), crate::console::Ui::new(crate::console::Keymap::default()));
        let theme = Theme::default();
        let area = ratatui::layout::Rect::new(0, 0, columns, rows);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        let view = crate::console::view::View { frame: &frame, ui: &ui, theme: &theme };
        (pane.draw)(&mut crate::console::widget::Paint::new(&mut buffer, area, &theme), &view);
    }
}

/// The views of the market, at the sizes they are worked at.
#[test]
fn market_views() {
    for (name, keys, (columns, rows)) in [
        ("board", "g m o j j j j j Enter", (80, 24)),
        ("board", "g m o j j j j j Enter", (120, 40)),
        ("board", "g m o j j j j j Enter", (200, 60)),
        ("sectors", "g m v", (120, 40)),
        ("grid1", "v", (120, 40)),
        ("grid5_held", "v v j k k", (120, 40)),
        ("grid10", "v v v", (80, 24)),
        ("cumulative", "v v v v", (80, 24)),
        ("tape", "v v v v v", (80, 24)),
        ("brokers", "v v v v v v", (80, 24)),
        ("volume", "v v v v v v v", (80, 24)),
        ("tape_beside", "Tab", (170, 45)),
    ] {
        let mut desk = Desk::sized(fixture::frame(), columns, rows);
        desk.press(keys);
        insta::assert_snapshot!(format!("market_{name}_{columns}x{rows}"), desk.picture());
    }
    for (name, keys) in [("board", "g m"), ("sectors", "g m v"), ("volume", "v v v v v v v")] {
        let mut desk = Desk::sized(fixture::frame(), 80, 24);
        desk.press(keys);
        let theme = Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap();
        let picture = picture(&desk.frame, &desk.ui, &theme);
        assert!(picture.is_ascii(), "{picture}");
        insta::assert_snapshot!(format!("market_plain_{name}"), picture);
    }
    let desk = Desk::sized(fixture::frame(), 200, 60);
    let theme = Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap();
    assert!(picture(&desk.frame, &desk.ui, &theme).is_ascii());
}

#[test]
fn a_pane_too_small_says_what_it_needs() {
    let mut desk = Desk::sized(fixture::frame(), 60, 20);
    desk.ui.focus = PaneId::Orders;
    insta::assert_snapshot!("least_60x20", desk.picture());
}

/// Lines and marks fall back where the terminal is not UTF-8.
#[test]
fn plain_characters() {
    let desk = Desk::sized(fixture::replay(), 120, 40);
    let theme = Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap();
    let picture = picture(&desk.frame, &desk.ui, &theme);
    let odd: Vec<char> = picture.chars().filter(|c| !c.is_ascii()).collect();
    assert!(odd.is_empty(), "{odd:?}\n{picture}");
    insta::assert_snapshot!("plain_120x40", picture);
}

/// Every cell of every screen is one character wide, so that columns stay where they are.
#[test]
fn nothing_is_wider_than_a_cell() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let picture = Desk::sized(fixture::replay(), columns, rows).picture();
        for line in picture.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) == line.chars().count(), "{line}");
        }
    }
}
