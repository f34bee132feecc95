//! Frames as text and back, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::market::{BrokerId, ContractNo, Price, Qty, Side, Symbol, Timestamp};

#[test]
fn frames_look_as_the_page_says() {
    for (text, frame) in [
        (r#"{"type":"hello","version":1,"token":"t"}"#, ClientFrame::Hello { version: 1, token: "t".into() }),
        (r#"{"type":"subscribe"}"#, ClientFrame::Subscribe {}),
        (
            r#"{"type":"new","client_id":"71","symbol":"SUNKN","side":"buy","qty":100,"limit":54500,"market":"board"}"#,
            ClientFrame::New {
                client_id: ClientId::new("71"),
                symbol: Symbol::new("SUNKN"),
                side: Side::Buy,
                qty: Qty::from_units(100),
                limit: Price::from_units(54_500),
                market: Market::Board,
            },
        ),
        (
            r#"{"type":"cancel_many","symbol":"SUNKN","side":null}"#,
            ClientFrame::CancelMany { symbol: Some(Symbol::new("SUNKN")), side: None },
        ),
    ] {
        assert_eq!(ClientFrame::parse(text).as_ref(), Ok(&frame));
        assert_eq!(frame.text(), text);
    }
    let said = |seq, what| Said { seq, at: Timestamp::from_ns(5), last: seq == 2, what };
    let frame = ServerFrame::Events {
        events: vec![
            said(
                1,
                MarketSaid::Trade {
                    symbol: Symbol::new("SUNKN"),
                    price: Price::from_units(54_500),
                    qty: Qty::from_units(10),
                    buyer: BrokerId(58),
                    seller: BrokerId(17),
                    contract: ContractNo(2_026_082_101_000_001),
                    auction: false,
                },
            ),
            said(2, MarketSaid::HaltEnd {}),
        ],
    };
    let text = r#"{"type":"events","events":[{"seq":1,"at":5,"kind":"trade","symbol":"SUNKN","price":54500,"qty":10,"buyer":58,"seller":17,"contract":2026082101000001},{"seq":2,"at":5,"last":true,"kind":"halt_end"}]}"#;
    assert_eq!(frame.text(), text);
    assert_eq!(ServerFrame::parse(text), Ok(frame));
    let reasons = vec![Reject::BelowBoardLot { qty: Qty::from_units(5), lot: Qty::from_units(10) }];
    let report = ServerFrame::Report {
        no: 3,
        at: Timestamp::from_ns(5),
        client_id: ClientId::new("71"),
        event: OrderEvent::Rejected { reasons },
    };
    let text = r#"{"type":"report","no":3,"at":5,"client_id":"71","event":"rejected","reasons":[{"code":"below_board_lot","qty":5,"lot":10}]}"#;
    assert_eq!(report.text(), text);
    assert_eq!(ServerFrame::parse(text), Ok(report));
}

#[test]
fn what_is_not_a_frame_is_refused_with_a_reason() {
    let long = format!(r#"{{"type":"hello","version":1,"token":"{}"}}"#, "x".repeat(5_000));
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"type":"buy"}"#,
        r#"{"type":"cancel"}"#,
        r#"{"type":"cancel","client_id":7}"#,
        r#"{"type":"ping","n":-1}"#,
        r#"{"type":"ping","n":1e3}"#,
        r#"{"type":"ping","n":99999999999999999999}"#,
        r#"{"type":"ping","n":1,"m":2}"#,
        r#"{"type":"ping","n":1} x"#,
        r#"{"type":"new","client_id":"1","symbol":"A","side":"up","qty":1,"limit":1}"#,
        r#"{"type":"new","client_id":"1","symbol":"A","side":"buy","qty":1.5,"limit":1}"#,
        &long,
    ] {
        assert!(ClientFrame::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_brings_a_reader_down(text in ".{0,200}", cut in 0_usize..120) {
        let _ = (ClientFrame::parse(&text), ServerFrame::parse(&text));
        let frame = r#"{"type":"new","client_id":"71","symbol":"SUNKN","side":"buy","qty":100,"limit":54500}"#;
        let broken: String = frame.chars().take(cut).chain(text.chars()).collect();
        let _ = ClientFrame::parse(&broken);
    }
}
