//! Bad input into returns, tests, regressions, tails and the rest of the plain statistics.

use himal::market::Timestamp;
use himal::model::covariance::closes::of_closes;
use himal::model::draws::Draws;
use himal::model::error::{check_finite, check_series};
use himal::model::forecast_comparison::{Comparison, Kernel, Loss, diebold_mariano};
use himal::model::huber::{self, Regression, Scale};
use himal::model::hypothesis::*;
use himal::model::ic::{self, Outcome, RollingIc};
use himal::model::multiple_testing::{Correction, correct};
use himal::model::nnls;
use himal::model::out_of_sample::{Reading, out_of_sample};
use himal::model::promoter::{PromoterModel, PromoterOutcome};
use himal::model::regression::{LeastSquares, line, newey_west_errors};
use himal::model::returns::*;
use himal::model::ridge::{self, Ridge};
use himal::model::stationarity::mackinnon::Surface;
use himal::model::stationarity::*;
use himal::model::tail::backtest::{christoffersen, kupiec, traffic_light};
use himal::model::tail::gpd::{Gpd, PeaksOverThreshold, tail_quantile};
use himal::model::tail::historical::Losses;
use himal::model::tail::parametric::Moments;
use himal::model::tail::{check_confidence, estimate, filtered_returns};
use himal::model::units::*;
use himal::model::{Provenance, efficiency};

use crate::holds;
use crate::sound::run;

#[test]
fn returns_and_units() {
    run(200, |s| {
        holds!(
            first_bad_price(&s.prices(300)),
            simple(s.float()),
            log_returns(&s.prices(300)),
            check_finite(&s.series(30)),
            check_series(&s.series(30), s.below(40)),
        );
        let (weights, simple_returns) = s.pair(30);
        holds!(portfolio_return(&weights, &simple_returns));
        let (closes, volumes) = (s.prices(60), s.series_of(60));
        let bars: Vec<GridBar> = closes
            .iter()
            .zip(&volumes)
            .enumerate()
            .map(|(i, (&close, &volume))| {
                let index = if s.below(40) == 0 { s.whole() } else { i as i64 };
                GridBar { index, close, volume: volume.abs() }
            })
            .collect();
        holds!(bar_returns(&bars), bar_returns(&bars).map(|returns| per_bar(&returns)));
        let rows: Vec<(Timestamp, f64)> = (0..s.below(5)).map(|_| (s.time(), 1.0)).collect();
        holds!(as_of(&rows, s.time(), s.whole()));
        let mut winsoriser = Winsoriser::default();
        for value in s.series(60) {
            holds!(winsoriser.push(value));
        }
        holds!(Bps::new(s.float()), Bps::from_fraction(s.float()), s.bps().value(), s.bps().fraction());
        holds!(
            SessionsPerYear::new(s.float()),
            s.year().value(),
            DailyVol::new(s.float()),
            s.daily_vol().value()
        );
        holds!(s.daily_vol().annual(s.year()), s.daily_vol().over(s.days()), AnnualVol::new(s.float()));
        holds!(
            s.annual_vol().value(),
            s.annual_vol().daily(s.year()),
            Minutes::new(s.float()),
            s.minutes().value()
        );
        holds!(s.minutes().trading_days(), TradingDays::new(s.float()), s.days().value());
        holds!(Provenance::fallback("a", "b"), Provenance::Fitted.is_substitute());
        let mut draws = Draws::new(s.whole() as u64, 1);
        holds!(draws.uniform(), draws.below(s.below(3)), draws.normal());
    });
}

#[test]
fn tests_of_hypotheses() {
    run(150, |s| {
        let groups: Vec<Vec<f64>> = (0..s.below(4)).map(|_| s.series(30)).collect();
        holds!(levene(&groups, s.pick(&[Centre::Mean, Centre::Median])));
        let (x, y) = (s.series(60), s.series(60));
        let method = s.pick(&[PValue::Exact, PValue::OneSample, PValue::Limit]);
        holds!(kolmogorov_smirnov(&x, &y, method));
        let side = s.pick(&[Alternative::TwoSided, Alternative::Greater, Alternative::Less]);
        holds!(t_test(&x, s.float()), welch(&x, &y));
        if let Ok(test) = if s.flag() { t_test(&x, s.float()) } else { welch(&x, &y) } {
            holds!(test.p_value(side), test.interval(side, s.probability()));
        }
        let rank = s.pick(&[RankMethod::Exact, RankMethod::Asymptotic { continuity: true }]);
        holds!(mann_whitney(&x, &y, side, rank));
        let (x, y) = s.pair(60);
        holds!(spearman(&x, &y));
        if let Ok(found) = spearman(&x, &y) {
            holds!(found.p_value(s.float()));
        }
        let lags: Vec<usize> = (0..s.below(4)).map(|_| s.below(70)).collect();
        holds!(jarque_bera(&x), ljung_box(&x, &lags, s.below(4)));
        let how = Comparison {
            horizon: s.below(5),
            loss: s.pick(&[Loss::Squared, Loss::Absolute]),
            kernel: s.pick(&[Kernel::Rectangular, Kernel::Bartlett]),
            lags: s.below(70),
            small_sample: s.flag(),
        };
        holds!(diebold_mariano(&x, &y, how));
        let p: Vec<f64> = (0..s.below(6)).map(|_| s.probability()).collect();
        let by = s.pick(&[Correction::Bonferroni, Correction::Holm, Correction::BenjaminiHochberg]);
        holds!(correct(&p, s.probability(), by));
    });
}

