//! Choosing a symbol: letters narrow by ticker first, then by name; a number is a broker's.

use crate::console::{Frame, ui::Ui};
use crate::engine::snapshot::InstrumentView;
use crate::market::{BrokerId, InstrumentId};

/// The instruments that match what was typed, best first: the ticker is it, begins with it, has its
/// letters in order from the first on, has it inside; the name has it. A number lists where that
/// broker traded in the prints kept, most shares first.
#[must_use]
pub fn matches(frame: &Frame, ui: &Ui, typed: &str, add: bool) -> Vec<InstrumentId> {
    let upper = typed.trim().to_uppercase();
    let broker = upper.parse().ok().map(BrokerId);
    let offered = |id: &InstrumentId| !add || ui.unwatched.contains(id);
    let mut list: Vec<(i64, InstrumentId)> = frame
        .snapshot
        .day
        .universe
        .iter()
        .filter(|(id, _)| offered(id))
        .filter_map(|(id, instrument)| {
            let ticker = instrument.symbol.as_str();
            let shares = || broker.and_then(|b| traded(frame.snapshot.instrument(id)?, b));
            let rank = if ticker == upper {
                i64::MIN
            } else if ticker.starts_with(&upper) {
                i64::MIN + 1
            } else if has_in_order(ticker, &upper) {
                i64::MIN + 2
            } else if ticker.contains(&upper) {
                i64::MIN + 3
            } else if let Some(shares) = shares() {
                -shares
            } else if instrument.name.to_uppercase().contains(&upper) {
                1
            } else {
                return None;
            };
            Some((rank, id))
        })
        .collect();
    list.sort_by_key(|(rank, _)| *rank);
    list.into_iter().map(|(_, id)| id).collect()
}

/// Whether a ticker begins with the first letter and has the others after it in their order.
fn has_in_order(ticker: &str, typed: &str) -> bool {
    let mut letters = ticker.chars();
    let mut first = true;
    typed
        .chars()
        .all(|c| if std::mem::take(&mut first) { letters.next() == Some(c) } else { letters.any(|l| l == c) })
}

/// Shares that a broker bought and sold in the prints kept; `None` for none.
fn traded(instrument: &InstrumentView, broker: BrokerId) -> Option<i64> {
    let his = instrument.tape.iter().filter(|row| row.buyer == Some(broker) || row.seller == Some(broker));
    let shares: i64 = his.map(|row| row.qty.units()).sum();
    (shares > 0).then_some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_from_the_first() {
        for (typed, want) in [("NB", true), ("NL", true), ("NABIL", true), ("BL", false), ("NLB", false)] {
            assert_eq!(has_in_order("NABIL", typed), want, "{typed}");
        }
    }
}
