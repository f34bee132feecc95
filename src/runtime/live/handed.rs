//! What was handed on of sources that tell everything again: each trade goes to the engine once, whichever of them told it.

use std::collections::{BTreeMap, BTreeSet};

use crate::market::{ContractNo, EventFlags, InstrumentId, MarketData, MarketEvent, Price, Qty, Timestamp};

/// See the module.
#[derive(Debug, Default)]
pub struct Handed {
    contracts: BTreeSet<ContractNo>,
    /// The last trade without a contract, of each instrument.
    lasts: BTreeMap<InstrumentId, (Timestamp, Price, Qty)>,
}

impl Handed {
    /// Whether an event is to be handed on; if so, it counts as handed on. Only what is polled is told again.
    pub fn take(&mut self, event: &MarketEvent) -> bool {
        let MarketData::Trade(print) = &event.data else { return true };
        if !event.flags.has(EventFlags::POLLED) {
            return true;
        }
        if let Some(contract) = print.contract {
            return self.contracts.insert(contract);
        }
        let last = (event.at, print.price, print.qty);
        let is_new =
            self.lasts.get(&event.instrument).is_none_or(|known| last.0 >= known.0 && last != *known);
        if is_new {
            self.lasts.insert(event.instrument, last);
        }
        is_new
    }
}
