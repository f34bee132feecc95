//! Keys in, actions out.

use super::Desk;
use super::fixture::{self, with_book, with_snapshot, with_status};
use crate::console::input::{Chord, Code, Key, Moment};
use crate::console::overlay::Overlay;
use crate::console::pane::PaneId;
use crate::console::{Action, JumpTarget, Mode, ShellRequest};
use crate::engine::{CancelScope, Command};
use crate::execution::ClientOrderId;
use crate::market::{Price, Qty, Side};
use crate::risk::TradingState;

fn commands(actions: &[Action]) -> Vec<&Command> {
    actions.iter().filter_map(|a| if let Action::Command(c) = a { Some(c) } else { None }).collect()
}

#[test]
fn f8_stops_in_every_state() {
    for keys in ["", "?", "t", "/", ":", "b", "b Enter", "X", "g", "g o e", "B", "g o w", "5 '", "2"] {
        for size in [(120, 40), (80, 24), (40, 10), (1, 1)] {
            let mut desk = Desk::new(fixture::replay());
            if !keys.is_empty() {
                desk.press("g o k");
                desk.press(keys);
            }
            desk.ui.resized(size.0, size.1);
            assert_eq!(desk.press("F8"), vec![Action::Command(Command::Stop)], "{keys} {size:?}");
        }
    }
}

#[test]
fn a_buy_from_the_ladder() {
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.press("j j b").is_empty());
    desk.says("Ticket BUY NABIL");
    desk.says("sellable Wed 26 Aug");
    assert!(desk.press("Enter").is_empty());
    desk.says("BUY NABIL 100 @ 545.0  account 07");
    let actions = desk.press("y");
    let [Command::SubmitOrder(order)] = commands(&actions)[..] else { panic!("{actions:?}") };
    assert_eq!(
        (order.side, order.qty, order.limit),
        (Side::Buy, Qty::from_units(100), Price::from_units(54_500))
    );
    assert!(desk.press("y").is_empty(), "a second y is bound to nothing");
}

#[test]
fn enter_never_sends_and_escape_keeps_the_draft() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b Tab Up Up");
    assert!(desk.press("Enter Enter Enter").is_empty());
    desk.press("Esc Esc");
    assert!(desk.ui.stack.is_empty());
    desk.press("b");
    let Some(Overlay::Ticket(ticket)) = desk.ui.overlay() else { panic!("no ticket") };
    assert_eq!(ticket.limit.text(), "545.7", "the draft came back");
}

#[test]
fn words_in_a_ticket() {
    for (qty, limit, want) in [
        ("100", "bid+2t", "BUY NABIL 100 @ 545.7"),
        ("2l", "545", "BUY NABIL 360 @ 545.0"),
        ("3%adv", "mid", "BUY NABIL 3,600 @ 547.1"),
        ("20", "last", "BUY NABIL 20 @ 546.0"),
        ("5", "545", "would be denied: 5 is below the least"),
        ("100", "700", "would be denied: 700.00 is outside"),
        ("x", "545", "`x` is no number of shares"),
        ("100", "high", "`high` is no price"),
        ("100", "545.05", "is not on the tick of"),
    ] {
        let mut desk = Desk::new(fixture::frame());
        desk.press("b Ctrl-u");
        type_in(&mut desk, qty);
        desk.press("Tab Ctrl-u");
        type_in(&mut desk, limit);
        desk.press("Enter");
        desk.says(want);
    }
}

fn type_in(desk: &mut Desk, text: &str) {
    for c in text.chars() {
        desk.now += 1_000;
        desk.key(Chord::char(c));
    }
}

#[test]
fn y_counts_only_fresh() {
    let y = Chord::char('y');
    // milliseconds after the prompt was drawn, repeat, y pressed 100 ms before, taken
    for (after, repeat, twice, taken) in [
        (299, false, false, false),
        (300, false, false, true),
        (5_000, true, false, false),
        (400, false, true, false),
    ] {
        let mut desk = Desk::new(fixture::frame());
        desk.press("b Enter");
        if twice {
            desk.now += after - 100;
            desk.ui.on_key(Key::press(y, Moment(desk.now)), &desk.frame);
            desk.now += 100;
        } else {
            desk.now += after;
        }
        let key = Key { repeat, ..Key::press(y, Moment(desk.now)) };
        let sent = !desk.ui.on_key(key, &desk.frame).is_empty();
        assert_eq!(sent, taken, "{after} {repeat} {twice}");
    }
}

