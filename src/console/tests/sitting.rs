//! What a second sitting found: each as it was seen at the desk.

use super::Desk;
use super::fixture::{self, accepted, with_snapshot, with_status};
use crate::console::Frame;
use crate::console::pane::PaneId;
use crate::engine::{Alert, AlertKind, Answer, AnswerKind, OperatorId};
use crate::execution::{LineState, ReportKind};
use crate::market::{SessionPhase, Side, SourceId};

/// So many orders rest that those nobody answers for, the youngest, have no row of their own by age.
fn many_rest() -> Frame {
    with_snapshot(&fixture::frame(), |s| {
        let rest = |id| fixture::order(id, 1, Side::Buy, 100, 31_000, "12:00:00", &[accepted(None)]);
        s.orders = (10..30).map(rest).collect();
        let unknown = fixture::order(72, 5, Side::Buy, 2_000, 19_030, "13:41:36", &[ReportKind::Unknown]);
        let sent = fixture::order(73, 6, Side::Sell, 400, 63_600, "13:42:05", &[]);
        s.orders.extend([unknown, sent]);
    })
}

fn row_of(picture: &str, text: &str) -> usize {
    let row = picture.lines().position(|line| line.contains(text));
    row.unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{picture}"))
}

#[test]
fn orders_that_nobody_answers_for_are_in_sight_at_every_size() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let picture = Desk::sized(many_rest(), columns, rows).picture();
        let unknown = row_of(&picture, "? P-0072");
        assert!(row_of(&picture, "P-0010") < unknown, "the list keeps its order:\n{picture}");
        assert!(unknown < row_of(&picture, "> P-0073"), "{picture}");
    }
    // However it is ordered.
    let mut desk = Desk::sized(many_rest(), 80, 24);
    desk.press("g o o o g g");
    desk.says("? P-0072");
}

/// With the cursor among them rows stay, whatever becomes of an order, and a key is about the row it stands on.
#[test]
fn an_order_that_becomes_unknown_moves_no_row_under_the_cursor() {
    let mut desk = Desk::new(many_rest());
    desk.press("g o j j");
    let before = row_of(&desk.picture(), "►  P-0012");
    desk.frame = with_snapshot(&desk.frame, |s| {
        s.orders[9] = fixture::order(19, 1, Side::Buy, 100, 31_000, "12:00:00", &[ReportKind::Unknown]);
    });
    desk.show();
    let picture = desk.picture();
    assert_eq!(row_of(&picture, "►  P-0012"), before);
    assert!(row_of(&picture, "? P-0019") > before, "{picture}");
    desk.says("? P-0072");
    desk.press("j j j");
    desk.says("►  P-0015");
    desk.press("Esc");
    desk.says("? P-0019");
}

#[test]
fn a_large_screen_gives_its_rows_to_what_is_full() {
    let desk = Desk::sized(fixture::frame(), 200, 60);
    let area = ratatui::layout::Rect::new(0, 0, 200, 60);
    let places = crate::console::layout::layout(area, &desk.ui, false);
    let height = |pane| places.panes.iter().find(|slot| slot.pane == pane).map_or(0, |s| s.area.height);
    // Its rule, the heads of its columns and the line of the market take three.
    assert!(height(PaneId::Watch) >= 36 + 3, "{}", height(PaneId::Watch));
    assert!((10..=16).contains(&height(PaneId::Orders)), "{}", height(PaneId::Orders));
}

fn alerted(kinds: &[(&str, AlertKind)]) -> Frame {
    with_snapshot(&fixture::frame(), |s| {
        s.alerts = (1..)
            .zip(kinds)
            .map(|(id, (time, kind))| Alert {
                id,
                at: fixture::at(time),
                kind: kind.clone(),
                acknowledged: None,
                shelved_until: None,
            })
            .collect();
    })
}

/// A session that is begun in the middle of the day.
fn just_begun() -> Vec<(&'static str, AlertKind)> {
    let phase = |phase| ("13:40:00", AlertKind::Phase(phase));
    vec![
        phase(SessionPhase::PreOpen),
        phase(SessionPhase::PreOpenMatch),
        ("13:40:00", AlertKind::FeedBack { source: SourceId(1) }),
        phase(SessionPhase::Continuous),
        ("13:40:01", AlertKind::GatewayBack),
    ]
}

#[test]
fn the_counts_of_the_header_make_up_what_is_new() {
    Desk::new(alerted(&just_begun())).says("C0 H0 M0 L3 new 3");
    Desk::new(fixture::frame()).says("C0 H2 M0 new 2");
}

#[test]
fn a_first_connection_is_no_return() {
    let mut begun = just_begun();
    let picture = Desk::new(alerted(&begun)).picture();
    for text in ["feed 1 live", "gateway live", "session OPEN", " new 3 "] {
        assert!(picture.contains(text), "`{text}` is not on the screen:\n{picture}");
    }
    for text in ["speaks again", "live again", "session PRE-OPEN", "session MATCHING"] {
        assert!(!picture.contains(text), "`{text}` is on the screen:\n{picture}");
    }
    begun.extend([
        ("13:41:00", AlertKind::FeedDown { source: SourceId(1), state: LineState::Silent }),
        ("13:41:00", AlertKind::GatewayDown { state: LineState::Silent }),
        ("13:41:09", AlertKind::FeedBack { source: SourceId(1) }),
        ("13:41:09", AlertKind::GatewayBack),
    ]);
    let desk = Desk::sized(alerted(&begun), 200, 60);
    for text in ["feed 1 speaks again", "feed 1 live", "gateway live again"] {
        desk.says(text);
    }
}

