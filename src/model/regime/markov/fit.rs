//! Maximum likelihood from many starts: EM from each, a refined search from the best.

use super::em::{self, Regularisation, sample_variance};
use super::filter::log_likelihood;
use super::starts::starts;
use super::{Form, SwitchingAr};
use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::optimise::{Limits, hessian_diagonal, minimise};

/// A fit with a variance below this part of the sample's describes single points, not a regime.
const SPURIOUS: f64 = 1e-3;
/// Two starts agree when their log-likelihoods are this close (C4).
const AGREEMENT: f64 = 0.5;

/// How hard to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitOptions {
    /// Starting points.
    pub starts: usize,
    /// EM steps from each, at most.
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
        Self { starts: 10, em_steps: 100, refined: 3, regularisation: Regularisation::product(), seed }
    }

    /// Plain maximum likelihood, searched harder.
    #[must_use]
    pub const fn plain(seed: u64) -> Self {
        Self { starts: 20, em_steps: 200, refined: 5, regularisation: Regularisation::none(), seed }
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
    let mut ends: Vec<(SwitchingAr, f64)> = starts(form, &z, options.starts, options.seed)
        .into_iter()
        .filter_map(|start| em::run(start, &z, regularisation, options.em_steps).ok())
        .map(|path| (path.params, log_likelihood(&path.params, &z)))
        .filter(|(params, value)| sound(params, *value))
        .collect();
    ends.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut refined: Vec<(SwitchingAr, f64)> =
        ends.iter().take(options.refined).map(|end| refine(end, &z, regularisation)).collect();
    refined.sort_by(|a, b| b.1.total_cmp(&a.1));
    let &(best, value) = refined.first().ok_or(ModelError::Degenerate { why: "one regime only" })?;
    let near = |l: f64| l > value - AGREEMENT;
    let agreeing = ends.iter().skip(refined.len()).chain(&refined).filter(|end| near(end.1)).count();
    let map = Map { form, regularisation };
    let curvature = hessian_diagonal(|x| -log_likelihood(&map.params(x), &z), &map.point(&best));
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

fn refine(end: &(SwitchingAr, f64), z: &[f64], regularisation: &Regularisation) -> (SwitchingAr, f64) {
    let map = Map { form: end.0.form, regularisation };
    let loss = |x: &[f64]| {
        let params = map.params(x);
        if params.variance.iter().all(|v| *v > SPURIOUS) { -log_likelihood(&params, z) } else { f64::NAN }
    };
    let found = minimise(loss, &map.point(&end.0), Limits::default());
    let params = map.params(&found.point);
    if sound(&params, -found.value) && -found.value > end.1 { (params, -found.value) } else { *end }
}

/// Between parameters inside their bounds and points of the whole space:
/// `(location, atanh(phi / max), ln sigma, logit stay)` for each regime.
struct Map<'a> {
    form: Form,
    regularisation: &'a Regularisation,
}

impl Map<'_> {
    fn phi_max(&self) -> f64 {
        self.regularisation.phi_max
    }

    fn params(&self, x: &[f64]) -> SwitchingAr {
        let low = self.regularisation.probability_min;
        let stay = |v: f64| low + (1.0 - 2.0 * low) / (1.0 + (-v).exp());
        let leave = |v: f64| low + (1.0 - 2.0 * low) / (1.0 + v.exp());
        SwitchingAr {
            form: self.form,
            transition: [[stay(x[6]), leave(x[6])], [leave(x[7]), stay(x[7])]],
            location: [x[0], x[1]],
            phi: [self.phi_max() * x[2].tanh(), self.phi_max() * x[3].tanh()],
            variance: [(2.0 * x[4]).exp(), (2.0 * x[5]).exp()],
        }
    }

    fn point(&self, params: &SwitchingAr) -> Vec<f64> {
        let low = self.regularisation.probability_min;
        // An estimate may sit on its bound, where the maps have no finite inverse.
        let logit = |p: f64| {
            let inner = ((p - low) / (1.0 - 2.0 * low)).clamp(1e-9, 1.0 - 1e-9);
            (inner / (1.0 - inner)).ln()
        };
        let coefficient = |phi: f64| (phi / self.phi_max()).clamp(-1.0 + 1e-9, 1.0 - 1e-9).atanh();
        let p = params;
        vec![
            p.location[0],
            p.location[1],
            coefficient(p.phi[0]),
            coefficient(p.phi[1]),
            0.5 * p.variance[0].ln(),
            0.5 * p.variance[1].ln(),
            logit(p.transition[0][0]),
            logit(p.transition[1][1]),
        ]
    }
}
