//! Bad input into costs, fill probabilities, limits, schedules, shortfall, settlement and the life of an order.

use himal::execution::circuit::{BandQuery, BandRisk, adjusted_fill, less_expected_halts, touch_probability};
use himal::execution::cost::*;
use himal::execution::cost_calibration::{self, FilledParent};
use himal::execution::fill_calibration;
use himal::execution::fill_probability::*;
use himal::execution::hazard::{self, CensoredOrder, Hazard, HazardBounds};
use himal::execution::limit_adjustment::{AdjustmentBounds, RestingState, adjust, linear_target};
use himal::execution::limit_price::{LimitProblem, PriceBand, RestingLevel, choose};
use himal::execution::schedule::allocation::*;
use himal::execution::schedule::almgren_chriss::{self, LinearImpact, PriceVol, Problem};
use himal::execution::schedule::vwap::{SessionVolume, VolumeProfile, adaptive, pace};
use himal::execution::schedule::{almgren_chriss::frontier, twap};
use himal::execution::settlement::{SettlementDays, TwoRegimes, exposure, sellable};
use himal::execution::shortfall::{self, Fill, ParentOutcome};
use himal::execution::slippage_calibration::{self, SlippageObservation};
use himal::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, GatewayRequest, LineState, NewOrder, Order, OrderState,
    QueueAhead, RejectReason, ReportKind, Standing, StepKind, VenueOrderId,
};
use himal::market::{AccountId, InstrumentId, Tick};

use crate::holds;
use crate::sound::run;
use crate::source::Source;

fn quote(s: &mut Source) -> Option<Quote> {
    let (bid, ask) = if s.flag() { (300.0, 300.0 + s.probability()) } else { (s.float(), s.float()) };
    Quote::new(bid, ask).ok()
}

#[test]
fn costs() {
    run(250, |s| {
        let shape = ImpactCurve { k1: s.float(), k2: s.float() };
        let time = s.pick(&[TimeOfDay::Opening, TimeOfDay::Middle, TimeOfDay::Closing]);
        holds!(time.factor(), volatility_factor(s.maybe()));
        holds!(impact_multiplier(s.p_stress(), s.maybe(), time), asymmetry(s.side()));
        holds!(half_spread_by_turnover(s.float()));
        let query = CostQuery {
            side: s.side(),
            qty: s.qty(),
            notional: s.money(),
            adv: s.maybe(),
            quote: quote(s),
            median_half_spread: s.maybe(),
            passive: s.flag(),
            fees: s.flag().then(|| s.money()),
            p_stress: s.p_stress(),
            volatility_ratio: s.maybe(),
            time,
        };
        let mut model = CostModel::default();
        if s.below(3) == 0 {
            model.impact.value = shape;
        }
        holds!(model.estimate(&query));
        if let Ok(cost) = model.estimate(&query) {
            holds!(round_trip(&cost, &cost), with_tax(cost, s.money(), s.money()));
        }
    });
}

fn parents(s: &mut Source) -> Vec<FilledParent> {
    let (slope, odd) = (s.probability(), s.below(3) == 0);
    (0..s.length(60))
        .map(|_| {
            let ordered = 1_000.0 * s.probability();
            let mut parent = FilledParent {
                side: s.side(),
                ordered,
                filled: ordered,
                adv: 5_000.0,
                arrival_mid: Some(300.0),
                vwap: 300.0 * (1.0 + slope * ordered * 1e-6),
                half_spread: 0.001,
                multiplier: 1.0,
                stressed: s.flag(),
            };
            if odd && s.below(9) == 0 {
                parent = FilledParent {
                    adv: s.float(),
                    arrival_mid: s.maybe(),
                    vwap: s.float(),
                    half_spread: s.float(),
                    multiplier: s.float(),
                    ..parent
                };
            }
            parent
        })
        .collect()
}

