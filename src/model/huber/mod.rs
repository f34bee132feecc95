//! Robust linear regression with Huber's loss, in one routine for three ways to set the scale.
//!
//! The loss is quadratic up to a threshold and linear beyond, so a few wild fills cannot carry
//! an impact curve away. What the threshold is relative to is the caller's choice:
//! [`Scale::Fixed`] in the unit of the response, [`Scale::Joint`] estimated together with the
//! coefficients, [`Scale::Mad`] from the median absolute deviation (X2, X17). Coefficients may
//! be held at or above zero, because impact never pays.
//!
//! Each step is a weighted least-squares fit (which can only lower the loss) followed by a
//! Newton step on the rows inside the threshold with an exact line search (which ends the search
//! once the set of those rows no longer changes). The loss is convex: what is found is the minimum.

mod design;

use nalgebra::{DMatrix, DVector};

use self::design::Design;
use super::ModelError;
use super::descriptive::median;
use super::units::{require, require_non_negative, require_positive};

/// Consistency factor that makes the median absolute deviation a standard deviation under normality.
pub const MAD_TO_SIGMA: f64 = 1.4826;

/// Threshold in standard deviations with 95 % efficiency under normality.
pub const HUBER_95: f64 = 1.345;

/// How the threshold between small and large residuals is set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scale {
    /// The threshold itself, in the unit of the response. Loss: `r^2/2` inside, `f|r| - f^2/2` beyond.
    Fixed(f64),
    /// Scale `s` estimated with the coefficients by minimising `sum(s + H(r/s) s) + ridge |w|^2`, with
    /// `H(z) = z^2` below `epsilon` and `2 epsilon |z| - epsilon^2` beyond. The intercept is not penalised.
    Joint {
        /// Threshold in units of the scale, above 1.
        epsilon: f64,
        /// Weight of the squared coefficients, at or above 0.
        ridge: f64,
    },
    /// Scale is 1.4826 times the median absolute deviation of the residuals, not below `floor`.
    Mad {
        /// Threshold in units of the scale, above 0.
        threshold: f64,
        /// Smallest scale, in the unit of the response, above 0.
        floor: f64,
    },
}

/// What is regressed on what.
#[derive(Clone, PartialEq, Debug)]
pub struct Regression {
    /// One row per observation, one column per coefficient.
    pub x: DMatrix<f64>,
    /// The response.
    pub y: DVector<f64>,
    /// Which coefficients are held at or above zero.
    pub non_negative: Vec<bool>,
    /// Whether a free constant is fitted too.
    pub intercept: bool,
}

/// A robust fit.
#[derive(Clone, PartialEq, Debug)]
pub struct HuberFit {
    /// One coefficient per column; exactly zero where the bound holds it.
    pub coefficients: Vec<f64>,
    /// The constant; 0 if none was fitted.
    pub intercept: f64,
    /// The scale: the threshold itself for [`Scale::Fixed`].
    pub scale: f64,
    /// Where the loss turns linear, in the unit of the response.
    pub threshold: f64,
    /// The minimised loss in the form its [`Scale`] states; for [`Scale::Mad`] that of `Fixed` at the final threshold.
    pub objective: f64,
    /// Observed minus fitted.
    pub residuals: Vec<f64>,
    /// Weight of each row, 1 inside the threshold.
    pub weights: Vec<f64>,
    /// Steps taken.
    pub iterations: usize,
}

/// Fits `regression` by the smallest Huber loss.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`] (index over the response, then the columns),
/// [`ModelError::DimensionMismatch`], [`ModelError::TooShort`] with fewer rows than coefficients,
/// [`ModelError::OutOfDomain`] for a scale outside its domain, [`ModelError::Singular`] for dependent
/// columns, [`ModelError::Degenerate`] if a joint scale shrinks to nothing (an exact fit), [`ModelError::NotConverged`].
pub fn fit(regression: &Regression, scale: Scale) -> Result<HuberFit, ModelError> {
    let design = Design::new(regression)?;
    match scale {
        Scale::Fixed(threshold) => {
            require_positive("Huber threshold", threshold)?;
            design.fit_fixed(threshold)
        }
        Scale::Joint { epsilon, ridge } => {
            require(epsilon > 1.0, "Huber epsilon", epsilon, "finite, above 1")?;
            require_non_negative("ridge", ridge)?;
            design.fit_joint(epsilon, ridge)
        }
        Scale::Mad { threshold, floor } => {
            require_positive("Huber threshold", threshold)?;
            require_positive("smallest scale", floor)?;
            design.fit_mad(threshold, floor)
        }
    }
}

