//! What must hold of the exchange.

mod priority;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::market::{
    AccountId, BookState, BrokerId, InstrumentId, InstrumentKind, MarketData, Money, Price, Qty, SessionDate,
    SessionPhase, Side, Timestamp,
};

const FIRST: InstrumentId = InstrumentId(0);
const SECOND: InstrumentId = InstrumentId(1);

fn date() -> SessionDate {
    SessionDate::new(2026, 8, 21).unwrap()
}

fn at(time: &str) -> Timestamp {
    Timestamp::nepal(date(), time.parse().unwrap()).unwrap()
}

/// Two securities at 500.00 and two members with a crore and 1,000 shares of each.
fn exchange(phase: SessionPhase) -> (Exchange, [MemberNo; 2]) {
    let listing = Listing {
        kind: InstrumentKind::Equity,
        previous_close: Price::from_units(50_000),
        shares: 1_000_000,
    };
    let mut exchange = Exchange::new(date(), at("11:00:00"), 260_000, &[listing, listing]).unwrap();
    let member = |account: &str, broker: u16| {
        Member::new(AccountId::new(account), BrokerId(broker), Money::from_rupees(10_000_000).unwrap())
            .holding(FIRST, Qty::from_units(1_000))
            .holding(SECOND, Qty::from_units(1_000))
    };
    let members = [exchange.admit(member("07", 58)), exchange.admit(member("08", 34))];
    exchange.enter_phase(phase, at("11:00:00"));
    (exchange, members)
}

fn entry(id: &str, side: Side, qty: i64, limit: i64) -> Entry {
    Entry {
        client_id: ClientId::new(id),
        instrument: FIRST,
        side,
        qty: Qty::from_units(qty),
        limit: Price::from_units(limit),
        market: Market::Board,
    }
}

/// What was reported since the last look, as short rows.
fn reports(exchange: &mut Exchange) -> Vec<String> {
    let mut out = Vec::new();
    while let Some(report) = exchange.report() {
        let what = match report.event {
            OrderEvent::Accepted { .. } => "accepted".to_owned(),
            OrderEvent::Rejected { reasons } => format!("rejected {}", codes(&reasons)),
            OrderEvent::Filled { qty, price, left, .. } => {
                format!("filled {} @ {} left {}", qty.units(), price.units(), left.units())
            }
            OrderEvent::Amended { kept_place, .. } => format!("amended, place kept: {kept_place}"),
            OrderEvent::AmendRejected { reasons } => format!("amend rejected {}", codes(&reasons)),
            OrderEvent::Cancelled { left, by, .. } => format!("cancelled {} by {by:?}", left.units()),
            OrderEvent::CancelRejected { reasons } => format!("cancel rejected {}", codes(&reasons)),
            OrderEvent::Expired { left, .. } => format!("expired {}", left.units()),
        };
        out.push(format!("{}:{} {what}", report.member.0, report.client_id));
    }
    out
}

