//! Slips: what a person keys into the portal, and what they say became of it.

use std::sync::Arc;

use super::fixture::{self, with_snapshot};
use super::{Desk, picture};
use crate::console::pane::PaneId;
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::console::{Action, Frame};
use crate::engine::{Command, GatewayKind, Told};
use crate::execution::{ClientOrderId, Order, Pending, ReportKind, VenueOrderId};
use crate::market::{Price, Qty, Side};

fn paisa(paisa: i64) -> Price {
    Price::from_units(paisa)
}

fn shares(shares: i64) -> Qty {
    Qty::from_units(shares)
}

/// Of the order with a change under way.
fn asked(order: Arc<Order>, what: Pending, time: &str) -> Arc<Order> {
    let mut order = Order::clone(&order);
    order.ask(what, fixture::at(time));
    Arc::new(order)
}

/// The drawn moment of a desk whose orders are keyed in by hand: a slip of each kind, and one whose band has moved.
pub(super) fn by_hand() -> Frame {
    let resting = |id, instrument, side, qty, limit| {
        fixture::order(id, instrument, side, qty, limit, "13:04:00", &[fixture::accepted(None)])
    };
    with_snapshot(&fixture::frame(), |s| {
        let mut day = (*s.day).clone();
        day.gateway = GatewayKind::Manual;
        s.day = Arc::new(day);
        let lost = [fixture::accepted(None), ReportKind::Unknown];
        s.orders = vec![
            resting(71, 0, Side::Buy, 300, 54_500),
            fixture::order(72, 5, Side::Buy, 2_000, 19_030, "13:41:36", &[ReportKind::Unknown]),
            fixture::order(73, 10, Side::Buy, 500, 24_050, "13:41:26", &[ReportKind::Unknown]),
            asked(
                resting(74, 6, Side::Sell, 400, 63_600),
                Pending::Amend { qty: shares(300), limit: paisa(63_500) },
                "13:41:50",
            ),
            asked(resting(75, 9, Side::Sell, 1_000, 33_500), Pending::Cancel, "13:42:01"),
            fixture::order(76, 12, Side::Buy, 50, 49_000, "13:20:00", &lost),
        ];
    })
}

/// The same before anything has left.
fn nothing_waits() -> Frame {
    with_snapshot(&by_hand(), |s| s.orders.clear())
}

#[test]
fn pictures() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        for (name, frame, keys) in [
            ("slips", by_hand(), "g l"),
            ("second", by_hand(), "g l j j"),
            ("empty", nothing_waits(), "g l"),
            ("report", by_hand(), "g l r"),
            ("report_filled", by_hand(), "g l r f 5 0 0"),
            ("report_change", by_hand(), "g l j j r n"),
            ("read_back", by_hand(), "g l r f 5 0 0 Enter"),
            ("orders", by_hand(), "g o"),
        ] {
            let mut desk = Desk::sized(frame, columns, rows);
            desk.press(keys);
            insta::assert_snapshot!(format!("slips_{name}_{columns}x{rows}"), desk.picture());
        }
    }
    let mut desk = Desk::sized(by_hand(), 60, 20);
    desk.press("g l");
    insta::assert_snapshot!("slips_60x20", desk.picture());
    let mut desk = Desk::sized(by_hand(), 80, 24);
    desk.press("g l");
    let theme = Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap();
    let plain = picture(&desk.frame, &desk.ui, &theme);
    assert!(plain.is_ascii(), "{plain}");
}

#[test]
fn a_slip_is_copied_field_by_field() {
    let mut desk = Desk::new(by_hand());
    desk.press("g l");
    let copies = |desk: &mut Desk, keys: &str| -> Vec<String> {
        let actions = desk.press(keys).into_iter();
        actions.filter_map(|a| if let Action::Copy(text) = a { Some(text) } else { None }).collect()
    };
    assert_eq!(copies(&mut desk, "c c"), ["UPPER", "2000"]);
    desk.says("copied quantity 2000   (c: price)");
    assert_eq!(copies(&mut desk, "c c"), ["190.3", "UPPER"], "after the last the first");
    // Another slip begins at its first field, and one that the broker has is found by its number.
    assert_eq!(copies(&mut desk, "j c"), ["HIDCL"]);
    assert_eq!(copies(&mut desk, "j c c c c"), ["V1", "SHIVM", "300", "635.0"]);
    // A slip that has become another one is not copied on half way.
    assert_eq!(copies(&mut desk, "c c"), ["V1", "SHIVM"]);
    desk.frame = with_snapshot(&desk.frame, |s| {
        let what = Pending::Amend { qty: shares(200), limit: paisa(63_500) };
        s.orders[3] = asked(Arc::clone(&s.orders[3]), what, "13:42:05");
    });
    assert_eq!(copies(&mut desk, "c c c"), ["V1", "SHIVM", "200"]);
    desk.ui.no_clipboard = true;
    assert_eq!(copies(&mut desk, "c"), Vec::<String>::new());
    desk.says("quantity  200");
}

