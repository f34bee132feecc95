//! The slippage curve of capacity from one's own fills (X17).
//!
//! Robust regression of slippage in bps on participation and its square with one free intercept;
//! the slopes are at or above zero. The spread of the estimate comes from resampling the fills.

use nalgebra::{DMatrix, DVector};

use super::cost_calibration::winsorised;
use crate::model::draws::Draws;
use crate::model::huber::{self, HUBER_95, Regression, Scale};
use crate::model::units::Bps;
use crate::model::{ModelError, Provenance, Sourced};
use crate::strategy::slippage::SlippageCurve;

/// Fewest observations.
pub const MIN_OBSERVATIONS: usize = 30;
/// Smallest scale of the residuals, in bps.
const SCALE_FLOOR_BPS: f64 = 1.0;

/// One parent order: its size over the daily volume, and what it slipped, side-signed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SlippageObservation {
    /// Size over average daily volume.
    pub participation: f64,
    /// Slippage, positive when it hurt.
    pub slippage: Bps,
}

/// A fitted curve with everything needed to judge it.
#[derive(Clone, PartialEq, Debug)]
pub struct SlippageFit {
    /// The curve.
    pub curve: SlippageCurve,
    /// Robust standard errors of `b1`, `b2` and `b0`; `None` where a slope rests on zero.
    pub standard_errors: Vec<Option<f64>>,
    /// Weighted share of explained variance.
    pub r2: f64,
    /// Observations used.
    pub used: usize,
    /// Observations without a participation above zero.
    pub excluded: usize,
}

/// Fits the curve.
///
/// # Errors
/// [`ModelError::TooShort`] with fewer than 30 usable observations; others as [`huber::fit`].
pub fn fit(observations: &[SlippageObservation]) -> Result<SlippageFit, ModelError> {
    let used: Vec<&SlippageObservation> =
        observations.iter().filter(|o| o.participation.is_finite() && o.participation > 0.0).collect();
    if used.len() < MIN_OBSERVATIONS {
        return Err(ModelError::TooShort { need: MIN_OBSERVATIONS, got: used.len() });
    }
    let raw: Vec<f64> = used.iter().map(|o| o.participation).collect();
    let p = winsorised(&raw)?;
    let y = winsorised(&used.iter().map(|o| o.slippage.value()).collect::<Vec<_>>())?;
    let regression = Regression {
        x: DMatrix::from_fn(p.len(), 2, |i, j| if j == 0 { p[i] } else { p[i] * p[i] }),
        y: DVector::from_vec(y),
        non_negative: vec![true, true],
        intercept: true,
    };
    let got = huber::fit(&regression, Scale::Mad { threshold: HUBER_95, floor: SCALE_FLOOR_BPS })?;
    Ok(SlippageFit {
        curve: SlippageCurve {
            b0_bps: got.intercept,
            b1_bps: got.coefficients[0],
            b2_bps: got.coefficients[1],
            largest_participation: raw.iter().copied().max_by(f64::total_cmp),
        },
        standard_errors: huber::standard_errors(&regression, &got)?,
        r2: huber::weighted_r2(&regression, &got)?,
        used: used.len(),
        excluded: observations.len() - used.len(),
    })
}

/// The curve to use: fitted, or the default with the reason.
#[must_use]
pub fn calibrate(observations: &[SlippageObservation]) -> (Sourced<SlippageCurve>, Option<SlippageFit>) {
    match fit(observations) {
        Ok(fit) => (Sourced { value: fit.curve, provenance: Provenance::Fitted }, Some(fit)),
        Err(error) => {
            let provenance = Provenance::fallback("default slippage", error.to_string());
            (Sourced { value: SlippageCurve::default(), provenance }, None)
        }
    }
}

/// Curves fitted to `draws` resamples of the observations; the same seed gives the same curves.
/// Resamples that cannot be fitted are left out.
///
/// # Errors
/// [`ModelError::TooShort`] as [`fit`].
pub fn bootstrap(
    observations: &[SlippageObservation],
    draws: usize,
    seed: u64,
) -> Result<Vec<SlippageCurve>, ModelError> {
    if observations.len() < MIN_OBSERVATIONS {
        return Err(ModelError::TooShort { need: MIN_OBSERVATIONS, got: observations.len() });
    }
    // One stream for each resample: the tenth is the same however many are asked for.
    let resample = |stream: usize| -> Vec<SlippageObservation> {
        let mut draws = Draws::new(seed, stream as u64);
        (0..observations.len()).map(|_| observations[draws.below(observations.len())]).collect()
    };
    Ok((0..draws).filter_map(|k| fit(&resample(k)).ok()).map(|fit| fit.curve).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observations(count: usize) -> Vec<SlippageObservation> {
        (0..count)
            .map(|i| {
                let p = 0.002 + 0.1 * ((i * 37) % count) as f64 / count as f64;
                let noise = 4.0 * (i as f64 * 1.7).sin();
                let wild = if i % 25 == 3 { 400.0 } else { 0.0 };
                let slippage = Bps::new(6.0 + 800.0 * p + 4_000.0 * p * p + noise + wild).unwrap();
                SlippageObservation { participation: p, slippage }
            })
            .collect()
    }

    #[test]
    fn coefficients_are_recovered_in_spite_of_wild_rows() {
        let got = fit(&observations(600)).unwrap();
        for p in [0.01, 0.05, 0.1] {
            let truth = 6.0 + 800.0 * p + 4_000.0 * p * p;
            assert!((got.curve.at(p) / truth - 1.0).abs() < 0.05, "{p}: {} for {truth}", got.curve.at(p));
        }
        assert_eq!((got.used, got.excluded), (600, 0));
    }

    #[test]
    fn too_few_keep_the_default_visibly() {
        let mut few = observations(29);
        few.push(SlippageObservation { participation: 0.0, slippage: Bps::default() });
        let (curve, fit) = calibrate(&few);
        assert_eq!(curve.value, SlippageCurve::default());
        assert!(curve.provenance.is_substitute() && fit.is_none());
    }

    #[test]
    fn the_same_seed_gives_the_same_resamples() {
        let data = observations(60);
        let first = bootstrap(&data, 20, 42).unwrap();
        assert_eq!(first, bootstrap(&data, 20, 42).unwrap());
        assert_ne!(first, bootstrap(&data, 20, 43).unwrap());
        assert!(bootstrap(&data[..10], 20, 42).is_err());
    }
}
