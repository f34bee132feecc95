//! Keys in, actions out.

use super::Desk;
use super::fixture::{self, with_book, with_snapshot, with_status};
use crate::console::input::{Chord, Code, Key, Moment};
use crate::console::overlay::Overlay;
use crate::console::pane::PaneId;
use crate::console::{Action, JumpTarget, Mode, ShellRequest, rows};
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
    desk.says("breaks even at 549.3, sellable from Wed 26 Aug");
    desk.says("pay in by Mon 24 Aug");
    desk.says("checks 10: 10 pass, 0 warn, 0 block");
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
    assert!(desk.press("X j j j Enter").is_empty());
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
    let until = fixture::at("13:57:07");
    assert_eq!(desk.press("j d Enter"), vec![Action::Command(Command::ShelveAlert { alert: 4, until })]);
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
    desk.says("(was 415)");
    desk.says("HELD, 1 new level");
    desk.press("z");
    desk.says("546.0");
    assert!(!desk.picture().contains("gone"));
}

/// The line of the ladder with a price on it, cut to the ladder's columns.
fn ladder_row(desk: &Desk, price: &str) -> String {
    let picture = desk.picture();
    let cells = |l: &str, from: usize, n: usize| l.chars().skip(from).take(n).collect::<String>();
    let row = picture.lines().find(|l| cells(l, 29, 25).ends_with(price));
    cells(row.unwrap_or_default(), 29, 41).trim().to_owned()
}

#[test]
fn a_grid_of_ticks_shows_both_sides_and_takes_the_cursor() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("v");
    desk.says("1 tick");
    assert_eq!(ladder_row(&desk, "545.5"), "1    110    545.5");
    assert!(ladder_row(&desk, "545.4") == "545.4", "a row for every tick");
    assert!(ladder_row(&desk, "546.0").contains("last"), "the last trade has its row");
    desk.says("spread 3.3 = 33 ticks, 60 bp");
    // Offers stand on the step above, bids on the one below; an own order is on its step.
    desk.press("v v");
    desk.says("10 ticks");
    assert_eq!(ladder_row(&desk, "545.0"), "300   4    525    545.0 ◄ ~90 (0-115)");
    assert_eq!(ladder_row(&desk, "550.0"), "550.0    570   5");
    // In the spread there is a price for every step: that is what a grid is for.
    desk.press("k k");
    desk.says("HELD");
    assert_eq!(ladder_row(&desk, "547.0"), "►                   547.0");
    assert!(desk.press("b").is_empty());
    desk.says("547.0");
    let mut desk = Desk::new(fixture::frame());
    desk.press("j j v v v");
    assert_eq!(desk.ui.ladder.cursor, Some(Price::from_units(54_500)), "the cursor keeps its price");
    assert_eq!(desk.press("x"), vec![Action::Command(Command::CancelOrder { id: ClientOrderId(71) })]);
}

/// The tickers of the market board, top first.
fn board(desk: &Desk) -> Vec<String> {
    let picture = desk.picture();
    let rows = picture.lines().skip_while(|l| !l.starts_with(" SYMBOL")).skip(1);
    let ticker = |l: &str| l.chars().skip(1).take_while(|c| *c != ' ').collect();
    rows.take_while(|l| !l.trim().is_empty()).map(ticker).collect()
}

#[test]
fn the_market_board_is_ordered_narrowed_and_left_for_where_one_was() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::sized(fixture::frame(), size.0, size.1);
        desk.press("g o g m");
        desk.says("[Market board]");
        desk.says("adv 3 ▲  dec 10 ▼  unch 0  no trade 1");
        desk.says("at limit 0 up 0 down");
        assert_eq!(board(&desk)[..3], ["NABIL", "NICA", "GBIME"], "as listed");
        // By change, then turned round: what is not known stands at the far end of either.
        desk.press("o j j j j Enter");
        desk.says("CHG%▼");
        assert_eq!(board(&desk)[..3], ["CHCL", "SHIVM", "NICA"]);
        desk.press("O");
        desk.says("CHG%▲");
        assert_eq!(board(&desk)[..3], ["UNL", "HIDCL", "NTC"]);
        desk.press("O / s e c t o r : h y d r o Enter");
        assert_eq!(board(&desk), ["CHCL", "UPPER", "API"]);
        desk.says("3/14");
        desk.press("Esc");
        assert_eq!(board(&desk).len(), 14);
        desk.press("Esc");
        assert_eq!(desk.ui.focus, PaneId::Orders, "back where one was");
        desk.press("g m Esc q");
        assert_eq!(desk.ui.focus, PaneId::Orders);
    }
}