#[test]
fn a_prompt_that_was_never_drawn_takes_nothing() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b");
    let enter = Key::press(Chord::plain(Code::Enter), Moment(50_000));
    desk.ui.on_key(enter, &desk.frame);
    assert!(desk.ui.on_key(Key::press(Chord::char('y'), Moment(60_000)), &desk.frame).is_empty());
}

#[test]
fn keys_against_an_old_screen_are_dropped_and_stop_is_not() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b Enter");
    desk.frame = with_snapshot(&desk.frame, |s| s.inputs += 5);
    desk.now += 6_000;
    let y = Key::press(Chord::char('y'), Moment(desk.now));
    assert!(desk.ui.on_key(y, &desk.frame).is_empty());
    desk.says("1 key ignored, your screen was 6 s behind");
    let again = Key::press(Chord::char('y'), Moment(desk.now));
    assert!(desk.ui.on_key(again, &desk.frame).is_empty());
    desk.says("2 keys ignored, your screen was 6 s behind");
    let stop = Key::press(Chord::plain(Code::F(8)), Moment(desk.now));
    assert_eq!(desk.ui.on_key(stop, &desk.frame), vec![Action::Command(Command::Stop)]);
}

#[test]
fn cancel_is_at_once_and_once() {
    let mut desk = Desk::new(fixture::frame());
    let id = ClientOrderId(71);
    assert_eq!(desk.press("g o x"), vec![Action::Command(Command::CancelOrder { id })]);
    assert!(desk.press("x").is_empty());
    desk.says("a cancel is under way");
    // In the ladder it is the own order at the cursor.
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.press("x").is_empty());
    desk.says("the cursor is on no price");
    assert_eq!(desk.press("j j x"), vec![Action::Command(Command::CancelOrder { id })]);
}

#[test]
fn cancel_many_shows_the_count_first() {
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.press("X j j Enter").is_empty());
    desk.says("Cancel everything: 4 orders, 3,080 shares");
    assert_eq!(desk.press("y"), vec![Action::Command(Command::CancelMany(CancelScope::All))]);
    let mut desk = Desk::sized(fixture::frame(), 40, 10);
    desk.press("X");
    desk.says("Cancel everything: 4 orders");
    assert_eq!(desk.press("y"), vec![Action::Command(Command::CancelMany(CancelScope::All))]);
}

#[test]
fn an_amendment_says_what_the_place_does() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("g o e Up");
    desk.says("LOSES its place in the queue");
    desk.press("Down Tab Down");
    desk.says("keeps its place in the queue");
    desk.press("Enter");
    let actions = desk.press("y");
    let [Command::AmendOrder { id, qty, seen, .. }] = commands(&actions)[..] else { panic!("{actions:?}") };
    assert_eq!((*id, *qty, seen.left), (ClientOrderId(71), Qty::from_units(290), Qty::from_units(300)));
    // An order that waits for its answer takes no change.
    let mut desk = Desk::new(fixture::frame());
    desk.press("g o j j e");
    desk.says("P-0073 is SENT: its keys are off");
}

#[test]
fn the_stop_is_taken_back_within_ten_seconds() {
    let stopped = |at: &str| {
        let at = fixture::at(at);
        with_snapshot(&fixture::frame(), |s| {
            s.trading = TradingState::Halted { by: "tr01".into(), at, why: "key".into() };
        })
    };
    let mut desk = Desk::new(stopped("13:42:00"));
    assert!(desk.press("u").is_empty());
    desk.says("Take back the stop of 13:42:00");
    assert_eq!(desk.press("y"), vec![Action::Command(Command::TakeBackStop)]);
    let mut desk = Desk::new(stopped("13:40:00"));
    assert!(desk.press("u").is_empty());
    desk.says(":release undoes the stop");
    desk.press(": r e l e a s e Enter");
    assert_eq!(desk.press("y"), vec![Action::Command(Command::ReleaseStop)]);
    // Without a stop it is the last order sent.
    let mut desk = Desk::new(fixture::frame());
    let id = ClientOrderId(74);
    assert_eq!(desk.press("u"), vec![Action::Command(Command::CancelOrder { id })]);
}

