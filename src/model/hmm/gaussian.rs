//! The model: a chain, and a normal distribution for each of its states.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::model::error::usable;

/// Below this a squared deviation over a variance could be infinite.
const SMALLEST_VARIANCE: f64 = 1e-120;

/// The distribution of an observation in one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Mean of each coordinate.
    pub mean: Vec<f64>,
    /// Lower Cholesky factor of the covariance, row by row.
    factor: Vec<Vec<f64>>,
    /// The part of the log-density that no observation changes.
    log_constant: f64,
}

impl State {
    /// From a full covariance.
    ///
    /// # Errors
    /// [`ModelError::DimensionMismatch`], [`ModelError::NonFinite`] for the mean,
    /// [`ModelError::Singular`] for a covariance that is not positive definite.
    pub fn new(mean: Vec<f64>, covariance: &[Vec<f64>]) -> Result<Self, ModelError> {
        crate::model::error::check_finite(&mean)?;
        let d = mean.len();
        if covariance.len() != d {
            return Err(ModelError::DimensionMismatch { left: d, right: covariance.len() });
        }
        if let Some(row) = covariance.iter().find(|row| row.len() != d) {
            return Err(ModelError::DimensionMismatch { left: d, right: row.len() });
        }
        let mut factor = vec![vec![0.0; d]; d];
        for i in 0..d {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let rest = covariance[i][j] - inner;
                if i != j {
                    factor[i][j] = rest / factor[j][j];
                } else if rest >= SMALLEST_VARIANCE && usable(rest) {
                    factor[i][i] = rest.sqrt();
                } else {
                    return Err(ModelError::Singular);
                }
            }
        }
        let log_root: f64 = (0..d).map(|i| factor[i][i].ln()).sum();
        let log_constant = -0.5 * d as f64 * std::f64::consts::TAU.ln() - log_root;
        Ok(Self { mean, factor, log_constant })
    }

    /// From independent coordinates.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn diagonal(mean: Vec<f64>, variances: &[f64]) -> Result<Self, ModelError> {
        let d = variances.len();
        let row = |i: usize| (0..d).map(|j| if i == j { variances[i] } else { 0.0 }).collect();
        Self::new(mean, &(0..d).map(row).collect::<Vec<Vec<f64>>>())
    }

    /// Standard deviation of each coordinate, if they are independent.
    pub(super) fn independent_deviations(&self) -> Option<impl Iterator<Item = f64> + '_> {
        let independent = self.factor.iter().enumerate().all(|(i, row)| row[..i].iter().all(|v| *v == 0.0));
        independent.then(|| self.factor.iter().enumerate().map(|(i, row)| row[i]))
    }

    pub(super) const fn log_constant(&self) -> f64 {
        self.log_constant
    }

    /// Variance of each coordinate.
    #[must_use]
    pub fn variances(&self) -> Vec<f64> {
        self.factor.iter().map(|row| row.iter().map(|v| v * v).sum()).collect()
    }

    /// `ln p(x)`. Coordinates beyond the state's are not looked at.
    #[must_use]
    pub(crate) fn log_density(&self, x: &[f64]) -> f64 {
        let d = self.mean.len();
        let mut solved = vec![0.0; d];
        let mut distance = 0.0;
        for i in 0..d {
            let inner: f64 = (0..i).map(|k| self.factor[i][k] * solved[k]).sum();
            solved[i] = (x[i] - self.mean[i] - inner) / self.factor[i][i];
            distance += solved[i] * solved[i];
        }
        self.log_constant - 0.5 * distance
    }
}

/// A hidden Markov model with normal states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussianHmm {
    /// Distribution of the first state.
    pub start: Vec<f64>,
    /// `transition[i][j] = P(s_t = j | s_{t-1} = i)`; rows sum to 1, zeros are allowed.
    pub transition: Vec<Vec<f64>>,
    /// The states.
    pub states: Vec<State>,
}

impl GaussianHmm {
    /// Refuses shapes that do not fit and rows that are no distribution.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`] for no states, [`ModelError::DimensionMismatch`],
    /// [`ModelError::OutOfDomain`].
    pub fn check(&self) -> Result<(), ModelError> {
        let k = self.states.len();
        let d = self.states.first().ok_or(ModelError::EmptyInput)?.mean.len();
        let sizes = [self.start.len(), self.transition.len()];
        let rows = self.transition.iter().map(Vec::len);
        if let Some(right) = sizes.into_iter().chain(rows).find(|size| *size != k) {
            return Err(ModelError::DimensionMismatch { left: k, right });
        }
        if let Some(state) = self.states.iter().find(|state| state.mean.len() != d) {
            return Err(ModelError::DimensionMismatch { left: d, right: state.mean.len() });
        }
        for row in self.transition.iter().chain([&self.start]) {
            if let Some(&value) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
                return Err(ModelError::OutOfDomain { name: "probability", value, domain: "0 to 1" });
            }
            let value: f64 = row.iter().sum();
            if (value - 1.0).abs() > 1e-6 {
                return Err(ModelError::OutOfDomain { name: "sum of probabilities", value, domain: "1" });
            }
        }
        Ok(())
    }

    /// Coordinates of an observation.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.states.first().map_or(0, |state| state.mean.len())
    }

    /// Refuses observations that the model cannot see.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`], [`ModelError::DimensionMismatch`], [`ModelError::NonFinite`]
    /// with the row.
    pub fn check_observations(&self, x: &[Vec<f64>]) -> Result<(), ModelError> {
        check_rows(x, self.dimension())
    }

    /// Expected bars in each state, `1 / (1 - a_kk)`; `None` for one that is never left.
    #[must_use]
    pub fn expected_duration(&self) -> Vec<Option<f64>> {
        let stay = self.transition.iter().enumerate().map(|(k, row)| row.get(k).copied().unwrap_or(0.0));
        stay.map(|p| (p < 1.0).then(|| (1.0 - p).recip())).collect()
    }

    /// The same model with its states in another order: `order[new] = old`.
    #[must_use]
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let pick = |row: &[f64]| order.iter().map(|&old| row[old]).collect::<Vec<f64>>();
        Self {
            start: pick(&self.start),
            transition: order.iter().map(|&old| pick(&self.transition[old])).collect(),
            states: order.iter().map(|&old| self.states[old].clone()).collect(),
        }
    }
}

pub(super) fn check_rows(x: &[Vec<f64>], dimension: usize) -> Result<(), ModelError> {
    if x.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    for (index, row) in x.iter().enumerate() {
        if row.len() != dimension {
            return Err(ModelError::DimensionMismatch { left: dimension, right: row.len() });
        }
        if !row.iter().all(|value| usable(*value)) {
            return Err(ModelError::NonFinite { index });
        }
    }
    Ok(())
}
