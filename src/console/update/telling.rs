//! What is behind a row: orders, alerts, positions, symbols, in lines to read or to copy.

use super::{Action, costs};
use crate::console::overlay::{Overlay, Reading};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::console::{Frame, JournalStatus, fill, format, rows, words};
use crate::engine::snapshot::{InstrumentView, PositionView};
use crate::execution::{Order, Pending};
use crate::market::{Money, Qty, Timestamp};

impl Ui {
    /// Opens what the selected thing is made of.
    pub(super) fn tell_why(&mut self, frame: &Frame) {
        if let Some(Overlay::Ticket(ticket)) = self.stack.last() {
            let (title, lines) = costs::lines(ticket, frame);
            return self.stack.push(Overlay::Reading(Reading::new(title, lines)));
        }
        if let Some(Overlay::Amend(_)) = self.stack.last() {
            return self.say("an amendment costs nothing by itself; w in a ticket shows what an order costs");
        }
        match self.told(frame) {
            Some((title, lines)) => self.stack.push(Overlay::Reading(Reading::new(title, lines))),
            None => self.say("nothing is selected here"),
        }
    }

    /// Copies the selected thing as one line.
    pub(super) fn copy(&mut self, frame: &Frame) -> Vec<Action> {
        let text = match self.stack.last() {
            Some(Overlay::Reading(reading)) => Some(reading.lines.join("\n")),
            Some(_) => None,
            None => self.line_to_copy(frame),
        };
        match text {
            Some(text) => {
                self.say(format!("copied: {}", text.lines().next().unwrap_or_default()));
                vec![Action::Copy(text)]
            }
            None => self.none(|ui| ui.say("nothing is selected here")),
        }
    }

    fn line_to_copy(&self, frame: &Frame) -> Option<String> {
        let snapshot = &frame.snapshot;
        match self.focus {
            PaneId::Orders => {
                let order = rows::selected_order(frame, self)?;
                let state = words::order_state(order);
                Some(format!("{} {} {state}", order.id, words::order_line(snapshot, &order.order)))
            }
            PaneId::Alerts => {
                let alert = rows::selected_alert(frame, self)?;
                Some(format!("{} {}", format::clock(alert.at), words::alert(snapshot, alert)))
            }
            _ => {
                let instrument = snapshot.instrument(self.symbol?)?;
                let prices = words::price_format(snapshot, instrument.id);
                Some(format!(
                    "{} {}",
                    instrument.symbol,
                    prices.option(self.ladder.cursor.or(instrument.last()))
                ))
            }
        }
    }

    fn told(&self, frame: &Frame) -> Option<(String, Vec<String>)> {
        let snapshot = &frame.snapshot;
        match self.focus {
            PaneId::Orders => {
                let order = rows::selected_order(frame, self)?;
                Some((format!("Order {}", order.id), order_lines(frame, order)))
            }
            PaneId::Alerts => {
                let alert = rows::selected_alert(frame, self)?;
                let mut lines = vec![words::alert(snapshot, alert), format!("raised {}", alert.at)];
                lines.push(format!("weight {}", alert.kind.severity()));
                let noted = alert.acknowledged.as_ref().map(|by| format!("acknowledged by {by}"));
                lines.push(noted.unwrap_or_else(|| "nobody has acknowledged it".to_owned()));
                lines.extend(alert.shelved_until.map(|u| format!("shelved until {}", format::clock(u))));
                Some((format!("Alert {}", alert.id), lines))
            }
            PaneId::Positions => {
                let id = rows::selected_position(frame, self)?;
                let position = rows::held(frame).find(|p| p.instrument == id)?;
                Some((format!("Position {}", position.symbol), position_lines(frame, position)))
            }
            PaneId::Journal => {
                let JournalStatus::Durable { tail, .. } = &frame.status.journal else { return None };
                let seq = rows::selected(PaneId::Journal, frame, self)?;
                let line = tail.iter().find(|l| l.seq == seq)?;
                Some((format!("Record {seq}"), vec![line.at.to_string(), line.text.clone()]))
            }
            _ => {
                let instrument = snapshot.instrument(self.symbol?)?;
                Some((instrument.symbol.to_string(), instrument_lines(frame, instrument)))
            }
        }
    }

    /// Everything of today about the symbol looked at.
    pub(super) fn tell_history(&mut self, frame: &Frame) {
        let Some(instrument) = self.symbol.and_then(|id| frame.snapshot.instrument(id)) else {
            return self.say("no symbol: t chooses one");
        };
        let mut lines: Vec<String> = Vec::new();
        for order in frame.snapshot.orders.iter().filter(|o| o.order.instrument == instrument.id) {
            let (line, state) = (words::order_line(&frame.snapshot, &order.order), words::order_state(order));
            let done = format::qty(order.filled);
            lines.push(format!("{} {} {line} {state}, {done} done", format::clock(order.sent_at), order.id));
        }
        for alert in frame.snapshot.alerts.iter().filter(|a| a.kind.instrument() == Some(instrument.id)) {
            lines.push(format!("{} {}", format::clock(alert.at), words::alert(&frame.snapshot, alert)));
        }
        if lines.is_empty() {
            lines.push("no order of ours and no alert in it today".to_owned());
        }
        lines.sort();
        let title = format!("{} today", instrument.symbol);
        self.stack.push(Overlay::Reading(Reading::new(title, lines)));
    }
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| format::MISSING.to_owned(), format::money)
}

