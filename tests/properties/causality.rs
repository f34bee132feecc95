//! No answer depends on what had not yet happened, and what is fed one observation at a time says
//! after each of them what the whole says.
//!
//! The filters that have their batch form in the same file are held to it there; here are those
//! whose batch form is a definition, and every estimator that is handed a table with a future in it.

use std::fmt::Debug;

use himal::market::{ContractNo, Price, Qty, Side, Tick, Timestamp};
use himal::model::anomaly::{AnomalyLimits, PrintFacts, TickFilter};
use himal::model::change_point::{Detector, DetectorParams};
use himal::model::feature::liquidity::{VolumeConcentration, largest_tenth};
use himal::model::feature::selection::{Candidate, Rules, select};
use himal::model::hmm::{Forward, GaussianHmm, State, posteriors};
use himal::model::hypothesis::spearman;
use himal::model::ic::{Outcome, RollingIc};
use himal::model::indicator::{Bollinger, Ema, Roc, Rsi, Sma};
use himal::model::microstructure::book::{Level, SnapshotWindow, Top};
use himal::model::microstructure::spread::{EffectiveSpread, QuotedTrade};
use himal::model::microstructure::trade_sign::TradeSigner;
use himal::model::microstructure::vpin::{BulkClassifier, BulkCurve, Vpin, vpin_series};
use himal::model::regime::intraday::{BarKind, BarReturn, DiurnalProfile, IntradayRegime};
use himal::model::regime::{IntradayRegimeParams, Start};
use himal::model::returns::{Winsoriser, as_of};
use himal::model::ridge::{forward_folds, out_of_fold};
use himal::model::volatility::ewma::{EwmaFilter, EwmaSpec, zero_mean};
use proptest::prelude::*;

/// Answers over a run, and over one that differs from `cut` on, are the same before it.
fn past_stands<I: Clone, O: PartialEq + Debug, F: FnMut(&I) -> O>(
    make: impl Fn() -> F,
    seen: &[I],
    other: &[I],
) -> Result<(), TestCaseError> {
    let cut = seen.len() - other.len();
    let changed: Vec<I> = seen[..cut].iter().chain(other).cloned().collect();
    let answers = |run: &[I]| -> Vec<O> { run.iter().map(make()).collect() };
    prop_assert_eq!(&answers(seen)[..cut], &answers(&changed)[..cut]);
    Ok(())
}

