//! What is chosen, remembered, flashed and clicked.

use ratatui::style::Modifier;

use super::Desk;
use super::fixture::{self, with_snapshot};
use crate::console::input::Moment;
use crate::console::options::Options;
use crate::console::overlay::Overlay;
use crate::console::pane::PaneId;
use crate::console::theme::Role;
use crate::console::ui::{DepthView, Workspace};
use crate::console::{Action, Frame, Keymap, Memory, Pointer, Theme, Ui, draw_into};
use crate::market::{BarPrices, InstrumentId, Price};
use std::sync::Arc;

/// The same operator at another terminal.
fn again(memory: &Memory, frame: &Frame) -> Desk {
    let text = toml::to_string(memory).unwrap();
    let mut ui = Ui::new(Keymap::default());
    ui.configure(Options::default());
    ui.recall(toml::from_str(&text).unwrap());
    ui.resized(120, 40);
    let mut desk = Desk { ui, now: 0, frame: frame.clone() };
    desk.show();
    desk
}

#[test]
fn an_operator_comes_back_to_what_they_left() {
    let mut desk = Desk::new(fixture::replay());
    desk.press("S-Tab o o O Del");
    desk.press("f t u p p Enter f Tab v ]");
    desk.press(": s e t Space g r o u p i n g Space w e s t e r n Enter");
    desk.press(": s t o p s Space h a l t Enter 5");
    let memory = desk.ui.memory(&desk.frame);
    let mut back = again(&memory, &desk.frame);
    assert_eq!(back.ui.memory(&desk.frame), memory, "nothing is lost or added on the way");
    assert_eq!((back.ui.workspace, back.ui.symbol), (Workspace::Replay, Some(InstrumentId(5))));
    assert_eq!(back.ui.ladder.view, DepthView::Brokers);
    assert!(back.ui.sizes.kept().values().any(|size| size == "500"), "{:?}", back.ui.sizes.kept());
    assert_eq!(back.ui.unwatched.len(), 1);
    let watch = back.ui.list(PaneId::Watch);
    assert_eq!((watch.sort, watch.turned), (2, true));
    assert_eq!(back.ui.stop_kind.word(), "halt");
    back.press("1");
    back.says("+124,310.50");
}

#[test]
fn a_setting_is_told_refused_and_taken() {
    let mut desk = Desk::new(fixture::frame());
    desk.says("+1,24,310.50");
    desk.press(": s e t Enter");
    desk.says("grouping lakh, rise green, flash on, mouse off, copy auto");
    desk.press(": s e t Space r i s e Space b l u e Enter");
    desk.says("rise takes green or red, not `blue`");
    let actions = desk.press(": s e t Space m o u s e Space o n Enter");
    assert_eq!(actions, vec![Action::Mouse(true)]);
    desk.says("mouse on, remembered for you");
    assert_eq!(desk.ui.memory(&desk.frame).set.get("mouse").map(String::as_str), Some("on"));
    // Back to what the configuration says: nothing is left to remember.
    desk.press(": s e t Space m o u s e Space o f f Enter");
    assert!(desk.ui.memory(&desk.frame).set.is_empty());
}

#[test]
fn a_draft_survives_the_terminal_and_is_not_sent_by_coming_back() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b Ctrl-u 2 5 0 Tab Up");
    // The link is lost with the ticket open.
    let memory = desk.ui.memory(&desk.frame);
    let mut back = again(&memory, &desk.frame);
    back.says("a draft came back, not sent: BUY NABIL 250 @ 545.6");
    assert!(back.ui.stack.is_empty(), "it does not take the focus");
    assert!(back.press("b").is_empty());
    let Some(Overlay::Ticket(ticket)) = back.ui.overlay() else { panic!("no ticket") };
    assert_eq!((ticket.qty.text(), ticket.limit.text()), ("250", "545.6"));
    // Left on its limit and opened again, it begins at the size as every ticket does.
    back.press("Tab Esc b");
    let Some(Overlay::Ticket(ticket)) = back.ui.overlay() else { panic!("no ticket") };
    assert_eq!(ticket.active, crate::console::overlay::TicketField::Qty);
    // Once sent there is no draft to come back.
    back.press("Enter");
    assert_eq!(back.press("y").len(), 1);
    assert_eq!(back.ui.memory(&back.frame).draft, None);
}

