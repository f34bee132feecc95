//! `himal fit` as a script sees it, on histories made here and on real ones.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use common::Home;
use himal::fit::{FitOptions, ModelFile, ModelFileError};
use himal::market::Symbol;
use himal::runtime::fit::{FitError, FitRun, fit, load, write};
use serde_json::Value;

/// Sundays to Thursdays from 2019 on, each with a close that wanders, calm and wild by turns.
fn history(seed: u64, sessions: u32) -> String {
    let mut text = String::from("Date,Open,High,Low,Close,Volume\n");
    let calendar = himal::market::Calendar::embedded();
    let mut date = "2019-01-01".parse().unwrap();
    let (mut price, mut state) = (400.0_f64, seed);
    for n in 0..sessions {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 11) as f64 / (1u64 << 53) as f64;
        let size = if n / 60 % 3 == 2 { 0.05 } else { 0.012 };
        price *= 1.0 + size * (uniform - 0.5);
        writeln!(text, "{date},{price:.2},{price:.2},{price:.2},{price:.2},1000").unwrap();
        date = calendar.next_session(date).unwrap().date;
    }
    text
}

fn histories(home: &Home, names: &[(&str, u32)]) -> Vec<PathBuf> {
    let file = |(seed, (name, sessions)): (u64, &(&str, u32))| {
        let path = home.path(&format!("{name}.csv"));
        std::fs::write(&path, history(seed, *sessions)).unwrap();
        path
    };
    (1..).zip(names).map(file).collect()
}

fn strs(paths: &[PathBuf]) -> Vec<&str> {
    paths.iter().map(|p| p.to_str().unwrap()).collect()
}

fn leftovers(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".part") || name.ends_with(".json")).collect()
}