/// The loss of given coefficients in the form its [`Scale`] states; `given_scale` is the threshold for
/// [`Scale::Fixed`] and the scale for the others.
///
/// # Errors
/// As [`fit`] for the shapes and domains; [`ModelError::DimensionMismatch`] unless there is one coefficient per column.
pub fn loss(
    regression: &Regression,
    coefficients: &[f64],
    intercept: f64,
    scale: Scale,
    given_scale: f64,
) -> Result<f64, ModelError> {
    let design = Design::new(regression)?;
    if coefficients.len() != design.slopes {
        return Err(ModelError::DimensionMismatch { left: coefficients.len(), right: design.slopes });
    }
    require_positive("scale", given_scale)?;
    let mut beta = coefficients.to_vec();
    beta.extend(regression.intercept.then_some(intercept));
    let beta = DVector::from_vec(beta);
    let value = match scale {
        Scale::Fixed(_) => design.loss(&beta, given_scale),
        Scale::Joint { epsilon, ridge } => design.joint_loss(&beta, given_scale, epsilon, ridge),
        Scale::Mad { threshold, .. } => design.loss(&beta, threshold * given_scale),
    };
    require(true, "loss", value, "finite")?;
    Ok(value)
}

/// Robust (sandwich) standard errors of the coefficients, then of the intercept if there is
/// one; `None` for a coefficient that rests on its bound.
///
/// # Errors
/// As [`fit`] for the shapes; [`ModelError::TooShort`] without a degree of freedom;
/// [`ModelError::Singular`] if the rows inside the threshold do not span the columns.
pub fn standard_errors(regression: &Regression, fit: &HuberFit) -> Result<Vec<Option<f64>>, ModelError> {
    let design = Design::new(regression)?;
    if fit.residuals.len() != design.rows() || fit.coefficients.len() != regression.x.ncols() {
        return Err(ModelError::DimensionMismatch { left: fit.residuals.len(), right: design.rows() });
    }
    let mut beta = fit.coefficients.clone();
    beta.extend(regression.intercept.then_some(fit.intercept));
    let free = design.free(&DVector::from_vec(beta));
    let (rows, count) = (design.rows(), free.len());
    if rows <= count {
        return Err(ModelError::TooShort { need: count + 1, got: rows });
    }
    let x = design.x.select_columns(&free);
    let (mut bread, mut meat) = (DMatrix::zeros(count, count), DMatrix::zeros(count, count));
    for (i, residual) in fit.residuals.iter().enumerate() {
        let row = x.row(i);
        let outer = row.transpose() * row;
        let influence = residual.clamp(-fit.threshold, fit.threshold);
        meat += &outer * (influence * influence);
        if residual.abs() <= fit.threshold {
            bread += outer;
        }
    }
    let inverse = bread.try_inverse().ok_or(ModelError::Singular)?;
    let correction = rows as f64 / (rows - count) as f64;
    let covariance = &inverse * meat * &inverse * correction;
    let mut errors = vec![None; design.x.ncols()];
    for (k, &j) in free.iter().enumerate() {
        let error = covariance[(k, k)].max(0.0).sqrt();
        errors[j] = error.is_finite().then_some(error);
    }
    Ok(errors)
}

/// Weighted share of explained variance around the weighted mean; may be negative without an
/// intercept.
///
/// # Errors
/// [`ModelError::DimensionMismatch`]; [`ModelError::Degenerate`] if the response does not vary.
pub fn weighted_r2(regression: &Regression, fit: &HuberFit) -> Result<f64, ModelError> {
    let rows = regression.y.len();
    if fit.weights.len() != rows || fit.residuals.len() != rows {
        return Err(ModelError::DimensionMismatch { left: fit.weights.len(), right: rows });
    }
    let total: f64 = fit.weights.iter().sum();
    let mean = fit.weights.iter().zip(regression.y.iter()).map(|(w, y)| w * y).sum::<f64>() / total;
    let spread: f64 =
        fit.weights.iter().zip(regression.y.iter()).map(|(w, y)| w * (y - mean) * (y - mean)).sum();
    let left: f64 = fit.weights.iter().zip(&fit.residuals).map(|(w, r)| w * r * r).sum();
    if spread.is_nan() || spread <= 0.0 {
        return Err(ModelError::Degenerate { why: "the response does not vary" });
    }
    Ok(1.0 - left / spread)
}

