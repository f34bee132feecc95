//! The ticket and the amendment: two numbers each, typed or stepped.

use super::Field;
use crate::console::Frame;
use crate::console::entry;
use crate::console::format::PriceFormat;
use crate::console::intent::Step;
use crate::console::preview::Facts;
use crate::console::words;
use crate::engine::SeenOrder;
use crate::execution::{ClientOrderId, NewOrder, Order};
use crate::market::{AccountId, InstrumentId, Price, Qty, Side};

/// Which of the two fields keys go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TicketField {
    /// The size.
    #[default]
    Qty,
    /// The limit.
    Limit,
}

impl TicketField {
    const fn other(self) -> Self {
        match self {
            Self::Qty => Self::Limit,
            Self::Limit => Self::Qty,
        }
    }
}

/// A new order being written. It stays a draft until a `y` sends it.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Which way.
    pub side: Side,
    /// What.
    pub instrument: InstrumentId,
    /// For whom.
    pub account: AccountId,
    /// The size as typed.
    pub qty: Field,
    /// The limit as typed.
    pub limit: Field,
    /// The field that keys go to.
    pub active: TicketField,
    /// Why it cannot be reviewed, if that was tried.
    pub fault: Option<String>,
}

impl Ticket {
    /// The field that keys go to.
    pub const fn active_mut(&mut self) -> &mut Field {
        match self.active {
            TicketField::Qty => &mut self.qty,
            TicketField::Limit => &mut self.limit,
        }
    }

    /// To the other field.
    pub const fn turn(&mut self) {
        self.active = self.active.other();
    }

    /// The order it says.
    ///
    /// # Errors
    /// Why it is not an order yet, in words.
    pub fn order(&self, frame: &Frame) -> Result<NewOrder, String> {
        let facts = self.facts(frame)?;
        let limit = entry::price(self.limit.text(), self.side, &facts, scale(frame, self.instrument))?;
        let qty = entry::qty(self.qty.text(), Some(limit), &facts)?;
        let (account, instrument, side) = (self.account.clone(), self.instrument, self.side);
        Ok(NewOrder { account, instrument, side, qty, limit })
    }

    /// The limit as far as it can be read.
    #[must_use]
    pub fn limit_now(&self, frame: &Frame) -> Option<Price> {
        let facts = self.facts(frame).ok()?;
        entry::price(self.limit.text(), self.side, &facts, self.scale(frame)).ok()
    }

    /// Price units per rupee of its instrument.
    pub(super) fn scale(&self, frame: &Frame) -> i64 {
        scale(frame, self.instrument)
    }

    /// What is known about its instrument.
    ///
    /// # Errors
    /// When the day does not have it.
    pub fn facts<'a>(&self, frame: &'a Frame) -> Result<Facts<'a>, String> {
        Facts::of(frame, self.instrument, Some(&self.account)).ok_or_else(|| "not in this day".to_owned())
    }

    /// Steps the number in the active field.
    pub fn step(&mut self, step: Step, frame: &Frame) {
        let Ok(facts) = self.facts(frame) else { return };
        let scale = scale(frame, self.instrument);
        let limit = entry::price(self.limit.text(), self.side, &facts, scale).ok();
        match self.active {
            TicketField::Qty => {
                let now = entry::qty(self.qty.text(), limit, &facts).unwrap_or_default();
                self.qty = Field::proposing(&stepped_qty(now, step, facts.lot).units().to_string());
            }
            TicketField::Limit => {
                let from = limit.or_else(|| facts.patient(self.side));
                if let Some(next) = from.and_then(|p| p.moved(ticks(step), facts.tick?)) {
                    self.limit =
                        Field::proposing(&plain(words::price_format(&frame.snapshot, self.instrument), next));
                }
            }
        }
    }
}

/// A change of an order being written.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// Which order.
    pub id: ClientOrderId,
    /// What the person sees of it.
    pub seen: SeenOrder,
    /// Shares in all, as typed.
    pub qty: Field,
    /// The limit as typed.
    pub limit: Field,
    /// The field that keys go to.
    pub active: TicketField,
    /// Why it cannot be reviewed, if that was tried.
    pub fault: Option<String>,
}

impl Amendment {
    /// A form that says what the order says.
    #[must_use]
    pub fn of(order: &Order, format: PriceFormat) -> Self {
        Self {
            id: order.id,
            seen: SeenOrder { left: order.left(), limit: order.order.limit },
            qty: Field::proposing(&order.order.qty.units().to_string()),
            limit: Field::proposing(&plain(format, order.order.limit)),
            active: TicketField::Limit,
            fault: None,
        }
    }

    /// The field that keys go to.
    pub const fn active_mut(&mut self) -> &mut Field {
        match self.active {
            TicketField::Qty => &mut self.qty,
            TicketField::Limit => &mut self.limit,
        }
    }

    /// To the other field.
    pub const fn turn(&mut self) {
        self.active = self.active.other();
    }

    /// Total quantity and limit as they would become.
    ///
    /// # Errors
    /// Why they cannot be read, in words.
    pub fn terms(&self, frame: &Frame) -> Result<(Qty, Price), String> {
        let order = frame.snapshot.order(self.id).ok_or("the order is not there any more")?;
        let facts = Facts::of(frame, order.order.instrument, Some(&order.order.account));
        let facts = facts.ok_or("not in this day")?;
        let scale = scale(frame, order.order.instrument);
        let limit = entry::price(self.limit.text(), order.order.side, &facts, scale)?;
        Ok((entry::qty(self.qty.text(), Some(limit), &facts)?, limit))
    }

    /// Steps the number in the active field.
    pub fn step(&mut self, step: Step, frame: &Frame) {
        let Some(order) = frame.snapshot.order(self.id) else { return };
        let Ok((qty, limit)) = self.terms(frame) else { return };
        let id = order.order.instrument;
        let Some(facts) = Facts::of(frame, id, Some(&order.order.account)) else { return };
        match self.active {
            TicketField::Qty => {
                self.qty = Field::proposing(&stepped_qty(qty, step, facts.lot).units().to_string());
            }
            TicketField::Limit => {
                if let Some(next) = facts.tick.and_then(|tick| limit.moved(ticks(step), tick)) {
                    self.limit = Field::proposing(&plain(words::price_format(&frame.snapshot, id), next));
                }
            }
        }
    }

    /// What the change does to the place in the queue: only fewer shares at the same limit keep it.
    #[must_use]
    pub fn keeps_place(&self, order: &Order, qty: Qty, limit: Price) -> bool {
        limit == order.order.limit && qty <= order.order.qty
    }
}

/// A price without grouping, as a field has it.
pub(in crate::console) fn plain(format: PriceFormat, price: Price) -> String {
    format.text(price).replace(',', "")
}

fn scale(frame: &Frame, instrument: InstrumentId) -> i64 {
    frame.snapshot.day.universe.get(instrument).map_or(100, |i| i.price_scale)
}

const fn ticks(step: Step) -> i64 {
    match step {
        Step::Up => 1,
        Step::Down => -1,
        Step::UpTen => 10,
        Step::DownTen => -10,
    }
}

fn stepped_qty(now: Qty, step: Step, lot: Qty) -> Qty {
    let lot = lot.units().max(1);
    Qty::from_units(now.units().saturating_add(ticks(step).saturating_mul(lot)).max(lot))
}
