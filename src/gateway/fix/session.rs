//! The gateway itself: what is sent, what is heard, and whether the line is live.
//!
//! After every logon all orders are asked for, and the line is live once that has been answered: only then is it
//! known under which id each of them stands. An order is sent once. A report counts once by its execution id. An
//! answer that an order is not there counts when it has been given twice, two seconds apart.

mod heard;

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{ChangeKind, Ids};
use super::outgoing::{self, Subject};
use super::sweep::Sweep;
use super::{FixAccess, FixMessage, FixRefusal};
use crate::engine::State;
use crate::execution::{
    ClientOrderId, ExecutionReport, GatewayRequest, LineState, NewOrder, ReportKind, Statement,
};
use crate::gateway::session::{GatewayOut, GatewaySaid, GatewaySession, GatewayStats};
use crate::market::time::NS_PER_S;
use crate::market::{InstrumentId, Price, Qty, Symbol, Timestamp};

/// From one answer that an order is not there to the next that counts.
const TWICE_NS: i64 = 2 * NS_PER_S;
/// How long the answer to a question about all there is may take before it is asked again.
const PATIENCE_NS: i64 = 10 * NS_PER_S;
/// Messages of ours that are remembered, in case the counterparty says that it cannot use one.
const SENT: usize = 4_096;
/// Refusals kept until somebody takes them.
const REFUSALS: usize = 64;

/// What is known of an order of ours.
#[derive(Clone, Debug)]
struct Known {
    order: NewOrder,
    venue_id: Option<String>,
    /// The id under which it now stands at the counterparty.
    current: String,
    /// The last change that was sent, until it is answered.
    asked: Option<(String, ChangeKind)>,
    /// Quantity and limit as last heard.
    terms: (Qty, Price),
    /// Shares that traded, as last heard: a report with fewer is of before.
    filled: Qty,
}

