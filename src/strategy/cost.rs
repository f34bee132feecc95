//! What a trade is expected to cost, in parts, as decisions see it (X1).
//!
//! The parts are fractions of the trade's notional, one way, and at or above zero. The model that
//! fills them in lives where orders are made; strategy only subtracts.

use crate::model::{Provenance, Sourced};

/// One-way cost of a trade of one size, as fractions of its notional.
#[derive(Clone, PartialEq, Debug)]
pub struct TradeCost {
    /// Size over average daily volume.
    pub participation: f64,
    /// Half the quoted spread; 0 for an order that is filled at rest.
    pub half_spread: Sourced<f64>,
    /// Broker, regulator and depository.
    pub fees: Sourced<f64>,
    /// The order's own footprint, capped.
    pub impact: f64,
    /// The impact is above what may be traded on a number alone; the pre-trade check blocks.
    pub impact_extreme: bool,
    /// Tax on a positive realised gain; 0 for buys and losses. Kept apart from the cost of trading.
    pub capital_gains_tax: f64,
}

impl TradeCost {
    /// Nothing traded, nothing paid.
    #[must_use]
    pub fn none() -> Self {
        let nothing = Sourced { value: 0.0, provenance: Provenance::Default };
        Self {
            participation: 0.0,
            half_spread: nothing.clone(),
            fees: nothing,
            impact: 0.0,
            impact_extreme: false,
            capital_gains_tax: 0.0,
        }
    }

    /// Spread, fees and impact.
    #[must_use]
    pub fn trading(&self) -> f64 {
        sum([self.half_spread.value, self.fees.value, self.impact])
    }

    /// The cost of trading and the tax.
    #[must_use]
    pub fn total(&self) -> f64 {
        sum([self.trading(), self.capital_gains_tax])
    }

    /// Spread and impact only: what slippage is compared with, like with like (X13).
    #[must_use]
    pub fn slippage(&self) -> f64 {
        sum([self.half_spread.value, self.impact])
    }
}

/// The sum of parts. One that is not finite makes it the largest number there is: a cost that
/// nobody knows is a cost that nothing pays for.
fn sum<const N: usize>(parts: [f64; N]) -> f64 {
    let total: f64 = parts.iter().sum();
    if total.is_finite() { total } else { f64::MAX }
}
