//! Bayesian online change-point detection (C7; Adams and MacKay 2007).
//!
//! After each value, the probability of every length of the current run: how many values have come
//! since the last change of mean or variance. Values inside a run are normal with unknown mean and
//! variance under a normal-inverse-gamma prior; a run ends at each step with a constant
//! probability, the hazard.
//!
//! In this recursion the newest value belongs to the run that was alive before it, so `P(run length
//! = 0)` equals the hazard at every step and detects nothing. [`Detector`] looks at the probability
//! of a short run and at a fall of the likeliest length instead. The product feeds returns divided
//! by the volatility known before them ([`Detector`] does no scaling), which is what makes a prior
//! scale of 1 sensible.
//!
//! What always holds: the probabilities sum to one; without pruning `P(r = 0)` is the hazard; the
//! online [`RunLengths`] is the batch form; nothing that comes later changes an earlier answer.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use crate::model::ModelError;
use crate::model::error::check_finite;

/// Values beyond this cannot be squared safely, and are no scaled returns.
const VALUE_MAX: f64 = 1e100;

/// Prior and hazard.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunModel {
    /// Probability that a run ends at a step; inside 0 to 1.
    pub hazard: f64,
    /// Prior mean.
    pub mu0: f64,
    /// Prior weight of the mean, in observations; positive.
    pub kappa0: f64,
    /// Prior shape of the variance; positive.
    pub alpha0: f64,
    /// Prior scale of the variance; positive.
    pub beta0: f64,
}

impl Default for RunModel {
    fn default() -> Self {
        Self { hazard: 1.0 / 200.0, mu0: 0.0, kappa0: 1.0, alpha0: 1.0, beta0: 1.0 }
    }
}

impl RunModel {
    /// Refuses what is no prior or no hazard.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`].
    pub fn check(&self) -> Result<(), ModelError> {
        if !(self.hazard > 0.0 && self.hazard < 1.0) {
            let value = self.hazard;
            return Err(ModelError::OutOfDomain { name: "hazard", value, domain: "inside 0 to 1" });
        }
        if !(self.mu0.abs() <= VALUE_MAX) {
            return Err(ModelError::OutOfDomain { name: "mu0", value: self.mu0, domain: "finite" });
        }
        for (name, value) in [("kappa0", self.kappa0), ("alpha0", self.alpha0), ("beta0", self.beta0)] {
            if !(value > 0.0 && value <= VALUE_MAX) {
                return Err(ModelError::OutOfDomain { name, value, domain: "above 0" });
            }
        }
        Ok(())
    }
}

/// Which run lengths are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pruning {
    /// Lengths below this probability are dropped from the long end.
    pub probability_min: f64,
    /// At most so many lengths are kept.
    pub length_max: usize,
}

impl Default for Pruning {
    fn default() -> Self {
        Self { probability_min: 1e-8, length_max: 1000 }
    }
}

/// What a run holds: its length, and mean and squared deviations of exactly its values (Welford).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    n: f64,
    mean: f64,
    deviations: f64,
}

impl Run {
    const EMPTY: Self = Self { n: 0.0, mean: 0.0, deviations: 0.0 };

    fn with(self, x: f64) -> Self {
        let n = self.n + 1.0;
        let step = x - self.mean;
        let mean = self.mean + step / n;
        Self { n, mean, deviations: self.deviations + step * (x - mean) }
    }

    /// `ln t_{2a}(x; mu_n, b_n (k_n + 1) / (a_n k_n))`, the predictive density of the next value.
    fn log_predictive(&self, model: &RunModel, x: f64) -> f64 {
        let kappa = model.kappa0 + self.n;
        let mu = (model.kappa0 * model.mu0 + self.n * self.mean) / kappa;
        let alpha = model.alpha0 + 0.5 * self.n;
        let pull = model.kappa0 * self.n * (self.mean - model.mu0).powi(2) / (2.0 * kappa);
        let beta = model.beta0 + 0.5 * self.deviations + pull;
        let scale2 = beta * (kappa + 1.0) / (alpha * kappa);
        let nu = 2.0 * alpha;
        let distance = (x - mu).powi(2) / (nu * scale2);
        ln_gamma(alpha + 0.5)
            - ln_gamma(alpha)
            - 0.5 * (nu * std::f64::consts::PI * scale2).ln()
            - (alpha + 0.5) * distance.ln_1p()
    }
}

