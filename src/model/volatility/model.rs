//! The volatility forecast that the product uses: EGARCH where it is valid, EWMA where it is not,
//! and the reason in plain sight (C6).
//!
//! Takes decimal daily returns, gives decimal daily variances. The chain is: a valid EGARCH fit;
//! the EWMA of span 60 from 20 returns on; the sample standard deviation from 5; else 2.5 % a day,
//! with no new positions. A rule that fails is a [`Fault`] and leads down the chain; one that only
//! deserves attention is a [`Warning`].

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::egarch::{Centre, Egarch};
use super::errors::Errors;
use super::ewma::{EwmaSpec, zero_mean};
use super::fit::{EgarchSearch, VolatilityFit, fit_egarch};
use super::forecast::{Simulation, simulate};
use crate::model::error::check_finite;
use crate::model::{ModelError, Provenance};

/// Returns needed for a fit.
pub const FIT_MIN: usize = 250;
/// Returns needed for the EWMA, and for a sample standard deviation.
const EWMA_MIN: usize = 20;
const SAMPLE_MIN: usize = 5;
/// Volatility per day, decimal, when there is nothing to go by.
const DEFAULT_SIGMA_D: f64 = 0.025;

/// Why a fit may not be used.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The search did not converge.
    #[error("the fit did not converge")]
    NotConverged,
    /// The log variance has (nearly) no mean to return to.
    #[error("beta is {0}, allowed is below 0.999 in size")]
    Persistence(f64),
    /// The errors have (nearly) no variance.
    #[error("nu is {0}, allowed is above 2.05")]
    HeavyTails(f64),
    /// The implied long-run volatility is no share's or index's.
    #[error("implied volatility is {0} a day, allowed is 0.001 to 0.15")]
    Unconditional(f64),
    /// The parameters imply no long-run volatility at all, or one beyond every number.
    #[error("the parameters imply no finite volatility a day, allowed is 0.001 to 0.15")]
    NoUnconditional,
    /// The forecast is far from what simple averaging says.
    #[error("the forecast is {0} times the exponentially weighted volatility, allowed is 1/4 to 4")]
    FarFromEwma(f64),
}

impl Fault {
    /// The rule in words, without the number.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotConverged => "the EGARCH fit did not converge",
            Self::Persistence(_) => "EGARCH beta is 0.999 or more in size",
            Self::HeavyTails(_) => "EGARCH nu is 2.05 or less",
            Self::Unconditional(_) | Self::NoUnconditional => {
                "EGARCH implies a daily volatility outside 0.1 % to 15 %"
            }
            Self::FarFromEwma(_) => "the EGARCH forecast is outside 1/4 to 4 times the EWMA",
        }
    }
}

/// What deserves attention without stopping anything.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// `nu < 4`: the errors have no kurtosis.
    InfiniteKurtosis,
    /// `gamma > 0`: volatility rises after gains.
    InverseLeverage,
    /// Squared standardised errors are correlated (Ljung-Box over 10 lags, p below 1 %).
    CorrelatedSquares,
    /// Fewer than two starts reached the best likelihood.
    UnstableOptimum,
    /// Fewer than 500 returns.
    ShortSample,
}

/// A variance forecast. Variances are decimal squared; index 0 is one step ahead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolatilityForecast {
    /// `v_h`: variance of day `h`.
    pub per_step: Vec<f64>,
    /// `V_H`: variance of the sum of days 1 to `H`.
    pub cumulative: Vec<f64>,
    /// 5, 50 and 95 % quantiles of `v_h`; none for a fallback.
    pub band: Option<Vec<[f64; 3]>>,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// True when there are too few returns to size a new position.
    pub no_new_positions: bool,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

impl VolatilityForecast {
    /// Volatility of the next day, decimal.
    #[must_use]
    pub fn sigma_d(&self) -> f64 {
        self.per_step.first().map_or(DEFAULT_SIGMA_D, |v| v.sqrt())
    }

    fn flat(variance: f64, horizon: usize, provenance: Provenance) -> Self {
        Self {
            per_step: vec![variance; horizon],
            cumulative: (1..=horizon).map(|h| h as f64 * variance).collect(),
            band: None,
            provenance,
            no_new_positions: false,
            warnings: Vec::new(),
        }
    }
}

