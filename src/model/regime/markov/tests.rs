use proptest::prelude::*;

use super::*;
use crate::model::ModelError;
use crate::model::draws::Draws;

fn params(form: Form) -> SwitchingAr {
    SwitchingAr {
        form,
        transition: [[0.98, 0.02], [0.06, 0.94]],
        location: [0.08, -0.12],
        phi: [0.1, -0.15],
        variance: [0.5, 3.2],
    }
}

fn simulate(params: &SwitchingAr, n: usize, seed: u64) -> Vec<f64> {
    let mut draws = Draws::new(seed, 0);
    let (mut state, mut y) = (0, vec![0.0]);
    for t in 1..n {
        let before = state;
        state = if draws.uniform() < params.transition[state][1] { 1 } else { 0 };
        let mean = -params.residual(before, state, y[t - 1], 0.0);
        y.push(mean + params.variance[state].sqrt() * draws.normal());
    }
    y
}

/// Every path of regimes, weighed by its probability: what the recursions must equal.
fn by_enumeration(params: &SwitchingAr, y: &[f64]) -> (f64, Vec<f64>) {
    let n = y.len();
    let (mut total, mut stress) = (0.0, vec![0.0; n]);
    for path in 0..1_usize << n {
        let state = |t: usize| path >> t & 1;
        let mut weight = params.stationary()[state(0)];
        for t in 1..n {
            let (i, j) = (state(t - 1), state(t));
            let u = params.residual(i, j, y[t - 1], y[t]);
            let density = (-0.5 * u * u / params.variance[j]).exp()
                / (std::f64::consts::TAU * params.variance[j]).sqrt();
            weight *= params.transition[i][j] * density;
        }
        total += weight;
        (0..n).filter(|&t| state(t) == 1).for_each(|t| stress[t] += weight);
    }
    (total.ln(), stress.iter().map(|s| s / total).collect())
}

#[test]
fn filter_and_smoother_equal_the_sum_over_all_paths() {
    for form in [Form::Mean, Form::Intercept] {
        let p = params(form);
        let y = [0.3, -0.9, 2.4, -3.1, 0.2, 0.1, -0.4, 0.6];
        let filtered = filter(&p, &y).unwrap();
        let (log_likelihood, smoothed) = by_enumeration(&p, &y);
        assert!((filtered.log_likelihood - log_likelihood).abs() < 1e-12, "{form:?}");
        for (t, got) in smooth(&filtered).p_stress().iter().enumerate() {
            assert!((got.get() - smoothed[t + 1]).abs() < 1e-12, "{form:?} at {t}");
            let (_, up_to_t) = by_enumeration(&p, &y[..t + 2]);
            assert!((filtered.steps[t].filtered[1] - up_to_t[t + 1]).abs() < 1e-12, "{form:?} at {t}");
        }
    }
}

#[test]
fn expectation_maximisation_never_loses_likelihood() {
    for form in [Form::Mean, Form::Intercept] {
        let y = simulate(&params(form), 400, 3);
        for start in super::starts::starts(form, &y, 6, 1) {
            let mut sample = super::expectation::Sample::new(&y);
            let path = super::em::run(start, &mut sample, &Regularisation::none(), 60).unwrap();
            for pair in path.trace.windows(2) {
                // The start's distribution depends on P too, which the closed form leaves out.
                assert!(pair[1] > pair[0] - 1e-3, "{form:?}: {} then {}", pair[0], pair[1]);
            }
        }
    }
}

#[test]
fn a_fit_beats_the_truth_and_comes_ordered() {
    for form in [Form::Mean, Form::Intercept] {
        let truth = params(form);
        let y = simulate(&truth, 1200, 11);
        let found = fit(form, &y, &FitOptions::product(5)).unwrap();
        assert!(found.log_likelihood >= filter(&truth, &y).unwrap().log_likelihood, "{form:?}");
        assert!((found.log_likelihood - filter(&found.params, &y).unwrap().log_likelihood).abs() < 1e-6);
        assert!(found.params.variance[0] < found.params.variance[1]);
        assert!(found.finite_curvature && !found.unstable_optimum, "{found:?}");
        assert!((found.params.variance[1] - 3.2).abs() < 1.0, "{found:?}");
    }
}

