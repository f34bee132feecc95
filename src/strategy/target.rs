//! What the portfolio as a whole allows (C17).
//!
//! First no name may carry too much of the risk, then the whole may not be too volatile, then no
//! sector and no group of names that move together may be too large. Each step can only lower
//! weights, and each is reported.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use crate::model::ModelError;
use crate::model::covariance::contribution::{RiskContributions, contributions};
use crate::model::covariance::{check_square, correlation};
use crate::model::error::check_finite;
use crate::model::units::{AnnualVol, require_non_negative, require_unit};

/// Largest share of the risk in one name, unless there are too few names for it.
pub const RISK_SHARE_CAP: f64 = 0.30;
/// Names correlated by more than this count as one group.
pub const CLUSTER_CORRELATION: f64 = 0.70;

const MAX_ROUNDS: usize = 200;
const SHARE_TOLERANCE: f64 = 1e-6;

/// Limits on the whole.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PortfolioLimits {
    /// Largest volatility, per year.
    pub max_vol: AnnualVol,
    /// Largest weight of a sector.
    pub sector: f64,
    /// Largest weight of a correlated group.
    pub cluster: f64,
}

impl PortfolioLimits {
    /// 20 % volatility a year, 20 % a sector, 30 % a group.
    ///
    /// # Errors
    /// Never; the numbers are in their domains.
    pub fn standard() -> Result<Self, ModelError> {
        Ok(Self { max_vol: AnnualVol::new(0.20)?, sector: 0.20, cluster: 0.30 })
    }
}

/// A group that was above its limit.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupCut {
    /// Sector name, or the indices of the names that move together; `None` for names of unknown sector.
    pub group: Group,
    /// Weight before.
    pub weight: f64,
    /// Its limit.
    pub limit: f64,
}

/// A set of names under one limit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Names of one sector.
    Sector(String),
    /// Names whose sector is not known: one group, because they might be one.
    UnknownSector,
    /// Names that move together, by index.
    Cluster(Vec<usize>),
}

/// Weights after every limit, with what each limit did.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    /// The weights, none above what was asked for.
    pub weights: Vec<f64>,
    /// Largest share of the risk that a name may carry.
    pub share_cap: f64,
    /// Rounds of lowering concentrated names; 0 if none was.
    pub concentration_rounds: usize,
    /// Names that were lowered for concentration, by index.
    pub concentrated: Vec<usize>,
    /// Factor on all weights for volatility; 1 if none was needed.
    pub volatility_factor: f64,
    /// Sectors and groups that were cut.
    pub cuts: Vec<GroupCut>,
    /// Risk of the result, per year.
    pub risk: RiskContributions,
}

/// Applies the limits to wished `weights` under an **annual** covariance; `sectors` names each one's sector.
///
/// # Errors
/// As [`contributions`]; [`ModelError::DimensionMismatch`]; [`ModelError::OutOfDomain`] for a weight below 0 or a limit outside
/// [0, 1]; [`ModelError::Infeasible`] if the risk shares cannot be brought under the cap: keep what is held.
pub fn limited(
    weights: &[f64],
    covariance: &DMatrix<f64>,
    sectors: &[Option<String>],
    limits: &PortfolioLimits,
) -> Result<Target, ModelError> {
    let n = check_square(covariance)?;
    check_finite(weights)?;
    for length in [weights.len(), sectors.len()] {
        if length != n {
            return Err(ModelError::DimensionMismatch { left: length, right: n });
        }
    }
    for weight in weights {
        require_non_negative("target weight", *weight)?;
    }
    require_unit("sector limit", limits.sector)?;
    require_unit("cluster limit", limits.cluster)?;
    let active = weights.iter().filter(|w| **w > 0.0).count();
    let share_cap = RISK_SHARE_CAP.max(1.0 / active.max(1) as f64);
    let spread = unconcentrated(weights, covariance, share_cap)?;
    let (mut weights, concentration_rounds, concentrated) = (spread.weights, spread.rounds, spread.lowered);
    let volatility_factor = match spread.volatility {
        vol if vol > limits.max_vol.value() => limits.max_vol.value() / vol,
        _ => 1.0,
    };
    weights.iter_mut().for_each(|w| *w *= volatility_factor);
    let mut cuts = Vec::new();
    for (group, members) in by_sector(sectors) {
        cut(&mut weights, &members, group, limits.sector, &mut cuts);
    }
    for members in clusters(covariance, &weights)? {
        let group = Group::Cluster(members.clone());
        cut(&mut weights, &members, group, limits.cluster, &mut cuts);
    }
    let risk = contributions(&weights, covariance)?;
    Ok(Target { weights, share_cap, concentration_rounds, concentrated, volatility_factor, cuts, risk })
}

