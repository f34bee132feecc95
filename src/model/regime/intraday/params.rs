//! The constants of the intraday detector, each with its default, and what a session starts from.

use serde::{Deserialize, Serialize};

use crate::model::regime::{FilteredProbability, Regime};
use crate::model::{ModelError, Provenance};

/// No session has more bars than this: a day of one-second bars.
pub(super) const BARS_MAX: u32 = 86_400;

/// Volatility of each regime, decimal per trading day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimeLevels {
    /// Of the normal regime.
    pub normal: f64,
    /// Of the stress regime; above `normal`.
    pub stress: f64,
}

impl Default for RegimeLevels {
    fn default() -> Self {
        Self { normal: 0.015, stress: 0.030 }
    }
}

impl RegimeLevels {
    /// The weekly refit: the two volatilities of the daily model, decimal per day, each kept within
    /// half and twice its default so that one odd fit cannot move the detector out of its range.
    ///
    /// # Errors
    /// [`ModelError::NonFinite`] with the index of the bad one, or [`ModelError::Degenerate`] when
    /// what is left does not separate two regimes; the caller keeps the levels it has.
    pub fn refit(sigma_normal: f64, sigma_stress: f64) -> Result<Self, ModelError> {
        crate::model::error::check_finite(&[sigma_normal, sigma_stress])?;
        let source = Self::default();
        let kept = |value: f64, of: f64| value.clamp(0.5 * of, 2.0 * of);
        let levels =
            Self { normal: kept(sigma_normal, source.normal), stress: kept(sigma_stress, source.stress) };
        if levels.normal < levels.stress {
            Ok(levels)
        } else {
            Err(ModelError::Degenerate { why: "the two regimes have the same level" })
        }
    }
}

/// When the label follows the probability, and when it waits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hysteresis {
    /// To STRESS when the probability is at least this on [`Self::stress_bars`] consecutive bars.
    pub stress_above: f64,
    /// How many bars.
    pub stress_bars: u32,
    /// To STRESS at once when the probability is at least this.
    pub stress_at_once: f64,
    /// To NORMAL when the probability is at most this on [`Self::normal_bars`] consecutive bars.
    pub normal_below: f64,
    /// How many bars.
    pub normal_bars: u32,
    /// Bars between two changes of the label, at least.
    pub dwell_bars: u32,
}

impl Default for Hysteresis {
    fn default() -> Self {
        Self {
            stress_above: 0.70,
            stress_bars: 2,
            stress_at_once: 0.90,
            normal_below: 0.30,
            normal_bars: 3,
            dwell_bars: 3,
        }
    }
}

/// A falling and wild last hour keeps the probability up, whatever the filter says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FallingMarketFloor {
    /// Applies when the mean return of the window, log per bar, is below this.
    pub mean_return_below: f64,
    /// And the rolling volatility, decimal per day, is above this.
    pub sigma_d_above: f64,
    /// Then the probability of stress is at least this.
    pub p_stress: f64,
}

impl Default for FallingMarketFloor {
    fn default() -> Self {
        Self { mean_return_below: -0.001, sigma_d_above: 0.02, p_stress: 0.6 }
    }
}

/// Everything the detector can be told (C5).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntradayRegimeParams {
    /// Reference volatilities per day.
    pub levels: RegimeLevels,
    /// Bars in a full session; the factor from a bar's variance to a day's.
    pub bars_per_session: u32,
    /// `W`: returns in the rolling estimate, and before the label may first change.
    pub window: u32,
    /// `P(normal at the next bar | normal)`.
    pub stay_normal: f64,
    /// `P(stress at the next bar | stress)`.
    pub stay_stress: f64,
    /// The floor in a falling market.
    pub floor: FallingMarketFloor,
    /// From probability to label.
    pub hysteresis: Hysteresis,
}

impl Default for IntradayRegimeParams {
    fn default() -> Self {
        Self {
            levels: RegimeLevels::default(),
            bars_per_session: 48,
            window: 12,
            stay_normal: 1.0 - 1.0 / 96.0,
            stay_stress: 1.0 - 1.0 / 24.0,
            floor: FallingMarketFloor::default(),
            hysteresis: Hysteresis::default(),
        }
    }
}

impl IntradayRegimeParams {
    /// Refuses constants with which the filter would not be a filter.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] with the first field that is wrong.
    pub fn check(&self) -> Result<(), ModelError> {
        let h = &self.hysteresis;
        let (low, high) = (self.levels.normal, self.levels.stress);
        let bars = self.bars_per_session;
        let fields = [
            ("levels.normal", low, low > 1e-6 && low < 1.0, "0.000001 to 1"),
            ("levels.stress", high, high > low && high < 1.0, "above levels.normal, below 1"),
            ("bars_per_session", f64::from(bars), (1..=BARS_MAX).contains(&bars), "1 to 86,400"),
            ("window", f64::from(self.window), (1..=bars).contains(&self.window), "1 to bars_per_session"),
            ("stay_normal", self.stay_normal, inside_unit(self.stay_normal), "inside 0 to 1"),
            ("stay_stress", self.stay_stress, inside_unit(self.stay_stress), "inside 0 to 1"),
            ("floor.p_stress", self.floor.p_stress, (0.0..=1.0).contains(&self.floor.p_stress), "0 to 1"),
            (
                "floor.mean_return_below",
                self.floor.mean_return_below,
                self.floor.mean_return_below.is_finite(),
                "finite",
            ),
            ("floor.sigma_d_above", self.floor.sigma_d_above, self.floor.sigma_d_above.is_finite(), "finite"),
            ("hysteresis.stress_above", h.stress_above, inside_unit(h.stress_above), "inside 0 to 1"),
            (
                "hysteresis.stress_at_once",
                h.stress_at_once,
                h.stress_at_once >= h.stress_above,
                "at least stress_above",
            ),
            (
                "hysteresis.normal_below",
                h.normal_below,
                h.normal_below >= 0.0 && h.normal_below < h.stress_above,
                "below stress_above",
            ),
            ("hysteresis.stress_bars", f64::from(h.stress_bars), h.stress_bars > 0, "at least 1"),
            ("hysteresis.normal_bars", f64::from(h.normal_bars), h.normal_bars > 0, "at least 1"),
        ];
        match fields.into_iter().find(|(_, _, fits, _)| !fits) {
            Some((name, value, _, domain)) => Err(ModelError::OutOfDomain { name, value, domain }),
            None => Ok(()),
        }
    }
}

fn inside_unit(value: f64) -> bool {
    value > 0.0 && value < 1.0
}

/// What a session's filter starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Probability of stress before the first bar: the daily model's one-step prediction.
    pub p_stress: FilteredProbability,
    /// Yesterday's last label, held until the window is full.
    pub label: Regime,
    /// Where the probability comes from.
    pub provenance: Provenance,
}

impl Start {
    /// From yesterday's prediction and label.
    #[must_use]
    pub const fn from_daily(p_stress: FilteredProbability, label: Regime, provenance: Provenance) -> Self {
        Self { p_stress, label, provenance }
    }

    /// Before any daily model exists: 0.2, the stationary probability of the default chain, and
    /// NORMAL.
    #[must_use]
    pub fn without_daily_model() -> Self {
        Self {
            p_stress: FilteredProbability::from_recursion(0.2),
            label: Regime::Normal,
            provenance: Provenance::fallback("fixed start 0.2", "no daily model yet"),
        }
    }
}