/// The filter over run lengths. Index `r` is the run of length `r`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunLengths {
    model: RunModel,
    pruning: Option<Pruning>,
    log_probability: Vec<f64>,
    runs: Vec<Run>,
    log_evidence: f64,
    seen: u64,
    skipped: u64,
}

impl RunLengths {
    /// Before any value: a run of length 0, for certain. Without `pruning` every length is kept.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a prior, hazard or pruning without meaning.
    pub fn new(model: RunModel, pruning: Option<Pruning>) -> Result<Self, ModelError> {
        model.check()?;
        if let Some(pruning) = pruning {
            if !(0.0..0.1).contains(&pruning.probability_min) {
                let value = pruning.probability_min;
                return Err(ModelError::OutOfDomain { name: "probability_min", value, domain: "0 to 0.1" });
            }
            if pruning.length_max < 2 {
                let value = pruning.length_max as f64;
                return Err(ModelError::OutOfDomain { name: "length_max", value, domain: "at least 2" });
            }
        }
        Ok(Self {
            model,
            pruning,
            log_probability: vec![0.0],
            runs: vec![Run::EMPTY],
            log_evidence: 0.0,
            seen: 0,
            skipped: 0,
        })
    }

    /// Takes the next value. False when it is not finite or beyond 1e100: it is then skipped and
    /// counted.
    pub fn on_value(&mut self, x: f64) -> bool {
        if !(x.abs() <= VALUE_MAX) {
            self.skipped += 1;
            return false;
        }
        let joint: Vec<f64> = self
            .runs
            .iter()
            .zip(&self.log_probability)
            .map(|(run, l)| l + run.log_predictive(&self.model, x))
            .collect();
        let log_density = log_sum_exp(&joint);
        let grow = (-self.model.hazard).ln_1p() - log_density;
        let mut next = Vec::with_capacity(joint.len() + 1);
        // All lengths end with the same probability, so the reset sums to the hazard after
        // normalising.
        next.push(self.model.hazard.ln());
        next.extend(joint.iter().map(|l| l + grow));
        self.log_probability = next;
        self.log_evidence += log_density;
        let grown = self.runs.iter().map(|run| run.with(x));
        self.runs = std::iter::once(Run::EMPTY).chain(grown).collect();
        self.seen += 1;
        self.prune();
        true
    }

    /// Drops the long end; its mass goes to the longest run that is kept.
    fn prune(&mut self) {
        let Some(pruning) = self.pruning else { return };
        let floor = pruning.probability_min.ln();
        let significant = self.log_probability.iter().rposition(|l| *l >= floor).map_or(1, |last| last + 1);
        let keep = significant.clamp(2, pruning.length_max).min(self.runs.len());
        if keep < self.runs.len() {
            self.log_probability[keep - 1] = log_sum_exp(&self.log_probability[keep - 1..]);
            self.log_probability.truncate(keep);
            self.runs.truncate(keep);
        }
    }

    /// `P(run length = r | data)` for `r` = 0, 1, ...
    pub fn probabilities(&self) -> impl Iterator<Item = f64> {
        self.log_probability.iter().map(|l| l.exp())
    }

    /// The likeliest run length; the shortest of equals.
    #[must_use]
    pub fn map_run_length(&self) -> usize {
        let mut best = 0;
        for (r, l) in self.log_probability.iter().enumerate() {
            if *l > self.log_probability[best] {
                best = r;
            }
        }
        best
    }

    /// The expected run length.
    #[must_use]
    pub fn expected_run_length(&self) -> f64 {
        self.probabilities().enumerate().map(|(r, p)| r as f64 * p).sum()
    }

    /// `P(run length <= r | data)`.
    #[must_use]
    pub fn probability_within(&self, r: usize) -> f64 {
        self.probabilities().take(r.saturating_add(1)).sum::<f64>().min(1.0)
    }

