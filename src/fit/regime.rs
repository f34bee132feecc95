//! The daily regime of one series: the fit, its rules, and the belief at the last close (C4).

use serde::{Deserialize, Serialize};

use super::verdict::{Check, Verdict};
use crate::model::ModelError;
use crate::model::regime::daily::{DailyBelief, DailyFit, JudgedFit, KeptFit, belief};
use crate::model::regime::intraday::RegimeLevels;

/// What is known of the regimes of one series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimeModel {
    /// The two-regime model, intercept form, decimal returns, regime 1 the wilder one.
    pub fit: Verdict<DailyFit>,
    /// The rules of validity with their numbers; empty where nothing could be fitted.
    pub checks: Vec<Check>,
    /// What is believed after the last close, by the first link of the chain that holds; its
    /// provenance says which.
    pub belief: DailyBelief,
    /// Reference volatilities of the intraday detector, decimal per day; refused without a fit.
    pub levels: Verdict<RegimeLevels>,
}

impl RegimeModel {
    /// Estimates on decimal returns, oldest first.
    ///
    /// # Errors
    /// [`ModelError::NonFinite`]. Everything else that can go wrong is a refusal inside.
    pub fn estimate(returns: &[f64], seed: u64) -> Result<Self, ModelError> {
        let judged = JudgedFit::of(returns, seed);
        let checks = judged.as_ref().map(checks).unwrap_or_default();
        let fit = judged.and_then(|judged| match judged.broken {
            Some(why) => Err(ModelError::Degenerate { why }),
            None => Ok(judged.fit),
        });
        let kept = fit.clone().ok().map(|fit| KeptFit { fit, age_sessions: 0, refit_failure: None });
        let levels = match &fit {
            Ok(fit) => RegimeLevels::refit(fit.sigma_d()[0], fit.sigma_d()[1]).into(),
            Err(_) => Verdict::refused("no valid fit"),
        };
        Ok(Self { belief: belief(kept.as_ref(), returns)?, fit: fit.into(), checks, levels })
    }
}

fn checks(judged: &JudgedFit) -> Vec<Check> {
    let half = judged.fit.n as f64 / 2.0;
    let mut checks = vec![
        Check::new(
            "mean probability of stress",
            judged.occupancy,
            "0.05 to 0.95",
            (0.05..=0.95).contains(&judged.occupancy),
        ),
        Check::new("ratio of the volatilities", judged.separation, "1.2 or more", judged.separation >= 1.2),
    ];
    for (name, bars) in ["normal", "stress"].into_iter().zip(judged.duration) {
        let bars = bars.unwrap_or(f64::INFINITY);
        let holds = (2.0..=half).contains(&bars);
        checks.push(Check::new(&format!("expected sessions of {name}"), bars, "2 to half the sample", holds));
    }
    let curvature = f64::from(u8::from(judged.finite_curvature));
    checks.push(Check::new("finite curvature of the likelihood", curvature, "1", judged.finite_curvature));
    let bic = judged.fit.bic_excess;
    checks.push(Check::new("BIC less that of one regime (a warning only)", bic, "below 0", bic < 0.0));
    checks
}
