//! The parameters of a two-regime AR(1), and what follows from them alone.

use serde::{Deserialize, Serialize};

use super::Pair;
use crate::model::ModelError;

/// Values beyond this are no returns, and their squares come near the end of the numbers.
pub(super) const VALUE_MAX: f64 = 1e50;

/// Where the autoregression is centred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `y_t = m[S_t] + phi[S_t] (y_{t-1} - m[S_{t-1}]) + sigma[S_t] e_t` (Hamilton).
    Mean,
    /// `y_t = c[S_t] + phi[S_t] y_{t-1} + sigma[S_t] e_t`.
    Intercept,
}

/// A two-regime AR(1) with normal errors. Units are those of the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchingAr {
    /// Which of the two models.
    pub form: Form,
    /// `transition[i][j] = P(S_t = j | S_{t-1} = i)`; rows sum to 1.
    pub transition: Pair,
    /// `m` in the mean form, `c` in the intercept form.
    pub location: [f64; 2],
    /// The autoregressive coefficient.
    pub phi: [f64; 2],
    /// The error variance; positive.
    pub variance: [f64; 2],
}

impl SwitchingAr {
    /// Refuses parameters that do not describe a model.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] with the first one that is wrong.
    pub fn check(&self) -> Result<(), ModelError> {
        let bad = |name, value, domain| Err(ModelError::OutOfDomain { name, value, domain });
        for row in self.transition {
            for p in row {
                if !(0.0..=1.0).contains(&p) {
                    return bad("transition probability", p, "0 to 1");
                }
            }
            let sum = row[0] + row[1];
            if (sum - 1.0).abs() > 1e-6 {
                return bad("sum of a row of transition probabilities", sum, "1");
            }
        }
        for k in 0..2 {
            // With these and VALUE_MAX no squared error over a variance can overflow.
            if !(-VALUE_MAX..=VALUE_MAX).contains(&self.location[k]) {
                return bad("location", self.location[k], "at most 1e50 in size");
            }
            if !(-1e6..=1e6).contains(&self.phi[k]) {
                return bad("phi", self.phi[k], "at most 1e6 in size");
            }
            if !(1e-150..=1e150).contains(&self.variance[k]) {
                return bad("variance", self.variance[k], "1e-150 to 1e150");
            }
        }
        Ok(())
    }

    /// The stationary distribution of the chain; one half each when neither regime is ever left.
    #[must_use]
    pub fn stationary(&self) -> [f64; 2] {
        let (leave_0, leave_1) = (self.transition[0][1], self.transition[1][0]);
        let sum = leave_0 + leave_1;
        if sum > 0.0 { [leave_1 / sum, leave_0 / sum] } else { [0.5, 0.5] }
    }

    /// Expected bars in each regime, `1 / (1 - P_kk)`; `None` for a regime that is never left.
    #[must_use]
    pub fn expected_duration(&self) -> [Option<f64>; 2] {
        [self.transition[0][1], self.transition[1][0]].map(|leave| (leave > 0.0).then(|| leave.recip()))
    }

    /// The mean of the series inside each regime; `None` where `phi` is 1.
    #[must_use]
    pub fn regime_mean(&self) -> [Option<f64>; 2] {
        [0, 1].map(|k| match self.form {
            Form::Mean => Some(self.location[k]),
            Form::Intercept => Some(self.location[k] / (1.0 - self.phi[k])).filter(|mean| mean.is_finite()),
        })
    }

    /// `P' p`: the distribution one bar on.
    #[must_use]
    pub fn advance(&self, p: [f64; 2]) -> [f64; 2] {
        let to = |j: usize| p[0] * self.transition[0][j] + p[1] * self.transition[1][j];
        [to(0), to(1)]
    }

    /// Probability of regime 1 `horizon` bars on, in closed form.
    #[must_use]
    pub fn predict(&self, p_1: f64, horizon: u32) -> f64 {
        let stationary = self.stationary()[1];
        let decay = self.transition[0][0] + self.transition[1][1] - 1.0;
        let power = i32::try_from(horizon).map_or(0.0, |h| decay.powi(h));
        (stationary + power * (p_1 - stationary)).clamp(0.0, 1.0)
    }

    /// The error of `now` if regime `i` held before and `j` holds now.
    pub(super) fn residual(&self, i: usize, j: usize, before: f64, now: f64) -> f64 {
        match self.form {
            Form::Mean => now - self.location[j] - self.phi[j] * (before - self.location[i]),
            Form::Intercept => now - self.location[j] - self.phi[j] * before,
        }
    }

    /// Orders the regimes by variance, permuting everything that is indexed by them.
    #[must_use]
    pub fn relabelled(mut self) -> Self {
        if self.variance[0] > self.variance[1] {
            self.transition.swap(0, 1);
            self.transition.iter_mut().for_each(|row| row.swap(0, 1));
            self.location.swap(0, 1);
            self.phi.swap(0, 1);
            self.variance.swap(0, 1);
        }
        self
    }

    /// The same model for data multiplied by `factor`, which must be positive.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.location = self.location.map(|m| m * factor);
        self.variance = self.variance.map(|v| v * factor * factor);
        self
    }
}
