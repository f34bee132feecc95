//! The EGARCH log-likelihood with its gradient, in one pass over the series (C6).
//!
//! The log variance and its derivatives follow the same recursion: with `h = ln sigma^2` and
//! `k = beta - z (alpha sgn z + gamma) / 2`, `dh_t = k dh_{t-1}` plus what each parameter adds by itself.
//! So a gradient costs about as much again as the value, where differences would cost twelve values.

use statrs::function::gamma::digamma;

use super::egarch::{Centre, Egarch};

/// Parameters of an EGARCH with Student-t errors, in the order of a gradient: `mu, omega, alpha,
/// gamma, beta, nu`.
pub(super) const PARAMETERS: usize = 6;

/// A gradient.
pub(super) type Slope = [f64; PARAMETERS];

/// Log-likelihood and gradient of a model with Student-t errors, over the values that are `counted`.
pub(super) fn log_likelihood(
    model: &Egarch,
    nu: f64,
    (y, counted): (&[f64], &[bool]),
    backcast: f64,
) -> (f64, Slope) {
    let mut slope = [0.0; PARAMETERS];
    let mut logs = ProductLog::default();
    let (mut half, constant) = (0.0, Constants::new(model, nu));
    walk(model, &constant, (y, counted), backcast, |part| {
        logs.push(part.one_plus);
        half += part.log_variance;
        slope.iter_mut().zip(&part.score).for_each(|(sum, score)| *sum += score);
    });
    let n = counted.iter().filter(|counted| **counted).count() as f64;
    let logs = logs.sum();
    slope[5] += n * constant.d_log_constant - 0.5 * logs;
    (n * model.errors.log_constant() - 0.5 * (half + (nu + 1.0) * logs), slope)
}

/// The sum over the series of the outer products of the scores: near an optimum, the curvature of
/// the negative log-likelihood (Berndt, Hall, Hall and Hausman 1974). A first guess for a search.
pub(super) fn score_products(
    model: &Egarch,
    nu: f64,
    (y, counted): (&[f64], &[bool]),
    backcast: f64,
) -> [Slope; PARAMETERS] {
    let mut products = [[0.0; PARAMETERS]; PARAMETERS];
    let constant = Constants::new(model, nu);
    walk(model, &constant, (y, counted), backcast, |part| {
        let mut score = part.score;
        score[5] += constant.d_log_constant - 0.5 * part.one_plus.ln();
        for (row, a) in products.iter_mut().zip(&score) {
            row.iter_mut().zip(&score).for_each(|(cell, b)| *cell += a * b);
        }
    });
    products
}

/// What depends on `nu` alone.
struct Constants {
    nu: f64,
    /// Derivative of the log-density's constant by `nu`.
    d_log_constant: f64,
    centre: f64,
    /// Derivative of the centre by `nu`.
    d_centre: f64,
}

impl Constants {
    fn new(model: &Egarch, nu: f64) -> Self {
        let difference = 0.5 * (digamma(0.5 * (nu + 1.0)) - digamma(0.5 * nu));
        let centre = model.centre_value();
        let d_centre = match model.centre {
            Centre::Normal => 0.0,
            Centre::MeanAbs => centre * (0.5 / (nu - 2.0) - 1.0 / (nu - 1.0) + difference),
        };
        Self { nu, d_log_constant: difference - 0.5 / (nu - 2.0), centre, d_centre }
    }
}

/// What one value adds.
struct Part {
    log_variance: f64,
    /// `1 + z^2 / (nu - 2)`.
    one_plus: f64,
    /// Derivatives of the log-density; that by `nu` still lacks the constant's and
    /// `-ln(one_plus) / 2`.
    score: Slope,
}

