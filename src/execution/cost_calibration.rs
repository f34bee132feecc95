//! The impact curve from one's own fills (X2).
//!
//! What each parent order cost, less the half spread at its arrival and divided by the factors that
//! the cost model will multiply by again, is regressed on participation and its square: robustly,
//! without an intercept, with both coefficients at or above zero, and shrunk towards a prior.
//! One execution moves nothing by itself; a fit that disagrees wildly with the one in force is refused.

use nalgebra::{DMatrix, DVector};

use super::cost::{ImpactCurve, asymmetry};
use crate::market::Side;
use crate::model::descriptive::quantile_of_sorted;
use crate::model::error::check_finite;
use crate::model::huber::{self, HUBER_95, HuberFit, Regression, Scale};
use crate::model::units::{require, require_non_negative, require_positive};
use crate::model::{ModelError, Provenance, Sourced};

/// Fewest usable parents.
pub const MIN_PARENTS: usize = 30;
/// Fewest in each third of the range of participation.
pub const MIN_PER_THIRD: usize = 5;
/// Observations the prior counts for.
pub const PRIOR_WEIGHT: f64 = 50.0;
/// Smallest scale of the residuals: one basis point.
const SCALE_FLOOR: f64 = 1e-4;
/// Participation at which a new curve is compared with the old, and the factor it may differ by.
const COMPARED_AT: f64 = 0.05;
const LARGEST_CHANGE: f64 = 5.0;

/// A finished parent order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FilledParent {
    /// Which way it went.
    pub side: Side,
    /// Shares ordered.
    pub ordered: f64,
    /// Shares filled.
    pub filled: f64,
    /// Average daily volume when it arrived, shares.
    pub adv: f64,
    /// Mid at arrival; `None` if there was no usable quote.
    pub arrival_mid: Option<f64>,
    /// Mean price of its fills.
    pub vwap: f64,
    /// Half spread at arrival, a fraction of the mid.
    pub half_spread: f64,
    /// The multiplier `m` of X1 that was in force.
    pub multiplier: f64,
    /// Whether it traded in stress.
    pub stressed: bool,
}

/// Parents that could not be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Excluded {
    /// Without a participation above zero.
    pub no_participation: usize,
    /// Without a mid at arrival.
    pub no_arrival: usize,
    /// Less than half filled.
    pub under_half_filled: usize,
}

/// Mean residual of one group, so that the fixed factors for side and stress can be checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GroupResidual {
    /// The side.
    pub side: Side,
    /// The regime.
    pub stressed: bool,
    /// Parents in it.
    pub count: usize,
    /// Mean of observed less fitted, a fraction of price; above 0 means the factor is too small.
    pub mean: f64,
}

/// A fitted impact curve with everything needed to judge it.
#[derive(Clone, PartialEq, Debug)]
pub struct ImpactFit {
    /// As estimated, before shrinking.
    pub estimate: ImpactCurve,
    /// After shrinking towards the prior.
    pub shrunk: ImpactCurve,
    /// Robust standard errors of the estimate; `None` where it rests on zero.
    pub standard_errors: [Option<f64>; 2],
    /// Weighted share of explained variance.
    pub r2: f64,
    /// Parents used.
    pub used: usize,
    /// Parents left out.
    pub excluded: Excluded,
    /// Residuals by side and regime.
    pub groups: Vec<GroupResidual>,
}

/// What a refit led to.
#[derive(Clone, PartialEq, Debug)]
pub struct ImpactCalibration {
    /// What to use from now on.
    pub curve: Sourced<ImpactCurve>,
    /// The fit, where there was one.
    pub fit: Option<ImpactFit>,
}

