//! Did the value at risk hold? Counts and runs of exceedances against what was promised (K8).

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

use crate::model::ModelError;
use crate::model::error::finite;

/// A likelihood-ratio test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LikelihoodRatio {
    /// The statistic; 0 is perfect agreement.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
}

impl LikelihoodRatio {
    fn new(statistic: f64, freedom: f64) -> Result<Self, ModelError> {
        let chi2 = ChiSquared::new(freedom).map_err(|_| ModelError::OutOfDomain {
            name: "degrees of freedom",
            value: freedom,
            domain: "above 0",
        })?;
        let statistic = finite("likelihood ratio", statistic)?.max(0.0);
        Ok(Self { statistic, p_value: chi2.sf(statistic) })
    }
}

/// Kupiec's test: `exceedances` in `n` days against an expected rate `p`.
///
/// The statistic is summed as deviances, so that it is 0 to the last digit when the rate is exactly
/// met; no exceedance, or nothing but, is the limit of the formula.
///
/// # Errors
/// [`ModelError::EmptyInput`] for no days, [`ModelError::OutOfDomain`] for a rate outside 0 to 1 or
/// more exceedances than days.
pub fn kupiec(n: usize, exceedances: usize, p: f64) -> Result<LikelihoodRatio, ModelError> {
    if n == 0 {
        return Err(ModelError::EmptyInput);
    }
    if !(p > 0.0 && p < 1.0) {
        return Err(ModelError::OutOfDomain { name: "p", value: p, domain: "inside 0 to 1" });
    }
    if exceedances > n {
        let value = exceedances as f64;
        return Err(ModelError::OutOfDomain { name: "exceedances", value, domain: "0 to n" });
    }
    let (n, x) = (n as f64, exceedances as f64);
    LikelihoodRatio::new(2.0 * (deviance(x, n * p) + deviance(n - x, n * (1.0 - p))), 1.0)
}

/// `x ln(x / m) - (x - m)`, without the loss of digits where `x` is near `m`.
fn deviance(x: f64, m: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    let u = (x - m) / m;
    if u.abs() < 1e-4 {
        // (1 + u) ln(1 + u) - u, as a series.
        return m * u * u * (0.5 - u / 6.0 + u * u / 12.0);
    }
    x * (x / m).ln() - (x - m)
}

/// Christoffersen's test of independence: whether an exceedance makes one on the next day likelier.
///
/// # Errors
/// [`ModelError::TooShort`] below two days; [`ModelError::Degenerate`] when there was no
/// exceedance, or nothing else, on the days before the last, so that no transition can be compared.
pub fn christoffersen(hits: &[bool]) -> Result<LikelihoodRatio, ModelError> {
    if hits.len() < 2 {
        return Err(ModelError::TooShort { need: 2, got: hits.len() });
    }
    let count = |before: bool, now: bool| {
        hits.windows(2).filter(|pair| pair[0] == before && pair[1] == now).count() as f64
    };
    let (n00, n01, n10, n11) =
        (count(false, false), count(false, true), count(true, false), count(true, true));
    if n00 + n01 == 0.0 || n10 + n11 == 0.0 {
        return Err(ModelError::Degenerate { why: "only one kind of day" });
    }
    let log_likelihood = |no: f64, yes: f64, rate: f64| {
        let term = |count: f64, p: f64| if count > 0.0 { count * p.ln() } else { 0.0 };
        term(no, 1.0 - rate) + term(yes, rate)
    };
    let pooled = (n01 + n11) / (n00 + n01 + n10 + n11);
    let (after_no, after_yes) = (n01 / (n00 + n01), n11 / (n10 + n11));
    let separate = log_likelihood(n00, n01, after_no) + log_likelihood(n10, n11, after_yes);
    LikelihoodRatio::new(2.0 * (separate - log_likelihood(n00 + n10, n01 + n11, pooled)), 1.0)
}

/// The supervisors' zones: how unlikely so many exceedances are under the promised rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficLight {
    /// Fewer than 95 % of honest models would have fewer.
    Green,
    /// Below 99.99 %.
    Yellow,
    /// Beyond.
    Red,
}

/// The zone of `exceedances` in `n` days at an expected rate `p`.
///
/// # Errors
/// As [`kupiec`].
pub fn traffic_light(n: usize, exceedances: usize, p: f64) -> Result<TrafficLight, ModelError> {
    kupiec(n, exceedances, p)?;
    let binomial = Binomial::new(p, n as u64).map_err(|_| ModelError::OutOfDomain {
        name: "p",
        value: p,
        domain: "inside 0 to 1",
    })?;
    let cumulative = binomial.cdf(exceedances as u64);
    Ok(match cumulative {
        c if c < 0.95 => TrafficLight::Green,
        c if c < 0.9999 => TrafficLight::Yellow,
        _ => TrafficLight::Red,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kupiec_by_the_textbook_formula_and_its_limits() {
        for (n, x, p) in [(250, 7, 0.01), (1000, 40, 0.05), (500, 1, 0.01), (250, 249, 0.5)] {
            let (nf, xf) = (n as f64, x as f64);
            let rate = xf / nf;
            let plain = -2.0 * ((nf - xf) * f64::ln((1.0 - p) / (1.0 - rate)) + xf * f64::ln(p / rate));
            assert!((kupiec(n, x, p).unwrap().statistic - plain).abs() < 1e-9, "{n} {x} {p}");
        }
        let met = kupiec(1200, 60, 0.05).unwrap();
        assert!(met.statistic < 1e-20 && (met.p_value - 1.0).abs() < 1e-9, "{met:?}");
        let none = kupiec(250, 0, 0.01).unwrap();
        assert!((none.statistic + 2.0 * 250.0 * 0.99f64.ln()).abs() < 1e-9, "{none:?}");
        assert!(kupiec(10, 10, 0.01).unwrap().p_value < 1e-9);
        assert!(kupiec(0, 0, 0.01).is_err() && kupiec(10, 11, 0.01).is_err() && kupiec(10, 1, 0.0).is_err());
    }

    #[test]
    fn clusters_are_found_and_spread_is_not() {
        let spread: Vec<bool> = (0..500).map(|t| t % 20 == 0).collect();
        let mut clustered = vec![false; 500];
        clustered[100..125].fill(true);
        assert!(christoffersen(&clustered).unwrap().p_value < 1e-6);
        assert!(christoffersen(&spread).unwrap().p_value > 0.05);
        assert!(matches!(christoffersen(&[false; 50]), Err(ModelError::Degenerate { .. })));
        assert!(christoffersen(&[true]).is_err());
    }

    #[test]
    fn the_zones_of_250_days_at_one_percent() {
        for (x, zone) in [
            (0, TrafficLight::Green),
            (4, TrafficLight::Green),
            (5, TrafficLight::Yellow),
            (9, TrafficLight::Yellow),
            (10, TrafficLight::Red),
        ] {
            assert_eq!(traffic_light(250, x, 0.01), Ok(zone), "{x}");
        }
    }
}
