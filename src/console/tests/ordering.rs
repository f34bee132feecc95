//! From an intention to an order: sizes, limits, reasons, holds, rows that close under the cursor.

use super::Desk;
use super::fixture::{self, with_snapshot};
use crate::console::Action;
use crate::console::input::Chord;
use crate::console::overlay::Overlay;
use crate::console::size::{Size, SizeClass, SizeTable, Sizes};
use crate::engine::Command;
use crate::execution::{ClientOrderId, ReportKind};
use crate::market::time::NS_PER_S;
use crate::market::{InstrumentKind, Qty, Side, Universe};

fn type_in(desk: &mut Desk, text: &str) {
    for c in text.chars() {
        desk.now += 1_000;
        desk.key(Chord::char(c));
    }
}

#[test]
fn a_size_in_every_word_and_the_reason_while_it_is_typed() {
    for (keys, size, says) in [
        ("s", "50%", "300 sh = "),
        ("s", "all", "600 sh = "),
        ("s", "700", "600 free to sell of 1,200 held"),
        ("s", "1%", "the least order is 10"),
        ("b", "1.5l", "270 sh = 1,47,285.00"),
        ("b", "3%adv", "3,600 sh = "),
        ("b", "9", "the least order is 10"),
        ("b", "100001", "one order takes at most 1,00,000"),
        ("b", "90000", "free cash is 38,20,110.00"),
        ("b", "110%", "`110%` is no part of what can be sold"),
    ] {
        let mut desk = Desk::new(fixture::frame());
        desk.press(keys);
        type_in(&mut desk, size);
        desk.says(says);
        assert!(desk.ui.notice.is_none(), "said in its place, before Enter");
    }
}

#[test]
fn a_limit_that_cannot_be_says_why_beside_it() {
    for (limit, says) in [
        ("mid+2t", "= 547.3"),
        ("bid-5t", "= 545.0, bid -5t, 529.7-562.3"),
        ("545", "bid -5 ticks, band 529.7-562.3"),
        ("549.5", "bid +40 ticks, 529.7-562.3"),
        ("700", "day's 466.3-630.7"),
        ("600", "outside 529.7-562.3"),
        ("545.05", "off the tick of 0.1"),
        ("high", "`high` is no price"),
    ] {
        let mut desk = Desk::new(fixture::frame());
        desk.press("b Tab");
        type_in(&mut desk, limit);
        desk.says(says);
    }
}

#[test]
fn presets_belong_to_the_class_and_lots_step_in_the_form() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b ]");
    desk.says("10 50 100 ►500 1L");
    desk.press("+ + -");
    let Some(Overlay::Ticket(ticket)) = desk.ui.overlay() else { panic!("no ticket") };
    assert_eq!(ticket.qty.text(), "510");
    // In the limit the same keys are part of the words.
    desk.press("Tab");
    type_in(&mut desk, "bid+1t");
    desk.says("= 545.6");
    // Salt Trading closed at 5,200: a dear share has presets of its own.
    let mut desk = Desk::new(fixture::frame());
    desk.press("t s t c Enter b");
    desk.says("10 20 ►50 100 1L");
    let fund = with_snapshot(&fixture::frame(), |s| {
        let mut day = (*s.day).clone();
        day.universe = Universe::new(day.universe.iter().map(|(_, i)| {
            let mut fund = i.clone();
            fund.kind = Some(InstrumentKind::MutualFund);
            fund
        }));
        s.day = std::sync::Arc::new(day);
    });
    let mut desk = Desk::new(fund);
    desk.press("b");
    desk.says("100 500 ►1,000 5,000 1L");
}

#[test]
fn presets_come_from_the_configuration() {
    let mut table = SizeTable::default();
    table.presets.insert(SizeClass::Shares, vec![Size::Shares(25), Size::Sellable(5_000), Size::All]);
    let mut desk = Desk::new(fixture::frame());
    desk.ui.sizes = Sizes::new(table);
    desk.press("s");
    desk.says("25 ►50% all");
    desk.says(">300_");
}

#[test]
fn without_depth_the_chance_is_missing_with_its_reason() {
    let mut desk = Desk::new(fixture::frame_without_depth());
    desk.press("b");
    desk.says("filled by close -: no depth, so no queue");
}

