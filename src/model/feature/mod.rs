//! Features: what a forecast may look at (C10), and which of them it keeps (C11).
//!
//! Each feature has a name, a window and a unit, and each row the time from which it may be used.
//! Everything is causal by construction: sets take one closed bar after another, and a row never
//! changes afterwards. A value that cannot be computed, in warm-up or by a zero denominator, is
//! missing, never zero.

pub mod liquidity;
pub mod ownership;
pub mod selection;
mod stationary;
mod technical;

pub use stationary::StationarySet;
pub use technical::TechnicalSet;

use super::ModelError;
use crate::market::{SessionDate, Timestamp};

/// What a feature is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// NPR per share.
    Price,
    /// Shares.
    Shares,
    /// A fraction or ratio, decimal.
    Ratio,
    /// Percent, 0 to 100 or around 0.
    Percent,
    /// Standard deviations.
    Deviations,
    /// Log return per bar, decimal.
    LogReturn,
}

/// A feature's name, window in bars, and unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The name.
    pub name: &'static str,
    /// Bars needed, including the current one; earlier rows are missing.
    pub window: usize,
    /// The unit.
    pub unit: Unit,
}

impl Descriptor {
    const fn new(name: &'static str, window: usize, unit: Unit) -> Self {
        Self { name, window, unit }
    }
}

/// A bar that is complete.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedBar {
    /// Its session.
    pub session: SessionDate,
    /// From when it may be used.
    pub available_at: Timestamp,
    /// Highest price, NPR, adjusted as of the decision.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Closing price.
    pub close: f64,
    /// Shares.
    pub volume: f64,
}

impl ClosedBar {
    /// Prices positive and in order, volume not negative, all finite.
    fn check(&self) -> Result<(), ModelError> {
        super::error::check_finite(&[self.high, self.low, self.close, self.volume])?;
        let ordered = 0.0 < self.low && self.low <= self.close && self.close <= self.high;
        if !ordered {
            let (name, domain) = ("close", "above 0, between low and high");
            return Err(ModelError::OutOfDomain { name, value: self.close, domain });
        }
        if self.volume < 0.0 {
            return Err(ModelError::OutOfDomain { name: "volume", value: self.volume, domain: "0 or more" });
        }
        Ok(())
    }
}

/// One row of a set: values in the order of the set's descriptors.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureRow {
    /// From when the row may be used.
    pub available_at: Timestamp,
    /// The values; `None` is missing.
    pub values: Vec<Option<f64>>,
}

/// Keeps what is finite.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// `a / b`, missing when `b` is zero.
fn ratio(a: f64, b: f64) -> Option<f64> {
    if b == 0.0 { None } else { finite(a / b) }
}

/// Refuses a bar that became available before the one ahead of it.
fn check_order(last: &mut Option<Timestamp>, bar: &ClosedBar) -> Result<(), ModelError> {
    bar.check()?;
    if let Some(last) = *last
        && bar.available_at < last
    {
        return Err(ModelError::LookAhead { feature: "a bar out of order".to_owned() });
    }
    *last = Some(bar.available_at);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bars(raw: &[(f64, f64, f64, f64)]) -> Vec<ClosedBar> {
        let day = SessionDate::new(2024, 1, 1).unwrap();
        raw.iter()
            .enumerate()
            .map(|(i, &(low, up, at, volume))| ClosedBar {
                session: day.plus_days(i as i64 / 6).unwrap(),
                available_at: Timestamp::from_ns(i as i64),
                high: low + up,
                low,
                close: low + at * up,
                volume: volume.round(),
            })
            .collect()
    }

    fn rows(bars: &[ClosedBar]) -> Vec<(FeatureRow, FeatureRow)> {
        let (mut technical, mut stationary) = (TechnicalSet::default(), StationarySet::default());
        bars.iter().map(|bar| (technical.push(bar).unwrap(), stationary.push(bar).unwrap())).collect()
    }

    prop_compose! {
        fn raw_bar()(low in 50.0_f64..100.0, up in 0.0_f64..5.0, at in 0.0_f64..=1.0, volume in 0.0_f64..9.0)
            -> (f64, f64, f64, f64) { (low, up, at, volume) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_changed_future_moves_no_past_row(
            raw in prop::collection::vec(raw_bar(), 230..260),
            other in prop::collection::vec(raw_bar(), 20),
        ) {
            let cut = raw.len() - 20;
            let mut changed = raw.clone();
            changed[cut..].copy_from_slice(&other);
            prop_assert_eq!(&rows(&bars(&raw))[..cut], &rows(&bars(&changed))[..cut]);
        }

        #[test]
        fn warm_up_rows_are_missing_and_nothing_is_ever_not_finite(
            raw in prop::collection::vec(raw_bar(), 1..230),
        ) {
            for (i, (technical, stationary)) in rows(&bars(&raw)).iter().enumerate() {
                let named = TechnicalSet::DESCRIPTORS.iter().zip(&technical.values);
                for (descriptor, value) in named.chain(StationarySet::DESCRIPTORS.iter().zip(&stationary.values)) {
                    prop_assert!(i + 1 >= descriptor.window || value.is_none(), "{} at {i}", descriptor.name);
                    prop_assert!(value.is_none_or(f64::is_finite), "{} at {i}", descriptor.name);
                }
            }
        }
    }

    #[test]
    fn every_feature_is_there_exactly_from_its_window_on() {
        let raw: Vec<(f64, f64, f64, f64)> = (0..260_u32)
            .map(|i| {
                (
                    90.0 + f64::from((i * 37) % 11),
                    2.0,
                    f64::from((i * 7) % 5) / 4.0,
                    f64::from(1 + (i * 13) % 7),
                )
            })
            .collect();
        let rows = rows(&bars(&raw));
        for (column, descriptor) in TechnicalSet::DESCRIPTORS.iter().enumerate() {
            let first = rows.iter().position(|row| row.0.values[column].is_some()).unwrap();
            assert_eq!(first + 1, descriptor.window, "{}", descriptor.name);
        }
        for (column, descriptor) in StationarySet::DESCRIPTORS.iter().enumerate() {
            let first = rows.iter().position(|row| row.1.values[column].is_some()).unwrap();
            assert_eq!(first + 1, descriptor.window, "{}", descriptor.name);
        }
        assert!(rows.iter().all(|row| row.0.values.len() == TechnicalSet::DESCRIPTORS.len()));
    }

    #[test]
    fn a_bar_that_cannot_be_is_refused_and_changes_nothing() {
        let good = bars(&[(90.0, 2.0, 0.5, 5.0)])[0];
        let mut set = TechnicalSet::default();
        for bad in [
            ClosedBar { close: f64::NAN, ..good },
            ClosedBar { close: 95.0, ..good },
            ClosedBar { low: 0.0, high: 0.0, close: 0.0, ..good },
            ClosedBar { volume: -1.0, ..good },
        ] {
            assert!(set.push(&bad).is_err());
        }
        assert_eq!(set.push(&good), TechnicalSet::default().push(&good));
        let earlier = ClosedBar { available_at: Timestamp::from_ns(-5), ..good };
        assert!(matches!(set.push(&earlier), Err(ModelError::LookAhead { .. })));
    }
}
