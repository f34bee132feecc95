//! Price first, then time, through entries, amendments and cancels of members: against the slow way of saying it.

use super::*;

/// An order that rests, as the rules see it.
#[derive(Clone, Debug)]
struct Waiting {
    owner: (MemberNo, ClientId),
    instrument: InstrumentId,
    side: Side,
    limit: i64,
    qty: i64,
    filled: i64,
    arrival: usize,
}

/// A trade: price, shares, whose buy, whose sell.
type Traded = (i64, i64, (MemberNo, ClientId), (MemberNo, ClientId));

/// Everything that rests, in no order but that of arrival, and the last price of each security.
#[derive(Default)]
struct Slow {
    waiting: Vec<Waiting>,
    last: BTreeMap<InstrumentId, i64>,
    arrivals: usize,
}

impl Slow {
    fn place_of(&self, owner: &(MemberNo, ClientId)) -> usize {
        self.waiting.iter().position(|w| w.owner == *owner).expect("only what rests is amended or cancelled")
    }

    /// An order comes in and trades with the best price, the earliest first; what is left waits.
    fn arrives(&mut self, mut order: Waiting) -> Vec<Traded> {
        let mut traded = Vec::new();
        self.arrivals += 1;
        order.arrival = self.arrivals;
        while order.qty > order.filled {
            let buys = order.side == Side::Buy;
            let reached = |w: &&mut Waiting| {
                w.instrument == order.instrument
                    && w.side != order.side
                    && if buys { w.limit <= order.limit } else { w.limit >= order.limit }
            };
            let rank = |w: &&mut Waiting| (if buys { w.limit } else { -w.limit }, w.arrival);
            let Some(first) = self.waiting.iter_mut().filter(reached).min_by_key(rank) else { break };
            let qty = (order.qty - order.filled).min(first.qty - first.filled);
            (order.filled, first.filled) = (order.filled + qty, first.filled + qty);
            let (mine, theirs) = (order.owner.clone(), first.owner.clone());
            let (buyer, seller) = if buys { (mine, theirs) } else { (theirs, mine) };
            traded.push((first.limit, qty, buyer, seller));
            if qty >= 10 {
                self.last.insert(order.instrument, first.limit);
            }
            self.waiting.retain(|w| w.qty > w.filled);
        }
        if order.qty > order.filled {
            self.waiting.push(order);
        }
        traded
    }

    /// Three per cent around the last trade of a board lot or more, else around the close before.
    fn inside(&self, instrument: InstrumentId, limit: i64) -> bool {
        let last = self.last.get(&instrument).copied().unwrap_or(50_000);
        (last * 97..=last * 103).contains(&(limit * 100))
    }
}

proptest! {
    /// Every order trades with whom it should, in the order in which it should; a place in the queue is kept by
    /// fewer shares and by nothing else; an order is taken only inside the band of its moment.
    #[test]
    fn the_best_price_trades_first_and_then_who_came_first(acts in prop::collection::vec(act(), 1..150)) {
        let (mut exchange, members) = exchange(SessionPhase::Continuous);
        let now = at("11:05:00");
        let mut slow = Slow::default();
        let mut entered: Vec<(MemberNo, ClientId)> = Vec::new();
        for (i, act) in acts.into_iter().enumerate() {
            let who = |member: bool| members[usize::from(member)];
            let mut expected = Vec::new();
            match act {
                // The other book has a property of its own.
                Act::Enter { odd: true, .. } => continue,
                Act::Enter { member, second, buy, qty, ticks, .. } => {
                    let owner = (who(member), ClientId::new(&i.to_string()));
                    entered.push(owner.clone());
                    let instrument = if second { SECOND } else { FIRST };
                    let side = if buy { Side::Buy } else { Side::Sell };
                    let limit = 50_000 + ticks * 10;
                    let entry = Entry { instrument, ..entry(&owner.1.0, side, qty, limit) };
                    exchange.enter(owner.0, entry, now);
                    let inside = slow.inside(instrument, limit);
                    match exchange.report().unwrap().event {
                        OrderEvent::Accepted { .. } => {
                            prop_assert!(inside, "{limit} after {:?}", slow.last);
                            let order = Waiting { owner, instrument, side, limit, qty, filled: 0, arrival: 0 };
                            expected = slow.arrives(order);
                        }
                        OrderEvent::Rejected { reasons } => {
                            let outside = reasons.iter().any(|r| matches!(r, Reject::OutsideOrderBand { .. }));
                            prop_assert_eq!(outside, !inside, "{} after {:?}", limit, slow.last);
                        }
                        other => prop_assert!(false, "{other:?}"),
                    }
                }
                Act::Cancel { order } => {
                    let Some(owner) = entered.get(order) else { continue };
                    exchange.cancel(owner.0, &owner.1, now);
                    if let OrderEvent::Cancelled { left, .. } = exchange.report().unwrap().event {
                        let gone = slow.waiting.remove(slow.place_of(owner));
                        prop_assert_eq!(left.units(), gone.qty - gone.filled);
                    }
                }
                Act::Amend { order, qty, ticks } => {
                    let Some(owner) = entered.get(order) else { continue };
                    let limit = 50_000 + ticks * 10;
                    let to = Amendment { qty: Qty::from_units(qty), limit: Price::from_units(limit) };
                    exchange.amend(owner.0, &owner.1, to, now);
                    if let OrderEvent::Amended { kept_place, .. } = exchange.report().unwrap().event {
                        let place = slow.place_of(owner);
                        let was = slow.waiting[place].clone();
                        prop_assert!(slow.inside(was.instrument, limit));
                        prop_assert_eq!(kept_place, limit == was.limit && was.filled < qty && qty <= was.qty);
                        if kept_place {
                            slow.waiting[place].qty = qty;
                        } else {
                            slow.waiting.remove(place);
                            expected = slow.arrives(Waiting { qty, limit, ..was });
                        }
                    }
                }
                Act::CancelAll { member } => {
                    exchange.cancel_many(who(member), None, now);
                    slow.waiting.retain(|w| w.owner.0 != who(member));
                }
            }
            let mut fills = Vec::new();
            while let Some(report) = exchange.report() {
                if let OrderEvent::Filled { execution, qty, price, .. } = report.event {
                    fills.push((execution, price.units(), qty.units(), (report.member, report.client_id)));
                }
            }
            let traded: Vec<Traded> = fills
                .chunks(2)
                .map(|pair| {
                    assert_eq!(pair[0].0, pair[1].0, "a trade is told to both");
                    (pair[0].1, pair[0].2, pair[0].3.clone(), pair[1].3.clone())
                })
                .collect();
            prop_assert_eq!(traded, expected);
            let open = members.iter().flat_map(|m| exchange.orders(*m)).filter(|r| r.standing.is_open());
            prop_assert_eq!(open.count(), slow.waiting.len());
            for w in &slow.waiting {
                let before = slow.waiting.iter().filter(|o| {
                    (o.instrument, o.side, o.limit) == (w.instrument, w.side, w.limit) && o.arrival < w.arrival
                });
                let before: i64 = before.map(|o| o.qty - o.filled).sum();
                let record = exchange.order(w.owner.0, &w.owner.1).unwrap();
                prop_assert_eq!(exchange.ahead(record).map(Qty::units), Some(before), "{:?}", w);
            }
        }
    }
}