#[test]
fn a_change_of_units_changes_only_units() {
    let y = simulate(&params(Form::Intercept), 500, 8);
    let small: Vec<f64> = y.iter().map(|v| v / 100.0).collect();
    let a = fit(Form::Intercept, &y, &FitOptions::product(2)).unwrap().params;
    let b = fit(Form::Intercept, &small, &FitOptions::product(2)).unwrap().params.scaled(100.0);
    for k in 0..2 {
        assert!((a.variance[k] / b.variance[k] - 1.0).abs() < 1e-3, "{a:?} {b:?}");
        assert!((a.location[k] - b.location[k]).abs() < 1e-3);
    }
}

#[test]
fn bad_input_is_refused_with_its_reason() {
    let p = params(Form::Mean);
    assert_eq!(filter(&p, &[]), Err(ModelError::EmptyInput));
    assert_eq!(filter(&p, &[1.0]), Err(ModelError::TooShort { need: 2, got: 1 }));
    assert_eq!(filter(&p, &[1.0, f64::NAN]), Err(ModelError::NonFinite { index: 1 }));
    let rows: [(&str, SwitchingAr); 3] = [
        ("variance", SwitchingAr { variance: [0.0, 1.0], ..p }),
        ("transition probability", SwitchingAr { transition: [[1.2, -0.2], [0.5, 0.5]], ..p }),
        (
            "sum of a row of transition probabilities",
            SwitchingAr { transition: [[0.9, 0.2], [0.5, 0.5]], ..p },
        ),
    ];
    for (wanted, bad) in rows {
        let error = filter(&bad, &[0.0, 1.0]).unwrap_err();
        assert!(matches!(error, ModelError::OutOfDomain { name, .. } if name == wanted), "{error}");
    }
    let flat = fit(Form::Mean, &[0.1; 50], &FitOptions::product(0));
    assert_eq!(flat, Err(ModelError::Degenerate { why: "the values do not vary" }));
}

#[test]
fn a_chain_that_never_moves_is_a_chain() {
    let p = SwitchingAr { transition: [[1.0, 0.0], [0.0, 1.0]], ..params(Form::Intercept) };
    assert_eq!(p.stationary(), [0.5, 0.5]);
    assert_eq!(p.expected_duration(), [None, None]);
    assert_eq!(p.predict(0.3, 1000), 0.3);
    assert!(filter(&p, &[0.1, 50.0, -50.0]).unwrap().log_likelihood.is_finite());
}

#[test]
fn the_horizon_formula_is_the_repeated_step() {
    let p = params(Form::Intercept);
    let mut state = [0.1, 0.9];
    for h in 1..50 {
        state = p.advance(state);
        assert!((p.predict(0.9, h) - state[1]).abs() < 1e-12);
    }
}

proptest! {
    /// One value at a time gives what the whole gives, at every bar, and later values move nothing.
    #[test]
    fn online_equals_batch_and_sees_no_future(y in prop::collection::vec(-1e3..1e3f64, 3..60), cut in 2_usize..60) {
        for form in [Form::Mean, Form::Intercept] {
            let p = params(form);
            let batch = filter(&p, &y).unwrap();
            let mut online = Filter::new(p).unwrap();
            prop_assert!(online.on_value(y[0]).is_none());
            for (t, value) in y[1..].iter().enumerate() {
                prop_assert_eq!(online.on_value(*value), Some(batch.steps[t]));
                prop_assert_eq!(online.p_stress(), batch.p_stress()[t]);
            }
            let cut = cut.min(y.len());
            let mut other = y.clone();
            other[cut..].iter_mut().for_each(|v| *v = -*v - 1.0);
            prop_assert_eq!(&filter(&p, &other).unwrap().steps[..cut - 1], &batch.steps[..cut - 1]);
        }
    }
}