/// A valid EGARCH fit on percent returns, kept between refits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedVolatility {
    /// The parameters, percent units, centred on `E|z|`.
    pub model: Egarch,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// An EGARCH fit, valid or not, with the rules it breaks: for a report that shows why.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedVolatility {
    /// The fit on percent returns, with its path.
    pub found: VolatilityFit<Egarch>,
    /// The rules it breaks; with none it may be used.
    pub faults: Vec<Fault>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

impl JudgedVolatility {
    /// Fits EGARCH to decimal daily returns and judges it.
    ///
    /// # Errors
    /// As [`fit`], but a broken rule is no error.
    pub fn of(returns: &[f64]) -> Result<Self, ModelError> {
        check_finite(returns)?;
        if returns.len() < FIT_MIN {
            return Err(ModelError::TooShort { need: FIT_MIN, got: returns.len() });
        }
        let percent: Vec<f64> = returns.iter().map(|r| 100.0 * r).collect();
        let found = fit_egarch(&percent, Centre::MeanAbs, EgarchSearch::product())?;
        let faults = faults(&found, returns)?;
        // A fit that may not be used need not be fit for a closer look either.
        let warnings = match warnings(&found, &percent) {
            Err(_) if !faults.is_empty() => Vec::new(),
            warnings => warnings?,
        };
        Ok(Self { found, faults, warnings })
    }

    /// The fit if it may be used.
    ///
    /// # Errors
    /// [`ModelError::Infeasible`] with the first rule it breaks.
    pub fn accepted(&self) -> Result<FittedVolatility, ModelError> {
        match self.faults.first() {
            None => Ok(FittedVolatility { warnings: self.warnings.clone(), model: self.found.model }),
            Some(fault) => Err(ModelError::Infeasible { why: fault.rule() }),
        }
    }
}

/// Fits EGARCH to decimal daily returns and judges it.
///
/// # Errors
/// [`ModelError::TooShort`] below 250 returns, those of the fit, or [`ModelError::Infeasible`] for
/// a fit that is not valid; [`faults`] names the rules.
pub fn fit(returns: &[f64]) -> Result<FittedVolatility, ModelError> {
    JudgedVolatility::of(returns)?.accepted()
}

/// The validity rules that a fit on percent returns breaks.
///
/// # Errors
/// [`ModelError::Degenerate`] when the returns do not vary.
pub fn faults(found: &VolatilityFit<Egarch>, returns: &[f64]) -> Result<Vec<Fault>, ModelError> {
    let model = &found.model;
    let mut faults = Vec::new();
    if !found.converged {
        faults.push(Fault::NotConverged);
    }
    if model.beta.is_nan() || model.beta.abs() >= 0.999 {
        faults.push(Fault::Persistence(model.beta));
    }
    match model.errors {
        Errors::StudentT { nu } if nu.is_nan() || nu <= 2.05 + 1e-6 => faults.push(Fault::HeavyTails(nu)),
        _ => {}
    }
    match model.unconditional_volatility().map(|percent| percent / 100.0) {
        None => faults.push(Fault::NoUnconditional),
        Some(daily) if !(0.001..=0.15).contains(&daily) => faults.push(Fault::Unconditional(daily)),
        Some(_) => {}
    }
    let ewma = zero_mean(returns, &EwmaSpec::product())?.next.sqrt();
    if ewma == 0.0 {
        return Err(ModelError::Degenerate { why: "the returns do not vary" });
    }
    let ratio = found.path.next.sqrt() / 100.0 / ewma;
    if !(0.25..=4.0).contains(&ratio) {
        faults.push(Fault::FarFromEwma(ratio));
    }
    Ok(faults)
}

fn warnings(found: &VolatilityFit<Egarch>, percent: &[f64]) -> Result<Vec<Warning>, ModelError> {
    let squares: Vec<f64> = found.model.standardised(percent)?.iter().map(|z| z * z).collect();
    let heavy = matches!(found.model.errors, Errors::StudentT { nu } if nu < 4.0);
    let rules = [
        (heavy, Warning::InfiniteKurtosis),
        (found.model.gamma > 0.0, Warning::InverseLeverage),
        (ljung_box_p(&squares, 10).is_some_and(|p| p < 0.01), Warning::CorrelatedSquares),
        (found.agreeing < 2, Warning::UnstableOptimum),
        (percent.len() < 500, Warning::ShortSample),
    ];
    Ok(rules.into_iter().filter_map(|(holds, warning)| holds.then_some(warning)).collect())
}

