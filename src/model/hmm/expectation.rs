//! The expectation step, as a search runs it: hundreds of passes over one sample.
//!
//! The same numbers as [`super::posteriors`], which runs in logs. Here a density is taken relative
//! to the largest of its row, forward and backward weights run as plain numbers and are rescaled when
//! they become small, and nothing is allocated. Plain weights can vanish where logs do not: a pass in
//! which one comes near that, in a chain with moves that (nearly) never happen, is done again in logs, and
//! so is one over states with correlated coordinates or more than four of them.

use super::{GaussianHmm, State, posteriors};
use crate::model::ModelError;

/// A forward weight below this part of all of its bar may have lost digits, or everything.
const PART_MIN: f64 = 1e-200;
/// What may be lost of a probability in this way.
const LOSS_MAX: f64 = 1e-20;
/// Weights are rescaled below this.
const RESCALE: f64 = 1e-80;
const VANISHED: f64 = 1e-280;

/// What the sample says about the states and the moves between them, at a given model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expectation {
    pub log_likelihood: f64,
    /// `P(state at the first observation | all observations)`.
    pub first: Vec<f64>,
    /// Expected number of transitions from `i` to `j`.
    pub transitions: Vec<Vec<f64>>,
    /// The sums of each state.
    pub states: Vec<StateSums>,
}

/// Sums over the observations, weighted by the posterior of one state. Deviations are from the mean
/// that the model has, so that a step that moves it little loses no digits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StateSums {
    /// The weights.
    pub total: f64,
    /// Deviation and squared deviation of each coordinate.
    pub deviations: Vec<(f64, f64)>,
}

/// Observations prepared for many passes.
#[derive(Clone, Debug)]
pub(super) struct Sample<'a> {
    rows: &'a [Vec<f64>],
    dimension: usize,
    /// The rows, one after the other.
    values: Vec<f64>,
    /// Densities over the largest of their row, and forward weights: a row for each observation, a
    /// column for each state.
    densities: Vec<f64>,
    weights: Vec<f64>,
}

impl<'a> Sample<'a> {
    /// Takes observations that the models to come can see, and the number of their states.
    pub fn new(rows: &'a [Vec<f64>], states: usize) -> Self {
        let cells = rows.len() * states;
        Self {
            rows,
            dimension: rows.first().map_or(0, Vec::len),
            values: rows.iter().flatten().copied().collect(),
            densities: vec![0.0; cells],
            weights: vec![0.0; cells],
        }
    }

    /// Log-likelihood only.
    ///
    /// # Errors
    /// As [`posteriors`].
    pub fn log_likelihood(&mut self, model: &GaussianHmm) -> Result<f64, ModelError> {
        let fast = match model.states.len() {
            2 => self.one_way::<2>(model),
            3 => self.one_way::<3>(model),
            4 => self.one_way::<4>(model),
            _ => None,
        };
        fast.map_or_else(|| posteriors(model, self.rows).map(|all| all.log_likelihood), Ok)
    }

    /// Forward and back.
    ///
    /// # Errors
    /// As [`posteriors`].
    pub fn expect(&mut self, model: &GaussianHmm) -> Result<Expectation, ModelError> {
        let fast = match model.states.len() {
            2 => self.both_ways::<2>(model),
            3 => self.both_ways::<3>(model),
            4 => self.both_ways::<4>(model),
            _ => None,
        };
        if let Some(expectation) = fast {
            return Ok(expectation);
        }
        self.in_logs(model)
    }

