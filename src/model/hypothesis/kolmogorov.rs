//! The two-sample Kolmogorov-Smirnov test and the distributions behind it.

use nalgebra::DMatrix;
use statrs::function::gamma::ln_gamma;

use super::check_two;
use crate::model::ModelError;

/// How the p-value of the two-sample statistic is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PValue {
    /// By counting lattice paths.
    Exact,
    /// From the exact one-sample distribution at `mn/(m+n)` rounded half to even.
    OneSample,
    /// From the Kolmogorov limit at `sqrt(mn/(m+n)) D`.
    Limit,
}

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// The largest distance between the two empirical distribution functions.
    pub statistic: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// The two-sided, two-sample test. Ties are handled as the step functions handle them; the exact
/// p-value is then conservative.
///
/// # Errors
/// An empty sample or values that are not finite; for [`PValue::Exact`] a product of lengths
/// above 1e9.
pub fn kolmogorov_smirnov(x: &[f64], y: &[f64], method: PValue) -> Result<KolmogorovSmirnov, ModelError> {
    check_two(x, y)?;
    let (m, n) = (x.len(), y.len());
    if m.checked_mul(n).is_none_or(|product| method == PValue::Exact && product > 1_000_000_000) {
        return Err(ModelError::OutOfDomain {
            name: "product of lengths",
            value: m as f64 * n as f64,
            domain: "at most 1e9 for the exact distribution",
        });
    }
    let distance = largest_distance(x, y);
    let statistic = distance as f64 / (m as f64 * n as f64);
    let effective = m as f64 * n as f64 / (m as f64 + n as f64);
    let p_value = match method {
        PValue::Exact => lattice_sf(m, n, distance),
        PValue::OneSample => kolmogorov_one_sample_sf(effective.round_ties_even().max(1.0), statistic),
        PValue::Limit => kolmogorov_limit_sf(effective.sqrt() * statistic),
    };
    Ok(KolmogorovSmirnov { statistic, p_value: p_value.clamp(0.0, 1.0) })
}

/// `max |i n - j m|` over the merged sample, with `i` and `j` values at or below each point: the
/// statistic times `mn`, as a whole number.
fn largest_distance(x: &[f64], y: &[f64]) -> usize {
    let sorted = |sample: &[f64]| {
        let mut copy = sample.to_vec();
        copy.sort_by(f64::total_cmp);
        copy
    };
    let (a, b) = (sorted(x), sorted(y));
    let (mut i, mut j, mut largest) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let point = a[i].min(b[j]);
        while i < a.len() && a[i] <= point {
            i += 1;
        }
        while j < b.len() && b[j] <= point {
            j += 1;
        }
        largest = largest.max((i * b.len()).abs_diff(j * a.len()));
    }
    largest
}

/// The share of lattice paths from (0, 0) to (m, n) that reach a distance of at least `distance`.
///
/// The recursion carries that share itself, in sums of positive terms, so that small p-values keep
/// their digits.
fn lattice_sf(m: usize, n: usize, distance: usize) -> f64 {
    if distance == 0 {
        return 1.0;
    }
    let mut row = vec![0.0; n + 1];
    for i in 0..=m {
        for j in 0..=n {
            row[j] = if (i * n).abs_diff(j * m) >= distance {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                let from_above = if i > 0 { row[j] * i as f64 } else { 0.0 };
                let from_left = if j > 0 { row[j - 1] * j as f64 } else { 0.0 };
                (from_above + from_left) / (i + j) as f64
            };
        }
    }
    row[n]
}

/// Upper tail of the Kolmogorov limit, `2 sum (-1)^(k-1) exp(-2 k^2 z^2)`.
#[must_use]
pub(crate) fn kolmogorov_limit_sf(z: f64) -> f64 {
    use std::f64::consts::PI;
    if z <= 0.0 {
        return 1.0;
    }
    if z < 0.8 {
        // The theta transform converges where the alternating sum does not.
        let term = |k: i32| (-f64::from(2 * k - 1).powi(2) * PI * PI / (8.0 * z * z)).exp();
        return 1.0 - (2.0 * PI).sqrt() / z * (1..=20).map(term).sum::<f64>();
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * f64::from(k * k) * z * z).exp()
    };
    2.0 * (1..=20).map(term).sum::<f64>()
}

