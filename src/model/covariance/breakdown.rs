//! When everything starts to move together (C18).
//!
//! The mean correlation of the last 20 sessions is compared with its own history, in Fisher's scale,
//! where a rise from 0.8 to 0.9 weighs more than one from 0.1 to 0.2.

use nalgebra::DMatrix;

use super::{correlation, mean_off_diagonal, sample};
use crate::model::ModelError;

/// Sessions of one mean correlation.
pub const WINDOW: usize = 20;
/// Longest baseline, in sessions, ending one window ago.
pub const BASELINE: usize = 250;
/// Fewest baseline values.
pub const MIN_BASELINE: usize = 60;
/// Detected beyond this many standard deviations.
pub const DETECTED_ABOVE: f64 = 2.0;

/// What to do about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum BreakdownLevel {
    /// Not detected.
    None,
    /// Watch.
    Moderate,
    /// Cut exposure by 30 %.
    Severe,
    /// Cut exposure by half or more.
    Critical,
}

impl BreakdownLevel {
    /// Share of the exposure to cut at least.
    #[must_use]
    pub const fn cut(self) -> f64 {
        match self {
            Self::None | Self::Moderate => 0.0,
            Self::Severe => 0.30,
            Self::Critical => 0.50,
        }
    }
}

/// Today's mean correlation against its history.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Breakdown {
    /// Mean correlation of the last window.
    pub now: f64,
    /// The baseline's mean correlation, back from Fisher's scale.
    pub baseline: f64,
    /// Standard deviations above the baseline, in Fisher's scale.
    pub z: f64,
    /// `(now - baseline) / (1 - baseline)` within [0, 1].
    pub severity: f64,
    /// What to do about it.
    pub level: BreakdownLevel,
    /// Baseline values used.
    pub baseline_values: usize,
}

/// Judges the last row of `returns` (rows sessions, oldest first, columns assets).
///
/// Windows in which an asset does not move are left out of the baseline.
///
/// # Errors
/// [`ModelError::TooShort`] with fewer than 3 assets or 60 baseline values; [`ModelError::Degenerate`] if the last window
/// or the baseline does not vary; [`ModelError::NonFinite`].
pub fn detect(returns: &DMatrix<f64>) -> Result<Breakdown, ModelError> {
    let (rows, assets) = returns.shape();
    if assets < 3 {
        return Err(ModelError::TooShort { need: 3, got: assets });
    }
    let need = WINDOW + WINDOW + MIN_BASELINE - 1;
    if rows < need {
        return Err(ModelError::TooShort { need, got: rows });
    }
    let now = window_correlation(returns, rows)?;
    // Windows ending one window ago and before: none of them overlaps the one judged.
    let last = rows - WINDOW;
    let first = (last + 1).saturating_sub(BASELINE).max(WINDOW);
    let mut history = Vec::new();
    for end in first..=last {
        match window_correlation(returns, end) {
            Ok(rho) => history.push(fisher(rho)),
            Err(ModelError::Degenerate { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if history.len() < MIN_BASELINE {
        return Err(ModelError::TooShort { need: MIN_BASELINE, got: history.len() });
    }
    let count = history.len() as f64;
    let mean = history.iter().sum::<f64>() / count;
    let spread = (history.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    if spread.is_nan() || spread <= 1e-12 {
        return Err(ModelError::Degenerate { why: "the baseline correlation does not vary" });
    }
    let z = (fisher(now) - mean) / spread;
    let baseline = mean.tanh();
    let severity = ((now - baseline) / (1.0 - baseline)).clamp(0.0, 1.0);
    Ok(Breakdown { now, baseline, z, severity, level: level(z, severity), baseline_values: history.len() })
}

fn level(z: f64, severity: f64) -> BreakdownLevel {
    if z <= DETECTED_ABOVE {
        BreakdownLevel::None
    } else if severity > 0.70 {
        BreakdownLevel::Critical
    } else if severity > 0.40 {
        BreakdownLevel::Severe
    } else {
        BreakdownLevel::Moderate
    }
}

/// Mean correlation of the window that ends before row `end`.
fn window_correlation(returns: &DMatrix<f64>, end: usize) -> Result<f64, ModelError> {
    let window = returns.rows(end - WINDOW, WINDOW).into_owned();
    let correlation = correlation(&sample::covariance(&window)?)?;
    mean_off_diagonal(&correlation).ok_or(ModelError::TooShort { need: 3, got: 1 })
}

/// Fisher's scale, finite for a correlation of one.
fn fisher(rho: f64) -> f64 {
    rho.clamp(-0.999_999, 0.999_999).atanh()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    /// Independent until `from`, then following one another with weight `together`.
    fn history(rows: usize, from: usize, together: f64) -> DMatrix<f64> {
        let mut draws = Draws::new(12_345, 0);
        let mut next = || draws.uniform() - 0.5;
        let mut returns = DMatrix::zeros(rows, 5);
        for t in 0..rows {
            let common = next();
            let weight = if t >= from { together } else { 0.3 };
            for i in 0..5 {
                returns[(t, i)] = 0.02 * (weight * common + (1.0 - weight) * next());
            }
        }
        returns
    }

    #[test]
    fn moving_together_is_found_and_graded() {
        let quiet = detect(&history(330, 330, 0.3)).unwrap();
        assert_eq!(quiet.level, BreakdownLevel::None, "{quiet:?}");
        assert_eq!(quiet.baseline_values, 250);
        let all_as_one = detect(&history(330, 310, 0.95)).unwrap();
        assert_eq!(all_as_one.level, BreakdownLevel::Critical, "{all_as_one:?}");
        assert!(all_as_one.z > 2.0 && all_as_one.now > 0.9);
        assert_eq!(all_as_one.level.cut(), 0.5);
        let closer = detect(&history(330, 310, 0.55)).unwrap();
        assert!(closer.severity < all_as_one.severity);
    }

    #[test]
    fn levels_need_both_detection_and_severity() {
        for (z, severity, expected) in [
            (2.0, 0.9, BreakdownLevel::None),
            (2.1, 0.71, BreakdownLevel::Critical),
            (2.1, 0.70, BreakdownLevel::Severe),
            (2.1, 0.40, BreakdownLevel::Moderate),
        ] {
            assert_eq!(level(z, severity), expected, "{z} {severity}");
        }
    }

    #[test]
    fn too_little_is_unknown() {
        assert!(matches!(detect(&history(98, 98, 0.3)), Err(ModelError::TooShort { .. })));
        assert!(detect(&history(99, 99, 0.3)).is_ok());
        assert!(matches!(detect(&DMatrix::zeros(300, 2)), Err(ModelError::TooShort { .. })));
        assert!(matches!(detect(&DMatrix::zeros(300, 4)), Err(ModelError::Degenerate { .. })));
        let mut broken = history(330, 330, 0.3);
        broken[(200, 1)] = f64::NAN;
        assert!(matches!(detect(&broken), Err(ModelError::NonFinite { .. })));
    }
}
