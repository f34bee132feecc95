//! What a trade will cost, one way, before it is made (X1).
//!
//! `c = h + fees + impact`, as fractions of the notional. Impact is a curve of participation,
//! scaled by stress, by a jump of volatility and by the time of day, and dearer for sells. It is
//! capped, but never silently: a trade whose impact is large carries a flag that blocks it.

use serde::{Deserialize, Serialize};

use super::fill_probability::Quote;
use crate::market::{Money, Qty, Side};
use crate::model::regime::FilteredProbability;
use crate::model::units::{require, require_non_negative, require_positive};
use crate::model::{ModelError, Provenance, Sourced};
use crate::strategy::cost::TradeCost;

/// Impact never counts for more than this.
pub const IMPACT_CAP: f64 = 0.50;
/// From this impact on, or at the cap, the estimate is marked extreme.
pub const IMPACT_EXTREME: f64 = 0.05;
/// Sells move the price more than buys.
pub const SELL_ASYMMETRY: f64 = 1.3;
/// Fees where the schedule is missing; the only place this number is used.
pub const FEES_FALLBACK: f64 = 0.0044;

/// Quoted spread by average daily turnover, NPR million, in bps (market rules, section 7).
const SPREAD_BY_TURNOVER_BPS: [(f64, f64); 6] =
    [(2.0, 324.0), (5.0, 205.0), (10.0, 175.0), (25.0, 131.0), (50.0, 108.0), (f64::INFINITY, 88.0)];

/// Impact as `k1 u + k2 u^2`, a fraction of price, for a participation `u`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ImpactCurve {
    /// Per unit of participation.
    pub k1: f64,
    /// Per unit of participation squared.
    pub k2: f64,
}

impl ImpactCurve {
    /// In force until own fills have been calibrated on; deliberately dear.
    pub const PESSIMISTIC: Self = Self { k1: 0.10, k2: 0.05 };
    /// What calibration shrinks towards.
    pub const PRIOR: Self = Self { k1: 0.05, k2: 0.01 };

    /// Fraction of price at participation `u`, before any multiplier.
    #[must_use]
    pub(crate) fn at(&self, u: f64) -> f64 {
        self.k1 * u + self.k2 * u * u
    }
}

/// Part of the session, for the impact's time-of-day factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeOfDay {
    /// The first half hour.
    Opening,
    /// Between the two.
    Middle,
    /// The last half hour.
    Closing,
}

impl TimeOfDay {
    /// Factor on impact.
    #[must_use]
    pub const fn factor(self) -> f64 {
        match self {
            Self::Opening => 1.5,
            Self::Middle => 1.0,
            Self::Closing => 1.3,
        }
    }
}

/// Factor on impact for a day more volatile than usual: `ratio` is today's volatility over its
/// 20-session mean. Unknown counts as usual.
#[must_use]
pub fn volatility_factor(ratio: Option<f64>) -> f64 {
    match ratio {
        Some(ratio) if ratio > 2.5 => 2.0,
        Some(ratio) if ratio > 1.5 => 1.5,
        _ => 1.0,
    }
}

/// The market state that impact is multiplied by: `m = max(1 + 2 p, vol) tod`.
#[must_use]
pub fn impact_multiplier(
    p_stress: FilteredProbability,
    volatility_ratio: Option<f64>,
    time: TimeOfDay,
) -> f64 {
    (1.0 + 2.0 * p_stress.get()).max(volatility_factor(volatility_ratio)) * time.factor()
}

/// The side's factor on impact.
#[must_use]
pub const fn asymmetry(side: Side) -> f64 {
    match side {
        Side::Buy => 1.0,
        Side::Sell => SELL_ASYMMETRY,
    }
}

/// One trade to price.
#[derive(Clone, PartialEq, Debug)]
pub struct CostQuery {
    /// Which way.
    pub side: Side,
    /// How many shares.
    pub qty: Qty,
    /// What they are worth at the price expected.
    pub notional: Money,
    /// Average daily volume of 20 sessions, shares; `None` if not known.
    pub adv: Option<f64>,
    /// The quote; `None` if a side is missing or the book is crossed.
    pub quote: Option<Quote>,
    /// Median half spread of 20 sessions, a fraction, for when there is no quote.
    pub median_half_spread: Option<f64>,
    /// Whether the order rests and is filled by others coming to it.
    pub passive: bool,
    /// All charges from the fee schedule; `None` if there is no schedule.
    pub fees: Option<Money>,
    /// Probability of stress, filtered.
    pub p_stress: FilteredProbability,
    /// Today's volatility over its 20-session mean, if known.
    pub volatility_ratio: Option<f64>,
    /// When in the session.
    pub time: TimeOfDay,
}

/// The impact curve in force and where it comes from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CostModel {
    /// Coefficients of impact.
    pub impact: Sourced<ImpactCurve>,
}

impl Default for CostModel {
    fn default() -> Self {
        Self { impact: Sourced { value: ImpactCurve::PESSIMISTIC, provenance: Provenance::Default } }
    }
}

