//! What can be traded or looked at on a day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{InstrumentId, Money, Price, Symbol, Tick};

/// What kind of security it is; ticks, lots and charges depend on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentKind {
    /// Ordinary shares.
    Equity,
    /// Promoter shares: a symbol of their own, never on the ordinary book.
    PromoterShare,
    /// Closed-end fund units, face value NPR 10.
    MutualFund,
    /// Corporate debentures.
    Debenture,
    /// Government and other bonds.
    Bond,
    /// Anything of another market; shown, never traded.
    Foreign,
}

/// Whose rules apply.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Board {
    /// The Nepal Stock Exchange: bands, ticks, sessions and charges apply.
    Nepse,
    /// Another market: view-only, no NEPSE rule applies.
    Foreign,
}

/// One security as it stands before the day opens. `None` is "not known", never zero.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Instrument {
    /// The ticker.
    pub symbol: Symbol,
    /// The company or fund.
    pub name: String,
    /// The exchange's sector, if known.
    pub sector: Option<String>,
    /// What kind it is, if known.
    pub kind: Option<InstrumentKind>,
    /// Whose rules apply.
    pub board: Board,
    /// Price units per whole currency unit: 100 on NEPSE.
    pub price_scale: i64,
    /// Quantity units per whole share: 1 on NEPSE.
    pub qty_scale: i64,
    /// The price grid, if known.
    pub tick: Option<Tick>,
    /// The adjusted close of the session before, if known.
    pub previous_close: Option<Price>,
    /// Face value per unit, if known.
    pub face_value: Option<Money>,
    /// Average daily volume of the 20 sessions before, in shares, if known.
    pub adv: Option<i64>,
}

impl Instrument {
    /// A NEPSE security of which only the ticker is known.
    #[must_use]
    pub fn nepse(symbol: Symbol) -> Self {
        Self {
            name: symbol.as_str().to_owned(),
            symbol,
            sector: None,
            kind: None,
            board: Board::Nepse,
            price_scale: 100,
            qty_scale: 1,
            tick: None,
            previous_close: None,
            face_value: None,
            adv: None,
        }
    }

    /// An instrument of another market, view-only, on its own scales.
    #[must_use]
    pub fn foreign(symbol: Symbol, price_scale: i64, qty_scale: i64) -> Self {
        Self {
            kind: Some(InstrumentKind::Foreign),
            board: Board::Foreign,
            price_scale,
            qty_scale,
            ..Self::nepse(symbol)
        }
    }
}

/// The instruments of a day, in a fixed order that gives each its id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Universe {
    list: Vec<Instrument>,
    by_symbol: BTreeMap<Symbol, InstrumentId>,
}

impl Universe {
    /// The instruments in the order given; a later one with a symbol already present is dropped.
    #[must_use]
    pub fn new(instruments: impl IntoIterator<Item = Instrument>) -> Self {
        let mut universe = Self::default();
        for instrument in instruments {
            universe.add(instrument);
        }
        universe
    }

    /// Adds an instrument and returns its id; one already present by symbol keeps its entry.
    pub fn add(&mut self, instrument: Instrument) -> InstrumentId {
        if let Some(id) = self.by_symbol.get(&instrument.symbol) {
            return *id;
        }
        let id = InstrumentId(u32::try_from(self.list.len()).expect("fewer than four billion instruments"));
        self.by_symbol.insert(instrument.symbol.clone(), id);
        self.list.push(instrument);
        id
    }

    /// The instrument with this id.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> Option<&Instrument> {
        self.list.get(id.0 as usize)
    }

    /// The id of a ticker.
    #[must_use]
    pub fn find(&self, symbol: &Symbol) -> Option<InstrumentId> {
        self.by_symbol.get(symbol).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Every instrument with its id, in id order.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, &Instrument)> {
        (0u32..).map(InstrumentId).zip(&self.list)
    }
}

impl Serialize for Universe {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Universe {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Instrument>::deserialize(deserializer).map(Self::new)
    }
}
