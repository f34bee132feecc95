//! Risk between trade and settlement (X16).
//!
//! Shares bought today are risk until they can be sold: the regime may change on the way, so the
//! variance of each day is that of the two regimes weighed by their probability on that day,
//! starting from the filtered one.

use crate::market::Qty;
use crate::model::ModelError;
use crate::model::probability::student_t_quantile;
use crate::model::regime::FilteredProbability;
use crate::model::units::{DailyVol, require, require_unit};

/// 95 % quantile of the standard normal distribution, as X16 rounds it.
const NORMAL_95: f64 = 1.645;
/// Sessions added when the calendar does not know the days ahead.
const UNKNOWN_CALENDAR_SESSIONS: u32 = 2;

/// Business days until settlement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettlementDays {
    /// As the calendar counts them.
    Known(u32),
    /// The calendar does not reach that far: the rule's days, and two more to be safe.
    CalendarUnknown(u32),
}

impl SettlementDays {
    /// Days to be exposed for.
    #[must_use]
    pub const fn days(self) -> u32 {
        match self {
            Self::Known(days) => days,
            Self::CalendarUnknown(days) => days.saturating_add(UNKNOWN_CALENDAR_SESSIONS),
        }
    }
}

/// The two regimes and how they follow each other.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TwoRegimes {
    /// Probability of staying normal, per day.
    pub stay_normal: f64,
    /// Probability of staying in stress, per day.
    pub stay_stress: f64,
    /// Mean daily return, normal and stress.
    pub mean: [f64; 2],
    /// Daily volatility, normal and stress.
    pub vol: [DailyVol; 2],
}

/// What to make of the exposure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettlementLabel {
    /// Stress at settlement above 60 %: cut by 30 to 50 %.
    HighStress,
    /// Volatility to settlement above 5 %.
    HighVolatility,
    /// Neither.
    Acceptable,
}

/// Exposure from trade to settlement.
#[derive(Clone, PartialEq, Debug)]
pub struct SettlementExposure {
    /// Probability of stress on each day, the last being settlement.
    pub p_stress: Vec<f64>,
    /// Probability of being in stress on any of the days or now.
    pub p_ever_stress: f64,
    /// Expected return over the window.
    pub mean: f64,
    /// Standard deviation of the return over the window.
    pub volatility: f64,
    /// 95 % value at risk, a positive fraction, floored at 0.
    pub var_95: f64,
    /// What to make of it.
    pub label: SettlementLabel,
}

/// Measures the exposure; `tail` is the degrees of freedom of Student-t returns, if known.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for stay probabilities outside [0, 1], means that are not finite, no days, or
/// degrees of freedom not above 2.
pub fn exposure(
    now: FilteredProbability,
    regimes: &TwoRegimes,
    days: SettlementDays,
    tail: Option<f64>,
) -> Result<SettlementExposure, ModelError> {
    require_unit("probability of staying normal", regimes.stay_normal)?;
    require_unit("probability of staying in stress", regimes.stay_stress)?;
    for mean in regimes.mean {
        require(true, "mean return", mean, "finite")?;
    }
    let days = days.days();
    require((1..=250).contains(&days), "days to settlement", f64::from(days), "[1, 250]")?;
    let mut p = now.get();
    let (mut path, mut mean, mut variance) = (Vec::new(), 0.0, 0.0);
    for _ in 0..days {
        p = (p * regimes.stay_stress + (1.0 - p) * (1.0 - regimes.stay_normal)).clamp(0.0, 1.0);
        path.push(p);
        let gap = regimes.mean[1] - regimes.mean[0];
        mean += (1.0 - p) * regimes.mean[0] + p * regimes.mean[1];
        variance += (1.0 - p) * regimes.vol[0].value().powi(2) + p * regimes.vol[1].value().powi(2);
        variance += p * (1.0 - p) * gap * gap;
    }
    let volatility = variance.sqrt();
    require(true, "volatility to settlement", volatility, "finite")?;
    let label = if p > 0.60 {
        SettlementLabel::HighStress
    } else if volatility > 0.05 {
        SettlementLabel::HighVolatility
    } else {
        SettlementLabel::Acceptable
    };
    let calm = (1.0 - now.get()) * regimes.stay_normal.powi(i32::try_from(days).unwrap_or(i32::MAX));
    Ok(SettlementExposure {
        p_stress: path,
        p_ever_stress: 1.0 - calm,
        mean,
        volatility,
        var_95: (quantile_95(tail)? * volatility - mean).max(0.0),
        label,
    })
}