impl CostModel {
    /// Prices one trade.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a negative quantity, a volume that is missing or not above 0 (never
    /// replaced by a floor), a notional that is not above 0 for a trade above 0, charges below 0.
    pub fn estimate(&self, query: &CostQuery) -> Result<TradeCost, ModelError> {
        let shares = query.qty.units() as f64;
        require_non_negative("quantity", shares)?;
        if query.qty.is_zero() {
            return Ok(TradeCost::none());
        }
        let adv = query.adv.unwrap_or(0.0);
        require(adv > 0.0, "adv", adv, "known and above 0")?;
        let notional = query.notional.paisa() as f64;
        require_positive("notional", notional)?;
        let participation = shares / adv;
        let impact = self.impact(participation, query)?;
        let turnover_million = notional / 100.0 / participation / 1e6;
        Ok(TradeCost {
            participation,
            half_spread: half_spread(query, turnover_million)?,
            fees: fees(query, notional)?,
            impact: impact.min(IMPACT_CAP),
            impact_extreme: impact > IMPACT_EXTREME,
            capital_gains_tax: 0.0,
        })
    }

    /// Impact before the cap.
    fn impact(&self, participation: f64, query: &CostQuery) -> Result<f64, ModelError> {
        let curve = self.impact.value;
        require_non_negative("k1", curve.k1)?;
        require_non_negative("k2", curve.k2)?;
        if let Some(ratio) = query.volatility_ratio {
            require_non_negative("volatility ratio", ratio)?;
        }
        let impact = curve.at(participation)
            * impact_multiplier(query.p_stress, query.volatility_ratio, query.time)
            * asymmetry(query.side);
        require_non_negative("impact", impact)?;
        Ok(impact)
    }
}

/// The cost of a sell with the tax on its gain; a loss is not taxed and not refunded.
///
/// # Errors
/// [`ModelError::OutOfDomain`] unless the notional is above 0.
pub fn with_tax(cost: TradeCost, tax: Money, notional: Money) -> Result<TradeCost, ModelError> {
    let worth = notional.paisa() as f64;
    require_positive("notional", worth)?;
    Ok(TradeCost { capital_gains_tax: (tax.paisa() as f64 / worth).max(0.0), ..cost })
}

/// Cost of buying and of selling again, each at its own expected regime.
#[must_use]
pub fn round_trip(entry: &TradeCost, exit: &TradeCost) -> f64 {
    entry.total() + exit.total()
}

/// Half the spread: the quote's, else the median's, else half the table's for the instrument's turnover.
fn half_spread(query: &CostQuery, turnover_million: f64) -> Result<Sourced<f64>, ModelError> {
    if query.passive {
        return Ok(Sourced { value: 0.0, provenance: Provenance::Fitted });
    }
    if let Some(quote) = query.quote {
        return Ok(Sourced { value: quote.half_spread(), provenance: Provenance::Fitted });
    }
    if let Some(median) = query.median_half_spread {
        require_non_negative("median half spread", median)?;
        let provenance = Provenance::fallback("median half spread", "no usable quote");
        return Ok(Sourced { value: median, provenance });
    }
    Ok(Sourced {
        value: half_spread_by_turnover(turnover_million),
        provenance: Provenance::fallback(
            "half spread by turnover",
            "no usable quote and no history of quotes",
        ),
    })
}

/// Half the usual spread for a daily turnover in NPR million, a fraction.
#[must_use]
pub fn half_spread_by_turnover(turnover_million: f64) -> f64 {
    let row = SPREAD_BY_TURNOVER_BPS.iter().find(|(below, _)| turnover_million < *below);
    row.map_or(SPREAD_BY_TURNOVER_BPS[5].1, |(_, spread)| *spread) / 2.0 * 1e-4
}

