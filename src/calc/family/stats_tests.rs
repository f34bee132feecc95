//! Statistical tests: stationarity, efficiency, distribution, location, multiple testing, forecast comparison.

use crate::calc::Kind::{Flag, Integer, Number, Series, Text};
use crate::calc::{CalcError, Case, Field, Function, Kind, Value};
use crate::model::efficiency::{self, Options};
use crate::model::forecast_comparison::{Comparison, Kernel, Loss, diebold_mariano};
use crate::model::hypothesis::{self, Alternative, Centre, PValue, RankMethod, Tested};
use crate::model::multiple_testing::{self, Correction};
use crate::model::stationarity::{self, Bandwidth, Deterministic, LagChoice};

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field::new(name, kind, about)
}

const STATISTIC: Field = field("statistic", Number, "the test statistic");
const P_VALUE: Field = field("pvalue", Number, "its p-value");
const TESTED: &[Field] = &[STATISTIC, P_VALUE];
const TWO_SAMPLES: &[Field] = &[field("x", Series, "first sample"), field("y", Series, "second sample")];
const GROUPS: &[Field] = &[field("groups", Kind::Matrix, "the samples, of any lengths")];
const RANKED: &[Field] = &[
    field("x", Series, "first sample"),
    field("y", Series, "second sample"),
    field("alternative", Text, "two-sided, greater or less"),
    field("use_continuity", Flag, "subtract one half (asymptotic)"),
];
const RANK_RESULT: &[Field] = &[field("U1", Number, "pairs with x > y, half the ties"), P_VALUE];

const fn function(
    name: &'static str,
    about: &'static str,
    inputs: &'static [Field],
    outputs: &'static [Field],
    evaluate: fn(&Case) -> Result<Value, CalcError>,
) -> Function {
    Function { name, family: "stats_tests", about, inputs, outputs, evaluate, recheck: None }
}

