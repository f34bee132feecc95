//! Almgren and Chriss (2001), the discrete linear model (X11).
//!
//! Trading fast costs impact, trading slowly costs risk; `lambda` says how much risk is worth.
//! The optimal holdings are a hyperbolic sine, written with `exp` and `expm1` so that nothing
//! overflows at any urgency and nothing cancels at none: the same form serves `kappa T = 1e-8` and `1e4`.
//!
//! Risk is reported beside cost, never inside it.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::error::finite;
use crate::model::units::{Bps, DailyVol, TradingDays, require, require_non_negative, require_positive};

/// Risk aversion if none is configured, per unit of the quote currency.
pub const LAMBDA_DEFAULT: f64 = 1e-6;

/// Share of the temporary impact that stays, per day, until calibrated.
pub const PERMANENT_SHARE: f64 = 0.1;

/// Volatility of one share's price: currency per share per root day.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriceVol(pub f64);

impl PriceVol {
    /// From the mid and its daily volatility: `sigma = M sigma_d`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a mid that is not above 0.
    pub fn from_daily(mid: f64, vol: DailyVol) -> Result<Self, ModelError> {
        require_positive("mid", mid)?;
        Ok(Self(finite("volatility of the price", mid * vol.value())?))
    }
}

/// Linear impact coefficients, in units that only fit together in one way.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearImpact {
    /// Temporary: currency per share for a rate of one share per day (currency day per share squared).
    pub eta: f64,
    /// Permanent: currency per share for each share traded.
    pub gamma: f64,
    /// Fixed cost of crossing, currency per share.
    pub epsilon: f64,
}

impl LinearImpact {
    /// From the impact curve of X1: `eta = k1 M / adv`, and a tenth of it per day stays.
    ///
    /// `k1` is a fraction of price at a participation of one, `adv` shares per day, `half_spread` a fraction of `mid`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] unless mid and volume are above 0 and the others at or above 0.
    pub fn from_curve(k1: f64, half_spread: f64, mid: f64, adv: f64) -> Result<Self, ModelError> {
        require_non_negative("k1", k1)?;
        require_non_negative("half spread", half_spread)?;
        require_positive("mid", mid)?;
        require_positive("adv", adv)?;
        let eta = finite("eta", k1 * mid / adv)?;
        Ok(Self { eta, gamma: PERMANENT_SHARE * eta, epsilon: half_spread * mid })
    }
}

/// An order to cut.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Problem {
    /// Shares to trade; at or above 0.
    pub shares: f64,
    /// Time for it, above 0.
    pub horizon: TradingDays,
    /// Number of equal intervals, at least 1.
    pub intervals: usize,
    /// Volatility of the price.
    pub volatility: PriceVol,
    /// Impact of trading.
    pub impact: LinearImpact,
    /// Risk aversion per unit of currency, at or above 0.
    pub lambda: f64,
}

/// The optimal trajectory and what it is expected to cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Trajectory {
    /// Urgency, per day; 0 without risk aversion.
    pub kappa: f64,
    /// Shares still held at the start and after each interval: one more than there are intervals.
    pub holdings: Vec<f64>,
    /// Shares traded in each interval.
    pub trades: Vec<f64>,
    /// Expected cost in currency.
    pub expected_cost: f64,
    /// Variance of the cost in currency squared.
    pub variance: f64,
    /// `E + lambda V`, which no other trajectory undercuts.
    pub objective: f64,
}

impl Trajectory {
    /// Standard deviation of the cost in currency.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Days in which the holding falls by a factor of e if time were unlimited; `None` without urgency.
    #[must_use]
    pub fn half_life_days(&self) -> Option<f64> {
        Some(1.0 / self.kappa).filter(|days| days.is_finite())
    }

    /// Expected cost relative to what the order is worth at `mid`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] if that worth is not above 0.
    pub fn cost_bps(&self, mid: f64) -> Result<Bps, ModelError> {
        let worth = mid * self.holdings.first().copied().unwrap_or(0.0);
        require_positive("order value", worth)?;
        Bps::from_fraction(self.expected_cost / worth)
    }
}

