//! The paper gateway: orders filled by what the market showed (X18).
//!
//! With depth, an order that crosses walks the shown book, and a resting one waits behind what
//! was shown at its price; shown shares are taken once. Without depth the queue is not known, so
//! an order fills only when the market trades through its limit. Nothing fills at a price that did not
//! trade unless the book shows it; passive fills take at most a tenth of a bar's volume; a
//! quarantined print fills nothing. Charges are the engine's business, and modelled slippage is never
//! added to a price.
//!
//! It is a pure function of the inputs: the same day with the same commands gives the same fills, at any speed.

mod matching;
mod resting;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use self::matching::Taken;
use self::resting::Resting;
use super::Gateway;
use crate::engine::{Event, Input, State};
use crate::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, GatewayRequest, NewOrder, QueueAhead, RejectReason,
    ReportKind, VenueOrderId,
};
use crate::market::time::NS_PER_S;
use crate::market::{
    EventFlags, InstrumentId, MarketData, MarketEvent, Price, Qty, SessionPhase, Timestamp, TradePrint,
};
use crate::model::anomaly::Action;

/// How the paper gateway behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaperParams {
    /// From a request to its arrival at the market.
    pub latency_ns: i64,
    /// Passive fills take at most one part in this many of a bar's volume.
    pub participation_denominator: i64,
}

