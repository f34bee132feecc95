//! How much money a strategy can carry before its own trading eats its edge (X17).
//!
//! Slippage grows with size, so there is a participation at which half the edge is gone; each name's
//! volume turns that into money, and the tightest name decides. Size is throttled smoothly as the
//! assets approach that point, never by a cliff.

use super::slippage::SlippageCurve;
use crate::market::Money;
use crate::model::ModelError;
use crate::model::descriptive::quantile_of_sorted;
use crate::model::error::finite;
use crate::model::units::{Bps, require, require_non_negative, require_positive, require_unit};

/// Share of the edge that must be kept.
pub const RETENTION: f64 = 0.5;
/// Largest share of a day's volume.
pub const DAY_CAP: f64 = 0.05;
/// Where a budget that nothing exhausts is reported.
const UNLIMITED: f64 = 1.0;

/// The participation at which the budget for slippage is spent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ParticipationLimit {
    /// The intercept alone spends it: no capacity.
    Nothing,
    /// At this share of the daily volume.
    At(f64),
    /// Never: the curve does not rise.
    Unlimited,
}

impl ParticipationLimit {
    /// Share of one day's volume a parent may take, within the day cap.
    #[must_use]
    pub fn per_day(self) -> f64 {
        self.uncapped().min(DAY_CAP)
    }

    /// The same before the cap; the whole volume if unlimited.
    #[must_use]
    pub const fn uncapped(self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::At(p) => p,
            Self::Unlimited => UNLIMITED,
        }
    }
}

/// Solves `b0 + b1 p + b2 p^2 = alpha (1 - retention)`; alpha and slippage both per round trip.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a curve or retention outside its domain.
pub fn participation_limit(
    curve: &SlippageCurve,
    alpha: Bps,
    retention: f64,
) -> Result<ParticipationLimit, ModelError> {
    curve.check()?;
    require_unit("retention", retention)?;
    let c = curve.b0_bps - alpha.value() * (1.0 - retention);
    let (b1, b2) = (curve.b1_bps, curve.b2_bps);
    Ok(if c >= 0.0 {
        ParticipationLimit::Nothing
    } else if b1 == 0.0 && b2 == 0.0 {
        ParticipationLimit::Unlimited
    } else {
        // The root that stays exact when b2 vanishes: it becomes -c / b1 by itself.
        let root = 2.0 * -c / (b1 + (b1 * b1 - 4.0 * b2 * c).sqrt());
        // A slope that small is none.
        if root.is_finite() { ParticipationLimit::At(root) } else { ParticipationLimit::Unlimited }
    })
}

/// One name of the strategy.
#[derive(Clone, PartialEq, Debug)]
pub struct CapacityName {
    /// What it is called in the report.
    pub name: String,
    /// Average daily volume, shares.
    pub adv: f64,
    /// Price, NPR per share.
    pub price: f64,
    /// Its weight, at or above 0.
    pub weight: f64,
    /// Share of the position traded at a rebalance, at or above 0.
    pub traded: f64,
}

/// Capacity with who decides it.
#[derive(Clone, PartialEq, Debug)]
pub struct Capacity {
    /// Assets at which the first name reaches its limit.
    pub limit: Money,
    /// That name.
    pub binding: String,
    /// Assets at which the median name would.
    pub median: Money,
    /// The median name.
    pub median_name: String,
}

/// `min p adv P d / (w traded)` over the names that trade; `days` is how long a rebalance may take.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for volumes, prices or days not above 0; [`ModelError::Degenerate`] if no name trades.
pub fn capacity(
    names: &[CapacityName],
    limit: ParticipationLimit,
    days: f64,
) -> Result<Capacity, ModelError> {
    require_positive("execution days", days)?;
    let mut each: Vec<(f64, &str)> = Vec::new();
    for name in names {
        let load = load(name, days)?;
        if load > 0.0 {
            each.push((limit.per_day() / load, &name.name));
        }
    }
    each.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    let (Some(first), Some(middle)) = (each.first(), each.get(each.len().saturating_sub(1) / 2)) else {
        return Err(ModelError::Degenerate { why: "no name trades" });
    };
    Ok(Capacity {
        limit: rupees(first.0),
        binding: first.1.to_owned(),
        median: rupees(middle.0),
        median_name: middle.1.to_owned(),
    })
}

