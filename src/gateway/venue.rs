//! Orders by the venue protocol (`docs/protocol.md`).
//!
//! Reports are numbered: one that is missing is asked for again and those after it wait; one that comes twice is
//! dropped. A client id is the journal's tag and the order's number in it, decided and durable before the order
//! leaves. An order is sent once. An answer that it was never taken counts when it has been given twice, two
//! seconds apart.

use std::collections::BTreeMap;

use super::session::{GatewayOut, GatewaySaid, GatewaySession, GatewayStats};
use crate::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, GatewayRequest, LineState, OrderState, RejectReason,
    ReportKind, Standing as OrderStanding, StatedHolding, StatedOrder, Statement, VenueOrderId,
};
use crate::feed::live::{Beat, Sign};
use crate::market::time::NS_PER_S;
use crate::market::{AccountId, SessionDate, Symbol, Timestamp, Universe};
use crate::wire::{
    AccountPicture, Banner, ClientFrame, ClientId, Market, OrderEvent, OrderPicture, Reject, ServerFrame,
    Standing, VERSION,
};

/// From one answer that an order was never taken to the next that counts.
const TWICE_NS: i64 = 2 * NS_PER_S;

/// What a gateway to a venue must know.
#[derive(Clone, Debug)]
pub struct VenueAccess {
    /// What the venue's operator gave us.
    pub token: String,
    /// What our ids begin with there.
    pub tag: String,
    /// The account whose orders these are.
    pub account: AccountId,
    /// The day.
    pub date: SessionDate,
    /// The day's securities.
    pub universe: Universe,
    /// The last report taken in before, from the journal.
    pub reports: u64,
}

/// See the module.
#[derive(Debug)]
pub struct VenueGateway {
    access: VenueAccess,
    state: LineState,
    banner: Option<Banner>,
    /// The last report handed on.
    reports: u64,
    /// The last report that the venue is known to have made.
    known: u64,
    beat: Beat,
    connections: u64,
    /// Halves of a statement.
    orders: Option<(u64, Vec<OrderPicture>)>,
    account: Option<AccountPicture>,
    /// Orders of which the venue said that it never took them, and when it first did.
    absent: BTreeMap<ClientOrderId, Timestamp>,
    /// Such questions to be asked again, and when.
    again: BTreeMap<ClientOrderId, Timestamp>,
    stats: GatewayStats,
}

impl VenueGateway {
    /// A gateway that has no connection yet.
    #[must_use]
    pub fn new(access: VenueAccess) -> Self {
        Self {
            reports: access.reports,
            known: access.reports,
            access,
            state: LineState::Connecting,
            banner: None,
            beat: Beat::default(),
            connections: 0,
            orders: None,
            account: None,
            absent: BTreeMap::new(),
            again: BTreeMap::new(),
            stats: GatewayStats::default(),
        }
    }

    fn give_up(&mut self, why: String, again: bool, out: &mut GatewayOut) {
        self.state = if again { LineState::Connecting } else { LineState::Closed };
        out.close = Some((why, again));
    }

    fn client_id(&self, id: ClientOrderId) -> ClientId {
        ClientId::new(&format!("{}-{}", self.access.tag, id.0))
    }

    /// Which of our orders an id is; `None` if it is none that this journal gives.
    fn ours(&self, id: &ClientId) -> Option<ClientOrderId> {
        let number = id.0.strip_prefix(self.access.tag.as_str())?.strip_prefix('-')?;
        let id = number.parse().ok().map(ClientOrderId)?;
        (id.0.to_string() == number).then_some(id)
    }

    fn welcome(&mut self, now: Timestamp, banner: Banner, out: &mut GatewayOut) {
        let VenueAccess { date, account, .. } = &self.access;
        if banner.date != *date {
            let why = format!("the venue is at {}, this session is {date}", banner.date);
            return self.give_up(why, false, out);
        }
        if banner.account != *account {
            let why =
                format!("the token stands for account {}, this session is for {account}", banner.account);
            return self.give_up(why, false, out);
        }
        if banner.reports < self.reports {
            let why = format!(
                "the venue has made {} reports, this journal has {}: it is not the venue of this session",
                banner.reports, self.reports
            );
            return self.give_up(why, false, out);
        }
        self.stats.clock_offset_ns = Some(banner.at.since_ns(now));
        self.known = banner.reports;
        self.beat.welcome(banner.heartbeat_ms);
        self.banner = Some(banner);
        self.catch_up(now, out);
    }