impl Default for PaperParams {
    fn default() -> Self {
        Self { latency_ns: NS_PER_S / 20, participation_denominator: 10 }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct PaperGateway {
    params: PaperParams,
    /// Taken over and not said so yet.
    received: Vec<ClientOrderId>,
    inbox: VecDeque<(Timestamp, GatewayRequest)>,
    resting: BTreeMap<ClientOrderId, Resting>,
    taken: Taken,
    /// Passive fills by instrument: the bar they were in, and how many shares.
    in_bar: BTreeMap<InstrumentId, (u32, i64)>,
    venue_ids: u64,
    executions: u64,
    phase: SessionPhase,
}

impl PaperGateway {
    /// A gateway with no orders.
    #[must_use]
    pub fn new(params: PaperParams) -> Self {
        Self {
            params,
            received: Vec::new(),
            inbox: VecDeque::new(),
            resting: BTreeMap::new(),
            taken: Taken::default(),
            in_bar: BTreeMap::new(),
            venue_ids: 0,
            executions: 0,
            phase: SessionPhase::Closed,
        }
    }

    /// Requests that have arrived are done in the order in which they were made.
    fn arrivals(&mut self, state: &State, out: &mut Vec<ExecutionReport>) {
        while self.inbox.front().is_some_and(|(due, _)| *due <= state.now()) {
            let Some((_, request)) = self.inbox.pop_front() else { return };
            match request {
                GatewayRequest::New { id, order } => self.enter(state, id, order, out),
                GatewayRequest::Amend { id, qty, limit } => self.amend(state, id, (qty, limit), out),
                GatewayRequest::Cancel { id } => {
                    let kind = match self.resting.remove(&id) {
                        Some(_) => ReportKind::Cancelled,
                        None => ReportKind::CancelRejected(RejectReason::NoSuchOrder),
                    };
                    out.push(ExecutionReport { no: 0, id, kind });
                }
                GatewayRequest::Query { id } => {
                    let kind = match self.resting.get(&id) {
                        Some(resting) => ReportKind::Standing(resting.standing()),
                        None => ReportKind::NotTaken,
                    };
                    out.push(ExecutionReport { no: 0, id, kind });
                }
                // It lives inside: the engine's books are its books, and there is nothing to compare.
                GatewayRequest::State => {}
            }
        }
    }

    fn enter(&mut self, state: &State, id: ClientOrderId, order: NewOrder, out: &mut Vec<ExecutionReport>) {
        if let Err(reason) = may_enter(state, &order) {
            out.push(ExecutionReport { no: 0, id, kind: ReportKind::Rejected(reason) });
            return;
        }
        self.venue_ids += 1;
        let queue_ahead = shown_ahead(state, &order);
        let venue_id = VenueOrderId(format!("PV{}", self.venue_ids).into());
        let kind = ReportKind::Accepted { venue_id: venue_id.clone(), queue_ahead };
        out.push(ExecutionReport { no: 0, id, kind });
        self.resting.insert(id, Resting::new(venue_id, order, queue_ahead));
        self.walk_book(state, id, out);
    }

    fn amend(
        &mut self,
        state: &State,
        id: ClientOrderId,
        (qty, limit): (Qty, Price),
        out: &mut Vec<ExecutionReport>,
    ) {
        let Some(resting) = self.resting.get(&id) else {
            out.push(ExecutionReport {
                no: 0,
                id,
                kind: ReportKind::AmendRejected(RejectReason::NoSuchOrder),
            });
            return;
        };
        let wanted = NewOrder { qty, limit, ..resting.order.clone() };
        if let Err(reason) = may_enter(state, &wanted) {
            out.push(ExecutionReport { no: 0, id, kind: ReportKind::AmendRejected(reason) });
            return;
        }
        // Fewer shares at the same price keep their place; anything else goes to the end.
        let keeps_place = limit == resting.order.limit && qty <= resting.order.qty;
        let queue_ahead = if keeps_place { resting.queue_ahead } else { shown_ahead(state, &wanted) };
        let (filled, venue_id) = (resting.filled, resting.venue_id.clone());
        out.push(ExecutionReport {
            no: 0,
            id,
            kind: ReportKind::Amended { qty: qty.max(filled), limit, queue_ahead },
        });
        if qty <= filled {
            self.resting.remove(&id);
        } else {
            self.resting.insert(id, Resting { filled, ..Resting::new(venue_id, wanted, queue_ahead) });
            self.walk_book(state, id, out);
        }
    }

    /// Takes what the book shows at the limit or better.
    fn walk_book(&mut self, state: &State, id: ClientOrderId, out: &mut Vec<ExecutionReport>) {
        if !state.session().is_trading() {
            return;
        }
        let Some(resting) = self.resting.get(&id) else { return };
        let fills = self.taken.walk(state, &resting.order, resting.left());
        for (qty, price) in fills {
            self.fill(id, qty, price, out);
        }
    }

    fn fill(&mut self, id: ClientOrderId, qty: Qty, price: Price, out: &mut Vec<ExecutionReport>) {
        let Some(resting) = self.resting.get_mut(&id) else { return };
        self.executions += 1;
        let execution = ExecutionId(format!("PX{}", self.executions).into());
        resting.filled = resting.filled.saturating_add(qty);
        out.push(ExecutionReport { no: 0, id, kind: ReportKind::Filled { execution, qty, price } });
        if resting.left().is_zero() {
            self.resting.remove(&id);
        }
    }

    fn on_market(&mut self, state: &State, event: &MarketEvent, out: &mut Vec<ExecutionReport>) {
        match &event.data {
            MarketData::Trade(print) => self.on_print(state, event, print, out),
            MarketData::Level(level) | MarketData::Snapshot(level) => {
                self.taken.shown_anew(event.instrument, level.side, level.price);
                if let Some(shown) = state.instrument(event.instrument) {
                    let shown = shown.shown_at(level.side, level.price).unwrap_or_default();
                    self.queues_shrink(event.instrument, level.side, level.price, shown, out);
                }
                if event.flags.has(EventFlags::LAST) {
                    self.cross_again(state, event.instrument, out);
                }
            }
            MarketData::Clear(_) => self.taken.forget(event.instrument),
            _ => {}
        }
    }

    /// A resting order at a level cannot have more shares ahead of it than the level shows.
    fn queues_shrink(
        &mut self,
        instrument: InstrumentId,
        side: crate::market::Side,
        price: Price,
        shown: Qty,
        out: &mut Vec<ExecutionReport>,
    ) {
        let at_level =
            |r: &Resting| (r.order.instrument, r.order.side, r.order.limit) == (instrument, side, price);
        for (id, resting) in self.resting.iter_mut().filter(|(_, r)| at_level(r)) {
            if let Some(queue) = resting.cap_queue(shown) {
                out.push(ExecutionReport { no: 0, id: *id, kind: ReportKind::Queue(queue) });
            }
        }
    }

    /// Resting orders that a changed book now crosses.
    fn cross_again(&mut self, state: &State, instrument: InstrumentId, out: &mut Vec<ExecutionReport>) {
        let ids: Vec<_> = self
            .resting
            .iter()
            .filter(|(_, r)| r.order.instrument == instrument)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.walk_book(state, id, out);
        }
    }

    fn on_print(
        &mut self,
        state: &State,
        event: &MarketEvent,
        print: &TradePrint,
        out: &mut Vec<ExecutionReport>,
    ) {
        let id = event.instrument;
        let Some(instrument) = state.instrument(id) else { return };
        let believed = instrument.tape.back().is_some_and(|row| row.action <= Action::FlagAndUse);
        let auction = event.flags.has(EventFlags::AUCTION);
        if !believed || !(state.session().is_trading() || auction) {
            return;
        }
        let has_depth = instrument.book.is_some();
        let volume = if auction { print.qty } else { instrument.bar.volume };
        let mut budget = self.budget(id, instrument.bar.index, volume);
        let orders: Vec<_> =
            self.resting.iter().filter(|(_, r)| r.order.instrument == id).map(|(id, _)| *id).collect();
        for order in orders {
            let Some(resting) = self.resting.get_mut(&order) else { continue };
            let before = resting.queue_ahead;
            let reached = resting.reached_by(print.price, print.qty, has_depth);
            let queue = resting.queue_ahead.filter(|q| Some(*q) != before);
            let qty = reached.units().min(budget);
            if qty > 0 {
                budget -= qty;
                self.in_bar.entry(id).or_default().1 += qty;
                self.fill(order, Qty::from_units(qty), print.price, out);
            } else if let Some(queue) = queue {
                out.push(ExecutionReport { no: 0, id: order, kind: ReportKind::Queue(queue) });
            }
        }
    }

    /// Shares that passive fills may still take in this bar.
    fn budget(&mut self, id: InstrumentId, bar: u32, volume: Qty) -> i64 {
        let used = self.in_bar.entry(id).or_default();
        if used.0 != bar {
            *used = (bar, 0);
        }
        (volume.units() / self.params.participation_denominator.max(1) - used.1).max(0)
    }

    /// What a new phase does: orders of the auction do not go on into continuous trading, and the
    /// day's end takes all.
    fn on_phase(&mut self, state: &State, out: &mut Vec<ExecutionReport>) {
        let phase = state.session().phase;
        let before = std::mem::replace(&mut self.phase, phase);
        let kind = match (before, phase) {
            (a, b) if a == b => return,
            (SessionPhase::PreOpen | SessionPhase::PreOpenMatch, SessionPhase::Continuous) => {
                ReportKind::Cancelled
            }
            (_, SessionPhase::Ended) => ReportKind::Expired,
            _ => return,
        };
        for (id, _) in std::mem::take(&mut self.resting) {
            out.push(ExecutionReport { no: 0, id, kind: kind.clone() });
        }
    }
}

impl Gateway for PaperGateway {
    fn request(&mut self, request: &GatewayRequest, now: Timestamp) {
        let asks = matches!(request, GatewayRequest::Query { .. } | GatewayRequest::State);
        self.received.extend(request.id().filter(|_| !asks));
        self.inbox.push_back((now.plus_ns(self.params.latency_ns), request.clone()));
    }