#[test]
fn one_line_order_from_the_ladder() {
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.press("] B").is_empty());
    desk.says("BUY NABIL 500 @ 545.5");
    desk.says("y sends");
    assert_eq!(commands(&desk.press("y")).len(), 1);
    let mut desk = Desk::new(fixture::frame());
    desk.press("] S");
    desk.press("Esc");
    assert!(desk.press("y").is_empty());
}

#[test]
fn alerts_are_noted_and_put_away() {
    let mut desk = Desk::new(fixture::frame());
    assert_eq!(desk.press("g a a"), vec![Action::Command(Command::AcknowledgeAlert { alert: 5 })]);
    let until = fixture::at("14:12:07");
    assert_eq!(desk.press("j d"), vec![Action::Command(Command::ShelveAlert { alert: 4, until })]);
}

#[test]
fn the_axis_holds_while_the_cursor_is_in_it() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("j");
    let row_of = |desk: &Desk, text: &str| desk.picture().lines().position(|l| l.contains(text));
    let before = row_of(&desk, "  543.0");
    desk.frame = with_book(&desk.frame, |b| {
        b.bids.remove(1);
        b.bids.insert(
            0,
            crate::market::Level { price: Price::from_units(54_600), qty: Qty::from_units(9), orders: 1 },
        );
    });
    desk.frame = with_snapshot(&desk.frame, |s| s.orders.clear());
    desk.show();
    assert_eq!(row_of(&desk, "  543.0"), before, "rows stay");
    desk.says("gone");
    desk.says("HELD, 1 new");
    desk.press("z");
    desk.says("546.0");
    assert!(!desk.picture().contains("gone"));
}

#[test]
fn a_list_holds_still_while_the_cursor_is_in_it() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("g o j");
    desk.frame = with_snapshot(&desk.frame, |s| {
        let new = fixture::order(80, 1, Side::Buy, 10, 31_400, "13:42:07", &[]);
        s.orders.insert(0, new);
    });
    desk.show();
    assert!(!desk.picture().contains("P-0080"));
    desk.says("+1");
    desk.press("z");
    desk.says("P-0080");
}

#[test]
fn a_trainees_replay() {
    let mut desk = Desk::new(fixture::replay());
    use ShellRequest::{Bookmark, Jump, Pause, Seek, StepBar, StepEvent};
    for (keys, want) in [
        ("5 Space", Pause),
        (".", StepEvent),
        (";", StepBar),
        (">", ShellRequest::Faster),
        ("<", ShellRequest::Slower),
        (")", Jump { to: JumpTarget::Alert, forward: true }),
        ("(", Jump { to: JumpTarget::Alert, forward: false }),
        ("*", Bookmark),
        ("' 1 2 : 3 0 Enter", Seek(fixture::at("12:30:00"))),
        ("g * Enter", Seek(fixture::at("12:10:00"))),
    ] {
        assert_eq!(desk.press(keys), vec![Action::Shell(want)], "{keys}");
    }
    assert!(desk.press("' 9 : 0 0 Enter").is_empty());
    desk.says("outside the record");
    desk.press("' q");
    desk.says("go to q_");
    desk.press("Esc : s t o p s Space h a l t Enter");
    let jump = Jump { to: JumpTarget::Halt, forward: true };
    assert_eq!(desk.press(")"), vec![Action::Shell(jump)]);
}

