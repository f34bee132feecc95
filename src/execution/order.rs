//! The life of one order, from the command that asked for it to its last report.
//!
//! ```text
//! Held -> PendingNew -> Accepted -> PartiallyFilled -> Filled
//!  |         |            |  \____________|________-> Cancelled | Expired
//!  |         |            +-> (pending cancel or amend, still working)
//!  |         +-> Rejected
//!  +-> Withdrawn | Denied: it never left
//! any state that left and is open -> Unknown -> any state a report proves
//! ```
//!
//! Every request to a gateway has three answers, each with its time: sent, received by the gateway,
//! answered by the venue.
//!
//! What always holds: filled shares never exceed the quantity; a fill counts once by its
//! execution id; a closed order never opens again; a late report of a lower state changes nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    ExecutionId, ExecutionReport, NewOrder, OrderStep, RejectReason, ReportKind, Standing, StepKind,
    VenueOrderId,
};
use crate::market::{Money, Price, Qty, Timestamp};

/// Our id of an order: the journal sequence of the command that created it. Decided once,
/// durable before the order leaves, and never made from a clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientOrderId(pub u64);

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("P-{:04}", self.0))
    }
}

/// Where an order stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Sent, no answer yet.
    PendingNew,
    /// The venue has it.
    Accepted,
    /// Some of it traded, the rest works.
    PartiallyFilled,
    /// All of it traded.
    Filled,
    /// Taken back.
    Cancelled,
    /// Refused by the venue.
    Rejected,
    /// The day ended first.
    Expired,
    /// Not known. Ends only by a report or a person.
    Unknown,
    /// Kept inside for a moment so that it can be taken back; the gateway has not been asked.
    Held,
    /// Taken back, or stopped, while it was held: it never left.
    Withdrawn,
    /// The checks refused it when its hold ended: it never left.
    Denied,
}

impl OrderState {
    /// Whether shares may still trade, as far as we know.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::PendingNew | Self::Accepted | Self::PartiallyFilled | Self::Unknown | Self::Held)
    }

    /// Whether a gateway was ever asked for it.
    #[must_use]
    pub const fn has_left(self) -> bool {
        !matches!(self, Self::Held | Self::Withdrawn | Self::Denied)
    }
}

/// A change that has been sent and not answered. The order's keys are off meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// A cancel.
    Cancel,
    /// An amendment to this total quantity and limit.
    Amend {
        /// New total quantity.
        qty: Qty,
        /// New limit.
        limit: Price,
    },
}

/// The last change asked for, and when each answer to it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// What was asked for.
    pub what: Pending,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When the gateway had it in hand.
    pub received_at: Option<Timestamp>,
    /// When the venue answered it.
    pub answered_at: Option<Timestamp>,
}

/// Shares in front of an order at its price: the estimate and its honest range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueAhead {
    /// At least this many.
    pub low: Qty,
    /// The estimate.
    pub expected: Qty,
    /// At most this many.
    pub high: Qty,
}

/// Some shares of an order that traded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fill {
    /// When the report came.
    pub at: Timestamp,
    /// Shares.
    pub qty: Qty,
    /// Price.
    pub price: Price,
}

/// One order of ours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Our id.
    pub id: ClientOrderId,
    /// What was asked for, with amendments that took effect.
    pub order: NewOrder,
    /// The venue's id, once it has one.
    pub venue_id: Option<VenueOrderId>,
    /// Where it stands.
    pub state: OrderState,
    /// A change under way.
    pub pending: Option<Pending>,
    /// The last change asked for, answered or not.
    pub change: Option<Change>,
    /// Shares traded.
    pub filled: Qty,
    /// Value traded.
    pub filled_value: Money,
    /// What traded, in the order it was reported.
    pub fills: Vec<Fill>,
    /// Why the venue refused it (or its last change).
    pub reason: Option<RejectReason>,
    /// Shares in front of it, where that can be estimated.
    pub queue_ahead: Option<QueueAhead>,
    /// When the person asked for it.
    pub asked_at: Timestamp,
    /// Until when it is held inside; `None` once it has left, or will not leave.
    pub held_until: Option<Timestamp>,
    /// When it was sent; when it was asked for, as long as it has not left.
    pub sent_at: Timestamp,
    /// When the gateway had it in hand.
    pub received_at: Option<Timestamp>,
    /// When the venue first answered.
    pub answered_at: Option<Timestamp>,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// What happened to it, oldest first; estimates of the queue are not steps.
    pub trail: Vec<OrderStep>,
    executions: BTreeSet<ExecutionId>,
}

