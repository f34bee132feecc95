//! Where a refined search moves: coordinates of the whole line, and the slope of the likelihood along
//! them.
//!
//! By Fisher's identity the gradient of a log-likelihood is the expected gradient of the likelihood
//! of values and regimes together, so one expectation step gives it exactly.
#![allow(clippy::needless_range_loop, reason = "i and j are the regimes before and now, as in the formulas")]

use super::em::{Regularisation, squared_errors, weight_now};
use super::expectation::{Expectation, offsets};
use super::{Form, SwitchingAr};

/// Coordinates of a point.
pub(super) const COORDINATES: usize = 8;

/// Between parameters inside their bounds and points of the whole space:
/// `(location, atanh(phi / max), ln sigma, logit stay)` for each regime.
pub(super) struct Map<'a> {
    pub form: Form,
    pub regularisation: &'a Regularisation,
}

impl Map<'_> {
    fn phi_max(&self) -> f64 {
        self.regularisation.phi_max
    }

    pub fn params(&self, x: &[f64]) -> SwitchingAr {
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

    pub(super) fn point(&self, params: &SwitchingAr) -> Vec<f64> {
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

    /// What one unit of each coordinate is in its parameter, for `phi` and the stay probabilities.
    fn stretch(&self, x: &[f64]) -> ([f64; 2], [f64; 2]) {
        let part = 1.0 - 2.0 * self.regularisation.probability_min;
        let logistic = |v: f64| 1.0 / (1.0 + (-v).exp());
        (
            [x[2], x[3]].map(|v| self.phi_max() * (1.0 - v.tanh().powi(2))),
            [x[6], x[7]].map(|v| part * logistic(v) * logistic(-v)),
        )
    }

    /// The gradient of the log-likelihood at `x`, from the expectation there.
    pub fn slope(
        &self,
        x: &[f64],
        params: &SwitchingAr,
        expectation: &Expectation,
        mean: f64,
    ) -> [f64; COORDINATES] {
        let (mut by_location, mut by_phi) = ([0.0; 2], [0.0; 2]);
        let offset = offsets(params, mean);
        for i in 0..2 {
            for j in 0..2 {
                let (m, phi) = (&expectation.moments[i][j], params.phi[j]);
                let errors = (m.y - phi * m.x - offset[i][j] * m.n) / params.variance[j];
                let errors_x = (m.xy - phi * m.xx - offset[i][j] * m.x) / params.variance[j];
                by_location[j] += errors;
                by_phi[j] += errors_x;
                match self.form {
                    Form::Mean => {
                        by_location[i] -= phi * errors;
                        by_phi[j] -= (params.location[i] - mean) * errors;
                    }
                    Form::Intercept => by_phi[j] += mean * errors,
                }
            }
        }
        let squares = squared_errors(params, expectation, mean);
        let by_log_sd = [0, 1].map(|j| squares[j] / params.variance[j] - weight_now(expectation, j));
        // The start's distribution moves with the chances of leaving: pi_i = leave_other / sum.
        let leave = [params.transition[0][1], params.transition[1][0]];
        let sum = leave[0] + leave[1];
        let by_stay = [0, 1].map(|k| {
            let (stayed, left) = (expectation.moments[k][k].n, expectation.moments[k][1 - k].n);
            let start = if sum > 0.0 { expectation.first[1 - k] / leave[k] - 1.0 / sum } else { 0.0 };
            stayed / (1.0 - leave[k]) - left / leave[k] - start
        });
        let (phi, stay) = self.stretch(x);
        [
            by_location[0],
            by_location[1],
            by_phi[0] * phi[0],
            by_phi[1] * phi[1],
            by_log_sd[0],
            by_log_sd[1],
            by_stay[0] * stay[0],
            by_stay[1] * stay[1],
        ]
    }

    /// The curvature of the negative log-likelihood if the regimes were seen, along each coordinate:
    /// where a search begins to learn the true one.
    pub(super) fn curvature(
        &self,
        x: &[f64],
        params: &SwitchingAr,
        expectation: &Expectation,
    ) -> [f64; COORDINATES] {
        let (phi, stay) = self.stretch(x);
        let n = [0, 1].map(|j| weight_now(expectation, j));
        let xx = [0, 1].map(|j| expectation.moments[0][j].xx + expectation.moments[1][j].xx);
        let from = [0, 1].map(|k| expectation.moments[k][0].n + expectation.moments[k][1].n);
        let chance = [0, 1].map(|k| params.transition[k][k] * params.transition[k][1 - k]);
        [
            n[0] / params.variance[0],
            n[1] / params.variance[1],
            phi[0] * phi[0] * xx[0] / params.variance[0],
            phi[1] * phi[1] * xx[1] / params.variance[1],
            2.0 * n[0],
            2.0 * n[1],
            stay[0] * stay[0] * from[0] / chance[0],
            stay[1] * stay[1] * from[1] / chance[1],
        ]
    }
}
