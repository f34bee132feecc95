//! The stationary feature set: price and volume freed of their levels (C10).
//!
//! Baselines (means and deviations a value is measured against) end before the current bar, so
//! that a spike does not hide itself.

use std::collections::VecDeque;

use super::{ClosedBar, Descriptor, FeatureRow, ModelError, Unit, check_order, finite, ratio};
use crate::market::Timestamp;
use crate::model::descriptive::{mean, variance};
use crate::model::indicator::{Bollinger, Sma};

/// The set, one bar at a time.
#[derive(Clone, Debug)]
pub struct StationarySet {
    last: Option<Timestamp>,
    last_close: Option<f64>,
    volumes: VecDeque<f64>,
    returns: VecDeque<f64>,
    trend: Sma,
    bands: Bollinger,
}

impl Default for StationarySet {
    fn default() -> Self {
        let fixed = "windows are constants above 0";
        Self {
            last: None,
            last_close: None,
            volumes: VecDeque::new(),
            returns: VecDeque::new(),
            trend: Sma::new(50).expect(fixed),
            bands: Bollinger::new(20, 2.0).expect(fixed),
        }
    }
}

impl StationarySet {
    const VOLUMES: usize = 20;
    const RETURNS: usize = 60;

    /// The features, in the order of the rows.
    pub const DESCRIPTORS: &[Descriptor] = &[
        Descriptor::new("volume_z_20", 21, Unit::Deviations),
        Descriptor::new("demeaned_return_60", 62, Unit::LogReturn),
        Descriptor::new("detrended_price_50", 50, Unit::LogReturn),
        Descriptor::new("bollinger_position", 20, Unit::Ratio),
        Descriptor::new("volume_weighted_momentum", 21, Unit::LogReturn),
    ];

    /// Takes a closed bar and gives its row.
    ///
    /// # Errors
    /// A bar that cannot be, or one out of order (`LookAhead`); the set is then unchanged.
    pub fn push(&mut self, bar: &ClosedBar) -> Result<FeatureRow, ModelError> {
        check_order(&mut self.last, bar)?;
        let volumes = take_before(&mut self.volumes, Some(bar.volume), Self::VOLUMES);
        let change = self.last_close.replace(bar.close).map(|last| (bar.close / last).ln());
        let returns = take_before(&mut self.returns, change, Self::RETURNS);
        let volume_z = volumes.as_ref().and_then(|v| ratio(bar.volume - mean(v), variance(v, 1).sqrt()));
        let demeaned = change.zip(returns).and_then(|(change, past)| finite(change - mean(&past)));
        let detrended = self.trend.push(bar.close).and_then(|trend| finite((bar.close / trend).ln()));
        let position = self.bands.push(bar.close).and_then(|band| band.position);
        let momentum = change
            .zip(volumes)
            .and_then(|(change, v)| ratio(bar.volume, mean(&v)).map(|relative| change * relative));
        let values = [volume_z, demeaned, detrended, position, momentum];
        let values = values.into_iter().map(|value| value.and_then(finite)).collect();
        Ok(FeatureRow { available_at: bar.available_at, values })
    }
}

/// The `n` values before this one, once there are as many; then remembers this one.
fn take_before(window: &mut VecDeque<f64>, value: Option<f64>, n: usize) -> Option<Vec<f64>> {
    let before = (window.len() == n).then(|| window.iter().copied().collect());
    window.extend(value);
    if window.len() > n {
        window.pop_front();
    }
    before
}
