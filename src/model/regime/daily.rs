//! The daily regime belief that decisions use: a judged fit, a frozen filter, and a visible
//! fallback (C4).
//!
//! The intercept form is refitted monthly on data up to the decision and filtered daily with the
//! parameters frozen in between. A fit that is no fit of two regimes is refused with its reason
//! ([`DailyFit::fit`]); then the last valid parameters go on for up to 65 sessions, then a
//! volatility ratio stands in, then a half, with sizing halved. Each says so in its provenance.
//!
//! Only [`FilteredProbability`] leaves this file. For the smoothed history of a report see
//! [`super::markov::smooth`].

use serde::{Deserialize, Serialize};

use super::FilteredProbability;
use super::markov::{Filter, FitOptions, Form, SwitchingAr, filter, fit};
use crate::model::error::{check_finite, check_series};
use crate::model::volatility::ewma::{EwmaSpec, EwmaStart, zero_mean};
use crate::model::{ModelError, Provenance};

/// Returns needed for a fit.
pub const FIT_MIN: usize = 200;
/// The mean filtered probability of a regime is at least this.
const OCCUPANCY_MIN: f64 = 0.05;
/// The volatilities of the regimes are at least this far apart.
const SEPARATION_MIN: f64 = 1.2;
/// A regime lasts at least so many bars on average.
const DURATION_MIN: f64 = 2.0;
/// Valid parameters may be used for so many sessions.
pub const PARAMETERS_AGE_MAX: u32 = 65;
/// Sessions over which the proxy takes its median.
const PROXY_WINDOW: usize = 250;

/// A valid fit of two regimes to daily returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailyFit {
    /// Parameters in the intercept form, decimal returns, regime 1 the wilder one.
    pub params: SwitchingAr,
    /// Log-likelihood; the first return is conditioned on.
    pub log_likelihood: f64,
    /// Returns used.
    pub n: usize,
    /// Fewer than two starts came near the best likelihood.
    pub unstable_optimum: bool,
    /// The Bayesian criterion less that of a one-regime AR(1); positive means one regime explains
    /// as much. A warning only: the likelihood ratio is not a standard one.
    pub bic_excess: f64,
}

impl DailyFit {
    /// Fits decimal daily returns, oldest first.
    ///
    /// # Errors
    /// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], [`ModelError::TooShort`] below 200
    /// returns, [`ModelError::Degenerate`] with the rule that the fit breaks.
    pub fn fit(returns: &[f64], seed: u64) -> Result<Self, ModelError> {
        let judged = JudgedFit::of(returns, seed)?;
        match judged.broken {
            Some(why) => Err(ModelError::Degenerate { why }),
            None => Ok(judged.fit),
        }
    }

    /// Volatility of each regime, decimal per day: the reference levels of the intraday detector.
    #[must_use]
    pub fn sigma_d(&self) -> [f64; 2] {
        self.params.variance.map(f64::sqrt)
    }
}

/// A fit, valid or not, with the numbers that its rules look at: for a report that shows why.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedFit {
    /// The fit; to be used only if nothing is [`Self::broken`].
    pub fit: DailyFit,
    /// Mean filtered probability of stress.
    pub occupancy: f64,
    /// Volatility of stress over that of normal.
    pub separation: f64,
    /// Expected bars in each regime; `None` for one that is never left.
    pub duration: [Option<f64>; 2],
    /// The curvature of the likelihood is finite.
    pub finite_curvature: bool,
    /// The first rule of two regimes that the fit breaks.
    pub broken: Option<&'static str>,
}

