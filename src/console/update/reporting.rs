//! `r`: what the broker or the venue said became of an order, read back before it is booked.

use crate::console::overlay::{Confirm, Overlay, Prompt, Report};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::console::{Frame, format, rows, slip, words};
use crate::engine::{Command, Told};
use crate::execution::{ClientOrderId, Order};
use crate::market::Side;

impl Ui {
    /// Opens the form about the order under the cursor.
    pub(super) fn open_report(&mut self, frame: &Frame) {
        let order = match self.focus {
            PaneId::Slips => rows::selected(PaneId::Slips, frame, self),
            _ => rows::selected(PaneId::Orders, frame, self),
        };
        let Some(order) = order.and_then(|id| frame.snapshot.order(ClientOrderId(id))) else {
            return self.say("no order is selected");
        };
        if frame.status.transport.as_ref().is_some_and(|t| t.view_only) {
            return self.say("looking at the past: orders are off");
        }
        if !slip::takes_a_word(&frame.snapshot, order) {
            let (id, state) = (order.id, words::order_state(order));
            return self.say(format!("{id} is {state}: a report is taken of an UNKNOWN order only"));
        }
        let prices = words::price_format(&frame.snapshot, order.order.instrument);
        self.stack.push(Overlay::Report(Report::of(order, prices)));
    }

    /// Reads back what is said; a fresh yes books it.
    pub(super) fn review_report(&mut self, frame: &Frame) {
        let Some(Overlay::Report(form)) = self.stack.last_mut() else { return };
        let told = form.told(frame);
        form.fault = told.as_ref().err().cloned();
        let (Ok(told), Some(order)) = (told, frame.snapshot.order(form.id)) else { return };
        let prices = words::price_format(&frame.snapshot, order.order.instrument);
        let lines = read_back(order, &told, &form.said().words(form.pending, prices), frame);
        let confirm = Confirm::Command(Command::TellOrder { id: order.id, told });
        self.stack.push(Overlay::Prompt(Prompt::new(lines, confirm, frame.status.mode)));
    }
}

/// The order, what is said of it, and what follows.
fn read_back(order: &Order, told: &Told, said: &str, frame: &Frame) -> Vec<String> {
    let line = words::order_line(&frame.snapshot, &order.order);
    let mut lines = vec![format!("Report of {} {line}  account {}", order.id, order.order.account)];
    match told {
        Told::Filled { qty, price } => {
            let text = words::price(&frame.snapshot, order.order.instrument, *price);
            let left = order.left().less(*qty);
            lines.push(format!("filled {} @ {text}, {} left", format::qty(*qty), format::qty(left)));
            let beyond = match order.order.side {
                Side::Buy => *price > order.order.limit,
                Side::Sell => *price < order.order.limit,
            };
            if beyond {
                lines.push("WORSE than its limit: is it the order that was keyed in?".to_owned());
            }
            lines.push("shares, cash and charges are booked".to_owned());
        }
        Told::Accepted { number } if order.pending.is_none() => lines.push(format!("{said} {number}")),
        Told::Refused { why } => lines.push(format!("{said}: {why}")),
        Told::Accepted { .. } | Told::NotEntered | Told::Cancelled => lines.push(said.to_owned()),
    }
    lines
}