    /// Live if nothing is missing; else asks for it.
    fn catch_up(&mut self, now: Timestamp, out: &mut GatewayOut) {
        if self.reports >= self.known {
            self.state = LineState::Live;
            self.beat.came();
        } else {
            self.beat.asked(now);
            out.send.push(ClientFrame::Resend { after: self.reports }.text());
        }
    }

    fn report(&mut self, now: Timestamp, no: u64, id: &ClientId, event: OrderEvent, out: &mut GatewayOut) {
        self.known = self.known.max(no);
        if no <= self.reports {
            self.stats.duplicates += 1;
            return;
        }
        if no > self.reports + 1 {
            if self.state == LineState::Live {
                self.state = LineState::Gap;
                self.stats.gaps += 1;
                self.catch_up(now, out);
            }
            // It comes again with those that are missing.
            return;
        }
        self.reports = no;
        self.stats.reports += 1;
        let (id, kind) = match self.ours(id) {
            Some(id) => {
                self.absent.remove(&id);
                (id, kind(event))
            }
            None => (ClientOrderId(0), ReportKind::Foreign { client_id: id.0.clone() }),
        };
        out.said.push(GatewaySaid::Report(ExecutionReport { no, id, kind }));
        if self.reports >= self.known && matches!(self.state, LineState::Gap | LineState::Syncing) {
            self.state = LineState::Live;
            self.beat.came();
        }
        self.state_if_whole(now, out);
    }

    /// The answer to a question about one order.
    fn answer(&mut self, now: Timestamp, id: &ClientId, order: Option<OrderPicture>, out: &mut GatewayOut) {
        let Some(id) = self.ours(id) else { return };
        let kind = match order {
            Some(order) => {
                self.absent.remove(&id);
                ReportKind::Standing(standing(&order))
            }
            None => {
                let first = *self.absent.entry(id).or_insert(now);
                if now.since_ns(first) < TWICE_NS {
                    self.again.insert(id, first.plus_ns(TWICE_NS));
                    return;
                }
                self.absent.remove(&id);
                ReportKind::NotTaken
            }
        };
        self.again.remove(&id);
        out.said.push(GatewaySaid::Report(ExecutionReport { no: 0, id, kind }));
    }

    /// Hands on a statement when both halves of it say the same and every report in it has been handed on.
    fn state_if_whole(&mut self, now: Timestamp, out: &mut GatewayOut) {
        let (Some((reports, _)), Some(account)) = (&self.orders, &self.account) else { return };
        let (reports, of_account) = (*reports, account.reports);
        if reports != of_account {
            (self.orders, self.account) = (None, None);
            return self.ask_for_state(out);
        }
        if reports > self.reports {
            if reports > self.known {
                self.known = reports;
                self.catch_up(now, out);
            }
            return;
        }
        let (Some((_, orders)), Some(account)) = (self.orders.take(), self.account.take()) else { return };
        if reports == self.reports {
            let statement = self.statement(reports, &orders, &account);
            out.said.push(GatewaySaid::Statement(statement));
        }
    }

    fn statement(&self, reports: u64, orders: &[OrderPicture], account: &AccountPicture) -> Statement {
        let holdings = account.holdings.iter().filter(|h| h.qty.is_positive() || h.settled.is_positive());
        let held = holdings.filter_map(|h| {
            let instrument = self.access.universe.find(&h.symbol)?;
            Some(StatedHolding { instrument, qty: h.qty, settled: h.settled })
        });
        let stated = orders.iter().map(|order| StatedOrder {
            id: self.ours(&order.client_id),
            client_id: order.client_id.0.clone(),
            venue_id: venue_id(order.order),
            instrument: self.access.universe.find(&order.symbol),
            side: order.side,
            qty: order.qty,
            limit: order.limit,
            filled: order.filled,
            state: state_of(order.standing),
        });
        Statement {
            account: account.account.clone(),
            reports,
            cash: Some(account.cash),
            due: Some(account.due),
            holdings: Some(held.collect()),
            orders: stated.collect(),
        }
    }