/// Upper tail of the two-sided one-sample statistic with `n` (whole, at least 1) observations.
///
/// Far in the tail twice the one-sided probability; else the exact matrix power of Marsaglia,
/// Tsang and Wang up to 140 observations and near the centre beyond, and the expansion of Pelz
/// and Good for the rest. These are the regions of Simard and L'Ecuyer (2011) that the reference
/// library uses too; the expansion differs from the exact value by up to some 1e-6 there.
#[must_use]
pub(crate) fn kolmogorov_one_sample_sf(n: f64, d: f64) -> f64 {
    if !(n >= 1.0 && d.is_finite()) {
        return f64::NAN;
    }
    if d >= 1.0 {
        return 0.0;
    }
    if d <= 0.5 / n {
        return 1.0;
    }
    let square = n * d * d;
    let tail_only = if n <= 140.0 { square > 4.0 } else { square > 2.2 };
    if d >= 0.5 || tail_only {
        return (2.0 * one_sided_sf(n, d)).min(1.0);
    }
    let exact = n <= 140.0 || (n <= 100_000.0 && n * d.powf(1.5) <= 1.4);
    let cdf = if exact { matrix_power_cdf(n, d) } else { pelz_good_cdf(n, d) };
    (1.0 - cdf).clamp(0.0, 1.0)
}

/// `P(D+ >= d)`, by Smirnov's finite sum in logs.
fn one_sided_sf(n: f64, d: f64) -> f64 {
    let last = (n * (1.0 - d)).floor() as usize;
    let term = |j: usize| {
        let j = j as f64;
        let (up, down) = (d + j / n, 1.0 - d - j / n);
        if down <= 0.0 {
            return 0.0;
        }
        let choose = ln_gamma(n + 1.0) - ln_gamma(j + 1.0) - ln_gamma(n - j + 1.0);
        d * (choose + (j - 1.0) * up.ln() + (n - j) * down.ln()).exp()
    };
    (0..=last).map(term).sum()
}

/// `P(D < d)` exactly, as an element of a matrix power with a running binary exponent.
#[expect(clippy::many_single_char_names, reason = "the names of the paper")]
fn matrix_power_cdf(n: f64, d: f64) -> f64 {
    let k = (n * d).floor() as usize + 1;
    let m = 2 * k - 1;
    let h = k as f64 - n * d;
    let mut base = DMatrix::from_fn(m, m, |i, j| if i + 1 >= j { 1.0 } else { 0.0 });
    for i in 0..m {
        base[(i, 0)] -= h.powi(i as i32 + 1);
        base[(m - 1, i)] -= h.powi((m - i) as i32);
    }
    if 2.0 * h - 1.0 > 0.0 {
        base[(m - 1, 0)] += (2.0 * h - 1.0).powi(m as i32);
    }
    for i in 0..m {
        for j in 0..m {
            for g in 1..=(i + 1).saturating_sub(j) {
                base[(i, j)] /= g as f64;
            }
        }
    }
    let (power, mut exponent) = scaled_power(base, n as u64);
    let mut value = power[(k - 1, k - 1)];
    for i in 1..=n as u64 {
        value *= i as f64 / n;
        if value < 1e-140 {
            value *= 1e140;
            exponent -= 140;
        }
    }
    value * 10_f64.powi(exponent)
}

/// `base^power` as a matrix and a decimal exponent.
fn scaled_power(mut base: DMatrix<f64>, mut power: u64) -> (DMatrix<f64>, i32) {
    let size = base.nrows();
    let mut result = DMatrix::identity(size, size);
    let (mut base_exponent, mut exponent) = (0_i32, 0_i32);
    let rescale = |matrix: &mut DMatrix<f64>, exponent: &mut i32| {
        if matrix[(size / 2, size / 2)].abs() > 1e140 {
            *matrix *= 1e-140;
            *exponent += 140;
        }
    };
    while power > 0 {
        if power % 2 == 1 {
            result = &result * &base;
            exponent += base_exponent;
            rescale(&mut result, &mut exponent);
        }
        power /= 2;
        if power > 0 {
            base = &base * &base;
            base_exponent *= 2;
            rescale(&mut base, &mut base_exponent);
        }
    }
    (result, exponent)
}