#[test]
fn one_is_no_plural() {
    let kind = |count| AnswerKind::CancelManySent { count };
    let answered = |count| {
        with_snapshot(&fixture::frame(), |s| {
            s.answers = vec![Answer { at: fixture::at("13:42:06"), kind: kind(count) }];
        })
    };
    Desk::new(answered(1)).says("1 cancel sent");
    Desk::new(answered(2)).says("2 cancels sent");
    let mut desk = Desk::sized(with_status(&fixture::frame(), |s| s.commands_waiting = 1), 200, 60);
    desk.ui.keys_ignored = 1;
    desk.says("1 command waiting");
    desk.says("1 key ignored");
    let kind = AlertKind::BooksDiffer { differences: 1 };
    Desk::new(alerted(&[("13:42:00", kind)])).says("the gateway has 1 thing otherwise");
}

/// The form and the hints say the same of Esc, and only what has the keys has brackets.
#[test]
fn one_word_for_escape_and_one_pair_of_brackets() {
    for (columns, rows, text) in [(120, 40, "Esc keeps draft"), (80, 24, "Esc draft")] {
        let mut desk = Desk::sized(fixture::frame(), columns, rows);
        desk.press("b");
        assert_eq!(desk.picture().matches(text).count(), 2, "{}", desk.picture());
        desk.press("Enter");
        desk.says("[Sure?]");
        desk.says("─ Ticket BUY NABIL ─");
    }
}

#[test]
fn a_blank_chance_says_why() {
    let live = with_snapshot(&fixture::frame(), |s| {
        s.orders = vec![fixture::order(71, 0, Side::Buy, 300, 54_500, "13:38:00", &[accepted(None)])];
    });
    Desk::sized(live.clone(), 200, 60).says("P(fill) -: ");
    Desk::sized(live.clone(), 80, 24).says("no queue told");
    let mut desk = Desk::new(live);
    desk.press("g o w");
    desk.says("filled    - by the close: no queue told");
    // Where there is no depth there is no queue.
    let bare = with_snapshot(&fixture::frame_without_depth(), |s| {
        s.orders = vec![fixture::order(71, 0, Side::Buy, 300, 54_500, "13:38:00", &[accepted(None)])];
    });
    let mut desk = Desk::new(bare);
    desk.press("g o w");
    desk.says("filled    - by the close: no depth, so no queue");
}

#[test]
fn a_position_without_a_cost_says_what_is_missing() {
    let unpriced = with_snapshot(&fixture::frame(), |s| {
        for position in s.accounts.iter_mut().flat_map(|a| &mut a.positions) {
            position.position.cost = None;
            (position.wacc, position.break_even) = (None, None);
        }
    });
    let mut desk = Desk::new(unpriced);
    desk.says("pos 1,200 sell 600  cost not known, w");
    desk.press("g p w");
    desk.says("what was paid is not known");
}

/// Which alert is put away is said: its row lies under the choice.
#[test]
fn shelving_names_the_alert() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("g a j d");
    desk.says("[Shelve: feed 2 silent for 14s]");
}

/// How a stop is undone is another after ten seconds, and the screen says which.
#[test]
fn a_stop_says_how_it_is_undone_now() {
    let by = || OperatorId::new("trainee");
    let stopped = |at| {
        with_snapshot(&fixture::frame(), |s| {
            let kind = AnswerKind::Stopped { by: by(), resting: 2, withdrawn: 0 };
            s.answers = vec![Answer { at: fixture::at(at), kind }];
        })
    };
    Desk::new(stopped("13:42:06")).says("u takes back in 10 s");
    Desk::new(stopped("13:41:50")).says("X cancels, :release undoes it");
    Desk::sized(stopped("13:41:50"), 80, 24).says("2 rest: X cancels, :release ");
}

/// What is cut is cut where a sentence has an end, and what stands beside it is no part of it.
#[test]
fn a_banner_on_a_narrow_screen_reads_as_it_is_meant() {
    let kind = AlertKind::BooksDiffer { differences: 13 };
    let desk = Desk::sized(alerted(&[("13:42:00", kind)]), 80, 24);
    desk.says("13:42:00 the gateway has 13 things otherwise │ UNKNOWN 1 (g a)");
    let kinds = [
        ("13:41:00", AlertKind::Stopped { by: OperatorId::new("trainee") }),
        ("13:42:00", AlertKind::FeedDown { source: SourceId(1), state: LineState::Connecting }),
    ];
    let desk = Desk::sized(alerted(&kinds), 80, 24);
    desk.says("H 13:41 new orders stopped by trainee");
    assert!(!desk.picture().contains("connecting: prices"), "{}", desk.picture());
}

/// An index that is heard of is not missing because its first bar has not ended.
#[test]
fn a_regime_without_a_return_says_what_it_waits_for() {
    let waits = with_snapshot(&fixture::frame(), |s| s.regime.input = crate::engine::RegimeInput::None);
    Desk::new(waits).says("no return yet: no bar of the index has ended");
}

/// A workspace that is to come has no ladder: its keys do nothing there, and are not named.
#[test]
fn keys_of_a_pane_that_is_not_on_the_screen_do_nothing() {
    for space in ["3", "4"] {
        let mut desk = Desk::new(fixture::frame());
        desk.press("j j");
        desk.press(space);
        assert!(!desk.picture().contains("cancel mine"), "{}", desk.picture());
        assert!(desk.press("x b B S e s").is_empty());
        assert!(desk.ui.overlay().is_none());
        desk.press("1");
        assert_eq!(desk.ui.focus, PaneId::Depth, "as it was left");
        desk.says("cancel mine");
    }
}