/// The functions of this family.
pub const FUNCTIONS: &[Function] = &[
    function(
        "adf",
        "augmented Dickey-Fuller test of a unit root",
        &[
            field("y", Series, "levels"),
            field("regression", Text, "n, c, ct or ctt"),
            field("autolag", Text, "AIC, BIC, t-stat or null for exactly maxlag"),
            field("maxlag", Integer, "largest lag; null for the usual rule"),
        ],
        &[
            STATISTIC,
            P_VALUE,
            field("usedlag", Integer, "lagged differences used"),
            field("nobs", Integer, "rows of the final regression"),
            field("crit_1pct", Number, "critical value at 1 %"),
            field("crit_5pct", Number, "critical value at 5 %"),
            field("crit_10pct", Number, "critical value at 10 %"),
            field("icbest", Number, "criterion of the chosen lag"),
        ],
        adf,
    ),
    function(
        "kpss",
        "KPSS test of stationarity around a level or trend",
        &[
            field("y", Series, "levels"),
            field("regression", Text, "c or ct"),
            field("nlags", Text, "auto, legacy or a number"),
        ],
        &[STATISTIC, P_VALUE, field("lags", Integer, "lags used")],
        kpss,
    ),
    function(
        "variance_ratio",
        "Lo-MacKinlay variance ratio",
        &[
            field("y", Series, "levels (log prices)"),
            field("lags", Integer, "periods q"),
            field("trend", Text, "c removes a drift, n does not"),
            field("overlap", Flag, "use overlapping periods"),
            field("robust", Flag, "heteroskedasticity-robust"),
            field("debiased", Flag, "unbiased variances"),
        ],
        &[field("vr", Number, "the ratio"), STATISTIC, P_VALUE],
        variance_ratio,
    ),
    function(
        "hurst_rs",
        "Hurst exponent by rescaled range",
        &[field("x", Series, "increments"), field("window_sizes", Series, "window sizes")],
        &[
            field("mean_rs", Series, "mean rescaled range per size"),
            field("expected_rs_anis_lloyd", Series, "its expectation for independent values"),
            field("hurst", Number, "log-log slope"),
            field("hurst_anis_lloyd", Number, "0.5 + slope of the ratio to the expectation"),
        ],
        hurst_rs,
    ),
    function(
        "hurst_aggvar",
        "Hurst exponent by aggregated variance",
        &[field("x", Series, "increments"), field("block_sizes", Series, "block sizes")],
        &[
            field("agg_var", Series, "variance of block means per size"),
            field("hurst", Number, "1 + slope/2"),
        ],
        hurst_aggvar,
    ),
    function(
        "hurst_lagdiff",
        "Hurst exponent by lagged differences",
        &[field("y", Series, "levels"), field("lags", Series, "lags")],
        &[
            field("tau", Series, "standard deviation of differences per lag"),
            field("hurst", Number, "log-log slope"),
        ],
        hurst_lagdiff,
    ),
    function(
        "ljung_box",
        "Ljung-Box and Box-Pierce tests of autocorrelation",
        &[
            field("x", Series, "sample"),
            field("lags", Series, "lags to report"),
            field("model_df", Integer, "parameters already fitted"),
        ],
        &[
            field("lb_stat", Series, "Ljung-Box statistic per lag"),
            field("lb_pvalue", Series, "its p-value"),
            field("bp_stat", Series, "Box-Pierce statistic per lag"),
            field("bp_pvalue", Series, "its p-value"),
        ],
        ljung_box,
    ),
    function(
        "jarque_bera",
        "Jarque-Bera test of normality",
        &[field("x", Series, "sample")],
        &[
            STATISTIC,
            P_VALUE,
            field("skew", Number, "population skewness"),
            field("kurtosis", Number, "population kurtosis, 3 for the normal"),
        ],
        jarque_bera,
    ),
    function("ks_2samp_exact", "two-sample Kolmogorov-Smirnov, exact p-value", TWO_SAMPLES, TESTED, |case| {
        kolmogorov(case, PValue::Exact)
    }),
    function(
        "ks_2samp_asymp",
        "two-sample Kolmogorov-Smirnov, p-value of the one-sample distribution",
        TWO_SAMPLES,
        TESTED,
        |case| kolmogorov(case, PValue::OneSample),
    ),
    function(
        "ks_2samp_kolmogorov",
        "two-sample Kolmogorov-Smirnov, p-value of the Kolmogorov limit",
        TWO_SAMPLES,
        TESTED,
        |case| kolmogorov(case, PValue::Limit),
    ),
    function(
        "ttest_1samp",
        "Student's t-test of a mean",
        &[
            field("x", Series, "sample"),
            field("popmean", Number, "mean under the null"),
            field("alternative", Text, "two-sided, greater or less"),
        ],
        T_TEST,
        t_test,
    ),
    function(
        "ttest_welch",
        "Welch's t-test of two means",
        &[
            field("x", Series, "first sample"),
            field("y", Series, "second sample"),
            field("alternative", Text, "two-sided, greater or less"),
        ],
        T_TEST,
        welch,
    ),
    function(
        "levene_median",
        "equality of variances around medians (Brown-Forsythe)",
        GROUPS,
        TESTED,
        |case| levene(case, Centre::Median),
    ),
    function("levene_mean", "equality of variances around means (Levene)", GROUPS, TESTED, |case| {
        levene(case, Centre::Mean)
    }),
    function(
        "spearman",
        "Spearman rank correlation",
        TWO_SAMPLES,
        &[field("rho", Number, "the correlation"), P_VALUE],
        spearman,
    ),
    function(
        "multiple_tests",
        "correction of p-values for many tests",
        &[
            field("pvalues", Series, "p-values"),
            field("alpha", Number, "level"),
            field("method", Text, "bonferroni, holm or fdr_bh"),
        ],
        &[
            field("reject", Series, "which are rejected"),
            field("p_adjusted", Series, "adjusted p-values"),
            field("alpha_bonferroni", Number, "alpha over the number of tests"),
        ],
        multiple_tests,
    ),
    function(
        "diebold_mariano",
        "Diebold-Mariano comparison of two forecasts",
        &[
            field("e1", Series, "errors of the first forecast"),
            field("e2", Series, "errors of the second forecast"),
            field("h", Integer, "horizon in steps"),
            field("loss", Text, "mse or mae"),
            field("kernel", Text, "rectangular or bartlett"),
            field("lags", Integer, "autocovariances used"),
            field("hln", Flag, "small-sample correction"),
        ],
        &[
            field("dm", Number, "the statistic; null without a positive long-run variance"),
            P_VALUE,
            field("mean_diff", Number, "mean difference of losses"),
            field("lrv", Number, "long-run variance"),
        ],
        forecasts,
    ),
    function("mann_whitney_exact", "Mann-Whitney U, exact p-value", RANKED, RANK_RESULT, |case| {
        mann_whitney(case, RankMethod::Exact)
    }),
    function("mann_whitney_asymptotic", "Mann-Whitney U, normal p-value", RANKED, RANK_RESULT, |case| {
        let continuity = case.optional_flag("use_continuity")?.unwrap_or(true);
        mann_whitney(case, RankMethod::Asymptotic { continuity })
    }),
];