/// Daily participation of a name per NPR of assets.
fn load(name: &CapacityName, days: f64) -> Result<f64, ModelError> {
    require_positive("adv", name.adv)?;
    require_positive("price", name.price)?;
    require_non_negative("weight", name.weight)?;
    require_non_negative("traded share", name.traded)?;
    Ok(name.weight * name.traded / (name.adv * name.price * days))
}

/// NPR as money, rounded down; saturates.
#[expect(clippy::cast_possible_truncation, reason = "floored; floats saturate in the conversion")]
fn rupees(npr: f64) -> Money {
    Money::from_paisa((npr * 100.0).floor() as i64)
}

/// Factor on new weights for `assets` managed under `capacity`: 1 up to four fifths, then falling
/// without a jump to 0 at half as much again.
#[must_use]
pub fn sizing_factor(assets: Money, capacity: Money) -> f64 {
    if capacity.paisa() <= 0 {
        return 0.0;
    }
    let used = assets.paisa() as f64 / capacity.paisa() as f64;
    let between =
        |from: (f64, f64), to: (f64, f64)| from.1 + (to.1 - from.1) * (used - from.0) / (to.0 - from.0);
    match used {
        u if u <= 0.8 => 1.0,
        u if u <= 1.0 => between((0.8, 1.0), (1.0, 0.5)),
        u if u <= 1.1 => between((1.0, 0.5), (1.1, 0.3)),
        u if u <= 1.5 => between((1.1, 0.3), (1.5, 0.0)),
        _ => 0.0,
    }
}

/// Whether exposure may still be increased.
#[must_use]
pub fn may_increase(assets: Money, capacity: Money) -> bool {
    capacity.paisa() > 0 && assets < capacity
}

/// Edge and profit at one size of assets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProfitPoint {
    /// Assets, NPR.
    pub assets: f64,
    /// Edge left after slippage.
    pub net_alpha: Bps,
    /// Profit per round trip, NPR.
    pub profit: f64,
    /// 5 % and 95 % quantiles of the profit over the resampled curves; `None` without any.
    pub band: Option<(f64, f64)>,
}

/// Net edge and profit over a grid of assets; `resampled` are curves fitted to resamples of the fills.
///
/// # Errors
/// As [`capacity`], and [`ModelError::OutOfDomain`] for assets not above 0, a curve that is none, or a profit
/// too large to be written.
pub fn profit_curve(
    names: &[CapacityName],
    curve: &SlippageCurve,
    resampled: &[SlippageCurve],
    alpha: Bps,
    days: f64,
    grid: &[f64],
) -> Result<Vec<ProfitPoint>, ModelError> {
    let book = TradedBook::new(names, days)?;
    curve.check()?;
    resampled.iter().try_for_each(SlippageCurve::check)?;
    grid.iter()
        .map(|&assets| {
            require_positive("assets", assets)?;
            let net = alpha.value() - book.slippage_bps(curve, assets);
            let mut spread: Vec<f64> = resampled
                .iter()
                .map(|c| finite("profit", assets * (alpha.value() - book.slippage_bps(c, assets)) * 1e-4))
                .collect::<Result<_, _>>()?;
            spread.sort_by(f64::total_cmp);
            Ok(ProfitPoint {
                assets,
                net_alpha: Bps::new(net)?,
                profit: finite("profit", assets * net * 1e-4)?,
                band: quantile_of_sorted(&spread, 0.05).zip(quantile_of_sorted(&spread, 0.95)),
            })
        })
        .collect()
}

