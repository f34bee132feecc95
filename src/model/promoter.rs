//! How far promoters' announcements can be believed: a Bayesian regression of outcomes on
//! announcements, learnt from matured outcomes only (C13).
//!
//! `ret = b x + u`, `b ~ N(m, v)`. Before any outcome the prior says nothing (mean 0) and the
//! confidence is 0; it can only be earned.

use super::ModelError;
use super::error::check_finite;
use crate::market::SessionDate;

/// An announcement and what came of it over the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PromoterOutcome {
    /// Strength of the announcement; 0 teaches nothing.
    pub x: f64,
    /// Return from announcement to maturity, decimal.
    pub ret: f64,
    /// Date of the announcement.
    pub announced: SessionDate,
    /// Date on which the return was known.
    pub matured: SessionDate,
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// It moved the belief.
    Used,
    /// It overlaps an outcome already used and was left out.
    Overlapping,
}

/// A forecast of the return after an announcement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PromoterForecast {
    /// `m x`.
    pub mean: f64,
    /// `v x^2 + s2`.
    pub variance: f64,
}

/// The belief about one promoter group.
#[derive(Clone, Debug, PartialEq)]
pub struct PromoterModel {
    mean: f64,
    variance: f64,
    prior_variance: f64,
    outcomes: u32,
    squares: f64,
    last_matured: Option<SessionDate>,
}

impl Default for PromoterModel {
    /// The specification's prior, `N(0, 0.1)`.
    fn default() -> Self {
        let variance = 0.1;
        Self { mean: 0.0, variance, prior_variance: variance, outcomes: 0, squares: 0.0, last_matured: None }
    }
}

impl PromoterModel {
    /// Days from announcement to maturity.
    pub const HORIZON_DAYS: i64 = 30;
    /// Variance of `u` until enough outcomes are known: a standard deviation of 10 %.
    const EARLY_NOISE: f64 = 0.01;
    const ENOUGH: u32 = 20;
    const MONTHLY_KEEP: f64 = 0.995;

    /// Variance of the noise: fixed at first, then that of the forecast errors.
    #[must_use]
    pub fn noise(&self) -> f64 {
        let estimated = self.squares / f64::from(self.outcomes.max(1));
        if self.outcomes < Self::ENOUGH || estimated <= 0.0 { Self::EARLY_NOISE } else { estimated }
    }

    /// Learns from an outcome that has matured by `today`.
    ///
    /// Its forecast error, made before learning, goes into the noise; an announcement of strength
    /// 0 leaves the belief as it is.
    ///
    /// # Errors
    /// One that has not matured or whose horizon is short (`LookAhead`), or numbers that are not
    /// finite.
    pub fn observe(&mut self, outcome: PromoterOutcome, today: SessionDate) -> Result<Learnt, ModelError> {
        check_finite(&[outcome.x, outcome.ret])?;
        let short = outcome.matured.days_since(outcome.announced) < Self::HORIZON_DAYS;
        if outcome.matured > today || short {
            return Err(ModelError::LookAhead { feature: "promoter outcome".to_owned() });
        }
        if self.last_matured.is_some_and(|last| outcome.announced < last) {
            return Ok(Learnt::Overlapping);
        }
        let noise = self.noise();
        let error = outcome.ret - self.mean * outcome.x;
        let updated = 1.0 / (1.0 / self.variance + outcome.x * outcome.x / noise);
        let mean = updated * (self.mean / self.variance + outcome.x * outcome.ret / noise);
        let squares = self.squares + error * error;
        if !(updated > 0.0 && mean.is_finite() && squares.is_finite()) {
            return Err(ModelError::OutOfDomain {
                name: "x",
                value: outcome.x,
                domain: "of the size of one",
            });
        }
        (self.mean, self.variance, self.squares) = (mean, updated, squares);
        self.outcomes = self.outcomes.saturating_add(1);
        self.last_matured = Some(outcome.matured);
        Ok(Learnt::Used)
    }

    /// Forgets a little for every month that passed; never below what the prior knew.
    pub fn age(&mut self, months: u32) {
        let grown = self.variance / Self::MONTHLY_KEEP.powf(f64::from(months));
        self.variance = grown.min(self.prior_variance);
    }

