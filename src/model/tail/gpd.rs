//! The far tail by peaks over a threshold and the generalised Pareto distribution (K8).
//!
//! For a given `theta = xi / beta` the likelihood has its maximum in closed form at `xi = mean ln(1
//! + theta y)` (Grimshaw 1993), so the fit is a search in one variable, done on a grid and refined.
//! Only `xi > -1` is a fit: below it the likelihood has no maximum.

use super::historical::Losses;
use super::{TailRisk, check_confidence};
use crate::model::ModelError;
use crate::model::error::{check_series, finite};
use crate::model::optimise::golden_section;
use crate::model::units::{require, require_positive};

/// Below this size `xi` is treated as 0, the exponential tail; the formulas lose digits before
/// that.
const XI_ZERO: f64 = 1e-9;

/// `P(Y > y) = (1 + xi y / beta)^(-1/xi)` for excesses `Y` over a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gpd {
    /// Shape; above 0 the tail is a power law, from 1 on without a mean.
    pub xi: f64,
    /// Scale; positive.
    pub beta: f64,
}

impl Gpd {
    /// Log-likelihood of excesses; minus infinity if one lies beyond the end of the tail.
    #[must_use]
    pub(crate) fn log_likelihood(&self, excesses: &[f64]) -> f64 {
        let n = excesses.len() as f64;
        if self.xi.abs() < XI_ZERO {
            return -n * self.beta.ln() - excesses.iter().sum::<f64>() / self.beta;
        }
        let logs: f64 = excesses.iter().map(|y| (self.xi * y / self.beta).max(-1.0).ln_1p()).sum();
        -n * self.beta.ln() - (1.0 + self.xi.recip()) * logs
    }

    /// Fits the excesses by maximum likelihood.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`] below 2,
    /// [`ModelError::OutOfDomain`] for one that is not positive, [`ModelError::Degenerate`] when
    /// the likelihood has no maximum inside.
    pub fn fit(excesses: &[f64]) -> Result<Self, ModelError> {
        check_excesses(excesses)?;
        let mean = excesses.iter().sum::<f64>() / excesses.len() as f64;
        let y: Vec<f64> = excesses.iter().map(|value| value / mean).collect();
        let longest = y.iter().copied().fold(0.0, f64::max);
        let grid = theta_grid(longest);
        let values: Vec<f64> = grid.iter().map(|theta| profile(*theta, &y)).collect();
        let inside = 1..grid.len() - 1;
        let peak = inside
            .filter(|&k| values[k].is_finite() && values[k] >= values[k - 1] && values[k] >= values[k + 1])
            .max_by(|&a, &b| values[a].total_cmp(&values[b]))
            .ok_or(ModelError::Degenerate { why: "the tail likelihood has no maximum" })?;
        let (theta, _) = golden_section(|t| -profile(t, &y), grid[peak - 1], grid[peak + 1], 1e-12);
        let xi = shape(theta, &y);
        let beta = if xi.abs() < XI_ZERO { 1.0 } else { xi / theta };
        Ok(Self { xi, beta: beta * mean })
    }

    /// The 90 % interval of `xi` by the profile likelihood: all shapes that lose less than half the
    /// 90 % quantile of chi-squared.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a shape at or below -1, a scale or an excess that is not above 0, or
    /// excesses too unlike the tail to have an interval; [`ModelError::TooShort`] below two of them.
    pub fn shape_interval(&self, excesses: &[f64]) -> Result<[f64; 2], ModelError> {
        const HALF_CHI2_90: f64 = 0.5 * 2.705_543_454_095_404;
        check_excesses(excesses)?;
        require_positive("beta", self.beta)?;
        require(self.xi > -1.0, "xi", self.xi, "above -1")?;
        let best = self.log_likelihood(excesses);
        let longest = excesses.iter().copied().fold(0.0, f64::max);
        let loss_at = |xi: f64| {
            let low = if xi < 0.0 { (-xi * longest).max(self.beta * 1e-3) } else { self.beta * 1e-3 };
            let high = self.beta * 1e3 + low;
            let at = |log_beta: f64| -Self { xi, beta: log_beta.exp() }.log_likelihood(excesses);
            best + golden_section(at, low.ln(), high.ln(), 1e-10).1
        };
        let end = |direction: f64| {
            let (mut inner, mut step) = (0.0, 0.05);
            while step < 5.0 && loss_at(self.xi + direction * step) < HALF_CHI2_90 {
                (inner, step) = (step, 2.0 * step);
            }
            let mut outer = step;
            for _ in 0..60 {
                let middle = 0.5 * (inner + outer);
                if loss_at(self.xi + direction * middle) < HALF_CHI2_90 {
                    inner = middle
                } else {
                    outer = middle
                }
            }
            self.xi + direction * inner
        };
        Ok([finite("lower end", end(-1.0))?, finite("upper end", end(1.0))?])
    }
}

/// The best shape for a given `theta = xi / beta`.
fn shape(theta: f64, y: &[f64]) -> f64 {
    y.iter().map(|value| (theta * value).ln_1p()).sum::<f64>() / y.len() as f64
}