impl Known {
    /// The id that a change names: the one that will be current once everything sent before has been answered.
    fn before(&self, kind: ChangeKind) -> &str {
        match &self.asked {
            Some((amendment, ChangeKind::Amend)) if kind == ChangeKind::Cancel => amendment,
            _ => &self.current,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct FixGateway {
    access: FixAccess,
    ids: Ids,
    state: LineState,
    /// The number of the input that caused the next request.
    number: u64,
    known: BTreeMap<ClientOrderId, Known>,
    /// Changes that have been answered.
    answered: BTreeSet<String>,
    /// Reports that have been handed on: of which order, of what kind, their execution id.
    executions: BTreeSet<(String, char, String)>,
    sweep: Option<Sweep>,
    /// When the engine's question is asked again that was overtaken by a report.
    sweep_due: Option<Timestamp>,
    questions: u64,
    /// Which order a question is about.
    asked: BTreeMap<String, ClientOrderId>,
    /// Orders that are said not to be there, and when that was first said.
    absent: BTreeMap<ClientOrderId, Timestamp>,
    /// Such questions to be asked again, and when.
    again: BTreeMap<ClientOrderId, Timestamp>,
    /// What was sent on this connection under which sequence number.
    sent: BTreeMap<u64, FixMessage>,
    connections: u64,
    refusals: Vec<FixRefusal>,
    stats: GatewayStats,
}

impl FixGateway {
    /// A gateway that has no connection yet, of a session as its engine stands.
    #[must_use]
    pub fn new(access: FixAccess, state: &State) -> Self {
        let ids = Ids::of(&access.tag);
        let left = state.orders().values().filter(|o| o.state.has_left());
        let known = left.map(|order| {
            let known = Known {
                order: order.order.clone(),
                venue_id: order.venue_id.as_ref().map(|id| id.0.to_string()),
                current: ids.order(order.id),
                asked: None,
                terms: (order.order.qty, order.order.limit),
                filled: order.filled,
            };
            (order.id, known)
        });
        Self {
            known: known.collect(),
            ids,
            access,
            state: LineState::Connecting,
            number: 0,
            answered: BTreeSet::new(),
            executions: BTreeSet::new(),
            sweep: None,
            sweep_due: None,
            questions: 0,
            asked: BTreeMap::new(),
            absent: BTreeMap::new(),
            again: BTreeMap::new(),
            sent: BTreeMap::new(),
            connections: 0,
            refusals: Vec::new(),
            stats: GatewayStats::default(),
        }
    }

    /// The number of the input that caused the next request: it makes the id of a change one of a kind.
    pub const fn caused_by(&mut self, number: u64) {
        self.number = number;
    }

    /// A message of ours left under this number on the present connection.
    pub fn sent(&mut self, sequence: u64, message: FixMessage) {
        self.sent.insert(sequence, message);
        if self.sent.len() > SENT {
            self.sent.pop_first();
        }
    }

    /// A message of ours did not leave: the line had gone by then. It is not sent later either.
    pub const fn unsent(&mut self) {
        self.stats.unsent += 1;
    }

    /// Anything at all came, if only a heartbeat.
    pub fn beat(&mut self, now: Timestamp) {
        self.stats.heard_at = Some(now);
        self.stats.frames += 1;
        if self.state == LineState::Silent {
            self.state = LineState::Live;
        }
    }

    /// Nothing has come for longer than the heartbeats allow.
    pub fn silent(&mut self) {
        if self.state == LineState::Live {
            self.state = LineState::Silent;
        }
    }

    /// A message is missing and has been asked for again.
    pub fn gap(&mut self) {
        if self.state != LineState::Connecting {
            self.state = LineState::Gap;
        }
        self.sweep = None;
        self.stats.gaps += 1;
    }

    /// Nothing more will be tried.
    pub const fn close(&mut self) {
        self.state = LineState::Closed;
    }

    /// What could not be used since this was last asked, and why.
    pub fn take_refusals(&mut self) -> Vec<FixRefusal> {
        std::mem::take(&mut self.refusals)
    }

    fn refuse(&mut self, refusal: FixRefusal) {
        self.stats.refused += 1;
        if self.refusals.len() < REFUSALS {
            self.refusals.push(refusal);
        }
    }

    fn question(&mut self, now: Timestamp) -> String {
        self.questions += 1;
        format!("Q{}-{}", now.ns() / 1_000_000, self.questions)
    }

    fn sweep(&mut self, now: Timestamp, for_engine: bool, out: &mut GatewayOut) {
        let id = self.question(now);
        let FixAccess { positions, cash, .. } = self.access;
        out.send.push(outgoing::mass_status(&id, &self.access).to_string());
        if for_engine && positions {
            out.send.push(outgoing::positions(&id, &self.access, now).to_string());
        }
        if for_engine && cash {
            out.send.push(outgoing::cash(&id, &self.access).to_string());
        }
        self.sweep = Some(Sweep::asked(id, now, for_engine, (positions, cash)));
        self.sweep_due = None;
    }

    fn state_if_whole(&mut self, now: Timestamp, out: &mut GatewayOut) {
        let Some(sweep) = self.sweep.take_if(|sweep| sweep.is_whole()) else { return };
        if !sweep.for_engine {
            if self.state == LineState::Syncing {
                self.state = LineState::Live;
            }
            return;
        }
        if sweep.overtaken {
            // Its parts may be of different moments: nothing is said, and it is asked again in a while.
            self.sweep_due = Some(now.plus_ns(TWICE_NS));
            return;
        }
        let whole = sweep.take();
        let statement = Statement {
            account: self.access.account.clone(),
            reports: 0,
            cash: whole.cash,
            due: None,
            holdings: whole.holdings,
            orders: whole.orders,
        };
        out.said.push(GatewaySaid::Statement(statement));
    }

    fn say(&mut self, id: ClientOrderId, kind: ReportKind, out: &mut GatewayOut) {
        self.stats.reports += 1;
        out.said.push(GatewaySaid::Report(ExecutionReport { no: 0, id, kind }));
    }

    fn symbol(&self, instrument: InstrumentId) -> Option<Symbol> {
        self.access.universe.get(instrument).map(|facts| facts.symbol.clone())
    }

    /// The message for a request about one order; `None` if it is none that is known.
    fn about(&mut self, now: Timestamp, request: &GatewayRequest) -> Option<FixMessage> {
        if let GatewayRequest::New { id, order } = request {
            let current = self.ids.order(*id);
            let terms = (order.qty, order.limit);
            let order = order.clone();
            let known = Known { order, venue_id: None, current, asked: None, terms, filled: Qty::ZERO };
            if self.known.insert(*id, known).is_some() {
                return None;
            }
        }
        let id = request.id()?;
        let question = self.question(now);
        let symbol = self.symbol(self.known.get(&id)?.order.instrument)?;
        let known = self.known.get_mut(&id)?;
        let subject = Subject {
            client: &self.access.client,
            symbol: &symbol,
            side: known.order.side,
            venue_id: known.venue_id.as_deref(),
        };
        let before = known.current.clone();
        Some(match request {
            GatewayRequest::New { order, .. } => outgoing::new_order(&before, &subject, order, now),
            GatewayRequest::Amend { qty, limit, .. } => {
                let change = self.ids.change(id, ChangeKind::Amend, self.number);
                let message = outgoing::replace((&change, &before), &subject, (*qty, *limit), now);
                known.asked = Some((change, ChangeKind::Amend));
                message
            }
            GatewayRequest::Cancel { .. } => {
                let change = self.ids.change(id, ChangeKind::Cancel, self.number);
                let before = known.before(ChangeKind::Cancel).to_owned();
                let message = outgoing::cancel((&change, &before), &subject, known.terms.0, now);
                known.asked = Some((change, ChangeKind::Cancel));
                message
            }
            GatewayRequest::Query { .. } => {
                self.asked.insert(question.clone(), id);
                outgoing::order_status(&question, &before, &subject)
            }
            GatewayRequest::State => return None,
        })
    }
}

impl GatewaySession for FixGateway {
    /// Both sides have logged on and nothing is missing.
    fn opened(&mut self, now: Timestamp, out: &mut GatewayOut) {
        if self.state == LineState::Connecting {
            self.connections += 1;
            self.stats.reconnects = self.connections - 1;
        }
        self.state = LineState::Syncing;
        self.asked.clear();
        self.sweep(now, false, out);
    }

    fn heard(&mut self, now: Timestamp, frame: &str, out: &mut GatewayOut) {
        match FixMessage::parse(frame) {
            Ok(message) => {
                if let Err(refusal) = self.take(now, &message, out) {
                    let ids = [11, 41].into_iter().filter_map(|tag| message.get(tag));
                    let ours = ids.into_iter().any(|id| self.ids.ours(id).is_some());
                    if let Some(sweep) = &mut self.sweep {
                        sweep.refused(&message, &refusal, ours);
                    }
                    self.refuse(refusal);
                }
            }
            Err(refusal) => self.refuse(refusal),
        }
        self.state_if_whole(now, out);
    }

    fn lost(&mut self, _: Timestamp, _: &mut GatewayOut) {
        if self.state != LineState::Closed {
            self.state = LineState::Connecting;
        }
        self.sweep = None;
        self.sweep_due = None;
        self.asked.clear();
        self.absent.clear();
        self.again.clear();
        self.sent.clear();
        // Whether a change arrived is not known: the next logon says under which id each order stands.
        self.known.values_mut().for_each(|known| known.asked = None);
    }

    fn tick(&mut self, now: Timestamp, out: &mut GatewayOut) {
        if !matches!(self.state, LineState::Live | LineState::Syncing) {
            return;
        }
        if self.sweep.is_none() && self.state.is_live() && self.sweep_due.is_some_and(|due| due <= now) {
            self.sweep(now, true, out);
        }
        let late = self.sweep.as_ref().is_some_and(|sweep| now.since_ns(sweep.asked) >= PATIENCE_NS);
        if late {
            let for_engine = self.state.is_live();
            self.sweep(now, for_engine, out);
        }
        let due: Vec<ClientOrderId> =
            self.again.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.again.remove(&id);
            if let Some(message) = self.about(now, &GatewayRequest::Query { id }) {
                out.send.push(message.to_string());
            }
        }
    }

    /// [`FixGateway::caused_by`] comes before it.
    fn request(&mut self, now: Timestamp, request: &GatewayRequest, out: &mut GatewayOut) {
        if !self.state.is_live() {
            // A new order is remembered all the same: it will be asked about.
            if matches!(request, GatewayRequest::New { .. }) {
                let _ = self.about(now, request);
            }
            self.stats.unsent += 1;
            return;
        }
        if *request == GatewayRequest::State {
            let under_way =
                self.sweep.as_ref().is_some_and(|s| s.for_engine && now.since_ns(s.asked) < PATIENCE_NS);
            if !under_way {
                self.sweep(now, true, out);
            }
            return;
        }
        match self.about(now, request) {
            Some(message) => out.send.push(message.to_string()),
            None => self.stats.unsent += 1,
        }
    }

    fn state(&self) -> LineState {
        self.state
    }

    fn stats(&self) -> &GatewayStats {
        &self.stats
    }
}
