//! What is behind a row: orders, alerts, positions, symbols, in lines to read or to copy.

use super::{Action, costs};
use crate::console::breadth::{self, Sector};
use crate::console::overlay::{Overlay, Reading};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::console::{Frame, JournalStatus, fill, format, risk_words, rows, words};
use crate::engine::snapshot::{InstrumentView, PositionView, ReadingView};
use crate::engine::{Alert, CheckedOrder};
use crate::execution::{Order, Pending};
use crate::market::{InstrumentId, Money, Qty, Timestamp};
use crate::risk::Check;
use crate::risk::reading::{Acts, Measure};

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
            PaneId::Sectors => {
                let at = usize::try_from(rows::selected(PaneId::Sectors, frame, self)?).ok()?;
                let sectors = breadth::sectors(snapshot);
                let Sector { name, breadth: of } = sectors.get(at)?;
                let mean = format::percent(of.mean_change_bps());
                Some(format!("{name} adv {} dec {} unch {} mean {mean}%", of.up, of.down, of.same))
            }
            _ => {
                let instrument = snapshot.instrument(self.symbol_here(frame)?)?;
                let prices = words::price_format(snapshot, instrument.id);
                Some(format!(
                    "{} {}",
                    instrument.symbol,
                    prices.option(self.ladder.cursor.or(instrument.last()))
                ))
            }
        }
    }

    /// The symbol that a key without an order or a position is about.
    fn symbol_here(&self, frame: &Frame) -> Option<InstrumentId> {
        let board = (self.focus == PaneId::Board).then(|| rows::selected_on_board(frame, self));
        board.flatten().or(self.symbol)
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
                Some((format!("Alert {}", alert.id), alert_lines(frame, alert)))
            }
            PaneId::Breakers => {
                let reading = rows::reading(frame, rows::selected(PaneId::Breakers, frame, self)?)?;
                let rule = reading.reading.rule;
                let title = format!("{} {}", rule.code(), risk_words::rule(rule));
                Some((title, reading_lines(reading)))
            }
            PaneId::Checks => {
                let checked = rows::selected_check(frame, self)?;
                Some((format!("Checks of command {}", checked.seq), check_lines(frame, checked)))
            }
            PaneId::Positions => {
                let (account, position) = rows::selected_position(frame, self)?;
                let title = format!("Position {}  account {}", position.symbol, account.id);
                Some((title, position_lines(frame, position)))
            }
            PaneId::Journal => {
                let JournalStatus::Durable { tail, .. } = &frame.status.journal else { return None };
                let seq = rows::selected(PaneId::Journal, frame, self)?;
                let line = tail.iter().find(|l| l.seq == seq)?;
                Some((format!("Record {seq}"), vec![line.at.to_string(), line.text.clone()]))
            }
            _ => {
                let instrument = snapshot.instrument(self.symbol_here(frame)?)?;
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

fn alert_lines(frame: &Frame, alert: &Alert) -> Vec<String> {
    let mut lines = vec![
        words::alert(&frame.snapshot, alert),
        format!("weight    {}", alert.kind.severity()),
        format!("raised    {} NPT, {}", format::clock(alert.at), alert.at),
    ];
    let by = alert.acknowledged.as_ref();
    lines.push(
        by.map_or_else(
            || "noted     by nobody yet; a notes it".to_owned(),
            |by| format!("noted     by {by}"),
        ),
    );
    lines.push(match alert.shelved_until {
        Some(until) if rows::is_shelved(alert, frame) => {
            format!("shelved   until {}; d takes it back", format::clock(until))
        }
        Some(until) => format!("shelved   no longer, since {}", format::clock(until)),
        None => "shelved   no; d puts it away".to_owned(),
    });
    if let Some(id) = alert.kind.instrument() {
        let last =
            frame.snapshot.instrument(id).map(|i| words::price_format(&frame.snapshot, id).option(i.last()));
        lines.push(format!(
            "symbol    {} last {}",
            words::symbol(&frame.snapshot, id),
            last.unwrap_or_default()
        ));
    }
    lines.extend(journal_then(frame, alert.at));
    lines
}

/// The last journal record at or before a moment, as far back as the tail goes.
fn journal_then(frame: &Frame, at: Timestamp) -> Option<String> {
    let JournalStatus::Durable { tail, .. } = &frame.status.journal else {
        return Some("journal   not journaled".to_owned());
    };
    let before = tail.iter().rev().find(|line| line.at <= at)?;
    Some(format!("journal   record {} was the last one then: {}", before.seq, before.text))
}

fn reading_lines(view: &ReadingView) -> Vec<String> {
    let rule = view.reading.rule;
    let mut lines = Vec::new();
    match &view.reading.measure {
        Measure::Known(m) => {
            lines.push(format!("now       {}", risk_words::amount(m.value)));
            let side = if m.acts == Acts::Above { "above" } else { "below" };
            lines.push(format!("limit     {side} {}", risk_words::limit(m)));
            let part = m.nearness() * 100.0;
            lines.push(format!(
                "of the way {part:.0}%{}",
                if m.is_beyond() { ", BEYOND the limit" } else { "" }
            ));
            lines.extend(m.source.map(|source| format!("feed      {source}")));
            lines.extend(m.caveat.map(|c| format!("leaves out {}", risk_words::caveat(c))));
        }
        Measure::Missing(why) => lines.push(format!("not measured: {}", risk_words::missing(*why))),
    }
    lines.push(match view.nearest {
        Some(nearest) => {
            format!(
                "nearest   {:.0}% today, since {}",
                f64::from(nearest.ppm) / 1e4,
                format::clock(nearest.at)
            )
        }
        None => "nearest   never off zero today".to_owned(),
    });
    lines.push(format!("would     {}", risk_words::action(rule.action())));
    lines.push(format!("released  {}", risk_words::release(rule)));
    lines.push("this only shows: nothing trips by itself yet".to_owned());
    lines
}

fn check_lines(frame: &Frame, checked: &CheckedOrder) -> Vec<String> {
    let what =
        checked.amends.map_or_else(|| "new order".to_owned(), |id| format!("change of {id}, what is left"));
    let mut lines = vec![
        format!(
            "{what}: {}  account {}",
            words::order_line(&frame.snapshot, &checked.order),
            checked.order.account
        ),
        format!("asked by {} at {} NPT", checked.by, format::clock(checked.at)),
        words::check_counts(&checked.results),
    ];
    lines.extend(checked.results.iter().map(|r| {
        format!(
            "{} {} {:<44} {}",
            r.check.code(),
            risk_words::check_head(r.check),
            risk_words::check(r.check),
            risk_words::verdict(&r.verdict)
        )
    }));
    lines.push(format!("{} of the 36 checks of K1 are made so far", Check::ALL.len()));
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
            format!("{what}"),
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
