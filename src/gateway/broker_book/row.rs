//! The rows of a broker's book: what a field may say, and what is wrong with one that says something else.

use crate::execution::{ClientOrderId, OrderState, StatedOrder, VenueOrderId};
use crate::market::price::ParseNumberError;
use crate::market::{InstrumentId, Price, Qty, Side, Symbol, Universe};

/// What is wrong with a row.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RowFault {
    /// Its kind is none of those that there are.
    #[error("`{0}` is no kind: account, cash, due, holding or order")]
    Kind(String),
    /// Its kind may be there once.
    #[error("a second row of this")]
    Twice,
    /// A field that it needs is empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Not one of the day's securities.
    #[error("`{0}` is not listed today")]
    Symbol(String),
    /// Neither way.
    #[error("`{0}` is neither buy nor sell")]
    Side(String),
    /// No state that an order can be in.
    #[error("`{0}` is no state: open, completed, cancelled or rejected")]
    State(String),
    /// No number.
    #[error(transparent)]
    Number(#[from] ParseNumberError),
    /// Less than nothing.
    #[error("{column} is {value}, below 0")]
    Negative {
        /// Which field.
        column: &'static str,
        /// What it says.
        value: i64,
    },
    /// An order for nothing, or at no price.
    #[error("{0} is 0")]
    Zero(&'static str),
    /// Fields that contradict each other.
    #[error("{small} {less} of {more} {large}")]
    MoreThanAll {
        /// Shares of the part.
        less: i64,
        /// What the part is.
        small: &'static str,
        /// Shares of the whole.
        more: i64,
        /// What the whole is.
        large: &'static str,
    },
    /// The shares done do not go with the state.
    #[error("{state} with {filled} of {qty} filled")]
    Contradiction {
        /// As it is written.
        state: String,
        /// Shares done.
        filled: i64,
        /// Shares asked for.
        qty: i64,
    },
}

/// An order as the portal lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BookOrder {
    pub(super) number: String,
    pub(super) instrument: InstrumentId,
    pub(super) side: Side,
    pub(super) qty: Qty,
    pub(super) limit: Price,
    pub(super) filled: Qty,
    pub(super) state: OrderState,
}

impl BookOrder {
    /// As a statement lists it.
    pub(super) fn stated(&self, id: Option<ClientOrderId>) -> StatedOrder {
        StatedOrder {
            id,
            client_id: self.number.as_str().into(),
            venue_id: VenueOrderId(self.number.as_str().into()),
            instrument: Some(self.instrument),
            side: self.side,
            qty: self.qty,
            limit: self.limit,
            filled: self.filled,
            state: self.state,
        }
    }
}

/// A part is no larger than the whole.
pub(super) fn part(
    (small, less): (&'static str, Qty),
    (large, more): (&'static str, Qty),
) -> Result<(), RowFault> {
    if less > more {
        return Err(RowFault::MoreThanAll { less: less.units(), small, more: more.units(), large });
    }
    Ok(())
}

/// One row, its fields by the names of the columns.
pub(super) struct Row<'a> {
    pub(super) header: &'a csv::StringRecord,
    pub(super) record: &'a csv::StringRecord,
}

impl Row<'_> {
    pub(super) fn text(&self, column: &str) -> &str {
        let place = self.header.iter().position(|name| name.eq_ignore_ascii_case(column));
        place.and_then(|place| self.record.get(place)).unwrap_or_default()
    }

    pub(super) fn needed(&self, column: &'static str) -> Result<&str, RowFault> {
        Some(self.text(column)).filter(|text| !text.is_empty()).ok_or(RowFault::Missing(column))
    }

    pub(super) fn instrument(&self, universe: &Universe) -> Result<InstrumentId, RowFault> {
        let text = self.needed("symbol")?;
        universe.find(&Symbol::new(text)).ok_or_else(|| RowFault::Symbol(text.to_owned()))
    }

    pub(super) fn shares(&self, column: &'static str) -> Result<Qty, RowFault> {
        // Numbers of shares are written as prices are, digits grouped or not, without a fraction.
        let value = Price::parse(self.needed(column)?, 1)?.units();
        if value < 0 {
            return Err(RowFault::Negative { column, value });
        }
        Ok(Qty::from_units(value))
    }

    pub(super) fn order(&self, universe: &Universe) -> Result<BookOrder, RowFault> {
        let side = match self.needed("side")?.to_ascii_lowercase().as_str() {
            "buy" | "b" | "1" => Side::Buy,
            "sell" | "s" | "2" => Side::Sell,
            other => return Err(RowFault::Side(other.to_owned())),
        };
        let qty = self.shares("quantity")?;
        let limit = Price::parse(self.needed("price")?, 100)?;
        if qty.is_zero() {
            return Err(RowFault::Zero("quantity"));
        }
        if !limit.is_positive() {
            return Err(RowFault::Zero("price"));
        }
        let filled = self.shares("filled")?;
        part(("filled", filled), ("ordered", qty))?;
        let text = self.needed("state")?.to_ascii_lowercase();
        let state = match text.as_str() {
            "open" | "modified" if filled.is_zero() => Some(OrderState::Accepted),
            "open" | "modified" if filled < qty => Some(OrderState::PartiallyFilled),
            "completed" | "filled" if filled == qty => Some(OrderState::Filled),
            "cancelled" | "partially_cancelled" if filled < qty => Some(OrderState::Cancelled),
            "rejected" | "tms_rejected" if filled.is_zero() => Some(OrderState::Rejected),
            "open"
            | "modified"
            | "completed"
            | "filled"
            | "cancelled"
            | "partially_cancelled"
            | "rejected"
            | "tms_rejected" => None,
            _ => return Err(RowFault::State(text)),
        };
        let contradiction =
            || RowFault::Contradiction { state: text, filled: filled.units(), qty: qty.units() };
        Ok(BookOrder {
            number: self.needed("number")?.to_owned(),
            instrument: self.instrument(universe)?,
            side,
            qty,
            limit,
            filled,
            state: state.ok_or_else(contradiction)?,
        })
    }
}