/// The p-value of Ljung and Box's statistic; `None` for a constant series or one too short for the
/// lags.
fn ljung_box_p(x: &[f64], lags: usize) -> Option<f64> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
    let total: f64 = centred.iter().map(|v| v * v).sum();
    if x.len() <= lags || total == 0.0 {
        return None;
    }
    let term = |k: usize| {
        let covariance: f64 = centred[k..].iter().zip(&centred).map(|(a, b)| a * b).sum();
        (covariance / total).powi(2) / (n - k as f64)
    };
    let statistic = n * (n + 2.0) * (1..=lags).map(term).sum::<f64>();
    Some(ChiSquared::new(lags as f64).ok()?.sf(statistic))
}

/// The forecast of the next `horizon` days from decimal daily returns, oldest first.
///
/// `fitted` is the last valid fit, or the error that says why there is none; the fallback carries
/// its words.
///
/// # Errors
/// [`ModelError::NonFinite`]; [`ModelError::OutOfDomain`] for a horizon outside 1 to 252;
/// [`ModelError::Degenerate`] when 20 or more returns do not vary, so that no volatility can be
/// named.
pub fn forecast(
    returns: &[f64],
    fitted: &Result<FittedVolatility, ModelError>,
    horizon: usize,
    seed: u64,
) -> Result<VolatilityForecast, ModelError> {
    if !(1..=252).contains(&horizon) {
        return Err(ModelError::OutOfDomain { name: "horizon", value: horizon as f64, domain: "1 to 252" });
    }
    if !returns.is_empty() {
        check_finite(returns)?;
    }
    match fitted {
        Ok(fitted) => match from_model(returns, fitted, horizon, seed) {
            Ok(forecast) => Ok(forecast),
            Err(error) => fallback(returns, horizon, &error),
        },
        Err(error) => fallback(returns, horizon, error),
    }
}

fn from_model(
    returns: &[f64],
    fitted: &FittedVolatility,
    horizon: usize,
    seed: u64,
) -> Result<VolatilityForecast, ModelError> {
    const PERCENT_SQUARED: f64 = 1e4;
    let percent: Vec<f64> = returns.iter().map(|r| 100.0 * r).collect();
    let next = fitted.model.variances(&percent)?.next;
    let paths = simulate(&fitted.model, next.ln(), horizon, &Simulation::product(seed))?;
    let decimal = |v: f64| v / PERCENT_SQUARED;
    Ok(VolatilityForecast {
        per_step: paths.per_step.iter().map(|s| decimal(s.mean)).collect(),
        cumulative: paths.cumulative.iter().map(|s| decimal(s.mean)).collect(),
        band: Some(paths.per_step.iter().map(|s| [s.q05, s.q50, s.q95].map(decimal)).collect()),
        provenance: Provenance::Fitted,
        no_new_positions: false,
        warnings: fitted.warnings.clone(),
    })
}

