//! `c`: the selected thing for somebody else, as one line or field by field.

use super::Action;
use crate::console::breadth::{self, Sector};
use crate::console::options::CopyBy;
use crate::console::overlay::{Overlay, Plain};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::console::{Frame, format, rows, words};
use crate::execution::Order;

impl Ui {
    /// Copies the selected thing as one line; the second time, and where there is no clipboard to
    /// reach, shows it as plain text.
    pub(super) fn copy(&mut self, frame: &Frame) -> Vec<Action> {
        if let Some(Overlay::Plain(plain)) = self.stack.last_mut() {
            let Some((name, text)) = plain.take() else { return Vec::new() };
            if self.by_hand() {
                return self.none(|ui| ui.say("no clipboard here: select it with the terminal"));
            }
            self.say(format!("copied {name} {text}"));
            return vec![Action::Copy(text)];
        }
        if self.stack.is_empty() && self.focus == PaneId::Slips {
            return self.copy_slip(frame);
        }
        let text = match self.stack.last() {
            Some(Overlay::Reading(reading)) => Some(reading.text()),
            Some(_) => None,
            None => self.line_to_copy(frame),
        };
        let Some(text) = text else { return self.none(|ui| ui.say("nothing is selected here")) };
        if self.by_hand() || self.copied.replace(text.clone()).as_ref() == Some(&text) {
            let fields = self.fields_to_copy(&text, frame);
            self.stack.push(Overlay::Plain(Plain::new(fields)));
            return Vec::new();
        }
        let first = text.lines().next().unwrap_or_default();
        self.say(format!("copied: {first}   (c again: as plain text, field by field)"));
        vec![Action::Copy(text)]
    }

    /// The next field of the slip under the cursor, from the first again where it is another slip, or the slip is
    /// another than it was. Says which comes then.
    fn copy_slip(&mut self, frame: &Frame) -> Vec<Action> {
        let Some(slip) = rows::selected_slip(frame, self) else {
            return self.none(|ui| ui.say("no slip waits here"));
        };
        let (id, fields) = (slip.order.id, slip.fields(&frame.snapshot));
        if self.by_hand() {
            self.stack.push(Overlay::Plain(Plain::new(fields)));
            return Vec::new();
        }
        let before = self.slip_copied.take().filter(|(of, plain)| *of == id && plain.fields == fields);
        let mut plain = before.map_or_else(|| Plain::new(fields), |(_, plain)| plain);
        let Some((name, text)) = plain.take() else { return Vec::new() };
        let next = plain.fields.get(plain.at).map_or("", |(name, _)| name.as_str());
        self.say(format!("copied {name} {text}   (c: {next})"));
        self.slip_copied = Some((id, plain));
        vec![Action::Copy(text)]
    }

    const fn by_hand(&self) -> bool {
        match self.options.copy {
            CopyBy::Auto => self.no_clipboard,
            CopyBy::Osc52 => false,
            CopyBy::Text => true,
        }
    }

    /// The fields of an order as a portal takes them, digits without grouping; anything else by lines.
    fn fields_to_copy(&self, text: &str, frame: &Frame) -> Vec<(String, String)> {
        let order = rows::selected_order(frame, self);
        match order.filter(|_| self.stack.is_empty() && self.focus == PaneId::Orders) {
            Some(order) => order_fields(order, frame),
            None => text.lines().map(|line| (String::new(), line.to_owned())).collect(),
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
}

fn order_fields(order: &Order, frame: &Frame) -> Vec<(String, String)> {
    let asked = &order.order;
    let prices = words::price_format(&frame.snapshot, asked.instrument);
    let symbol = words::symbol(&frame.snapshot, asked.instrument).to_owned();
    [
        ("symbol", symbol),
        ("side", asked.side.to_string()),
        ("quantity", asked.qty.units().to_string()),
        ("price", prices.text(asked.limit).replace(',', "")),
        ("account", asked.account.to_string()),
        ("id", order.id.to_string()),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .to_vec()
}
