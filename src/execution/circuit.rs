//! The daily price band and what it does to a fill (X4).
//!
//! What matters is whether the price *touches* the band before the order's time is up, not where
//! it ends: the reflection principle gives about twice the terminal probability. Once a band is
//! locked the other side is gone: offers vanish at the upper edge, bids at the lower.

use crate::market::Side;
use crate::model::ModelError;
use crate::model::error::SMALLEST;
use crate::model::probability::normal_cdf;
use crate::model::units::{DailyVol, Minutes, TradingDays, require, require_positive, require_unit};

/// Share of an order still filled once its adverse edge is locked.
pub const LOCKED_FILL_SHARE: f64 = 0.15;

/// Probability that a price with log drift `drift` per day towards a barrier at log distance
/// `distance` touches it within `time`.
///
/// Driftless: twice the probability of ending beyond. At or past the barrier: 1. No time: 0.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a distance or drift that is not finite.
pub fn touch_probability(
    distance: f64,
    drift: f64,
    vol: DailyVol,
    time: TradingDays,
) -> Result<f64, ModelError> {
    require(true, "distance to the band", distance, "finite")?;
    require(true, "drift", drift, "finite")?;
    let tau = time.value();
    if distance <= 0.0 {
        return Ok(1.0);
    }
    if tau == 0.0 {
        return Ok(0.0);
    }
    let spread = vol.over(time);
    if spread < SMALLEST {
        return Ok(if drift * tau >= distance { 1.0 } else { 0.0 });
    }
    let ends_beyond = normal_cdf((drift * tau - distance) / spread);
    let returns = reflected(distance, drift * tau, spread);
    Ok((ends_beyond + returns).clamp(0.0, 1.0))
}

/// `exp(2 m d / s^2) Phi((-d - m) / s)`: paths that touched and came back. The exponential overflows
/// long before the product does, so far out both are taken in logs, where
/// `2 m d / s^2 - (d + m)^2 / (2 s^2)` is exactly `-(d - m)^2 / (2 s^2)`.
fn reflected(distance: f64, drifted: f64, spread: f64) -> f64 {
    let x = (-distance - drifted) / spread;
    if x > -8.0 {
        return (2.0 * (drifted / spread) * (distance / spread)).exp() * normal_cdf(x);
    }
    let y = (distance - drifted) / spread;
    let square = x * x;
    // Mills' ratio by its asymptotic series; the first term left out is below 1e-6 of it.
    let series = 1.0 - (1.0 - (3.0 - (15.0 - 105.0 / square) / square) / square) / square;
    (-0.5 * y * y).exp() * series / (-x * (2.0 * std::f64::consts::PI).sqrt())
}

/// Where the price is and how it moves.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BandQuery {
    /// Lower edge of today's band, rounded inward to the tick; currency per share.
    pub lower: f64,
    /// Upper edge of today's band, rounded inward to the tick.
    pub upper: f64,
    /// Mid now.
    pub mid: f64,
    /// Expected simple drift per day, a fraction.
    pub drift_per_day: f64,
    /// Volatility per day.
    pub vol: DailyVol,
    /// Tradable minutes to look ahead.
    pub horizon: Minutes,
}

/// Touch probabilities of both edges.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BandRisk {
    /// Log distance to the upper edge; below zero beyond it.
    pub distance_up: f64,
    /// Log distance to the lower edge.
    pub distance_down: f64,
    /// Probability of touching the upper edge.
    pub p_upper: f64,
    /// Probability of touching the lower edge.
    pub p_lower: f64,
}

impl BandRisk {
    /// Measures both edges.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless `0 < lower < upper`, the mid is above 0 and the drift finite.
    pub fn measure(query: &BandQuery) -> Result<Self, ModelError> {
        require_positive("lower edge", query.lower)?;
        require(query.upper > query.lower, "upper edge", query.upper, "above the lower edge")?;
        require_positive("mid", query.mid)?;
        let nu = query.drift_per_day - query.vol.value().powi(2) / 2.0;
        let time = query.horizon.trading_days();
        let distance_up = (query.upper / query.mid).ln();
        let distance_down = (query.mid / query.lower).ln();
        Ok(Self {
            distance_up,
            distance_down,
            p_upper: touch_probability(distance_up, nu, query.vol, time)?,
            p_lower: touch_probability(distance_down, -nu, query.vol, time)?,
        })
    }

    /// The edge at which an order of `side` finds nobody to trade with.
    #[must_use]
    pub const fn adverse(&self, side: Side) -> f64 {
        match side {
            Side::Buy => self.p_upper,
            Side::Sell => self.p_lower,
        }
    }

    /// The other edge: there an order is filled only because the price is running through it.
    #[must_use]
    pub const fn opposite(&self, side: Side) -> f64 {
        self.adverse(side.opposite())
    }
}

/// Fill probability when the adverse edge may lock: `P [(1 - p_c) + p_c phi]`.
///
/// # Errors
/// [`ModelError::OutOfDomain`] unless all three are in [0, 1].
pub fn adjusted_fill(p_fill: f64, p_circuit: f64, locked_share: f64) -> Result<f64, ModelError> {
    require_unit("fill probability", p_fill)?;
    require_unit("circuit probability", p_circuit)?;
    require_unit("locked fill share", locked_share)?;
    Ok(p_fill * ((1.0 - p_circuit) + p_circuit * locked_share))
}

