use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::feed::import::{History, HistoryRow};
use crate::fit::{Series, assemble};
use crate::model::draws::Draws;

/// A symbol with calm and wild spells and something common to all.
fn history(name: &str, stream: u64, sessions: usize) -> History {
    let (mut own, mut common) = (Draws::new(1, stream), Draws::new(2, 0));
    let dates = Calendar::embedded()
        .sessions_between("2021-01-01".parse().unwrap(), "2024-12-31".parse().unwrap())
        .unwrap();
    let (mut price, mut stress) = (500.0_f64, false);
    let rows = (2..).zip(&dates[..sessions]).map(|(line, date)| {
        stress ^= common.uniform() < if stress { 0.06 } else { 0.03 };
        let sigma = if stress { 0.025 } else { 0.007 };
        let r = sigma * (0.6 * common.normal() + 0.8 * own.normal());
        price *= r.clamp(-0.09, 0.09).exp();
        HistoryRow {
            line,
            date: *date,
            close: price,
            change: None,
            volume: Some(1_000.0),
            turnover: None,
            outside_range: false,
        }
    });
    History {
        symbol: Symbol::new(name),
        rows: rows.collect(),
        origin: OriginFile { name: format!("{name}.csv"), sha256: "00".to_owned() },
        refused: Vec::new(),
        adjusted_close: false,
    }
}

fn fitted(histories: &[History], index: Option<&History>) -> ModelFile {
    let options = FitOptions::default();
    let symbols: Vec<(SymbolModel, Series)> =
        histories.iter().map(|h| SymbolModel::estimate(h, &[], &options)).collect();
    assemble(symbols, index, None, &options).unwrap()
}

fn example() -> &'static (ModelFile, String) {
    static EXAMPLE: OnceLock<(ModelFile, String)> = OnceLock::new();
    EXAMPLE.get_or_init(|| {
        let mut histories: Vec<History> = (0..6).map(|k| history(&format!("S{k}"), k, 500)).collect();
        histories.push(history("SHORT", 9, 40));
        let model = fitted(&histories, None);
        let text = model.to_json().unwrap();
        (model, text)
    })
}

fn edited(from: &str, to: &str) -> Result<ModelFile, ModelFileError> {
    let (_, text) = example();
    assert!(text.contains(from), "{from} is not in the file");
    ModelFile::from_json(&text.replacen(from, to, 1))
}

#[test]
fn every_part_is_a_model_or_says_why_not() {
    let (model, text) = example();
    assert_eq!(&ModelFile::from_json(text).unwrap(), model);
    assert!(!text.contains("NaN"));
    let short = model.symbols.iter().find(|s| s.symbol == Symbol::new("SHORT")).unwrap();
    assert_eq!(
        short.reasons(),
        ["regime: needs 200 observations, got 39", "volatility: needs 250 observations, got 39"]
    );
    let forecast = short.models.model().unwrap().volatility.forecast.model().unwrap();
    assert!(matches!(&forecast.provenance, Provenance::Fallback { name, .. } if name == "EWMA span 60"));
    let market = model.market.model().unwrap();
    assert_eq!(market.source, crate::fit::market_model::MarketSource::EqualWeight { instead_of_index: None });
    assert!(market.models.is_validated() && !market.episodes.is_empty(), "{:?}", market.models.reasons());
    let covariance = model.covariance.model().unwrap();
    assert_eq!((covariance.symbols.len(), covariance.left_out.len()), (6, 1));
    assert!(covariance.smallest_eigenvalue > 0.0 && covariance.mean_correlation.unwrap() > 0.2);
    assert_eq!(model.trading.impact.provenance, Provenance::Default);
    assert_eq!(model.sessions_per_year.provenance, Provenance::Fitted);
}

#[test]
fn parameters_come_out_as_the_models_take_them() {
    let (model, _) = example();
    let symbol = Symbol::new("S0");
    let kept = model.kept_fit(&symbol).unwrap();
    let models = model.symbol(&symbol).unwrap();
    let returns = Series::clean(
        &history("S0", 0, 500),
        &[],
        crate::fit::series::Subject::Security,
        model.options.market,
    )
    .sample(model.options.window);
    let belief = crate::model::regime::daily::belief(Some(&kept), &returns).unwrap();
    assert_eq!(belief, models.regime.belief);
    let levels = models.regime.levels.model().unwrap();
    assert!(levels.normal < levels.stress);
    assert!(model.symbol(&Symbol::new("NOBODY")).is_none());
}

#[test]
fn a_symbol_that_stopped_trading_is_as_old_as_it_is() {
    let mut histories: Vec<History> = (0..2).map(|k| history(&format!("S{k}"), k, 500)).collect();
    histories[1].rows.truncate(400);
    let model = fitted(&histories, None);
    assert_eq!(model.symbols.iter().map(|s| s.sessions_behind).collect::<Vec<_>>(), [0, 100]);
    let kept = model.kept_fit(&Symbol::new("S1")).unwrap();
    let belief = crate::model::regime::daily::belief(Some(&kept), &[0.01; 30]).unwrap();
    assert!(belief.provenance.is_substitute(), "{belief:?}");
    assert!(model.market.reason().unwrap().contains("five symbols"));
}

