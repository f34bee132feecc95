//! The expectation step, as a search runs it: hundreds of passes over one series.
//!
//! The same numbers as [`super::filter`] and [`super::smooth`], which give one step at a time, but
//! without logs inside the recursions and without a division on their critical path: forward and
//! backward weights run unnormalised and are rescaled when they become small. What a maximisation
//! step and a gradient need of the smoothed probabilities is their weighted moments, so these are
//! summed on the way back and no probability is kept.
//!
//! Unnormalised weights can vanish where logs do not. A pass in which a weight comes near that, in a
//! chain with moves that (nearly) never happen, is done again by the filter and the smoother.

#![allow(clippy::needless_range_loop, reason = "i and j are the regimes before and now, as in the formulas")]

use super::{Form, Pair, SwitchingAr, filter, smooth};
use crate::model::ModelError;

/// A weight below this part of the other's may not come back by moves that are rarer than
/// [`MOVE_MIN`].
const PART_MIN: f64 = 1e-200;
/// With moves at least this likely, a vanished weight changes nothing that can be seen.
const MOVE_MIN: f64 = 1e-30;
/// Weights are rescaled below this.
const RESCALE: f64 = 1e-80;
const VANISHED: f64 = 1e-280;

/// Weighted sums over the bars for one pair of regimes. `x` is the value before and `y` the value
/// now, both less the sample mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    /// The weights: expected number of these moves.
    pub n: f64,
    pub x: f64,
    pub y: f64,
    pub xx: f64,
    pub xy: f64,
    pub yy: f64,
}

impl Moments {
    fn of(sums: [f64; 6]) -> Self {
        let [n, x, y, xx, xy, yy] = sums;
        Self { n, x, y, xx, xy, yy }
    }
}

/// What the whole series says about the moves of the chain, at given parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expectation {
    /// Log-likelihood of all values but the first.
    pub log_likelihood: f64,
    /// `[before][now]`. In the intercept form, where the regime before does not enter the density,
    /// all but `n` are in the first row.
    pub moments: [[Moments; 2]; 2],
    /// Probability of each regime at the first value, given all values.
    pub first: [f64; 2],
}

/// A series prepared for many passes.
#[derive(Clone, Debug)]
pub(super) struct Sample<'a> {
    y: &'a [f64],
    mean: f64,
    /// The series less its mean.
    centred: Vec<f64>,
    /// `P[i][j] p(y_t | i, j)` up to a factor that the log-likelihood has, bar by bar.
    moves: Vec<[f64; 4]>,
    /// Forward weights after each bar.
    weights: Vec<[f64; 2]>,
}

impl<'a> Sample<'a> {
    /// Takes a series of finite values; at least two.
    pub fn new(y: &'a [f64]) -> Self {
        let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
        let bars = y.len().saturating_sub(1);
        Self {
            y,
            mean,
            centred: y.iter().map(|v| v - mean).collect(),
            moves: vec![[0.0; 4]; bars],
            weights: vec![[0.0; 2]; bars],
        }
    }

    /// The series.
    pub const fn values(&self) -> &'a [f64] {
        self.y
    }

    /// The mean that the moments are taken about.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// Log-likelihood only.
    pub fn log_likelihood(&self, params: &SwitchingAr) -> f64 {
        let fast = match params.form {
            Form::Mean => forward::<true>(params, self, |_, _, _| {}),
            Form::Intercept => forward::<false>(params, self, |_, _, _| {}),
        };
        fast.unwrap_or_else(|| super::filter::log_likelihood(params, self.y))
    }

    /// Forward and back.
    ///
    /// # Errors
    /// As [`filter`].
    pub fn expect(&mut self, params: &SwitchingAr) -> Result<Expectation, ModelError> {
        let fast = match params.form {
            Form::Mean => self.both_ways::<true>(params),
            Form::Intercept => self.both_ways::<false>(params),
        };
        match fast {
            Some(expectation) => Ok(expectation),
            None => self.step_by_step(params),
        }
    }

    fn both_ways<const MEAN: bool>(&mut self, params: &SwitchingAr) -> Option<Expectation> {
        let (mut moves, mut weights) = (std::mem::take(&mut self.moves), std::mem::take(&mut self.weights));
        let forward = forward::<MEAN>(params, self, |t, bar_moves, weight| {
            moves[t] = bar_moves;
            weights[t] = weight;
        });
        let found = forward.and_then(|log_likelihood| {
            let (moments, first) = backward::<MEAN>(params, &self.centred, &moves, &weights)?;
            Some(Expectation { log_likelihood, moments, first })
        });
        (self.moves, self.weights) = (moves, weights);
        found
    }

    fn step_by_step(&self, params: &SwitchingAr) -> Result<Expectation, ModelError> {
        let filtered = filter(params, self.y)?;
        let joint = smooth(&filtered).joint;
        let mut sums = [[0.0; 6]; 4];
        for (pair, weight) in self.centred.windows(2).zip(&joint) {
            let weight = [weight[0][0], weight[0][1], weight[1][0], weight[1][1]];
            match params.form {
                Form::Mean => add::<true>(&mut sums, weight, pair[0], pair[1]),
                Form::Intercept => add::<false>(&mut sums, weight, pair[0], pair[1]),
            }
        }
        let first = joint.first().map_or([0.0; 2], |w| [w[0][0] + w[0][1], w[1][0] + w[1][1]]);
        Ok(Expectation { log_likelihood: filtered.log_likelihood, moments: by_pair(sums), first })
    }
}