/// The log-likelihood at the best shape for `theta`, for excesses of mean 1; NaN where that shape
/// is no fit.
fn profile(theta: f64, y: &[f64]) -> f64 {
    let n = y.len() as f64;
    if theta.abs() < 1e-9 {
        return -n;
    }
    let xi = shape(theta, y);
    if xi > -1.0 { -n * ((xi / theta).ln() + xi + 1.0) } else { f64::NEG_INFINITY }
}

/// Points of `theta` from just above `-1 / longest` through 0 to a tail far heavier than any,
/// ascending.
fn theta_grid(longest: f64) -> Vec<f64> {
    let near_end = (1..=40).map(|k| -(1.0 - 10f64.powf(-0.2 * f64::from(41 - k))) / longest);
    let mut negative: Vec<f64> = near_end.collect();
    negative.extend((1..=30).map(|k| -0.3 / longest * 10f64.powf(-0.2 * f64::from(k))));
    let positive = (0..=80).map(|k| 1e-6 * 10f64.powf(0.125 * f64::from(k)));
    let mut grid: Vec<f64> = negative.into_iter().chain([0.0]).chain(positive).collect();
    grid.sort_by(f64::total_cmp);
    grid
}

/// Value at risk and expected shortfall of a tail: `u + beta/xi ((r (1-q))^-xi - 1)` with `r = n /
/// exceedances`, and `(VaR + beta - xi u) / (1 - xi)`. The shortfall is `None` where the mean is
/// infinite, `xi >= 1`.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a scale, counts or a probability without meaning.
pub fn tail_quantile(
    u: f64,
    gpd: Gpd,
    n: usize,
    exceedances: usize,
    q: f64,
) -> Result<(f64, Option<f64>), ModelError> {
    let bad = |name, value, domain| Err(ModelError::OutOfDomain { name, value, domain });
    require_positive("beta", gpd.beta)?;
    require(true, "xi", gpd.xi, "finite")?;
    require(true, "threshold", u, "finite")?;
    if exceedances == 0 || exceedances > n {
        return bad("exceedances", exceedances as f64, "1 to n");
    }
    if !(q > 0.0 && q < 1.0) {
        return bad("q", q, "inside 0 to 1");
    }
    let log_ratio = (n as f64 / exceedances as f64 * (1.0 - q)).ln();
    // (e^{-xi l} - 1) / xi, which is -l at xi = 0.
    let stretch = if gpd.xi.abs() < XI_ZERO { -log_ratio } else { (-gpd.xi * log_ratio).exp_m1() / gpd.xi };
    let var = u + gpd.beta * stretch;
    let mean = |var: f64| finite("expected shortfall", (var + gpd.beta - gpd.xi * u) / (1.0 - gpd.xi));
    let var = finite("value at risk", var)?;
    Ok((var, if gpd.xi < 1.0 { Some(mean(var)?) } else { None }))
}

/// A fitted tail with the share of losses it describes.
#[derive(Clone, Debug, PartialEq)]
pub struct PeaksOverThreshold {
    /// The threshold, a loss.
    pub threshold: f64,
    /// All losses.
    pub n: usize,
    /// Losses strictly above the threshold.
    pub exceedances: usize,
    /// The tail.
    pub gpd: Gpd,
    /// Its log-likelihood.
    pub log_likelihood: f64,
}

impl PeaksOverThreshold {
    /// Fits the losses above their own quantile.
    ///
    /// # Errors
    /// As [`Gpd::fit`]; [`ModelError::OutOfDomain`] for a quantile outside 0 to 1.
    pub fn fit(returns: &[f64], threshold_quantile: f64) -> Result<Self, ModelError> {
        if !(0.0..1.0).contains(&threshold_quantile) {
            let value = threshold_quantile;
            return Err(ModelError::OutOfDomain { name: "threshold_quantile", value, domain: "0 to 1" });
        }
        let losses = Losses::of_returns(returns)?;
        let threshold = losses.value_at_risk(threshold_quantile);
        let excesses = excesses(&losses, threshold);
        let gpd = Gpd::fit(&excesses)?;
        let log_likelihood = gpd.log_likelihood(&excesses);
        Ok(Self { threshold, n: returns.len(), exceedances: excesses.len(), gpd, log_likelihood })
    }

    /// Value at risk and expected shortfall beyond the threshold.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a confidence inside the body of the losses,
    /// [`ModelError::Degenerate`] for an infinite mean.
    pub fn risk(&self, confidence: f64) -> Result<TailRisk, ModelError> {
        check_confidence(confidence)?;
        if 1.0 - confidence >= self.exceedances as f64 / self.n as f64 {
            let (value, domain) = (confidence, "beyond the threshold");
            return Err(ModelError::OutOfDomain { name: "confidence", value, domain });
        }
        let (value_at_risk, shortfall) =
            tail_quantile(self.threshold, self.gpd, self.n, self.exceedances, confidence)?;
        let expected_shortfall = shortfall.ok_or(ModelError::Degenerate { why: "infinite mean" })?;
        Ok(TailRisk { value_at_risk, expected_shortfall })
    }

