//! Whatever is pressed at whatever size: nothing panics, and no order leaves without a fresh yes.

use proptest::prelude::*;

use super::fixture;
use crate::console::input::{Chord, Code, Key, Moment};
use crate::console::overlay::{FRESH_MS, Overlay};
use crate::console::theme::{ColorDepth, Glyphs};
use crate::console::{Action, Frame, Keymap, Theme, Ui, draw_into};
use crate::engine::Command;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Key(Chord, bool, u64),
    Draw,
    Resize(u16, u16),
    Paste(&'static str),
    Frame(usize),
}

fn chord() -> impl Strategy<Value = Chord> {
    const KEYS: &str = "!u12345hjklgempoarht/nNoOfzvwc?:qbsBS[]-+xXeyad i<>.;()'*0987654321%.~GJ ";
    let keys: Vec<char> = KEYS.chars().collect();
    prop_oneof![
        8 => prop::sample::select(keys).prop_map(Chord::char),
        3 => prop::sample::select(vec![Code::Enter, Code::Esc, Code::Tab, Code::Backspace, Code::Up, Code::Down,
            Code::PageDown, Code::Delete, Code::F(8)]).prop_map(Chord::plain),
        1 => prop::sample::select(vec!['c', 'z', 'l', 'u', 'd']).prop_map(Chord::ctrl),
        3 => Just(Chord::char('y')),
        1 => any::<char>().prop_map(Chord::char),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (chord(), prop::bool::weighted(0.1), 0u64..1_500).prop_map(|(c, r, t)| Step::Key(c, r, t)),
        6 => Just(Step::Draw),
        1 => (1u16..220, 1u16..70).prop_map(|(w, h)| Step::Resize(w, h)),
        1 => prop::sample::select(vec!["y", "100\ny", "NABIL", "é\u{1b}[2J"]).prop_map(Step::Paste),
        1 => (0usize..5).prop_map(Step::Frame),
    ]
}

fn draw_once(frame: &Frame, ui: &Ui, theme: &Theme) {
    let area = ratatui::layout::Rect::new(0, 0, ui.size.0, ui.size.1);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    draw_into(&mut buffer, frame, ui, theme);
    let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
    assert!(!text.contains("this pane failed"), "{text}");
}

/// Whether an action adds or changes an order, or what is known of one.
fn sends(action: &Action) -> bool {
    matches!(
        action,
        Action::Command(
            Command::SubmitOrder(_)
                | Command::HoldOrder { .. }
                | Command::AmendOrder { .. }
                | Command::CancelMany(_)
                | Command::TellOrder { .. }
        )
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn any_keys_at_any_size(steps in prop::collection::vec(step(), 1..60)) {
        let frames = [fixture::frame(), fixture::replay(), fixture::frame_without_depth(), fixture::empty(), super::slips::by_hand()];
        let theme = Theme::default();
        let mut frame = frames[0].clone();
        let mut ui = Ui::new(Keymap::default());
        let mut now = 0u64;
        for step in steps {
            match step {
                Step::Key(chord, repeat, after) => {
                    now += after;
                    let drawn = match ui.overlay() {
                        Some(Overlay::Prompt(prompt)) => prompt.drawn_at,
                        _ => None,
                    };
                    let actions = ui.on_key(Key { chord, repeat, at: Moment(now) }, &frame);
                    if actions.iter().any(sends) {
                        let fresh = drawn.is_some_and(|at| now - at.0 >= FRESH_MS);
                        prop_assert!(fresh && !repeat && ui.keymap().by_position(chord) == Chord::char('y'),
                            "{actions:?} by {chord:?}");
                    }
                    if chord == Chord::plain(Code::F(8)) {
                        prop_assert_eq!(actions, vec![Action::Command(Command::Stop)]);
                    }
                }
                Step::Draw => {
                    let _ = ui.observe(&frame);
                    draw_once(&frame, &ui, &theme);
                    ui.drawn(Moment(now), &frame);
                }
                Step::Resize(w, h) => ui.resized(w, h),
                Step::Paste(text) => ui.on_paste(text, &frame),
                Step::Frame(i) => frame = frames[i].clone(),
            }
        }
        draw_once(&frame, &ui, &theme);
    }
}

#[test]
fn every_size_can_be_drawn() {
    let theme = Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap();
    for frame in [fixture::frame(), fixture::replay(), fixture::empty()] {
        for keys in ["", "b", "?", "X", ":", "t"] {
            let mut desk = super::Desk::new(frame.clone());
            if !keys.is_empty() {
                desk.press(keys);
            }
            for (w, h) in [
                (1, 1),
                (2, 40),
                (200, 2),
                (59, 19),
                (60, 20),
                (61, 21),
                (80, 24),
                (119, 39),
                (190, 20),
                (1_000, 1_000),
            ] {
                desk.ui.resized(w, h);
                draw_once(&desk.frame, &desk.ui, &theme);
            }
        }
    }
}