    /// `ln p(all values so far)`.
    #[must_use]
    pub const fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Values used so far.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Values skipped so far.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

fn log_sum_exp(values: &[f64]) -> f64 {
    let peak = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if peak == f64::NEG_INFINITY {
        return peak;
    }
    peak + values.iter().map(|v| (v - peak).exp()).sum::<f64>().ln()
}

/// When a change is called.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorParams {
    /// Prior and hazard.
    pub model: RunModel,
    /// Pruning.
    pub pruning: Pruning,
    /// A run up to this length is short.
    pub short_run: usize,
    /// A change needs a short run with more than this probability.
    pub probability_above: f64,
    /// And the likeliest run length fallen by at least so much since the previous value.
    pub fall_min: usize,
    /// And more than so many values seen.
    pub warm_up: u64,
}

impl Default for DetectorParams {
    fn default() -> Self {
        Self {
            model: RunModel::default(),
            pruning: Pruning::default(),
            short_run: 10,
            probability_above: 0.5,
            fall_min: 10,
            warm_up: 20,
        }
    }
}

/// A change point was detected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// Values seen, this one included.
    pub seen: u64,
    /// The likeliest run length now: the change lies so many values back.
    pub run_length: usize,
    /// The likeliest run length before this value.
    pub run_length_before: usize,
    /// Probability of a short run.
    pub p_short: f64,
}

/// Run lengths, and the rule that turns them into events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    params: DetectorParams,
    runs: RunLengths,
}

impl Detector {
    /// Before any value.
    ///
    /// # Errors
    /// As [`RunLengths::new`].
    pub fn new(params: DetectorParams) -> Result<Self, ModelError> {
        Ok(Self { params, runs: RunLengths::new(params.model, Some(params.pruning))? })
    }

    /// Takes the next scaled return; answers with a change point if this value made one.
    pub fn on_value(&mut self, x: f64) -> Option<ChangePoint> {
        let run_length_before = self.runs.map_run_length();
        if !self.runs.on_value(x) || self.runs.seen() <= self.params.warm_up {
            return None;
        }
        let run_length = self.runs.map_run_length();
        let p_short = self.p_short();
        let fell = run_length_before.saturating_sub(run_length) >= self.params.fall_min;
        (fell && p_short > self.params.probability_above).then_some(ChangePoint {
            seen: self.runs.seen(),
            run_length,
            run_length_before,
            p_short,
        })
    }

    /// Probability that the current run is short.
    #[must_use]
    pub fn p_short(&self) -> f64 {
        self.runs.probability_within(self.params.short_run)
    }

    /// The distribution of the run length.
    #[must_use]
    pub const fn runs(&self) -> &RunLengths {
        &self.runs
    }
}