/// What a report changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OrderChange {
    /// Nothing: a duplicate or a late report of a lower state.
    None,
    /// The order moved.
    Moved,
    /// Shares traded; count them once.
    Filled {
        /// Shares.
        qty: Qty,
        /// Price.
        price: Price,
    },
}

/// A report that cannot be true of the order we know. Trading on it stops and a person looks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Incident {
    /// More shares reported than were ever ordered.
    #[error("{id}: fill of {qty} on top of {filled} is more than the {ordered} ordered")]
    OverFill {
        /// Which order.
        id: ClientOrderId,
        /// Shares of the impossible fill.
        qty: Qty,
        /// Filled before.
        filled: Qty,
        /// Ordered.
        ordered: Qty,
    },
    /// A report about an order nobody sent.
    #[error("{0}: a report about an order that was never sent")]
    NoSuchOrder(ClientOrderId),
    /// A report about an order under an id that cannot be ours.
    #[error("an order that was never sent from here: {0}")]
    Foreign(Arc<str>),
    /// A report that the venue has an order after all which it said it had never taken.
    #[error("{0}: the venue has it after all, though it said that it never took it")]
    CameBack(ClientOrderId),
    /// A fill with no shares, a price that cannot be, or a value beyond counting.
    #[error("{id}: a fill of {qty} at {price} is impossible")]
    ImpossibleFill {
        /// Which order.
        id: ClientOrderId,
        /// Reported shares.
        qty: Qty,
        /// Reported price.
        price: Price,
    },
}

impl Order {
    /// An order on its way to a gateway.
    #[must_use]
    pub const fn sent(id: ClientOrderId, order: NewOrder, at: Timestamp) -> Self {
        Self {
            id,
            order,
            venue_id: None,
            state: OrderState::PendingNew,
            pending: None,
            change: None,
            filled: Qty::ZERO,
            filled_value: Money::ZERO,
            fills: Vec::new(),
            reason: None,
            queue_ahead: None,
            asked_at: at,
            held_until: None,
            sent_at: at,
            received_at: None,
            answered_at: None,
            changed_at: at,
            trail: Vec::new(),
            executions: BTreeSet::new(),
        }
    }

    /// An order that stays inside until `until` and may be taken back without anybody having seen it.
    #[must_use]
    pub const fn held(id: ClientOrderId, order: NewOrder, at: Timestamp, until: Timestamp) -> Self {
        let mut held = Self::sent(id, order, at);
        held.state = OrderState::Held;
        held.held_until = Some(until);
        held
    }

    /// The hold is over and the order leaves. Only for a held order.
    pub fn leave(&mut self, at: Timestamp) {
        if self.state == OrderState::Held {
            self.state = OrderState::PendingNew;
            self.held_until = None;
            self.sent_at = at;
            self.changed_at = at;
        }
    }

    /// The order will not leave: denied by the checks, or taken back. Only for a held order.
    pub fn stay(&mut self, denied: bool, at: Timestamp) {
        if self.state == OrderState::Held {
            self.held_until = None;
            self.changed_at = at;
            self.close(if denied { OrderState::Denied } else { OrderState::Withdrawn });
        }
    }

    /// A change is sent to the gateway.
    pub const fn ask(&mut self, what: Pending, at: Timestamp) {
        self.pending = Some(what);
        self.change = Some(Change { what, sent_at: at, received_at: None, answered_at: None });
        self.changed_at = at;
    }

    /// Notes a step with the record behind it.
    pub fn note(&mut self, seq: u64, at: Timestamp, what: StepKind) {
        self.trail.push(OrderStep { seq, at, what });
    }

