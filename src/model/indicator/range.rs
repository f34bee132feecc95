//! True range and Wilder's average of it.

use super::Wilder;
use crate::model::ModelError;
use crate::model::error::usable;

/// True range: the bar's range, stretched to the previous close. The first bar has none before it.
#[derive(Clone, Debug, Default)]
pub struct TrueRange {
    last_close: Option<f64>,
}

impl TrueRange {
    /// Takes a bar; one with a number that is not usable has no range and is not kept.
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> f64 {
        if ![high, low, close].into_iter().all(usable) {
            return 0.0;
        }
        let range = high - low;
        match self.last_close.replace(close) {
            None => range,
            Some(last) => range.max((high - last).abs()).max((low - last).abs()),
        }
    }
}

/// Whether the first bar, whose true range knows no previous close, is part of the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WilderSeed {
    /// It is: the first value comes with bar `n`.
    WithFirst,
    /// It is left out: the first value comes one bar later.
    WithoutFirst,
}

/// Average true range.
#[derive(Clone, Debug)]
pub struct Atr {
    range: TrueRange,
    average: Wilder,
    skip: bool,
}

impl Atr {
    /// Over `n` bars.
    ///
    /// # Errors
    /// `n` of 0.
    pub fn new(n: usize, seed: WilderSeed) -> Result<Self, ModelError> {
        let average = Wilder::new(n)?;
        Ok(Self { range: TrueRange::default(), average, skip: seed == WilderSeed::WithoutFirst })
    }

    /// Takes a bar; `None` until the seed is complete.
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        if ![high, low, close].into_iter().all(usable) {
            return None;
        }
        let range = self.range.push(high, low, close);
        if std::mem::take(&mut self.skip) {
            return None;
        }
        self.average.push(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_counts_and_the_seed_may_leave_the_first_bar_out() {
        let bars = [(11.0, 10.0, 10.5), (15.0, 14.0, 14.5), (14.0, 12.0, 13.0)];
        let mut range = TrueRange::default();
        assert_eq!(bars.map(|(h, l, c)| range.push(h, l, c)), [1.0, 4.5, 2.5]);
        let run = |seed| {
            let mut atr = Atr::new(2, seed).unwrap();
            bars.map(|(h, l, c)| atr.push(h, l, c))
        };
        assert_eq!(run(WilderSeed::WithFirst), [None, Some(2.75), Some(2.625)]);
        assert_eq!(run(WilderSeed::WithoutFirst), [None, None, Some(3.5)]);
    }
}
