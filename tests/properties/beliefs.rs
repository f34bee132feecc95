//! Bad input into regimes, hidden Markov models, change points and volatility.

use himal::model::change_point::{Detector, DetectorParams, Pruning, RunLengths, RunModel, run_length_rows};
use himal::model::hmm::{self, EmOptions, Forward, GaussianHmm, HmmSearch, State};
use himal::model::regime::intraday::*;
use himal::model::regime::markov::{self, Filter, FitOptions, Form, Regularisation, SwitchingAr};
use himal::model::regime::{FilteredProbability, Regime, SmoothedProbability, daily};
use himal::model::volatility::egarch::{Centre, Egarch};
use himal::model::volatility::errors::Errors;
use himal::model::volatility::ewma::{self, EwmaFilter, EwmaSpec, EwmaStart};
use himal::model::volatility::fit::{EgarchSearch, ErrorKind, fit_egarch, fit_egarch_where, fit_garch};
use himal::model::volatility::forecast::{self, Simulation};
use himal::model::volatility::garch::Garch;
use himal::model::volatility::{backcast, model};
use himal::model::{ModelError, Provenance};

use crate::holds;
use crate::sound::run;
use crate::source::Source;

fn switching(s: &mut Source) -> SwitchingAr {
    let form = s.pick(&[Form::Mean, Form::Intercept]);
    if s.below(4) == 0 {
        let (p, q) = (s.probability(), s.probability());
        return SwitchingAr {
            form,
            transition: [[p, 1.0 - p], [1.0 - q, q]],
            location: [s.float(), s.float()],
            phi: [s.float(), s.float()],
            variance: [s.float(), s.float()],
        };
    }
    let (p, q) = (s.pick(&[0.9, 0.99, 1.0, 0.0]), s.pick(&[0.8, 1.0]));
    SwitchingAr {
        form,
        transition: [[p, 1.0 - p], [1.0 - q, q]],
        location: [0.001, -0.002],
        phi: [0.1, s.pick(&[-0.2, 1.0, 0.98])],
        variance: [s.pick(&[1e-4, 1e-300, 1.0]), s.pick(&[4e-4, 9.0, 1e300])],
    }
}

#[test]
fn switching_regimes() {
    run(150, |s| {
        let params = switching(s);
        let y = s.series(60);
        holds!(params.check(), markov::filter(&params, &y), Filter::new(params));
        holds!(markov::filter(&params, &y).map(|filtered| filtered.p_stress()));
        holds!(markov::filter(&params, &y).map(|filtered| markov::smooth(&filtered)));
        holds!(markov::filter(&params, &y).map(|filtered| markov::smooth(&filtered).p_stress()));
        if params.check().is_ok() {
            holds!(params.stationary(), params.expected_duration(), params.regime_mean());
            holds!(params.advance([0.3, 0.7]), params.predict(0.3, s.whole() as u32), params.relabelled());
            holds!(params.scaled(2.0));
        }
        if let Ok(mut filter) = Filter::new(params) {
            for value in &y {
                holds!(filter.on_value(*value), filter.p_stress(), filter.predict(s.whole() as u32));
                holds!(filter.log_likelihood(), filter.params(), filter.skipped());
            }
        }
        let rule = s.pick(&[Regularisation::product(), Regularisation::none()]);
        holds!(markov::expectation_maximisation(params, &y, &rule, s.below(4)));
        holds!(FilteredProbability::new(s.float()), SmoothedProbability::new(s.float()));
        holds!(s.p_stress().get(), s.p_stress().ppm());
        holds!(SmoothedProbability::new(s.probability()).map(SmoothedProbability::get));
    });
}