const T_TEST: &[Field] = &[
    STATISTIC,
    P_VALUE,
    field("df", Number, "degrees of freedom"),
    field("ci_low", Number, "lower end of the 95 % interval"),
    field("ci_high", Number, "upper end of the 95 % interval"),
    field("pvalue_greater", Number, "p-value of the alternative greater"),
    field("pvalue_less", Number, "p-value of the alternative less"),
];

fn deterministic(case: &Case) -> Result<Deterministic, CalcError> {
    match case.optional_text("regression")? {
        Some("n" | "nc") => Ok(Deterministic::None),
        Some("c") | None => Ok(Deterministic::Constant),
        Some("ct") => Ok(Deterministic::Trend),
        Some("ctt") => Ok(Deterministic::QuadraticTrend),
        Some(_) => Err(case.unknown_choice("regression", "n, c, ct, ctt")),
    }
}

fn adf(case: &Case) -> Result<Value, CalcError> {
    let choice = match case.optional_text("autolag")? {
        // Left out is the usual search; an explicit null is no search.
        None if case.raw("autolag").is_none() => LagChoice::Aic,
        None => LagChoice::Fixed,
        Some("AIC") => LagChoice::Aic,
        Some("BIC") => LagChoice::Bic,
        Some("t-stat") => LagChoice::TStatistic,
        Some(_) => return Err(case.unknown_choice("autolag", "AIC, BIC, t-stat or null")),
    };
    let max_lag = case.optional_count("maxlag")?;
    let test = stationarity::adf(&case.series("y")?, deterministic(case)?, max_lag, choice)?;
    Ok(Value::record([
        ("statistic", test.statistic.into()),
        ("pvalue", test.p_value.into()),
        ("usedlag", test.lag.into()),
        ("nobs", test.rows.into()),
        ("crit_1pct", test.critical.one_percent.into()),
        ("crit_5pct", test.critical.five_percent.into()),
        ("crit_10pct", test.critical.ten_percent.into()),
        ("icbest", test.criterion.into()),
    ]))
}

fn kpss(case: &Case) -> Result<Value, CalcError> {
    let bandwidth = match case.raw("nlags").and_then(serde_json::Value::as_str) {
        Some("auto") => Bandwidth::Automatic,
        Some("legacy") => Bandwidth::Legacy,
        Some(_) => return Err(case.unknown_choice("nlags", "auto, legacy or a number")),
        None => case.optional_count("nlags")?.map_or(Bandwidth::Automatic, Bandwidth::Lags),
    };
    let test = stationarity::kpss(&case.series("y")?, deterministic(case)?, bandwidth)?;
    Ok(Value::record([
        ("statistic", test.statistic.into()),
        ("pvalue", test.p_value.into()),
        ("lags", test.lags.into()),
    ]))
}

