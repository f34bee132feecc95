//! Volume-synchronised probability of informed trading (X15).
//!
//! Trades fill buckets of equal volume and are split exactly at their edges; VPIN is the mean
//! absolute imbalance of the last buckets. Its predictive value is disputed: it is shown and adds
//! caution, and it never halts anything by itself.

use std::collections::VecDeque;

use crate::model::ModelError;
use crate::model::descriptive::variance;
use crate::model::error::{check_finite, usable};
use crate::model::probability::{normal_cdf, student_t_cdf};
use crate::model::units::{require, require_non_negative, require_unit};

/// A running VPIN.
#[derive(Clone, Debug, PartialEq)]
pub struct Vpin {
    bucket_volume: f64,
    window: usize,
    filled: f64,
    bought: f64,
    imbalances: VecDeque<f64>,
}

impl Vpin {
    /// Buckets of `bucket_volume` shares, the last `window` of them.
    ///
    /// # Errors
    /// A volume that is not positive and finite, or a window of 0.
    pub fn new(bucket_volume: f64, window: usize) -> Result<Self, ModelError> {
        if !(bucket_volume > 0.0 && bucket_volume.is_finite()) {
            let (name, domain) = ("bucket volume", "above 0");
            return Err(ModelError::OutOfDomain { name, value: bucket_volume, domain });
        }
        if window == 0 {
            return Err(ModelError::OutOfDomain { name: "window", value: 0.0, domain: "1 or more" });
        }
        let imbalances = VecDeque::with_capacity(window.min(1024));
        Ok(Self { bucket_volume, window, filled: 0.0, bought: 0.0, imbalances })
    }

    /// The specification's choice: 50 buckets, each a fiftieth of the average daily volume. The
    /// volume is set once a day, and a new one starts a new history.
    ///
    /// # Errors
    /// An average daily volume that is not positive and finite.
    pub fn daily(average_daily_volume: f64) -> Result<Self, ModelError> {
        Self::new(average_daily_volume / 50.0, 50)
    }

    /// Takes a trade of which `buy_share` in [0, 1] counts as bought. A trade of size 0 is ignored,
    /// and one of any size takes no longer than the window.
    ///
    /// # Errors
    /// Volume negative or not finite, or a share outside [0, 1]; nothing is kept.
    pub fn push(&mut self, volume: f64, buy_share: f64) -> Result<(), ModelError> {
        check_trade(volume, buy_share)?;
        let room = self.bucket_volume - self.filled;
        if volume < room {
            self.filled += volume;
            self.bought += volume * buy_share;
            return Ok(());
        }
        self.close_bucket(self.bought + room * buy_share);
        let left = volume - room;
        let whole = (left / self.bucket_volume).floor();
        // Buckets filled by one trade are equal; only the last of them stay in the window.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        for _ in 0..(whole as usize).min(self.window) {
            self.close_bucket(self.bucket_volume * buy_share);
        }
        self.filled = (left - whole * self.bucket_volume).max(0.0);
        self.bought = self.filled * buy_share;
        Ok(())
    }

    fn close_bucket(&mut self, bought: f64) {
        self.imbalances.push_back((2.0 * bought - self.bucket_volume).abs());
        if self.imbalances.len() > self.window {
            self.imbalances.pop_front();
        }
    }

    /// In [0, 1]; `None` until the window is full.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let full = self.imbalances.len() == self.window;
        full.then(|| {
            let mean = self.imbalances.iter().sum::<f64>() / (self.window as f64 * self.bucket_volume);
            mean.clamp(0.0, 1.0)
        })
    }
}

fn check_trade(volume: f64, buy_share: f64) -> Result<(), ModelError> {
    if !(volume >= 0.0 && volume.is_finite()) {
        return Err(ModelError::OutOfDomain { name: "volume", value: volume, domain: "0 or more" });
    }
    if !(0.0..=1.0).contains(&buy_share) {
        return Err(ModelError::OutOfDomain { name: "buy share", value: buy_share, domain: "[0, 1]" });
    }
    Ok(())
}

/// VPIN over a whole run of trades.
#[derive(Clone, Debug, PartialEq)]
pub struct VpinSeries {
    /// Bought volume of every complete bucket.
    pub bought: Vec<f64>,
    /// One value per bucket from the `window`-th on.
    pub vpin: Vec<f64>,
}

