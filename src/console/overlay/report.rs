//! The form in which a person says what became of an order: one key for what, a field or two for the rest.

use super::Field;
use crate::console::intent::Step;
use crate::console::preview::Facts;
use crate::console::{Frame, format, words};
use crate::engine::Told;
use crate::execution::{ClientOrderId, Order, OrderState, Pending, VenueOrderId};
use crate::market::{Price, Qty};

/// What can be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// The broker has it; of a change, that it was made.
    Accepted,
    /// Some or all of it traded.
    Filled,
    /// It was never keyed in.
    NotEntered,
    /// The broker or the exchange refused it.
    Refused,
    /// What was left of it is out.
    Out,
}

impl Said {
    /// The key that says it.
    #[must_use]
    pub const fn key(self) -> char {
        match self {
            Self::Accepted => 'a',
            Self::Filled => 'f',
            Self::NotEntered => 'n',
            Self::Refused => 'r',
            Self::Out => 'o',
        }
    }

    /// What it is of an order with this change under way.
    #[must_use]
    pub fn words(self, pending: Option<Pending>, prices: format::PriceFormat) -> String {
        let words = match (self, pending) {
            (Self::Accepted, Some(Pending::Amend { qty, limit })) => {
                return format!("changed to {} @ {}", format::qty(qty), prices.text(limit));
            }
            (Self::Accepted, None) => "accepted, number",
            (Self::Accepted, Some(Pending::Cancel)) => "taken out as asked",
            (Self::Filled, _) => "filled",
            (Self::NotEntered, None) => "not entered",
            (Self::NotEntered, Some(_)) => "the change was not entered",
            (Self::Refused, None) => "refused, why",
            (Self::Refused, Some(_)) => "the change was refused, why",
            (Self::Out, _) => "out: nothing of it rests there",
        };
        words.to_owned()
    }
}

/// Where keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// To what is said.
    What,
    /// To the broker's number.
    Number,
    /// To the shares that traded.
    Qty,
    /// To the price they traded at.
    Price,
    /// To the reason.
    Why,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which order.
    pub id: ClientOrderId,
    /// What can be said of it.
    pub choices: Vec<Said>,
    /// Which of these.
    pub at: usize,
    /// Where keys go.
    pub slot: Slot,
    /// The broker's number.
    pub number: Field,
    /// Shares that traded.
    pub qty: Field,
    /// The price they traded at.
    pub price: Field,
    /// Why it was refused.
    pub why: Field,
    /// A change that was under way when it was opened.
    pub pending: Option<Pending>,
    /// Why it cannot be reviewed, if that was tried.
    pub fault: Option<String>,
}

impl Report {
    /// A form about an order: all that is left of it, at its limit, until something else is typed.
    #[must_use]
    pub fn of(order: &Order, prices: format::PriceFormat) -> Self {
        let rests = order.pending.is_none() && order.state != OrderState::Unknown;
        let choices = match order.pending {
            // Of what is known to rest there, only these are news.
            None if rests => vec![Said::Filled, Said::Out],
            Some(Pending::Cancel) => vec![Said::Accepted, Said::Filled, Said::NotEntered, Said::Refused],
            _ => vec![Said::Accepted, Said::Filled, Said::NotEntered, Said::Refused, Said::Out],
        };
        let limit = prices.text(order.order.limit).replace(',', "");
        Self {
            id: order.id,
            choices,
            at: 0,
            slot: Slot::What,
            number: Field::new(&order.venue_id.as_ref().map_or_else(String::new, ToString::to_string)),
            qty: Field::proposing(&order.left().units().to_string()),
            price: Field::proposing(&limit),
            why: Field::default(),
            pending: order.pending,
            fault: None,
        }
    }

    /// What is said.
    #[must_use]
    pub fn said(&self) -> Said {
        self.choices.get(self.at).copied().unwrap_or(Said::Filled)
    }