    /// Whether something that was sent has had no answer of the venue: the order itself or a change of it.
    #[must_use]
    pub const fn is_unanswered(&self) -> bool {
        matches!(self.state, OrderState::PendingNew | OrderState::Unknown)
            || (self.pending.is_some() && self.state.is_open())
    }

    /// Nobody knows any more where it stands. Says whether that is news.
    pub fn lose(&mut self, at: Timestamp) -> bool {
        let news = self.state.is_open() && self.state.has_left() && self.state != OrderState::Unknown;
        if news {
            self.state = OrderState::Unknown;
            self.changed_at = at;
        }
        news
    }

    /// The venue does not have it: it was never taken if nothing was ever heard of it, else it is gone.
    pub fn close_as_missing(&mut self, at: Timestamp) {
        let never = self.venue_id.is_none() && self.filled.is_zero();
        self.reason = never.then_some(RejectReason::NotTaken).or_else(|| self.reason.take());
        self.close(if never { OrderState::Rejected } else { OrderState::Cancelled });
        self.changed_at = at;
    }

    /// Shares that may still trade; zero once closed.
    #[must_use]
    pub fn open_qty(&self) -> Qty {
        if self.state.is_open() { self.order.qty.less(self.filled) } else { Qty::ZERO }
    }

    /// Shares not traded, whether or not the order is still open.
    #[must_use]
    pub fn left(&self) -> Qty {
        self.order.qty.less(self.filled)
    }

    /// Whether a cancel or an amendment may be sent now: it works and nothing is under way.
    #[must_use]
    pub const fn takes_changes(&self) -> bool {
        matches!(self.state, OrderState::Accepted | OrderState::PartiallyFilled) && self.pending.is_none()
    }

    /// Takes a report in.
    ///
    /// # Errors
    /// [`Incident`] when the report cannot be true; the order is left as it was.
    pub fn on_report(&mut self, report: &ExecutionReport, at: Timestamp) -> Result<OrderChange, Incident> {
        if !self.state.has_left() {
            return Err(Incident::NoSuchOrder(self.id));
        }
        if let ReportKind::Filled { execution, qty, price } = &report.kind {
            return self.on_fill(execution, *qty, *price, at);
        }
        if report.kind == ReportKind::Received {
            return Ok(self.on_received(at));
        }
        if !self.state.is_open() {
            let here_after_all = match &report.kind {
                ReportKind::Accepted { .. } | ReportKind::Amended { .. } => true,
                ReportKind::Standing(standing) => standing.state.is_open(),
                _ => false,
            };
            let gone = matches!(self.reason, Some(RejectReason::NotTaken | RejectReason::NotEntered { .. }));
            return if here_after_all && gone {
                Err(Incident::CameBack(self.id))
            } else {
                Ok(OrderChange::None)
            };
        }
        let was_pending = self.pending.is_some();
        match &report.kind {
            ReportKind::Filled { .. } | ReportKind::Received => {}
            ReportKind::Accepted { venue_id, queue_ahead } => {
                if matches!(self.state, OrderState::Accepted | OrderState::PartiallyFilled) {
                    return Ok(OrderChange::None);
                }
                self.venue_id = Some(venue_id.clone());
                self.queue_ahead = *queue_ahead;
                self.state = self.working_state();
            }
            ReportKind::Rejected(reason) => {
                if self.state == OrderState::PartiallyFilled {
                    return Ok(OrderChange::None);
                }
                self.reason = Some(reason.clone());
                self.close(OrderState::Rejected);
            }
            ReportKind::Amended { qty, limit, queue_ahead } => {
                self.order.qty = (*qty).max(self.filled);
                self.order.limit = *limit;
                self.queue_ahead = *queue_ahead;
                // A cancel that was asked for since has not been answered by it.
                self.pending.take_if(|pending| matches!(pending, Pending::Amend { .. }));
                self.state = if self.left().is_zero() { OrderState::Filled } else { self.working_state() };
            }
            ReportKind::AmendRejected(reason) => {
                self.reason = Some(reason.clone());
                self.pending.take_if(|pending| matches!(pending, Pending::Amend { .. }));
            }
            ReportKind::CancelRejected(reason) => {
                self.reason = Some(reason.clone());
                self.pending.take_if(|pending| *pending == Pending::Cancel);
            }
            ReportKind::Cancelled => self.close(OrderState::Cancelled),
            ReportKind::Expired => self.close(OrderState::Expired),
            ReportKind::Queue(ahead) => self.queue_ahead = Some(*ahead),
            ReportKind::Foreign { client_id } => return Err(Incident::Foreign(client_id.clone())),
            ReportKind::Unknown => self.state = OrderState::Unknown,
            ReportKind::Standing(standing) => {
                if !self.on_standing(standing) {
                    return Ok(OrderChange::None);
                }
            }
            ReportKind::NotTaken => {
                if self.venue_id.is_some() || self.filled.is_positive() {
                    return Ok(OrderChange::None);
                }
                self.reason = Some(RejectReason::NotTaken);
                self.close(OrderState::Rejected);
            }
        }
        if !matches!(report.kind, ReportKind::Unknown | ReportKind::Queue(_)) {
            self.answered_at.get_or_insert(at);
        }
        if let Some(change) = self.change.as_mut().filter(|_| was_pending && self.pending.is_none()) {
            change.answered_at = Some(at);
        }
        self.changed_at = at;
        Ok(OrderChange::Moved)
    }