#[test]
fn what_is_said_of_an_order() {
    let filled = |qty, price| Told::Filled { qty: shares(qty), price: paisa(price) };
    let number = |text: &str| Told::Accepted { number: VenueOrderId(text.into()) };
    for (keys, id, told) in [
        ("g l r a 4 5 Enter", 72, number("45")),
        ("g l r Enter 4 5 Enter", 72, number("45")),
        ("g l r f Enter", 72, filled(2_000, 19_030)),
        ("g l r f 5 0 0 Tab 1 9 0 . 2 Enter", 72, filled(500, 19_020)),
        ("g l r f Tab Down Enter", 72, filled(2_000, 19_020)),
        ("g l r n Enter", 72, Told::NotEntered),
        ("g l r Down Down Enter", 72, Told::NotEntered),
        ("g l r r w r o n g Enter", 72, Told::Refused { why: "wrong".to_owned() }),
        ("g l r o Enter", 72, Told::Cancelled),
        // Of a change.
        ("g l j j r Enter", 74, number("V1")),
        ("g l j j j r Enter", 75, number("V1")),
        // Of one that rests there, and of one that is unknown, from the orders.
        ("g o r Enter", 71, filled(300, 54_500)),
        ("g o j r n Enter", 72, Told::NotEntered),
    ] {
        let mut desk = Desk::new(by_hand());
        assert!(desk.press(keys).is_empty(), "{keys}: nothing is booked before it is read back");
        desk.says("Report of ");
        let id = ClientOrderId(id);
        assert_eq!(desk.press("y"), vec![Action::Command(Command::TellOrder { id, told })], "{keys}");
        assert!(desk.ui.stack.is_empty());
    }
}

#[test]
fn what_cannot_be_said_is_refused_with_its_numbers() {
    for (keys, why) in [
        ("g l r a Enter", "the number that the broker gave it is missing"),
        ("g l r r Enter", "why it was refused is missing"),
        ("g l r f 2 0 0 1 Enter", "2,001 is more than the 2,000 left of it"),
        ("g l r f 0 Enter", "`0` is no number of shares"),
        ("g l r f Tab Ctrl-u Enter", "`` is no price"),
    ] {
        let mut desk = Desk::new(by_hand());
        assert!(desk.press(keys).is_empty());
        desk.says(why);
        assert!(desk.press("y").is_empty(), "{keys}");
    }
    // A price that the order did not allow is said, and may be so.
    let mut desk = Desk::new(by_hand());
    desk.press("g l r f Tab 1 9 1 Enter");
    desk.says("WORSE than its limit");
    // Away from such a desk only an unknown order takes a word.
    let mut desk = Desk::new(fixture::frame());
    desk.press("g o r");
    desk.says("P-0071 is RESTING: a report is taken of an UNKNOWN order only");
    assert!(desk.press("j r n Enter").is_empty());
    assert_eq!(
        desk.press("y"),
        vec![Action::Command(Command::TellOrder { id: ClientOrderId(72), told: Told::NotEntered })]
    );
}

#[test]
fn a_slip_that_comes_is_shown_and_one_that_is_answered_stays_where_it_was() {
    let mut desk = Desk::new(by_hand());
    desk.press("g l j");
    assert_eq!(desk.ui.focus, PaneId::Slips);
    desk.frame = with_snapshot(&desk.frame, |s| {
        let done = [ReportKind::Unknown, fixture::accepted(None)];
        s.orders[1] = fixture::order(72, 5, Side::Buy, 2_000, 19_030, "13:41:36", &done);
        s.orders.push(fixture::order(77, 0, Side::Buy, 10, 54_500, "13:42:06", &[ReportKind::Unknown]));
    });
    desk.show();
    desk.says("P-0072  BUY UPPER 2,000 @ 190.3 is RESTING");
    desk.says("P-0077");
    // The cursor is where it was.
    assert_eq!(desk.press("c"), vec![Action::Copy("HIDCL".to_owned())]);
    desk.press("z");
    assert!(!desk.picture().contains("is RESTING"));
    // Back to where one came from.
    desk.press("q q");
    assert_ne!(desk.ui.focus, PaneId::Slips);
}

/// A slip on its way to the portal is the ordinary course of an order, no alarm: the header counts it apart
/// from the orders that nobody answers for.
#[test]
fn a_slip_is_not_an_unknown_order() {
    let mut desk = Desk::new(by_hand());
    let header = desk.picture().lines().nth(1).unwrap_or_default().to_owned();
    assert!(header.contains(" slip 4 UNKNOWN 1 "), "{header}");
    desk.says("Orders  working 3  slip 4  UNKNOWN 1");
    desk.press("g o f");
    let picture = desk.picture();
    let row = |id: &str| picture.lines().find(|l| l.contains(&format!(" {id} "))).unwrap_or_default();
    assert!(
        row("P-0072").starts_with(" s P-0072  BUY  UPPER   2,000     0 2,000    190.3  SLIP "),
        "{picture}"
    );
    assert!(row("P-0074").starts_with(" s P-0074  SELL SHIVM "), "{picture}");
    assert!(row("P-0076").starts_with(" ? P-0076 "), "{picture}");
    // A desk with nothing but slips has no alarm.
    let desk = Desk::new(with_snapshot(&by_hand(), |s| s.orders.retain(|o| o.id == ClientOrderId(72))));
    desk.says(" slip 1 ");
    assert!(!desk.picture().contains("UNKNOWN"), "{}", desk.picture());
}

/// Nobody is asked for books where orders are keyed in by hand, and nothing waits for them.
#[test]
fn the_books_of_a_portal_are_looked_at_by_a_person() {
    let mut desk = Desk::sized(
        with_snapshot(&by_hand(), |s| Arc::make_mut(&mut s.gateway).kind = GatewayKind::Manual),
        80,
        24,
    );
    desk.press("g b");
    desk.says("[Reconcile]");
    desk.says("the broker's books are in the portal");
    assert!(!desk.picture().contains("NOT COMPARED"), "{}", desk.picture());
}
