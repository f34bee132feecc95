//! Bad input into indicators, order-flow measures, features, the tick filter and covariances.

use himal::market::{ContractNo, Tick};
use himal::model::anomaly::*;
use himal::model::covariance::regime_blend::RegimeCovariances;
use himal::model::covariance::{breakdown, contribution, correlation, psd, sample, shrinkage};
use himal::model::feature::liquidity::*;
use himal::model::feature::ownership::{concentration, ownership};
use himal::model::feature::selection::{Candidate, Rules, effective_pairs, select};
use himal::model::feature::{ClosedBar, StationarySet, TechnicalSet};
use himal::model::indicator::*;
use himal::model::microstructure::amihud::{amihud, illiquidity, scaled};
use himal::model::microstructure::book::*;
use himal::model::microstructure::kyle::{RollingKyle, kyle};
use himal::model::microstructure::order_flow::{OrderFlow, Quote, flow_regression, trade_imbalance};
use himal::model::microstructure::spread::{EffectiveSpread, QuotedTrade, roll, spreads};
use himal::model::microstructure::trade_sign::{TickRule, TradeSigner, buy_share, quote_rule};
use himal::model::microstructure::vpin::*;

use crate::holds;
use crate::sound::run;
use crate::source::Source;

#[test]
fn indicators() {
    run(80, |s| {
        let n = s.below(25);
        let (closes, highs, lows, volumes) =
            (s.prices(60), s.series_of(60), s.series_of(60), s.series_of(60));
        let seed = s.pick(&[WilderSeed::WithFirst, WilderSeed::WithoutFirst]);
        let (mut sma, mut ema, mut wilder) = (Sma::new(n), Ema::new(n), Wilder::new(n));
        let (mut rsi, mut macd) = (Rsi::new(n), Macd::new(s.below(4), s.below(9), s.below(5)));
        let (mut bands, mut atr) = (Bollinger::new(n, s.pick(&[2.0, f64::NAN, 1e300])), Atr::new(n, seed));
        let (mut stochastic, mut roc) = (Stochastic::new(n, s.below(4)), Roc::new(n));
        let (mut range, mut obv, mut vwap) = (TrueRange::default(), Obv::default(), SessionVwap::default());
        holds!(&sma, &ema, &wilder, &rsi, &macd, &bands, &atr, &stochastic, &roc);
        for (i, &close) in closes.iter().enumerate() {
            let (high, low) = if s.flag() { (close, close) } else { (highs[i], lows[i]) };
            holds!(sma.as_mut().map(|f| f.push(close)), ema.as_mut().map(|f| f.push(close)));
            holds!(wilder.as_mut().map(|f| f.push(close)), rsi.as_mut().map(|f| f.push(close)));
            holds!(macd.as_mut().map(|f| f.push(close)), macd.as_mut().map(|f| f.push(close).histogram()));
            holds!(bands.as_mut().map(|f| f.push(close)), roc.as_mut().map(|f| f.push(close)));
            holds!(atr.as_mut().map(|f| f.push(high, low, close)), range.push(high, low, close));
            holds!(stochastic.as_mut().map(|f| f.push(high, low, close)), obv.push(close, volumes[i]));
            holds!(vwap.push(s.whole() % 3, close, volumes[i]));
        }
        holds!(sma.as_mut().map(Sma::reset));
    });
}

fn level(s: &mut Source) -> Level {
    let price = if s.flag() { 300.0 + s.probability() } else { s.float() };
    Level { price, size: if s.flag() { s.probability() * 1e4 } else { s.float() } }
}

#[test]
fn the_book() {
    run(200, |s| {
        let (bids, asks): (Vec<Level>, Vec<Level>) = (0..s.below(6)).map(|_| (level(s), level(s))).unzip();
        holds!(imbalance(s.float(), s.float()), weighted_imbalance(&bids, &asks));
        let walked = walk(&asks, s.float());
        holds!(&walked, walked.cost(s.side(), s.float()), walk(&bids, 100.0).cost(s.side(), 300.0));
        let mut window = SnapshotWindow::default();
        for _ in 0..12 {
            if let Some(top) = Top::new(level(s), level(s)) {
                holds!(top.mid(), top.spread(), top.spread_bps(), top.imbalance(), top.microprice());
                window.push(&top);
            }
            holds!(
                window.hidden_liquidity(s.float()),
                window.hidden_liquidity(20.0),
                window.next_move(),
                &window
            );
        }
    });
}

