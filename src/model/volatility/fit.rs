//! Maximum likelihood for EGARCH and GARCH, from several starts (C6).
//!
//! Both searches run on the data divided by their standard deviation, so that a change of units
//! changes nothing but units, and in coordinates in which every point is inside the bounds.

use nalgebra::SMatrix;

use super::egarch::{Centre, Egarch};
use super::errors::{Errors, MEAN_ABS_NORMAL};
use super::garch::Garch;
use super::{VariancePath, backcast, score};
use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::optimise::{Limits, Optimum, inverse_of_diagonal, minimise, minimise_with_slope};

/// Two starts agree when their log-likelihoods are this close.
const AGREEMENT: f64 = 0.5;
/// Degrees of freedom inside which the search stays: the variance exists, and beyond 200 a t is a
/// normal.
const NU: (f64, f64) = (2.05, 200.0);
/// When the search for an EGARCH stops.
const LIMITS: Limits = Limits { iterations: 400, value_tolerance: 1e-11, gradient_tolerance: 1e-8 };

/// Values that a likelihood of this many parameters needs to have a maximum at all.
const FEWEST: usize = 10;

/// A fitted model with its path.
#[derive(Clone, Debug, PartialEq)]
pub struct VolatilityFit<M> {
    /// The parameters.
    pub model: M,
    /// Variances and log-likelihood at these parameters.
    pub path: VariancePath,
    /// Whether the best search converged.
    pub converged: bool,
    /// How many starts ended within 0.5 of the best log-likelihood.
    pub agreeing: usize,
}

/// How to search for an EGARCH.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EgarchSearch {
    /// The largest `|beta|`, below 1.
    pub beta_max: f64,
    /// Starting points, 1 to [`EGARCH_STARTS`]; the first is the specification's, the others are around it.
    pub starts: usize,
}

/// The most starting points that a search has.
pub const EGARCH_STARTS: usize = 6;

impl EgarchSearch {
    /// The product's (C6).
    #[must_use]
    pub const fn product() -> Self {
        Self { beta_max: 0.9995, starts: EGARCH_STARTS }
    }

    /// All of the stationary region.
    #[must_use]
    pub const fn stationary() -> Self {
        Self { beta_max: 1.0 - 1e-9, starts: EGARCH_STARTS }
    }
}

/// Fits an EGARCH(1,1) with leverage and Student-t errors.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`] below 10 values;
/// [`ModelError::Degenerate`] when they do not vary; [`ModelError::NotConverged`] when no search
/// ends at a finite likelihood.
pub fn fit_egarch(
    y: &[f64],
    centre: Centre,
    search: EgarchSearch,
) -> Result<VolatilityFit<Egarch>, ModelError> {
    fit_egarch_where(y, &vec![true; y.len()], centre, search)
}

