//! Technical indicators, one observation at a time (C10).
//!
//! Every indicator is a small state with `push`; the batch form is the sequence of its answers, so
//! that what a chart shows and what a live feature says cannot differ, and no answer can depend on
//! a later observation. Conventions are those of the reference cases: EMA and MACD start at the
//! first value, Wilder's averages at a simple mean, Bollinger bands use the population deviation.
//! The feature set above them masks warm-up rows.
//!
//! Windows are recomputed, not updated by adding and subtracting: a flat stretch then has exactly
//! no deviation. A value that is not finite, or beyond any price or volume there could be, is not
//! taken: the answer to it is missing, or the one before it where an answer always exists.

mod average;
mod band;
mod momentum;
mod range;
mod volume;

pub use average::{Ema, Sma, Wilder};
pub use band::{Band, Bollinger};
pub use momentum::{Macd, MacdPoint, Roc, Rsi, Stochastic, StochasticPoint};
pub use range::{Atr, TrueRange, WilderSeed};
pub use volume::{Obv, SessionVwap};

use std::collections::VecDeque;

use super::ModelError;
use super::error::usable;

/// A window length of at least one.
fn check_window(name: &'static str, n: usize) -> Result<usize, ModelError> {
    if n == 0 {
        return Err(ModelError::OutOfDomain { name, value: 0.0, domain: "1 or more" });
    }
    Ok(n)
}

/// The last `n` values.
#[derive(Clone, Debug)]
struct Window {
    n: usize,
    values: VecDeque<f64>,
}

impl Window {
    const fn new(n: usize) -> Self {
        Self { n, values: VecDeque::new() }
    }

    /// Takes a value that is usable, and says whether it was.
    fn push(&mut self, value: f64) -> bool {
        if !usable(value) {
            return false;
        }
        self.values.push_back(value);
        if self.values.len() > self.n {
            self.values.pop_front();
        }
        true
    }

    fn is_full(&self) -> bool {
        self.values.len() == self.n
    }

    fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every indicator's answers over a run of (high, low, close, volume).
    fn all(bars: &[(f64, f64, f64, f64)]) -> Vec<Vec<Option<f64>>> {
        let mut sma = Sma::new(5).unwrap();
        let mut ema = Ema::new(5).unwrap();
        let mut rsi = Rsi::new(5).unwrap();
        let mut macd = Macd::new(3, 6, 4).unwrap();
        let mut band = Bollinger::new(5, 2.0).unwrap();
        let mut atr = Atr::new(5, WilderSeed::WithFirst).unwrap();
        let mut obv = Obv::default();
        let mut vwap = SessionVwap::default();
        let mut stochastic = Stochastic::new(5, 3).unwrap();
        let mut roc = Roc::new(5).unwrap();
        bars.iter()
            .enumerate()
            .map(|(i, &(high, low, close, volume))| {
                let macd = macd.push(close);
                let band = band.push(close);
                let stochastic = stochastic.push(high, low, close);
                vec![
                    sma.push(close),
                    Some(ema.push(close)),
                    rsi.push(close),
                    Some(macd.histogram()),
                    band.map(|b| b.upper),
                    band.and_then(|b| b.position),
                    atr.push(high, low, close),
                    Some(obv.push(close, volume)),
                    vwap.push(i as i64 / 7, close, volume),
                    stochastic.k,
                    stochastic.d,
                    roc.push(close),
                ]
            })
            .collect()
    }

    prop_compose! {
        fn bar()(low in 50.0_f64..100.0, up in 0.0_f64..5.0, at in 0.0_f64..=1.0, volume in 0.0_f64..1e5)
            -> (f64, f64, f64, f64) {
            (low + up, low, low + at * up, volume)
        }
    }

    proptest! {
        #[test]
        fn a_changed_future_moves_no_past_answer(
            bars in prop::collection::vec(bar(), 25..40),
            other in prop::collection::vec(bar(), 10),
        ) {
            let cut = bars.len() - 10;
            let mut changed = bars.clone();
            changed[cut..].copy_from_slice(&other);
            prop_assert_eq!(&all(&bars)[..cut], &all(&changed)[..cut]);
        }

        #[test]
        fn bounded_indicators_stay_in_their_bounds(bars in prop::collection::vec(bar(), 1..60)) {
            for row in all(&bars) {
                for bounded in [row[2], row[9], row[10]] {
                    prop_assert!(bounded.is_none_or(|v| (-1e-9..=100.0 + 1e-9).contains(&v)));
                }
                prop_assert!(row[6].is_none_or(|atr| atr >= 0.0));
                prop_assert!(row.iter().flatten().all(|v| v.is_finite()));
            }
        }
    }

    #[test]
    fn windows_of_nothing_are_refused() {
        assert!(Sma::new(0).is_err() && Ema::new(0).is_err() && Rsi::new(0).is_err());
        assert!(Macd::new(0, 26, 9).is_err() && Bollinger::new(0, 2.0).is_err() && Roc::new(0).is_err());
        assert!(Bollinger::new(5, f64::NAN).is_err() && Stochastic::new(5, 0).is_err());
        assert!(Atr::new(0, WilderSeed::WithFirst).is_err());
    }
}
