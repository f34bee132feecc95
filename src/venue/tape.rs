//! The tape: what the exchange says, numbered without a gap, in batches that belong together.

use std::collections::VecDeque;

use chrono::Datelike;

use super::book::Fill;
use super::exchange::Owner;
use crate::market::{
    ContractNo, EventFlags, InstrumentId, MarketData, MarketEvent, SessionDate, SourceId, Timestamp,
    TradePrint,
};
use crate::wire::ExchangeOrderId;

/// Matching engines by their number in a contract number; each security belongs to one.
const SHARDS: [u64; 4] = [1, 3, 4, 5];

/// Events that were said and not yet read.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    events: VecDeque<MarketEvent>,
    batch: Vec<MarketEvent>,
    seq: u64,
    /// The date as it opens a contract number.
    date: u64,
    contracts: [u64; SHARDS.len()],
    orders: [u64; SHARDS.len()],
}

impl Tape {
    pub(super) fn new(date: SessionDate) -> Self {
        let day = date.naive();
        let year = u64::try_from(day.year()).unwrap_or_default();
        Self {
            events: VecDeque::new(),
            batch: Vec::new(),
            seq: 0,
            date: year * 10_000 + u64::from(day.month() * 100 + day.day()),
            contracts: [0; SHARDS.len()],
            orders: [0; SHARDS.len()],
        }
    }

    /// Says something as part of the batch that is open.
    pub(super) fn say(&mut self, at: Timestamp, instrument: InstrumentId, data: MarketData) {
        self.push(at, instrument, EventFlags::NONE, data);
    }

    /// Prints a trade. Who took and who gave is not said, because the exchange does not say it.
    pub(super) fn print(
        &mut self,
        at: Timestamp,
        instrument: InstrumentId,
        fill: &Fill<Owner>,
        flags: EventFlags,
    ) -> ContractNo {
        let engine = instrument.0 as usize % SHARDS.len();
        self.contracts[engine] += 1;
        let contract = ContractNo(self.number(engine, self.contracts[engine]));
        let print = TradePrint {
            price: fill.price,
            qty: fill.qty,
            aggressor: None,
            buyer: Some(fill.buyer.broker),
            seller: Some(fill.seller.broker),
            contract: Some(contract),
        };
        self.push(at, instrument, flags, MarketData::Trade(print));
        contract
    }

    /// The number of the next order that a member enters in a security.
    pub(super) fn order_id(&mut self, instrument: InstrumentId) -> ExchangeOrderId {
        let engine = instrument.0 as usize % SHARDS.len();
        self.orders[engine] += 1;
        ExchangeOrderId(self.number(engine, self.orders[engine]))
    }

    /// Date, two digits of the matching engine, and a sequence of six digits.
    const fn number(&self, engine: usize, sequence: u64) -> u64 {
        (self.date * 100 + SHARDS[engine]) * 1_000_000 + sequence
    }

    /// Ends the batch: its last event says so.
    pub(super) fn end_batch(&mut self) {
        if let Some(last) = self.batch.last_mut() {
            last.flags = last.flags.with(EventFlags::LAST);
        }
        self.events.extend(self.batch.drain(..));
    }

    /// The next event, oldest first.
    pub(super) fn next(&mut self) -> Option<MarketEvent> {
        self.events.pop_front()
    }

    fn push(&mut self, at: Timestamp, instrument: InstrumentId, flags: EventFlags, data: MarketData) {
        self.seq += 1;
        let source = SourceId(0);
        self.batch.push(MarketEvent { at, seq: self.seq, source, instrument, flags, data });
    }
}