#[test]
fn looking_at_the_past_orders_are_off() {
    let past = with_status(&fixture::replay(), |s| {
        if let Some(t) = &mut s.transport {
            t.view_only = true;
        }
    });
    let mut desk = Desk::new(past);
    for keys in ["b", "B", "g o x", "u"] {
        assert!(desk.press(keys).is_empty());
        desk.says("orders are off");
    }
    assert_eq!(desk.press(": r e s u m e Enter"), vec![Action::Shell(ShellRequest::ResumeHere)]);
}

#[test]
fn a_symbol_by_letters_and_the_one_before() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("t u p p Enter");
    desk.says("[Depth] UPPER");
    desk.press("t Backspace");
    desk.says("[Depth] NABIL");
    desk.press("t z z z Enter");
    desk.says("no symbol matches `zzz`");
}

#[test]
fn a_filter_narrows_as_it_is_typed() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("g o / s i d e : s e l l");
    let open = desk.picture();
    assert!(open.contains("P-0073") && !open.contains("P-0072  BUY"), "{open}");
    desk.press("Enter");
    assert!(!desk.picture().contains("P-0072  BUY"));
    desk.press("Esc");
    desk.says("P-0072  BUY");
}

#[test]
fn pasted_text_is_for_fields_only() {
    let mut desk = Desk::new(fixture::frame());
    desk.ui.on_paste("b\ny\n!", &desk.frame.clone());
    assert!(desk.ui.stack.is_empty());
    desk.press("t");
    desk.ui.on_paste("UPPER\nrm", &desk.frame.clone());
    desk.press("Enter");
    desk.says("[Depth] UPPER");
}

#[test]
fn a_nepali_keyboard_is_read_by_position() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("ब");
    desk.says("Ticket BUY NABIL");
    desk.press("Esc");
    desk.says("[Depth] NABIL");
}

#[test]
fn panes_go_round_and_nothing_leads_out() {
    let mut desk = Desk::new(fixture::frame());
    let first = desk.ui.focus;
    let mut seen = vec![first];
    loop {
        desk.press("Tab");
        if desk.ui.focus == first {
            break;
        }
        seen.push(desk.ui.focus);
    }
    assert_eq!(seen.len(), 7, "{seen:?}");
    desk.press("S-Tab");
    assert_eq!(desk.ui.focus, *seen.last().unwrap());
    for _ in 0..5 {
        assert!(desk.press("q Esc").is_empty());
    }
    desk.press("g m");
    assert_eq!((desk.ui.focus, desk.ui.full), (PaneId::Watch, true));
}

#[test]
fn quitting_says_what_rests() {
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.press(": q u i t Enter").is_empty());
    desk.says("4 orders stay open");
    assert_eq!(desk.press("y"), vec![Action::Shell(ShellRequest::Quit)]);
    let quiet =
        with_status(&with_snapshot(&fixture::replay(), |s| s.orders.clear()), |s| s.mode = Mode::Replay);
    let mut desk = Desk::new(quiet);
    assert_eq!(desk.press(": q u i t Enter"), vec![Action::Shell(ShellRequest::Quit)]);
    let mut desk = Desk::new(fixture::frame());
    desk.press("Ctrl-c");
    desk.press("Ctrl-c");
    desk.says(":quit and Enter leaves this terminal");
    desk.press("Ctrl-z");
    desk.says("not here");
}

#[test]
fn the_bell_rings_once_for_a_new_alert_of_weight() {
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.ui.observe(&desk.frame).is_empty());
    let louder = with_snapshot(&desk.frame, |s| {
        let mut alert = s.alerts[4].clone();
        alert.id = 6;
        s.alerts.push(alert);
    });
    assert_eq!(desk.ui.observe(&louder), vec![Action::Bell]);
    assert!(desk.ui.observe(&louder).is_empty());
}

#[test]
fn prompts_of_a_replay_end_with_its_word() {
    for (frame, word) in [(fixture::replay(), true), (fixture::frame(), false)] {
        let mut desk = Desk::new(frame);
        desk.press("b Enter");
        let picture = desk.picture();
        let line = picture.lines().find(|l| l.contains("account 07")).unwrap();
        assert_eq!(line.ends_with("REPLAY"), word, "{line}");
    }
}