/// [`fit_egarch`] for one regime: the recursion runs over the whole contiguous series, and only the
/// values that are `counted` add to the likelihood (C6). A series cut into pieces would break the
/// recursion.
///
/// The path of the result holds every value's variance; its log-likelihood is that of the counted ones.
///
/// # Errors
/// As [`fit_egarch`]; [`ModelError::DimensionMismatch`] for a mask of another length;
/// [`ModelError::TooShort`] with fewer than 10 counted values.
pub fn fit_egarch_where(
    y: &[f64],
    counted: &[bool],
    centre: Centre,
    search: EgarchSearch,
) -> Result<VolatilityFit<Egarch>, ModelError> {
    let (z, scale) = standardise(y)?;
    check_mask(y, counted)?;
    let start = backcast(&z)?;
    let model = |x: &[f64]| Egarch {
        mu: x[0],
        omega: x[1],
        alpha: x[2],
        gamma: x[3],
        beta: search.beta_max * x[4].tanh(),
        errors: Errors::StudentT { nu: nu_at(x[5]) },
        centre,
    };
    let mean = z.iter().sum::<f64>() / z.len() as f64;
    let starts: [(f64, f64, f64, f64); EGARCH_STARTS] = [
        (0.15, -0.05, 0.92, 8.0),
        (0.10, 0.00, 0.97, 6.0),
        (0.30, -0.05, 0.80, 5.0),
        (0.20, 0.05, 0.985, 4.5),
        (0.10, -0.10, 0.50, 8.0),
        (0.25, -0.02, 0.95, 30.0),
    ];
    let starts: Vec<Vec<f64>> = starts[..search.starts.clamp(1, EGARCH_STARTS)]
        .iter()
        .map(|&(alpha, gamma, beta, nu)| {
            // The log variance has mean zero in these units, so omega only offsets a centre that is
            // not E|z|.
            let offset = match centre {
                Centre::MeanAbs => 0.0,
                Centre::Normal => alpha * (MEAN_ABS_NORMAL - Errors::StudentT { nu }.mean_abs()),
            };
            vec![mean, offset, alpha, gamma, (beta / search.beta_max).atanh(), nu_point(nu)]
        })
        .collect();
    // What one unit of each coordinate is in its parameter.
    let stretch = |x: &[f64]| {
        let p = logistic(x[5]);
        [1.0, 1.0, 1.0, 1.0, search.beta_max * (1.0 - x[4].tanh().powi(2)), (NU.1 - NU.0) * p * (1.0 - p)]
    };
    let loss = |x: &[f64], slope: &mut [f64]| {
        let (value, by_parameter) = score::log_likelihood(&model(x), nu_at(x[5]), (&z, counted), start);
        for ((to, by), stretch) in slope.iter_mut().zip(by_parameter).zip(stretch(x)) {
            *to = -by * stretch;
        }
        -value
    };
    let curvature = |x: &[f64]| {
        let stretch = stretch(x);
        let mut products = score::score_products(&model(x), nu_at(x[5]), (&z, counted), start);
        for (row, a) in products.iter_mut().zip(stretch) {
            row.iter_mut().zip(stretch).for_each(|(cell, b)| *cell *= a * b);
        }
        products
    };
    let found =
        starts.iter().map(|x| minimise_with_slope(loss, x, &inverse(&curvature(x)), LIMITS)).collect();
    let (best, agreeing) = best_of(found)?;
    let unit = model(&best.point);
    let fitted =
        Egarch { mu: unit.mu * scale, omega: unit.omega + (1.0 - unit.beta) * 2.0 * scale.ln(), ..unit };
    let log_likelihood = fitted.log_likelihood_where(y, counted)?;
    let path = VariancePath { log_likelihood, ..fitted.variances(y)? };
    Ok(VolatilityFit { path, model: fitted, converged: best.converged, agreeing })
}

fn check_mask(y: &[f64], counted: &[bool]) -> Result<(), ModelError> {
    if counted.len() != y.len() {
        return Err(ModelError::DimensionMismatch { left: counted.len(), right: y.len() });
    }
    match counted.iter().filter(|counted| **counted).count() {
        got if got < FEWEST => Err(ModelError::TooShort { need: FEWEST, got }),
        _ => Ok(()),
    }
}

/// Which error distribution to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Normal.
    Normal,
    /// Student t, degrees of freedom estimated.
    StudentT,
}

