//! Orders: tickets, cancels, amendments, the stop, and the one way to say yes.

use super::Action;
use crate::console::input::Key;
use crate::console::intent::Intent;
use crate::console::overlay::{
    Amendment, Choice, Chosen, Confirm, Field, Overlay, Prompt, Ticket, TicketField,
};
use crate::console::pane::{PaneId, ladder};
use crate::console::preview::{self, Facts, Preview};
use crate::console::ui::Ui;
use crate::console::{Frame, Mode, ShellRequest, format, rows, words};
use crate::engine::{CancelScope, Command};
use crate::execution::{NewOrder, Order, Pending, QueueAhead};
use crate::market::{InstrumentId, Money, Qty, Side};
use crate::risk::TradingState;
use crate::risk::halt::TAKE_BACK_NS;

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

    /// The instrument that an order key is about.
    fn instrument_here(&self, frame: &Frame) -> Option<InstrumentId> {
        match self.focus {
            PaneId::Positions => {
                rows::selected_position(frame, self).map(|(_, p)| p.instrument).or(self.symbol)
            }
            PaneId::Board => rows::selected_on_board(frame, self).or(self.symbol),
            PaneId::Orders => rows::selected_order(frame, self).map(|o| o.order.instrument).or(self.symbol),
            _ => self.symbol,
        }
    }

    pub(super) fn open_ticket(&mut self, side: Side, frame: &Frame) {
        let Some(instrument) = self.instrument_here(frame) else {
            return self.say("no symbol: t chooses one");
        };
        if orders_off(frame) {
            return self.say("looking at the past: orders are off");
        }
        if let Some(draft) = self.draft.take_if(|d| d.side == side && d.instrument == instrument) {
            self.stack.push(Overlay::Ticket(draft));
            return;
        }
        let Some(account) = preview::account_of(frame) else {
            return self.say("no account: nothing can be ordered");
        };
        let Some(facts) = Facts::of(frame, instrument, Some(&account)) else {
            return self.say("not in this day");
        };
        if facts.view.view_only {
            return self.say("view only: another market");
        }
        let price = self.price_at_cursor(instrument, side, frame);
        let prices = words::price_format(&frame.snapshot, instrument);
        let qty = self.sizes.qty(price, facts.lot).map_or_else(String::new, |q| q.units().to_string());
        let limit = price.map_or_else(String::new, |p| prices.text(p).replace(',', ""));
        self.look_at(instrument);
        self.stack.push(Overlay::Ticket(Ticket {
            side,
            instrument,
            account,
            qty: Field::proposing(&qty),
            limit: Field::proposing(&limit),
            active: TicketField::Qty,
            fault: None,
        }));
    }

    /// Reviews the ticket: a prompt with everything in it, or the reason why not.
    pub(super) fn review_ticket(&mut self, frame: &Frame) {
        let Some(Overlay::Ticket(ticket)) = self.stack.last_mut() else { return };
        let reviewed = review(ticket, frame);
        ticket.fault = reviewed.as_ref().err().cloned();
        if let Ok((order, lines)) = reviewed {
            self.ask(lines, Confirm::Command(Command::SubmitOrder(order)), frame);
        }
    }

    /// A one-line order at the cursor's price, of the preset size.
    pub(super) fn quick(&mut self, side: Side, frame: &Frame) {
        self.open_ticket(side, frame);
        let Some(Overlay::Ticket(ticket)) = self.stack.last() else { return };
        let reviewed = review(ticket, frame);
        self.stack.pop();
        match reviewed {
            Ok((order, lines)) => {
                let confirm = Confirm::Command(Command::SubmitOrder(order));
                let mut prompt = Prompt::new(lines, confirm, frame.status.mode);
                prompt.inline = !self.too_small();
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
        let open = scopes.into_iter().filter(|s| in_scope(frame, *s).next().is_some());
        let rows: Vec<_> = open.map(|s| (scope_line(frame, s), Chosen::Cancel(s))).collect();
        match rows.as_slice() {
            [] => self.say("nothing is open: nothing to cancel"),
            [(_, Chosen::Cancel(only))] => self.ask_cancel_scope(*only, frame),
            _ => self.stack.push(Overlay::Choice(Choice { title: "Cancel".to_owned(), rows, at: 0 })),
        }
    }

    pub(super) fn ask_cancel_scope(&mut self, scope: CancelScope, frame: &Frame) {
        let queued = |o: &&Order| o.queue_ahead.is_some_and(|q: QueueAhead| q.expected < o.open_qty());
        let near = in_scope(frame, scope).filter(queued).count();
        let mut lines = vec![format!("Cancel {}", scope_line(frame, scope))];
        if near > 0 {
            lines.push(format!("{near} near the front of the queue: the place is lost"));
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

    pub(super) fn resize(&mut self, intent: Intent, frame: &Frame) {
        let facts = self.symbol.and_then(|id| Facts::of(frame, id, None));
        let lot = facts.map_or(Qty::from_units(1), |f| f.lot);
        let price = self.symbol.and_then(|id| self.price_at_cursor(id, Side::Buy, frame));
        match intent {
            Intent::SizeUp | Intent::SizeDown => self.sizes.step(intent == Intent::SizeUp),
            _ => self.sizes.step_lot(intent == Intent::LotUp, price, lot),
        }
        let qty = self.sizes.qty(price, lot);
        let text = qty.map_or_else(|| format::MISSING.to_owned(), format::qty);
        if let Some(Overlay::Ticket(ticket)) = self.stack.last_mut() {
            if let Some(qty) = qty {
                ticket.qty = Field::proposing(&qty.units().to_string());
            }
        } else {
            self.say(format!("size {} = {text} shares", self.sizes.text()));
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

/// What a prompt says of a new order: side, size, symbol, price, account, cost.
fn review(ticket: &Ticket, frame: &Frame) -> Result<(NewOrder, Vec<String>), String> {
    let order = ticket.order(frame)?;
    let facts = ticket.facts(frame)?;
    let preview = preview::preview(&facts, &order);
    if let Some(denial) = preview.denials.first() {
        let more = preview.denials.len() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        return Err(format!("would be denied: {}{more}", words::denial(denial)));
    }
    let line = words::order_line(&frame.snapshot, &order);
    let lines = vec![format!("{line}  account {}", order.account), cost_line(order.side, &preview)];
    Ok((order, lines))
}

fn cost_line(side: Side, p: &Preview) -> String {
    let money = |m: Option<Money>| m.map_or_else(|| format::MISSING.to_owned(), format::money);
    let verb = if side == Side::Buy { "pay" } else { "get" };
    format!("{verb} {}, charges {}", money(p.total), money(p.charges.map(|c| c.total)))
}

/// What a prompt says of a change.
fn review_change(form: &Amendment, frame: &Frame) -> Result<(Command, Vec<String>), String> {
    let order = frame.snapshot.order(form.id).ok_or("the order is not there any more")?;
    let (qty, limit) = form.terms(frame)?;
    if (qty, limit) == (order.order.qty, order.order.limit) {
        return Err("nothing would change".to_owned());
    }
    if qty <= order.filled {
        return Err(format!("{} are done already: cancel the rest instead", format::qty(order.filled)));
    }
    let id = order.order.instrument;
    let before = words::order_line(&frame.snapshot, &order.order);
    let price = words::price(&frame.snapshot, id, limit);
    let place = if form.keeps_place(order, qty, limit) { "keeps" } else { "LOSES" };
    let lines = vec![
        format!("Amend {} {before}  to {} @ {price}", form.id, format::qty(qty)),
        format!("{} done, it {place} its place in the queue", format::qty(order.filled)),
    ];
    Ok((Command::AmendOrder { id: form.id, qty, limit, seen: form.seen }, lines))
}
