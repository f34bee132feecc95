//! One question for all there is, and the parts of its answer until it is whole.

use std::collections::BTreeMap;

use super::number::{count, money, qty};
use super::report::Execution;
use super::{FixMessage, FixRefusal};
use crate::execution::{StatedHolding, StatedOrder};
use crate::market::{Money, Symbol, Timestamp, Universe};

/// See the module.
#[derive(Debug)]
pub(super) struct Sweep {
    /// What the answers name.
    pub(super) id: String,
    /// When it was asked.
    pub(super) asked: Timestamp,
    /// Whether it only makes the line live, or is what the engine asked for.
    pub(super) for_engine: bool,
    /// Something happened while it was being answered: its parts may be of different moments.
    pub(super) overtaken: bool,
    /// A part of its answer could not be used: it never becomes whole.
    broken: bool,
    orders: Parts<StatedOrder>,
    /// `None` where it is not asked for.
    holdings: Option<Parts<StatedHolding>>,
    /// `None` where it is not asked for; inside, until it has come.
    cash: Option<Option<Money>>,
}

/// What a report of the answer is.
#[derive(Debug)]
pub(super) enum Part {
    /// One of the orders.
    Order(StatedOrder),
    /// One that says nothing to us.
    Skipped,
    /// That there are none.
    Nothing,
}

/// Parts of an answer, by what they are about.
#[derive(Debug)]
struct Parts<T> {
    parts: BTreeMap<String, T>,
    came: u64,
    total: Option<u64>,
    last: bool,
}

impl<T> Parts<T> {
    const fn none() -> Self {
        Self { parts: BTreeMap::new(), came: 0, total: None, last: false }
    }

    fn is_whole(&self) -> bool {
        self.last || self.total.is_some_and(|total| self.came >= total)
    }

    /// One that is not kept.
    fn skip(&mut self, total: Option<u64>, last: bool) {
        self.came += 1;
        self.came(None, total, last);
    }

    fn came(&mut self, part: Option<(String, T)>, total: Option<u64>, last: bool) {
        self.came += u64::from(part.is_some());
        self.parts.extend(part);
        self.total = total.or(self.total);
        self.last |= last;
    }
}

/// What a whole answer says.
pub(super) struct Whole {
    pub(super) orders: Vec<StatedOrder>,
    pub(super) holdings: Option<Vec<StatedHolding>>,
    pub(super) cash: Option<Money>,
}

impl Sweep {
    pub(super) fn asked(
        id: String,
        now: Timestamp,
        for_engine: bool,
        (positions, cash): (bool, bool),
    ) -> Self {
        Self {
            id,
            asked: now,
            for_engine,
            overtaken: false,
            broken: false,
            orders: Parts::none(),
            holdings: (for_engine && positions).then_some(Parts::none()),
            cash: (for_engine && cash).then_some(None),
        }
    }

    /// A report that answers it.
    pub(super) fn order(&mut self, report: &Execution, part: Part) {
        match part {
            Part::Order(order) => {
                // Several that never got an id have the same one.
                let key = format!("{} {}", report.venue_id.0, order.client_id);
                self.orders.came(Some((key, order)), report.total, report.last);
            }
            Part::Skipped => self.orders.skip(report.total, report.last),
            // A counterparty without orders that says so in one report ends the answer by it.
            Part::Nothing => self.orders.came(None, report.total, true),
        }
    }

    /// AO or AP: how many there are, or one of them.
    ///
    /// # Errors
    /// [`FixRefusal`].
    pub(super) fn position(&mut self, message: &FixMessage, universe: &Universe) -> Result<(), FixRefusal> {
        let Some(holdings) = self.holdings.as_mut().filter(|_| message.get(710) == Some(&self.id)) else {
            return Ok(());
        };
        let total = count(message, 727)?;
        // 2 says that nothing is held; what says that it was not done is no answer.
        if let Some(code) = message.get(728).filter(|code| !matches!(*code, "0" | "2")) {
            return Err(FixRefusal::Code { tag: 728, code: code.to_owned() });
        }
        if message.get(729) == Some("2") {
            return Err(FixRefusal::Code { tag: 729, code: "2".to_owned() });
        }
        let nothing = message.get(728) == Some("2");
        if message.kind() == "AO" || nothing {
            holdings.came(None, if nothing { Some(0) } else { total }, nothing);
            return Ok(());
        }
        let symbol = message.need(55)?;
        let Some(instrument) = universe.find(&Symbol::new(symbol)) else {
            holdings.came += 1;
            holdings.total = total.or(holdings.total);
            return Err(FixRefusal::Symbol { symbol: symbol.to_owned() });
        };
        let shares = |kind: &str| long(message, kind);
        let missing = |tag| FixRefusal::Missing { kind: "AP".to_owned(), tag };
        let qty = shares("TOT")?.ok_or_else(|| missing(704))?;
        let settled = shares("DLV")?.ok_or_else(|| missing(704))?;
        let held = StatedHolding { instrument, qty, settled };
        holdings.came(Some((symbol.to_owned(), held)), total, false);
        Ok(())
    }

    /// BA: the cash.
    ///
    /// # Errors
    /// [`FixRefusal`].
    pub(super) fn cash(&mut self, message: &FixMessage) -> Result<(), FixRefusal> {
        if let Some(cash) = self.cash.as_mut().filter(|_| message.get(909) == Some(&self.id)) {
            message.need(901)?;
            *cash = money(message, 901)?;
        }
        Ok(())
    }

    /// A message was refused: if it was a part of the answer, what is left of the answer says nothing. A holding
    /// that is not of this day is left out of every comparison. An order of somebody else's that cannot be read must not keep the
    /// line from being live, for our own could not be taken back then.
    pub(super) fn refused(&mut self, message: &FixMessage, refusal: &FixRefusal, ours: bool) {
        let names = [584, 710, 909].into_iter().any(|tag| message.get(tag) == Some(&self.id));
        if names && !ours && !self.for_engine && message.kind() == "8" {
            self.orders.skip(count(message, 911).ok().flatten(), message.says_yes(912));
            return;
        }
        self.broken |= names && !matches!(refusal, FixRefusal::Symbol { .. });
    }

    pub(super) fn is_whole(&self) -> bool {
        let held = self.holdings.as_ref().is_none_or(Parts::is_whole);
        !self.broken && self.orders.is_whole() && held && self.cash.is_none_or(|cash| cash.is_some())
    }

    pub(super) fn take(self) -> Whole {
        let held = self.holdings.map(|held| {
            let some = held.parts.into_values().filter(|h| h.qty.is_positive() || h.settled.is_positive());
            some.collect()
        });
        Whole { orders: self.orders.parts.into_values().collect(), holdings: held, cash: self.cash.flatten() }
    }
}

/// The long quantity of one kind in a position report: 704 after the 703 that names the kind.
fn long(message: &FixMessage, kind: &str) -> Result<Option<crate::market::Qty>, FixRefusal> {
    let fields = message.fields();
    let Some(start) = fields.iter().position(|(tag, value)| *tag == 703 && value == kind) else {
        return Ok(None);
    };
    let rest = fields[start + 1..].iter().take_while(|(tag, _)| *tag != 703);
    let mut entry = FixMessage::new("AP");
    rest.for_each(|(tag, value)| entry.push(*tag, value));
    qty(&entry, 704)
}
