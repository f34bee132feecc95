//! Is the trade worth making after all costs (C15).
//!
//! Costs are subtracted on both sides and for the way out too; what is left is compared with the
//! uncertainty of the forecast. Selling what is held is a decision of its own: it saves the
//! difference between selling now and selling later, and the way in is long paid. Opening a short
//! position is not available here.

use super::cost::TradeCost;
use crate::market::Money;
use crate::model::ModelError;
use crate::model::units::{Bps, require, require_non_negative, require_positive};

/// Cost of illiquidity per unit of its scaled measure.
pub const LIQUIDITY_COST: f64 = 0.001;

/// How much of its own uncertainty an edge must exceed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
    /// Half a standard deviation.
    Permissive,
    /// One standard deviation.
    Strict,
}

impl Strictness {
    /// The smallest `z`.
    #[must_use]
    pub const fn z_min(self) -> f64 {
        match self {
            Self::Permissive => 0.5,
            Self::Strict => 1.0,
        }
    }
}

/// A forecast over the decision's horizon, decimal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Forecast {
    /// Expected return.
    pub mean: f64,
    /// Its standard deviation.
    pub sigma: f64,
}

/// What was subtracted, as fractions of the notional.
#[derive(Clone, PartialEq, Debug)]
pub struct EdgeCosts {
    /// The trade now.
    pub now: TradeCost,
    /// The trade it makes necessary (entry), or makes unnecessary (reduction), later.
    pub later: TradeCost,
    /// Illiquidity.
    pub liquidity: f64,
}

/// Why there is or is not a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EdgeVerdict {
    /// Both conditions hold.
    Trade,
    /// The edge after costs is not above zero.
    NoEdge,
    /// It is, and does not stand out of its uncertainty.
    TooUncertain,
}

/// An edge with every part of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Edge {
    /// Net expected return, a fraction of the notional.
    pub net: f64,
    /// The same for display.
    pub net_bps: Bps,
    /// In standard deviations of the forecast.
    pub z: f64,
    /// The smallest `z` asked for.
    pub z_min: f64,
    /// `min(z / 2, 1)`, at or above 0.
    pub confidence: f64,
    /// Expected gain on the notional, in NPR.
    pub expected_npr: f64,
    /// What was subtracted.
    pub costs: EdgeCosts,
    /// The outcome.
    pub verdict: EdgeVerdict,
}

impl Edge {
    /// Whether the net return is above zero.
    #[must_use]
    pub fn pays(&self) -> bool {
        self.net > 0.0
    }

    /// Whether it stands out of its uncertainty.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.z >= self.z_min
    }
}

/// The edge of buying: `mu - c_in - c_out - liq`.
///
/// `illiquidity` is the scaled measure of C10, at or above 0; `z_min` may be raised above a
/// [`Strictness`] by signs of informed trading (X15).
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a forecast that is not finite, a sigma that is not above 0, or costs below 0:
/// the decision is then not to trade.
pub fn buying(
    forecast: Forecast,
    entry: TradeCost,
    exit: TradeCost,
    illiquidity: f64,
    notional: Money,
    z_min: f64,
) -> Result<Edge, ModelError> {
    let liquidity = LIQUIDITY_COST * checked(forecast, &entry, &exit, illiquidity)?;
    let net = forecast.mean - entry.total() - exit.total() - liquidity;
    let costs = EdgeCosts { now: entry, later: exit, liquidity };
    judged(net, forecast, costs, notional, z_min)
}

/// The edge of selling what is held: `-mu - (c_now - c_later) - liq`.
///
/// # Errors
/// As [`buying`].
pub fn reducing(
    forecast: Forecast,
    sell_now: TradeCost,
    sell_later: TradeCost,
    illiquidity: f64,
    notional: Money,
    z_min: f64,
) -> Result<Edge, ModelError> {
    let liquidity = LIQUIDITY_COST * checked(forecast, &sell_now, &sell_later, illiquidity)?;
    let net = -forecast.mean - (sell_now.total() - sell_later.total()) - liquidity;
    let costs = EdgeCosts { now: sell_now, later: sell_later, liquidity };
    judged(net, forecast, costs, notional, z_min)
}

/// A sale of shares that are not held.
///
/// # Errors
/// Always [`ModelError::NotAvailable`]: this market has no short selling.
pub const fn shorting() -> Result<Edge, ModelError> {
    Err(ModelError::NotAvailable("short_selling"))
}

/// Whether held shares should be sold: the edge says so, or the target asks for less.
#[must_use]
pub fn should_reduce(edge: &Edge, weight: f64, target: f64) -> bool {
    edge.verdict == EdgeVerdict::Trade || target < weight
}

