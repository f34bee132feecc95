//! A picture drawn over another is the picture that an empty sheet gets, whatever was there before.

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fixture;
use super::fuzz::{self, Step};
use crate::console::backend::Screen;
use crate::console::input::{Key, Moment};
use crate::console::layout::layout;
use crate::console::pane::PaneId;
use crate::console::sheet::Sheet;
use crate::console::theme::{ColorDepth, Glyphs};
use crate::console::ui::Workspace;
use crate::console::{Frame, Keymap, Theme, Ui, draw_into, draw_onto};
use crate::market::Price;

/// What happens beside keys, sizes and frames.
#[derive(Clone, Debug)]
enum Other {
    Theme(usize),
    Link(Option<u32>),
    /// So many milliseconds pass, and what was to be seen for a while ends.
    Wait(u64),
    /// The last price and a level of the book change.
    Tick(i64),
    Set(&'static str, &'static str),
    Forget,
}

#[derive(Clone, Debug)]
enum Either {
    One(Step),
    Other(Other),
}

fn other() -> impl Strategy<Value = Other> {
    prop_oneof![
        2 => (0usize..3).prop_map(Other::Theme),
        1 => prop::sample::select(vec![None, Some(5), Some(400)]).prop_map(Other::Link),
        2 => (0u64..1_500).prop_map(Other::Wait),
        4 => (1i64..9).prop_map(Other::Tick),
        1 => prop::sample::select(vec![("grouping", "western"), ("rise", "red"), ("rise", "green"), ("flash", "off")])
            .prop_map(|(name, value)| Other::Set(name, value)),
        1 => Just(Other::Forget),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Either>> {
    prop::collection::vec(
        prop_oneof![5 => fuzz::step().prop_map(Either::One), 1 => other().prop_map(Either::Other)],
        1..70,
    )
}

/// The frame a moment later: a trade, and a level that was not there.
fn tick(frame: &Frame, paisa: i64) -> Frame {
    fixture::with_snapshot(frame, |snapshot| {
        snapshot.now = snapshot.now.plus_ns(300_000_000);
        let Some(first) = snapshot.instruments.first_mut() else { return };
        let mut instrument = (**first).clone();
        if let Some(prices) = &mut instrument.day.prices {
            prices.close = Price::from_units(54_600 + paisa);
        }
        if let Some(level) = instrument.book.as_mut().and_then(|book| book.bids.first_mut()) {
            level.price = Price::from_units(54_550 + paisa);
        }
        *first = Arc::new(instrument);
    })
}

fn themes() -> [Theme; 3] {
    [
        Theme::default(),
        Theme::embedded("light", ColorDepth::Palette, Glyphs::UNICODE).unwrap(),
        Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap(),
    ]
}

fn anew(frame: &Frame, ui: &Ui, theme: &Theme, (columns, rows): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    draw_into(&mut buffer, frame, ui, theme);
    buffer
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_standing_is_what_would_have_been_drawn(
        size in prop::sample::select(vec![(80, 24), (120, 40), (200, 60), (60, 20)]),
        steps in steps(),
    ) {
        let frames = [fixture::frame(), fixture::replay(), fixture::frame_without_depth(), fixture::empty(), super::slips::by_hand()];
        let themes = themes();
        let (mut theme, mut frame) = (&themes[0], frames[0].clone());
        let mut ui = Ui::new(Keymap::default());
        ui.resized(size.0, size.1);
        let (mut screen, mut plain) = (Screen::new(size.0, size.1), Screen::new(size.0, size.1));
        let mut now = 0u64;
        for step in steps {
            match step {
                Either::One(Step::Key(chord, repeat, after)) => {
                    now += after;
                    ui.on_key(Key { chord, repeat, at: Moment(now) }, &frame);
                }
                Either::One(Step::Draw) => {}
                Either::One(Step::Resize(w, h)) => {
                    ui.resized(w, h);
                    screen.resize(w, h);
                    plain.resize(w, h);
                }
                Either::One(Step::Paste(text)) => ui.on_paste(text, &frame),
                Either::One(Step::Frame(i)) => frame = frames[i].clone(),
                Either::Other(Other::Theme(i)) => theme = &themes[i],
                Either::Other(Other::Link(ms)) => ui.link_ms = ms,
                Either::Other(Other::Wait(ms)) => now += ms,
                Either::Other(Other::Tick(paisa)) => frame = tick(&frame, paisa),
                Either::Other(Other::Set(name, value)) => prop_assert!(ui.options.set(name, value).is_ok()),
                Either::Other(Other::Forget) => {
                    screen.forget();
                    plain.forget();
                }
            }
            ui.settle(Moment(now));
            ui.observe(&frame);
            let bytes = screen.draw_frame(&frame, &ui, theme);
            let want = plain.draw(|buffer| *buffer = anew(&frame, &ui, theme, ui.size));
            prop_assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&want));
            ui.drawn(Moment(now), &frame);
        }
    }

    /// The same for the picture itself, and for a terminal whose size the program does not know yet.
    #[test]
    fn a_sheet_forgets_nothing_it_should_know(
        size in prop::sample::select(vec![(80, 24), (120, 40), (200, 60), (70, 21), (20, 5)]),
        steps in steps(),
    ) {
        let frames = [fixture::frame(), fixture::replay()];
        let themes = themes();
        let (mut theme, mut frame) = (&themes[0], frames[0].clone());
        let mut ui = Ui::new(Keymap::default());
        let mut sheet = Sheet::new(Rect::new(0, 0, size.0, size.1));
        let mut now = 0u64;
        for step in steps {
            match step {
                Either::One(Step::Key(chord, repeat, after)) => {
                    now += after;
                    ui.on_key(Key { chord, repeat, at: Moment(now) }, &frame);
                }
                Either::One(Step::Frame(i)) => frame = frames[i % 2].clone(),
                Either::One(Step::Resize(w, h)) if w > 150 => ui.resized(w, h),
                Either::One(Step::Resize(..)) => ui.resized(size.0, size.1),
                Either::Other(Other::Theme(i)) => theme = &themes[i],
                Either::Other(Other::Tick(paisa)) => frame = tick(&frame, paisa),
                _ => {}
            }
            ui.observe(&frame);
            let before = sheet.buffer().clone();
            sheet.settle();
            draw_onto(&mut sheet, &frame, &ui, theme);
            prop_assert_eq!(sheet.buffer(), &anew(&frame, &ui, theme, size));
            for (y, (from, to)) in (0u16..).zip(sheet.touched()) {
                for x in (0..size.0).filter(|x| x < from || x >= to) {
                    prop_assert_eq!(&before[(x, y)], &sheet.buffer()[(x, y)], "untouched at {}, {}", x, y);
                }
            }
            ui.drawn(Moment(now), &frame);
        }
    }
}