/// Fits a GARCH(1,1), `omega > 0`, `alpha >= 0`, `beta >= 0`, `alpha + beta <= 1`.
///
/// # Errors
/// As [`fit_egarch`].
pub fn fit_garch(y: &[f64], kind: ErrorKind) -> Result<VolatilityFit<Garch>, ModelError> {
    let (z, scale) = standardise(y)?;
    let start = backcast(&z)?;
    let model = |x: &[f64]| {
        let (persistence, share) = (logistic(x[2]), logistic(x[3]));
        Garch {
            mu: x[0],
            omega: x[1].exp(),
            alpha: persistence * share,
            beta: persistence * (1.0 - share),
            errors: match kind {
                ErrorKind::Normal => Errors::Normal,
                ErrorKind::StudentT => Errors::StudentT { nu: nu_at(x[4]) },
            },
        }
    };
    let mean = z.iter().sum::<f64>() / z.len() as f64;
    let starts = [(0.05, 0.93), (0.10, 0.85), (0.20, 0.70), (0.09, 0.90), (0.10, 0.40), (0.30, 0.65)].map(
        |(alpha, beta)| {
            let persistence: f64 = alpha + beta;
            let mut x = vec![mean, (1.0 - persistence).ln(), logit(persistence), logit(alpha / persistence)];
            if kind == ErrorKind::StudentT {
                x.push(nu_point(7.0));
            }
            x
        },
    );
    let loss = |x: &[f64]| -model(x).run(&z, start, |_| {}).0;
    let (best, agreeing) = best_of(starts.iter().map(|x| minimise(loss, x, Limits::default())).collect())?;
    let unit = model(&best.point);
    let fitted = Garch { mu: unit.mu * scale, omega: unit.omega * scale * scale, ..unit };
    Ok(VolatilityFit { path: fitted.variances(y)?, model: fitted, converged: best.converged, agreeing })
}

fn standardise(y: &[f64]) -> Result<(Vec<f64>, f64), ModelError> {
    check_series(y, FEWEST)?;
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let scale = (y.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / y.len() as f64).sqrt();
    let largest = y.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    // Rounding alone gives equal values a deviation of about 1e-16 of their size.
    if !(scale > 1e-12 * largest && scale > 1e-150 && scale < 1e150) {
        return Err(ModelError::Degenerate { why: "the values do not vary" });
    }
    Ok((y.iter().map(|v| v / scale).collect(), scale))
}

/// The best of several searches, and how many agree with it.
fn best_of(found: Vec<Optimum>) -> Result<(Optimum, usize), ModelError> {
    let best = found
        .iter()
        .filter(|optimum| optimum.value.is_finite())
        .min_by(|a, b| a.value.total_cmp(&b.value))
        .ok_or(ModelError::NotConverged { iterations: Limits::default().iterations })?;
    let agreeing = found.iter().filter(|optimum| optimum.value < best.value + AGREEMENT).count();
    Ok((best.clone(), agreeing))
}

