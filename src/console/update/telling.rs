//! What is behind a row or a figure, and what happened in a symbol today.

use super::costs;
use crate::console::overlay::{Overlay, Reading};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::console::why::{self, Subject};
use crate::console::{Frame, format, rows, words};
use crate::execution::ClientOrderId;
use crate::market::InstrumentId;

impl Ui {
    /// Opens what the selected thing is made of; on a line of such a text, what is behind the line.
    pub(super) fn tell_why(&mut self, frame: &Frame) {
        if let Some(Overlay::Ticket(ticket)) = self.stack.last() {
            let (title, lines) = costs::lines(ticket, frame);
            return self.stack.push(Overlay::Reading(Reading::new(title, lines)));
        }
        if let Some(Overlay::Amend(_)) = self.stack.last() {
            return self.say("an amendment costs nothing by itself; w in a ticket shows what an order costs");
        }
        let subject = match self.stack.last() {
            Some(Overlay::Reading(reading)) => reading.next(),
            Some(_) => None,
            None => self.subject(frame),
        };
        match subject {
            Some(subject) => self.explain(subject, frame),
            None if self.stack.is_empty() => self.say("nothing is selected here"),
            None => self.say("nothing is behind this line"),
        }
    }

    /// `:why account`, `:why regime`, `:why NUMBER`; alone it is what `w` says.
    pub(super) fn why_named(&mut self, word: &str, frame: &Frame) {
        match (word, why::named(word)) {
            ("", _) => self.tell_why(frame),
            (_, Some(subject)) => self.explain(subject, frame),
            (_, None) => {
                self.say("why takes account, result, nav, drawdown, regime or the number of a record")
            }
        }
    }

    fn explain(&mut self, subject: Subject, frame: &Frame) {
        match why::tell(subject, frame) {
            Some(telling) => self.stack.push(Overlay::Reading(Reading::of(telling))),
            None => self.say("it is not there any more"),
        }
    }

    /// What the cursor is on.
    fn subject(&self, frame: &Frame) -> Option<Subject> {
        match self.focus {
            PaneId::Orders => rows::selected_order(frame, self).map(|o| Subject::Order(o.id)),
            PaneId::Slips => {
                rows::selected(PaneId::Slips, frame, self).map(|id| Subject::Order(ClientOrderId(id)))
            }
            PaneId::Alerts => rows::selected_alert(frame, self).map(|a| Subject::Alert(a.id)),
            PaneId::Positions => rows::selected(PaneId::Positions, frame, self).map(Subject::Position),
            PaneId::Breakers => rows::selected(PaneId::Breakers, frame, self).map(Subject::Reading),
            PaneId::Checks => rows::selected_check(frame, self).map(|c| Subject::Checks(c.seq)),
            PaneId::Exposure => Some(Subject::Account),
            PaneId::Journal => rows::selected(PaneId::Journal, frame, self).map(Subject::Record),
            PaneId::Regime => Some(Subject::Regime),
            PaneId::Depth => self.own_at_cursor(frame).or(self.symbol.map(Subject::Instrument)),
            _ => self.symbol_here(frame).map(Subject::Instrument),
        }
    }

    /// The symbol that a key without an order or a position is about.
    pub(super) fn symbol_here(&self, frame: &Frame) -> Option<InstrumentId> {
        let board = (self.focus == PaneId::Board).then(|| rows::selected_on_board(frame, self));
        board.flatten().or(self.symbol)
    }

    /// The own order on the row of the ladder's cursor.
    fn own_at_cursor(&self, frame: &Frame) -> Option<Subject> {
        let (symbol, price) = (self.symbol?, self.ladder.cursor?);
        let mut own = frame.snapshot.orders.iter().filter(|o| o.state.is_open());
        let found = own.find(|o| o.order.instrument == symbol && o.order.limit == price);
        found.map(|o| Subject::Order(o.id))
    }

    /// Everything of today about the symbol under the cursor, as order keys take it.
    pub(super) fn tell_history(&mut self, frame: &Frame) {
        let Some(instrument) = self.instrument_here(frame).and_then(|id| frame.snapshot.instrument(id))
        else {
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