fn order_lines(frame: &Frame, order: &Order) -> Vec<String> {
    let prices = words::price_format(&frame.snapshot, order.order.instrument);
    let mut lines = vec![
        format!("{}  account {}", words::order_line(&frame.snapshot, &order.order), order.order.account),
        format!("state     {}", words::order_state(order)),
        format!("done      {}  left {}", format::qty(order.filled), format::qty(order.left())),
        format!("value     {}", format::money(order.filled_value)),
    ];
    lines.extend(answers(frame, order));
    lines.push(format!("changed   {}", order.changed_at));
    let venue = order.venue_id.as_ref().map_or_else(|| format::MISSING.to_owned(), ToString::to_string);
    lines.push(format!("venue id  {venue}"));
    lines.extend(order.reason.as_ref().map(|r| format!("reason    {r}")));
    let note = words::order_note(order, prices);
    if !note.is_empty() {
        lines.push(note);
    }
    lines.push(format!("its id is the number of the journal record that created it: {}", order.id.0));
    lines
}

/// The three answers to the order and to its last change, each with its time.
fn answers(frame: &Frame, order: &Order) -> Vec<String> {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "not yet".to_owned(), |at| at.to_string());
    let mut out = vec![format!("asked     {}", order.asked_at)];
    match order.held_until {
        Some(until) => out.push(format!("held      until {until}: it has not left")),
        None if !order.state.has_left() => out.push("held      it never left".to_owned()),
        None => out.extend([
            format!("sent      {}", order.sent_at),
            format!("accepted  {} by the gateway", time(order.received_at)),
            format!("confirmed {} by the venue", time(order.answered_at)),
        ]),
    }
    if let Some(change) = order.change {
        let prices = words::price_format(&frame.snapshot, order.order.instrument);
        let what = match change.what {
            Pending::Cancel => "cancel".to_owned(),
            Pending::Amend { qty, limit } => {
                format!("change to {} @ {}", format::qty(qty), prices.text(limit))
            }
        };
        out.extend([
            what,
            format!("  sent      {}", change.sent_at),
            format!("  accepted  {} by the gateway", time(change.received_at)),
            format!("  confirmed {} by the venue", time(change.answered_at)),
        ]);
    }
    match fill::of_order(frame, order) {
        Ok(c) => out.push(format!(
            "filled    {}' by the close ({}-{}), {} minutes left; ' the model's defaults",
            format::probability(c.likely),
            format::probability(c.low),
            format::probability(c.high),
            c.minutes
        )),
        Err(why) => out.push(format!("filled    - by the close: {why}")),
    }
    out
}

fn position_lines(frame: &Frame, p: &PositionView) -> Vec<String> {
    let prices = words::price_format(&frame.snapshot, p.instrument);
    let first_sale = p.first_sale.map_or_else(|| format::MISSING.to_owned(), format::date_both);
    let charged = |c: &crate::market::fees::DayCharged| {
        let (commission, sebon, dp) =
            (format::money(c.commission), format::money(c.sebon), format::money(c.dp));
        format!("commission {commission}  SEBON {sebon}  DP {dp}")
    };
    vec![
        format!(
            "held       {}  of it bought today {}",
            format::qty(p.position.qty),
            format::qty(p.position.bought)
        ),
        format!("sellable   {} now; what was bought today from {first_sale}", format::qty(p.sellable)),
        format!(
            "cost       {} with purchase charges, {} a share",
            money(p.position.cost),
            prices.option(p.wacc)
        ),
        format!(
            "breaks even at {} (first price on the grid, charges of the sale in it)",
            prices.option(p.break_even)
        ),
        format!("worth      {} at {}", money(p.position.value()), prices.option(p.position.mark)),
        format!("result     {} before exit", money(p.unrealised)),
        format!("exit       {} charges and tax if all were sold at the mark", money(p.exit_cost)),
        format!("realised   {} today, before tax", money(p.position.realised)),
        format!("buys       {}", charged(&p.position.buys)),
        format!("sells      {}", charged(&p.position.sells)),
    ]
}

fn instrument_lines(frame: &Frame, i: &InstrumentView) -> Vec<String> {
    let snapshot = &frame.snapshot;
    let prices = words::price_format(snapshot, i.id);
    let facts = snapshot.day.universe.get(i.id);
    let band = |b: Option<(crate::market::Price, crate::market::Price)>| match b {
        Some((low, high)) => format!("{} to {}", prices.text(low), prices.text(high)),
        None => "not known (no close before, or the kind is not known)".to_owned(),
    };
    let mut lines = vec![
        facts.map_or_else(String::new, |f| f.name.clone()),
        format!("sector      {}", facts.and_then(|f| f.sector.as_deref()).unwrap_or(format::MISSING)),
        format!("close before {}", prices.option(i.previous_close)),
        format!("daily band  {}", band(i.daily_band)),
        format!("order band  {}", band(i.order_band)),
        format!(
            "traded      {} shares in {} prints, {}",
            format::qty(i.day.volume),
            i.day.trades,
            format::money(i.day.turnover)
        ),
        format!("vwap        {}", prices.option(i.day.vwap())),
        format!(
            "adv         {}",
            facts
                .and_then(|f| f.adv)
                .map_or_else(|| format::MISSING.to_owned(), |a| format::qty(Qty::from_units(a)))
        ),
        format!("quarantined {} prints", i.quarantined),
    ];
    if let Some((at, verdict)) = &i.last_finding {
        lines.push(format!("last finding {} {}", format::clock(*at), verdict.findings));
    }
    if i.halted_by_gap {
        lines.push("HALTED: a sequence number is missing, nothing of it is believed".to_owned());
    }
    lines
}
