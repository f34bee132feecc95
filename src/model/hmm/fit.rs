//! Estimation from many starts: short runs of EM choose where the long ones begin.

use super::expectation::Sample;
use super::gaussian::check_rows;
use super::{EmOptions, GaussianHmm, State, em};
use crate::model::ModelError;
use crate::model::draws::Draws;

/// A state whose variance is below this part of the sample's describes single points.
const SPURIOUS: f64 = 1e-3;

/// A better first state is worth another run when the log-likelihood gains this much.
const START_GAIN: f64 = 1e-3;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HmmSearch {
    /// States.
    pub states: usize,
    /// Starting points.
    pub starts: usize,
    /// How many of them are run to convergence.
    pub long_runs: usize,
    /// Steps of a long run, at most.
    pub steps: usize,
    /// Added to every weighted sum of squares, in squared units of the data.
    pub variance_prior: f64,
    /// Variances are at least this part of the sample's.
    pub variance_floor: f64,
    /// Added to every expected count of transitions.
    pub pseudo_count: f64,
    /// Seed of the starting points.
    pub seed: u64,
}

/// A fitted model, states ordered by the variance of the first coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct HmmFit {
    /// The model.
    pub model: GaussianHmm,
    /// Its log-likelihood.
    pub log_likelihood: f64,
    /// How many long runs ended within 0.5 of it.
    pub agreeing: usize,
    /// Whether the best run met its tolerance.
    pub converged: bool,
}

/// Fits states with independent coordinates. Fits in which a state shrinks onto single points are
/// discarded.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::DimensionMismatch`], [`ModelError::NonFinite`];
/// [`ModelError::TooShort`] below two rows a state; [`ModelError::OutOfDomain`] for no or more than
/// 16 states; [`ModelError::Degenerate`] when a coordinate does not vary or no run ends in a proper
/// model.
pub fn fit_diagonal(x: &[Vec<f64>], search: &HmmSearch) -> Result<HmmFit, ModelError> {
    let d = x.first().ok_or(ModelError::EmptyInput)?.len();
    check_rows(x, d)?;
    if !(1..=16).contains(&search.states) {
        let value = search.states as f64;
        return Err(ModelError::OutOfDomain { name: "states", value, domain: "1 to 16" });
    }
    if x.len() < 2 * search.states {
        return Err(ModelError::TooShort { need: 2 * search.states, got: x.len() });
    }
    let sample = sample_variances(x, d);
    let sizes = (0..d).map(|c| x.iter().fold(0.0_f64, |m, row| m.max(row[c].abs())));
    let varies = sample.iter().zip(sizes).all(|(v, size)| v.sqrt() > 1e-12 * size);
    if !varies || d == 0 {
        return Err(ModelError::Degenerate { why: "the values do not vary" });
    }
    let floor = sample.iter().copied().fold(f64::INFINITY, f64::min) * search.variance_floor;
    let options = |steps: usize, tolerance: f64| EmOptions {
        steps,
        tolerance,
        variance_prior: search.variance_prior,
        variance_floor: floor,
        pseudo_count: search.pseudo_count,
    };
    let mut prepared = Sample::new(x, search.states);
    let mut run = |from: &GaussianHmm, options: &EmOptions| {
        let run = em::run(from, &mut prepared, options).ok()?;
        let proper = |state: &State| state.variances().iter().zip(&sample).all(|(v, s)| *v > SPURIOUS * s);
        let value = prepared.log_likelihood(&run.model).ok()?;
        (value.is_finite() && run.model.states.iter().all(proper)).then_some((
            run.model,
            value,
            run.converged,
        ))
    };
    let mut short: Vec<(GaussianHmm, f64, bool)> = (0..search.starts.max(search.long_runs))
        .filter_map(|k| run(&start(x, &sample, search, k)?, &options(20, 1e-6)))
        .collect();
    short.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut long: Vec<(GaussianHmm, f64, bool)> = short
        .iter()
        .take(search.long_runs)
        .filter_map(|(model, _, _)| {
            let settled = run(model, &options(search.steps, 1e-9))?;
            // The likelihood is linear in the first distribution, so its best is one state alone. EM
            // ends at such a state, not always at the best one.
            let sure = (0..search.states).filter_map(|k| run(&sure_start(&settled.0, k), &options(0, 0.0)));
            let best = sure.max_by(|a, b| a.1.total_cmp(&b.1))?;
            let again = if best.1 > settled.1 + START_GAIN {
                run(&best.0, &options(search.steps, 1e-9))
            } else {
                None
            };
            Some(again.filter(|other| other.1 > settled.1).unwrap_or(settled))
        })
        .collect();
    long.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (model, log_likelihood, converged) =
        long.first().ok_or(ModelError::Degenerate { why: "no run ends in a proper model" })?;
    let agreeing = long.iter().filter(|other| other.1 > log_likelihood - 0.5).count();
    let spread: Vec<f64> = model.states.iter().map(|state| state.variances()[0]).collect();
    let mut order: Vec<usize> = (0..search.states).collect();
    order.sort_by(|&a, &b| spread[a].total_cmp(&spread[b]));
    Ok(HmmFit {
        model: model.reordered(&order),
        log_likelihood: *log_likelihood,
        agreeing,
        converged: *converged,
    })
}

