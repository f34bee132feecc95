//! The mapping, message by message: what a request says, what a report means, and that nothing that comes is a panic.

use proptest::prelude::*;

use super::*;
use crate::engine::State;
use crate::execution::{
    ClientOrderId, ExecutionId, GatewayRequest, LineState, NewOrder, OrderState, RejectReason, ReportKind,
    StatedHolding, VenueOrderId,
};
use crate::gateway::session::{GatewayOut, GatewaySaid, GatewaySession};
use crate::market::{Instrument, InstrumentId, Money, Price, Qty, Side, Symbol, Timestamp};

const ID: ClientOrderId = ClientOrderId(7);
/// 20 August 2026, noon in Kathmandu.
const NOON: i64 = 1_787_206_500_000_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ns(NOON + ms * 1_000_000)
}

fn access(whole: bool) -> FixAccess {
    let universe = ["HIDCL", "NABIL"].map(|symbol| Instrument::nepse(Symbol::new(symbol)));
    FixAccess {
        tag: "H00".to_owned(),
        account: AccountId::new("07"),
        client: "C-07".to_owned(),
        date: SessionDate::new(2026, 8, 20).unwrap(),
        universe: Universe::new(universe),
        positions: whole,
        cash: whole,
    }
}

fn gateway(whole: bool) -> FixGateway {
    FixGateway::new(access(whole), &State::new(std::sync::Arc::default()).unwrap())
}

fn text(fields: &str) -> String {
    fields.replace('|', "\u{1}")
}

/// What follows from a message.
fn hears(gateway: &mut FixGateway, ms: i64, fields: &str) -> GatewayOut {
    let mut out = GatewayOut::default();
    gateway.heard(at(ms), &text(fields), &mut out);
    out
}

/// What is sent because of a request, fields parted by bars.
fn asks(gateway: &mut FixGateway, ms: i64, number: u64, request: &GatewayRequest) -> Vec<String> {
    let mut out = GatewayOut::default();
    gateway.caused_by(number);
    gateway.request(at(ms), request, &mut out);
    assert!(out.said.is_empty());
    out.send.iter().map(|text| text.replace('\u{1}', "|")).collect()
}

fn value(message: &str, tag: u32) -> String {
    let name = format!("{tag}=");
    message.split('|').find_map(|f| f.strip_prefix(&name)).unwrap_or_default().to_owned()
}

/// A gateway whose line is live.
fn live(whole: bool) -> FixGateway {
    let mut gateway = gateway(whole);
    let mut out = GatewayOut::default();
    gateway.opened(at(0), &mut out);
    assert_eq!(gateway.state(), LineState::Syncing);
    let question = value(&out.send[0].replace('\u{1}', "|"), 584);
    hears(&mut gateway, 0, &format!("35=8|37=NONE|17=0|150=I|39=8|584={question}|911=0|912=Y|14=0|"));
    assert_eq!(gateway.state(), LineState::Live);
    gateway
}

fn new() -> GatewayRequest {
    let order = NewOrder {
        account: AccountId::new("07"),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: Qty::from_units(500),
        limit: Price::from_units(24_950),
    };
    GatewayRequest::New { id: ID, order }
}

fn amend(qty: i64) -> GatewayRequest {
    GatewayRequest::Amend { id: ID, qty: Qty::from_units(qty), limit: Price::from_units(24_905) }
}

/// A gateway with one order that the counterparty has.
fn resting() -> FixGateway {
    let mut gateway = live(false);
    asks(&mut gateway, 1, 40, &new());
    let kinds = kinds(&hears(&mut gateway, 2, &report("0", "0", "E1", "H00-7", "")));
    assert_eq!(kinds, [ReportKind::Accepted { venue_id: VenueOrderId("V1".into()), queue_ahead: None }]);
    gateway
}

fn report(what: &str, status: &str, execution: &str, client: &str, more: &str) -> String {
    let filled = if more.contains("14=") { "" } else { "14=0|" };
    format!(
        "35=8|37=V1|11={client}|17={execution}|150={what}|39={status}|55=HIDCL|54=1|38=500|44=249.50|{filled}{more}"
    )
}