    /// `P(L > loss)` beyond the threshold; `None` inside the body.
    #[must_use]
    pub fn exceedance_probability(&self, loss: f64) -> Option<f64> {
        let y = loss - self.threshold;
        let Gpd { xi, beta } = self.gpd;
        let survival = if xi.abs() < XI_ZERO {
            (-y / beta).exp()
        } else {
            (-(xi * y / beta).max(-1.0).ln_1p() / xi).exp()
        };
        (y >= 0.0).then(|| self.exceedances as f64 / self.n as f64 * survival)
    }
}

fn check_excesses(excesses: &[f64]) -> Result<(), ModelError> {
    check_series(excesses, 2)?;
    excesses.iter().try_for_each(|y| require_positive("excess", *y))
}

/// By how much each loss above the threshold is above it.
#[must_use]
pub(crate) fn excesses(losses: &Losses, threshold: f64) -> Vec<f64> {
    losses.ascending().iter().map(|loss| loss - threshold).filter(|y| *y > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    fn sample(gpd: Gpd, n: usize, seed: u64) -> Vec<f64> {
        let mut draws = Draws::new(seed, 0);
        let invert = |u: f64| {
            if gpd.xi == 0.0 { -gpd.beta * u.ln() } else { gpd.beta * (u.powf(-gpd.xi) - 1.0) / gpd.xi }
        };
        (0..n).map(|_| invert(draws.uniform())).collect()
    }

    #[test]
    fn fits_beat_the_truth_and_their_neighbours() {
        for (k, xi) in [-0.3, -0.05, 0.0, 0.1, 0.5, 1.2].into_iter().enumerate() {
            let truth = Gpd { xi, beta: 0.01 };
            let y = sample(truth, 400, k as u64);
            let fit = Gpd::fit(&y).unwrap();
            let best = fit.log_likelihood(&y);
            assert!(best >= truth.log_likelihood(&y) - 1e-9, "{xi}: {fit:?}");
            for (dx, db) in [(1e-3, 1.0), (-1e-3, 1.0), (0.0, 1.001), (0.0, 0.999)] {
                let near = Gpd { xi: fit.xi + dx, beta: fit.beta * db };
                assert!(near.log_likelihood(&y) <= best + 1e-9, "{xi}: {near:?} beats {fit:?}");
            }
            let [low, high] = fit.shape_interval(&y).unwrap();
            assert!(low < fit.xi && fit.xi < high && high - low < 0.6, "{xi}: {low} {high}");
        }
    }

    #[test]
    fn the_anchor_of_the_specification() {
        let (var, shortfall) = tail_quantile(0.03, Gpd { xi: 0.2, beta: 0.01 }, 1000, 50, 0.99).unwrap();
        assert!((var - 0.048_986).abs() < 1e-6 && (shortfall.unwrap() - 0.066_233).abs() < 1e-6);
        let heavy = tail_quantile(0.03, Gpd { xi: 1.0, beta: 0.01 }, 1000, 50, 0.99).unwrap();
        assert_eq!(heavy.1, None);
        let tail = PeaksOverThreshold {
            threshold: 0.03,
            n: 1000,
            exceedances: 50,
            gpd: Gpd { xi: 0.2, beta: 0.01 },
            log_likelihood: 0.0,
        };
        assert!((tail.exceedance_probability(var).unwrap() - 0.01).abs() < 1e-12);
        assert_eq!(tail.exceedance_probability(0.01), None);
        assert!(matches!(tail.risk(0.9), Err(ModelError::OutOfDomain { .. })));
    }

    #[test]
    fn what_has_no_tail_is_refused() {
        assert_eq!(Gpd::fit(&[]), Err(ModelError::EmptyInput));
        assert!(matches!(Gpd::fit(&[1.0, -1.0]), Err(ModelError::OutOfDomain { .. })));
        for (n, k, q) in [(10, 0, 0.9), (10, 11, 0.9), (10, 5, 1.0)] {
            assert!(tail_quantile(0.1, Gpd { xi: 0.1, beta: 1.0 }, n, k, q).is_err());
        }
    }

    /// The anchor of K8: u 0.03, xi 0.2, beta 0.01, a twentieth beyond the threshold, 99 %.
    #[test]
    fn the_printed_anchor_is_met() {
        let gpd = Gpd { xi: 0.2, beta: 0.01 };
        let tail = PeaksOverThreshold { threshold: 0.03, n: 1000, exceedances: 50, gpd, log_likelihood: 0.0 };
        let risk = tail.risk(0.99).unwrap();
        assert!((risk.value_at_risk - 0.048_986).abs() < 5e-7, "{risk:?}");
        assert!((risk.expected_shortfall - 0.066_233).abs() < 5e-7, "{risk:?}");
        // Read backwards: the loss at that level is exceeded with 1 %.
        let p = tail.exceedance_probability(risk.value_at_risk).unwrap();
        assert!((p - 0.01).abs() < 1e-12, "{p}");
    }
}
