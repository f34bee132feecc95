//! The hazard of a fill from waiting times that may be censored, by maximum likelihood (X3).
//!
//! An order that was cancelled or ran out says something too: it was exposed that long and not
//! filled. Each order adds `filled ln(lambda) - lambda t`. The likelihood is maximised by a
//! projected Newton search with exact derivatives in `(ln lambda0, alpha, beta)`, from several
//! starts, because it is not concave in all three together.

use std::ops::RangeInclusive;

use nalgebra::{Matrix3, Vector3};

use crate::model::ModelError;
use crate::model::error::{LARGEST, SMALLEST};
use crate::model::units::{require, require_non_negative, require_positive};

const MAX_STEPS: usize = 300;

/// One order at rest and how it ended. Distance and time may be in any units; the parameters
/// come out in the same.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CensoredOrder {
    /// Passive distance, at or above 0.
    pub distance: f64,
    /// Pressure that helps the fill, in [-1, 1]: `-s I` for an order of side `s` in a book of imbalance `I`.
    pub pressure: f64,
    /// Time until the first full fill, or the order's own exposure; at or above 0.
    pub exposure: f64,
    /// Whether it was filled.
    pub filled: bool,
    /// Known factor of the intensity (the queue factor), above 0; 1 if none.
    pub factor: f64,
}

/// A hazard `lambda0 exp(-alpha distance) (1 + beta pressure)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hazard {
    /// Intensity at no distance and no pressure, per unit of time.
    pub lambda0: f64,
    /// Decay per unit of distance.
    pub alpha: f64,
    /// Response to pressure, within (-1, 1).
    pub beta: f64,
}

impl Hazard {
    /// Intensity at a distance and pressure.
    #[must_use]
    pub(crate) fn at(&self, distance: f64, pressure: f64) -> f64 {
        self.lambda0 * (-self.alpha * distance).exp() * (1.0 + self.beta * pressure)
    }

    /// Probability of a fill within `time`.
    #[must_use]
    pub(crate) fn fill_probability(&self, distance: f64, pressure: f64, time: f64) -> f64 {
        -(-self.at(distance, pressure) * time).exp_m1()
    }
}

/// Where the search may go.
#[derive(Clone, PartialEq, Debug)]
pub struct HazardBounds {
    /// Allowed `lambda0`, above 0.
    pub lambda0: RangeInclusive<f64>,
    /// Allowed `alpha`.
    pub alpha: RangeInclusive<f64>,
    /// Allowed `beta`, inside (-1, 1).
    pub beta: RangeInclusive<f64>,
}

impl HazardBounds {
    /// The bare estimator: whatever the likelihood says, `|beta| < 1`.
    #[must_use]
    pub fn open() -> Self {
        Self { lambda0: SMALLEST..=LARGEST, alpha: -LARGEST..=LARGEST, beta: -0.999_999_9..=0.999_999_9 }
    }

    /// The product's: minutes and fractions of price (X3).
    #[must_use]
    pub fn product() -> Self {
        Self { lambda0: 1e-4..=5.0, alpha: 5.0..=2_000.0, beta: 0.0..=0.9 }
    }
}

/// A maximised likelihood.
#[derive(Clone, PartialEq, Debug)]
pub struct HazardFit {
    /// The estimate.
    pub hazard: Hazard,
    /// The log-likelihood there.
    pub log_likelihood: f64,
    /// Standard errors of `lambda0`, `alpha`, `beta` from the observed information; `None` if a
    /// parameter rests on its bound or the information cannot be inverted.
    pub standard_errors: Option<[f64; 3]>,
    /// Newton steps of the winning start.
    pub iterations: usize,
}

/// The log-likelihood of `orders` under given parameters.
///
/// # Errors
/// [`ModelError::EmptyInput`]; [`ModelError::OutOfDomain`] for an order or a hazard outside its
/// domain, or a filled order that the hazard says could not fill.
pub fn log_likelihood(orders: &[CensoredOrder], hazard: &Hazard) -> Result<f64, ModelError> {
    check_orders(orders)?;
    require_positive("lambda0", hazard.lambda0)?;
    require(true, "alpha", hazard.alpha, "finite")?;
    require(hazard.beta.abs() < 1.0, "beta", hazard.beta, "(-1, 1)")?;
    let theta = Vector3::new(hazard.lambda0.ln(), hazard.alpha, hazard.beta);
    let value = evaluate(orders, &theta).value;
    require(true, "log-likelihood", value, "finite")?;
    Ok(value)
}