fn by_pair(sums: [[f64; 6]; 4]) -> [[Moments; 2]; 2] {
    let [a, b, c, d] = sums.map(Moments::of);
    [[a, b], [c, d]]
}

/// `sums[2 i + j] += weight[2 i + j] (1, x, y, xx, xy, yy)`; in the intercept form all but the first
/// of the six go to the first row.
#[inline]
fn add<const MEAN: bool>(sums: &mut [[f64; 6]; 4], weight: [f64; 4], x: f64, y: f64) {
    let terms = [1.0, x, y, x * x, x * y, y * y];
    if MEAN {
        for (sum, w) in sums.iter_mut().zip(weight) {
            for (cell, term) in sum.iter_mut().zip(terms) {
                *cell += w * term;
            }
        }
    } else {
        let of_now = [weight[0] + weight[2], weight[1] + weight[3]];
        for (sum, w) in sums.iter_mut().zip(of_now) {
            for (cell, term) in sum[1..].iter_mut().zip(&terms[1..]) {
                *cell += w * term;
            }
        }
        for (sum, w) in sums.iter_mut().zip(weight) {
            sum[0] += w;
        }
    }
}

/// Whether every move of the chain is likely enough for a vanished weight not to matter.
fn is_open(transition: &Pair) -> bool {
    transition.iter().flatten().all(|p| *p >= MOVE_MIN)
}

/// The log-likelihood, and a visit of `(bar, moves, weights after it)`; `None` where a weight came
/// too near to vanishing.
#[inline]
fn forward<const MEAN: bool>(
    params: &SwitchingAr,
    sample: &Sample<'_>,
    mut visit: impl FnMut(usize, [f64; 4], [f64; 2]),
) -> Option<f64> {
    const LN_TAU: f64 = 1.837_877_066_409_345_5;
    let offset = offsets(params, sample.mean);
    let constant = params.variance.map(|v| -0.5 * (LN_TAU + v.ln()));
    let half_precision = params.variance.map(|v| 0.5 / v);
    let (phi, p, open) = (params.phi, params.transition, is_open(&params.transition));
    let [mut before_0, mut before_1] = params.stationary();
    let mut sum = 0.0;
    for (t, pair) in sample.centred.windows(2).enumerate() {
        let (from_0, from_1) = (pair[1] - phi[0] * pair[0], pair[1] - phi[1] * pair[0]);
        let log = |j: usize, error: f64| constant[j] - half_precision[j] * error * error;
        let (peak, moves) = if MEAN {
            let logs = [
                log(0, from_0 - offset[0][0]),
                log(1, from_1 - offset[0][1]),
                log(0, from_0 - offset[1][0]),
                log(1, from_1 - offset[1][1]),
            ];
            let peak = logs[0].max(logs[1]).max(logs[2].max(logs[3]));
            let [a, b, c, d] = logs.map(|l| (l - peak).exp());
            (peak, [p[0][0] * a, p[0][1] * b, p[1][0] * c, p[1][1] * d])
        } else {
            // The density depends on the regime now only: one exponential is enough.
            let (a, b) = (log(0, from_0 - offset[0][0]), log(1, from_1 - offset[0][1]));
            let lesser = (-(a - b).abs()).exp();
            let (peak, d0, d1) = if a >= b { (a, 1.0, lesser) } else { (b, lesser, 1.0) };
            (peak, [p[0][0] * d0, p[0][1] * d1, p[1][0] * d0, p[1][1] * d1])
        };
        let mut now_0 = before_0 * moves[0] + before_1 * moves[2];
        let mut now_1 = before_0 * moves[1] + before_1 * moves[3];
        let total = now_0 + now_1;
        sum += peak;
        let lost = !open && now_0.min(now_1) < PART_MIN * total;
        if total.is_nan() || total <= VANISHED || lost {
            return None;
        }
        if total < RESCALE {
            sum += total.ln();
            now_0 /= total;
            now_1 /= total;
        }
        visit(t, moves, [now_0, now_1]);
        (before_0, before_1) = (now_0, now_1);
    }
    Some(sum + (before_0 + before_1).ln())
}

/// What is subtracted from `y - phi x` to give the error, both less the mean of the sample.
pub(super) fn offsets(params: &SwitchingAr, mean: f64) -> Pair {
    let (location, phi) = (params.location, params.phi);
    [0, 1].map(|i| {
        [0, 1].map(|j| match params.form {
            Form::Mean => (location[j] - mean) - phi[j] * (location[i] - mean),
            Form::Intercept => location[j] - mean + phi[j] * mean,
        })
    })
}

