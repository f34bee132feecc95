//! Several steps ahead with EGARCH (C6).
//!
//! One step ahead the variance is known. Beyond it, under Student-t errors with a positive response
//! to their size, its mean is infinite: `E exp(alpha |z|)` diverges. What exists is the mean of the
//! *log* variance, in closed form, and the quantiles, by simulation. The product simulates errors
//! truncated at 8 standard deviations and rescaled, so that a mean exists too, and says so. Under
//! normal errors the mean is finite and has a closed form.

use statrs::function::erf::erfc;

use super::egarch::Egarch;
use super::errors::Errors;
use crate::model::ModelError;
use crate::model::draws::Draws;
use crate::model::error::finite;

/// Limits of a simulation: what fits into memory with ease.
const PATHS_MAX: usize = 2_000_000;
const HORIZON_MAX: usize = 252;

/// `E[ln sigma^2]` 1 to `horizon` steps ahead, from `ln sigma^2` of the next value: exact for any
/// errors.
#[must_use]
pub(crate) fn mean_log_variance(model: &Egarch, next_log_variance: f64, horizon: usize) -> Vec<f64> {
    let drift = model.omega + model.alpha * (model.errors.mean_abs() - model.centre_value());
    std::iter::successors(Some(next_log_variance), |l| Some(drift + model.beta * l)).take(horizon).collect()
}

/// `E[sigma^2]` 1 to `horizon` steps ahead under normal errors, in closed form from
/// `E exp(a|z| + c z) = e^{(a+c)^2/2} Phi(a+c) + e^{(a-c)^2/2} Phi(a-c)`.
///
/// # Errors
/// [`ModelError::NotAvailable`] for other errors, whose mean is infinite;
/// [`ModelError::OutOfDomain`] for the horizon or an overflow.
pub fn normal_mean_variance(
    model: &Egarch,
    next_log_variance: f64,
    horizon: usize,
) -> Result<Vec<f64>, ModelError> {
    if model.errors != Errors::Normal {
        return Err(ModelError::NotAvailable("a mean variance beyond one step under Student-t errors"));
    }
    check_horizon(horizon)?;
    let phi = |x: f64| 0.5 * erfc(-x / std::f64::consts::SQRT_2);
    let constant = model.omega - model.alpha * model.centre_value();
    let mut log_mean_of_shocks = 0.0;
    let mut power = 1.0;
    let mut out = Vec::with_capacity(horizon);
    for _ in 0..horizon {
        // Here `power` is beta^(h-1), the weight of today's variance h steps ahead.
        let value = (log_mean_of_shocks + power * next_log_variance).exp();
        if !value.is_finite() {
            return Err(ModelError::OutOfDomain { name: "variance", value, domain: "finite" });
        }
        out.push(value);
        let (a, c) = (power * model.alpha, power * model.gamma);
        let moment = (0.5 * (a + c).powi(2)).exp() * phi(a + c) + (0.5 * (a - c).powi(2)).exp() * phi(a - c);
        log_mean_of_shocks += power * constant + moment.ln();
        power *= model.beta;
    }
    Ok(out)
}

/// How to simulate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulation {
    /// Paths; rounded up to an even number, since every path has its mirror image.
    pub paths: usize,
    /// Seed.
    pub seed: u64,
    /// Errors beyond this size are drawn again, and the rest rescaled to variance 1. `None`:
    /// untruncated, the mean of a Student-t forecast is then only the mean of these paths.
    pub truncate: Option<f64>,
}

impl Simulation {
    /// The product's: 10,000 paths, truncated at 8.
    #[must_use]
    pub const fn product(seed: u64) -> Self {
        Self { paths: 10_000, seed, truncate: Some(8.0) }
    }
}

/// A distribution by its simulated moments and quantiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean over the paths.
    pub mean: f64,
    /// Standard error of that mean, as if the paths were independent.
    pub std_err: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// Variances ahead: of each step, and summed up to it.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedVariance {
    /// `sigma^2` of step 1, 2, ...
    pub per_step: Vec<Spread>,
    /// `sigma^2` summed over steps 1 to 1, 1 to 2, ...
    pub cumulative: Vec<Spread>,
}

