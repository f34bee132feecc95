//! Descent for functions that know their own slope.
//!
//! A likelihood's gradient costs little more than its value, where differences cost twice the
//! value for every variable. [`minimise_with_slope`] is [`super::minimise`] for such functions: the
//! same steps, the same line search, the same fallback on the simplex. It also takes a first guess of the
//! curvature, which puts the first step at about the right length along every variable.

use std::cell::RefCell;

use super::{Limits, Optimum, descent, dot, nelder_mead, update, worst_if_undefined};

/// BFGS from `start` with the given inverse Hessian to begin with (`n` rows of `n`, positive
/// definite), and where it stops without converging the simplex followed by BFGS again. The best point
/// wins.
///
/// `f(x, slope)` returns the value at `x` and fills `slope` with its gradient. It need not be finite
/// everywhere, but at `start` it should be; otherwise the start is returned with an infinite value
/// and `converged` false.
pub fn minimise_with_slope(
    f: impl Fn(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    inverse: &[Vec<f64>],
    limits: Limits,
) -> Optimum {
    let first = bfgs_with_slope(&f, start, inverse, limits);
    if first.converged || !first.value.is_finite() {
        return first;
    }
    let unused = RefCell::new(vec![0.0; start.len()]);
    let value = |x: &[f64]| f(x, &mut unused.borrow_mut());
    let simplex = nelder_mead(value, &first.point, Limits { iterations: 200 * start.len(), ..limits });
    let second = bfgs_with_slope(&f, &simplex.point, inverse, limits);
    let iterations = first.iterations + simplex.iterations + second.iterations;
    let converged = second.converged || simplex.converged;
    let best = if second.value <= first.value { second } else { first };
    Optimum { iterations, converged, ..best }
}

/// Quasi-Newton descent with the function's own gradient.
fn bfgs_with_slope(
    f: impl Fn(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    first_inverse: &[Vec<f64>],
    limits: Limits,
) -> Optimum {
    let n = start.len();
    let (mut x, mut slope) = (start.to_vec(), vec![0.0; n]);
    let mut value = worst_if_undefined(f(&x, &mut slope));
    let mut inverse = first_inverse.to_vec();
    let (mut next, mut next_slope) = (vec![0.0; n], vec![0.0; n]);
    let (mut small_steps, mut fresh) = (0, true);
    for iteration in 0..limits.iterations {
        let scale = limits.gradient_tolerance * value.abs().max(1.0);
        if !value.is_finite() || slope.iter().any(|g| !g.is_finite()) {
            return Optimum { point: x, value, iterations: iteration, converged: false };
        }
        if slope.iter().all(|g| g.abs() <= scale) {
            return Optimum { point: x, value, iterations: iteration, converged: true };
        }
        let direction = descent(&inverse, &slope);
        let promise = dot(&slope, &direction);
        // No single variable moves by more than 2 in one step: the parameters are of order one, and
        // a wild step lands where a likelihood is flat.
        let longest = direction.iter().fold(0.0_f64, |m, d| m.max(d.abs()));
        let mut step = if longest > 2.0 { 2.0 / longest } else { 1.0 };
        let mut next_value = f64::INFINITY;
        for _ in 0..60 {
            next.iter_mut().zip(&x).zip(&direction).for_each(|((to, x), d)| *to = x + step * d);
            next_value = worst_if_undefined(f(&next, &mut next_slope));
            if next_value < value + 1e-4 * step * promise {
                break;
            }
            step *= shorter(next_value - value, step * promise);
        }
        if !next_value.is_finite() || next_value >= value {
            // No way down along this direction: try once from the first guess, then stop here.
            if fresh {
                let near = slope.iter().all(|g| g.abs() <= 1e-4 * value.abs().max(1.0));
                return Optimum { point: x, value, iterations: iteration, converged: near };
            }
            inverse = first_inverse.to_vec();
            fresh = true;
            continue;
        }
        update(&mut inverse, &x, &next, &slope, &next_slope);
        fresh = false;
        let small = value - next_value <= limits.value_tolerance * (1.0 + value.abs());
        small_steps = if small { small_steps + 1 } else { 0 };
        std::mem::swap(&mut x, &mut next);
        std::mem::swap(&mut slope, &mut next_slope);
        value = next_value;
        if small_steps >= 2 {
            return Optimum { point: x, value, iterations: iteration + 1, converged: true };
        }
    }
    Optimum { point: x, value, iterations: limits.iterations, converged: false }
}

/// By how much to shorten a step that did not descend enough: the bottom of the parabola through
/// the value, the promised slope and what was found, kept between a tenth and a half.
fn shorter(rise: f64, promised: f64) -> f64 {
    let bottom = -0.5 * promised / (rise - promised);
    if bottom.is_finite() { bottom.clamp(0.1, 0.5) } else { 0.1 }
}

/// A diagonal inverse Hessian from a guess of the second derivatives; one that is not positive
/// counts as 1.
#[must_use]
pub fn inverse_of_diagonal(curvature: &[f64]) -> Vec<Vec<f64>> {
    let n = curvature.len();
    let cell = |i: usize| {
        let inverse = curvature[i].recip();
        if inverse > 0.0 && inverse.is_finite() { inverse } else { 1.0 }
    };
    (0..n).map(|i| (0..n).map(|j| if i == j { cell(i) } else { 0.0 }).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64], slope: &mut [f64]) -> f64 {
        let bend = x[1] - x[0] * x[0];
        slope[0] = -2.0 * (1.0 - x[0]) - 400.0 * x[0] * bend;
        slope[1] = 200.0 * bend;
        (1.0 - x[0]).powi(2) + 100.0 * bend * bend
    }

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        let limits = Limits { iterations: 2000, ..Limits::default() };
        for curvature in [[1.0, 1.0], [800.0, 200.0]] {
            let found =
                minimise_with_slope(rosenbrock, &[-1.2, 1.0], &inverse_of_diagonal(&curvature), limits);
            assert!(found.converged, "{found:?}");
            assert!((found.point[0] - 1.0).abs() < 1e-5 && (found.point[1] - 1.0).abs() < 1e-5, "{found:?}");
            assert_eq!(found.value, rosenbrock(&found.point, &mut [0.0; 2]));
        }
    }

    #[test]
    fn undefined_regions_are_walked_around() {
        let f = |x: &[f64], slope: &mut [f64]| {
            slope[0] = 1.0 - 1.0 / x[0];
            if x[0] <= 0.0 { f64::NAN } else { x[0] - x[0].ln() }
        };
        let found = minimise_with_slope(f, &[5.0], &[vec![100.0]], Limits::default());
        assert!(found.converged && (found.point[0] - 1.0).abs() < 1e-4, "{found:?}");
        let nowhere = minimise_with_slope(|_, _| f64::NAN, &[1.0], &[vec![1.0]], Limits::default());
        assert!(!nowhere.converged && nowhere.value.is_infinite());
    }

    #[test]
    fn a_guess_that_is_no_curvature_counts_as_one() {
        assert_eq!(inverse_of_diagonal(&[4.0, 0.0]), [[0.25, 0.0], [0.0, 1.0]]);
        assert_eq!(inverse_of_diagonal(&[f64::NAN, -1.0]), [[1.0, 0.0], [0.0, 1.0]]);
    }
}
