//! Market events that belong together: a picture, a change, a book that is lost.

use crate::market::{
    EventFlags, InstrumentId, LevelUpdate, MarketData, MarketEvent, SourceId, Timestamp, TradePrint,
};

/// What is the same in every event of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) at: Timestamp,
    pub(super) seq: u64,
    pub(super) source: SourceId,
    pub(super) instrument: InstrumentId,
    /// Marks of every event, beside [`EventFlags::LAST`] of the last.
    pub(super) flags: EventFlags,
}

impl Stamp {
    /// One event, which may or may not be the last of its message.
    pub(super) const fn event(&self, last: bool, data: MarketData) -> MarketEvent {
        let flags = if last { self.flags.with(EventFlags::LAST) } else { self.flags };
        let Self { at, seq, source, instrument, .. } = *self;
        MarketEvent { at, seq, source, instrument, flags, data }
    }

    /// A full picture replaces the book.
    pub(super) fn picture(&self, levels: &[LevelUpdate], events: &mut Vec<MarketEvent>) {
        events.push(self.event(levels.is_empty(), MarketData::Clear(None)));
        self.batch(levels, MarketData::Snapshot, events);
    }

    /// Levels change together.
    pub(super) fn change(&self, levels: &[LevelUpdate], events: &mut Vec<MarketEvent>) {
        self.batch(levels, MarketData::Level, events);
    }

    /// The book is not known any more.
    pub(super) fn lose(&self, events: &mut Vec<MarketEvent>) {
        events.push(self.event(true, MarketData::Clear(None)));
    }

    /// A trade.
    pub(super) fn trade(&self, print: TradePrint, events: &mut Vec<MarketEvent>) {
        events.push(self.event(true, MarketData::Trade(print)));
    }

    fn batch(
        &self,
        levels: &[LevelUpdate],
        data: fn(LevelUpdate) -> MarketData,
        events: &mut Vec<MarketEvent>,
    ) {
        for (i, level) in levels.iter().enumerate() {
            events.push(self.event(i + 1 == levels.len(), data(*level)));
        }
    }
}