    /// How the venue has it. Says whether that is believed: shares that traded must have been reported.
    fn on_standing(&mut self, standing: &Standing) -> bool {
        if standing.filled != self.filled || standing.qty < self.filled {
            return false;
        }
        self.venue_id = Some(standing.venue_id.clone());
        self.order.qty = standing.qty;
        self.order.limit = standing.limit;
        self.pending = None;
        match standing.state {
            OrderState::Filled | OrderState::Cancelled | OrderState::Rejected | OrderState::Expired => {
                self.close(standing.state);
            }
            _ => self.state = self.working_state(),
        }
        true
    }

    /// The gateway has the order, or else the last change of it, in hand. Counts once for each.
    fn on_received(&mut self, at: Timestamp) -> OrderChange {
        let change = self.change.as_mut().filter(|_| self.received_at.is_some());
        let slot = match change {
            Some(change) => &mut change.received_at,
            None => &mut self.received_at,
        };
        if slot.is_some() {
            return OrderChange::None;
        }
        *slot = Some(at);
        OrderChange::Moved
    }

    /// A fill is counted whatever the state: a cancel that crossed a fill does not undo it.
    fn on_fill(
        &mut self,
        execution: &ExecutionId,
        qty: Qty,
        price: Price,
        at: Timestamp,
    ) -> Result<OrderChange, Incident> {
        if self.executions.contains(execution) {
            return Ok(OrderChange::None);
        }
        let impossible = Incident::ImpossibleFill { id: self.id, qty, price };
        if !qty.is_positive() || !price.is_positive() {
            return Err(impossible);
        }
        let over = Incident::OverFill { id: self.id, qty, filled: self.filled, ordered: self.order.qty };
        let filled = self.filled.checked_add(qty).filter(|f| *f <= self.order.qty).ok_or(over)?;
        let value = price.notional(qty).and_then(|v| self.filled_value.checked_add(v));
        self.filled_value = value.ok_or(impossible)?;
        self.filled = filled;
        self.executions.insert(execution.clone());
        self.fills.push(Fill { at, qty, price });
        self.answered_at.get_or_insert(at);
        self.changed_at = at;
        if self.left().is_zero() {
            self.close(OrderState::Filled);
        } else if self.state.is_open() {
            self.state = OrderState::PartiallyFilled;
        }
        Ok(OrderChange::Filled { qty, price })
    }

    const fn working_state(&self) -> OrderState {
        if self.filled.is_zero() { OrderState::Accepted } else { OrderState::PartiallyFilled }
    }

