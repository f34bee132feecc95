use super::*;
use crate::model::ModelError;
use crate::model::draws::Draws;

fn model() -> GaussianHmm {
    GaussianHmm {
        start: vec![0.6, 0.3, 0.1],
        transition: vec![vec![0.9, 0.1, 0.0], vec![0.05, 0.9, 0.05], vec![0.0, 0.2, 0.8]],
        states: vec![
            State::diagonal(vec![0.1], &[0.3]).unwrap(),
            State::diagonal(vec![0.0], &[1.0]).unwrap(),
            State::diagonal(vec![-0.4], &[6.0]).unwrap(),
        ],
    }
}

fn simulate(model: &GaussianHmm, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut draws = Draws::new(seed, 0);
    let pick = |row: &[f64], draws: &mut Draws| {
        let u = draws.uniform();
        let mut sum = 0.0;
        row.iter().position(|p| {
            sum += p;
            u < sum
        })
    };
    let mut state = pick(&model.start, &mut draws).unwrap_or(0);
    (0..n)
        .map(|_| {
            let s = &model.states[state];
            let x = s.mean[0] + s.variances()[0].sqrt() * draws.normal();
            state = pick(&model.transition[state], &mut draws).unwrap_or(state);
            vec![x]
        })
        .collect()
}

/// Every path, weighed: likelihood, posteriors and the best one.
#[test]
fn the_recursions_equal_the_sum_over_all_paths() {
    let model = model();
    let x: Vec<Vec<f64>> = [0.2, -0.3, 2.9, -4.0, 0.5, 0.1].iter().map(|v| vec![*v]).collect();
    let n = x.len();
    let (mut total, mut best, mut smoothed) = (0.0, (0.0, Vec::new()), vec![[0.0; 3]; n]);
    for code in 0..3_usize.pow(n as u32) {
        let path: Vec<usize> = (0..n).map(|t| code / 3_usize.pow(t as u32) % 3).collect();
        let mut weight = model.start[path[0]];
        for t in 0..n {
            weight *= model.states[path[t]].log_density(&x[t]).exp();
            if t > 0 {
                weight *= model.transition[path[t - 1]][path[t]];
            }
        }
        total += weight;
        (0..n).for_each(|t| smoothed[t][path[t]] += weight);
        if weight > best.0 {
            best = (weight, path);
        }
    }
    let got = posteriors(&model, &x).unwrap();
    assert!((got.log_likelihood - f64::ln(total)).abs() < 1e-12);
    for (got, weighed) in got.smoothed.iter().zip(&smoothed) {
        for (p, weight) in got.iter().zip(weighed) {
            assert!((p - weight / total).abs() < 1e-12, "{got:?} {weighed:?}");
        }
    }
    let path = viterbi(&model, &x).unwrap();
    assert_eq!(path.states, best.1);
    assert!((path.log_probability - f64::ln(best.0)).abs() < 1e-12);
    let expected: f64 = got.transitions.iter().flatten().sum();
    assert!((expected - (n - 1) as f64).abs() < 1e-12);
}

#[test]
fn the_filter_is_the_forward_pass_and_sees_no_future() {
    let model = model();
    let x = simulate(&model, 200, 2);
    let batch = posteriors(&model, &x).unwrap();
    let mut forward = Forward::new(model.clone()).unwrap();
    for (t, row) in x.iter().enumerate() {
        assert_eq!(forward.on_observation(row).unwrap(), batch.filtered[t]);
    }
    let mut other = x.clone();
    other[100..].iter_mut().for_each(|row| row[0] = 50.0);
    let changed = posteriors(&model, &other).unwrap();
    assert_eq!(changed.filtered[..100], batch.filtered[..100]);
    assert_ne!(changed.smoothed[..100], batch.smoothed[..100]);
}

#[test]
fn expectation_maximisation_never_loses_likelihood() {
    let x = simulate(&model(), 400, 5);
    let options =
        EmOptions { steps: 60, tolerance: 0.0, variance_prior: 0.0, variance_floor: 0.0, pseudo_count: 0.0 };
    let run = expectation_maximisation(&model(), &x, &options).unwrap();
    assert_eq!(run.trace.len(), 60);
    assert!(run.trace.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9), "{:?}", run.trace);
}

