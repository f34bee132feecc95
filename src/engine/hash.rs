//! Fingerprints: one folded on with every input, one over all of the state, one over the outputs.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Event, Input, InstrumentState, Output, State};
use crate::market::{MarketData, OrderBook, Price, Qty, Side};

/// A SHA-256, shown as 64 hex digits. Over the wire form of all of the state, equal states have
/// equal hashes on every machine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateHash([u8; 32]);

impl StateHash {
    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|b| write!(f, "{b:02x}"))
}

impl State {
    /// The hash over all of the state: books, bars, baselines, regime, orders, accounts, alerts,
    /// answers, counters and the running digest.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        let bytes = postcard::to_stdvec(self).expect("state has no part that its wire form cannot carry");
        StateHash(Sha256::digest(&bytes).into())
    }

    /// The running digest: cheap, folded on with every input over what the input touched. Two runs
    /// whose digests agree at a point took the same inputs to the same prices and books up to there.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.digest
    }
}

/// Folds an input and what it left behind into the running digest.
#[inline]
pub(super) fn fold(state: &mut State, input: &Input, touched: Option<u32>, outputs: usize) {
    let mut h = mix(state.digest, input.at.ns() as u64);
    h = mix(h, event_word(&input.event) ^ input.seq);
    if let Some(instrument) = touched.and_then(|i| state.instruments.get(i as usize)) {
        h = mix(h, instrument_word(instrument));
    }
    if outputs > 0 {
        h = mix(h, outputs as u64);
    }
    state.digest = h;
}

/// What an input left behind in the instrument it touched: touch of the book, last price, volume.
#[inline]
fn instrument_word(instrument: &InstrumentState) -> u64 {
    let best = |book: &OrderBook, side| book.best_price(side).map_or(0, |p| p.units() as u64);
    let touch = |book| best(book, Side::Buy) ^ best(book, Side::Sell).rotate_left(32);
    let book = instrument.book.as_ref().map_or(0, touch);
    let last = instrument.day.last().map_or(0, |p| p.units() as u64);
    book ^ (instrument.day.volume.units() as u64).rotate_left(16) ^ last.rotate_left(48)
}

#[inline]
fn event_word(event: &Event) -> u64 {
    let pair = |price: Price, qty: Qty| price.units() as u64 ^ (qty.units() as u64).rotate_left(32);
    match event {
        Event::Market(event) => match &event.data {
            MarketData::Trade(print) => pair(print.price, print.qty).rotate_left(8),
            MarketData::Level(level) | MarketData::Snapshot(level) => {
                pair(level.price, level.qty) ^ u64::from(level.orders).rotate_left(56) ^ level.side as u64
            }
            _ => slow_word(event),
        },
        Event::Clock => 1,
        Event::Gateway(_) | Event::Command(_) | Event::Line(_) | Event::Statement(_) => slow_word(event),
    }
}

/// Any event by its wire form.
#[cold]
fn slow_word(event: &impl Serialize) -> u64 {
    let bytes = postcard::to_stdvec(event).expect("events have a wire form");
    bytes.iter().fold(3, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
}

#[inline]
const fn mix(h: u64, word: u64) -> u64 {
    (h ^ word).wrapping_mul(0xFF51_AFD7_ED55_8CCD).rotate_left(29)
}

/// The digest over every output of a run, in order, and their count.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    hasher: Sha256,
    count: u64,
}

impl Decisions {
    /// Takes outputs in. Each is written as its length (u32, little-endian) and its wire form.
    pub fn take(&mut self, outputs: &[Output]) {
        for output in outputs {
            let bytes = postcard::to_stdvec(output).expect("outputs have a wire form");
            let length = u32::try_from(bytes.len()).expect("an output is far smaller than 4 GB");
            self.hasher.update(length.to_le_bytes());
            self.hasher.update(&bytes);
            self.count += 1;
        }
    }

    /// How many outputs there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// SHA-256 so far.
    #[must_use]
    pub fn hash(&self) -> StateHash {
        StateHash(self.hasher.clone().finalize().into())
    }
}