/// The trajectory that minimises `E + lambda V`.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for an input outside its domain, or if permanent impact outweighs
/// temporary (`eta - gamma tau / 2` must be above 0: use shorter intervals), or if a result would overflow.
pub fn optimal(problem: &Problem) -> Result<Trajectory, ModelError> {
    let tau = check(problem)?;
    let eta = problem.impact.eta - problem.impact.gamma * tau / 2.0;
    require(eta > 0.0, "eta - gamma tau / 2", eta, "above 0")?;
    let sigma = problem.volatility.0;
    let urgency = (problem.lambda / eta).sqrt() * sigma;
    let kappa = 2.0 / tau * (urgency * tau / 2.0).asinh();
    require(true, "kappa", kappa, "finite")?;
    let shape = Shape { kappa, tau, intervals: problem.intervals };
    let holdings: Vec<f64> = (0..=problem.intervals).map(|j| problem.shares * shape.held(j)).collect();
    let trades: Vec<f64> = (1..=problem.intervals).map(|j| problem.shares * shape.traded(j)).collect();
    let x = problem.shares;
    let expected_cost = problem.impact.gamma * x * x / 2.0
        + problem.impact.epsilon * x
        + eta / tau * trades.iter().map(|n| n * n).sum::<f64>();
    let variance = sigma * sigma * tau * holdings.iter().skip(1).map(|h| h * h).sum::<f64>();
    let objective = expected_cost + problem.lambda * variance;
    require(true, "objective", objective, "finite")?;
    Ok(Trajectory { kappa, holdings, trades, expected_cost, variance, objective })
}

/// Expected cost and standard deviation for each risk aversion, for the efficient frontier.
///
/// # Errors
/// As [`optimal`].
pub fn frontier(problem: &Problem, lambdas: &[f64]) -> Result<Vec<(f64, f64)>, ModelError> {
    lambdas
        .iter()
        .map(|lambda| optimal(&Problem { lambda: *lambda, ..*problem }))
        .map(|path| path.map(|p| (p.expected_cost, p.deviation())))
        .collect()
}

/// Checks the inputs; gives the length of an interval in days.
fn check(problem: &Problem) -> Result<f64, ModelError> {
    require_non_negative("shares", problem.shares)?;
    require_positive("horizon", problem.horizon.value())?;
    require(problem.intervals >= 1, "intervals", problem.intervals as f64, "1 or more")?;
    require_non_negative("sigma", problem.volatility.0)?;
    require_non_negative("eta", problem.impact.eta)?;
    require_non_negative("gamma", problem.impact.gamma)?;
    require_non_negative("epsilon", problem.impact.epsilon)?;
    require_non_negative("lambda", problem.lambda)?;
    Ok(problem.horizon.value() / problem.intervals as f64)
}

/// The trajectory of one share.
struct Shape {
    kappa: f64,
    tau: f64,
    intervals: usize,
}

impl Shape {
    /// Below this `kappa T` the trajectory is a straight line to the last bit.
    const STRAIGHT: f64 = 1e-9;

    fn span(&self) -> f64 {
        self.kappa * self.tau * self.intervals as f64
    }

    /// Held after `j` intervals: `sinh(kappa (T - t)) / sinh(kappa T)`.
    fn held(&self, j: usize) -> f64 {
        let left = self.intervals - j;
        if self.span() < Self::STRAIGHT {
            return left as f64 / self.intervals as f64;
        }
        let step = self.kappa * self.tau;
        let (elapsed, left) = (step * j as f64, step * left as f64);
        (-elapsed).exp() * (-2.0 * left).exp_m1() / (-2.0 * self.span()).exp_m1()
    }

