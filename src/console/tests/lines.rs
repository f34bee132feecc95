//! The lines to the outside, and what the gateway has otherwise than we do.

use std::sync::Arc;

use super::Desk;
use super::fixture::{self, with_snapshot};
use crate::console::{Action, ConnectionStatus, ConnectionUse, Frame, Mode};
use crate::engine::{Agreement, Command, GatewayKind, GatewayState};
use crate::execution::{ClientOrderId, Difference, LineState, OrderState, Statement, VenueOrderId};
use crate::market::{AccountId, InstrumentId, Money, Qty, Side};

fn line(name: &str, used_for: ConnectionUse, state: LineState) -> ConnectionStatus {
    ConnectionStatus {
        name: name.to_owned(),
        used_for,
        state,
        since_ms: 71_000,
        why: None,
        notes: Vec::new(),
        silent_ms: Some(400),
        per_second: 214,
        messages: 180_233,
        gaps: 0,
        reconnects: 0,
        duplicates: 0,
        refused: 0,
        failed: 0,
        conflated: 0,
        latency_us: Some(1_700),
        clock_offset_ms: Some(-12),
        retry_ms: None,
    }
}

/// A live session with one feed in a gap, one standing by, and a gateway that is tried again.
fn lines() -> Frame {
    let frame = differing(LineState::Connecting, Vec::new());
    let mut status = (*frame.status).clone();
    status.mode = Mode::Sim;
    status.transport = None;
    let feed = line("feed 1", ConnectionUse::Feed, LineState::Gap);
    let gateway = line("venue", ConnectionUse::Gateway, LineState::Connecting);
    status.connections = vec![
        ConnectionStatus { gaps: 2, refused: 1, conflated: 1_204, ..feed },
        line("feed 2", ConnectionUse::Standby, LineState::Live),
        ConnectionStatus {
            why: Some("Connection refused (os error 111)".to_owned()),
            retry_ms: Some(3_400),
            reconnects: 4,
            silent_ms: Some(65_000),
            latency_us: None,
            clock_offset_ms: None,
            per_second: 0,
            messages: 31,
            ..gateway
        },
    ];
    Frame { status: Arc::new(status), ..frame }
}

fn differing(line: LineState, differences: Vec<Difference>) -> Frame {
    let statement = Statement {
        account: AccountId::new("07"),
        reports: 31,
        cash: None,
        due: None,
        holdings: None,
        orders: Vec::new(),
    };
    let agreement = match differences.is_empty() {
        true => Agreement::NotYet,
        false => {
            Agreement::Differs { at: fixture::at("13:41:00"), differences, statement: Box::new(statement) }
        }
    };
    with_snapshot(&fixture::frame(), |s| {
        let mut day = (*s.day).clone();
        day.gateway = GatewayKind::Remote;
        s.day = Arc::new(day);
        let kind = GatewayKind::Remote;
        let mut gateway = GatewayState::default();
        (gateway.kind, gateway.line, gateway.agreement) = (kind, line, agreement);
        s.gateway = Arc::new(gateway);
    })
}

/// One of every kind.
fn apart() -> Frame {
    let money = |rupees| Money::from_rupees(rupees).unwrap();
    let (id, qty) = (ClientOrderId(71), Qty::from_units);
    let differences = vec![
        Difference::Cash { ours: money(3_820_110), theirs: money(3_802_110) },
        Difference::Due { ours: money(984_250), theirs: money(0) },
        Difference::Shares { instrument: InstrumentId(0), ours: qty(1_200), theirs: qty(1_100) },
        Difference::Settled { instrument: InstrumentId(0), ours: qty(600), theirs: qty(500) },
        Difference::OrderMissing { id: ClientOrderId(72), ours: OrderState::Unknown },
        Difference::OrderUnasked {
            client_id: "OTHER-9\u{1b}[2J".into(),
            venue_id: VenueOrderId("2026082004000009".into()),
            instrument: Some(InstrumentId(1)),
            side: Side::Sell,
            left: qty(200),
            filled: qty(100),
        },
        Difference::OrderFilled { id, ours: qty(0), theirs: qty(100) },
        Difference::OrderState { id, ours: OrderState::Accepted, theirs: OrderState::Cancelled },
    ];
    differing(LineState::Live, differences)
}

#[test]
fn pictures() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut desk = Desk::sized(lines(), columns, rows);
        desk.press("g c");
        insta::assert_snapshot!(format!("lines_{columns}x{rows}"), desk.picture());
        let mut desk = Desk::sized(apart(), columns, rows);
        desk.press("g b");
        insta::assert_snapshot!(format!("books_{columns}x{rows}"), desk.picture());
    }
}

#[test]
fn a_difference_is_accepted_by_a_fresh_yes_that_names_what_was_seen() {
    let frame = apart();
    let seen = frame.snapshot.gateway.agreement.fingerprint();
    let mut desk = Desk::sized(frame, 120, 40);
    desk.press(": a c c e p t Enter");
    desk.says("Accept? Our books become as the gateway states");
    desk.says("cash: ours 38,20,110.00, theirs 38,02,110.00");
    let actions = desk.press("y");
    assert!(
        actions
            .iter()
            .any(|a| matches!(a, Action::Command(Command::AcceptDifference { seen: s }) if *s == seen)),
        "{actions:?}"
    );
}

#[test]
fn there_is_nothing_to_accept_where_nothing_differs() {
    let mut desk = Desk::sized(fixture::frame(), 80, 24);
    desk.press(": a c c e p t Enter");
    desk.says("the gateway has nothing otherwise than we do");
}
