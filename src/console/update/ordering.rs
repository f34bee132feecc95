//! Orders: tickets, cancels, amendments, the stop, and the one way to say yes.

use super::Action;
use super::review::{review, review_change, review_line};
use crate::console::input::Key;
use crate::console::intent::Intent;
use crate::console::overlay::{
    Amendment, Choice, Chosen, Confirm, Field, Overlay, Prompt, Ticket, TicketField,
};
use crate::console::pane::{PaneId, ladder, reconcile};
use crate::console::preview::{self, Facts};
use crate::console::ui::Ui;
use crate::console::{Frame, Mode, ShellRequest, format, rows, words};
use crate::engine::{CancelScope, Command};
use crate::execution::{NewOrder, Order, OrderState, Pending, QueueAhead};
use crate::market::{InstrumentId, Price, Qty, Side};
use crate::risk::TradingState;
use crate::risk::halt::TAKE_BACK_NS;

/// Orders near the front that a cancel of many names one by one.
const LOST_PLACES: usize = 4;

impl Ui {
    /// A `y`: counts if it is fresh.
    pub(super) fn yes(&mut self, key: Key, before: Option<Key>, frame: &Frame) -> Vec<Action> {
        let Some(Overlay::Prompt(prompt)) = self.stack.last() else { return Vec::new() };
        if !prompt.is_fresh(key, before) {
            self.say("too soon, or held down: press y once more");
            return Vec::new();
        }
        let confirm = prompt.confirm.clone();
        if orders_off(frame) && matches!(&confirm, Confirm::Command(c) if *c != Command::TakeBackStop) {
            self.stack.pop();
            self.say("looking at the past: orders are off");
            return Vec::new();
        }
        // The form that asked is done with too.
        self.stack.clear();
        match confirm {
            Confirm::Command(command) => {
                self.draft = None;
                vec![Action::Command(command)]
            }
            Confirm::Quit => vec![Action::Shell(ShellRequest::Quit)],
        }
    }

    fn ask(&mut self, lines: Vec<String>, confirm: Confirm, frame: &Frame) {
        self.stack.push(Overlay::Prompt(Prompt::new(lines, confirm, frame.status.mode)));
    }

    /// The instrument that an order key, or the question what happened in it, is about.
    pub(super) fn instrument_here(&self, frame: &Frame) -> Option<InstrumentId> {
        match self.focus {
            PaneId::Positions => {
                rows::selected_position(frame, self).map(|(_, p)| p.instrument).or(self.symbol)
            }
            PaneId::Board => rows::selected_on_board(frame, self).or(self.symbol),
            PaneId::Orders => rows::selected_order(frame, self).map(|o| o.order.instrument).or(self.symbol),
            PaneId::Slips => {
                rows::selected_slip(frame, self).map(|s| s.order.order.instrument).or(self.symbol)
            }
            _ => self.symbol,
        }
    }

    pub(super) fn open_ticket(&mut self, side: Side, frame: &Frame) {
        match self.fresh_ticket(side, frame) {
            Ok(fresh) => {
                let kept = self.draft.take_if(|d| d.side == side && d.instrument == fresh.instrument);
                self.look_at(fresh.instrument);
                // The same keys go to the same fields, whether there was a draft or not.
                let mut ticket = kept.unwrap_or(fresh);
                ticket.active = TicketField::Qty;
                self.stack.push(Overlay::Ticket(ticket));
            }
            Err(why) => self.say(why),
        }
    }