fn codes(reasons: &[Reject]) -> String {
    let code = |r: &Reject| {
        let json = serde_json::to_value(r).unwrap();
        json["code"].as_str().unwrap().to_owned()
    };
    reasons.iter().map(code).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_order_lives_and_every_step_is_reported() {
    let (mut exchange, [a, b]) = exchange(SessionPhase::Continuous);
    let now = at("11:05:00");
    exchange.enter(a, entry("1", Side::Buy, 100, 50_000), now);
    exchange.enter(b, entry("1", Side::Sell, 40, 49_990), now);
    assert_eq!(
        reports(&mut exchange),
        ["0:1 accepted", "1:1 accepted", "0:1 filled 40 @ 50000 left 60", "1:1 filled 40 @ 50000 left 0"]
    );
    exchange.amend(
        a,
        &ClientId::new("1"),
        Amendment { qty: Qty::from_units(90), limit: Price::from_units(50_000) },
        now,
    );
    exchange.cancel(b, &ClientId::new("1"), now);
    exchange.cancel(b, &ClientId::new("2"), now);
    exchange.cancel(a, &ClientId::new("1"), now);
    exchange.cancel(a, &ClientId::new("1"), now);
    assert_eq!(
        reports(&mut exchange),
        [
            "0:1 amended, place kept: true",
            "1:1 cancel rejected not_open",
            "1:2 cancel rejected no_such_order",
            "0:1 cancelled 50 by Member",
            "0:1 cancel rejected not_open",
        ]
    );
    let buyer = exchange.member(a).unwrap();
    // 20,000.00 and 0.36 % commission, 0.015 % regulator, 25.00 depository.
    assert_eq!(buyer.charges, Money::from_paisa(7_200 + 300 + 2_500));
    assert_eq!(buyer.cash, Money::from_paisa(1_000_000_000 - 2_000_000 - 10_000));
    assert_eq!((buyer.reserved, buyer.holdings[&FIRST].qty().units()), (Money::ZERO, 1_040));
    let seller = exchange.member(b).unwrap();
    assert_eq!((seller.due, seller.holdings[&FIRST].settled.units()), (Money::from_paisa(1_990_000), 960));
    let record = exchange.order(a, &ClientId::new("1")).unwrap();
    assert_eq!((record.standing, record.filled.units()), (Standing::Cancelled, 40));
    assert_eq!(record.id.0 / 1_000_000, 2_026_082_101, "date and shard");
}

#[test]
fn a_reject_lists_every_reason_at_once() {
    let (mut exchange, [a, _]) = exchange(SessionPhase::Continuous);
    let now = at("11:05:00");
    let long = "x".repeat(37);
    for (order, want) in [
        (entry("a", Side::Buy, 5, 50_003), "below_board_lot off_tick"),
        (
            entry("b", Side::Buy, 100_010, 60_000),
            "qty_above_max outside_daily_band outside_order_band collateral_short",
        ),
        (entry("c", Side::Sell, 1_010, 52_000), "outside_order_band shares_not_free"),
        (entry("d", Side::Buy, 0, 50_000), "qty_not_positive"),
        (entry("e", Side::Buy, -10, 50_000), "qty_not_positive"),
        (entry("", Side::Buy, 10, 50_000), "bad_client_id"),
        (entry(&long, Side::Buy, 10, 50_000), "bad_client_id"),
        (Entry { instrument: InstrumentId(9), ..entry("f", Side::Buy, 10, 50_000) }, "no_such_security"),
        (Entry { market: Market::Odd, ..entry("g", Side::Buy, 10, 50_000) }, "not_an_odd_lot"),
        (
            entry("h", Side::Buy, 100_000, i64::MAX / 10 * 10),
            "outside_daily_band outside_order_band collateral_short",
        ),
    ] {
        let id = order.client_id.clone();
        exchange.enter(a, order, now);
        assert_eq!(reports(&mut exchange), [format!("0:{id} rejected {want}")]);
    }
    assert_eq!(exchange.orders(a).count(), 0);
    for (phase, want) in [
        (SessionPhase::Closed, "market_closed"),
        (SessionPhase::PreOpenMatch, "market_closed"),
        (SessionPhase::Ended, "market_closed"),
    ] {
        exchange.enter_phase(phase, now);
        exchange.enter(a, entry("z", Side::Buy, 10, 50_000), now);
        assert_eq!(reports(&mut exchange), [format!("0:z rejected {want}")]);
    }
}

#[test]
fn a_client_id_is_taken_once() {
    let (mut exchange, [a, b]) = exchange(SessionPhase::Continuous);
    let now = at("11:05:00");
    exchange.enter(a, entry("7", Side::Buy, 10, 50_000), now);
    exchange.enter(a, entry("7", Side::Buy, 10, 50_000), now);
    exchange.enter(b, entry("7", Side::Buy, 10, 50_000), now);
    assert_eq!(
        reports(&mut exchange),
        ["0:7 accepted", "0:7 rejected duplicate_client_id", "1:7 accepted"],
        "the ids of two members do not meet"
    );
    assert_eq!(exchange.orders(a).count(), 1);
}

#[test]
fn what_an_open_order_holds_cannot_be_used_twice() {
    let (mut exchange, [a, _]) = exchange(SessionPhase::Continuous);
    let now = at("11:05:00");
    exchange.enter(a, entry("1", Side::Sell, 900, 50_500), now);
    exchange.enter(a, entry("2", Side::Sell, 110, 50_500), now);
    exchange.enter(a, entry("3", Side::Buy, 15_000, 50_000), now);
    exchange.enter(a, entry("4", Side::Buy, 6_000, 49_900), now);
    assert_eq!(
        reports(&mut exchange),
        ["0:1 accepted", "0:2 rejected shares_not_free", "0:3 accepted", "0:4 rejected collateral_short"]
    );
    // Changing an order may use what the order itself holds.
    let to = |qty: i64, limit: i64| Amendment { qty: Qty::from_units(qty), limit: Price::from_units(limit) };
    exchange.amend(a, &ClientId::new("1"), to(1_000, 50_400), now);
    exchange.amend(a, &ClientId::new("1"), to(1_010, 50_400), now);
    exchange.amend(a, &ClientId::new("3"), to(20_000, 50_000), now);
    exchange.amend(a, &ClientId::new("3"), to(20_010, 50_000), now);
    assert_eq!(exchange.cancel_many(a, Some((FIRST, Some(Side::Sell))), now), 1);
    assert_eq!(exchange.cancel_many(a, None, now), 1);
    assert_eq!(exchange.cancel_many(a, None, now), 0);
    assert_eq!(
        reports(&mut exchange),
        [
            "0:1 amended, place kept: false",
            "0:1 amend rejected shares_not_free",
            "0:3 amended, place kept: false",
            "0:3 amend rejected collateral_short",
            "0:1 cancelled 1000 by Member",
            "0:3 cancelled 20000 by Member",
        ]
    );
    let member = exchange.member(a).unwrap();
    assert_eq!((member.reserved, member.free_shares(FIRST).units()), (Money::ZERO, 1_000));
}

#[test]
fn the_auction_is_one_price_and_purges_what_is_left() {
    let (mut exchange, [a, b]) = exchange(SessionPhase::PreOpen);
    let now = at("10:40:00");
    exchange.enter(a, entry("1", Side::Buy, 100, 51_000), now);
    exchange.enter(b, entry("1", Side::Sell, 60, 49_000), now);
    exchange.enter(a, entry("2", Side::Buy, 10, 53_000), now);
    assert_eq!(reports(&mut exchange), ["0:1 accepted", "1:1 accepted", "0:2 rejected outside_order_band"]);
    exchange.enter_phase(SessionPhase::PreOpenMatch, at("10:45:00"));
    exchange.match_auction(at("10:46:00"));
    assert_eq!(
        reports(&mut exchange),
        ["0:1 filled 60 @ 49000 left 40", "1:1 filled 60 @ 49000 left 0", "0:1 cancelled 40 by Exchange"]
    );
    assert_eq!(exchange.member(a).unwrap().reserved, Money::ZERO);
}

#[test]
fn an_odd_lot_makes_no_price() {
    let (mut exchange, [a, b]) = exchange(SessionPhase::Continuous);
    let now = at("11:05:00");
    let odd = |id: &str, side, qty| Entry { market: Market::Odd, ..entry(id, side, qty, 50_500) };
    exchange.enter(a, odd("1", Side::Buy, 7), now);
    exchange.enter(b, odd("1", Side::Sell, 9), now);
    assert_eq!(
        reports(&mut exchange),
        ["0:1 accepted", "1:1 accepted", "0:1 filled 7 @ 50500 left 0", "1:1 filled 7 @ 50500 left 2"]
    );
    let security = exchange.security(FIRST).unwrap();
    assert_eq!((security.last(), security.book().levels().depth(Side::Sell)), (None, 0));
    exchange.enter_phase(SessionPhase::Ended, at("15:00:00"));
    assert_eq!(reports(&mut exchange), ["1:1 expired 2"]);
}

#[test]
fn the_entry_band_moves_with_every_trade_and_a_halt_stops_entry_but_not_cancels() {
    let (mut exchange, [a, b]) = exchange(SessionPhase::Continuous);
    let trade = |exchange: &mut Exchange, n: usize, instrument, limit| {
        let order = |side, who: &str| Entry { instrument, ..entry(&format!("{who}{n}"), side, 10, limit) };
        exchange.enter(b, order(Side::Sell, "s"), at("11:05:00"));
        exchange.enter(a, order(Side::Buy, "b"), at("11:05:00"));
        reports(exchange)
    };
    exchange.enter(a, entry("rest", Side::Buy, 10, 49_000), at("11:04:00"));
    assert_eq!(trade(&mut exchange, 0, FIRST, 51_500).len(), 5, "within 3 % of the close");
    assert_eq!(trade(&mut exchange, 1, FIRST, 53_000).len(), 4, "within 3 % of the last trade");
    assert_eq!(
        trade(&mut exchange, 2, SECOND, 51_500).len(),
        4,
        "the index is up 4.5 %: a halt of 20 minutes"
    );
    assert_eq!(exchange.stopped(), Some(Some(at("11:25:00"))));
    exchange.enter(a, entry("late", Side::Buy, 10, 53_000), at("11:06:00"));
    exchange.cancel(a, &ClientId::new("rest"), at("11:06:00"));
    assert_eq!(reports(&mut exchange), ["0:late rejected halted", "0:rest cancelled 10 by Member"]);
    assert!(exchange.resume(at("11:25:00")));
    assert!(!exchange.resume(at("11:25:00")));
    exchange.enter(a, entry("later", Side::Buy, 10, 53_000), at("11:26:00"));
    assert_eq!(reports(&mut exchange), ["0:later accepted"]);
}

/// One thing a member does.
#[derive(Clone, Debug)]
enum Act {
    Enter { member: bool, second: bool, buy: bool, qty: i64, ticks: i64, odd: bool },
    Cancel { order: usize },
    Amend { order: usize, qty: i64, ticks: i64 },
    CancelAll { member: bool },
}

fn act() -> impl Strategy<Value = Act> {
    let flag = any::<bool>;
    prop_oneof![
        8 => (flag(), flag(), flag(), -5_i64..700, -180_i64..180, prop::bool::weighted(0.1))
            .prop_map(|(member, second, buy, qty, ticks, odd)| Act::Enter { member, second, buy, qty, ticks, odd }),
        2 => (0_usize..40).prop_map(|order| Act::Cancel { order }),
        2 => (0_usize..40, -5_i64..700, -180_i64..180)
            .prop_map(|(order, qty, ticks)| Act::Amend { order, qty, ticks }),
        1 => flag().prop_map(|member| Act::CancelAll { member }),
    ]
}

proptest! {
    /// Shares and cash are conserved, what is held back is exactly what open orders need, everything trades
    /// inside the bands of its moment, and the book is never crossed.
    #[test]
    fn nothing_is_made_and_nothing_lost(acts in prop::collection::vec(act(), 1..150), auction in any::<bool>()) {
        let phase = if auction { SessionPhase::PreOpen } else { SessionPhase::Continuous };
        let (mut exchange, members) = exchange(phase);
        let now = at("11:05:00");
        let price = |ticks: i64| Price::from_units(50_000 + ticks * 10);
        let mut entered: Vec<(MemberNo, ClientId)> = Vec::new();
        let middle = acts.len() / 2;
        for (i, act) in acts.into_iter().enumerate() {
            if auction && i == middle {
                exchange.enter_phase(SessionPhase::PreOpenMatch, now);
                exchange.match_auction(now);
                exchange.enter_phase(SessionPhase::Continuous, now);
            }
            let who = |member: bool| members[usize::from(member)];
            match act {
                Act::Enter { member, second, buy, qty, ticks, odd } => {
                    let client_id = ClientId::new(&i.to_string());
                    entered.push((who(member), client_id.clone()));
                    let instrument = if second { SECOND } else { FIRST };
                    let (qty, market) = if odd { (qty % 10, Market::Odd) } else { (qty, Market::Board) };
                    let side = if buy { Side::Buy } else { Side::Sell };
                    let entry = Entry { client_id, instrument, side, qty: Qty::from_units(qty), limit: price(ticks), market };
                    exchange.enter(who(member), entry, now);
                }
                Act::Cancel { order } => {
                    if let Some((member, id)) = entered.get(order) {
                        exchange.cancel(*member, id, now);
                    }
                }
                Act::Amend { order, qty, ticks } => {
                    if let Some((member, id)) = entered.get(order) {
                        exchange.amend(*member, id, Amendment { qty: Qty::from_units(qty), limit: price(ticks) }, now);
                    }
                }
                Act::CancelAll { member } => {
                    exchange.cancel_many(who(member), None, now);
                }
            }
            check(&mut exchange, &members);
        }
    }
}

fn check(exchange: &mut Exchange, members: &[MemberNo; 2]) {
    let mut left_of = BTreeMap::new();
    while let Some(report) = exchange.report() {
        if let OrderEvent::Filled { qty, filled, left, .. } = report.event {
            assert!(qty.is_positive() && !left.units().is_negative());
            left_of.insert((report.member, report.client_id), (filled, left));
        }
    }
    for ((member, id), (filled, _)) in left_of {
        assert!(exchange.order(member, &id).unwrap().filled >= filled);
    }
    while let Some(event) = exchange.heard() {
        if let MarketData::Trade(print) = event.data {
            let band = exchange.security(event.instrument).unwrap().daily_band();
            assert!(band.contains(print.price) && print.qty.is_positive());
        }
    }
    for id in [FIRST, SECOND] {
        let held: i64 =
            members.iter().map(|m| exchange.member(*m).unwrap().holdings[&id].qty().units()).sum();
        assert_eq!(held + exchange.crowd().shares.get(&id).copied().unwrap_or(0), 2_000, "shares");
        let state = exchange.security(id).unwrap().book().levels().state();
        let crossed = matches!(state, BookState::Crossed | BookState::Locked);
        assert!(!crossed || exchange.phase() == SessionPhase::PreOpen);
    }
    let cash: i128 = members
        .iter()
        .map(|m| exchange.member(*m).unwrap())
        .map(|m| i128::from(m.cash.paisa()) + i128::from(m.due.paisa()) + i128::from(m.charges.paisa()))
        .sum();
    assert_eq!(cash + exchange.crowd().paisa, 2_000_000_000, "cash");
    for no in members {
        let member = exchange.member(*no).unwrap();
        let open = |side| exchange.orders(*no).filter(move |r| r.entry.side == side && r.standing.is_open());
        let reserved: i64 = open(Side::Buy).map(|r| r.left().units() * r.entry.limit.units()).sum();
        assert_eq!(member.reserved.paisa(), reserved, "held back for buys");
        for (id, holding) in &member.holdings {
            let on_sale: i64 =
                open(Side::Sell).filter(|r| r.entry.instrument == *id).map(|r| r.left().units()).sum();
            assert_eq!(holding.on_sale.units(), on_sale, "held back for sells");
            assert!(holding.on_sale <= holding.settled);
        }
        for record in exchange.orders(*no) {
            assert!(record.filled <= record.entry.qty);
            assert_eq!(exchange.ahead(record).is_some(), record.standing.is_open(), "{record:?}");
        }
    }
}