/// The parameters that make `orders` most likely within `bounds`.
///
/// # Errors
/// As [`log_likelihood`]; [`ModelError::Degenerate`] without a single fill, or if distances do
/// not vary; [`ModelError::NotConverged`].
pub fn fit_hazard(orders: &[CensoredOrder], bounds: &HazardBounds) -> Result<HazardFit, ModelError> {
    check_orders(orders)?;
    if !orders.iter().any(|o| o.filled) {
        return Err(ModelError::Degenerate { why: "no order was filled" });
    }
    let varies = |f: fn(&CensoredOrder) -> f64| orders.iter().any(|o| f(o) != f(&orders[0]));
    if orders.iter().all(|o| o.exposure == 0.0) {
        return Err(ModelError::Degenerate { why: "no order was exposed" });
    }
    if !varies(|o| o.distance) {
        return Err(ModelError::Degenerate { why: "all distances are the same" });
    }
    if !varies(|o| o.pressure) {
        return Err(ModelError::Degenerate { why: "all pressures are the same" });
    }
    let space = Box3::new(bounds)?;
    let mut best: Option<Ascent> = None;
    for beta in [0.0, -0.6, 0.6] {
        let start = space.clamp(&start(orders, beta));
        let Ok(found) = ascend(orders, start, &space) else { continue };
        if best.as_ref().is_none_or(|b| found.value > b.value) {
            best = Some(found);
        }
    }
    let best = best.ok_or(ModelError::NotConverged { iterations: MAX_STEPS })?;
    let hazard = Hazard { lambda0: best.theta[0].exp(), alpha: best.theta[1], beta: best.theta[2] };
    Ok(HazardFit {
        hazard,
        log_likelihood: best.value,
        standard_errors: standard_errors(orders, &best, &space),
        iterations: best.steps,
    })
}

fn check_orders(orders: &[CensoredOrder]) -> Result<(), ModelError> {
    if orders.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    for (index, order) in orders.iter().enumerate() {
        let fields = [order.distance, order.pressure, order.exposure, order.factor];
        if fields.iter().any(|v| !v.is_finite()) {
            return Err(ModelError::NonFinite { index });
        }
        require_non_negative("passive distance", order.distance)?;
        require(order.pressure.abs() <= 1.0, "pressure", order.pressure, "[-1, 1]")?;
        require_non_negative("exposure", order.exposure)?;
        require_positive("queue factor", order.factor)?;
    }
    Ok(())
}

/// The likelihood with its first and second derivatives.
struct Evaluation {
    value: f64,
    gradient: Vector3<f64>,
    hessian: Matrix3<f64>,
}

fn evaluate(orders: &[CensoredOrder], theta: &Vector3<f64>) -> Evaluation {
    let (log_lambda0, alpha, beta) = (theta[0], theta[1], theta[2]);
    let mut value = 0.0;
    let mut gradient = Vector3::zeros();
    let mut hessian = Matrix3::zeros();
    for order in orders {
        let (d, p) = (order.distance, order.pressure);
        let lift = 1.0 + beta * p;
        let base = (log_lambda0 - alpha * d).exp() * order.factor * order.exposure;
        let expected = base * lift;
        value -= expected;
        gradient -= Vector3::new(expected, -d * expected, p * base);
        hessian -= Matrix3::new(
            expected,
            -d * expected,
            p * base,
            -d * expected,
            d * d * expected,
            -d * p * base,
            p * base,
            -d * p * base,
            0.0,
        );
        if order.filled {
            value += log_lambda0 - alpha * d + lift.ln() + order.factor.ln();
            gradient += Vector3::new(1.0, -d, p / lift);
            hessian[(2, 2)] -= (p / lift).powi(2);
        }
    }
    Evaluation { value, gradient, hessian }
}

/// The search region in `(ln lambda0, alpha, beta)`.
struct Box3 {
    low: Vector3<f64>,
    high: Vector3<f64>,
}