impl JudgedFit {
    /// Fits decimal daily returns, oldest first, and judges the fit.
    ///
    /// # Errors
    /// As [`DailyFit::fit`], but a broken rule is no error.
    pub fn of(returns: &[f64], seed: u64) -> Result<Self, ModelError> {
        check_series(returns, FIT_MIN)?;
        let found = fit(Form::Intercept, returns, &FitOptions::product(seed))?;
        let filtered = filter(&found.params, returns)?.p_stress();
        let occupancy = filtered.iter().map(|p| p.get()).sum::<f64>() / filtered.len() as f64;
        let rows = (returns.len() - 1) as f64;
        let bic = |log_likelihood: f64, parameters: f64| parameters * rows.ln() - 2.0 * log_likelihood;
        Ok(Self {
            occupancy,
            separation: (found.params.variance[1] / found.params.variance[0]).sqrt(),
            duration: found.params.expected_duration(),
            finite_curvature: found.finite_curvature,
            broken: degeneracy(&found.params, occupancy, returns.len(), found.finite_curvature),
            fit: DailyFit {
                params: found.params,
                log_likelihood: found.log_likelihood,
                n: returns.len(),
                unstable_optimum: found.unstable_optimum,
                bic_excess: bic(found.log_likelihood, 8.0) - bic(one_regime(returns), 3.0),
            },
        })
    }
}

/// The first rule of two regimes that parameters break.
fn degeneracy(
    params: &SwitchingAr,
    occupancy: f64,
    n: usize,
    finite_curvature: bool,
) -> Option<&'static str> {
    let separation = (params.variance[1] / params.variance[0]).sqrt();
    // A regime that is never left lasts longer than any sample.
    let duration = params.expected_duration().map(|bars| bars.unwrap_or(f64::INFINITY));
    let rules = [
        (
            !(OCCUPANCY_MIN..=1.0 - OCCUPANCY_MIN).contains(&occupancy),
            "a regime holds less than 5 % of the days",
        ),
        (
            separation.is_nan() || separation < SEPARATION_MIN,
            "the regimes' volatilities are less than 1.2 apart",
        ),
        (duration.iter().any(|d| *d < DURATION_MIN), "a regime lasts less than 2 days"),
        (duration.iter().any(|d| *d > n as f64 / 2.0), "a regime lasts more than half the sample"),
        (!finite_curvature, "the curvature of the likelihood is not finite"),
    ];
    rules.into_iter().find_map(|(broken, why)| broken.then_some(why))
}

/// Log-likelihood of an AR(1) with one regime, conditioned on the first return.
fn one_regime(returns: &[f64]) -> f64 {
    let rows = (returns.len() - 1) as f64;
    let pairs = || returns.windows(2).map(|pair| (pair[0], pair[1]));
    let mean_x = pairs().map(|(x, _)| x).sum::<f64>() / rows;
    let mean_y = pairs().map(|(_, y)| y).sum::<f64>() / rows;
    let xx: f64 = pairs().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let xy: f64 = pairs().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    let squares: f64 = pairs().map(|(x, y)| (y - mean_y - slope * (x - mean_x)).powi(2)).sum();
    -0.5 * rows * ((std::f64::consts::TAU * squares / rows).ln() + 1.0)
}

/// The last valid fit, and how its successor fared.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptFit {
    /// The parameters.
    pub fit: DailyFit,
    /// Sessions since they were fitted.
    pub age_sessions: u32,
    /// Why there is no newer one, when a later refit failed.
    pub refit_failure: Option<ModelError>,
}

/// What is believed at the close of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailyBelief {
    /// Probability that the last completed session was one of stress.
    pub p_stress: FilteredProbability,
    /// Probability that the next one is: the start of the intraday detector.
    pub p_next: FilteredProbability,
    /// Which link of the chain this is.
    pub provenance: Provenance,
    /// True at the end of the chain: nothing is known, sizes are halved.
    pub halve_sizing: bool,
}