#[test]
fn calibrations() {
    run(60, |s| {
        let filled = parents(s);
        holds!(cost_calibration::fit(&filled), cost_calibration::calibrate(&filled, None));
        let previous = cost_calibration::calibrate(&filled, None).curve;
        holds!(cost_calibration::calibrate(&parents(s), Some(&previous)));
        let odd = s.below(3) == 0;
        let seen: Vec<SlippageObservation> = (0..s.length(60))
            .map(|_| {
                let participation = if odd && s.below(9) == 0 { s.float() } else { 0.1 * s.probability() };
                SlippageObservation { participation, slippage: s.bps() }
            })
            .collect();
        holds!(slippage_calibration::fit(&seen), slippage_calibration::calibrate(&seen));
        holds!(slippage_calibration::bootstrap(&seen, s.below(3), 1));
        let orders: Vec<CensoredOrder> = (0..s.length(110))
            .map(|_| CensoredOrder {
                distance: if odd && s.below(9) == 0 { s.float() } else { 0.01 * s.probability() },
                pressure: if odd && s.below(9) == 0 { s.float() } else { 2.0 * s.probability() - 1.0 },
                exposure: if odd && s.below(9) == 0 { s.float() } else { 60.0 * s.probability() },
                filled: s.flag(),
                factor: if odd && s.below(9) == 0 { s.float() } else { 1.0 },
            })
            .collect();
        let hazard = Hazard { lambda0: 0.05, alpha: 150.0, beta: s.float() };
        holds!(hazard::log_likelihood(&orders, &hazard), fill_calibration::calibrate(&orders));
        holds!(
            hazard::fit_hazard(&orders, &HazardBounds::product()),
            hazard::fit_hazard(&orders, &HazardBounds::open())
        );
        let wild = Hazard { lambda0: s.float(), alpha: s.float(), beta: s.float() };
        holds!(hazard::log_likelihood(&orders, &wild));
        let bounds = HazardBounds { lambda0: s.float()..=s.float(), ..HazardBounds::product() };
        holds!(hazard::fit_hazard(&orders, &bounds));
    });
}

#[test]
fn fills() {
    run(250, |s| {
        let side = s.side();
        if let Some(quote) = quote(s) {
            let limit = s.float();
            holds!(quote.bid(), quote.ask(), quote.mid(), quote.half_spread(), quote.own_touch(side));
            holds!(quote.opposite_touch(side), quote.is_marketable(side, limit), quote.reference(side));
            holds!(distance_bps(quote, side, limit));
        }
        let queue = Queue { ahead: s.float(), own: s.float(), volume_5min: s.float() };
        let order = RestingOrder {
            side,
            distance: if s.flag() { 0.01 } else { s.float() },
            imbalance: s.flag().then(|| s.probability()),
            queue: s.flag().then_some(queue),
        };
        let mut model = FillModel::default();
        if s.below(3) == 0 {
            model = FillModel { lambda0_per_min: s.float(), alpha: s.float(), beta: s.float() };
        }
        let horizon = s.minutes();
        holds!(queue.factor(), model.intensity(&order), model.estimate(&order, horizon));
        holds!(model.estimate_marketable(&order, s.float(), s.float(), horizon));
        holds!(model.estimate_marketable(&order, 100.0, 40.0, horizon));
        holds!(touch_probability(s.float(), s.float(), s.daily_vol(), s.days()));
        let query = BandQuery {
            lower: if s.flag() { 270.0 } else { s.float() },
            upper: if s.flag() { 330.0 } else { s.float() },
            mid: if s.flag() { 300.0 } else { s.float() },
            drift_per_day: s.float(),
            vol: s.daily_vol(),
            horizon,
        };
        holds!(BandRisk::measure(&query));
        if let Ok(risk) = BandRisk::measure(&query) {
            holds!(risk.adverse(side), risk.opposite(side));
        }
        holds!(adjusted_fill(s.probability(), s.probability(), s.probability()));
        let halts: Vec<_> = (0..s.below(3)).map(|_| (s.probability(), s.minutes())).collect();
        holds!(less_expected_halts(horizon, &halts));
    });
}