fn kinds(out: &GatewayOut) -> Vec<ReportKind> {
    let reports = out.said.iter().filter_map(|said| match said {
        GatewaySaid::Report(report) => {
            assert_eq!(report.no, 0);
            Some(report.kind.clone())
        }
        GatewaySaid::Statement(_) => None,
    });
    reports.collect()
}

#[test]
fn requests_are_messages() {
    let mut gateway = resting();
    let mut fresh = live(false);
    let sent = asks(&mut fresh, 1_234, 40, &new());
    assert_eq!(
        sent,
        ["35=D|11=H00-7|21=1|1=C-07|55=HIDCL|54=1|38=500|40=2|44=249.50|59=0|60=20260820-06:15:01.234|"]
    );
    assert!(asks(&mut fresh, 2, 41, &new()).is_empty(), "an order is sent once");
    assert_eq!(
        asks(&mut gateway, 0, 41, &amend(400)),
        [
            "35=G|11=H00-7-A41|41=H00-7|21=1|37=V1|1=C-07|55=HIDCL|54=1|38=400|40=2|44=249.05|59=0|60=20260820-06:15:00.000|"
        ]
    );
    assert_eq!(
        asks(&mut gateway, 0, 42, &GatewayRequest::Cancel { id: ID }),
        ["35=F|11=H00-7-C42|41=H00-7-A41|37=V1|1=C-07|55=HIDCL|54=1|38=500|60=20260820-06:15:00.000|"],
        "behind the amendment that is under way"
    );
    let question = asks(&mut gateway, 0, 43, &GatewayRequest::Query { id: ID }).pop().unwrap();
    assert!(question.starts_with("35=H|11=H00-7|790=Q"), "{question}");
    assert!(question.ends_with("|37=V1|1=C-07|55=HIDCL|54=1|"), "{question}");
    let mut whole = live(true);
    let all = asks(&mut whole, 0, 44, &GatewayRequest::State);
    assert_eq!(all.iter().map(|m| value(m, 35)).collect::<Vec<_>>(), ["AF", "AN", "BB"]);
    assert_eq!(value(&all[0], 584), value(&all[1], 710));
    assert_eq!((value(&all[0], 585), value(&all[1], 715)), ("7".to_owned(), "20260820".to_owned()));
    assert!(asks(&mut whole, 100, 45, &GatewayRequest::State).is_empty(), "one question at a time");
}

#[test]
fn nothing_is_sent_while_the_line_is_not_live_and_nothing_later() {
    let mut gateway = gateway(false);
    for request in [new(), amend(400), GatewayRequest::Cancel { id: ID }, GatewayRequest::State] {
        assert!(asks(&mut gateway, 0, 40, &request).is_empty());
    }
    assert_eq!(gateway.stats().unsent, 4);
    let mut out = GatewayOut::default();
    gateway.opened(at(0), &mut out);
    assert_eq!(out.send.len(), 1, "only the question about all orders: {:?}", out.send);
    let question = value(&out.send[0].replace('\u{1}', "|"), 584);
    let out = hears(&mut gateway, 0, &format!("35=8|37=NONE|17=0|150=I|39=8|584={question}|911=0|14=0|"));
    assert!(out.send.is_empty() && out.said.is_empty());
    // It was never sent, and is asked about all the same.
    assert_eq!(asks(&mut gateway, 0, 41, &GatewayRequest::Query { id: ID }).len(), 1);
    gateway.gap();
    assert!(asks(&mut gateway, 0, 42, &GatewayRequest::Cancel { id: ID }).is_empty());
    assert_eq!(gateway.state(), LineState::Gap);
}