fn variance_ratio(case: &Case) -> Result<Value, CalcError> {
    let drift = match case.optional_text("trend")? {
        Some("c") | None => true,
        Some("n") => false,
        Some(_) => return Err(case.unknown_choice("trend", "c, n")),
    };
    let options = Options {
        drift,
        overlap: case.optional_flag("overlap")?.unwrap_or(true),
        robust: case.optional_flag("robust")?.unwrap_or(true),
        unbiased: case.optional_flag("debiased")?.unwrap_or(true),
    };
    let test = efficiency::variance_ratio(&case.series("y")?, case.count("lags")?, options)?;
    Ok(Value::record([
        ("vr", test.ratio.into()),
        ("statistic", test.statistic.into()),
        ("pvalue", test.p_value.into()),
    ]))
}

fn hurst_rs(case: &Case) -> Result<Value, CalcError> {
    let result = efficiency::rescaled_range(&case.series("x")?, &case.counts("window_sizes")?)?;
    Ok(Value::record([
        ("mean_rs", result.mean.into()),
        ("expected_rs_anis_lloyd", result.expected.into()),
        ("hurst", result.hurst.into()),
        ("hurst_anis_lloyd", result.hurst_corrected.into()),
    ]))
}

fn hurst_aggvar(case: &Case) -> Result<Value, CalcError> {
    let (variances, hurst) =
        efficiency::aggregated_variance(&case.series("x")?, &case.counts("block_sizes")?)?;
    Ok(Value::record([("agg_var", variances.into()), ("hurst", hurst.into())]))
}

fn hurst_lagdiff(case: &Case) -> Result<Value, CalcError> {
    let (deviations, hurst) = efficiency::lagged_differences(&case.series("y")?, &case.counts("lags")?)?;
    Ok(Value::record([("tau", deviations.into()), ("hurst", hurst.into())]))
}

fn ljung_box(case: &Case) -> Result<Value, CalcError> {
    let model_df = case.optional_count("model_df")?.unwrap_or(0);
    let rows = hypothesis::ljung_box(&case.series("x")?, &case.counts("lags")?, model_df)?;
    let column = |read: fn(&hypothesis::LjungBox) -> Value| Value::List(rows.iter().map(read).collect());
    Ok(Value::record([
        ("lb_stat", column(|row| row.statistic.into())),
        ("lb_pvalue", column(|row| row.p_value.into())),
        ("bp_stat", column(|row| row.box_pierce.into())),
        ("bp_pvalue", column(|row| row.box_pierce_p_value.into())),
    ]))
}

fn jarque_bera(case: &Case) -> Result<Value, CalcError> {
    let test = hypothesis::jarque_bera(&case.series("x")?)?;
    Ok(Value::record([
        ("statistic", test.statistic.into()),
        ("pvalue", test.p_value.into()),
        ("skew", test.skew.into()),
        ("kurtosis", test.kurtosis.into()),
    ]))
}

fn tested(test: Tested) -> Value {
    Value::record([("statistic", test.statistic.into()), ("pvalue", test.p_value.into())])
}

fn kolmogorov(case: &Case, method: PValue) -> Result<Value, CalcError> {
    let test = hypothesis::kolmogorov_smirnov(&case.series("x")?, &case.series("y")?, method)?;
    Ok(tested(Tested { statistic: test.statistic, p_value: test.p_value }))
}

fn alternative(case: &Case) -> Result<Alternative, CalcError> {
    match case.optional_text("alternative")? {
        Some("two-sided") | None => Ok(Alternative::TwoSided),
        Some("greater") => Ok(Alternative::Greater),
        Some("less") => Ok(Alternative::Less),
        Some(_) => Err(case.unknown_choice("alternative", "two-sided, greater, less")),
    }
}

