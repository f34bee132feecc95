//! A gateway that is a person: each request is a slip, which somebody keys into the broker's portal.
//!
//! It has no line that could be lost and nobody on the other side that could be asked. An order is unknown from the
//! moment its slip is written until a person says what became of it; a change is under way for as long. One order has
//! one slip at a time, and what is asked twice is written once.

use std::collections::{BTreeMap, BTreeSet};

use super::session::{GatewayOut, GatewaySaid, GatewaySession, GatewayStats};
use crate::engine::State;
use crate::execution::{ClientOrderId, ExecutionReport, GatewayRequest, LineState, OrderState, ReportKind};
use crate::market::Timestamp;

/// See the module.
#[derive(Debug, Default)]
pub struct ManualGateway {
    /// The slip of each order that waits for a person's word.
    slips: BTreeMap<ClientOrderId, GatewayRequest>,
    /// Orders that have had a slip to be entered by: none gets a second one.
    entered: BTreeSet<ClientOrderId>,
    /// Orders of before this process that nobody has been asked about since.
    lost: Vec<ClientOrderId>,
    stats: GatewayStats,
}

impl ManualGateway {
    /// The gateway of a session as its engine stands: at its beginning, or taken up again. Whether a person acted on
    /// the slips of before is not known, nor what the broker did meanwhile.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let left = || state.orders().values().filter(|o| o.state.has_left());
        let lost = left().filter(|o| o.state.is_open() && o.state != OrderState::Unknown);
        Self {
            slips: BTreeMap::new(),
            entered: left().map(|o| o.id).collect(),
            lost: lost.map(|o| o.id).collect(),
            stats: GatewayStats::default(),
        }
    }

    /// Puts away the slips that have been answered.
    pub fn file(&mut self, state: &State) {
        self.slips.retain(|id, _| state.orders().get(id).is_some_and(|order| order.is_unanswered()));
    }

    /// How many slips written by this process wait for a person's word.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.slips.len()
    }

    fn say(&mut self, id: ClientOrderId, kind: ReportKind, out: &mut GatewayOut) {
        self.stats.reports += 1;
        // They are made here and cannot be missing, so that they need no number.
        out.said.push(GatewaySaid::Report(ExecutionReport { no: 0, id, kind }));
    }
}

impl GatewaySession for ManualGateway {
    /// Every open order of before is unknown, once.
    fn opened(&mut self, _: Timestamp, out: &mut GatewayOut) {
        for id in std::mem::take(&mut self.lost) {
            self.say(id, ReportKind::Unknown, out);
        }
    }

    /// Nobody speaks on this line.
    fn heard(&mut self, _: Timestamp, _: &str, _: &mut GatewayOut) {
        self.stats.refused += 1;
    }

    fn lost(&mut self, _: Timestamp, _: &mut GatewayOut) {}

    fn tick(&mut self, _: Timestamp, _: &mut GatewayOut) {}

    fn request(&mut self, now: Timestamp, request: &GatewayRequest, out: &mut GatewayOut) {
        // There is nobody to ask.
        let (GatewayRequest::New { id, .. }
        | GatewayRequest::Amend { id, .. }
        | GatewayRequest::Cancel { id }) = request
        else {
            return;
        };
        let enters = matches!(request, GatewayRequest::New { .. });
        if (enters && !self.entered.insert(*id)) || self.slips.get(id) == Some(request) {
            self.stats.duplicates += 1;
            return;
        }
        self.slips.insert(*id, request.clone());
        self.stats.heard_at = Some(now);
        self.say(*id, ReportKind::Received, out);
        if enters {
            self.say(*id, ReportKind::Unknown, out);
        }
    }

    fn state(&self) -> LineState {
        LineState::Live
    }

    fn stats(&self) -> &GatewayStats {
        &self.stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::NewOrder;
    use crate::market::{AccountId, InstrumentId, Price, Qty, Side};

    const ID: ClientOrderId = ClientOrderId(7);

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
        GatewayRequest::Amend { id: ID, qty: Qty::from_units(qty), limit: Price::from_units(24_950) }
    }

    fn asked(gateway: &mut ManualGateway, request: &GatewayRequest) -> Vec<ReportKind> {
        let mut out = GatewayOut::default();
        gateway.request(Timestamp::from_ns(1), request, &mut out);
        assert!(out.send.is_empty() && out.close.is_none(), "nothing goes over a line");
        let kind = |said| match said {
            GatewaySaid::Report(report) => {
                assert_eq!((report.no, report.id), (0, ID));
                report.kind
            }
            GatewaySaid::Statement(_) => panic!("nobody states anything here"),
        };
        out.said.into_iter().map(kind).collect()
    }

    #[test]
    fn one_slip_for_one_request() {
        use ReportKind::{Received, Unknown};
        let mut gateway = ManualGateway::default();
        for (request, want) in [
            (new(), vec![Received, Unknown]),
            (new(), vec![]),
            (amend(400), vec![Received]),
            (amend(400), vec![]),
            // An order has been entered once, whatever its slip says now.
            (new(), vec![]),
            (amend(300), vec![Received]),
            (GatewayRequest::Cancel { id: ID }, vec![Received]),
            (GatewayRequest::Cancel { id: ID }, vec![]),
            (GatewayRequest::Query { id: ID }, vec![]),
            (GatewayRequest::State, vec![]),
        ] {
            assert_eq!(asked(&mut gateway, &request), want, "{request:?}");
            assert_eq!(gateway.waiting(), 1, "one order, one slip");
        }
        assert_eq!((gateway.stats().duplicates, gateway.stats().reports), (4, 5));
    }

    #[test]
    fn a_change_that_was_answered_may_be_asked_for_again() {
        let mut gateway = ManualGateway::default();
        assert_eq!(asked(&mut gateway, &amend(400)), vec![ReportKind::Received]);
        // The engine knows nothing of it any more.
        gateway.file(&State::new(std::sync::Arc::default()).unwrap());
        assert_eq!(gateway.waiting(), 0);
        assert_eq!(asked(&mut gateway, &amend(400)), vec![ReportKind::Received]);
    }
}