/// Simulates the variance 1 to `horizon` steps ahead, with antithetic paths.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a horizon, a number of paths or a truncation that cannot be run,
/// or a variance that overflows.
pub fn simulate(
    model: &Egarch,
    next_log_variance: f64,
    horizon: usize,
    simulation: &Simulation,
) -> Result<SimulatedVariance, ModelError> {
    model.check()?;
    check_horizon(horizon)?;
    if !(2..=PATHS_MAX).contains(&simulation.paths) {
        let value = simulation.paths as f64;
        return Err(ModelError::OutOfDomain { name: "paths", value, domain: "2 to 2,000,000" });
    }
    let source = ErrorSource::new(model.errors, simulation.truncate)?;
    let centre = model.centre_value();
    let half = simulation.paths.div_ceil(2);
    let mut per_step: Vec<Vec<f64>> = vec![Vec::with_capacity(2 * half); horizon];
    let mut cumulative = per_step.clone();
    let mut draws = Draws::new(simulation.seed, 0);
    let mut z = vec![0.0; horizon];
    for _ in 0..half {
        z.iter_mut().for_each(|z| *z = source.draw(&mut draws));
        for sign in [1.0, -1.0] {
            let (mut log_variance, mut sum) = (next_log_variance, 0.0);
            for h in 0..horizon {
                let variance = log_variance.exp();
                sum += variance;
                per_step[h].push(variance);
                cumulative[h].push(sum);
                log_variance = model.step(centre, log_variance, sign * z[h]);
            }
        }
    }
    let spreads = |columns: Vec<Vec<f64>>| columns.into_iter().map(spread).collect::<Result<Vec<_>, _>>();
    Ok(SimulatedVariance { per_step: spreads(per_step)?, cumulative: spreads(cumulative)? })
}

fn check_horizon(horizon: usize) -> Result<(), ModelError> {
    if (1..=HORIZON_MAX).contains(&horizon) {
        Ok(())
    } else {
        Err(ModelError::OutOfDomain { name: "horizon", value: horizon as f64, domain: "1 to 252" })
    }
}

/// Draws of a standardised error.
struct ErrorSource {
    errors: Errors,
    /// From a raw draw to a standardised one.
    unit: f64,
    limit: f64,
    /// From a truncated one back to variance 1.
    rescale: f64,
}

impl ErrorSource {
    fn new(errors: Errors, truncate: Option<f64>) -> Result<Self, ModelError> {
        let unit = match errors {
            Errors::Normal => 1.0,
            Errors::StudentT { nu } => ((nu - 2.0) / nu).sqrt(),
        };
        let limit = truncate.unwrap_or(f64::INFINITY);
        if truncate.is_some_and(|limit| !(1.0..=100.0).contains(&limit)) {
            return Err(ModelError::OutOfDomain { name: "truncate", value: limit, domain: "1 to 100" });
        }
        let rescale = truncate.map_or(1.0, |limit| truncated_variance(errors, limit).sqrt().recip());
        Ok(Self { errors, unit, limit, rescale })
    }

    fn draw(&self, draws: &mut Draws) -> f64 {
        loop {
            let z = match self.errors {
                Errors::Normal => draws.normal(),
                Errors::StudentT { nu } => self.unit * draws.student_t(nu),
            };
            if z.abs() <= self.limit {
                return self.rescale * z;
            }
        }
    }
}

/// Variance of a standardised error given that it is at most `limit` in size, by Simpson's rule.
fn truncated_variance(errors: Errors, limit: f64) -> f64 {
    const STEPS: u32 = 4000;
    let (mut mass, mut square) = (0.0, 0.0);
    for k in 0..=STEPS {
        let z = limit * f64::from(k) / f64::from(STEPS);
        let weight = if k == 0 || k == STEPS { 1.0 } else { 2.0 + 2.0 * f64::from(k % 2) };
        let density = weight * errors.log_kernel(z * z, 0.0).exp();
        mass += density;
        square += density * z * z;
    }
    square / mass
}