    fn ask_for_state(&mut self, out: &mut GatewayOut) {
        (self.orders, self.account) = (None, None);
        out.send.push(ClientFrame::Orders {}.text());
        out.send.push(ClientFrame::Account {}.text());
    }

    fn symbol(&self, request: &GatewayRequest) -> Option<Symbol> {
        let GatewayRequest::New { order, .. } = request else { return None };
        self.access.universe.get(order.instrument).map(|facts| facts.symbol.clone())
    }

    fn pong(&mut self, now: Timestamp, n: u64, at: Timestamp) {
        let Some((half_ns, here)) = self.beat.pong(now, n) else { return };
        if self.stats.latency_ns.is_none_or(|best| half_ns <= best) {
            self.stats.latency_ns = Some(half_ns);
        }
        self.stats.clock_offset_ns = Some(at.since_ns(here));
    }
}

impl GatewaySession for VenueGateway {
    fn opened(&mut self, now: Timestamp, out: &mut GatewayOut) {
        self.connections += 1;
        self.stats.reconnects = self.connections - 1;
        self.state = LineState::Syncing;
        self.banner = None;
        self.beat.opened(now);
        (self.orders, self.account) = (None, None);
        self.absent.clear();
        self.again.clear();
        out.send.push(ClientFrame::Hello { version: VERSION, token: self.access.token.clone() }.text());
    }

    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut GatewayOut) {
        self.beat.heard(now);
        self.stats.heard_at = Some(now);
        self.stats.frames += 1;
        let Ok(frame) = ServerFrame::parse(frame) else {
            // It may have been a report; if it was, the next one shows that it is missing, or the next statement.
            self.stats.refused += 1;
            return;
        };
        if self.state == LineState::Silent {
            self.state = LineState::Syncing;
            self.catch_up(now, out);
        }
        match frame {
            ServerFrame::Welcome(banner) if self.banner.is_none() => self.welcome(now, banner, out),
            ServerFrame::Refused { reason } => self.give_up(format!("refused: {reason}"), false, out),
            ServerFrame::Report { no, client_id, event, .. } => self.report(now, no, &client_id, event, out),
            ServerFrame::Order { client_id, order } => self.answer(now, &client_id, order, out),
            ServerFrame::Orders { reports, orders } => {
                self.orders = Some((reports, orders));
                self.state_if_whole(now, out);
            }
            ServerFrame::Account(account) => {
                self.account = Some(account);
                self.state_if_whole(now, out);
            }
            ServerFrame::Pong { n, at } => self.pong(now, n, at),
            ServerFrame::Error { .. } => self.stats.refused += 1,
            _ => {}
        }
    }

    fn lost(&mut self, _: Timestamp, _: &mut GatewayOut) {
        if self.state != LineState::Closed {
            self.state = LineState::Connecting;
        }
        (self.banner, self.orders, self.account) = (None, None, None);
        self.beat.came();
        self.absent.clear();
        self.again.clear();
    }

    fn tick(&mut self, now: Timestamp, out: &mut GatewayOut) {
        if matches!(self.state, LineState::Connecting | LineState::Closed) {
            return;
        }
        match self.beat.look(now) {
            Some(Sign::GiveUp(why)) => return self.give_up(why, true, out),
            Some(Sign::Late) => self.catch_up(now, out),
            Some(Sign::Silent) if self.state == LineState::Live => self.state = LineState::Silent,
            Some(Sign::Silent) | None => {}
        }
        if let Some(n) = self.beat.ping(now) {
            out.send.push(ClientFrame::Ping { n }.text());
        }
        let due: Vec<ClientOrderId> =
            self.again.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.again.remove(&id);
            out.send.push(ClientFrame::Query { client_id: self.client_id(id) }.text());
        }
    }

    fn request(&mut self, _: Timestamp, request: &GatewayRequest, out: &mut GatewayOut) {
        if !self.state.is_live() {
            self.stats.unsent += 1;
            return;
        }
        let frame = match request {
            GatewayRequest::New { id, order } => {
                let Some(symbol) = self.symbol(request) else {
                    self.stats.unsent += 1;
                    return;
                };
                ClientFrame::New {
                    client_id: self.client_id(*id),
                    symbol,
                    side: order.side,
                    qty: order.qty,
                    limit: order.limit,
                    market: Market::Board,
                }
            }
            GatewayRequest::Amend { id, qty, limit } => {
                ClientFrame::Amend { client_id: self.client_id(*id), qty: *qty, limit: *limit }
            }
            GatewayRequest::Cancel { id } => ClientFrame::Cancel { client_id: self.client_id(*id) },
            GatewayRequest::Query { id } => ClientFrame::Query { client_id: self.client_id(*id) },
            GatewayRequest::State => return self.ask_for_state(out),
        };
        out.send.push(frame.text());
    }

    fn state(&self) -> LineState {
        self.state
    }

    fn stats(&self) -> &GatewayStats {
        &self.stats
    }
}