    fn in_logs(&self, model: &GaussianHmm) -> Result<Expectation, ModelError> {
        let all = posteriors(model, self.rows)?;
        let sums = |(k, state): (usize, &State)| {
            let mut deviations = vec![(0.0, 0.0); self.dimension];
            for (row, p) in self.rows.iter().zip(&all.smoothed) {
                for ((value, mean), (sum, squares)) in row.iter().zip(&state.mean).zip(&mut deviations) {
                    let deviation = value - mean;
                    *sum += p[k] * deviation;
                    *squares += p[k] * deviation * deviation;
                }
            }
            StateSums { total: all.smoothed.iter().map(|p| p[k]).sum(), deviations }
        };
        Ok(Expectation {
            log_likelihood: all.log_likelihood,
            states: model.states.iter().enumerate().map(sums).collect(),
            first: all.smoothed.into_iter().next().unwrap_or_default(),
            transitions: all.transitions,
        })
    }

    fn one_way<const K: usize>(&mut self, model: &GaussianHmm) -> Option<f64> {
        match self.forward::<K>(model)? {
            (log_likelihood, false) => Some(log_likelihood),
            (log_likelihood, true) => self.backward::<K>(model, log_likelihood, true).map(|_| log_likelihood),
        }
    }

    fn both_ways<const K: usize>(&mut self, model: &GaussianHmm) -> Option<Expectation> {
        let (log_likelihood, vanished) = self.forward::<K>(model)?;
        self.backward::<K>(model, log_likelihood, vanished)
    }

    /// Fills `densities`; gives the sum of the logs that were divided out.
    fn measure<const K: usize>(&mut self, model: &GaussianHmm) -> Option<f64> {
        let d = self.dimension;
        let mut constant = [0.0; K];
        // Mean and reciprocal deviation of each coordinate of each state.
        let mut scales: Vec<[(f64, f64); K]> = vec![[(0.0, 0.0); K]; d];
        for (k, state) in model.states.iter().enumerate() {
            constant[k] = state.log_constant();
            let deviations = state.independent_deviations()?;
            for (c, deviation) in deviations.enumerate() {
                scales[c][k] = (state.mean[c], deviation.recip());
            }
        }
        let mut peaks = 0.0;
        let (cells, _) = self.densities.as_chunks_mut::<K>();
        for (row, cell) in self.values.chunks_exact(d).zip(cells) {
            let mut distance = [0.0; K];
            for (value, scale) in row.iter().zip(&scales) {
                for (sum, (mean, inverse)) in distance.iter_mut().zip(scale) {
                    let z = (value - mean) * inverse;
                    *sum += z * z;
                }
            }
            let logs: [f64; K] = std::array::from_fn(|k| constant[k] - 0.5 * distance[k]);
            let peak = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            *cell = logs.map(|l| (l - peak).exp());
            peaks += peak;
        }
        Some(peaks)
    }

    /// Fills `densities` and `weights`; gives the log-likelihood, and whether a weight (nearly)
    /// vanished on the way.
    fn forward<const K: usize>(&mut self, model: &GaussianHmm) -> Option<(f64, bool)> {
        let mut sum = self.measure::<K>(model)?;
        let transition = matrix::<K>(model)?;
        let mut predicted: [f64; K] = model.start.as_slice().try_into().ok()?;
        let (mut last, mut vanished) = (0.0, false);
        let (weights, _) = self.weights.as_chunks_mut::<K>();
        for (densities, weight) in self.densities.as_chunks::<K>().0.iter().zip(weights) {
            let mut now: [f64; K] = std::array::from_fn(|k| predicted[k] * densities[k]);
            let total: f64 = now.iter().sum();
            if total.is_nan() || total <= VANISHED {
                return None;
            }
            vanished |= now.iter().any(|w| *w < PART_MIN * total);
            last = total;
            if total < RESCALE {
                sum += total.ln();
                now = now.map(|w| w / total);
                last = 1.0;
            }
            *weight = now;
            predicted = [0.0; K];
            for (from, row) in now.iter().zip(&transition) {
                for (to, p) in predicted.iter_mut().zip(row) {
                    *to += from * p;
                }
            }
        }
        Some((sum + f64::ln(last), vanished))
    }

