//! Choosing a symbol: letters narrow by ticker first, then by name.

use crate::console::{Frame, ui::Ui};
use crate::market::InstrumentId;

/// The instruments that match what was typed, best first: ticker begins with it, ticker has it,
/// name has it.
#[must_use]
pub fn matches(frame: &Frame, ui: &Ui, typed: &str, add: bool) -> Vec<InstrumentId> {
    let upper = typed.trim().to_uppercase();
    let mut list: Vec<(u8, InstrumentId)> = frame
        .snapshot
        .day
        .universe
        .iter()
        .filter(|(id, _)| !add || ui.unwatched.contains(id))
        .filter_map(|(id, instrument)| {
            let ticker = instrument.symbol.as_str();
            let rank = if ticker == upper {
                0
            } else if ticker.starts_with(&upper) {
                1
            } else if ticker.contains(&upper) {
                2
            } else if instrument.name.to_uppercase().contains(&upper) {
                3
            } else {
                return None;
            };
            Some((rank, id))
        })
        .collect();
    list.sort_by_key(|(rank, _)| *rank);
    list.into_iter().map(|(_, id)| id).collect()
}