#[test]
fn fits_of_switching_regimes() {
    run(24, |s| {
        let options = FitOptions {
            starts: s.below(4),
            em_steps: s.below(8),
            refined: s.below(3),
            ..FitOptions::product(1)
        };
        let form = s.pick(&[Form::Mean, Form::Intercept]);
        holds!(markov::fit(form, &s.series(120), &options));
        let options = FitOptions { starts: s.below(4), em_steps: s.below(8), ..FitOptions::plain(1) };
        holds!(markov::fit(form, &s.series(60), &options));
        let returns = s.series(255);
        let fitted = daily::DailyFit::fit(&returns, 3);
        holds!(&fitted, daily::belief(None, &s.series(300)));
        if let Ok(fit) = fitted {
            holds!(fit.sigma_d());
            let kept = daily::KeptFit {
                fit,
                age_sessions: s.whole() as u32,
                refit_failure: Some(ModelError::Singular),
            };
            holds!(daily::belief(Some(&kept), &s.series(300)));
        }
        let params = SwitchingAr { form: Form::Intercept, ..switching(s) };
        let fit =
            daily::DailyFit { params, log_likelihood: 0.0, n: 300, unstable_optimum: false, bic_excess: 0.0 };
        let kept = daily::KeptFit { fit, age_sessions: 0, refit_failure: None };
        holds!(daily::belief(Some(&kept), &s.series(300)));
    });
}

#[test]
fn the_intraday_regime() {
    run(150, |s| {
        holds!(RegimeLevels::refit(s.float(), s.float()));
        let mut params = IntradayRegimeParams::default();
        if s.flag() {
            params.levels = RegimeLevels { normal: s.float(), stress: s.float() };
        }
        if s.below(4) == 0 {
            params.stay_normal = s.probability();
            params.floor.p_stress = s.probability();
            params.window = s.whole() as u32;
        }
        if s.below(4) == 0 {
            params.bars_per_session = s.whole() as u32;
            params.floor.mean_return_below = s.float();
            params.hysteresis.stress_above = s.probability();
        }
        let label = s.pick(&[Regime::Normal, Regime::Stress]);
        let start = if s.flag() {
            Start::from_daily(s.p_stress(), label, Provenance::Fitted)
        } else {
            Start::without_daily_model()
        };
        holds!(params.check(), IntradayRegime::new(params, start.clone()));
        if let Ok(mut detector) = IntradayRegime::new(params, start) {
            for (i, return_) in s.series(60).into_iter().enumerate() {
                let index = if s.below(20) == 0 { s.whole() as u32 } else { i as u32 };
                let diurnal = if s.below(10) == 0 { s.float() } else { 1.0 };
                let kind = s.pick(&[BarKind::Traded, BarKind::NoTrade, BarKind::AfterHalt]);
                holds!(detector.on_bar(BarReturn { index, return_, diurnal, kind }), detector.sigma_d_hat());
                holds!(detector.p_stress(), detector.label(), detector.mean_return(), detector.warming());
                detector.set_stale(s.below(10) == 0);
            }
            holds!(detector.stale(), detector.history(), detector.provenance(), detector.params());
            holds!(detector.unusable_bars(), detector.out_of_order_bars());
        }
        let mut profile = DiurnalProfile::flat(s.below(60) as u32);
        for _ in 0..s.below(4) {
            let bars: Vec<(u32, f64)> = s.series(60).into_iter().map(|r| (s.below(60) as u32, r)).collect();
            profile.on_session(&bars);
            holds!(profile.factor(s.whole() as u32), profile.factor(3), &profile);
        }
        let symbols: Vec<SymbolBar> = (0..s.below(5))
            .map(|_| SymbolBar { bars_so_far: s.below(60) as u32, return_: s.maybe() })
            .collect();
        holds!(equal_weight_return(&symbols, s.below(60) as u32));
    });
}

