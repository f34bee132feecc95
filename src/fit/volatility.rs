//! The volatility of one series: the fit, its rules, and the forecast from the last close (C6).

use serde::{Deserialize, Serialize};

use super::verdict::{Check, Verdict};
use crate::model::volatility::ewma::{EwmaSpec, zero_mean};
use crate::model::volatility::model::{
    Fault, FittedVolatility, JudgedVolatility, VolatilityForecast, forecast,
};

/// Days that the forecast looks ahead.
pub const HORIZON: usize = 5;

/// What is known of the volatility of one series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolatilityModel {
    /// EGARCH with Student-t errors on returns in percent.
    pub fit: Verdict<FittedVolatility>,
    /// The rules of validity with their numbers; empty where nothing could be fitted.
    pub checks: Vec<Check>,
    /// Log-likelihood of the fit on returns in percent; `None` where nothing could be fitted.
    pub log_likelihood: Option<f64>,
    /// Starts of the search that ended within 0.5 of it.
    pub agreeing_starts: Option<usize>,
    /// EWMA volatility after the last close, span 60, decimal per day; `None` below 20 returns.
    pub ewma_sigma_d: Option<f64>,
    /// Variances of the next days by the first link of the chain that holds; its provenance says which.
    pub forecast: Verdict<VolatilityForecast>,
}

impl VolatilityModel {
    /// Estimates on decimal returns, oldest first.
    #[must_use]
    pub fn estimate(returns: &[f64], seed: u64) -> Self {
        let judged = JudgedVolatility::of(returns);
        let fit = judged.as_ref().map_err(Clone::clone).and_then(JudgedVolatility::accepted);
        let judged = judged.ok();
        let ewma = if returns.len() < 20 { None } else { zero_mean(returns, &EwmaSpec::product()).ok() };
        let ewma_sigma_d = ewma.map(|e| e.next.sqrt());
        Self {
            forecast: forecast(returns, &fit, HORIZON, seed).into(),
            fit: fit.into(),
            checks: judged.as_ref().map(|j| checks(j, ewma_sigma_d)).unwrap_or_default(),
            log_likelihood: judged.as_ref().map(|j| j.found.path.log_likelihood),
            agreeing_starts: judged.map(|j| j.found.agreeing),
            ewma_sigma_d,
        }
    }
}

fn checks(judged: &JudgedVolatility, ewma: Option<f64>) -> Vec<Check> {
    use crate::model::volatility::errors::Errors;
    let (found, model) = (&judged.found, &judged.found.model);
    let broken = |rule: fn(&Fault) -> bool| !judged.faults.iter().any(rule);
    let nu = match model.errors {
        Errors::StudentT { nu } => nu,
        Errors::Normal => f64::INFINITY,
    };
    let unconditional = model.unconditional_volatility().map_or(f64::INFINITY, |v| v / 100.0);
    let ratio = ewma.map_or(f64::NAN, |ewma| found.path.next.sqrt() / 100.0 / ewma);
    let converged = f64::from(u8::from(found.converged));
    vec![
        Check::new("search converged", converged, "1", broken(|f| matches!(f, Fault::NotConverged))),
        Check::new(
            "size of beta",
            model.beta.abs(),
            "below 0.999",
            broken(|f| matches!(f, Fault::Persistence(_))),
        ),
        Check::new("nu", nu, "above 2.05", broken(|f| matches!(f, Fault::HeavyTails(_)))),
        Check::new(
            "unconditional volatility per day",
            unconditional,
            "0.001 to 0.15",
            broken(|f| matches!(f, Fault::Unconditional(_) | Fault::NoUnconditional)),
        ),
        Check::new(
            "next day's volatility over the EWMA",
            ratio,
            "0.25 to 4",
            broken(|f| matches!(f, Fault::FarFromEwma(_))),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_returns_are_refused_with_a_name() {
        let got = VolatilityModel::estimate(&[0.0; 300], 0);
        assert!(got.fit.reason().is_some() && got.forecast.reason().is_some(), "{got:?}");
    }
}