#[test]
fn reports_say_what_happened() {
    let fill = ReportKind::Filled {
        execution: ExecutionId("E2".into()),
        qty: Qty::from_units(200),
        price: Price::from_units(24_940),
    };
    let amended = ReportKind::Amended {
        qty: Qty::from_units(500),
        limit: Price::from_units(24_950),
        queue_ahead: None,
    };
    let venue = |text: &str| RejectReason::Venue(text.to_owned());
    for (what, status, more, want) in [
        ("F", "1", "14=200|32=200|31=249.40|", Some(fill)),
        ("4", "4", "", Some(ReportKind::Cancelled)),
        ("C", "C", "", Some(ReportKind::Expired)),
        ("3", "3", "", Some(ReportKind::Expired)),
        ("5", "0", "", Some(amended)),
        ("A", "A", "", Some(ReportKind::Received)),
        ("6", "6", "", Some(ReportKind::Received)),
        ("E", "E", "", Some(ReportKind::Received)),
        ("8", "8", "58=no|103=99|", Some(ReportKind::Rejected(venue("no")))),
        ("8", "8", "103=99|", Some(ReportKind::Rejected(venue("reason 99")))),
        ("8", "8", "103=2|", Some(ReportKind::Rejected(RejectReason::MarketClosed))),
        ("8", "8", "103=6|", Some(ReportKind::Unknown)),
        ("D", "0", "", None),
        ("9", "9", "", None),
    ] {
        let mut gateway = resting();
        let out = hears(&mut gateway, 3, &report(what, status, "E2", "H00-7", more));
        assert_eq!(kinds(&out), Vec::from_iter(want.clone()), "{what} {status} {more}");
        let again = hears(&mut gateway, 4, &report(what, status, "E2", "H00-7", &format!("97=Y|{more}")));
        assert!(again.said.is_empty(), "{what}: it counts once");
        assert_eq!(gateway.stats().duplicates, 1, "{what}");
    }
}

#[test]
fn what_does_not_fit_is_refused_and_counted() {
    for (fields, why) in [
        (
            report("F", "1", "E2", "H00-7", "14=200|32=200|31=249.405|"),
            "tag 31: `249.405` is not a number of whole 1/100",
        ),
        (
            report("F", "1", "E2", "H00-7", "14=200|32=0.5|31=249.40|"),
            "tag 32: `0.5` is not a number of whole 1/1",
        ),
        (report("F", "1", "E2", "H00-7", "14=200|31=249.40|"), "8 without tag 32"),
        (report("G", "1", "E2", "H00-7", ""), "tag 150: G has no meaning here"),
        (report("H", "1", "E2", "H00-7", ""), "tag 150: H has no meaning here"),
        (report("FF", "1", "E2", "H00-7", ""), "tag 150: FF has no meaning here"),
        ("35=8|11=H00-7|".to_owned(), "8 without tag 150"),
        ("35=9|11=H00-7-C1|".to_owned(), "9 without tag 434"),
        ("11=H00-7|35=8|".to_owned(), "not a message: 11=H00-7\u{1}35=8\u{1}"),
        ("35=j|372=AF|58=not here|".to_owned(), "our AF was refused: not here"),
    ] {
        let mut gateway = resting();
        let out = hears(&mut gateway, 3, &fields);
        assert!(out.said.is_empty() && out.send.is_empty(), "{fields}");
        let refusals: Vec<String> = gateway.take_refusals().iter().map(ToString::to_string).collect();
        assert_eq!((refusals, gateway.stats().refused), (vec![why.to_owned()], 1));
    }
}

#[test]
fn orders_of_others_are_named() {
    let mut gateway = resting();
    for client in ["OTHER-1", "H00-7-X1", "H00-"] {
        let out = hears(&mut gateway, 3, &report("0", "0", client, client, ""));
        assert_eq!(kinds(&out), [ReportKind::Foreign { client_id: client.into() }]);
    }
    // The counterparty gave it another id, and says which it was.
    let out = hears(&mut gateway, 4, &report("4", "4", "E9", "DESK-1", "41=H00-7|"));
    assert_eq!(kinds(&out), [ReportKind::Cancelled]);
}