/// The same model, certain to begin in state `k`.
fn sure_start(model: &GaussianHmm, k: usize) -> GaussianHmm {
    let start = (0..model.start.len()).map(|j| f64::from(u8::from(j == k))).collect();
    GaussianHmm { start, ..model.clone() }
}

fn sample_variances(x: &[Vec<f64>], d: usize) -> Vec<f64> {
    let n = x.len() as f64;
    let variance = |c: usize| {
        let mean = x.iter().map(|row| row[c]).sum::<f64>() / n;
        x.iter().map(|row| (row[c] - mean).powi(2)).sum::<f64>() / n
    };
    (0..d).map(variance).collect()
}

/// Start `k`: one third of them clusters around random rows, one third slices by distance from the
/// centre (same means, different variances), one third random variances. Persistence varies.
fn start(x: &[Vec<f64>], sample: &[f64], search: &HmmSearch, k: usize) -> Option<GaussianHmm> {
    let mut draws = Draws::new(search.seed, k as u64);
    let n = search.states;
    let groups = match k % 3 {
        0 => clusters(x, sample, n, &mut draws),
        1 => slices(x, sample, n, &mut draws),
        _ => vec![0; x.len()],
    };
    let stay = if n == 1 { 1.0 } else { [0.6, 0.8, 0.9, 0.97][k / 3 % 4] };
    let leave = if n == 1 { 0.0 } else { (1.0 - stay) / (n - 1) as f64 };
    let row = |i: usize| (0..n).map(|j| if i == j { stay } else { leave }).collect();
    let states = (0..n).map(|state| {
        let members: Vec<&Vec<f64>> =
            x.iter().zip(&groups).filter(|(_, g)| **g == state).map(|(row, _)| row).collect();
        if k % 3 == 2 || members.len() < 2 {
            let mean = x[draws.below(x.len())].clone();
            let variances: Vec<f64> = sample.iter().map(|v| v * (draws.normal() - 0.5).exp()).collect();
            return State::diagonal(mean, &variances).ok();
        }
        let count = members.len() as f64;
        let mean: Vec<f64> =
            (0..sample.len()).map(|c| members.iter().map(|row| row[c]).sum::<f64>() / count).collect();
        let variances: Vec<f64> = (0..sample.len())
            .map(|c| {
                let within = members.iter().map(|row| (row[c] - mean[c]).powi(2)).sum::<f64>() / count;
                within.max(0.05 * sample[c])
            })
            .collect();
        State::diagonal(mean, &variances).ok()
    });
    Some(GaussianHmm {
        states: states.collect::<Option<_>>()?,
        start: vec![1.0 / n as f64; n],
        transition: (0..n).map(row).collect(),
    })
}

fn distance(a: &[f64], b: &[f64], sample: &[f64]) -> f64 {
    a.iter().zip(b).zip(sample).map(|((a, b), v)| (a - b).powi(2) / v).sum()
}

/// A few rounds of Lloyd's algorithm from random rows.
fn clusters(x: &[Vec<f64>], sample: &[f64], n: usize, draws: &mut Draws) -> Vec<usize> {
    let mut centres: Vec<Vec<f64>> = (0..n).map(|_| x[draws.below(x.len())].clone()).collect();
    let mut groups = vec![0; x.len()];
    for _ in 0..10 {
        for (row, group) in x.iter().zip(&mut groups) {
            let nearest = (0..n).min_by(|&a, &b| {
                distance(row, &centres[a], sample).total_cmp(&distance(row, &centres[b], sample))
            });
            *group = nearest.unwrap_or(0);
        }
        for (k, centre) in centres.iter_mut().enumerate() {
            let members: Vec<&Vec<f64>> =
                x.iter().zip(&groups).filter(|(_, g)| **g == k).map(|(row, _)| row).collect();
            if !members.is_empty() {
                for (c, value) in centre.iter_mut().enumerate() {
                    *value = members.iter().map(|row| row[c]).sum::<f64>() / members.len() as f64;
                }
            }
        }
    }
    groups
}

/// Groups by distance from the centre of everything, cut at jittered quantiles.
fn slices(x: &[Vec<f64>], sample: &[f64], n: usize, draws: &mut Draws) -> Vec<usize> {
    let centre: Vec<f64> =
        (0..sample.len()).map(|c| x.iter().map(|row| row[c]).sum::<f64>() / x.len() as f64).collect();
    let distances: Vec<f64> = x.iter().map(|row| distance(row, &centre, sample)).collect();
    let mut sorted = distances.clone();
    sorted.sort_by(f64::total_cmp);
    let cuts: Vec<f64> = (1..n)
        .map(|k| {
            let q = (k as f64 + 0.6 * (draws.uniform() - 0.5)) / n as f64;
            sorted[((q * x.len() as f64) as usize).min(x.len() - 1)]
        })
        .collect();
    distances.iter().map(|v| cuts.iter().filter(|cut| v > *cut).count()).collect()
}