    fn after(&mut self, state: &State, input: &Input) -> Vec<ExecutionReport> {
        let mut out = Vec::new();
        if !self.received.is_empty() {
            let received = |id| ExecutionReport { no: 0, id, kind: ReportKind::Received };
            out.extend(self.received.drain(..).map(received));
        }
        if self.phase != state.session().phase {
            self.on_phase(state, &mut out);
        }
        if !self.inbox.is_empty() {
            self.arrivals(state, &mut out);
        }
        if let Event::Market(event) = &input.event
            && !self.resting.is_empty()
        {
            self.on_market(state, event, &mut out);
        }
        out
    }

    fn due(&self) -> Option<Timestamp> {
        self.inbox.front().map(|(due, _)| *due)
    }
}

/// What the venue itself would refuse.
fn may_enter(state: &State, order: &NewOrder) -> Result<(), RejectReason> {
    let phase = state.session().phase;
    if !matches!(phase, SessionPhase::PreOpen | SessionPhase::Continuous) {
        return Err(RejectReason::MarketClosed);
    }
    let rules = state.setup().rules.get(order.instrument.0 as usize);
    let last = state.instrument(order.instrument).and_then(|i| i.day.last());
    let band = rules.and_then(|r| r.order_band(phase == SessionPhase::PreOpen, last));
    match band {
        Some((low, high)) if order.limit < low || order.limit > high => {
            Err(RejectReason::OutsideBand { limit: order.limit, low, high })
        }
        _ => Ok(()),
    }
}

/// Shares shown at the order's price when it comes to rest there: all of them are ahead of it.
/// `None` where the book does not reach, so that the queue is not known.
fn shown_ahead(state: &State, order: &NewOrder) -> Option<QueueAhead> {
    let book = state.instrument(order.instrument)?.book.as_ref()?;
    let shown = book.level(order.side, order.limit).map(|l| l.qty);
    let inside = book.levels(order.side).last().is_none_or(|worst| match order.side {
        crate::market::Side::Buy => order.limit >= worst.price,
        crate::market::Side::Sell => order.limit <= worst.price,
    });
    let ahead = shown.or(inside.then_some(Qty::ZERO))?;
    Some(QueueAhead { low: Qty::ZERO, expected: ahead, high: ahead })
}