#[test]
fn stationarity_and_efficiency() {
    run(100, |s| {
        let terms = [
            Deterministic::None,
            Deterministic::Constant,
            Deterministic::Trend,
            Deterministic::QuadraticTrend,
        ];
        let terms = s.pick(&terms);
        let choice = s.pick(&[LagChoice::Fixed, LagChoice::Aic, LagChoice::Bic, LagChoice::TStatistic]);
        let lag = s.flag().then(|| s.below(400));
        holds!(adf(&s.series(120), terms, lag, choice), stationary(&s.series(120), terms), terms.terms());
        let lags = s.below(400);
        let bandwidth = s.pick(&[Bandwidth::Automatic, Bandwidth::Legacy, Bandwidth::Lags(lags)]);
        holds!(kpss(&s.series(120), terms, bandwidth));
        for surface in [Surface::UnitRoot(terms), Surface::CointegrationOfTwo, Surface::CointegrationOfThree]
        {
            holds!(surface.critical_values(s.below(3)), surface.p_value(s.float()));
        }
        let sizes: Vec<usize> = (0..s.below(5)).map(|_| s.below(40)).collect();
        let x = s.series(300);
        holds!(
            efficiency::rescaled_range(&x, &sizes),
            efficiency::expected_rescaled_range(s.below(1_000)),
            efficiency::aggregated_variance(&x, &sizes),
            efficiency::lagged_differences(&x, &sizes),
            efficiency::dfa(&x, &sizes),
            efficiency::scaling(&x),
            efficiency::half_life(&x),
            efficiency::random_walk(&x),
        );
        let options =
            efficiency::Options { drift: s.flag(), overlap: s.flag(), robust: s.flag(), unbiased: s.flag() };
        holds!(efficiency::variance_ratio(&x, s.below(30), options));
    });
}

#[test]
fn regressions() {
    run(150, |s| {
        let n = s.length(60);
        let columns: Vec<Vec<f64>> = (0..s.below(4)).map(|_| s.series_of(n)).collect();
        let y = if s.below(8) == 0 { s.series(60) } else { s.series_of(n) };
        holds!(LeastSquares::new(columns.clone(), y.clone()));
        if let Ok(squares) = LeastSquares::new(columns.clone(), y.clone()) {
            holds!(squares.rows(), squares.fit());
            if let Ok(fit) = squares.fit() {
                holds!(newey_west_errors(&columns, &fit, s.below(80)));
                holds!(newey_west_errors(&columns[..columns.len() / 2], &fit, s.below(4)));
            }
        }
        let (x, y) = s.pair(60);
        holds!(line(&x, &y));
        let a = s.matrix(31);
        let rows = if s.below(8) == 0 { s.length(31) } else { a.nrows() };
        let b = s.vector(rows);
        let width = if s.below(8) == 0 { s.below(5) } else { a.ncols() };
        let signs: Vec<bool> = (0..width).map(|_| s.flag()).collect();
        holds!(nnls::least_squares(&a, &b, &signs));
        let regression = Regression { x: a, y: b, non_negative: signs, intercept: s.flag() };
        let scales = [
            Scale::Fixed(s.float()),
            Scale::Fixed(1.0),
            Scale::Joint { epsilon: 1.35, ridge: 1e-4 },
            Scale::Joint { epsilon: s.float(), ridge: s.float() },
            Scale::Mad { threshold: 1.345, floor: 1e-4 },
            Scale::Mad { threshold: s.float(), floor: s.float() },
        ];
        let scale = s.pick(&scales);
        let coefficients = s.series(5);
        holds!(huber::fit(&regression, scale));
        holds!(huber::loss(&regression, &coefficients, s.float(), scale, s.float()));
        if let Ok(fit) = huber::fit(&regression, scale) {
            holds!(huber::standard_errors(&regression, &fit), huber::weighted_r2(&regression, &fit));
        }
    });
}