/// A pane may be drawn anew alone because nothing stands over anything.
#[test]
fn nothing_in_a_layout_stands_over_anything_else() {
    let mut ui = Ui::new(Keymap::default());
    for (columns, rows) in (60..=260).flat_map(|w| (20..=90).map(move |h| (w, h))) {
        let area = Rect::new(0, 0, columns, rows);
        ui.resized(columns, rows);
        for (space, replay, focus, full) in [
            (Workspace::Trade, false, PaneId::Depth, false),
            (Workspace::Trade, true, PaneId::Orders, true),
            (Workspace::Risk, true, PaneId::Breakers, false),
            (Workspace::Models, true, PaneId::Depth, false),
            (Workspace::Replay, true, PaneId::Transport, false),
            (Workspace::Trade, false, PaneId::Board, false),
        ] {
            (ui.workspace, ui.focus, ui.full) = (space, focus, full);
            let layout = layout(area, &ui, replay);
            let bars = layout.bars.iter().map(|(x, from, to)| Rect::new(*x, *from, 1, to - from));
            let foot = Rect::new(0, layout.foot(), columns, rows - layout.foot());
            let mut all: Vec<Rect> = layout.panes.iter().map(|slot| slot.area).chain(bars).collect();
            all.extend([layout.header, foot]);
            all.retain(|one| !one.is_empty());
            for (i, one) in all.iter().enumerate() {
                assert_eq!(one.intersection(area), *one, "{columns}x{rows} {space:?}: inside");
                for two in &all[i + 1..] {
                    assert!(!one.intersects(*two), "{columns}x{rows} {space:?}: {one:?} over {two:?}");
                }
            }
        }
    }
}