    /// The sums, after [`Self::forward`]; `None` where a vanished weight would have mattered.
    ///
    /// A backward weight does not depend on the forward ones, so it tells what the lost part of one
    /// would have become.
    fn backward<const K: usize>(
        &self,
        model: &GaussianHmm,
        log_likelihood: f64,
        vanished: bool,
    ) -> Option<Expectation> {
        let d = self.dimension;
        let transition = matrix::<K>(model)?;
        let (densities, weights) = (self.densities.as_chunks::<K>().0, self.weights.as_chunks::<K>().0);
        let means: Vec<[f64; K]> = (0..d).map(|c| std::array::from_fn(|k| model.states[k].mean[c])).collect();
        let (mut totals, mut counts) = ([0.0; K], [[0.0; K]; K]);
        let mut deviations = vec![([0.0; K], [0.0; K]); d];
        let (mut after, mut first) = ([1.0; K], [0.0; K]);
        for t in (0..densities.len()).rev() {
            let now = &weights[t];
            let total: f64 = now.iter().zip(&after).map(|(w, a)| w * a).sum();
            if total.is_nan() || total <= VANISHED {
                return None;
            }
            if vanished {
                let least = PART_MIN * now.iter().sum::<f64>();
                let lost = |(w, a): (&f64, &f64)| *w < least && least * a > LOSS_MAX * total;
                if now.iter().zip(&after).any(lost) {
                    return None;
                }
            }
            let inverse = total.recip();
            let posterior: [f64; K] = std::array::from_fn(|k| now[k] * after[k] * inverse);
            totals.iter_mut().zip(&posterior).for_each(|(sum, p)| *sum += p);
            for ((value, means), (sums, squares)) in
                self.values[t * d..].iter().zip(&means).zip(&mut deviations)
            {
                let cells = sums.iter_mut().zip(squares).zip(means).zip(&posterior);
                for (((sum, squares), mean), p) in cells {
                    let deviation = value - mean;
                    *sum += p * deviation;
                    *squares += p * deviation * deviation;
                }
            }
            if t == 0 {
                first = posterior;
                break;
            }
            let ahead: [f64; K] = std::array::from_fn(|k| densities[t][k] * after[k]);
            let before = &weights[t - 1];
            let of: [f64; K] =
                std::array::from_fn(|i| transition[i].iter().zip(&ahead).map(|(p, a)| p * a).sum());
            let inverse = before.iter().zip(&of).map(|(w, o)| w * o).sum::<f64>().recip();
            for (row, before) in counts.iter_mut().zip(before) {
                for (cell, ahead) in row.iter_mut().zip(&ahead) {
                    *cell += before * inverse * ahead;
                }
            }
            let size: f64 = of.iter().sum();
            after = if size < RESCALE { of.map(|o| o / size) } else { of };
        }
        let states = (0..K).map(|k| StateSums {
            total: totals[k],
            deviations: deviations.iter().map(|(sums, squares)| (sums[k], squares[k])).collect(),
        });
        let moves =
            |(row, p): (&[f64; K], &[f64; K])| row.iter().zip(p).map(|(count, p)| count * p).collect();
        Some(Expectation {
            log_likelihood,
            first: first.to_vec(),
            transitions: counts.iter().zip(&transition).map(moves).collect(),
            states: states.collect(),
        })
    }
}