    /// The fields of something that can be said.
    #[must_use]
    pub const fn slots(&self, said: Said) -> &'static [Slot] {
        match (said, self.pending) {
            (Said::Accepted, None) => &[Slot::Number],
            (Said::Filled, _) => &[Slot::Qty, Slot::Price],
            (Said::Refused, _) => &[Slot::Why],
            (Said::Accepted | Said::NotEntered | Said::Out, _) => &[],
        }
    }

    /// A field of the form; `None` for what is said.
    #[must_use]
    pub const fn field(&self, slot: Slot) -> Option<&Field> {
        match slot {
            Slot::What => None,
            Slot::Number => Some(&self.number),
            Slot::Qty => Some(&self.qty),
            Slot::Price => Some(&self.price),
            Slot::Why => Some(&self.why),
        }
    }

    /// The field that text goes to; `None` while what is said is chosen.
    pub const fn active_mut(&mut self) -> Option<&mut Field> {
        match self.slot {
            Slot::What => None,
            Slot::Number => Some(&mut self.number),
            Slot::Qty => Some(&mut self.qty),
            Slot::Price => Some(&mut self.price),
            Slot::Why => Some(&mut self.why),
        }
    }

    /// Chooses by its key, and goes to its first field. Another key does nothing.
    pub fn choose(&mut self, key: &str) {
        let mut chars = key.chars();
        let (Some(key), None) = (chars.next(), chars.next()) else { return };
        if let Some(at) = self.choices.iter().position(|said| said.key() == key) {
            self.at = at;
            self.slot = self.slots(self.said()).first().copied().unwrap_or(Slot::What);
        }
    }

    /// To the next field of what is said, and after the last back to that.
    pub fn turn(&mut self) {
        let slots = self.slots(self.said());
        let next = match slots.iter().position(|slot| *slot == self.slot) {
            Some(at) => slots.get(at + 1),
            None => slots.first(),
        };
        self.slot = next.copied().unwrap_or(Slot::What);
    }

    /// Up or down: a number steps, anywhere else another thing is said.
    pub fn step(&mut self, step: Step, frame: &Frame) {
        let up = matches!(step, Step::Up | Step::UpTen);
        self.fault = None;
        match self.slot {
            Slot::Qty => {
                let left = frame.snapshot.order(self.id).map_or(Qty::ZERO, Order::left).units();
                let Ok(now) = self.traded() else { return };
                let next = now.units().saturating_add(if up { 1 } else { -1 }).clamp(1, left.max(1));
                self.qty = Field::proposing(&next.to_string());
            }
            Slot::Price => {
                let Some(order) = frame.snapshot.order(self.id) else { return };
                let id = order.order.instrument;
                let tick = Facts::of(frame, id, None).and_then(|facts| facts.tick);
                let Ok(now) = self.paid(order, frame) else { return };
                if let Some(next) = tick.and_then(|tick| now.moved(if up { 1 } else { -1 }, tick)) {
                    let text = words::price(&frame.snapshot, id, next).replace(',', "");
                    self.price = Field::proposing(&text);
                }
            }
            Slot::What | Slot::Number | Slot::Why => {
                self.slot = Slot::What;
                let last = self.choices.len().saturating_sub(1);
                self.at = if up { self.at.saturating_sub(1) } else { (self.at + 1).min(last) };
            }
        }
    }

    /// What is said, read from the fields. Where one is missing, keys go to it.
    ///
    /// # Errors
    /// Why it cannot be said, in words.
    pub fn told(&mut self, frame: &Frame) -> Result<Told, String> {
        let order = frame.snapshot.order(self.id).ok_or("the order is not there any more")?;
        if order.pending != self.pending {
            return Err("its slip is another one now: Esc, and read it again".to_owned());
        }
        Ok(match self.said() {
            Said::Accepted => {
                let number = self.number.text().trim().to_owned();
                if number.is_empty() && self.pending.is_none() {
                    self.slot = Slot::Number;
                    return Err("the number that the broker gave it is missing".to_owned());
                }
                Told::Accepted { number: VenueOrderId(number.into()) }
            }
            Said::Filled => {
                let (qty, price) = (self.traded()?, self.paid(order, frame)?);
                if qty > order.left() {
                    let (qty, left) = (format::qty(qty), format::qty(order.left()));
                    return Err(format!("{qty} is more than the {left} left of it"));
                }
                Told::Filled { qty, price }
            }
            Said::NotEntered => Told::NotEntered,
            Said::Refused => {
                let why = self.why.text().trim().to_owned();
                if why.is_empty() {
                    self.slot = Slot::Why;
                    return Err("why it was refused is missing".to_owned());
                }
                Told::Refused { why }
            }
            Said::Out => Told::Cancelled,
        })
    }

    fn traded(&self) -> Result<Qty, String> {
        let text = self.qty.text().trim().replace(',', "");
        let shares = text.parse::<i64>().ok().filter(|shares| *shares > 0);
        shares.map(Qty::from_units).ok_or_else(|| format!("`{text}` is no number of shares"))
    }

    /// Prices that traded are numbers: the market of this moment says nothing of them.
    fn paid(&self, order: &Order, frame: &Frame) -> Result<Price, String> {
        let text = self.price.text().trim().replace(',', "");
        let scale = frame.snapshot.day.universe.get(order.order.instrument).map_or(100, |i| i.price_scale);
        let price = Price::parse(&text, scale).ok().filter(|price| price.is_positive());
        price.ok_or_else(|| format!("`{text}` is no price"))
    }
}