impl Box3 {
    fn new(bounds: &HazardBounds) -> Result<Self, ModelError> {
        require_positive("lowest lambda0", *bounds.lambda0.start())?;
        require(*bounds.beta.start() > -1.0, "lowest beta", *bounds.beta.start(), "(-1, 1)")?;
        require(*bounds.beta.end() < 1.0, "highest beta", *bounds.beta.end(), "(-1, 1)")?;
        let low = Vector3::new(bounds.lambda0.start().ln(), *bounds.alpha.start(), *bounds.beta.start());
        let high = Vector3::new(bounds.lambda0.end().ln(), *bounds.alpha.end(), *bounds.beta.end());
        for k in 0..3 {
            require(low[k] <= high[k], "highest bound", high[k], "finite, at or above the lowest")?;
        }
        Ok(Self { low, high })
    }

    fn clamp(&self, theta: &Vector3<f64>) -> Vector3<f64> {
        theta.zip_zip_map(&self.low, &self.high, f64::clamp)
    }

    /// Coordinates that rest on a bound and are pushed against it.
    fn blocked(&self, theta: &Vector3<f64>, gradient: &Vector3<f64>) -> [bool; 3] {
        std::array::from_fn(|k| {
            (theta[k] <= self.low[k] && gradient[k] < 0.0) || (theta[k] >= self.high[k] && gradient[k] > 0.0)
        })
    }
}

/// Where an ascent ended.
struct Ascent {
    theta: Vector3<f64>,
    value: f64,
    steps: usize,
}

/// A start from the mean intensity, with no decay.
fn start(orders: &[CensoredOrder], beta: f64) -> Vector3<f64> {
    let fills = orders.iter().filter(|o| o.filled).count() as f64;
    let exposure: f64 = orders.iter().map(|o| o.factor * o.exposure * (1.0 + beta * o.pressure)).sum();
    Vector3::new((fills / exposure).ln(), 0.0, beta)
}

fn ascend(orders: &[CensoredOrder], start: Vector3<f64>, space: &Box3) -> Result<Ascent, ModelError> {
    let mut theta = start;
    let mut here = evaluate(orders, &theta);
    // Distances in bps and in units of price differ by 1e4: progress is judged per coordinate's own curvature.
    for steps in 1..=MAX_STEPS {
        let blocked = space.blocked(&theta, &here.gradient);
        let Some(direction) = newton_direction(&here, blocked) else {
            return Ok(Ascent { theta, value: here.value, steps });
        };
        let promise = here.gradient.dot(&direction);
        if promise <= 1e-14 * (1.0 + here.value.abs()) {
            return Ok(Ascent { theta, value: here.value, steps });
        }
        let mut length = 1.0;
        let next = loop {
            let candidate = space.clamp(&(theta + direction * length));
            let there = evaluate(orders, &candidate);
            let gained = here.gradient.dot(&(candidate - theta));
            if there.value.is_finite() && there.value >= here.value + 1e-4 * gained {
                break Some((candidate, there));
            }
            length *= 0.5;
            if length < 1e-18 {
                break None;
            }
        };
        match next {
            Some((candidate, there)) if candidate != theta => (theta, here) = (candidate, there),
            // No step improves on rounding: this is the top as far as doubles can tell.
            _ => return Ok(Ascent { theta, value: here.value, steps }),
        }
    }
    Err(ModelError::NotConverged { iterations: MAX_STEPS })
}

/// The Newton direction among the coordinates that may move, with curvature added until it
/// points uphill; `None` if none may move.
fn newton_direction(here: &Evaluation, blocked: [bool; 3]) -> Option<Vector3<f64>> {
    if blocked.iter().all(|b| *b) {
        return None;
    }
    let mut curvature = -here.hessian;
    let mut pull = here.gradient;
    for k in (0..3).filter(|&k| blocked[k]) {
        curvature.fill_row(k, 0.0);
        curvature.fill_column(k, 0.0);
        curvature[(k, k)] = 1.0;
        pull[k] = 0.0;
    }
    let diagonal = curvature.diagonal().map(|d| d.abs().max(1e-12));
    let mut added = 0.0;
    loop {
        let lifted = curvature + Matrix3::from_diagonal(&(diagonal * added));
        if let Some(factor) = lifted.cholesky() {
            return Some(factor.solve(&pull));
        }
        added = if added == 0.0 { 1e-6 } else { added * 10.0 };
        if added > 1e12 {
            return Some(pull.component_div(&diagonal));
        }
    }
}