/// Tradable minutes after the halts of the whole market that may come: each `(probability of touching
/// its level, minutes it lasts)` takes its expected share away.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a probability outside [0, 1].
pub fn less_expected_halts(horizon: Minutes, halts: &[(f64, Minutes)]) -> Result<Minutes, ModelError> {
    let mut left = horizon.value();
    for (probability, minutes) in halts {
        require_unit("halt probability", *probability)?;
        left -= probability * minutes.value().min(horizon.value());
    }
    Minutes::new(left.max(0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn driftless(distance: f64, minutes: f64) -> f64 {
        let time = Minutes::new(minutes).unwrap().trading_days();
        touch_probability(distance, 0.0, DailyVol::new(0.025).unwrap(), time).unwrap()
    }

    #[test]
    fn anchors_of_x4() {
        let near = (1.10_f64 / 1.08).ln();
        assert!((driftless(near, 30.0) - 0.0379).abs() < 5e-5, "{}", driftless(near, 30.0));
        assert!((driftless(near, 240.0) - 0.463).abs() < 5e-4, "{}", driftless(near, 240.0));
        let far = driftless(1.10_f64.ln(), 30.0);
        assert!((3.5e-27..4.5e-27).contains(&far), "{far}");
    }

    #[test]
    fn edges_of_the_formula() {
        let vol = DailyVol::new(0.025).unwrap();
        let still = DailyVol::new(0.0).unwrap();
        let day = TradingDays::new(1.0).unwrap();
        let none = TradingDays::new(0.0).unwrap();
        for (distance, drift, vol, time, expected) in [
            (0.0, 0.0, vol, day, 1.0),
            (-0.1, 0.0, vol, day, 1.0),
            (0.1, 9.0, vol, none, 0.0),
            (0.1, 0.2, still, day, 1.0),
            (0.1, 0.05, still, day, 0.0),
            // The exponential alone would overflow here.
            (0.1, 50.0, vol, day, 1.0),
            (5.0, 4.9, DailyVol::new(1e-4).unwrap(), day, 0.0),
        ] {
            let got = touch_probability(distance, drift, vol, time).unwrap();
            assert!((got - expected).abs() < 1e-12, "{distance} {drift}: {got}");
        }
        assert!(touch_probability(f64::NAN, 0.0, vol, day).is_err());
    }

    #[test]
    fn the_tail_joins_the_body() {
        // Either side of where the series takes over.
        for drifted in [-0.3, 0.0, 0.7] {
            let near = reflected(8.0 - drifted - 1e-9, drifted, 1.0);
            let far = reflected(8.0 - drifted + 1e-9, drifted, 1.0);
            assert!((near / far - 1.0).abs() < 1e-5, "{drifted}: {near} {far}");
        }
    }

    #[test]
    fn a_buy_fears_the_upper_edge() {
        let query = BandQuery {
            lower: 450.0,
            upper: 550.0,
            mid: 540.0,
            drift_per_day: 0.0,
            vol: DailyVol::new(0.025).unwrap(),
            horizon: Minutes::new(60.0).unwrap(),
        };
        let risk = BandRisk::measure(&query).unwrap();
        assert!(risk.adverse(Side::Buy) > 0.1 && risk.adverse(Side::Sell) < 1e-6);
        assert_eq!(risk.opposite(Side::Sell), risk.adverse(Side::Buy));
        assert!(BandRisk::measure(&BandQuery { mid: 0.0, ..query }).is_err());
        assert!(BandRisk::measure(&BandQuery { upper: 400.0, ..query }).is_err());
        let locked = BandRisk::measure(&BandQuery { mid: 550.0, ..query }).unwrap();
        assert_eq!(locked.p_upper, 1.0);
    }

    #[test]
    fn a_lock_leaves_its_share_of_the_fill() {
        assert_eq!(adjusted_fill(0.8, 0.0, 0.15).unwrap(), 0.8);
        assert!((adjusted_fill(0.8, 1.0, 0.15).unwrap() - 0.12).abs() < 1e-15);
        assert!(adjusted_fill(1.2, 0.0, 0.15).is_err());
        let minutes = |m| Minutes::new(m).unwrap();
        let left =
            less_expected_halts(minutes(60.0), &[(0.5, minutes(20.0)), (0.1, minutes(240.0))]).unwrap();
        assert!((left.value() - 44.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_probability_that_grows_with_time_and_falls_with_distance(
            d in 0.0..0.3f64, more in 0.0..0.3f64, drift in -0.5..0.5f64,
            vol in 0.001..0.2f64, t in 0.0..1.0f64, later in 0.0..1.0f64,
        ) {
            let p = |d: f64, t: f64| touch_probability(
                d, drift, DailyVol::new(vol).unwrap(), TradingDays::new(t).unwrap()).unwrap();
            prop_assert!((0.0..=1.0).contains(&p(d, t)));
            prop_assert!(p(d + more, t) <= p(d, t) + 1e-9);
            prop_assert!(p(d, t + later) >= p(d, t) - 1e-9);
        }
    }
}