    /// The forecast for an announcement of strength `x`.
    ///
    /// # Errors
    /// A strength that is not finite.
    pub fn forecast(&self, x: f64) -> Result<PromoterForecast, ModelError> {
        check_finite(&[x])?;
        Ok(PromoterForecast { mean: self.mean * x, variance: self.variance * x * x + self.noise() })
    }

    /// `1 - v/v_prior` in [0, 1]; 0 before any outcome.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        (1.0 - self.variance / self.prior_variance).clamp(0.0, 1.0)
    }

    /// Mean and variance of the belief about `b`.
    #[must_use]
    pub const fn belief(&self) -> (f64, f64) {
        (self.mean, self.variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(month: i64, x: f64, ret: f64) -> PromoterOutcome {
        let start = SessionDate::new(2015, 1, 1).unwrap();
        let announced = start.plus_days(40 * month).unwrap();
        PromoterOutcome { x, ret, announced, matured: announced.plus_days(35).unwrap() }
    }

    fn today() -> SessionDate {
        SessionDate::new(2030, 1, 1).unwrap()
    }

    #[test]
    fn one_update_is_the_conjugate_formula() {
        let mut model = PromoterModel::default();
        assert_eq!(model.confidence(), 0.0);
        assert_eq!(model.observe(outcome(0, 1.0, 0.05), today()), Ok(Learnt::Used));
        let (mean, variance) = model.belief();
        let wanted = 1.0 / (10.0 + 100.0);
        assert!((variance - wanted).abs() < 1e-15 && (mean - wanted * 5.0).abs() < 1e-15);
        assert!((model.confidence() - (1.0 - wanted / 0.1)).abs() < 1e-12);
        let forecast = model.forecast(2.0).unwrap();
        assert!((forecast.mean - 2.0 * mean).abs() < 1e-15);
        assert!((forecast.variance - (4.0 * variance + 0.01)).abs() < 1e-15);
    }

    #[test]
    fn an_announcement_of_strength_zero_changes_no_belief() {
        let mut model = PromoterModel::default();
        model.observe(outcome(0, 1.0, 0.05), today()).unwrap();
        let (mean, variance) = model.belief();
        model.observe(outcome(1, 0.0, -0.30), today()).unwrap();
        let (same_mean, same_variance) = model.belief();
        assert!((mean - same_mean).abs() < 1e-15 && (variance - same_variance).abs() < 1e-15);
    }

    #[test]
    fn only_matured_outcomes_that_do_not_overlap_are_used() {
        let mut model = PromoterModel::default();
        let first = outcome(0, 1.0, 0.05);
        let day_before = first.matured.plus_days(-1).unwrap();
        assert!(matches!(model.observe(first, day_before), Err(ModelError::LookAhead { .. })));
        let hasty = PromoterOutcome { matured: first.announced.plus_days(29).unwrap(), ..first };
        assert!(matches!(model.observe(hasty, today()), Err(ModelError::LookAhead { .. })));
        assert_eq!(model.observe(first, today()), Ok(Learnt::Used));
        let overlapping =
            PromoterOutcome { announced: first.announced.plus_days(10).unwrap(), ..outcome(1, 1.0, 0.1) };
        let before = model.clone();
        assert_eq!(model.observe(overlapping, today()), Ok(Learnt::Overlapping));
        assert_eq!(model, before);
        assert!(model.observe(outcome(3, f64::NAN, 0.1), today()).is_err());
        assert!(model.observe(outcome(3, 1e200, 0.1), today()).is_err());
        assert_eq!(model, before);
    }

    #[test]
    fn it_learns_the_slope_then_the_noise_and_forgets_towards_the_prior() {
        let mut model = PromoterModel::default();
        for month in 0..60 {
            let x = if month % 2 == 0 { 1.0 } else { -0.5 };
            let noise = 0.02 * ((month * 7 % 5) as f64 - 2.0);
            model.observe(outcome(month, x, 0.08 * x + noise), today()).unwrap();
        }
        assert!((model.belief().0 - 0.08).abs() < 0.01);
        assert!(model.noise() < 0.01 && model.noise() > 1e-4);
        assert!(model.confidence() > 0.9);
        let sure = model.confidence();
        model.age(12);
        assert!(model.confidence() < sure);
        model.age(u32::MAX);
        assert_eq!(model.confidence(), 0.0);
    }
}
