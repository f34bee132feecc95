//! A reading of risk with the nearest it came today.

use crate::engine::{Nearest, State, watch};
use crate::risk::Reading;
use crate::risk::reading::readings;

/// One rule at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadingView {
    /// The reading now.
    pub reading: Reading,
    /// The nearest it came today; `None` while it was never off zero or never measured.
    pub nearest: Option<Nearest>,
}

impl ReadingView {
    pub(super) fn all(state: &State) -> Vec<Self> {
        let view = |reading: Reading| Self { nearest: state.watch().nearest(reading.rule), reading };
        readings(&watch::facts(state)).map(view).to_vec()
    }
}