#[inline]
fn walk(
    model: &Egarch,
    constant: &Constants,
    (y, counted): (&[f64], &[bool]),
    backcast: f64,
    mut visit: impl FnMut(Part),
) {
    let Egarch { mu, omega, alpha, gamma, beta, .. } = *model;
    let Constants { nu, centre, d_centre, .. } = *constant;
    let (freedom, inverse) = (nu - 2.0, (nu - 2.0).recip());
    let first = backcast.ln();
    // As in `Egarch::run`: no error before the first value, so no term in z.
    let mut h = omega + beta * first;
    let mut dh: Slope = [0.0, 1.0, 0.0, 0.0, first, 0.0];
    for (value, counted) in y.iter().zip(counted) {
        let precision = (-0.5 * h).exp();
        let z = (value - mu) * precision;
        let square = z * z;
        // (nu + 1) z / (nu - 2 + z^2), of which everything below is a multiple.
        let pull = (nu + 1.0) * z / (freedom + square);
        let by_h = 0.5 * (pull * z - 1.0);
        let mut score = dh.map(|d| by_h * d);
        score[0] += pull * precision;
        score[5] += 0.5 * pull * z * inverse;
        if *counted {
            visit(Part { log_variance: h, one_plus: 1.0 + square * inverse, score });
        }
        let size = z.abs();
        let response = alpha * 1.0_f64.copysign(z) + gamma;
        let keep = beta - 0.5 * response * z;
        dh = [
            keep * dh[0] - response * precision,
            keep * dh[1] + 1.0,
            keep * dh[2] + (size - centre),
            keep * dh[3] + z,
            keep * dh[4] + h,
            keep * dh[5] - alpha * d_centre,
        ];
        h = omega + alpha * (size - centre) + gamma * z + beta * h;
    }
}

/// A sum of logs of numbers of at least 1, taken as few logs of products.
struct ProductLog {
    sum: f64,
    product: f64,
}

impl Default for ProductLog {
    fn default() -> Self {
        Self { sum: 0.0, product: 1.0 }
    }
}

impl ProductLog {
    #[inline]
    fn push(&mut self, value: f64) {
        if value > 1e100 {
            self.sum += value.ln();
            return;
        }
        self.product *= value;
        if self.product > 1e150 {
            self.sum += self.product.ln();
            self.product = 1.0;
        }
    }

    fn sum(&self) -> f64 {
        self.sum + self.product.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;
    use crate::model::volatility::errors::Errors;

    fn model(x: &[f64], centre: Centre) -> Egarch {
        let errors = Errors::StudentT { nu: x[5] };
        Egarch { mu: x[0], omega: x[1], alpha: x[2], gamma: x[3], beta: x[4], errors, centre }
    }

    fn series() -> Vec<f64> {
        let mut draws = Draws::new(5, 0);
        // One wild value: the terms in z must stay right far out.
        (0..200).map(|i| draws.normal() * if i == 77 { 40.0 } else { 1.0 }).collect()
    }

    #[test]
    fn the_value_is_the_recursions_and_the_gradient_its_slope() {
        let y = series();
        let at = [0.05, 0.02, 0.15, -0.08, 0.9, 6.5];
        for centre in [Centre::Normal, Centre::MeanAbs] {
            for counted in [vec![true; y.len()], (0..y.len()).map(|i| i % 3 != 0).collect()] {
                let plain = |x: &[f64]| model(x, centre).run_where(&y, &counted, 0.8);
                let (value, slope) = log_likelihood(&model(&at, centre), at[5], (&y, &counted), 0.8);
                assert!((value - plain(&at)).abs() < 1e-9, "{value} {}", plain(&at));
                for i in 0..PARAMETERS {
                    let step = 1e-5;
                    let (mut above, mut below) = (at, at);
                    above[i] += step;
                    below[i] -= step;
                    let difference = (plain(&above) - plain(&below)) / (2.0 * step);
                    assert!(
                        (slope[i] - difference).abs() < 1e-4 * (1.0 + difference.abs()),
                        "{i}: {slope:?} {difference}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_scores_of_single_values_add_up_to_the_gradient() {
        let y = series();
        let at = model(&[0.05, 0.02, 0.15, -0.08, 0.9, 6.5], Centre::MeanAbs);
        let first = (&y[..1], &[true][..]);
        let (_, slope) = log_likelihood(&at, 6.5, first, 0.8);
        let products = score_products(&at, 6.5, first, 0.8);
        for i in 0..PARAMETERS {
            for j in 0..PARAMETERS {
                assert!((products[i][j] - slope[i] * slope[j]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_product_of_any_numbers_is_the_sum_of_their_logs() {
        let mut logs = ProductLog::default();
        let values = [1.0, 3.0, 1e99, 1e99, 1e250, 1e300, 2.0];
        values.iter().for_each(|v| logs.push(*v));
        let want: f64 = values.iter().map(|v: &f64| v.ln()).sum();
        assert!((logs.sum() - want).abs() < 1e-9 * want);
    }
}
