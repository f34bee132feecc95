use proptest::prelude::*;

use super::run_length::Run;
use super::*;
use crate::model::ModelError;
use crate::model::draws::Draws;

#[test]
fn without_pruning_the_reset_probability_is_the_hazard() {
    let mut draws = Draws::new(1, 0);
    let mut runs = RunLengths::new(RunModel::default(), None).unwrap();
    for t in 0..150 {
        runs.on_value(if t < 80 { draws.normal() } else { 5.0 * draws.normal() });
        let p: Vec<f64> = runs.probabilities().collect();
        assert_eq!(p.len(), t + 2);
        assert!((p[0] - 1.0 / 200.0).abs() < 1e-15);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-10);
    }
}

/// The sum over every way to cut a short series into runs.
#[test]
fn the_evidence_is_the_sum_over_all_segmentations() {
    let model = RunModel { hazard: 0.1, ..RunModel::default() };
    let x = [0.2, -0.5, 3.0, 2.5, 2.8, -0.1, 0.4];
    let mut total = 0.0;
    for cuts in 0..1_u32 << (x.len() - 1) {
        let (mut run, mut log) = (Run::EMPTY, 0.0);
        for (t, &value) in x.iter().enumerate() {
            log += run.log_predictive(&model, value);
            let cut = t + 1 < x.len() && cuts >> t & 1 == 1;
            if t + 1 < x.len() {
                log += if cut { model.hazard.ln() } else { (1.0 - model.hazard).ln() };
            }
            run = if cut { Run::EMPTY } else { run.with(value) };
        }
        total += f64::exp(log);
    }
    let (_, runs) = run_length_rows(model, &x).unwrap();
    assert!((runs.log_evidence() - total.ln()).abs() < 1e-12);
}

fn detections(seed: u64, n: usize, shape: impl Fn(usize, f64) -> f64) -> Vec<u64> {
    let mut draws = Draws::new(seed, 0);
    let mut detector = Detector::new(DetectorParams::default()).unwrap();
    (0..n).filter_map(|t| detector.on_value(shape(t, draws.normal()))).map(|c| c.seen).collect()
}

#[test]
fn changes_are_found_and_quiet_stays_quiet() {
    let found = |shape: fn(usize, f64) -> f64, seed: u64| {
        (0..30).filter(|k| detections(seed + k, 200, shape).iter().any(|t| (151..=171).contains(t))).count()
    };
    let tripled = found(|t, z| if t < 150 { z } else { 3.0 * z }, 100);
    let shifted = found(|t, z| if t < 150 { z } else { z + 2.0 }, 200);
    assert!(tripled + shifted >= 54, "found {tripled} and {shifted} of 30 each");
    let quiet: usize = (0..30).map(|k| detections(300 + k, 300, |_, z| z).len()).sum();
    assert!(quiet <= 9, "{quiet} false events in 9,000 quiet values");
}

#[test]
fn pruning_keeps_the_mass_and_the_cap() {
    let pruning = Pruning { probability_min: 1e-8, length_max: 50 };
    let mut runs = RunLengths::new(RunModel::default(), Some(pruning)).unwrap();
    let mut draws = Draws::new(4, 0);
    for _ in 0..500 {
        runs.on_value(draws.normal());
        assert!((runs.probabilities().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(runs.runs.len() <= 50 && runs.runs.len() == runs.log_probability.len());
    }
}

#[test]
fn bad_values_are_skipped_and_bad_priors_refused() {
    let mut detector = Detector::new(DetectorParams::default()).unwrap();
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        assert_eq!(detector.on_value(bad), None);
    }
    assert_eq!((detector.runs().skipped(), detector.runs().seen()), (3, 0));
    for model in [
        RunModel { hazard: 0.0, ..RunModel::default() },
        RunModel { kappa0: 0.0, ..RunModel::default() },
        RunModel { beta0: f64::NAN, ..RunModel::default() },
    ] {
        assert!(RunLengths::new(model, None).is_err(), "{model:?}");
    }
    assert_eq!(run_length_rows(RunModel::default(), &[]).unwrap_err(), ModelError::EmptyInput);
}

proptest! {
    /// The detector goes on after serde as before it, never leaves its domain, and ignores the
    /// future.
    #[test]
    fn online_is_deterministic_whatever_comes(x in prop::collection::vec(-50.0..50.0f64, 1..60), cut in 0_usize..60) {
        let mut detector = Detector::new(DetectorParams::default()).unwrap();
        let mut answers = Vec::new();
        for value in &x {
            let bytes = postcard::to_stdvec(&detector).unwrap();
            let mut restored: Detector = postcard::from_bytes(&bytes).unwrap();
            let answer = detector.on_value(*value);
            prop_assert_eq!(restored.on_value(*value), answer);
            prop_assert!((0.0..=1.0).contains(&detector.p_short()));
            answers.push((answer, detector.runs().map_run_length()));
        }
        let (rows, last) = run_length_rows(RunModel::default(), &x).unwrap();
        let cut = cut.min(x.len());
        if cut > 0 {
            let (head, _) = run_length_rows(RunModel::default(), &x[..cut]).unwrap();
            prop_assert_eq!(&rows[..cut], &head[..]);
        }
        prop_assert_eq!(rows.last().unwrap(), &last.probabilities().collect::<Vec<_>>());
    }
}