fn values(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![4 => -0.03..0.03_f64, 1 => Just(0.0), 1 => -2.0..2.0_f64], n)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filters_of_returns(seen in values(60), other in values(20)) {
        past_stands(|| { let mut f = Winsoriser::default(); move |x: &f64| f.push(*x) }, &seen, &other)?;
        past_stands(
            || { let mut f = EwmaFilter::product(); move |x: &f64| (f.on_value(*x), f.next_variance()) },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = Detector::new(DetectorParams::default()).unwrap();
                move |x: &f64| (f.on_value(*x), f.p_short(), f.runs().map_run_length())
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = IntradayRegime::new(IntradayRegimeParams::default(), Start::without_daily_model()).unwrap();
                let mut index = 0;
                move |x: &f64| {
                    index += 1;
                    let bar = BarReturn { index, return_: *x, diurnal: 1.0, kind: BarKind::Traded };
                    (f.on_bar(bar), f.p_stress(), f.label(), f.sigma_d_hat(), f.history().to_vec())
                }
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = BulkClassifier::new(BulkCurve::Normal, 20).unwrap();
                move |x: &f64| f.push(100.0 + x)
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let (mut f, mut t) = (RollingIc::default(), 0);
                move |x: &f64| {
                    t += 1;
                    let matured_at = Timestamp::from_ns(t);
                    let outcome = Outcome { forecast: x.sin(), realised: *x, matured_at };
                    (f.push(outcome, matured_at), f.value())
                }
            },
            &seen,
            &other,
        )?;
    }

    /// What bounds a value is what came before it, recomputed here from its definition.
    #[test]
    fn a_winsorised_value_is_bounded_by_the_trailing_window(x in values(300)) {
        let mut filter = Winsoriser::default();
        for (t, raw) in x.iter().enumerate() {
            let got = filter.push(*raw).unwrap();
            let trailing = &x[t.saturating_sub(250)..t];
            let middle = |of: &mut Vec<f64>| {
                of.sort_by(f64::total_cmp);
                0.5 * (of[(of.len() - 1) / 2] + of[of.len() / 2])
            };
            let mut want = *raw;
            if trailing.len() >= 30 {
                let centre = middle(&mut trailing.to_vec());
                let mad = middle(&mut trailing.iter().map(|v| (v - centre).abs()).collect());
                if mad > 0.0 {
                    want = raw.clamp(centre - 14.826 * mad, centre + 14.826 * mad);
                }
            }
            prop_assert!(near(got.value, want), "{t}: {} {want}", got.value);
            prop_assert_eq!(got.raw, *raw);
        }
    }

    #[test]
    fn the_running_ewma_is_the_batch_over_what_was_seen(x in values(70)) {
        let mut filter = EwmaFilter::product();
        for n in 1..=x.len() {
            let before = filter.on_value(x[n - 1]);
            if n >= 20 {
                let batch = zero_mean(&x[..n], &EwmaSpec::product()).unwrap();
                prop_assert!(near(filter.next_variance().unwrap(), batch.next), "{n}");
                prop_assert!(before.is_none_or(|before| near(before, batch.variance[n - 1])), "{n}");
            } else {
                prop_assert_eq!(filter.next_variance(), None);
            }
        }
    }

    #[test]
    fn a_hidden_state_is_filtered_from_the_past_alone(seen in values(40), other in values(15)) {
        let states = [1e-4, 4e-2].map(|v| State::diagonal(vec![0.0], &[v]).unwrap()).to_vec();
        let transition = vec![vec![0.95, 0.05], vec![0.1, 0.9]];
        let model = GaussianHmm { start: vec![0.6, 0.4], transition, states };
        past_stands(
            || { let mut f = Forward::new(model.clone()).unwrap(); move |x: &f64| f.on_observation(&[*x]) },
            &seen,
            &other,
        )?;
        let mut online = Forward::new(model.clone()).unwrap();
        for n in 1..=seen.len() {
            let filtered = online.on_observation(&[seen[n - 1]]).unwrap();
            let rows: Vec<Vec<f64>> = seen[..n].iter().map(|x| vec![*x]).collect();
            let batch = posteriors(&model, &rows).unwrap();
            prop_assert!(near(online.log_likelihood(), batch.log_likelihood));
            prop_assert!(filtered.iter().zip(&batch.filtered[n - 1]).all(|(a, b)| near(*a, *b)), "{n}");
        }
    }

    #[test]
    fn indicators_are_their_definitions_over_what_was_seen(moves in values(40)) {
        let closes: Vec<f64> = moves.iter().map(|m| 100.0 + m).collect();
        let (mut sma, mut ema, mut band) = (Sma::new(7).unwrap(), Ema::new(7).unwrap(), Bollinger::new(7, 2.0).unwrap());
        let (mut roc, mut rsi) = (Roc::new(7).unwrap(), Rsi::new(7).unwrap());
        for n in 1..=closes.len() {
            let known = &closes[..n];
            let now = known[n - 1];
            // The exponential average as one weighted sum: the first value carries what is left.
            let weight = |age: usize| if age + 1 == n { 0.75_f64.powi(age as i32) } else { 0.25 * 0.75_f64.powi(age as i32) };
            let want: f64 = known.iter().rev().enumerate().map(|(age, v)| weight(age) * v).sum();
            prop_assert!(near(ema.push(now), want), "{n}");
            let (mean, bands, change, strength) = (sma.push(now), band.push(now), roc.push(now), rsi.push(now));
            prop_assert_eq!((mean.is_some(), bands.is_some(), change.is_some(), strength.is_some()), (n >= 7, n >= 7, n >= 8, n >= 8));
            if let (Some(mean), Some(bands)) = (mean, bands) {
                let window = &known[n - 7..];
                let centre = window.iter().sum::<f64>() / 7.0;
                let deviation = (window.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / 7.0).sqrt();
                prop_assert!(near(mean, centre) && near(bands.upper, centre + 2.0 * deviation), "{n}");
            }
            if let (Some(change), Some(strength)) = (change, strength) {
                prop_assert!(near(change, 100.0 * (now / known[n - 8] - 1.0)));
                let wilder = |sign: f64| {
                    let parts: Vec<f64> = known.windows(2).map(|p| (sign * (p[1] - p[0])).max(0.0)).collect();
                    let seed = parts[..7].iter().sum::<f64>() / 7.0;
                    parts[7..].iter().fold(seed, |average, part| (6.0 * average + part) / 7.0)
                };
                let (gain, loss) = (wilder(1.0), wilder(-1.0));
                let want = if gain + loss > 0.0 { 100.0 * gain / (gain + loss) } else { 50.0 };
                prop_assert!((strength - want).abs() < 1e-6, "{n}: {strength} {want}");
            }
        }
    }

    #[test]
    fn filters_of_trades_and_quotes(
        seen in prop::collection::vec((29_000..31_000_i64, 1..400_i64, 1..400_i64), 40),
        other in prop::collection::vec((29_000..31_000_i64, 1..400_i64, 1..400_i64), 15),
    ) {
        let top = |&(price, bid, ask): &(i64, i64, i64)| {
            let price = price as f64 / 100.0;
            let level = |price, size: i64| Level { price, size: size as f64 };
            Top::new(level(price - 0.1 - bid as f64 / 500.0, bid), level(price + 0.1, ask)).unwrap()
        };
        past_stands(
            || {
                let mut f = SnapshotWindow::default();
                move |x: &(i64, i64, i64)| {
                    f.push(&top(x));
                    (f.hidden_liquidity(20.0), f.next_move())
                }
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = TradeSigner::default();
                move |&(price, bid, ask): &(i64, i64, i64)| {
                    let at = Price::from_units;
                    let quote = (bid % 3 > 0).then(|| (at(price - bid % 5), at(price + ask % 5)));
                    let aggressor = (ask % 7 == 0).then_some(Side::Sell);
                    f.push(at(price), quote, aggressor)
                }
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = VolumeConcentration::default();
                move |&(a, b, c): &(i64, i64, i64)| f.push(&[a, b, c].map(Qty::from_units))
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = Vpin::new(150.0, 5).unwrap();
                move |&(_, bid, ask): &(i64, i64, i64)| (f.push(bid as f64, ask as f64 / 400.0), f.value())
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let (mut f, mut t) = (TickFilter::new(AnomalyLimits::default()), 0);
                move |&(price, qty, _): &(i64, i64, i64)| {
                    t += 1_000_000_000;
                    let facts = PrintFacts {
                        at: Timestamp::from_ns(t),
                        price: Price::from_units(price),
                        qty: Qty::from_units(qty),
                        contract: Some(ContractNo(t as u64)),
                        tick: Tick::new(1),
                        band: None,
                        quote: None,
                        reversed: false,
                        repeated: false,
                        gap: false,
                        auction: false,
                    };
                    f.on_print(&facts)
                }
            },
            &seen,
            &other,
        )?;
        past_stands(
            || {
                let mut f = DiurnalProfile::flat(3);
                move |&(a, b, c): &(i64, i64, i64)| {
                    f.on_session(&[(0, a as f64 * 1e-6), (1, b as f64 * 1e-5), (2, c as f64 * 1e-5)]);
                    [f.factor(0), f.factor(1), f.factor(2)]
                }
            },
            &seen,
            &other,
        )?;
    }

    #[test]
    fn running_measures_are_the_batch_over_what_was_seen(
        seen in prop::collection::vec((29_000..31_000_i64, 1..400_i64, 1..400_i64), 45),
    ) {
        let (mut spread, mut concentration, mut vpin) =
            (EffectiveSpread::default(), VolumeConcentration::default(), Vpin::new(150.0, 5).unwrap());
        let (mut ic, mut shares) = (RollingIc::default(), Vec::new());
        for n in 1..=seen.len() {
            let known = &seen[..n];
            let (price, a, b) = known[n - 1];
            let trade = |&(price, a, b): &(i64, i64, i64)| {
                let (bid, ask) = (price as f64 - 10.0, price as f64 + 10.0);
                QuotedTrade { bid, ask, price: (price + b % 9) as f64, side: 1.0, quantity: a as f64 }
            };
            spread.push(&trade(&known[n - 1]));
            let weighted: f64 = known.iter().map(trade).map(|t| 2.0 * (t.price - (t.bid + t.ask) / 2.0) / ((t.bid + t.ask) / 2.0) * t.quantity).sum();
            let quantity: f64 = known.iter().map(|x| x.1 as f64).sum();
            prop_assert!(near(spread.value().unwrap(), weighted / quantity));

            let sizes = [price, a, b].map(Qty::from_units);
            shares.push(largest_tenth(&sizes).unwrap());
            let want = (n >= 20).then(|| shares[n - 20..].iter().sum::<f64>() / 20.0);
            let got = concentration.push(&sizes);
            prop_assert!(got.zip(want).is_none_or(|(a, b)| near(a, b)) && got.is_some() == want.is_some());

            vpin.push(a as f64, b as f64 / 400.0).unwrap();
            let (volumes, bought): (Vec<f64>, Vec<f64>) = known.iter().map(|x| (x.1 as f64, x.2 as f64 / 400.0)).unzip();
            let batch = vpin_series(&volumes, &bought, 150.0, 5).unwrap().vpin.last().copied();
            prop_assert!(vpin.value().zip(batch).is_none_or(|(a, b)| near(a, b)) && vpin.value().is_some() == batch.is_some(), "{n}");

            let outcome = Outcome { forecast: a as f64, realised: b as f64, matured_at: Timestamp::from_ns(n as i64) };
            ic.push(outcome, outcome.matured_at).unwrap();
            if n >= 20 {
                let (f, r): (Vec<f64>, Vec<f64>) = known.iter().map(|x| (x.1 as f64, x.2 as f64)).unzip();
                prop_assert_eq!(ic.value(), spearman(&f, &r).map(|s| s.rho));
            }
        }
    }

    /// Estimators that get a table with later rows in it: what is judged or scored before does not move.
    #[test]
    fn tables_with_a_future_in_them(x in values(90), y in values(90), other in values(30)) {
        let (cut, train) = (60, 0..60);
        let changed = |of: &[f64]| -> Vec<f64> { of[..cut].iter().chain(&other).copied().collect() };
        let candidates = |x: &[f64], y: &[f64]| {
            let named = |name: &str, values: Vec<f64>| Candidate { name: name.to_owned(), values: values.into_iter().map(Some).collect() };
            let target: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
            let list = [named("x", x.to_vec()), named("square", x.iter().map(|v| v * v).collect())];
            select(&list, &target, train.clone(), Rules::standard(2))
        };
        prop_assert_eq!(candidates(&x, &y), candidates(&changed(&x), &changed(&y)));

        let rows = |x: &[f64]| -> Vec<Vec<f64>> { x.iter().map(|v| vec![*v, v * v]).collect() };
        let folded = |x: &[f64], y: &[f64]| out_of_fold(&rows(x), y, 0.5, 5, 2).unwrap();
        let (before, after) = (folded(&x, &y), folded(&changed(&x), &changed(&y)));
        prop_assert_eq!(&before[..cut], &after[..cut]);
        for fold in forward_folds(x.len(), 5, 2).unwrap() {
            prop_assert!(fold.train.end + 2 <= fold.score.start);
        }

        let known: Vec<(Timestamp, f64)> = (0..).map(Timestamp::from_ns).zip(x.iter().copied()).collect();
        let later: Vec<(Timestamp, f64)> = (0..).map(Timestamp::from_ns).zip(changed(&x)).collect();
        for at in 0..cut as i64 {
            prop_assert_eq!(as_of(&known, Timestamp::from_ns(at), 100), as_of(&later, Timestamp::from_ns(at), 100));
        }
    }
}