fn venue_id(id: crate::wire::ExchangeOrderId) -> VenueOrderId {
    VenueOrderId(id.0.to_string().into())
}

const fn state_of(standing: Standing) -> OrderState {
    match standing {
        Standing::Open => OrderState::Accepted,
        Standing::PartiallyFilled => OrderState::PartiallyFilled,
        Standing::Filled => OrderState::Filled,
        Standing::Cancelled => OrderState::Cancelled,
        Standing::Expired => OrderState::Expired,
    }
}

fn standing(order: &OrderPicture) -> OrderStanding {
    OrderStanding {
        venue_id: venue_id(order.order),
        qty: order.qty,
        limit: order.limit,
        filled: order.filled,
        state: state_of(order.standing),
    }
}

/// A report in the engine's words.
fn kind(event: OrderEvent) -> ReportKind {
    match event {
        OrderEvent::Accepted { order } => {
            ReportKind::Accepted { venue_id: venue_id(order), queue_ahead: None }
        }
        // It belongs to an order that is there: what became of ours is not known, and is asked.
        OrderEvent::Rejected { reasons } if is_duplicate(&reasons) => ReportKind::Unknown,
        OrderEvent::Rejected { reasons } => ReportKind::Rejected(reason(&reasons)),
        OrderEvent::Filled { execution, qty, price, .. } => {
            ReportKind::Filled { execution: ExecutionId(execution.0.to_string().into()), qty, price }
        }
        OrderEvent::Amended { qty, limit, .. } => ReportKind::Amended { qty, limit, queue_ahead: None },
        OrderEvent::AmendRejected { reasons } => ReportKind::AmendRejected(reason(&reasons)),
        OrderEvent::Cancelled { .. } => ReportKind::Cancelled,
        OrderEvent::CancelRejected { reasons } => ReportKind::CancelRejected(reason(&reasons)),
        OrderEvent::Expired { .. } => ReportKind::Expired,
    }
}

fn is_duplicate(reasons: &[Reject]) -> bool {
    reasons.iter().any(|reason| matches!(reason, Reject::DuplicateClientId { .. }))
}

fn reason(reasons: &[Reject]) -> RejectReason {
    match reasons {
        [Reject::OutsideOrderBand { limit, low, high }] => {
            RejectReason::OutsideBand { limit: *limit, low: *low, high: *high }
        }
        [Reject::MarketClosed { .. }] => RejectReason::MarketClosed,
        [Reject::NoSuchOrder {} | Reject::NotOpen {}] => RejectReason::NoSuchOrder,
        many => {
            let words: Vec<String> = many.iter().map(ToString::to_string).collect();
            RejectReason::Venue(words.join("; "))
        }
    }
}