#[inline]
fn backward<const MEAN: bool>(
    params: &SwitchingAr,
    centred: &[f64],
    moves: &[[f64; 4]],
    weights: &[[f64; 2]],
) -> Option<([[Moments; 2]; 2], [f64; 2])> {
    let mut sums = [[0.0; 6]; 4];
    let mut first = params.stationary();
    let [mut after_0, mut after_1] = [1.0, 1.0];
    for t in (0..moves.len()).rev() {
        let before = if t == 0 { first } else { weights[t - 1] };
        let [a, b, c, d] = moves[t];
        let ahead = [a * after_0, b * after_1, c * after_0, d * after_1];
        let (of_0, of_1) = (ahead[0] + ahead[1], ahead[2] + ahead[3]);
        let total = before[0] * of_0 + before[1] * of_1;
        if total.is_nan() || total <= VANISHED {
            return None;
        }
        let inverse = total.recip();
        let part = [before[0] * inverse, before[1] * inverse];
        let weight = [part[0] * ahead[0], part[0] * ahead[1], part[1] * ahead[2], part[1] * ahead[3]];
        add::<MEAN>(&mut sums, weight, centred[t], centred[t + 1]);
        if t == 0 {
            first = [part[0] * of_0, part[1] * of_1];
        }
        (after_0, after_1) = (of_0, of_1);
        if of_0 + of_1 < RESCALE {
            let factor = (of_0 + of_1).recip();
            (after_0, after_1) = (of_0 * factor, of_1 * factor);
        }
    }
    Some((by_pair(sums), first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;
    use crate::model::regime::markov::{Regularisation, map::Map};

    fn params(form: Form) -> SwitchingAr {
        SwitchingAr {
            form,
            transition: [[0.97, 0.03], [0.08, 0.92]],
            location: [5.08, 4.7],
            phi: [0.1, -0.15],
            variance: [0.5, 3.2],
        }
    }

    fn series(outlier: f64) -> Vec<f64> {
        let mut draws = Draws::new(9, 0);
        let wild = |t: usize| if t % 50 > 35 { 2.0 } else { 0.7 };
        (0..300).map(|t| 5.0 + if t == 120 { outlier } else { wild(t) * draws.normal() }).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-8 * (1.0 + b.abs())
    }

    fn assert_same(fast: &Expectation, slow: &Expectation) {
        assert!(close(fast.log_likelihood, slow.log_likelihood), "{fast:?} {slow:?}");
        for k in 0..2 {
            assert!(close(fast.first[k], slow.first[k]), "{fast:?} {slow:?}");
        }
        for (a, b) in fast.moments.iter().flatten().zip(slow.moments.iter().flatten()) {
            for (a, b) in [(a.n, b.n), (a.x, b.x), (a.y, b.y), (a.xx, b.xx), (a.xy, b.xy), (a.yy, b.yy)] {
                assert!(close(a, b), "{fast:?} {slow:?}");
            }
        }
    }

    #[test]
    fn one_pass_is_the_filter_and_the_smoother() {
        for form in [Form::Mean, Form::Intercept] {
            for outlier in [0.0, 30.0] {
                let y = series(outlier);
                let p = params(form);
                let mut sample = Sample::new(&y);
                let fast = if form == Form::Mean {
                    sample.both_ways::<true>(&p)
                } else {
                    sample.both_ways::<false>(&p)
                };
                assert_same(&fast.unwrap(), &sample.step_by_step(&p).unwrap());
                assert!(close(sample.log_likelihood(&p), filter(&p, &y).unwrap().log_likelihood));
            }
        }
    }

    /// An outlier that the regime it began in holds for impossible, in a chain that cannot leave it.
    #[test]
    fn where_weights_would_vanish_the_logs_take_over() {
        let y = series(80.0);
        let p = SwitchingAr { transition: [[1.0, 0.0], [0.0, 1.0]], ..params(Form::Intercept) };
        let mut sample = Sample::new(&y);
        assert_eq!(sample.both_ways::<false>(&p), None);
        let found = sample.expect(&p).unwrap();
        assert_same(&found, &sample.step_by_step(&p).unwrap());
        assert_eq!(sample.log_likelihood(&p), filter(&p, &y).unwrap().log_likelihood);
        assert!(found.log_likelihood.is_finite());
    }

    #[test]
    fn the_slope_is_that_of_the_likelihood() {
        for form in [Form::Mean, Form::Intercept] {
            let y = series(4.0);
            let mut sample = Sample::new(&y);
            let regularisation = Regularisation::product();
            let map = Map { form, regularisation: &regularisation };
            let at = map.point(&params(form));
            let here = map.params(&at);
            let expectation = sample.expect(&here).unwrap();
            let slope = map.slope(&at, &here, &expectation, sample.mean());
            for i in 0..at.len() {
                let step = 1e-5;
                let value = |by: f64| {
                    let mut x = at.clone();
                    x[i] += by;
                    filter(&map.params(&x), &y).unwrap().log_likelihood
                };
                let difference = (value(step) - value(-step)) / (2.0 * step);
                let small = (slope[i] - difference).abs() < 1e-4 * (1.0 + difference.abs());
                assert!(small, "{form:?} {i}: {} {difference}", slope[i]);
            }
        }
    }
}
