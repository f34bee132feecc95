//! Maximum likelihood from many starts: EM from each, a refined search from the best.

use std::cell::RefCell;

use super::em::{self, Regularisation, sample_variance};
use super::expectation::Sample;
use super::map::Map;
use super::starts::starts;
use super::{Form, SwitchingAr};
use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::optimise::{Limits, hessian_diagonal, inverse_of_diagonal, minimise_with_slope};

/// A fit with a variance below this part of the sample's describes single points, not a regime.
const SPURIOUS: f64 = 1e-3;
/// Two starts agree when their log-likelihoods are this close (C4).
const AGREEMENT: f64 = 0.5;
/// When a refined search stops.
const LIMITS: Limits = Limits { iterations: 400, value_tolerance: 1e-11, gradient_tolerance: 1e-8 };

/// How hard to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitOptions {
    /// Starting points.
    pub starts: usize,
    /// EM steps from each, at most, before they are ranked.
    pub em_steps: usize,
    /// How many of the best are refined.
    pub refined: usize,
    /// Floors and pseudo-counts.
    pub regularisation: Regularisation,
    /// Seed of the random starts.
    pub seed: u64,
}

impl FitOptions {
    /// The product's (C4).
    #[must_use]
    pub const fn product(seed: u64) -> Self {
        Self { starts: 10, em_steps: 10, refined: 3, regularisation: Regularisation::product(), seed }
    }

    /// Plain maximum likelihood, searched harder.
    #[must_use]
    pub const fn plain(seed: u64) -> Self {
        Self { starts: 20, em_steps: 50, refined: 5, regularisation: Regularisation::none(), seed }
    }
}

/// A fitted model, regimes ordered by variance.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchingFit {
    /// The parameters.
    pub params: SwitchingAr,
    /// Their log-likelihood; the first value is conditioned on.
    pub log_likelihood: f64,
    /// Log-likelihoods that the refined searches ended at, best first.
    pub optima: Vec<f64>,
    /// Fewer than two starts came near the best: the optimum may not be the global one.
    pub unstable_optimum: bool,
    /// The second derivative of the likelihood along every parameter (the diagonal of the Hessian)
    /// is finite.
    pub finite_curvature: bool,
}

/// Fits both regimes.
///
/// The search runs on the data divided by their standard deviation, so that a change of units
/// changes nothing but units.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`] below 10 values;
/// [`ModelError::Degenerate`] when the values do not vary or no start ends in two regimes.
pub fn fit(form: Form, y: &[f64], options: &FitOptions) -> Result<SwitchingFit, ModelError> {
    check_series(y, 10)?;
    let scale = sample_variance(y).sqrt();
    let largest = y.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    // Rounding alone gives equal values a deviation of about 1e-16 of their size.
    if !(scale > 1e-12 * largest && scale > 1e-150 && scale < 1e150) {
        return Err(ModelError::Degenerate { why: "the values do not vary" });
    }
    let z: Vec<f64> = y.iter().map(|v| v / scale).collect();
    let regularisation = &options.regularisation;
    let mut sample = Sample::new(&z);
    let mut ends: Vec<(SwitchingAr, f64)> = starts(form, &z, options.starts, options.seed)
        .into_iter()
        .filter_map(|start| {
            let path = em::run(start, &mut sample, regularisation, options.em_steps).ok()?;
            Some((path.params, sample.log_likelihood(&path.params)))
        })
        .filter(|(params, value)| sound(params, *value))
        .collect();
    ends.sort_by(|a, b| b.1.total_cmp(&a.1));
    let map = Map { form, regularisation };
    let best = ends.iter().take(options.refined);
    let mut refined: Vec<(SwitchingAr, f64)> = best.map(|end| refine(end, &mut sample, &map)).collect();
    refined.sort_by(|a, b| b.1.total_cmp(&a.1));
    let &(best, value) = refined.first().ok_or(ModelError::Degenerate { why: "one regime only" })?;
    let near = |l: f64| l > value - AGREEMENT;
    let agreeing = ends.iter().skip(refined.len()).chain(&refined).filter(|end| near(end.1)).count();
    let curvature = hessian_diagonal(|x| -sample.log_likelihood(&map.params(x)), &map.point(&best));
    let in_units = |l: f64| l - (y.len() - 1) as f64 * scale.ln();
    Ok(SwitchingFit {
        params: best.relabelled().scaled(scale),
        log_likelihood: in_units(value),
        optima: refined.iter().map(|end| in_units(end.1)).collect(),
        unstable_optimum: agreeing < 2,
        finite_curvature: curvature.iter().all(|c| c.is_finite()),
    })
}

fn sound(params: &SwitchingAr, value: f64) -> bool {
    value.is_finite() && params.check().is_ok() && params.variance.iter().all(|v| *v > SPURIOUS)
}

fn refine(end: &(SwitchingAr, f64), sample: &mut Sample<'_>, map: &Map<'_>) -> (SwitchingAr, f64) {
    let start = map.point(&end.0);
    let Ok(expectation) = sample.expect(&end.0) else { return *end };
    let inverse = inverse_of_diagonal(&map.curvature(&start, &end.0, &expectation));
    let mean = sample.mean();
    let sample = RefCell::new(sample);
    let loss = |x: &[f64], slope: &mut [f64]| {
        let params = map.params(x);
        if !params.variance.iter().all(|v| *v > SPURIOUS) {
            return f64::NAN;
        }
        let Ok(expectation) = sample.borrow_mut().expect(&params) else { return f64::NAN };
        let rise = map.slope(x, &params, &expectation, mean);
        slope.iter_mut().zip(rise).for_each(|(to, rise)| *to = -rise);
        -expectation.log_likelihood
    };
    let found = minimise_with_slope(loss, &start, &inverse, LIMITS);
    let params = map.params(&found.point);
    if sound(&params, -found.value) && -found.value > end.1 { (params, -found.value) } else { *end }
}