fn hidden(s: &mut Source) -> Option<GaussianHmm> {
    let (k, width) = (1 + s.below(3), 1 + s.below(2));
    let states = (0..k)
        .map(|_| {
            let mean = s.series_of(width);
            let variances: Vec<f64> =
                (0..width).map(|_| if s.below(6) == 0 { s.float() } else { 1e-4 }).collect();
            State::diagonal(mean, &variances).ok()
        })
        .collect::<Option<Vec<State>>>()?;
    let mut transition = vec![vec![1.0 / k as f64; k]; k];
    if s.below(4) == 0 {
        transition = (0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    }
    if s.below(8) == 0 {
        transition[0][0] = s.float();
    }
    Some(GaussianHmm { start: vec![1.0 / k as f64; k], transition, states })
}

#[test]
fn hidden_markov_models() {
    run(100, |s| {
        let covariance: Vec<Vec<f64>> = (0..s.below(3)).map(|_| s.series(2)).collect();
        holds!(State::new(s.series(3), &covariance), State::diagonal(s.series(3), &s.series(3)));
        if let Ok(state) = State::diagonal(s.series_of(2), &[1e-4, s.finite().abs()]) {
            holds!(state.variances());
        }
        let Some(model) = hidden(s) else { return };
        let width = model.dimension();
        let x = s.rows(60, width);
        holds!(model.check(), model.dimension(), model.check_observations(&x), model.expected_duration());
        holds!(hmm::posteriors(&model, &x), hmm::viterbi(&model, &x));
        if let Ok(mut forward) = Forward::new(model.clone()) {
            for row in &x {
                holds!(forward.on_observation(row), forward.log_likelihood(), forward.model());
            }
        }
        let options = EmOptions {
            steps: s.below(5),
            tolerance: s.float(),
            variance_prior: s.pick(&[0.0, 0.01, f64::NAN]),
            variance_floor: s.pick(&[0.0, 1e-8, -1.0]),
            pseudo_count: s.pick(&[0.0, 1.0, f64::INFINITY]),
        };
        holds!(hmm::expectation_maximisation(&model, &x, &options));
    });
    run(16, |s| {
        let search = HmmSearch {
            states: s.below(4),
            starts: s.below(3),
            long_runs: s.below(3),
            steps: s.below(10),
            variance_prior: s.pick(&[0.0, 0.01]),
            variance_floor: s.pick(&[0.0, 1e-8]),
            pseudo_count: s.pick(&[0.0, 1.0]),
            seed: 5,
        };
        let x = s.rows(60, 1);
        holds!(hmm::fit_diagonal(&x, &search), hmm::fit_three_states(&s.series(255), 3));
        let found = hmm::fit_three_states(&s.series(255), 3);
        holds!(found.map(|states| states.expected_duration()));
    });
}

#[test]
fn change_points() {
    run(100, |s| {
        let mut model = RunModel::default();
        if s.flag() {
            model = RunModel { hazard: s.probability(), mu0: s.float(), ..model };
        }
        if s.below(4) == 0 {
            model = RunModel { kappa0: s.float(), alpha0: s.float(), beta0: s.float(), ..model };
        }
        let pruning = Pruning { probability_min: s.probability(), length_max: s.below(60) };
        let x = s.series(60);
        holds!(model.check(), run_length_rows(model, &x));
        if let Ok(mut runs) = RunLengths::new(model, s.flag().then_some(pruning)) {
            for value in &x {
                holds!(
                    runs.on_value(*value),
                    runs.probabilities().collect::<Vec<_>>(),
                    runs.map_run_length()
                );
                holds!(runs.expected_run_length(), runs.probability_within(s.below(80)), runs.log_evidence());
            }
            holds!(runs.seen(), runs.skipped());
        }
        let params = DetectorParams { model, pruning, ..DetectorParams::default() };
        if let Ok(mut detector) = Detector::new(params) {
            for value in &x {
                holds!(detector.on_value(*value), detector.p_short());
            }
            holds!(detector.runs().seen());
        }
    });
}

fn errors(s: &mut Source) -> Errors {
    match s.below(3) {
        0 => Errors::Normal,
        1 => Errors::StudentT { nu: 5.0 },
        _ => Errors::StudentT { nu: s.float() },
    }
}

fn egarch(s: &mut Source) -> Egarch {
    let plausible = Egarch {
        mu: 0.01,
        omega: 0.02,
        alpha: 0.15,
        gamma: -0.05,
        beta: s.pick(&[0.92, 1.0, -0.5]),
        errors: errors(s),
        centre: s.pick(&[Centre::MeanAbs, Centre::Normal]),
    };
    match s.below(4) {
        0 => Egarch { mu: s.float(), omega: s.float(), ..plausible },
        1 => Egarch { alpha: s.float(), gamma: s.float(), beta: s.float(), ..plausible },
        _ => plausible,
    }
}

#[test]
fn volatility() {
    run(150, |s| {
        let y = s.series(120);
        let e = egarch(s);
        holds!(e.check(), e.variances(&y), e.standardised(&y), e.errors.check(), backcast(&y));
        let counted: Vec<bool> = (0..s.length(120)).map(|_| s.flag()).collect();
        holds!(e.log_likelihood_where(&y, &counted), e.log_likelihood_where(&y, &vec![true; y.len()]));
        let horizon = s.below(30);
        if e.check().is_ok() {
            let log_variance = s.float();
            holds!(e.unconditional_volatility());
            holds!(forecast::normal_mean_variance(&e, log_variance, horizon));
            let paths = s.below(50);
            let simulation = Simulation { paths, seed: 3, truncate: s.maybe() };
            holds!(forecast::simulate(&e, log_variance, horizon, &simulation));
            holds!(forecast::simulate(&e, 0.3, horizon, &Simulation { paths: 40, ..Simulation::product(1) }));
        }
        let g = Garch {
            mu: 0.0,
            omega: if s.flag() { 0.02 } else { s.float() },
            alpha: s.pick(&[0.1, 0.9, 1e300]),
            beta: s.pick(&[0.8, 0.0, 1.0, -0.1]),
            errors: errors(s),
        };
        holds!(g.check(), g.variances(&y), g.forecast(s.float(), horizon));
        let mut spec = EwmaSpec::product();
        if s.flag() {
            let first = s.below(40);
            spec = EwmaSpec {
                lambda: s.probability(),
                start: s.pick(&[EwmaStart::FirstSquare, EwmaStart::MeanSquare(first)]),
                include_current: s.flag(),
            };
        }
        holds!(ewma::zero_mean(&y, &spec));
        holds!(ewma::weighted_variance(&y, s.float(), s.flag(), s.flag()));
        holds!(ewma::weighted_variance(&y, 20.0, s.flag(), s.flag()));
        let mut filter = EwmaFilter::product();
        for value in &y {
            holds!(filter.on_value(*value), filter.next_variance(), filter.skipped());
        }
    });
}

#[test]
fn fits_of_volatility() {
    run(12, |s| {
        let centre = s.pick(&[Centre::MeanAbs, Centre::Normal]);
        let bounds = s.pick(&[EgarchSearch::product(), EgarchSearch::stationary()]);
        let y = s.series(110);
        let counted: Vec<bool> = y.iter().map(|_| s.flag()).collect();
        holds!(fit_egarch_where(&y, &counted, centre, bounds));
        let found = fit_egarch(&y, centre, bounds);
        holds!(&found, fit_garch(&s.series(110), s.pick(&[ErrorKind::Normal, ErrorKind::StudentT])));
        if let Ok(found) = found {
            holds!(model::faults(&found, &y), model::faults(&found, &s.series(110)));
            for fault in model::faults(&found, &y).unwrap_or_default() {
                holds!(fault.rule());
            }
        }
        let returns = s.series(300);
        if let Ok(judged) = model::JudgedVolatility::of(&returns) {
            holds!(judged.accepted());
        }
        let fitted = model::fit(&returns);
        let ahead = model::forecast(&returns, &fitted, s.below(6), 1);
        holds!(&fitted, &ahead, ahead.as_ref().map(model::VolatilityForecast::sigma_d));
        holds!(model::forecast(&s.series(300), &Err(ModelError::Singular), s.below(30), 1));
    });
}