fn spread(mut values: Vec<f64>) -> Result<Spread, ModelError> {
    if let Some(&value) = values.iter().find(|v| !v.is_finite()) {
        return Err(ModelError::OutOfDomain { name: "variance", value, domain: "finite" });
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let mut quantile = |q: f64| {
        let place = q * (n - 1.0);
        let (_, &mut low, above) = values.select_nth_unstable_by(place as usize, f64::total_cmp);
        let high = above.iter().copied().fold(f64::INFINITY, f64::min);
        if high.is_finite() { low + place.fract() * (high - low) } else { low }
    };
    let (q05, q50, q95) = (quantile(0.05), quantile(0.5), quantile(0.95));
    let std_err = finite("standard error of the variance", (variance / n).sqrt())?;
    Ok(Spread { mean: finite("variance", mean)?, std_err, q05, q50, q95 })
}

#[cfg(test)]
mod tests {
    use super::super::egarch::Centre;
    use super::*;

    fn model(errors: Errors) -> Egarch {
        Egarch {
            mu: 0.0,
            omega: 0.01,
            alpha: 0.15,
            gamma: -0.08,
            beta: 0.95,
            errors,
            centre: Centre::MeanAbs,
        }
    }

    #[test]
    fn simulation_agrees_with_the_closed_forms() {
        let normal = model(Errors::Normal);
        let exact = normal_mean_variance(&normal, 0.3, 8).unwrap();
        let simulation = Simulation { paths: 100_000, seed: 5, truncate: None };
        let simulated = simulate(&normal, 0.3, 8, &simulation).unwrap();
        for (step, want) in simulated.per_step.iter().zip(&exact) {
            assert!((step.mean - want).abs() <= 4.0 * step.std_err + 1e-9, "{step:?} {want}");
        }
        let sum: f64 = exact[..5].iter().sum();
        assert!((simulated.cumulative[4].mean / sum - 1.0).abs() < 0.01);
    }

    #[test]
    fn the_first_step_is_known_and_the_log_mean_is_a_lower_bound() {
        let t = model(Errors::StudentT { nu: 6.0 });
        let simulated = simulate(&t, -0.4, 10, &Simulation::product(7)).unwrap();
        let first = simulated.per_step[0];
        assert!((first.q05 - (-0.4f64).exp()).abs() < 1e-12 && first.q05 == first.q95);
        for (step, log) in simulated.per_step.iter().zip(mean_log_variance(&t, -0.4, 10)) {
            assert!(step.mean >= log.exp() * (1.0 - 1e-3), "{step:?} {log}");
            assert!(step.q05 <= step.q50 && step.q50 <= step.q95);
        }
        assert_eq!(simulated, simulate(&t, -0.4, 10, &Simulation::product(7)).unwrap());
        assert_ne!(simulated, simulate(&t, -0.4, 10, &Simulation::product(8)).unwrap());
    }

    #[test]
    fn truncated_errors_keep_their_variance() {
        for nu in [2.5, 6.0, 100.0] {
            let source = ErrorSource::new(Errors::StudentT { nu }, Some(8.0)).unwrap();
            let mut draws = Draws::new(2, 0);
            let z: Vec<f64> = (0..200_000).map(|_| source.draw(&mut draws)).collect();
            let variance = z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64;
            assert!((variance - 1.0).abs() < 0.03, "nu {nu}: {variance}");
        }
    }

    #[test]
    fn what_cannot_be_forecast_is_refused() {
        let t = model(Errors::StudentT { nu: 6.0 });
        assert!(matches!(normal_mean_variance(&t, 0.0, 5), Err(ModelError::NotAvailable(_))));
        for (horizon, paths) in [(0, 100), (1000, 100), (5, 1), (5, usize::MAX)] {
            let simulation = Simulation { paths, seed: 0, truncate: None };
            assert!(simulate(&t, 0.0, horizon, &simulation).is_err(), "{horizon} {paths}");
        }
    }
}