    fn close(&mut self, state: OrderState) {
        self.state = state;
        self.pending = None;
        self.queue_ahead = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{AccountId, InstrumentId, Side};

    fn order(qty: i64) -> Order {
        let order = NewOrder {
            account: AccountId::new("07"),
            instrument: InstrumentId(0),
            side: Side::Buy,
            qty: Qty::from_units(qty),
            limit: Price::from_units(54_500),
        };
        Order::sent(ClientOrderId(1), order, Timestamp::from_ns(0))
    }

    fn fill(execution: &str, qty: i64) -> ReportKind {
        ReportKind::Filled {
            execution: ExecutionId(execution.into()),
            qty: Qty::from_units(qty),
            price: Price::from_units(54_500),
        }
    }

    fn accepted() -> ReportKind {
        ReportKind::Accepted { venue_id: VenueOrderId("V1".into()), queue_ahead: None }
    }

    /// Plays reports and returns `(state, filled)`, or the incident.
    fn play(reports: &[ReportKind]) -> Result<(OrderState, i64), Incident> {
        let mut order = order(100);
        for (i, kind) in reports.iter().enumerate() {
            let report = ExecutionReport { no: 0, id: order.id, kind: kind.clone() };
            order.on_report(&report, Timestamp::from_ns(i as i64))?;
        }
        Ok((order.state, order.filled.units()))
    }

    #[test]
    fn the_answer_to_one_change_is_not_the_answer_to_a_later_one() {
        let why = || RejectReason::MarketClosed;
        let (qty, limit) = (Qty::from_units(80), Price::from_units(54_400));
        let amended = || ReportKind::Amended { qty, limit, queue_ahead: None };
        let amend = Pending::Amend { qty, limit };
        for (pending, kind, left) in [
            (Pending::Cancel, amended(), Some(Pending::Cancel)),
            (Pending::Cancel, ReportKind::AmendRejected(why()), Some(Pending::Cancel)),
            (Pending::Cancel, ReportKind::CancelRejected(why()), None),
            (amend, amended(), None),
            (amend, ReportKind::AmendRejected(why()), None),
            (amend, ReportKind::CancelRejected(why()), Some(amend)),
        ] {
            let mut order = order(100);
            let id = order.id;
            let at = Timestamp::from_ns(1);
            order.on_report(&ExecutionReport { no: 0, id, kind: accepted() }, at).unwrap();
            order.pending = Some(pending);
            order.on_report(&ExecutionReport { no: 0, id, kind: kind.clone() }, at).unwrap();
            assert_eq!(order.pending, left, "{pending:?} {kind:?}");
        }
    }

    #[test]
    fn life_rows() {
        use OrderState::{Accepted, Cancelled, Expired, Filled, PartiallyFilled, Rejected, Unknown};
        let no = || ReportKind::Rejected(RejectReason::MarketClosed);
        for (reports, want) in [
            (vec![accepted()], (Accepted, 0)),
            (vec![accepted(), fill("a", 40)], (PartiallyFilled, 40)),
            (vec![accepted(), fill("a", 40), fill("a", 40)], (PartiallyFilled, 40)),
            (vec![accepted(), fill("a", 40), fill("b", 60)], (Filled, 100)),
            (vec![fill("a", 40), accepted()], (PartiallyFilled, 40)),
            (vec![no()], (Rejected, 0)),
            (vec![no(), accepted()], (Rejected, 0)),
            (vec![accepted(), ReportKind::Cancelled, fill("a", 40)], (Cancelled, 40)),
            (vec![accepted(), ReportKind::Cancelled, accepted()], (Cancelled, 0)),
            (vec![ReportKind::Unknown], (Unknown, 0)),
            (vec![ReportKind::Unknown, accepted()], (Accepted, 0)),
            (vec![ReportKind::Unknown, fill("a", 100)], (Filled, 100)),
            (vec![fill("a", 10), ReportKind::Unknown, accepted()], (PartiallyFilled, 10)),
            (vec![accepted(), fill("a", 10), no()], (PartiallyFilled, 10)),
            (vec![accepted(), ReportKind::Expired], (Expired, 0)),
        ] {
            assert_eq!(play(&reports), Ok(want), "{reports:?}");
        }
    }

    #[test]
    fn every_fill_is_kept_once_with_its_time() {
        let mut order = order(100);
        for (at, kind) in [(3, fill("a", 40)), (5, fill("a", 40)), (9, fill("b", 60))] {
            order.on_report(&ExecutionReport { no: 0, id: order.id, kind }, Timestamp::from_ns(at)).unwrap();
        }
        let kept: Vec<_> = order.fills.iter().map(|f| (f.at.ns(), f.qty.units())).collect();
        assert_eq!(kept, [(3, 40), (9, 60)]);
    }

    #[test]
    fn a_held_order_leaves_or_stays_and_nobody_can_report_on_it() {
        let at = Timestamp::from_ns;
        let accepted = ExecutionReport { no: 0, id: ClientOrderId(1), kind: accepted() };
        let held = || Order::held(ClientOrderId(1), order(100).order, at(5), at(9));
        let mut left = held();
        assert!(left.state.is_open() && !left.takes_changes());
        assert_eq!(left.on_report(&accepted, at(6)), Err(Incident::NoSuchOrder(ClientOrderId(1))));
        left.leave(at(9));
        assert_eq!((left.state, left.asked_at, left.sent_at), (OrderState::PendingNew, at(5), at(9)));
        left.stay(false, at(10));
        assert_eq!(left.state, OrderState::PendingNew, "what has left cannot stay");
        for (denied, state) in [(false, OrderState::Withdrawn), (true, OrderState::Denied)] {
            let mut stays = held();
            stays.stay(denied, at(7));
            stays.leave(at(9));
            assert_eq!((stays.state, stays.open_qty(), stays.held_until), (state, Qty::ZERO, None));
            assert!(stays.on_report(&accepted, at(9)).is_err());
        }
    }

    #[test]
    fn three_answers_each_with_its_time() {
        let at = Timestamp::from_ns;
        let mut order = order(100);
        let mut report = |kind: ReportKind, ns: i64| {
            order.on_report(&ExecutionReport { no: 0, id: order.id, kind }, at(ns)).unwrap();
            (order.received_at, order.answered_at, order.change.map(|c| (c.received_at, c.answered_at)))
        };
        assert_eq!(report(ReportKind::Received, 1), (Some(at(1)), None, None));
        assert_eq!(report(ReportKind::Received, 2), (Some(at(1)), None, None), "it counts once");
        assert_eq!(report(accepted(), 3), (Some(at(1)), Some(at(3)), None));
        order.ask(Pending::Cancel, at(4));
        let mut report = |kind: ReportKind, ns: i64| {
            order.on_report(&ExecutionReport { no: 0, id: order.id, kind }, at(ns)).unwrap();
            (order.received_at, order.change.map(|c| (c.sent_at, c.received_at, c.answered_at)))
        };
        assert_eq!(report(ReportKind::Received, 5), (Some(at(1)), Some((at(4), Some(at(5)), None))));
        let done = Some((at(4), Some(at(5)), Some(at(6))));
        assert_eq!(report(ReportKind::Cancelled, 6), (Some(at(1)), done));
    }

    #[test]
    fn what_cannot_be_true_is_an_incident() {
        assert!(matches!(play(&[fill("a", 101)]), Err(Incident::OverFill { .. })));
        assert!(matches!(play(&[fill("a", 60), fill("b", 41)]), Err(Incident::OverFill { .. })));
        assert!(matches!(play(&[fill("a", 0)]), Err(Incident::ImpossibleFill { .. })));
        assert!(matches!(play(&[fill("a", i64::MAX)]), Err(Incident::OverFill { .. })));
    }

    #[test]
    fn an_amendment_below_what_traded_fills_the_order() {
        let amended = |qty| ReportKind::Amended {
            qty: Qty::from_units(qty),
            limit: Price::from_units(54_600),
            queue_ahead: None,
        };
        assert_eq!(play(&[accepted(), fill("a", 40), amended(40)]), Ok((OrderState::Filled, 40)));
        assert_eq!(play(&[accepted(), fill("a", 40), amended(10)]), Ok((OrderState::Filled, 40)));
        assert_eq!(play(&[accepted(), amended(200), fill("b", 150)]), Ok((OrderState::PartiallyFilled, 150)));
    }
}