fn fees(query: &CostQuery, notional: f64) -> Result<Sourced<f64>, ModelError> {
    let Some(fees) = query.fees else {
        return Ok(Sourced {
            value: FEES_FALLBACK,
            provenance: Provenance::fallback("44 bps", "no fee schedule"),
        });
    };
    let value = fees.paisa() as f64 / notional;
    require_non_negative("fees", value)?;
    Ok(Sourced { value, provenance: Provenance::Fitted })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stress(p: f64) -> FilteredProbability {
        FilteredProbability::new(p).unwrap()
    }

    fn sell_five_percent() -> CostQuery {
        CostQuery {
            side: Side::Sell,
            qty: Qty::from_units(500),
            notional: Money::from_rupees(250_000).unwrap(),
            adv: Some(10_000.0),
            quote: Quote::new(498.0, 502.0).ok(),
            median_half_spread: None,
            passive: false,
            fees: Money::from_rupees(1_000),
            p_stress: stress(0.2),
            volatility_ratio: None,
            time: TimeOfDay::Middle,
        }
    }

    #[test]
    fn worked_example_of_x1() {
        let got = CostModel::default().estimate(&sell_five_percent()).unwrap();
        assert!((got.impact - 0.005_125 * 1.4 * 1.3).abs() < 1e-15);
        assert_eq!((got.impact * 1e4).round(), 93.0);
        assert!((got.half_spread.value - 0.004).abs() < 1e-15);
        assert!((got.fees.value - 0.004).abs() < 1e-15);
        assert!((got.trading() - 0.008 - got.impact).abs() < 1e-15);
        assert!(!got.impact_extreme);
    }

    #[test]
    fn a_missing_quote_falls_back_visibly() {
        let model = CostModel::default();
        let blind = CostQuery { quote: None, ..sell_five_percent() };
        let known = CostQuery { median_half_spread: Some(0.007), ..blind.clone() };
        // 10,000 shares a day at NPR 500 is NPR 5 million: 175 bps, half of it.
        let table = model.estimate(&blind).unwrap().half_spread;
        assert!((table.value - 0.00875).abs() < 1e-15 && table.provenance.is_substitute());
        assert_eq!(model.estimate(&known).unwrap().half_spread.value, 0.007);
        let resting = CostQuery { passive: true, ..blind };
        assert_eq!(model.estimate(&resting).unwrap().half_spread.value, 0.0);
        let unpriced = model.estimate(&CostQuery { fees: None, ..resting }).unwrap();
        assert_eq!(unpriced.fees.value, FEES_FALLBACK);
        assert!(unpriced.fees.provenance.is_substitute());
        for (million, bps) in [(1.0, 162.0), (2.0, 102.5), (49.9, 54.0), (50.0, 44.0), (1e9, 44.0)] {
            assert!((half_spread_by_turnover(million) * 1e4 - bps).abs() < 1e-9, "{million}");
        }
    }

    #[test]
    fn large_impact_is_capped_and_never_silent() {
        let model = CostModel::default();
        let half = model.estimate(&CostQuery { adv: Some(1_000.0), ..sell_five_percent() }).unwrap();
        assert!(half.impact_extreme && half.impact < IMPACT_CAP);
        let absurd = model.estimate(&CostQuery { adv: Some(1.0), ..sell_five_percent() }).unwrap();
        assert!(absurd.impact_extreme && absurd.impact == IMPACT_CAP);
    }

    #[test]
    fn stress_volatility_and_the_clock_multiply() {
        for (p, ratio, time, expected) in [
            (0.0, None, TimeOfDay::Middle, 1.0),
            (0.2, Some(1.6), TimeOfDay::Middle, 1.5),
            (0.9, Some(1.6), TimeOfDay::Opening, 2.8 * 1.5),
            (0.2, Some(2.6), TimeOfDay::Closing, 2.0 * 1.3),
        ] {
            assert!((impact_multiplier(stress(p), ratio, time) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn missing_volume_is_refused_and_nothing_costs_nothing() {
        let model = CostModel::default();
        let good = sell_five_percent();
        for (name, bad) in [
            ("no adv", CostQuery { adv: None, ..good.clone() }),
            ("adv 0", CostQuery { adv: Some(0.0), ..good.clone() }),
            ("adv nan", CostQuery { adv: Some(f64::NAN), ..good.clone() }),
            ("quantity", CostQuery { qty: Qty::from_units(-1), ..good.clone() }),
            ("notional", CostQuery { notional: Money::ZERO, ..good.clone() }),
            ("fees", CostQuery { fees: Some(Money::from_paisa(-1)), ..good.clone() }),
            ("ratio", CostQuery { volatility_ratio: Some(f64::NAN), ..good.clone() }),
        ] {
            assert!(matches!(model.estimate(&bad), Err(ModelError::OutOfDomain { .. })), "{name}");
        }
        let nothing = CostQuery { qty: Qty::ZERO, adv: None, ..good };
        assert_eq!(model.estimate(&nothing).unwrap().total(), 0.0);
    }

    #[test]
    fn tax_is_paid_on_gains_only() {
        let cost = CostModel::default().estimate(&sell_five_percent()).unwrap();
        let worth = Money::from_rupees(250_000).unwrap();
        let taxed = with_tax(cost.clone(), Money::from_rupees(2_500).unwrap(), worth).unwrap();
        assert!((taxed.total() - cost.total() - 0.01).abs() < 1e-15);
        assert_eq!(taxed.trading(), cost.trading());
        assert_eq!(with_tax(cost.clone(), Money::from_paisa(-5), worth).unwrap().total(), cost.total());
    }

    proptest! {
        #[test]
        fn cost_grows_with_size_and_stress(
            qty in 1i64..100_000, more in 0i64..100_000, p in 0.0..0.5f64, worse in 0.0..0.5f64,
        ) {
            let model = CostModel::default();
            let at = |qty: i64, p: f64| {
                let notional = Money::from_paisa(qty * 50_000);
                let query = CostQuery { qty: Qty::from_units(qty), notional, p_stress: stress(p), ..sell_five_percent() };
                model.estimate(&query).unwrap().impact
            };
            prop_assert!(at(qty + more, p) >= at(qty, p));
            prop_assert!(at(qty, p + worse) >= at(qty, p));
        }
    }
}
