//! The three fits that run at the close: Markov switching, EGARCH, the hidden Markov model.
//!
//! `cargo bench --bench models` prints milliseconds of processor time per fit of 2,500 simulated
//! points: median, least and most of nine. With `-- --series FILE` (one number a line) it prints one
//! JSON line per model for that series instead, and `-- --write FILE` writes the simulated one.
//! `benches/models_peer.py` runs it in turn with the Python libraries on the same series.

use std::error::Error;
use std::hint::black_box;

use himal::model::ModelError;
use himal::model::draws::Draws;
use himal::model::hmm::{
    EmOptions, GaussianHmm, HmmSearch, State, expectation_maximisation, fit_diagonal, posteriors,
};
use himal::model::regime::markov::{FitOptions, Form, Regularisation, fit};
use himal::model::volatility::egarch::Centre;
use himal::model::volatility::fit::{EgarchSearch, fit_egarch};

const POINTS: usize = 2500;
const PASSES: usize = 9;
const SEED: u64 = 20_240_611;
/// Steps of the comparison that gives both sides the same start and the same work.
const EM_STEPS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)
    };
    if let Some(path) = value("--write") {
        let lines: Vec<String> = simulated().iter().map(|v| format!("{v:.6}")).collect();
        return Ok(std::fs::write(path, lines.join("\n") + "\n")?);
    }
    let series = match value("--series") {
        Some(path) => {
            std::fs::read_to_string(path)?.lines().map(str::parse).collect::<Result<Vec<f64>, _>>()?
        }
        None => simulated(),
    };
    let passes = value("--passes").map_or(Ok(PASSES), |text| text.parse())?.max(1);
    let json = value("--series").is_some();
    for (name, run) in MODELS {
        let mut ms = Vec::with_capacity(passes);
        let mut log_likelihood = f64::NAN;
        for _ in 0..passes {
            let before = cpu_ms();
            log_likelihood = black_box(run(black_box(&series)))?;
            ms.push(cpu_ms() - before);
        }
        ms.sort_by(f64::total_cmp);
        let (median, least, most) = (ms[passes / 2], ms[0], ms[passes - 1]);
        if json {
            let line = serde_json::json!({
                "model": name, "ms": median, "least": least, "most": most, "log_likelihood": log_likelihood,
            });
            println!("{line}");
        } else {
            println!("{name:<28} {median:8.2} ms ({least:.2} to {most:.2})   llf {log_likelihood:.4}");
        }
    }
    Ok(())
}

/// A fit of a series, giving its log-likelihood.
type Run = fn(&[f64]) -> Result<f64, ModelError>;

const MODELS: [(&str, Run); 7] = [
    ("markov_mean", |y| markov(Form::Mean, y)),
    ("markov_intercept", |y| markov(Form::Intercept, y)),
    ("egarch_one_start", |y| egarch(y, EgarchSearch { starts: 1, ..EgarchSearch::stationary() })),
    ("egarch_all_starts", |y| egarch(y, EgarchSearch::stationary())),
    ("hmm_same_start_100_steps", hmm_steps),
    ("hmm_one_start", |y| hmm(y, 1)),
    ("hmm_ten_starts", |y| hmm(y, 10)),
];

/// Plain maximum likelihood, which is what the other side computes: no floors, no pseudo-counts.
fn markov(form: Form, y: &[f64]) -> Result<f64, ModelError> {
    let options = FitOptions { regularisation: Regularisation::none(), ..FitOptions::product(SEED) };
    Ok(fit(form, y, &options)?.log_likelihood)
}

fn egarch(y: &[f64], search: EgarchSearch) -> Result<f64, ModelError> {
    Ok(fit_egarch(y, Centre::Normal, search)?.path.log_likelihood)
}

fn hmm(y: &[f64], starts: usize) -> Result<f64, ModelError> {
    let search = HmmSearch {
        states: 3,
        starts,
        long_runs: starts,
        steps: 300,
        variance_prior: 0.0,
        variance_floor: 1e-4,
        pseudo_count: 0.0,
        seed: SEED,
    };
    Ok(fit_diagonal(&rows(y), &search)?.log_likelihood)
}

/// The start that `models_peer.py` gives its side too: means 0, variances 1/4, 1 and 4 of the sample's.
fn hmm_steps(y: &[f64]) -> Result<f64, ModelError> {
    let variance = y.iter().map(|v| v * v).sum::<f64>() / y.len() as f64;
    let states = [0.25, 1.0, 4.0].map(|part| State::diagonal(vec![0.0], &[part * variance]));
    let start = GaussianHmm {
        start: vec![1.0 / 3.0; 3],
        transition: (0..3).map(|i| (0..3).map(|j| if i == j { 0.9 } else { 0.05 }).collect()).collect(),
        states: states.into_iter().collect::<Result<_, _>>()?,
    };
    let options = EmOptions {
        steps: EM_STEPS,
        tolerance: 0.0,
        variance_prior: 0.0,
        variance_floor: 0.0,
        pseudo_count: 0.0,
    };
    let x = rows(y);
    Ok(posteriors(&expectation_maximisation(&start, &x, &options)?.model, &x)?.log_likelihood)
}

fn rows(y: &[f64]) -> Vec<Vec<f64>> {
    y.iter().map(|v| vec![*v]).collect()
}

/// Percent returns of two regimes, as Hamilton's model has them.
fn simulated() -> Vec<f64> {
    let mut draws = Draws::new(SEED, 0);
    let (mu, phi, sd) = ([0.08, -0.12], [0.10, -0.15], [0.5_f64.sqrt(), 3.2_f64.sqrt()]);
    let leave = [0.02, 0.06];
    let (mut regime, mut last) = (0, 0.0);
    (0..POINTS)
        .map(|_| {
            let before = regime;
            if draws.uniform() < leave[regime] {
                regime = 1 - regime;
            }
            last = mu[regime] + phi[regime] * (last - mu[before]) + sd[regime] * draws.normal();
            last
        })
        .collect()
}

/// Processor time of this process.
fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