/// The belief after the last of `returns` (decimal, oldest first), by the first link of the chain
/// that holds.
///
/// # Errors
/// [`ModelError::NonFinite`]. Having no returns is no error: that is what the end of the chain is
/// for.
pub fn belief(kept: Option<&KeptFit>, returns: &[f64]) -> Result<DailyBelief, ModelError> {
    if !returns.is_empty() {
        check_finite(returns)?;
    }
    let usable = kept.filter(|kept| kept.age_sessions <= PARAMETERS_AGE_MAX && returns.len() >= 2);
    if let Some(kept) = usable {
        let mut filter = Filter::new(kept.fit.params)?;
        for value in returns {
            filter.on_value(*value);
        }
        let provenance = kept.refit_failure.as_ref().map_or(Provenance::Fitted, |failure| {
            Provenance::fallback(
                "last valid parameters",
                format!("{} sessions old, refit: {failure}", kept.age_sessions),
            )
        });
        let (p_stress, p_next) = (filter.p_stress(), filter.predict(1));
        return Ok(DailyBelief { p_stress, p_next, provenance, halve_sizing: false });
    }
    let reason = match kept {
        Some(kept) => format!("parameters are {} sessions old", kept.age_sessions),
        None => "no valid fit".to_owned(),
    };
    if let Some(p) = volatility_ratio(returns)? {
        let provenance = Provenance::fallback("volatility ratio", reason);
        return Ok(DailyBelief { p_stress: p, p_next: p, provenance, halve_sizing: false });
    }
    let half = FilteredProbability::from_recursion(0.5);
    let provenance = Provenance::fallback(
        "one half",
        format!("{reason}, and {} returns are too few for a ratio", returns.len()),
    );
    Ok(DailyBelief { p_stress: half, p_next: half, provenance, halve_sizing: true })
}