#[test]
fn the_chance_stands_still_with_the_book_and_falls_with_what_is_ahead() {
    let chance = |desk: &Desk| {
        let picture = desk.picture();
        let line = picture.lines().find(|l| l.contains("filled by close")).unwrap().to_owned();
        line.split("filled by close ").nth(1).unwrap().split('\'').next().unwrap().to_owned()
    };
    let mut desk = Desk::new(fixture::frame());
    desk.press("b");
    let before = chance(&desk);
    desk.frame = with_snapshot(&desk.frame, |s| s.now = fixture::at("13:44:59"));
    desk.show();
    assert_eq!(chance(&desk), before, "seconds do not move it");
    desk.press("Tab");
    type_in(&mut desk, "530");
    assert!(chance(&desk) < before, "{} {before}", chance(&desk));
    desk.press("Ctrl-u");
    type_in(&mut desk, "549.5");
    desk.says("1.0' (1.0-1.0), 100 at once");
}

#[test]
fn a_hold_goes_with_the_order_and_u_takes_it_back() {
    let mut desk = Desk::new(fixture::frame());
    desk.ui.hold_ns = 3 * NS_PER_S / 2;
    desk.press("b Enter");
    desk.says("held inside for 1.5 s before it leaves");
    let actions = desk.press("y");
    let [Action::Command(Command::HoldOrder { order, hold_ns })] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!((order.qty, *hold_ns), (Qty::from_units(100), 1_500_000_000));
    desk.frame = with_snapshot(&desk.frame, |s| {
        s.orders.push(fixture::held(80, 0, 100, 54_500, "13:42:06", "13:42:09"));
    });
    desk.show();
    desk.press("g o g e");
    desk.says("HELD");
    desk.says("in 2s");
    desk.press("e");
    desk.says("P-0080 has not left yet");
    desk.press("w");
    desk.says("it has not left");
    desk.press("q");
    let id = ClientOrderId(80);
    assert_eq!(desk.press("u"), vec![Action::Command(Command::CancelOrder { id })]);
}

#[test]
fn an_order_that_closes_under_the_cursor_keeps_its_row_crossed_out() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("g o");
    let row = |desk: &Desk, id: &str| desk.picture().lines().position(|l| l.contains(&format!("{id}  ")));
    let (first, second) = (row(&desk, "P-0071"), row(&desk, "P-0072"));
    desk.frame = with_snapshot(&desk.frame, |s| {
        let closed = [fixture::accepted(None), ReportKind::Cancelled];
        s.orders[1] = fixture::order(71, 0, Side::Buy, 300, 54_500, "13:38:00", &closed);
    });
    desk.show();
    desk.says("►x P-0071");
    assert_eq!((row(&desk, "P-0071"), row(&desk, "P-0072")), (first, second), "no row moves");
    assert!(desk.press("x").is_empty(), "the key is about the row it was pressed on");
    desk.says("P-0071 is CANCELLED: nothing to cancel");
    desk.press("Tab S-Tab");
    assert_eq!(row(&desk, "P-0071"), None, "the row goes when the cursor leaves");
}

#[test]
fn a_one_line_order_never_takes_what_a_draft_says() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("b 7 7 7 Esc B");
    desk.says("y sends BUY NABIL 100 @ 545.5");
    desk.press("Esc b");
    desk.says(">777_");
}

#[test]
fn three_answers_are_on_the_order_with_their_times() {
    let received = with_snapshot(&fixture::frame(), |s| {
        s.orders[3] = fixture::order(73, 6, Side::Sell, 400, 63_600, "13:42:05", &[ReportKind::Received]);
    });
    let mut desk = Desk::new(received);
    desk.press("g o j j");
    desk.says("P-0073  SELL SHIVM     400     0   400    636.0  ACCEPTED");
    desk.press("w");
    for line in
        ["asked     2026-08-21", "sent      2026-08-21", "by the gateway", "confirmed not yet by the venue"]
    {
        desk.says(line);
    }
}

#[test]
fn cancelling_many_names_what_loses_its_place() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("X j j j Enter");
    desk.says("Cancel everything: 4 orders, 3,080 shares");
    desk.says("P-0071 BUY NABIL 300 @ 545.0 loses its place: ahead ~90 (0-115)");
}