/// The batch form: `buy_shares[i]` of `volumes[i]` was bought. Every bucket is reported.
///
/// # Errors
/// Unequal lengths, volumes that would fill more than ten million buckets, or as [`Vpin::new`] and
/// [`Vpin::push`].
pub fn vpin_series(
    volumes: &[f64],
    buy_shares: &[f64],
    bucket_volume: f64,
    window: usize,
) -> Result<VpinSeries, ModelError> {
    const MOST_BUCKETS: f64 = 1e7;
    if volumes.len() != buy_shares.len() {
        return Err(ModelError::DimensionMismatch { left: volumes.len(), right: buy_shares.len() });
    }
    check_finite(volumes)?;
    check_finite(buy_shares)?;
    Vpin::new(bucket_volume, window)?;
    volumes.iter().zip(buy_shares).try_for_each(|(volume, share)| check_trade(*volume, *share))?;
    let buckets = volumes.iter().sum::<f64>() / bucket_volume;
    if !(0.0..=MOST_BUCKETS).contains(&buckets) {
        return Err(ModelError::OutOfDomain { name: "buckets", value: buckets, domain: "at most 1e7" });
    }
    let bought = fill_buckets(volumes, buy_shares, bucket_volume);
    let scale = window as f64 * bucket_volume;
    let imbalances: Vec<f64> = bought.iter().map(|b| (2.0 * b - bucket_volume).abs()).collect();
    let vpin = imbalances.windows(window).map(|last| (last.iter().sum::<f64>() / scale).clamp(0.0, 1.0));
    Ok(VpinSeries { vpin: vpin.collect(), bought })
}

/// Bought volume of every complete bucket, one bucket after another.
fn fill_buckets(volumes: &[f64], buy_shares: &[f64], bucket_volume: f64) -> Vec<f64> {
    let mut complete = Vec::new();
    let (mut filled, mut bought) = (0.0, 0.0);
    for (volume, share) in volumes.iter().zip(buy_shares) {
        let mut left = *volume;
        while left >= bucket_volume - filled {
            let room = bucket_volume - filled;
            complete.push(bought + room * share);
            left -= room;
            (filled, bought) = (0.0, 0.0);
        }
        filled += left;
        bought += left * share;
    }
    complete
}

/// The distribution by which a standardised price change becomes a buy share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BulkCurve {
    /// Standard normal.
    Normal,
    /// Student's t with these degrees of freedom.
    StudentT(f64),
}

impl BulkCurve {
    fn check(self) -> Result<(), ModelError> {
        match self {
            Self::Normal => Ok(()),
            // Beyond this it is the normal curve to the last digit.
            Self::StudentT(df) => {
                require((0.01..=1e9).contains(&df), "degrees of freedom", df, "0.01 to 1e9")
            }
        }
    }

    /// The buy share of a standardised change.
    #[must_use]
    pub(crate) fn share(self, standardised: f64) -> f64 {
        match self {
            Self::Normal => normal_cdf(standardised),
            Self::StudentT(df) => student_t_cdf(standardised, df),
        }
    }
}

/// Buy shares of bars from their price changes over the standard deviation of the *whole* sample,
/// with that deviation. For study only: it uses later bars. The product uses [`BulkClassifier`].
///
/// # Errors
/// Fewer than 3 prices, values that are not finite, no variance, or degrees of freedom that are
/// not positive.
pub fn bulk_shares(prices: &[f64], curve: BulkCurve) -> Result<(Vec<f64>, f64), ModelError> {
    crate::model::error::check_series(prices, 3)?;
    curve.check()?;
    let changes: Vec<f64> = prices.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let sigma = variance(&changes, 1).sqrt();
    if !(sigma > 0.0 && sigma.is_finite()) {
        return Err(ModelError::Degenerate { why: "prices do not vary" });
    }
    let first = std::iter::once(curve.share(0.0));
    Ok((first.chain(changes.iter().map(|change| curve.share(change / sigma))).collect(), sigma))
}

/// Bulk classification that knows only the past: each change is measured against the deviation
/// of the changes before it.
#[derive(Clone, Debug)]
pub struct BulkClassifier {
    curve: BulkCurve,
    window: usize,
    last: Option<f64>,
    changes: VecDeque<f64>,
}

impl BulkClassifier {
    const MINIMUM: usize = 20;

    /// A classifier over the last `window` changes, at least 20.
    ///
    /// # Errors
    /// Degrees of freedom that are not positive and finite.
    pub fn new(curve: BulkCurve, window: usize) -> Result<Self, ModelError> {
        curve.check()?;
        Ok(Self { curve, window: window.max(Self::MINIMUM), last: None, changes: VecDeque::new() })
    }

    /// The buy share of a bar by its closing price: one half until 20 changes are known or while
    /// they do not vary. A price that is not finite is not kept.
    pub fn push(&mut self, price: f64) -> f64 {
        if !usable(price) {
            return 0.5;
        }
        let Some(last) = self.last.replace(price) else { return 0.5 };
        let change = price - last;
        let known: Vec<f64> = self.changes.iter().copied().collect();
        let sigma = variance(&known, 1).sqrt();
        self.changes.push_back(change);
        if self.changes.len() > self.window {
            self.changes.pop_front();
        }
        let ready = known.len() >= Self::MINIMUM && sigma > 0.0 && sigma.is_finite();
        if ready { self.curve.share(change / sigma) } else { 0.5 }
    }
}