/// The inverse of a curvature, or of its diagonal where it has none.
fn inverse(curvature: &[score::Slope; score::PARAMETERS]) -> Vec<Vec<f64>> {
    const N: usize = score::PARAMETERS;
    let matrix = SMatrix::<f64, N, N>::from_fn(|i, j| curvature[i][j]);
    match matrix.cholesky().map(|factor| factor.inverse()) {
        Some(inverse) if inverse.iter().all(|v| v.is_finite()) => {
            (0..N).map(|i| (0..N).map(|j| inverse[(i, j)]).collect()).collect()
        }
        _ => inverse_of_diagonal(&std::array::from_fn::<f64, N, _>(|i| curvature[i][i])),
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

fn nu_at(x: f64) -> f64 {
    NU.0 + (NU.1 - NU.0) * logistic(x)
}

fn nu_point(nu: f64) -> f64 {
    logit((nu - NU.0) / (NU.1 - NU.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    fn simulate(model: &Egarch, n: usize, seed: u64) -> Vec<f64> {
        let Errors::StudentT { nu } = model.errors else { return Vec::new() };
        let mut draws = Draws::new(seed, 0);
        let mut log_variance = 0.0;
        (0..n)
            .map(|_| {
                let z = draws.student_t(nu) * ((nu - 2.0) / nu).sqrt();
                let y = model.mu + z * (0.5f64 * log_variance).exp();
                log_variance = model.step(model.centre_value(), log_variance, z);
                y
            })
            .collect()
    }

    const TRUTH: Egarch = Egarch {
        mu: 0.04,
        omega: 0.01,
        alpha: 0.15,
        gamma: -0.08,
        beta: 0.95,
        errors: Errors::StudentT { nu: 7.0 },
        centre: Centre::MeanAbs,
    };

    #[test]
    fn a_fit_beats_the_truth_and_units_do_not_matter() {
        let y = simulate(&TRUTH, 800, 4);
        let found = fit_egarch(&y, Centre::MeanAbs, EgarchSearch::product()).unwrap();
        assert!(found.path.log_likelihood >= TRUTH.variances(&y).unwrap().log_likelihood);
        assert!(found.converged && found.agreeing >= 2, "{found:?}");
        let doubled: Vec<f64> = y.iter().map(|v| 2.0 * v).collect();
        let other = fit_egarch(&doubled, Centre::MeanAbs, EgarchSearch::product()).unwrap();
        let ratio = other.path.next / found.path.next;
        assert!((ratio - 4.0).abs() < 1e-6, "doubling returns doubles volatility: {ratio}");
    }

    #[test]
    fn the_two_centres_are_one_likelihood() {
        let y = simulate(&TRUTH, 600, 9);
        let a = fit_egarch(&y, Centre::MeanAbs, EgarchSearch::product()).unwrap();
        let b = fit_egarch(&y, Centre::Normal, EgarchSearch::product()).unwrap();
        assert!((a.path.log_likelihood - b.path.log_likelihood).abs() < 0.2);
        let shift = a.model.alpha * (MEAN_ABS_NORMAL - a.model.errors.mean_abs());
        assert!((b.model.omega - a.model.omega - shift).abs() < 5e-3, "{a:?} {b:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let refused = |y: &[f64]| fit_egarch(y, Centre::Normal, EgarchSearch::stationary()).unwrap_err();
        assert_eq!(refused(&[]), ModelError::EmptyInput);
        assert_eq!(refused(&[1.0; 5]), ModelError::TooShort { need: 10, got: 5 });
        assert_eq!(refused(&[0.1; 50]), ModelError::Degenerate { why: "the values do not vary" });
        assert!(fit_garch(&[f64::NAN; 50], ErrorKind::Normal).is_err());
    }

    #[test]
    fn a_fit_of_one_regime_runs_over_all_and_counts_its_own() {
        // Every fourth stretch of 50 is three times as wild.
        let stress = |t: usize| t / 50 % 4 == 3;
        let plain = simulate(&TRUTH, 800, 21);
        let y: Vec<f64> =
            plain.iter().enumerate().map(|(t, v)| if stress(t) { 3.0 * v } else { *v }).collect();
        let calm: Vec<bool> = (0..y.len()).map(|t| !stress(t)).collect();
        let bounds = EgarchSearch::product();
        let whole = fit_egarch(&y, Centre::MeanAbs, bounds).unwrap();
        let masked = fit_egarch_where(&y, &calm, Centre::MeanAbs, bounds).unwrap();
        // Better than the fit of everything on what is counted, and worse on the whole.
        let at_whole = whole.model.log_likelihood_where(&y, &calm).unwrap();
        assert!(masked.path.log_likelihood > at_whole, "{} {at_whole}", masked.path.log_likelihood);
        assert!(masked.model.variances(&y).unwrap().log_likelihood < whole.path.log_likelihood);
        // The recursion is not cut: variances are those of the whole series at these parameters.
        assert_eq!(masked.path.variance, masked.model.variances(&y).unwrap().variance);
        // Terms that are counted and terms that are not are all the terms.
        let wild: Vec<bool> = calm.iter().map(|calm| !calm).collect();
        let parts = masked.path.log_likelihood + masked.model.log_likelihood_where(&y, &wild).unwrap();
        let all = masked.model.variances(&y).unwrap().log_likelihood;
        assert!((parts - all).abs() < 1e-9 * all.abs(), "{parts} {all}");
        assert!(fit_egarch_where(&y, &calm[1..], Centre::MeanAbs, bounds).is_err());
        let few: Vec<bool> = (0..y.len()).map(|t| t < 9).collect();
        let short = fit_egarch_where(&y, &few, Centre::MeanAbs, bounds).unwrap_err();
        assert_eq!(short, ModelError::TooShort { need: 10, got: 9 });
    }
}
