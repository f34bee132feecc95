//! Bad input into signals, edges, sizes, targets and capacity.

use himal::model::{Provenance, Sourced};
use himal::strategy::capacity::*;
use himal::strategy::cost::TradeCost;
use himal::strategy::edge::{self, Forecast, Strictness, shorting, should_reduce};
use himal::strategy::order_size::{OrderLimits, to_order};
use himal::strategy::signal::*;
use himal::strategy::sizing::{self, SizingInput};
use himal::strategy::slippage::SlippageCurve;
use himal::strategy::target::{PortfolioLimits, limited};

use crate::holds;
use crate::sound::run;
use crate::source::Source;

fn cost(s: &mut Source) -> TradeCost {
    let part = |s: &mut Source| if s.flag() { 0.01 * s.probability() } else { s.float() };
    TradeCost {
        participation: part(s),
        half_spread: Sourced { value: part(s), provenance: Provenance::Default },
        fees: Sourced { value: 0.004, provenance: Provenance::Default },
        impact: part(s),
        impact_extreme: s.flag(),
        capital_gains_tax: if s.below(4) == 0 { part(s) } else { 0.0 },
    }
}

fn curve(s: &mut Source) -> SlippageCurve {
    match s.below(3) {
        0 => SlippageCurve::default(),
        1 => SlippageCurve {
            b0_bps: s.pick(&[0.0, 5.0, 1e9]),
            b1_bps: s.pick(&[0.0, 1e-200, 100.0]),
            b2_bps: s.pick(&[0.0, 1e-300, 5e3]),
            largest_participation: None,
        },
        _ => SlippageCurve {
            b0_bps: s.float(),
            b1_bps: s.float(),
            b2_bps: s.float(),
            largest_participation: s.maybe(),
        },
    }
}

#[test]
fn signals() {
    run(200, |s| {
        let skills: Vec<Skill> =
            (0..s.below(4)).map(|_| Skill { coefficient: s.float(), effective: s.float() }).collect();
        let good: Vec<Skill> = (0..s.below(4))
            .map(|_| Skill { coefficient: s.probability(), effective: 1e3 * s.probability() })
            .collect();
        for skill in skills.iter().chain(&good) {
            holds!(skill.shrunk());
        }
        holds!(equal_weights(s.below(4)), ic_weights(&skills), ic_weights(&good));
        holds!(min_variance_weights(&s.square()), min_variance_from_errors(&s.matrix(110)));
        holds!(prior_weights(s.float()), prior_weights(s.probability()));
        let forecasts: Vec<Option<f64>> = (0..s.below(4)).map(|_| s.maybe()).collect();
        let plain =
            if s.flag() { s.series(5) } else { vec![1.0 / forecasts.len().max(1) as f64; forecasts.len()] };
        holds!(combine(&forecasts, &Weights::Of(plain)), combine(&forecasts, &Weights::NoSkill));
        let (scores, returns) = s.pair(110);
        holds!(
            ScoreMap::fit(&scores, &returns),
            ScoreMap::fit(&scores, &returns).and_then(|map| map.at(s.float()))
        );
    });
}

#[test]
fn edges_and_costs() {
    run(300, |s| {
        let forecast = Forecast { mean: s.float(), sigma: if s.flag() { 0.02 } else { s.float() } };
        let (now, later) = (cost(s), cost(s));
        holds!(now.trading(), now.total(), now.slippage(), TradeCost::none());
        let (a, notional, z_min) = (s.float(), s.money(), s.pick(&[0.5, 1.0, f64::NAN, -1.0]));
        holds!(Strictness::Permissive.z_min(), Strictness::Strict.z_min(), shorting());
        holds!(edge::buying(forecast, now.clone(), later.clone(), a, notional, z_min));
        holds!(edge::reducing(forecast, now.clone(), later.clone(), a, notional, z_min));
        if let Ok(found) = edge::buying(forecast, now, later, 0.01, notional, 0.5) {
            holds!(found.pays(), found.is_clear(), should_reduce(&found, s.float(), s.float()));
        }
    });
}

#[test]
fn sizes_and_orders() {
    run(300, |s| {
        let input = SizingInput {
            net: Forecast { mean: s.float(), sigma: if s.flag() { 0.02 } else { s.float() } },
            vol: s.daily_vol(),
            year: s.year(),
            target_vol: s.annual_vol(),
            p_stress: s.p_stress(),
            illiquidity: s.probability(),
            capacity_factor: s.probability(),
            breaker_scale: s.probability(),
            position_cap: s.probability(),
            gross_headroom: s.probability(),
            current_weight: s.probability(),
        };
        holds!(sizing::weight(&input), sizing::weight(&input).map(|sized| sized.factors.product()));
        let limits = OrderLimits {
            nav: s.money(),
            price: s.price(),
            held: s.qty(),
            cash: s.money(),
            volume_left: s.qty(),
            minimum: s.qty(),
            step: s.qty(),
            portfolio_weight: s.maybe(),
        };
        holds!(to_order(s.float(), &limits), to_order(s.probability(), &limits));
    });
}

#[test]
fn targets() {
    run(200, |s| {
        let covariance = if s.flag() { s.square() } else { s.square() * 1e-4 };
        let n = if s.below(8) == 0 { s.below(5) } else { covariance.nrows() };
        let weights: Vec<f64> =
            (0..n).map(|_| if s.below(9) == 0 { s.float() } else { s.probability() }).collect();
        let sectors: Vec<Option<String>> =
            (0..if s.below(9) == 0 { 2 } else { n }).map(|_| s.flag().then(|| "bank".to_owned())).collect();
        let standard = PortfolioLimits::standard();
        holds!(&standard);
        let Ok(limits) = standard else { return };
        holds!(limited(&weights, &covariance, &sectors, &limits));
        let odd = PortfolioLimits { max_vol: s.annual_vol(), sector: s.float(), cluster: s.float() };
        holds!(limited(&weights, &covariance, &sectors, &odd));
    });
}

#[test]
fn slippage_and_capacity() {
    run(200, |s| {
        let slippage = curve(s);
        holds!(slippage.check(), slippage.predict(s.float(), s.float()), slippage.predict(100.0, 5_000.0));
        let alpha = s.bps();
        let limit = participation_limit(&slippage, alpha, s.probability());
        holds!(
            &limit,
            limit.as_ref().map(|limit| limit.per_day()),
            limit.as_ref().map(|limit| limit.uncapped())
        );
        let names: Vec<CapacityName> = (0..s.below(4))
            .map(|i| CapacityName {
                name: format!("N{i}"),
                adv: if s.flag() { 5_000.0 } else { s.float() },
                price: if s.flag() { 300.0 } else { s.float() },
                weight: s.probability(),
                traded: s.probability(),
            })
            .collect();
        let days = if s.flag() { 1.0 } else { s.float() };
        let any = s.probability();
        for limit in [limit.unwrap_or(ParticipationLimit::Unlimited), ParticipationLimit::At(any)] {
            holds!(capacity(&names, limit, days));
        }
        let (assets, most) = (s.money(), s.money());
        holds!(sizing_factor(assets, most), may_increase(assets, most));
        let resampled: Vec<SlippageCurve> = (0..s.below(5)).map(|_| curve(s)).collect();
        let grid: Vec<f64> = if s.flag() { vec![0.0, 1e6, 1e8] } else { s.series(5) };
        holds!(profit_curve(&names, &slippage, &resampled, alpha, days, &grid));
        holds!(profit_curve(&names, &SlippageCurve::default(), &[], alpha, 1.0, &grid));
        holds!(best_assets(&names, &slippage, alpha, days));
    });
}