/// Assets that earn the most, NPR: where `d/dA [A (alpha - slip(A))] = 0`. `None` if every size earns more
/// than any smaller one, because slippage does not grow; zero if none earns anything.
///
/// # Errors
/// As [`profit_curve`].
pub fn best_assets(
    names: &[CapacityName],
    curve: &SlippageCurve,
    alpha: Bps,
    days: f64,
) -> Result<Option<f64>, ModelError> {
    let book = TradedBook::new(names, days)?;
    curve.check()?;
    // alpha - b0 - 2 b1 m1 A - 3 b2 m2 A^2 = 0, with the moments of participation per NPR.
    let (linear, square) = book.moments();
    let c = curve.b0_bps - alpha.value();
    let (b, a) = (2.0 * curve.b1_bps * linear, 3.0 * curve.b2_bps * square);
    if c >= 0.0 {
        return Ok(Some(0.0));
    }
    let best = 2.0 * -c / (b + (b * b - 4.0 * a * c).sqrt());
    Ok(best.is_finite().then_some(best))
}

/// The names that trade: their share of the trading and their participation per NPR of assets.
struct TradedBook(Vec<(f64, f64)>);

impl TradedBook {
    fn new(names: &[CapacityName], days: f64) -> Result<Self, ModelError> {
        require_positive("execution days", days)?;
        let total: f64 = names.iter().map(|n| n.weight * n.traded).sum();
        require(true, "traded weight", total, "finite")?;
        let mut each = Vec::new();
        for name in names {
            let load = load(name, days)?;
            if load > 0.0 {
                each.push((name.weight * name.traded / total, load));
            }
        }
        if each.is_empty() { Err(ModelError::Degenerate { why: "no name trades" }) } else { Ok(Self(each)) }
    }

    /// Slippage of a rebalance, averaged over what is traded.
    fn slippage_bps(&self, curve: &SlippageCurve, assets: f64) -> f64 {
        self.0.iter().map(|(share, load)| share * curve.at(assets * load)).sum()
    }