#[test]
fn the_board_is_worked_from_by_symbol() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("g m j");
    // Rows stay while the cursor is among them, whatever the market does.
    desk.frame = with_snapshot(&desk.frame, |s| {
        let mut nica = (*s.instruments[1]).clone();
        nica.day.turnover = crate::market::Money::from_paisa(i64::MAX / 4);
        s.instruments[1] = std::sync::Arc::new(nica);
    });
    desk.show();
    assert_eq!(board(&desk)[..2], ["NABIL", "NICA"]);
    desk.press("b");
    desk.says("Ticket BUY NICA");
    desk.press("Esc");
    desk.says("[Market board]");
    desk.press("j Enter");
    desk.says("[Depth] GBIME");
    assert!(!desk.ui.full);
    // By sector: its symbols, then back in two steps.
    desk.press("g m v");
    desk.says("[Sectors]");
    desk.says("sector not known");
    desk.press("j Enter");
    desk.says("/sector:Hydro_Power");
    assert_eq!(board(&desk), ["UPPER", "API", "CHCL"]);
    desk.press("w");
    desk.says("sector      Hydro Power");
}

#[test]
fn the_watch_list_marks_beside_long_symbols() {
    let named = |name: &'static str, last: i64| {
        with_snapshot(&fixture::frame(), |s| {
            let mut i = (*s.instruments[7]).clone();
            i.symbol = crate::market::Symbol::new(name);
            i.previous_close = Some(Price::from_units(last));
            if let Some(prices) = &mut i.day.prices {
                prices.close = Price::from_units(last);
            }
            s.instruments[7] = std::sync::Arc::new(i);
            s.orders.push(fixture::order(90, 7, Side::Buy, 10, last, "13:42:00", &[]));
        })
    };
    for (name, last, want) in [
        ("NIBLSTF", 84_000, " NIBLS. o   840.0"),
        ("NICAD8586", 100_100, " NICAD. o 1,001.0"),
        ("CIT", 4_610_000, " CIT    o46,100.0"),
    ] {
        let desk = Desk::new(named(name, last));
        desk.says(want);
    }
    Desk::new(fixture::frame()).says(" UPPER  ?   190.5");
    let desk = Desk::new(with_snapshot(&named("NIBLSTF", 84_000), |s| s.orders.clear()));
    desk.says(" NIBLSTF    840.0");
    desk.says(" adv 3 dec 9  TO 65.98 Cr");
}

#[test]
fn the_tape_totals_the_whole_day_by_broker() {
    let mut desk = Desk::new(fixture::frame_without_depth());
    desk.says("net today  17 -19,640  58 +15,260");
    desk.press("v");
    desk.says("     58     19,325      4,065   +15,260");
    desk.press("v");
    // 54,420 to 55,200 paisa in ticks of ten are more rows than there are: ticks share a row.
    desk.says("552.0       3,408 ████");
    desk.says("    547.0 v         0");
    desk.says("546.0 ◄    14,260");
    let silent = with_snapshot(&fixture::frame_without_depth(), |s| {
        let mut i = (*s.instruments[0]).clone();
        i.totals = std::sync::Arc::default();
        s.instruments[0] = std::sync::Arc::new(i);
    });
    let mut desk = Desk::new(silent);
    assert!(!desk.picture().contains("net today"));
    desk.press("v");
    desk.says("this source does not say which brokers");
}