fn matrix<const K: usize>(model: &GaussianHmm) -> Option<[[f64; K]; K]> {
    let mut matrix = [[0.0; K]; K];
    for (to, row) in matrix.iter_mut().zip(&model.transition) {
        *to = row.as_slice().try_into().ok()?;
    }
    Some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    fn chain(k: usize, stay: f64) -> GaussianHmm {
        let leave = (1.0 - stay) / (k - 1) as f64;
        let row = |i: usize| (0..k).map(|j| if i == j { stay } else { leave }).collect();
        let state = |i: usize| {
            let size = 1.0 + i as f64;
            State::diagonal(vec![0.3 - 0.2 * size, 0.1 * size], &[0.4 * size * size, 1.0 / size]).unwrap()
        };
        GaussianHmm {
            start: vec![1.0 / k as f64; k],
            transition: (0..k).map(row).collect(),
            states: (0..k).map(state).collect(),
        }
    }

    fn rows(outlier: f64) -> Vec<Vec<f64>> {
        let mut draws = Draws::new(4, 0);
        let mut row = |t: usize| {
            let size = if t % 40 > 25 { 3.0 } else { 0.8 };
            vec![if t == 60 { outlier } else { size * draws.normal() }, draws.normal()]
        };
        (0..200).map(&mut row).collect()
    }

    fn assert_same(found: &Expectation, sample: &Sample<'_>, model: &GaussianHmm) {
        let logs = sample.in_logs(model).unwrap();
        let flat = |e: &Expectation| -> Vec<f64> {
            let sums = e.states.iter().flat_map(|s| {
                std::iter::once(s.total)
                    .chain(s.deviations.iter().flat_map(|(sum, squares)| [*sum, *squares]))
            });
            let moves = e.transitions.iter().flatten().chain(&e.first).copied();
            std::iter::once(e.log_likelihood).chain(moves).chain(sums).collect()
        };
        for (a, b) in flat(found).iter().zip(flat(&logs)) {
            assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{found:?} {logs:?}");
        }
    }

    #[test]
    fn plain_weights_give_what_logs_give() {
        for k in 2..=4 {
            for outlier in [0.5, 15.0] {
                let (model, x) = (chain(k, 0.9), rows(outlier));
                let mut sample = Sample::new(&x, k);
                let fast = match k {
                    2 => sample.both_ways::<2>(&model),
                    3 => sample.both_ways::<3>(&model),
                    _ => sample.both_ways::<4>(&model),
                };
                assert_same(&fast.unwrap(), &sample, &model);
                let value = sample.log_likelihood(&model).unwrap();
                assert!((value - posteriors(&model, &x).unwrap().log_likelihood).abs() < 1e-8);
            }
        }
    }

    /// A chain that cannot move, where the state of the outlier is not the state of the rest.
    #[test]
    fn where_a_vanished_weight_matters_the_logs_take_over() {
        let model = chain(3, 1.0);
        let x: Vec<Vec<f64>> = (0..200).map(|t| vec![if t == 0 { 60.0 } else { 0.1 }, -4.0]).collect();
        let mut sample = Sample::new(&x, 3);
        assert!(matches!(sample.forward::<3>(&model), Some((_, true))));
        assert_eq!(sample.both_ways::<3>(&model), None);
        assert_eq!(sample.one_way::<3>(&model), None);
        let found = sample.expect(&model).unwrap();
        assert_same(&found, &sample, &model);
    }

    /// A state that the chain has left for good vanishes, and nothing is lost.
    #[test]
    fn where_a_vanished_weight_does_not_matter_it_is_left_out() {
        let mut model = chain(2, 0.9);
        model.transition = vec![vec![0.01, 0.99], vec![0.0, 1.0]];
        let x = rows(0.5);
        let mut sample = Sample::new(&x, 2);
        assert!(matches!(sample.forward::<2>(&model), Some((_, true))));
        assert_same(&sample.both_ways::<2>(&model).unwrap(), &sample, &model);
        assert!(sample.one_way::<2>(&model).is_some());
    }

    #[test]
    fn correlated_coordinates_and_many_states_go_through_logs() {
        let x = rows(0.5);
        let mut model = chain(5, 0.8);
        let mut sample = Sample::new(&x, 5);
        let found = sample.expect(&model).unwrap();
        assert_same(&found, &sample, &model);
        model = chain(2, 0.8);
        model.states[1] = State::new(vec![0.0, 0.0], &[vec![1.0, 0.4], vec![0.4, 2.0]]).unwrap();
        let mut sample = Sample::new(&x, 2);
        assert_eq!(sample.both_ways::<2>(&model), None);
        let found = sample.expect(&model).unwrap();
        assert_same(&found, &sample, &model);
    }
}