/// Fits the curve.
///
/// # Errors
/// [`ModelError::TooShort`] with fewer than 30 usable parents, or fewer than 5 in a third of the range of
/// participation; [`ModelError::OutOfDomain`] for a price, multiplier or spread that cannot be; others as [`huber::fit`].
pub fn fit(parents: &[FilledParent]) -> Result<ImpactFit, ModelError> {
    let (used, excluded) = usable(parents);
    if used.len() < MIN_PARENTS {
        return Err(ModelError::TooShort { need: MIN_PARENTS, got: used.len() });
    }
    let participation: Vec<f64> = used.iter().map(|p| p.filled / p.adv).collect();
    let largest = participation.iter().copied().fold(0.0, f64::max);
    for third in 0..3 {
        let (low, high) = (largest * f64::from(third) / 3.0, largest * f64::from(third + 1) / 3.0);
        let inside = participation.iter().filter(|u| **u > low && (**u <= high || third == 2)).count();
        if inside < MIN_PER_THIRD {
            return Err(ModelError::TooShort { need: MIN_PER_THIRD, got: inside });
        }
    }
    let costs: Vec<f64> = used.iter().map(|p| unit_cost(p)).collect::<Result<_, _>>()?;
    let u = winsorised(&participation)?;
    let y = winsorised(&costs)?;
    let regression = Regression {
        x: DMatrix::from_fn(u.len(), 2, |i, j| if j == 0 { u[i] } else { u[i] * u[i] }),
        y: DVector::from_vec(y),
        non_negative: vec![true, true],
        intercept: false,
    };
    let got = huber::fit(&regression, Scale::Mad { threshold: HUBER_95, floor: SCALE_FLOOR })?;
    let errors = huber::standard_errors(&regression, &got)?;
    let estimate = ImpactCurve { k1: got.coefficients[0], k2: got.coefficients[1] };
    Ok(ImpactFit {
        estimate,
        shrunk: shrunk(estimate, used.len()),
        standard_errors: [errors[0], errors[1]],
        r2: huber::weighted_r2(&regression, &got)?,
        used: used.len(),
        excluded,
        groups: groups(&used, &got),
    })
}

/// Refits, and says what to use: the new curve, the previous one with the reason, or the default.
#[must_use]
pub fn calibrate(parents: &[FilledParent], previous: Option<&Sourced<ImpactCurve>>) -> ImpactCalibration {
    let keep = |reason: String, fit| ImpactCalibration {
        curve: previous.cloned().unwrap_or(Sourced {
            value: ImpactCurve::PESSIMISTIC,
            provenance: Provenance::fallback("pessimistic impact", reason),
        }),
        fit,
    };
    let fitted = match fit(parents) {
        Ok(fitted) => fitted,
        Err(error) => return keep(error.to_string(), None),
    };
    if fitted.r2 < 0.0 {
        return keep(format!("the fit explains nothing (R2 {:.3})", fitted.r2), Some(fitted));
    }
    if let Some(previous) = previous {
        let ratio = fitted.shrunk.at(COMPARED_AT) / previous.value.at(COMPARED_AT);
        if !(LARGEST_CHANGE.recip()..=LARGEST_CHANGE).contains(&ratio) {
            return keep(format!("the cost at 5 % of volume moved by a factor of {ratio:.2}"), Some(fitted));
        }
    }
    ImpactCalibration {
        curve: Sourced { value: fitted.shrunk, provenance: Provenance::Fitted },
        fit: Some(fitted),
    }
}

fn usable(parents: &[FilledParent]) -> (Vec<&FilledParent>, Excluded) {
    let mut excluded = Excluded::default();
    let used = parents
        .iter()
        .filter(|parent| {
            let participation = parent.filled / parent.adv;
            if !(participation.is_finite() && participation > 0.0 && parent.adv > 0.0) {
                excluded.no_participation += 1;
                false
            } else if parent.arrival_mid.is_none() {
                excluded.no_arrival += 1;
                false
            } else if parent.filled < 0.5 * parent.ordered {
                excluded.under_half_filled += 1;
                false
            } else {
                true
            }
        })
        .collect();
    (used, excluded)
}

/// Cost beyond the half spread, freed of the factors that the model will apply again.
fn unit_cost(parent: &FilledParent) -> Result<f64, ModelError> {
    let mid = parent.arrival_mid.unwrap_or(0.0);
    require_positive("mid at arrival", mid)?;
    require_positive("mean price", parent.vwap)?;
    require_non_negative("half spread", parent.half_spread)?;
    require(parent.multiplier >= 1.0, "impact multiplier", parent.multiplier, "1 or more")?;
    let slippage = parent.side.sign() as f64 * (parent.vwap - mid) / mid;
    Ok((slippage - parent.half_spread) / (parent.multiplier * asymmetry(parent.side)))
}

fn shrunk(estimate: ImpactCurve, count: usize) -> ImpactCurve {
    let n = count as f64;
    let blend = |own: f64, prior: f64| (n * own + PRIOR_WEIGHT * prior) / (n + PRIOR_WEIGHT);
    ImpactCurve {
        k1: blend(estimate.k1, ImpactCurve::PRIOR.k1),
        k2: blend(estimate.k2, ImpactCurve::PRIOR.k2),
    }
}

fn groups(used: &[&FilledParent], fit: &HuberFit) -> Vec<GroupResidual> {
    let keys = Side::BOTH.into_iter().flat_map(|side| [(side, false), (side, true)]);
    keys.filter_map(|(side, stressed)| {
        let members: Vec<f64> = used
            .iter()
            .zip(&fit.residuals)
            .filter(|(p, _)| p.side == side && p.stressed == stressed)
            .map(|(_, r)| *r)
            .collect();
        let count = members.len();
        (count > 0).then(|| GroupResidual {
            side,
            stressed,
            count,
            mean: members.iter().sum::<f64>() / count as f64,
        })
    })
    .collect()
}

