//! No order that nobody meant, none lost, and stop always: whatever arrives between two keys.

use super::Desk;
use super::fixture::{self, with_snapshot};
use crate::console::input::{Chord, Code, Key, Moment};
use crate::console::keymap::Strokes;
use crate::console::overlay::Overlay;
use crate::console::{Action, Frame};
use crate::engine::{Alert, AlertKind, Command};
use crate::execution::ReportKind;
use crate::market::{InstrumentId, Price, Qty, SessionPhase, Side};

/// Ways to an order, and keys around it.
const SCRIPTS: [&str; 8] = [
    "b 2 0 Enter y",
    "j j b Tab Up Up Enter y",
    "S y",
    "g o x",
    "g o e Up Enter y",
    "X j j j Enter y",
    "t u p p Enter b 1 0 0 Enter y",
    "g o b Esc b Enter y",
];

fn chords(script: &str) -> Vec<Chord> {
    script.split(' ').flat_map(|key| Strokes::parse(key).unwrap().0).collect()
}

/// The frame after one of the things that arrive by themselves.
fn after(arrival: usize, frame: &Frame) -> Frame {
    with_snapshot(frame, |s| {
        s.inputs += 1;
        match arrival {
            0 => s.alerts.push(Alert {
                id: 90,
                at: s.now,
                kind: AlertKind::FeedStale { source: crate::market::SourceId(3), silent_ns: 9_000_000_000 },
                acknowledged: None,
                shelved_until: None,
            }),
            1 => s.alerts.push(Alert {
                id: 91,
                at: s.now,
                kind: AlertKind::Phase(SessionPhase::Continuous),
                acknowledged: None,
                shelved_until: None,
            }),
            // Orders that come and that are done; numbers only grow.
            2 => {
                s.orders.push(fixture::order(98, 0, Side::Sell, 10, 54_600, "13:42:06", &[]));
                let done = [fixture::accepted(None), ReportKind::Cancelled];
                s.orders.push(fixture::order(99, 5, Side::Buy, 10, 19_000, "13:42:06", &done));
            }
            _ => {
                let mut instrument = (*s.instruments[0]).clone();
                if let Some(book) = &mut instrument.book {
                    // 4 moves the touch: then a key that begins at the touch begins elsewhere.
                    book.asks.remove(if arrival == 4 { 0 } else { 2 });
                    book.bids[0].qty = Qty::from_units(7);
                }
                s.instruments[0] = std::sync::Arc::new(instrument);
            }
        }
    })
}

#[test]
fn an_arrival_between_any_two_keys_changes_nothing_they_do() {
    for script in SCRIPTS {
        let keys = chords(script);
        let mut quiet = Desk::new(fixture::frame());
        let want = quiet.press(script);
        assert!(want.iter().any(|a| matches!(a, Action::Command(_))), "{script} leads to a command");
        for arrival in 0..4 {
            for at in 0..=keys.len() {
                let mut desk = Desk::new(fixture::frame());
                let mut got = Vec::new();
                for (i, chord) in keys.iter().enumerate() {
                    if i == at {
                        desk.frame = after(arrival, &desk.frame);
                        desk.show();
                    }
                    desk.now += 1_000;
                    got.extend(desk.key(*chord));
                }
                assert_eq!(got, want, "{script}: arrival {arrival} before key {at}");
                assert_eq!(desk.ui.focus, quiet.ui.focus);
            }
        }
    }
}

#[test]
fn a_paste_between_any_two_keys_sends_nothing_and_loses_nothing() {
    for script in SCRIPTS {
        let keys = chords(script);
        for at in 0..=keys.len() {
            let mut desk = Desk::new(fixture::frame());
            let mut sent = Vec::new();
            for (i, chord) in keys.iter().enumerate() {
                if i == at {
                    let (before, frame) = (desk.ui.stack.len(), desk.frame.clone());
                    let field = desk.ui.stack.last_mut().is_some_and(|o| o.field_mut().is_some());
                    if !field {
                        desk.ui.on_paste("y\nb\r!Xy", &frame);
                    }
                    assert_eq!(desk.ui.stack.len(), before);
                }
                desk.now += 1_000;
                sent.extend(desk.key(*chord));
            }
            assert_eq!(sent, Desk::new(fixture::frame()).press(script), "{script} at {at}");
        }
    }
}

/// A prompt for an order, on the screen since a second.
fn asked() -> Desk {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b Enter");
    assert!(matches!(desk.ui.overlay(), Some(Overlay::Prompt(_))));
    desk.now += 1_000;
    desk
}

