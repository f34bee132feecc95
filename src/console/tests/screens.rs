//! Whole screens and each pane as text: normal, empty, too small.

use super::fixture;
use super::{Desk, picture};
use crate::console::pane::{PANES, PaneId};
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::console::ui::Workspace;
use crate::engine::{Answer, AnswerKind, OperatorId};
use crate::market::{BookState, Price, SessionPhase};

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

/// A price of four figures and more pushes nothing out of line, and no figure is cut at the edge of a pane:
/// half of one is another number.
#[test]
fn a_dear_share_has_room() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::sized(fixture::dear(), columns, rows);
        insta::assert_snapshot!(format!("dear_{columns}x{rows}"), desk.picture());
        desk.press("b");
        insta::assert_snapshot!(format!("dear_ticket_{columns}x{rows}"), desk.picture());
    }
}

/// Bids over offers are how it should be while orders gather for the auction.
#[test]
fn an_auction_is_no_crossed_market() {
    let crossed = fixture::with_book(&fixture::frame(), |book| {
        book.state = BookState::Crossed;
        book.bids[0].price = Price::from_units(book.asks[0].price.units() + 80);
    });
    let desk = Desk::new(crossed.clone());
    desk.says("CROSSED by 0.8 = 8 ticks, 15 bp");
    let gathering = fixture::with_snapshot(&crossed, |s| s.session.phase = SessionPhase::PreOpen);
    let desk = Desk::new(gathering);
    desk.says("bids over offers by 0.8: auction");
    assert!(!desk.picture().contains("CROSSED"), "{}", desk.picture());
}

/// Each kind of session has a colour of its own in the header.
#[test]
fn a_simulated_exchange_looks_like_no_other_session() {
    use crate::console::Mode;
    use crate::console::pane::hints::mode_role;
    let modes = [Mode::Live, Mode::Sim, Mode::Paper, Mode::Replay, Mode::Drill];
    for (i, a) in modes.iter().enumerate() {
        for b in &modes[i + 1..] {
            assert_ne!(mode_role(*a), mode_role(*b), "{a:?} and {b:?}");
        }
    }
}

/// Where the bars cannot tell one pair from another, a map would show one figure in every cell: it is said
/// once, in words.
#[test]
fn a_correlation_that_is_only_the_mean_is_said_once() {
    let mut desk = Desk::sized(fixture::frame(), 200, 60);
    desk.says("13% pulled to the mean");
    let mut comoving = desk.ui.comoving.clone().unwrap();
    let of = comoving.result.as_mut().unwrap();
    of.intensity = 0.93;
    for value in of.matrix.iter_mut().flatten().flatten() {
        *value = 0.52;
    }
    desk.ui.comoving = Some(comoving);
    desk.says("31 returns, too few ─");
    desk.says("11 symbols move together at ▅+.52");
    desk.says("31 returns are too few to tell one pair from another: 93% of every figure");
    desk.says("hardly moved: CIT STC UNL");
    assert_eq!(desk.picture().matches("+.52").count(), 1);
}

/// What a stop did, and how to take it back, has room on the smallest screen.
#[test]
fn a_stop_says_how_to_take_it_back_at_every_size() {
    let by = OperatorId::new("trainee");
    let stopped = fixture::with_snapshot(&fixture::frame(), |s| {
        let kind = AnswerKind::Stopped { by, resting: 2, withdrawn: 0 };
        s.answers.push(Answer { at: fixture::at("13:42:07"), kind });
    });
    for (columns, rows, text) in [
        (80, 24, "13:42:07 STOPPED by trainee, 2 rest: X cancels, u undoes "),
        (120, 40, "STOPPED by trainee: no new orders, 2 still rest; X cancels, u takes back in 10 s"),
    ] {
        Desk::sized(stopped.clone(), columns, rows).says(text);
    }
}

/// A recorded day begins before its market does: how to come to it is said while nothing else is.
#[test]
fn a_replay_says_how_to_come_to_the_market() {
    let begun = fixture::with_snapshot(&fixture::replay(), |s| s.answers.clear());
    Desk::sized(begun, 80, 24).says("no command given yet; ) goes to the day's next stop, ' to a time");
    let live = Desk::new(fixture::with_snapshot(&fixture::frame(), |s| s.answers.clear()));
    live.says("no command given yet");
    assert!(!live.picture().contains("next stop"), "{}", live.picture());
}

/// What selling everything costs hangs on what was paid: where that is not known it is said.
#[test]
fn the_cost_of_all_out_is_no_bare_dash() {
    let unpriced = fixture::with_snapshot(&fixture::frame(), |s| {
        for position in s.accounts.iter_mut().flat_map(|a| &mut a.positions) {
            position.exit_cost = None;
        }
    });
    Desk::new(unpriced).says("cost of all out not known, w why ─");
}

#[test]
fn a_simulated_day_says_so_once() {
    let simulated = fixture::with_snapshot(&fixture::replay(), |s| {
        let mut day = (*s.day).clone();
        (day.simulated, day.title) = (true, "SIMULATED quiet day".to_owned());
        s.day = std::sync::Arc::new(day);
    });
    let picture = Desk::sized(simulated, 200, 60).picture();
    let header = picture.lines().nth(1).unwrap_or_default();
    assert!(header.contains("SIMULATED │ quiet day"), "{header}");
    assert_eq!(header.matches("SIMULATED").count(), 1, "{header}");
}
