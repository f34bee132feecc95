//! Minimising a smooth function of a few variables, for likelihoods.
//!
//! Two methods, small enough to read: BFGS with central differences and a backtracking line search,
//! which is fast near an optimum; and the Nelder-Mead simplex, which needs no gradient and goes on
//! where a likelihood is kinked or partly undefined. [`minimise`] uses the first and falls back on
//! the second; [`minimise_with_slope`] does the same for a function that gives its own gradient. Both are deterministic. Constraints belong to the caller, who maps its parameters
//! onto the whole line; a value that is NaN or infinite counts as the worst possible.
//!
//! A result is never better than the function says: the value returned is the function at the point
//! returned. [`Optimum::converged`] is about the last steps, not about the optimum being global.

mod with_slope;

pub use with_slope::{inverse_of_diagonal, minimise_with_slope};

/// A point, its value, and how the search ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// Where.
    pub point: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// Steps taken.
    pub iterations: usize,
    /// Whether the last step met the tolerance, rather than the limit of steps.
    pub converged: bool,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Steps at most.
    pub iterations: usize,
    /// Stop when the value's relative change is below this.
    pub value_tolerance: f64,
    /// Stop when every slope is below this, relative to the value.
    pub gradient_tolerance: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { iterations: 400, value_tolerance: 1e-12, gradient_tolerance: 1e-8 }
    }
}

fn worst_if_undefined(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::INFINITY }
}

/// BFGS, and where it stops without converging the simplex followed by BFGS again. The best point
/// wins.
///
/// The function need not be finite everywhere, but at `start` it should be; otherwise the start is
/// returned with an infinite value and `converged` false.
pub fn minimise(f: impl Fn(&[f64]) -> f64, start: &[f64], limits: Limits) -> Optimum {
    let first = bfgs(&f, start, limits);
    if first.converged || !first.value.is_finite() {
        return first;
    }
    let simplex = nelder_mead(&f, &first.point, Limits { iterations: 200 * start.len(), ..limits });
    let second = bfgs(&f, &simplex.point, limits);
    let iterations = first.iterations + simplex.iterations + second.iterations;
    let converged = second.converged || simplex.converged;
    let best = if second.value <= first.value { second } else { first };
    Optimum { iterations, converged, ..best }
}

/// Quasi-Newton descent with central differences.
pub fn bfgs(f: impl Fn(&[f64]) -> f64, start: &[f64], limits: Limits) -> Optimum {
    let n = start.len();
    let mut x = start.to_vec();
    let mut value = worst_if_undefined(f(&x));
    let mut slope = gradient(&f, &x);
    let mut inverse = identity(n);
    let mut small_steps = 0;
    for iteration in 0..limits.iterations {
        let scale = limits.gradient_tolerance * value.abs().max(1.0);
        if !value.is_finite() || slope.iter().any(|g| !g.is_finite()) {
            return Optimum { point: x, value, iterations: iteration, converged: false };
        }
        if slope.iter().all(|g| g.abs() <= scale) {
            return Optimum { point: x, value, iterations: iteration, converged: true };
        }
        let direction = descent(&inverse, &slope);
        let Some((next, next_value)) = line_search(&f, &x, value, &slope, &direction) else {
            // No way down along this direction: try plain steepest descent once, then stop here.
            if inverse == identity(n) {
                let near = slope.iter().all(|g| g.abs() <= 1e-4 * value.abs().max(1.0));
                return Optimum { point: x, value, iterations: iteration, converged: near };
            }
            inverse = identity(n);
            continue;
        };
        let next_slope = gradient(&f, &next);
        update(&mut inverse, &x, &next, &slope, &next_slope);
        small_steps = if value - next_value <= limits.value_tolerance * (1.0 + value.abs()) {
            small_steps + 1
        } else {
            0
        };
        (x, value, slope) = (next, next_value, next_slope);
        if small_steps >= 2 {
            return Optimum { point: x, value, iterations: iteration + 1, converged: true };
        }
    }
    Optimum { point: x, value, iterations: limits.iterations, converged: false }
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Central differences with a step of about the cube root of the machine precision.
fn gradient(f: &impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let mut at = x.to_vec();
    (0..x.len())
        .map(|i| {
            let step = 6e-6 * x[i].abs().max(0.1);
            at[i] = x[i] + step;
            let above = f(&at);
            at[i] = x[i] - step;
            let below = f(&at);
            at[i] = x[i];
            (above - below) / (2.0 * step)
        })
        .collect()
}

/// `-B g`, or `-g` where the approximation does not point downhill.
fn descent(inverse: &[Vec<f64>], slope: &[f64]) -> Vec<f64> {
    let direction: Vec<f64> = inverse.iter().map(|row| -dot(row, slope)).collect();
    if dot(&direction, slope) < 0.0 { direction } else { slope.iter().map(|g| -g).collect() }
}

/// Halves the step until the value falls by a small part of what the slope promises (Armijo).
fn line_search(
    f: &impl Fn(&[f64]) -> f64,
    x: &[f64],
    value: f64,
    slope: &[f64],
    direction: &[f64],
) -> Option<(Vec<f64>, f64)> {
    let promise = dot(slope, direction);
    // No single variable moves by more than 2 in one step: the parameters are of order one, and a
    // wild step lands where a likelihood is flat.
    let longest = direction.iter().fold(0.0_f64, |m, d| m.max(d.abs()));
    let mut step = if longest > 2.0 { 2.0 / longest } else { 1.0 };
    for _ in 0..60 {
        let next: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + step * d).collect();
        let next_value = worst_if_undefined(f(&next));
        if next_value < value + 1e-4 * step * promise {
            return Some((next, next_value));
        }
        step *= 0.5;
    }
    None
}