/// Median absolute deviation about the median; 0 for no values.
#[must_use]
pub(crate) fn mad(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let centre = median(values);
    median(&values.iter().map(|v| (v - centre).abs()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `y = 2 + 3 a - b` with a wild row every tenth.
    fn wild() -> Regression {
        let rows = 60;
        let x = DMatrix::from_fn(rows, 2, |i, j| match j {
            0 => (i as f64 * 0.37).sin(),
            _ => (i as f64 * 0.71).cos(),
        });
        let y = DVector::from_fn(rows, |i, _| {
            let noise = 0.01 * (i as f64 * 1.93).sin();
            2.0 + 3.0 * x[(i, 0)] - x[(i, 1)] + noise + if i % 10 == 0 { 25.0 } else { 0.0 }
        });
        Regression { x, y, non_negative: vec![false, false], intercept: true }
    }

    #[test]
    fn outliers_do_not_carry_the_fit_away() {
        for scale in [
            Scale::Fixed(0.02),
            Scale::Joint { epsilon: 1.35, ridge: 0.0 },
            Scale::Mad { threshold: HUBER_95, floor: 1e-4 },
        ] {
            let fit = fit(&wild(), scale).unwrap();
            // A joint scale is itself pulled by the outliers, so it is the widest.
            let slack = if matches!(scale, Scale::Joint { .. }) { 0.6 } else { 0.02 };
            assert!((fit.coefficients[0] - 3.0).abs() < slack, "{scale:?} {fit:?}");
            assert!((fit.coefficients[1] + 1.0).abs() < slack, "{scale:?}");
            assert!((fit.intercept - 2.0).abs() < 2.0 * slack, "{scale:?} {}", fit.intercept);
        }
    }

    #[test]
    fn the_fixed_loss_cannot_be_lowered_by_moving_a_coefficient() {
        for bounded in [[false, false], [true, true]] {
            let regression = Regression { non_negative: bounded.to_vec(), ..wild() };
            let best = fit(&regression, Scale::Fixed(0.5)).unwrap();
            assert!(bounded != [true, true] || best.coefficients[1] == 0.0);
            let design = Design::new(&regression).unwrap();
            let mut beta = DVector::from_vec(best.coefficients.clone()).push(best.intercept);
            for j in 0..3 {
                for nudge in [-1e-4, 1e-4] {
                    if j < 2 && bounded[j] && beta[j] + nudge < 0.0 {
                        continue;
                    }
                    beta[j] += nudge;
                    assert!(design.loss(&beta, 0.5) >= best.objective, "{j} {nudge}");
                    beta[j] -= nudge;
                }
            }
        }
    }

    #[test]
    fn the_joint_scale_solves_its_own_equation() {
        let fit = fit(&wild(), Scale::Joint { epsilon: 1.5, ridge: 0.1 }).unwrap();
        let sum: f64 = fit.residuals.iter().map(|r| (r / fit.scale).powi(2).min(2.25)).sum();
        assert!((sum - 60.0).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn standard_errors_agree_with_least_squares_when_nothing_is_wild() {
        // With an infinite threshold the sandwich is the usual heteroscedasticity-robust one.
        let regression = wild();
        let fit = fit(&regression, Scale::Fixed(1e6)).unwrap();
        let errors = standard_errors(&regression, &fit).unwrap();
        assert_eq!(errors.len(), 3);
        assert!(errors.iter().all(|e| e.is_some_and(|e| e > 0.1 && e < 3.0)), "{errors:?}");
        assert!(weighted_r2(&regression, &fit).unwrap() < 0.5);
    }

    #[test]
    fn bad_input_is_refused() {
        let good = wild();
        let cases: Vec<(&str, Regression, Scale)> = vec![
            (
                "empty",
                Regression { x: DMatrix::zeros(0, 2), y: DVector::zeros(0), ..good.clone() },
                Scale::Fixed(1.0),
            ),
            ("rows", Regression { y: DVector::zeros(5), ..good.clone() }, Scale::Fixed(1.0)),
            ("flags", Regression { non_negative: vec![true], ..good.clone() }, Scale::Fixed(1.0)),
            ("nan", Regression { y: DVector::from_element(60, f64::NAN), ..good.clone() }, Scale::Fixed(1.0)),
            (
                "columns",
                Regression { x: DMatrix::from_element(60, 2, 1.0), ..good.clone() },
                Scale::Fixed(1.0),
            ),
            ("threshold", good.clone(), Scale::Fixed(0.0)),
            ("epsilon", good.clone(), Scale::Joint { epsilon: 1.0, ridge: 0.0 }),
            ("ridge", good.clone(), Scale::Joint { epsilon: 1.35, ridge: -1.0 }),
            ("floor", good.clone(), Scale::Mad { threshold: 1.345, floor: 0.0 }),
            (
                "exact",
                Regression { y: good.x.column(0).into_owned() * 2.0, ..good.clone() },
                Scale::Joint { epsilon: 1.35, ridge: 0.0 },
            ),
        ];
        for (name, regression, scale) in cases {
            let result = fit(&regression, scale);
            // An exact fit leaves rounding as its scale, which is also an answer.
            assert!(result.is_err() || (name == "exact" && result.is_ok_and(|f| f.scale < 1e-12)), "{name}");
        }
    }

    proptest! {
        /// The conditions of Karush, Kuhn and Tucker pin the minimum of a convex loss, whatever the data.
        #[test]
        fn the_fixed_fit_is_optimal(
            entries in prop::collection::vec(-2.0..2.0f64, 60),
            target in prop::collection::vec(-5.0..5.0f64, 30),
            threshold in 0.001..10.0f64, bounded in prop::array::uniform2(any::<bool>()), intercept in any::<bool>(),
        ) {
            let x = DMatrix::from_row_slice(30, 2, &entries);
            let regression =
                Regression { x, y: DVector::from_vec(target), non_negative: bounded.to_vec(), intercept };
            let got = fit(&regression, Scale::Fixed(threshold)).unwrap();
            let pull = |column: &[f64]| -> f64 {
                column.iter().zip(&got.residuals).map(|(x, r)| x * r.clamp(-threshold, threshold)).sum()
            };
            let slack = 1e-8 * threshold;
            for (j, bounded) in bounded.into_iter().enumerate() {
                let pull = pull(regression.x.column(j).as_slice());
                if bounded && got.coefficients[j] == 0.0 {
                    prop_assert!(pull <= slack, "{pull}");
                } else {
                    prop_assert!(pull.abs() <= slack, "{pull}");
                }
            }
            prop_assert!(!intercept || pull(&[1.0; 30]).abs() <= slack);
        }

        #[test]
        fn the_joint_fit_is_optimal(
            entries in prop::collection::vec(-2.0..2.0f64, 60),
            target in prop::collection::vec(-5.0..5.0f64, 30),
            wild in prop::collection::vec(0usize..30, 0..5), epsilon in 1.05..3.0f64, ridge in 0.0..5.0f64,
        ) {
            let mut y = DVector::from_vec(target);
            wild.iter().for_each(|i| y[*i] *= 100.0);
            let x = DMatrix::from_row_slice(30, 2, &entries);
            let regression = Regression { x, y, non_negative: vec![false; 2], intercept: true };
            let scale = Scale::Joint { epsilon, ridge };
            let got = fit(&regression, scale).unwrap();
            let at = |k: &[f64], c: f64, s: f64| loss(&regression, k, c, scale, s).unwrap();
            let k = got.coefficients.clone();
            let best = got.objective;
            prop_assert!((at(&k, got.intercept, got.scale) / best - 1.0).abs() < 1e-12);
            for nudge in [-1e-3, 1e-3] {
                let floor = best * (1.0 - 1e-9);
                prop_assert!(at(&[k[0] + nudge, k[1]], got.intercept, got.scale) >= floor);
                prop_assert!(at(&[k[0], k[1] + nudge], got.intercept, got.scale) >= floor);
                prop_assert!(at(&k, got.intercept + nudge, got.scale) >= floor);
                prop_assert!(at(&k, got.intercept, got.scale * (1.0 + nudge)) >= floor);
            }
        }
    }
}
