//! What Binance says of its books and trades, and how its changes follow one another. Read from recordings by the
//! importer and from the live stream by its session, under one rule.

use serde::Deserialize;

/// One level as a stream says it: price and new total as text.
pub(super) type TextLevel = (String, String);

/// A change of the book.
#[derive(Deserialize, Debug)]
pub(super) struct Depth {
    #[serde(rename = "E")]
    pub(super) event_ms: i64,
    pub(super) s: String,
    #[serde(rename = "U")]
    pub(super) first: u64,
    pub(super) u: u64,
    pub(super) pu: Option<u64>,
    pub(super) b: Vec<TextLevel>,
    pub(super) a: Vec<TextLevel>,
}

/// A full picture, as the request interface gives it.
#[derive(Deserialize, Debug)]
pub(super) struct Picture {
    #[serde(rename = "lastUpdateId")]
    pub(super) last: u64,
    /// When it was made; spot does not say.
    #[serde(rename = "E")]
    pub(super) event_ms: Option<i64>,
    pub(super) bids: Vec<TextLevel>,
    pub(super) asks: Vec<TextLevel>,
}

/// A trade.
#[derive(Deserialize, Debug)]
pub(super) struct Trade {
    #[serde(rename = "E")]
    pub(super) event_ms: i64,
    pub(super) s: String,
    pub(super) t: u64,
    pub(super) p: String,
    pub(super) q: String,
    /// Whether the buyer's order rested in the book.
    pub(super) m: bool,
    /// Where the trade came from; spot does not say.
    #[serde(rename = "X")]
    pub(super) origin: Option<String>,
}

/// By which rule changes follow a picture and one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Chain {
    /// Spot: each change starts at the update after the last one.
    Spot,
    /// USD-margined futures: each change names the last update of the one before.
    Futures,
}

impl Chain {
    /// Whether a picture up to `picture` has a change up to `last` already.
    pub(super) const fn is_old(self, picture: u64, last: u64) -> bool {
        match self {
            Self::Spot => last <= picture,
            Self::Futures => last < picture,
        }
    }

    /// Whether a change may be the first after a picture up to `picture`.
    pub(super) const fn joins(self, picture: u64, first: u64, last: u64) -> bool {
        let next = match self {
            Self::Spot => picture.saturating_add(1),
            Self::Futures => picture,
        };
        first <= next && next <= last
    }

    /// Whether a change follows the one up to `before`.
    pub(super) fn follows(self, before: u64, first: u64, previous: Option<u64>) -> bool {
        match self {
            Self::Spot => first == before.saturating_add(1),
            Self::Futures => previous == Some(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exchanges_rules() {
        for (chain, picture, first, last, old, joins) in [
            (Chain::Spot, 10, 5, 10, true, false),
            (Chain::Spot, 10, 8, 11, false, true),
            (Chain::Spot, 10, 11, 11, false, true),
            (Chain::Spot, 10, 12, 15, false, false),
            (Chain::Futures, 10, 5, 9, true, false),
            (Chain::Futures, 10, 5, 10, false, true),
            (Chain::Futures, 10, 10, 14, false, true),
            (Chain::Futures, 10, 11, 14, false, false),
        ] {
            assert_eq!(chain.is_old(picture, last), old, "{chain:?} {picture} {first} {last}");
            assert_eq!(chain.joins(picture, first, last), joins, "{chain:?} {picture} {first} {last}");
        }
        assert!(Chain::Spot.follows(10, 11, None) && !Chain::Spot.follows(10, 12, Some(10)));
        assert!(Chain::Futures.follows(10, 40, Some(10)) && !Chain::Futures.follows(10, 11, Some(9)));
        assert!(!Chain::Futures.follows(10, 11, None));
    }
}