/// The BFGS update of the inverse Hessian; skipped where the curvature along the step is not
/// positive.
fn update(inverse: &mut [Vec<f64>], x: &[f64], next: &[f64], slope: &[f64], next_slope: &[f64]) {
    let n = x.len();
    let s: Vec<f64> = (0..n).map(|i| next[i] - x[i]).collect();
    let y: Vec<f64> = (0..n).map(|i| next_slope[i] - slope[i]).collect();
    let sy = dot(&s, &y);
    if !sy.is_finite() || sy <= 1e-12 * dot(&s, &s).sqrt() * dot(&y, &y).sqrt() {
        return;
    }
    let by: Vec<f64> = inverse.iter().map(|row| dot(row, &y)).collect();
    let yby = dot(&y, &by);
    for i in 0..n {
        for j in 0..n {
            inverse[i][j] += (1.0 + yby / sy) * s[i] * s[j] / sy - (by[i] * s[j] + s[i] * by[j]) / sy;
        }
    }
}

/// The simplex of Nelder and Mead with the usual coefficients 1, 2, 1/2, 1/2.
pub fn nelder_mead(f: impl Fn(&[f64]) -> f64, start: &[f64], limits: Limits) -> Optimum {
    let f = |x: &[f64]| worst_if_undefined(f(x));
    let n = start.len();
    let mut simplex: Vec<(Vec<f64>, f64)> = vec![(start.to_vec(), f(start))];
    for i in 0..n {
        let mut corner = start.to_vec();
        corner[i] += if corner[i].abs() > 1e-3 { 0.05 * corner[i] } else { 0.01 };
        let value = f(&corner);
        simplex.push((corner, value));
    }
    for iteration in 0..limits.iterations {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (simplex[0].1, simplex[n].1);
        if n == 0 || worst - best <= limits.value_tolerance * (1.0 + best.abs()) {
            return finish(simplex, iteration, best.is_finite());
        }
        step(&f, &mut simplex);
    }
    simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
    finish(simplex, limits.iterations, false)
}

fn finish(simplex: Vec<(Vec<f64>, f64)>, iterations: usize, converged: bool) -> Optimum {
    let (point, value) = simplex.into_iter().next().unwrap_or((Vec::new(), f64::INFINITY));
    Optimum { point, value, iterations, converged }
}

