//! What a broker's portal says that there is, brought by a person as a file: orders, shares and cash.
//!
//! A person's orders carry the broker's numbers only as far as somebody typed them in, so rows are found again by
//! number, or by the end of it, or else by their terms. Trades are never booked from it: an order of which more has
//! traded there is a difference, which a person reports with its price.

mod row;

use std::collections::BTreeSet;

pub use row::RowFault;
use row::{BookOrder, Row, part};

use crate::engine::State;
use crate::execution::{ClientOrderId, Order, OrderState, Pending, StatedHolding, Statement};
use crate::market::{AccountId, Money, Universe};

/// Bytes of the largest file that is read.
pub const LARGEST: usize = 1 << 20;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BrokerBook {
    account: Option<AccountId>,
    cash: Option<Money>,
    due: Option<Money>,
    holdings: Option<Vec<StatedHolding>>,
    /// `None` where it says nothing of orders.
    orders: Option<Vec<BookOrder>>,
}

/// Why a file is not taken: nothing of it is, then.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BookError {
    /// It is larger than any day's orders.
    #[error("more than {LARGEST} bytes")]
    TooLarge,
    /// It is no table.
    #[error("not comma-separated text: {0}")]
    NoTable(String),
    /// The first line names no such column.
    #[error("the first line names no column `{0}`")]
    NoColumn(&'static str),
    /// Nothing is said of orders: whether that means that there are none must be said.
    #[error("no row `order`: one without a symbol says that there is none today")]
    NoOrders,
    /// A row cannot be true, or cannot be read.
    #[error("line {line}: {fault}")]
    Row {
        /// Counted from 1, the header among them.
        line: u64,
        /// What is wrong with it.
        fault: RowFault,
    },
}

impl BrokerBook {
    /// Reads a table with a header; columns in any order: `kind`, `symbol`, `side`, `number`, `quantity`, `price`,
    /// `filled`, `state`, `settled`, `amount`. Cash and shares without a row are not stated; orders must
    /// be. A row `holding` or `order` without a symbol says that there is none.
    ///
    /// # Errors
    /// [`BookError`] for the first thing that cannot be read.
    pub fn read(text: &str, universe: &Universe) -> Result<Self, BookError> {
        if text.len() > LARGEST {
            return Err(BookError::TooLarge);
        }
        let text = text.trim_start_matches('\u{feff}');
        let mut rows =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = rows.headers().map_err(|e| BookError::NoTable(e.to_string()))?.clone();
        if !header.iter().any(|name| name.eq_ignore_ascii_case("kind")) {
            return Err(BookError::NoColumn("kind"));
        }
        let mut book = Self::default();
        for record in rows.records() {
            let record = record.map_err(|e| BookError::NoTable(e.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let row = Row { header: &header, record: &record };
            book.take(&row, universe).map_err(|fault| BookError::Row { line, fault })?;
        }
        if book.orders.is_none() {
            return Err(BookError::NoOrders);
        }
        Ok(book)
    }

    fn take(&mut self, row: &Row<'_>, universe: &Universe) -> Result<(), RowFault> {
        match row.text("kind").to_ascii_lowercase().as_str() {
            "account" => once(&mut self.account, AccountId::new(row.needed("number")?)),
            "cash" => once(&mut self.cash, Money::parse(row.needed("amount")?)?),
            "due" => once(&mut self.due, Money::parse(row.needed("amount")?)?),
            "holding" => {
                let holdings = self.holdings.get_or_insert_default();
                if row.text("symbol").is_empty() {
                    return Ok(());
                }
                let instrument = row.instrument(universe)?;
                if holdings.iter().any(|h| h.instrument == instrument) {
                    return Err(RowFault::Twice);
                }
                let qty = row.shares("quantity")?;
                // A portal that does not tell the two apart lists what may be sold.
                let settled = if row.text("settled").is_empty() { qty } else { row.shares("settled")? };
                part(("settled", settled), ("held", qty))?;
                if qty.is_positive() {
                    holdings.push(StatedHolding { instrument, qty, settled });
                }
                Ok(())
            }
            "order" => {
                let orders = self.orders.get_or_insert_default();
                if row.text("symbol").is_empty() && row.text("number").is_empty() {
                    return Ok(());
                }
                let order = row.order(universe)?;
                if orders.iter().any(|o| o.number == order.number) {
                    return Err(RowFault::Twice);
                }
                orders.push(order);
                Ok(())
            }
            other => Err(RowFault::Kind(other.to_owned())),
        }
    }

    /// How many orders it lists.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.orders.as_ref().map_or(0, Vec::len)
    }

    /// What it states, with our orders found again. It is about the session's account unless it names another.
    #[must_use]
    pub fn statement(&self, state: &State) -> Option<Statement> {
        let own = state.accounts().keys().next();
        let account = self.account.as_ref().or(own)?.clone();
        let mut taken = BTreeSet::new();
        let rows = self.orders.as_deref().unwrap_or_default();
        let mut found: Vec<Option<ClientOrderId>> = vec![None; rows.len()];
        let ours = || state.orders().values().filter(|o| o.state.has_left());
        // Numbers first, whole ones before ends of them: terms may be those of several orders.
        for fits in [by_number, by_end, by_terms] {
            for (row, found) in rows.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
                *found = ours().find(|o| !taken.contains(&o.id) && fits(o, row)).map(|o| o.id);
                taken.extend(*found);
            }
        }
        let orders = rows.iter().zip(found);
        // One that was refused there and is none of ours changes nothing.
        let orders = orders.filter(|(row, id)| id.is_some() || row.state != OrderState::Rejected);
        Some(Statement {
            account,
            reports: state.gateway().reports,
            cash: self.cash,
            due: self.due,
            holdings: self.holdings.clone(),
            orders: orders.map(|(row, id)| row.stated(id)).collect(),
        })
    }
}

fn by_number(ours: &Order, row: &BookOrder) -> bool {
    ours.venue_id.as_ref().is_some_and(|id| *id.0 == *row.number)
}

/// People type the last digits.
fn by_end(ours: &Order, row: &BookOrder) -> bool {
    let end = ours.venue_id.as_ref().is_some_and(|id| !id.0.is_empty() && row.number.ends_with(&*id.0));
    end && (ours.order.instrument, ours.order.side) == (row.instrument, row.side)
}

fn by_terms(ours: &Order, row: &BookOrder) -> bool {
    let wanted = (row.qty, row.limit);
    let changed = matches!(ours.pending, Some(Pending::Amend { qty, limit }) if (qty, limit) == wanted);
    ours.venue_id.is_none()
        && (ours.order.instrument, ours.order.side) == (row.instrument, row.side)
        && ((ours.order.qty, ours.order.limit) == wanted || changed)
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), RowFault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(RowFault::Twice),
    }
}

#[cfg(test)]
mod tests;
