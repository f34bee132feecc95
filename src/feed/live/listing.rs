//! What a source is asked for, and under which names and scales it speaks of it.

use crate::market::{InstrumentId, Symbol};

use super::depth::Scale;

/// An instrument as a source names and counts it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its name at the source.
    pub symbol: Symbol,
    /// Which instrument that is here.
    pub instrument: InstrumentId,
    /// The scale of its prices.
    pub price: Scale,
    /// The scale of its quantities.
    pub qty: Scale,
}

/// Everything a session is asked for. A name is looked up exactly as the source writes it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    rows: Vec<Listed>,
}

impl Listing {
    /// Of these, in the order of their names; of two with one name the first counts.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = Listed>) -> Self {
        let mut rows: Vec<Listed> = rows.into_iter().collect();
        rows.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        rows.dedup_by(|later, first| later.symbol == first.symbol);
        Self { rows }
    }

    /// Where a name stands in the listing.
    #[must_use]
    pub fn find(&self, symbol: &str) -> Option<usize> {
        self.rows.binary_search_by(|row| row.symbol.as_str().cmp(symbol)).ok()
    }

    /// The instruments, in the order of their names.
    #[must_use]
    pub fn rows(&self) -> &[Listed] {
        &self.rows
    }
}
