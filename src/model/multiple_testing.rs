//! Corrections for testing many hypotheses at once.

use super::ModelError;

/// A correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// `min(1, m p)`: the chance of any false rejection stays below alpha.
    Bonferroni,
    /// Holm's step-down form of it, never weaker.
    Holm,
    /// Benjamini and Hochberg: the expected share of false rejections stays below alpha.
    BenjaminiHochberg,
}

/// Adjusted p-values in the order given, and which hypotheses are rejected at `alpha`.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    /// Adjusted p-values.
    pub adjusted: Vec<f64>,
    /// `true` = rejected.
    pub reject: Vec<bool>,
}

/// Applies a correction.
///
/// # Errors
/// No p-values, one outside [0, 1] or not finite, or `alpha` outside (0, 1).
pub fn correct(p_values: &[f64], alpha: f64, correction: Correction) -> Result<Corrected, ModelError> {
    super::error::check_finite(p_values)?;
    if let Some(p) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(ModelError::OutOfDomain { name: "p-value", value: *p, domain: "[0, 1]" });
    }
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(ModelError::OutOfDomain { name: "alpha", value: alpha, domain: "(0, 1)" });
    }
    let m = p_values.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let sorted: Vec<f64> = order.iter().map(|index| p_values[*index]).collect();
    let (in_order, rejected) = match correction {
        Correction::Bonferroni => bonferroni(&sorted, alpha),
        Correction::Holm => holm(&sorted, alpha),
        Correction::BenjaminiHochberg => benjamini_hochberg(&sorted, alpha),
    };
    let mut adjusted = vec![0.0; m];
    let mut reject = vec![false; m];
    for (place, index) in order.iter().enumerate() {
        adjusted[*index] = in_order[place];
        reject[*index] = place < rejected;
    }
    Ok(Corrected { adjusted, reject })
}

// Each takes p-values in ascending order and gives their adjusted values and how many, from the
// smallest, are rejected. Rejection compares p-values with levels, as the procedures are stated:
// at the level itself an adjusted value may round to the other side.

fn bonferroni(sorted: &[f64], alpha: f64) -> (Vec<f64>, usize) {
    let m = sorted.len() as f64;
    let adjusted = sorted.iter().map(|p| (m * p).min(1.0)).collect();
    (adjusted, sorted.partition_point(|p| *p <= alpha / m))
}

fn holm(sorted: &[f64], alpha: f64) -> (Vec<f64>, usize) {
    let left = |place: usize| (sorted.len() - place) as f64;
    let mut running = 0.0_f64;
    let step = |(place, p): (usize, &f64)| {
        running = running.max((left(place) * p).min(1.0));
        running
    };
    let adjusted = sorted.iter().enumerate().map(step).collect();
    let first_kept = sorted.iter().enumerate().position(|(place, p)| *p > alpha / left(place));
    (adjusted, first_kept.unwrap_or(sorted.len()))
}

fn benjamini_hochberg(sorted: &[f64], alpha: f64) -> (Vec<f64>, usize) {
    let share = |place: usize| (place + 1) as f64 / sorted.len() as f64;
    let mut adjusted = vec![1.0; sorted.len()];
    let mut running = 1.0_f64;
    for (place, p) in sorted.iter().enumerate().rev() {
        running = running.min(p / share(place));
        adjusted[place] = running;
    }
    let last_rejected = (0..sorted.len()).rev().find(|place| sorted[*place] <= share(*place) * alpha);
    (adjusted, last_rejected.map_or(0, |place| place + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_ordered_and_keep_the_order_of_p_values() {
        let p = [0.04, 0.001, 0.03, 0.8, 0.01];
        let run = |correction| correct(&p, 0.05, correction).unwrap().adjusted;
        let (bonferroni, holm, bh) =
            (run(Correction::Bonferroni), run(Correction::Holm), run(Correction::BenjaminiHochberg));
        for i in 0..p.len() {
            assert!(p[i] <= bh[i] && bh[i] <= holm[i] && holm[i] <= bonferroni[i]);
            for j in 0..p.len() {
                assert!(p[i] > p[j] || (bh[i] <= bh[j] && holm[i] <= holm[j]));
            }
        }
        assert_eq!(holm, vec![0.09, 0.005, 0.09, 0.8, 0.04]);
    }

    #[test]
    fn what_is_not_a_probability_is_refused() {
        assert!(correct(&[], 0.05, Correction::Holm).is_err());
        assert!(correct(&[1.5], 0.05, Correction::Holm).is_err());
        assert!(correct(&[f64::NAN], 0.05, Correction::Holm).is_err());
        assert!(correct(&[0.5], 0.0, Correction::Holm).is_err());
    }
}