/// Replaces the worst corner, or shrinks everything towards the best. The simplex comes sorted.
fn step(f: &impl Fn(&[f64]) -> f64, simplex: &mut [(Vec<f64>, f64)]) {
    let n = simplex.len() - 1;
    let centre: Vec<f64> =
        (0..n).map(|i| simplex[..n].iter().map(|corner| corner.0[i]).sum::<f64>() / n as f64).collect();
    let at = |simplex: &[(Vec<f64>, f64)], t: f64| {
        let x: Vec<f64> = (0..n).map(|i| centre[i] + t * (simplex[n].0[i] - centre[i])).collect();
        let value = f(&x);
        (x, value)
    };
    let reflected = at(simplex, -1.0);
    let chosen = if reflected.1 < simplex[0].1 {
        let expanded = at(simplex, -2.0);
        Some(if expanded.1 < reflected.1 { expanded } else { reflected })
    } else if reflected.1 < simplex[n - 1].1 {
        Some(reflected)
    } else {
        let inside = if reflected.1 < simplex[n].1 { -0.5 } else { 0.5 };
        let contracted = at(simplex, inside);
        (contracted.1 < simplex[n].1.min(reflected.1)).then_some(contracted)
    };
    match chosen {
        Some(corner) => simplex[n] = corner,
        None => {
            let best = simplex[0].0.clone();
            for corner in &mut simplex[1..] {
                for (x, b) in corner.0.iter_mut().zip(&best) {
                    *x = b + 0.5 * (*x - b);
                }
                corner.1 = f(&corner.0);
            }
        }
    }
}

/// The minimum of a function of one variable between `low` and `high`, by golden section. Exact
/// where the function has one valley there; otherwise one of its valleys.
pub fn golden_section(f: impl Fn(f64) -> f64, low: f64, high: f64, tolerance: f64) -> (f64, f64) {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let f = |x: f64| worst_if_undefined(f(x));
    let (mut a, mut b) = (low, high);
    let (mut c, mut d) = (b - RATIO * (b - a), a + RATIO * (b - a));
    let (mut fc, mut fd) = (f(c), f(d));
    for _ in 0..200 {
        if (b - a).abs() <= tolerance * (1.0 + a.abs().max(b.abs())) {
            break;
        }
        if fc <= fd {
            (b, d, fd) = (d, c, fc);
            c = b - RATIO * (b - a);
            fc = f(c);
        } else {
            (a, c, fc) = (c, d, fd);
            d = a + RATIO * (b - a);
            fd = f(d);
        }
    }
    if fc <= fd { (c, fc) } else { (d, fd) }
}

/// The diagonal of the Hessian by central differences, for judging whether an optimum is one.
pub fn hessian_diagonal(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let centre = f(x);
    let mut at = x.to_vec();
    (0..x.len())
        .map(|i| {
            let step = 1e-4 * x[i].abs().max(0.1);
            at[i] = x[i] + step;
            let above = f(&at);
            at[i] = x[i] - step;
            let below = f(&at);
            at[i] = x[i];
            (above - 2.0 * centre + below) / (step * step)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> f64 {
        (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)
    }

    #[test]
    fn both_methods_find_the_bottom_of_a_curved_valley() {
        let limits = Limits { iterations: 2000, ..Limits::default() };
        for found in [
            bfgs(rosenbrock, &[-1.2, 1.0], limits),
            nelder_mead(rosenbrock, &[-1.2, 1.0], limits),
            minimise(rosenbrock, &[-1.2, 1.0], limits),
        ] {
            assert!(found.converged, "{found:?}");
            assert!((found.point[0] - 1.0).abs() < 1e-4 && (found.point[1] - 1.0).abs() < 1e-4, "{found:?}");
            assert_eq!(found.value, rosenbrock(&found.point));
        }
    }

    #[test]
    fn undefined_regions_are_walked_around() {
        let f = |x: &[f64]| if x[0] <= 0.0 { f64::NAN } else { x[0] - x[0].ln() + x[1].abs() };
        let found = minimise(f, &[3.0, 1.0], Limits::default());
        assert!((found.point[0] - 1.0).abs() < 1e-4 && found.point[1].abs() < 1e-4, "{found:?}");
        let nowhere = minimise(|_| f64::NAN, &[1.0], Limits::default());
        assert!(!nowhere.converged && nowhere.value.is_infinite());
    }

    #[test]
    fn one_variable_and_curvature() {
        let (x, value) = golden_section(|x| (x - 0.3).powi(2) + 2.0, -5.0, 5.0, 1e-10);
        assert!((x - 0.3).abs() < 1e-6 && (value - 2.0).abs() < 1e-12);
        let curvature = hessian_diagonal(|x| 3.0 * x[0] * x[0] - x[1] * x[1], &[1.0, 2.0]);
        assert!((curvature[0] - 6.0).abs() < 1e-4 && (curvature[1] + 2.0).abs() < 1e-4);
    }
}
