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
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
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
    let mut adjusted = vec![0.0; m];
    let scaled = |place: usize, factor: f64| (factor * p_values[order[place]]).min(1.0);
    match correction {
        Correction::Bonferroni => {
            for place in 0..m {
                adjusted[order[place]] = scaled(place, m as f64);
            }
        }
        Correction::Holm => {
            let mut running = 0.0_f64;
            for place in 0..m {
                running = running.max(scaled(place, (m - place) as f64));
                adjusted[order[place]] = running;
            }
        }
        Correction::BenjaminiHochberg => {
            let mut running = 1.0_f64;
            for place in (0..m).rev() {
                running = running.min(scaled(place, m as f64 / (place + 1) as f64));
                adjusted[order[place]] = running;
            }
        }
    }
    let reject = adjusted.iter().map(|p| *p <= alpha).collect();
    Ok(Corrected { adjusted, reject })
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