fn checked(
    forecast: Forecast,
    now: &TradeCost,
    later: &TradeCost,
    illiquidity: f64,
) -> Result<f64, ModelError> {
    require(true, "expected return", forecast.mean, "finite")?;
    require_positive("sigma of the forecast", forecast.sigma)?;
    for cost in [now, later] {
        let parts = [
            ("participation", cost.participation),
            ("half spread", cost.half_spread.value),
            ("fees", cost.fees.value),
            ("impact", cost.impact),
            ("capital gains tax", cost.capital_gains_tax),
        ];
        parts.into_iter().try_for_each(|(name, part)| require_non_negative(name, part))?;
    }
    require_non_negative("illiquidity", illiquidity)?;
    Ok(illiquidity)
}

fn judged(
    net: f64,
    forecast: Forecast,
    costs: EdgeCosts,
    notional: Money,
    z_min: f64,
) -> Result<Edge, ModelError> {
    require_non_negative("z_min", z_min)?;
    require_non_negative("notional", notional.paisa() as f64)?;
    let z = net / forecast.sigma;
    require(true, "z", z, "finite")?;
    let verdict = if net <= 0.0 {
        EdgeVerdict::NoEdge
    } else if z < z_min {
        EdgeVerdict::TooUncertain
    } else {
        EdgeVerdict::Trade
    };
    Ok(Edge {
        net,
        net_bps: Bps::from_fraction(net)?,
        z,
        z_min,
        confidence: (z / 2.0).clamp(0.0, 1.0),
        expected_npr: net * notional.paisa() as f64 / 100.0,
        costs,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cost(impact: f64) -> TradeCost {
        TradeCost { impact, ..TradeCost::none() }
    }

    fn forecast(mean: f64, sigma: f64) -> Forecast {
        Forecast { mean, sigma }
    }

    fn lakh() -> Money {
        Money::from_rupees(100_000).unwrap()
    }

    #[test]
    fn an_edge_must_pay_and_stand_out() {
        for (mean, sigma, strictness, expected) in [
            (0.020, 0.004, Strictness::Strict, EdgeVerdict::Trade),
            (0.020, 0.012, Strictness::Strict, EdgeVerdict::TooUncertain),
            (0.020, 0.012, Strictness::Permissive, EdgeVerdict::Trade),
            (0.0119, 0.0001, Strictness::Permissive, EdgeVerdict::NoEdge),
            (-0.05, 0.01, Strictness::Permissive, EdgeVerdict::NoEdge),
        ] {
            let z_min = strictness.z_min();
            let got = buying(forecast(mean, sigma), cost(0.005), cost(0.006), 1.0, lakh(), z_min).unwrap();
            assert_eq!(got.verdict, expected, "{mean} {sigma}");
            assert!((got.net - (mean - 0.012)).abs() < 1e-15);
            assert!((got.expected_npr - got.net * 1e5).abs() < 1e-6);
            assert_eq!(got.verdict == EdgeVerdict::Trade, got.pays() && got.is_clear());
        }
    }

    #[test]
    fn selling_now_saves_selling_later() {
        let bad_news = forecast(-0.02, 0.01);
        let got = reducing(bad_news, cost(0.010), cost(0.004), 0.0, lakh(), 0.5).unwrap();
        assert!((got.net - 0.014).abs() < 1e-15);
        assert_eq!(got.verdict, EdgeVerdict::Trade);
        assert!(should_reduce(&got, 0.05, 0.05));
        let good_news = reducing(forecast(0.02, 0.01), cost(0.01), cost(0.004), 0.0, lakh(), 0.5).unwrap();
        assert!(!should_reduce(&good_news, 0.05, 0.05));
        assert!(should_reduce(&good_news, 0.05, 0.04));
        assert_eq!(shorting(), Err(ModelError::NotAvailable("short_selling")));
    }

    #[test]
    fn a_forecast_without_uncertainty_is_refused() {
        for bad in
            [forecast(0.1, 0.0), forecast(0.1, -1.0), forecast(f64::NAN, 0.1), forecast(0.1, f64::INFINITY)]
        {
            assert!(buying(bad, cost(0.0), cost(0.0), 0.0, lakh(), 0.5).is_err(), "{bad:?}");
        }
        assert!(buying(forecast(0.1, 0.1), cost(-0.1), cost(0.0), 0.0, lakh(), 0.5).is_err());
        assert!(buying(forecast(0.1, 0.1), cost(0.0), cost(0.0), f64::NAN, lakh(), 0.5).is_err());
    }

    proptest! {
        #[test]
        fn costs_only_ever_lower_conviction(
            mean in -0.1..0.1f64, sigma in 0.001..0.1f64, c in 0.0..0.05f64, more in 0.0..0.05f64,
        ) {
            let at = |c: f64| buying(forecast(mean, sigma), cost(c), cost(c), 0.0, lakh(), 0.5).unwrap();
            prop_assert!(at(c + more).z <= at(c).z);
            prop_assert!(at(c + more).confidence <= at(c).confidence);
            prop_assert!((0.0..=1.0).contains(&at(c).confidence));
        }
    }
}