    /// Traded in interval `j`: `2 sinh(kappa tau / 2) cosh(kappa (T - t_mid)) / sinh(kappa T)`, and
    /// not the difference of two holdings, which would cancel.
    fn traded(&self, j: usize) -> f64 {
        if self.span() < Self::STRAIGHT {
            return 1.0 / self.intervals as f64;
        }
        let half = self.kappa * self.tau / 2.0;
        let ahead = self.kappa * self.tau * (self.intervals as f64 - j as f64 + 0.5);
        let before = self.kappa * self.tau * (j as f64 - 1.0);
        (-before).exp() * (-2.0 * half).exp_m1() * (1.0 + (-2.0 * ahead).exp())
            / (-2.0 * self.span()).exp_m1()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paper(lambda: f64) -> Problem {
        Problem {
            shares: 1e6,
            horizon: TradingDays::new(5.0).unwrap(),
            intervals: 5,
            volatility: PriceVol(0.95),
            impact: LinearImpact { eta: 2.5e-6, gamma: 2.5e-7, epsilon: 0.0625 },
            lambda,
        }
    }

    #[test]
    fn anchor_of_x11() {
        let got = optimal(&paper(2e-6)).unwrap();
        assert!((got.kappa - 0.846_297).abs() < 5e-7);
        for (trade, expected) in got.trades.iter().zip([571_401.0, 245_666.0, 106_637.0, 48_652.0, 27_643.0])
        {
            assert!((trade - expected).abs() < 0.5, "{trade}");
        }
        assert!((got.expected_cost - 1_140_715.0).abs() < 0.5);
        assert!((got.deviation() - 449_368.0).abs() < 0.5);
    }

    #[test]
    fn no_risk_aversion_is_twap_and_huge_aversion_is_now() {
        let flat = optimal(&paper(0.0)).unwrap();
        assert_eq!(flat.trades, vec![2e5; 5]);
        assert_eq!(flat.half_life_days(), None);
        let tiny = optimal(&paper(1e-30)).unwrap();
        assert!(tiny.trades.iter().all(|n| (n - 2e5).abs() < 1e-6));
        let now = Shape { kappa: 2e3, tau: 1.0, intervals: 5 };
        assert_eq!(now.traded(1), 1.0);
        assert_eq!(now.held(1), 0.0);
        assert!(now.traded(2) >= 0.0);
    }

    #[test]
    fn small_urgency_agrees_with_the_series() {
        let (tau, intervals) = (1.0, 5);
        let total = tau * intervals as f64;
        for span in [1e-8, 1e-6, 1e-4] {
            let kappa: f64 = span / total;
            let shape = Shape { kappa, tau, intervals };
            for j in 0..=intervals {
                let left = total - j as f64 * tau;
                let series = left / total * (1.0 + kappa * kappa * (left * left - total * total) / 6.0);
                assert!((shape.held(j) - series).abs() < 1e-15, "{span} {j}");
            }
        }
    }

    #[test]
    fn slow_limits_are_those_of_continuous_trading() {
        // Many intervals, no permanent impact: V -> sigma^2 X^2 T / 3 and temporary cost -> eta X^2 / T.
        let problem = Problem {
            intervals: 20_000,
            impact: LinearImpact { gamma: 0.0, epsilon: 0.0, eta: 2.5e-6 },
            ..paper(0.0)
        };
        let got = optimal(&problem).unwrap();
        assert!((got.variance / (0.95 * 0.95 * 1e12 * 5.0 / 3.0) - 1.0).abs() < 1e-4);
        assert!((got.expected_cost / (2.5e-6 * 1e12 / 5.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn no_neighbouring_trajectory_is_better() {
        let problem = paper(1e-6);
        let best = optimal(&problem).unwrap();
        let objective = |holdings: &[f64]| {
            let eta = 2.5e-6 - 2.5e-7 / 2.0;
            let trades: f64 = holdings.windows(2).map(|w| (w[0] - w[1]).powi(2)).sum();
            let risk: f64 = holdings[1..].iter().map(|h| h * h).sum();
            2.5e-7 * 1e12 / 2.0 + 0.0625 * 1e6 + eta * trades + 1e-6 * 0.95 * 0.95 * risk
        };
        assert!((objective(&best.holdings) / best.objective - 1.0).abs() < 1e-12);
        for j in 1..5 {
            for nudge in [-100.0, 100.0] {
                let mut moved = best.holdings.clone();
                moved[j] += nudge;
                assert!(objective(&moved) > best.objective, "{j} {nudge}");
            }
        }
    }

    #[test]
    fn impossible_problems_are_refused() {
        let good = paper(1e-6);
        for (name, bad) in [
            ("shares", Problem { shares: -1.0, ..good }),
            ("horizon", Problem { horizon: TradingDays::new(0.0).unwrap(), ..good }),
            ("intervals", Problem { intervals: 0, ..good }),
            ("sigma", Problem { volatility: PriceVol(f64::NAN), ..good }),
            ("lambda", Problem { lambda: -1e-6, ..good }),
            ("eta~", Problem { impact: LinearImpact { eta: 1e-7, ..good.impact }, ..good }),
            ("overflow", Problem { shares: 1e200, ..good }),
        ] {
            assert!(matches!(optimal(&bad), Err(ModelError::OutOfDomain { .. })), "{name}");
        }
        let mapped = LinearImpact::from_curve(0.1, 0.01, 500.0, 50_000.0).unwrap();
        assert!((mapped.eta - 1e-3).abs() < 1e-18 && (mapped.epsilon - 5.0).abs() < 1e-12);
        assert!(LinearImpact::from_curve(0.1, 0.01, 500.0, 0.0).is_err());
    }

    proptest! {
        #[test]
        fn trades_sum_to_the_order_and_holdings_fall(
            span in -10.0..4.0f64, intervals in 1usize..200,
        ) {
            let kappa = 10f64.powf(span) / intervals as f64;
            let shape = Shape { kappa, tau: 1.0, intervals };
            let sum: f64 = (1..=intervals).map(|j| shape.traded(j)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-12, "{sum}");
            for j in 1..=intervals {
                prop_assert!(shape.held(j) <= shape.held(j - 1));
                prop_assert!((shape.held(j - 1) - shape.held(j) - shape.traded(j)).abs() < 1e-12);
            }
        }
    }
}