    fn moments(&self) -> (f64, f64) {
        self.0
            .iter()
            .fold((0.0, 0.0), |(m1, m2), (share, load)| (m1 + share * load, m2 + share * load * load))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn curve(b0: f64, b1: f64, b2: f64) -> SlippageCurve {
        SlippageCurve { b0_bps: b0, b1_bps: b1, b2_bps: b2, largest_participation: None }
    }

    fn bps(value: f64) -> Bps {
        Bps::new(value).unwrap()
    }

    fn name(name: &str, adv: f64, weight: f64, traded: f64) -> CapacityName {
        CapacityName { name: name.to_owned(), adv, price: 500.0, weight, traded }
    }

    #[test]
    fn the_budget_decides_the_participation() {
        for (c, alpha, expected) in [
            (curve(60.0, 1_000.0, 5_000.0), 100.0, ParticipationLimit::Nothing),
            (curve(0.0, 0.0, 0.0), 100.0, ParticipationLimit::Unlimited),
            (curve(10.0, 1_000.0, 0.0), 100.0, ParticipationLimit::At(0.04)),
            (curve(10.0, 0.0, 4_000.0), 100.0, ParticipationLimit::At(0.1)),
            (curve(0.0, 1_000.0, 5_000.0), -20.0, ParticipationLimit::Nothing),
        ] {
            let got = participation_limit(&c, bps(alpha), RETENTION).unwrap();
            assert!((got.uncapped() - expected.uncapped()).abs() < 1e-15, "{c:?}: {got:?}");
            assert_eq!(std::mem::discriminant(&got), std::mem::discriminant(&expected));
        }
        assert_eq!(ParticipationLimit::At(0.2).per_day(), DAY_CAP);
        assert_eq!(ParticipationLimit::Unlimited.per_day(), DAY_CAP);
        assert!(participation_limit(&curve(0.0, -1.0, 0.0), bps(10.0), 0.5).is_err());
        assert!(participation_limit(&curve(0.0, 1.0, 0.0), bps(10.0), 1.5).is_err());
    }

    #[test]
    fn the_tightest_name_decides() {
        let names = [
            name("LARGE", 100_000.0, 0.1, 0.5),
            name("SMALL", 2_000.0, 0.1, 0.5),
            name("MIDDLE", 10_000.0, 0.1, 0.5),
            name("HELD", 1.0, 0.1, 0.0),
        ];
        let got = capacity(&names, ParticipationLimit::At(0.04), 2.0).unwrap();
        assert_eq!((got.binding.as_str(), got.median_name.as_str()), ("SMALL", "MIDDLE"));
        // 4 % of 2,000 shares at NPR 500 for two days over a twentieth of the assets.
        assert!((got.limit.paisa() - Money::from_rupees(1_600_000).unwrap().paisa()).abs() <= 1);
        assert!(capacity(&names[3..], ParticipationLimit::At(0.04), 2.0).is_err());
        assert!(capacity(&[name("X", 0.0, 0.1, 0.5)], ParticipationLimit::At(0.04), 2.0).is_err());
        assert_eq!(capacity(&names, ParticipationLimit::Nothing, 1.0).unwrap().limit, Money::ZERO);
    }

    #[test]
    fn the_factor_has_its_corners() {
        let full = Money::from_rupees(1_000_000).unwrap();
        for (percent, expected) in [
            (0, 1.0),
            (80, 1.0),
            (90, 0.75),
            (100, 0.5),
            (105, 0.4),
            (110, 0.3),
            (130, 0.15),
            (150, 0.0),
            (900, 0.0),
        ] {
            let assets = Money::from_rupees(10_000 * percent).unwrap();
            assert!((sizing_factor(assets, full) - expected).abs() < 1e-12, "{percent} %");
        }
        assert_eq!(sizing_factor(full, Money::ZERO), 0.0);
        assert!(
            !may_increase(full, full) && may_increase(Money::ZERO, full) && !may_increase(full, Money::ZERO)
        );
    }

    #[test]
    fn profit_has_its_top_where_it_is_said_to_be() {
        let names = [name("A", 50_000.0, 0.5, 0.4), name("B", 20_000.0, 0.5, 0.4)];
        let c = curve(5.0, 900.0, 4_000.0);
        let best = best_assets(&names, &c, bps(120.0), 1.0).unwrap().unwrap();
        let grid: Vec<f64> = [0.9, 0.99, 1.0, 1.01, 1.1].iter().map(|f| f * best).collect();
        let points = profit_curve(&names, &c, &[curve(5.0, 800.0, 0.0), c], bps(120.0), 1.0, &grid).unwrap();
        assert!(points.iter().all(|p| p.profit <= points[2].profit));
        assert!(points[0].net_alpha.value() > points[4].net_alpha.value());
        let (low, high) = points[2].band.unwrap();
        assert!(low < high && low >= points[2].profit - 1e-6);
        assert_eq!(best_assets(&names, &curve(5.0, 0.0, 0.0), bps(120.0), 1.0).unwrap(), None);
        assert_eq!(best_assets(&names, &curve(500.0, 1.0, 0.0), bps(120.0), 1.0).unwrap(), Some(0.0));
    }

    proptest! {
        #[test]
        fn the_factor_never_rises_and_never_jumps(used in 0i64..2_000_000, step in 0i64..1_000) {
            let capacity = Money::from_paisa(1_000_000);
            let at = |u: i64| sizing_factor(Money::from_paisa(u), capacity);
            prop_assert!(at(used + step) <= at(used));
            prop_assert!(at(used) - at(used + step) <= 2.6 * step as f64 / 1e6 + 1e-12);
        }

        #[test]
        fn the_limit_spends_exactly_the_budget(
            b0 in -20.0..20.0f64, b1 in 0.0..5_000.0f64, b2 in 0.0..50_000.0f64, alpha in 0.0..500.0f64,
        ) {
            let c = curve(b0, b1, b2);
            if let ParticipationLimit::At(p) = participation_limit(&c, bps(alpha), RETENTION).unwrap() {
                let spent = b0 + b1 * p + b2 * p * p;
                prop_assert!((spent - alpha * 0.5).abs() <= 1e-7 * (1.0 + alpha), "{spent}");
            }
        }
    }
}
