//! The distribution of the length of the current run, after each value.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use crate::model::ModelError;
use crate::model::error::{LARGEST, SMALLEST, check_finite};

/// Values beyond this cannot be squared safely, and are no scaled returns.
const VALUE_MAX: f64 = LARGEST;

/// False for NaN too.
fn within_range(value: f64) -> bool {
    value.abs() <= VALUE_MAX
}

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
        if !within_range(self.mu0) {
            return Err(ModelError::OutOfDomain { name: "mu0", value: self.mu0, domain: "finite" });
        }
        for (name, value) in [("kappa0", self.kappa0), ("alpha0", self.alpha0), ("beta0", self.beta0)] {
            if !(SMALLEST..=LARGEST).contains(&value) {
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
pub(super) struct Run {
    n: f64,
    mean: f64,
    deviations: f64,
}

impl Run {
    pub(super) const EMPTY: Self = Self { n: 0.0, mean: 0.0, deviations: 0.0 };

    pub(super) fn with(self, x: f64) -> Self {
        let n = self.n + 1.0;
        let step = x - self.mean;
        let mean = self.mean + step / n;
        Self { n, mean, deviations: self.deviations + step * (x - mean) }
    }

    /// `ln t_{2a}(x; mu_n, b_n (k_n + 1) / (a_n k_n))`, the predictive density of the next value.
    pub(super) fn log_predictive(&self, model: &RunModel, x: f64) -> f64 {
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
    pub(super) log_probability: Vec<f64>,
    pub(super) runs: Vec<Run>,
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
        if !within_range(x) {
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
            return Err(ModelError::OutOfDomain { name: "value", value, domain: "at most 1e60 in size" });
        }
        rows.push(runs.probabilities().collect());
    }
    Ok((rows, runs))
}
