//! What a message that came does to a gateway over FIX.

use super::{FixGateway, TWICE_NS};
use crate::execution::{ClientOrderId, RejectReason, ReportKind, StatedOrder};
use crate::gateway::fix::ids::ChangeKind;
use crate::gateway::fix::report::Execution;
use crate::gateway::fix::sweep::Part;
use crate::gateway::fix::{FixMessage, FixRefusal};
use crate::gateway::session::GatewayOut;
use crate::market::{Price, Symbol, Timestamp};

impl FixGateway {
    /// Takes a message that came.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        message: &FixMessage,
        out: &mut GatewayOut,
    ) -> Result<(), FixRefusal> {
        match message.kind() {
            "8" => self.execution(now, message, out)?,
            "9" => self.change_refused(message, out)?,
            "AO" | "AP" => {
                if let Some(sweep) = &mut self.sweep {
                    sweep.position(message, &self.access.universe)?;
                }
            }
            "BA" => {
                if let Some(sweep) = &mut self.sweep {
                    sweep.cash(message)?;
                }
            }
            "j" | "3" => self.ours_refused(now, message, out)?,
            // News, quotes and the like are for others.
            _ => {}
        }
        Ok(())
    }

    fn execution(
        &mut self,
        now: Timestamp,
        message: &FixMessage,
        out: &mut GatewayOut,
    ) -> Result<(), FixRefusal> {
        let report = Execution::read(message)?;
        let ours = [&report.client_id, &report.before].into_iter().flatten().find_map(|id| self.ids.ours(id));
        if report.is_status() {
            return self.status(now, &report, ours, out);
        }
        // Some give both sides of a trade one id, and what is no trade none.
        let named = ours.map_or_else(|| report.venue_id.0.to_string(), |id| id.0.to_string());
        let execution = (named, report.what, report.execution.clone());
        if self.executions.contains(&execution)
            || ours.is_some_and(|id| self.is_of_before(id, &report, message))
        {
            self.stats.duplicates += 1;
            return Ok(());
        }
        let Some(id) = ours else {
            self.executions.insert(execution);
            let named = report.client_id.as_deref().unwrap_or(&report.venue_id.0);
            let kind = ReportKind::Foreign { client_id: named.into() };
            self.say(ClientOrderId(0), kind, out);
            return Ok(());
        };
        let change = report.client_id.as_deref().and_then(|text| self.ids.kind(text));
        if let (Some(change), '8') = (change, report.what) {
            // Refused in the words for an order; the order itself rests.
            self.executions.insert(execution);
            let named = report.client_id.as_deref().unwrap_or_default();
            self.refused_change(named, change, report.reason(), out);
            return Ok(());
        }
        let kind = report.kind(message, self.known.get(&id).map(|k| k.terms))?;
        self.executions.insert(execution);
        self.absent.remove(&id);
        self.note(id, &report);
        if let Some(sweep) = &mut self.sweep {
            sweep.overtaken = true;
        }
        let Some(kind) = kind else { return Ok(()) };
        if report.what == '5' || report.what == '4' {
            self.answer_change(report.client_id.as_deref(), id);
        }
        self.say(id, kind, out);
        Ok(())
    }

    /// It is told again, and more has traded since: what it says of the order has been overtaken.
    fn is_of_before(&self, id: ClientOrderId, report: &Execution, message: &FixMessage) -> bool {
        let less = self.known.get(&id).is_some_and(|known| report.filled < known.filled);
        less && report.what != 'F' && message.says_yes(43)
    }

    /// What a report says of where an order stands, for the next change of it.
    fn note(&mut self, id: ClientOrderId, report: &Execution) {
        let Some(known) = self.known.get_mut(&id) else { return };
        if !report.has_no_venue_id() {
            known.venue_id = Some(report.venue_id.0.to_string());
        }
        known.filled = known.filled.max(report.filled);
        if !report.names_current() {
            return;
        }
        if let Some(current) = report.client_id.as_deref().filter(|c| self.ids.ours(c) == Some(id)) {
            current.clone_into(&mut known.current);
        }
        known.terms = (report.qty.unwrap_or(known.terms.0), report.limit.unwrap_or(known.terms.1));
    }

    fn answer_change(&mut self, change: Option<&str>, id: ClientOrderId) {
        let Some(known) = self.known.get_mut(&id) else { return };
        if let Some((asked, _)) = known.asked.take_if(|(asked, _)| Some(asked.as_str()) == change) {
            self.answered.insert(asked);
        }
    }

    /// The answer to a question, about one order or about all.
    fn status(
        &mut self,
        now: Timestamp,
        report: &Execution,
        ours: Option<ClientOrderId>,
        out: &mut GatewayOut,
    ) -> Result<(), FixRefusal> {
        if report.mass.is_some() {
            return self.part(now, report, ours, out);
        }
        let by_question = report.question.as_ref().and_then(|q| self.asked.get(q).copied());
        let Some(id) = by_question.or(ours) else { return Ok(()) };
        if !self.asked.values().any(|asked| *asked == id) {
            // Nobody asked: what it says may be older than what is under way.
            return Ok(());
        }
        self.asked.retain(|_, asked| *asked != id);
        let kind = if report.is_nothing() {
            let Some(kind) = self.absent_again(now, id) else { return Ok(()) };
            kind
        } else {
            self.absent.remove(&id);
            self.again.remove(&id);
            self.note(id, report);
            if let Some(known) = self.known.get_mut(&id).filter(|_| report.names_current()) {
                // It stands under another id than that of the change: the change is not under way there.
                known.asked.take_if(|(asked, _)| report.client_id.as_ref() != Some(asked));
            }
            ReportKind::Standing(report.standing(self.known.get(&id).map(|k| k.terms))?)
        };
        self.say(id, kind, out);
        Ok(())
    }

    /// An order is said not to be there: believed when it has been said twice.
    fn absent_again(&mut self, now: Timestamp, id: ClientOrderId) -> Option<ReportKind> {
        let first = *self.absent.entry(id).or_insert(now);
        if now.since_ns(first) < TWICE_NS {
            self.again.insert(id, first.plus_ns(TWICE_NS));
            return None;
        }
        self.absent.remove(&id);
        self.again.remove(&id);
        Some(ReportKind::NotTaken)
    }

    /// A part of the answer to the question about all orders.
    fn part(
        &mut self,
        now: Timestamp,
        report: &Execution,
        ours: Option<ClientOrderId>,
        out: &mut GatewayOut,
    ) -> Result<(), FixRefusal> {
        let stated = if ours.is_none() && report.is_nothing_at_all() {
            Part::Nothing
        } else if ours.is_none() && report.status == '8' && report.filled.is_zero() {
            // Somebody else's that was never taken is no order there.
            Part::Skipped
        } else {
            if let Some(id) = ours {
                self.note(id, report);
            }
            Part::Order(self.stated(report, ours)?)
        };
        if let Some(sweep) = self.sweep.as_mut().filter(|sweep| report.mass.as_ref() == Some(&sweep.id)) {
            sweep.order(report, stated);
            self.state_if_whole(now, out);
        }
        Ok(())
    }

    fn stated(&self, report: &Execution, ours: Option<ClientOrderId>) -> Result<StatedOrder, FixRefusal> {
        let missing = |tag| FixRefusal::Missing { kind: "8".to_owned(), tag };
        let known = ours.and_then(|id| self.known.get(&id));
        // Somebody else's may be of a kind that has no limit; what is left of it is what counts.
        let terms = known.map_or((report.filled, Price::default()), |k| k.terms);
        let standing = report.standing(Some(terms))?;
        let symbol = report.symbol.as_deref().map(Symbol::new);
        let instrument = symbol.and_then(|symbol| self.access.universe.find(&symbol));
        let client_id = match ours {
            Some(id) => self.ids.order(id),
            None => report.client_id.clone().unwrap_or_else(|| "none".to_owned()),
        };
        Ok(StatedOrder {
            id: ours,
            client_id: client_id.into(),
            venue_id: standing.venue_id,
            instrument: instrument.or(known.map(|k| k.order.instrument)),
            side: report.side.or(known.map(|k| k.order.side)).ok_or_else(|| missing(54))?,
            qty: standing.qty,
            limit: standing.limit,
            filled: standing.filled,
            state: standing.state,
        })
    }

    /// 9: a change was refused.
    fn change_refused(&mut self, message: &FixMessage, out: &mut GatewayOut) -> Result<(), FixRefusal> {
        let change = message.need(11)?;
        let kind = match message.need(434)? {
            "1" => ChangeKind::Cancel,
            "2" => ChangeKind::Amend,
            other => return Err(FixRefusal::Code { tag: 434, code: other.to_owned() }),
        };
        let reason = match (message.get(102), message.get(58)) {
            (Some("1"), _) => RejectReason::NoSuchOrder,
            (_, Some(text)) => RejectReason::Venue(text.to_owned()),
            (Some(code), None) => RejectReason::Venue(format!("reason {code}")),
            (None, None) => RejectReason::Venue("no reason given".to_owned()),
        };
        self.refused_change(change, kind, reason, out);
        Ok(())
    }

    fn refused_change(&mut self, change: &str, kind: ChangeKind, reason: RejectReason, out: &mut GatewayOut) {
        let Some(id) = self.ids.ours(change) else {
            self.say(ClientOrderId(0), ReportKind::Foreign { client_id: change.into() }, out);
            return;
        };
        let newer =
            self.known.get(&id).and_then(|k| k.asked.as_ref()).is_some_and(|(asked, _)| asked != change);
        if newer || !self.answered.insert(change.to_owned()) {
            self.stats.duplicates += 1;
            return;
        }
        self.answer_change(Some(change), id);
        let kind = match kind {
            ChangeKind::Amend => ReportKind::AmendRejected(reason),
            ChangeKind::Cancel => ReportKind::CancelRejected(reason),
        };
        self.say(id, kind, out);
    }

    /// j or 3: a message of ours could not be used at all.
    fn ours_refused(
        &mut self,
        now: Timestamp,
        message: &FixMessage,
        out: &mut GatewayOut,
    ) -> Result<(), FixRefusal> {
        let why = message.get(58).map_or_else(
            || format!("reason {}", message.get(380).or(message.get(373)).unwrap_or("not given")),
            str::to_owned,
        );
        let sequence = message.get(45).and_then(|n| n.parse::<u64>().ok());
        let ours = sequence.and_then(|n| self.sent.get(&n)).cloned();
        let kind = ours.as_ref().map_or(message.get(372), |m| Some(m.kind())).unwrap_or("message").to_owned();
        let named = ours.as_ref().and_then(|m| m.get(11)).or(message.get(379)).map(str::to_owned);
        let order = named.as_deref().and_then(|id| self.ids.ours(id));
        let reason = RejectReason::Venue(why.clone());
        match (kind.as_str(), named, order) {
            ("D", _, Some(id)) => {
                // It cannot be both refused and taken: one that is known to be there is asked about.
                let there = self.known.get(&id).is_some_and(|k| k.venue_id.is_some());
                let kind = if there { ReportKind::Unknown } else { ReportKind::Rejected(reason) };
                self.say(id, kind, out);
                Ok(())
            }
            ("G", Some(change), Some(_)) => {
                self.refused_change(&change, ChangeKind::Amend, reason, out);
                Ok(())
            }
            ("F", Some(change), Some(_)) => {
                self.refused_change(&change, ChangeKind::Cancel, reason, out);
                Ok(())
            }
            // 1: it does not know the order.
            ("H", _, Some(id)) if message.get(380) == Some("1") => {
                self.asked.retain(|_, asked| *asked != id);
                if let Some(kind) = self.absent_again(now, id) {
                    self.say(id, kind, out);
                }
                Ok(())
            }
            _ => Err(FixRefusal::Ours { kind, why }),
        }
    }
}