fn no_null_where_a_number_belongs(value: &Value) {
    match value {
        Value::Array(items) => {
            assert!(!items.contains(&Value::Null));
            items.iter().for_each(no_null_where_a_number_belongs);
        }
        Value::Object(members) => members.values().for_each(no_null_where_a_number_belongs),
        Value::Number(number) => assert!(number.as_f64().unwrap().is_finite()),
        _ => {}
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let home = Home::new();
    let files = histories(&home, &[("A", 420), ("B", 400), ("C", 380), ("D", 300), ("E", 300), ("F", 30)]);
    let mut texts = Vec::new();
    for jobs in ["1", "4"] {
        let out = home.path(&format!("{jobs}.json"));
        let summary = home.json(
            &[&["fit", "--json", "--jobs", jobs, "--out", out.to_str().unwrap()], &strs(&files)[..]].concat(),
        );
        assert_eq!(summary["symbols"], 6);
        let refused = summary["not_validated"].as_array().unwrap();
        let short = refused.iter().find(|entry| entry["symbol"] == "F").unwrap();
        assert!(short["reasons"][0].as_str().unwrap().contains("needs 200"), "{summary}");
        texts.push(std::fs::read_to_string(out).unwrap());
    }
    assert_eq!(texts[0], texts[1]);
    let model = load(&home.path("1.json")).unwrap();
    assert!(model.symbol(&Symbol::new("A")).is_some());
}

#[test]
fn bad_input_is_said_and_leaves_nothing() {
    let home = Home::new();
    let good = histories(&home, &[("A", 30)]).remove(0);
    let good = good.to_str().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(home.path(name), text).unwrap();
        home.path(name).to_str().unwrap().to_owned()
    };
    let other = file("other.csv", "a,b\n1,2\n");
    let empty = file("empty.csv", "date,close\n");
    let broken = file("broken.csv", "date,close\n2024-01-01,-5\n2024-01-02,0\nsoon,1\n");
    let again = file("again.csv", "Symbol,Date,Close\nA,2024-01-01,5\n");
    let out = home.path("model.json");
    let out = out.to_str().unwrap();
    for (args, status, says) in [
        (vec!["fit", "--out", out], 2, "FILE"),
        (vec!["fit", good], 2, "--out"),
        (vec!["fit", good, "--out", out, "--jobs", "0"], 2, "--jobs"),
        (vec!["fit", good, "--out", out, "--window", "2"], 2, "5 to 100000"),
        (vec!["fit", good, "--out", "/nowhere/at/all.json"], 2, "not a place"),
        (vec!["fit", good, &again, "--out", out], 2, "both histories of A"),
        (vec!["fit", "nowhere.csv", "--out", out], 1, "nowhere.csv"),
        (vec!["fit", good, &other, "--out", out], 1, "other.csv"),
        (vec!["fit", &empty, "--out", out], 1, "no history has a usable row"),
        (vec!["fit", &broken, "--out", out], 1, "line 2: the close is -5"),
        (vec!["fit", good, "--out", out], 1, "A: regime: needs 200 observations"),
        (vec!["fit", good, "--out", out, "--actions", &other], 1, "book_closure_date"),
        (vec!["fit", good, "--out", out, "--index", &other], 1, "other.csv"),
    ] {
        let output = home.run(&args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {error}");
        assert!(error.contains(says), "{args:?}: {error}");
        assert!(!error.contains("panicked"), "{args:?}: {error}");
    }
    let kept: Vec<String> = leftovers(home.path("x").parent().unwrap());
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn whoever_leaves_leaves_nothing_and_what_was_there_stays() {
    let home = Home::new();
    let files = histories(&home, &[("A", 400), ("B", 400)]);
    let run = FitRun { files, actions: None, index: None, options: FitOptions::default(), jobs: 2 };
    for after in [0, 1, 2] {
        let done = std::cell::Cell::new(0);
        let got = fit(&run, |n, _, _| done.set(n), || done.get() >= after);
        assert!(matches!(got, Err(FitError::Left)), "{after}");
    }
    let (model, _) = fit(&run, |_, _, _| {}, || false).unwrap();
    let out = home.path("model.json");
    write(&model, &out).unwrap();
    // A model that is none does not take the place of one that is.
    let mut broken = model.clone();
    broken.trading.impact.value.k1 = f64::NAN;
    assert!(write(&broken, &out).is_err());
    assert_eq!(load(&out).unwrap(), model);
    assert_eq!(leftovers(out.parent().unwrap()), ["model.json"]);
    std::fs::write(
        &out,
        std::fs::read_to_string(&out).unwrap().replace("\"window\": 2500", "\"window\": 25"),
    )
    .unwrap();
    match load(&out) {
        Err(FitError::Model { source: ModelFileError::WrongHash { .. }, .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// Twelve of the real symbols; all of them are fitted by the built program in `.ci/smoke`.
#[test]
fn real_symbols_have_a_model_or_a_named_reason() {
    let Some(shared) = common::shared("himal fit on real histories") else { return };
    let home = Home::new();
    let folder = shared.join("data/nepse-daily");
    let names =
        ["NABIL", "NICA", "EBL", "EBLD85", "BOKL", "CBBL", "NTC", "HDL", "UNL", "STC", "NICL", "NIBSF2"];
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(format!("{name}.csv.gz"))).collect();
    let actions = shared.join("data/nepse-corporate/dividends.csv.gz");
    let index = shared.join("data/nepse-index/nepse_2020-2026_soojan99.csv.gz");
    let out = home.path("model.json");
    let args = [
        &["fit", "--json", "--out", out.to_str().unwrap()],
        &["--actions", actions.to_str().unwrap(), "--index", index.to_str().unwrap()],
        &strs(&files)[..],
    ];
    let summary = home.json(&args.concat());
    let text = std::fs::read_to_string(&out).unwrap();
    let model = ModelFile::from_json(&text).unwrap();
    let raw: Value = serde_json::from_str(&text).unwrap();
    no_null_where_a_number_belongs(&raw);
    assert_eq!(model.symbols.len(), names.len());
    for symbol in &model.symbols {
        let models =
            symbol.models.model().unwrap_or_else(|| panic!("{}: {:?}", symbol.symbol, symbol.reasons()));
        for (fit, reason, checks) in [
            (models.regime.fit.model().is_some(), models.regime.fit.reason(), &models.regime.checks),
            (
                models.volatility.fit.model().is_some(),
                models.volatility.fit.reason(),
                &models.volatility.checks,
            ),
        ] {
            assert!(fit != reason.is_some_and(|r| !r.is_empty()), "{}", symbol.symbol);
            let broken = checks.iter().any(|check| !check.holds && !check.name.contains("warning"));
            assert!(!(fit && broken), "{}: {checks:?}", symbol.symbol);
        }
        assert_eq!(models.regime.belief.provenance.is_substitute(), models.regime.fit.model().is_none());
        // A listed share on this exchange moves by something between these, each day.
        let sigma = models.volatility.forecast.model().unwrap().sigma_d();
        assert!((0.002..0.08).contains(&sigma), "{}: {sigma}", symbol.symbol);
        assert!(symbol.adjustments.iter().all(|a| a.factor > 0.05 && a.factor < 0.99), "{}", symbol.symbol);
    }
    let find = |name: &str| model.symbols.iter().find(|s| s.symbol == Symbol::new(name)).unwrap();
    // The bonus of 33.5 % of 2020-12-30, which both the change column and the list know.
    let bonus = find("NABIL").adjustments.iter().find(|a| a.date.to_string() == "2020-12-30").unwrap();
    assert!((bonus.factor - 1.0 / 1.335).abs() < 1e-12 && bonus.confirmed, "{bonus:?}");
    assert!(find("BOKL").sessions_behind > 500, "a bank that was merged away");
    assert!(find("NICA").repairs.iter().any(|r| r.kind.name() == "duplicate_date"));
    // The market was closed for a week in September 2025 and reopened 6 % lower.
    let market = model.market.model().unwrap();
    let date = |text: &str| text.parse().unwrap();
    let unrest = market.episodes.iter().find(|e| e.from <= date("2025-09-21") && e.to >= date("2025-09-21"));
    assert!(unrest.is_some_and(|e| e.highest > 0.9), "{:?}", market.episodes);
    assert_eq!(summary["market"]["source"]["kind"], "index");
}