    /// A ticket at the cursor's price, of the preset size.
    fn fresh_ticket(&self, side: Side, frame: &Frame) -> Result<Ticket, &'static str> {
        let instrument = self.instrument_here(frame).ok_or("no symbol: t chooses one")?;
        if orders_off(frame) {
            return Err("looking at the past: orders are off");
        }
        let account = preview::account_of(frame).ok_or("no account: nothing can be ordered")?;
        let facts = Facts::of(frame, instrument, Some(&account)).ok_or("not in this day")?;
        if facts.view.view_only {
            return Err("view only: another market");
        }
        let price = self.price_at_cursor(instrument, side, frame);
        let prices = words::price_format(&frame.snapshot, instrument);
        let qty = self.proposed_size(price, &facts);
        let limit = price.map_or_else(String::new, |p| prices.text(p).replace(',', ""));
        Ok(Ticket {
            side,
            instrument,
            account,
            qty: Field::proposing(&qty),
            limit: Field::proposing(&limit),
            active: TicketField::Qty,
            fault: None,
        })
    }

    /// Reviews the ticket: a prompt with everything in it, or the reason why not.
    pub(super) fn review_ticket(&mut self, frame: &Frame) {
        let Some(Overlay::Ticket(ticket)) = self.stack.last_mut() else { return };
        let reviewed = review(ticket, self.hold_ns, frame);
        ticket.fault = reviewed.as_ref().err().cloned();
        match reviewed {
            Ok((order, lines)) => {
                let confirm = Confirm::Command(self.submission(order));
                self.ask(lines, confirm, frame);
            }
            Err(why) => self.say(why),
        }
    }

    /// The command that sends an order, held first where this operator has a hold set.
    fn submission(&self, order: NewOrder) -> Command {
        match self.hold_ns {
            ..=0 => Command::SubmitOrder(order),
            hold_ns => Command::HoldOrder { order, hold_ns },
        }
    }

    /// The chosen size in shares; in its own words where it says no shares now, so that the form
    /// can say why.
    fn proposed_size(&self, price: Option<Price>, facts: &Facts<'_>) -> String {
        let size = self.sizes.chosen(self.sizes.class(facts));
        size.qty(price, facts).map_or_else(|_| size.text(), |q| q.units().to_string())
    }

    /// A one-line order at the cursor's price, of the preset size. A draft is left alone.
    pub(super) fn quick(&mut self, side: Side, frame: &Frame) {
        let ticket = match self.fresh_ticket(side, frame) {
            Ok(ticket) => ticket,
            Err(why) => return self.say(why),
        };
        let inline = !self.too_small();
        let reviewed = if inline {
            review_line(&ticket, self.hold_ns, frame)
        } else {
            review(&ticket, self.hold_ns, frame)
        };
        match reviewed {
            Ok((order, lines)) => {
                let confirm = Confirm::Command(self.submission(order));
                let mut prompt = Prompt::new(lines, confirm, frame.status.mode);
                prompt.inline = inline;
                self.stack.push(Overlay::Prompt(prompt));
            }
            Err(why) => self.say(why),
        }
    }

    /// The own order that `x` and `e` are about.
    fn own_order<'a>(&self, frame: &'a Frame) -> Result<&'a Order, String> {
        if self.focus == PaneId::Orders {
            return rows::selected_order(frame, self).ok_or_else(|| "no order is selected".to_owned());
        }
        let price = self.ladder.cursor.ok_or("the cursor is on no price: j and k move it")?;
        let at_cursor = |o: &&Order| {
            o.state.is_open()
                && Some(o.order.instrument) == self.symbol
                && ladder::is_on_row(frame, self.ladder.view, o, price)
        };
        let mut own = frame.snapshot.orders.iter().map(AsRef::as_ref).filter(at_cursor);
        match (own.next(), own.next()) {
            (Some(order), None) => Ok(order),
            (None, _) => Err("no order of yours at this price".to_owned()),
            (Some(_), Some(_)) => Err("more than one of yours here: choose it in Orders (g o)".to_owned()),
        }
    }

    pub(super) fn cancel(&mut self, frame: &Frame) -> Vec<Action> {
        let order = match self.own_order(frame) {
            Ok(order) => order,
            Err(why) => {
                self.say(why);
                return Vec::new();
            }
        };
        self.cancel_one(order, frame)
    }

    fn cancel_one(&mut self, order: &Order, frame: &Frame) -> Vec<Action> {
        let id = order.id;
        if !order.state.is_open() {
            self.say(format!("{id} is {}: nothing to cancel", words::bare_state(order.state)));
        } else if order.pending == Some(Pending::Cancel) || self.cancels_out.contains_key(&id) {
            self.say(format!("{id}: a cancel is under way, its keys are off"));
        } else if orders_off(frame) {
            self.say("looking at the past: orders are off");
        } else {
            self.cancels_out.insert(id, frame.snapshot.inputs);
            return vec![Action::Command(Command::CancelOrder { id })];
        }
        Vec::new()
    }

    pub(super) fn open_amendment(&mut self, frame: &Frame) {
        let order = match self.own_order(frame) {
            Ok(order) => order,
            Err(why) => return self.say(why),
        };
        if order.state == OrderState::Held {
            return self.say(format!("{} has not left yet: u or x takes it back unseen", order.id));
        }
        if !order.takes_changes() || self.cancels_out.contains_key(&order.id) {
            let (id, state) = (order.id, words::order_state(order));
            return self.say(format!("{id} is {state}: its keys are off until it is answered"));
        }
        let prices = words::price_format(&frame.snapshot, order.order.instrument);
        self.stack.push(Overlay::Amend(Amendment::of(order, prices)));
    }

    pub(super) fn review_amendment(&mut self, frame: &Frame) {
        let Some(Overlay::Amend(form)) = self.stack.last_mut() else { return };
        let reviewed = review_change(form, frame);
        form.fault = reviewed.as_ref().err().cloned();
        if let Ok((command, lines)) = reviewed {
            self.ask(lines, Confirm::Command(command), frame);
        }
    }

    /// This side, this symbol, everything: each with its count.
    pub(super) fn ask_cancel_many(&mut self, frame: &Frame) {
        let mut scopes = Vec::new();
        if let Some(id) = self.instrument_here(frame).filter(|_| !self.too_small()) {
            scopes.extend(Side::BOTH.map(|side| CancelScope::Side(id, side)));
            scopes.push(CancelScope::Instrument(id));
        }
        scopes.push(CancelScope::All);
        if in_scope(frame, CancelScope::All).next().is_none() {
            return self.say("nothing is open: nothing to cancel");
        }
        // The rows are always the same, so that a habit never lands on another one.
        let rows: Vec<_> = scopes.into_iter().map(|s| (scope_line(frame, s), Chosen::Cancel(s))).collect();
        match rows.as_slice() {
            [(_, Chosen::Cancel(only))] => self.ask_cancel_scope(*only, frame),
            _ => self.stack.push(Overlay::Choice(Choice { title: "Cancel".to_owned(), rows, at: 0 })),
        }
    }

    pub(super) fn ask_cancel_scope(&mut self, scope: CancelScope, frame: &Frame) {
        if in_scope(frame, scope).next().is_none() {
            return self.say("nothing is open there: nothing to cancel");
        }
        let near = |o: &&Order| o.queue_ahead.is_some_and(|q: QueueAhead| q.expected < o.open_qty());
        let near: Vec<&Order> = in_scope(frame, scope).filter(near).collect();
        let mut lines = vec![format!("Cancel {}", scope_line(frame, scope))];
        lines.extend(near.iter().take(LOST_PLACES).map(|o| {
            let ahead = words::queue(o).unwrap_or_default();
            format!("{} {} loses its place: {ahead}", o.id, words::order_line(&frame.snapshot, &o.order))
        }));
        if near.len() > LOST_PLACES {
            lines.push(format!("and {} more near the front lose theirs", near.len() - LOST_PLACES));
        }
        self.ask(lines, Confirm::Command(Command::CancelMany(scope)), frame);
    }

    /// The stop within ten seconds; else the last order sent.
    pub(super) fn take_back(&mut self, frame: &Frame) -> Vec<Action> {
        if let TradingState::Halted { by, at, .. } = &frame.snapshot.trading {
            let age = frame.snapshot.now.since_ns(*at);
            if *by != frame.status.operator {
                self.say(format!("{by} stopped trading; only they may take it back"));
            } else if age > TAKE_BACK_NS {
                self.say("the ten seconds are over; :release undoes the stop");
            } else {
                let line = format!("Take back the stop of {}? Orders may be sent again", format::clock(*at));
                self.ask(vec![line], Confirm::Command(Command::TakeBackStop), frame);
            }
            return Vec::new();
        }
        let last = frame.snapshot.orders.iter().rev().find(|o| o.state.is_open());
        match last {
            Some(order) => self.cancel_one(order, frame),
            None => {
                self.say("nothing to take back: no stop, no open order");
                Vec::new()
            }
        }
    }

    pub(super) fn ask_release(&mut self, frame: &Frame) {
        match &frame.snapshot.trading {
            TradingState::Active => self.say("trading is not stopped"),
            TradingState::Halted { by, at, .. } => {
                let line =
                    format!("Release the stop of {by}, {}? Orders may be sent again", format::clock(*at));
                self.ask(vec![line], Confirm::Command(Command::ReleaseStop), frame);
            }
        }
    }

    /// Goes on with what the gateway has otherwise, after a yes that names it.
    pub(super) fn ask_accept(&mut self, frame: &Frame) {
        let agreement = &frame.snapshot.gateway.agreement;
        let differences = agreement.differences();
        if differences.is_empty() {
            return self.say("the gateway has nothing otherwise than we do");
        }
        let shown = differences.iter().take(6).map(|difference| {
            let (what, ours, theirs) = reconcile::line(&frame.snapshot, difference);
            format!("{what}: ours {ours}, theirs {theirs}")
        });
        let mut lines: Vec<String> = shown.collect();
        if differences.len() > lines.len() {
            lines.push(format!("and {} more: g b shows them", differences.len() - lines.len()));
        }
        lines.push("Accept? Our books become as the gateway states".to_owned());
        let accept = Command::AcceptDifference { seen: agreement.fingerprint() };
        self.ask(lines, Confirm::Command(accept), frame);
    }

    pub(super) fn resize(&mut self, intent: Intent, frame: &Frame) {
        let (id, account, price) = match self.stack.last() {
            Some(Overlay::Ticket(t)) => (Some(t.instrument), Some(t.account.clone()), t.limit_now(frame)),
            _ => (self.symbol, preview::account_of(frame), None),
        };
        let Some(facts) = id.and_then(|id| Facts::of(frame, id, account.as_ref())) else {
            return self.say("no symbol: t chooses one");
        };
        let price = price.or_else(|| self.price_at_cursor(facts.view.id, Side::Buy, frame));
        let class = self.sizes.class(&facts);
        match intent {
            Intent::SizeUp | Intent::SizeDown => self.sizes.step(class, intent == Intent::SizeUp),
            _ => {
                let now = self.sizes.chosen(class).qty(price, &facts).unwrap_or(facts.lot);
                self.sizes.step_lot(class, intent == Intent::LotUp, now, facts.lot);
            }
        }
        let proposed = self.proposed_size(price, &facts);
        let size = self.sizes.chosen(class);
        if let Some(Overlay::Ticket(ticket)) = self.stack.last_mut() {
            ticket.qty = Field::proposing(&proposed);
            ticket.fault = None;
        } else {
            match size.qty(price, &facts) {
                Ok(qty) => self.say(format!("size {} = {} shares", size.text(), format::qty(qty))),
                Err(why) => self.say(format!("size {}: {why}", size.text())),
            }
        }
    }

    /// Leaves the terminal; in LIVE, or with orders open, only after a yes.
    pub(super) fn quit(&mut self, frame: &Frame) -> Vec<Action> {
        let open = frame.snapshot.orders.iter().filter(|o| o.state.is_open()).count();
        if frame.status.mode != Mode::Live && open == 0 {
            return vec![Action::Shell(ShellRequest::Quit)];
        }
        let what =
            if open == 1 { "1 order stays open".to_owned() } else { format!("{open} orders stay open") };
        self.ask(vec![format!("Leave this terminal? {what}")], Confirm::Quit, frame);
        Vec::new()
    }
}

/// Whether the view is of the past of this session.
fn orders_off(frame: &Frame) -> bool {
    frame.status.transport.as_ref().is_some_and(|t| t.view_only)
}

/// The open orders of a scope.
fn in_scope(frame: &Frame, scope: CancelScope) -> impl Iterator<Item = &Order> {
    frame.snapshot.orders.iter().map(AsRef::as_ref).filter(move |o| {
        o.state.is_open()
            && match scope {
                CancelScope::All => true,
                CancelScope::Instrument(id) => o.order.instrument == id,
                CancelScope::Side(id, side) => o.order.instrument == id && o.order.side == side,
            }
    })
}

fn scope_line(frame: &Frame, scope: CancelScope) -> String {
    let name = match scope {
        CancelScope::All => "everything".to_owned(),
        CancelScope::Instrument(id) => words::symbol(&frame.snapshot, id).to_owned(),
        CancelScope::Side(id, side) => format!("{side} {}", words::symbol(&frame.snapshot, id)),
    };
    let count = in_scope(frame, scope).count();
    let shares: Qty = in_scope(frame, scope).map(Order::open_qty).sum();
    let orders = if count == 1 { "order" } else { "orders" };
    format!("{name}: {count} {orders}, {} shares", format::qty(shares))
}
