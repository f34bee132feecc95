//! Makes snapshots, sharing what did not change since the last one.

use std::sync::Arc;

use super::{AccountView, InstrumentView, ReadingView, RegimeView, Snapshot};
use crate::engine::{State, watch};
use crate::execution::Order;
use crate::market::InstrumentId;

/// Remembers the last views with the version of what they were made from.
#[derive(Default, Debug)]
pub struct SnapshotBuilder {
    instruments: Vec<(u64, Arc<InstrumentView>)>,
    orders: Vec<Arc<Order>>,
}

impl SnapshotBuilder {
    /// A picture of the state now.
    pub fn build(&mut self, state: &State) -> Snapshot {
        Snapshot {
            inputs: state.counters().inputs,
            now: state.now(),
            day: Arc::clone(state.setup()),
            trading: state.trading().clone(),
            session: state.session().clone(),
            phase_ends: phase_ends(state),
            next_halt: watch::next_index_halt(state),
            feeds: state.feeds().iter().cloned().collect(),
            gateway: Arc::new(state.gateway().clone()),
            instruments: self.instruments(state),
            regime: RegimeView::of(state.regime()),
            orders: self.orders(state),
            accounts: state.accounts().values().map(|a| AccountView::of(state, a)).collect(),
            alerts: state.alerts().iter().cloned().collect(),
            answers: state.answers().iter().cloned().collect(),
            checks: state.checks().iter().cloned().collect(),
            readings: ReadingView::all(state),
            pace: state.watch().pace(),
            counters: *state.counters(),
        }
    }

    fn instruments(&mut self, state: &State) -> Vec<Arc<InstrumentView>> {
        for (i, instrument) in (0u32..).zip(state.instruments()) {
            let id = InstrumentId(i);
            match self.instruments.get_mut(i as usize) {
                Some((version, view)) => {
                    if *version != instrument.version
                        && let Some(new) = InstrumentView::of(state, id, instrument, Some(view))
                    {
                        *version = instrument.version;
                        *view = Arc::new(new);
                    }
                }
                None => {
                    let view = InstrumentView::of(state, id, instrument, None);
                    self.instruments.extend(view.map(|view| (instrument.version, Arc::new(view))));
                }
            }
        }
        self.instruments.iter().map(|(_, view)| Arc::clone(view)).collect()
    }

    fn orders(&mut self, state: &State) -> Vec<Arc<Order>> {
        let last = std::mem::take(&mut self.orders);
        let mut last = last.into_iter().peekable();
        self.orders = state
            .orders()
            .values()
            .map(|order| {
                while last.next_if(|o| o.id < order.id).is_some() {}
                last.next_if(|o| **o == *order).unwrap_or_else(|| Arc::new(order.clone()))
            })
            .collect();
        self.orders.clone()
    }
}

/// When the phase that the session is in ends by the calendar.
fn phase_ends(state: &State) -> Option<crate::market::Timestamp> {
    let phase = state.session().phase;
    state.setup().phases.iter().find(|(_, next)| *next > phase).map(|(at, _)| *at)
}
