//! From the two sides of a message to levels.

use super::depth::Rung;
use crate::market::{LevelUpdate, Side};

/// Bids, then asks; how many orders make up a level is not said.
pub(super) fn levels(bids: &[Rung], asks: &[Rung]) -> Vec<LevelUpdate> {
    let level = |side| move |(price, qty): &Rung| LevelUpdate { side, price: *price, qty: *qty, orders: 0 };
    bids.iter().map(level(Side::Buy)).chain(asks.iter().map(level(Side::Sell))).collect()
}