#[test]
fn limits() {
    run(250, |s| {
        let band = |s: &mut Source| PriceBand { low: s.price(), high: s.price() };
        let wide = PriceBand {
            low: himal::market::Price::from_units(27_000),
            high: himal::market::Price::from_units(33_000),
        };
        let tick = Tick::new(s.pick(&[10, 1, 1, i64::MAX])).unwrap();
        let (daily_band, entry_band) = if s.flag() { (wide, wide) } else { (band(s), band(s)) };
        holds!(daily_band.contains(s.price()));
        let levels: Vec<RestingLevel> =
            (0..s.below(4)).map(|_| RestingLevel { price: s.price(), qty: s.qty() }).collect();
        let mild = s.flag();
        let fraction = |s: &mut Source| if mild { 0.02 * s.probability() } else { s.float() };
        let problem = LimitProblem {
            side: s.side(),
            qty: s.qty(),
            bid: (s.below(6) > 0).then(|| s.price()),
            ask: (s.below(6) > 0).then(|| s.price()),
            price_scale: if mild { 100 } else { s.whole() },
            tick,
            daily_band,
            entry_band,
            expected_return: fraction(s),
            sigma: fraction(s),
            crossing_slippage: fraction(s),
            crossing_cost: fraction(s),
            fill: FillModel::default(),
            imbalance: s.flag().then(|| s.probability()),
            own_side: s.flag().then_some(&levels[..]),
            volume_5min: s.float(),
            horizon: s.minutes(),
            p_circuit: s.probability(),
            locked_share: s.probability(),
        };
        holds!(choose(&problem));
        let state = RestingState {
            side: s.side(),
            limit: s.price(),
            filled: s.probability(),
            planned: s.probability(),
            urgency: s.probability(),
            amendments: s.below(12) as u32,
            since_amendment: s.flag().then(|| s.minutes()),
        };
        let bounds = AdjustmentBounds {
            mid: if s.flag() { 300.0 } else { s.float() },
            opposite_touch: s.price(),
            band: daily_band,
            tick,
            price_scale: if mild { 100 } else { s.whole() },
            expected_return: fraction(s),
            cost: fraction(s),
        };
        holds!(adjust(&state, &bounds), linear_target(s.minutes()));
    });
}

#[test]
fn schedules() {
    run(200, |s| {
        let weights: Vec<u64> = (0..s.below(6)).map(|_| s.whole() as u64).collect();
        holds!(largest_remainder(s.qty(), &weights), by_fractions(s.qty(), &s.series(60)));
        let slices: Vec<_> = (0..s.below(6)).map(|_| s.qty()).collect();
        let caps: Vec<_> = (0..if s.below(6) == 0 { 2 } else { slices.len() }).map(|_| s.qty()).collect();
        holds!(merge_below_minimum(&slices, s.qty()), cap_and_push_later(&slices, &caps));
        let (time, interval) = (s.minutes(), s.minutes());
        holds!(twap::slice_count(time, interval), twap::slices(s.qty(), s.below(60)));
        holds!(twap::slices(s.qty(), usize::MAX), twap::shortened(interval, s.float(), s.float(), s.flag()));
        let sessions: Vec<SessionVolume> = (0..s.below(25))
            .map(|_| {
                let n = if s.below(9) == 0 { s.length(60) } else { 48 };
                SessionVolume {
                    bars: s.series_of(n).into_iter().map(f64::abs).collect(),
                    halted: 0.3 * s.probability(),
                }
            })
            .collect();
        holds!(VolumeProfile::learn(&sessions), VolumeProfile::by_the_hour());
        let profile = match VolumeProfile::learn(&sessions) {
            Ok(learnt) => learnt.value,
            Err(_) => VolumeProfile::by_the_hour(),
        };
        holds!(profile.shares(), profile.cumulative(time, interval), profile.remaining(time, interval));
        let elapsed = himal::model::units::Minutes::new(s.below(241) as f64).unwrap();
        holds!(profile.regular_bar(), profile.remaining(elapsed, profile.regular_bar()));
        holds!(pace(s.probability(), s.probability()));
        holds!(
            adaptive(s.qty(), &s.series(60), s.probability(), s.qty()),
            adaptive(s.qty(), &[0.5, 0.5], 1.3, s.qty())
        );
    });
}

#[test]
fn trajectories() {
    run(250, |s| {
        let mid = if s.flag() { 300.0 } else { s.float() };
        holds!(
            PriceVol::from_daily(mid, s.daily_vol()),
            LinearImpact::from_curve(s.float(), s.float(), mid, s.float())
        );
        let mut problem = Problem {
            shares: 1e6 * s.probability(),
            horizon: s.days(),
            intervals: s.below(60),
            volatility: PriceVol(0.95),
            impact: LinearImpact { eta: 2.5e-6, gamma: s.pick(&[2.5e-7, 0.0]), epsilon: 0.0625 },
            lambda: s.pick(&[2e-6, 0.0, 1e300, 1e-300]),
        };
        if s.below(3) == 0 {
            problem = Problem {
                shares: s.float(),
                volatility: PriceVol(s.float()),
                impact: LinearImpact { eta: s.float(), gamma: s.float(), epsilon: s.float() },
                lambda: s.float(),
                ..problem
            };
        }
        let lambdas = [s.float(), 1e-6, 0.0];
        holds!(almgren_chriss::optimal(&problem), frontier(&problem, &lambdas[..s.below(4)]));
        if let Ok(found) = almgren_chriss::optimal(&problem) {
            holds!(found.deviation(), found.half_life_days(), found.cost_bps(mid));
        }
    });
}