/// 95 % quantile in standard deviations.
fn quantile_95(tail: Option<f64>) -> Result<f64, ModelError> {
    let Some(nu) = tail else { return Ok(NORMAL_95) };
    require(nu > 2.0, "degrees of freedom", nu, "above 2")?;
    Ok(student_t_quantile(0.95, nu) * ((nu - 2.0) / nu).sqrt())
}

/// Shares that may be sold now: settled, and unsettled where the rules allow it, less what open sells
/// have reserved. Never below zero.
#[must_use]
pub fn sellable(settled: Qty, allowed_unsettled: Qty, reserved: Qty) -> Qty {
    settled.saturating_add(allowed_unsettled).less(reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regimes() -> TwoRegimes {
        TwoRegimes {
            stay_normal: 0.95,
            stay_stress: 0.80,
            mean: [0.0, 0.0],
            vol: [DailyVol::new(0.015).unwrap(), DailyVol::new(0.03).unwrap()],
        }
    }

    fn at(p: f64) -> SettlementExposure {
        let now = FilteredProbability::new(p).unwrap();
        exposure(now, &regimes(), SettlementDays::Known(2), None).unwrap()
    }

    #[test]
    fn anchors_of_x16() {
        for (now, after_two) in [(0.10, 0.143_75), (1.0, 0.65)] {
            let got = at(now);
            assert!((got.p_stress[1] - after_two).abs() < 1e-15, "{now}: {:?}", got.p_stress);
        }
        assert_eq!(at(1.0).label, SettlementLabel::HighStress);
        assert_eq!(at(0.1).label, SettlementLabel::Acceptable);
    }

    #[test]
    fn variance_adds_up_over_the_days() {
        let got = at(0.10);
        let day = |p: f64| (1.0 - p) * 0.000_225 + p * 0.0009;
        let variance: f64 = got.p_stress.iter().map(|p| day(*p)).sum();
        assert!((got.volatility - variance.sqrt()).abs() < 1e-15);
        assert!((got.var_95 - 1.645 * got.volatility).abs() < 1e-15);
        assert!((got.p_ever_stress - (1.0 - 0.9 * 0.95 * 0.95)).abs() < 1e-15);
    }

    #[test]
    fn fat_tails_unknown_days_and_spread_means_add_risk() {
        let now = FilteredProbability::new(0.3).unwrap();
        let two = SettlementDays::Known(2);
        let normal = exposure(now, &regimes(), two, None).unwrap();
        let longer = exposure(now, &regimes(), SettlementDays::CalendarUnknown(2), None).unwrap();
        assert_eq!(longer.p_stress.len(), 4);
        assert!(longer.volatility > normal.volatility);
        let spread = TwoRegimes { mean: [0.001, -0.02], ..regimes() };
        assert!(exposure(now, &spread, two, None).unwrap().volatility > normal.volatility);
        let rising = TwoRegimes { mean: [0.5, 0.5], ..regimes() };
        assert_eq!(exposure(now, &rising, two, None).unwrap().var_95, 0.0);
        // t with 5 degrees of freedom, unit variance: 2.015 sqrt(0.6).
        assert!((quantile_95(Some(5.0)).unwrap() - 2.015_048 * 0.6_f64.sqrt()).abs() < 1e-6);
        for bad in [
            exposure(now, &regimes(), SettlementDays::Known(0), None),
            exposure(now, &regimes(), two, Some(2.0)),
            exposure(now, &TwoRegimes { stay_normal: 1.1, ..regimes() }, two, None),
            exposure(now, &TwoRegimes { mean: [f64::NAN, 0.0], ..regimes() }, two, None),
        ] {
            assert!(bad.is_err());
        }
    }

    #[test]
    fn only_what_is_free_can_be_sold() {
        let q = Qty::from_units;
        assert_eq!(sellable(q(100), q(0), q(30)), q(70));
        assert_eq!(sellable(q(100), q(50), q(200)), q(0));
    }
}