#[test]
fn three_states_are_found_ordered_and_labelled() {
    let truth = GaussianHmm {
        start: vec![1.0, 0.0, 0.0],
        transition: vec![vec![0.98, 0.01, 0.01], vec![0.02, 0.96, 0.02], vec![0.02, 0.02, 0.96]],
        states: vec![
            State::diagonal(vec![0.002], &[0.005f64.powi(2)]).unwrap(),
            State::diagonal(vec![0.0], &[0.015f64.powi(2)]).unwrap(),
            State::diagonal(vec![-0.012], &[0.040f64.powi(2)]).unwrap(),
        ],
    };
    let returns: Vec<f64> = simulate(&truth, 800, 9).into_iter().map(|row| row[0]).collect();
    let fit = fit_three_states(&returns, 1).unwrap();
    let sigma: Vec<f64> = fit.model.states.iter().map(|s| s.variances()[0].sqrt()).collect();
    for (got, want) in sigma.iter().zip([0.005, 0.015, 0.040]) {
        assert!((got / want - 1.0).abs() < 0.25, "{sigma:?}");
    }
    assert_eq!((fit.labels[0], fit.labels[2]), (MeanLabel::Bull, MeanLabel::Bear));
    assert!(fit.expected_duration().iter().all(Option::is_some));
    assert_eq!(fit, fit_three_states(&returns, 1).unwrap());
}

/// No first distribution gives the data a higher likelihood than the fit's.
#[test]
fn a_fit_begins_in_its_best_state() {
    for seed in 0..4 {
        let x = simulate(&model(), 300, seed);
        let search = HmmSearch {
            states: 3,
            starts: 4,
            long_runs: 4,
            steps: 200,
            variance_prior: 0.0,
            variance_floor: 1e-4,
            pseudo_count: 0.0,
            seed,
        };
        let found = fit_diagonal(&x, &search).unwrap();
        for k in 0..3 {
            let start = (0..3).map(|j| if j == k { 1.0 } else { 0.0 }).collect();
            let other = posteriors(&GaussianHmm { start, ..found.model.clone() }, &x);
            let value = other.map_or(f64::NEG_INFINITY, |all| all.log_likelihood);
            assert!(value < found.log_likelihood + 2e-3, "seed {seed}: {value} {}", found.log_likelihood);
        }
    }
}

#[test]
fn what_is_no_model_or_no_data_is_refused() {
    assert_eq!(State::diagonal(vec![0.0], &[0.0]), Err(ModelError::Singular));
    let indefinite = State::new(vec![0.0, 0.0], &[vec![1.0, 2.0], vec![2.0, 1.0]]);
    assert_eq!(indefinite, Err(ModelError::Singular));
    let mut bad = model();
    bad.transition[0] = vec![0.5, 0.6, 0.0];
    assert!(matches!(posteriors(&bad, &[vec![0.0]]), Err(ModelError::OutOfDomain { .. })));
    assert_eq!(posteriors(&model(), &[]), Err(ModelError::EmptyInput));
    assert_eq!(
        posteriors(&model(), &[vec![0.0, 1.0]]),
        Err(ModelError::DimensionMismatch { left: 1, right: 2 })
    );
    assert_eq!(fit_three_states(&[0.01; 100], 0), Err(ModelError::TooShort { need: 250, got: 100 }));
    assert!(matches!(fit_three_states(&[0.01; 300], 0), Err(ModelError::Degenerate { .. })));
    let never = GaussianHmm {
        transition: vec![vec![1.0]],
        start: vec![1.0],
        states: vec![model().states[0].clone()],
    };
    assert_eq!(never.expected_duration(), [None]);
}

/// A left-to-right chain and an outlier: in plain probabilities both underflow.
#[test]
fn impossible_moves_and_outliers_are_ordinary_values() {
    let mut chain = model();
    chain.start = vec![1.0, 0.0, 0.0];
    chain.transition = vec![vec![0.5, 0.5, 0.0], vec![0.0, 0.5, 0.5], vec![0.0, 0.0, 1.0]];
    let x: Vec<Vec<f64>> = [0.0, 60.0, -60.0, 0.0].iter().map(|v| vec![*v]).collect();
    let got = posteriors(&chain, &x).unwrap();
    assert!(got.log_likelihood.is_finite());
    assert!(got.smoothed.iter().all(|p| (p.iter().sum::<f64>() - 1.0).abs() < 1e-12));
}