#[test]
fn order_flow() {
    run(150, |s| {
        let (a, b) = s.pair(110);
        holds!(
            amihud(&a, &b, s.float()),
            illiquidity(&a, &b),
            scaled(s.float(), &b),
            kyle(&a, &b, s.below(130))
        );
        if let Ok(found) = kyle(&a, &b, 2) {
            holds!(found.t(), found.t_hac(), found.lambda_bps(s.float(), s.float()));
        }
        let (mut rolling, mut flow) = (RollingKyle::default(), OrderFlow::default());
        let quotes: Vec<Quote> = (0..s.below(40))
            .map(|_| {
                let (bid, ask) = (level(s), level(s));
                Quote { bid_price: bid.price, bid_size: bid.size, ask_price: ask.price, ask_size: ask.size }
            })
            .collect();
        for (x, y) in a.iter().zip(&b) {
            holds!(rolling.push(*x, *y, s.flag()), rolling.estimate());
        }
        for pair in quotes.windows(2) {
            holds!(flow.push(pair[0]), &flow);
            if s.below(9) == 0 {
                holds!(flow.take(), flow.reset());
            }
        }
        holds!(flow_regression(&quotes, s.below(6)), trade_imbalance(s.float(), s.float()));
        let mut effective = EffectiveSpread::default();
        let trades: Vec<QuotedTrade> = (0..s.below(30))
            .map(|_| {
                let (bid, ask) = (level(s), level(s));
                QuotedTrade {
                    bid: bid.price,
                    ask: ask.price,
                    price: level(s).price,
                    side: s.pick(&[1.0, -1.0, 0.0, f64::NAN]),
                    quantity: bid.size,
                }
            })
            .collect();
        for trade in &trades {
            effective.push(trade);
            holds!(effective.value());
        }
        holds!(spreads(&trades, s.below(40)), roll(&s.prices(60)));
        let (mut ticks, mut signer) = (TickRule::default(), TradeSigner::default());
        for _ in 0..5 {
            let quote = s.flag().then(|| (s.price(), s.price()));
            let aggressor = s.flag().then(|| s.side());
            holds!(ticks.push(s.price()), quote_rule(s.price(), s.price(), s.price()));
            holds!(signer.push(s.price(), quote, aggressor), buy_share(aggressor));
        }
    });
}

#[test]
fn vpin() {
    run(150, |s| {
        let (volumes, shares) = s.pair(60);
        let (bucket, window) = (s.pick(&[1.0, 0.01, 1e-300, 0.0, f64::NAN]), s.below(6));
        holds!(
            Vpin::new(s.float(), window),
            Vpin::daily(s.float()),
            vpin_series(&volumes, &shares, bucket, window)
        );
        if let Ok(mut live) = Vpin::new(bucket, window) {
            for volume in &volumes {
                holds!(live.push(*volume, s.probability()), live.value());
            }
        }
        let curve = [BulkCurve::Normal, BulkCurve::StudentT(5.0), BulkCurve::StudentT(s.float())];
        let curve = s.pick(&curve);
        let prices = s.prices(60);
        holds!(bulk_shares(&prices, curve));
        let Ok(mut classifier) = BulkClassifier::new(curve, window) else { return };
        for price in &prices {
            holds!(classifier.push(*price));
        }
        holds!(
            Toxicity::of(s.float()),
            raised_threshold(s.float(), s.float()),
            percentile(&volumes, s.float())
        );
    });
}

#[test]
fn features() {
    run(100, |s| {
        holds!(ownership(s.qty(), s.qty(), s.qty()));
        let sizes: Vec<_> = (0..s.below(30)).map(|_| s.qty()).collect();
        holds!(concentration(s.qty(), &sizes), largest_tenth(&sizes));
        let sessions: Vec<Option<SessionReturn>> = s
            .series(21)
            .into_iter()
            .map(|log_return| s.flag().then(|| SessionReturn { log_return, traded: s.flag() }))
            .collect();
        holds!(zero_return_ratio(&sessions));
        let times: Vec<_> = (0..s.below(9)).map(|_| s.time()).collect();
        let halts: Vec<_> = (0..s.below(3)).map(|_| (s.time(), s.time())).collect();
        holds!(mean_trade_interval_min(&times, &halts));
        let mut sorted = times.clone();
        sorted.sort_unstable();
        holds!(mean_trade_interval_min(&sorted, &halts));
        let mut concentration = VolumeConcentration::default();
        for _ in 0..22 {
            let trades: Vec<_> = (0..s.below(30)).map(|_| s.qty()).collect();
            holds!(concentration.push(&trades));
        }
        let (mut technical, mut stationary) = (TechnicalSet::default(), StationarySet::default());
        let (closes, volumes) = (s.prices(110), s.series_of(110));
        for (i, (&close, volume)) in closes.iter().zip(volumes).enumerate() {
            let available_at = himal::market::Timestamp::from_ns(i as i64);
            let (high, low) = if s.below(9) == 0 { (s.float(), s.float()) } else { (close, close) };
            let bar = ClosedBar { session: s.date(), available_at, high, low, close, volume: volume.abs() };
            holds!(technical.push(&bar), stationary.push(&bar));
        }
        let n = s.length(60);
        let candidates: Vec<Candidate> = (0..s.below(4))
            .map(|i| {
                let rows = if s.below(9) == 0 { s.length(60) } else { n };
                let values = s.series_of(rows).into_iter().map(|v| (s.below(9) > 0).then_some(v)).collect();
                Candidate { name: format!("f{i}"), values }
            })
            .collect();
        let target: Vec<Option<f64>> = s.series_of(n).into_iter().map(Some).collect();
        let mut rules = Rules::standard(s.below(80));
        if s.below(4) == 0 {
            rules = Rules {
                alpha: s.probability(),
                copy_correlation: s.probability(),
                most: s.below(4),
                ..rules
            };
        }
        let (from, to) = (s.below(80), s.below(80));
        holds!(select(&candidates, &target, 0..n, rules), select(&candidates, &target, from..to, rules));
        let (x, y) = s.pair(60);
        holds!(effective_pairs(&x, &y, s.below(80)));
    });
}