/// Weights none of which carries more than its share.
struct Spread {
    weights: Vec<f64>,
    rounds: usize,
    lowered: Vec<usize>,
    volatility: f64,
}

/// Lowers the worst name by the root of its excess until none is above the cap.
fn unconcentrated(weights: &[f64], covariance: &DMatrix<f64>, cap: f64) -> Result<Spread, ModelError> {
    let mut weights = weights.to_vec();
    let mut lowered = Vec::new();
    for rounds in 0..=MAX_ROUNDS {
        let risk = contributions(&weights, covariance)?;
        let worst = (0..weights.len()).max_by(|&i, &j| risk.shares[i].total_cmp(&risk.shares[j]));
        let Some(worst) = worst.filter(|&i| risk.shares[i] > cap + SHARE_TOLERANCE) else {
            lowered.sort_unstable();
            lowered.dedup();
            return Ok(Spread { weights, rounds, lowered, volatility: risk.volatility });
        };
        weights[worst] *= (cap / risk.shares[worst]).sqrt();
        lowered.push(worst);
    }
    Err(ModelError::Infeasible { why: "no weights keep every name under its share of the risk" })
}

fn by_sector(sectors: &[Option<String>]) -> BTreeMap<Group, Vec<usize>> {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (index, sector) in sectors.iter().enumerate() {
        let group = sector.clone().map_or(Group::UnknownSector, Group::Sector);
        groups.entry(group).or_default().push(index);
    }
    groups
}