#[test]
fn what_this_day_lacks_is_kept_for_the_day_that_has_it() {
    let mut memory = Memory { symbol: Some("OTHER".into()), ..Memory::default() };
    memory.unwatched.extend(["OTHER".to_owned(), "UPPER".to_owned()]);
    memory.set.insert("grouping".into(), "by the dozen".into());
    let mut desk = again(&memory, &fixture::frame());
    assert_eq!(desk.ui.symbol, Some(InstrumentId(0)), "the first of the day instead");
    let kept = desk.ui.memory(&desk.frame);
    assert_eq!(kept.symbol.as_deref(), Some("OTHER"));
    assert_eq!(kept.unwatched, memory.unwatched);
    desk.press("t n t c Enter");
    assert_eq!(desk.ui.memory(&desk.frame).symbol.as_deref(), Some("NTC"), "now somebody has chosen");
    // Before a first frame, and on a day without symbols, nothing is forgotten either.
    let empty = again(&memory, &fixture::empty());
    assert_eq!(empty.ui.memory(&empty.frame), memory);
}

fn buffer(desk: &Desk) -> ratatui::buffer::Buffer {
    let area = ratatui::layout::Rect::new(0, 0, desk.ui.size.0, desk.ui.size.1);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    draw_into(&mut buffer, &desk.frame, &desk.ui, &Theme::default());
    buffer
}

fn underlined(desk: &Desk) -> String {
    let buffer = buffer(desk);
    let cells = buffer.content().iter().filter(|c| c.modifier.contains(Modifier::UNDERLINED));
    cells.map(|c| c.symbol()).collect()
}

fn traded(frame: &Frame, paisa: i64, seconds: i64) -> Frame {
    with_snapshot(frame, |s| {
        s.now = s.now.plus_ns(seconds * 1_000_000_000);
        let mut nica = (*s.instruments[1]).clone();
        nica.day.prices = Some(BarPrices::first(Price::from_units(paisa)));
        s.instruments[1] = Arc::new(nica);
    })
}

#[test]
fn a_changed_price_is_underlined_for_a_second_and_then_nothing_is_left_to_draw() {
    let mut desk = Desk::new(fixture::frame());
    assert_eq!(underlined(&desk), "", "the first picture is no news");
    desk.frame = traded(&desk.frame, 31_450, 1);
    desk.now = 5_000;
    desk.show();
    assert_eq!(underlined(&desk), "314.5");
    assert_eq!(desk.ui.wakes_at(), Some(Moment(6_000)));
    desk.ui.settle(Moment(5_999));
    desk.show();
    assert_eq!(underlined(&desk), "314.5", "looking again does not begin it anew");
    desk.ui.settle(Moment(6_000));
    desk.show();
    assert_eq!((underlined(&desk), desk.ui.wakes_at()), (String::new(), None));
    // After a jump in time every price is another: none of them is news. Nor on a slow link, nor switched off.
    desk.frame = traded(&desk.frame, 31_460, 600);
    desk.show();
    assert_eq!(underlined(&desk), "");
    desk.ui.slow_link = true;
    desk.frame = traded(&desk.frame, 31_470, 1);
    desk.show();
    assert_eq!(underlined(&desk), "");
    desk.ui.slow_link = false;
    desk.press(": s e t Space f l a s h Space o f f Enter");
    desk.frame = traded(&desk.frame, 31_480, 1);
    desk.show();
    assert_eq!(underlined(&desk), "");
}

#[test]
fn red_rises_where_somebody_wants_it() {
    let mut desk = Desk::new(fixture::frame());
    let theme = Theme::default();
    let colour = |desk: &Desk| {
        let buffer = buffer(desk);
        let row = desk.picture().lines().position(|l| l.contains("NICA")).unwrap();
        let at = desk.picture().lines().nth(row).unwrap().find("+0.19").unwrap();
        buffer[(u16::try_from(at).unwrap(), u16::try_from(row).unwrap())].fg
    };
    assert_eq!(Some(colour(&desk)), theme.style(Role::Up).fg);
    desk.press(": s e t Space r i s e Space r e d Enter");
    assert_eq!(Some(colour(&desk)), theme.style(Role::Down).fg);
    desk.says("+0.19");
}

