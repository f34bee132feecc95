//! How long half of a deviation takes to disappear.

use crate::model::ModelError;
use crate::model::error::check_series;
use crate::model::regression::{Line, line};

/// The half-life of mean reversion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalfLife {
    /// In bars.
    pub bars: f64,
    /// The regression of the change on the level; its slope is in (-1, 0).
    pub line: Line,
}

/// `-ln 2 / ln(1 + b)` with `b` the slope of the change on the previous level (C3).
///
/// # Errors
/// Fewer than 3 values, or a slope outside (-1, 0): `Degenerate`, no mean reversion.
pub fn half_life(y: &[f64]) -> Result<HalfLife, ModelError> {
    check_series(y, 3)?;
    let changes: Vec<f64> = y.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let line = line(&y[..y.len() - 1], &changes)?;
    if line.slope > -1.0 && line.slope < 0.0 {
        Ok(HalfLife { bars: -std::f64::consts::LN_2 / line.slope.ln_1p(), line })
    } else {
        Err(ModelError::Degenerate { why: "no mean reversion" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deviation_that_halves_each_bar_has_half_life_one() {
        let y: Vec<f64> = (0..20).map(|t| 3.0 + 8.0 * 0.5_f64.powi(t)).collect();
        assert!((half_life(&y).unwrap().bars - 1.0).abs() < 1e-9);
        let growing: Vec<f64> = (0..20).map(|t| 1.1_f64.powi(t)).collect();
        assert_eq!(half_life(&growing).unwrap_err(), ModelError::Degenerate { why: "no mean reversion" });
        let alternating: Vec<f64> = (0..20).map(|t| if t % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert!(half_life(&alternating).is_err());
    }
}
