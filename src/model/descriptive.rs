//! Means, variances, ranks and sample autocovariances: the small sums under every test.
//!
//! Sums of squares are two-pass (C0). Functions of an empty slice give NaN; the tests above them
//! check lengths first.

/// Arithmetic mean; of equal values exactly that value, so that a constant series has exactly no
/// variance.
#[must_use]
pub fn mean(x: &[f64]) -> f64 {
    match x.first() {
        Some(first) if x.iter().all(|value| value == first) => *first,
        _ => x.iter().sum::<f64>() / x.len() as f64,
    }
}

/// Sum of squared deviations from the mean.
#[must_use]
pub fn sum_of_squares(x: &[f64]) -> f64 {
    let centre = mean(x);
    x.iter().map(|v| (v - centre) * (v - centre)).sum()
}

/// Variance with divisor `n - ddof`.
#[must_use]
pub fn variance(x: &[f64], ddof: usize) -> f64 {
    sum_of_squares(x) / (x.len() as f64 - ddof as f64)
}

/// Median; the mean of the middle two for an even length.
#[must_use]
pub fn median(x: &[f64]) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[half],
        _ => 0.5 * (sorted[half - 1] + sorted[half]),
    }
}

/// Pearson correlation of two slices of one length, in [-1, 1]; `None` when either is constant.
#[must_use]
pub fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mx, my) = (mean(x), mean(y));
    let sxy: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let scale = (sum_of_squares(x) * sum_of_squares(y)).sqrt();
    (scale > 0.0 && scale.is_finite()).then(|| (sxy / scale).clamp(-1.0, 1.0))
}

/// Ranks from 1, ties sharing the mean of their places.
#[must_use]
pub fn mid_ranks(x: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; x.len()];
    for (first, last, members) in tie_groups(x) {
        let shared = 0.5 * (first + last) as f64 + 1.0;
        for place in members {
            ranks[place] = shared;
        }
    }
    ranks
}

/// `sum (t^3 - t)` over groups of `t` equal values: the tie correction of rank tests.
#[must_use]
pub fn tie_term(x: &[f64]) -> f64 {
    let cube = |(first, last, _): (usize, usize, _)| {
        let t = (last - first + 1) as f64;
        t * t * t - t
    };
    tie_groups(x).into_iter().map(cube).sum()
}

/// Groups of equal values in ascending order: first and last sorted place, and the indices.
fn tie_groups(x: &[f64]) -> Vec<(usize, usize, Vec<usize>)> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut groups: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    for (place, &index) in order.iter().enumerate() {
        match groups.last_mut() {
            Some((_, last, members)) if members.last().is_some_and(|&m| x[m] == x[index]) => {
                *last = place;
                members.push(index);
            }
            _ => groups.push((place, place, vec![index])),
        }
    }
    groups
}

/// Autocovariances of lags `0..=lags`, mean removed, divisor `n`.
#[must_use]
pub fn autocovariances(x: &[f64], lags: usize) -> Vec<f64> {
    let centre = mean(x);
    let n = x.len();
    let at = |lag: usize| -> f64 {
        let later = x.iter().skip(lag);
        later.zip(x).map(|(a, b)| (a - centre) * (b - centre)).sum::<f64>() / n as f64
    };
    (0..=lags).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_share_ties_and_count_them() {
        let x = [3.0, 1.0, 3.0, 2.0, 3.0, 1.0];
        assert_eq!(mid_ranks(&x), vec![5.0, 1.5, 5.0, 3.0, 5.0, 1.5]);
        assert_eq!(tie_term(&x), (27.0 - 3.0) + (8.0 - 2.0));
        assert_eq!(mid_ranks(&[0.0, -0.0]), vec![1.5, 1.5]);
    }

    #[test]
    fn small_sums_are_what_they_say() {
        let x = [1.0, 2.0, 4.0, 5.0];
        assert_eq!((mean(&x), median(&x), variance(&x, 1)), (3.0, 3.0, 10.0 / 3.0));
        assert_eq!(autocovariances(&x, 1), vec![2.5, (2.0 - 1.0 + 2.0) / 4.0]);
        assert_eq!(correlation(&x, &[2.0, 4.0, 8.0, 10.0]), Some(1.0));
        assert_eq!(correlation(&x, &[0.1; 4]), None);
        assert_eq!(variance(&[0.1; 9], 1), 0.0);
        assert!(mean(&[]).is_nan());
    }
}