/// `P(D < d)` by the expansion of Pelz and Good (1976) to order `n^(-3/2)`.
#[expect(clippy::cast_possible_truncation, reason = "a small number of terms")]
fn pelz_good_cdf(n: f64, d: f64) -> f64 {
    use std::f64::consts::PI;
    let z = n.sqrt() * d;
    let (z2, z4, z6) = (z.powi(2), z.powi(4), z.powi(6));
    let (pi2, pi4, pi6) = (PI.powi(2), PI.powi(4), PI.powi(6));
    let root = (2.0 * PI).sqrt();
    let terms = (16.0 * z / PI).ceil() as i32 + 1;
    let mut sums = [0.0; 4];
    for k in 1..=terms {
        let odd = f64::from(2 * k - 1);
        let (m2, m4, m6) = (odd.powi(2), odd.powi(4), odd.powi(6));
        let weight = (-pi2 * m2 / (8.0 * z2)).exp();
        sums[0] += weight;
        sums[1] += weight * (-z2 + pi2 / 4.0 * m2);
        sums[2] += weight
            * (6.0 * z6
                + 2.0 * z4
                + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * m2
                + pi4 * (1.0 - 2.0 * z2) / 16.0 * m4);
        sums[3] += weight
            * (-30.0 * z6 - 90.0 * z.powi(8)
                + pi2 * (135.0 * z4 - 96.0 * z6) / 4.0 * m2
                + pi4 * (212.0 * z4 - 60.0 * z2) / 16.0 * m4
                + pi6 * (5.0 - 30.0 * z2) / 64.0 * m6);
    }
    let mut even = [0.0; 2];
    for k in 1..=terms {
        let k2 = f64::from(k * k);
        let weight = (-pi2 * k2 / (2.0 * z2)).exp();
        even[0] += k2 * weight;
        even[1] += (3.0 * z2 - pi2 * k2) * k2 * weight;
    }
    let k0 = root / z * sums[0];
    let k1 = root / (6.0 * z4) * sums[1];
    let k2 = root / (72.0 * z.powi(7)) * sums[2] - pi2 * root / (36.0 * z.powi(3)) * even[0];
    let k3 = root / (6480.0 * z.powi(10)) * sums[3] + pi2 * root / (216.0 * z6) * even[1];
    k0 + k1 / n.sqrt() + k2 / n + k3 / n.powf(1.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expansion_meets_the_exact_distribution() {
        for (n, d) in [(200.0, 0.04), (200.0, 0.06), (400.0, 0.05), (400.0, 0.03)] {
            let (exact, expansion) = (matrix_power_cdf(n, d), pelz_good_cdf(n, d));
            assert!((exact - expansion).abs() < 2e-6, "{n} {d}: {exact} {expansion}");
        }
    }

    #[test]
    fn the_tail_rule_meets_the_exact_distribution() {
        for (n, d) in [(60.0, 0.27), (100.0, 0.21)] {
            let (exact, tail) = (1.0 - matrix_power_cdf(n, d), 2.0 * one_sided_sf(n, d));
            assert!((exact - tail).abs() < 1e-6 * tail, "{n} {d}: {exact} {tail}");
        }
    }

    #[test]
    fn one_observation_is_uniform() {
        for d in [0.5, 0.6, 0.75, 0.9] {
            assert!((kolmogorov_one_sample_sf(1.0, d) - (2.0 - 2.0 * d)).abs() < 1e-12, "{d}");
        }
        assert_eq!(kolmogorov_one_sample_sf(10.0, 0.05), 1.0);
        assert_eq!(kolmogorov_one_sample_sf(10.0, 1.0), 0.0);
    }

    #[test]
    fn both_forms_of_the_limit_meet() {
        for z in [0.799_999_9, 0.800_000_1] {
            assert!((kolmogorov_limit_sf(z) - 0.544_142_4).abs() < 1e-6, "{}", kolmogorov_limit_sf(z));
        }
        assert_eq!(kolmogorov_limit_sf(0.0), 1.0);
    }

    #[test]
    fn separated_samples_have_distance_one_and_two_paths() {
        let test = kolmogorov_smirnov(&[1.0, 2.0, 3.0], &[4.0, 5.0], PValue::Exact).unwrap();
        assert_eq!(test.statistic, 1.0);
        assert!((test.p_value - 0.2).abs() < 1e-15);
        let same = kolmogorov_smirnov(&[1.0, 2.0], &[1.0, 2.0], PValue::Exact).unwrap();
        assert_eq!((same.statistic, same.p_value), (0.0, 1.0));
        assert!(kolmogorov_smirnov(&[], &[1.0], PValue::Exact).is_err());
        // Half an effective observation counts as one.
        let single = kolmogorov_smirnov(&[1.0], &[2.0], PValue::OneSample).unwrap();
        assert_eq!((single.statistic, single.p_value), (1.0, 0.0));
    }
}