fn key(desk: &mut Desk, chord: Chord, after_ms: u64, repeat: bool) -> Vec<Action> {
    desk.now += after_ms;
    let key = Key { repeat, ..Key::press(chord, Moment(desk.now)) };
    let actions = desk.ui.on_key(key, &desk.frame);
    desk.show();
    actions
}

#[test]
fn keys_nobody_pressed_on_purpose_are_no_yes() {
    let y = Chord::char('y');
    // Esc and its letter 90 ms apart leave the prompt; y means nothing then.
    let mut desk = asked();
    key(&mut desk, Chord::plain(Code::Esc), 0, false);
    assert!(key(&mut desk, y, 90, false).is_empty());
    // The same as one key with Alt: the prompt stays.
    let mut desk = asked();
    assert!(key(&mut desk, Chord { alt: true, ..y }, 0, false).is_empty());
    assert!(matches!(desk.ui.overlay(), Some(Overlay::Prompt(_))));
    // Held down, said by the terminal or not.
    let mut desk = asked();
    assert!((0..40).all(|_| key(&mut desk, y, 33, true).is_empty()));
    let mut desk = Desk::new(fixture::frame());
    desk.press("b Enter");
    assert!((0..40).all(|_| key(&mut desk, y, 33, false).is_empty()), "a key held down from before");
    assert_eq!(key(&mut desk, y, 1_000, false).len(), 1, "and then one pressed");
    // Caps Lock; Enter; a y that Ctrl or a field took.
    for chord in [Chord::char('Y'), Chord::plain(Code::Enter), Chord::ctrl('y'), Chord::char(' ')] {
        let mut desk = asked();
        assert!(key(&mut desk, chord, 0, false).is_empty());
        assert_eq!(key(&mut desk, y, 1_000, false).len(), 1, "{chord:?} has not answered for it");
    }
}

#[test]
fn with_caps_lock_on_no_walk_round_the_screen_sends_or_stops() {
    for script in
        ["J J K L H G G", "B 2 0 Enter Y", "S Y Y Y", "O N", "G O X", "X J J J Enter Y", "T U P P Enter"]
    {
        let mut desk = Desk::new(fixture::frame());
        assert!(desk.press(script).is_empty(), "{script}");
        assert_eq!(desk.press("F8"), vec![Action::Command(Command::Stop)]);
    }
}

#[test]
fn a_screen_six_seconds_behind_takes_no_order_and_still_stops_and_cancels() {
    let behind = |keys: &str| {
        let mut desk = Desk::new(fixture::frame());
        if !keys.is_empty() {
            desk.press(keys);
        }
        desk.frame = with_snapshot(&desk.frame, |s| s.inputs += 40);
        desk.now += 6_000;
        desk
    };
    for (before, pressed) in
        [("b Enter", 'y'), ("", 'B'), ("", 'S'), ("", 'X'), ("g o", 'e'), ("X j j j Enter", 'y')]
    {
        let mut desk = behind(before);
        let actions = desk.ui.on_key(Key::press(Chord::char(pressed), Moment(desk.now)), &desk.frame);
        assert!(actions.is_empty(), "{before} {pressed}");
        desk.says("your screen was 6 s behind");
        assert_eq!(desk.ui.keys_ignored, 1);
    }
    for (before, pressed, want) in [
        ("", Chord::char('!'), Command::Stop),
        ("b", Chord::plain(Code::F(8)), Command::Stop),
        ("g o", Chord::char('x'), Command::CancelOrder { id: crate::execution::ClientOrderId(71) }),
    ] {
        let mut desk = behind(before);
        let actions = desk.ui.on_key(Key::press(pressed, Moment(desk.now)), &desk.frame);
        assert_eq!(actions, vec![Action::Command(want)], "what takes risk away always counts");
    }
}

#[test]
fn the_prompt_says_what_it_sends_whatever_the_market_did_since() {
    let mut desk = asked();
    let said = desk.picture();
    let line = said.lines().find(|l| l.contains("account 07") && l.contains("BUY")).unwrap().to_owned();
    for arrival in 0..=4 {
        desk.frame = after(arrival, &desk.frame);
        desk.show();
    }
    assert!(desk.picture().contains(&line), "the words of a prompt stand still");
    let actions = desk.press("y");
    let [Action::Command(Command::SubmitOrder(order))] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(
        (order.instrument, order.side, order.qty, order.limit),
        (InstrumentId(0), Side::Buy, Qty::from_units(100), Price::from_units(54_550))
    );
}