#[test]
fn the_mouse_selects_and_never_sends() {
    let mut desk = Desk::new(fixture::frame());
    let place = |desk: &Desk, text: &str| {
        let picture = desk.picture();
        let (y, line) = picture.lines().enumerate().find(|(_, l)| l.contains(text)).unwrap();
        let x = line[..line.find(text).unwrap()].chars().count();
        (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
    };
    let (x, y) = place(&desk, "UPPER");
    desk.ui.on_pointer(Pointer::Click(x, y), &desk.frame);
    assert_eq!(desk.ui.focus, PaneId::Depth, "off by default");
    desk.press(": s e t Space m o u s e Space o n Enter");
    desk.ui.on_pointer(Pointer::Click(x, y), &desk.frame);
    assert_eq!((desk.ui.focus, desk.ui.symbol), (PaneId::Watch, Some(InstrumentId(5))));
    let (x, y) = place(&desk, "P-0073");
    desk.ui.on_pointer(Pointer::Click(x, y), &desk.frame);
    assert_eq!(desk.ui.list(PaneId::Orders).selected, Some(73));
    desk.ui.on_pointer(Pointer::WheelUp(x, y), &desk.frame);
    assert_eq!(desk.ui.list(PaneId::Orders).selected, Some(72));
    desk.press("t n a b Enter");
    let (x, y) = place(&desk, "544.5");
    desk.ui.on_pointer(Pointer::Click(x, y), &desk.frame);
    assert_eq!((desk.ui.focus, desk.ui.ladder.cursor), (PaneId::Depth, Some(Price::from_units(54_450))));
    // A prompt takes y and nothing else, wherever somebody clicks.
    desk.press("B");
    desk.ui.on_pointer(Pointer::Click(10, 38), &desk.frame);
    desk.ui.on_pointer(Pointer::WheelDown(10, 38), &desk.frame);
    assert!(matches!(desk.ui.overlay(), Some(Overlay::Prompt(_))));
    // Corners and beyond.
    desk.press("Esc Esc");
    for (x, y) in [(0, 0), (119, 39), (500, 500), (28, 3), (0, 39)] {
        desk.ui.on_pointer(Pointer::Click(x, y), &desk.frame);
    }
}

#[test]
fn c_copies_the_line_and_again_field_by_field() {
    let mut desk = Desk::new(fixture::frame());
    let copy = |text: &str| vec![Action::Copy(text.to_owned())];
    assert_eq!(desk.press("g o c"), copy("P-0071 BUY NABIL 300 @ 545.0 RESTING"));
    assert!(desk.press("c").is_empty());
    let picture = desk.picture();
    let rows: Vec<&str> = picture.lines().skip(3).take(6).collect();
    assert_eq!(
        rows,
        [
            "symbol    NABIL",
            "side      BUY",
            "quantity  300",
            "price     545.0",
            "account   07",
            "id        P-0071"
        ],
        "plain text, no borders"
    );
    for text in ["NABIL", "BUY", "300", "545.0"] {
        assert_eq!(desk.press("c"), copy(text));
    }
    desk.press("q");
    // Where there is no clipboard the text is shown at once.
    desk.ui.no_clipboard = true;
    assert!(desk.press("c").is_empty());
    desk.says("quantity  300");
    assert!(desk.press("c").is_empty());
    desk.says("select it with the terminal");
    // A text without fields is copied as it stands.
    desk.press("q");
    desk.ui.no_clipboard = false;
    let Some(Action::Copy(text)) = desk.press("g r t n t c Enter c").pop() else { panic!("nothing copied") };
    assert_eq!(text, "NTC 886.0");
}

/// `t`, at most two letters or one and an arrow, Enter: every symbol of the bundled days.
#[test]
fn every_symbol_is_four_keys_away() {
    use crate::console::overlay::symbol;
    for name in crate::runtime::day::bundled_names() {
        let day = crate::runtime::day::Day::open(name, None).unwrap();
        let frame = with_snapshot(&fixture::frame(), |s| {
            s.day = Arc::clone(&day.setup);
            s.instruments.clear();
        });
        let ui = Ui::new(Keymap::default());
        for (id, instrument) in day.setup.universe.iter() {
            let letters: Vec<char> = instrument.symbol.as_str().chars().collect();
            let picks =
                |typed: String, at: usize| symbol::matches(&frame, &ui, &typed, false).get(at) == Some(&id);
            let pairs = letters.iter().map(|second| format!("{}{second}", letters[0]));
            let by_two = pairs.into_iter().any(|typed| picks(typed, 0));
            let by_arrow = picks(letters[0].to_string(), 1) || picks(String::new(), 1);
            assert!(by_two || by_arrow, "{}", instrument.symbol);
        }
    }
}

#[test]
fn a_number_finds_where_a_broker_traded() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("t 3 4");
    desk.says("Nabil Bank Limited");
    desk.press("Ctrl-u 9 9");
    desk.says("no broker of the last prints");
}
