//! Where the searches begin: four guesses from the data, the rest random around them.

use super::em::sample_variance;
use super::{Form, SwitchingAr};
use crate::model::draws::Draws;

/// `count` starting points for a series: split by the size of the value at its 50, 70 and 85 %
/// quantiles, two means on (value, size), then seeded perturbations of these.
pub(super) fn starts(form: Form, y: &[f64], count: usize, seed: u64) -> Vec<SwitchingAr> {
    let sizes: Vec<f64> = y.iter().map(|v| v.abs()).collect();
    let mut sorted = sizes.clone();
    sorted.sort_by(f64::total_cmp);
    let quantile = |q: f64| sorted[((q * sorted.len() as f64) as usize).min(sorted.len() - 1)];
    let mut splits: Vec<Vec<bool>> =
        [0.50, 0.70, 0.85].iter().map(|&q| sizes.iter().map(|&v| v > quantile(q)).collect()).collect();
    splits.push(two_means(y, &sizes));
    let guesses: Vec<SwitchingAr> = splits.iter().map(|split| from_split(form, y, split)).collect();
    let spread = sample_variance(y).sqrt();
    let perturbed = (0..).map(|k: usize| {
        let mut draws = Draws::new(seed, k as u64);
        perturb(guesses[k % guesses.len()], spread, &mut draws)
    });
    guesses.iter().copied().chain(perturbed).take(count).collect()
}

/// Moments of the two parts. The stay probabilities are the observed ones drawn towards
/// persistence, because a split by size alternates more than the regimes behind it.
fn from_split(form: Form, y: &[f64], stress: &[bool]) -> SwitchingAr {
    let all = sample_variance(y).max(f64::MIN_POSITIVE);
    let part = |which: bool| -> (f64, f64) {
        let values: Vec<f64> = y.iter().zip(stress).filter(|(_, s)| **s == which).map(|(v, _)| *v).collect();
        if values.len() < 2 {
            return (0.0, all);
        }
        (values.iter().sum::<f64>() / values.len() as f64, sample_variance(&values).max(0.01 * all))
    };
    let ((m0, v0), (m1, v1)) = (part(false), part(true));
    let stay = |which: bool| {
        let from = stress[..stress.len() - 1].iter().filter(|s| **s == which).count() as f64;
        let kept = stress.windows(2).filter(|w| w[0] == which && w[1] == which).count() as f64;
        0.5 * (kept + 1.0) / (from + 2.0) + 0.45
    };
    let (p00, p11) = (stay(false), stay(true));
    SwitchingAr {
        form,
        transition: [[p00, 1.0 - p00], [1.0 - p11, p11]],
        location: [m0, m1],
        phi: [0.0, 0.0],
        variance: [v0, v1],
    }
}

/// Two clusters on (value, size), from the calmest and the wildest tenth; true is the wilder one.
fn two_means(y: &[f64], sizes: &[f64]) -> Vec<bool> {
    let largest = sizes.iter().fold(0.0_f64, |m, v| m.max(*v));
    let mut centres = [[0.0, 0.1 * largest], [0.0, 0.9 * largest]];
    let mut stress = vec![false; y.len()];
    for _ in 0..50 {
        let distance = |i: usize, c: [f64; 2]| (y[i] - c[0]).powi(2) + (sizes[i] - c[1]).powi(2);
        let next: Vec<bool> =
            (0..y.len()).map(|i| distance(i, centres[1]) < distance(i, centres[0])).collect();
        for (k, centre) in centres.iter_mut().enumerate() {
            let members: Vec<usize> = (0..y.len()).filter(|&i| next[i] == (k == 1)).collect();
            if !members.is_empty() {
                let n = members.len() as f64;
                *centre = [
                    members.iter().map(|&i| y[i]).sum::<f64>() / n,
                    members.iter().map(|&i| sizes[i]).sum::<f64>() / n,
                ];
            }
        }
        if next == stress {
            break;
        }
        stress = next;
    }
    stress
}

fn perturb(mut params: SwitchingAr, spread: f64, draws: &mut Draws) -> SwitchingAr {
    for k in 0..2 {
        params.location[k] += 0.3 * spread * draws.normal();
        params.phi[k] = 0.6 * draws.uniform() - 0.3;
        params.variance[k] *= (0.5 * draws.normal()).exp();
        let stay = 0.70 + 0.295 * draws.uniform();
        params.transition[k][k] = stay;
        params.transition[k][1 - k] = 1.0 - stay;
    }
    params
}