/// Values pulled in to their own 1 % and 99 % quantiles.
pub(super) fn winsorised(values: &[f64]) -> Result<Vec<f64>, ModelError> {
    check_finite(values)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |q| quantile_of_sorted(&sorted, q).ok_or(ModelError::EmptyInput);
    let (low, high) = (quantile(0.01)?, quantile(0.99)?);
    Ok(values.iter().map(|v| v.clamp(low, high)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    /// Parents whose impact follows `truth`, one in twenty wildly off.
    fn parents(truth: ImpactCurve, count: usize, seed: u64) -> Vec<FilledParent> {
        let mut draws = Draws::new(seed, 0);
        (0..count)
            .map(|i| {
                let side = if i % 2 == 0 { Side::Buy } else { Side::Sell };
                let u = 0.3 * draws.uniform();
                let multiplier = if i % 3 == 0 { 1.8 } else { 1.0 };
                let noise = 0.004 * (draws.uniform() - 0.5);
                let wild = if i % 20 == 7 { 0.15 * (draws.uniform() - 0.5) } else { 0.0 };
                let cost = truth.at(u) * multiplier * asymmetry(side) + 0.01 + noise + wild;
                FilledParent {
                    side,
                    ordered: 1e5 * u,
                    filled: 1e5 * u,
                    adv: 1e5,
                    arrival_mid: Some(400.0),
                    vwap: 400.0 * (1.0 + side.sign() as f64 * cost),
                    half_spread: 0.01,
                    multiplier,
                    stressed: i % 3 == 0,
                }
            })
            .collect()
    }

    #[test]
    fn the_true_curve_is_recovered_within_a_tenth() {
        let truth = ImpactCurve { k1: 0.08, k2: 0.12 };
        let got = fit(&parents(truth, 1_000, 3)).unwrap();
        assert!((got.estimate.k1 / truth.k1 - 1.0).abs() < 0.1, "{got:?}");
        assert!((got.estimate.k2 / truth.k2 - 1.0).abs() < 0.1, "{got:?}");
        assert!(got.r2 > 0.5);
        assert_eq!(got.groups.iter().map(|g| g.count).sum::<usize>(), 1_000);
        let errors = got.standard_errors.map(|e| e.unwrap());
        assert!((got.estimate.k1 - truth.k1).abs() < 4.0 * errors[0]);
        let expected = (1_000.0 * got.estimate.k1 + 50.0 * 0.05) / 1_050.0;
        assert!((got.shrunk.k1 - expected).abs() < 1e-15);
    }

    #[test]
    fn too_few_or_too_alike_keep_the_default() {
        let truth = ImpactCurve { k1: 0.08, k2: 0.12 };
        let few = parents(truth, 29, 3);
        assert_eq!(fit(&few), Err(ModelError::TooShort { need: 30, got: 29 }));
        let got = calibrate(&few, None);
        assert_eq!(got.curve.value, ImpactCurve::PESSIMISTIC);
        assert!(got.curve.provenance.is_substitute());
        let mut alike = parents(truth, 200, 3);
        for parent in alike.iter_mut().skip(3) {
            (parent.filled, parent.ordered) = (100.0, 100.0);
        }
        assert!(matches!(fit(&alike), Err(ModelError::TooShort { need: 5, .. })));
    }

    #[test]
    fn unusable_parents_are_counted() {
        let mut list = parents(ImpactCurve { k1: 0.08, k2: 0.12 }, 100, 5);
        list[0].adv = 0.0;
        list[1].arrival_mid = None;
        list[2].filled = 0.4 * list[2].ordered;
        let got = fit(&list).unwrap();
        assert_eq!(got.excluded, Excluded { no_participation: 1, no_arrival: 1, under_half_filled: 1 });
        assert_eq!(got.used, 97);
    }

    #[test]
    fn a_wild_change_keeps_the_previous_curve() {
        let list = parents(ImpactCurve { k1: 0.08, k2: 0.12 }, 300, 9);
        let previous = Sourced { value: ImpactCurve { k1: 0.005, k2: 0.0 }, provenance: Provenance::Fitted };
        let got = calibrate(&list, Some(&previous));
        assert_eq!(got.curve, previous);
        assert!(got.fit.is_some());
        let near = Sourced { value: ImpactCurve { k1: 0.05, k2: 0.0 }, provenance: Provenance::Fitted };
        assert_ne!(calibrate(&list, Some(&near)).curve.value, near.value);
    }
}