#[test]
fn an_index_is_used_and_an_old_one_is_not() {
    let histories = [history("S0", 0, 450)];
    let index = history("NEPSE", 40, 450);
    let model = fitted(&histories, Some(&index));
    let source = &model.market.model().unwrap().source;
    assert!(
        matches!(source, crate::fit::market_model::MarketSource::Index { input } if input.name == "NEPSE.csv")
    );
    let mut old = index.clone();
    old.rows.truncate(380);
    let model = fitted(&histories, Some(&old));
    assert!(model.market.reason().unwrap().contains("no index that can be used"), "{:?}", model.market);
    let six: Vec<History> = (0..6).map(|k| history(&format!("S{k}"), k, 450)).collect();
    match &fitted(&six, Some(&old)).market.model().unwrap().source {
        crate::fit::market_model::MarketSource::EqualWeight { instead_of_index: Some(why) } => {
            assert!(why.contains("70 sessions behind"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_order_of_the_histories_does_not_matter() {
    let mut histories: Vec<History> = (0..3).map(|k| history(&format!("S{k}"), k, 300)).collect();
    let there = fitted(&histories, None).to_json().unwrap();
    histories.reverse();
    assert_eq!(there, fitted(&histories, None).to_json().unwrap());
}

#[test]
fn what_is_not_as_it_was_written_is_refused() {
    let (_, text) = example();
    for cut in [0, 1, text.len() / 2, text.len() - 3] {
        assert!(matches!(ModelFile::from_json(&text[..cut]), Err(ModelFileError::NotJson(_))), "{cut}");
    }
    assert_eq!(
        edited("\"schema\": 1", "\"schema\": 2"),
        Err(ModelFileError::WrongSchema { expected: 1, found: "2".to_owned() })
    );
    assert!(
        matches!(edited("\"schema\"", "\"scheme\""), Err(ModelFileError::WrongSchema { found, .. }) if found == "missing")
    );
    assert!(matches!(edited("himal-model", "other"), Err(ModelFileError::WrongFormat { .. })));
    for (from, to) in [
        ("\"k1\": 0.1", "\"k1\": 0.2"),
        ("\"window\": 2500", "\"window\": 2501"),
        ("\"window\": 2500", "\"windom\": 2500"),
        ("\"window\": 2500", "\"window\": 2500, \"more\": 1"),
        ("\"provenance\": \"default\"", "\"provenance\": \"fitted\""),
        ("\"content_sha256\": \"", "\"content_sha256\": \"0"),
    ] {
        match edited(from, to) {
            Err(ModelFileError::WrongHash { expected, found }) => assert_ne!(expected, found),
            other => panic!("{from} -> {to}: {other:?}"),
        }
    }
    // White space is not content.
    let compact: Value = serde_json::from_str(text).unwrap();
    assert!(ModelFile::from_json(&compact.to_string()).is_ok());
}

/// The text of a file whose content was changed and whose hash was made to fit.
fn rehashed(change: impl FnOnce(&mut Value)) -> Result<ModelFile, ModelFileError> {
    let mut file: Value = serde_json::from_str(&example().1).unwrap();
    change(&mut file["model"]);
    file["content_sha256"] = Value::from(content_hash(&file["model"]));
    ModelFile::from_json(&file.to_string())
}

#[test]
fn a_hash_does_not_make_a_model() {
    assert!(rehashed(|_| {}).is_ok());
    assert!(matches!(rehashed(|m| m["more"] = Value::from(1)), Err(ModelFileError::WrongContent(_))));
    assert!(matches!(rehashed(|m| m["as_of"] = Value::from("soon")), Err(ModelFileError::WrongContent(_))));
    assert!(matches!(
        rehashed(|m| m["symbols"][0]["symbol"] = Value::from("ZZZ")),
        Err(ModelFileError::WrongContent(_))
    ));
    let bad: [(&str, Value); 6] = [
        ("/trading/fill/value/beta", Value::from(1.0)),
        ("/trading/volume_profile/value/0", Value::from(0.9)),
        ("/sessions_per_year/value", Value::from(0.0)),
        ("/market/model/models/regime/fit/model/params/variance/0", Value::from(-1.0)),
        ("/symbols/0/models/model/volatility/fit/model/model/errors/student_t/nu", Value::from(1.0)),
        ("/covariance/model/matrix/0/0", Value::from(1e-9)),
    ];
    for (at, value) in bad {
        let got = rehashed(|m| *m.pointer_mut(at).unwrap() = value);
        assert!(matches!(got, Err(ModelFileError::BadParameter { .. })), "{at}: {got:?}");
    }
}

#[test]
fn a_number_that_is_none_is_never_written() {
    let mut model = example().0.clone();
    model.trading.slippage.value.largest_participation = Some(f64::NAN);
    assert!(model.to_json().is_err());
    let mut model = example().0.clone();
    model.trading.impact.value.k2 = f64::INFINITY;
    assert!(model.to_json().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_written_reads_back_the_same(
        k1 in 0.0..10.0f64, b0 in -1e3..1e3f64, lambda in prop::num::f64::POSITIVE | prop::num::f64::SUBNORMAL,
        seed in any::<u64>(), drop in 0usize..7,
    ) {
        let mut model = example().0.clone();
        model.trading.impact.value.k1 = k1;
        model.trading.slippage.value.b0_bps = b0;
        model.trading.fill.value.lambda0_per_min = lambda.abs();
        model.options.seed = seed;
        model.symbols.remove(drop);
        let text = model.to_json().unwrap();
        prop_assert_eq!(ModelFile::from_json(&text).unwrap(), model);
    }

    /// Whatever happens to one byte, the file is refused or says the same.
    #[test]
    fn no_changed_byte_goes_unnoticed(at in 0.0..1.0f64, byte in 32u8..127) {
        let (model, text) = example();
        let mut bytes = text.clone().into_bytes();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] = byte;
        if let Ok(read) = ModelFile::from_json(std::str::from_utf8(&bytes).unwrap()) {
            prop_assert_eq!(&read, model);
        }
    }
}
