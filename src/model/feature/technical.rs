//! The technical feature set: the usual indicators with their warm-up rows masked (C10).

use std::collections::VecDeque;

use super::{ClosedBar, Descriptor, FeatureRow, ModelError, Unit, check_order, finite, ratio};
use crate::market::Timestamp;
use crate::model::descriptive::{mean, variance};
use crate::model::indicator::{
    Atr, Bollinger, Ema, Macd, Obv, Roc, Rsi, SessionVwap, Sma, Stochastic, WilderSeed,
};

const AVERAGES: [usize; 5] = [5, 10, 20, 50, 200];

/// The indicators, one bar at a time.
#[derive(Clone, Debug)]
pub struct TechnicalSet {
    last: Option<Timestamp>,
    seen: usize,
    simple: Vec<Sma>,
    exponential: Vec<Ema>,
    rsi: Rsi,
    macd: Macd,
    atr: Atr,
    bands: Bollinger,
    obv: Obv,
    vwap: SessionVwap,
    roc: Roc,
    stochastic: Stochastic,
    last_close: Option<f64>,
    returns: VecDeque<f64>,
    volumes: VecDeque<f64>,
}

impl Default for TechnicalSet {
    fn default() -> Self {
        let fixed = "windows are constants above 0";
        Self {
            last: None,
            seen: 0,
            simple: AVERAGES.iter().filter_map(|n| Sma::new(*n).ok()).collect(),
            exponential: AVERAGES.iter().filter_map(|n| Ema::new(*n).ok()).collect(),
            rsi: Rsi::new(14).expect(fixed),
            macd: Macd::new(12, 26, 9).expect(fixed),
            atr: Atr::new(14, WilderSeed::WithoutFirst).expect(fixed),
            bands: Bollinger::new(20, 2.0).expect(fixed),
            obv: Obv::default(),
            vwap: SessionVwap::default(),
            roc: Roc::new(10).expect(fixed),
            stochastic: Stochastic::new(14, 3).expect(fixed),
            last_close: None,
            returns: VecDeque::new(),
            volumes: VecDeque::new(),
        }
    }
}

impl TechnicalSet {
    const VOLATILITY: usize = 20;

    /// The features, in the order of the rows.
    pub const DESCRIPTORS: &[Descriptor] = &[
        Descriptor::new("sma_5", 5, Unit::Price),
        Descriptor::new("sma_10", 10, Unit::Price),
        Descriptor::new("sma_20", 20, Unit::Price),
        Descriptor::new("sma_50", 50, Unit::Price),
        Descriptor::new("sma_200", 200, Unit::Price),
        Descriptor::new("ema_5", 5, Unit::Price),
        Descriptor::new("ema_10", 10, Unit::Price),
        Descriptor::new("ema_20", 20, Unit::Price),
        Descriptor::new("ema_50", 50, Unit::Price),
        Descriptor::new("ema_200", 200, Unit::Price),
        Descriptor::new("rsi_14", 15, Unit::Percent),
        Descriptor::new("macd", 26, Unit::Price),
        Descriptor::new("macd_signal", 34, Unit::Price),
        Descriptor::new("macd_histogram", 34, Unit::Price),
        Descriptor::new("atr_14", 15, Unit::Price),
        Descriptor::new("bollinger_middle", 20, Unit::Price),
        Descriptor::new("bollinger_upper", 20, Unit::Price),
        Descriptor::new("bollinger_lower", 20, Unit::Price),
        Descriptor::new("obv", 1, Unit::Shares),
        Descriptor::new("vwap", 1, Unit::Price),
        Descriptor::new("roc_10", 11, Unit::Percent),
        Descriptor::new("stochastic_k", 14, Unit::Percent),
        Descriptor::new("stochastic_d", 16, Unit::Percent),
        Descriptor::new("volatility_20", 21, Unit::LogReturn),
        Descriptor::new("volume_ratio_20", 21, Unit::Ratio),
    ];

    /// Takes a closed bar and gives its row.
    ///
    /// # Errors
    /// A bar that cannot be, or one out of order (`LookAhead`); the set is then unchanged.
    pub fn push(&mut self, bar: &ClosedBar) -> Result<FeatureRow, ModelError> {
        check_order(&mut self.last, bar)?;
        self.seen += 1;
        let seen = self.seen;
        let from = |window: usize, value: f64| (seen >= window).then_some(value);
        let mut values: Vec<Option<f64>> = self.simple.iter_mut().map(|sma| sma.push(bar.close)).collect();
        let averages = self.exponential.iter_mut().zip(AVERAGES);
        values.extend(averages.map(|(ema, span)| {
            let value = ema.push(bar.close);
            (seen >= span).then_some(value)
        }));
        values.push(self.rsi.push(bar.close));
        let macd = self.macd.push(bar.close);
        values.extend([from(26, macd.macd), from(34, macd.signal), from(34, macd.histogram())]);
        values.push(self.atr.push(bar.high, bar.low, bar.close));
        let band = self.bands.push(bar.close);
        values.extend([band.map(|b| b.middle), band.map(|b| b.upper), band.map(|b| b.lower)]);
        values.push(Some(self.obv.push(bar.close, bar.volume)));
        let typical = (bar.high + bar.low + bar.close) / 3.0;
        values.push(self.vwap.push(session_number(bar), typical, bar.volume));
        values.push(self.roc.push(bar.close));
        let stochastic = self.stochastic.push(bar.high, bar.low, bar.close);
        values.extend([stochastic.k, stochastic.d]);
        values.push(self.volatility(bar.close));
        values.push(self.volume_ratio(bar.volume));
        let values = values.into_iter().map(|value| value.and_then(finite)).collect();
        Ok(FeatureRow { available_at: bar.available_at, values })
    }

    /// Standard deviation of the last 20 log returns.
    fn volatility(&mut self, close: f64) -> Option<f64> {
        let last = self.last_close.replace(close)?;
        self.returns.push_back((close / last).ln());
        if self.returns.len() > Self::VOLATILITY {
            self.returns.pop_front();
        }
        let known: Vec<f64> = self.returns.iter().copied().collect();
        (known.len() == Self::VOLATILITY).then(|| variance(&known, 1).sqrt())
    }

    /// Volume over the mean of the twenty bars before it.
    fn volume_ratio(&mut self, volume: f64) -> Option<f64> {
        let known: Vec<f64> = self.volumes.iter().copied().collect();
        self.volumes.push_back(volume);
        if self.volumes.len() > Self::VOLATILITY {
            self.volumes.pop_front();
        }
        if known.len() < Self::VOLATILITY { None } else { ratio(volume, mean(&known)) }
    }
}

/// A number that changes with the session date.
fn session_number(bar: &ClosedBar) -> i64 {
    use chrono::Datelike;
    i64::from(bar.session.naive().num_days_from_ce())
}