fn t_result(case: &Case, test: hypothesis::TTest) -> Result<Value, CalcError> {
    const CONFIDENCE: f64 = 0.95;
    let alternative = alternative(case)?;
    let (low, high) = test.interval(alternative, CONFIDENCE)?;
    Ok(Value::record([
        ("statistic", test.statistic.into()),
        ("pvalue", test.p_value(alternative).into()),
        ("df", test.df.into()),
        ("ci_low", low.unwrap_or(f64::NEG_INFINITY).into()),
        ("ci_high", high.unwrap_or(f64::INFINITY).into()),
        ("pvalue_greater", test.p_value(Alternative::Greater).into()),
        ("pvalue_less", test.p_value(Alternative::Less).into()),
    ]))
}

fn t_test(case: &Case) -> Result<Value, CalcError> {
    let null = case.optional_number("popmean")?.unwrap_or(0.0);
    t_result(case, hypothesis::t_test(&case.series("x")?, null)?)
}

fn welch(case: &Case) -> Result<Value, CalcError> {
    t_result(case, hypothesis::welch(&case.series("x")?, &case.series("y")?)?)
}

fn levene(case: &Case, centre: Centre) -> Result<Value, CalcError> {
    Ok(tested(hypothesis::levene(&case.groups("groups")?, centre)?))
}

fn spearman(case: &Case) -> Result<Value, CalcError> {
    let test = hypothesis::spearman(&case.series("x")?, &case.series("y")?)?;
    Ok(Value::record([("rho", test.rho.into()), ("pvalue", test.p_value(test.n as f64).into())]))
}

fn multiple_tests(case: &Case) -> Result<Value, CalcError> {
    let correction = match case.text("method")? {
        "bonferroni" => Correction::Bonferroni,
        "holm" => Correction::Holm,
        "fdr_bh" => Correction::BenjaminiHochberg,
        _ => return Err(case.unknown_choice("method", "bonferroni, holm, fdr_bh")),
    };
    let (p_values, alpha) = (case.series("pvalues")?, case.number("alpha")?);
    let corrected = multiple_testing::correct(&p_values, alpha, correction)?;
    Ok(Value::record([
        ("reject", corrected.reject.into()),
        ("p_adjusted", corrected.adjusted.into()),
        ("alpha_bonferroni", (alpha / p_values.len() as f64).into()),
    ]))
}

fn forecasts(case: &Case) -> Result<Value, CalcError> {
    let loss = match case.text("loss")? {
        "mse" => Loss::Squared,
        "mae" => Loss::Absolute,
        _ => return Err(case.unknown_choice("loss", "mse, mae")),
    };
    let kernel = match case.text("kernel")? {
        "rectangular" => Kernel::Rectangular,
        "bartlett" => Kernel::Bartlett,
        _ => return Err(case.unknown_choice("kernel", "rectangular, bartlett")),
    };
    let (horizon, lags) = (case.count("h")?, case.count("lags")?);
    let how = Comparison { horizon, loss, kernel, lags, small_sample: case.flag("hln")? };
    let test = diebold_mariano(&case.series("e1")?, &case.series("e2")?, how)?;
    Ok(Value::record([
        ("dm", test.statistic.into()),
        ("pvalue", test.p_value.into()),
        ("mean_diff", test.mean_difference.into()),
        ("lrv", test.long_run_variance.into()),
    ]))
}

fn mann_whitney(case: &Case, method: RankMethod) -> Result<Value, CalcError> {
    let test = hypothesis::mann_whitney(&case.series("x")?, &case.series("y")?, alternative(case)?, method)?;
    Ok(Value::record([("U1", test.u.into()), ("pvalue", test.p_value.into())]))
}