/// The level at which VPIN is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toxicity {
    /// Up to 0.30.
    Low,
    /// Above 0.30.
    Medium,
    /// Above 0.40.
    High,
}

impl Toxicity {
    /// The level of a value.
    #[must_use]
    pub fn of(vpin: f64) -> Self {
        if vpin > 0.40 {
            Self::High
        } else if vpin > 0.30 {
            Self::Medium
        } else {
            Self::Low
        }
    }
}

/// The signal threshold under a VPIN: raised by it, by at most 0.4.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a threshold below 0 or a VPIN outside [0, 1].
pub fn raised_threshold(z_min: f64, vpin: f64) -> Result<f64, ModelError> {
    require_non_negative("z_min", z_min)?;
    require_unit("VPIN", vpin)?;
    Ok(z_min + vpin.min(0.4))
}

/// The share of the instrument's own history at or below a value; `None` without history.
#[must_use]
pub fn percentile(history: &[f64], value: f64) -> Option<f64> {
    let below = history.iter().filter(|past| **past <= value).count();
    (!history.is_empty()).then(|| below as f64 / history.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_trade_that_overfills_is_split_and_one_side_only_is_one() {
        let run = vpin_series(&[25.0], &[1.0], 10.0, 2).unwrap();
        assert_eq!((run.bought, run.vpin), (vec![10.0, 10.0], vec![1.0]));
        let half = vpin_series(&[10.0, 10.0], &[0.5, 0.5], 10.0, 2).unwrap();
        assert_eq!(half.vpin, vec![0.0]);
    }

    #[test]
    fn impossible_trades_and_buckets_are_refused() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Vpin::new(bad, 5).is_err());
        }
        assert!(Vpin::new(1.0, 0).is_err());
        let mut vpin = Vpin::new(1.0, 2).unwrap();
        for (volume, share) in
            [(-1.0, 0.5), (f64::NAN, 0.5), (1.0, 1.5), (f64::INFINITY, 0.5), (1.0, f64::NAN)]
        {
            assert!(vpin.push(volume, share).is_err());
        }
        assert_eq!(vpin, Vpin::new(1.0, 2).unwrap());
        assert!(vpin_series(&[1e9], &[1.0], 1.0, 2).is_err());
        vpin.push(1e300, 1.0).unwrap();
        assert_eq!(vpin.value(), Some(1.0));
        assert!(bulk_shares(&[1.0, 2.0, 2.5], BulkCurve::StudentT(0.0)).is_err());
        assert!(bulk_shares(&[1.0; 5], BulkCurve::Normal).is_err());
    }

    #[test]
    fn levels_and_thresholds() {
        assert_eq!(
            (Toxicity::of(0.3), Toxicity::of(0.35), Toxicity::of(0.41)),
            (Toxicity::Low, Toxicity::Medium, Toxicity::High)
        );
        assert_eq!((raised_threshold(0.5, 0.2), raised_threshold(0.5, 0.9)), (Ok(0.7), Ok(0.9)));
        assert!(raised_threshold(0.5, 1.1).is_err() && raised_threshold(-0.5, 0.1).is_err());
        assert_eq!(percentile(&[0.1, 0.2, 0.3, 0.4], 0.3), Some(0.75));
        assert_eq!(percentile(&[], 0.3), None);
    }

    proptest! {
        #[test]
        fn online_equals_batch_after_every_trade(
            trades in prop::collection::vec((0_u32..500, 0_u8..3), 1..60),
            bucket in 1_u32..200,
        ) {
            let volumes: Vec<f64> = trades.iter().map(|t| f64::from(t.0)).collect();
            let shares: Vec<f64> = trades.iter().map(|t| f64::from(t.1) / 2.0).collect();
            let mut online = Vpin::new(f64::from(bucket), 4).unwrap();
            for end in 1..=volumes.len() {
                online.push(volumes[end - 1], shares[end - 1]).unwrap();
                let batch = vpin_series(&volumes[..end], &shares[..end], f64::from(bucket), 4).unwrap();
                prop_assert_eq!(online.value(), batch.vpin.last().copied());
                prop_assert!(online.value().is_none_or(|v| (0.0..=1.0).contains(&v)));
            }
        }

        #[test]
        fn the_live_bulk_share_of_a_bar_does_not_change_when_the_future_does(
            prices in prop::collection::vec(50.0_f64..150.0, 30..60),
            other in 50.0_f64..150.0,
        ) {
            let run = |prices: &[f64]| -> Vec<f64> {
                let mut classifier = BulkClassifier::new(BulkCurve::Normal, 25).unwrap();
                prices.iter().map(|price| classifier.push(*price)).collect()
            };
            let cut = prices.len() - 5;
            let mut changed = prices.clone();
            changed[cut..].fill(other);
            prop_assert_eq!(&run(&prices)[..cut], &run(&changed)[..cut]);
        }
    }
}