#[test]
fn changes_chain_and_an_answer_to_an_older_one_says_nothing() {
    let mut gateway = resting();
    asks(&mut gateway, 1, 41, &amend(400));
    // While it is under way the order still stands under its first id.
    hears(&mut gateway, 2, &report("E", "E", "E2", "H00-7-A41", "41=H00-7|"));
    assert_eq!(value(&asks(&mut gateway, 2, 42, &amend(300))[0], 41), "H00-7");
    let late = hears(&mut gateway, 3, "35=9|37=V1|11=H00-7-A41|41=H00-7|39=0|434=2|102=3|");
    assert!(late.said.is_empty());
    hears(&mut gateway, 4, &report("5", "0", "E3", "H00-7-A42", "41=H00-7|"));
    let cancel = asks(&mut gateway, 5, 43, &GatewayRequest::Cancel { id: ID });
    assert_eq!(
        (value(&cancel[0], 11), value(&cancel[0], 41)),
        ("H00-7-C43".to_owned(), "H00-7-A42".to_owned())
    );
    let refused = "35=9|37=V1|11=H00-7-C43|41=H00-7-A42|39=0|434=1|102=0|58=too late|";
    let reason = RejectReason::Venue("too late".to_owned());
    assert_eq!(kinds(&hears(&mut gateway, 6, refused)), [ReportKind::CancelRejected(reason)]);
    assert!(hears(&mut gateway, 7, refused).said.is_empty(), "it counts once");
    let again = asks(&mut gateway, 8, 44, &GatewayRequest::Cancel { id: ID });
    assert_eq!(
        (value(&again[0], 11), value(&again[0], 41)),
        ("H00-7-C44".to_owned(), "H00-7-A42".to_owned())
    );
}

#[test]
fn what_could_not_be_used_is_found_by_its_number() {
    let venue = |text: &str| RejectReason::Venue(text.to_owned());
    for (kind, request, want) in [
        ("D", new(), ReportKind::Rejected(venue("no"))),
        ("G", amend(400), ReportKind::AmendRejected(venue("no"))),
        ("F", GatewayRequest::Cancel { id: ID }, ReportKind::CancelRejected(venue("no"))),
    ] {
        for reject in ["35=3|45=9|58=no|", "35=j|45=9|372=x|380=0|58=no|"] {
            let mut gateway = if kind == "D" { live(false) } else { resting() };
            let sent = asks(&mut gateway, 1, 41, &request).pop().unwrap();
            gateway.sent(9, FixMessage::parse(&text(&sent)).unwrap());
            assert_eq!(
                kinds(&hears(&mut gateway, 2, reject)),
                std::slice::from_ref(&want),
                "{kind} {reject}"
            );
        }
    }
    // Of another connection: the number says nothing.
    let mut gateway = live(false);
    let sent = asks(&mut gateway, 1, 41, &new()).pop().unwrap();
    gateway.sent(9, FixMessage::parse(&text(&sent)).unwrap());
    gateway.lost(at(2), &mut GatewayOut::default());
    assert!(hears(&mut gateway, 3, "35=3|45=9|58=no|").said.is_empty());
    // One that is known to be there cannot have been refused.
    let mut gateway = resting();
    assert_eq!(kinds(&hears(&mut gateway, 3, "35=j|372=D|379=H00-7|380=0|")), [ReportKind::Unknown]);
}