fn standard_errors(orders: &[CensoredOrder], best: &Ascent, space: &Box3) -> Option<[f64; 3]> {
    let on_bound = (0..3).any(|k| best.theta[k] <= space.low[k] || best.theta[k] >= space.high[k]);
    let covariance = (-evaluate(orders, &best.theta).hessian).try_inverse()?;
    let errors: [f64; 3] = std::array::from_fn(|k| covariance[(k, k)].sqrt());
    if on_bound || errors.iter().any(|e| !e.is_finite()) {
        return None;
    }
    // From ln lambda0 to lambda0, where the gradient is zero.
    Some([errors[0] * best.theta[0].exp(), errors[1], errors[2]])
}

/// Orders that wait as a hazard says, for tests of the fits.
#[cfg(test)]
pub(super) fn simulate(hazard: &Hazard, count: usize, seed: u64) -> Vec<CensoredOrder> {
    let mut draws = crate::model::draws::Draws::new(seed, 0);
    (0..count)
        .map(|_| {
            let distance = 0.02 * draws.uniform();
            let pressure = 2.0 * draws.uniform() - 1.0;
            let limit = 10.0 + 110.0 * draws.uniform();
            let time = -(1.0 - draws.uniform()).ln() / hazard.at(distance, pressure);
            CensoredOrder {
                distance,
                pressure,
                exposure: time.min(limit).max(1e-6),
                filled: time <= limit,
                factor: 1.0,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_gradient_is_zero_at_the_fit_and_no_neighbour_is_likelier() {
        let orders = simulate(&Hazard { lambda0: 0.1, alpha: 120.0, beta: -0.4 }, 500, 11);
        let fit = fit_hazard(&orders, &HazardBounds::open()).unwrap();
        let errors = fit.standard_errors.unwrap();
        let h = fit.hazard;
        for (k, error) in errors.iter().enumerate() {
            for sign in [-0.1, 0.1] {
                let mut moved = [h.lambda0, h.alpha, h.beta];
                moved[k] += sign * error;
                let moved = Hazard { lambda0: moved[0], alpha: moved[1], beta: moved[2] };
                assert!(log_likelihood(&orders, &moved).unwrap() < fit.log_likelihood, "{k} {sign}");
            }
        }
    }

    #[test]
    fn impossible_orders_are_refused() {
        let good = CensoredOrder { distance: 0.01, pressure: 0.0, exposure: 5.0, filled: true, factor: 1.0 };
        let hazard = Hazard { lambda0: 0.1, alpha: 100.0, beta: 0.2 };
        for bad in [
            CensoredOrder { exposure: -1.0, ..good },
            CensoredOrder { distance: -0.1, ..good },
            CensoredOrder { pressure: 1.5, ..good },
            CensoredOrder { factor: 0.0, ..good },
            CensoredOrder { exposure: f64::NAN, ..good },
        ] {
            assert!(log_likelihood(&[good, bad], &hazard).is_err(), "{bad:?}");
            assert!(fit_hazard(&[good, bad], &HazardBounds::open()).is_err(), "{bad:?}");
        }
        assert!(log_likelihood(&[good], &Hazard { beta: 1.0, ..hazard }).is_err());
        assert_eq!(log_likelihood(&[], &hazard), Err(ModelError::EmptyInput));
    }

    proptest! {
        /// Whatever the truth and the units, the search ends where the likelihood is flat.
        #[test]
        fn the_search_ends_at_the_top(
            lambda0 in 0.01..1.0f64, alpha in -20.0..300.0f64, beta in -0.9..0.9f64, seed in 0u64..1_000,
        ) {
            let orders = simulate(&Hazard { lambda0, alpha, beta }, 300, seed);
            prop_assume!(orders.iter().filter(|o| o.filled).count() > 5);
            let fit = fit_hazard(&orders, &HazardBounds::open()).unwrap();
            if let Some(errors) = fit.standard_errors {
                let h = fit.hazard;
                let at = evaluate(&orders, &Vector3::new(h.lambda0.ln(), h.alpha, h.beta));
                let scaled = [at.gradient[0] * errors[0] / h.lambda0, at.gradient[1] * errors[1], at.gradient[2] * errors[2]];
                prop_assert!(scaled.iter().all(|g| g.abs() < 1e-4), "{scaled:?}");
            }
        }
    }
}