/// The run-length distribution after each value of a series, unpruned: row `t` has the lengths 0 to
/// `t + 1`.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::OutOfDomain`].
pub fn run_length_rows(model: RunModel, x: &[f64]) -> Result<(Vec<Vec<f64>>, RunLengths), ModelError> {
    check_finite(x)?;
    let mut runs = RunLengths::new(model, None)?;
    let mut rows = Vec::with_capacity(x.len());
    for &value in x {
        if !runs.on_value(value) {
            return Err(ModelError::OutOfDomain { name: "value", value, domain: "at most 1e100 in size" });
        }
        rows.push(runs.probabilities().collect());
    }
    Ok((rows, runs))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::draws::Draws;

    #[test]
    fn without_pruning_the_reset_probability_is_the_hazard() {
        let mut draws = Draws::new(1, 0);
        let mut runs = RunLengths::new(RunModel::default(), None).unwrap();
        for t in 0..150 {
            runs.on_value(if t < 80 { draws.normal() } else { 5.0 * draws.normal() });
            let p: Vec<f64> = runs.probabilities().collect();
            assert_eq!(p.len(), t + 2);
            assert!((p[0] - 1.0 / 200.0).abs() < 1e-15);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-10);
        }
    }

    /// The sum over every way to cut a short series into runs.
    #[test]
    fn the_evidence_is_the_sum_over_all_segmentations() {
        let model = RunModel { hazard: 0.1, ..RunModel::default() };
        let x = [0.2, -0.5, 3.0, 2.5, 2.8, -0.1, 0.4];
        let mut total = 0.0;
        for cuts in 0..1_u32 << (x.len() - 1) {
            let (mut run, mut log) = (Run::EMPTY, 0.0);
            for (t, &value) in x.iter().enumerate() {
                log += run.log_predictive(&model, value);
                let cut = t + 1 < x.len() && cuts >> t & 1 == 1;
                if t + 1 < x.len() {
                    log += if cut { model.hazard.ln() } else { (1.0 - model.hazard).ln() };
                }
                run = if cut { Run::EMPTY } else { run.with(value) };
            }
            total += f64::exp(log);
        }
        let (_, runs) = run_length_rows(model, &x).unwrap();
        assert!((runs.log_evidence() - total.ln()).abs() < 1e-12);
    }

    fn detections(seed: u64, n: usize, shape: impl Fn(usize, f64) -> f64) -> Vec<u64> {
        let mut draws = Draws::new(seed, 0);
        let mut detector = Detector::new(DetectorParams::default()).unwrap();
        (0..n).filter_map(|t| detector.on_value(shape(t, draws.normal()))).map(|c| c.seen).collect()
    }

    #[test]
    fn changes_are_found_and_quiet_stays_quiet() {
        let found = |shape: fn(usize, f64) -> f64, seed: u64| {
            (0..30)
                .filter(|k| detections(seed + k, 200, shape).iter().any(|t| (151..=171).contains(t)))
                .count()
        };
        let tripled = found(|t, z| if t < 150 { z } else { 3.0 * z }, 100);
        let shifted = found(|t, z| if t < 150 { z } else { z + 2.0 }, 200);
        assert!(tripled + shifted >= 54, "found {tripled} and {shifted} of 30 each");
        let quiet: usize = (0..30).map(|k| detections(300 + k, 300, |_, z| z).len()).sum();
        assert!(quiet <= 9, "{quiet} false events in 9,000 quiet values");
    }

    #[test]
    fn pruning_keeps_the_mass_and_the_cap() {
        let pruning = Pruning { probability_min: 1e-8, length_max: 50 };
        let mut runs = RunLengths::new(RunModel::default(), Some(pruning)).unwrap();
        let mut draws = Draws::new(4, 0);
        for _ in 0..500 {
            runs.on_value(draws.normal());
            assert!((runs.probabilities().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(runs.runs.len() <= 50 && runs.runs.len() == runs.log_probability.len());
        }
    }

    #[test]
    fn bad_values_are_skipped_and_bad_priors_refused() {
        let mut detector = Detector::new(DetectorParams::default()).unwrap();
        for bad in [f64::NAN, f64::INFINITY, 1e200] {
            assert_eq!(detector.on_value(bad), None);
        }
        assert_eq!((detector.runs().skipped(), detector.runs().seen()), (3, 0));
        for model in [
            RunModel { hazard: 0.0, ..RunModel::default() },
            RunModel { kappa0: 0.0, ..RunModel::default() },
            RunModel { beta0: f64::NAN, ..RunModel::default() },
        ] {
            assert!(RunLengths::new(model, None).is_err(), "{model:?}");
        }
        assert_eq!(run_length_rows(RunModel::default(), &[]).unwrap_err(), ModelError::EmptyInput);
    }

    proptest! {
        /// The detector goes on after serde as before it, never leaves its domain, and ignores the
        /// future.
        #[test]
        fn online_is_deterministic_whatever_comes(x in prop::collection::vec(-50.0..50.0f64, 1..60), cut in 0_usize..60) {
            let mut detector = Detector::new(DetectorParams::default()).unwrap();
            let mut answers = Vec::new();
            for value in &x {
                let bytes = postcard::to_stdvec(&detector).unwrap();
                let mut restored: Detector = postcard::from_bytes(&bytes).unwrap();
                let answer = detector.on_value(*value);
                prop_assert_eq!(restored.on_value(*value), answer);
                prop_assert!((0.0..=1.0).contains(&detector.p_short()));
                answers.push((answer, detector.runs().map_run_length()));
            }
            let (rows, last) = run_length_rows(RunModel::default(), &x).unwrap();
            let cut = cut.min(x.len());
            if cut > 0 {
                let (head, _) = run_length_rows(RunModel::default(), &x[..cut]).unwrap();
                prop_assert_eq!(&rows[..cut], &head[..]);
            }
            prop_assert_eq!(rows.last().unwrap(), &last.probabilities().collect::<Vec<_>>());
        }
    }
}
