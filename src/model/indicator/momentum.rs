//! RSI, MACD, stochastic oscillator and rate of change.

use super::{Ema, Sma, Wilder, Window, check_window};
use crate::model::ModelError;
use crate::model::error::usable;

/// Wilder's relative strength index.
#[derive(Clone, Debug)]
pub struct Rsi {
    gains: Wilder,
    losses: Wilder,
    last: Option<f64>,
}

impl Rsi {
    /// Over `n` changes.
    ///
    /// # Errors
    /// `n` of 0.
    pub fn new(n: usize) -> Result<Self, ModelError> {
        Ok(Self { gains: Wilder::new(n)?, losses: Wilder::new(n)?, last: None })
    }

    /// Takes a close; `None` until `n` changes are known. 100 without losses, 50 when flat.
    pub fn push(&mut self, close: f64) -> Option<f64> {
        if !usable(close) {
            return None;
        }
        let last = self.last.replace(close)?;
        let change = close - last;
        // Both averages must see the change before either may say that it is not ready.
        let (gain, loss) = (self.gains.push(change.max(0.0)), self.losses.push((-change).max(0.0)));
        let (gain, total) = (gain?, gain? + loss?);
        Some(if total <= 0.0 { 50.0 } else { 100.0 * gain / total })
    }
}

/// MACD, its signal line and their difference at one observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MacdPoint {
    /// Fast less slow average.
    pub macd: f64,
    /// Its own average.
    pub signal: f64,
}

impl MacdPoint {
    /// MACD less signal.
    #[must_use]
    pub const fn histogram(&self) -> f64 {
        self.macd - self.signal
    }
}

/// Moving average convergence and divergence; every average starts at its first value.
#[derive(Clone, Debug)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Macd {
    /// With the three spans, 12, 26 and 9 as a rule.
    ///
    /// # Errors
    /// A span of 0.
    pub fn new(fast: usize, slow: usize, signal: usize) -> Result<Self, ModelError> {
        Ok(Self { fast: Ema::new(fast)?, slow: Ema::new(slow)?, signal: Ema::new(signal)? })
    }

    /// Takes a close. One that is not usable gives the point before it.
    pub fn push(&mut self, close: f64) -> MacdPoint {
        if !usable(close) {
            let macd = self.fast.last() - self.slow.last();
            return MacdPoint { macd, signal: self.signal.last() };
        }
        let macd = self.fast.push(close) - self.slow.push(close);
        MacdPoint { macd, signal: self.signal.push(macd) }
    }
}

/// The fast stochastic oscillator at one observation, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticPoint {
    /// Place of the close in the range; `None` in warm-up or when there is no range.
    pub k: Option<f64>,
    /// Simple mean of the last %K; `None` if one of them is.
    pub d: Option<f64>,
}

/// The fast stochastic oscillator.
#[derive(Clone, Debug)]
pub struct Stochastic {
    highs: Window,
    lows: Window,
    smooth: Sma,
}

impl Stochastic {
    /// %K over `k` bars and %D over `d` values of it.
    ///
    /// # Errors
    /// A window of 0.
    pub fn new(k: usize, d: usize) -> Result<Self, ModelError> {
        let k = check_window("k", k)?;
        Ok(Self { highs: Window::new(k), lows: Window::new(k), smooth: Sma::new(d)? })
    }

    /// Takes a bar.
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> StochasticPoint {
        if ![high, low, close].into_iter().all(usable) {
            return StochasticPoint { k: None, d: None };
        }
        self.highs.push(high);
        self.lows.push(low);
        let top = self.highs.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let bottom = self.lows.values.iter().copied().fold(f64::INFINITY, f64::min);
        let usable = self.highs.is_full() && top > bottom;
        let k = usable.then(|| 100.0 * (close - bottom) / (top - bottom));
        let d = match k {
            Some(k) => self.smooth.push(k),
            None => {
                // A missing %K makes %D missing until it has left the window.
                self.smooth.reset();
                None
            }
        };
        StochasticPoint { k, d }
    }
}

/// Rate of change in percent.
#[derive(Clone, Debug)]
pub struct Roc(Window);

impl Roc {
    /// Against the value `n` observations ago.
    ///
    /// # Errors
    /// `n` of 0.
    pub fn new(n: usize) -> Result<Self, ModelError> {
        check_window("n", n).map(|n| Self(Window::new(n.saturating_add(1))))
    }

    /// Takes a value; `None` until `n + 1` are known, or against zero.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        if !self.0.push(value) || !self.0.is_full() {
            return None;
        }
        let change = |before: &f64| Some(100.0 * (value / before - 1.0)).filter(|c| c.is_finite());
        self.0.values.front().and_then(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsi_is_fifty_when_flat_and_a_hundred_without_losses() {
        let run = |closes: &[f64]| {
            let mut rsi = Rsi::new(3).unwrap();
            closes.iter().map(|close| rsi.push(*close)).last().flatten()
        };
        assert_eq!(run(&[5.0; 4]), Some(50.0));
        assert_eq!(run(&[1.0, 2.0, 3.0, 4.0]), Some(100.0));
        assert_eq!(run(&[4.0, 3.0, 2.0, 1.0]), Some(0.0));
        assert_eq!(run(&[4.0, 3.0, 2.0]), None);
    }

    #[test]
    fn a_missing_k_keeps_d_missing_until_it_has_left_the_window() {
        let mut stochastic = Stochastic::new(1, 2).unwrap();
        let bars = [(2.0, 1.0, 1.5), (2.0, 1.0, 2.0), (1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (2.0, 1.0, 2.0)];
        let points: Vec<StochasticPoint> =
            bars.iter().map(|(high, low, close)| stochastic.push(*high, *low, *close)).collect();
        let (k, d): (Vec<_>, Vec<_>) = points.iter().map(|p| (p.k, p.d)).unzip();
        assert_eq!(k, [Some(50.0), Some(100.0), None, Some(0.0), Some(100.0)]);
        assert_eq!(d, [None, Some(75.0), None, None, Some(50.0)]);
    }

    #[test]
    fn roc_against_zero_is_missing() {
        let mut roc = Roc::new(1).unwrap();
        assert_eq!([0.0, 2.0, 3.0].map(|v| roc.push(v)), [None, None, Some(50.0)]);
    }
}