#[test]
fn correlation_needs_twelve_bars_and_is_worked_out_once_a_bar() {
    let young = with_snapshot(&fixture::frame(), |s| {
        for i in &mut s.instruments {
            std::sync::Arc::make_mut(i).bars.truncate(8);
        }
    });
    let desk = Desk::sized(young, 200, 60);
    desk.says("needs 12 bars: the day has 7 so far");
    let mut desk = Desk::sized(fixture::frame(), 200, 60);
    let before = desk.ui.comoving.clone().unwrap();
    assert_eq!(before.symbols[..3], [0, 6, 9].map(crate::market::InstrumentId), "held first");
    desk.frame = with_snapshot(&desk.frame, |s| {
        let mut i = (*s.instruments[0]).clone();
        i.bars.push(crate::market::Bar::empty(32));
        s.instruments[0] = std::sync::Arc::new(i);
    });
    desk.show();
    assert_ne!(desk.ui.comoving, Some(before));
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
fn an_order_that_comes_into_an_empty_list_is_shown_and_the_cursor_is_on_no_hidden_row() {
    let mut desk = Desk::new(fixture::frame());
    let only_done = |s: &mut crate::engine::Snapshot| s.orders.retain(|o| !o.state.is_open());
    desk.frame = with_snapshot(&desk.frame, only_done);
    desk.show();
    // Those that are done are looked at, the cursor on one of them; then those that are open, of which there are none.
    desk.press("g o o j o");
    desk.says("nothing is open");
    assert_eq!(
        rows::selected(PaneId::Orders, &desk.frame, &desk.ui),
        None,
        "no row is there to be cancelled"
    );
    desk.frame = with_snapshot(&desk.frame, |s| {
        s.orders.insert(0, fixture::order(80, 1, Side::Buy, 10, 31_400, "13:42:07", &[]));
    });
    desk.show();
    desk.says("P-0080");
    assert_eq!(rows::selected(PaneId::Orders, &desk.frame, &desk.ui), Some(80));
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
    desk.says("Nepali keyboard, read as romanised");
    desk.press("Esc");
    desk.says("[Depth] NABIL");
    desk.press("५");
    assert_eq!(desk.ui.workspace, crate::console::ui::Workspace::Replay);
    desk.press("1 j");
    assert!(!desk.picture().contains("Nepali keyboard"), "a Latin letter ends it");
    // The stop of the traditional layout arrives as three characters.
    let keymap = crate::console::Keymap::from_toml("keys.toml", "nepali_layout = \"traditional\"").unwrap();
    let mut ui = crate::console::Ui::new(keymap);
    let press = |text: &str| text.chars().map(|c| Key::press(Chord::char(c), Moment(9))).collect::<Vec<_>>();
    let frame = fixture::frame();
    assert_eq!(ui.on_keys(press("ज\u{094D}ञ"), &frame), vec![Action::Command(Command::Stop)]);
    // Shift and x asks; x alone would cancel at once.
    let mut desk = Desk::new(frame.clone());
    desk.ui = ui;
    desk.ui.resized(120, 40);
    desk.press("g o");
    assert!(desk.ui.on_keys(press("ह\u{094D}"), &frame).is_empty());
    desk.says("everything: 4 orders, 3,080 shares");
    desk.says("Nepali keyboard, read as traditional");
}

#[test]
fn what_happened_is_told_of_the_symbol_under_the_cursor() {
    let mut desk = Desk::new(fixture::frame());
    let looked_at = desk.ui.symbol;
    for list in ["g p", "g o"] {
        desk.press(list);
        let mut others = 0;
        for _ in 0..4 {
            let (frame, ui) = (&desk.frame, &desk.ui);
            let here = match ui.focus {
                PaneId::Positions => rows::selected_position(frame, ui).map(|(_, p)| p.instrument),
                _ => rows::selected_order(frame, ui).map(|o| o.order.instrument),
            };
            others += usize::from(here != looked_at);
            let symbol = frame.snapshot.instrument(here.unwrap()).unwrap().symbol.clone();
            desk.press("g h");
            desk.says(&format!("[{symbol} today]"));
            desk.press("q j");
        }
        assert!(others > 0, "{list}: rows of other symbols than the one looked at");
    }
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
    assert_eq!(desk.ui.focus, PaneId::Board);
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
    let mut asked = 0;
    let drill = with_status(&fixture::replay(), |s| s.mode = Mode::Drill);
    for (frame, word) in [(fixture::replay(), "REPLAY"), (drill, "DRILL"), (fixture::frame(), "LIVE")] {
        for (columns, rows) in [(120, 40), (80, 24), (50, 12)] {
            // A ticket, a one-line order, an amendment, a cancel of many, a stop taken back.
            for keys in ["b Enter", "B", "g o e Up Enter", "X j j j Enter"] {
                let mut desk = Desk::sized(frame.clone(), columns, rows);
                if columns < 60 && !keys.starts_with('X') {
                    continue;
                }
                desk.press(keys);
                let Some(Overlay::Prompt(_)) = desk.ui.overlay() else { continue };
                asked += 1;
                let picture = desk.picture();
                let key = |l: &&str| l.contains("y yes") || l.starts_with(" y sends");
                let line = picture.lines().find(key).unwrap_or_else(|| panic!("{keys}\n{picture}"));
                assert!(line.trim_end().ends_with(word), "{keys} {columns}: {line}");
            }
        }
    }
    assert_eq!(asked, 3 * (2 * 4 + 1), "every way of asking was seen");
}