#[test]
fn the_tick_filter() {
    run(80, |s| {
        let mut limits = AnomalyLimits::default();
        if s.below(3) == 0 {
            limits = AnomalyLimits {
                jump_sds: s.float(),
                volume_times: s.float(),
                spread_times: s.float(),
                baseline_min: s.below(20),
                elapsed_ns_min: s.whole(),
                quote_age_ns_max: s.whole(),
                ..limits
            };
        }
        let mut filter = TickFilter::new(limits);
        for i in 0..50 {
            let at =
                if s.below(9) == 0 { s.time() } else { himal::market::Timestamp::from_ns(i * 1_000_000_000) };
            let facts = PrintFacts {
                at,
                price: s.price(),
                qty: s.qty(),
                contract: s.flag().then(|| ContractNo(s.whole() as u64)),
                tick: Tick::new(s.pick(&[10, 1, 0, i64::MAX])),
                band: s.flag().then(|| (s.price(), s.price())),
                quote: s.flag().then(|| (s.price(), s.price(), s.time())),
                reversed: s.below(9) == 0,
                repeated: s.below(9) == 0,
                gap: s.below(9) == 0,
                auction: s.below(9) == 0,
            };
            let spread = s.flag().then(|| s.whole());
            holds!(
                filter.on_print(&facts),
                filter.on_quote(at, spread, facts.tick),
                filter.baseline_warming()
            );
            holds!(filter.quote_crossed(), filter.quote_wide());
            let verdict = filter.on_print(&facts);
            holds!(verdict.action(), verdict.is_usable(), verdict.findings.iter().count());
        }
        let mut rate = QuarantineRate::default();
        for _ in 0..20 {
            holds!(rate.count(s.time(), s.flag()), rate.reading(s.time()));
        }
        let capacity = s.below(5);
        let (mut median, mut mean) = (RollingMedian::new(capacity), RollingMean::new(capacity));
        for value in s.series(31) {
            holds!(median.push(value), median.median(), median.len(), median.is_empty());
            holds!(mean.push(s.whole()), mean.mean(), mean.len(), mean.is_empty());
        }
        let mut found = Findings::NONE;
        for check in Check::ALL {
            holds!(
                found.add(check),
                found.has(check),
                found.action(),
                check.action(),
                check.words(),
                found.is_empty()
            );
            holds!(found.and(Findings::NONE), found.remove(check), found.iter().count());
        }
    });
}

#[test]
fn covariances() {
    run(150, |s| {
        let returns = s.matrix(300);
        let weights = s.flag().then(|| {
            let n = if s.below(8) == 0 { s.length(60) } else { returns.nrows() };
            s.series_of(n).into_iter().map(f64::abs).collect::<Vec<f64>>()
        });
        holds!(
            sample::covariance(&returns),
            sample::moments(&returns, weights.as_deref()),
            shrinkage::towards_constant_correlation(&returns, weights.as_deref()),
            shrinkage::towards_identity(&returns),
            breakdown::detect(&returns),
        );
        holds!(breakdown::detect(&returns).map(|found| found.level.cut()));
        let square = s.square();
        let vols = s.series_of(square.nrows());
        holds!(
            correlation(&square),
            contribution::covariance_of(&square, &vols),
            contribution::covariance_of(&square, &s.series(5)),
            contribution::contributions(&vols, &square),
            contribution::contributions(&s.series(5), &square),
            psd::smallest_eigenvalue(&square),
            psd::repair_correlation(&square),
        );
        let count = if s.below(8) == 0 { s.length(300) } else { returns.nrows() };
        let p_stress: Vec<_> = (0..count).map(|_| s.p_stress()).collect();
        holds!(RegimeCovariances::estimate(&returns, &p_stress));
        if let Ok(found) = RegimeCovariances::estimate(&returns, &p_stress) {
            holds!(
                found.blend(s.p_stress()),
                found.blend(s.p_stress()).map(|blend| blend.correlation_increase())
            );
        }
    });
}