#[test]
fn ridge_and_skill() {
    run(100, |s| {
        let width = s.below(4);
        let rows = s.rows(60, width);
        let y = if s.below(8) == 0 { s.series(60) } else { s.series_of(rows.len()) };
        let (lambda, folds, purge) = (s.float().abs(), s.below(8), s.below(80));
        let lambdas = [lambda, s.float(), 1.0];
        holds!(
            Ridge::fit(&rows, &y, lambda),
            ridge::forward_folds(s.below(80), folds, purge),
            ridge::out_of_fold(&rows, &y, lambda, folds, purge),
            ridge::fit_by_forward_folds(&rows, &y, &lambdas[..s.below(4)], folds, purge),
        );
        if let Ok(fit) = Ridge::fit(&rows, &y, lambda) {
            holds!(fit.predict(&s.series_of(width)), fit.predict(&s.series(5)));
        }
        let (x, y) = s.pair(110);
        let forecasts: Vec<Option<f64>> = x.iter().map(|f| (s.below(4) > 0).then_some(*f)).collect();
        holds!(out_of_sample(&forecasts, &y), Reading::of(s.float()).map(Reading::may_be_promoted));
        holds!(ic::cross_sectional_ic(&x, &y), ic::decay(&x, &y), ic::summary(&x, s.below(400)));
        let monthly = s.series(5);
        holds!(ic::status(&ic::summary(&x, 1), &monthly));
        let mut rolling = RollingIc::default();
        for (forecast, realised) in x.into_iter().zip(y) {
            let now = s.time();
            let matured_at = if s.below(4) == 0 { s.time() } else { now };
            holds!(rolling.push(Outcome { forecast, realised, matured_at }, now), rolling.value());
        }
        let mut promoter = PromoterModel::default();
        for _ in 0..12 {
            let outcome =
                PromoterOutcome { x: s.float(), ret: s.float(), announced: s.date(), matured: s.date() };
            holds!(promoter.observe(outcome, s.date()), promoter.age(s.whole() as u32), promoter.noise());
            holds!(promoter.forecast(s.float()), promoter.confidence(), promoter.belief(), &promoter);
        }
    });
}

#[test]
fn tails() {
    run(120, |s| {
        let returns = s.series(300);
        let level = s.probability();
        holds!(estimate(&returns, level), estimate(&returns, 0.99), check_confidence(level));
        let (returns_and, sigma) = s.pair(120);
        holds!(filtered_returns(&returns_and, &sigma, s.float()));
        holds!(Losses::of_returns(&returns), Moments::of(&returns));
        if let Ok(losses) = Losses::of_returns(&returns) {
            let at = s.float();
            holds!(losses.ascending().len(), losses.count_above(at));
        }
        if let Ok(moments) = Moments::of(&returns) {
            holds!(moments.student_t(level, s.float()), moments.student_t(level, 5.0));
            holds!(moments.cornish_fisher_is_valid());
        }
        let over = s.series(120);
        let gpd = Gpd { xi: s.float(), beta: s.float() };
        holds!(Gpd::fit(&over), gpd.shape_interval(&over));
        holds!(Gpd::fit(&over).and_then(|gpd| gpd.shape_interval(&over)));
        let (n, exceedances) = (s.below(400), s.below(400));
        holds!(tail_quantile(s.float(), gpd, n, exceedances, level));
        holds!(PeaksOverThreshold::fit(&returns, level), PeaksOverThreshold::fit(&returns, 0.9));
        if let Ok(tail) = PeaksOverThreshold::fit(&returns, 0.9) {
            holds!(tail.risk(level), tail.exceedance_probability(s.float()));
        }
        holds!(kupiec(n, exceedances, level), traffic_light(n, exceedances, level));
        let hits: Vec<bool> = (0..s.below(60)).map(|_| s.flag()).collect();
        holds!(christoffersen(&hits));
    });
}

#[test]
fn correlations_of_closes() {
    run(200, |s| {
        let length = s.length(40);
        let bars = s.length(4);
        let closes: Vec<Vec<Option<f64>>> = (0..bars)
            .map(|_| {
                let uneven = usize::from(s.below(8) == 0);
                (0..length + uneven).map(|_| s.maybe()).collect()
            })
            .collect();
        holds!(of_closes(&closes, s.below(30)));
        let walked: Vec<Vec<Option<f64>>> =
            (0..3).map(|_| s.prices(40).into_iter().map(Some).collect()).collect();
        holds!(of_closes(&walked, s.below(30)));
    });
}