#[test]
fn after_the_trade() {
    run(250, |s| {
        let price = |s: &mut Source| if s.below(4) > 0 { 300.0 + s.probability() } else { s.float() };
        let order = ParentOutcome {
            side: s.side(),
            quantity: if s.flag() { 1_000.0 } else { s.float() },
            decision_price: price(s),
            arrival_price: price(s),
            final_price: price(s),
            fills: (0..s.below(4)).map(|_| Fill { qty: 100.0 * s.probability(), price: price(s) }).collect(),
            fees: if s.flag() { 40.0 } else { s.float() },
        };
        holds!(shortfall::measure(&order));
        if let Ok(found) = shortfall::measure(&order) {
            holds!(shortfall::split_trading(&order, &found, s.float(), s.float(), s.float()));
            holds!(shortfall::split_trading(&order, &found, 0.001, s.probability(), 0.001));
        }
        holds!(shortfall::against(s.side(), price(s), price(s)));
        holds!(shortfall::price_improvement(s.side(), price(s), price(s)));
        let regimes = TwoRegimes {
            stay_normal: s.probability(),
            stay_stress: s.probability(),
            mean: [s.float(), 0.0],
            vol: [s.daily_vol(), s.daily_vol()],
        };
        let ahead = s.below(6) as u32;
        let days = s.pick(&[SettlementDays::Known(ahead), SettlementDays::CalendarUnknown(ahead)]);
        holds!(exposure(s.p_stress(), &regimes, days, s.maybe()), days.days());
        holds!(sellable(s.qty(), s.qty(), s.qty()));
    });
}

#[test]
fn the_life_of_an_order() {
    run(200, |s| {
        let new = NewOrder {
            account: AccountId::new("main"),
            instrument: InstrumentId(1),
            side: s.side(),
            qty: s.qty(),
            limit: s.price(),
        };
        let id = ClientOrderId(s.whole() as u64);
        holds!(GatewayRequest::Amend { id, qty: s.qty(), limit: s.price() }.id());
        let mut order = Order::sent(id, new, s.time());
        for _ in 0..8 {
            let queue = QueueAhead { low: s.qty(), expected: s.qty(), high: s.qty() };
            let kinds = [
                ReportKind::Accepted { venue_id: VenueOrderId("v".into()), queue_ahead: Some(queue) },
                ReportKind::Filled { execution: ExecutionId("e".into()), qty: s.qty(), price: s.price() },
                ReportKind::Filled {
                    execution: ExecutionId(format!("{}", s.below(9)).into()),
                    qty: s.qty(),
                    price: s.price(),
                },
                ReportKind::Amended { qty: s.qty(), limit: s.price(), queue_ahead: None },
                ReportKind::AmendRejected(RejectReason::MarketClosed),
                ReportKind::Cancelled,
                ReportKind::CancelRejected(RejectReason::NoSuchOrder),
                ReportKind::Queue(queue),
                ReportKind::Expired,
                ReportKind::Unknown,
                ReportKind::Standing(Standing {
                    venue_id: VenueOrderId("w".into()),
                    qty: s.qty(),
                    limit: s.price(),
                    filled: s.qty(),
                    state: s.pick(&[OrderState::Accepted, OrderState::Filled, OrderState::Cancelled]),
                }),
                ReportKind::NotTaken,
                ReportKind::Foreign { client_id: "x".into() },
            ];
            let report = ExecutionReport { no: 0, id, kind: s.pick(&kinds) };
            holds!(order.on_report(&report, s.time()), order.open_qty(), order.left(), order.takes_changes());
            let filled = order.filled;
            holds!(order.state.is_open(), order.is_unanswered());
            if s.below(8) == 0 {
                holds!(order.lose(s.time()));
            }
            // Nothing but a fill changes what has traded.
            assert_eq!(order.filled, filled);
        }
        order.close_as_missing(s.time());
        assert!(!order.state.is_open());
        for state in [LineState::Live, LineState::Gap] {
            holds!(state.is_live(), state.word().len());
        }
        let mut held = Order::held(id, order.order.clone(), s.time(), s.time());
        held.note(s.whole() as u64, s.time(), StepKind::Submitted);
        if s.flag() {
            held.stay(s.flag(), s.time());
        }
        held.leave(s.time());
        holds!(held.state.has_left(), held.open_qty(), held.left(), held.takes_changes());
    });
}