#[test]
fn that_an_order_is_not_there_counts_when_it_has_been_said_twice() {
    let absent = |question: &str| format!("35=8|37=NONE|11=H00-7|17=0|150=I|39=8|103=5|790={question}|14=0|");
    let mut gateway = live(false);
    asks(&mut gateway, 1, 40, &new());
    let question = value(&asks(&mut gateway, 5_000, 41, &GatewayRequest::Query { id: ID })[0], 790);
    let out = hears(&mut gateway, 5_010, &absent(&question));
    assert!(out.said.is_empty() && out.send.is_empty());
    let mut out = GatewayOut::default();
    gateway.tick(at(6_900), &mut out);
    assert!(out.send.is_empty(), "two seconds apart");
    gateway.tick(at(7_010), &mut out);
    let question = value(&out.send[0].replace('\u{1}', "|"), 790);
    assert_eq!(kinds(&hears(&mut gateway, 7_020, &absent(&question))), [ReportKind::NotTaken]);
    // One that is there says how it stands, to whoever asked and to nobody else.
    let mut gateway = resting();
    let stands = |more: &str| report("I", "1", "0", "H00-7", &format!("14=200|{more}"));
    assert!(hears(&mut gateway, 3, &stands("")).said.is_empty());
    let question = value(&asks(&mut gateway, 4, 41, &GatewayRequest::Query { id: ID })[0], 790);
    let said = kinds(&hears(&mut gateway, 5, &stands(&format!("790={question}|"))));
    let [ReportKind::Standing(standing)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((standing.filled, standing.state), (Qty::from_units(200), OrderState::PartiallyFilled));
}

fn statement(out: &GatewayOut) -> Option<&crate::execution::Statement> {
    out.said.iter().find_map(|said| match said {
        GatewaySaid::Statement(statement) => Some(statement),
        GatewaySaid::Report(_) => None,
    })
}

#[test]
fn a_statement_is_said_when_all_of_it_has_come() {
    let mut gateway = live(true);
    asks(&mut gateway, 1, 40, &new());
    hears(&mut gateway, 2, &report("0", "0", "E1", "H00-7", ""));
    let question = value(&asks(&mut gateway, 3, 41, &GatewayRequest::State)[0], 584);
    let held = |symbol: &str, tot: &str| {
        format!("35=AP|710={question}|727=2|728=0|55={symbol}|702=2|703=TOT|704={tot}|703=DLV|704=50|")
    };
    for part in [
        report("I", "0", "0", "H00-7", &format!("584={question}|911=2|912=N|")),
        report("I", "4", "0", "OTHER-1", &format!("584={question}|911=2|912=Y|")).replace("37=V1", "37=V2"),
        format!("35=BA|909={question}|901=1234.50|"),
        held("HIDCL", "100"),
        // Of another question.
        held("NABIL", "1").replace(&question, "Q0"),
    ] {
        assert_eq!(statement(&hears(&mut gateway, 4, &part)), None, "{part}");
    }
    let out = hears(&mut gateway, 5, &held("NABIL", "60"));
    let said = statement(&out).unwrap();
    assert_eq!((said.reports, said.cash, said.due), (0, Some(Money::from_paisa(123_450)), None));
    let (hidcl, nabil) = (InstrumentId(0), InstrumentId(1));
    let holding = |instrument, qty| StatedHolding {
        instrument,
        qty: Qty::from_units(qty),
        settled: Qty::from_units(50),
    };
    assert_eq!(said.holdings, Some(vec![holding(hidcl, 100), holding(nabil, 60)]));
    let orders: Vec<_> = said.orders.iter().map(|o| (o.id, &*o.client_id, o.state)).collect();
    assert_eq!(orders, [(Some(ID), "H00-7", OrderState::Accepted), (None, "OTHER-1", OrderState::Cancelled)]);
}

#[test]
fn a_statement_of_two_moments_is_not_said() {
    let mut gateway = resting();
    let question = value(&asks(&mut gateway, 3, 41, &GatewayRequest::State)[0], 584);
    hears(&mut gateway, 4, &report("F", "1", "E2", "H00-7", "14=10|32=10|31=249.50|"));
    let part = |question: &str| report("I", "1", "0", "H00-7", &format!("14=10|584={question}|912=Y|"));
    assert_eq!(statement(&hears(&mut gateway, 5, &part(&question))), None);
    // It is asked again after a while.
    let mut out = GatewayOut::default();
    gateway.tick(at(1_900), &mut out);
    assert!(out.send.is_empty());
    gateway.tick(at(2_100), &mut out);
    let question = value(&out.send[0].replace('\u{1}', "|"), 584);
    assert!(statement(&hears(&mut gateway, 6, &part(&question))).is_some());
    // A part that cannot be used makes the rest say nothing, until it is asked again.
    let question = value(&asks(&mut gateway, 7, 42, &GatewayRequest::State)[0], 584);
    hears(&mut gateway, 8, &report("I", "?", "0", "H00-7", &format!("584={question}|912=N|")));
    assert_eq!(statement(&hears(&mut gateway, 9, &part(&question))), None);
    let mut out = GatewayOut::default();
    gateway.tick(at(11_000), &mut out);
    assert_eq!(out.send.len(), 1, "asked again");
}

#[test]
fn a_change_whose_fate_is_not_known_is_no_link_of_the_chain() {
    let cancel = GatewayRequest::Cancel { id: ID };
    // The order stands under its first id: the amendment is not under way there.
    let mut gateway = resting();
    asks(&mut gateway, 1, 41, &amend(400));
    let question = value(&asks(&mut gateway, 2, 42, &GatewayRequest::Query { id: ID })[0], 790);
    hears(&mut gateway, 3, &report("I", "0", "0", "H00-7", &format!("790={question}|")));
    assert_eq!(value(&asks(&mut gateway, 4, 43, &cancel)[0], 41), "H00-7");
    // The line was lost with it.
    let mut gateway = resting();
    asks(&mut gateway, 1, 41, &amend(400));
    gateway.lost(at(2), &mut GatewayOut::default());
    let mut out = GatewayOut::default();
    gateway.opened(at(3), &mut out);
    let question = value(&out.send[0].replace('\u{1}', "|"), 584);
    hears(&mut gateway, 4, &report("I", "0", "0", "H00-7", &format!("584={question}|911=1|")));
    assert_eq!(value(&asks(&mut gateway, 5, 43, &cancel)[0], 41), "H00-7");
}

#[test]
fn a_change_refused_in_the_words_for_an_order_leaves_the_order_there() {
    let mut gateway = resting();
    asks(&mut gateway, 1, 41, &amend(400));
    let out = hears(&mut gateway, 2, &report("8", "8", "E2", "H00-7-A41", "41=H00-7|58=no|"));
    assert_eq!(kinds(&out), [ReportKind::AmendRejected(RejectReason::Venue("no".to_owned()))]);
}

#[test]
fn what_others_have_at_the_counterparty_does_not_keep_the_line_down() {
    let mut gateway = gateway(false);
    let mut out = GatewayOut::default();
    gateway.opened(at(0), &mut out);
    let question = value(&out.send[0].replace('\u{1}', "|"), 584);
    // At the market, sold short, of half a share.
    for (n, part) in
        [(1, "54=5|40=1|38=100|14=0|"), (2, "54=1|40=1|38=0.5|14=0|"), (3, "54=9|40=1|38=5|14=0|")]
    {
        assert_eq!(gateway.state(), LineState::Syncing, "{n}");
        hears(
            &mut gateway,
            n,
            &format!("35=8|37=W{n}|11=X{n}|17=0|150=I|39=0|55=HIDCL|{part}584={question}|911=3|"),
        );
    }
    assert_eq!(gateway.state(), LineState::Live);
    // For the engine what can be said is said, and what cannot makes the answer no statement.
    let question = value(&asks(&mut gateway, 9, 41, &GatewayRequest::State)[0], 584);
    let short =
        format!("35=8|37=W1|11=X1|17=0|150=I|39=0|55=HIDCL|54=5|40=1|38=100|14=0|584={question}|911=1|");
    let out = hears(&mut gateway, 10, &short);
    let orders = &statement(&out).unwrap().orders;
    assert_eq!((orders[0].side, orders[0].qty), (Side::Sell, Qty::from_units(100)));
    let question = value(&asks(&mut gateway, 11, 42, &GatewayRequest::State)[0], 584);
    let half =
        format!("35=8|37=W2|11=X2|17=0|150=I|39=0|55=HIDCL|54=1|40=1|38=0.5|14=0|584={question}|911=1|");
    assert_eq!(statement(&hears(&mut gateway, 12, &half)), None);
}

#[test]
fn a_rejected_order_in_the_answer_does_not_end_it() {
    let mut gateway = resting();
    let question = value(&asks(&mut gateway, 3, 41, &GatewayRequest::State)[0], 584);
    let rejected = |client: &str| {
        format!(
            "35=8|37=NONE|11={client}|17=0|150=I|39=8|103=0|55=HIDCL|54=1|38=5|44=1|14=0|584={question}|911=4|"
        )
    };
    for part in [rejected("H00-8"), rejected("H00-9"), rejected("X-1")] {
        assert_eq!(statement(&hears(&mut gateway, 4, &part)), None, "{part}");
    }
    let out = hears(&mut gateway, 5, &report("I", "0", "0", "H00-7", &format!("584={question}|911=4|")));
    let orders: Vec<_> = statement(&out).unwrap().orders.iter().map(|o| (&*o.client_id, o.state)).collect();
    let rejected = OrderState::Rejected;
    assert_eq!(orders, [("H00-8", rejected), ("H00-9", rejected), ("H00-7", OrderState::Accepted)]);
}

#[test]
fn two_orders_may_share_an_execution_id() {
    let mut gateway = resting();
    let order = GatewayRequest::New {
        id: ClientOrderId(8),
        order: match new() {
            GatewayRequest::New { order, .. } => order,
            _ => unreachable!(),
        },
    };
    asks(&mut gateway, 3, 41, &order);
    for client in ["H00-7", "H00-8"] {
        let fill = report("F", "1", "T9", client, "14=10|32=10|31=249.50|");
        assert_eq!(hears(&mut gateway, 4, &fill).said.len(), 1, "{client}");
        assert!(hears(&mut gateway, 5, &fill).said.is_empty(), "{client}: once");
    }
}

#[test]
fn what_is_told_again_and_has_been_overtaken_says_nothing() {
    let mut gateway = resting();
    hears(&mut gateway, 3, &report("F", "1", "E2", "H00-7", "14=200|32=200|31=249.50|"));
    let old = report("5", "0", "E0", "H00-7", "43=Y|14=100|38=150|");
    assert!(hears(&mut gateway, 4, &old).said.is_empty(), "it would close the order below what has traded");
    let fill = report("F", "1", "E1", "H00-7", "43=Y|14=50|32=50|31=249.50|");
    assert_eq!(hears(&mut gateway, 5, &fill).said.len(), 1, "a trade is always told");
}

#[test]
fn a_question_about_shares_that_was_not_answered_holds_nothing() {
    for refusal in ["728=1|", "728=3|", "728=4|", "728=99|", "728=0|729=2|"] {
        let mut gateway = live(true);
        let question = value(&asks(&mut gateway, 3, 41, &GatewayRequest::State)[0], 584);
        hears(&mut gateway, 4, &format!("35=8|37=NONE|17=0|150=I|39=8|584={question}|911=0|14=0|"));
        hears(&mut gateway, 5, &format!("35=BA|909={question}|901=1|"));
        let out = hears(&mut gateway, 6, &format!("35=AO|710={question}|727=0|{refusal}"));
        assert_eq!(statement(&out), None, "{refusal}");
        assert_eq!(gateway.stats().refused, 1, "{refusal}");
    }
}

proptest! {
    #[test]
    fn no_message_is_a_panic(
        kind in "8|9|AO|AP|BA|j|3|D|AE",
        fields in proptest::collection::vec(
            (prop_oneof![Just(11u32), Just(41), Just(150), Just(39), Just(37), Just(17), Just(38), Just(44), Just(14),
                Just(32), Just(31), Just(54), Just(584), Just(790), Just(911), Just(912), Just(434), Just(45),
                Just(379), Just(710), Just(727), Just(703), Just(704), Just(909), Just(901), 1u32..999],
             prop_oneof![Just("H00-7".to_owned()), Just("0".to_owned()), Just("I".to_owned()), Just("F".to_owned()),
                Just("Y".to_owned()), Just("9223372036854775807".to_owned()), ".{0,12}"]),
            0..24
        ),
        state in any::<bool>(),
    ) {
        let mut gateway = resting();
        if state {
            asks(&mut gateway, 1, 41, &GatewayRequest::State);
        }
        let mut message = FixMessage::new(&kind);
        fields.iter().for_each(|(tag, value)| message.push(*tag, value));
        let mut out = GatewayOut::default();
        gateway.heard(at(2), &message.to_string(), &mut out);
        gateway.tick(at(20_000), &mut out);
        // A message that was made here is read as it was made.
        let plain = message.fields().iter().all(|(tag, _)| *tag != 35);
        prop_assert!(!plain || FixMessage::parse(&message.to_string()) == Ok(message));
    }

    #[test]
    fn no_text_is_a_panic(text in "[0-9A-Z=\u{1}.|-]{0,80}") {
        let mut gateway = resting();
        gateway.heard(at(2), &text, &mut GatewayOut::default());
    }
}