fn fallback(returns: &[f64], horizon: usize, why: &ModelError) -> Result<VolatilityForecast, ModelError> {
    let n = returns.len();
    if n >= EWMA_MIN {
        let next = zero_mean(returns, &EwmaSpec::product())?.next;
        if next == 0.0 {
            return Err(ModelError::Degenerate { why: "the returns do not vary" });
        }
        let provenance = Provenance::fallback("EWMA span 60", why.to_string());
        return Ok(VolatilityForecast::flat(next, horizon, provenance));
    }
    let mean = returns.iter().sum::<f64>() / n.max(1) as f64;
    let sample = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n.max(2) - 1) as f64;
    if n >= SAMPLE_MIN && sample > 0.0 && sample.is_finite() {
        let provenance = Provenance::fallback("sample standard deviation", format!("{n} returns only"));
        return Ok(VolatilityForecast::flat(sample, horizon, provenance));
    }
    let provenance = Provenance::fallback("default 2.5 % a day", format!("{n} returns: no data"));
    let mut forecast = VolatilityForecast::flat(DEFAULT_SIGMA_D * DEFAULT_SIGMA_D, horizon, provenance);
    forecast.no_new_positions = true;
    Ok(forecast)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    fn clustered(n: usize, seed: u64) -> Vec<f64> {
        let mut draws = Draws::new(seed, 0);
        let mut log_variance: f64 = 0.0;
        (0..n)
            .map(|_| {
                let z = draws.student_t(7.0) * (5.0f64 / 7.0).sqrt();
                let r = 0.01 * (0.5 * log_variance).exp() * z;
                log_variance = 0.15 * (z.abs() - 0.76) - 0.08 * z + 0.95 * log_variance;
                r
            })
            .collect()
    }

    #[test]
    fn a_valid_fit_forecasts_and_doubling_returns_doubles_every_volatility() {
        let returns = clustered(700, 3);
        let doubled: Vec<f64> = returns.iter().map(|r| 2.0 * r).collect();
        let a = forecast(&returns, &fit(&returns), 5, 1).unwrap();
        let b = forecast(&doubled, &fit(&doubled), 5, 1).unwrap();
        assert_eq!((&a.provenance, a.per_step.len()), (&Provenance::Fitted, 5));
        for h in 0..5 {
            assert!(((b.per_step[h] / a.per_step[h]).sqrt() - 2.0).abs() < 1e-4, "step {h}");
            assert!(((b.cumulative[h] / a.cumulative[h]).sqrt() - 2.0).abs() < 1e-4, "step {h}");
        }
        assert!((a.cumulative[4] / a.per_step.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((0.003..0.05).contains(&a.sigma_d()), "{}", a.sigma_d());
    }

    #[test]
    fn every_fallback_is_named() {
        let returns = clustered(300, 5);
        let rows = [
            (100, "EWMA span 60", false),
            (20, "EWMA span 60", false),
            (19, "sample standard deviation", false),
            (5, "sample standard deviation", false),
            (4, "default 2.5 % a day", true),
            (0, "default 2.5 % a day", true),
        ];
        for (n, wanted, no_new) in rows {
            let part = &returns[..n];
            let out = forecast(part, &fit(part), 3, 0).unwrap();
            assert!(
                matches!(&out.provenance, Provenance::Fallback { name, .. } if name == wanted),
                "{n}: {:?}",
                out.provenance
            );
            assert_eq!(out.no_new_positions, no_new, "{n}");
            assert!((out.cumulative[2] / out.per_step[0] - 3.0).abs() < 1e-12);
        }
        let flat = [0.0; 60];
        assert!(matches!(forecast(&flat, &fit(&flat), 3, 0), Err(ModelError::Degenerate { .. })));
    }

    #[test]
    fn rules_name_what_they_dislike() {
        let returns = clustered(400, 7);
        let percent: Vec<f64> = returns.iter().map(|r| 100.0 * r).collect();
        let good = fit_egarch(&percent, Centre::MeanAbs, EgarchSearch::product()).unwrap();
        assert_eq!(faults(&good, &returns), Ok(vec![]));
        let with = |edit: fn(&mut VolatilityFit<Egarch>)| {
            let mut fit = good.clone();
            edit(&mut fit);
            faults(&fit, &returns).unwrap()
        };
        assert_eq!(with(|f| f.converged = false), [Fault::NotConverged]);
        assert!(with(|f| f.model.beta = 0.9992).contains(&Fault::Persistence(0.9992)));
        assert_eq!(with(|f| f.model.errors = Errors::StudentT { nu: 2.05 }), [Fault::HeavyTails(2.05)]);
        assert!(matches!(with(|f| f.model.omega = 1.0)[..], [Fault::Unconditional(_)]));
        assert_eq!(
            with(|f| (f.model.omega, f.model.beta) = (1.0, 0.999_999_999)),
            [Fault::Persistence(0.999_999_999), Fault::NoUnconditional]
        );
        assert!(matches!(with(|f| f.path.next *= 100.0)[..], [Fault::FarFromEwma(_)]));
    }
}