/// Groups of held names linked by correlations above the threshold, directly or through others.
fn clusters(covariance: &DMatrix<f64>, weights: &[f64]) -> Result<Vec<Vec<usize>>, ModelError> {
    let held: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
    if held.len() < 2 {
        return Ok(Vec::new());
    }
    let own = correlation(&covariance.select_rows(&held).select_columns(&held))?;
    let mut group: Vec<usize> = (0..held.len()).collect();
    for i in 0..held.len() {
        for j in 0..i {
            if own[(i, j)] > CLUSTER_CORRELATION && group[i] != group[j] {
                let (from, to) = (group[i].max(group[j]), group[i].min(group[j]));
                group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, name) in group.iter().zip(&held) {
        members.entry(*place).or_default().push(*name);
    }
    Ok(members.into_values().filter(|m| m.len() > 1).collect())
}

/// Scales the members down to their limit, and notes it.
fn cut(weights: &mut [f64], members: &[usize], group: Group, limit: f64, cuts: &mut Vec<GroupCut>) {
    let total: f64 = members.iter().map(|&i| weights[i]).sum();
    if total > limit {
        members.iter().for_each(|&i| weights[i] *= limit / total);
        cuts.push(GroupCut { group, weight: total, limit });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::covariance::contribution::covariance_of;

    fn wide() -> PortfolioLimits {
        PortfolioLimits { max_vol: AnnualVol::new(9.0).unwrap(), sector: 1.0, cluster: 1.0 }
    }

    fn unknown(n: usize) -> Vec<Option<String>> {
        vec![None; n]
    }

    fn equicorrelated(n: usize, rho: f64, vols: &[f64]) -> DMatrix<f64> {
        let c = DMatrix::from_fn(n, n, |i, j| if i == j { 1.0 } else { rho });
        covariance_of(&c, vols).unwrap()
    }

    #[test]
    fn one_name_is_all_of_its_risk_and_that_is_fine() {
        let got = limited(&[0.1], &DMatrix::from_element(1, 1, 0.09), &unknown(1), &wide()).unwrap();
        assert_eq!((got.weights.as_slice(), got.share_cap, got.concentration_rounds), (&[0.1][..], 1.0, 0));
    }

    #[test]
    fn a_heavy_name_is_lowered_until_its_share_fits() {
        let covariance = equicorrelated(5, 0.3, &[0.6, 0.2, 0.2, 0.2, 0.2]);
        let wished = [0.1; 5];
        let got = limited(&wished, &covariance, &unknown(5), &wide()).unwrap();
        assert!(got.concentration_rounds > 0 && got.concentrated == [0]);
        assert!(got.risk.shares.iter().all(|s| *s <= 0.30 + 2e-6), "{:?}", got.risk.shares);
        assert_eq!(got.weights[1..], wished[1..]);
    }

    #[test]
    fn too_much_volatility_scales_everything() {
        let covariance = equicorrelated(4, 0.5, &[0.4; 4]);
        let limits = PortfolioLimits { max_vol: AnnualVol::new(0.05).unwrap(), ..wide() };
        let got = limited(&[0.1; 4], &covariance, &unknown(4), &limits).unwrap();
        assert!(got.volatility_factor < 1.0);
        assert!((got.risk.volatility - 0.05).abs() < 1e-12);
    }

    #[test]
    fn sectors_and_clusters_are_cut_and_named() {
        let mut c = DMatrix::identity(4, 4);
        for (i, j) in [(0, 1), (1, 2)] {
            c[(i, j)] = 0.72;
            c[(j, i)] = 0.72;
        }
        c[(0, 2)] = 0.5;
        c[(2, 0)] = 0.5;
        let covariance = covariance_of(&c, &[0.2, 0.2, 0.2, 0.3]).unwrap();
        let bank = Some("bank".to_owned());
        let sectors = [bank.clone(), bank, None, Some("hydro".to_owned())];
        let limits = PortfolioLimits { sector: 0.15, cluster: 0.20, ..wide() };
        let got = limited(&[0.1, 0.1, 0.1, 0.1], &covariance, &sectors, &limits).unwrap();
        assert_eq!(got.cuts.len(), 2);
        assert_eq!(got.cuts[0].group, Group::Sector("bank".to_owned()));
        assert!((got.cuts[0].weight - 0.2).abs() < 1e-12);
        // Linked through the one in the middle.
        assert_eq!(got.cuts[1].group, Group::Cluster(vec![0, 1, 2]));
        assert!((got.weights[0] + got.weights[1] + got.weights[2] - 0.20).abs() < 1e-12);
        assert_eq!(got.weights[3], 0.1);
    }

    #[test]
    fn nothing_wished_is_nothing_held_and_nonsense_is_refused() {
        let covariance = equicorrelated(3, 0.2, &[0.2; 3]);
        let got = limited(&[0.0; 3], &covariance, &unknown(3), &wide()).unwrap();
        assert_eq!((got.weights, got.risk.volatility), (vec![0.0; 3], 0.0));
        assert!(limited(&[0.1, -0.1, 0.1], &covariance, &unknown(3), &wide()).is_err());
        assert!(limited(&[0.1; 3], &covariance, &unknown(2), &wide()).is_err());
        assert!(limited(&[0.1; 2], &covariance, &unknown(2), &wide()).is_err());
        let limits = PortfolioLimits { sector: f64::NAN, ..wide() };
        assert!(limited(&[0.1; 3], &covariance, &unknown(3), &limits).is_err());
    }

    proptest! {
        #[test]
        fn limits_only_ever_lower(
            wished in prop::collection::vec(0.001..0.2f64, 6),
            vols in prop::collection::vec(0.1..0.8f64, 6), rho in 0.0..0.9f64,
        ) {
            let covariance = equicorrelated(6, rho, &vols);
            let limits = PortfolioLimits::standard().unwrap();
            // Many tiny names beside a few large ones cannot be balanced in the rounds allowed.
            let got = match limited(&wished, &covariance, &unknown(6), &limits) {
                Err(ModelError::Infeasible { .. }) => return Ok(()),
                got => got.unwrap(),
            };
            for (after, before) in got.weights.iter().zip(&wished) {
                prop_assert!(*after >= 0.0 && after <= before);
            }
            prop_assert!(got.risk.volatility <= 0.20 + 1e-9);
            prop_assert!(got.weights.iter().sum::<f64>() <= 0.20 + 1e-9);
        }
    }
}