/// `clamp((v - 1) / 1.5, 0.02, 0.98)` with `v` the EWMA(0.94) volatility over its own median of the
/// last 250 sessions; `None` with fewer returns than that, or a median of zero.
fn volatility_ratio(returns: &[f64]) -> Result<Option<FilteredProbability>, ModelError> {
    if returns.len() < PROXY_WINDOW {
        return Ok(None);
    }
    let spec = EwmaSpec { lambda: 0.94, start: EwmaStart::MeanSquare(20), include_current: true };
    let path = zero_mean(returns, &spec)?.variance;
    let mut sigma: Vec<f64> = path[path.len() - PROXY_WINDOW..].iter().map(|v| v.sqrt()).collect();
    let today = sigma[PROXY_WINDOW - 1];
    sigma.sort_by(f64::total_cmp);
    let median = 0.5 * (sigma[PROXY_WINDOW / 2 - 1] + sigma[PROXY_WINDOW / 2]);
    let p = ((today / median - 1.0) / 1.5).clamp(0.02, 0.98);
    Ok((median > 0.0).then(|| FilteredProbability::from_recursion(p)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::Draws;

    /// Long calm and wild spells, decimal.
    fn spells(n: usize, seed: u64) -> Vec<f64> {
        let mut draws = Draws::new(seed, 0);
        let mut stress = false;
        (0..n)
            .map(|_| {
                let flip = draws.uniform() < if stress { 0.05 } else { 0.02 };
                stress ^= flip;
                (if stress { 0.025 } else { 0.008 }) * draws.normal()
            })
            .collect()
    }

    fn kept(age_sessions: u32, refit_failure: Option<ModelError>) -> KeptFit {
        KeptFit { fit: DailyFit::fit(&spells(600, 1), 0).unwrap(), age_sessions, refit_failure }
    }

    #[test]
    fn two_regimes_are_found_where_there_are_two() {
        let fit = DailyFit::fit(&spells(900, 4), 0).unwrap();
        let [calm, wild] = fit.sigma_d();
        assert!((calm / 0.008 - 1.0).abs() < 0.2 && (wild / 0.025 - 1.0).abs() < 0.25, "{fit:?}");
        assert!(fit.bic_excess < 0.0 && !fit.unstable_optimum, "{fit:?}");
        assert_eq!(fit, DailyFit::fit(&spells(900, 4), 0).unwrap());
    }

    #[test]
    fn one_regime_is_refused_with_its_reason() {
        let mut draws = Draws::new(2, 0);
        let one: Vec<f64> = (0..500).map(|_| 0.01 * draws.normal()).collect();
        match DailyFit::fit(&one, 0) {
            Err(ModelError::Degenerate { .. }) => {}
            Ok(fit) => assert!(fit.bic_excess > 0.0, "{fit:?}"),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(DailyFit::fit(&one[..199], 0), Err(ModelError::TooShort { need: 200, got: 199 }));
        assert!(matches!(DailyFit::fit(&[0.01; 300], 0), Err(ModelError::Degenerate { .. })));
    }

    #[test]
    fn each_rule_of_two_regimes_has_its_words() {
        let good = SwitchingAr {
            form: Form::Intercept,
            transition: [[0.98, 0.02], [0.05, 0.95]],
            location: [0.0; 2],
            phi: [0.0; 2],
            variance: [1.0, 4.0],
        };
        let short = SwitchingAr { transition: [[0.98, 0.02], [0.6, 0.4]], ..good };
        let forever = SwitchingAr { transition: [[1.0, 0.0], [0.05, 0.95]], ..good };
        for (params, occupancy, finite_curvature, words) in [
            (good, 0.3, true, None),
            (good, 0.04, true, Some("a regime holds less than 5 % of the days")),
            (good, f64::NAN, true, Some("a regime holds less than 5 % of the days")),
            (
                SwitchingAr { variance: [1.0, 1.43], ..good },
                0.3,
                true,
                Some("the regimes' volatilities are less than 1.2 apart"),
            ),
            (short, 0.3, true, Some("a regime lasts less than 2 days")),
            (forever, 0.3, true, Some("a regime lasts more than half the sample")),
            (good, 0.3, false, Some("the curvature of the likelihood is not finite")),
        ] {
            assert_eq!(degeneracy(&params, occupancy, 1000, finite_curvature), words);
        }
    }

    #[test]
    fn the_chain_of_fallbacks_is_visible_link_by_link() {
        let returns = spells(400, 9);
        let failed = Some(ModelError::Degenerate { why: "one regime only" });
        let rows = [
            (Some(kept(10, None)), 400, None, false),
            (Some(kept(40, failed.clone())), 400, Some("last valid parameters"), false),
            (Some(kept(65, failed.clone())), 400, Some("last valid parameters"), false),
            (Some(kept(66, failed)), 400, Some("volatility ratio"), false),
            (None, 250, Some("volatility ratio"), false),
            (None, 249, Some("one half"), true),
            (None, 0, Some("one half"), true),
        ];
        for (kept, n, wanted, halve) in rows {
            let got = belief(kept.as_ref(), &returns[..n]).unwrap();
            let name = match &got.provenance {
                Provenance::Fallback { name, .. } => Some(name.as_str()),
                _ => None,
            };
            assert_eq!((name, got.halve_sizing), (wanted, halve), "{n}");
        }
        assert_eq!(belief(None, &[f64::NAN]), Err(ModelError::NonFinite { index: 0 }));
    }

    #[test]
    fn a_belief_sees_no_future_and_the_next_day_is_one_step_of_the_chain() {
        let kept = kept(0, None);
        let returns = spells(300, 12);
        let mut longer = returns.clone();
        longer.extend([0.2, -0.3, 0.25]);
        let whole = filter(&kept.fit.params, &longer).unwrap().p_stress();
        let got = belief(Some(&kept), &returns).unwrap();
        assert_eq!(got.p_stress, whole[returns.len() - 2]);
        assert_eq!(got.p_next.get(), kept.fit.params.predict(got.p_stress.get(), 1));
    }

    #[test]
    fn the_proxy_rises_with_volatility() {
        let calm: Vec<f64> = (0..300).map(|t| if t % 2 == 0 { 0.01 } else { -0.01 }).collect();
        let mut wild = calm.clone();
        wild[280..].iter_mut().for_each(|r| *r *= 5.0);
        let p = |x: &[f64]| belief(None, x).unwrap().p_stress.get();
        assert_eq!((p(&calm), p(&wild)), (0.02, 0.98));
        assert!(belief(None, &[0.0; 300]).unwrap().halve_sizing);
    }
}
