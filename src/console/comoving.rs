//! Which symbols the desk wants to see moving together, and how they did. Worked out when a bar
//! ends or the symbols change, not with every frame.

use std::collections::BTreeSet;

use super::{Frame, rows};
use crate::engine::snapshot::InstrumentView;
use crate::market::{InstrumentId, Price};
use crate::model::ModelError;
use crate::model::covariance::closes::{CloseCorrelation, of_closes};

/// Symbols compared at most.
pub const MOST: usize = 14;
/// Returns that it takes before a correlation is shown.
pub const LEAST_RETURNS: usize = 12;

/// The comparison of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Comoving {
    /// The symbols with their finished bars and last close: when these are the same, so is the rest.
    key: Vec<(InstrumentId, usize, Option<Price>)>,
    /// The symbols, in the order of the matrix.
    pub symbols: Vec<InstrumentId>,
    /// The correlations, or why there are none.
    pub result: Result<CloseCorrelation, ModelError>,
}

impl Comoving {
    /// The comparison for a frame; `before` is kept where nothing has changed.
    #[must_use]
    pub fn refreshed(before: Option<Self>, frame: &Frame, unwatched: &BTreeSet<InstrumentId>) -> Self {
        let symbols = symbols(frame, unwatched);
        let view = |id: &InstrumentId| frame.snapshot.instrument(*id);
        let last = |i: &InstrumentView| i.bars.iter().rev().find_map(|b| b.prices).map(|p| p.close);
        let key = symbols.iter().filter_map(view).map(|i| (i.id, i.bars.len(), last(i))).collect();
        if let Some(before) = before.filter(|b| b.key == key) {
            return before;
        }
        let count = symbols.iter().filter_map(view).flat_map(|i| &i.bars).map(|b| b.index as usize + 1).max();
        let closes: Vec<Vec<Option<f64>>> =
            symbols.iter().filter_map(view).map(|i| closes(i, count.unwrap_or(0))).collect();
        Self { key, symbols, result: of_closes(&closes, LEAST_RETURNS) }
    }
}

/// What is held, then what is on order, then the watch list.
fn symbols(frame: &Frame, unwatched: &BTreeSet<InstrumentId>) -> Vec<InstrumentId> {
    let held = rows::held(frame).filter(|p| p.position.qty.is_positive()).map(|p| p.instrument);
    let open = frame.snapshot.orders.iter().filter(|o| o.state.is_open()).map(|o| o.order.instrument);
    let watched = frame.snapshot.instruments.iter().map(|i| i.id).filter(|id| !unwatched.contains(id));
    let mut out = Vec::new();
    for id in held.chain(open).chain(watched) {
        if out.len() == MOST {
            break;
        }
        if !out.contains(&id) {
            out.push(id);
        }
    }
    out
}

/// The closes of finished bars by their number.
fn closes(i: &InstrumentView, count: usize) -> Vec<Option<f64>> {
    let mut out = vec![None; count];
    for bar in &i.bars {
        if let (Some(slot), Some(prices)) = (out.get_mut(bar.index as usize), bar.prices) {
            *slot = Some(prices.close.units() as f64);
        }
    }
    out
}
