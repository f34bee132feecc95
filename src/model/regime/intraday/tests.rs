use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;

const DAYS: u64 = 500;

fn detector() -> IntradayRegime {
    IntradayRegime::new(IntradayRegimeParams::default(), Start::without_daily_model()).unwrap()
}

fn traded(index: u32, return_: f64) -> BarReturn {
    BarReturn { index, return_, diurnal: 1.0, kind: BarKind::Traded }
}

/// Box-Muller over a counter-based generator: the same draws on every platform up to libm.
fn normals(seed: u64, stream: u64, n: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let mut uniform = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    (0..n).map(|_| (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()).collect()
}

/// A session of 48 bars whose daily volatility is `sigma(bar)`.
fn session(seed: u64, day: u64, sigma: impl Fn(usize) -> f64) -> Vec<BarReturn> {
    let z = normals(seed, day, 48);
    (0..48).map(|i| traded(i as u32, z[i] * sigma(i) / 48f64.sqrt())).collect()
}

fn events(bars: &[BarReturn]) -> Vec<RegimeChange> {
    let mut regime = detector();
    bars.iter().filter_map(|bar| regime.on_bar(*bar)).collect()
}

#[test]
fn a_bar_of_0_2165_percent_is_a_day_of_1_5_percent() {
    let mut regime = detector();
    for i in 0..12 {
        regime.on_bar(traded(i, if i % 2 == 0 { 0.002_165 } else { -0.002_165 }));
    }
    assert!((regime.sigma_d_hat().unwrap() - 0.015).abs() < 1e-6);
    assert!(!regime.warming());
}

#[test]
fn a_diurnal_factor_scales_the_variance_away() {
    let (mut plain, mut scaled) = (detector(), detector());
    for i in 0..20 {
        let r = 0.003 * f64::from(i % 3) - 0.002;
        plain.on_bar(traded(i, r));
        scaled.on_bar(BarReturn { diurnal: 4.0, ..traded(i, 2.0 * r) });
    }
    assert!((plain.p_stress().get() - scaled.p_stress().get()).abs() < 1e-12);
    assert!((plain.sigma_d_hat().unwrap() - scaled.sigma_d_hat().unwrap()).abs() < 1e-12);
}

#[test]
fn normal_days_stay_quiet_and_a_doubling_is_found() {
    let false_days = (0..DAYS).filter(|&day| !events(&session(7, day, |_| 0.015)).is_empty()).count();
    let mut delays: Vec<u32> = (0..DAYS)
        .filter_map(|day| {
            let bars = session(8, day, |i| if i < 24 { 0.015 } else { 0.030 });
            events(&bars).iter().find(|e| e.new == Regime::Stress && e.bar >= 24).map(|e| e.bar - 23)
        })
        .collect();
    delays.sort_unstable();
    assert!(false_days * 20 <= DAYS as usize, "false events on {false_days} of {DAYS} days");
    assert!(delays.len() * 20 >= DAYS as usize * 19, "found on {} of {DAYS} days", delays.len());
    assert!((4..=8).contains(&delays[delays.len() / 2]), "median delay {} bars", delays[delays.len() / 2]);
}

#[test]
fn the_first_hour_holds_yesterdays_label() {
    let mut regime = detector();
    for i in 0..11 {
        assert_eq!(regime.on_bar(traded(i, 0.02)), None, "bar {i}");
        assert!(regime.warming());
    }
    assert!(regime.p_stress().get() > 0.99);
    let change = regime.on_bar(traded(11, 0.02)).unwrap();
    assert_eq!((change.old, change.new, change.bar), (Regime::Normal, Regime::Stress, 11));
}

#[test]
fn a_fresh_label_dwells_three_bars() {
    let mut regime = detector();
    let mut bars: Vec<f64> = vec![0.0; 12];
    bars.push(0.03);
    bars.extend([0.0; 30]);
    let changes: Vec<_> =
        bars.iter().enumerate().filter_map(|(i, r)| regime.on_bar(traded(i as u32, *r))).collect();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert_eq!((changes[0].bar, changes[0].new), (12, Regime::Stress));
    assert!(changes[1].bar >= changes[0].bar + 3 && changes[1].new == Regime::Normal);
}

#[test]
fn a_falling_wild_hour_keeps_the_probability_up() {
    let mut regime = detector();
    for i in 0..14 {
        regime.on_bar(traded(i, if i % 2 == 0 { -0.0055 } else { 0.0015 }));
    }
    assert!(regime.mean_return().unwrap() < -0.001 && regime.sigma_d_hat().unwrap() > 0.02);
    assert!(regime.p_stress().get() >= 0.6);
}

/// Bars without information predict only: the probability follows the chain and the label holds.
#[test]
fn bars_without_information_only_predict() {
    let cases = [
        ("no trade", BarReturn { kind: BarKind::NoTrade, ..traded(20, 0.0) }, false),
        ("after halt", BarReturn { kind: BarKind::AfterHalt, ..traded(20, 0.09) }, false),
        ("not a number", traded(20, f64::NAN), false),
        ("infinite", traded(20, f64::INFINITY), false),
        ("bad factor", BarReturn { diurnal: 0.0, ..traded(20, 0.09) }, false),
        ("stale", traded(20, 0.09), true),
    ];
    for (name, bar, stale) in cases {
        let mut regime = detector();
        for i in 0..15 {
            regime.on_bar(traded(i, 0.002));
        }
        let before = regime.p_stress().get();
        let sigma = regime.sigma_d_hat().unwrap();
        regime.set_stale(stale);
        assert_eq!(regime.on_bar(bar), None, "{name}");
        let params = *regime.params();
        let predicted = before * params.stay_stress + (1.0 - before) * (1.0 - params.stay_normal);
        assert!((regime.p_stress().get() - predicted).abs() < 1e-15, "{name}");
        assert_eq!(regime.history().last().unwrap().bar, 20, "{name}");
        assert_eq!(regime.sigma_d_hat().unwrap() == sigma, name != "no trade", "{name}");
    }
}

#[test]
fn late_and_double_bars_change_nothing_but_their_count() {
    let mut regime = detector();
    regime.on_bar(traded(5, 0.001));
    let before = regime.clone();
    assert_eq!(regime.on_bar(traded(5, 0.02)), None);
    assert_eq!(regime.on_bar(traded(4, 0.02)), None);
    assert_eq!(regime.out_of_order_bars(), 2);
    assert_eq!((regime.p_stress(), regime.history()), (before.p_stress(), before.history()));
}

#[test]
fn without_a_daily_model_the_start_is_a_visible_fallback() {
    let regime = detector();
    assert_eq!((regime.p_stress().get(), regime.label()), (0.2, Regime::Normal));
    assert!(regime.provenance().is_substitute());
    assert_eq!(regime.sigma_d_hat(), None);
}

#[test]
fn constants_that_make_no_filter_are_refused() {
    let with = |edit: fn(&mut IntradayRegimeParams)| {
        let mut params = IntradayRegimeParams::default();
        edit(&mut params);
        IntradayRegime::new(params, Start::without_daily_model()).map(|_| ())
    };
    assert_eq!(with(|_| ()), Ok(()));
    type Edit = fn(&mut IntradayRegimeParams);
    let edits: [(&str, Edit); 7] = [
        ("levels.normal", |p| p.levels.normal = f64::NAN),
        ("levels.stress", |p| p.levels.stress = 0.01),
        ("window", |p| p.window = 49),
        ("bars_per_session", |p| p.bars_per_session = u32::MAX),
        ("stay_normal", |p| p.stay_normal = 1.0),
        ("hysteresis.normal_below", |p| p.hysteresis.normal_below = 0.8),
        ("floor.p_stress", |p| p.floor.p_stress = -0.1),
    ];
    for (field, edit) in edits {
        assert!(matches!(with(edit), Err(ModelError::OutOfDomain { name, .. }) if name == field), "{field}");
    }
}

#[test]
fn refitted_levels_stay_near_their_defaults() {
    let rows = [
        (0.012, 0.025, Some((0.012, 0.025))),
        (0.001, 0.500, Some((0.0075, 0.060))),
        (0.030, 0.010, None),
        (f64::NAN, 0.03, None),
    ];
    for (low, high, want) in rows {
        let got = RegimeLevels::refit(low, high).ok().map(|l| (l.normal, l.stress));
        assert_eq!(got, want, "{low} {high}");
    }
}

#[test]
fn the_market_return_weighs_symbols_equally_and_leaves_new_ones_out() {
    let bar = |bars_so_far, return_| SymbolBar { bars_so_far, return_ };
    assert_eq!(equal_weight_return(&[], 24), None);
    assert_eq!(equal_weight_return(&[bar(23, Some(0.01))], 24), None);
    let market =
        equal_weight_return(&[bar(24, Some(1.1f64.ln())), bar(30, None), bar(3, Some(0.5))], 24).unwrap();
    assert!((market.return_ - 1.05f64.ln()).abs() < 1e-15);
    assert_eq!((market.symbols, market.kind), (2, BarKind::Traded));
    let silent = equal_weight_return(&[bar(24, None), bar(24, Some(f64::NAN))], 24).unwrap();
    assert_eq!((silent.return_, silent.symbols, silent.kind), (0.0, 1, BarKind::NoTrade));
}

fn any_bar() -> impl Strategy<Value = (u32, f64, f64, u8, bool)> {
    let value = prop_oneof![9 => -0.02..0.02, 1 => any::<f64>()];
    let factor = prop_oneof![9 => 0.3..3.0, 1 => any::<f64>()];
    (1_u32..3, value, factor, 0_u8..3, prop::bool::weighted(0.05))
}

fn build(steps: &[(u32, f64, f64, u8, bool)]) -> Vec<(BarReturn, bool)> {
    let mut index = 0;
    let kinds = [BarKind::Traded, BarKind::NoTrade, BarKind::AfterHalt];
    let bar = |&(skip, return_, diurnal, kind, stale): &(u32, f64, f64, u8, bool)| {
        index += skip;
        (BarReturn { index, return_, diurnal, kind: kinds[usize::from(kind)] }, stale)
    };
    steps.iter().map(bar).collect()
}

proptest! {
    /// Any input: one event per change and only then, numbers in their domains, queries change
    /// nothing, and a detector that went through serde goes on as the one that did not.
    #[test]
    fn one_event_per_change_whatever_comes(steps in prop::collection::vec(any_bar(), 1..80)) {
        let mut regime = detector();
        for (bar, stale) in build(&steps) {
            let bytes = postcard::to_stdvec(&regime).unwrap();
            let mut restored: IntradayRegime = postcard::from_bytes(&bytes).unwrap();
            regime.set_stale(stale);
            restored.set_stale(stale);
            let (label, copy) = (regime.label(), regime.clone());
            let _ = (regime.p_stress(), regime.sigma_d_hat(), regime.warming(), regime.history());
            prop_assert_eq!(&regime, &copy);
            let change = regime.on_bar(bar);
            prop_assert_eq!(restored.on_bar(bar), change);
            prop_assert_eq!(change.is_some(), regime.label() != label);
            if let Some(change) = change {
                prop_assert_eq!((change.old, change.new, change.bar), (label, regime.label(), bar.index));
                prop_assert!(!stale && bar.kind == BarKind::Traded);
            }
            prop_assert!((0.0..=1.0).contains(&regime.p_stress().get()));
            prop_assert!(regime.sigma_d_hat().is_none_or(f64::is_finite));
        }
    }

    /// The past does not depend on the future.
    #[test]
    fn changing_later_bars_moves_no_earlier_answer(
        steps in prop::collection::vec(any_bar(), 2..60), other in any_bar(), cut in 0.0..1.0f64,
    ) {
        let cut = (cut * steps.len() as f64) as usize;
        let mut changed = steps.clone();
        changed[cut..].fill(other);
        let run = |steps: &[_]| {
            let mut regime = detector();
            let mut out = Vec::new();
            for (bar, stale) in build(steps) {
                regime.set_stale(stale);
                out.push((regime.on_bar(bar), regime.p_stress(), regime.label()));
            }
            out
        };
        prop_assert_eq!(&run(&steps)[..cut], &run(&changed)[..cut]);
    }
}
